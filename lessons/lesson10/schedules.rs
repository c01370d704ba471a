//! Schedules: drawn, and compared by the same search for a rate.

use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Kind, Optimizer, Schedule};
use gradbook::plot::{Axis, Chart, Panels, Role, Svg};
use gradbook::train::{self, Callback, Config, Pace, ReduceOnPlateau, fit};
use lessons::pool::{self, Job};
use lessons::{Result, Run, mean_and_spread, percent};

use crate::contest::{Budget, RATES};
use crate::tasks::{BATCH, Curve, Task, Until};

/// A way to change the rate.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Its name in the names of values.
    pub key: &'static str,
    /// Its name in tables and pictures.
    pub name: &'static str,
    /// The schedule.
    pub schedule: Schedule,
    /// Whether plateaus of the validation loss lower the rate, too.
    pub plateau: bool,
}

// ANCHOR: plans
/// The ways that are compared, over so many updates.
pub fn plans(ticks: usize) -> [Plan; 7] {
    let plan = |key, name, schedule| Plan { key, name, schedule, plateau: false };
    let fall = 0.01_f64.powf(1.0 / ticks as f64);
    let warm_up = ticks / 10;
    [
        plan("constant", "constant", Schedule::Constant),
        plan("step", "step", Schedule::Step { every: ticks.div_ceil(3), factor: 0.2 }),
        plan("exponential", "exponential", Schedule::Exponential { factor: fall }),
        plan("cosine", "cosine", Schedule::Cosine { ticks }),
        plan("warm_up", "warm-up, cosine", Schedule::WarmUpCosine { warm_up, ticks }),
        plan("one_cycle", "one cycle", Schedule::OneCycle { ticks }),
        Plan { plateau: true, ..plan("plateau", "on plateau", Schedule::Constant) },
    ]
}
// ANCHOR_END: plans

/// A training along a plan, and whether plateaus have lowered its full rate.
type Planned = (Curve, bool);

/// Trains with momentum along a plan.
fn learn(task: &Task, plan: Plan, rate: f64, seed: u64) -> Result<Planned> {
    let mut optimizer: Box<dyn Optimizer> = Kind::Momentum.build(rate);
    let (schedule, pace) = (plan.schedule, Pace::Step);
    let config = Config { schedule, pace, ..Config::default() };
    let mut reduce = ReduceOnPlateau::new(0.3, 0);
    let also = plan.plateau.then_some(&mut reduce as &mut dyn Callback);
    let curve = task.watched(&mut *optimizer, seed, Until::Cap, config, also)?;
    Ok((curve, plan.plateau && optimizer.learning_rate() < rate))
}

/// Trains all plans with these rates and seeds: `[plan][rate][seed]` in one row.
fn train(
    run: &mut Run,
    task: &Task,
    rates: &[Vec<f64>],
    seeds: &[u64],
) -> Result<Vec<Planned>> {
    let mut jobs: Vec<Job<'_, Planned>> = vec![];
    for (plan, rates) in plans(task.cap).into_iter().zip(rates) {
        for &rate in rates {
            for &seed in seeds {
                jobs.push(Box::new(move |bar| {
                    bar.inc(1);
                    learn(task, plan, rate, seed)
                }));
            }
        }
    }
    pool::run(run, "schedules", jobs.len(), jobs)
}

/// The mean validation loss at the end.
fn valid(curves: &[Planned]) -> f64 {
    curves.iter().map(|(curve, _)| curve.valid()).sum::<f64>() / curves.len() as f64
}

