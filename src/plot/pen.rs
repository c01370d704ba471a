//! The pen: a plotters backend that writes small SVG for a page to inline.
//!
//! It differs from plotters' own SVG backend in what a book needs: the ink color
//! becomes `currentColor` and text inherits its font, lines may be dashed, cells of
//! one color become one path without seams, and numbers are short.

use std::convert::Infallible;
use std::fmt::Write as _;

use plotters::style::RGBColor;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend,
    DrawingErrorKind, FontStyle, FontTransform,
};

use super::Svg;
use super::style::INK;

/// Pictures are drawn this many times larger than they are shown, because the
/// coordinates of plotters are whole numbers.
pub(super) const SCALE: i32 = 2;

/// A rectangle in device units: x, y, width, height.
pub(super) type Cell = (i32, i32, i32, i32);

/// A line through places in device units.
pub(super) type Polyline = Vec<BackendCoord>;

/// A color as SVG writes it.
pub(super) fn css(RGBColor(r, g, b): RGBColor) -> String {
    if RGBColor(r, g, b) == INK {
        "currentColor".to_string()
    } else {
        format!("#{r:02X}{g:02X}{b:02X}")
    }
}

/// A color and how much of what is below it it covers, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Paint {
    pub(super) color: RGBColor,
    pub(super) opacity: f64,
}

impl Paint {
    pub(super) fn faint(color: RGBColor, opacity: f64) -> Self {
        Paint { color, opacity }
    }

    fn of(color: BackendColor) -> Self {
        let (r, g, b) = color.rgb;
        Paint { color: RGBColor(r, g, b), opacity: color.alpha }
    }

    /// ` fill="..."` or ` stroke="..."`, with the opacity only where there is one.
    fn attributes(self, what: &str) -> String {
        let mut text = format!(" {what}=\"{}\"", css(self.color));
        if self.opacity < 1.0 {
            let _ = write!(text, " {what}-opacity=\"{}\"", short(self.opacity));
        }
        text
    }
}

impl From<RGBColor> for Paint {
    fn from(color: RGBColor) -> Self {
        Paint { color, opacity: 1.0 }
    }
}

/// A number with at most two decimals and nothing to spare: `.5`, `-3`, `12.25`.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text.strip_prefix("0.") {
        Some(rest) => format!(".{rest}"),
        None if text.is_empty() || text == "-" || text == "-0" => "0".to_string(),
        None => text.to_string(),
    }
}

/// How a line is drawn: paint, width in device units, dash ("" for solid).
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke {
    pub(super) paint: Paint,
    pub(super) width: i32,
    pub(super) dash: &'static str,
}

impl Stroke {
    pub(super) fn new(paint: impl Into<Paint>, width: i32) -> Self {
        Stroke { paint: paint.into(), width, dash: "" }
    }

    pub(super) fn dashed(mut self, dash: &'static str) -> Self {
        self.dash = dash;
        self
    }

    fn attributes(&self) -> String {
        let mut text = self.paint.attributes("stroke");
        if self.width != 1 {
            let _ = write!(text, " stroke-width=\"{}\"", self.width);
        }
        if !self.dash.is_empty() {
            let _ = write!(text, " stroke-dasharray=\"{}\"", self.dash);
        }
        text
    }
}

/// A backend of plotters that collects SVG elements.
#[derive(Default)]
pub(super) struct Pen {
    size: (u32, u32),
    elements: Vec<String>,
}

impl Pen {
    /// A pen for a picture of this size, as shown.
    pub(super) fn new((width, height): (u32, u32)) -> Self {
        let scale = SCALE as u32;
        Pen { size: (width * scale, height * scale), elements: Vec::new() }
    }

    /// The finished picture.
    pub(super) fn finish(self) -> Svg {
        Svg::from_elements(self.size, &self.elements)
    }

    /// Lines through points; each inner list is a line of its own.
    pub(super) fn lines(&mut self, lines: &[Polyline], stroke: Stroke) {
        let path: String = lines.iter().map(|line| relative_path(line)).collect();
        if !path.is_empty() && stroke.paint.opacity > 0.0 {
            let round = " stroke-linejoin=\"round\"";
            self.elements.push(format!(
                "<path d=\"{path}\" fill=\"none\"{}{round}/>",
                stroke.attributes()
            ));
        }
    }

    /// Closed shapes, all in one path: filled, and outlined if there is a stroke.
    pub(super) fn shapes(
        &mut self,
        shapes: &[Polyline],
        fill: Option<Paint>,
        stroke: Option<Stroke>,
    ) {
        let path: String =
            shapes.iter().map(|shape| relative_path(shape) + "z").collect();
        if !path.is_empty() {
            self.path(&path, fill, stroke);
        }
    }

