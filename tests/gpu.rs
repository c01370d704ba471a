//! The graphics processor of the library: what ships for it.

#[path = "gpu/shipped.rs"]
mod shipped;
