//! Inputs for laws, to be reused.
//!
//! Numbers are small whole numbers or halves: they shrink to numbers that fit on paper,
//! and sums of them have no rounding error. Sizes are ragged and prime, so that a
//! swapped row and column cannot hide. Wherever a function takes a length or a side, it
//! takes what proptest's `SizeRange` takes: `3`, `1..7` or `1..=6`.

use std::ops::RangeInclusive;

use gradbook::Matrix;
use proptest::collection::{SizeRange, vec};
use proptest::sample::select;
use proptest::strategy::Strategy;

/// A multiple of one half between -8 and 8. Shrinks to 0.
pub fn halves() -> impl Strategy<Value = f64> + Clone {
    halves_between(-8.0, 8.0)
}

/// A multiple of one half between two bounds. Shrinks towards 0, or towards the bound
/// nearest to it.
pub fn halves_between(low: f64, high: f64) -> impl Strategy<Value = f64> + Clone {
    let (low, high) = ((low * 2.0).ceil() as i32, (high * 2.0).floor() as i32);
    (low..=high).prop_map(|n| f64::from(n) / 2.0)
}

/// A multiple of one half from 0.5 to `high`: never zero.
pub fn positive_halves(high: f64) -> impl Strategy<Value = f64> + Clone {
    halves_between(0.5, high)
}

/// A whole number in the range, as `f64`.
pub fn whole(range: RangeInclusive<i32>) -> impl Strategy<Value = f64> + Clone {
    range.prop_map(f64::from)
}

/// One of `steps + 1` evenly spaced numbers from `low` to `high`. Shrinks to `low`.
pub fn grid(low: f64, high: f64, steps: u32) -> impl Strategy<Value = f64> + Clone {
    let width = high - low;
    (0..=steps).prop_map(move |k| low + width * f64::from(k) / f64::from(steps.max(1)))
}

/// One of the given numbers. Shrinks towards the first.
pub fn one_of(numbers: &'static [f64]) -> impl Strategy<Value = f64> + Clone {
    select(numbers)
}

/// 0 or 1, as `f64`. Shrinks to 0.
pub fn bit() -> impl Strategy<Value = f64> + Clone {
    whole(0..=1)
}

/// 1 or -1. Shrinks to 1.
pub fn sign() -> impl Strategy<Value = f64> + Clone {
    (0..=1_i32).prop_map(|n| f64::from(1 - 2 * n))
}

/// A size that is 1 or a prime below 12. Shrinks to 1.
pub fn prime_size() -> impl Strategy<Value = usize> + Clone {
    select(&[1, 2, 3, 5, 7, 11][..])
}

/// A list of halves: `halves_vec(1..7)`.
pub fn halves_vec(length: impl Into<SizeRange>) -> impl Strategy<Value = Vec<f64>> {
    vec(halves(), length)
}

/// A list of numbers from any strategy: `list(bit(), 2..=5)`.
pub fn list<T: Strategy>(
    item: T,
    length: impl Into<SizeRange>,
) -> impl Strategy<Value = Vec<T::Value>> {
    vec(item, length)
}

/// Two lists of halves of the same length.
pub fn halves_vec_pair(
    length: impl Into<SizeRange>,
) -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    vec((halves(), halves()), length).prop_map(|pairs| pairs.into_iter().unzip())
}

/// A list of positive numbers that add up to 1.
pub fn distribution(length: impl Into<SizeRange>) -> impl Strategy<Value = Vec<f64>> {
    vec(1..=8_i32, length).prop_map(|parts| {
        let total: i32 = parts.iter().sum();
        parts.into_iter().map(|part| f64::from(part) / f64::from(total)).collect()
    })
}

/// A matrix of halves. Each side is drawn from its range:
/// `halves_matrix(1..=5, 1..=7)`, or `halves_matrix(2, 3)` for one shape.
pub fn halves_matrix(
    rows: impl Into<SizeRange>,
    columns: impl Into<SizeRange>,
) -> impl Strategy<Value = Matrix<f64>> {
    matrix(halves(), rows, columns)
}

/// A matrix with entries from any strategy: `matrix(bit(), 3, 1..=5)`.
pub fn matrix(
    entry: impl Strategy<Value = f64>,
    rows: impl Into<SizeRange>,
    columns: impl Into<SizeRange>,
) -> impl Strategy<Value = Matrix<f64>> {
    let (rows, columns) = (rows.into(), columns.into());
    let most = rows.end_incl() * columns.end_incl();
    (side(&rows), side(&columns), vec(entry, most))
        .prop_map(|(rows, columns, entries)| filled(rows, columns, &entries))
}

