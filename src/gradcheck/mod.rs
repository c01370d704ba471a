//! Is this gradient right, and if not, how is it wrong?
//!
//! A gradient says how much the loss changes when one number changes a little. So
//! change that number a little, both ways, and look: (L(w + h) - L(w - h)) / 2h. This
//! costs two evaluations of the loss for each number, which is hopeless for training
//! and perfect for checking. Everything here is in `f64`.
//!
//! Two gradients of a tensor, `a` from the formula and `n` from differences, are near
//! when
//!
//! - |a - n| / (|a| + |n|) <= 1e-7, lengths of the whole tensors, and
//! - max|a - n| <= 1e-6 max|n|, so that one wrong entry cannot hide in a large tensor,
//!
//! or when both are zero but for rounding. Where they are not near, the checker goes
//! on: it measures each slope again at many steps, to learn whether the differences are
//! to blame (a corner was crossed, the step is too small or too large) and, where they
//! are not, compares the two tensors for the classic mistakes. The answer is a
//! [`Verdict`].
//!
//! ```
//! use gradbook::{Matrix, gradcheck};
//!
//! // f(w) = w0^2 + 3 w1 has the slopes (2 w0, 3)
//! let f = |w: &Matrix<f64>| w[0] * w[0] + 3.0 * w[1];
//! let at = Matrix::from_column_slice(2, 1, &[5.0, -1.0]);
//! let right = Matrix::from_column_slice(2, 1, &[10.0, 3.0]);
//! assert!(gradcheck::check_function(f, &at, &right).is_right());
//!
//! let report = gradcheck::check_function(f, &at, &(-right));
//! assert_eq!(report.verdict, gradcheck::Verdict::SignFlipped);
//! ```
//!
//! A layer that draws by chance ([`Dropout`](crate::layer::Dropout)) is held: each of
//! the passes starts from the same place of its generator and so gets the same mask.
//! Generators and running means are afterwards as they were.
//!
//! Sources: differences against formulas are as old as the calculus; the step that
//! balances the two errors is worked out in Nocedal and Wright, "Numerical
//! Optimization" (2006), section 8.1.

mod curve;
mod diagnose;
mod slope;
mod subject;
mod verdict;

pub use curve::{Difference, step_curve};
pub use verdict::{Culprit, Hint, Verdict};

use std::fmt;

use crate::layer::{Layer, Phase, Recurrent};
use crate::loss::Loss;
use crate::network::Sequential;
use crate::real::{Matrix, ShapeError};
use crate::sequence::Sequences;
use crate::sequence_network::{Input, SequenceNetwork};

/// The step of the central differences unless another is asked for. Their two errors
/// (rounding, which grows as the step shrinks, and curvature, which shrinks with it)
/// are about equal here.
pub const STEP: f64 = 1e-5;

/// How a gradient is checked.
#[derive(Clone, Copy, Debug)]
pub struct Checker {
    step: f64,
    batch: usize,
    phase: Phase,
    /// Whether the loss may be a mean over all entries of what is checked.
    over_entries: bool,
}

impl Default for Checker {
    fn default() -> Self {
        Self { step: STEP, batch: 1, phase: Phase::Train, over_entries: false }
    }
}

impl Checker {
    /// The checker with the step [`STEP`].
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with another step.
    pub fn with_step(self, step: f64) -> Self {
        Self { step, ..self }
    }

