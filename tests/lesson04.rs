//! Lesson 04: the laws of its exercises, the wrong answers we know, and the hints.
//!
//! `cargo test --test lesson04` judges `lessons/lesson04/exercises.rs`.

#[allow(unused_variables, reason = "a stub uses nothing yet")]
#[path = "../lessons/lesson04/exercises.rs"]
mod exercises;
#[path = "../lessons/lesson04/solutions.rs"]
mod solutions;
#[path = "../lessons/lesson04/suspects.rs"]
mod suspects;

use harness::panics::{Panic, catch};
use harness::*;
use proptest::collection::vec;
use suspects::{NAMES, Pass, Tensors};

type Matrix = gradbook::Matrix<f64>;

type Graph = fn(f64, f64, f64) -> (f64, [f64; 3]);
type DenseBackward = fn(&Matrix, &Matrix, &Matrix) -> (Matrix, Vec<f64>, Matrix);
type SoftmaxCrossEntropy = fn(&Matrix, &Matrix) -> (f64, Matrix);
type Affine<'a> = (&'a Matrix, &'a [f64]);
type TwoLayers = fn(Affine, Affine, &Matrix, &Matrix) -> [Matrix; 8];
type BrokenLines = fn() -> [usize; 3];

fn main() -> std::process::ExitCode {
    let checks = vec![
        graph(),
        dense_backward(),
        softmax_cross_entropy(),
        two_layers(),
        broken_lines(),
    ];
    harness::main(4, checks)
}

fn rows(rows: usize, columns: usize, numbers: &[f64]) -> Matrix {
    Matrix::from_row_slice(rows, columns, numbers)
}

/// A matrix filled from the first numbers of a list.
fn filled(rows: usize, columns: usize, numbers: &[f64]) -> Matrix {
    Matrix::from_row_slice(rows, columns, &numbers[..rows * columns])
}

/// Numbers of a matrix with its shape before them, for probes.
fn flat(matrix: &Matrix) -> Vec<f64> {
    let shape = [matrix.nrows() as f64, matrix.ncols() as f64];
    [&shape, matrix.as_slice()].concat()
}

/// The sum of each row, as a list.
fn row_sums(matrix: &Matrix) -> Vec<f64> {
    matrix.row_iter().map(|row| row.sum()).collect()
}

const ABC: [&str; 3] = ["a", "b", "c"];

/// L, and its slopes by central differences. L is a square in each of its inputs, so
/// these are exact at any step.
fn graph_by_differences(a: f64, b: f64, c: f64) -> (f64, [f64; 3]) {
    let loss = |a: f64, b: f64, c: f64| a * b * (a * b + c);
    let slopes = [
        loss(a + 0.5, b, c) - loss(a - 0.5, b, c),
        loss(a, b + 0.5, c) - loss(a, b - 0.5, c),
        loss(a, b, c + 0.5) - loss(a, b, c - 0.5),
    ];
    (loss(a, b, c), slopes)
}

fn graph() -> Box<dyn Check> {
    let (yours, ours) = (exercises::graph as Graph, solutions::graph as Graph);
    let abc = || (halves(), halves(), halves());
    Exercise::new("4.1", "graph", yours, ours)
        .probe(|f| {
            let (loss, slopes) = f(2.0, 3.0, -1.0);
            [&[loss], &slopes[..]].concat()
        })
        .law("value", "L is u v, with u = a b and v = u + c.", move |f| {
            given(&ABC, abc(), |&(a, b, c)| {
                near(f(a, b, c).0, graph_by_differences(a, b, c).0)
            })
        })
        .law("one_way", "c goes one way, through v, so dL/dc is dL/dv.", move |f| {
            given(&ABC, abc(), |&(a, b, c)| {
                near(f(a, b, c).1[2], graph_by_differences(a, b, c).1[2])
            })
        })
        .law(
            "two_ways",
            "Moving a or b a little up and down moves L as dL/da and dL/db say.",
            move |f| {
                given(&ABC, abc(), |&(a, b, c)| {
                    let (seen, expected) = (f(a, b, c), graph_by_differences(a, b, c));
                    near_slice(&seen.1[..2], &expected.1[..2])
                })
            },
        )
        .wrong(
            "last_road_only",
            wrong::last_road_only as Graph,
            "two_ways",
            "You count only the road on which u meets v at the end. u also makes v, \
             and v makes L: add what comes back that way.",
        )
        .wrong(
            "first_road_only",
            wrong::first_road_only as Graph,
            "two_ways",
            "You count only the road through v. u also stands in L = u v itself: add \
             the v that comes back from there.",
        )
        .wrong(
            "roads_multiplied",
            wrong::roads_multiplied as Graph,
            "two_ways",
            "You multiply the two roads. Factors along one road multiply, but roads \
             that meet add.",
        )
        .wrong(
            "roads_averaged",
            wrong::roads_averaged as Graph,
            "two_ways",
            "You take the mean of the two roads. They add: a small step of u moves L \
             on both.",
        )
        .wrong(
            "own_factor",
            wrong::own_factor as Graph,
            "two_ways",
            "You have dL/da and dL/db exchanged. In u = a b, a's local slope is the \
             other factor, b.",
        )
        .wrong(
            "c_through_u",
            wrong::c_through_u as Graph,
            "one_way",
            "Your dL/dc is v. The local slope of L = u v with respect to v is the \
             other factor, u, and v = u + c passes it on as it is.",
        )
        .hint("Write the forward pass first: three lines, and keep u and v.")
        .hint("L = u v: its slope with respect to v is u, and the other way round.")
        .hint(
            "v = u + c: a sum passes what comes back to both of its terms, unchanged. \
             So dL/dc = dL/dv.",
        )
        .hint("dL/du = v, from L = u v, plus dL/dv, from v = u + c. Then u = a b.")
        .build()
}

