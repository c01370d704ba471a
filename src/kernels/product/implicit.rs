//! The product of a convolution whose matrix of patches is never written.
//!
//! What a window sees is a few lines of the image, and from one place to the next it
//! moves by a fixed number of numbers. So the image itself, read with the right steps,
//! is the matrix of its patches: the same tiles work on it.

use super::blocks::put_turned;
use super::buffer;
use super::plan::part;
use super::rungs::{Rung, Rungs};
use super::tile::Strip;

/// The patches of an image, as the image holds them. Padding is part of the image.
#[derive(Clone, Copy, Debug)]
pub struct Patches<'a, T> {
    /// The image, line after line.
    pub image: &'a [T],
    /// Places of the window, down and across, and the steps from one to the next.
    pub places: (usize, usize),
    pub steps: (usize, usize),
    /// What lies under it: so many lines of so many numbers, and the step from the
    /// beginning of a line to that of the next.
    pub lines: usize,
    pub run: usize,
    pub line_step: usize,
}

impl<T> Patches<'_, T> {
    /// Where the last number of the last patch lies.
    fn last(&self) -> usize {
        let Self { places, steps, lines, run, line_step, .. } = *self;
        (places.0 - 1) * steps.0
            + (places.1 - 1) * steps.1
            + (lines - 1) * line_step
            + (run - 1)
    }

    /// The same patches of an image that is known to hold numbers of another type.
    pub(super) fn of<U>(self, image: &[U]) -> Patches<'_, U> {
        let Self { places, steps, lines, run, line_step, .. } = self;
        Patches { image, places, steps, lines, run, line_step }
    }

    /// Places whose rows follow each other without a gap are one row.
    fn in_one_row(self) -> Self {
        let Self { places, steps, .. } = self;
        match steps.0 == places.1 * steps.1 {
            true => Self { places: (1, places.0 * places.1), ..self },
            false => self,
        }
    }
}

/// `outputs = weight . patches + bias`, the bias added in each column: `weight` is
/// filters x (lines run), `outputs` filters x places, column by column.
pub(super) fn product<T: Rungs>(
    rung: &Rung<T>,
    weight: &[T],
    bias: &[T],
    patches: Patches<'_, T>,
    outputs: &mut [T],
) {
    let Patches { places, lines, run, line_step, .. } = patches;
    let filters = bias.len();
    let sizes = [filters, places.0, places.1, lines, run];
    assert!(!sizes.contains(&0) && run <= line_step, "patches: a size");
    assert!(patches.last() < patches.image.len(), "patches: numbers of the image");
    assert_eq!(weight.len(), filters * lines * run, "patches: weights");
    assert_eq!(outputs.len(), filters * places.0 * places.1, "patches: outputs");
    let patches = patches.in_one_row();
    let across = patches.places.1;
    // Registers for a line of places or for the filters of a place: whatever fills
    // them better. A turned result has to be put in its place number by number.
    let taps = lines * run;
    let along_places =
        across.div_ceil(rung.lanes) * filters * taps / 2 + filters * across;
    let along_filters = filters.div_ceil(rung.lanes) * across * taps / 2;
    let neighbors = patches.steps.1 == 1;
    // Sound: the sizes were compared above, and the rung was asked whether it runs.
    unsafe {
        if neighbors && along_places < along_filters {
            turned(rung, weight, bias, patches, outputs);
        } else {
            plain(rung, weight, bias, patches, outputs);
        }
    }
}

// ANCHOR: implicit
/// Filters along the registers: the tile multiplies them with numbers that it reads in
/// the image, where a number of a patch is the same step away from each place.
///
/// # Safety
///
/// The machine can run the rung. The patches lie in the image; there are as many
/// biases, weights for each number of a patch, and outputs for each place.
unsafe fn plain<T: Rungs>(
    rung: &Rung<T>,
    weight: &[T],
    bias: &[T],
    patches: Patches<'_, T>,
    outputs: &mut [T],
) {
    let Patches { image, places, steps, lines, run, line_step } = patches;
    let filters = bias.len();
    let strips = if filters <= rung.lanes { rung.flat_strips } else { rung.strips };
    let wide = part(places.1, strips.len(), 1);
    for (row, outputs) in outputs.chunks_exact_mut(filters * places.1).enumerate() {
        for (chunk, outputs) in outputs.chunks_mut(filters * wide).enumerate() {
            let from = row * steps.0 + chunk * wide * steps.1;
            let strip = Strip {
                lines,
                inner: run,
                rows: filters,
                a: weight.as_ptr(),
                a_inner: filters,
                a_line: 0,
                a_tile: 2 * rung.lanes,
                b: image[from..].as_ptr(),
                b_inner: 1,
                b_line: line_step - run,
                b_column: steps.1,
                c: outputs.as_mut_ptr(),
                c_column: filters,
                old: bias.as_ptr(),
                old_column: 0,
                beta: nalgebra::one(),
            };
            // Sound: the strip has a column for each place of the chunk.
            unsafe { strips[outputs.len() / filters - 1](&strip) }
        }
    }
}
// ANCHOR_END: implicit

/// A line of places along the registers, for a few filters at once. The places' pixels
/// must be neighbors.
///
/// # Safety
///
/// As [`plain`], and the step from place to place in a line is 1.
unsafe fn turned<T: Rungs>(
    rung: &Rung<T>,
    weight: &[T],
    bias: &[T],
    patches: Patches<'_, T>,
    outputs: &mut [T],
) {
    let Patches { image, places, steps, lines, run, line_step } = patches;
    let filters = bias.len();
    let strips = if places.1 <= rung.lanes { rung.flat_strips } else { rung.strips };
    let wide = part(filters, strips.len(), 1);
    buffer::lend(places.1 * wide, |room: *mut T| {
        for (row, outputs) in outputs.chunks_exact_mut(filters * places.1).enumerate() {
            for first in (0..filters).step_by(wide) {
                let columns = wide.min(filters - first);
                let strip = Strip {
                    lines,
                    inner: run,
                    rows: places.1,
                    a: image[row * steps.0..].as_ptr(),
                    a_inner: 1,
                    a_line: line_step - run,
                    a_tile: 2 * rung.lanes,
                    b: weight[first..].as_ptr(),
                    b_inner: filters,
                    b_line: 0,
                    b_column: 1,
                    c: room,
                    c_column: places.1,
                    old: bias.as_ptr(),
                    old_column: 0,
                    beta: nalgebra::zero(),
                };
                let size = (places.1, columns);
                let bias = (bias[first..].as_ptr(), 0);
                let to = (outputs[first..].as_mut_ptr(), filters);
                // Sound: the room holds a column of places for each of `wide` filters;
                // the outputs of a row are `filters` numbers for each place, and the
                // biases as many for all of them.
                unsafe {
                    strips[columns - 1](&strip);
                    put_turned(room, size, nalgebra::one(), bias, to);
                }
            }
        }
    });
}
