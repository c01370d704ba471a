//! Features on a common scale.
//!
//! A scale is *fitted* on the training part alone and then applied to every part: a
//! scale that has seen the test examples has already peeked at the exam. The fitting is
//! done in `f64` whatever the data's type, because sums of many numbers round.

use super::DataError;
use crate::{Matrix, Real, ShapeError, Vector};

// ANCHOR: standardizer
/// Moves every feature to mean 0 and scales it to standard deviation 1:
/// `(x - mean) / deviation`.
///
/// A feature that never varies has deviation 0; its scale stays 1, so it becomes 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardizer<T: Real = f32> {
    /// The mean of each feature.
    pub mean: Vector<T>,
    /// The standard deviation of each feature (divisor n); 1 where it is constant.
    pub deviation: Vector<T>,
}
// ANCHOR_END: standardizer

impl<T: Real> Standardizer<T> {
    // ANCHOR: fit_standard
    /// Measures every feature (row) of the training inputs.
    pub fn fit(inputs: &Matrix<T>) -> Result<Self, DataError> {
        let (mean, deviation) = measure(inputs, |row| {
            let count = row.len() as f64;
            let mean = row.iter().map(|x| x / count).sum::<f64>();
            let variance = row.iter().map(|x| (x - mean).powi(2) / count).sum::<f64>();
            (mean, variance.sqrt())
        })?;
        Ok(Self { mean, deviation })
    }
    // ANCHOR_END: fit_standard

    /// The inputs on the common scale.
    pub fn transform(&self, inputs: &Matrix<T>) -> Result<Matrix<T>, ShapeError> {
        scale("Standardizer", inputs, &self.mean, &self.deviation)
    }

    /// Back from the common scale to the units of the data.
    pub fn inverse(&self, scaled: &Matrix<T>) -> Result<Matrix<T>, ShapeError> {
        unscale("Standardizer", scaled, &self.mean, &self.deviation)
    }
}

// ANCHOR: normalizer
/// Maps every feature to the range from 0 to 1: `(x - min) / range`.
///
/// A feature that never varies has range 0; its scale stays 1, so it becomes 0. New
/// examples may lie outside the range that was fitted, and are then mapped outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalizer<T: Real = f32> {
    /// The smallest value of each feature.
    pub min: Vector<T>,
    /// The largest value less the smallest; 1 where the feature is constant.
    pub range: Vector<T>,
}
// ANCHOR_END: normalizer

impl<T: Real> Normalizer<T> {
    /// Measures every feature (row) of the training inputs.
    pub fn fit(inputs: &Matrix<T>) -> Result<Self, DataError> {
        let (min, range) = measure(inputs, |row| {
            let min = row.iter().copied().fold(f64::INFINITY, f64::min);
            let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (min, max - min)
        })?;
        Ok(Self { min, range })
    }

    /// The inputs on the common scale.
    pub fn transform(&self, inputs: &Matrix<T>) -> Result<Matrix<T>, ShapeError> {
        scale("Normalizer", inputs, &self.min, &self.range)
    }

    /// Back from the common scale to the units of the data.
    pub fn inverse(&self, scaled: &Matrix<T>) -> Result<Matrix<T>, ShapeError> {
        unscale("Normalizer", scaled, &self.min, &self.range)
    }
}

/// Measures (shift, scale) of each row. Where all numbers are the same the scale is 1:
/// the mean of many equal numbers is rounded, so this cannot be left to `of_row`.
fn measure<T: Real>(
    inputs: &Matrix<T>,
    of_row: impl Fn(&[f64]) -> (f64, f64),
) -> Result<(Vector<T>, Vector<T>), DataError> {
    if inputs.ncols() == 0 {
        return Err(DataError::TooFew { examples: 0, parts: 1 });
    }
    let mut shifts = Vector::zeros(inputs.nrows());
    let mut scales = Vector::zeros(inputs.nrows());
    let mut numbers = Vec::with_capacity(inputs.ncols());
    for row in 0..inputs.nrows() {
        numbers.clear();
        for column in 0..inputs.ncols() {
            let value = inputs[(row, column)].to_f64();
            if !value.is_finite() {
                return Err(DataError::NotFinite { row, column, value });
            }
            numbers.push(value);
        }
        let constant = numbers.iter().all(|&x| x == numbers[0]);
        let (shift, scale) =
            if constant { (numbers[0], 1.0) } else { of_row(&numbers) };
        (shifts[row], scales[row]) = (T::of(shift), T::of(scale));
    }
    Ok((shifts, scales))
}

fn scale<T: Real>(
    who: &str,
    inputs: &Matrix<T>,
    shifts: &Vector<T>,
    scales: &Vector<T>,
) -> Result<Matrix<T>, ShapeError> {
    same_rows(who, inputs, shifts)?;
    let of = |row: usize, x: T| (x - shifts[row]) / scales[row];
    Ok(Matrix::from_fn(inputs.nrows(), inputs.ncols(), |r, c| of(r, inputs[(r, c)])))
}

