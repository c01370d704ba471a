//! Lesson 03: the laws of its exercises, the wrong answers we know, and the hints.
//!
//! `cargo test --test lesson03` judges `lessons/lesson03/exercises.rs`.

#[allow(unused_variables, reason = "a stub uses nothing yet")]
#[path = "../lessons/lesson03/exercises.rs"]
mod exercises;
#[path = "../lessons/lesson03/solutions.rs"]
mod solutions;

use harness::*;
use proptest::collection::vec;

type Matrix = gradbook::Matrix<f64>;

type Affine = fn(&Matrix, &[f64], &Matrix) -> Matrix;
type Activations = fn(f64) -> [(f64, f64); 4];
type Collapse = fn(&Matrix, &[f64], &Matrix, &[f64]) -> (Matrix, Vec<f64>);
type Xor = fn() -> (Matrix, Vec<f64>, Matrix, Vec<f64>);
type BrokenLine = fn(&[f64], &[f64]) -> (Vec<f64>, Vec<f64>, f64);

fn main() -> std::process::ExitCode {
    let checks =
        vec![affine(), activations(), collapse(), xor_network(), broken_line()];
    harness::main(3, checks)
}

fn rows(rows: usize, columns: usize, numbers: &[f64]) -> Matrix {
    Matrix::from_row_slice(rows, columns, numbers)
}

/// Numbers of a matrix with its shape before them, for probes.
fn flat(matrix: &Matrix) -> Vec<f64> {
    let shape = [matrix.nrows() as f64, matrix.ncols() as f64];
    [&shape, matrix.as_slice()].concat()
}

const AFFINE: [&str; 3] = ["weight", "bias", "batch"];

fn affine() -> Box<dyn Check> {
    let (yours, ours) = (exercises::affine as Affine, solutions::affine as Affine);
    Exercise::new("3.1", "affine", yours, ours)
        .probe(|f| {
            let square = rows(2, 2, &[1.0, 2.0, 3.0, -4.0]);
            let batch = rows(2, 2, &[5.0, -1.0, 0.5, 2.0]);
            flat(&f(&square, &[10.0, 20.0], &batch))
        })
        .law(
            "bias_alone",
            "When every weight is zero, each example's output is the bias.",
            |f| {
                given(&AFFINE, affine_case(1..=5), |(w, b, x)| {
                    let weight = w * 0.0;
                    let expected = Matrix::from_fn(b.len(), x.ncols(), |i, _| b[i]);
                    near_matrix(f(&weight, b, x), expected)
                })
            },
        )
        .law(
            "product_alone",
            "When the bias is zero, output i of example n is the sum over j of \
             weight (i, j) times batch (j, n).",
            |f| {
                given(&AFFINE, affine_case(1..=5), |(w, b, x)| {
                    near_matrix(f(w, &vec![0.0; b.len()], x), w * x)
                })
            },
        )
        .law(
            "examples_apart",
            "A batch gives what its examples give one at a time.",
            |f| {
                given(&AFFINE, affine_case(1..=5), |(w, b, x)| {
                    let whole = f(w, b, x);
                    for n in 0..x.ncols() {
                        let one = f(w, b, &x.columns(n, 1).into_owned());
                        let same = ensure(
                            whole.ncols() == x.ncols(),
                            "There is not one column for each example.",
                        );
                        same?;
                        near_matrix(whole.columns(n, 1).into_owned(), one)?;
                    }
                    Ok(())
                })
            },
        )
        .law(
            "definition",
            "The output is weight . batch, with the bias added to each column.",
            |f| {
                given(&AFFINE, affine_case(1..=5), |(w, b, x)| {
                    let bias = Matrix::from_fn(b.len(), x.ncols(), |i, _| b[i]);
                    near_matrix(f(w, b, x), w * x + bias)
                })
            },
        )
        .wrong(
            "no_bias",
            wrong::no_bias as Affine,
            "bias_alone",
            "You left the bias out. Add `bias[i]` to output i of every example.",
        )
        .wrong(
            "bias_once",
            wrong::bias_once as Affine,
            "bias_alone",
            "You add the bias to the first example only. Every column of the batch \
             gets it.",
        )
        .wrong(
            "bias_by_example",
            wrong::bias_by_example as Affine,
            "bias_alone",
            "You add bias n to example n. The bias belongs to the output: row i of \
             every column gets `bias[i]`.",
        )
        .wrong(
            "transposed",
            wrong::transposed as Affine,
            "product_alone",
            "You multiply by the transposed weight. Row i of the weight holds what \
             output i takes from each input, so it is `weight * batch` as they stand.",
        )
        .wrong(
            "entry_by_entry",
            wrong::entry_by_entry as Affine,
            "product_alone",
            "You multiply entry by entry. An output is a *sum* over the inputs: a \
             matrix product.",
        )
        .wrong(
            "bias_twice",
            wrong::bias_twice as Affine,
            "bias_alone",
            "Your bias comes in twice. Start the sum either at zero or at the bias, \
             not both.",
        )
        .hint("Take one example first: a column goes in, a column comes out.")
        .hint(
            "nalgebra's `weight * batch` is the matrix product: it does all examples \
             at once.",
        )
        .hint("Then go through the columns and add `bias[i]` to entry i of each.")
        .hint(
            "`for n in 0..z.ncols() { for i in 0..z.nrows() { z[(i, n)] += bias[i]; \
             } }`",
        )
        .build()
}

