//! The workbook: which exercises are solved, what is wrong with the others, and a hint.
//!
//! `cargo workbook` lists lessons and exercises with their state. Nothing is remembered
//! between runs: every state is found by running the lesson's tests.

mod build;
mod check;
mod command;
mod curriculum;
mod doctor;
mod hint;
mod kill_table;
mod list;
mod paint;
mod place;
mod status;
mod watch;

use std::io::Write;
use std::process::ExitCode;

use command::Command;
use paint::Paint;
use place::Place;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            // Nowhere is left to complain if standard error is closed too.
            let _ = writeln!(std::io::stderr(), "workbook: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run() -> lessons::Result<ExitCode> {
    let command = command::parse(std::env::args_os().skip(1))?;
    if let Command::Help = command {
        say(command::HELP);
        return Ok(ExitCode::SUCCESS);
    }
    let place = Place::find()?;
    let paint = Paint::for_stdout();
    match command {
        Command::Help => Ok(ExitCode::SUCCESS),
        Command::List => list::run(&place, paint),
        Command::Check(target) => check::run(&place, paint, &target),
        Command::Watch { target, checks } => watch::run(&place, paint, &target, checks),
        Command::Hint { exercise, level } => hint::run(&place, &exercise, level),
        Command::Doctor => doctor::run(&place, paint),
        Command::KillTable { lesson, json } => kill_table::run(&place, lesson, json),
    }
}

/// Prints, and does not mind a reader who has seen enough (`cargo workbook | head`).
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
