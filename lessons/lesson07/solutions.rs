//! Lesson 07: one answer to each exercise.

type Matrix = gradbook::Matrix<f64>;
type Vector = gradbook::Vector<f64>;
type Weights<'a> = (&'a Matrix, &'a Matrix, &'a [f64]);

/// Exercise 7.1.
pub fn unroll(
    (input_weight, state_weight, biases): Weights,
    inputs: &Matrix,
    start: &[f64],
) -> Matrix {
    let biases = Vector::from_column_slice(biases);
    let mut state = Vector::from_column_slice(start);
    let mut states = Matrix::zeros(start.len(), inputs.ncols());
    for t in 0..inputs.ncols() {
        let sum = input_weight * inputs.column(t) + state_weight * &state + &biases;
        state = sum.map(f64::tanh);
        states.set_column(t, &state);
    }
    states
}

/// Exercise 7.2.
pub fn clip(gradients: &[Vec<f64>], limit: f64) -> Vec<Vec<f64>> {
    let length = gradients.iter().flatten().map(|g| g * g).sum::<f64>().sqrt();
    let factor = if length > limit { limit / length } else { 1.0 };
    gradients.iter().map(|tensor| tensor.iter().map(|g| g * factor).collect()).collect()
}

/// Exercise 7.3.
pub fn bigram_bits(train: &[usize], held_out: &[usize], characters: usize) -> f64 {
    let mut counts = vec![vec![0.0; characters]; characters];
    for pair in train.windows(2) {
        counts[pair[0]][pair[1]] += 1.0;
    }
    let bits = |pair: &[usize]| {
        let after = &counts[pair[0]];
        let all: f64 = after.iter().sum();
        -((after[pair[1]] + 1.0) / (all + characters as f64)).log2()
    };
    held_out.windows(2).map(bits).sum::<f64>() / (held_out.len() - 1) as f64
}

/// Exercise 7.4.
pub fn sample(logits: &[f64], temperature: f64, u: f64) -> usize {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if temperature == 0.0 {
        return logits.iter().position(|&z| z == largest).unwrap_or(0);
    }
    let powers: Vec<f64> =
        logits.iter().map(|z| ((z - largest) / temperature).exp()).collect();
    let all: f64 = powers.iter().sum();
    let mut pile = 0.0;
    for (index, power) in powers.iter().enumerate() {
        pile += power / all;
        if u < pile {
            return index;
        }
    }
    // rounding left the pile a little below 1: the last share that is there
    powers.iter().rposition(|&power| power > 0.0).unwrap_or(0)
}

/// Exercise 7.5.
pub fn through_time(
    (input_weight, state_weight, biases): Weights,
    inputs: &Matrix,
    start: &[f64],
    states: &Matrix,
    grad_states: &Matrix,
) -> (Matrix, Matrix, Vec<f64>, Vec<f64>) {
    let mut grad_input = Matrix::zeros(input_weight.nrows(), input_weight.ncols());
    let mut grad_state = Matrix::zeros(state_weight.nrows(), state_weight.ncols());
    let mut grad_biases = Vector::zeros(biases.len());
    let mut from_later = Vector::zeros(start.len());
    for t in (0..inputs.ncols()).rev() {
        let state = states.column(t).into_owned();
        let before = match t {
            0 => Vector::from_column_slice(start),
            _ => states.column(t - 1).into_owned(),
        };
        let grad = grad_states.column(t) + &from_later;
        let sum = grad.zip_map(&state, |g, h| g * (1.0 - h * h));
        grad_input += &sum * inputs.column(t).transpose();
        grad_state += &sum * before.transpose();
        grad_biases += &sum;
        from_later = state_weight.transpose() * &sum;
    }
    (
        grad_input,
        grad_state,
        grad_biases.as_slice().into(),
        from_later.as_slice().into(),
    )
}
