//! Numbers as shades: what heat maps and images have in common.

use std::collections::BTreeMap;

use plotters::style::RGBColor;

use super::canvas::Canvas;
use super::pen::{Cell, Paint};
use super::style::INK;

/// How many shades there are between nothing and full.
const STEPS: f64 = 16.0;

/// A color as one number, and its shade.
type Kind = (u32, u8);

/// Places of cells, `(x, y, width, height)`, gathered by paint so that each paint
/// needs one path.
#[derive(Default)]
pub(super) struct Cells {
    kinds: BTreeMap<Kind, Vec<Cell>>,
}

impl Cells {
    /// A row of cells side by side, each `width` wide; equal neighbors become one.
    pub(super) fn row(
        &mut self,
        (x, y): (i32, i32),
        (width, height): (i32, i32),
        paints: impl IntoIterator<Item = Option<(RGBColor, f64)>>,
    ) {
        let mut open: Option<(Kind, i32, i32)> = None;
        let steps = paints.into_iter().map(|paint| {
            let (RGBColor(r, g, b), strength) = paint?;
            let step = (strength.clamp(0.0, 1.0) * STEPS).round() as u8;
            (step > 0).then_some((u32::from_be_bytes([0, r, g, b]), step))
        });
        for (i, kind) in steps.chain([None]).enumerate() {
            let at = x + i as i32 * width;
            match (&mut open, kind) {
                (Some((same, _, end)), Some(kind)) if *same == kind => {
                    *end = at + width
                }
                (_, kind) => {
                    if let Some((kind, start, end)) = open.take() {
                        let cell = (start, y, end - start, height);
                        self.kinds.entry(kind).or_default().push(cell);
                    }
                    open = kind.map(|kind| (kind, at, at + width));
                }
            }
        }
    }

    /// Draws them all.
    pub(super) fn draw(&self, canvas: &Canvas) {
        for ((color, step), cells) in &self.kinds {
            let [_, r, g, b] = color.to_be_bytes();
            let fill = Paint::faint(RGBColor(r, g, b), f64::from(*step) / STEPS);
            canvas.ink(|pen| pen.cells(cells, fill));
        }
    }
}

/// How a number becomes a color and its strength.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scale {
    /// From `low` (nothing) to `high` (full).
    Sequential { color: RGBColor, low: f64, high: f64 },
    /// Positive in the color, negative in ink, zero nothing.
    Diverging { color: RGBColor, most: f64 },
}

impl Scale {
    /// The color and strength of a value; none for NaN.
    pub(super) fn paint(self, value: f64) -> Option<(RGBColor, f64)> {
        if value.is_nan() {
            return None;
        }
        Some(match self {
            Scale::Sequential { color, low, high } => {
                let span = high - low;
                (color, if span > 0.0 { (value - low) / span } else { 0.0 })
            }
            Scale::Diverging { color, most } => {
                let strength = if most > 0.0 { value.abs() / most } else { 0.0 };
                (if value < 0.0 { INK } else { color }, strength)
            }
        })
    }
}

/// The least and greatest finite values; 0 and 1 if there are none.
pub(super) fn extremes(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    if low <= high { (low, high) } else { (0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_neighbors_become_one_cell() {
        let mut cells = Cells::default();
        let (a, b) = (Some((INK, 1.0)), Some((INK, 0.5)));
        cells.row((10, 0), (5, 5), [a, a, None, b, a, Some((INK, 0.0))]);
        let all: Vec<_> = cells.kinds.values().flatten().copied().collect();
        assert_eq!(all, [(25, 0, 5, 5), (10, 0, 10, 5), (30, 0, 5, 5)]);
    }

    #[test]
    fn scales_know_nothing_half_and_full() {
        let color = RGBColor(1, 1, 1);
        let s = Scale::Sequential { color, low: 2.0, high: 4.0 };
        assert_eq!(s.paint(3.0), Some((color, 0.5)));
        assert_eq!(s.paint(f64::NAN), None);
        let d = Scale::Diverging { color, most: 2.0 };
        assert_eq!(d.paint(-1.0), Some((INK, 0.5)));
        assert_eq!(d.paint(2.0), Some((color, 1.0)));
        assert_eq!(extremes([f64::NAN]), (0.0, 1.0));
    }
}
