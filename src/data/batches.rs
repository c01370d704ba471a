//! Mini-batches: all examples in a new random order at every epoch, a few at a time.

use super::DataError;
use crate::Rng;
use rand::SeedableRng;
use rand::seq::SliceRandom;

/// Deals out the indices of a data set in batches.
///
/// ```
/// use gradbook::data::Batches;
///
/// let mut batches = Batches::shuffled(10, 4, &mut gradbook::rng(7))?;
/// let mut sizes = Vec::new();
/// while let Some(batch) = batches.next_batch() {
///     sizes.push(batch.len());
/// }
/// assert_eq!(sizes, [4, 4, 2]); // the last batch holds what is left
/// # Ok::<(), gradbook::data::DataError>(())
/// ```
///
/// After the `None` that ends an epoch, the next call starts another, in a new order.
#[derive(Clone, Debug)]
pub struct Batches {
    order: Vec<usize>,
    size: usize,
    position: usize,
    /// The generator as it was before it shuffled this epoch; `None` for a fixed order.
    generator: Option<Rng>,
    /// The generator as it is now.
    next: Option<Rng>,
}

/// Where a [`Batches`] stands: enough to go on from there as if nothing had happened.
///
/// It holds the generator as it was before this epoch's shuffle, and how far the epoch
/// has come. The order itself need not be saved: shuffling again gives it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchState {
    /// The generator's seed, or `None` where the order is fixed.
    pub seed: Option<[u8; 32]>,
    /// How many 32-bit words the generator had given when the epoch began.
    pub word: u128,
    /// How many examples of this epoch have been dealt.
    pub position: usize,
}

impl Batches {
    /// Batches of `size` out of `count` examples, shuffled at every epoch. One seed is
    /// drawn from `rng`; from there on the batches have a generator of their own, so
    /// that nothing else that is random can change their order.
    pub fn shuffled(
        count: usize,
        size: usize,
        rng: &mut Rng,
    ) -> Result<Self, DataError> {
        Self::start(count, size, Some(Rng::from_rng(rng)))
    }

    /// Batches in the order of the data, the same at every epoch.
    pub fn in_order(count: usize, size: usize) -> Result<Self, DataError> {
        Self::start(count, size, None)
    }

    /// Goes on where [`state`](Self::state) was taken, given the same data and size.
    pub fn resume(
        count: usize,
        size: usize,
        state: &BatchState,
    ) -> Result<Self, DataError> {
        let position = state.position;
        if position > count {
            return Err(DataError::Position { position, examples: count });
        }
        let generator = state.seed.map(|seed| {
            let mut generator = Rng::from_seed(seed);
            generator.set_word_pos(state.word);
            generator
        });
        Ok(Self { position, ..Self::start(count, size, generator)? })
    }

    fn start(
        count: usize,
        size: usize,
        generator: Option<Rng>,
    ) -> Result<Self, DataError> {
        if size == 0 {
            return Err(DataError::BatchSize);
        }
        let order = (0..count).collect();
        let next = generator.clone();
        let mut batches = Self { order, size, position: 0, generator, next };
        batches.begin_epoch();
        Ok(batches)
    }

    // ANCHOR: begin_epoch
    /// Puts the examples into this epoch's order. It always starts from 0, 1, 2, ...,
    /// so that the generator alone decides, whatever came before.
    fn begin_epoch(&mut self) {
        self.position = 0;
        if let Some(rng) = &mut self.next {
            self.generator = Some(rng.clone());
            self.order.iter_mut().enumerate().for_each(|(i, slot)| *slot = i);
            self.order.shuffle(rng);
        }
    }
    // ANCHOR_END: begin_epoch

    // ANCHOR: next_batch
    /// The next batch, or `None` once when an epoch is over. The last batch of an epoch
    /// may be smaller. No memory is allocated.
    pub fn next_batch(&mut self) -> Option<&[usize]> {
        if self.position >= self.order.len() {
            self.begin_epoch();
            return None;
        }
        let start = self.position;
        self.position = (start + self.size).min(self.order.len());
        Some(&self.order[start..self.position])
    }
    // ANCHOR_END: next_batch

    /// How many batches an epoch has.
    pub fn per_epoch(&self) -> usize {
        self.order.len().div_ceil(self.size)
    }

    /// Where the batches stand now. Save it, and [`resume`](Self::resume) later.
    pub fn state(&self) -> BatchState {
        let generator = self.generator.as_ref();
        BatchState {
            seed: generator.map(Rng::get_seed),
            word: generator.map_or(0, Rng::get_word_pos),
            position: self.position,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use proptest::prelude::*;

    fn epoch(batches: &mut Batches) -> Vec<Vec<usize>> {
        let mut all = Vec::new();
        while let Some(batch) = batches.next_batch() {
            all.push(batch.to_vec());
        }
        all
    }

    proptest! {
        #[test]
        fn an_epoch_deals_every_example_once(count in 0..50usize, size in 1..60usize) {
            let mut batches = Batches::shuffled(count, size, &mut rng(5)).unwrap();
            for _ in 0..2 {
                let dealt = epoch(&mut batches);
                prop_assert_eq!(dealt.len(), batches.per_epoch());
                let full = dealt.len().saturating_sub(1);
                prop_assert!(dealt[..full].iter().all(|batch| batch.len() == size));
                let mut all = dealt.concat();
                all.sort_unstable();
                prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
            }
        }

        #[test]
        fn resuming_equals_going_on(
            count in 1..30usize, size in 1..9usize, steps in 0..40usize,
        ) {
            for mut straight in [
                Batches::shuffled(count, size, &mut rng(5)).unwrap(),
                Batches::in_order(count, size).unwrap(),
            ] {
                for _ in 0..steps {
                    straight.next_batch();
                }
                let mut resumed =
                    Batches::resume(count, size, &straight.state()).unwrap();
                for _ in 0..3 * straight.per_epoch() + 3 {
                    prop_assert_eq!(resumed.next_batch(), straight.next_batch());
                    prop_assert_eq!(resumed.state(), straight.state());
                }
            }
        }
    }

    #[test]
    fn every_epoch_has_its_own_order() {
        let mut batches = Batches::shuffled(20, 20, &mut rng(5)).unwrap();
        let (first, second) = (epoch(&mut batches), epoch(&mut batches));
        assert_ne!(first, second);
        assert_ne!(first[0], (0..20).collect::<Vec<_>>());
        let mut again = Batches::shuffled(20, 20, &mut rng(5)).unwrap();
        assert_eq!(epoch(&mut again), first);
    }

    #[test]
    fn a_fixed_order_stays() {
        let mut batches = Batches::in_order(5, 2).unwrap();
        for _ in 0..2 {
            assert_eq!(epoch(&mut batches), [vec![0, 1], vec![2, 3], vec![4]]);
        }
    }

    #[test]
    fn a_batch_of_nothing_is_refused() {
        let error = Batches::in_order(5, 0).unwrap_err();
        assert_eq!(error.to_string(), "the batch size is 0, it must be at least 1");
    }

    #[test]
    fn a_position_beyond_the_data_is_refused() {
        let mut state = Batches::in_order(5, 2).unwrap().state();
        state.position = 6;
        let error = Batches::resume(5, 2, &state).unwrap_err();
        assert_eq!(error.to_string(), "position 6 lies beyond the 5 examples");
    }
}
