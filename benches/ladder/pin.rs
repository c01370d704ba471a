//! Keeps the measuring thread on one core, where the system can: a thread that moves
//! leaves its cache behind.

use std::num::NonZero;

/// The cores that this thread may run on, a bit for each of the first 64.
#[cfg(target_os = "linux")]
mod system {
    unsafe extern "C" {
        fn sched_getaffinity(thread: i32, bytes: usize, mask: *mut u64) -> i32;
        fn sched_setaffinity(thread: i32, bytes: usize, mask: *const u64) -> i32;
    }

    pub fn allowed() -> u64 {
        let mut mask = [0_u64; 16];
        // Sound: the mask has as many bytes as are told; 0 is this thread.
        unsafe { sched_getaffinity(0, size_of_val(&mask), mask.as_mut_ptr()) };
        mask[0]
    }

    pub fn allow(cores: u64) {
        // Sound: as above. A refusal changes nothing, and is no harm.
        unsafe { sched_setaffinity(0, size_of_val(&cores), &raw const cores) };
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub fn allowed() -> u64 {
        0
    }

    pub fn allow(_: u64) {}
}

/// The cores that there were at the start.
#[derive(Clone, Copy)]
pub struct Cores(u64);

impl Cores {
    /// Notes them, and stays on the last one from now on.
    pub fn pin_to_last() -> Self {
        let all = Self(system::allowed());
        all.keep_last();
        all
    }

    fn keep_last(self) {
        if self.0 != 0 {
            system::allow(1 << self.0.ilog2());
        }
    }

    /// How many the widest rung uses.
    pub fn count(self) -> usize {
        match self.0 {
            0 => std::thread::available_parallelism().map_or(1, NonZero::get),
            mask => mask.count_ones() as usize,
        }
    }

    /// Runs `work` on all of them.
    pub fn with_all<R>(self, work: impl FnOnce() -> R) -> R {
        if self.0 == 0 {
            return work();
        }
        system::allow(self.0);
        let done = work();
        self.keep_last();
        done
    }
}
