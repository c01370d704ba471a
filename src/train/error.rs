//! What can go wrong in training, in one line each.

use std::path::PathBuf;

use crate::data::DataError;
use crate::data::text::TextError;
use crate::optimizer::{ClipError, SettingError};
use crate::real::ShapeError;

/// Why training, or a question to a trained network, could not go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Two shapes do not fit.
    #[error(transparent)]
    Shape(#[from] ShapeError),

    /// The data cannot be dealt out as asked.
    #[error(transparent)]
    Data(#[from] DataError),

    /// Nothing to learn from, or to be judged on.
    #[error("the {0} data has no example")]
    Empty(&'static str),

    /// A learning rate that is no rate.
    #[error("the learning rate is {0}; it must be a finite number, 0 or more")]
    Rate(f64),

    /// A number that optimizer, schedule or callback cannot be built with.
    #[error(transparent)]
    Setting(#[from] SettingError),

    /// Training left the finite numbers. The weights are those before the step.
    #[error("epoch {epoch}, step {step}: {what}; {mend}")]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step within the epoch, counted from 1.
        step: usize,
        /// What is not finite: `the loss is NaN`.
        what: String,
        /// What to do about it.
        mend: String,
    },

    /// A checkpoint could not be written or does not fit.
    #[error(transparent)]
    File(#[from] FileError),

    /// A text cannot be read as asked.
    #[error(transparent)]
    Text(#[from] TextError),

    /// The gradient could not be clipped.
    #[error(transparent)]
    Clip(#[from] ClipError),

    /// A callback failed for a reason of its own.
    #[error("{name}: {source}")]
    Callback {
        /// The callback's name.
        name: &'static str,
        /// Its reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What is wrong with a file of weights, and with which part of it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, in words.
    pub problem: String,
}

impl FileError {
    pub(super) fn new(path: &std::path::Path, problem: impl Into<String>) -> Self {
        Self { path: path.to_path_buf(), problem: problem.into() }
    }
}
