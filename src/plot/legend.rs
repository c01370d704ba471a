//! The legend: one row of samples and names above the chart, more if need be.

use plotters_backend::text_anchor::HPos;

use super::canvas::{Canvas, SMALL};
use super::graph;
use super::marks;
use super::pen::{Letters, Paint, Stroke, text_width};
use super::style::{INK, Marker, Role, class_color, dash};

/// One name in the legend.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) sample: Sample,
}

impl Entry {
    fn width(&self) -> i32 {
        self.sample.width() + 10 + text_width(&self.name, SMALL)
    }
}

/// The space between entries.
const GAP: i32 = 36;

/// What stands beside the name.
#[derive(Clone, Copy)]
pub(super) enum Sample {
    Line { role: Role, variant: usize, dots: bool },
    Dot { role: Role, variant: usize },
    Class(usize),
    Bar(Role, usize),
    Histogram(Role, usize),
    Flow { forward: bool },
}

impl Sample {
    pub(super) fn line(role: Role, variant: usize, dots: bool) -> Self {
        Sample::Line { role, variant, dots }
    }

    pub(super) fn dot(role: Role, variant: usize) -> Self {
        Sample::Dot { role, variant }
    }

    fn width(self) -> i32 {
        if matches!(self, Sample::Line { .. }) { 64 } else { 28 }
    }

    fn draw(self, canvas: &Canvas, x: i32, y: i32) {
        let (middle, end) = (x + self.width() / 2, x + self.width());
        match self {
            Sample::Line { role, variant, dots } => {
                let stroke = Stroke::new(role.color(), 5).dashed(dash(variant));
                canvas.ink(|pen| pen.lines(&[vec![(x, y), (end, y)]], stroke));
                if dots {
                    marks::dots(canvas, role, variant, &[(middle, y)]);
                }
            }
            Sample::Dot { role, variant } => {
                marks::dots(canvas, role, variant, &[(middle, y)]);
            }
            Sample::Class(class) => {
                let outline = Stroke::new(INK, 1);
                let fill = Paint::from(class_color(class));
                let marker = Marker::of(class);
                marks::markers(
                    canvas,
                    marker,
                    &[(middle, y)],
                    9.0,
                    fill,
                    Some(outline),
                );
            }
            Sample::Flow { forward } => graph::flow(canvas, (middle, y), forward),
            Sample::Bar(role, variant) => {
                let stroke = Stroke::new(role.color(), 3);
                let fill =
                    Paint::faint(role.color(), if variant == 0 { 0.8 } else { 0.35 });
                self.patch(canvas, (x, y), fill, stroke);
            }
            Sample::Histogram(role, variant) => {
                let stroke = Stroke::new(role.color(), 4).dashed(dash(variant));
                self.patch(canvas, (x, y), Paint::faint(role.color(), 0.3), stroke);
            }
        }
    }

    fn patch(self, canvas: &Canvas, (x, y): (i32, i32), fill: Paint, stroke: Stroke) {
        let card = (x, y - 10, self.width(), 20);
        canvas.ink(|pen| pen.card(card, 0, Some(fill), Some(stroke)));
    }
}

/// How wide the legend is on one row.
pub(super) fn width(entries: &[Entry]) -> i32 {
    let gaps = GAP * entries.len().saturating_sub(1) as i32;
    entries.iter().map(Entry::width).sum::<i32>() + gaps
}

/// A legend laid out in rows at the top of a canvas. It is drawn last, so that in
/// frames whose legends differ all that comes before can still be shared.
pub(super) struct Legend {
    canvas: Canvas,
    rows: Vec<(i32, Vec<Entry>)>,
}

/// The height of a row.
const ROW: i32 = SMALL + 14;

impl Legend {
    pub(super) fn on(canvas: &Canvas, entries: Vec<Entry>) -> Legend {
        let mut rows: Vec<(i32, Vec<Entry>)> = Vec::new();
        for entry in entries {
            match rows.last_mut() {
                Some((used, row)) if *used + GAP + entry.width() <= canvas.width => {
                    *used += GAP + entry.width();
                    row.push(entry);
                }
                _ => rows.push((entry.width(), vec![entry])),
            }
        }
        Legend { canvas: canvas.clone(), rows }
    }

    /// What is left below the legend.
    pub(super) fn below(&self) -> Canvas {
        let used =
            if self.rows.is_empty() { 0 } else { ROW * self.rows.len() as i32 + 8 };
        self.canvas.part(0, used, self.canvas.width, self.canvas.height - used)
    }

    pub(super) fn draw(&self) {
        let canvas = &self.canvas;
        let mut y = canvas.y + ROW / 2 + 4;
        for (used, row) in &self.rows {
            let mut x = canvas.x + ((canvas.width - used) / 2).max(0);
            for entry in row {
                entry.sample.draw(canvas, x, y);
                let at = (x + entry.sample.width() + 10, y + SMALL * 35 / 100);
                let letters = Letters::new(SMALL, HPos::Left);
                canvas.ink(|pen| pen.text(&entry.name, at, letters));
                x += entry.width() + GAP;
            }
            y += ROW;
        }
    }
}