/// A matrix of halves whose sides are 1 or prime: 1 x 3, 5 x 2, 7 x 11...
pub fn ragged_matrix() -> impl Strategy<Value = Matrix<f64>> {
    (prime_size(), prime_size(), vec(halves(), 121))
        .prop_map(|(rows, columns, entries)| filled(rows, columns, &entries))
}

/// Two matrices of halves of the same shape.
pub fn same_shape_pair(
    rows: impl Into<SizeRange>,
    columns: impl Into<SizeRange>,
) -> impl Strategy<Value = (Matrix<f64>, Matrix<f64>)> {
    let (rows, columns) = (rows.into(), columns.into());
    let most = rows.end_incl() * columns.end_incl();
    let entries = vec((halves(), halves()), most);
    (side(&rows), side(&columns), entries).prop_map(|(rows, columns, entries)| {
        let (a, b): (Vec<f64>, Vec<f64>) = entries.into_iter().unzip();
        (filled(rows, columns, &a), filled(rows, columns, &b))
    })
}

/// Two matrices that can be multiplied: `m x k` and `k x n`, all sides within `sides`.
pub fn product_pair(
    sides: impl Into<SizeRange>,
) -> impl Strategy<Value = (Matrix<f64>, Matrix<f64>)> {
    let sides = sides.into();
    let most = sides.end_incl() * sides.end_incl();
    let shape = (side(&sides), side(&sides), side(&sides));
    (shape, vec(halves(), most), vec(halves(), most))
        .prop_map(|((m, k, n), a, b)| (filled(m, k, &a), filled(k, n, &b)))
}

/// What an affine layer needs: weights `out x in`, biases of length `out`, and a batch
/// `in x examples`, all sides within `sides`.
pub fn affine_case(
    sides: impl Into<SizeRange>,
) -> impl Strategy<Value = (Matrix<f64>, Vec<f64>, Matrix<f64>)> {
    let sides = sides.into();
    let longest = sides.end_incl();
    let most = longest * longest;
    let shape = (side(&sides), side(&sides), side(&sides));
    (shape, vec(halves(), most), vec(halves(), longest), vec(halves(), most)).prop_map(
        |((outputs, inputs, examples), weights, biases, batch)| {
            let weights = filled(outputs, inputs, &weights);
            let biases = biases[..outputs].to_vec();
            (weights, biases, filled(inputs, examples, &batch))
        },
    )
}

/// Labels below `classes`, as many as the range says.
pub fn labels(
    classes: usize,
    length: impl Into<SizeRange>,
) -> impl Strategy<Value = Vec<usize>> {
    vec(0..classes, length)
}

/// One-hot columns: `classes x examples`, a single 1 in each column.
pub fn one_hot(
    classes: impl Into<SizeRange>,
    examples: impl Into<SizeRange>,
) -> impl Strategy<Value = Matrix<f64>> {
    let (classes, examples) = (classes.into(), examples.into());
    let picks = vec(0..classes.end_incl(), examples.end_incl());
    (side(&classes), side(&examples), picks).prop_map(|(classes, examples, picks)| {
        one_hot_columns(classes, examples, &picks)
    })
}

/// Logits (halves) and their one-hot targets, both `classes x examples`.
pub fn logits_and_one_hot(
    classes: impl Into<SizeRange>,
    examples: impl Into<SizeRange>,
) -> impl Strategy<Value = (Matrix<f64>, Matrix<f64>)> {
    let (classes, examples) = (classes.into(), examples.into());
    let most = classes.end_incl() * examples.end_incl();
    let picks = vec(0..classes.end_incl(), examples.end_incl());
    (side(&classes), side(&examples), vec(halves(), most), picks).prop_map(
        |(classes, examples, logits, picks)| {
            let targets = one_hot_columns(classes, examples, &picks);
            (filled(classes, examples, &logits), targets)
        },
    )
}

/// A 1 in each column, in the row that was picked for it.
fn one_hot_columns(classes: usize, examples: usize, picks: &[usize]) -> Matrix<f64> {
    Matrix::from_fn(classes, examples, |row, column| {
        if row == picks[column] % classes { 1.0 } else { 0.0 }
    })
}

/// One side of a matrix.
fn side(range: &SizeRange) -> RangeInclusive<usize> {
    range.start()..=range.end_incl()
}

/// The first `rows * columns` entries as a matrix, row by row. All entries are drawn
/// whatever the shape, so that shape and entries shrink independently.
fn filled(rows: usize, columns: usize, entries: &[f64]) -> Matrix<f64> {
    Matrix::from_row_slice(rows, columns, &entries[..rows * columns])
}
