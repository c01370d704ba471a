//! Whose LSTM the adding problem is solved with: the library's or, with `--mine`, the
//! reader's step and way back.

use gradbook::layer::{Lstm, Recurrent};
use gradbook::{Matrix, Parameter, Sequences};

use crate::exercises;

/// Exercise 8.1: sums and cell to hidden and new cell.
pub type Step = fn(&[f64], &[f64]) -> (Vec<f64>, Vec<f64>);

/// Exercise 8.5: the same and two slopes to the slopes of sums and cell.
pub type Back = fn(&[f64], &[f64], &[f64], &[f64]) -> (Vec<f64>, Vec<f64>);

/// Functions to use in place of the library's.
#[derive(Clone, Copy, Default)]
pub struct Hands {
    /// An LSTM's step and its way back.
    pub lstm: Option<(Step, Back)>,
}

impl Hands {
    /// The library's, or the reader's.
    pub fn new(mine: bool) -> Self {
        let yours: (Step, Back) = (exercises::lstm_step, exercises::lstm_step_backward);
        Self { lstm: mine.then_some(yours) }
    }
}

/// An LSTM that calls exercise 8.1 for every step of every example, and exercise 8.5
/// for every step back. Only the products are the library's.
pub struct YourLstm {
    parts: Lstm,
    step: Step,
    back: Back,
    /// What went into each step, for each column: the sums and the cell before.
    kept: Vec<(Vec<f64>, Vec<f64>)>,
    /// h before each step, a matrix for each.
    before: Vec<Matrix>,
    grad_hidden: Matrix,
    grad_cell: Matrix,
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|&x| x.into()).collect()
}

/// Writes a list of the reader's into a column.
fn put(list: &[f64], column: &mut [f32], what: &str) {
    let (seen, expected) = (list.len(), column.len());
    assert_eq!(seen, expected, "{what}: {seen} numbers, expected {expected}");
    column.iter_mut().zip(list).for_each(|(to, &x)| *to = x as f32);
}

/// The slope of each new cell, for the microscope: from the next step and through
/// hidden.
fn whole_slopes(sums: &[f64], cell: &[f64], gh: &[f64], gc: &[f64]) -> Vec<f64> {
    let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
    let units = cell.len();
    let slope = |k: usize| {
        let [i, f, g, o] = [0, 1, 2, 3].map(|block| sums[block * units + k]);
        let new = sigma(f) * cell[k] + sigma(i) * g.tanh();
        gc[k] + gh[k] * sigma(o) * (1.0 - new.tanh().powi(2))
    };
    (0..units).map(slope).collect()
}

/// Column `n` of a matrix.
fn column(matrix: &mut Matrix, n: usize) -> &mut [f32] {
    let rows = matrix.nrows();
    &mut matrix.as_mut_slice()[n * rows..(n + 1) * rows]
}

impl YourLstm {
    /// With the weights of this layer.
    pub fn new(parts: Lstm, (step, back): (Step, Back)) -> Self {
        let none = || Matrix::zeros(0, 0);
        let (grad_hidden, grad_cell) = (none(), none());
        Self { parts, step, back, kept: vec![], before: vec![], grad_hidden, grad_cell }
    }
}

