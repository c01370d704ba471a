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
pub trait Real: nalgebra::RealField + Copy + Default + std::iter::Sum {
    /// Rounds a constant to this type.
    fn of(x: f64) -> Self;

    /// Widens to `f64`, without loss.
    fn to_f64(self) -> f64;
}

impl Real for f32 {
    fn of(x: f64) -> Self {
        x as f32
    }

    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    fn of(x: f64) -> Self {
        x
    }

    fn to_f64(self) -> f64 {
        self
    }
}

/// Writes a constant in generic code: `real(0.5)`.
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
