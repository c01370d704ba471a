//! The spiral: two hidden layers that learn by gradient descent, and what is compared
//! with them.

use gradbook::data::{Batches, Dataset, synthetic};
use gradbook::layer::Parameter;
use gradbook::loss::Loss;
use gradbook::network::Parameters;
use gradbook::optimizer::{Optimizer, Sgd};
use gradbook::train::{Batch, evaluate, gradients};
use gradbook::{Rng, Sequential, rng};
use lessons::Result;
use rand::seq::SliceRandom;

use crate::hands::Hands;

/// Classes of the spiral.
pub const ARMS: usize = 3;

/// Examples to learn from, and as many to be judged on.
pub const EXAMPLES: usize = 900;

/// The widths of the hidden layers.
pub const HIDDEN: [usize; 2] = [16, 16];

/// How to train.
#[derive(Clone, Copy)]
pub struct Plan {
    pub epochs: usize,
    pub batch: usize,
    pub rate: f64,
    pub seed: u64,
    /// Whether only the last layer learns.
    pub frozen: bool,
}

/// Two sets of points from the same spiral: one to learn from, one to be judged on.
pub fn data(rng: &mut Rng) -> (Dataset<f64>, Dataset<f64>) {
    let mut draw = || synthetic::spirals(EXAMPLES, ARMS, 0.02, rng);
    (draw(), draw())
}

// ANCHOR: train
/// Gradient descent, as in lesson 2; the slopes come from one backward pass for each
/// batch. Returns the mean loss of every epoch.
pub fn train(
    network: &mut Sequential<f64>,
    loss: &dyn Loss<f64>,
    data: &Dataset<f64>,
    plan: Plan,
    mut after: impl FnMut(usize, &mut Sequential<f64>) -> Result,
) -> Result<Vec<f64>> {
    let mut batches = Batches::shuffled(data.len(), plan.batch, &mut rng(plan.seed))?;
    let (mut descent, mut batch) = (Sgd::new(plan.rate), Batch::default());
    let mut history = vec![];
    for epoch in 1..=plan.epochs {
        let mut sum = 0.0;
        while let Some(examples) = batches.next_batch() {
            batch.gather(data, examples);
            let value = gradients(network, loss, &mut batch)?; // forward, backward
            if plan.frozen {
                hold_hidden_layers(network);
            }
            descent.step(network);
            sum += value * batch.inputs.ncols() as f64;
        }
        history.push(sum / data.len() as f64);
        after(epoch, network)?;
    }
    Ok(history)
}
// ANCHOR_END: train

/// Sets the slopes of all layers but the last to zero: they stay as chance made them.
fn hold_hidden_layers(network: &mut Sequential<f64>) {
    let mut count = 0;
    network.parameters(&mut |_, _| count += 1);
    let mut index = 0;
    network.parameters(&mut |_, parameter: &mut Parameter<f64>| {
        if index + 2 < count {
            parameter.grad.fill(0.0);
        }
        index += 1;
    });
}

/// The share of right answers. A network that puts out NaN has none.
pub fn accuracy(network: &mut Sequential<f64>, data: &Dataset<f64>) -> Result<f64> {
    let loss = gradbook::loss::SoftmaxCrossEntropy;
    Ok(evaluate(network, &loss, data)?.accuracy.unwrap_or(0.0))
}

/// The held-out accuracy of a network with these hidden layers, trained.
pub fn learn(
    hands: Hands,
    hidden: &[usize],
    (train_on, judge_on): (&Dataset<f64>, &Dataset<f64>),
    plan: Plan,
) -> Result<(f64, Vec<f64>)> {
    let mut network = hands.network(hidden, ARMS, &mut rng(plan.seed))?;
    let nothing = |_, _: &mut Sequential<f64>| Ok(());
    let history = train(&mut network, &hands.loss(), train_on, plan, nothing)?;
    Ok((accuracy(&mut network, judge_on)?, history))
}

/// The same points with their classes dealt out anew by chance.
pub fn shuffled_labels(data: &Dataset<f64>, rng: &mut Rng) -> Dataset<f64> {
    let mut order: Vec<usize> = (0..data.len()).collect();
    order.shuffle(rng);
    Dataset { inputs: data.inputs.clone(), ..data.select(&order) }
}
