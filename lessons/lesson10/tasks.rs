//! What all optimizers are asked to learn: the MLP of lesson 5, the LeNet of lesson 6,
//! the LSTM of lesson 8.

use std::ops::ControlFlow;

use gradbook::data::text::Corpus;
use gradbook::data::{self, Dataset, Standardizer, on_canvas, split};
use gradbook::layer::{ImageShape, Lstm};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Optimizer, Schedule};
use gradbook::train::{
    self, Asked, Callback, Config, TextConfig, TextStep, TrainError, Training,
    bits_per_character, evaluate, fit, fit_text, go_on, stop,
};
use gradbook::{Sequential, rng};
use lessons::Result;
use lessons::characters::{Recipe, VANILLA};

use crate::models::Kind as Network;

/// Examples in a step, for the digits.
pub const BATCH: usize = 32;

/// The canvas of lesson 6.
const CANVAS: ImageShape = ImageShape::new(12, 12, 1);

/// The LSTM of lesson 8.
const LSTM: Recipe = Recipe { hidden: 65, ..VANILLA };

/// A network to train, what it learns from, and when it has learned enough.
pub struct Task {
    /// Its name in the names of values.
    pub key: &'static str,
    /// The network in a table.
    pub name: &'static str,
    /// What is counted: epochs or updates.
    pub unit: &'static str,
    /// How many updates make one unit.
    pub updates: usize,
    /// Updates, at most.
    pub cap: usize,
    /// Updates between two looks at the validation part.
    pub every: usize,
    /// Enough is learned when the score is at most this.
    pub goal: f64,
    /// What learns, and from what.
    pub lesson: Lesson,
}

/// What learns, and from what.
pub enum Lesson {
    /// Images of digits. The score is the share of wrong answers.
    Images {
        /// Lesson 5's or lesson 6's.
        network: Network,
        /// How they are drawn.
        shape: ImageShape,
        /// To learn from, to choose by, and for the exam.
        parts: Box<[Dataset; 3]>,
    },
    /// A text. The score is bits per character.
    Text(Corpus),
}

/// One look at a training.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// After so many updates.
    pub updates: usize,
    /// The mean loss of the steps since the look before.
    pub train: f64,
    /// The loss on the validation part.
    pub valid: f64,
    /// What the goal is about, on the validation part. Less is better.
    pub score: f64,
}

/// A training, as it went.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    /// Every look.
    pub looks: Vec<Look>,
    /// The score on the exam part, at the end of a training that ran to its end.
    pub exam: Option<f64>,
}

impl Curve {
    /// Updates until the goal was reached; `None` if it never was.
    pub fn reached(&self, task: &Task) -> Option<usize> {
        let there = self.looks.iter().find(|look| look.score <= task.goal);
        there.map(|look| look.updates)
    }

    /// The validation loss at the end, or infinity.
    pub fn valid(&self) -> f64 {
        let loss = self.looks.last().map_or(f64::INFINITY, |look| look.valid);
        if loss.is_finite() { loss } else { f64::INFINITY }
    }
}

/// How long to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The goal is reached.
    Goal,
    /// The cap, and then sit the exam.
    Cap,
}

// ANCHOR: digits
/// The digits in three parts, as in lesson 5.
pub fn digits(seed: u64) -> Result<[Dataset; 3]> {
    let (digits, mut rng) = (data::digits(), rng(seed));
    let (rest, mut test) =
        split::stratified(&digits.labels, 0.2, &mut rng)?.of(&digits);
    let (mut train, mut valid) =
        split::stratified(&rest.labels, 0.2, &mut rng)?.of(&rest);
    let scale = Standardizer::fit(&train.inputs)?;
    for part in [&mut train, &mut valid, &mut test] {
        part.inputs = scale.transform(&part.inputs)?;
    }
    Ok([train, valid, test])
}
// ANCHOR_END: digits

impl Task {
    /// Lesson 5's network with 128 hidden units. Enough is 95% right.
    pub fn mlp(seed: u64, epochs: usize) -> Result<Task> {
        let (network, shape) = (Network::Mlp(128), ImageShape::new(8, 8, 1));
        let (key, name, parts) = ("mlp", "MLP on digits", digits(seed)?);
        Ok(Self::images(key, name, (network, shape), parts, 0.05, epochs))
    }

