//! Heat maps: a matrix as shades, with its numbers if they fit.

use plotters::style::RGBColor;
use plotters_backend::text_anchor::HPos;

use super::Svg;
use super::axis::{Axis, number};
use super::canvas::{Canvas, Picture, SMALL, TEXT, render};
use super::cells::{Cells, Scale, extremes};
use super::pen::{Letters, Paint, SCALE, Stroke, text_width};
use super::style::{INK, Role};

/// A matrix drawn as shades. The stronger the color, the larger the number.
///
/// ```
/// use gradbook::plot::{Axis, Heatmap};
///
/// let share = [[1.0, 0.3], [0.2, 1.0]];
/// let value = Axis::new("correlation", "");
/// let svg = Heatmap::new("feature", "feature", value, (2, 2), |r, c| share[r][c])
///     .row_labels(&["length", "width"])
///     .column_labels(&["length", "width"])
///     .decimals(1)
///     .svg();
/// assert!(svg.as_str().contains(">0.3<"));
/// ```
#[derive(Clone, Debug)]
pub struct Heatmap {
    rows: String,
    columns: String,
    value: Axis,
    n: (usize, usize),
    values: Vec<f64>,
    row_labels: Vec<String>,
    column_labels: Vec<String>,
    shading: Shading,
    range: Option<(f64, f64)>,
    decimals: Option<usize>,
    title: String,
    size: Option<(u32, u32)>,
    frames: Vec<Frame>,
}

/// A rectangle of cells that is drawn around.
#[derive(Clone, Copy, Debug)]
struct Frame {
    corner: (usize, usize),
    cells: (usize, usize),
    role: Role,
}

#[derive(Clone, Copy, Debug)]
enum Shading {
    Sequential(Role),
    Diverging(Role),
    /// Rights in the color of data, as shares of their row; wrongs in the color of
    /// losses, as shares of the greatest wrong.
    Confusion,
}

impl Heatmap {
    /// A matrix of `(rows, columns)` numbers: what its rows and its columns are, what
    /// the numbers mean, and the numbers themselves.
    pub fn new(
        rows: &str,
        columns: &str,
        value: Axis,
        n: (usize, usize),
        mut f: impl FnMut(usize, usize) -> f64,
    ) -> Self {
        let at = |i: usize| (i / n.1.max(1), i % n.1.max(1));
        let values = (0..n.0 * n.1).map(at).map(|(r, c)| f(r, c)).collect();
        let numbered = |n: usize| (0..n).map(|i| i.to_string()).collect();
        Heatmap {
            rows: rows.to_string(),
            columns: columns.to_string(),
            value,
            n,
            values,
            row_labels: numbered(n.0),
            column_labels: numbered(n.1),
            shading: Shading::Sequential(Role::Data),
            range: None,
            decimals: None,
            title: String::new(),
            size: None,
            frames: Vec::new(),
        }
    }

    /// A confusion matrix: how many examples of each true class (row) were given each
    /// class (column). Rights are shaded by their share of the row, mistakes by their
    /// share of the most frequent mistake, in the color of losses.
    ///
    /// ```
    /// use gradbook::plot::Heatmap;
    ///
    /// let counts = [[48, 2], [5, 45]];
    /// let svg = Heatmap::confusion(&["cat", "dog"], |t, p| counts[t][p]).svg();
    /// assert!(svg.as_str().contains("predicted class"));
    /// ```
    pub fn confusion<S: AsRef<str>>(
        classes: &[S],
        mut count: impl FnMut(usize, usize) -> usize,
    ) -> Self {
        let n = (classes.len(), classes.len());
        let value = Axis::new("examples", "");
        let counts = |r: usize, c: usize| count(r, c) as f64;
        let mut map = Heatmap::new("true class", "predicted class", value, n, counts)
            .row_labels(classes)
            .column_labels(classes)
            .decimals(0);
        map.shading = Shading::Confusion;
        map
    }

    /// Names of the rows, from the top.
    pub fn row_labels<S: AsRef<str>>(mut self, labels: &[S]) -> Self {
        self.row_labels =
            labels.iter().map(|label| label.as_ref().to_string()).collect();
        self
    }