const NAMES: [&str; 4] = ["sigmoid", "tanh", "leaky ReLU", "swish"];

/// Places where a slope can be measured: off the corner at zero, and not far out.
fn smooth() -> impl Strategy<Value = f64> {
    halves_between(-6.0, 6.0).prop_map(|z| z + 0.25)
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn activations() -> Box<dyn Check> {
    let yours = exercises::activations as Activations;
    Exercise::new("3.2", "activations", yours, solutions::activations as Activations)
        .probe(|f| {
            let places = [0.0, 1.25, -2.5, 1000.0, -1000.0];
            places.iter().flat_map(|&z| f(z)).flat_map(|(a, s)| [a, s]).collect()
        })
        .law(
            "far_out",
            "At 1000 and at -1000 every value and every slope is a finite number.",
            |f| {
                for z in [1000.0, -1000.0] {
                    for (name, (value, slope)) in NAMES.iter().zip(f(z)) {
                        let finite = value.is_finite() && slope.is_finite();
                        let seen = format!("{name} at {z} is ({value}, {slope}).");
                        ensure(finite, seen)?;
                    }
                }
                Ok(())
            },
        )
        .law(
            "values",
            "The values are those of sigmoid, tanh, leaky ReLU and swish, in this \
             order.",
            |f| {
                given(&["z"], halves_between(-6.0, 6.0), |&z| {
                    let leaky = if z > 0.0 { z } else { 0.01 * z };
                    let expected = [sigmoid(z), z.tanh(), leaky, z * sigmoid(z)];
                    near_slice(f(z).map(|(value, _)| value), expected)
                })
            },
        )
        .law(
            "slopes",
            "Each derivative is how fast its own value rises: (value(z + h) - \
             value(z - h)) / 2h for a small h.",
            |f| {
                given(&["z"], smooth(), |&z| {
                    let h = 1e-5;
                    for (k, name) in NAMES.iter().enumerate() {
                        let rise = f(z + h)[k].0 - f(z - h)[k].0;
                        near_within(f(z)[k].1, rise / (2.0 * h), 1e-7)
                            .because(format!("This is the slope of {name}."))?;
                    }
                    Ok(())
                })
            },
        )
        .law(
            "corner",
            "At 0 the slope of leaky ReLU is the one on its left: 0.01.",
            |f| near(f(0.0)[2].1, 0.01),
        )
        .wrong(
            "overflowing",
            wrong::overflowing as Activations,
            "far_out",
            "e^1000 is infinite, and infinity divided by infinity is not a number. \
             Write the sigmoid as 1 / (1 + e^-z): there the infinity is harmless.",
        )
        .wrong(
            "tanh_not_squared",
            wrong::tanh_not_squared as Activations,
            "slopes",
            "The slope of tanh is 1 - tanh(z)^2. You forgot the square.",
        )
        .wrong(
            "slope_at_the_value",
            wrong::slope_at_the_value as Activations,
            "slopes",
            "You put the value into sigmoid once more. s (1 - s) already *is* the \
             slope when s is the value at z.",
        )
        .wrong(
            "no_product_rule",
            wrong::no_product_rule as Activations,
            "slopes",
            "Swish is a product, z times sigmoid(z). Its slope has two terms: \
             sigmoid(z), and z times the slope of the sigmoid.",
        )
        .wrong(
            "leak_on_the_right",
            wrong::leak_on_the_right as Activations,
            "values",
            "Your leak is on the wrong side: 0.01 z belongs to z below zero.",
        )
        .wrong(
            "corner_from_the_right",
            wrong::corner_from_the_right as Activations,
            "corner",
            "At exactly 0 you take the slope on the right. The stub asks for the \
             left one, as PyTorch has it: test `z > 0.0`, not `z >= 0.0`.",
        )
        .hint(
            "Compute s = sigmoid(z) and t = tanh(z) once; the slopes are made of \
             them.",
        )
        .hint("The slope of the sigmoid is s (1 - s). The slope of tanh is 1 - t^2.")
        .hint("Swish is a product: (u v)' = u' v + u v', with u = z and v = s.")
        .hint(
            "`1.0 / (1.0 + (-z).exp())` is fine for every z. `e^z / (1 + e^z)` is \
             not.",
        )
        .build()
}

type TwoLayers = (Matrix, Vec<f64>, Matrix, Vec<f64>);

const LAYERS: [&str; 4] = ["weight_1", "bias_1", "weight_2", "bias_2"];

/// Two layers that fit together, sides 1 to 4, whole numbers.
fn two_layers() -> impl Strategy<Value = TwoLayers> {
    let number = || whole(-3..=3);
    let sides = (1..=4_usize, 1..=4_usize, 1..=4_usize);
    let weights = (vec(number(), 16), vec(number(), 16));
    let biases = (vec(number(), 4), vec(number(), 4));
    (sides, weights, biases).prop_map(|((inputs, hidden, outputs), w, b)| {
        let first = rows(hidden, inputs, &w.0[..hidden * inputs]);
        let second = rows(outputs, hidden, &w.1[..outputs * hidden]);
        (first, b.0[..hidden].to_vec(), second, b.1[..outputs].to_vec())
    })
}

fn column(numbers: &[f64]) -> Matrix {
    Matrix::from_column_slice(numbers.len(), 1, numbers)
}

fn collapse() -> Box<dyn Check> {
    let (yours, ours) =
        (exercises::collapse as Collapse, solutions::collapse as Collapse);
    Exercise::new("3.3", "collapse", yours, ours)
        .probe(|f| {
            let first = rows(2, 2, &[1.0, 2.0, -1.0, 5.0]);
            let second = rows(2, 2, &[0.5, 1.0, 2.0, -2.0]);
            let (w, b) = f(&first, &[1.0, -2.0], &second, &[4.0, 8.0]);
            [flat(&w), b].concat()
        })
        .law("shapes", "The weight is outputs x inputs, the bias has outputs.", |f| {
            given(&LAYERS, two_layers(), |(w1, b1, w2, b2)| {
                let (weight, bias) = f(w1, b1, w2, b2);
                equal(weight.shape(), (w2.nrows(), w1.ncols()))?;
                equal(bias.len(), w2.nrows()).because("This is the length of the bias.")
            })
        })
        .law("weight", "The weight is the product weight_2 . weight_1.", |f| {
            given(&LAYERS, two_layers(), |(w1, b1, w2, b2)| {
                near_matrix(f(w1, b1, w2, b2).0, w2 * w1)
            })
        })
        .law(
            "same_as_both",
            "At x = 0 the one layer gives what the two give one after the other.",
            |f| {
                given(&LAYERS, two_layers(), |(w1, b1, w2, b2)| {
                    let expected = w2 * column(b1) + column(b2);
                    near_slice(f(w1, b1, w2, b2).1, expected.as_slice())
                })
            },
        )
        .wrong(
            "wrong_order",
            wrong::wrong_order as Collapse,
            "shapes",
            "You multiply weight_1 . weight_2. The layer that comes last stands on \
             the left: weight_2 . (weight_1 . x).",
        )
        .wrong(
            "biases_added",
            wrong::biases_added as Collapse,
            "same_as_both",
            "You add the two biases as they are. The first one goes through the \
             second layer: weight_2 . bias_1 + bias_2.",
        )
        .wrong(
            "second_bias_only",
            wrong::second_bias_only as Collapse,
            "same_as_both",
            "The first bias is lost. It goes through the second layer too: weight_2 \
             . bias_1 + bias_2.",
        )
        .wrong(
            "second_bias_forgotten",
            wrong::second_bias_forgotten as Collapse,
            "same_as_both",
            "You forgot bias_2. The bias is weight_2 . bias_1 + bias_2.",
        )
        .wrong(
            "transposed",
            wrong::collapse_transposed as Collapse,
            "shapes",
            "Your weight is transposed: it must be outputs x inputs.",
        )
        .hint("Write it down with letters: W2 (W1 x + b1) + b2. Multiply out.")
        .hint("What stands before x is the new weight. The rest is the new bias.")
        .hint("The rest is W2 b1 + b2: your `affine` can compute it from a column b1.")
        .build()
}

/// What the network of exercise 3.4 answers to (a, b), or why it cannot.
fn answer(f: Xor, a: f64, b: f64) -> Result<f64, Mismatch> {
    let (hidden, bias_1, output, bias_2) = f();
    equal(hidden.shape(), (2, 2)).because("This is the hidden weight's shape.")?;
    equal(bias_1.len(), 2).because("This is the length of the hidden bias.")?;
    equal(output.shape(), (1, 2)).because("This is the output weight's shape.")?;
    equal(bias_2.len(), 1).because("This is the length of the output bias.")?;
    let sums = hidden * column(&[a, b]) + column(&bias_1);
    Ok((output * sums.map(|z| z.max(0.0)))[0] + bias_2[0])
}

fn corner(f: Xor, a: f64, b: f64, expected: f64) -> Outcome {
    let note = format!("This is the output for the inputs {a} and {b}.");
    near(answer(f, a, b)?, expected).because(note)
}

fn xor_network() -> Box<dyn Check> {
    let yours = exercises::xor_network as Xor;
    Exercise::new("3.4", "xor_network", yours, solutions::xor_network as Xor)
        .probe(|f| {
            let corners = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)];
            let answers = corners.map(|(a, b)| answer(f, a, b).unwrap_or(f64::NAN));
            answers.to_vec()
        })
        .law(
            "shapes",
            "The weights are 2 x 2 and 1 x 2, the biases have 2 numbers and 1.",
            |f| answer(f, 0.0, 0.0).map(|_| ()),
        )
        .law("none", "The output for 0 and 0 is 0.", |f| corner(f, 0.0, 0.0, 0.0))
        .law("one_of_two", "The output for exactly one 1 is 1.", |f| {
            corner(f, 0.0, 1.0, 1.0)?;
            corner(f, 1.0, 0.0, 1.0)
        })
        .law("both", "The output for 1 and 1 is 0.", |f| corner(f, 1.0, 1.0, 0.0))
        .wrong(
            "output_upright",
            wrong::output_upright as Xor,
            "shapes",
            "Your output weight is 2 x 1. One output that looks at two hidden units \
             has one row and two columns: 1 x 2.",
        )
        .wrong(
            "or",
            wrong::or as Xor,
            "both",
            "Your network computes OR: for two ones you add 2 and take 1 away. The \
             unit that notices both must take 2 away.",
        )
        .wrong(
            "and",
            wrong::and as Xor,
            "one_of_two",
            "Your network computes AND. XOR is 1 when exactly one input is 1.",
        )
        .wrong(
            "not_xor",
            wrong::not_xor as Xor,
            "none",
            "Your network is upside down: it answers 1 when the inputs agree.",
        )
        .wrong(
            "sum",
            wrong::sum as Xor,
            "both",
            "Your network adds the two inputs, so two ones give 2. One unit has to \
             wake up only when both are 1, and take 2 away.",
        )
        .wrong(
            "as_if_linear",
            wrong::as_if_linear as Xor,
            "one_of_two",
            "Both of your units compute a - b, so ReLU cuts one of the cases away. \
             Give one unit a - b and the other b - a.",
        )
        .hint("Let the first unit add up the inputs: 0, 1, 1, 2 for the four cases.")
        .hint(
            "Only the last of these is wrong: 2 should be 0. So something must take \
             2 away.",
        )
        .hint(
            "A second unit with bias -1 gives 0, 0, 0, 1. Its output weight can be \
             -2.",
        )
        .build()
}

