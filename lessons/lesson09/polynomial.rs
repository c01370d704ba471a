//! The worked example grown up: polynomials through twelve points of a sine.

use gradbook::data::synthetic;
use gradbook::linear::LinearModel;
use gradbook::plot::{Axis, Chart, Role, Svg};
use gradbook::{Matrix, rng};
use lessons::{Result, Run, bail};

/// Points to learn from.
const POINTS: usize = 12;
/// The deviation of their noise.
const NOISE: f64 = 0.2;
/// Sets of points that the errors are medians over.
const DRAWS: u64 = 200;
/// The degrees of the errors.
const DEGREES: [usize; 21] =
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 20, 25, 30, 50, 70, 100];
/// The degrees of the slider.
const SHOWN: [usize; 12] = [0, 1, 2, 3, 4, 6, 8, 9, 11, 15, 30, 100];
/// How strongly weights are pulled toward zero where they are.
const PULL: f64 = 0.05;

// ANCHOR: features
/// Legendre's polynomials of degree 1 to `degree` at each x: features x examples.
fn features(x: &Matrix<f64>, degree: usize) -> Matrix<f64> {
    let mut rows = Matrix::zeros(degree, x.ncols());
    for (n, &x) in x.iter().enumerate() {
        let (mut before, mut now) = (1.0, x);
        for k in 1..=degree {
            rows[(k - 1, n)] = now;
            let d = k as f64;
            (before, now) = (now, ((2.0 * d + 1.0) * x * now - d * before) / (d + 1.0));
        }
    }
    rows
}
// ANCHOR_END: features

// ANCHOR: ridge
/// Least squares plus `pull` / 2 times the sum of squared weights; the bias is free.
fn ridge(
    inputs: &Matrix<f64>,
    targets: &Matrix<f64>,
    pull: f64,
) -> Result<LinearModel<f64>> {
    let features = inputs.nrows();
    let a = inputs.clone().insert_row(features, 1.0);
    let mut square = &a * a.transpose();
    for k in 0..features {
        square[(k, k)] += pull;
    }
    let Some(best) =
        square.cholesky().map(|root| root.solve(&(&a * targets.transpose())))
    else {
        bail!("a pull of {pull} leaves the best weights undecided");
    };
    let weights = best.rows(0, features).transpose();
    Ok(LinearModel { weights, bias: best[(features, 0)] })
}
// ANCHOR_END: ridge

/// The polynomial of this degree for these points, with or without the pull.
fn fit(
    x: &Matrix<f64>,
    y: &Matrix<f64>,
    degree: usize,
    pull: f64,
) -> Result<LinearModel<f64>> {
    let inputs = features(x, degree);
    match pull > 0.0 && degree > 0 {
        true => ridge(&inputs, y, pull),
        false => Ok(LinearModel::least_squares(&inputs, y)?),
    }
}

/// The root of the mean squared distance from `y`.
fn error(model: &LinearModel<f64>, x: &Matrix<f64>, y: &Matrix<f64>) -> Result<f64> {
    let degree = model.weights.len();
    let seen = model.scores(&features(x, degree))?;
    Ok(((seen - y).norm_squared() / y.len() as f64).sqrt())
}

/// Even steps from -1 to 1, and the sine there.
fn truth(count: usize) -> (Matrix<f64>, Matrix<f64>) {
    let x = Matrix::from_fn(1, count, |_, i| 2.0 * i as f64 / (count - 1) as f64 - 1.0);
    let y = x.map(|x| (std::f64::consts::PI * x).sin());
    (x, y)
}

