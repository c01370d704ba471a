//! Tests of the judge: every way to answer wrongly gets the right verdict, and every
//! unsound check is found.
//!
//! The program is its own fixture: `fixture NAME` before the usual arguments runs the
//! lesson of that name from `harness/fixtures`, as a lesson's test program would.

#[path = "harness/fixtures/mod.rs"]
mod fixtures;
#[path = "harness/own_tests/mod.rs"]
mod own_tests;

use std::process::ExitCode;
use std::time::Duration;

use harness::judge::Court;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [program, fixture, name, rest @ ..] = &arguments[..]
        && fixture == "fixture"
    {
        let Some(checks) = fixtures::lessons::find(name) else {
            eprintln!("there is no fixture {name}");
            return ExitCode::from(2);
        };
        let command_line = [std::slice::from_ref(program), rest].concat();
        return harness::run(0, checks, &command_line, court(name));
    }
    let libtest = libtest_mimic::Arguments::from_args();
    libtest_mimic::run(&libtest, own_tests::all()).exit_code()
}

/// A court for this program's fixtures, less patient than the readers'.
fn court(fixture: &str) -> Court {
    Court {
        arguments: ["fixture", fixture].map(Into::into).to_vec(),
        limit: Duration::from_millis(1500),
        longest: Duration::from_secs(2),
    }
}