    /// Circles of one radius, all in one path.
    pub(super) fn circles(
        &mut self,
        centers: &[BackendCoord],
        radius: i32,
        fill: Option<Paint>,
        stroke: Option<Stroke>,
    ) {
        let (r, d) = (radius, 2 * radius);
        let path: String = centers
            .iter()
            .map(|(x, y)| {
                format!("M{} {y}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0z", x - r)
            })
            .collect();
        if !path.is_empty() {
            self.path(&path, fill, stroke);
        }
    }

    /// Rectangles `(x, y, width, height)` of one paint, in one path, without seams.
    /// Where all are equally high they are the strokes of a wide brush, which takes
    /// half as many letters as their outlines.
    pub(super) fn cells(&mut self, cells: &[Cell], paint: Paint) {
        let Some(&(_, _, _, height)) = cells.first() else { return };
        if paint.opacity <= 0.0 {
            return;
        }
        let looks = if cells.iter().all(|cell| cell.3 == height) {
            let brush = paint.attributes("stroke");
            format!(
                " d=\"{}\" fill=\"none\"{brush} stroke-width=\"{height}\"",
                brush_path(cells)
            )
        } else {
            let outlines: String = cells
                .iter()
                .map(|(x, y, w, h)| format!("M{x} {y}h{w}v{h}h-{w}z"))
                .collect();
            format!(" d=\"{outlines}\"{}", paint.attributes("fill"))
        };
        self.elements.push(format!("<path{looks} shape-rendering=\"crispEdges\"/>"));
    }

    /// A rectangle with round corners.
    pub(super) fn card(
        &mut self,
        (x, y, w, h): Cell,
        corner: i32,
        fill: Option<Paint>,
        stroke: Option<Stroke>,
    ) {
        self.elements.push(format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" \
             rx=\"{corner}\"{}/>",
            looks(fill, stroke)
        ));
    }

    fn path(&mut self, path: &str, fill: Option<Paint>, stroke: Option<Stroke>) {
        self.elements.push(format!("<path d=\"{path}\"{}/>", looks(fill, stroke)));
    }

    /// A line of text. `y` is the baseline.
    pub(super) fn text(&mut self, text: &str, (x, y): BackendCoord, letters: Letters) {
        let anchor = match letters.align {
            HPos::Left => "",
            HPos::Center => " text-anchor=\"middle\"",
            HPos::Right => " text-anchor=\"end\"",
        };
        let weight = if letters.bold { " font-weight=\"bold\"" } else { "" };
        let turn = match letters.turn {
            0 => String::new(),
            angle => format!(" transform=\"rotate({angle} {x} {y})\""),
        };
        self.elements.push(format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\"\
             {anchor}{weight}{}{turn}>{}</text>",
            letters.size,
            letters.paint.attributes("fill"),
            escape(text)
        ));
    }
}

fn looks(fill: Option<Paint>, stroke: Option<Stroke>) -> String {
    let fill = match fill {
        Some(paint) => paint.attributes("fill"),
        None => " fill=\"none\"".to_string(),
    };
    fill + &stroke.map(|stroke| stroke.attributes()).unwrap_or_default()
}

/// How text is written: size in device units, paint, side of the point it hangs on.
#[derive(Clone, Copy)]
pub(super) struct Letters {
    pub(super) size: i32,
    pub(super) paint: Paint,
    pub(super) align: HPos,
    pub(super) bold: bool,
    pub(super) turn: i32,
}

impl Letters {
    pub(super) fn new(size: i32, align: HPos) -> Self {
        Letters { size, paint: INK.into(), align, bold: false, turn: 0 }
    }

    pub(super) fn bold(mut self) -> Self {
        self.bold = true;
        self
    }
}

/// `M x y l dx dy ...` without the points that change nothing.
fn relative_path(points: &[BackendCoord]) -> String {
    let Some(&(mut x, mut y)) = points.first() else { return String::new() };
    let mut path = format!("M{x} {y}");
    for (i, &(next_x, next_y)) in points.iter().enumerate().skip(1) {
        let (dx, dy) = (next_x - x, next_y - y);
        if (dx, dy) == (0, 0) && points.len() > 2 && i + 1 < points.len() {
            continue;
        }
        if let Some(&(after_x, after_y)) = points.get(i + 1) {
            let (ex, ey) = (after_x - next_x, after_y - next_y);
            let straight =
                i64::from(dx) * i64::from(ey) == i64::from(dy) * i64::from(ex);
            let onward =
                i64::from(dx) * i64::from(ex) + i64::from(dy) * i64::from(ey) > 0;
            if straight && onward {
                continue;
            }
        }
        let space = if dy < 0 { "" } else { " " };
        let _ = write!(path, "l{dx}{space}{dy}");
        (x, y) = (next_x, next_y);
    }
    path
}

