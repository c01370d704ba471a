//! All numbers of a network in a row, to be put back later. An `f32` becomes an `f64`
//! and comes back exactly.

use crate::network::Parameters;
use crate::real::{Matrix, Real, real};

/// Copies parameters and buffers into `numbers`, in place of what was there.
pub(super) fn read<T: Real>(model: &mut dyn Parameters<T>, numbers: &mut Vec<f64>) {
    numbers.clear();
    let mut keep = |part: &Matrix<T>| numbers.extend(part.iter().map(|x| x.to_f64()));
    model.parameters(&mut |_, parameter| keep(&parameter.value));
    model.buffers(&mut |_, buffer| keep(buffer));
}

/// Puts back what [`read`] copied.
pub(super) fn write<T: Real>(model: &mut dyn Parameters<T>, numbers: &[f64]) {
    let mut numbers = numbers.iter();
    let mut put = |part: &mut Matrix<T>| {
        let pairs = part.as_mut_slice().iter_mut().zip(numbers.by_ref());
        pairs.for_each(|(x, &number)| *x = real(number));
    };
    model.parameters(&mut |_, parameter| put(&mut parameter.value));
    model.buffers(&mut |_, buffer| put(buffer));
}
