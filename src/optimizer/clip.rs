//! Clipping: a cap on the gradient before the update.

use crate::network::Parameters;
use crate::real::{Real, real};

/// Why a gradient was not clipped. It is then as it was.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ClipError {
    /// Scaling would spread a NaN to every weight, or turn an infinite slope into a
    /// direction that means nothing.
    #[error(
        "the gradient of {name} has an entry that is {value}; it cannot be clipped"
    )]
    NotFinite {
        /// The first parameter with such an entry.
        name: String,
        /// The entry.
        value: f64,
    },

    /// A limit that is no limit.
    #[error("the gradient is to be clipped at {0}; it must be a finite number above 0")]
    Limit(f64),
}

// ANCHOR: clip_norm
/// Shortens the whole gradient, all parameters as one long vector, to the length `max`
/// where it is longer; its direction stays (Pascanu, Mikolov and Bengio, 2013). Returns
/// the length before.
///
/// As in PyTorch the gradient is multiplied by max / (length + 1e-6) where that is
/// below 1, so it ends a hair below `max`.
///
/// # Errors
///
/// When an entry is NaN or infinite, or `max` is no finite number above 0. The gradient
/// is then as it was.
pub fn clip_norm<T: Real>(
    model: &mut dyn Parameters<T>,
    max: T,
) -> Result<T, ClipError> {
    check(model, max)?;
    let largest = largest(model);
    if largest == 0.0 {
        return Ok(T::zero());
    }
    // squares of g / largest: neither too large nor too small for the number type
    let mut sum = 0.0;
    model.parameters(&mut |_, parameter| {
        sum += squares(parameter.grad.as_slice(), largest);
    });
    let length = largest * sum.sqrt();
    let factor = max.to_f64() / (length + 1e-6);
    if factor < 1.0 {
        let factor = real::<T>(factor);
        model.parameters(&mut |_, parameter| {
            let grad = parameter.grad.as_mut_slice().iter_mut();
            grad.for_each(|g| *g *= factor);
        });
    }
    Ok(real(length))
}
// ANCHOR_END: clip_norm

// ANCHOR: clip_value
/// Moves each entry of the gradient into -max..=max. The direction changes. Returns the
/// largest size of an entry before.
///
/// # Errors
///
/// As [`clip_norm`].
pub fn clip_value<T: Real>(
    model: &mut dyn Parameters<T>,
    max: T,
) -> Result<T, ClipError> {
    check(model, max)?;
    let largest = largest(model);
    model.parameters(&mut |_, parameter| {
        for g in parameter.grad.as_mut_slice() {
            let below = if *g > max { max } else { *g };
            *g = if below < -max { -max } else { below };
        }
    });
    Ok(real(largest))
}
// ANCHOR_END: clip_value

/// The sum of (g / unit)^2, added up one by one. The quotients come in eights, so that
/// the compiler can use vector instructions.
fn squares<T: Real>(grad: &[T], unit: f64) -> f64 {
    let square = |g: &T| (g.to_f64() / unit).powi(2);
    let chunks = grad.chunks_exact(8);
    let rest = chunks.remainder().iter().map(square);
    let mut sum = 0.0;
    for chunk in chunks {
        let eight: [f64; 8] = std::array::from_fn(|k| square(&chunk[k]));
        sum = eight.iter().fold(sum, |sum, x| sum + x);
    }
    rest.fold(sum, |sum, x| sum + x)
}

/// The largest size of an entry of a gradient that is finite.
fn largest<T: Real>(model: &mut dyn Parameters<T>) -> f64 {
    let larger = |a: T, b: T| if b > a { b } else { a };
    let mut largest = T::zero();
    model.parameters(&mut |_, parameter| {
        let lanes = fold(parameter.grad.as_slice(), |most, g| larger(most, g.abs()));
        largest = lanes.into_iter().fold(largest, larger);
    });
    largest.to_f64()
}

/// Goes through the numbers with eight results side by side, so that the compiler can
/// use vector instructions.
fn fold<T: Real>(numbers: &[T], step: impl Fn(T, T) -> T) -> [T; 8] {
    let mut lanes = [T::zero(); 8];
    let chunks = numbers.chunks_exact(8);
    let rest = chunks.remainder();
    for chunk in chunks {
        lanes = std::array::from_fn(|k| step(lanes[k], chunk[k]));
    }
    for (lane, &g) in lanes.iter_mut().zip(rest) {
        *lane = step(*lane, g);
    }
    lanes
}

