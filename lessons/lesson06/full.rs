//! `--full`: the claims of the chapter over five seeds.

use gradbook::data::{Dataset, on_canvas, split};
use gradbook::{Matrix, rng};
use lessons::{Result, Run, mean_and_spread, percent};

use crate::breaks;
use crate::canvas::{CANVAS, Canvases};
use crate::cells::{PLACES, cells};
use crate::hands::Hands;
use crate::models::{CNN, Kind, Setup, accuracy};
use crate::residual;
use crate::shapes;

/// How many seeds everything is run with.
const SEEDS: u64 = 5;
/// Hidden units of the MLPs that are tried beside the usual one.
const WIDTHS: [usize; 3] = [16, 256, 1024];
/// How often each digit is drawn, every time elsewhere.
const COPIES: [usize; 3] = [2, 5, 10];

/// What was measured, by name: a name for the record, words for the table, the values.
#[derive(Default)]
struct Measured(Vec<(String, String, Vec<f64>)>);

impl Measured {
    fn add(&mut self, name: &str, words: &str, value: f64) {
        match self.0.iter_mut().find(|(known, ..)| known == name) {
            Some((_, _, values)) => values.push(value),
            None => self.0.push((name.into(), words.into(), vec![value])),
        }
    }

    /// A table of means and deviations, each also on record.
    fn report(&self, run: &mut Run, what: &str) {
        let mut rows = Vec::new();
        for (name, words, values) in &self.0 {
            run.spread(name, values);
            let (mean, spread) = mean_and_spread(values);
            rows.push([words.clone(), percent(mean), percent(spread)]);
        }
        run.table(&[what, "mean", "deviation"], &rows);
    }
}

/// Everything, five times.
pub fn seeds(run: &mut Run, digits: &Dataset, setup: Setup) -> Result {
    let hands = Hands { mine: false };
    let setups = (0..SEEDS).map(|k| setup.with_seed(setup.seed.wrapping_add(k)));
    let (mut four, mut wider, mut more) =
        (Measured::default(), Measured::default(), Measured::default());
    let (mut shape, mut broken, mut deep) =
        (Measured::default(), Measured::default(), Measured::default());
    let bar = run.progress("seeds", SEEDS as usize * 6);
    for setup in setups {
        let canvases = Canvases::cut(digits, &mut rng(setup.seed))?;
        four_cells(&mut four, hands, &canvases, setup)?;
        bar.inc(1);
        widths(&mut wider, &canvases, setup)?;
        bar.inc(1);
        copies(&mut more, digits, setup)?;
        bar.inc(1);
        every_shape(&mut shape, hands, setup)?;
        bar.inc(1);
        let [mlp, cnn] = breaks::without_neighbors(&canvases, setup)?;
        broken.add("permuted_mlp", "MLP", mlp);
        broken.add("permuted_cnn", "CNN", cnn);
        bar.inc(1);
        for (name, plan) in [
            ("shallow", (1, false)),
            ("deep_plain", (10, false)),
            ("deep_residual", (10, true)),
        ] {
            let seen = residual::trained(name, plan, &canvases, setup)?;
            let words = name.replace('_', ", ");
            deep.add(&format!("{name}_accuracy"), &words, seen.accuracy);
        }
        bar.inc(1);
    }
    drop(bar);
    run.heading(&format!("The four cells, {SEEDS} seeds"));
    four.report(run, "network, trained on, tested on");
    run.heading("Trained and tested on shifted digits: wider MLPs");
    wider.report(run, "hidden units");
    run.heading(
        "Trained and tested on shifted digits: each digit drawn more than once",
    );
    more.report(run, "network, times each digit is drawn");
    run.heading(&format!("Shapes, {SEEDS} seeds"));
    shape.report(run, "what");
    run.heading("Shifted digits, pixels in another order");
    broken.report(run, "network");
    run.heading("Deep networks, shifted digits, after a few epochs");
    deep.report(run, "network");
    Ok(())
}

fn four_cells(
    all: &mut Measured,
    hands: Hands,
    digits: &Canvases,
    setup: Setup,
) -> Result {
    for (name, kind) in [
        ("logistic", Kind::Logistic),
        ("mlp", Kind::Mlp(setup.hidden)),
        ("cnn", CNN),
        ("frozen", Kind::Frozen),
    ] {
        let (seen, _) = cells(hands, kind, digits, setup)?;
        for (trained, row) in seen.iter().enumerate() {
            for (tested, &share) in row.iter().enumerate() {
                let (from, to) = (PLACES[trained], PLACES[tested]);
                let words = format!("{name}, {from}, {to}");
                all.add(&format!("{name}_{from}_{to}"), &words, share);
            }
        }
        let headline = match name {
            "mlp" => "mlp_test_accuracy",
            "cnn" => "cnn_test_accuracy",
            "frozen" => "frozen_filters_test_accuracy",
            _ => continue,
        };
        all.add(headline, &format!("{name}, as reported"), seen[1][1]);
    }
    Ok(())
}

fn widths(all: &mut Measured, digits: &Canvases, setup: Setup) -> Result {
    for width in WIDTHS {
        let mut net = setup.train(Kind::Mlp(width), CANVAS, &digits.train[1])?;
        let seen = accuracy(&mut net, &digits.test[1])?;
        all.add(&format!("mlp_{width}"), &width.to_string(), seen);
    }
    Ok(())
}

/// Each digit drawn several times, in another place every time.
fn copies(all: &mut Measured, digits: &Dataset, setup: Setup) -> Result {
    let rng = &mut rng(setup.seed);
    let (train, test) = split::stratified(&digits.labels, 0.2, rng)?.of(digits);
    let test = on_canvas(&test, CANVAS.width, 2, rng)?;
    for count in COPIES {
        let drawn = (0..count).map(|_| on_canvas(&train, CANVAS.width, 2, rng));
        let drawn = drawn.collect::<std::result::Result<Vec<_>, _>>()?;
        let columns: Vec<f32> =
            drawn.iter().flat_map(|part| part.inputs.as_slice()).copied().collect();
        let inputs = Matrix::from_vec(CANVAS.len(), count * train.len(), columns);
        let labels = train.labels.repeat(count);
        let names = train.class_names.clone();
        let train = Dataset::with_classes(inputs, labels, names)?;
        let mut net = setup.train(Kind::Mlp(setup.hidden), CANVAS, &train)?;
        let seen = accuracy(&mut net, &test)?;
        all.add(&format!("mlp_copies_{count}"), &format!("MLP, {count}"), seen);
    }
    Ok(())
}

fn every_shape(all: &mut Measured, hands: Hands, setup: Setup) -> Result {
    for count in shapes::COUNTS {
        let seen = shapes::compare(hands, setup, count)?;
        for ((name, words), share) in shapes::WAYS.into_iter().zip(seen) {
            let words = format!("{count} images, {words}");
            all.add(&format!("shapes_{name}_{count}"), &words, share);
        }
    }
    Ok(())
}
