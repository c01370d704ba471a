//! The threads of a block take turns, each up to its next barrier.

use super::state::{self, At, Line};
use super::{Simt, Thread};
use crate::gpu::{Dim3, Fault, FaultKind, WARP};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A thread's future.
pub(super) type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Barriers that a block may pass: more means a loop that does not end.
const MOST_BARRIERS: u32 = 1 << 16;

/// How far a thread is.
enum Progress<'a> {
    Begins,
    Waits(Task<'a>, Line),
    Ended,
}

// ANCHOR: run
/// Runs the blocks of a launch one after another.
pub(super) fn run<'a>(
    gpu: &'a Simt,
    grid: Dim3,
    block_dim: Dim3,
    kernel: &dyn Fn(Thread<'a>) -> Task<'a>,
) -> Result<(), Fault> {
    for block in 0..grid.count() {
        gpu.state.borrow_mut().begin_block(block);
        let begin = |number| {
            let thread = block_dim.position(number as u64);
            let (block, number) = (grid.position(block), number as u16);
            kernel(Thread { gpu, grid_dim: grid, block_dim, block, thread, number })
        };
        let threads = 0..block_dim.count();
        let mut threads: Vec<_> = threads.map(|_| Progress::Begins).collect();
        loop {
            step(gpu, &mut threads, &begin)?;
            if meet(gpu, &threads)? {
                break;
            }
        }
    }
    Ok(())
}

/// Lets each thread run up to its next barrier, or to its end.
fn step<'a>(
    gpu: &'a Simt,
    threads: &mut [Progress<'a>],
    begin: &dyn Fn(usize) -> Task<'a>,
) -> Result<(), Fault> {
    let last = threads.len() - 1;
    for (number, progress) in threads.iter_mut().enumerate() {
        let task = match std::mem::replace(progress, Progress::Ended) {
            Progress::Begins => Some(begin(number)),
            Progress::Waits(task, _) => Some(task),
            Progress::Ended => None,
        };
        if let Some(task) = task {
            *progress = poll(gpu, task, number);
        }
        let mut state = gpu.state.borrow_mut();
        if number % WARP == WARP - 1 || number == last {
            state.end_warp();
        }
        if let Some(fault) = state.fault.take() {
            return Err(fault);
        }
    }
    Ok(())
}
// ANCHOR_END: run

impl Progress<'_> {
    /// The barrier at which it waits.
    fn place(&self) -> Option<Line> {
        match self {
            Self::Waits(_, line) => Some(line),
            _ => None,
        }
    }
}

fn poll<'a>(gpu: &'a Simt, mut task: Task<'a>, number: usize) -> Progress<'a> {
    gpu.state.borrow_mut().waiting = None;
    let mut context = Context::from_waker(Waker::noop());
    if let Poll::Ready(()) = task.as_mut().poll(&mut context) {
        return Progress::Ended;
    }
    let mut state = gpu.state.borrow_mut();
    match state.waiting {
        Some(line) => Progress::Waits(task, line),
        None => {
            state.waits_for_nothing(number as u16);
            Progress::Ended
        }
    }
}

/// All threads have come to a barrier or to the end: is it the same one? Gives whether
/// the block has ended.
fn meet(gpu: &Simt, threads: &[Progress<'_>]) -> Result<bool, Fault> {
    let mut state = gpu.state.borrow_mut();
    let first = threads.iter().enumerate().find_map(|(number, progress)| {
        Some(At { thread: number as u16, line: progress.place()? })
    });
    if let Some(at) = first {
        let apart = |progress: &Progress<'_>| progress.place() != Some(at.line);
        if let Some(other) = threads.iter().position(apart) {
            let place = threads[other].place();
            let kind = FaultKind::DivergentBarrier {
                other: state.launch.thread(other as u16),
                other_place: place.map(|line| Box::new(state::place(line))),
            };
            return Err(state.launch.fault(at, kind));
        }
    }
    if let Some(fault) = state.suspect.take() {
        return Err(fault);
    }
    let Some(at) = first else { return Ok(true) };
    state.pass_barrier();
    if state.launch.step > MOST_BARRIERS {
        let reason =
            format!("still running after {MOST_BARRIERS} barriers; does it end?");
        return Err(state.launch.fault(at, FaultKind::Misuse { reason }));
    }
    Ok(false)
}
