//! Training with something looking on: progress, frames of a figure, the best kept.

use std::path::PathBuf;

use gradbook::plot::Svg;
use gradbook::train::{Epoch, History, confusion};
use gradbook::{Parameters, Sequential};
use lessons::{Result, Run};

use crate::hands::Hands;
use crate::models::{Kind, Setup};
use crate::parts::Parts;
use crate::pictures;

/// A trained network and what it went through.
pub struct Learned {
    /// Which network.
    pub kind: Kind,
    /// The network, with the weights of its best epoch.
    pub net: Sequential,
    /// The network as it was drawn.
    pub drawn: Sequential,
    /// Every epoch.
    pub history: History,
    /// The confusion matrix on the validation part, as it changed.
    pub frames: Vec<(String, Svg)>,
}

/// The epochs of which something is told, ever further apart.
const TOLD: [usize; 9] = [1, 2, 3, 5, 8, 13, 21, 34, 55];

/// Trains one network while the reader looks on.
pub fn learn(
    run: &mut Run,
    hands: Hands,
    kind: Kind,
    parts: &Parts,
    setup: &Setup,
) -> Result<Learned> {
    let mut net = setup.build(kind, &parts.train)?;
    let (name, count) = (kind.name(), net.parameter_count());
    run.heading(&format!("Training: {name}, {count} numbers to find"));
    run.count(&format!("{name}_parameters"), count);
    let (mut frames, mut trouble) = (Vec::new(), None);
    let bar = run.progress(name, setup.epochs);
    let best = place(run, &format!("{name}.best.safetensors"));
    let mut watch = |epoch: &Epoch, net: &mut Sequential| {
        bar.inc(1);
        bar.note(&told(epoch));
        if TOLD.contains(&epoch.number) {
            run.say(&told(epoch));
            match confusion(net, &parts.valid) {
                Ok(table) => frames.push((
                    format!("epoch {}", epoch.number),
                    pictures::confusion(&table, &parts.valid.class_names),
                )),
                Err(error) => trouble = Some(error),
            }
        }
    };
    let history = hands.train(&mut net, parts, setup, &best, &mut watch)?;
    drop(bar);
    if let Some(error) = trouble {
        return Err(error.into());
    }
    ended(run, name, &history);
    let drawn = setup.build(kind, &parts.train)?;
    Ok(Learned { kind, net, drawn, history, frames })
}

/// One line on an epoch.
fn told(epoch: &Epoch) -> String {
    let (number, judge) = (epoch.number, epoch.judge());
    let right = 100.0 * judge.accuracy.unwrap_or(f64::NAN);
    let (train, valid) = (epoch.train.loss, judge.loss);
    format!(
        "epoch {number}: training loss {train:.4}, validation loss {valid:.4}, \
         {right:.1}% right"
    )
}

fn ended(run: &mut Run, name: &str, history: &History) {
    let (last, best) = (history.epochs.len(), history.best());
    let kept = best.map_or(0, |epoch| epoch.number);
    let why = history.stopped_by.unwrap_or("the last epoch");
    run.say(&format!("Ended by {why} after {last} epochs. Kept: epoch {kept}."));
    run.value(&format!("{name}_epochs"), last as f64);
    run.value(&format!("{name}_kept_epoch"), kept as f64);
    if let Some(right) = best.and_then(|epoch| epoch.judge().accuracy) {
        run.value(&format!("{name}_valid_accuracy"), right);
    }
}

/// The pictures of the training itself.
pub fn show(
    run: &mut Run,
    logistic: &mut Learned,
    mlp: &mut Learned,
    names: &[String],
) -> Result {
    let curves = pictures::learning_curves(&mlp.history, &logistic.history);
    run.figure("learning_curves", "Loss and accuracy, epoch by epoch.", &curves)?;
    let caption = "MLP, validation part: mistakes leave the table.";
    run.frames("confusion_frames", caption, &mlp.frames)?;
    let ten = pictures::templates(&mut logistic.net, names);
    run.figure("templates", "Logistic baseline: the weights of each digit.", &ten)?;
    let units = pictures::first_layer(&mut mlp.drawn, &mut mlp.net);
    run.figure("first_layer", "MLP: twelve hidden units before and after.", &units)
}

/// A file in the run's folder, or in the system's for temporary files.
pub fn place(run: &Run, name: &str) -> PathBuf {
    let elsewhere = || {
        let own = format!("gradbook-{}-{name}", std::process::id());
        std::env::temp_dir().join(own)
    };
    run.file(name).unwrap_or_else(elsewhere)
}
