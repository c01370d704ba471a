//! Lesson 09: your remedies.
//!
//! Replace each `todo!` by your answer, then run `cargo test --test lesson09`.
//! When all five pass, `cargo run --bin lesson09 -- --mine` runs the lesson on them.

/// A matrix of 64-bit numbers. For a batch: a row for each feature, a column for each
/// example.
pub type Matrix64 = gradbook::Matrix<f64>;

/// Exercise 9.1: what large weights cost.
///
/// `parameters` holds numbers that a network learns, in one row. `is_weight[i]` says
/// whether number `i` is a weight; the others (biases, say) cost nothing. The penalty
/// is `l1` times the sum of the weights' absolute values, plus *half* of `l2` times the
/// sum of their squares. Returns the penalty, and its slope with respect to each
/// parameter: as many slopes as parameters. The absolute value has a corner at 0; take
/// the slope there to be 0.
///
/// The parameters `[3, -2, 0, 10]`, of which only the last is no weight, `l1 = 0.5` and
/// `l2 = 0.1`: the penalty is `0.5 (3 + 2 + 0) + 0.05 (9 + 4 + 0) = 3.15`, and the
/// slopes are `[0.8, -0.7, 0, 0]`.
pub fn penalty(
    parameters: &[f64],
    is_weight: &[bool],
    l1: f64,
    l2: f64,
) -> (f64, Vec<f64>) {
    todo!("exercise 9.1")
}

/// Exercise 9.2: dropout.
///
/// In training (`training` is true) there is a draw for each value, a number from 0 to
/// just below 1. A value whose draw is *below* `rate` is dropped: it becomes 0. Every
/// other value is divided by the share that is kept on average, `1 - rate`. At
/// inference nothing is drawn: `draws` is empty, and the answer is the values as they
/// are. `rate` is at least 0 and below 1.
///
/// The values `[4, 8, 2]`, the draws `[0.2, 0.1, 0.9]` and the rate 0.2 give
/// `[5, 0, 2.5]`: a draw of 0.2 is not below 0.2. On the way back the same function
/// with the same draws takes the slopes of the outputs to those of the inputs.
pub fn dropout(values: &[f64], draws: &[f64], rate: f64, training: bool) -> Vec<f64> {
    todo!("exercise 9.2")
}

/// Exercise 9.3: stratified folds.
///
/// Example `i` has the class `labels[i]`. Lay the examples in a row: first those of the
/// smallest class, then those of the next, and inside a class in the order they came.
/// Deal the row out to the folds like cards: to fold 0, 1, ..., `folds - 1`, then to
/// fold 0 again, without a new start when the class changes. Returns a pair for each
/// fold: the examples to train on, and those held out. Held out are those dealt to the
/// fold, trained on are all others; both lists in rising order. There are at least two
/// folds, and at least as many examples as folds.
///
/// The labels `[1, 0, 0, 1, 0]` and 2 folds: the row is `1, 2, 4, 0, 3`. Fold 0 gets
/// 1, 4 and 3, and fold 1 gets 2 and 0. The answer is
/// `[([0, 2], [1, 3, 4]), ([1, 3, 4], [0, 2])]`.
pub fn stratified_folds(
    labels: &[usize],
    folds: usize,
) -> Vec<(Vec<usize>, Vec<usize>)> {
    todo!("exercise 9.3")
}

/// Exercise 9.4: batch norm, forward.
///
/// `batch` has a row for each feature and a column for each example; the four lists
/// have a number for each feature (`scale` is also called gamma, `shift` beta). In
/// training, where there are at least two examples, take each feature's mean and
/// variance over the batch. An entry `x` becomes
///
/// `scale (x - mean) / sqrt(variance + 0.00001) + shift`
///
/// with the variance that divides by the number of examples. Numbers around ten million
/// must work. The running numbers move a tenth of the way: each becomes `0.9` times
/// itself plus `0.1` times the batch's number. For `running_variance` that is the
/// variance that divides by the number of examples less one. At inference the running
/// numbers stand in the formula in place of the batch's, and do not change.
///
/// The one row `[1, 3]` has the mean 2 and the variances 1 and 2. With scale 3 and
/// shift 10 training gives about `[7, 13]`. A running mean of 0 becomes 0.2, a running
/// variance of 1 becomes 1.1.
pub fn batch_norm(
    batch: &Matrix64,
    scale: &[f64],
    shift: &[f64],
    running_mean: &mut [f64],
    running_variance: &mut [f64],
    training: bool,
) -> Matrix64 {
    todo!("exercise 9.4")
}

/// Exercise 9.5: when to stop, and what to keep.
///
/// `losses` holds the validation loss after each epoch, as long as training would go on
/// by itself. Training ends early after `patience` epochs in a row (at least 1) none of
/// which beat the best loss before it. An equal loss does not beat it. A loss of NaN
/// beats nothing, and any number is better than no best loss at all. What comes after
/// the end is never seen.
///
/// Returns the epoch at which training ends and the epoch whose weights to keep, the
/// best one seen. Epochs are counted from 1. Where no loss is a number, keep epoch 0,
/// the weights at the start. Without any epoch the answer is `(0, 0)`.
///
/// The losses `[0.9, 0.5, 0.6, 0.5, 0.1]` and patience 2 give `(4, 2)`: epochs 3 and 4
/// did not beat epoch 2, and epoch 5 never came. With patience 3 they give `(5, 5)`.
pub fn early_stopping(losses: &[f64], patience: usize) -> (usize, usize) {
    todo!("exercise 9.5")
}
