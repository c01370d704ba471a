//! How `prose.txt` was made: the book's own chapters as plain English.
//!
//! The frozen text was made once, on 2026-11-22, and is never made again: what a model
//! is measured on must not change when a chapter does. This program is kept to show
//! where the text comes from, and to freeze another one under another name.
//!
//! Preface, primer and glossary come first, then lessons 1 to 5. What is not English
//! goes: fenced code, tables, displayed formulas, comments, included code, records and
//! pictures. Of a figure its caption and its text alternative stay. A paragraph becomes
//! one line, and numbers come from the recorded runs. A sentence goes as a whole if it
//! holds a formula of more than letters, digits and simple signs, or code of more than
//! a name. Marks of emphasis, links and sources are taken off.

use std::collections::HashMap;
use std::path::Path;

/// The chapters that are prose. The lists come before the lessons, so that the end of
/// the text, which is held out, is like most of it.
const CHAPTERS: &[&str] = &[
    "preface", "primer", "glossary", "lesson01", "lesson02", "lesson03", "lesson04",
    "lesson05",
];

/// Reads the chapters of a book and joins what is English in them.
pub fn freeze(book: &Path) -> std::io::Result<String> {
    let mut prose = String::new();
    for chapter in CHAPTERS {
        let text = std::fs::read_to_string(book.join(format!("{chapter}.md")))?;
        let runs = std::fs::read_to_string(book.join(format!("runs/{chapter}.toml")));
        let record = record(&runs.unwrap_or_default());
        for line in plain(&text, &record) {
            prose += &line;
            prose.push('\n');
        }
        prose.push('\n');
    }
    Ok(prose)
}

/// Numbers of recorded runs by their directive: `value name`, `full name`.
type Record = HashMap<String, f64>;

/// Reads the numbers of a record such as `book/src/runs/lesson05.toml`.
fn record(toml: &str) -> Record {
    let mut numbers = HashMap::new();
    let (mut run, mut name) = ("", "");
    for line in toml.lines() {
        let section = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        (run, name) =
            section.map_or((run, name), |s| s.split_once('.').unwrap_or((s, "")));
        let Some((key, number)) = line.split_once(" = ") else { continue };
        let directive = match (run, key) {
            ("plain", "value") => "value",
            ("full", "mean") => "full",
            ("full", "spread") => "spread",
            _ => continue,
        };
        if let Ok(number) = number.parse() {
            numbers.insert(format!("{directive} {name}"), number);
        }
    }
    numbers
}

/// A number as a directive wants it: `value mlp_test_accuracy percent:1`.
fn number(directive: &str, record: &Record) -> Option<String> {
    let (key, form) = directive.rsplit_once(' ')?;
    let number = record.get(key)?;
    let (form, digits) = form.split_once(':').unwrap_or((form, "0"));
    let digits = digits.parse().ok()?;
    match form {
        "int" | "fixed" => Some(format!("{number:.digits$}")),
        "percent" => Some(format!("{:.digits$}%", 100.0 * number)),
        _ => None,
    }
}

/// The paragraphs of a chapter that have something left to say.
fn plain(chapter: &str, record: &Record) -> Vec<String> {
    let kept = paragraphs(chapter).into_iter().map(|paragraph| {
        let kept = sentences(&paragraph).into_iter().filter_map(|s| clean(&s, record));
        kept.collect::<Vec<_>>().join(" ")
    });
    let said = |line: &String| line.chars().any(char::is_alphabetic);
    kept.filter(said).collect()
}

