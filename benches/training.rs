//! How long an epoch takes, through the layers, the network and the training step that
//! the lessons use. Prints one JSON line for each task, in the form that
//! `benches/compare.py` reads: it runs this and eager PyTorch in turns and compares.
//!
//! ```console
//! $ cargo bench --bench training -- mlp_mnist,mlp_digits 3
//! ```
//!
//! The first argument names the tasks (`all` for every one), the second how many
//! samples are taken of each; the median is printed. Data are random: speed does not
//! depend on what is learned.

use std::time::Instant;

use gradbook::activation::Activation;
use gradbook::data::Dataset;
use gradbook::init::Init;
use gradbook::layer::{Activate, Dense};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Adam, Optimizer, Sgd};
use gradbook::train::{Batch, step};
use gradbook::{Matrix, Rng, Sequential, ShapeError, rng};
use rand::RngExt;

/// A network to train, on how many examples, in batches of which size.
struct Task {
    name: &'static str,
    widths: [usize; 3],
    examples: usize,
    batch: usize,
    /// Epochs that one sample runs, so that a sample is long enough to time.
    epochs: usize,
    optimizer: fn() -> Box<dyn Optimizer>,
}

const TASKS: [Task; 2] = [
    Task {
        name: "mlp_mnist",
        widths: [784, 128, 10],
        examples: 60_000,
        batch: 64,
        epochs: 1,
        optimizer: || Box::new(Sgd::new(0.1)),
    },
    Task {
        name: "mlp_digits",
        widths: [64, 64, 10],
        examples: 1_797,
        batch: 32,
        epochs: 5,
        optimizer: || Box::new(Adam::new(0.001)),
    },
];

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
    let data = random_digits(task, &mut rng);
    let [inputs, hidden, classes] = task.widths;
    let mut network = Sequential::new(inputs)
        .then(Dense::new(inputs, hidden, Init::HeNormal, &mut rng))?
        .then(Activate::new(Activation::Relu))?
        .then(Dense::new(hidden, classes, Init::XavierNormal, &mut rng))?;
    let mut optimizer = (task.optimizer)();
    let mut batch = Batch::default();
    let order: Vec<usize> = (0..task.examples).collect();
    // the peer drops the ragged last batch and takes the examples in order: so do we
    let mut epoch = |limit: usize| -> Result<(), ShapeError> {
        for indices in order.chunks_exact(task.batch).take(limit) {
            batch.gather(&data, indices);
            step(&mut network, &mut *optimizer, &SoftmaxCrossEntropy, &mut batch)?;
        }
        Ok(())
    };
    epoch(10)?;
    let mut seconds = Vec::new();
    for _ in 0..samples.max(1) {
        let start = Instant::now();
        for _ in 0..task.epochs {
            epoch(usize::MAX)?;
        }
        seconds.push(start.elapsed().as_secs_f64() / task.epochs as f64);
    }
    Ok(seconds)
}

fn random_digits(task: &Task, rng: &mut Rng) -> Dataset {
    let [inputs, _, classes] = task.widths;
    let labels: Vec<usize> =
        (0..task.examples).map(|_| rng.random_range(0..classes)).collect();
    let one_hot = |class: usize, n: usize| f32::from(u8::from(labels[n] == class));
    Dataset {
        inputs: Matrix::from_fn(inputs, task.examples, |_, _| rng.random()),
        targets: Matrix::from_fn(classes, task.examples, one_hot),
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