const POINTS: [&str; 2] = ["x", "y"];

/// Two to six points: places with gaps of one half to two, heights in halves.
fn points() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let point = (one_of(&[1.0, 0.5, 2.0]), halves_between(-4.0, 4.0));
    (whole(-3..=3), vec(point, 2..=6)).prop_map(|(start, points)| {
        let (mut place, mut x, mut y) = (start, vec![], vec![]);
        for (gap, height) in points {
            x.push(place);
            y.push(height);
            place += gap;
        }
        (x, y)
    })
}

/// The network's height at t, or why it has none.
fn height(net: &(Vec<f64>, Vec<f64>, f64), t: f64) -> Result<f64, Mismatch> {
    let (corners, weights, bias) = net;
    equal(weights.len(), corners.len())
        .because("This is how many weights there are, and how many corners.")?;
    let units = corners.iter().zip(weights).map(|(c, w)| w * (t - c).max(0.0));
    Ok(bias + units.sum::<f64>())
}

fn broken_line() -> Box<dyn Check> {
    let (yours, ours) =
        (exercises::broken_line as BrokenLine, solutions::broken_line as BrokenLine);
    Exercise::new("3.5", "broken_line", yours, ours)
        .probe(|f| {
            let (corners, weights, bias) =
                f(&[0.0, 1.0, 2.0, 4.0], &[5.0, 7.0, 6.0, -3.0]);
            [corners, weights, vec![bias]].concat()
        })
        .law("flat_before", "Left of the first point the line is flat, at y[0].", |f| {
            given(&POINTS, points(), |(x, y)| near(height(&f(x, y), x[0] - 1.5)?, y[0]))
        })
        .law(
            "first_stretch",
            "It goes straight from the first point to the second.",
            |f| {
                given(&POINTS, points(), |(x, y)| {
                    let net = f(x, y);
                    near(height(&net, (x[0] + x[1]) / 2.0)?, (y[0] + y[1]) / 2.0)?;
                    near(height(&net, x[1])?, y[1])
                })
            },
        )
        .law("through_the_points", "The line goes through every point.", |f| {
            given(&POINTS, points(), |(x, y)| {
                let net = f(x, y);
                for (&x, &y) in x.iter().zip(y) {
                    near(height(&net, x)?, y).because(format!("This is at {x}."))?;
                }
                Ok(())
            })
        })
        .law("straight_between", "Halfway between two points it is halfway up.", |f| {
            given(&POINTS, points(), |(x, y)| {
                let net = f(x, y);
                for k in 1..x.len() {
                    let middle = (x[k - 1] + x[k]) / 2.0;
                    let expected = (y[k - 1] + y[k]) / 2.0;
                    near(height(&net, middle)?, expected)
                        .because(format!("This is at {middle}."))?;
                }
                Ok(())
            })
        })
        .law("one_unit_a_stretch", "There is one hidden unit for each stretch.", |f| {
            given(&POINTS, points(), |(x, y)| equal(f(x, y).0.len(), x.len() - 1))
        })
        .wrong(
            "slopes_not_changes",
            wrong::slopes_not_changes as BrokenLine,
            "through_the_points",
            "Your weights are the slopes. The units before stay active, so slopes \
             add up: each weight must be the *change* of the slope at its corner.",
        )
        .wrong(
            "rise_without_run",
            wrong::rise_without_run as BrokenLine,
            "first_stretch",
            "You forgot to divide by the width of the stretch. A slope is rise over \
             run: (y[k + 1] - y[k]) / (x[k + 1] - x[k]).",
        )
        .wrong(
            "corner_at_the_end",
            wrong::corner_at_the_end as BrokenLine,
            "first_stretch",
            "Your corners stand where the stretches end. A unit must wake up where \
             its stretch begins, at `x[k]`.",
        )
        .wrong(
            "starts_at_zero",
            wrong::starts_at_zero as BrokenLine,
            "flat_before",
            "Before the first corner every unit is silent, so the bias alone is the \
             height: it must be `y[0]`.",
        )
        .wrong(
            "negative_corners",
            wrong::negative_corners as BrokenLine,
            "flat_before",
            "Your corners have the wrong sign. The formula is relu(t - corner), so \
             the corner is the place itself, not minus it.",
        )
        .wrong(
            "one_unit_too_many",
            wrong::one_unit_too_many as BrokenLine,
            "one_unit_a_stretch",
            "You also put a unit at the last point. There is no stretch after it: \
             stop one earlier.",
        )
        .hint("Which units are awake at t? Only those with a corner left of t.")
        .hint("Between two points the slope is (y[k + 1] - y[k]) / (x[k + 1] - x[k]).")
        .hint("A unit that is awake stays awake. What must the next one add?")
        .hint(
            "Its weight is the new slope minus the old one. The first old slope is \
             0.",
        )
        .build()
}

