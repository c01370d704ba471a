//! The convolution's product, forward and backward, a few images at a time.
//!
//! The patches of one image are k k times the image; those of a whole batch would spill
//! out of the cache between the moment they are written and the moment the product
//! reads them. So the patches of a small group of images go into one buffer that stays
//! in the cache, one product works on the group, and the next group follows.

use multiversion::multiversion;

use crate::kernels::{
    ImageShape, Operand, Window, col2im, device, im2col, product_into,
};
use crate::real::{Real, ShapeError};

/// Bytes of patches that a group of images may fill: a part of the second-level cache.
const GROUP_BYTES: usize = 256 * 1024;

/// At most this many images are one group.
const GROUP: usize = 4;

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

    /// Numbers that the buffer of patches must hold.
    pub fn patches_len<T: Real>(&self) -> usize {
        self.group::<T>() * self.taps() * self.places()
    }

    // ANCHOR: forward
    /// Writes `weight . patches + bias` for each image. `weight` is filters x taps,
    /// column by column, `patches` a buffer of [`Self::patches_len`] numbers.
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
            return;
        }
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
