//! The microscope of lesson 7, turned on all three cells: how much of the gradient is
//! left at each past step.

use gradbook::loss::{Loss, Mse};
use gradbook::plot::{Axis, Chart, Panels, Role, Svg};
use gradbook::{Input, Matrix, Parameters, SequenceNetwork, Sequences};
use lessons::{Result, Run};

use crate::adding::Learned;
use crate::cells::Cell;
use crate::pictures::lines;

// ANCHOR: norms
/// The length of the gradient at each step, by the state that carries the memory: the
/// hidden values, or in an LSTM the cell.
pub fn norms(
    net: &mut SequenceNetwork,
    (inputs, targets): (&Matrix, &Matrix),
    sequences: &Sequences,
) -> Result<Vec<f64>> {
    let mut state = net.state(sequences.batch());
    let input = Input::Numbers(inputs);
    let answers = net.forward(input, sequences, &mut state)?;
    let mut grad = Matrix::zeros(0, 0);
    Mse.gradient(answers, targets, &mut grad)?;
    net.zero_grad();
    net.backward(input, sequences, &grad)?;
    Ok(net.memory_gradient_norms())
}
// ANCHOR_END: norms

/// The norms as points: steps back from the last, and the share of the last one's.
pub fn back(norms: &[f64]) -> Vec<(f64, f64)> {
    let last = norms.last().copied().unwrap_or(1.0);
    let pairs = norms.iter().rev().enumerate();
    pairs.map(|(back, norm)| (back as f64, (norm / last).max(1e-30))).collect()
}

/// The share that is left so many steps back; of the first step if there are fewer.
pub fn left(norms: &[f64], steps: usize) -> f64 {
    let points = back(norms);
    points.get(steps).or(points.last()).map_or(0.0, |point| point.1)
}

/// The gradient of all cells, before training and after.
pub fn show(run: &mut Run, learned: &[Learned]) -> Result {
    run.heading("The microscope: the gradient at each past step");
    let mut rows = vec![];
    for one in learned {
        let key = one.cell.key();
        let mut row = vec![one.cell.name().to_string()];
        for (norms, when) in one.norms.iter().zip(["fresh", "trained"]) {
            for steps in [10, 90] {
                let share = left(norms, steps);
                // What is left in a trained RNN is less than f32 can hold.
                if (one.cell, when) != (Cell::Rnn, "trained") {
                    run.value(&format!("norm_{key}_{when}_{steps}"), share.log10());
                }
                row.push(format!("{share:.0e}"));
            }
        }
        rows.push(row);
    }
    run.say("The share of the gradient at the last step that is left at earlier ones:");
    let columns = ["cell", "fresh, 10 back", "90 back", "trained, 10 back", "90 back"];
    run.table(&columns, &rows);
    run.figure("microscope", "The gradient at each past step.", &picture(learned))
}

/// An empty chart of shares, down to `low`.
pub fn chart(title: &str, low: f64, steps: usize) -> Chart {
    let norm = Axis::new("share of the gradient", "").log().range(low, 1e3);
    let steps = Axis::new("steps back in time", "").range(0.0, steps as f64);
    Chart::new(steps, norm).title(title).size(370, 340)
}

fn picture(learned: &[Learned]) -> Svg {
    let mut panels = Panels::new(2);
    for (when, title) in ["before training", "after training"].into_iter().enumerate() {
        let norms: Vec<(Cell, Vec<(f64, f64)>)> =
            learned.iter().map(|one| (one.cell, back(&one.norms[when]))).collect();
        let steps = norms.first().map_or(1, |(_, points)| points.len());
        let norms = norms.iter().map(|(cell, points)| (*cell, &points[..]));
        panels = panels.add(lines(chart(title, 1e-26, steps), Role::Gradients, norms));
    }
    panels.svg()
}
