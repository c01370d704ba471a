//! The exam: opened once, after every choice was made.

use gradbook::data::Dataset;
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::train::evaluate;
use lessons::pool::{self, Job};
use lessons::{Result, Run, bail, mean_and_spread, percent};

use crate::hands::Hands;
use crate::recipe::{Recipe, right};
use crate::remedies::Tried;
use crate::sets::{Exam, Labels, Open};

// ANCHOR: sit
/// Chooses by what was judged, then opens the exam for the choice, beside nothing.
pub fn sit(
    run: &mut Run,
    hands: Hands,
    open: &Open,
    tried: &[Tried],
    exam: Exam,
    seeds: u64,
) -> Result {
    let best = tried.iter().max_by(|a, b| a.judged().total_cmp(&b.judged()));
    let (Some(best), Some(nothing)) = (best, tried.first()) else {
        bail!("nothing was tried");
    };
    let chosen = best.remedy.clone();
    let exam = exam.open(); // once
    run.heading(&format!("The exam: {} images, opened once", exam.len()));
    let chosen_marks = marks(run, hands, open, chosen.recipe, &exam, seeds)?;
    let plain_marks = marks(run, hands, open, nothing.remedy.recipe, &exam, seeds)?;
    // ANCHOR_END: sit
    run.count("exam_images", exam.len());
    run.say(&format!("Chosen by the held-out images: {}.", chosen.name));
    let mut rows = vec![];
    for (key, one, marks) in
        [("chosen", best, chosen_marks), ("nothing", nothing, plain_marks)]
    {
        let (mean, deviation) = mean_and_spread(&marks);
        run.value(&format!("exam_{key}"), mean);
        run.baseline(&format!("exam_{key}"), 0.1);
        if run.full() {
            run.spread(&format!("exam_{key}"), &marks);
        }
        rows.push([
            one.remedy.name.clone(),
            percent(one.judged()),
            format!("{:.1}% ± {:.1}", 100.0 * mean, 100.0 * deviation),
        ]);
    }
    run.table(&["remedy", "when it was chosen", "in the exam"], &rows);
    Ok(())
}

/// One mark for each seed.
fn marks(
    run: &mut Run,
    hands: Hands,
    open: &Open,
    recipe: Recipe,
    exam: &Dataset,
    seeds: u64,
) -> Result<Vec<f64>> {
    let first = run.seed().wrapping_mul(100);
    let jobs = (0..seeds).map(|k| -> Job<'_, f64> {
        Box::new(move |bar| {
            let seed = first.wrapping_add(k);
            let parts = open.deal(Labels::Careless, seed)?;
            let mut net = recipe.learn(hands, &parts, None, seed)?.net;
            bar.inc(1);
            Ok(right(evaluate(&mut net, &SoftmaxCrossEntropy, exam)?))
        })
    });
    pool::run(run, "the exam", seeds as usize, jobs.collect())
}
