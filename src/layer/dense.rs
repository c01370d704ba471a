//! The affine layer: every output is a weighted sum of every input, plus a bias.

use crate::init::Init;
use crate::kernels::{Operand, product};
use crate::layer::{Layer, Parameter, Phase};
use crate::real::{Matrix, Real, Rng, ShapeError, resize};

/// Z = W X + b, the bias added to each column.
///
/// Shapes: W outputs x inputs, b outputs x 1, X inputs x batch, Z outputs x batch.
#[derive(Clone, Debug)]
pub struct Dense<T: Real = f32> {
    /// W, outputs x inputs.
    pub weight: Parameter<T>,
    /// b, outputs x 1.
    pub bias: Parameter<T>,
}

impl<T: Real> Dense<T> {
    /// A layer with weights drawn by `init` and biases 0.
    pub fn new(inputs: usize, outputs: usize, init: Init, rng: &mut Rng) -> Self {
        let weight = Parameter::new(init.weights(inputs, outputs, rng));
        let bias = Parameter::new(Matrix::zeros(outputs, 1));
        Self { weight, bias }
    }

    /// A layer with these weights (outputs x inputs) and biases (outputs x 1).
    ///
    /// # Errors
    ///
    /// When the two disagree about the number of outputs.
    pub fn from_parts(weight: Matrix<T>, bias: Matrix<T>) -> Result<Self, ShapeError> {
        if bias.shape() != (weight.nrows(), 1) {
            let expected = format!("{} x 1", weight.nrows());
            let found = crate::real::shape_of(&bias);
            return Err(ShapeError::new("Dense: bias", found, expected));
        }
        Ok(Self { weight: Parameter::new(weight), bias: Parameter::new(bias) })
    }
}

impl<T: Real> Layer<T> for Dense<T> {
    fn name(&self) -> &'static str {
        "Dense"
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        let inputs = self.weight.value.ncols();
        if input_rows != inputs {
            return Err(ShapeError::new(
                "Dense: rows of the input",
                input_rows,
                inputs,
            ));
        }
        Ok(self.weight.value.nrows())
    }

    // ANCHOR: forward
    fn forward(&mut self, input: &Matrix<T>, output: &mut Matrix<T>, _: Phase) {
        let (weight, bias) = (&self.weight.value, &self.bias.value);
        resize(output, weight.nrows(), input.ncols());
        for mut column in output.column_iter_mut() {
            column.copy_from(bias);
        }
        // (out x in) . (in x batch), added to the biases already there
        product(Operand::plain(weight), Operand::plain(input), T::one(), output);
    }
    // ANCHOR_END: forward

    // ANCHOR: backward
    fn backward(
        &mut self,
        input: &Matrix<T>,
        _output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    ) {
        let delta = Operand::plain(grad_output);
        // dL/dW += delta . X': (out x batch) . (batch x in)
        product(delta, Operand::transposed(input), T::one(), &mut self.weight.grad);
        // dL/db += the sum of delta's columns
        for column in grad_output.column_iter() {
            self.bias.grad += column;
        }
        // dL/dX = W' . delta: (in x out) . (out x batch)
        if let Some(grad_input) = grad_input {
            resize(grad_input, input.nrows(), input.ncols());
            let weight = Operand::transposed(&self.weight.value);
            product(weight, delta, T::zero(), grad_input);
        }
    }
    // ANCHOR_END: backward

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<T>)) {
        visit("weight", &mut self.weight);
        visit("bias", &mut self.bias);
    }
}
