//! The training loop: epochs of steps, with places where callbacks may look and act.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::data::{Batches, Dataset};
use crate::loss::Loss;
use crate::network::{Parameters, Sequential};
use crate::optimizer::{self, Optimizer, Schedule};
use crate::real::{Matrix, Real, Rng, ShapeError};
use crate::train::evaluate::{Evaluation, Sums, evaluate};
use crate::train::{Batch, Callback, TrainError, checkpoint, gradients};

// ANCHOR: config
/// How to train.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// How often to go through all the examples.
    pub epochs: usize,
    /// Examples a step.
    pub batch: usize,
    /// Whether every epoch has its own random order.
    pub shuffle: bool,
    /// What the shuffles, and callbacks that need chance, draw from.
    pub seed: u64,
    /// How the optimizer's learning rate changes from tick to tick.
    pub schedule: Schedule,
    /// What a tick of the schedule is.
    pub pace: Pace,
}

/// What a tick of a schedule is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// An epoch.
    #[default]
    Epoch,
    /// A step, counted from the first of the training.
    Step,
}

impl Default for Config {
    fn default() -> Self {
        let (schedule, pace) = (Schedule::Constant, Pace::Epoch);
        Self { epochs: 10, batch: 32, shuffle: true, seed: 7, schedule, pace }
    }
}

/// What to learn, and what to be judged on meanwhile.
#[derive(Clone, Copy)]
pub struct Task<'a, T: Real = f32> {
    /// The examples to learn from.
    pub train: &'a Dataset<T>,
    /// Examples to be judged on after every epoch. Nothing is learned from them.
    pub valid: Option<&'a Dataset<T>>,
    /// What "wrong" means.
    pub loss: &'a dyn Loss<T>,
}
// ANCHOR_END: config

/// One epoch, as it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Its number, counted from 1.
    pub number: usize,
    /// The learning rate at its end.
    pub rate: f64,
    /// The mean over the epoch's steps, each with the weights it had then.
    pub train: Evaluation,
    /// On the validation data, with the weights at the end.
    pub valid: Option<Evaluation>,
}

impl Epoch {
    /// The evaluation that choices should rest on: validation, or training where there
    /// is none.
    pub fn judge(&self) -> Evaluation {
        self.valid.unwrap_or(self.train)
    }
}

/// A training, epoch by epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Every finished epoch.
    pub epochs: Vec<Epoch>,
    /// The callback that ended training early, if one did.
    pub stopped_by: Option<&'static str>,
}

impl History {
    /// The epoch whose judging loss was the smallest.
    pub fn best(&self) -> Option<&Epoch> {
        let loss = |epoch: &&Epoch| epoch.judge().loss;
        self.epochs.iter().min_by(|a, b| loss(a).total_cmp(&loss(b)))
    }

    /// The last epoch.
    pub fn last(&self) -> Option<&Epoch> {
        self.epochs.last()
    }
}

/// How far training has come: with model and optimizer, all that decides what follows.
#[derive(Clone, Debug)]
pub struct Position {
    /// Finished epochs.
    pub epochs: usize,
    /// Finished steps of the epoch under way.
    pub steps: usize,
    /// The learning rate that the schedule starts from.
    pub first_rate: f64,
    /// Chance for callbacks; saved with the checkpoint.
    pub rng: Rng,
    /// Every finished epoch.
    pub history: History,
    pub(super) batches: Batches,
    pub(super) sums: Sums,
}

/// Training under way: all that a callback may look at or change.
pub struct Training<'a, T: Real> {
    /// The network.
    pub model: &'a mut Sequential<T>,
    /// The optimizer.
    pub optimizer: &'a mut dyn Optimizer<T>,
    /// The examples of this step.
    pub batch: Batch<T>,
    /// The loss of this step.
    pub loss: f64,
    /// How far training has come.
    pub position: Position,
    saves: Vec<PathBuf>,
}

