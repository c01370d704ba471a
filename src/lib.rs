//! Gradbook is a deep-learning workbook: every part of it written by hand, in plain
//! Rust, to be read, run and changed.
//!
//! This crate is the library that the lessons build, in lesson order. A network that
//! learns XOR, from nothing but matrices:
//!
//! ```
//! use gradbook::{activation::Activation, init::Init, layer::{Activate, Dense}};
//! use gradbook::{loss::{Loss, Mse}, optimizer::{Adam, Optimizer}};
//! use gradbook::{Matrix, Parameters, Phase, Sequential};
//!
//! // four examples, one a column
//! let x = Matrix::<f32>::from_row_slice(2, 4, &[0., 0., 1., 1., 0., 1., 0., 1.]);
//! let y = Matrix::from_row_slice(1, 4, &[0., 1., 1., 0.]);
//! let mut rng = gradbook::rng(7);
//! let mut net = Sequential::new(2)
//!     .then(Dense::new(2, 8, Init::XavierNormal, &mut rng))?
//!     .then(Activate::new(Activation::Tanh))?
//!     .then(Dense::new(8, 1, Init::XavierNormal, &mut rng))?;
//! let (mut adam, mut grad) = (Adam::new(0.05), Matrix::zeros(1, 4));
//! for _ in 0..500 {
//!     net.zero_grad();
//!     Mse.gradient(net.forward(&x, Phase::Train)?, &y, &mut grad)?;
//!     net.backward(&x, &grad)?;
//!     adam.step(&mut net);
//! }
//! assert!(Mse.value(net.forward(&x, Phase::Infer)?, &y)? < 1e-3);
//! # Ok::<(), gradbook::ShapeError>(())
//! ```
//!
//! # How it is organized
//!
//! A batch is a [`Matrix`] whose columns are examples. A [`Layer`] sends it forward and
//! its gradient back; [`Sequential`] puts layers in a row; a [`loss`] says how wrong
//! the result is; an [`optimizer`] changes the weights; [`train`] does all of it for
//! many epochs. Everything is generic over [`Real`]: trained in `f32`, checked in
//! `f64`.
//!
//! | lesson | module |
//! | --- | --- |
//! | 1 Perceptron | [`perceptron`] |
//! | 2 Gradient descent | [`linear`], [`loss`], [`data`] |
//! | 3 Multilayer perceptron | [`activation`], [`init`], [`layer`], [`network`] |
//! | 4 Backpropagation | [`gradcheck`], and `backward` of every [`layer`] |
//! | 5 Training | [`train`], [`optimizer`] |
//! | 6 Convolution | convolution, pooling, residual block in [`layer`]; [`kernels`] |
//! | 7 Recurrent networks | [`sequence`], [`Recurrent`], [`SequenceNetwork`] |
//! | 8 LSTM and GRU | [`Lstm`](layer::Lstm), [`Gru`](layer::Gru) of [`layer`] |
//! | 9 Regularization | dropout, batch norm in [`layer`]; [`data::augment`], folds |
//! | 10 Optimizers | [`optimizer`], [`find_rate`](train::find_rate), [`surface`] |
//! | 19 CUDA | [`kernels`], [`gpu`] |
//!
//! [`mod@real`] and [`kernels`] carry all of them. Lessons that are not in this table
//! are not written yet.
//!
//! # What it is not
//!
//! A library to read and to learn from, not one to ship with: GPU kernels that teach,
//! no automatic differentiation yet, two number types. It is fast for what it is; the
//! benchmarks say how fast, beside a peer.

pub mod real;

pub mod data;
pub mod perceptron;

pub mod linear;
pub mod loss;

pub mod activation;
pub mod init;
pub mod layer;
pub mod network;
pub mod sequence;
mod sequence_network;

pub mod gradcheck;

pub mod optimizer;
pub mod surface;
pub mod train;

pub mod kernels;

#[cfg(all(feature = "cuda", not(target_os = "linux")))]
compile_error!(
    "the feature `cuda` is for Linux; the simulated devices need no feature"
);
pub mod gpu;

#[cfg(feature = "plot")]
pub mod plot;

pub use layer::{Layer, Parameter, Phase, Recurrent};
pub use network::{Parameters, Sequential};
pub use real::{Matrix, Real, Rng, ShapeError, Vector, real, rng};
pub use sequence::Sequences;
pub use sequence_network::{Input, SequenceNetwork, State};
