//! The pictures of this lesson.

use gradbook::perceptron::{Perceptron, radius};
use gradbook::plot::{Axis, Chart, Role, Svg};

use crate::sets::Set;

/// The examples of a set that have this target, as points of the plane.
fn points(set: &Set, target: f64) -> Vec<(f64, f64)> {
    let examples = set.inputs.column_iter().zip(&set.targets);
    examples.filter(|(_, y)| **y == target).map(|(x, _)| (x[0], x[1])).collect()
}

/// The line of a neuron with two weights; none while both are zero.
fn with_line(chart: Chart, name: &str, line: &Perceptron<f64>) -> Chart {
    let (w, b) = ([line.weights[0], line.weights[1]], line.bias);
    if w == [0.0, 0.0] { chart } else { chart.boundary(Role::Weights, name, w, b) }
}

fn corners(set: &Set) -> Chart {
    let axis = |name: &str| Axis::new(name, "").range(-0.6, 1.6);
    Chart::new(axis("x1"), axis("x2"))
        .class(0, "fire", points(set, 1.0))
        .class(2, "stay silent", points(set, -1.0))
        .same_scale()
}

/// OR: the line before the first mistake and after each.
pub fn or_steps(or: &Set, states: &[Perceptron<f64>]) -> Vec<(String, Svg)> {
    let frame = |(k, state): (usize, &Perceptron<f64>)| {
        let (w, b) = (&state.weights, state.bias);
        let label = match k {
            0 => "before the first mistake".to_string(),
            k => format!("after mistake {k}: weights ({}, {}), bias {b}", w[0], w[1]),
        };
        (label, with_line(corners(or).size(420, 400), "line", state).svg())
    };
    states.iter().enumerate().map(frame).collect()
}

/// Setosa by its petals: the line after each mistake.
pub fn line_moving(petals: &Set, states: &[Perceptron<f64>]) -> Vec<(String, Svg)> {
    let frame = |(k, state): (usize, &Perceptron<f64>)| {
        let chart = Chart::new(
            Axis::new("petal length", "cm").range(0.0, 7.5),
            Axis::new("petal width", "cm").range(-0.5, 3.0),
        );
        let chart = chart.class(0, "setosa", points(petals, 1.0)).class(
            2,
            "the other two",
            points(petals, -1.0),
        );
        let left = state.count_mistakes(&petals.inputs, &petals.targets);
        let label = match k {
            0 => format!("before the first mistake: {left} flowers wrong"),
            k => format!("after mistake {k}: {left} flowers wrong"),
        };
        (label, with_line(chart, "line", state).svg())
    };
    states.iter().enumerate().map(frame).collect()
}

/// Mistakes in each of the first epochs, as a share of the examples.
pub fn mistakes(histories: &[(&Set, Vec<usize>)]) -> Svg {
    let x = Axis::new("epoch", "").range(0.0, 30.0);
    let y = Axis::new("mistakes", "% of the examples").range(0.0, 105.0);
    let mut chart = Chart::new(x, y);
    for (set, mistakes) in histories {
        let share = 100.0 / set.targets.len() as f64;
        let points = mistakes.iter().take(30).enumerate();
        let points = points.map(|(k, &m)| ((k + 1) as f64, m as f64 * share));
        chart = chart.line(Role::Loss, set.name, points.collect::<Vec<_>>());
    }
    chart.svg()
}

/// Novikoff's two bounds and the length of the weights between them.
pub fn squeeze(set: &Set, states: &[Perceptron<f64>], line: &Perceptron<f64>) -> Svg {
    let length = |neuron: &Perceptron<f64>| {
        (neuron.weights.norm_squared() + neuron.bias * neuron.bias).sqrt()
    };
    let (longest, gamma) =
        (radius(&set.inputs), line.margin(&set.inputs, &set.targets));
    let most = (longest / gamma).powi(2);
    let at = |share: f64| 1.2 * most * share;
    let ceiling = (0..=60).map(|i| at((f64::from(i) / 60.0).powi(2)));
    let floor = [0.0, at(1.0)].map(|k| (k, gamma * k));
    let walked = states.iter().enumerate().map(|(k, state)| (k as f64, length(state)));
    Chart::new(Axis::new("mistakes so far", ""), Axis::new("length of (w, b)", ""))
        .line(
            Role::Neutral,
            "at most R sqrt(k)",
            ceiling.map(|k| (k, longest * k.sqrt())),
        )
        .line(Role::Neutral, "at least gamma k", floor)
        .path(Role::Weights, "the weights", walked)
        .moment("(R / gamma)^2", most)
        .svg()
}

/// The weights of XOR, seen along the first weight: the second weight and the bias.
pub fn xor_cycle(states: &[Perceptron<f64>]) -> Svg {
    let place = |state: &Perceptron<f64>| (state.weights[1], state.bias);
    let range = |name: &str| Axis::new(name, "").range(-1.6, 1.6);
    let chart = Chart::new(range("second weight"), range("bias"));
    chart.path(Role::Weights, "XOR", states.iter().map(place)).size(460, 420).svg()
}

/// Mistakes over many orders of the same examples, beside the bound.
pub fn orders(made: &[f64], bound: f64) -> Svg {
    let x =
        Axis::new("mistakes until the first clean epoch", "").range(0.0, bound * 1.1);
    Chart::new(x, Axis::new("orders", ""))
        .histogram(Role::Loss, "100 orders", made, (-0.5, 20.5), 21)
        .moment("Novikoff's bound", bound)
        .svg()
}

/// The corners for AND, OR and XOR, with the lines of two of them.
pub fn gates() -> Svg {
    let line = |w: [f64; 2], bias| {
        let weights = gradbook::Vector::from_row_slice(&w);
        Perceptron { weights, bias }
    };
    with_line(corners(&Set::and()), "line", &line([1.0, 1.0], -1.5)).svg()
}
