//! The V: the error of a difference against its step.

use crate::real::{Real, real};

/// How a slope is read off a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// (f(x + h) - f(x)) / h, whose error falls with h.
    Forward,
    /// (f(x + h) - f(x - h)) / 2h, whose error falls with the square of h.
    Central,
}

// ANCHOR: step_curve
/// The relative error of a difference at each step, computed in `T`: pairs of step and
/// error. `exact` is the true slope, not zero.
///
/// At large steps the function bends; at small ones rounding is divided by almost
/// nothing. Between them lies the bottom of the V.
pub fn step_curve<T: Real>(
    difference: Difference,
    f: impl Fn(T) -> T,
    x: T,
    exact: f64,
    steps: &[f64],
) -> Vec<(f64, f64)> {
    let slope = |step: f64| {
        let (up, down) = (x + real(step), x - real(step));
        let two_steps = real::<T>(2.0 * step);
        match difference {
            Difference::Forward => (f(up) - f(x)) / real(step),
            Difference::Central => (f(up) - f(down)) / two_steps,
        }
    };
    let error = |step: f64| (slope(step).to_f64() - exact).abs() / exact.abs();
    steps.iter().map(|&step| (step, error(step))).collect()
}
// ANCHOR_END: step_curve
