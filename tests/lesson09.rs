//! Lesson 09: the laws of its exercises, the wrong answers we know, and the hints.
//!
//! `cargo test --test lesson09` judges `lessons/lesson09/exercises.rs`.

#[allow(unused_variables, reason = "a stub uses nothing yet")]
#[path = "../lessons/lesson09/exercises.rs"]
mod exercises;
#[path = "../lessons/lesson09/solutions.rs"]
mod solutions;

use gradbook::Matrix;
use harness::*;
use proptest::collection::vec;

type Matrix64 = Matrix<f64>;
type Penalty = fn(&[f64], &[bool], f64, f64) -> (f64, Vec<f64>);
type Dropout = fn(&[f64], &[f64], f64, bool) -> Vec<f64>;
type Folds = fn(&[usize], usize) -> Vec<(Vec<usize>, Vec<usize>)>;
type BatchNorm =
    fn(&Matrix64, &[f64], &[f64], &mut [f64], &mut [f64], bool) -> Matrix64;
type EarlyStopping = fn(&[f64], usize) -> (usize, usize);

fn main() -> std::process::ExitCode {
    let exercises =
        vec![penalty(), dropout(), stratified_folds(), batch_norm(), early_stopping()];
    harness::main(9, exercises)
}

/// A multiple of one half that is not 0.
fn nonzero() -> impl Strategy<Value = f64> + Clone {
    (positive_halves(6.0), sign()).prop_map(|(size, sign)| size * sign)
}

/// As [`nonzero`], or so small that it is nearly 0.
fn nonzero_or_tiny() -> impl Strategy<Value = f64> + Clone {
    (nonzero(), one_of(&[1.0, 1e-9])).prop_map(|(size, unit)| size * unit)
}

/// How strong a penalty is.
fn strength() -> impl Strategy<Value = f64> + Clone {
    one_of(&[2.0, 0.5, 0.25, 3.0])
}

fn penalty() -> Box<dyn Check> {
    let yours = exercises::penalty as Penalty;
    let ours = solutions::penalty as Penalty;
    const CASE: [&str; 4] = ["parameters", "is_weight", "l1", "l2"];
    // weights and others, mixed
    let mixed = || {
        let parameters = vec((nonzero(), 0..2_u8), 1..7);
        (parameters, strength(), strength()).prop_map(|(parameters, l1, l2)| {
            let (numbers, kinds): (Vec<f64>, Vec<u8>) = parameters.into_iter().unzip();
            let is_weight: Vec<bool> = kinds.iter().map(|&kind| kind == 1).collect();
            (numbers, is_weight, l1, l2)
        })
    };
    let weights = || vec(nonzero(), 1..6);
    Exercise::new("9.1", "penalty", yours, ours)
        .probe(|f| {
            let mut seen = Vec::new();
            for (l1, l2) in [(0.5, 0.25), (2.0, 0.0), (0.0, 3.0)] {
                for parameters in [
                    [3.0, -2.0, 0.0, 5.0],
                    [-1.5, 0.5, 4.0, 0.0],
                    [1e-9, -1e-9, 1.0, 1.0],
                ] {
                    for last in [false, true] {
                        let is_weight = [true, true, last, !last];
                        let (cost, slopes) = f(&parameters, &is_weight, l1, l2);
                        seen.push(cost);
                        seen.extend(slopes);
                    }
                }
            }
            seen
        })
        .law("a_slope_each", "There is a slope for each parameter.", move |f| {
            given(&CASE, mixed(), |(parameters, is_weight, l1, l2)| {
                let (_, slopes) = f(parameters, is_weight, *l1, *l2);
                equal(slopes.len(), parameters.len())
            })
        })
        .law(
            "slope_of_the_penalty",
            "A slope says how fast the penalty grows when that weight grows.",
            move |f| {
                let case = (weights(), strength(), strength());
                given(&["weights", "l1", "l2"], case, |(weights, l1, l2)| {
                    let all = vec![true; weights.len()];
                    let (_, slopes) = f(weights, &all, *l1, *l2);
                    let at = |i: usize, step: f64| {
                        let mut moved = weights.clone();
                        moved[i] += step;
                        f(&moved, &all, *l1, *l2).0
                    };
                    let step = 1.0 / 1024.0;
                    let fast = |i| (at(i, step) - at(i, -step)) / (2.0 * step);
                    let expected: Vec<f64> = (0..weights.len()).map(fast).collect();
                    near_slice_within(slopes, expected, 1e-4).because(
                        "Expected is how much your own penalty grows when a weight \
                         moves from 1/1024 below to 1/1024 above, divided by 2/1024.",
                    )
                })
            },
        )
        .law(
            "l1_alone",
            "With `l2 = 0` the penalty is `l1` times the sum of the absolute values, \
             and each slope is `l1` or `-l1`.",
            move |f| {
                let case = (vec(nonzero_or_tiny(), 1..6), strength());
                given(&["weights", "l1"], case, |(weights, l1)| {
                    let all = vec![true; weights.len()];
                    let (cost, slopes) = f(weights, &all, *l1, 0.0);
                    near(cost, l1 * weights.iter().map(|w| w.abs()).sum::<f64>())?;
                    let signs = weights.iter().map(|w| l1 * w.signum());
                    near_slice(slopes, signs.collect::<Vec<_>>())
                })
            },
        )
        .law(
            "l2_alone",
            "With `l1 = 0` the penalty is half of `l2` times the sum of the squares, \
             and each slope is `l2` times the weight.",
            move |f| {
                given(&["weights", "l2"], (weights(), strength()), |(weights, l2)| {
                    let all = vec![true; weights.len()];
                    let (cost, slopes) = f(weights, &all, 0.0, *l2);
                    near(cost, l2 / 2.0 * weights.iter().map(|w| w * w).sum::<f64>())?;
                    let pulls: Vec<f64> = weights.iter().map(|w| l2 * w).collect();
                    near_slice(slopes, pulls)
                })
            },
        )
        .law(
            "corner",
            "A weight of 0 has the slope 0, whatever the others are.",
            move |f| {
                let with_zeros = vec((nonzero(), bit()), 1..6).prop_map(|weights| {
                    let or_zero = |(w, kept)| if kept == 0.0 { 0.0 } else { w };
                    weights.into_iter().map(or_zero).collect::<Vec<f64>>()
                });
                let case = (with_zeros, strength(), strength());
                given(&["weights", "l1", "l2"], case, |(weights, l1, l2)| {
                    let all = vec![true; weights.len()];
                    let (_, slopes) = f(weights, &all, *l1, *l2);
                    let at_zero = |x: &[f64]| -> Vec<f64> {
                        let pairs = weights.iter().zip(x);
                        pairs.filter(|(w, _)| **w == 0.0).map(|(_, x)| *x).collect()
                    };
                    near_slice(at_zero(&slopes), at_zero(weights))
                        .because("These are the slopes of the weights that are 0.")
                })
            },
        )
        .law(
            "weights_only",
            "A parameter that is no weight costs nothing and has the slope 0.",
            move |f| {
                given(&CASE, mixed(), |(parameters, is_weight, l1, l2)| {
                    let (cost, slopes) = f(parameters, is_weight, *l1, *l2);
                    let zeroed: Vec<f64> = (parameters.iter().zip(is_weight))
                        .map(|(&x, &weight)| if weight { x } else { 0.0 })
                        .collect();
                    let all = vec![true; zeroed.len()];
                    let (least, expected) = f(&zeroed, &all, *l1, *l2);
                    near(cost, least)?;
                    near_slice(slopes, expected)
                })
            },
        )
        .law(
            "both",
            "The penalty of both is the sum of the two, and so is each slope.",
            move |f| {
                given(&CASE, mixed(), |(parameters, is_weight, l1, l2)| {
                    let (cost, slopes) = f(parameters, is_weight, *l1, *l2);
                    let (first, ones) = f(parameters, is_weight, *l1, 0.0);
                    let (second, twos) = f(parameters, is_weight, 0.0, *l2);
                    near(cost, first + second)?;
                    let sums = ones.iter().zip(&twos).map(|(a, b)| a + b);
                    near_slice(slopes, sums.collect::<Vec<_>>())
                })
            },
        )
        .wrong(
            "weights_slopes_only",
            wrong::weights_slopes_only as Penalty,
            "a_slope_each",
            "You return slopes for the weights only, so they no longer line up with \
             the parameters. A parameter that is no weight has a slope too: 0.",
        )
        .wrong(
            "no_half_in_the_penalty",
            wrong::no_half_in_the_penalty as Penalty,
            "slope_of_the_penalty",
            "Your slopes are right, but the penalty lacks the half: it is `l2 / 2` \
             times the squares, so that the slope of `w * w / 2` is just `w`.",
        )
        .wrong(
            "half_in_the_slope",
            wrong::half_in_the_slope as Penalty,
            "slope_of_the_penalty",
            "Your penalty is right, but the half does not belong in the slope. The \
             slope of `w * w` is `2 w`, and the half takes away the 2.",
        )
        .wrong(
            "two_in_the_slope",
            wrong::two_in_the_slope as Penalty,
            "slope_of_the_penalty",
            "Your penalty is right, but its slope is `l2 * w`, not `2 * l2 * w`: the \
             half in the penalty takes away the 2.",
        )
        .wrong(
            "not_absolute",
            wrong::not_absolute as Penalty,
            "slope_of_the_penalty",
            "You add up the weights as they are, so a negative weight earns \
             something. L1 adds up their absolute values.",
        )
        .wrong(
            "downhill",
            wrong::downhill as Penalty,
            "slope_of_the_penalty",
            "Your slopes have the wrong sign: they point downhill. A slope points \
             the way the penalty grows; the optimizer takes the step against it.",
        )
        .wrong(
            "l1_slope_without_strength",
            wrong::l1_slope_without_strength as Penalty,
            "slope_of_the_penalty",
            "The slope of L1 is `l1` times the sign; you return the sign alone.",
        )
        .wrong(
            "l1_slope_grows",
            wrong::l1_slope_grows as Penalty,
            "slope_of_the_penalty",
            "Your L1 slope grows with the weight. That is L2's pull. L1 pulls every \
             weight alike, large or small, by `l1` times its sign.",
        )
        .wrong(
            "swapped",
            wrong::swapped as Penalty,
            "l1_alone",
            "You have taken `l1` for `l2`: `l1` goes with the absolute values, `l2` \
             with the squares.",
        )
        .wrong(
            "averaged",
            wrong::averaged as Penalty,
            "l1_alone",
            "You divide by the number of parameters. The penalty is a sum: more \
             weights cost more.",
        )
        .wrong(
            "half_of_both",
            wrong::half_of_both as Penalty,
            "l1_alone",
            "You halve L1 too. The half stands before the squares only.",
        )
        .wrong(
            "small_is_zero",
            wrong::small_is_zero as Penalty,
            "l1_alone",
            "You take a small weight for 0. L1 pulls it as hard as a large one; only \
             exactly 0 has the slope 0.",
        )
        .wrong(
            "rounded_corner",
            wrong::rounded_corner as Penalty,
            "l1_alone",
            "You have rounded the corner of the absolute value, so L1 lets go of a \
             weight that is nearly 0. Its slope there is still `l1` or `-l1`.",
        )
        .wrong(
            "no_half_anywhere",
            wrong::no_half_anywhere as Penalty,
            "l2_alone",
            "Penalty and slope agree with each other, but both are twice too large \
             in L2: the sum of the squares is multiplied by *half* of `l2`.",
        )
        .wrong(
            "length_not_squared",
            wrong::length_not_squared as Penalty,
            "l2_alone",
            "You take the root of the sum of the squares. L2 has no root: then the \
             pull on each weight depends on that weight alone.",
        )
        .wrong(
            "sign_of_zero",
            wrong::sign_of_zero as Penalty,
            "corner",
            "In Rust `0.0_f64.signum()` is 1, not 0, so you push a weight of 0 away \
             from 0. Give 0 a case of its own.",
        )
        .wrong(
            "zero_is_negative",
            wrong::zero_is_negative as Penalty,
            "corner",
            "You ask only whether a weight is above 0, so 0 counts as negative. \
             There are three cases: above 0, below 0, and 0.",
        )
        .wrong(
            "divided_by_its_size",
            wrong::divided_by_its_size as Penalty,
            "corner",
            "You divide a weight by its absolute value to get its sign. At 0 that is \
             0 divided by 0: NaN. Give 0 a case of its own.",
        )
        .wrong(
            "all_parameters",
            wrong::all_parameters as Penalty,
            "weights_only",
            "You make every parameter pay. Only those with `is_weight` do: a bias \
             may be as large as the data ask.",
        )
        .wrong(
            "others_have_slopes",
            wrong::others_have_slopes as Penalty,
            "weights_only",
            "What is no weight costs nothing in your penalty, but still has a slope, \
             and so it would be pulled to 0. Leave it out of both.",
        )
        .wrong(
            "others_cost",
            wrong::others_cost as Penalty,
            "weights_only",
            "What is no weight has the slope 0, but still adds to your penalty. \
             Leave it out of both.",
        )
        .wrong(
            "one_or_the_other",
            wrong::one_or_the_other as Penalty,
            "both",
            "You charge L1 or L2, never both. With both strengths above 0, add the \
             two.",
        )
        .hint("First think of one weight: what does it cost, and what is the slope?")
        .hint(
            "The slope of the absolute value of `w` is 1 above 0 and -1 below 0; at \
             0 we take 0. The slope of `w * w / 2` is `w`.",
        )
        .hint(
            "Start with a cost of 0 and `vec![0.0; parameters.len()]`; then change \
             them for each `i` with `is_weight[i]`.",
        )
        .hint(
            "For a weight `w`: cost `l1 * w.abs() + l2 / 2.0 * w * w`, slope `l1 * \
             sign + l2 * w`. Mind that `0.0_f64.signum()` is 1.",
        )
        .build()
}

