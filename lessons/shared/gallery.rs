//! `index.html`: every picture of a run on one page, which opens from the disk.

use std::fmt::Write as _;

use gradbook::plot::Svg;
use serde_json::Value;

use crate::Lesson;
use crate::report::Values;

/// A picture of a run.
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) caption: String,
    pub(crate) svg: Svg,
    /// The labels of its frames; empty if it does not move.
    pub(crate) labels: Vec<String>,
}

/// A page that is linked to: what it is, and the way to it.
pub(crate) type Link = (String, String);

/// The page.
pub(crate) fn page(
    lesson: &Lesson,
    figures: &[Figure],
    values: &Values,
    links: &[Link],
) -> String {
    let title = format!("Lesson {}: {}", lesson.number, escape(lesson.title));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n\
         <h1>{title}</h1>\n<p><em>{}</em></p>\n",
        escape(lesson.question)
    );
    if !links.is_empty() {
        let list: Vec<String> = links
            .iter()
            .map(|(what, way)| {
                format!("<a href=\"{}\">{}</a>", escape(way), escape(what))
            })
            .collect();
        let _ = writeln!(page, "<p>{}</p>", list.join(" · "));
    }
    for figure in figures {
        push_figure(&mut page, figure);
    }
    push_values(&mut page, values);
    if figures.iter().any(|figure| !figure.labels.is_empty()) {
        let _ = writeln!(page, "<script>\n{SCRIPT}</script>");
    }
    page
}

fn push_figure(page: &mut String, figure: &Figure) {
    let (name, caption) = (escape(&figure.name), escape(&figure.caption));
    let _ = writeln!(page, "<figure id=\"{name}\">\n<div class=\"wide\">");
    page.push_str(figure.svg.as_str());
    page.push_str("</div>\n");
    if let Some(label) = figure.labels.last() {
        let last = figure.labels.len() - 1;
        let _ = writeln!(
            page,
            "<label class=\"slider\" hidden><input type=\"range\" min=\"0\" \
             max=\"{last}\" value=\"{last}\" aria-label=\"frame\">\
             <output>{}</output></label>",
            escape(label)
        );
    }
    let _ = writeln!(
        page,
        "<figcaption>{caption} <a href=\"{name}.svg\">{name}.svg</a></figcaption>\n\
         </figure>"
    );
}

fn push_values(page: &mut String, values: &Values) {
    if values.values.is_empty() && values.spreads.is_empty() {
        return;
    }
    page.push_str("<h2>Values</h2>\n<div class=\"wide\">\n<table>\n");
    page.push_str("<tr><th>name<th>this run<th>baseline<th>over seeds\n");
    let only_spreads =
        values.spreads.keys().filter(|name| !values.values.contains_key(*name));
    for name in values.values.keys().chain(only_spreads) {
        let cell = |value: Option<&Value>| value.map(number).unwrap_or_default();
        let spread = values.spreads.get(name).map(|spread| {
            let (mean, spread, n) =
                (&spread["mean"], &spread["spread"], &spread["seeds"]);
            format!("{} ± {} ({n} seeds)", number(mean), number(spread))
        });
        let _ = writeln!(
            page,
            "<tr><td>{}<td>{}<td>{}<td>{}",
            escape(name),
            cell(values.values.get(name)),
            cell(values.baselines.get(name)),
            spread.unwrap_or_default()
        );
    }
    page.push_str("</table>\n</div>\n");
}

/// A number with six digits at most.
fn number(value: &Value) -> String {
    match value.as_f64() {
        Some(x) if value.is_f64() && (x == 0.0 || (1e-3..1e6).contains(&x.abs())) => {
            let text = format!("{x:.5}");
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        }
        Some(x) if value.is_f64() => format!("{x:.3e}"),
        _ => value.to_string(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

const STYLE: &str = "\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; background: Canvas;
  color: CanvasText; }
figure { margin: 2rem 0; }
.wide { overflow-x: auto; }
figcaption { margin-top: .5rem; }
svg { display: block; margin: 0 auto; }
.moving .frame { display: none; }
.moving .frame.on { display: inline; }
.slider[hidden] { display: none; }
.slider { display: grid; gap: .25rem; margin-top: .5rem; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .2rem 1.2rem .2rem 0; }
td + td { font-variant-numeric: tabular-nums; }
a { color: LinkText; }
";

const SCRIPT: &str = "\
for (const slider of document.querySelectorAll('.slider input')) {
  const figure = slider.closest('figure');
  const frames = figure.querySelectorAll('.frame');
  const show = () => {
    frames.forEach((frame, i) => frame.classList.toggle('on', i == slider.value));
    slider.nextElementSibling.textContent = frames[slider.value].dataset.label;
  };
  slider.addEventListener('input', show);
  figure.classList.add('moving');
  slider.parentElement.hidden = false;
  show();
}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_pictures_captions_values_and_ways_out() {
        let lesson = Lesson { number: 3, title: "A < B", question: "Why?", flags: &[] };
        let axis = || gradbook::plot::Axis::new("x", "");
        let svg = gradbook::plot::Chart::new(axis(), axis()).svg();
        let figure = |name: &str, labels: &[&str]| Figure {
            name: name.to_string(),
            caption: "What to see & why.".to_string(),
            svg: svg.clone(),
            labels: labels.iter().map(|label| label.to_string()).collect(),
        };
        let mut values = Values::default();
        values.measured("loss", 0.1234567);
        values.baseline("loss", 2.0);
        values.spread("accuracy", &[0.5, 0.6, 0.7]);
        let links = [("The chapter".to_string(), "../x.html".to_string())];
        let still = page(&lesson, &[figure("one", &[])], &values, &links);
        let figures = [figure("one", &[]), figure("two", &["a", "b < c"])];
        let moving = page(&lesson, &figures, &values, &links);
        for word in [
            "Lesson 3: A &lt; B",
            "What to see &amp; why.",
            "<a href=\"one.svg\">",
            "<a href=\"../x.html\">The chapter</a>",
            "<td>loss<td>0.12346<td>2<td>",
            "<td>accuracy<td><td><td>0.6 ± 0.1 (3 seeds)",
        ] {
            assert!(still.contains(word), "no {word} in {still}");
        }
        assert!(!still.contains("<script>") && !still.contains("type=\"range\""));
        assert!(moving.contains("max=\"1\"") && moving.contains("<output>b &lt; c"));
        for outside in ["http://", "https://", "src=", "@import"] {
            let found = moving.replace("http://www.w3.org/2000/svg", "");
            assert!(!found.contains(outside), "{outside} in the page");
        }
    }
}
