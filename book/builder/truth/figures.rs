//! SVG made ready to stand inside a page.
//!
//! An `<img>` cannot follow the reader's theme; an SVG inside the page can. Its ids
//! are made unique, its size gives way to the column, and it gets a text alternative.

use super::escape;

/// A drawing ready for the page.
pub struct Inline {
    /// One `<svg>` element without blank lines.
    pub svg: String,
    /// The labels of its frames, when it has `<g class="frame" data-label="...">`.
    pub frames: Vec<String>,
}

/// Makes the drawing `svg` ready: every id gets the prefix, `alt` is what a reader who
/// does not see the picture is told.
pub fn inline(svg: &str, prefix: &str, alt: &str) -> Result<Inline, String> {
    let start = svg.find("<svg").ok_or("it holds no <svg> element")?;
    let end = svg.rfind("</svg>").ok_or("its <svg> element is not closed")?;
    if start > end {
        return Err("its <svg> element is not closed".into());
    }
    let svg = without_comments(&svg[start..end])?;
    for (word, why) in [
        ("<script", "a script"),
        ("<image", "a bitmap"),
        ("<foreignObject", "a foreign object"),
        ("<style", "a style sheet, which would reach the whole page"),
        ("url(http", "something from outside"),
        ("href=\"http", "a link to the outside"),
        (" onload=", "a script"),
    ] {
        if svg.contains(word) {
            return Err(format!("it holds {why}"));
        }
    }
    let (root, inside) = svg.split_once('>').ok_or("its <svg> tag is not closed")?;
    let (inside, frames) = number_frames(inside)?;
    let svg = format!("{}{inside}</svg>", open_tag(root, alt)?);
    let svg = unique_ids(&svg, prefix);
    let lines: Vec<&str> = svg.lines().filter(|line| !line.trim().is_empty()).collect();
    Ok(Inline { svg: lines.join("\n"), frames })
}

fn without_comments(svg: &str) -> Result<String, String> {
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some((before, after)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = after.split_once("-->").ok_or("a comment in it is not closed")?.1;
    }
    out.push_str(rest);
    Ok(out)
}

/// The root tag: its view box and its own attributes stay, its fixed size goes.
fn open_tag(root: &str, alt: &str) -> Result<String, String> {
    let size = |name| {
        let text = attribute(root, name)?.trim_end_matches("px");
        text.parse::<f64>().ok().filter(|x| *x > 0.0)
    };
    let view = match attribute(root, "viewBox") {
        Some(view) => view.to_string(),
        None => match (size("width"), size("height")) {
            (Some(w), Some(h)) => format!("0 0 {w} {h}"),
            _ => return Err("it has no viewBox and no size".into()),
        },
    };
    let width: Option<f64> = view.split([' ', ',']).nth(2).and_then(|w| w.parse().ok());
    let width = width.filter(|w| *w > 0.0).ok_or("its viewBox has no width")?;
    let mut tag = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\"");
    for name in ["fill", "stroke", "font-family", "font-size", "style"] {
        if let Some(value) = attribute(root, name) {
            tag.push_str(&format!(" {name}=\"{value}\""));
        }
    }
    // Figures are drawn at twice their size, because plotters rounds to whole pixels.
    tag.push_str(&format!(
        " viewBox=\"{view}\" width=\"{}\" role=\"img\" aria-label=\"{}\">",
        width / 2.0,
        escape(alt)
    ));
    Ok(tag)
}

/// The value of an attribute inside the text of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let before = rest[..at].chars().next_back();
        rest = &rest[at + name.len()..];
        let value = rest.trim_start().strip_prefix('=').map(str::trim_start);
        if let (Some(' ' | '\n' | '\t'), Some(value)) = (before, value) {
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            return value[1..].split(quote).next();
        }
    }
}