impl Position {
    /// The schedule's tick of the step to come.
    fn tick(&self, pace: Pace) -> usize {
        match pace {
            Pace::Epoch => self.epochs,
            Pace::Step => self.epochs * self.batches.per_epoch() + self.steps,
        }
    }
}

impl<T: Real> Training<'_, T> {
    /// The error that ends training at the step under way because a number is not
    /// finite, with what most likely mends it.
    pub fn diverged(&self, what: String) -> TrainError {
        diverged(self, self.position.steps + 1, what)
    }

    /// Asks for a checkpoint. It is written when every callback has seen this moment,
    /// so that their state in the file is of one time.
    pub fn save(&mut self, path: &Path) {
        self.saves.push(path.to_path_buf());
    }
}

/// Callbacks, as [`fit`] takes them: `&mut [&mut stop, &mut best]`.
pub type Callbacks<'a, 'b, T> = &'a mut [&'b mut dyn Callback<T>];

/// Trains the network and tells how it went.
///
/// ```
/// use gradbook::activation::Activation;
/// use gradbook::data::synthetic;
/// use gradbook::init::Init;
/// use gradbook::layer::{Activate, Dense};
/// use gradbook::loss::SoftmaxCrossEntropy;
/// use gradbook::optimizer::Adam;
/// use gradbook::train::{Config, Task, fit};
/// use gradbook::Sequential;
///
/// let mut rng = gradbook::rng(7);
/// let moons = synthetic::moons::<f32>(200, 0.1, &mut rng);
/// let mut network = Sequential::new(2)
///     .then(Dense::new(2, 16, Init::HeNormal, &mut rng))?
///     .then(Activate::new(Activation::Relu))?
///     .then(Dense::new(16, 2, Init::XavierNormal, &mut rng))?;
/// let task = Task { train: &moons, valid: None, loss: &SoftmaxCrossEntropy };
/// let config = Config { epochs: 40, batch: 20, ..Config::default() };
/// let history = fit(&mut network, &mut Adam::new(0.01), &task, &config, &mut [])?;
/// assert!(history.last().unwrap().train.accuracy > Some(0.95));
/// # Ok::<(), gradbook::train::TrainError>(())
/// ```
///
/// # Errors
///
/// When shapes do not fit, there is nothing to learn from, the loss stops being finite,
/// or a callback fails.
pub fn fit<T: Real>(
    model: &mut Sequential<T>,
    optimizer: &mut dyn Optimizer<T>,
    task: &Task<'_, T>,
    config: &Config,
    callbacks: Callbacks<'_, '_, T>,
) -> Result<History, TrainError> {
    check_rates(optimizer, config.schedule)?;
    check(model, task)?;
    let position =
        Position::start(task.train.len(), config, optimizer.learning_rate())?;
    run(Training::new(model, optimizer, position), task, config, callbacks)
}

/// Goes on from a checkpoint, as if training had never been interrupted: the same data,
/// batch size, optimizer and callbacks give the same weights, bit for bit.
///
/// # Errors
///
/// As [`fit`]; and when the file cannot be read or does not fit. Then network,
/// optimizer and callbacks are as they were.
pub fn resume<T: Real>(
    path: &Path,
    model: &mut Sequential<T>,
    optimizer: &mut dyn Optimizer<T>,
    task: &Task<'_, T>,
    config: &Config,
    callbacks: Callbacks<'_, '_, T>,
) -> Result<History, TrainError> {
    check_rates(optimizer, config.schedule)?;
    check(model, task)?;
    let examples = task.train.len();
    let position =
        checkpoint::load(path, model, optimizer, examples, config, callbacks)?;
    run(Training::new(model, optimizer, position), task, config, callbacks)
}

impl Position {
    fn start(examples: usize, config: &Config, rate: f64) -> Result<Self, TrainError> {
        // Streams of their own: a network drawn from the same seed shares no number.
        let [mut order, mut rng] = [crate::rng(config.seed), crate::rng(config.seed)];
        order.set_stream(1);
        rng.set_stream(2);
        let batches = match config.shuffle {
            true => Batches::shuffled(examples, config.batch, &mut order)?,
            false => Batches::in_order(examples, config.batch)?,
        };
        Ok(Self {
            epochs: 0,
            steps: 0,
            first_rate: rate,
            rng,
            history: History::default(),
            batches,
            sums: Sums::default(),
        })
    }
}

