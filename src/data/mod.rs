//! Data: where examples come from, and how they are cut into parts.
//!
//! A [`Dataset`] holds examples as columns, ready for a network. It comes from a file
//! ([`csv`], [`idx`]), from a formula ([`synthetic`], [`shapes`](fn@shapes),
//! [`adding`](fn@adding)) or with the book ([`iris`], [`digits`]).
//!
//! What has an order is kept in it: a [`text`](mod@text) is a stream of characters,
//! from a file or with the book ([`prose`], [`names`]), a [`Series`] a quantity as time
//! goes by ([`sunspots`]), and [`sentiment`](mod@sentiment) makes sentences of words.
//!
//! Everything that divides examples ([`split`], [`folds`], [`batches`]) deals in
//! *indices*, so that the numbers themselves are copied once, at the end, by
//! [`Dataset::select`] or [`Dataset::gather`].
//!
//! To judge a model, hold out a part ([`split::shuffled`], [`split::stratified`]), or
//! let every example be held out once ([`folds::k_fold`], [`folds::stratified`]), or
//! once in each of several rounds ([`folds::iterated_k_fold`],
//! [`folds::iterated_stratified`]). [`augment`] changes images a little, so that
//! training never sees the same one twice.

mod adding;
pub mod augment;
pub mod batches;
mod canvas;
pub mod csv;
mod file;
pub mod folds;
pub mod idx;
pub mod scaling;
pub mod sentiment;
mod series;
mod shapes;
mod shipped;
pub mod split;
pub mod synthetic;
pub mod text;

pub use adding::{ADDING_VARIANCE, adding};
pub use augment::Augmentation;
pub use batches::{BatchState, Batches};
pub use canvas::on_canvas;
pub use file::LIMIT;
pub use idx::mnist_folder;
pub use scaling::{Normalizer, Standardizer};
pub use sentiment::{Sentences, sentiment};
pub use series::{Autoregression, Parts, Series};
pub use shapes::shapes;
pub use shipped::{digits, iris, names, prose, sunspots};
pub use split::Split;

use crate::real::resize;
use crate::{Matrix, Real, ShapeError};

/// What is wrong with the parts of a data set, or with the question asked of it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DataError {
    /// Two parts do not fit together.
    #[error(transparent)]
    Shape(#[from] ShapeError),

    /// A label that no class has.
    #[error(
        "example {example} has label {label}, but there are {classes} classes, \
         counted from 0"
    )]
    Label {
        /// Position of the example, counted from 0.
        example: usize,
        /// Its label.
        label: usize,
        /// How many classes there are.
        classes: usize,
    },

    /// A share of the examples that cannot be a share.
    #[error("the share to hold out is {0}, it must lie between 0 and 1")]
    Share(f64),

    /// Too few examples to divide as asked.
    #[error("too few examples for {parts} parts: {examples}")]
    TooFew {
        /// How many there are.
        examples: usize,
        /// Into how many parts they should fall.
        parts: usize,
    },

    /// One fold leaves nothing to train on.
    #[error("too few folds: {0}; at least 2 are needed, one of them to test on")]
    Folds(usize),

    /// No round of cross-validation at all.
    #[error("cross-validation is to be repeated 0 times, it must be at least once")]
    Rounds,

    /// Sequences too short for the adding problem, or too many of them.
    #[error(
        "{count} sequences of {steps} steps: the adding problem needs at least 2, one \
         in each half, and at most 67108864 in all sequences together"
    )]
    Steps {
        /// How many steps were asked for.
        steps: usize,
        /// How many sequences.
        count: usize,
    },

    /// Numbers that no weights can be fitted to.
    #[error("no weights can be found: the values are not finite, or far too large")]
    Unsolvable,

    /// Features that are not the pixels of a square image.
    #[error("{0} features are no square image")]
    NotSquare(usize),

    /// A canvas too small for what should move on it.
    #[error(
        "images of {small} x {small} do not fit on a canvas of {side} x {side} when \
         they move by {shift} from the middle"
    )]
    Canvas {
        /// The side of the canvas.
        side: usize,
        /// The side of the images.
        small: usize,
        /// By how much they should move.
        shift: usize,
    },

    /// A batch of no examples.
    #[error("the batch size is 0, it must be at least 1")]
    BatchSize,

    /// A saved position that lies outside the data.
    #[error("position {position} lies beyond the {examples} examples")]
    Position {
        /// The position that was saved.
        position: usize,
        /// How many examples there are.
        examples: usize,
    },

    /// A number that no scale can be made of.
    #[error("row {row}, column {column} is {value}: scaling needs finite numbers")]
    NotFinite {
        /// The feature, counted from 0.
        row: usize,
        /// The example, counted from 0.
        column: usize,
        /// The number found there.
        value: f64,
    },
}

