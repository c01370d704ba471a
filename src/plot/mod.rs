//! Every picture of the book.
//!
//! Pictures are SVG, drawn with plotters, and meant to be inlined in a page: they
//! have no background, their ink is the page's text color and their letters are in
//! the page's font. One visual language holds throughout: [`Role`] says which color
//! stands for what. An [`Axis`] cannot be made without its name and unit.
//!
//! | picture | made by |
//! | --- | --- |
//! | lines, bands, points, regions, contours, histograms | [`Chart`] |
//! | bars in groups, with their spread | [`Bars`] |
//! | a matrix as shades, a confusion matrix | [`Heatmap`] |
//! | small images: digits, mistakes, filters | [`Images`] |
//! | a computation graph with values and gradients | [`Graph`] |
//! | a network as layers of units | [`Diagram`] |
//! | several pictures in one | [`Panels`] |
//! | one picture that moves | [`frames`] |
//!
//! ```
//! use gradbook::plot::{Axis, Chart, Role};
//!
//! let parabola = (-20..=20).map(|i| f64::from(i) / 10.0).map(|w| (w, w * w));
//! let svg = Chart::new(Axis::new("weight", ""), Axis::new("loss", ""))
//!     .line(Role::Loss, "loss", parabola)
//!     .path(Role::Gradients, "descent", [(-1.8, 3.24), (-1.0, 1.0), (-0.5, 0.25)])
//!     .svg();
//! assert!(svg.as_str().starts_with("<svg"));
//! ```

use std::fmt;
use std::io;
use std::path::Path;

mod area;
mod axis;
mod bars;
mod canvas;
mod cells;
mod chart;
mod contour;
mod draw;
mod frames;
mod graph;
mod heatmap;
mod images;
mod layer;
mod legend;
mod marks;
mod network;
mod panels;
mod pen;
mod style;

pub use axis::Axis;
pub use bars::Bars;
pub use canvas::{Canvas, Picture};
pub use chart::{Chart, steps};
pub use contour::Grid;
pub use frames::frames;
pub use graph::{Graph, Node};
pub use heatmap::Heatmap;
pub use images::Images;
pub use network::Diagram;
pub use panels::Panels;
pub use style::Role;

/// A picture: one `<svg>` element, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Svg(String);

impl Svg {
    /// The text of the picture.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Writes the picture to a file.
    ///
    /// # Errors
    /// If the file cannot be written; the error names it.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        std::fs::write(path, format!("{ALONE}{self}")).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot write {}: {error}", path.display()),
            )
        })
    }

    /// One `<svg>` around elements that stand one to a line.
    fn from_elements((width, height): (u32, u32), elements: &[String]) -> Svg {
        let scale = pen::SCALE as u32;
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" \
             viewBox=\"0 0 {width} {height}\" width=\"{}\" height=\"{}\" \
             style=\"max-width:100%;height:auto;font-family:inherit\">\n",
            width / scale,
            height / scale,
        );
        for element in elements {
            text.push_str(element);
            text.push('\n');
        }
        text.push_str("</svg>\n");
        Svg(text)
    }

    /// The elements again, without the `<svg>` around them.
    fn elements(&self) -> impl Iterator<Item = &str> {
        let inside = |line: &&str| !line.starts_with("<svg") && *line != "</svg>";
        self.0.lines().filter(inside)
    }

    /// Width and height in device units, from the view box.
    fn device_size(&self) -> (u32, u32) {
        let mut numbers = self
            .0
            .split("viewBox=\"0 0 ")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .into_iter()
            .flat_map(|size| size.split(' '))
            .map(|number| number.parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    }
}

/// Goes before the picture in a file. Opened there, it has no page to inherit from:
/// then it takes a plain font, and the system's choice of light or dark.
const ALONE: &str = "<?xml-stylesheet type=\"text/css\" href=\"data:text/css,\
                     svg{font-family:sans-serif !important;\
                     color-scheme:light dark;color:CanvasText}\"?>\n";

