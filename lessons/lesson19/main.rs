//! Lesson 19: the same two loops, ten thousand threads.
//!
//! The product of matrices and the convolution, from three loops on the processor to
//! kernels in CUDA C. The kernels run on a teaching device and, as PTX, in an
//! interpreter; with `--features cuda` and a driver also on a real GPU.

mod breaks;
mod climb;
#[allow(unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod hands;
mod kernels;
mod paper;
mod pictures;
mod planted;
#[allow(dead_code, reason = "the lesson runs on some of the answers only")]
mod solutions;
mod teach;

use hands::Hands;
use lessons::{Flag, Lesson, Result, Run};

const LESSON: Lesson = Lesson {
    number: 19,
    title: "CUDA",
    question: "The same two loops: what do ten thousand threads change?",
    flags: &[Flag::full("larger sizes and more steps, a few minutes"), Flag::mine()],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    let hands = Hands { mine: args.mine };
    paper::show(run, hands)?;
    climb::show(run, hands)?;
    teach::show(run, hands)?;
    breaks::show(run)?;
    run.figure("tile_walk", "x", &pictures::tile_walk())?;
    Ok(())
}