/// Examples with what should be predicted for them.
///
/// For classes, `labels` and `class_names` say which; `targets` is their one-hot form.
/// For values (regression), both lists are empty and `targets` holds the values.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset<T: Real = f32> {
    /// features x examples: one column is one example.
    pub inputs: Matrix<T>,
    /// classes x examples (one-hot) or values x examples.
    pub targets: Matrix<T>,
    /// The class of each example, counted from 0. Empty for values.
    pub labels: Vec<usize>,
    /// What the classes are called. Empty for values.
    pub class_names: Vec<String>,
}

impl<T: Real> Dataset<T> {
    /// Examples that belong to classes: the targets are the one-hot labels.
    pub fn with_classes(
        inputs: Matrix<T>,
        labels: Vec<usize>,
        class_names: Vec<String>,
    ) -> Result<Self, DataError> {
        same_count("labels", labels.len(), inputs.ncols())?;
        let targets = one_hot(&labels, class_names.len())?;
        Ok(Self { inputs, targets, labels, class_names })
    }

    /// Examples with values to predict: one column of `targets` for each example.
    pub fn with_values(
        inputs: Matrix<T>,
        targets: Matrix<T>,
    ) -> Result<Self, DataError> {
        same_count("targets", targets.ncols(), inputs.ncols())?;
        Ok(Self { inputs, targets, labels: Vec::new(), class_names: Vec::new() })
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.inputs.ncols()
    }

    /// Whether there is no example at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many numbers describe one example.
    pub fn features(&self) -> usize {
        self.inputs.nrows()
    }

    /// How many classes there are; 0 where values are predicted.
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }

    /// How many examples each class has.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes()];
        for &label in &self.labels {
            counts[label] += 1;
        }
        counts
    }

    /// Checks that the parts fit together. The constructors do this; call it after
    /// changing a field by hand.
    pub fn check(&self) -> Result<(), DataError> {
        same_count("targets", self.targets.ncols(), self.len())?;
        if self.labels.is_empty() && self.class_names.is_empty() {
            return Ok(());
        }
        same_count("labels", self.labels.len(), self.len())?;
        let classes = self.classes();
        if let Some(example) = self.labels.iter().position(|&label| label >= classes) {
            let label = self.labels[example];
            return Err(DataError::Label { example, label, classes });
        }
        if self.targets.nrows() != classes {
            let rows = format!("{} rows", self.targets.nrows());
            let expected = format!("{classes}, one for each class");
            return Err(ShapeError::new("Dataset: targets", rows, expected).into());
        }
        Ok(())
    }

    // ANCHOR: select
    /// A copy of some examples, in the order of `indices`; one may be taken twice.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn select(&self, indices: &[usize]) -> Self {
        let (mut inputs, mut targets) = (Matrix::zeros(0, 0), Matrix::zeros(0, 0));
        self.gather(indices, &mut inputs, &mut targets);
        let labels = match self.labels.is_empty() {
            true => Vec::new(),
            false => indices.iter().map(|&i| self.labels[i]).collect(),
        };
        Self { inputs, targets, labels, class_names: self.class_names.clone() }
    }
    // ANCHOR_END: select

    // ANCHOR: gather
    /// Copies a batch into two buffers that are used again and again. They take the
    /// batch's shape; only a batch larger than all before it allocates.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn gather(&self, indices: &[usize], x: &mut Matrix<T>, y: &mut Matrix<T>) {
        gather_columns(&self.inputs, indices, x);
        gather_columns(&self.targets, indices, y);
    }
    // ANCHOR_END: gather
}

