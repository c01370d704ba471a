//! Sequential: layers in a row, and the buffers between them.

use crate::layer::{Layer, Parameter, Phase};
use crate::real::{Matrix, Real, Rng, ShapeError, resize};

/// Anything whose parameters an optimizer can change.
pub trait Parameters<T: Real = f32> {
    /// Shows each parameter with its name, always in the same order.
    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<T>));

    /// Shows what inference needs and no gradient changes, with its name: running means
    /// (`1.running_mean`). They are saved with the weights.
    fn buffers(&mut self, visit: &mut dyn FnMut(&str, &mut Matrix<T>)) {
        let _ = visit;
    }

    /// Shows each generator that training draws from, always in the same order. A
    /// checkpoint keeps their places.
    fn generators(&mut self, visit: &mut dyn FnMut(&mut Rng)) {
        let _ = visit;
    }

    /// Sets every gradient to zero, before the next backward pass adds to them.
    fn zero_grad(&mut self) {
        self.parameters(&mut |_, parameter| parameter.zero_grad());
    }

    /// How many numbers training can change.
    fn parameter_count(&mut self) -> usize {
        let mut count = 0;
        self.parameters(&mut |_, parameter| count += parameter.value.len());
        count
    }
}

// ANCHOR: sequential
/// A network of layers in a row. The output of one is the input of the next.
pub struct Sequential<T: Real = f32> {
    layers: Vec<Box<dyn Layer<T>>>,
    /// Parameter names, a list for each layer: `0.weight`, `0.bias`, ...
    names: Vec<Vec<String>>,
    input_rows: usize,
    output_rows: usize,
    /// What each layer put out in the last forward pass.
    outputs: Vec<Matrix<T>>,
    /// dL/d(output) of each layer in the last backward pass.
    grads: Vec<Matrix<T>>,
}
// ANCHOR_END: sequential

impl<T: Real> Sequential<T> {
    /// An empty network for batches of `input_rows` features.
    pub fn new(input_rows: usize) -> Self {
        Self {
            layers: Vec::new(),
            names: Vec::new(),
            input_rows,
            output_rows: input_rows,
            outputs: Vec::new(),
            grads: Vec::new(),
        }
    }

    /// Adds a layer at the end.
    ///
    /// # Errors
    ///
    /// When the layer cannot take what the network puts out so far.
    pub fn then(mut self, layer: impl Layer<T> + 'static) -> Result<Self, ShapeError> {
        let index = self.layers.len();
        self.output_rows = layer.output_rows(self.output_rows).map_err(|error| {
            ShapeError { what: format!("layer {index}: {}", error.what), ..error }
        })?;
        let mut layer: Box<dyn Layer<T>> = Box::new(layer);
        let mut names = Vec::new();
        layer.parameters(&mut |name, _| names.push(format!("{index}.{name}")));
        self.names.push(names);
        self.layers.push(layer);
        self.outputs.push(Matrix::zeros(0, 0));
        self.grads.push(Matrix::zeros(0, 0));
        Ok(self)
    }

    /// Rows of the input, then of each layer's output.
    pub fn widths(&self) -> Vec<usize> {
        let mut widths = vec![self.input_rows];
        for layer in &self.layers {
            let rows = widths[widths.len() - 1];
            widths.push(layer.output_rows(rows).unwrap_or(rows));
        }
        widths
    }

