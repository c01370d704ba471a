//! What a trained network holds while it reads: the answer it would give at each step,
//! and the unit that keeps the sum.

use gradbook::plot::{Axis, Chart, Panels, Role, Svg};
use gradbook::{Input, Matrix, SequenceNetwork, Sequences, rng};
use lessons::{Result, Run};
use rand::RngExt;

use crate::adding::Learned;
use crate::cells::Cell;
use crate::pictures::role;

/// The sequences that are watched: their first marks stand at these shares of the
/// length, their second at `SECOND`.
const FIRST: [f64; 9] = [0.02, 0.07, 0.12, 0.17, 0.22, 0.27, 0.32, 0.37, 0.42];
const SECOND: f64 = 0.75;

/// What was seen while some sequences were read, step by step.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Each sequence's marked steps, counted from 0.
    pub marks: Vec<[usize; 2]>,
    /// The best guess after each step, a list for each sequence.
    pub best: Vec<Vec<f64>>,
    /// The answer after each step, a list for each sequence.
    pub answers: Vec<Vec<f64>>,
    /// What the unit holds that follows the best guess most closely.
    pub unit: Vec<Vec<f64>>,
    /// The correlation of that unit with it, over all steps.
    pub correlation: f64,
}

/// Values and marks of the watched sequences, features x (steps * batch), and the sum
/// so far after each step.
fn watched(steps: usize) -> (Matrix, Vec<[usize; 2]>) {
    let (batch, mut random) = (FIRST.len(), rng(31));
    let at = |share: f64| (share * steps as f64) as usize;
    let marks: Vec<[usize; 2]> = FIRST.map(|first| [at(first), at(SECOND)]).to_vec();
    let values: Vec<f32> = (0..steps).map(|_| random.random()).collect();
    let mut inputs = Matrix::zeros(2, steps * batch);
    for (t, value) in values.iter().enumerate() {
        for (n, marks) in marks.iter().enumerate() {
            inputs[(0, t * batch + n)] = *value;
            inputs[(1, t * batch + n)] = if marks.contains(&t) { 1.0 } else { 0.0 };
        }
    }
    (inputs, marks)
}

impl Trace {
    // ANCHOR: trace
    /// Reads the sequences one step at a time, carries the state from step to step, and
    /// asks for the answer after each.
    pub fn of(net: &mut SequenceNetwork, steps: usize) -> Result<Self> {
        let (inputs, marks) = watched(steps);
        let batch = marks.len();
        let (one_step, mut state) = (Sequences::equal(1, batch), net.state(batch));
        let (mut answers, mut memory) = (vec![vec![]; batch], vec![]);
        for t in 0..steps {
            let now = inputs.columns(t * batch, batch).into_owned();
            let said = net.infer(Input::Numbers(&now), &one_step, &mut state)?;
            answers.iter_mut().zip(said.iter()).for_each(|(a, &y)| a.push(y.into()));
            memory.push(state.layers[0].clone());
        }
        // ANCHOR_END: trace
        let guesses = guesses(&inputs, batch);
        let (row, correlation) = closest(&memory, &guesses);
        let of = |n: usize| memory.iter().map(|now| now[(row, n)].into()).collect();
        let best = (0..batch).map(|n| guesses.iter().map(|now| now[n]).collect());
        let (best, unit) = (best.collect(), (0..batch).map(of).collect());
        Ok(Self { marks, best, answers, unit, correlation })
    }
}

/// The best guess so far: for each step, one for each sequence. A mark that has not
/// come yet is worth a half, the mean of what it may mark.
fn guesses(inputs: &Matrix, batch: usize) -> Vec<Vec<f64>> {
    let mut guess = vec![1.0; batch];
    let steps = 0..inputs.ncols() / batch;
    let step = |t: usize| {
        for (n, guess) in guess.iter_mut().enumerate() {
            let column = inputs.column(t * batch + n);
            *guess += f64::from((column[0] - 0.5) * column[1]);
        }
        guess.clone()
    };
    steps.map(step).collect()
}

