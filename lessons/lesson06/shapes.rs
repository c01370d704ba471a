//! Squares, triangles and stars: features made by hand against a network on raw pixels.

use gradbook::data::{self, Dataset, Standardizer};
use gradbook::layer::ImageShape;
use gradbook::{Matrix, rng};
use lessons::{Result, Run, percent};

use crate::hands::{Hands, channel};
use crate::models::{CNN, Kind, Setup, accuracy};
use crate::pictures;

type Matrix64 = Matrix<f64>;

/// Pixels in the side of an image.
const SIDE: usize = 16;
/// One gray image.
pub const IMAGE: ImageShape = ImageShape::new(SIDE, SIDE, 1);
/// How many images to learn from: few, more, many.
pub const COUNTS: [usize; 3] = [150, 450, 1350];
/// Images for the exam, and how strong the noise on every pixel is.
const HELD_OUT: usize = 600;
const NOISE: f64 = 0.1;

// ANCHOR: sobel
/// How much brighter it gets to the right, from the pixels around (Sobel's filter).
const ACROSS: [[f64; 3]; 3] = [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]];
/// A blur.
const BLUR: [[f64; 3]; 3] = [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]];
// ANCHOR_END: sobel

/// What filters made by hand see in one image.
pub struct Seen {
    /// How fast the brightness changes.
    pub edges: Matrix64,
    /// How much it changes in two directions at once (Harris and Stephens, 1988).
    pub corners: Matrix64,
}

// ANCHOR: seen
/// Edges and corners, by convolutions with filters that somebody thought of.
pub fn seen(hands: Hands, image: &Matrix64) -> Seen {
    let across = Matrix64::from_fn(3, 3, |y, x| ACROSS[y][x]);
    let blur = Matrix64::from_fn(3, 3, |y, x| BLUR[y][x] / 16.0);
    let smooth = |map: &Matrix64| hands.convolve(map, &blur, 1, 1);
    let image = smooth(image);
    let right = hands.convolve(&image, &across, 1, 1);
    let down = hands.convolve(&image, &across.transpose(), 1, 1);
    let [xx, yy, xy] = [
        right.component_mul(&right),
        down.component_mul(&down),
        right.component_mul(&down),
    ]
    .map(|map| smooth(&map));
    let corners = Matrix64::from_fn(SIDE, SIDE, |y, x| {
        let (a, b, c) = (xx[(y, x)], yy[(y, x)], xy[(y, x)]);
        a * b - c * c - 0.05 * (a + b).powi(2)
    });
    let edges = right.zip_map(&down, f64::hypot);
    Seen { edges, corners }
}
// ANCHOR_END: seen

/// The names of the features, in order.
pub const FEATURES: [&str; 8] = [
    "ink",
    "edge",
    "edge squared over ink",
    "corners",
    "strongest corner",
    "second corner",
    "fourth corner",
    "strongest edge",
];

// ANCHOR: features
/// Eight numbers that somebody thought would tell the shapes apart.
pub fn features(hands: Hands, image: &Matrix64) -> [f64; 8] {
    let Seen { edges, corners } = seen(hands, image);
    let (ink, edge) = (image.sum(), edges.sum());
    // a corner is a place stronger than all around it
    let mut peaks: Vec<f64> = Vec::new();
    for y in 1..SIDE - 1 {
        for x in 1..SIDE - 1 {
            let around = corners.view((y - 1, x - 1), (3, 3));
            if corners[(y, x)] >= around.max() && corners[(y, x)] > 0.0 {
                peaks.push(corners[(y, x)]);
            }
        }
    }
    peaks.sort_by(|a, b| b.total_cmp(a));
    let peak = |k: usize| peaks.get(k).copied().unwrap_or(0.0);
    let strong = peaks.iter().filter(|&&p| p > 0.2 * peak(0)).count();
    let ratio = edge * edge / ink.abs().max(1.0);
    [ink, edge, ratio, strong as f64, peak(0), peak(1), peak(3), edges.max()]
}
// ANCHOR_END: features

