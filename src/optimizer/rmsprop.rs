//! RMSProp: AdaGrad that forgets.

use multiversion::multiversion;

use crate::network::Parameters;
use crate::optimizer::{Optimizer, OptimizerState, Range, Setting, update_each};
use crate::real::{Matrix, Real, real};

/// A running mean s of the gradient's square; w -= rate * g / (sqrt(s) + epsilon)
/// (Tieleman and Hinton, 2012, lecture 6; epsilon outside the root as in PyTorch).
#[derive(Clone, Debug)]
pub struct RmsProp<T: Real = f32> {
    rate: f64,
    keep: f64,
    momentum: f64,
    epsilon: f64,
    decay: f64,
    updates: u64,
    square: Vec<Matrix<T>>,
    velocity: Vec<Matrix<T>>,
}

impl<T: Real> RmsProp<T> {
    /// RMSProp with this learning rate, and PyTorch's 0.99 and 1e-8 for the share of
    /// the running mean that is kept and for epsilon.
    pub fn new(rate: f64) -> Self {
        Self {
            rate,
            keep: 0.99,
            momentum: 0.0,
            epsilon: 1e-8,
            decay: 0.0,
            updates: 0,
            square: Vec::new(),
            velocity: Vec::new(),
        }
    }

    /// With another share of the running mean that is kept, 0 to below 1.
    pub fn with_decay(self, keep: f64) -> Self {
        Self { keep, ..self }
    }

    /// With momentum: the share of the last velocity that is kept, 0 to below 1.
    pub fn with_momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// With another epsilon, which keeps steps finite where the slopes vanish.
    pub fn with_epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// With weight decay: each gradient gets this times its weight added.
    pub fn with_weight_decay(self, decay: f64) -> Self {
        Self { decay, ..self }
    }
}

/// What one update needs besides gradient and state.
#[derive(Clone, Copy)]
struct Step<T> {
    rate: T,
    keep: T,
    new: T, // 1 - keep
    momentum: T,
    epsilon: T,
    decay: T,
}

// ANCHOR: update
/// Updates a slice of weights `w` with its gradients `g` and running squares `s`.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn plain<T: Real>(step: Step<T>, w: &mut [T], g: &[T], s: &mut [T]) {
    for ((w, &g), s) in w.iter_mut().zip(g).zip(s) {
        let g = g + step.decay * *w;
        *s = step.keep * *s + step.new * g * g;
        *w -= step.rate * g / (s.sqrt() + step.epsilon);
    }
}
// ANCHOR_END: update

// ANCHOR: momentum
/// The same with velocities `v`, which gather the scaled gradients.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn momentum<T: Real>(step: Step<T>, w: &mut [T], g: &[T], s: &mut [T], v: &mut [T]) {
    for (((w, &g), s), v) in w.iter_mut().zip(g).zip(s).zip(v) {
        let g = g + step.decay * *w;
        *s = step.keep * *s + step.new * g * g;
        *v = step.momentum * *v + g / (s.sqrt() + step.epsilon);
        *w -= step.rate * *v;
    }
}
// ANCHOR_END: momentum

impl<T: Real> Optimizer<T> for RmsProp<T> {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn step(&mut self, model: &mut dyn Parameters<T>) {
        self.updates += 1;
        let step = Step {
            rate: real::<T>(self.rate),
            keep: real(self.keep),
            new: real(1.0 - self.keep),
            momentum: real(self.momentum),
            epsilon: real(self.epsilon),
            decay: real(self.decay),
        };
        if self.momentum == 0.0 {
            update_each(model, [&mut self.square], |w, g, [s]| plain(step, w, g, s));
        } else {
            let memory = [&mut self.square, &mut self.velocity];
            update_each(model, memory, |w, g, [s, v]| momentum(step, w, g, s, v));
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
            Setting::new("decay", self.keep, Range::Share),
            Setting::new("momentum", self.momentum, Range::Share),
            Setting::new("epsilon", self.epsilon, Range::Positive),
            Setting::new("weight_decay", self.decay, Range::Size),
        ]
    }

    fn state(&mut self) -> OptimizerState<'_, T> {
        let memory =
            vec![("square", &mut self.square), ("velocity", &mut self.velocity)];
        OptimizerState { updates: &mut self.updates, memory }
    }
}
