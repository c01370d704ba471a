//! The pictures of this lesson.

use gradbook::activation::Activation;
use gradbook::data::Dataset;
use gradbook::plot::{Axis, Chart, Grid, Role, Svg, steps};
use gradbook::train::{answers, predict};
use gradbook::{Matrix, Sequential};
use lessons::Result;

use crate::hands::{Hands, Line, Matrix as Wide};
use crate::search::Way;
use crate::signal::{Bend, Kind};

/// The corners of XOR as they come, and as the hidden layer shows them to the output.
pub fn xor(corners: &Wide, hidden: &Wide, output: &Wide) -> Vec<(String, Svg)> {
    let chart = |label: &str, points: &Wide, names: [&str; 2]| {
        let place = |n: usize| (points[(0, n)], points[(1, n)]);
        let group = |on: bool| {
            let members = (0..4).filter(|&n| (output[n] > 0.5) == on);
            members.map(place).collect::<Vec<_>>()
        };
        let axis = |name: &str| Axis::new(name, "").range(-0.5, 2.5);
        let chart = Chart::new(axis(names[0]), axis(names[1]))
            .size(440, 420)
            .class(0, "XOR is 1", group(true))
            .class(2, "XOR is 0", group(false));
        (label.to_string(), chart)
    };
    let (before, plane) = chart("the four inputs", corners, ["x1", "x2"]);
    let (after, folded) =
        chart("the same four in the hidden layer", hidden, ["unit 1", "unit 2"]);
    // output 1/2, in the hidden units' own plane: h1 - 2 h2 = 1/2
    let folded = folded.boundary(Role::Weights, "output 1/2", [1.0, -2.0], -0.5);
    vec![(before, plane.svg()), (after, folded.svg())]
}

/// A curve and the broken line that a hidden layer draws.
pub fn curve(
    units: usize,
    curve: impl Fn(f64) -> f64,
    line: &Line,
    corners: &[f64],
    worst: f64,
) -> (String, Svg) {
    let fine = || (0..=200).map(|k| k as f64 / 200.0);
    let chart = Chart::new(
        Axis::new("t", "").range(0.0, 1.0),
        Axis::new("height", "").range(-1.0, 1.2),
    )
    .line(Role::Data, "the curve", fine().map(|t| (t, curve(t))))
    .line(
        Role::Activations,
        "the network",
        corners.iter().map(|&t| (t, Hands::height(line, t))),
    )
    .dots(Role::Weights, "corners", corners.iter().map(|&t| (t, curve(t))));
    let plural = if units == 1 { "unit" } else { "units" };
    (format!("{units} hidden {plural}: largest error {worst:.4}"), chart.svg())
}

/// The six activations of the lesson, from -4 to 4.
pub fn activations() -> Svg {
    let roles =
        [Role::Loss, Role::Activations, Role::Weights, Role::Neutral, Role::Data];
    let mut chart = Chart::new(
        Axis::new("z", "").range(-4.0, 4.0),
        Axis::new("activation", "").range(-1.2, 2.5),
    );
    let bent = Activation::ALL.into_iter().skip(1);
    for (k, activation) in bent.enumerate() {
        let role = *roles.get(k).unwrap_or(&Role::Gradients);
        let z = (-80..=80).map(|k| f64::from(k) / 20.0);
        let inside = z.map(|z| (z, activation.value(z))).filter(|(_, a)| *a <= 2.5);
        chart = chart.line(role, activation.name(), inside);
    }
    chart.svg()
}

/// The spread of the signal after each of thirty layers.
pub fn thirty(lines: &[(Kind, Vec<f64>)]) -> Svg {
    let mut chart = Chart::new(
        Axis::new("layer", "").range(1.0, 30.0),
        Axis::new("standard deviation of the output", "").log(),
    );
    for (kind, spreads) in lines {
        let role = match kind.bend {
            Bend::Tanh => Role::Activations,
            Bend::Relu => Role::Weights,
        };
        chart = chart.line(role, kind.name, steps(spreads));
    }
    chart.level("as it came in", 1.0).svg()
}

