//! The long form: every training again with other seeds.

use gradbook::data::text::Corpus;
use gradbook::train::bits_per_character;
use lessons::characters::Recipe;
use lessons::{Result, Run};

use crate::{explode, mood, names, reach, story};

/// Trains everything anew for each seed and records mean and spread.
pub fn seeds(run: &mut Run, corpus: &Corpus, recipe: &Recipe, first: u64) -> Result {
    run.heading("The same with three seeds");
    let seeds: Vec<u64> = (0..3).map(|n| first + n).collect();
    let mut bits = vec![];
    for &seed in &seeds {
        let mut network = story::network(recipe, corpus, seed)?;
        let bar = run.progress("reading", recipe.updates(corpus));
        recipe.learn(&mut network, corpus, &bar)?;
        bits.push(bits_per_character(&mut network, &corpus.held_out)?);
    }
    let mut rows = vec![];
    record(run, &mut rows, "rnn_bits", &bits);
    let trained = ["explode_tanh_free_bits", "explode_tanh_clipped_bits"];
    let trained = [&trained[..], &["explode_relu_clipped_bits"]].concat();
    gather(run, &mut rows, &trained, &seeds, |run, seed| {
        explode::once(run, corpus, seed)
    })?;
    reach::seeds(run, &mut rows, corpus, &seeds)?;
    let listed = ["names_unigram_bits", "names_bigram_bits", "names_rnn_bits"];
    gather(run, &mut rows, &listed, &seeds, names::once)?;
    let judged = ["linear", "bag", "rnn", "shuffled"];
    let judged = judged.map(|name| format!("mood_{name}_accuracy"));
    let judged: Vec<&str> = judged.iter().map(String::as_str).collect();
    gather(run, &mut rows, &judged, &seeds, mood::once)?;
    run.table(&["value", "mean", "standard deviation"], &rows);
    Ok(())
}

/// Several numbers of each seed, recorded name by name.
fn gather<const N: usize>(
    run: &mut Run,
    rows: &mut Vec<[String; 3]>,
    names: &[&str],
    seeds: &[u64],
    once: impl Fn(&mut Run, u64) -> Result<[f64; N]>,
) -> Result {
    let mut all = vec![];
    for &seed in seeds {
        all.push(once(run, seed)?);
    }
    for (index, name) in names.iter().enumerate() {
        let numbers: Vec<f64> = all.iter().map(|numbers| numbers[index]).collect();
        record(run, rows, name, &numbers);
    }
    Ok(())
}

/// Records one value's mean and spread, and keeps a row for the table.
pub fn record(run: &mut Run, rows: &mut Vec<[String; 3]>, name: &str, numbers: &[f64]) {
    run.spread(name, numbers);
    let (mean, deviation) = lessons::mean_and_spread(numbers);
    rows.push([name.to_string(), format!("{mean:.3}"), format!("{deviation:.3}")]);
}
