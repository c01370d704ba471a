//! What goes wrong: remedies left on, luck taken for skill, twins on both sides.

use gradbook::data::{Dataset, split};
use gradbook::layer::Phase;
use gradbook::train::answers;
use gradbook::{Matrix, Sequential, rng};
use lessons::{Result, Run, percent};
use rand::RngExt;
use rand::seq::SliceRandom;

use crate::hands::Hands;
use crate::recipe::{IMAGE, Recipe, right};
use crate::remedies::WOBBLE;
use crate::sets::{HOMEWORK, Labels, Open, Parts, join, relabeled, take};

// ANCHOR: asked
/// The answers in batches of `size`, in the phase asked for.
fn asked(
    net: &mut Sequential,
    data: &Dataset,
    size: usize,
    phase: Phase,
) -> Result<Vec<Option<usize>>> {
    let mut all = vec![];
    for start in (0..data.len()).step_by(size) {
        let count = size.min(data.len() - start);
        let batch: Matrix = data.inputs.columns(start, count).into_owned();
        all.extend(answers(net.forward(&batch, phase)?));
    }
    Ok(all)
}
// ANCHOR_END: asked

/// The share that is right.
fn score(seen: &[Option<usize>], data: &Dataset) -> f64 {
    let pairs = seen.iter().zip(&data.labels);
    pairs.filter(|(seen, label)| **seen == Some(**label)).count() as f64
        / data.len() as f64
}

/// Dropout and batch norm asked as if they were still learning.
pub fn left_on(run: &mut Run, hands: Hands, open: &Open, plain: Recipe) -> Result {
    run.heading("Broken on purpose: still training while it answers");
    let parts = open.deal(Labels::Careful, run.seed())?;
    dropout(run, hands, &parts, plain)?;
    batch_norm(run, hands, &parts, plain)
}

/// How often the same images are asked.
const ASKED: usize = 20;

fn dropout(run: &mut Run, hands: Hands, parts: &Parts, plain: Recipe) -> Result {
    let recipe = Recipe { dropout: 0.5, ..plain };
    let mut net = recipe.learn(hands, parts, None, run.seed())?.net;
    let judge = &parts.judge;
    let whole = score(&asked(&mut net, judge, judge.len(), Phase::Infer)?, judge);
    let mut passes = vec![];
    for _ in 0..ASKED {
        passes.push(asked(&mut net, judge, judge.len(), Phase::Train)?);
    }
    let scores: Vec<f64> = passes.iter().map(|seen| score(seen, judge)).collect();
    let mean = scores.iter().sum::<f64>() / ASKED as f64;
    let fickle =
        (0..judge.len()).filter(|&i| passes.iter().any(|seen| seen[i] != passes[0][i]));
    let fickle = fickle.count() as f64 / judge.len() as f64;
    run.value("dropout_off", whole);
    run.value("dropout_on", mean);
    run.value("dropout_fickle", fickle);
    run.say(&format!(
        "Dropout, trained on careful labels. At inference: {} right. Left on: {} on \
         average over {ASKED} passes, and {} of the images did not always get the \
         same answer.",
        percent(whole),
        percent(mean),
        percent(fickle)
    ));
    Ok(())
}

fn batch_norm(run: &mut Run, hands: Hands, parts: &Parts, plain: Recipe) -> Result {
    let recipe = Recipe { batch_norm: true, ..plain };
    let judge = &parts.judge;
    let mut rows = vec![];
    let mut add = |run: &mut Run, key: &str, name: &str, accuracy: f64| {
        run.value(&format!("batch_norm_{key}"), accuracy);
        rows.push([name.to_string(), percent(accuracy)]);
    };
    // Asking in the training phase moves the running statistics: a new copy each time.
    let learn = || recipe.learn(hands, parts, None, run.seed());
    let mut nets = vec![];
    for _ in 0..4 {
        nets.push(learn()?.net);
    }
    let seen = asked(&mut nets[0], judge, judge.len(), Phase::Infer)?;
    add(run, "infer", "inference, running statistics", score(&seen, judge));
    for (net, size) in nets.iter_mut().zip([50, 10, 3, 1]) {
        let seen = asked(net, judge, size, Phase::Train)?;
        let name = format!("left on, {size} images at a time");
        add(run, &format!("train_{size}"), &name, score(&seen, judge));
    }
    run.table(&["batch norm", "held out"], &rows);
    Ok(())
}

/// Coins, and the questions each is asked.
const COINS: [usize; 4] = [1, 10, 100, 1000];
const QUESTIONS: usize = 100;
const EXAMS: usize = 200;

