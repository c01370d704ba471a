//! The learning-rate finder: a short training whose rate rises until it blows up.

use crate::network::{Parameters, Sequential};
use crate::optimizer::{Optimizer, Range, Setting};
use crate::real::{Matrix, Real, Rng};
use crate::train::{
    Asked, Callback, Config, Task, TrainError, Training, fit, go_on, snapshot, stop,
};

/// How much of the smoothed loss is kept at each step.
const KEEP: f64 = 0.9;

/// The curve ends where the smoothed loss is this many times its smallest.
const EXPLODED: f64 = 4.0;

/// How many losses the smoothed loss rests on before it is believed.
const UNSETTLED: usize = 10;

// ANCHOR: finder
/// How to look for a learning rate: `steps` steps whose rates rise from `first` to
/// `last`, each by the same factor (Smith, 2017).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateFinder {
    /// The rate of the first step, above 0.
    pub first: f64,
    /// The rate of the last step, above the first.
    pub last: f64,
    /// How many steps at most, at least 2.
    pub steps: usize,
    /// Examples a step.
    pub batch: usize,
    /// What the order of the examples is drawn from.
    pub seed: u64,
}

impl RateFinder {
    /// The rate of step `step`, counted from 0.
    pub fn rate(&self, step: usize) -> f64 {
        let part = step as f64 / (self.steps - 1) as f64;
        self.first * (self.last / self.first).powf(part)
    }
}
// ANCHOR_END: finder

impl Default for RateFinder {
    fn default() -> Self {
        Self { first: 1e-6, last: 10.0, steps: 100, batch: 32, seed: 7 }
    }
}

/// What a [`RateFinder`] saw, step by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateCurve {
    /// The rate of each step.
    pub rates: Vec<f64>,
    /// The loss before each step.
    pub losses: Vec<f64>,
    /// The running mean of the losses, corrected for its start as Adam's means are.
    pub smoothed: Vec<f64>,
}

impl RateCurve {
    // ANCHOR: curve
    /// Adds a step; says whether the loss has exploded.
    fn add(&mut self, rate: f64, loss: f64) -> bool {
        let count = self.losses.len() as i32;
        let correction = |count: i32| 1.0 - KEEP.powi(count);
        let before = self.smoothed.last().map_or(0.0, |s| s * correction(count));
        let mean = KEEP * before + (1.0 - KEEP) * loss;
        self.rates.push(rate);
        self.losses.push(loss);
        self.smoothed.push(mean / correction(count + 1));
        let least = self.smoothed.iter().copied().fold(f64::INFINITY, f64::min);
        self.smoothed[count as usize] > EXPLODED * least
    }

    /// The rate at which the smoothed loss falls most steeply, as the logarithm of the
    /// rate grows. A good first guess. The first ten steps do not count: their mean
    /// rests on few losses and jumps. `None` where it never falls.
    pub fn suggestion(&self) -> Option<f64> {
        let settled = self.smoothed.get(UNSETTLED..)?;
        let falls = settled.windows(3).map(|around| around[0] - around[2]);
        let (middle, fall) =
            falls.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        (fall > 0.0).then(|| self.rates[UNSETTLED + middle + 1])
    }
    // ANCHOR_END: curve
}

/// Raises the rate step by step and notes the losses.
struct Rise<'a> {
    finder: &'a RateFinder,
    curve: RateCurve,
    exploded: bool,
}

// ANCHOR: rise
impl<T: Real> Callback<T> for Rise<'_> {
    fn name(&self) -> &'static str {
        "rate finder"
    }

    fn before_step(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        at.optimizer.set_learning_rate(self.finder.rate(self.curve.rates.len()));
        Ok(())
    }

    fn before_update(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        self.exploded = self.curve.add(at.optimizer.learning_rate(), at.loss);
        Ok(())
    }

    fn after_step(&mut self, _: &mut Training<'_, T>) -> Asked {
        let enough = self.curve.rates.len() == self.finder.steps;
        if self.exploded || enough { stop() } else { go_on() }
    }
}
// ANCHOR_END: rise

