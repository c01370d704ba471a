//! What is remembered of each number in memory, to find races and reads of memory that
//! was never written.
//!
//! Time is counted in *moments*: a new one begins with each block and at each barrier.
//! Blocks run one after the other, so two accesses of one block lie between the same
//! two barriers exactly if their moments are equal, and a moment before the block's
//! first belongs to another block.

use super::{Access, Space};

/// A word was touched: when, by which thread of its block, and by which line (a number
/// that only the device understands).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// 0 is never.
    pub moment: u32,
    /// Index of the thread in its block, x running fastest.
    pub thread: u32,
    /// The line.
    pub place: u32,
}

/// The moments of a launch.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// This moment.
    pub now: u32,
    launch: u32,
    block: u32,
    /// The first moment of each block so far, in the order in which they run.
    blocks: Vec<u32>,
}

/// What is wrong with an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nobody has written this number.
    Unwritten,
    /// Another thread did this to the same number, with no barrier between.
    Race(Access, Mark),
}

/// What happened to one number.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    writer: Mark,
    /// The last reader.
    reader: Mark,
    /// Another reader of the same moment, if there is one.
    second: Option<std::num::NonZeroU32>,
    /// A reader of an earlier block than `reader`.
    elder: Mark,
}

/// The history of a piece of memory, word by word.
#[derive(Clone, Debug)]
pub(crate) struct Shadow {
    words: Vec<Word>,
    space: Space,
}

/// Written by the host, before every launch.
const BY_HOST: Mark = Mark { moment: 1, thread: 0, place: 0 };

impl Clock {
    /// Before the first launch.
    pub fn new() -> Self {
        Self { now: 1, launch: 1, block: 1, blocks: Vec::new() }
    }

    /// Begins a launch.
    pub fn begin_launch(&mut self) {
        self.launch = self.now.saturating_add(1);
        self.blocks.clear();
    }

    /// Begins the next block of the launch.
    pub fn begin_block(&mut self) {
        self.tick();
        self.block = self.now;
        self.blocks.push(self.now);
    }

    /// All threads of the block have passed a barrier.
    pub fn tick(&mut self) {
        self.now = self.now.saturating_add(1);
    }

    /// Whether the moments have run out: then the device has to begin anew.
    pub fn exhausted(&self) -> bool {
        self.now == u32::MAX
    }

    /// Which block of this launch a mark was made by: its number in running order.
    pub fn block_of(&self, mark: Mark) -> u64 {
        let begun = self.blocks.partition_point(|first| *first <= mark.moment);
        begun.saturating_sub(1) as u64
    }
}

impl Shadow {
    /// Memory of `len` words that nobody has written.
    pub fn new(space: Space, len: usize) -> Self {
        let words = vec![Word::default(); len];
        Self { words, space }
    }

    /// The host writes these words.
    pub fn write_by_host(&mut self, words: std::ops::Range<usize>) {
        for word in &mut self.words[words] {
            *word = Word { writer: BY_HOST, ..Word::default() };
        }
    }

    /// Whether anybody has written this word.
    pub fn is_written(&self, index: usize) -> bool {
        self.words[index].writer.moment > 0
    }

    // ANCHOR: read
    /// A thread reads: some write must have come before it, and none of another thread
    /// since the last barrier.
    #[inline]
    pub fn read(&mut self, index: usize, by: Mark, clock: &Clock) -> Option<Trouble> {
        let oldest = self.oldest(clock);
        let word = &mut self.words[index];
        let written = match self.space {
            Space::Global => word.writer.moment > 0,
            // what an earlier block left in shared memory counts for nothing
            _ => word.writer.moment >= oldest,
        };
        if !written {
            // whoever writes it before the next barrier has raced with this read
            word.remember_reader(by, clock.block);
            return Some(Trouble::Unwritten);
        }
        if collide(word.writer, by, oldest, clock.block) {
            return Some(Trouble::Race(Access::Store, word.writer));
        }
        word.remember_reader(by, clock.block);
        None
    }

    /// A thread writes: no other thread may have touched the word since the last
    /// barrier.
    pub fn write(&mut self, index: usize, by: Mark, clock: &Clock) -> Option<Trouble> {
        let oldest = self.oldest(clock);
        let word = &mut self.words[index];
        let trouble = word.touched_by_another(by, oldest, clock.block);
        word.writer = by;
        trouble
    }
    // ANCHOR_END: read

    /// The first moment whose accesses can collide with those of now.
    fn oldest(&self, clock: &Clock) -> u32 {
        match self.space {
            Space::Global => clock.launch,
            _ => clock.block,
        }
    }
}

/// Whether an `earlier` access and one of now stand in no order: made by two threads of
/// one block in the same moment, or by two blocks of this launch.
fn collide(earlier: Mark, now: Mark, oldest: u32, block: u32) -> bool {
    if earlier.moment == now.moment {
        return earlier.thread != now.thread;
    }
    oldest <= earlier.moment && earlier.moment < block
}

impl Word {
    fn touched_by_another(&self, by: Mark, oldest: u32, block: u32) -> Option<Trouble> {
        if collide(self.writer, by, oldest, block) {
            return Some(Trouble::Race(Access::Store, self.writer));
        }
        let second =
            self.second.map(|thread| Mark { thread: thread.get() - 1, ..self.reader });
        [Some(self.reader), second, Some(self.elder)]
            .into_iter()
            .flatten()
            .find(|reader| collide(*reader, by, oldest, block))
            .map(|reader| Trouble::Race(Access::Load, reader))
    }

