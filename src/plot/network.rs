//! Network diagrams: layers of units, and the weights between them.

use std::collections::BTreeMap;

use plotters_backend::text_anchor::HPos;

use super::Svg;
use super::canvas::{Canvas, Picture, SMALL, TEXT, render};
use super::pen::{Letters, Paint, Polyline, Stroke};
use super::style::{INK, Role, dash};

/// The most units of a layer that are drawn; of more, the first and the last.
const SHOWN: usize = 9;

/// A network as layers of units from left to right.
///
/// ```
/// use gradbook::plot::{Diagram, Role};
///
/// let w = [[1.5, -2.0], [0.5, 1.0], [-0.2, 0.1]];
/// let svg = Diagram::new()
///     .layer("inputs", 2, Role::Data)
///     .layer("hidden", 3, Role::Activations)
///     .weights(|to, from| w[to][from])
///     .layer("outputs", 100, Role::Activations)
///     .svg();
/// assert!(svg.as_str().contains("100 outputs"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Diagram {
    layers: Vec<Units>,
    title: String,
    size: Option<(u32, u32)>,
}

#[derive(Clone, Debug)]
struct Units {
    name: String,
    units: usize,
    role: Role,
    /// Weights from the layer before, by shown unit: (to, from, weight).
    weights: Option<Vec<(usize, usize, f64)>>,
}

impl Units {
    /// The units that are drawn, and whether some are left out before the last.
    fn shown(&self) -> (Vec<usize>, bool) {
        if self.units <= SHOWN {
            ((0..self.units).collect(), false)
        } else {
            ((0..SHOWN - 3).chain([self.units - 1]).collect(), true)
        }
    }
}

impl Diagram {
    /// A network without layers.
    pub fn new() -> Self {
        Diagram::default()
    }

    /// Adds a layer to the right: what its units are, and how many.
    pub fn layer(mut self, name: &str, units: usize, role: Role) -> Self {
        self.layers.push(Units { name: name.to_string(), units, role, weights: None });
        self
    }

