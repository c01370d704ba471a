//! Lesson 03: your network.
//!
//! Replace each `todo!` by your answer, then run `cargo test --test lesson03`.
//! When all five pass, `cargo run --bin lesson03 -- --mine` runs the experiments on
//! them. `Matrix` is a matrix of `f64`; in a batch each column is one example.

type Matrix = gradbook::Matrix<f64>;

/// Exercise 3.1: one affine layer, for a whole batch.
///
/// `weight` is outputs x inputs, `bias` has one number for each output, `batch` is
/// inputs x examples. Returns `weight . batch` with the bias added to every column:
/// outputs x examples. Write the loops yourself, or use the product of the matrices.
///
/// With weight `[1 2]`, bias `[10]` and the two examples `[1 0]` and `[3 4]` as
/// columns, the first gives `1*1 + 2*0 + 10 = 11`, the second `1*3 + 2*4 + 10 = 21`.
/// The answer is the 1 x 2 matrix `[11 21]`.
pub fn affine(weight: &Matrix, bias: &[f64], batch: &Matrix) -> Matrix {
    todo!("exercise 3.1")
}

/// Exercise 3.2: four activations and their slopes.
///
/// Returns `(value, derivative)` at `z` of, in this order: the sigmoid `1/(1 + e^-z)`;
/// tanh; leaky ReLU, which is `z` above zero and `0.01 z` elsewhere (at 0 take the
/// slope on the left); swish, which is `z sigmoid(z)`. All of them are finite at `z =
/// 1000` and at `z = -1000`.
///
/// At `z = 0` the sigmoid is `0.5` with slope `0.25`, tanh is `0` with slope `1`, leaky
/// ReLU is `0` with slope `0.01`, swish is `0` with slope `0.5`.
pub fn activations(z: f64) -> [(f64, f64); 4] {
    todo!("exercise 3.2")
}

/// Exercise 3.3: two affine layers are one.
///
/// The first layer computes `weight_1 . x + bias_1`, the second `weight_2 . (that) +
/// bias_2`, with nothing between them. Returns the weight and the bias of the one layer
/// that computes the same. Shapes: `weight_1` hidden x inputs, `weight_2` outputs x
/// hidden; the answer's weight is outputs x inputs.
///
/// With `weight_1 = [2]`, `bias_1 = [1]`, `weight_2 = [3]`, `bias_2 = [4]`:
/// `3 (2x + 1) + 4 = 6x + 7`, so the answer is `([6], [7])`.
pub fn collapse(
    weight_1: &Matrix,
    bias_1: &[f64],
    weight_2: &Matrix,
    bias_2: &[f64],
) -> (Matrix, Vec<f64>) {
    todo!("exercise 3.3")
}

/// Exercise 3.4: XOR with two hidden units, by hand.
///
/// Choose the weights of a network with two inputs, two hidden units with ReLU, and one
/// output without activation, so that the output is 1 when exactly one of the two
/// inputs is 1, and 0 when none or both are. Returns the weight (2 x 2) and the bias
/// (2) of the hidden layer, then the weight (1 x 2) and the bias (1) of the output.
///
/// There is nothing to compute: find numbers that work, on paper, and write them down.
/// The chapter shows one way. Can you find another, one without a bias in the hidden
/// layer? Any that works is right.
/// `Matrix::from_row_slice(2, 2, &[a, b, c, d])` has the rows `[a b]` and `[c d]`.
pub fn xor_network() -> (Matrix, Vec<f64>, Matrix, Vec<f64>) {
    todo!("exercise 3.4")
}

/// Exercise 3.5: a network through any points.
///
/// `x` holds at least two places, increasing; `y` the heights there. One hidden layer
/// of ReLU units can draw the broken line through these points without any training:
///
/// `f(t) = bias + sum over k of weight[k] * relu(t - corner[k])`
///
/// Left of the first point it is flat; from there on it goes straight from point to
/// point, and keeps the last slope beyond the last. Returns the corners, the weights
/// and the bias: one hidden unit for each stretch between two points, first to last.
///
/// `x = [0, 1, 2]`, `y = [5, 7, 6]`: it starts at 5, so the bias is `5`. The slope is 2
/// from 0 on, so weight `2` at corner `0`. At 1 the slope becomes -1, a change of -3,
/// so weight `-3` at corner `1`. The answer is `([0, 1], [2, -3], 5)`.
pub fn broken_line(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>, f64) {
    todo!("exercise 3.5")
}
