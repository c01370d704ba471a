//! Grid against random search, over two hyperparameters of which one hardly matters.

use gradbook::Rng;
use gradbook::optimizer::Adam;
use gradbook::plot::{Axis, Chart, Panels, Role, Svg};
use gradbook::rng;
use lessons::pool::{self, Job};
use lessons::{Result, Run};
use rand::RngExt;

use crate::tasks::{Task, Until};

/// The rates and the values of 1 - beta 2 of the table: from, to, how many.
const RATE: (f64, f64, usize) = (1e-4, 1.0, 41);
const OTHER: (f64, f64, usize) = (1e-4, 1e-1, 7);

/// How often each way to search is repeated, and with how many trials.
const REPEATS: usize = 2000;
const SIDES: [usize; 4] = [2, 3, 4, 5];

/// Numbers evenly spaced on a log scale.
fn spaced((from, to, count): (f64, f64, usize), at: usize) -> f64 {
    from * (to / from).powf(at as f64 / (count - 1) as f64)
}

/// Validation losses of trainings, one for each pair: trained once, asked often.
pub struct Table(Vec<f64>);

impl Table {
    /// Trains all pairs.
    pub fn new(run: &mut Run, task: &Task, seed: u64) -> Result<Table> {
        let mut jobs: Vec<Job<'_, f64>> = vec![];
        for i in 0..RATE.2 {
            for j in 0..OTHER.2 {
                jobs.push(Box::new(move |bar| {
                    let beta = 1.0 - spaced(OTHER, j);
                    let mut adam = Adam::new(spaced(RATE, i)).with_betas(0.9, beta);
                    bar.inc(1);
                    Ok(task.learn(&mut adam, seed, Until::Cap)?.valid())
                }));
            }
        }
        Ok(Table(pool::run(run, "a table of trials", jobs.len(), jobs)?))
    }

    /// The loss at a place of the square, both sides from 0 to 1.
    fn at(&self, (x, y): (f64, f64)) -> f64 {
        let nearest = |part: f64, count: usize| {
            (part * (count - 1) as f64).round().min((count - 1) as f64) as usize
        };
        self.0[nearest(x, RATE.2) * OTHER.2 + nearest(y, OTHER.2)]
    }

    /// The smallest loss of the table.
    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The smallest loss at these places.
    fn best(&self, places: &[(f64, f64)]) -> f64 {
        places.iter().map(|&place| self.at(place)).fold(f64::INFINITY, f64::min)
    }
}

// ANCHOR: places
/// A grid with so many rows and columns, shifted as a whole by chance.
pub fn grid(side: usize, rng: &mut Rng) -> Vec<(f64, f64)> {
    let [dx, dy] = [(); 2].map(|()| rng.random::<f64>());
    let at = |k: usize, shift: f64| (k as f64 + shift) / side as f64;
    let places = (0..side * side).map(|k| (at(k / side, dx), at(k % side, dy)));
    places.collect()
}

/// As many places, each drawn by itself.
pub fn random(side: usize, rng: &mut Rng) -> Vec<(f64, f64)> {
    (0..side * side).map(|_| (rng.random(), rng.random())).collect()
}

/// As many rates, evenly spaced, and one value of the other: for those who know which
/// of the two matters.
pub fn row(side: usize, rng: &mut Rng) -> Vec<(f64, f64)> {
    let (count, shift, other) = (side * side, rng.random::<f64>(), rng.random());
    (0..count).map(|k| ((k as f64 + shift) / count as f64, other)).collect()
}
// ANCHOR_END: places

type Places = fn(usize, &mut Rng) -> Vec<(f64, f64)>;

const WAYS: [(&str, Places); 3] = [("grid", grid), ("random", random), ("row", row)];

/// Mean of the best loss of each way for each number of trials, and how often random
/// search found a better one than the grid.
pub fn repeat(table: &Table, seed: u64) -> ([[f64; 4]; 3], [f64; 4]) {
    let (mut means, mut wins) = ([[0.0; 4]; 3], [0.0; 4]);
    let mut rng = rng(seed);
    for (k, &side) in SIDES.iter().enumerate() {
        for _ in 0..REPEATS {
            let found = WAYS.map(|(_, places)| table.best(&places(side, &mut rng)));
            for (mean, found) in means.iter_mut().zip(found) {
                mean[k] += found / REPEATS as f64;
            }
            let better = f64::from(found[1] < found[0]);
            let equal = if found[1] == found[0] { 0.5 } else { 0.0 };
            wins[k] += (better + equal) / REPEATS as f64;
        }
    }
    (means, wins)
}

