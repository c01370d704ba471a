//! Losses: one number that says how wrong a batch of predictions is, and its slope with
//! respect to every prediction.
//!
//! Predictions and targets have one shape, outputs x batch. Every loss is a *mean*, so
//! that its gradient does not grow with the batch. Mean squared, mean absolute, Huber,
//! hinge and binary cross-entropy average over all entries, the other two over the
//! examples (columns), as PyTorch does.

use crate::activation::{keep_larger, sigmoid};
use crate::kernels;
use crate::real::{Matrix, Real, ShapeError, real, resize, same_shape};

// ANCHOR: loss
/// How wrong are these predictions, and which way is worse?
pub trait Loss<T: Real = f32> {
    /// The loss's name, as errors and tables show it.
    fn name(&self) -> &'static str;

    /// Writes dL/d(prediction) into `grad` (resized here) and returns the loss.
    ///
    /// # Errors
    ///
    /// When prediction and target differ in shape, or the batch is empty.
    fn gradient(
        &self,
        prediction: &Matrix<T>,
        target: &Matrix<T>,
        grad: &mut Matrix<T>,
    ) -> Result<T, ShapeError>;

    /// The loss alone.
    ///
    /// # Errors
    ///
    /// As [`Loss::gradient`].
    fn value(
        &self,
        prediction: &Matrix<T>,
        target: &Matrix<T>,
    ) -> Result<T, ShapeError> {
        self.gradient(prediction, target, &mut Matrix::zeros(0, 0))
    }
}
// ANCHOR_END: loss

/// Mean squared error: the mean of (p - y)^2.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mse;

/// Mean absolute error: the mean of |p - y|. Its slope where p = y is taken as 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mae;

/// Huber's loss: (p - y)^2 / 2 within `delta`, beyond it a straight line that continues
/// with the same slope (Huber, 1964).
#[derive(Clone, Copy, Debug)]
pub struct Huber {
    /// Where the parabola becomes a line; in the unit of the targets.
    pub delta: f64,
}

/// The hinge for two classes, targets -1 and +1: the mean of max(0, 1 - y s).
#[derive(Clone, Copy, Debug, Default)]
pub struct Hinge;

/// The hinge for several classes, one-hot targets: the mean over examples of
/// max(0, 1 + s_j - s_y), s_y the score of the true class and s_j the largest of the
/// others (Crammer and Singer, 2001).
#[derive(Clone, Copy, Debug, Default)]
pub struct CategoricalHinge;

/// Cross-entropy for yes-or-no targets y in 0..=1, from logits z: the mean of
/// max(z, 0) - z y + ln(1 + e^-|z|), which equals -y ln p - (1 - y) ln(1 - p) with
/// p = sigmoid(z) and never overflows.
#[derive(Clone, Copy, Debug, Default)]
pub struct BinaryCrossEntropy;

/// Cross-entropy over classes from logits: the mean over examples of
/// -sum_i y_i ln softmax(z)_i. Targets are one-hot, or any weights per column.
#[derive(Clone, Copy, Debug, Default)]
pub struct SoftmaxCrossEntropy;

fn check<T: Real>(
    name: &str,
    prediction: &Matrix<T>,
    target: &Matrix<T>,
    grad: &mut Matrix<T>,
) -> Result<(), ShapeError> {
    same_shape("prediction", prediction, target).map_err(|error| ShapeError {
        what: format!("{name}: {}", error.what),
        ..error
    })?;
    if prediction.is_empty() {
        let found = crate::real::shape_of(prediction);
        let what = format!("{name}: prediction");
        return Err(ShapeError::new(what, found, "at least one example"));
    }
    resize(grad, prediction.nrows(), prediction.ncols());
    Ok(())
}

/// The mean of `one(p, y)` over all entries. `one` returns an entry's loss and slope.
fn mean_over_entries<T: Real>(
    prediction: &Matrix<T>,
    target: &Matrix<T>,
    grad: &mut Matrix<T>,
    one: impl Fn(T, T) -> (T, T),
) -> T {
    let share = T::one() / real(prediction.len() as f64);
    let pairs = prediction.as_slice().iter().zip(target.as_slice());
    let mut sum = T::zero();
    for (g, (&p, &y)) in grad.as_mut_slice().iter_mut().zip(pairs) {
        let (loss, slope) = one(p, y);
        sum += loss;
        *g = slope * share;
    }
    sum * share
}

