//! `--mine`: the reader's momentum walks down a ravine; the reader's search, schedule,
//! Adam and decay train a network.

use gradbook::optimizer::{AdamW, Kind, Optimizer, OptimizerState, Schedule};
use gradbook::surface::{Surface, walk};
use gradbook::train::{Callback, Config, Pace, TrainError, Training};
use gradbook::{Matrix, Parameters, Real, rng};
use lessons::{Result, Run, bail};
use rand::RngExt;

use crate::exercises;
use crate::tasks::{Task, Until};

/// Exercise 10.1.
pub type Momentum = fn(&mut [f64], &mut [f64], &[f64], f64, f64, bool);
/// Exercise 10.2.
pub type AdamStep =
    fn(&mut [f64], &mut [f64], &mut [f64], &[f64], i32, f64, (f64, f64));
/// Exercise 10.3.
pub type Decay =
    fn(&mut [f64], &[f64], f64, f64, bool, &mut dyn FnMut(&mut [f64], &[f64]));
/// Exercise 10.4.
pub type Rate = fn(usize, usize, usize, f64, f64) -> f64;
/// Exercise 10.5.
pub type Search =
    fn(f64, f64, &[f64], &mut dyn FnMut(f64) -> f64) -> Option<(f64, f64)>;

/// The five answers.
#[derive(Clone, Copy)]
pub struct Hands {
    /// Exercise 10.1.
    pub momentum: Momentum,
    /// Exercise 10.2.
    pub adam: AdamStep,
    /// Exercise 10.3.
    pub decay: Decay,
    /// Exercise 10.4.
    pub rate: Rate,
    /// Exercise 10.5.
    pub search: Search,
}

impl Hands {
    /// The reader's.
    const MINE: Self = Self {
        momentum: exercises::momentum_step,
        adam: exercises::adam_step,
        decay: exercises::decay_step,
        rate: exercises::scheduled_rate,
        search: exercises::random_search,
    };
}

/// What an update is made of.
#[derive(Clone, Copy)]
enum Update {
    /// Momentum 0.9, and whether it is Nesterov's.
    Momentum(Momentum, bool),
    /// Adam, with this much decoupled decay.
    AdamW(AdamStep, Decay, f64),
}

/// An optimizer that calls the reader's functions, once for each parameter.
pub struct Yours<T: Real> {
    rate: f64,
    update: Update,
    updates: u64,
    first: Vec<Matrix<T>>,
    second: Vec<Matrix<T>>,
}

impl<T: Real> Yours<T> {
    fn new(rate: f64, update: Update) -> Self {
        Self { rate, update, updates: 0, first: vec![], second: vec![] }
    }
}

fn wide<T: Real>(matrix: &Matrix<T>) -> Vec<f64> {
    matrix.iter().map(|x| x.to_f64()).collect()
}

fn narrow<T: Real>(list: &[f64], matrix: &mut Matrix<T>) {
    matrix.iter_mut().zip(list).for_each(|(to, &x)| *to = T::of(x));
}

impl<T: Real> Optimizer<T> for Yours<T> {
    fn name(&self) -> &'static str {
        "yours"
    }

    fn step(&mut self, model: &mut dyn Parameters<T>) {
        self.updates += 1;
        let (rate, step, update) = (self.rate, self.updates as i32, self.update);
        let (first, second, mut index) = (&mut self.first, &mut self.second, 0);
        model.parameters(&mut |_, parameter| {
            if index == first.len() {
                let (rows, columns) = parameter.value.shape();
                first.push(Matrix::zeros(rows, columns));
                second.push(Matrix::zeros(rows, columns));
            }
            let (mut weights, grads) = (wide(&parameter.value), wide(&parameter.grad));
            let (mut m, mut v) = (wide(&first[index]), wide(&second[index]));
            match update {
                Update::Momentum(step, nesterov) => {
                    step(&mut weights, &mut m, &grads, rate, 0.9, nesterov);
                }
                Update::AdamW(adam, decay, strength) => {
                    let mut one = |weights: &mut [f64], grads: &[f64]| {
                        let betas = (0.9, 0.999);
                        adam(weights, &mut m, &mut v, grads, step, rate, betas);
                    };
                    decay(&mut weights, &grads, rate, strength, true, &mut one);
                }
            }
            narrow(&weights, &mut parameter.value);
            narrow(&m, &mut first[index]);
            narrow(&v, &mut second[index]);
            index += 1;
        });
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn state(&mut self) -> OptimizerState<'_, T> {
        let memory = vec![("first", &mut self.first), ("second", &mut self.second)];
        OptimizerState { updates: &mut self.updates, memory }
    }
}

/// Sets the rate before every step, by the reader's schedule.
struct YourSchedule {
    rate: Rate,
    peak: f64,
    ticks: usize,
    tick: usize,
}

