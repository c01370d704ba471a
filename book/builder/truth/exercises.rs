//! The stubs of a lesson, read from its source.
//!
//! An exercise is a `pub fn` (or `pub async fn`) whose body says `todo!("exercise
//! 5.1")`. Its doc comment is the task, as Markdown. A reader's own answer replaces the
//! `todo!`; then the number is found by the name of the function in
//! `tests/lessonNN.rs`.

use super::Workspace;

/// One exercise as its stub states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercise {
    /// Its number, as in `5.1`.
    pub number: String,
    /// The name of its function.
    pub name: String,
    /// Its doc comment, as Markdown.
    pub doc: String,
    /// Its signature, without the body.
    pub signature: String,
    /// The line of the signature.
    pub line: usize,
}

/// Where a lesson's stubs lie.
pub fn path(lesson: u32) -> String {
    format!("lessons/lesson{lesson:02}/exercises.rs")
}

/// The exercises of a lesson, in order.
pub fn load(workspace: &Workspace, lesson: u32) -> Result<Vec<Exercise>, String> {
    let path = path(lesson);
    let source = workspace.read(&path)?;
    let tests =
        workspace.read(&format!("tests/lesson{lesson:02}.rs")).unwrap_or_default();
    let names = names_in_tests(&tests);
    parse(&source, &names).map_err(|error| format!("{path}: {error}"))
}

/// `Exercise::new("5.1", "softmax", ...)`: number and name of every exercise.
fn names_in_tests(tests: &str) -> Vec<(String, String)> {
    let calls = tests.split("Exercise::new(").skip(1);
    calls
        .filter_map(|call| {
            let mut quoted = call.split('"');
            let number = quoted.nth(1)?;
            let name = quoted.nth(1)?;
            Some((number.to_string(), name.to_string()))
        })
        .collect()
}

/// Reads stubs. `names` tells the numbers of functions that no longer say `todo!`.
pub fn parse(
    source: &str,
    names: &[(String, String)],
) -> Result<Vec<Exercise>, String> {
    let lines: Vec<&str> = source.lines().collect();
    let mut found: Vec<Exercise> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let rest = ["pub fn ", "pub async fn "].map(|start| line.strip_prefix(start));
        let Some(name) = rest.into_iter().flatten().find_map(function_name) else {
            continue;
        };
        let stop = body_end(&lines, i);
        let body = lines[i..stop].join("\n");
        let number = match body.split_once("todo!(\"exercise ") {
            Some((_, rest)) => rest.split('"').next().unwrap_or("").to_string(),
            None => match names.iter().find(|(_, known)| *known == name) {
                Some((number, _)) => number.clone(),
                None => continue,
            },
        };
        if found.iter().any(|known| known.number == number) {
            return Err(format!("exercise {number} stands there twice"));
        }
        let doc = doc_above(&lines, i);
        if doc.trim().is_empty() {
            return Err(format!("exercise {number} has no doc comment"));
        }
        let doc = without_number(&doc, &number);
        let signature = body.split('{').next().unwrap_or("").trim().to_string();
        found.push(Exercise { number, name, doc, signature, line: i + 1 });
    }
    Ok(found)
}

fn function_name(rest: &str) -> Option<String> {
    let name: String =
        rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    Some(name).filter(|name| !name.is_empty())
}

/// The line after the `}` that closes a function at the left margin.
fn body_end(lines: &[&str], start: usize) -> usize {
    let rest = &lines[start..];
    start
        + rest
            .iter()
            .position(|line| line.starts_with('}'))
            .map_or(rest.len(), |i| i + 1)
}

