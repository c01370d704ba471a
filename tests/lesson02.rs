//! Laws of the exercises of lesson 02: gradient descent on a line.

#[allow(unused_variables, reason = "a stub uses nothing yet")]
#[path = "../lessons/lesson02/exercises.rs"]
mod exercises;
#[path = "../lessons/lesson02/solutions.rs"]
mod solutions;

use harness::*;

fn main() -> std::process::ExitCode {
    harness::main(
        2,
        vec![mse_and_slope(), line_step(), cross_entropy(), standardize(), epoch()],
    )
}

type MseAndSlope = fn(&[f64], &[f64]) -> (f64, Vec<f64>);
type LineStep = fn(f64, f64, &[f64], &[f64], f64) -> (f64, f64);
type CrossEntropy = fn(&[f64], &[f64]) -> f64;
type Standardize = fn(&[f64], &[f64]) -> (Vec<f64>, Vec<f64>);
type Epoch = fn(f64, f64, &[f64], &[f64], &[usize], usize, f64) -> (f64, f64);

/// From weight, bias and one list of numbers to x and y.
type MakeExamples = fn(f64, f64, Vec<f64>) -> (Vec<f64>, Vec<f64>);

/// The same numbers once more behind themselves: a mean over them stays what it was.
fn twice(numbers: &[f64]) -> Vec<f64> {
    [numbers, numbers].concat()
}

/// Says which batch the seen value belongs to, where a law hands one over twice.
fn seen_twice(x: &[f64], y: &[f64]) -> String {
    let (x, y) = (twice(x).show(), twice(y).show());
    format!("Seen is the answer for the batch twice: {x} and {y}.")
}

fn near_pair(seen: (f64, f64), expected: (f64, f64)) -> Outcome {
    near_slice([seen.0, seen.1], [expected.0, expected.1])
}

fn mse_and_slope() -> Box<dyn Check> {
    let batch = || halves_vec_pair(1..8);
    Exercise::new(
        "2.1",
        "mse_and_slope",
        exercises::mse_and_slope as MseAndSlope,
        solutions::mse_and_slope,
    )
    .probe(|f| {
        let (loss, slopes) = f(&[1.0, -2.5, 4.0], &[3.0, 1.0, 3.5]);
        let (one, slope) = f(&[0.25], &[-1.0]);
        [vec![loss, one], slopes, slope].concat()
    })
    .law("one_is_its_square", "One example costs its error squared.", |f| {
        given(&["prediction", "target"], (halves(), halves()), |&(p, t)| {
            near(f(&[p], &[t]).0, (p - t) * (p - t))
        })
    })
    .law("loss_is_a_mean", "A batch seen twice has the same loss.", move |f| {
        given(&["predictions", "targets"], batch(), |(p, t)| {
            near(f(&twice(p), &twice(t)).0, f(p, t).0).because(seen_twice(p, t))
        })
    })
    .law("slopes_of_a_mean", "In a batch seen twice, each slope halves.", move |f| {
        given(&["predictions", "targets"], batch(), |(p, t)| {
            let halved: Vec<f64> = f(p, t).1.iter().map(|s| s / 2.0).collect();
            near_slice(f(&twice(p), &twice(t)).1, twice(&halved))
                .because(seen_twice(p, t))
        })
    })
    .law("rise_over_run", "Each slope is the rise of the loss over a run.", move |f| {
        given(&["predictions", "targets"], batch(), |(p, t)| {
            let rise_over_run = |i: usize| {
                let (mut up, mut down) = (p.clone(), p.clone());
                up[i] += 0.5;
                down[i] -= 0.5;
                f(&up, t).0 - f(&down, t).0
            };
            near_slice(f(p, t).1, (0..p.len()).map(rise_over_run).collect::<Vec<_>>())
        })
    })
    .wrong(
        "loss_is_a_sum",
        |p, t| (wrong::sum_of_squares(p, t), solutions::mse_and_slope(p, t).1),
        "loss_is_a_mean",
        "Your loss is the sum of the squares, n times too large. Divide by n.",
    )
    .wrong(
        "slopes_of_a_sum",
        |p, t| wrong::mse_with_slopes_times(p, t, p.len() as f64),
        "slopes_of_a_mean",
        "Your slopes are exactly n times too large: the mean is missing. Each example \
         owns only 1/n of the loss.",
    )
    .wrong(
        "two_forgotten",
        |p, t| wrong::mse_with_slopes_times(p, t, 0.5),
        "rise_over_run",
        "Your slopes are half of what they should be: the derivative of e squared is \
         2e.",
    )
    .wrong(
        "sign_flipped",
        |p, t| wrong::mse_with_slopes_times(p, t, -1.0),
        "rise_over_run",
        "Your slopes have the wrong sign. Where a prediction is too high, the loss \
         rises with it, so the slope there is positive: the error is prediction - \
         target.",
    )
    .wrong(
        "half_the_square",
        |p, t| {
            let (loss, slopes) = wrong::mse_with_slopes_times(p, t, 0.5);
            (loss / 2.0, slopes)
        },
        "one_is_its_square",
        "You used half the squared error. Some books do, to be rid of the 2 in the \
         slope. Here the loss is the plain mean of the squares.",
    )
    .wrong(
        "not_squared",
        wrong::mean_absolute_error,
        "one_is_its_square",
        "That is the mean absolute error. Square each error.",
    )
    .hint("Start with the errors: prediction - target, one for each example.")
    .hint(
        "The loss is the sum of the squared errors over n. How does one term of that \
         sum change when its prediction moves a little?",
    )
    .hint(
        "The derivative of (p - t) squared with respect to p is 2 (p - t). The 1/n of \
         the mean stays in front.",
    )
    .hint("So each slope is `2.0 * error / n`.")
    .build()
}

