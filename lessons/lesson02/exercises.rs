//! Lesson 02: your gradient descent.
//!
//! Replace each `todo!` by your answer, then run `cargo test --test lesson02`.
//! When all five pass, `cargo run --bin lesson02 -- --mine` runs a line and a
//! classifier on them. Everything is slices and vectors of `f64`.

/// Exercise 2.1: the mean squared error and its slope.
///
/// `predictions` and `targets` hold one number for each of n examples, n >= 1.
/// Return two things:
///
/// - the mean squared error, the mean over the n examples of
///   `(prediction - target)` squared,
/// - its slope in each prediction: n numbers, how fast the *mean* rises when that one
///   prediction rises.
///
/// Worked example: predictions `[1, 4]`, targets `[3, 3]`. The errors are -2 and 1,
/// their squares 4 and 1, the mean is `2.5`. The slopes are `[-2, 1]`.
pub fn mse_and_slope(predictions: &[f64], targets: &[f64]) -> (f64, Vec<f64>) {
    todo!("exercise 2.1")
}

/// Exercise 2.2: one step of gradient descent for a line.
///
/// The line predicts `weight * x + bias`. `x` and `y` hold n examples, n >= 1. Take one
/// step downhill on the mean squared error over all of them, and return the new weight
/// and the new bias. Both slopes are measured at the old line.
///
/// Worked example: weight 0, bias 0, x `[0, 2]`, y `[1, 5]`, learning rate `0.1`. The
/// slope in the weight is -10 and in the bias -6, so the answer is `(1.0, 0.6)`.
pub fn line_step(
    weight: f64,
    bias: f64,
    x: &[f64],
    y: &[f64],
    learning_rate: f64,
) -> (f64, f64) {
    todo!("exercise 2.2")
}

/// Exercise 2.3: binary cross-entropy from logits.
///
/// `logits` holds n scores, any finite numbers, also 1000 and -1000. `targets` holds n
/// zeros and ones. With `p = 1 / (1 + e^-z)` for the score z, one example costs
/// `-ln(p)` if its target is 1 and `-ln(1 - p)` if its target is 0. Return the mean
/// over the examples. The answer must be finite and right for every finite score.
///
/// Worked example: logits `[0, 1000]`, targets `[1, 0]`. The first costs `ln 2`, which
/// is `0.6931`. The second is sure and wrong: it costs `1000`. The mean is `500.3466`.
pub fn cross_entropy(logits: &[f64], targets: &[f64]) -> f64 {
    todo!("exercise 2.3")
}

/// Exercise 2.4: standardize, fitted on the training part only.
///
/// `train` and `held_out` hold one feature of two groups of examples; `train` has at
/// least one number. Subtract the mean and divide by the standard deviation, and return
/// both groups scaled. The standard deviation is the square root of the mean squared
/// distance from the mean (divide by n, not by n - 1). If all numbers in `train` are
/// equal, divide by 1.
///
/// Worked example: train `[1, 3]`, held out `[5]`. The mean is 2, the standard
/// deviation 1, and the answer `([-1, 1], [3])`.
pub fn standardize(train: &[f64], held_out: &[f64]) -> (Vec<f64>, Vec<f64>) {
    todo!("exercise 2.4")
}

/// Exercise 2.5: one epoch in mini-batches.
///
/// Walk the examples in the given `order`, which holds indices into `x` and `y`,
/// `batch` of them at a time (`batch` >= 1; the last batch may be smaller). Each batch
/// pays for one step, as in exercise 2.2, on the mean squared error over that batch
/// alone. Return the weight and the bias at the end. You may call your `line_step`.
///
/// Worked example: weight 0, bias 0, x `[1, 2]`, y `[2, 0]`, order `[1, 0]`, batch 1,
/// learning rate `0.25`. The step on the second example changes nothing, its error is
/// 0. The step on the first has slopes -4 and -4, and the answer is `(1.0, 1.0)`.
pub fn epoch(
    weight: f64,
    bias: f64,
    x: &[f64],
    y: &[f64],
    order: &[usize],
    batch: usize,
    learning_rate: f64,
) -> (f64, f64) {
    todo!("exercise 2.5")
}
