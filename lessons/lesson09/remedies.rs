//! Every remedy alone, and all together: the same digits, the same start, one change.

use gradbook::data::augment::Augmentation;
use gradbook::plot::{Axis, Chart, Panels, Role, Svg};
use lessons::pool::{self, Job};
use lessons::{Result, Run, mean_and_spread, percent};

use crate::hands::Hands;
use crate::recipe::{Recipe, right};
use crate::sets::{HOMEWORK, Labels, MORE, Open};

/// A remedy by name.
#[derive(Clone)]
pub struct Remedy {
    /// The name in values.
    pub key: &'static str,
    /// The name in tables.
    pub name: String,
    /// What it changes.
    pub recipe: Recipe,
}

// ANCHOR: list
/// How far augmentation goes.
pub const WOBBLE: Augmentation = Augmentation { shift: 0, degrees: 15.0, noise: 0.3 };

/// Nothing, nine remedies, and some of them at once.
pub fn list(plain: Recipe) -> Vec<Remedy> {
    let remedies = [
        ("nothing", "nothing", plain),
        ("smaller", "smaller: 32 units", Recipe { hidden: 32, ..plain }),
        ("more", "more data", Recipe { more: true, ..plain }),
        ("l1", "L1, 0.003", Recipe { l1: 0.003, ..plain }),
        ("l2", "L2, 0.03", Recipe { l2: 0.03, ..plain }),
        ("dropout", "dropout, 0.75", Recipe { dropout: 0.75, ..plain }),
        ("early_stop", "early stopping", Recipe { patience: 10, ..plain }),
        ("batch_norm", "batch norm", Recipe { batch_norm: true, ..plain }),
        ("augment", "augmentation", Recipe { augment: WOBBLE, ..plain }),
        ("smooth", "label smoothing, 0.1", Recipe { smooth: 0.1, ..plain }),
        ("together", "six together", together(plain)),
        ("everything", "the six, more data", Recipe { more: true, ..together(plain) }),
    ];
    remedies.map(|(key, name, recipe)| Remedy { key, name: name.into(), recipe }).into()
}

/// Six at once, the strong ones weaker than alone.
fn together(plain: Recipe) -> Recipe {
    let (l2, dropout, smooth, patience) = (0.001, 0.2, 0.1, 20);
    Recipe { l2, dropout, smooth, patience, batch_norm: true, augment: WOBBLE, ..plain }
}
// ANCHOR_END: list

/// What one training came to.
#[derive(Clone, Copy)]
struct Trial {
    homework: f64,
    judge: f64,
    loss: f64,
    epochs: usize,
}

/// All trials of one remedy, a seed each.
pub struct Tried {
    /// The remedy.
    pub remedy: Remedy,
    trials: Vec<Trial>,
}

impl Tried {
    fn of(&self, what: fn(&Trial) -> f64) -> Vec<f64> {
        self.trials.iter().map(what).collect()
    }

    fn mean(&self, what: fn(&Trial) -> f64) -> f64 {
        self.of(what).iter().sum::<f64>() / self.trials.len() as f64
    }

    /// The accuracy on the images to choose by, for each seed.
    pub fn judged_list(&self) -> Vec<f64> {
        self.of(|trial| trial.judge)
    }

    /// The mean accuracy on the images to choose by.
    pub fn judged(&self) -> f64 {
        self.mean(|trial| trial.judge)
    }
}

/// Tries every remedy from `seeds` seeds, on careless labels and on careful ones.
pub fn tell(
    run: &mut Run,
    hands: Hands,
    open: &Open,
    plain: Recipe,
    seeds: u64,
) -> Result<Vec<Tried>> {
    let mut both = vec![];
    for labels in Labels::ALL {
        let tried = try_all(run, hands, open, list(plain), labels, seeds)?;
        show(run, &tried, labels, seeds);
        both.push(tried);
    }
    run.figure("remedies", "Every remedy, alone and together.", &picture(&both))?;
    Ok(both.swap_remove(0))
}

/// Each remedy from each seed. A seed deals the digits and draws the first weights, the
/// same for all remedies, so that they can be compared in pairs.
pub fn try_all(
    run: &mut Run,
    hands: Hands,
    open: &Open,
    remedies: Vec<Remedy>,
    labels: Labels,
    seeds: u64,
) -> Result<Vec<Tried>> {
    let first = run.seed().wrapping_mul(100);
    let mut jobs: Vec<Job<'_, Trial>> = vec![];
    for remedy in &remedies {
        for k in 0..seeds {
            let (recipe, seed) = (remedy.recipe, first.wrapping_add(k));
            jobs.push(Box::new(move |bar| {
                let parts = open.deal(labels, seed)?;
                let learned = recipe.learn(hands, &parts, None, seed)?;
                bar.inc(1);
                Ok(Trial {
                    homework: right(learned.homework),
                    judge: right(learned.judge),
                    loss: learned.judge.loss,
                    epochs: learned.epochs,
                })
            }));
        }
    }
    let units = jobs.len();
    let trials = pool::run(run, &format!("{} labels", labels.key()), units, jobs)?;
    let lists = trials.chunks(seeds as usize).map(<[Trial]>::to_vec);
    let pairs = remedies.into_iter().zip(lists);
    Ok(pairs.map(|(remedy, trials)| Tried { remedy, trials }).collect())
}

