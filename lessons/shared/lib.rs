//! What the programs of the lessons share: flags, narration, pictures, a report.
//!
//! A lesson is a constant that says what it is, and a function that runs it. The
//! function gets a [`Run`], through which it reads its [`Arguments`], tells its story,
//! reports its values and saves its pictures; [`main`] does the rest.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use lessons::{Flag, Lesson, Run};
//!
//! const LESSON: Lesson = Lesson {
//!     number: 5,
//!     title: "Training",
//!     question: "From a pile of digits to a classifier you can trust.",
//!     flags: &[Flag::epochs(60), Flag::full("five folds, about a minute")],
//! };
//!
//! fn run(run: &mut Run) -> lessons::Result {
//!     let args = run.arguments();
//!     run.say(&format!("Training for {} epochs.", args.epochs(60)));
//!     run.value("accuracy", 0.98);
//!     run.baseline("accuracy", 0.1);
//!     Ok(())
//! }
//!
//! fn main() -> ExitCode {
//!     lessons::main(LESSON, run)
//! }
//! ```
//!
//! Exit codes: 0 when the run ended well, 1 when it failed, 2 when the command line
//! cannot be run as it stands or an exercise is not done yet.

use std::process::ExitCode;

pub mod characters;
mod error;
mod flags;
mod gallery;
mod mine;
pub mod mnist;
mod narration;
mod paths;
pub mod pool;
mod progress;
mod report;
mod run;
pub mod shipped;

pub use error::{Error, Result};
pub use flags::{Arguments, Flag};
pub use narration::percent;
pub use progress::Bar;
pub use report::mean_and_spread;
pub use run::Run;

/// What a lesson is.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    /// Its number: 5 is `lesson05` everywhere.
    pub number: u32,
    /// Its title, as in the book.
    pub title: &'static str,
    /// The question it answers.
    pub question: &'static str,
    /// The flags it takes besides `--seed`, `--out`, `--report` and `--help`.
    pub flags: &'static [Flag],
}

impl Lesson {
    /// The name of its program, its chapter and its test: `lesson05`.
    pub fn name(&self) -> String {
        format!("lesson{:02}", self.number)
    }
}

/// The `main` of a lesson: reads the command line, runs the lesson, says on one line
/// what went wrong if something did.
pub fn main(lesson: Lesson, run: impl FnOnce(&mut Run) -> Result) -> ExitCode {
    let words = std::env::args_os().skip(1);
    match carry_out(lesson, words, run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write as _;
            // Nowhere is left to complain if standard error is closed too.
            let _ = writeln!(std::io::stderr(), "{}: {error}", lesson.name());
            ExitCode::from(error.exit_code())
        }
    }
}

fn carry_out(
    lesson: Lesson,
    words: impl IntoIterator<Item = std::ffi::OsString>,
    run: impl FnOnce(&mut Run) -> Result,
) -> Result {
    match flags::parse(&lesson, words)? {
        flags::Request::Help(text) => {
            narration::Narration::stdout().line(text.trim_end());
            Ok(())
        }
        flags::Request::Run(arguments) => {
            let mine = arguments.mine;
            mine::guarded(lesson.number, mine, || {
                let mut this = Run::loud(lesson, arguments)?;
                run(&mut this)?;
                this.finish()
            })
        }
    }
}