    /// Tells [`Checker::function`] how many examples the loss is a mean of, so that it
    /// recognizes a mean that is missing. The other checks find it out themselves.
    pub fn with_batch(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    /// Checks layers and networks as they are in this phase; in training if not asked.
    pub fn with_phase(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }

    fn over_entries(self) -> Self {
        Self { over_entries: true, ..self }
    }

    /// Compares `analytic` with the slopes of `f` at the point `at`.
    pub fn function(
        self,
        f: impl FnMut(&Matrix<f64>) -> f64,
        at: &Matrix<f64>,
        analytic: &Matrix<f64>,
    ) -> Report {
        diagnose::check(self, f, at, analytic)
    }

    /// Checks a layer's backward pass: the gradient of its input and of each parameter.
    /// The loss is the sum of the outputs, each times a number drawn from `seed`.
    ///
    /// # Errors
    ///
    /// When the layer does not take an input of this shape.
    pub fn layer(
        self,
        layer: &mut dyn Layer<f64>,
        input: &Matrix<f64>,
        seed: u64,
    ) -> Result<Findings, ShapeError> {
        subject::layer(self, layer, input, seed)
    }

    /// Checks a loss's gradient with respect to the predictions.
    ///
    /// # Errors
    ///
    /// When the loss refuses these shapes.
    pub fn loss(
        self,
        loss: &dyn Loss<f64>,
        prediction: &Matrix<f64>,
        target: &Matrix<f64>,
    ) -> Result<Report, ShapeError> {
        subject::loss(self, loss, prediction, target)
    }

    /// Checks a whole network with its loss: the gradient of the input and of each
    /// parameter, in the order of the forward pass.
    ///
    /// # Errors
    ///
    /// When the network or the loss refuses these shapes.
    pub fn network(
        self,
        network: &mut Sequential<f64>,
        loss: &dyn Loss<f64>,
        input: &Matrix<f64>,
        target: &Matrix<f64>,
    ) -> Result<Findings, ShapeError> {
        subject::network(self, network, loss, input, target)
    }

    /// Checks backpropagation through time: the gradient of a recurrent layer's input,
    /// of its initial state, `first`, and of each parameter. The loss is the sum of the
    /// outputs and of the final state's entries, each times a number drawn from `seed`.
    ///
    /// # Errors
    ///
    /// When input, sequences and initial state do not fit the layer.
    pub fn recurrent(
        self,
        layer: &mut dyn Recurrent<f64>,
        input: &Matrix<f64>,
        sequences: &Sequences,
        first: &Matrix<f64>,
        seed: u64,
    ) -> Result<Findings, ShapeError> {
        subject::recurrent(self, layer, input, sequences, first, seed)
    }

    /// Checks a network over sequences with its loss, from an empty memory on: the
    /// gradient of the input, where it is numbers, and of each parameter.
    ///
    /// # Errors
    ///
    /// When the network or the loss refuses these shapes.
    pub fn sequence_network(
        self,
        network: &mut SequenceNetwork<f64>,
        loss: &dyn Loss<f64>,
        input: Input<'_, f64>,
        sequences: &Sequences,
        target: &Matrix<f64>,
    ) -> Result<Findings, ShapeError> {
        subject::sequence_network(self, network, loss, input, sequences, target)
    }
}

/// [`Checker::recurrent`] with the usual step.
///
/// # Errors
///
/// When input, sequences and initial state do not fit the layer.
pub fn check_recurrent(
    layer: &mut dyn Recurrent<f64>,
    input: &Matrix<f64>,
    sequences: &Sequences,
    first: &Matrix<f64>,
    seed: u64,
) -> Result<Findings, ShapeError> {
    Checker::new().recurrent(layer, input, sequences, first, seed)
}

/// [`Checker::sequence_network`] with the usual step.
///
/// # Errors
///
/// When the network or the loss refuses these shapes.
pub fn check_sequence_network(
    network: &mut SequenceNetwork<f64>,
    loss: &dyn Loss<f64>,
    input: Input<'_, f64>,
    sequences: &Sequences,
    target: &Matrix<f64>,
) -> Result<Findings, ShapeError> {
    Checker::new().sequence_network(network, loss, input, sequences, target)
}

/// [`Checker::function`] with the usual step.
pub fn check_function(
    f: impl FnMut(&Matrix<f64>) -> f64,
    at: &Matrix<f64>,
    analytic: &Matrix<f64>,
) -> Report {
    Checker::new().function(f, at, analytic)
}

/// [`Checker::layer`] with the usual step.
///
/// # Errors
///
/// When the layer does not take an input of this shape.
pub fn check_layer(
    layer: &mut dyn Layer<f64>,
    input: &Matrix<f64>,
    seed: u64,
) -> Result<Findings, ShapeError> {
    Checker::new().layer(layer, input, seed)
}

/// [`Checker::loss`] with the usual step.
///
/// # Errors
///
/// When the loss refuses these shapes.
pub fn check_loss(
    loss: &dyn Loss<f64>,
    prediction: &Matrix<f64>,
    target: &Matrix<f64>,
) -> Result<Report, ShapeError> {
    Checker::new().loss(loss, prediction, target)
}

/// [`Checker::network`] with the usual step.
///
/// # Errors
///
/// When the network or the loss refuses these shapes.
pub fn check_network(
    network: &mut Sequential<f64>,
    loss: &dyn Loss<f64>,
    input: &Matrix<f64>,
    target: &Matrix<f64>,
) -> Result<Findings, ShapeError> {
    Checker::new().network(network, loss, input, target)
}

/// What the checker found about one tensor.
#[derive(Clone, Debug)]
pub struct Report {
    /// The tensor's name: `input`, `weight`, `2.bias`...
    pub name: String,
    /// Rows and columns of the tensor.
    pub shape: (usize, usize),
    /// Right, or how it is wrong.
    pub verdict: Verdict,
    /// |a - n| / (|a| + |n|), `a` from the formula, `n` from differences.
    pub distance: f64,
    /// max|a - n| / max|n|.
    pub worst: f64,
    /// The slopes from differences. Where the step was to blame, those of better steps.
    pub numeric: Matrix<f64>,
    /// How often the loss was evaluated.
    pub evaluations: usize,
}

impl Report {
    /// Whether the gradient is right.
    pub fn is_right(&self) -> bool {
        self.verdict == Verdict::Right
    }

    fn named(self, name: &str) -> Self {
        Self { name: name.to_string(), ..self }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, columns) = self.shape;
        write!(f, "{} ({rows} x {columns}): {}", self.name, self.verdict)
    }
}

/// What the checker found about a layer or a network, a report for each tensor.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The input first, then the parameters in their order.
    pub reports: Vec<Report>,
}

impl Findings {
    /// Whether every gradient is right.
    pub fn all_right(&self) -> bool {
        self.reports.iter().all(Report::is_right)
    }

    /// The reports of gradients that are not right.
    pub fn faults(&self) -> impl DoubleEndedIterator<Item = &Report> {
        self.reports.iter().filter(|report| !report.is_right())
    }

    /// The fault nearest to the loss. A wrong gradient spoils all that come after it on
    /// the way back, so this is the one to look at first.
    pub fn first_on_the_way_back(&self) -> Option<&Report> {
        self.faults().next_back()
    }

    /// The report about the tensor of this name.
    pub fn of(&self, name: &str) -> Option<&Report> {
        self.reports.iter().find(|report| report.name == name)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, report) in self.reports.iter().enumerate() {
            let end = if index + 1 == self.reports.len() { "" } else { "\n" };
            write!(f, "{report}{end}")?;
        }
        Ok(())
    }
}
