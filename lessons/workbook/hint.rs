//! `cargo workbook hint 5.2`: from a nudge to nearly the answer, one at a time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;

use lessons::{Error, Result};

use crate::build::{Built, build_one};
use crate::command::Target;
use crate::place::Place;
use crate::say;

/// Shows one hint.
pub fn run(place: &Place, exercise: &Target, level: usize) -> Result<ExitCode> {
    place.expect_written(exercise.lesson)?;
    let number = exercise.exercise.clone().unwrap_or_default();
    let program = program(place, exercise.lesson)?;
    let output = Command::new(program)
        .current_dir(place.root())
        .args(["--hint", &number, "--level", &level.to_string()])
        .output()?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(Error::usage(complaint.trim()));
    }
    say(&String::from_utf8_lossy(&output.stdout));
    Ok(ExitCode::SUCCESS)
}

/// A test program that knows the hints. One that was built after the lesson's laws were
/// last changed will do, whatever the exercises look like now: a hint must be had while
/// the code does not compile.
fn program(place: &Place, lesson: u32) -> Result<PathBuf> {
    let laws = written(&place.test_file(lesson));
    let newest = newest_program(&place.target().join("debug/deps"), lesson);
    if let Some((built, program)) = &newest
        && Some(*built) > laws
    {
        return Ok(program.clone());
    }
    match build_one(place, lesson)? {
        Built::Program(program) => Ok(program),
        Built::Broken(error) => newest.map(|(_, program)| program).ok_or_else(|| {
            let line = error.line;
            Error::new(format!("hints come once the lesson compiles; first: {line}"))
        }),
    }
}

fn written(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

/// The latest `lesson05-0123456789abcdef` that cargo built.
fn newest_program(folder: &Path, lesson: u32) -> Option<(SystemTime, PathBuf)> {
    let start = format!("lesson{lesson:02}-");
    let programs = fs::read_dir(folder).ok()?.filter_map(|entry| {
        let path = entry.ok()?.path();
        let name = path.file_name()?.to_str()?;
        let hash = name.strip_prefix(&start)?;
        let hash = hash.strip_suffix(std::env::consts::EXE_SUFFIX)?;
        // The lesson's own program has such a name too; the tests keep another beside
        // them, with the list of their sources, that says which is which.
        let sources = fs::read_to_string(path.with_extension("d")).ok()?;
        let is_test = sources.contains(&format!("tests/lesson{lesson:02}.rs"))
            || sources.contains(&format!("tests\\lesson{lesson:02}.rs"));
        let is_program = hash.chars().all(|c| c.is_ascii_hexdigit()) && is_test;
        if is_program { Some((written(&path)?, path)) } else { None }
    });
    programs.max()
}
