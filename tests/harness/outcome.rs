//! What a law finds: nothing to object to, or a [`Mismatch`].

use std::borrow::Borrow;

use gradbook::Matrix;

use super::panics::Panic;
use super::show::{Show, pair_of, rounded};

/// How far a seen number may lie from the expected one, relative to the larger of 1
/// and the largest expected number. Wide enough for sums done in another order, and a
/// thousand times narrower than any mistake worth teaching.
pub const TOLERANCE: f64 = 1e-9;

/// What one law says about one input.
pub type Outcome = Result<(), Mismatch>;

/// What was expected, what was seen, and for which input.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mismatch {
    /// The value that the law asks for. Empty when the law has no single value.
    pub expected: String,
    /// The value that the answer gave.
    pub seen: String,
    /// A sentence that says where to look. May be empty.
    pub note: String,
    /// The input, part by part, each with its name (or an empty name).
    pub input: Vec<(String, String)>,
    /// The panic, if the answer panicked instead of returning.
    pub panic: Option<String>,
}

impl Mismatch {
    /// A mismatch between two values.
    pub fn new(seen: impl Into<String>, expected: impl Into<String>) -> Mismatch {
        Mismatch { expected: expected.into(), seen: seen.into(), ..Mismatch::default() }
    }

    /// A mismatch that a sentence says best.
    pub fn sentence(note: impl Into<String>) -> Mismatch {
        Mismatch { note: note.into(), ..Mismatch::default() }
    }

    /// A panic where a value should have come. If the law's own code panicked, it was
    /// handed something that it cannot use.
    pub fn panicked(panic: Panic) -> Mismatch {
        let place = panic.place.unwrap_or_default();
        let (expected, seen) = if place.starts_with("tests/lesson") {
            ("an answer that the law can use", "an answer of another shape, it seems")
        } else {
            ("a value", "a panic")
        };
        let place = if place.is_empty() { place } else { format!("\nat {place}") };
        Mismatch {
            expected: expected.to_string(),
            seen: format!("{seen}: {}{place}", panic.message),
            panic: Some(panic.message),
            ..Mismatch::default()
        }
    }
}

/// Adds a sentence to an outcome, if it is a mismatch.
pub trait Because {
    /// Says where to look, or what the seen value means.
    fn because(self, note: impl Into<String>) -> Outcome;
}

impl Because for Outcome {
    fn because(self, note: impl Into<String>) -> Outcome {
        self.map_err(|mut mismatch| {
            let note = note.into();
            if mismatch.note.is_empty() {
                mismatch.note = note;
            } else {
                mismatch.note = format!("{note}\n{}", mismatch.note);
            }
            mismatch
        })
    }
}

/// Objects, with this sentence, unless the condition holds.
pub fn ensure(condition: bool, sentence: impl Into<String>) -> Outcome {
    if condition { Ok(()) } else { Err(Mismatch::sentence(sentence)) }
}

/// The two values are the same: for labels, counts, flags, and numbers that no
/// rounding can touch. `NaN` equals nothing.
pub fn equal<T: PartialEq + Show>(seen: T, expected: T) -> Outcome {
    if seen == expected {
        Ok(())
    } else {
        Err(Mismatch::new(seen.show(), expected.show()))
    }
}

/// The two numbers differ by no more than rounding, see [`TOLERANCE`].
pub fn near(seen: f64, expected: f64) -> Outcome {
    near_within(seen, expected, TOLERANCE)
}

/// [`near`] with a tolerance of its own, relative to the larger of 1 and `|expected|`.
pub fn near_within(seen: f64, expected: f64, tolerance: f64) -> Outcome {
    if close(seen, expected, tolerance * expected.abs().max(1.0)) {
        return Ok(());
    }
    let (seen, expected) = pair_of(|digits| {
        (rounded(seen, digits).show(), rounded(expected, digits).show())
    });
    Err(Mismatch::new(seen, expected))
}

