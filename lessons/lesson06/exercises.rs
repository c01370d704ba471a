//! Lesson 06: your convolution.
//!
//! Replace each `todo!` by your answer, then run `cargo test --test lesson06`.
//! When all five pass, `cargo run --bin lesson06 -- --mine` trains the small network of
//! the lesson on them: your patches go into its products, your pooling makes its maps
//! small, and your own convolution draws the feature maps.

use gradbook::Matrix;

/// A matrix of 64-bit numbers. For an image of one channel: row y, column x.
pub type Matrix64 = Matrix<f64>;

/// Exercise 6.1: how many windows fit?
///
/// A kernel of `kernel` pixels slides along a line of `length` pixels, `stride` (at
/// least 1) at a time. Before that the line got `padding` more pixels at each of its
/// two ends. How many positions are there at which the whole kernel lies on the line?
/// If the kernel (at least 1) is longer than the padded line, none.
///
/// A length of 5, a kernel of 3, stride 2 and padding 1: the line now has 7 pixels, the
/// kernel can start at 0, 2 and 4, and the answer is 3. With a kernel of 8 it is 0.
pub fn output_size(
    length: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
) -> usize {
    todo!("exercise 6.1")
}

/// Exercise 6.2: convolution, from the definition.
///
/// Lays the kernel on the image at every position of exercise 6.1, in both directions,
/// multiplies each weight by the pixel under it, and adds up. The kernel is used as it
/// stands, not turned round. Row `y`, column `x` of the answer belongs to the window
/// whose first pixel is row `y * stride - padding`, column `x * stride - padding` of
/// the image; pixels outside the image are 0. Image and kernel need not be square, and
/// the kernel fits at least once.
///
/// The image `[[1, 2, 0], [3, 1, 2]]` and the kernel `[[1, 0], [0, -1]]` with stride 1
/// and padding 0 give `[[0, 0]]`: that is 1 - 1 and 2 - 2. With padding 1 the answer
/// has 3 rows and 4 columns, and the first row is `[-1, -2, 0, 0]`.
pub fn convolve(
    image: &Matrix64,
    kernel: &Matrix64,
    stride: usize,
    padding: usize,
) -> Matrix64 {
    todo!("exercise 6.2")
}

/// Exercise 6.3: max pooling, there and back.
///
/// Cuts the map into squares of `size` by `size` that lie side by side, and keeps the
/// largest number of each. Rows and columns at the end that fill no square are left
/// out. Returns two matrices. The first holds the largest numbers. The second is the
/// slope of the loss with respect to the map: `grad` holds the slope for each of the
/// largest numbers, and all of it goes to the place that number came from. If a number
/// is the largest more than once in its square, it came from the first such place, row
/// by row. Every other place gets 0.
///
/// The map `[[1, 4, 2], [3, 0, 9]]`, size 2 and the slope `[[5]]` give `[[4]]` and
/// `[[0, 5, 0], [0, 0, 0]]`.
pub fn max_pool(map: &Matrix64, size: usize, grad: &Matrix64) -> (Matrix64, Matrix64) {
    todo!("exercise 6.3")
}

/// Exercise 6.4: every window in a column.
///
/// The image has a height, a width and channels (its `shape`). Channel `c` of the pixel
/// in row `y`, column `x` is `image[(y * width + x) * channels + c]`. The answer has a
/// column for each position of a kernel of `kernel` by `kernel` pixels, row by row of
/// positions. A column holds what the kernel sees there: its pixels row by row, the
/// channels of one pixel together. Pixels outside the image are 0. The kernel fits.
///
/// The image `[1, 2, 3, 4, 5, 6]` of shape `[2, 3, 1]` has two windows of 2 by 2. The
/// columns are `1, 2, 4, 5` and `2, 3, 5, 6`.
pub fn im2col(
    image: &[f64],
    shape: [usize; 3],
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Matrix64 {
    todo!("exercise 6.4")
}

/// Exercise 6.5: and back again.
///
/// The way back of exercise 6.4. `patches` has the shape of that answer and holds a
/// slope for each entry. A pixel that was copied into several windows gets the *sum* of
/// their slopes, and one that no window saw gets 0. What belongs to the padding goes
/// nowhere. The answer is laid out as the image was.
///
/// For shape `[2, 3, 1]`, a kernel of 2, stride 1 and padding 0, the columns `1, 2, 3,
/// 4` and `10, 20, 30, 40` give `[1, 12, 20, 3, 34, 40]`: the two pixels in the middle
/// were in both windows.
pub fn col2im(
    patches: &Matrix64,
    shape: [usize; 3],
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Vec<f64> {
    todo!("exercise 6.5")
}
