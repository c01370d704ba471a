//! Pictures of the remedies at work: thinned networks, wobbling digits, normalized
//! units.

use gradbook::layer::Phase;
use gradbook::plot::{Axis, Chart, Diagram, Images, Panels, Role, Svg};
use gradbook::{Matrix, Rng, rng};
use lessons::{Result, Run, mean_and_spread, percent};
use rand::RngExt;

use crate::hands::Hands;
use crate::recipe::{IMAGE, Recipe, right};
use crate::remedies::{WOBBLE, rule};
use crate::sets::{Labels, Open};

/// The three pictures.
pub fn draw(run: &mut Run, hands: Hands, open: &Open, plain: Recipe) -> Result {
    let caption = "Every step trains another part of the network.";
    run.frames("thinned", caption, &thinned(run.seed()))?;
    wobble(run, open)?;
    normalized(run, hands, open, plain)?;
    rates(run, hands, open, plain)
}

/// The layers of the small network that is drawn.
const LAYERS: [(usize, &str, Role); 4] = [
    (5, "inputs", Role::Data),
    (6, "hidden", Role::Activations),
    (6, "hidden", Role::Activations),
    (3, "outputs", Role::Activations),
];

/// The whole network, then what some masks leave of it.
fn thinned(seed: u64) -> Vec<(String, Svg)> {
    let mut rng = rng(seed);
    let whole = LAYERS.map(|(units, ..)| vec![true; units]);
    let mut frames = vec![("inference: all of it".to_string(), network(&whole))];
    for step in 1..=6 {
        let mut mask = whole.clone();
        for kept in mask[1..3].iter_mut().flatten() {
            *kept = rng.random::<f32>() >= 0.5;
        }
        frames.push((format!("training, step {step}"), network(&mask)));
    }
    frames
}

/// Lines only between units that are kept.
fn network(kept: &[Vec<bool>; 4]) -> Svg {
    let mut diagram = Diagram::new().size(640, 300);
    for (layer, (units, name, role)) in LAYERS.into_iter().enumerate() {
        diagram = diagram.layer(name, units, role);
        if layer > 0 {
            let (before, now) = (&kept[layer - 1], &kept[layer]);
            diagram = diagram.weights(|to, from| match now[to] && before[from] {
                true => 1.0,
                false => 0.0,
            });
        }
    }
    diagram.svg()
}

/// Four digits and what augmentation makes of them.
fn wobble(run: &mut Run, open: &Open) -> Result {
    let mut rng: Rng = rng(run.seed());
    let mut images = Images::new(8).side(66).range(0.0, 1.0);
    for digit in [2, 3, 7, 9] {
        let places = 0..open.rest.len();
        let Some(place) = places.into_iter().find(|&i| open.rest.labels[i] == digit)
        else {
            continue;
        };
        let pixels = open.rest.inputs.column(place).into_owned();
        images =
            images.add(if digit == 2 { "as it is" } else { "" }, 8, pixels.as_slice());
        for _ in 0..7 {
            let mut copy = Matrix::from_column_slice(64, 1, pixels.as_slice());
            WOBBLE.apply(&mut copy, IMAGE, &mut rng)?;
            images = images.add("", 8, copy.as_slice());
        }
    }
    run.figure("wobble", "Digits as augmentation deals them.", &images.svg())
}

/// The units of the second hidden layer before and after normalization.
fn normalized(run: &mut Run, hands: Hands, open: &Open, plain: Recipe) -> Result {
    let parts = open.deal(Labels::Careful, run.seed())?;
    let recipe = Recipe { batch_norm: true, ..plain };
    let mut net = recipe.learn(hands, &parts, None, run.seed())?.net;
    net.forward(&parts.judge.inputs, Phase::Infer)?;
    // 0 dense, 1 norm, 2 relu, 3 dense, 4 norm
    let mut panels = Panels::new(2);
    for (layer, title, key) in [(3, "before", "before"), (4, "after", "after")] {
        let Some(seen) = net.output_of(layer) else { continue };
        let units = (0..seen.nrows()).map(|unit| {
            let list: Vec<f64> = seen.row(unit).iter().map(|&x| x.into()).collect();
            mean_and_spread(&list)
        });
        let units: Vec<(f64, f64)> = units.collect();
        let deviations = units.iter().map(|unit| unit.1);
        let (least, most) = deviations
            .fold((f64::INFINITY, 0.0_f64), |(low, high), d| (low.min(d), high.max(d)));
        let means: Vec<f64> = units.iter().map(|unit| unit.0).collect();
        run.value(&format!("units_{key}_least"), least);
        run.value(&format!("units_{key}_most"), most);
        run.value(&format!("units_{key}_means"), mean_and_spread(&means).1);
        panels = panels.add(places(&units[..SHOWN.min(units.len())]).title(title));
    }
    run.figure("normalized", "Units before and after normalization.", &panels.svg())
}

/// How many units are drawn.
const SHOWN: usize = 24;

/// Each unit's mean, and a line of one deviation to either side.
fn places(units: &[(f64, f64)]) -> Chart {
    let x = Axis::new("unit", "").range(0.0, SHOWN as f64 + 1.0);
    let y = Axis::new("value", "").range(-3.0, 3.0);
    let mut chart = Chart::new(x, y).size(370, 320);
    for (unit, &(mean, deviation)) in units.iter().enumerate() {
        let at = (unit + 1) as f64;
        let ends = rule((at, mean - deviation), (at, mean + deviation));
        chart = chart.line(Role::Activations, "", ends);
    }
    let means =
        units.iter().enumerate().map(|(unit, &(mean, _))| ((unit + 1) as f64, mean));
    chart.dots(Role::Activations, "", means)
}

/// Learning rates, each larger than the last.
const RATES: [f64; 4] = [0.003, 0.03, 0.1, 0.3];

/// Normalized and not, at rates that grow.
fn rates(run: &mut Run, hands: Hands, open: &Open, plain: Recipe) -> Result {
    run.heading("What batch norm is for: larger learning rates");
    let parts = open.deal(Labels::Careful, run.seed())?;
    let mut rows = vec![];
    for (index, rate) in RATES.into_iter().enumerate() {
        let mut cells = vec![rate.to_string()];
        for (key, batch_norm) in [("free", false), ("normed", true)] {
            let recipe = Recipe { rate, batch_norm, ..plain };
            let learned = recipe.learn(hands, &parts, None, run.seed())?;
            for (what, seen) in
                [("homework", learned.homework), ("judged", learned.judge)]
            {
                run.value(&format!("rate_{}_{key}_{what}", index + 1), right(seen));
                cells.push(percent(right(seen)));
            }
        }
        rows.push(cells);
    }
    let columns =
        ["rate", "homework", "held out", "homework, normed", "held out, normed"];
    run.table(&columns, &rows);
    Ok(())
}
