//! One neuron: the gate of McCulloch and Pitts, and Rosenblatt's rule that learns.
//!
//! A [`Gate`] counts: it fires when enough of its inputs are on. Somebody has to choose
//! its wiring. A [`Perceptron`] weighs its inputs instead, and finds the weights
//! itself, from its mistakes.
//!
//! Inputs are one column for each example (`features x examples`), targets are `+1` for
//! "fire" and `-1` for "stay silent".
//!
//! ```
//! use gradbook::{Matrix, perceptron::Perceptron};
//!
//! let inputs = Matrix::from_column_slice(2, 4, &[0., 0., 0., 1., 1., 0., 1., 1.]);
//! let and = [-1.0, -1.0, -1.0, 1.0];
//! let mut neuron = Perceptron::<f64>::new(2);
//! let training = neuron.fit(&inputs, &and, 100)?;
//! assert!(training.settled());
//! assert_eq!(neuron.decide(&[1.0, 1.0]), 1.0);
//! assert_eq!(neuron.decide(&[1.0, 0.0]), -1.0);
//! # Ok::<(), gradbook::perceptron::FitError>(())
//! ```
//!
//! Sources: W. McCulloch and W. Pitts, "A logical calculus of the ideas immanent in
//! nervous activity" (1943); F. Rosenblatt, "The perceptron: a probabilistic model for
//! information storage and organization in the brain" (1958); A. Novikoff, "On
//! convergence proofs on perceptrons" (1962).

use crate::{Matrix, Real, ShapeError, Vector, real};

// ANCHOR: gate
/// The neuron of McCulloch and Pitts (1943): it counts, and it can be vetoed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The inputs that count towards firing.
    pub excitatory: Vec<usize>,
    /// The inputs that forbid firing: one of them on is enough.
    pub inhibitory: Vec<usize>,
    /// How many excitatory inputs must be on.
    pub threshold: usize,
}

impl Gate {
    /// Whether the gate fires. An input beyond the end of `inputs` is off.
    pub fn fires(&self, inputs: &[bool]) -> bool {
        let on = |&&i: &&usize| inputs.get(i) == Some(&true);
        let votes = self.excitatory.iter().filter(on).count();
        let vetoes = self.inhibitory.iter().filter(on).count();
        vetoes == 0 && votes >= self.threshold
    }
}
// ANCHOR_END: gate

impl Gate {
    // ANCHOR: wiring
    /// Fires when both of its inputs are on.
    pub fn and() -> Self {
        Self { excitatory: vec![0, 1], inhibitory: vec![], threshold: 2 }
    }

    /// Fires when at least one of its inputs is on.
    pub fn or() -> Self {
        Self { excitatory: vec![0, 1], inhibitory: vec![], threshold: 1 }
    }

    /// Fires when input `yes` is on and input `no` is off.
    pub fn but_not(yes: usize, no: usize) -> Self {
        Self { excitatory: vec![yes], inhibitory: vec![no], threshold: 1 }
    }
    // ANCHOR_END: wiring
}

// ANCHOR: xor_gates
/// XOR from three gates: "one but not the other", either way round.
pub fn xor_from_gates(inputs: &[bool]) -> bool {
    let first = Gate::but_not(0, 1).fires(inputs);
    let second = Gate::but_not(1, 0).fires(inputs);
    Gate::or().fires(&[first, second])
}
// ANCHOR_END: xor_gates

// ANCHOR: perceptron
/// Rosenblatt's neuron: one weight for each input, and a bias.
#[derive(Clone, Debug, PartialEq)]
pub struct Perceptron<T: Real = f32> {
    /// How much each input counts, and in which direction.
    pub weights: Vector<T>,
    /// What the sum starts from: minus the threshold.
    pub bias: T,
}
// ANCHOR_END: perceptron

/// What happened while a perceptron was fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Training<T: Real = f32> {
    /// The mistakes made in each epoch, in order.
    pub mistakes: Vec<usize>,
    /// The neuron before the first epoch and after each one.
    pub states: Vec<Perceptron<T>>,
}