fn line_step() -> Box<dyn Check> {
    let names = &["weight", "bias", "x and y", "learning rate"];
    let case = || (halves(), halves(), halves_vec_pair(1..8), Just(0.25));
    // Examples with one list given and the other made from weight, bias and that list.
    let made = |xy: MakeExamples| {
        (halves(), halves(), halves_vec(1..8))
            .prop_map(move |(w, b, list)| (w, b, xy(w, b, list), 0.25))
    };
    Exercise::new(
        "2.2",
        "line_step",
        exercises::line_step as LineStep,
        solutions::line_step,
    )
    .probe(|f| {
        let (w, b) = f(0.5, -1.0, &[1.0, -2.0, 3.0], &[2.0, 0.5, -1.0], 0.125);
        let (w1, b1) = f(0.0, 0.0, &[2.0], &[3.0], 0.25);
        vec![w, b, w1, b1]
    })
    .law("mean_of_all", "Examples seen twice give the same step.", move |f| {
        given(names, case(), |(w, b, (x, y), rate)| {
            let seen = f(*w, *b, &twice(x), &twice(y), *rate);
            near_pair(seen, f(*w, *b, x, y, *rate)).because(seen_twice(x, y))
        })
    })
    .law("rests_on_the_line", "Where the line is exact, no step is taken.", move |f| {
        let exact = made(|w, b, x| {
            let y = x.iter().map(|x| w * x + b).collect();
            (x, y)
        });
        given(names, exact, |(w, b, (x, y), rate)| {
            near_pair(f(*w, *b, x, y, *rate), (*w, *b))
        })
    })
    .law("no_x_no_pull", "Where every x is 0, the weight stays.", move |f| {
        given(names, made(|_, _, y| (vec![0.0; y.len()], y)), |(w, b, (x, y), rate)| {
            near(f(*w, *b, x, y, *rate).0, *w).because("Seen is the new weight.")
        })
    })
    .law("twice_the_rate", "Twice the rate moves both twice as far.", move |f| {
        given(names, case(), |(w, b, (x, y), rate)| {
            let (one, two) = (f(*w, *b, x, y, *rate), f(*w, *b, x, y, 2.0 * rate));
            near_pair((two.0 - w, two.1 - b), (2.0 * (one.0 - w), 2.0 * (one.1 - b)))
                .because(
                    "Seen is how far weight and bias move at twice the learning rate.",
                )
        })
    })
    .law("downhill", "A short step never ends higher than it began.", move |f| {
        let short = (halves(), halves(), halves_vec_pair(1..8), Just(1.0 / 128.0));
        given(names, short, |(w, b, (x, y), rate)| {
            let (w1, b1) = f(*w, *b, x, y, *rate);
            let before = mse_of_line(*w, *b, x, y);
            let after = mse_of_line(w1, b1, x, y);
            if after <= before + 1e-9 * before.max(1.0) {
                return Ok(());
            }
            Err(Mismatch::new(
                format!("{after}, at weight {w1} and bias {b1}"),
                format!("a loss of at most {before}, as before the step"),
            ))
        })
    })
    .law("one_example", "For one example with error e, the slopes are 2ex and 2e.", {
        |f| {
            let names = &["weight", "bias", "x", "y", "learning rate"];
            let case = (halves(), halves(), halves(), halves(), Just(0.25));
            given(names, case, |&(w, b, x, y, rate)| {
                let pull = rate * 2.0 * (w * x + b - y);
                near_pair(f(w, b, &[x], &[y], rate), (w - pull * x, b - pull))
            })
        }
    })
    .wrong(
        "uphill",
        |w, b, x, y, rate| solutions::line_step(w, b, x, y, -rate),
        "downhill",
        "You walk uphill. The slope says where the loss rises: subtract it.",
    )
    .wrong(
        "sum_instead_of_mean",
        |w, b, x, y, rate| solutions::line_step(w, b, x, y, rate * x.len() as f64),
        "mean_of_all",
        "Your step is exactly n times too long. The loss is a mean, so its slope is \
         the mean of the examples' slopes.",
    )
    .wrong(
        "bias_stays",
        |w, b, x, y, rate| (solutions::line_step(w, b, x, y, rate).0, b),
        "one_example",
        "Your bias never moves. It has a slope too: the mean of 2e.",
    )
    .wrong(
        "x_forgotten",
        |w, b, x, y, rate| {
            let step = solutions::line_step(w, b, x, y, rate).1 - b;
            (w + step, b + step)
        },
        "no_x_no_pull",
        "Weight and bias move by the same amount. The weight acts through x, so its \
         slope is the mean of 2ex.",
    )
    .wrong(
        "bias_sees_the_new_weight",
        |w, b, x, y, rate| {
            let new = solutions::line_step(w, b, x, y, rate).0;
            (new, solutions::line_step(new, b, x, y, rate).1)
        },
        "twice_the_rate",
        "Your bias moves by the slope at the new weight. Measure both slopes at the \
         old line, then move.",
    )
    .wrong(
        "moves_at_each_example",
        wrong::step_at_each_example,
        "mean_of_all",
        "You move the line inside the loop over the examples. Add up the slopes of all \
         examples at the old line first, then move once.",
    )
    .wrong(
        "two_forgotten",
        |w, b, x, y, rate| solutions::line_step(w, b, x, y, rate / 2.0),
        "one_example",
        "Your step is half as long as it should be: the derivative of e squared is 2e.",
    )
    .hint("You have the slope of the loss in each prediction from exercise 2.1.")
    .hint(
        "If the weight rises by a little, a prediction rises x times as much. If the \
         bias rises by a little, each prediction rises just as much.",
    )
    .hint(
        "The slope in the weight is the sum, over the examples, of the slope in the \
         prediction times x. The slope in the bias is the sum of the slopes in the \
         predictions.",
    )
    .hint("The new weight is `weight - learning_rate * slope_weight`; the bias alike.")
    .build()
}