/// Refuses a limit that is none, and names the first entry that is not finite.
fn check<T: Real>(model: &mut dyn Parameters<T>, max: T) -> Result<(), ClipError> {
    let limit = max.to_f64();
    if !limit.is_finite() || limit <= 0.0 {
        return Err(ClipError::Limit(limit));
    }
    let mut found = None;
    model.parameters(&mut |name, parameter| {
        let grad = parameter.grad.as_slice();
        // 0 * g is 0 for every g that is finite, else NaN
        let zeros = fold(grad, |sum, g| sum + T::zero() * g);
        if found.is_some() || zeros.iter().all(|zero| zero.is_zero()) {
            return;
        }
        let wild = grad.iter().map(|g| g.to_f64()).find(|g| !g.is_finite());
        found =
            wild.map(|value| ClipError::NotFinite { name: name.to_string(), value });
    });
    found.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::Parameter;
    use crate::real::Matrix;

    struct Two<T: Real>(Parameter<T>, Parameter<T>);

    impl<T: Real> Parameters<T> for Two<T> {
        fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<T>)) {
            visit("first", &mut self.0);
            visit("second", &mut self.1);
        }
    }

    fn model<T: Real>(grads: [f64; 3]) -> Two<T> {
        let mut model = Two(
            Parameter::new(Matrix::zeros(1, 1)),
            Parameter::new(Matrix::zeros(2, 1)),
        );
        model.0.grad[0] = T::of(grads[0]);
        model.1.grad[0] = T::of(grads[1]);
        model.1.grad[1] = T::of(grads[2]);
        model
    }

    fn grads<T: Real>(model: &Two<T>) -> [f64; 3] {
        [model.0.grad[0], model.1.grad[0], model.1.grad[1]].map(Real::to_f64)
    }

    #[test]
    fn the_length_of_all_parameters_together_is_cut_and_the_direction_kept() {
        // 2, 3, 6: length 7
        let mut two = model::<f64>([2.0, -3.0, 6.0]);
        assert_eq!(clip_norm(&mut two, 3.5), Ok(7.0));
        let clipped = grads(&two);
        for (seen, expected) in clipped.iter().zip([1.0, -1.5, 3.0]) {
            assert!((seen - expected).abs() < 1e-6, "{clipped:?}");
        }
        let mut two = model::<f64>([2.0, -3.0, 6.0]);
        assert_eq!(clip_norm(&mut two, 7.1), Ok(7.0));
        assert_eq!(grads(&two), [2.0, -3.0, 6.0]);
        assert_eq!(clip_norm(&mut model::<f32>([0.0; 3]), 1.0), Ok(0.0));
    }

    #[test]
    fn the_size_of_each_entry_is_cut() {
        let mut two = model::<f64>([2.0, -3.0, 6.0]);
        assert_eq!(clip_value(&mut two, 2.5), Ok(6.0));
        assert_eq!(grads(&two), [2.0, -2.5, 2.5]);
    }

    #[test]
    fn lengths_near_the_ends_of_the_number_type_are_right() {
        let mut two = model::<f64>([2e300, -3e300, 6e300]);
        let length = clip_norm(&mut two, 1e290).unwrap();
        assert!((length / 7e300 - 1.0).abs() < 1e-12, "{length}");
        for tiny in [1e-200, 1e-300, 1e-310, 1e-320] {
            let mut two = model::<f64>([2.0 * tiny, -3.0 * tiny, 6.0 * tiny]);
            let length = clip_norm(&mut two, 1.0).unwrap();
            assert!((length / (7.0 * tiny) - 1.0).abs() < 1e-3, "{length}");
        }
        let mut two = model::<f32>([2e30, -3e30, 6e30]);
        let length = clip_norm(&mut two, 1.0).unwrap();
        assert!((length / 7e30 - 1.0).abs() < 1e-6, "{length}");
        assert!((grads(&two)[2] - 6.0 / 7.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_not_finite_is_an_error_and_nothing_is_scaled() {
        for wild in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for clip in [clip_norm::<f64>, clip_value::<f64>] {
                let mut two = model([1e9, 2.0, wild]);
                let error = clip(&mut two, 1.0).unwrap_err();
                let text = error.to_string();
                assert!(text.starts_with("the gradient of second has an entry"));
                assert_eq!(grads(&two)[..2], [1e9, 2.0]);
            }
        }
        for limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let mut two = model::<f64>([1.0; 3]);
            assert!(matches!(clip_norm(&mut two, limit), Err(ClipError::Limit(_))));
            assert!(matches!(clip_value(&mut two, limit), Err(ClipError::Limit(_))));
        }
    }
}
