//! Where the weights start.
//!
//! Too small, and the signal fades from layer to layer; too large, and it saturates or
//! overflows. Xavier and He choose the variance so that it neither shrinks nor grows.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::real::{Matrix, Real, Rng, real};

/// How to draw the first weights of a layer with `inputs` and `outputs` connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All zero: the units of a layer then stay equal for ever. For biases.
    Zeros,
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
    /// Uniform between minus and plus this limit.
    Uniform(f64),
    /// Uniform, limit sqrt(6 / (inputs + outputs)) (Glorot and Bengio, 2010).
    XavierUniform,
    /// Normal, standard deviation sqrt(2 / (inputs + outputs)) (Glorot and Bengio).
    XavierNormal,
    /// Uniform, limit sqrt(6 / inputs), for ReLU (He et al., 2015).
    HeUniform,
    /// Normal, standard deviation sqrt(2 / inputs), for ReLU (He et al., 2015).
    HeNormal,
}

enum Shape {
    Zero,
    Normal(f64),
    Uniform(f64),
}

impl Init {
    // ANCHOR: init
    fn shape(self, inputs: usize, outputs: usize) -> Shape {
        let (fan_in, fan_out) = (inputs as f64, outputs as f64);
        match self {
            Self::Zeros => Shape::Zero,
            Self::Normal(deviation) => Shape::Normal(deviation),
            Self::Uniform(limit) => Shape::Uniform(limit),
            Self::XavierUniform => Shape::Uniform((6.0 / (fan_in + fan_out)).sqrt()),
            Self::XavierNormal => Shape::Normal((2.0 / (fan_in + fan_out)).sqrt()),
            Self::HeUniform => Shape::Uniform((6.0 / fan_in).sqrt()),
            Self::HeNormal => Shape::Normal((2.0 / fan_in).sqrt()),
        }
    }
    // ANCHOR_END: init

    /// The standard deviation of a weight drawn this way.
    pub fn standard_deviation(self, inputs: usize, outputs: usize) -> f64 {
        match self.shape(inputs, outputs) {
            Shape::Zero => 0.0,
            Shape::Normal(deviation) => deviation,
            Shape::Uniform(limit) => limit / 3.0_f64.sqrt(),
        }
    }

    /// Draws a weight matrix, outputs x inputs. Numbers are drawn in `f64` and rounded,
    /// so that both precisions start from the same network.
    pub fn weights<T: Real>(
        self,
        inputs: usize,
        outputs: usize,
        rng: &mut Rng,
    ) -> Matrix<T> {
        self.draw((outputs, inputs), (inputs, outputs), rng)
    }

    /// Draws `filters` filters for windows of `area` pixels and `channels` channels,
    /// filters x (area * channels). An input is seen by each filter once from every
    /// place in the window, so an input has `area * filters` connections.
    pub fn filters<T: Real>(
        self,
        area: usize,
        channels: usize,
        filters: usize,
        rng: &mut Rng,
    ) -> Matrix<T> {
        let inputs = area * channels;
        self.draw((filters, inputs), (inputs, area * filters), rng)
    }

    fn draw<T: Real>(
        self,
        (rows, columns): (usize, usize),
        (inputs, outputs): (usize, usize),
        rng: &mut Rng,
    ) -> Matrix<T> {
        let shape = self.shape(inputs, outputs);
        Matrix::from_fn(rows, columns, |_, _| match shape {
            Shape::Zero => T::zero(),
            Shape::Normal(deviation) => {
                let z: f64 = StandardNormal.sample(rng);
                real(deviation * z)
            }
            Shape::Uniform(limit) => real(limit * rng.random_range(-1.0..1.0)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 120,000 draws: the sample's deviation is within 1% of the formula's, its mean
    /// within four standard errors of 0, and uniform draws stay within their limit.
    #[test]
    fn weights_have_the_moments_of_their_formula() {
        let (inputs, outputs) = (400, 300);
        let (xavier, he) = (2.0_f64 / 700.0, 2.0_f64 / 400.0);
        let cases = [
            (Init::Normal(0.3), 0.3),
            (Init::Uniform(0.3), 0.3 / 3.0_f64.sqrt()),
            (Init::XavierUniform, xavier.sqrt()),
            (Init::XavierNormal, xavier.sqrt()),
            (Init::HeUniform, he.sqrt()),
            (Init::HeNormal, he.sqrt()),
        ];
        for (init, deviation) in cases {
            let w: Matrix<f64> = init.weights(inputs, outputs, &mut crate::rng(3));
            assert_eq!(w.shape(), (outputs, inputs));
            let count = w.len() as f64;
            let mean = w.sum() / count;
            let sample = (w.map(|x| (x - mean).powi(2)).sum() / count).sqrt();
            assert!((sample / deviation - 1.0).abs() < 0.01, "{init:?}: {sample}");
            assert!(mean.abs() < 4.0 * deviation / count.sqrt(), "{init:?}: {mean}");
            let stated = init.standard_deviation(inputs, outputs);
            assert!((stated - deviation).abs() < 1e-12, "{init:?}");
        }
        let w: Matrix<f64> =
            Init::XavierUniform.weights(inputs, outputs, &mut crate::rng(3));
        let limit = (6.0_f64 / 700.0).sqrt();
        assert!(w.amax() <= limit && w.amax() > 0.999 * limit);
    }

    /// 5 x 5 pixels, 6 channels, 160 filters: 150 numbers come in, and each is seen by
    /// 25 x 160 outputs.
    #[test]
    fn filters_count_every_place_in_the_window() {
        let rng = &mut crate::rng(4);
        let w: Matrix<f64> = Init::XavierUniform.filters(25, 6, 160, rng);
        assert_eq!(w.shape(), (160, 150));
        let limit = (6.0_f64 / (150.0 + 4000.0)).sqrt();
        assert!(w.amax() <= limit && w.amax() > 0.999 * limit, "{}", w.amax());
        let w: Matrix<f64> = Init::HeUniform.filters(25, 6, 160, rng);
        let limit = (6.0_f64 / 150.0).sqrt();
        assert!(w.amax() <= limit && w.amax() > 0.999 * limit, "{}", w.amax());
    }

    #[test]
    fn both_precisions_start_alike() {
        let narrow: Matrix<f32> = Init::HeNormal.weights(5, 3, &mut crate::rng(1));
        let wide: Matrix<f64> = Init::HeNormal.weights(5, 3, &mut crate::rng(1));
        assert_eq!(narrow, wide.map(|x| x as f32));
    }
}
