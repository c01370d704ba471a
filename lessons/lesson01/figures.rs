//! The pictures of this lesson.

use gradbook::Vector;
use gradbook::perceptron::{Perceptron, radius};
use gradbook::plot::{Axis, Chart, Panels, Role, Svg};

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
    let axis = |name: &str| {
        Axis::new(name, "").range(-0.6, 1.6).ticks([(0.0, "0"), (1.0, "1")])
    };
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

/// A part of the plane of petals.
fn petal_plane(length: (f64, f64), width: (f64, f64)) -> Chart {
    let length = Axis::new("petal length", "cm").range(length.0, length.1);
    Chart::new(length, Axis::new("petal width", "cm").range(width.0, width.1))
}

/// Setosa by its petals: the line before the first mistake and after each.
pub fn line_moving(petals: &Set, states: &[Perceptron<f64>]) -> Vec<(String, Svg)> {
    let frame = |(k, state): (usize, &Perceptron<f64>)| {
        let left = state.count_mistakes(&petals.inputs, &petals.targets);
        let label = match k {
            0 => format!("before the first mistake: {left} flowers wrong"),
            k => format!("after mistake {k}: {left} flowers wrong"),
        };
        let chart = petal_plane((0.0, 7.5), (-0.5, 3.0))
            .class(0, "setosa", points(petals, 1.0))
            .class(2, "versicolor, virginica", points(petals, -1.0));
        (label, with_line(chart, "line", state).svg())
    };
    states.iter().enumerate().map(frame).collect()
}

/// Versicolor and virginica by their petals, and the best line on the way.
pub fn no_line(petals: &Set, best: Option<&Perceptron<f64>>) -> Svg {
    let chart = petal_plane((2.5, 7.2), (0.8, 2.7))
        .class(2, "virginica", points(petals, -1.0))
        .class(0, "versicolor", points(petals, 1.0));
    let chart = match best {
        Some(line) => with_line(chart, "best line", line),
        None => chart,
    };
    let (here, there) = ((3.8, 2.2), (4.76, 1.82));
    let chart = chart.arrow(Role::Neutral, here, there);
    chart.note(2.6, 2.26, "the same petals, two species").svg()
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
    let floor = (0..=60).map(|i| at(f64::from(i) / 60.0)).map(|k| (k, gamma * k));
    let walked = states.iter().enumerate().map(|(k, state)| (k as f64, length(state)));
    Chart::new(Axis::new("mistakes so far", ""), Axis::new("length of (w, b)", ""))
        .line(Role::Neutral, "at most R√k", ceiling.map(|k| (k, longest * k.sqrt())))
        .line(Role::Neutral, "at least γk", floor)
        .path(Role::Weights, "the weights", walked)
        .moment("(R/γ)²", most)
        .svg()
}

/// The weights of XOR, seen along the first weight: the second weight and the bias.
pub fn xor_cycle(states: &[Perceptron<f64>]) -> Svg {
    let place = |state: &Perceptron<f64>| (state.weights[1], state.bias);
    let weight = Axis::new("second weight", "").range(-1.0, 2.0);
    Chart::new(weight, Axis::new("bias", "").range(-1.5, 1.5))
        .path(Role::Weights, "weights and bias", states.iter().map(place))
        .note(-0.62, -0.5, "(0,0): down")
        .note(0.5, -0.62, "(0,1): up")
        .note(1.02, 0.5, "(1,0): up")
        .note(-0.12, 0.62, "(1,1): down")
        .size(520, 440)
        .svg()
}

/// Mistakes over many orders of the same examples, beside the bound.
pub fn orders(made: &[f64], bound: f64) -> Svg {
    let x =
        Axis::new("mistakes until the first clean epoch", "").range(0.0, bound * 1.1);
    Chart::new(x, Axis::new("orders", ""))
        .histogram(Role::Loss, "100 orders", made, (0.5, 24.5), 12)
        .moment("the bound", bound)
        .svg()
}

/// The corners for AND, OR and XOR, with the lines of two of them.
pub fn gates() -> Svg {
    let line = |bias| Perceptron { weights: Vector::from_vec(vec![1.0, 1.0]), bias };
    let panel = |chart: Chart, title: &str| chart.title(title).size(220, 250);
    Panels::new(3)
        .add(panel(with_line(corners(&Set::and()), "", &line(-1.5)), "AND"))
        .add(panel(with_line(corners(&Set::or()), "", &line(-0.5)), "OR"))
        .add(panel(corners(&Set::xor()), "XOR"))
        .svg()
}

/// Networks of which the number of weights was published: year, weights, name. The
/// sources stand in the chapter.
const NETWORKS: [(f64, f64, &str); 6] = [
    (1960.0, 512.0, "Mark I (1960)"),
    (1989.0, 9_760.0, "zip codes (1989)"),
    (1998.0, 6e4, "LeNet-5 (1998)"),
    (2012.0, 6e7, "AlexNet (2012)"),
    (2017.0, 2.13e8, "transformer (2017)"),
    (2020.0, 1.75e11, "GPT-3 (2020)"),
];

/// Weights in one network, by year, with the two winters.
pub fn history() -> Svg {
    let powers = ["100", "10⁴", "10⁶", "10⁸", "10¹⁰", "10¹²"].into_iter().enumerate();
    let powers = powers.map(|(k, label)| (100f64.powi(k as i32 + 1), label));
    let weights = Axis::new("weights", "").log().range(1e2, 1e12).ticks(powers);
    let mut chart = Chart::new(Axis::new("year", "").range(1940.0, 2040.0), weights);
    for (from, to) in [(1974.0, 1980.0), (1987.0, 1993.0)] {
        chart = chart.band(Role::Neutral, [(from, 1e2, 1e12), (to, 1e2, 1e12)]);
        chart = chart.note(from, 2e11, "winter");
    }
    let dots = NETWORKS.map(|(year, weights, _)| (year, weights));
    chart = chart.dots(Role::Weights, "", dots);
    for (year, weights, name) in NETWORKS {
        chart = chart.note(year, weights, name);
    }
    chart.svg()
}
