//! Lesson 04: one answer to each exercise. There are others.

type Matrix = gradbook::Matrix<f64>;

/// Exercise 4.1: a value that goes two ways.
pub fn graph(a: f64, b: f64, c: f64) -> (f64, [f64; 3]) {
    let u = a * b;
    let v = u + c;
    let loss = u * v;

    let grad_v = u;
    let grad_u = v + grad_v; // straight to the loss, and by way of v
    (loss, [grad_u * b, grad_u * a, grad_v])
}

/// Exercise 4.2: backward through an affine layer, for a whole batch.
pub fn dense_backward(
    weight: &Matrix,
    input: &Matrix,
    grad_output: &Matrix,
) -> (Matrix, Vec<f64>, Matrix) {
    let grad_weight = grad_output * input.transpose();
    let grad_bias = grad_output.row_iter().map(|row| row.sum()).collect();
    let grad_input = weight.transpose() * grad_output;
    (grad_weight, grad_bias, grad_input)
}

/// Exercise 4.3: softmax and cross-entropy, forward and backward in one.
pub fn softmax_cross_entropy(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
    let examples = logits.ncols() as f64;
    let mut loss = 0.0;
    let mut grad = logits.clone();
    for n in 0..logits.ncols() {
        let largest = logits.column(n).max();
        let shifted = logits.column(n).add_scalar(-largest);
        let sum = shifted.map(f64::exp).sum();
        loss += sum.ln() - shifted.dot(&targets.column(n));
        let probabilities = shifted.map(f64::exp) / sum;
        grad.set_column(n, &((probabilities - targets.column(n)) / examples));
    }
    (loss / examples, grad)
}

/// Exercise 4.4: two layers, every step of the way back.
pub fn two_layers(
    (weight_1, bias_1): (&Matrix, &[f64]),
    (weight_2, bias_2): (&Matrix, &[f64]),
    input: &Matrix,
    targets: &Matrix,
) -> [Matrix; 8] {
    let affine = |weight: &Matrix, bias: &[f64], input: &Matrix| {
        let mut output = weight * input;
        output.column_iter_mut().for_each(|mut z| {
            z.iter_mut().zip(bias).for_each(|(z, b)| *z += b);
        });
        output
    };
    let hidden = affine(weight_1, bias_1, input).map(f64::tanh);
    let logits = affine(weight_2, bias_2, &hidden);

    let column = |bias: Vec<f64>| Matrix::from_vec(bias.len(), 1, bias);
    let (_, grad_logits) = softmax_cross_entropy(&logits, targets);
    let (grad_weight_2, grad_bias_2, grad_hidden) =
        dense_backward(weight_2, &hidden, &grad_logits);
    let grad_sums = grad_hidden.component_mul(&hidden.map(|a| 1.0 - a * a));
    let (grad_weight_1, grad_bias_1, grad_input) =
        dense_backward(weight_1, input, &grad_sums);
    [
        grad_logits,
        grad_weight_2,
        column(grad_bias_2),
        grad_hidden,
        grad_sums,
        grad_weight_1,
        column(grad_bias_1),
        grad_input,
    ]
}

/// Exercise 4.5: three suspects.
///
/// Suspect 1: every gradient is too large by the size of the batch, the very last one
/// on the way forward too. What makes all of them wrong is the first line of the way
/// back.
///
/// Suspects 2 and 3: layer 2 is right, all of layer 1 and the input are wrong, so the
/// fault is between them, in line 4 or 5. With small weights in layer 1 suspect 2
/// becomes right: its fault has to do with the bend of tanh, so it is line 5. Suspect 3
/// stays wrong, so its fault is line 4.
pub fn broken_lines() -> [usize; 3] {
    [1, 5, 4]
}