/// The accuracy of each way against how many points it sent through the network.
pub fn search(ways: &[Way; 3]) -> Svg {
    let line = |way: &Way| {
        let cost = way.passes as f64 / way.history.len() as f64;
        let (mut points, mut next) = (vec![], 1.0);
        for (k, &accuracy) in way.history.iter().enumerate() {
            // evenly spread on the logarithmic axis
            if (k + 1) as f64 >= next || k + 1 == way.history.len() {
                points.push(((k + 1) as f64 * cost, 100.0 * accuracy));
                next = (next * 1.05).max(next + 1.0);
            }
        }
        points
    };
    let [drawn, changes, slopes] = ways;
    Chart::new(
        Axis::new("points sent through the network", "").log(),
        Axis::new("points right, training part", "%").range(0.0, 100.0),
    )
    .line(Role::Weights, drawn.name, line(drawn))
    .line(Role::Data, changes.name, line(changes))
    .line(Role::Gradients, slopes.name, line(slopes))
    .level("guessing", 100.0 / 3.0)
    .svg()
}

/// The points after each stage: as they are, then what each tanh puts out, seen from
/// where it spreads widest.
pub fn stages(outputs: &[Matrix<f32>], data: &Dataset<f32>) -> Vec<(String, Svg)> {
    let mut frames = vec![stage("the points themselves", &data.inputs, data)];
    for (layer, label) in [
        (1, "after layer 1: 16 units, seen along their two widest directions"),
        (3, "after layer 2: 16 units, seen along their two widest directions"),
        (5, "after layer 3: 2 units, nothing left out"),
    ] {
        let Some(output) = outputs.get(layer) else { break };
        frames.push(stage(label, &widest_plane(output), data));
    }
    frames
}

fn stage(label: &str, points: &Matrix<f32>, data: &Dataset<f32>) -> (String, Svg) {
    let reach = f64::from(points.amax()) * 1.1;
    let axis = |name: &str| Axis::new(name, "").range(-1.0, 1.0);
    let mut chart = Chart::new(axis("first"), axis("second")).size(460, 440);
    for (class, name) in data.class_names.iter().enumerate() {
        let members = (0..data.len()).filter(|&n| data.labels[n] == class);
        let place = |n: usize| {
            let scaled = |row| f64::from(points[(row, n)]) / reach;
            (scaled(0), scaled(1))
        };
        chart = chart.class(class, name, members.map(place).collect::<Vec<_>>());
    }
    (label.to_string(), chart.svg())
}

/// Rows of more than two features turned into two: their principal components.
fn widest_plane(output: &Matrix<f32>) -> Matrix<f32> {
    if output.nrows() <= 2 {
        return output.clone();
    }
    let mean = output.column_mean();
    let mut centered = output.clone();
    centered.column_iter_mut().for_each(|mut column| column -= &mean);
    let eigen = (&centered * centered.transpose()).symmetric_eigen();
    let mut order: Vec<usize> = (0..output.nrows()).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let directions = Matrix::from_columns(&[
        eigen.eigenvectors.column(order[0]),
        eigen.eigenvectors.column(order[1]),
    ]);
    directions.transpose() * centered
}

/// Which class the network assigns to each place.
pub fn regions(network: &mut Sequential<f32>, data: &Dataset<f32>) -> Result<Svg> {
    let grid = Grid::new((-1.2, 1.2), (-1.2, 1.2), 50);
    let places = grid.points();
    let batch = Matrix::from_fn(2, places.len(), |row, n| {
        if row == 0 { places[n].0 as f32 } else { places[n].1 as f32 }
    });
    let answers = answers(&predict(network, &batch)?);
    let classes: Vec<usize> =
        answers.into_iter().map(Option::unwrap_or_default).collect();
    let axis = |name: &str| Axis::new(name, "").range(-1.2, 1.2);
    let mut chart =
        Chart::new(axis("x1"), axis("x2")).size(480, 460).regions(&grid, &classes);
    for (class, name) in data.class_names.iter().enumerate() {
        let members = (0..data.len()).filter(|&n| data.labels[n] == class);
        let place = |n: usize| (data.inputs[(0, n)].into(), data.inputs[(1, n)].into());
        chart = chart.class(class, name, members.map(place).collect::<Vec<_>>());
    }
    Ok(chart.svg())
}
