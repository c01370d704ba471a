//! How the gates start: what the first biases of an LSTM do to the adding problem.

use gradbook::plot::{Axis, Chart, Panels, Role, Svg};
use lessons::{Result, Run};

use crate::adding::{self, ENOUGH, LOOK_EVERY, Learned, Recipe};
use crate::cells::{Cell, Start};
use crate::hands::Hands;
use crate::microscope::{back, chart, left};
use lessons::pool::{self, Job};

/// One way to start.
pub struct Way {
    /// As the names of values call it.
    pub key: &'static str,
    /// As tables and pictures call it.
    pub name: &'static str,
    /// The biases.
    pub start: Start,
}

// ANCHOR: ways
/// A sum of 1000 makes a gate of 1, whose slope is 0: it never learns to forget.
const NEVER: f32 = 1000.0;

/// The usual one has been seen already: it is the lesson's LSTM.
///
/// 4.6 is the answer of exercise 8.3 to (100, 1/e): a memory of a hundred steps.
pub const WAYS: [Way; 5] = [
    way("half_open", "forget 0, input 0", 0.0, 0.0),
    way("open_shut", "forget 4.6, input -4.6", 4.6, -4.6),
    way("usual", "forget 1, input 0", 1.0, 0.0),
    way("open", "forget 4.6, input 0", 4.6, 0.0),
    way("frozen", "never forget, input 0", NEVER, 0.0),
];
// ANCHOR_END: ways

/// How many of them the plain run tries; `--full` tries all.
const PLAIN: usize = 2;

const fn way(key: &'static str, name: &'static str, forget: f32, input: f32) -> Way {
    Way { key, name, start: Start { forget, input } }
}

/// One training with this way to start.
pub fn job<'a>(way: &Way, recipe: Recipe) -> Job<'a, Learned> {
    let recipe = Recipe { start: way.start, ..recipe };
    let hands = Hands::default();
    Box::new(move |bar| adding::learn(Cell::Lstm, hands, recipe, bar))
}

/// The adding problem once for each way to start.
pub fn show(run: &mut Run, recipe: Recipe, usual: &Learned) -> Result {
    run.heading("How the gates start");
    let looks = PLAIN * (recipe.cap / LOOK_EVERY);
    let jobs = WAYS[..PLAIN].iter().map(|way| job(way, recipe)).collect();
    let learned = pool::run(run, "ways to start", looks, jobs)?;
    let mut rows = vec![];
    let all: Vec<(&Way, &Learned)> =
        WAYS.iter().zip(learned.iter().chain([usual])).collect();
    for (way, one) in &all {
        run.value(&format!("start_{}_mse", way.key), one.mse);
        run.value(&format!("start_{}_updates", way.key), one.updates as f64);
        let share = left(&one.norms[0], 90);
        run.value(&format!("start_{}_norm_90", way.key), share.log10());
        let (share, mse) = (format!("{share:.0e}"), format!("{:.4}", one.mse));
        rows.push([way.name.to_string(), share, one.updates.to_string(), mse]);
    }
    let columns = ["biases at first", "gradient, 90 back", "updates", "error"];
    run.table(&columns, &rows);
    run.say(&format!(
        "An LSTM stops when its error on {} sequences is below {ENOUGH}, or after {} \
         updates.",
        adding::LOOKED_AT,
        recipe.cap
    ));
    run.figure("starts", "Three ways to start.", &picture(&all, recipe))
}

fn picture(all: &[(&Way, &Learned)], recipe: Recipe) -> Svg {
    let mut norms = chart("gradient before training", 1e-20, recipe.steps);
    let updates = Axis::new("updates", "").range(0.0, recipe.cap as f64);
    let error = Axis::new("mean squared error", "").log().range(1e-3, 1.0);
    let mut errors = Chart::new(updates, error).title("error").size(370, 340);
    for (way, one) in all {
        norms = norms.line(Role::Gradients, way.name, back(&one.norms[0]));
        errors = errors.line(Role::Loss, way.name, &one.curve);
    }
    Panels::new(2).add(norms).add(errors).svg()
}
