//! Learning without slopes: try weights, keep the best.

use gradbook::data::Dataset;
use gradbook::init::Init;
use gradbook::train::{answers, predict};
use gradbook::{Matrix, Parameter, Parameters, Phase, Rng, Sequential};
use lessons::Result;

/// The share of examples that the network answers right. A single output is a logit:
/// class 1 when it is positive.
pub fn accuracy(network: &mut Sequential<f32>, data: &Dataset<f32>) -> Result<f64> {
    let answers = answers(&predict(network, &data.inputs)?);
    let right = answers.iter().zip(&data.labels).filter(|(a, b)| **a == Some(**b));
    Ok(right.count() as f64 / data.len() as f64)
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
/// Changes all weights a little, `tries` times, and keeps each change that does no harm.
/// Returns the accuracy after each try.
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

/// What each layer puts out for these examples, layer by layer.
pub fn outputs(
    network: &mut Sequential<f32>,
    data: &Dataset<f32>,
) -> Result<Vec<Matrix<f32>>> {
    network.forward(&data.inputs, Phase::Infer)?;
    let layers = network.layer_names().len();
    Ok((0..layers).filter_map(|index| network.output_of(index).cloned()).collect())
}
