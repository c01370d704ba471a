//! Seven kernels with one classic mistake each: those of `tests/gpu/faults.cu`, in
//! Rust.

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
        let (mut gpu, abc) = matrices();
        gpu.launch("no_first_barrier", (2, 2), (8, 8), |t| no_first_barrier(t, abc, 16))
    }),
    planted("no_second_barrier", "second barrier missing", || {
        let (mut gpu, abc) = matrices();
        let kernel = |t| no_second_barrier(t, abc, 16);
        gpu.launch("no_second_barrier", (2, 2), (8, 8), kernel)
    }),
    planted("divergent_barrier", "divergent barrier", || {
        let (mut gpu, x, y) = device(64, 1);
        gpu.launch("divergent_barrier", 1, 64, |t| divergent_barrier(t, x, y))
    }),
    planted("write_write", "write-write race", || {
        let (mut gpu, x, y) = device(100, 50);
        gpu.launch("write_write", 2, 64, |t| write_write(t, x, y, 100))
    }),
    planted("never_written", "read of shared memory never written", || {
        let (mut gpu, x, y) = device(64, 64);
        gpu.launch("never_written", 1, 64, |t| never_written(t, x, y))
    }),
    planted("misaligned", "misaligned vector access", || {
        let (mut gpu, x, y) = device(30, 5);
        gpu.launch("misaligned", 1, 5, |t| misaligned(t, x, y, 6))
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

/// A device with two matrices of 16 x 16 and room for their product.
fn matrices() -> (Simt, [Buffer; 3]) {
    let mut gpu = Simt::new();
    let [a, b] = [gpu.upload(&[1.0; 256]), gpu.upload(&[1.0; 256])];
    let c = gpu.alloc(256);
    (gpu, [a, b, c])
}

// ANCHOR: no_guard
/// Twice x. The last block has threads without a number, and nothing stops them.
pub async fn no_guard(t: Thread<'_>, x: Buffer, y: Buffer) {
    let i = t.global_x();
    let v = t.load(x, i); // missing: if i < x.len()
    t.store(y, i, 2.0 * v);
}
// ANCHOR_END: no_guard

/// Side of a tile.
const TILE: usize = 8;

// ANCHOR: no_first_barrier
/// `c = a b` for matrices of n x n, where 8 divides n, by tiles of 8 x 8. A thread
/// reads what its neighbors may have yet to write.
pub async fn no_first_barrier(t: Thread<'_>, [a, b, c]: [Buffer; 3], n: usize) {
    let (a_tile, b_tile) = (t.shared("a", TILE * TILE), t.shared("b", TILE * TILE));
    let (x, y) = (t.thread_x(), t.thread_y());
    let (row, col) = (t.global_y(), t.global_x());
    let mut sum = 0.0;
    for from in (0..n).step_by(TILE) {
        t.store(a_tile, y * TILE + x, t.load(a, row * n + from + x));
        t.store(b_tile, y * TILE + x, t.load(b, (from + y) * n + col));
        // missing: t.barrier().await; no one reads before all have written
        for i in 0..TILE {
            let left = t.load(a_tile, y * TILE + i);
            let right = t.load(b_tile, i * TILE + x);
            sum = t.fma(left, right, sum);
        }
        t.barrier().await;
    }
    t.store(c, row * n + col, sum);
}
// ANCHOR_END: no_first_barrier

// ANCHOR: no_second_barrier
/// The same, but a thread writes the next tile while its neighbors may still read this
/// one.
pub async fn no_second_barrier(t: Thread<'_>, [a, b, c]: [Buffer; 3], n: usize) {
    let (a_tile, b_tile) = (t.shared("a", TILE * TILE), t.shared("b", TILE * TILE));
    let (x, y) = (t.thread_x(), t.thread_y());
    let (row, col) = (t.global_y(), t.global_x());
    let mut sum = 0.0;
    for from in (0..n).step_by(TILE) {
        t.store(a_tile, y * TILE + x, t.load(a, row * n + from + x));
        t.store(b_tile, y * TILE + x, t.load(b, (from + y) * n + col));
        t.barrier().await;
        for i in 0..TILE {
            let left = t.load(a_tile, y * TILE + i);
            let right = t.load(b_tile, i * TILE + x);
            sum = t.fma(left, right, sum);
        }
        // missing: t.barrier().await; no one overwrites what another still reads
    }
    t.store(c, row * n + col, sum);
}
// ANCHOR_END: no_second_barrier

// ANCHOR: divergent_barrier
/// The sum of 64 numbers: 32 threads add the upper half to the lower, then 16, 8 ...
/// The barrier stands inside the `if`, where the other threads never come.
pub async fn divergent_barrier(t: Thread<'_>, x: Buffer, y: Buffer) {
    let tile = t.shared("tile", 64);
    let i = t.thread_x();
    t.store(tile, i, t.load(x, i));
    t.barrier().await;
    let mut half = 32;
    while half > 0 {
        if i < half {
            let sum = t.load(tile, i) + t.load(tile, i + half);
            t.store(tile, i, sum);
            t.barrier().await; // it should stand one line lower
        }
        half /= 2;
    }
    if i == 0 {
        t.store(y, 0, t.load(tile, 0));
    }
}
// ANCHOR_END: divergent_barrier

// ANCHOR: write_write
/// Every second number of x. But all threads write, two of them to each y, and the last
/// to come wins.
pub async fn write_write(t: Thread<'_>, x: Buffer, y: Buffer, n: usize) {
    let i = t.global_x();
    if i < n {
        let v = t.load(x, i);
        t.store(y, i / 2, v); // missing: only where i is even
    }
}
// ANCHOR_END: write_write

// ANCHOR: never_written
/// The mean of three neighbors in a row of 64. The tile has room for a halo, one number
/// at each end, but no thread fills it.
pub async fn never_written(t: Thread<'_>, x: Buffer, y: Buffer) {
    let tile = t.shared("tile", 1 + 64 + 1);
    let i = t.thread_x();
    t.store(tile, 1 + i, t.load(x, i));
    t.barrier().await;
    let left = t.load(tile, i);
    let sum = left + t.load(tile, i + 1) + t.load(tile, i + 2);
    t.store(y, i, sum / 3.0);
}
// ANCHOR_END: never_written

// ANCHOR: misaligned
/// The sum of the first four numbers of each row. Rows of n numbers begin at multiples
/// of 16 bytes only where 4 divides n.
pub async fn misaligned(t: Thread<'_>, x: Buffer, y: Buffer, n: usize) {
    let row = t.thread_x();
    let [a, b, c, d] = t.load4(x, row * n);
    t.store(y, row, a + b + c + d);
}
// ANCHOR_END: misaligned
