//! Lesson 08: your memory.
//!
//! Replace each `todo!` by your answer, then run `cargo test --test lesson08`. When 8.1
//! and 8.5 pass, `cargo run --bin lesson08 -- --mine` solves the adding problem with
//! your step and your way back. `Matrix` is a matrix of `f64`; sigma is the sigmoid,
//! `sigma(x) = 1 / (1 + e^(-x))`.

type Matrix = gradbook::Matrix<f64>;

/// Exercise 8.1: one step of an LSTM, for one example.
///
/// The products are done: `sums` holds four blocks of H numbers each, in the order
/// input gate `i`, forget gate `f`, candidate `g`, output gate `o`. `cell` holds the
/// H numbers that the cells keep. Unit `k` has entry `k` of each block:
///
/// `i = sigma(sum of i)`, `f = sigma(sum of f)`, `g = tanh(sum of g)`,
/// `o = sigma(sum of o)`, then `new cell = f cell + i g` and
/// `hidden = o tanh(new cell)`
///
/// Returns `(hidden, new cell)`, H numbers each. Sums of 1000 and of -1000 must work.
///
/// One unit with the sums `[0, ln 3, ln 2, 0]` and the cell `[2]`: the gates are
/// `i = 1/2`, `f = 3/4`, `o = 1/2`, the candidate is `g = 3/5`. The new cell is
/// `3/4 . 2 + 1/2 . 3/5 = 1.8`, and hidden is `tanh(1.8) / 2`, about `0.473`.
pub fn lstm_step(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
    todo!("exercise 8.1")
}

/// Exercise 8.2: one step of a GRU, for one example.
///
/// Again the products are done, biases included. `from_input` is what the input adds
/// to the three sums, `from_hidden` what the hidden values add: each three blocks of H
/// numbers, in the order reset gate `r`, update gate `z`, candidate `n`. `hidden` holds
/// the H values of the step before. With `x` and `h` for the two lists, unit by unit:
///
/// `r = sigma(x_r + h_r)`, `z = sigma(x_z + h_z)`, `n = tanh(x_n + r h_n)`, then
/// `new hidden = (1 - z) n + z hidden`
///
/// The reset gate acts on what the hidden values add to the candidate, after the
/// product, as in PyTorch. Returns the H new hidden values. Sums of 1000 and of -1000
/// must work here too.
///
/// One unit with `from_input` `[0, ln 3, ln 2]`, `from_hidden` `[0, 0, 2 ln 2]` and
/// hidden `[1]`: `r = 1/2`, `z = 3/4`, `n = tanh(ln 2 + ln 2) = 15/17`. The answer is
/// `1/4 . 15/17 + 3/4 . 1 = 33/34`.
pub fn gru_step(from_input: &[f64], from_hidden: &[f64], hidden: &[f64]) -> Vec<f64> {
    todo!("exercise 8.2")
}

/// Exercise 8.3: how long a memory lasts.
///
/// A forget gate has only a bias `b`, so at each step it is `f = sigma(b)`, and a cell
/// into which nothing is written keeps the share `f` of what it held. Returns the `b`
/// for which exactly `share` (between 0 and 1) is left after `steps` steps (at least
/// 1). Right for a million million steps too, where `1 - f` is so small that a
/// subtraction loses its digits.
///
/// After 2 steps `9/16` is left if the gate is `3/4`, and `sigma(ln 3) = 3/4`: the
/// answer for `(2, 0.5625)` is `ln 3`.
pub fn forget_bias(steps: u64, share: f64) -> f64 {
    todo!("exercise 8.3")
}

/// Exercise 8.4: the last state of sequences of unequal length.
///
/// `states` holds what a recurrent layer put out at every step: features x (steps times
/// examples), the columns ordered by step, then example. So with `N` examples, step `t`
/// of example `n` is column `t N + n`, both counted from 0. `lengths[n]` says how many
/// steps of example `n` are real; what stands in its columns after that means nothing
/// and may be anything, NaN too. No length is above the number of steps; there is at
/// least one example.
///
/// Returns features x examples: column `n` is the state after the last real step of
/// example `n`. An example without any step gets zeros.
///
/// One feature, two examples of lengths `[2, 1]`, states `[5 7 6 9]`: example 0 has the
/// states 5 and 6, example 1 has 7, and the 9 is nothing. The answer is `[6 7]`.
pub fn last_states(states: &Matrix, lengths: &[usize]) -> Matrix {
    todo!("exercise 8.4")
}

/// Exercise 8.5: one step of an LSTM, backward.
///
/// `sums` and `cell` are what went into exercise 8.1. Two slopes come back:
/// `grad_hidden` is dL/d(hidden), and `grad_cell` is dL/d(new cell) along the road that
/// leads from the new cell to the next step. A second road leads from the new cell
/// through `hidden`: roads that meet add. Returns dL/d(sums), four blocks in the order
/// `i`, `f`, `g`, `o`, and dL/d(cell).
///
/// The slope of sigma is `s (1 - s)`, with `s` what it put out; that of tanh is
/// `1 - tanh^2`. Sums of 1000 and of -1000 must work here too.
///
/// One unit with the sums `[0, ln 3, 0, 0]` and the cell `[(4/3) ln 2]`: `i = 1/2`,
/// `f = 3/4`, `g = 0`, `o = 1/2`. The new cell is `ln 2`, its tanh `0.6`. With
/// `grad_hidden` `[5]` and `grad_cell` `[0.4]`: the new cell's slope is
/// `0.4 + 5 . 1/2 . (1 - 0.36) = 2`. So dL/d(sums) is `2 g i (1 - i) = 0`,
/// `2 cell f (1 - f) = (1/2) ln 2`, `2 i (1 - 0) = 1` and `5 . 0.6 . o (1 - o) = 0.75`;
/// dL/d(cell) is `2 f = 1.5`.
pub fn lstm_step_backward(
    sums: &[f64],
    cell: &[f64],
    grad_hidden: &[f64],
    grad_cell: &[f64],
) -> (Vec<f64>, Vec<f64>) {
    todo!("exercise 8.5")
}
