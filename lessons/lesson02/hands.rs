//! Whose functions the lesson runs on: the book's or, with `--mine`, the reader's.

use gradbook::data::Standardizer;
use gradbook::linear::{Descent, LinearError, LinearModel};
use gradbook::loss::{BinaryCrossEntropy, Loss, Mse};
use gradbook::{Matrix, Rng};
use rand::seq::SliceRandom;

use crate::exercises;

/// One feature and one target for each example, both `1 x examples`.
#[derive(Clone)]
pub struct Points {
    /// The feature.
    pub x: Matrix<f64>,
    /// The number to predict.
    pub y: Matrix<f64>,
}

/// The five functions of this lesson.
#[derive(Clone, Copy)]
pub struct Hands {
    /// Whether they are the reader's.
    pub mine: bool,
}

impl Hands {
    /// Exercise 2.1: the mean squared error of a line.
    pub fn loss(self, line: &LinearModel<f64>, at: &Points) -> lessons::Result<f64> {
        let predictions = line.scores(&at.x)?;
        if self.mine {
            let (loss, _) =
                exercises::mse_and_slope(predictions.as_slice(), at.y.as_slice());
            return Ok(loss);
        }
        Ok(Mse.value(&predictions, &at.y)?)
    }

    /// Exercises 2.2 and 2.5: the way downhill, from weight and bias zero. The reader's
    /// way has a stop for each epoch, the book's one for each step.
    pub fn walk(
        self,
        descent: Descent<f64>,
        at: &Points,
        rng: &mut Rng,
    ) -> Result<Vec<LinearModel<f64>>, LinearError> {
        let mut line = LinearModel::zeros(1);
        if !self.mine {
            return descent.run(&mut line, &Mse, &at.x, &at.y, rng);
        }
        let (x, y) = (at.x.as_slice(), at.y.as_slice());
        let mut order: Vec<usize> = (0..x.len()).collect();
        let (rate, full) = (descent.learning_rate, descent.batch >= x.len());
        let mut way = vec![line.clone()];
        for updates in 1..=descent.epochs {
            let (w, b) = (line.weights[0], line.bias);
            (line.weights[0], line.bias) = if full {
                exercises::line_step(w, b, x, y, rate)
            } else {
                order.shuffle(rng);
                exercises::epoch(w, b, x, y, &order, descent.batch, rate)
            };
            let (loss, _) = exercises::mse_and_slope(line.scores(&at.x)?.as_slice(), y);
            if !loss.is_finite() {
                return Err(LinearError::Diverged {
                    updates,
                    loss,
                    learning_rate: rate,
                });
            }
            way.push(line.clone());
        }
        Ok(way)
    }

    /// Exercise 2.3: the mean surprise at the truth, from logits.
    pub fn cross_entropy(
        self,
        logits: &Matrix<f64>,
        targets: &Matrix<f64>,
    ) -> lessons::Result<f64> {
        if self.mine {
            return Ok(exercises::cross_entropy(logits.as_slice(), targets.as_slice()));
        }
        Ok(BinaryCrossEntropy.value(logits, targets)?)
    }

    /// Exercise 2.4: both parts on the training part's scale, feature by feature.
    pub fn standardize(
        self,
        train: &Matrix<f64>,
        held_out: &Matrix<f64>,
    ) -> lessons::Result<(Matrix<f64>, Matrix<f64>)> {
        if !self.mine {
            let ruler = Standardizer::fit(train)?;
            return Ok((ruler.transform(train)?, ruler.transform(held_out)?));
        }
        let (mut a, mut b) = (train.clone(), held_out.clone());
        for row in 0..train.nrows() {
            let feature = |part: &Matrix<f64>| -> Vec<f64> {
                part.row(row).iter().copied().collect()
            };
            let (x, z) = exercises::standardize(&feature(train), &feature(held_out));
            for (to, from) in [(&mut a, &x), (&mut b, &z)] {
                to.row_mut(row).iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            }
        }
        Ok((a, b))
    }
}
