//! What can be checked: a layer, a loss, a whole network.

use rand::RngExt;
use rand_distr::StandardNormal;

use crate::gradcheck::{Checker, Findings, Report, Verdict};
use crate::layer::{Layer, Parameter, Phase, Recurrent};
use crate::loss::Loss;
use crate::network::{Parameters, Sequential};
use crate::real::{Matrix, Rng, ShapeError, shape_of};
use crate::sequence::Sequences;
use crate::sequence_network::{Input, SequenceNetwork, State};

/// Something with an input, parameters, and one number at its end.
trait Subject {
    fn loss(&mut self, input: &Matrix<f64>) -> f64;
    fn backward(&mut self, input: &Matrix<f64>, grad_input: &mut Matrix<f64>);
    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<f64>));
    fn buffers(&mut self, _: &mut dyn FnMut(&mut Matrix<f64>)) {}
    fn generators(&mut self, _: &mut dyn FnMut(&mut Rng)) {}
}

// ANCHOR: held
/// A subject whose chance is held: every pass starts from the same place of each
/// generator, so that dropout drops the same numbers each time. Without this the
/// differences would compare two networks.
struct Held<'a> {
    subject: &'a mut dyn Subject,
    generators: Vec<Rng>,
    buffers: Vec<Matrix<f64>>,
}

impl<'a> Held<'a> {
    fn new(subject: &'a mut dyn Subject) -> Self {
        let (mut generators, mut buffers) = (Vec::new(), Vec::new());
        subject.generators(&mut |rng| generators.push(rng.clone()));
        subject.buffers(&mut |buffer| buffers.push(buffer.clone()));
        Self { subject, generators, buffers }
    }

    fn rewind(&mut self) {
        let mut saved = self.generators.iter();
        self.subject.generators(&mut |rng| {
            if let Some(saved) = saved.next() {
                rng.clone_from(saved);
            }
        });
    }
}

impl Drop for Held<'_> {
    /// Leaves generators and running means as they were before the check.
    fn drop(&mut self) {
        self.rewind();
        let mut saved = self.buffers.iter();
        self.subject.buffers(&mut |buffer| {
            if let Some(saved) = saved.next() {
                buffer.clone_from(saved);
            }
        });
    }
}

impl Subject for Held<'_> {
    fn loss(&mut self, input: &Matrix<f64>) -> f64 {
        self.rewind();
        self.subject.loss(input)
    }

    fn backward(&mut self, input: &Matrix<f64>, grad_input: &mut Matrix<f64>) {
        self.rewind();
        self.subject.backward(input, grad_input);
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<f64>)) {
        self.subject.parameters(visit);
    }
}
// ANCHOR_END: held

/// A layer, its outputs weighted and added up.
struct Weighted<'a> {
    layer: &'a mut dyn Layer<f64>,
    weights: Matrix<f64>,
    output: Matrix<f64>,
    phase: Phase,
}

impl Subject for Weighted<'_> {
    fn loss(&mut self, input: &Matrix<f64>) -> f64 {
        self.layer.forward(input, &mut self.output, self.phase);
        self.output.dot(&self.weights)
    }

    fn backward(&mut self, input: &Matrix<f64>, grad_input: &mut Matrix<f64>) {
        self.layer.forward(input, &mut self.output, self.phase);
        self.layer.backward(input, &self.output, &self.weights, Some(grad_input));
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<f64>)) {
        self.layer.parameters(&mut |name, parameter| visit(name, parameter));
    }

    fn buffers(&mut self, visit: &mut dyn FnMut(&mut Matrix<f64>)) {
        self.layer.buffers(&mut |_, buffer| visit(buffer));
    }

    fn generators(&mut self, visit: &mut dyn FnMut(&mut Rng)) {
        self.layer.generators(visit);
    }
}

/// A network and a loss. Shapes are checked before it is made; what still fails is NaN.
struct Judged<'a> {
    network: &'a mut Sequential<f64>,
    loss: &'a dyn Loss<f64>,
    target: &'a Matrix<f64>,
    phase: Phase,
}