fn doc_above(lines: &[&str], function: usize) -> String {
    let above = lines[..function].iter().rev();
    let mut doc: Vec<&str> = above
        .take_while(|line| line.starts_with("///") || line.starts_with("#["))
        .filter_map(|line| line.strip_prefix("///"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    doc.reverse();
    doc.join("\n")
}

/// `Exercise 5.1: softmax of a vector.` -> `Softmax of a vector.`: in the file the
/// number leads, on a page it stands in the heading.
fn without_number(doc: &str, number: &str) -> String {
    let Some(title) = doc.strip_prefix(&format!("Exercise {number}: ")) else {
        return doc.to_string();
    };
    let mut letters = title.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// A fenced block in a doc comment that is not plain text: its examples are never run.
pub fn foreign_fence(doc: &str) -> Option<&str> {
    let fences = doc.lines().filter_map(|line| line.trim_start().strip_prefix("```"));
    fences.step_by(2).map(str::trim).find(|language| *language != "text")
}

/// The doc comment as a page shows it: headings become bold lines, so that they do not
/// enter the table of contents, and links of rustdoc become plain code.
pub fn to_markdown(doc: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in doc.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let heading = line.trim_start_matches('#');
        if !fenced && heading.len() < line.len() && heading.starts_with(' ') {
            out.push_str(&format!("**{}**\n", heading.trim()));
        } else if fenced {
            out.push_str(line);
            out.push('\n');
        } else {
            out.push_str(&without_links(line));
            out.push('\n');
        }
    }
    out
}

/// [`Matrix`] -> `Matrix`
fn without_links(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("[`") {
        match after.split_once("`]") {
            Some((code, tail)) if !tail.starts_with('(') => {
                out.push_str(&format!("{before}`{code}`"));
                rest = tail;
            }
            _ => {
                out.push_str(before);
                out.push_str("[`");
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::{parse, to_markdown};

    const SOURCE: &str = "\
use gradbook::Matrix;

/// Softmax of a vector.
///
/// # Example
/// `[0, 0]` gives $[1/2, 1/2]$, see [`Matrix`].
#[allow(unused_variables)]
pub fn softmax(
    logits: &[f64],
) -> Vec<f64> {
    todo!(\"exercise 5.1\")
}

pub fn helper() {}

/// Answered.
pub fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}
";

    #[test]
    fn a_kernel_is_an_exercise_too() {
        let source = "/// One thread.\npub async fn scale(x: Buffer) {\n    \
                      todo!(\"exercise 19.2\")\n}\n";
        let found = parse(source, &[]).unwrap();
        assert_eq!(
            (found[0].number.as_str(), found[0].name.as_str()),
            ("19.2", "scale")
        );
        assert_eq!(found[0].signature, "pub async fn scale(x: Buffer)");
    }

    #[test]
    fn reads_stubs_and_answers() {
        let names = [("5.2".to_string(), "mean".to_string())];
        let found = parse(SOURCE, &names).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].number.as_str(), found[0].name.as_str()),
            ("5.1", "softmax")
        );
        assert_eq!(
            found[0].signature,
            "pub fn softmax(\n    logits: &[f64],\n) -> Vec<f64>"
        );
        assert_eq!(found[0].line, 8);
        assert_eq!(found[1].number, "5.2");
        let doc = to_markdown(&found[0].doc);
        assert!(doc.contains("**Example**\n`[0, 0]` gives"), "{doc}");
        assert!(doc.ends_with("see `Matrix`.\n"), "{doc}");
    }

    #[test]
    fn the_number_before_a_title_is_not_repeated() {
        let doc = |text: &str| {
            let source =
                format!("/// {text}\npub fn f() {{\n    todo!(\"exercise 1.1\")\n}}\n");
            parse(&source, &[]).unwrap()[0].doc.clone()
        };
        assert_eq!(doc("Exercise 1.1: decide."), "Decide.");
        assert_eq!(doc("Exercise 1.2: decide."), "Exercise 1.2: decide.");
        assert_eq!(doc("Exercise 1.1: "), "");
    }

    #[test]
    fn a_stub_needs_its_doc_and_its_own_number() {
        let bare = "pub fn f() {\n    todo!(\"exercise 1.1\")\n}\n";
        assert_eq!(parse(bare, &[]).unwrap_err(), "exercise 1.1 has no doc comment");
        let one = "/// A.\npub fn f() {\n    todo!(\"exercise 1.1\")\n}\n";
        let twice = format!("{one}{one}");
        assert_eq!(parse(&twice, &[]).unwrap_err(), "exercise 1.1 stands there twice");
    }
}
