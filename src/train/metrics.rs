//! Metrics: how good are the answers, and which mistakes are made?

use crate::real::{Matrix, Real, ShapeError, same_shape};

// ANCHOR: answer
/// The class that a column of outputs stands for: the place of the largest. A single
/// output is a logit: class 1 when it is positive, else class 0. `None` where an output
/// is NaN, which is no answer at all.
pub fn answer<T: Real>(outputs: &[T]) -> Option<usize> {
    if outputs.is_empty() || outputs.iter().any(|x| x.to_f64().is_nan()) {
        return None;
    }
    if let [logit] = outputs {
        return Some(usize::from(*logit > T::zero()));
    }
    let larger = |best, i| if outputs[i] > outputs[best] { i } else { best };
    (0..outputs.len()).reduce(larger)
}
// ANCHOR_END: answer

/// The answers to a batch of outputs (classes x examples).
pub fn answers<T: Real>(outputs: &Matrix<T>) -> Vec<Option<usize>> {
    let rows = outputs.nrows().max(1);
    outputs.as_slice().chunks(rows).map(answer).collect()
}

/// How many columns of `outputs` have the answer of their column of `targets`.
pub(super) fn hits<T: Real>(outputs: &Matrix<T>, targets: &Matrix<T>) -> usize {
    let rows = outputs.nrows().max(1);
    let pairs = outputs.as_slice().chunks(rows).zip(targets.as_slice().chunks(rows));
    pairs
        .filter(|(seen, truth)| answer(seen).is_some_and(|a| a == class(truth)))
        .count()
}

/// The class of a target column: the largest entry's place, or 0 or 1 for a single one.
fn class<T: Real>(target: &[T]) -> usize {
    match target {
        [one] => usize::from(one.to_f64() > 0.5),
        many => answer(many).unwrap_or(usize::MAX),
    }
}

// ANCHOR: confusion
/// Who was taken for whom: a row for each true class, a column for each answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    /// Row after row: `counts[truth * classes + answer]`.
    counts: Vec<usize>,
    /// How many examples of each class got no answer (NaN).
    unanswered: Vec<usize>,
}
// ANCHOR_END: confusion

impl Confusion {
    /// Counts the answers against the true classes.
    ///
    /// # Errors
    ///
    /// When the two lists differ in length, or a class is not below `classes`.
    // ANCHOR: count
    pub fn count(
        truths: &[usize],
        answers: &[Option<usize>],
        classes: usize,
    ) -> Result<Self, ShapeError> {
        if truths.len() != answers.len() {
            let what = "Confusion: number of answers";
            return Err(ShapeError::new(what, answers.len(), truths.len()));
        }
        let counts = vec![0; classes * classes];
        let mut seen = Self { classes, counts, unanswered: vec![0; classes] };
        for (&truth, &answer) in truths.iter().zip(answers) {
            let largest = truth.max(answer.unwrap_or(0));
            if largest >= classes {
                let expected = format!("below {classes}");
                return Err(ShapeError::new("Confusion: class", largest, expected));
            }
            match answer {
                Some(answer) => seen.counts[truth * classes + answer] += 1,
                None => seen.unanswered[truth] += 1,
            }
        }
        Ok(seen)
    }
    // ANCHOR_END: count

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many examples of class `truth` were answered `answer`.
    ///
    /// # Panics
    ///
    /// When a class is not below [`Self::classes`].
    pub fn at(&self, truth: usize, answer: usize) -> usize {
        assert!(truth < self.classes && answer < self.classes, "class out of range");
        self.counts[truth * self.classes + answer]
    }

    /// How many examples were counted.
    pub fn total(&self) -> usize {
        self.counts.iter().chain(&self.unanswered).sum()
    }

    /// How many examples the class has (the row's sum).
    pub fn support(&self, class: usize) -> usize {
        let answered: usize = (0..self.classes).map(|a| self.at(class, a)).sum();
        answered + self.unanswered[class]
    }

    /// How often the class was the answer (the column's sum).
    pub fn answered(&self, class: usize) -> usize {
        (0..self.classes).map(|truth| self.at(truth, class)).sum()
    }

