//! Callbacks that keep a network from learning its examples by heart.

use crate::data::augment::Augmentation;
use crate::layer::{ImageShape, Parameter};
use crate::network::Parameters;
use crate::real::{Real, real};
use crate::train::{Callback, TrainError, Training};

// ANCHOR: penalty
/// Adds a price for large weights to the loss: `l1` times the sum of |w| plus `l2` / 2
/// times the sum of w^2.
///
/// It adds the price's slope to the gradients, `l1` sign(w) + `l2` w, before the
/// optimizer sees them; so `l2` is what PyTorch's optimizers call `weight_decay`. The
/// slope of |w| at 0 is taken as 0. Only weights are charged: parameters whose name
/// ends in `weight` and that have more than one column. Biases and the scales of a
/// batch norm stay free. The losses in the history are those without the price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Penalty {
    l1: f64,
    l2: f64,
}

impl Penalty {
    /// `strength` times the sum of |w|: many weights end near 0.
    pub fn l1(strength: f64) -> Self {
        Self::both(strength, 0.0)
    }

    /// `strength` / 2 times the sum of w^2: every weight is pulled toward 0, the large
    /// ones harder.
    pub fn l2(strength: f64) -> Self {
        Self::both(0.0, strength)
    }

    /// Both (the elastic net of Zou and Hastie, 2005).
    pub fn both(l1: f64, l2: f64) -> Self {
        Self { l1, l2 }
    }

    /// What the weights cost now.
    pub fn value<T: Real>(&self, model: &mut dyn Parameters<T>) -> f64 {
        let mut price = 0.0;
        each_weight(model, |weight| {
            for w in weight.value.as_slice().iter().map(|w| w.to_f64()) {
                price += self.l1 * w.abs() + self.l2 / 2.0 * w * w;
            }
        });
        price
    }

    /// Adds the price's slope to the gradient of every weight.
    pub fn add_gradient<T: Real>(&self, model: &mut dyn Parameters<T>) {
        let (l1, l2) = (real::<T>(self.l1), real::<T>(self.l2));
        each_weight(model, |weight| {
            let values = weight.value.as_slice().iter();
            for (g, &w) in weight.grad.as_mut_slice().iter_mut().zip(values) {
                *g += l1 * sign(w) + l2 * w;
            }
        });
    }
}

/// Visits what is charged.
fn each_weight<T: Real>(
    model: &mut dyn Parameters<T>,
    mut visit: impl FnMut(&mut Parameter<T>),
) {
    model.parameters(&mut |name, parameter| {
        if name.ends_with("weight") && parameter.value.ncols() > 1 {
            visit(parameter);
        }
    });
}

/// -1, 0 or 1.
fn sign<T: Real>(w: T) -> T {
    let (zero, one) = (T::zero(), T::one());
    (if w > zero { one } else { zero }) - (if w < zero { one } else { zero })
}
// ANCHOR_END: penalty

impl<T: Real> Callback<T> for Penalty {
    fn name(&self) -> &'static str {
        "penalty"
    }

    fn before_update(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        for strength in [self.l1, self.l2] {
            let fits = strength.is_finite() && strength >= 0.0;
            demand(
                fits,
                "penalty",
                "strength",
                strength,
                "a finite number, 0 or more",
            )?;
        }
        self.add_gradient(at.model);
        Ok(())
    }
}

// ANCHOR: smooth
/// Takes a little certainty from the targets: with e = 0.1 and five classes, the right
/// class is to get 0.92 and each other one 0.02. As `label_smoothing` of PyTorch's
/// cross-entropy (Szegedy and others, 2016). Validation keeps the plain targets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothLabels(
    /// The share that is spread evenly over all classes, from 0 to 1.
    pub f64,
);

impl<T: Real> Callback<T> for SmoothLabels {
    fn name(&self) -> &'static str {
        "smooth labels"
    }

    fn before_step(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        let share = self.0;
        let fits = (0.0..=1.0).contains(&share);
        demand(fits, "smooth labels", "share", share, "a number from 0 to 1")?;
        let classes = at.batch.targets.nrows() as f64;
        let (kept, even) = (real::<T>(1.0 - share), real::<T>(share / classes));
        let targets = at.batch.targets.as_mut_slice().iter_mut();
        targets.for_each(|y| *y = kept * *y + even);
        Ok(())
    }
}
// ANCHOR_END: smooth

// ANCHOR: augment
/// Changes the images of every training step by chance. Those that the network is
/// judged on stay as they are.
#[derive(Clone, Debug)]
pub struct Augment<T: Real = f32> {
    image: ImageShape,
    by: Augmentation,
    /// One image, used again and again.
    copy: Vec<T>,
}

impl<T: Real> Augment<T> {
    /// Images of this shape, changed by up to so much.
    pub fn new(image: ImageShape, by: Augmentation) -> Self {
        Self { image, by, copy: Vec::new() }
    }
}

impl<T: Real> Callback<T> for Augment<T> {
    fn name(&self) -> &'static str {
        "augment"
    }

    fn before_step(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        let (batch, rng) = (&mut at.batch.inputs, &mut at.position.rng);
        Ok(self.by.apply_with(&mut self.copy, batch, self.image, rng)?)
    }
}
// ANCHOR_END: augment

/// The error when a callback was given a number it cannot use.
fn demand(
    fits: bool,
    name: &'static str,
    what: &str,
    value: f64,
    expected: &str,
) -> Result<(), TrainError> {
    match fits {
        true => Ok(()),
        false => {
            let source = format!("the {what} is {value}, expected {expected}").into();
            Err(TrainError::Callback { name, source })
        }
    }
}
