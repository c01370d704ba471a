//! The worked example: an LSTM with one unit and three steps, small enough for paper.

use gradbook::Matrix;
use gradbook::gradcheck::{Report, check_function};
use gradbook::plot::{Graph, Node, Role, Svg};
use lessons::{Result, Run};

/// What comes in: a number, and whether it is marked.
pub const STEPS: [(f64, bool); 3] =
    [(std::f64::consts::LN_2, true), (LN_3, false), (std::f64::consts::LN_2, true)];

const LN_3: f64 = 1.098_612_288_668_109_8;

/// The weights: the input gate looks at the mark, the candidate at the number. The
/// forget gate and the output gate have only a bias.
const LN_9: f64 = 2.0 * LN_3;

/// What one step computes.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The input gate.
    pub i: f64,
    /// The forget gate.
    pub f: f64,
    /// The candidate.
    pub g: f64,
    /// The output gate.
    pub o: f64,
    /// The cell before.
    pub old: f64,
    /// The cell after.
    pub cell: f64,
    /// What the others see.
    pub hidden: f64,
}

fn sigma(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

// ANCHOR: forward
/// One step: open the gates, keep, write, read.
pub fn step(number: f64, marked: bool, forget_bias: f64, old: f64) -> Step {
    let i = sigma(if marked { LN_9 } else { -LN_9 });
    let f = sigma(forget_bias);
    let g = number.tanh();
    let o = sigma(0.0);
    let cell = f * old + i * g;
    Step { i, f, g, o, old, cell, hidden: o * cell.tanh() }
}
// ANCHOR_END: forward

/// All three steps.
pub fn forward(numbers: [f64; 3], forget_bias: f64) -> Vec<Step> {
    let mut old = 0.0;
    let inputs = numbers.iter().zip(STEPS);
    let steps = inputs.map(|(&number, (_, marked))| {
        let step = step(number, marked, forget_bias, old);
        old = step.cell;
        step
    });
    steps.collect()
}

/// The slopes of the last cell.
#[derive(Clone, Debug)]
pub struct Slopes {
    /// By the cell after each step.
    pub cells: [f64; 3],
    /// By the number of each step.
    pub numbers: [f64; 3],
    /// By the forget gate's bias.
    pub forget_bias: f64,
}

// ANCHOR: backward
/// Back through the steps: the cell's slope is handed on, times the forget gate.
pub fn backward(steps: &[Step]) -> Slopes {
    let mut slopes = Slopes { cells: [0.0; 3], numbers: [0.0; 3], forget_bias: 0.0 };
    let mut grad_cell = 1.0;
    for (t, step) in steps.iter().enumerate().rev() {
        slopes.cells[t] = grad_cell;
        slopes.numbers[t] = grad_cell * step.i * (1.0 - step.g * step.g);
        slopes.forget_bias += grad_cell * step.old * step.f * (1.0 - step.f);
        grad_cell *= step.f;
    }
    slopes
}
// ANCHOR_END: backward

/// The numbers that go in.
pub fn numbers() -> [f64; 3] {
    STEPS.map(|(number, _)| number)
}

/// The checker's opinion of the slopes.
pub fn check() -> Report {
    let last = |inputs: &Matrix<f64>| {
        let steps = forward([inputs[0], inputs[1], inputs[2]], inputs[3]);
        steps.last().map_or(0.0, |step| step.cell)
    };
    let slopes = backward(&forward(numbers(), LN_9));
    let [a, b, c] = numbers();
    let column = |numbers: [f64; 4]| Matrix::from_column_slice(4, 1, &numbers);
    let [x, y, z] = slopes.numbers;
    check_function(
        last,
        &column([a, b, c, LN_9]),
        &column([x, y, z, slopes.forget_bias]),
    )
}

/// The three steps as a table, the slopes, and the checker's verdict.
pub fn show(run: &mut Run) -> Result {
    run.heading("A cell for paper");
    let steps = forward(numbers(), LN_9);
    let slopes = backward(&steps);
    let mut rows = vec![];
    for (t, step) in steps.iter().enumerate() {
        run.value(&format!("paper_cell_{}", t + 1), step.cell);
        let cells = [step.i, step.f, step.g, step.cell, step.hidden];
        let words = [(t + 1).to_string(), if STEPS[t].1 { "yes" } else { "no" }.into()];
        let cells = cells.map(|x| format!("{x:.4}"));
        let slopes = [slopes.cells[t], slopes.numbers[t]].map(|x| format!("{x:.4}"));
        rows.push([&words[..], &cells[..], &slopes[..]].concat());
    }
    let columns =
        ["step", "marked", "i", "f", "g", "cell", "hidden", "slope cell", "slope x"];
    run.table(&columns, &rows);
    run.value("paper_slope_bias", slopes.forget_bias);
    run.say(&format!(
        "Slope of the last cell by the forget gate's bias: {:.5}. The checker: {}.",
        slopes.forget_bias,
        check().verdict
    ));
    run.frames("gates", "One unit, three steps forward and three back.", &frames())
}

/// The unit at each step, forward with values, and back with slopes.
pub fn frames() -> Vec<(String, Svg)> {
    let steps = forward(numbers(), LN_9);
    let slopes = backward(&steps);
    let mut frames = vec![];
    for (t, step) in steps.iter().enumerate() {
        let words = ["marked", "not marked"][usize::from(!STEPS[t].1)];
        let label = format!("step {}, {words}: forward", t + 1);
        frames.push((label, picture(numbers()[t], step, None)));
    }
    for (t, step) in steps.iter().enumerate().rev() {
        let label = format!("step {}: back", t + 1);
        frames.push((label, picture(numbers()[t], step, Some(slopes.cells[t]))));
    }
    frames
}

/// One step. With `grad`, the slope of the last cell by the new one, the slopes stand
/// below the values.
fn picture(number: f64, step: &Step, grad: Option<f64>) -> Svg {
    let &Step { i, f, g, o, old, cell, hidden } = step;
    let c = grad.unwrap_or(0.0);
    let (gate, unit) = (Role::Weights, Role::Activations);
    let through_g = c * i * (1.0 - g * g);
    let boxes = [
        ("x", "number x", (0.0, 0.9), Role::Data, number, through_g),
        ("old", "old cell", (0.0, 2.7), unit, old, c * f),
        ("i", "input gate i", (1.0, 0.0), gate, i, c * g),
        ("g", "candidate g", (1.0, 0.9), unit, g, c * i),
        ("f", "forget gate f", (1.0, 1.8), gate, f, c * old),
        ("o", "output gate o", (2.0, 3.2), gate, o, 0.0),
        ("write", "write i × g", (2.0, 0.45), unit, i * g, c),
        ("keep", "keep f × old", (2.0, 2.1), unit, f * old, c),
        ("new", "new cell", (3.0, 1.25), unit, cell, c),
        ("h", "hidden", (3.0, 2.7), unit, hidden, 0.0),
    ];
    let mut graph = Graph::new();
    for (id, label, (column, row), role, value, slope) in boxes {
        let mut node = Node::new(label, column, row).role(role).room().value(value);
        if grad.is_some() && !["o", "h"].contains(&id) {
            node = node.gradient(slope);
        }
        graph = graph.node(id, node);
    }
    let arrows = [
        ("x", "g", "tanh"),
        ("i", "write", ""),
        ("g", "write", ""),
        ("f", "keep", ""),
        ("old", "keep", ""),
        ("write", "new", "+"),
        ("keep", "new", "+"),
        ("new", "h", "tanh"),
        ("o", "h", "×"),
    ];
    for (from, to, note) in arrows {
        graph = graph.edge(from, to, note);
    }
    graph.svg()
}
