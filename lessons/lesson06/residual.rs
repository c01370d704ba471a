//! Deeper: many convolutions in a row, with and without a way around.

use gradbook::activation::Activation;
use gradbook::data::Dataset;
use gradbook::gradcheck::Checker;
use gradbook::init::Init;
use gradbook::layer::{Activate, Conv2d, Dense, ImageShape, ResidualBlock, Window};
use gradbook::loss::{Loss, SoftmaxCrossEntropy};
use gradbook::{Matrix, Parameters, Phase, Rng, Sequential, ShapeError, rng};
use lessons::{Result, Run, percent};
use rand::RngExt;

use crate::canvas::{CANVAS, Canvases};
use crate::models::{Setup, accuracy};
use crate::pictures;

/// Filters of every convolution here.
const FILTERS: usize = 8;
/// Residual blocks in the deep network: twice as many convolutions, and one before.
const BLOCKS: usize = 10;
/// How long each is trained, and how fast.
const EPOCHS: usize = 5;
const RATE: f64 = 0.003;

// ANCHOR: deep
/// One convolution that halves the canvas, then `2 * blocks` more, in a plain row or
/// two by two with a way around each pair, then a dense layer.
pub fn deep(
    blocks: usize,
    residual: bool,
    rng: &mut Rng,
) -> std::result::Result<Sequential, ShapeError> {
    let (window, he) = (Window::square(3).padding(1), Init::HeNormal);
    let relu = || Activate::new(Activation::Relu);
    let first = Conv2d::new(CANVAS, FILTERS, window.stride(2), he, rng)?;
    let shape = first.output_shape();
    let mut net = Sequential::new(CANVAS.len()).then(first)?.then(relu())?;
    for _ in 0..blocks {
        net = if residual {
            // small weights: at first the block changes its input only a little
            net.then(ResidualBlock::new(shape, FILTERS, 1, Init::Normal(0.08), rng)?)?
        } else {
            net.then(Conv2d::new(shape, FILTERS, window, he, rng)?)?
                .then(relu())?
                .then(Conv2d::new(shape, FILTERS, window, he, rng)?)?
                .then(relu())?
        };
    }
    net.then(Dense::new(shape.len(), 10, Init::XavierNormal, rng))
}
// ANCHOR_END: deep

/// The length of the gradient at the weights of each convolution, before any training.
fn gradient_norms(net: &mut Sequential, data: &Dataset) -> Result<Vec<f64>> {
    let first: Vec<usize> = (0..64.min(data.len())).collect();
    let batch = data.select(&first);
    let mut grad = Matrix::zeros(0, 0);
    let outputs = net.forward(&batch.inputs, Phase::Train)?;
    SoftmaxCrossEntropy.gradient(outputs, &batch.targets, &mut grad)?;
    net.zero_grad();
    net.backward(&batch.inputs, &grad)?;
    let mut norms = Vec::new();
    net.parameters(&mut |name, parameter| {
        if name.ends_with("weight") {
            norms.push(f64::from(parameter.grad.norm()));
        }
    });
    norms.pop(); // the dense layer
    Ok(norms)
}

/// One deep network: how it started, how it learned, what it gets.
pub struct Trained {
    /// Its name.
    pub name: &'static str,
    /// The gradient at each convolution before training.
    pub norms: Vec<f64>,
    /// The training loss of every epoch.
    pub losses: Vec<f64>,
    /// Held-out accuracy.
    pub accuracy: f64,
}

/// Trains one network on the shifted digits.
pub fn trained(
    name: &'static str,
    (blocks, residual): (usize, bool),
    digits: &Canvases,
    setup: Setup,
) -> Result<Trained> {
    let mut net = deep(blocks, residual, &mut rng(setup.seed))?;
    let norms = gradient_norms(&mut net, &digits.train[1])?;
    let setup = Setup { epochs: EPOCHS.min(setup.epochs), rate: RATE, ..setup };
    let history = setup.fit(&mut net, &digits.train[1], &mut [])?;
    let losses = history.epochs.iter().map(|epoch| epoch.train.loss).collect();
    Ok(Trained { name, norms, losses, accuracy: accuracy(&mut net, &digits.test[1])? })
}

/// The two kinds of block, checked, then three networks.
pub fn show(run: &mut Run, digits: &Canvases, setup: Setup) -> Result {
    run.heading("Deeper: twenty-one convolutions in a row");
    check(run, setup.seed)?;
    let bar = run.progress("deep networks", 3);
    let learn = |name, plan| {
        let result = trained(name, plan, digits, setup);
        bar.inc(1);
        result
    };
    let all = [
        learn("shallow", (1, false))?,
        learn("deep_plain", (BLOCKS, false))?,
        learn("deep_residual", (BLOCKS, true))?,
    ];
    drop(bar);
    let mut rows = Vec::new();
    for seen in &all {
        let last = seen.losses.last().copied().unwrap_or(f64::NAN);
        let first = seen.norms.first().copied().unwrap_or(f64::NAN);
        run.value(&format!("{}_loss", seen.name), last);
        run.value(&format!("{}_accuracy", seen.name), seen.accuracy);
        run.value(&format!("{}_first_gradient", seen.name), first);
        rows.push([
            seen.name.replace('_', ", "),
            seen.norms.len().to_string(),
            format!("{first:.4}"),
            format!("{last:.4}"),
            percent(seen.accuracy),
        ]);
    }
    let columns = ["network", "convolutions", "first gradient", "loss", "held out"];
    run.table(&columns, &rows);
    run.say(&format!(
        "First gradient: its length at the first convolution, before training. Loss: \
         on the training part after {} epochs.",
        EPOCHS.min(setup.epochs)
    ));
    run.figure("depth", "Plain and residual, deep and shallow.", &pictures::depth(&all))
}

/// Numbers between -2 and 2, away from the corners of ReLU.
fn numbers(rows: usize, columns: usize, rng: &mut Rng) -> Matrix<f64> {
    Matrix::from_fn(rows, columns, |_, _| rng.random_range(-2.0..2.0))
}

// ANCHOR: check
/// Both kinds of residual block against differences: same shape, and other shape.
fn check(run: &mut Run, seed: u64) -> Result {
    let shape = ImageShape::new(5, 3, 2);
    let mut rows = Vec::new();
    for (words, filters, stride) in
        [("the input as it is", 2, 1), ("a convolution of 1 x 1", 3, 2)]
    {
        let rng = &mut rng(seed);
        let mut block =
            ResidualBlock::new(shape, filters, stride, Init::HeNormal, rng)?;
        let input = numbers(shape.len(), 3, rng);
        let found = Checker::new().layer(&mut block, &input, seed)?;
        let slopes: usize = found.reports.iter().map(|r| r.numeric.len()).sum();
        let fault = found.faults().next().map(ToString::to_string);
        rows.push([
            words.to_string(),
            found.reports.len().to_string(),
            slopes.to_string(),
            fault.unwrap_or("right".into()),
        ]);
        run.count(&format!("block_{stride}_tensors"), found.reports.len());
        run.count(&format!("block_{stride}_wrong"), found.faults().count());
    }
    run.say("The residual block against differences:");
    run.table(&["way around", "tensors", "slopes", "verdict"], &rows);
    Ok(())
}
// ANCHOR_END: check
