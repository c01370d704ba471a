//! The book must not be able to lie.
//!
//! A chapter is Markdown with directives: `{{#code path:anchor}}` shows lines of a
//! source file, `{{#value name format}}` a number of the recorded run. This module
//! finds the directives, checks every one of them and writes what they stand for. It
//! also checks the prose around them: numbers that no run produced, code that no
//! compiler saw, pictures without a text alternative.
//!
//! It needs nothing of mdBook, so that two readers can share it: the builder, and
//! `tests/book.rs`, which checks the whole book in an ordinary `cargo test`.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `anchors.rs` | the lines between two anchor comments |
//! | `sources.rs` | which files are compiled, and the one place that reads them |
//! | `bench.rs` | recorded benchmarks: times, with machine, commit and date |
//! | `runs.rs` | recorded runs: values, tolerances, formats, drift |
//! | `figures.rs` | SVG made ready to stand inside a page |
//! | `exercises.rs` | the stubs of a lesson, read from its source |
//! | `bibliography.rs` | the works that chapters refer to |
//! | `directives.rs` | finding directives in a chapter |
//! | `chapter.rs` | a chapter cut into prose, code, maths and directives |
//! | `expand.rs` | what each directive becomes |
//! | `prose.rs` | numbers, spelling, fences, headings |
//! | `broken.rs` | the compiler's own word on deliberately broken code |

pub mod anchors;
pub mod bench;
pub mod bibliography;
pub mod broken;
pub mod chapter;
pub mod directives;
pub mod exercises;
pub mod expand;
pub mod figures;
pub mod prose;
pub mod runs;
pub mod sources;

use std::fmt;

pub use chapter::Chapter;
pub use expand::{Expanded, expand};
pub use sources::Workspace;

/// Something in the book that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, from the root of the repository.
    pub file: String,
    /// The line in it, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong, and what to do about it.
    pub text: String,
}

impl Problem {
    /// A problem on one line of one file.
    pub fn new(file: &str, line: usize, text: impl Into<String>) -> Self {
        Problem { file: file.into(), line, text: text.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.file, self.text),
            line => write!(out, "{}:{line}: {}", self.file, self.text),
        }
    }
}

/// Everything that is wrong with one chapter: its directives, its prose, its shape.
pub fn check_chapter(workspace: &Workspace, chapter: &Chapter) -> Vec<Problem> {
    let mut problems = expand(workspace, chapter).problems;
    problems.extend(prose::check(workspace, chapter));
    problems.extend(bench::check_page(chapter));
    problems.sort();
    problems.dedup();
    problems
}

/// Everything that is wrong with the whole book: all chapters, and all recorded runs.
pub fn check_book(workspace: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    match workspace.pages() {
        Err(problem) => problems.push(problem),
        Ok(pages) => {
            for page in pages {
                match workspace.chapter(&page) {
                    Ok(chapter) => problems.extend(check_chapter(workspace, &chapter)),
                    Err(problem) => problems.push(problem),
                }
            }
        }
    }
    for lesson in workspace.recorded_lessons() {
        problems.extend(runs::check(workspace, lesson));
        problems.extend(bench::check(workspace, lesson));
    }
    problems.extend(bibliography::check(workspace));
    problems.sort();
    problems.dedup();
    problems
}

/// The line of a byte offset, from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())]
        .iter()
        .filter(|&&b| b == b'\n')
        .count()
}

/// Text made safe between tags and inside a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
