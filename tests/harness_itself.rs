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
    let mut libtest = libtest_mimic::Arguments::from_args();
    // Many of these tests wait for a clock, not for a processor.
    libtest.test_threads = libtest.test_threads.or(Some(6));
    libtest_mimic::run(&libtest, own_tests::all()).exit_code()
}

/// A court for this program's fixtures: no patience with those that take for ever, and
/// much with all others, which may run on a busy machine.
fn court(fixture: &str) -> Court {
    let endless = ["loops", "slow"].iter().any(|word| fixture.contains(word));
    let (limit, longest) = if endless { (2, 3) } else { (60, 120) };
    Court {
        arguments: ["fixture", fixture].map(Into::into).to_vec(),
        limit: Duration::from_secs(limit),
        longest: Duration::from_secs(longest),
    }
}
