//! Lesson 09: why did it ace the homework and fail the exam?
//!
//! Polynomials on paper, a network that learns two hundred digits by heart, every
//! remedy alone and some together, how to estimate what a model is worth, what goes
//! wrong, and one exam, opened once.

mod breaks;
mod capacity;
mod estimates;
#[allow(unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod finale;
mod full;
mod hands;
mod inside;
mod overfit;
mod polynomial;
mod recipe;
mod remedies;
mod sets;
#[cfg(test)]
mod tests;
mod zeros;

use hands::Hands;
use lessons::{Flag, Lesson, Result, Run};
use recipe::Recipe;

const LESSON: Lesson = Lesson {
    number: 9,
    title: "Regularization",
    question: "Why did it ace the homework and fail the exam?",
    flags: &[
        Flag::epochs(100),
        Flag::batch(20),
        Flag::lr(0.003),
        Flag::count("hidden", 128, 1, 4096, "units in each of the two hidden layers"),
        Flag::full("twenty seeds, more estimates, strengths: about two minutes"),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    let hands = Hands { mine: args.mine };
    let plain = Recipe {
        epochs: args.epochs(100),
        batch: args.batch(20),
        rate: args.lr(0.003),
        hidden: args.count("hidden"),
        ..Recipe::default()
    };
    if args.mine {
        hands::compare()?;
        run.say("Your functions give what their examples say. Now they train.");
    }
    let (seeds, draws) = if args.full { (20, 300) } else { (5, 60) };
    // ANCHOR: story
    let (open, exam) = sets::seal(args.seed)?;
    polynomial::tell(run)?;
    overfit::tell(run, hands, &open, plain)?;
    capacity::tell(run, hands, &open, plain, seeds)?;
    let tried = remedies::tell(run, hands, &open, plain, seeds)?;
    inside::draw(run, hands, &open, plain)?;
    zeros::tell(run, &open)?;
    estimates::tell(run, &open.rest, hands, draws)?;
    breaks::left_on(run, hands, &open, plain)?;
    breaks::luck(run);
    breaks::twins(run, hands, &open, plain)?;
    breaks::changed_exam(run, hands, &open, plain)?;
    if args.full {
        full::strengths(run, hands, &open, plain)?;
        full::changes(run, hands, &open, plain)?;
    }
    finale::sit(run, hands, &open, &tried, exam, seeds)
    // ANCHOR_END: story
}
