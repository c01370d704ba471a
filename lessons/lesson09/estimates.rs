//! How well do you do, really? Hold-out, folds, and folds over and over, each asked the
//! same question many times, beside an answer that none of them may see.

use gradbook::data::{Dataset, Split, folds, split};
use gradbook::init::Init;
use gradbook::layer::Dense;
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::Adam;
use gradbook::plot::{Axis, Chart, Role, Svg};
use gradbook::train::{Config, Task, evaluate, fit};
use gradbook::{Rng, Sequential, rng};
use lessons::pool::{self, Job};
use lessons::{Error, Result, Run, mean_and_spread};

use crate::hands::Hands;
use crate::sets::take;

/// Images that somebody has.
const OWNED: usize = 100;
/// Folds, and how often all are dealt anew.
const FOLDS: usize = 5;
const TIMES: usize = 5;

/// A way to estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    HoldOut,
    Folds,
    Iterated,
}

impl Way {
    const ALL: [Way; 3] = [Way::HoldOut, Way::Folds, Way::Iterated];

    fn key(self) -> &'static str {
        match self {
            Way::HoldOut => "hold_out",
            Way::Folds => "folds",
            Way::Iterated => "iterated",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Way::HoldOut => "hold out a fifth",
            Way::Folds => "5 folds",
            Way::Iterated => "5 folds, 5 times",
        }
    }

    // ANCHOR: splits
    /// What is trained on and what is held out, once or many times.
    fn splits(
        self,
        labels: &[usize],
        hands: Hands,
        rng: &mut Rng,
    ) -> Result<Vec<Split>> {
        Ok(match self {
            Way::HoldOut => vec![split::stratified(labels, 1.0 / FOLDS as f64, rng)?],
            Way::Folds => hands.folds(labels, FOLDS, rng)?,
            Way::Iterated => {
                let all = folds::iterated_stratified(labels, FOLDS, TIMES, rng)?;
                all.into_iter().flatten().collect()
            }
        })
    }
    // ANCHOR_END: splits
}

/// The accuracy of softmax regression on `test` after learning from `train`.
fn accuracy(train: &Dataset, test: &Dataset, seed: u64) -> Result<f64> {
    let (pixels, classes) = (train.features(), train.classes());
    let layer = Dense::new(pixels, classes, Init::XavierNormal, &mut rng(seed));
    let mut net = Sequential::new(pixels).then(layer)?;
    let config = Config { epochs: 40, batch: 25, seed, ..Config::default() };
    let task = Task { train, valid: None, loss: &SoftmaxCrossEntropy };
    fit(&mut net, &mut Adam::new(0.02), &task, &config, &mut [])?;
    let seen = evaluate(&mut net, &SoftmaxCrossEntropy, test)?;
    seen.accuracy.ok_or_else(|| Error::new("the data has no classes"))
}

/// One draw of a hundred images: the truth, then an estimate in each way.
fn draw(digits: &Dataset, hands: Hands, seed: u64) -> Result<[f64; 4]> {
    let mut rng = rng(seed);
    let (untouched, owned) = take(digits, OWNED, &mut rng)?;
    let mut seen = [accuracy(&owned, &untouched, seed)?, 0.0, 0.0, 0.0];
    for (way, estimate) in Way::ALL.into_iter().zip(&mut seen[1..]) {
        let splits = way.splits(&owned.labels, hands, &mut rng)?;
        for split in &splits {
            let (train, test) = split.of(&owned);
            *estimate += accuracy(&train, &test, seed)? / splits.len() as f64;
        }
    }
    Ok(seen)
}

/// Estimates beside the truth, over many draws.
pub fn tell(run: &mut Run, digits: &Dataset, hands: Hands, draws: u64) -> Result {
    run.heading(&format!("Three estimates of one accuracy, {draws} times"));
    let first = run.seed().wrapping_mul(1000);
    let jobs = (0..draws).map(|k| -> Job<'_, [f64; 4]> {
        Box::new(move |bar| {
            bar.inc(1);
            draw(digits, hands, first.wrapping_add(k))
        })
    });
    let draws = pool::run(run, "estimates", draws as usize, jobs.collect())?;
    let truths: Vec<f64> = draws.iter().map(|seen| seen[0]).collect();
    let mean = |list: &[f64]| list.iter().sum::<f64>() / list.len() as f64;
    run.value("estimate_truth", mean(&truths));
    run.say(&format!(
        "Softmax regression learns from {OWNED} images. What it is worth is known from \
         the {} others: {:.1}% right on average. Three estimates that see only the \
         {OWNED}, less that truth, in percentage points:",
        digits.len() - OWNED,
        100.0 * mean(&truths)
    ));
    let mut rows = vec![];
    for (which, way) in Way::ALL.into_iter().enumerate() {
        let off: Vec<f64> =
            draws.iter().map(|seen| 100.0 * (seen[which + 1] - seen[0])).collect();
        let (bias, deviation) = mean_and_spread(&off);
        if run.full() {
            run.spread(&format!("estimate_{}_off", way.key()), &off);
        }
        let far = mean(&off.iter().map(|x| x * x).collect::<Vec<_>>()).sqrt();
        for (what, value) in [("bias", bias), ("deviation", deviation), ("error", far)]
        {
            run.value(&format!("estimate_{}_{what}", way.key()), value);
        }
        let trainings = [1, FOLDS, FOLDS * TIMES][which].to_string();
        let cells =
            [format!("{bias:+.1}"), format!("{deviation:.1}"), format!("{far:.1}")];
        rows.push([vec![way.name().to_string(), trainings], cells.to_vec()].concat());
    }
    run.table(
        &["estimate", "trainings", "mean", "deviation", "root mean square"],
        &rows,
    );
    run.figure(
        "estimates",
        "Three ways to estimate, beside the truth.",
        &picture(&draws),
    )
}

fn picture(draws: &[[f64; 4]]) -> Svg {
    let ticks = Way::ALL.iter().enumerate().map(|(i, way)| (i as f64, way.name()));
    let x = Axis::new("way to estimate", "").range(-0.5, 2.5).ticks(ticks);
    let mut chart = Chart::new(x, Axis::new("estimate less truth", "points"));
    let side =
        |k: usize| 0.5 * ((k * 7 % draws.len()) as f64 / draws.len() as f64 - 0.5);
    for (which, _) in Way::ALL.iter().enumerate() {
        let off = |k: usize| 100.0 * (draws[k][which + 1] - draws[k][0]);
        let points = (0..draws.len()).map(|k| (which as f64 + side(k), off(k)));
        chart = chart.dots(Role::Data, "", points);
    }
    chart.level("the truth", 0.0).svg()
}
