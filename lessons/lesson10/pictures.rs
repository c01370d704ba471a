//! The pictures of the comparison.

use gradbook::plot::{Axis, Chart, Panels, Svg};

use crate::contest::Entry;
use crate::paths::role;
use crate::tasks::{Curve, Task};

/// The mean training loss of the new trainings, look by look.
fn mean_loss(curves: &[Curve], task: &Task) -> Vec<(f64, f64)> {
    let looks = curves.iter().map(|curve| curve.looks.len()).min().unwrap_or(0);
    let at = |k: usize| {
        let sum: f64 = curves.iter().map(|curve| curve.looks[k].train).sum();
        let updates = curves[0].looks[k].updates as f64;
        (updates / task.updates as f64, sum / curves.len() as f64)
    };
    (0..looks).map(at).collect()
}

/// Loss against epochs, each optimizer with its own best rate.
pub fn curves(task: &Task, entries: &[Entry]) -> Svg {
    let epochs = (task.cap / task.updates) as f64;
    let epoch = Axis::new("epoch", "").log().range(0.15, epochs);
    let mut chart = Chart::new(epoch, Axis::new("training loss", "").log());
    for entry in entries {
        let points = mean_loss(&entry.fresh, task);
        chart = chart.line(role(entry.kind), entry.kind.name(), points);
    }
    chart.size(700, 440).svg()
}

/// Updates to the goal against the rate: how much the choice matters.
pub fn rates(task: &Task, entries: &[Entry]) -> Svg {
    let most = task.cap as f64 / task.updates as f64;
    let mut panels = Panels::new(2);
    for (title, of) in
        [("one rate for all weights", 0..3), ("a rate for each weight", 3..7)]
    {
        let rate = Axis::new("learning rate", "").log().range(2e-4, 40.0);
        let epochs = Axis::new("epochs to the goal", "").log().range(0.5, most * 1.3);
        let mut chart = Chart::new(rate, epochs);
        for entry in &entries[of] {
            let epochs = |updates: f64| updates / task.updates as f64;
            let points = entry.tried.iter().map(|w| (w.rate, epochs(w.updates)));
            let points: Vec<(f64, f64)> = points.collect();
            chart = chart.line(role(entry.kind), entry.kind.name(), points);
        }
        panels = panels.add(chart.level("never", most).title(title).size(370, 340));
    }
    panels.svg()
}
