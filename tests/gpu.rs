//! The graphics processor of the library: what ships for it, and the
//! interpreter that runs it here.

#[path = "gpu/shipped.rs"]
mod shipped;

#[path = "gpu/shapes.rs"]
mod shapes;

#[path = "gpu/ladder.rs"]
mod ladder;
