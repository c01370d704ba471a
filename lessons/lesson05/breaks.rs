//! Did it learn, and can the number be trusted? The workflow broken on purpose.

use gradbook::data::{Dataset, Standardizer, split};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Adam, Sgd};
use gradbook::rng;
use gradbook::train::{Config, Task, TrainError, fit};
use lessons::{Result, Run, bail, percent};

use crate::models::{Kind, Setup, accuracy};
use crate::parts::{Parts, scaled, with_shuffled_labels};

// ANCHOR: shuffled
/// Labels dealt out by chance: (accuracy on what was trained, accuracy held out).
pub fn on_shuffled_labels(digits: &Dataset, setup: &Setup) -> Result<(f64, f64)> {
    let mut rng = rng(setup.seed);
    let digits = with_shuffled_labels(digits, &mut rng)?;
    let (train, test) = split::stratified(&digits.labels, 0.2, &mut rng)?.of(&digits);
    let (train, test) = scaled(train, test)?;
    let (mut net, _) = setup.train(Kind::Mlp(setup.hidden), &train)?;
    Ok((accuracy(&mut net, &train)?, accuracy(&mut net, &test)?))
}
// ANCHOR_END: shuffled

/// Did it learn? With nothing to learn it must not pass the exam.
pub fn shuffled_labels(run: &mut Run, digits: &Dataset, setup: &Setup) -> Result {
    run.heading("Did it learn? The same with shuffled labels");
    let (learned, held_out) = on_shuffled_labels(digits, setup)?;
    run.value("shuffled_labels_train_accuracy", learned);
    run.value("shuffled_labels_test_accuracy", held_out);
    run.say(&format!(
        "Labels dealt out by chance: {} right on the images it trained on, {} on the \
         held-out ones.",
        percent(learned),
        percent(held_out)
    ));
    run.say("It can learn by heart. What it learned before was more than that.");
    Ok(())
}

// ANCHOR: in_order
/// (MLP, logistic), tested on the last fifth of the digits in the order of the file.
pub fn in_order(digits: &Dataset, setup: &Setup) -> Result<(f64, f64)> {
    let (train, test) = split::in_order(digits.len(), 0.2)?.of(digits);
    let (train, test) = scaled(train, test)?;
    let mlp = setup.accuracy(Kind::Mlp(setup.hidden), &train, &test)?;
    Ok((mlp, setup.accuracy(Kind::Logistic, &train, &test)?))
}
// ANCHOR_END: in_order

/// Neighbors in the file seem to be by the same hand.
pub fn unshuffled_split(run: &mut Run, digits: &Dataset, setup: &Setup) -> Result {
    run.heading("Broken on purpose: the split not shuffled");
    let (train, test) =
        split::stratified(&digits.labels, 0.2, &mut rng(setup.seed))?.of(digits);
    let (train, test) = scaled(train, test)?;
    let shuffled = setup.accuracy(Kind::Mlp(setup.hidden), &train, &test)?;
    let baseline = setup.accuracy(Kind::Logistic, &train, &test)?;
    let (mlp, logistic) = in_order(digits, setup)?;
    run.value("shuffled_split_mlp", shuffled);
    run.value("shuffled_split_logistic", baseline);
    run.value("unshuffled_split_mlp", mlp);
    run.value("unshuffled_split_logistic", logistic);
    let row = |name: &str, a, b| [name.to_string(), percent(a), percent(b)];
    let rows = [
        row("a fifth of every digit, by chance", shuffled, baseline),
        row("the last fifth of the file", mlp, logistic),
    ];
    run.table(&["held out", "mlp", "logistic"], &rows);
    Ok(())
}

/// How many images to learn from, and how many times, when the scale leaks.
const FEW: usize = 10;
const DRAWS: u64 = 20;

/// A learning rate that is far too large.
const RATE: f64 = 1000.0;

// ANCHOR: leak
/// The MLP's accuracy after training on ten images, with a scale measured on those ten,
/// on all images but the exam's, and on all images. Means over many draws.
pub fn with_a_leak(digits: &Dataset, setup: &Setup) -> Result<[f64; 3]> {
    let mut sums = [0.0; 3];
    for draw in 0..DRAWS {
        let setup = setup.with_seed(setup.seed.wrapping_mul(DRAWS).wrapping_add(draw));
        let mut rng = rng(setup.seed);
        let (rest, exam) = split::stratified(&digits.labels, 0.2, &mut rng)?.of(digits);
        let share = 1.0 - FEW as f64 / rest.len() as f64;
        let (train, _) = split::stratified(&rest.labels, share, &mut rng)?.of(&rest);
        let measured_on = [&train.inputs, &rest.inputs, &digits.inputs];
        for (sum, images) in sums.iter_mut().zip(measured_on) {
            let scale = Standardizer::fit(images)?;
            let [mut x, mut z] = [train.clone(), exam.clone()];
            x.inputs = scale.transform(&x.inputs)?;
            z.inputs = scale.transform(&z.inputs)?;
            *sum += setup.accuracy(Kind::Mlp(setup.hidden), &x, &z)?;
        }
    }
    Ok(sums.map(|sum| sum / DRAWS as f64))
}
// ANCHOR_END: leak

/// A scale that has seen the exam.
pub fn leak(run: &mut Run, digits: &Dataset, setup: &Setup) -> Result {
    run.heading("Broken on purpose: a scale that has seen the test images");
    let [honest, others, leaked] = with_a_leak(digits, setup)?;
    run.value("ten_images_honest", honest);
    run.value("ten_images_others", others);
    run.value("ten_images_leaked", leaked);
    run.say(&format!("Trained on {FEW} images, {DRAWS} times:"));
    let row = |images: &str, accuracy| [images.to_string(), percent(accuracy)];
    let rows = [
        row(&format!("the {FEW} training images"), honest),
        row("all images but those of the exam", others),
        row("all images, those of the exam included", leaked),
    ];
    run.table(&["scale measured on", "accuracy"], &rows);
    Ok(())
}

/// A learning rate of 1,000: what training says, and what Adam does not say.
pub fn rate_too_large(run: &mut Run, parts: &Parts, setup: &Setup) -> Result {
    run.heading("Broken on purpose: plain descent with a learning rate of 1,000");
    let kind = Kind::Mlp(setup.hidden);
    let mut net = setup.build(kind, &parts.train)?;
    let task = Task { train: &parts.train, valid: None, loss: &SoftmaxCrossEntropy };
    let config =
        Config { epochs: 1, seed: setup.seed, batch: setup.batch, ..Config::default() };
    match fit(&mut net, &mut Sgd::new(RATE), &task, &config, &mut []) {
        Err(error @ TrainError::Diverged { epoch, .. }) => {
            run.value("diverged_epoch", epoch as f64);
            run.say(&error.to_string());
        }
        Err(error) => return Err(error.into()),
        Ok(_) => {
            bail!("a learning rate of 1,000 did no harm: the lesson expects it to")
        }
    }
    let mut net = setup.build(kind, &parts.train)?;
    let history = fit(&mut net, &mut Adam::new(RATE), &task, &config, &mut [])?;
    if let Some(epoch) = history.epochs.last() {
        run.value("adam_too_fast_loss", epoch.train.loss);
        run.say(&format!(
            "Adam with the same rate: no error. Epoch 1: training loss {:.1e}.",
            epoch.train.loss
        ));
    }
    Ok(())
}
