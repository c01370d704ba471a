//! Callbacks that put a cap on the gradient before each update.

use crate::network::Parameters;
use crate::optimizer::{ClipError, clip_norm, clip_value};
use crate::real::{Real, real};
use crate::train::{Callback, TrainError, Training};

// ANCHOR: clip
/// Shortens the whole gradient to this length where it is longer ([`clip_norm`]).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipNorm(pub f64);

/// Moves each entry of the gradient into -c..=c ([`clip_value`]).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipValue(pub f64);

impl<T: Real> Callback<T> for ClipNorm {
    fn name(&self) -> &'static str {
        "clip norm"
    }

    fn before_update(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        clip(at, clip_norm, self.0)
    }
}

impl<T: Real> Callback<T> for ClipValue {
    fn name(&self) -> &'static str {
        "clip value"
    }

    fn before_update(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        clip(at, clip_value, self.0)
    }
}
// ANCHOR_END: clip

/// Clips. A gradient that is not finite ends training like a loss that is not.
fn clip<T: Real>(
    at: &mut Training<'_, T>,
    clip: impl Fn(&mut dyn Parameters<T>, T) -> Result<T, ClipError>,
    max: f64,
) -> Result<(), TrainError> {
    match clip(at.model, real(max)) {
        Ok(_) => Ok(()),
        Err(error @ ClipError::Limit(_)) => Err(error.into()),
        Err(error @ ClipError::NotFinite { .. }) => Err(at.diverged(error.to_string())),
    }
}
