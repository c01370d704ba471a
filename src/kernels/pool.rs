//! Max pooling: the largest number under a window, channel by channel.

use std::ops::Range;

use multiversion::multiversion;

use crate::kernels::{ImageShape, Window};
use crate::real::Real;

/// Channels that are compared at once.
const BLOCK: usize = 8;

/// No number has been chosen yet.
const NONE: u32 = u32::MAX;

/// Writes the largest number under the window at each place, for each channel, and
/// which number of the image it is: the first of equals in reading order. Padding is
/// never chosen; a NaN always is.
///
/// # Panics
///
/// When the window does not fit on the image, could lie outside it altogether, or a
/// slice is not of the size that the shapes give.
pub fn max_pool<T: Real>(
    image: &[T],
    shape: ImageShape,
    window: &Window,
    output: &mut [T],
    chosen: &mut [u32],
) {
    let places = window.places(shape);
    let places = places.unwrap_or_else(|error| panic!("max_pool: {error}"));
    let (kernel, padding) = (window.kernel, window.padding);
    let halves = (kernel.0 / 2, kernel.1 / 2);
    assert!(padding.0 <= halves.0 && padding.1 <= halves.1, "max_pool: padding");
    let count = places.0 * places.1 * shape.channels;
    assert_eq!(image.len(), shape.len(), "max_pool: numbers of the image");
    assert_eq!(output.len(), count, "max_pool: numbers of the output");
    assert_eq!(chosen.len(), count, "max_pool: chosen numbers");
    walk(image, shape, window, places, output, chosen);
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn walk<T: Real>(
    image: &[T],
    shape: ImageShape,
    window: &Window,
    (down, across): (usize, usize),
    output: &mut [T],
    chosen: &mut [u32],
) {
    let mut at = 0;
    for row in 0..down {
        let ys = window.rows(row, shape);
        for column in 0..across {
            let xs = window.columns(column, shape);
            for c in (0..shape.channels).step_by(BLOCK) {
                let len = (shape.channels - c).min(BLOCK);
                let under = (ys.clone(), xs.clone(), c..c + len);
                let (most, which) = largest(image, shape, under);
                put(most, &mut output[at..], len);
                put(which, &mut chosen[at..], len);
                at += len;
            }
        }
    }
}

// ANCHOR: largest
/// The largest of these channels over these rows and columns of the image, and where
/// each is. All of a block is compared: what is too much belongs to the next pixel.
#[inline(always)]
fn largest<T: Real>(
    image: &[T],
    shape: ImageShape,
    (ys, xs, channels): (Range<usize>, Range<usize>, Range<usize>),
) -> ([T; BLOCK], [u32; BLOCK]) {
    let (mut most, mut which) = ([T::zero(); BLOCK], [NONE; BLOCK]);
    for y in ys {
        for x in xs.clone() {
            let start = shape.index(y, x, channels.start);
            let mut pixel = [T::zero(); BLOCK];
            match image[start..].first_chunk() {
                Some(block) => pixel = *block,
                None => {
                    let rest = &image[start..start + channels.len()];
                    pixel[..channels.len()].copy_from_slice(rest);
                }
            }
            for i in 0..BLOCK {
                let wins = (which[i] == NONE) | (pixel[i] > most[i]) | is_nan(pixel[i]);
                most[i] = if wins { pixel[i] } else { most[i] };
                which[i] = if wins { (start + i) as u32 } else { which[i] };
            }
        }
    }
    (most, which)
}
// ANCHOR_END: largest

/// Writes `len` entries, or the whole block where there is room: the surplus falls
/// where the next pixel goes, which is written later and covers it.
#[inline(always)]
fn put<U: Copy>(block: [U; BLOCK], to: &mut [U], len: usize) {
    match to.first_chunk_mut() {
        Some(target) => *target = block,
        None => to[..len].copy_from_slice(&block[..len]),
    }
}

#[inline(always)]
#[expect(clippy::eq_op, reason = "only a NaN differs from itself")]
fn is_nan<T: Real>(x: T) -> bool {
    x != x
}
