//! Who gets which digits, and whose labels are wrong.

use gradbook::data::{self, Dataset, split};
use gradbook::{Matrix, Rng, rng};
use lessons::Result;
use rand::RngExt;
use rand::seq::SliceRandom;

/// Images to learn from.
pub const HOMEWORK: usize = 200;
/// Images to learn from where more data is the remedy.
pub const MORE: usize = 500;
/// Images that early stopping may watch.
const WATCHED: usize = 150;
/// Images to choose a remedy by.
const JUDGED: usize = 350;
/// Of the images to learn from, the share whose label a careless hand got wrong.
pub const CARELESS: f64 = 0.15;

/// How the labels of the images to learn from came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// All are right.
    Careful,
    /// Some are wrong.
    Careless,
}

impl Labels {
    /// Both ways.
    pub const ALL: [Labels; 2] = [Labels::Careless, Labels::Careful];

    /// The name in values.
    pub fn key(self) -> &'static str {
        match self {
            Labels::Careful => "careful",
            Labels::Careless => "careless",
        }
    }
}

/// The digits of one trial. All but the exam are dealt out anew with every seed.
pub struct Parts {
    /// To learn from.
    pub homework: Dataset,
    /// The homework and more.
    pub more: Dataset,
    /// For early stopping to watch.
    pub watch: Dataset,
    /// To choose a remedy by.
    pub judge: Dataset,
    /// How many labels of the homework are wrong.
    pub wrong: usize,
}

/// The digits, less the exam.
pub struct Open {
    /// What everything but the exam is dealt from.
    pub rest: Dataset,
}

// ANCHOR: exam
/// What stays closed until the end.
pub struct Exam {
    sealed: Dataset,
}

impl Exam {
    /// Opens it. There is no second one.
    pub fn open(self) -> Dataset {
        self.sealed
    }
}
// ANCHOR_END: exam

// ANCHOR: seal
/// Puts all but a thousand digits away for the exam, by chance.
pub fn seal(seed: u64) -> Result<(Open, Exam)> {
    let digits = data::digits();
    let share = 1.0 - 1000.0 / digits.len() as f64;
    let (rest, sealed) =
        split::stratified(&digits.labels, share, &mut rng(seed))?.of(&digits);
    Ok((Open { rest }, Exam { sealed }))
}
// ANCHOR_END: seal

impl Open {
    /// Deals out one trial.
    pub fn deal(&self, labels: Labels, seed: u64) -> Result<Parts> {
        let mut rng = rng(seed);
        let (pool, judge) = take(&self.rest, JUDGED, &mut rng)?;
        let (pool, watch) = take(&pool, WATCHED, &mut rng)?;
        let (mut extra, mut homework) = take(&pool, HOMEWORK, &mut rng)?;
        let mut wrong = 0;
        if labels == Labels::Careless {
            wrong = spoil(&mut homework, CARELESS, &mut rng)?;
            spoil(&mut extra, CARELESS, &mut rng)?;
        }
        let more = join(&homework, &extra)?;
        Ok(Parts { homework, more, watch, judge, wrong })
    }
}

/// Holds out so many examples, of each class its share: (what is left, held out).
pub fn take(data: &Dataset, count: usize, rng: &mut Rng) -> Result<(Dataset, Dataset)> {
    let share = count as f64 / data.len() as f64;
    Ok(split::stratified(&data.labels, share, rng)?.of(data))
}

// ANCHOR: spoil
/// Gives a share of the examples, chosen by chance, the label of another class.
pub fn spoil(data: &mut Dataset, share: f64, rng: &mut Rng) -> Result<usize> {
    let mut order: Vec<usize> = (0..data.len()).collect();
    order.shuffle(rng);
    order.truncate((share * data.len() as f64).round() as usize);
    let (classes, mut labels) = (data.classes(), data.labels.clone());
    for &example in &order {
        labels[example] = (labels[example] + rng.random_range(1..classes)) % classes;
    }
    *data = relabeled(data, labels)?;
    Ok(order.len())
}
// ANCHOR_END: spoil

/// The same images with other labels.
pub fn relabeled(data: &Dataset, labels: Vec<usize>) -> Result<Dataset> {
    let (inputs, names) = (data.inputs.clone(), data.class_names.clone());
    Ok(Dataset::with_classes(inputs, labels, names)?)
}

/// One set after the other.
pub fn join(a: &Dataset, b: &Dataset) -> Result<Dataset> {
    let (count, features) = (a.len() + b.len(), a.features());
    let numbers = [a.inputs.as_slice(), b.inputs.as_slice()].concat();
    let inputs = Matrix::from_vec(features, count, numbers);
    let labels = [&a.labels[..], &b.labels[..]].concat();
    Ok(Dataset::with_classes(inputs, labels, a.class_names.clone())?)
}
