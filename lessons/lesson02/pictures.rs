//! The pictures of lesson 02.

use gradbook::Matrix;
use gradbook::activation::sigmoid;
use gradbook::data::Standardizer;
use gradbook::linear::{LinearModel, curvatures};
use gradbook::loss::{BinaryCrossEntropy, Hinge, Huber, Loss, Mae, Mse};
use gradbook::plot::{Axis, Chart, Grid, Panels, Role, Svg};
use lessons::Result;

use crate::flowers::Trained;
use crate::hands::Points;

type Line = LinearModel<f64>;

fn petal_axes() -> (Axis, Axis) {
    (Axis::new("petal length", "cm"), Axis::new("petal width", "cm"))
}

/// A line from one length to another.
fn drawn(line: &Line, from: f64, to: f64) -> Vec<(f64, f64)> {
    let at = |x: f64| (x, line.weights[0] * x + line.bias);
    (0..=60).map(|i| at(from + (to - from) * f64::from(i) / 60.0)).collect()
}

fn dots(points: &Points) -> Vec<(f64, f64)> {
    points.x.iter().copied().zip(points.y.iter().copied()).collect()
}

/// The flowers, the line that the walk found, and two that it passed on the way.
pub fn line(petals: &Points, way: &[Line]) -> Svg {
    let (x, y) = petal_axes();
    let last = &way[way.len() - 1];
    Chart::new(x.range(0.0, 7.5), y.range(0.0, 3.0))
        .dots(Role::Data, "150 irises", dots(petals))
        .line(Role::Weights, "last line", drawn(last, 0.9, 7.2))
        .line(Role::Weights, "after 1 step", drawn(&way[1], 0.0, 5.0))
        .line(Role::Weights, "after 10 steps", drawn(&way[10], 0.0, 7.2))
        .svg()
}

/// The walk on all examples, cut off where it leaves the range of numbers.
fn walk(points: &Points, rate: f64, steps: usize) -> Vec<Line> {
    let mut way = vec![LinearModel::zeros(1)];
    for _ in 0..steps {
        let mut line = way[way.len() - 1].clone();
        match line.slope(&Mse, &points.x, &points.y) {
            Ok(slope) if slope.loss < 1e6 => line.step(&slope, rate),
            _ => break,
        }
        way.push(line);
    }
    way
}

fn standardized(petals: &Points) -> Result<Points> {
    let x = Standardizer::fit(&petals.x)?.transform(&petals.x)?;
    Ok(Points { x, y: petals.y.clone() })
}

/// Loss after 100 steps against the learning rate.
pub fn rates(petals: &Points) -> Result<Svg> {
    let mut chart = Chart::new(
        Axis::new("learning rate", "").log().range(1e-4, 3.0),
        Axis::new("loss after 100 steps", "cm\u{b2}").log().range(0.03, 10.0),
    );
    for (name, points) in
        [("raw", petals.clone()), ("standardized", standardized(petals)?)]
    {
        let mut curve = Vec::new();
        for i in 0..=120 {
            let rate = 1e-4 * 3e4_f64.powf(f64::from(i) / 120.0);
            let way = walk(&points, rate, 100);
            let loss = way[way.len() - 1].loss(&Mse, &points.x, &points.y)?;
            curve.push((rate, loss.min(10.0)));
            if loss > 10.0 {
                break;
            }
        }
        chart = chart.line(Role::Loss, name, curve);
        let bends = curvatures(&points.x)?;
        chart = chart.moment(&format!("limit, {name}"), 2.0 / bends[1]);
    }
    Ok(chart.svg())
}

/// Contours of the loss over weight and bias, around the lowest place.
fn bowl(points: &Points, w: (f64, f64), b: (f64, f64)) -> Result<Chart> {
    let grid = Grid::new(w, b, 90);
    let loss: Result<Vec<f64>> = grid
        .map(|w, b| {
            let line = LinearModel { weights: Matrix::from_element(1, 1, w), bias: b };
            Ok(line.loss(&Mse, &points.x, &points.y)?)
        })
        .into_iter()
        .collect();
    let levels = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4];
    let (w, b) = (
        Axis::new("weight", "").range(w.0, w.1),
        Axis::new("bias", "cm").range(b.0, b.1),
    );
    Ok(Chart::new(w, b).contours(&grid, &loss?, &levels))
}

fn places(way: &[Line]) -> Vec<(f64, f64)> {
    way.iter().map(|line| (line.weights[0], line.bias)).collect()
}

/// The path on the raw lengths for a series of learning rates, for a slider.
pub fn path(petals: &Points) -> Result<Vec<(String, Svg)>> {
    let exact = LinearModel::least_squares(&petals.x, &petals.y)?;
    let (w, b) = ((-0.4, 1.2), (-1.0, 0.6));
    let rates = [0.001, 0.003, 0.01, 0.02, 0.03, 0.04, 0.05, 0.055, 0.056, 0.06];
    let bowl = bowl(petals, w, b)?;
    let shown = |&(x, y): &(f64, f64)| w.0 < x && x < w.1 && b.0 < y && y < b.1;
    let frame = |&rate: &f64| {
        let way = places(&walk(petals, rate, 40));
        let inside: Vec<_> = way.iter().take_while(|place| shown(place)).collect();
        let svg = bowl
            .clone()
            .path(Role::Gradients, "at most 40 steps", inside)
            .dots(Role::Weights, "exact answer", places(std::slice::from_ref(&exact)))
            .svg();
        (format!("rate {rate}"), svg)
    };
    Ok(rates.iter().map(frame).collect())
}

