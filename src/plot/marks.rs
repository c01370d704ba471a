//! Markers and the heads of arrows.

use super::canvas::Canvas;
use super::pen::{Paint, Polyline, Stroke};
use super::style::{Marker, Role};

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