    /// Lesson 6's LeNet on digits shifted on a canvas, half as many. Enough is 75%.
    pub fn lenet(seed: u64, epochs: usize) -> Result<Task> {
        let (digits, mut rng) = (data::digits(), rng(seed));
        let digits = on_canvas(&digits, CANVAS.width, 2, &mut rng)?;
        let (half, rest) =
            split::stratified(&digits.labels, 0.5, &mut rng)?.of(&digits);
        let (valid, test) = split::stratified(&rest.labels, 0.5, &mut rng)?.of(&rest);
        let (key, name) = ("lenet", "LeNet on shifted digits");
        let parts = [half, valid, test];
        Ok(Self::images(key, name, (Network::LeNet, CANVAS), parts, 0.25, epochs))
    }

    fn images(
        key: &'static str,
        name: &'static str,
        (network, shape): (Network, ImageShape),
        parts: [Dataset; 3],
        goal: f64,
        epochs: usize,
    ) -> Task {
        let updates = parts[0].len().div_ceil(BATCH);
        let (cap, every) = (epochs * updates, (updates / 6).max(1));
        let parts = Box::new(parts);
        let lesson = Lesson::Images { network, shape, parts };
        Task { key, name, unit: "epochs", updates, cap, every, goal, lesson }
    }

    /// Lesson 8's LSTM on the frozen text.
    pub fn lstm(cap: usize) -> Result<Task> {
        let shares = data::text::Shares::default();
        let corpus = Corpus::of("the frozen text", data::prose(), shares)?;
        Ok(Task {
            key: "lstm",
            name: "LSTM on text",
            unit: "updates",
            updates: 1,
            cap,
            every: 25,
            goal: 2.4,
            lesson: Lesson::Text(corpus),
        })
    }

    /// Trains with this optimizer from this seed. A training that blows up ends there.
    pub fn learn(
        &self,
        optimizer: &mut dyn Optimizer,
        seed: u64,
        until: Until,
    ) -> Result<Curve> {
        match &self.lesson {
            Lesson::Images { .. } => {
                self.watched(optimizer, seed, until, Config::default(), None)
            }
            Lesson::Text(corpus) => self.read(optimizer, seed, until, corpus),
        }
    }

    /// A network as it is drawn from a seed. Only images have one of this kind.
    pub fn draw(&self, seed: u64) -> Result<Sequential> {
        match &self.lesson {
            Lesson::Images { network, shape, parts } => {
                Ok(network.build(*shape, parts[0].classes(), &mut rng(seed))?)
            }
            Lesson::Text(_) => lessons::bail!("a text has no network of images"),
        }
    }

    /// The parts of a task with images.
    pub fn parts(&self) -> Result<&[Dataset; 3]> {
        match &self.lesson {
            Lesson::Images { parts, .. } => Ok(parts),
            Lesson::Text(_) => lessons::bail!("a text has no images"),
        }
    }

    // ANCHOR: watched
    /// Trains on images, with this configuration, and looks from time to time. Another
    /// callback sees the validation loss of each epoch.
    pub fn watched(
        &self,
        optimizer: &mut dyn Optimizer,
        seed: u64,
        until: Until,
        config: Config,
        also: Option<&mut dyn Callback>,
    ) -> Result<Curve> {
        let [train, valid, exam] = self.parts()?;
        let mut net = self.draw(seed)?;
        let mut watch = Watch::new(self, valid, until);
        let seen = also.is_some().then_some(valid);
        let task = train::Task { train, valid: seen, loss: &SoftmaxCrossEntropy };
        let epochs = self.cap / self.updates;
        let config = Config { epochs, batch: BATCH, seed, ..config };
        let ended = match also {
            None => fit(&mut net, optimizer, &task, &config, &mut [&mut watch]),
            Some(also) => {
                fit(&mut net, optimizer, &task, &config, &mut [&mut watch, also])
            }
        };
        let mut curve = watch.curve;
        match ended {
            Err(TrainError::Diverged { .. }) => {
                curve.looks.push(Look::blown_up(&curve))
            }
            Err(error) => return Err(error.into()),
            Ok(_) if until == Until::Cap => {
                let seen = evaluate(&mut net, &SoftmaxCrossEntropy, exam)?;
                curve.exam = Some(1.0 - seen.accuracy.unwrap_or(0.0));
            }
            Ok(_) => {}
        }
        Ok(curve)
    }
    // ANCHOR_END: watched

