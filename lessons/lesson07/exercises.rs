//! Lesson 07: your recurrent network.
//!
//! Replace each `todo!` by your answer, then run `cargo test --test lesson07`. When all
//! five pass, `cargo run --bin lesson07 -- --mine` trains a character model on them:
//! your unrolling, your way back, your clipping, your dice. `Matrix` is a matrix of
//! `f64`; in a sequence each column is one step.

type Matrix = gradbook::Matrix<f64>;

/// The weights of a recurrent layer: `input_weight` (units x inputs), `state_weight`
/// (units x units) and the biases, one for each unit.
type Weights<'a> = (&'a Matrix, &'a Matrix, &'a [f64]);

/// Exercise 7.1: unroll a recurrent network.
///
/// `inputs` is inputs x steps: column `t` is what comes in at step `t`. `start` is the
/// state before the first step, one number for each unit. Returns the states, units x
/// steps: the state after step `t` is tanh, entry by entry, of `input_weight` times the
/// input of step `t`, plus `state_weight` times the state before step `t`, plus the
/// biases. There is at least one step.
///
/// One unit with input weight `1`, state weight `1`, bias `0`, start `0`, and the
/// inputs `[ln 2  -0.6]`: the first sum is `ln 2`, and `tanh(ln 2) = 0.6`. The second
/// sum is `-0.6 + 0.6 = 0`. The states are `[0.6  0]`.
pub fn unroll(
    (input_weight, state_weight, biases): Weights,
    inputs: &Matrix,
    start: &[f64],
) -> Matrix {
    todo!("exercise 7.1")
}

/// Exercise 7.2: clip the gradient.
///
/// `gradients` holds one list for each tensor of the network. Together they are one
/// long vector; its length is the square root of the sum of the squares of *all* its
/// entries. If that length is above `limit` (which is positive), multiply every entry
/// by the one factor that makes the length equal to `limit`. Otherwise return what came
/// in.
///
/// The gradients `[[3, 0], [4]]` have the length 5. With a limit of 10 they stay as
/// they are, with a limit of 1 they become `[[0.6, 0], [0.8]]`.
pub fn clip(gradients: &[Vec<f64>], limit: f64) -> Vec<Vec<f64>> {
    todo!("exercise 7.2")
}

/// Exercise 7.3: how many bits does a character cost?
///
/// Counts pairs of neighbors in `train`: how often was `a` followed by `b`? From these
/// counts comes the probability of `b` after `a`: `(count of a, b  +  1)` divided by
/// `(count of a and anything after it  +  characters)`. The 1 lets no pair be
/// impossible. All numbers in both texts are below `characters`; `train` may be too
/// short for a pair.
///
/// Then reads `held_out`, which has two characters at least: a character that had the
/// probability `p` after the one before it costs `-log2 p` bits. Returns the mean over
/// all characters but the first, which has none before it.
///
/// With two characters and `train = [0, 1, 0, 1]`: after 0 came 1, twice. So 1 after 0
/// has the probability `(2 + 1) / (2 + 2)`, and 0 after 0 has `1/4`, which is 2 bits.
/// `held_out = [0, 0]` costs 2 bits a character.
pub fn bigram_bits(train: &[usize], held_out: &[usize], characters: usize) -> f64 {
    todo!("exercise 7.3")
}

/// Exercise 7.4: draw a character.
///
/// Divide the logits by the temperature, make shares of them with softmax, and stack
/// the shares on top of each other, the first at the bottom: a pile from 0 to 1. `u` is
/// a random number from 0 up to, but not including, 1. Returns the index of the share
/// that `u` falls into. A number on the border of two belongs to the upper one.
///
/// A temperature of 0 means the largest logit, whatever `u` is; of equal ones, the
/// first. A temperature of a thousandth must work, too, and rounding must never lead
/// past the last index.
///
/// The logits `[0, ln 3]` at temperature 1 have the shares `[0.25, 0.75]`: `u = 0.2`
/// gives 0 and `u = 0.3` gives 1. At temperature 0.5 the shares are `[0.1, 0.9]`, and
/// `u = 0.2` gives 1. The logits `[0, 0]` with `u = 0.5` give 1.
pub fn sample(logits: &[f64], temperature: f64, u: f64) -> usize {
    todo!("exercise 7.4")
}

/// Exercise 7.5: backpropagation through time.
///
/// `inputs`, `start` and `states` are those of exercise 7.1, whose forward pass is
/// already done. `grad_states` is units x steps: column `t` is what the loss says to
/// the state after step `t` directly. That state also feeds the next step, and what
/// comes back from there must be added.
///
/// Returns dL/d(input_weight), dL/d(state_weight), dL/d(biases) and dL/d(start). Go
/// from the last step to the first. The slope of tanh is `1 - state * state`. Every
/// step uses the same weights, so their gradients add up over the steps.
///
/// The example of exercise 7.1, with `grad_states = [0  1]`. Step 2: the sum gets
/// `1 (1 - 0) = 1`, and passes `1 * 1` on to the state before. Step 1: the state gets
/// `0 + 1`, its sum `1 (1 - 0.36) = 0.64`. So dL/d(input_weight) is
/// `1 (-0.6) + 0.64 ln 2`, dL/d(state_weight) is `1 (0.6) + 0.64 (0) = 0.6`,
/// dL/d(biases) is `1.64`, and dL/d(start) is `0.64`.
pub fn through_time(
    (input_weight, state_weight, biases): Weights,
    inputs: &Matrix,
    start: &[f64],
    states: &Matrix,
    grad_states: &Matrix,
) -> (Matrix, Matrix, Vec<f64>, Vec<f64>) {
    todo!("exercise 7.5")
}
