//! What slopes cost, counted: every multiplication of a forward pass, of a backward
//! pass, and of differences weight by weight.

use gradbook::Rng;
use lessons::{Result, Run};
use rand::RngExt;

use crate::figures;

/// Counts multiplications by doing them.
#[derive(Default)]
struct Counter(u64);

impl Counter {
    fn times(&mut self, a: f64, b: f64) -> f64 {
        self.0 += 1;
        a * b
    }
}

/// A layer in plain loops: `weight[i][j]` for output i and input j, and `bias[i]`.
struct Layer {
    weight: Vec<Vec<f64>>,
    bias: Vec<f64>,
}

/// What was counted for one network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Units in each of the two hidden layers.
    pub units: usize,
    /// Weights and biases.
    pub weights: usize,
    /// Multiplications of one forward pass, for one example.
    pub forward: u64,
    /// Of one backward pass.
    pub backward: u64,
    /// Of central differences for every weight.
    pub differences: u64,
    /// Forward passes that the differences took.
    pub passes: u64,
    /// How far the two ways to the slopes are apart at most.
    pub apart: f64,
}

// ANCHOR: forward
/// Forward for one example. Returns what goes into each layer, and the outputs last.
fn forward(layers: &[Layer], input: &[f64], count: &mut Counter) -> Vec<Vec<f64>> {
    let mut values = vec![input.to_vec()];
    for (index, layer) in layers.iter().enumerate() {
        let bend = |z: f64| if index + 1 < layers.len() { z.tanh() } else { z };
        let unit = |(row, bias): (&Vec<f64>, &f64)| {
            let terms = row.iter().zip(&values[index]);
            bend(bias + terms.map(|(w, x)| count.times(*w, *x)).sum::<f64>())
        };
        let outputs = layer.weight.iter().zip(&layer.bias).map(unit).collect();
        values.push(outputs);
    }
    values
}
// ANCHOR_END: forward

// ANCHOR: backward
/// Backward from dL/d(outputs): the slopes of every layer's weights and biases, in the
/// order of the layers, row by row.
fn backward(
    layers: &[Layer],
    values: &[Vec<f64>],
    mut grad: Vec<f64>,
    count: &mut Counter,
) -> Vec<f64> {
    let mut slopes = vec![vec![]; layers.len()];
    for (index, layer) in layers.iter().enumerate().rev() {
        let (input, output) = (&values[index], &values[index + 1]);
        if index + 1 < layers.len() {
            let bent = grad.iter().zip(output);
            let slope = |(g, a): (&f64, &f64)| {
                let square = count.times(*a, *a);
                count.times(*g, 1.0 - square)
            };
            grad = bent.map(slope).collect();
        }
        for g in &grad {
            slopes[index].extend(input.iter().map(|x| count.times(*g, *x)));
            slopes[index].push(*g);
        }
        if index > 0 {
            let blame = |j: usize| {
                let rows = layer.weight.iter().zip(&grad);
                rows.map(|(row, g)| count.times(row[j], *g)).sum()
            };
            grad = (0..input.len()).map(blame).collect();
        }
    }
    slopes.concat()
}
// ANCHOR_END: backward

/// The loss, cross-entropy with class 0 true, and its slopes. Its exponentials are no
/// multiplications, and its few divisions are left out.
fn loss(outputs: &[f64]) -> (f64, Vec<f64>) {
    let sum: f64 = outputs.iter().map(|z| z.exp()).sum();
    let slope = |(i, z): (usize, &f64)| z.exp() / sum - if i == 0 { 1.0 } else { 0.0 };
    (sum.ln() - outputs[0], outputs.iter().enumerate().map(slope).collect())
}

/// Both ways to the slopes of a 2-units-units-3 network, counted.
pub fn measure(units: usize, rng: &mut Rng) -> Cost {
    let widths = [2, units, units, 3];
    let mut layers: Vec<Layer> =
        widths.windows(2).map(|pair| random_layer(pair[0], pair[1], rng)).collect();
    let input = [0.5, -0.25];
    let (mut ahead, mut back, mut many) =
        (Counter::default(), Counter::default(), Counter::default());
    let values = forward(&layers, &input, &mut ahead);
    let (_, grad) = loss(&values[layers.len()]);
    let slopes = backward(&layers, &values, grad, &mut back);

    let (mut passes, mut apart) = (0, 0.0_f64);
    for (index, slope) in slopes.iter().enumerate() {
        let mut at = |layers: &mut [Layer], by: f64| {
            *number(layers, index) += by;
            passes += 1;
            loss(&forward(layers, &input, &mut many)[3]).0
        };
        let (up, down) = (at(&mut layers, 1e-5), at(&mut layers, -2e-5));
        *number(&mut layers, index) += 1e-5;
        apart = apart.max((slope - (up - down) / 2e-5).abs());
    }
    Cost {
        units,
        weights: slopes.len(),
        forward: ahead.0,
        backward: back.0,
        differences: many.0,
        passes,
        apart,
    }
}

fn random_layer(inputs: usize, outputs: usize, rng: &mut Rng) -> Layer {
    let limit = 1.0 / (inputs as f64).sqrt();
    let mut draw = |count: usize| -> Vec<f64> {
        (0..count).map(|_| rng.random_range(-limit..limit)).collect()
    };
    Layer { weight: (0..outputs).map(|_| draw(inputs)).collect(), bias: draw(outputs) }
}

/// Weight or bias number `index`, in the order of [`backward`].
fn number(layers: &mut [Layer], mut index: usize) -> &mut f64 {
    let mut place = (0, 0, 0);
    'found: for (l, layer) in layers.iter().enumerate() {
        for (i, row) in layer.weight.iter().enumerate() {
            if index <= row.len() {
                place = (l, i, index);
                break 'found;
            }
            index -= row.len() + 1;
        }
    }
    let (l, i, j) = place;
    let layer = &mut layers[l];
    if j < layer.weight[i].len() { &mut layer.weight[i][j] } else { &mut layer.bias[i] }
}

/// Multiplications, counted.
pub fn show(run: &mut Run, random: &mut Rng) -> Result {
    run.heading("What slopes cost, in multiplications");
    let costs = [4, 8, 16, 32, 64].map(|units| measure(units, random));
    let mut rows = vec![];
    for cost in &costs {
        let counts =
            [cost.weights as u64, cost.forward, cost.backward, cost.differences];
        let names = ["weights", "forward", "backward", "differences"];
        for (name, count) in names.iter().zip(counts) {
            run.count(&format!("cost_{}_{name}", cost.units), count as usize);
        }
        let times = cost.backward as f64 / cost.forward as f64;
        run.value(&format!("cost_{}_ratio", cost.units), times);
        run.count(&format!("cost_{}_passes", cost.units), cost.passes as usize);
        let cells = counts.map(|count| count.to_string());
        rows.push(
            [&cells[..], &[cost.passes.to_string(), format!("{times:.2}")]].concat(),
        );
    }
    let columns = [
        "weights",
        "forward",
        "backward",
        "differences",
        "passes",
        "backward / forward",
    ];
    run.table(&columns, &rows);
    let apart = costs.iter().map(|cost| cost.apart).fold(0.0, f64::max);
    if apart > 1e-8 {
        lessons::bail!("the counted slopes and the differences are {apart:.1e} apart");
    }
    run.say("The two ways agree to eight decimals on all of these slopes.");
    run.figure("cost", "Multiplications against weights.", &figures::cost(&costs))
}
