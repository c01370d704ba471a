//! Whose functions the lesson runs on: the book's or, with `--mine`, the reader's.

use gradbook::init::Init;
use gradbook::kernels;
use gradbook::layer::{Dense, ImageShape, Window};
use gradbook::{
    Layer, Matrix, Parameter, Phase, Rng, Sequential, ShapeError, real::resize, rng,
};
use lessons::{Result, bail};

use crate::exercises;
use crate::models::{Kind, relu};
use crate::solutions;

type Matrix64 = Matrix<f64>;

/// Who convolves.
#[derive(Clone, Copy)]
pub struct Hands {
    /// Whether the functions are the reader's.
    pub mine: bool,
}

impl Hands {
    /// The convolution of one channel with one kernel.
    pub fn convolve(
        self,
        image: &Matrix64,
        kernel: &Matrix64,
        stride: usize,
        padding: usize,
    ) -> Matrix64 {
        match self.mine {
            true => exercises::convolve(image, kernel, stride, padding),
            false => solutions::convolve(image, kernel, stride, padding),
        }
    }

    /// A network of this kind: with `--mine` its convolutions and its pooling are the
    /// reader's.
    pub fn build(
        self,
        kind: Kind,
        image: ImageShape,
        classes: usize,
        rng: &mut Rng,
    ) -> Result<Sequential> {
        match (self.mine, kind) {
            (true, Kind::Cnn(init)) => Ok(yours(image, classes, init, rng)?),
            _ => Ok(kind.build(image, classes, rng)?),
        }
    }
}

/// The network of the lesson from the reader's parts.
fn yours(
    image: ImageShape,
    classes: usize,
    init: Init,
    rng: &mut Rng,
) -> std::result::Result<Sequential, ShapeError> {
    let first = YourConv::new(image, 8, [5, 1, 2], init, rng);
    let half = YourPool::new(first.output, 2);
    let second = YourConv::new(half.output, 16, [3, 1, 1], init, rng);
    let quarter = YourPool::new(second.output, 2);
    let features = quarter.output.len();
    Sequential::new(image.len())
        .then(first)?
        .then(relu())?
        .then(half)?
        .then(second)?
        .then(relu())?
        .then(quarter)?
        .then(Dense::new(features, classes, Init::XavierNormal, rng))
}

/// A convolution through exercises 6.1, 6.4 and 6.5.
struct YourConv {
    weight: Parameter,
    bias: Parameter,
    input: ImageShape,
    output: ImageShape,
    /// Kernel, stride, padding.
    window: [usize; 3],
    /// What the reader's im2col gave for each image of the batch.
    patches: Vec<Matrix64>,
}

impl YourConv {
    fn new(
        input: ImageShape,
        filters: usize,
        window: [usize; 3],
        init: Init,
        rng: &mut Rng,
    ) -> YourConv {
        let [kernel, stride, padding] = window;
        let side = |length| exercises::output_size(length, kernel, stride, padding);
        let output = ImageShape::new(side(input.height), side(input.width), filters);
        let weight = init.filters(kernel * kernel, input.channels, filters, rng);
        YourConv {
            weight: Parameter::new(weight),
            bias: Parameter::new(Matrix::zeros(filters, 1)),
            input,
            output,
            window,
            patches: Vec::new(),
        }
    }

    fn sides(&self) -> [usize; 3] {
        [self.input.height, self.input.width, self.input.channels]
    }
}

/// The rows that an input must have.
fn expect(
    what: &str,
    rows: usize,
    image: ImageShape,
) -> std::result::Result<(), ShapeError> {
    if rows == image.len() {
        return Ok(());
    }
    Err(ShapeError::new(what, rows, image.len()))
}