    /// Names of the columns, from the left.
    pub fn column_labels<S: AsRef<str>>(mut self, labels: &[S]) -> Self {
        self.column_labels = labels.iter().map(|s| s.as_ref().to_string()).collect();
        self
    }

    /// The color of the shades; that of data, unless this says otherwise.
    pub fn role(mut self, role: Role) -> Self {
        self.shading = Shading::Sequential(role);
        self
    }

    /// For numbers of both signs: positive in the role's color, negative in ink, zero
    /// not shaded at all.
    pub fn diverging(mut self, role: Role) -> Self {
        self.shading = Shading::Diverging(role);
        self
    }

    /// The values that get no shade and full shade; without it, the least and the
    /// greatest (for numbers of both signs, plus and minus the greatest in size).
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Writes the number into each cell with so many decimals. Without it a scale
    /// beside the map says what the shades mean.
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = Some(decimals);
        self
    }

    /// A line of bold text above.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Another width and height, in pixels as shown.
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = Some((width.max(120), height.max(120)));
        self
    }

    /// A frame in the role's color around some cells: the row and the column of the
    /// first, and how many down and across.
    pub fn framed(
        mut self,
        corner: (usize, usize),
        cells: (usize, usize),
        role: Role,
    ) -> Self {
        self.frames.push(Frame { corner, cells, role });
        self
    }

    /// The picture.
    pub fn svg(&self) -> Svg {
        render(self)
    }

    fn scale(&self) -> Scale {
        let (low, high) =
            self.range.unwrap_or_else(|| extremes(self.values.iter().copied()));
        match self.shading {
            Shading::Diverging(role) => Scale::Diverging {
                color: role.color(),
                most: low.abs().max(high.abs()),
            },
            Shading::Sequential(role) => {
                Scale::Sequential { color: role.color(), low, high }
            }
            Shading::Confusion => Scale::Sequential { color: INK, low, high },
        }
    }

    /// The color and strength of one cell.
    fn paint(&self, row: usize, column: usize) -> Option<(RGBColor, f64)> {
        let value = self.values[row * self.n.1 + column];
        if !matches!(self.shading, Shading::Confusion) {
            // Numbers must stay readable on ink, so the shades below them are pale.
            let pale = match (self.shading, self.decimals) {
                (Shading::Diverging(_), Some(_)) => 0.4,
                _ => 1.0,
            };
            let paint = self.scale().paint(value)?;
            return Some((paint.0, pale * paint.1.min(1.0)));
        }
        let of_row: f64 = self.values[row * self.n.1..][..self.n.1].iter().sum();
        let wrongs = (0..self.values.len()).filter(|i| i / self.n.1 != i % self.n.1);
        let most = wrongs.map(|i| self.values[i]).fold(0.0, f64::max);
        let (role, whole) =
            if row == column { (Role::Data, of_row) } else { (Role::Loss, most) };
        let strength = if whole > 0.0 { 0.85 * value / whole } else { 0.0 };
        // Every mistake is seen, however rare.
        let least = if row != column && value > 0.0 { 0.2 } else { 0.0 };
        Some((role.color(), strength.max(least)))
    }

    /// The size of cells and where the first one lies, in device units.
    fn layout(&self, width: i32, height: i32) -> Layout {
        let widest = |labels: &[String]| {
            labels.iter().map(|label| text_width(label, SMALL)).max().unwrap_or(0)
        };
        let left = TEXT + 20 + widest(&self.row_labels) + 12;
        let right = if self.decimals.is_some() { 4 } else { 40 + self.scale_width() };
        let (rows, columns) = (self.n.0.max(1) as i32, self.n.1.max(1) as i32);
        let across = (width - left - right) / columns;
        let upright = widest(&self.column_labels) + 8 > across;
        let label = if upright { widest(&self.column_labels) } else { SMALL };
        let below = 14 + label + 14 + TEXT + 8;
        let down = (height - below - 4) / rows;
        // Cells are square unless that leaves no room for their numbers.
        let side = across.min(down).max(2);
        let (w, h) = if self.size.is_some() {
            (across.max(2), down.max(2))
        } else {
            (side, side)
        };
        let spare = (width - left - right - w * columns).max(0);
        Layout { x: left + spare / 2, y: 4, w, h, upright, label, below }
    }

    fn scale_width(&self) -> i32 {
        let labels = self.scale_labels();
        30 + 10
            + labels.iter().map(|(_, t)| text_width(t, SMALL)).max().unwrap_or(0)
            + TEXT
            + 16
    }

    /// Marks beside the scale: how far up, and what the value is there.
    fn scale_labels(&self) -> Vec<(f64, String)> {
        let (low, high) = match self.scale() {
            Scale::Sequential { low, high, .. } => (low, high),
            Scale::Diverging { most, .. } => (-most, most),
        };
        let step = (high - low).abs() / 40.0;
        [0.0, 0.5, 1.0]
            .into_iter()
            .map(|t| {
                (t, number(low + t * (high - low), if step > 0.0 { step } else { 1.0 }))
            })
            .collect()
    }

    fn draw_cells(&self, canvas: &Canvas, at: &Layout) {
        let mut cells = Cells::default();
        for row in 0..self.n.0 {
            let corner = (canvas.x + at.x, canvas.y + at.y + row as i32 * at.h);
            cells.row(corner, (at.w, at.h), (0..self.n.1).map(|c| self.paint(row, c)));
        }
        cells.draw(canvas);
        let (width, height) = (at.w * self.n.1 as i32, at.h * self.n.0 as i32);
        let outline = Stroke::new(Paint::faint(INK, 0.35), 2);
        let card = (canvas.x + at.x, canvas.y + at.y, width, height);
        canvas.ink(|pen| pen.card(card, 0, None, Some(outline)));
    }

    fn draw_frames(&self, canvas: &Canvas, at: &Layout) {
        for frame in &self.frames {
            let (down, across) = frame.cells;
            let card = (
                canvas.x + at.x + frame.corner.1 as i32 * at.w,
                canvas.y + at.y + frame.corner.0 as i32 * at.h,
                across as i32 * at.w,
                down as i32 * at.h,
            );
            let outline = Stroke::new(frame.role.color(), 3 * SCALE);
            canvas.ink(|pen| pen.card(card, 0, None, Some(outline)));
        }
    }

    fn draw_numbers(&self, canvas: &Canvas, at: &Layout, decimals: usize) {
        let step = 10f64.powi(-(decimals as i32));
        let texts: Vec<String> = self.values.iter().map(|v| number(*v, step)).collect();
        let widest = texts.iter().map(|text| text_width(text, 100)).max().unwrap_or(0);
        let fits = (100 * (at.w - 8) / widest.max(1)).min(SMALL).min(at.h - 4);
        if fits < 8 * SCALE {
            return;
        }
        for (i, text) in texts.iter().enumerate() {
            let (row, column) = (i / self.n.1, i % self.n.1);
            if self.values[i].is_nan() {
                continue;
            }
            let (color, strength) = self.paint(row, column).unwrap_or((INK, 0.0));
            let mut letters = Letters::new(fits, HPos::Center);
            letters.paint = contrast(color, strength);
            if matches!(self.shading, Shading::Confusion) && self.values[i] == 0.0 {
                letters.paint = Paint::faint(INK, 0.45);
            }
            let x = canvas.x + at.x + column as i32 * at.w + at.w / 2;
            let y = canvas.y + at.y + row as i32 * at.h + at.h / 2 + fits * 35 / 100;
            canvas.ink(|pen| pen.text(text, (x, y), letters));
        }
    }

    fn draw_labels(&self, canvas: &Canvas, at: &Layout) {
        let bottom = canvas.y + at.y + at.h * self.n.0 as i32;
        let skip = ((SMALL + 1) / at.h.max(1) + 1) as usize;
        for (row, label) in
            self.row_labels.iter().enumerate().take(self.n.0).step_by(skip)
        {
            let y = canvas.y + at.y + row as i32 * at.h + at.h / 2 + SMALL * 35 / 100;
            let letters = Letters::new(SMALL, HPos::Right);
            canvas.ink(|pen| pen.text(label, (canvas.x + at.x - 12, y), letters));
        }
        let skip =
            if at.upright { ((SMALL + 1) / at.w.max(1) + 1) as usize } else { 1 };
        let columns = self.column_labels.iter().enumerate().take(self.n.1);
        for (column, label) in columns.step_by(skip) {
            let x = canvas.x + at.x + column as i32 * at.w + at.w / 2;
            let (align, turn, at) = if at.upright {
                (HPos::Right, -90, (x + SMALL * 35 / 100, bottom + 12))
            } else {
                (HPos::Center, 0, (x, bottom + 12 + SMALL))
            };
            let mut letters = Letters::new(SMALL, align);
            letters.turn = turn;
            canvas.ink(|pen| pen.text(label, at, letters));
        }
        let middle = canvas.x + at.x + at.w * self.n.1 as i32 / 2;
        let under = (middle, bottom + 14 + at.label + 14 + TEXT);
        let name = Letters::new(TEXT, HPos::Center);
        canvas.ink(|pen| pen.text(&self.columns, under, name));
        let (x, y) = (canvas.x + at.x, canvas.y + at.y + at.h * self.n.0 as i32 / 2);
        let widest = self.row_labels.iter().map(|label| text_width(label, SMALL)).max();
        let beside = (x - 12 - widest.unwrap_or(0) - 16, y);
        let turned = Letters { turn: -90, ..name };
        canvas.ink(|pen| pen.text(&self.rows, beside, turned));
    }

    fn draw_scale(&self, canvas: &Canvas, at: &Layout) {
        const STEPS: i32 = 32;
        let x = canvas.x + at.x + at.w * self.n.1 as i32 + 40;
        let (y, height) = (canvas.y + at.y, at.h * self.n.0 as i32);
        let labels = self.scale_labels();
        let (low, high) = match self.scale() {
            Scale::Sequential { low, high, .. } => (low, high),
            Scale::Diverging { most, .. } => (-most, most),
        };
        let mut cells = Cells::default();
        for step in 0..STEPS {
            let t = (f64::from(step) + 0.5) / f64::from(STEPS);
            let (top, below) = (height * step / STEPS, height * (step + 1) / STEPS);
            let paint = self.scale().paint(high + t * (low - high));
            cells.row((x, y + top), (30, below - top), [paint]);
        }
        cells.draw(canvas);
        let outline = Stroke::new(Paint::faint(INK, 0.35), 2);
        canvas.ink(|pen| pen.card((x, y, 30, height), 0, None, Some(outline)));
        for (t, label) in &labels {
            let inset = f64::from(SMALL) * 0.35;
            let y = f64::from(y + height) - t * (f64::from(height) - 2.0 * inset);
            let letters = Letters::new(SMALL, HPos::Left);
            canvas.ink(|pen| pen.text(label, (x + 40, y.round() as i32), letters));
        }
        let widest =
            labels.iter().map(|(_, t)| text_width(t, SMALL)).max().unwrap_or(0);
        let turned = Letters { turn: -90, ..Letters::new(TEXT, HPos::Center) };
        let beside = (x + 40 + widest + 8 + TEXT, y + height / 2);
        canvas.ink(|pen| pen.text(&self.value.label(), beside, turned));
    }
}

