//! One score for each example, moved downhill: linear and logistic regression.
//!
//! A [`LinearModel`] computes `score = weights * inputs + bias`. The loss decides what
//! the score means. With the mean squared error the score is the prediction itself
//! (linear regression). With the binary cross-entropy the score is the log of the odds,
//! and [`sigmoid`](crate::activation::sigmoid) makes a probability of it (logistic
//! regression).
//!
//! [`Descent`] walks downhill on the full batch, on mini-batches or on single
//! examples. [`LinearModel::least_squares`] is the closed-form answer that the walk on
//! the mean squared error must reach.
//!
//! Sources: Legendre 1805 (least squares), Cauchy 1847 (following the slope), Robbins
//! and Monro 1951 (steps from samples), Berkson 1944 and Cox 1958 (logistic
//! regression).
//!
//! ```
//! use gradbook::linear::{Descent, LinearModel};
//! use gradbook::{Matrix, loss::Mse};
//!
//! // Three examples (columns) of one feature (row), on the line y = 2x + 1.
//! let inputs = Matrix::<f64>::from_row_slice(1, 3, &[0.0, 1.0, 2.0]);
//! let targets = Matrix::<f64>::from_row_slice(1, 3, &[1.0, 3.0, 5.0]);
//!
//! let mut model = LinearModel::zeros(1);
//! let descent = Descent { learning_rate: 0.2, epochs: 200, batch: 3 };
//! descent.run(&mut model, &Mse, &inputs, &targets, &mut gradbook::rng(1))?;
//!
//! let exact = LinearModel::least_squares(&inputs, &targets)?;
//! assert!((model.weights[0] - exact.weights[0]).abs() < 1e-6);
//! assert!((model.bias - exact.bias).abs() < 1e-6);
//! # Ok::<(), gradbook::linear::LinearError>(())
//! ```

use crate::loss::Loss;
use crate::{Matrix, Real, Rng, ShapeError, Vector, real};
use rand::seq::SliceRandom;

// ANCHOR: model
/// A weight for each feature and one bias: `score = weights * inputs + bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearModel<T: Real = f32> {
    /// One row, a column for each feature: 1 x features.
    pub weights: Matrix<T>,
    /// The score of an example whose features are all zero.
    pub bias: T,
}
// ANCHOR_END: model

/// The loss at one place and which way it rises: dL/d(weights) and dL/d(bias).
#[derive(Clone, Debug, PartialEq)]
pub struct Slope<T: Real = f32> {
    /// The mean loss over the examples.
    pub loss: T,
    /// dL/d(weights), 1 x features.
    pub grad_weights: Matrix<T>,
    /// dL/d(bias).
    pub grad_bias: T,
}

/// Why a linear model could not be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LinearError {
    /// Two shapes that do not fit.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Nothing to learn from, or steps of no examples.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// An input, a target or the learning rate is NaN or infinite.
    #[error("{0} must be finite, found NaN or an infinity")]
    NotFinite(&'static str),
    /// The steps were so long that the loss left the range of floating-point numbers.
    #[error(
        "diverged: the loss is {loss} after {updates} updates; \
         try a learning rate below {learning_rate}"
    )]
    Diverged {
        /// The updates made until then.
        updates: usize,
        /// NaN or infinite.
        loss: f64,
        /// The learning rate that was too large.
        learning_rate: f64,
    },
}

impl<T: Real> LinearModel<T> {
    /// A model that scores everything zero. The loss surface of a linear model is a
    /// bowl, so the start matters little; the networks of lesson 3 need better.
    pub fn zeros(features: usize) -> Self {
        Self { weights: Matrix::zeros(1, features), bias: T::zero() }
    }

    // ANCHOR: scores
    /// The scores of a batch: features x examples in, 1 x examples out.
    ///
    /// # Errors
    /// If the inputs have not one row for each weight.
    pub fn scores(&self, inputs: &Matrix<T>) -> Result<Matrix<T>, ShapeError> {
        check("LinearModel: input rows", inputs.nrows(), self.weights.ncols())?;
        Ok((&self.weights * inputs).add_scalar(self.bias))
    }
    // ANCHOR_END: scores

