//! A long text in short pieces, for backpropagation through time that is cut off.

use super::TextError;

/// A few steps of every stream. Column `t * batch + n` belongs to step `t` of stream
/// `n`, as in every batch of sequences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// How many steps.
    pub steps: usize,
    /// How many streams.
    pub batch: usize,
    /// What the network reads: steps x batch tokens.
    pub tokens: Vec<usize>,
    /// What it should say: to each token the one that follows it in the text.
    pub targets: Vec<usize>,
}

// ANCHOR: chunks
/// A text dealt to streams that are read side by side, chunk after chunk.
///
/// Stream `n` is the `n`th of `batch` equal stretches of the text. Chunk `k + 1` goes
/// on in every stream where chunk `k` ended, so the state at the end of one is the
/// right state for the start of the next; only chunk 0 starts from none.
///
/// With `n` characters there are `n - 1` pairs of a token and the next. What does not
/// divide evenly:
/// - each stream has `(n - 1) / batch` pairs, rounded down; fewer than `batch` pairs at
///   the end of the text are left out, none if `batch` is 1;
/// - the last chunk has the steps that are left, which may be fewer than `steps`.
#[derive(Clone, Copy, Debug)]
pub struct Chunks<'a> {
    text: &'a [usize],
    batch: usize,
    steps: usize,
    stream: usize,
}

impl<'a> Chunks<'a> {
    /// Deals a text to `batch` streams, in chunks of `steps` steps.
    pub fn new(
        text: &'a [usize],
        batch: usize,
        steps: usize,
    ) -> Result<Self, TextError> {
        let stream = text.len().saturating_sub(1).checked_div(batch).unwrap_or(0);
        if stream == 0 || steps == 0 {
            let (characters, needed) = (text.len(), batch.saturating_add(1).max(2));
            return Err(TextError::Chunks { characters, batch, needed });
        }
        Ok(Self { text, batch, steps, stream })
    }

    /// How many chunks there are, at least one.
    #[expect(clippy::len_without_is_empty, reason = "there is at least one chunk")]
    pub fn len(&self) -> usize {
        self.stream.div_ceil(self.steps)
    }

    /// Copies one chunk into a buffer that is used again and again.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn read(&self, index: usize, chunk: &mut Chunk) {
        let start = index * self.steps;
        assert!(start < self.stream, "chunk {index} of {}", self.len());
        chunk.steps = self.steps.min(self.stream - start);
        chunk.batch = self.batch;
        chunk.tokens.clear();
        chunk.targets.clear();
        for t in start..start + chunk.steps {
            let places = (0..self.batch).map(|n| n * self.stream + t);
            chunk.tokens.extend(places.clone().map(|place| self.text[place]));
            chunk.targets.extend(places.map(|place| self.text[place + 1]));
        }
    }
    // ANCHOR_END: chunks

    /// All chunks in order, each in memory of its own.
    pub fn iter(&self) -> impl Iterator<Item = Chunk> + '_ {
        (0..self.len()).map(|index| {
            let mut chunk = Chunk::default();
            self.read(index, &mut chunk);
            chunk
        })
    }

    /// How many streams are read side by side.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// How many steps a chunk has; the last may have fewer.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// How many characters are predicted in all chunks together.
    pub fn predicted(&self) -> usize {
        self.stream * self.batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_worked_example() {
        // 12 characters are 11 pairs: two streams of five, one pair is left out.
        let text: Vec<usize> = (0..12).collect();
        let chunks = Chunks::new(&text, 2, 3).unwrap();
        let all: Vec<Chunk> = chunks.iter().collect();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].tokens, [0, 5, 1, 6, 2, 7]);
        assert_eq!(all[0].targets, [1, 6, 2, 7, 3, 8]);
        assert_eq!(all[1].tokens, [3, 8, 4, 9]);
        assert_eq!(all[1].targets, [4, 9, 5, 10]);
        assert_eq!((all[1].steps, all[1].batch, chunks.predicted()), (2, 2, 10));
    }

    #[test]
    fn one_buffer_serves_all_chunks() {
        let text: Vec<usize> = (0..50).collect();
        let chunks = Chunks::new(&text, 3, 4).unwrap();
        let mut chunk = Chunk::default();
        chunks.read(0, &mut chunk);
        let addresses = (chunk.tokens.as_ptr(), chunk.targets.as_ptr());
        for (index, fresh) in chunks.iter().enumerate() {
            chunks.read(index, &mut chunk);
            assert_eq!(chunk, fresh);
            assert_eq!((chunk.tokens.as_ptr(), chunk.targets.as_ptr()), addresses);
        }
    }

    #[test]
    fn too_little_text_is_refused() {
        let error = |characters, batch, steps| {
            let text = vec![0; characters];
            Chunks::new(&text, batch, steps).unwrap_err().to_string()
        };
        let message = "a text of 4 characters cannot be dealt to 4 streams; \
                       4 streams need at least 5, and chunks of at least one step";
        assert_eq!(error(4, 4, 3), message);
        for (characters, batch, steps) in
            [(0, 1, 1), (1, 1, 1), (9, 0, 1), (9, 1, 0), (9, usize::MAX, usize::MAX)]
        {
            error(characters, batch, steps);
        }
        assert!(Chunks::new(&[0; 5], 4, usize::MAX).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, ..ProptestConfig::default()
        })]

        /// Characters are numbered by their place, so that a token tells where it is
        /// from.
        #[test]
        fn every_stream_is_read_once_in_order(
            length in 2..200usize, batch in 1..12usize, steps in 1..17usize,
        ) {
            let text: Vec<usize> = (0..length).collect();
            let Ok(chunks) = Chunks::new(&text, batch, steps) else {
                prop_assert!(length <= batch);
                return Ok(());
            };
            let mut streams = vec![Vec::new(); batch];
            let all: Vec<Chunk> = chunks.iter().collect();
            prop_assert_eq!(all.len(), chunks.len());
            for (index, chunk) in all.iter().enumerate() {
                prop_assert_eq!(chunk.tokens.len(), chunk.steps * batch);
                prop_assert!(chunk.steps == steps || index + 1 == all.len());
                for (column, (&token, &target)) in
                    chunk.tokens.iter().zip(&chunk.targets).enumerate()
                {
                    prop_assert_eq!(target, token + 1);
                    streams[column % batch].push(token);
                }
            }
            // The streams in a row are the text, but for fewer than `batch` pairs.
            let read = streams.concat();
            prop_assert_eq!(&read[..], &text[..read.len()]);
            prop_assert_eq!(read.len(), chunks.predicted());
            prop_assert!(length - 1 - read.len() < batch);
        }
    }
}
