//! Layers: what a network is built of.
//!
//! A layer turns a batch (features x examples) into another batch and, on the way back,
//! turns the loss's slopes with respect to its output into slopes with respect to its
//! input and its parameters. The network owns the buffers between layers, so a training
//! step allocates nothing.
//!
//! Most layers do the same in training and in inference. [`Dropout`] and [`BatchNorm`]
//! do not: they look at the [`Phase`]. What they need beyond parameters, a generator or
//! running means, they show through [`Layer::generators`] and [`Layer::buffers`].

mod activate;
mod batch_norm;
mod conv2d;
mod dense;
mod dropout;
mod embedding;
mod gru;
pub mod image;
mod lstm;
mod pool;
pub(crate) mod recurrent;
mod residual;
mod rnn;
mod softmax;

pub use activate::Activate;
pub use batch_norm::BatchNorm;
pub use conv2d::Conv2d;
pub use dense::Dense;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use gru::Gru;
pub use image::{ImageShape, Window};
pub use lstm::Lstm;
pub use pool::{AvgPool2d, GlobalAvgPool, MaxPool2d};
pub use recurrent::Recurrent;
pub use residual::ResidualBlock;
pub use rnn::Rnn;
pub use softmax::Softmax;

use crate::real::{Matrix, Real, Rng, ShapeError};

/// Numbers that training changes, with the loss's slope for each of them.
#[derive(Clone, Debug)]
pub struct Parameter<T: Real = f32> {
    /// The numbers.
    pub value: Matrix<T>,
    /// dL/d(value), added to by each backward pass.
    pub grad: Matrix<T>,
}

impl<T: Real> Parameter<T> {
    /// A parameter with this value and gradient zero.
    pub fn new(value: Matrix<T>) -> Self {
        let grad = Matrix::zeros(value.nrows(), value.ncols());
        Self { value, grad }
    }

    /// Sets the gradient to zero. Through the slice, since nalgebra's own loop over a
    /// matrix is not vectorized and takes eight times as long.
    pub fn zero_grad(&mut self) {
        self.grad.as_mut_slice().fill(T::zero());
    }
}

/// Whether a pass is for learning. Some layers (dropout, batch norm) differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Forward during training.
    Train,
    /// Forward to answer a question.
    Infer,
}

// ANCHOR: layer
/// One step of a network, forward and backward.
pub trait Layer<T: Real = f32>: Send {
    /// The layer's name, as errors and tables show it.
    fn name(&self) -> &'static str;

    /// How many rows come out when `input_rows` go in, or why they cannot.
    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError>;

    /// Computes the output. `output` is resized here and fully overwritten.
    fn forward(&mut self, input: &Matrix<T>, output: &mut Matrix<T>, phase: Phase);

    /// Given dL/d(output), adds to the parameters' gradients and, where asked, writes
    /// dL/d(input). `input` and `output` are those of the forward pass.
    fn backward(
        &mut self,
        input: &Matrix<T>,
        output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    );

    /// Shows each parameter with its name, always in the same order.
    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<T>)) {
        let _ = visit;
    }

    /// Shows what inference needs and no gradient changes: running means. Saved as
    /// tensors with the weights, under PyTorch's names.
    fn buffers(&mut self, visit: &mut dyn FnMut(&'static str, &mut Matrix<T>)) {
        let _ = visit;
    }

    /// Shows each generator that the layer draws from, so that a checkpoint can keep
    /// its place.
    fn generators(&mut self, visit: &mut dyn FnMut(&mut Rng)) {
        let _ = visit;
    }
}
// ANCHOR_END: layer
