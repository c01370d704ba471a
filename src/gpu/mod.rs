//! The kernels on a graphics processor, and two devices to learn them on without one.
//!
//! A kernel is a small program that thousands of threads run at once, each on its own
//! numbers. Threads come in *blocks*, which share a little fast memory and can wait for
//! each other at a barrier; the blocks of a launch form a *grid*. The hardware runs the
//! threads of a block 32 at a time: a *warp*.
//!
//! Both devices here find what is wrong with a kernel (a [`Fault`]) and count what it
//! cost (the [`Counters`]), and neither needs a graphics card.

#[allow(dead_code)]
mod counters;
#[cfg(all(feature = "cuda", target_os = "linux"))]
pub mod cuda;
pub mod device;
mod fault;
pub mod kernels;
pub mod ptx;
mod shadow;
pub mod simt;
mod size;

pub use counters::Counters;
pub use fault::{Access, Fault, FaultKind, Place, Space, Spot, Touch};
pub(crate) use size::refused;
pub use size::{Dim3, MAX_SHARED, MAX_THREADS, WARP};
