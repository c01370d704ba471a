//! A text, cut in order into three parts.

use super::{Replacement, TextError, Vocabulary};
use crate::data::file;
use std::path::Path;

/// The most bytes that a text may have, packed or not: 32 MiB. Its tokens take eight
/// times as much memory, and no lesson could train on more.
pub const LIMIT: u64 = 1 << 25;

/// Fewer than two characters in a part would leave none to predict.
const SMALLEST_PART: usize = 2;

/// Which share of a text is kept from the training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// The share to choose by: when to stop, which size, which learning rate.
    pub validation: f64,
    /// The share to be judged on, once.
    pub held_out: f64,
}

impl Default for Shares {
    fn default() -> Self {
        Self { validation: 0.1, held_out: 0.1 }
    }
}

/// A text as tokens, in three parts: first the one to learn from, then the one to
/// choose by, at the end the one to be judged on.
///
/// Nothing is shuffled: neighbors in a text share their words, so a shuffled split
/// would ask in the exam what was told in the lesson. The vocabulary is that of the
/// training part. A character that only later parts have is replaced by its stand-in
/// ([`Vocabulary::stand_in`]) before anything is measured, for every model alike, and
/// [`replaced`](Self::replaced) tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    /// Where the text comes from.
    pub name: String,
    /// The characters of the training part.
    pub vocabulary: Vocabulary,
    /// The part to learn from.
    pub train: Vec<usize>,
    /// The part to choose by.
    pub validation: Vec<usize>,
    /// The part to be judged on.
    pub held_out: Vec<usize>,
    /// Characters of the later parts that the training part does not have.
    pub replaced: Vec<Replacement>,
}

impl Corpus {
    /// Reads a file and cuts it, see [`read`] and [`of`](Self::of).
    pub fn read(path: impl AsRef<Path>, shares: Shares) -> Result<Self, TextError> {
        let path = path.as_ref();
        Self::of(&path.display().to_string(), &read(path)?, shares)
    }

    // ANCHOR: cut
    /// Cuts a text between characters. Shares are rounded to whole characters; every
    /// part has at least two. `name` is what errors should mention.
    pub fn of(name: &str, text: &str, shares: Shares) -> Result<Self, TextError> {
        let Shares { validation, held_out } = shares;
        if !(validation > 0.0 && held_out > 0.0 && validation + held_out < 1.0) {
            return Err(TextError::Shares { validation, held_out });
        }
        let file = || name.to_string();
        let (characters, needed) = (text.chars().count(), 3 * SMALLEST_PART);
        match characters {
            0 => return Err(TextError::Empty { file: file() }),
            n if n < needed => {
                return Err(TextError::TooShort { file: file(), characters, needed });
            }
            _ => {}
        }
        let count = |share: f64| (characters as f64 * share).round() as usize;
        let last = count(held_out).clamp(SMALLEST_PART, characters - 2 * SMALLEST_PART);
        let middle =
            count(validation).clamp(SMALLEST_PART, characters - last - SMALLEST_PART);
        let (train, rest) = cut(text, characters - last - middle);
        let vocabulary = Vocabulary::named(name, train)?;
        let (train, _) = vocabulary.encode_lossy(train);
        let (mut validation, replaced) = vocabulary.encode_lossy(rest);
        let held_out = validation.split_off(middle);
        Ok(Self { name: file(), vocabulary, train, validation, held_out, replaced })
    }
    // ANCHOR_END: cut

    /// How many characters the three parts have together.
    #[expect(clippy::len_without_is_empty, reason = "a corpus is never empty")]
    pub fn len(&self) -> usize {
        self.train.len() + self.validation.len() + self.held_out.len()
    }
}

/// The first `count` characters, and the others.
fn cut(text: &str, count: usize) -> (&str, &str) {
    let place = text.char_indices().nth(count).map_or(text.len(), |(byte, _)| byte);
    text.split_at(place)
}

/// Reads a text file of at most [`LIMIT`] bytes, plain or gzip.
///
/// It must be UTF-8. A byte-order mark at its start is dropped. Every line end becomes
/// `\n`, whether it was `\r\n`, `\n` or a lone `\r`, so that a text learns the same
/// wherever it was saved. Nothing else is changed.
pub fn read(path: impl AsRef<Path>) -> Result<String, TextError> {
    let path = path.as_ref();
    let file = path.display().to_string();
    let bytes = file::read_up_to(path, LIMIT)
        .and_then(|bytes| file::unpack_text_up_to(bytes, LIMIT));
    match bytes {
        Ok(bytes) => text(file, bytes),
        Err(source) => Err(TextError::Unreadable { file, source }),
    }
}

fn text(file: String, bytes: Vec<u8>) -> Result<String, TextError> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let (place, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
        let encoding = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
            _ => "LATIN1",
        };
        let value = bytes[place];
        TextError::NotText { file: file.clone(), byte: place + 1, value, encoding }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match text.is_empty() {
        true => Err(TextError::Empty { file }),
        false => Ok(unix_lines(text)),
    }
}

fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(corpus: &Corpus) -> String {
        let parts = [&corpus.train, &corpus.validation, &corpus.held_out];
        parts.map(|part| corpus.vocabulary.decode(part)).concat()
    }

    #[test]
    fn the_parts_follow_one_another() {
        let text = "abcdefghij".repeat(10);
        let corpus = Corpus::of("t", &text, Shares::default()).unwrap();
        let lengths =
            [corpus.train.len(), corpus.validation.len(), corpus.held_out.len()];
        assert_eq!(lengths, [80, 10, 10]);
        assert_eq!(whole(&corpus), text);
        assert_eq!((corpus.len(), corpus.replaced.len()), (100, 0));
    }

    #[test]
    fn what_only_later_parts_have_is_replaced_and_told() {
        let text = format!("{}éß", "the end? ".repeat(3));
        let shares = Shares { validation: 0.1, held_out: 0.1 };
        let corpus = Corpus::of("t", &text, shares).unwrap();
        assert_eq!(corpus.vocabulary.decode(&corpus.held_out), " e?");
        let replaced: Vec<(char, char)> =
            corpus.replaced.iter().map(|r| (r.character, r.stand_in)).collect();
        assert_eq!(replaced, [('é', 'e'), ('ß', '?')]);
    }

    #[test]
    fn texts_that_cannot_be_cut_are_refused_in_one_line() {
        let error = |text| {
            Corpus::of("my.txt", text, Shares::default()).unwrap_err().to_string()
        };
        assert_eq!(
            error(""),
            "my.txt: the text is empty; there is nothing to learn from"
        );
        let short = "my.txt: the text is too short: 1 of at least 6 characters";
        assert_eq!(error("é"), short);
        assert_eq!(
            error("ααααααα"),
            "my.txt: there is no character to learn from but 'α'"
        );
        assert_eq!(
            error("aaaaaaaaab"),
            "my.txt: there is no character to learn from but 'a'"
        );
        for (validation, held_out) in [(0.0, 0.1), (0.5, 0.5), (f64::NAN, 0.1)] {
            let shares = Shares { validation, held_out };
            let error = Corpus::of("t", "abcdefgh", shares).unwrap_err().to_string();
            assert!(error.ends_with("and their sum below 1"), "{error}");
        }
    }

    #[test]
    fn a_file_is_read_whatever_its_line_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        std::fs::write(&path, "\u{feff}one\r\ntwo\rthree\n\r\n").unwrap();
        assert_eq!(read(&path).unwrap(), "one\ntwo\nthree\n\n");
        std::fs::write(&path, "a b\0c\u{feff}").unwrap();
        assert_eq!(read(&path).unwrap(), "a b\0c\u{feff}");
    }

    #[test]
    fn files_that_are_no_text_are_refused_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        let error = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            read(&path).unwrap_err().to_string().split_off(path.as_os_str().len())
        };
        let nothing = ": the text is empty; there is nothing to learn from";
        assert_eq!(error(b""), nothing);
        assert_eq!(error("\u{feff}".as_bytes()), nothing);
        assert_eq!(
            error(b"caf\xe9 noir"),
            ": not UTF-8 text: byte 4 is 0xe9; convert the file, for example with \
             iconv -f LATIN1 -t UTF-8"
        );
        assert_eq!(
            error(b"\xff\xfea\0"),
            ": not UTF-8 text: byte 1 is 0xff; convert the file, for example with \
             iconv -f UTF-16 -t UTF-8"
        );
        assert!(error("日".as_bytes()[..2].as_ref()).contains("byte 1 is 0xe6"));
        std::fs::File::create(&path).unwrap().set_len(LIMIT + 1).unwrap();
        let large = read(&path).unwrap_err().to_string();
        assert!(
            large.ends_with("cannot be read: larger than 33554432 bytes"),
            "{large}"
        );
        let missing = read(folder.path().join("none")).unwrap_err().to_string();
        assert!(missing.contains("none: cannot be read: "), "{missing}");
        assert!(Corpus::read(folder.path(), Shares::default()).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn any_text_is_cut_without_loss_or_refused(
            text in "[a-dé日🦀]{0,40}", percents in (0..70u32, 0..70u32),
        ) {
            let (validation, held_out) = percents;
            let shares = Shares {
                validation: f64::from(validation) / 100.0,
                held_out: f64::from(held_out) / 100.0,
            };
            match Corpus::of("t", &text, shares) {
                Ok(corpus) => {
                    let count = text.chars().count();
                    prop_assert_eq!(corpus.len(), count);
                    let parts = [&corpus.train, &corpus.validation, &corpus.held_out];
                    prop_assert!(parts.iter().all(|part| part.len() >= 2));
                    let train: String = text.chars().take(corpus.train.len()).collect();
                    let learned = corpus.vocabulary.decode(&corpus.train);
                    prop_assert_eq!(learned, train);
                    let differ = |(a, b): &(char, char)| a != b;
                    let changed =
                        text.chars().zip(whole(&corpus).chars()).filter(differ).count();
                    let told: usize = corpus.replaced.iter().map(|r| r.times).sum();
                    prop_assert_eq!(changed, told);
                    for (part, share) in parts[1..].iter().zip([validation, held_out]) {
                        let wanted = count as f64 * f64::from(share) / 100.0;
                        let fits = (part.len() as f64 - wanted).abs() <= 0.5;
                        let pushed = part.len() == 2 || corpus.train.len() == 2;
                        prop_assert!(fits || pushed);
                    }
                }
                Err(error) => prop_assert!(!error.to_string().contains('\n')),
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(
            telling in prop::collection::vec(
                prop::sample::select(b"ab\r\n\xef\xbb\xbf\xc3\xa9".to_vec()), 0..20,
            ),
            others in prop::collection::vec(any::<u8>(), 0..3),
        ) {
            let bytes = [telling, others].concat();
            match text("f".into(), bytes) {
                Ok(text) => prop_assert!(!text.contains('\r') && !text.is_empty()),
                Err(error) => prop_assert!(!error.to_string().contains('\n')),
            }
        }
    }
}