// ANCHOR: luck
/// The best of so many tossers of a coin on one exam, and the same one on the next.
fn luckiest(coins: usize, rng: &mut gradbook::Rng) -> (f64, f64) {
    let mut toss = || (0..QUESTIONS).filter(|_| rng.random::<bool>()).count();
    let best = (0..coins).map(|_| toss()).max().unwrap_or(0);
    let share = |right: usize| right as f64 / QUESTIONS as f64;
    (share(best), share(toss()))
}
// ANCHOR_END: luck

/// Choosing by the exam.
pub fn luck(run: &mut Run) {
    run.heading("Broken on purpose: the best of many, by the exam itself");
    let mut rng = rng(run.seed());
    let mut rows = vec![];
    for coins in COINS {
        let (mut best, mut next) = (0.0, 0.0);
        for _ in 0..EXAMS {
            let (now, later) = luckiest(coins, &mut rng);
            best += now / EXAMS as f64;
            next += later / EXAMS as f64;
        }
        run.value(&format!("luck_{coins}_best"), best);
        run.value(&format!("luck_{coins}_next"), next);
        rows.push([coins.to_string(), percent(best), percent(next)]);
    }
    run.say(&format!(
        "Every candidate tosses a coin for each of {QUESTIONS} yes-or-no questions. \
         Means over {EXAMS} exams:"
    ));
    run.table(&["candidates", "the best of them", "the same on the next exam"], &rows);
}

// ANCHOR: twins
/// Every image and a slightly changed copy of it.
fn with_twins(data: &Dataset, seed: u64) -> Result<Dataset> {
    let by = gradbook::data::Augmentation { shift: 0, degrees: 5.0, noise: 0.05 };
    let mut copies = data.clone();
    by.apply(&mut copies.inputs, IMAGE, &mut rng(seed))?;
    join(data, &copies)
}
// ANCHOR_END: twins

/// Copies made before the split. The labels are dealt out by chance: there is nothing
/// to learn, and 10% is the truth.
pub fn twins(run: &mut Run, hands: Hands, open: &Open, plain: Recipe) -> Result {
    run.heading("Broken on purpose: copies first, then the split");
    let (seed, mut rng) = (run.seed(), rng(run.seed()));
    let (_, few) = take(&open.rest, 2 * HOMEWORK, &mut rng)?;
    let mut labels = few.labels.clone();
    labels.shuffle(&mut rng);
    let few = relabeled(&few, labels)?;
    let halves = |data: &Dataset, rng: &mut _| -> Result<_> {
        Ok(split::shuffled(data.len(), 0.5, rng)?.of(data))
    };
    let (train, test) = halves(&few, &mut rng)?;
    let apart = (with_twins(&train, seed)?, test);
    let mixed = halves(&with_twins(&few, seed)?, &mut rng)?;
    let mut rows = vec![];
    for (key, name, (homework, judge)) in [
        ("apart", "split first, then copies of the homework", apart),
        ("mixed", "copies of all, then the split", mixed),
    ] {
        let watch = judge.clone();
        let more = homework.clone();
        let parts = Parts { homework, more, watch, judge, wrong: 0 };
        let seen = right(plain.learn(hands, &parts, None, seed)?.judge);
        run.value(&format!("twins_{key}"), seen);
        rows.push([name.to_string(), percent(seen)]);
    }
    run.say("Labels dealt out by chance, every image with one copy, slightly turned:");
    run.table(&["order", "held out"], &rows);
    Ok(())
}

/// The same network on the images as they are, and on images that were changed.
pub fn changed_exam(run: &mut Run, hands: Hands, open: &Open, plain: Recipe) -> Result {
    run.heading("Broken on purpose: augmenting what is judged");
    let parts = open.deal(Labels::Careless, run.seed())?;
    let recipe = Recipe { augment: WOBBLE, ..plain };
    let mut net = recipe.learn(hands, &parts, None, run.seed())?.net;
    let mut changed = parts.judge.clone();
    WOBBLE.apply(&mut changed.inputs, IMAGE, &mut rng(run.seed()))?;
    let judge = parts.judge.len();
    let [as_is, after] = [&parts.judge, &changed].map(|data| -> Result<f64> {
        Ok(score(&asked(&mut net, data, judge, Phase::Infer)?, data))
    });
    let (as_is, after) = (as_is?, after?);
    run.value("judged_as_is", as_is);
    run.value("judged_changed", after);
    run.say(&format!(
        "Trained with augmentation: {} right on the images as they are, {} on the \
         same images turned and made noisy. Neither is wrong, but only the first was \
         asked for.",
        percent(as_is),
        percent(after)
    ));
    Ok(())
}
