//! What `--full` adds: every claim over five seeds.

use gradbook::rng;
use lessons::{Result, Run};

use crate::search::{accuracy, random_search, small_changes};
use crate::spiral::{self, Frozen};
use crate::{small_network, xor_data};

/// Five seeds of the spiral and of the two searches.
pub fn seeds(run: &mut Run, epochs: usize, tries: usize) -> Result {
    run.heading("Five seeds");
    let bar = run.progress("seeds", 5);
    let mut columns: [(&str, Vec<f64>); 6] = [
        ("linear_accuracy", vec![]),
        ("frozen_accuracy", vec![]),
        ("trained_accuracy", vec![]),
        ("search_small_tries", vec![]),
        ("search_large_accuracy", vec![]),
        ("changes_large_accuracy", vec![]),
    ];
    for seed in 1..=5 {
        let seen = one_seed(seed, epochs, tries)?;
        columns.iter_mut().zip(seen).for_each(|((_, all), one)| all.push(one));
        bar.inc(1);
    }
    drop(bar);
    let mut rows = vec![];
    for (name, seen) in &columns {
        run.spread(name, seen);
        let (mean, spread) = lessons::mean_and_spread(seen);
        rows.push([name.to_string(), format!("{mean:.3}"), format!("{spread:.3}")]);
    }
    run.table(&["value", "mean", "standard deviation"], &rows);
    Ok(())
}

fn one_seed(seed: u64, epochs: usize, tries: usize) -> Result<[f64; 6]> {
    let mut random = rng(seed);
    let (train_on, judge_on) = spiral::data(&mut random);
    let linear = spiral::linear(&train_on, &judge_on, 100)?;
    let mut frozen = spiral::network(&[16, 16, 2], &mut random)?;
    spiral::train(&mut frozen, &train_on, epochs, seed, &mut [&mut Frozen])?;
    let mut network = spiral::network(&[16, 16, 2], &mut random)?;
    spiral::train(&mut network, &train_on, epochs, seed, &mut [])?;
    let mut small = small_network(&mut random)?;
    let found = random_search(&mut small, &xor_data(), tries, &mut random)?;
    let mut large = spiral::network(&[27, 27], &mut random)?;
    let drawn = random_search(&mut large, &train_on, tries, &mut random)?;
    let nudged = small_changes(&mut large, &train_on, tries, &mut random)?;
    Ok([
        linear,
        accuracy(&mut frozen, &judge_on)?,
        accuracy(&mut network, &judge_on)?,
        found.len() as f64,
        drawn[drawn.len() - 1],
        nudged[nudged.len() - 1],
    ])
}
