//! Building the test programs of lessons, one call of cargo for all of them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write, stderr};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use lessons::{Error, Result};
use serde_json::Value;

use crate::place::{self, Place};

/// A lesson's test program, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Built {
    /// It is here.
    Program(PathBuf),
    /// It does not compile.
    Broken(CompileError),
}

/// The first thing that the compiler complains of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompileError {
    /// One line: where and what.
    pub line: String,
    /// As the compiler prints it.
    pub full: String,
    /// How many there are in all.
    pub count: usize,
}

/// Builds the test programs of these lessons. A lesson that does not compile keeps no
/// other from being built.
pub fn build(place: &Place, wanted: &[u32]) -> Result<BTreeMap<u32, Built>> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut cargo = Command::new(place::cargo());
    cargo.current_dir(place.root());
    // Without a package's name, so that cargo chooses the same features as for
    // `cargo test` and has nothing to build twice.
    cargo.args(["build", "--quiet", "--keep-going", "--message-format=json"]);
    for lesson in wanted {
        cargo.arg("--test").arg(format!("lesson{lesson:02}"));
    }
    cargo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = cargo
        .spawn()
        .map_err(|error| Error::new(format!("cargo cannot be started: {error}")))?;
    let complaints = child.stderr.take().map(|mut stderr| {
        thread::spawn(move || {
            let mut text = String::new();
            // What cannot be read cannot be shown either.
            let _ = stderr.read_to_string(&mut text);
            text
        })
    });
    let mut built = BTreeMap::new();
    if let Some(stdout) = child.stdout.take() {
        let mut progress = Progress::new();
        for line in BufReader::new(stdout).lines() {
            let Ok(message) = serde_json::from_str::<Value>(&line?) else { continue };
            progress.show(&message);
            take(&message, wanted, &mut built);
        }
        progress.clear();
    }
    child.wait()?;
    let complaints =
        complaints.and_then(|thread| thread.join().ok()).unwrap_or_default();
    for lesson in wanted {
        if !built.contains_key(lesson) {
            return Err(no_program(*lesson, &complaints));
        }
    }
    Ok(built)
}

/// Builds one lesson's test program.
pub fn build_one(place: &Place, lesson: u32) -> Result<Built> {
    place.expect_written(lesson)?;
    let built = build(place, &[lesson])?.remove(&lesson);
    built.ok_or_else(|| no_program(lesson, ""))
}

/// Cargo built nothing and no code is to blame: its own words say why.
fn no_program(lesson: u32, complaints: &str) -> Error {
    let line = complaints.lines().find_map(|line| line.strip_prefix("error: "));
    let why = line.unwrap_or("cargo built no program for it");
    Error::new(format!("lesson {lesson} cannot be checked: {why}"))
}

/// Takes in one line of cargo's account.
fn take(message: &Value, wanted: &[u32], built: &mut BTreeMap<u32, Built>) {
    let name = message["target"]["name"].as_str().unwrap_or_default();
    let is_test = message["target"]["kind"][0] == "test";
    let number = name.strip_prefix("lesson").and_then(|digits| digits.parse().ok());
    let lesson = number.filter(|lesson| is_test && wanted.contains(lesson));
    match message["reason"].as_str() {
        Some("compiler-artifact") => {
            let program = message["executable"].as_str();
            if let Some((lesson, program)) = lesson.zip(program) {
                built.insert(lesson, Built::Program(program.into()));
            }
        }
        Some("compiler-message") if message["message"]["level"] == "error" => {
            let error = compile_error(&message["message"]);
            // An error in the library is every lesson's.
            let hit = lesson.map_or(wanted.to_vec(), |lesson| vec![lesson]);
            for lesson in hit {
                note(built, lesson, error.clone());
            }
        }
        _ => {}
    }
}

/// Keeps the first error of a lesson, and counts the others.
fn note(built: &mut BTreeMap<u32, Built>, lesson: u32, error: CompileError) {
    match built.get_mut(&lesson) {
        Some(Built::Broken(first)) => {
            if !error.line.is_empty() {
                first.count += 1;
            }
        }
        _ => {
            built.insert(lesson, Built::Broken(error));
        }
    }
}

