//! Cross-validation: every example is held out exactly once in each round.

use super::DataError;
use super::split::{Split, by_class};
use crate::Rng;
use rand::seq::SliceRandom;

// ANCHOR: k_fold
/// Divides `count` examples by chance into `k` folds and holds out each in turn.
/// The sizes of the folds differ by at most one.
pub fn k_fold(count: usize, k: usize, rng: &mut Rng) -> Result<Vec<Split>, DataError> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(rng);
    deal(&order, k)
}
// ANCHOR_END: k_fold

/// As [`k_fold`], and every class is spread over the folds as evenly as it goes: the
/// folds' counts of a class differ by at most one.
pub fn stratified(
    labels: &[usize],
    k: usize,
    rng: &mut Rng,
) -> Result<Vec<Split>, DataError> {
    let mut folds = deal(&by_class(labels, rng), k)?;
    for fold in &mut folds {
        fold.train.shuffle(rng);
        fold.test.shuffle(rng);
    }
    Ok(folds)
}

// ANCHOR: iterated
/// [`k_fold`], `times` over, each round with folds of its own. Every example is held
/// out once in each round.
///
/// One round is an estimate that depends on how the cards fell; the mean over rounds
/// depends on it less.
pub fn iterated_k_fold(
    count: usize,
    k: usize,
    times: usize,
    rng: &mut Rng,
) -> Result<Vec<Vec<Split>>, DataError> {
    rounds(times, || k_fold(count, k, rng))
}

/// [`stratified`], `times` over, each round with folds of its own.
pub fn iterated_stratified(
    labels: &[usize],
    k: usize,
    times: usize,
    rng: &mut Rng,
) -> Result<Vec<Vec<Split>>, DataError> {
    rounds(times, || stratified(labels, k, rng))
}

fn rounds(
    times: usize,
    mut round: impl FnMut() -> Result<Vec<Split>, DataError>,
) -> Result<Vec<Vec<Split>>, DataError> {
    if times == 0 {
        return Err(DataError::Rounds);
    }
    (0..times).map(|_| round()).collect()
}
// ANCHOR_END: iterated

/// Deals the indices like cards, one to each fold, round after round.
fn deal(order: &[usize], k: usize) -> Result<Vec<Split>, DataError> {
    if k < 2 {
        return Err(DataError::Folds(k));
    }
    if k > order.len() {
        return Err(DataError::TooFew { examples: order.len(), parts: k });
    }
    let pick = |keep: &dyn Fn(usize) -> bool| {
        let places = (0..order.len()).filter(|&place| keep(place));
        places.map(|place| order[place]).collect()
    };
    let folds = (0..k).map(|fold| Split {
        train: pick(&|place| place % k != fold),
        test: pick(&|place| place % k == fold),
    });
    Ok(folds.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn folds_partition_the_examples(
            labels in prop::collection::vec(0..3usize, 7..70), k in 2..8usize,
        ) {
            let count = labels.len();
            for folds in [
                k_fold(count, k, &mut rng(3)).unwrap(),
                stratified(&labels, k, &mut rng(3)).unwrap(),
            ] {
                prop_assert_eq!(folds.len(), k);
                let mut held_out: Vec<usize> =
                    folds.iter().flat_map(|fold| fold.test.clone()).collect();
                held_out.sort_unstable();
                prop_assert_eq!(held_out, (0..count).collect::<Vec<_>>());
                for fold in &folds {
                    let mut all = [&fold.train[..], &fold.test[..]].concat();
                    all.sort_unstable();
                    prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
                    let even = count / k;
                    prop_assert!((even..=even + 1).contains(&fold.test.len()));
                }
            }
        }

        #[test]
        fn stratified_spreads_every_class(
            labels in prop::collection::vec(0..3usize, 7..70), k in 2..8usize,
        ) {
            let folds = stratified(&labels, k, &mut rng(3)).unwrap();
            for class in 0..3 {
                let all = labels.iter().filter(|&&label| label == class).count();
                for fold in &folds {
                    let held_out = fold.test.iter().filter(|&&i| labels[i] == class);
                    let even = all / k..=all.div_ceil(k);
                    prop_assert!(even.contains(&held_out.count()));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_round_partitions_the_examples_with_folds_of_its_own(
            labels in prop::collection::vec(0..3usize, 20..70), k in 2..8usize,
            times in 1..5usize,
        ) {
            let count = labels.len();
            let iterated = [
                iterated_k_fold(count, k, times, &mut rng(3)).unwrap(),
                iterated_stratified(&labels, k, times, &mut rng(3)).unwrap(),
            ];
            for rounds in &iterated {
                prop_assert_eq!(rounds.len(), times);
                for round in rounds {
                    prop_assert_eq!(round.len(), k);
                    let held_out = round.iter().flat_map(|fold| fold.test.clone());
                    let mut held_out: Vec<usize> = held_out.collect();
                    held_out.sort_unstable();
                    prop_assert_eq!(held_out, (0..count).collect::<Vec<_>>());
                }
                prop_assert!(rounds.windows(2).all(|two| two[0] != two[1]));
            }
            for fold in iterated[1].iter().flatten() {
                for class in 0..3 {
                    let of_class = |part: &[usize]| {
                        part.iter().filter(|&&i| labels[i] == class).count()
                    };
                    let held_out = of_class(&fold.test);
                    let all = held_out + of_class(&fold.train);
                    prop_assert!((all / k..=all.div_ceil(k)).contains(&held_out));
                }
            }
        }
    }

    #[test]
    fn the_first_round_is_that_of_the_same_seed_alone() {
        let rounds = iterated_k_fold(20, 4, 3, &mut rng(1)).unwrap();
        assert_eq!(rounds[0], k_fold(20, 4, &mut rng(1)).unwrap());
        let labels = [0, 1, 1, 0, 2, 2, 1, 0];
        let rounds = iterated_stratified(&labels, 2, 3, &mut rng(1)).unwrap();
        assert_eq!(rounds[0], stratified(&labels, 2, &mut rng(1)).unwrap());
        let error = iterated_k_fold(20, 4, 0, &mut rng(1)).unwrap_err().to_string();
        assert!(error.ends_with("repeated 0 times, it must be at least once"));
        assert_eq!(iterated_k_fold(20, 1, 3, &mut rng(1)), Err(DataError::Folds(1)));
    }

    #[test]
    fn folds_are_shuffled_by_the_seed() {
        let first = |seed| k_fold(20, 4, &mut rng(seed)).unwrap()[0].test.clone();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn too_few_folds_or_examples_are_refused() {
        let error = k_fold(10, 1, &mut rng(1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "too few folds: 1; at least 2 are needed, one of them to test on"
        );
        let error = stratified(&[0, 1, 0], 4, &mut rng(1)).unwrap_err();
        assert_eq!(error.to_string(), "too few examples for 4 parts: 3");
    }
}
