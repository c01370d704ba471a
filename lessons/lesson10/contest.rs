//! The fair comparison: for every optimizer the same search for a rate, then new seeds.

use gradbook::optimizer::{Kind, Optimizer};
use lessons::pool::{self, Job};
use lessons::{Result, Run, mean_and_spread, percent};

use crate::tasks::{Curve, Task, Until};

/// The rates that are tried for every optimizer, about two to each power of ten.
pub const RATES: [f64; 11] =
    [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

/// How many trainings a comparison takes.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// For each rate in the search.
    pub search: u64,
    /// With the best rate, from seeds that the search has not seen.
    pub fresh: u64,
    /// What both kinds of seeds come from.
    pub seed: u64,
}

impl Budget {
    /// The seeds of the search, and others for the comparison itself.
    pub fn seeds(self) -> [Vec<u64>; 2] {
        let of = |first: u64, count| -> Vec<u64> {
            let base = self.seed.wrapping_mul(1000).wrapping_add(first);
            (0..count).map(|k| base.wrapping_add(k)).collect()
        };
        [of(0, self.search), of(500, self.fresh)]
    }
}

/// What a rate was worth in the search.
#[derive(Clone, Copy, Debug)]
pub struct Worth {
    /// The rate.
    pub rate: f64,
    /// Mean updates to the goal; a training that never gets there counts as the cap.
    pub updates: f64,
    /// How many got there.
    pub reached: usize,
    /// Mean validation loss at the end of the search.
    pub valid: f64,
}

/// One optimizer in the comparison.
pub struct Entry {
    /// Which.
    pub kind: Kind,
    /// All rates that were tried.
    pub tried: Vec<Worth>,
    /// The best of them.
    pub best: Worth,
    /// New trainings with the best rate.
    pub fresh: Vec<Curve>,
}

// ANCHOR: compare
/// Every optimizer gets the same rates to try, the same seeds to try them with, and is
/// judged by the same number; then trainings that the search has not seen.
pub fn compare(run: &mut Run, task: &Task, budget: Budget) -> Result<Vec<Entry>> {
    let [search, fresh] = budget.seeds();
    let pairs =
        || Kind::ALL.into_iter().flat_map(|kind| RATES.map(|rate| (kind, rate)));
    let tried = train(run, task, pairs(), &search, Until::Goal)?;
    let worths: Vec<Worth> = pairs()
        .zip(tried.chunks(search.len()))
        .map(|((_, rate), curves)| Worth::of(rate, curves, task))
        .collect();
    let best: Vec<Worth> = worths.chunks(RATES.len()).filter_map(choose).collect();
    let rates = best.iter().map(|best| best.rate);
    let again = train(run, task, Kind::ALL.into_iter().zip(rates), &fresh, Until::Cap)?;
    let tried = worths.chunks(RATES.len()).map(<[Worth]>::to_vec);
    let fresh = again.chunks(fresh.len()).map(<[Curve]>::to_vec);
    let entries = Kind::ALL.into_iter().zip(tried).zip(best).zip(fresh);
    let entry = |(((kind, tried), best), fresh)| Entry { kind, tried, best, fresh };
    Ok(entries.map(entry).collect())
}
// ANCHOR_END: compare

/// Trains each pair of optimizer and rate from each seed, on all processors.
fn train(
    run: &mut Run,
    task: &Task,
    pairs: impl Iterator<Item = (Kind, f64)>,
    seeds: &[u64],
    until: Until,
) -> Result<Vec<Curve>> {
    let mut jobs: Vec<Job<'_, Curve>> = vec![];
    for (kind, rate) in pairs {
        for &seed in seeds {
            jobs.push(Box::new(move |bar| {
                let mut optimizer: Box<dyn Optimizer> = kind.build(rate);
                let curve = task.learn(&mut *optimizer, seed, until);
                bar.inc(1);
                curve
            }));
        }
    }
    pool::run(run, task.name, jobs.len(), jobs)
}

impl Worth {
    fn of(rate: f64, curves: &[Curve], task: &Task) -> Worth {
        let updates = |curve: &Curve| curve.reached(task).unwrap_or(task.cap) as f64;
        let mean = |sum: f64| sum / curves.len() as f64;
        Worth {
            rate,
            updates: mean(curves.iter().map(updates).sum()),
            reached: curves.iter().filter(|c| c.reached(task).is_some()).count(),
            valid: mean(curves.iter().map(Curve::valid).sum()),
        }
    }
}

