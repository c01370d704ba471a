//! The vanilla recurrent layer: the state is what the layer said one step before.

use crate::kernels::{self, Operand, gates, product, product_into};
use crate::layer::Parameter;
use crate::layer::recurrent::{
    Recurrent, add_columns, block, clear_padding, debug_shapes, grad_through_inputs,
    grad_through_states, part, put_last, put_rows, start_gradients, state_before, turn,
    weights,
};
use crate::real::{Matrix, Real, Rng, ShapeError, resize};
use crate::sequence::Sequences;

/// h_t = f(W_ih x_t + W_hh h_(t-1) + b), f tanh or ReLU (Elman, 1990).
///
/// Shapes: W_ih hidden x inputs, W_hh hidden x hidden, b hidden x 1. PyTorch's two
/// biases are one here: their sum.
#[derive(Clone, Debug)]
pub struct Rnn<T: Real = f32> {
    /// W_ih, hidden x inputs.
    pub weight_ih: Parameter<T>,
    /// W_hh, hidden x hidden.
    pub weight_hh: Parameter<T>,
    /// b, hidden x 1.
    pub bias: Parameter<T>,
    relu: bool,
    /// The state before the first step.
    first: Matrix<T>,
    /// dL/d(what f is applied to), hidden x (steps * batch).
    delta: Matrix<T>,
    grad_hidden: Matrix<T>,
    /// W_hh with rows and columns exchanged.
    turned: Matrix<T>,
    live_input: Matrix<T>,
}

impl<T: Real> Rnn<T> {
    /// A layer with tanh, weights drawn as PyTorch does, uniform within one over the
    /// root of `hidden`, and biases 0.
    pub fn new(inputs: usize, hidden: usize, rng: &mut Rng) -> Self {
        let weight_ih = weights(inputs, hidden, hidden, rng);
        let weight_hh = weights(hidden, hidden, hidden, rng);
        let bias = Parameter::new(Matrix::zeros(hidden, 1));
        Self::of(weight_ih, weight_hh, bias)
    }

    /// A layer with tanh and these parameters.
    ///
    /// # Errors
    ///
    /// When their shapes do not fit together.
    pub fn from_parts(
        weight_ih: Matrix<T>,
        weight_hh: Matrix<T>,
        bias: Matrix<T>,
    ) -> Result<Self, ShapeError> {
        let hidden = weight_ih.nrows();
        Ok(Self::of(
            Parameter::new(weight_ih),
            part("Rnn", "weight_hh", weight_hh, (hidden, hidden))?,
            part("Rnn", "bias", bias, (hidden, 1))?,
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
            relu: false,
            first: none(),
            delta: none(),
            grad_hidden: none(),
            turned: none(),
            live_input: none(),
        }
    }

    /// The same with ReLU in place of tanh (Le, Jaitly and Hinton, 2015).
    pub fn relu(self) -> Self {
        Self { relu: true, ..self }
    }
}

/// z = f(z) for tanh or ReLU. A NaN stays a NaN.
fn bend<T: Real>(relu: bool, z: &mut [T]) {
    if relu {
        z.iter_mut().for_each(|z| *z = if *z <= T::zero() { T::zero() } else { *z });
    } else {
        kernels::tanh(z);
    }
}

/// dL/dz from dL/dh and h: the slope of tanh is 1 - h^2, that of ReLU 0 or 1.
fn unbend<T: Real>(relu: bool, grad: &[T], h: &[T], delta: &mut [T]) {
    for ((delta, &grad), &h) in delta.iter_mut().zip(grad).zip(h) {
        *delta = if !relu {
            grad * (T::one() - h * h)
        } else if h <= T::zero() {
            T::zero()
        } else {
            grad
        };
    }
}

impl<T: Real> Recurrent<T> for Rnn<T> {
    fn name(&self) -> &'static str {
        "Rnn"
    }

    fn inputs(&self) -> usize {
        self.weight_ih.value.ncols()
    }

    fn hidden(&self) -> usize {
        self.weight_ih.value.nrows()
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
        resize(&mut self.first, hidden, batch);
        self.first.as_mut_slice().copy_from_slice(state.as_slice());
        resize(output, hidden, sequences.columns());
        // W_ih x of all steps at once
        let weight_ih = Operand::plain(&self.weight_ih.value);
        product(weight_ih, Operand::plain(input), T::zero(), output);
        let weight_hh = Operand::plain(&self.weight_hh.value);
        let size = hidden * batch;
        for t in 0..sequences.steps() {
            let (before, now) = output.as_mut_slice().split_at_mut(t * size);
            let h = state_before(t, &self.first, before);
            let now = &mut now[..size];
            product_into(weight_hh, Operand::of(h, hidden, batch), T::one(), now);
            gates::add_bias(self.bias.value.as_slice(), now);
            bend(self.relu, now);
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
        let (steps, size) = (sequences.steps(), hidden * batch);
        let Self { delta, grad_hidden, .. } = self;
        start_gradients(grad_output, grad_state, sequences, grad_hidden);
        resize(delta, hidden, sequences.columns());
        turn(&self.weight_hh.value, &mut self.turned);
        let weight_hh = Operand::plain(&self.turned);
        for t in (0..steps).rev() {
            let (before, now) = grad_hidden.as_mut_slice().split_at_mut((t + 1) * size);
            let h = &output.as_slice()[block(t, size)];
            let delta = &mut delta.as_mut_slice()[block(t, size)];
            // dL/dh_t is complete here: its output's share and that of all later steps
            unbend(self.relu, &now[..size], h, delta);
            let (delta, earlier) =
                (Operand::of(delta, hidden, batch), &mut before[block(t, size)]);
            product_into(weight_hh, delta, T::one(), earlier);
        }
        put_rows(&grad_hidden.as_slice()[..size], 0, hidden, grad_state);
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
}
