//! Pictures of optimizers that walk on surfaces of two weights.
//!
//! Colors, dashes, marks and rates are those of the figure in the page that the reader
//! moves (book/live), so that both say the same.

use gradbook::optimizer::Kind;
use gradbook::plot::{Axis, Chart, Grid, Panels, Role, Svg};
use gradbook::surface::{Surface, walk};

/// Who walks: everyone but AdamW, whose decay pulls to the origin.
pub const WALKERS: [Kind; 6] = [
    Kind::Sgd,
    Kind::Momentum,
    Kind::Nesterov,
    Kind::AdaGrad,
    Kind::RmsProp,
    Kind::Adam,
];

/// The color, dash and mark of an optimizer, in every picture that compares them.
pub fn role(kind: Kind) -> Role {
    Role::Series(kind as usize)
}

/// Where an optimizer has been after so many updates, at the surface's rate for it.
pub fn path(surface: Surface, kind: Kind, updates: usize) -> Vec<[f64; 2]> {
    let mut optimizer = kind.build(surface.rate(kind));
    walk(surface, &mut *optimizer, surface.start(), updates)
}

/// The paths of all optimizers over the contours of one surface. The start and the
/// lowest places are named.
pub fn paths(surface: Surface, updates: usize) -> Chart {
    paths_of(surface, &WALKERS, updates)
}

/// The paths of some optimizers, for two that are told apart on their own.
pub fn paths_of(surface: Surface, kinds: &[Kind], updates: usize) -> Chart {
    walkers(surface, kinds, updates, true)
}

/// How far above the lowest place each optimizer stands after each update.
pub fn heights(surface: Surface, updates: usize) -> Chart {
    let least = surface.minimum().map_or(0.0, |place| surface.value(place));
    let x = Axis::new("update", "").range(0.0, updates as f64);
    let mut chart = Chart::new(x, Axis::new("value above the lowest", "").log());
    for kind in WALKERS {
        let places = path(surface, kind, updates);
        // a hundred-millionth is as good as nothing, and keeps the picture readable
        let above = |at: [f64; 2]| (surface.value(at) - least).max(1e-8);
        let points = places.into_iter().enumerate();
        let points = points.map(|(i, at)| (i as f64, above(at)));
        chart = chart.line(role(kind), kind.name(), points.collect::<Vec<_>>());
    }
    chart
}

/// All surfaces with all paths, and beside them the heights on the first surface with
/// the legend of all.
pub fn every_surface(updates: usize) -> Svg {
    let mut panels = Panels::new(2);
    for surface in Surface::ALL {
        let chart = walkers(surface, &WALKERS, updates, false);
        panels = panels.add(chart.title(surface.name()).size(370, 270));
    }
    let first = heights(Surface::ALL[0], updates);
    panels.add(first.title("ravine, the value").size(370, 270)).svg()
}

/// The same picture after each of these numbers of updates, for a slider.
pub fn over_updates(surface: Surface, updates: &[usize]) -> Vec<(String, Svg)> {
    let frame = |&count: &usize| {
        let label =
            if count == 1 { "1 update".into() } else { format!("{count} updates") };
        (label, paths(surface, count).svg())
    };
    updates.iter().map(frame).collect()
}

fn walkers(surface: Surface, kinds: &[Kind], updates: usize, named: bool) -> Chart {
    let [[x0, x1], [y0, y1]] = surface.window();
    let grid = Grid::new((x0, x1), (y0, y1), 161);
    let values = grid.map(|x, y| surface.value([x, y]));
    let axis = |name: &str, from, to| Axis::new(name, "").range(from, to);
    let mut chart = Chart::new(axis("x", x0, x1), axis("y", y0, y1)).same_scale();
    chart = chart.contours(&grid, &values, surface.levels());
    for kind in kinds {
        let name = if named { kind.name() } else { "" };
        let places = path(surface, *kind, updates);
        let points: Vec<(f64, f64)> = places.into_iter().map(|[x, y]| (x, y)).collect();
        chart = chart.line(role(*kind), name, points);
    }
    let [x, y] = surface.start();
    chart = chart.dots(Role::Neutral, "", [(x, y)]).note(x, y, "start");
    for [x, y] in surface.lowest() {
        chart = chart.dots(Role::Neutral, "", [(x, y)]).note(x, y, "lowest");
    }
    chart
}