/// Where the cells of a heat map lie, in device units.
struct Layout {
    x: i32,
    y: i32,
    w: i32,
    h: i32,
    upright: bool,
    label: i32,
    below: i32,
}

/// Ink on a weak shade; on a strong one black or white, whichever reads better.
fn contrast(color: RGBColor, strength: f64) -> Paint {
    match color == Role::Data.color() {
        true if strength > 0.72 => RGBColor(255, 255, 255).into(),
        false if strength > 0.55 => RGBColor(0, 0, 0).into(),
        _ => INK.into(),
    }
}

impl Picture for Heatmap {
    fn size(&self) -> (u32, u32) {
        if let Some(size) = self.size {
            return size;
        }
        // Cells of up to 44 pixels, and a map of up to 420.
        let (rows, columns) = (self.n.0.max(1) as i32, self.n.1.max(1) as i32);
        let side = (420 / rows.max(columns)).clamp(4, 44) * SCALE;
        let probe = self.layout(2000, 2000);
        let right = if self.decimals.is_some() { 4 } else { 40 + self.scale_width() };
        let left = self.layout(0, 0).x;
        let wide = left + side * columns + right;
        let title = if self.title.is_empty() { 0 } else { TEXT * 3 / 2 };
        let upright = self.layout(wide, 2000).below;
        let high = 4 + side * rows + probe.below.max(upright) + title;
        ((wide / SCALE) as u32 + 1, (high / SCALE) as u32 + 1)
    }

