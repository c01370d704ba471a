//! The spiral: data that no line divides, networks for it, and what their layers see.

use gradbook::activation::Activation;
use gradbook::data::{Dataset, synthetic};
use gradbook::init::Init;
use gradbook::layer::{Activate, Dense};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::Adam;
use gradbook::train::{Callback, Config, Task, fit};
use gradbook::{Matrix, Rng, Sequential, rng};
use lessons::Result;

use crate::search::{accuracy, outputs};

/// Classes of the spiral.
pub const ARMS: usize = 3;

/// A spiral to learn from and another to be judged on: 2 x 300 points each.
pub fn data(rng: &mut Rng) -> (Dataset<f32>, Dataset<f32>) {
    let mut draw = || synthetic::spirals(300, ARMS, 0.03, rng);
    (draw(), draw())
}

// ANCHOR: network
/// Affine and tanh layers of these widths, then an affine layer with one output for
/// each class.
pub fn network(widths: &[usize], rng: &mut Rng) -> Result<Sequential<f32>> {
    network_of(widths, Activation::Tanh, Init::XavierNormal, rng)
}

/// The same with any activation and any first weights.
pub fn network_of(
    widths: &[usize],
    activation: Activation,
    init: Init,
    rng: &mut Rng,
) -> Result<Sequential<f32>> {
    let (mut network, mut inputs) = (Sequential::new(2), 2);
    for &units in widths {
        let dense = Dense::new(inputs, units, init, rng);
        network = network.then(dense)?.then(Activate::new(activation))?;
        inputs = units;
    }
    Ok(network.then(Dense::new(inputs, ARMS, init, rng))?)
}
// ANCHOR_END: network

// ANCHOR: broken
/// The classic mistakes: a key for the run's values, words, activation, first weights.
pub const BROKEN: [(&str, &str, Activation, Init); 4] = [
    ("sound", "nothing", Activation::Tanh, Init::XavierNormal),
    ("no_bend", "no activation", Activation::Linear, Init::XavierNormal),
    ("zero", "all weights start at zero", Activation::Tanh, Init::Zeros),
    ("huge", "weights start far too large", Activation::Tanh, Init::Normal(5.0)),
];
// ANCHOR_END: broken

/// Trains with what lessons 4 and 5 will explain.
pub fn train(
    network: &mut Sequential<f32>,
    data: &Dataset<f32>,
    epochs: usize,
    seed: u64,
    callbacks: &mut [&mut dyn Callback],
) -> Result {
    let task = Task { train: data, valid: None, loss: &SoftmaxCrossEntropy };
    let config = Config { epochs, batch: 30, seed, ..Config::default() };
    fit(network, &mut Adam::new(0.02), &task, &config, callbacks)?;
    Ok(())
}

/// How well a linear classifier does on the output of each layer, the input first: it
/// sees what the network has made of the spiral so far.
pub fn probes(
    network: &mut Sequential<f32>,
    train_on: &Dataset<f32>,
    judge_on: &Dataset<f32>,
) -> Result<Vec<f64>> {
    let (seen, judged) = (outputs(network, train_on)?, outputs(network, judge_on)?);
    let stages = [0, 1, 2].map(|layer| 2 * layer + 1); // after each tanh
    let mut results = vec![linear(train_on, judge_on)?];
    for stage in stages {
        let (Some(x), Some(y)) = (seen.get(stage), judged.get(stage)) else { break };
        let part = |inputs: &Matrix<f32>, data: &Dataset<f32>| Dataset {
            inputs: inputs.clone(),
            ..data.clone()
        };
        results.push(linear(&part(x, train_on), &part(y, judge_on))?);
    }
    Ok(results)
}

/// The held-out accuracy of a linear classifier trained on these inputs.
pub fn linear(train_on: &Dataset<f32>, judge_on: &Dataset<f32>) -> Result<f64> {
    let features = train_on.features();
    let dense = Dense::new(features, ARMS, Init::XavierNormal, &mut rng(1));
    let mut probe = Sequential::new(features).then(dense)?;
    train(&mut probe, train_on, 100, 1, &mut [])?;
    accuracy(&mut probe, judge_on)
}
