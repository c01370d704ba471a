//! Adam: each weight gets its own step length.

use multiversion::multiversion;

use crate::network::Parameters;
use crate::optimizer::{Optimizer, OptimizerState, slot};
use crate::real::{Matrix, Real, real};

/// Running means m of the gradient and v of its square, both corrected for having
/// started at zero; w -= rate * m / (sqrt(v) + epsilon) (Kingma and Ba, 2015).
#[derive(Clone, Debug)]
pub struct Adam<T: Real = f32> {
    rate: f64,
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
    updates: u64,
    mean: Vec<Matrix<T>>,
    square: Vec<Matrix<T>>,
}

impl<T: Real> Adam<T> {
    /// Adam with this learning rate and the paper's 0.9, 0.999 and 1e-8.
    pub fn new(rate: f64) -> Self {
        Self {
            rate,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            updates: 0,
            mean: Vec::new(),
            square: Vec::new(),
        }
    }

    /// With other decay rates of the two running means, each 0 to below 1.
    pub fn with_betas(self, beta_1: f64, beta_2: f64) -> Self {
        Self { beta_1, beta_2, ..self }
    }
}

/// What one update needs besides gradient and state.
#[derive(Clone, Copy)]
struct Step<T> {
    beta_1: T,
    beta_2: T,
    rate: T,       // learning rate over m's correction
    root_scale: T, // one over the root of v's correction
    epsilon: T,
}

// ANCHOR: update
/// Updates a slice of weights `w` with its gradients `g`, running means `m` and running
/// squares `v`.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn update<T: Real>(step: Step<T>, w: &mut [T], g: &[T], m: &mut [T], v: &mut [T]) {
    let (keep_m, keep_v) = (step.beta_1, step.beta_2);
    let (new_m, new_v) = (T::one() - keep_m, T::one() - keep_v);
    for (((w, &g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
        *m = keep_m * *m + new_m * g;
        *v = keep_v * *v + new_v * g * g;
        *w -= step.rate * *m / (v.sqrt() * step.root_scale + step.epsilon);
    }
}
// ANCHOR_END: update

impl<T: Real> Optimizer<T> for Adam<T> {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn step(&mut self, model: &mut dyn Parameters<T>) {
        self.updates += 1;
        let correction = |beta: f64| 1.0 - beta.powf(self.updates as f64);
        let step = Step {
            beta_1: real::<T>(self.beta_1),
            beta_2: real(self.beta_2),
            rate: real(self.rate / correction(self.beta_1)),
            root_scale: real(1.0 / correction(self.beta_2).sqrt()),
            epsilon: real(self.epsilon),
        };
        let (mean, square, mut index) = (&mut self.mean, &mut self.square, 0);
        model.parameters(&mut |_, parameter| {
            let m = slot(mean, index, parameter).as_mut_slice();
            let v = slot(square, index, parameter).as_mut_slice();
            let (w, g) = (&mut parameter.value, &parameter.grad);
            update(step, w.as_mut_slice(), g.as_slice(), m, v);
            index += 1;
        });
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn state(&mut self) -> OptimizerState<'_, T> {
        let memory = vec![("mean", &mut self.mean), ("square", &mut self.square)];
        OptimizerState { updates: &mut self.updates, memory }
    }
}