    fn draw(&self, canvas: &Canvas) {
        let canvas = canvas.titled(&self.title);
        let at = self.layout(canvas.width, canvas.height);
        self.draw_cells(&canvas, &at);
        self.draw_labels(&canvas, &at);
        match self.decimals {
            Some(decimals) => self.draw_numbers(&canvas, &at, decimals),
            None => self.draw_scale(&canvas, &at),
        }
        self.draw_frames(&canvas, &at);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, count};
    use super::*;

    #[test]
    fn a_frame_lies_around_its_cells() {
        let map = || {
            Heatmap::new("", "", Axis::new("", ""), (4, 6), |r, c| (r * c) as f64)
                .decimals(0)
        };
        let (plain, framed) =
            (map().svg(), map().framed((1, 2), (2, 3), Role::Weights).svg());
        let strokes = |svg: &Svg| count(svg, "stroke=\"#E69F00\"");
        assert_eq!((strokes(&plain), strokes(&framed)), (0, 1));
    }

    #[test]
    fn a_confusion_matrix_shows_every_count() {
        let names = ["zero", "one & two", "three"];
        let svg =
            Heatmap::confusion(&names, |t, p| if t == p { 50 + t } else { p }).svg();
        let words =
            ["true class", "predicted class", "one &amp; two", ">50<", ">51<", ">52<"];
        check(&svg, &words, 10_000);
        assert_eq!(count(&svg, "<text"), 9 + 6 + 2);
        assert!(count(&svg, "#CC79A7") >= 1 && count(&svg, "#0072B2") >= 1);
    }