    /// The mean loss of the scores against the targets (1 x examples).
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn loss(
        &self,
        loss: &dyn Loss<T>,
        inputs: &Matrix<T>,
        targets: &Matrix<T>,
    ) -> Result<T, ShapeError> {
        check_targets(inputs, targets)?;
        loss.value(&self.scores(inputs)?, targets)
    }

    // ANCHOR: slope
    /// The mean loss on a batch and its slope in every weight and in the bias.
    ///
    /// # Errors
    /// If the inputs do not fit the weights, or the targets are not 1 x examples.
    pub fn slope(
        &self,
        loss: &dyn Loss<T>,
        inputs: &Matrix<T>,
        targets: &Matrix<T>,
    ) -> Result<Slope<T>, ShapeError> {
        check_targets(inputs, targets)?;
        let scores = self.scores(inputs)?;
        let mut grad_scores = Matrix::zeros(1, inputs.ncols());
        let loss = loss.gradient(&scores, targets, &mut grad_scores)?;
        let grad_bias = grad_scores.sum();
        let grad_weights = grad_scores * inputs.transpose();
        Ok(Slope { loss, grad_weights, grad_bias })
    }
    // ANCHOR_END: slope

    // ANCHOR: step
    /// One step downhill: each number moves against its own slope.
    pub fn step(&mut self, slope: &Slope<T>, learning_rate: T) {
        self.weights -= &slope.grad_weights * learning_rate;
        self.bias -= slope.grad_bias * learning_rate;
    }
    // ANCHOR_END: step

    // ANCHOR: least_squares
    /// The weights and bias of least mean squared error, with no walking.
    ///
    /// Asks for the place where all slopes are zero, through two QR decompositions
    /// (Golub and Van Loan, Matrix Computations, section 5.5). If many answers are
    /// equally good (two features that are alike), this is the one with the shortest
    /// vector of weights and bias, and a walk from zero ends there too.
    ///
    /// # Errors
    /// If there are no examples, the shapes do not fit, or a number is not finite.
    pub fn least_squares(
        inputs: &Matrix<T>,
        targets: &Matrix<T>,
    ) -> Result<Self, LinearError> {
        check_data(inputs, targets)?;
        let features = inputs.nrows();
        let examples = with_bias_feature(inputs).transpose();
        let best = shortest_solution(examples, targets.transpose())
            .ok_or(LinearError::NotFinite("the solution"))?;
        Ok(Self {
            weights: best.rows(0, features).transpose(),
            bias: best[(features, 0)],
        })
    }
    // ANCHOR_END: least_squares
}

/// The shortest x with |A x - b| least; A is examples x unknowns, b examples x 1, and A
/// has a column of ones. Nothing if the numbers are too large to multiply.
///
/// Not through nalgebra's singular value decomposition: that of version 0.35 is wrong
/// for some matrices whose columns depend on each other (its issue 1172).
fn shortest_solution<T: Real>(a: Matrix<T>, b: Matrix<T>) -> Option<Matrix<T>> {
    let size = real::<T>(a.nrows().max(a.ncols()) as f64);
    // A P = Q R: the columns in an order P that leaves the small numbers of R for last
    let first = a.col_piv_qr();
    let r = first.r();
    let diagonal = r.columns(0, r.nrows()).diagonal();
    let smallest = diagonal.amax() * size * T::default_epsilon();
    let rank = diagonal.iter().filter(|number| **number > smallest).count();
    // With y = P' x, R_1 y = Q_1' b is left, where R_1 is rank x unknowns. Its shortest
    // answer lies in the rows of R_1; R_1' = Q_2 R_2 spans them: y = Q_2 z.
    let reached = first.q().columns(0, rank).tr_mul(&b);
    let second = r.rows(0, rank).transpose().qr();
    let z = second.r().transpose().solve_lower_triangular(&reached)?;
    let mut x = second.q() * z;
    first.p().inv_permute_rows(&mut x);
    x.iter().all(|number| number.is_finite()).then_some(x)
}

