//! im2col and col2im: what a sliding window sees, as a matrix, and the way back.
//!
//! One column of the matrix is one place of the window, one row is one of the numbers
//! under it, ordered (down, across, channel). A convolution is then one product of the
//! filters with this matrix. Numbers outside the image, in the padding, are 0.
//!
//! Channels lie side by side, so what a window sees of one row of pixels is one run of
//! `width of the window * channels` numbers, which is copied as a whole.

use std::ops::Range;

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
        _ => unfold::<T, 0>(image, &walk, patches),
    }
}

/// Run by run from left to right, each copied as one block of BLOCK numbers.
fn unfold<T: Real, const BLOCK: usize>(image: &[T], walk: &Walk, patches: &mut [T]) {
    let (run, line) = (walk.run, walk.line);
    walk.each_place(|place, view| match view {
        View::Whole { from } => {
            let (image, patches) = (&image[from..], &mut patches[place * walk.taps..]);
            copy_lines::<T, BLOCK>(image, line, patches, run, walk.lines);
        }
        View::Part { mut from, above, lines, left, len } => {
            let (begin, end) = (place * walk.taps, (place + 1) * walk.taps);
            let mut at = begin + above * run;
            patches[begin..at].fill(T::zero());
            for _ in 0..lines {
                zeros::<T, BLOCK>(patches, at, left);
                copy::<T, BLOCK>(image, from, patches, at + left, len);
                zeros::<T, BLOCK>(patches, at + left + len, run - left - len);
                (at, from) = (at + run, from + line);
            }
            patches[at..end].fill(T::zero());
        }
    });
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
    let (run, line) = (walk.run, walk.line);
    walk.each_place(|place, view| {
        let patch = &patches[place * walk.taps..(place + 1) * walk.taps];
        match view {
            View::Whole { mut from } => {
                for slopes in patch.chunks_exact(run) {
                    add(&mut image[from..from + run], slopes);
                    from += line;
                }
            }
            View::Part { from, above, lines, left, len } => {
                for y in 0..lines {
                    let (from, at) = (from + y * line, (above + y) * run + left);
                    add(&mut image[from..from + len], &patch[at..at + len]);
                }
            }
        }
    });
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
    if run > BLOCK
        || last * line + BLOCK > image.len()
        || last * run + BLOCK > patches.len()
    {
        for i in 0..lines {
            copy::<T, BLOCK>(image, i * line, patches, i * run, run);
        }
        return;
    }
    for i in 0..lines {
        // Sound: i is at most `last`, for which both blocks were just seen to end
        // within their slices; and one slice is mutable, so they do not overlap.
        unsafe {
            let source = image.as_ptr().add(i * line);
            let target = patches.as_mut_ptr().add(i * run);
            source.copy_to_nonoverlapping(target, BLOCK);
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

fn add<T: Real>(sums: &mut [T], slopes: &[T]) {
    sums.iter_mut().zip(slopes).for_each(|(sum, &g)| *sum += g);
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

/// What lies under the window at one place.
enum View {
    /// Nothing but the image, from this number on.
    Whole { from: usize },
    /// Some padding. The image begins `above` rows and `left` numbers into the window;
    /// of it there are `lines` times `len` numbers, the first of them `from`.
    Part { from: usize, above: usize, lines: usize, left: usize, len: usize },
}

impl Walk {
    fn new(shape: ImageShape, window: &Window, image: usize, patches: usize) -> Self {
        let places = window.places(shape);
        let places = places.unwrap_or_else(|error| panic!("im2col: {error}"));
        let taps = window.taps(shape.channels);
        let count = taps * places.0 * places.1;
        assert_eq!(image, shape.len(), "im2col: numbers of the image");
        assert_eq!(patches, count, "im2col: numbers of the patches");
        let run = window.kernel.1 * shape.channels;
        let line = shape.width * shape.channels;
        Self { shape, window: *window, places, run, lines: window.kernel.0, taps, line }
    }

    /// Calls `visit` with the number of each place and what lies under the window
    /// there. Most places lie inside: they have a short loop of their own.
    #[inline(always)]
    fn each_place(&self, mut visit: impl FnMut(usize, View)) {
        let Self { shape, window, places, .. } = *self;
        let (kernel, stride, padding) = (window.kernel, window.stride, window.padding);
        let down = inside(places.0, kernel.0, stride.0, padding.0, shape.height);
        let across = inside(places.1, kernel.1, stride.1, padding.1, shape.width);
        for row in 0..places.0 {
            let first = row * places.1;
            let whole = if down.contains(&row) { across.clone() } else { 0..0 };
            for column in 0..whole.start {
                visit(first + column, self.part(row, column));
            }
            for column in whole.clone() {
                let (y, x) =
                    (row * stride.0 - padding.0, column * stride.1 - padding.1);
                visit(first + column, View::Whole { from: shape.index(y, x, 0) });
            }
            for column in whole.end..places.1 {
                visit(first + column, self.part(row, column));
            }
        }
    }

    fn part(&self, row: usize, column: usize) -> View {
        let Self { shape, window, .. } = self;
        let (rows, columns) =
            (window.rows(row, *shape), window.columns(column, *shape));
        if rows.is_empty() || columns.is_empty() {
            return View::Part { from: 0, above: 0, lines: 0, left: 0, len: 0 };
        }
        let before = columns.start + window.padding.1 - column * window.stride.1;
        View::Part {
            from: shape.index(rows.start, columns.start, 0),
            above: rows.start + window.padding.0 - row * window.stride.0,
            lines: rows.len(),
            left: before * shape.channels,
            len: columns.len() * shape.channels,
        }
    }
}

/// Of the places in one direction, those where the window lies on the image as a whole.
fn inside(
    places: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    size: usize,
) -> Range<usize> {
    let start = padding.div_ceil(stride).min(places);
    let fits = |last: usize| (last / stride + 1).clamp(start, places);
    start..(padding + size).checked_sub(kernel).map_or(start, fits)
}
