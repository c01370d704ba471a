//! Whose functions the lesson runs on: the book's or, with `--mine`, the reader's.

use std::path::Path;

use gradbook::data::Dataset;
use gradbook::loss::{Loss, SoftmaxCrossEntropy};
use gradbook::train::{
    self, Batch, Checkpoint, Config, Confusion, EarlyStop, Epoch, Evaluation, History,
    Progress, Task, Training, answers, evaluate, fit, load_weights, predict,
    save_weights,
};
use gradbook::{Matrix, Sequential, ShapeError};
use lessons::{Result, bail};
use rand::seq::SliceRandom;

use crate::exercises;
use crate::models::Setup;
use crate::parts::Parts;

/// Who trains and judges.
#[derive(Clone, Copy)]
pub struct Hands {
    /// Whether the functions are the reader's.
    pub mine: bool,
}

/// What looks on: it is told of every epoch and may ask the network.
pub type Watch<'a> = &'a mut dyn FnMut(&Epoch, &mut Sequential);

impl Hands {
    /// Trains until validation no longer gets better, and leaves in `net` the weights
    /// of the best epoch. `best` is where they are kept meanwhile.
    pub fn train(
        self,
        net: &mut Sequential,
        parts: &Parts,
        setup: &Setup,
        best: &Path,
        watch: Watch<'_>,
    ) -> Result<History> {
        let history = match self.mine {
            true => by_hand(net, parts, setup, best, watch)?,
            false => by_the_book(net, parts, setup, best, watch)?,
        };
        load_weights(net, best)?;
        Ok(history)
    }

    /// Who is taken for whom.
    pub fn confusion(self, net: &mut Sequential, data: &Dataset) -> Result<Confusion> {
        let table = train::confusion(net, data)?;
        if self.mine {
            let seen = answers(&predict(net, &data.inputs)?);
            let seen: Option<Vec<usize>> = seen.into_iter().collect();
            let Some(seen) = seen else { bail!("a logit is NaN: no answer to count") };
            let counts = exercises::confusion(&data.labels, &seen, data.classes());
            if counts != counts_of(&table) {
                bail!("your confusion matrix is not the book's: check exercise 5.3");
            }
        }
        Ok(table)
    }

    /// Precision, recall and F1, each the mean over the classes.
    pub fn scores(self, table: &Confusion) -> [f64; 3] {
        match self.mine {
            true => exercises::macro_scores(&counts_of(table)),
            false => [table.macro_precision(), table.macro_recall(), table.macro_f1()],
        }
    }

    /// How sure the network is of each class.
    pub fn shares(self, logits: &[f32]) -> Vec<f64> {
        let logits: Vec<f64> = logits.iter().map(|&z| z.into()).collect();
        match self.mine {
            true => exercises::softmax(&logits),
            false => {
                let mut shares = logits;
                gradbook::activation::softmax_in_place(&mut shares);
                shares
            }
        }
    }
}

fn counts_of(table: &Confusion) -> Vec<Vec<usize>> {
    let classes = table.classes();
    let row = |truth| (0..classes).map(|answer| table.at(truth, answer)).collect();
    (0..classes).map(row).collect()
}

// ANCHOR: by_the_book
/// The library trains: three callbacks look on, keep the best, and stop.
fn by_the_book(
    net: &mut Sequential,
    parts: &Parts,
    setup: &Setup,
    best: &Path,
    watch: Watch<'_>,
) -> Result<History> {
    let loss = &SoftmaxCrossEntropy;
    let task = Task { train: &parts.train, valid: Some(&parts.valid), loss };
    let (epochs, batch, seed) = (setup.epochs, setup.batch, setup.seed);
    let config = Config { epochs, batch, seed, ..Config::default() };
    let mut progress = Progress(|at: &mut Training<'_, f32>| {
        if let Some(epoch) = at.position.history.last() {
            watch(epoch, at.model);
        }
    });
    let mut keep = Checkpoint::best(best);
    let mut stop = EarlyStop::after(setup.patience);
    let callbacks = &mut [&mut progress as _, &mut keep as _, &mut stop as _];
    Ok(fit(net, &mut *setup.optimizer(), &task, &config, callbacks)?)
}
// ANCHOR_END: by_the_book

/// The reader trains: their softmax, their mini-batches, their early stop.
fn by_hand(
    net: &mut Sequential,
    parts: &Parts,
    setup: &Setup,
    best: &Path,
    watch: Watch<'_>,
) -> Result<History> {
    let (mut rng, count) = (gradbook::rng(setup.seed), parts.train.len());
    let (mut optimizer, mut batch) = (setup.optimizer(), Batch::default());
    let (mut history, mut losses) = (History::default(), Vec::new());
    for number in 1..=setup.epochs {
        let mut shuffle = |row: &mut [usize]| row.shuffle(&mut rng);
        let mut sum = 0.0;
        for indices in exercises::mini_batches(count, setup.batch, &mut shuffle) {
            if let Some(index) = indices.iter().find(|&&index| index >= count) {
                bail!("your mini-batches hold example {index} of {count}");
            }
            batch.gather(&parts.train, &indices);
            let loss = train::step(net, &mut *optimizer, &YourLoss, &mut batch)?;
            sum += f64::from(loss) * indices.len() as f64;
        }
        let valid = evaluate(net, &YourLoss, &parts.valid)?;
        let train = Evaluation { loss: sum / count as f64, accuracy: None };
        if !train.loss.is_finite() || !valid.loss.is_finite() {
            bail!("epoch {number}: the loss is not finite; lower the learning rate");
        }
        let rate = optimizer.learning_rate();
        let epoch = Epoch { number, rate, train, valid: Some(valid) };
        history.epochs.push(epoch);
        losses.push(valid.loss);
        watch(&epoch, net);
        let (stop, best_epoch) = exercises::early_stop(&losses, setup.patience);
        if best_epoch == number {
            save_weights(net, best)?;
        }
        if stop {
            history.stopped_by = Some("your early stop");
            break;
        }
    }
    Ok(history)
}

/// Cross-entropy through the reader's softmax: exercise 5.1.
struct YourLoss;

impl Loss for YourLoss {
    fn name(&self) -> &'static str {
        "cross-entropy by your softmax"
    }

    fn gradient(
        &self,
        prediction: &Matrix,
        target: &Matrix,
        grad: &mut Matrix,
    ) -> std::result::Result<f32, ShapeError> {
        let (classes, count) = prediction.shape();
        gradbook::real::resize(grad, classes, count);
        let mut loss = 0.0;
        for n in 0..count {
            let logits: Vec<f64> =
                prediction.column(n).iter().map(|&z| z.into()).collect();
            let shares = exercises::softmax(&logits);
            if shares.len() != classes {
                let what = "your softmax: number of shares";
                return Err(ShapeError::new(what, shares.len(), classes));
            }
            for (class, share) in shares.into_iter().enumerate() {
                let truth = f64::from(target[(class, n)]);
                if truth > 0.0 {
                    loss -= truth * share.ln();
                }
                grad[(class, n)] = ((share - truth) / count as f64) as f32;
            }
        }
        Ok((loss / count as f64) as f32)
    }
}
