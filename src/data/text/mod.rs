//! Text as a stream of small numbers, one for each character.
//!
//! A [`Vocabulary`] numbers the characters, a [`Corpus`] is a text cut in order into a
//! part to learn from, one to choose by and one to be judged on, and [`Chunks`] deals
//! such a part to a recurrent network, a few steps at a time. What a network reaches is
//! measured in bits per character beside that of two tables of counts, [`Unigram`] and
//! [`Bigram`].
//!
//! A *character* here is a Unicode scalar value, Rust's `char`. No part begins or ends
//! inside one, whatever its number of bytes. A letter followed by a combining accent is
//! two characters.

mod chunks;
mod corpus;
mod counts;
mod vocabulary;

pub use chunks::{Chunk, Chunks};
pub use corpus::{Corpus, LIMIT, Shares, read};
pub use counts::{Bigram, Unigram};
pub use vocabulary::{Replacement, UnknownCharacter, Vocabulary};

/// What is wrong with a text, and what to do about it: one line each.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The file is not there or may not be read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// The file's name.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },

    /// Bytes that are not UTF-8.
    #[error(
        "{file}: not UTF-8 text: byte {byte} is 0x{value:02x}; convert the file, \
         for example with iconv -f {encoding} -t UTF-8"
    )]
    NotText {
        /// The file's name.
        file: String,
        /// The place of the first byte that does not fit, counted from 1.
        byte: usize,
        /// That byte.
        value: u8,
        /// The encoding that the file may have instead.
        encoding: &'static str,
    },

    /// A text without any character.
    #[error("{file}: the text is empty; there is nothing to learn from")]
    Empty {
        /// The file's name.
        file: String,
    },

    /// A text that cannot be cut into three parts.
    #[error(
        "{file}: the text is too short: {characters} of at least {needed} characters"
    )]
    TooShort {
        /// The file's name.
        file: String,
        /// How many characters there are.
        characters: usize,
        /// How many there must be.
        needed: usize,
    },

    /// A text that repeats a single character.
    #[error("{file}: there is no character to learn from but {character:?}")]
    OneCharacter {
        /// The file's name.
        file: String,
        /// The only character.
        character: char,
    },

    /// Shares that leave nothing to learn from, or are none.
    #[error(
        "the shares to hold out are {validation} and {held_out}; each must lie above \
         0, and their sum below 1"
    )]
    Shares {
        /// The share to choose by.
        validation: f64,
        /// The share to be judged on.
        held_out: f64,
    },

    /// A stream too short to be dealt as asked.
    #[error(
        "a text of {characters} characters cannot be dealt to {batch} streams; \
         {batch} streams need at least {needed}, and chunks of at least one step"
    )]
    Chunks {
        /// How many characters the text has.
        characters: usize,
        /// How many streams were asked for.
        batch: usize,
        /// How many characters that takes.
        needed: usize,
    },
}
