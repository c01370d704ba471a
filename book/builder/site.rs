//! The book as a folder of pages.

use crate::log;
use crate::page::Gradbook;
use crate::truth::{Problem, Workspace};
use anyhow::{Context, Result, bail};
use mdbook_driver::MDBook;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Marks a folder as one that we wrote, and may therefore replace.
const MARKER: &str = ".gradbook";

/// Builds the book into `out`. The folder appears whole or not at all: the pages are
/// written beside it and swapped in at the end. In a draft, what fails becomes a red
/// box, and the problems are returned; otherwise any problem is an error.
pub fn build(root: &Path, out: &Path, draft: bool) -> Result<Vec<Problem>> {
    let out = std::path::absolute(out)?;
    replaceable(&out)?;
    let parent = out.parent().context("cannot build into the root of a disk")?;
    fs::create_dir_all(parent)
        .with_context(|| format!("cannot write {}", parent.display()))?;
    let staging = Staging::new(&out)?;
    let problems = render(root, &staging.new, draft)?;
    share_programs(&staging.new.join("print.html"))?;
    if problems.is_empty() || draft {
        fs::write(staging.new.join(MARKER), "Written by `cargo book`.\n")?;
        staging.swap(&out)?;
    }
    Ok(problems)
}

fn render(root: &Path, into: &Path, draft: bool) -> Result<Vec<Problem>> {
    let gradbook = Gradbook::new(Workspace::new(root), draft)?;
    let found = gradbook.problems();
    let (result, heard) = log::listen(|| -> Result<()> {
        let mut book = MDBook::load(root.join("book"))?;
        book.config.build.build_dir = into.to_path_buf();
        book.with_preprocessor(gradbook);
        book.build()
    });
    let mut problems = found.lock().map(|list| list.clone()).unwrap_or_default();
    problems.extend(heard.into_iter().map(|text| Problem::new("book", 0, text)));
    problems.sort();
    problems.dedup();
    match result {
        Err(error) if problems.is_empty() => Err(error),
        _ => Ok(problems),
    }
}

/// Every chapter holds the program of its live figures once. The page that holds all
/// chapters needs it once, too: its first figure shares it with the others.
fn share_programs(page: &Path) -> Result<()> {
    if page.is_file() {
        fs::write(page, sharing(&fs::read_to_string(page)?))?;
    }
    Ok(())
}

fn sharing(html: &str) -> String {
    const BEGIN: &str = "data-wasm=\"";
    let mut parts = html.split(BEGIN);
    let mut out = parts.next().unwrap_or("").to_string();
    let mut seen = BTreeSet::new();
    for part in parts {
        let (program, rest) = part.split_once('"').unwrap_or((part, ""));
        out.push_str(BEGIN);
        out.push_str(if seen.insert(program) { program } else { "" });
        out.push('"');
        out.push_str(rest);
    }
    out
}

/// Nobody's files are lost: a folder is replaced only when we wrote it.
fn replaceable(out: &Path) -> Result<()> {
    if !out.exists() {
        return Ok(());
    }
    if !out.is_dir() {
        bail!("{} is a file", out.display());
    }
    let empty = fs::read_dir(out)?.next().is_none();
    if !empty && !out.join(MARKER).is_file() {
        bail!("{} holds files that `cargo book` did not write", out.display());
    }
    Ok(())
}

/// Two folders beside the output; removed again whatever happens.
struct Staging {
    new: PathBuf,
    old: PathBuf,
}

impl Staging {
    fn new(out: &Path) -> Result<Self> {
        let name = out.file_name().context("the output folder has no name")?;
        let beside = |what: &str| {
            let id = std::process::id();
            out.with_file_name(format!(".{}.{what}-{id}", name.to_string_lossy()))
        };
        let staging = Staging { new: beside("new"), old: beside("old") };
        fs::create_dir(&staging.new)
            .with_context(|| format!("cannot write {}", staging.new.display()))?;
        Ok(staging)
    }

    fn swap(&self, out: &Path) -> Result<()> {
        if out.exists() {
            fs::rename(out, &self.old)?;
        }
        fs::rename(&self.new, out).inspect_err(|_| {
            let _ = fs::rename(&self.old, out);
        })?;
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.new);
        let _ = fs::remove_dir_all(&self.old);
    }
}

#[cfg(test)]
mod tests {
    use super::{replaceable, sharing};
    use std::fs;

    #[test]
    fn a_program_stands_in_a_page_once() {
        let page = |second: &str| {
            format!("<p data-wasm=\"AGFz\"></p><i><p data-wasm=\"{second}\" id=\"a\">")
        };
        assert_eq!(sharing(&page("AGFz")), page(""));
        assert_eq!(sharing(&page("BBBB")), page("BBBB"));
        assert_eq!(sharing("<p>no program</p>"), "<p>no program</p>");
    }

    #[test]
    fn only_our_own_folder_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        assert!(replaceable(&out).is_ok());
        fs::create_dir(&out).unwrap();
        assert!(replaceable(&out).is_ok());
        fs::write(out.join("thesis.txt"), "x").unwrap();
        let error = replaceable(&out).unwrap_err().to_string();
        assert!(error.contains("did not write"), "{error}");
        fs::write(out.join(super::MARKER), "").unwrap();
        assert!(replaceable(&out).is_ok());
    }
}
