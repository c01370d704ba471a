//! Lesson 07: the laws of its exercises, the wrong answers we know, and the hints.
//!
//! `cargo test --test lesson07` judges `lessons/lesson07/exercises.rs`.

#[allow(unused_variables, reason = "a stub uses nothing yet")]
#[path = "../lessons/lesson07/exercises.rs"]
mod exercises;
#[path = "../lessons/lesson07/solutions.rs"]
mod solutions;

use harness::*;
use proptest::collection::vec;

type Matrix = gradbook::Matrix<f64>;
type Weights<'a> = (&'a Matrix, &'a Matrix, &'a [f64]);
type Gradients = (Matrix, Matrix, Vec<f64>, Vec<f64>);

type Unroll = fn(Weights, &Matrix, &[f64]) -> Matrix;
type Clip = fn(&[Vec<f64>], f64) -> Vec<Vec<f64>>;
type BigramBits = fn(&[usize], &[usize], usize) -> f64;
type Sample = fn(&[f64], f64, f64) -> usize;
type ThroughTime = fn(Weights, &Matrix, &[f64], &Matrix, &Matrix) -> Gradients;

fn main() -> std::process::ExitCode {
    let checks = vec![unroll(), clip(), bigram_bits(), sample(), through_time()];
    harness::main(7, checks)
}

fn rows(rows: usize, columns: usize, numbers: &[f64]) -> Matrix {
    Matrix::from_row_slice(rows, columns, numbers)
}

/// A matrix filled from the first numbers of a list.
fn filled(rows: usize, columns: usize, numbers: &[f64]) -> Matrix {
    Matrix::from_row_slice(rows, columns, &numbers[..rows * columns])
}

/// The columns of a matrix from one step on, up to another.
fn steps(matrix: &Matrix, from: usize, to: usize) -> Matrix {
    matrix.columns(from, to - from).into_owned()
}

fn last(states: &Matrix) -> Vec<f64> {
    states.columns(states.ncols() - 1, 1).iter().copied().collect()
}

/// A layer and a sequence: weights, state weights, biases, inputs, start.
type Case = (Matrix, Matrix, Vec<f64>, Matrix, Vec<f64>);

const CASE: [&str; 5] = ["input_weight", "state_weight", "biases", "inputs", "start"];

/// Units, inputs and steps are drawn apart from each other.
fn case(least_steps: usize) -> impl Strategy<Value = Case> {
    let numbers = |most: usize| vec(halves_between(-2.0, 2.0), most);
    let sides = (1..=3_usize, 1..=3_usize, least_steps..=4);
    (sides, numbers(9), numbers(9), numbers(3), numbers(12), numbers(3)).prop_map(
        |((units, inputs, steps), w, u, b, x, start)| {
            (
                filled(units, inputs, &w),
                filled(units, units, &u),
                b[..units].to_vec(),
                filled(inputs, steps, &x),
                start[..units].to_vec(),
            )
        },
    )
}

/// The state after one step, unit by unit.
fn one_step((w, u, b): Weights, inputs: &Matrix, t: usize, before: &[f64]) -> Vec<f64> {
    let unit = |i: usize| {
        let fresh: f64 = (0..w.ncols()).map(|j| w[(i, j)] * inputs[(j, t)]).sum();
        let kept: f64 = (0..u.ncols()).map(|j| u[(i, j)] * before[j]).sum();
        (fresh + kept + b[i]).tanh()
    };
    (0..w.nrows()).map(unit).collect()
}

/// All states, step by step.
fn all_steps(weights: Weights, inputs: &Matrix, start: &[f64]) -> Matrix {
    let mut states: Vec<Vec<f64>> = vec![];
    for t in 0..inputs.ncols() {
        let before = states.last().map_or(start, |state| state);
        states.push(one_step(weights, inputs, t, before));
    }
    Matrix::from_vec(start.len(), inputs.ncols(), states.concat())
}

/// Weights with nothing special about them, for probes.
fn plain_case() -> Case {
    (
        rows(2, 2, &[0.5, -1.0, 1.5, 0.25]),
        rows(2, 2, &[0.75, -0.5, 0.25, 1.0]),
        vec![0.5, -0.25],
        rows(2, 3, &[1.0, -0.5, 0.25, 0.5, 2.0, -1.0]),
        vec![0.5, -0.75],
    )
}

fn unroll() -> Box<dyn Check> {
    let (yours, ours) = (exercises::unroll as Unroll, solutions::unroll as Unroll);
    Exercise::new("7.1", "unroll", yours, ours)
        .probe(|f| {
            let (w, u, b, x, start) = plain_case();
            let far = 500.0 * &x;
            let states = [x, far].map(|x| f((&w, &u, &b), &x, &start));
            states.iter().flat_map(|states| states.as_slice().to_vec()).collect()
        })
        .law("shape", "There is one state for each step: units x steps.", |f| {
            given(&CASE, case(1), |(w, u, b, x, start)| {
                let states = f((w, u, b), x, start);
                equal(states.shape().0, start.len()).because("Of the rows.")?;
                equal(states.shape().1, x.ncols()).because("Of the columns.")
            })
        })
        .law("fresh", "From a state of zeros, the first state is tanh(W x + b).", |f| {
            given(&CASE, case(1), |(w, u, b, x, start)| {
                let (x, zeros) = (steps(x, 0, 1), vec![0.0; start.len()]);
                let seen = f((w, u, b), &x, &zeros);
                near_slice(seen.as_slice(), one_step((w, u, b), &x, 0, &zeros))
            })
        })
        .law(
            "remembers",
            "The state before a step goes into it through the state weights.",
            |f| {
                given(&CASE, case(1), |(w, u, b, x, start)| {
                    let x = steps(x, 0, 1);
                    let seen = f((w, u, b), &x, start);
                    near_slice(seen.as_slice(), one_step((w, u, b), &x, 0, start))
                })
            },
        )
        .law(
            "goes_on",
            "A sequence may be cut in two: go on from the state where the first part \
             ended.",
            |f| {
                given(&CASE, case(2), |(w, u, b, x, start)| {
                    let (weights, all) = ((w, u, b.as_slice()), x.ncols());
                    let whole = f(weights, x, start);
                    let first = f(weights, &steps(x, 0, 1), start);
                    let second = f(weights, &steps(x, 1, all), &last(&first));
                    near_matrix(steps(&whole, 0, 1), first)
                        .because("Of the first step.")?;
                    near_matrix(steps(&whole, 1, all), second)
                        .because("Of the steps after the first.")
                })
            },
        )
        .law(
            "definition",
            "Each state is tanh(W x + U h + b), with h the state before it.",
            |f| {
                given(&CASE, case(1), |(w, u, b, x, start)| {
                    let expected = all_steps((w, u, b), x, start);
                    near_matrix(f((w, u, b), x, start), expected)
                })
            },
        )
        .law(
            "far_out",
            "A sum of hundreds gives a state of 1 or -1: tanh never leaves them.",
            |f| {
                let sums = one_of(&[30.0, -30.0, 400.0, -400.0, 900.0, -900.0]);
                given(&["sum"], sums, |&sum| {
                    let (w, u) = (rows(1, 1, &[sum]), rows(1, 1, &[0.0]));
                    let seen = f((&w, &u, &[0.0]), &rows(1, 1, &[1.0]), &[0.0]);
                    near_slice(seen.as_slice(), [sum.signum()])
                        .because("One unit, one step, no state before it.")
                })
            },
        )
        .wrong(
            "last_state_only",
            wrong::last_state_only as Unroll,
            "shape",
            "You return the last state only. Keep the state of every step: the way \
             back needs them all.",
        )
        .wrong(
            "start_kept_too",
            wrong::start_kept_too as Unroll,
            "shape",
            "You return the start as well. The first column is the state *after* the \
             first step.",
        )
        .wrong(
            "no_tanh",
            wrong::no_tanh as Unroll,
            "fresh",
            "The tanh is missing: you return the sums.",
        )
        .wrong(
            "no_biases",
            wrong::no_biases as Unroll,
            "fresh",
            "The biases are missing. They are added at every step.",
        )
        .wrong(
            "in_place",
            wrong::in_place as Unroll,
            "fresh",
            "You overwrite the state while other units still have to read it. All \
             units of a step see the state before the step: fill a new one.",
        )
        .wrong(
            "start_ignored",
            wrong::start_ignored as Unroll,
            "remembers",
            "You begin with zeros, whatever `start` says. Then a long text cannot be \
             read in pieces: each piece would forget the one before.",
        )
        .wrong(
            "state_unweighted",
            wrong::state_unweighted as Unroll,
            "remembers",
            "You add the state as it is. It goes through `state_weight` first.",
        )
        .wrong(
            "state_transposed",
            wrong::state_transposed as Unroll,
            "remembers",
            "Your state weights are transposed. Row i of `state_weight` makes unit \
             i: `state_weight * state`.",
        )
        .wrong(
            "start_every_step",
            wrong::start_every_step as Unroll,
            "goes_on",
            "Every step of yours begins with `start`. The state of one step goes \
             into the next.",
        )
        .wrong(
            "first_input_only",
            wrong::first_input_only as Unroll,
            "goes_on",
            "Every step of yours sees the first input. Step t sees column t.",
        )
        .wrong(
            "backward",
            wrong::backward as Unroll,
            "goes_on",
            "You read the sequence from its end. Step 0 comes first.",
        )
        .wrong(
            "powers",
            wrong::powers as Unroll,
            "far_out",
            "Your own tanh divides infinity by infinity where the sum is large. \
             `f64::tanh` does not.",
        )
        .hint(
            "One loop over the steps. Keep a variable `state`, which begins as \
             `start`.",
        )
        .hint(
            "Inside: `let sum = input_weight * inputs.column(t) + state_weight * \
             &state`, plus the biases.",
        )
        .hint(
            "`gradbook::Vector::from_column_slice(biases)` makes a column of a \
             slice, and `sum.map(f64::tanh)` works entry by entry.",
        )
        .hint("Then `state` becomes the new one, and `states.set_column(t, &state)`.")
        .build()
}

