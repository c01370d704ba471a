//! Pooling: one number for all that a window covers, channel by channel.

use crate::kernels::max_pool;
use crate::layer::image::{ImageShape, Window, of_layer, same_rows};
use crate::layer::{Layer, Phase};
use crate::real::{Matrix, Real, ShapeError, real, resize};

/// The shapes of a pooling layer.
#[derive(Clone, Copy, Debug)]
struct Pool {
    input: ImageShape,
    output: ImageShape,
    window: Window,
}

impl Pool {
    fn new(who: &str, input: ImageShape, window: Window) -> Result<Self, ShapeError> {
        let (height, width) = window.places(input).map_err(of_layer(who))?;
        let (kernel, padding) = (window.kernel, window.padding);
        if padding.0 > kernel.0 / 2 || padding.1 > kernel.1 / 2 {
            // else a window could lie outside the image altogether
            let found = format!("{} x {}", padding.0, padding.1);
            let most = (kernel.0 / 2, kernel.1 / 2);
            let expected = format!(
                "at most {} x {}, half the kernel {} x {}",
                most.0, most.1, kernel.0, kernel.1
            );
            return Err(ShapeError::new(format!("{who}: padding"), found, expected));
        }
        let output = ImageShape::new(height, width, input.channels);
        Ok(Self { input, output, window })
    }

    /// Calls `visit` with where an output pixel begins and where each input pixel under
    /// its window begins, places and pixels in order. Padding is left out.
    fn each_pair(&self, mut visit: impl FnMut(usize, usize)) {
        let Self { input, output, window } = self;
        for row in 0..output.height {
            for column in 0..output.width {
                for y in window.rows(row, *input) {
                    for x in window.columns(column, *input) {
                        visit(output.index(row, column, 0), input.index(y, x, 0));
                    }
                }
            }
        }
    }
}

/// The largest number under the window, for each channel.
///
/// As in PyTorch: of equal numbers the first, in reading order, is the one chosen and
/// gets the whole gradient; padding is never chosen, even where all numbers are
/// negative; a NaN is chosen before any number; a place that would reach over the
/// padded edge is left out.
#[derive(Clone, Debug)]
pub struct MaxPool2d {
    shapes: Pool,
    /// For each output of the batch, which number of its image was chosen.
    chosen: Vec<u32>,
}

impl MaxPool2d {
    /// The largest number under this window at each of its places.
    ///
    /// # Errors
    ///
    /// When a size is 0, the window is larger than the padded image, or the padding is
    /// more than half the window.
    pub fn new(input: ImageShape, window: Window) -> Result<Self, ShapeError> {
        let shapes = Pool::new("MaxPool2d", input, window)?;
        Ok(Self { shapes, chosen: Vec::new() })
    }

    /// The shape of the images that come out.
    pub fn output_shape(&self) -> ImageShape {
        self.shapes.output
    }
}

impl<T: Real> Layer<T> for MaxPool2d {
    fn name(&self) -> &'static str {
        "MaxPool2d"
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        same_rows("MaxPool2d", input_rows, self.shapes.input)?;
        Ok(self.shapes.output.len())
    }

    // ANCHOR: max_forward
    fn forward(&mut self, input: &Matrix<T>, output: &mut Matrix<T>, _: Phase) {
        let shapes = self.shapes;
        resize(output, shapes.output.len(), input.ncols());
        self.chosen.resize(output.len(), 0);
        let images = input.as_slice().chunks_exact(shapes.input.len());
        let outputs = output.as_mut_slice().chunks_exact_mut(shapes.output.len());
        let chosen = self.chosen.chunks_exact_mut(shapes.output.len());
        for ((image, output), chosen) in images.zip(outputs).zip(chosen) {
            max_pool(image, shapes.input, &shapes.window, output, chosen);
        }
    }
    // ANCHOR_END: max_forward

    // ANCHOR: max_backward
    fn backward(
        &mut self,
        input: &Matrix<T>,
        _output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    ) {
        let Some(grad_input) = grad_input else { return };
        resize(grad_input, input.nrows(), input.ncols());
        grad_input.as_mut_slice().fill(T::zero());
        let size = self.shapes.output.len();
        let grads = grad_input.as_mut_slice().chunks_exact_mut(self.shapes.input.len());
        let deltas = grad_output.as_slice().chunks_exact(size);
        for ((grads, deltas), chosen) in
            grads.zip(deltas).zip(self.chosen.chunks_exact(size))
        {
            for (&at, &delta) in chosen.iter().zip(deltas) {
                grads[at as usize] += delta;
            }
        }
    }
    // ANCHOR_END: max_backward
}

/// The mean of the numbers under the window, for each channel.
///
/// As PyTorch does unless told otherwise (`count_include_pad`), the padding counts as
/// zeros: the sum is always divided by the whole window's size.
#[derive(Clone, Debug)]
pub struct AvgPool2d {
    shapes: Pool,
}

