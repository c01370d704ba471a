//! Lesson 01: the laws of its exercises, the wrong answers we know, and the hints.
//!
//! `cargo test --test lesson01` judges `lessons/lesson01/exercises.rs`.

#[allow(unused_variables, reason = "a stub uses nothing yet")]
#[path = "../lessons/lesson01/exercises.rs"]
mod exercises;
#[path = "../lessons/lesson01/solutions.rs"]
mod solutions;

use harness::*;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::sample::Index;

type Decide = fn(&[f64], f64, &[f64]) -> f64;
type Learn = fn(&mut [f64], &mut f64, &[f64], f64) -> bool;
type Fit = fn(&mut [f64], &mut f64, &[Vec<f64>], &[f64], usize) -> Vec<usize>;
type Bound = fn(&[f64], f64, &[Vec<f64>], &[f64]) -> Option<f64>;
type Cycle = fn(&[Vec<f64>]) -> Option<usize>;

fn main() -> std::process::ExitCode {
    harness::main(1, vec![decide(), learn(), fit(), mistake_bound(), cycle()])
}

// What the laws are tried on: small whole numbers and halves, of many lengths.

/// Weights, a bias and an input as long as the weights: 1 to 5 numbers.
fn neuron() -> impl Strategy<Value = (Vec<f64>, f64, Vec<f64>)> {
    let number = || halves_between(-4.0, 4.0);
    (vec((number(), number()), 1..=5), number()).prop_map(|(pairs, bias)| {
        let (weights, x) = pairs.into_iter().unzip();
        (weights, bias, x)
    })
}

const NEURON: [&str; 3] = ["weights", "bias", "x"];

/// A line, and examples with the targets that this line gives them: weights, bias,
/// inputs, targets. No example lies on the line: the bias is a half, all else whole.
type Separable = (Vec<f64>, f64, Vec<Vec<f64>>, Vec<f64>);

const SEPARABLE: [&str; 4] = ["weights", "bias", "inputs", "targets"];

fn separable() -> impl Strategy<Value = Separable> {
    let whole = whole;
    let weights = vec(whole(-3..=3), 3);
    let inputs = vec(vec(whole(-4..=4), 3), 1..=7);
    (1usize..=3, weights, whole(-3..=3), inputs).prop_map(
        |(features, mut weights, bias, mut inputs)| {
            let bias = bias + 0.5;
            weights.truncate(features);
            inputs.iter_mut().for_each(|x| x.truncate(features));
            let side = |x: &Vec<f64>| sign(sum(&weights, bias, x) >= 0.0);
            let targets = inputs.iter().map(side).collect();
            (weights, bias, inputs, targets)
        },
    )
}

fn sign(up: bool) -> f64 {
    if up { 1.0 } else { -1.0 }
}

fn sum(weights: &[f64], bias: f64, x: &[f64]) -> f64 {
    weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + bias
}