    // ANCHOR: scores
    /// The share of all examples that were answered right.
    pub fn accuracy(&self) -> f64 {
        let right = (0..self.classes).map(|class| self.at(class, class)).sum();
        share(right, self.total())
    }

    /// Of the examples answered `class`, the share that are of this class. 0 if it was
    /// never the answer.
    pub fn precision(&self, class: usize) -> f64 {
        share(self.at(class, class), self.answered(class))
    }

    /// Of the examples of this class, the share that were found. 0 if there are none.
    pub fn recall(&self, class: usize) -> f64 {
        share(self.at(class, class), self.support(class))
    }

    /// The harmonic mean of precision and recall. It is near 1 only if both are. 0 if
    /// the class neither occurs nor is ever the answer.
    pub fn f1(&self, class: usize) -> f64 {
        // 2 p r / (p + r), with the fractions multiplied out
        share(2 * self.at(class, class), self.answered(class) + self.support(class))
    }
    // ANCHOR_END: scores

    /// The mean precision over the classes, each class counting alike.
    pub fn macro_precision(&self) -> f64 {
        self.mean_over_classes(Self::precision)
    }

    /// The mean recall over the classes, each class counting alike.
    pub fn macro_recall(&self) -> f64 {
        self.mean_over_classes(Self::recall)
    }

    /// The mean F1 over the classes, each class counting alike.
    pub fn macro_f1(&self) -> f64 {
        self.mean_over_classes(Self::f1)
    }

    fn mean_over_classes(&self, score: impl Fn(&Self, usize) -> f64) -> f64 {
        let sum: f64 = (0..self.classes).map(|class| score(self, class)).sum();
        if self.classes == 0 { 0.0 } else { sum / self.classes as f64 }
    }
}

/// `part / whole`, and 0 of nothing is 0.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

// ANCHOR: errors
/// Mean absolute error over all entries, in the unit of the targets.
///
/// # Errors
///
/// When the shapes differ or there is no entry.
pub fn mae<T: Real>(
    prediction: &Matrix<T>,
    target: &Matrix<T>,
) -> Result<f64, ShapeError> {
    mean("mae", prediction, target, |error| error.abs())
}

/// Root of the mean squared error, in the unit of the targets. A few large errors weigh
/// more than in [`mae`].
///
/// # Errors
///
/// When the shapes differ or there is no entry.
pub fn rmse<T: Real>(
    prediction: &Matrix<T>,
    target: &Matrix<T>,
) -> Result<f64, ShapeError> {
    mean("rmse", prediction, target, |error| error * error).map(f64::sqrt)
}
// ANCHOR_END: errors

