//! Adam: each weight gets its own step length. AdamW: its decay apart from it.

use multiversion::multiversion;

use crate::network::Parameters;
use crate::optimizer::{Optimizer, OptimizerState, Range, Setting, update_each};
use crate::real::{Matrix, Real, real};

/// Running means m of the gradient and v of its square, both corrected for having
/// started at zero; w -= rate * m / (sqrt(v) + epsilon) (Kingma and Ba, 2015).
#[derive(Clone, Debug)]
pub struct Adam<T: Real = f32> {
    rate: f64,
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
    decay: f64,
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
            decay: 0.0,
            updates: 0,
            mean: Vec::new(),
            square: Vec::new(),
        }
    }

    /// With other decay rates of the two running means, each 0 to below 1.
    pub fn with_betas(self, beta_1: f64, beta_2: f64) -> Self {
        Self { beta_1, beta_2, ..self }
    }

    /// With another epsilon, which keeps steps finite where the slopes vanish.
    pub fn with_epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// With L2 in the gradient: each gradient gets this times its weight added, and is
    /// then scaled like any gradient. [`AdamW`] decays apart from the scaling.
    pub fn with_weight_decay(self, decay: f64) -> Self {
        Self { decay, ..self }
    }

    /// One update. `pull` times the weight is added to the gradient; `keep_w` of the
    /// weight is left before the step.
    fn descend(&mut self, model: &mut dyn Parameters<T>, pull: f64, keep_w: f64) {
        self.updates += 1;
        let correction = |beta: f64| 1.0 - beta.powf(self.updates as f64);
        let step = Step {
            beta_1: real::<T>(self.beta_1),
            beta_2: real(self.beta_2),
            rate: real(self.rate / correction(self.beta_1)),
            root_scale: real(1.0 / correction(self.beta_2).sqrt()),
            epsilon: real(self.epsilon),
            pull: real(pull),
            keep_w: real(keep_w),
        };
        let memory = [&mut self.mean, &mut self.square];
        update_each(model, memory, |w, g, [m, v]| update(step, w, g, m, v));
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
    pull: T,   // Adam's weight decay; 0 in AdamW
    keep_w: T, // 1 - rate * decay in AdamW; 1 in Adam
}

// ANCHOR: update
/// Updates a slice of weights `w` with its gradients `g`, running means `m` and running
/// squares `s`.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn update<T: Real>(step: Step<T>, w: &mut [T], g: &[T], m: &mut [T], s: &mut [T]) {
    let (keep_m, keep_s) = (step.beta_1, step.beta_2);
    let (new_m, new_s) = (T::one() - keep_m, T::one() - keep_s);
    for (((w, &g), m), s) in w.iter_mut().zip(g).zip(m).zip(s) {
        let g = g + step.pull * *w;
        *m = keep_m * *m + new_m * g;
        *s = keep_s * *s + new_s * g * g;
        let length = s.sqrt() * step.root_scale + step.epsilon;
        *w = step.keep_w * *w - step.rate * *m / length;
    }
}
// ANCHOR_END: update

impl<T: Real> Optimizer<T> for Adam<T> {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn step(&mut self, model: &mut dyn Parameters<T>) {
        self.descend(model, self.decay, 1.0);
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::new("beta_1", self.beta_1, Range::Share),
            Setting::new("beta_2", self.beta_2, Range::Share),
            Setting::new("epsilon", self.epsilon, Range::Positive),
            Setting::new("weight_decay", self.decay, Range::Size),
        ]
    }

    fn state(&mut self) -> OptimizerState<'_, T> {
        let memory = vec![("mean", &mut self.mean), ("square", &mut self.square)];
        OptimizerState { updates: &mut self.updates, memory }
    }
}

/// Adam with decoupled weight decay: every update first shrinks the weight by rate *
/// decay of itself, whatever the gradients were (Loshchilov and Hutter, 2019).
///
/// ```
/// use gradbook::optimizer::{Adam, AdamW, Optimizer};
/// use gradbook::surface::Point;
/// // two weights; only the first has a slope beside the decay's
/// let after = |optimizer: &mut dyn Optimizer<f64>| {
///     let mut point = Point::at([2.0, 2.0]);
///     point.set_slope([100.0, 0.0]);
///     optimizer.step(&mut point);
///     point.place()
/// };
/// // in Adam, the pull is nothing beside a large slope, and all where there is none
/// let [steep, level] = after(&mut Adam::new(0.1).with_weight_decay(0.5));
/// assert!((steep - 1.9).abs() < 1e-6 && (level - 1.9).abs() < 1e-6);
/// // in AdamW, both weights lose the same share, 0.1 * 0.5
/// let [steep, level] = after(&mut AdamW::new(0.1).with_weight_decay(0.5));
/// assert!((steep - 1.8).abs() < 1e-6 && (level - 1.9).abs() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct AdamW<T: Real = f32>(Adam<T>);

impl<T: Real> AdamW<T> {
    /// AdamW with this learning rate, the paper's 0.9, 0.999 and 1e-8, and PyTorch's
    /// weight decay of 0.01.
    pub fn new(rate: f64) -> Self {
        Self(Adam::new(rate).with_weight_decay(0.01))
    }

    /// With another weight decay.
    pub fn with_weight_decay(self, decay: f64) -> Self {
        Self(self.0.with_weight_decay(decay))
    }

    /// With other decay rates of the two running means, each 0 to below 1.
    pub fn with_betas(self, beta_1: f64, beta_2: f64) -> Self {
        Self(self.0.with_betas(beta_1, beta_2))
    }

    /// With another epsilon, which keeps steps finite where the slopes vanish.
    pub fn with_epsilon(self, epsilon: f64) -> Self {
        Self(self.0.with_epsilon(epsilon))
    }
}

impl<T: Real> Optimizer<T> for AdamW<T> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    // ANCHOR: decoupled
    fn step(&mut self, model: &mut dyn Parameters<T>) {
        let keep_w = 1.0 - self.0.rate * self.0.decay;
        self.0.descend(model, 0.0, keep_w);
    }
    // ANCHOR_END: decoupled

    fn learning_rate(&self) -> f64 {
        self.0.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.0.rate = rate;
    }

    fn settings(&self) -> Vec<Setting> {
        self.0.settings()
    }

    fn state(&mut self) -> OptimizerState<'_, T> {
        self.0.state()
    }
}