/// The losses that are a mean over entries differ only in one entry's loss and slope.
macro_rules! entrywise_loss {
    ($loss:ty, $name:literal, |$this:ident, $p:ident, $y:ident| $body:expr) => {
        impl<T: Real> Loss<T> for $loss {
            fn name(&self) -> &'static str {
                $name
            }

            fn gradient(
                &self,
                prediction: &Matrix<T>,
                target: &Matrix<T>,
                grad: &mut Matrix<T>,
            ) -> Result<T, ShapeError> {
                check($name, prediction, target, grad)?;
                let $this = self;
                Ok(mean_over_entries(prediction, target, grad, |$p: T, $y: T| $body))
            }
        }
    };
}

// ANCHOR: entrywise
// ANCHOR: errors
entrywise_loss!(Mse, "mean squared error", |_this, p, y| {
    let error = p - y;
    (error * error, real::<T>(2.0) * error)
});

entrywise_loss!(Mae, "mean absolute error", |_this, p, y| {
    let error = p - y;
    (error.abs(), sign(error))
});

entrywise_loss!(Huber, "Huber", |this, p, y| {
    let (error, delta, half) = (p - y, real::<T>(this.delta), real::<T>(0.5));
    if error.abs() <= delta {
        (half * error * error, error)
    } else {
        (delta * (error.abs() - half * delta), delta * sign(error))
    }
});

entrywise_loss!(Hinge, "hinge", |_this, s, y| {
    let short = T::one() - y * s;
    if short <= T::zero() { (T::zero(), T::zero()) } else { (short, -y) }
});
// ANCHOR_END: errors

entrywise_loss!(BinaryCrossEntropy, "binary cross-entropy", |_this, z, y| {
    let positive = if z <= T::zero() { T::zero() } else { z };
    (positive - z * y + (-z.abs()).exp().ln_1p(), sigmoid(z) - y)
});
// ANCHOR_END: entrywise

impl<T: Real> Loss<T> for CategoricalHinge {
    fn name(&self) -> &'static str {
        "categorical hinge"
    }

    fn gradient(
        &self,
        prediction: &Matrix<T>,
        target: &Matrix<T>,
        grad: &mut Matrix<T>,
    ) -> Result<T, ShapeError> {
        check("categorical hinge", prediction, target, grad)?;
        grad.fill(T::zero());
        let share = T::one() / real(prediction.ncols() as f64);
        let mut sum = T::zero();
        for (n, scores) in prediction.column_iter().enumerate() {
            let truth = target.column(n).imax();
            let Some(rival) = largest_but(scores.as_slice(), truth) else { continue };
            let short = T::one() + scores[rival] - scores[truth];
            if short <= T::zero() {
                continue;
            }
            sum += short;
            grad[(rival, n)] = share;
            grad[(truth, n)] = -share;
        }
        Ok(sum * share)
    }
}

impl<T: Real> Loss<T> for SoftmaxCrossEntropy {
    fn name(&self) -> &'static str {
        "softmax cross-entropy"
    }

    // ANCHOR: softmax_cross_entropy
    fn gradient(
        &self,
        prediction: &Matrix<T>,
        target: &Matrix<T>,
        grad: &mut Matrix<T>,
    ) -> Result<T, ShapeError> {
        check("softmax cross-entropy", prediction, target, grad)?;
        let share = T::one() / real(prediction.ncols() as f64);
        let mut loss = T::zero();
        // 1. shift each column so that its largest logit is 0
        for (z, mut shifted) in prediction.column_iter().zip(grad.column_iter_mut()) {
            let largest = z.iter().copied().fold(z[0], keep_larger);
            shifted.zip_apply(&z, |s, z| *s = z - largest);
        }
        // 2. -sum y ln p = -sum y (s - ln sum e^s); the first half needs no exponential
        let parts = grad.as_slice().iter().zip(target.as_slice());
        // 0 * -inf is NaN: a class that is not the target may have probability zero
        loss -= parts.filter(|(_, y)| !y.is_zero()).map(|(&s, &y)| s * y).sum();
        kernels::exp(grad.as_mut_slice());
        // 3. the gradient: (p - y) / batch, for targets that add up to 1
        for (mut e, y) in grad.column_iter_mut().zip(target.column_iter()) {
            let (sum, weight) = (e.sum(), y.sum());
            loss += weight * sum.ln();
            let scale = weight * share / sum;
            e.zip_apply(&y, |e, y| *e = *e * scale - y * share);
        }
        Ok(loss * share)
    }
    // ANCHOR_END: softmax_cross_entropy
}

