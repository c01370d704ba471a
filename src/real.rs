//! The one data type of the book: a matrix of real numbers.
//!
//! A batch is a matrix whose *columns are examples* and whose rows are features.
//! nalgebra stores columns contiguously, so one example is one contiguous slice.

use rand::SeedableRng;

/// A matrix whose columns are examples. Trained in `f32`, checked in `f64`.
pub type Matrix<T = f32> = nalgebra::DMatrix<T>;

/// A column of numbers.
pub type Vector<T = f32> = nalgebra::DVector<T>;

/// The random generator of the book: ChaCha with 8 rounds, the same on every machine.
pub type Rng = rand_chacha::ChaCha8Rng;

/// A generator that gives the same numbers for the same seed, on every machine.
pub fn rng(seed: u64) -> Rng {
    Rng::seed_from_u64(seed)
}

/// The number types that the book computes with: `f32` and `f64`.
///
/// Its methods are marked `inline`: without that a loop in another crate calls them for
/// every number, and is not vectorized.
pub trait Real: nalgebra::RealField + Copy + Default + std::iter::Sum {
    /// Rounds a constant to this type.
    fn of(x: f64) -> Self;

    /// Widens to `f64`, without loss.
    fn to_f64(self) -> f64;
}

impl Real for f32 {
    #[inline]
    fn of(x: f64) -> Self {
        x as f32
    }

    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    #[inline]
    fn of(x: f64) -> Self {
        x
    }

    #[inline]
    fn to_f64(self) -> f64 {
        self
    }
}

/// Writes a constant in generic code: `real(0.5)`.
#[inline]
pub fn real<T: Real>(x: f64) -> T {
    T::of(x)
}

/// Two shapes that do not fit, with the argument that brought the wrong one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is {found}, expected {expected}")]
pub struct ShapeError {
    /// The argument, in words: `Dense: input rows`.
    pub what: String,
    /// What the caller gave.
    pub found: String,
    /// What would have fitted.
    pub expected: String,
}

impl ShapeError {
    /// Builds the error from the argument's name and the two shapes.
    pub fn new(
        what: impl Into<String>,
        found: impl ToString,
        expected: impl ToString,
    ) -> Self {
        Self {
            what: what.into(),
            found: found.to_string(),
            expected: expected.to_string(),
        }
    }
}

/// Gives a matrix another shape and keeps its memory, so that a buffer used at every
/// step is allocated once. The numbers in it are unspecified afterwards.
pub fn resize<T: Real>(matrix: &mut Matrix<T>, rows: usize, columns: usize) {
    if matrix.shape() == (rows, columns) {
        return;
    }
    let taken = std::mem::replace(matrix, Matrix::zeros(0, 0));
    let mut numbers: Vec<T> = taken.data.into();
    numbers.resize(rows * columns, T::zero());
    *matrix = Matrix::from_data(nalgebra::VecStorage::new(
        nalgebra::Dyn(rows),
        nalgebra::Dyn(columns),
        numbers,
    ));
}

/// The error when two matrices that must have one shape do not.
pub fn same_shape<T: Real>(
    what: &str,
    found: &Matrix<T>,
    expected: &Matrix<T>,
) -> Result<(), ShapeError> {
    if found.shape() == expected.shape() {
        return Ok(());
    }
    Err(ShapeError::new(what, shape_of(found), shape_of(expected)))
}

/// A matrix's shape in words: `64 x 32`.
pub fn shape_of<T>(matrix: &Matrix<T>) -> String {
    format!("{} x {}", matrix.nrows(), matrix.ncols())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resizing_within_the_first_size_keeps_the_memory() {
        let mut buffer = Matrix::<f32>::zeros(7, 5);
        let address = buffer.as_ptr();
        for (rows, columns) in [(7, 3), (2, 11), (7, 5)] {
            resize(&mut buffer, rows, columns);
            assert_eq!(buffer.shape(), (rows, columns));
            assert_eq!(buffer.as_ptr(), address);
        }
    }

    #[test]
    fn a_shape_error_names_the_argument_and_both_shapes() {
        let (a, b) = (Matrix::<f64>::zeros(3, 2), Matrix::<f64>::zeros(4, 2));
        let error = same_shape("Mse: prediction", &a, &b).unwrap_err();
        assert_eq!(error.to_string(), "Mse: prediction is 3 x 2, expected 4 x 2");
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        use rand::RngExt;
        let draw = |seed| rng(seed).random::<u64>();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