/// A layer and what comes back to it: outputs, inputs and examples all drawn apart.
fn dense_case() -> impl Strategy<Value = (Matrix, Matrix, Matrix)> {
    let side = || 1..=4_usize;
    let numbers = || vec(halves(), 16);
    ((side(), side(), side()), numbers(), numbers(), numbers()).prop_map(
        |((outputs, inputs, examples), weight, input, grad)| {
            let weight = filled(outputs, inputs, &weight);
            (weight, filled(inputs, examples, &input), filled(outputs, examples, &grad))
        },
    )
}

const DENSE: [&str; 3] = ["weight", "input", "grad_output"];

/// A matrix's shape in words.
fn sides(matrix: &Matrix) -> Words {
    Words(format!("{} x {}", matrix.nrows(), matrix.ncols()))
}

/// A list's length in words.
fn entries(length: usize) -> Words {
    Words(format!("{length} {}", if length == 1 { "entry" } else { "entries" }))
}

/// Words that stand in a message without quotes.
#[derive(PartialEq)]
struct Words(String);

impl Show for Words {
    fn show(&self) -> String {
        self.0.clone()
    }
}

fn dense_backward() -> Box<dyn Check> {
    let yours = exercises::dense_backward as DenseBackward;
    Exercise::new("4.2", "dense_backward", yours, solutions::dense_backward)
        .probe(|f| {
            let weight = rows(2, 2, &[1.0, 2.0, 3.0, -4.0]);
            let input = rows(2, 2, &[5.0, -1.0, 0.5, 2.0]);
            let grad = rows(2, 2, &[0.25, 1.0, -3.0, 2.0]);
            let (weight, bias, input) = f(&weight, &input, &grad);
            [flat(&weight), bias, flat(&input)].concat()
        })
        .law(
            "shapes",
            "Each gradient has the shape of what it is the gradient of.",
            |f| {
                given(&DENSE, dense_case(), |(weight, input, grad)| {
                    let (gw, gb, gx) = f(weight, input, grad);
                    equal(sides(&gw), sides(weight)).because("Of dL/d(weight).")?;
                    let outputs = entries(weight.nrows());
                    equal(entries(gb.len()), outputs).because("Of dL/d(bias).")?;
                    equal(sides(&gx), sides(input)).because("Of dL/d(input).")
                })
            },
        )
        .law(
            "bias",
            "dL/d(bias), entry i, is the sum over the examples of grad_output, row i.",
            |f| {
                given(&DENSE, dense_case(), |(weight, input, grad)| {
                    near_slice(f(weight, input, grad).1, row_sums(grad))
                })
            },
        )
        .law(
            "weight",
            "dL/d(weight) at (i, j) is the sum over the examples n of \
             grad_output (i, n) times input (j, n).",
            |f| {
                given(&DENSE, dense_case(), |(weight, input, grad)| {
                    let entry = |i, j| grad.row(i).dot(&input.row(j));
                    let expected =
                        Matrix::from_fn(weight.nrows(), weight.ncols(), entry);
                    near_matrix(f(weight, input, grad).0, expected)
                })
            },
        )
        .law(
            "input",
            "dL/d(input) at (j, n) is the sum over the outputs i of weight (i, j) \
             times grad_output (i, n).",
            |f| {
                given(&DENSE, dense_case(), |(weight, input, grad)| {
                    let entry = |j, n| weight.column(j).dot(&grad.column(n));
                    let expected = Matrix::from_fn(input.nrows(), input.ncols(), entry);
                    near_matrix(f(weight, input, grad).2, expected)
                })
            },
        )
        .wrong(
            "input_not_transposed",
            wrong::input_not_transposed as DenseBackward,
            "shapes",
            "You multiply weight . grad_output, which fits only when the weight is \
             square. The way back goes through the columns of the weight: \
             `weight.transpose() * grad_output`.",
        )
        .wrong(
            "weight_transposed",
            wrong::weight_transposed as DenseBackward,
            "shapes",
            "Your dL/d(weight) is input . grad_output', the transpose of the right \
             one. Its rows must belong to the outputs: `grad_output * \
             input.transpose()`.",
        )
        .wrong(
            "mean_again",
            wrong::mean_again as DenseBackward,
            "bias",
            "Your gradients of weight and bias are too small by the number of \
             examples: you take the mean again. The loss has already divided.",
        )
        .wrong(
            "last_example_only",
            wrong::last_example_only as DenseBackward,
            "bias",
            "Only the last example reaches your gradients of weight and bias: you set \
             them (=) for each example where they must be added (+=).",
        )
        .wrong(
            "bias_by_input",
            wrong::bias_by_input as DenseBackward,
            "bias",
            "You multiply dL/d(bias) by the input, as for a weight. The bias is added \
             as it is: its local slope is 1.",
        )
        .wrong(
            "weight_without_input",
            wrong::weight_without_input as DenseBackward,
            "weight",
            "Your dL/d(weight) does not contain the input. In w x, the slope with \
             respect to w is x: multiply by `input.transpose()`.",
        )
        .wrong(
            "input_passed_on",
            wrong::input_without_weight as DenseBackward,
            "input",
            "Your dL/d(input) does not contain the weight. In w x, the slope with \
             respect to x is w: multiply by `weight.transpose()`.",
        )
        .hint("Write output (i, n) as a sum. Which terms contain weight (i, j)?")
        .hint(
            "Only output (i, n) contains it, once for each example n, and there its \
             factor is input (j, n). So add grad_output (i, n) input (j, n) over n.",
        )
        .hint(
            "A sum over the middle index is a matrix product. The shapes say which \
             operand to transpose: outputs x inputs from outputs x examples and inputs \
             x examples.",
        )
        .hint(
            "`grad_output * input.transpose()`, the sums of grad_output's rows, and \
             `weight.transpose() * grad_output`.",
        )
        .build()
}

const LOGITS: [&str; 2] = ["logits", "targets"];