impl Callback for YourSchedule {
    fn name(&self) -> &'static str {
        "your schedule"
    }

    fn before_step(
        &mut self,
        at: &mut Training<'_, f32>,
    ) -> std::result::Result<(), TrainError> {
        let rate = (self.rate)(self.tick, self.ticks / 10, self.ticks, self.peak, 0.0);
        at.optimizer.set_learning_rate(rate);
        self.tick += 1;
        Ok(())
    }
}

/// The reader's functions at work.
pub fn show(run: &mut Run, seed: u64) -> Result {
    down_the_ravine(run, Hands::MINE)?;
    on_digits(run, Hands::MINE, seed)
}

/// Both momentums in the ravine, beside the library's.
pub fn down_the_ravine(run: &mut Run, hands: Hands) -> Result {
    run.heading("Your momentum, down the ravine");
    let ravine = Surface::Ravine { steepness: 20.0 };
    let mut rows = vec![];
    for (kind, nesterov) in [(Kind::Momentum, false), (Kind::Nesterov, true)] {
        let rate = ravine.rate(kind);
        let mut yours = Yours::new(rate, Update::Momentum(hands.momentum, nesterov));
        let yours = walk(ravine, &mut yours, ravine.start(), 100);
        let ours = walk(ravine, &mut *kind.build(rate), ravine.start(), 100);
        let far = yours.iter().zip(&ours).map(|(a, b)| {
            a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        });
        let far = far.fold(0.0, f64::max);
        let same = yours.len() == ours.len() && far < 1e-9;
        if !same {
            bail!(
                "your {kind} leaves the book's path by {far:.1e}: check exercise 10.1"
            );
        }
        let value = ravine.value(yours[yours.len() - 1]);
        rows.push([kind.name().to_string(), format!("{value:.1e}")]);
    }
    run.table(&["your steps", "value after 100 updates"], &rows);
    run.say("Every step is where the book's is.");
    Ok(())
}

/// Epochs of each trial of the search, and of the training.
const TRIAL: usize = 3;
const EPOCHS: usize = 10;

/// The reader's search, schedule, Adam and decay train lesson 5's MLP.
pub fn on_digits(run: &mut Run, hands: Hands, seed: u64) -> Result {
    run.heading("Your search, your schedule, your Adam, your decay");
    let draws: Vec<f64> = {
        let mut rng = rng(seed);
        (0..9).map(|_| rng.random()).collect()
    };
    let (short, long) = (Task::mlp(seed, TRIAL)?, Task::mlp(seed, EPOCHS)?);
    let mut rows = vec![];
    let mut trouble = None;
    let mut trial = |rate: f64| match train(hands, &short, rate, seed) {
        Ok((loss, _)) => {
            rows.push([format!("{rate:.5}"), format!("{loss:.3}")]);
            loss
        }
        Err(error) => {
            trouble = Some(error);
            f64::NAN
        }
    };
    let found = (hands.search)(1e-4, 1.0, &draws, &mut trial);
    if let Some(error) = trouble {
        return Err(error);
    }
    run.table(&["rate", "validation loss"], &rows);
    let Some((rate, _)) = found else { bail!("your search found no rate at all") };
    let (loss, exam) = train(hands, &long, rate, seed)?;
    let (ours, _) = by_the_book(&long, rate, seed)?;
    run.say(&format!(
        "With the rate {rate:.5}: validation loss {loss:.4}, {:.1}% of the exam. The \
         book's AdamW with the book's schedule: {ours:.4}.",
        100.0 * exam
    ));
    let near = (loss - ours).abs() < 0.05 * ours.max(0.1);
    if !near {
        bail!("that is not the book's result: check exercises 10.2, 10.3 and 10.4");
    }
    Ok(())
}

/// Validation loss and accuracy in the exam, by the reader's functions.
fn train(hands: Hands, task: &Task, rate: f64, seed: u64) -> Result<(f64, f64)> {
    let mut yours = Yours::new(rate, Update::AdamW(hands.adam, hands.decay, 0.01));
    let mut schedule =
        YourSchedule { rate: hands.rate, peak: rate, ticks: task.cap, tick: 0 };
    let (config, also) = (Config::default(), Some(&mut schedule as &mut dyn Callback));
    let curve = task.watched(&mut yours, seed, Until::Cap, config, also)?;
    Ok((curve.valid(), 1.0 - curve.exam.unwrap_or(1.0)))
}

/// The same by the library's.
fn by_the_book(task: &Task, rate: f64, seed: u64) -> Result<(f64, f64)> {
    let ticks = task.cap;
    let schedule = Schedule::WarmUpCosine { warm_up: ticks / 10, ticks };
    let config = Config { schedule, pace: Pace::Step, ..Config::default() };
    let mut optimizer = AdamW::new(rate);
    let curve = task.watched(&mut optimizer, seed, Until::Cap, config, None)?;
    Ok((curve.valid(), 1.0 - curve.exam.unwrap_or(1.0)))
}