impl Subject for Judged<'_> {
    fn loss(&mut self, input: &Matrix<f64>) -> f64 {
        let output = self.network.forward(input, self.phase);
        let value = output.and_then(|output| self.loss.value(output, self.target));
        value.unwrap_or(f64::NAN)
    }

    fn backward(&mut self, input: &Matrix<f64>, grad_input: &mut Matrix<f64>) {
        let mut slope = Matrix::zeros(0, 0);
        let output = self.network.forward(input, self.phase);
        let done = output
            .and_then(|output| self.loss.gradient(output, self.target, &mut slope))
            .and_then(|_| self.network.backward_to_input(input, &slope, grad_input));
        if done.is_err() {
            grad_input.fill(f64::NAN);
        }
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<f64>)) {
        self.network.parameters(visit);
    }

    fn buffers(&mut self, visit: &mut dyn FnMut(&mut Matrix<f64>)) {
        self.network.buffers(&mut |_, buffer| visit(buffer));
    }

    fn generators(&mut self, visit: &mut dyn FnMut(&mut Rng)) {
        self.network.generators(visit);
    }
}

/// A recurrent layer, its outputs and its final state weighted and added up. The
/// initial state is shown as a parameter, so that its gradient is checked as theirs
/// are.
struct Unrolled<'a> {
    layer: &'a mut dyn Recurrent<f64>,
    sequences: &'a Sequences,
    first: Parameter<f64>,
    weights: Matrix<f64>,
    state_weights: Matrix<f64>,
    output: Matrix<f64>,
}

impl Subject for Unrolled<'_> {
    fn loss(&mut self, input: &Matrix<f64>) -> f64 {
        let mut state = self.first.value.clone();
        self.layer.forward(input, self.sequences, &mut state, &mut self.output);
        self.output.dot(&self.weights) + state.dot(&self.state_weights)
    }

    fn backward(&mut self, input: &Matrix<f64>, grad_input: &mut Matrix<f64>) {
        self.loss(input);
        let mut grad_state = self.state_weights.clone();
        self.layer.backward(
            input,
            self.sequences,
            &self.output,
            &self.weights,
            &mut grad_state,
            Some(grad_input),
        );
        self.first.grad += grad_state;
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<f64>)) {
        visit("initial_state", &mut self.first);
        self.layer.parameters(&mut |name, parameter| visit(name, parameter));
    }
}

/// A network over sequences and a loss. What it reads is the input that is checked, or,
/// where it reads tokens, nothing.
struct Reader<'a> {
    network: &'a mut SequenceNetwork<f64>,
    loss: &'a dyn Loss<f64>,
    tokens: Option<&'a [usize]>,
    sequences: &'a Sequences,
    first: &'a State<f64>,
    target: &'a Matrix<f64>,
    phase: Phase,
}

impl Reader<'_> {
    fn pass(
        &mut self,
        input: &Matrix<f64>,
        slope: &mut Matrix<f64>,
    ) -> Result<f64, ShapeError> {
        let input = self.tokens.map_or(Input::Numbers(input), Input::Tokens);
        let mut state = self.first.clone();
        let (network, sequences) = (&mut *self.network, self.sequences);
        let output = match self.phase {
            Phase::Train => network.forward(input, sequences, &mut state)?,
            Phase::Infer => network.infer(input, sequences, &mut state)?,
        };
        self.loss.gradient(output, self.target, slope)
    }
}

impl Subject for Reader<'_> {
    fn loss(&mut self, input: &Matrix<f64>) -> f64 {
        self.pass(input, &mut Matrix::zeros(0, 0)).unwrap_or(f64::NAN)
    }

    fn backward(&mut self, input: &Matrix<f64>, grad_input: &mut Matrix<f64>) {
        let mut slope = Matrix::zeros(0, 0);
        let passed = self.pass(input, &mut slope);
        let done = passed.and_then(|_| match self.tokens {
            Some(tokens) => {
                self.network.backward(Input::Tokens(tokens), self.sequences, &slope)
            }
            None => {
                let input = Input::Numbers(input);
                let (network, sequences) = (&mut *self.network, self.sequences);
                network.backward_to_input(input, sequences, &slope, grad_input)
            }
        });
        if done.is_err() {
            grad_input.fill(f64::NAN);
        }
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<f64>)) {
        self.network.parameters(visit);
    }

    fn buffers(&mut self, visit: &mut dyn FnMut(&mut Matrix<f64>)) {
        self.network.buffers(&mut |_, buffer| visit(buffer));
    }

    fn generators(&mut self, visit: &mut dyn FnMut(&mut Rng)) {
        self.network.generators(visit);
    }
}

