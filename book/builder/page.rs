//! From a chapter as written to the text that mdBook makes a page of.

use crate::maths::Maths;
use crate::truth::{self, Chapter, Problem, Workspace, expand};
use anyhow::{Result, bail};
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use std::sync::{Arc, Mutex};

/// The preprocessor, in process for `cargo book` and as a command for `mdbook`.
pub struct Gradbook {
    workspace: Workspace,
    maths: Maths,
    /// Go on when a directive or a formula fails, with a red box in its place.
    draft: bool,
    problems: Arc<Mutex<Vec<Problem>>>,
}

impl Gradbook {
    /// A preprocessor for the book of this workspace.
    pub fn new(workspace: Workspace, draft: bool) -> Result<Self> {
        let maths = Maths::new().map_err(anyhow::Error::msg)?;
        Ok(Gradbook { workspace, maths, draft, problems: Arc::default() })
    }

    /// Where problems are collected.
    pub fn problems(&self) -> Arc<Mutex<Vec<Problem>>> {
        self.problems.clone()
    }

    /// Directives, then maths.
    pub fn page(&self, page: &str, text: &str) -> (String, Vec<Problem>) {
        let chapter = Chapter::new(page, text.to_string());
        let expanded = expand(&self.workspace, &chapter);
        let (html, bad) = self.maths.render(&expanded.text);
        let mut problems = expanded.problems.clone();
        problems.extend(bad.into_iter().map(|bad| {
            let text = format!("${}$: {}", bad.formula, bad.error);
            Problem::new(&chapter.file, expanded.source_line(bad.at), text)
        }));
        (html, problems)
    }
}

impl Preprocessor for Gradbook {
    fn name(&self) -> &str {
        "gradbook"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let mut problems = Vec::new();
        book.for_each_mut(|item| {
            let BookItem::Chapter(chapter) = item else { return };
            let Some(path) =
                chapter.path.as_ref().map(|path| path.display().to_string())
            else {
                return;
            };
            let (html, more) = self.page(&path, &chapter.content);
            chapter.content = html;
            problems.extend(more);
        });
        let count = problems.len();
        if let Ok(mut all) = self.problems.lock() {
            all.extend(problems);
        }
        if count > 0 && !self.draft {
            let s = if count == 1 { "" } else { "s" };
            bail!("{count} problem{s} in the chapters");
        }
        Ok(book)
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(renderer == "html")
    }
}

/// Every problem of the book: what [`truth`] finds, and formulas that do not convert.
pub fn check(workspace: &Workspace) -> Result<Vec<Problem>> {
    let mut problems = truth::check_book(workspace);
    let gradbook = Gradbook::new(Workspace::new(workspace.root()), true)?;
    for page in workspace.pages().unwrap_or_default() {
        if let Ok(chapter) = workspace.chapter(&page) {
            problems.extend(gradbook.page(&page, &chapter.text).1);
        }
    }
    problems.sort();
    problems.dedup();
    Ok(problems)
}
