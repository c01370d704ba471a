//! Charts: everything that has an x and a y.

use std::borrow::Borrow;

use super::Svg;
use super::area::{Look, Plot};
use super::axis::Axis;
use super::canvas::{Canvas, Picture, render};
use super::contour::Grid;
use super::layer::{Layer, marked};
use super::legend::{Entry, Legend, Sample};

use super::style::Role;

/// A chart with two axes, on which lines, points, regions and contours are laid in
/// the order in which they are added.
///
/// ```
/// use gradbook::plot::{Axis, Chart, Role, steps};
///
/// let train = steps(&[2.3, 0.9, 0.5, 0.4]);
/// let held_out = steps(&[2.2, 1.1, 0.8, 0.7]);
/// let svg = Chart::new(Axis::new("epoch", ""), Axis::new("loss", "nats").log())
///     .line(Role::Loss, "training", &train)
///     .line(Role::Loss, "held out", &held_out)
///     .level("guessing", 10f64.ln())
///     .svg();
/// assert!(svg.as_str().contains("held out"));
/// ```
#[derive(Clone, Debug)]
pub struct Chart {
    x: Axis,
    y: Axis,
    title: String,
    layers: Vec<Layer>,
    size: (u32, u32),
    same_scale: bool,
    upright_grid: bool,
}

/// Points of the plane, as charts take them: a list, a slice or an iterator.
fn list<P: Borrow<(f64, f64)>>(points: impl IntoIterator<Item = P>) -> Vec<(f64, f64)> {
    points.into_iter().map(|point| *point.borrow()).collect()
}

/// Numbers a series 1, 2, 3 and so on: epochs, steps.
///
/// ```
/// assert_eq!(gradbook::plot::steps(&[0.5f32, 0.25]), [(1.0, 0.5), (2.0, 0.25)]);
/// ```
pub fn steps<T: Copy + Into<f64>>(values: &[T]) -> Vec<(f64, f64)> {
    values.iter().enumerate().map(|(i, &y)| ((i + 1) as f64, y.into())).collect()
}

impl Chart {
    /// An empty chart, 640 by 400.
    pub fn new(x: Axis, y: Axis) -> Self {
        let (title, layers, size) = (String::new(), Vec::new(), (640, 400));
        Chart { x, y, title, layers, size, same_scale: false, upright_grid: true }
    }

