//! What `--full` adds: every claim over five seeds.

use gradbook::rng;
use lessons::{Result, Run};

use crate::search::{accuracy, random_search, small_network, three_ways, xor_data};
use crate::spiral;

/// Five seeds of the spiral and of the two searches.
pub fn seeds(run: &mut Run, epochs: usize, tries: usize) -> Result {
    run.heading("Five seeds");
    let bar = run.progress("seeds", 5);
    let mut columns: [(&str, &str, Vec<f64>); 7] = [
        ("layer_0_accuracy", "a line on the points themselves", vec![]),
        ("layer_2_untrained_accuracy", "a line on layer 2, untrained", vec![]),
        ("trained_accuracy", "the trained network, held out", vec![]),
        ("search_small_tries", "draws until XOR is right", vec![]),
        ("drawn_accuracy", "all weights drawn anew, training part", vec![]),
        ("changes_accuracy", "small changes, training part", vec![]),
        ("slopes_accuracy", "slopes, training part", vec![]),
    ];
    for seed in 1..=5 {
        let seen = one_seed(seed, epochs, tries)?;
        columns.iter_mut().zip(seen).for_each(|((_, _, all), one)| all.push(one));
        bar.inc(1);
    }
    drop(bar);
    let mut rows = vec![];
    for (key, name, seen) in &columns {
        run.spread(key, seen);
        let (mean, spread) = lessons::mean_and_spread(seen);
        rows.push([name.to_string(), format!("{mean:.3}"), format!("{spread:.3}")]);
    }
    run.table(&["over five seeds", "mean", "standard deviation"], &rows);
    Ok(())
}

fn one_seed(seed: u64, epochs: usize, tries: usize) -> Result<[f64; 7]> {
    let mut random = rng(seed);
    let (train_on, judge_on) = spiral::data(&mut random);
    let mut network = spiral::network(&[16, 16, 2], &mut random)?;
    let by_chance = spiral::probes(&mut network, &train_on, &judge_on)?;
    spiral::train(&mut network, &train_on, epochs, seed, &mut [])?;
    let mut small = small_network(&mut random)?;
    let found = random_search(&mut small, &xor_data(), tries, &mut random)?;
    let [drawn, changes, slopes] = three_ways(&train_on, tries, &mut random)?.all;
    Ok([
        by_chance[0],
        by_chance[2],
        accuracy(&mut network, &judge_on)?,
        found.len() as f64,
        drawn.last(),
        changes.last(),
        slopes.last(),
    ])
}