// ANCHOR: descent
/// How to walk: the length of the steps and how many examples pay for each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent<T: Real = f32> {
    /// What each slope is multiplied by before it is subtracted.
    pub learning_rate: T,
    /// How often every example is seen.
    pub epochs: usize,
    /// Examples to a step: 1, a mini-batch, or all of them.
    pub batch: usize,
}
// ANCHOR_END: descent

impl<T: Real> Descent<T> {
    // ANCHOR: run
    /// Walks downhill and returns the way: the model at the start and after each step.
    ///
    /// An epoch visits the examples in a new random order, a batch at a time; the last
    /// batch may be smaller. The full batch needs no order and draws none.
    ///
    /// # Errors
    /// If the data is empty or not finite, the shapes do not fit, or the walk diverges.
    /// The model is then where the walk stopped.
    pub fn run(
        &self,
        model: &mut LinearModel<T>,
        loss: &dyn Loss<T>,
        inputs: &Matrix<T>,
        targets: &Matrix<T>,
        rng: &mut Rng,
    ) -> Result<Vec<LinearModel<T>>, LinearError> {
        self.check(inputs, targets)?;
        let mut way = vec![model.clone()];
        let mut order: Vec<usize> = (0..inputs.ncols()).collect();
        for _ in 0..self.epochs {
            if self.batch < order.len() {
                order.shuffle(rng);
            }
            for batch in order.chunks(self.batch) {
                let x = inputs.select_columns(batch);
                let y = targets.select_columns(batch);
                let slope = model.slope(loss, &x, &y)?;
                self.check_loss(slope.loss, way.len() - 1)?;
                model.step(&slope, self.learning_rate);
                way.push(model.clone());
            }
        }
        self.check_loss(model.loss(loss, inputs, targets)?, way.len() - 1)?;
        Ok(way)
    }
    // ANCHOR_END: run

    fn check(
        &self,
        inputs: &Matrix<T>,
        targets: &Matrix<T>,
    ) -> Result<(), LinearError> {
        check_data(inputs, targets)?;
        if self.batch == 0 {
            return Err(LinearError::Zero("the batch size"));
        }
        if !self.learning_rate.is_finite() {
            return Err(LinearError::NotFinite("the learning rate"));
        }
        Ok(())
    }

    fn check_loss(&self, loss: T, updates: usize) -> Result<(), LinearError> {
        if loss.is_finite() {
            return Ok(());
        }
        let learning_rate = self.learning_rate.to_f64();
        Err(LinearError::Diverged { updates, loss: loss.to_f64(), learning_rate })
    }
}

// ANCHOR: curvatures
/// How strongly the mean squared error bends along each of its own axes, the least
/// first: the eigenvalues of its matrix of second derivatives, (2/n) X X', with a row
/// of ones in X for the bias.
///
/// The full batch converges if the learning rate is below 2 / (the greatest).
///
/// # Errors
/// If there are no examples or an input is not finite.
pub fn curvatures<T: Real>(inputs: &Matrix<T>) -> Result<Vec<T>, LinearError> {
    check_inputs(inputs)?;
    let x = with_bias_feature(inputs);
    let second_derivatives = &x * x.transpose() * real::<T>(2.0 / x.ncols() as f64);
    let mut bends: Vec<T> =
        second_derivatives.symmetric_eigenvalues().iter().copied().collect();
    bends.sort_by(|a, b| a.to_f64().total_cmp(&b.to_f64()));
    Ok(bends)
}
// ANCHOR_END: curvatures

