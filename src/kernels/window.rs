//! The sizes of images, and of the windows that slide over them.

use std::ops::Range;

use crate::real::ShapeError;

/// How an image lies in a column: height x width x channels, row after row, the
/// channels of a pixel side by side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImageShape {
    /// Rows of pixels.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Numbers in a pixel: 1 for gray, 3 for color, then as many as there are filters.
    pub channels: usize,
}

// ANCHOR: image
impl ImageShape {
    /// Height, width, channels.
    pub const fn new(height: usize, width: usize, channels: usize) -> Self {
        Self { height, width, channels }
    }

    /// How many numbers an image has.
    pub const fn len(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Where channel `c` of the pixel in row `y`, column `x` lies.
    pub const fn index(&self, y: usize, x: usize, c: usize) -> usize {
        (y * self.width + x) * self.channels + c
    }
}
// ANCHOR_END: image

impl ImageShape {
    /// Whether an image of this shape has no number at all.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses images without a pixel or too large to count.
    pub(crate) fn check(self, what: &str) -> Result<Self, ShapeError> {
        let pixels = self.height.checked_mul(self.width);
        let expected = match pixels.and_then(|n| n.checked_mul(self.channels)) {
            Some(0) => "at least 1 x 1 x 1",
            Some(_) => return Ok(self),
            None => "one that fits into memory",
        };
        Err(ShapeError::new(what, self, expected))
    }
}

impl std::fmt::Display for ImageShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} x {} x {}", self.height, self.width, self.channels)
    }
}

/// A rectangle that slides over an image: its size, its step, and how many zeros are
/// thought to lie around the image on each side. Each is (down, across).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// Height and width.
    pub kernel: (usize, usize),
    /// Pixels from one place to the next.
    pub stride: (usize, usize),
    /// Rows of zeros above and below, columns of zeros left and right.
    pub padding: (usize, usize),
}

impl Window {
    /// A window of this height and width that moves by one pixel, without padding.
    pub const fn new(height: usize, width: usize) -> Self {
        Self { kernel: (height, width), stride: (1, 1), padding: (0, 0) }
    }

    /// A square window that moves by one pixel, without padding.
    pub const fn square(size: usize) -> Self {
        Self::new(size, size)
    }

    /// A square window that moves by its own size, so that its places tile the image.
    pub const fn tiles(size: usize) -> Self {
        Self::square(size).stride(size)
    }

    /// The same with this stride in both directions.
    pub const fn stride(self, stride: usize) -> Self {
        Self { stride: (stride, stride), ..self }
    }

    /// The same with this padding on all four sides.
    pub const fn padding(self, padding: usize) -> Self {
        Self { padding: (padding, padding), ..self }
    }

    // ANCHOR: places
    /// How many places the window has on an image, down and across: the first at the
    /// padded corner, then as many steps as fit.
    ///
    /// # Errors
    ///
    /// When a size is 0, or the window is larger than the padded image.
    pub fn places(&self, image: ImageShape) -> Result<(usize, usize), ShapeError> {
        self.check(image)?;
        let count = |size: usize, padding: usize, kernel: usize, stride: usize| {
            (size + 2 * padding - kernel) / stride + 1
        };
        let (kernel, stride, padding) = (self.kernel, self.stride, self.padding);
        let down = count(image.height, padding.0, kernel.0, stride.0);
        let across = count(image.width, padding.1, kernel.1, stride.1);
        Ok((down, across))
    }
    // ANCHOR_END: places

    /// The rows of the image that are under the window at this place from above.
    #[inline(always)]
    pub(crate) fn rows(&self, place: usize, image: ImageShape) -> Range<usize> {
        overlap(place * self.stride.0, self.kernel.0, self.padding.0, image.height)
    }

    /// The columns of the image that are under the window at this place from the left.
    #[inline(always)]
    pub(crate) fn columns(&self, place: usize, image: ImageShape) -> Range<usize> {
        overlap(place * self.stride.1, self.kernel.1, self.padding.1, image.width)
    }

    /// How many numbers of an image the window covers.
    pub const fn taps(&self, channels: usize) -> usize {
        self.kernel.0 * self.kernel.1 * channels
    }

