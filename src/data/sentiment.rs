//! Praise and complaint: sentences by a small grammar that says which is which.
//!
//! ```text
//! sentence := side | side "but" side | side "although" side
//!           | "although" side "," side
//! side     := clause | clause "and" clause
//! clause   := "the" thing verb [not] [degree] word
//! ```
//!
//! A good word counts 1 and a bad one -1. *Very* and its like double that, *slightly*
//! and its like halve it; *not*, *never* and *hardly* turn it round. Two clauses with
//! *and* are added up. Of two sides only one counts: that after *but*, that before
//! *although*, and that after the comma where *although* comes first. What is above 0
//! is praise, what is below is a complaint; sentences at exactly 0 are not made.
//!
//! So the same words in another order can mean the opposite: "the film was good but the
//! ending was not dull" is praise, "the film was not good but the ending was dull" is a
//! complaint. Whoever only counts words, even by the best rule there is, gets about 72
//! in a hundred right; who reads in order can get them all.

use crate::Rng;
use rand::RngExt;
use rand::seq::IndexedRandom;

const THINGS: [&str; 8] =
    ["film", "book", "story", "ending", "music", "food", "room", "service"];
const VERBS: [&str; 3] = ["was", "is", "seemed"];
const NOT: [&str; 3] = ["not", "never", "hardly"];
const MORE: [&str; 3] = ["very", "really", "truly"];
const LESS: [&str; 3] = ["slightly", "somewhat", "rather"];
const GOOD: [&str; 5] = ["good", "great", "lovely", "funny", "clever"];
const BAD: [&str; 5] = ["bad", "awful", "boring", "dull", "ugly"];
const OTHERS: [&str; 5] = ["the", "and", "but", "although", ","];

/// Sentences as numbers of words, of unequal length, with what they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentences {
    /// The words of each sentence, as places in [`words`].
    pub sentences: Vec<Vec<usize>>,
    /// 1 for praise, 0 for a complaint.
    pub labels: Vec<usize>,
}

/// A word that the grammar does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the grammar does not know the word {0:?}")]
pub struct UnknownWord(pub String);

/// All words of the grammar; a word's place is its number.
pub fn words() -> Vec<&'static str> {
    let kinds: [&[&str]; 8] =
        [&OTHERS, &THINGS, &VERBS, &NOT, &MORE, &LESS, &GOOD, &BAD];
    kinds.concat()
}

/// The words of a sentence as numbers. Capitals and a full stop at the end do not
/// count, and a comma needs no space before it.
pub fn encode(sentence: &str) -> Result<Vec<usize>, UnknownWord> {
    let words = words();
    let plain = sentence.to_lowercase().replace(',', " , ");
    let numbers =
        plain.trim_end().trim_end_matches('.').split_whitespace().map(|word| {
            let number = words.iter().position(|&known| known == word);
            number.ok_or_else(|| UnknownWord(word.into()))
        });
    numbers.collect()
}

/// The words that numbers stand for.
///
/// # Panics
/// If a number is none of a word.
pub fn decode(sentence: &[usize]) -> String {
    let words = words();
    sentence.iter().map(|&number| words[number]).collect::<Vec<_>>().join(" ")
}

// ANCHOR: sentiment
/// Sentences of the grammar, complaints and praise in turns.
pub fn sentiment(count: usize, rng: &mut Rng) -> Sentences {
    let words = words();
    let (mut sentences, mut labels) = (Vec::new(), Vec::new());
    while sentences.len() < count {
        let sentence = sentence(rng);
        let wanted = sentences.len() % 2;
        let value = value(&sentence).unwrap_or(0.0);
        if value != 0.0 && usize::from(value > 0.0) == wanted {
            let number = |word| words.iter().position(|&known| known == word);
            sentences.push(sentence.into_iter().filter_map(number).collect());
            labels.push(wanted);
        }
    }
    Sentences { sentences, labels }
}

fn sentence(rng: &mut Rng) -> Vec<&'static str> {
    match rng.random_range(0..4) {
        0 => side(rng),
        1 => [side(rng), vec!["but"], side(rng)].concat(),
        2 => [side(rng), vec!["although"], side(rng)].concat(),
        _ => [vec!["although"], side(rng), vec![","], side(rng)].concat(),
    }
}

fn side(rng: &mut Rng) -> Vec<&'static str> {
    match rng.random_range(0..3) {
        0 => [clause(rng), vec!["and"], clause(rng)].concat(),
        _ => clause(rng),
    }
}

