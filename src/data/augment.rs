//! Augmentation: the same example seen a little differently each time.
//!
//! A shifted or slightly turned digit is the same digit. A network that sees each
//! training image moved anew at every step cannot learn it by heart. The images to be
//! judged on stay as they are.

use rand::RngExt;
use rand_distr::StandardNormal;

use crate::kernels::ImageShape;
use crate::real::{Matrix, Real, Rng, ShapeError, real};

// ANCHOR: shift
/// Moves an image by `down` and `right` pixels (up and left where negative). What
/// leaves it is lost, what comes in is 0.
///
/// # Panics
///
/// When the slice is not as long as the shape says.
pub fn shift<T: Real>(image: &mut [T], shape: ImageShape, down: isize, right: isize) {
    let from = image.to_vec();
    shift_from(&from, image, shape, down, right);
}

fn shift_from<T: Real>(
    from: &[T],
    to: &mut [T],
    shape: ImageShape,
    down: isize,
    right: isize,
) {
    assert_eq!(from.len(), shape.len(), "the image is not {shape}");
    to.fill(T::zero());
    let moved = |at: usize, by: isize, size: usize| {
        at.checked_add_signed(by).filter(|&place| place < size)
    };
    for y in 0..shape.height {
        let Some(below) = moved(y, down, shape.height) else { continue };
        for x in 0..shape.width {
            let Some(beside) = moved(x, right, shape.width) else { continue };
            let (old, new) = (shape.index(y, x, 0), shape.index(below, beside, 0));
            to[new..new + shape.channels]
                .copy_from_slice(&from[old..old + shape.channels]);
        }
    }
}
// ANCHOR_END: shift

// ANCHOR: rotate
/// Turns an image about its center, counterclockwise as one looks at it. A pixel of the
/// result takes the place it came from, which lies between four pixels, and weighs
/// those by their nearness (bilinear). Outside the image all is 0.
///
/// # Panics
///
/// When the slice is not as long as the shape says.
pub fn rotate<T: Real>(image: &mut [T], shape: ImageShape, degrees: f64) {
    let from = image.to_vec();
    rotate_from(&from, image, shape, degrees);
}

fn rotate_from<T: Real>(from: &[T], to: &mut [T], shape: ImageShape, degrees: f64) {
    assert_eq!(from.len(), shape.len(), "the image is not {shape}");
    let (sin, cos) = sin_cos(degrees);
    let center = |size: usize| (size as f64 - 1.0) / 2.0;
    let (middle, center) = (center(shape.height), center(shape.width));
    for (place, pixel) in to.chunks_exact_mut(shape.channels).enumerate() {
        let y = (place / shape.width) as f64 - middle;
        let x = (place % shape.width) as f64 - center;
        // where this pixel was before the turn; rows count downward
        let (down, right) = (cos * y + sin * x + middle, cos * x - sin * y + center);
        between(from, pixel, shape, down, right);
    }
}

/// Writes what lies at (down, right), between four pixels.
fn between<T: Real>(
    from: &[T],
    pixel: &mut [T],
    shape: ImageShape,
    down: f64,
    right: f64,
) {
    pixel.fill(T::zero());
    let corner = [down.floor(), right.floor()];
    let [below, beside] = [down - corner[0], right - corner[1]];
    let corners = [
        (0.0, 0.0, (1.0 - below) * (1.0 - beside)),
        (0.0, 1.0, (1.0 - below) * beside),
        (1.0, 0.0, below * (1.0 - beside)),
        (1.0, 1.0, below * beside),
    ];
    for (dy, dx, weight) in corners {
        let (y, x) = (corner[0] + dy, corner[1] + dx);
        let inside = |at: f64, size: usize| at >= 0.0 && at < size as f64;
        if weight > 0.0 && inside(y, shape.height) && inside(x, shape.width) {
            let start = shape.index(y as usize, x as usize, 0);
            let source = &from[start..start + shape.channels];
            let weight = real::<T>(weight);
            pixel.iter_mut().zip(source).for_each(|(p, &s)| *p += weight * s);
        }
    }
}

/// Sine and cosine of an angle in degrees, exact for quarter turns.
fn sin_cos(degrees: f64) -> (f64, f64) {
    match degrees.rem_euclid(360.0) {
        0.0 => (0.0, 1.0),
        90.0 => (1.0, 0.0),
        180.0 => (0.0, -1.0),
        270.0 => (-1.0, 0.0),
        _ => degrees.to_radians().sin_cos(),
    }
}
// ANCHOR_END: rotate

