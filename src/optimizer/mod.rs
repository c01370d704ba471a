//! Optimizers: from gradients to better weights.
//!
//! Each keeps its state (a velocity, a running mean) in one matrix for each parameter,
//! found by the parameter's place in the order in which the network shows them.

mod adagrad;
mod adam;
mod clip;
mod kind;
mod rmsprop;
mod schedule;
mod setting;
mod sgd;

pub use adagrad::AdaGrad;
pub use adam::{Adam, AdamW};
pub use clip::{ClipError, clip_norm, clip_value};
pub use kind::{Kind, UnknownKind};
pub use rmsprop::RmsProp;
pub use schedule::Schedule;
pub use setting::{Range, Setting, SettingError};
pub use sgd::Sgd;

use crate::layer::Parameter;
use crate::network::Parameters;
use crate::real::{Matrix, Real};

// ANCHOR: optimizer
/// Changes every parameter a little, guided by its gradient.
pub trait Optimizer<T: Real = f32> {
    /// The optimizer's name, as tables and files show it.
    fn name(&self) -> &'static str;

    /// One update of every parameter from its gradient. Gradients stay as they are:
    /// clear them with [`Parameters::zero_grad`] before the next backward pass.
    fn step(&mut self, model: &mut dyn Parameters<T>);

    /// The learning rate now.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate, for schedules.
    fn set_learning_rate(&mut self, rate: f64);

    /// The numbers it was built with, besides the rate.
    fn settings(&self) -> Vec<Setting> {
        Vec::new()
    }

    /// How many updates were made, and the state, for a checkpoint.
    fn state(&mut self) -> OptimizerState<'_, T>;
}
// ANCHOR_END: optimizer

impl<T: Real, O: Optimizer<T> + ?Sized> Optimizer<T> for Box<O> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn step(&mut self, model: &mut dyn Parameters<T>) {
        (**self).step(model);
    }

    fn learning_rate(&self) -> f64 {
        (**self).learning_rate()
    }

    fn set_learning_rate(&mut self, rate: f64) {
        (**self).set_learning_rate(rate);
    }

    fn settings(&self) -> Vec<Setting> {
        (**self).settings()
    }

    fn state(&mut self) -> OptimizerState<'_, T> {
        (**self).state()
    }
}

/// Is the optimizer built with numbers that can be meant? [`fit`](crate::train::fit)
/// asks before the first step.
///
/// # Errors
///
/// When a number of its [`settings`](Optimizer::settings) is not what it may be.
pub fn check<T: Real>(optimizer: &dyn Optimizer<T>) -> Result<(), SettingError> {
    let mut settings = optimizer.settings().into_iter();
    settings.try_for_each(|setting| setting.check(optimizer.name()))
}

/// What an optimizer remembers between updates.
pub struct OptimizerState<'a, T: Real> {
    /// The number of updates made.
    pub updates: &'a mut u64,
    /// Name and matrices of each kind of memory (`velocity`, `mean`, `square`): one
    /// matrix a parameter, none before the first update.
    pub memory: Vec<(&'static str, &'a mut Vec<Matrix<T>>)>,
}

// ANCHOR: update_each
/// Shows `update` the weights and gradients of each parameter, and its part of each
/// memory. All are slices, not matrices: the compiler turns loops over them into vector
/// instructions.
fn update_each<T: Real, const N: usize>(
    model: &mut dyn Parameters<T>,
    mut memory: [&mut Vec<Matrix<T>>; N],
    mut update: impl FnMut(&mut [T], &[T], [&mut [T]; N]),
) {
    let mut index = 0;
    model.parameters(&mut |_, parameter| {
        let parts =
            memory.each_mut().map(|slots| slot(slots, index, parameter).as_mut_slice());
        update(parameter.value.as_mut_slice(), parameter.grad.as_slice(), parts);
        index += 1;
    });
}
// ANCHOR_END: update_each

/// One matrix for each parameter, zero at first, of the parameter's shape.
fn slot<'a, T: Real>(
    slots: &'a mut Vec<Matrix<T>>,
    index: usize,
    parameter: &Parameter<T>,
) -> &'a mut Matrix<T> {
    if index == slots.len() {
        let (rows, columns) = parameter.value.shape();
        slots.push(Matrix::zeros(rows, columns));
    }
    &mut slots[index]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of one number, for optimizers to move.
    struct One(Parameter<f64>);

    impl Parameters<f64> for One {
        fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<f64>)) {
            visit("one", &mut self.0);
        }
    }

    /// Where the number stands after each update, with these gradients.
    fn path(optimizer: &mut dyn Optimizer<f64>, grads: &[f64]) -> Vec<f64> {
        let mut model = One(Parameter::new(Matrix::from_element(1, 1, 1.0)));
        let mut place = |&g: &f64| {
            model.0.grad[0] = g;
            optimizer.step(&mut model);
            model.0.value[0]
        };
        grads.iter().map(&mut place).collect()
    }

    fn near(seen: &[f64], expected: &[f64]) {
        assert_eq!(seen.len(), expected.len());
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
        assert!(seen.iter().zip(expected).all(close), "{seen:?} {expected:?}");
    }

    #[test]
    fn plain_descent_subtracts_rate_times_gradient() {
        near(&path(&mut Sgd::new(0.1), &[1.0, -2.0]), &[0.9, 1.1]);
    }

    #[test]
    fn momentum_keeps_a_share_of_the_last_step() {
        // velocity 1, then 0.5 * 1 + 1 = 1.5, then 0.5 * 1.5 + 0 = 0.75
        let mut sgd = Sgd::new(0.1).with_momentum(0.5);
        near(&path(&mut sgd, &[1.0, 1.0, 0.0]), &[0.9, 0.75, 0.675]);
    }

    #[test]
    fn the_first_update_of_adam_is_the_rate_whatever_the_size_of_the_gradient() {
        for gradient in [1e-3, 1.0, 1e3] {
            let after = path(&mut Adam::new(0.01), &[gradient])[0];
            assert!((after - 0.99).abs() < 1e-6, "{after}");
        }
    }

    /// Worked out by hand from the formulas of Kingma and Ba (2015), algorithm 1.
    #[test]
    fn two_updates_of_adam() {
        let mut expected = vec![];
        let (mut x, mut m, mut v) = (1.0_f64, 0.0, 0.0);
        for (t, g) in [(1, 2.0_f64), (2, -1.0)] {
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            let m_hat = m / (1.0 - 0.9_f64.powi(t));
            let v_hat = v / (1.0 - 0.999_f64.powi(t));
            x -= 0.1 * m_hat / (v_hat.sqrt() + 1e-8);
            expected.push(x);
        }
        near(&path(&mut Adam::new(0.1), &[2.0, -1.0]), &expected);
    }

    #[test]
    fn state_counts_updates_and_holds_a_matrix_a_parameter() {
        let mut adam = Adam::new(0.1);
        path(&mut adam, &[2.0, -1.0]);
        let state = Optimizer::<f64>::state(&mut adam);
        assert_eq!(*state.updates, 2);
        let shapes: Vec<_> =
            state.memory.iter().map(|(name, slots)| (*name, slots.len())).collect();
        assert_eq!(shapes, [("mean", 1), ("square", 1)]);
    }
}