    #[test]
    fn even_a_rare_mistake_is_seen() {
        let counts = [[50, 100, 1], [0, 50, 0], [0, 0, 50]];
        let names = ["a", "b", "c"];
        let svg = Heatmap::confusion(&names, |t, p| counts[t][p]).svg();
        assert_eq!(count(&svg, "#CC79A7"), 2, "{svg}");
    }

    #[test]
    fn without_numbers_there_is_a_scale() {
        let value = Axis::new("weight", "");
        let map = Heatmap::new("unit", "input", value, (40, 60), |r, c| {
            (r as f64 - 20.0) * (c as f64 - 30.0) / 600.0
        });
        let svg = map.clone().diverging(Role::Weights).svg();
        check(
            &svg,
            &["unit", "input", "weight", ">−1.00<", ">0.00<", ">1.00<"],
            60_000,
        );
        let svg = map.role(Role::Activations).range(0.0, 1.0).size(500, 300).svg();
        check(&svg, &["width=\"500\" height=\"300\"", "#009E73"], 60_000);
    }

    #[test]
    fn odd_matrices_are_drawn_too() {
        let value = || Axis::new("v", "");
        check(
            &Heatmap::new("r", "c", value(), (0, 0), |_, _| 0.0).svg(),
            &["r", "c"],
            5_000,
        );
        let same =
            Heatmap::new("r", "c", value(), (2, 2), |_, _| 3.0).decimals(0).svg();
        check(&same, &[">3<"], 5_000);
        let nan = Heatmap::new("r", "c", value(), (2, 2), |_, _| f64::NAN).svg();
        check(&nan, &["r"], 5_000);
        let few: [&str; 1] = ["only one label"];
        let svg =
            Heatmap::new("r", "c", value(), (2, 2), |_, _| 1.0).row_labels(&few).svg();
        check(&svg, &["only one label"], 6_000);
    }
}