/// Every id and every use of it gets the prefix.
fn unique_ids(svg: &str, prefix: &str) -> String {
    let mut ids: Vec<&str> =
        svg.split(" id=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut out = svg.to_string();
    for id in ids {
        for (before, after) in [
            (" id=\"", "\""),
            ("url(#", ")"),
            ("href=\"#", "\""),
            ("labelledby=\"", "\""),
        ] {
            let old = format!("{before}{id}{after}");
            out = out.replace(&old, &format!("{before}{prefix}-{id}{after}"));
        }
    }
    out
}

/// The text that an attribute stands for.
fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&apos;", "'").replace("&#39;", "'").replace("&amp;", "&")
}

/// Finds the frames; the last one is marked, so that it shows without a script.
fn number_frames(inside: &str) -> Result<(String, Vec<String>), String> {
    const OPEN: &str = "<g class=\"frame";
    let mut labels = Vec::new();
    let mut last = None;
    for (at, _) in inside.match_indices(OPEN) {
        let tag = inside[at..].split('>').next().unwrap_or("");
        let label = attribute(tag, "data-label").filter(|label| !label.is_empty());
        labels.push(unescape(label.ok_or("a frame in it has no data-label")?));
        last = Some(at);
    }
    let Some(last) = last else {
        return Ok((inside.to_string(), labels));
    };
    let mut out = String::with_capacity(inside.len() + 64 * labels.len());
    let mut done = 0;
    for (at, _) in inside.match_indices(OPEN) {
        out.push_str(&inside[done..at]);
        out.push_str(if at == last { "<g class=\"frame on" } else { OPEN });
        done = at + OPEN.len();
    }
    out.push_str(&inside[done..]);
    Ok((out, labels))
}

#[cfg(test)]
mod tests {
    use super::inline;

    const SVG: &str = r##"<?xml version="1.0"?>
<!-- drawn -->
<svg width="1280" height="960" viewBox="0 0 1280 960"
 xmlns="http://www.w3.org/2000/svg">

<clipPath id="clip"><rect width="1" height="1"/></clipPath>
<g clip-path="url(#clip)" fill="currentColor" font-family="inherit"/>
</svg>"##;

    #[test]
    fn a_drawing_is_made_ready() {
        let svg = inline(SVG, "figure-5-2", "a \"line\" & a dot").unwrap().svg;
        assert!(svg.starts_with("<svg xmlns"), "{svg}");
        assert!(svg.contains("aria-label=\"a &quot;line&quot; &amp; a dot\""), "{svg}");
        assert!(svg.contains("role=\"img\""));
        assert!(svg.contains("<clipPath id=\"figure-5-2-clip\">"), "{svg}");
        assert!(svg.contains("url(#figure-5-2-clip)"));
        assert!(svg.contains("width=\"640\""), "{svg}");
        assert!(svg.contains("fill=\"currentColor\" font-family=\"inherit\""));
        assert!(!svg.contains("\n\n") && !svg.contains("drawn"));
    }

    #[test]
    fn the_last_frame_shows_without_a_script() {
        let frames = "<svg viewBox='0 0 10 10'><g class=\"frame\" \
                      data-label=\"a &lt; 1\"/>\
                      <g class=\"frame\" data-label=\"b\"/></svg>";
        let drawing = inline(frames, "f", "x").unwrap();
        assert_eq!(drawing.frames, ["a < 1", "b"]);
        assert_eq!(
            drawing.svg.matches("class=\"frame on\" data-label=\"b\"").count(),
            1
        );
        assert_eq!(
            drawing.svg.matches("class=\"frame\" data-label=\"a &lt;").count(),
            1
        );
    }

    #[test]
    fn says_what_is_wrong_with_a_drawing() {
        let error = |svg: &str| inline(svg, "f", "x").err().unwrap();
        assert_eq!(error("nothing"), "it holds no <svg> element");
        assert_eq!(error("<svg viewBox='0 0 1 1'>"), "its <svg> element is not closed");
        assert_eq!(error("<svg></svg>"), "it has no viewBox and no size");
        let script = "<svg viewBox='0 0 1 1'><script>x</script></svg>";
        assert_eq!(error(script), "it holds a script");
        let frame = "<svg viewBox='0 0 1 1'><g class=\"frame\"></g></svg>";
        assert_eq!(error(frame), "a frame in it has no data-label");
    }
}
