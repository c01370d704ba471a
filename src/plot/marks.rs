//! The plotting area with its axes, and the marks that are laid on it.

use std::collections::BTreeMap;

use plotters::chart::{ChartBuilder, LabelAreaPosition};
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::DrawingArea;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, IntoTextStyle, TextStyle};

use super::axis::{Axis, Fitted};
use super::canvas::{Canvas, SMALL, TEXT};
use super::contour::{Grid, contour};
use super::pen::{Cell, Letters, Paint, Pen, Polyline, Stroke, text_width};
use super::style::{INK, Marker, Role, class_color, dash};

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
                if dotted(points) {
                    dots(&plot.canvas, *role, *variant, &plot.inside(points));
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

/// A line of few points shows each of them.
pub(super) fn dotted(points: &[(f64, f64)]) -> bool {
    points.len() <= 12
}

/// Filled markers in a role's color.
pub(super) fn dots(canvas: &Canvas, role: Role, variant: usize, at: &[(i32, i32)]) {
    let paint = Paint::from(role.color());
    markers(canvas, Marker::of(variant), at, 8.0, paint, None);
}

/// Markers of one kind at many places.
pub(super) fn markers(
    canvas: &Canvas,
    marker: Marker,
    at: &[(i32, i32)],
    radius: f64,
    fill: Paint,
    outline: Option<Stroke>,
) {
    canvas.ink(|pen| match marker.corners(radius) {
        None => pen.circles(at, radius.round() as i32, Some(fill), outline),
        Some(corners) => {
            let shapes: Vec<Polyline> = at
                .iter()
                .map(|(x, y)| {
                    let corner = |(dx, dy): &(f64, f64)| {
                        (x + dx.round() as i32, y + dy.round() as i32)
                    };
                    corners.iter().map(corner).collect()
                })
                .collect();
            pen.shapes(&shapes, Some(fill), outline);
        }
    });
}

/// The head of an arrow that ends at `to`.
pub(super) fn arrow_head(
    canvas: &Canvas,
    from: (i32, i32),
    to: (i32, i32),
    length: f64,
    paint: Paint,
) {
    let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
    let norm = dx.hypot(dy);
    if norm < 1.0 {
        return;
    }
    let (ux, uy) = (dx / norm * length, dy / norm * length);
    let corner = |along: f64, across: f64| {
        let x = f64::from(to.0) - along * ux - across * uy;
        let y = f64::from(to.1) - along * uy + across * ux;
        (x.round() as i32, y.round() as i32)
    };
    let shape = vec![to, corner(1.0, 0.42), corner(1.0, -0.42)];
    canvas.ink(|pen| pen.shapes(&[shape], Some(paint), None));
}

/// A plotting area: axes, and a map from values to places in the picture.
pub(super) struct Plot {
    canvas: Canvas,
    area: DrawingArea<Pen, Cartesian2d<Fitted, Fitted>>,
    axes: (Axis, Axis),
    x: Fitted,
    y: Fitted,
}

impl Plot {
    /// Lays out the axes, draws them with their grid lines, and names them.
    pub(super) fn new(
        canvas: &Canvas,
        (x_axis, xs): (&Axis, Vec<f64>),
        (y_axis, ys): (&Axis, Vec<f64>),
        air: f64,
        look: Look,
    ) -> Plot {
        let most = (canvas.height / 90).max(2) as usize;
        let y = y_axis.fit(ys.into_iter(), if look.grounded { 0.0 } else { air }, most);
        let widest =
            y.ticks.iter().map(|(_, t)| text_width(t, SMALL)).max().unwrap_or(0);
        let (left, bottom) = (widest + TEXT + 34, SMALL + TEXT + 38);
        let wide = canvas.width - left;
        let x = x_that_fits(x_axis, &xs, air, wide);
        let last = x.ticks.last().map_or(0, |(_, t)| text_width(t, SMALL) / 2);
        let mut margin = Margin { top: 12, right: last.max(12), bottom: 2, left: 6 };
        if look.same_scale {
            let box_width = wide - margin.left - margin.right;
            let box_height = canvas.height - bottom - margin.top - margin.bottom;
            margin.square_up((&x, &y), (box_width, box_height));
        }
        let ends = ((x_axis, &x), (y_axis, &y));
        let area = axes(canvas, ends, &margin, (left, bottom), look.upright_grid);
        let axes = (x_axis.clone(), y_axis.clone());
        Plot { canvas: canvas.clone(), area, axes, x, y }
    }

    /// Where a point lies on the two axes, whether inside or not.
    fn place(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        Some((self.axes.0.place(x)?, self.axes.1.place(y)?))
    }

    fn pixel(&self, place: (f64, f64)) -> (i32, i32) {
        self.area.map_coordinate(&place)
    }

    /// The point in the picture, if it lies inside the axes.
    fn at(&self, point: (f64, f64)) -> Option<(i32, i32)> {
        let (x, y) = self.place(point)?;
        let inside = (self.x.low..=self.x.high).contains(&x)
            && (self.y.low..=self.y.high).contains(&y);
        inside.then(|| self.pixel((x, y)))
    }

    fn inside(&self, points: &[(f64, f64)]) -> Vec<(i32, i32)> {
        points.iter().filter_map(|point| self.at(*point)).collect()
    }

    /// The pieces of a polyline that lie inside the axes.
    fn clipped(&self, points: &[(f64, f64)]) -> Vec<Polyline> {
        let mut lines: Vec<Polyline> = Vec::new();
        let mut open = false;
        for pair in points.windows(2) {
            let ends = self.place(pair[0]).zip(self.place(pair[1]));
            let piece = ends.and_then(|(a, b)| self.clip(a, b));
            let Some(Segment { a, b, cut }) = piece else {
                open = false;
                continue;
            };
            let (a, b) = (self.pixel(a), self.pixel(b));
            match lines.last_mut() {
                Some(line) if open && line.last() == Some(&a) => line.push(b),
                _ => lines.push(vec![a, b]),
            }
            open = !cut;
        }
        lines.into_iter().map(|line| thinned(&line)).collect()
    }

    /// The part of a segment inside the axes.
    fn clip(&self, a: (f64, f64), b: (f64, f64)) -> Option<Segment> {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let (mut start, mut end) = (0.0f64, 1.0f64);
        let sides = [
            (-dx, a.0 - self.x.low),
            (dx, self.x.high - a.0),
            (-dy, a.1 - self.y.low),
            (dy, self.y.high - a.1),
        ];
        for (outward, room) in sides {
            if outward == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if outward < 0.0 {
                start = start.max(room / outward);
            } else {
                end = end.min(room / outward);
            }
        }
        let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
        (start <= end).then(|| Segment { a: at(start), b: at(end), cut: end < 1.0 })
    }

    fn line(&self, points: &[(f64, f64)], stroke: Stroke) {
        let lines = self.clipped(points);
        self.canvas.ink(|pen| pen.lines(&lines, stroke));
    }

    fn band(&self, role: Role, points: &[(f64, f64, f64)]) {
        let clamp = |(x, y): (f64, f64)| -> Option<(i32, i32)> {
            let (x, y) = self.place((x, y))?;
            let y = y.clamp(self.y.low, self.y.high);
            (self.x.low..=self.x.high).contains(&x).then(|| self.pixel((x, y)))
        };
        let both = points.iter().filter_map(|(x, low, high)| {
            // On a log axis a band that reaches zero goes down to the edge.
            let floor = if self.axes.1.place(*low).is_none() && low.is_finite() {
                Some((clamp((*x, *high))?.0, self.pixel((self.x.low, self.y.low)).1))
            } else {
                clamp((*x, *low))
            };
            Some((floor?, clamp((*x, *high))?))
        });
        let (low, high): (Vec<_>, Vec<_>) = both.unzip();
        let outline: Vec<(i32, i32)> =
            high.into_iter().chain(low.into_iter().rev()).collect();
        let fill = Paint::faint(role.color(), 0.22);
        if outline.len() > 2 {
            self.canvas.ink(|pen| pen.shapes(&[outline], Some(fill), None));
        }
    }

    fn class(&self, class: usize, points: &[(f64, f64)]) {
        let at = self.inside(points);
        // Large crowds get small marks.
        let radius = if at.len() > 150 { 6.0 } else { 9.0 };
        let fill = Paint::from(class_color(class));
        let outline = Stroke::new(Paint::faint(INK, 0.8), 1);
        markers(&self.canvas, Marker::of(class), &at, radius, fill, Some(outline));
    }

    /// The cells of a grid as rectangles, gathered by what `kind` says of each; cells
    /// side by side become one.
    fn cells(
        &self,
        grid: &Grid,
        kind: impl Fn(usize) -> Option<usize>,
    ) -> BTreeMap<usize, Vec<Cell>> {
        let edge = |x: f64, y: f64| {
            let (x, y) = self.place((x, y)).unwrap_or((self.x.low, self.y.low));
            let x = x.clamp(self.x.low, self.x.high);
            self.pixel((x, y.clamp(self.y.low, self.y.high)))
        };
        let mut cells = BTreeMap::<usize, Vec<Cell>>::new();
        for row in 0..grid.n {
            let mut column = 0;
            while column < grid.n {
                let start = column;
                let here = kind(row * grid.n + column);
                while column < grid.n && kind(row * grid.n + column) == here {
                    column += 1;
                }
                let (r, c0, c1) = (row as f64, start as f64, column as f64);
                let (x0, y1) = edge(grid.at_x(c0 - 0.5), grid.at_y(r - 0.5));
                let (x1, y0) = edge(grid.at_x(c1 - 0.5), grid.at_y(r + 0.5));
                if let Some(here) = here.filter(|_| x1 > x0 && y1 > y0) {
                    cells.entry(here).or_default().push((x0, y0, x1 - x0, y1 - y0));
                }
            }
        }
        cells
    }

    fn regions(&self, grid: &Grid, classes: &[usize]) {
        for (class, cells) in self.cells(grid, |i| classes.get(i).copied()) {
            let fill = Paint::faint(class_color(class), 0.3);
            self.canvas.ink(|pen| pen.cells(&cells, fill));
        }
    }

    fn shade(&self, grid: &Grid, role: Role, values: &[f64]) {
        let step = |i: usize| {
            let value = values.get(i).filter(|v| v.is_finite())?;
            Some((value.clamp(0.0, 1.0) * 10.0).round() as usize)
        };
        for (step, cells) in self.cells(grid, step) {
            let fill = Paint::faint(role.color(), step as f64 * 0.08);
            self.canvas.ink(|pen| pen.cells(&cells, fill));
        }
    }

    fn contours(&self, grid: &Grid, values: &[f64], levels: &[f64]) {
        for (i, level) in levels.iter().enumerate() {
            let fade = i as f64 / levels.len().max(1) as f64;
            let paint = Paint::faint(Role::Loss.color(), 1.0 - 0.6 * fade);
            let lines: Vec<Polyline> = contour(grid, values, *level)
                .iter()
                .flat_map(|line| self.clipped(line))
                .collect();
            self.canvas.ink(|pen| pen.lines(&lines, Stroke::new(paint, 3)));
        }
    }

    fn walk(&self, role: Role, variant: usize, points: &[(f64, f64)]) {
        self.line(points, Stroke::new(role.color(), 4).dashed(dash(variant)));
        let at = self.inside(points);
        let few = &at[..at.len().saturating_sub(1).min(60)];
        markers(&self.canvas, Marker::of(variant), few, 6.0, role.color().into(), None);
        if let [.., a, b] = at[..] {
            arrow_head(&self.canvas, a, b, 22.0, role.color().into());
        }
    }

    fn boundary(&self, role: Role, variant: usize, w: [f64; 2], b: f64) {
        let norm = w[0].hypot(w[1]);
        if !norm.is_finite() || norm == 0.0 || !b.is_finite() {
            return;
        }
        // Walk along the line from its point nearest the middle of the chart.
        let middle =
            (0.5 * (self.x.low + self.x.high), 0.5 * (self.y.low + self.y.high));
        let off = (w[0] * middle.0 + w[1] * middle.1 + b) / (norm * norm);
        let foot = (middle.0 - off * w[0], middle.1 - off * w[1]);
        let far = 2.0 * ((self.x.high - self.x.low) + (self.y.high - self.y.low))
            + off.abs() * norm;
        let (ux, uy) = (-w[1] / norm * far, w[0] / norm * far);
        let ends = [(foot.0 - ux, foot.1 - uy), (foot.0 + ux, foot.1 + uy)];
        let Some(inside) = self.clip(ends[0], ends[1]) else { return };
        let (p, q) = (self.pixel(inside.a), self.pixel(inside.b));
        let stroke = Stroke::new(role.color(), 6).dashed(dash(variant));
        self.canvas.ink(|pen| pen.lines(&[vec![p, q]], stroke));
        let start = ((p.0 + q.0) / 2, (p.1 + q.1) / 2);
        // Upright on the line as it is seen, whatever the scales of the axes.
        let (per_x, per_y) = self.pixels_per_unit();
        let (dx, dy) = (w[0] / per_x, -w[1] / per_y);
        let length = dx.hypot(dy);
        let tip = (
            start.0 + (dx / length * 60.0).round() as i32,
            start.1 + (dy / length * 60.0).round() as i32,
        );
        let stroke = Stroke::new(role.color(), 4);
        self.canvas.ink(|pen| pen.lines(&[vec![start, tip]], stroke));
        arrow_head(&self.canvas, start, tip, 20.0, role.color().into());
    }

    fn pixels_per_unit(&self) -> (f64, f64) {
        let (x0, y0) = self.pixel((self.x.low, self.y.low));
        let (x1, y1) = self.pixel((self.x.high, self.y.high));
        let (width, height) = (f64::from(x1 - x0), f64::from(y0 - y1));
        (width / (self.x.high - self.x.low), height / (self.y.high - self.y.low))
    }

    fn level(&self, at: f64, upright: bool, variant: usize) {
        let (low, high) = if upright {
            let Some(x) = self.axes.0.place(at) else { return };
            ((x, self.y.low), (x, self.y.high))
        } else {
            let Some(y) = self.axes.1.place(at) else { return };
            ((self.x.low, y), (self.x.high, y))
        };
        if let Some(inside) = self.clip(low, high) {
            let line = vec![self.pixel(inside.a), self.pixel(inside.b)];
            let stroke = Stroke::new(Paint::faint(INK, 0.75), 3).dashed(dash(variant));
            self.canvas.ink(|pen| pen.lines(&[line], stroke));
        }
    }

    fn note(&self, at: (f64, f64), text: &str) {
        let Some((x, y)) = self.at(at) else { return };
        let (right, _) = self.pixel((self.x.high, self.y.high));
        let leftward = x + 12 + text_width(text, SMALL) > right;
        let (align, dx) = if leftward { (HPos::Right, -12) } else { (HPos::Left, 12) };
        let at = (x + dx, y + SMALL * 35 / 100);
        self.canvas.ink(|pen| pen.text(text, at, Letters::new(SMALL, align)));
    }

    fn bar(&self, role: Role, variant: usize, width: f64, bar: &Bar) {
        let foot = self.axes.1.place(0.0).unwrap_or(self.y.low);
        let Some(top) = self.axes.1.place(bar.y) else { return };
        let held = |y: f64| y.clamp(self.y.low, self.y.high);
        let (x0, y0) = self.pixel((bar.x - 0.5 * width, held(top.max(foot))));
        let (x1, y1) = self.pixel((bar.x + 0.5 * width, held(top.min(foot))));
        let fill = Paint::faint(role.color(), if variant == 0 { 0.8 } else { 0.35 });
        let outline = Stroke::new(role.color(), 3);
        let card = (x0, y0, x1 - x0, y1 - y0);
        self.canvas.ink(|pen| pen.card(card, 0, Some(fill), Some(outline)));
        let mut text_at = if bar.y < 0.0 { y1 + SMALL } else { y0 - 8 };
        let middle = (x0 + x1) / 2;
        let ends = [bar.y - bar.spread, bar.y + bar.spread];
        if let (true, [Some(low), Some(high)]) =
            (bar.spread > 0.0, ends.map(|y| self.axes.1.place(y)))
        {
            let (_, low) = self.pixel((bar.x, held(low)));
            let (_, high) = self.pixel((bar.x, held(high)));
            let tip = |y: i32| vec![(middle - 10, y), (middle + 10, y)];
            let lines = [vec![(middle, low), (middle, high)], tip(low), tip(high)];
            self.canvas.ink(|pen| pen.lines(&lines, Stroke::new(INK, 3)));
            text_at = if bar.y < 0.0 { low + SMALL } else { high - 8 };
        }
        let letters = Letters::new(SMALL, HPos::Center);
        self.canvas.ink(|pen| pen.text(&bar.text, (middle, text_at), letters));
    }

    fn histogram(
        &self,
        role: Role,
        variant: usize,
        range: (f64, f64),
        counts: &[usize],
    ) {
        let width = (range.1 - range.0) / counts.len() as f64;
        let mut outline = vec![(range.0, 0.0)];
        for (bin, count) in counts.iter().enumerate() {
            let (left, right) =
                (range.0 + bin as f64 * width, range.0 + (bin + 1) as f64 * width);
            outline.extend([(left, *count as f64), (right, *count as f64)]);
        }
        outline.push((range.1, 0.0));
        let corners: Vec<(i32, i32)> = outline
            .iter()
            .filter_map(|point| self.place(*point))
            .map(|(x, y)| {
                let x = x.clamp(self.x.low, self.x.high);
                self.pixel((x, y.clamp(self.y.low, self.y.high)))
            })
            .collect();
        let fill = Paint::faint(role.color(), 0.3);
        let stroke = Stroke::new(role.color(), 4).dashed(dash(variant));
        self.canvas.ink(|pen| {
            pen.shapes(std::slice::from_ref(&corners), Some(fill), None);
            pen.lines(&[corners], stroke);
        });
    }
}

/// The part of a segment inside the axes; `cut` if it leaves them at its end.
struct Segment {
    a: (f64, f64),
    b: (f64, f64),
    cut: bool,
}

/// What a chart may choose about its axes.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) same_scale: bool,
    pub(super) upright_grid: bool,
    /// Bars stand on the axis: no air below zero.
    pub(super) grounded: bool,
}