// ANCHOR: noise
/// Adds to each number another one from a normal distribution with mean 0 and this
/// standard deviation.
pub fn noise<T: Real>(image: &mut [T], deviation: f64, rng: &mut Rng) {
    for pixel in image {
        let draw: f64 = rng.sample(StandardNormal);
        *pixel += real(deviation * draw);
    }
}
// ANCHOR_END: noise

// ANCHOR: augmentation
/// By how much images are changed, at most. Zero leaves them as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Augmentation {
    /// Pixels up or down, and left or right; each number of them as likely as another.
    pub shift: usize,
    /// Degrees to either side, every angle as likely as another.
    pub degrees: f64,
    /// Standard deviation of the noise, in the unit of the pixels.
    pub noise: f64,
}

impl Augmentation {
    /// Changes each image of a batch (one a column) by chance: turns it, moves it, adds
    /// noise.
    ///
    /// # Errors
    ///
    /// When the columns are not images of this shape, the shift is not smaller than the
    /// image, or an angle or deviation is negative or not finite.
    pub fn apply<T: Real>(
        &self,
        batch: &mut Matrix<T>,
        shape: ImageShape,
        rng: &mut Rng,
    ) -> Result<(), ShapeError> {
        self.apply_with(&mut Vec::new(), batch, shape, rng)
    }

    /// The same; `copy` holds one image and is used again and again.
    pub(crate) fn apply_with<T: Real>(
        &self,
        copy: &mut Vec<T>,
        batch: &mut Matrix<T>,
        shape: ImageShape,
        rng: &mut Rng,
    ) -> Result<(), ShapeError> {
        self.check(batch, shape)?;
        copy.resize(shape.len(), T::zero());
        for image in batch.as_mut_slice().chunks_exact_mut(shape.len()) {
            if self.degrees > 0.0 {
                copy.copy_from_slice(image);
                let degrees = rng.random_range(-self.degrees..=self.degrees);
                rotate_from(copy, image, shape, degrees);
            }
            if self.shift > 0 {
                copy.copy_from_slice(image);
                let steps = [(); 2].map(|()| rng.random_range(0..=2 * self.shift));
                let [down, right] = steps.map(|n| n as isize - self.shift as isize);
                shift_from(copy, image, shape, down, right);
            }
            if self.noise > 0.0 {
                noise(image, self.noise, rng);
            }
        }
        Ok(())
    }
}
// ANCHOR_END: augmentation