/// Each plan drawn, then each with its own best rate.
pub fn show(run: &mut Run, task: &Task, budget: Budget, full: bool) -> Result {
    let epochs = task.cap / task.updates;
    run.heading(&format!("Schedules: momentum, {epochs} epochs"));
    if !full {
        let caption = "The share of the full learning rate at each update.";
        run.figure("schedules", caption, &picture(task, budget.seed)?)?;
    }
    let [search, fresh] = budget.seeds();
    let all = vec![RATES.to_vec(); plans(task.cap).len()];
    let tried = train(run, task, &all, &search)?;
    let means: Vec<f64> = tried.chunks(search.len()).map(valid).collect();
    let best = means.chunks(RATES.len()).map(|means| {
        let of = RATES.iter().zip(means);
        of.min_by(|a, b| a.1.total_cmp(b.1)).map_or(RATES[0], |pair| *pair.0)
    });
    let best: Vec<f64> = best.collect();
    let rates: Vec<Vec<f64>> = best.iter().map(|&rate| vec![rate]).collect();
    let again = train(run, task, &rates, &fresh)?;
    let mut rows = vec![];
    for ((plan, curves), rate) in
        plans(task.cap).iter().zip(again.chunks(fresh.len())).zip(best)
    {
        let losses: Vec<f64> = curves.iter().map(|(c, _)| c.valid()).collect();
        let exams: Vec<f64> = curves.iter().filter_map(|(c, _)| c.exam).collect();
        let (mean, deviation) = mean_and_spread(&losses);
        let name = format!("schedule_{}_loss", plan.key);
        let exam = 1.0 - mean_and_spread(&exams).0;
        if full {
            run.spread(&name, &losses);
            let rates = vec![rate; losses.len()];
            run.spread(&format!("schedule_{}_rate", plan.key), &rates);
            if plan.plateau {
                let lowered: Vec<f64> =
                    curves.iter().map(|(_, lowered)| f64::from(*lowered)).collect();
                run.spread("schedule_plateau_lowered", &lowered);
            }
        } else {
            run.value(&name, mean);
            run.value(&format!("schedule_{}_rate", plan.key), rate);
            run.value(&format!("schedule_{}_accuracy", plan.key), exam);
        }
        let loss = format!("{mean:.3} ± {deviation:.3}");
        let exam = percent(exam);
        rows.push([plan.name.to_string(), rate.to_string(), loss, exam]);
    }
    run.table(&["schedule", "best full rate", "validation loss", "exam"], &rows);
    Ok(())
}

/// The plans as curves; that of the plateau from a training.
fn picture(task: &Task, seed: u64) -> Result<Svg> {
    let ticks = task.cap;
    let mut panels = Panels::new(3);
    let small = |name: &str, points: Vec<(f64, f64)>| {
        let updates = Axis::new("update", "").range(0.0, ticks as f64);
        let share = Axis::new("share of the rate", "").range(0.0, 1.0);
        let chart = Chart::new(updates, share).line(Role::Weights, "", points);
        chart.title(name).size(240, 190)
    };
    for plan in plans(ticks).iter().filter(|plan| plan.key != "constant") {
        let share = |tick| (tick as f64, plan.schedule.rate(1.0, tick));
        let points = match plan.plateau {
            false => (0..ticks).map(share).collect(),
            true => plateau(task, seed)?,
        };
        panels = panels.add(small(plan.name, points));
    }
    Ok(panels.svg())
}

/// What plateaus of the validation loss do to the rate, in a training that is too fast.
fn plateau(task: &Task, seed: u64) -> Result<Vec<(f64, f64)>> {
    let mut net = task.draw(seed)?;
    let (epochs, rate) = (task.cap / task.updates, 0.3);
    let config = Config { epochs, batch: BATCH, seed, ..Config::default() };
    let mut reduce = ReduceOnPlateau::new(0.3, 1);
    let [train, valid, _] = task.parts()?;
    let data = train::Task { train, valid: Some(valid), loss: &SoftmaxCrossEntropy };
    let mut optimizer: Box<dyn Optimizer> = Kind::Nesterov.build(rate);
    let history = fit(&mut net, &mut *optimizer, &data, &config, &mut [&mut reduce])?;
    let points = history.epochs.iter().enumerate().flat_map(|(epoch, seen)| {
        let at = |epoch: usize| (epoch * task.updates) as f64;
        [(at(epoch), seen.rate / rate), (at(epoch + 1), seen.rate / rate)]
    });
    Ok(points.collect())
}