/// Why a perceptron could not be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The numbers of weights, rows, columns or targets do not fit.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A target that is neither class.
    #[error("target {index} is {value}, expected +1 or -1")]
    Target {
        /// Which target.
        index: usize,
        /// What it was.
        value: f64,
    },
    /// An input that is no number, or infinite.
    #[error("example {index} has an input that is not a finite number")]
    NotFinite {
        /// Which example.
        index: usize,
    },
}

impl<T: Real> Perceptron<T> {
    /// A neuron that knows nothing: all weights and the bias are zero.
    pub fn new(inputs: usize) -> Self {
        Self { weights: Vector::zeros(inputs), bias: T::zero() }
    }

    // ANCHOR: decide
    /// The weighted sum of the inputs, plus the bias.
    pub fn sum(&self, x: &[T]) -> T {
        assert_eq!(x.len(), self.weights.len(), "one input for each weight");
        let products = self.weights.iter().zip(x).map(|(&w, &x)| w * x);
        products.sum::<T>() + self.bias
    }

    /// `+1` (fire) when the sum is zero or more, `-1` (stay silent) when it is less.
    pub fn decide(&self, x: &[T]) -> T {
        if self.sum(x) >= T::zero() { T::one() } else { -T::one() }
    }
    // ANCHOR_END: decide

    // ANCHOR: learn
    /// Looks at one example. If the decision is wrong, moves towards the right one.
    /// Returns whether it was wrong.
    pub fn learn(&mut self, x: &[T], target: T) -> bool {
        let wrong = self.decide(x) != target;
        if wrong {
            for (weight, &x) in self.weights.iter_mut().zip(x) {
                *weight += target * x;
            }
            self.bias += target;
        }
        wrong
    }
    // ANCHOR_END: learn

    // ANCHOR: fit
    /// Goes through all examples, again and again, until an epoch has no mistake.
    /// Stops after `max_epochs` in any case.
    ///
    /// # Errors
    /// If the shapes do not fit, a target is not `+1` or `-1`, or an input not finite.
    pub fn fit(
        &mut self,
        inputs: &Matrix<T>,
        targets: &[T],
        max_epochs: usize,
    ) -> Result<Training<T>, FitError> {
        self.check(inputs, targets)?;
        let mut training = Training { mistakes: vec![], states: vec![self.clone()] };
        while !training.settled() && training.mistakes.len() < max_epochs {
            let mut mistakes = 0;
            for (x, &target) in inputs.column_iter().zip(targets) {
                if self.learn(x.as_slice(), target) {
                    mistakes += 1;
                }
            }
            training.mistakes.push(mistakes);
            training.states.push(self.clone());
        }
        Ok(training)
    }
    // ANCHOR_END: fit

    /// How many examples the neuron decides wrongly, as it is.
    pub fn count_mistakes(&self, inputs: &Matrix<T>, targets: &[T]) -> usize {
        let examples = inputs.column_iter().zip(targets);
        examples.filter(|(x, y)| self.decide(x.as_slice()) != **y).count()
    }

    // ANCHOR: margin
    /// The distance from the line to the nearest example, bias feature counted.
    /// Negative when an example lies on the wrong side.
    ///
    /// An example `x` counts as `(x, 1)` and the line as the plane through the origin
    /// whose normal is `(weights, bias)`. That is the space in which Novikoff's theorem
    /// holds. NaN when all weights and the bias are zero; infinite without an example.
    pub fn margin(&self, inputs: &Matrix<T>, targets: &[T]) -> T {
        let length = (self.weights.norm_squared() + self.bias * self.bias).sqrt();
        let examples = inputs.column_iter().zip(targets);
        let depths = examples.map(|(x, &y)| y * self.sum(x.as_slice()) / length);
        depths.reduce(|least, depth| least.min(depth)).unwrap_or(real(f64::INFINITY))
    }
    // ANCHOR_END: margin

    fn check(&self, inputs: &Matrix<T>, targets: &[T]) -> Result<(), FitError> {
        let weights = self.weights.len();
        if inputs.nrows() != weights {
            let what = "perceptron: the number of input rows";
            return Err(ShapeError::new(what, inputs.nrows(), weights).into());
        }
        if targets.len() != inputs.ncols() {
            let what = "perceptron: the number of targets";
            return Err(ShapeError::new(what, targets.len(), inputs.ncols()).into());
        }
        for (index, (x, y)) in inputs.column_iter().zip(targets).enumerate() {
            if x.iter().any(|x| !x.is_finite()) {
                return Err(FitError::NotFinite { index });
            }
            if *y != T::one() && *y != -T::one() {
                return Err(FitError::Target { index, value: y.to_f64() });
            }
        }
        Ok(())
    }
}

