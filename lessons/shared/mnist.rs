//! Files in the form of MNIST, as lessons 5 and 6 learn from them.

use std::path::Path;

use gradbook::data::{Dataset, idx};

use crate::{Result, Run};

/// Reads the folder's training and test files (or divides the test files by the seed),
/// and says and reports how many images there are.
///
/// # Errors
///
/// When the folder lacks the files, or they are not whole.
pub fn read(run: &mut Run, folder: &Path, seed: u64) -> Result<(Dataset, Dataset)> {
    let files = idx::mnist_folder::<f32>(folder)?;
    let whole = files.train.is_some();
    let (train, test) = files.train_and_test(seed)?;
    let from = if whole { "the train files" } else { "four fifths of the t10k files" };
    run.heading(&format!("{} images to learn from: {from}", train.len()));
    run.count("train_examples", train.len());
    run.count("test_examples", test.len());
    Ok((train, test))
}

/// Moves and scales all pixels by one mean and one deviation, those of the training
/// images. A scale for each pixel would blow up the rare ones at the edge.
pub fn center(train: &mut Dataset, test: &mut Dataset) {
    let count = train.inputs.len().max(1) as f64;
    let sum: f64 = train.inputs.iter().map(|&x| f64::from(x)).sum();
    let mean = sum / count;
    let squares: f64 =
        train.inputs.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum();
    let deviation = (squares / count).sqrt();
    let scale = if deviation > 0.0 { 1.0 / deviation } else { 1.0 };
    for part in [train, test] {
        part.inputs.apply(|x| *x = ((f64::from(*x) - mean) * scale) as f32);
    }
}
