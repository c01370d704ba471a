//! Characters as numbers and back.

use super::TextError;
use std::collections::BTreeSet;
use std::fmt;

/// A character that the vocabulary does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {position} of the text, {character:?}, is not in the vocabulary")]
pub struct UnknownCharacter {
    /// The character.
    pub character: char,
    /// Its place in the text, in characters counted from 1.
    pub position: usize,
}

/// Unknown characters that were replaced by a known one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The unknown character.
    pub character: char,
    /// The known one that was put in its place.
    pub stand_in: char,
    /// How often.
    pub times: usize,
}

impl fmt::Display for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { character, stand_in, times } = self;
        write!(f, "{stand_in:?} stands in for {character:?}, which is unknown")?;
        if *times > 1 { write!(f, " ({times} times)") } else { Ok(()) }
    }
}

// ANCHOR: vocabulary
/// The characters that a model knows, in the order of their Unicode numbers. A
/// character's place in that order is its *token*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    characters: Vec<char>,
}

impl Vocabulary {
    /// The characters of a text. A text of fewer than two different characters leaves
    /// nothing to predict and is refused.
    pub fn of(text: &str) -> Result<Self, TextError> {
        Self::named("the text", text)
    }

    /// The text as tokens; a character that is not known is an error.
    pub fn encode(&self, text: &str) -> Result<Vec<usize>, UnknownCharacter> {
        let tokens = text.chars().enumerate().map(|(i, character)| {
            let unknown = UnknownCharacter { character, position: i + 1 };
            self.token(character).ok_or(unknown)
        });
        tokens.collect()
    }

    /// The text that tokens stand for.
    ///
    /// # Panics
    /// If a token is not below [`len`](Self::len).
    pub fn decode(&self, tokens: &[usize]) -> String {
        tokens.iter().map(|&token| self.characters[token]).collect()
    }
    // ANCHOR_END: vocabulary

    /// The same, with the name that errors should mention.
    pub(super) fn named(file: &str, text: &str) -> Result<Self, TextError> {
        let characters: Vec<char> =
            text.chars().collect::<BTreeSet<char>>().into_iter().collect();
        let file = file.to_string();
        match characters[..] {
            [] => Err(TextError::Empty { file }),
            [character] => Err(TextError::OneCharacter { file, character }),
            _ => Ok(Self { characters }),
        }
    }

    /// How many characters there are, at least two.
    #[expect(clippy::len_without_is_empty, reason = "a vocabulary is never empty")]
    pub fn len(&self) -> usize {
        self.characters.len()
    }

    /// The characters in the order of their tokens. Joined to a text and given to
    /// [`of`](Self::of), they make the same vocabulary again.
    pub fn characters(&self) -> &[char] {
        &self.characters
    }

    /// The token of a character, if it is known.
    pub fn token(&self, character: char) -> Option<usize> {
        self.characters.binary_search(&character).ok()
    }

    /// The text as tokens. In place of an unknown character stands a known one, see
    /// [`stand_in`](Self::stand_in); the second value says which, in the order of
    /// their first appearance.
    pub fn encode_lossy(&self, text: &str) -> (Vec<usize>, Vec<Replacement>) {
        let mut replaced: Vec<Replacement> = Vec::new();
        let mut places = std::collections::HashMap::new();
        let tokens = text.chars().map(|character| {
            self.token(character).unwrap_or_else(|| {
                let place = *places.entry(character).or_insert_with(|| {
                    let stand_in = self.stand_in(character);
                    replaced.push(Replacement { character, stand_in, times: 0 });
                    replaced.len() - 1
                });
                replaced[place].times += 1;
                self.token(replaced[place].stand_in).unwrap_or_default()
            })
        });
        (tokens.collect(), replaced)
    }

    /// The known character that stands in for an unknown one: the first that is known
    /// of
    /// - its plain form, without accent or typographic finery (`'e'` for `'é'`, `'"'`
    ///   for `'“'`, `'-'` for a dash),
    /// - itself or its plain form in the other case,
    /// - a character of its kind: a space or a line end for any white space, a digit
    ///   for a digit,
    /// - `'?'`, a space, a line end, and at last the first of the vocabulary.
    pub fn stand_in(&self, character: char) -> char {
        let known = |c: &char| self.token(*c).is_some();
        let plain = plain(character);
        let cased = [character, plain].into_iter().flat_map(|c| {
            let (lower, upper) = (c.to_lowercase(), c.to_uppercase());
            // Only one character may take the place of one: 'ß' has no single capital.
            let lower = (lower.len() == 1).then_some(lower).into_iter().flatten();
            let upper = (upper.len() == 1).then_some(upper).into_iter().flatten();
            lower.chain(upper)
        });
        let kind: &str = match character {
            c if c.is_whitespace() => " \n\t",
            c if c.is_numeric() => "0123456789",
            _ => "",
        };
        let mut choices = [character, plain]
            .into_iter()
            .chain(cased)
            .chain(kind.chars())
            .chain("? \n".chars());
        choices.find(known).unwrap_or(self.characters[0])
    }
}