/// A tenth from 0 to 0.9, so that a draw often equals a rate.
fn tenth() -> impl Strategy<Value = f64> + Clone {
    (0..10_i32).prop_map(|k| f64::from(k) / 10.0)
}

fn dropout() -> Box<dyn Check> {
    let (yours, ours) = (exercises::dropout as Dropout, solutions::dropout as Dropout);
    const CASE: [&str; 3] = ["values", "draws", "rate"];
    let case = || {
        let values = vec((nonzero(), tenth()), 1..8);
        (values, one_of(&[0.5, 0.2, 0.1, 0.7, 0.0])).prop_map(|(pairs, rate)| {
            let (values, draws): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            (values, draws, rate)
        })
    };
    Exercise::new("9.2", "dropout", yours, ours)
        .probe(|f| {
            let mut seen = f(&[4.0, -8.0, 0.5], &[], 0.2, false);
            seen.extend(f(&[4.0, 8.0, 2.0], &[0.2, 0.1, 0.9], 0.2, true));
            seen.extend(f(&[1.0, -2.0, 3.0, 5.0], &[0.7, 0.3, 0.8, 0.25], 0.75, true));
            seen.extend(f(&[6.0, -1.0], &[0.0, 0.9], 0.0, true));
            seen.extend(f(&[7.0, 2.5], &[0.25, 0.0], 0.5, true));
            seen
        })
        .law(
            "inference",
            "At inference the answer is the values exactly, whatever the rate.",
            |f| {
                let case = (halves_vec(1..8), one_of(&[0.5, 0.2, 0.3, 0.7, 0.0]));
                given(&["values", "rate"], case, |(values, rate)| {
                    equal(f(values, &[], *rate, false), values.clone())
                })
            },
        )
        .law(
            "dropped",
            "A value becomes 0 exactly where its draw is below the rate; every other \
             one stays in its place.",
            move |f| {
                given(&CASE, case(), |(values, draws, rate)| {
                    let zero = |x: f64| if x == 0.0 { "0" } else { "kept" }.to_string();
                    let seen = f(values, draws, *rate, true).into_iter().map(zero);
                    let expected = draws
                        .iter()
                        .map(|draw| if draw < rate { "0" } else { "kept" }.to_string());
                    equal(seen.collect::<Vec<_>>(), expected.collect())
                })
            },
        )
        .law(
            "mean_over_draws",
            "Over draws spread evenly from 0 to 1, the mean of the outputs is the \
             value itself.",
            |f| {
                let case = (nonzero(), (1..12_usize, 1..12_usize));
                let case = case.prop_map(|(value, (dropped, kept))| {
                    (value, dropped, dropped + kept)
                });
                let names = ["value", "draws below the rate", "draws in all"];
                given(&names, case, |&(value, dropped, count)| {
                    let share = |k: usize| k as f64 / count as f64;
                    let draws: Vec<f64> = (0..count).map(share).collect();
                    let values = vec![value; count];
                    let outputs = f(&values, &draws, share(dropped), true);
                    near(outputs.iter().sum::<f64>() / count as f64, value)
                })
            },
        )
        .law(
            "kept_and_scaled",
            "A value that is kept is divided by `1 - rate`, whatever else is kept.",
            move |f| {
                given(&CASE, case(), |(values, draws, rate)| {
                    let one = |(&value, draw): (&f64, &f64)| match draw < rate {
                        true => 0.0,
                        false => value / (1.0 - rate),
                    };
                    let expected: Vec<f64> =
                        values.iter().zip(draws).map(one).collect();
                    near_slice(f(values, draws, *rate, true), expected)
                })
            },
        )
        .wrong(
            "always_on",
            wrong::always_on as Dropout,
            "inference",
            "You drop values at inference too, where there are no draws. Ask for \
             `training` first.",
        )
        .wrong(
            "scaled_at_inference",
            wrong::scaled_at_inference as Dropout,
            "inference",
            "You make the values smaller at inference. That is the first dropout of \
             2012. Inverted dropout scales in training and leaves inference alone.",
        )
        .wrong(
            "larger_at_inference",
            wrong::larger_at_inference as Dropout,
            "inference",
            "At inference you still divide by `1 - rate`. Nothing was dropped, so \
             there is nothing to make up for.",
        )
        .wrong(
            "zeros_at_inference",
            wrong::zeros_at_inference as Dropout,
            "inference",
            "At inference your answer is nothing but zeros. It must be the values.",
        )
        .wrong(
            "the_wrong_way_round",
            wrong::the_wrong_way_round as Dropout,
            "inference",
            "You drop at inference and not in training. It is the other way round.",
        )
        .wrong(
            "kept_below",
            wrong::kept_below as Dropout,
            "dropped",
            "You keep where the draw is below the rate and drop elsewhere. The rate \
             is the share that is *dropped*: drop where the draw is below it.",
        )
        .wrong(
            "rate_of_keeping",
            wrong::rate_of_keeping as Dropout,
            "dropped",
            "You take `rate` for the share that is kept. It is the share that is \
             dropped, so `1 - rate` is kept.",
        )
        .wrong(
            "dropped_at_the_rate",
            wrong::dropped_at_the_rate as Dropout,
            "dropped",
            "A draw equal to the rate keeps the value: drop where `draw < rate`, not \
             `<=`. With a rate of 0 a draw of 0 must not drop anything.",
        )
        .wrong(
            "below_the_kept_share",
            wrong::below_the_kept_share as Dropout,
            "dropped",
            "You keep where the draw is below `1 - rate`. As often, but elsewhere: \
             here the draws below `rate` drop, and the others keep.",
        )
        .wrong(
            "removed",
            wrong::removed as Dropout,
            "dropped",
            "You leave dropped values out of the list, so the others move to the \
             wrong places. A dropped value stays, as 0.",
        )
        .wrong(
            "one_draw_for_all",
            wrong::one_draw_for_all as Dropout,
            "dropped",
            "You decide by the first draw for all values. Each value has a draw of \
             its own.",
        )
        .wrong(
            "exactly_the_rate",
            wrong::exactly_the_rate as Dropout,
            "dropped",
            "You drop a fixed number of values, those with the smallest draws. Each \
             value is dropped by its own draw, so the number varies.",
        )
        .wrong(
            "not_scaled",
            wrong::not_scaled as Dropout,
            "mean_over_draws",
            "You drop, but the kept values stay as they are, so on average the \
             outputs are too small. Divide the kept ones by `1 - rate`.",
        )
        .wrong(
            "divided_by_the_rate",
            wrong::divided_by_the_rate as Dropout,
            "mean_over_draws",
            "You divide by `rate`, the share that is dropped. Divide by the share \
             that is kept: `1 - rate`.",
        )
        .wrong(
            "multiplied",
            wrong::multiplied as Dropout,
            "mean_over_draws",
            "You multiply by `1 - rate`. The others must stand in for the dropped \
             values, so divide: they get larger.",
        )
        .wrong(
            "mask_itself",
            wrong::mask_itself as Dropout,
            "mean_over_draws",
            "You return 1 for a value that is kept, not the value. Multiply the mask \
             by the values.",
        )
        .wrong(
            "raised_by_the_rate",
            wrong::raised_by_the_rate as Dropout,
            "mean_over_draws",
            "You multiply by `1 + rate`. With half of the values gone the others \
             must double: divide by `1 - rate`.",
        )
        .wrong(
            "by_the_share_kept_this_time",
            wrong::by_the_share_kept_this_time as Dropout,
            "kept_and_scaled",
            "You divide by the share that happened to be kept this time. Divide by \
             the share kept on average, `1 - rate`: then no value depends on the \
             draws of others.",
        )
        .hint("Two cases first: what is the answer when `training` is false?")
        .hint("In training walk through values and draws together: `zip`.")
        .hint(
            "If half of the values become 0, how much larger must the others be so \
             that the sum stays the same on average? And if a quarter do?",
        )
        .hint("For each pair: `if draw < rate { 0.0 } else { value / (1.0 - rate) }`.")
        .build()
}

/// Labels with gaps between them, and a number of folds.
fn labels_and_folds() -> impl Strategy<Value = (Vec<usize>, usize)> {
    (vec(0..3_usize, 5..14), 2..6_usize).prop_map(|(classes, folds)| {
        (classes.into_iter().map(|class| [0, 1, 40][class]).collect(), folds)
    })
}

/// How many of these examples have the label.
fn of_class(examples: &[usize], labels: &[usize], label: usize) -> usize {
    examples.iter().filter(|&&i| labels.get(i) == Some(&label)).count()
}

