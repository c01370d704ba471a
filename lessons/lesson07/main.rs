//! Lesson 07: what if the input is a story?

mod cliff;
#[allow(dead_code, unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod hands;
mod microscope;
mod paper;
mod solutions;

use hands::Hands;
use lessons::{Flag, Lesson, Result, Run};

const LESSON: Lesson = Lesson {
    number: 7,
    title: "Recurrent networks",
    question: "What if the input is a story?",
    flags: &[
        Flag::full("more seeds"),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    let hands = Hands::new(args.mine);
    paper::show(run)?;
    microscope::show(run, args.seed)?;
    cliff::show(run, hands)
}