/// The same flowers in two bowls.
pub fn contours(petals: &Points) -> Result<Svg> {
    let raw = bowl(petals, (-0.2, 1.0), (-1.0, 0.6))?
        .title("raw lengths, rate 0.04")
        .size(420, 400)
        .path(Role::Gradients, "30 steps", places(&walk(petals, 0.04, 30)));
    let scaled = standardized(petals)?;
    let round = bowl(&scaled, (-0.6, 2.0), (-0.4, 2.2))?
        .title("standardized lengths, rate 0.1")
        .size(420, 400)
        .path(Role::Gradients, "30 steps", places(&walk(&scaled, 0.1, 30)));
    Ok(Panels::new(2).add(raw).add(round).svg())
}

/// Loss left against examples seen.
pub fn batches(curves: &[(&str, Vec<f64>)], seen: usize) -> Svg {
    let mut chart = Chart::new(
        Axis::new("examples seen", ""),
        Axis::new("loss above the exact answer's", "cm\u{b2}").log().range(1e-6, 3.0),
    );
    for (name, above) in curves {
        let last = above.len() - 1;
        let every = last.div_ceil(150);
        let points = above.iter().enumerate().step_by(every);
        let points: Vec<_> =
            points.map(|(i, &y)| ((i * seen) as f64 / last as f64, y)).collect();
        chart = chart.line(Role::Loss, name, points);
    }
    chart.svg()
}

/// Six losses for one example, and their slopes.
pub fn losses() -> Result<Svg> {
    let zero = Matrix::from_element(1, 1, 0.0);
    let one = Matrix::from_element(1, 1, 1.0);
    let errors: [(&str, &dyn Loss<f64>, &Matrix<f64>); 3] = [
        ("squared", &Mse, &zero),
        ("absolute", &Mae, &zero),
        ("Huber, delta 2", &Huber { delta: 2.0 }, &zero),
    ];
    let margins: [(&str, &dyn Loss<f64>, &Matrix<f64>); 2] =
        [("hinge", &Hinge, &one), ("binary cross-entropy", &BinaryCrossEntropy, &one)];
    let panel =
        |x: &str, y: &str, of: &[(&str, &dyn Loss<f64>, &Matrix<f64>)], slope| {
            let role = if slope { Role::Gradients } else { Role::Loss };
            let mut chart =
                Chart::new(Axis::new(x, ""), Axis::new(y, "")).size(420, 320);
            for (name, loss, target) in of {
                let mut points = Vec::new();
                for i in -60..=60 {
                    let x = f64::from(i) / 20.0;
                    let (at, mut grad) = (Matrix::from_element(1, 1, x), zero.clone());
                    let value = loss.gradient(&at, target, &mut grad)?;
                    points.push((x, if slope { grad[0] } else { value }));
                }
                chart = chart.line(role, name, points);
            }
            Ok::<Chart, lessons::Error>(chart)
        };
    let (error, score) = ("error", "score, target 1");
    Ok(Panels::new(2)
        .add(panel(error, "loss", &errors, false)?)
        .add(panel(error, "slope", &errors, true)?)
        .add(panel(score, "loss", &margins, false)?)
        .add(panel(score, "slope", &margins, true)?)
        .svg())
}

/// The held-out flowers on the curve from score to probability.
pub fn flowers(trained: &Trained) -> Svg {
    let curve = (-100..=100).map(|i| f64::from(i) / 10.0).map(|z| (z, sigmoid(z)));
    let of_class = |class: f64| -> Vec<(f64, f64)> {
        let pairs = trained.logits.iter().zip(trained.targets.iter());
        pairs.filter(|(_, t)| **t == class).map(|(&z, &t)| (z, t)).collect()
    };
    Chart::new(
        Axis::new("score (logit)", ""),
        Axis::new("probability of virginica", "").range(-0.05, 1.05),
    )
    .line(Role::Activations, "sigmoid", curve)
    .class(1, "versicolor", of_class(0.0))
    .class(2, "virginica", of_class(1.0))
    .level("undecided", 0.5)
    .svg()
}

/// The lines through flowers of which one is far above all others.
pub fn slip(slipped: &Points, squared: &Line, huber: &Line) -> Svg {
    let (x, y) = petal_axes();
    let (far, near): (Vec<_>, Vec<_>) =
        dots(slipped).into_iter().partition(|p| p.1 > 4.0);
    let mut chart = Chart::new(x.range(0.5, 7.5), y.range(0.0, 4.0))
        .dots(Role::Data, "149 irises", near)
        .line(Role::Weights, "squared error", drawn(squared, 1.4, 7.2))
        .line(Role::Weights, "Huber", drawn(huber, 0.9, 7.2));
    for (x, y) in far {
        chart = chart.arrow(Role::Data, (x, 3.3), (x, 3.9));
        chart = chart.note(x - 1.1, 3.7, &format!("one at {y:.0} cm"));
    }
    chart.svg()
}
