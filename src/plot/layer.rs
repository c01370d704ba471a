//! What can be laid on a chart.

use super::area::Plot;
use super::contour::Grid;
use super::marks::{arrow_head, dots};
use super::pen::Stroke;
use super::style::{Role, dash};

/// One thing laid on a chart.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    Line {
        name: String,
        role: Role,
        points: Vec<(f64, f64)>,
        variant: usize,
    },
    Band {
        role: Role,
        points: Vec<(f64, f64, f64)>,
    },
    Dots {
        name: String,
        role: Role,
        points: Vec<(f64, f64)>,
        variant: usize,
    },
    Class {
        name: String,
        class: usize,
        points: Vec<(f64, f64)>,
    },
    Regions {
        grid: Grid,
        classes: Vec<usize>,
    },
    Shade {
        grid: Grid,
        role: Role,
        values: Vec<f64>,
    },
    Contours {
        grid: Grid,
        values: Vec<f64>,
        levels: Vec<f64>,
    },
    Path {
        name: String,
        role: Role,
        points: Vec<(f64, f64)>,
        variant: usize,
    },
    Boundary {
        name: String,
        role: Role,
        w: [f64; 2],
        b: f64,
        variant: usize,
    },
    Arrow {
        role: Role,
        from: (f64, f64),
        to: (f64, f64),
    },
    Level {
        name: String,
        at: f64,
        upright: bool,
        variant: usize,
    },
    Note {
        at: (f64, f64),
        text: String,
    },
    Bars {
        name: String,
        role: Role,
        variant: usize,
        width: f64,
        bars: Vec<Bar>,
    },
    Histogram {
        name: String,
        role: Role,
        range: (f64, f64),
        counts: Vec<usize>,
        variant: usize,
    },
}

/// One bar: its middle, its height, how far it spreads, and what is written on it.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) spread: f64,
    pub(super) text: String,
}

impl Layer {
    /// The role and the look of a named layer that must differ from others of its role.
    pub(super) fn look(&self) -> Option<(Role, usize)> {
        let (name, role, variant) = match self {
            Layer::Line { name, role, variant, .. }
            | Layer::Dots { name, role, variant, .. }
            | Layer::Path { name, role, variant, .. }
            | Layer::Boundary { name, role, variant, .. }
            | Layer::Bars { name, role, variant, .. }
            | Layer::Histogram { name, role, variant, .. } => (name, *role, *variant),
            Layer::Level { name, variant, .. } => (name, Role::Neutral, *variant),
            _ => return None,
        };
        (!name.is_empty()).then_some((role, variant))
    }

    /// The x and the y that the axes must have room for.
    pub(super) fn extent(&self) -> (Vec<f64>, Vec<f64>) {
        match self {
            Layer::Line { points, .. }
            | Layer::Dots { points, .. }
            | Layer::Class { points, .. }
            | Layer::Path { points, .. } => points.iter().copied().unzip(),
            Layer::Band { points, .. } => (
                points.iter().map(|(x, _, _)| *x).collect(),
                points.iter().flat_map(|(_, low, high)| [*low, *high]).collect(),
            ),
            Layer::Regions { grid, .. }
            | Layer::Shade { grid, .. }
            | Layer::Contours { grid, .. } => {
                (vec![grid.x.0, grid.x.1], vec![grid.y.0, grid.y.1])
            }
            Layer::Arrow { from, to, .. } => (vec![from.0, to.0], vec![from.1, to.1]),
            Layer::Level { at, upright: true, .. } => (vec![*at], vec![]),
            Layer::Level { at, upright: false, .. } => (vec![], vec![*at]),
            Layer::Histogram { range, counts, .. } => {
                let most = counts.iter().copied().max().unwrap_or(0) as f64;
                (vec![range.0, range.1], vec![0.0, 1.05 * most])
            }
            Layer::Bars { bars, .. } => {
                let ends = |b: &Bar| [1.1 * (b.y - b.spread), 1.1 * (b.y + b.spread)];
                (vec![], bars.iter().flat_map(ends).chain([0.0]).collect())
            }
            Layer::Boundary { .. } | Layer::Note { .. } => (vec![], vec![]),
        }
    }

    /// Draws the layer.
    pub(super) fn draw(&self, plot: &Plot) {
        match self {
            Layer::Line { role, points, variant, .. } => {
                plot.line(points, Stroke::new(role.color(), 5).dashed(dash(*variant)));
                let marked = plot.inside(&marked(*role, points));
                if !marked.is_empty() {
                    dots(&plot.canvas, *role, *variant, &marked);
                }
            }
            Layer::Band { role, points } => plot.band(*role, points),
            Layer::Dots { role, points, variant, .. } => {
                dots(&plot.canvas, *role, *variant, &plot.inside(points));
            }
            Layer::Class { class, points, .. } => plot.class(*class, points),
            Layer::Regions { grid, classes } => plot.regions(grid, classes),
            Layer::Shade { grid, role, values } => plot.shade(grid, *role, values),
            Layer::Contours { grid, values, levels } => {
                plot.contours(grid, values, levels);
            }
            Layer::Path { role, points, variant, .. } => {
                plot.walk(*role, *variant, points)
            }
            Layer::Boundary { role, w, b, variant, .. } => {
                plot.boundary(*role, *variant, *w, *b);
            }
            Layer::Arrow { role, from, to } => {
                let stroke = Stroke::new(role.color(), 5);
                plot.line(&[*from, *to], stroke);
                if let (Some(a), Some(b)) = (plot.at(*from), plot.at(*to)) {
                    arrow_head(&plot.canvas, a, b, 20.0, role.color().into());
                }
            }
            Layer::Level { at, upright, variant, .. } => {
                plot.level(*at, *upright, *variant);
            }
            Layer::Bars { role, variant, width, bars, .. } => {
                for bar in bars {
                    plot.bar(*role, *variant, *width, bar);
                }
            }
            Layer::Note { at, text } => plot.note(*at, text),
            Layer::Histogram { role, range, counts, variant, .. } => {
                plot.histogram(*role, *variant, *range, counts);
            }
        }
    }
}

/// The points of a line that carry a mark: all of few; of many some, where marks tell
/// lines apart.
pub(super) fn marked(role: Role, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const FEW: usize = 12;
    if points.len() <= FEW {
        return points.to_vec();
    }
    let Role::Series(index) = role else { return Vec::new() };
    // Each series at places of its own, so that marks of equal lines stay apart.
    let every = points.len().div_ceil(8);
    let first = every * (index % 7) / 7;
    points[first..].iter().step_by(every).copied().collect()
}
