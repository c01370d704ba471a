//! Lesson 06: one answer to each exercise. Yours may look different and be as right.

use gradbook::Matrix;

/// A matrix of 64-bit numbers. For an image of one channel: row y, column x.
pub type Matrix64 = Matrix<f64>;

/// Exercise 6.1: how many windows fit?
pub fn output_size(
    length: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
) -> usize {
    let padded = length + 2 * padding;
    if kernel > padded {
        return 0;
    }
    // the first window, and one more for every whole step behind it
    (padded - kernel) / stride + 1
}

/// Exercise 6.2: convolution, from the definition.
pub fn convolve(
    image: &Matrix64,
    kernel: &Matrix64,
    stride: usize,
    padding: usize,
) -> Matrix64 {
    let rows = output_size(image.nrows(), kernel.nrows(), stride, padding);
    let columns = output_size(image.ncols(), kernel.ncols(), stride, padding);
    Matrix64::from_fn(rows, columns, |y, x| {
        let mut sum = 0.0;
        for dy in 0..kernel.nrows() {
            for dx in 0..kernel.ncols() {
                let row = (y * stride + dy).checked_sub(padding);
                let column = (x * stride + dx).checked_sub(padding);
                let (Some(row), Some(column)) = (row, column) else { continue };
                if let Some(pixel) = image.get((row, column)) {
                    sum += kernel[(dy, dx)] * pixel;
                }
            }
        }
        sum
    })
}

/// Exercise 6.3: max pooling, there and back.
pub fn max_pool(map: &Matrix64, size: usize, grad: &Matrix64) -> (Matrix64, Matrix64) {
    let (rows, columns) = (map.nrows() / size, map.ncols() / size);
    let mut pooled = Matrix64::zeros(rows, columns);
    let mut grad_map = Matrix64::zeros(map.nrows(), map.ncols());
    for y in 0..rows {
        for x in 0..columns {
            let mut winner = (y * size, x * size);
            for row in y * size..(y + 1) * size {
                for column in x * size..(x + 1) * size {
                    if map[(row, column)] > map[winner] {
                        winner = (row, column);
                    }
                }
            }
            pooled[(y, x)] = map[winner];
            grad_map[winner] = grad[(y, x)];
        }
    }
    (pooled, grad_map)
}

/// Calls `visit(entry of the column, column, index in the image)` for every pixel that
/// a window sees. What lies outside the image is left out.
fn each_seen(
    [height, width, channels]: [usize; 3],
    [kernel, stride, padding]: [usize; 3],
    mut visit: impl FnMut(usize, usize, usize),
) {
    let rows = output_size(height, kernel, stride, padding);
    let columns = output_size(width, kernel, stride, padding);
    for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
        for (dy, dx) in (0..kernel).flat_map(|dy| (0..kernel).map(move |dx| (dy, dx))) {
            let row = (y * stride + dy).checked_sub(padding);
            let column = (x * stride + dx).checked_sub(padding);
            let (Some(row), Some(column)) = (row, column) else { continue };
            if row >= height || column >= width {
                continue;
            }
            for c in 0..channels {
                let entry = (dy * kernel + dx) * channels + c;
                visit(entry, y * columns + x, (row * width + column) * channels + c);
            }
        }
    }
}

/// Exercise 6.4: every window in a column.
pub fn im2col(
    image: &[f64],
    shape: [usize; 3],
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Matrix64 {
    let [height, width, channels] = shape;
    let rows = output_size(height, kernel, stride, padding);
    let columns = output_size(width, kernel, stride, padding);
    let mut patches = Matrix64::zeros(kernel * kernel * channels, rows * columns);
    each_seen(shape, [kernel, stride, padding], |entry, column, index| {
        patches[(entry, column)] = image[index];
    });
    patches
}

/// Exercise 6.5: and back again.
pub fn col2im(
    patches: &Matrix64,
    shape: [usize; 3],
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Vec<f64> {
    let mut image = vec![0.0; shape.iter().product()];
    each_seen(shape, [kernel, stride, padding], |entry, column, index| {
        image[index] += patches[(entry, column)];
    });
    image
}
