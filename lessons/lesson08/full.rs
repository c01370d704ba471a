//! `--full`: everything from more than one seed, and the searches behind the learning
//! rates.

use lessons::characters::VANILLA;
use lessons::{Result, Run, mean_and_spread};

use crate::adding::{self, LOOK_EVERY, Learned, Recipe};
use crate::cells::Cell;
use crate::characters::{self, Model, RATES};
use crate::forecast::{self, Years};
use crate::hands::Hands;
use crate::starts::{self, WAYS};
use lessons::pool::{self, Job};

/// Seeds of the adding problem.
const SEEDS: u64 = 5;
/// Seeds of the ways to start, and of the characters.
const FEWER: u64 = 3;
/// Learning rates at which the RNN has a second, third and fourth chance.
const CHANCES: [f64; 3] = [0.0003, 0.001, 0.003];

/// All of it.
pub fn all(run: &mut Run, recipe: Recipe) -> Result {
    adding_seeds(run, recipe)?;
    chances(run, recipe)?;
    start_seeds(run, recipe)?;
    forecast::search(run, &Years::new()?, recipe.seed)?;
    texts(run, recipe.seed)
}

/// A list's mean and deviation, also on record, as two cells of a table.
fn told(run: &mut Run, name: &str, numbers: &[f64], digits: usize) -> [String; 2] {
    run.spread(name, numbers);
    let (mean, deviation) = mean_and_spread(numbers);
    [mean, deviation].map(|x| format!("{x:.digits$}"))
}

/// The adding problem from five seeds.
fn adding_seeds(run: &mut Run, recipe: Recipe) -> Result {
    run.heading(&format!("The adding problem, {SEEDS} seeds"));
    let mut jobs: Vec<Job<'_, Learned>> = vec![];
    for k in 0..SEEDS {
        let recipe = Recipe { seed: recipe.seed.wrapping_add(k), ..recipe };
        jobs.extend(adding::jobs(Hands::default(), recipe));
    }
    let looks = jobs.len() * (recipe.cap / LOOK_EVERY);
    let learned = pool::run(run, "five seeds", looks, jobs)?;
    let mut rows = vec![];
    for cell in Cell::ALL {
        let of = |what: fn(&Learned) -> f64| -> Vec<f64> {
            learned.iter().filter(|one| one.cell == cell).map(what).collect()
        };
        let (errors, updates) = (of(|one| one.mse), of(|one| one.updates as f64));
        let key = cell.key();
        let [mean, deviation] = told(run, &format!("adding_{key}_mse"), &errors, 4);
        let [count, _] = told(run, &format!("adding_{key}_updates"), &updates, 0);
        let [low, high] = [least(&errors), most(&errors)].map(|x| format!("{x:.4}"));
        rows.push([cell.name().to_string(), mean, deviation, low, high, count]);
    }
    let columns = ["cell", "mean error", "deviation", "lowest", "highest", "updates"];
    run.table(&columns, &rows);
    Ok(())
}

fn least(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(f64::INFINITY, f64::min)
}

