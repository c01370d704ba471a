//! The pictures of this lesson.

use gradbook::data::Dataset;
use gradbook::plot::{Axis, Chart, Grid, Role, Svg, steps};
use gradbook::train::{answers, predict};
use gradbook::{Matrix, Sequential};
use lessons::Result;

use crate::cost::Cost;
use crate::spiral::ARMS;

/// Error against step, for two kinds of difference in two precisions.
pub fn v_curve(narrow: [&[(f64, f64)]; 2], wide: [&[(f64, f64)]; 2]) -> Svg {
    let step = Axis::new("step", "").log().range(1e-15, 1.0);
    let error = Axis::new("relative error of the slope", "").log().range(1e-12, 10.0);
    Chart::new(step, error)
        .line(Role::Loss, "f32, both sides", narrow[0])
        .line(Role::Loss, "f32, one side", narrow[1])
        .line(Role::Gradients, "f64, both sides", wide[0])
        .line(Role::Gradients, "f64, one side", wide[1])
        .note(1e-12, 1e-7, "rounding")
        .note(3e-4, 1e-10, "the function bends")
        .svg()
}

/// Multiplications against the number of weights.
pub fn cost(costs: &[Cost]) -> Svg {
    let points = |count: fn(&Cost) -> u64| -> Vec<(f64, f64)> {
        costs.iter().map(|cost| (cost.weights as f64, count(cost) as f64)).collect()
    };
    Chart::new(Axis::new("weights", "").log(), Axis::new("multiplications", "").log())
        .line(Role::Loss, "differences, weight by weight", points(|c| c.differences))
        .line(Role::Gradients, "one backward pass", points(|c| c.backward))
        .line(Role::Activations, "one forward pass", points(|c| c.forward))
        .svg()
}

/// The loss of three trainings, epoch by epoch.
pub fn losses(histories: [(&str, &[f64]); 3]) -> Svg {
    let loss = Axis::new("mean training loss", "nats").log();
    let mut chart = Chart::new(Axis::new("epoch", ""), loss);
    for (name, history) in histories {
        chart = chart.line(Role::Loss, name, steps(history));
    }
    chart.level("guessing", (ARMS as f64).ln()).svg()
}

/// What the network says everywhere, and some held-out points.
pub fn regions(network: &mut Sequential<f64>, points: &Dataset<f64>) -> Result<Svg> {
    let grid = Grid::new((-1.1, 1.1), (-1.1, 1.1), 48);
    let places: Vec<f64> =
        grid.points().into_iter().flat_map(|(x, y)| [x, y]).collect();
    let inputs = Matrix::from_vec(2, places.len() / 2, places);
    let outputs = predict(network, &inputs)?;
    let classes: Vec<usize> =
        answers(&outputs).into_iter().map(Option::unwrap_or_default).collect();
    let axis = |name: &str| Axis::new(name, "").range(-1.1, 1.1);
    let mut chart = Chart::new(axis("x1"), axis("x2"))
        .size(460, 460)
        .same_scale()
        .regions(&grid, &classes);
    for class in 0..ARMS {
        let of_class =
            (0..points.len().min(240)).filter(|&n| points.labels[n] == class);
        let place = |n: usize| (points.inputs[(0, n)], points.inputs[(1, n)]);
        let places: Vec<(f64, f64)> = of_class.map(place).collect();
        chart = chart.class(class, &format!("arm {}", class + 1), &places);
    }
    Ok(chart.svg())
}