/// The middle one.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Degrees from 0 to 100: what they do to the points, and to the sine between them.
pub fn tell(run: &mut Run) -> Result {
    run.heading(&format!("On paper first: polynomials through {POINTS} points"));
    run.frames(
        "polynomials",
        "Twelve points of a sine, and the polynomial of each degree.",
        &frames(run.seed())?,
    )?;
    let (grid, sine) = truth(201);
    let mut medians: Vec<[f64; 3]> = vec![];
    for degree in DEGREES {
        let mut errors = [(); 3].map(|()| Vec::new());
        for draw in 0..DRAWS {
            let mut rng = rng(run.seed().wrapping_mul(DRAWS).wrapping_add(draw));
            let set = synthetic::sine::<f64>(POINTS, NOISE, &mut rng);
            let free = fit(&set.inputs, &set.targets, degree, 0.0)?;
            let pulled = fit(&set.inputs, &set.targets, degree, PULL)?;
            errors[0].push(error(&free, &set.inputs, &set.targets)?);
            errors[1].push(error(&free, &grid, &sine)?);
            errors[2].push(error(&pulled, &grid, &sine)?);
        }
        medians.push(errors.map(|mut list| median(&mut list)));
    }
    let mut rows = vec![];
    for (degree, [homework, exam, pulled]) in DEGREES.into_iter().zip(&medians) {
        if ![1, 3, 6, 9, 11, 20, 100].contains(&degree) {
            continue;
        }
        if *homework > 1e-6 {
            run.value(&format!("degree_{degree}_points"), *homework);
        }
        if degree + 1 == POINTS {
            // At the peak other points may double the error. Its power of ten lasts.
            run.value(&format!("degree_{degree}_power"), exam.log10());
        } else {
            run.value(&format!("degree_{degree}_sine"), *exam);
        }
        run.value(&format!("degree_{degree}_pulled"), *pulled);
        let cells = [homework, exam, pulled].map(|x| format!("{x:.3}"));
        rows.push([vec![degree.to_string()], cells.to_vec()].concat());
    }
    run.say(&format!(
        "{DRAWS} sets of {POINTS} points with noise of {NOISE}. Root mean squared \
         error, the median over the sets:"
    ));
    run.table(
        &["degree", "on the points", "against the sine", "the same, pulled"],
        &rows,
    );
    run.figure("polynomial_errors", "Errors by degree.", &errors(&medians))
}

/// The points of one set and its polynomials.
fn frames(seed: u64) -> Result<Vec<(String, Svg)>> {
    let set = synthetic::sine::<f64>(POINTS, NOISE, &mut rng(seed));
    let ((grid, sine), limit) = (truth(401), 2.5);
    let points = set.inputs.iter().copied().zip(set.targets.iter().copied());
    let points: Vec<(f64, f64)> = points.collect();
    let picture = |degree: usize| -> Result<(String, Svg)> {
        let curve = |pull: f64| -> Result<Vec<(f64, f64)>> {
            let model = fit(&set.inputs, &set.targets, degree, pull)?;
            let seen = model.scores(&features(&grid, degree))?;
            let inside = |y: f64| if y.abs() > limit { f64::NAN } else { y };
            Ok(grid.iter().zip(seen.iter()).map(|(&x, &y)| (x, inside(y))).collect())
        };
        let chart = Chart::new(
            Axis::new("x", "").range(-1.0, 1.0),
            Axis::new("y", "").range(-limit, limit),
        );
        let svg = chart
            .line(
                Role::Neutral,
                "the sine",
                grid.iter().copied().zip(sine.iter().copied()),
            )
            .line(Role::Weights, "least squares", curve(0.0)?)
            .line(Role::Gradients, "pulled toward zero", curve(PULL)?)
            .dots(Role::Data, "twelve points", &points)
            .size(640, 400)
            .svg();
        Ok((format!("degree {degree}"), svg))
    };
    SHOWN.into_iter().map(picture).collect()
}

fn errors(medians: &[[f64; 3]]) -> Svg {
    let line = |which: usize| -> Vec<(f64, f64)> {
        let at = |degree: usize| (degree + 1) as f64;
        let pairs = DEGREES.iter().zip(medians);
        let kept = pairs.filter(|(_, errors)| errors[which] > 1e-3);
        kept.map(|(&degree, errors)| (at(degree), errors[which])).collect()
    };
    let x = Axis::new("numbers to find: degree + 1", "").log();
    Chart::new(x, Axis::new("error", "").log())
        .line(Role::Data, "on the points", line(0))
        .line(Role::Loss, "against the sine", line(1))
        .line(Role::Gradients, "against the sine, pulled", line(2))
        .moment("as many as points", POINTS as f64)
        .svg()
}
