//! Versicolor or virginica: a logistic regression, judged on flowers it has not seen.

use gradbook::Matrix;
use gradbook::data::{self, Standardizer};
use gradbook::linear::{Descent, LinearModel, accuracy};
use gradbook::loss::BinaryCrossEntropy;
use rand::seq::SliceRandom;

use lessons::{Result, Run, percent};

use crate::hands::Hands;
use crate::pictures;

/// How often each training flower is seen.
pub const EPOCHS: usize = 60;
/// Flowers to a step.
pub const BATCH: usize = 16;
/// The learning rate.
pub const RATE: f64 = 0.3;

/// The whole recipe, or the recipe with one thing left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// Everything as it should be.
    Whole,
    /// The training flowers get each other's names: there is nothing left to learn.
    ShuffledLabels,
    /// Measurements in centimeters, as they come.
    Unscaled,
}

/// What came of it.
pub struct Trained {
    /// Four weights and a bias.
    pub model: LinearModel<f64>,
    /// The held-out flowers, not scaled.
    pub held_out: Matrix<f64>,
    /// 0 for versicolor, 1 for virginica, held out.
    pub targets: Matrix<f64>,
    /// The model's scores for the held-out flowers.
    pub logits: Matrix<f64>,
    /// The share of held-out flowers on the right side of zero.
    pub accuracy: f64,
    /// The mean loss on the training flowers.
    pub train_loss: f64,
}

/// Splits the hundred flowers by the seed, 70 to 30, trains on the first part and
/// judges on the other.
pub fn train(
    hands: Hands,
    recipe: Recipe,
    descent: Descent<f64>,
    seed: u64,
) -> Result<Trained> {
    let iris = data::iris::<f64>();
    let two: Vec<usize> = (0..iris.len()).filter(|&i| iris.labels[i] > 0).collect();
    let flowers = iris.select(&two);
    let targets = flowers.targets.rows(2, 1).into_owned();

    let mut rng = gradbook::rng(seed);
    let split = data::split::stratified(&flowers.labels, 0.3, &mut rng)?;
    let part = |indices: &[usize]| {
        (flowers.inputs.select_columns(indices), targets.select_columns(indices))
    };
    let ((x, mut y), (held_out, targets)) = (part(&split.train), part(&split.test));
    if recipe == Recipe::ShuffledLabels {
        y.as_mut_slice().shuffle(&mut rng);
    }
    let (x, z) = match recipe {
        Recipe::Unscaled => (x, held_out.clone()),
        _ => hands.standardize(&x, &held_out)?,
    };
    let mut model = LinearModel::zeros(x.nrows());
    descent.run(&mut model, &BinaryCrossEntropy, &x, &y, &mut rng)?;
    Ok(Trained {
        accuracy: accuracy(&model, &z, &targets)?,
        train_loss: hands.cross_entropy(&model.scores(&x)?, &y)?,
        logits: model.scores(&z)?,
        model,
        held_out,
        targets,
    })
}

impl Trained {
    /// The accuracy when each held-out flower is standardized by itself.
    pub fn accuracy_with_own_rulers(&self) -> Result<f64> {
        let mut scaled = self.held_out.clone();
        for flower in 0..scaled.ncols() {
            let alone = self.held_out.columns(flower, 1).into_owned();
            let alone = Standardizer::fit(&alone)?.transform(&alone)?;
            scaled.set_column(flower, &alone.column(0));
        }
        Ok(accuracy(&self.model, &scaled, &self.targets)?)
    }
}

/// Trains and judges the classifier, then leaves out one thing after another.
pub fn versicolor_or_virginica(run: &mut Run, hands: Hands) -> Result<Trained> {
    run.heading("Versicolor or virginica?");
    let args = run.arguments();
    let (epochs, batch) = (args.epochs(EPOCHS), args.batch(BATCH));
    let descent = Descent { learning_rate: args.lr(RATE), epochs, batch };
    let (seed, full) = (args.seed, args.full);

    let trained = train(hands, Recipe::Whole, descent, seed)?;
    let ones = trained.targets.mean();
    let guess = ones.max(1.0 - ones);
    run.value("guess_accuracy", guess);
    run.baseline("test_accuracy", guess);
    let surprise = hands.cross_entropy(&trained.logits, &trained.targets)?;
    run.say(&format!(
        "70 flowers to learn from, {} held out. Naming one class for all is right for \
         {:.0}%.\nLogistic regression is right for {:.1}%; its cross-entropy there is \
         {surprise:.3}.",
        trained.logits.ncols(),
        100.0 * guess,
        100.0 * trained.accuracy,
    ));

    let slow = Descent { learning_rate: descent.learning_rate / 10.0, ..descent };
    let table = [
        ("everything as it should be", Recipe::Whole, descent, ""),
        ("training labels shuffled", Recipe::ShuffledLabels, descent, "shuffled_"),
        ("not scaled", Recipe::Unscaled, descent, "unscaled_"),
        ("not scaled, a tenth of the rate", Recipe::Unscaled, slow, "unscaled_slow_"),
    ];
    let mut rows = Vec::new();
    for (words, recipe, descent, prefix) in table {
        let judged = |seed| {
            let trained = train(hands, recipe, descent, seed)?;
            Ok((trained.accuracy, trained.train_loss))
        };
        let (accuracy, loss) = judged(seed)?;
        run.value(&format!("{prefix}test_accuracy"), accuracy);
        run.value(&format!("{prefix}train_loss"), loss);
        let mut row = vec![words.to_string(), percent(accuracy), format!("{loss:.3}")];
        if full {
            let many: Result<Vec<(f64, f64)>> = (0..20).map(judged).collect();
            let (accuracies, losses): (Vec<f64>, Vec<f64>) = many?.into_iter().unzip();
            run.spread(&format!("{prefix}test_accuracy"), &accuracies);
            run.spread(&format!("{prefix}train_loss"), &losses);
            let (mean, spread) = lessons::mean_and_spread(&accuracies);
            row.push(format!("{} ± {}", percent(mean), percent(spread)));
            row.push(format!("{:.3}", lessons::mean_and_spread(&losses).0));
        }
        rows.push(row);
    }
    let header =
        ["recipe", "held out", "training loss", "of 20 splits", "training loss"];
    run.table(&header[..if full { 5 } else { 3 }], &rows);
    run.figure("flowers", "Held-out flowers", &pictures::flowers(&trained))?;
    Ok(trained)
}
