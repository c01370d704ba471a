//! Stochastic gradient descent, plain or with momentum.

use crate::network::Parameters;
use crate::optimizer::{Optimizer, OptimizerState, slot};
use crate::real::{Matrix, Real, real};

/// w -= rate * v, where v = momentum * v + gradient (Polyak, 1964, in PyTorch's form).
#[derive(Clone, Debug)]
pub struct Sgd<T: Real = f32> {
    rate: f64,
    momentum: f64,
    updates: u64,
    velocity: Vec<Matrix<T>>,
}

impl<T: Real> Sgd<T> {
    /// Plain descent with this learning rate.
    pub fn new(rate: f64) -> Self {
        Self { rate, momentum: 0.0, updates: 0, velocity: Vec::new() }
    }

    /// With momentum: the share of the last velocity that is kept, 0 to below 1.
    pub fn with_momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }
}

impl<T: Real> Optimizer<T> for Sgd<T> {
    fn name(&self) -> &'static str {
        "sgd"
    }

    // ANCHOR: step
    fn step(&mut self, model: &mut dyn Parameters<T>) {
        let (rate, momentum) = (real::<T>(self.rate), real::<T>(self.momentum));
        let (velocity, mut index) = (&mut self.velocity, 0);
        model.parameters(&mut |_, parameter| {
            // slices, not matrices: the compiler turns these loops into vector code
            let grads = parameter.grad.as_slice();
            if momentum.is_zero() {
                let weights = parameter.value.as_mut_slice().iter_mut();
                weights.zip(grads).for_each(|(w, &g)| *w -= rate * g);
                return;
            }
            let v = slot(velocity, index, parameter).as_mut_slice();
            let weights = parameter.value.as_mut_slice().iter_mut();
            for ((w, v), &g) in weights.zip(v).zip(grads) {
                *v = momentum * *v + g;
                *w -= rate * *v;
            }
            index += 1;
        });
        self.updates += 1;
    }
    // ANCHOR_END: step

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn state(&mut self) -> OptimizerState<'_, T> {
        let memory = vec![("velocity", &mut self.velocity)];
        OptimizerState { updates: &mut self.updates, memory }
    }
}
