//! `--data DIR`: LeNet on files in the form of MNIST.

use std::path::Path;

use gradbook::data::Dataset;
use gradbook::layer::ImageShape;
use gradbook::train::{Progress, Training};
use gradbook::{Parameters, Sequential, rng};
use lessons::{Result, Run, bail, mnist, percent};

use crate::models::{Kind, Setup, accuracy};

/// The smallest image that LeNet's windows fit on.
const LEAST: usize = 12;

/// Trains on the training files (or four fifths of the test files) and sits the exam.
pub fn run(run: &mut Run, folder: &Path) -> Result {
    let args = run.arguments();
    if args.mine || args.full {
        bail!("--mine and --full are for the digits that come with the book");
    }
    let setup = Setup {
        epochs: args.epochs(8),
        batch: args.batch(64),
        rate: args.lr(0.003),
        hidden: args.count("hidden"),
        seed: args.seed,
    };
    let (mut train, mut test) = mnist::read(run, folder, setup.seed)?;
    let image = square(&train)?;
    mnist::center(&mut train, &mut test);
    let seen = learn(run, ("lenet", Kind::LeNet), image, (&train, &test), setup)?;
    let dense = ("mlp", Kind::Mlp(setup.hidden));
    let mlp = learn(run, dense, image, (&train, &test), setup)?;
    let kind = ("frozen filters", Kind::FrozenLeNet);
    let frozen = learn(run, kind, image, (&train, &test), setup)?;
    run.heading(&format!("The exam: {} images never seen", test.len()));
    let mut rows = Vec::new();
    for (name, words, seen) in [
        ("mlp_test_accuracy", "mlp", &mlp),
        ("frozen_filters_test_accuracy", "lenet, filters as drawn", &frozen),
        ("cnn_test_accuracy", "lenet", &seen),
    ] {
        run.value(name, seen.accuracy);
        run.baseline(name, 0.1);
        let count = seen.parameters.to_string();
        rows.push([words.into(), count, percent(seen.accuracy)]);
    }
    run.table(&["network", "numbers to learn", "accuracy"], &rows);
    Ok(())
}

/// The images' shape: they must be square and large enough.
fn square(data: &Dataset) -> Result<ImageShape> {
    let pixels = data.features();
    let side = pixels.isqrt();
    if side * side != pixels {
        bail!("images of {pixels} pixels are not square: LeNet needs height and width");
    }
    if side < LEAST {
        bail!(
            "images of {side} x {side} pixels: LeNet needs at least {LEAST} x {LEAST}"
        );
    }
    Ok(ImageShape::new(side, side, 1))
}

/// What a network got.
struct Seen {
    accuracy: f64,
    parameters: usize,
}

/// Trains one network, a line for each epoch.
fn learn(
    run: &mut Run,
    (name, kind): (&str, Kind),
    image: ImageShape,
    (train, test): (&Dataset, &Dataset),
    setup: Setup,
) -> Result<Seen> {
    run.heading(&format!("Training: {name}"));
    let mut net: Sequential =
        kind.build(image, train.classes(), &mut rng(setup.seed))?;
    let parameters = net.parameter_count();
    let bar = run.progress(name, setup.epochs);
    let mut progress = Progress(|at: &mut Training<'_, f32>| {
        let Some(epoch) = at.position.history.last() else { return };
        let (number, loss) = (epoch.number, epoch.train.loss);
        let right = percent(epoch.train.accuracy.unwrap_or(f64::NAN));
        bar.inc(1);
        run.say(&format!("epoch {number}: training loss {loss:.4}, {right} right"));
    });
    setup.fit(&mut net, train, &mut [&mut progress])?;
    drop(bar);
    Ok(Seen { accuracy: accuracy(&mut net, test)?, parameters })
}