fn unscale<T: Real>(
    who: &str,
    scaled: &Matrix<T>,
    shifts: &Vector<T>,
    scales: &Vector<T>,
) -> Result<Matrix<T>, ShapeError> {
    same_rows(who, scaled, shifts)?;
    let of = |row: usize, x: T| x * scales[row] + shifts[row];
    Ok(Matrix::from_fn(scaled.nrows(), scaled.ncols(), |r, c| of(r, scaled[(r, c)])))
}

fn same_rows<T: Real>(
    who: &str,
    found: &Matrix<T>,
    fitted: &Vector<T>,
) -> Result<(), ShapeError> {
    match found.nrows() == fitted.len() {
        true => Ok(()),
        false => Err(ShapeError::new(
            format!("{who}: input"),
            format!("{} rows", found.nrows()),
            format!("{}, as when it was fitted", fitted.len()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(rows: usize, columns: usize, halves: &[i32]) -> Matrix<f64> {
        Matrix::from_fn(rows, columns, |r, c| {
            f64::from(halves[(r * columns + c) % halves.len()]) * 0.5
        })
    }

    proptest! {
        #[test]
        fn standardized_features_have_mean_0_and_deviation_1(
            halves in prop::collection::vec(-40..40i32, 13), columns in 1..13usize,
        ) {
            let inputs = grid(3, columns, &halves);
            let fitted = Standardizer::fit(&inputs).unwrap();
            let scaled = fitted.transform(&inputs).unwrap();
            for (before, after) in inputs.row_iter().zip(scaled.row_iter()) {
                let constant = before.iter().all(|&x| x == before[0]);
                let variance = if constant { 0.0 } else { 1.0 };
                prop_assert!(after.mean().abs() < 1e-12);
                prop_assert!((after.variance() - variance).abs() < 1e-12);
            }
        }

        #[test]
        fn normalized_features_span_0_to_1(
            halves in prop::collection::vec(-40..40i32, 13), columns in 1..13usize,
        ) {
            let inputs = grid(3, columns, &halves);
            let scaled = Normalizer::fit(&inputs).unwrap().transform(&inputs).unwrap();
            for (before, after) in inputs.row_iter().zip(scaled.row_iter()) {
                let constant = before.iter().all(|&x| x == before[0]);
                prop_assert_eq!(after.min(), 0.0);
                prop_assert_eq!(after.max(), if constant { 0.0 } else { 1.0 });
            }
        }

        #[test]
        fn inverse_undoes_transform(
            halves in prop::collection::vec(-40..40i32, 13), columns in 1..13usize,
        ) {
            let inputs = grid(3, columns, &halves);
            let other = grid(3, 5, &[1, -7, 22]);
            let standardizer = Standardizer::fit(&inputs).unwrap();
            let normalizer = Normalizer::fit(&inputs).unwrap();
            for back in [
                standardizer.inverse(&standardizer.transform(&other).unwrap()).unwrap(),
                normalizer.inverse(&normalizer.transform(&other).unwrap()).unwrap(),
            ] {
                prop_assert!((back - &other).amax() < 1e-9);
            }
        }
    }

    #[test]
    fn the_scale_of_the_training_part_is_used() {
        let train = Matrix::from_row_slice(1, 2, &[0.0, 10.0]);
        let test = Matrix::from_row_slice(1, 2, &[5.0, 20.0]);
        let scaled = Normalizer::fit(&train).unwrap().transform(&test).unwrap();
        assert_eq!(scaled.as_slice(), &[0.5, 2.0]);
        let scaled = Standardizer::fit(&train).unwrap().transform(&test).unwrap();
        assert_eq!(scaled.as_slice(), &[0.0, 3.0]);
    }

    #[test]
    fn a_constant_that_binary_cannot_hold_is_still_constant() {
        let inputs = Matrix::from_element(1, 1797, 0.1f32);
        let standardizer = Standardizer::fit(&inputs).unwrap();
        assert_eq!((standardizer.mean[0], standardizer.deviation[0]), (0.1, 1.0));
        assert_eq!(standardizer.transform(&inputs).unwrap().amax(), 0.0);
    }

    #[test]
    fn bad_input_is_named() {
        let mut inputs = Matrix::from_element(2, 3, 1.0f32);
        let fitted = Standardizer::fit(&inputs).unwrap();
        let error = fitted.transform(&Matrix::zeros(3, 1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Standardizer: input is 3 rows, expected 2, as when it was fitted"
        );
        assert!(fitted.inverse(&Matrix::zeros(1, 1)).is_err());
        inputs[(1, 2)] = f32::NAN;
        let error = Normalizer::fit(&inputs).unwrap_err();
        assert_eq!(
            error.to_string(),
            "row 1, column 2 is NaN: scaling needs finite numbers"
        );
        assert!(Standardizer::fit(&inputs).is_err());
        assert!(Standardizer::fit(&Matrix::<f64>::zeros(4, 0)).is_err());
    }
}