fn stratified_folds() -> Box<dyn Check> {
    let yours = exercises::stratified_folds as Folds;
    let ours = solutions::stratified_folds as Folds;
    const CASE: [&str; 2] = ["labels", "folds"];
    Exercise::new("9.3", "stratified_folds", yours, ours)
        .probe(|f| {
            let cases: [(&[usize], usize); 4] = [
                (&[1, 0, 0, 1, 0], 2),
                (&[2, 0, 0, 1, 0, 2, 1, 0, 0, 1, 2, 0, 2], 3),
                (&[5, 5, 1, 5, 1, 5, 5], 4),
                (&[0, 0, 0, 1, 1, 1], 5),
            ];
            let mut seen = Vec::new();
            for (labels, folds) in cases {
                for (train, held_out) in f(labels, folds) {
                    for list in [train, held_out] {
                        seen.extend(list.iter().map(|&example| example as f64));
                        seen.push(-1.0);
                    }
                }
            }
            seen
        })
        .law(
            "either_or",
            "There is a pair for each fold, and each example is in exactly one of \
             the pair's lists.",
            |f| {
                given(&CASE, labels_and_folds(), |(labels, folds)| {
                    let pairs = f(labels, *folds);
                    let all: Vec<usize> = (0..labels.len()).collect();
                    for (train, held_out) in &pairs {
                        let mut both = [&train[..], &held_out[..]].concat();
                        both.sort_unstable();
                        equal(&both, &all).because(
                            "This is one pair, its lists joined and sorted.",
                        )?;
                    }
                    equal(pairs.len(), *folds).because("This is the number of pairs.")
                })
            },
        )
        .law(
            "held_out_once",
            "Over all folds, every example is held out exactly once.",
            |f| {
                given(&CASE, labels_and_folds(), |(labels, folds)| {
                    let held_out = f(labels, *folds).into_iter().map(|pair| pair.1);
                    let mut seen = held_out.collect::<Vec<_>>().concat();
                    seen.sort_unstable();
                    equal(seen, (0..labels.len()).collect())
                })
            },
        )
        .law(
            "even_sizes",
            "The folds hold out equally many examples, or differ by one.",
            |f| {
                given(&CASE, labels_and_folds(), |(labels, folds)| {
                    let pairs = f(labels, *folds);
                    let sizes: Vec<usize> = pairs.iter().map(|p| p.1.len()).collect();
                    let (least, most) = (sizes.iter().min(), sizes.iter().max());
                    let apart = most.zip(least).map_or(0, |(most, least)| most - least);
                    ensure(apart <= 1, format!("They hold out {}.", sizes.show()))
                })
            },
        )
        .law(
            "even_classes",
            "The folds hold out equally many examples of each class, or differ by one.",
            |f| {
                given(&CASE, labels_and_folds(), |(labels, folds)| {
                    let pairs = f(labels, *folds);
                    for label in [0, 1, 40] {
                        let count =
                            |pair: &(_, Vec<usize>)| of_class(&pair.1, labels, label);
                        let counts: Vec<usize> = pairs.iter().map(count).collect();
                        let (least, most) = (counts.iter().min(), counts.iter().max());
                        let apart =
                            most.zip(least).map_or(0, |(most, least)| most - least);
                        let counts = counts.show();
                        let words = format!("Of class {label} they hold out {counts}.");
                        ensure(apart <= 1, words)?;
                    }
                    Ok(())
                })
            },
        )
        .law("rising", "Both lists of a pair are in rising order.", |f| {
            given(&CASE, labels_and_folds(), |(labels, folds)| {
                for (train, held_out) in f(labels, *folds) {
                    for list in [train, held_out] {
                        ensure(list.is_sorted(), format!("One is {}.", list.show()))?;
                    }
                }
                Ok(())
            })
        })
        .law(
            "dealt_by_class",
            "The row runs from the smallest label to the largest, in the order the \
             examples came, and is dealt from fold 0 on.",
            |f| {
                given(&CASE, labels_and_folds(), |(labels, folds)| {
                    let held_out: Vec<Vec<usize>> =
                        f(labels, *folds).into_iter().map(|pair| pair.1).collect();
                    let mut expected = vec![Vec::new(); *folds];
                    let mut dealt = 0;
                    for label in [0, 1, 40] {
                        for i in (0..labels.len()).filter(|&i| labels[i] == label) {
                            expected[dealt % folds].push(i);
                            dealt += 1;
                        }
                    }
                    expected.iter_mut().for_each(|list| list.sort_unstable());
                    equal(held_out, expected)
                        .because("This is what the folds hold out.")
                })
            },
        )
        .wrong(
            "first_fold_only",
            wrong::first_fold_only as Folds,
            "either_or",
            "That is one hold-out. There is a pair for each fold: each is held out \
             in turn.",
        )
        .wrong(
            "trained_on_all",
            wrong::trained_on_all as Folds,
            "either_or",
            "You train on all examples, also on those held out. A network judged on \
             what it has learned from looks better than it is.",
        )
        .wrong(
            "the_next_fold_lost",
            wrong::the_next_fold_lost as Folds,
            "either_or",
            "You train on one other fold only. Train on all the others together.",
        )
        .wrong(
            "rest_never_used",
            wrong::rest_never_used as Folds,
            "either_or",
            "When the folds do not divide the examples evenly you leave the rest \
             out. Deal on: some folds get one example more.",
        )
        .wrong(
            "pair_swapped",
            wrong::pair_swapped as Folds,
            "held_out_once",
            "Your pairs are the wrong way round: first the examples to train on, \
             then those held out.",
        )
        .wrong(
            "rest_trained_on",
            wrong::rest_trained_on as Folds,
            "held_out_once",
            "What is left when the folds do not divide the examples evenly is never \
             held out in your answer. Deal on: some folds get one example more.",
        )
        .wrong(
            "labels_without_gaps",
            wrong::labels_without_gaps as Folds,
            "held_out_once",
            "You count the classes and ask for the labels 0, 1, 2, ... A label may \
             be missing, and then the largest are never dealt. Sort by label instead.",
        )
        .wrong(
            "new_start",
            wrong::new_start as Folds,
            "even_sizes",
            "You start again at fold 0 with each class, so the first folds get every \
             class's rest and grow too large. Deal on where the last class ended.",
        )
        .wrong(
            "each_class_cut",
            wrong::each_class_cut as Folds,
            "even_sizes",
            "You cut each class into as many pieces as there are folds. The same \
             folds get every class's larger pieces and grow too large. Deal one by \
             one.",
        )
        .wrong(
            "rest_to_the_last",
            wrong::rest_to_the_last as Folds,
            "even_sizes",
            "Your last fold takes all that is left over. Give one more to each of \
             the first folds: deal like cards.",
        )
        .wrong(
            "not_stratified",
            wrong::not_stratified as Folds,
            "even_classes",
            "You deal the examples in the order they came, whatever their class. One \
             fold may get no example of a class. Lay them in a row by class first.",
        )
        .wrong(
            "cut_in_blocks",
            wrong::cut_in_blocks as Folds,
            "even_classes",
            "You sort by class and then cut the row into pieces, so a fold holds \
             little else than one class. Deal the row out one by one.",
        )
        .wrong(
            "back_and_forth",
            wrong::back_and_forth as Folds,
            "even_classes",
            "You deal back and forth: 0, 1, 2, 2, 1, 0. Where a class begins at the \
             turn, one fold gets two of it too soon. After the last fold comes fold \
             0.",
        )
        .wrong(
            "order_of_the_row",
            wrong::order_of_the_row as Folds,
            "rising",
            "Your lists are in the order of the row. Sort them, or ask each example \
             from 0 on for its fold.",
        )
        .wrong(
            "largest_label_first",
            wrong::largest_label_first as Folds,
            "dealt_by_class",
            "You begin with the largest label. Begin with the smallest.",
        )
        .wrong(
            "last_comes_first",
            wrong::last_comes_first as Folds,
            "dealt_by_class",
            "Inside a class your row runs backward. Keep the order in which the \
             examples came: `sort_by_key` does, when it begins with 0, 1, 2.",
        )
        .wrong(
            "first_seen_first",
            wrong::first_seen_first as Folds,
            "dealt_by_class",
            "Your classes come in the order in which they are first seen. Begin with \
             the smallest label, then the next.",
        )
        .wrong(
            "from_fold_one",
            wrong::from_fold_one as Folds,
            "dealt_by_class",
            "You deal to fold 1 first, so fold 0 comes last. Deal to fold 0 first: \
             `place % folds`, with places from 0 on.",
        )
        .wrong(
            "from_the_last_fold",
            wrong::from_the_last_fold as Folds,
            "dealt_by_class",
            "You deal from the last fold down. Deal to fold 0 first.",
        )
        .hint("Make the row first, a list of example numbers. Only then deal.")
        .hint(
            "`row.sort_by_key(|&example| labels[example])` sorts by class and leaves \
             examples of one class in the order they were.",
        )
        .hint("The example at place `p` of the row belongs to fold `p % folds`.")
        .hint(
            "Write down the fold of each example: `fold_of[example] = place % \
             folds`. Then go through the examples from 0 on, once for each fold; both \
             lists come out sorted.",
        )
        .build()
}

/// A batch and a layer for it: scale, shift, running mean, running variance.
type Normed = (Matrix64, Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>);

