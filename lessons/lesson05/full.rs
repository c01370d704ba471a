//! `--full`: five folds three times, and the broken workflows over five seeds.

use gradbook::data::{Dataset, Standardizer, folds};
use gradbook::rng;
use lessons::{Result, Run, mean_and_spread};

use crate::breaks;
use crate::models::{Kind, Setup};
use crate::parts::scaled;

/// How many times the digits are divided into folds.
const DIVISIONS: u64 = 3;
const FOLDS: usize = 5;
/// How many seeds the broken workflows are run with.
const SEEDS: u64 = 5;

/// Every image is held out once in a division: trained on four fifths for all epochs,
/// asked about the fifth.
pub fn folds(run: &mut Run, digits: &Dataset, setup: &Setup) -> Result {
    run.heading(&format!("{FOLDS} stratified folds, {DIVISIONS} times"));
    let [mut mlp, mut logistic] = [vec![], vec![]];
    let [mut pixels, mut leaked] = [vec![], vec![]];
    let seen_all = Standardizer::fit(&digits.inputs)?;
    let bar = run.progress("folds", DIVISIONS as usize * FOLDS);
    for division in 0..DIVISIONS {
        let setup = setup.with_seed(setup.seed.wrapping_add(division));
        let hidden = Kind::Mlp(setup.hidden);
        let cuts = folds::stratified(&digits.labels, FOLDS, &mut rng(setup.seed))?;
        for fold in cuts {
            let (train, test) = fold.of(digits);
            pixels.push(setup.accuracy(hidden, &train, &test)?);
            let [mut x, mut z] = [train.clone(), test.clone()];
            x.inputs = seen_all.transform(&x.inputs)?;
            z.inputs = seen_all.transform(&z.inputs)?;
            leaked.push(setup.accuracy(hidden, &x, &z)?);
            let (train, test) = scaled(train, test)?;
            mlp.push(setup.accuracy(hidden, &train, &test)?);
            logistic.push(setup.accuracy(Kind::Logistic, &train, &test)?);
            bar.inc(1);
        }
    }
    drop(bar);
    run.baseline("mlp_test_accuracy", 0.1);
    run.baseline("logistic_test_accuracy", 0.1);
    report(
        run,
        &[
            ("mlp_test_accuracy", "mlp", &mlp),
            ("logistic_test_accuracy", "logistic", &logistic),
            ("unscaled_test_accuracy", "mlp, pixels from 0 to 1", &pixels),
            ("leaked_test_accuracy", "mlp, scale fitted on all images", &leaked),
        ],
    );
    Ok(())
}

/// What was broken in the plain run, with more than one seed.
pub fn seeds(run: &mut Run, digits: &Dataset, setup: &Setup) -> Result {
    run.heading(&format!("Broken on purpose, {SEEDS} seeds"));
    let [mut order, mut by_heart, mut chance] = [vec![], vec![], vec![]];
    let [mut honest, mut others, mut leaked] = [vec![], vec![], vec![]];
    let bar = run.progress("seeds", SEEDS as usize);
    for seed in 0..SEEDS {
        let setup = setup.with_seed(setup.seed.wrapping_add(seed));
        order.push(breaks::in_order(digits, &setup)?.0);
        let (learned, held_out) = breaks::on_shuffled_labels(digits, &setup)?;
        by_heart.push(learned);
        chance.push(held_out);
        let [a, b, c] = breaks::with_a_leak(digits, &setup)?;
        honest.push(a);
        others.push(b);
        leaked.push(c);
        bar.inc(1);
    }
    drop(bar);
    report(
        run,
        &[
            ("unshuffled_split_mlp", "split in the order of the file", &order),
            ("shuffled_labels_train_accuracy", "shuffled labels, trained", &by_heart),
            ("shuffled_labels_test_accuracy", "shuffled labels, held out", &chance),
            ("ten_images_honest", "ten images, scale of these ten", &honest),
            ("ten_images_others", "ten images, scale of all but the exam's", &others),
            ("ten_images_leaked", "ten images, scale of all", &leaked),
        ],
    );
    for (name, words, before) in [
        ("ten_images_gain_points", "the ten", &honest),
        ("ten_images_exam_points", "all but the exam's", &others),
    ] {
        let pairs = leaked.iter().zip(before);
        let points: Vec<f64> = pairs.map(|(after, b)| 100.0 * (after - b)).collect();
        run.spread(name, &points);
        let (mean, deviation) = mean_and_spread(&points);
        run.say(&format!(
            "The scale of all images instead of {words}: {mean:+.2} ± {deviation:.2} \
             percentage points."
        ));
    }
    Ok(())
}

/// A table of means and standard deviations, each also on record.
fn report(run: &mut Run, rows: &[(&str, &str, &[f64])]) {
    let mut cells = Vec::new();
    for (name, words, values) in rows {
        run.spread(name, values);
        let (mean, spread) = mean_and_spread(values);
        let percent = |share: f64| format!("{:.2}%", 100.0 * share);
        let count = values.len().to_string();
        cells.push([words.to_string(), percent(mean), percent(spread), count]);
    }
    run.table(&["accuracy", "mean", "deviation", "runs"], &cells);
}
