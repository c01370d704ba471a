//! The checker at work: on everything that is right, and on what is not.

use gradbook::activation::Activation;
use gradbook::gradcheck::{Checker, Findings, Report, Verdict};
use gradbook::layer::{Activate, Softmax};
use gradbook::loss::{
    BinaryCrossEntropy, CategoricalHinge, Hinge, Huber, Loss, Mae, Mse,
};
use gradbook::{Layer, Rng};
use lessons::{Result, Run};
use rand::RngExt;

use crate::hands::{Hands, Matrix};
use crate::spiral::{ARMS, HIDDEN};

/// What was checked, and what the checker found.
pub type Checked = (String, Vec<Report>);

/// Numbers between -2 and 2, none nearer than a hundredth to a multiple of a half,
/// where ReLU and some losses have their corners.
fn numbers(rows: usize, columns: usize, rng: &mut Rng) -> Matrix {
    Matrix::from_fn(rows, columns, |_, _| {
        let half = f64::from(rng.random_range(-4..4)) / 2.0;
        half + rng.random_range(0.01..0.49)
    })
}

fn one_hot(rows: usize, columns: usize) -> Matrix {
    Matrix::from_fn(
        rows,
        columns,
        |i, n| if (2 * i + n) % rows == 0 { 1.0 } else { 0.0 },
    )
}

/// Every layer, activation and loss so far, and the spiral's network.
pub fn everything(hands: Hands, rng: &mut Rng) -> Result<Vec<Checked>> {
    let mut all = vec![];
    let mut affine = hands.affine(5, 3, rng);
    let found = Checker::new().layer(&mut affine, &numbers(5, 7, rng), 1)?;
    all.push(("affine layer".to_string(), found.reports));
    let mut layers: Vec<Box<dyn Layer<f64>>> = vec![Box::new(Softmax)];
    for activation in Activation::ALL {
        layers.push(Box::new(Activate::new(activation)));
    }
    for mut layer in layers {
        let found = Checker::new().layer(layer.as_mut(), &numbers(3, 7, rng), 2)?;
        all.push((layer.name().replace('_', " "), found.reports));
    }
    let (classes, values) = (one_hot(3, 7), numbers(3, 7, rng).map(f64::round));
    let signs = classes.map(|y| 2.0 * y - 1.0);
    let losses: [(&dyn Loss<f64>, &Matrix); 7] = [
        (&Mse, &values),
        (&Mae, &values),
        (&Huber { delta: 1.0 }, &values),
        (&Hinge, &signs),
        (&CategoricalHinge, &classes),
        (&BinaryCrossEntropy, &classes),
        (&hands.loss(), &classes),
    ];
    for (loss, target) in losses {
        let report = Checker::new().loss(loss, &numbers(3, 7, rng), target)?;
        all.push((loss.name().to_string(), vec![report]));
    }
    let found = network(hands, rng)?;
    all.push(("the spiral's network".to_string(), found.reports));
    Ok(all)
}

// ANCHOR: network
/// The spiral's network and its loss, checked on a batch of seven.
pub fn network(hands: Hands, rng: &mut Rng) -> Result<Findings> {
    let mut network = hands.network(&HIDDEN, ARMS, rng)?;
    let (input, target) = (numbers(2, 7, rng), one_hot(ARMS, 7));
    Ok(Checker::new().network(&mut network, &hands.loss(), &input, &target)?)
}
// ANCHOR_END: network

/// Right formulas at bad places and with bad steps, and what the checker says of them.
pub fn bad_steps() -> Result<Vec<(&'static str, Verdict)>> {
    let (z, y) = (Matrix::from_row_slice(1, 2, &[0.75, -0.5]), one_hot(1, 2));
    let with = |step: f64| -> Result<Verdict> {
        let checker = Checker::new().with_step(step);
        Ok(checker.loss(&BinaryCrossEntropy, &z, &y)?.verdict)
    };
    let corner = Matrix::from_row_slice(1, 2, &[0.75, 0.000_002]);
    let mut relu = Activate::new(Activation::Relu);
    let relu = Checker::new().layer(&mut relu, &corner, 3)?;
    Ok(vec![
        ("step 1e-5", with(1e-5)?),
        ("step 1e-12", with(1e-12)?),
        ("step 0.1", with(0.1)?),
        ("ReLU at 0.000002", relu.reports[0].verdict.clone()),
    ])
}

/// Every backward pass so far, against differences.
pub fn show(run: &mut Run, hands: Hands, random: &mut Rng) -> Result {
    run.heading("Every backward pass, checked");
    let checked = everything(hands, random)?;
    let mut rows = vec![];
    for (name, reports) in &checked {
        let numbers: usize = reports.iter().map(|report| report.numeric.len()).sum();
        let wrong = reports.iter().find(|report| !report.is_right());
        let verdict = wrong.map_or("right".to_string(), |report| report.to_string());
        rows.push([
            name.clone(),
            reports.len().to_string(),
            numbers.to_string(),
            verdict,
        ]);
    }
    run.table(&["what", "tensors", "slopes", "verdict"], &rows);
    let all: Vec<&Report> = checked.iter().flat_map(|(_, reports)| reports).collect();
    run.count("checked_tensors", all.len());
    run.count("right_tensors", all.iter().filter(|report| report.is_right()).count());
    run.count("checked_slopes", all.iter().map(|report| report.numeric.len()).sum());
    run.count("checked_losses", all.iter().map(|report| report.evaluations).sum());
    run.heading("When the step is to blame, or the place");
    for (what, verdict) in bad_steps()? {
        run.say(&format!("{what}: {verdict}"));
    }
    Ok(())
}
