//! An activation applied to every entry of a batch.

use crate::activation::Activation;
use crate::layer::{Layer, Phase};
use crate::real::{Matrix, Real, ShapeError, resize};

/// A = f(Z), entry by entry; no parameters.
#[derive(Clone, Copy, Debug)]
pub struct Activate(Activation);

impl Activate {
    /// The layer of this activation.
    pub fn new(activation: Activation) -> Self {
        Self(activation)
    }
}

impl<T: Real> Layer<T> for Activate {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        Ok(input_rows)
    }

    fn forward(&mut self, input: &Matrix<T>, output: &mut Matrix<T>, _: Phase) {
        resize(output, input.nrows(), input.ncols());
        self.0.apply(input.as_slice(), output.as_mut_slice());
    }

    fn backward(
        &mut self,
        input: &Matrix<T>,
        output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    ) {
        let Some(grad_input) = grad_input else { return };
        resize(grad_input, input.nrows(), input.ncols());
        let (z, a) = (input.as_slice(), output.as_slice());
        self.0.pull_back(z, a, grad_output.as_slice(), grad_input.as_mut_slice());
    }
}
