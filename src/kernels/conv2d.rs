//! The convolution's product, forward and backward, a few images at a time.
//!
//! The patches of one image are k k times the image; those of a whole batch would spill
//! out of the cache between the moment they are written and the moment the product
//! reads them. So the patches of a small group of images go into one buffer that stays
//! in the cache, one product works on the group, and the next group follows.

use multiversion::multiversion;

use crate::kernels::product::{Patches, product_of_patches};
use crate::kernels::{
    ImageShape, Operand, Window, col2im, device, im2col, product_into,
};
use crate::real::{Real, ShapeError};

/// Bytes of patches that a group of images may fill: a part of the second-level cache.
const GROUP_BYTES: usize = 256 * 1024;

/// At most this many images are one group.
const GROUP: usize = 4;

/// With fewer places in a row, too few sums are in work at once for the implicit
/// product: a matrix of patches holds those of several rows and images. Measured for
/// 16, 64 and 120 filters of 3 x 3 and 5 x 5: there the two take as long.
const NARROW: usize = 4;

/// The sizes of a convolution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Convolution {
    image: ImageShape,
    window: Window,
    output: ImageShape,
}

impl Convolution {
    /// The convolution of such images with `filters` windows.
    ///
    /// # Errors
    ///
    /// When the window does not fit on the image, or there is no filter.
    pub fn new(
        image: ImageShape,
        filters: usize,
        window: Window,
    ) -> Result<Self, ShapeError> {
        let (height, width) = window.places(image)?;
        let output = ImageShape::new(height, width, filters).check("output")?;
        let taps = window.taps(image.channels);
        ImageShape::new(height, width, taps).check("patches")?;
        Ok(Self { image, window, output })
    }

    /// The shape of what goes in.
    pub fn input_shape(&self) -> ImageShape {
        self.image
    }

    /// The shape of what comes out: a channel for each filter.
    pub fn output_shape(&self) -> ImageShape {
        self.output
    }

    /// The window that slides.
    pub fn window(&self) -> Window {
        self.window
    }

    /// How many numbers of the image each output is a weighted sum of.
    pub fn taps(&self) -> usize {
        self.window.taps(self.image.channels)
    }

    fn places(&self) -> usize {
        self.output.height * self.output.width
    }

    /// How many images make a group.
    pub fn group<T: Real>(&self) -> usize {
        let bytes = self.taps() * self.places() * size_of::<T>();
        (GROUP_BYTES / bytes).clamp(1, GROUP)
    }

    /// Numbers that the buffer must hold: the patches of a group, or one image with
    /// its padding where that is more.
    pub fn patches_len<T: Real>(&self) -> usize {
        (self.group::<T>() * self.taps() * self.places()).max(self.padded().len())
    }

    /// Writes `weight . patches + bias` for each image, the fastest way. `weight` is
    /// filters x taps, column by column, `patches` a buffer of [`Self::patches_len`]
    /// numbers.
    ///
    /// # Panics
    ///
    /// When a slice is not of the size that the shapes give.
    pub fn forward<T: Real>(
        &self,
        images: &[T],
        weight: &[T],
        bias: &[T],
        patches: &mut [T],
        outputs: &mut [T],
    ) {
        if device::conv2d(self, [images, weight, bias], outputs) {
        } else if self.output.width < NARROW {
            self.forward_im2col(images, weight, bias, patches, outputs);
        } else {
            self.forward_implicit(images, weight, bias, patches, outputs);
        }
    }

    // ANCHOR: direct
    /// [`Self::forward`] by the definition: for each place and filter the sum over
    /// what lies under the window.
    ///
    /// # Panics
    ///
    /// When a slice is not of the size that the shapes give.
    pub fn forward_direct<T: Real>(
        &self,
        images: &[T],
        weight: &[T],
        bias: &[T],
        outputs: &mut [T],
    ) {
        self.check(images, bias, outputs);
        let Self { image: shape, window, output } = self;
        let images = images.chunks_exact(shape.len());
        for (image, outputs) in images.zip(outputs.chunks_exact_mut(output.len())) {
            for (at, number) in outputs.iter_mut().enumerate() {
                let (place, filter) = (at / output.channels, at % output.channels);
                let (row, column) = (place / output.width, place % output.width);
                let mut sum = bias[filter];
                for y in window.rows(row, *shape) {
                    for x in window.columns(column, *shape) {
                        let down = y + window.padding.0 - row * window.stride.0;
                        let across = x + window.padding.1 - column * window.stride.1;
                        let pixel = (down * window.kernel.1 + across) * shape.channels;
                        for c in 0..shape.channels {
                            let tap = (pixel + c) * output.channels + filter;
                            sum += weight[tap] * image[shape.index(y, x, c)];
                        }
                    }
                }
                *number = sum;
            }
        }
    }
    // ANCHOR_END: direct