fn square(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

fn corners() -> Vec<Vec<f64>> {
    vec![vec![0.0, 0.0], vec![0.0, 1.0], vec![1.0, 0.0], vec![1.0, 1.0]]
}

const AND: [f64; 4] = [-1.0, -1.0, -1.0, 1.0];
const OR: [f64; 4] = [-1.0, 1.0, 1.0, 1.0];
const XOR: [f64; 4] = [-1.0, 1.0, 1.0, -1.0];

fn decide() -> Box<dyn Check> {
    let (yours, ours) = (exercises::decide as Decide, solutions::decide as Decide);
    Exercise::new("1.1", "decide", yours, ours)
        .probe(|f| {
            let mut seen = vec![
                f(&[-1.0], -0.0, &[0.0]),
                f(&[2.0, -1.0], -3.0, &[2.0, 4.0]),
                f(&[2.0, -1.0], -3.0, &[2.0, 1.0]),
                f(&[1.0, 1.0], -1.5, &[1.0, 0.0]),
                f(&[0.5, 3.0, -2.0], 0.5, &[-2.0, 1.0, 1.0]),
                f(&[-1.0, 2.0, -2.0], 0.0, &[3.0, 1.0, -1.0]),
                f(&[-1.0], 1.0, &[3.0]),
                f(&[0.0, 0.0], -0.5, &[0.0, 0.0]),
            ];
            for bias in [-3.0, -2.0, -1.5, -0.5, 0.0, 0.5, 2.0] {
                for x in [[1.0, 2.0, 0.0], [-1.0, 1.5, 1.0], [3.0, -1.0, -2.0]] {
                    seen.push(f(&[1.0, 1.0, 0.5], bias, &x));
                }
            }
            seen
        })
        .law("two_answers", "The answer is 1.0 or -1.0, nothing else.", |f| {
            given(&NEURON, neuron(), |(w, b, x)| {
                let seen = f(w, *b, x);
                ensure(seen == 1.0 || seen == -1.0, format!("The answer is {seen}."))
            })
        })
        .law(
            "bias_decides_alone",
            "When every input is zero, a bias other than zero decides alone.",
            |f| {
                let silent = neuron().prop_map(|(w, b, x)| {
                    let bias = if b == 0.0 { 0.5 } else { b };
                    (w, bias, vec![0.0; x.len()])
                });
                given(&NEURON, silent, |(w, b, x)| near(f(w, *b, x), sign(*b >= 0.0)))
            },
        )
        .law(
            "weights_weigh",
            "Beside a bias of 1/8, a weighted sum of whole quarters decides.",
            |f| {
                let unbiased = neuron().prop_map(|(w, _, x)| (w, 0.125, x));
                given(&NEURON, unbiased, |(w, b, x)| {
                    near(f(w, *b, x), sign(sum(w, 0.0, x) >= 0.0))
                })
            },
        )
        .law("zero_fires", "A sum of exactly zero fires: 1.0.", |f| {
            let zero =
                neuron().prop_map(|(w, _, x)| (w.clone(), 0.0 - sum(&w, 0.0, &x), x));
            given(&NEURON, zero, |(w, b, x)| near(f(w, *b, x), 1.0))?;
            let minus_zero = Just((vec![-1.0], -0.0, vec![0.0]));
            given(&NEURON, minus_zero, |(w, b, x)| near(f(w, *b, x), 1.0))
                .because("Here the sum is -0.0, which is equal to zero.")
        })
        .law(
            "sum_against_zero",
            "The weighted sum plus the bias is compared with zero.",
            |f| {
                given(&NEURON, neuron(), |(w, b, x)| {
                    near(f(w, *b, x), sign(sum(w, *b, x) >= 0.0))
                })
            },
        )
        .wrong(
            "strictly_more",
            wrong::strictly_more as Decide,
            "zero_fires",
            "Your neuron stays silent when the sum is exactly zero. In this book zero \
             fires: compare with `>=`, not `>`.",
        )
        .wrong(
            "sign_bit",
            wrong::sign_bit as Decide,
            "zero_fires",
            "You take the sign with `signum`. It answers -1.0 for -0.0, a zero that \
             arithmetic can leave behind. Compare with zero: `>=` takes both zeros for \
             equal.",
        )
        .wrong(
            "bias_for_each_input",
            wrong::bias_for_each_input as Decide,
            "weights_weigh",
            "You add the bias once for each input. Add it once, after the products.",
        )
        .wrong(
            "no_bias",
            wrong::no_bias as Decide,
            "bias_decides_alone",
            "Your answer does not depend on the bias. Add it to the sum before you \
             compare.",
        )
        .wrong(
            "bias_as_threshold",
            wrong::bias_as_threshold as Decide,
            "bias_decides_alone",
            "You compare the sum with the bias, as if it were the threshold. The bias \
             is minus the threshold: add it, then compare with zero.",
        )
        .wrong(
            "zero_for_silent",
            wrong::zero_for_silent as Decide,
            "two_answers",
            "You answer 0.0 for silent. The two classes are 1.0 and -1.0, because the \
             learning rule multiplies by them.",
        )
        .wrong(
            "the_sum_itself",
            wrong::the_sum_itself as Decide,
            "two_answers",
            "You return the sum. Return the decision: 1.0 if the sum is zero or more, \
             else -1.0.",
        )
        .wrong(
            "unweighted",
            wrong::unweighted as Decide,
            "weights_weigh",
            "You add up the inputs as they are. Multiply each input by its weight \
             first.",
        )
        .hint(
            "Two steps: one number from the weights, the inputs and the bias. Then a \
             comparison.",
        )
        .hint(
            "`weights.iter().zip(x)` walks over both at once. Multiply each pair, add \
             up the products, add the bias.",
        )
        .hint("Mind the edge: a sum of exactly 0.0 counts as firing.")
        .hint("`if sum >= 0.0 { 1.0 } else { -1.0 }`")
        .build()
}

/// What a call of `learn` leaves behind: the weights, the bias and its answer.
fn after(f: Learn, (w, b, x, y): &Step) -> (Vec<f64>, f64, bool) {
    let (mut weights, mut bias) = (w.clone(), *b);
    let wrong = f(&mut weights, &mut bias, x, *y);
    (weights, bias, wrong)
}

/// A neuron, an input and the input's target.
type Step = (Vec<f64>, f64, Vec<f64>, f64);

const STEP: [&str; 4] = ["weights", "bias", "x", "target"];

/// A target that the neuron meets.
fn met() -> impl Strategy<Value = Step> {
    neuron().prop_map(|(w, b, x)| {
        let decision = sign(sum(&w, b, &x) >= 0.0);
        (w, b, x, decision)
    })
}

/// A target that the neuron misses.
fn missed() -> impl Strategy<Value = Step> {
    met().prop_map(|(w, b, x, decision)| (w, b, x, -decision))
}

fn learn() -> Box<dyn Check> {
    let (yours, ours) = (exercises::learn as Learn, solutions::learn as Learn);
    Exercise::new("1.2", "learn", yours, ours)
        .probe(|f| {
            let mut seen = vec![];
            for (w, b, x) in [
                (vec![1.0, 0.0], 0.0, vec![2.0, 3.0]),
                (vec![-1.0, 2.0, 0.5], -1.0, vec![4.0, 0.5, 1.0]),
                (vec![0.5], 0.0, vec![3.0]),
            ] {
                for y in [1.0, -1.0] {
                    let (weights, bias, wrong) =
                        after(f, &(w.clone(), b, x.clone(), y));
                    seen.extend(weights);
                    seen.extend([bias, sign(wrong)]);
                }
            }
            seen
        })
        .law(
            "right_changes_nothing",
            "When the decision is right, the weights and the bias stay as they are.",
            |f| {
                given(&STEP, met(), |case| {
                    let (weights, bias, _) = after(f, case);
                    equal((weights, bias), (case.0.clone(), case.1))
                        .because("In this order: the weights, the bias.")
                })
            },
        )
        .law(
            "says_whether_wrong",
            "It returns true when the decision was wrong, false when it was right.",
            |f| {
                given(&STEP, missed(), |case| equal(after(f, case).2, true))?;
                given(&STEP, met(), |case| equal(after(f, case).2, false))
            },
        )
        .law(
            "weights_move_by_the_input",
            "After a mistake, `target * x` has been added to the weights.",
            |f| {
                given(&STEP, missed(), |case| {
                    let (w, _, x, y) = case;
                    let expected = w.iter().zip(x).map(|(w, x)| w + y * x);
                    equal(after(f, case).0, expected.collect::<Vec<f64>>())
                        .because("These are the weights afterwards.")
                })
            },
        )
        .law(
            "bias_moves_by_the_target",
            "After a mistake, the target has been added to the bias.",
            |f| {
                given(&STEP, missed(), |case| {
                    near(after(f, case).1, case.1 + case.3)
                        .because("This is the bias afterwards.")
                })
            },
        )
        .law(
            "sum_moves_towards_the_target",
            "A mistake moves the sum for that example to the target by |x|^2 + 1.",
            |f| {
                given(&STEP, missed(), |case| {
                    let (w, b, x, y) = case;
                    let (weights, bias, _) = after(f, case);
                    let moved = sum(&weights, bias, x) - sum(w, *b, x);
                    near(moved, y * (square(x) + 1.0))
                        .because("By so much the sum for x has moved.")
                })
            },
        )
        .wrong(
            "always_moves",
            wrong::always_moves as Learn,
            "right_changes_nothing",
            "You learn from every example. The rule learns from mistakes only: when \
             the decision is right, change nothing and return false.",
        )
        .wrong(
            "away_from_the_target",
            wrong::away_from_the_target as Learn,
            "weights_move_by_the_input",
            "Your step goes the wrong way: it makes the mistake worse. Add \
             `target * x`, do not subtract it.",
        )
        .wrong(
            "twice_too_far",
            wrong::twice_too_far as Learn,
            "weights_move_by_the_input",
            "Your step is twice as long as it should be. Between `target` and the \
             decision lies 2, so `target - decision` is twice the target: add \
             `target * x`.",
        )
        .wrong(
            "bias_forgotten",
            wrong::bias_forgotten as Learn,
            "bias_moves_by_the_target",
            "Your bias never changes. It is the weight of an input that is always 1, \
             so it moves by `target * 1`.",
        )
        .wrong(
            "input_forgotten",
            wrong::input_forgotten as Learn,
            "weights_move_by_the_input",
            "You add the target to every weight. A weight moves in proportion to its \
             own input: add `target * x`.",
        )
        .wrong(
            "target_forgotten",
            wrong::target_forgotten as Learn,
            "weights_move_by_the_input",
            "You add `x` whatever the target is. When the neuron fired and should not \
             have, the input must be taken away: the target's sign does that.",
        )
        .wrong(
            "overwritten",
            wrong::overwritten as Learn,
            "weights_move_by_the_input",
            "You replace the weights (`=`) where the step must be added to them \
             (`+=`). Everything learned before is lost.",
        )
        .wrong(
            "says_whether_right",
            wrong::says_whether_right as Learn,
            "says_whether_wrong",
            "Your steps are right, but your answer is upside down: return true for a \
             mistake.",
        )
        .hint(
            "Decide first (your `decide` of exercise 1.1 can do it), then compare with \
             the target.",
        )
        .hint(
            "On a mistake each weight moves by the target times its own input. The \
             bias moves by the target: its input is always 1.",
        )
        .hint(
            "`for (weight, x) in weights.iter_mut().zip(x)` gives you each weight to \
             change. `*bias += target` changes the bias.",
        )
        .build()
}

/// What `fit` is called with: weights and bias to start from, inputs, targets and the
/// limit.
type Call = (Vec<f64>, f64, Vec<Vec<f64>>, Vec<f64>, usize);

const CALL: [&str; 5] = ["weights", "bias", "inputs", "targets", "max_epochs"];

/// A start from zero, on examples that a line separates. 10,000 epochs are enough for
/// every case that [`separable`] draws.
fn from_zero(max_epochs: usize) -> impl Strategy<Value = Call> {
    separable().prop_map(move |(w, _, inputs, targets)| {
        (vec![0.0; w.len()], 0.0, inputs, targets, max_epochs)
    })
}

/// A start from zero on the four corners.
fn gate(targets: [f64; 4], max_epochs: usize) -> Call {
    (vec![0.0; 2], 0.0, corners(), targets.to_vec(), max_epochs)
}

/// What a call of `fit` leaves behind: the mistakes, the weights and the bias.
type Fitted = (Vec<usize>, Vec<f64>, f64);

const FITTED: &str =
    "In this order: the mistakes of each epoch, the weights, the bias.";

fn fitted(f: Fit, (w, b, inputs, targets, max_epochs): &Call) -> Fitted {
    let (mut weights, mut bias) = (w.clone(), *b);
    let mistakes = f(&mut weights, &mut bias, inputs, targets, *max_epochs);
    (mistakes, weights, bias)
}

/// Novikoff's bound, from the line that a case was made with.
fn bound_of((w, b, inputs, targets): &Separable) -> f64 {
    let depths = inputs.iter().zip(targets).map(|(x, y)| y * sum(w, *b, x));
    let nearest = depths.fold(f64::INFINITY, f64::min);
    let longest = inputs.iter().map(|x| square(x) + 1.0).fold(0.0, f64::max);
    longest * (square(w) + b * b) / (nearest * nearest)
}

fn fit() -> Box<dyn Check> {
    Exercise::new("1.3", "fit", exercises::fit as Fit, solutions::fit as Fit)
        .probe(|f| {
            let mut seen = vec![];
            // Nothing without a line here: an answer without a limit must come back.
            for (targets, limit) in [(AND, 20), (OR, 20), (OR, 3), (AND, 2)] {
                for (w, b) in [([0.0, 0.0], 0.0), ([1.0, 1.0], -0.5)] {
                    let call = (w.to_vec(), b, corners(), targets.to_vec(), limit);
                    let (mistakes, weights, bias) = fitted(f, &call);
                    seen.push(mistakes.len() as f64);
                    seen.extend(mistakes.iter().map(|&m| m as f64));
                    seen.extend(weights);
                    seen.push(bias);
                }
            }
            seen
        })
        .law(
            "stops_at_the_limit",
            "It stops after `max_epochs` epochs, also when the last was not clean.",
            |f| {
                // AND is first: it ends by itself, so that no answer loops for ever.
                for (targets, limits) in [(AND, 0usize..6), (XOR, 0..12)] {
                    let calls = limits.prop_map(move |limit| gate(targets, limit));
                    given(&CALL, calls, |call| {
                        let mistakes = fitted(f, call).0;
                        equal(mistakes.len(), call.4)
                            .because("So many epochs are in the list.")?;
                        let dirty = mistakes.iter().all(|&mistakes| mistakes > 0);
                        let list = mistakes.show();
                        ensure(dirty, format!("None of them can be clean: {list}."))
                    })?;
                }
                Ok(())
            },
        )
        .law(
            "ends_without_mistakes",
            "Where a line exists, the last epoch has no mistake, and the line that is \
             left behind makes none.",
            |f| {
                given(&CALL, from_zero(10_000), |call| {
                    let (mistakes, w, b) = fitted(f, call);
                    equal(mistakes.last().copied(), Some(0))
                        .because("These are the mistakes of the last epoch.")?;
                    let left = call.2.iter().map(|x| sign(sum(&w, b, x) >= 0.0));
                    equal(left.collect::<Vec<f64>>(), call.3.clone())
                        .because("This is what the line left behind decides.")
                })
            },
        )
        .law(
            "learns_at_once",
            "Each example meets the weights that the one before it left.",
            |f| {
                given(&CALL, from_zero(1), |call| {
                    let (start, _, inputs, targets, _) = call;
                    let (mut weights, mut bias, mut mistakes) = (start.clone(), 0.0, 0);
                    for (x, &y) in inputs.iter().zip(targets) {
                        let wrong = solutions::learn(&mut weights, &mut bias, x, y);
                        mistakes += usize::from(wrong);
                    }
                    equal(fitted(f, call), (vec![mistakes], weights, bias))
                        .because(FITTED)
                })
            },
        )
        .law(
            "stops_at_the_first_clean_epoch",
            "The first epoch without a mistake is the last.",
            |f| {
                given(&CALL, from_zero(2_000), |call| {
                    let run = fitted(f, call).0;
                    let clean = run.iter().position(|&mistakes| mistakes == 0);
                    let after = clean.map_or(0, |clean| run.len() - 1 - clean);
                    equal(after, 0)
                        .because("So many epochs follow the first clean one.")
                })
            },
        )
        .law(
            "goes_on_from_where_it_stands",
            "Started from a line that separates already, it changes nothing.",
            |f| {
                let there = separable().prop_map(|(w, b, x, y)| (w, b, x, y, 9));
                given(&CALL, there, |call| {
                    let expected = (vec![0], call.0.clone(), call.1);
                    equal(fitted(f, call), expected).because(FITTED)
                })
            },
        )
        .law(
            "within_novikoffs_bound",
            "All mistakes together are at most (R / gamma)^2.",
            |f| {
                let bounded = separable().prop_map(|case| {
                    let bound = bound_of(&case);
                    let (w, _, inputs, targets) = case;
                    (vec![0.0; w.len()], 0.0, inputs, targets, 10_000, bound)
                });
                let names: Vec<&str> = [&CALL[..], &["(R / gamma)^2"]].concat();
                given(&names, bounded, |(w, b, inputs, targets, limit, bound)| {
                    let call = (w.clone(), *b, inputs.clone(), targets.clone(), *limit);
                    let total = fitted(f, &call).0.iter().sum::<usize>();
                    let kept = total as f64 <= bound * (1.0 + 1e-12);
                    ensure(kept, format!("{total} mistakes, bound {bound:.1}."))
                })
            },
        )
        .law(
            "and_by_hand",
            "AND from zero makes 2, 3, 3, 2, 1 and 0 mistakes, as in the example.",
            |f| {
                given(&CALL, Just(gate(AND, 100)), |call| {
                    let expected = (vec![2, 3, 3, 2, 1, 0], vec![2.0, 1.0], -3.0);
                    equal(fitted(f, call), expected).because(FITTED)
                })
            },
        )
        .wrong(
            "limit_ignored",
            wrong::limit_ignored as Fit,
            "stops_at_the_limit",
            "You never look at `max_epochs`. Where no line exists you would go on for \
             ever: stop after so many epochs.",
        )
        .wrong(
            "clean_epoch_left_out",
            wrong::clean_epoch_left_out as Fit,
            "ends_without_mistakes",
            "Your list lacks the last, clean epoch. Record the mistakes of an epoch \
             first, then ask whether to stop.",
        )
        .wrong(
            "running_total",
            wrong::running_total as Fit,
            "ends_without_mistakes",
            "Your counts only grow. Start the count again from zero in each epoch.",
        )
        .wrong(
            "forgets_each_epoch",
            wrong::forgets_each_epoch as Fit,
            "ends_without_mistakes",
            "Each epoch starts from zero weights again, so nothing adds up. Leave the \
             weights alone between epochs.",
        )
        .wrong(
            "never_stops_early",
            wrong::never_stops_early as Fit,
            "stops_at_the_first_clean_epoch",
            "You run all `max_epochs` epochs. After an epoch without a mistake nothing \
             can change any more: stop there.",
        )
        .wrong(
            "learns_at_the_end",
            wrong::learns_at_the_end as Fit,
            "learns_at_once",
            "You decide the whole epoch with the old weights and learn afterwards. \
             Here each mistake changes the weights at once, before the next example.",
        )
        .wrong(
            "one_mistake_an_epoch",
            wrong::one_mistake_an_epoch as Fit,
            "learns_at_once",
            "You leave the epoch at its first mistake. Go on to the other examples.",
        )
        .wrong(
            "starts_from_zero",
            wrong::starts_from_zero as Fit,
            "goes_on_from_where_it_stands",
            "You set the weights to zero first. Start from the weights and the bias \
             that you are given.",
        )
        .hint(
            "Two loops: epochs outside, examples inside. Your `learn` says whether an \
             example was a mistake.",
        )
        .hint(
            "Count the mistakes of one epoch in a variable that is born inside the \
             outer loop.",
        )
        .hint("At the end of an epoch: push the count first, then leave if it is 0.")
        .hint(
            "`weights` is a `&mut [f64]` already. Hand it on as \
             `learn(weights, bias, x, target)`, without another `&mut`.",
        )
        .build()
}

fn near_option(seen: Option<f64>, expected: Option<f64>) -> Outcome {
    match (seen, expected) {
        (Some(seen), Some(expected)) => near(seen, expected),
        _ => equal(seen, expected),
    }
}

fn mistake_bound() -> Box<dyn Check> {
    let yours = exercises::mistake_bound as Bound;
    Exercise::new("1.4", "mistake_bound", yours, solutions::mistake_bound as Bound)
        .probe(|f| {
            let number = |bound: Option<f64>| bound.unwrap_or(-1.0);
            let line = [vec![3.0], vec![-2.0], vec![1.0]];
            vec![
                number(f(&[2.0, 2.0], -3.0, &corners(), &AND)),
                number(f(&[2.0, 2.0], -1.0, &corners(), &OR)),
                number(f(&[4.0, 2.0], -1.0, &corners(), &OR)),
                number(f(&[1.0, 1.0], -1.0, &corners(), &OR)),
                number(f(&[1.0, 1.0], 0.5, &corners(), &XOR)),
                number(f(&[2.0], 0.5, &line, &[1.0, -1.0, 1.0])),
            ]
        })
        .law(
            "length_of_the_line_cancels",
            "Twice the weights and twice the bias are the same line: the same bound.",
            |f| {
                given(&SEPARABLE, separable(), |(w, b, inputs, targets)| {
                    let double: Vec<f64> = w.iter().map(|w| 2.0 * w).collect();
                    let once = f(w, *b, inputs, targets);
                    near_option(f(&double, 2.0 * b, inputs, targets), once)
                        .because("Seen with twice this line, expected as with it.")
                })
            },
        )
        .law(
            "one_example",
            "For one example it is (|x|^2 + 1) * (|w|^2 + b^2) / sum^2.",
            |f| {
                let one = separable().prop_map(|(w, b, mut inputs, mut targets)| {
                    inputs.truncate(1);
                    targets.truncate(1);
                    (w, b, inputs, targets)
                });
                given(&SEPARABLE, one, |(w, b, inputs, targets)| {
                    let depth = sum(w, *b, &inputs[0]);
                    let line = square(w) + b * b;
                    let expected = (square(&inputs[0]) + 1.0) * line / (depth * depth);
                    near_option(f(w, *b, inputs, targets), Some(expected))
                })
            },
        )
        .law(
            "nearest_and_longest",
            "The nearest example sets gamma and the longest sets R.",
            |f| {
                given(&SEPARABLE, separable(), |case| {
                    let seen = f(&case.0, case.1, &case.2, &case.3);
                    near_option(seen, Some(bound_of(case)))
                })
            },
        )
        .law("wrong_side_is_none", "An example on the wrong side: None.", |f| {
            let flipped = (separable(), any::<Index>()).prop_map(
                |((w, b, inputs, mut targets), which)| {
                    let which = which.index(targets.len());
                    targets[which] = -targets[which];
                    (w, b, inputs, targets)
                },
            );
            given(&SEPARABLE, flipped, |(w, b, inputs, targets)| {
                equal(f(w, *b, inputs, targets), None)
            })
        })
        .law("on_the_line_is_none", "An example on the line: None.", |f| {
            // Every product is zero, so that no way of adding up can round.
            let touching =
                (neuron(), strategy::sign()).prop_map(|((mut w, _, x), y)| {
                    w[0] = if w[0] == 0.0 { 1.0 } else { w[0] };
                    let pairs = w.iter().zip(&x);
                    let x = pairs.map(|(w, x)| if *w == 0.0 { *x } else { 0.0 });
                    (w.clone(), 0.0, vec![x.collect()], vec![y])
                });
            given(&SEPARABLE, touching, |(w, b, inputs, targets)| {
                equal(f(w, *b, inputs, targets), None)
            })
        })
        .law(
            "and_by_hand",
            "AND with [2, 2] and -3 gives 51, as in the example.",
            |f| near_option(f(&[2.0, 2.0], -3.0, &corners(), &AND), Some(51.0)),
        )
        .wrong(
            "not_squared",
            wrong::not_squared as Bound,
            "one_example",
            "You return R / gamma. The bound is its square.",
        )
        .wrong(
            "bias_left_out_of_r",
            wrong::bias_left_out_of_r as Bound,
            "one_example",
            "Your R lacks the bias feature. An example counts as (x, 1), so its \
             squared length is |x|^2 + 1.",
        )
        .wrong(
            "bias_left_out_of_line",
            wrong::bias_left_out_of_line as Bound,
            "one_example",
            "The length of your line lacks the bias: it is sqrt(|w|^2 + b^2).",
        )
        .wrong(
            "line_not_measured",
            wrong::line_not_measured as Bound,
            "length_of_the_line_cancels",
            "You use the sum as if it were a distance. Divide it by the length of \
             (weights, bias).",
        )
        .wrong(
            "average_distance",
            wrong::average_distance as Bound,
            "nearest_and_longest",
            "You average the distances. Gamma is the smallest of them.",
        )
        .wrong(
            "length_of_the_nearest",
            wrong::length_of_the_nearest as Bound,
            "nearest_and_longest",
            "Your R is the length of the nearest example. R is the greatest length of \
             any example: look for the longest and the nearest apart.",
        )
        .wrong(
            "each_by_itself",
            wrong::each_by_itself as Bound,
            "nearest_and_longest",
            "You divide length by distance for each example and keep the largest. R \
             and gamma may come from different examples: find each of them first, then \
             divide.",
        )
        .wrong(
            "side_ignored",
            wrong::side_ignored as Bound,
            "wrong_side_is_none",
            "You take the distance without its sign, so an example on the wrong side \
             passes for a good one. Multiply the sum by the target.",
        )
        .wrong(
            "touching_accepted",
            wrong::touching_accepted as Bound,
            "on_the_line_is_none",
            "An example on the line makes gamma zero, and there is no bound: return \
             None.",
        )
        .hint(
            "One pass over the examples: keep the largest |x|^2 + 1 and the smallest \
             target * sum.",
        )
        .hint(
            "The distance is target * sum, divided by the length of (weights, bias), \
             which is sqrt(|w|^2 + b^2). On the wrong side it is negative.",
        )
        .hint(
            "No square root is needed: (R / gamma)^2 is R^2 * (|w|^2 + b^2), divided \
             by the square of the smallest target * sum.",
        )
        .hint("If the smallest target * sum is zero or less, return None.")
        .build()
}

/// A run that walks through `tail` new states, then round a circle of `round` states.
fn history(tail: usize, round: usize, length: usize) -> Vec<Vec<f64>> {
    let place = |k: usize| if k < tail { k } else { tail + (k - tail) % round };
    let state = |k: usize| vec![2.0 * k as f64, -((k % 3) as f64)];
    (0..length).map(|k| state(place(k))).collect()
}

const CIRCLE: [&str; 2] = ["states", "one round takes"];

fn cycle() -> Box<dyn Check> {
    Exercise::new("1.5", "cycle", exercises::cycle as Cycle, solutions::cycle as Cycle)
        .probe(|f| {
            let runs = [(1, 3, 5), (0, 2, 7), (4, 1, 8), (2, 5, 6), (3, 4, 20)];
            let answer = |(tail, round, length)| f(&history(tail, round, length));
            let mut seen = runs.map(answer).to_vec();
            seen.push(f(&[vec![1.0, 2.0], vec![2.0, 1.0], vec![0.0, 0.0]]));
            seen.push(f(&[vec![1.0], vec![1.0 + 1e-12]]));
            seen.iter().map(|round| round.map_or(-1.0, |round| round as f64)).collect()
        })
        .law("none_yet", "While no state has come back: None.", |f| {
            let new = (0usize..12).prop_map(|length| history(length, 1, length));
            given(&["states"], new, |states| equal(f(states), None))
        })
        .law(
            "one_round",
            "When a state comes back: the number of epochs from one to the other.",
            |f| {
                let runs = (0usize..7, 1usize..8).prop_map(|(tail, round)| {
                    (history(tail, round, tail + round + 1), round)
                });
                given(&CIRCLE, runs, |(states, round)| equal(f(states), Some(*round)))
            },
        )
        .law("many_rounds", "After several rounds: still the length of one.", |f| {
            let runs = (0usize..5, 1usize..6, 1usize..20);
            let runs = runs.prop_map(|(tail, round, more)| {
                (history(tail, round, tail + round + more), round)
            });
            given(&CIRCLE, runs, |(states, round)| equal(f(states), Some(*round)))
        })
        .law(
            "whole_states",
            "Two states are equal only if all their numbers are.",
            |f| {
                let shared = vec(halves(), 1..4);
                let states = shared.prop_map(|shared| {
                    let tails = [[0.0, 1.0], [1.0, 0.0], [2.0, -1.0], [-1.0, 2.0]];
                    tails.map(|tail| [&shared[..], &tail].concat()).to_vec()
                });
                given(&["states"], states, |states| equal(f(states), None))
            },
        )
        .law(
            "equal_not_near",
            "Two states that differ in one number, however little, are not equal.",
            |f| {
                let gap = one_of(&[0.5, 1e-3, 1e-6, 1e-9, 1e-12]);
                let states =
                    (vec(whole(-3..=3), 1..4), gap).prop_map(|(state, gap)| {
                        let mut other = state.clone();
                        other[0] += gap;
                        vec![state, other]
                    });
                given(&["states"], states, |states| equal(f(states), None))
            },
        )
        .law("by_hand", "The example: 0, 1, 2, 3, 1 goes round in 3.", |f| {
            equal(f(&[0.0, 1.0, 2.0, 3.0, 1.0].map(|x| vec![x])), Some(3))
        })
        .wrong(
            "neighbors_only",
            wrong::neighbors_only as Cycle,
            "one_round",
            "You compare each state with the one just before it. A round can take more \
             than one epoch: compare with all earlier states.",
        )
        .wrong(
            "first_state_only",
            wrong::first_state_only as Cycle,
            "one_round",
            "You look only for the first state. A run can enter its circle later: \
             compare every pair.",
        )
        .wrong(
            "where_not_how_long",
            wrong::where_not_how_long as Cycle,
            "one_round",
            "You return where the circle closes. The length of a round is the distance \
             between the two equal states.",
        )
        .wrong(
            "both_ends_counted",
            wrong::both_ends_counted as Cycle,
            "one_round",
            "You count both ends. From state 1 to state 4 it takes 3 epochs.",
        )
        .wrong(
            "longest_distance",
            wrong::longest_distance as Cycle,
            "many_rounds",
            "You found two equal states that lie several rounds apart. One round is \
             the smallest such distance.",
        )
        .wrong(
            "sums_compared",
            wrong::sums_compared as Cycle,
            "whole_states",
            "You compare the sums of the states. Different weights can have the same \
             sum: compare the vectors themselves.",
        )
        .wrong(
            "nearly_equal",
            wrong::nearly_equal as Cycle,
            "equal_not_near",
            "You take states for equal that only lie close together. A state that is a \
             little different can have another future: compare with `==`.",
        )
        .hint("Two nested loops: each state against the earlier ones.")
        .hint(
            "Vectors compare with `==`. The numbers of XOR are whole, so no rounding \
             can spoil the comparison.",
        )
        .hint(
            "When the states `earlier` and `now` are equal, the answer is \
             `now - earlier`. Look backwards from `now`, nearest first.",
        )
        .build()
}

/// The mistakes people make.
mod wrong {
    use super::solutions;

    fn products(weights: &[f64], x: &[f64]) -> f64 {
        weights.iter().zip(x).map(|(w, x)| w * x).sum()
    }

    fn side(sum: f64) -> f64 {
        if sum >= 0.0 { 1.0 } else { -1.0 }
    }

    pub fn strictly_more(weights: &[f64], bias: f64, x: &[f64]) -> f64 {
        if products(weights, x) + bias > 0.0 { 1.0 } else { -1.0 }
    }

    pub fn sign_bit(weights: &[f64], bias: f64, x: &[f64]) -> f64 {
        let products = weights.iter().zip(x).map(|(w, x)| w * x);
        (products.fold(-0.0, |sum, product| sum + product) + bias).signum()
    }

    pub fn bias_for_each_input(weights: &[f64], bias: f64, x: &[f64]) -> f64 {
        side(products(weights, x) + bias * x.len() as f64)
    }

    pub fn no_bias(weights: &[f64], _bias: f64, x: &[f64]) -> f64 {
        side(products(weights, x))
    }

    pub fn bias_as_threshold(weights: &[f64], bias: f64, x: &[f64]) -> f64 {
        side(products(weights, x) - bias)
    }

    pub fn zero_for_silent(weights: &[f64], bias: f64, x: &[f64]) -> f64 {
        if products(weights, x) + bias >= 0.0 { 1.0 } else { 0.0 }
    }

    pub fn the_sum_itself(weights: &[f64], bias: f64, x: &[f64]) -> f64 {
        products(weights, x) + bias
    }

    pub fn unweighted(_weights: &[f64], bias: f64, x: &[f64]) -> f64 {
        side(x.iter().sum::<f64>() + bias)
    }

    /// Whether it was a mistake; then `step` changes each weight, and the bias with an
    /// input of 1.
    fn on_mistake(
        w: &mut [f64],
        b: &mut f64,
        (x, y): (&[f64], f64),
        step: impl Fn(&mut f64, f64),
    ) -> bool {
        let wrong = solutions::decide(w, *b, x) != y;
        if wrong {
            w.iter_mut().zip(x).for_each(|(w, x)| step(w, *x));
            step(b, 1.0);
        }
        wrong
    }

    pub fn always_moves(w: &mut [f64], b: &mut f64, x: &[f64], y: f64) -> bool {
        let wrong = solutions::decide(w, *b, x) != y;
        w.iter_mut().zip(x).for_each(|(w, x)| *w += y * x);
        *b += y;
        wrong
    }

    pub fn away_from_the_target(w: &mut [f64], b: &mut f64, x: &[f64], y: f64) -> bool {
        on_mistake(w, b, (x, y), |w, x| *w -= y * x)
    }

    pub fn twice_too_far(w: &mut [f64], b: &mut f64, x: &[f64], y: f64) -> bool {
        let error = y - solutions::decide(w, *b, x);
        w.iter_mut().zip(x).for_each(|(w, x)| *w += error * x);
        *b += error;
        error != 0.0
    }

    pub fn bias_forgotten(w: &mut [f64], b: &mut f64, x: &[f64], y: f64) -> bool {
        let mut bias = *b;
        solutions::learn(w, &mut bias, x, y)
    }

    pub fn input_forgotten(w: &mut [f64], b: &mut f64, x: &[f64], y: f64) -> bool {
        on_mistake(w, b, (x, y), |w, _| *w += y)
    }

    pub fn target_forgotten(w: &mut [f64], b: &mut f64, x: &[f64], y: f64) -> bool {
        on_mistake(w, b, (x, y), |w, x| *w += x)
    }

    pub fn overwritten(w: &mut [f64], b: &mut f64, x: &[f64], y: f64) -> bool {
        on_mistake(w, b, (x, y), |w, x| *w = y * x)
    }

    pub fn says_whether_right(w: &mut [f64], b: &mut f64, x: &[f64], y: f64) -> bool {
        !solutions::learn(w, b, x, y)
    }

    type Inputs<'a> = &'a [Vec<f64>];

    fn epoch(w: &mut [f64], b: &mut f64, inputs: Inputs, targets: &[f64]) -> usize {
        let examples = inputs.iter().zip(targets);
        examples.map(|(x, &y)| usize::from(solutions::learn(w, b, x, y))).sum()
    }

    /// Repeats an epoch until it is clean or the limit is reached.
    fn until_clean(max_epochs: usize, mut epoch: impl FnMut() -> usize) -> Vec<usize> {
        let mut mistakes = vec![];
        while mistakes.len() < max_epochs && mistakes.last() != Some(&0) {
            mistakes.push(epoch());
        }
        mistakes
    }

    pub fn limit_ignored(
        w: &mut [f64],
        b: &mut f64,
        inputs: Inputs,
        targets: &[f64],
        _max_epochs: usize,
    ) -> Vec<usize> {
        solutions::fit(w, b, inputs, targets, usize::MAX)
    }

    pub fn clean_epoch_left_out(
        w: &mut [f64],
        b: &mut f64,
        inputs: Inputs,
        targets: &[f64],
        max_epochs: usize,
    ) -> Vec<usize> {
        let mut mistakes = solutions::fit(w, b, inputs, targets, max_epochs);
        mistakes.retain(|&mistakes| mistakes > 0);
        mistakes
    }

    pub fn running_total(
        w: &mut [f64],
        b: &mut f64,
        inputs: Inputs,
        targets: &[f64],
        max_epochs: usize,
    ) -> Vec<usize> {
        let each = solutions::fit(w, b, inputs, targets, max_epochs).into_iter();
        let add = |total: &mut usize, mistakes| {
            *total += mistakes;
            Some(*total)
        };
        each.scan(0, add).collect()
    }

    pub fn forgets_each_epoch(
        w: &mut [f64],
        b: &mut f64,
        inputs: Inputs,
        targets: &[f64],
        max_epochs: usize,
    ) -> Vec<usize> {
        until_clean(max_epochs, || {
            w.fill(0.0);
            *b = 0.0;
            epoch(w, b, inputs, targets)
        })
    }

    pub fn never_stops_early(
        w: &mut [f64],
        b: &mut f64,
        inputs: Inputs,
        targets: &[f64],
        max_epochs: usize,
    ) -> Vec<usize> {
        (0..max_epochs).map(|_| epoch(w, b, inputs, targets)).collect()
    }

    pub fn learns_at_the_end(
        w: &mut [f64],
        b: &mut f64,
        inputs: Inputs,
        targets: &[f64],
        max_epochs: usize,
    ) -> Vec<usize> {
        until_clean(max_epochs, || {
            let (old, start) = (w.to_vec(), *b);
            let mut mistakes = 0;
            for (x, &y) in inputs.iter().zip(targets) {
                if solutions::decide(&old, start, x) != y {
                    mistakes += 1;
                    w.iter_mut().zip(x).for_each(|(w, x)| *w += y * x);
                    *b += y;
                }
            }
            mistakes
        })
    }

    pub fn one_mistake_an_epoch(
        w: &mut [f64],
        b: &mut f64,
        inputs: Inputs,
        targets: &[f64],
        max_epochs: usize,
    ) -> Vec<usize> {
        until_clean(max_epochs, || {
            let mut examples = inputs.iter().zip(targets);
            usize::from(examples.any(|(x, &y)| solutions::learn(w, b, x, y)))
        })
    }

    pub fn starts_from_zero(
        w: &mut [f64],
        b: &mut f64,
        inputs: Inputs,
        targets: &[f64],
        max_epochs: usize,
    ) -> Vec<usize> {
        w.fill(0.0);
        *b = 0.0;
        solutions::fit(w, b, inputs, targets, max_epochs)
    }

    fn square(x: &[f64]) -> f64 {
        products(x, x)
    }

    /// `target * sum` for each example.
    fn depths(w: &[f64], b: f64, inputs: Inputs, targets: &[f64]) -> Vec<f64> {
        let examples = inputs.iter().zip(targets);
        examples.map(|(x, y)| y * (products(w, x) + b)).collect()
    }

    fn least(numbers: &[f64]) -> f64 {
        numbers.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// `R^2`.
    fn longest(inputs: Inputs) -> f64 {
        inputs.iter().map(|x| square(x) + 1.0).fold(0.0, f64::max)
    }

    pub fn not_squared(w: &[f64], b: f64, inputs: Inputs, y: &[f64]) -> Option<f64> {
        solutions::mistake_bound(w, b, inputs, y).map(f64::sqrt)
    }

    pub fn bias_left_out_of_r(
        w: &[f64],
        b: f64,
        inputs: Inputs,
        y: &[f64],
    ) -> Option<f64> {
        let near = least(&depths(w, b, inputs, y));
        let longest = longest(inputs) - 1.0;
        (near > 0.0).then(|| longest * (square(w) + b * b) / (near * near))
    }

    pub fn bias_left_out_of_line(
        w: &[f64],
        b: f64,
        inputs: Inputs,
        y: &[f64],
    ) -> Option<f64> {
        let near = least(&depths(w, b, inputs, y));
        (near > 0.0).then(|| longest(inputs) * square(w) / (near * near))
    }

    pub fn line_not_measured(
        w: &[f64],
        b: f64,
        inputs: Inputs,
        y: &[f64],
    ) -> Option<f64> {
        let near = least(&depths(w, b, inputs, y));
        (near > 0.0).then(|| longest(inputs) / (near * near))
    }

    pub fn average_distance(
        w: &[f64],
        b: f64,
        inputs: Inputs,
        y: &[f64],
    ) -> Option<f64> {
        let depths = depths(w, b, inputs, y);
        let mean = depths.iter().sum::<f64>() / depths.len() as f64;
        let line = square(w) + b * b;
        (least(&depths) > 0.0).then(|| longest(inputs) * line / (mean * mean))
    }

    /// `R^2 / gamma^2` of each example by itself, and `target * sum`.
    fn ratios(w: &[f64], b: f64, inputs: Inputs, y: &[f64]) -> Vec<(f64, f64)> {
        let line = square(w) + b * b;
        let depths = depths(w, b, inputs, y).into_iter().zip(inputs);
        depths.map(|(d, x)| ((square(x) + 1.0) * line / (d * d), d)).collect()
    }

    pub fn length_of_the_nearest(
        w: &[f64],
        b: f64,
        inputs: Inputs,
        y: &[f64],
    ) -> Option<f64> {
        let ratios = ratios(w, b, inputs, y).into_iter();
        let (ratio, near) = ratios.min_by(|one, two| one.1.total_cmp(&two.1))?;
        (near > 0.0).then_some(ratio)
    }

    pub fn each_by_itself(w: &[f64], b: f64, inputs: Inputs, y: &[f64]) -> Option<f64> {
        let ratios = ratios(w, b, inputs, y);
        let right = ratios.iter().all(|(_, depth)| *depth > 0.0);
        right.then(|| ratios.iter().map(|(ratio, _)| *ratio).fold(0.0, f64::max))
    }

    pub fn side_ignored(w: &[f64], b: f64, inputs: Inputs, y: &[f64]) -> Option<f64> {
        let depths: Vec<f64> =
            depths(w, b, inputs, y).iter().map(|d| d.abs()).collect();
        let (near, line) = (least(&depths), square(w) + b * b);
        (near > 0.0).then(|| longest(inputs) * line / (near * near))
    }

    pub fn touching_accepted(
        w: &[f64],
        b: f64,
        inputs: Inputs,
        y: &[f64],
    ) -> Option<f64> {
        let (near, line) = (least(&depths(w, b, inputs, y)), square(w) + b * b);
        (near >= 0.0).then(|| longest(inputs) * line / (near * near))
    }

    pub fn neighbors_only(states: &[Vec<f64>]) -> Option<usize> {
        states.windows(2).any(|pair| pair[0] == pair[1]).then_some(1)
    }

    pub fn first_state_only(states: &[Vec<f64>]) -> Option<usize> {
        (1..states.len()).find(|&now| states[now] == states[0])
    }

    pub fn where_not_how_long(states: &[Vec<f64>]) -> Option<usize> {
        (0..states.len()).find(|&now| states[..now].contains(&states[now]))
    }

    pub fn both_ends_counted(states: &[Vec<f64>]) -> Option<usize> {
        solutions::cycle(states).map(|round| round + 1)
    }

    pub fn longest_distance(states: &[Vec<f64>]) -> Option<usize> {
        let first = |now: usize| states[..now].iter().position(|s| *s == states[now]);
        (0..states.len()).filter_map(|now| Some(now - first(now)?)).max()
    }

    pub fn nearly_equal(states: &[Vec<f64>]) -> Option<usize> {
        let close =
            |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
        (0..states.len()).find_map(|now| {
            let earlier = (0..now).rev().find(|&k| close(&states[k], &states[now]));
            earlier.map(|k| now - k)
        })
    }

    pub fn sums_compared(states: &[Vec<f64>]) -> Option<usize> {
        let sums = states.iter().map(|state| vec![state.iter().sum::<f64>()]);
        solutions::cycle(&sums.collect::<Vec<_>>())
    }
}