/// The two lists have the same length and differ by no more than rounding.
pub fn near_slice(seen: impl AsRef<[f64]>, expected: impl AsRef<[f64]>) -> Outcome {
    near_slice_within(seen, expected, TOLERANCE)
}

/// [`near_slice`] with a tolerance of its own, relative to the larger of 1 and the
/// largest expected number.
pub fn near_slice_within(
    seen: impl AsRef<[f64]>,
    expected: impl AsRef<[f64]>,
    tolerance: f64,
) -> Outcome {
    let (seen, expected) = (seen.as_ref(), expected.as_ref());
    if seen.len() != expected.len() {
        return Err(Mismatch {
            note: format!(
                "The answer has {}, and {} were expected.",
                count(seen.len(), "number"),
                expected.len()
            ),
            ..Mismatch::new(seen.show(), expected.show())
        });
    }
    let Some(worst) = first_far(seen, expected, tolerance) else { return Ok(()) };
    let list = |numbers: &[f64], digits| {
        numbers.iter().map(|x| rounded(*x, digits)).collect::<Vec<f64>>().show()
    };
    let (seen_text, expected_text) =
        pair_of(|digits| (list(seen, digits), list(expected, digits)));
    let note = if seen.len() > 2 {
        format!("Number {worst}, counted from 0, is the first that differs.")
    } else {
        String::new()
    };
    Err(Mismatch { note, ..Mismatch::new(seen_text, expected_text) })
}

/// The two matrices have the same shape and differ by no more than rounding.
pub fn near_matrix(
    seen: impl Borrow<Matrix<f64>>,
    expected: impl Borrow<Matrix<f64>>,
) -> Outcome {
    near_matrix_within(seen, expected, TOLERANCE)
}

/// [`near_matrix`] with a tolerance of its own, relative to the larger of 1 and the
/// largest expected number.
pub fn near_matrix_within(
    seen: impl Borrow<Matrix<f64>>,
    expected: impl Borrow<Matrix<f64>>,
    tolerance: f64,
) -> Outcome {
    let (seen, expected) = (seen.borrow(), expected.borrow());
    if seen.shape() != expected.shape() {
        return Err(Mismatch {
            note: format!(
                "The answer is a matrix of {} x {}, and {} x {} was expected.",
                seen.nrows(),
                seen.ncols(),
                expected.nrows(),
                expected.ncols()
            ),
            ..Mismatch::new(seen.show(), expected.show())
        });
    }
    let far = first_far(seen.as_slice(), expected.as_slice(), tolerance);
    let Some(worst) = far else { return Ok(()) };
    let (seen_text, expected_text) = pair_of(|digits| {
        let round = |m: &Matrix<f64>| m.map(|x| rounded(x, digits)).show();
        (round(seen), round(expected))
    });
    let (row, column) = (worst % seen.nrows(), worst / seen.nrows());
    let note = if seen.len() > 2 {
        format!(
            "Row {row}, column {column}, counted from 0, is the first that differs."
        )
    } else {
        String::new()
    };
    Err(Mismatch { note, ..Mismatch::new(seen_text, expected_text) })
}

/// The index of the first number that is not near, by one measure for the whole list.
fn first_far(seen: &[f64], expected: &[f64], tolerance: f64) -> Option<usize> {
    let finite = expected.iter().filter(|x| x.is_finite());
    let scale = finite.fold(1.0, |largest: f64, x| largest.max(x.abs()));
    seen.iter().zip(expected).position(|(a, b)| !close(*a, *b, tolerance * scale))
}

/// `NaN` is close to nothing; an infinity only to itself.
fn close(seen: f64, expected: f64, distance: f64) -> bool {
    if seen.is_finite() && expected.is_finite() {
        (seen - expected).abs() <= distance
    } else {
        seen == expected
    }
}

/// `1 number`, `2 numbers`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
