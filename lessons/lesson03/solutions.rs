//! Lesson 03: one answer to each exercise. There are others.

type Matrix = gradbook::Matrix<f64>;

/// Exercise 3.1: one affine layer, for a whole batch.
pub fn affine(weight: &Matrix, bias: &[f64], batch: &Matrix) -> Matrix {
    let mut output = weight * batch;
    for mut column in output.column_iter_mut() {
        for (z, b) in column.iter_mut().zip(bias) {
            *z += b;
        }
    }
    output
}

/// Exercise 3.2: four activations and their slopes.
pub fn activations(z: f64) -> [(f64, f64); 4] {
    let s = 1.0 / (1.0 + (-z).exp());
    let t = z.tanh();
    let slope = if z > 0.0 { 1.0 } else { 0.01 };
    [
        (s, s * (1.0 - s)),
        (t, 1.0 - t * t),
        (slope * z, slope),
        (z * s, s + z * s * (1.0 - s)),
    ]
}

/// Exercise 3.3: two affine layers are one.
pub fn collapse(
    weight_1: &Matrix,
    bias_1: &[f64],
    weight_2: &Matrix,
    bias_2: &[f64],
) -> (Matrix, Vec<f64>) {
    // W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2)
    let hidden = Matrix::from_column_slice(bias_1.len(), 1, bias_1);
    let bias = affine(weight_2, bias_2, &hidden);
    (weight_2 * weight_1, bias.as_slice().to_vec())
}

/// Exercise 3.4: XOR with two hidden units, by hand.
pub fn xor_network() -> (Matrix, Vec<f64>, Matrix, Vec<f64>) {
    // the first unit counts the ones, the second fires only for both: 1 - 2 . both
    let hidden = Matrix::from_row_slice(2, 2, &[1.0, 1.0, 1.0, 1.0]);
    let output = Matrix::from_row_slice(1, 2, &[1.0, -2.0]);
    (hidden, vec![0.0, -1.0], output, vec![0.0])
}

/// Exercise 3.5: a network through any points.
pub fn broken_line(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>, f64) {
    let (mut corners, mut weights, mut slope) = (vec![], vec![], 0.0);
    for k in 0..x.len() - 1 {
        let next = (y[k + 1] - y[k]) / (x[k + 1] - x[k]);
        corners.push(x[k]);
        weights.push(next - slope);
        slope = next;
    }
    (corners, weights, y[0])
}