/// The row of the state that follows the guesses most closely, and how closely. In an
/// LSTM the cells are the lower half of the state.
fn closest(memory: &[Matrix], guesses: &[Vec<f64>]) -> (usize, f64) {
    let guesses: Vec<f64> = guesses.iter().flatten().copied().collect();
    let mut best = (0, 0.0_f64);
    for row in 0..memory[0].nrows() {
        let rows = memory.iter().map(|now| now.row(row).into_owned());
        let held: Vec<f64> = rows
            .flat_map(|row| row.iter().map(|&x| f64::from(x)).collect::<Vec<_>>())
            .collect();
        let seen = correlation(&held, &guesses);
        if seen.abs() > best.1.abs() {
            best = (row, seen);
        }
    }
    best
}

/// Pearson's: 1 for a straight line upward, 0 if one says nothing about the other.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |list: &[f64]| list.iter().sum::<f64>() / list.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |p: &[f64], p_mean: f64, q: &[f64], q_mean: f64| -> f64 {
        p.iter().zip(q).map(|(x, y)| (x - p_mean) * (y - q_mean)).sum()
    };
    let spread = (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt();
    if spread > 0.0 { product(a, mean_a, b, mean_b) / spread } else { 0.0 }
}

/// The answers while reading, and the unit of the LSTM that keeps the sum.
pub fn show(run: &mut Run, learned: &[Learned]) -> Result {
    run.heading("Inside, while it reads");
    let mut rows: Vec<[String; 2]> = vec![];
    for one in learned {
        run.value(
            &format!("inside_{}_correlation", one.cell.key()),
            one.trace.correlation.abs(),
        );
        rows.push([
            one.cell.name().into(),
            format!("{:.3}", one.trace.correlation.abs()),
        ]);
    }
    run.say(
        "Before a mark has come it is worth a half. So the best guess is 1 at first, \
         the first number and a half after one mark, the sum after two.",
    );
    run.table(&["cell", "correlation of the closest unit with the best guess"], &rows);
    let frames: Vec<(String, Svg)> = (0..FIRST.len())
        .map(|n| {
            let step = learned[0].trace.marks[n][0] + 1;
            (format!("first mark at step {step}"), picture(learned, n))
        })
        .collect();
    run.frames("inside", "What networks say while they read.", &frames)
}

fn picture(learned: &[Learned], n: usize) -> Svg {
    let trace = &learned[0].trace;
    let steps = trace.answers[n].len() as f64;
    let points = |list: &[f64]| -> Vec<(f64, f64)> {
        list.iter().enumerate().map(|(t, &y)| (t as f64 + 1.0, y)).collect()
    };
    let [first, second] = trace.marks[n].map(|t| t as f64 + 1.0);
    let axis = || Axis::new("step", "").range(0.0, steps);
    let mut answers = Chart::new(
        axis(),
        Axis::new("answer so far", "").range(-0.5, 2.0),
    )
    .line(Role::Data, "best guess", points(&trace.best[n]));
    for one in learned {
        let role = role(one.cell, Role::Activations);
        answers = answers.line(role, one.cell.name(), points(&one.trace.answers[n]));
    }
    let keeper = learned.iter().find(|one| one.cell == Cell::Lstm);
    let mut panels =
        Panels::new(1).add(answers.size(640, 300).title("the answer after each step"));
    if let Some(keeper) = keeper {
        let all = keeper.trace.unit.iter().flatten();
        let (low, high) =
            all.fold((0.0_f64, 0.0_f64), |(l, h), &x| (l.min(x), h.max(x)));
        let cell = Chart::new(axis(), Axis::new("cell", "").range(low, high))
            .line(Role::Activations, "", points(&keeper.trace.unit[n]))
            .moment("first mark", first)
            .moment("second mark", second);
        panels = panels.add(cell.size(640, 240).title("one cell of the LSTM"));
    }
    panels.svg()
}
