//! Augmentation: the same example seen a little differently each time.
//!
//! A shifted or slightly turned digit is the same digit. A network that sees each
//! training image moved anew at every step cannot learn it by heart. The images to be
//! judged on stay as they are.

use rand::RngExt;
use rand_distr::StandardNormal;

use crate::layer::ImageShape;
use crate::real::{Matrix, Real, Rng, ShapeError, real};

// ANCHOR: shift
/// Moves an image by `down` and `right` pixels (up and left where negative). What
/// leaves it is lost, what comes in is 0.
///
/// # Panics
///
/// When the slice is not as long as the shape says.
pub fn shift<T: Real>(image: &mut [T], shape: ImageShape, down: isize, right: isize) {
    shift_from(&image.to_vec(), image, shape, down, right);
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
    rotate_from(&image.to_vec(), image, shape, degrees);
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