/// A character's nearest relative on an English keyboard, for what typewriters lack
/// and for the accents of Western Europe. Others are their own plain form.
fn plain(character: char) -> char {
    const FAMILIES: &[(char, &str)] = &[
        (' ', "\u{a0}\u{2009}\u{202f}\t"),
        ('\'', "‘’‚′`´"),
        ('"', "“”„«»″"),
        ('-', "\u{ad}‐‑‒–—−"),
        ('.', "…·"),
        ('*', "•×"),
        ('a', "àáâãäåāă"),
        ('c', "çćč"),
        ('e', "èéêëēě"),
        ('i', "ìíîïī"),
        ('n', "ñńň"),
        ('o', "òóôõöøō"),
        ('s', "śšßş"),
        ('u', "ùúûüūů"),
        ('y', "ýÿ"),
        ('z', "źżž"),
        ('A', "ÀÁÂÃÄÅĀĂ"),
        ('C', "ÇĆČ"),
        ('E', "ÈÉÊËĒĚ"),
        ('I', "ÌÍÎÏĪ"),
        ('N', "ÑŃŇ"),
        ('O', "ÒÓÔÕÖØŌ"),
        ('S', "ŚŠŞ"),
        ('U', "ÙÚÛÜŪŮ"),
        ('Y', "ÝŸ"),
        ('Z', "ŹŻŽ"),
    ];
    let family = FAMILIES.iter().find(|(_, members)| members.contains(character));
    family.map_or(character, |&(plain, _)| plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_are_places_in_the_sorted_characters() {
        let vocabulary = Vocabulary::of("banana\n").unwrap();
        assert_eq!(vocabulary.characters(), ['\n', 'a', 'b', 'n']);
        assert_eq!(vocabulary.encode("nab").unwrap(), [3, 1, 2]);
        assert_eq!(vocabulary.decode(&[2, 1, 3, 0]), "ban\n");
    }

    #[test]
    fn texts_with_nothing_to_predict_are_refused() {
        let error = |text| Vocabulary::of(text).unwrap_err().to_string();
        assert_eq!(
            error(""),
            "the text: the text is empty; there is nothing to learn from"
        );
        assert_eq!(
            error("\n\n\n"),
            "the text: there is no character to learn from but '\\n'"
        );
    }

    #[test]
    fn an_unknown_character_is_named_with_its_place() {
        let vocabulary = Vocabulary::of("abcé").unwrap();
        let error = vocabulary.encode("béz").unwrap_err();
        assert_eq!(error, UnknownCharacter { character: 'z', position: 3 });
        assert_eq!(
            error.to_string(),
            "character 3 of the text, 'z', is not in the vocabulary"
        );
    }

    #[test]
    fn stand_ins_are_the_nearest_that_is_known() {
        let known = Vocabulary::of("ab e\"-?7\n").unwrap();
        for (unknown, expected) in [
            ('é', 'e'),
            ('É', 'e'),
            ('E', 'e'),
            ('“', '"'),
            ('—', '-'),
            ('\u{a0}', ' '),
            ('\t', ' '),
            ('\u{2028}', ' '),
            ('3', '7'),
            ('x', '?'),
            ('ß', '?'),
            ('日', '?'),
        ] {
            assert_eq!(known.stand_in(unknown), expected, "{unknown:?}");
        }
        assert_eq!(Vocabulary::of("ab ").unwrap().stand_in('x'), ' ');
        assert_eq!(Vocabulary::of("ab").unwrap().stand_in('x'), 'a');
        assert_eq!(Vocabulary::of("AB").unwrap().stand_in('b'), 'B');
    }

    #[test]
    fn replacements_are_counted_and_said() {
        let vocabulary = Vocabulary::of("the cafe?").unwrap();
        let (tokens, replaced) = vocabulary.encode_lossy("thé café ☕");
        assert_eq!(vocabulary.decode(&tokens), "the cafe ?");
        let said: Vec<String> = replaced.iter().map(Replacement::to_string).collect();
        assert_eq!(
            said,
            [
                "'e' stands in for 'é', which is unknown (2 times)",
                "'?' stands in for '☕', which is unknown",
            ]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn what_is_encoded_is_decoded_again(text in "(?s).{0,60}") {
            let vocabulary = Vocabulary::of(&format!("{text}ab")).unwrap();
            let tokens = vocabulary.encode(&text).unwrap();
            prop_assert!(tokens.iter().all(|&token| token < vocabulary.len()));
            prop_assert_eq!(vocabulary.decode(&tokens), &text[..]);
            prop_assert_eq!(vocabulary.encode_lossy(&text), (tokens, Vec::new()));
            let again: String = vocabulary.characters().iter().collect();
            prop_assert_eq!(&Vocabulary::of(&again).unwrap(), &vocabulary);
        }

        #[test]
        fn every_character_has_a_known_stand_in(text in "(?s).{2,9}", other: char) {
            if let Ok(vocabulary) = Vocabulary::of(&text) {
                let stand_in = vocabulary.stand_in(other);
                prop_assert!(vocabulary.token(stand_in).is_some());
                if vocabulary.token(other).is_some() {
                    prop_assert_eq!(stand_in, other);
                }
                let (tokens, replaced) =
                    vocabulary.encode_lossy(&format!("{other}{text}{other}"));
                prop_assert_eq!(tokens.len(), text.chars().count() + 2);
                prop_assert!(replaced.iter().all(|r| r.times == 2));
            }
        }
    }
}