impl<T: Real> Training<T> {
    // ANCHOR: settled
    /// Whether the last epoch passed without a mistake.
    pub fn settled(&self) -> bool {
        self.mistakes.last() == Some(&0)
    }

    /// All mistakes, over all epochs. Novikoff's theorem bounds this number.
    pub fn total(&self) -> usize {
        self.mistakes.iter().sum()
    }
    // ANCHOR_END: settled

    /// How many epochs one round takes, once a state has come back. As long as mistakes
    /// are made, the neuron then repeats itself for ever; when they are not: `None`.
    pub fn cycle(&self) -> Option<usize> {
        if self.settled() {
            return None;
        }
        (1..self.states.len()).find_map(|now| {
            let earlier = (0..now).rev().find(|&k| self.states[k] == self.states[now]);
            earlier.map(|k| now - k)
        })
    }
}

// ANCHOR: bound
/// The longest example, with the bias feature counted: `max |(x, 1)|`.
pub fn radius<T: Real>(inputs: &Matrix<T>) -> T {
    let squares = inputs.column_iter().map(|x| x.norm_squared() + T::one());
    squares.fold(T::zero(), |most, square| most.max(square)).sqrt()
}

/// Novikoff's bound: at most this many mistakes, in any order, for ever.
pub fn mistake_bound<T: Real>(radius: T, margin: T) -> T {
    let ratio = radius / margin;
    ratio * ratio
}
// ANCHOR_END: bound

/// The line with the widest margin, and how sure we are that it is the widest.
#[derive(Clone, Debug, PartialEq)]
pub struct Widest {
    /// The line found.
    pub line: Perceptron<f64>,
    /// Its margin. Negative if it makes a mistake.
    pub margin: f64,
    /// No line whatever has a margin above this. Zero: no line separates the classes.
    pub ceiling: f64,
    /// How much each example counts in the line, adding up to 1. Only those nearest
    /// to the line (and, if no line separates, those that prove it) are above zero.
    pub shares: Vec<f64>,
}

/// Looks for the line with the widest margin, bias feature counted.
///
/// Put `z = y (x, 1)` for each example: a line separates the classes if and only if its
/// normal has a positive product with each `z`. Among the blends of the `z` (shares of
/// at least zero that add up to one) the shortest one is that normal, and its length is
/// the widest margin. The search moves share from the easiest example to the hardest
/// (Mitchell, Dem'yanov and Malozemov, 1974) until the two agree to `tolerance`, a
/// fraction of the squared length, or the blend is as short as `tolerance`, or
/// `max_steps` are done. `margin <= true widest margin <= ceiling` holds whenever it
/// stops. In `f64` only: it exists to check a theorem, not to be fast.
///
/// # Errors
/// As [`Perceptron::fit`], and if there is no example.
pub fn widest_margin(
    inputs: &Matrix<f64>,
    targets: &[f64],
    tolerance: f64,
    max_steps: usize,
) -> Result<Widest, FitError> {
    let features = inputs.nrows();
    Perceptron::new(features).check(inputs, targets)?;
    if targets.is_empty() {
        return Err(ShapeError::new("widest margin: examples", 0, "1 or more").into());
    }
    let lifted = Matrix::from_fn(features + 1, targets.len(), |row, column| {
        let x = if row < features { inputs[(row, column)] } else { 1.0 };
        targets[column] * x
    });
    let mut shares = vec![0.0; targets.len()];
    shares[0] = 1.0;
    let mut normal: Vector<f64> = lifted.column(0).into_owned();
    for _ in 0..max_steps {
        let (hardest, easiest, gap) = furthest_apart(&lifted, &shares, &normal);
        if gap <= tolerance * normal.norm_squared() || normal.norm() <= tolerance {
            break;
        }
        let across = lifted.column(hardest) - lifted.column(easiest);
        let step = (gap / across.norm_squared()).min(shares[easiest]);
        shares[hardest] += step;
        shares[easiest] -= step;
        normal.axpy(step, &across, 1.0);
    }
    let weights = normal.rows(0, features).into_owned();
    let line = Perceptron { weights, bias: normal[features] };
    let margin = line.margin(inputs, targets);
    Ok(Widest { line, margin, ceiling: normal.norm(), shares })
}

