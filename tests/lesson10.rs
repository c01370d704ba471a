//! Lesson 10: the laws of its exercises, the wrong answers we know, and the hints.
//!
//! `cargo test --test lesson10` judges `lessons/lesson10/exercises.rs`.

#[allow(unused_variables, reason = "a stub uses nothing yet")]
#[path = "../lessons/lesson10/exercises.rs"]
mod exercises;
#[path = "../lessons/lesson10/solutions.rs"]
mod solutions;

use std::f64::consts::PI;

use harness::*;
use proptest::collection::vec;

type MomentumStep = fn(&mut [f64], &mut [f64], &[f64], f64, f64, bool);
type AdamStep = fn(&mut [f64], &mut [f64], &mut [f64], &[f64], i32, f64, (f64, f64));
type Update<'a> = &'a mut dyn FnMut(&mut [f64], &[f64]);
type DecayStep = fn(&mut [f64], &[f64], f64, f64, bool, Update);
type ScheduledRate = fn(usize, usize, usize, f64, f64) -> f64;
type Trial<'a> = &'a mut dyn FnMut(f64) -> f64;
type Best = Option<(f64, f64)>;
type RandomSearch = fn(f64, f64, &[f64], Trial) -> Best;

fn main() -> std::process::ExitCode {
    let checks = vec![
        momentum_step(),
        adam_step(),
        decay_step(),
        scheduled_rate(),
        random_search(),
    ];
    harness::main(10, checks)
}

/// A learning rate; never 1, which a forgotten rate would be.
fn rate() -> impl Strategy<Value = f64> {
    one_of(&[0.5, 0.25, 2.0, 0.75])
}

/// A probe must be comparable: NaN is equal to nothing, not even to NaN.
fn finite(mut probe: Vec<f64>) -> Vec<f64> {
    probe.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = -1e9);
    probe
}

/// A new number for each of two equally long lists.
fn both(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect()
}

/// How much of the velocity stays.
fn momentum() -> impl Strategy<Value = f64> {
    one_of(&[0.25, 0.5, 0.75, 0.9, 0.0])
}

fn yes_or_no() -> impl Strategy<Value = bool> {
    (0..2_u8).prop_map(|bit| bit == 1)
}

/// Weights, velocity, slopes, rate, momentum, and whether it is Nesterov's.
type Push = (Vec<f64>, Vec<f64>, Vec<f64>, f64, f64, bool);

const PUSH: [&str; 6] =
    ["weights", "velocity", "grads", "rate", "momentum", "nesterov"];

fn push(
    momentum: impl Strategy<Value = f64>,
    nesterov: impl Strategy<Value = bool>,
) -> impl Strategy<Value = Push> {
    let lists = vec((halves(), halves(), halves()), 1..6);
    (lists, rate(), momentum, nesterov).prop_map(|(all, rate, momentum, nesterov)| {
        let list = |number: fn(&(f64, f64, f64)) -> f64| -> Vec<f64> {
            all.iter().map(number).collect()
        };
        (list(|x| x.0), list(|x| x.1), list(|x| x.2), rate, momentum, nesterov)
    })
}

/// Weights and velocity after one update.
fn pushed(f: MomentumStep, case: &Push) -> (Vec<f64>, Vec<f64>) {
    let (weights, velocity, grads, rate, momentum, nesterov) = case;
    let (mut weights, mut velocity) = (weights.clone(), velocity.clone());
    f(&mut weights, &mut velocity, grads, *rate, *momentum, *nesterov);
    (weights, velocity)
}

/// What the velocity becomes.
fn new_velocity((_, velocity, grads, _, momentum, _): &Push) -> Vec<f64> {
    both(velocity, grads, |v, g| momentum * v + g)
}

fn momentum_step() -> Box<dyn Check> {
    let yours = exercises::momentum_step as MomentumStep;
    Exercise::new("10.1", "momentum_step", yours, solutions::momentum_step)
        .probe(|f| {
            let mut seen = vec![];
            for (momentum, nesterov) in [(0.75, false), (0.75, true), (0.0, true)] {
                let [w, v, g] = [[1.0, -2.0, 3.0], [0.5, 3.0, -1.0], [-1.5, 0.25, 0.0]];
                let case =
                    (w.to_vec(), v.to_vec(), g.to_vec(), 0.25, momentum, nesterov);
                let (weights, velocity) = pushed(f, &case);
                seen.extend(weights.into_iter().chain(velocity));
            }
            seen
        })
        .law(
            "velocity",
            "The velocity becomes momentum * velocity + slope, with and without \
             Nesterov.",
            |f| {
                given(&PUSH, push(momentum(), yes_or_no()), |case| {
                    near_slice(pushed(f, case).1, new_velocity(case))
                })
            },
        )
        .law(
            "no_momentum",
            "With momentum 0 both ways are plain descent: weight - rate * slope.",
            |f| {
                given(&PUSH, push(Just(0.0), yes_or_no()), |case| {
                    let (weights, _, grads, rate, ..) = case;
                    let expected = both(weights, grads, |w, g| w - rate * g);
                    near_slice(pushed(f, case).0, expected)
                })
            },
        )
        .law(
            "along_the_velocity",
            "Without Nesterov each weight goes down by rate * its new velocity.",
            |f| {
                given(&PUSH, push(momentum(), Just(false)), |case| {
                    let (weights, _, _, rate, ..) = case;
                    let new = new_velocity(case);
                    let expected = both(weights, &new, |w, v| w - rate * v);
                    near_slice(pushed(f, case).0, expected)
                        .because(format!("The new velocity is {}.", new.show()))
                })
            },
        )
        .law(
            "nesterov",
            "With Nesterov each weight goes down by rate * (slope + momentum * new \
             velocity).",
            |f| {
                given(&PUSH, push(momentum(), Just(true)), |case| {
                    let (weights, _, grads, rate, momentum, _) = case;
                    let new = new_velocity(case);
                    let way = both(grads, &new, |g, v| g + momentum * v);
                    let expected = both(weights, &way, |w, way| w - rate * way);
                    near_slice(pushed(f, case).0, expected)
                        .because(format!("The new velocity is {}.", new.show()))
                })
            },
        )
        .law(
            "constant_slope",
            "From rest, n updates with one slope add up the series 1 + momentum + \
             momentum^2 + ...",
            |f| {
                let case = (halves(), halves(), 1..7_i32, momentum(), yes_or_no());
                let names = ["weight", "grad", "updates", "momentum", "nesterov"];
                given(&names, case, |&(weight, grad, updates, momentum, nesterov)| {
                    let (mut seen, mut velocity) = ([weight], [0.0]);
                    for _ in 0..updates {
                        f(&mut seen, &mut velocity, &[grad], 0.5, momentum, nesterov);
                    }
                    let sum = |n: i32| (1.0 - momentum.powi(n)) / (1.0 - momentum);
                    let terms = |n| sum(n + i32::from(nesterov));
                    let way: f64 = (1..=updates).map(terms).sum();
                    let expected = [weight - 0.5 * way * grad, sum(updates) * grad];
                    near_slice([seen, velocity].concat(), expected).because(
                        "The rate is 0.5. Shown are the weight and the velocity.",
                    )
                })
            },
        )
        .wrong(
            "running_mean",
            wrong::running_mean as MomentumStep,
            "velocity",
            "You weigh the slope by 1 - momentum, so your velocity is a running \
             mean. Here slopes add up in full: momentum * velocity + grad.",
        )
        .wrong(
            "rate_in_velocity",
            wrong::rate_in_velocity as MomentumStep,
            "velocity",
            "You put the rate into the velocity. Then a new rate would not act on \
             the old velocity. Keep it out, and multiply when the weights move.",
        )
        .wrong(
            "velocity_not_kept",
            wrong::velocity_not_kept as MomentumStep,
            "velocity",
            "Your new velocity is forgotten after the update. Write it back into \
             `velocity`.",
        )
        .wrong(
            "downhill_velocity",
            wrong::downhill_velocity as MomentumStep,
            "velocity",
            "Your velocity subtracts the slope. Here it adds slopes, and the minus \
             stands where the weights move.",
        )
        .wrong(
            "momentum_on_both",
            wrong::momentum_on_both as MomentumStep,
            "velocity",
            "You multiply the slope by the momentum too. Only the old velocity \
             fades; the slope enters in full.",
        )
        .wrong(
            "momentum_on_slope",
            wrong::momentum_on_slope as MomentumStep,
            "velocity",
            "You have the momentum on the slope and none on the velocity. It is the \
             old velocity that fades.",
        )
        .wrong(
            "momentum_forgotten",
            wrong::momentum_forgotten as MomentumStep,
            "velocity",
            "Your velocity never fades: the momentum multiplies the old velocity.",
        )
        .wrong(
            "shortcut_without_momentum",
            wrong::shortcut_without_momentum as MomentumStep,
            "velocity",
            "With momentum 0 you leave the velocity alone. It becomes the slope \
             then, as the formula says.",
        )
        .wrong(
            "nesterov_kept",
            wrong::nesterov_kept as MomentumStep,
            "velocity",
            "With Nesterov you write the look ahead back into the velocity. It is \
             for the weights only; the velocity is the same both ways.",
        )
        .wrong(
            "uphill",
            wrong::uphill as MomentumStep,
            "no_momentum",
            "Your weights go uphill: subtract rate times velocity.",
        )
        .wrong(
            "no_rate",
            wrong::no_rate as MomentumStep,
            "no_momentum",
            "The rate is missing. Multiply by it when the weights move.",
        )
        .wrong(
            "old_velocity",
            wrong::old_velocity as MomentumStep,
            "no_momentum",
            "You move the weights by the velocity from before this update. Update \
             the velocity first.",
        )
        .wrong(
            "nesterov_without_slope",
            wrong::nesterov_without_slope as MomentumStep,
            "no_momentum",
            "With Nesterov you move by momentum * velocity alone. The slope itself \
             must be added.",
        )
        .wrong(
            "slope_plus_velocity",
            wrong::slope_plus_velocity as MomentumStep,
            "no_momentum",
            "With Nesterov you add the whole new velocity to the slope. The look \
             ahead is momentum * velocity.",
        )
        .wrong(
            "always_nesterov",
            wrong::always_nesterov as MomentumStep,
            "along_the_velocity",
            "You look ahead even where `nesterov` is false.",
        )
        .wrong(
            "flag_turned_round",
            wrong::flag_turned_round as MomentumStep,
            "along_the_velocity",
            "You have the two ways exchanged: `nesterov` is true where you take \
             plain momentum.",
        )
        .wrong(
            "nesterov_ignored",
            wrong::nesterov_ignored as MomentumStep,
            "nesterov",
            "With Nesterov you still move by the velocity alone. That is also what \
             grad + momentum * *old* velocity gives: the look ahead takes the new \
             one.",
        )
        .wrong(
            "velocity_plus_slope",
            wrong::velocity_plus_slope as MomentumStep,
            "nesterov",
            "With Nesterov you have momentum on the wrong part: it is grad + \
             momentum * velocity, not velocity + momentum * grad.",
        )
        .hint("Go through weights, velocity and slopes side by side, one number each.")
        .hint(
            "The velocity first: `*velocity = momentum * *velocity + grad;`. Nothing \
             else is ever written into it.",
        )
        .hint("Then the way: the velocity, or `grad + momentum * *velocity`.")
        .hint("At last `*weight -= rate * way;`.")
        .build()
}