    /// The layers' names, first to last.
    pub fn layer_names(&self) -> Vec<&'static str> {
        self.layers.iter().map(|layer| layer.name()).collect()
    }

    /// Rows that the network expects of its input.
    pub fn input_rows(&self) -> usize {
        self.input_rows
    }

    /// Rows of what it puts out.
    pub fn output_rows(&self) -> usize {
        self.output_rows
    }

    /// What layer `index` put out in the last forward pass, features x batch.
    pub fn output_of(&self, index: usize) -> Option<&Matrix<T>> {
        self.outputs.get(index)
    }

    /// What the network put out in the last forward pass; nothing if it has no layer.
    pub fn output(&self) -> Option<&Matrix<T>> {
        self.outputs.last()
    }

    // ANCHOR: forward
    /// Sends a batch (features x examples) through all layers.
    ///
    /// # Errors
    ///
    /// When the batch has another number of rows than the network expects.
    pub fn forward<'a>(
        &'a mut self,
        input: &'a Matrix<T>,
        phase: Phase,
    ) -> Result<&'a Matrix<T>, ShapeError> {
        if input.nrows() != self.input_rows {
            let what = "Sequential: rows of the input";
            return Err(ShapeError::new(what, input.nrows(), self.input_rows));
        }
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let (before, after) = self.outputs.split_at_mut(index);
            layer.forward(before.last().unwrap_or(input), &mut after[0], phase);
        }
        Ok(self.outputs.last().unwrap_or(input))
    }
    // ANCHOR_END: forward

    // ANCHOR: backward
    /// Sends dL/d(output) back through all layers and adds to every gradient. `input`
    /// is the batch of the last forward pass.
    ///
    /// # Errors
    ///
    /// When the gradient's shape is not the output's, or `input` is not of the shape
    /// that went forward.
    pub fn backward(
        &mut self,
        input: &Matrix<T>,
        grad_output: &Matrix<T>,
    ) -> Result<(), ShapeError> {
        self.check_backward(input, grad_output)?;
        for index in (0..self.layers.len()).rev() {
            let (before, after) = self.grads.split_at_mut(index);
            // after[0] is dL/d(output) of layer `index`, which the layer after it wrote
            let last = index + 1 == self.layers.len();
            let grad_output = if last { grad_output } else { &after[0] };
            let layer_input = if index == 0 { input } else { &self.outputs[index - 1] };
            let output = &self.outputs[index];
            let grad_input = before.last_mut(); // none for the first layer
            self.layers[index].backward(layer_input, output, grad_output, grad_input);
        }
        Ok(())
    }
    // ANCHOR_END: backward

    /// Like [`Self::backward`], and writes dL/d(input) too.
    ///
    /// # Errors
    ///
    /// As [`Self::backward`].
    pub fn backward_to_input(
        &mut self,
        input: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_input: &mut Matrix<T>,
    ) -> Result<(), ShapeError> {
        self.check_backward(input, grad_output)?;
        if self.layers.is_empty() {
            resize(grad_input, grad_output.nrows(), grad_output.ncols());
            grad_input.as_mut_slice().copy_from_slice(grad_output.as_slice());
        }
        for index in (0..self.layers.len()).rev() {
            let (before, after) = self.grads.split_at_mut(index);
            let last = index + 1 == self.layers.len();
            let incoming = if last { grad_output } else { &after[0] };
            let layer_input = if index == 0 { input } else { &self.outputs[index - 1] };
            let outgoing = before.last_mut().unwrap_or(&mut *grad_input);
            let (layer, output) = (&mut self.layers[index], &self.outputs[index]);
            layer.backward(layer_input, output, incoming, Some(outgoing));
        }
        Ok(())
    }

    fn check_backward(
        &self,
        input: &Matrix<T>,
        grad_output: &Matrix<T>,
    ) -> Result<(), ShapeError> {
        let batch = self.outputs.last().map_or(input.ncols(), |y| y.ncols());
        let shape = |rows: usize| format!("{rows} x {batch}");
        if input.shape() != (self.input_rows, batch) {
            let found = crate::real::shape_of(input);
            let what = "Sequential: input of the backward pass";
            return Err(ShapeError::new(what, found, shape(self.input_rows)));
        }
        if grad_output.shape() != (self.output_rows, batch) {
            let found = crate::real::shape_of(grad_output);
            let what = "Sequential: gradient of the output";
            return Err(ShapeError::new(what, found, shape(self.output_rows)));
        }
        Ok(())
    }
}

