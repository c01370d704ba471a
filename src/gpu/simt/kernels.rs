//! Kernels to learn from. In products `c = a b` matrices lie row by row; a is m x k, b
//! is k x n, c is m x n.

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

// ANCHOR: naive_product
/// One thread for each number of c. Threads next to each other go *down* a column of c:
/// each reads another row of a.
pub async fn naive_product(
    t: Thread<'_>,
    [a, b, c]: [Buffer; 3],
    [m, k, n]: [usize; 3],
) {
    let (row, col) = (t.global_x(), t.global_y());
    if row < m && col < n {
        let mut sum = 0.0;
        for i in 0..k {
            let (left, right) = (t.load(a, row * k + i), t.load(b, i * n + col));
            sum = t.fma(left, right, sum);
        }
        t.store(c, row * n + col, sum);
    }
}
// ANCHOR_END: naive_product

// ANCHOR: coalesced_product
/// The same with x and y exchanged: threads next to each other go *along* a row of c.
pub async fn coalesced_product(
    t: Thread<'_>,
    [a, b, c]: [Buffer; 3],
    [m, k, n]: [usize; 3],
) {
    let (row, col) = (t.global_y(), t.global_x());
    if row < m && col < n {
        let mut sum = 0.0;
        for i in 0..k {
            let (left, right) = (t.load(a, row * k + i), t.load(b, i * n + col));
            sum = t.fma(left, right, sum);
        }
        t.store(c, row * n + col, sum);
    }
}
// ANCHOR_END: coalesced_product

// ANCHOR: tiled_product
/// Side of a tile, and of a block.
pub const TILE: usize = 16;

/// A block copies a tile of a and one of b to shared memory, one number of each a
/// thread, and works on them there: [`TILE`] times fewer reads of global memory.
pub async fn tiled_product(
    t: Thread<'_>,
    [a, b, c]: [Buffer; 3],
    [m, k, n]: [usize; 3],
) {
    let (a_tile, b_tile) = (t.shared("a", TILE * TILE), t.shared("b", TILE * TILE));
    let (x, y) = (t.thread_x(), t.thread_y());
    let (row, col) = (t.global_y(), t.global_x());
    let mut sum = 0.0;
    for from in (0..k).step_by(TILE) {
        // past the edge of a stands -0, so that not even the sign of a sum changes
        let inside = row < m && from + x < k;
        let left = if inside { t.load(a, row * k + from + x) } else { -0.0 };
        t.store(a_tile, y * TILE + x, left);
        let inside = from + y < k && col < n;
        let right = if inside { t.load(b, (from + y) * n + col) } else { 0.0 };
        t.store(b_tile, y * TILE + x, right);
        t.barrier().await; // nobody reads before all have written
        for i in 0..TILE {
            let (left, right) =
                (t.load(a_tile, y * TILE + i), t.load(b_tile, i * TILE + x));
            sum = t.fma(left, right, sum);
        }
        t.barrier().await; // nobody writes the next tile before all have read this one
    }
    if row < m && col < n {
        t.store(c, row * n + col, sum);
    }
}
// ANCHOR_END: tiled_product