fn beta() -> impl Strategy<Value = f64> + Clone {
    one_of(&[0.5, 0.75, 0.25, 0.9, 0.99])
}

/// Two that differ, either one the larger.
fn betas() -> impl Strategy<Value = (f64, f64)> {
    (beta(), beta()).prop_map(|(a, b)| if a == b { (a, 1.0 - b / 2.0) } else { (a, b) })
}

/// The number of an update. It may be a late one.
fn number() -> impl Strategy<Value = i32> {
    (1..12_i32).prop_map(|n| if n > 9 { 100 * n } else { n })
}

/// In the middle of training: weights, mean, square, slopes, step, rate, betas.
type Middle = (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>, i32, f64, (f64, f64));

const MIDDLE: [&str; 7] =
    ["weights", "mean", "square", "grads", "step", "rate", "betas"];

/// No square is 0.
fn middle() -> impl Strategy<Value = Middle> {
    let lists = vec((halves(), halves(), positive_halves(8.0), halves()), 1..5);
    (lists, number(), rate(), betas()).prop_map(|(all, step, rate, betas)| {
        let list = |number: fn(&(f64, f64, f64, f64)) -> f64| -> Vec<f64> {
            all.iter().map(number).collect()
        };
        let [w, m] = [list(|x| x.0), list(|x| x.1)];
        (w, m, list(|x| x.2), list(|x| x.3), step, rate, betas)
    })
}

/// Weights, mean and square after one update.
fn adapted(f: AdamStep, case: &Middle) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (weights, mean, square, grads, step, rate, betas) = case;
    let (mut w, mut m, mut s) = (weights.clone(), mean.clone(), square.clone());
    f(&mut w, &mut m, &mut s, grads, *step, *rate, *betas);
    (w, m, s)
}

/// What mean and square become.
fn new_mean((_, mean, _, grads, _, _, (beta, _)): &Middle) -> Vec<f64> {
    both(mean, grads, |m, g| beta * m + (1.0 - beta) * g)
}

fn new_square((_, _, square, grads, _, _, (_, beta)): &Middle) -> Vec<f64> {
    both(square, grads, |s, g| beta * s + (1.0 - beta) * g * g)
}

/// At the beginning: weights, slopes, rate, betas.
type First = (Vec<f64>, Vec<f64>, f64, (f64, f64));

const FIRST: [&str; 4] = ["weights", "grads", "rate", "betas"];

/// No slope is 0.
fn first() -> impl Strategy<Value = First> {
    let grad = (positive_halves(8.0), sign()).prop_map(|(x, sign)| x * sign);
    (vec((halves(), grad), 1..5), rate(), betas()).prop_map(|(pairs, rate, betas)| {
        let (weights, grads) = pairs.into_iter().unzip();
        (weights, grads, rate, betas)
    })
}

/// The weights after the first updates from rest, all with the same slopes.
fn from_rest(
    f: AdamStep,
    (weights, grads, rate, betas): &First,
    updates: i32,
) -> Vec<f64> {
    let zeros = vec![0.0; grads.len()];
    let (mut w, mut m, mut s) = (weights.clone(), zeros.clone(), zeros);
    for step in 1..=updates {
        f(&mut w, &mut m, &mut s, grads, step, *rate, *betas);
    }
    w
}

/// The step of a weight whose slope has always been the same, over the rate.
fn unit_step(grad: f64) -> f64 {
    grad / (grad.abs() + 1e-8)
}

/// Each number multiplied.
fn times(list: &[f64], factor: f64) -> Vec<f64> {
    list.iter().map(|x| x * factor).collect()
}

fn adam_step() -> Box<dyn Check> {
    let yours = exercises::adam_step as AdamStep;
    Exercise::new("10.2", "adam_step", yours, solutions::adam_step)
        .probe(|f| {
            let [w, m] = [[1.0, -2.0, 3.0], [0.5, 3.0, -1.0]];
            let [s, g] = [[0.75, 2.0, 1.0], [-1.5, 0.25, 0.0]];
            let mut seen = vec![];
            for step in [1, 2, 5] {
                let lists = (w.to_vec(), m.to_vec(), s.to_vec(), g.to_vec());
                let case =
                    (lists.0, lists.1, lists.2, lists.3, step, 0.25, (0.75, 0.9));
                let (w, m, s) = adapted(f, &case);
                seen.extend([w, m, s].concat());
            }
            let small = (vec![1.0, 2.0], vec![3e-8, 0.0], 0.5, (0.5, 0.75));
            seen.extend(from_rest(f, &small, 1));
            finite(seen)
        })
        .law("mean", "mean becomes beta * mean + (1 - beta) * slope.", |f| {
            given(&MIDDLE, middle(), |case| {
                near_slice(adapted(f, case).1, new_mean(case))
            })
        })
        .law("square", "square becomes beta * square + (1 - beta) * slope^2.", |f| {
            given(&MIDDLE, middle(), |case| {
                near_slice(adapted(f, case).2, new_square(case))
            })
        })
        .law(
            "first_step",
            "The first step from rest is as large as the rate, whatever the slope \
             and the betas.",
            |f| {
                given(&FIRST, first(), |case| {
                    let (weights, grads, rate, _) = case;
                    let expected = both(weights, grads, |w, g| w - rate * g.signum());
                    near_slice_within(from_rest(f, case, 1), expected, 1e-6)
                        .because("Mean and square are 0 before it.")
                })
            },
        )
        .law(
            "corrected",
            "At step n the mean is divided by 1 - beta^n, and so is the square, \
             under the root.",
            |f| {
                given(&MIDDLE, middle(), |case| {
                    let (mean, square) = (new_mean(case), new_square(case));
                    let (weights, _, _, _, step, rate, (a, b)) = case;
                    let way = both(&mean, &square, |m, s| {
                        let root = (s / (1.0 - b.powi(*step))).sqrt();
                        m / (1.0 - a.powi(*step)) / root
                    });
                    let expected = both(weights, &way, |w, way| w - rate * way);
                    near_slice_within(adapted(f, case).0, expected, 1e-6).because(
                        format!(
                            "The new mean is {}, the new square {}, not yet corrected.",
                            mean.show(),
                            square.show()
                        ),
                    )
                })
            },
        )
        .law(
            "any_scale",
            "A loss multiplied by 1000, and so mean by 1000 and square by a million, \
             moves the weights as before.",
            |f| {
                given(&MIDDLE, middle(), |case| {
                    let (w, m, s, g, step, rate, betas) = case.clone();
                    let (m, s, g) = (times(&m, 1e3), times(&s, 1e6), times(&g, 1e3));
                    let large = (w, m, s, g, step, rate, betas);
                    near_slice_within(adapted(f, &large).0, adapted(f, case).0, 1e-6)
                })
            },
        )
        .law(
            "no_slope",
            "A weight whose slope has always been 0 stays where it is.",
            |f| {
                let case = (halves_vec(1..5), 1..4_i32, rate(), betas());
                let names = ["weights", "updates", "rate", "betas"];
                given(&names, case, |(weights, updates, rate, betas)| {
                    let grads = vec![0.0; weights.len()];
                    let case = (weights.clone(), grads, *rate, *betas);
                    near_slice(from_rest(f, &case, *updates), weights)
                })
            },
        )
        .law(
            "small_slopes",
            "1e-8 is added to the root of the corrected square: the first step from \
             rest is rate * slope / (|slope| + 1e-8).",
            |f| {
                let small = first().prop_map(|(weights, grads, rate, betas)| {
                    (weights, times(&grads, 1e-8), rate, betas)
                });
                given(&FIRST, small, |case| {
                    let (weights, grads, rate, _) = case;
                    let expected = both(weights, grads, |w, g| w - rate * unit_step(g));
                    near_slice(from_rest(f, case, 1), expected)
                        .because("Mean and square are 0 before it.")
                })
            },
        )
        .law(
            "constant_slope",
            "While the slope stays the same, every step is as large as the rate.",
            |f| {
                let case = (first(), 1..9_i32);
                let names = ["(weights, grads, rate, betas)", "updates"];
                given(&names, case, |(case, updates)| {
                    let (weights, grads, rate, _) = case;
                    let all = rate * f64::from(*updates);
                    let expected = both(weights, grads, |w, g| w - all * unit_step(g));
                    near_slice(from_rest(f, case, *updates), expected)
                })
            },
        )
        .wrong(
            "slopes_in_full",
            wrong::slopes_in_full as AdamStep,
            "mean",
            "Your mean adds the slope in full, as momentum does. A running mean \
             weighs it by 1 - beta.",
        )
        .wrong(
            "betas_exchanged",
            wrong::betas_exchanged as AdamStep,
            "mean",
            "You have the betas exchanged: the first is for the mean, the second for \
             the square.",
        )
        .wrong(
            "beta_and_rest_exchanged",
            wrong::beta_and_rest_exchanged as AdamStep,
            "mean",
            "You have beta and 1 - beta exchanged. Beta is the share of the old that \
             stays.",
        )
        .wrong(
            "correction_kept",
            wrong::correction_kept as AdamStep,
            "mean",
            "You write the corrected numbers back, and the next update corrects them \
             again. Correct copies.",
        )
        .wrong(
            "not_kept",
            wrong::not_kept as AdamStep,
            "mean",
            "Your new mean and square are forgotten after the update. Write them \
             back into `mean` and `square`.",
        )
        .wrong(
            "square_of_mean",
            wrong::square_of_mean as AdamStep,
            "square",
            "You square the running mean. What is averaged here is the slope's own \
             square: a slope that changes sign has a small mean and a large square.",
        )
        .wrong(
            "not_squared",
            wrong::not_squared as AdamStep,
            "square",
            "You average the slope, not its square.",
        )
        .wrong(
            "spread",
            wrong::spread as AdamStep,
            "square",
            "You average the squared distance from the mean. Here it is the slope's \
             own square.",
        )
        .wrong(
            "squares_in_full",
            wrong::squares_in_full as AdamStep,
            "square",
            "Your square adds the new one in full. A running mean weighs it by 1 - \
             beta.",
        )
        .wrong(
            "no_root",
            wrong::no_root as AdamStep,
            "first_step",
            "You divide by the square itself. Its root is missing: only then does \
             the scale of the slopes cancel.",
        )
        .wrong(
            "uphill_adam",
            wrong::uphill_adam as AdamStep,
            "first_step",
            "Your weights go uphill: subtract the step.",
        )
        .wrong(
            "no_rate_adam",
            wrong::no_rate_adam as AdamStep,
            "first_step",
            "The rate is missing.",
        )
        .wrong(
            "no_correction",
            wrong::no_correction as AdamStep,
            "first_step",
            "You do not correct for the start at 0. The first steps then have a \
             wrong size: divide mean and square by 1 - beta^step.",
        )
        .wrong(
            "mean_corrected_only",
            wrong::mean_corrected_only as AdamStep,
            "first_step",
            "You correct the mean only. The square started at 0 as well.",
        )
        .wrong(
            "square_corrected_only",
            wrong::square_corrected_only as AdamStep,
            "first_step",
            "You correct the square only. The mean started at 0 as well.",
        )
        .wrong(
            "correction_outside_root",
            wrong::correction_outside_root as AdamStep,
            "first_step",
            "You take the root before you correct. Correct the square first: its \
             correction belongs under the root.",
        )
        .wrong(
            "multiplied",
            wrong::multiplied as AdamStep,
            "first_step",
            "You multiply by 1 - beta^step. Mean and square are too small: divide.",
        )
        .wrong(
            "steps_from_zero",
            wrong::steps_from_zero as AdamStep,
            "first_step",
            "You count steps from 0. At the first one beta^0 = 1, and you divide by \
             0. `step` is counted from 1 already.",
        )
        .wrong(
            "old_mean",
            wrong::old_mean as AdamStep,
            "first_step",
            "You move the weights before mean and square have seen this slope. \
             Update both first.",
        )
        .wrong(
            "slope_for_mean",
            wrong::slope_for_mean as AdamStep,
            "corrected",
            "You divide the slope, not its running mean. That is RMSProp.",
        )
        .wrong(
            "always_first",
            wrong::always_first as AdamStep,
            "corrected",
            "You divide by 1 - beta at every step. That is right for the first only: \
             beta is raised to the power of `step`.",
        )
        .wrong(
            "times_step",
            wrong::times_step as AdamStep,
            "corrected",
            "You multiply beta by the step. Raise it to the power: `beta.powi(step)`.",
        )
        .wrong(
            "share_to_the_power",
            wrong::share_to_the_power as AdamStep,
            "corrected",
            "You raise 1 - beta to the power of the step. It is beta that is raised; \
             then subtract from 1.",
        )
        .wrong(
            "no_epsilon",
            wrong::no_epsilon as AdamStep,
            "no_slope",
            "Without the 1e-8 a weight that never had a slope becomes 0 / 0, not a \
             number.",
        )
        .wrong(
            "epsilon_outside",
            wrong::epsilon_outside as AdamStep,
            "no_slope",
            "Parentheses are missing: `a / b + c` is `(a / b) + c`. The 1e-8 belongs \
             to the root, below the line.",
        )
        .wrong(
            "epsilon_under_root",
            wrong::epsilon_under_root as AdamStep,
            "small_slopes",
            "Your 1e-8 stands under the root, where it counts as 1e-4. Add it after \
             the root.",
        )
        .wrong(
            "epsilon_before_correction",
            wrong::epsilon_before_correction as AdamStep,
            "small_slopes",
            "You add 1e-8 to the root before it is corrected, so it is corrected \
             too. Add it last.",
        )
        .wrong(
            "epsilon_as_floor",
            wrong::epsilon_as_floor as AdamStep,
            "small_slopes",
            "You use 1e-8 as the least that the root may be. It is added.",
        )
        .hint("For each weight: update mean, update square, correct, step.")
        .hint(
            "Corrected copies are new names: `let corrected = *mean / (1.0 - \
             beta.powi(step));`.",
        )
        .hint("Check the first step on paper: mean over root is 1 or -1.")
        .hint("`rate * corrected_mean / (corrected_square.sqrt() + 1e-8)`")
        .build()
}