/// The space around the plotting area, in device units.
struct Margin {
    top: i32,
    right: i32,
    bottom: i32,
    left: i32,
}

impl Margin {
    /// Takes room away until one unit is as long on both axes.
    fn square_up(&mut self, (x, y): (&Fitted, &Fitted), (width, height): (i32, i32)) {
        let (dx, dy) = (x.high - x.low, y.high - y.low);
        let scale = (f64::from(width) / dx).min(f64::from(height) / dy);
        let spare_x = width - (scale * dx).round() as i32;
        let spare_y = height - (scale * dy).round() as i32;
        self.left += spare_x / 2;
        self.right += spare_x - spare_x / 2;
        self.top += spare_y / 2;
        self.bottom += spare_y - spare_y / 2;
    }
}

/// Fits the x axis with as many ticks as have room for their labels.
fn x_that_fits(axis: &Axis, values: &[f64], air: f64, width: i32) -> Fitted {
    let mut most = (width / 110).max(2) as usize;
    loop {
        let fitted = axis.fit(values.iter().copied(), air, most);
        let needed: i32 =
            fitted.ticks.iter().map(|(_, label)| text_width(label, SMALL) + 24).sum();
        if needed <= width || most <= 2 {
            return fitted;
        }
        most -= 1;
    }
}

