//! How long an epoch takes (for the character model, a step), through the layers, the
//! network and the training step that the lessons use. Prints one JSON line for each
//! task, in the form that
//! `benches/compare.py` reads: it runs this and eager PyTorch in turns and compares.
//!
//! ```console
//! $ cargo bench --bench training -- mlp_mnist,cnn 3
//! ```
//!
//! The first argument names the tasks (`all` for every one), the second how many
//! samples are taken of each; the median is printed. Data are random: speed does not
//! depend on what is learned.

use std::ops::ControlFlow;
use std::time::Instant;

use gradbook::activation::Activation;
use gradbook::data::Dataset;
use gradbook::init::Init;
use gradbook::layer::{
    Activate, Conv2d, Dense, Embedding, Gru, ImageShape, Lstm, MaxPool2d, Recurrent,
    Rnn, Window,
};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Adam, Optimizer, Sgd};
use gradbook::train::{Batch, TextConfig, TextStep, TrainError, fit_text, step};
use gradbook::{Matrix, Rng, SequenceNetwork, Sequential, ShapeError, rng};
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

fn main() -> Result<(), TrainError> {
    // cargo adds `--bench`; it is no task
    let arguments = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let arguments: Vec<String> = arguments.collect();
    let chosen = arguments.first().map_or("all", String::as_str);
    let samples = arguments.get(1).and_then(|word| word.parse().ok()).unwrap_or(5);
    let wanted =
        |task: &str| chosen == "all" || chosen.split(',').any(|name| name == task);
    for task in &TASKS {
        if wanted(task.name) {
            let seconds = time(task, samples)?;
            report(task.name, "epoch", &seconds);
        }
    }
    if wanted("lstm") {
        report("lstm", "step", &time_lstm(samples)?);
    }
    if wanted("cells") {
        time_cells(samples)?;
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

/// Seconds a step of a character model: embedding 64, LSTM 128, 65 characters, batches
/// of 32 pieces of 64 characters, Adam.
fn time_lstm(samples: usize) -> Result<Vec<f64>, TrainError> {
    let shape = TextConfig { clip: None, ..TextConfig::default() };
    time_characters(samples, 65, &shape, |rng| Lstm::new(64, 128, rng))
}

/// The three character models of lesson 8, with as many parameters each: embedding 32,
/// 76 characters, batches of 16 pieces of 32 characters, clipped, Adam.
fn time_cells(samples: usize) -> Result<(), TrainError> {
    let shape =
        TextConfig { steps: 32, batch: 16, clip: Some(1.0), ..TextConfig::default() };
    let rnn = time_characters(samples, 76, &shape, |rng| Rnn::new(32, 128, rng))?;
    let lstm = time_characters(samples, 76, &shape, |rng| Lstm::new(32, 65, rng))?;
    let gru = time_characters(samples, 76, &shape, |rng| Gru::new(32, 75, rng))?;
    report("cells_rnn", "step", &rnn);
    report("cells_lstm", "step", &lstm);
    report("cells_gru", "step", &gru);
    Ok(())
}

/// Seconds a step of the character model with this recurrent layer.
fn time_characters<R: Recurrent<f32> + 'static>(
    samples: usize,
    vocabulary: usize,
    shape: &TextConfig,
    layer: fn(&mut Rng) -> R,
) -> Result<Vec<f64>, TrainError> {
    const SAMPLE: usize = 16;
    let mut rng = rng(1);
    let layer = layer(&mut rng);
    let (inputs, hidden) = (layer.inputs(), layer.hidden());
    let head = Dense::new(hidden, vocabulary, Init::XavierNormal, &mut rng);
    let mut network: SequenceNetwork =
        SequenceNetwork::of_tokens(Embedding::new(vocabulary, inputs, &mut rng))
            .then(layer)?
            .head_each_step(Sequential::new(hidden).then(head)?)?;
    let characters = shape.batch * shape.steps * 20 + 1;
    let text: Vec<usize> =
        (0..characters).map(|_| rng.random_range(0..vocabulary)).collect();
    let (mut start, mut seconds) = (None, Vec::new());
    let config = TextConfig { updates: 4 + samples.max(1) * SAMPLE, ..shape.clone() };
    let mut watch = |step: &TextStep, _: &mut SequenceNetwork| {
        // four updates to warm up, then a sample every so many
        if step.update % SAMPLE == 4 {
            let now = Instant::now();
            if let Some(start) = start.replace(now) {
                seconds.push((now - start).as_secs_f64() / SAMPLE as f64);
            }
        }
        ControlFlow::Continue(())
    };
    fit_text(&mut network, &mut Adam::new(0.001), &text, &config, &mut watch)?;
    Ok(seconds)
}

fn report(task: &str, unit: &str, seconds: &[f64]) {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (least, median) = (sorted[0], sorted[sorted.len() / 2]);
    println!(
        "{{\"peer\": \"gradbook\", \"task\": \"{task}\", \"threads\": 1, \
         \"seconds_per_{unit}\": {median:.7}, \"min\": {least:.7}}}"
    );
}
