//! Dropout: every training step is taken by another random part of the network.

use rand::{RngExt, SeedableRng};

use crate::layer::{Layer, Phase};
use crate::real::{Matrix, Real, Rng, ShapeError, real, resize};

// ANCHOR: dropout
/// In training, sets each number to 0 with probability `rate` and multiplies the others
/// by 1 / (1 - rate), so that the mean over all masks is the number itself. In
/// inference it changes nothing (Srivastava, Hinton, Krizhevsky, Sutskever and
/// Salakhutdinov, 2014; the scaling during training is called inverted dropout).
#[derive(Clone, Debug)]
pub struct Dropout {
    rate: f64,
    rng: Rng,
    /// Which numbers the last pass kept. Empty after inference, which keeps all.
    kept: Vec<bool>,
}
// ANCHOR_END: dropout

impl Dropout {
    /// A layer that drops this share of its input. It draws from a generator of its
    /// own, which one number from `rng` seeds, so that what else uses `rng` does not
    /// depend on how long training goes on.
    ///
    /// # Errors
    ///
    /// When the rate is not 0 or more and below 1. At 1 nothing would be left.
    pub fn new(rate: f64, rng: &mut Rng) -> Result<Self, ShapeError> {
        // as `f32`, since that is what the draws are compared with
        if !(0.0..1.0).contains(&(rate as f32)) {
            let expected = "a number from 0 to below 1";
            return Err(ShapeError::new("Dropout: rate", rate, expected));
        }
        Ok(Self { rate, rng: Rng::from_rng(rng), kept: Vec::new() })
    }

    /// The share that is dropped.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    // ANCHOR: mask
    /// Draws a number u in 0..1 for each entry and keeps the entry where u >= rate.
    fn draw(&mut self, count: usize) {
        let rate = self.rate as f32;
        self.kept.resize(count, true);
        for kept in &mut self.kept {
            *kept = self.rng.random::<f32>() >= rate;
        }
    }

    /// x / (1 - rate) where x was kept, 0 elsewhere.
    fn mask<T: Real>(&self, from: &[T], to: &mut [T]) {
        let (scale, zero) = (real::<T>(1.0 / (1.0 - self.rate)), T::zero());
        let pairs = from.iter().zip(&self.kept);
        for (y, (&x, &kept)) in to.iter_mut().zip(pairs) {
            *y = x * if kept { scale } else { zero };
        }
    }
    // ANCHOR_END: mask
}

