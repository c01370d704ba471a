//! What a panic means: an exercise not done yet, a fault in the reader's code, or a
//! fault in ours. Either way the reader gets one line.

use std::panic::{AssertUnwindSafe, PanicHookInfo};
use std::sync::Mutex;

use crate::error::one_line;
use crate::{Error, Result};

/// The first panic of the run: later ones only follow from it.
static FIRST: Mutex<Option<Fault>> = Mutex::new(None);

#[derive(Clone, Debug)]
struct Fault {
    message: String,
    file: String,
    line: u32,
}

/// Runs the lesson; a panic in it becomes an error of one line.
pub(crate) fn guarded(number: u32, mine: bool, run: impl FnOnce() -> Result) -> Result {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(remember));
    let result = std::panic::catch_unwind(AssertUnwindSafe(run));
    std::panic::set_hook(before);
    let fault = FIRST.lock().ok().and_then(|mut first| first.take());
    match (result, fault) {
        (Ok(result), _) => result,
        (Err(_), Some(fault)) => Err(explain(&fault, number, mine)),
        (Err(_), None) => Err(Error::new("the run stopped without saying why")),
    }
}

fn remember(info: &PanicHookInfo<'_>) {
    let message = info
        .payload_as_str()
        .map_or_else(|| "a panic without a message".to_string(), one_line);
    let (file, line) = info
        .location()
        .map(|place| (place.file().replace('\\', "/"), place.line()))
        .unwrap_or_default();
    if let Ok(mut first) = FIRST.lock() {
        first.get_or_insert(Fault { message, file, line });
    }
}

/// One line that says whose fault it is and what to do.
fn explain(fault: &Fault, number: u32, mine: bool) -> Error {
    let Fault { message, file, line } = fault;
    let exercises = format!("lessons/lesson{number:02}/exercises.rs");
    let check = format!("`cargo test --test lesson{number:02}`");
    let todo = message.strip_prefix("not yet implemented: exercise ");
    if let Some(exercise) = todo {
        return Error::usage(format!(
            "exercise {exercise} is not done yet: write it in {exercises}, \
             then check it with {check}"
        ));
    }
    let message = shortened(message);
    if file.ends_with("/exercises.rs") || file == "exercises.rs" {
        return Error::new(format!(
            "your code panicked in {exercises}, line {line}: {message}; \
             check it with {check}"
        ));
    }
    let place = tail(file);
    if mine {
        return Error::new(format!(
            "with your functions the run panicked at {place}, line {line}: {message}; \
             check them with {check}"
        ));
    }
    Error::new(format!(
        "this is a fault in Gradbook, not yours: panic at {place}, line {line}: \
         {message}"
    ))
}

/// At most 200 letters.
fn shortened(message: &str) -> String {
    match message.char_indices().nth(200) {
        Some((end, _)) => format!("{}...", &message[..end]),
        None => message.to_string(),
    }
}

/// A path without what depends on the machine.
fn tail(file: &str) -> String {
    let parts: Vec<&str> = file.split('/').collect();
    if file.starts_with('/') || file.contains(':') {
        let start =
            parts.iter().rposition(|part| *part == "src").map_or(0, |i| i.max(1) - 1);
        parts[start..].join("/")
    } else {
        file.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(message: &str, file: &str) -> Fault {
        Fault { message: message.to_string(), file: file.to_string(), line: 12 }
    }

    #[test]
    fn an_exercise_not_done_names_itself_its_file_and_its_check() {
        let stub =
            fault("not yet implemented: exercise 5.1", "lessons/lesson05/exercises.rs");
        let error = explain(&stub, 5, true);
        assert_eq!(
            error.to_string(),
            "exercise 5.1 is not done yet: write it in lessons/lesson05/exercises.rs, \
             then check it with `cargo test --test lesson05`"
        );
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn faults_are_told_apart() {
        let theirs = explain(&fault("boom", "lessons/lesson02/exercises.rs"), 2, true);
        assert!(
            theirs.to_string().starts_with("your code panicked in lessons/lesson02")
        );
        let shape = explain(
            &fault("shape", "/home/me/.cargo/x/nalgebra-1/src/base/m.rs"),
            2,
            true,
        );
        assert!(
            shape.to_string().contains("at nalgebra-1/src/base/m.rs, line 12: shape;")
        );
        let ours = explain(&fault("boom", "src/layer/dense.rs"), 2, false);
        assert!(ours.to_string().contains("a fault in Gradbook"));
        assert!([theirs, shape, ours].iter().all(|error| error.exit_code() == 1));
    }

    #[test]
    fn long_messages_are_cut() {
        let long = explain(&fault(&"é".repeat(500), "src/x.rs"), 1, false);
        assert!(long.to_string().chars().count() < 320);
    }
}
