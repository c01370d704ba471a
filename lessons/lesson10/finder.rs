//! The rate finder, beside the rates that really worked.

use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Kind, Optimizer};
use gradbook::plot::{Axis, Chart, Panels, Role, Svg};
use gradbook::train::{self, RateCurve, RateFinder, find_rate};
use lessons::{Result, Run};

use crate::contest::{Entry, RATES};
use crate::tasks::{BATCH, Task};

// ANCHOR: find
/// A hundred steps at rates that rise over the whole range of the search.
pub fn find(task: &Task, kind: Kind, seed: u64) -> Result<RateCurve> {
    let [train, ..] = task.parts()?;
    let data = train::Task { train, valid: None, loss: &SoftmaxCrossEntropy };
    let (first, last) = (1e-5, RATES[RATES.len() - 1]);
    let finder = RateFinder { first, last, steps: 150, batch: BATCH, seed };
    let mut optimizer: Box<dyn Optimizer> = kind.build(first);
    Ok(find_rate(&mut task.draw(seed)?, &mut *optimizer, &data, &finder)?)
}
// ANCHOR_END: find

/// Suggestions beside what the search found.
pub fn show(run: &mut Run, task: &Task, entries: &[Entry], seed: u64) -> Result {
    run.heading("The rate finder: 150 steps instead of a search");
    let (mut rows, mut curves) = (vec![], vec![]);
    for entry in entries {
        let curve = find(task, entry.kind, seed)?;
        let Some(found) = curve.suggestion() else {
            lessons::bail!("the loss never fell for {}", entry.kind)
        };
        run.value(&format!("finder_{}", entry.kind), found);
        let times = entry.best.rate / found;
        run.value(&format!("finder_{}_times", entry.kind), times);
        let name = entry.kind.name().to_string();
        let (found, best) = (format!("{found:.4}"), entry.best.rate.to_string());
        rows.push([name, found, best, format!("{times:.1}")]);
        curves.push(curve);
    }
    let columns = ["optimizer", "finder suggests", "search chose", "times"];
    run.table(&columns, &rows);
    let caption = "Above: the finder's loss. Below: what the search saw.";
    run.figure("finder", caption, &picture(task, entries, &curves))
}

/// Above the finder's curve, below the updates to the goal, for two optimizers.
fn picture(task: &Task, entries: &[Entry], curves: &[RateCurve]) -> Svg {
    let shown = |kind: Kind| Kind::ALL.iter().position(|k| *k == kind);
    let shown = [Kind::Sgd, Kind::Adam].map(|kind| shown(kind).unwrap_or(0));
    let rate = || Axis::new("learning rate", "").log().range(1e-5, 30.0);
    let mut panels = Panels::new(2);
    for at in shown {
        let curve = &curves[at];
        let pairs = |losses: &[f64]| -> Vec<(f64, f64)> {
            curve.rates.iter().copied().zip(losses.iter().copied()).collect()
        };
        let loss = Axis::new("loss, smoothed", "").range(0.0, 6.0);
        let chart = Chart::new(rate(), loss)
            .line(Role::Loss, "", pairs(&curve.smoothed))
            .moment("suggested", curve.suggestion().unwrap_or(1.0))
            .moment("chosen", entries[at].best.rate)
            .title(format!("{}: the finder", entries[at].kind))
            .size(370, 260);
        panels = panels.add(chart);
    }
    for at in shown {
        let entry = &entries[at];
        let epochs = |updates: f64| updates / task.updates as f64;
        let points = entry.tried.iter().map(|w| (w.rate, epochs(w.updates)));
        let most = epochs(task.cap as f64);
        let axis = Axis::new("epochs to the goal", "").range(0.0, most * 1.05);
        let chart = Chart::new(rate(), axis)
            .line(Role::Activations, "", points.collect::<Vec<_>>())
            .level("never", most)
            .title(format!("{}: the search", entry.kind))
            .size(370, 260);
        panels = panels.add(chart);
    }
    panels.svg()
}