/// Weights, slopes, rate, decay, and whether it is decoupled.
type Decayed = (Vec<f64>, Vec<f64>, f64, f64, bool);

const DECAY: [&str; 5] = ["weights", "grads", "rate", "decay", "decoupled"];

fn decayed(
    decay: impl Strategy<Value = f64>,
    decoupled: impl Strategy<Value = bool>,
) -> impl Strategy<Value = Decayed> {
    (halves_vec_pair(1..6), rate(), decay, decoupled).prop_map(
        |((weights, grads), rate, decay, decoupled)| {
            (weights, grads, rate, decay, decoupled)
        },
    )
}

fn some_decay() -> impl Strategy<Value = f64> {
    one_of(&[0.5, 0.25, 0.125])
}

/// What an optimizer was shown: weights and slopes, call by call.
type Shown = Vec<(Vec<f64>, Vec<f64>)>;

/// The weights afterwards, and what the optimizer was shown. It takes `way(slope)` off
/// each weight.
fn watched(
    f: DecayStep,
    (weights, grads, rate, decay, decoupled): &Decayed,
    way: impl Fn(f64) -> f64,
) -> (Vec<f64>, Shown) {
    let (mut weights, mut shown) = (weights.clone(), vec![]);
    let mut update = |weights: &mut [f64], grads: &[f64]| {
        shown.push((weights.to_vec(), grads.to_vec()));
        weights.iter_mut().zip(grads).for_each(|(w, g)| *w -= way(*g));
    };
    f(&mut weights, grads, *rate, *decay, *decoupled, &mut update);
    (weights, shown)
}

/// The slopes of all calls.
fn slopes(shown: &Shown) -> Vec<f64> {
    shown.iter().flat_map(|(_, grads)| grads).copied().collect()
}

/// The weights that `update` was handed, of all calls.
fn handed(shown: &Shown) -> Vec<f64> {
    shown.iter().flat_map(|(weights, _)| weights).copied().collect()
}

