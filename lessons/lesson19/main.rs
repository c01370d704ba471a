//! Lesson 19: the same two loops, ten thousand threads.
//!
//! The product of matrices and the convolution, from three loops on the processor to
//! kernels in CUDA C. The kernels run on a teaching device and, as PTX, in an
//! interpreter; with `--features cuda` and a driver also on a real GPU.

use lessons::{Flag, Lesson, Result, Run};

const LESSON: Lesson = Lesson {
    number: 19,
    title: "CUDA",
    question: "The same two loops, ten thousand threads?",
    flags: &[Flag::full("larger sizes and more steps, a few minutes")],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    run.say("");
    Ok(())
}
