//! Activations: the bend between two affine layers.
//!
//! Each is a function of one number, with its derivative. Definitions follow PyTorch
//! (GELU with erf, not its tanh approximation). Softmax mixes a whole column and is a
//! layer of its own, [`crate::layer::Softmax`].

use crate::kernels;
use crate::real::{Real, real};

/// A function of one number that a layer applies to every entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// z itself. Stacked affine layers with this are one affine layer.
    Linear,
    /// 1 / (1 + e^-z), between 0 and 1.
    Sigmoid,
    /// (e^z - e^-z) / (e^z + e^-z), between -1 and 1.
    Tanh,
    /// z above zero, 0 elsewhere (Nair and Hinton, 2010).
    Relu,
    /// z above zero, slope times z elsewhere (Maas, Hannun and Ng, 2013).
    LeakyRelu(f64),
    /// z sigmoid(z), also called SiLU (Ramachandran, Zoph and Le, 2017).
    Swish,
    /// z Phi(z), Phi the normal distribution function (Hendrycks and Gimpel, 2016).
    Gelu,
}

impl Activation {
    /// Every activation, to loop over in tests, tables and figures.
    pub const ALL: [Self; 7] = [
        Self::Linear,
        Self::Sigmoid,
        Self::Tanh,
        Self::Relu,
        Self::LeakyRelu(0.01),
        Self::Swish,
        Self::Gelu,
    ];

    /// The name as it stands in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::LeakyRelu(_) => "leaky_relu",
            Self::Swish => "swish",
            Self::Gelu => "gelu",
        }
    }

    // ANCHOR: value
    /// The value at z.
    pub fn value<T: Real>(self, z: T) -> T {
        match self {
            Self::Linear => z,
            Self::Sigmoid => sigmoid(z),
            Self::Tanh => z.tanh(),
            Self::Relu => by_sign(z, T::zero(), z),
            Self::LeakyRelu(slope) => by_sign(z, real::<T>(slope) * z, z),
            Self::Swish => z * sigmoid(z),
            Self::Gelu => z * normal_distribution(z),
        }
    }
    // ANCHOR_END: value

    // ANCHOR: derivative
    /// The derivative at z. At the corner of ReLU and leaky ReLU, which has none, the
    /// slope on the left, as in PyTorch.
    pub fn derivative<T: Real>(self, z: T) -> T {
        match self {
            Self::Linear => T::one(),
            Self::Sigmoid => sigmoid(z) * (T::one() - sigmoid(z)),
            Self::Tanh => T::one() - z.tanh() * z.tanh(),
            Self::Relu => by_sign(z, T::zero(), T::one()),
            Self::LeakyRelu(slope) => by_sign(z, real(slope), T::one()),
            Self::Swish => swish_slope(z, sigmoid(z)),
            Self::Gelu => normal_distribution(z) + z * normal_density(z),
        }
    }
    // ANCHOR_END: derivative

    /// Replaces each number of a slice by its value. The same as [`Self::value`] one by
    /// one, but for rounding; exponentials run through [`crate::kernels`].
    pub(crate) fn apply<T: Real>(self, inputs: &[T], outputs: &mut [T]) {
        let pairs = outputs.iter_mut().zip(inputs);
        match self {
            Self::Relu => pairs.for_each(|(a, &z)| *a = Self::Relu.value(z)),
            Self::LeakyRelu(slope) => {
                let slope = real::<T>(slope);
                pairs.for_each(|(a, &z)| *a = by_sign(z, slope * z, z));
            }
            Self::Gelu => pairs.for_each(|(a, &z)| *a = Self::Gelu.value(z)),
            Self::Linear => outputs.copy_from_slice(inputs),
            Self::Sigmoid => {
                outputs.copy_from_slice(inputs);
                kernels::sigmoid(outputs);
            }
            Self::Tanh => {
                outputs.copy_from_slice(inputs);
                kernels::tanh(outputs);
            }
            Self::Swish => {
                outputs.copy_from_slice(inputs);
                kernels::sigmoid(outputs);
                outputs.iter_mut().zip(inputs).for_each(|(a, &z)| *a *= z);
            }
        }
    }

    // ANCHOR: pull_back
    /// Writes derivative times incoming gradient, entry by entry. What forward computed
    /// is used again where it helps: tanh' is 1 - a^2.
    pub(crate) fn pull_back<T: Real>(
        self,
        inputs: &[T],
        outputs: &[T],
        grad_outputs: &[T],
        grad_inputs: &mut [T],
    ) {
        grad_inputs.copy_from_slice(grad_outputs);
        let one = T::one();
        let by_output = grad_inputs.iter_mut().zip(outputs);
        match self {
            Self::Linear => {}
            Self::Sigmoid => by_output.for_each(|(g, &a)| *g *= a * (one - a)),
            Self::Tanh => by_output.for_each(|(g, &a)| *g *= one - a * a),
            Self::Relu => {
                by_output.for_each(|(g, &a)| *g *= by_sign(a, T::zero(), one))
            }
            Self::LeakyRelu(_) | Self::Swish | Self::Gelu => {
                let by_input = grad_inputs.iter_mut().zip(inputs);
                by_input.for_each(|(g, &z)| *g *= self.derivative(z));
            }
        }
    }
    // ANCHOR_END: pull_back
}