/// The share of scores on the right side of zero, for targets 0 and 1.
///
/// # Errors
/// If the shapes do not fit or there are no examples.
pub fn accuracy<T: Real>(
    model: &LinearModel<T>,
    inputs: &Matrix<T>,
    targets: &Matrix<T>,
) -> Result<f64, LinearError> {
    check_targets(inputs, targets)?;
    if inputs.ncols() == 0 {
        return Err(LinearError::Zero("the number of examples"));
    }
    let scores: Vector<T> = model.scores(inputs)?.row(0).transpose();
    let half = real::<T>(0.5);
    let right = scores
        .iter()
        .zip(targets.iter())
        .filter(|&(&s, &t)| (s > T::zero()) == (t > half));
    Ok(right.count() as f64 / inputs.ncols() as f64)
}

/// The inputs with one more row that is always one: its weight is the bias.
fn with_bias_feature<T: Real>(inputs: &Matrix<T>) -> Matrix<T> {
    inputs.clone().insert_row(inputs.nrows(), T::one())
}

fn check(what: &str, found: usize, expected: usize) -> Result<(), ShapeError> {
    if found == expected { Ok(()) } else { Err(ShapeError::new(what, found, expected)) }
}

fn check_targets<T: Real>(
    inputs: &Matrix<T>,
    targets: &Matrix<T>,
) -> Result<(), ShapeError> {
    check("LinearModel: target rows", targets.nrows(), 1)?;
    check("LinearModel: target columns", targets.ncols(), inputs.ncols())
}

fn check_inputs<T: Real>(inputs: &Matrix<T>) -> Result<(), LinearError> {
    if inputs.ncols() == 0 {
        return Err(LinearError::Zero("the number of examples"));
    }
    if !inputs.iter().all(|x| x.is_finite()) {
        return Err(LinearError::NotFinite("every input"));
    }
    Ok(())
}

