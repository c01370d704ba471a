//! Training: from a pile of examples to a network that can be trusted.
//!
//! [`fit`] goes through the examples in batches, epoch after epoch; [`evaluate`] and
//! [`predict`] ask without teaching. [`Callback`]s look on and act: [`Progress`],
//! [`Checkpoint`], [`EarlyStop`], [`ClipNorm`], [`ReduceOnPlateau`]; against learning
//! by heart, [`Penalty`], [`SmoothLabels`] and [`Augment`]. [`find_rate`] suggests a
//! learning rate. [`Confusion`] and its scores say which mistakes are
//! made. [`save_weights`] and [`load_weights`] exchange weights with PyTorch, and
//! [`resume`] goes on from a checkpoint as if nothing had happened.

mod callback;
mod checkpoint;
mod clip;
mod error;
mod evaluate;
mod file;
mod fit;
mod metrics;
mod plateau;
mod rate_finder;
mod regularize;
mod snapshot;
mod step;
pub mod text;

pub use callback::{
    Asked, Callback, Checkpoint, EarlyStop, Progress, Watch, go_on, stop,
};
pub use checkpoint::{load_weights, save_weights};
pub use clip::{ClipNorm, ClipValue};
pub use error::{FileError, TrainError};
pub use evaluate::{Evaluation, confusion, evaluate, predict};
pub use fit::{
    Callbacks, Config, Epoch, History, Pace, Position, Task, Training, fit, resume,
};
pub use metrics::{Confusion, answer, answers, mae, rmse};
pub use plateau::ReduceOnPlateau;
pub use rate_finder::{RateCurve, RateFinder, find_rate};
pub use regularize::{Augment, Penalty, SmoothLabels};
pub use step::{Batch, gradients, step};
pub use text::{TextConfig, TextStep, bits_per_character, fit_text};