impl Recurrent for YourLstm {
    fn name(&self) -> &'static str {
        "your LSTM"
    }

    fn inputs(&self) -> usize {
        self.parts.inputs()
    }

    fn hidden(&self) -> usize {
        self.parts.hidden()
    }

    fn state_rows(&self) -> usize {
        self.parts.state_rows()
    }

    fn forward(
        &mut self,
        input: &Matrix,
        sequences: &Sequences,
        state: &mut Matrix,
        output: &mut Matrix,
    ) {
        let (hidden, batch) = (self.hidden(), sequences.batch());
        let parts = &self.parts;
        let mut h = state.rows(0, hidden).into_owned();
        let mut c = state.rows(hidden, hidden).into_owned();
        *output = Matrix::zeros(hidden, sequences.columns());
        (self.kept, self.before) = (vec![], vec![]);
        for t in 0..sequences.steps() {
            let x = input.columns(t * batch, batch);
            let mut sums = &parts.weight_ih.value * x + &parts.weight_hh.value * &h;
            self.before.push(h.clone());
            for n in 0..batch {
                let bias = parts.bias.value.as_slice();
                column(&mut sums, n).iter_mut().zip(bias).for_each(|(s, b)| *s += b);
                let (sums, cell) =
                    (wide(column(&mut sums, n)), wide(column(&mut c, n)));
                if sequences.live(t, n) {
                    let (new_h, new_c) = (self.step)(&sums, &cell);
                    put(&new_h, column(&mut h, n), "your hidden");
                    put(&new_c, column(&mut c, n), "your new cell");
                    put(&new_h, column(output, t * batch + n), "your hidden");
                }
                self.kept.push((sums, cell));
            }
        }
        state.rows_mut(0, hidden).copy_from(&h);
        state.rows_mut(hidden, hidden).copy_from(&c);
    }

    fn backward(
        &mut self,
        input: &Matrix,
        sequences: &Sequences,
        _: &Matrix,
        grad_output: &Matrix,
        grad_state: &mut Matrix,
        mut grad_input: Option<&mut Matrix>,
    ) {
        let (hidden, batch) = (self.hidden(), sequences.batch());
        let mut grad_h = grad_state.rows(0, hidden).into_owned();
        let mut grad_c = grad_state.rows(hidden, hidden).into_owned();
        let zeros = || Matrix::zeros(hidden, (sequences.steps() + 1) * batch);
        (self.grad_hidden, self.grad_cell) = (zeros(), zeros());
        if let Some(grad_input) = &mut grad_input {
            **grad_input = Matrix::zeros(input.nrows(), input.ncols());
        }
        for t in (0..sequences.steps()).rev() {
            let mut grad_sums = Matrix::zeros(4 * hidden, batch);
            for n in (0..batch).filter(|&n| sequences.live(t, n)) {
                let at = t * batch + n;
                let direct = grad_output.column(at);
                let pairs = column(&mut grad_h, n).iter_mut().zip(direct.iter());
                pairs.for_each(|(g, d)| *g += d);
                let (sums, cell) = &self.kept[at];
                let (gh, gc) =
                    (wide(column(&mut grad_h, n)), wide(column(&mut grad_c, n)));
                let both = whole_slopes(sums, cell, &gh, &gc);
                put(&gh, column(&mut self.grad_hidden, at + batch), "hidden");
                put(&both, column(&mut self.grad_cell, at + batch), "cell");
                let (sums, before) = (self.back)(sums, cell, &gh, &gc);
                put(&sums, column(&mut grad_sums, n), "your slopes of the sums");
                put(&before, column(&mut grad_c, n), "your slopes of the cell");
            }
            let x = input.columns(t * batch, batch);
            let parts = &mut self.parts;
            parts.weight_ih.grad += &grad_sums * x.transpose();
            parts.weight_hh.grad += &grad_sums * self.before[t].transpose();
            parts.bias.grad += grad_sums.column_sum();
            let back = parts.weight_hh.value.transpose() * &grad_sums;
            for n in (0..batch).filter(|&n| sequences.live(t, n)) {
                grad_h.set_column(n, &back.column(n));
            }
            if let Some(grad_input) = &mut grad_input {
                let back = parts.weight_ih.value.transpose() * &grad_sums;
                grad_input.columns_mut(t * batch, batch).copy_from(&back);
            }
        }
        grad_state.rows_mut(0, hidden).copy_from(&grad_h);
        grad_state.rows_mut(hidden, hidden).copy_from(&grad_c);
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter)) {
        self.parts.parameters(visit);
    }

    fn hidden_gradients(&self) -> &Matrix {
        &self.grad_hidden
    }

    fn memory_gradients(&self) -> &Matrix {
        &self.grad_cell
    }
}
