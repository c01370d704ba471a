//! Kernels to learn from. Matrices lie row by row.

use super::{Buffer, Thread};

// ANCHOR: scale
/// `y = factor x`. The grid may be larger than the numbers: the guard.
pub async fn scale(t: Thread<'_>, x: Buffer, y: Buffer, n: usize, factor: f32) {
    let i = t.global_x();
    if i < n {
        let v = t.load(x, i);
        t.store(y, i, factor * v);
    }
}
// ANCHOR_END: scale

// ANCHOR: strided_copy
/// Thread i copies number `stride * i`. Coalesced only where `stride` is 1.
pub async fn strided_copy(t: Thread<'_>, x: Buffer, y: Buffer, stride: usize) {
    let i = stride * t.global_x();
    if i < x.len() {
        t.store(y, i, t.load(x, i));
    }
}
// ANCHOR_END: strided_copy

/// A product of matrices, `c = a b`.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// m x k.
    pub a: Buffer,
    /// k x n.
    pub b: Buffer,
    /// m x n.
    pub c: Buffer,
    /// Rows of c.
    pub m: usize,
    /// What is summed over.
    pub k: usize,
    /// Columns of c.
    pub n: usize,
}

// ANCHOR: naive_product
/// One thread for each number of c. Threads next to each other go *down* a column of c:
/// each reads another row of a.
pub async fn naive_product(t: Thread<'_>, p: Product) {
    let (row, col) = (t.global_x(), t.global_y());
    if row < p.m && col < p.n {
        let mut sum = 0.0;
        for i in 0..p.k {
            let (a, b) = (t.load(p.a, row * p.k + i), t.load(p.b, i * p.n + col));
            sum = t.fma(a, b, sum);
        }
        t.store(p.c, row * p.n + col, sum);
    }
}
// ANCHOR_END: naive_product

// ANCHOR: coalesced_product
/// The same with x and y exchanged: threads next to each other go *along* a row of c.
pub async fn coalesced_product(t: Thread<'_>, p: Product) {
    let (row, col) = (t.global_y(), t.global_x());
    if row < p.m && col < p.n {
        let mut sum = 0.0;
        for i in 0..p.k {
            let (a, b) = (t.load(p.a, row * p.k + i), t.load(p.b, i * p.n + col));
            sum = t.fma(a, b, sum);
        }
        t.store(p.c, row * p.n + col, sum);
    }
}
// ANCHOR_END: coalesced_product

// ANCHOR: tiled_product
/// Side of a tile, and of a block.
pub const TILE: usize = 16;

/// A block copies a tile of a and one of b to shared memory, one number of each a
/// thread, and works on them there: [`TILE`] times fewer reads of global memory.
pub async fn tiled_product(t: Thread<'_>, p: Product) {
    let (a_tile, b_tile) = (t.shared("a", TILE * TILE), t.shared("b", TILE * TILE));
    let (x, y) = (t.thread_x(), t.thread_y());
    let (row, col) = (t.global_y(), t.global_x());
    let mut sum = 0.0;
    for from in (0..p.k).step_by(TILE) {
        // past the edge of a stands -0, so that not even the sign of a sum changes
        let inside = row < p.m && from + x < p.k;
        let a = if inside { t.load(p.a, row * p.k + from + x) } else { -0.0 };
        t.store(a_tile, y * TILE + x, a);
        let inside = from + y < p.k && col < p.n;
        let b = if inside { t.load(p.b, (from + y) * p.n + col) } else { 0.0 };
        t.store(b_tile, y * TILE + x, b);
        t.barrier().await; // nobody reads before all have written
        for i in 0..TILE {
            let (a, b) = (t.load(a_tile, y * TILE + i), t.load(b_tile, i * TILE + x));
            sum = t.fma(a, b, sum);
        }
        t.barrier().await; // nobody writes the next tile before all have read this one
    }
    if row < p.m && col < p.n {
        t.store(p.c, row * p.n + col, sum);
    }
}
// ANCHOR_END: tiled_product