/// The sign of a number; of 0 it is 0.
fn sign_of(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

fn decay_step() -> Box<dyn Check> {
    let yours = exercises::decay_step as DecayStep;
    Exercise::new("10.3", "decay_step", yours, solutions::decay_step)
        .probe(|f| {
            let lists = (vec![1.0, -2.0, 4.0], vec![-1.5, 0.25, 0.0]);
            let mut seen = vec![];
            for decoupled in [false, true] {
                let case = (lists.0.clone(), lists.1.clone(), 0.25, 0.75, decoupled);
                let (weights, shown) = watched(f, &case, |g| g * g + 1.0);
                seen.extend(weights);
                seen.extend(slopes(&shown));
                seen.extend(handed(&shown));
                seen.push(shown.len() as f64);
            }
            seen
        })
        .law(
            "one_update",
            "`update` is called exactly once, with a slope for each weight.",
            |f| {
                given(&DECAY, decayed(some_decay(), yes_or_no()), |case| {
                    let (_, shown) = watched(f, case, |g| g);
                    let sizes: Vec<(usize, usize)> =
                        shown.iter().map(|(w, g)| (w.len(), g.len())).collect();
                    let size = case.0.len();
                    equal(sizes, vec![(size, size)]).because(
                        "Shown is each call's number of weights and of slopes.",
                    )
                })
            },
        )
        .law("no_decay", "With decay 0 both ways are what `update` alone does.", |f| {
            given(&DECAY, decayed(Just(0.0), yes_or_no()), |case| {
                let (seen, _) = watched(f, case, |g| 3.0 * g);
                near_slice(seen, both(&case.0, &case.1, |w, g| w - 3.0 * g))
                    .because("`update` takes 3 * slope off each weight.")
            })
        })
        .law(
            "plain_descent",
            "Where `update` is plain descent, both ways give the same: weight - rate \
             * (slope + decay * weight).",
            |f| {
                given(&DECAY, decayed(some_decay(), yes_or_no()), |case| {
                    let (weights, grads, rate, decay, _) = case;
                    let (seen, _) = watched(f, case, |g| rate * g);
                    let descent = |w: f64, g: f64| w - rate * (g + decay * w);
                    near_slice(seen, both(weights, grads, descent))
                })
            },
        )
        .law("penalty", "Not decoupled, `update` sees slope + decay * weight.", |f| {
            given(&DECAY, decayed(some_decay(), Just(false)), |case| {
                let (_, shown) = watched(f, case, |g| g);
                let pulled = both(&case.0, &case.1, |w, g| g + case.3 * w);
                near_slice(slopes(&shown), pulled)
                    .because("These are the slopes that `update` sees.")
            })
        })
        .law("decoupled", "Decoupled, `update` sees the slopes as they came.", |f| {
            given(&DECAY, decayed(some_decay(), Just(true)), |case| {
                let (_, shown) = watched(f, case, |g| g);
                near_slice(slopes(&shown), &case.1)
                    .because("These are the slopes that `update` sees.")
            })
        })
        .law(
            "same_share",
            "Decoupled, every weight loses the share rate * decay, however large its \
             slope and whatever `update` takes off.",
            |f| {
                given(&DECAY, decayed(some_decay(), Just(true)), |case| {
                    let (weights, grads, rate, decay, _) = case;
                    let kept = 1.0 - rate * decay;
                    let step = |w, g| kept * w - rate * sign_of(g);
                    near_slice(
                        watched(f, case, |g| rate * sign_of(g)).0,
                        both(weights, grads, step),
                    )
                    .because("`update` takes rate * sign of slope off each weight.")
                })
            },
        )
        .law(
            "hidden_by_the_sign",
            "Where `update` looks at the sign only and slopes are large, the penalty \
             changes nothing.",
            |f| {
                let large = decayed(some_decay(), Just(false)).prop_map(|case| {
                    let (weights, grads, rate, decay, decoupled) = case;
                    let grads = grads.iter().map(|g| g + 10.0 * g.signum()).collect();
                    (weights, grads, rate, decay, decoupled)
                });
                given(&DECAY, large, |case| {
                    let (weights, grads, rate, ..) = case;
                    let (seen, _) = watched(f, case, |g| rate * sign_of(g));
                    near_slice(seen, both(weights, grads, |w, g| w - rate * sign_of(g)))
                        .because("`update` takes rate * sign of slope off each weight.")
                })
            },
        )
        .law(
            "handed",
            "`update` is handed the weights to work on: decoupled, with their decay \
             behind them; with the penalty, as they came.",
            |f| {
                given(&DECAY, decayed(some_decay(), yes_or_no()), |case| {
                    let (weights, _, rate, decay, decoupled) = case;
                    let (_, shown) = watched(f, case, |g| g);
                    let kept = if *decoupled { 1.0 - rate * decay } else { 1.0 };
                    near_slice(handed(&shown), times(weights, kept))
                        .because("These are the weights that `update` is handed.")
                })
            },
        )
        .wrong(
            "update_twice",
            wrong::update_twice as DecayStep,
            "one_update",
            "You call `update` twice: for the slopes and for the decay. An optimizer \
             with a memory would count that as two steps.",
        )
        .wrong(
            "never_called",
            wrong::never_called as DecayStep,
            "one_update",
            "You step by plain descent yourself. Call `update`: the step is its \
             business.",
        )
        .wrong(
            "weight_by_weight",
            wrong::weight_by_weight as DecayStep,
            "one_update",
            "You call `update` for each weight. It takes all weights at once: an \
             optimizer with a memory would count as many steps.",
        )
        .wrong(
            "on_a_copy",
            wrong::on_a_copy as DecayStep,
            "no_decay",
            "`update` works on a copy of the weights, and its work is lost. Hand it \
             `weights` themselves.",
        )
        .wrong(
            "share_kept",
            wrong::share_kept as DecayStep,
            "no_decay",
            "You keep only the share rate * decay of each weight. That is what is \
             lost: multiply by 1 - rate * decay.",
        )
        .wrong(
            "slopes_times_rate",
            wrong::slopes_times_rate as DecayStep,
            "no_decay",
            "You multiply the slopes by the rate. `update` does that itself.",
        )
        .wrong(
            "no_rate_in_decay",
            wrong::no_rate_in_decay as DecayStep,
            "plain_descent",
            "You decay by 1 - decay. The rate belongs there too, so that a schedule \
             slows the decay down with the steps.",
        )
        .wrong(
            "growing",
            wrong::growing as DecayStep,
            "plain_descent",
            "Your weights grow. Decay multiplies by 1 - rate * decay.",
        )
        .wrong(
            "same_amount",
            wrong::same_amount as DecayStep,
            "plain_descent",
            "Decoupled you subtract rate * decay from every weight. That pushes them \
             all one way; subtract that share of the weight.",
        )
        .wrong(
            "after_the_update",
            wrong::after_the_update as DecayStep,
            "plain_descent",
            "You decay after the update, and so the step itself shrinks. Decay first.",
        )
        .wrong(
            "both_at_once",
            wrong::both_at_once as DecayStep,
            "plain_descent",
            "Decoupled you decay twice: beside the slope and in it.",
        )
        .wrong(
            "penalty_decays_too",
            wrong::penalty_decays_too as DecayStep,
            "plain_descent",
            "Your penalty also shrinks the weights themselves. It changes the slopes \
             only.",
        )
        .wrong(
            "doubled",
            wrong::doubled as DecayStep,
            "plain_descent",
            "You add 2 * decay * weight. The penalty is decay / 2 * weight^2, and \
             its slope is decay * weight.",
        )
        .wrong(
            "rate_in_penalty",
            wrong::rate_in_penalty as DecayStep,
            "plain_descent",
            "You add rate * decay * weight to the slope. `update` multiplies by the \
             rate already.",
        )
        .wrong(
            "sign_of_weight",
            wrong::sign_of_weight as DecayStep,
            "plain_descent",
            "You add decay times the sign of the weight. That is the L1 penalty; L2 \
             pulls in proportion to the weight.",
        )
        .wrong(
            "size_of_weight",
            wrong::size_of_weight as DecayStep,
            "plain_descent",
            "You add decay times the size of the weight, so negative weights are \
             pushed away from zero. Leave the sign.",
        )
        .wrong(
            "halved",
            wrong::halved as DecayStep,
            "plain_descent",
            "You add decay / 2 * weight. The penalty is decay / 2 * weight^2, and \
             its slope is decay * weight.",
        )
        .wrong(
            "pushed_away",
            wrong::pushed_away as DecayStep,
            "plain_descent",
            "Your penalty pushes the weights away from zero. Add decay * weight to \
             the slope: the update subtracts it.",
        )
        .wrong(
            "always_decoupled",
            wrong::always_decoupled as DecayStep,
            "penalty",
            "You shrink the weights also where `decoupled` is false. There the pull \
             goes into the slopes.",
        )
        .wrong(
            "decoupled_turned_round",
            wrong::decoupled_turned_round as DecayStep,
            "penalty",
            "You have the two ways exchanged. Decoupled means: the slopes stay as \
             they are.",
        )
        .wrong(
            "never_decoupled",
            wrong::never_decoupled as DecayStep,
            "decoupled",
            "You put the decay into the slopes also where `decoupled` is true.",
        )
        .wrong(
            "old_weights_taken_off",
            wrong::old_weights_taken_off as DecayStep,
            "handed",
            "You take the decay off after `update`. The sum is the same as long as \
             `update` looks at slopes only. Decay first: it may look at weights too.",
        )
        .hint("An `if decoupled`, and in each branch one call of `update`.")
        .hint(
            "Decoupled: first `*weight *= 1.0 - rate * decay` for each weight, then \
             `update(weights, grads)`.",
        )
        .hint(
            "`grads` must not change, so the penalty needs a list of its own: a \
             `Vec<f64>` of `g + decay * w`, for `update(weights, &pulled)`.",
        )
        .build()
}

const SCHEDULE: [&str; 4] = ["warm_up", "ticks", "peak", "end"];

/// Warm-up, all ticks, peak and end.
type Plan = (usize, usize, f64, f64);

fn plan() -> impl Strategy<Value = Plan> {
    let end = one_of(&[0.0, 0.25, 0.5]);
    (0..6_usize, 1..9_usize, one_of(&[2.0, 0.5, 3.0, 0.75]), end).prop_map(
        |(warm_up, fall, peak, share)| (warm_up, warm_up + fall, peak, share * peak),
    )
}

/// The rates of all ticks, the last included.
fn rates(f: ScheduledRate, &(warm_up, ticks, peak, end): &Plan) -> Vec<f64> {
    (0..=ticks).map(|tick| f(tick, warm_up, ticks, peak, end)).collect()
}

fn scheduled_rate() -> Box<dyn Check> {
    let yours = exercises::scheduled_rate as ScheduledRate;
    Exercise::new("10.4", "scheduled_rate", yours, solutions::scheduled_rate)
        .probe(|f| {
            let plans = [(3, 8, 0.8, 0.2), (0, 3, 2.0, 0.0), (4, 5, 1.5, 0.5)];
            let one = |plan: &Plan| {
                let late = f(plan.1 + 2, plan.0, plan.1, plan.2, plan.3);
                [rates(f, plan), vec![late]].concat()
            };
            finite(plans.iter().flat_map(one).collect())
        })
        .law(
            "stair",
            "Up to tick warm_up the rates are peak / (warm_up + 1) times 1, 2, 3, ...",
            |f| {
                given(&SCHEDULE, plan(), |plan| {
                    let (warm_up, _, peak, _) = *plan;
                    let step = peak / (warm_up + 1) as f64;
                    let stair: Vec<f64> =
                        (0..=warm_up).map(|tick| step * (tick + 1) as f64).collect();
                    near_slice(&rates(f, plan)[..=warm_up], stair)
                })
            },
        )
        .law(
            "one_peak",
            "The rate rises up to tick warm_up and falls from there on, with every \
             tick.",
            |f| {
                given(&SCHEDULE, plan(), |plan| {
                    let seen = rates(f, plan);
                    let rises = seen[..=plan.0].windows(2).all(|two| two[0] < two[1]);
                    let falls = seen[plan.0..].windows(2).all(|two| two[0] > two[1]);
                    ensure(rises && falls, format!("The rates are {}.", seen.show()))
                })
            },
        )
        .law("end", "At tick `ticks` the rate is `end`.", |f| {
            given(&SCHEDULE, plan(), |&(warm_up, ticks, peak, end)| {
                near(f(ticks, warm_up, ticks, peak, end), end)
            })
        })
        .law("stays", "At all later ticks it is `end`, too.", |f| {
            let case =
                (plan(), 0..20_usize).prop_map(|((from, to, peak, end), late)| {
                    (to + late, from, to, peak, end)
                });
            let names = ["tick", "warm_up", "ticks", "peak", "end"];
            given(&names, case, |&(tick, warm_up, ticks, peak, end)| {
                near(f(tick, warm_up, ticks, peak, end), end)
            })
        })
        .law(
            "halfway",
            "Halfway down, the rate is halfway between peak and end.",
            |f| {
                let even = plan().prop_map(|(warm_up, ticks, peak, end)| {
                    (warm_up, warm_up + 2 * (ticks - warm_up), peak, end)
                });
                given(&SCHEDULE, even, |&(warm_up, ticks, peak, end)| {
                    let tick = usize::midpoint(warm_up, ticks);
                    near(f(tick, warm_up, ticks, peak, end), (peak + end) / 2.0)
                })
            },
        )
        .law(
            "cosine",
            "A third of the way down, cos is 1/2, so a quarter of the fall is done; \
             and so on along the cosine.",
            |f| {
                given(&SCHEDULE, plan(), |plan| {
                    let (warm_up, ticks, peak, end) = *plan;
                    let fall = ticks - warm_up;
                    let down = |k: usize| {
                        let half = PI * k as f64 / (2.0 * fall as f64);
                        peak - (peak - end) * half.sin().powi(2)
                    };
                    let expected: Vec<f64> = (0..=fall).map(down).collect();
                    near_slice(&rates(f, plan)[warm_up..], expected)
                        .because("These are the rates from tick warm_up on.")
                })
            },
        )
        .wrong(
            "from_zero",
            wrong::from_zero as ScheduledRate,
            "stair",
            "Your stair begins at 0, so the first tick learns nothing. Tick 0 stands \
             on the first step: tick + 1 steps of warm_up + 1.",
        )
        .wrong(
            "peak_twice",
            wrong::peak_twice as ScheduledRate,
            "stair",
            "You reach the peak one tick too early, and stay for two. The stair has \
             warm_up + 1 steps; the last is the peak.",
        )
        .wrong(
            "whole_numbers",
            wrong::whole_numbers as ScheduledRate,
            "stair",
            "You divide whole numbers, and the fraction is lost. Make them `f64` \
             first.",
        )
        .wrong(
            "stair_times_cosine",
            wrong::stair_times_cosine as ScheduledRate,
            "stair",
            "Your cosine falls already while the stair climbs. First the one, then \
             the other.",
        )
        .wrong(
            "from_the_end_rate",
            wrong::from_the_end_rate as ScheduledRate,
            "stair",
            "Your stair climbs from `end` to the peak. It starts from 0, whatever \
             `end` is.",
        )
        .wrong(
            "end_on_top",
            wrong::end_on_top as ScheduledRate,
            "stair",
            "You add `end` to a cosine that starts at the peak, and so start above \
             it. Only peak - end falls.",
        )
        .wrong(
            "not_halved",
            wrong::not_halved as ScheduledRate,
            "stair",
            "1 + cos goes from 2 to 0. Halve it.",
        )
        .wrong(
            "late_start",
            wrong::late_start as ScheduledRate,
            "stair",
            "You count the fall from tick 0, so that the rate jumps down after the \
             peak. Subtract `warm_up` above and below.",
        )
        .wrong(
            "no_warm_up",
            wrong::no_warm_up as ScheduledRate,
            "stair",
            "There is no warm-up: the first ticks climb a stair.",
        )
        .wrong(
            "below_zero",
            wrong::below_zero as ScheduledRate,
            "stays",
            "A difference of whole numbers below zero panics. Ask `tick < warm_up` \
             before you subtract `warm_up`, and past the end do not subtract `tick` \
             from `ticks`.",
        )
        .wrong(
            "plateau",
            wrong::plateau as ScheduledRate,
            "one_peak",
            "You stay at the peak for two ticks. Tick `warm_up` has it, and the next \
             one is already falling.",
        )
        .wrong(
            "least",
            wrong::least as ScheduledRate,
            "one_peak",
            "You fall to 0 and take `end` for the least. The whole curve is \
             stretched: it falls from peak to end.",
        )
        .wrong(
            "end_as_share",
            wrong::end_as_share as ScheduledRate,
            "one_peak",
            "You take `end` for a share of the peak. It is the last rate itself.",
        )
        .wrong(
            "whole_cosine",
            wrong::whole_cosine as ScheduledRate,
            "one_peak",
            "You go through a whole turn of the cosine, down and up again. Half a \
             turn is pi.",
        )
        .wrong(
            "degrees",
            wrong::degrees as ScheduledRate,
            "one_peak",
            "Your angle is in degrees. `cos` takes radians: half a turn is pi.",
        )
        .wrong(
            "one_too_long",
            wrong::one_too_long as ScheduledRate,
            "end",
            "Your fall takes one tick too long. It is tick `ticks` that has `end`: \
             divide by ticks - warm_up.",
        )
        .wrong(
            "no_one_plus",
            wrong::no_one_plus as ScheduledRate,
            "end",
            "Your cosine goes from 1 to -1, so the rate ends below `end`. Add 1 and \
             halve.",
        )
        .wrong(
            "fall_too_long",
            wrong::fall_too_long as ScheduledRate,
            "end",
            "Your fall takes `ticks` ticks. Of these the warm-up has used some: \
             divide by ticks - warm_up.",
        )
        .wrong(
            "end_forgotten",
            wrong::end_forgotten as ScheduledRate,
            "end",
            "You fall to 0. The end is `end`.",
        )
        .wrong(
            "quarter_cosine",
            wrong::quarter_cosine as ScheduledRate,
            "end",
            "You go only a quarter turn, and stop halfway down. Half a turn is pi.",
        )
        .wrong(
            "one_tick_early",
            wrong::one_tick_early as ScheduledRate,
            "one_peak",
            "You arrive one tick too early. It is tick `ticks` that has `end`: \
             divide by ticks - warm_up, not one less.",
        )
        .wrong(
            "up_again",
            wrong::up_again as ScheduledRate,
            "stays",
            "Past the last tick your cosine climbs again. Let `part` be 1 at most.",
        )
        .wrong(
            "zero_afterwards",
            wrong::zero_afterwards as ScheduledRate,
            "stays",
            "Past the last tick your rate is 0. It stays at `end`.",
        )
        .wrong(
            "only_a_quarter",
            wrong::only_a_quarter as ScheduledRate,
            "halfway",
            "You go a quarter turn, from the top of the cosine to its zero. That \
             leaves the peak slowly and arrives fast. Half a turn, 1 added, halved, \
             is slow at both ends.",
        )
        .wrong(
            "straight_down",
            wrong::straight_down as ScheduledRate,
            "cosine",
            "You fall along a straight line. The cosine leaves the peak slowly and \
             arrives slowly.",
        )
        .hint("Two cases: `tick < warm_up` and all others.")
        .hint(
            "The stair: `peak * (tick + 1) as f64 / (warm_up + 1) as f64`. Mind that \
             `/` between two whole numbers drops the fraction.",
        )
        .hint(
            "The part: `(tick - warm_up) as f64 / (ticks - warm_up) as f64`, and \
             `.min(1.0)` for the ticks after the end.",
        )
        .hint("At part 0 the formula must give `peak`, at part 1 `end`: try both.")
        .build()
}

/// The lowest and the highest rate.
fn range() -> impl Strategy<Value = (f64, f64)> {
    let times = one_of(&[100.0, 10.0, 4.0, 1e4]);
    (one_of(&[0.01, 1e-4, 0.5, 3.0]), times).prop_map(|(low, by)| (low, low * by))
}

/// A range, draws, and what their trials lose.
type Search = (f64, f64, Vec<f64>, Vec<f64>);

const SEARCH: [&str; 4] = ["low", "high", "draws", "losses"];

/// As many draws as losses, all different, in no order.
fn searches(losses: impl Strategy<Value = Vec<f64>>) -> impl Strategy<Value = Search> {
    (range(), losses).prop_map(|((low, high), losses)| {
        let draw = |k| ((7 * k + 5) % 16) as f64 / 16.0;
        (low, high, (0..losses.len()).map(draw).collect(), losses)
    })
}

/// The rates that a search tries, and its answer.
fn searched(f: RandomSearch, (low, high, draws, losses): &Search) -> (Vec<f64>, Best) {
    let mut tried = vec![];
    let mut trial = |rate: f64| {
        let loss = losses.get(tried.len()).copied().unwrap_or(f64::NAN);
        tried.push(rate);
        loss
    };
    let best = f(*low, *high, draws, &mut trial);
    (tried, best)
}

/// The rates that are tried for these draws.
fn tried(f: RandomSearch, (low, high): (f64, f64), draws: &[f64]) -> Vec<f64> {
    let losses = vec![1.0; draws.len()];
    searched(f, &(low, high, draws.to_vec(), losses)).0
}

/// The winner is the trial at `index`, with its rate and its loss.
fn won_by(f: RandomSearch, case: &Search, index: Option<usize>) -> Outcome {
    let (tried, best) = searched(f, case);
    let rate = |index: usize| tried.get(index).copied().unwrap_or(f64::NAN);
    equal(best, index.map(|index| (rate(index), case.3[index])))
        .because(format!("The rates tried are {}.", tried.show()))
}

/// The first of the smallest finite losses.
fn least(losses: &[f64]) -> Option<usize> {
    let finite = (0..losses.len()).filter(|&k| losses[k].is_finite());
    finite.min_by(|&a, &b| losses[a].total_cmp(&losses[b]))
}

/// The rates are the same up to rounding, relative to each.
fn near_rates(seen: &[f64], expected: &[f64]) -> Outcome {
    let logs = |rates: &[f64]| rates.iter().map(|x| x.ln()).collect::<Vec<f64>>();
    let alike = near_slice(logs(seen), logs(expected)).is_ok();
    if alike { Ok(()) } else { Err(Mismatch::new(seen.show(), expected.show())) }
}

/// Losses of trainings that blew up.
const WILD: [f64; 4] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -f64::NAN];

