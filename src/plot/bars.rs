//! Bars, side by side in groups, with their spread.

use super::Svg;
use super::axis::{Axis, number};
use super::canvas::{Canvas, Picture};
use super::chart::Chart;
use super::layer::{Bar, Layer};
use super::style::Role;

/// Bars for a few named things, one or more for each.
///
/// ```
/// use gradbook::plot::{Axis, Bars, Role};
///
/// let names = ["logistic", "MLP"];
/// let svg = Bars::new(Axis::new("model", ""), Axis::new("accuracy", "%"), &names)
///     .group_with_spread(Role::Activations, "held out", &[(96.1, 0.8), (98.0, 0.5)])
///     .level("majority class", 10.2)
///     .svg();
/// assert!(svg.as_str().contains("logistic"));
/// ```
#[derive(Clone, Debug)]
pub struct Bars {
    chart: Chart,
    things: usize,
    groups: Vec<Group>,
    decimals: usize,
}

/// The color, the name, and a height with its spread for each thing.
type Group = (Role, String, Vec<(f64, f64)>);

impl Bars {
    /// No bars yet: what the things are, what is measured, and the names of the things.
    pub fn new<S: AsRef<str>>(things: Axis, measure: Axis, names: &[S]) -> Self {
        let ticks = names.iter().enumerate().map(|(i, name)| (i as f64, name.as_ref()));
        let right = names.len().max(1) as f64 - 0.5;
        let x = things.ticks(ticks).range(-0.5, right);
        let chart = Chart::new(x, measure).without_upright_grid();
        Bars { chart, things: names.len(), groups: Vec::new(), decimals: 1 }
    }

    /// A bar for each thing, in the order of their names.
    pub fn group(self, role: Role, name: &str, values: &[f64]) -> Self {
        let values: Vec<(f64, f64)> =
            values.iter().map(|value| (*value, 0.0)).collect();
        self.group_with_spread(role, name, &values)
    }

    /// A bar for each thing: its height, and how far the whisker goes up and down.
    /// The caption must say what the whisker spans.
    pub fn group_with_spread(
        mut self,
        role: Role,
        name: &str,
        values: &[(f64, f64)],
    ) -> Self {
        let values = values.iter().copied().take(self.things).collect();
        self.groups.push((role, name.to_string(), values));
        self
    }

    /// A level line: a baseline.
    pub fn level(mut self, name: &str, y: f64) -> Self {
        self.chart = self.chart.level(name, y);
        self
    }

    /// How many decimals stand above the bars; one, unless this says otherwise.
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = decimals;
        self
    }

    /// A line of bold text above.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.chart = self.chart.title(title);
        self
    }

    /// Another width and height, in pixels as shown.
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.chart = self.chart.size(width, height);
        self
    }

    /// The picture.
    pub fn svg(&self) -> Svg {
        super::canvas::render(self)
    }

    /// The groups as layers of a chart.
    fn laid_out(&self) -> Chart {
        let width = 0.72 / self.groups.len().max(1) as f64;
        let step = 10f64.powi(-(self.decimals as i32));
        let mut chart = self.chart.clone();
        for (g, (role, name, values)) in self.groups.iter().enumerate() {
            let shift = (g as f64 + 0.5) * width - 0.36;
            let bars = values
                .iter()
                .enumerate()
                .filter(|(_, (y, _))| y.is_finite())
                .map(|(i, &(y, spread))| {
                    let (x, text) = (i as f64 + shift, number(y, step));
                    Bar { x, y, spread, text }
                })
                .collect();
            let variant = chart.variant(*role, name);
            let (name, role) = (name.clone(), *role);
            let width = 0.9 * width;
            chart = chart.under(Layer::Bars { name, role, variant, width, bars });
        }
        chart
    }
}

impl Picture for Bars {
    fn size(&self) -> (u32, u32) {
        self.chart.size_shown()
    }

    fn draw(&self, canvas: &Canvas) {
        self.laid_out().draw(canvas);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, count};
    use super::*;

    #[test]
    fn every_bar_and_whisker_is_there() {
        let svg = Bars::new(
            Axis::new("model", ""),
            Axis::new("accuracy", "%"),
            &["a", "b", "c"],
        )
        .group(Role::Activations, "training", &[99.0, 100.0, 98.5])
        .group_with_spread(Role::Activations, "held out", &[(96.0, 1.0), (97.25, 0.5)])
        .level("majority", 10.0)
        .decimals(2)
        .svg();
        let words =
            ["model", "accuracy (%)", "training", "held out", "majority", ">97.25<"];
        check(&svg, &words, 12_000);
        // Five bars and two samples in the legend; two whiskers with an ink of width 3.
        assert_eq!(count(&svg, "<rect"), 7);
        assert_eq!(count(&svg, "stroke=\"currentColor\" stroke-width=\"3\""), 2);
    }

    #[test]
    fn bars_stand_on_zero_and_hang_below_it() {
        let bars = |values: &[f64]| {
            let axes = (Axis::new("x", ""), Axis::new("y", "").range(-10.0, 10.0));
            Bars::new(axes.0, axes.1, &["a", "b"]).group(Role::Data, "", values).svg()
        };
        let svg = bars(&[10.0, -10.0]);
        let edges: Vec<(i32, i32)> = svg
            .as_str()
            .split("<rect ")
            .skip(1)
            .map(|rect| {
                let number = |name: &str| {
                    let text = rect.split(&format!("{name}=\"")).nth(1).expect(name);
                    text.split('"').next().expect(name).parse().expect(name)
                };
                (number("y"), number("height"))
            })
            .collect();
        check(
            &Bars::new(Axis::new("x", ""), Axis::new("y", ""), &["a"])
                .group(Role::Data, "", &[90.0])
                .svg(),
            &[">0<", ">90.0<"],
            6_000,
        );
        assert_eq!(edges[0].0 + edges[0].1, edges[1].0);
        assert!((edges[0].1 - edges[1].1).abs() <= 1);
        check(&bars(&[f64::NAN]), &["x", "y"], 10_000);
    }
}