impl Augmentation {
    fn check<T: Real>(
        &self,
        batch: &Matrix<T>,
        shape: ImageShape,
    ) -> Result<(), ShapeError> {
        shape.check("Augmentation: image")?;
        if batch.nrows() != shape.len() {
            let expected = format!("{} ({shape})", shape.len());
            let what = "Augmentation: rows of the batch";
            return Err(ShapeError::new(what, batch.nrows(), expected));
        }
        let side = shape.height.min(shape.width);
        if self.shift >= side {
            let expected = format!("less than the image's {side} pixels");
            return Err(ShapeError::new("Augmentation: shift", self.shift, expected));
        }
        let parts = [("degrees", self.degrees), ("noise", self.noise)];
        for (name, value) in parts {
            if !value.is_finite() || value < 0.0 {
                let what = format!("Augmentation: {name}");
                let expected = "a finite number, 0 or more";
                return Err(ShapeError::new(what, value, expected));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data, rng};
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    /// 1, 2, 3 ... so that every number can be told from every other.
    fn numbered(shape: ImageShape) -> Vec<f64> {
        (1..=shape.len()).map(|n| n as f64).collect()
    }

    fn shifted(
        image: &[f64],
        shape: ImageShape,
        down: isize,
        right: isize,
    ) -> Vec<f64> {
        let mut moved = image.to_vec();
        shift(&mut moved, shape, down, right);
        moved
    }

    fn rotated(image: &[f64], shape: ImageShape, degrees: f64) -> Vec<f64> {
        let mut turned = image.to_vec();
        rotate(&mut turned, shape, degrees);
        turned
    }

    fn ink(image: &[f64]) -> f64 {
        image.iter().sum()
    }

    prop_compose! {
        fn shapes()(height in 1..7usize, width in 1..7usize, channels in 1..4usize)
            -> ImageShape
        {
            ImageShape::new(height, width, channels)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn a_shift_moves_each_pixel_or_loses_it(
            shape in shapes(), down in -8..9isize, right in -8..9isize,
        ) {
            let image = numbered(shape);
            let moved = shifted(&image, shape, down, right);
            for y in 0..shape.height {
                for x in 0..shape.width {
                    for c in 0..shape.channels {
                        let from = y.checked_add_signed(-down)
                            .zip(x.checked_add_signed(-right))
                            .filter(|&(y, x)| y < shape.height && x < shape.width);
                        let expected =
                            from.map_or(0.0, |(y, x)| image[shape.index(y, x, c)]);
                        prop_assert_eq!(moved[shape.index(y, x, c)], expected);
                    }
                }
            }
        }

        #[test]
        fn a_shift_by_nothing_and_a_turn_by_nothing_change_nothing(shape in shapes()) {
            let image = numbered(shape);
            prop_assert_eq!(&shifted(&image, shape, 0, 0), &image);
            prop_assert_eq!(&rotated(&image, shape, 0.0), &image);
            prop_assert_eq!(&rotated(&image, shape, -360.0), &image);
        }

        #[test]
        fn what_stays_inside_keeps_its_ink_and_comes_back(
            shape in shapes(), down in -2..3isize, right in -2..3isize,
        ) {
            // room of two pixels on every side
            let (height, width) = (shape.height + 4, shape.width + 4);
            let wide = ImageShape { height, width, ..shape };
            let inside = shifted(&place(&numbered(shape), shape, wide), wide, 2, 2);
            let moved = shifted(&inside, wide, down, right);
            prop_assert_eq!(ink(&moved), ink(&numbered(shape)));
            prop_assert_eq!(shifted(&moved, wide, -down, -right), inside);
        }

        #[test]
        fn quarter_turns_are_exact(side in 1..8usize, channels in 1..4usize) {
            let shape = ImageShape::new(side, side, channels);
            let image = numbered(shape);
            let turned = rotated(&image, shape, 90.0);
            for y in 0..side {
                for x in 0..side {
                    // counterclockwise: what was at the right is now at the top
                    let from = shape.index(x, side - 1 - y, 0);
                    let to = shape.index(y, x, 0);
                    prop_assert_eq!(
                        &turned[to..to + channels], &image[from..from + channels]
                    );
                }
            }
            let half = rotated(&image, shape, 180.0);
            prop_assert_eq!(&rotated(&turned, shape, 90.0), &half);
            prop_assert_eq!(&rotated(&turned, shape, -90.0), &image);
            prop_assert_eq!(rotated(&turned, shape, 270.0), image);
        }

        #[test]
        fn a_turned_pixel_lies_between_those_of_the_image(
            shape in shapes(), degrees in -180..180i32,
        ) {
            let image = numbered(shape);
            let turned = rotated(&image, shape, f64::from(degrees));
            let most = shape.len() as f64;
            prop_assert!(turned.iter().all(|x| (0.0..=most + 1e-9).contains(x)));
        }
    }

    /// A small image in the upper left corner of a larger one.
    fn place(image: &[f64], shape: ImageShape, wide: ImageShape) -> Vec<f64> {
        let mut all = vec![0.0; wide.len()];
        for (row, to) in image
            .chunks_exact(shape.width * shape.channels)
            .zip(all.chunks_exact_mut(wide.width * wide.channels))
        {
            to[..row.len()].copy_from_slice(row);
        }
        all
    }

    /// A pixel to the right of the center of 3 x 3, turned by 45 degrees, lies at
    /// 1 / sqrt 2 up and to the right: between four pixels, not between fewer.
    #[test]
    fn a_turn_by_45_degrees_worked_out_on_paper() {
        let shape = ImageShape::new(3, 3, 1);
        let mut image = vec![0.0; 9];
        image[shape.index(1, 2, 0)] = 1.0;
        let turned = rotated(&image, shape, 45.0);
        // the upper right corner comes from sqrt 2 to the right of the center
        let far = 2.0 - 2.0_f64.sqrt();
        // the pixel above the center from (1 / sqrt 2 right, 1 / sqrt 2 up)
        let half = 0.5_f64.sqrt();
        assert_relative_eq!(turned[shape.index(0, 2, 0)], far, epsilon = 1e-12);
        let near = half * (1.0 - half);
        assert_relative_eq!(turned[shape.index(0, 1, 0)], near, epsilon = 1e-12);
        assert_relative_eq!(turned[shape.index(1, 2, 0)], near, epsilon = 1e-12);
        assert_eq!(turned[shape.index(2, 2, 0)], 0.0);
        assert_eq!(turned[shape.index(1, 1, 0)], 0.0);
    }

    #[test]
    fn noise_has_the_deviation_it_was_given() {
        let mut pixels = vec![3.0_f64; 10_000];
        noise(&mut pixels, 0.5, &mut rng(1));
        let mean = pixels.iter().sum::<f64>() / 10_000.0;
        let square = pixels.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 10_000.0;
        // standard errors: 0.005 of the mean, 0.0035 of the deviation
        assert!((mean - 3.0).abs() < 0.025, "{mean}");
        assert!((square.sqrt() - 0.5).abs() < 0.018, "{square}");
        let mut same = vec![3.0_f64; 5];
        noise(&mut same, 0.0, &mut rng(1));
        assert_eq!(same, [3.0; 5]);
    }

    #[test]
    fn nothing_asked_for_changes_nothing_and_draws_nothing() {
        let digits = data::digits::<f32>();
        let mut batch = digits.inputs.clone();
        let (mut drawn, shape) = (rng(1), ImageShape::new(8, 8, 1));
        Augmentation::default().apply(&mut batch, shape, &mut drawn).unwrap();
        assert_eq!(batch, digits.inputs);
        assert_eq!(drawn, rng(1));
    }

    #[test]
    fn each_image_is_moved_by_its_own_chance_and_every_place_is_used() {
        let shape = ImageShape::new(5, 5, 1);
        let mut batch = Matrix::<f64>::zeros(25, 900);
        batch.row_mut(shape.index(2, 2, 0)).fill(1.0);
        let by = Augmentation { shift: 2, ..Augmentation::default() };
        by.apply(&mut batch, shape, &mut rng(2)).unwrap();
        // 36 images for each of the 25 places, but for a standard deviation of 6
        for place in 0..25 {
            let count = batch.row(place).sum();
            assert!((count - 36.0).abs() < 30.0, "{place}: {count}");
        }
        assert_eq!(batch.sum(), 900.0);
    }

    #[test]
    fn angles_go_to_both_sides_and_no_further() {
        // the pixel at the right edge of a row of 101: how far up is it after the turn?
        let shape = ImageShape::new(101, 101, 1);
        let by = Augmentation { degrees: 20.0, ..Augmentation::default() };
        let mut batch = Matrix::<f64>::zeros(shape.len(), 60);
        batch.row_mut(shape.index(50, 90, 0)).fill(1.0);
        by.apply(&mut batch, shape, &mut rng(3)).unwrap();
        let up = |image: &[f64]| {
            let rows =
                (0..shape.len()).map(|at| (50.0 - (at / 101) as f64) * image[at]);
            rows.sum::<f64>() / ink(image)
        };
        let ups: Vec<f64> =
            batch.as_slice().chunks_exact(shape.len()).map(up).collect();
        let most = 40.0 * 20.0_f64.to_radians().sin();
        assert!(ups.iter().all(|up| up.abs() < most + 1.0));
        assert!(ups.iter().any(|&up| up > 0.8 * most));
        assert!(ups.iter().any(|&up| up < -0.8 * most));
    }

    #[test]
    fn the_seed_decides() {
        let digits = data::digits::<f32>();
        let by = Augmentation { shift: 1, degrees: 10.0, noise: 0.1 };
        let changed = |seed| {
            let mut batch = digits.inputs.clone();
            by.apply(&mut batch, ImageShape::new(8, 8, 1), &mut rng(seed)).unwrap();
            batch
        };
        assert_eq!(changed(1), changed(1));
        assert_ne!(changed(1), changed(2));
    }

    #[test]
    fn what_does_not_fit_is_refused_and_nothing_is_changed() {
        let shape = ImageShape::new(4, 6, 2);
        let refused = |by: Augmentation, rows, shape| {
            let mut batch = Matrix::<f64>::from_element(rows, 2, 1.0);
            let error = by.apply(&mut batch, shape, &mut rng(1)).unwrap_err();
            assert!(batch.iter().all(|&x| x == 1.0));
            error.to_string()
        };
        let none = Augmentation::default();
        let message = "Augmentation: rows of the batch is 47, expected 48 (4 x 6 x 2)";
        assert_eq!(refused(none, 47, shape), message);
        let message =
            "Augmentation: shift is 4, expected less than the image's 4 pixels";
        assert_eq!(refused(Augmentation { shift: 4, ..none }, 48, shape), message);
        for wild in [-1.0, f64::NAN, f64::INFINITY] {
            let seen = refused(Augmentation { degrees: wild, ..none }, 48, shape);
            let expected = format!("degrees is {wild}, expected a finite number");
            assert!(seen.contains(&expected), "{seen}");
            let seen = refused(Augmentation { noise: wild, ..none }, 48, shape);
            assert!(seen.starts_with("Augmentation: noise is "), "{seen}");
        }
        refused(none, 0, ImageShape::new(0, 6, 2));
    }
}
