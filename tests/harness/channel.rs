//! How the child process that runs an answer tells its parent what happens.
//!
//! Each message is one line on standard output, and the same line on standard error, so
//! that the parent knows what the answer printed in between: a secret word that the
//! parent chose for this one child, then JSON. Everything else on these streams is the
//! answer's own. An answer that prints a verdict of its own, or ends the program with
//! code 0, convinces nobody.

use std::io::{BufRead, Write, stderr, stdin, stdout};
use std::sync::OnceLock;

use serde_json::{Value, json};

static SECRET: OnceLock<String> = OnceLock::new();

/// Reads the secret word from standard input; from then on messages are sent.
/// False when there is none, because somebody started the child by hand.
pub fn open() -> bool {
    let mut line = String::new();
    let read = stdin().lock().read_line(&mut line).unwrap_or(0);
    read > 0 && !line.trim().is_empty() && SECRET.set(line.trim().to_string()).is_ok()
}

/// The law with this index is being tried, from here on.
pub fn law(index: usize) {
    send(&json!({ "law": index }));
}

/// The fixed sample of behavior is being taken, from here on.
pub fn probing() {
    send(&json!({ "probing": true }));
}

/// This input is being tried. The text is made only when someone listens.
pub fn trying(input: impl Fn() -> Vec<(String, String)>) {
    if SECRET.get().is_some() {
        send(&json!({ "input": input() }));
    }
}

/// A law is broken, or the verdict is complete.
pub fn verdict(kind: &str, value: Value) {
    send(&json!({ kind: value }));
}

fn send(message: &Value) {
    let Some(secret) = SECRET.get() else { return };
    let line = format!("\n{secret} {message}\n");
    // A stream that is gone is the parent's business: it hears no verdict.
    let _ = stderr().lock().write_all(line.as_bytes());
    let mut out = stdout().lock();
    let _ = out.write_all(line.as_bytes());
    let _ = out.flush();
}
