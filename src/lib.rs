//! Gradbook: a deep-learning workbook in Rust.

pub mod real;

pub mod activation;
pub mod data;
pub mod gradcheck;
pub mod init;
pub mod kernels;
pub mod layer;
pub mod linear;
pub mod loss;
pub mod network;
pub mod optimizer;
pub mod perceptron;
#[cfg(feature = "plot")]
pub mod plot;
pub mod train;

pub use layer::{Layer, Parameter, Phase};
pub use network::{Parameters, Sequential};
pub use real::{Matrix, Real, Rng, ShapeError, Vector, real, rng};