fn check_data<T: Real>(
    inputs: &Matrix<T>,
    targets: &Matrix<T>,
) -> Result<(), LinearError> {
    check_targets(inputs, targets)?;
    check_inputs(inputs)?;
    if !targets.iter().all(|y| y.is_finite()) {
        return Err(LinearError::NotFinite("every target"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::sigmoid;
    use crate::loss::{BinaryCrossEntropy, Mse};
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn row(numbers: &[f64]) -> Matrix<f64> {
        Matrix::from_row_slice(1, numbers.len(), numbers)
    }

    fn full(learning_rate: f64, epochs: usize) -> Descent<f64> {
        Descent { learning_rate, epochs, batch: usize::MAX }
    }

    /// Halves from -4 to 4 in a matrix of the given shape.
    fn halves(rows: usize, columns: usize) -> impl Strategy<Value = Matrix<f64>> {
        prop::collection::vec(-8i32..=8, rows * columns).prop_map(move |numbers| {
            let numbers = numbers.iter().map(|&n| f64::from(n) / 2.0);
            Matrix::from_iterator(rows, columns, numbers)
        })
    }

    /// Inputs (features x examples) and targets (1 x examples) of ragged sizes.
    fn problems() -> impl Strategy<Value = (Matrix<f64>, Matrix<f64>)> {
        (1usize..4, 1usize..12).prop_flat_map(|(d, n)| (halves(d, n), halves(1, n)))
    }

    /// The learning rate that is best for the full batch: 2 / (least + greatest bend),
    /// over the bends that are not zero.
    fn best_rate(bends: &[f64]) -> (f64, f64) {
        let greatest = bends[bends.len() - 1];
        let least = bends.iter().find(|&&b| b > 1e-9 * greatest).unwrap_or(&greatest);
        (2.0 / (least + greatest), greatest / least)
    }

    proptest! {
        #[test]
        fn the_walk_ends_at_the_closed_form((x, y) in problems()) {
            let (rate, condition) = best_rate(&curvatures(&x).unwrap());
            prop_assume!(condition < 2e3);
            let mut model = LinearModel::zeros(x.nrows());
            full(rate, (12.0 * condition) as usize + 20)
                .run(&mut model, &Mse, &x, &y, &mut crate::rng(1)).unwrap();
            let exact = LinearModel::least_squares(&x, &y).unwrap();
            prop_assert!((&model.weights - &exact.weights).amax() < 1e-6);
            prop_assert!((model.bias - exact.bias).abs() < 1e-6);
        }

        #[test]
        fn the_slope_is_the_rise_over_a_short_run(
            (x, y) in problems(), logistic: bool, bias in -2i32..=2,
        ) {
            let mse: &dyn Loss<f64> = &Mse;
            let bce: &dyn Loss<f64> = &BinaryCrossEntropy;
            let (loss, y) = if logistic { (bce, y.map(|t| f64::from(t > 0.0))) }
                else { (mse, y) };
            let mut model = LinearModel::zeros(x.nrows());
            model.bias = f64::from(bias) / 2.0;
            model.weights.fill(0.25);
            let slope = model.slope(loss, &x, &y).unwrap();
            prop_assert_eq!(slope.loss, model.loss(loss, &x, &y).unwrap());
            let h = 1e-5;
            let rise = |change: &dyn Fn(&mut LinearModel<f64>, f64)| {
                let at = |h: f64| {
                    let mut near = model.clone();
                    change(&mut near, h);
                    near.loss(loss, &x, &y).unwrap()
                };
                (at(h) - at(-h)) / (2.0 * h)
            };
            for i in 0..x.nrows() {
                let run = rise(&|near, h| near.weights[i] += h);
                prop_assert!((run - slope.grad_weights[i]).abs() < 1e-7);
            }
            let run = rise(&|near, h| near.bias += h);
            prop_assert!((run - slope.grad_bias).abs() < 1e-7);
        }

        #[test]
        fn one_epoch_sees_every_example_once(
            (x, y) in problems(), batch in 1usize..14,
        ) {
            let mut model = LinearModel::zeros(x.nrows());
            let descent = Descent { learning_rate: 1e-3, epochs: 3, batch };
            let way =
                descent.run(&mut model, &Mse, &x, &y, &mut crate::rng(5)).unwrap();
            prop_assert_eq!(way.len(), 1 + 3 * x.ncols().div_ceil(batch));
            prop_assert_eq!(&way[way.len() - 1], &model);
        }

        #[test]
        fn below_two_over_the_greatest_bend_the_loss_never_rises((x, y) in problems()) {
            let bends = curvatures(&x).unwrap();
            let rate = 1.9 / bends[bends.len() - 1];
            let mut model = LinearModel::zeros(x.nrows());
            let way = full(rate, 30)
                .run(&mut model, &Mse, &x, &y, &mut crate::rng(1)).unwrap();
            let losses: Vec<f64> =
                way.iter().map(|m| m.loss(&Mse, &x, &y).unwrap()).collect();
            for pair in losses.windows(2) {
                prop_assert!(pair[1] <= pair[0] + 1e-12 * losses[0]);
            }
        }
    }

    /// The worked example of the chapter: one step on two points, short and long.
    #[test]
    fn the_steps_are_those_of_the_chapter() {
        let (x, y) = (row(&[0.0, 2.0]), row(&[1.0, 5.0]));
        let slope = LinearModel::zeros(1).slope(&Mse, &x, &y).unwrap();
        assert_eq!(
            (slope.loss, slope.grad_weights[0], slope.grad_bias),
            (13.0, -10.0, -6.0)
        );
        for (rate, weight, bias, loss) in [(0.1, 1.0, 0.6, 2.96), (0.5, 5.0, 3.0, 34.0)]
        {
            let mut model = LinearModel::zeros(1);
            model.step(&slope, rate);
            assert_relative_eq!(model.weights[0], weight);
            assert_relative_eq!(model.bias, bias, max_relative = 1e-12);
            let after = model.loss(&Mse, &x, &y).unwrap();
            assert_relative_eq!(after, loss, max_relative = 1e-12);
        }
        let bends = curvatures(&x).unwrap();
        assert_relative_eq!(bends[0], 3.0 - 5_f64.sqrt(), max_relative = 1e-12);
        assert_relative_eq!(bends[1], 3.0 + 5_f64.sqrt(), max_relative = 1e-12);
    }

    /// The second feature is a multiple of the first, but for rounding. Many lines fit;
    /// the shortest one has its weights in the same ratio.
    #[test]
    fn of_many_exact_answers_the_shortest_is_taken() {
        let one: [f64; 5] = [0.1, 0.2, 0.4, 0.7, 1.9];
        let y = row(&one.map(|x| 2.0 * x + 1.0));
        for ratio in [0.3, 0.7, 1.1, 1.7, 2.9] {
            let x = Matrix::from_fn(2, 5, |i, j| [1.0, ratio][i] * one[j]);
            let exact = LinearModel::least_squares(&x, &y).unwrap();
            let share = 2.0 / (1.0 + ratio * ratio);
            assert_relative_eq!(exact.weights[0], share, max_relative = 1e-9);
            assert_relative_eq!(exact.weights[1], share * ratio, max_relative = 1e-9);
            assert_relative_eq!(exact.bias, 1.0, max_relative = 1e-9);
        }
    }

    #[test]
    fn a_score_just_above_zero_says_yes() {
        let model = LinearModel { weights: row(&[0.25]), bias: 0.0 };
        let (x, y) = (row(&[1.0, -1.0, 0.0]), row(&[1.0, 0.0, 0.0]));
        assert_eq!(accuracy(&model, &x, &y), Ok(1.0));
        assert_eq!(accuracy(&model, &x, &row(&[0.0, 0.0, 0.0])), Ok(2.0 / 3.0));
        let none = accuracy(&model, &row(&[]), &row(&[]));
        assert_eq!(none, Err(LinearError::Zero("the number of examples")));
    }

    #[test]
    fn equal_features_share_the_weight() {
        let x = Matrix::from_row_slice(2, 3, &[1.0, 2.0, 4.0, 1.0, 2.0, 4.0]);
        let y = row(&[3.0, 5.0, 9.0]);
        let exact = LinearModel::<f64>::least_squares(&x, &y).unwrap();
        assert!((exact.weights[0] - 1.0).abs() < 1e-12);
        assert!((exact.weights[1] - 1.0).abs() < 1e-12);
        assert!((exact.bias - 1.0).abs() < 1e-12);
    }

    #[test]
    fn single_examples_settle_where_the_line_is_exact() {
        let (x, y) = (row(&[-1.0, 0.0, 1.0, 2.0]), row(&[-1.0, 1.0, 3.0, 5.0]));
        let mut model = LinearModel::zeros(1);
        let descent = Descent { learning_rate: 0.1, epochs: 400, batch: 1 };
        descent.run(&mut model, &Mse, &x, &y, &mut crate::rng(3)).unwrap();
        assert!((model.weights[0] - 2.0).abs() < 1e-6, "{model:?}");
        assert!((model.bias - 1.0).abs() < 1e-6, "{model:?}");
    }

    #[test]
    fn logistic_regression_separates_two_heaps() {
        let x = Matrix::<f32>::from_row_slice(1, 4, &[-2.0, -1.0, 1.0, 2.0]);
        let y = Matrix::from_row_slice(1, 4, &[0.0, 0.0, 1.0, 1.0]);
        let mut model = LinearModel::zeros(1);
        assert_eq!(accuracy(&model, &x, &y).unwrap(), 0.5);
        let descent = Descent { learning_rate: 0.5, epochs: 50, batch: 2 };
        descent
            .run(&mut model, &BinaryCrossEntropy, &x, &y, &mut crate::rng(1))
            .unwrap();
        assert_eq!(accuracy(&model, &x, &y).unwrap(), 1.0);
        assert!(sigmoid(model.scores(&x).unwrap()[3]) > 0.9);
    }

    #[test]
    fn the_same_seed_walks_the_same_way() {
        let (x, y) = (row(&[0.0, 1.0, 2.0, 5.0]), row(&[1.0, 3.0, 4.0, 9.0]));
        let walk = |seed| {
            let mut model = LinearModel::zeros(1);
            let descent = Descent { learning_rate: 0.01, epochs: 2, batch: 1 };
            descent.run(&mut model, &Mse, &x, &y, &mut crate::rng(seed)).unwrap()
        };
        assert_eq!(walk(7), walk(7));
        assert_ne!(walk(7), walk(8));
    }

    #[test]
    fn divergence_is_an_error_with_one_clear_line() {
        let (x, y) = (row(&[0.0, 1.0, 2.0]), row(&[1.0, 3.0, 5.0]));
        let mut model = LinearModel::zeros(1);
        let walk = full(10.0, 1000).run(&mut model, &Mse, &x, &y, &mut crate::rng(1));
        let error = walk.unwrap_err();
        let LinearError::Diverged { updates, .. } = error else { panic!("{error}") };
        assert!((50..200).contains(&updates), "{updates}");
        assert_eq!(
            error.to_string(),
            format!(
                "diverged: the loss is inf after {updates} updates; \
                 try a learning rate below 10"
            )
        );
    }

    #[test]
    fn bad_input_is_named() {
        let (x, y) = (row(&[0.0, 1.0]), row(&[1.0, 3.0]));
        let run = |descent: Descent<f64>, x: &Matrix<f64>, y: &Matrix<f64>| {
            let mut model = LinearModel::zeros(1);
            let walk = descent.run(&mut model, &Mse, x, y, &mut crate::rng(1));
            walk.unwrap_err().to_string()
        };
        assert_eq!(
            run(full(0.1, 1), &row(&[]), &row(&[])),
            "the number of examples must be at least 1"
        );
        assert_eq!(
            run(Descent { batch: 0, ..full(0.1, 1) }, &x, &y),
            "the batch size must be at least 1"
        );
        assert_eq!(
            run(full(f64::NAN, 1), &x, &y),
            "the learning rate must be finite, found NaN or an infinity"
        );
        assert_eq!(
            run(full(0.1, 1), &row(&[0.0, f64::INFINITY]), &y),
            "every input must be finite, found NaN or an infinity"
        );
        assert_eq!(
            run(full(0.1, 1), &x, &row(&[0.0, f64::NAN])),
            "every target must be finite, found NaN or an infinity"
        );
        assert_eq!(
            run(full(0.1, 1), &x, &row(&[1.0, 2.0, 3.0])),
            "LinearModel: target columns is 3, expected 2"
        );
        assert_eq!(
            run(full(0.1, 1), &Matrix::zeros(2, 2), &y),
            "LinearModel: input rows is 2, expected 1"
        );
        let nan = row(&[0.0, f64::NAN]);
        assert!(LinearModel::least_squares(&nan, &y).is_err());
        assert!(curvatures(&nan).is_err());
    }

    #[test]
    fn features_that_depend_on_each_other_still_get_the_least_error() {
        for seed in 0..400 {
            let mut rng = crate::rng(seed as u64);
            let mut whole = |_, _| f64::from(rng.random_range(-3..=3));
            let (features, examples) = (2 + seed % 17, 3 + seed % 23);
            let inputs = match seed % 5 {
                0 => Matrix::from_element(features, examples, 4.0),
                rank => {
                    let left = Matrix::from_fn(features, rank, &mut whole);
                    left * Matrix::from_fn(rank, examples, &mut whole)
                }
            };
            let targets = Matrix::from_fn(1, examples, &mut whole);
            let model = LinearModel::least_squares(&inputs, &targets).unwrap();
            // all slopes are zero where the error is least
            let slope = model.slope(&Mse, &inputs, &targets).unwrap();
            let steepest = slope.grad_weights.amax().max(slope.grad_bias.abs());
            assert!(steepest < 1e-9, "{seed}: {steepest}");
        }
    }
}
