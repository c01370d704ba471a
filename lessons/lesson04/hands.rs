//! Whose backward passes the lesson runs on: the library's, the reader's (`--mine`), or
//! broken ones.

use gradbook::activation::Activation;
use gradbook::init::Init;
use gradbook::layer::{Activate, Dense};
use gradbook::loss::{Loss, SoftmaxCrossEntropy};
use gradbook::{Layer, Parameter, Phase, Rng, Sequential, ShapeError};
use lessons::Result;

use crate::exercises;

/// A matrix of `f64`, as in the exercises.
pub type Matrix = gradbook::Matrix<f64>;

/// Exercise 4.2: weight, input and dL/d(output) to the slopes of weight, bias, input.
pub type DenseBackward = fn(&Matrix, &Matrix, &Matrix) -> (Matrix, Vec<f64>, Matrix);

/// Exercise 4.3: logits and targets to the loss and its slopes.
pub type CrossEntropy = fn(&Matrix, &Matrix) -> (f64, Matrix);

/// What tanh put out and dL/d(output) to dL/d(input).
pub type TanhBackward = fn(&Matrix, &Matrix) -> Matrix;

/// Backward passes to use in place of the library's.
#[derive(Clone, Copy, Default)]
pub struct Hands {
    pub dense: Option<DenseBackward>,
    pub tanh: Option<TanhBackward>,
    pub cross_entropy: Option<CrossEntropy>,
}

impl Hands {
    /// The library's backward passes, or the reader's.
    pub fn new(mine: bool) -> Self {
        if !mine {
            return Self::default();
        }
        Self {
            dense: Some(exercises::dense_backward),
            tanh: None,
            cross_entropy: Some(exercises::softmax_cross_entropy),
        }
    }

    /// An affine layer.
    pub fn affine(self, inputs: usize, outputs: usize, rng: &mut Rng) -> Affine {
        let inner = Dense::new(inputs, outputs, Init::XavierNormal, rng);
        Affine { inner, backward: self.dense }
    }

    /// Softmax and cross-entropy.
    pub fn loss(self) -> Judge {
        Judge { both: self.cross_entropy }
    }

    // ANCHOR: network
    /// Affine layers with tanh between them: two inputs, hidden layers of these widths,
    /// one output for each class.
    pub fn network(
        self,
        hidden: &[usize],
        classes: usize,
        rng: &mut Rng,
    ) -> Result<Sequential<f64>> {
        let (mut network, mut inputs) = (Sequential::new(2), 2);
        for &units in hidden {
            let bend =
                Bend { inner: Activate::new(Activation::Tanh), backward: self.tanh };
            network = network.then(self.affine(inputs, units, rng))?.then(bend)?;
            inputs = units;
        }
        Ok(network.then(self.affine(inputs, classes, rng))?)
    }
    // ANCHOR_END: network
}

/// The library's affine layer, perhaps with another way back.
pub struct Affine {
    inner: Dense<f64>,
    backward: Option<DenseBackward>,
}

impl Layer<f64> for Affine {
    fn name(&self) -> &'static str {
        "affine"
    }

    fn output_rows(&self, input_rows: usize) -> std::result::Result<usize, ShapeError> {
        self.inner.output_rows(input_rows)
    }

    fn forward(&mut self, input: &Matrix, output: &mut Matrix, phase: Phase) {
        self.inner.forward(input, output, phase);
    }

    fn backward(
        &mut self,
        input: &Matrix,
        output: &Matrix,
        grad_output: &Matrix,
        grad_input: Option<&mut Matrix>,
    ) {
        let Some(backward) = self.backward else {
            return self.inner.backward(input, output, grad_output, grad_input);
        };
        let weight = &self.inner.weight.value;
        let (by_weight, by_bias, by_input) = backward(weight, input, grad_output);
        let by_bias = Matrix::from_vec(by_bias.len(), 1, by_bias);
        add(&mut self.inner.weight, by_weight, "weight");
        add(&mut self.inner.bias, by_bias, "bias");
        if let Some(grad_input) = grad_input {
            *grad_input = by_input;
        }
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<f64>)) {
        self.inner.parameters(visit);
    }
}

/// Adds a gradient that may have come from the reader.
fn add(parameter: &mut Parameter<f64>, grad: Matrix, name: &str) {
    let ((rows, columns), (r, c)) = (parameter.grad.shape(), grad.shape());
    let words = format!("dL/d({name}) is {r} x {c}, expected {rows} x {columns}");
    assert!((r, c) == (rows, columns), "dense_backward: {words}");
    parameter.grad += grad;
}

/// The library's tanh, perhaps with another way back.
struct Bend {
    inner: Activate,
    backward: Option<TanhBackward>,
}

impl Layer<f64> for Bend {
    fn name(&self) -> &'static str {
        "tanh"
    }

    fn output_rows(&self, input_rows: usize) -> std::result::Result<usize, ShapeError> {
        Ok(input_rows)
    }

    fn forward(&mut self, input: &Matrix, output: &mut Matrix, phase: Phase) {
        self.inner.forward(input, output, phase);
    }

    fn backward(
        &mut self,
        input: &Matrix,
        output: &Matrix,
        grad_output: &Matrix,
        grad_input: Option<&mut Matrix>,
    ) {
        match (self.backward, grad_input) {
            (Some(backward), Some(grad)) => *grad = backward(output, grad_output),
            (_, grad) => self.inner.backward(input, output, grad_output, grad),
        }
    }
}

/// The library's softmax with cross-entropy, or another.
pub struct Judge {
    both: Option<CrossEntropy>,
}

impl Loss<f64> for Judge {
    fn name(&self) -> &'static str {
        "softmax cross-entropy"
    }

    fn gradient(
        &self,
        prediction: &Matrix,
        target: &Matrix,
        grad: &mut Matrix,
    ) -> std::result::Result<f64, ShapeError> {
        let Some(both) = self.both else {
            return SoftmaxCrossEntropy.gradient(prediction, target, grad);
        };
        let (value, slopes) = both(prediction, target);
        *grad = slopes;
        Ok(value)
    }
}
