//! Broken on purpose: rates, a missing correction, momentum, unequal searches, and a
//! choice by the exam.

use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Adam, Kind, Optimizer, OptimizerState, Sgd};
use gradbook::train::{self, Config, evaluate, fit};
use gradbook::{Matrix, Parameters};
use lessons::pool::{self, Job};
use lessons::{Result, Run, mean_and_spread, percent};

use crate::contest::{Budget, Entry};
use crate::tasks::{BATCH, Curve, Task, Until};

/// All of them.
pub fn show(run: &mut Run, task: &Task, entries: &[Entry], budget: Budget) -> Result {
    wrong_rates(run, task, budget.seed)?;
    no_correction(run, task, budget)?;
    too_much_momentum(run, task, budget)?;
    unequal(run, task, entries);
    chosen_by_the_exam(run, task, budget.seed)
}

/// The rates that searches mostly choose for momentum and for Adam.
const MOMENTUM: f64 = 0.03;
const ADAM: f64 = 0.01;

/// The mean of a number over trainings.
fn mean(curves: &[Curve], of: impl Fn(&Curve) -> f64) -> f64 {
    mean_and_spread(&curves.iter().map(of).collect::<Vec<_>>()).0
}

/// The loss on the validation part after about an epoch, or infinity.
fn early(task: &Task, curve: &Curve) -> f64 {
    let look = curve.looks.iter().find(|look| look.updates >= task.updates);
    look.map_or(f64::INFINITY, |look| look.valid)
}

/// Trainings with new seeds.
fn fresh(
    run: &mut Run,
    task: &Task,
    budget: Budget,
    build: impl Fn() -> Box<dyn Optimizer> + Sync,
) -> Result<Vec<Curve>> {
    let [_, seeds] = budget.seeds();
    let build = &build;
    let job = |&seed: &u64| -> Job<'_, Curve> {
        Box::new(move |bar| {
            bar.inc(1);
            task.learn(&mut *build(), seed, Until::Cap)
        })
    };
    pool::run(run, "broken", seeds.len(), seeds.iter().map(job).collect())
}

/// Too slow, about right, too fast; and what Adam does not say.
fn wrong_rates(run: &mut Run, task: &Task, seed: u64) -> Result {
    run.heading("Broken on purpose: the wrong rate");
    let mut rows = vec![];
    for (key, kind, rate) in [
        ("slow", Kind::Sgd, 0.001),
        ("right", Kind::Sgd, 0.3),
        ("fast", Kind::Sgd, 3.0),
        ("adam_fast", Kind::Adam, 3.0),
    ] {
        let mut optimizer: Box<dyn Optimizer> = kind.build(rate);
        let curve = task.learn(&mut *optimizer, seed, Until::Cap)?;
        let (loss, exam) = (curve.valid(), curve.exam);
        if loss.is_finite() {
            run.value(&format!("rate_{key}_loss"), loss);
        }
        let loss = match loss {
            loss if loss < 100.0 => format!("{loss:.3}"),
            loss if loss.is_finite() => format!("{loss:.0}"),
            _ => String::new(),
        };
        let exam = exam.map(|wrong| percent(1.0 - wrong));
        let exam = exam.unwrap_or("it blew up".into());
        rows.push([kind.name().to_string(), rate.to_string(), loss, exam]);
    }
    run.table(&["optimizer", "rate", "validation loss", "exam"], &rows);
    Ok(())
}

// ANCHOR: uncorrected
/// Adam whose running means are not corrected for having started at zero.
struct Uncorrected {
    rate: f64,
    updates: u64,
    mean: Vec<Matrix>,
    square: Vec<Matrix>,
}

