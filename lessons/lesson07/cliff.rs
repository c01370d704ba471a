//! A wall in the loss: one unit, 50 steps, and one step downhill that goes astray.

use gradbook::plot::{Axis, Chart, Grid, Panels, Role, Svg};
use lessons::{Result, Run};

use crate::hands::{Hands, Matrix};

/// What the last of 50 states should be; no input comes in.
const TARGET: f64 = 0.7;
const STEPS: usize = 50;
const START: f64 = 0.5;

/// How descent goes: from where, how far, how often.
const FROM: [f64; 2] = [1.5, -0.32];
const RATE: f64 = 0.1;
const UPDATES: usize = 60;
const LIMIT: f64 = 0.3;
/// A limit that no gradient reaches.
const FREE: f64 = 1e30;

/// So many losses of each walk are drawn.
const SHOWN: usize = 40;

// ANCHOR: slopes
/// The loss of one unit with this state weight and bias, and its two slopes.
fn loss(hands: Hands, [weight, bias]: [f64; 2]) -> (f64, [f64; 2]) {
    let (nothing, start) = (Matrix::zeros(1, STEPS), [START]);
    let (weight, biases) = (Matrix::from_element(1, 1, weight), [bias]);
    let weights = (&Matrix::zeros(1, 1), &weight, &biases[..]);
    let states = (hands.unroll)(weights, &nothing, &start);
    let off = states[STEPS - 1] - TARGET;
    let mut grads = Matrix::zeros(1, STEPS);
    grads[STEPS - 1] = off;
    let (_, weight, bias, _) =
        (hands.through_time)(weights, &nothing, &start, &states, &grads);
    (off * off / 2.0, [weight[0], bias[0]])
}
// ANCHOR_END: slopes

/// One step of a descent: where it was, the loss there, the gradient's length.
#[derive(Clone, Copy)]
struct Step {
    at: [f64; 2],
    loss: f64,
    norm: f64,
}

// ANCHOR: descend
/// Goes downhill, with the gradient clipped to this length.
fn descend(hands: Hands, limit: f64) -> Vec<Step> {
    let mut at = FROM;
    let mut walk = vec![];
    for _ in 0..=UPDATES {
        let (loss, slopes) = loss(hands, at);
        walk.push(Step { at, loss, norm: slopes[0].hypot(slopes[1]) });
        let slopes = (hands.clip)(&[slopes.to_vec()], limit);
        at = [at[0] - RATE * slopes[0][0], at[1] - RATE * slopes[0][1]];
    }
    walk
}
// ANCHOR_END: descend

/// The two walks, told and drawn.
pub fn show(run: &mut Run, hands: Hands) -> Result {
    run.heading("A wall, and clipping");
    let walks = [FREE, LIMIT].map(|limit| descend(hands, limit));
    let worst = walks[0].iter().fold(&walks[0][0], |worst, step| {
        if step.norm > worst.norm { step } else { worst }
    });
    let before = walks[0].iter().position(|step| step.norm == worst.norm);
    run.value("wall_update", before.unwrap_or(0) as f64);
    run.value("wall_loss", worst.loss);
    run.value("wall_norm", worst.norm);
    let mut rows = vec![];
    for (name, walk) in ["free", "clipped"].iter().zip(&walks) {
        let end = walk[UPDATES];
        run.value(&format!("wall_{name}_weight"), end.at[0]);
        let [weight, bias] = end.at.map(|x| format!("{x:.3}"));
        rows.push([name.to_string(), weight, bias, format!("{:.6}", end.loss)]);
    }
    run.say(&format!(
        "One unit, {STEPS} steps. At update {}, with a loss of {:.3}, the gradient has \
         the length {:.1}. After {UPDATES} updates:",
        before.unwrap_or(0),
        worst.loss,
        worst.norm
    ));
    run.table(&["gradient", "state weight", "bias", "loss"], &rows);
    run.figure("wall", "The same descent, free and clipped.", &picture(&walks))
}

/// The loss of one unit in plain numbers, for the map.
fn height(weight: f64, bias: f64) -> f64 {
    let last = (0..STEPS).fold(START, |state, _| (weight * state + bias).tanh());
    (last - TARGET).powi(2) / 2.0
}

fn picture(walks: &[Vec<Step>; 2]) -> Svg {
    let (across, up) = ((1.2, 2.2), (-0.6, 1.4));
    let grid = Grid::new(across, up, 60);
    let dark = |weight, bias| ((height(weight, bias) / 1.5).sqrt()).clamp(0.0, 1.0);
    let places =
        |walk: &[Step]| walk.iter().map(|s| (s.at[0], s.at[1])).collect::<Vec<_>>();
    let map = Chart::new(
        Axis::new("state weight", "").range(across.0, across.1),
        Axis::new("bias", "").range(up.0, up.1),
    )
    .shade(&grid, Role::Loss, &grid.map(dark))
    .path(Role::Neutral, "free", places(&walks[0]))
    .path(Role::Gradients, "clipped", places(&walks[1]))
    .title("where the weights go")
    .size(400, 360);
    let losses = |walk: &[Step]| {
        let first = walk.iter().take(SHOWN).enumerate();
        first.map(|(made, step)| (made as f64, step.loss)).collect::<Vec<_>>()
    };
    let numbers = Axis::new("loss", "").log().range(1e-8, 10.0);
    let made = Axis::new("updates made", "").range(0.0, SHOWN as f64);
    let curves = Chart::new(made, numbers)
        .line(Role::Neutral, "free", losses(&walks[0]))
        .line(Role::Gradients, "clipped", losses(&walks[1]))
        .title("the loss")
        .size(400, 360);
    Panels::new(2).add(map).add(curves).svg()
}
