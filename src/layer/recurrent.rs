//! What recurrent layers have in common.

use std::ops::Range;

use crate::init::Init;
use crate::kernels::{Operand, product};
use crate::layer::Parameter;
use crate::real::{Matrix, Real, Rng, ShapeError, resize};
use crate::sequence::Sequences;

// ANCHOR: recurrent
/// A layer that reads a batch of sequences step by step and remembers.
///
/// A step makes of its input x_t and the state before it the state after it. What
/// others see of the state, the output, is its first `hidden` rows, h_t.
pub trait Recurrent<T: Real = f32>: Send {
    /// The layer's name, as errors and tables show it.
    fn name(&self) -> &'static str;

    /// Rows of the input.
    fn inputs(&self) -> usize;

    /// Rows of the output.
    fn hidden(&self) -> usize;

    /// Rows of the state: those of the output, and what is remembered besides.
    fn state_rows(&self) -> usize {
        self.hidden()
    }

    /// Reads inputs x (steps * batch) and writes hidden x (steps * batch). `state`,
    /// state rows x batch, comes in as the state before the first step and goes out as
    /// the state after each example's last one.
    fn forward(
        &mut self,
        input: &Matrix<T>,
        sequences: &Sequences,
        state: &mut Matrix<T>,
        output: &mut Matrix<T>,
    );

    /// Backpropagation through time. Given dL/d(output), adds to the parameters'
    /// gradients and, where asked, writes dL/d(input). `grad_state` comes in as
    /// dL/d(final state) and goes out as dL/d(initial state). `input`, `sequences` and
    /// `output` are those of the last forward pass.
    fn backward(
        &mut self,
        input: &Matrix<T>,
        sequences: &Sequences,
        output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_state: &mut Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    );

    /// Shows each parameter with its name, always in the same order.
    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<T>));

    /// dL/dh of the last backward pass, the whole of it: through the outputs and
    /// through all later steps. Hidden x ((steps + 1) * batch): first the initial
    /// state's block, then one for each step; 0 past an example's end.
    fn hidden_gradients(&self) -> &Matrix<T>;

    /// The same for what carries the memory from step to step: the hidden state, or in
    /// an LSTM its cell.
    fn memory_gradients(&self) -> &Matrix<T> {
        self.hidden_gradients()
    }
}
// ANCHOR_END: recurrent

/// The length of each step's block of a matrix of gradients, hidden x ((steps + 1) *
/// batch), without the initial state's block.
pub(crate) fn norms_by_step<T: Real>(gradients: &Matrix<T>, batch: usize) -> Vec<f64> {
    let size = gradients.nrows() * batch;
    let norm =
        |block: &[T]| block.iter().map(|g| g.to_f64() * g.to_f64()).sum::<f64>().sqrt();
    gradients.as_slice().chunks_exact(size.max(1)).skip(1).map(norm).collect()
}

/// Where block `index` of `size` numbers lies.
pub(super) fn block(index: usize, size: usize) -> Range<usize> {
    index * size..(index + 1) * size
}

/// PyTorch's: weights uniform within one over the root of the hidden size.
pub(super) fn weights<T: Real>(
    inputs: usize,
    rows: usize,
    hidden: usize,
    rng: &mut Rng,
) -> Parameter<T> {
    let limit = 1.0 / (hidden.max(1) as f64).sqrt();
    Parameter::new(Init::Uniform(limit).weights(inputs, rows, rng))
}

/// A parameter of this shape, or the error that names it.
pub(super) fn part<T: Real>(
    layer: &str,
    name: &str,
    value: Matrix<T>,
    shape: (usize, usize),
) -> Result<Parameter<T>, ShapeError> {
    if value.shape() == shape {
        return Ok(Parameter::new(value));
    }
    let found = crate::real::shape_of(&value);
    let expected = format!("{} x {}", shape.0, shape.1);
    Err(ShapeError::new(format!("{layer}: {name}"), found, expected))
}

/// A weight with rows and columns exchanged. The steps of a backward pass all need it:
/// once copied, it enters their products as it stands.
pub(super) fn turn<T: Real>(weight: &Matrix<T>, turned: &mut Matrix<T>) {
    resize(turned, weight.ncols(), weight.nrows());
    weight.transpose_to(turned);
}

/// Adds the sum of the columns to the bias's gradient.
pub(super) fn add_columns<T: Real>(delta: &Matrix<T>, grad: &mut Matrix<T>) {
    let size = grad.len().max(1);
    for column in delta.as_slice().chunks_exact(size) {
        grad.as_mut_slice().iter_mut().zip(column).for_each(|(g, &d)| *g += d);
    }
}

/// What a state's rows from `from` on hold, `rows` of them, as a matrix of its own.
pub(super) fn take_rows<T: Real>(
    state: &Matrix<T>,
    from: usize,
    rows: usize,
    into: &mut [T],
) {
    let columns = state.as_slice().chunks_exact(state.nrows().max(1));
    for (to, column) in into.chunks_exact_mut(rows.max(1)).zip(columns) {
        to.copy_from_slice(&column[from..from + rows]);
    }
}

/// The reverse of [`take_rows`].
pub(super) fn put_rows<T: Real>(
    numbers: &[T],
    from: usize,
    rows: usize,
    state: &mut Matrix<T>,
) {
    let height = state.nrows().max(1);
    let columns = state.as_mut_slice().chunks_exact_mut(height);
    for (given, column) in numbers.chunks_exact(rows.max(1)).zip(columns) {
        column[from..from + rows].copy_from_slice(given);
    }
}

