//! Keeps the measuring thread on one core, where the system can: a thread that moves
//! leaves its cache behind. Linux, and the feature `peers`; elsewhere it may move.

use std::num::NonZero;

/// The cores that this thread may run on.
#[cfg(all(target_os = "linux", feature = "peers"))]
mod system {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    pub type Set = CpuSet;

    pub fn allowed() -> Option<Set> {
        sched_getaffinity(None).ok()
    }

    /// A refusal changes nothing, and is no harm.
    pub fn allow(cores: &Set) {
        let _ = sched_setaffinity(None, cores);
    }

    pub fn last(cores: &Set) -> Set {
        let mut one = CpuSet::new();
        let last = (0..CpuSet::MAX_CPU).rev().find(|&core| cores.is_set(core));
        last.iter().for_each(|&core| one.set(core));
        one
    }

    pub fn count(cores: &Set) -> usize {
        cores.count() as usize
    }
}

#[cfg(not(all(target_os = "linux", feature = "peers")))]
mod system {
    pub type Set = usize;

    pub fn allowed() -> Option<Set> {
        None
    }

    pub fn allow(_: &Set) {}

    pub fn last(cores: &Set) -> Set {
        *cores
    }

    pub fn count(cores: &Set) -> usize {
        *cores
    }
}

/// The cores that there were at the start, where the system tells.
#[derive(Clone, Copy)]
pub struct Cores(Option<system::Set>);

impl Cores {
    /// Notes them, and stays on the last one from now on.
    pub fn pin_to_last() -> Self {
        let all = Self(system::allowed());
        all.keep_last();
        all
    }

    fn keep_last(self) {
        if let Some(all) = self.0 {
            system::allow(&system::last(&all));
        }
    }

    /// How many the widest rung uses.
    pub fn count(self) -> usize {
        match self.0 {
            Some(all) => system::count(&all),
            None => std::thread::available_parallelism().map_or(1, NonZero::get),
        }
    }

    /// Runs `work` on all of them.
    pub fn with_all<R>(self, work: impl FnOnce() -> R) -> R {
        if let Some(all) = self.0 {
            system::allow(&all);
        }
        let done = work();
        self.keep_last();
        done
    }
}
