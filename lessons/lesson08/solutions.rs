//! Lesson 08: one answer to each exercise. Yours may look different and be as right.

type Matrix = gradbook::Matrix<f64>;

fn sigma(x: f64) -> f64 {
    // For x = -1000 the power is infinite, and 1 divided by it is 0: all is well.
    1.0 / (1.0 + (-x).exp())
}

/// Exercise 8.1: one step of an LSTM, for one example.
pub fn lstm_step(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let units = cell.len();
    let (mut hidden, mut new_cell) = (Vec::new(), Vec::new());
    for k in 0..units {
        let [i, f, o] = [0, 1, 3].map(|block| sigma(sums[block * units + k]));
        let g = sums[2 * units + k].tanh();
        let c = f * cell[k] + i * g;
        new_cell.push(c);
        hidden.push(o * c.tanh());
    }
    (hidden, new_cell)
}

/// Exercise 8.2: one step of a GRU, for one example.
pub fn gru_step(from_input: &[f64], from_hidden: &[f64], hidden: &[f64]) -> Vec<f64> {
    let units = hidden.len();
    let unit = |k: usize| {
        let [r, z] = [k, units + k].map(|at| sigma(from_input[at] + from_hidden[at]));
        let n = (from_input[2 * units + k] + r * from_hidden[2 * units + k]).tanh();
        (1.0 - z) * n + z * hidden[k]
    };
    (0..units).map(unit).collect()
}

/// Exercise 8.3: how long a memory lasts.
pub fn forget_bias(steps: u64, share: f64) -> f64 {
    // f^steps = share, and the bias is ln(f / (1 - f)).
    let log_f = share.ln() / steps as f64;
    // 1 - f is -(e^log_f - 1): exp_m1 keeps the digits that a subtraction would lose.
    log_f - (-log_f.exp_m1()).ln()
}

/// Exercise 8.4: the last state of sequences of unequal length.
pub fn last_states(states: &Matrix, lengths: &[usize]) -> Matrix {
    let examples = lengths.len();
    let mut last = Matrix::zeros(states.nrows(), examples);
    for (n, &length) in lengths.iter().enumerate() {
        if length > 0 {
            last.set_column(n, &states.column((length - 1) * examples + n));
        }
    }
    last
}

/// Exercise 8.5: one step of an LSTM, backward.
pub fn lstm_step_backward(
    sums: &[f64],
    cell: &[f64],
    grad_hidden: &[f64],
    grad_cell: &[f64],
) -> (Vec<f64>, Vec<f64>) {
    let units = cell.len();
    let (mut grad_sums, mut grad_before) = (vec![0.0; 4 * units], vec![0.0; units]);
    for k in 0..units {
        // Forward again, one unit.
        let [i, f, o] = [0, 1, 3].map(|block| sigma(sums[block * units + k]));
        let g = sums[2 * units + k].tanh();
        let t = (f * cell[k] + i * g).tanh();
        // Back. Two roads meet in the new cell.
        let grad_c = grad_cell[k] + grad_hidden[k] * o * (1.0 - t * t);
        grad_sums[k] = grad_c * g * i * (1.0 - i);
        grad_sums[units + k] = grad_c * cell[k] * f * (1.0 - f);
        grad_sums[2 * units + k] = grad_c * i * (1.0 - g * g);
        grad_sums[3 * units + k] = grad_hidden[k] * t * o * (1.0 - o);
        grad_before[k] = grad_c * f;
    }
    (grad_sums, grad_before)
}
