//! Three mistakes that look like nothing: a ruler for each flower, the logarithm of
//! zero, one slip of the decimal point.

use gradbook::Matrix;
use gradbook::data::Standardizer;
use gradbook::linear::{Descent, LinearModel};
use gradbook::loss::{BinaryCrossEntropy, Huber, Loss};
use lessons::{Result, Run};

use crate::flowers::Trained;
use crate::hands::Points;
use crate::pictures;

/// Makes each mistake and shows what it costs.
pub fn three_mistakes(run: &mut Run, petals: &Points, trained: &Trained) -> Result {
    run.heading("Three mistakes");
    let own = trained.accuracy_with_own_rulers()?;
    run.value("own_ruler_accuracy", own);
    run.say(&format!(
        "Each held-out flower standardized by itself: {:.0}% right, with all else as \
         above.",
        100.0 * own
    ));
    logarithm_of_zero(run)?;
    slip_of_the_pen(run, petals)
}

// ANCHOR: naive
/// Cross-entropy as it stands in the textbook.
fn naive(z: f32, y: f32) -> f32 {
    let p = 1.0 / (1.0 + (-z).exp());
    -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
}
// ANCHOR_END: naive

fn logarithm_of_zero(run: &mut Run) -> Result {
    let mut rows = Vec::new();
    for (z, y) in [(10.0, 0.0), (17.0, 0.0), (17.0, 1.0), (1000.0, 0.0)] {
        let one = |x: f32| Matrix::from_element(1, 1, x);
        let stable = BinaryCrossEntropy.value(&one(z), &one(y))?;
        let naive = format!("{:.4}", naive(z, y));
        rows.push([format!("{z}"), format!("{y}"), naive, format!("{stable:.4}")]);
    }
    run.say("Cross-entropy in f32, from the probability and from the score:");
    run.table(&["score", "target", "-ln p", "from the score"], &rows);
    Ok(())
}

/// Writes the width of the longest petal with the decimal point one place off, and fits
/// the line again with the squared error and with Huber's loss.
fn slip_of_the_pen(run: &mut Run, petals: &Points) -> Result {
    let mut slipped = petals.clone();
    let longest = petals.x.row(0).transpose().imax();
    let (right, wrong) = (petals.y[longest], 10.0 * petals.y[longest]);
    slipped.y[longest] = wrong;
    let squared = LinearModel::least_squares(&slipped.x, &slipped.y)?;

    let ruler = Standardizer::fit(&slipped.x)?;
    let mut huber = LinearModel::zeros(1);
    let descent = Descent { learning_rate: 0.5, epochs: 500, batch: usize::MAX };
    let (x, loss) = (ruler.transform(&slipped.x)?, Huber { delta: 0.5 });
    descent.run(&mut huber, &loss, &x, &slipped.y, &mut gradbook::rng(0))?;
    // Back to centimeters: w (x - mean) / deviation + b.
    huber.weights[0] /= ruler.deviation[0];
    huber.bias -= huber.weights[0] * ruler.mean[0];

    run.value("slip_weight_mse", squared.weights[0]);
    run.value("slip_weight_huber", huber.weights[0]);
    run.say(&format!(
        "One width written as {wrong:.0} instead of {right:.1}: the weight becomes \
         {:.4} with the squared error, {:.4} with Huber's loss.",
        squared.weights[0], huber.weights[0]
    ));
    let svg = pictures::slip(&slipped, &squared, &huber);
    run.figure("slip", "One wrong number among 150", &svg)?;
    Ok(())
}
