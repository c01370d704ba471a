//! The three cells of the lesson, how their gates start, and networks made of them.

use gradbook::init::Init;
use gradbook::layer::{Dense, Gru, Lstm, Rnn};
use gradbook::loss::{Loss, Mse};
use gradbook::optimizer::{Optimizer, clip_norm};
use gradbook::{
    Input, Matrix, Parameters, Rng, SequenceNetwork, Sequences, Sequential, ShapeError,
};

use crate::hands::{Hands, YourLstm};

/// A recurrent layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Lesson 7's: everything it knows passes through tanh at every step.
    Rnn,
    /// Input, forget and output gate.
    Lstm,
    /// Reset and update gate.
    Gru,
}

/// The biases with which the gates of an LSTM start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// Of the forget gate: open if positive.
    pub forget: f32,
    /// Of the input gate.
    pub input: f32,
}

impl Start {
    /// The usual one: what is kept is kept at first, what is written is half written.
    pub const USUAL: Self = Self { forget: 1.0, input: 0.0 };
}

impl Cell {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Rnn, Self::Lstm, Self::Gru];

    /// As tables and pictures call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rnn => "RNN",
            Self::Lstm => "LSTM",
            Self::Gru => "GRU",
        }
    }

    /// As the names of values call it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Rnn => "rnn",
            Self::Lstm => "lstm",
            Self::Gru => "gru",
        }
    }

    // ANCHOR: after
    /// Puts a layer of this kind, drawn at random, at the end of a network.
    pub fn after(
        self,
        net: SequenceNetwork,
        (inputs, hidden): (usize, usize),
        start: Start,
        rng: &mut Rng,
    ) -> Result<SequenceNetwork, ShapeError> {
        match self {
            Self::Rnn => net.then(Rnn::new(inputs, hidden, rng)),
            Self::Gru => net.then(Gru::new(inputs, hidden, rng)),
            Self::Lstm => net.then(lstm(inputs, hidden, start, rng)),
        }
    }
    // ANCHOR_END: after
}

/// An LSTM whose gates start with these biases.
pub fn lstm(inputs: usize, hidden: usize, start: Start, rng: &mut Rng) -> Lstm {
    let mut lstm = Lstm::new(inputs, hidden, rng);
    let bias = lstm.bias.value.as_mut_slice();
    bias[..hidden].fill(start.input);
    bias[hidden..2 * hidden].fill(start.forget);
    lstm
}

// ANCHOR: network
/// Reads `features` numbers a step and, after the last step, says one.
pub fn network(
    cell: Cell,
    hands: Hands,
    (features, hidden): (usize, usize),
    start: Start,
    rng: &mut Rng,
) -> Result<SequenceNetwork, ShapeError> {
    let net = SequenceNetwork::of_numbers(features);
    let net = match (cell, hands.lstm) {
        (Cell::Lstm, Some(yours)) => {
            net.then(YourLstm::new(lstm(features, hidden, start, rng), yours))?
        }
        _ => cell.after(net, (features, hidden), start, rng)?,
    };
    let head = Dense::new(hidden, 1, Init::XavierNormal, rng);
    net.head_last_step(Sequential::new(hidden).then(head)?)
}
// ANCHOR_END: network

/// What the network says to each sequence.
pub fn answers(
    net: &mut SequenceNetwork,
    inputs: &Matrix,
    sequences: &Sequences,
) -> Result<Matrix, ShapeError> {
    let mut state = net.state(sequences.batch());
    Ok(net.infer(Input::Numbers(inputs), sequences, &mut state)?.clone())
}

/// The mean squared error on these sequences.
pub fn error(
    net: &mut SequenceNetwork,
    (inputs, targets): (&Matrix, &Matrix),
    sequences: &Sequences,
) -> Result<f64, ShapeError> {
    let answers = answers(net, inputs, sequences)?;
    Ok(Mse.value(&answers, targets)?.into())
}

// ANCHOR: update
/// One update from one batch: forward, back through all steps, clip, step.
pub fn update(
    net: &mut SequenceNetwork,
    optimizer: &mut dyn Optimizer,
    (inputs, targets): (&Matrix, &Matrix),
    sequences: &Sequences,
    clip: f32,
) -> lessons::Result<f64> {
    let mut state = net.state(sequences.batch());
    let input = Input::Numbers(inputs);
    let answers = net.forward(input, sequences, &mut state)?;
    let mut grad = Matrix::zeros(0, 0);
    let loss = Mse.gradient(answers, targets, &mut grad)?;
    net.zero_grad();
    net.backward(input, sequences, &grad)?;
    clip_norm(net, clip)?;
    optimizer.step(net);
    Ok(loss.into())
}
// ANCHOR_END: update
