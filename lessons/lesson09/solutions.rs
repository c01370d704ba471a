//! Lesson 09: one answer to each exercise. Yours may look different and be as right.

/// A matrix of 64-bit numbers. For a batch: a row for each feature, a column for each
/// example.
pub type Matrix64 = gradbook::Matrix<f64>;

/// Exercise 9.1: what large weights cost.
pub fn penalty(
    parameters: &[f64],
    is_weight: &[bool],
    l1: f64,
    l2: f64,
) -> (f64, Vec<f64>) {
    let mut cost = 0.0;
    let mut slopes = vec![0.0; parameters.len()];
    for (i, &w) in parameters.iter().enumerate() {
        if is_weight[i] {
            cost += l1 * w.abs() + l2 / 2.0 * w * w;
            // `signum` of 0.0 is 1.0 in Rust, so 0 needs a case of its own.
            let sign = if w == 0.0 { 0.0 } else { w.signum() };
            slopes[i] = l1 * sign + l2 * w;
        }
    }
    (cost, slopes)
}

/// Exercise 9.2: dropout.
pub fn dropout(values: &[f64], draws: &[f64], rate: f64, training: bool) -> Vec<f64> {
    if !training {
        return values.to_vec();
    }
    let one = |(&value, &draw): (&f64, &f64)| {
        if draw < rate { 0.0 } else { value / (1.0 - rate) }
    };
    values.iter().zip(draws).map(one).collect()
}

/// Exercise 9.3: stratified folds.
pub fn stratified_folds(
    labels: &[usize],
    folds: usize,
) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut row: Vec<usize> = (0..labels.len()).collect();
    // This sort leaves examples of one class in the order they came.
    row.sort_by_key(|&example| labels[example]);
    let mut fold_of = vec![0; labels.len()];
    for (place, &example) in row.iter().enumerate() {
        fold_of[example] = place % folds;
    }
    let split = |fold| (0..labels.len()).partition(|&example| fold_of[example] != fold);
    (0..folds).map(split).collect()
}

/// Exercise 9.4: batch norm, forward.
pub fn batch_norm(
    batch: &Matrix64,
    scale: &[f64],
    shift: &[f64],
    running_mean: &mut [f64],
    running_variance: &mut [f64],
    training: bool,
) -> Matrix64 {
    let count = batch.ncols() as f64;
    let mut output = batch.clone();
    for feature in 0..batch.nrows() {
        let (mut mean, mut variance) =
            (running_mean[feature], running_variance[feature]);
        if training {
            let row = batch.row(feature);
            mean = row.iter().sum::<f64>() / count;
            let squares: f64 = row.iter().map(|x| (x - mean) * (x - mean)).sum();
            variance = squares / count;
            running_mean[feature] = 0.9 * running_mean[feature] + 0.1 * mean;
            running_variance[feature] =
                0.9 * running_variance[feature] + 0.1 * squares / (count - 1.0);
        }
        let width = (variance + 0.00001).sqrt();
        for x in output.row_mut(feature).iter_mut() {
            *x = scale[feature] * (*x - mean) / width + shift[feature];
        }
    }
    output
}

/// Exercise 9.5: when to stop, and what to keep.
pub fn early_stopping(losses: &[f64], patience: usize) -> (usize, usize) {
    let (mut best, mut keep) = (f64::NAN, 0);
    for (index, &loss) in losses.iter().enumerate() {
        let epoch = index + 1;
        // No comparison with NaN is true, neither with a loss nor with no best at all.
        if loss < best || (keep == 0 && !loss.is_nan()) {
            (best, keep) = (loss, epoch);
        } else if epoch - keep >= patience {
            return (epoch, keep);
        }
    }
    (losses.len(), keep)
}