/// Plausible mistakes, each with a diagnosis above.
mod wrong {
    use super::{Matrix, column, rows, sigmoid, solutions};

    pub fn no_bias(weight: &Matrix, _: &[f64], batch: &Matrix) -> Matrix {
        weight * batch
    }

    pub fn bias_once(weight: &Matrix, bias: &[f64], batch: &Matrix) -> Matrix {
        let mut z = weight * batch;
        for (i, b) in bias.iter().enumerate() {
            z[(i, 0)] += b;
        }
        z
    }

    pub fn bias_by_example(weight: &Matrix, bias: &[f64], batch: &Matrix) -> Matrix {
        let mut z = weight * batch;
        for n in 0..z.ncols() {
            for i in 0..z.nrows() {
                z[(i, n)] += bias[n % bias.len()];
            }
        }
        z
    }

    /// Where the shapes allow it; else it does what a wrong product must: panic.
    pub fn transposed(weight: &Matrix, bias: &[f64], batch: &Matrix) -> Matrix {
        let mut z = if weight.is_square() {
            weight.transpose() * batch
        } else {
            Matrix::zeros(weight.nrows(), batch.ncols())
        };
        for mut example in z.column_iter_mut() {
            example.iter_mut().zip(bias).for_each(|(z, b)| *z += b);
        }
        z
    }

