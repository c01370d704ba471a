//! exp, tanh and the logistic sigmoid over whole slices.
//!
//! The standard library computes one number at a time through a call that the compiler
//! cannot vectorize. In `f32` these loops use short polynomials instead, eight or
//! sixteen numbers at once where the machine can; in `f64`, where gradients are
//! checked, they use the standard functions.
//!
//! Error in `f32`, tested over the whole range: exp within 3e-7 of the true value
//! relative to it (results below the smallest normal number become 0), tanh and sigmoid
//! within 3e-7 relative to the true value, or 1e-37 near zero.

use multiversion::multiversion;

use super::same_type_mut;
use crate::real::Real;

/// Replaces each x by e^x.
pub fn exp<T: Real>(numbers: &mut [T]) {
    match same_type_mut::<T, f32>(numbers) {
        Some(numbers) => exp_f32(numbers),
        None => numbers.iter_mut().for_each(|x| *x = x.exp()),
    }
}

/// Replaces each x by tanh x.
pub fn tanh<T: Real>(numbers: &mut [T]) {
    match same_type_mut::<T, f32>(numbers) {
        Some(numbers) => tanh_f32(numbers),
        None => numbers.iter_mut().for_each(|x| *x = x.tanh()),
    }
}

/// Replaces each x by 1 / (1 + e^-x).
pub fn sigmoid<T: Real>(numbers: &mut [T]) {
    match same_type_mut::<T, f32>(numbers) {
        Some(numbers) => sigmoid_f32(numbers),
        None => {
            numbers.iter_mut().for_each(|x| *x = T::one() / (T::one() + (-*x).exp()));
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn exp_f32(numbers: &mut [f32]) {
    for x in numbers {
        *x = exp_one(*x);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn tanh_f32(numbers: &mut [f32]) {
    for x in numbers {
        *x = tanh_one(*x);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn sigmoid_f32(numbers: &mut [f32]) {
    for x in numbers {
        *x = 1.0 / (1.0 + exp_one(-*x));
    }
}

// ANCHOR: exp
/// e^x = 2^n e^r with n whole and |r| <= ln 2 / 2, where six terms of a polynomial are
/// enough. No branch: the compiler turns the loop around it into vector instructions.
#[inline(always)]
fn exp_one(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 355.0 / 512.0; // few bits: n * LN_2_HIGH is exact
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const SHIFT: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to a whole number
    let clamped = x.clamp(-87.4, 88.8); // a NaN stays a NaN
    let shifted = clamped * std::f32::consts::LOG2_E + SHIFT;
    let n = shifted - SHIFT;
    let r = clamped - n * LN_2_HIGH - n * LN_2_LOW;
    let high = 1.388_888_9e-3 * r + 8.333_333e-3;
    let series = ((high * r + 4.166_666_6e-2) * r + 0.166_666_67) * r + 0.5;
    let near_one = series * r * r + r + 1.0;
    // 2^n in two steps, since n = 128 does not fit into one exponent.
    let whole = shifted.to_bits().wrapping_sub(SHIFT.to_bits()) as i32;
    let half = whole >> 1;
    let power = |n: i32| f32::from_bits(((n + 127) << 23) as u32);
    let value = near_one * power(half) * power(whole - half);
    if x < -87.336_54 { 0.0 } else { value }
}
// ANCHOR_END: exp

/// Near zero the odd polynomial x + x^3 P(x^2), elsewhere 1 - 2 / (e^2x + 1).
#[inline(always)]
fn tanh_one(x: f32) -> f32 {
    let square = x * x;
    let high = -5.704_988_7e-3 * square + 2.063_909e-2;
    let middle = (high * square - 5.373_971_6e-2) * square + 0.133_314_42;
    let small = x + x * square * (middle * square - 0.333_332_8);
    let large = 1.0 - 2.0 / (exp_one(2.0 * x.abs()) + 1.0);
    if x.abs() < 0.625 { small } else { large.copysign(x) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every 4,099th float of all there are: 4,099 is prime, so all patterns occur.
    fn floats() -> impl Iterator<Item = f32> {
        (0..=u32::MAX).step_by(4_099).map(f32::from_bits).filter(|x| !x.is_nan())
    }

    fn worst(of: fn(&mut [f32]), truth: fn(f64) -> f64, floor: f64) -> (f64, f32) {
        let mut worst = (0.0, 0.0);
        let xs: Vec<f32> = floats().collect();
        let mut ys = xs.clone();
        of(&mut ys);
        for (&x, &y) in xs.iter().zip(&ys) {
            let expected = truth(x.into());
            if expected.abs() < floor {
                assert!(f64::from(y.abs()) <= 2.0 * floor, "{x}: {y}");
            } else if expected > f64::from(f32::MAX) {
                assert_eq!(y, f32::INFINITY, "{x}");
            } else {
                let error = (f64::from(y) - expected).abs() / expected.abs();
                if error.is_nan() || error > worst.0 {
                    worst = (error, x);
                }
            }
        }
        worst
    }

    #[test]
    fn exp_is_within_the_stated_error() {
        let (error, at) = worst(exp::<f32>, f64::exp, f64::from(f32::MIN_POSITIVE));
        assert!(error <= 3e-7, "{error:e} at {at}");
    }

    #[test]
    fn tanh_is_within_the_stated_error() {
        let (error, at) = worst(tanh::<f32>, f64::tanh, 1e-37);
        assert!(error <= 3e-7, "{error:e} at {at}");
    }

    #[test]
    fn sigmoid_is_within_the_stated_error() {
        let truth = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (error, at) = worst(sigmoid::<f32>, truth, 1e-37);
        assert!(error <= 3e-7, "{error:e} at {at}");
    }

    #[test]
    fn infinities_and_nan_behave() {
        let mut x = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 0.0, -0.0];
        exp(&mut x);
        assert_eq!(x[0], f32::INFINITY);
        assert_eq!(x[1], 0.0);
        assert!(x[2].is_nan());
        assert_eq!(x[3..], [1.0, 1.0]);
        let mut x = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 0.0];
        tanh(&mut x);
        assert_eq!(x[..2], [1.0, -1.0]);
        assert!(x[2].is_nan());
        assert_eq!(x[3], 0.0);
    }

    #[test]
    fn f64_uses_the_standard_functions() {
        let mut x = [0.3_f64, -2.0];
        tanh(&mut x);
        assert_eq!(x, [0.3_f64.tanh(), (-2.0_f64).tanh()]);
    }
}
