//! Several pictures in one, for a slider to show one after another.

use std::fmt::Write as _;

use super::Svg;
use super::pen::escape;

/// Puts pictures of one size into one, each in a group
/// `<g class="frame" data-index="0" data-label="start">`. What all of them share is
/// stored once, outside the groups. All but the last have `display="none"`, which a
/// page's style sheet overrides to show another.
///
/// ```
/// use gradbook::plot::{Axis, Chart, Role, frames};
///
/// let frame = |slope: f64| {
///     let axis = |name: &str| Axis::new(name, "").range(0.0, 1.0);
///     Chart::new(axis("x"), axis("y"))
///         .line(Role::Weights, "fit", [(0.0, 0.0), (1.0, slope)])
///         .svg()
/// };
/// let svg = frames(&[("start", frame(0.2)), ("end", frame(0.9))]);
/// assert_eq!(svg.as_str().matches("class=\"frame\"").count(), 2);
/// ```
pub fn frames<L: AsRef<str>>(frames: &[(L, Svg)]) -> Svg {
    let Some((_, first)) = frames.first() else {
        return Svg::from_elements((0, 0), &[]);
    };
    let pages: Vec<Page> = frames.iter().map(|(_, svg)| Page::of(svg)).collect();
    let shapes: Vec<&[&str]> = pages.iter().map(|page| &page.shapes[..]).collect();
    let head = shared(&shapes, |shapes, i| shapes.get(i));
    let tails: Vec<&[&str]> = shapes.iter().map(|shapes| &shapes[head..]).collect();
    let tail =
        shared(&tails, |shapes, i| shapes.len().checked_sub(i + 1).map(|i| &shapes[i]));

    let everywhere = |text: &str| pages.iter().all(|page| page.texts.contains(&text));
    let mut elements: Vec<String> = own(&pages[0].shapes[..head]);
    for (index, ((label, _), page)) in frames.iter().zip(&pages).enumerate() {
        let hidden = if index + 1 < frames.len() { " display=\"none\"" } else { "" };
        let mut group = format!(
            "<g class=\"frame\" data-index=\"{index}\" data-label=\"{}\"{hidden}>",
            escape(label.as_ref())
        );
        let middle = &page.shapes[head..page.shapes.len() - tail];
        let texts = page.texts.iter().filter(|text| !everywhere(text));
        for element in middle.iter().chain(texts) {
            let _ = write!(group, "\n{element}");
        }
        elements.push(group + "\n</g>");
    }
    let first_page = &pages[0];
    elements.extend(own(&first_page.shapes[first_page.shapes.len() - tail..]));
    elements.extend(own(first_page.texts.iter().filter(|text| everywhere(text))));
    Svg::from_elements(first.device_size(), &elements)
}

fn own<'a>(elements: impl IntoIterator<Item = &'a &'a str>) -> Vec<String> {
    elements.into_iter().map(|element| element.to_string()).collect()
}

/// The elements of a picture. Text lies over everything, so it may be drawn last.
struct Page<'a> {
    shapes: Vec<&'a str>,
    texts: Vec<&'a str>,
}

impl<'a> Page<'a> {
    fn of(svg: &'a Svg) -> Self {
        let (texts, shapes) =
            svg.elements().partition(|element| element.starts_with("<text"));
        Page { shapes, texts }
    }
}

/// How many elements all pages have in common, counted the way `at` counts.
fn shared<'a>(
    pages: &[&[&'a str]],
    at: impl for<'b> Fn(&'b [&'a str], usize) -> Option<&'b &'a str>,
) -> usize {
    (0..)
        .take_while(|&i| {
            let first = at(pages[0], i);
            first.is_some() && pages.iter().all(|page| at(page, i) == first)
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, count};
    use super::super::{Axis, Chart, Role};
    use super::*;

    fn frame(slope: f64, title: &str) -> Svg {
        let (x, y) =
            (Axis::new("x", "").range(0.0, 1.0), Axis::new("y", "").range(0.0, 1.0));
        Chart::new(x, y)
            .title(title)
            .class(0, "points", [(0.2, 0.3), (0.4, 0.6)])
            .line(Role::Weights, "fit", [(0.0, 0.0), (1.0, slope)])
            .class(1, "more points", [(0.7, 0.3)])
            .svg()
    }

    #[test]
    fn what_is_shared_is_stored_once_and_only_the_last_frame_is_seen() {
        let list = [
            ("a", frame(0.1, "A")),
            ("b < c", frame(0.5, "B")),
            ("d", frame(0.9, "C")),
        ];
        let svg = frames(&list);
        check(
            &svg,
            &["points", "more points", "b &lt; c", ">A<", ">B<", ">C<"],
            20_000,
        );
        assert_eq!(count(&svg, "class=\"frame\""), 3);
        assert_eq!(count(&svg, "display=\"none\""), 2);
        assert_eq!(count(&svg, ">points<"), 1);
        assert!(svg.as_str().len() < list[0].1.as_str().len() + 1500);
        let last = svg.as_str().rfind("class=\"frame\"").expect("frames");
        assert!(svg.as_str()[last..].find("display=\"none\"").is_none());
    }

    #[test]
    fn a_mark_that_comes_late_does_not_stop_the_sharing() {
        let points: Vec<(f64, f64)> = (0..200)
            .map(|i| (f64::from(i % 17) / 17.0, f64::from(i) / 200.0))
            .collect();
        let (x, y) =
            (Axis::new("x", "").range(0.0, 1.0), Axis::new("y", "").range(0.0, 1.0));
        let chart = Chart::new(x, y).class(0, "points", &points);
        let late = chart.clone().line(Role::Weights, "fit", [(0.0, 0.0), (1.0, 0.5)]);
        let (chart, late) = (chart.svg(), late.svg());
        let both = frames(&[("before", chart.clone()), ("after", late.clone())]);
        assert!(both.as_str().len() < late.as_str().len() + 2_000);
        assert_eq!(
            count(&both, ">points<"),
            2,
            "the legend moved, so each has its own"
        );
    }

    #[test]
    fn equal_frames_lose_nothing() {
        let svg = frames(&[("a", frame(0.1, "A")), ("b", frame(0.1, "A"))]);
        check(&svg, &["points", ">A<"], 20_000);
        assert_eq!(count(&svg, "#E69F00"), count(&frame(0.1, "A"), "#E69F00"));
        check(&frames::<&str>(&[]), &[], 1_000);
    }
}
