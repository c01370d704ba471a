//! Lesson 10: your optimizers.
//!
//! Replace each `todo!` by your answer, then run `cargo test --test lesson10`. When all
//! five pass, `cargo run --bin lesson10 -- --mine` trains a network on them: your
//! momentum, your Adam, your decay, your schedule, your search for a learning rate.

/// Exercise 10.1: one update with momentum.
///
/// `velocity` holds a number for each weight, 0 before the first update. First the
/// velocity becomes `momentum * velocity + grad`. Then each weight goes down by
/// `rate` times its new velocity. With Nesterov's momentum it goes down by `rate` times
/// `grad + momentum * new velocity` instead: one look further ahead. The velocity
/// itself is the same both ways.
///
/// `weights`, `velocity` and `grads` are equally long. Changes weights and velocity in
/// place.
///
/// Weight `[1]`, velocity `[2]`, slope `[4]`, rate 0.1, momentum 0.5: the velocity
/// becomes `0.5 * 2 + 4 = 5`, the weight `1 - 0.1 * 5 = 0.5`. With Nesterov's momentum
/// the weight becomes `1 - 0.1 * (4 + 0.5 * 5) = 0.35`.
pub fn momentum_step(
    weights: &mut [f64],
    velocity: &mut [f64],
    grads: &[f64],
    rate: f64,
    momentum: f64,
    nesterov: bool,
) {
    todo!("exercise 10.1")
}

/// Exercise 10.2: one update of Adam.
///
/// `mean` and `square` hold a number for each weight, 0 before the first update: the
/// running mean of the slope and of its square. Each keeps the share `beta` of what it
/// was. `betas` holds the two shares, first that of `mean`, then that of `square`:
///
/// `mean = beta mean + (1 - beta) grad` and
/// `square = beta square + (1 - beta) grad^2`
///
/// Because they started at 0 both are too small at first. So divide each by
/// `1 - beta^step`; `step` is the number of this update, counted from 1. Keep `mean`
/// and `square` themselves as they are: correct copies. With the corrected ones:
///
/// `weight = weight - rate * mean / (sqrt(square) + 1e-8)`
///
/// The four lists are equally long. Changes weights, mean and square in place.
///
/// Weight `[1]`, mean and square `[0]`, slope `[4]`, step 1, rate 0.1, betas 0.5 and
/// 0.75: mean becomes 2 and square 4. Corrected they are `2 / 0.5 = 4` and
/// `4 / 0.25 = 16`, so the weight becomes `1 - 0.1 * 4 / 4 = 0.9`, nearly.
pub fn adam_step(
    weights: &mut [f64],
    mean: &mut [f64],
    square: &mut [f64],
    grads: &[f64],
    step: i32,
    rate: f64,
    betas: (f64, f64),
) {
    todo!("exercise 10.2")
}

/// Exercise 10.3: weight decay, in the slope or beside it.
///
/// `update(weights, grads)` is one update of some optimizer: momentum, Adam, whatever.
/// Call it exactly once.
///
/// If `decoupled` is false, this is the L2 penalty: add `decay` times its weight to
/// each slope, and let `update` work with these slopes. If `decoupled` is true, this is
/// the decay of AdamW: multiply each weight by `1 - rate * decay`, then let `update`
/// work with the slopes as they came.
///
/// Weight `[2]`, slope `[3]`, rate 0.1, decay 0.5. If `update` is plain descent with
/// the rate 0.1, the penalty gives `2 - 0.1 * (3 + 0.5 * 2) = 1.6`, and the decay of
/// AdamW `2 * 0.95 - 0.1 * 3 = 1.6`, the same. If `update` takes 0.1 off wherever the
/// slope is positive, as Adam's first step does, they give `2 - 0.1 = 1.9` and
/// `2 * 0.95 - 0.1 = 1.8`.
pub fn decay_step(
    weights: &mut [f64],
    grads: &[f64],
    rate: f64,
    decay: f64,
    decoupled: bool,
    update: &mut dyn FnMut(&mut [f64], &[f64]),
) {
    todo!("exercise 10.3")
}

/// Exercise 10.4: warm up, then fall along a cosine.
///
/// The learning rate of tick `tick`, counted from 0. A tick may be an epoch or a step.
/// The first `warm_up` ticks climb a straight stair: tick 0 has `peak / (warm_up + 1)`,
/// each tick after it that much more, so that tick `warm_up` has `peak`. From there the
/// rate falls along half a cosine, and at tick `ticks` it is `end`:
///
/// `end + (peak - end) * (1 + cos(pi * part)) / 2`
///
/// with `part` going evenly from 0 at tick `warm_up` to 1 at tick `ticks`. After that
/// it stays at `end`. `warm_up` may be 0, and is smaller than `ticks`.
///
/// `warm_up` 3, `ticks` 7, `peak` 0.8, `end` 0: the ticks from 0 have 0.2, 0.4, 0.6,
/// 0.8, then about 0.683, 0.4, 0.117, 0, and all later ones 0.
pub fn scheduled_rate(
    tick: usize,
    warm_up: usize,
    ticks: usize,
    peak: f64,
    end: f64,
) -> f64 {
    todo!("exercise 10.4")
}

/// Exercise 10.5: random search for a learning rate.
///
/// `draws` holds random numbers from 0 to 1, drawn evenly. Each becomes a rate from
/// `low` to `high`, drawn evenly on a log scale: while the draw goes evenly from 0 to
/// 1, the *logarithm* of the rate goes evenly from that of `low` to that of `high`.
/// Both are positive, and `low` is the smaller one.
///
/// `trial(rate)` trains with a rate and returns the validation loss. Call it once for
/// each draw, in order. Returns the rate with the smallest loss, and that loss; of
/// equal ones, the first. A loss that is infinite or not a number comes from a training
/// that blew up: it never wins. If no trial can win, returns `None`.
///
/// From 0.01 to 1 with the draws `[0, 0.5, 1]`: the rates are 0.01, 0.1 and 1. If their
/// losses are 0.7, 0.2 and NaN, the answer is `Some((0.1, 0.2))`.
pub fn random_search(
    low: f64,
    high: f64,
    draws: &[f64],
    trial: &mut dyn FnMut(f64) -> f64,
) -> Option<(f64, f64)> {
    todo!("exercise 10.5")
}
