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
    let seeds: Vec<u64> = if full { (0..10).collect() } else { vec![seed] };
    run.count("epochs_compared", EPOCHS);

    let mut rows = Vec::new();
    let mut curves = Vec::new();
    for (pace, rate) in [("gentle", 0.01), ("bold", 0.1)] {
        run.value(&format!("rate_{pace}"), rate);
        let mut row = vec![format!("{rate}")];
        for (words, name, batch) in BATCHES {
            let mut excess = Vec::new();
            for &seed in &seeds {
                let descent = Descent { learning_rate: rate, epochs: EPOCHS, batch };
                let way = hands.walk(descent, &points, &mut gradbook::rng(seed))?;
                let losses: Result<Vec<f64>> =
                    way.iter().map(|line| hands.loss(line, &points)).collect();
                let above: Vec<f64> = losses?.iter().map(|loss| loss - least).collect();
                excess.push(above[above.len() - 1]);
                if pace == "bold" && seed == seeds[0] {
                    curves.push((words, above));
                }
            }
            let mean = excess.iter().sum::<f64>() / excess.len() as f64;
            let value = format!("excess_{name}_{pace}");
            if full { run.spread(&value, &excess) } else { run.value(&value, mean) }
            row.push(format!("{mean:.1e}"));
        }
        rows.push(row);
    }
    run.say(&format!(
        "{EPOCHS} epochs over {} flowers. Loss left above the exact answer's:",
        points.x.ncols()
    ));
    run.table(&["rate", BATCHES[0].0, BATCHES[1].0, BATCHES[2].0], &rows);
    let seen = EPOCHS * points.x.ncols();
    run.figure("batches", "Equal examples seen", &pictures::batches(&curves, seen))?;
    Ok(())
}
