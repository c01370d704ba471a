//! Lesson 04: your backward pass.
//!
//! Replace each `todo!` by your answer, then run `cargo test --test lesson04`. When 4.2
//! and 4.3 pass, `cargo run --bin lesson04 -- --mine` trains the spiral network on
//! them. `Matrix` is a matrix of `f64`; in a batch each column is one example.

type Matrix = gradbook::Matrix<f64>;

/// Exercise 4.1: a value that goes two ways.
///
/// The graph, from left to right:
///
/// `u = a b`, then `v = u + c`, then `L = u v`
///
/// Returns `L` and its slopes `[dL/da, dL/db, dL/dc]`. Go forward and keep `u` and `v`,
/// then go back: first `dL/dv`, then `dL/du`, which gets something from each of the two
/// places where `u` is used, then the rest.
///
/// With `a = 1`, `b = 2`, `c = 3`: `u = 2`, `v = 5`, `L = 10`. Going back, `dL/dv = 2`
/// and `dL/du = 5 + 2 = 7`. The answer is `(10, [14, 7, 2])`.
pub fn graph(a: f64, b: f64, c: f64) -> (f64, [f64; 3]) {
    todo!("exercise 4.1")
}

/// Exercise 4.2: backward through an affine layer, for a whole batch.
///
/// Forward, the layer computed `output = weight . input`, plus `bias` in each column.
/// Shapes: `weight` outputs x inputs, `input` inputs x examples, `grad_output` outputs
/// x examples, which is dL/d(output). Returns dL/d(weight), dL/d(bias), dL/d(input),
/// each of the shape of what it is the slope of.
///
/// The weights serve every example, so their slopes add up over the examples. The loss
/// has already taken its mean: do not divide again.
///
/// With weight `[2 3]`, one example `[1 5]` and dL/d(output) `[10]`: dL/d(weight) is
/// `[10 50]`, dL/d(bias) is `[10]`, dL/d(input) is `[20 30]`, a column.
pub fn dense_backward(
    weight: &Matrix,
    input: &Matrix,
    grad_output: &Matrix,
) -> (Matrix, Vec<f64>, Matrix) {
    todo!("exercise 4.2")
}

/// Exercise 4.3: softmax and cross-entropy, forward and backward in one.
///
/// `logits` and `targets` are classes x examples; a column of `targets` is 1 at the
/// true class and 0 elsewhere. Returns the loss, which is the mean over the examples of
/// `-ln p` with `p` the softmax probability of the true class, and dL/d(logits),
/// classes x examples. Right for logits of 1000 and of -1000 too, in one column or in
/// two: `-ln p` is `ln(sum of e^z) - z` of the true class, and a number subtracted from
/// every logit of a column changes neither.
///
/// One example with logits `[0 0]` and target `[1 0]`: both probabilities are `1/2`, so
/// the loss is `ln 2` and the slopes are `[-1/2 1/2]`. In a batch of two, an example's
/// slopes are half as large.
pub fn softmax_cross_entropy(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
    todo!("exercise 4.3")
}

/// Exercise 4.4: two layers, every step of the way back.
///
/// Forward, for a batch: `sums = weight_1 . input + bias_1`, then
/// `hidden = tanh(sums)`, then `logits = weight_2 . hidden + bias_2`, then the loss of
/// exercise 4.3.
///
/// Returns the loss's slopes with respect to, in this order: `logits`, `weight_2`,
/// `bias_2` (as a column), `hidden`, `sums`, `weight_1`, `bias_1` (a column), `input`.
/// The slope of tanh is `1 - tanh^2`. Your answers to 4.2 and 4.3 do most of the work.
/// The test compares step by step and says of each: exact, close, or how far off.
///
/// One input `3`, one hidden unit with weight 0 and bias 0, two classes with weights
/// `[2 0]` as a column and biases 0, target `[1 0]`: the sum, the hidden value and the
/// logits are all 0. The slopes: logits `[-1/2 1/2]`, weight_2 `[0 0]`, bias_2
/// `[-1/2 1/2]`, hidden `2 (-1/2) + 0 (1/2) = -1`, sums `-1`, weight_1 `3 (-1) = -3`,
/// bias_1 `-1`, input `0`.
pub fn two_layers(
    (weight_1, bias_1): (&Matrix, &[f64]),
    (weight_2, bias_2): (&Matrix, &[f64]),
    input: &Matrix,
    targets: &Matrix,
) -> [Matrix; 8] {
    todo!("exercise 4.4")
}

/// Exercise 4.5: three suspects.
///
/// Three backward passes through the network of exercise 4.4 are broken, each in one of
/// its eight lines:
///
/// 1 `logits`, 2 `weight_2`, 3 `bias_2`, 4 `hidden`, 5 `sums`, 6 `weight_1`,
/// 7 `bias_1`, 8 `input`
///
/// In each, something is left out or exchanged; nothing is added. You see none of their
/// code. You may ask the checker about them as often as you like:
/// `cargo run --bin lesson04 -- --suspect 1`, and then 2 and 3. Read its list from the
/// bottom: the way back starts there. With `--layer-1 0.001`
/// it checks the same pass where the weights of layer 1 are so small that every sum is
/// near 0, and tanh is a straight line there. Returns the number of the broken line of
/// suspect 1, of suspect 2 and of suspect 3.
///
/// If `bias_2` were the only wrong gradient of all three, you would answer `[3, 3, 3]`.
pub fn broken_lines() -> [usize; 3] {
    todo!("exercise 4.5")
}
