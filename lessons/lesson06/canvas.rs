//! Digits on a canvas, in the middle and shifted, in two parts.

use gradbook::data::{Dataset, on_canvas, split};
use gradbook::layer::ImageShape;
use gradbook::{Matrix, Rng};
use lessons::Result;

/// The canvas: the digits are 8 by 8 pixels, so they can move by 2 each way.
pub const CANVAS: ImageShape = ImageShape::new(12, 12, 1);
const REACH: usize = 2;

/// Two parts of the digits, each drawn plain and shifted.
pub struct Canvases {
    /// To learn from: plain, shifted.
    pub train: [Dataset; 2],
    /// For the exam: plain, shifted.
    pub test: [Dataset; 2],
}

impl Canvases {
    // ANCHOR: cut
    /// A fifth of every digit is held out. Both parts are drawn twice: each digit in
    /// the middle of its canvas, and moved by up to 2 pixels down or up and across.
    pub fn cut(digits: &Dataset, rng: &mut Rng) -> Result<Canvases> {
        let (train, test) = split::stratified(&digits.labels, 0.2, rng)?.of(digits);
        let mut both = |part: &Dataset| -> Result<[Dataset; 2]> {
            let [plain, shifted] =
                [0, REACH].map(|reach| on_canvas(part, CANVAS.width, reach, rng));
            Ok([plain?, shifted?])
        };
        Ok(Canvases { train: both(&train)?, test: both(&test)? })
    }
    // ANCHOR_END: cut
}

// ANCHOR: permuted
/// The same images with their pixels in another order, one order for all of them.
pub fn permuted(data: &Dataset, order: &[usize]) -> Dataset {
    let inputs = Matrix::from_fn(data.features(), data.len(), |pixel, n| {
        data.inputs[(order[pixel], n)]
    });
    Dataset { inputs, ..data.clone() }
}
// ANCHOR_END: permuted