/// The logistic function 1 / (1 + e^-z). Does not overflow: e^1000 is infinity, and one
/// divided by it is 0.
pub fn sigmoid<T: Real>(z: T) -> T {
    T::one() / (T::one() + (-z).exp())
}

/// Softmax of one column: positive numbers that add up to 1. The largest entry is
/// subtracted first, which changes nothing but keeps the exponentials finite.
pub fn softmax_in_place<T: Real>(column: &mut [T]) {
    let Some(largest) = column.iter().copied().reduce(keep_larger) else { return };
    column.iter_mut().for_each(|z| *z -= largest);
    kernels::exp(column);
    let sum: T = column.iter().copied().sum();
    column.iter_mut().for_each(|e| *e /= sum);
}

/// The larger of two numbers. A comparison with NaN is false, so a NaN that comes
/// second is kept, and in a softmax one NaN anywhere ends up in the sum: it cannot
/// hide.
pub(crate) fn keep_larger<T: Real>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

/// Chooses by the sign of z without a branch. NaN falls on the right, where the value
/// is z itself, so that it stays visible.
fn by_sign<T: Real>(z: T, left: T, right: T) -> T {
    if z <= T::zero() { left } else { right }
}

fn swish_slope<T: Real>(z: T, s: T) -> T {
    s + z * s * (T::one() - s)
}

/// Phi(z) = (1 + erf(z / sqrt 2)) / 2.
fn normal_distribution<T: Real>(z: T) -> T {
    let z = z.to_f64();
    real(0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2))
}

/// phi(z) = e^(-z^2 / 2) / sqrt(2 pi).
fn normal_density<T: Real>(z: T) -> T {
    let half = real::<T>(0.5);
    (-half * z * z).exp() * real(0.398_942_280_401_432_7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn derivatives_are_the_slopes_of_the_values() {
        let h = 1e-5;
        for activation in Activation::ALL {
            for z in [-3.7_f64, -1.0, -0.2, 0.3, 1.1, 4.2] {
                let rise = activation.value(z + h) - activation.value(z - h);
                let slope = activation.derivative(z);
                assert_relative_eq!(rise / (2.0 * h), slope, epsilon = 1e-9);
            }
        }
    }

    #[test]
    fn whole_slices_agree_with_one_number_at_a_time() {
        let z: Vec<f32> = (-40..=40).map(|i| i as f32 / 4.0).collect();
        let ones = vec![1.0; z.len()];
        let (mut a, mut g) = (z.clone(), z.clone());
        for activation in Activation::ALL {
            activation.apply(&z, &mut a);
            activation.pull_back(&z, &a, &ones, &mut g);
            for i in 0..z.len() {
                let (value, slope) =
                    (activation.value(z[i]), activation.derivative(z[i]));
                assert_relative_eq!(a[i], value, epsilon = 1e-6);
                assert_relative_eq!(g[i], slope, epsilon = 1e-6);
            }
        }
    }

    #[test]
    fn corners_take_the_slope_on_the_left() {
        assert_eq!(Activation::Relu.derivative(0.0_f64), 0.0);
        assert_eq!(Activation::LeakyRelu(0.01).derivative(0.0_f64), 0.01);
        assert_eq!(Activation::Relu.value(f64::NEG_INFINITY), 0.0);
    }

    #[test]
    fn a_nan_is_never_hidden() {
        for activation in Activation::ALL {
            assert!(activation.value(f64::NAN).is_nan(), "{}", activation.name());
        }
        let mut column = [1.0, f32::NAN, 2.0];
        softmax_in_place(&mut column);
        assert!(column.iter().all(|p| p.is_nan()));
    }

    #[test]
    fn softmax_of_large_numbers_is_finite() {
        let mut column = [1000.0_f64, 1000.0, -1000.0];
        softmax_in_place(&mut column);
        assert_eq!(column, [0.5, 0.5, 0.0]);
    }
}