impl Layer for YourConv {
    fn name(&self) -> &'static str {
        "your convolution"
    }

    fn output_rows(&self, rows: usize) -> std::result::Result<usize, ShapeError> {
        expect("your convolution: rows of the input", rows, self.input)?;
        Ok(self.output.len())
    }

    fn forward(&mut self, input: &Matrix, output: &mut Matrix, _: Phase) {
        let ([kernel, stride, padding], sides) = (self.window, self.sides());
        let see =
            |image: Vec<f64>| exercises::im2col(&image, sides, kernel, stride, padding);
        let images = input.column_iter();
        self.patches = images
            .map(|image| see(image.iter().map(|&x| x.into()).collect()))
            .collect();
        resize(output, self.output.len(), input.ncols());
        let weight: Matrix64 = self.weight.value.map(f64::from);
        for (patches, mut column) in self.patches.iter().zip(output.column_iter_mut()) {
            let sums = &weight * patches;
            for (i, (z, sum)) in column.iter_mut().zip(sums.iter()).enumerate() {
                *z = *sum as f32 + self.bias.value[i % self.output.channels];
            }
        }
    }

    fn backward(
        &mut self,
        input: &Matrix,
        _output: &Matrix,
        grad_output: &Matrix,
        mut grad_input: Option<&mut Matrix>,
    ) {
        let ([kernel, stride, padding], sides) = (self.window, self.sides());
        let weight: Matrix64 = self.weight.value.map(f64::from);
        if let Some(grad_input) = grad_input.as_deref_mut() {
            resize(grad_input, input.nrows(), input.ncols());
        }
        for (n, patches) in self.patches.iter().enumerate() {
            let (filters, places) = (self.output.channels, patches.ncols());
            let column = grad_output.column(n);
            let slopes = column.iter().map(|&g| g.into());
            let slopes = Matrix64::from_iterator(filters, places, slopes);
            self.weight.grad += (&slopes * patches.transpose()).map(|g| g as f32);
            self.bias.grad += slopes.column_sum().map(|g| g as f32);
            if let Some(grad_input) = grad_input.as_deref_mut() {
                let back = weight.transpose() * slopes;
                let image = exercises::col2im(&back, sides, kernel, stride, padding);
                let mut column = grad_input.column_mut(n);
                column.iter_mut().zip(image).for_each(|(g, slope)| *g = slope as f32);
            }
        }
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter)) {
        visit("weight", &mut self.weight);
        visit("bias", &mut self.bias);
    }
}

/// Max pooling through exercise 6.3, channel by channel.
struct YourPool {
    input: ImageShape,
    output: ImageShape,
    size: usize,
}

impl YourPool {
    fn new(input: ImageShape, size: usize) -> YourPool {
        let side = |length| exercises::output_size(length, size, size, 0);
        let (height, width) = (side(input.height), side(input.width));
        YourPool { input, output: ImageShape::new(height, width, input.channels), size }
    }
}

/// One channel of an image as a matrix.
pub fn channel(image: &[f32], shape: ImageShape, c: usize) -> Matrix64 {
    Matrix64::from_fn(shape.height, shape.width, |y, x| {
        image[shape.index(y, x, c)].into()
    })
}

/// Writes a matrix into one channel of an image.
fn put(map: &Matrix64, image: &mut [f32], shape: ImageShape, c: usize) {
    for y in 0..shape.height {
        for x in 0..shape.width {
            image[shape.index(y, x, c)] = map[(y, x)] as f32;
        }
    }
}