    pub fn entry_by_entry(weight: &Matrix, bias: &[f64], batch: &Matrix) -> Matrix {
        let (inputs, examples) = batch.shape();
        Matrix::from_fn(weight.nrows(), examples, |i, n| {
            weight[(i, i % inputs)] * batch[(i % inputs, n)] + bias[i]
        })
    }

    pub fn bias_twice(weight: &Matrix, bias: &[f64], batch: &Matrix) -> Matrix {
        let twice: Vec<f64> = bias.iter().map(|b| 2.0 * b).collect();
        solutions::affine(weight, &twice, batch)
    }

    pub fn overflowing(z: f64) -> [(f64, f64); 4] {
        let mut all = solutions::activations(z);
        let s = z.exp() / (1.0 + z.exp());
        all[0] = (s, s * (1.0 - s));
        all[3] = (z * s, s + z * s * (1.0 - s));
        all
    }

    pub fn tanh_not_squared(z: f64) -> [(f64, f64); 4] {
        let mut all = solutions::activations(z);
        all[1].1 = 1.0 - z.tanh();
        all
    }

    pub fn slope_at_the_value(z: f64) -> [(f64, f64); 4] {
        let mut all = solutions::activations(z);
        let again = sigmoid(sigmoid(z));
        all[0].1 = again * (1.0 - again);
        all
    }