/// The text of a chapter, a string for each paragraph, heading, item or caption.
fn paragraphs(chapter: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut inside: Option<&str> = None; // of what is left out: how it ends
    for line in chapter.lines().map(str::trim) {
        if let Some(end) = inside {
            let caption =
                ["alt: ", "caption: "].iter().find_map(|k| line.strip_prefix(k));
            if let ("}}", Some(text)) = (end, caption) {
                all.push(text.into());
            }
            inside = (!line.ends_with(end)).then_some(end);
            all.push(String::new());
            continue;
        }
        inside = match line {
            _ if line.starts_with("```") => Some("```"),
            _ if line.starts_with("<!--") => Some("-->"),
            _ if line.starts_with("$$") => Some("$$"),
            _ if DIRECTIVES.iter().any(|name| line.starts_with(name)) => Some("}}"),
            _ => None,
        };
        if let Some(end) = inside {
            // What begins and ends on one line.
            let rest = line.get(end.len()..).unwrap_or_default();
            inside = (!rest.contains(end)).then_some(end);
            all.push(String::new());
            continue;
        }
        let line = without_tags(line);
        let begins_anew =
            line.starts_with("- ") || line.starts_with('#') || numbered(&line);
        if line.is_empty() || line.starts_with('|') || begins_anew {
            all.push(String::new());
        }
        if line.starts_with('|') {
            continue;
        }
        let text = line.trim_start_matches(['#', '>', ' ']);
        let last = all.last_mut().expect("begins with one");
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(text);
        if line.starts_with('#') {
            all.push(String::new());
        }
    }
    all.retain(|paragraph| !paragraph.is_empty());
    all
}

/// Directives that stand for something other than a number or a name in a sentence.
const DIRECTIVES: &[&str] = &[
    "{{#code",
    "{{#broken",
    "{{#transcript",
    "{{#figure",
    "{{#frames",
    "{{#live",
    "{{#exercise",
];

/// Whether a line is an item of a numbered list: `2. Then`.
fn numbered(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && rest.starts_with(". ")
}

fn without_tags(line: &str) -> String {
    let tags = ["<details>", "</details>", "<summary>", "</summary>", "</span>"];
    let mut line =
        tags.iter().fold(line.to_string(), |line, tag| line.replace(tag, ""));
    while let (Some(start), Some(length)) = (
        line.find("<span"),
        line.find("<span").and_then(|start| line[start..].find('>')),
    ) {
        line.replace_range(start..=start + length, "");
    }
    line
}

/// Divides a paragraph after `.`, `?` and `!`, if a space and no small letter follows.
fn sentences(paragraph: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let last = all.last().expect("begins with one");
        let closing = ['"', ')', '*', '_'];
        let ended = last.trim_end_matches(closing).ends_with(['.', '?', '!']);
        let item = last.trim_end_matches('.').chars().all(|c| c.is_ascii_digit());
        if ended && !item && !word.starts_with(|c: char| c.is_lowercase()) {
            all.push(String::new());
        }
        let last = all.last_mut().expect("begins with one");
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(word);
    }
    all
}

/// A sentence without its marks; `None` if something is left that is not English.
fn clean(sentence: &str, record: &Record) -> Option<String> {
    let text = without_sources(sentence).replace("{{#fig ", "{{fig ");
    let text = replace_between(&text, "{{#", "}}", |name| number(name, record))?;
    let text = replace_between(&text, "{{fig ", "}}", |_| Some("the figure".into()))?;
    let text = replace_between(&text, "`", "`", |code| simple(code, "_-. "))?;
    let text = replace_between(&text, "$", "$", formula)?;
    let text = without_links(&text).replace('*', "");
    let ascii =
        [("’", "'"), ("–", "-"), ("±", "+-"), ("é", "e"), ("è", "e"), ("ü", "u")];
    let text = ascii.iter().fold(text, |text, (from, to)| text.replace(from, to));
    let text = text.replace(" : ", ": ");
    let words = text.split(' ').filter(|word| !word.is_empty());
    let text = words.collect::<Vec<_>>().join(" ");
    let text = match text.strip_prefix("the figure") {
        Some(rest) => format!("The figure{rest}"),
        None => text,
    };
    let readable = |c: char| c.is_ascii_graphic() || c == ' ';
    let fine = text.chars().all(readable) && !text.contains(['{', '}', '\\', '|', '$']);
    let fine =
        fine && !text.contains(['^', '`', '<', '>', '~', '@', '#', '&', '[', ']']);
    (fine && !text.contains("://") && !text.is_empty()).then_some(text)
}

