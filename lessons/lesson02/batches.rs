//! All examples, a few or one for each step, compared at equal examples seen.

use gradbook::data::Standardizer;
use gradbook::linear::{Descent, LinearModel};
use lessons::{Result, Run};

use crate::hands::{Hands, Points};
use crate::pictures;

/// How often each flower is seen.
const EPOCHS: usize = 10;

/// Examples to a step, with the name in tables and in values.
const BATCHES: [(&str, &str, usize); 3] = [
    ("full batch", "full", 150),
    ("mini-batch of 16", "mini", 16),
    ("single example", "single", 1),
];

/// Walks with two learning rates and three batch sizes, and shows what is left of the
/// loss above the exact answer's. With `--full`, over ten seeds.
pub fn all_a_few_or_one(run: &mut Run, hands: Hands, petals: &Points) -> Result {
    run.heading("All, a few, or one");
    let x = Standardizer::fit(&petals.x)?.transform(&petals.x)?;
    let points = Points { x, y: petals.y.clone() };
    let exact = LinearModel::least_squares(&points.x, &points.y)?;
    let least = hands.loss(&exact, &points)?;
    let (seed, full) = (run.arguments().seed, run.arguments().full);
    let above = |learning_rate, batch, seed| -> Result<Vec<f64>> {
        let descent = Descent { learning_rate, epochs: EPOCHS, batch };
        let way = hands.walk(descent, &points, &mut gradbook::rng(seed))?;
        way.iter().map(|line| Ok(hands.loss(line, &points)? - least)).collect()
    };
    run.count("epochs_compared", EPOCHS);

    let (mut rows, mut curves) = (Vec::new(), Vec::new());
    for (pace, rate) in [("gentle", 0.01), ("bold", 0.1)] {
        run.value(&format!("rate_{pace}"), rate);
        let mut row = vec![format!("{rate}")];
        for (words, name, batch) in BATCHES {
            let curve = above(rate, batch, seed)?;
            let (value, mut left) = (format!("excess_{name}_{pace}"), last(&curve));
            run.value(&value, left);
            if pace == "bold" {
                curves.push((words, curve));
            }
            if full {
                let runs = (0..10).map(|seed| Ok(last(&above(rate, batch, seed)?)));
                let runs: Vec<f64> = runs.collect::<Result<_>>()?;
                run.spread(&value, &runs);
                left = lessons::mean_and_spread(&runs).0;
            }
            row.push(format!("{left:.1e}"));
        }
        rows.push(row);
    }
    run.say(&format!(
        "{EPOCHS} epochs over {} flowers. Loss left above the exact answer's{}:",
        points.x.ncols(),
        if full { ", mean of ten seeds" } else { "" }
    ));
    run.table(&["rate", BATCHES[0].0, BATCHES[1].0, BATCHES[2].0], &rows);
    let seen = EPOCHS * points.x.ncols();
    run.figure("batches", "Equal examples seen", &pictures::batches(&curves, seen))?;
    Ok(())
}

fn last(curve: &[f64]) -> f64 {
    curve[curve.len() - 1]
}
