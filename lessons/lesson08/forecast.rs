//! Next year's sunspots: three networks with memory beside two forecasts without one.

use gradbook::data::{self, Autoregression, Parts, Series};
use gradbook::optimizer::Adam;
use gradbook::plot::{Axis, Chart, Role, Svg};
use gradbook::{Matrix, Parameters, SequenceNetwork, Sequences, rng};
use lessons::{Bar, Result, Run, mean_and_spread};

use crate::cells::{self, Cell, Start};
use crate::hands::Hands;
use crate::pictures::role;
use lessons::pool::{self, Job};

/// Years to choose by, and years of the exam at the end.
const VALIDATION: usize = 50;
const HELD_OUT: usize = 60;
/// Years that a network reads before it speaks.
const WINDOW: usize = 24;
/// Orders of the autoregression to choose from.
const ORDERS: std::ops::RangeInclusive<usize> = 1..=WINDOW;
/// How the networks are trained: each update on all years to learn from.
const HIDDEN: usize = 16;
const RATE: f64 = 0.03;
const UPDATES: usize = 300;
/// The learning rates that `--full` tries on the validation years.
const RATES: [f64; 4] = [0.003, 0.01, RATE, 0.1];
const LOOK_EVERY: usize = 5;
/// Networks of each kind, each from a seed of its own.
pub const SEEDS: u64 = 5;

/// The series on the scale that the networks see, in three parts.
pub struct Years {
    series: Series,
    parts: Parts,
    mean: f64,
    deviation: f64,
}

/// Windows as a batch of sequences, what comes after each, and their shape.
struct Batch {
    inputs: Matrix,
    targets: Matrix,
    sequences: Sequences,
}

/// A network's forecasts for the years of the exam, and their error.
pub struct Forecast {
    cell: Cell,
    values: Vec<f64>,
    /// The smallest error on the validation years while training.
    valid: f64,
    /// The root of the mean squared error, in sunspots.
    pub rmse: f64,
}

impl Years {
    /// Cut in time, scaled by the years to learn from.
    pub fn new() -> Result<Self> {
        let series = data::sunspots();
        let parts = series.cut(VALIDATION, HELD_OUT)?;
        let known = &series.values[parts.train.clone()];
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let squares = known.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        let deviation = (squares / known.len() as f64).sqrt();
        Ok(Self { series, parts, mean, deviation })
    }

    /// A window is a sequence of one number a step: from `WINDOW` x examples to 1 x
    /// (steps * examples), ordered by step.
    fn batch(&self, places: std::ops::Range<usize>) -> Batch {
        let windows = self.series.windows::<f64>(places, WINDOW);
        let scaled = |x: f64| ((x - self.mean) / self.deviation) as f32;
        let examples = windows.targets.ncols();
        let inputs = Matrix::from_fn(1, WINDOW * examples, |_, column| {
            scaled(windows.inputs[(column / examples, column % examples)])
        });
        let targets = windows.targets.map(scaled);
        Batch { inputs, targets, sequences: Sequences::equal(WINDOW, examples) }
    }

    // ANCHOR: learn
    /// Trains a network, keeps the weights that were best on the validation years, and
    /// asks it about the last ones.
    fn learn(&self, cell: Cell, rate: f64, seed: u64, bar: &Bar) -> Result<Forecast> {
        let [train, valid, exam] =
            [&self.parts.train, &self.parts.validation, &self.parts.held_out]
                .map(|places| self.batch(places.clone()));
        let (hands, mut random) = (Hands::default(), rng(seed));
        let mut net =
            cells::network(cell, hands, (1, HIDDEN), Start::USUAL, &mut random)?;
        let (mut best, mut kept) = (f64::INFINITY, weights(&mut net));
        let mut optimizer = Adam::new(rate);
        for update in 1..=UPDATES {
            let pair = (&train.inputs, &train.targets);
            cells::update(&mut net, &mut optimizer, pair, &train.sequences, 1.0)?;
            if update % LOOK_EVERY == 0 {
                bar.inc(1);
                let pair = (&valid.inputs, &valid.targets);
                let error = cells::error(&mut net, pair, &valid.sequences)?;
                if error < best {
                    (best, kept) = (error, weights(&mut net));
                }
            }
        }
        put(&mut net, &kept);
        let said = cells::answers(&mut net, &exam.inputs, &exam.sequences)?;
        let spots = |&x: &f32| f64::from(x) * self.deviation + self.mean;
        let values: Vec<f64> = said.iter().map(spots).collect();
        let rmse = self.error(&values);
        let valid = best.sqrt() * self.deviation;
        Ok(Forecast { cell, values, valid, rmse })
    }
    // ANCHOR_END: learn

    /// The root of the mean squared error of forecasts for the years of the exam.
    fn error(&self, forecasts: &[f64]) -> f64 {
        let truths = &self.series.values[self.parts.held_out.clone()];
        let squares = truths.iter().zip(forecasts).map(|(y, x)| (y - x).powi(2));
        (squares.sum::<f64>() / truths.len() as f64).sqrt()
    }

    // ANCHOR: autoregression
    /// Fitted on the years to learn from, as the networks are; of all orders the one
    /// with the smallest error on the validation years.
    pub fn autoregression(&self) -> Result<Autoregression> {
        let Parts { train, validation, .. } = &self.parts;
        let mut best = Autoregression::fit(&self.series, train.clone(), 1)?;
        for order in ORDERS {
            let fitted = Autoregression::fit(&self.series, train.clone(), order)?;
            let error =
                |one: &Autoregression| one.error(&self.series, validation.clone());
            if error(&fitted) < error(&best) {
                best = fitted;
            }
        }
        Ok(best)
    }
    // ANCHOR_END: autoregression
}