    /// A line of bold text above the chart, for charts that stand in [`Panels`].
    ///
    /// [`Panels`]: super::Panels
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Another width and height, in pixels as shown.
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width.max(120), height.max(120));
        self
    }

    /// One unit has the same length on both axes: for geometry.
    pub fn same_scale(mut self) -> Self {
        self.same_scale = true;
        self
    }

    /// A line through points. A gap opens where a value is NaN. The second line of a
    /// role is dashed, the third dotted; lines without a name are all solid, and not
    /// in the legend. A line of few points shows each of them, and one of
    /// [`Role::Series`] some.
    pub fn line<P: Borrow<(f64, f64)>>(
        self,
        role: Role,
        name: &str,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        let variant = self.variant(role, name);
        let (name, points) = (name.to_string(), list(points));
        self.with(Layer::Line { name, role, points, variant })
    }

    /// A pale band from low to high around a line of the same role: `(x, low, high)`.
    /// The caption must say what it spans (least to greatest, or one standard
    /// deviation).
    pub fn band<P: Borrow<(f64, f64, f64)>>(
        self,
        role: Role,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        let points = points.into_iter().map(|point| *point.borrow()).collect();
        self.with(Layer::Band { role, points })
    }

    /// Points of a role, not joined. The second series of a role has another marker.
    pub fn dots<P: Borrow<(f64, f64)>>(
        self,
        role: Role,
        name: &str,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        let variant = self.variant(role, name);
        let (name, points) = (name.to_string(), list(points));
        self.with(Layer::Dots { name, role, points, variant })
    }

    /// The points of one class, with its own color and marker.
    ///
    /// ```
    /// use gradbook::plot::{Axis, Chart};
    ///
    /// let svg = Chart::new(Axis::new("petal length", "cm"), Axis::new("width", "cm"))
    ///     .class(0, "setosa", [(1.4, 0.2), (1.3, 0.2)])
    ///     .class(1, "versicolor", [(4.7, 1.4), (4.5, 1.5)])
    ///     .svg();
    /// assert!(svg.as_str().contains("versicolor"));
    /// ```
    pub fn class<P: Borrow<(f64, f64)>>(
        self,
        class: usize,
        name: &str,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        let (name, points) = (name.to_string(), list(points));
        self.with(Layer::Class { name, class, points })
    }

    /// Tints the plane by the class that each place of the grid belongs to.
    ///
    /// ```
    /// use gradbook::plot::{Axis, Chart, Grid};
    ///
    /// let grid = Grid::new((-1.0, 1.0), (-1.0, 1.0), 40);
    /// let classes = grid.map(|x, y| usize::from(x * y > 0.0));
    /// let svg = Chart::new(Axis::new("x", ""), Axis::new("y", ""))
    ///     .regions(&grid, &classes)
    ///     .svg();
    /// assert!(svg.as_str().len() < 10_000);
    /// ```
    pub fn regions(self, grid: &Grid, classes: &[usize]) -> Self {
        self.with(Layer::Regions { grid: grid.clone(), classes: classes.to_vec() })
    }

    /// Shades the plane in a role's color by values from 0 (nothing) to 1 (full), in
    /// ten steps: a probability, a unit's output.
    pub fn shade(self, grid: &Grid, role: Role, values: &[f64]) -> Self {
        self.with(Layer::Shade { grid: grid.clone(), role, values: values.to_vec() })
    }

    /// Lines of equal height at these levels, in the color of losses; the higher the
    /// fainter.
    ///
    /// ```
    /// use gradbook::plot::{Axis, Chart, Grid, Role};
    ///
    /// let grid = Grid::new((-2.0, 2.0), (-2.0, 2.0), 40);
    /// let loss = grid.map(|w, b| w * w + 3.0 * b * b);
    /// let svg = Chart::new(Axis::new("weight", ""), Axis::new("bias", ""))
    ///     .contours(&grid, &loss, &[0.5, 1.0, 2.0, 4.0])
    ///     .path(Role::Gradients, "descent", [(-1.5, 1.2), (-0.9, 0.3), (-0.5, 0.1)])
    ///     .svg();
    /// assert!(svg.as_str().contains("descent"));
    /// ```
    pub fn contours(self, grid: &Grid, values: &[f64], levels: &[f64]) -> Self {
        let (values, levels) = (values.to_vec(), levels.to_vec());
        self.with(Layer::Contours { grid: grid.clone(), values, levels })
    }

    /// A walk: a dot for each place and a line from each to the next, with an arrow
    /// at its end.
    pub fn path<P: Borrow<(f64, f64)>>(
        self,
        role: Role,
        name: &str,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        let variant = self.variant(role, name);
        let (name, points) = (name.to_string(), list(points));
        self.with(Layer::Path { name, role, points, variant })
    }

    /// The line `w[0] x + w[1] y + b = 0` through the whole chart, with a short arrow
    /// to the side where the sum is positive: a perceptron's decision.
    pub fn boundary(self, role: Role, name: &str, w: [f64; 2], b: f64) -> Self {
        let variant = self.variant(role, name);
        self.with(Layer::Boundary { name: name.to_string(), role, w, b, variant })
    }

    /// A straight arrow.
    pub fn arrow(self, role: Role, from: (f64, f64), to: (f64, f64)) -> Self {
        self.with(Layer::Arrow { role, from, to })
    }

    /// A level line across the chart at this y: a baseline.
    pub fn level(self, name: &str, y: f64) -> Self {
        let variant = self.unused(Role::Neutral, 1);
        self.with(Layer::Level {
            name: name.to_string(),
            at: y,
            upright: false,
            variant,
        })
    }

    /// An upright line at this x: a moment.
    pub fn moment(self, name: &str, x: f64) -> Self {
        let variant = self.unused(Role::Neutral, 1);
        self.with(Layer::Level {
            name: name.to_string(),
            at: x,
            upright: true,
            variant,
        })
    }

    /// A word beside a place in the chart.
    pub fn note(self, x: f64, y: f64, text: &str) -> Self {
        self.with(Layer::Note { at: (x, y), text: text.to_string() })
    }

    /// How many of the values fall into each of `bins` equal parts of `range`.
    ///
    /// ```
    /// use gradbook::plot::{Axis, Chart, Role};
    ///
    /// let svg = Chart::new(Axis::new("activation", ""), Axis::new("units", ""))
    ///     .histogram(Role::Activations, "layer 1", &[0.1, 0.2, 0.9], (0.0, 1.0), 10)
    ///     .svg();
    /// assert!(svg.as_str().contains("activation"));
    /// ```
    pub fn histogram(
        self,
        role: Role,
        name: &str,
        values: &[f64],
        range: (f64, f64),
        bins: usize,
    ) -> Self {
        let variant = self.variant(role, name);
        let mut counts = vec![0usize; bins.max(1)];
        for value in values {
            let t = (value - range.0) / (range.1 - range.0);
            if (0.0..=1.0).contains(&t) {
                let bin = (t * counts.len() as f64) as usize;
                let last = counts.len() - 1;
                counts[bin.min(last)] += 1;
            }
        }
        self.with(Layer::Histogram {
            name: name.to_string(),
            role,
            range,
            counts,
            variant,
        })
    }

    /// The picture.
    pub fn svg(&self) -> Svg {
        render(self)
    }

    fn with(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Adds a layer below those that are there.
    pub(super) fn under(mut self, layer: Layer) -> Self {
        let bars = |layer: &&Layer| matches!(layer, Layer::Bars { .. });
        let at = self.layers.iter().filter(bars).count();
        self.layers.insert(at, layer);
        self
    }

    pub(super) fn without_upright_grid(mut self) -> Self {
        self.upright_grid = false;
        self
    }

    pub(super) fn size_shown(&self) -> (u32, u32) {
        self.size
    }

    /// The look of a new series: the first that no other of its role has. Series
    /// without a name need not be told apart.
    pub(super) fn variant(&self, role: Role, name: &str) -> usize {
        let first = role.first_look();
        if name.is_empty() { first } else { self.unused(role, first) }
    }

    /// The first look, from `least` on, that no named series of this role has.
    fn unused(&self, role: Role, least: usize) -> usize {
        let taken = |look: usize| {
            let same = |layer: &Layer| layer.look() == Some((role, look));
            self.layers.iter().any(same)
        };
        (least..).find(|look| !taken(*look)).unwrap_or(least)
    }

    fn look(&self) -> Look {
        let stands = |layer: &Layer| {
            matches!(layer, Layer::Bars { .. } | Layer::Histogram { .. })
        };
        Look {
            same_scale: self.same_scale,
            upright_grid: self.upright_grid,
            grounded: self.layers.iter().any(stands),
        }
    }

    fn legend(&self) -> Vec<Entry> {
        self.layers
            .iter()
            .filter_map(|layer| {
                let (name, sample) = layer.legend()?;
                (!name.is_empty()).then(|| Entry { name: name.to_string(), sample })
            })
            .collect()
    }
}

