//! What `--full` adds: every claim about the spiral over five seeds.

use gradbook::rng;
use lessons::{Result, Run, percent};

use crate::broken;
use crate::hands::Hands;
use crate::spiral::{self, HIDDEN, Plan};

/// Five seeds of everything that is trained.
pub fn seeds(run: &mut Run, hands: Hands, plan: Plan) -> Result {
    run.heading("Five seeds");
    let mistakes = broken::all();
    let mut names = vec!["spiral", "linear", "frozen", "shuffled_labels"];
    names.extend(mistakes.iter().map(|(name, ..)| *name));
    let mut columns = vec![vec![]; names.len()];
    let bar = run.progress("seeds", 5 * names.len());
    for seed in 1..=5 {
        let mut random = rng(seed);
        let (train_on, judge_on) = spiral::data(&mut random);
        let shuffled = spiral::shuffled_labels(&train_on, &mut random);
        let (plan, frozen) =
            (Plan { seed, ..plan }, Plan { seed, frozen: true, ..plan });
        let sets = (&train_on, &judge_on);
        let mut seen = vec![
            spiral::learn(hands, &HIDDEN, sets, plan)?.0,
            spiral::learn(hands, &[], sets, plan)?.0,
            spiral::learn(hands, &HIDDEN, sets, frozen)?.0,
            spiral::learn(hands, &HIDDEN, (&shuffled, &judge_on), plan)?.0,
        ];
        bar.inc(4);
        for (_, _, hands) in mistakes {
            seen.push(spiral::learn(hands, &HIDDEN, sets, plan)?.0);
            bar.inc(1);
        }
        columns.iter_mut().zip(seen).for_each(|(column, one)| column.push(one));
    }
    drop(bar);
    let mut rows = vec![];
    for (name, seen) in names.iter().zip(&columns) {
        run.spread(&format!("{name}_accuracy"), seen);
        let (mean, spread) = lessons::mean_and_spread(seen);
        rows.push([name.replace('_', " "), percent(mean), percent(spread)]);
    }
    run.table(&["held-out accuracy", "mean", "standard deviation"], &rows);
    Ok(())
}
