//! The worked example: a graph of ten values, small enough for paper.

use gradbook::Matrix;
use gradbook::gradcheck::{Report, check_function};
use gradbook::plot::{Graph, Node, Role, Svg};
use lessons::{Result, Run};

/// What goes into the graph, in this order: x, w1, b1, w2, b2, y.
pub const INPUTS: [f64; 6] = [2.0, 3.0, -2.0, -1.0, 1.0, -1.0];

/// Their names.
pub const NAMES: [&str; 6] = ["x", "w1", "b1", "w2", "b2", "y"];

// ANCHOR: forward
/// What is computed on the way, to be kept for the way back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forward {
    pub z: f64,
    pub a: f64,
    pub p: f64,
    pub loss: f64,
}

/// Forward: each line uses what the lines above it found.
pub fn forward([x, w1, b1, w2, b2, y]: [f64; 6]) -> Forward {
    let z = w1 * x + b1;
    let a = z.max(0.0); // ReLU
    let p = w2 * a + b2;
    let loss = (p - y) * (p - y);
    Forward { z, a, p, loss }
}
// ANCHOR_END: forward

/// The slopes of the loss with respect to everything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slopes {
    pub p: f64,
    pub a: f64,
    pub z: f64,
    pub inputs: [f64; 6],
}

// ANCHOR: backward
/// Backward: the same lines from the last to the first, each turned into slopes.
pub fn backward([x, w1, _, w2, _, y]: [f64; 6], kept: Forward) -> Slopes {
    let Forward { z, a, p, .. } = kept;
    // loss = (p - y)^2
    let grad_p = 2.0 * (p - y);
    let grad_y = -2.0 * (p - y);
    // p = w2 a + b2
    let (grad_w2, grad_a, grad_b2) = (grad_p * a, grad_p * w2, grad_p);
    // a = max(z, 0)
    let grad_z = if z > 0.0 { grad_a } else { 0.0 };
    // z = w1 x + b1
    let (grad_w1, grad_x, grad_b1) = (grad_z * x, grad_z * w1, grad_z);
    let inputs = [grad_x, grad_w1, grad_b1, grad_w2, grad_b2, grad_y];
    Slopes { p: grad_p, a: grad_a, z: grad_z, inputs }
}
// ANCHOR_END: backward

// ANCHOR: check
/// The checker's opinion of these slopes.
pub fn check() -> Report {
    let loss = |inputs: &Matrix<f64>| {
        let mut numbers = INPUTS;
        numbers.copy_from_slice(inputs.as_slice());
        forward(numbers).loss
    };
    let slopes = backward(INPUTS, forward(INPUTS)).inputs;
    let column = |numbers: [f64; 6]| Matrix::from_column_slice(6, 1, &numbers);
    check_function(loss, &column(INPUTS), &column(slopes))
}
// ANCHOR_END: check

/// The graph for paper: values, slopes, and the slopes again by moving each input.
pub fn show(run: &mut Run) -> Result {
    run.heading("A graph for paper");
    let kept = forward(INPUTS);
    let slopes = backward(INPUTS, kept).inputs;
    run.value("paper_loss", kept.loss);
    let mut rows = vec![];
    for (index, name) in NAMES.iter().enumerate() {
        let moved = nudged(index, 0.01);
        run.value(&format!("paper_moved_{name}"), moved);
        let numbers = [INPUTS[index], slopes[index]].map(|x| x.to_string());
        rows.push(
            [&[name.to_string()], &numbers[..], &[format!("{moved:.4}")]].concat(),
        );
    }
    run.say(&format!(
        "z = {}, a = {}, p = {}, L = {}",
        kept.z, kept.a, kept.p, kept.loss
    ));
    run.table(&["", "value", "slope of L", "L after adding 0.01"], &rows);
    run.say(&format!("The checker: {}.", check().verdict));
    run.frames("graph", "Values go forward, slopes come back.", &frames())
}

/// The loss after one input has been moved a little.
pub fn nudged(index: usize, by: f64) -> f64 {
    let mut inputs = INPUTS;
    inputs[index] += by;
    forward(inputs).loss
}

/// The graph being filled in: forward value by value, then back slope by slope.
pub fn frames() -> Vec<(String, Svg)> {
    let labels = [
        "the numbers that go in",
        "forward: z = w1 x + b1",
        "forward: a = max(z, 0)",
        "forward: p = w2 a + b2",
        "forward: L = (p - y)(p - y)",
        "back: dL/dL is 1",
        "back: L passes 2 (p - y) on to p",
        "back: p passes on to w2, a and b2",
        "back: a passes on to z, since z > 0",
        "back: z passes on to w1, x and b1",
    ];
    let numbered = labels.iter().enumerate();
    numbered.map(|(step, label)| (label.to_string(), picture(step))).collect()
}

/// The graph after this many steps. On an arrow, once it is used on the way back,
/// stands its local slope.
fn picture(steps: usize) -> Svg {
    let [x, w1, b1, w2, b2, y] = INPUTS;
    let kept = forward(INPUTS);
    let slopes = backward(INPUTS, kept);
    let [gx, gw1, gb1, gw2, gb2, gy] = slopes.inputs;
    let (data, weight, unit) = (Role::Data, Role::Weights, Role::Activations);
    // place, color, name, value and the step it appears at, slope and the same
    let boxes = [
        ((0.0, 1.0), data, "x", (x, 0), (gx, 9)),
        ((0.0, 0.0), weight, "w1", (w1, 0), (gw1, 9)),
        ((0.0, 2.0), weight, "b1", (b1, 0), (gb1, 9)),
        ((1.0, 1.0), unit, "z", (kept.z, 1), (slopes.z, 8)),
        ((2.0, 1.0), unit, "a", (kept.a, 2), (slopes.a, 7)),
        ((2.0, 0.0), weight, "w2", (w2, 0), (gw2, 7)),
        ((2.0, 2.0), weight, "b2", (b2, 0), (gb2, 7)),
        ((3.0, 1.0), unit, "p", (kept.p, 3), (slopes.p, 6)),
        ((3.0, 2.0), data, "y", (y, 0), (gy, 6)),
        ((4.0, 1.0), Role::Loss, "L", (kept.loss, 4), (1.0, 5)),
    ];
    let mut graph = Graph::new();
    for ((column, row), role, name, (value, known), (slope, back)) in boxes {
        let mut node = Node::new(name, column, row).role(role).room();
        if known <= steps {
            node = node.value(value);
        }
        if back <= steps {
            node = node.gradient(slope);
        }
        graph = graph.node(name, node);
    }
    let arrows = [
        ("x", "z", w1, 9),
        ("w1", "z", x, 9),
        ("b1", "z", 1.0, 9),
        ("z", "a", 1.0, 8),
        ("a", "p", w2, 7),
        ("w2", "p", kept.a, 7),
        ("b2", "p", 1.0, 7),
        ("p", "L", slopes.p, 6),
        ("y", "L", gy, 6),
    ];
    for (from, to, local, back) in arrows {
        let note = if back <= steps { local.to_string() } else { String::new() };
        graph = graph.edge(from, to, &note.replace('-', "\u{2212}"));
    }
    graph.svg()
}
