//! Prediction by counting: what a network must beat.
//!
//! Both models are fitted on the training part and judged in bits per character: the
//! mean of `-log2 p` over the characters to be predicted. Those are all of a part but
//! its first, which nothing comes before; a network that reads the part from its first
//! character is judged on the same.
//!
//! Add-one smoothing counts everything once more than it was seen, so that nothing is
//! impossible: what was never seen still costs a finite number of bits.

use std::collections::HashMap;

// ANCHOR: unigram
/// How common each character is, whatever stands before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unigram {
    counts: Vec<usize>,
    total: usize,
}

impl Unigram {
    /// Counts the tokens of a training part; all must be below `vocabulary`.
    pub fn fit(train: &[usize], vocabulary: usize) -> Self {
        let mut counts = vec![0; vocabulary];
        train.iter().for_each(|&token| counts[token] += 1);
        Self { counts, total: train.len() }
    }

    /// The share of a token, add-one smoothed.
    pub fn probability(&self, token: usize) -> f64 {
        (self.counts[token] + 1) as f64 / (self.total + self.counts.len()) as f64
    }

    /// The mean bits that the characters after the first cost.
    pub fn bits_per_character(&self, tokens: &[usize]) -> f64 {
        mean_bits(tokens, |_, next| self.probability(next))
    }
}
// ANCHOR_END: unigram

// ANCHOR: bigram
/// How common each character is after each other one.
#[derive(Clone, Debug, PartialEq)]
pub struct Bigram {
    pairs: HashMap<(usize, usize), usize>,
    firsts: Vec<usize>,
}

impl Bigram {
    /// Counts the pairs of neighbors in a training part; all tokens must be below
    /// `vocabulary`.
    pub fn fit(train: &[usize], vocabulary: usize) -> Self {
        let (mut pairs, mut firsts) = (HashMap::new(), vec![0; vocabulary]);
        for pair in train.windows(2) {
            *pairs.entry((pair[0], pair[1])).or_insert(0) += 1;
            firsts[pair[0]] += 1;
        }
        Self { pairs, firsts }
    }

    /// The share of `next` after `previous`, add-one smoothed.
    pub fn probability(&self, previous: usize, next: usize) -> f64 {
        let count = self.pairs.get(&(previous, next)).copied().unwrap_or(0);
        (count + 1) as f64 / (self.firsts[previous] + self.firsts.len()) as f64
    }

    /// The mean bits that the characters after the first cost.
    pub fn bits_per_character(&self, tokens: &[usize]) -> f64 {
        mean_bits(tokens, |previous, next| self.probability(previous, next))
    }
}
// ANCHOR_END: bigram

/// The mean of `-log2 p` over neighbors; 0 where there are none.
fn mean_bits(tokens: &[usize], probability: impl Fn(usize, usize) -> f64) -> f64 {
    let bits = |pair: &[usize]| -probability(pair[0], pair[1]).log2();
    let total: f64 = tokens.windows(2).map(bits).sum();
    total / tokens.len().saturating_sub(1).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_counts_of_a_worked_example() {
        // "aab" over {a, b, c}: a twice, b once, one added to each of three.
        let unigram = Unigram::fit(&[0, 0, 1], 3);
        assert_eq!([0, 1, 2].map(|t| unigram.probability(t) * 6.0), [3.0, 2.0, 1.0]);
        // Predicted are "b" and "c", with 2/6 and 1/6.
        let expected = (3f64.log2() + 6f64.log2()) / 2.0;
        assert!((unigram.bits_per_character(&[0, 1, 2]) - expected).abs() < 1e-12);
        // After a: once a, once b. After b and c: nothing was seen.
        let bigram = Bigram::fit(&[0, 0, 1], 3);
        assert_eq!([0, 1, 2].map(|t| bigram.probability(0, t) * 5.0), [2.0, 2.0, 1.0]);
        assert_eq!(bigram.probability(1, 0), 1.0 / 3.0);
        let expected = (2.5f64.log2() + 3f64.log2()) / 2.0;
        assert!((bigram.bits_per_character(&[0, 1, 2]) - expected).abs() < 1e-12);
    }

    #[test]
    fn a_part_without_pairs_costs_nothing() {
        assert_eq!(Unigram::fit(&[0, 1], 2).bits_per_character(&[1]), 0.0);
        assert_eq!(Bigram::fit(&[], 2).bits_per_character(&[]), 0.0);
    }

    #[test]
    fn order_is_worth_bits() {
        let text: Vec<usize> = (0..900).map(|i| i % 3).collect();
        let unigram = Unigram::fit(&text, 3).bits_per_character(&text);
        assert!((unigram - 3f64.log2()).abs() < 1e-4, "{unigram}");
        let bigram = Bigram::fit(&text, 3).bits_per_character(&text);
        assert!(bigram < 0.02, "{bigram}");
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn probabilities_add_up_to_one(
            train in prop::collection::vec(0..7usize, 0..50), spare in 0..3usize,
        ) {
            let vocabulary = 7 + spare;
            let unigram = Unigram::fit(&train, vocabulary);
            let bigram = Bigram::fit(&train, vocabulary);
            let sum: f64 = (0..vocabulary).map(|t| unigram.probability(t)).sum();
            prop_assert!((sum - 1.0).abs() < 1e-12);
            for previous in 0..vocabulary {
                let of = |t| bigram.probability(previous, t);
                let sum: f64 = (0..vocabulary).map(of).sum();
                prop_assert!((sum - 1.0).abs() < 1e-12);
            }
        }
    }
}