fn random_search() -> Box<dyn Check> {
    let yours = exercises::random_search as RandomSearch;
    let loss = || halves_between(0.0, 4.0);
    Exercise::new("10.5", "random_search", yours, solutions::random_search)
        .probe(|f| {
            let cases: [&[f64]; 11] = [
                &[f64::INFINITY],
                &[0.5, 0.5 - 1e-8, 0.75],
                &[0.5, 0.25, 0.75, 0.25],
                &[f64::NAN, 2.0, 1.0],
                &[2.0, f64::NAN, 1.0],
                &[3.0, f64::INFINITY, f64::NEG_INFINITY],
                &[f64::INFINITY, f64::NEG_INFINITY],
                &[2.0, -1.0, 0.0],
                &[1e300],
                &[-f64::NAN, 1.0],
                &[],
            ];
            let one = |losses: &&[f64]| {
                let draws = [0.25, 0.5, 0.125, 0.875];
                let draws = draws[..losses.len()].to_vec();
                let (tried, best) = searched(f, &(0.01, 4.0, draws, losses.to_vec()));
                let (rate, loss) = best.unwrap_or((-1.0, -1.0));
                [tried, vec![rate, loss]].concat()
            };
            finite(cases.iter().flat_map(one).collect())
        })
        .law(
            "each_once",
            "`trial` is called once for each draw, no more and no less.",
            move |f| {
                given(&SEARCH, searches(vec(loss(), 0..8)), |case| {
                    equal(searched(f, case).0.len(), case.2.len())
                        .because("These are the numbers of calls and of draws.")
                })
            },
        )
        .law("ends", "The draw 0 tries `low`, the draw 1 tries `high`.", |f| {
            given(&["low", "high"], range(), |&(low, high)| {
                near_rates(&tried(f, (low, high), &[1.0, 0.0]), &[high, low])
                    .because("The draws are [1, 0].")
            })
        })
        .law(
            "mirrored",
            "The draws u and 1 - u lie on both sides of the middle, sqrt(low * \
             high): their product is low * high.",
            |f| {
                let draw = (0..=8_u32).prop_map(|k| f64::from(k) / 16.0);
                given(&["(low, high)", "u"], (range(), draw), |&(range, u)| {
                    let rates = tried(f, range, &[u, 1.0 - u]);
                    near_rates(&[rates.iter().product()], &[range.0 * range.1])
                        .because(format!("The rates tried are {}.", rates.show()))
                })
            },
        )
        .law(
            "even_steps",
            "Equal steps of the draw multiply the rate by equal factors.",
            |f| {
                given(
                    &["(low, high)", "steps"],
                    (range(), 1..8_i32),
                    |(range, steps)| {
                        let (low, high) = *range;
                        let factor = (high / low).powf(1.0 / f64::from(*steps));
                        let draw = |k: i32| f64::from(k) / f64::from(*steps);
                        let draws: Vec<f64> = (0..=*steps).map(draw).collect();
                        let rates: Vec<f64> =
                            (0..=*steps).map(|k| low * factor.powi(k)).collect();
                        near_rates(&tried(f, *range, &draws), &rates)
                            .because(format!("The draws are {}.", draws.show()))
                    },
                )
            },
        )
        .law("smallest", "The smallest loss wins: its rate, then the loss.", |f| {
            let losses =
                (1..8_usize, 0..7_usize, halves()).prop_map(|(n, by, least)| {
                    let place = |k: usize| ((3 * k + by) % 7) as f64;
                    (0..n).map(|k| least + place(k)).collect::<Vec<f64>>()
                });
            given(&SEARCH, searches(losses), |case| won_by(f, case, least(&case.3)))
        })
        .law("first_of_equals", "Of equal losses the first wins.", |f| {
            let losses = vec(one_of(&[1.0, 0.5]), 1..8);
            given(&SEARCH, searches(losses), |case| won_by(f, case, least(&case.3)))
        })
        .law(
            "blown_up",
            "A loss that is infinite or not a number never wins, wherever it stands.",
            move |f| {
                let some = (loss(), 0..8_usize)
                    .prop_map(|(loss, kind)| WILD.get(kind).copied().unwrap_or(loss));
                let losses = (vec(some, 0..6), loss(), 0..6_usize);
                let losses = losses.prop_map(|(mut losses, loss, at)| {
                    losses.insert(at % (losses.len() + 1), loss);
                    losses
                });
                given(&SEARCH, searches(losses), |case| won_by(f, case, least(&case.3)))
            },
        )
        .law("nobody", "Where no trial can win, the answer is `None`.", |f| {
            let wild = (0..WILD.len()).prop_map(|kind| WILD[kind]);
            given(&SEARCH, searches(vec(wild, 0..6)), |case| won_by(f, case, None))
        })
        .law("large", "A loss may be very large and still be the smallest.", |f| {
            let losses = (1..=3_i32).prop_map(|n| {
                let large = 10.0_f64.powi(100 * n);
                vec![f64::NAN, large, 2.0 * large]
            });
            given(&SEARCH, searches(losses), |case| won_by(f, case, Some(1)))
        })
        .law("close", "A loss wins that is smaller by ever so little.", |f| {
            let losses = (1..=9_i32).prop_map(|n| {
                let little = 0.1_f64.powi(n);
                vec![0.5 + little, 0.5, 0.5 + 2.0 * little]
            });
            given(&SEARCH, searches(losses), |case| won_by(f, case, Some(1)))
        })
        .wrong(
            "tried_again",
            wrong::tried_again as RandomSearch,
            "each_once",
            "You train with the winner once more to learn its loss. Keep the loss: a \
             trial may take hours.",
        )
        .wrong(
            "stopped_at_nan",
            wrong::stopped_at_nan as RandomSearch,
            "blown_up",
            "You return `None` as soon as one trial blows up. The others may do well.",
        )
        .wrong(
            "straight",
            wrong::straight as RandomSearch,
            "mirrored",
            "Your rates are even on a plain scale: from 0.0001 to 1, nine of ten \
             would be above 0.1. Draw the logarithm evenly.",
        )
        .wrong(
            "logarithm_returned",
            wrong::logarithm_returned as RandomSearch,
            "ends",
            "You try the logarithm of the rate. Take its exponential.",
        )
        .wrong(
            "two_bases",
            wrong::two_bases as RandomSearch,
            "ends",
            "You go up with `ln` and down with powers of 10. Use `ln` with `exp`, or \
             `log10` with powers of 10.",
        )
        .wrong(
            "turned_round",
            wrong::turned_round as RandomSearch,
            "ends",
            "Your draw 0 tries `high`. The larger the draw, the larger the rate.",
        )
        .wrong(
            "low_left_out",
            wrong::low_left_out as RandomSearch,
            "ends",
            "You raise high / low to the draw and leave it at that: multiply by `low`.",
        )
        .wrong(
            "curved",
            wrong::curved as RandomSearch,
            "mirrored",
            "Your rates crowd at the low end, but not evenly on a log scale: low + \
             (high - low) * u^2 is another curve.",
        )
        .wrong(
            "largest",
            wrong::largest as RandomSearch,
            "smallest",
            "Your winner has the largest loss. Compare with `<`.",
        )
        .wrong(
            "order_of_answer",
            wrong::order_of_answer as RandomSearch,
            "smallest",
            "You return the loss first. First the rate, then its loss.",
        )
        .wrong(
            "last_loss",
            wrong::last_loss as RandomSearch,
            "smallest",
            "You return the loss of the last trial. Keep that of the winner.",
        )
        .wrong(
            "draw_returned",
            wrong::draw_returned as RandomSearch,
            "smallest",
            "You return the winner's draw. The rate made of it was asked for.",
        )
        .wrong(
            "last_of_equals",
            wrong::last_of_equals as RandomSearch,
            "first_of_equals",
            "Of equal losses you take the last. Compare with `<`, not `<=`.",
        )
        .wrong(
            "broke_off",
            wrong::broke_off as RandomSearch,
            "blown_up",
            "You break off at the first training that blew up. The others may do \
             well: go on.",
        )
        .wrong(
            "unwrapped",
            wrong::unwrapped as RandomSearch,
            "blown_up",
            "You `unwrap` a `None`. Comparing with NaN gives one (`partial_cmp`), \
             and so does the best of no trials.",
        )
        .wrong(
            "moved_up",
            wrong::moved_up as RandomSearch,
            "blown_up",
            "You drop the trials that blew up, and count in what is left: the rate \
             is that of another trial. Keep rate and loss together.",
        )
        .wrong(
            "only_nan_left_out",
            wrong::only_nan_left_out as RandomSearch,
            "blown_up",
            "You leave out NaN only. An infinite loss is no loss either: \
             `is_finite()` is false for both.",
        )
        .wrong(
            "nan_first",
            wrong::nan_first as RandomSearch,
            "blown_up",
            "You begin with the first trial as the best. If its loss is not a \
             number, nothing is ever smaller: every comparison with NaN is false.",
        )
        .wrong(
            "minus_infinity",
            wrong::minus_infinity as RandomSearch,
            "blown_up",
            "Minus infinity wins with you: it is smaller than anything. Ask \
             `is_finite()`, which is false for NaN as well.",
        )
        .wrong(
            "infinity_wins",
            wrong::infinity_wins as RandomSearch,
            "nobody",
            "If every trial blew up, an infinite loss wins with you. Then nobody has \
             won: `None`.",
        )
        .wrong(
            "somebody",
            wrong::somebody as RandomSearch,
            "nobody",
            "You always name a winner. Without one that is finite the answer is \
             `None`.",
        )
        .wrong(
            "bounded",
            wrong::bounded as RandomSearch,
            "large",
            "You begin with a best loss that is merely large, and a larger one could \
             never win. Begin with `f64::INFINITY`, or with `None`.",
        )
        .wrong(
            "clearly_smaller",
            wrong::clearly_smaller as RandomSearch,
            "close",
            "You ask a loss to be smaller by some margin. The smallest wins, however \
             small its lead.",
        )
        .hint("The draw moves along the logarithm: from ln(low) to ln(high).")
        .hint("`low * (high / low).powf(draw)` is the same, in one line.")
        .hint(
            "Keep the best so far in an `Option<(f64, f64)>`. It is `None` at the \
             start, and if nobody wins, it still is.",
        )
        .hint("A trial takes the lead if its loss `is_finite()` and beats the best.")
        .build()
}

