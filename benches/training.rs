//! How long an epoch takes, through the layers, the network and the training step that
//! the lessons use. Prints one JSON line for each task, in the form that
//! `benches/compare.py` reads: it runs this and eager PyTorch in turns and compares.
//!
//! ```console
//! $ cargo bench --bench training -- mlp_mnist,cnn 3
//! ```
//!
//! The first argument names the tasks (`all` for every one), the second how many
//! samples are taken of each; the median is printed. Data are random: speed does not
//! depend on what is learned.

use std::time::Instant;

use gradbook::activation::Activation;
use gradbook::data::Dataset;
use gradbook::init::Init;
use gradbook::layer::{Activate, Conv2d, Dense, ImageShape, MaxPool2d, Window};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Adam, Optimizer, Sgd};
use gradbook::train::{Batch, step};
use gradbook::{Matrix, Rng, Sequential, ShapeError, rng};
use rand::RngExt;

/// A network to train, on how many examples, in batches of which size.
struct Task {
    name: &'static str,
    network: fn(&mut Rng) -> Result<Sequential, ShapeError>,
    examples: usize,
    batch: usize,
    /// Steps of an epoch, and steps that one sample runs: many or few enough to time.
    epoch: usize,
    sample: usize,
    optimizer: fn() -> Box<dyn Optimizer>,
}

const TASKS: [Task; 3] = [
    Task {
        name: "mlp_mnist",
        network: |rng| mlp([784, 128, 10], rng),
        examples: 60_000,
        batch: 64,
        epoch: 937,
        sample: 937,
        optimizer: || Box::new(Sgd::new(0.1)),
    },
    Task {
        name: "mlp_digits",
        network: |rng| mlp([64, 64, 10], rng),
        examples: 1_797,
        batch: 32,
        epoch: 56,
        sample: 280,
        optimizer: || Box::new(Adam::new(0.001)),
    },
    Task {
        name: "cnn",
        network: lenet,
        examples: 6_400,
        batch: 64,
        epoch: 937,
        sample: 100,
        optimizer: || Box::new(Sgd::new(0.1)),
    },
];

/// One hidden layer.
fn mlp(widths: [usize; 3], rng: &mut Rng) -> Result<Sequential, ShapeError> {
    let [inputs, hidden, classes] = widths;
    Sequential::new(inputs)
        .then(Dense::new(inputs, hidden, Init::HeNormal, rng))?
        .then(Activate::new(Activation::Relu))?
        .then(Dense::new(hidden, classes, Init::XavierNormal, rng))
}

/// LeNet for 28 x 28 images: two convolutions, three dense layers.
fn lenet(rng: &mut Rng) -> Result<Sequential, ShapeError> {
    let relu = || Activate::new(Activation::Relu);
    let (init, window) = (Init::HeNormal, Window::square(5));
    let first =
        Conv2d::new(ImageShape::new(28, 28, 1), 6, window.padding(2), init, rng)?;
    let pool = MaxPool2d::new(first.output_shape(), Window::tiles(2))?;
    let second = Conv2d::new(pool.output_shape(), 16, window, init, rng)?;
    let last = MaxPool2d::new(second.output_shape(), Window::tiles(2))?;
    Sequential::new(first.input_shape().len())
        .then(first)?
        .then(relu())?
        .then(pool)?
        .then(second)?
        .then(relu())?
        .then(last)?
        .then(Dense::new(400, 120, init, rng))?
        .then(relu())?
        .then(Dense::new(120, 84, init, rng))?
        .then(relu())?
        .then(Dense::new(84, 10, Init::XavierNormal, rng))
}

fn main() -> Result<(), ShapeError> {
    // cargo adds `--bench`; it is no task
    let arguments = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let arguments: Vec<String> = arguments.collect();
    let chosen = arguments.first().map_or("all", String::as_str);
    let samples = arguments.get(1).and_then(|word| word.parse().ok()).unwrap_or(5);
    for task in &TASKS {
        if chosen == "all" || chosen.split(',').any(|name| name == task.name) {
            let seconds = time(task, samples)?;
            report(task.name, &seconds);
        }
    }
    Ok(())
}

/// Seconds an epoch, sample by sample, after a short warm-up.
fn time(task: &Task, samples: usize) -> Result<Vec<f64>, ShapeError> {
    let mut rng = rng(1);
    let mut network = (task.network)(&mut rng)?;
    let (inputs, classes) = (network.input_rows(), network.output_rows());
    let data = random_digits(task.examples, inputs, classes, &mut rng);
    let mut optimizer = (task.optimizer)();
    let mut batch = Batch::default();
    let order: Vec<usize> = (0..task.examples).collect();
    // the peer drops the ragged last batch and takes the examples in order: so do we
    let mut run = |steps: usize| -> Result<(), ShapeError> {
        for indices in order.chunks_exact(task.batch).cycle().take(steps) {
            batch.gather(&data, indices);
            step(&mut network, &mut *optimizer, &SoftmaxCrossEntropy, &mut batch)?;
        }
        Ok(())
    };
    run(10)?;
    let mut seconds = Vec::new();
    for _ in 0..samples.max(1) {
        let start = Instant::now();
        run(task.sample)?;
        let scale = task.epoch as f64 / task.sample as f64;
        seconds.push(start.elapsed().as_secs_f64() * scale);
    }
    Ok(seconds)
}

fn random_digits(
    examples: usize,
    inputs: usize,
    classes: usize,
    rng: &mut Rng,
) -> Dataset {
    let labels: Vec<usize> =
        (0..examples).map(|_| rng.random_range(0..classes)).collect();
    let one_hot = |class: usize, n: usize| f32::from(u8::from(labels[n] == class));
    Dataset {
        inputs: Matrix::from_fn(inputs, examples, |_, _| rng.random()),
        targets: Matrix::from_fn(classes, examples, one_hot),
        labels,
        class_names: (0..classes).map(|class| class.to_string()).collect(),
    }
}

fn report(task: &str, seconds: &[f64]) {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (least, median) = (sorted[0], sorted[sorted.len() / 2]);
    println!(
        "{{\"peer\": \"gradbook\", \"task\": \"{task}\", \"threads\": 1, \
         \"seconds_per_epoch\": {median:.7}, \"min\": {least:.7}}}"
    );
}
