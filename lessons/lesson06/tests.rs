//! The lesson in small: what it promises, on MNIST-like files and on bad ones.

use std::fs;
use std::path::Path;

use gradbook::init::Init;
use gradbook::{data, rng};
use lessons::Run;
use serde_json::Value;

use super::canvas::{CANVAS, Canvases, permuted};
use super::hands::Hands;
use super::models::{CNN, Kind, Setup, accuracy};
use super::{LESSON, breaks, inside, run, shapes};

const SETUP: Setup = Setup { epochs: 4, batch: 32, rate: 0.01, hidden: 64, seed: 7 };

/// Fewer epochs than the lesson takes, and the claims already hold.
#[test]
fn shifted_digits_are_for_the_cnn() {
    let digits = Canvases::cut(&data::digits(), &mut rng(7)).unwrap();
    let [train, test] = [&digits.train[1], &digits.test[1]];
    let seen = |kind| accuracy(&mut SETUP.train(kind, CANVAS, train).unwrap(), test);
    let [mlp, cnn, frozen] =
        [Kind::Mlp(64), CNN, Kind::Frozen].map(|kind| seen(kind).unwrap());
    assert!(cnn >= mlp + 0.05 && cnn >= frozen + 0.15, "{mlp} {cnn} {frozen}");
    let (zero, moved) = breaks::from_zero(&digits, SETUP).unwrap();
    assert!(zero <= 0.15 && moved == 0, "{zero} {moved}");
}

#[test]
fn a_permutation_keeps_every_pixel() {
    let digits = Canvases::cut(&data::digits(), &mut rng(1)).unwrap();
    let turned: Vec<usize> = (0..CANVAS.len()).rev().collect();
    let once = permuted(&digits.test[0], &turned);
    assert_ne!(once.inputs, digits.test[0].inputs);
    assert_eq!(permuted(&once, &turned), digits.test[0]);
}

/// The slopes of the logit are those of differences; covering nothing costs nothing.
#[test]
fn the_pixels_that_decide_are_found() {
    let digits = Canvases::cut(&data::digits(), &mut rng(1)).unwrap();
    let mut net = CNN.build(CANVAS, 10, &mut rng(3)).unwrap();
    // no two pixels alike, so that no two places tie in a pool
    let noise: gradbook::Matrix = Init::Normal(1.0).weights(1, 144, &mut rng(4));
    let slopes = inside::saliency(&mut net, noise.as_slice(), 4).unwrap();
    let mut logit = |pixel: usize, by: f32| {
        let mut image = gradbook::Matrix::from_column_slice(144, 1, noise.as_slice());
        image[pixel] += by;
        f64::from(net.forward(&image, gradbook::Phase::Infer).unwrap()[4])
    };
    let mut difference = |pixel| (logit(pixel, 1e-3) - logit(pixel, -1e-3)) / 2e-3;
    let differences: Vec<f64> = (0..144).map(&mut difference).collect();
    let near = |pixel: &usize| (differences[*pixel] - slopes[*pixel]).abs() < 1e-2;
    let near = (0..144).filter(near).count();
    // at a few pixels the step crosses a corner of ReLU or another number wins
    assert!(near >= 120, "{near} of 144");
    let image = digits.test[1].inputs.column(0).clone_owned();
    let costs = inside::occlusion(&mut net, image.as_slice(), 4).unwrap();
    let empty = |center: usize| {
        let [y, x] = [center / 12, center % 12];
        (0..144).all(|p: usize| {
            let near = (p / 12).abs_diff(y) <= 1 && (p % 12).abs_diff(x) <= 1;
            !near || image[p] == 0.0
        })
    };
    let empty: Vec<usize> = (0..144).filter(|&center| empty(center)).collect();
    assert!(!empty.is_empty() && empty.iter().all(|&center| costs[center] == 0.0));
    assert!(costs.iter().any(|cost| *cost != 0.0));
}

#[test]
fn a_square_has_more_corners_than_paper() {
    let hands = Hands { mine: false };
    let paper = gradbook::Matrix::zeros(16, 16);
    assert_eq!(shapes::features(hands, &paper), [0.0; 8]);
    let square = gradbook::Matrix::from_fn(16, 16, |y, x| {
        if (4..12).contains(&y) && (4..12).contains(&x) { 1.0 } else { 0.0 }
    });
    let seen = shapes::features(hands, &square);
    assert_eq!((seen[0], seen[3]), (64.0, 4.0));
}

/// Runs the lesson in a folder of its own and returns its report.
fn report(out: &Path, words: &[&str]) -> Result<Value, lessons::Error> {
    let out = out.display().to_string();
    let words = [words, &["--out", &out]].concat();
    let mut quiet = Run::quiet(LESSON, words)?;
    run(&mut quiet)?;
    Ok(quiet.report())
}

/// `count` images of 12 x 12: class c has a block of ink of its own.
fn write_files(folder: &Path, count: u32, (rows, columns): (u32, u32)) {
    let mut images = [2051, count, rows, columns].map(u32::to_be_bytes).concat();
    let mut labels = [2049, count].map(u32::to_be_bytes).concat();
    for i in 0..count {
        let class = i % 10;
        let ink = |pixel: u32| {
            let (y, x) = (pixel / columns, pixel % columns);
            let inside = y / 6 == class / 5 && x / 2 == class % 5;
            if inside { 250 } else { (i * pixel % 20) as u8 }
        };
        images.extend((0..rows * columns).map(ink));
        labels.push(class as u8);
    }
    fs::write(folder.join("t10k-images-idx3-ubyte"), images).unwrap();
    fs::write(folder.join("t10k-labels-idx1-ubyte"), labels).unwrap();
}

#[test]
fn files_like_mnist_are_learned() {
    let (files, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_files(files.path(), 200, (12, 12));
    let folder = files.path().display().to_string();
    let words = ["--data", &folder, "--batch", "10", "--hidden", "16"];
    let report = report(out.path(), &words).unwrap();
    let value = |name: &str| report["values"][name].as_f64().unwrap();
    assert_eq!((value("train_examples"), value("test_examples")), (160.0, 40.0));
    for name in ["cnn", "mlp", "frozen_filters"] {
        let seen = value(&format!("{name}_test_accuracy"));
        assert!(seen >= 0.9, "{name} {seen}");
    }
}

#[test]
fn images_that_lenet_cannot_see_end_in_one_line() {
    let (files, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = files.path().display().to_string();
    let refused = |shape, words: &[&str]| {
        write_files(files.path(), 40, shape);
        let words = [&["--data", &folder], words].concat();
        report(out.path(), &words).unwrap_err().to_string()
    };
    let flat = "images of 180 pixels are not square: LeNet needs height and width";
    assert_eq!(refused((12, 15), &[]), flat);
    let small = "images of 10 x 10 pixels: LeNet needs at least 12 x 12";
    assert_eq!(refused((10, 10), &[]), small);
    let mine = "--mine and --full are for the digits that come with the book";
    assert_eq!(refused((12, 12), &["--mine"]), mine);
}
