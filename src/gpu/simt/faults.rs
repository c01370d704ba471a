//! Seven kernels, each with one classic mistake.

use super::{Buffer, Simt, Thread};
use crate::gpu::{Counters, Fault};

/// A kernel with a mistake in it.
#[derive(Clone, Copy, Debug)]
pub struct Planted {
    /// The kernel's name.
    pub name: &'static str,
    /// The mistake, in words.
    pub mistake: &'static str,
    /// Launches it, on a device of its own.
    pub launch: fn() -> Result<Counters, Fault>,
}

/// All of them.
pub const PLANTED: [Planted; 7] = [
    planted("no_guard", "no bounds guard", || {
        let (mut gpu, x, y) = device(100, 100);
        gpu.launch("no_guard", 2, 64, |t| no_guard(t, x, y))
    }),
    planted("no_first_barrier", "first barrier missing", || {
        let (mut gpu, x, y) = device(RING, RING);
        gpu.launch("no_first_barrier", 1, 64, |t| no_first_barrier(t, x, y, 3))
    }),
    planted("no_second_barrier", "second barrier missing", || {
        let (mut gpu, x, y) = device(RING, RING);
        gpu.launch("no_second_barrier", 1, 64, |t| no_second_barrier(t, x, y, 3))
    }),
    planted("divergent_barrier", "divergent barrier", || {
        let (mut gpu, x, y) = device(50, 50);
        gpu.launch("divergent_barrier", 1, 64, |t| divergent_barrier(t, x, y, 50))
    }),
    planted("write_write", "write-write race", || {
        let (mut gpu, x, y) = device(64, 32);
        gpu.launch("write_write", 1, 64, |t| write_write(t, x, y))
    }),
    planted("never_written", "read of shared memory never written", || {
        let (mut gpu, x, y) = device(50, 50);
        gpu.launch("never_written", 1, 64, |t| never_written(t, x, y, 50))
    }),
    planted("misaligned", "misaligned vector access", || {
        let (mut gpu, x, y) = device(32 * 6, 32);
        gpu.launch("misaligned", 1, 32, |t| misaligned(t, x, y, 6))
    }),
];

const fn planted(
    name: &'static str,
    mistake: &'static str,
    launch: fn() -> Result<Counters, Fault>,
) -> Planted {
    Planted { name, mistake, launch }
}

/// A device with a buffer of ones and one with nothing.
fn device(ones: usize, nothing: usize) -> (Simt, Buffer, Buffer) {
    let mut gpu = Simt::new();
    let (x, y) = (gpu.upload(&vec![1.0; ones]), gpu.alloc(nothing));
    (gpu, x, y)
}

// ANCHOR: no_guard
/// Twice x. The last block has threads without a number.
pub async fn no_guard(t: Thread<'_>, x: Buffer, y: Buffer) {
    let i = t.global_x();
    let v = t.load(x, i); // it should have been: if i < x.len()
    t.store(y, i, 2.0 * v);
}
// ANCHOR_END: no_guard

// ANCHOR: no_first_barrier
const RING: usize = 64;

/// Each number of a block becomes the sum of its neighbors, left and right in a ring.
pub async fn no_first_barrier(t: Thread<'_>, x: Buffer, y: Buffer, rounds: usize) {
    let tile = t.shared("tile", RING);
    let i = t.thread_x();
    let mut mine = t.load(x, i);
    for _ in 0..rounds {
        t.store(tile, i, mine);
        // no barrier: a thread reads before its neighbors have written
        let right = t.load(tile, (i + 1) % RING);
        mine = right + t.load(tile, (i + RING - 1) % RING);
        t.barrier().await;
    }
    t.store(y, i, mine);
}
// ANCHOR_END: no_first_barrier

// ANCHOR: no_second_barrier
/// The same, and a thread overwrites what its neighbors still have to read.
pub async fn no_second_barrier(t: Thread<'_>, x: Buffer, y: Buffer, rounds: usize) {
    let tile = t.shared("tile", RING);
    let i = t.thread_x();
    let mut mine = t.load(x, i);
    for _ in 0..rounds {
        t.store(tile, i, mine);
        t.barrier().await;
        let right = t.load(tile, (i + 1) % RING);
        mine = right + t.load(tile, (i + RING - 1) % RING);
        // no barrier
    }
    t.store(y, i, mine);
}
// ANCHOR_END: no_second_barrier

// ANCHOR: divergent_barrier
/// Turns n numbers round. Threads beyond the end leave before the barrier at which the
/// others wait.
pub async fn divergent_barrier(t: Thread<'_>, x: Buffer, y: Buffer, n: usize) {
    let tile = t.shared("tile", RING);
    let i = t.thread_x();
    if i < n {
        t.store(tile, i, t.load(x, i));
        t.barrier().await;
        t.store(y, i, t.load(tile, n - 1 - i));
    }
}
// ANCHOR_END: divergent_barrier

// ANCHOR: write_write
/// Two threads write each number, and the last to come wins.
pub async fn write_write(t: Thread<'_>, x: Buffer, y: Buffer) {
    let i = t.thread_x();
    let v = t.load(x, i);
    t.store(y, i / 2, v);
}
// ANCHOR_END: write_write

// ANCHOR: never_written
/// The mean of three neighbors. The tile has room for a neighbor at both ends, but no
/// thread fills it.
pub async fn never_written(t: Thread<'_>, x: Buffer, y: Buffer, n: usize) {
    let tile = t.shared("tile", RING + 2);
    let i = t.thread_x();
    let v = if i < n { t.load(x, i) } else { 0.0 };
    t.store(tile, i + 1, v);
    t.barrier().await;
    if i < n {
        let left = t.load(tile, i);
        let sum = left + t.load(tile, i + 1) + t.load(tile, i + 2);
        t.store(y, i, sum / 3.0);
    }
}
// ANCHOR_END: never_written

// ANCHOR: misaligned
/// The sum of the first four numbers of each row of n, read at once: right only where 4
/// divides n.
pub async fn misaligned(t: Thread<'_>, x: Buffer, y: Buffer, n: usize) {
    let row = t.thread_x();
    let four = t.load4(x, row * n);
    t.store(y, row, four.iter().sum());
}
// ANCHOR_END: misaligned