    /// Two different readers of a moment are enough: whoever writes, one of them is
    /// another thread.
    fn remember_reader(&mut self, by: Mark, block: u32) {
        if self.reader.moment == by.moment {
            if self.reader.thread != by.thread && self.second.is_none() {
                self.second = std::num::NonZeroU32::new(by.thread + 1);
            }
            return;
        }
        if self.reader.moment < block {
            self.elder = self.reader;
        }
        (self.reader, self.second) = (by, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(clock: &Clock, thread: u32) -> Mark {
        Mark { moment: clock.now, thread, place: 10 + thread }
    }

    fn start(space: Space) -> (Shadow, Clock) {
        let mut clock = Clock::new();
        clock.begin_launch();
        clock.begin_block();
        (Shadow::new(space, 4), clock)
    }

    #[test]
    fn reading_needs_a_write_before() {
        let (mut shadow, clock) = start(Space::Global);
        let reader = mark(&clock, 0);
        let unwritten = Some(Trouble::Unwritten);
        assert_eq!(shadow.read(0, reader, &clock), unwritten);
        shadow.write_by_host(0..1);
        assert_eq!(shadow.read(0, reader, &clock), None);
        assert_eq!(shadow.read(1, reader, &clock), unwritten);
        assert_eq!(shadow.write(1, reader, &clock), None);
        assert_eq!(shadow.read(1, reader, &clock), None);
    }

    #[test]
    fn shared_memory_is_empty_again_in_the_next_block() {
        let (mut shadow, mut clock) = start(Space::Shared);
        assert_eq!(shadow.write(0, mark(&clock, 0), &clock), None);
        clock.tick();
        assert_eq!(shadow.read(0, mark(&clock, 1), &clock), None);
        clock.begin_block();
        let seen = shadow.read(0, mark(&clock, 1), &clock);
        assert_eq!(seen, Some(Trouble::Unwritten));
        clock.tick();
        assert_eq!(shadow.write(0, mark(&clock, 5), &clock), None);
    }

    #[test]
    fn who_writes_what_another_has_just_read_races_with_it() {
        let (mut shadow, clock) = start(Space::Shared);
        let reader = mark(&clock, 1);
        assert_eq!(shadow.read(0, reader, &clock), Some(Trouble::Unwritten));
        let race = Some(Trouble::Race(Access::Load, reader));
        assert_eq!(shadow.write(0, mark(&clock, 5), &clock), race);
    }

    #[test]
    fn a_barrier_orders_what_threads_of_a_block_do() {
        for space in [Space::Global, Space::Shared] {
            let (mut shadow, mut clock) = start(space);
            let first = mark(&clock, 0);
            assert_eq!(shadow.write(0, first, &clock), None);
            assert_eq!(shadow.write(0, first, &clock), None);
            let race = Some(Trouble::Race(Access::Store, first));
            assert_eq!(shadow.read(0, mark(&clock, 1), &clock), race);
            clock.tick();
            assert_eq!(shadow.read(0, mark(&clock, 1), &clock), None);
            assert_eq!(shadow.write(0, mark(&clock, 1), &clock), None);
            let race = Some(Trouble::Race(Access::Store, mark(&clock, 1)));
            assert_eq!(shadow.write(0, mark(&clock, 2), &clock), race);
        }
    }

    #[test]
    fn of_two_readers_one_is_another_thread() {
        for writer in 0..3 {
            let (mut shadow, mut clock) = start(Space::Shared);
            shadow.write(0, mark(&clock, 0), &clock);
            clock.tick();
            for reader in [0, 1, 2] {
                assert_eq!(shadow.read(0, mark(&clock, reader), &clock), None);
            }
            let other = if writer == 0 { 1 } else { 0 };
            let race = Some(Trouble::Race(
                Access::Load,
                Mark { place: 10, ..mark(&clock, other) },
            ));
            assert_eq!(shadow.write(0, mark(&clock, writer), &clock), race);
        }
    }

    #[test]
    fn no_barrier_orders_two_blocks() {
        let (mut shadow, mut clock) = start(Space::Global);
        shadow.write_by_host(0..4);
        assert_eq!(shadow.read(0, mark(&clock, 3), &clock), None);
        assert_eq!(shadow.write(1, mark(&clock, 3), &clock), None);
        let (reader, writer) = (mark(&clock, 3), mark(&clock, 3));
        clock.tick();
        clock.begin_block();
        clock.tick();
        // the same thread index, another block
        let seen = shadow.write(0, mark(&clock, 3), &clock);
        assert_eq!(seen, Some(Trouble::Race(Access::Load, reader)));
        let race = Some(Trouble::Race(Access::Store, writer));
        assert_eq!(shadow.read(1, mark(&clock, 3), &clock), race);
        assert_eq!(shadow.write(1, mark(&clock, 3), &clock), race);
        assert_eq!(clock.block_of(writer), 0);
        assert_eq!(clock.block_of(mark(&clock, 0)), 1);
        // what an earlier launch did is over
        clock.begin_launch();
        clock.begin_block();
        assert_eq!(shadow.write(1, mark(&clock, 0), &clock), None);
        assert_eq!(clock.block_of(mark(&clock, 0)), 0);
    }

    #[test]
    fn an_older_block_is_remembered_behind_a_newer_reader() {
        let (mut shadow, mut clock) = start(Space::Global);
        shadow.write_by_host(0..1);
        let elder = mark(&clock, 3);
        assert_eq!(shadow.read(0, elder, &clock), None);
        clock.begin_block();
        assert_eq!(shadow.read(0, mark(&clock, 7), &clock), None);
        clock.tick();
        assert_eq!(shadow.read(0, mark(&clock, 7), &clock), None);
        let seen = shadow.write(0, mark(&clock, 7), &clock);
        assert_eq!(seen, Some(Trouble::Race(Access::Load, elder)));
    }
}