fn length(gradients: &[Vec<f64>]) -> f64 {
    gradients.iter().flatten().map(|g| g * g).sum::<f64>().sqrt()
}

fn flat(gradients: &[Vec<f64>]) -> Vec<f64> {
    let lengths = gradients.iter().map(|tensor| tensor.len() as f64);
    lengths.chain(gradients.iter().flatten().copied()).collect()
}

/// The same entries in lists of the same lengths.
fn same(seen: &[Vec<f64>], expected: &[Vec<f64>]) -> Outcome {
    let lengths = |all: &[Vec<f64>]| all.iter().map(Vec::len).collect::<Vec<_>>();
    equal(lengths(seen), lengths(expected))
        .because("How many entries each list has.")?;
    near_slice(seen.concat(), expected.concat()).because("All lists in a row.")
}

/// Gradients that are not all zero: one to three tensors, some without entries.
fn gradients() -> impl Strategy<Value = Vec<Vec<f64>>> {
    let rest = vec(halves_vec(0..4), 0..3);
    (positive_halves(8.0), rest).prop_map(|(first, mut rest)| {
        rest.insert(0, vec![first]);
        rest
    })
}

fn clip() -> Box<dyn Check> {
    let (yours, ours) = (exercises::clip as Clip, solutions::clip as Clip);
    const NAMES: [&str; 2] = ["gradients", "limit"];
    Exercise::new("7.2", "clip", yours, ours)
        .probe(|f| {
            let long = [vec![3.0, -1.0], vec![4.0, 0.5, -2.0]];
            let cases = [f(&long, 2.0), f(&long, 20.0), f(&[vec![0.0]], 1.0)];
            let more = [f(&long, 4.5), f(&[vec![0.5, 0.5]], 0.75)];
            cases.iter().chain(&more).flat_map(|g| flat(g)).collect()
        })
        .law("short_stays", "A gradient that is not too long stays as it is.", |f| {
            let short = (vec(halves_vec(0..4), 1..4), positive_halves(4.0));
            given(&["gradients", "room"], short, |(gradients, room)| {
                let limit = length(gradients) + room;
                same(&f(gradients, limit), gradients)
            })
        })
        .law("one_factor", "All entries are multiplied by the same factor.", |f| {
            given(&NAMES, (gradients(), positive_halves(4.0)), |(gradients, limit)| {
                let clipped = f(gradients, *limit);
                let factor = clipped.first().and_then(|t| t.first()).map_or(0.0, |g| {
                    g / gradients[0][0] // positive
                });
                let expected: Vec<Vec<f64>> = gradients
                    .iter()
                    .map(|tensor| tensor.iter().map(|g| g * factor).collect())
                    .collect();
                same(&clipped, &expected)
            })
        })
        .law("limit", "A gradient that is too long gets the length `limit`.", |f| {
            let share = one_of(&[0.5, 0.25, 0.75, 0.125]);
            given(
                &["gradients", "share"],
                (gradients(), share),
                |(gradients, share)| {
                    let limit = share * length(gradients);
                    near(length(&f(gradients, limit)), limit)
                        .because(format!("The limit is {limit}."))
                },
            )
        })
        .wrong(
            "always",
            wrong::always as Clip,
            "short_stays",
            "You bring every gradient to the length `limit`, short ones too. A short \
             one says that the end is near: leave it.",
        )
        .wrong(
            "squared",
            wrong::squared as Clip,
            "short_stays",
            "You compare the sum of the squares with the limit. The length is its \
             square root.",
        )
        .wrong(
            "sum_of_sizes",
            wrong::sum_of_sizes as Clip,
            "short_stays",
            "You add up the sizes of the entries. The length is the square root of \
             the sum of the squares.",
        )
        .wrong(
            "each_entry",
            wrong::each_entry as Clip,
            "one_factor",
            "You clip each entry by itself. That turns the gradient: the step no \
             longer goes where it pointed. One factor for all keeps the direction.",
        )
        .wrong(
            "each_tensor",
            wrong::each_tensor as Clip,
            "one_factor",
            "You clip each tensor by itself, which turns the gradient as a whole. \
             Take one length over all of them.",
        )
        .wrong(
            "largest_entry",
            wrong::largest_entry as Clip,
            "limit",
            "You take the largest entry for the length. It is the square root of the \
             sum of the squares.",
        )
        .wrong(
            "to_length_one",
            wrong::to_length_one as Clip,
            "limit",
            "You divide by the length and stop there, so the new length is 1. \
             Multiply by the limit, too.",
        )
        .wrong(
            "upside_down",
            wrong::upside_down as Clip,
            "limit",
            "Your factor is upside down: it makes long gradients longer. It is limit \
             / length.",
        )
        .wrong(
            "to_zero",
            wrong::to_zero as Clip,
            "limit",
            "You throw away a gradient that is too long. Its direction is still \
             good: shorten it.",
        )
        .hint("First the length, over all entries of all tensors.")
        .hint("`gradients.iter().flatten()` goes through all entries.")
        .hint(
            "The factor is `limit / length` if the length is above the limit, else \
             1.",
        )
        .hint(
            "Multiply everything by the factor. With nothing to divide for short \
             gradients, a gradient of zeros does no harm.",
        )
        .build()
}