/// The comparison.
pub fn show(run: &mut Run, task: &Task, seed: u64) -> Result {
    run.heading("Grid against random search");
    let table = Table::new(run, task, seed)?;
    let (means, wins) = repeat(&table, seed);
    run.count("hunt_trials", table.0.len());
    run.count("hunt_repeats", REPEATS);
    run.value("hunt_least", table.least());
    run.say(&format!(
        "Adam, {} epochs: learning rate and beta 2, a table of {} trainings. The best \
         has a validation loss of {:.3}. Each search is repeated {REPEATS} times; the \
         mean of the best it found:",
        task.cap / task.updates,
        table.0.len(),
        table.least()
    ));
    let mut rows = vec![];
    for (k, side) in SIDES.into_iter().enumerate() {
        let trials = side * side;
        let mut cells = vec![trials.to_string()];
        for ((name, _), means) in WAYS.iter().zip(means) {
            run.value(&format!("hunt_{name}_{trials}"), means[k]);
            cells.push(format!("{:.3}", means[k]));
        }
        run.value(&format!("hunt_wins_{trials}"), wins[k]);
        cells.push(format!("{:.0}%", 100.0 * wins[k]));
        rows.push(cells);
    }
    run.table(&["trials", "grid", "random", "rates only", "random wins"], &rows);
    let caption = "Two ways to place nine trials, and what they find.";
    run.figure("hunt", caption, &picture(&table, &means, seed))
}

fn picture(table: &Table, means: &[[f64; 4]; 3], seed: u64) -> Svg {
    let mut rng = rng(seed);
    let rate = || Axis::new("learning rate", "").log().range(RATE.0, RATE.1);
    let place = |(x, y): (f64, f64)| {
        let on = |(from, to, _): (f64, f64, usize), part| from * (to / from).powf(part);
        (on(RATE, x), on(OTHER, y))
    };
    let mut panels = Panels::new(2);
    for (title, places) in [
        ("a grid: three rates tried", grid(3, &mut rng)),
        ("at random: nine rates tried", random(3, &mut rng)),
    ] {
        let dots: Vec<(f64, f64)> = places.into_iter().map(place).collect();
        let other = Axis::new("1 - beta 2", "").log().range(OTHER.0, OTHER.1);
        let rates = dots.iter().map(|(x, _)| (*x, OTHER.0 * 1.15));
        let chart = Chart::new(rate(), other).dots(Role::Data, "trials", &dots).dots(
            Role::Neutral,
            "their rates",
            rates.collect::<Vec<_>>(),
        );
        panels = panels.add(chart.title(title).size(370, 270));
    }
    let loss = Axis::new("validation loss", "").range(0.0, 2.4);
    let mut chart = Chart::new(rate(), loss);
    for j in [0, OTHER.2 / 2, OTHER.2 - 1] {
        let point = |i: usize| (spaced(RATE, i), table.0[i * OTHER.2 + j]);
        let name = format!("beta 2 {:.4}", 1.0 - spaced(OTHER, j));
        let points = (0..RATE.2).map(point).filter(|(_, loss)| *loss <= 2.4);
        chart = chart.line(Role::Loss, &name, points.collect::<Vec<_>>());
    }
    panels = panels.add(chart.title("one matters, the other hardly").size(370, 270));
    let trials = Axis::new("trials", "").range(0.0, 26.0);
    let mut chart = Chart::new(trials, Axis::new("best loss found, mean", ""));
    for (((name, _), means), role) in
        WAYS.iter().zip(means).zip([Role::Neutral, Role::Data, Role::Weights])
    {
        let points = SIDES.iter().zip(means).map(|(s, m)| ((s * s) as f64, *m));
        let name = if *name == "row" { "rates only" } else { name };
        chart = chart.line(role, name, points.collect::<Vec<_>>());
    }
    let chart = chart.level("best of the table", table.least());
    panels.add(chart.title("2,000 searches each").size(370, 270)).svg()
}
