//! The residual block: two convolutions that learn what to add to their input.

use crate::activation::Activation;
use crate::init::Init;
use crate::layer::image::{ImageShape, Window, of_layer, same_rows};
use crate::layer::{Activate, Conv2d, Layer, Parameter, Phase};
use crate::real::{Matrix, Real, Rng, ShapeError};

/// relu(F(x) + x), F a 3 x 3 convolution, ReLU, another 3 x 3 convolution
/// (He, Zhang, Ren and Sun, 2016, without their batch normalization).
///
/// The first convolution may move by a stride and change the number of channels. Then x
/// takes a 1 x 1 convolution with the same stride, so that the two can be added. In the
/// backward pass the sum hands its gradient to both: on the way round F nothing shrinks
/// it, which is why many such blocks can be stacked.
#[derive(Clone, Debug)]
pub struct ResidualBlock<T: Real = f32> {
    first: Conv2d<T>,
    second: Conv2d<T>,
    shortcut: Option<Conv2d<T>>,
    buffers: Buffers<T>,
}

/// What lies between the parts, forward and backward.
#[derive(Clone, Debug)]
struct Buffers<T: Real> {
    first: Matrix<T>,
    bent: Matrix<T>,
    second: Matrix<T>,
    shortcut: Matrix<T>,
    grad_sum: Matrix<T>,
    grad_bent: Matrix<T>,
    grad_first: Matrix<T>,
    grad_shortcut: Matrix<T>,
}

impl<T: Real> Buffers<T> {
    fn new() -> Self {
        let none = || Matrix::zeros(0, 0);
        Self {
            first: none(),
            bent: none(),
            second: none(),
            shortcut: none(),
            grad_sum: none(),
            grad_bent: none(),
            grad_first: none(),
            grad_shortcut: none(),
        }
    }
}

const RELU: Activation = Activation::Relu;

impl<T: Real> ResidualBlock<T> {
    /// A block of `filters` filters; `stride` is that of its first convolution.
    ///
    /// # Errors
    ///
    /// When a size is 0.
    pub fn new(
        input: ImageShape,
        filters: usize,
        stride: usize,
        init: Init,
        rng: &mut Rng,
    ) -> Result<Self, ShapeError> {
        let named = || of_layer("ResidualBlock");
        let window = Window::square(3).padding(1);
        let first = Conv2d::new(input, filters, window.stride(stride), init, rng);
        let first = first.map_err(named())?;
        let second = Conv2d::new(first.output_shape(), filters, window, init, rng);
        let second = second.map_err(named())?;
        let shortcut = if second.output_shape() == input {
            None
        } else {
            let window = Window::square(1).stride(stride);
            let shortcut = Conv2d::new(input, filters, window, init, rng);
            Some(shortcut.map_err(named())?)
        };
        Ok(Self { first, second, shortcut, buffers: Buffers::new() })
    }

    /// The shape of the images that come out.
    pub fn output_shape(&self) -> ImageShape {
        self.second.output_shape()
    }
}

impl<T: Real> Layer<T> for ResidualBlock<T> {
    fn name(&self) -> &'static str {
        "ResidualBlock"
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        same_rows("ResidualBlock", input_rows, self.first.input_shape())?;
        Ok(self.output_shape().len())
    }

    // ANCHOR: forward
    fn forward(&mut self, input: &Matrix<T>, output: &mut Matrix<T>, phase: Phase) {
        let Self { first, second, shortcut, buffers } = self;
        first.forward(input, &mut buffers.first, phase);
        Activate::new(RELU).forward(&buffers.first, &mut buffers.bent, phase);
        second.forward(&buffers.bent, &mut buffers.second, phase);
        let around = match shortcut {
            Some(shortcut) => {
                shortcut.forward(input, &mut buffers.shortcut, phase);
                &buffers.shortcut
            }
            None => input,
        };
        let sum = buffers.second.as_mut_slice().iter_mut();
        sum.zip(around.as_slice()).for_each(|(z, &x)| *z += x);
        Activate::new(RELU).forward(&buffers.second, output, phase);
    }
    // ANCHOR_END: forward

    // ANCHOR: backward
    fn backward(
        &mut self,
        input: &Matrix<T>,
        output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    ) {
        let Self { first, second, shortcut, buffers } = self;
        let mut relu = Activate::new(RELU);
        let grad_sum = &mut buffers.grad_sum;
        relu.backward(&buffers.second, output, grad_output, Some(grad_sum));
        let grad_bent = &mut buffers.grad_bent;
        second.backward(&buffers.bent, &buffers.second, grad_sum, Some(grad_bent));
        let grad_first = &mut buffers.grad_first;
        relu.backward(&buffers.first, &buffers.bent, grad_bent, Some(grad_first));

        let Some(grad_input) = grad_input else {
            first.backward(input, &buffers.first, grad_first, None);
            if let Some(shortcut) = shortcut {
                shortcut.backward(input, &buffers.shortcut, grad_sum, None);
            }
            return;
        };
        first.backward(input, &buffers.first, grad_first, Some(grad_input));
        // the other way: through the shortcut, or unchanged
        let around = match shortcut {
            Some(shortcut) => {
                let grad_shortcut = &mut buffers.grad_shortcut;
                let output = &buffers.shortcut;
                shortcut.backward(input, output, grad_sum, Some(grad_shortcut));
                &buffers.grad_shortcut
            }
            None => &buffers.grad_sum,
        };
        let sum = grad_input.as_mut_slice().iter_mut();
        sum.zip(around.as_slice()).for_each(|(g, &d)| *g += d);
    }
    // ANCHOR_END: backward

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<T>)) {
        visit("conv1.weight", &mut self.first.weight);
        visit("conv1.bias", &mut self.first.bias);
        visit("conv2.weight", &mut self.second.weight);
        visit("conv2.bias", &mut self.second.bias);
        if let Some(shortcut) = &mut self.shortcut {
            visit("shortcut.weight", &mut shortcut.weight);
            visit("shortcut.bias", &mut shortcut.bias);
        }
    }
}