fn clause(rng: &mut Rng) -> Vec<&'static str> {
    let mut words = vec!["the"];
    let half: fn(&mut Rng) -> bool = |rng| rng.random();
    words.extend(THINGS.choose(rng));
    words.extend(VERBS.choose(rng));
    if half(rng) {
        words.extend(NOT.choose(rng));
    }
    if half(rng) {
        words.extend(if half(rng) { &MORE } else { &LESS }.choose(rng));
    }
    words.extend(if half(rng) { &GOOD } else { &BAD }.choose(rng));
    words
}
// ANCHOR_END: sentiment

// ANCHOR: value
/// What a sentence is worth by the rule of the grammar: above 0 for praise, below for a
/// complaint. `None` if it is not a sentence of the grammar.
pub fn value(sentence: &[&str]) -> Option<f64> {
    let at = |word: &str| sentence.iter().position(|&w| w == word);
    if let Some(comma) = at(",") {
        let (aside, rest) = (sentence[..comma].split_first()?, &sentence[comma + 1..]);
        value_of_side(aside.1).filter(|_| *aside.0 == "although")?;
        return value_of_side(rest);
    }
    match (at("but"), at("although")) {
        (None, None) => value_of_side(sentence),
        (Some(k), None) => {
            value_of_side(&sentence[..k]).and(value_of_side(&sentence[k + 1..]))
        }
        (None, Some(k)) => {
            value_of_side(&sentence[k + 1..]).and(value_of_side(&sentence[..k]))
        }
        (Some(_), Some(_)) => None,
    }
}

fn value_of_side(side: &[&str]) -> Option<f64> {
    let clauses: Option<Vec<f64>> =
        side.split(|&w| w == "and").map(clause_value).collect();
    clauses.filter(|clauses| clauses.len() <= 2).map(|clauses| clauses.iter().sum())
}

fn clause_value(clause: &[&str]) -> Option<f64> {
    let (&word, rest) = clause.split_last()?;
    let [the, thing, verb, before @ ..] = rest else { return None };
    if *the != "the" || !THINGS.contains(thing) || !VERBS.contains(verb) {
        return None;
    }
    let (sign, degrees) = match before {
        [first, others @ ..] if NOT.contains(first) => (-1.0, others),
        _ => (1.0, before),
    };
    let degree = match degrees {
        [] => 1.0,
        [degree] if MORE.contains(degree) => 2.0,
        [degree] if LESS.contains(degree) => 0.5,
        _ => return None,
    };
    match (GOOD.contains(&word), BAD.contains(&word)) {
        (true, _) => Some(sign * degree),
        (_, true) => Some(-sign * degree),
        _ => None,
    }
}
// ANCHOR_END: value

impl Sentences {
    /// How many sentences there are.
    pub fn len(&self) -> usize {
        self.sentences.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }

    /// Some sentences side by side: the words of step `t` of the `n`th at
    /// `t * batch + n`, with as many steps as the longest has, and the length of each.
    /// Past the end of a shorter one stands 0.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn batch(&self, indices: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let chosen: Vec<&Vec<usize>> =
            indices.iter().map(|&index| &self.sentences[index]).collect();
        let lengths: Vec<usize> = chosen.iter().map(|words| words.len()).collect();
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let mut tokens = vec![0; steps * chosen.len()];
        for (n, words) in chosen.iter().enumerate() {
            for (t, &word) in words.iter().enumerate() {
                tokens[t * chosen.len() + n] = word;
            }
        }
        (tokens, lengths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use proptest::prelude::*;
    use std::collections::{HashMap, HashSet};

    fn worth(sentence: &str) -> Option<f64> {
        let words = words();
        let numbers = encode(sentence).unwrap();
        value(&numbers.iter().map(|&number| words[number]).collect::<Vec<_>>())
    }

    #[test]
    fn the_rule_on_paper() {
        for (sentence, expected) in [
            ("The food was good.", 1.0),
            ("The food was bad.", -1.0),
            ("The food was not bad.", 1.0),
            ("The food was very bad.", -2.0),
            ("The food was hardly very bad.", 2.0),
            ("The food was slightly bad.", -0.5),
            ("The food was very good and the room was slightly ugly.", 1.5),
            ("The food was slightly good and the room was very ugly.", -1.5),
            ("The food was good but the room was ugly.", -1.0),
            ("The room was ugly but the food was good.", 1.0),
            ("The food was good although the room was ugly.", 1.0),
            ("Although the food was good, the room was ugly.", -1.0),
            ("Although the room was ugly, the food was never good.", -1.0),
        ] {
            assert_eq!(worth(sentence), Some(expected), "{sentence}");
        }
    }

    #[test]
    fn what_is_no_sentence_has_no_value() {
        for other in [
            "",
            "the food was",
            "food was good",
            "the food was very very good",
            "the food was very not good",
            "the food was good but",
            "but the food was good",
            "the food was good , the room was bad",
            "although the food was good",
            "the food was good and the food was good and the food was good",
            "the food was good but the food was good but the food was good",
            "although the food was good but the food was bad , the food was bad",
        ] {
            assert_eq!(worth(other), None, "{other}");
        }
        let unknown = encode("the Weather was good").unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "the grammar does not know the word \"weather\""
        );
    }

