//! Lesson 02: gradient descent.
//!
//! A line through 150 flowers, found by walking downhill and compared with the exact
//! answer; three learning rates; scaling; all examples, a few or one for each step; and
//! a logistic regression, judged on flowers that it has not seen.

mod batches;
mod breaks;
#[allow(unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod flowers;
mod hands;
mod pictures;
mod tensors;

use gradbook::Matrix;
use gradbook::data::{self, Normalizer};
use gradbook::linear::{Descent, LinearError, LinearModel, curvatures};
use hands::{Hands, Points};
use lessons::{Flag, Lesson, Result, Run};

const LESSON: Lesson = Lesson {
    number: 2,
    title: "Gradient descent",
    question: "Which way is downhill?",
    flags: &[
        Flag::epochs(flowers::EPOCHS),
        Flag::batch(flowers::BATCH),
        Flag::lr(flowers::RATE),
        Flag::full("also ten and twenty seeds for the tables; a few seconds more"),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let hands = Hands { mine: run.arguments().mine };
    if hands.mine {
        run.say("On your own five functions.");
    }
    on_paper(run, hands)?;
    let petals = petals();
    fit_a_line(run, hands, &petals)?;
    three_learning_rates(run, hands, &petals)?;
    a_common_scale(run, hands, &petals)?;
    batches::all_a_few_or_one(run, hands, &petals)?;
    let trained = flowers::versicolor_or_virginica(run, hands)?;
    breaks::three_mistakes(run, &petals, &trained)?;
    tensors::in_a_matrix(run);
    run.figure("losses", "Losses and their slopes", &pictures::losses()?)?;
    Ok(())
}

/// Petal length and petal width of all 150 irises, in cm.
fn petals() -> Points {
    let iris = data::iris::<f64>();
    let row = |feature| iris.inputs.rows(feature, 1).into_owned();
    Points { x: row(2), y: row(3) }
}

/// All examples for each step.
fn full_batch(learning_rate: f64, epochs: usize) -> Descent<f64> {
    Descent { learning_rate, epochs, batch: usize::MAX }
}

/// How far a line is from another, in its weight or its bias.
fn gap(a: &LinearModel<f64>, b: &LinearModel<f64>) -> f64 {
    (a.weights[0] - b.weights[0]).abs().max((a.bias - b.bias).abs())
}

fn on_paper(run: &mut Run, hands: Hands) -> Result {
    run.heading("On paper");
    let points = Points {
        x: Matrix::from_row_slice(1, 2, &[0.0, 2.0]),
        y: Matrix::from_row_slice(1, 2, &[1.0, 5.0]),
    };
    let before = hands.loss(&LinearModel::zeros(1), &points)?;
    run.say(&format!(
        "The points (0, 1) and (2, 5), a flat line: the loss is {before}."
    ));
    for rate in [0.1, 0.5] {
        let way = hands.walk(full_batch(rate, 1), &points, &mut gradbook::rng(0))?;
        let (w, b) = (way[1].weights[0], way[1].bias);
        let loss = hands.loss(&way[1], &points)?;
        run.say(&format!(
            "One step at rate {rate}: weight {w:.1}, bias {b:.1}, loss {loss:.2}."
        ));
    }
    Ok(())
}

fn fit_a_line(run: &mut Run, hands: Hands, petals: &Points) -> Result {
    run.heading("A line through 150 flowers");
    let exact = LinearModel::least_squares(&petals.x, &petals.y)?;
    let way = hands.walk(full_batch(0.05, 1000), petals, &mut gradbook::rng(0))?;
    let Some(updates) = way.iter().position(|line| gap(line, &exact) < 1e-6) else {
        lessons::bail!("the walk did not reach the exact answer in 1000 steps");
    };
    let line = &way[updates];
    let (weight, bias, loss) = (line.weights[0], line.bias, hands.loss(line, petals)?);
    let guess = LinearModel { bias: petals.y.mean(), ..LinearModel::zeros(1) };
    let guess = hands.loss(&guess, petals)?;
    run.say(&format!(
        "Predict a petal's width from its length. The mean width for every flower has \
         loss {guess:.4}.\n\
         After {updates} steps at rate 0.05: width = {weight:.4} * length {bias:+.4}, \
         loss {loss:.4}.\n\
         The exact answer is {:.4} and {:+.4}; the two differ by less than 1e-6.",
        exact.weights[0], exact.bias
    ));
    run.value("mean_guess_loss", guess);
    run.value("line_loss", loss);
    run.baseline("line_loss", guess);
    run.value("line_weight", weight);
    run.count("updates_raw", updates);
    run.figure("line", "The fitted line", &pictures::line(petals, &way[..=updates]))?;
    Ok(())
}

fn three_learning_rates(run: &mut Run, hands: Hands, petals: &Points) -> Result {
    run.heading("Too small, right, too large");
    let mut rows = Vec::new();
    for (name, rate) in [("small", 0.0001), ("right", 0.05), ("large", 0.06)] {
        let way = hands.walk(full_batch(rate, 100), petals, &mut gradbook::rng(0))?;
        let loss = hands.loss(&way[100], petals)?;
        run.value(&format!("loss_{name}"), loss);
        run.value(&format!("rate_{name}"), rate);
        let shown = |loss| match loss {
            0.0..1e4 => format!("{loss:.4}"),
            _ => format!("{loss:.1e}"),
        };
        let early = hands.loss(&way[10], petals)?;
        rows.push([format!("{rate}"), shown(early), shown(loss)]);
    }
    run.table(&["rate", "loss after 10 steps", "after 100 steps"], &rows);
    let bends = curvatures(&petals.x)?;
    run.value("rate_limit", 2.0 / bends[1]);
    run.say(&format!(
        "The bowl bends by {:.2} and {:.2}: the limit is 2 / {1:.2} = {:.4}.\n\
         Rate 0.06, to the end:",
        bends[0],
        bends[1],
        2.0 / bends[1]
    ));
    let walk = hands.walk(full_batch(0.06, 10_000), petals, &mut gradbook::rng(0));
    let Err(error) = walk else {
        lessons::bail!("rate 0.06 was expected to diverge and did not");
    };
    if let LinearError::Diverged { updates, .. } = &error {
        run.count("updates_until_overflow", *updates);
    }
    run.say(&format!("  {error}"));
    run.figure("rates", "Loss against learning rate", &pictures::rates(petals)?)?;
    run.frames("path", "The path for ten rates", &pictures::path(petals)?)?;
    Ok(())
}

fn a_common_scale(run: &mut Run, hands: Hands, petals: &Points) -> Result {
    run.heading("A common scale");
    let normal = Normalizer::fit(&petals.x)?.transform(&petals.x)?;
    let (standard, _) = hands.standardize(&petals.x, &petals.x)?;
    let scales =
        [("raw", petals.x.clone()), ("normalized", normal), ("standardized", standard)];
    let mut rows = Vec::new();
    for (name, x) in scales {
        let bends = curvatures(&x)?;
        let (condition, best) = (bends[1] / bends[0], 2.0 / (bends[0] + bends[1]));
        let points = Points { x, y: petals.y.clone() };
        let exact = LinearModel::least_squares(&points.x, &points.y)?;
        let way = hands.walk(full_batch(best, 1000), &points, &mut gradbook::rng(0))?;
        let Some(updates) = way.iter().position(|line| gap(line, &exact) < 1e-6) else {
            lessons::bail!("{name}: no exact answer in 1000 steps");
        };
        run.count(&format!("updates_best_{name}"), updates);
        run.value(&format!("condition_{name}"), condition);
        let (condition, best) = (format!("{condition:.1}"), format!("{best:.4}"));
        rows.push([name.to_string(), condition, best, updates.to_string()]);
    }
    run.table(&["lengths", "condition number", "best rate", "steps to 1e-6"], &rows);
    run.figure("contours", "Raw and standardized", &pictures::contours(petals)?)?;
    Ok(())
}