/// The loss and its slopes, column by column, in a way that works for moderate logits.
fn cross_entropy(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
    let examples = logits.ncols() as f64;
    let mut p = logits.map(f64::exp);
    for mut column in p.column_iter_mut() {
        let sum = column.sum();
        column /= sum;
    }
    let loss = -p.zip_map(targets, |p, y| if y > 0.0 { p.ln() } else { 0.0 }).sum();
    (loss / examples, (p - targets) / examples)
}

/// The same for logits that lie far apart: the sum holds the differences to the largest
/// logit of the column, so that no exponential overflows and no share is looked at.
fn cross_entropy_far(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
    let examples = logits.ncols() as f64;
    let (mut loss, mut grad) = (0.0, -targets / examples);
    for (n, column) in logits.column_iter().enumerate() {
        let largest = column.max();
        let sum: f64 = column.iter().map(|z| (z - largest).exp()).sum();
        for (i, z) in column.iter().enumerate() {
            loss += targets[(i, n)] * (sum.ln() + largest - z) / examples;
            grad[(i, n)] += (z - largest).exp() / sum / examples;
        }
    }
    (loss, grad)
}

/// Logits and targets that catch every known way to overflow.
fn far_apart() -> [(Matrix, Matrix); 4] {
    [
        (rows(2, 1, &[1000.0, -1000.0]), rows(2, 1, &[0.0, 1.0])),
        (rows(2, 1, &[-1000.0, 1000.0]), rows(2, 1, &[0.0, 1.0])),
        (rows(2, 2, &[1000.0, -1000.0, 999.5, -1000.5]), rows(2, 2, &[1., 0., 0., 1.])),
        (rows(2, 1, &[600.0, -600.0]), rows(2, 1, &[1.0, 0.0])),
    ]
}

/// A fixed sample of behavior. An answer that is wrong for moderate logits is known by
/// that alone, whether it overflows for large ones or not. Of the others it matters
/// which logits they fail on: NaN stands for infinite too, and a loss of 2000 is
/// counted in thousands, so that any limit on p looks the same.
fn sample_of_cross_entropy(f: SoftmaxCrossEntropy) -> Vec<f64> {
    let logits = [1.0, -0.5, 2.0, 0.0, -0.5, 0.5, 1.5, 0.0, -1.0, 0.5, 2.0, 1.0];
    let logits = rows(4, 3, &logits);
    let picks = |i, n| if i == (2 * n + 1) % 4 { 1.0 } else { 0.0 };
    let targets = Matrix::from_fn(4, 3, picks);
    let (loss, grad) = f(&logits, &targets);
    let expected = cross_entropy(&logits, &targets);
    let right = near(loss, expected.0).and(near_matrix(&grad, expected.1));
    let mut sample = [vec![loss], flat(&grad)].concat();
    if right.is_err() {
        return sample;
    }
    let or_nan = |x: f64| if x.is_finite() { x } else { f64::NAN };
    for (logits, targets) in far_apart() {
        let (loss, grad) = f(&logits, &targets);
        sample.push(or_nan((loss / 1000.0).round()));
        sample.extend(flat(&grad).into_iter().map(or_nan));
    }
    let (moved, _) = f(&logits.add_scalar(1000.0), &targets);
    sample.push(or_nan(moved));
    sample
}

