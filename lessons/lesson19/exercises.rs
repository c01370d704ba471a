//! Lesson 19: your kernels.
//!
//! Replace each `todo!` by your answer, then run `cargo test --test lesson19`. When all
//! five pass, `cargo run --bin lesson19 -- --mine` runs the lesson on your kernels.
//!
//! A kernel is one function that many threads run at once, each with its own `t`:
//!
//! - `t.thread_x()` and `t.thread_y()` are the thread's place in its block, and
//!   `t.block_x()` and `t.block_y()` the block's place in the grid. The block's size in
//!   threads is `t.block_dim_x()` by `t.block_dim_y()`. Threads that differ by 1 in x
//!   are neighbors: a warp is 32 of them, one row of the block after the other.
//! - `t.load(x, i)` reads number `i` of a buffer, `t.store(y, i, value)` writes it.
//! - `let tile = t.shared("tile", length);` is memory that the block's threads share,
//!   for `load` and `store` like a buffer. At first nothing is written in it.
//! - `t.fma(a, b, c)` is `a * b + c` with one rounding, as a GPU does it; `a * b + c`
//!   does as well.
//! - `t.barrier().await;` waits for all threads of the block.

use gradbook::gpu::simt::{Buffer, Thread};

/// Exercise 19.1: a product under the roofline.
///
/// `C = A B`, where A has `m` rows and `k` columns, B has `k` rows and `n` columns, and
/// every number takes 4 bytes. Each block computes one tile of C: `tile` rows and
/// `tile` columns, fewer at the edges. For it the block reads all of A that lies in
/// these rows and all of B that lies in these columns, each number once. Then it writes
/// its part of C, once.
///
/// The machine does at most `peak` GFLOP/s, and its memory brings at most `bandwidth`
/// GB/s; it can do both at once. A multiplication and an addition are two operations.
/// Returns three numbers: the operations of the whole product, the bytes that move
/// between the blocks and the memory, and how many GFLOP/s this product can reach at
/// best.
///
/// `[m, k, n] = [2, 3, 4]` and a tile of 2: there are two tiles of C, side by side.
/// Both read all of A, 6 numbers, and each its half of B, 6 numbers; C has 8. That
/// makes `2 * 6 + 12 + 8 = 32` numbers, 128 bytes, for 48 operations. With bandwidth 20
/// the memory allows `20 * 48 / 128 = 7.5` GFLOP/s. If the peak is 100, the answer is
/// `[48, 128, 7.5]`; if the peak is 5, it is `[48, 128, 5]`.
pub fn roofline(
    peak: f64,
    bandwidth: f64,
    [m, k, n]: [usize; 3],
    tile: usize,
) -> [f64; 3] {
    todo!("exercise 19.1")
}

/// Exercise 19.2: one thread, one number.
///
/// Writes `y[i] = factor * x[i]` for each `i` below `n`, and nothing else. Both buffers
/// hold at least `n` numbers, and `n` may be 0. Blocks and grid are lines of threads
/// along x, and there are at least `n` threads, perhaps more. Neighboring threads take
/// neighboring numbers. No number is read or written twice.
///
/// `x = [1, 2, 3]`, factor 10, and two blocks of two threads: they write 10 and 20, and
/// 30. The fourth thread does nothing.
pub async fn scale(t: Thread<'_>, x: Buffer, y: Buffer, n: usize, factor: f32) {
    todo!("exercise 19.2")
}

/// Exercise 19.3: turn a matrix over, through shared memory.
///
/// `x` holds a matrix of `rows` by `columns`, row by row. Writes to `y` the matrix of
/// `columns` by `rows` whose entry in row `c`, column `r` is the entry of `x` in row
/// `r`, column `c`, row by row too. Each number is read once and written once.
///
/// Each block turns one tile of 32 by 32 numbers: the block at x = 2, y = 1 has columns
/// 64 to 95 and rows 32 to 63 of the input. A block is 32 threads wide and has from 1
/// to 32 rows of threads, which share the work evenly: with 8 rows no thread moves more
/// than 4 numbers. The grid covers the matrix, perhaps with blocks to spare.
///
/// The 32 threads of a warp must read 32 neighbors of `x`, and write 32 neighbors of
/// `y`. And they must never want two different numbers of one bank of shared memory at
/// a time: number `i` of `t.shared("tile", length)` lies in bank `i % 32`.
///
/// `[[1, 2, 3], [4, 5, 6]]` becomes `[[1, 4], [2, 5], [3, 6]]`.
pub async fn transpose(
    t: Thread<'_>,
    x: Buffer,
    y: Buffer,
    rows: usize,
    columns: usize,
) {
    todo!("exercise 19.3")
}

/// Exercise 19.4: a product by tiles.
///
/// `C = A B`, all three row by row: A is `m` by `k`, B is `k` by `n`, C is `m` by `n`,
/// and all sizes are at least 1. A block has T by T threads, any T, the same in both
/// directions, and computes a tile of T by T numbers of C; x runs along the columns of
/// C. The grid covers C, perhaps with blocks to spare.
///
/// The block walks along `k` in steps of T. In each step every thread reads at most one
/// number of A and one of B into shared memory, where two tiles of T by T are enough,
/// however long `k` is. A step has at most two barriers. Each number of C is written
/// once, by a thread of its own, and never read.
///
/// Only row r of A and column c of B count for number (r, c) of C: an infinity in
/// another row does not spoil it. As always, neighboring threads read and write
/// neighbors.
///
/// A of 1 by 3, `[1, 2, 3]`, B of 3 by 1, `[4, 5, 6]`, and T = 2: the first step adds
/// `1 * 4 + 2 * 5 = 14`, the second `3 * 6 = 18`, and C is `[32]`.
pub async fn product(
    t: Thread<'_>,
    a: Buffer,
    b: Buffer,
    c: Buffer,
    [m, k, n]: [usize; 3],
) {
    todo!("exercise 19.4")
}

/// Exercise 19.5: a convolution, and the halo of a tile.
///
/// `image` and `out` both hold `height` by `width` numbers, row by row. Number
/// (row, column) of `out` is the sum of the 3 by 3 pixels around (row, column), each
/// times its weight: the first weight belongs to the pixel above and to the left, the
/// weight in the middle to the pixel itself. The weights go row by row, and the kernel
/// is not turned round. Outside the image all is 0.
///
/// Blocks may have any width and height, and each thread has a number of `out` of its
/// own. The grid covers the image, perhaps with blocks to spare. A block reads each
/// pixel of its tile at most once, and each pixel of the border around it, the halo.
/// Its threads share this work: with 32 by 4 threads none reads more than 4 pixels, and
/// neighbors read neighbors. The weights cost nothing: a kernel's arguments are at hand
/// in every thread.
///
/// `[[1, 2], [3, 4]]` and the weights `[0, 0, 0, 0, 1, 10, 0, 100, 0]` give
/// `[[321, 402], [43, 4]]`: for the first, `1 + 10 * 2 + 100 * 3`.
pub async fn convolve(
    t: Thread<'_>,
    image: Buffer,
    weights: [f32; 9],
    out: Buffer,
    [height, width]: [usize; 2],
) {
    todo!("exercise 19.5")
}
