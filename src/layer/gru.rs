//! The GRU: two gates, and no cell apart from what the layer says.

use crate::kernels::{Operand, gates, product, product_into};
use crate::layer::Parameter;
use crate::layer::recurrent::{
    Recurrent, add_columns, block, clear_padding, debug_shapes, grad_through_inputs,
    grad_through_states, part, put_last, put_rows, start_gradients, state_before, turn,
    weights,
};
use crate::real::{Matrix, Real, Rng, ShapeError, resize};
use crate::sequence::Sequences;

/// The gated recurrent unit of Cho et al. (2014), in PyTorch's form, the reset gate
/// after the product:
///
/// - r and z, the sigmoid of their thirds of W_ih x_t + W_hh h_(t-1) + b;
/// - n = tanh(W_in x_t + b_n + r (W_hn h_(t-1) + b_hn));
/// - h_t = (1 - z) n + z h_(t-1).
///
/// Shapes: W_ih 3 hidden x inputs, W_hh 3 hidden x hidden, b 3 hidden x 1, b_hn hidden
/// x 1. Of PyTorch's two biases the parts for r and z are one here: their sum.
#[derive(Clone, Debug)]
pub struct Gru<T: Real = f32> {
    /// W_ih, 3 hidden x inputs: the rows of r, z and n.
    pub weight_ih: Parameter<T>,
    /// W_hh, 3 hidden x hidden.
    pub weight_hh: Parameter<T>,
    /// b, 3 hidden x 1.
    pub bias: Parameter<T>,
    /// b_hn, hidden x 1: the bias inside the reset gate.
    pub bias_hn: Parameter<T>,
    /// h before the first step.
    first: Matrix<T>,
    /// r, z and n of every step, 3 hidden x (steps * batch).
    gates: Matrix<T>,
    /// W_hh h_(t-1) of every step, in its third part with b_hn.
    through: Matrix<T>,
    /// dL/d(W_ih x + b), 3 hidden x (steps * batch).
    delta: Matrix<T>,
    /// dL/d(W_hh h), 3 hidden x (steps * batch).
    delta_hidden: Matrix<T>,
    /// The sum of its columns.
    sums: Matrix<T>,
    grad_hidden: Matrix<T>,
    /// W_hh with rows and columns exchanged.
    turned: Matrix<T>,
    live_input: Matrix<T>,
}

impl<T: Real> Gru<T> {
    /// A layer with weights drawn as PyTorch does, uniform within one over the root of
    /// `hidden`, and biases 0.
    pub fn new(inputs: usize, hidden: usize, rng: &mut Rng) -> Self {
        let weight_ih = weights(inputs, 3 * hidden, hidden, rng);
        let weight_hh = weights(hidden, 3 * hidden, hidden, rng);
        let bias = Parameter::new(Matrix::zeros(3 * hidden, 1));
        let bias_hn = Parameter::new(Matrix::zeros(hidden, 1));
        Self::of(weight_ih, weight_hh, bias, bias_hn)
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
        bias_hn: Matrix<T>,
    ) -> Result<Self, ShapeError> {
        let hidden = weight_hh.ncols();
        let inputs = weight_ih.ncols();
        Ok(Self::of(
            part("Gru", "weight_ih", weight_ih, (3 * hidden, inputs))?,
            part("Gru", "weight_hh", weight_hh, (3 * hidden, hidden))?,
            part("Gru", "bias", bias, (3 * hidden, 1))?,
            part("Gru", "bias_hn", bias_hn, (hidden, 1))?,
        ))
    }

    fn of(
        weight_ih: Parameter<T>,
        weight_hh: Parameter<T>,
        bias: Parameter<T>,
        bias_hn: Parameter<T>,
    ) -> Self {
        let none = || Matrix::zeros(0, 0);
        Self {
            weight_ih,
            weight_hh,
            bias,
            bias_hn,
            first: none(),
            gates: none(),
            through: none(),
            delta: none(),
            delta_hidden: none(),
            sums: none(),
            grad_hidden: none(),
            turned: none(),
            live_input: none(),
        }
    }

