//! Sequences: how a batch of them lies in one matrix.
//!
//! The matrix is features x (steps * batch), its columns ordered by step, then example:
//! step t of example n is column t * batch + n. So a step is a contiguous block of
//! columns, and whatever does not depend on the step before is computed for all steps
//! in one product.
//!
//! Examples may be of unequal length. A shorter one ends early: past its end the state
//! is carried unchanged, outputs are 0, and gradients are ignored. What stands in its
//! columns there (the padding) is never used.

use crate::real::{Matrix, Real, ShapeError, resize};

/// The shape of a batch of sequences: how many steps each example has.
///
/// ```
/// use gradbook::Sequences;
///
/// // three examples in two batches of columns: the second example ends after one step
/// let sequences = Sequences::of_lengths(&[2, 1, 2]);
/// assert_eq!((sequences.steps(), sequences.batch(), sequences.columns()), (2, 3, 6));
/// assert_eq!(sequences.column(1, 2), 5);
/// assert!(sequences.live(0, 1) && !sequences.live(1, 1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequences {
    steps: usize,
    lengths: Vec<usize>,
    /// The columns within the examples' lengths, in order.
    live: Vec<usize>,
}

impl Sequences {
    /// `batch` examples of `steps` steps each.
    pub fn equal(steps: usize, batch: usize) -> Self {
        let live = (0..steps * batch).collect();
        Self { steps, lengths: vec![steps; batch], live }
    }

    /// Becomes the same as [`Self::equal`], in the memory it has.
    pub(crate) fn set_equal(&mut self, steps: usize, batch: usize) {
        if (self.steps, self.batch()) == (steps, batch) && self.all_live() {
            return;
        }
        self.steps = steps;
        self.lengths.clear();
        self.lengths.resize(batch, steps);
        self.live.clear();
        self.live.extend(0..steps * batch);
    }

    /// Becomes the same as another, in the memory it has.
    pub(crate) fn set(&mut self, other: &Self) {
        if self != other {
            self.steps = other.steps;
            self.lengths.clone_from(&other.lengths);
            self.live.clone_from(&other.live);
        }
    }

    /// Examples of these lengths. There are as many steps as the longest has. A length
    /// may be 0: such an example keeps the state it came with.
    pub fn of_lengths(lengths: &[usize]) -> Self {
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let batch = lengths.len();
        let live = (0..steps * batch).filter(|c| c / batch < lengths[c % batch]);
        Self { steps, lengths: lengths.to_vec(), live: live.collect() }
    }

    /// The number of steps of the longest example.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The number of examples.
    pub fn batch(&self) -> usize {
        self.lengths.len()
    }

    /// The number of steps of each example.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Columns of the matrix: steps * batch, those past an example's end included.
    pub fn columns(&self) -> usize {
        self.steps * self.batch()
    }

    // ANCHOR: column
    /// The column of step `t` of example `n`, both counted from 0.
    pub fn column(&self, t: usize, n: usize) -> usize {
        t * self.batch() + n
    }

    /// Whether example `n` still goes on at step `t`.
    pub fn live(&self, t: usize, n: usize) -> bool {
        t < self.lengths[n]
    }
    // ANCHOR_END: column

    /// The columns where an example goes on, in order: by step, then example.
    pub fn live_columns(&self) -> &[usize] {
        &self.live
    }

    /// Whether all examples are as long as the longest, so that every column is live.
    pub fn all_live(&self) -> bool {
        self.live.len() == self.columns()
    }