fn softmax_cross_entropy() -> Box<dyn Check> {
    let yours = exercises::softmax_cross_entropy as SoftmaxCrossEntropy;
    let case = || logits_and_one_hot(1..=5, 1..=4);
    Exercise::new(
        "4.3",
        "softmax_cross_entropy",
        yours,
        solutions::softmax_cross_entropy,
    )
    .probe(sample_of_cross_entropy)
    .law("loss", "The loss is the mean over the examples of -ln p.", move |f| {
        given(&LOGITS, case(), |(logits, targets)| {
            near(f(logits, targets).0, cross_entropy(logits, targets).0)
        })
    })
    .law(
        "balance",
        "The slopes of each example add up to zero: what one class gains, others \
             lose.",
        move |f| {
            given(&LOGITS, case(), |(logits, targets)| {
                let (_, grad) = f(logits, targets);
                let sums: Vec<f64> = grad.column_iter().map(|g| g.sum()).collect();
                near_slice(sums, vec![0.0; logits.ncols()])
            })
        },
    )
    .law(
        "gradient",
        "dL/d(logits) is (p - targets) / examples, entry by entry.",
        move |f| {
            given(&LOGITS, case(), |(logits, targets)| {
                let (_, grad) = f(logits, targets);
                near_matrix(grad, cross_entropy(logits, targets).1)
            })
        },
    )
    .law(
        "large_logits",
        "Adding one number to every logit changes nothing, also a large number.",
        move |f| {
            let shifted = (case(), halves()).prop_map(|((z, y), shift)| (z, y, shift));
            let names = ["logits", "targets", "shift / 200"];
            given(&names, shifted, |(logits, targets, shift)| {
                let (loss, grad) = f(&logits.add_scalar(200.0 * shift), targets);
                let expected = cross_entropy(logits, targets);
                near(loss, expected.0)?;
                near_matrix(grad, expected.1)
            })
        },
    )
    .law(
        "far_apart",
        "Logits that lie thousands apart, in one column or in two, give the loss and \
         the slopes of the definition.",
        move |f| {
            let [one, two] = [("logits", 1.0), ("logits / 200", 200.0)];
            let right = |(name, scale): (&'static str, f64), cases| {
                given(&[name, "targets"], cases, |(logits, targets)| {
                    let far = scale * logits;
                    let (loss, grad) = f(&far, targets);
                    let expected = cross_entropy_far(&far, targets);
                    near(loss, expected.0)?;
                    near_matrix(grad, expected.1)
                })
            };
            for far in far_apart() {
                right(one, Just(far).boxed())?;
            }
            right(two, case().boxed())
        },
    )
    .wrong(
        "mean_missing",
        wrong::mean_missing as SoftmaxCrossEntropy,
        "gradient",
        "Your gradient is exactly batch-size times too large: the mean is missing. \
             Divide by the number of examples.",
    )
    .wrong(
        "loss_not_mean",
        wrong::loss_not_mean as SoftmaxCrossEntropy,
        "loss",
        "Your loss is the sum over the examples. Divide by how many there are.",
    )
    .wrong(
        "sign_flipped",
        wrong::sign_flipped as SoftmaxCrossEntropy,
        "gradient",
        "Your gradient has the wrong sign: it is y - p. A larger logit of a wrong \
             class makes the loss larger, so there the slope must be positive: p - y.",
    )
    .wrong(
        "doubled",
        wrong::doubled as SoftmaxCrossEntropy,
        "gradient",
        "Your gradient is twice too large. A factor of 2 belongs to the slope of a \
             square, and there is no square here.",
    )
    .wrong(
        "mean_over_entries",
        wrong::mean_over_entries as SoftmaxCrossEntropy,
        "gradient",
        "You divide by the number of entries. The mean is over the examples, the \
             columns: divide by `logits.ncols()`.",
    )
    .wrong(
        "target_forgotten",
        wrong::target_forgotten as SoftmaxCrossEntropy,
        "balance",
        "Your gradient is p / examples: the target is missing. At the true class \
             the slope is p - 1.",
    )
    .wrong(
        "true_class_only",
        wrong::true_class_only as SoftmaxCrossEntropy,
        "balance",
        "Only the true class gets a slope from you. Softmax divides by the sum over \
             all classes, so every logit of the column moves the loss.",
    )
    .wrong(
        "no_shift",
        wrong::no_shift as SoftmaxCrossEntropy,
        "large_logits",
        "Large logits overflow: exp(1000) is infinite. Subtract the largest logit \
             of the column first.",
    )
    .wrong(
        "largest_of_batch",
        wrong::largest_of_batch as SoftmaxCrossEntropy,
        "far_apart",
        "You subtract the largest logit of the whole batch. In a column far below it \
             every exponential is 0, and so is their sum. Each column needs its own \
             largest logit.",
    )
    .wrong(
        "column_mean",
        wrong::column_mean as SoftmaxCrossEntropy,
        "far_apart",
        "You subtract the mean of the column, so its largest logit can still \
             overflow. Subtract the largest: then every exponent is 0 or less.",
    )
    .wrong(
        "column_smallest",
        wrong::column_smallest as SoftmaxCrossEntropy,
        "far_apart",
        "You subtract the smallest logit of the column, so its largest can still \
             overflow. Subtract the largest: then every exponent is 0 or less.",
    )
    .wrong(
        "column_first",
        wrong::column_first as SoftmaxCrossEntropy,
        "far_apart",
        "You subtract the first logit of the column. Where another one is much larger, \
             it still overflows. Subtract the largest: then every exponent is 0 or \
             less.",
    )
    .wrong(
        "log_of_share",
        wrong::log_of_share as SoftmaxCrossEntropy,
        "far_apart",
        "You take the logarithm of a share that has rounded to 0, which is infinite. \
             Write it out first: -ln p is ln(sum of e^z) - z of the true class.",
    )
    .wrong(
        "log_of_every_share",
        wrong::log_of_every_share as SoftmaxCrossEntropy,
        "far_apart",
        "You take the logarithm of every share and multiply by the targets. Where a \
             share has rounded to 0 its logarithm is infinite, and 0 times that is \
             NaN. -ln p is ln(sum of e^z) - z of the true class, and needs no share.",
    )
    .wrong(
        "clamped",
        wrong::clamped as SoftmaxCrossEntropy,
        "far_apart",
        "You keep p away from 0, and so no loss can be larger than the logarithm of \
             that limit. There is no need: -ln p is ln(sum of e^z) - z of the true \
             class, which is right for any logits.",
    )
    .hint("Work on one column. Subtract its largest logit: nothing else changes.")
    .hint("-ln p of the true class is ln(sum of e^z) - z of the true class.")
    .hint(
        "The slope of ln(sum of e^z) with respect to z_i is e^(z_i) / sum = p_i. \
             The slope of -z of the true class is -1 there and 0 elsewhere.",
    )
    .hint(
        "So the gradient of an example is p - y. Loss and gradient of the batch: \
             divide by the number of examples.",
    )
    .build()
}

/// Two layers and a batch: weights, biases, input, targets.
type Net = (Matrix, Vec<f64>, Matrix, Vec<f64>, Matrix, Matrix);

const NET: [&str; 6] = ["weight_1", "bias_1", "weight_2", "bias_2", "input", "targets"];

fn net() -> impl Strategy<Value = Net> {
    let side = || 1..=3_usize;
    let numbers = || vec(halves_between(-2.0, 2.0), 9);
    let layers = (numbers(), numbers(), numbers(), numbers());
    let picks = vec(0..3_usize, 3);
    ((side(), side(), side(), side()), layers, numbers(), picks).prop_map(
        |((inputs, hidden, classes, examples), (w1, b1, w2, b2), x, picks)| {
            let one_hot = |class, n| {
                let picked: usize = picks[n];
                if class == picked % classes { 1.0 } else { 0.0 }
            };
            (
                filled(hidden, inputs, &w1),
                b1[..hidden].to_vec(),
                filled(classes, hidden, &w2),
                b2[..classes].to_vec(),
                filled(inputs, examples, &x),
                Matrix::from_fn(classes, examples, one_hot),
            )
        },
    )
}

fn ask(f: TwoLayers, (w1, b1, w2, b2, x, y): &Net) -> [Matrix; 8] {
    f((w1, b1), (w2, b2), x, y)
}

