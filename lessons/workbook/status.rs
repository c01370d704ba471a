//! The state of exercises, as a lesson's test program tells it.

use std::path::Path;
use std::process::Command;

use lessons::{Error, Result};
use serde_json::Value;

use crate::paint::Paint;
use crate::place::Place;

/// Where an exercise stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    /// It keeps every law.
    Passed,
    /// It breaks one.
    Failed,
    /// The stub is still there.
    NotAttempted,
}

/// An exercise and its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Exercise {
    /// Such as `5.2`.
    pub number: String,
    /// The function's name.
    pub name: String,
    /// Where it stands.
    pub state: State,
    /// What is wrong, in a line.
    pub summary: String,
    /// What is wrong, in full.
    pub message: String,
}

/// Asks a lesson's test program for the state of its exercises, or of one.
pub fn ask(place: &Place, program: &Path, only: Option<&str>) -> Result<Vec<Exercise>> {
    let mut command = Command::new(program);
    command.current_dir(place.root()).arg("--status-json").args(only);
    let output = command.output()?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(Error::usage(complaint.trim()));
    }
    let told: Value = serde_json::from_slice(&output.stdout)?;
    let exercises = told["exercises"].as_array().map(Vec::as_slice).unwrap_or_default();
    exercises.iter().map(read).collect()
}

fn read(exercise: &Value) -> Result<Exercise> {
    let text = |key: &str| exercise[key].as_str().unwrap_or_default().to_string();
    let state = match exercise["state"].as_str() {
        Some("passed") => State::Passed,
        Some("failed") => State::Failed,
        Some("not attempted") => State::NotAttempted,
        other => {
            return Err(Error::new(format!("an exercise has no state: {other:?}")));
        }
    };
    Ok(Exercise {
        number: text("number"),
        name: text("name"),
        state,
        summary: text("summary"),
        message: text("message"),
    })
}

/// Counts those that passed.
pub fn solved(exercises: &[Exercise]) -> usize {
    exercises.iter().filter(|exercise| exercise.state == State::Passed).count()
}

/// One line for each exercise: number, name, and state or what is wrong.
pub fn lines(exercises: &[Exercise], paint: Paint, indent: usize) -> String {
    let width = exercises.iter().map(|e| e.name.len()).max().unwrap_or_default();
    let line = |exercise: &Exercise| {
        let Exercise { number, name, state, summary, .. } = exercise;
        let state = match state {
            State::Passed => paint.green("passed"),
            State::Failed => paint.red(summary),
            State::NotAttempted => paint.dim("not attempted"),
        };
        format!("{:indent$}{number} {name:<width$}  {state}\n", "")
    };
    exercises.iter().map(line).collect()
}
