//! The LSTM: a recurrent layer whose memory is written, kept and read through gates.

use crate::kernels::{Operand, gates, product, product_into};
use crate::layer::Parameter;
use crate::layer::recurrent::{
    Recurrent, add_columns, add_final_state, block, clear_padding, debug_shapes,
    grad_through_inputs, grad_through_states, part, put_last, put_rows,
    start_gradients, state_before, take_rows, turn, weights,
};
use crate::real::{Matrix, Real, Rng, ShapeError, resize};
use crate::sequence::Sequences;

/// The long short-term memory of Hochreiter and Schmidhuber (1997) with the forget gate
/// of Gers, Schmidhuber and Cummins (2000), in PyTorch's order of the gates:
///
/// - i, f, g, o are the four quarters of W_ih x_t + W_hh h_(t-1) + b, the first two and
///   the last through the sigmoid, g through tanh;
/// - c_t = f c_(t-1) + i g, the cell, entry by entry;
/// - h_t = o tanh(c_t), the output.
///
/// Shapes: W_ih 4 hidden x inputs, W_hh 4 hidden x hidden, b 4 hidden x 1. PyTorch's
/// two biases are one here: their sum. The state is h above c, 2 hidden x batch.
#[derive(Clone, Debug)]
pub struct Lstm<T: Real = f32> {
    /// W_ih, 4 hidden x inputs: the rows of i, f, g and o.
    pub weight_ih: Parameter<T>,
    /// W_hh, 4 hidden x hidden.
    pub weight_hh: Parameter<T>,
    /// b, 4 hidden x 1.
    pub bias: Parameter<T>,
    /// h before the first step.
    first: Matrix<T>,
    /// i, f, g and o of every step, 4 hidden x (steps * batch).
    gates: Matrix<T>,
    /// c before the first step, then after each one, hidden x ((steps + 1) * batch).
    cells: Matrix<T>,
    /// tanh(c) of every step.
    bent: Matrix<T>,
    /// dL/d(what the gates are made of), 4 hidden x (steps * batch).
    delta: Matrix<T>,
    grad_hidden: Matrix<T>,
    grad_cells: Matrix<T>,
    /// W_hh with rows and columns exchanged.
    turned: Matrix<T>,
    live_input: Matrix<T>,
}

impl<T: Real> Lstm<T> {
    /// A layer with weights drawn as PyTorch does, uniform within one over the root of
    /// `hidden`, and biases 0.
    pub fn new(inputs: usize, hidden: usize, rng: &mut Rng) -> Self {
        let weight_ih = weights(inputs, 4 * hidden, hidden, rng);
        let weight_hh = weights(hidden, 4 * hidden, hidden, rng);
        let bias = Parameter::new(Matrix::zeros(4 * hidden, 1));
        Self::of(weight_ih, weight_hh, bias)
    }

    /// A layer with these parameters.
    ///
    /// # Errors
    ///
    /// When their shapes do not fit together.
    pub fn from_parts(
        weight_ih: Matrix<T>,
        weight_hh: Matrix<T>,
        bias: Matrix<T>,
    ) -> Result<Self, ShapeError> {
        let hidden = weight_hh.ncols();
        let inputs = weight_ih.ncols();
        Ok(Self::of(
            part("Lstm", "weight_ih", weight_ih, (4 * hidden, inputs))?,
            part("Lstm", "weight_hh", weight_hh, (4 * hidden, hidden))?,
            part("Lstm", "bias", bias, (4 * hidden, 1))?,
        ))
    }

    fn of(
        weight_ih: Parameter<T>,
        weight_hh: Parameter<T>,
        bias: Parameter<T>,
    ) -> Self {
        let none = || Matrix::zeros(0, 0);
        Self {
            weight_ih,
            weight_hh,
            bias,
            first: none(),
            gates: none(),
            cells: none(),
            bent: none(),
            delta: none(),
            grad_hidden: none(),
            grad_cells: none(),
            turned: none(),
            live_input: none(),
        }
    }

    /// The same with this bias in the forget gate. With 1 the gate is open at first, so
    /// that the cell keeps what it holds (Jozefowicz, Zaremba and Sutskever, 2015).
    pub fn with_forget_bias(mut self, bias: T) -> Self {
        let hidden = self.hidden();
        self.bias.value.as_mut_slice()[hidden..2 * hidden].fill(bias);
        self
    }

    /// i, f, g and o of the last forward pass, 4 hidden x (steps * batch).
    pub fn gates(&self) -> &Matrix<T> {
        &self.gates
    }

    /// The cell of the last forward pass, hidden x ((steps + 1) * batch): before the
    /// first step, then after each one.
    pub fn cells(&self) -> &Matrix<T> {
        &self.cells
    }
}

