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
    /// One of several things of a kind that one picture compares, such as optimizers.
    /// Color, dash and mark go with its number; there are seven, none of them a color
    /// of a role above.
    Series(usize),
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
            Role::Series(index) => SERIES[index % SERIES.len()],
        }
    }

    /// The look, of dashes and of marks, that the first series of this role has.
    pub(super) const fn first_look(self) -> usize {
        match self {
            Role::Series(index) => index % SERIES.len(),
            _ => 0,
        }
    }

    /// The color as a style sheet writes it.
    pub fn css(self) -> String {
        super::pen::css(self.color())
    }
}

/// The colors of classes in scatter plots and decision regions. They stay apart for
/// eyes that lack red, green or blue cones (tested below), and each comes with a
/// marker of its own ([`Marker::of`]).
const CLASSES: [RGBColor; 10] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xF0, 0xE4, 0x42),
    RGBColor(0x9C, 0x3B, 0x1F),
    RGBColor(0x99, 0xDD, 0xFF),
    RGBColor(0x99, 0x99, 0x99),
    RGBColor(0xEE, 0x88, 0x66),
    RGBColor(0x4B, 0x00, 0x92),
    RGBColor(0xE6, 0x61, 0x00),
    RGBColor(0x60, 0x60, 0x60),
    RGBColor(0xB8, 0xE0, 0xA0),
];

/// The colors of [`Role::Series`]. Each stands out from a light and from a dark page,
/// and they stay apart for every eye (tested below).
const SERIES: [RGBColor; 7] = [
    RGBColor(0x78, 0x5A, 0x69),
    RGBColor(0x0F, 0x4B, 0xFF),
    RGBColor(0x00, 0xA5, 0xFF),
    RGBColor(0x96, 0xA5, 0x69),
    RGBColor(0xFF, 0x78, 0x1E),
    RGBColor(0xC3, 0x1E, 0x0F),
    RGBColor(0xB4, 0x1E, 0xA5),
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
    const DASHES: [&str; 7] =
        ["", "16 9", "4 7", "18 7 4 7", "30 9", "18 7 4 7 4 7", "9 6"];
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

    /// What eyes without one kind of cone see: linear RGB in, linear RGB out
    /// (Machado, Oliveira and Fernandes 2009, severity 1).
    const EYES: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ];

    fn row(row: [f64; 3], v: [f64; 3]) -> f64 {
        row.iter().zip(v).map(|(a, b)| a * b).sum()
    }

    /// CIE L*a*b* of a color as an eye sees it.
    fn lab(RGBColor(r, g, b): RGBColor, eye: [[f64; 3]; 3]) -> [f64; 3] {
        let linear = [r, g, b].map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        let seen = eye.map(|weights| row(weights, linear).clamp(0.0, 1.0));
        let curve = |t: f64| {
            if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 }
        };
        let x = curve(row([0.4124, 0.3576, 0.1805], seen) / 0.95047);
        let y = curve(row([0.2126, 0.7152, 0.0722], seen));
        let z = curve(row([0.0193, 0.1192, 0.9505], seen) / 1.08883);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn classes_stay_apart_for_every_eye() {
        for eye in EYES {
            for a in 0..10 {
                for b in 0..a {
                    let difference = apart(class_color(a), class_color(b), eye);
                    // A difference of about 2 can just be seen side by side.
                    let least = if a < 4 { 35.0 } else { 19.0 };
                    assert!(difference > least, "{a} and {b}: {difference}");
                }
            }
        }
    }

    fn apart(a: RGBColor, b: RGBColor, eye: [[f64; 3]; 3]) -> f64 {
        let squares = lab(a, eye).into_iter().zip(lab(b, eye));
        squares.map(|(p, q)| (p - q).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn series_stay_apart_for_every_eye_and_stand_out_on_every_page() {
        for eye in EYES {
            for (a, color) in SERIES.iter().enumerate() {
                for other in &SERIES[..a] {
                    let difference = apart(*color, *other, eye);
                    assert!(difference > 27.0, "{color:?} {other:?}: {difference}");
                }
                // Contours have the color of losses and lie under every path.
                assert!(apart(*color, Role::Loss.color(), eye) > 18.0, "{color:?}");
            }
        }
        // Lightness 0 is black, 100 white; a page is about 100 or 9.
        for color in SERIES {
            assert!((40.0..68.0).contains(&lab(color, EYES[0])[0]), "{color:?}");
        }
        for (index, color) in SERIES.into_iter().enumerate() {
            let role = Role::Series(index);
            assert_eq!((role.first_look(), role.color()), (index, color));
        }
    }

    #[test]
    fn no_color_is_the_ink_by_accident() {
        assert!((0..10).all(|class| class_color(class) != INK));
        assert_eq!(Role::Neutral.color(), INK);
    }
}
