//! Lesson 19: the same two loops, ten thousand threads.
//!
//! The product of matrices and the convolution, from three loops on the processor to
//! kernels in CUDA C. The kernels run on a teaching device and, as PTX, in an
//! interpreter; with `--features cuda` and a driver also on a real GPU.

mod breaks;
#[path = "../lesson06/canvas.rs"]
#[allow(dead_code, reason = "lesson 6 uses all of it")]
mod canvas;
mod climb;
mod cnn;
#[allow(unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
#[cfg(all(feature = "cuda", target_os = "linux"))]
mod gpu;
mod hands;
mod kernels;
mod metal;
#[path = "../lesson06/models.rs"]
#[allow(dead_code, reason = "lesson 6 uses all of it")]
mod models;
mod own;
mod paper;
mod pictures;
mod roofline;
#[allow(dead_code, reason = "the lesson runs on some of the answers only")]
mod solutions;
mod teach;

use hands::Hands;
use lessons::{Arguments, Error, Flag, Lesson, Result, Run, bail};

const LESSON: Lesson = Lesson {
    number: 19,
    title: "CUDA",
    question: "The same two loops: what do ten thousand threads change?",
    flags: &[
        Flag::epochs(5),
        Flag::count("steps", 20, 1, 1000, "training steps on the device"),
        Flag::switch("gpu", "the part on a real GPU alone (with --features cuda)"),
        Flag::count("side", 1024, 8, 16_384, "of the matrices that --gpu times"),
        Flag::switch("time", "measure this machine's roofline, and nothing else"),
        Flag::file("ptx", "run a product of your own PTX, and nothing else"),
        Flag::text("kernel", "NAME", "", "which kernel of --ptx; else its first"),
        Flag::text("sizes", "M,K,N", "67,31,45", "sizes of the product of --ptx"),
        Flag::text(
            "grid",
            "X,Y,Z",
            "",
            "blocks of --ptx; else what covers the product",
        ),
        Flag::text("block", "X,Y,Z", "", "threads of a block of --ptx; else 16,16"),
        Flag::full(
            "the network trained on the simulated device, three seeds: about 3 minutes",
        ),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    alone(&args)?;
    if args.switch("time") {
        return roofline::time(run);
    }
    if let Some(file) = args.file("ptx") {
        return own::run(run, &file, &own::Wishes::of(&args));
    }
    #[cfg(all(feature = "cuda", target_os = "linux"))]
    gpu::show(run)?;
    if args.switch("gpu") {
        if cfg!(feature = "cuda") {
            return Ok(());
        }
        bail!("--gpu needs a program built with --features cuda");
    }
    let hands = Hands { mine: args.mine };
    paper::show(run, hands)?;
    climb::show(run, hands)?;
    roofline::show(run)?;
    teach::show(run, hands)?;
    if args.mine {
        run.say(
            "All of this ran on your kernels. The rest of the lesson has none of them.",
        );
        return Ok(());
    }
    metal::show(run)?;
    breaks::show(run)?;
    cnn::show(run, args.count("steps"))?;
    if args.full {
        cnn::full(run, args.epochs(5))?;
    }
    Ok(())
}

/// `--time`, `--ptx` and `--gpu` are each the whole run, and some flags belong to one.
fn alone(args: &Arguments) -> Result {
    let whole = ["time", "ptx", "gpu"].into_iter().filter(|flag| args.typed(flag));
    if let [one, two, ..] = whole.collect::<Vec<_>>()[..] {
        return Err(Error::usage(format!("--{one} and --{two} are two runs")));
    }
    let of_ptx = ["kernel", "sizes", "grid", "block"];
    match of_ptx.into_iter().find(|flag| args.typed(flag)) {
        Some(flag) if !args.typed("ptx") => {
            Err(Error::usage(format!("--{flag} goes with --ptx FILE")))
        }
        _ => Ok(()),
    }
}
