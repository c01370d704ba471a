//! im2col and col2im: what a sliding window sees, as a matrix, and the way back.
//!
//! One column of the matrix is one place of the window, one row is one of the numbers
//! under it, ordered (down, across, channel). A convolution is then one product of the
//! filters with this matrix. Numbers outside the image, in the padding, are 0.
//!
//! Channels lie side by side, so what a window sees of one row of pixels is one run of
//! `width of the window * channels` numbers, which is copied as a whole.

use crate::kernels::{ImageShape, Window};
use crate::real::Real;

/// Writes the patches of one image: `patches` is (k k C) x (H' W'), column by column.
///
/// # Panics
///
/// When the window does not fit on the image, or a slice is not of the size that the
/// shapes give.
// ANCHOR: im2col
pub fn im2col<T: Real>(
    image: &[T],
    shape: ImageShape,
    window: &Window,
    patches: &mut [T],
) {
    let walk = Walk::new(shape, window, image.len(), patches.len());
    for (place, patch) in patches.chunks_exact_mut(walk.taps).enumerate() {
        for (dy, run) in patch.chunks_exact_mut(walk.run).enumerate() {
            match walk.seen(place, dy) {
                Some(seen) => {
                    let (left, rest) = run.split_at_mut(seen.skip);
                    let (middle, right) = rest.split_at_mut(seen.len);
                    left.fill(T::zero());
                    middle.copy_from_slice(&image[seen.from..seen.from + seen.len]);
                    right.fill(T::zero());
                }
                None => run.fill(T::zero()),
            }
        }
    }
}
// ANCHOR_END: im2col

/// The adjoint of [`im2col`]: adds each number of the patches to the number of the
/// image that it was copied from. What came from the padding is dropped.
///
/// # Panics
///
/// As [`im2col`].
// ANCHOR: col2im
pub fn col2im<T: Real>(
    patches: &[T],
    shape: ImageShape,
    window: &Window,
    image: &mut [T],
) {
    let walk = Walk::new(shape, window, image.len(), patches.len());
    for (place, patch) in patches.chunks_exact(walk.taps).enumerate() {
        for (dy, run) in patch.chunks_exact(walk.run).enumerate() {
            if let Some(seen) = walk.seen(place, dy) {
                let middle = &run[seen.skip..seen.skip + seen.len];
                let pixels = &mut image[seen.from..seen.from + seen.len];
                pixels.iter_mut().zip(middle).for_each(|(sum, &g)| *sum += g);
            }
        }
    }
}
// ANCHOR_END: col2im

/// The places of a window on an image, in order.
struct Walk {
    shape: ImageShape,
    window: Window,
    /// Places in a row.
    across: usize,
    /// Numbers under the window in one row of pixels, and in all.
    run: usize,
    taps: usize,
}

/// Which part of a run lies on the image.
struct Seen {
    /// Numbers of the run that lie left of the image.
    skip: usize,
    /// Where in the image the rest begins, and how many numbers of it there are.
    from: usize,
    len: usize,
}

impl Walk {
    fn new(shape: ImageShape, window: &Window, image: usize, patches: usize) -> Self {
        let places = window.places(shape);
        let (down, across) = places.unwrap_or_else(|error| panic!("im2col: {error}"));
        let taps = window.taps(shape.channels);
        assert_eq!(image, shape.len(), "im2col: numbers of the image");
        assert_eq!(patches, taps * down * across, "im2col: numbers of the patches");
        let run = window.kernel.1 * shape.channels;
        Self { shape, window: *window, across, run, taps }
    }

    fn seen(&self, place: usize, dy: usize) -> Option<Seen> {
        let (shape, window) = (&self.shape, &self.window);
        let (row, column) = (place / self.across, place % self.across);
        let y = (row * window.stride.0 + dy).checked_sub(window.padding.0)?;
        if y >= shape.height {
            return None;
        }
        // in padded pixels: the window from `left`, the image from `padding`
        let (left, padding) = (column * window.stride.1, window.padding.1);
        let from = left.max(padding);
        let to = (left + window.kernel.1).min(padding + shape.width);
        (from < to).then(|| Seen {
            skip: (from - left) * shape.channels,
            from: shape.index(y, from - padding, 0),
            len: (to - from) * shape.channels,
        })
    }
}
