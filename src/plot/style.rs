//! The visual language: which color means what, and how things of one color are
//! still told apart.

use plotters::style::RGBColor;

/// The ink of a picture: a color no picture uses, which the pen writes as
/// `currentColor`, so that ink is dark on a light page and light on a dark one.
pub(super) const INK: RGBColor = RGBColor(1, 2, 3);

/// What a mark stands for. One color each, the same in every figure of the book.
///
/// ```
/// use gradbook::plot::Role;
///
/// assert_eq!(Role::Data.css(), "#0072B2");
/// assert_eq!(Role::Neutral.css(), "currentColor");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// What comes from outside: inputs, targets, counts. Blue.
    Data,
    /// What is learned: weights, biases, and the lines they draw. Orange.
    Weights,
    /// What a network computes on the way: outputs, probabilities, accuracy. Green.
    Activations,
    /// What flows backward: slopes, steps, update directions. Vermillion.
    Gradients,
    /// What is made small: losses, errors, mistakes. Purple.
    Loss,
    /// Everything else: axes, references, baselines. The ink of the page.
    Neutral,
}

impl Role {
    /// The color as the pen takes it.
    pub(super) const fn color(self) -> RGBColor {
        match self {
            Role::Data => RGBColor(0x00, 0x72, 0xB2),
            Role::Weights => RGBColor(0xE6, 0x9F, 0x00),
            Role::Activations => RGBColor(0x00, 0x9E, 0x73),
            Role::Gradients => RGBColor(0xD5, 0x5E, 0x00),
            Role::Loss => RGBColor(0xCC, 0x79, 0xA7),
            Role::Neutral => INK,
        }
    }

    /// The color as a style sheet writes it.
    pub fn css(self) -> String {
        super::pen::css(self.color())
    }
}

/// The colors of classes in scatter plots and decision regions. No two of them look
/// alike to an eye without red, green or blue cones, and each comes with a marker
/// of its own ([`Marker::of`]).
const CLASSES: [RGBColor; 10] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xF0, 0xE4, 0x42),
    RGBColor(0x9C, 0x3B, 0x1F),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x80, 0x80, 0x80),
    RGBColor(0x4B, 0x2E, 0x83),
    RGBColor(0xB8, 0xE0, 0xA0),
];

/// The color of a class; there are ten, and then they start again.
pub(super) fn class_color(class: usize) -> RGBColor {
    CLASSES[class % CLASSES.len()]
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Circle,
    Square,
    Up,
    Diamond,
    Down,
    Plus,
    Cross,
    Star,
    Hexagon,
    Bowtie,
}

impl Marker {
    const ALL: [Marker; 10] = [
        Marker::Circle,
        Marker::Square,
        Marker::Up,
        Marker::Diamond,
        Marker::Down,
        Marker::Plus,
        Marker::Cross,
        Marker::Star,
        Marker::Hexagon,
        Marker::Bowtie,
    ];

    /// The marker of a class, or of the n-th series of one color.
    pub(super) fn of(index: usize) -> Marker {
        Marker::ALL[index % Marker::ALL.len()]
    }

    /// The corners of the marker around its center, `None` for a circle. All have
    /// about the area of a circle of radius `r`.
    pub(super) fn corners(self, r: f64) -> Option<Vec<(f64, f64)>> {
        let ring = |n: usize, radius: f64, turn: f64| -> Vec<(f64, f64)> {
            (0..n)
                .map(|k| {
                    let angle = (k as f64 / n as f64 + turn) * std::f64::consts::TAU;
                    (radius * angle.sin(), -radius * angle.cos())
                })
                .collect()
        };
        let cross = |turn: f64| -> Vec<(f64, f64)> {
            let (long, thin) = (1.3 * r, 0.45 * r);
            [
                (-thin, -long),
                (thin, -long),
                (thin, -thin),
                (long, -thin),
                (long, thin),
                (thin, thin),
                (thin, long),
                (-thin, long),
                (-thin, thin),
                (-long, thin),
                (-long, -thin),
                (-thin, -thin),
            ]
            .map(|(x, y)| {
                (x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos())
            })
            .to_vec()
        };
        Some(match self {
            Marker::Circle => return None,
            Marker::Square => ring(4, 1.25 * r, 0.125),
            Marker::Up => ring(3, 1.5 * r, 0.0),
            Marker::Diamond => ring(4, 1.35 * r, 0.0),
            Marker::Down => ring(3, 1.5 * r, 0.5),
            Marker::Plus => cross(0.0),
            Marker::Cross => cross(std::f64::consts::FRAC_PI_4),
            Marker::Star => {
                let (outer, inner) = (ring(5, 1.55 * r, 0.0), ring(5, 0.65 * r, 0.1));
                outer.into_iter().zip(inner).flat_map(|(a, b)| [a, b]).collect()
            }
            Marker::Hexagon => ring(6, 1.15 * r, 0.0),
            Marker::Bowtie => {
                vec![(-1.2 * r, -r), (1.2 * r, r), (1.2 * r, -r), (-1.2 * r, r)]
            }
        })
    }
}

/// The dash of the n-th line of one color; the first is solid.
pub(super) fn dash(index: usize) -> &'static str {
    const DASHES: [&str; 5] = ["", "16 9", "4 7", "18 7 4 7", "30 9"];
    DASHES[index % DASHES.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_classes_have_ten_colors_and_ten_markers() {
        for a in 0..10 {
            for b in 0..a {
                assert_ne!(class_color(a), class_color(b));
                assert_ne!(Marker::of(a), Marker::of(b));
            }
        }
        assert_eq!(class_color(10), class_color(0));
    }

    #[test]
    fn no_color_is_the_ink_by_accident() {
        assert!((0..10).all(|class| class_color(class) != INK));
        assert_eq!(Role::Neutral.color(), INK);
    }
}
