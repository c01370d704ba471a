//! The adding problem: two numbers of a hundred are marked; what is their sum?

use gradbook::data;
use gradbook::optimizer::Adam;
use gradbook::{Parameters, Sequences, rng};
use lessons::{Bar, Result, Run};

use crate::cells::{self, Cell, Start};
use crate::hands::Hands;
use crate::inside::Trace;
use crate::microscope;
use crate::pictures;
use lessons::pool::{self, Job};

/// How a network is trained on the adding problem.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// Length of the sequences.
    pub steps: usize,
    /// Units of the recurrent layer.
    pub hidden: usize,
    /// Sequences in a batch; each batch is new.
    pub batch: usize,
    /// Learning rate of Adam.
    pub rate: f64,
    /// Largest norm that a gradient may have.
    pub clip: f32,
    /// The cap: this many updates and no more.
    pub cap: usize,
    /// How the gates of an LSTM start.
    pub start: Start,
    /// Of the weights and of the batches.
    pub seed: u64,
}

/// Sequences that are looked at while training, and how often.
pub const LOOKED_AT: usize = 250;
pub const LOOK_EVERY: usize = 50;
/// Training ends when their error is below this.
pub const ENOUGH: f64 = 0.004;
/// Sequences of the exam.
const EXAM: usize = 1000;

/// A training as it went.
#[derive(Debug)]
pub struct Learned {
    /// Which cell.
    pub cell: Cell,
    /// How many numbers it learns.
    pub parameters: usize,
    /// Updates made, and the error then.
    pub curve: Vec<(f64, f64)>,
    /// How many updates there were.
    pub updates: usize,
    /// The mean squared error on a thousand new sequences.
    pub mse: f64,
    /// What went on inside at the end.
    pub trace: Trace,
    /// The gradient at each step before training and after.
    pub norms: [Vec<f64>; 2],
}

/// The error of one who knows nothing and always says 1.
pub fn guess(steps: usize, seed: u64) -> Result<f64> {
    let (_, targets) = data::adding::<f32>(EXAM, steps, &mut rng(seed ^ 0xe7a3))?;
    let squares = targets.iter().map(|&y| (f64::from(y) - 1.0).powi(2));
    Ok(squares.sum::<f64>() / EXAM as f64)
}

// ANCHOR: learn
/// Trains one network until it can add, or until the cap.
pub fn learn(cell: Cell, hands: Hands, recipe: Recipe, bar: &Bar) -> Result<Learned> {
    let mut random = rng(recipe.seed);
    let sizes = (2, recipe.hidden);
    let mut net = cells::network(cell, hands, sizes, recipe.start, &mut random)?;
    let mut optimizer = Adam::new(recipe.rate);
    let sequences = Sequences::equal(recipe.steps, recipe.batch);
    let some = Sequences::equal(recipe.steps, LOOKED_AT);
    let looked_at = data::adding(LOOKED_AT, recipe.steps, &mut random)?;
    let pair = (&looked_at.0, &looked_at.1);
    let before = microscope::norms(&mut net, pair, &some)?;
    let (mut curve, mut updates) = (vec![], 0);
    while updates < recipe.cap {
        let batch = data::adding(recipe.batch, recipe.steps, &mut random)?;
        let pair = (&batch.0, &batch.1);
        cells::update(&mut net, &mut optimizer, pair, &sequences, recipe.clip)?;
        updates += 1;
        if updates % LOOK_EVERY == 0 {
            bar.inc(1);
            let seen = cells::error(&mut net, (&looked_at.0, &looked_at.1), &some)?;
            curve.push((updates as f64, seen));
            if seen < ENOUGH {
                break;
            }
        }
    }
    let exam = data::adding(EXAM, recipe.steps, &mut rng(recipe.seed ^ 0xe7a3))?;
    let all = Sequences::equal(recipe.steps, EXAM);
    let mse = cells::error(&mut net, (&exam.0, &exam.1), &all)?;
    let trace = Trace::of(&mut net, recipe.steps)?;
    let pair = (&looked_at.0, &looked_at.1);
    let norms = [before, microscope::norms(&mut net, pair, &some)?];
    let parameters = net.parameter_count();
    Ok(Learned { cell, parameters, curve, updates, mse, trace, norms })
}
// ANCHOR_END: learn

/// Trains all three cells, reports the errors, draws the curves.
pub fn show(run: &mut Run, hands: Hands, recipe: Recipe) -> Result<Vec<Learned>> {
    run.heading("The adding problem");
    let guess = guess(recipe.steps, recipe.seed)?;
    run.value("adding_guess_mse", guess);
    run.count("adding_cap", recipe.cap);
    run.say(&format!(
        "{} steps, two of them marked; at most {} updates, batches of {}. One who \
         always says 1 has an error of {guess:.4}.",
        recipe.steps, recipe.cap, recipe.batch
    ));
    let learned =
        pool::run(run, "the adding problem", all(recipe.cap), jobs(hands, recipe))?;
    let mut rows = vec![];
    for one in &learned {
        let key = one.cell.key();
        run.value(&format!("adding_{key}_mse"), one.mse);
        run.value(&format!("adding_{key}_updates"), one.updates as f64);
        if one.cell != Cell::Rnn {
            run.baseline(&format!("adding_{key}_mse"), guess);
        }
        let parameters = one.parameters.to_string();
        let (mse, updates) = (format!("{:.4}", one.mse), one.updates.to_string());
        rows.push([one.cell.name().into(), parameters, updates, mse]);
    }
    run.table(&["cell", "parameters", "updates", "error on 1,000 new"], &rows);
    let picture = pictures::adding_curves(&learned, guess, recipe.cap);
    run.figure("adding", "The error while training.", &picture.svg())?;
    Ok(learned)
}

/// Looks, if all three cells train up to the cap.
fn all(cap: usize) -> usize {
    Cell::ALL.len() * (cap / LOOK_EVERY)
}

/// One training of each cell.
pub fn jobs<'a>(hands: Hands, recipe: Recipe) -> Vec<Job<'a, Learned>> {
    let job = |cell| -> Job<'a, Learned> {
        Box::new(move |bar| learn(cell, hands, recipe, bar))
    };
    Cell::ALL.into_iter().map(job).collect()
}