    fn check(&self, image: ImageShape) -> Result<(), ShapeError> {
        image.check("Window: image")?;
        let pair = |(down, across): (usize, usize)| format!("{down} x {across}");
        for (what, sizes) in [("kernel", self.kernel), ("stride", self.stride)] {
            if sizes.0 == 0 || sizes.1 == 0 {
                let what = format!("Window: {what}");
                return Err(ShapeError::new(what, pair(sizes), "at least 1 x 1"));
            }
        }
        let padded = |size: usize, padding: usize| {
            size.saturating_add(padding.saturating_mul(2))
        };
        let down = padded(image.height, self.padding.0);
        let across = padded(image.width, self.padding.1);
        ImageShape::new(down, across, image.channels).check("Window: padded image")?;
        if self.kernel.0 > down || self.kernel.1 > across {
            let most = pair((down, across));
            let padding = pair(self.padding);
            let expected = format!("at most {most} (image {image}, padding {padding})");
            return Err(ShapeError::new("Window: kernel", pair(self.kernel), expected));
        }
        Ok(())
    }
}

/// The pixels, in one direction, of a window that begins at `start` and of an image of
/// `size` that begins at `padding`; where the two do not meet, none.
#[inline(always)]
fn overlap(start: usize, kernel: usize, padding: usize, size: usize) -> Range<usize> {
    let from = start.clamp(padding, padding + size);
    let to = (start + kernel).clamp(from, padding + size);
    from - padding..to - padding
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(window: Window, image: ImageShape) -> String {
        window.places(image).expect_err("it does not fit").to_string()
    }

    /// By walking: how many starts keep the whole window on the padded image.
    #[test]
    fn places_are_those_found_by_walking() {
        for (size, kernel, stride, padding) in
            (0..2401).map(|i| (i / 343 + 1, i / 49 % 7 + 1, i / 7 % 7 + 1, i % 7))
        {
            let window = Window {
                kernel: (kernel, 1),
                stride: (stride, 1),
                padding: (padding, 0),
            };
            let padded = size + 2 * padding;
            let walked =
                (0..padded).step_by(stride).filter(|y| y + kernel <= padded).count();
            let image = ImageShape::new(size, 3, 2);
            match window.places(image) {
                Ok(places) => assert_eq!(places, (walked, 3)),
                Err(_) => assert_eq!(walked, 0, "{window:?} on {image}"),
            }
        }
    }

    #[test]
    fn what_cannot_slide_is_an_error_that_names_both_shapes() {
        let image = ImageShape::new(4, 6, 3);
        assert_eq!(
            wrong(Window::square(7).padding(1), image),
            "Window: kernel is 7 x 7, expected at most 6 x 8 \
             (image 4 x 6 x 3, padding 1 x 1)"
        );
        assert_eq!(
            wrong(Window::new(3, 0), image),
            "Window: kernel is 3 x 0, expected at least 1 x 1"
        );
        assert_eq!(
            wrong(Window::square(2).stride(0), image),
            "Window: stride is 0 x 0, expected at least 1 x 1"
        );
        assert_eq!(
            wrong(Window::square(2), ImageShape::new(4, 0, 3)),
            "Window: image is 4 x 0 x 3, expected at least 1 x 1 x 1"
        );
        for padding in [usize::MAX / 2, usize::MAX, 1 << 40] {
            let huge = wrong(Window::square(2).padding(padding), image);
            assert!(huge.starts_with("Window: padded image is"), "{huge}");
            assert!(huge.ends_with("expected one that fits into memory"), "{huge}");
        }
        let huge = wrong(Window::square(2), ImageShape::new(usize::MAX, 2, 1));
        assert!(huge.ends_with("expected one that fits into memory"), "{huge}");
    }

    #[test]
    fn channels_lie_side_by_side_then_pixels_then_rows() {
        let shape = ImageShape::new(3, 5, 2);
        assert_eq!(shape.len(), 30);
        let all = (0..3).flat_map(|y| {
            (0..5).flat_map(move |x| (0..2).map(move |c| shape.index(y, x, c)))
        });
        assert!(all.eq(0..30));
    }
}
