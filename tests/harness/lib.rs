//! The judge of the exercises.
//!
//! A lesson's test program is a list of exercises handed to [`main`]:
//!
//! ```text
//! #[path = "../lessons/lesson05/exercises.rs"]
//! mod exercises;
//! #[path = "../lessons/lesson05/solutions.rs"]
//! mod solutions;
//!
//! use harness::{Check, Exercise, forall, given, halves, halves_vec, near, near_slice};
//!
//! fn main() -> std::process::ExitCode {
//!     harness::main(5, vec![softmax()])
//! }
//!
//! type Softmax = fn(&[f64]) -> Vec<f64>;
//!
//! fn softmax() -> Box<dyn Check> {
//!     let yours = exercises::softmax as Softmax;
//!     Exercise::new("5.1", "softmax", yours, solutions::softmax)
//!         .probe(|f| [f(&[1.0, 2.0, -0.5]), f(&[1000.0, 0.0])].concat())
//!         .law("sums_to_one", "The outputs add up to 1.", |f| {
//!             given(&["z"], halves_vec(1..7), |z| near(f(z).iter().sum(), 1.0))
//!         })
//!         .wrong("no_max_shift", no_max_shift, "sums_to_one", "Large logits ...")
//!         .hint("What is exp(1000)?")
//!         .build()
//! }
//! ```
//!
//! The answer is judged in a child process ([`judge`]). The same run proves the checks
//! themselves: the solution keeps every law, each wrong answer is caught by the law
//! meant for it and told apart by the probe, the stub breaks every law, and the judge
//! fails a wrong function handed to it in place of the reader's.

pub mod channel;
pub mod exercise;
pub mod forall;
pub mod judge;
pub mod memory;
pub mod message;
pub mod outcome;
pub mod panics;
pub mod report;
pub mod show;
pub mod strategy;
pub mod trials;

use std::process::ExitCode;

use libtest_mimic::Arguments;

pub use exercise::{Check, Exercise};
pub use forall::{forall, given};
pub use outcome::{
    Because, Mismatch, Outcome, TOLERANCE, ensure, equal, near, near_matrix,
    near_matrix_within, near_slice, near_slice_within, near_within,
};
pub use proptest::strategy::{Just, Strategy};
pub use show::Show;
pub use strategy::*;

use exercise::Who;
use judge::Court;

/// Runs a lesson's test program: `cargo test --test lesson05`. It takes libtest's flags
/// and a few of its own, which `cargo workbook` uses.
pub fn main(lesson: u32, checks: Vec<Box<dyn Check>>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    run(lesson, checks, &arguments, Court::default())
}

/// [`main`] with the command line given, and with another court: for the harness's own
/// tests.
pub fn run(
    lesson: u32,
    checks: Vec<Box<dyn Check>>,
    arguments: &[String],
    court: Court,
) -> ExitCode {
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    match words[..] {
        ["--judge", number, who] => {
            let check = checks.iter().find(|check| check.about().number == number);
            match check.zip(Who::from_word(who)) {
                Some((check, who)) => judge::serve(check.as_ref(), who),
                None => complain(&format!("there is no exercise {number} for {who}")),
            }
        }
        ["--status-json"] => print_status(lesson, &checks, None, &court),
        ["--status-json", number] => {
            print_status(lesson, &checks, Some(number), &court)
        }
        ["--kill-table"] => print_kill_table(lesson, &checks, false),
        ["--kill-table", "--format", "json"] => print_kill_table(lesson, &checks, true),
        ["--hint", number] => print_hint(&checks, number, 1),
        ["--hint", number, "--level", level] => match level.parse() {
            Ok(level) => print_hint(&checks, number, level),
            Err(_) => complain(&format!("a level is a number such as 2, not {level}")),
        },
        _ => {
            let mut libtest = Arguments::from_iter(arguments);
            // One after the other, so that the lines come in the order of the lesson;
            // the answers' processes run side by side all the same.
            libtest.test_threads = libtest.test_threads.or(Some(1));
            trials::run(checks, &libtest, court)
        }
    }
}

fn print_status(
    lesson: u32,
    checks: &[Box<dyn Check>],
    only: Option<&str>,
    court: &Court,
) -> ExitCode {
    match report::status(lesson, checks, only, court) {
        Ok(status) => {
            println!("{status}");
            ExitCode::SUCCESS
        }
        Err(error) => complain(&error),
    }
}

fn print_kill_table(lesson: u32, checks: &[Box<dyn Check>], json: bool) -> ExitCode {
    let kills = report::kill_table(checks);
    if json {
        println!("{}", report::kill_table_json(lesson, &kills));
    } else {
        print!("{}", report::kill_table_text(lesson, &kills));
    }
    let holes = kills.iter().any(|kill| !kill.is_clean());
    if holes { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn print_hint(checks: &[Box<dyn Check>], number: &str, level: usize) -> ExitCode {
    match report::hint(checks, number, level) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => complain(&error),
    }
}

fn complain(error: &str) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(2)
}