// ANCHOR: choose
/// The rate that gets to the goal first. Rates that take up to a tenth longer, and get
/// there as often, count as equal, and of equals the smallest is chosen: it is farthest
/// from where trainings blow up. If no rate gets there, the smallest validation loss.
pub fn choose(tried: &[Worth]) -> Option<Worth> {
    let first = tried.iter().min_by(|a, b| {
        a.updates.total_cmp(&b.updates).then(a.valid.total_cmp(&b.valid))
    })?;
    let equal = |worth: &&Worth| {
        worth.updates <= 1.1 * first.updates && worth.reached >= first.reached.max(1)
    };
    let equals = tried.iter().filter(equal);
    let smallest = equals.min_by(|a, b| a.rate.total_cmp(&b.rate));
    Some(*smallest.unwrap_or(first))
}
// ANCHOR_END: choose

impl Entry {
    /// Whether a rate beyond the list might have been better still.
    pub fn at_the_edge(&self) -> bool {
        [RATES[0], RATES[RATES.len() - 1]].contains(&self.best.rate)
    }

    /// Updates to the goal of each new training, in the task's unit; the cap where it
    /// was never reached.
    pub fn counts(&self, task: &Task) -> Vec<f64> {
        let of = |curve: &Curve| curve.reached(task).unwrap_or(task.cap) as f64;
        self.fresh.iter().map(|c| of(c) / task.updates as f64).collect()
    }

    /// How many new trainings never got there.
    pub fn never(&self, task: &Task) -> usize {
        self.fresh.iter().filter(|curve| curve.reached(task).is_none()).count()
    }

    /// Training loss at the end, and the score on the exam part: means.
    pub fn ends(&self) -> [f64; 2] {
        let train = self.fresh.iter().filter_map(|c| c.looks.last().map(|l| l.train));
        let exam = self.fresh.iter().filter_map(|c| c.exam);
        [train.collect(), exam.collect::<Vec<f64>>()].map(|all| mean_and_spread(&all).0)
    }
}

/// The table of a comparison, and its values. In the long form all seeds are recorded.
pub fn report(run: &mut Run, task: &Task, entries: &[Entry], full: bool) {
    let (unit, mut rows) = (task.unit, vec![]);
    for entry in entries {
        let name = |what: &str| format!("{}_{}_{what}", task.key, entry.kind);
        let (counts, never) = (entry.counts(task), entry.never(task));
        let (mean, deviation) = mean_and_spread(&counts);
        let [train, exam] = entry.ends();
        if full {
            let missed = |c: &Curve| f64::from(c.reached(task).is_none());
            let missed: Vec<f64> = entry.fresh.iter().map(missed).collect();
            let shown = |exam: f64| if task.updates == 1 { exam } else { 1.0 - exam };
            let exams = entry.fresh.iter().filter_map(|c| c.exam.map(shown));
            let exams: Vec<f64> = exams.collect();
            run.spread(&name(unit), &counts);
            run.spread(&name("missed"), &missed);
            run.spread(&name("rate"), &vec![entry.best.rate; counts.len()]);
            if exams.len() >= 3 {
                run.spread(&name("exam"), &exams);
            }
        } else {
            run.value(&name(unit), mean);
            run.value(&name("rate"), entry.best.rate);
            run.value(&name("never"), never as f64);
            run.value(&name("train_loss"), train);
            run.value(&name("exam"), 1.0 - exam);
            run.baseline(&name("exam"), 0.1);
        }
        let digits = if task.updates == 1 { 0 } else { 2 };
        let there = match never {
            0 => format!("{mean:.digits$} ± {deviation:.digits$}"),
            never if never == counts.len() => "never".to_string(),
            never => format!("{mean:.digits$} or more ({never} never)"),
        };
        let exam = match task.updates {
            1 => format!("{exam:.3}"),
            _ => percent(1.0 - exam),
        };
        let edge = if entry.at_the_edge() { " (edge)" } else { "" };
        let rate = format!("{}{edge}", entry.best.rate);
        let row = [entry.kind.name().into(), rate, there, format!("{train:.4}"), exam];
        rows.push(row);
    }
    let exam = if task.updates == 1 { "held-out bits" } else { "exam" };
    let columns = ["optimizer", "best rate", unit, "training loss", exam];
    run.table(&columns, &rows);
}
