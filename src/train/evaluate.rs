//! Asking a network questions without teaching it.

use crate::data::Dataset;
use crate::layer::Phase;
use crate::loss::Loss;
use crate::network::Sequential;
use crate::real::{Matrix, Real, ShapeError};
use crate::train::metrics::hits;
use crate::train::{Batch, Confusion, TrainError, answers};

/// How many examples go through the network at once. Larger would not be faster, and
/// the buffers between layers would grow with the data.
const CHUNK: usize = 256;

/// How well a network did on a set of examples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// The mean loss over the examples.
    pub loss: f64,
    /// The share of right answers; `None` where values are predicted, not classes.
    pub accuracy: Option<f64>,
}

/// Measures loss and accuracy. Nothing is learned.
///
/// # Errors
///
/// When there is no example, or network, inputs and targets do not fit together.
// ANCHOR: evaluate
pub fn evaluate<T: Real>(
    model: &mut Sequential<T>,
    loss: &dyn Loss<T>,
    data: &Dataset<T>,
) -> Result<Evaluation, TrainError> {
    if data.is_empty() {
        return Err(TrainError::Empty("evaluation"));
    }
    let (mut sums, mut batch) = (Sums::default(), Batch::default());
    for start in (0..data.len()).step_by(CHUNK) {
        let indices: Vec<usize> = (start..data.len().min(start + CHUNK)).collect();
        batch.gather(data, &indices);
        let prediction = model.forward(&batch.inputs, Phase::Infer)?;
        let value = loss.gradient(prediction, &batch.targets, &mut batch.grad)?;
        sums.add(value, prediction, &batch.targets);
    }
    Ok(sums.mean(data.classes() > 0))
}
// ANCHOR_END: evaluate

/// The network's outputs, a column for each column of `inputs`.
///
/// # Errors
///
/// When the inputs have another number of rows than the network expects.
pub fn predict<T: Real>(
    model: &mut Sequential<T>,
    inputs: &Matrix<T>,
) -> Result<Matrix<T>, ShapeError> {
    let mut outputs = Matrix::zeros(model.output_rows(), inputs.ncols());
    let mut chunk = Matrix::zeros(0, 0);
    for start in (0..inputs.ncols()).step_by(CHUNK) {
        let count = CHUNK.min(inputs.ncols() - start);
        crate::real::resize(&mut chunk, inputs.nrows(), count);
        chunk.copy_from(&inputs.columns(start, count));
        let answer = model.forward(&chunk, Phase::Infer)?;
        outputs.columns_mut(start, count).copy_from(answer);
    }
    Ok(outputs)
}

/// The confusion matrix of a classifier on examples with classes.
///
/// # Errors
///
/// When there is no example, or the network's outputs are not the data's classes.
pub fn confusion<T: Real>(
    model: &mut Sequential<T>,
    data: &Dataset<T>,
) -> Result<Confusion, TrainError> {
    if data.is_empty() {
        return Err(TrainError::Empty("evaluation"));
    }
    let outputs = predict(model, &data.inputs)?;
    Ok(Confusion::count(&data.labels, &answers(&outputs), data.classes())?)
}

/// Loss and right answers, added up over batches of different sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    pub loss: f64,
    pub hits: usize,
    pub examples: usize,
}

impl Sums {
    /// Adds a batch: its mean loss counts once for each of its examples.
    pub fn add<T: Real>(
        &mut self,
        loss: T,
        prediction: &Matrix<T>,
        targets: &Matrix<T>,
    ) {
        self.loss += loss.to_f64() * prediction.ncols() as f64;
        self.hits += hits(prediction, targets);
        self.examples += prediction.ncols();
    }

    pub fn mean(&self, classes: bool) -> Evaluation {
        let count = self.examples.max(1) as f64;
        let accuracy = classes.then_some(self.hits as f64 / count);
        Evaluation { loss: self.loss / count, accuracy }
    }
}