impl Picture for Chart {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn draw(&self, canvas: &Canvas) {
        let legend = Legend::on(&canvas.titled(&self.title), self.legend());
        // Histograms and shaded planes fill their axes; lines and points want air.
        let full = |layer: &Layer| {
            matches!(
                layer,
                Layer::Regions { .. } | Layer::Shade { .. } | Layer::Contours { .. }
            )
        };
        let air = if self.layers.iter().any(full) { 0.0 } else { 0.04 };
        let xs: Vec<f64> =
            self.layers.iter().flat_map(|layer| layer.extent().0).collect();
        let ys: Vec<f64> =
            self.layers.iter().flat_map(|layer| layer.extent().1).collect();
        let plot =
            Plot::new(&legend.below(), (&self.x, xs), (&self.y, ys), air, self.look());
        for layer in &self.layers {
            layer.draw(&plot);
        }
        legend.draw();
    }
}

impl Layer {
    /// Name and sample in the legend, if the layer has a place there.
    fn legend(&self) -> Option<(&str, Sample)> {
        Some(match self {
            Layer::Line { name, role, points, variant } => {
                (name, Sample::line(*role, *variant, !marked(*role, points).is_empty()))
            }
            Layer::Dots { name, role, variant, .. } => {
                (name, Sample::dot(*role, *variant))
            }
            Layer::Path { name, role, variant, .. } => {
                (name, Sample::line(*role, *variant, true))
            }
            Layer::Boundary { name, role, variant, .. } => {
                (name, Sample::line(*role, *variant, false))
            }
            Layer::Class { name, class, .. } => (name, Sample::Class(*class)),
            Layer::Level { name, variant, .. } => {
                (name, Sample::line(Role::Neutral, *variant, false))
            }
            Layer::Bars { name, role, variant, .. } => {
                (name, Sample::Bar(*role, *variant))
            }
            Layer::Histogram { name, role, variant, .. } => {
                (name, Sample::Histogram(*role, *variant))
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, count};
    use super::*;

    fn axes() -> Chart {
        Chart::new(Axis::new("epoch", ""), Axis::new("loss", "nats"))
    }

    #[test]
    fn every_layer_draws_a_sound_picture() {
        let grid = Grid::new((0.0, 4.0), (0.0, 4.0), 20);
        let line = [(0.0, 1.0), (2.0, f64::NAN), (3.0, 2.0), (4.0, 0.5)];
        let svg = axes()
            .regions(&grid, &grid.map(|x, y| usize::from(x > y)))
            .shade(&grid, Role::Activations, &grid.map(|x, _| x / 4.0))
            .contours(&grid, &grid.map(|x, y| x * y), &[1.0, 4.0])
            .histogram(Role::Data, "values", &[0.5, 1.5, 1.6], (0.0, 4.0), 4)
            .band(Role::Loss, [(0.0, 0.5, 1.5), (4.0, 0.2, 0.8)])
            .line(Role::Loss, "training", line)
            .dots(Role::Loss, "held out", line)
            .class(3, "cats & dogs", [(1.0, 1.0)])
            .path(Role::Gradients, "descent", vec![(1.0, 3.0), (2.0, 2.0)])
            .boundary(Role::Weights, "line", [1.0, -1.0], 0.5)
            .arrow(Role::Gradients, (1.0, 1.0), (2.0, 1.5))
            .level("baseline", 1.0)
            .moment("best", 3.0)
            .note(2.0, 2.0, "here")
            .svg();
        let words = [
            "epoch",
            "loss (nats)",
            "training",
            "held out",
            "cats &amp; dogs",
            "descent",
            "line",
            "baseline",
            "best",
            "here",
            "values",
        ];
        check(&svg, &words, 60_000);
    }

    #[test]
    fn a_series_has_its_own_dash_and_some_marks_however_many_come_before() {
        let long: Vec<(f64, f64)> = (0..200).map(|i| (f64::from(i), 1.0)).collect();
        let svg = axes().line(Role::Series(5), "sixth", &long).svg();
        assert!(svg.as_str().contains("#C31E0F"));
        assert_eq!(count(&svg, "stroke-dasharray"), 2); // the line and its sample
        let plain = axes().line(Role::Loss, "loss", &long).svg();
        assert_eq!(count(&plain, "stroke-dasharray"), 0);
        assert!(count(&svg, "<path") > count(&plain, "<path"));
        let first = axes().line(Role::Series(0), "first", &long).svg();
        assert_eq!(count(&first, "stroke-dasharray"), 0);
    }

    #[test]
    fn nothing_to_show_is_still_a_chart() {
        check(&axes().svg(), &["epoch", "loss (nats)"], 10_000);
        let odd = axes()
            .line(Role::Loss, "odd", [(f64::NAN, 1.0), (1.0, f64::INFINITY)])
            .regions(&Grid::new((0.0, 1.0), (0.0, 1.0), 3), &[0])
            .contours(&Grid::new((0.0, 1.0), (0.0, 1.0), 3), &[], &[1.0])
            .histogram(Role::Data, "none", &[], (0.0, 0.0), 0)
            .boundary(Role::Weights, "none", [0.0, 0.0], 1.0);
        check(&odd.svg(), &["odd"], 10_000);
    }

    #[test]
    fn a_second_series_of_a_role_looks_different() {
        let line = [(0.0, 1.0), (1.0, 2.0)];
        let one = axes().line(Role::Loss, "a", line).svg();
        let two = axes().line(Role::Loss, "a", line).line(Role::Loss, "b", line).svg();
        let many = axes().line(Role::Loss, "", line).line(Role::Loss, "", line).svg();
        assert_eq!(count(&many, "stroke-dasharray"), 0);
        let ink = axes().level("low", 0.5).line(Role::Neutral, "b", line);
        let ink = ink.line(Role::Neutral, "c", line).level("high", 2.0).svg();
        for dash in ["16 9", "4 7", "18 7 4 7"] {
            assert_eq!(
                count(&ink, &format!("\"{dash}\"")),
                2,
                "{dash}: line and legend"
            );
        }
        assert_eq!(count(&one, "stroke-dasharray"), 0);
        assert!(count(&two, "stroke-dasharray") > 0);
    }

    #[test]
    fn ten_thousand_points_stay_small() {
        let wave: Vec<(f64, f64)> =
            (0..10_000).map(|i| (f64::from(i), (f64::from(i) * 0.7).sin())).collect();
        let bytes = axes().line(Role::Loss, "wave", wave).svg().as_str().len();
        assert!(bytes < 20_000, "{bytes}");
    }

    #[test]
    fn the_lowest_value_lies_at_the_bottom_even_on_a_log_axis() {
        let x = Axis::new("step", "").range(1.0, 3.0);
        let y = Axis::new("error", "").log().range(1e-4, 1.0);
        let svg = Chart::new(x, y)
            .line(Role::Loss, "", [(1.0, 1e-4), (2.0, 1e-2), (3.0, 1.0)])
            .svg();
        // On log axes these three points lie on a straight line, up to the right.
        let path = svg.as_str().split("<path d=\"").find(|p| p.contains("#CC79A7"));
        let path = path.expect("the line").split('"').next().expect("its path");
        let steps: Vec<Vec<i32>> = path
            .split('l')
            .skip(1)
            .map(|step| step.replace('-', " -"))
            .map(|step| {
                step.split_whitespace().map(|n| n.parse().expect("n")).collect()
            })
            .collect();
        assert!(steps.iter().all(|step| step[0] > 0 && step[1] < 0), "{path}");
        let rise: Vec<i32> = steps.iter().map(|step| step[1]).collect();
        assert!(rise.len() < 2 || (rise[0] - rise[1]).abs() <= 1, "{path}");
    }
}
