//! Stochastic gradient descent: plain, with momentum, and with Nesterov's look-ahead.

use multiversion::multiversion;

use crate::network::Parameters;
use crate::optimizer::{Optimizer, OptimizerState, Range, Setting, update_each};
use crate::real::{Matrix, Real, real};

/// w -= rate * v, where v = momentum * v + gradient (Polyak, 1964, in PyTorch's form).
///
/// Nesterov's look-ahead (Nesterov, 1983; Sutskever and others, 2013) takes the slope
/// where the velocity is about to lead. Written for the place after that leap, as
/// PyTorch has it: w -= rate * (gradient + momentum * v).
#[derive(Clone, Debug)]
pub struct Sgd<T: Real = f32> {
    rate: f64,
    momentum: f64,
    nesterov: bool,
    decay: f64,
    updates: u64,
    velocity: Vec<Matrix<T>>,
}

impl<T: Real> Sgd<T> {
    /// Plain descent with this learning rate.
    pub fn new(rate: f64) -> Self {
        let (momentum, nesterov, decay) = (0.0, false, 0.0);
        Self { rate, momentum, nesterov, decay, updates: 0, velocity: Vec::new() }
    }

    /// With momentum: the share of the last velocity that is kept, 0 to below 1.
    pub fn with_momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// With Nesterov's look-ahead. Without momentum it changes nothing.
    pub fn with_nesterov(self) -> Self {
        Self { nesterov: true, ..self }
    }

    /// With weight decay: each gradient gets this times its weight added.
    pub fn with_weight_decay(self, decay: f64) -> Self {
        Self { decay, ..self }
    }
}

/// What one update needs besides gradient and velocity.
#[derive(Clone, Copy)]
struct Step<T> {
    rate: T,
    momentum: T,
    nesterov: bool,
    decay: T,
}

// ANCHOR: plain
/// Updates a slice of weights `w` with its gradients `g`.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn plain<T: Real>(step: Step<T>, w: &mut [T], g: &[T]) {
    for (w, &g) in w.iter_mut().zip(g) {
        *w -= step.rate * (g + step.decay * *w);
    }
}
// ANCHOR_END: plain

// ANCHOR: momentum
/// Updates a slice of weights `w` with its gradients `g` and velocities `v`.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn momentum<T: Real>(step: Step<T>, w: &mut [T], g: &[T], v: &mut [T]) {
    for ((w, &g), v) in w.iter_mut().zip(g).zip(v) {
        let g = g + step.decay * *w;
        *v = step.momentum * *v + g;
        let ahead = if step.nesterov { g + step.momentum * *v } else { *v };
        *w -= step.rate * ahead;
    }
}
// ANCHOR_END: momentum

impl<T: Real> Optimizer<T> for Sgd<T> {
    /// `sgd`, and with momentum `momentum` or `nesterov`.
    fn name(&self) -> &'static str {
        match (self.momentum == 0.0, self.nesterov) {
            (true, _) => "sgd",
            (false, false) => "momentum",
            (false, true) => "nesterov",
        }
    }

    fn step(&mut self, model: &mut dyn Parameters<T>) {
        self.updates += 1;
        let step = Step {
            rate: real::<T>(self.rate),
            momentum: real(self.momentum),
            nesterov: self.nesterov,
            decay: real(self.decay),
        };
        if self.momentum == 0.0 {
            update_each(model, [], |w, g, []| plain(step, w, g));
        } else {
            let memory = [&mut self.velocity];
            update_each(model, memory, |w, g, [v]| momentum(step, w, g, v));
        }
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::new("momentum", self.momentum, Range::Share),
            Setting::new("weight_decay", self.decay, Range::Size),
        ]
    }

    fn state(&mut self) -> OptimizerState<'_, T> {
        let memory = vec![("velocity", &mut self.velocity)];
        OptimizerState { updates: &mut self.updates, memory }
    }
}