    /// Reads the text; bits per character come from the start of the validation part.
    fn read(
        &self,
        optimizer: &mut dyn Optimizer,
        seed: u64,
        until: Until,
        corpus: &Corpus,
    ) -> Result<Curve> {
        let (mut random, characters) = (rng(seed), corpus.vocabulary.len());
        let mut layer = Lstm::new(LSTM.width, LSTM.hidden, &mut random);
        // the forget gates start open, as in lesson 8
        layer.bias.value.as_mut_slice()[LSTM.hidden..2 * LSTM.hidden].fill(1.0);
        let mut net = LSTM.network(characters, layer, &mut random)?;
        let (updates, schedule) = (self.cap, Schedule::Constant);
        let config = TextConfig { updates, schedule, ..LSTM.config(corpus) };
        let some = &corpus.validation[..corpus.validation.len().min(1500)];
        let (mut curve, mut since, mut trouble) = (Curve::default(), vec![], None);
        let mut watch = |step: &TextStep, net: &mut _| {
            since.push(step.bits);
            if !step.update.is_multiple_of(self.every) {
                return ControlFlow::Continue(());
            }
            let train = since.drain(..).sum::<f64>() / self.every as f64;
            match bits_per_character(net, some) {
                Ok(bits) => {
                    let (updates, valid, score) = (step.update, bits, bits);
                    curve.looks.push(Look { updates, train, valid, score });
                    let enough = until == Until::Goal && bits <= self.goal;
                    match enough || !bits.is_finite() {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    }
                }
                Err(error) => {
                    trouble = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        let ended = fit_text(&mut net, optimizer, &corpus.train, &config, &mut watch);
        if let Some(error) = trouble {
            return Err(error.into());
        }
        match ended {
            Err(TrainError::Diverged { .. }) => {
                curve.looks.push(Look::blown_up(&curve))
            }
            Err(error) => return Err(error.into()),
            Ok(()) if until == Until::Cap && curve.valid().is_finite() => {
                curve.exam = Some(bits_per_character(&mut net, &corpus.held_out)?);
            }
            Ok(()) => {}
        }
        Ok(curve)
    }
}

impl Look {
    /// What is seen of a training that left the finite numbers.
    fn blown_up(curve: &Curve) -> Look {
        let updates = curve.looks.last().map_or(0, |look| look.updates);
        let nothing = f64::INFINITY;
        Look { updates, train: nothing, valid: nothing, score: nothing }
    }
}

/// Looks at the validation part every so many updates.
struct Watch<'a> {
    task: &'a Task,
    valid: &'a Dataset,
    until: Until,
    updates: usize,
    since: f64,
    curve: Curve,
}

impl<'a> Watch<'a> {
    fn new(task: &'a Task, valid: &'a Dataset, until: Until) -> Self {
        let (updates, since, curve) = (0, 0.0, Curve::default());
        Self { task, valid, until, updates, since, curve }
    }
}

impl Callback for Watch<'_> {
    fn name(&self) -> &'static str {
        "watch"
    }

    fn after_step(&mut self, at: &mut Training<'_, f32>) -> Asked {
        self.updates += 1;
        self.since += at.loss;
        if !self.updates.is_multiple_of(self.task.every) {
            return go_on();
        }
        let seen = evaluate(at.model, &SoftmaxCrossEntropy, self.valid)?;
        let score = 1.0 - seen.accuracy.unwrap_or(0.0);
        let train = self.since / self.task.every as f64;
        self.since = 0.0;
        let (updates, valid) = (self.updates, seen.loss);
        self.curve.looks.push(Look { updates, train, valid, score });
        let enough = self.until == Until::Goal && score <= self.task.goal;
        if enough || !valid.is_finite() { stop() } else { go_on() }
    }
}
