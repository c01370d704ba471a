//! Small images in rows and columns: digits, mistakes, filters.

use plotters_backend::text_anchor::HPos;

use super::Svg;
use super::canvas::{Canvas, Picture, SMALL, TEXT, render};
use super::cells::{Cells, Scale, extremes};
use super::pen::{Letters, Paint, SCALE, Stroke, text_width};
use super::style::{INK, Role};

/// A grid of small images, each with a caption of a line or two.
///
/// ```
/// use gradbook::plot::Images;
///
/// let digit = [0.0, 0.5, 1.0, 0.5, 0.0, 0.5, 1.0, 0.5, 0.0];
/// let svg = Images::new(4)
///     .add("is 8\nread as 3", 3, &digit)
///     .add("is 1\nread as 7", 3, &digit)
///     .svg();
/// assert!(svg.as_str().contains("read as 3"));
/// ```
#[derive(Clone, Debug)]
pub struct Images {
    columns: usize,
    images: Vec<Image>,
    side: u32,
    diverging: Option<Role>,
    range: Option<(f64, f64)>,
    title: String,
}

#[derive(Clone, Debug)]
struct Image {
    caption: Vec<String>,
    width: usize,
    values: Vec<f64>,
}

impl Images {
    /// An empty grid with so many images to a row. Each is about 80 pixels wide.
    pub fn new(columns: usize) -> Self {
        Images {
            columns: columns.max(1),
            images: Vec::new(),
            side: 80,
            diverging: None,
            range: None,
            title: String::new(),
        }
    }

    /// Adds an image, given row by row, `width` numbers to a row. The larger the
    /// number the more ink.
    pub fn add<T: Copy + Into<f64>>(
        mut self,
        caption: &str,
        width: usize,
        values: &[T],
    ) -> Self {
        let caption = caption.lines().map(str::to_string).collect();
        let values = values.iter().map(|&value| value.into()).collect();
        self.images.push(Image { caption, width: width.max(1), values });
        self
    }

    /// For numbers of both signs, such as weights: positive in the role's color,
    /// negative in ink. All images share one scale.
    pub fn diverging(mut self, role: Role) -> Self {
        self.diverging = Some(role);
        self
    }

    /// The values of no ink and of full ink; without it, the least and the greatest of
    /// all images.
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// About how wide each image is, in pixels as shown.
    pub fn side(mut self, pixels: u32) -> Self {
        self.side = pixels.max(8);
        self
    }

    /// A line of bold text above.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The picture.
    pub fn svg(&self) -> Svg {
        render(self)
    }

    fn scale(&self) -> Scale {
        let all = self.images.iter().flat_map(|image| image.values.iter().copied());
        let (low, high) = self.range.unwrap_or_else(|| extremes(all));
        match self.diverging {
            Some(role) => Scale::Diverging {
                color: role.color(),
                most: low.abs().max(high.abs()),
            },
            None => Scale::Sequential { color: INK, low, high },
        }
    }

    /// The side of one of the image's pixels, in device units.
    fn dot(&self, image: &Image) -> i32 {
        (self.side as i32 * SCALE / image.width as i32).max(1)
    }

    fn extent(&self, image: &Image) -> (i32, i32) {
        let rows = image.values.len().div_ceil(image.width).max(1) as i32;
        (self.dot(image) * image.width as i32, self.dot(image) * rows)
    }

    /// Width and height of the space that each image has, its caption included.
    fn space(&self) -> (i32, i32) {
        let mut space = (0, 0);
        for image in &self.images {
            let (width, height) = self.extent(image);
            let text = image.caption.iter().map(|line| text_width(line, SMALL)).max();
            let lines = image.caption.len() as i32 * (SMALL + 4);
            space.0 = space.0.max(width.max(text.unwrap_or(0)) + 24);
            space.1 = space.1.max(height + lines + 28);
        }
        space
    }

