//! Hold-out: some examples to learn from, the others to be judged on.

use super::{DataError, Dataset};
use crate::{Real, Rng};
use rand::seq::SliceRandom;

/// Which examples are for training and which for testing, as indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The examples to learn from.
    pub train: Vec<usize>,
    /// The examples held out.
    pub test: Vec<usize>,
}

impl Split {
    /// The two parts as data sets of their own: (train, test).
    pub fn of<T: Real>(&self, data: &Dataset<T>) -> (Dataset<T>, Dataset<T>) {
        (data.select(&self.train), data.select(&self.test))
    }
}

// ANCHOR: shuffled
/// Holds out a share of `count` examples, chosen by chance. Both parts have at least
/// one example.
pub fn shuffled(
    count: usize,
    test_share: f64,
    rng: &mut Rng,
) -> Result<Split, DataError> {
    let tests = test_count(count, test_share)?;
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(rng);
    let train = order.split_off(tests);
    Ok(Split { train, test: order })
}
// ANCHOR_END: shuffled

/// The last examples are held out, in the order they came: right for a series in
/// time, a trap where the order means something else (one writer after another).
pub fn in_order(count: usize, test_share: f64) -> Result<Split, DataError> {
    let trains = count - test_count(count, test_share)?;
    Ok(Split { train: (0..trains).collect(), test: (trains..count).collect() })
}

/// Holds out the same share of every class, to within one example. Both parts have at
/// least one example.
pub fn stratified(
    labels: &[usize],
    test_share: f64,
    rng: &mut Rng,
) -> Result<Split, DataError> {
    let total = test_count(labels.len(), test_share)?;
    let order = by_class(labels, rng);
    // Of the first k examples in class order, `quota(k)` are held out. Each class is a
    // stretch of that order, so it gets its share rounded up or down.
    let quota = |k: usize| (k * total + labels.len() / 2) / labels.len();
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (k, &index) in order.iter().enumerate() {
        let part = if quota(k + 1) > quota(k) { &mut test } else { &mut train };
        part.push(index);
    }
    train.shuffle(rng);
    test.shuffle(rng);
    Ok(Split { train, test })
}

/// All indices, one class after another, in random order inside each class.
pub(super) fn by_class(labels: &[usize], rng: &mut Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.shuffle(rng);
    order.sort_by_key(|&index| labels[index]);
    order
}

/// The share as a whole number of examples, at least one and not all.
fn test_count(count: usize, test_share: f64) -> Result<usize, DataError> {
    if !(test_share > 0.0 && test_share < 1.0) {
        return Err(DataError::Share(test_share));
    }
    if count < 2 {
        return Err(DataError::TooFew { examples: count, parts: 2 });
    }
    let tests = (count as f64 * test_share).round() as usize;
    Ok(tests.clamp(1, count - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use proptest::prelude::*;

    fn is_partition(split: &Split, count: usize) -> bool {
        let mut all: Vec<usize> = [&split.train[..], &split.test[..]].concat();
        all.sort_unstable();
        all == (0..count).collect::<Vec<_>>()
    }

    proptest! {
        #[test]
        fn every_split_is_a_partition(
            count in 2..80usize, percent in 1..100u32, seed in 0..99u64,
        ) {
            let share = f64::from(percent) / 100.0;
            let wanted = (count as f64 * share).round().clamp(1.0, count as f64 - 1.0);
            let labels: Vec<usize> = (0..count).map(|i| i * i % 5).collect();
            for split in [
                shuffled(count, share, &mut rng(seed)).unwrap(),
                stratified(&labels, share, &mut rng(seed)).unwrap(),
                in_order(count, share).unwrap(),
            ] {
                prop_assert!(is_partition(&split, count));
                prop_assert_eq!(split.test.len(), wanted as usize);
            }
        }

        #[test]
        fn stratified_takes_its_share_of_every_class(
            labels in prop::collection::vec(0..4usize, 2..90), percent in 1..100u32,
        ) {
            let split =
                stratified(&labels, f64::from(percent) / 100.0, &mut rng(1)).unwrap();
            let share = split.test.len() as f64 / labels.len() as f64;
            for class in 0..4 {
                let of_class = |part: &[usize]| {
                    part.iter().filter(|&&i| labels[i] == class).count() as f64
                };
                let all = of_class(&split.test) + of_class(&split.train);
                let off = (of_class(&split.test) - share * all).abs();
                prop_assert!(off <= 1.0, "class {} is off by {}", class, off);
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        let draw = |seed| shuffled(50, 0.2, &mut rng(seed)).unwrap();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1).test, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn in_order_holds_out_the_end() {
        assert_eq!(in_order(10, 0.2).unwrap().test, [8, 9]);
    }

    #[test]
    fn a_share_outside_0_and_1_is_refused() {
        for share in [0.0, 1.0, -0.5, 7.0, f64::NAN] {
            let error = shuffled(10, share, &mut rng(1)).unwrap_err();
            assert!(error.to_string().contains("between 0 and 1"), "{error}");
        }
        let error = stratified(&[0], 0.5, &mut rng(1)).unwrap_err();
        assert_eq!(error.to_string(), "too few examples for 2 parts: 1");
    }
}