impl SoftmaxCrossEntropy {
    /// [`Loss::gradient`] for targets that are labels, one for each column, in place of
    /// one-hot columns.
    ///
    /// # Errors
    ///
    /// When there is not one label a column, a label is not below the number of rows,
    /// or the batch is empty.
    pub fn gradient_of_labels<T: Real>(
        &self,
        prediction: &Matrix<T>,
        labels: &[usize],
        grad: &mut Matrix<T>,
    ) -> Result<T, ShapeError> {
        let classes = prediction.nrows();
        check_labels(prediction, labels)?;
        resize(grad, classes, labels.len());
        let share = T::one() / real(labels.len() as f64);
        let mut loss = T::zero();
        // 1. shift each column so that its largest logit is 0, as in `gradient`
        let columns = grad.as_mut_slice().chunks_exact_mut(classes);
        let given = prediction.as_slice().chunks_exact(classes).zip(labels);
        for (shifted, (z, &label)) in columns.zip(given) {
            let largest = z.iter().copied().fold(z[0], keep_larger);
            shifted.iter_mut().zip(z).for_each(|(s, &z)| *s = z - largest);
            loss -= shifted[label];
        }
        kernels::exp(grad.as_mut_slice());
        // 2. -ln p = ln(sum e^s) - s, and its slope: (p - one-hot) / batch
        let columns = grad.as_mut_slice().chunks_exact_mut(classes);
        for (e, &label) in columns.zip(labels) {
            let sum: T = e.iter().copied().sum();
            loss += sum.ln();
            let scale = share / sum;
            e.iter_mut().for_each(|e| *e *= scale);
            e[label] -= share;
        }
        Ok(loss * share)
    }

    /// [`Loss::value`] for targets that are labels.
    ///
    /// # Errors
    ///
    /// As [`Self::gradient_of_labels`].
    pub fn value_of_labels<T: Real>(
        &self,
        prediction: &Matrix<T>,
        labels: &[usize],
    ) -> Result<T, ShapeError> {
        self.gradient_of_labels(prediction, labels, &mut Matrix::zeros(0, 0))
    }
}

fn check_labels<T: Real>(
    prediction: &Matrix<T>,
    labels: &[usize],
) -> Result<(), ShapeError> {
    let (classes, columns) = prediction.shape();
    let name = "softmax cross-entropy";
    if labels.len() != columns {
        let what = format!("{name}: number of labels");
        return Err(ShapeError::new(what, labels.len(), columns));
    }
    if prediction.is_empty() {
        let found = crate::real::shape_of(prediction);
        let what = format!("{name}: prediction");
        return Err(ShapeError::new(what, found, "at least one example"));
    }
    match labels.iter().find(|&&label| label >= classes) {
        None => Ok(()),
        Some(label) => {
            let what = format!("{name}: a label");
            Err(ShapeError::new(what, label, format!("below {classes}")))
        }
    }
}

/// -1, 0 or 1; NaN stays NaN.
fn sign<T: Real>(x: T) -> T {
    if x > T::zero() {
        T::one()
    } else if x < T::zero() {
        -T::one()
    } else {
        x * T::zero()
    }
}

