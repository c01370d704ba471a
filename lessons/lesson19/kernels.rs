//! Small kernels for the teaching device: each is run by many threads at once.

use gradbook::gpu::simt::{Buffer, Thread};

// ANCHOR: columns
/// A warp fills a tile of 32 by 32 and reads it column by column. In shared memory a
/// row of the tile takes `width` numbers.
pub async fn columns(t: Thread<'_>, y: Buffer, width: usize) {
    let tile = t.shared("tile", 32 * width);
    for row in 0..32 {
        t.store(tile, row * width + t.thread_x(), 1.0);
    }
    t.barrier().await;
    let mut sum = 0.0;
    for column in 0..32 {
        sum += t.load(tile, t.thread_x() * width + column);
    }
    t.store(y, t.thread_x(), sum);
}
// ANCHOR_END: columns

/// A matrix turned over without a tile: reads along rows, writes down columns.
pub async fn turn_directly(
    t: Thread<'_>,
    [x, y]: [Buffer; 2],
    [rows, columns]: [usize; 2],
) {
    let (row, column) = (t.global_y(), t.global_x());
    if row < rows && column < columns {
        t.store(y, column * rows + row, t.load(x, row * columns + column));
    }
}

/// A convolution of 3 by 3 without a tile: each thread reads its nine pixels.
pub async fn convolve_directly(
    t: Thread<'_>,
    [image, out]: [Buffer; 2],
    weights: [f32; 9],
    [height, width]: [usize; 2],
) {
    let (row, column) = (t.global_y(), t.global_x());
    if row >= height || column >= width {
        return;
    }
    let mut sum = 0.0;
    for (tap, weight) in weights.into_iter().enumerate() {
        // one up and one to the left of the first pixel wraps round, and is no pixel
        let y = (row + tap / 3).wrapping_sub(1);
        let x = (column + tap % 3).wrapping_sub(1);
        if y < height && x < width {
            sum = t.fma(weight, t.load(image, y * width + x), sum);
        }
    }
    t.store(out, row * width + column, sum);
}