/// Two texts in an alphabet of so many characters.
fn texts() -> impl Strategy<Value = (Vec<usize>, Vec<usize>, usize)> {
    let text = |length| vec(0..5_usize, length);
    (text(0..9), text(2..7), 1..=5_usize).prop_map(|(train, held_out, characters)| {
        let folded = |text: Vec<usize>| text.iter().map(|c| c % characters).collect();
        (folded(train), folded(held_out), characters)
    })
}

const TEXTS: [&str; 3] = ["train", "held_out", "characters"];

/// The bits of one character after another.
fn bits(train: &[usize], a: usize, b: usize, characters: usize) -> f64 {
    let pairs = || train.iter().zip(train.iter().skip(1));
    let both = pairs().filter(|&(x, y)| (*x, *y) == (a, b)).count();
    let first = pairs().filter(|&(x, _)| *x == a).count();
    ((first + characters) as f64).log2() - ((both + 1) as f64).log2()
}

fn bigram_bits() -> Box<dyn Check> {
    let yours = exercises::bigram_bits as BigramBits;
    let ours = solutions::bigram_bits as BigramBits;
    Exercise::new("7.3", "bigram_bits", yours, ours)
        .probe(|f| {
            vec![
                f(&[0, 1, 2, 0, 1, 1, 0, 2, 2], &[1, 0, 1, 1, 2], 3),
                f(&[3, 1, 1, 0, 1], &[0, 1], 4),
                f(&[2], &[1, 2, 0], 3),
                f(&[0, 1], &[0, 1].repeat(1500), 2),
            ]
        })
        .law(
            "nothing_seen",
            "With no pair to count, all characters are equally likely: log2 of their \
             number.",
            |f| {
                given(&TEXTS, texts(), |(train, held_out, characters)| {
                    let first = &train[..train.len().min(1)];
                    let seen = f(first, held_out, *characters);
                    near(seen, (*characters as f64).log2()).because(format!(
                        "`train` has been cut to {}.",
                        first.to_vec().show()
                    ))
                })
            },
        )
        .law(
            "one_pair",
            "b after a has the probability (pairs a, b + 1) / (pairs a, anything + \
             characters).",
            |f| {
                given(&TEXTS, texts(), |(train, held_out, characters)| {
                    let (a, b) = (held_out[0], held_out[1]);
                    near(f(train, &[a, b], *characters), bits(train, a, b, *characters))
                        .because("`held_out` has been cut to its first two.")
                })
            },
        )
        .law("mean", "The bits of all characters but the first are averaged.", |f| {
            given(&TEXTS, texts(), |(train, held_out, characters)| {
                let pairs = held_out.windows(2);
                let all = pairs.map(|pair| bits(train, pair[0], pair[1], *characters));
                let mean = all.sum::<f64>() / (held_out.len() - 1) as f64;
                near(f(train, held_out, *characters), mean)
            })
        })
        .law("long", "A long text costs as much a character as its parts.", |f| {
            let times = one_of(&[500.0, 1000.0, 2000.0]);
            given(&["characters", "times"], (2..=5_usize, times), |(all, times)| {
                let round: Vec<usize> = (0..*all).collect();
                let held_out = [round.repeat(*times as usize), vec![0]].concat();
                near(f(&[0], &held_out, *all), (*all as f64).log2()).because(
                    "`train` is [0], `held_out` goes through all characters again \
                     and again.",
                )
            })
        })
        .wrong(
            "nats",
            wrong::nats as BigramBits,
            "nothing_seen",
            "You take the natural logarithm: those are nats. Bits are `log2`.",
        )
        .wrong(
            "sign",
            wrong::sign as BigramBits,
            "nothing_seen",
            "The sign is flipped: the logarithm of a probability is negative, its \
             cost is -log2 p.",
        )
        .wrong(
            "summed",
            wrong::summed as BigramBits,
            "nothing_seen",
            "You add the bits up. Divide by the number of characters that were \
             predicted.",
        )
        .wrong(
            "divided_by_all",
            wrong::divided_by_all as BigramBits,
            "nothing_seen",
            "You divide by the length of `held_out`. Its first character is not \
             predicted: one less.",
        )
        .wrong(
            "no_smoothing",
            wrong::no_smoothing as BigramBits,
            "nothing_seen",
            "A pair that was never seen has the probability 0 from you, and costs \
             infinitely many bits. Add 1 to every count.",
        )
        .wrong(
            "smoothed_above_only",
            wrong::smoothed_above_only as BigramBits,
            "nothing_seen",
            "You add 1 above the line and not below. Each of the `characters` counts \
             has grown by 1, so their sum has grown by `characters`.",
        )
        .wrong(
            "single_characters",
            wrong::single_characters as BigramBits,
            "nothing_seen",
            "You count single characters. The question is what comes after the \
             character before: count pairs.",
        )
        .wrong(
            "last_counted",
            wrong::last_counted as BigramBits,
            "nothing_seen",
            "You divide by how often a stands in `train`. Where it stands last, \
             nothing comes after it: count pairs.",
        )
        .wrong(
            "peeked",
            wrong::peeked as BigramBits,
            "nothing_seen",
            "You count the pairs of `held_out` too. What is predicted must not have \
             been seen.",
        )
        .wrong(
            "turned_round",
            wrong::turned_round as BigramBits,
            "one_pair",
            "Your pairs are turned round: you ask what came before. Row a of the \
             counts holds what came after a.",
        )
        .wrong(
            "log_of_mean",
            wrong::log_of_mean as BigramBits,
            "mean",
            "You take the logarithm of the mean probability. Average the logarithms: \
             a text's probability is a product.",
        )
        .wrong(
            "one_product",
            wrong::one_product as BigramBits,
            "long",
            "You multiply the probabilities of the whole text before you take the \
             logarithm. The product of a long text is too small for an `f64` and \
             becomes 0. Add up the logarithms.",
        )
        .hint("A table of counts, characters x characters: row a, column b.")
        .hint("`train.windows(2)` goes through the pairs of neighbors.")
        .hint(
            "The probability: (counts[a][b] + 1) / (sum of counts[a] + characters). \
             Mind that these are whole numbers until you make them `f64`.",
        )
        .hint(
            "Add up `-p.log2()` over `held_out.windows(2)` and divide by how many \
             pairs there are.",
        )
        .build()
}