impl Layer for YourPool {
    fn name(&self) -> &'static str {
        "your pooling"
    }

    fn output_rows(&self, rows: usize) -> std::result::Result<usize, ShapeError> {
        expect("your pooling: rows of the input", rows, self.input)?;
        Ok(self.output.len())
    }

    fn forward(&mut self, input: &Matrix, output: &mut Matrix, _: Phase) {
        resize(output, self.output.len(), input.ncols());
        let slopes = Matrix64::zeros(self.output.height, self.output.width);
        let images = input.as_slice().chunks_exact(self.input.len());
        let outputs = output.as_mut_slice().chunks_exact_mut(self.output.len());
        for (image, output) in images.zip(outputs) {
            for c in 0..self.input.channels {
                let map = channel(image, self.input, c);
                let (pooled, _) = exercises::max_pool(&map, self.size, &slopes);
                put(&pooled, output, self.output, c);
            }
        }
    }

    fn backward(
        &mut self,
        input: &Matrix,
        _output: &Matrix,
        grad_output: &Matrix,
        grad_input: Option<&mut Matrix>,
    ) {
        let Some(grad_input) = grad_input else { return };
        resize(grad_input, input.nrows(), input.ncols());
        let images = input.as_slice().chunks_exact(self.input.len());
        let slopes = grad_output.as_slice().chunks_exact(self.output.len());
        let grads = grad_input.as_mut_slice().chunks_exact_mut(self.input.len());
        for ((image, slopes), grads) in images.zip(slopes).zip(grads) {
            for c in 0..self.input.channels {
                let map = channel(image, self.input, c);
                let slopes = channel(slopes, self.output, c);
                let (_, back) = exercises::max_pool(&map, self.size, &slopes);
                put(&back, grads, self.input, c);
            }
        }
    }
}

/// Compares the reader's functions with the library's before anything is trained on
/// them, so that a mistake has a name and not just a poor result.
pub fn compare(seed: u64) -> Result {
    let mut rng = rng(seed);
    let sizes = [(12, 12, 1, [5, 1, 2]), (6, 6, 8, [3, 1, 1]), (5, 7, 2, [3, 2, 0])];
    for (height, width, channels, window) in sizes {
        let shape = ImageShape::new(height, width, channels);
        let image: Matrix64 = Init::Normal(1.0).weights(1, shape.len(), &mut rng);
        patches(shape, image.as_slice(), window)?;
        pooling(&channel_of(image.as_slice(), shape))?;
    }
    Ok(())
}

fn channel_of(image: &[f64], shape: ImageShape) -> Matrix64 {
    Matrix64::from_fn(shape.height, shape.width, |y, x| image[shape.index(y, x, 0)])
}

/// Exercises 6.1, 6.2, 6.4 and 6.5 on one image.
fn patches(
    shape: ImageShape,
    image: &[f64],
    [kernel, stride, padding]: [usize; 3],
) -> Result {
    let window = Window::square(kernel).stride(stride).padding(padding);
    let (rows, columns) = window.places(shape)?;
    let side = |length| exercises::output_size(length, kernel, stride, padding);
    if (side(shape.height), side(shape.width)) != (rows, columns) {
        bail!("your output size is not the book's: check exercise 6.1");
    }
    let sides = [shape.height, shape.width, shape.channels];
    let mut book = Matrix64::zeros(window.taps(shape.channels), rows * columns);
    kernels::im2col(image, shape, &window, book.as_mut_slice());
    if exercises::im2col(image, sides, kernel, stride, padding) != book {
        bail!("your im2col is not the book's: check exercise 6.4");
    }
    let mut back = vec![0.0; shape.len()];
    kernels::col2im(book.as_slice(), shape, &window, &mut back);
    let near = |a: &[f64], b: &[f64]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
    };
    if !near(&exercises::col2im(&book, sides, kernel, stride, padding), &back) {
        bail!("your col2im is not the book's: check exercise 6.5");
    }
    let map = channel_of(image, shape);
    let weights = map.view((0, 0), (kernel, kernel)).into_owned();
    let yours = exercises::convolve(&map, &weights, stride, padding);
    let ours = solutions::convolve(&map, &weights, stride, padding);
    if yours.shape() != ours.shape() || !near(yours.as_slice(), ours.as_slice()) {
        bail!("your convolution is not the book's: check exercise 6.2");
    }
    Ok(())
}

/// Exercise 6.3 on one map.
fn pooling(map: &Matrix64) -> Result {
    let slope = |y: usize, x: usize| (y + 2 * x) as f64 - 1.5;
    let slopes = Matrix64::from_fn(map.nrows() / 2, map.ncols() / 2, slope);
    if exercises::max_pool(map, 2, &slopes) != solutions::max_pool(map, 2, &slopes) {
        bail!("your max pooling is not the book's: check exercise 6.3");
    }
    Ok(())
}
