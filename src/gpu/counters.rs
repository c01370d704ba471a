//! What a launch cost, counted exactly.

use std::fmt;
use std::ops::AddAssign;

/// What a launch did. A *number* is a word of 4 bytes; a *request* is one instruction
/// of one warp, whatever number of its threads take part; a *sector* is 32 bytes, the
/// smallest piece in which global memory is moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Threads that ran.
    pub threads: u64,
    /// Warps that ran.
    pub warps: u64,
    /// Instructions, counted once for each thread that takes part.
    pub instructions: u64,
    /// Fused multiply-adds, of each thread.
    pub fma: u64,
    /// Numbers read from global memory, by each thread.
    pub global_loads: u64,
    /// Numbers written to global memory, by each thread.
    pub global_stores: u64,
    /// Global reads of a whole warp.
    pub global_load_requests: u64,
    /// Global writes of a whole warp.
    pub global_store_requests: u64,
    /// Distinct sectors touched by each global read of a warp, added up.
    pub global_load_sectors: u64,
    /// Distinct sectors touched by each global write of a warp, added up.
    pub global_store_sectors: u64,
    /// Numbers read from shared memory, by each thread.
    pub shared_loads: u64,
    /// Numbers written to shared memory, by each thread.
    pub shared_stores: u64,
    /// Shared reads and writes of a whole warp.
    pub shared_requests: u64,
    /// Passes through shared memory beyond those that a request needs anyway: it has 32
    /// banks, 4 bytes wide, and one bank serves one word a pass.
    pub bank_conflicts: u64,
    /// Numbers read from the threads' own memory (registers that did not fit).
    pub local_loads: u64,
    /// Numbers written to the threads' own memory.
    pub local_stores: u64,
    /// Barriers passed, counted once for a whole block.
    pub barriers: u64,
}

impl Counters {
    /// Numbers read from global memory for one fused multiply-add.
    pub fn global_loads_per_fma(&self) -> f64 {
        ratio(self.global_loads, self.fma)
    }

    /// Numbers read from shared memory for one fused multiply-add.
    pub fn shared_loads_per_fma(&self) -> f64 {
        ratio(self.shared_loads, self.fma)
    }

    /// Sectors that one global read of a warp touches: 4 when 32 threads read numbers
    /// in a row, 32 when each reads from a sector of its own.
    pub fn sectors_per_load_request(&self) -> f64 {
        ratio(self.global_load_sectors, self.global_load_requests)
    }

    /// Sectors that one global write of a warp touches.
    pub fn sectors_per_store_request(&self) -> f64 {
        ratio(self.global_store_sectors, self.global_store_requests)
    }

    /// Extra passes for one request to shared memory.
    pub fn conflicts_per_shared_request(&self) -> f64 {
        ratio(self.bank_conflicts, self.shared_requests)
    }

    /// Bytes that global memory moves, in whole sectors (with no cache in between).
    pub fn global_bytes(&self) -> u64 {
        32 * (self.global_load_sectors + self.global_store_sectors)
    }

