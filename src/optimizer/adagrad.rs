//! AdaGrad: steps shrink where the slopes have been large.

use multiversion::multiversion;

use crate::network::Parameters;
use crate::optimizer::{Optimizer, OptimizerState, Range, Setting, update_each};
use crate::real::{Matrix, Real, real};

/// s += g^2, w -= rate * g / (sqrt(s) + epsilon) (Duchi, Hazan and Singer, 2011).
///
/// The sum s only grows: a weight that has moved much moves less and less.
#[derive(Clone, Debug)]
pub struct AdaGrad<T: Real = f32> {
    rate: f64,
    epsilon: f64,
    decay: f64,
    updates: u64,
    sum: Vec<Matrix<T>>,
}

impl<T: Real> AdaGrad<T> {
    /// AdaGrad with this learning rate, and 1e-10 for epsilon as PyTorch has it.
    pub fn new(rate: f64) -> Self {
        Self { rate, epsilon: 1e-10, decay: 0.0, updates: 0, sum: Vec::new() }
    }

    /// With another epsilon, which keeps the first steps finite.
    pub fn with_epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// With weight decay: each gradient gets this times its weight added.
    pub fn with_weight_decay(self, decay: f64) -> Self {
        Self { decay, ..self }
    }
}

/// What one update needs besides gradient and sum.
#[derive(Clone, Copy)]
struct Step<T> {
    rate: T,
    epsilon: T,
    decay: T,
}

// ANCHOR: update
/// Updates a slice of weights `w` with its gradients `g` and sums of squares `s`.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn update<T: Real>(step: Step<T>, w: &mut [T], g: &[T], s: &mut [T]) {
    for ((w, &g), s) in w.iter_mut().zip(g).zip(s) {
        let g = g + step.decay * *w;
        *s += g * g;
        *w -= step.rate * g / (s.sqrt() + step.epsilon);
    }
}
// ANCHOR_END: update

impl<T: Real> Optimizer<T> for AdaGrad<T> {
    fn name(&self) -> &'static str {
        "adagrad"
    }

    fn step(&mut self, model: &mut dyn Parameters<T>) {
        self.updates += 1;
        let (rate, epsilon) = (real::<T>(self.rate), real(self.epsilon));
        let step = Step { rate, epsilon, decay: real(self.decay) };
        update_each(model, [&mut self.sum], |w, g, [s]| update(step, w, g, s));
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::new("epsilon", self.epsilon, Range::Positive),
            Setting::new("weight_decay", self.decay, Range::Size),
        ]
    }

    fn state(&mut self) -> OptimizerState<'_, T> {
        let memory = vec![("sum", &mut self.sum)];
        OptimizerState { updates: &mut self.updates, memory }
    }
}