impl fmt::Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What must hold of every picture of the book, and of this one.
    pub(super) fn check(svg: &Svg, words: &[&str], most_bytes: usize) {
        let text = svg.as_str();
        if let Err(fault) = well_formed(text) {
            panic!("not well formed: {fault}\n{text}");
        }
        let sentinels =
            ["#010203", "rgb(1,2,3)", "rgb(1, 2, 3)", "NaN", "inf\"", "id=\""];
        for banned in sentinels {
            assert!(!text.contains(banned), "{banned} in {text}");
        }
        assert!(!text.contains("\n\n"), "an empty line ends a block of Markdown");
        let (width, height) = svg.device_size();
        let whole =
            format!("<rect x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\"");
        assert!(!text.contains(&whole), "a background");
        for word in words {
            assert!(text.contains(word), "no {word} in {text}");
        }
        assert!(text.len() <= most_bytes, "{} bytes", text.len());
    }

    /// How often a text occurs.
    pub(super) fn count(svg: &Svg, what: &str) -> usize {
        svg.as_str().matches(what).count()
    }

    /// Tags closed in order, attributes quoted and given once, no stray `<` or `&`.
    fn well_formed(text: &str) -> Result<(), String> {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('<') {
            entities(&rest[..start])?;
            let end = rest[start..].find('>').ok_or("a tag without an end")? + start;
            let tag = &rest[start + 1..end];
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                let last = open.pop().ok_or(format!("</{name}> closes nothing"))?;
                if last != name {
                    return Err(format!("<{last}> closed by </{name}>"));
                }
            } else {
                let body = tag.strip_suffix('/');
                let name = attributes(body.unwrap_or(tag))?;
                if body.is_none() {
                    open.push(name);
                }
            }
        }
        if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
    }

    fn attributes(tag: &str) -> Result<&str, String> {
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut seen = Vec::new();
        while !rest.trim().is_empty() {
            let (key, value) = rest.split_once("=\"").ok_or(format!("in <{tag}>"))?;
            let (value, after) = value.split_once('"').ok_or(format!("in <{tag}>"))?;
            entities(value)?;
            if seen.contains(&key.trim()) {
                return Err(format!("{key} twice in <{tag}>"));
            }
            seen.push(key.trim());
            rest = after;
        }
        Ok(name)
    }

    fn entities(text: &str) -> Result<(), String> {
        for after in text.split('&').skip(1) {
            let known = ["lt;", "gt;", "amp;", "quot;", "apos;"];
            if !known.iter().any(|entity| after.starts_with(entity)) {
                return Err(format!("a bare & in {text}"));
            }
        }
        Ok(())
    }

    #[test]
    fn the_checker_finds_what_is_not_well_formed() {
        let wrong = [
            "<a><b></a></b>",
            "<a>",
            "</a>",
            "<a b=1/>",
            "<a b=\"1\" b=\"2\"/>",
            "a & b<i/>",
            "<a b=\"x & y\"/>",
            "<a b=\"1/>",
        ];
        for text in wrong {
            assert!(well_formed(text).is_err(), "{text}");
        }
        assert_eq!(well_formed("<a b=\"1\"><c/>x &lt; y</a>"), Ok(()));
    }

    #[test]
    fn saving_to_nowhere_names_the_file() {
        let svg = Chart::new(Axis::new("x", ""), Axis::new("y", "")).svg();
        let error = svg.save("no/such/folder/picture.svg").expect_err("no folder");
        assert!(error.to_string().contains("no/such/folder/picture.svg"), "{error}");
    }

    #[test]
    fn shown_at_half_the_size_it_is_drawn() {
        let svg =
            Chart::new(Axis::new("x", ""), Axis::new("y", "")).size(300, 200).svg();
        assert!(
            svg.as_str()
                .contains("viewBox=\"0 0 600 400\" width=\"300\" height=\"200\"")
        );
        assert_eq!(svg.device_size(), (600, 400));
    }
}
