//! `--data DIR`: the same workflow on files in the form of MNIST.

use std::path::Path;

use gradbook::data::Dataset;
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::Schedule;
use gradbook::train::{Config, History, Progress, Task, Training, fit};
use lessons::{Result, Run, bail, mnist, percent};

use crate::exam;
use crate::hands::Hands;
use crate::learning::Learned;
use crate::models::{Kind, Setup, accuracy};
use crate::parts::{Parts, with_shuffled_labels};

/// Epochs with shuffled labels: enough to see that nothing can be learned.
const SHUFFLED_EPOCHS: usize = 3;

/// Trains on the training files (or four fifths of the test files) and sits the exam.
pub fn run(run: &mut Run, hands: Hands, folder: &Path) -> Result {
    if hands.mine || run.full() {
        bail!("--mine and --full are for the digits that come with the book");
    }
    let args = run.arguments();
    let setup = Setup {
        epochs: args.epochs(10),
        batch: args.batch(64),
        rate: args.lr(0.05),
        hidden: args.count("hidden"),
        optimizer: args.choice_or("optimizer", "sgd"),
        patience: args.count("patience"),
        seed: args.seed,
    };
    let (train, test) = mnist::read(run, folder, setup.seed)?;
    let parts = centered(train, test);
    let mut logistic = learn(run, Kind::Logistic, &parts, &setup)?;
    let mut mlp = learn(run, Kind::Mlp(setup.hidden), &parts, &setup)?;
    exam::sit(run, hands, [&mut logistic, &mut mlp], &parts)?;
    exam::mistakes(run, hands, &mut mlp, &parts)?;
    exam::keep(run, &mut mlp, &parts)?;
    shuffled(run, &parts, &setup)
}

/// Centered, and with the pixels as they were for the pictures.
fn centered(mut train: Dataset, mut test: Dataset) -> Parts {
    let pixels = test.inputs.clone();
    mnist::center(&mut train, &mut test);
    // No validation part: all images are learned from, for a fixed number of epochs.
    Parts { valid: train.select(&[]), train, test, pixels }
}

fn learn(run: &mut Run, kind: Kind, parts: &Parts, setup: &Setup) -> Result<Learned> {
    let mut net = setup.build(kind, &parts.train)?;
    run.heading(&format!("Training: {}", kind.name()));
    let history = train(run, kind.name(), &mut net, &parts.train, setup)?;
    let drawn = setup.build(kind, &parts.train)?;
    Ok(Learned { kind, net, drawn, history, frames: Vec::new() })
}

/// All epochs, the rate falling along a cosine, a line each.
fn train(
    run: &mut Run,
    label: &str,
    net: &mut gradbook::Sequential,
    train: &Dataset,
    setup: &Setup,
) -> Result<History> {
    let bar = run.progress(label, setup.epochs);
    let mut progress = Progress(|at: &mut Training<'_, f32>| {
        let Some(epoch) = at.position.history.last() else { return };
        let (number, loss) = (epoch.number, epoch.train.loss);
        let right = percent(epoch.train.accuracy.unwrap_or(f64::NAN));
        bar.inc(1);
        run.say(&format!("epoch {number}: training loss {loss:.4}, {right} right"));
    });
    let task = Task { train, valid: None, loss: &SoftmaxCrossEntropy };
    let config = Config {
        epochs: setup.epochs,
        batch: setup.batch,
        seed: setup.seed,
        schedule: Schedule::Cosine { ticks: setup.epochs },
        ..Config::default()
    };
    Ok(fit(net, &mut *setup.optimizer(), &task, &config, &mut [&mut progress])?)
}

/// Did it learn? The same with labels dealt out by chance.
fn shuffled(run: &mut Run, parts: &Parts, setup: &Setup) -> Result {
    run.heading("Did it learn? The same with shuffled labels");
    let rng = &mut gradbook::rng(setup.seed);
    let train_part = with_shuffled_labels(&parts.train, rng)?;
    let test_part = with_shuffled_labels(&parts.test, rng)?;
    let epochs = setup.epochs.min(SHUFFLED_EPOCHS);
    let setup = Setup { epochs, ..setup.clone() };
    let mut net = setup.build(Kind::Mlp(setup.hidden), &train_part)?;
    train(run, "shuffled labels", &mut net, &train_part, &setup)?;
    let held_out = accuracy(&mut net, &test_part)?;
    run.value("shuffled_labels_test_accuracy", held_out);
    run.say(&format!("Held-out accuracy: {}.", percent(held_out)));
    Ok(())
}
