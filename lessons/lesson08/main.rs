//! Lesson 08: how does it remember?
//!
//! A cell for paper, the microscope of lesson 7 on three kinds of memory, the adding
//! problem, what is inside, how the gates start, a forecast, and text.

mod adding;
mod cells;
mod characters;
#[allow(dead_code, unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod forecast;
mod full;
mod hands;
mod inside;
mod microscope;
mod paper;
mod pictures;
#[cfg(test)]
#[allow(dead_code, reason = "the tests need two of the answers")]
mod solutions;
mod starts;
#[cfg(test)]
mod tests;

use adding::Recipe;
use cells::Start;
use hands::Hands;
use lessons::{Flag, Lesson, Result, Run};

const LESSON: Lesson = Lesson {
    number: 8,
    title: "LSTM and GRU",
    question: "How does it remember?",
    flags: &[
        Flag::epochs(8),
        Flag::batch(32),
        Flag::lr(0.01),
        Flag::count("steps", 100, 2, 300, "length of the adding problem"),
        Flag::count("hidden", 32, 1, 128, "units of a network that adds"),
        Flag::count("updates", 2000, 50, 100_000, "the most that a network may take"),
        Flag::positive("clip", 1.0, "largest norm of a gradient"),
        Flag::full("five seeds of everything and searches, about 3 minutes"),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    let hands = Hands::new(args.mine);
    let recipe = Recipe {
        steps: args.count("steps"),
        hidden: args.count("hidden"),
        batch: args.batch(32),
        rate: args.lr(0.01),
        clip: args.number("clip") as f32,
        cap: args.count("updates"),
        start: Start::USUAL,
        seed: args.seed,
    };
    paper::show(run)?;
    let learned = adding::show(run, hands, recipe)?;
    microscope::show(run, &learned)?;
    inside::show(run, &learned)?;
    starts::show(run, recipe, &learned[1])?;
    forecast::show(run, args.seed)?;
    characters::show(run, args.seed, args.epochs(8))?;
    if args.full {
        full::all(run, recipe)?;
    }
    Ok(())
}
