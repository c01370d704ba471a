//! The third laboratory: what one warp reads in one request.

use gradbook::gpu::simt::{Buffer, Simt, Thread};
use gradbook::gpu::{Counters, Fault, WARP};

/// Numbers in the memory that the warp reads: as many as any choice can reach.
const NUMBERS: usize = 36 * WARP;

/// What the reader can choose.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Shared memory, or else global.
    pub shared: bool,
    /// Numbers that a thread reads at once: 1 or 4.
    pub width: usize,
    /// Numbers from what one thread reads to what the next one reads, up to 33.
    pub stride: usize,
    /// Where thread 0 begins, up to 32.
    pub offset: usize,
    /// One number is left free after every 32.
    pub padded: bool,
}

/// What the device says about it.
pub struct Request {
    /// The first number that each thread reads.
    pub places: [u32; WARP],
    /// Requests, sectors touched, numbers read, passes through the banks of shared
    /// memory, and those of them that are conflicts.
    pub counts: [u32; 5],
    /// Why the device stopped, if it did.
    pub fault: Option<Fault>,
}

impl Choice {
    /// The first number that this thread of the warp reads.
    fn place(self, lane: usize) -> usize {
        let number = self.offset + self.stride * lane;
        if self.padded { number + number / WARP } else { number }
    }

    fn read(self, t: Thread<'_>, memory: Buffer) {
        let place = self.place(t.lane());
        if self.width == 4 {
            t.load4(memory, place);
        } else {
            t.load(memory, place);
        }
    }

    /// Runs one warp on the teaching device. Choices out of range are brought into it.
    pub fn run(mut self) -> Request {
        self.width = if self.width < 4 { 1 } else { 4 };
        (self.stride, self.offset) = (self.stride.min(33), self.offset.min(32));
        let counters = if self.shared { self.run_shared() } else { self.run_global() };
        let places = std::array::from_fn(|lane| self.place(lane) as u32);
        let (counters, fault) = match counters {
            Ok(counters) => (counters, None),
            Err(fault) => (Counters::default(), Some(fault)),
        };
        let requests = counters.global_load_requests + counters.shared_requests;
        // 16 bytes a thread are served a quarter of a warp at a time.
        let passes = self.width as u64 * counters.shared_requests;
        let counts = [
            requests,
            counters.global_load_sectors,
            counters.global_loads + counters.shared_loads,
            passes + counters.bank_conflicts,
            counters.bank_conflicts,
        ];
        Request { places, counts: counts.map(|count| count as u32), fault }
    }

    fn run_global(self) -> Result<Counters, Fault> {
        let mut gpu = Simt::new();
        let memory = gpu.upload(&[1.0; NUMBERS]);
        gpu.launch("read", 1, WARP as u32, |t| async move {
            self.read(t, memory);
        })
    }

    /// Shared memory must be filled before it is read; that is not counted.
    fn run_shared(self) -> Result<Counters, Fault> {
        let run = |reads: bool| {
            Simt::new().launch("read", 1, WARP as u32, |t| async move {
                let memory = t.shared("memory", NUMBERS);
                for row in 0..NUMBERS / WARP {
                    t.store(memory, WARP * row + t.lane(), 1.0);
                }
                t.barrier().await;
                if reads {
                    self.read(t, memory);
                }
            })
        };
        let (filled, mut counters) = (run(false)?, run(true)?);
        counters.shared_requests -= filled.shared_requests;
        counters.bank_conflicts -= filled.bank_conflicts;
        Ok(counters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOICE: Choice =
        Choice { shared: false, width: 1, stride: 1, offset: 0, padded: false };

    fn counts(choice: Choice) -> [u32; 5] {
        let request = choice.run();
        assert_eq!(request.fault, None, "{choice:?}");
        request.counts
    }

    #[test]
    fn sectors_are_as_counted_by_hand() {
        let sectors = |stride, offset| {
            let [requests, sectors, numbers, passes, conflicts] =
                counts(Choice { stride, offset, ..CHOICE });
            assert_eq!((requests, numbers, passes, conflicts), (1, 32, 0, 0));
            sectors
        };
        // 32 neighbors fill 4 sectors; one number further on they reach into a fifth.
        assert_eq!(
            [sectors(1, 0), sectors(1, 1), sectors(1, 8), sectors(1, 9)],
            [4, 5, 4, 5]
        );
        assert_eq!([sectors(0, 5), sectors(2, 0), sectors(2, 1)], [1, 8, 8]);
        // number 3 * 31 = 93 lies in sector 11, the twelfth
        assert_eq!([sectors(3, 0), sectors(7, 0), sectors(8, 3)], [12, 28, 32]);
        assert_eq!([sectors(32, 0), sectors(33, 32)], [32, 32]);
    }

    #[test]
    fn four_numbers_a_thread_use_all_of_sixteen_sectors() {
        let four = Choice { width: 4, stride: 4, ..CHOICE };
        assert_eq!(counts(four), [1, 16, 128, 0, 0]);
        assert_eq!(counts(Choice { stride: 8, ..four })[1], 32);
        assert_eq!(counts(Choice { offset: 4, ..four })[1], 17);
    }

    #[test]
    fn conflicts_are_as_counted_by_hand() {
        let passes = |stride, padded| {
            let choice = Choice { shared: true, stride, padded, ..CHOICE };
            let [requests, sectors, numbers, passes, conflicts] = counts(choice);
            assert_eq!((requests, sectors, numbers), (1, 0, 32));
            assert_eq!(passes, 1 + conflicts);
            passes
        };
        let plain = [0, 1, 2, 3, 4, 8, 16, 32, 33].map(|stride| passes(stride, false));
        assert_eq!(plain, [1, 1, 2, 1, 4, 8, 16, 32, 1]);
        let padded = [1, 2, 4, 8, 16, 32].map(|stride| passes(stride, true));
        assert_eq!(padded, [1; 6]);
        let four = Choice { shared: true, width: 4, stride: 4, ..CHOICE };
        assert_eq!(counts(four), [1, 0, 128, 4, 0]);
        // each quarter of the warp: eight threads at the same four banks
        assert_eq!(counts(Choice { stride: 32, ..four }), [1, 0, 128, 32, 28]);
    }

    #[test]
    fn four_numbers_that_begin_anywhere_stop_the_device() {
        for shared in [false, true] {
            let four = Choice { shared, width: 4, ..CHOICE };
            let fault = four.run().fault.expect("thread 1 begins at number 1");
            assert_eq!(fault.thread.x, 1);
            assert!(fault.to_string().contains("misaligned"), "{fault}");
            let padded = Choice { stride: 32, padded: true, ..four }.run();
            assert_eq!(padded.fault.expect("the second row begins at 33").thread.x, 1);
            assert_eq!(padded.counts, [0; 5]);
        }
    }

    #[test]
    fn every_choice_stays_inside_the_memory() {
        for (shared, padded) in [(false, true), (true, true), (true, false)] {
            for width in [0, 1] {
                let wild = Choice { shared, width, stride: 99, offset: 99, padded };
                let request = wild.run();
                assert_eq!(request.fault, None);
                assert!((request.places[31] as usize) < NUMBERS - 3);
            }
        }
    }
}
