//! The plotting area: axes drawn by plotters, and a map from values to places.

use plotters::chart::{ChartBuilder, LabelAreaPosition};
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::DrawingArea;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, IntoTextStyle, TextStyle};

use super::axis::{Axis, Fitted};
use super::canvas::{Canvas, SMALL, TEXT};
use super::pen::{Pen, Polyline, Stroke, text_width};
use super::style::INK;

/// A plotting area: axes, and a map from values to places in the picture.
pub(super) struct Plot {
    pub(super) canvas: Canvas,
    area: DrawingArea<Pen, Cartesian2d<Fitted, Fitted>>,
    pub(super) axes: (Axis, Axis),
    pub(super) x: Fitted,
    pub(super) y: Fitted,
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
    pub(super) fn place(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        Some((self.axes.0.place(x)?, self.axes.1.place(y)?))
    }

    pub(super) fn pixel(&self, place: (f64, f64)) -> (i32, i32) {
        self.area.map_coordinate(&place)
    }

    /// The point in the picture, if it lies inside the axes.
    pub(super) fn at(&self, point: (f64, f64)) -> Option<(i32, i32)> {
        let (x, y) = self.place(point)?;
        let inside = (self.x.low..=self.x.high).contains(&x)
            && (self.y.low..=self.y.high).contains(&y);
        inside.then(|| self.pixel((x, y)))
    }

    pub(super) fn inside(&self, points: &[(f64, f64)]) -> Vec<(i32, i32)> {
        points.iter().filter_map(|point| self.at(*point)).collect()
    }

    /// The pieces of a polyline that lie inside the axes.
    pub(super) fn clipped(&self, points: &[(f64, f64)]) -> Vec<Polyline> {
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
    pub(super) fn clip(&self, a: (f64, f64), b: (f64, f64)) -> Option<Segment> {
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

    pub(super) fn line(&self, points: &[(f64, f64)], stroke: Stroke) {
        let lines = self.clipped(points);
        self.canvas.ink(|pen| pen.lines(&lines, stroke));
    }

    pub(super) fn pixels_per_unit(&self) -> (f64, f64) {
        let (x0, y0) = self.pixel((self.x.low, self.y.low));
        let (x1, y1) = self.pixel((self.x.high, self.y.high));
        let (width, height) = (f64::from(x1 - x0), f64::from(y0 - y1));
        (width / (self.x.high - self.x.low), height / (self.y.high - self.y.low))
    }
}

/// The part of a segment inside the axes; `cut` if it leaves them at its end.
pub(super) struct Segment {
    pub(super) a: (f64, f64),
    pub(super) b: (f64, f64),
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
