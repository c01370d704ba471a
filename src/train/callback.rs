//! Callbacks: look at training while it runs, and act on what is seen.

use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::real::Real;
use crate::train::{Epoch, TrainError, Training, snapshot};

// ANCHOR: callback
/// Something that is asked at fixed moments of training. Everything has a default: a
/// callback says only what it cares about.
pub trait Callback<T: Real = f32> {
    /// The callback's name, as messages and checkpoints show it.
    fn name(&self) -> &'static str;

    /// Training, new or resumed, is about to begin. Refuse here what cannot be meant.
    fn before_training(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        let _ = at;
        Ok(())
    }

    /// The examples are in `at.batch` and have not gone forward. Change them here, or
    /// set this step's learning rate.
    fn before_step(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        let _ = at;
        Ok(())
    }

    /// The gradients are known, the weights have not moved. Clip gradients here.
    fn before_update(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        let _ = at;
        Ok(())
    }

    /// The weights have moved.
    fn after_step(&mut self, at: &mut Training<'_, T>) -> Asked {
        let _ = at;
        go_on()
    }

    /// An epoch is over and stands last in the history.
    fn after_epoch(&mut self, at: &mut Training<'_, T>) -> Asked {
        let _ = at;
        go_on()
    }

    /// Training has ended without an error. What is changed here is in no checkpoint.
    fn after_training(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        let _ = at;
        Ok(())
    }

    /// What it must remember when training is resumed.
    fn memory(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Takes back what [`Self::memory`] gave.
    fn restore(&mut self, memory: &[f64]) {
        let _ = memory;
    }
}

/// Whether training may go on, or why the callback failed.
pub type Asked = Result<ControlFlow<()>, TrainError>;
// ANCHOR_END: callback

/// Training may go on.
pub fn go_on() -> Asked {
    Ok(ControlFlow::Continue(()))
}

/// Training should end here.
pub fn stop() -> Asked {
    Ok(ControlFlow::Break(()))
}

/// Runs a closure after every epoch: a progress bar, a frame of a figure.
pub struct Progress<F>(pub F);

impl<T: Real, F: FnMut(&mut Training<'_, T>)> Callback<T> for Progress<F> {
    fn name(&self) -> &'static str {
        "progress"
    }

    fn after_epoch(&mut self, at: &mut Training<'_, T>) -> Asked {
        (self.0)(at);
        go_on()
    }
}

/// What "better" means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watch {
    /// A smaller loss.
    #[default]
    Loss,
    /// A larger accuracy. Where there is no accuracy, a smaller loss.
    Accuracy,
}

impl Watch {
    /// The number to make small.
    pub(super) fn of(self, epoch: &Epoch) -> f64 {
        let judge = epoch.judge();
        match (self, judge.accuracy) {
            (Self::Accuracy, Some(accuracy)) => -accuracy,
            _ => judge.loss,
        }
    }
}

// ANCHOR: early_stop
/// Ends training when validation has not become better for `patience` epochs in a row.
#[derive(Clone, Debug)]
pub struct EarlyStop {
    patience: usize,
    watch: Watch,
    best: f64,
    waited: usize,
    restores: bool,
    /// The network's numbers at the best epoch. Each `f32` is an `f64`, exactly.
    kept: Vec<f64>,
}

impl EarlyStop {
    /// Stops after this many epochs without a smaller validation loss; 0 counts as 1.
    pub fn after(patience: usize) -> Self {
        Self {
            patience: patience.max(1),
            watch: Watch::Loss,
            best: f64::INFINITY,
            waited: 0,
            restores: false,
            kept: Vec::new(),
        }
    }

    /// Watches something else than the loss.
    pub fn watching(self, watch: Watch) -> Self {
        Self { watch, ..self }
    }

    /// However training ends, the network then has the weights of the best epoch.
    pub fn restoring_best(self) -> Self {
        Self { restores: true, ..self }
    }

    /// Takes note of an epoch's number and says whether patience has run out.
    fn see(&mut self, value: f64) -> bool {
        if value < self.best {
            (self.best, self.waited) = (value, 0);
        } else {
            self.waited += 1;
        }
        self.waited >= self.patience
    }
}
// ANCHOR_END: early_stop