/// The mean over all entries of `of(prediction - target)`.
fn mean<T: Real>(
    name: &str,
    prediction: &Matrix<T>,
    target: &Matrix<T>,
    of: impl Fn(f64) -> f64,
) -> Result<f64, ShapeError> {
    same_shape(&format!("{name}: prediction"), prediction, target)?;
    if prediction.is_empty() {
        let found = crate::real::shape_of(prediction);
        let what = format!("{name}: prediction");
        return Err(ShapeError::new(what, found, "at least one entry"));
    }
    let pairs = prediction.iter().zip(target.iter());
    let sum: f64 = pairs.map(|(p, y)| of(p.to_f64() - y.to_f64())).sum();
    Ok(sum / prediction.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three cats, two dogs, one bird; see the table in the test below.
    fn pets() -> Confusion {
        let (cat, dog, bird) = (0, 1, 2);
        let truths = [cat, cat, cat, dog, dog, bird];
        let seen = [cat, cat, dog, dog, bird, bird].map(Some);
        Confusion::count(&truths, &seen, 3).unwrap()
    }

    fn near(seen: f64, expected: f64) {
        assert!((seen - expected).abs() < 1e-12, "{seen} {expected}");
    }

    #[test]
    fn rows_are_truths_and_columns_answers() {
        let seen = pets();
        let row = |truth| [0, 1, 2].map(|answer| seen.at(truth, answer));
        assert_eq!([row(0), row(1), row(2)], [[2, 1, 0], [0, 1, 1], [0, 0, 1]]);
        assert_eq!((seen.support(0), seen.answered(0), seen.total()), (3, 2, 6));
    }

    #[test]
    fn scores_worked_out_on_paper() {
        let seen = pets();
        near(seen.accuracy(), 4.0 / 6.0);
        near(seen.precision(0), 1.0);
        near(seen.recall(0), 2.0 / 3.0);
        near(seen.f1(0), 0.8);
        near(seen.precision(2), 0.5);
        near(seen.recall(2), 1.0);
        near(seen.macro_precision(), (1.0 + 0.5 + 0.5) / 3.0);
        near(seen.macro_recall(), (2.0 / 3.0 + 0.5 + 1.0) / 3.0);
        near(seen.macro_f1(), (0.8 + 0.5 + 2.0 / 3.0) / 3.0);
    }

    #[test]
    fn f1_is_the_harmonic_mean() {
        let seen = pets();
        for class in 0..3 {
            let (p, r) = (seen.precision(class), seen.recall(class));
            near(seen.f1(class), 2.0 * p * r / (p + r));
        }
    }

    #[test]
    fn nothing_divided_by_nothing_is_zero() {
        let seen = Confusion::count(&[0, 0], &[Some(0), Some(1)], 3).unwrap();
        assert_eq!([seen.precision(2), seen.recall(2), seen.f1(2)], [0.0; 3]);
        assert_eq!([seen.precision(1), seen.recall(1), seen.f1(1)], [0.0; 3]);
        let none = Confusion::count(&[], &[], 0).unwrap();
        assert_eq!([none.accuracy(), none.macro_f1()], [0.0; 2]);
    }

    #[test]
    fn no_answer_is_a_wrong_answer() {
        let seen = Confusion::count(&[0, 1, 1], &[Some(0), None, Some(1)], 2).unwrap();
        near(seen.accuracy(), 2.0 / 3.0);
        near(seen.recall(1), 0.5);
        near(seen.precision(1), 1.0);
    }

    #[test]
    fn lists_that_do_not_fit_are_errors() {
        let error = Confusion::count(&[0, 1], &[Some(0)], 2).unwrap_err();
        assert_eq!(error.to_string(), "Confusion: number of answers is 1, expected 2");
        for (truth, answer) in [(2, 0), (0, 2)] {
            let error = Confusion::count(&[truth], &[Some(answer)], 2).unwrap_err();
            assert_eq!(error.to_string(), "Confusion: class is 2, expected below 2");
        }
    }

    #[test]
    fn the_answer_is_the_largest_output() {
        assert_eq!(answer(&[0.5, 2.0, -1.0]), Some(1));
        assert_eq!(answer(&[3.0, 3.0]), Some(0));
        assert_eq!(answer(&[-0.5]), Some(0));
        assert_eq!(answer(&[0.5]), Some(1));
        assert_eq!(answer(&[1.0, f64::NAN]), None);
        assert_eq!(answer::<f64>(&[]), None);
    }

    #[test]
    fn hits_count_equal_answers() {
        let outputs = Matrix::from_column_slice(2, 3, &[2.0, 1.0, 0.0, 5.0, 1.0, 0.0]);
        let targets = Matrix::from_column_slice(2, 3, &[1.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
        assert_eq!(hits(&outputs, &targets), 2);
        let logits = Matrix::from_column_slice(1, 3, &[0.2, -3.0, f64::NAN]);
        let targets = Matrix::from_column_slice(1, 3, &[1.0, 0.0, 0.0]);
        assert_eq!(hits(&logits, &targets), 2);
    }

    #[test]
    fn errors_of_values_worked_out_on_paper() {
        let p = Matrix::from_column_slice(1, 2, &[1.0, 5.0]);
        let y = Matrix::from_column_slice(1, 2, &[2.0, -2.0]);
        near(mae(&p, &y).unwrap(), 4.0);
        near(rmse(&p, &y).unwrap(), 5.0);
        assert!(mae(&p, &Matrix::zeros(1, 3)).is_err());
        let none = Matrix::<f32>::zeros(1, 0);
        assert!(rmse(&none, &none).is_err());
        let nan = Matrix::from_column_slice(1, 2, &[f64::NAN, 0.0]);
        assert!(mae(&nan, &y).unwrap().is_nan());
    }
}