fn mse_of_line(w: f64, b: f64, x: &[f64], y: &[f64]) -> f64 {
    let squares = x.iter().zip(y).map(|(x, y)| (w * x + b - y) * (w * x + b - y));
    squares.sum::<f64>() / x.len() as f64
}

fn cross_entropy() -> Box<dyn Check> {
    let sure = || (whole(40..=1000), bit());
    let batch = || list((halves_between(-30.0, 30.0), bit()), 1..8);
    let unzip = |batch: &[(f64, f64)]| -> (Vec<f64>, Vec<f64>) {
        batch.iter().copied().unzip()
    };
    Exercise::new(
        "2.3",
        "cross_entropy",
        exercises::cross_entropy as CrossEntropy,
        solutions::cross_entropy,
    )
    .probe(|f| {
        let several = f(&[0.5, -2.0, 3.0], &[1.0, 0.0, 0.0]);
        let sure = f(&[40.0], &[0.0]);
        vec![several, f(&[-1.5], &[1.0]), sure, f(&[1000.0], &[1.0])]
    })
    .law("no_opinion", "A score of 0 costs ln 2, whatever the target.", |f| {
        given(&["target"], bit(), |&t| near(f(&[0.0], &[t]), std::f64::consts::LN_2))
    })
    .law("definition", "For small scores, the cost is -ln of the truth's p.", |f| {
        given(&["logit", "target"], (halves(), bit()), |&(z, t)| {
            let p = if t == 1.0 { sigmoid(z) } else { sigmoid(-z) };
            near(f(&[z], &[t]), -p.ln())
        })
    })
    .law("sure_and_right", "Being sure and right costs nothing.", move |f| {
        given(&["logit", "target"], sure(), |&(size, t)| {
            let z = if t == 1.0 { size } else { -size };
            near(f(&[z], &[t]), 0.0).because(format!("the logit was {z}"))
        })
    })
    .law("sure_and_wrong", "Being sure and wrong costs the score's size.", move |f| {
        given(&["size of the logit", "target"], sure(), |&(size, t)| {
            let z = if t == 1.0 { -size } else { size };
            near(f(&[z], &[t]), size).because(format!("the logit was {z}"))
        })
    })
    .law("loss_is_a_mean", "A batch seen twice has the same loss.", move |f| {
        given(&["(logit, target)"], batch(), |batch| {
            let (z, t) = unzip(batch);
            near(f(&twice(&z), &twice(&t)), f(&z, &t)).because(seen_twice(&z, &t))
        })
    })
    .law("mirrored", "Other signs and other targets: the same loss.", move |f| {
        given(&["(logit, target)"], batch(), |batch| {
            let (z, t) = unzip(batch);
            let minus: Vec<f64> = z.iter().map(|z| -z).collect();
            let other: Vec<f64> = t.iter().map(|t| 1.0 - t).collect();
            near(f(&minus, &other), f(&z, &t)).because(format!(
                "Seen is the answer for {} and {}.",
                minus.show(),
                other.show()
            ))
        })
    })
    .wrong(
        "logarithm_of_zero",
        |z, t| wrong::mean_cost(z, t, |z, t| wrong::surprise(sigmoid(z), t)),
        "sure_and_right",
        "Far out p rounds to exactly 0 or 1, its logarithm is infinite, and 0 times \
         infinity is NaN. Work with the score, not with p.",
    )
    .wrong(
        "infinite_surprise",
        |z, t| {
            wrong::mean_cost(z, t, |z, t| match t == 1.0 {
                true => -sigmoid(z).ln(),
                false => -(1.0 - sigmoid(z)).ln(),
            })
        },
        "sure_and_wrong",
        "Far out p rounds to exactly 0 or 1, and the cost of being wrong comes out as \
         infinite. Work with the score, not with p.",
    )
    .wrong(
        "exponential_overflows",
        |z, t| wrong::mean_cost(z, t, |z, t| z.exp().ln_1p() - t * z),
        "sure_and_right",
        "e^1000 is infinite. Where a is positive, ln(1 + e^a) = a + ln(1 + e^-a) keeps \
         the exponent below zero.",
    )
    .wrong(
        "clamped",
        |z, t| {
            let p = |z| sigmoid(z).clamp(1e-12, 1.0 - 1e-12);
            wrong::mean_cost(z, t, |z, t| wrong::surprise(p(z), t))
        },
        "sure_and_wrong",
        "You clamp p away from 0 and 1. That is finite but not right: a score of 1000 \
         on the wrong side costs 1000, and behind the clamp there is no slope to learn \
         from.",
    )
    .wrong(
        "sum_instead_of_mean",
        |z, t| solutions::cross_entropy(z, t) * z.len() as f64,
        "loss_is_a_mean",
        "Your loss is the sum of the costs, n times too large. Divide by n.",
    )
    .wrong(
        "targets_swapped",
        |z, t| {
            let other: Vec<f64> = t.iter().map(|t| 1.0 - t).collect();
            solutions::cross_entropy(z, &other)
        },
        "definition",
        "In yours, right costs much and wrong costs little: the two targets are \
         swapped, or a sign is.",
    )
    .wrong(
        "only_ones_pay",
        |z, t| {
            wrong::mean_cost(z, t, |z, t| t * solutions::cross_entropy(&[z], &[1.0]))
        },
        "no_opinion",
        "Examples with target 0 cost nothing in your loss. They cost -ln(1 - p).",
    )
    .hint(
        "Write both costs with the score: -ln(p) = ln(1 + e^-z), and -ln(1 - p) = ln(1 \
         + e^z). They differ in one sign only.",
    )
    .hint(
        "So every example costs ln(1 + e^a), where a is z or -z. That overflows only \
         where a is large and positive. What does ln(1 + e^1000) come to?",
    )
    .hint(
        "Take e^a out of the bracket: 1 + e^a = e^a (1 + e^-a). Its logarithm is a + \
         ln(1 + e^-a), and that exponent is safe where a is positive.",
    )
    .hint("One line serves both signs: `a.max(0.0) + (-a.abs()).exp().ln_1p()`.")
    .build()
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn standardize() -> Box<dyn Check> {
    // A training part that varies: its last number is larger than its first.
    let varied = || {
        (halves_vec(1..8), positive_halves(4.0)).prop_map(|(mut train, more)| {
            train.push(train[0] + more);
            train
        })
    };
    Exercise::new(
        "2.4",
        "standardize",
        exercises::standardize as Standardize,
        solutions::standardize,
    )
    .probe(|f| {
        let (train, held_out) = f(&[1.0, 4.0, -2.5], &[2.0, 7.0]);
        let (same, other) = f(&[2.0, 2.0], &[3.5]);
        let (tenths, fifth) = f(&[0.1, 0.1, 0.1], &[0.2]);
        [train, held_out, same, other, tenths, fifth].concat()
    })
    .law("mean_is_zero", "The training part comes out with mean 0.", move |f| {
        given(&["train"], varied(), |train| near(mean(&f(train, &[]).0), 0.0))
    })
    .law("deviation_is_one", "The training part's mean square comes out as 1.", {
        move |f| {
            given(&["train"], varied(), |train| {
                let scaled = f(train, &[]).0;
                near(mean(&scaled.iter().map(|x| x * x).collect::<Vec<_>>()), 1.0)
            })
        }
    })
    .law("one_ruler", "A number held out that is also in `train` comes out alike.", {
        move |f| {
            given(&["train", "taken"], (varied(), 1..8_usize), |(train, taken)| {
                let some = &train[..*taken.min(&train.len())];
                let (scaled, held_out) = f(train, some);
                near_slice(held_out, scaled.get(..some.len()).unwrap_or_default())
            })
        }
    })
    .law("held_out_is_not_asked", "What is held out does not change the rest.", {
        move |f| {
            let case = (varied(), halves_vec(1..8));
            given(&["train", "held_out"], case, |(train, held_out)| {
                near_slice(f(train, held_out).0, f(train, &[]).0)
            })
        }
    })
    .law("no_spread", "A feature that never varies is shifted, not divided.", |f| {
        // Tenths, whose sums and squares are rounded.
        let tenths = || whole(-40..=40).prop_map(|n| n / 10.0);
        let case = (tenths(), tenths(), 1..8_usize)
            .prop_map(|(x, other, n)| (vec![x; n], vec![other]));
        given(&["train", "held_out"], case, |(train, held_out)| {
            let (same, other) = f(train, held_out);
            near_slice(same, vec![0.0; train.len()])
                .because("Seen is `train`, scaled.")?;
            near_slice(other, [held_out[0] - train[0]])
                .because("Seen is `held_out`, scaled.")
        })
    })
    .wrong(
        "fitted_on_everything",
        |train, held_out| {
            let all = [train, held_out].concat();
            let scaled = solutions::standardize(&all, &[]).0;
            (scaled[..train.len()].to_vec(), scaled[train.len()..].to_vec())
        },
        "held_out_is_not_asked",
        "Mean and deviation come from both parts, so the held-out part leaks into the \
         training. Fit the ruler on `train` alone.",
    )
    .wrong(
        "each_its_own_ruler",
        |train, held_out| {
            let own = |part: &[f64]| match part {
                [] => vec![],
                part => solutions::standardize(part, &[]).0,
            };
            (own(train), own(held_out))
        },
        "one_ruler",
        "The held-out part is measured with its own mean and deviation. A 5 must \
         become the same number in both parts: use the ruler of `train`.",
    )
    .wrong(
        "divided_by_the_variance",
        |train, held_out| {
            wrong::scaled(train, held_out, |v| if v > 0.0 { v } else { 1.0 })
        },
        "deviation_is_one",
        "You divide by the variance. The standard deviation is its square root.",
    )
    .wrong(
        "n_minus_one",
        |train, held_out| {
            let n = train.len() as f64;
            wrong::scaled(train, held_out, |v| match v > 0.0 {
                true => (v * n / (n - 1.0)).sqrt(),
                false => 1.0,
            })
        },
        "deviation_is_one",
        "You divide the squares by n - 1. Here the deviation is that of these very \
         numbers: divide by n.",
    )
    .wrong(
        "not_centered",
        |train, held_out| {
            let shift = |x: &f64| x + mean(train) / wrong::deviation(train);
            let (a, b) = solutions::standardize(train, held_out);
            (a.iter().map(shift).collect(), b.iter().map(shift).collect())
        },
        "mean_is_zero",
        "You divide by the deviation but never subtract the mean.",
    )
    .wrong(
        "zero_by_zero",
        |train, held_out| wrong::scaled(train, held_out, f64::sqrt),
        "no_spread",
        "A feature that never varies has deviation 0, and 0 / 0 is NaN. Divide by 1 \
         then.",
    )
    .wrong(
        "deviation_compared_with_zero",
        |train, held_out| {
            wrong::scaled(train, held_out, |v| if v == 0.0 { 1.0 } else { v.sqrt() })
        },
        "no_spread",
        "You ask whether the deviation is 0. But the mean of three times 0.1 is \
         rounded, so a deviation can come out a little above 0. Ask whether the \
         numbers are equal.",
    )
    .wrong(
        "mean_square_less_squared_mean",
        |train, held_out| {
            let squares: Vec<f64> = train.iter().map(|x| x * x).collect();
            let (mean, square) = (mean(train), mean(&squares));
            let variance = square - mean * mean;
            let by = if variance == 0.0 { 1.0 } else { variance.sqrt() };
            let scale = |part: &[f64]| part.iter().map(|x| (x - mean) / by).collect();
            (scale(train), scale(held_out))
        },
        "no_spread",
        "The mean of the squares less the square of the mean is the variance on paper. \
         Rounded, it can come out below 0, and its root is NaN. Take the mean of \
         (x - mean) squared, and ask whether the numbers are equal.",
    )
    .hint("Two numbers make the ruler, a mean and a standard deviation. Whose?")
    .hint(
        "Both come from `train`. The held-out part is scaled with them, and with \
         nothing of its own.",
    )
    .hint(
        "The variance is the mean of (x - mean) squared over `train`; the deviation is \
         its square root. If all numbers in `train` are equal, take 1 instead. Compare \
         the numbers, not the deviation: rounding may leave it a little above 0.",
    )
    .hint("One closure serves both parts: `|x| (x - mean) / deviation`.")
    .build()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn epoch() -> Box<dyn Check> {
    let names = &["weight", "bias", "walk"];
    let case = || (halves(), halves(), walks());
    Exercise::new("2.5", "epoch", exercises::epoch as Epoch, solutions::epoch)
        .probe(|f| {
            let (x, y) = ([1.0, -2.0, 0.5, 3.0, -1.0], [2.0, 0.5, -1.0, 1.5, 4.0]);
            let (w, b) = f(0.5, -1.0, &x, &y, &[3, 0, 4, 2, 1], 2, 0.0625);
            let (w1, b1) = f(0.0, 0.0, &x, &y, &[2, 1, 0], 1, 0.125);
            let (w2, b2) = f(0.0, 1.0, &x, &y, &[4, 2, 0, 1, 3], 7, 0.125);
            vec![w, b, w1, b1, w2, b2]
        })
        .law(
            "one_batch_one_step",
            "A batch that holds all is one full step.",
            move |f| {
                for more in [0, 3] {
                    let whole = walks().prop_map(move |walk| Walk {
                        batch: walk.x.len() + more,
                        ..walk
                    });
                    given(names, (halves(), halves(), whole), |(w, b, walk)| {
                        near_pair(walk.run(f, *w, *b, &walk.order), walk.step(*w, *b))
                    })?;
                }
                Ok(())
            },
        )
        .law("follows_the_order", "Examples count in the order given.", move |f| {
            given(names, case(), |(w, b, walk)| {
                let px: Vec<f64> = walk.order.iter().map(|&i| walk.x[i]).collect();
                let py: Vec<f64> = walk.order.iter().map(|&i| walk.y[i]).collect();
                let straight: Vec<usize> = (0..px.len()).collect();
                let expected = f(*w, *b, &px, &py, &straight, walk.batch, RATE);
                near_pair(walk.run(f, *w, *b, &walk.order), expected)
            })
        })
        .law(
            "batch_by_batch",
            "An epoch is its first batch, then the rest.",
            move |f| {
                given(names, case(), |(w, b, walk)| {
                    let (first, rest) =
                        walk.order.split_at(walk.batch.min(walk.x.len()));
                    let mut expected = walk.run(f, *w, *b, first);
                    if !rest.is_empty() {
                        expected = walk.run(f, expected.0, expected.1, rest);
                    }
                    near_pair(walk.run(f, *w, *b, &walk.order), expected)
                })
            },
        )
        .wrong(
            "last_batch_dropped",
            |w, b, x, y, order, batch, rate| {
                let whole = order.len() / batch * batch;
                solutions::epoch(w, b, x, y, &order[..whole], batch, rate)
            },
            "one_batch_one_step",
            "You drop the last batch when it is smaller than the rest. It counts too.",
        )
        .wrong(
            "mean_over_the_batch_size",
            |w, b, x, y, order, batch, rate| {
                order.chunks(batch).fold((w, b), |(w, b), part| {
                    let rate = rate * part.len() as f64 / batch as f64;
                    solutions::epoch(w, b, x, y, part, batch, rate)
                })
            },
            "one_batch_one_step",
            "You divide by `batch` even where the last batch holds fewer. The mean is \
             over the examples that are there.",
        )
        .wrong(
            "order_ignored",
            |w, b, x, y, order, batch, rate| {
                let straight: Vec<usize> = (0..order.len()).collect();
                solutions::epoch(w, b, x, y, &straight, batch, rate)
            },
            "follows_the_order",
            "You walk the examples as they lie. Look up `x[order[i]]`, not `x[i]`.",
        )
        .wrong(
            "slopes_at_the_start",
            |w, b, x, y, order, batch, rate| {
                order.chunks(batch).fold((w, b), |(to_w, to_b), part| {
                    let (w1, b1) = solutions::epoch(w, b, x, y, part, batch, rate);
                    (to_w + w1 - w, to_b + b1 - b)
                })
            },
            "batch_by_batch",
            "Every batch is measured at the line you started the epoch with. Each step \
             must start where the last one ended.",
        )
        .wrong(
            "moves_at_each_example",
            |w, b, x, y, order, batch, rate| {
                order.chunks(batch).fold((w, b), |(w, b), part| {
                    let (x, y): (Vec<f64>, Vec<f64>) =
                        part.iter().map(|&i| (x[i], y[i])).unzip();
                    wrong::step_at_each_example(w, b, &x, &y, rate)
                })
            },
            "one_batch_one_step",
            "The line moves inside a batch, at each example. Add up the slopes of the \
             batch first, then move once. (If you call your `line_step`, look there.)",
        )
        .wrong(
            "sum_instead_of_mean",
            |w, b, x, y, order, batch, rate| {
                order.chunks(batch).fold((w, b), |(w, b), part| {
                    let rate = rate * part.len() as f64;
                    solutions::epoch(w, b, x, y, part, batch, rate)
                })
            },
            "one_batch_one_step",
            "Your steps are as many times too long as the batch has examples: take the \
             mean over the batch.",
        )
        .hint(
            "`order.chunks(batch)` cuts the order into batches, the last as it comes.",
        )
        .hint("For each batch, gather its x and its y into two new vectors, by index.")
        .hint(
            "Then take one step of exercise 2.2 on those two vectors, from the weight \
             and the bias that the last step left.",
        )
        .build()
}

/// A learning rate at which the numbers stay small.
const RATE: f64 = 1.0 / 64.0;

/// Examples, an order to see them in, and a batch size.
#[derive(Clone, Debug)]
struct Walk {
    x: Vec<f64>,
    y: Vec<f64>,
    order: Vec<usize>,
    batch: usize,
}

impl Walk {
    fn run(&self, f: Epoch, w: f64, b: f64, order: &[usize]) -> (f64, f64) {
        f(w, b, &self.x, &self.y, order, self.batch, RATE)
    }

    /// One step on all the examples.
    fn step(&self, w: f64, b: f64) -> (f64, f64) {
        let errors = self.x.iter().zip(&self.y).map(|(x, y)| w * x + b - y);
        let e: Vec<f64> = errors.collect();
        let ex: Vec<f64> = e.iter().zip(&self.x).map(|(e, x)| e * x).collect();
        (w - RATE * 2.0 * mean(&ex), b - RATE * 2.0 * mean(&e))
    }
}

impl Show for Walk {
    fn show(&self) -> String {
        let Self { x, y, order, batch } = self;
        let (x, y) = (x.show(), y.show());
        format!("x {x}, y {y}, order {order:?}, batch {batch}, learning rate 1/64")
    }
}

/// Each example comes with a number; sorted by it, their places are the order.
fn walks() -> impl Strategy<Value = Walk> {
    let examples = list((halves(), halves(), 0..100_u32), 1..8);
    (examples, 1..9_usize).prop_map(|(examples, batch)| {
        let mut order: Vec<usize> = (0..examples.len()).collect();
        order.sort_by_key(|&i| examples[i].2);
        let (x, y) = examples.iter().map(|&(x, y, _)| (x, y)).unzip();
        Walk { x, y, order, batch }
    })
}

/// The mistakes that need more than a line.
mod wrong {
    use super::{mean, solutions};

    pub fn sum_of_squares(predictions: &[f64], targets: &[f64]) -> f64 {
        predictions.iter().zip(targets).map(|(p, t)| (p - t) * (p - t)).sum()
    }

    pub fn mse_with_slopes_times(
        predictions: &[f64],
        targets: &[f64],
        factor: f64,
    ) -> (f64, Vec<f64>) {
        let (loss, slopes) = solutions::mse_and_slope(predictions, targets);
        (loss, slopes.iter().map(|s| s * factor).collect())
    }

    pub fn mean_absolute_error(
        predictions: &[f64],
        targets: &[f64],
    ) -> (f64, Vec<f64>) {
        let n = predictions.len() as f64;
        let errors: Vec<f64> =
            predictions.iter().zip(targets).map(|(p, t)| p - t).collect();
        let loss = errors.iter().map(|e| e.abs()).sum::<f64>() / n;
        (loss, errors.iter().map(|e| e.signum() / n).collect())
    }

    /// Moves the line inside the loop over the examples.
    pub fn step_at_each_example(
        mut w: f64,
        mut b: f64,
        x: &[f64],
        y: &[f64],
        rate: f64,
    ) -> (f64, f64) {
        let share = rate / x.len() as f64;
        for (x, y) in x.iter().zip(y) {
            (w, b) = solutions::line_step(w, b, &[*x], &[*y], share);
        }
        (w, b)
    }

    /// The mean over the examples of a cost of score and target.
    pub fn mean_cost(z: &[f64], t: &[f64], cost: impl Fn(f64, f64) -> f64) -> f64 {
        z.iter().zip(t).map(|(&z, &t)| cost(z, t)).sum::<f64>() / z.len() as f64
    }

    /// The textbook's cost of a probability.
    pub fn surprise(p: f64, t: f64) -> f64 {
        -(t * p.ln() + (1.0 - t) * (1.0 - p).ln())
    }

    fn variance(numbers: &[f64]) -> f64 {
        let m = mean(numbers);
        mean(&numbers.iter().map(|x| (x - m) * (x - m)).collect::<Vec<_>>())
    }

    pub fn deviation(numbers: &[f64]) -> f64 {
        let v = variance(numbers);
        if v > 0.0 { v.sqrt() } else { 1.0 }
    }

    /// Centered on the training part, and divided by something made of its variance.
    pub fn scaled(
        train: &[f64],
        held_out: &[f64],
        divisor: impl Fn(f64) -> f64,
    ) -> (Vec<f64>, Vec<f64>) {
        let (mean, by) = (mean(train), divisor(variance(train)));
        let scale = |part: &[f64]| part.iter().map(|x| (x - mean) / by).collect();
        (scale(train), scale(held_out))
    }
}
