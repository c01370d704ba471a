//! The lines between two anchor comments.
//!
//! ```text
//! // ANCHOR: decide
//! ...
//! // ANCHOR_END: decide
//! ```
//!
//! mdBook prints an empty block when an anchor is missing. Here that is an error, and
//! so is an anchor that is empty, opened twice, or never closed.

/// The line of a source that opens or closes an anchor, if it does.
enum Mark<'a> {
    Open(&'a str),
    Close(&'a str),
}

fn mark(line: &str) -> Option<Mark<'_>> {
    if let Some((_, name)) = line.split_once("ANCHOR_END:") {
        return Some(Mark::Close(name.trim()));
    }
    line.split_once("ANCHOR:").map(|(_, name)| Mark::Open(name.trim()))
}

/// The lines of `source` inside the anchor `name`, without their common indent and
/// without the comments of other anchors.
pub fn extract(source: &str, name: &str) -> Result<String, String> {
    let lines: Vec<&str> = source.lines().collect();
    let opened: Vec<usize> =
        positions(&lines, |m| matches!(m, Mark::Open(n) if *n == name));
    let closed: Vec<usize> =
        positions(&lines, |m| matches!(m, Mark::Close(n) if *n == name));
    let (first, last) = match (&opened[..], &closed[..]) {
        ([], []) => return Err(format!("there is no anchor `{name}`")),
        ([], _) => return Err(format!("anchor `{name}` is closed but never opened")),
        ([_], []) => return Err(format!("anchor `{name}` is never closed")),
        ([first], [last]) if first < last => (*first, *last),
        ([_], [_]) => return Err(format!("anchor `{name}` is closed before it opens")),
        _ => {
            let lines: Vec<String> =
                opened.iter().chain(&closed).map(|i| (i + 1).to_string()).collect();
            let lines = lines.join(", ");
            return Err(format!("anchor `{name}` stands there twice (lines {lines})"));
        }
    };
    let inside: Vec<&str> =
        lines[first + 1..last].iter().copied().filter(|l| mark(l).is_none()).collect();
    if inside.iter().all(|line| line.trim().is_empty()) {
        return Err(format!("anchor `{name}` is empty"));
    }
    Ok(dedent(&inside))
}

fn positions(lines: &[&str], wanted: impl Fn(&Mark) -> bool) -> Vec<usize> {
    let found = lines.iter().enumerate();
    found
        .filter(|(_, line)| mark(line).is_some_and(|m| wanted(&m)))
        .map(|(i, _)| i)
        .collect()
}

/// Removes the indent that all lines share, and blank lines at both ends.
pub fn dedent(lines: &[&str]) -> String {
    let blank = |line: &&str| line.trim().is_empty();
    let indent = lines
        .iter()
        .filter(|line| !blank(line))
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let start = lines.iter().position(|line| !blank(line)).unwrap_or(0);
    let end = lines.iter().rposition(|line| !blank(line)).map_or(0, |i| i + 1);
    let mut out = String::new();
    for line in &lines[start..end.max(start)] {
        out.push_str(line.get(indent..).unwrap_or("").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::extract;

    const SOURCE: &str = "\
fn outside() {}
// ANCHOR: body
impl X {
    // ANCHOR: inner
    fn inside() {
        let x = 1;
    }
    // ANCHOR_END: inner
}
// ANCHOR_END: body
// ANCHOR: empty

// ANCHOR_END: empty
// ANCHOR: twice
a
// ANCHOR_END: twice
// ANCHOR: twice
b
// ANCHOR_END: twice
// ANCHOR_END: back
// ANCHOR: back
// ANCHOR: open
";

    #[test]
    fn takes_lines_without_indent_and_without_other_anchors() {
        let body = "impl X {\n    fn inside() {\n        let x = 1;\n    }\n}\n";
        assert_eq!(extract(SOURCE, "body").unwrap(), body);
        let inner = "fn inside() {\n    let x = 1;\n}\n";
        assert_eq!(extract(SOURCE, "inner").unwrap(), inner);
    }

    #[test]
    fn says_what_is_wrong_with_an_anchor() {
        let error = |name| extract(SOURCE, name).unwrap_err();
        assert_eq!(error("bod"), "there is no anchor `bod`");
        assert_eq!(error("empty"), "anchor `empty` is empty");
        let twice = "anchor `twice` stands there twice (lines 14, 17, 16, 19)";
        assert_eq!(error("twice"), twice);
        assert_eq!(error("back"), "anchor `back` is closed before it opens");
        assert_eq!(error("open"), "anchor `open` is never closed");
    }
}
