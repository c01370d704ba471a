//! Why the one pull makes weights small and the other makes them zero.

use gradbook::init::Init;
use gradbook::layer::Dense;
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::Sgd;
use gradbook::plot::{Axis, Chart, Images, Panels, Role, Svg};
use gradbook::train::{
    Asked, Callback, Config, Penalty, Task, Training, evaluate, fit, go_on,
};
use gradbook::{Parameters, Sequential, rng};
use lessons::{Result, Run, percent};

use crate::recipe::right;
use crate::sets::{Labels, Open, Parts};

/// How hard each weight is pulled.
const L1: f64 = 0.01;
const L2: f64 = 0.1;

// ANCHOR: shrink
/// After each step every weight moves toward zero by rate times strength, and stops
/// there.
pub struct Shrink(pub f64);

impl Callback for Shrink {
    fn name(&self) -> &'static str {
        "shrink"
    }

    fn after_step(&mut self, at: &mut Training<'_, f32>) -> Asked {
        let by = (at.optimizer.learning_rate() * self.0) as f32;
        at.model.parameters(&mut |name, parameter| {
            if name.ends_with("weight") {
                for w in parameter.value.as_mut_slice() {
                    *w = w.signum() * (w.abs() - by).max(0.0);
                }
            }
        });
        go_on()
    }
}
// ANCHOR_END: shrink

/// One way to pull: its name, its weights, the share of right answers.
struct Pulled {
    key: &'static str,
    name: &'static str,
    weights: Vec<f64>,
    judged: f64,
}

/// Softmax regression on the homework, pulled in one way.
fn pull(
    key: &'static str,
    name: &'static str,
    parts: &Parts,
    seed: u64,
) -> Result<Pulled> {
    let train = &parts.homework;
    let (pixels, classes) = (train.features(), train.classes());
    let layer = Dense::new(pixels, classes, Init::XavierNormal, &mut rng(seed));
    let mut net = Sequential::new(pixels).then(layer)?;
    let (mut l1, mut l2, mut shrink) = (Penalty::l1(L1), Penalty::l2(L2), Shrink(L1));
    let only: &mut dyn Callback = match key {
        "l2" => &mut l2,
        "l1" => &mut l1,
        _ => &mut shrink,
    };
    let mut callbacks = vec![only];
    if key == "free" {
        callbacks.clear();
    }
    let config = Config { epochs: 200, batch: 20, seed, ..Config::default() };
    let task = Task { train, valid: None, loss: &SoftmaxCrossEntropy };
    fit(&mut net, &mut Sgd::new(0.1), &task, &config, &mut callbacks)?;
    let judged = right(evaluate(&mut net, &SoftmaxCrossEntropy, &parts.judge)?);
    let mut weights = vec![];
    net.parameters(&mut |name, parameter| {
        if name.ends_with("weight") {
            // a row for each digit
            let rows = parameter.value.row_iter();
            weights = rows
                .flat_map(|row| row.iter().map(|&w| w.into()).collect::<Vec<_>>())
                .collect();
        }
    });
    Ok(Pulled { key, name, weights, judged })
}

/// Four ways, their weights counted and drawn.
pub fn tell(run: &mut Run, open: &Open) -> Result {
    run.heading("Small or zero? Softmax regression, pulled in four ways");
    let parts = open.deal(Labels::Careful, run.seed())?;
    let mut all = vec![];
    for (key, name) in [
        ("free", "no pull"),
        ("l2", "L2 in the gradient"),
        ("l1", "L1 in the gradient"),
        ("shrunk", "L1 by shrinking"),
    ] {
        all.push(pull(key, name, &parts, run.seed())?);
    }
    let mut rows = vec![];
    for one in &all {
        let count =
            |below: f64| one.weights.iter().filter(|w| w.abs() <= below).count();
        let largest = one.weights.iter().fold(0.0_f64, |most, w| most.max(w.abs()));
        let (zero, tiny) = (count(0.0), count(0.001));
        run.value(&format!("zeros_{}", one.key), zero as f64);
        run.value(&format!("tiny_{}", one.key), tiny as f64);
        run.value(&format!("largest_{}", one.key), largest);
        run.value(&format!("zeros_{}_judged", one.key), one.judged);
        rows.push([
            one.name.to_string(),
            zero.to_string(),
            tiny.to_string(),
            format!("{largest:.2}"),
            percent(one.judged),
        ]);
    }
    run.count("pulled_weights", all[0].weights.len());
    run.say(&format!("{} weights, by size:", all[0].weights.len()));
    run.table(&["pull", "exactly 0", "within 0.001", "largest", "held out"], &rows);
    run.figure("weights", "How large the weights are.", &histograms(&all))?;
    run.figure("templates", "The weights of every digit.", &templates(&all))
}

fn histograms(all: &[Pulled]) -> Svg {
    let mut panels = Panels::new(2);
    for one in all {
        let y = Axis::new("weights", "").range(0.0, 640.0);
        let chart = Chart::new(Axis::new("weight", "").range(-1.0, 1.0), y).histogram(
            Role::Weights,
            "",
            &one.weights,
            (-1.02, 1.02),
            51,
        );
        panels = panels.add(chart.title(one.name).size(370, 220));
    }
    panels.svg()
}

fn templates(all: &[Pulled]) -> Svg {
    let mut panels = Panels::new(1);
    for one in all {
        let most = one.weights.iter().fold(0.0_f64, |most, w| most.max(w.abs()));
        let images = Images::new(10).side(56).diverging(Role::Weights);
        let images = images.range(-most, most).title(one.name);
        let images = one.weights.chunks(64).fold(images, |all, w| all.add("", 8, w));
        panels = panels.add(images);
    }
    panels.svg()
}