    pub fn no_product_rule(z: f64) -> [(f64, f64); 4] {
        let mut all = solutions::activations(z);
        all[3].1 = z * sigmoid(z) * (1.0 - sigmoid(z));
        all
    }

    pub fn leak_on_the_right(z: f64) -> [(f64, f64); 4] {
        let mut all = solutions::activations(z);
        let slope = if z > 0.0 { 0.01 } else { 1.0 };
        all[2] = (slope * z, slope);
        all
    }

    pub fn corner_from_the_right(z: f64) -> [(f64, f64); 4] {
        let mut all = solutions::activations(z);
        let slope = if z >= 0.0 { 1.0 } else { 0.01 };
        all[2] = (slope * z, slope);
        all
    }

    /// Ours, with another bias.
    fn with_bias(w1: &Matrix, w2: &Matrix, bias: Vec<f64>) -> (Matrix, Vec<f64>) {
        (w2 * w1, bias)
    }

    fn through(w2: &Matrix, b1: &[f64]) -> Vec<f64> {
        (w2 * column(b1)).as_slice().to_vec()
    }

    pub fn wrong_order(
        w1: &Matrix,
        b1: &[f64],
        w2: &Matrix,
        b2: &[f64],
    ) -> (Matrix, Vec<f64>) {
        (w1 * w2, solutions::collapse(w1, b1, w2, b2).1)
    }

