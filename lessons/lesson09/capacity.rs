//! How wide should it be? Homework and exam against the number of hidden units.

use gradbook::plot::{Axis, Chart, Role, Svg};
use lessons::pool::{self, Job};
use lessons::{Result, Run, mean_and_spread};

use crate::hands::Hands;
use crate::recipe::{Recipe, right};
use crate::sets::{Labels, Open};

/// Units in each hidden layer.
const WIDTHS: [usize; 8] = [2, 4, 8, 16, 32, 64, 128, 256];

/// Trains at every width, and tells what share each gets wrong.
pub fn tell(
    run: &mut Run,
    hands: Hands,
    open: &Open,
    plain: Recipe,
    seeds: u64,
) -> Result {
    run.heading("How wide? Mistakes against the units in each hidden layer");
    let first = run.seed().wrapping_mul(100);
    let mut jobs: Vec<Job<'_, [f64; 2]>> = vec![];
    for hidden in WIDTHS {
        for k in 0..seeds {
            jobs.push(Box::new(move |bar| {
                let seed = first.wrapping_add(k);
                let parts = open.deal(Labels::Careless, seed)?;
                let recipe = Recipe { hidden, ..plain };
                let learned = recipe.learn(hands, &parts, None, seed)?;
                bar.inc(1);
                Ok([learned.homework, learned.judge].map(|seen| 1.0 - right(seen)))
            }));
        }
    }
    let units = jobs.len();
    let seen = pool::run(run, "widths", units, jobs)?;
    if run.full() {
        bump(run, &seen, seeds as usize);
    }
    let mut rows = vec![];
    let mut curves = [vec![], vec![]];
    for (width, trials) in WIDTHS.into_iter().zip(seen.chunks(seeds as usize)) {
        let mut cells = vec![width.to_string()];
        for (which, what) in ["homework", "judged"].into_iter().enumerate() {
            let wrong: Vec<f64> = trials.iter().map(|trial| trial[which]).collect();
            let (mean, deviation) = mean_and_spread(&wrong);
            run.value(&format!("width_{width}_{what}"), mean);
            if run.full() {
                run.spread(&format!("width_{width}_{what}"), &wrong);
            }
            cells.push(format!("{:.1}% ± {:.1}", 100.0 * mean, 100.0 * deviation));
            curves[which].push((width as f64, 100.0 * mean, 100.0 * deviation));
        }
        rows.push(cells);
    }
    run.table(&["units", "wrong in the homework", "wrong held out"], &rows);
    run.figure("capacity", "Mistakes against width.", &picture(&curves))
}

/// Mistakes at 64 units less those at 16 and at 256, each seed compared with itself.
fn bump(run: &mut Run, seen: &[[f64; 2]], seeds: usize) {
    let judged = |width: usize| {
        let place = WIDTHS.iter().position(|&w| w == width).unwrap_or(0);
        seen[place * seeds..][..seeds].iter().map(|trial| 100.0 * trial[1])
    };
    for other in [16, 256] {
        let more: Vec<f64> =
            judged(64).zip(judged(other)).map(|(a, b)| a - b).collect();
        run.spread(&format!("bump_{other}"), &more);
    }
}

fn picture(curves: &[Vec<(f64, f64, f64)>; 2]) -> Svg {
    let x = Axis::new("units in each hidden layer", "").log();
    let mut chart = Chart::new(x, Axis::new("wrong", "%").range(0.0, 90.0));
    let looks = [(Role::Data, "homework"), (Role::Loss, "held out")];
    for (curve, (role, name)) in curves.iter().zip(looks) {
        let band = curve.iter().map(|&(x, mean, d)| (x, (mean - d).max(0.0), mean + d));
        let line = curve.iter().map(|&(x, mean, _)| (x, mean));
        chart = chart.band(role, band).line(role, name, line);
    }
    chart.svg()
}