/// The example deepest on the wrong side, the one with a share that is deepest on the
/// right side, and the difference of their products with the normal.
fn furthest_apart(
    lifted: &Matrix<f64>,
    shares: &[f64],
    normal: &Vector<f64>,
) -> (usize, usize, f64) {
    let (mut hardest, mut easiest) = (0, 0);
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for (i, z) in lifted.column_iter().enumerate() {
        let product = z.dot(normal);
        if product < least {
            (hardest, least) = (i, product);
        }
        if shares[i] > 0.0 && product > most {
            (easiest, most) = (i, product);
        }
    }
    (hardest, easiest, most - least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    const TABLE: [[bool; 2]; 4] =
        [[false, false], [false, true], [true, false], [true, true]];

    fn corners() -> Matrix<f64> {
        Matrix::from_column_slice(2, 4, &[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])
    }

    const AND: [f64; 4] = [-1.0, -1.0, -1.0, 1.0];
    const OR: [f64; 4] = [-1.0, 1.0, 1.0, 1.0];
    const XOR: [f64; 4] = [-1.0, 1.0, 1.0, -1.0];

    fn fitted(targets: &[f64], epochs: usize) -> (Perceptron<f64>, Training<f64>) {
        let mut neuron = Perceptron::new(2);
        let training = neuron.fit(&corners(), targets, epochs).unwrap();
        (neuron, training)
    }

    #[test]
    fn gates_follow_their_truth_tables() {
        for inputs in TABLE {
            let [a, b] = inputs;
            assert_eq!(Gate::and().fires(&inputs), a && b);
            assert_eq!(Gate::or().fires(&inputs), a || b);
            assert_eq!(Gate::but_not(0, 1).fires(&inputs), a && !b);
            assert_eq!(Gate::but_not(1, 0).fires(&inputs), b && !a);
            assert_eq!(xor_from_gates(&inputs), a != b);
        }
    }

    #[test]
    fn one_veto_silences_any_number_of_votes() {
        let gate =
            Gate { excitatory: vec![0, 1, 2], inhibitory: vec![3], threshold: 1 };
        assert!(gate.fires(&[true, true, true, false]));
        assert!(!gate.fires(&[true, true, true, true]));
        assert!(gate.fires(&[true]), "an input that is missing is off");
    }

    /// The worked example of the chapter, step by step.
    #[test]
    fn the_steps_on_or_are_those_of_the_chapter() {
        let mut neuron = Perceptron::<f64>::new(2);
        let inputs = corners();
        let mut steps = vec![];
        for _ in 0..4 {
            for (x, y) in inputs.column_iter().zip(OR) {
                if neuron.learn(x.as_slice(), y) {
                    steps.push((neuron.weights[0], neuron.weights[1], neuron.bias));
                }
            }
        }
        let expected = [
            (0.0, 0.0, -1.0),
            (0.0, 1.0, 0.0),
            (0.0, 1.0, -1.0),
            (1.0, 1.0, 0.0),
            (1.0, 1.0, -1.0),
        ];
        assert_eq!(steps, expected);
    }

    #[test]
    fn a_right_decision_changes_nothing() {
        let mut neuron =
            Perceptron { weights: Vector::from_vec(vec![2.0]), bias: -1.0 };
        let before = neuron.clone();
        assert!(!neuron.learn(&[1.0], 1.0));
        assert!(!neuron.learn(&[0.0], -1.0));
        assert_eq!(neuron, before);
    }

    #[test]
    fn a_sum_of_zero_fires() {
        let neuron = Perceptron { weights: Vector::from_vec(vec![2.0f32]), bias: -1.0 };
        assert_eq!(neuron.decide(&[0.5]), 1.0);
        assert_eq!(neuron.decide(&[0.25]), -1.0);
    }

    #[test]
    fn and_and_or_settle_within_the_bound() {
        for (targets, mistakes, bound) in [(AND, 11, 51.0), (OR, 5, 27.0)] {
            let (neuron, training) = fitted(&targets, 100);
            assert!(training.settled());
            assert_eq!(training.cycle(), None);
            assert_eq!(training.total(), mistakes);
            assert_eq!(training.mistakes.iter().filter(|&&m| m == 0).count(), 1);
            assert_eq!(neuron.count_mistakes(&corners(), &targets), 0);
            let widest = widest_margin(&corners(), &targets, 1e-13, 10_000).unwrap();
            let found = mistake_bound(radius(&corners()), widest.margin);
            assert_relative_eq!(found, bound, max_relative = 1e-9);
            assert!(training.total() as f64 <= found);
        }
    }

    #[test]
    fn xor_repeats_itself() {
        let (neuron, training) = fitted(&XOR, 50);
        assert!(!training.settled());
        assert_eq!(training.cycle(), Some(1));
        assert_eq!(training.mistakes[2..], [4; 48]);
        assert!(neuron.count_mistakes(&corners(), &XOR) > 0);
        let widest = widest_margin(&corners(), &XOR, 1e-12, 100_000).unwrap();
        assert!(widest.ceiling < 1e-11 && widest.margin < 0.0);
        for share in widest.shares {
            assert_relative_eq!(share, 0.25, epsilon = 1e-9);
        }
    }

    #[test]
    fn the_widest_margin_lies_between_its_two_bounds() {
        // One example each side: the line must be their perpendicular bisector in the
        // lifted space, so the answer is known: half of (1, 1) - (-1, 1) has length 1.
        let inputs = Matrix::from_column_slice(1, 2, &[1.0, -1.0]);
        let widest = widest_margin(&inputs, &[1.0, -1.0], 1e-12, 100).unwrap();
        assert_relative_eq!(widest.margin, 1.0, epsilon = 1e-12);
        assert_relative_eq!(widest.ceiling, 1.0, epsilon = 1e-12);
        // Stopped early, the two still bracket the answer: a third, for OR.
        for steps in [0, 1, 2, 3, 5, 8] {
            let early = widest_margin(&corners(), &OR, 1e-13, steps).unwrap();
            assert!(early.margin <= 1.0 / 3.0 + 1e-12);
            assert!(early.ceiling >= 1.0 / 3.0 - 1e-12);
        }
    }

    #[test]
    fn the_margin_counts_the_bias() {
        let line = Perceptron { weights: Vector::from_vec(vec![3.0]), bias: 4.0 };
        let inputs = Matrix::from_column_slice(1, 2, &[2.0, -4.0]);
        assert_relative_eq!(line.margin(&inputs, &[1.0, -1.0]), 1.6);
        assert_relative_eq!(line.margin(&inputs, &[-1.0, -1.0]), -2.0);
        assert_relative_eq!(radius(&inputs), 17f64.sqrt());
        assert!(Perceptron::<f64>::new(1).margin(&inputs, &[1.0, -1.0]).is_nan());
    }

    #[test]
    fn bad_arguments_are_errors_that_name_them() {
        let mut neuron = Perceptron::<f64>::new(2);
        let said = |result: Result<_, FitError>| result.unwrap_err().to_string();
        let three = Matrix::zeros(3, 4);
        assert_eq!(
            said(neuron.fit(&three, &AND, 1)),
            "perceptron: the number of input rows is 3, expected 2"
        );
        assert_eq!(
            said(neuron.fit(&corners(), &AND[..3], 1)),
            "perceptron: the number of targets is 3, expected 4"
        );
        assert_eq!(
            said(neuron.fit(&corners(), &[0.0, 0.0, 0.0, 1.0], 1)),
            "target 0 is 0, expected +1 or -1"
        );
        let mut holes = corners();
        holes[(1, 2)] = f64::NAN;
        assert_eq!(
            said(neuron.fit(&holes, &AND, 1)),
            "example 2 has an input that is not a finite number"
        );
        assert!(widest_margin(&Matrix::<f64>::zeros(2, 0), &[], 1e-9, 9).is_err());
    }

    #[test]
    fn single_precision_makes_the_same_decisions() {
        let inputs = corners().map(|x| x as f32);
        let mut neuron = Perceptron::<f32>::new(2);
        let training = neuron.fit(&inputs, &AND.map(|y| y as f32), 100).unwrap();
        assert_eq!(training.mistakes, fitted(&AND, 100).1.mistakes);
    }
}