impl<T: Real> Parameters<T> for Sequential<T> {
    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<T>)) {
        for (layer, names) in self.layers.iter_mut().zip(&self.names) {
            let mut names = names.iter();
            layer.parameters(&mut |plain, parameter| {
                visit(names.next().map_or(plain, String::as_str), parameter);
            });
        }
    }

    fn buffers(&mut self, visit: &mut dyn FnMut(&str, &mut Matrix<T>)) {
        for (index, layer) in self.layers.iter_mut().enumerate() {
            layer
                .buffers(&mut |name, buffer| visit(&format!("{index}.{name}"), buffer));
        }
    }

    fn generators(&mut self, visit: &mut dyn FnMut(&mut Rng)) {
        self.layers.iter_mut().for_each(|layer| layer.generators(visit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;
    use crate::init::Init;
    use crate::layer::{Activate, Dense};

    fn network() -> Sequential<f64> {
        let mut rng = crate::rng(1);
        Sequential::new(3)
            .then(Dense::new(3, 5, Init::XavierNormal, &mut rng))
            .and_then(|net| net.then(Activate::new(Activation::Tanh)))
            .and_then(|net| net.then(Dense::new(5, 2, Init::XavierNormal, &mut rng)))
            .expect("the shapes fit")
    }

    #[test]
    fn a_layer_that_does_not_fit_is_refused_when_it_is_added() {
        let dense = Dense::<f64>::new(4, 2, Init::Zeros, &mut crate::rng(1));
        let error = network().then(dense).err().map(|error| error.to_string());
        let expected = "layer 3: Dense: rows of the input is 2, expected 4";
        assert_eq!(error.as_deref(), Some(expected));
    }

    #[test]
    fn a_batch_of_the_wrong_shape_is_an_error_that_names_both() {
        let mut net = network();
        let error = net.forward(&Matrix::zeros(4, 7), Phase::Infer).unwrap_err();
        let expected = "Sequential: rows of the input is 4, expected 3";
        assert_eq!(error.to_string(), expected);
        let x = Matrix::zeros(3, 7);
        net.forward(&x, Phase::Train).unwrap();
        let error = net.backward(&x, &Matrix::zeros(2, 6)).unwrap_err();
        assert!(error.to_string().ends_with("is 2 x 6, expected 2 x 7"), "{error}");
        let error = net.backward(&Matrix::zeros(3, 6), &Matrix::zeros(2, 7));
        assert!(error.is_err());
    }

    #[test]
    fn parameters_come_in_order_with_the_number_of_their_layer() {
        let (mut net, mut seen) = (network(), Vec::new());
        net.parameters(&mut |name, p| seen.push((name.to_string(), p.value.shape())));
        let expected = [
            ("0.weight", (5, 3)),
            ("0.bias", (5, 1)),
            ("2.weight", (2, 5)),
            ("2.bias", (2, 1)),
        ];
        assert_eq!(seen, expected.map(|(name, shape)| (name.to_string(), shape)));
        assert_eq!(net.parameter_count(), 32);
        assert_eq!(net.widths(), [3, 5, 5, 2]);
    }

    #[test]
    fn backward_adds_to_the_gradients_and_zero_grad_clears_them() {
        let mut net = network();
        let x = Matrix::from_fn(3, 4, |i, j| (i as f64 - j as f64) / 3.0);
        let g = Matrix::from_element(2, 4, 0.5);
        let grads = |net: &mut Sequential<f64>| {
            let mut all = Vec::new();
            net.parameters(&mut |_, p| all.extend_from_slice(p.grad.as_slice()));
            all
        };
        net.forward(&x, Phase::Train).unwrap();
        net.backward(&x, &g).unwrap();
        let once = grads(&mut net);
        let mut grad_input = Matrix::zeros(0, 0);
        net.backward_to_input(&x, &g, &mut grad_input).unwrap();
        assert_eq!(grad_input.shape(), (3, 4));
        let twice = grads(&mut net);
        assert!(once.iter().zip(&twice).all(|(a, b)| (2.0 * a - b).abs() < 1e-14));
        assert!(once.iter().any(|g| *g != 0.0));
        net.zero_grad();
        assert!(grads(&mut net).iter().all(|g| *g == 0.0));
    }
}