impl<T: Real> Callback<T> for EarlyStop {
    fn name(&self) -> &'static str {
        "early stop"
    }

    fn after_epoch(&mut self, at: &mut Training<'_, T>) -> Asked {
        let Some(epoch) = at.position.history.last() else { return go_on() };
        let enough = self.see(self.watch.of(epoch));
        if self.restores && self.waited == 0 {
            snapshot::read(at.model, &mut self.kept);
        }
        if enough { stop() } else { go_on() }
    }

    fn after_training(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        if !self.kept.is_empty() {
            snapshot::write(at.model, &self.kept);
        }
        Ok(())
    }

    fn memory(&self) -> Vec<f64> {
        [&[self.best, self.waited as f64], &self.kept[..]].concat()
    }

    fn restore(&mut self, memory: &[f64]) {
        if let [best, waited, kept @ ..] = memory {
            (self.best, self.waited) = (*best, *waited as usize);
            self.kept = kept.to_vec();
        }
    }
}

/// When to write a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    /// After every epoch that is better than all before it: the smallest number so far.
    Best(Watch, f64),
    /// After every so many epochs.
    Epochs(usize),
    /// After every so many steps, counted within the epoch.
    Steps(usize),
}

/// Writes checkpoints, each to a temporary name first: the file is always a whole one.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
    when: When,
}

impl Checkpoint {
    /// Keeps the epoch with the smallest validation loss.
    pub fn best(path: impl Into<PathBuf>) -> Self {
        Self::best_by(Watch::Loss, path)
    }

    /// Keeps the epoch that was best by another measure.
    pub fn best_by(watch: Watch, path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), when: When::Best(watch, f64::INFINITY) }
    }

    /// Writes after every `count` epochs; 0 counts as 1.
    pub fn every_epochs(count: usize, path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), when: When::Epochs(count.max(1)) }
    }

    /// Writes after every `count` steps of an epoch; 0 counts as 1.
    pub fn every_steps(count: usize, path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), when: When::Steps(count.max(1)) }
    }
}

impl<T: Real> Callback<T> for Checkpoint {
    fn name(&self) -> &'static str {
        match self.when {
            When::Best(..) => "best checkpoint",
            When::Epochs(_) | When::Steps(_) => "checkpoint",
        }
    }

    fn after_step(&mut self, at: &mut Training<'_, T>) -> Asked {
        if let When::Steps(count) = self.when
            && at.position.steps.is_multiple_of(count)
        {
            at.save(&self.path);
        }
        go_on()
    }

    fn after_epoch(&mut self, at: &mut Training<'_, T>) -> Asked {
        let Some(epoch) = at.position.history.last() else { return go_on() };
        let due = match &mut self.when {
            When::Best(watch, best) => {
                let value = watch.of(epoch);
                let better = value < *best;
                *best = best.min(value);
                better
            }
            When::Epochs(count) => epoch.number.is_multiple_of(*count),
            When::Steps(_) => false,
        };
        if due {
            at.save(&self.path);
        }
        go_on()
    }

    fn memory(&self) -> Vec<f64> {
        match self.when {
            When::Best(_, best) => vec![best],
            When::Epochs(_) | When::Steps(_) => Vec::new(),
        }
    }

    fn restore(&mut self, memory: &[f64]) {
        if let (When::Best(_, best), &[saved]) = (&mut self.when, memory) {
            *best = saved;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped_at(patience: usize, losses: &[f64]) -> Option<usize> {
        let mut stop = EarlyStop::after(patience);
        losses.iter().position(|&loss| stop.see(loss))
    }

    #[test]
    fn patience_runs_out_after_epochs_without_a_better_one() {
        assert_eq!(stopped_at(2, &[5.0, 4.0, 4.5, 4.2, 1.0]), Some(3));
        assert_eq!(stopped_at(2, &[5.0, 4.0, 4.5, 3.9, 4.0]), None);
        assert_eq!(stopped_at(1, &[3.0, 3.0]), Some(1)); // equal is not better
        assert_eq!(stopped_at(3, &[1.0, 2.0, 3.0]), None);
    }
}