impl Optimizer for Uncorrected {
    fn name(&self) -> &'static str {
        "uncorrected adam"
    }

    fn step(&mut self, model: &mut dyn Parameters) {
        let (rate, mut index) = (self.rate as f32, 0);
        let (mean, square) = (&mut self.mean, &mut self.square);
        model.parameters(&mut |_, parameter| {
            let (rows, columns) = parameter.value.shape();
            if index == mean.len() {
                mean.push(Matrix::zeros(rows, columns));
                square.push(Matrix::zeros(rows, columns));
            }
            let (m, s) = (&mut mean[index], &mut square[index]);
            for k in 0..parameter.value.len() {
                let g = parameter.grad[k];
                m[k] = 0.9 * m[k] + 0.1 * g;
                s[k] = 0.999 * s[k] + 0.001 * g * g;
                parameter.value[k] -= rate * m[k] / (s[k].sqrt() + 1e-8);
            }
            index += 1;
        });
        self.updates += 1;
    }
    // ANCHOR_END: uncorrected

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn state(&mut self) -> OptimizerState<'_, f32> {
        let memory = vec![("mean", &mut self.mean), ("square", &mut self.square)];
        OptimizerState { updates: &mut self.updates, memory }
    }
}

/// How many rates long the steps of Adam without its correction are, for a slope that
/// never changes: the first, and the longest of the first hundred.
pub fn steps_without_correction() -> [f64; 2] {
    let step = |t: i32| (1.0 - 0.9_f64.powi(t)) / (1.0 - 0.999_f64.powi(t)).sqrt();
    [step(1), (1..=100).map(step).fold(0.0, f64::max)]
}

/// Its first steps are too long.
fn no_correction(run: &mut Run, task: &Task, budget: Budget) -> Result {
    run.heading("Broken on purpose: Adam without its correction");
    let [first, longest] = steps_without_correction();
    run.value("uncorrected_first_step", first);
    run.value("uncorrected_longest_step", longest);
    let rate = ADAM;
    let right = fresh(run, task, budget, || Box::new(Adam::new(rate)))?;
    let wrong = fresh(run, task, budget, || {
        let (mean, square) = (vec![], vec![]);
        Box::new(Uncorrected { rate, updates: 0, mean, square })
    })?;
    let mut rows = vec![];
    for (key, name, curves) in [("right", "with", &right), ("wrong", "without", &wrong)]
    {
        let (soon, late) =
            (mean(curves, |c| early(task, c)), mean(curves, Curve::valid));
        run.value(&format!("correction_{key}_early"), soon);
        run.value(&format!("correction_{key}_late"), late);
        rows.push([name.to_string(), format!("{soon:.3}"), format!("{late:.3}")]);
    }
    run.say(&format!(
        "For a slope that stays the same, its first step is {first:.2} rates long and \
         its longest {longest:.2}; with the correction every one is 1."
    ));
    run.table(&["correction", "loss after an epoch", "loss at the end"], &rows);
    Ok(())
}

/// Ten times the memory is ten times the step.
fn too_much_momentum(run: &mut Run, task: &Task, budget: Budget) -> Result {
    run.heading("Broken on purpose: momentum 0.99 at the rate of 0.9");
    let mut rows = vec![];
    for (key, momentum, rate) in [
        ("usual", 0.9, MOMENTUM),
        ("more", 0.99, MOMENTUM),
        ("slower", 0.99, MOMENTUM / 10.0),
    ] {
        let build = || Box::new(Sgd::new(rate).with_momentum(momentum)) as Box<_>;
        let curves = fresh(run, task, budget, build)?;
        let reached = curves.iter().filter(|c| c.reached(task).is_some()).count();
        let loss = mean(&curves, |curve| early(task, curve));
        if loss.is_finite() {
            run.value(&format!("momentum_{key}_early"), loss);
        }
        run.value(&format!("momentum_{key}_reached"), reached as f64);
        let rate = format!("{rate:.4}").trim_end_matches('0').to_string();
        let (loss, of) =
            (format!("{loss:.3}"), format!("{reached} of {}", curves.len()));
        rows.push([momentum.to_string(), rate, loss, of]);
    }
    let columns = ["momentum", "rate", "loss after an epoch", "reached the goal"];
    run.table(&columns, &rows);
    Ok(())
}

