//! A rate that falls when training no longer gets on.

use crate::optimizer::{Range, Setting};
use crate::real::Real;
use crate::train::callback::Watch;
use crate::train::{Asked, Callback, TrainError, Training, go_on};

/// What counts as better: smaller by this share of the best.
const THRESHOLD: f64 = 1e-4;

/// A rate is left as it is where it would fall by less than this.
const LEAST: f64 = 1e-8;

// ANCHOR: plateau
/// Multiplies the learning rate by a factor when the validation loss has not become
/// better for more than `patience` epochs in a row, then waits anew. The rule, its
/// threshold and its least change are those of PyTorch's `ReduceLROnPlateau`.
///
/// What it multiplies is the full rate, so that it goes together with any schedule.
#[derive(Clone, Debug)]
pub struct ReduceOnPlateau {
    factor: f64,
    patience: usize,
    floor: f64,
    watch: Watch,
    best: f64,
    waited: usize,
}

impl ReduceOnPlateau {
    /// Multiplies by `factor`, above 0 and below 1. With a patience of 0 it does so
    /// after each epoch that is not better.
    pub fn new(factor: f64, patience: usize) -> Self {
        let (watch, best) = (Watch::Loss, f64::INFINITY);
        Self { factor, patience, floor: 0.0, watch, best, waited: 0 }
    }

    /// Lets the full rate fall no lower than this.
    pub fn with_floor(self, floor: f64) -> Self {
        Self { floor, ..self }
    }

    /// Watches something else than the loss.
    pub fn watching(self, watch: Watch) -> Self {
        Self { watch, ..self }
    }

    /// Takes note of an epoch's number, to be made small, and returns the new rate.
    pub fn see(&mut self, value: f64, rate: f64) -> f64 {
        // a number below 0, such as an accuracy with its sign turned, gets better too
        if value < self.best * (1.0 - THRESHOLD * self.best.signum()) {
            (self.best, self.waited) = (value, 0);
        } else {
            self.waited += 1;
        }
        if self.waited <= self.patience {
            return rate;
        }
        self.waited = 0;
        let lower = (rate * self.factor).max(self.floor);
        if rate - lower > LEAST { lower } else { rate }
    }
}
// ANCHOR_END: plateau

impl<T: Real> Callback<T> for ReduceOnPlateau {
    fn name(&self) -> &'static str {
        "reduce on plateau"
    }

    fn before_training(&mut self, _: &mut Training<'_, T>) -> Result<(), TrainError> {
        let name = Callback::<T>::name(self);
        Setting::new("factor", self.factor, Range::Shrinking).check(name)?;
        Ok(Setting::new("floor", self.floor, Range::Size).check(name)?)
    }

    fn after_epoch(&mut self, at: &mut Training<'_, T>) -> Asked {
        let Some(epoch) = at.position.history.last() else { return go_on() };
        let value = self.watch.of(epoch);
        at.position.first_rate = self.see(value, at.position.first_rate);
        go_on()
    }

    fn memory(&self) -> Vec<f64> {
        vec![self.best, self.waited as f64]
    }

    fn restore(&mut self, memory: &[f64]) {
        if let &[best, waited] = memory {
            (self.best, self.waited) = (best, waited as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_enough_to_go_on() {
        let values = [3.0, 2.0, 2.5, 2.2, 1.5, 1.6, 1.7, 1.8, 1.4];
        let run = |cut: usize| {
            let make = || ReduceOnPlateau::new(0.5, 1);
            let (mut plateau, mut rate) = (make(), 1.0);
            for (index, &value) in values.iter().enumerate() {
                if index == cut {
                    let memory = Callback::<f32>::memory(&plateau);
                    plateau = make();
                    Callback::<f32>::restore(&mut plateau, &memory);
                }
                rate = plateau.see(value, rate);
            }
            rate
        };
        for cut in 0..=values.len() {
            assert_eq!(run(cut), 0.25, "a cut at {cut}"); // down at 2.2 and at 1.7
        }
    }
}