    /// The column of each example's last step; none for an example without steps.
    pub fn last_columns(&self) -> impl Iterator<Item = Option<usize>> + '_ {
        let last = |(n, &length): (usize, &usize)| Some(self.column(length - 1, n));
        let steps = self.lengths.iter().enumerate();
        steps
            .map(move |(n, length)| if *length == 0 { None } else { last((n, length)) })
    }

    /// Lays examples, each features x its own length, out in one matrix. Past an
    /// example's end stand zeros.
    ///
    /// # Errors
    ///
    /// When the examples differ in their number of features.
    pub fn pack<T: Real>(
        examples: &[Matrix<T>],
    ) -> Result<(Self, Matrix<T>), ShapeError> {
        let lengths: Vec<usize> = examples.iter().map(|x| x.ncols()).collect();
        let rows = examples.first().map_or(0, |x| x.nrows());
        let sequences = Self::of_lengths(&lengths);
        let mut packed = Matrix::zeros(rows, sequences.columns());
        for (n, example) in examples.iter().enumerate() {
            if example.nrows() != rows {
                let what = format!("Sequences: rows of example {n}");
                return Err(ShapeError::new(what, example.nrows(), rows));
            }
            for (t, column) in example.column_iter().enumerate() {
                packed.set_column(sequences.column(t, n), &column);
            }
        }
        Ok((sequences, packed))
    }

    /// Lays lists of tokens out in one list, for [`crate::Input::Tokens`]. Past an
    /// example's end stands token 0, which is not used.
    pub fn pack_tokens(examples: &[Vec<usize>]) -> (Self, Vec<usize>) {
        let lengths: Vec<usize> = examples.iter().map(Vec::len).collect();
        let sequences = Self::of_lengths(&lengths);
        let mut packed = vec![0; sequences.columns()];
        for (n, example) in examples.iter().enumerate() {
            for (t, &token) in example.iter().enumerate() {
                packed[sequences.column(t, n)] = token;
            }
        }
        (sequences, packed)
    }

    /// Copies the live columns of `padded`, in order, into `live`.
    ///
    /// # Panics
    ///
    /// When `padded` has fewer columns than these sequences.
    pub fn gather_live<T: Real>(&self, padded: &Matrix<T>, live: &mut Matrix<T>) {
        let rows = padded.nrows();
        resize(live, rows, self.live.len());
        let columns = live.as_mut_slice().chunks_exact_mut(rows.max(1));
        for (to, &column) in columns.zip(&self.live) {
            to.copy_from_slice(&padded.as_slice()[column * rows..(column + 1) * rows]);
        }
    }

    /// The reverse of [`Self::gather_live`]: writes the columns of `live` where they
    /// belong, and zeros past the examples' ends.
    ///
    /// # Panics
    ///
    /// When `live` has fewer columns than these sequences have live ones.
    pub fn scatter_live<T: Real>(&self, live: &Matrix<T>, padded: &mut Matrix<T>) {
        let rows = live.nrows();
        resize(padded, rows, self.columns());
        padded.as_mut_slice().fill(T::zero());
        let columns = live.as_slice().chunks_exact(rows.max(1));
        for (from, &column) in columns.zip(&self.live) {
            padded.as_mut_slice()[column * rows..(column + 1) * rows]
                .copy_from_slice(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_ordered_by_step_then_example() {
        let sequences = Sequences::equal(3, 5);
        let places: Vec<usize> = (0..3)
            .flat_map(|t| (0..5).map(move |n| (t, n)))
            .map(|(t, n)| sequences.column(t, n))
            .collect();
        assert_eq!(places, (0..15).collect::<Vec<_>>());
        assert!(sequences.all_live());
        assert_eq!(sequences.live_columns(), places);
    }

    #[test]
    fn a_shorter_example_ends_early() {
        let sequences = Sequences::of_lengths(&[2, 0, 3]);
        assert_eq!((sequences.steps(), sequences.batch()), (3, 3));
        assert_eq!(sequences.live_columns(), [0, 2, 3, 5, 8]);
        assert!(!sequences.all_live());
        let last: Vec<_> = sequences.last_columns().collect();
        assert_eq!(last, [Some(3), None, Some(8)]);
        assert_eq!(Sequences::of_lengths(&[3, 3]), Sequences::equal(3, 2));
        let mut other = sequences.clone();
        other.set_equal(3, 3);
        assert_eq!(other, Sequences::equal(3, 3));
        other.set(&sequences);
        assert_eq!(other, sequences);
        assert_eq!(Sequences::of_lengths(&[]).columns(), 0);
    }

    #[test]
    fn examples_are_laid_out_and_found_again() {
        let examples = [
            Matrix::from_element(2, 1, 1.0),
            Matrix::from_fn(2, 3, |i, t| (10 * t + i) as f64),
        ];
        let (sequences, packed) = Sequences::pack(&examples).unwrap();
        assert_eq!(sequences.lengths(), [1, 3]);
        assert_eq!(packed.column(sequences.column(0, 0)).as_slice(), [1.0, 1.0]);
        assert_eq!(packed.column(sequences.column(2, 1)).as_slice(), [20.0, 21.0]);
        assert_eq!(packed.column(sequences.column(1, 0)).as_slice(), [0.0, 0.0]);
        let (mut live, mut again) = (Matrix::zeros(0, 0), Matrix::zeros(0, 0));
        sequences.gather_live(&packed, &mut live);
        assert_eq!(
            live.row(0).iter().copied().collect::<Vec<_>>(),
            [1.0, 0.0, 10.0, 20.0]
        );
        sequences.scatter_live(&live, &mut again);
        assert_eq!(again, packed);
        let (same, tokens) = Sequences::pack_tokens(&[vec![7], vec![1, 2, 3]]);
        assert_eq!((same, tokens), (sequences, vec![7, 1, 0, 2, 0, 3]));
        let uneven = [Matrix::<f64>::zeros(2, 1), Matrix::zeros(3, 1)];
        let error = Sequences::pack(&uneven).unwrap_err().to_string();
        assert_eq!(error, "Sequences: rows of example 1 is 3, expected 2");
    }
}