impl AvgPool2d {
    /// The mean of the numbers under this window at each of its places.
    ///
    /// # Errors
    ///
    /// As [`MaxPool2d::new`].
    pub fn new(input: ImageShape, window: Window) -> Result<Self, ShapeError> {
        Ok(Self { shapes: Pool::new("AvgPool2d", input, window)? })
    }

    /// The shape of the images that come out.
    pub fn output_shape(&self) -> ImageShape {
        self.shapes.output
    }

    /// One number's share in the mean.
    fn share<T: Real>(&self) -> T {
        real(1.0 / self.shapes.window.taps(1) as f64)
    }
}

impl<T: Real> Layer<T> for AvgPool2d {
    fn name(&self) -> &'static str {
        "AvgPool2d"
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        same_rows("AvgPool2d", input_rows, self.shapes.input)?;
        Ok(self.shapes.output.len())
    }

    // ANCHOR: avg_forward
    fn forward(&mut self, input: &Matrix<T>, output: &mut Matrix<T>, _: Phase) {
        let (shapes, channels) = (self.shapes, self.shapes.input.channels);
        let share = self.share::<T>();
        resize(output, shapes.output.len(), input.ncols());
        output.as_mut_slice().fill(T::zero());
        let images = input.as_slice().chunks_exact(shapes.input.len());
        let outputs = output.as_mut_slice().chunks_exact_mut(shapes.output.len());
        for (image, output) in images.zip(outputs) {
            shapes.each_pair(|to, from| {
                for c in 0..channels {
                    output[to + c] += share * image[from + c];
                }
            });
        }
    }
    // ANCHOR_END: avg_forward

    // ANCHOR: avg_backward
    fn backward(
        &mut self,
        input: &Matrix<T>,
        _output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    ) {
        let Some(grad_input) = grad_input else { return };
        let (shapes, channels) = (self.shapes, self.shapes.input.channels);
        let share = self.share::<T>();
        resize(grad_input, input.nrows(), input.ncols());
        grad_input.as_mut_slice().fill(T::zero());
        let grads = grad_input.as_mut_slice().chunks_exact_mut(shapes.input.len());
        let deltas = grad_output.as_slice().chunks_exact(shapes.output.len());
        for (grads, deltas) in grads.zip(deltas) {
            shapes.each_pair(|to, from| {
                for c in 0..channels {
                    grads[from + c] += share * deltas[to + c];
                }
            });
        }
    }
    // ANCHOR_END: avg_backward
}

/// The mean of each channel over the whole image: H W C numbers in, C out, whatever the
/// image's size (Lin, Chen and Yan, 2013).
#[derive(Clone, Copy, Debug)]
pub struct GlobalAvgPool {
    input: ImageShape,
}

impl GlobalAvgPool {
    /// The mean over images of this shape.
    pub fn new(input: ImageShape) -> Self {
        Self { input }
    }

    /// The shape of what comes out: one pixel.
    pub fn output_shape(&self) -> ImageShape {
        ImageShape::new(1, 1, self.input.channels)
    }

    fn share<T: Real>(&self) -> T {
        real(1.0 / (self.input.height * self.input.width) as f64)
    }
}

impl<T: Real> Layer<T> for GlobalAvgPool {
    fn name(&self) -> &'static str {
        "GlobalAvgPool"
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        self.input.check("GlobalAvgPool: image")?;
        same_rows("GlobalAvgPool", input_rows, self.input)?;
        Ok(self.input.channels)
    }

    // ANCHOR: global_forward
    fn forward(&mut self, input: &Matrix<T>, output: &mut Matrix<T>, _: Phase) {
        let (channels, share) = (self.input.channels, self.share::<T>());
        resize(output, channels, input.ncols());
        let images = input.as_slice().chunks_exact(self.input.len());
        let outputs = output.as_mut_slice().chunks_exact_mut(channels);
        for (image, means) in images.zip(outputs) {
            means.fill(T::zero());
            for pixel in image.chunks_exact(channels) {
                means.iter_mut().zip(pixel).for_each(|(sum, &x)| *sum += x);
            }
            means.iter_mut().for_each(|sum| *sum *= share);
        }
    }
    // ANCHOR_END: global_forward

    fn backward(
        &mut self,
        input: &Matrix<T>,
        _output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    ) {
        let Some(grad_input) = grad_input else { return };
        let (channels, share) = (self.input.channels, self.share::<T>());
        resize(grad_input, input.nrows(), input.ncols());
        let grads = grad_input.as_mut_slice().chunks_exact_mut(self.input.len());
        let deltas = grad_output.as_slice().chunks_exact(channels);
        for (grads, delta) in grads.zip(deltas) {
            for pixel in grads.chunks_exact_mut(channels) {
                pixel.iter_mut().zip(delta).for_each(|(g, &d)| *g = share * d);
            }
        }
    }
}