/// What a comparison says when one side was tuned and the other was not.
fn unequal(run: &mut Run, task: &Task, entries: &[Entry]) {
    run.heading("Broken on purpose: unequal searches");
    let of = |kind: Kind, rate: Option<f64>| {
        let entry = entries.iter().find(|entry| entry.kind == kind)?;
        match rate {
            None => Some(entry.best),
            Some(rate) => entry.tried.iter().find(|w| w.rate == rate).copied(),
        }
    };
    let mut rows = vec![];
    for (key, words, worth) in [
        ("sgd_untuned", "sgd, just 0.01", of(Kind::Sgd, Some(0.01))),
        ("adam_untuned", "adam, just 0.1", of(Kind::Adam, Some(0.1))),
        ("sgd_tuned", "sgd, best of 11", of(Kind::Sgd, None)),
        ("adam_tuned", "adam, best of 11", of(Kind::Adam, None)),
    ] {
        let Some(worth) = worth else { continue };
        let epochs = worth.updates / task.updates as f64;
        run.value(&format!("unequal_{key}_epochs"), epochs);
        let epochs = match worth.reached {
            0 => "never".to_string(),
            _ => format!("{epochs:.1}"),
        };
        rows.push([words.to_string(), epochs]);
    }
    run.table(&["rate", "epochs in the search"], &rows);
}

/// Trainings among which the best is chosen by one half of the exam.
const CANDIDATES: u64 = 40;

// ANCHOR: by_exam
/// Trains the same network from many seeds, chooses the best by one half of the exam,
/// and asks the other half. Both halves take turns: (what the choice promised, what it
/// kept, the mean of all).
fn choose_by_exam(
    run: &mut Run,
    task: &Task,
    rate: f64,
    seed: u64,
) -> Result<[f64; 3]> {
    let [train, _, exam] = task.parts()?;
    let halves = [0, 1]
        .map(|first| exam.select(&(first..exam.len()).step_by(2).collect::<Vec<_>>()));
    let job = |k: u64| -> Job<'_, [f64; 2]> {
        let halves = &halves;
        Box::new(move |bar| {
            bar.inc(1);
            let seed = seed.wrapping_mul(1000).wrapping_add(900 + k);
            let mut net = task.draw(seed)?;
            let data = train::Task { train, valid: None, loss: &SoftmaxCrossEntropy };
            let config = Config { epochs: 3, batch: BATCH, seed, ..Config::default() };
            fit(&mut net, &mut Adam::new(rate), &data, &config, &mut [])?;
            let mut seen = [0.0; 2];
            for (seen, half) in seen.iter_mut().zip(halves) {
                let part = evaluate(&mut net, &SoftmaxCrossEntropy, half)?;
                *seen = part.accuracy.unwrap_or(0.0);
            }
            Ok(seen)
        })
    };
    let jobs: Vec<_> = (0..CANDIDATES).map(job).collect();
    let all = pool::run(run, "candidates", jobs.len(), jobs)?;
    let mut sums = [0.0; 3];
    for half in [0, 1] {
        let best = all.iter().max_by(|a, b| a[half].total_cmp(&b[half]));
        let best = best.copied().unwrap_or_default();
        let mean = all.iter().map(|seen| seen[half]).sum::<f64>() / all.len() as f64;
        let seen = [best[half], best[1 - half], mean];
        sums.iter_mut().zip(seen).for_each(|(sum, seen)| *sum += seen / 2.0);
    }
    Ok(sums)
}
// ANCHOR_END: by_exam

/// The best of many is partly luck.
fn chosen_by_the_exam(run: &mut Run, task: &Task, seed: u64) -> Result {
    run.heading("Broken on purpose: chosen by the exam");
    let [promised, kept, mean] = choose_by_exam(run, task, ADAM, seed)?;
    run.value("exam_promised", promised);
    run.value("exam_kept", kept);
    run.value("exam_mean", mean);
    run.say(&format!(
        "{CANDIDATES} trainings that differ in nothing but the seed, mean accuracy \
         {:.1}%. The best by one half of the exam has {:.1}% there, and {:.1}% on the \
         other half.",
        100.0 * mean,
        100.0 * promised,
        100.0 * kept
    ));
    Ok(())
}
