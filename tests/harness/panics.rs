//! Panics as values: caught, silent, with their message and place.

use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::Path;
use std::sync::Once;

/// What a panic said, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Panic {
    /// The text, as `panic!` or `assert!` put it together.
    pub message: String,
    /// The file and line, with the path as the reader knows it.
    pub place: Option<String>,
}

thread_local! {
    static CATCHING: Cell<u32> = const { Cell::new(0) };
    static TRACING: Cell<bool> = const { Cell::new(false) };
    static LAST_PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `body`; a panic in it is returned and prints nothing.
pub fn catch<T>(body: impl FnOnce() -> T) -> Result<T, Panic> {
    install_hook();
    CATCHING.set(CATCHING.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(body));
    CATCHING.set(CATCHING.get() - 1);
    result.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_string());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Panic {
            message: text.unwrap_or_else(|| "a value that is no text".to_string()),
            place: LAST_PLACE.take(),
        }
    })
}

/// Runs `body` so that a panic in somebody else's code, such as a product of matrices
/// that do not fit, is placed where the reader's code called it. Slow, so only for the
/// one input that is shown.
pub fn tracing<T>(body: impl FnOnce() -> T) -> T {
    let before = TRACING.replace(true);
    let value = body();
    TRACING.set(before);
    value
}

/// Silences panics inside [`catch`]; all others print as usual.
fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info: &PanicHookInfo| {
            if CATCHING.get() == 0 {
                usual(info);
            } else {
                let place = info.location().filter(|place| is_ours(place.file()));
                let place = place.map(|place| {
                    format!("{}:{}", tidy_path(place.file()), place.line())
                });
                let traced = || if TRACING.get() { place_of_call() } else { None };
                LAST_PLACE.set(place.or_else(traced));
            }
        }));
    });
}

/// The innermost line of an `exercises.rs` on the way to here.
fn place_of_call() -> Option<String> {
    let trace = Backtrace::force_capture().to_string();
    let places = trace.lines().filter_map(|line| line.trim().strip_prefix("at "));
    let place = places.map(tidy_path).find(|place| place.contains("exercises.rs:"))?;
    let start = place.find("lessons/lesson").unwrap_or_default();
    let mut parts = place[start..].split(':');
    Some(format!("{}:{}", parts.next()?, parts.next()?))
}

/// A file of this workspace: others have absolute paths, and tell the reader nothing.
fn is_ours(path: &str) -> bool {
    !Path::new(path).is_absolute()
}

/// `tests/../lessons/lesson05/exercises.rs` becomes `lessons/lesson05/exercises.rs`.
fn tidy_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