    fn draw_image(&self, canvas: &Canvas, image: &Image, cells: &mut Cells) {
        let (dot, (width, height)) = (self.dot(image), self.extent(image));
        let (x, y) = (canvas.x + (canvas.width - width) / 2, canvas.y + 4);
        let scale = self.scale();
        for (row, values) in image.values.chunks(image.width).enumerate() {
            let paints = values.iter().map(|value| scale.paint(*value));
            cells.row((x, y + row as i32 * dot), (dot, dot), paints);
        }
        let outline = Stroke::new(Paint::faint(INK, 0.25), 2);
        canvas.ink(|pen| pen.card((x, y, width, height), 0, None, Some(outline)));
        for (i, line) in image.caption.iter().enumerate() {
            let at = (
                canvas.x + canvas.width / 2,
                y + height + (i as i32 + 1) * (SMALL + 4),
            );
            canvas.ink(|pen| pen.text(line, at, Letters::new(SMALL, HPos::Center)));
        }
    }
}

impl Picture for Images {
    fn size(&self) -> (u32, u32) {
        let (width, height) = self.space();
        let columns = self.columns.min(self.images.len().max(1)) as i32;
        let rows = self.images.len().div_ceil(self.columns).max(1) as i32;
        let title = if self.title.is_empty() { 0 } else { TEXT * 3 / 2 };
        let least = text_width(&self.title, TEXT) * 11 / 10;
        let (width, height) = ((width * columns).max(least), height * rows + title);
        ((width.max(40) / SCALE) as u32 + 1, (height.max(40) / SCALE) as u32 + 1)
    }

    fn draw(&self, canvas: &Canvas) {
        let canvas = canvas.titled(&self.title);
        let (width, height) = self.space();
        let mut cells = Cells::default();
        for (i, image) in self.images.iter().enumerate() {
            let (row, column) = ((i / self.columns) as i32, (i % self.columns) as i32);
            let part = canvas.part(column * width, row * height, width, height);
            self.draw_image(&part, image, &mut cells);
        }
        cells.draw(&canvas);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, count};
    use super::*;

    #[test]
    fn images_have_captions_and_stay_small() {
        let mut images = Images::new(8).title("The mistakes");
        for i in 0..40 {
            let digit: Vec<f64> =
                (0..64).map(|k| f64::from((k * 7 + i * 3) % 17) / 16.0).collect();
            images = images.add(&format!("is {i}\nread as < {i}"), 8, &digit);
        }
        let svg = images.svg();
        check(&svg, &["The mistakes", "is 39", "read as &lt; 7"], 60_000);
        assert_eq!(count(&svg, "<rect"), 40);
        assert!(count(&svg, "<path") <= 16);
    }

    #[test]
    fn mnist_images_stay_small_too() {
        let mut images = Images::new(10);
        for i in 0..40u32 {
            let blob = (0..784u32).map(|k| {
                let (x, y) = (f64::from(k % 28) - 14.0, f64::from(k / 28) - 14.0);
                let ring = (x.hypot(y) - 7.0 - 0.05 * f64::from(i)).abs();
                (1.0 - ring / 3.0).max(0.0)
            });
            images = images.add("", 28, &blob.collect::<Vec<f64>>());
        }
        check(&images.svg(), &[], 150_000);
    }

    #[test]
    fn weights_have_two_colors_and_odd_images_do_no_harm() {
        let svg = Images::new(2)
            .diverging(Role::Weights)
            .add("unit 1", 2, &[-1.0f32, 1.0, 0.5, -0.5])
            .add("ragged", 2, &[1.0f32, f32::NAN, 0.5])
            .add("empty", 0, &[0f32; 0])
            .svg();
        check(
            &svg,
            &["unit 1", "#E69F00", "stroke=\"currentColor\" stroke-width=\"80\""],
            5_000,
        );
        check(&Images::new(0).svg(), &[], 1_000);
    }
}
