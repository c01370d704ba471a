//! The worked example: one unit, three steps, small enough for paper.

use gradbook::plot::{Graph, Node, Role, Svg};
use lessons::{Result, Run};

/// The inputs of the three steps.
const INPUTS: [f64; 3] = [1.0, 0.0, 1.0];

/// The input weight, the state weight, and what the last state should be.
const WEIGHTS: [f64; 2] = [1.0, 2.0];
const TARGET: f64 = 4.0;

// ANCHOR: forward
/// The states of one unit without tanh, from a state of 0.
fn states([w, u]: [f64; 2], inputs: &[f64]) -> Vec<f64> {
    let mut states = vec![];
    let mut state = 0.0;
    for x in inputs {
        state = w * x + u * state;
        states.push(state);
    }
    states
}
// ANCHOR_END: forward

/// The square of what the last state is off by.
fn loss(weights: [f64; 2]) -> f64 {
    let last = states(weights, &INPUTS)[INPUTS.len() - 1];
    (last - TARGET).powi(2)
}

// ANCHOR: backward
/// The slopes of the states, and those of the two weights.
fn slopes([_, u]: [f64; 2], inputs: &[f64], states: &[f64]) -> (Vec<f64>, [f64; 2]) {
    let last = states.len() - 1;
    let mut at_states = vec![0.0; states.len()];
    let (mut at_w, mut at_u) = (0.0, 0.0);
    let mut slope = 2.0 * (states[last] - TARGET);
    for t in (0..=last).rev() {
        let before = if t == 0 { 0.0 } else { states[t - 1] };
        at_states[t] = slope;
        at_w += slope * inputs[t]; // one weight, used at every step: roads add
        at_u += slope * before;
        slope *= u; // back to the state before
    }
    (at_states, [at_w, at_u])
}
// ANCHOR_END: backward

/// The table, the weights moved a little, and the graph that fills up.
pub fn show(run: &mut Run) -> Result {
    run.heading("One unit, three steps, for paper");
    let states = states(WEIGHTS, &INPUTS);
    let (at_states, [at_w, at_u]) = slopes(WEIGHTS, &INPUTS, &states);
    let row = |t: usize| {
        let numbers = [INPUTS[t], states[t], at_states[t]].map(|x| x.to_string());
        [&[(t + 1).to_string()], &numbers[..]].concat()
    };
    let rows: Vec<_> = (0..INPUTS.len()).map(row).collect();
    run.table(&["step", "input", "state", "slope of L"], &rows);
    let [w, u] = WEIGHTS;
    let (by_w, by_u) = (loss([w + 0.01, u]), loss([w, u + 0.01]));
    run.value("paper_moved_w", by_w);
    run.value("paper_moved_u", by_u);
    run.say(&format!(
        "L = {}. Slope of w: {at_w}; with w + 0.01, L = {by_w:.4}. Slope of u: {at_u}; \
         with u + 0.01, L = {by_u:.4}.",
        loss(WEIGHTS)
    ));
    run.frames("unrolled", "One layer, drawn once for each step.", &frames())
}

/// The graph being filled in.
fn frames() -> Vec<(String, Svg)> {
    let labels = [
        "the inputs, the state before them, the state weight u",
        "forward: h1 = 1 x1 + 2 h0",
        "forward: h2 = 1 x2 + 2 h1, the same weights",
        "forward: h3 = 1 x3 + 2 h2, the same weights",
        "forward: L is the square of h3 - 4",
        "back: h3 gets 2 times h3 - 4",
        "back: h2 gets u times that; u gets 2 times h2",
        "back: h1 gets u times that; u gets 4 times h1 more",
        "back: u gets 8 times h0 more",
    ];
    let numbered = labels.iter().enumerate();
    numbered.map(|(step, label)| (label.to_string(), picture(step))).collect()
}

/// The graph after this many steps.
fn picture(step: usize) -> Svg {
    let states = states(WEIGHTS, &INPUTS);
    let (at, _) = slopes(WEIGHTS, &INPUTS, &states);
    let before = [0.0, states[0], states[1]];
    // what u has gathered when the way back has passed this many steps
    let gathered =
        |back: usize| -> f64 { (3 - back..3).map(|t| at[t] * before[t]).sum() };
    let back = step.saturating_sub(5);
    let mut graph = Graph::new();
    let mut add = |name: &str, place: (f64, f64), role, value, slope: Option<f64>| {
        let mut node = Node::new(name, place.0, place.1).role(role).room();
        if let Some(value) = value {
            node = node.value(value);
        }
        if let Some(slope) = slope {
            node = node.gradient(slope);
        }
        graph = std::mem::take(&mut graph).node(name, node);
    };
    let at_u = (back > 0).then(|| gathered(back));
    add("u", (2.8, 0.0), Role::Weights, Some(WEIGHTS[1]), at_u);
    add("h0", (0.0, 1.0), Role::Activations, Some(0.0), None);
    for t in 0..3 {
        let (x, h) = (format!("x{}", t + 1), format!("h{}", t + 1));
        let column = 1.4 * (t as f64 + 1.0);
        add(&x, (column, 2.0), Role::Data, Some(INPUTS[t]), None);
        let (known, judged) = (step > t, step >= 7 - t);
        let slope = (judged || (t == 2 && step >= 5)).then_some(at[t]);
        let value = known.then_some(states[t]);
        add(&h, (column, 1.0), Role::Activations, value, slope);
    }
    let value = (step > 3).then(|| loss(WEIGHTS));
    add("L", (5.6, 1.0), Role::Loss, value, (step >= 5).then_some(1.0));
    for t in 1..=3 {
        let (x, h, last) = (format!("x{t}"), format!("h{t}"), format!("h{}", t - 1));
        graph = graph.edge(&last, &h, "× 2").edge(&x, &h, "");
        graph = graph.edge("u", &h, "");
    }
    graph.edge("h3", "L", "").svg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slopes_of_the_paper_are_those_of_its_polynomials() {
        // h3 = w (u u + 1), so L = (w (u u + 1) - 4)^2
        let states = states(WEIGHTS, &INPUTS);
        assert_eq!(states, [1.0, 2.0, 5.0]);
        let (at_states, at_weights) = slopes(WEIGHTS, &INPUTS, &states);
        assert_eq!(at_states, [8.0, 4.0, 2.0]);
        assert_eq!(at_weights, [10.0, 8.0]);
    }
}
