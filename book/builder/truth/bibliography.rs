//! The works that chapters refer to.
//!
//! `book/src/bibliography.md` has one list item for each work:
//!
//! ```text
//! - <a id="rosenblatt1958"></a>**Rosenblatt (1958).** F. Rosenblatt. *The*...
//! ```
//!
//! `{{#ref rosenblatt1958}}` becomes a link with the words in bold.

use super::{Problem, Workspace, line_of};
use std::collections::BTreeMap;

/// The page, from the root of the repository.
pub const FILE: &str = "book/src/bibliography.md";

/// The label of every work by its id.
pub fn load(workspace: &Workspace) -> Result<BTreeMap<String, String>, String> {
    Ok(entries(&workspace.read(FILE)?)
        .into_iter()
        .map(|(_, id, label)| (id, label))
        .collect())
}

fn entries(text: &str) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    for (at, open) in text.match_indices("<a id=\"") {
        let rest = &text[at + open.len()..];
        let Some((id, rest)) = rest.split_once("\"></a>**") else {
            continue;
        };
        let label = rest.split("**").next().unwrap_or("").trim_end_matches('.');
        found.push((
            at,
            id.to_string(),
            label.split_whitespace().collect::<Vec<_>>().join(" "),
        ));
    }
    found
}

/// Works listed twice, or without a label.
pub fn check(workspace: &Workspace) -> Vec<Problem> {
    let text = match workspace.read(FILE) {
        Ok(text) => text,
        Err(error) => return vec![Problem::new(FILE, 0, error)],
    };
    let mut problems = Vec::new();
    let mut seen = BTreeMap::new();
    let found = entries(&text);
    for (at, id, label) in &found {
        let line = line_of(&text, *at);
        if let Some(first) = seen.insert(id, line) {
            let text = format!("`{id}` stands there twice (first on line {first})");
            problems.push(Problem::new(FILE, line, text));
        }
        if label.is_empty() {
            problems.push(Problem::new(
                FILE,
                line,
                format!("`{id}` has no label in bold"),
            ));
        }
    }
    let anchors = text.matches("<a id=\"").count();
    if anchors != found.len() {
        let text = format!("{} entries lack a label in bold", anchors - found.len());
        problems.push(Problem::new(FILE, 0, text));
    }
    problems
}
