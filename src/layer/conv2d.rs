//! The convolution: the same few weights at every place of an image.

use crate::init::Init;
use crate::kernels::{Convolution, add_columns};
use crate::layer::image::{ImageShape, Window, of_layer, same_rows};
use crate::layer::{Layer, Parameter, Phase};
use crate::real::{Matrix, Real, Rng, ShapeError, resize};

/// At each place of the window, F weighted sums of the numbers under it, plus a bias.
///
/// Shapes: W F x (k k C), its columns ordered (down, across, channel), b F x 1; the
/// input (H W C) x batch, the output (H' W' F) x batch, images as [`ImageShape`] says.
/// As in PyTorch the window is not turned round: strictly this is a correlation.
///
/// PyTorch orders a filter's weights (channel, down, across). To exchange weights with
/// it, permute them: `weight.permute(0, 2, 3, 1).flatten(1)` gives ours.
#[derive(Clone, Debug)]
pub struct Conv2d<T: Real = f32> {
    /// W, filters x (k k C).
    pub weight: Parameter<T>,
    /// b, filters x 1.
    pub bias: Parameter<T>,
    sizes: Convolution,
    frozen: bool,
    /// What the window sees of the images in work: a buffer, used again at every step.
    patches: Vec<T>,
}

impl<T: Real> Conv2d<T> {
    /// A layer with weights drawn by `init` and biases 0.
    ///
    /// # Errors
    ///
    /// When a size is 0 or the window is larger than the padded image.
    pub fn new(
        input: ImageShape,
        filters: usize,
        window: Window,
        init: Init,
        rng: &mut Rng,
    ) -> Result<Self, ShapeError> {
        let sizes =
            Convolution::new(input, filters, window).map_err(of_layer("Conv2d"))?;
        let area = window.kernel.0 * window.kernel.1;
        let weight = init.filters(area, input.channels, filters, rng);
        Ok(Self {
            weight: Parameter::new(weight),
            bias: Parameter::new(Matrix::zeros(filters, 1)),
            sizes,
            frozen: false,
            patches: Vec::new(),
        })
    }

    /// The shape of the images that go in.
    pub fn input_shape(&self) -> ImageShape {
        self.sizes.input_shape()
    }

    /// The shape of the images that come out: a channel for each filter.
    pub fn output_shape(&self) -> ImageShape {
        self.sizes.output_shape()
    }

    /// The window that slides over the image.
    pub fn window(&self) -> Window {
        self.sizes.window()
    }

    /// The same layer, its parameters hidden from optimizers and files: it stays as it
    /// was drawn. What training gains from learning the filters shows in the
    /// difference.
    pub fn frozen(self) -> Self {
        Self { frozen: true, ..self }
    }

    fn make_room(&mut self) {
        self.patches.resize(self.sizes.patches_len::<T>(), T::zero());
    }
}

impl<T: Real> Layer<T> for Conv2d<T> {
    fn name(&self) -> &'static str {
        "Conv2d"
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        same_rows("Conv2d", input_rows, self.input_shape())?;
        Ok(self.output_shape().len())
    }

    // ANCHOR: forward
    fn forward(&mut self, input: &Matrix<T>, output: &mut Matrix<T>, _: Phase) {
        resize(output, self.output_shape().len(), input.ncols());
        self.make_room();
        self.sizes.forward(
            input.as_slice(),
            self.weight.value.as_slice(),
            self.bias.value.as_slice(),
            &mut self.patches,
            output.as_mut_slice(),
        );
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
        let (images, delta) = (input.as_slice(), grad_output.as_slice());
        self.make_room();
        if !self.frozen {
            let grad_weight = self.weight.grad.as_mut_slice();
            self.sizes.backward_weight(images, delta, &mut self.patches, grad_weight);
            add_columns(delta, self.bias.grad.as_mut_slice());
        }
        // the first layer of a network is not asked for this, and saves it
        if let Some(grad_input) = grad_input {
            resize(grad_input, input.nrows(), input.ncols());
            let weight = self.weight.value.as_slice();
            let grad_input = grad_input.as_mut_slice();
            self.sizes.backward_input(delta, weight, &mut self.patches, grad_input);
        }
    }
    // ANCHOR_END: backward

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<T>)) {
        if !self.frozen {
            visit("weight", &mut self.weight);
            visit("bias", &mut self.bias);
        }
    }
}