/// Where the largest entry stands that is not entry `left_out`.
fn largest_but<T: Real>(column: &[T], left_out: usize) -> Option<usize> {
    let others = (0..column.len()).filter(|&i| i != left_out);
    others.reduce(|best, i| if column[i] > column[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    fn column<T: Real>(numbers: &[f64]) -> Matrix<T> {
        Matrix::from_iterator(numbers.len(), 1, numbers.iter().map(|&x| T::of(x)))
    }

    fn losses() -> Vec<Box<dyn Loss<f64>>> {
        vec![
            Box::new(Mse),
            Box::new(Mae),
            Box::new(Huber { delta: 0.7 }),
            Box::new(Hinge),
            Box::new(CategoricalHinge),
            Box::new(BinaryCrossEntropy),
            Box::new(SoftmaxCrossEntropy),
        ]
    }

    #[test]
    fn values_worked_out_on_paper() {
        let (p, y) = (column::<f64>(&[1.0, 3.0]), column(&[0.0, 5.0]));
        assert_eq!(Mse.value(&p, &y), Ok(2.5));
        assert_eq!(Mae.value(&p, &y), Ok(1.5));
        // within delta 1: 1/2; beyond: 1 (2 - 1/2)
        assert_eq!(Huber { delta: 1.0 }.value(&p, &y), Ok(1.0));
        let (s, y) = (column::<f64>(&[0.5, 0.5]), column(&[1.0, -1.0]));
        assert_eq!(Hinge.value(&s, &y), Ok(1.0));
        let (s, y) = (column::<f64>(&[2.0, 0.5, 1.75]), column(&[1.0, 0.0, 0.0]));
        assert_eq!(CategoricalHinge.value(&s, &y), Ok(0.75));
        let (z, y) = (column::<f64>(&[0.0, 0.0]), column(&[1.0, 0.0]));
        let ln_2 = std::f64::consts::LN_2;
        assert_relative_eq!(BinaryCrossEntropy.value(&z, &y).unwrap(), ln_2);
        assert_relative_eq!(SoftmaxCrossEntropy.value(&z, &y).unwrap(), ln_2);
    }

    #[test]
    fn each_gradient_is_the_slope_of_its_value() {
        let rows = 3;
        let p = Matrix::from_fn(rows, 4, |i, j| (i * 5 + j * 3) as f64 * 0.37 - 1.9);
        let one_hot =
            Matrix::from_fn(
                rows,
                4,
                |i, j| if (i + j) % rows == 0 { 1.0 } else { 0.0 },
            );
        let plus_minus = one_hot.map(|y| 2.0 * y - 1.0);
        for loss in losses() {
            let y = if loss.name() == "hinge" { &plus_minus } else { &one_hot };
            let mut grad = Matrix::zeros(0, 0);
            let value = loss.gradient(&p, y, &mut grad).unwrap();
            assert_eq!(Ok(value), loss.value(&p, y));
            for index in 0..p.len() {
                let (mut up, mut down) = (p.clone(), p.clone());
                up[index] += 1e-6;
                down[index] -= 1e-6;
                let rise = loss.value(&up, y).unwrap() - loss.value(&down, y).unwrap();
                assert_relative_eq!(rise / 2e-6, grad[index], epsilon = 1e-8);
            }
        }
    }

    #[test]
    fn labels_are_one_hot_columns() {
        let z = Matrix::from_fn(5, 7, |i, j| (i * 5 + j * 3) as f64 * 0.37 - 1.9);
        let labels = [4, 0, 1, 1, 3, 2, 0];
        let one_hot = Matrix::from_fn(5, 7, |i, j| f64::from(u8::from(labels[j] == i)));
        let (mut expected, mut seen) = (Matrix::zeros(0, 0), Matrix::zeros(0, 0));
        let loss = SoftmaxCrossEntropy.gradient(&z, &one_hot, &mut expected).unwrap();
        let by_label =
            SoftmaxCrossEntropy.gradient_of_labels(&z, &labels, &mut seen).unwrap();
        assert_relative_eq!(by_label, loss, epsilon = 1e-14);
        assert_relative_eq!(seen, expected, epsilon = 1e-15);
        assert_eq!(SoftmaxCrossEntropy.value_of_labels(&z, &labels), Ok(by_label));
        let large = column::<f32>(&[1000.0, -1000.0]);
        assert_eq!(SoftmaxCrossEntropy.value_of_labels(&large, &[1]), Ok(2000.0));
        let wild = column::<f32>(&[1.0, f64::NAN]);
        let value = SoftmaxCrossEntropy.value_of_labels(&wild, &[0]).unwrap();
        assert!(value.is_nan());
        for labels in [&[0, 1][..], &[5, 0, 0, 0, 0, 0, 0], &[]] {
            assert!(SoftmaxCrossEntropy.value_of_labels(&z, labels).is_err());
        }
    }

    #[test]
    fn logits_of_a_thousand_stay_finite() {
        let (z, y) = (column::<f32>(&[1000.0, -1000.0]), column::<f32>(&[0.0, 1.0]));
        let mut grad = Matrix::zeros(0, 0);
        let binary = BinaryCrossEntropy.gradient(&z, &y, &mut grad).unwrap();
        assert_eq!((binary, grad.as_slice()), (1000.0, [0.5, -0.5].as_slice()));
        let softmax = SoftmaxCrossEntropy.gradient(&z, &y, &mut grad).unwrap();
        assert_eq!((softmax, grad.as_slice()), (2000.0, [1.0, -1.0].as_slice()));
    }

    #[test]
    fn a_nan_in_the_prediction_is_a_nan_in_the_loss() {
        for loss in losses() {
            let p = column(&[0.5, f64::NAN, 0.1]);
            let y = column(&[0.0, 1.0, 0.0]);
            assert!(loss.value(&p, &y).unwrap().is_nan(), "{}", loss.name());
        }
    }

    #[test]
    fn shapes_that_differ_and_empty_batches_are_errors() {
        for loss in losses() {
            let two = Matrix::zeros(2, 3);
            let error = loss.value(&two, &Matrix::zeros(3, 3)).unwrap_err();
            assert!(error.to_string().contains("is 2 x 3, expected 3 x 3"), "{error}");
            let none = Matrix::zeros(2, 0);
            assert!(loss.value(&none, &none).is_err());
        }
    }
}