    pub fn biases_added(
        w1: &Matrix,
        b1: &[f64],
        w2: &Matrix,
        b2: &[f64],
    ) -> (Matrix, Vec<f64>) {
        let first = b1.iter().chain(std::iter::repeat(&0.0));
        with_bias(w1, w2, b2.iter().zip(first).map(|(b2, b1)| b2 + b1).collect())
    }

    pub fn second_bias_only(
        w1: &Matrix,
        _: &[f64],
        w2: &Matrix,
        b2: &[f64],
    ) -> (Matrix, Vec<f64>) {
        with_bias(w1, w2, b2.to_vec())
    }

    pub fn second_bias_forgotten(
        w1: &Matrix,
        b1: &[f64],
        w2: &Matrix,
        _: &[f64],
    ) -> (Matrix, Vec<f64>) {
        with_bias(w1, w2, through(w2, b1))
    }

    pub fn collapse_transposed(
        w1: &Matrix,
        b1: &[f64],
        w2: &Matrix,
        b2: &[f64],
    ) -> (Matrix, Vec<f64>) {
        let (weight, bias) = solutions::collapse(w1, b1, w2, b2);
        (weight.transpose(), bias)
    }

    type Net = (Matrix, Vec<f64>, Matrix, Vec<f64>);

    fn net(hidden: &[f64; 4], b1: [f64; 2], output: &[f64; 2], b2: f64) -> Net {
        (rows(2, 2, hidden), b1.to_vec(), rows(1, 2, output), vec![b2])
    }

    pub fn output_upright() -> Net {
        let (hidden, b1, output, b2) = solutions::xor_network();
        (hidden, b1, output.transpose(), b2)
    }

    pub fn or() -> Net {
        net(&[1.0, 1.0, 1.0, 1.0], [0.0, -1.0], &[1.0, -1.0], 0.0)
    }

    pub fn and() -> Net {
        net(&[1.0, 1.0, 1.0, 1.0], [0.0, -1.0], &[0.0, 1.0], 0.0)
    }

    pub fn not_xor() -> Net {
        net(&[1.0, 1.0, 1.0, 1.0], [0.0, -1.0], &[-1.0, 2.0], 1.0)
    }

    pub fn sum() -> Net {
        net(&[1.0, 0.0, 0.0, 1.0], [0.0, 0.0], &[1.0, 1.0], 0.0)
    }

    pub fn as_if_linear() -> Net {
        net(&[1.0, -1.0, 1.0, -1.0], [0.0, 0.0], &[0.5, 0.5], 0.0)
    }

    type Line = (Vec<f64>, Vec<f64>, f64);

    pub fn slopes_not_changes(x: &[f64], y: &[f64]) -> Line {
        let slope = |k: usize| (y[k + 1] - y[k]) / (x[k + 1] - x[k]);
        let last = x.len() - 1;
        (x[..last].to_vec(), (0..last).map(slope).collect(), y[0])
    }

    pub fn rise_without_run(x: &[f64], y: &[f64]) -> Line {
        let steps: Vec<f64> = (0..x.len()).map(|k| k as f64).collect();
        let (_, weights, bias) = solutions::broken_line(&steps, y);
        (x[..x.len() - 1].to_vec(), weights, bias)
    }

    pub fn corner_at_the_end(x: &[f64], y: &[f64]) -> Line {
        let (_, weights, bias) = solutions::broken_line(x, y);
        (x[1..].to_vec(), weights, bias)
    }

    pub fn starts_at_zero(x: &[f64], y: &[f64]) -> Line {
        let (corners, weights, _) = solutions::broken_line(x, y);
        (corners, weights, 0.0)
    }

    pub fn negative_corners(x: &[f64], y: &[f64]) -> Line {
        let (corners, weights, bias) = solutions::broken_line(x, y);
        (corners.iter().map(|c| -c).collect(), weights, bias)
    }

    pub fn one_unit_too_many(x: &[f64], y: &[f64]) -> Line {
        let (mut corners, mut weights, bias) = solutions::broken_line(x, y);
        corners.push(x[x.len() - 1]);
        weights.push(0.5);
        (corners, weights, bias)
    }
}
