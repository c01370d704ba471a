//! The graphics processor of the library: what ships for it, the interpreter that runs
//! it here, the teaching device beside it, and networks that train on it.

#[path = "gpu/shipped.rs"]
mod shipped;

#[path = "gpu/shapes.rs"]
mod shapes;

#[path = "gpu/ladder.rs"]
mod ladder;

#[path = "gpu/far.rs"]
mod far;

#[path = "gpu/device.rs"]
mod device;

#[path = "gpu/agreement.rs"]
mod agreement;

#[path = "gpu/faults.rs"]
mod faults;

#[path = "gpu/instructions.rs"]
mod instructions;

#[path = "gpu/counts.rs"]
mod counts;

#[path = "gpu/text.rs"]
mod text;