/// An axis and how it is fitted.
type Side<'a> = (&'a Axis, &'a Fitted);

/// Draws axes, ticks, grid lines and names with plotters.
fn axes(
    canvas: &Canvas,
    ((x_axis, x), (y_axis, y)): (Side, Side),
    margin: &Margin,
    (left, bottom): (i32, i32),
    upright_grid: bool,
) -> DrawingArea<Pen, Cartesian2d<Fitted, Fitted>> {
    let mut chart = ChartBuilder::on(&canvas.area())
        .margin_top(margin.top)
        .margin_right(margin.right)
        .margin_bottom(margin.bottom)
        .margin_left(margin.left)
        .set_label_area_size(LabelAreaPosition::Left, left)
        .set_label_area_size(LabelAreaPosition::Bottom, bottom)
        .build_cartesian_2d(x.clone(), y.clone())
        .expect("a chart always fits its canvas");
    let style = |size: i32| -> TextStyle<'static> {
        ("inherit", size).into_font().into_text_style(&(0u32, 0u32)).color(&INK)
    };
    let mut mesh = chart.configure_mesh();
    if !upright_grid {
        mesh.disable_x_mesh();
    }
    mesh.light_line_style(INK.mix(0.0))
        .bold_line_style(INK.mix(0.13))
        .axis_style(INK.mix(0.8).stroke_width(2))
        .set_all_tick_mark_size(5)
        .label_style(style(SMALL))
        .axis_desc_style(style(TEXT).pos(Pos::new(HPos::Center, VPos::Bottom)))
        .x_desc(x_axis.label())
        .y_desc(y_axis.label())
        .draw()
        .expect("drawing into memory cannot fail");
    chart.plotting_area().clone()
}

/// The line without points that no eye could tell apart: in each column of the
/// picture the first, the lowest, the highest and the last.
fn thinned(line: &[(i32, i32)]) -> Vec<(i32, i32)> {
    if line.len() < 500 || line.windows(2).any(|pair| pair[1].0 < pair[0].0) {
        return line.to_vec();
    }
    let mut out = Vec::new();
    for column in line.chunk_by(|a, b| a.0 / 2 == b.0 / 2) {
        let least = (0..column.len()).min_by_key(|&i| column[i].1).unwrap_or(0);
        let most = (0..column.len()).max_by_key(|&i| column[i].1).unwrap_or(0);
        let mut kept = vec![0, least.min(most), least.max(most), column.len() - 1];
        kept.dedup();
        out.extend(kept.into_iter().map(|i| column[i]));
    }
    out
}