/// Answers that are wrong in a way that is easily made.
mod wrong {
    use super::{Best, PI, Trial, Update, both, sign_of, solutions};

    /// Momentum with the new velocity and the way as given.
    fn momentum_with(
        weights: &mut [f64],
        velocity: &mut [f64],
        grads: &[f64],
        new: impl Fn(f64, f64) -> f64,
        way: impl Fn(f64, f64) -> f64,
    ) {
        for (k, &grad) in grads.iter().enumerate() {
            velocity[k] = new(velocity[k], grad);
            weights[k] -= way(velocity[k], grad);
        }
    }

    /// Defines wrong answers to exercise 10.1 from the new velocity, of the old one and
    /// the slope, and the way, of the new velocity and the slope.
    macro_rules! momentum {
        ($($name:ident: |$r:ident, $m:ident, $n:ident| $new:expr, $way:expr;)+) => {
            $(pub fn $name(
                w: &mut [f64], v: &mut [f64], g: &[f64], $r: f64, $m: f64, $n: bool,
            ) {
                let _ = ($r, $m, $n);
                momentum_with(w, v, g, $new, $way);
            })+
        };
    }

    momentum! {
        running_mean: |r, m, n| |v, g| m * v + (1.0 - m) * g,
            |v, g| r * if n { g + m * v } else { v };
        rate_in_velocity: |r, m, n| |v, g| m * v + r * g,
            |v, g| if n { r * g + m * v } else { v };
        downhill_velocity: |r, m, n| |v, g| m * v - g,
            |v, g| r * if n { g - m * v } else { -v };
        momentum_on_both: |r, m, n| |v, g| m * (v + g),
            |v, g| r * if n { g + m * v } else { v };
        momentum_on_slope: |r, m, n| |v, g| v + m * g,
            |v, g| r * if n { g + m * v } else { v };
        momentum_forgotten: |r, m, n| |v, g| v + g,
            |v, g| r * if n { g + m * v } else { v };
        shortcut_without_momentum: |r, m, n| |v, g| {
            if m == 0.0 { v } else { m * v + g }
        }, |v, g| r * if m == 0.0 || n { g + m * v } else { v };
        nesterov_kept: |r, m, n| |v, g| {
            let v = m * v + g;
            if n { g + m * v } else { v }
        }, |v, _| r * v;
        uphill: |r, m, n| |v, g| m * v + g, |v, g| -r * if n { g + m * v } else { v };
        no_rate: |r, m, n| |v, g| m * v + g, |v, g| if n { g + m * v } else { v };
        nesterov_without_slope: |r, m, n| |v, g| m * v + g,
            |v, _| r * if n { m * v } else { v };
        slope_plus_velocity: |r, m, n| |v, g| m * v + g,
            |v, g| r * if n { g + v } else { v };
        always_nesterov: |r, m, n| |v, g| m * v + g, |v, g| r * (g + m * v);
        flag_turned_round: |r, m, n| |v, g| m * v + g,
            |v, g| r * if n { v } else { g + m * v };
        nesterov_ignored: |r, m, n| |v, g| m * v + g, |v, _| r * v;
        velocity_plus_slope: |r, m, n| |v, g| m * v + g,
            |v, g| r * if n { v + m * g } else { v };
    }

    pub fn velocity_not_kept(
        weights: &mut [f64],
        velocity: &mut [f64],
        grads: &[f64],
        rate: f64,
        momentum: f64,
        nesterov: bool,
    ) {
        let mut copy = velocity.to_vec();
        solutions::momentum_step(weights, &mut copy, grads, rate, momentum, nesterov);
    }

    pub fn old_velocity(
        weights: &mut [f64],
        velocity: &mut [f64],
        grads: &[f64],
        rate: f64,
        momentum: f64,
        nesterov: bool,
    ) {
        for (k, &grad) in grads.iter().enumerate() {
            let old = velocity[k];
            weights[k] -= rate * if nesterov { grad + momentum * old } else { old };
            velocity[k] = momentum * old + grad;
        }
    }

    /// What Adam has of one weight, before and after this slope.
    struct One {
        old: [f64; 2],
        mean: f64,
        square: f64,
        grad: f64,
        step: i32,
        betas: (f64, f64),
    }

    impl One {
        fn corrected(&self) -> (f64, f64) {
            let (a, b) = self.betas;
            let mean = self.mean / (1.0 - a.powi(self.step));
            (mean, self.square / (1.0 - b.powi(self.step)))
        }
    }

