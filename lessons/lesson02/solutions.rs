//! Lesson 02: one answer to each exercise. There are others.

/// Exercise 2.1: the mean squared error and its slope.
pub fn mse_and_slope(predictions: &[f64], targets: &[f64]) -> (f64, Vec<f64>) {
    let n = predictions.len() as f64;
    let errors: Vec<f64> =
        predictions.iter().zip(targets).map(|(p, t)| p - t).collect();
    let loss = errors.iter().map(|e| e * e).sum::<f64>() / n;
    let slopes = errors.iter().map(|e| 2.0 * e / n).collect();
    (loss, slopes)
}

/// Exercise 2.2: one step of gradient descent for a line.
pub fn line_step(
    weight: f64,
    bias: f64,
    x: &[f64],
    y: &[f64],
    learning_rate: f64,
) -> (f64, f64) {
    let predictions: Vec<f64> = x.iter().map(|x| weight * x + bias).collect();
    let (_, slopes) = mse_and_slope(&predictions, y);
    let slope_weight: f64 = slopes.iter().zip(x).map(|(s, x)| s * x).sum();
    let slope_bias: f64 = slopes.iter().sum();
    (weight - learning_rate * slope_weight, bias - learning_rate * slope_bias)
}

/// Exercise 2.3: binary cross-entropy from logits.
///
/// `-ln(p)` is `ln(1 + e^-z)` and `-ln(1 - p)` is `ln(1 + e^z)`. Both are
/// `ln(1 + e^a)`, and where a is positive that is `a + ln(1 + e^-a)`: no exponent is
/// ever above 0.
pub fn cross_entropy(logits: &[f64], targets: &[f64]) -> f64 {
    let cost = |(&z, &t): (&f64, &f64)| {
        let a = if t == 1.0 { -z } else { z };
        a.max(0.0) + (-a.abs()).exp().ln_1p()
    };
    logits.iter().zip(targets).map(cost).sum::<f64>() / logits.len() as f64
}

/// Exercise 2.4: standardize, fitted on the training part only.
pub fn standardize(train: &[f64], held_out: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let n = train.len() as f64;
    let mean = train.iter().sum::<f64>() / n;
    let variance = train.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    let varies = train.iter().any(|&x| x != train[0]);
    let deviation = if varies { variance.sqrt() } else { 1.0 };
    let scale = |part: &[f64]| part.iter().map(|x| (x - mean) / deviation).collect();
    (scale(train), scale(held_out))
}

/// Exercise 2.5: one epoch in mini-batches.
pub fn epoch(
    mut weight: f64,
    mut bias: f64,
    x: &[f64],
    y: &[f64],
    order: &[usize],
    batch: usize,
    learning_rate: f64,
) -> (f64, f64) {
    for indices in order.chunks(batch) {
        let batch_x: Vec<f64> = indices.iter().map(|&i| x[i]).collect();
        let batch_y: Vec<f64> = indices.iter().map(|&i| y[i]).collect();
        (weight, bias) = line_step(weight, bias, &batch_x, &batch_y, learning_rate);
    }
    (weight, bias)
}