/// The features of every image, as a data set of their own.
fn by_hand(hands: Hands, data: &Dataset) -> Result<Dataset> {
    let mut inputs = Matrix::zeros(FEATURES.len(), data.len());
    for n in 0..data.len() {
        let image = channel(data.inputs.column(n).as_slice(), IMAGE, 0);
        for (i, feature) in features(hands, &image).into_iter().enumerate() {
            inputs[(i, n)] = feature as f32;
        }
    }
    let (labels, names) = (data.labels.clone(), data.class_names.clone());
    Ok(Dataset::with_classes(inputs, labels, names)?)
}

/// The ways of telling shapes apart: a name for the record, and words.
pub const WAYS: [(&str, &str); 4] = [
    ("pixels", "logistic regression on pixels"),
    ("mlp", "MLP on pixels"),
    ("features", "logistic regression on 8 features"),
    ("cnn", "CNN on pixels"),
];

// ANCHOR: compare
/// What each of the [`WAYS`] gets on held-out shapes after learning from `count`. The
/// fewer there are the more epochs, so that all take the same number of steps.
pub fn compare(hands: Hands, setup: Setup, count: usize) -> Result<[f64; 4]> {
    let setup = Setup { epochs: setup.epochs * COUNTS[2] / count, ..setup };
    let mut rng = rng(setup.seed);
    let test = data::shapes::<f32>(HELD_OUT, SIDE, NOISE, &mut rng);
    let train = data::shapes::<f32>(count, SIDE, NOISE, &mut rng);
    let (mut x, mut z) = (by_hand(hands, &train)?, by_hand(hands, &test)?);
    let scale = Standardizer::fit(&x.inputs)?;
    (x.inputs, z.inputs) = (scale.transform(&x.inputs)?, scale.transform(&z.inputs)?);
    let row = ImageShape::new(1, FEATURES.len(), 1);
    let features = accuracy(&mut setup.train(Kind::Logistic, row, &x)?, &z)?;
    let on_pixels = |kind: Kind| -> Result<f64> {
        accuracy(&mut setup.train(kind, IMAGE, &train)?, &test)
    };
    let pixels = on_pixels(Kind::Logistic)?;
    Ok([pixels, on_pixels(Kind::Mlp(setup.hidden))?, features, on_pixels(CNN)?])
}
// ANCHOR_END: compare

/// Features by hand against raw pixels.
pub fn show(run: &mut Run, hands: Hands, setup: Setup) -> Result {
    run.heading("Shapes: features by hand against raw pixels");
    let examples = data::shapes::<f32>(6, SIDE, NOISE, &mut rng(setup.seed));
    let picture = pictures::shapes(hands, &examples);
    run.figure("shapes", "Shapes, and what hand-made filters see.", &picture)?;
    let bar = run.progress("shapes", COUNTS.len());
    let mut seen = Vec::new();
    for count in COUNTS {
        seen.push(compare(hands, setup, count)?);
        bar.inc(1);
    }
    drop(bar);
    // the three classes come in turns, so the commonest is a third
    let majority = HELD_OUT.div_ceil(3) as f64 / HELD_OUT as f64;
    run.value("shapes_majority", majority);
    let constant = vec![percent(majority); COUNTS.len()];
    let mut rows = vec![[vec!["always the same".to_string()], constant].concat()];
    for (way, (name, words)) in WAYS.iter().enumerate() {
        let mut row = vec![words.to_string()];
        for (count, seen) in COUNTS.iter().zip(&seen) {
            let name = format!("shapes_{name}_{count}");
            run.value(&name, seen[way]);
            run.baseline(&name, majority);
            row.push(percent(seen[way]));
        }
        rows.push(row);
    }
    let counts = COUNTS.map(|count| format!("{count} images"));
    let mut columns = vec!["learned from"];
    columns.extend(counts.iter().map(String::as_str));
    run.table(&columns, &rows);
    let picture = pictures::more_images(&seen);
    run.figure("more_images", "Accuracy against images to learn from.", &picture)
}