fn most(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// The RNN at other learning rates; the best of them is the one on record.
fn chances(run: &mut Run, recipe: Recipe) -> Result {
    run.heading(&format!("The RNN at smaller learning rates, {FEWER} seeds"));
    let mut jobs: Vec<Job<'_, Learned>> = vec![];
    for rate in CHANCES {
        for k in 0..FEWER {
            let recipe = Recipe { rate, seed: recipe.seed.wrapping_add(k), ..recipe };
            jobs.push(Box::new(move |bar| {
                adding::learn(Cell::Rnn, Hands::default(), recipe, bar)
            }));
        }
    }
    let looks = jobs.len() * (recipe.cap / LOOK_EVERY);
    let learned = pool::run(run, "other rates", looks, jobs)?;
    let errors: Vec<f64> = learned.iter().map(|one| one.mse).collect();
    let of_rates = errors.chunks(FEWER as usize);
    let best = of_rates.clone().min_by(|a, b| least(a).total_cmp(&least(b)));
    run.spread("adding_rnn_chances_mse", best.unwrap_or_default());
    let row = |(rate, errors): (f64, &[f64])| {
        let (mean, deviation) = mean_and_spread(errors);
        let errors = [mean, deviation, least(errors)].map(|x| format!("{x:.4}"));
        [&[rate.to_string()][..], &errors].concat()
    };
    let rows: Vec<Vec<String>> = CHANCES.into_iter().zip(of_rates).map(row).collect();
    run.table(&["learning rate", "mean error", "deviation", "lowest"], &rows);
    Ok(())
}

/// The ways to start, from three seeds.
fn start_seeds(run: &mut Run, recipe: Recipe) -> Result {
    run.heading(&format!("How the gates start, {FEWER} seeds"));
    let mut jobs: Vec<Job<'_, Learned>> = vec![];
    for way in &WAYS {
        for k in 0..FEWER {
            let seed = recipe.seed.wrapping_add(k);
            jobs.push(starts::job(way, Recipe { seed, ..recipe }));
        }
    }
    let looks = jobs.len() * (recipe.cap / LOOK_EVERY);
    let learned = pool::run(run, "ways to start", looks, jobs)?;
    let mut rows = vec![];
    for (way, seeds) in WAYS.iter().zip(learned.chunks(FEWER as usize)) {
        let errors: Vec<f64> = seeds.iter().map(|one| one.mse).collect();
        let updates: Vec<f64> = seeds.iter().map(|one| one.updates as f64).collect();
        let [mean, _] = told(run, &format!("start_{}_mse", way.key), &errors, 4);
        let [count, spread] =
            told(run, &format!("start_{}_updates", way.key), &updates, 0);
        rows.push([way.name.to_string(), mean, count, spread]);
    }
    run.table(&["biases at first", "mean error", "updates", "deviation"], &rows);
    Ok(())
}

/// The learning rate of each character model, chosen on the validation part, and then
/// three seeds with the rates of the plain run.
fn texts(run: &mut Run, seed: u64) -> Result {
    run.heading("Text: the search for learning rates");
    let corpus = characters::corpus()?;
    let characters = corpus.vocabulary.len();
    let updates = VANILLA.updates(&corpus);
    let mut jobs: Vec<Job<'_, Model>> = vec![];
    for cell in Cell::ALL {
        for rate in RATES {
            let recipe = lessons::characters::Recipe {
                rate,
                ..characters::recipe(cell, characters, VANILLA.epochs)
            };
            let corpus = &corpus;
            jobs.push(Box::new(move |bar| {
                characters::learn(cell, &recipe, corpus, seed, bar)
            }));
        }
    }
    let total = jobs.len() * updates;
    let tried = pool::run(run, "learning rates", total, jobs)?;
    let mut rows = vec![];
    for (cell, models) in Cell::ALL.iter().zip(tried.chunks(RATES.len())) {
        let bits: Vec<f64> = models.iter().map(|model| model.bits[0]).collect();
        let pairs = RATES.iter().zip(&bits);
        let best = pairs.min_by(|a, b| a.1.total_cmp(b.1)).map_or(0.0, |pair| *pair.0);
        run.value(&format!("characters_{}_rate", cell.key()), best);
        let bits = bits.iter().map(|bits| format!("{bits:.3}"));
        let row = std::iter::once(cell.name().to_string()).chain(bits);
        rows.push(row.chain([best.to_string()]).collect::<Vec<_>>());
    }
    let rates = RATES.map(|rate| rate.to_string());
    let columns = [&["cell"], &rates.each_ref().map(|rate| &rate[..])[..], &["best"]];
    run.table(&columns.concat(), &rows);

    run.heading(&format!("Text, {FEWER} seeds"));
    let mut jobs: Vec<Job<'_, Model>> = vec![];
    for k in 0..FEWER {
        jobs.extend(characters::jobs(&corpus, VANILLA.epochs, seed.wrapping_add(k)));
    }
    let total = jobs.len() * updates;
    let models = pool::run(run, "seeds", total, jobs)?;
    let mut rows = vec![];
    for cell in Cell::ALL {
        let of = models.iter().filter(|model| model.cell == cell);
        let bits: Vec<f64> = of.map(|model| model.bits[1]).collect();
        let name = format!("characters_{}_bits", cell.key());
        let [mean, deviation] = told(run, &name, &bits, 3);
        rows.push([cell.name().to_string(), mean, deviation]);
    }
    run.table(&["model", "held-out bits per character", "deviation"], &rows);
    Ok(())
}