/// Copies h after each example's last step from the output into the state.
pub(super) fn put_last<T: Real>(
    output: &Matrix<T>,
    sequences: &Sequences,
    state: &mut Matrix<T>,
) {
    let (hidden, height) = (output.nrows(), state.nrows());
    for (n, column) in sequences.last_columns().enumerate() {
        let Some(column) = column else { continue };
        let h = &output.as_slice()[block(column, hidden)];
        state.as_mut_slice()[n * height..n * height + hidden].copy_from_slice(h);
    }
}

/// Sets the columns past the examples' ends to zero, in a matrix of whole steps.
pub(super) fn clear_padding<T: Real>(matrix: &mut Matrix<T>, sequences: &Sequences) {
    if !sequences.all_live() {
        let rows = matrix.nrows();
        clear_columns(matrix.as_mut_slice(), rows, sequences);
    }
}

fn clear_columns<T: Real>(numbers: &mut [T], rows: usize, sequences: &Sequences) {
    for t in 0..sequences.steps() {
        for n in (0..sequences.batch()).filter(|&n| !sequences.live(t, n)) {
            numbers[block(sequences.column(t, n), rows)].fill(T::zero());
        }
    }
}

/// Starts dL/dh, a block for the initial state and one for each step: dL/d(output), and
/// dL/d(final state) where an example ends. It is complete when the steps after it have
/// added theirs.
pub(super) fn start_gradients<T: Real>(
    grad_output: &Matrix<T>,
    grad_state: &Matrix<T>,
    sequences: &Sequences,
    into: &mut Matrix<T>,
) {
    let (hidden, batch) = (grad_output.nrows(), sequences.batch());
    resize(into, hidden, sequences.columns() + batch);
    let (first, steps) = into.as_mut_slice().split_at_mut(batch * hidden);
    first.fill(T::zero());
    steps.copy_from_slice(grad_output.as_slice());
    if !sequences.all_live() {
        clear_columns(steps, hidden, sequences);
    }
    add_final_state(grad_state, 0, sequences, into);
}

/// Adds the rows from `from` on of dL/d(final state) to the block after each example's
/// last step.
pub(super) fn add_final_state<T: Real>(
    grad_state: &Matrix<T>,
    from: usize,
    sequences: &Sequences,
    into: &mut Matrix<T>,
) {
    let (hidden, height) = (into.nrows(), grad_state.nrows());
    for (n, &length) in sequences.lengths().iter().enumerate() {
        let end = block(sequences.column(length, n), hidden);
        let start = n * height + from;
        let given = &grad_state.as_slice()[start..start + hidden];
        let end = &mut into.as_mut_slice()[end];
        end.iter_mut().zip(given).for_each(|(g, &s)| *g += s);
    }
}

/// The state before step t: the initial one, or what was put out one step earlier.
pub(super) fn state_before<'a, T: Real>(
    t: usize,
    first: &'a Matrix<T>,
    output: &'a [T],
) -> &'a [T] {
    match t.checked_sub(1) {
        None => first.as_slice(),
        Some(earlier) => &output[block(earlier, first.len())],
    }
}

/// What the steps share at the input, in one product over all of them: adds delta x' to
/// dL/dW_ih and, where asked, writes dL/dx = W_ih' delta.
pub(super) fn grad_through_inputs<T: Real>(
    delta: &Matrix<T>,
    input: &Matrix<T>,
    sequences: &Sequences,
    live_input: &mut Matrix<T>,
    weight_ih: &mut Parameter<T>,
    grad_input: Option<&mut Matrix<T>>,
) {
    let input = without_padding(input, sequences, live_input);
    let delta = Operand::plain(delta);
    product(delta, Operand::transposed(input), T::one(), &mut weight_ih.grad);
    if let Some(grad_input) = grad_input {
        resize(grad_input, input.nrows(), input.ncols());
        let weight_ih = Operand::transposed(&weight_ih.value);
        product(weight_ih, delta, T::zero(), grad_input);
    }
}

/// dL/dW_hh: delta of each step times the state before it, as one product of all steps
/// but the first, and one of the first with the initial state.
pub(super) fn grad_through_states<T: Real>(
    delta: &Matrix<T>,
    first: &Matrix<T>,
    output: &Matrix<T>,
    grad: &mut Matrix<T>,
) {
    let (rows, hidden, batch) = (delta.nrows(), first.nrows(), first.ncols());
    let Some(later) = delta.ncols().checked_sub(batch) else { return };
    let (now, after) = delta.as_slice().split_at(rows * batch);
    let now = Operand::of(now, rows, batch);
    product(now, Operand::transposed(first), T::one(), grad);
    let before = Operand::of(&output.as_slice()[..hidden * later], hidden, later);
    let after = Operand::of(after, rows, later);
    product(after, before.turned(), T::one(), grad);
}

/// The input with zeros past the examples' ends, where anything may stand: zero times
/// NaN is not zero in the product of all steps. The input itself when nothing is past.
fn without_padding<'a, T: Real>(
    input: &'a Matrix<T>,
    sequences: &Sequences,
    copy: &'a mut Matrix<T>,
) -> &'a Matrix<T> {
    if sequences.all_live() {
        return input;
    }
    resize(copy, input.nrows(), input.ncols());
    copy.as_mut_slice().copy_from_slice(input.as_slice());
    clear_padding(copy, sequences);
    copy
}

/// Shapes of a forward pass, in debug builds; networks check theirs when called.
pub(super) fn debug_shapes<T: Real>(
    layer: &dyn Recurrent<T>,
    input: &Matrix<T>,
    sequences: &Sequences,
    state: &Matrix<T>,
) {
    debug_assert_eq!(input.shape(), (layer.inputs(), sequences.columns()), "input");
    debug_assert_eq!(state.shape(), (layer.state_rows(), sequences.batch()), "state");
}
