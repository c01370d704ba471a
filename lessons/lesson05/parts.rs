//! The digits in three parts: to learn from, to choose by, and for the exam.

use gradbook::data::{Dataset, Standardizer, split};
use gradbook::{Matrix, Rng};
use lessons::Result;

/// The share that is held out, of all images and again of what is left.
const HELD_OUT: f64 = 0.2;

/// Three parts of one data set; no image is in two of them.
pub struct Parts {
    /// To learn from.
    pub train: Dataset,
    /// To choose by: which epoch was the best, when to stop.
    pub valid: Dataset,
    /// For the exam, once, at the end.
    pub test: Dataset,
    /// The test images as they were before scaling, for pictures.
    pub pixels: Matrix,
}

impl Parts {
    // ANCHOR: cut
    /// A fifth of every digit for the exam, a fifth of the rest to choose by.
    pub fn cut(digits: &Dataset, rng: &mut Rng) -> Result<Parts> {
        let (rest, test) = split::stratified(&digits.labels, HELD_OUT, rng)?.of(digits);
        let (train, valid) = split::stratified(&rest.labels, HELD_OUT, rng)?.of(&rest);
        let pixels = test.inputs.clone();
        Ok(Parts { train, valid, test, pixels })
    }
    // ANCHOR_END: cut

    // ANCHOR: standardize
    /// Every pixel to mean 0 and deviation 1, both measured on the training part alone.
    pub fn standardize(mut self) -> Result<Parts> {
        let scale = Standardizer::fit(&self.train.inputs)?;
        for part in [&mut self.train, &mut self.valid, &mut self.test] {
            part.inputs = scale.transform(&part.inputs)?;
        }
        Ok(self)
    }
    // ANCHOR_END: standardize

    /// How many pixels are the same in every training image.
    pub fn constant_pixels(&self) -> usize {
        let inputs = &self.train.inputs;
        let same = |row: &usize| {
            let pixels = inputs.row(*row);
            pixels.iter().all(|&pixel| pixel == pixels[0])
        };
        (0..inputs.nrows()).filter(same).count()
    }
}

/// Two parts on the scale of the first.
pub fn scaled(train: Dataset, test: Dataset) -> Result<(Dataset, Dataset)> {
    let scale = Standardizer::fit(&train.inputs)?;
    let (x, z) = (scale.transform(&train.inputs)?, scale.transform(&test.inputs)?);
    Ok((Dataset { inputs: x, ..train }, Dataset { inputs: z, ..test }))
}

/// The same images with labels dealt out anew: nothing is left to learn.
pub fn with_shuffled_labels(digits: &Dataset, rng: &mut Rng) -> Result<Dataset> {
    use rand::seq::SliceRandom;
    let mut labels = digits.labels.clone();
    labels.shuffle(rng);
    let names = digits.class_names.clone();
    Ok(Dataset::with_classes(digits.inputs.clone(), labels, names)?)
}
