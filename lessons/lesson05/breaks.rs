//! Did it learn, and can the number be trusted? The workflow broken on purpose.

use gradbook::data::{Dataset, Standardizer, split};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::Sgd;
use gradbook::rng;
use gradbook::train::{Config, Task, TrainError, fit};
use lessons::{Result, Run, bail};

use crate::exam::percent;
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

/// The file's order is that of its writers.
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

// ANCHOR: leak
/// The MLP's accuracy after training on ten images: with an honest scale, and with one
/// that has seen the test images too. Means over many draws.
pub fn with_a_leak(digits: &Dataset, setup: &Setup) -> Result<[f64; 2]> {
    let share = 1.0 - FEW as f64 / digits.len() as f64;
    let mut sums = [0.0; 2];
    for draw in 0..DRAWS {
        let setup = setup.with_seed(setup.seed.wrapping_mul(DRAWS).wrapping_add(draw));
        let parts = split::stratified(&digits.labels, share, &mut rng(setup.seed))?;
        let (train, test) = parts.of(digits);
        for (sum, seen) in sums.iter_mut().zip([&train.inputs, &digits.inputs]) {
            let scale = Standardizer::fit(seen)?;
            let [mut x, mut z] = [train.clone(), test.clone()];
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
    let [honest, leaked] = with_a_leak(digits, setup)?;
    run.value("ten_images_honest", honest);
    run.value("ten_images_leaked", leaked);
    run.say(&format!(
        "Trained on {FEW} images, {DRAWS} times: {} with an honest scale, {} with one \
         fitted on all images, those of the exam included.",
        percent(honest),
        percent(leaked)
    ));
    Ok(())
}

/// A learning rate of 1,000: what training says.
pub fn rate_too_large(run: &mut Run, parts: &Parts, setup: &Setup) -> Result {
    run.heading("Broken on purpose: plain descent with a learning rate of 1,000");
    let mut net = setup.build(Kind::Mlp(setup.hidden), &parts.train)?;
    let task = Task { train: &parts.train, valid: None, loss: &SoftmaxCrossEntropy };
    let config = Config { seed: setup.seed, batch: setup.batch, ..Config::default() };
    match fit(&mut net, &mut Sgd::new(1000.0), &task, &config, &mut []) {
        Err(error @ TrainError::Diverged { epoch, .. }) => {
            run.value("diverged_epoch", epoch as f64);
            run.say(&error.to_string());
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(_) => {
            bail!("a learning rate of 1,000 did no harm: the lesson expects it to")
        }
    }
}
