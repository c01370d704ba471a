//! What thirty layers do to a signal, for different first weights.

use gradbook::Rng;
use gradbook::init::Init;

use crate::hands::{Hands, Matrix};

/// Weights and an activation to try together.
#[derive(Clone, Copy)]
pub struct Kind {
    /// In values of the run.
    pub key: &'static str,
    /// In tables and figures.
    pub name: &'static str,
    /// How the weights are drawn.
    pub init: Init,
    /// Which activation follows each layer.
    pub bend: Bend,
}

/// The activation between the layers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bend {
    /// tanh, from exercise 3.2.
    Tanh,
    /// max(z, 0).
    Relu,
}

/// The five cases of the lesson.
pub const KINDS: [Kind; 5] = [
    kind("tiny_tanh", "normal 0.01, tanh", Init::Normal(0.01), Bend::Tanh),
    kind("xavier_tanh", "Xavier, tanh", Init::XavierNormal, Bend::Tanh),
    kind("large_relu", "normal 1, ReLU", Init::Normal(1.0), Bend::Relu),
    kind("xavier_relu", "Xavier, ReLU", Init::XavierNormal, Bend::Relu),
    kind("he_relu", "He, ReLU", Init::HeNormal, Bend::Relu),
];

const fn kind(key: &'static str, name: &'static str, init: Init, bend: Bend) -> Kind {
    Kind { key, name, init, bend }
}

/// Units in each of the thirty layers, and examples sent through.
const UNITS: usize = 100;
const EXAMPLES: usize = 50;

// ANCHOR: spreads
/// The standard deviation of each layer's output, first to thirtieth.
pub fn spreads(hands: Hands, kind: Kind, rng: &mut Rng) -> Vec<f64> {
    let mut signal: Matrix = Init::Normal(1.0).weights(EXAMPLES, UNITS, rng);
    let mut spreads = vec![];
    for _ in 0..30 {
        let weight: Matrix = kind.init.weights(UNITS, UNITS, rng);
        let sums = (hands.affine)(&weight, &[0.0; UNITS], &signal);
        signal = sums.map(|z| match kind.bend {
            Bend::Tanh => (hands.activations)(z)[1].0,
            Bend::Relu => z.max(0.0),
        });
        let mean = signal.mean();
        spreads.push(signal.map(|a| (a - mean).powi(2)).mean().sqrt());
    }
    spreads
}
// ANCHOR_END: spreads