/// The eight slopes, entry by entry, from the formulas.
fn slopes((w1, b1, w2, b2, x, y): &Net) -> [Matrix; 8] {
    let affine = |w: &Matrix, b: &[f64], x: &Matrix| {
        let entry = |i: usize, n: usize| w.row(i).tr_dot(&x.column(n)) + b[i];
        Matrix::from_fn(w.nrows(), x.ncols(), entry)
    };
    let hidden = affine(w1, b1, x).map(f64::tanh);
    let (_, logits) = cross_entropy(&affine(w2, b2, &hidden), y);
    let outer = |g: &Matrix, x: &Matrix| {
        Matrix::from_fn(g.nrows(), x.nrows(), |i, j| g.row(i).dot(&x.row(j)))
    };
    let back = |w: &Matrix, g: &Matrix| {
        Matrix::from_fn(w.ncols(), g.ncols(), |j, n| w.column(j).dot(&g.column(n)))
    };
    let column = |g: &Matrix| Matrix::from_vec(g.nrows(), 1, row_sums(g));
    let grad_hidden = back(w2, &logits);
    let sums = grad_hidden.zip_map(&hidden, |g, a| g * (1.0 - a * a));
    let (weight_2, bias_2) = (outer(&logits, &hidden), column(&logits));
    let (weight_1, bias_1) = (outer(&sums, x), column(&sums));
    let input = back(w1, &sums);
    [logits, weight_2, bias_2, grad_hidden, sums, weight_1, bias_1, input]
}

/// Each step of the way back: exact, close, or how far off.
fn step_by_step(seen: &[Matrix; 8], expected: &[Matrix; 8]) -> String {
    let line = |k: usize| {
        let (seen, expected) = (&seen[k], &expected[k]);
        let words = if seen.shape() != expected.shape() {
            let ((r, c), (rows, columns)) = (seen.shape(), expected.shape());
            format!("is {r} x {c}, should be {rows} x {columns}")
        } else if seen == expected && seen.iter().all(|slope| *slope == 0.0) {
            "exact, but all zero".to_string()
        } else if seen == expected {
            "exact".to_string()
        } else {
            match (seen - expected).amax() {
                off if off <= 1e-9 => "close".to_string(),
                off => format!("off by up to {off:.3e}"),
            }
        };
        format!("  {:<9} {words}", NAMES[k])
    };
    let lines: Vec<String> = (0..8).map(line).collect();
    format!("Step by step on the way back:\n{}", lines.join("\n"))
}