/// Trains for a short while with rates that rise, to see where the loss falls and where
/// it explodes. Then everything is as it was: weights, running means, generators, and
/// the optimizer with its state and its rate.
///
/// # Errors
///
/// When the finder's rates or steps cannot be meant, or [`fit`] does not get past the
/// first step. That the loss leaves the finite numbers later is no error: the curve
/// ends there.
pub fn find_rate<T: Real>(
    model: &mut Sequential<T>,
    optimizer: &mut dyn Optimizer<T>,
    task: &Task<'_, T>,
    finder: &RateFinder,
) -> Result<RateCurve, TrainError> {
    check(finder)?;
    let before = Before::of(model, optimizer);
    let mut rise = Rise { finder, curve: RateCurve::default(), exploded: false };
    let RateFinder { batch, seed, .. } = *finder;
    let config = Config { epochs: finder.steps, batch, seed, ..Config::default() };
    let task = Task { valid: None, ..*task };
    optimizer.set_learning_rate(finder.first);
    let done = fit(model, optimizer, &task, &config, &mut [&mut rise]);
    before.put_back(model, optimizer);
    match done {
        Err(TrainError::Diverged { .. }) if !rise.curve.rates.is_empty() => {}
        done => drop(done?),
    }
    Ok(rise.curve)
}

fn check(finder: &RateFinder) -> Result<(), TrainError> {
    let name = "rate finder";
    Setting::new("first", finder.first, Range::Positive).check(name)?;
    Setting::new("last", finder.last, Range::Positive).check(name)?;
    let rise = finder.last - finder.first;
    Setting::new("last_minus_first", rise, Range::Positive).check(name)?;
    let steps = Setting::new("steps", finder.steps as f64, Range::AtLeastTwo);
    Ok(steps.check(name)?)
}

/// All that training changes, as it was before.
struct Before<T: Real> {
    numbers: Vec<f64>,
    generators: Vec<Rng>,
    rate: f64,
    updates: u64,
    memory: Vec<Vec<Matrix<T>>>,
}

impl<T: Real> Before<T> {
    fn of(model: &mut Sequential<T>, optimizer: &mut dyn Optimizer<T>) -> Self {
        let (mut numbers, mut generators) = (Vec::new(), Vec::new());
        snapshot::read(model, &mut numbers);
        model.generators(&mut |rng| generators.push(rng.clone()));
        let rate = optimizer.learning_rate();
        let state = optimizer.state();
        let memory = state.memory.iter().map(|(_, slots)| slots.to_vec()).collect();
        Self { numbers, generators, rate, updates: *state.updates, memory }
    }

    fn put_back(self, model: &mut Sequential<T>, optimizer: &mut dyn Optimizer<T>) {
        snapshot::write(model, &self.numbers);
        let mut generators = self.generators.into_iter();
        model.generators(&mut |rng| {
            if let Some(before) = generators.next() {
                *rng = before;
            }
        });
        optimizer.set_learning_rate(self.rate);
        let state = optimizer.state();
        *state.updates = self.updates;
        for ((_, slots), before) in state.memory.into_iter().zip(self.memory) {
            *slots = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_jumps_are_no_steepest_fall() {
        // a lucky second batch, then level, then a steady fall around step 30
        let loss = |step: usize| match step {
            0 => 9.0,
            1..25 => 2.0,
            25..35 => 2.0 - 0.15 * (step - 25) as f64,
            _ => 0.5,
        };
        let mut curve = RateCurve::default();
        for step in 0..50 {
            assert!(!curve.add(step as f64, loss(step)));
        }
        let found = curve.suggestion().unwrap();
        assert!((26.0..=36.0).contains(&found), "{found}");
        let short = RateCurve { smoothed: vec![3.0, 2.0, 1.0], ..RateCurve::default() };
        assert_eq!(short.suggestion(), None);
    }
}
