//! Where the workspace, its lessons and its built programs are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lessons::{Error, Result};

use crate::curriculum;

/// The workspace that the reader works in.
#[derive(Clone, Debug)]
pub struct Place {
    root: PathBuf,
}

impl Place {
    /// The nearest folder, from the current one upward, that holds this workspace.
    pub fn find() -> Result<Place> {
        let here = std::env::current_dir()?;
        let root = here.ancestors().find(|folder| {
            folder.join("lessons").is_dir()
                && std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(
                    |text| text.lines().any(|line| line.trim() == "[workspace]"),
                )
        });
        match root {
            Some(root) => Ok(Place { root: root.to_path_buf() }),
            None => Err(Error::usage(format!(
                "{} is not within Gradbook; go to its folder first",
                here.display()
            ))),
        }
    }

    /// The workspace's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The lessons that are written: those with tests.
    pub fn written(&self) -> Vec<u32> {
        (1..=curriculum::LAST)
            .filter(|lesson| self.test_file(*lesson).is_file())
            .collect()
    }

    /// An error for a lesson that is not written yet.
    pub fn expect_written(&self, lesson: u32) -> Result {
        if self.test_file(lesson).is_file() {
            return Ok(());
        }
        let written: Vec<String> =
            self.written().iter().map(|lesson| lesson.to_string()).collect();
        Err(Error::usage(format!(
            "lesson {lesson} is not written yet; written so far: {}",
            written.join(", ")
        )))
    }

    /// The laws of a lesson's exercises.
    pub fn test_file(&self, lesson: u32) -> PathBuf {
        self.root.join(format!("tests/lesson{lesson:02}.rs"))
    }

    /// The file that the reader edits.
    pub fn exercises(&self, lesson: u32) -> PathBuf {
        self.root.join(exercises_name(lesson))
    }

    /// Where cargo puts what it builds, unless its configuration says otherwise.
    pub fn target(&self) -> PathBuf {
        match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => self.root.join(folder),
            None => self.root.join("target"),
        }
    }
}

/// The reader's file as the reader would type it.
pub fn exercises_name(lesson: u32) -> String {
    format!("lessons/lesson{lesson:02}/exercises.rs")
}

/// The cargo that runs this program, or the one on the path.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