/// A copy of all weights.
fn weights(net: &mut SequenceNetwork) -> Vec<Matrix> {
    let mut all = vec![];
    net.parameters(&mut |_, parameter| all.push(parameter.value.clone()));
    all
}

/// Puts such a copy back.
fn put(net: &mut SequenceNetwork, kept: &[Matrix]) {
    let mut kept = kept.iter();
    net.parameters(&mut |_, parameter| {
        if let Some(value) = kept.next() {
            parameter.value.copy_from(value);
        }
    });
}

/// All forecasts side by side.
pub fn show(run: &mut Run, seed: u64) -> Result {
    run.heading("Next year's sunspots");
    let years = Years::new()?;
    let Parts { train, validation, held_out } = &years.parts;
    let span = |places: &std::ops::Range<usize>| {
        let [first, last] =
            [places.start, places.end - 1].map(|p| years.series.year(p));
        format!("{first} to {last}")
    };
    run.say(&format!(
        "To learn from: {}. To choose by: {}. The exam: {}.",
        span(train),
        span(validation),
        span(held_out)
    ));
    let persistence = years.series.persistence(held_out.clone());
    let regression = years.autoregression()?;
    let linear = regression.error(&years.series, held_out.clone());
    run.value("forecast_persistence_rmse", persistence);
    run.value("forecast_ar_rmse", linear);
    run.count("forecast_ar_order", regression.order());
    let forecasts = networks(run, &years, RATE, seed)?;
    let mut rows = vec![
        ["as last year".to_string(), format!("{persistence:.1}"), String::new()],
        [
            format!("weighted sum of the last {} years", regression.order()),
            format!("{linear:.1}"),
            String::new(),
        ],
    ];
    for cell in Cell::ALL {
        let errors: Vec<f64> =
            forecasts.iter().filter(|f| f.cell == cell).map(|f| f.rmse).collect();
        let (mean, spread) = mean_and_spread(&errors);
        let name = format!("forecast_{}_rmse", cell.key());
        run.value(&name, mean);
        run.baseline(&name, persistence);
        let name = format!("{}, mean of {SEEDS} seeds", cell.name());
        rows.push([name, format!("{mean:.1}"), format!("{spread:.1}")]);
    }
    run.table(&["forecast", "error, in sunspots", "deviation"], &rows);
    run.figure(
        "forecast",
        "Forecasts of the last years.",
        &picture(&years, &regression, &forecasts),
    )
}

/// Every cell from every seed.
fn networks(
    run: &mut Run,
    years: &Years,
    rate: f64,
    seed: u64,
) -> Result<Vec<Forecast>> {
    let mut jobs: Vec<Job<'_, Forecast>> = vec![];
    for cell in Cell::ALL {
        for k in 0..SEEDS {
            let seed = seed.wrapping_mul(SEEDS).wrapping_add(k);
            jobs.push(Box::new(move |bar| years.learn(cell, rate, seed, bar)));
        }
    }
    let looks = jobs.len() * (UPDATES / LOOK_EVERY);
    pool::run(run, "forecasts", looks, jobs)
}

/// Which learning rate is the best on the validation years, for each cell.
pub fn search(run: &mut Run, years: &Years, seed: u64) -> Result {
    run.heading("The forecast: the search for learning rates");
    let mut tried = vec![];
    for rate in RATES {
        tried.push(networks(run, years, rate, seed)?);
    }
    let mut rows = vec![];
    for cell in Cell::ALL {
        let of = |forecasts: &[Forecast], what: fn(&Forecast) -> f64| -> Vec<f64> {
            forecasts.iter().filter(|f| f.cell == cell).map(what).collect()
        };
        let means: Vec<f64> =
            tried.iter().map(|all| mean_and_spread(&of(all, |f| f.valid)).0).collect();
        let pairs = RATES.iter().zip(&means).zip(&tried);
        let best = pairs.min_by(|a, b| a.0.1.total_cmp(b.0.1));
        let Some(((rate, _), forecasts)) = best else { continue };
        run.value(&format!("forecast_{}_rate", cell.key()), *rate);
        run.spread(
            &format!("forecast_{}_rmse", cell.key()),
            &of(forecasts, |f| f.rmse),
        );
        let means = means.iter().map(|mean| format!("{mean:.1}"));
        let row = std::iter::once(cell.name().to_string()).chain(means);
        rows.push(row.chain([rate.to_string()]).collect::<Vec<_>>());
    }
    let rates = RATES.map(|rate| rate.to_string());
    let columns = [&["cell"], &rates.each_ref().map(|rate| &rate[..])[..], &["best"]];
    run.say("Mean error on the validation years, in sunspots:");
    run.table(&columns.concat(), &rows);
    Ok(())
}

fn picture(years: &Years, regression: &Autoregression, forecasts: &[Forecast]) -> Svg {
    let places = years.parts.held_out.clone();
    let year = |place: usize| f64::from(years.series.year(place));
    let points = |values: &[f64]| -> Vec<(f64, f64)> {
        places.clone().map(year).zip(values.iter().copied()).collect()
    };
    let linear: Vec<f64> = places
        .clone()
        .map(|place| regression.predict(&years.series.values[..place]))
        .collect();
    let mut chart = Chart::new(Axis::new("year", ""), Axis::new("sunspots", ""))
        .dots(Role::Data, "counted", points(&years.series.values[places.clone()]))
        .line(Role::Weights, "weighted sum", points(&linear));
    for cell in [Cell::Lstm, Cell::Gru] {
        if let Some(one) = forecasts.iter().find(|f| f.cell == cell) {
            let role = role(cell, Role::Activations);
            chart = chart.line(role, cell.name(), points(&one.values));
        }
    }
    chart.size(720, 400).svg()
}
