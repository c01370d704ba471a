//! Batch normalization: every feature is brought to mean 0 and variance 1 over the
//! batch, then to a mean and a spread that are learned.

use crate::layer::image::{ImageShape, same_rows};
use crate::layer::{Layer, Parameter, Phase};
use crate::real::{Matrix, Real, ShapeError, real, resize};

/// Added to a variance before the root, so that a feature that never changes is not
/// divided by 0.
const EPSILON: f64 = 1e-5;

/// The share of a batch's statistics in the running ones.
const MOMENTUM: f64 = 0.1;

// ANCHOR: batch_norm
/// Y = gamma (X - mean) / sqrt(variance + 1e-5) + beta, for each feature, or for each
/// channel of an image (Ioffe and Szegedy, 2015).
///
/// In training, mean and variance are those of the batch, and running ones follow them:
/// running = 0.9 running + 0.1 batch. Inference uses the running ones, so that the
/// answer to an example does not depend on the others in its batch.
///
/// The variance that normalizes divides by n, the one that the running variance follows
/// by n - 1, as in PyTorch. A single number has no spread: for n = 1 the output is beta
/// (PyTorch refuses) and the running statistics stay as they are.
#[derive(Clone, Debug)]
pub struct BatchNorm<T: Real = f32> {
    /// gamma, features x 1.
    pub weight: Parameter<T>,
    /// beta, features x 1.
    pub bias: Parameter<T>,
    /// The mean that inference uses, features x 1.
    pub running_mean: Matrix<T>,
    /// The variance that inference uses, features x 1.
    pub running_var: Matrix<T>,
    /// How many batches the running statistics have followed, 1 x 1.
    pub num_batches_tracked: Matrix<T>,
    image: Option<ImageShape>,
    pass: Pass<T>,
}

/// What one pass works out, a number for each feature; kept, so that the backward pass
/// finds it and no step allocates.
#[derive(Clone, Debug)]
struct Pass<T: Real> {
    phase: Phase,
    mean: Vec<T>,
    /// 1 / sqrt(variance + 1e-5).
    inverse: Vec<T>,
    /// (X - mean) * inverse, of the input's shape.
    normalized: Vec<T>,
    /// The means over the batch of delta and of delta * normalized.
    means: [Vec<T>; 2],
    /// Sums over the batch, in `f64` so that a large one loses nothing.
    sums: [Vec<f64>; 2],
}
// ANCHOR_END: batch_norm

impl<T: Real> BatchNorm<T> {
    /// Normalizes each of `features` rows. gamma is 1 and beta 0 at first, the running
    /// mean 0 and the running variance 1.
    pub fn new(features: usize) -> Self {
        let all = |x: T| Matrix::from_element(features, 1, x);
        let (zero, one) = (T::zero(), T::one());
        let pass = Pass {
            phase: Phase::Infer,
            mean: vec![zero; features],
            inverse: vec![one; features],
            normalized: Vec::new(),
            means: [vec![zero; features], vec![zero; features]],
            sums: [vec![0.0; features], vec![0.0; features]],
        };
        Self {
            weight: Parameter::new(all(one)),
            bias: Parameter::new(all(zero)),
            running_mean: all(zero),
            running_var: all(one),
            num_batches_tracked: Matrix::zeros(1, 1),
            image: None,
            pass,
        }
    }

    /// Normalizes each channel of an image, over all its pixels in all examples.
    pub fn of_image(image: ImageShape) -> Self {
        Self { image: Some(image), ..Self::new(image.channels) }
    }

    /// Features, or channels.
    fn features(&self) -> usize {
        self.weight.value.nrows()
    }

