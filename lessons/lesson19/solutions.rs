//! Lesson 19: one answer to each exercise. Yours may look different and be as right.

use gradbook::gpu::simt::{Buffer, Thread};

/// Exercise 19.1: a product under the roofline.
pub fn roofline(
    peak: f64,
    bandwidth: f64,
    [m, k, n]: [usize; 3],
    tile: usize,
) -> [f64; 3] {
    let operations = (2 * m * k * n) as f64;
    // each column of tiles reads all of A, each row of tiles all of B
    let numbers = m * k * n.div_ceil(tile) + k * n * m.div_ceil(tile) + m * n;
    let bytes = 4.0 * numbers as f64;
    [operations, bytes, peak.min(bandwidth * operations / bytes)]
}

/// Exercise 19.2: one thread, one number.
pub async fn scale(t: Thread<'_>, x: Buffer, y: Buffer, n: usize, factor: f32) {
    let i = t.block_x() * t.block_dim_x() + t.thread_x();
    if i < n {
        t.store(y, i, factor * t.load(x, i));
    }
}

/// Exercise 19.3: turn a matrix over, through shared memory.
pub async fn transpose(
    t: Thread<'_>,
    x: Buffer,
    y: Buffer,
    rows: usize,
    columns: usize,
) {
    const TILE: usize = 32;
    // one number more in each row, so that a column lies in 32 different banks
    const STRIDE: usize = TILE + 1;
    let tile = t.shared("tile", TILE * STRIDE);
    let (first_row, first_column) = (t.block_y() * TILE, t.block_x() * TILE);
    let (across, down) = (t.thread_x(), t.thread_y());

    for line in (down..TILE).step_by(t.block_dim_y()) {
        let (row, column) = (first_row + line, first_column + across);
        if row < rows && column < columns {
            t.store(tile, line * STRIDE + across, t.load(x, row * columns + column));
        }
    }
    t.barrier().await;
    for line in (down..TILE).step_by(t.block_dim_y()) {
        // the warp now walks along a row of the output, down a column of the tile
        let (row, column) = (first_row + across, first_column + line);
        if row < rows && column < columns {
            t.store(y, column * rows + row, t.load(tile, across * STRIDE + line));
        }
    }
}

/// Exercise 19.4: a product by tiles.
pub async fn product(
    t: Thread<'_>,
    a: Buffer,
    b: Buffer,
    c: Buffer,
    [m, k, n]: [usize; 3],
) {
    let side = t.block_dim_x();
    let a_tile = t.shared("a", side * side);
    let b_tile = t.shared("b", side * side);
    let (across, down) = (t.thread_x(), t.thread_y());
    let row = t.block_y() * side + down;
    let column = t.block_x() * side + across;

    let mut sum = 0.0;
    for start in (0..k).step_by(side) {
        let (a_column, b_row) = (start + across, start + down);
        let inside = row < m && a_column < k;
        let number = if inside { t.load(a, row * k + a_column) } else { 0.0 };
        t.store(a_tile, down * side + across, number);
        let inside = b_row < k && column < n;
        let number = if inside { t.load(b, b_row * n + column) } else { 0.0 };
        t.store(b_tile, down * side + across, number);
        // nobody reads before all have written
        t.barrier().await;
        for i in 0..side {
            let (left, right) =
                (t.load(a_tile, down * side + i), t.load(b_tile, i * side + across));
            sum = t.fma(left, right, sum);
        }
        // nobody writes the next step before all have read
        t.barrier().await;
    }
    if row < m && column < n {
        t.store(c, row * n + column, sum);
    }
}

/// Exercise 19.5: a convolution, and the halo of a tile.
pub async fn convolve(
    t: Thread<'_>,
    image: Buffer,
    weights: [f32; 9],
    out: Buffer,
    [height, width]: [usize; 2],
) {
    let (across, down) = (t.thread_x(), t.thread_y());
    let (block_width, block_height) = (t.block_dim_x(), t.block_dim_y());
    let first_row = t.block_y() * block_height;
    let first_column = t.block_x() * block_width;
    let (tile_width, tile_height) = (block_width + 2, block_height + 2);
    let tile = t.shared("tile", tile_width * tile_height);

    let me = down * block_width + across;
    for place in (me..tile_width * tile_height).step_by(block_width * block_height) {
        // the tile begins one pixel above and to the left of the block
        let row = (first_row + place / tile_width).wrapping_sub(1);
        let column = (first_column + place % tile_width).wrapping_sub(1);
        let inside = row < height && column < width;
        let pixel = if inside { t.load(image, row * width + column) } else { 0.0 };
        t.store(tile, place, pixel);
    }
    t.barrier().await;

    let (row, column) = (first_row + down, first_column + across);
    if row < height && column < width {
        let mut sum = 0.0;
        for (tap, weight) in weights.into_iter().enumerate() {
            let place = (down + tap / 3) * tile_width + across + tap % 3;
            sum = t.fma(weight, t.load(tile, place), sum);
        }
        t.store(out, row * width + column, sum);
    }
}
