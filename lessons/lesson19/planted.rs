//! Seven kernels for the teaching device, each with one classic mistake. The same seven
//! in CUDA C are in `tests/gpu/faults.cu`.

use gradbook::gpu::simt::{Buffer, Simt, Thread};
use gradbook::gpu::{Counters, Fault};

/// Threads of a block that stand in a ring: two warps.
const RING: usize = 64;

// ANCHOR: no_guard
async fn no_guard(t: Thread<'_>, x: Buffer, y: Buffer) {
    let i = t.global_x();
    t.store(y, i, 2.0 * t.load(x, i)); // if i < n
}
// ANCHOR_END: no_guard

async fn no_first_barrier(t: Thread<'_>, x: Buffer, y: Buffer) {
    let tile = t.shared("tile", RING);
    let me = t.thread_x();
    t.store(tile, me, t.load(x, me));
    // missing: nobody reads before all have written
    let right = t.load(tile, (me + 1) % RING);
    t.barrier().await;
    t.store(y, me, right);
}

async fn no_second_barrier(t: Thread<'_>, x: Buffer, y: Buffer) {
    let tile = t.shared("tile", RING);
    let me = t.thread_x();
    let mut mine = t.load(x, me);
    for _round in 0..3 {
        t.store(tile, me, mine);
        t.barrier().await;
        mine = t.load(tile, (me + 1) % RING);
        // missing: nobody writes the next round before all have read this one
    }
    t.store(y, me, mine);
}

async fn divergent_barrier(t: Thread<'_>, x: Buffer, y: Buffer) {
    let n = RING - 10;
    let tile = t.shared("tile", RING);
    let me = t.thread_x();
    if me < n {
        t.store(tile, me, t.load(x, me));
        t.barrier().await; // the last ten threads never come
        t.store(y, me, t.load(tile, n - 1 - me));
    }
}

async fn write_write(t: Thread<'_>, x: Buffer, y: Buffer) {
    let me = t.thread_x();
    t.store(y, me / 2, t.load(x, me)); // two threads, one number
}

async fn never_written(t: Thread<'_>, x: Buffer, y: Buffer) {
    let tile = t.shared("tile", RING + 2);
    let me = t.thread_x();
    t.store(tile, me + 1, t.load(x, me));
    t.barrier().await;
    // number 0 and number RING + 1 are the border, which no thread fills
    t.store(y, me, t.load(tile, me) + t.load(tile, me + 2));
}

async fn misaligned(t: Thread<'_>, x: Buffer, y: Buffer) {
    let row = t.thread_x();
    let four = t.load4(x, row * 6); // rows of 6 numbers: every other one is off
    t.store(y, row, four.iter().sum());
}

/// What the teaching device says of the kernel of this name, on `blocks` of `threads`
/// and so many numbers.
pub fn launch(
    name: &str,
    blocks: u32,
    threads: u32,
    n: usize,
) -> Result<Counters, Fault> {
    let mut gpu = Simt::new();
    let (x, y) = (gpu.upload(&vec![1.0; n]), gpu.alloc(n));
    match name {
        "no_guard" => gpu.launch(name, blocks, threads, |t| no_guard(t, x, y)),
        "no_first_barrier" => {
            gpu.launch(name, blocks, threads, |t| no_first_barrier(t, x, y))
        }
        "no_second_barrier" => {
            gpu.launch(name, blocks, threads, |t| no_second_barrier(t, x, y))
        }
        "divergent_barrier" => {
            gpu.launch(name, blocks, threads, |t| divergent_barrier(t, x, y))
        }
        "write_write" => gpu.launch(name, blocks, threads, |t| write_write(t, x, y)),
        "never_written" => {
            gpu.launch(name, blocks, threads, |t| never_written(t, x, y))
        }
        _ => gpu.launch(name, blocks, threads, |t| misaligned(t, x, y)),
    }
}