impl<T: Real> Recurrent<T> for Lstm<T> {
    fn name(&self) -> &'static str {
        "Lstm"
    }

    fn inputs(&self) -> usize {
        self.weight_ih.value.ncols()
    }

    fn hidden(&self) -> usize {
        self.weight_hh.value.ncols()
    }

    fn state_rows(&self) -> usize {
        2 * self.hidden()
    }

    // ANCHOR: forward
    fn forward(
        &mut self,
        input: &Matrix<T>,
        sequences: &Sequences,
        state: &mut Matrix<T>,
        output: &mut Matrix<T>,
    ) {
        debug_shapes(self, input, sequences, state);
        let (hidden, batch) = (self.hidden(), sequences.batch());
        let (columns, size) = (sequences.columns(), hidden * batch);
        resize(&mut self.first, hidden, batch);
        resize(&mut self.cells, hidden, columns + batch);
        resize(&mut self.bent, hidden, columns);
        resize(output, hidden, columns);
        take_rows(state, 0, hidden, self.first.as_mut_slice());
        take_rows(state, hidden, hidden, &mut self.cells.as_mut_slice()[..size]);
        resize(&mut self.gates, 4 * hidden, columns);
        // W_ih x of all four gates and all steps at once
        let weight_ih = Operand::plain(&self.weight_ih.value);
        product(weight_ih, Operand::plain(input), T::zero(), &mut self.gates);
        let weight_hh = Operand::plain(&self.weight_hh.value);
        for t in 0..sequences.steps() {
            let (before, h) = output.as_mut_slice().split_at_mut(t * size);
            let (cells, c) = self.cells.as_mut_slice().split_at_mut((t + 1) * size);
            let h_before = state_before(t, &self.first, before);
            let gates = &mut self.gates.as_mut_slice()[block(t, 4 * size)];
            let h_before = Operand::of(h_before, hidden, batch);
            product_into(weight_hh, h_before, T::one(), gates);
            let bent = &mut self.bent.as_mut_slice()[block(t, size)];
            let (c_before, bias) = (&cells[block(t, size)], self.bias.value.as_slice());
            let (c, h) = (&mut c[..size], &mut h[..size]);
            gates::lstm_forward(bias, gates, c_before, c, bent, h);
            keep_past_end(t, sequences, hidden, c_before, c);
        }
        clear_padding(output, sequences);
        put_last(output, sequences, state);
        let last = &self.cells.as_slice()[block(sequences.steps(), size)];
        put_rows(last, hidden, hidden, state);
    }
    // ANCHOR_END: forward

    // ANCHOR: backward
    fn backward(
        &mut self,
        input: &Matrix<T>,
        sequences: &Sequences,
        output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_state: &mut Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    ) {
        let (hidden, batch) = (self.hidden(), sequences.batch());
        let (columns, size) = (sequences.columns(), hidden * batch);
        start_gradients(grad_output, grad_state, sequences, &mut self.grad_hidden);
        resize(&mut self.grad_cells, hidden, columns + batch);
        self.grad_cells.as_mut_slice().fill(T::zero());
        add_final_state(grad_state, hidden, sequences, &mut self.grad_cells);
        resize(&mut self.delta, 4 * hidden, columns);
        turn(&self.weight_hh.value, &mut self.turned);
        let weight_hh = Operand::plain(&self.turned);
        for t in (0..sequences.steps()).rev() {
            let split = (t + 1) * size;
            let (h_before, dh) = self.grad_hidden.as_mut_slice().split_at_mut(split);
            let (c_before, dc) = self.grad_cells.as_mut_slice().split_at_mut(split);
            let delta = &mut self.delta.as_mut_slice()[block(t, 4 * size)];
            let step = gates::LstmStep {
                gates: &self.gates.as_slice()[block(t, 4 * size)],
                cell_before: &self.cells.as_slice()[block(t, size)],
                bent: &self.bent.as_slice()[block(t, size)],
                grad_hidden: &dh[..size],
            };
            let live = |n: usize| sequences.live(t, n);
            let (dc, earlier) = (&mut dc[..size], &mut c_before[block(t, size)]);
            gates::lstm_backward(hidden, step, live, dc, earlier, delta);
            let delta = Operand::of(delta, 4 * hidden, batch);
            product_into(weight_hh, delta, T::one(), &mut h_before[block(t, size)]);
        }
        put_rows(&self.grad_hidden.as_slice()[..size], 0, hidden, grad_state);
        put_rows(&self.grad_cells.as_slice()[..size], hidden, hidden, grad_state);
        // what the steps share, in one product over all of them
        let (weight_ih, live) = (&mut self.weight_ih, &mut self.live_input);
        grad_through_inputs(&self.delta, input, sequences, live, weight_ih, grad_input);
        let grad = &mut self.weight_hh.grad;
        grad_through_states(&self.delta, &self.first, output, grad);
        add_columns(&self.delta, &mut self.bias.grad);
    }
    // ANCHOR_END: backward

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<T>)) {
        visit("weight_ih", &mut self.weight_ih);
        visit("weight_hh", &mut self.weight_hh);
        visit("bias", &mut self.bias);
    }

    fn hidden_gradients(&self) -> &Matrix<T> {
        &self.grad_hidden
    }

    fn memory_gradients(&self) -> &Matrix<T> {
        &self.grad_cells
    }
}

/// The cell of an example that has ended stays as it was.
fn keep_past_end<T: Real>(
    t: usize,
    sequences: &Sequences,
    hidden: usize,
    before: &[T],
    now: &mut [T],
) {
    if sequences.all_live() {
        return;
    }
    for n in (0..sequences.batch()).filter(|&n| !sequences.live(t, n)) {
        now[block(n, hidden)].copy_from_slice(&before[block(n, hidden)]);
    }
}