    /// The weights into the layer that was added last, from the one before: the wider
    /// a line the larger the weight, dashed where it is negative. Without them all
    /// lines are alike.
    pub fn weights(mut self, mut w: impl FnMut(usize, usize) -> f64) -> Self {
        if let [.., before, last] = &mut self.layers[..] {
            let from = before.shown().0;
            let pairs = last.shown().0.into_iter().flat_map(|to| {
                from.iter().map(move |&from| (to, from)).collect::<Vec<_>>()
            });
            last.weights =
                Some(pairs.map(|(to, from)| (to, from, w(to, from))).collect());
        }
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

    /// The picture.
    pub fn svg(&self) -> Svg {
        render(self)
    }

    /// The places of a layer's shown units, and of the dots for those left out.
    fn places(&self, canvas: &Canvas, layer: usize) -> Places {
        let (shown, cut) = self.layers[layer].shown();
        let slots = shown.len() + usize::from(cut);
        let most =
            self.layers.iter().map(|l| l.units.min(SHOWN - 1)).max().unwrap_or(1);
        let room = canvas.height - SMALL - 34;
        let pitch = (room / most.max(1) as i32).min(90);
        let across = canvas.width / self.layers.len() as i32;
        let x = canvas.x + layer as i32 * across + across / 2;
        let top = canvas.y + (room - pitch * slots as i32) / 2 + pitch / 2;
        let at = |slot: usize| (x, top + slot as i32 * pitch);
        let units = shown
            .iter()
            .enumerate()
            .map(|(i, &unit)| (unit, at(i + usize::from(cut && i + 1 == shown.len()))))
            .collect();
        Places {
            units,
            gap: cut.then(|| at(shown.len() - 1)),
            radius: (pitch * 2 / 5).min(26),
        }
    }

    fn draw_weights(&self, canvas: &Canvas, layer: usize) {
        let (before, here) =
            (self.places(canvas, layer - 1), self.places(canvas, layer));
        let even: Vec<(usize, usize, f64)> = here
            .units
            .keys()
            .flat_map(|to| before.units.keys().map(move |from| (*to, *from, f64::NAN)))
            .collect();
        let weights = self.layers[layer].weights.as_ref().unwrap_or(&even);
        let most = weights.iter().map(|(_, _, w)| w.abs()).fold(0.0, f64::max);
        let mut lines: BTreeMap<(i32, bool), Vec<Polyline>> = BTreeMap::new();
        for (to, from, w) in weights {
            let (Some(a), Some(b)) = (before.units.get(from), here.units.get(to))
            else {
                continue;
            };
            let width = if w.is_nan() {
                0
            } else {
                (8.0 * w.abs() / most.max(f64::MIN_POSITIVE)).round() as i32
            };
            let ends = vec![shifted(*a, before.radius), shifted(*b, -here.radius)];
            lines.entry((width, *w < 0.0)).or_default().push(ends);
        }
        for ((width, negative), lines) in lines {
            let stroke = match (width, weights.iter().all(|(_, _, w)| w.is_nan())) {
                (_, true) => Stroke::new(Paint::faint(INK, 0.3), 2),
                (0, _) => Stroke::new(Paint::faint(Role::Weights.color(), 0.25), 1),
                (width, _) => Stroke::new(Role::Weights.color(), width),
            };
            let stroke = stroke.dashed(dash(usize::from(negative)));
            canvas.ink(|pen| pen.lines(&lines, stroke));
        }
    }

    fn draw_units(&self, canvas: &Canvas, layer: usize) {
        let (places, units) = (self.places(canvas, layer), &self.layers[layer]);
        let centers: Vec<(i32, i32)> = places.units.values().copied().collect();
        let fill = Paint::faint(units.role.color(), 0.35);
        let outline = Stroke::new(units.role.color(), 4);
        canvas
            .ink(|pen| pen.circles(&centers, places.radius, Some(fill), Some(outline)));
        if let Some((x, y)) = places.gap {
            let dots = [(x, y - 14), (x, y), (x, y + 14)];
            canvas.ink(|pen| pen.circles(&dots, 3, Some(INK.into()), None));
        }
        let x = centers.first().map_or(canvas.x, |(x, _)| *x);
        let name = format!("{} {}", units.units, units.name);
        let at = (x, canvas.y + canvas.height - 12);
        canvas.ink(|pen| pen.text(&name, at, Letters::new(SMALL, HPos::Center)));
    }
}

/// Where the shown units of a layer are.
struct Places {
    units: BTreeMap<usize, (i32, i32)>,
    gap: Option<(i32, i32)>,
    radius: i32,
}

fn shifted((x, y): (i32, i32), by: i32) -> (i32, i32) {
    (x + by, y)
}

impl Picture for Diagram {
    fn size(&self) -> (u32, u32) {
        let most =
            self.layers.iter().map(|l| l.units.min(SHOWN - 1)).max().unwrap_or(1);
        let title = if self.title.is_empty() { 0 } else { TEXT as u32 * 3 / 4 };
        let usual =
            (150 * self.layers.len().max(1) as u32, 45 * most as u32 + 32 + title);
        self.size.unwrap_or(usual)
    }

    fn draw(&self, canvas: &Canvas) {
        let canvas = canvas.titled(&self.title);
        for layer in 1..self.layers.len() {
            self.draw_weights(&canvas, layer);
        }
        for layer in 0..self.layers.len() {
            self.draw_units(&canvas, layer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, count};
    use super::*;

    #[test]
    fn layers_units_and_weights_are_drawn() {
        let svg = Diagram::new()
            .layer("inputs", 64, Role::Data)
            .layer("hidden <units>", 5, Role::Activations)
            .weights(|to, from| (to as f64 - 2.0) * (from as f64 - 30.0))
            .layer("classes", 3, Role::Activations)
            .title("A network")
            .svg();
        let words = [
            "64 inputs",
            "5 hidden &lt;units&gt;",
            "3 classes",
            "A network",
            "dasharray",
        ];
        check(&svg, &words, 12_000);
        // Seven of the inputs, three dots for the rest, and all others.
        assert_eq!(count(&svg, "a3 3 0 1 0 6 0"), 3);
        assert_eq!(count(&svg, " 0z"), 7 + 3 + 5 + 3);
    }

    #[test]
    fn odd_networks_do_no_harm() {
        check(&Diagram::new().weights(|_, _| 1.0).svg(), &[], 1_000);
        let flat = Diagram::new().layer("a", 0, Role::Data).layer("b", 1, Role::Data);
        check(&flat.weights(|_, _| 0.0).svg(), &["0 a", "1 b"], 2_000);
    }
}