/// The table, and its values.
fn show(run: &mut Run, tried: &[Tried], labels: Labels, seeds: u64) {
    let words = match labels {
        Labels::Careless => "one label in seven of the homework is wrong",
        Labels::Careful => "every label is right",
    };
    run.heading(&format!("{HOMEWORK} images, {seeds} seeds: {words}"));
    let nothing = tried[0].of(|trial| trial.judge);
    let mut rows = vec![];
    for one in tried {
        let judged = one.of(|trial| trial.judge);
        let gains: Vec<f64> =
            judged.iter().zip(&nothing).map(|(a, b)| 100.0 * (a - b)).collect();
        let name = |what: &str| format!("{}_{}_{what}", labels.key(), one.remedy.key);
        let (mean, deviation) = mean_and_spread(&judged);
        let (gain, scatter) = mean_and_spread(&gains);
        let (homework, loss) = (one.mean(|t| t.homework), one.mean(|t| t.loss));
        run.value(&name("homework"), homework);
        run.value(&name("judged"), mean);
        run.baseline(&name("judged"), 0.1);
        run.value(&name("loss"), loss);
        run.value(&name("gain"), gain);
        if run.full() {
            run.spread(&name("homework"), &one.of(|trial| trial.homework));
            run.spread(&name("judged"), &judged);
            run.spread(&name("loss"), &one.of(|trial| trial.loss));
            run.spread(&name("gain"), &gains);
        }
        let paired = match one.remedy.key {
            "nothing" => String::new(),
            _ => format!("{gain:+.1} ± {scatter:.1}"),
        };
        rows.push([
            one.remedy.name.clone(),
            percent(homework),
            format!("{} ± {:.1}", percent(mean), 100.0 * deviation),
            format!("{loss:.2}"),
            paired,
        ]);
    }
    let columns = ["remedy", "homework", "held out", "its loss", "gain, points"];
    run.table(&columns, &rows);
    let stop = tried.iter().find(|one| one.remedy.key == "early_stop");
    if let Some(stop) = stop {
        let epochs = stop.mean(|trial| trial.epochs as f64);
        run.value(&format!("{}_early_stop_epochs", labels.key()), epochs);
    }
    run.say(&format!(
        "Means over the seeds, and standard deviations. More data: {MORE} images. \
         Gains are over doing nothing, each seed compared with itself."
    ));
}

/// A straight line of many points, so that no mark stands at its ends.
pub fn rule(from: (f64, f64), to: (f64, f64)) -> Vec<(f64, f64)> {
    let at = |k: f64| (from.0 + k * (to.0 - from.0), from.1 + k * (to.1 - from.1));
    (0..=15).map(|k| at(f64::from(k) / 15.0)).collect()
}

/// Both kinds of labels.
fn picture(both: &[Vec<Tried>]) -> Svg {
    let titles = ["some labels are wrong", "all labels are right"];
    let pairs = both.iter().zip(titles);
    pairs
        .fold(Panels::new(2), |panels, (tried, title)| panels.add(panel(tried, title)))
        .svg()
}

/// A row for each remedy: the seeds, and above them mean and deviation.
fn panel(tried: &[Tried], title: &str) -> Chart {
    let place = |index: usize| (tried.len() - 1 - index) as f64;
    let rows = || tried.iter().enumerate();
    let ticks = rows().map(|(index, one)| (place(index), one.remedy.name.clone()));
    let all = tried.iter().flat_map(Tried::judged_list);
    let lowest = (100.0 * all.fold(1.0, f64::min) - 1.0).floor();
    let x = Axis::new("held out, right", "%").range(lowest, 100.0);
    let y = Axis::new("remedy", "").range(-0.7, tried.len() as f64 - 0.3).ticks(ticks);
    let mut chart = Chart::new(x, y).title(title).size(375, 520);
    let (mut seeds, mut means) = (vec![], vec![]);
    for (index, one) in rows() {
        let judged = one.judged_list();
        let (mean, deviation) = mean_and_spread(&judged);
        let at = |share: f64, up: f64| (100.0 * share, place(index) + up);
        chart = chart.line(
            Role::Activations,
            "",
            rule(at(mean - deviation, 0.2), at(mean + deviation, 0.2)),
        );
        seeds.extend(judged.into_iter().map(|share| at(share, -0.15)));
        means.push(at(mean, 0.2));
    }
    chart
        .dots(Role::Neutral, "a seed", seeds)
        .dots(Role::Activations, "mean ± deviation", means)
        .moment("nothing", 100.0 * tried[0].judged())
}