    #[test]
    fn labels_follow_the_rule_and_take_turns() {
        let words = words();
        assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
        let set = sentiment(1000, &mut rng(1));
        assert_eq!((set.len(), set.labels.len()), (1000, 1000));
        for (i, (sentence, &label)) in set.sentences.iter().zip(&set.labels).enumerate()
        {
            assert_eq!(label, i % 2);
            let text = decode(sentence);
            let value = worth(&text).unwrap();
            assert!(value != 0.0 && (value > 0.0) == (label == 1), "{text}");
            assert_eq!(&encode(&text).unwrap(), sentence);
        }
        let lengths: HashSet<usize> = set.sentences.iter().map(Vec::len).collect();
        assert!(lengths.iter().min() == Some(&4) && lengths.iter().max() > Some(&22));
        // No word is left out.
        let used: HashSet<usize> = set.sentences.concat().into_iter().collect();
        assert_eq!(used.len(), words.len());
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(sentiment(50, &mut rng(1)), sentiment(50, &mut rng(1)));
        assert_ne!(sentiment(50, &mut rng(1)), sentiment(50, &mut rng(2)));
    }

    /// Things, verbs, and which word of a kind it is change nothing. What is left of a
    /// bag of words are the counts of the kinds; the best answer to a bag is the
    /// commoner label among all sentences that have it.
    #[test]
    fn counting_words_is_not_enough() {
        let set = sentiment(40_000, &mut rng(3));
        let words = words();
        let kind = |word: &str| {
            let kinds: [&[&str]; 5] = [&NOT, &MORE, &LESS, &GOOD, &BAD];
            let kind = kinds.iter().position(|kind| kind.contains(&word));
            kind.or(OTHERS.iter().position(|&w| w == word).map(|k| 5 + k))
        };
        let mut bags: HashMap<[u8; 10], [usize; 2]> = HashMap::new();
        for (sentence, &label) in set.sentences.iter().zip(&set.labels) {
            let mut bag = [0; 10];
            sentence.iter().filter_map(|&w| kind(words[w])).for_each(|k| bag[k] += 1);
            bags.entry(bag).or_default()[label] += 1;
        }
        let best: usize = bags.values().map(|counts| counts[0].max(counts[1])).sum();
        let best = best as f64 / set.len() as f64;
        assert!((0.70..0.74).contains(&best), "{best} with {} bags", bags.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn a_batch_holds_every_word_at_its_step(
            indices in prop::collection::vec(0..20usize, 0..6),
        ) {
            let set = sentiment(20, &mut rng(5));
            let (tokens, lengths) = set.batch(&indices);
            let steps = lengths.iter().copied().max().unwrap_or(0);
            prop_assert_eq!(tokens.len(), steps * indices.len());
            for (n, &index) in indices.iter().enumerate() {
                let column: Vec<usize> =
                    (0..steps).map(|t| tokens[t * indices.len() + n]).collect();
                let sentence = &set.sentences[index];
                prop_assert_eq!(lengths[n], sentence.len());
                prop_assert_eq!(&column[..lengths[n]], &sentence[..]);
                prop_assert!(column[lengths[n]..].iter().all(|&word| word == 0));
            }
        }

        #[test]
        fn no_row_of_words_makes_the_rule_panic(
            numbers in prop::collection::vec(0..35usize, 0..30),
        ) {
            let words = words();
            let row: Vec<&str> = numbers.iter().map(|&number| words[number]).collect();
            if let Some(value) = value(&row) {
                prop_assert!(value.abs() <= 4.0);
            }
        }

        #[test]
        fn any_text_is_encoded_or_refused(text in "(?s).{0,40}") {
            if let Ok(numbers) = encode(&text) {
                prop_assert!(numbers.iter().all(|&number| number < words().len()));
            }
        }
    }
}
