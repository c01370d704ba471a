//! How each layer of a chart is drawn on its plotting area.

use std::collections::BTreeMap;

use plotters_backend::text_anchor::HPos;

use super::area::Plot;
use super::canvas::SMALL;
use super::contour::{Grid, contour};
use super::layer::Bar;
use super::marks::{arrow_head, markers};
use super::pen::{Cell, Letters, Paint, Polyline, Stroke, text_width};
use super::style::{INK, Marker, Role, class_color, dash};

impl Plot {
    pub(super) fn band(&self, role: Role, points: &[(f64, f64, f64)]) {
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

    pub(super) fn class(&self, class: usize, points: &[(f64, f64)]) {
        let at = self.inside(points);
        // Large crowds get small marks.
        let radius = if at.len() > 150 { 6.0 } else { 9.0 };
        let fill = Paint::from(class_color(class));
        let outline = Stroke::new(Paint::faint(INK, 0.8), 1);
        markers(&self.canvas, Marker::of(class), &at, radius, fill, Some(outline));
    }

    /// The cells of a grid as rectangles, gathered by what `kind` says of each; cells
    /// side by side become one.
    pub(super) fn cells(
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

    pub(super) fn regions(&self, grid: &Grid, classes: &[usize]) {
        for (class, cells) in self.cells(grid, |i| classes.get(i).copied()) {
            let fill = Paint::faint(class_color(class), 0.3);
            self.canvas.ink(|pen| pen.cells(&cells, fill));
        }
    }

    pub(super) fn shade(&self, grid: &Grid, role: Role, values: &[f64]) {
        let step = |i: usize| {
            let value = values.get(i).filter(|v| v.is_finite())?;
            Some((value.clamp(0.0, 1.0) * 10.0).round() as usize)
        };
        for (step, cells) in self.cells(grid, step) {
            let fill = Paint::faint(role.color(), step as f64 * 0.08);
            self.canvas.ink(|pen| pen.cells(&cells, fill));
        }
    }

    pub(super) fn contours(&self, grid: &Grid, values: &[f64], levels: &[f64]) {
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

    pub(super) fn walk(&self, role: Role, variant: usize, points: &[(f64, f64)]) {
        self.line(points, Stroke::new(role.color(), 4).dashed(dash(variant)));
        let at = self.inside(points);
        let few = &at[..at.len().saturating_sub(1).min(60)];
        markers(&self.canvas, Marker::of(variant), few, 6.0, role.color().into(), None);
        if let [.., a, b] = at[..] {
            arrow_head(&self.canvas, a, b, 22.0, role.color().into());
        }
    }

    pub(super) fn boundary(&self, role: Role, variant: usize, w: [f64; 2], b: f64) {
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

    pub(super) fn level(&self, at: f64, upright: bool, variant: usize) {
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

    pub(super) fn note(&self, at: (f64, f64), text: &str) {
        let Some((x, y)) = self.at(at) else { return };
        let (right, _) = self.pixel((self.x.high, self.y.high));
        let leftward = x + 12 + text_width(text, SMALL) > right;
        let (align, dx) = if leftward { (HPos::Right, -12) } else { (HPos::Left, 12) };
        let at = (x + dx, y + SMALL * 35 / 100);
        self.canvas.ink(|pen| pen.text(text, at, Letters::new(SMALL, align)));
    }

    pub(super) fn bar(&self, role: Role, variant: usize, width: f64, bar: &Bar) {
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

    pub(super) fn histogram(
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