/// Where the shares of softmax(logits / temperature) end, one on top of the other.
fn pile(logits: &[f64], temperature: f64) -> Vec<f64> {
    let power = |z: &f64| (z / temperature).exp();
    let all: f64 = logits.iter().map(power).sum();
    let mut top = 0.0;
    let grown = |z: &f64| {
        top += power(z) / all;
        top
    };
    logits.iter().map(grown).collect()
}

/// The first share whose end lies above u.
fn fallen(logits: &[f64], temperature: f64, u: f64) -> usize {
    let ends = pile(logits, temperature);
    ends.iter().position(|&end| u < end).unwrap_or(logits.len() - 1)
}

/// A number from 0 to 1 that lies on no border of a few equal shares.
fn unit() -> impl Strategy<Value = f64> {
    (0..64_u8).prop_map(|k| (2.0 * f64::from(k) + 1.0) / 128.0)
}

/// The largest of some numbers.
fn largest_of(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// The largest number below 1.
const NEARLY_ONE: f64 = 1.0 - f64::EPSILON / 2.0;

fn sample() -> Box<dyn Check> {
    let (yours, ours) = (exercises::sample as Sample, solutions::sample as Sample);
    let logits = || vec(halves_between(-3.0, 3.0), 1..6);
    Exercise::new("7.4", "sample", yours, ours)
        .probe(|f| {
            let mut seen = vec![];
            for temperature in [1.0, 2.0, 0.5] {
                for u in [0.05, 0.2, 0.4, 0.6, 0.8, 0.97] {
                    seen.push(f(&[0.5, 1.5, 0.0, 1.0], temperature, u) as f64);
                }
            }
            let cold = [0.001, 0.0].map(|t| f(&[-1.0, 3.0, 3.0, 2.0], t, 0.3));
            let ends = [f(&[0.0; 2], 1.0, 0.5), f(&[0.0; 10], 1.0, NEARLY_ONE)];
            let close = [0.2, 0.6].map(|u| f(&[0.0, 0.001], 0.001, u));
            let low = [f(&[-4.0, -5.0], 0.001, 0.3)];
            let more = cold.iter().chain(&ends).chain(&close).chain(&low);
            seen.extend(more.map(|&index| index as f64));
            seen
        })
        .law(
            "stacked",
            "At temperature 1, u falls into its share of the pile: they stand in \
             order.",
            move |f| {
                given(&["logits", "u"], (logits(), unit()), |(logits, u)| {
                    equal(f(logits, 1.0, *u), fallen(logits, 1.0, *u)).because(format!(
                        "The shares end at {}.",
                        pile(logits, 1.0).show()
                    ))
                })
            },
        )
        .law(
            "temperature",
            "The logits are divided by the temperature before softmax.",
            move |f| {
                let hot = (logits(), one_of(&[1.0, 2.0, 0.5, 4.0, 0.25]), unit());
                let names = ["logits", "temperature", "u"];
                given(&names, hot, |(logits, temperature, u)| {
                    let expected = fallen(logits, *temperature, *u);
                    equal(f(logits, *temperature, *u), expected).because(format!(
                        "The shares end at {}.",
                        pile(logits, *temperature).show()
                    ))
                })
            },
        )
        .law(
            "border",
            "On a border the upper share wins, so that a share of 0 is never drawn.",
            |f| {
                let equal_shares = (0..4_u32, 0..8_usize)
                    .prop_map(|(log, k)| (vec![0.0; 1 << log], k % (1 << log)));
                given(&["logits", "index"], equal_shares, |(logits, index)| {
                    let u = *index as f64 / logits.len() as f64;
                    equal(f(logits, 1.0, u), *index).because(format!("u = {u}."))
                })
            },
        )
        .law(
            "cold",
            "At a temperature of a thousandth the largest logit wins.",
            move |f| {
                let levels = one_of(&[0.0, -10.0]);
                let cold = (logits(), 0..5_usize, levels, unit());
                let names = ["logits", "largest", "level", "u"];
                given(&names, cold, |(logits, largest, level, u)| {
                    let largest = largest % logits.len();
                    let mut logits = logits.clone();
                    logits[largest] = 6.0;
                    logits.iter_mut().for_each(|z| *z += level);
                    equal(f(&logits, 0.001, *u), largest)
                        .because(format!("The logits are {}.", logits.show()))
                })
            },
        )
        .law(
            "ratio",
            "Logits and temperature a thousand times smaller give the same shares.",
            move |f| {
                given(&["logits", "u"], (logits(), unit()), |(logits, u)| {
                    let small: Vec<f64> = logits.iter().map(|z| z / 1000.0).collect();
                    equal(f(&small, 0.001, *u), fallen(logits, 1.0, *u)).because(
                        "These logits have been divided by 1000, and so has the \
                         temperature of 1.",
                    )
                })
            },
        )
        .law(
            "zero",
            "At temperature 0 the first of the largest logits wins.",
            move |f| {
                given(&["logits", "u"], (logits(), unit()), |(logits, u)| {
                    let largest = largest_of(logits);
                    let first = logits.iter().position(|&z| z == largest);
                    equal(f(logits, 0.0, *u), first.unwrap_or(0))
                })
            },
        )
        .law(
            "end",
            "Rounding never leads past the last index: the shares may add up to a \
             little less than 1.",
            |f| {
                given(&["equal logits"], 1..=12_usize, |&count| {
                    let logits = vec![0.0; count];
                    equal(f(&logits, 1.0, NEARLY_ONE), count - 1)
                        .because("u is the largest number below 1.")
                })
            },
        )
        .wrong(
            "always_largest",
            wrong::always_largest as Sample,
            "stacked",
            "You always take the largest. Then every text ends in a loop. Use u: a \
             share of a quarter is drawn a quarter of the time.",
        )
        .wrong(
            "share_alone",
            wrong::share_alone as Sample,
            "stacked",
            "You compare u with each share alone. Stack them: compare with the sum \
             of the shares so far.",
        )
        .wrong(
            "from_the_top",
            wrong::from_the_top as Sample,
            "stacked",
            "Your pile is upside down: the first share lies at the bottom, from 0 up.",
        )
        .wrong(
            "one_too_high",
            wrong::one_too_high as Sample,
            "stacked",
            "You return the index of the next share. The answer is the first one \
             whose upper end lies above u.",
        )
        .wrong(
            "no_temperature",
            wrong::no_temperature as Sample,
            "temperature",
            "Your temperature changes nothing. Divide the logits by it before softmax.",
        )
        .wrong(
            "multiplied",
            wrong::multiplied as Sample,
            "temperature",
            "You multiply by the temperature. Heat must make the shares more alike: \
             divide.",
        )
        .wrong(
            "shares_divided",
            wrong::shares_divided as Sample,
            "temperature",
            "You divide the shares by the temperature. Then they no longer add up to \
             1. Divide the logits.",
        )
        .wrong(
            "border_below",
            wrong::border_below as Sample,
            "border",
            "On a border you take the lower share, and with u = 0 even one of size \
             0. Compare with `<`, not `<=`.",
        )
        .wrong(
            "no_shift",
            wrong::no_shift as Sample,
            "cold",
            "Divided by a small temperature, a logit of 6 overflows: exp(6000) is \
             infinite. Subtract the largest logit first.",
        )
        .wrong(
            "largest_from_zero",
            wrong::largest_from_zero as Sample,
            "cold",
            "Your search for the largest logit begins at 0 and misses it where all \
             are negative. Begin at `f64::NEG_INFINITY`, or with the first.",
        )
        .wrong(
            "cut_off",
            wrong::cut_off as Sample,
            "ratio",
            "You treat every small temperature as 0. Only 0 itself means the \
             largest; logits that differ by as little still have shares.",
        )
        .wrong(
            "zero_divides",
            wrong::zero_divides as Sample,
            "zero",
            "At temperature 0 you divide by 0. Answer that case first: the index of \
             the largest logit.",
        )
        .wrong(
            "last_of_equals",
            wrong::last_of_equals as Sample,
            "zero",
            "Of equal logits you take the last; `max_by` does that. The first was \
             asked for.",
        )
        .wrong(
            "past_the_end",
            wrong::past_the_end as Sample,
            "end",
            "When rounding leaves the pile a little below 1, a large u falls past \
             its end. Return the last index then.",
        )
        .hint(
            "Answer temperature 0 first: find the largest, then the first equal to \
             it.",
        )
        .hint(
            "Powers: e to ((z - largest) / temperature). Their sum makes shares of \
             them.",
        )
        .hint(
            "Go up: add share by share to a sum, and return at the first with `u < \
             sum`.",
        )
        .hint("After the loop, return the last index.")
        .build()
}

/// A layer, a sequence, the states it went through, and what the loss says to them.
type Back = (Matrix, Matrix, Vec<f64>, Matrix, Vec<f64>, Matrix);

const BACK: [&str; 6] =
    ["input_weight", "state_weight", "biases", "inputs", "start", "grad_states"];

fn back(least_steps: usize) -> impl Strategy<Value = Back> {
    let grads = vec(halves_between(-2.0, 2.0), 12);
    (case(least_steps), grads).prop_map(|((w, u, b, x, start), grads)| {
        let grads = filled(start.len(), x.ncols(), &grads);
        (w, u, b, x, start, grads)
    })
}

fn ask(f: ThroughTime, (w, u, b, x, start, grads): &Back) -> Gradients {
    let weights = (w, u, b.as_slice());
    f(weights, x, start, &all_steps(weights, x, start), grads)
}

/// The same sequence cut to its first step.
fn first_step((w, u, b, x, start, grads): &Back) -> Back {
    let (x, grads) = (steps(x, 0, 1), steps(grads, 0, 1));
    (w.clone(), u.clone(), b.clone(), x, start.clone(), grads)
}

/// The gradients, entry by entry. `road(t, s)` tells how the state after step s moves
/// the state after step t: all roads are walked, from each step to each later one.
fn gradients_by_roads((w, u, b, x, start, grads): &Back) -> Gradients {
    let states = all_steps((w, u, b), x, start);
    let (units, all) = (start.len(), x.ncols());
    let slope = |i: usize, t: usize| 1.0 - states[(i, t)].powi(2);
    let mut sums = Matrix::zeros(units, all);
    let mut at_start = vec![0.0; units];
    for t in 0..all {
        let mut blame: Vec<f64> = grads.column(t).iter().copied().collect();
        for s in (0..=t).rev() {
            let sum: Vec<f64> = (0..units).map(|i| blame[i] * slope(i, s)).collect();
            (0..units).for_each(|i| sums[(i, s)] += sum[i]);
            let passed = |j: usize| (0..units).map(|i| u[(i, j)] * sum[i]).sum();
            blame = (0..units).map(passed).collect();
        }
        (0..units).for_each(|i| at_start[i] += blame[i]);
    }
    let before = |j: usize, t: usize| match t {
        0 => start[j],
        _ => states[(j, t - 1)],
    };
    let over_steps = |f: &dyn Fn(usize) -> f64| (0..all).map(f).sum::<f64>();
    let by_input = |i, j| over_steps(&|t| sums[(i, t)] * x[(j, t)]);
    let by_state = |i, j| over_steps(&|t| sums[(i, t)] * before(j, t));
    (
        Matrix::from_fn(units, w.ncols(), by_input),
        Matrix::from_fn(units, units, by_state),
        (0..units).map(|i| over_steps(&|t| sums[(i, t)])).collect(),
        at_start,
    )
}

fn alike(seen: Gradients, expected: Gradients) -> Outcome {
    near_slice(seen.2, expected.2).because("Of dL/d(biases).")?;
    near_matrix(seen.0, expected.0).because("Of dL/d(input_weight).")?;
    near_matrix(seen.1, expected.1).because("Of dL/d(state_weight).")?;
    near_slice(seen.3, expected.3).because("Of dL/d(start).")
}

fn through_time() -> Box<dyn Check> {
    let yours = exercises::through_time as ThroughTime;
    let ours = solutions::through_time as ThroughTime;
    Exercise::new("7.5", "through_time", yours, ours)
        .probe(|f| {
            let (w, u, b, x, start) = plain_case();
            let grads = rows(2, 3, &[0.5, -1.0, 2.0, 0.25, 1.0, -0.5]);
            let flat = |(w, u, b, start): Gradients| {
                [w.as_slice(), u.as_slice(), &b, &start].concat()
            };
            let one = rows(1, 1, &[1.0]);
            let (x_long, grads_long) =
                (Matrix::zeros(1, 30), Matrix::repeat(1, 30, 0.5));
            let long = (one.clone(), one, vec![0.0], x_long, vec![0.0], grads_long);
            [ask(f, &(w, u, b, x, start, grads)), ask(f, &long)].map(flat).concat()
        })
        .law(
            "one_step",
            "For a sequence of one step: the slope of tanh, then the way back \
             through two affine layers.",
            |f| {
                given(&BACK, back(1), |case| {
                    let case = first_step(case);
                    alike(ask(f, &case), gradients_by_roads(&case)).because(
                        "Inputs and grad_states have been cut to their first step.",
                    )
                })
            },
        )
        .law(
            "start",
            "dL/d(start) holds what every step has to say, passed on from step to \
             step.",
            |f| {
                given(&BACK, back(1), |case| {
                    near_slice(ask(f, case).3, gradients_by_roads(case).3)
                })
            },
        )
        .law("biases", "dL/d(biases) adds up over the steps.", |f| {
            given(&BACK, back(1), |case| {
                near_slice(ask(f, case).2, gradients_by_roads(case).2)
            })
        })
        .law(
            "input_weight",
            "dL/d(input_weight) adds up, over the steps, the slopes of the sums \
             times the inputs of the same step.",
            |f| {
                given(&BACK, back(1), |case| {
                    near_matrix(ask(f, case).0, gradients_by_roads(case).0)
                })
            },
        )
        .law(
            "state_weight",
            "dL/d(state_weight) adds up, over the steps, the slopes of the sums \
             times the state before the step.",
            |f| {
                given(&BACK, back(1), |case| {
                    near_matrix(ask(f, case).1, gradients_by_roads(case).1)
                })
            },
        )
        .law(
            "far",
            "What the loss says to the last state arrives at the start, however long \
             ago that is.",
            |f| {
                let long = (1..=60_usize, positive_halves(4.0));
                given(&["steps", "grad of the last state"], long, |&(all, grad)| {
                    let (one, nothing) = (rows(1, 1, &[1.0]), Matrix::zeros(1, all));
                    let mut grads = nothing.clone();
                    grads[all - 1] = grad;
                    let weights = (&one, &one, &[0.0][..]);
                    let seen = f(weights, &nothing, &[0.0], &nothing, &grads);
                    near_slice(seen.3, [grad]).because(
                        "One unit with a state weight of 1. Its inputs and states are \
                         0, so tanh has the slope 1.",
                    )
                })
            },
        )
        .wrong(
            "no_tanh_slope",
            wrong::no_tanh_slope as ThroughTime,
            "one_step",
            "The slope of tanh is missing: what comes back to a state must be \
             multiplied by 1 - state * state to get to its sum.",
        )
        .wrong(
            "tanh_of_state",
            wrong::tanh_of_state as ThroughTime,
            "one_step",
            "You take the tanh of a state. It has been taken already: the slope is 1 \
             - state * state.",
        )
        .wrong(
            "not_transposed",
            wrong::not_transposed as ThroughTime,
            "one_step",
            "You go back through `state_weight` as you came. Back goes through its \
             columns: `state_weight.transpose() * sum`.",
        )
        .wrong(
            "state_after",
            wrong::state_after as ThroughTime,
            "one_step",
            "In dL/d(state_weight) you multiply by the state after the step. What \
             went through the weights was the state before it.",
        )
        .wrong(
            "start_forgotten",
            wrong::start_forgotten as ThroughTime,
            "one_step",
            "In the first step you take zeros for the state before. It is `start`.",
        )
        .wrong(
            "start_not_reached",
            wrong::start_not_reached as ThroughTime,
            "one_step",
            "Your dL/d(start) stops at the first sum. One road is left: through \
             `state_weight`, back to the start.",
        )
        .wrong(
            "each_step_alone",
            wrong::each_step_alone as ThroughTime,
            "start",
            "Nothing travels through time: each step of yours hears only from the \
             loss. Its state also feeds the next step. Add what comes back from \
             there.",
        )
        .wrong(
            "last_word_only",
            wrong::last_word_only as ThroughTime,
            "start",
            "Only what the loss says to the last state goes back. Add column t of \
             `grad_states` at every step.",
        )
        .wrong(
            "piled_up",
            wrong::piled_up as ThroughTime,
            "start",
            "You add what a step passes back to what later steps have passed back \
             before (+=). It is in there already: replace it (=).",
        )
        .wrong(
            "last_written",
            wrong::last_written as ThroughTime,
            "biases",
            "Only one step reaches your gradients of the weights: you set them (=) \
             where they must be added (+=).",
        )
        .wrong(
            "mean_over_steps",
            wrong::mean_over_steps as ThroughTime,
            "biases",
            "You divide by the number of steps. The weights serve every step, and \
             what they get from each adds up. A mean belongs to the loss.",
        )
        .wrong(
            "inputs_reversed",
            wrong::inputs_reversed as ThroughTime,
            "input_weight",
            "You go back in time, but take the inputs from the front. Step t belongs \
             to column t of the inputs.",
        )
        .wrong(
            "cut_short",
            wrong::cut_short as ThroughTime,
            "far",
            "Your gradient stops after a few steps. That is truncation; here it goes \
             all the way to the start.",
        )
        .hint(
            "A loop from the last step to the first, and a variable `from_later`, \
             zeros at first: what the next step passes back.",
        )
        .hint(
            "At step t: `grad = grad_states.column(t) + from_later`, then for each \
             unit `sum = grad * (1 - state * state)`.",
        )
        .hint(
            "The sum is an affine function of the input, of the state before and of \
             the biases. Exercise 4.2 has the way back: add a column times a row to \
             each of the two weights' gradients.",
        )
        .hint(
            "Then `from_later = state_weight.transpose() * sum`. After the loop it \
             is dL/d(start).",
        )
        .build()
}

/// Answers that are wrong in a way that is easily made.
mod wrong {
    use super::{Gradients, Matrix, Weights, length, solutions};

    type Vector = gradbook::Vector<f64>;

    fn right((w, u, b): Weights, x: &Matrix, start: &[f64]) -> Matrix {
        solutions::unroll((w, u, b), x, start)
    }

    pub fn last_state_only(weights: Weights, x: &Matrix, start: &[f64]) -> Matrix {
        let states = right(weights, x, start);
        states.columns(states.ncols() - 1, 1).into_owned()
    }

    pub fn start_kept_too(weights: Weights, x: &Matrix, start: &[f64]) -> Matrix {
        let states = right(weights, x, start);
        let all = [start, states.as_slice()].concat();
        Matrix::from_vec(start.len(), x.ncols() + 1, all)
    }

    /// The loop, with another step.
    fn steps(
        x: &Matrix,
        start: &[f64],
        step: impl Fn(usize, &Vector) -> Vector,
    ) -> Matrix {
        let mut state = Vector::from_column_slice(start);
        let mut states = Matrix::zeros(start.len(), x.ncols());
        for t in 0..x.ncols() {
            state = step(t, &state);
            states.set_column(t, &state);
        }
        states
    }

    pub fn no_tanh((w, u, b): Weights, x: &Matrix, start: &[f64]) -> Matrix {
        let b = Vector::from_column_slice(b);
        steps(x, start, |t, state| w * x.column(t) + u * state + &b)
    }

    pub fn no_biases((w, u, b): Weights, x: &Matrix, start: &[f64]) -> Matrix {
        right((w, u, &vec![0.0; b.len()]), x, start)
    }

    /// Unit by unit into the state that the next unit reads.
    pub fn in_place((w, u, b): Weights, x: &Matrix, start: &[f64]) -> Matrix {
        steps(x, start, |t, state| {
            let mut state = state.clone();
            for i in 0..state.len() {
                let fresh = w.row(i).tr_dot(&x.column(t)) + b[i];
                state[i] = (fresh + u.row(i).tr_dot(&state)).tanh();
            }
            state
        })
    }

    pub fn powers((w, u, b): Weights, x: &Matrix, start: &[f64]) -> Matrix {
        let b = Vector::from_column_slice(b);
        let tanh = |z: f64| ((2.0 * z).exp() - 1.0) / ((2.0 * z).exp() + 1.0);
        steps(x, start, |t, state| (w * x.column(t) + u * state + &b).map(tanh))
    }

    pub fn start_ignored(weights: Weights, x: &Matrix, start: &[f64]) -> Matrix {
        right(weights, x, &vec![0.0; start.len()])
    }

    pub fn state_unweighted((w, u, b): Weights, x: &Matrix, start: &[f64]) -> Matrix {
        right((w, &Matrix::identity(u.nrows(), u.ncols()), b), x, start)
    }

    pub fn state_transposed((w, u, b): Weights, x: &Matrix, start: &[f64]) -> Matrix {
        right((w, &u.transpose(), b), x, start)
    }

    pub fn start_every_step((w, u, b): Weights, x: &Matrix, start: &[f64]) -> Matrix {
        let step = |t| right((w, u, b), &x.columns(t, 1).into_owned(), start);
        steps(x, start, |t, _| step(t).column(0).into_owned())
    }

    pub fn first_input_only(weights: Weights, x: &Matrix, start: &[f64]) -> Matrix {
        let first = Matrix::from_fn(x.nrows(), x.ncols(), |i, _| x[(i, 0)]);
        right(weights, &first, start)
    }

    pub fn backward(weights: Weights, x: &Matrix, start: &[f64]) -> Matrix {
        right(weights, &turned(x), start)
    }

    /// The columns from the last to the first.
    fn turned(x: &Matrix) -> Matrix {
        Matrix::from_fn(x.nrows(), x.ncols(), |i, t| x[(i, x.ncols() - 1 - t)])
    }

    type Tensors = Vec<Vec<f64>>;

    fn scaled(gradients: &[Vec<f64>], factor: f64) -> Tensors {
        let scale = |tensor: &Vec<f64>| tensor.iter().map(|g| g * factor).collect();
        gradients.iter().map(scale).collect()
    }

    pub fn always(gradients: &[Vec<f64>], limit: f64) -> Tensors {
        scaled(gradients, limit / length(gradients))
    }

    /// With something else in place of the length.
    fn with_length(gradients: &[Vec<f64>], limit: f64, length: f64) -> Tensors {
        scaled(gradients, if length > limit { limit / length } else { 1.0 })
    }

    pub fn squared(gradients: &[Vec<f64>], limit: f64) -> Tensors {
        with_length(gradients, limit, length(gradients).powi(2))
    }

    pub fn sum_of_sizes(gradients: &[Vec<f64>], limit: f64) -> Tensors {
        let sum = gradients.iter().flatten().map(|g| g.abs()).sum();
        with_length(gradients, limit, sum)
    }

    pub fn each_entry(gradients: &[Vec<f64>], limit: f64) -> Tensors {
        let clamp = |t: &Vec<f64>| t.iter().map(|g| g.clamp(-limit, limit)).collect();
        gradients.iter().map(clamp).collect()
    }

    pub fn each_tensor(gradients: &[Vec<f64>], limit: f64) -> Tensors {
        let alone = |t: &Vec<f64>| solutions::clip(std::slice::from_ref(t), limit);
        gradients.iter().flat_map(alone).collect()
    }

    pub fn largest_entry(gradients: &[Vec<f64>], limit: f64) -> Tensors {
        let largest = gradients.iter().flatten().fold(0.0_f64, |a, g| a.max(g.abs()));
        with_length(gradients, limit, largest)
    }

    pub fn to_length_one(gradients: &[Vec<f64>], limit: f64) -> Tensors {
        let length = length(gradients);
        scaled(gradients, if length > limit { 1.0 / length } else { 1.0 })
    }

    pub fn upside_down(gradients: &[Vec<f64>], limit: f64) -> Tensors {
        let length = length(gradients);
        scaled(gradients, if length > limit { length / limit } else { 1.0 })
    }

    pub fn to_zero(gradients: &[Vec<f64>], limit: f64) -> Tensors {
        scaled(gradients, if length(gradients) > limit { 0.0 } else { 1.0 })
    }

    fn counts(train: &[usize], characters: usize) -> Vec<Vec<f64>> {
        let mut counts = vec![vec![0.0; characters]; characters];
        train.windows(2).for_each(|pair| counts[pair[0]][pair[1]] += 1.0);
        counts
    }

    /// The mean cost, with another probability of b after a.
    fn mean(held_out: &[usize], p: impl Fn(usize, usize) -> f64) -> f64 {
        let bits = held_out.windows(2).map(|pair| -p(pair[0], pair[1]).log2());
        bits.sum::<f64>() / (held_out.len() - 1) as f64
    }

    pub fn nats(train: &[usize], held_out: &[usize], characters: usize) -> f64 {
        solutions::bigram_bits(train, held_out, characters) * std::f64::consts::LN_2
    }

    pub fn sign(train: &[usize], held_out: &[usize], characters: usize) -> f64 {
        -solutions::bigram_bits(train, held_out, characters)
    }

    pub fn summed(train: &[usize], held_out: &[usize], characters: usize) -> f64 {
        let pairs = (held_out.len() - 1) as f64;
        solutions::bigram_bits(train, held_out, characters) * pairs
    }

    pub fn divided_by_all(
        train: &[usize],
        held_out: &[usize],
        characters: usize,
    ) -> f64 {
        summed(train, held_out, characters) / held_out.len() as f64
    }

    pub fn no_smoothing(train: &[usize], held_out: &[usize], characters: usize) -> f64 {
        let counts = counts(train, characters);
        mean(held_out, |a, b| counts[a][b] / counts[a].iter().sum::<f64>())
    }

    pub fn smoothed_above_only(
        train: &[usize],
        held_out: &[usize],
        characters: usize,
    ) -> f64 {
        let counts = counts(train, characters);
        mean(held_out, |a, b| (counts[a][b] + 1.0) / counts[a].iter().sum::<f64>())
    }

    pub fn single_characters(
        train: &[usize],
        held_out: &[usize],
        characters: usize,
    ) -> f64 {
        let count = |b| train.iter().filter(|&&c| c == b).count() as f64;
        let all = (train.len() + characters) as f64;
        mean(held_out, |_, b| (count(b) + 1.0) / all)
    }

    pub fn last_counted(train: &[usize], held_out: &[usize], characters: usize) -> f64 {
        let counts = counts(train, characters);
        let stands = |a| train.iter().filter(|&&c| c == a).count() + characters;
        mean(held_out, |a, b| (counts[a][b] + 1.0) / stands(a) as f64)
    }

    pub fn peeked(train: &[usize], held_out: &[usize], characters: usize) -> f64 {
        let both = [train, held_out].concat();
        solutions::bigram_bits(&both, held_out, characters)
    }

    pub fn turned_round(train: &[usize], held_out: &[usize], characters: usize) -> f64 {
        let train: Vec<usize> = train.iter().rev().copied().collect();
        solutions::bigram_bits(&train, held_out, characters)
    }

    pub fn log_of_mean(train: &[usize], held_out: &[usize], characters: usize) -> f64 {
        let one = |pair| solutions::bigram_bits(train, pair, characters);
        let shares = held_out.windows(2).map(|pair| (-one(pair)).exp2());
        -(shares.sum::<f64>() / (held_out.len() - 1) as f64).log2()
    }

    pub fn one_product(train: &[usize], held_out: &[usize], characters: usize) -> f64 {
        let one = |pair| solutions::bigram_bits(train, pair, characters);
        let product: f64 =
            held_out.windows(2).map(|pair| (-one(pair)).exp2()).product();
        -product.log2() / (held_out.len() - 1) as f64
    }

    /// Softmax of the logits times a factor.
    fn shares(logits: &[f64], factor: f64) -> Vec<f64> {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> =
            logits.iter().map(|z| ((z - largest) * factor).exp()).collect();
        let all: f64 = powers.iter().sum();
        powers.iter().map(|power| power / all).collect()
    }

    fn fallen(shares: &[f64], u: f64) -> Option<usize> {
        let mut pile = 0.0;
        shares.iter().position(|share| {
            pile += share;
            u < pile
        })
    }

    fn or_last(index: Option<usize>, logits: &[f64]) -> usize {
        index.unwrap_or(logits.len() - 1)
    }

    pub fn always_largest(logits: &[f64], _: f64, u: f64) -> usize {
        solutions::sample(logits, 0.0, u)
    }

    pub fn share_alone(logits: &[f64], temperature: f64, u: f64) -> usize {
        let shares = shares(logits, 1.0 / temperature);
        or_last(shares.iter().position(|&share| u < share), logits)
    }

    pub fn from_the_top(logits: &[f64], temperature: f64, u: f64) -> usize {
        match temperature {
            0.0 => solutions::sample(logits, temperature, u),
            _ => solutions::sample(logits, temperature, NEARLY - u),
        }
    }

    const NEARLY: f64 = 1.0 - f64::EPSILON;

    pub fn one_too_high(logits: &[f64], temperature: f64, u: f64) -> usize {
        (solutions::sample(logits, temperature, u) + 1).min(logits.len() - 1)
    }

    pub fn no_temperature(logits: &[f64], temperature: f64, u: f64) -> usize {
        let temperature = if temperature == 0.0 { 0.0 } else { 1.0 };
        solutions::sample(logits, temperature, u)
    }

    pub fn multiplied(logits: &[f64], temperature: f64, u: f64) -> usize {
        or_last(fallen(&shares(logits, temperature), u), logits)
    }

    pub fn shares_divided(logits: &[f64], temperature: f64, u: f64) -> usize {
        let shares = shares(logits, 1.0);
        let divided: Vec<f64> = shares.iter().map(|p| p / temperature).collect();
        or_last(fallen(&divided, u), logits)
    }

    pub fn border_below(logits: &[f64], temperature: f64, u: f64) -> usize {
        let mut pile = 0.0;
        let shares = shares(logits, 1.0 / temperature);
        let index = shares.iter().position(|share| {
            pile += share;
            u <= pile
        });
        match temperature {
            0.0 => solutions::sample(logits, temperature, u),
            _ => or_last(index, logits),
        }
    }

    pub fn no_shift(logits: &[f64], temperature: f64, u: f64) -> usize {
        if temperature == 0.0 {
            return solutions::sample(logits, temperature, u);
        }
        let powers: Vec<f64> = logits.iter().map(|z| (z / temperature).exp()).collect();
        let all: f64 = powers.iter().sum();
        let shares: Vec<f64> = powers.iter().map(|power| power / all).collect();
        or_last(fallen(&shares, u), logits)
    }

    pub fn largest_from_zero(logits: &[f64], temperature: f64, u: f64) -> usize {
        if temperature == 0.0 {
            return solutions::sample(logits, temperature, u);
        }
        let largest = logits.iter().copied().fold(0.0, f64::max);
        let power = |z: &f64| ((z - largest) / temperature).exp();
        let all: f64 = logits.iter().map(power).sum();
        let shares: Vec<f64> = logits.iter().map(|z| power(z) / all).collect();
        or_last(fallen(&shares, u), logits)
    }

    pub fn cut_off(logits: &[f64], temperature: f64, u: f64) -> usize {
        let temperature = if temperature < 0.01 { 0.0 } else { temperature };
        solutions::sample(logits, temperature, u)
    }

    pub fn zero_divides(logits: &[f64], temperature: f64, u: f64) -> usize {
        or_last(fallen(&shares(logits, 1.0 / temperature), u), logits)
    }

    pub fn last_of_equals(logits: &[f64], temperature: f64, u: f64) -> usize {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match temperature {
            0.0 => or_last(logits.iter().rposition(|&z| z == largest), logits),
            _ => solutions::sample(logits, temperature, u),
        }
    }

    pub fn past_the_end(logits: &[f64], temperature: f64, u: f64) -> usize {
        match temperature {
            0.0 => solutions::sample(logits, temperature, u),
            _ => fallen(&shares(logits, 1.0 / temperature), u).unwrap_or(logits.len()),
        }
    }

    /// The way back with one of its parts changed.
    struct Way {
        slope: fn(f64) -> f64,
        transposed: bool,
        before: fn(&[f64], &Matrix, usize) -> Vec<f64>,
        to_start: bool,
        through_time: bool,
        passes: fn(usize, usize) -> bool,
        piles_up: bool,
        hears: fn(usize, usize) -> bool,
        adds: bool,
        divisor: fn(usize) -> f64,
        input: fn(usize, usize) -> usize,
    }

    fn before(start: &[f64], states: &Matrix, t: usize) -> Vec<f64> {
        match t {
            0 => start.to_vec(),
            _ => states.column(t - 1).iter().copied().collect(),
        }
    }

    const RIGHT: Way = Way {
        slope: |h| 1.0 - h * h,
        transposed: true,
        before,
        to_start: true,
        through_time: true,
        passes: |_, _| true,
        piles_up: false,
        hears: |_, _| true,
        adds: true,
        divisor: |_| 1.0,
        input: |t, _| t,
    };

    impl Way {
        fn back(
            self,
            (w, u, b): Weights,
            x: &Matrix,
            start: &[f64],
            states: &Matrix,
            grads: &Matrix,
        ) -> Gradients {
            let (all, units) = (x.ncols(), b.len());
            let mut by_w = Matrix::zeros(units, w.ncols());
            let mut by_u = Matrix::zeros(units, units);
            let (mut by_b, mut later) = (Vector::zeros(units), Vector::zeros(units));
            for t in (0..all).rev() {
                let mut grad = later.clone();
                if (self.hears)(t, all) {
                    grad += grads.column(t);
                }
                let sum = grad.zip_map(&states.column(t), |g, h| g * (self.slope)(h));
                let before = Vector::from_vec((self.before)(start, states, t));
                if !self.adds {
                    (by_w, by_u, by_b) = (by_w * 0.0, by_u * 0.0, by_b * 0.0);
                }
                by_w += &sum * x.column((self.input)(t, all)).transpose();
                by_u += &sum * before.transpose();
                by_b += &sum;
                let back = if self.transposed { u.transpose() } else { u.clone() };
                let kept = if self.piles_up { later.clone() } else { &later * 0.0 };
                later = match t {
                    0 if !self.to_start => sum,
                    1.. if !self.through_time => later * 0.0,
                    _ if !(self.passes)(t, all) => later * 0.0,
                    _ => back * sum + kept,
                };
            }
            let share = 1.0 / (self.divisor)(all);
            let by_b = (by_b * share).as_slice().to_vec();
            (by_w * share, by_u * share, by_b, later.as_slice().to_vec())
        }
    }

    macro_rules! ways {
        ($($name:ident { $field:ident: $value:expr })*) => {$(
            pub fn $name(
                weights: Weights,
                x: &Matrix,
                start: &[f64],
                states: &Matrix,
                grads: &Matrix,
            ) -> Gradients {
                Way { $field: $value, ..RIGHT }.back(weights, x, start, states, grads)
            }
        )*};
    }

    ways! {
        no_tanh_slope { slope: |_| 1.0 }
        tanh_of_state { slope: |h| 1.0 - h.tanh() * h.tanh() }
        not_transposed { transposed: false }
        state_after { before: |_, states, t| states.column(t).as_slice().to_vec() }
        start_forgotten { before: |start, states, t| match t {
            0 => vec![0.0; start.len()],
            _ => before(start, states, t),
        } }
        start_not_reached { to_start: false }
        each_step_alone { through_time: false }
        last_word_only { hears: |t, all| t + 1 == all }
        last_written { adds: false }
        mean_over_steps { divisor: |all| all as f64 }
        piled_up { piles_up: true }
        cut_short { passes: |t, all| all - t < 8 }
        inputs_reversed { input: |t, all| all - 1 - t }
    }
}