/// A formula in the signs of a typewriter, if they are enough.
fn formula(math: &str) -> Option<String> {
    let mut text = math.to_string();
    for name in ["eta", "gamma", "lambda", "delta", "sigma", "ln", "exp", "cos", "sin"]
    {
        text = text.replace(&format!("\\{name}"), name);
    }
    let text = text.replace("\\times", "x").replace("\\cdot", "times");
    simple(&text.replace('_', ""), "+-=(),./' ")
}

/// Takes off sources in parentheses, with the parentheses if nothing else is in them.
fn without_sources(sentence: &str) -> String {
    let mut text = sentence.to_string();
    while let Some(start) = text.find(" ({{#ref") {
        let Some(length) = text[start..].find("}})") else { break };
        let inner = &text[start + 2..start + length + 2];
        let only =
            inner.split(", ").all(|r| r.starts_with("{{#ref") && !r.contains(") "));
        if !only {
            break;
        }
        text.replace_range(start..start + length + 3, "");
    }
    text
}

/// `[text](address)` becomes `text`.
fn without_links(text: &str) -> String {
    let mut text = text.to_string();
    while let Some(middle) = text.find("](") {
        let (start, end) = (text[..middle].rfind('['), text[middle..].find(')'));
        let (Some(start), Some(end)) = (start, end) else { break };
        let shown = text[start + 1..middle].to_string();
        text.replace_range(start..=middle + end, &shown);
    }
    text
}

/// Letters and digits, and the given signs; `None` if there is anything else.
fn simple(text: &str, signs: &str) -> Option<String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
    text.chars().all(fine).then(|| text.replace('_', " "))
}

/// Replaces every stretch between two marks; `None` if one cannot be replaced or does
/// not end.
fn replace_between(
    text: &str,
    open: &str,
    close: &str,
    by: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut rest = text;
    let mut result = String::new();
    while let Some((before, after)) = rest.split_once(open) {
        let (inner, after) = after.split_once(close)?;
        result = result + before + &by(inner)?;
        rest = after;
    }
    Some(result + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_becomes_plain_lines() {
        let chapter = "\
# 9. A title

*A question?* About two hours. See [the primer](primer.md),
which *goes on* ({{#ref one2001}}, {{#ref two2002}}).

```rust
no code
```
{{#code src/lib.rs:x}}
{{#figure name
alt: What is seen.
caption: What to see. Then $\\sum x$ more.
}}

| a | table |
| --- | --- |
It got {{#value right percent:1}} of {{#value many int}}. Not {{#value none int}} here.
The rate $\\eta = 0.1$ and $x_1$ stay; `a_name` too. `x[0] = {}` goes. So does {{#ref
three2003}}. In {{#fig loss}} it ends.
- an item
- another

<details><summary>Why?</summary>

Because it is <span class=\"role-data\">data</span>.
</details>

$$
y = x
$$
<!-- numbers
0.1: a comment
-->
2. Last
";
        let toml = "[plain.right]\nvalue = 0.12345\n\n[plain.many]\nvalue = 7.0\n";
        let expected = [
            "9. A title",
            "A question? About two hours. See the primer, which goes on.",
            "What is seen.",
            "What to see.",
            "It got 12.3% of 7. The rate eta = 0.1 and x1 stay; a name too. In the \
             figure it ends.",
            "- an item",
            "- another",
            "Why?",
            "Because it is data.",
            "2. Last",
        ];
        assert_eq!(plain(chapter, &record(toml)), expected);
    }

    #[test]
    fn todays_book_can_be_frozen_under_another_name_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.txt");
        crate::freeze_prose(&path, &mut Vec::new()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() > 100_000 && text.is_ascii());
        let error = crate::freeze_prose(&path, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("new.txt"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}
