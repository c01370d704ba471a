//! Small images on a larger sheet.

use super::{DataError, Dataset};
use crate::{Matrix, Real, Rng};
use rand::RngExt;

// ANCHOR: on_canvas
/// Puts square gray images on a canvas of `side` x `side` pixels, where all else is 0.
///
/// Each is in the middle, moved by up to `shift` pixels down or up and by as many to
/// the right or left, every place as likely as any other. Without a shift nothing is
/// random. If the room around an image is odd, the smaller half is above and left.
///
/// `on_canvas(&digits, 12, 2, rng)` lets the 8 x 8 digits use all of their canvas.
pub fn on_canvas<T: Real>(
    images: &Dataset<T>,
    side: usize,
    shift: usize,
    rng: &mut Rng,
) -> Result<Dataset<T>, DataError> {
    let small = images.features().isqrt();
    if small * small != images.features() {
        return Err(DataError::NotSquare(images.features()));
    }
    let middle = side.checked_sub(small).map(|room| room / 2);
    let first = middle.and_then(|middle| middle.checked_sub(shift));
    let first = first.ok_or(DataError::Canvas { side, small, shift })?;
    let mut canvases = Matrix::zeros(side * side, images.len());
    for (image, mut canvas) in
        images.inputs.column_iter().zip(canvases.column_iter_mut())
    {
        let [top, left] = [(); 2].map(|()| first + rng.random_range(0..=2 * shift));
        for (place, &pixel) in image.iter().enumerate() {
            canvas[(top + place / small) * side + left + place % small] = pixel;
        }
    }
    Ok(Dataset { inputs: canvases, ..images.clone() })
}
// ANCHOR_END: on_canvas

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data, rng};
    use proptest::prelude::*;
    use std::collections::HashSet;

    /// Images of 1, 2, 3 ... so that every pixel can be told from every other.
    fn numbered(count: usize, side: usize) -> Dataset<f64> {
        let pixels = side * side;
        let inputs =
            Matrix::from_fn(pixels, count, |row, n| (n * pixels + row + 1) as f64);
        Dataset::with_values(inputs, Matrix::zeros(1, count)).unwrap()
    }

    /// Where the image lies: the row and column of its first pixel.
    fn place(canvas: &[f64], side: usize) -> (usize, usize) {
        let first = canvas.iter().position(|&pixel| pixel != 0.0).unwrap();
        (first / side, first % side)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn the_image_is_moved_and_nothing_else(
            small in 1..6usize, room in 0..7usize, shift in 0..4usize, seed in 0..99u64,
        ) {
            let (images, side) = (numbered(5, small), small + room);
            let Ok(moved) = on_canvas(&images, side, shift, &mut rng(seed)) else {
                prop_assert!(shift > room / 2);
                return Ok(());
            };
            prop_assert_eq!(moved.inputs.shape(), (side * side, 5));
            prop_assert_eq!(&moved.targets, &images.targets);
            for n in 0..5 {
                let column = moved.inputs.column(n);
                let canvas = column.as_slice();
                let (top, left) = place(canvas, side);
                prop_assert!(top.abs_diff(room / 2) <= shift);
                prop_assert!(left.abs_diff(room / 2) <= shift);
                let ink: Vec<f64> =
                    canvas.iter().copied().filter(|&pixel| pixel != 0.0).collect();
                let image = images.inputs.column(n);
                prop_assert_eq!(&ink[..], image.as_slice());
                let last = canvas[(top + small - 1) * side + left + small - 1];
                prop_assert_eq!(last, ink[ink.len() - 1]);
            }
        }
    }

    #[test]
    fn all_places_are_used() {
        let moved = on_canvas(&numbered(500, 2), 6, 2, &mut rng(1)).unwrap();
        let place = |n: usize| place(moved.inputs.column(n).as_slice(), 6);
        let places: HashSet<_> = (0..500).map(place).collect();
        assert_eq!(places.len(), 25);
    }

    #[test]
    fn digits_keep_their_labels_and_their_ink() {
        let digits = data::digits::<f32>();
        let plain = on_canvas(&digits, 12, 0, &mut rng(1)).unwrap();
        assert_eq!(plain, on_canvas(&digits, 12, 0, &mut rng(2)).unwrap());
        let shifted = on_canvas(&digits, 12, 2, &mut rng(1)).unwrap();
        assert_ne!(plain.inputs, shifted.inputs);
        for set in [plain, shifted] {
            set.check().unwrap();
            assert_eq!(set.labels, digits.labels);
            let ink = |set: &Dataset, n: usize| -> f64 {
                set.inputs.column(n).iter().map(|&pixel| f64::from(pixel)).sum()
            };
            assert!((0..digits.len()).all(|n| ink(&set, n) == ink(&digits, n)));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let digits = numbered(2, 8);
        let error = |side, shift| {
            on_canvas(&digits, side, shift, &mut rng(1)).unwrap_err().to_string()
        };
        let message = "images of 8 x 8 do not fit on a canvas of 12 x 12 when they \
                       move by 3 from the middle";
        assert_eq!(error(12, 3), message);
        error(7, 0);
        error(0, 0);
        let flat = Dataset::with_values(Matrix::zeros(12, 1), Matrix::zeros(1, 1));
        let error = on_canvas::<f64>(&flat.unwrap(), 12, 0, &mut rng(1)).unwrap_err();
        assert_eq!(error.to_string(), "12 features are no square image");
    }
}
