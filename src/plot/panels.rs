//! Several pictures side by side in one.

use super::Svg;
use super::canvas::{Canvas, Picture, render};
use super::pen::SCALE;

/// Pictures in rows and columns. Give each a title that says what differs.
///
/// ```
/// use gradbook::plot::{Axis, Chart, Panels, Role};
///
/// let mut panels = Panels::new(3);
/// for (name, rate) in [("too small", 0.1), ("right", 0.5), ("too large", 1.05)] {
///     let walk = (0..8).map(|t| (f64::from(t), (1.0f64 - 2.0 * rate).powi(t)));
///     let chart = Chart::new(Axis::new("step", ""), Axis::new("weight", ""));
///     let chart = chart.line(Role::Weights, "", walk).title(name);
///     panels = panels.add(chart.size(240, 200));
/// }
/// assert!(panels.svg().as_str().contains("too large"));
/// ```
pub struct Panels {
    columns: usize,
    pictures: Vec<Box<dyn Picture>>,
}

/// The space between panels, in device units.
const GAP: i32 = 14 * SCALE;

impl Panels {
    /// No pictures yet, so many to a row.
    pub fn new(columns: usize) -> Self {
        Panels { columns: columns.max(1), pictures: Vec::new() }
    }

    /// Adds a picture, to the right or at the start of the next row.
    #[allow(clippy::should_implement_trait)]
    pub fn add(mut self, picture: impl Picture + 'static) -> Self {
        self.pictures.push(Box::new(picture));
        self
    }

    /// The picture of them all.
    pub fn svg(&self) -> Svg {
        render(self)
    }

    /// The widths of the columns and the heights of the rows, in device units.
    fn extents(&self) -> (Vec<i32>, Vec<i32>) {
        let rows = self.pictures.len().div_ceil(self.columns);
        let columns = self.columns.min(self.pictures.len());
        let (mut widths, mut heights) = (vec![0; columns], vec![0; rows]);
        for (i, picture) in self.pictures.iter().enumerate() {
            let (width, height) = picture.size();
            let (row, column) = (i / self.columns, i % self.columns);
            widths[column] = widths[column].max(width as i32 * SCALE);
            heights[row] = heights[row].max(height as i32 * SCALE);
        }
        (widths, heights)
    }
}

impl Picture for Panels {
    fn size(&self) -> (u32, u32) {
        let whole = |extents: &[i32]| {
            let gaps = GAP * extents.len().saturating_sub(1) as i32;
            (extents.iter().sum::<i32>() + gaps) / SCALE
        };
        let (widths, heights) = self.extents();
        (whole(&widths).max(1) as u32, whole(&heights).max(1) as u32)
    }

    fn draw(&self, canvas: &Canvas) {
        let (widths, heights) = self.extents();
        let before = |extents: &[i32], i: usize| -> i32 {
            extents[..i].iter().map(|extent| extent + GAP).sum()
        };
        for (i, picture) in self.pictures.iter().enumerate() {
            let (row, column) = (i / self.columns, i % self.columns);
            let (x, y) = (before(&widths, column), before(&heights, row));
            let (width, height) = picture.size();
            let (width, height) = (width as i32 * SCALE, height as i32 * SCALE);
            let aside = (widths[column] - width) / 2;
            picture.draw(&canvas.part(x + aside, y, width, height));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::super::{Axis, Chart, Images, Role};
    use super::*;

    #[test]
    fn six_panels_stand_in_two_rows() {
        let mut panels = Panels::new(3);
        for i in 0..5 {
            let chart = Chart::new(Axis::new("x", "m"), Axis::new("y", "s"))
                .line(Role::Loss, "loss", [(0.0, f64::from(i)), (1.0, 2.0)])
                .title(format!("panel {i}"))
                .size(220, 180);
            panels = panels.add(chart);
        }
        let panels =
            panels.add(Images::new(1).add("a digit", 2, &[0.0, 1.0, 1.0, 0.0]));
        let svg = panels.svg();
        check(&svg, &["panel 0", "panel 4", "a digit", "y (s)"], 30_000);
        assert_eq!(svg.device_size(), (3 * 440 + 2 * GAP as u32, 2 * 360 + GAP as u32));
    }

    #[test]
    fn no_panels_are_an_empty_picture() {
        check(&Panels::new(0).svg(), &[], 1_000);
    }
}