    /// Defines wrong answers to exercise 10.2 from the new mean and square, of the old
    /// one, the slope and beta (the square also sees the new mean), and the way.
    macro_rules! adam {
        ($($name:ident: $mean:expr, $square:expr, $way:expr;)+) => {
            $(pub fn $name(
                weights: &mut [f64],
                mean: &mut [f64],
                square: &mut [f64],
                grads: &[f64],
                step: i32,
                rate: f64,
                betas: (f64, f64),
            ) {
                let new_mean: fn(f64, f64, f64) -> f64 = $mean;
                let new_square: fn(f64, f64, f64, f64) -> f64 = $square;
                let way: fn(&One) -> f64 = $way;
                for (k, &grad) in grads.iter().enumerate() {
                    let old = [mean[k], square[k]];
                    mean[k] = new_mean(mean[k], grad, betas.0);
                    square[k] = new_square(square[k], grad, betas.1, mean[k]);
                    let (mean, square) = (mean[k], square[k]);
                    weights[k] -=
                        rate * way(&One { old, mean, square, grad, step, betas });
                }
            })+
        };
    }

    fn mean(m: f64, g: f64, beta: f64) -> f64 {
        beta * m + (1.0 - beta) * g
    }

    fn square(s: f64, g: f64, beta: f64, _: f64) -> f64 {
        beta * s + (1.0 - beta) * g * g
    }

    fn way(one: &One) -> f64 {
        let (mean, square) = one.corrected();
        mean / (square.sqrt() + 1e-8)
    }

    adam! {
        slopes_in_full: |m, g, beta| beta * m + g, square, way;
        beta_and_rest_exchanged: |m, g, beta| (1.0 - beta) * m + beta * g,
            |s, g, beta, _| (1.0 - beta) * s + beta * g * g, way;
        square_of_mean: mean, |s, _, beta, m| beta * s + (1.0 - beta) * m * m, way;
        not_squared: mean, |s, g, beta, _| beta * s + (1.0 - beta) * g, way;
        spread: mean,
            |s, g, beta, m| beta * s + (1.0 - beta) * (g - m) * (g - m), way;
        squares_in_full: mean, |s, g, beta, _| beta * s + g * g, way;
        no_root: mean, square, |one| {
            let (mean, square) = one.corrected();
            mean / (square + 1e-8)
        };
        uphill_adam: mean, square, |one| -way(one);
        no_correction: mean, square, |one| one.mean / (one.square.sqrt() + 1e-8);
        mean_corrected_only: mean, square,
            |one| one.corrected().0 / (one.square.sqrt() + 1e-8);
        square_corrected_only: mean, square,
            |one| one.mean / (one.corrected().1.sqrt() + 1e-8);
        correction_outside_root: mean, square, |one| {
            let root = one.square.sqrt() / (1.0 - one.betas.1.powi(one.step));
            one.corrected().0 / (root + 1e-8)
        };
        steps_from_zero: mean, square,
            |one| way(&One { step: one.step - 1, ..*one });
        old_mean: mean, square,
            |one| way(&One { mean: one.old[0], square: one.old[1], ..*one });
        slope_for_mean: mean, square,
            |one| one.grad / (one.corrected().1.sqrt() + 1e-8);
        always_first: mean, square, |one| way(&One { step: 1, ..*one });
        times_step: mean, square, |one| {
            let step = f64::from(one.step);
            let (a, b) = one.betas;
            let square = one.square / (1.0 - b * step);
            one.mean / (1.0 - a * step) / (square.sqrt() + 1e-8)
        };
        share_to_the_power: mean, square, |one| {
            let mean = one.mean / (1.0 - one.betas.0).powi(one.step);
            let square = one.square / (1.0 - one.betas.1).powi(one.step);
            mean / (square.sqrt() + 1e-8)
        };
        multiplied: mean, square, |one| {
            let mean = one.mean * (1.0 - one.betas.0.powi(one.step));
            let square = one.square * (1.0 - one.betas.1.powi(one.step));
            mean / (square.sqrt() + 1e-8)
        };
        epsilon_outside: mean, square, |one| {
            let (mean, square) = one.corrected();
            mean / square.sqrt() + 1e-8
        };
        no_epsilon: mean, square, |one| {
            let (mean, square) = one.corrected();
            mean / square.sqrt()
        };
        epsilon_under_root: mean, square, |one| {
            let (mean, square) = one.corrected();
            mean / (square + 1e-8).sqrt()
        };
        epsilon_before_correction: mean, square, |one| {
            let correction = (1.0 - one.betas.1.powi(one.step)).sqrt();
            one.corrected().0 * correction / (one.square.sqrt() + 1e-8)
        };
        epsilon_as_floor: mean, square, |one| {
            let (mean, square) = one.corrected();
            mean / square.sqrt().max(1e-8)
        };
    }

    pub fn no_rate_adam(
        weights: &mut [f64],
        mean: &mut [f64],
        square: &mut [f64],
        grads: &[f64],
        step: i32,
        _rate: f64,
        betas: (f64, f64),
    ) {
        solutions::adam_step(weights, mean, square, grads, step, 1.0, betas);
    }

    pub fn betas_exchanged(
        weights: &mut [f64],
        mean: &mut [f64],
        square: &mut [f64],
        grads: &[f64],
        step: i32,
        rate: f64,
        (a, b): (f64, f64),
    ) {
        solutions::adam_step(weights, mean, square, grads, step, rate, (b, a));
    }

    pub fn correction_kept(
        weights: &mut [f64],
        mean: &mut [f64],
        square: &mut [f64],
        grads: &[f64],
        step: i32,
        rate: f64,
        betas: (f64, f64),
    ) {
        solutions::adam_step(weights, mean, square, grads, step, rate, betas);
        mean.iter_mut().for_each(|m| *m /= 1.0 - betas.0.powi(step));
        square.iter_mut().for_each(|s| *s /= 1.0 - betas.1.powi(step));
    }

    pub fn not_kept(
        weights: &mut [f64],
        mean: &mut [f64],
        square: &mut [f64],
        grads: &[f64],
        step: i32,
        rate: f64,
        betas: (f64, f64),
    ) {
        let (mut mean, mut square) = (mean.to_vec(), square.to_vec());
        solutions::adam_step(weights, &mut mean, &mut square, grads, step, rate, betas);
    }

    /// The decay of AdamW with another factor for the weights.
    fn shrunk(weights: &mut [f64], grads: &[f64], factor: f64, update: Update) {
        weights.iter_mut().for_each(|weight| *weight *= factor);
        update(weights, grads);
    }

    /// A penalty with another pull.
    fn pulled(
        weights: &mut [f64],
        grads: &[f64],
        pull: impl Fn(f64) -> f64,
        update: Update,
    ) {
        let grads = both(weights, grads, |w, g| g + pull(w));
        update(weights, &grads);
    }

    /// Defines wrong answers to exercise 10.3 from the factor of the decoupled decay
    /// and the pull of the penalty.
    macro_rules! decay {
        ($($name:ident: |$r:ident, $d:ident| $factor:expr, $pull:expr;)+) => {
            $(pub fn $name(
                weights: &mut [f64],
                grads: &[f64],
                $r: f64,
                $d: f64,
                decoupled: bool,
                update: Update,
            ) {
                if decoupled {
                    shrunk(weights, grads, $factor, update);
                } else {
                    pulled(weights, grads, $pull, update);
                }
            })+
        };
    }

    decay! {
        share_kept: |r, d| r * d, |w| d * w;
        no_rate_in_decay: |r, d| { let _ = r; 1.0 - d }, |w| d * w;
        growing: |r, d| 1.0 + r * d, |w| d * w;
        doubled: |r, d| 1.0 - r * d, |w| 2.0 * d * w;
        rate_in_penalty: |r, d| 1.0 - r * d, |w| r * d * w;
        sign_of_weight: |r, d| 1.0 - r * d, |w| d * sign_of(w);
        size_of_weight: |r, d| 1.0 - r * d, |w| d * w.abs();
        halved: |r, d| 1.0 - r * d, |w| d * w / 2.0;
        pushed_away: |r, d| 1.0 - r * d, |w| -d * w;
    }

    /// Defines wrong answers to exercise 10.3 that do other things in another order.
    macro_rules! decay_by {
        ($($name:ident: |$w:ident, $g:ident, $r:ident, $d:ident, $on:ident, $u:ident|
        $body:block)+) => {
            $(pub fn $name(
                $w: &mut [f64],
                $g: &[f64],
                $r: f64,
                $d: f64,
                $on: bool,
                $u: Update,
            ) {
                let _ = ($r, $d, $on);
                $body
            })+
        };
    }

    decay_by! {
        update_twice: |weights, grads, rate, decay, decoupled, update| {
            let pull: Vec<f64> = weights.iter().map(|w| decay * w).collect();
            update(weights, grads);
            if decoupled {
                weights.iter_mut().zip(pull).for_each(|(w, pull)| *w -= rate * pull);
            } else {
                update(weights, &pull);
            }
        }
        never_called: |weights, grads, rate, decay, decoupled, _update| {
            for (weight, grad) in weights.iter_mut().zip(grads) {
                *weight -= rate * (grad + decay * *weight);
            }
        }
        weight_by_weight: |weights, grads, rate, decay, decoupled, update| {
            for (weight, grad) in weights.chunks_mut(1).zip(grads.chunks(1)) {
                solutions::decay_step(weight, grad, rate, decay, decoupled, update);
            }
        }
        on_a_copy: |weights, grads, rate, decay, decoupled, update| {
            let mut copy = weights.to_vec();
            solutions::decay_step(&mut copy, grads, rate, decay, decoupled, update);
        }
        slopes_times_rate: |weights, grads, rate, decay, decoupled, update| {
            let grads: Vec<f64> = grads.iter().map(|grad| rate * grad).collect();
            solutions::decay_step(weights, &grads, rate, decay, decoupled, update);
        }
        same_amount: |weights, grads, rate, decay, decoupled, update| {
            if decoupled {
                weights.iter_mut().for_each(|weight| *weight -= rate * decay);
                update(weights, grads);
            } else {
                pulled(weights, grads, |w| decay * w, update);
            }
        }
        after_the_update: |weights, grads, rate, decay, decoupled, update| {
            if decoupled {
                update(weights, grads);
                weights.iter_mut().for_each(|weight| *weight *= 1.0 - rate * decay);
            } else {
                pulled(weights, grads, |w| decay * w, update);
            }
        }
        old_weights_taken_off: |weights, grads, rate, decay, decoupled, update| {
            if decoupled {
                let pull: Vec<f64> = weights.iter().map(|w| rate * decay * w).collect();
                update(weights, grads);
                weights.iter_mut().zip(pull).for_each(|(w, pull)| *w -= pull);
            } else {
                pulled(weights, grads, |w| decay * w, update);
            }
        }
        both_at_once: |weights, grads, rate, decay, decoupled, update| {
            if decoupled {
                weights.iter_mut().for_each(|weight| *weight *= 1.0 - rate * decay);
            }
            pulled(weights, grads, |w| decay * w, update);
        }
        penalty_decays_too: |weights, grads, rate, decay, decoupled, update| {
            let with_penalty = both(weights, grads, |w, g| g + decay * w);
            weights.iter_mut().for_each(|weight| *weight *= 1.0 - rate * decay);
            update(weights, if decoupled { grads } else { &with_penalty });
        }
        always_decoupled: |weights, grads, rate, decay, decoupled, update| {
            solutions::decay_step(weights, grads, rate, decay, true, update);
        }
        decoupled_turned_round: |weights, grads, rate, decay, decoupled, update| {
            solutions::decay_step(weights, grads, rate, decay, !decoupled, update);
        }
        never_decoupled: |weights, grads, rate, decay, decoupled, update| {
            solutions::decay_step(weights, grads, rate, decay, false, update);
        }
    }