    /// Name and count of everything, in order.
    pub fn table(&self) -> [(&'static str, u64); 17] {
        [
            ("threads", self.threads),
            ("warps", self.warps),
            ("instructions", self.instructions),
            ("fused multiply-adds", self.fma),
            ("global loads", self.global_loads),
            ("global stores", self.global_stores),
            ("global load requests", self.global_load_requests),
            ("global store requests", self.global_store_requests),
            ("global load sectors", self.global_load_sectors),
            ("global store sectors", self.global_store_sectors),
            ("shared loads", self.shared_loads),
            ("shared stores", self.shared_stores),
            ("shared requests", self.shared_requests),
            ("bank conflicts", self.bank_conflicts),
            ("local loads", self.local_loads),
            ("local stores", self.local_stores),
            ("barriers", self.barriers),
        ]
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

impl AddAssign for Counters {
    fn add_assign(&mut self, more: Self) {
        self.threads += more.threads;
        self.warps += more.warps;
        self.instructions += more.instructions;
        self.fma += more.fma;
        self.global_loads += more.global_loads;
        self.global_stores += more.global_stores;
        self.global_load_requests += more.global_load_requests;
        self.global_store_requests += more.global_store_requests;
        self.global_load_sectors += more.global_load_sectors;
        self.global_store_sectors += more.global_store_sectors;
        self.shared_loads += more.shared_loads;
        self.shared_stores += more.shared_stores;
        self.shared_requests += more.shared_requests;
        self.bank_conflicts += more.bank_conflicts;
        self.local_loads += more.local_loads;
        self.local_stores += more.local_stores;
        self.barriers += more.barriers;
    }
}

/// A small table, a line for each count that is not zero.
impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (name, count) in self.table().into_iter().filter(|(_, count)| *count > 0) {
            if !first {
                f.write_str("\n")?;
            }
            first = false;
            write!(f, "{name:<22} {count:>14}")?;
        }
        Ok(())
    }
}

// ANCHOR: sectors
/// How many distinct sectors of 32 bytes the `addresses` of one request touch, at most
/// 32 of them, aligned, so that one access never reaches into a second sector.
pub(crate) fn sectors(addresses: &[u64]) -> u64 {
    let (mut seen, mut count, mut ascending) = ([0_u64; super::WARP], 0, true);
    for address in addresses {
        let sector = address / 32;
        // threads in a row touch the sector of the thread before, or the one after it
        if count > 0 && sector <= seen[count - 1] {
            if sector == seen[count - 1] {
                continue;
            }
            ascending = false;
        }
        if ascending || !seen[..count].contains(&sector) {
            seen[count] = sector;
            count += 1;
        }
    }
    count as u64
}
// ANCHOR_END: sectors

/// How many passes through the 32 banks of shared memory the `addresses` of one request
/// need beyond those it needs anyway, with `bytes` (4, 8 or 16) read or written at
/// each.
/// `lanes` says which thread of the warp each address is of, ascending: 8 bytes are
/// served half a warp at a time, 16 bytes a quarter.
pub(crate) fn bank_conflicts(addresses: &[u64], lanes: &[u8], bytes: u64) -> u64 {
    let words = (bytes / 4).max(1);
    let group = 32 / words as usize;
    let (mut extra, mut start) = (0, 0);
    while start < addresses.len() {
        let phase = usize::from(lanes[start]) / group;
        let inside = |lane: &u8| usize::from(*lane) / group == phase;
        let len = lanes[start..].iter().take_while(|l| inside(l)).count();
        extra += passes(&addresses[start..start + len], words) - 1;
        start += len;
    }
    extra
}

/// The most distinct words that any one bank has to serve, at least 1.
fn passes(addresses: &[u64], words: u64) -> u64 {
    let mut word_of = [u64::MAX; 32];
    for first in addresses.iter().map(|address| address / 4) {
        for word in first..first + words {
            let served = &mut word_of[(word % 32) as usize];
            if *served != word && *served != u64::MAX {
                return many_passes(addresses, words);
            }
            *served = word;
        }
    }
    1
}

/// The same where a bank has more than one word to serve.
#[cold]
fn many_passes(addresses: &[u64], words: u64) -> u64 {
    let (mut served, mut word_of) = ([0_u8; 32], [[0_u64; 32]; 32]);
    for first in addresses.iter().map(|address| address / 4) {
        for word in first..first + words {
            let bank = (word % 32) as usize;
            let count = usize::from(served[bank]);
            if !word_of[bank][..count].contains(&word) {
                word_of[bank][count] = word;
                served[bank] += 1;
            }
        }
    }
    u64::from(served.into_iter().max().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes() -> [u8; 32] {
        std::array::from_fn(|lane| lane as u8)
    }

    fn strided(bytes: u64) -> [u64; 32] {
        std::array::from_fn(|lane| 4096 + bytes * lane as u64)
    }

    #[test]
    fn a_sum_adds_every_count() {
        let one = Counters {
            threads: 1,
            warps: 2,
            instructions: 3,
            fma: 4,
            global_loads: 5,
            global_stores: 6,
            global_load_requests: 7,
            global_store_requests: 8,
            global_load_sectors: 9,
            global_store_sectors: 10,
            shared_loads: 11,
            shared_stores: 12,
            shared_requests: 13,
            bank_conflicts: 14,
            local_loads: 15,
            local_stores: 16,
            barriers: 17,
        };
        let mut two = one;
        two += one;
        for ((name, count), number) in two.table().into_iter().zip(1..) {
            assert_eq!(count, 2 * number, "{name}");
        }
    }

    #[test]
    fn a_warp_touches_four_sectors_in_a_row_and_thirty_two_apart() {
        assert_eq!(sectors(&strided(4)), 4);
        assert_eq!(sectors(&strided(8)), 8);
        assert_eq!(sectors(&strided(16)), 16);
        assert_eq!(sectors(&strided(32)), 32);
        assert_eq!(sectors(&strided(1000)), 32);
        assert_eq!(sectors(&strided(0)), 1);
        let shifted = strided(4).map(|address| address + 4);
        assert_eq!(sectors(&shifted), 5);
        let mut backward = strided(4);
        backward.reverse();
        assert_eq!(sectors(&backward), 4);
        assert_eq!(sectors(&[64, 0, 64, 0, 96, 64]), 3);
        assert_eq!(sectors(&[]), 0);
    }

    #[test]
    fn a_bank_serves_one_word_a_pass() {
        assert_eq!(bank_conflicts(&strided(4), &lanes(), 4), 0);
        assert_eq!(bank_conflicts(&strided(0), &lanes(), 4), 0);
        assert_eq!(bank_conflicts(&strided(8), &lanes(), 4), 1);
        assert_eq!(bank_conflicts(&strided(128), &lanes(), 4), 31);
        assert_eq!(bank_conflicts(&strided(132), &lanes(), 4), 0);
        // two rows of a tile 16 wide: words 0 to 15 and the same banks two rows on
        let tile: [u64; 32] =
            std::array::from_fn(|l| (l % 16 * 4 + l / 16 * 128) as u64);
        assert_eq!(bank_conflicts(&tile, &lanes(), 4), 1);
        assert_eq!(bank_conflicts(&[], &[], 4), 0);
    }

    #[test]
    fn wide_accesses_are_served_in_parts_of_a_warp() {
        assert_eq!(bank_conflicts(&strided(8), &lanes(), 8), 0);
        assert_eq!(bank_conflicts(&strided(16), &lanes(), 16), 0);
        // each quarter: eight rows of 128 bytes, the same four banks
        assert_eq!(bank_conflicts(&strided(128), &lanes(), 16), 4 * 7);
        assert_eq!(bank_conflicts(&strided(16), &lanes(), 8), 2);
        // threads 7 and 8 are of different quarters, 8 and 9 of the same
        assert_eq!(bank_conflicts(&[0, 128], &[7, 8], 16), 0);
        assert_eq!(bank_conflicts(&[0, 128], &[8, 9], 16), 1);
    }
}