    // ANCHOR: statistics
    /// Mean and variance of each feature over the batch. The features lie side by side,
    /// example after example; so do the channels of an image, pixel after pixel.
    fn measure(&mut self, input: &[T]) {
        let features = self.features();
        let count = (input.len() / features) as f64;
        let Pass { mean, inverse, sums: [sum, squares], .. } = &mut self.pass;
        sum.fill(0.0);
        for x in input.chunks_exact(features) {
            sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x.to_f64());
        }
        for (mean, sum) in mean.iter_mut().zip(&*sum) {
            *mean = real(sum / count);
        }
        squares.fill(0.0);
        for x in input.chunks_exact(features) {
            let off = x.iter().zip(&*mean).map(|(&x, &mean)| (x - mean).to_f64());
            squares.iter_mut().zip(off).for_each(|(sum, off)| *sum += off * off);
        }
        for (inverse, squares) in inverse.iter_mut().zip(squares) {
            *inverse = real(1.0 / (*squares / count + EPSILON).sqrt());
        }
    }

    /// Lets the running statistics follow those of the batch.
    fn follow(&mut self, count: usize) {
        if count < 2 {
            return;
        }
        let follow = |running: &mut T, batch: f64| {
            let kept = (1.0 - MOMENTUM) * running.to_f64();
            *running = real(kept + MOMENTUM * batch);
        };
        let Pass { mean, sums: [_, squares], .. } = &self.pass;
        for j in 0..self.features() {
            follow(&mut self.running_mean[j], mean[j].to_f64());
            follow(&mut self.running_var[j], squares[j] / (count - 1) as f64);
        }
        self.num_batches_tracked[0] += T::one();
    }
    // ANCHOR_END: statistics

    /// Takes the running statistics in place of the batch's.
    fn recall(&mut self) {
        let pass = &mut self.pass;
        pass.mean.copy_from_slice(self.running_mean.as_slice());
        for (inverse, variance) in pass.inverse.iter_mut().zip(&self.running_var) {
            *inverse = real(1.0 / (variance.to_f64() + EPSILON).sqrt());
        }
    }

    // ANCHOR: add_up
    /// Adds the sums of delta and of delta * normalized to the gradients of beta and
    /// gamma, and keeps their means.
    fn add_up(&mut self, grad_output: &[T]) {
        let features = self.features();
        let Pass { phase, normalized, means, sums, .. } = &mut self.pass;
        let [deltas, products] = sums;
        deltas.fill(0.0);
        products.fill(0.0);
        let (sum, product_sum) = (&mut deltas[..features], &mut products[..features]);
        let normalized = normalized.chunks_exact(features);
        for (delta, normalized) in grad_output.chunks_exact(features).zip(normalized) {
            for j in 0..features {
                sum[j] += delta[j].to_f64();
                product_sum[j] += (delta[j] * normalized[j]).to_f64();
            }
        }
        let share = match phase {
            Phase::Train => features as f64 / grad_output.len() as f64,
            Phase::Infer => 0.0,
        };
        for j in 0..features {
            self.bias.grad[j] += real(sum[j]);
            self.weight.grad[j] += real(product_sum[j]);
            means[0][j] = real(sum[j] * share);
            means[1][j] = real(product_sum[j] * share);
        }
    }
    // ANCHOR_END: add_up
}