/// Copies chosen columns of a matrix. A column is contiguous, so it is one `memcpy`.
fn gather_columns<T: Real>(from: &Matrix<T>, indices: &[usize], to: &mut Matrix<T>) {
    let rows = from.nrows();
    resize(to, rows, indices.len());
    let (from, to) = (from.as_slice(), to.as_mut_slice());
    for (place, &index) in indices.iter().enumerate() {
        let source = &from[index * rows..(index + 1) * rows];
        to[place * rows..(place + 1) * rows].copy_from_slice(source);
    }
}

// ANCHOR: one_hot
/// Labels as columns of zeros with a single one: class 2 of 3 is `[0, 0, 1]`.
pub fn one_hot<T: Real>(
    labels: &[usize],
    classes: usize,
) -> Result<Matrix<T>, DataError> {
    let mut columns = Matrix::zeros(classes, labels.len());
    for (example, &label) in labels.iter().enumerate() {
        if label >= classes {
            return Err(DataError::Label { example, label, classes });
        }
        columns[(label, example)] = T::one();
    }
    Ok(columns)
}
// ANCHOR_END: one_hot

fn same_count(what: &str, found: usize, expected: usize) -> Result<(), ShapeError> {
    match found == expected {
        true => Ok(()),
        false => Err(ShapeError::new(
            format!("Dataset: {what}"),
            format!("{found} long"),
            format!("{expected}, one for each column of inputs"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five examples of two features in three classes; example i holds i and 10 i.
    fn small() -> Dataset<f64> {
        let inputs =
            Matrix::from_fn(2, 5, |row, column| [1.0, 10.0][row] * column as f64);
        let names = ["a", "b", "c"].map(String::from).to_vec();
        Dataset::with_classes(inputs, vec![0, 2, 1, 1, 0], names).unwrap()
    }

    #[test]
    fn one_hot_puts_one_in_the_row_of_the_class() {
        let columns = one_hot::<f32>(&[2, 0], 3).unwrap();
        assert_eq!(columns.as_slice(), &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_label_without_a_class_is_named() {
        let error = one_hot::<f32>(&[0, 3], 3).unwrap_err();
        assert_eq!(
            error.to_string(),
            "example 1 has label 3, but there are 3 classes, counted from 0"
        );
    }

    #[test]
    fn selecting_keeps_every_part_in_step() {
        let chosen = small().select(&[4, 1, 1]);
        assert_eq!(chosen.inputs.as_slice(), &[4.0, 40.0, 1.0, 10.0, 1.0, 10.0]);
        assert_eq!(chosen.labels, [0, 2, 2]);
        assert_eq!(chosen.targets, one_hot(&[0, 2, 2], 3).unwrap());
        assert_eq!(chosen.class_names, small().class_names);
        chosen.check().unwrap();
    }

    #[test]
    fn gathering_a_smaller_batch_keeps_the_memory() {
        let data = small();
        let (mut x, mut y) = (Matrix::zeros(2, 5), Matrix::zeros(3, 5));
        let addresses = (x.as_ptr(), y.as_ptr());
        for indices in [vec![0, 1, 2], vec![4], vec![3, 3, 3, 2, 1]] {
            data.gather(&indices, &mut x, &mut y);
            assert_eq!(
                (x.shape(), y.shape()),
                ((2, indices.len()), (3, indices.len()))
            );
            assert_eq!(x[(1, 0)], 10.0 * indices[0] as f64);
            assert_eq!((x.as_ptr(), y.as_ptr()), addresses);
        }
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let data = small();
        let short =
            Dataset::with_classes(data.inputs.clone(), vec![0], vec!["a".into()]);
        let message =
            "Dataset: labels is 1 long, expected 5, one for each column of inputs";
        assert_eq!(short.unwrap_err().to_string(), message);
        let values = Dataset::with_values(data.inputs.clone(), Matrix::zeros(1, 4));
        assert!(values.is_err());
        for spoil in [
            (|d| d.labels[1] = 3) as fn(&mut Dataset<f64>),
            |d| d.labels.truncate(4),
            |d| d.targets = Matrix::zeros(3, 4),
            |d| d.targets = Matrix::zeros(2, 5),
        ] {
            let mut spoiled = data.clone();
            assert_eq!(spoiled.check(), Ok(()));
            spoil(&mut spoiled);
            assert!(spoiled.check().is_err());
        }
    }

    #[test]
    fn class_counts_add_up() {
        assert_eq!(small().class_counts(), [2, 2, 1]);
    }
}
