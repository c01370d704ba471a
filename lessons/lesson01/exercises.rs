//! Lesson 01: your perceptron.
//!
//! Replace each `todo!` by your answer, then run `cargo test --test lesson01`.
//! When all five pass, `cargo run --bin lesson01 -- --mine` runs the whole lesson on
//! them. The examples are slices and vectors of `f64`: `inputs[i]` is one example,
//! with one number for each weight, and `targets[i]` is `1.0` (fire) or `-1.0` (stay
//! silent).

/// Exercise 1.1: decide.
///
/// The weighted sum of the inputs, plus the bias, against zero: `1.0` when it is zero
/// or more, `-1.0` when it is less. `weights` and `x` have the same length.
///
/// With weights `[2, -1]` and bias `-3`, the input `[2, 4]` sums to
/// `2*2 - 1*4 - 3 = -3`, so the answer is `-1.0`. The input `[2, 1]` sums to `0`, so
/// the answer is `1.0`.
pub fn decide(weights: &[f64], bias: f64, x: &[f64]) -> f64 {
    todo!("exercise 1.1")
}

/// Exercise 1.2: learn from one example.
///
/// If the decision on `x` differs from `target`, adds `target * x` to the weights and
/// `target` to the bias, and returns `true`. If it was right, changes nothing and
/// returns `false`.
///
/// Weights `[1, 0]`, bias `0`, input `[2, 3]`, target `-1`: the sum is `2`, so the
/// decision `1.0` is wrong. After it the weights are `[-1, -3]` and the bias is `-1`.
pub fn learn(weights: &mut [f64], bias: &mut f64, x: &[f64], target: f64) -> bool {
    todo!("exercise 1.2")
}

/// Exercise 1.3: train until an epoch has no mistake.
///
/// Goes through the examples in order, learning from each, again and again. Stops
/// after the first epoch without a mistake, or after `max_epochs`. Starts from the
/// weights and the bias that it is given and leaves the new ones there. Returns the
/// number of mistakes in each epoch, the last (clean) one included.
///
/// AND, from zero: inputs `[0,0] [0,1] [1,0] [1,1]`, targets `-1 -1 -1 1`. The answer
/// is `[2, 3, 3, 2, 1, 0]`, and the weights end as `[2, 1]` with bias `-3`.
pub fn fit(
    weights: &mut [f64],
    bias: &mut f64,
    inputs: &[Vec<f64>],
    targets: &[f64],
    max_epochs: usize,
) -> Vec<usize> {
    todo!("exercise 1.3")
}

/// Exercise 1.4: how many mistakes can there be at most?
///
/// Novikoff's bound `(R / gamma)^2` from a line that separates the examples. `R` is the
/// length of the longest example and `gamma` the distance from the line to the nearest
/// one, both with the bias feature counted: an example `x` counts as `(x, 1)` and the
/// line as `(weights, bias)`. Returns `None` if an example is on the line or on its
/// wrong side: then the line bounds nothing.
///
/// AND with weights `[2, 2]` and bias `-3`: the longest example is `(1, 1, 1)`, so
/// `R^2 = 3`. The nearest is one step from zero, and the line has length `sqrt(17)`, so
/// `gamma^2 = 1/17`. The answer is `Some(51.0)`.
pub fn mistake_bound(
    weights: &[f64],
    bias: f64,
    inputs: &[Vec<f64>],
    targets: &[f64],
) -> Option<f64> {
    todo!("exercise 1.4")
}

/// Exercise 1.5: is it going round in circles?
///
/// `states[0]` holds the weights and the bias before the first epoch, `states[k]` those
/// after epoch `k`. The same examples in the same order follow each time, so as soon as
/// one state is equal to an earlier one, everything after it repeats. Returns how many
/// epochs one round takes, or `None` if no state has come back.
///
/// `[[0], [1], [2], [3], [1]]` gives `Some(3)`: from `[1]` round to `[1]`.
pub fn cycle(states: &[Vec<f64>]) -> Option<usize> {
    todo!("exercise 1.5")
}