    // ANCHOR: forward
    /// [`Self::forward`] with a matrix of patches, for a group of images at a time.
    ///
    /// # Panics
    ///
    /// When a slice is not of the size that the shapes give.
    pub fn forward_im2col<T: Real>(
        &self,
        images: &[T],
        weight: &[T],
        bias: &[T],
        patches: &mut [T],
        outputs: &mut [T],
    ) {
        let (filters, taps) = (self.output.channels, self.taps());
        let weight = Operand::of(weight, filters, taps);
        let group = self.group::<T>();
        let images = images.chunks(group * self.image.len());
        for (images, outputs) in
            images.zip(outputs.chunks_mut(group * self.output.len()))
        {
            let patches = self.unfold(images, patches);
            repeat(bias, outputs);
            let patches = Operand::of(patches, taps, outputs.len() / filters);
            product_into(weight, patches, T::one(), outputs);
        }
    }
    // ANCHOR_END: forward

    // ANCHOR: implicit
    /// [`Self::forward`] without a matrix of patches: the product reads them in the
    /// image. `room` is for an image with its padding, [`Self::patches_len`] will do.
    ///
    /// # Panics
    ///
    /// When a slice is not of the size that the shapes give.
    pub fn forward_implicit<T: Real>(
        &self,
        images: &[T],
        weight: &[T],
        bias: &[T],
        room: &mut [T],
        outputs: &mut [T],
    ) {
        self.check(images, bias, outputs);
        let pads = self.window.padding != (0, 0);
        let room = if pads { &mut room[..self.padded().len()] } else { &mut [] };
        room.fill(T::zero());
        let images = images.chunks_exact(self.image.len());
        for (image, outputs) in images.zip(outputs.chunks_exact_mut(self.output.len()))
        {
            if pads {
                self.pad(image, room);
            }
            let patches = self.patches_of(if pads { room } else { image });
            product_of_patches(weight, bias, patches, outputs);
        }
    }

