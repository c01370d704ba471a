//! Lesson 05: your training.
//!
//! Replace each `todo!` by your answer, then run `cargo test --test lesson05`.
//! When all five pass, `cargo run --bin lesson05 -- --mine` trains the digit classifier
//! on them: your softmax in the loss, your mini-batches, your early stop, your scores.

/// Exercise 5.1: softmax.
///
/// Turns logits into shares: positive numbers that add up to 1, the larger the logit
/// the larger the share. Share `i` is `e^(z_i)` divided by the sum of all `e^(z_j)`.
/// There is at least one logit. Logits of a thousand must work: adding one number to
/// all of them changes no share, and e to the power of 0 is only 1.
///
/// The logits `[0, ln 3]` have the exponentials `1` and `3`, so the shares are
/// `[0.25, 0.75]`. So have `[1000, 1000 + ln 3]`.
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    todo!("exercise 5.1")
}

/// Exercise 5.2: deal out one epoch.
///
/// Puts the examples `0, 1, ..., count - 1` into a row, lets `shuffle` mix it once, and
/// cuts it into batches of `size` (at least 1), in the order of the row. The last batch
/// holds what is left. There is no empty batch, and no example is left out.
///
/// With 5 examples, batches of 2 and a `shuffle` that turns the row round, the answer
/// is `[[4, 3], [2, 1], [0]]`. Call it like this: `shuffle(&mut row)`.
pub fn mini_batches(
    count: usize,
    size: usize,
    shuffle: &mut dyn FnMut(&mut [usize]),
) -> Vec<Vec<usize>> {
    todo!("exercise 5.2")
}

/// Exercise 5.3: who was taken for whom?
///
/// Counts the answers against the truths: row `t`, column `a` says how many examples of
/// class `t` were answered `a`. The table has `classes` rows and columns, whether or
/// not every class occurs. The two lists are equally long; their classes are below
/// `classes`.
///
/// Truths `[0, 0, 1, 1, 1]` and answers `[0, 1, 1, 1, 0]` for 2 classes give
/// `[[1, 1], [1, 2]]`: one of the two 0s and two of the three 1s were found.
pub fn confusion(
    truths: &[usize],
    answers: &[usize],
    classes: usize,
) -> Vec<Vec<usize>> {
    todo!("exercise 5.3")
}

/// Exercise 5.4: precision, recall and F1, every class counting alike.
///
/// `counts` is the table of exercise 5.3. For each class: precision is its diagonal
/// entry divided by its column's sum, recall the same entry divided by its row's sum,
/// and F1 is `2 p r / (p + r)`. A division by zero gives 0. Returns the means over all
/// classes: `[precision, recall, F1]`.
///
/// `[[1, 1], [1, 2]]`: precisions `1/2` and `2/3`, recalls `1/2` and `2/3`, F1s `1/2`
/// and `2/3`. The answer is `[7/12, 7/12, 7/12]`.
pub fn macro_scores(counts: &[Vec<usize>]) -> [f64; 3] {
    todo!("exercise 5.4")
}

/// Exercise 5.5: is it time to stop?
///
/// Asked after every epoch. `losses` holds the validation loss of every epoch so far,
/// in order. Returns two things. Whether to stop: yes if the last `patience` epochs (at
/// least 1) have all failed to beat the best loss before them. And the number of the
/// best epoch, counted from 1: the first that has the smallest loss. Without any epoch
/// it returns `(false, 0)`.
///
/// Losses `[0.9, 0.5, 0.6, 0.5]` and patience 2 give `(true, 2)`. Epoch 2 is the best,
/// and two epochs have come since: an equal loss does not beat it.
pub fn early_stop(losses: &[f64], patience: usize) -> (bool, usize) {
    todo!("exercise 5.5")
}
