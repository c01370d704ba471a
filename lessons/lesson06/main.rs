//! Lesson 06: what if the network knew that pixels have neighbors?
//!
//! A kernel slides over a small image. Digits in the middle of a canvas and shifted, an
//! MLP against a CNN. A look inside: filters, maps, the pixels that decided. Shapes by
//! features made by hand against raw pixels. Deeper networks, with a way around. And
//! the classic mistakes.

mod breaks;
mod canvas;
mod cells;
#[allow(unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod full;
mod hands;
mod inside;
mod mnist;
mod models;
mod paper;
mod pictures;
mod residual;
mod shapes;
#[allow(dead_code, reason = "the lesson runs on some of the answers only")]
mod solutions;
#[cfg(test)]
mod tests;

use canvas::Canvases;
use gradbook::{data, rng};
use hands::Hands;
use lessons::{Flag, Lesson, Result, Run};
use models::Setup;

const LESSON: Lesson = Lesson {
    number: 6,
    title: "Convolution",
    question: "What if it knew that pixels have neighbors?",
    flags: &[
        Flag::epochs(20),
        Flag::batch(32),
        Flag::lr(0.01),
        Flag::count("hidden", 64, 1, 65_536, "units in the hidden layer of the MLP"),
        Flag::data("a folder with MNIST's files: LeNet, 8 epochs, batch 64, lr 0.003"),
        Flag::full("five seeds of everything, about a minute"),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    if let Some(folder) = args.data() {
        return mnist::run(run, folder);
    }
    let hands = Hands { mine: args.mine };
    let setup = Setup {
        epochs: args.epochs(20),
        batch: args.batch(32),
        rate: args.lr(0.01),
        hidden: args.count("hidden"),
        seed: args.seed,
    };
    if args.mine {
        hands::compare(args.seed)?;
        run.say("Your functions agree with the book's. Now they train the CNN.");
    }
    let digits = data::digits();
    let canvases = Canvases::cut(&digits, &mut rng(setup.seed))?;

    paper::show(run, hands)?;
    let mut net = cells::show(run, hands, &canvases, setup)?;
    inside::show(run, hands, &mut net, &canvases.test[1], setup)?;
    shapes::show(run, hands, setup)?;
    residual::show(run, &canvases, setup)?;
    breaks::show(run, &canvases, setup)?;
    if args.full {
        full::seeds(run, &digits, setup)?;
    }
    Ok(())
}