    /// What the window sees: from place to place and from line to line it is the same
    /// number of steps in the image, which is told together with its padding.
    fn patches_of<'a, T>(&self, image: &'a [T]) -> Patches<'a, T> {
        let Self { image: ImageShape { channels, .. }, window, output } = *self;
        let line_step = self.padded().width * channels;
        Patches {
            image,
            places: (output.height, output.width),
            steps: (window.stride.0 * line_step, window.stride.1 * channels),
            lines: window.kernel.0,
            run: window.kernel.1 * channels,
            line_step,
        }
    }
    // ANCHOR_END: implicit

    /// As many outputs as images, and a bias for each filter?
    fn check<T>(&self, images: &[T], bias: &[T], outputs: &[T]) {
        let (image, output) = (self.image.len(), self.output.len());
        assert_eq!(bias.len(), self.output.channels, "convolution: biases");
        assert_eq!(images.len() % image, 0, "convolution: numbers of the images");
        assert_eq!(
            outputs.len(),
            images.len() / image * output,
            "convolution: outputs"
        );
    }

    /// The shape of an image with its padding.
    fn padded(&self) -> ImageShape {
        let Self { image, window, .. } = self;
        let (down, across) = (2 * window.padding.0, 2 * window.padding.1);
        ImageShape::new(image.height + down, image.width + across, image.channels)
    }

    /// Copies an image into the middle of its padding.
    fn pad<T: Real>(&self, image: &[T], padded: &mut [T]) {
        let (shape, (above, left)) = (self.padded(), self.window.padding);
        let line = self.image.width * self.image.channels;
        for (y, from) in image.chunks_exact(line).enumerate() {
            let start = shape.index(y + above, left, 0);
            padded[start..start + line].copy_from_slice(from);
        }
    }

    // ANCHOR: backward_weight
    /// Adds `grad_outputs . patches'` to the gradient of the weights, filters x taps.
    ///
    /// # Panics
    ///
    /// As [`Self::forward`].
    pub fn backward_weight<T: Real>(
        &self,
        images: &[T],
        grad_outputs: &[T],
        patches: &mut [T],
        grad_weight: &mut [T],
    ) {
        let (filters, taps) = (self.output.channels, self.taps());
        let group = self.group::<T>();
        let images = images.chunks(group * self.image.len());
        for (images, delta) in
            images.zip(grad_outputs.chunks(group * self.output.len()))
        {
            let patches = self.unfold(images, patches);
            let places = delta.len() / filters;
            let patches = Operand::of(patches, taps, places).turned();
            let delta = Operand::of(delta, filters, places);
            product_into(delta, patches, T::one(), grad_weight);
        }
    }
    // ANCHOR_END: backward_weight

    // ANCHOR: backward_input
    /// Writes dL/d(images): `weight' . grad_outputs` are the slopes of the patches, and
    /// col2im adds them up where they came from.
    ///
    /// # Panics
    ///
    /// As [`Self::forward`].
    pub fn backward_input<T: Real>(
        &self,
        grad_outputs: &[T],
        weight: &[T],
        patches: &mut [T],
        grad_images: &mut [T],
    ) {
        let (filters, taps) = (self.output.channels, self.taps());
        let weight = Operand::of(weight, filters, taps).turned();
        let group = self.group::<T>();
        let deltas = grad_outputs.chunks(group * self.output.len());
        for (delta, images) in
            deltas.zip(grad_images.chunks_mut(group * self.image.len()))
        {
            let places = delta.len() / filters;
            let patches = &mut patches[..taps * places];
            let delta = Operand::of(delta, filters, places);
            product_into(weight, delta, T::zero(), patches);
            images.fill(T::zero());
            let each = patches.chunks_exact(taps * self.places());
            for (patches, image) in each.zip(images.chunks_exact_mut(self.image.len()))
            {
                col2im(patches, self.image, &self.window, image);
            }
        }
    }
    // ANCHOR_END: backward_input

    /// The patches of a group of images, one image after the other.
    fn unfold<'a, T: Real>(&self, images: &[T], patches: &'a mut [T]) -> &'a [T] {
        let one = self.taps() * self.places();
        let count = images.len() / self.image.len();
        let patches = &mut patches[..count * one];
        let each = images.chunks_exact(self.image.len());
        for (image, patches) in each.zip(patches.chunks_exact_mut(one)) {
            im2col(image, self.image, &self.window, patches);
        }
        patches
    }
}

/// Fills `columns` with copies of `column`: one, then twice as many as there are.
fn repeat<T: Real>(column: &[T], columns: &mut [T]) {
    columns[..column.len()].copy_from_slice(column);
    let mut done = column.len();
    while done < columns.len() {
        let more = done.min(columns.len() - done);
        columns.copy_within(..more, done);
        done += more;
    }
}

/// Adds the sum of all columns of `rows x n` numbers to `sums`.
///
/// Where there are few rows, many columns are added side by side, as if they were one
/// long column: whole vectors of the machine at a time.
pub fn add_columns<T: Real>(numbers: &[T], sums: &mut [T]) {
    const WIDE: usize = 256;
    let rows = sums.len();
    let wide = WIDE - WIDE % rows.min(WIDE);
    let mut partial = [T::zero(); WIDE];
    if rows <= WIDE {
        let long = numbers.chunks(wide);
        long.for_each(|some| add(&mut partial[..some.len()], some));
        partial[..wide].chunks_exact(rows).for_each(|column| add(sums, column));
    } else {
        numbers.chunks_exact(rows).for_each(|column| add(sums, column));
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn add<T: Real>(sums: &mut [T], numbers: &[T]) {
    sums.iter_mut().zip(numbers).for_each(|(sum, &x)| *sum += x);
}
