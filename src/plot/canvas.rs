//! A part of a picture to draw in, and what every picture has in common.

use std::cell::RefCell;
use std::rc::Rc;

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters_backend::text_anchor::HPos;

use super::Svg;
use super::pen::{Letters, Pen, SCALE};

/// Letter sizes in device units: 14 and 12 pixels as shown.
pub(super) const TEXT: i32 = 14 * SCALE;
/// See [`TEXT`].
pub(super) const SMALL: i32 = 12 * SCALE;

/// Anything that can be drawn: alone with `svg()`, or in a [`Panels`](super::Panels).
pub trait Picture {
    /// Width and height as shown, in pixels.
    fn size(&self) -> (u32, u32);

    /// Draws into a part of a picture.
    #[doc(hidden)]
    fn draw(&self, canvas: &Canvas);
}

/// Draws one picture on a page of its own.
pub(super) fn render(picture: &dyn Picture) -> Svg {
    let pen = Rc::new(RefCell::new(Pen::new(picture.size())));
    let (width, height) = picture.size();
    picture.draw(&Canvas {
        pen: Rc::clone(&pen),
        x: 0,
        y: 0,
        width: width as i32 * SCALE,
        height: height as i32 * SCALE,
    });
    pen.take().finish()
}

/// A rectangle of the picture, in device units.
#[derive(Clone)]
pub struct Canvas {
    pub(super) pen: Rc<RefCell<Pen>>,
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Canvas {
    /// The part that starts at (x, y) of this one.
    pub(super) fn part(&self, x: i32, y: i32, width: i32, height: i32) -> Canvas {
        Canvas {
            pen: Rc::clone(&self.pen),
            x: self.x + x,
            y: self.y + y,
            width,
            height,
        }
    }

    /// The same rectangle as a drawing area of plotters.
    pub(super) fn area(&self) -> DrawingArea<Pen, Shift> {
        DrawingArea::from(&self.pen).shrink((self.x, self.y), (self.width, self.height))
    }

    /// Draws with the pen.
    pub(super) fn ink<R>(&self, draw: impl FnOnce(&mut Pen) -> R) -> R {
        draw(&mut self.pen.borrow_mut())
    }

    /// A bold line of text at the top, and what is left below it.
    pub(super) fn titled(&self, title: &str) -> Canvas {
        if title.is_empty() {
            return self.clone();
        }
        let at = (self.x + self.width / 2, self.y + TEXT);
        let letters = Letters::new(TEXT, HPos::Center).bold();
        self.ink(|pen| pen.text(title, at, letters));
        let used = TEXT + TEXT / 2;
        self.part(0, used, self.width, self.height - used)
    }
}
