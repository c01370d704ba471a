//! Weight decay in the slope, and beside it.

use gradbook::optimizer::{Adam, AdamW, Optimizer};
use gradbook::plot::{Axis, Chart, Role, Svg};
use gradbook::surface::Point;
use lessons::pool::{self, Job};
use lessons::{Result, Run, mean_and_spread};

use crate::contest::Budget;
use crate::tasks::{Curve, Task, Until};

/// The slopes of the two weights: they change sign at every update, so that they pull
/// nowhere.
const SLOPES: [f64; 2] = [10.0, 0.1];
const UPDATES: usize = 600;
const RATE: f64 = 0.01;
const DECAY: f64 = 0.2;

// ANCHOR: shrink
/// Two weights that start at 1, one with large slopes and one with small ones, after
/// each update.
pub fn shrink(optimizer: &mut dyn Optimizer<f64>) -> Vec<[f64; 2]> {
    let mut point = Point::at([1.0, 1.0]);
    let mut places = vec![point.place()];
    for update in 0..UPDATES {
        let sign = if update % 2 == 0 { 1.0 } else { -1.0 };
        point.set_slope(SLOPES.map(|slope| sign * slope));
        optimizer.step(&mut point);
        places.push(point.place());
    }
    places
}
// ANCHOR_END: shrink

/// The decays that are tried on the network.
const DECAYS: [f64; 7] = [0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3];

/// An optimizer with this decay: in the slope, or beside it.
fn build(decoupled: bool, rate: f64, decay: f64) -> Box<dyn Optimizer> {
    match decoupled {
        true => Box::new(AdamW::new(rate).with_weight_decay(decay)),
        false => Box::new(Adam::new(rate).with_weight_decay(decay)),
    }
}

/// Two weights, then the network of lesson 5.
pub fn show(run: &mut Run, task: &Task, budget: Budget, rate: f64) -> Result {
    run.heading("Decay is not the L2 penalty");
    let l2 = shrink(&mut Adam::new(RATE).with_weight_decay(DECAY));
    let decoupled = shrink(&mut AdamW::new(RATE).with_weight_decay(DECAY));
    let mut rows = vec![];
    for (key, name, places) in [
        ("l2", "Adam, penalty in the slope", &l2),
        ("decoupled", "AdamW, decay beside it", &decoupled),
    ] {
        let [large, small] = places[UPDATES];
        run.value(&format!("decay_{key}_large"), large);
        run.value(&format!("decay_{key}_small"), small);
        rows.push([name.to_string(), format!("{large:.3}"), format!("{small:.3}")]);
    }
    run.say(&format!(
        "Two weights, 1 at first, after {UPDATES} updates with slopes that change sign:"
    ));
    run.table(&["optimizer", "slopes of 10", "slopes of 0.1"], &rows);
    run.figure("decay", "Who shrinks, and how fast.", &picture(&l2, &decoupled))?;
    on_the_network(run, task, budget, rate)
}

/// Both ways, each with its own best decay, chosen on the validation part.
fn on_the_network(run: &mut Run, task: &Task, budget: Budget, rate: f64) -> Result {
    let [search, fresh] = budget.seeds();
    let mut jobs: Vec<Job<'_, Curve>> = vec![];
    for decoupled in [false, true] {
        for decay in DECAYS {
            for &seed in search.iter().chain(&fresh) {
                jobs.push(Box::new(move |bar| {
                    bar.inc(1);
                    let mut optimizer = build(decoupled, rate, decay);
                    task.learn(&mut *optimizer, seed, Until::Cap)
                }));
            }
        }
    }
    let curves = pool::run(run, "decays", jobs.len(), jobs)?;
    let seeds = search.len() + fresh.len();
    let mean = |curves: &[Curve]| {
        curves.iter().map(Curve::valid).sum::<f64>() / curves.len() as f64
    };
    let mut rows = vec![];
    for (key, curves) in ["l2", "decoupled"].iter().zip(curves.chunks(7 * seeds)) {
        let of: Vec<&[Curve]> = curves.chunks(seeds).collect();
        let tried: Vec<f64> = of.iter().map(|c| mean(&c[..search.len()])).collect();
        let best = (0..7).min_by(|a, b| tried[*a].total_cmp(&tried[*b])).unwrap_or(0);
        let again: Vec<f64> =
            of[best][search.len()..].iter().map(Curve::valid).collect();
        let none: Vec<f64> = of[0][search.len()..].iter().map(Curve::valid).collect();
        let [(loss, spread), (plain, _)] =
            [&again, &none].map(|all| mean_and_spread(all));
        run.value(&format!("decay_{key}_best"), DECAYS[best]);
        run.value(&format!("decay_{key}_loss"), loss);
        if *key == "l2" {
            run.value("decay_none_loss", plain); // with a decay of 0 both are Adam
        }
        let edge = if best == DECAYS.len() - 1 { " (edge)" } else { "" };
        let name =
            if *key == "l2" { "penalty in the slope" } else { "decay beside it" };
        let best = format!("{}{edge}", DECAYS[best]);
        rows.push([name.into(), best, format!("{loss:.3} ± {spread:.3}")]);
    }
    run.say(&format!(
        "The MLP at the rate {rate}, {} epochs, {} new seeds:",
        task.cap / task.updates,
        fresh.len()
    ));
    run.table(&["Adam with", "best decay", "validation loss"], &rows);
    Ok(())
}

fn picture(l2: &[[f64; 2]], decoupled: &[[f64; 2]]) -> Svg {
    let updates = Axis::new("update", "").range(0.0, UPDATES as f64);
    let mut chart = Chart::new(updates, Axis::new("weight", "").range(-0.1, 1.1));
    let line = |places: &[[f64; 2]], which: usize| -> Vec<(f64, f64)> {
        let points = places.iter().enumerate();
        points.map(|(update, place)| (update as f64, place[which])).collect()
    };
    for (role, name, places) in
        [(Role::Series(5), "penalty", l2), (Role::Series(6), "decay", decoupled)]
    {
        for (which, slopes) in ["slopes of 10", "slopes of 0.1"].iter().enumerate() {
            chart = chart.line(role, &format!("{name}, {slopes}"), line(places, which));
        }
    }
    chart.svg()
}