/// A line for each of exercises 4.2 and 4.3 that is written, but wrong: exercise 4.4 is
/// most likely built on it. One that is not written yet panics, and gets no line.
fn mend_first() -> String {
    let logits = rows(3, 2, &[1.0, -0.5, 2.0, 0.0, -0.5, 0.5]);
    let targets = rows(3, 2, &[0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    let weight = rows(3, 2, &[1.0, 2.0, 3.0, -4.0, 0.5, 1.5]);
    let input = rows(2, 2, &[5.0, -1.0, 0.5, 2.0]);
    let affine = || {
        let seen = exercises::dense_backward(&weight, &input, &logits);
        let expected = solutions::dense_backward(&weight, &input, &logits);
        near_matrix(seen.0, expected.0)
            .and(near_slice(seen.1, expected.1))
            .and(near_matrix(seen.2, expected.2))
    };
    let cross = || {
        let (_, seen) = exercises::softmax_cross_entropy(&logits, &targets);
        near_matrix(seen, cross_entropy(&logits, &targets).1)
    };
    let wrong = [("4.2", catch(affine)), ("4.3", catch(cross))];
    let line = |(number, outcome): (&str, Result<Outcome, Panic>)| match outcome {
        Ok(Err(_)) => format!("\nExercise {number} still fails: mend it first."),
        _ => String::new(),
    };
    wrong.map(line).concat()
}

/// Whether these of the eight steps are right.
fn steps_are_right(f: TwoLayers, steps: &[usize]) -> Outcome {
    given(&NET, net(), |net| {
        let (seen, expected) = (ask(f, net), slopes(net));
        let report = step_by_step(&seen, &expected);
        steps.iter().try_for_each(|&k| {
            near_matrix(&seen[k], &expected[k]).because(format!(
                "Of dL/d({}).\n{report}{}",
                NAMES[k],
                mend_first()
            ))
        })
    })
}

fn two_layers() -> Box<dyn Check> {
    let yours = exercises::two_layers as TwoLayers;
    Exercise::new("4.4", "two_layers", yours, solutions::two_layers)
        .probe(|f| {
            let net = (
                rows(2, 2, &[1.0, -0.5, 0.25, 0.5]),
                vec![0.5, -0.25],
                rows(2, 2, &[0.5, 1.0, -1.0, 0.75]),
                vec![0.0, 0.25],
                rows(2, 2, &[1.0, 0.5, -0.5, 2.0]),
                rows(2, 2, &[1.0, 0.0, 0.0, 1.0]),
            );
            ask(f, &net).iter().flat_map(flat).collect()
        })
        .law("logits", "Line 1: dL/d(logits) is (p - targets) / examples.", |f| {
            steps_are_right(f, &[0])
        })
        .law(
            "layer_2",
            "Lines 2 and 3: weight_2 and bias_2 as in exercise 4.2, where the layer's \
             input is hidden.",
            |f| steps_are_right(f, &[1, 2]),
        )
        .law("hidden", "Line 4: dL/d(hidden) is weight_2' . dL/d(logits).", |f| {
            steps_are_right(f, &[3])
        })
        .law(
            "sums",
            "Line 5: dL/d(sums) is dL/d(hidden) times tanh's slope, 1 - hidden^2, \
             entry by entry.",
            |f| steps_are_right(f, &[4]),
        )
        .law(
            "layer_1",
            "Lines 6 and 7: weight_1 and bias_1 as in exercise 4.2, from dL/d(sums).",
            |f| steps_are_right(f, &[5, 6]),
        )
        .law("input", "Line 8: dL/d(input) is weight_1' . dL/d(sums).", |f| {
            steps_are_right(f, &[7])
        })
        .wrong(
            "mean_missing",
            wrong::two_mean_missing as TwoLayers,
            "logits",
            "All your gradients are batch-size times too large: the mean is missing in \
             dL/d(logits), and everything after it inherits that.",
        )
        .wrong(
            "weight_2_from_sums",
            wrong::weight_2_from_sums as TwoLayers,
            "layer_2",
            "Your dL/d(weight_2) is made with sums. What went into layer 2 is hidden, \
             after the tanh.",
        )
        .wrong(
            "slope_too_early",
            wrong::slope_too_early as TwoLayers,
            "hidden",
            "Your dL/d(hidden) already contains tanh's slope, and dL/d(sums) contains \
             it twice. It belongs to line 5 alone.",
        )
        .wrong(
            "slope_forgotten",
            wrong::slope_forgotten as TwoLayers,
            "sums",
            "You pass dL/d(hidden) on through the tanh as it is. Multiply it by tanh's \
             slope, 1 - hidden^2, entry by entry.",
        )
        .wrong(
            "slope_at_sums",
            wrong::slope_at_sums as TwoLayers,
            "sums",
            "You use 1 - sums^2. tanh's slope is 1 - tanh^2, and the tanh of sums is \
             hidden: 1 - hidden^2.",
        )
        .wrong(
            "layer_1_past_tanh",
            wrong::layer_1_past_tanh as TwoLayers,
            "layer_1",
            "Your gradients of weight_1 and bias_1 come from dL/d(hidden). Layer 1 \
             puts out the sums: use dL/d(sums).",
        )
        .wrong(
            "input_past_tanh",
            wrong::input_past_tanh as TwoLayers,
            "input",
            "Your dL/d(input) comes from dL/d(hidden). Layer 1 puts out the sums: use \
             dL/d(sums).",
        )
        .hint("Go forward first and keep hidden and logits: the way back needs both.")
        .hint(
            "Lines 1 to 4 are two calls: exercise 4.3 gives dL/d(logits), exercise 4.2 \
             with weight_2, hidden and dL/d(logits) gives the next three.",
        )
        .hint(
            "Line 5 is the tanh: `grad_hidden.zip_map(&hidden, |g, a| g * (1.0 - a * \
             a))`.",
        )
        .hint(
            "Lines 6 to 8 are exercise 4.2 again, with weight_1, input and dL/d(sums). \
             A list becomes a column with `Matrix::from_vec(n, 1, list)`.",
        )
        .build()
}

/// Whether a suspect passes the check once the line that the answer names is repaired.
fn repaired(f: BrokenLines, suspect: usize) -> Outcome {
    let line = f()[suspect - 1];
    ensure((1..=8).contains(&line), format!("There is no line {line}."))?;
    let tensors = Tensors::draw(1.0, 7, 40);
    let found = Pass::suspect(suspect).repaired(line).check(&tensors);
    ensure(
        found.all_right(),
        format!(
            "With line {line} ({}) repaired, the checker says:\n{found}",
            NAMES[line - 1]
        ),
    )
}

fn broken_lines() -> Box<dyn Check> {
    let yours = exercises::broken_lines as BrokenLines;
    Exercise::new("4.5", "broken_lines", yours, solutions::broken_lines)
        .probe(|f| f().map(|line| line as f64).to_vec())
        .law(
            "suspect_1",
            "With the line you name repaired, suspect 1 passes the check.",
            |f| repaired(f, 1),
        )
        .law(
            "suspect_2",
            "With the line you name repaired, suspect 2 passes the check.",
            |f| repaired(f, 2),
        )
        .law(
            "suspect_3",
            "With the line you name repaired, suspect 3 passes the check.",
            |f| repaired(f, 3),
        )
        .wrong(
            "where_it_shows",
            (|| [6, 5, 4]) as BrokenLines,
            "suspect_1",
            "Suspect 1: weight_1 is too large, but so is everything computed before \
             it. A fault shows in all lines that come after it on the way back: look \
             for the first.",
        )
        .wrong(
            "not_quite_the_first",
            (|| [2, 5, 4]) as BrokenLines,
            "suspect_1",
            "Suspect 1: line 2 makes dL/d(weight_2) and nothing else. bias_2 does not \
             come from it, and is too large as well.",
        )
        .wrong(
            "one_of_layer_1",
            (|| [1, 6, 4]) as BrokenLines,
            "suspect_2",
            "Suspect 2: nothing after line 6 uses what it makes. If it were broken, \
             bias_1 and input would be right.",
        )
        .wrong(
            "exchanged",
            (|| [1, 4, 5]) as BrokenLines,
            "suspect_2",
            "Suspect 2: it becomes right with `--layer-1 0.001`, where tanh is a \
             straight line. Its fault has to do with the bend of tanh. And suspect 3 \
             stays wrong.",
        )
        .wrong(
            "twins",
            (|| [1, 5, 5]) as BrokenLines,
            "suspect_3",
            "Suspect 3: the same gradients are wrong as in suspect 2, but small sums \
             do not mend it, so it is not the bend of tanh.",
        )
        .hint(
            "Ask of each suspect: which gradients are right? Lines that only right \
             ones come from are innocent.",
        )
        .hint(
            "Draw which line needs which: 2, 3 and 4 need 1, 5 needs 4, and 6, 7 and 8 \
             need 5.",
        )
        .hint(
            "Suspect 1: all are wrong by one factor. Suspects 2 and 3: layer 2 is \
             right, layer 1 and the input are wrong. Two lines lie between.",
        )
        .hint(
            "Check suspects 2 and 3 with `--layer-1 0.001`. Where every sum is near 0, \
             tanh's slope is 1 almost exactly, however it is computed.",
        )
        .build()
}

mod wrong {
    use super::{Affine, Matrix, cross_entropy, row_sums};

    pub fn last_road_only(a: f64, b: f64, c: f64) -> (f64, [f64; 3]) {
        let (u, v) = (a * b, a * b + c);
        (u * v, [v * b, v * a, u])
    }

    pub fn first_road_only(a: f64, b: f64, c: f64) -> (f64, [f64; 3]) {
        let (u, v) = (a * b, a * b + c);
        (u * v, [u * b, u * a, u])
    }

    pub fn roads_multiplied(a: f64, b: f64, c: f64) -> (f64, [f64; 3]) {
        let (u, v) = (a * b, a * b + c);
        (u * v, [u * v * b, u * v * a, u])
    }

    pub fn roads_averaged(a: f64, b: f64, c: f64) -> (f64, [f64; 3]) {
        let (u, v) = (a * b, a * b + c);
        let mean = (u + v) / 2.0;
        (u * v, [mean * b, mean * a, u])
    }

    pub fn own_factor(a: f64, b: f64, c: f64) -> (f64, [f64; 3]) {
        let (u, v) = (a * b, a * b + c);
        (u * v, [(u + v) * a, (u + v) * b, u])
    }

    pub fn c_through_u(a: f64, b: f64, c: f64) -> (f64, [f64; 3]) {
        let (u, v) = (a * b, a * b + c);
        (u * v, [(u + v) * b, (u + v) * a, v])
    }

    type Three = (Matrix, Vec<f64>, Matrix);

    fn three(weight: &Matrix, input: &Matrix, grad: &Matrix) -> Three {
        let back = weight.transpose() * grad;
        (grad * input.transpose(), row_sums(grad), back)
    }

    pub fn input_not_transposed(
        weight: &Matrix,
        input: &Matrix,
        grad: &Matrix,
    ) -> Three {
        let (grad_weight, bias, _) = three(weight, input, grad);
        (grad_weight, bias, weight * grad)
    }

    pub fn weight_transposed(weight: &Matrix, input: &Matrix, grad: &Matrix) -> Three {
        let (_, bias, back) = three(weight, input, grad);
        (input * grad.transpose(), bias, back)
    }

    pub fn mean_again(weight: &Matrix, input: &Matrix, grad: &Matrix) -> Three {
        let (grad_weight, bias, back) = three(weight, input, grad);
        let examples = input.ncols() as f64;
        (grad_weight / examples, bias.iter().map(|b| b / examples).collect(), back)
    }

    pub fn last_example_only(weight: &Matrix, input: &Matrix, grad: &Matrix) -> Three {
        let last = |matrix: &Matrix| matrix.columns(matrix.ncols() - 1, 1).into_owned();
        let (grad_weight, bias, _) = three(weight, &last(input), &last(grad));
        (grad_weight, bias, weight.transpose() * grad)
    }

    pub fn bias_by_input(weight: &Matrix, input: &Matrix, grad: &Matrix) -> Three {
        let (grad_weight, _, back) = three(weight, input, grad);
        let bias = grad_weight.row_iter().map(|row| row.sum()).collect();
        (grad_weight, bias, back)
    }

    pub fn weight_without_input(
        weight: &Matrix,
        input: &Matrix,
        grad: &Matrix,
    ) -> Three {
        let ones = input.map(|_| 1.0);
        let (_, bias, back) = three(weight, input, grad);
        (grad * ones.transpose(), bias, back)
    }

    pub fn input_without_weight(
        weight: &Matrix,
        input: &Matrix,
        grad: &Matrix,
    ) -> Three {
        let (grad_weight, bias, _) = three(weight, input, grad);
        let ones = weight.map(|_| 1.0);
        (grad_weight, bias, ones.transpose() * grad)
    }

    pub fn mean_missing(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        let (loss, grad) = cross_entropy(logits, targets);
        (loss, grad * logits.ncols() as f64)
    }

    pub fn loss_not_mean(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        let (loss, grad) = cross_entropy(logits, targets);
        (loss * logits.ncols() as f64, grad)
    }

    pub fn sign_flipped(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        let (loss, grad) = cross_entropy(logits, targets);
        (loss, -grad)
    }

    pub fn doubled(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        let (loss, grad) = cross_entropy(logits, targets);
        (loss, 2.0 * grad)
    }

    pub fn mean_over_entries(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        let (loss, grad) = cross_entropy(logits, targets);
        (loss, grad / logits.nrows() as f64)
    }

    pub fn target_forgotten(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        let (loss, grad) = cross_entropy(logits, targets);
        (loss, grad + targets / logits.ncols() as f64)
    }

    pub fn true_class_only(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        let (loss, grad) = cross_entropy(logits, targets);
        (loss, grad.component_mul(targets))
    }

    pub fn no_shift(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        cross_entropy(logits, targets)
    }

    /// With this number subtracted from the logits of each column.
    fn shifted(
        logits: &Matrix,
        targets: &Matrix,
        number: impl Fn(usize) -> f64,
    ) -> (f64, Matrix) {
        let shift = |i: usize, n: usize| logits[(i, n)] - number(n);
        let z = Matrix::from_fn(logits.nrows(), logits.ncols(), shift);
        let examples = z.ncols() as f64;
        let (mut loss, mut grad) = (0.0, z.map(f64::exp));
        for (n, mut column) in grad.column_iter_mut().enumerate() {
            let sum = column.sum();
            column /= sum;
            loss += sum.ln() - z.column(n).dot(&targets.column(n));
        }
        (loss / examples, (grad - targets) / examples)
    }

    pub fn largest_of_batch(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        shifted(logits, targets, |_| logits.max())
    }

    pub fn column_mean(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        shifted(logits, targets, |n| logits.column(n).mean())
    }

    pub fn column_smallest(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        shifted(logits, targets, |n| logits.column(n).min())
    }

    pub fn column_first(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        shifted(logits, targets, |n| logits[(0, n)])
    }

    /// The right slopes, and a loss made from each share and its target.
    fn by_shares(
        logits: &Matrix,
        targets: &Matrix,
        loss: impl Fn(f64, f64) -> f64,
    ) -> (f64, Matrix) {
        let (_, grad) = shifted(logits, targets, |n| logits.column(n).max());
        let examples = logits.ncols() as f64;
        let mut shares = logits.clone();
        for mut column in shares.column_iter_mut() {
            let largest = column.max();
            column.apply(|z| *z = (*z - largest).exp());
            let sum = column.sum();
            column /= sum;
        }
        (shares.zip_map(targets, loss).sum() / examples, grad)
    }

    pub fn log_of_share(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        by_shares(logits, targets, |p, y| if y > 0.0 { -p.ln() } else { 0.0 })
    }

    pub fn log_of_every_share(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        by_shares(logits, targets, |p, y| -y * p.ln())
    }

    pub fn clamped(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
        by_shares(logits, targets, |p, y| -y * p.max(1e-12).ln())
    }

    /// What goes forward: the sums, what the hidden units say, and dL/d(logits).
    fn forward(
        (w1, b1): Affine,
        (w2, b2): Affine,
        x: &Matrix,
        y: &Matrix,
    ) -> (Matrix, Matrix, Matrix) {
        let affine = |w: &Matrix, b: &[f64], x: &Matrix| {
            w * x + Matrix::from_fn(w.nrows(), x.ncols(), |i, _| b[i])
        };
        let sums = affine(w1, b1, x);
        let hidden = sums.map(f64::tanh);
        let (_, grad) = cross_entropy(&affine(w2, b2, &hidden), y);
        (sums, hidden, grad)
    }

    fn slope(hidden: &Matrix) -> Matrix {
        hidden.map(|a| 1.0 - a * a)
    }

    /// The eight slopes from dL/d(logits), and from dL/d(hidden) and dL/d(sums).
    fn eight(
        (w1, w2): (&Matrix, &Matrix),
        (x, hidden): (&Matrix, &Matrix),
        [logits, grad_hidden, sums]: [Matrix; 3],
    ) -> [Matrix; 8] {
        let column = |grad: &Matrix| Matrix::from_vec(grad.nrows(), 1, row_sums(grad));
        let (weight_2, bias_2, _) = three(w2, hidden, &logits);
        let bias_2 = Matrix::from_vec(bias_2.len(), 1, bias_2);
        let (weight_1, bias_1, input) =
            (&sums * x.transpose(), column(&sums), { w1.transpose() * &sums });
        [logits, weight_2, bias_2, grad_hidden, sums, weight_1, bias_1, input]
    }

    pub fn two_mean_missing(
        l1: Affine,
        l2: Affine,
        x: &Matrix,
        y: &Matrix,
    ) -> [Matrix; 8] {
        let (_, hidden, logits) = forward(l1, l2, x, y);
        let logits = logits * x.ncols() as f64;
        let back = l2.0.transpose() * &logits;
        let sums = back.component_mul(&slope(&hidden));
        eight((l1.0, l2.0), (x, &hidden), [logits, back, sums])
    }

    pub fn weight_2_from_sums(
        l1: Affine,
        l2: Affine,
        x: &Matrix,
        y: &Matrix,
    ) -> [Matrix; 8] {
        let (sums, hidden, logits) = forward(l1, l2, x, y);
        let weight_2 = &logits * sums.transpose();
        let back = l2.0.transpose() * &logits;
        let sums = back.component_mul(&slope(&hidden));
        let mut all = eight((l1.0, l2.0), (x, &hidden), [logits, back, sums]);
        all[1] = weight_2;
        all
    }

    pub fn slope_too_early(
        l1: Affine,
        l2: Affine,
        x: &Matrix,
        y: &Matrix,
    ) -> [Matrix; 8] {
        let (_, hidden, logits) = forward(l1, l2, x, y);
        let back = (l2.0.transpose() * &logits).component_mul(&slope(&hidden));
        let sums = back.component_mul(&slope(&hidden));
        eight((l1.0, l2.0), (x, &hidden), [logits, back, sums])
    }

    pub fn slope_forgotten(
        l1: Affine,
        l2: Affine,
        x: &Matrix,
        y: &Matrix,
    ) -> [Matrix; 8] {
        let (_, hidden, logits) = forward(l1, l2, x, y);
        let back = l2.0.transpose() * &logits;
        eight((l1.0, l2.0), (x, &hidden), [logits, back.clone(), back])
    }

    pub fn slope_at_sums(
        l1: Affine,
        l2: Affine,
        x: &Matrix,
        y: &Matrix,
    ) -> [Matrix; 8] {
        let (sums, hidden, logits) = forward(l1, l2, x, y);
        let back = l2.0.transpose() * &logits;
        let sums = back.component_mul(&slope(&sums));
        eight((l1.0, l2.0), (x, &hidden), [logits, back, sums])
    }

    pub fn layer_1_past_tanh(
        l1: Affine,
        l2: Affine,
        x: &Matrix,
        y: &Matrix,
    ) -> [Matrix; 8] {
        let (_, hidden, logits) = forward(l1, l2, x, y);
        let back = l2.0.transpose() * &logits;
        let sums = back.component_mul(&slope(&hidden));
        let past = three(l1.0, x, &back);
        let mut all = eight((l1.0, l2.0), (x, &hidden), [logits, back, sums]);
        all[5] = past.0;
        all[6] = Matrix::from_vec(past.1.len(), 1, past.1);
        all
    }

    pub fn input_past_tanh(
        l1: Affine,
        l2: Affine,
        x: &Matrix,
        y: &Matrix,
    ) -> [Matrix; 8] {
        let (_, hidden, logits) = forward(l1, l2, x, y);
        let back = l2.0.transpose() * &logits;
        let sums = back.component_mul(&slope(&hidden));
        let past = l1.0.transpose() * &back;
        let mut all = eight((l1.0, l2.0), (x, &hidden), [logits, back, sums]);
        all[7] = past;
        all
    }
}