impl<T: Real> Layer<T> for BatchNorm<T> {
    fn name(&self) -> &'static str {
        "BatchNorm"
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        let features = self.features();
        if features == 0 {
            let expected = "at least 1";
            return Err(ShapeError::new("BatchNorm: features", features, expected));
        }
        if let Some(image) = self.image {
            same_rows("BatchNorm", input_rows, image.check("BatchNorm: image")?)?;
        } else if input_rows != features {
            let what = "BatchNorm: rows of the input";
            return Err(ShapeError::new(what, input_rows, features));
        }
        Ok(input_rows)
    }

    // ANCHOR: forward
    fn forward(&mut self, input: &Matrix<T>, output: &mut Matrix<T>, phase: Phase) {
        resize(output, input.nrows(), input.ncols());
        let (x, features) = (input.as_slice(), self.features());
        self.pass.phase = phase;
        match phase {
            Phase::Train => {
                self.measure(x);
                self.follow(x.len() / features);
            }
            Phase::Infer => self.recall(),
        }
        self.pass.normalized.resize(x.len(), T::zero());
        let (gamma, beta) = (self.weight.value.as_slice(), self.bias.value.as_slice());
        let Pass { mean, inverse, normalized, .. } = &mut self.pass;
        let (mean, inverse) = (&mean[..features], &inverse[..features]);
        let (gamma, beta) = (&gamma[..features], &beta[..features]);
        let outputs = output.as_mut_slice().chunks_exact_mut(features);
        let inputs = x.chunks_exact(features);
        let kept = normalized.chunks_exact_mut(features);
        for ((y, x), normalized) in outputs.zip(inputs).zip(kept) {
            for j in 0..features {
                normalized[j] = (x[j] - mean[j]) * inverse[j];
                y[j] = gamma[j] * normalized[j] + beta[j];
            }
        }
    }
    // ANCHOR_END: forward

    // ANCHOR: backward
    /// dL/dgamma and dL/dbeta are sums over the batch. dL/dx = gamma inverse (delta -
    /// the mean of delta - normalized * the mean of delta normalized): an input also
    /// moves the mean and the variance of its batch. The running ones it does not move:
    /// after inference, dL/dx = gamma inverse delta.
    fn backward(
        &mut self,
        input: &Matrix<T>,
        _output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    ) {
        self.add_up(grad_output.as_slice());
        let Some(grad_input) = grad_input else { return };
        resize(grad_input, input.nrows(), input.ncols());
        let features = self.features();
        let gamma = &self.weight.value.as_slice()[..features];
        let Pass { inverse, normalized, means: [mean, slope], .. } = &self.pass;
        let (mean, slope) = (&mean[..features], &slope[..features]);
        let inverse = &inverse[..features];
        let grads = grad_input.as_mut_slice().chunks_exact_mut(features);
        let deltas = grad_output.as_slice().chunks_exact(features);
        let normalized = normalized.chunks_exact(features);
        for ((grad, delta), normalized) in grads.zip(deltas).zip(normalized) {
            for j in 0..features {
                let rest = delta[j] - mean[j] - normalized[j] * slope[j];
                grad[j] = gamma[j] * inverse[j] * rest;
            }
        }
    }
    // ANCHOR_END: backward

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<T>)) {
        visit("weight", &mut self.weight);
        visit("bias", &mut self.bias);
    }

    fn buffers(&mut self, visit: &mut dyn FnMut(&'static str, &mut Matrix<T>)) {
        visit("running_mean", &mut self.running_mean);
        visit("running_var", &mut self.running_var);
        visit("num_batches_tracked", &mut self.num_batches_tracked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use rand::RngExt;
    use rand_distr::StandardNormal;

    fn draw(rows: usize, columns: usize) -> Matrix<f64> {
        let mut rng = crate::rng(4);
        let one = |i: usize, _| {
            let z: f64 = rng.sample(StandardNormal);
            3.0 + i as f64 + (1.0 + i as f64) * z
        };
        Matrix::from_fn(rows, columns, one)
    }

    fn forward(layer: &mut BatchNorm<f64>, x: &Matrix<f64>, p: Phase) -> Matrix<f64> {
        let mut y = Matrix::zeros(0, 0);
        layer.forward(x, &mut y, p);
        y
    }

    /// Mean and variance (divided by n) of each row.
    fn moments(x: &Matrix<f64>) -> Vec<(f64, f64)> {
        x.row_iter().map(|row| (row.mean(), row.variance())).collect()
    }

    #[test]
    fn each_feature_gets_the_mean_beta_and_the_deviation_gamma() {
        let (x, mut layer) = (draw(5, 31), BatchNorm::new(5));
        for (mean, variance) in moments(&forward(&mut layer, &x, Phase::Train)) {
            assert_relative_eq!(mean, 0.0, epsilon = 1e-13);
            // the 1e-5 under the root takes a little
            assert_relative_eq!(variance, 1.0, epsilon = 1e-5);
        }
        layer.weight.value.copy_from_slice(&[2.0, 1.0, 0.5, -3.0, 0.0]);
        layer.bias.value.copy_from_slice(&[1.0, 0.0, -2.0, 4.0, 5.0]);
        let after = moments(&forward(&mut layer, &x, Phase::Train));
        let expected = [(1.0, 4.0), (0.0, 1.0), (-2.0, 0.25), (4.0, 9.0), (5.0, 0.0)];
        for ((mean, variance), (beta, squared)) in after.into_iter().zip(expected) {
            assert_relative_eq!(mean, beta, epsilon = 1e-13);
            assert_relative_eq!(variance, squared, epsilon = 1e-4);
        }
    }

    #[test]
    fn scale_and_shift_of_the_input_do_not_matter_in_training() {
        let x = draw(3, 11);
        let y = forward(&mut BatchNorm::new(3), &(&x * 100.0), Phase::Train);
        let moved = (&x * 400.0).add_scalar(1000.0);
        let moved = forward(&mut BatchNorm::new(3), &moved, Phase::Train);
        assert_relative_eq!(y, moved, epsilon = 1e-6);
    }

    #[test]
    fn running_statistics_follow_the_batches_and_inference_uses_them() {
        let (x, mut layer) = (draw(4, 9), BatchNorm::new(4));
        forward(&mut layer, &x, Phase::Train);
        forward(&mut layer, &(&x * 2.0), Phase::Train);
        assert_eq!(layer.num_batches_tracked[0], 2.0);
        let y = forward(&mut layer, &x, Phase::Infer);
        for (j, (mean, variance)) in moments(&x).into_iter().enumerate() {
            let unbiased = variance * 9.0 / 8.0;
            // 0, then a tenth of the first batch's, then a tenth of the second's
            let running_mean = 0.9 * 0.1 * mean + 0.1 * 2.0 * mean;
            let running_var = 0.9 * (0.9 + 0.1 * unbiased) + 0.1 * 4.0 * unbiased;
            assert_relative_eq!(layer.running_mean[j], running_mean, epsilon = 1e-12);
            assert_relative_eq!(layer.running_var[j], running_var, epsilon = 1e-12);
            let one = (x[(j, 3)] - running_mean) / (running_var + 1e-5).sqrt();
            assert_relative_eq!(y[(j, 3)], one, epsilon = 1e-12);
        }
        let before = (layer.running_mean.clone(), layer.running_var.clone());
        forward(&mut layer, &(&x * 3.0), Phase::Infer);
        assert_eq!(before, (layer.running_mean, layer.running_var));
        assert_eq!(layer.num_batches_tracked[0], 2.0);
    }

    #[test]
    fn the_answer_to_an_example_depends_on_its_batch_in_training_only() {
        let (x, mut layer) = (draw(4, 9), BatchNorm::new(4));
        forward(&mut layer, &x, Phase::Train);
        let first = x.columns(0, 1).clone_owned();
        let alone = forward(&mut layer, &first, Phase::Infer);
        assert_eq!(forward(&mut layer, &x, Phase::Infer).columns(0, 1), alone);
        let before = layer.clone();
        let alone = forward(&mut layer, &first, Phase::Train);
        assert_ne!(forward(&mut layer, &x, Phase::Train).columns(0, 1), alone);
        assert_eq!(before.bias.value, alone);
    }

    /// The channels of a pixel lie side by side, so pixels are to channels what
    /// examples are to features.
    #[test]
    fn an_image_is_normalized_by_channel_over_all_pixels() {
        let image = ImageShape::new(2, 3, 4);
        let x = draw(4, 30);
        let images = Matrix::from_column_slice(24, 5, x.as_slice());
        let expected = forward(&mut BatchNorm::new(4), &x, Phase::Train);
        let mut layer = BatchNorm::of_image(image);
        assert_eq!(Layer::<f64>::output_rows(&layer, 24), Ok(24));
        let y = forward(&mut layer, &images, Phase::Train);
        assert_eq!(y.shape(), (24, 5));
        assert_eq!(y.as_slice(), expected.as_slice());
        assert_eq!(layer.weight.value.shape(), (4, 1));
    }

    #[test]
    fn from_one_number_nothing_is_learned_about_the_spread() {
        let mut layer = BatchNorm::<f64>::new(3);
        layer.bias.value.copy_from_slice(&[1.0, 2.0, 3.0]);
        let x = draw(3, 1);
        let y = forward(&mut layer, &x, Phase::Train);
        assert_eq!(y, layer.bias.value);
        let mut grad = Matrix::zeros(0, 0);
        let delta = Matrix::from_element(3, 1, 5.0);
        layer.backward(&x, &y, &delta, Some(&mut grad));
        assert!(grad.iter().all(|g| *g == 0.0));
        assert_eq!(layer.bias.grad, delta);
        assert_eq!(layer.running_mean, Matrix::zeros(3, 1));
        assert_eq!(layer.running_var, Matrix::from_element(3, 1, 1.0));
        assert_eq!(layer.num_batches_tracked[0], 0.0);
        // an empty batch neither
        assert_eq!(forward(&mut layer, &Matrix::zeros(3, 0), Phase::Train).len(), 0);
        assert_eq!(layer.running_var, Matrix::from_element(3, 1, 1.0));
        // the pixels of a single image are several numbers
        let mut layer = BatchNorm::<f64>::of_image(ImageShape::new(3, 3, 1));
        forward(&mut layer, &draw(9, 1), Phase::Train);
        assert_eq!(layer.num_batches_tracked[0], 1.0);
    }

    #[test]
    fn a_feature_that_never_changes_gives_beta() {
        let mut layer = BatchNorm::<f64>::new(2);
        layer.bias.value.copy_from_slice(&[0.5, -1.0]);
        let x = Matrix::from_fn(2, 8, |i, j| if i == 0 { 0.1 } else { j as f64 });
        let y = forward(&mut layer, &x, Phase::Train);
        assert!(y.row(0).iter().all(|y| (y - 0.5).abs() < 1e-12), "{y}");
    }

    /// In `f32` a large mean costs digits, but the sums lose no more of them: the mean
    /// of a million numbers is as good as that of ten.
    #[test]
    fn a_large_batch_loses_nothing() {
        let mut layer = BatchNorm::<f32>::new(1);
        let x = Matrix::from_fn(1, 1 << 20, |_, j| 100.0 + (j % 2) as f32);
        let mut y = Matrix::zeros(0, 0);
        layer.forward(&x, &mut y, Phase::Train);
        assert!((layer.running_mean[0] - 10.05).abs() < 1e-6);
        assert!((layer.running_var[0] - 0.925).abs() < 1e-6);
        assert!((y[0] + 1.0).abs() < 1e-4 && (y[1] - 1.0).abs() < 1e-4);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let error = |layer: BatchNorm<f64>, rows| {
            layer.output_rows(rows).unwrap_err().to_string()
        };
        let image = ImageShape::new(2, 3, 4);
        let message = "BatchNorm: rows of the input is 7, expected 5";
        assert_eq!(error(BatchNorm::new(5), 7), message);
        let message = "BatchNorm: rows of the input is 4, expected 24 (2 x 3 x 4)";
        assert_eq!(error(BatchNorm::of_image(image), 4), message);
        let message = "BatchNorm: features is 0, expected at least 1";
        assert_eq!(error(BatchNorm::new(0), 0), message);
        let message = "BatchNorm: image is 0 x 3 x 2, expected at least 1 x 1 x 1";
        assert_eq!(error(BatchNorm::of_image(ImageShape::new(0, 3, 2)), 0), message);
    }
}