    /// r, z and n of the last forward pass, 3 hidden x (steps * batch).
    pub fn gates(&self) -> &Matrix<T> {
        &self.gates
    }
}

impl<T: Real> Recurrent<T> for Gru<T> {
    fn name(&self) -> &'static str {
        "Gru"
    }

    fn inputs(&self) -> usize {
        self.weight_ih.value.ncols()
    }

    fn hidden(&self) -> usize {
        self.weight_hh.value.ncols()
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
        self.first.as_mut_slice().copy_from_slice(state.as_slice());
        resize(&mut self.through, 3 * hidden, columns);
        resize(output, hidden, columns);
        resize(&mut self.gates, 3 * hidden, columns);
        // W_ih x of all three parts and all steps at once
        let weight_ih = Operand::plain(&self.weight_ih.value);
        product(weight_ih, Operand::plain(input), T::zero(), &mut self.gates);
        let weight_hh = Operand::plain(&self.weight_hh.value);
        for t in 0..sequences.steps() {
            let (before, h) = output.as_mut_slice().split_at_mut(t * size);
            let before = state_before(t, &self.first, before);
            let through = &mut self.through.as_mut_slice()[block(t, 3 * size)];
            let h_before = Operand::of(before, hidden, batch);
            product_into(weight_hh, h_before, T::zero(), through);
            let gates = &mut self.gates.as_mut_slice()[block(t, 3 * size)];
            let biases = [&self.bias, &self.bias_hn].map(|bias| bias.value.as_slice());
            gates::gru_forward(biases, gates, through, before, &mut h[..size]);
        }
        clear_padding(output, sequences);
        put_last(output, sequences, state);
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
        resize(&mut self.delta, 3 * hidden, columns);
        resize(&mut self.delta_hidden, 3 * hidden, columns);
        turn(&self.weight_hh.value, &mut self.turned);
        let weight_hh = Operand::plain(&self.turned);
        for t in (0..sequences.steps()).rev() {
            let split = (t + 1) * size;
            let (earlier, dh) = self.grad_hidden.as_mut_slice().split_at_mut(split);
            let (earlier, all) = (&mut earlier[block(t, size)], block(t, 3 * size));
            let step = gates::GruStep {
                gates: &self.gates.as_slice()[all.clone()],
                through: &self.through.as_slice()[all.clone()],
                before: state_before(t, &self.first, output.as_slice()),
                grad_hidden: &dh[..size],
            };
            let delta = &mut self.delta.as_mut_slice()[all.clone()];
            let through = &mut self.delta_hidden.as_mut_slice()[all];
            let live = |n: usize| sequences.live(t, n);
            gates::gru_backward(hidden, step, live, earlier, delta, through);
            let through = Operand::of(through, 3 * hidden, batch);
            product_into(weight_hh, through, T::one(), earlier);
        }
        put_rows(&self.grad_hidden.as_slice()[..size], 0, hidden, grad_state);
        // what the steps share, in one product over all of them
        let (weight_ih, live) = (&mut self.weight_ih, &mut self.live_input);
        grad_through_inputs(&self.delta, input, sequences, live, weight_ih, grad_input);
        let grad = &mut self.weight_hh.grad;
        grad_through_states(&self.delta_hidden, &self.first, output, grad);
        add_columns(&self.delta, &mut self.bias.grad);
        resize(&mut self.sums, 3 * hidden, 1);
        self.sums.as_mut_slice().fill(T::zero());
        add_columns(&self.delta_hidden, &mut self.sums);
        let candidate = &self.sums.as_slice()[2 * hidden..];
        let grad = self.bias_hn.grad.as_mut_slice();
        grad.iter_mut().zip(candidate).for_each(|(g, &sum)| *g += sum);
    }
    // ANCHOR_END: backward

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<T>)) {
        visit("weight_ih", &mut self.weight_ih);
        visit("weight_hh", &mut self.weight_hh);
        visit("bias", &mut self.bias);
        visit("bias_hn", &mut self.bias_hn);
    }

    fn hidden_gradients(&self) -> &Matrix<T> {
        &self.grad_hidden
    }
}
