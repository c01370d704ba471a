//! Learning without slopes: try weights, keep the best.

use gradbook::activation::Activation;
use gradbook::data::{Dataset, synthetic};
use gradbook::init::Init;
use gradbook::layer::{Activate, Dense};
use gradbook::train::{Progress, Training, answers, predict};
use gradbook::{Matrix, Parameter, Parameters, Phase, Rng, Sequential};
use lessons::Result;
use rand::RngExt;

use crate::spiral;

/// The share of examples that the network answers right. A single output is a logit:
/// class 1 when it is positive.
pub fn accuracy(network: &mut Sequential<f32>, data: &Dataset<f32>) -> Result<f64> {
    let answers = answers(&predict(network, &data.inputs)?);
    let right = answers.iter().zip(&data.labels).filter(|(a, b)| **a == Some(**b));
    Ok(right.count() as f64 / data.len() as f64)
}

/// A network with one output for yes and no.
pub fn small_network(rng: &mut Rng) -> Result<Sequential<f32>> {
    let mut dense = |i, o| Dense::new(i, o, Init::XavierNormal, rng);
    let (hidden, output) = (dense(2, 2), dense(2, 1));
    let network = Sequential::new(2).then(hidden)?;
    Ok(network.then(Activate::new(Activation::Tanh))?.then(output)?)
}

/// The four corners of XOR, with one target for each.
pub fn xor_data() -> Dataset<f32> {
    let corners = synthetic::xor(4, 0.0, &mut gradbook::rng(0));
    Dataset { targets: corners.targets.rows(1, 1).into_owned(), ..corners }
}

/// New normal numbers with this spread, in the shape of a parameter.
fn noise(parameter: &Parameter<f32>, spread: f64, rng: &mut Rng) -> Matrix<f32> {
    let (rows, columns) = parameter.value.shape();
    Init::Normal(spread).weights(columns, rows, rng)
}

// ANCHOR: random_search
/// Draws all weights anew, `tries` times, and keeps the best. Returns the best accuracy
/// after each try, and stops when everything is right.
pub fn random_search(
    network: &mut Sequential<f32>,
    data: &Dataset<f32>,
    tries: usize,
    rng: &mut Rng,
) -> Result<Vec<f64>> {
    let mut best = vec![];
    for _ in 0..tries {
        network.parameters(&mut |_, parameter| {
            parameter.value = noise(parameter, 2.0, rng);
        });
        let so_far = best.last().copied().unwrap_or(0.0);
        best.push(accuracy(network, data)?.max(so_far));
        if best.last() == Some(&1.0) {
            break;
        }
    }
    Ok(best)
}
// ANCHOR_END: random_search

// ANCHOR: small_changes
/// Changes all weights a little, `tries` times, and keeps each change that does no
/// harm. Returns the accuracy after each try.
pub fn small_changes(
    network: &mut Sequential<f32>,
    data: &Dataset<f32>,
    tries: usize,
    rng: &mut Rng,
) -> Result<Vec<f64>> {
    let mut history: Vec<f64> = vec![accuracy(network, data)?];
    for _ in 0..tries {
        let mut before = vec![];
        network.parameters(&mut |_, parameter| {
            before.push(parameter.value.clone());
            parameter.value += noise(parameter, 0.05, rng);
        });
        let (old, new) = (history[history.len() - 1], accuracy(network, data)?);
        if new < old {
            let mut before = before.into_iter();
            network.parameters(&mut |_, parameter| {
                parameter.value = before.next().unwrap_or_default();
            });
        }
        history.push(new.max(old));
    }
    Ok(history)
}
// ANCHOR_END: small_changes

/// One way to find weights, and how well it went.
pub struct Way {
    /// In values of the run.
    pub key: &'static str,
    /// In tables and figures.
    pub name: &'static str,
    /// The training accuracy as it went: after each try, or after each epoch.
    pub history: Vec<f64>,
    /// Points sent through the network in all. A backward pass costs as much as two
    /// forward passes, so with slopes each point counts three times.
    pub passes: usize,
}

impl Way {
    /// The accuracy at the end.
    pub fn last(&self) -> f64 {
        self.history.last().copied().unwrap_or(0.0)
    }
}

/// Three ways to the spiral's weights.
pub struct Ways {
    /// How many weights there are to find.
    pub parameters: usize,
    /// All weights anew, small changes, slopes.
    pub all: [Way; 3],
}

/// The same network on the same points: drawn anew, changed a little at a time, and, to
/// compare, with the slopes of lesson 4.
pub fn three_ways(data: &Dataset<f32>, tries: usize, rng: &mut Rng) -> Result<Ways> {
    let mut network = spiral::network(&[27, 27], rng)?;
    let parameters = network.parameter_count();
    let mut slopes = spiral::network(&[27, 27], rng)?;
    let drawn = random_search(&mut network, data, tries, rng)?;
    let nudged = small_changes(&mut network, data, tries, rng)?;
    let mut descended = vec![];
    let mut note = Progress(|at: &mut Training<'_, f32>| {
        descended.push(accuracy(at.model, data).unwrap_or(0.0));
    });
    spiral::train(&mut slopes, data, EPOCHS, rng.random(), &mut [&mut note])?;
    let points = data.len();
    let way = |key, name, history: Vec<f64>, cost: usize| {
        let passes = history.len() * cost;
        Way { key, name, history, passes }
    };
    let all = [
        way("drawn", "all weights drawn anew", drawn, points),
        way("changes", "small changes", nudged, points),
        way("slopes", "slopes (lesson 4)", descended, 3 * points),
    ];
    Ok(Ways { parameters, all })
}

/// Epochs that the slopes get.
const EPOCHS: usize = 120;

/// What each layer puts out for these examples, layer by layer.
pub fn outputs(
    network: &mut Sequential<f32>,
    data: &Dataset<f32>,
) -> Result<Vec<Matrix<f32>>> {
    network.forward(&data.inputs, Phase::Infer)?;
    let layers = network.layer_names().len();
    Ok((0..layers).filter_map(|index| network.output_of(index).cloned()).collect())
}
