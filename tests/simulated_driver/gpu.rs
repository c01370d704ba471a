//! The interpreter, as the library has it. (Not the crate `gradbook`: with the feature
//! `cuda` that defines the driver's functions itself.)

#![allow(dead_code, unused_imports)]

#[path = "../../src/gpu/counters.rs"]
mod counters;
#[path = "../../src/gpu/fault.rs"]
mod fault;
#[path = "../../src/gpu/ptx/mod.rs"]
pub mod ptx;
#[path = "../../src/gpu/shadow.rs"]
mod shadow;
#[path = "../../src/gpu/size.rs"]
mod size;

pub use counters::Counters;
pub use fault::{Access, Fault, FaultKind, Place, Space, Spot, Touch};
pub(crate) use size::refused;
pub use size::{Dim3, MAX_SHARED, MAX_THREADS, WARP};
