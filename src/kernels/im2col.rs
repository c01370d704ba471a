//! im2col and col2im: what a sliding window sees, as a matrix, and the way back.
//!
//! One column of the matrix is one place of the window, one row is one of the numbers
//! under it, ordered (down, across, channel). A convolution is then one product of the
//! filters with this matrix. Numbers outside the image, in the padding, are 0.
//!
//! Channels lie side by side, so what a window sees of one row of pixels is one run of
//! `width of the window * channels` numbers, which is copied as a whole.

use std::ops::Range;

use multiversion::multiversion;

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
    match walk.run {
        0..=8 => unfold::<T, 8>(image, &walk, patches),
        9..=16 => unfold::<T, 16>(image, &walk, patches),
        17..=32 => unfold::<T, 32>(image, &walk, patches),
        33..=64 => unfold::<T, 64>(image, &walk, patches),
        _ => unfold::<T, 0>(image, &walk, patches),
    }
}

/// Run by run from left to right, each copied as one block of BLOCK numbers.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn unfold<T: Real, const BLOCK: usize>(image: &[T], walk: &Walk, patches: &mut [T]) {
    let (run, line, mut begin) = (walk.run, walk.line, 0);
    for row in 0..walk.places.0 {
        let inside = walk.inside(row);
        for column in 0..walk.places.1 {
            let end = begin + walk.taps;
            if inside.contains(&column) {
                let image = &image[walk.corner(row, column)..];
                let patches = &mut patches[begin..];
                copy_lines::<T, BLOCK>(image, line, patches, run, walk.lines);
            } else {
                let Part { mut from, above, lines, left, len } = walk.part(row, column);
                let mut at = begin + above * run;
                if begin < at {
                    patches[begin..at].fill(T::zero());
                }
                for _ in 0..lines {
                    zeros::<T, BLOCK>(patches, at, left);
                    copy::<T, BLOCK>(image, from, patches, at + left, len);
                    zeros::<T, BLOCK>(patches, at + left + len, run - left - len);
                    (at, from) = (at + run, from + line);
                }
                if at < end {
                    patches[at..end].fill(T::zero());
                }
            }
            begin = end;
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
    fold(patches, &walk, image);
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn fold<T: Real>(patches: &[T], walk: &Walk, image: &mut [T]) {
    let mut begin = 0;
    for row in 0..walk.places.0 {
        for column in 0..walk.places.1 {
            let Part { mut from, above, lines, left, len } = walk.part(row, column);
            let mut at = begin + above * walk.run + left;
            for _ in 0..lines {
                let (sums, slopes) = (&mut image[from..from + len], &patches[at..]);
                sums.iter_mut().zip(slopes).for_each(|(sum, &g)| *sum += g);
                (at, from) = (at + walk.run, from + walk.line);
            }
            begin += walk.taps;
        }
    }
}
// ANCHOR_END: col2im

// ANCHOR: copy
/// Copies `len` numbers, or a whole block: one move of a known size is faster than a
/// call for each short run. The surplus falls where the next run goes, which is written
/// later and covers it. Where a slice ends too soon the copy is exact.
#[inline(always)]
fn copy<T: Real, const BLOCK: usize>(
    image: &[T],
    from: usize,
    patches: &mut [T],
    to: usize,
    len: usize,
) {
    let source = image[from..].first_chunk::<BLOCK>();
    let target = patches[to..].first_chunk_mut::<BLOCK>();
    match (source, target) {
        (Some(source), Some(target)) if len <= BLOCK => *target = *source,
        _ => patches[to..to + len].copy_from_slice(&image[from..from + len]),
    }
}
// ANCHOR_END: copy

/// [`copy`] for all lines of a window, which are `line` apart in the image and `run`
/// apart in the patch.
#[inline(always)]
#[allow(unsafe_code)]
fn copy_lines<T: Real, const BLOCK: usize>(
    image: &[T],
    line: usize,
    patches: &mut [T],
    run: usize,
    lines: usize,
) {
    let last = lines - 1;
    let source = image.get(..last * line + BLOCK);
    let target = patches.get_mut(..last * run + BLOCK);
    if let (Some(source), Some(target), true) = (source, target, run <= BLOCK) {
        for i in 0..lines {
            // Sound: i is at most `last`, and the last block ends where the slice ends;
            // `target` is borrowed mutably, so it does not overlap `source`.
            unsafe {
                let source = source.as_ptr().add(i * line);
                source.copy_to_nonoverlapping(target.as_mut_ptr().add(i * run), BLOCK);
            }
        }
    } else {
        for i in 0..lines {
            copy::<T, BLOCK>(image, i * line, patches, i * run, run);
        }
    }
}

/// Writes `len` zeros, or a whole block, as [`copy`] does.
#[inline(always)]
fn zeros<T: Real, const BLOCK: usize>(patches: &mut [T], to: usize, len: usize) {
    match patches[to..].first_chunk_mut::<BLOCK>() {
        _ if len == 0 => {}
        Some(target) if len <= BLOCK => *target = [T::zero(); BLOCK],
        _ => patches[to..to + len].fill(T::zero()),
    }
}

/// The places of a window on an image, in order.
struct Walk {
    shape: ImageShape,
    window: Window,
    /// Places down and across.
    places: (usize, usize),
    /// Numbers under the window in one row of pixels, rows of pixels, numbers in all.
    run: usize,
    lines: usize,
    taps: usize,
    /// Numbers in a row of the image.
    line: usize,
}

/// What of the image lies under the window at one place: `lines` runs of `len` numbers,
/// the first of them at `from`. They begin `above` rows and `left` numbers into the
/// window.
struct Part {
    from: usize,
    above: usize,
    lines: usize,
    left: usize,
    len: usize,
}

impl Walk {
    fn new(shape: ImageShape, window: &Window, image: usize, patches: usize) -> Self {
        let places = window.places(shape);
        let places = places.unwrap_or_else(|error| panic!("im2col: {error}"));
        let taps = window.taps(shape.channels);
        let count = taps * places.0 * places.1;
        assert_eq!(image, shape.len(), "im2col: numbers of the image");
        assert_eq!(patches, count, "im2col: numbers of the patches");
        Self {
            shape,
            window: *window,
            places,
            run: window.kernel.1 * shape.channels,
            lines: window.kernel.0,
            taps,
            line: shape.width * shape.channels,
        }
    }

    /// The places of this row where nothing but the image lies under the window.
    #[inline(always)]
    fn inside(&self, row: usize) -> Range<usize> {
        let Self { shape, window, places, .. } = self;
        let ((_, kernel), (_, stride)) = (window.kernel, window.stride);
        let (padding, rows) = (window.padding.1, window.rows(row, *shape));
        if rows.len() < window.kernel.0 || shape.width + padding < kernel {
            return 0..0;
        }
        let last = (shape.width + padding - kernel) / stride;
        padding.div_ceil(stride)..(last + 1).min(places.1)
    }

    /// Where in the image the window begins, at a place inside.
    #[inline(always)]
    fn corner(&self, row: usize, column: usize) -> usize {
        let Window { stride, padding, .. } = self.window;
        self.shape.index(row * stride.0 - padding.0, column * stride.1 - padding.1, 0)
    }

    #[inline(always)]
    fn part(&self, row: usize, column: usize) -> Part {
        let Self { shape, window, .. } = self;
        let (rows, columns) =
            (window.rows(row, *shape), window.columns(column, *shape));
        if rows.is_empty() || columns.is_empty() {
            return Part { from: 0, above: 0, lines: 0, left: 0, len: 0 };
        }
        let before = columns.start + window.padding.1 - column * window.stride.1;
        Part {
            from: shape.index(rows.start, columns.start, 0),
            above: rows.start + window.padding.0 - row * window.stride.0,
            lines: rows.len(),
            left: before * shape.channels,
            len: columns.len() * shape.channels,
        }
    }
}