pub(super) fn recurrent(
    checker: Checker,
    layer: &mut dyn Recurrent<f64>,
    input: &Matrix<f64>,
    sequences: &Sequences,
    first: &Matrix<f64>,
    seed: u64,
) -> Result<Findings, ShapeError> {
    let (columns, batch) = (sequences.columns(), sequences.batch());
    let expected = [(layer.inputs(), columns), (layer.state_rows(), batch)];
    for ((name, given), (rows, columns)) in
        [("input", input), ("initial state", first)].into_iter().zip(expected)
    {
        if given.shape() != (rows, columns) {
            let what = format!("{}: {name}", layer.name());
            let expected = format!("{rows} x {columns}");
            return Err(ShapeError::new(what, shape_of(given), expected));
        }
    }
    let mut rng = crate::rng(seed);
    let mut draw = |rows, columns| {
        Matrix::from_fn(rows, columns, |_, _| rng.sample(StandardNormal))
    };
    let mut subject = Unrolled {
        weights: draw(layer.hidden(), columns),
        state_weights: draw(layer.state_rows(), batch),
        first: Parameter::new(first.clone()),
        output: Matrix::zeros(0, 0),
        layer,
        sequences,
    };
    Ok(findings(checker, &mut subject, input))
}

pub(super) fn sequence_network(
    checker: Checker,
    network: &mut SequenceNetwork<f64>,
    loss: &dyn Loss<f64>,
    input: Input<'_, f64>,
    sequences: &Sequences,
    target: &Matrix<f64>,
) -> Result<Findings, ShapeError> {
    let first = network.state(sequences.batch());
    let output = network.infer(input, sequences, &mut first.clone())?;
    loss.value(output, target)?;
    let (tokens, numbers) = match input {
        Input::Tokens(tokens) => (Some(tokens), Matrix::zeros(0, sequences.batch())),
        Input::Numbers(numbers) => (None, numbers.clone()),
    };
    let (first, phase) = (&first, checker.phase);
    let mut subject = Reader { network, loss, tokens, sequences, first, target, phase };
    let mut found = findings(checker, &mut subject, &numbers);
    if tokens.is_some() {
        found.reports.retain(|report| report.name != "input");
    }
    Ok(found)
}

pub(super) fn layer(
    checker: Checker,
    layer: &mut dyn Layer<f64>,
    input: &Matrix<f64>,
    seed: u64,
) -> Result<Findings, ShapeError> {
    let rows = layer.output_rows(input.nrows())?;
    let mut rng = crate::rng(seed);
    let draw = |_, _| rng.sample(StandardNormal);
    let weights = Matrix::from_fn(rows, input.ncols(), draw);
    let (output, phase) = (Matrix::zeros(0, 0), checker.phase);
    Ok(findings(checker, &mut Weighted { layer, weights, output, phase }, input))
}

pub(super) fn loss(
    checker: Checker,
    loss: &dyn Loss<f64>,
    prediction: &Matrix<f64>,
    target: &Matrix<f64>,
) -> Result<Report, ShapeError> {
    let mut grad = Matrix::from_element(prediction.nrows(), prediction.ncols(), 0.75);
    loss.gradient(prediction, target, &mut grad)?;
    let value = |p: &Matrix<f64>| loss.value(p, target).unwrap_or(f64::NAN);
    let checker = checker.with_batch(prediction.ncols()).over_entries();
    Ok(checker.function(value, prediction, &grad).named("prediction"))
}

pub(super) fn network(
    checker: Checker,
    network: &mut Sequential<f64>,
    loss: &dyn Loss<f64>,
    input: &Matrix<f64>,
    target: &Matrix<f64>,
) -> Result<Findings, ShapeError> {
    loss.value(network.forward(input, Phase::Infer)?, target)?;
    let phase = checker.phase;
    Ok(findings(checker, &mut Judged { network, loss, target, phase }, input))
}