fn compile_error(message: &Value) -> CompileError {
    let what = message["message"].as_str().unwrap_or("it does not compile");
    let spans = message["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(span) = spans.iter().find(|span| span["is_primary"] == true) else {
        // Such as "aborting due to 2 previous errors": no error of its own.
        return CompileError::default();
    };
    let file = tidy(span["file_name"].as_str().unwrap_or_default());
    let rendered = message["rendered"].as_str().unwrap_or(what);
    CompileError {
        line: format!("{file}:{}: {what}", span["line_start"]),
        full: rendered.replace("tests/../", "").trim_end().to_string(),
        count: 1,
    }
}

/// `tests/../lessons/lesson05/exercises.rs` becomes `lessons/lesson05/exercises.rs`.
fn tidy(path: &str) -> String {
    let path = path.replace('\\', "/");
    path.strip_prefix("tests/../").unwrap_or(&path).to_string()
}

/// What is being built, on a terminal: the first time takes a minute.
struct Progress {
    on: bool,
    crates: usize,
}

impl Progress {
    fn new() -> Progress {
        Progress { on: stderr().is_terminal(), crates: 0 }
    }

    fn show(&mut self, message: &Value) {
        let built =
            message["reason"] == "compiler-artifact" && message["fresh"] == false;
        if self.on && built {
            self.crates += 1;
            let name = message["target"]["name"].as_str().unwrap_or_default();
            let _ = write!(stderr(), "\r\x1b[2Kbuilding: {} done, {name}", self.crates);
        }
    }

    fn clear(&self) {
        if self.on && self.crates > 0 {
            let _ = write!(stderr(), "\r\x1b[2K");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(name: &str, spans: Value) -> Value {
        json!({
            "reason": "compiler-message",
            "target": { "name": name, "kind": ["test"] },
            "message": {
                "level": "error", "message": "mismatched types", "spans": spans,
                "rendered": "error[E0308]: mismatched\n --> tests/../lessons/x.rs\n",
            },
        })
    }

    fn span() -> Value {
        let file = "tests/../lessons/lesson05/exercises.rs";
        json!([{ "is_primary": true, "file_name": file, "line_start": 12 }])
    }

    #[test]
    fn the_first_error_is_kept_and_the_others_counted() {
        let mut built = BTreeMap::new();
        for spans in [span(), span(), json!([])] {
            take(&error("lesson05", spans), &[4, 5], &mut built);
        }
        let Some(Built::Broken(first)) = built.get(&5) else { panic!("{built:?}") };
        assert_eq!(first.line, "lessons/lesson05/exercises.rs:12: mismatched types");
        assert_eq!(first.count, 2);
        assert!(first.full.ends_with("--> lessons/x.rs"), "{}", first.full);
        assert_eq!(built.len(), 1);
    }

    #[test]
    fn an_error_in_the_library_is_every_lessons() {
        let mut built = BTreeMap::new();
        let mut message = error("gradbook", span());
        message["target"]["kind"] = json!(["lib"]);
        take(&message, &[4, 5], &mut built);
        assert_eq!(built.keys().copied().collect::<Vec<u32>>(), [4, 5]);
    }

    #[test]
    fn a_program_is_found_by_its_name() {
        let mut built = BTreeMap::new();
        let mut message = json!({
            "reason": "compiler-artifact", "executable": "target/debug/deps/lesson05-1",
            "target": { "name": "lesson05", "kind": ["test"] },
        });
        take(&message, &[5], &mut built);
        assert!(matches!(built.get(&5), Some(Built::Program(_))));
        // The lesson's own program has the same name.
        message["target"]["kind"] = json!(["bin"]);
        let mut built = BTreeMap::new();
        take(&message, &[5], &mut built);
        assert!(built.is_empty());
    }

    #[test]
    fn cargos_own_trouble_is_one_line() {
        let error =
            no_program(5, "warning: x\nerror: no test target named `lesson05`\n");
        let says = "lesson 5 cannot be checked: no test target named `lesson05`";
        assert_eq!(error.to_string(), says);
    }
}
