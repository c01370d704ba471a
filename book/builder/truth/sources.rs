//! Which files are compiled, and the one place that reads them.

use super::Problem;
use super::chapter::Chapter;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The repository, seen from the book.
pub struct Workspace {
    root: PathBuf,
    compiled: OnceCell<BTreeSet<String>>,
}

impl Workspace {
    /// The repository at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Workspace { root: root.into(), compiled: OnceCell::new() }
    }

    /// Where the repository lies.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The text of a file, named from the root. Line ends are `\n` on every platform.
    pub fn read(&self, path: &str) -> Result<String, String> {
        let inside = !path.is_empty()
            && !path.contains('\\')
            && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !inside {
            return Err(format!(
                "`{path}` is not a path from the root of the repository"
            ));
        }
        match std::fs::read_to_string(self.root.join(path)) {
            Ok(text) => Ok(text.replace("\r\n", "\n")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(format!("there is no file `{path}`"))
            }
            Err(error) => Err(format!("cannot read `{path}`: {error}")),
        }
    }

    /// Does this file exist?
    pub fn exists(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    /// The names of the files in a folder, sorted; empty when there is no such folder.
    pub fn list(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.root.join(folder)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    /// The pages that `SUMMARY.md` links to, in order.
    pub fn pages(&self) -> Result<Vec<String>, Problem> {
        let file = "book/src/SUMMARY.md";
        let summary = self.read(file).map_err(|text| Problem::new(file, 0, text))?;
        let links = summary.split("](").skip(1);
        let pages = links.filter_map(|rest| rest.split_once(')')).map(|(page, _)| page);
        Ok(pages.filter(|page| page.ends_with(".md")).map(str::to_string).collect())
    }

    /// A page of the book by its name in `SUMMARY.md`.
    pub fn chapter(&self, page: &str) -> Result<Chapter, Problem> {
        let file = format!("book/src/{page}");
        match self.read(&file) {
            Ok(text) => Ok(Chapter::new(page, text)),
            Err(text) => Err(Problem::new("book/src/SUMMARY.md", 0, text)),
        }
    }

    /// The lessons that have a recorded run.
    pub fn recorded_lessons(&self) -> Vec<u32> {
        let names = self.list("book/src/runs");
        names
            .iter()
            .filter_map(|name| name.strip_prefix("lesson")?.strip_suffix(".toml"))
            .filter_map(|number| number.parse().ok())
            .collect()
    }

    /// The lessons that have a folder with exercises.
    pub fn lessons(&self) -> Vec<u32> {
        let names = self.list("lessons");
        names
            .iter()
            .filter_map(|name| name.strip_prefix("lesson")?.parse().ok())
            .filter(|n: &u32| {
                self.exists(&format!("lessons/lesson{n:02}/exercises.rs"))
            })
            .collect()
    }

    /// Is this Rust file part of a program or library that `cargo` builds?
    pub fn is_compiled(&self, path: &str) -> bool {
        self.compiled.get_or_init(|| self.module_tree()).contains(path)
    }

    /// Follows `mod name;` from the crate roots of the workspace.
    fn module_tree(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open: Vec<String> = ["src/lib.rs", "lessons/shared/lib.rs"]
            .into_iter()
            .chain(["book/live/lib.rs", "book/builder/lib.rs", "book/builder/main.rs"])
            .map(str::to_string)
            .collect();
        for folder in ["tests", "benches"] {
            open.extend(
                self.list(folder).into_iter().map(|name| format!("{folder}/{name}")),
            );
        }
        for name in self.list("lessons") {
            open.push(format!("lessons/{name}/main.rs"));
        }
        while let Some(path) = open.pop() {
            if !path.ends_with(".rs") || !self.exists(&path) || found.contains(&path) {
                continue;
            }
            if let Ok(source) = self.read(&path) {
                open.extend(modules(&path, &source));
            }
            found.insert(path);
        }
        found
    }
}

/// The files that `mod name;` lines of a source may mean.
fn modules(path: &str, source: &str) -> Vec<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.trim_end_matches(".rs");
    let owner = if matches!(stem, "mod" | "lib" | "main") || root_file(path) {
        folder.to_string()
    } else {
        format!("{folder}/{stem}")
    };
    let mut found = Vec::new();
    let mut path_attribute: Option<&str> = None;
    for line in source.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[path") {
            path_attribute = rest.split('"').nth(1);
            continue;
        }
        let bare = line
            .strip_prefix("pub")
            .map_or(line, |rest| rest.trim_start_matches(|c| c != ' ').trim_start());
        if let Some(name) = bare.strip_prefix("mod ").and_then(|r| r.strip_suffix(';'))
        {
            match path_attribute.take() {
                Some(other) => found.push(normalize(&format!("{folder}/{other}"))),
                None => {
                    found.push(format!("{owner}/{name}.rs"));
                    found.push(format!("{owner}/{name}/mod.rs"));
                }
            }
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            path_attribute = None;
        }
    }
    found
}

/// Is this the root of a test or benchmark, whose modules lie beside it?
fn root_file(path: &str) -> bool {
    matches!(path.split('/').collect::<Vec<_>>()[..], ["tests" | "benches", _])
}

/// Takes `a/../` out of a path.
fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{modules, normalize};

    #[test]
    fn finds_modules() {
        let source = "\
pub mod a;
mod b;
pub(crate) mod c;
mod inline { }
#[path = \"../x/y.rs\"]
mod d;
";
        let found = modules("src/data/mod.rs", source);
        assert!(found.contains(&"src/data/a.rs".to_string()));
        assert!(found.contains(&"src/data/b/mod.rs".to_string()));
        assert!(found.contains(&"src/data/c.rs".to_string()));
        assert!(found.contains(&"src/x/y.rs".to_string()));
        assert_eq!(found.len(), 7);
        assert_eq!(modules("src/layer/dense.rs", "mod z;")[0], "src/layer/dense/z.rs");
    }

    #[test]
    fn paths_are_normalized() {
        assert_eq!(normalize("tests/../lessons/./a.rs"), "lessons/a.rs");
    }
}