impl<T: Real> Layer<T> for Dropout {
    fn name(&self) -> &'static str {
        "Dropout"
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        Ok(input_rows)
    }

    // ANCHOR: forward
    fn forward(&mut self, input: &Matrix<T>, output: &mut Matrix<T>, phase: Phase) {
        resize(output, input.nrows(), input.ncols());
        match phase {
            Phase::Train => {
                self.draw(input.len());
                self.mask(input.as_slice(), output.as_mut_slice());
            }
            Phase::Infer => {
                self.kept.clear();
                output.as_mut_slice().copy_from_slice(input.as_slice());
            }
        }
    }
    // ANCHOR_END: forward

    // ANCHOR: backward
    /// The slope takes the way the number took: scaled where it was kept, else 0.
    fn backward(
        &mut self,
        input: &Matrix<T>,
        _output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    ) {
        let Some(grad_input) = grad_input else { return };
        resize(grad_input, input.nrows(), input.ncols());
        let (delta, grad) = (grad_output.as_slice(), grad_input.as_mut_slice());
        match self.kept.is_empty() {
            true => grad.copy_from_slice(delta),
            false => self.mask(delta, grad),
        }
    }
    // ANCHOR_END: backward

    fn generators(&mut self, visit: &mut dyn FnMut(&mut Rng)) {
        visit(&mut self.rng);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn forward(layer: &mut Dropout, x: &Matrix<f64>, phase: Phase) -> Matrix<f64> {
        let mut y = Matrix::zeros(0, 0);
        layer.forward(x, &mut y, phase);
        y
    }

    fn backward(layer: &mut Dropout, delta: &Matrix<f64>) -> Matrix<f64> {
        let mut grad = Matrix::zeros(0, 0);
        layer.backward(delta, delta, delta, Some(&mut grad));
        grad
    }

    /// Numbers of both signs, none of them 0.
    fn ramp(rows: usize, columns: usize) -> Matrix<f64> {
        Matrix::from_fn(rows, columns, |i, j| 0.5 + i as f64 - 3.0 * j as f64)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn inference_is_exactly_the_identity_forward_and_backward(
            rows in 1..9usize, columns in 0..7usize, percent in 0..100u32,
            seed in 0..99u64,
        ) {
            let rate = f64::from(percent) / 100.0;
            let mut layer = Dropout::new(rate, &mut crate::rng(seed)).unwrap();
            let x = ramp(rows, columns);
            forward(&mut layer, &ramp(5, 3), Phase::Train); // a mask of another shape
            prop_assert_eq!(&forward(&mut layer, &x, Phase::Infer), &x);
            prop_assert_eq!(&backward(&mut layer, &x), &x);
        }

        #[test]
        fn training_drops_or_scales_and_the_slope_takes_the_same_way(
            rows in 1..9usize, columns in 0..7usize, percent in 0..100u32,
            seed in 0..99u64,
        ) {
            let rate = f64::from(percent) / 100.0;
            let mut layer = Dropout::new(rate, &mut crate::rng(seed)).unwrap();
            let x = ramp(rows, columns);
            let y = forward(&mut layer, &x, Phase::Train);
            let delta = ramp(rows, columns) * 7.0;
            let grad = backward(&mut layer, &delta);
            let scale = 1.0 / (1.0 - rate);
            for n in 0..x.len() {
                let factor = if y[n] == 0.0 { 0.0 } else { scale };
                prop_assert_eq!(y[n], x[n] * factor);
                prop_assert_eq!(grad[n], delta[n] * factor);
            }
            if percent == 0 {
                prop_assert_eq!(y, x);
            }
        }
    }

    /// y / x is 0 or 1 / (1 - p), with variance p / (1 - p) about 1. So the mean of n
    /// draws has the standard deviation sqrt(p / (1 - p) / n); the bound is five times
    /// that, which chance passes once in two million.
    #[test]
    fn the_mean_over_masks_is_the_input() {
        let (x, passes) = (ramp(20, 25), 200);
        for rate in [0.1, 0.25, 0.5, 0.8] {
            let mut layer = Dropout::new(rate, &mut crate::rng(1)).unwrap();
            let mut sum = Matrix::zeros(20, 25);
            for _ in 0..passes {
                sum += forward(&mut layer, &x, Phase::Train);
            }
            let ratio = (sum / f64::from(passes)).component_div(&x);
            let bound = |draws: f64| 5.0 * (rate / (1.0 - rate) / draws).sqrt();
            let draws = f64::from(passes);
            for each in &ratio {
                assert!((each - 1.0).abs() < bound(draws), "rate {rate}: {each}");
            }
            let (mean, draws) = (ratio.mean(), draws * x.len() as f64);
            assert!((mean - 1.0).abs() < bound(draws), "rate {rate}: {mean}");
        }
    }

    /// With rate 0.5 each of the 10,000 pairs is kept together with probability 1/4:
    /// 2,500 of them but for a standard deviation of 43.
    #[test]
    fn entries_and_passes_are_dropped_independently() {
        let mut layer = Dropout::new(0.5, &mut crate::rng(3)).unwrap();
        let x = Matrix::from_element(100, 100, 1.0);
        let first = forward(&mut layer, &x, Phase::Train);
        let second = forward(&mut layer, &x, Phase::Train);
        let both = |a: &[f64], b: &[f64]| {
            a.iter().zip(b).filter(|&(a, b)| a * b > 0.0).count().abs_diff(2500)
        };
        let (first, second) = (first.as_slice(), second.as_slice());
        assert!(both(first, second) < 220);
        assert!(both(first, &first[1..]) < 220); // neighbors in a column
        assert!(both(first, &first[100..]) < 220); // and in a row
    }

    #[test]
    fn the_generator_decides_the_mask_and_two_layers_have_two() {
        let x = ramp(30, 4);
        let rng = &mut crate::rng(5);
        let mut layer = Dropout::new(0.5, rng).unwrap();
        let mut other = Dropout::new(0.5, rng).unwrap();
        let mut copy = layer.clone();
        let y = forward(&mut layer, &x, Phase::Train);
        assert_eq!(forward(&mut copy, &x, Phase::Train), y);
        assert_ne!(forward(&mut other, &x, Phase::Train), y);
        let mut seen = 0;
        Layer::<f64>::generators(&mut other, &mut |rng| {
            Layer::<f64>::generators(&mut layer, &mut |mine| *mine = rng.clone());
            seen += 1;
        });
        let again = forward(&mut layer, &x, Phase::Train);
        assert_eq!(forward(&mut other, &x, Phase::Train), again);
        assert_eq!(seen, 1);
    }

    #[test]
    fn a_nan_stays_a_nan() {
        let mut layer = Dropout::new(0.5, &mut crate::rng(5)).unwrap();
        let y =
            forward(&mut layer, &Matrix::from_element(9, 9, f64::NAN), Phase::Train);
        assert!(y.iter().all(|y| y.is_nan()));
    }

    #[test]
    fn a_rate_that_is_no_share_is_refused() {
        for rate in [1.0, -0.1, 1.5, 1.0 - 1e-12, f64::NAN, f64::INFINITY] {
            let error = Dropout::new(rate, &mut crate::rng(1)).unwrap_err();
            let expected =
                format!("Dropout: rate is {rate}, expected a number from 0 to below 1");
            assert_eq!(error.to_string(), expected);
        }
        assert_eq!(Dropout::new(0.3, &mut crate::rng(1)).map(|d| d.rate()), Ok(0.3));
    }
}