fn findings(
    checker: Checker,
    subject: &mut dyn Subject,
    input: &Matrix<f64>,
) -> Findings {
    let checker = checker.with_batch(input.ncols());
    let subject = &mut Held::new(subject);
    let kept = fill_gradients(subject);
    let mut grad_input = before(input);
    subject.backward(input, &mut grad_input);
    let mut reports = vec![input_report(checker, subject, input, &grad_input)];
    for (index, (name, found)) in swap_gradients(subject, kept).iter().enumerate() {
        reports
            .push(parameter_report(checker, subject, input, index, found).named(name));
    }
    Findings { reports }
}

/// What stands in a gradient before the backward pass: numbers that no slope is likely
/// to equal, to see whether the pass adds to them or replaces them.
fn before(value: &Matrix<f64>) -> Matrix<f64> {
    let pattern =
        |row: usize, column: usize| 0.375 + ((3 * row + 5 * column) % 7) as f64;
    Matrix::from_fn(value.nrows(), value.ncols(), pattern)
}

/// Puts [`before`] into every gradient and returns what was there.
fn fill_gradients(subject: &mut dyn Subject) -> Vec<Matrix<f64>> {
    let mut kept = Vec::new();
    subject.parameters(&mut |_, parameter| {
        let filled = before(&parameter.value);
        kept.push(std::mem::replace(&mut parameter.grad, filled));
    });
    kept
}

/// Puts the gradients back that were there and returns what the backward pass left.
fn swap_gradients(
    subject: &mut dyn Subject,
    kept: Vec<Matrix<f64>>,
) -> Vec<(String, Matrix<f64>)> {
    let (mut kept, mut found) = (kept.into_iter(), Vec::new());
    subject.parameters(&mut |name, parameter| {
        let earlier = kept.next().unwrap_or_else(|| before(&parameter.value));
        let left = std::mem::replace(&mut parameter.grad, earlier);
        found.push((name.to_string(), left));
    });
    found
}

fn input_report(
    checker: Checker,
    subject: &mut dyn Subject,
    input: &Matrix<f64>,
    found: &Matrix<f64>,
) -> Report {
    let mut check =
        |grad: &Matrix<f64>| checker.function(|x| subject.loss(x), input, grad);
    let mut report = check(found);
    let fits = found.shape() == input.shape();
    if !report.is_right() && fits && check(&(found - before(input))).is_right() {
        report.verdict = Verdict::Accumulates;
    }
    report.named("input")
}

fn parameter_report(
    checker: Checker,
    subject: &mut dyn Subject,
    input: &Matrix<f64>,
    index: usize,
    found: &Matrix<f64>,
) -> Report {
    let at = value_of(subject, index);
    let mut check = |grad: &Matrix<f64>| {
        let moved = |value: &Matrix<f64>| {
            set_value(subject, index, value);
            subject.loss(input)
        };
        checker.function(moved, &at, grad)
    };
    let fits = found.shape() == at.shape();
    let added = if fits { found - before(&at) } else { found.clone() };
    let mut report = check(&added);
    if !report.is_right() && fits && check(found).is_right() {
        report.verdict = Verdict::Overwrites;
    }
    set_value(subject, index, &at);
    report
}

/// A copy of parameter `index`.
fn value_of(subject: &mut dyn Subject, index: usize) -> Matrix<f64> {
    let mut value = Matrix::zeros(0, 0);
    at_parameter(subject, index, |parameter| value = parameter.value.clone());
    value
}

fn set_value(subject: &mut dyn Subject, index: usize, value: &Matrix<f64>) {
    at_parameter(subject, index, |parameter| parameter.value.copy_from(value));
}

fn at_parameter(
    subject: &mut dyn Subject,
    index: usize,
    mut act: impl FnMut(&mut Parameter<f64>),
) {
    let mut place = 0;
    subject.parameters(&mut |_, parameter| {
        if place == index {
            act(parameter);
        }
        place += 1;
    });
}
