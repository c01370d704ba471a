//! Does the order matter, and does what was learned hold for new flowers?

use gradbook::data::folds;
use gradbook::perceptron::Perceptron;
use gradbook::rng;
use lessons::{Result, Run, mean_and_spread};

use crate::figures;
use crate::hands::Hands;
use crate::sets::Set;

/// How many orders of the examples are tried.
const ORDERS: u64 = 100;
/// How many times the flowers are divided into five folds.
const DIVISIONS: u64 = 5;

/// Mistakes in 100 orders of the same examples.
pub fn orders(run: &mut Run, hands: Hands, sets: &[(&Set, f64)]) -> Result {
    run.heading(&format!("{ORDERS} orders of the same examples"));
    let mut rows = vec![];
    let mut picture = None;
    for (set, bound) in sets {
        let mut made = vec![];
        for seed in 0..ORDERS {
            let set = set.shuffled(&mut rng(seed));
            let mistakes = hands.fit(&mut set.new_neuron(), &set, 1_000)?;
            made.push(mistakes.iter().sum::<usize>() as f64);
        }
        let most = made.iter().copied().fold(0.0, f64::max);
        let fewest = made.iter().copied().fold(f64::INFINITY, f64::min);
        run.spread(&format!("{}_mistakes", set.key), &made);
        rows.push(vec![
            set.name.to_string(),
            fewest.to_string(),
            format!("{:.1}", made.iter().sum::<f64>() / made.len() as f64),
            most.to_string(),
            format!("{bound:.1}"),
        ]);
        run.count(&format!("{}_most", set.key), most as usize);
        if set.key == "setosa" {
            picture = Some(figures::orders(&made, *bound));
        }
    }
    run.table(&["set", "fewest", "mean", "most", "bound"], &rows);
    let Some(picture) = picture else { return Ok(()) };
    run.figure("orders", "Setosa: mistakes in 100 orders, and the bound.", &picture)
}

/// Trained on four fifths of the flowers, tried on the fifth that it never saw.
pub fn held_out(run: &mut Run, hands: Hands, setosa: &Set, sisters: &Set) -> Result {
    run.heading("Flowers it has never seen: five folds, five times");
    let mut rows = vec![];
    for (set, shuffle, key) in [
        (setosa, false, "setosa"),
        (setosa, true, "shuffled"),
        (sisters, false, "versicolor"),
    ] {
        let (mut last, mut best) = (vec![], vec![]);
        for seed in 0..DIVISIONS {
            let (a, b) = one_division(hands, set, shuffle, seed)?;
            last.push(a);
            best.push(b);
        }
        let majority = 1.0 - set.majority_mistakes() as f64 / set.targets.len() as f64;
        for (values, which) in [(&last, "last"), (&best, "best")] {
            let name = format!("{key}_{which}_test_accuracy");
            run.spread(&name, values);
            run.baseline(&name, majority);
        }
        let percent = |values: &[f64]| {
            let (mean, deviation) = mean_and_spread(values);
            format!("{:.1}% ± {:.1}%", 100.0 * mean, 100.0 * deviation)
        };
        rows.push(vec![
            if shuffle { "setosa, labels shuffled" } else { set.name }.to_string(),
            percent(&last),
            percent(&best),
            format!("{:.1}%", 100.0 * majority),
        ]);
    }
    run.table(&["set", "last weights", "best weights", "majority"], &rows);
    run.say(&format!(
        "Accuracy: mean and standard deviation over {DIVISIONS} divisions."
    ));
    Ok(())
}

/// Mean accuracy over five folds, with the last weights and with those that made the
/// fewest mistakes on the training part.
fn one_division(
    hands: Hands,
    set: &Set,
    shuffle: bool,
    seed: u64,
) -> Result<(f64, f64)> {
    let mut rng = rng(seed);
    let labels: Vec<usize> =
        set.targets.iter().map(|&y| usize::from(y > 0.0)).collect();
    let (mut last, mut best) = (0.0, 0.0);
    let splits = folds::stratified(&labels, 5, &mut rng)?;
    for split in &splits {
        let mut train = set.select(&split.train);
        if shuffle {
            train = train.with_shuffled_targets(&mut rng);
        }
        let test = set.select(&split.test);
        let ends = hands.epoch_by_epoch(&train, 200)?;
        let right = |end: Option<&(usize, Perceptron<f64>)>| {
            let wrong = end.map_or(0, |end| hands.count_mistakes(&end.1, &test));
            (1.0 - wrong as f64 / test.targets.len() as f64) / splits.len() as f64
        };
        last += right(ends.last());
        best += right(ends.iter().min_by_key(|end| end.0));
    }
    Ok((last, best))
}