    /// A tick of a schedule, in `f64`.
    struct At {
        tick: f64,
        warm_up: f64,
        ticks: f64,
        peak: f64,
        end: f64,
    }

    impl At {
        fn stair(&self) -> f64 {
            self.peak * (self.tick + 1.0) / (self.warm_up + 1.0)
        }

        fn part(&self) -> f64 {
            let part = (self.tick - self.warm_up) / (self.ticks - self.warm_up);
            part.min(1.0)
        }

        /// The cosine at any part.
        fn fall(&self, part: f64) -> f64 {
            self.end + (self.peak - self.end) * (1.0 + (PI * part).cos()) / 2.0
        }
    }

    /// Defines wrong answers to exercise 10.4 from the stair and the fall.
    macro_rules! schedule {
        ($($name:ident: $stair:expr, $fall:expr;)+) => {
            $(pub fn $name(
                tick: usize, warm_up: usize, ticks: usize, peak: f64, end: f64,
            ) -> f64 {
                let [at, from, to] = [tick, warm_up, ticks].map(|n| n as f64);
                let at = At { tick: at, warm_up: from, ticks: to, peak, end };
                let (stair, fall): (fn(&At) -> f64, fn(&At) -> f64) = ($stair, $fall);
                if tick < warm_up { stair(&at) } else { fall(&at) }
            })+
        };
    }

    fn stair(at: &At) -> f64 {
        at.stair()
    }

    fn fall(at: &At) -> f64 {
        at.fall(at.part())
    }

    schedule! {
        from_zero: |at| at.peak * at.tick / at.warm_up, fall;
        peak_twice: |at| at.peak * (at.tick + 1.0) / at.warm_up, fall;
        whole_numbers: |at| at.peak * (at.stair() / at.peak).floor(),
            |at| at.fall(at.part().floor());
        stair_times_cosine: |at| at.stair() / at.peak * at.fall(at.tick / at.ticks),
            |at| at.fall((at.tick / at.ticks).min(1.0));
        from_the_end_rate: |at| {
            at.end + (at.peak - at.end) * (at.tick + 1.0) / (at.warm_up + 1.0)
        }, fall;
        end_on_top: stair, |at| at.end + at.peak * (1.0 + (PI * at.part()).cos()) / 2.0;
        not_halved: stair,
            |at| at.end + (at.peak - at.end) * (1.0 + (PI * at.part()).cos());
        late_start: stair, |at| at.fall((at.tick / at.ticks).min(1.0));
        no_warm_up: |at| at.peak, fall;
        whole_cosine: stair, |at| at.fall(2.0 * at.part());
        degrees: stair, |at| at.fall(180.0 / PI * at.part());
        fall_too_long: stair,
            |at| at.fall(((at.tick - at.warm_up) / at.ticks).min(1.0));
        end_forgotten: stair, |at| at.peak * (1.0 + (PI * at.part()).cos()) / 2.0;
        quarter_cosine: stair, |at| at.fall(at.part() / 2.0);
        one_tick_early: stair, |at| {
            let fall = (at.ticks - at.warm_up - 1.0).max(1.0);
            at.fall(((at.tick - at.warm_up) / fall).min(1.0))
        };
        up_again: stair,
            |at| at.fall((at.tick - at.warm_up) / (at.ticks - at.warm_up));
        zero_afterwards: stair, |at| if at.tick > at.ticks { 0.0 } else { fall(at) };
        plateau: stair, |at| {
            let fall = (at.ticks - at.warm_up - 1.0).max(1.0);
            at.fall(((at.tick - at.warm_up - 1.0) / fall).clamp(0.0, 1.0))
        };
        least: stair,
            |at| (at.peak * (1.0 + (PI * at.part()).cos()) / 2.0).max(at.end);
        end_as_share: stair,
            |at| At { end: at.end * at.peak, ..*at }.fall(at.part());
        one_too_long: stair, |at| {
            let fall = at.ticks - at.warm_up + 1.0;
            at.fall(((at.tick - at.warm_up) / fall).min(1.0))
        };
        no_one_plus: stair,
            |at| at.end + (at.peak - at.end) * (PI * at.part()).cos();
        only_a_quarter: stair,
            |at| at.end + (at.peak - at.end) * (PI * at.part() / 2.0).cos();
        straight_down: stair, |at| at.peak + (at.end - at.peak) * at.part();
    }

    pub fn below_zero(
        tick: usize,
        warm_up: usize,
        ticks: usize,
        peak: f64,
        end: f64,
    ) -> f64 {
        if tick < warm_up {
            return peak * (tick + 1) as f64 / (warm_up + 1) as f64;
        }
        let left = (ticks - tick) as f64 / (ticks - warm_up) as f64;
        end + (peak - end) * (1.0 - (PI * left).cos()) / 2.0
    }

    fn even(low: f64, high: f64, u: f64) -> f64 {
        low * (high / low).powf(u)
    }

    /// The trials in order: rate and loss.
    fn trials(
        draws: &[f64],
        trial: Trial,
        rate: impl Fn(f64) -> f64,
    ) -> Vec<(f64, f64)> {
        draws.iter().map(|&u| rate(u)).map(|rate| (rate, trial(rate))).collect()
    }

    /// The first of those that are finite and that no other beats.
    fn best(trials: &[(f64, f64)]) -> Best {
        let finite = trials.iter().filter(|trial| trial.1.is_finite());
        finite.copied().min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Defines wrong answers to exercise 10.5 from the rate and the choice.
    macro_rules! search {
        ($($name:ident: $rate:expr, $choice:expr;)+) => {
            $(pub fn $name(low: f64, high: f64, draws: &[f64], trial: Trial) -> Best {
                let rate: fn(f64, f64, f64) -> f64 = $rate;
                let choice: fn(&[(f64, f64)]) -> Best = $choice;
                choice(&trials(draws, trial, |u| rate(low, high, u)))
            })+
        };
    }

    search! {
        stopped_at_nan: even, |trials| {
            if trials.iter().all(|trial| trial.1.is_finite()) {
                best(trials)
            } else {
                None
            }
        };
        last_loss: even, |trials| Some((best(trials)?.0, trials.last()?.1));
        unwrapped: even, |trials| {
            let all = trials.iter().copied();
            all.min_by(|a, b| a.1.partial_cmp(&b.1).unwrap())
                .filter(|best| best.1.is_finite())
        };
        moved_up: even, |trials| {
            let finite = trials.iter().filter(|trial| trial.1.is_finite());
            let losses: Vec<f64> = finite.map(|trial| trial.1).collect();
            let (_, least) = best(trials)?;
            let index = losses.iter().position(|&loss| loss == least)?;
            Some((trials[index].0, least))
        };
        only_nan_left_out: even, |trials| {
            let kept = trials.iter().filter(|trial| !trial.1.is_nan());
            kept.copied().min_by(|a, b| a.1.total_cmp(&b.1))
        };
        straight: |low, high, u| low + (high - low) * u, best;
        logarithm_returned: |low, high, u| even(low, high, u).ln(), best;
        two_bases: |low, high, u| 10.0_f64.powf(even(low, high, u).ln()), best;
        turned_round: |low, high, u| even(high, low, u), best;
        low_left_out: |low, high, u| (high / low).powf(u), best;
        curved: |low, high, u| low + (high - low) * u * u, best;
        largest: even, |trials| {
            let finite = trials.iter().filter(|trial| trial.1.is_finite());
            finite.copied().max_by(|a, b| a.1.total_cmp(&b.1))
        };
        order_of_answer: even, |trials| best(trials).map(|(rate, loss)| (loss, rate));
        last_of_equals: even, |trials| {
            let turned: Vec<_> = trials.iter().rev().copied().collect();
            best(&turned)
        };
        nan_first: even, |trials| {
            let mut best = *trials.first()?;
            for trial in trials {
                if trial.1 < best.1 {
                    best = *trial;
                }
            }
            best.1.is_finite().then_some(best)
        };
        minus_infinity: even, |trials| {
            let kept = trials.iter().filter(|trial| trial.1 < f64::INFINITY);
            kept.copied().min_by(|a, b| a.1.total_cmp(&b.1))
        };
        infinity_wins: even, |trials| {
            let infinite = |trial: &&(f64, f64)| trial.1.is_infinite();
            best(trials).or(trials.iter().find(infinite).copied())
        };
        somebody: even, |trials| Some(best(trials).unwrap_or((0.0, f64::INFINITY)));
        clearly_smaller: even, |trials| {
            let finite = trials.iter().filter(|trial| trial.1.is_finite());
            finite.copied().reduce(|best, trial| {
                if trial.1 < best.1 - 1e-6 { trial } else { best }
            })
        };
        bounded: even, |trials| best(trials).filter(|best| best.1 < 1e9);
    }

    pub fn tried_again(low: f64, high: f64, draws: &[f64], trial: Trial) -> Best {
        let (rate, _) = solutions::random_search(low, high, draws, trial)?;
        Some((rate, trial(rate)))
    }

    pub fn broke_off(low: f64, high: f64, draws: &[f64], trial: Trial) -> Best {
        let mut blown_up = false;
        let kept: Vec<(f64, f64)> = draws
            .iter()
            .map(|&u| even(low, high, u))
            .map_while(|rate| {
                let loss = if blown_up { f64::NAN } else { trial(rate) };
                blown_up = !loss.is_finite();
                (!blown_up).then_some((rate, loss))
            })
            .collect();
        best(&kept)
    }

    pub fn draw_returned(low: f64, high: f64, draws: &[f64], trial: Trial) -> Best {
        let tried = trials(draws, trial, |u| even(low, high, u));
        let (rate, loss) = best(&tried)?;
        let index = tried.iter().position(|trial| trial.0 == rate)?;
        Some((draws[index], loss))
    }
}
