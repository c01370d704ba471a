//! Callbacks that keep a network from learning its examples by heart.

use crate::data::augment::Augmentation;
use crate::layer::{ImageShape, Parameter};
use crate::network::Parameters;
use crate::real::{Matrix, Real, real};
use crate::train::{Callback, TrainError, Training};

// ANCHOR: penalty
/// Adds a price for large weights to the loss: `l1` times the sum of |w| plus `l2` / 2
/// times the sum of w^2.
///
/// It adds the price's slope to the gradients, `l1` sign(w) + `l2` w, before the
/// optimizer sees them; so `l2` is what PyTorch's optimizers call `weight_decay`. The
/// slope of |w| at 0 is taken as 0. Only weights are charged: parameters called
/// `weight`, or `weight_` and more, that have several columns. Biases and the scales of
/// a batch norm stay free. The losses in the history are those without the price.
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
        let last = name.rsplit('.').next().unwrap_or(name);
        if last.starts_with("weight") && parameter.value.ncols() > 1 {
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

impl SmoothLabels {
    /// Targets (classes x examples) become (1 - e) targets + e / classes.
    pub fn smooth<T: Real>(self, targets: &mut Matrix<T>) {
        let even = real::<T>(self.0 / targets.nrows() as f64);
        let kept = real::<T>(1.0 - self.0);
        targets.as_mut_slice().iter_mut().for_each(|y| *y = kept * *y + even);
    }
}

impl<T: Real> Callback<T> for SmoothLabels {
    fn name(&self) -> &'static str {
        "smooth labels"
    }

    fn before_step(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        let fits = (0.0..=1.0).contains(&self.0);
        demand(fits, "smooth labels", "share", self.0, "a number from 0 to 1")?;
        self.smooth(&mut at.batch.targets);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;
    use crate::data::{self, Dataset};
    use crate::init::Init;
    use crate::layer::{Activate, BatchNorm, Dense, Gru};
    use crate::loss::{Loss, Mse, SoftmaxCrossEntropy};
    use crate::optimizer::{Optimizer, Sgd};
    use crate::train::{Asked, Config, Task, fit, go_on};
    use crate::{SequenceNetwork, Sequential};

    /// Dense 3 -> 4, batch norm, dense 4 -> 2, dense 2 -> 1: of the parameters only
    /// `0.weight`, `2.weight` and `3.weight` have more than one column and are weights.
    fn network() -> Sequential<f64> {
        let rng = &mut crate::rng(1);
        let mut net = Sequential::new(3)
            .then(Dense::new(3, 4, Init::XavierNormal, rng))
            .and_then(|net| net.then(BatchNorm::new(4)))
            .and_then(|net| net.then(Dense::new(4, 2, Init::XavierNormal, rng)))
            .and_then(|net| net.then(Dense::new(2, 1, Init::XavierNormal, rng)))
            .unwrap();
        net.parameters(&mut |name, p| {
            p.value[0] = if name.starts_with('0') { 0.0 } else { -0.5 };
            p.grad.fill(0.25);
        });
        net
    }

    const CHARGED: [&str; 3] = ["0.weight", "2.weight", "3.weight"];

    #[test]
    fn the_gradient_gets_the_slope_of_the_price_and_biases_stay_free() {
        for (penalty, l1, l2) in [
            (Penalty::l1(0.5), 0.5, 0.0),
            (Penalty::l2(0.5), 0.0, 0.5),
            (Penalty::both(0.25, 2.0), 0.25, 2.0),
        ] {
            let (mut net, mut seen) = (network(), 0);
            penalty.add_gradient(&mut net);
            net.parameters(&mut |name, p| {
                for (&g, &w) in p.grad.iter().zip(&p.value) {
                    let sign = if w == 0.0 { 0.0 } else { w.signum() };
                    let price = if CHARGED.contains(&name) { 1.0 } else { 0.0 };
                    assert_eq!(g, 0.25 + price * (l1 * sign + l2 * w), "{name}");
                    seen += 1;
                }
            });
            assert_eq!(seen, 12 + 4 + 4 + 4 + 8 + 2 + 2 + 1);
        }
    }

    #[test]
    fn a_recurrent_layer_pays_for_both_of_its_weights() {
        let rng = &mut crate::rng(2);
        let mut net =
            SequenceNetwork::<f64>::of_numbers(2).then(Gru::new(2, 3, rng)).unwrap();
        let mut charged = Vec::new();
        Penalty::l2(1.0).add_gradient(&mut net);
        net.parameters(&mut |name, p| {
            p.grad.iter().any(|g| *g != 0.0).then(|| charged.push(name.to_string()));
        });
        assert_eq!(charged, ["recurrent.0.weight_ih", "recurrent.0.weight_hh"]);
    }

    /// A matrix that is no weight.
    struct Table(Parameter<f64>);

    impl Parameters<f64> for Table {
        fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<f64>)) {
            visit("weightless.table", &mut self.0);
        }
    }

    #[test]
    fn what_is_not_called_a_weight_is_free() {
        let mut table = Table(Parameter::new(Matrix::from_element(2, 2, 3.0)));
        Penalty::both(1.0, 1.0).add_gradient(&mut table);
        assert_eq!(table.0.grad, Matrix::zeros(2, 2));
        assert_eq!(Penalty::both(1.0, 1.0).value(&mut table), 0.0);
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_value() {
        let penalty = Penalty::both(0.3, 0.7);
        let mut net = network();
        net.zero_grad();
        penalty.add_gradient(&mut net);
        let mut slopes = Vec::new();
        net.parameters(&mut |name, p| {
            for at in 0..p.value.len() {
                slopes.push((name.to_string(), at, p.value[at], p.grad[at]));
            }
        });
        let mut move_to = |name: &str, at: usize, w: f64| {
            net.parameters(&mut |seen, p| {
                if seen == name {
                    p.value[at] = w;
                }
            });
            penalty.value(&mut net)
        };
        for (name, at, w, slope) in slopes {
            let rise = move_to(&name, at, w + 1e-5) - move_to(&name, at, w - 1e-5);
            move_to(&name, at, w);
            assert!((rise / 2e-5 - slope).abs() < 1e-8, "{name} {at}");
        }
    }

    #[test]
    fn the_value_worked_out_on_paper() {
        let weight = Matrix::from_row_slice(1, 2, &[3.0, -1.0]);
        let dense = Dense::from_parts(weight, Matrix::from_element(1, 1, 9.0)).unwrap();
        let mut net = Sequential::<f64>::new(2).then(dense).unwrap();
        assert_eq!(Penalty::l1(0.5).value(&mut net), 0.5 * 4.0);
        assert_eq!(Penalty::l2(0.5).value(&mut net), 0.25 * 10.0);
        assert_eq!(Penalty::both(0.5, 0.5).value(&mut net), 2.0 + 2.5);
    }

    fn values(inputs: Matrix<f64>, targets: Matrix<f64>) -> Dataset<f64> {
        Dataset::with_values(inputs, targets).unwrap()
    }

    /// Inputs of 0 and no bias: the loss has no slope, only the penalty moves weights.
    #[test]
    fn training_alone_with_a_penalty_shrinks_the_weights_as_it_says() {
        let weight = Matrix::from_row_slice(1, 2, &[4.0, -2.0]);
        let dense = Dense::from_parts(weight, Matrix::zeros(1, 1)).unwrap();
        let mut net = Sequential::new(2).then(dense).unwrap();
        let data = values(Matrix::zeros(2, 1), Matrix::zeros(1, 1));
        let task = Task { train: &data, valid: None, loss: &Mse };
        let config = Config { epochs: 3, batch: 1, ..Config::default() };
        let l2: &mut dyn Callback<f64> = &mut Penalty::l2(0.5);
        fit(&mut net, &mut Sgd::new(0.1), &task, &config, &mut [l2]).unwrap();
        let mut after = Vec::new();
        net.parameters(&mut |_, p| after.extend_from_slice(p.value.as_slice()));
        let shrunk = 0.95_f64.powi(3);
        let expected = [4.0 * shrunk, -2.0 * shrunk, 0.0];
        assert!(after.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14));
        let l1: &mut dyn Callback<f64> = &mut Penalty::l1(0.5);
        fit(&mut net, &mut Sgd::new(0.1), &task, &config, &mut [l1]).unwrap();
        net.parameters(&mut |_, p| after.extend_from_slice(p.value.as_slice()));
        let expected = [4.0 * shrunk - 0.15, -2.0 * shrunk + 0.15];
        assert!(after[3..5].iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14));
    }

    /// Keeps what each step saw.
    #[derive(Default)]
    struct Record {
        inputs: Vec<Matrix<f64>>,
        targets: Vec<Matrix<f64>>,
    }

    impl Callback<f64> for Record {
        fn name(&self) -> &'static str {
            "record"
        }

        fn after_step(&mut self, at: &mut Training<'_, f64>) -> Asked {
            self.inputs.push(at.batch.inputs.clone());
            self.targets.push(at.batch.targets.clone());
            go_on()
        }
    }

    fn small(classes: usize, inputs: usize) -> Sequential<f64> {
        let dense = Dense::new(inputs, classes, Init::XavierNormal, &mut crate::rng(1));
        Sequential::new(inputs)
            .then(dense)
            .and_then(|net| net.then(Activate::new(Activation::Linear)))
            .unwrap()
    }

    #[test]
    fn smoothed_labels_are_those_of_the_definition_in_training_only() {
        let mut targets =
            Matrix::from_column_slice(5, 1, &[0.0, 1.0, 0.0, 0.0, 0.0_f64]);
        SmoothLabels(0.1).smooth(&mut targets);
        for (seen, expected) in targets.iter().zip([0.02, 0.92, 0.02, 0.02, 0.02]) {
            assert!((seen - expected).abs() < 1e-15, "{targets}");
        }
        let digits = data::digits::<f64>().select(&[0, 1, 2, 3, 4, 5, 6]);
        let loss = SoftmaxCrossEntropy;
        let task = Task { train: &digits, valid: Some(&digits), loss: &loss };
        let config = Config { epochs: 2, batch: 3, ..Config::default() };
        let (mut smooth, mut record) = (SmoothLabels(0.1), Record::default());
        let callbacks: &mut [&mut dyn Callback<f64>] = &mut [&mut smooth, &mut record];
        let mut net = small(10, 64);
        let history = fit(&mut net, &mut Sgd::new(0.0), &task, &config, callbacks);
        for targets in &record.targets {
            for column in targets.column_iter() {
                assert!((column.sum() - 1.0).abs() < 1e-12);
                assert!((column.max() - 0.91).abs() < 1e-12); // smoothed once
                assert!((column.min() - 0.01).abs() < 1e-12);
            }
        }
        // validation judges by the plain labels
        let valid = history.unwrap().epochs[0].valid.unwrap().loss;
        let scores = net.forward(&digits.inputs, crate::Phase::Infer).unwrap();
        let plain = loss.value(scores, &digits.targets).unwrap();
        assert!((valid - plain).abs() < 1e-12);
    }

    #[test]
    fn training_images_move_each_time_and_labels_and_validation_stay() {
        let digits = data::digits::<f64>().select(&[0, 1, 2, 3, 4, 5, 6]);
        let task = Task { train: &digits, valid: None, loss: &SoftmaxCrossEntropy };
        let config =
            Config { epochs: 2, batch: 7, shuffle: false, ..Config::default() };
        let by = Augmentation { shift: 1, degrees: 10.0, noise: 0.05 };
        let mut augment = Augment::new(ImageShape::new(8, 8, 1), by);
        let mut record = Record::default();
        let callbacks: &mut [&mut dyn Callback<f64>] = &mut [&mut augment, &mut record];
        let sgd: &mut dyn Optimizer<f64> = &mut Sgd::new(0.01);
        fit(&mut small(10, 64), sgd, &task, &config, callbacks).unwrap();
        assert_eq!(record.targets, [digits.targets.clone(), digits.targets.clone()]);
        let [first, second] = &record.inputs[..] else { panic!("two epochs") };
        assert_ne!(first, second);
        assert_ne!(first, &digits.inputs);
        assert_eq!(digits, data::digits().select(&[0, 1, 2, 3, 4, 5, 6]));
    }

    #[test]
    fn numbers_that_make_no_sense_end_training_with_one_line() {
        let digits = data::digits::<f64>().select(&[0, 1, 2]);
        let task = Task { train: &digits, valid: None, loss: &SoftmaxCrossEntropy };
        let config = Config { epochs: 1, ..Config::default() };
        let error = |callback: &mut dyn Callback<f64>| {
            let (mut net, mut sgd) = (small(10, 64), Sgd::new(0.1));
            let done = fit(&mut net, &mut sgd, &task, &config, &mut [callback]);
            done.unwrap_err().to_string()
        };
        let message =
            "penalty: the strength is -1, expected a finite number, 0 or more";
        assert_eq!(error(&mut Penalty::l1(-1.0)), message);
        for wild in [f64::NAN, f64::INFINITY] {
            assert!(error(&mut Penalty::l2(wild)).starts_with("penalty: the strength"));
        }
        for wild in [-0.1, 1.5, f64::NAN] {
            let seen = error(&mut SmoothLabels(wild));
            let message = "smooth labels: the share is ";
            assert!(seen.starts_with(message), "{seen}");
            assert!(seen.ends_with("expected a number from 0 to 1"), "{seen}");
        }
        let wrong = ImageShape::new(9, 9, 1);
        let seen = error(&mut Augment::new(wrong, Augmentation::default()));
        let message = "Augmentation: rows of the batch is 64, expected 81 (9 x 9 x 1)";
        assert_eq!(seen, message);
    }
}