impl<'a, T: Real> Training<'a, T> {
    fn new(
        model: &'a mut Sequential<T>,
        optimizer: &'a mut dyn Optimizer<T>,
        position: Position,
    ) -> Self {
        let (batch, saves) = (Batch::default(), Vec::new());
        Self { model, optimizer, batch, loss: 0.0, position, saves }
    }
}

// ANCHOR: run
/// Epochs of steps, until there are enough of them or a callback says stop.
fn run<T: Real>(
    mut at: Training<'_, T>,
    task: &Task<'_, T>,
    config: &Config,
    callbacks: Callbacks<'_, '_, T>,
) -> Result<History, TrainError> {
    each(callbacks, &mut at, |callback, at| callback.before_training(at))?;
    let mut stop = None;
    while stop.is_none() && at.position.epochs < config.epochs {
        stop = one_epoch(&mut at, task, config, callbacks)?;
    }
    each(callbacks, &mut at, |callback, at| callback.after_training(at))?;
    Ok(History { stopped_by: stop, ..at.position.history })
}

/// The steps of an epoch, or what is left of them, then its line in the history.
/// Returns the name of the callback that said stop, if one did.
fn one_epoch<T: Real>(
    at: &mut Training<'_, T>,
    task: &Task<'_, T>,
    config: &Config,
    callbacks: Callbacks<'_, '_, T>,
) -> Result<Option<&'static str>, TrainError> {
    while let Some(indices) = at.position.batches.next_batch() {
        at.batch.gather(task.train, indices);
        let (first, tick) = (at.position.first_rate, at.position.tick(config.pace));
        at.optimizer.set_learning_rate(config.schedule.rate(first, tick));
        let stop = one_step(at, task, callbacks)?;
        write_saves(at, config, callbacks)?;
        if stop.is_some() {
            return Ok(stop);
        }
    }
    end_of_epoch(at, task)?;
    let stop = tell(callbacks, at, |callback, at| callback.after_epoch(at))?;
    write_saves(at, config, callbacks)?;
    Ok(stop)
}

/// One step, with the moments at which callbacks are asked. Returns the name of
/// the one that said stop.
fn one_step<T: Real>(
    at: &mut Training<'_, T>,
    task: &Task<'_, T>,
    callbacks: Callbacks<'_, '_, T>,
) -> Result<Option<&'static str>, TrainError> {
    each(callbacks, at, |callback, at| callback.before_step(at))?;
    let loss = gradients(at.model, task.loss, &mut at.batch)?;
    at.loss = loss.to_f64();
    if !at.loss.is_finite() {
        return Err(at.diverged(format!("the loss is {}", at.loss)));
    }
    let prediction = at.model.output().unwrap_or(&at.batch.inputs);
    at.position.sums.add(loss, prediction, &at.batch.targets);
    each(callbacks, at, |callback, at| callback.before_update(at))?;
    at.optimizer.step(at.model);
    at.position.steps += 1;
    tell(callbacks, at, |callback, at| callback.after_step(at))
}
// ANCHOR_END: run

/// Writes the epoch into the history and makes ready for the next.
fn end_of_epoch<T: Real>(
    at: &mut Training<'_, T>,
    task: &Task<'_, T>,
) -> Result<(), TrainError> {
    let (step, mut finite) = (at.position.steps, true);
    at.model.parameters(&mut |_, parameter| {
        finite &= parameter.value.iter().all(|w| w.is_finite());
    });
    if !finite {
        return Err(diverged(at, step, "a weight is no longer finite".into()));
    }
    let valid = match task.valid {
        Some(data) => Some(evaluate(at.model, task.loss, data)?),
        None => None,
    };
    if let Some(valid) = valid.filter(|valid| !valid.loss.is_finite()) {
        return Err(diverged(
            at,
            step,
            format!("the validation loss is {}", valid.loss),
        ));
    }
    let train = at.position.sums.mean(task.train.classes() > 0);
    let (number, rate) = (at.position.epochs + 1, at.optimizer.learning_rate());
    at.position.history.epochs.push(Epoch { number, rate, train, valid });
    at.position.epochs = number;
    at.position.steps = 0;
    at.position.sums = Sums::default();
    Ok(())
}