/// Batches of 1 to 3 features; in no feature all examples are alike, as long as there
/// are two.
fn normed(examples: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Normed> {
    let lists = (vec(nonzero(), 3), vec(halves(), 3), vec(halves(), 3));
    let batch = halves_matrix(1..=3, examples);
    (batch, lists, vec(positive_halves(6.0), 3)).prop_map(
        |(mut batch, (scale, shift, mean), variance)| {
            for mut row in batch.row_iter_mut() {
                if row.iter().all(|x| *x == row[0]) {
                    row[0] += 1.5;
                }
            }
            let cut = |list: Vec<f64>| list[..batch.nrows()].to_vec();
            let lists = [scale, shift, mean, variance].map(cut);
            let [scale, shift, mean, variance] = lists;
            (batch, scale, shift, mean, variance)
        },
    )
}

/// Mean, variance (divided by the count) and the other variance (by one less).
fn moments(row: &[f64]) -> [f64; 3] {
    let count = row.len() as f64;
    let mean = row.iter().sum::<f64>() / count;
    let squares: f64 = row.iter().map(|x| (x - mean).powi(2)).sum();
    [mean, squares / count, squares / (count - 1.0)]
}

/// The moments of each feature.
fn all_moments(batch: &Matrix64) -> Vec<[f64; 3]> {
    let of_row =
        |row: usize| moments(&batch.row(row).iter().copied().collect::<Vec<_>>());
    (0..batch.nrows()).map(of_row).collect()
}

/// Training with scale 1 and shift 0, from a running mean of 0 and variance of 1.
fn plain(f: BatchNorm, batch: &Matrix64) -> Matrix64 {
    let [ones, zeros] = [1.0, 0.0].map(|x| vec![x; batch.nrows()]);
    f(batch, &ones, &zeros, &mut zeros.clone(), &mut ones.clone(), true)
}

/// What the answer returns, and the running numbers afterwards.
fn run(f: BatchNorm, case: &Normed, training: bool) -> (Matrix64, Vec<f64>, Vec<f64>) {
    let (batch, scale, shift, mean, variance) = case;
    let (mut mean, mut variance) = (mean.clone(), variance.clone());
    let output = f(batch, scale, shift, &mut mean, &mut variance, training);
    (output, mean, variance)
}

fn batch_norm() -> Box<dyn Check> {
    let yours = exercises::batch_norm as BatchNorm;
    let ours = solutions::batch_norm as BatchNorm;
    const CASE: [&str; 5] =
        ["batch", "scale", "shift", "running_mean", "running_variance"];
    Exercise::new("9.4", "batch_norm", yours, ours)
        .probe(|f| {
            let entries = [1.0, 3.0, 2.5, -1.0, 0.0, 0.5, 2.0, 2.0, 2.0];
            let batch = Matrix64::from_row_slice(3, 3, &entries);
            let small = Matrix64::from_row_slice(1, 2, &[0.001, 0.003]);
            let far = Matrix64::from_fn(1, 3, |_, k| 1e7 + [1.0, 3.0, 2.5][k]);
            let one = Matrix64::from_row_slice(2, 1, &[4.0, -1.0]);
            let list = |list: &[f64]| list.to_vec();
            let three =
                [[3.0, 0.5, -2.0], [10.0, 0.0, 1.0], [0.5, -1.0, 2.0], [1.0, 4.0, 0.5]]
                    .map(|numbers| list(&numbers));
            let [scale, shift, mean, variance] = three;
            let first: Normed = (batch, scale, shift, mean, variance);
            let simple =
                |batch| (batch, list(&[2.0]), list(&[1.0]), list(&[0.0]), list(&[1.0]));
            let second: Normed = simple(small);
            let fourth: Normed = simple(far);
            let third: Normed = (
                one,
                list(&[2.0, 3.0]),
                list(&[1.0, -0.5]),
                list(&[2.0, 0.5]),
                list(&[4.0, 0.00001]),
            );
            let cases = [
                (&first, true),
                (&second, true),
                (&fourth, true),
                (&first, false),
                (&third, false),
            ];
            let flat = |(case, training): (&Normed, bool)| {
                let (output, mean, variance) = run(f, case, training);
                [output.as_slice(), &mean, &variance].concat()
            };
            cases.into_iter().flat_map(flat).collect()
        })
        .law(
            "centered",
            "In training, with scale 1 and shift 0, every feature has the mean 0 \
             over the batch.",
            |f| {
                let batch = normed(2..=5).prop_map(|case| case.0);
                given(&["batch"], batch, |batch| {
                    let output = plain(f, batch);
                    equal(output.shape(), batch.shape())?;
                    let means: Vec<f64> =
                        all_moments(&output).iter().map(|moments| moments[0]).collect();
                    near_slice(means, vec![0.0; batch.nrows()])
                        .because("These are the means of the features.")
                })
            },
        )
        .law(
            "all_alike",
            "In training, a feature that is the same in all examples becomes 0 (with \
             scale 1 and shift 0).",
            |f| {
                let batch =
                    (halves_vec(1..4), 2..6_usize).prop_map(|(rows, examples)| {
                        Matrix64::from_fn(rows.len(), examples, |row, _| rows[row])
                    });
                given(&["batch"], batch, |batch| {
                    near_matrix(plain(f, batch), batch * 0.0)
                })
            },
        )
        .law(
            "width",
            "In training, with scale 1 and shift 0, an entry becomes its distance \
             from the mean divided by `sqrt(variance + 0.00001)`.",
            |f| {
                let case = (normed(2..=5), one_of(&[1.0, 0.001]));
                let batch = case.prop_map(|(case, unit)| case.0 * unit);
                given(&["batch"], batch, |batch| {
                    let moments = all_moments(batch);
                    let entry = |row: usize, column: usize| {
                        let [mean, variance, _] = moments[row];
                        (batch[(row, column)] - mean) / (variance + 0.00001).sqrt()
                    };
                    let (rows, columns) = batch.shape();
                    let expected = Matrix64::from_fn(rows, columns, entry);
                    near_matrix(plain(f, batch), expected)
                })
            },
        )
        .law(
            "far_from_zero",
            "In training, a number added to all examples changes nothing, not even \
             ten              million.",
            |f| {
                let batch = normed(2..=5).prop_map(|case| case.0);
                given(&["batch"], batch, |batch| {
                    let far = batch.map(|x| x + 1e7);
                    near_matrix_within(plain(f, &far), plain(f, batch), 1e-6)
                        .because("Expected is your own answer for the batch as it is.")
                })
            },
        )
        .law(
            "scale_and_shift",
            "In training, each feature is multiplied by its scale, and then its \
             shift is added.",
            |f| {
                given(&CASE, normed(2..=5), |case| {
                    let (batch, scale, shift, ..) = case;
                    let plain = plain(f, batch);
                    let (rows, columns) = batch.shape();
                    let expected = Matrix64::from_fn(rows, columns, |row, column| {
                        scale[row] * plain[(row, column)] + shift[row]
                    });
                    near_matrix(run(f, case, true).0, expected)
                })
            },
        )
        .law(
            "running_mean",
            "In training the running mean becomes 0.9 times itself plus 0.1 times \
             the batch's mean.",
            |f| {
                given(&CASE, normed(2..=5), |case| {
                    let (batch, _, _, old, _) = case;
                    let pairs = all_moments(batch).into_iter().zip(old);
                    let expected = pairs.map(|(new, old)| 0.9 * old + 0.1 * new[0]);
                    near_slice(run(f, case, true).1, expected.collect::<Vec<_>>())
                })
            },
        )
        .law(
            "running_variance",
            "In training the running variance becomes 0.9 times itself plus 0.1 \
             times the variance that divides by the number of examples less one.",
            |f| {
                given(&CASE, normed(2..=5), |case| {
                    let (batch, .., old) = case;
                    let pairs = all_moments(batch).into_iter().zip(old);
                    let expected = pairs.map(|(new, old)| 0.9 * old + 0.1 * new[2]);
                    near_slice(run(f, case, true).2, expected.collect::<Vec<_>>())
                })
            },
        )
        .law(
            "nothing_learned_at_inference",
            "At inference the running numbers do not change.",
            |f| {
                given(&CASE, normed(1..=5), |case| {
                    let (.., mean, variance) = case;
                    let (_, mean_after, variance_after) = run(f, case, false);
                    equal(&mean_after, mean)?;
                    equal(&variance_after, variance)
                })
            },
        )
        .law(
            "each_by_itself",
            "At inference an example's answer does not depend on the rest of the \
             batch.",
            |f| {
                given(&CASE, normed(1..=5), |case| {
                    let (batch, scale, shift, mean, variance) = case;
                    let together = run(f, case, false).0;
                    for (column, x) in batch.column_iter().enumerate() {
                        let rows = x.len();
                        let alone = Matrix64::from_column_slice(rows, 1, x.as_slice());
                        let (mut mean, mut variance) = (mean.clone(), variance.clone());
                        let seen =
                            f(&alone, scale, shift, &mut mean, &mut variance, false);
                        let expected = together.columns(column, 1).into_owned();
                        near_matrix(seen, expected).because(format!(
                            "Seen is column {column} as a batch of one; expected is \
                             what became of it in the whole batch."
                        ))?;
                    }
                    Ok(())
                })
            },
        )
        .law(
            "inference",
            "At inference the running numbers stand in the same formula.",
            |f| {
                given(&CASE, normed(1..=5), |case| {
                    let (batch, scale, shift, mean, variance) = case;
                    let (rows, columns) = batch.shape();
                    let expected = Matrix64::from_fn(rows, columns, |row, column| {
                        let distance = batch[(row, column)] - mean[row];
                        let width = (variance[row] + 0.00001).sqrt();
                        scale[row] * distance / width + shift[row]
                    });
                    near_matrix(run(f, case, false).0, expected)
                })
            },
        )
        .wrong(
            "by_example",
            wrong::by_example as BatchNorm,
            "centered",
            "You take the mean of each example over its features. Take it of each \
             feature over the examples: along a row, not down a column.",
        )
        .wrong(
            "one_mean_for_all",
            wrong::one_mean_for_all as BatchNorm,
            "centered",
            "You take one mean and one variance over the whole batch. Each feature \
             has its own.",
        )
        .wrong(
            "running_in_training",
            wrong::running_in_training as BatchNorm,
            "centered",
            "In training you use the running numbers. They are for inference; in \
             training the batch's own stand in the formula.",
        )
        .wrong(
            "never_training",
            wrong::never_training as BatchNorm,
            "centered",
            "You never use the batch's own numbers. In training they stand in the \
             formula, and the running numbers move.",
        )
        .wrong(
            "other_way_round",
            wrong::other_way_round as BatchNorm,
            "centered",
            "You do at inference what belongs in training. It is the other way round.",
        )
        .wrong(
            "mean_forgotten",
            wrong::mean_forgotten as BatchNorm,
            "centered",
            "You divide, but the mean is still there. Subtract it first.",
        )
        .wrong(
            "no_epsilon",
            wrong::no_epsilon as BatchNorm,
            "all_alike",
            "Where all examples are alike the variance is 0, and 0 divided by 0 is \
             NaN. Add 0.00001 to the variance.",
        )
        .wrong(
            "epsilon_outside",
            wrong::epsilon_outside as BatchNorm,
            "width",
            "You add 0.00001 to the root. It belongs under the root, to the variance.",
        )
        .wrong(
            "unbiased_in_the_formula",
            wrong::unbiased_in_the_formula as BatchNorm,
            "width",
            "In the formula stands the variance that divides by the number of \
             examples. You divide by one less; that one is for the running variance.",
        )
        .wrong(
            "variances_swapped",
            wrong::variances_swapped as BatchNorm,
            "width",
            "Your two variances are swapped: the one that divides by the number of \
             examples stands in the formula, the other moves the running variance.",
        )
        .wrong(
            "no_root",
            wrong::no_root as BatchNorm,
            "width",
            "You divide by the variance. Divide by its root: that is a distance, \
             like `x - mean`.",
        )
        .wrong(
            "mean_of_squares",
            wrong::mean_of_squares as BatchNorm,
            "width",
            "You take the mean of the squares for the variance. Subtract the mean \
             before you square.",
        )
        .wrong(
            "only_centered",
            wrong::only_centered as BatchNorm,
            "width",
            "You subtract the mean and stop there. Divide by the root of the \
             variance too.",
        )
        .wrong(
            "squares_less_squared_mean",
            wrong::squares_less_squared_mean as BatchNorm,
            "far_from_zero",
            "You take the mean of the squares less the square of the mean. On paper \
             that is the variance; but the squares of large numbers are rounded, and \
             the difference drowns. Subtract the mean first, then square.",
        )
        .wrong(
            "shift_first",
            wrong::shift_first as BatchNorm,
            "scale_and_shift",
            "You add the shift before you multiply, so it is scaled too. Multiply \
             first.",
        )
        .wrong(
            "no_scale_and_shift",
            wrong::no_scale_and_shift as BatchNorm,
            "scale_and_shift",
            "Scale and shift are missing. They let the network undo the \
             normalization where that serves it.",
        )
        .wrong(
            "never_updated",
            wrong::never_updated as BatchNorm,
            "running_mean",
            "The running numbers never change, so at inference they know nothing of \
             the data. Move them in training.",
        )
        .wrong(
            "tenth_swapped",
            wrong::tenth_swapped as BatchNorm,
            "running_mean",
            "You keep a tenth and take nine tenths of the batch's numbers. The \
             running numbers move slowly: keep 0.9, take 0.1.",
        )
        .wrong(
            "replaced",
            wrong::replaced as BatchNorm,
            "running_mean",
            "You put the batch's numbers in place of the running ones. They move \
             only a tenth of the way, so that they remember many batches.",
        )
        .wrong(
            "added_up",
            wrong::added_up as BatchNorm,
            "running_mean",
            "You add a tenth of the batch's numbers and keep the whole of the old \
             ones, so they grow without end. Keep 0.9 of them.",
        )
        .wrong(
            "biased_running",
            wrong::biased_running as BatchNorm,
            "running_variance",
            "The running variance takes the variance that divides by the number of \
             examples less one. Yours divides by their number.",
        )
        .wrong(
            "running_deviation",
            wrong::running_deviation as BatchNorm,
            "running_variance",
            "You store the root of the variance. The running variance keeps the \
             variance itself; the formula takes the root.",
        )
        .wrong(
            "variance_forgotten",
            wrong::variance_forgotten as BatchNorm,
            "running_variance",
            "The running mean moves, but the running variance does not.",
        )
        .wrong(
            "updated_at_inference",
            wrong::updated_at_inference as BatchNorm,
            "nothing_learned_at_inference",
            "The running numbers move at inference too. What you predict on must not \
             change the network.",
        )
        .wrong(
            "always_training",
            wrong::always_training as BatchNorm,
            "nothing_learned_at_inference",
            "You do not ask for `training`, so the batch's numbers are used and \
             learned from at inference too, and a batch of one gives NaN.",
        )
        .wrong(
            "batch_at_inference",
            wrong::batch_at_inference as BatchNorm,
            "each_by_itself",
            "At inference you still use the batch's mean and variance. A batch of \
             one then gives the shift and nothing else. Use the running numbers.",
        )
        .wrong(
            "no_epsilon_at_inference",
            wrong::no_epsilon_at_inference as BatchNorm,
            "inference",
            "At inference you leave 0.00001 out. The formula is the same in both.",
        )
        .wrong(
            "no_root_at_inference",
            wrong::no_root_at_inference as BatchNorm,
            "inference",
            "At inference you divide by the running variance. Divide by its root, as \
             in training.",
        )
        .wrong(
            "plain_at_inference",
            wrong::plain_at_inference as BatchNorm,
            "inference",
            "At inference scale and shift are missing. They are weights: they act in \
             training and at inference.",
        )
        .wrong(
            "identity_at_inference",
            wrong::identity_at_inference as BatchNorm,
            "inference",
            "At inference you return the batch as it is. That is dropout's way; \
             batch norm still normalizes, with the running numbers.",
        )
        .hint(
            "Do one feature at a time: `batch.row(feature)`. Which mean and which \
             variance does it use, in training and at inference?",
        )
        .hint(
            "In training add up `(x - mean) * (x - mean)` once. Divided by the count \
             it goes into the formula, divided by the count less one into the running \
             variance.",
        )
        .hint(
            "`let mut output = batch.clone();` and then, row by row, `for x in \
             output.row_mut(feature).iter_mut() { *x = ...; }`.",
        )
        .hint(
            "Let `mean` and `variance` start as the running numbers, and overwrite \
             them `if training`. The formula after that is the same for both.",
        )
        .build()
}

/// Straight from the words: the first epoch at which the best one is `patience` epochs
/// old, and the best until then. Epoch 0 is the best as long as no loss is a number.
fn ends_and_keeps(losses: &[f64], patience: usize) -> (usize, usize) {
    let best_of = |seen: &[f64]| {
        let smallest = seen.iter().copied().fold(f64::NAN, f64::min);
        seen.iter().position(|&loss| loss == smallest).map_or(0, |index| index + 1)
    };
    let over = |&epoch: &usize| epoch - best_of(&losses[..epoch]) >= patience;
    let end = (1..=losses.len()).find(over).unwrap_or(losses.len());
    (end, best_of(&losses[..end]))
}

/// Losses that sometimes beat the best and sometimes not; from the third kind on they
/// are NaN, first with the sign of a number, then with the one that `0.0 / 0.0` has on
/// many machines.
fn wavering(kinds: u8) -> impl Strategy<Value = Vec<f64>> {
    vec((0..kinds, halves_between(0.0, 2.0)), 0..12).prop_map(|steps| {
        let mut best = 9.0;
        let mut loss = |(kind, more): (u8, f64)| match kind {
            0 => best + more,
            1 => {
                best -= 0.5;
                best
            }
            2 => f64::NAN,
            _ => -f64::NAN,
        };
        steps.into_iter().map(&mut loss).collect()
    })
}

/// The two numbers are the same.
fn same(seen: (usize, usize), expected: (usize, usize)) -> Outcome {
    equal(seen, expected).because("First comes the end, then the epoch to keep.")
}

fn early_stopping() -> Box<dyn Check> {
    let yours = exercises::early_stopping as EarlyStopping;
    let ours = solutions::early_stopping as EarlyStopping;
    const CASE: [&str; 2] = ["losses", "patience"];
    let patience = || 1..5_usize;
    // Losses that fall all the time, by much or by very little.
    let falling = |epochs: std::ops::Range<usize>| {
        let unit = one_of(&[1.0, 1e-9]);
        (vec(positive_halves(2.0), epochs), unit).prop_map(|(falls, unit)| {
            let after = |n: usize| 20.0 - unit * falls[..n].iter().sum::<f64>();
            (1..=falls.len()).map(after).collect::<Vec<f64>>()
        })
    };
    Exercise::new("9.5", "early_stopping", yours, ours)
        .probe(|f| {
            const N: f64 = f64::NAN;
            let cases: [(&[f64], usize); 20] = [
                (&[0.5, 0.6, N, 0.7, 0.8, 0.9, 0.9], 3),
                (&[0.9, 1.0, 1.0, 0.8, 0.9, 0.9, 1.0, 1.0], 3),
                (&[0.5, 0.4999999, 0.6, 0.7], 2),
                (&[0.9, 0.5, 0.6, 0.5, 0.1], 2),
                (&[0.9, 0.5, 0.6, 0.5, 0.1], 3),
                (&[0.9, 0.8, 0.7], 1),
                (&[0.5, 0.5, 0.5, 0.5], 2),
                (&[0.9, 1.0, 0.8, 1.0, 0.7, 1.0, 0.9, 0.95], 3),
                (&[0.5, 0.9, 0.8, 0.7, 0.6, 0.4], 4),
                (&[0.5, 0.6], 4),
                (&[0.9, N, 0.5, N, N, 0.1], 2),
                (&[N, 0.9, 0.5, 0.6], 2),
                (&[N, N, N, 0.5], 2),
                (&[N], 3),
                (&[0.5, N, 0.4, 0.6], 1),
                (&[0.5, 0.7, N, 0.6, 0.4], 3),
                (&[0.5, N, 0.4, N], 3),
                (&[5e6, 4e6], 2),
                (&[0.5, -N, 0.6, 0.4], 2),
                (&[], 1),
            ];
            let flat = |(losses, patience)| {
                let (end, keep) = f(losses, patience);
                [end as f64, keep as f64]
            };
            cases.into_iter().flat_map(flat).collect()
        })
        .law(
            "falling",
            "While the loss falls training goes on, and the last epoch is the one to \
             keep.",
            move |f| {
                let sizes = (falling(1..7), one_of(&[1.0, 1e9]));
                let losses = sizes.prop_map(|(losses, size)| {
                    losses.iter().map(|loss| loss * size).collect::<Vec<f64>>()
                });
                given(&CASE, (losses, patience()), |(losses, patience)| {
                    same(f(losses, *patience), (losses.len(), losses.len()))
                })
            },
        )
        .law(
            "patience",
            "Training ends when `patience` epochs have come since the best, and not \
             before; the best is kept.",
            move |f| {
                let case = (falling(1..4), vec(halves_between(20.0, 24.0), 0..7));
                let case = (case, patience()).prop_map(|((lead, worse), patience)| {
                    let keep = lead.len();
                    ([lead, worse].concat(), patience, keep)
                });
                let names = ["losses", "patience", "the best epoch"];
                given(&names, case, |(losses, patience, keep)| {
                    let end = losses.len().min(keep + patience);
                    same(f(losses, *patience), (end, *keep))
                })
            },
        )
        .law(
            "equal_is_not_better",
            "An equal loss does not beat the best: the first of the equal epochs is \
             kept, and patience runs out.",
            move |f| {
                let equals = (1..8_usize).prop_map(|epochs| vec![0.5; epochs]);
                given(&CASE, (equals, patience()), |(losses, patience)| {
                    let end = losses.len().min(1 + patience);
                    same(f(losses, *patience), (end, 1))
                })
            },
        )
        .law(
            "never_seen",
            "What comes after the end changes nothing, not even a better loss.",
            move |f| {
                let wait = vec(halves_between(20.0, 24.0), 5);
                let after = vec(halves_between(0.0, 24.0), 1..6);
                let case = (falling(1..4), wait, after, patience());
                let case = case.prop_map(|(lead, wait, after, patience)| {
                    let keep = lead.len();
                    ([&lead, &wait[..patience], &after].concat(), patience, keep)
                });
                let names = ["losses", "patience", "the best epoch before the end"];
                given(&names, case, |(losses, patience, keep)| {
                    same(f(losses, *patience), (keep + patience, *keep))
                })
            },
        )
        .law(
            "a_better_epoch_starts_anew",
            "Only the epochs since the best one count.",
            move |f| {
                let case = (wavering(2), patience());
                given(&CASE, case, |(losses, patience)| {
                    same(f(losses, *patience), ends_and_keeps(losses, *patience))
                })
            },
        )
        .law(
            "not_a_number",
            "A loss of NaN beats nothing and counts like any epoch that did not; any \
             number is better than no best loss.",
            move |f| {
                given(&CASE, (wavering(4), patience()), |(losses, patience)| {
                    same(f(losses, *patience), ends_and_keeps(losses, *patience))
                })
            },
        )
        .wrong(
            "from_zero",
            wrong::from_zero as EarlyStopping,
            "falling",
            "You count epochs from 0. The first epoch is epoch 1.",
        )
        .wrong(
            "largest",
            wrong::largest as EarlyStopping,
            "falling",
            "You look for the largest loss. The best loss is the smallest.",
        )
        .wrong(
            "index_kept",
            wrong::index_kept as EarlyStopping,
            "falling",
            "Your end is right, but the epoch to keep is counted from 0. Epochs are \
             counted from 1; 0 is the start.",
        )
        .wrong(
            "clearly_better",
            wrong::clearly_better as EarlyStopping,
            "falling",
            "You ask a loss to be smaller by some amount. Any smaller loss beats the \
             best, however little it is smaller.",
        )
        .wrong(
            "starts_too_low",
            wrong::starts_too_low as EarlyStopping,
            "falling",
            "You begin with a best loss that a real one may be above. The first loss \
             that is a number is always the best so far, however large.",
        )
        .wrong(
            "always_waits",
            wrong::always_waits as EarlyStopping,
            "falling",
            "Your end is always the best epoch plus `patience`. If the losses run \
             out before that, training ends with the last one.",
        )
        .wrong(
            "end_forgotten",
            wrong::end_forgotten as EarlyStopping,
            "falling",
            "Without an early end you return epoch 0 as the end. Training then ends \
             with its last epoch.",
        )
        .wrong(
            "equal_is_better",
            wrong::equal_is_better as EarlyStopping,
            "equal_is_not_better",
            "An equal loss counts as better in your answer, so training that stands \
             still never ends. Compare with `<`, not `<=`.",
        )
        .wrong(
            "equal_starts_anew",
            wrong::equal_starts_anew as EarlyStopping,
            "equal_is_not_better",
            "You keep the right epoch, but an equal loss starts the count anew. It \
             did not beat the best, so it counts as failed.",
        )
        .wrong(
            "last_of_equals",
            wrong::last_of_equals as EarlyStopping,
            "equal_is_not_better",
            "You end at the right time, but of equal losses you keep the last. Keep \
             the first: an equal loss does not beat it.",
        )
        .wrong(
            "last_kept",
            wrong::last_kept as EarlyStopping,
            "patience",
            "You keep the weights of the last epoch. Those came after the network \
             had got worse; keep the best epoch's.",
        )
        .wrong(
            "turned_round",
            wrong::turned_round as EarlyStopping,
            "patience",
            "Your two numbers are the wrong way round: first the end, then the epoch \
             to keep.",
        )
        .wrong(
            "patience_before_the_end",
            wrong::patience_before_the_end as EarlyStopping,
            "falling",
            "You keep the epoch `patience` before the end, also when training was \
             not ended early. Keep the best one.",
        )
        .wrong(
            "patience_ignored",
            wrong::patience_ignored as EarlyStopping,
            "patience",
            "You never end early: ask after each epoch how many have failed since \
             the best.",
        )
        .wrong(
            "one_too_late",
            wrong::one_too_late as EarlyStopping,
            "patience",
            "You end one epoch too late: the end is after `patience` epochs that \
             were not better, not after one more.",
        )
        .wrong(
            "one_too_early",
            wrong::one_too_early as EarlyStopping,
            "patience",
            "You end one epoch too early: only after `patience` epochs that were not \
             better.",
        )
        .wrong(
            "against_the_one_before",
            wrong::against_the_one_before as EarlyStopping,
            "patience",
            "You compare each epoch with the one before it. A loss that wavers above \
             the best then never ends training. Compare with the best so far.",
        )
        .wrong(
            "best_of_all",
            wrong::best_of_all as EarlyStopping,
            "never_seen",
            "You keep the best of all losses, also of those after the end. In real \
             training these epochs never came.",
        )
        .wrong(
            "longest_wait",
            wrong::longest_wait as EarlyStopping,
            "never_seen",
            "You first find the best of all epochs and wait from there. Go epoch by \
             epoch: training may have ended long before that one.",
        )
        .wrong(
            "counted_back",
            wrong::counted_back as EarlyStopping,
            "a_better_epoch_starts_anew",
            "A better epoch takes only one from your count of failures. It must set \
             it to 0.",
        )
        .wrong(
            "never_anew",
            wrong::never_anew as EarlyStopping,
            "a_better_epoch_starts_anew",
            "You add up all epochs that were not better. A better epoch must start \
             the count anew.",
        )
        .wrong(
            "nan_is_best",
            wrong::nan_is_best as EarlyStopping,
            "not_a_number",
            "A loss of NaN becomes your best. `!(loss >= best)` is true for NaN; ask \
             `loss < best`, which is not.",
        )
        .wrong(
            "total_order",
            wrong::total_order as EarlyStopping,
            "not_a_number",
            "You compare with `total_cmp`, for which a NaN with a minus sign is below \
             every number. Compare with `<`: it is never true of NaN.",
        )
        .wrong(
            "nan_first",
            wrong::nan_first as EarlyStopping,
            "not_a_number",
            "If the first loss is NaN it is your best for ever, for nothing is below \
             NaN. Start from no best at all, or from infinity.",
        )
        .wrong(
            "nan_is_skipped",
            wrong::nan_is_skipped as EarlyStopping,
            "not_a_number",
            "You pass over NaN as if the epoch had not been. It counts: it did not \
             beat the best.",
        )
        .wrong(
            "nan_starts_anew",
            wrong::nan_starts_anew as EarlyStopping,
            "not_a_number",
            "A loss of NaN sets your count back to 0. It did not beat the best, so \
             it counts as failed.",
        )
        .wrong(
            "nan_ends_it",
            wrong::nan_ends_it as EarlyStopping,
            "not_a_number",
            "You end at the first NaN. It is one epoch that did not beat the best; \
             the next may.",
        )
        .wrong(
            "first_kept_without_best",
            wrong::first_kept_without_best as EarlyStopping,
            "not_a_number",
            "Where no loss is a number you keep epoch 1. Its weights are already \
             spoiled; keep epoch 0, the weights at the start.",
        )
        .hint("Go through the losses once. What must you remember on the way?")
        .hint(
            "Two things: the best loss so far and its epoch. The epochs that failed \
             to beat it are all those since.",
        )
        .hint(
            "Start with a best of infinity and an epoch to keep of 0. With `loss < \
             best` neither an equal loss nor NaN takes the best one's place.",
        )
        .hint(
            "After each epoch that was not better: `if epoch - keep >= patience { \
             return (epoch, keep); }`. At the end of the list return its length.",
        )
        .build()
}

/// Answers that are wrong in a way that is easily made.
mod wrong {
    use super::{Matrix64, all_moments, ends_and_keeps, solutions};

    type CostAndSlopes = (f64, Vec<f64>);

    /// A penalty from what one weight costs, and its slope.
    fn by_weight(
        parameters: &[f64],
        is_weight: &[bool],
        cost: impl Fn(f64) -> f64,
        slope: impl Fn(f64) -> f64,
    ) -> CostAndSlopes {
        let weights = parameters.iter().zip(is_weight);
        let one = |(&w, &weight): (&f64, &bool)| {
            if weight { (cost(w), slope(w)) } else { (0.0, 0.0) }
        };
        let (costs, slopes): (Vec<f64>, Vec<f64>) = weights.map(one).unzip();
        (costs.iter().sum(), slopes)
    }

    fn sign(w: f64) -> f64 {
        if w == 0.0 { 0.0 } else { w.signum() }
    }

    macro_rules! penalties {
        ($($name:ident($w:ident, $l1:ident, $l2:ident): $cost:expr, $slope:expr;)*) => {
            $(pub fn $name(
                parameters: &[f64],
                is_weight: &[bool],
                $l1: f64,
                $l2: f64,
            ) -> CostAndSlopes {
                by_weight(parameters, is_weight, |$w| $cost, |$w| $slope)
            })*
        };
    }

    penalties! {
        no_half_in_the_penalty(w, l1, l2):
            l1 * w.abs() + l2 * w * w, l1 * sign(w) + l2 * w;
        half_in_the_slope(w, l1, l2):
            l1 * w.abs() + l2 / 2.0 * w * w, l1 * sign(w) + l2 / 2.0 * w;
        two_in_the_slope(w, l1, l2):
            l1 * w.abs() + l2 / 2.0 * w * w, l1 * sign(w) + 2.0 * l2 * w;
        no_half_anywhere(w, l1, l2):
            l1 * w.abs() + l2 * w * w, l1 * sign(w) + 2.0 * l2 * w;
        not_absolute(w, l1, l2): l1 * w + l2 / 2.0 * w * w, l1 * sign(w) + l2 * w;
        downhill(w, l1, l2): l1 * w.abs() + l2 / 2.0 * w * w, -l1 * sign(w) - l2 * w;
        l1_slope_without_strength(w, l1, l2):
            l1 * w.abs() + l2 / 2.0 * w * w, sign(w) + l2 * w;
        l1_slope_grows(w, l1, l2): l1 * w.abs() + l2 / 2.0 * w * w, l1 * w + l2 * w;
        swapped(w, l1, l2): l2 * w.abs() + l1 / 2.0 * w * w, l2 * sign(w) + l1 * w;
        half_of_both(w, l1, l2):
            (l1 * w.abs() + l2 * w * w) / 2.0, l1 / 2.0 * sign(w) + l2 * w;
        divided_by_its_size(w, l1, l2):
            l1 * w.abs() + l2 / 2.0 * w * w, l1 * w / w.abs() + l2 * w;
        sign_of_zero(w, l1, l2):
            l1 * w.abs() + l2 / 2.0 * w * w, l1 * w.signum() + l2 * w;
        zero_is_negative(w, l1, l2):
            l1 * w.abs() + l2 / 2.0 * w * w, if w > 0.0 { l1 } else { -l1 } + l2 * w;
        small_is_zero(w, l1, l2):
            l1 * w.abs() + l2 / 2.0 * w * w,
            if w.abs() > 1e-6 { l1 * sign(w) } else { 0.0 } + l2 * w;
        rounded_corner(w, l1, l2):
            l1 * w.abs() + l2 / 2.0 * w * w, l1 * w / (w * w + 1e-12).sqrt() + l2 * w;
        one_or_the_other(w, l1, l2):
            if l1 > 0.0 { l1 * w.abs() } else { l2 / 2.0 * w * w },
            if l1 > 0.0 { l1 * sign(w) } else { l2 * w };
    }

    pub fn weights_slopes_only(
        parameters: &[f64],
        is_weight: &[bool],
        l1: f64,
        l2: f64,
    ) -> CostAndSlopes {
        let kept = parameters.iter().zip(is_weight).filter(|(_, weight)| **weight);
        let weights: Vec<f64> = kept.map(|(w, _)| *w).collect();
        solutions::penalty(&weights, &vec![true; weights.len()], l1, l2)
    }

    pub fn averaged(
        parameters: &[f64],
        is_weight: &[bool],
        l1: f64,
        l2: f64,
    ) -> CostAndSlopes {
        let count = parameters.len() as f64;
        solutions::penalty(parameters, is_weight, l1 / count, l2 / count)
    }

    pub fn length_not_squared(
        parameters: &[f64],
        is_weight: &[bool],
        l1: f64,
        l2: f64,
    ) -> CostAndSlopes {
        let (squares, _) = by_weight(parameters, is_weight, |w| w * w, |_| 0.0);
        let length = squares.sqrt();
        let (cost, slopes) = by_weight(
            parameters,
            is_weight,
            |w| l1 * w.abs(),
            |w| l1 * sign(w) + if length > 0.0 { l2 * w / (2.0 * length) } else { 0.0 },
        );
        (cost + l2 / 2.0 * length, slopes)
    }

    pub fn all_parameters(
        parameters: &[f64],
        _is_weight: &[bool],
        l1: f64,
        l2: f64,
    ) -> CostAndSlopes {
        solutions::penalty(parameters, &vec![true; parameters.len()], l1, l2)
    }

    pub fn others_have_slopes(
        parameters: &[f64],
        is_weight: &[bool],
        l1: f64,
        l2: f64,
    ) -> CostAndSlopes {
        let (cost, _) = solutions::penalty(parameters, is_weight, l1, l2);
        (cost, all_parameters(parameters, is_weight, l1, l2).1)
    }

    pub fn others_cost(
        parameters: &[f64],
        is_weight: &[bool],
        l1: f64,
        l2: f64,
    ) -> CostAndSlopes {
        let (_, slopes) = solutions::penalty(parameters, is_weight, l1, l2);
        (all_parameters(parameters, is_weight, l1, l2).0, slopes)
    }

    /// Dropout in training: which draws keep, and what a kept value is multiplied by.
    fn keeping(
        values: &[f64],
        draws: &[f64],
        keeps: impl Fn(f64) -> bool,
        factor: f64,
    ) -> Vec<f64> {
        let pairs = values.iter().zip(draws);
        pairs.map(|(x, &draw)| if keeps(draw) { x * factor } else { 0.0 }).collect()
    }

    macro_rules! dropouts {
        ($($name:ident($draw:ident, $rate:ident): $keeps:expr, $factor:expr;)*) => {
            $(pub fn $name(
                values: &[f64],
                draws: &[f64],
                $rate: f64,
                training: bool,
            ) -> Vec<f64> {
                match training {
                    true => keeping(values, draws, |$draw| $keeps, $factor),
                    false => values.to_vec(),
                }
            })*
        };
    }

    dropouts! {
        kept_below(draw, rate): draw < rate, 1.0 / (1.0 - rate);
        rate_of_keeping(draw, rate): draw < rate, 1.0 / rate;
        dropped_at_the_rate(draw, rate): draw > rate, 1.0 / (1.0 - rate);
        below_the_kept_share(draw, rate): draw < 1.0 - rate, 1.0 / (1.0 - rate);
        not_scaled(draw, rate): draw >= rate, 1.0;
        divided_by_the_rate(draw, rate): draw >= rate, 1.0 / rate;
        multiplied(draw, rate): draw >= rate, 1.0 - rate;
        raised_by_the_rate(draw, rate): draw >= rate, 1.0 + rate;
    }

    pub fn always_on(values: &[f64], draws: &[f64], rate: f64, _: bool) -> Vec<f64> {
        solutions::dropout(values, draws, rate, true)
    }

    pub fn scaled_at_inference(
        values: &[f64],
        draws: &[f64],
        rate: f64,
        training: bool,
    ) -> Vec<f64> {
        match training {
            true => not_scaled(values, draws, rate, true),
            false => values.iter().map(|x| x * (1.0 - rate)).collect(),
        }
    }

    pub fn larger_at_inference(
        values: &[f64],
        draws: &[f64],
        rate: f64,
        training: bool,
    ) -> Vec<f64> {
        match training {
            true => solutions::dropout(values, draws, rate, true),
            false => values.iter().map(|x| x / (1.0 - rate)).collect(),
        }
    }

    pub fn zeros_at_inference(
        values: &[f64],
        draws: &[f64],
        rate: f64,
        training: bool,
    ) -> Vec<f64> {
        match training {
            true => solutions::dropout(values, draws, rate, true),
            false => vec![0.0; values.len()],
        }
    }

    pub fn the_wrong_way_round(
        values: &[f64],
        draws: &[f64],
        rate: f64,
        training: bool,
    ) -> Vec<f64> {
        solutions::dropout(values, draws, rate, !training)
    }

    pub fn removed(
        values: &[f64],
        draws: &[f64],
        rate: f64,
        training: bool,
    ) -> Vec<f64> {
        if !training {
            return values.to_vec();
        }
        let kept = values.iter().zip(draws).filter(|(_, draw)| **draw >= rate);
        kept.map(|(x, _)| x / (1.0 - rate)).collect()
    }

    pub fn mask_itself(
        values: &[f64],
        draws: &[f64],
        rate: f64,
        training: bool,
    ) -> Vec<f64> {
        match training {
            true => keeping(&vec![1.0; values.len()], draws, |draw| draw >= rate, 1.0),
            false => values.to_vec(),
        }
    }

    pub fn exactly_the_rate(
        values: &[f64],
        draws: &[f64],
        rate: f64,
        training: bool,
    ) -> Vec<f64> {
        let mut sorted = draws.to_vec();
        sorted.sort_by(f64::total_cmp);
        let count = (rate * values.len() as f64).round() as usize;
        let least = sorted.get(count).copied().unwrap_or(1.0);
        match training {
            true => keeping(values, draws, |draw| draw >= least, 1.0 / (1.0 - rate)),
            false => values.to_vec(),
        }
    }

    pub fn one_draw_for_all(
        values: &[f64],
        draws: &[f64],
        rate: f64,
        training: bool,
    ) -> Vec<f64> {
        let first = draws.first().copied().unwrap_or(0.0);
        solutions::dropout(values, &vec![first; values.len()], rate, training)
    }

    pub fn by_the_share_kept_this_time(
        values: &[f64],
        draws: &[f64],
        rate: f64,
        training: bool,
    ) -> Vec<f64> {
        let kept = draws.iter().filter(|draw| **draw >= rate).count();
        match training {
            true => {
                let factor = values.len() as f64 / kept as f64;
                keeping(values, draws, |draw| draw >= rate, factor)
            }
            false => values.to_vec(),
        }
    }

    type Pairs = Vec<(Vec<usize>, Vec<usize>)>;

    /// Pairs from the fold of each example; `None` is in no fold.
    fn pairs(fold_of: &[Option<usize>], folds: usize) -> Pairs {
        let split = |fold| (0..fold_of.len()).partition(|&i| fold_of[i] != Some(fold));
        (0..folds).map(split).collect()
    }

    /// Pairs from a row of examples and the fold of each place in it.
    fn dealt(row: &[usize], folds: usize, fold: impl Fn(usize) -> usize) -> Pairs {
        let mut fold_of = vec![None; row.len()];
        for (place, &example) in row.iter().enumerate() {
            fold_of[example] = Some(fold(place));
        }
        pairs(&fold_of, folds)
    }

    fn row_by_class(labels: &[usize]) -> Vec<usize> {
        let mut row: Vec<usize> = (0..labels.len()).collect();
        row.sort_by_key(|&example| labels[example]);
        row
    }

    pub fn first_fold_only(labels: &[usize], folds: usize) -> Pairs {
        solutions::stratified_folds(labels, folds).into_iter().take(1).collect()
    }

    pub fn trained_on_all(labels: &[usize], folds: usize) -> Pairs {
        let all: Vec<usize> = (0..labels.len()).collect();
        let pairs = solutions::stratified_folds(labels, folds).into_iter();
        pairs.map(|(_, held_out)| (all.clone(), held_out)).collect()
    }

    pub fn the_next_fold_lost(labels: &[usize], folds: usize) -> Pairs {
        let right = solutions::stratified_folds(labels, folds);
        let next = |fold: usize| right[(fold + 1) % folds].1.clone();
        (0..folds).map(|fold| (next(fold), right[fold].1.clone())).collect()
    }

    pub fn rest_never_used(labels: &[usize], folds: usize) -> Pairs {
        let row = row_by_class(labels);
        let used = row.len() / folds * folds;
        let mut pairs = rest_trained_on(labels, folds);
        for (train, _) in &mut pairs {
            train.retain(|example| !row[used..].contains(example));
        }
        pairs
    }

    pub fn pair_swapped(labels: &[usize], folds: usize) -> Pairs {
        let pairs = solutions::stratified_folds(labels, folds).into_iter();
        pairs.map(|(train, held_out)| (held_out, train)).collect()
    }

    pub fn rest_trained_on(labels: &[usize], folds: usize) -> Pairs {
        let row = row_by_class(labels);
        let mut fold_of = vec![None; row.len()];
        for place in 0..row.len() / folds * folds {
            fold_of[row[place]] = Some(place % folds);
        }
        pairs(&fold_of, folds)
    }

    pub fn new_start(labels: &[usize], folds: usize) -> Pairs {
        let row = row_by_class(labels);
        let start =
            |place: usize| row.iter().position(|&i| labels[i] == labels[row[place]]);
        dealt(&row, folds, |place| (place - start(place).unwrap_or(0)) % folds)
    }

    pub fn labels_without_gaps(labels: &[usize], folds: usize) -> Pairs {
        let mut classes = labels.to_vec();
        classes.sort_unstable();
        classes.dedup();
        let mut row = row_by_class(labels);
        row.retain(|&example| labels[example] < classes.len());
        let mut fold_of = vec![None; labels.len()];
        for (place, &example) in row.iter().enumerate() {
            fold_of[example] = Some(place % folds);
        }
        pairs(&fold_of, folds)
    }

    pub fn each_class_cut(labels: &[usize], folds: usize) -> Pairs {
        let row = row_by_class(labels);
        dealt(&row, folds, |place| {
            let alike = |&&example: &&usize| labels[example] == labels[row[place]];
            let first = row.iter().position(|example| alike(&example)).unwrap_or(0);
            (place - first) * folds / row.iter().filter(alike).count()
        })
    }

    pub fn rest_to_the_last(labels: &[usize], folds: usize) -> Pairs {
        let row = row_by_class(labels);
        let even = row.len() / folds * folds;
        dealt(&row, folds, |place| if place < even { place % folds } else { folds - 1 })
    }

    pub fn not_stratified(labels: &[usize], folds: usize) -> Pairs {
        let row: Vec<usize> = (0..labels.len()).collect();
        dealt(&row, folds, |place| place % folds)
    }

    pub fn cut_in_blocks(labels: &[usize], folds: usize) -> Pairs {
        let row = row_by_class(labels);
        dealt(&row, folds, |place| place * folds / row.len())
    }

    pub fn back_and_forth(labels: &[usize], folds: usize) -> Pairs {
        dealt(&row_by_class(labels), folds, |place| {
            let along = place % (2 * folds);
            along.min(2 * folds - 1 - along)
        })
    }

    pub fn order_of_the_row(labels: &[usize], folds: usize) -> Pairs {
        let row = row_by_class(labels);
        let places = |fold: usize| {
            let (train, held_out): (Vec<usize>, Vec<usize>) =
                (0..row.len()).partition(|place| place % folds != fold);
            let examples =
                |places: Vec<usize>| places.iter().map(|&p| row[p]).collect();
            (examples(train), examples(held_out))
        };
        (0..folds).map(places).collect()
    }

    pub fn largest_label_first(labels: &[usize], folds: usize) -> Pairs {
        let turned: Vec<usize> = labels.iter().map(|label| 1000 - label).collect();
        solutions::stratified_folds(&turned, folds)
    }

    pub fn last_comes_first(labels: &[usize], folds: usize) -> Pairs {
        let mut row: Vec<usize> = (0..labels.len()).rev().collect();
        row.sort_by_key(|&example| labels[example]);
        dealt(&row, folds, |place| place % folds)
    }

    pub fn first_seen_first(labels: &[usize], folds: usize) -> Pairs {
        let seen = |label| labels.iter().position(|other| other == label).unwrap_or(0);
        let renamed: Vec<usize> = labels.iter().map(seen).collect();
        solutions::stratified_folds(&renamed, folds)
    }

    pub fn from_fold_one(labels: &[usize], folds: usize) -> Pairs {
        dealt(&row_by_class(labels), folds, |place| (place + 1) % folds)
    }

    pub fn from_the_last_fold(labels: &[usize], folds: usize) -> Pairs {
        solutions::stratified_folds(labels, folds).into_iter().rev().collect()
    }

    /// What batch norm is called with.
    struct Call<'a> {
        batch: &'a Matrix64,
        scale: &'a [f64],
        shift: &'a [f64],
        mean: &'a mut [f64],
        variance: &'a mut [f64],
        training: bool,
    }

    impl Call<'_> {
        /// The right answer; it moves the running numbers in training.
        fn right(self) -> Matrix64 {
            let Call { batch, scale, shift, mean, variance, training } = self;
            solutions::batch_norm(batch, scale, shift, mean, variance, training)
        }

        /// The formula with these means, divided by these widths.
        fn formula(&self, mean: &[f64], width: &[f64]) -> Matrix64 {
            let (rows, columns) = self.batch.shape();
            Matrix64::from_fn(rows, columns, |row, column| {
                let distance = self.batch[(row, column)] - mean[row];
                self.scale[row] * distance / width[row] + self.shift[row]
            })
        }

        /// The batch's means, and widths made of its moments.
        fn of_batch(&self, width: impl Fn([f64; 3]) -> f64) -> (Vec<f64>, Vec<f64>) {
            let moments = all_moments(self.batch).into_iter();
            moments.map(|moments| (moments[0], width(moments))).unzip()
        }

        /// The running means, and widths made of the running variances.
        fn of_running(&self, width: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<f64>) {
            (self.mean.to_vec(), self.variance.iter().map(|&v| width(v)).collect())
        }

        /// In training this output; all else as it should be.
        fn in_training(self, output: impl Fn(&Self) -> Matrix64) -> Matrix64 {
            if !self.training {
                return self.right();
            }
            let output = output(&self);
            self.right();
            output
        }

        /// This output, in training and at inference; the running numbers as they
        /// should be.
        fn everywhere(self, output: impl Fn(&Self) -> Matrix64) -> Matrix64 {
            let output = output(&self);
            self.right();
            output
        }

        /// The means and widths that should be used now.
        fn in_use(&self, width: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<f64>) {
            match self.training {
                true => self.of_batch(|[_, variance, _]| width(variance)),
                false => self.of_running(width),
            }
        }

        /// The right answer without scale and shift.
        fn plain(&self) -> Matrix64 {
            let (mean, width) = self.in_use(width);
            let (rows, columns) = self.batch.shape();
            Matrix64::from_fn(rows, columns, |row, column| {
                (self.batch[(row, column)] - mean[row]) / width[row]
            })
        }

        /// At inference this output; all else as it should be.
        fn at_inference(self, output: impl Fn(&Self) -> Matrix64) -> Matrix64 {
            if self.training { self.right() } else { output(&self) }
        }

        /// In training the running numbers become this, from the old ones and the
        /// batch's moments; all else as it should be.
        fn keeping(self, new: impl Fn([f64; 2], [f64; 3]) -> [f64; 2]) -> Matrix64 {
            let Call { batch, scale, shift, mean, variance, training } = self;
            let old: Vec<[f64; 2]> =
                mean.iter().zip(&*variance).map(|(m, v)| [*m, *v]).collect();
            let output =
                solutions::batch_norm(batch, scale, shift, mean, variance, training);
            if training {
                for (row, moments) in all_moments(batch).into_iter().enumerate() {
                    [mean[row], variance[row]] = new(old[row], moments);
                }
            }
            output
        }
    }

    macro_rules! norms {
        ($($name:ident: |$call:ident| $output:expr;)*) => {
            $(pub fn $name(
                batch: &Matrix64,
                scale: &[f64],
                shift: &[f64],
                mean: &mut [f64],
                variance: &mut [f64],
                training: bool,
            ) -> Matrix64 {
                let $call = Call { batch, scale, shift, mean, variance, training };
                $output
            })*
        };
    }

    norms! {
        by_example: |call| call.in_training(|call| {
            let moments = all_moments(&call.batch.transpose());
            let (rows, columns) = call.batch.shape();
            Matrix64::from_fn(rows, columns, |row, column| {
                let [mean, variance, _] = moments[column];
                let distance = call.batch[(row, column)] - mean;
                call.scale[row] * distance / width(variance) + call.shift[row]
            })
        });
        one_mean_for_all: |call| call.in_training(|call| {
            let [mean, variance, _] = super::moments(call.batch.as_slice());
            let rows = call.batch.nrows();
            call.formula(&vec![mean; rows], &vec![width(variance); rows])
        });
        running_in_training: |call| call.in_training(|call| {
            let (mean, width) = call.of_running(width);
            call.formula(&mean, &width)
        });
        mean_forgotten: |call| call.in_training(|call| {
            let (mean, width) = call.of_batch(|[_, variance, _]| width(variance));
            call.formula(&vec![0.0; mean.len()], &width)
        });
        no_epsilon: |call| call.everywhere(|call| {
            let (mean, width) = call.in_use(f64::sqrt);
            call.formula(&mean, &width)
        });
        epsilon_outside: |call| call.everywhere(|call| {
            let (mean, width) = call.in_use(|variance| variance.sqrt() + 0.00001);
            call.formula(&mean, &width)
        });
        no_root: |call| call.everywhere(|call| {
            let (mean, width) = call.in_use(|variance| variance + 0.00001);
            call.formula(&mean, &width)
        });
        shift_first: |call| call.everywhere(|call| {
            let right = call.plain();
            Matrix64::from_fn(right.nrows(), right.ncols(), |row, column| {
                call.scale[row] * (right[(row, column)] + call.shift[row])
            })
        });
        no_scale_and_shift: |call| call.everywhere(Call::plain);
        always_training: |call| Call { training: true, ..call }.right();
        never_training: |call| Call { training: false, ..call }.right();
        other_way_round: |call| Call { training: !call.training, ..call }.right();
        squares_less_squared_mean: |call| call.in_training(|call| {
            let (rows, columns) = call.batch.shape();
            let width = |row: usize| {
                let squares = call.batch.row(row).iter().map(|x| x * x).sum::<f64>();
                let mean = call.batch.row(row).sum() / columns as f64;
                width((squares / columns as f64 - mean * mean).max(0.0))
            };
            let (mean, _) = call.of_batch(|_| 1.0);
            call.formula(&mean, &(0..rows).map(width).collect::<Vec<_>>())
        });
        variances_swapped: |call| {
            let biased = |[mean, variance]: [f64; 2], moments: [f64; 3]| {
                [0.9 * mean + 0.1 * moments[0], 0.9 * variance + 0.1 * moments[1]]
            };
            let (mean, width) = call.of_batch(|[_, _, unbiased]| width(unbiased));
            let output = call.training.then(|| call.formula(&mean, &width));
            let right = call.keeping(biased);
            output.unwrap_or(right)
        };
        unbiased_in_the_formula: |call| call.in_training(|call| {
            let (mean, width) = call.of_batch(|[_, _, unbiased]| width(unbiased));
            call.formula(&mean, &width)
        });
        mean_of_squares: |call| call.in_training(|call| {
            let squares = |[mean, variance, _]: [f64; 3]| width(variance + mean * mean);
            let (mean, width) = call.of_batch(squares);
            call.formula(&mean, &width)
        });
        only_centered: |call| call.in_training(|call| {
            let (mean, ones) = call.of_batch(|_| 1.0);
            call.formula(&mean, &ones)
        });
        never_updated: |call| call.keeping(|old, _| old);
        tenth_swapped: |call| call.keeping(|[mean, variance], moments| {
            [0.1 * mean + 0.9 * moments[0], 0.1 * variance + 0.9 * moments[2]]
        });
        replaced: |call| call.keeping(|_, moments| [moments[0], moments[2]]);
        added_up: |call| call.keeping(|[mean, variance], moments| {
            [mean + 0.1 * moments[0], variance + 0.1 * moments[2]]
        });
        biased_running: |call| call.keeping(|[mean, variance], moments| {
            [0.9 * mean + 0.1 * moments[0], 0.9 * variance + 0.1 * moments[1]]
        });
        running_deviation: |call| call.keeping(|[mean, variance], moments| {
            [0.9 * mean + 0.1 * moments[0], 0.9 * variance + 0.1 * moments[2].sqrt()]
        });
        variance_forgotten: |call| call.keeping(|[mean, variance], moments| {
            [0.9 * mean + 0.1 * moments[0], variance]
        });
        updated_at_inference: |call| {
            let (mean, width) = call.of_running(width);
            let output = (!call.training).then(|| call.formula(&mean, &width));
            // A batch of one has no variance to learn from.
            let learns = call.training || call.batch.ncols() > 1;
            let trained = Call { training: learns, ..call }.right();
            output.unwrap_or(trained)
        };
        batch_at_inference: |call| call.at_inference(|call| {
            let (mean, width) = call.of_batch(|[_, variance, _]| width(variance));
            call.formula(&mean, &width)
        });
        no_epsilon_at_inference: |call| call.at_inference(|call| {
            let (mean, width) = call.of_running(f64::sqrt);
            call.formula(&mean, &width)
        });
        no_root_at_inference: |call| call.at_inference(|call| {
            let (mean, width) = call.of_running(|variance| variance + 0.00001);
            call.formula(&mean, &width)
        });
        plain_at_inference: |call| call.at_inference(Call::plain);
        identity_at_inference: |call| call.at_inference(|call| call.batch.clone());
    }

    /// The root in the formula.
    fn width(variance: f64) -> f64 {
        (variance + 0.00001).sqrt()
    }

    pub fn from_zero(losses: &[f64], patience: usize) -> (usize, usize) {
        let (end, keep) = solutions::early_stopping(losses, patience);
        (end.saturating_sub(1), keep.saturating_sub(1))
    }

    pub fn largest(losses: &[f64], patience: usize) -> (usize, usize) {
        let turned: Vec<f64> = losses.iter().map(|loss| -loss).collect();
        solutions::early_stopping(&turned, patience)
    }

    pub fn always_waits(losses: &[f64], patience: usize) -> (usize, usize) {
        let (_, keep) = solutions::early_stopping(losses, patience);
        (keep + patience, keep)
    }

    pub fn end_forgotten(losses: &[f64], patience: usize) -> (usize, usize) {
        let (end, keep) = solutions::early_stopping(losses, patience);
        (if end - keep < patience { 0 } else { end }, keep)
    }

    /// Epoch by epoch: `better(loss, best)` says whether a loss takes the best's place.
    fn walk(
        losses: &[f64],
        patience: usize,
        better: impl Fn(f64, f64) -> bool,
    ) -> (usize, usize) {
        let (mut best, mut keep) = (f64::INFINITY, 0);
        for (index, &loss) in losses.iter().enumerate() {
            if better(loss, best) {
                (best, keep) = (loss, index + 1);
            } else if index + 1 - keep >= patience {
                return (index + 1, keep);
            }
        }
        (losses.len(), keep)
    }

    pub fn equal_is_better(losses: &[f64], patience: usize) -> (usize, usize) {
        walk(losses, patience, |loss, best| loss <= best)
    }

    pub fn last_of_equals(losses: &[f64], patience: usize) -> (usize, usize) {
        let (end, keep) = solutions::early_stopping(losses, patience);
        let last =
            (1..=end).rfind(|&epoch| losses[epoch - 1] == losses[keep.max(1) - 1]);
        (end, last.unwrap_or(keep))
    }

    pub fn last_kept(losses: &[f64], patience: usize) -> (usize, usize) {
        let (end, _) = solutions::early_stopping(losses, patience);
        (end, end)
    }

    pub fn turned_round(losses: &[f64], patience: usize) -> (usize, usize) {
        let (end, keep) = solutions::early_stopping(losses, patience);
        (keep, end)
    }

    pub fn patience_before_the_end(losses: &[f64], patience: usize) -> (usize, usize) {
        let (end, _) = solutions::early_stopping(losses, patience);
        (end, end.saturating_sub(patience))
    }

    pub fn one_too_late(losses: &[f64], patience: usize) -> (usize, usize) {
        solutions::early_stopping(losses, patience + 1)
    }

    pub fn one_too_early(losses: &[f64], patience: usize) -> (usize, usize) {
        solutions::early_stopping(losses, patience - 1)
    }

    pub fn against_the_one_before(losses: &[f64], patience: usize) -> (usize, usize) {
        let mut waited = 0;
        let mut end = losses.len();
        for epoch in 1..=losses.len() {
            let before = if epoch > 1 { losses[epoch - 2] } else { f64::INFINITY };
            waited = if losses[epoch - 1] < before { 0 } else { waited + 1 };
            if waited >= patience {
                end = epoch;
                break;
            }
        }
        (end, best_of(&losses[..end]))
    }

    /// The first epoch with the smallest number, or 0.
    fn best_of(losses: &[f64]) -> usize {
        ends_and_keeps(losses, losses.len() + 1).1
    }

    pub fn best_of_all(losses: &[f64], patience: usize) -> (usize, usize) {
        (solutions::early_stopping(losses, patience).0, best_of(losses))
    }

    pub fn longest_wait(losses: &[f64], patience: usize) -> (usize, usize) {
        let best = best_of(losses);
        (losses.len().min(best + patience), best)
    }

    pub fn never_anew(losses: &[f64], patience: usize) -> (usize, usize) {
        counting(losses, patience, |_, _, failed| failed + 1, |failed| failed)
    }

    #[allow(clippy::neg_cmp_op_on_partial_ord, reason = "that is the mistake")]
    pub fn nan_is_best(losses: &[f64], patience: usize) -> (usize, usize) {
        walk(losses, patience, |loss, best| !(loss >= best))
    }

    pub fn index_kept(losses: &[f64], patience: usize) -> (usize, usize) {
        let (end, keep) = solutions::early_stopping(losses, patience);
        (end, keep.saturating_sub(1))
    }

    pub fn patience_ignored(losses: &[f64], _patience: usize) -> (usize, usize) {
        (losses.len(), best_of(losses))
    }

    pub fn starts_too_low(losses: &[f64], patience: usize) -> (usize, usize) {
        walk(losses, patience, |loss, best| loss < best.min(1000.0))
    }

    pub fn total_order(losses: &[f64], patience: usize) -> (usize, usize) {
        walk(losses, patience, |loss, best| loss.total_cmp(&best).is_lt())
    }

    pub fn clearly_better(losses: &[f64], patience: usize) -> (usize, usize) {
        walk(losses, patience, |loss, best| loss < best - 0.001)
    }

    /// Counts failures: `fails(loss, best, failed)` is the new count if a loss is not
    /// better, `anew(failed)` if it is.
    fn counting(
        losses: &[f64],
        patience: usize,
        fails: impl Fn(f64, f64, usize) -> usize,
        anew: impl Fn(usize) -> usize,
    ) -> (usize, usize) {
        let (mut best, mut keep, mut failed) = (f64::INFINITY, 0, 0);
        for (index, &loss) in losses.iter().enumerate() {
            if loss < best {
                (best, keep, failed) = (loss, index + 1, anew(failed));
            } else {
                failed = fails(loss, best, failed);
                if failed >= patience {
                    return (index + 1, keep);
                }
            }
        }
        (losses.len(), keep)
    }

    pub fn equal_starts_anew(losses: &[f64], patience: usize) -> (usize, usize) {
        let fails = |loss, best, failed| if loss == best { 0 } else { failed + 1 };
        counting(losses, patience, fails, |_| 0)
    }

    pub fn counted_back(losses: &[f64], patience: usize) -> (usize, usize) {
        let anew = |failed: usize| failed.saturating_sub(1);
        counting(losses, patience, |_, _, failed| failed + 1, anew)
    }

    pub fn nan_starts_anew(losses: &[f64], patience: usize) -> (usize, usize) {
        let fails = |loss: f64, _, failed| if loss.is_nan() { 0 } else { failed + 1 };
        counting(losses, patience, fails, |_| 0)
    }

    pub fn nan_first(losses: &[f64], patience: usize) -> (usize, usize) {
        walk(losses, patience, |loss, best| loss < best || best == f64::INFINITY)
    }

    pub fn nan_is_skipped(losses: &[f64], patience: usize) -> (usize, usize) {
        let places: Vec<usize> =
            (0..losses.len()).filter(|&place| !losses[place].is_nan()).collect();
        let numbers: Vec<f64> = places.iter().map(|&place| losses[place]).collect();
        let (end, keep) = solutions::early_stopping(&numbers, patience);
        let ended = end > 0 && end - keep >= patience;
        let epoch = |nth: usize| if nth == 0 { 0 } else { places[nth - 1] + 1 };
        (if ended { epoch(end) } else { losses.len() }, epoch(keep))
    }

    pub fn nan_ends_it(losses: &[f64], patience: usize) -> (usize, usize) {
        let nan = losses.iter().position(|loss| loss.is_nan());
        let seen = nan.map_or(losses.len(), |place| place + 1);
        solutions::early_stopping(&losses[..seen], patience)
    }

    pub fn first_kept_without_best(losses: &[f64], patience: usize) -> (usize, usize) {
        let (end, keep) = solutions::early_stopping(losses, patience);
        (end, keep.max(end.min(1)))
    }
}