/// Cells of equal height as strokes through their middles.
fn brush_path(cells: &[Cell]) -> String {
    let (mut end_x, mut end_y) = (0, 0);
    let mut path = String::new();
    for (i, &(x, y, w, h)) in cells.iter().enumerate() {
        if i == 0 {
            let middle = f64::from(y) + 0.5 * f64::from(h);
            let _ = write!(path, "M{x} {}", short(middle));
        } else {
            let (dx, dy) = (x - end_x, y - end_y);
            let space = if dy < 0 { "" } else { " " };
            let _ = write!(path, "m{dx}{space}{dy}");
        }
        let _ = write!(path, "h{w}");
        (end_x, end_y) = (x + w, y);
    }
    path
}

/// Text with the five characters that XML reserves written out.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// About how wide a text is, in the units of `size`. The font is the page's, so this
/// can only be a guess; it guesses for a wide font, so that nothing is cut off.
pub(super) fn text_width(text: &str, size: i32) -> i32 {
    let em: f64 = text
        .chars()
        .map(|letter| match letter {
            'i' | 'j' | 'l' | 'I' | '\'' | '.' | ',' | ':' | ';' | '|' | '!' => 0.32,
            ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' => 0.4,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.95,
            'A'..='Z' | '=' | '+' | '<' | '>' | '−' | '×' | '∂' => 0.74,
            '⁰'..='⁹' | '¹' | '²' | '³' | '⁻' => 0.42,
            _ => 0.62,
        })
        .sum();
    (em * f64::from(size)).ceil() as i32
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Pen {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.cells(&[(x, y, 1, 1)], Paint::of(color));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (x0, y0): BackendCoord,
        (x1, y1): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let corners = vec![(x0, y0), (x1, y0), (x1, y1), (x0, y1)];
        let paint = Paint::of(style.color());
        let stroke = Stroke::new(paint, style.stroke_width() as i32);
        self.shapes(&[corners], fill.then_some(paint), (!fill).then_some(stroke));
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let stroke = Stroke::new(Paint::of(style.color()), style.stroke_width() as i32);
        self.lines(&[path.into_iter().collect()], stroke);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let paint = Paint::of(style.color());
        let stroke = Stroke::new(paint, style.stroke_width() as i32);
        let (fill, stroke) = (fill.then_some(paint), (!fill).then_some(stroke));
        self.circles(&[center], radius as i32, fill, stroke);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        let paint = Paint::of(style.color());
        self.shapes(&[corners.into_iter().collect()], Some(paint), None);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Drawn {
        let size = style.size();
        // Where the baseline lies below the point that the text hangs on.
        let drop = match style.anchor().v_pos {
            VPos::Top => 0.8,
            VPos::Center => 0.35,
            VPos::Bottom => -0.25,
        };
        let drop = (drop * size).round() as i32;
        let (turn, at) = match style.transform() {
            FontTransform::None => (0, (x, y + drop)),
            FontTransform::Rotate90 => (90, (x - drop, y)),
            FontTransform::Rotate180 => (180, (x, y - drop)),
            FontTransform::Rotate270 => (270, (x + drop, y)),
        };
        let letters = Letters {
            size: size.round() as i32,
            paint: Paint::of(style.color()),
            align: style.anchor().h_pos,
            bold: matches!(style.style(), FontStyle::Bold),
            turn,
        };
        self.text(text, at, letters);
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let size = style.size().round() as i32;
        Ok((text_width(text, size).unsigned_abs(), size.unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases =
            [(0.5, ".5"), (1.0, "1"), (0.0, "0"), (0.253, ".25"), (-0.001, "0")];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn paths_leave_out_points_that_change_nothing() {
        assert_eq!(relative_path(&[(0, 0), (1, 1), (2, 2), (2, 0)]), "M0 0l2 2l0-2");
        assert_eq!(relative_path(&[(0, 0), (4, 0), (2, 0)]), "M0 0l4 0l-2 0");
        assert_eq!(relative_path(&[(5, 5), (5, 5)]), "M5 5l0 0");
        assert_eq!(relative_path(&[]), "");
    }

    #[test]
    fn cells_are_strokes_through_their_middles() {
        let cells = [(10, 0, 20, 5), (40, 0, 5, 5), (10, 5, 5, 5)];
        assert_eq!(brush_path(&cells), "M10 2.5h20m10 0h5m-35 5h5");
    }

    #[test]
    fn the_ink_becomes_the_page_color() {
        assert_eq!(css(INK), "currentColor");
        assert_eq!(css(RGBColor(0, 114, 178)), "#0072B2");
    }

    #[test]
    fn reserved_characters_are_escaped() {
        assert_eq!(escape("a<b & \"c\"\n"), "a&lt;b &amp; &quot;c&quot; ");
    }
}