/// The error when a number is not finite, with what most likely mends it.
fn diverged<T: Real>(at: &Training<'_, T>, step: usize, what: String) -> TrainError {
    let finite = |part: &Matrix<T>| part.iter().all(|x| x.is_finite());
    let mend = if finite(&at.batch.inputs) && finite(&at.batch.targets) {
        let rate = at.optimizer.learning_rate();
        format!("lower the learning rate (now {rate}) or scale the inputs")
    } else {
        "the data of this step hold a number that is not finite: clean them".into()
    };
    let epoch = at.position.epochs + 1;
    TrainError::Diverged { epoch, step, what, mend }
}

fn write_saves<T: Real>(
    at: &mut Training<'_, T>,
    config: &Config,
    callbacks: Callbacks<'_, '_, T>,
) -> Result<(), TrainError> {
    for path in std::mem::take(&mut at.saves) {
        let (model, optimizer) = (&mut *at.model, &mut *at.optimizer);
        checkpoint::save(&path, model, optimizer, &at.position, config, callbacks)?;
    }
    Ok(())
}

/// Asks every callback in turn.
fn each<T: Real>(
    callbacks: Callbacks<'_, '_, T>,
    at: &mut Training<'_, T>,
    mut ask: impl FnMut(
        &mut dyn Callback<T>,
        &mut Training<'_, T>,
    ) -> Result<(), TrainError>,
) -> Result<(), TrainError> {
    callbacks.iter_mut().try_for_each(|callback| ask(&mut **callback, at))
}

/// Tells every callback, also those after one that says stop; returns its name.
fn tell<T: Real>(
    callbacks: Callbacks<'_, '_, T>,
    at: &mut Training<'_, T>,
    mut tell: impl FnMut(
        &mut dyn Callback<T>,
        &mut Training<'_, T>,
    ) -> Result<ControlFlow<()>, TrainError>,
) -> Result<Option<&'static str>, TrainError> {
    let mut stop = None;
    for callback in callbacks.iter_mut() {
        let name = callback.name();
        if tell(&mut **callback, at)?.is_break() {
            stop = stop.or(Some(name));
        }
    }
    Ok(stop)
}

/// Rate, optimizer and schedule must be built with numbers that can be meant.
pub(super) fn check_rates<T: Real>(
    optimizer: &dyn Optimizer<T>,
    schedule: Schedule,
) -> Result<(), TrainError> {
    let rate = optimizer.learning_rate();
    if !rate.is_finite() || rate < 0.0 {
        return Err(TrainError::Rate(rate));
    }
    optimizer::check(optimizer)?;
    Ok(schedule.check()?)
}

/// Network, data and loss must fit before the first step.
fn check<T: Real>(model: &Sequential<T>, task: &Task<'_, T>) -> Result<(), TrainError> {
    let parts = [("training", Some(task.train)), ("validation", task.valid)];
    for (part, data) in parts {
        let Some(data) = data else { continue };
        if data.is_empty() {
            return Err(TrainError::Empty(part));
        }
        data.check()?;
        let rows = |what: &str, found, expected| match found == expected {
            true => Ok(()),
            false => {
                Err(ShapeError::new(format!("{part} {what}: rows"), found, expected))
            }
        };
        rows("inputs", data.inputs.nrows(), model.input_rows())?;
        rows("targets", data.targets.nrows(), model.output_rows())?;
    }
    Ok(())
}
