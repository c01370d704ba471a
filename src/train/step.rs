//! One training step: the loop body that everything else repeats.

use crate::data::Dataset;
use crate::layer::Phase;
use crate::loss::Loss;
use crate::network::{Parameters, Sequential};
use crate::optimizer::Optimizer;
use crate::real::{Matrix, Real, ShapeError};

/// The examples of one step and the loss's slope for them. The same three buffers serve
/// every step, so that a step allocates nothing once the largest batch has been seen.
#[derive(Clone, Debug)]
pub struct Batch<T: Real = f32> {
    /// features x batch.
    pub inputs: Matrix<T>,
    /// outputs x batch.
    pub targets: Matrix<T>,
    /// dL/d(prediction), outputs x batch.
    pub grad: Matrix<T>,
}

impl<T: Real> Default for Batch<T> {
    fn default() -> Self {
        let none = || Matrix::zeros(0, 0);
        Self { inputs: none(), targets: none(), grad: none() }
    }
}

impl<T: Real> Batch<T> {
    /// Copies these examples of `data` into the buffers.
    ///
    /// # Panics
    ///
    /// When an index is not below `data.len()`.
    pub fn gather(&mut self, data: &Dataset<T>, indices: &[usize]) {
        data.gather(indices, &mut self.inputs, &mut self.targets);
    }
}

/// Forward, loss, backward: sets every parameter's gradient for this batch and returns
/// the loss.
///
/// # Errors
///
/// When network, inputs and targets do not fit together.
// ANCHOR: gradients
pub fn gradients<T: Real>(
    model: &mut Sequential<T>,
    loss: &dyn Loss<T>,
    batch: &mut Batch<T>,
) -> Result<T, ShapeError> {
    model.zero_grad();
    let prediction = model.forward(&batch.inputs, Phase::Train)?;
    let value = loss.gradient(prediction, &batch.targets, &mut batch.grad)?;
    model.backward(&batch.inputs, &batch.grad)?;
    Ok(value)
}
// ANCHOR_END: gradients

/// One whole training step on the batch: the gradients, then the update. Returns the
/// loss before the update.
///
/// # Errors
///
/// As [`gradients`].
// ANCHOR: step
pub fn step<T: Real>(
    model: &mut Sequential<T>,
    optimizer: &mut dyn Optimizer<T>,
    loss: &dyn Loss<T>,
    batch: &mut Batch<T>,
) -> Result<T, ShapeError> {
    let value = gradients(model, loss, batch)?;
    optimizer.step(model);
    Ok(value)
}
// ANCHOR_END: step
