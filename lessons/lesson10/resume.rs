//! Training interrupted in the middle of an epoch, and gone on with.

use std::path::{Path, PathBuf};

use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{AdamW, Schedule};
use gradbook::train::{
    self, Asked, Callback, ClipNorm, Config, Pace, Training, fit, go_on, load_weights,
    resume, stop,
};
use gradbook::{Parameters, Sequential};
use lessons::{Result, Run};

use crate::tasks::{BATCH, Task};

/// Where the power goes out: in this epoch, after so many of its steps.
const CUT: (usize, usize) = (2, 17);
const EPOCHS: usize = 6;
const RATE: f64 = 0.003;

// ANCHOR: cut
/// Saves a checkpoint at one step in the middle of an epoch, and stops there.
struct Cut<'a> {
    path: &'a Path,
}

impl Callback for Cut<'_> {
    fn name(&self) -> &'static str {
        "cut"
    }

    fn after_step(&mut self, at: &mut Training<'_, f32>) -> Asked {
        if (at.position.epochs, at.position.steps) != CUT {
            return go_on();
        }
        at.save(self.path);
        stop()
    }
}
// ANCHOR_END: cut

/// All weights in one row.
fn weights(net: &mut Sequential) -> Vec<f32> {
    let mut all = vec![];
    net.parameters(&mut |_, parameter| all.extend(parameter.value.iter()));
    all
}

// ANCHOR: three
/// The weights of a training in one go, of one that was interrupted and resumed, and of
/// one that went on from the weights alone.
pub fn three(task: &Task, path: &Path, seed: u64) -> Result<[Vec<f32>; 3]> {
    let [train, valid, _] = task.parts()?;
    let data = train::Task { train, valid: Some(valid), loss: &SoftmaxCrossEntropy };
    let ticks = EPOCHS * task.updates;
    let (schedule, pace) = (Schedule::OneCycle { ticks }, Pace::Step);
    let config =
        Config { epochs: EPOCHS, batch: BATCH, seed, schedule, pace, shuffle: true };

    let mut straight = task.draw(seed)?;
    let mut clip = ClipNorm(1.0);
    fit(&mut straight, &mut AdamW::new(RATE), &data, &config, &mut [&mut clip])?;

    let mut first = task.draw(seed)?;
    let (mut clip, mut cut) = (ClipNorm(1.0), Cut { path });
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut clip, &mut cut];
    fit(&mut first, &mut AdamW::new(RATE), &data, &config, callbacks)?;

    // drawn from another seed: all weights come from the file
    let mut again = task.draw(seed.wrapping_add(1))?;
    let (mut clip, mut done) = (ClipNorm(1.0), Cut { path });
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut clip, &mut done];
    resume(path, &mut again, &mut AdamW::new(RATE), &data, &config, callbacks)?;

    let mut alone = task.draw(seed.wrapping_add(1))?;
    load_weights(&mut alone, path)?;
    let rest = Config { epochs: EPOCHS - CUT.0, ..config };
    fit(&mut alone, &mut AdamW::new(RATE), &data, &rest, &mut [])?;
    Ok([&mut straight, &mut again, &mut alone].map(weights))
}
// ANCHOR_END: three

/// A file in the run's folder, or in the system's for temporary files.
fn place(run: &Run) -> PathBuf {
    let own = || format!("gradbook-{}-interrupted.safetensors", std::process::id());
    run.file("interrupted.safetensors")
        .unwrap_or_else(|| std::env::temp_dir().join(own()))
}

/// The comparison, weight by weight.
pub fn show(run: &mut Run, task: &Task, seed: u64) -> Result {
    run.heading("Interrupted, and resumed");
    let path = place(run);
    let [straight, again, alone] = three(task, &path, seed)?;
    let differ = |other: &[f32]| {
        let pairs = straight.iter().zip(other);
        pairs.filter(|(a, b)| a.to_bits() != b.to_bits()).count()
    };
    let largest = straight.iter().zip(&alone).map(|(a, b)| (a - b).abs());
    let largest = largest.fold(0.0, f32::max);
    run.count("resume_weights", straight.len());
    run.count("resume_differ", differ(&again));
    run.value("resume_alone_differ", differ(&alone) as f64);
    run.value("resume_alone_most", largest);
    run.say(&format!(
        "Cut in epoch {}, after {} of its {} steps. The file: {}.",
        CUT.0 + 1,
        CUT.1,
        task.updates,
        run.shown(&path)
    ));
    let row = |what: &str, other: &[f32]| [what.to_string(), differ(other).to_string()];
    let rows = [
        row("resumed from the checkpoint", &again),
        row("gone on from its weights alone", &alone),
    ];
    let columns = ["compared with training in one go", "weights that differ"];
    run.table(&columns, &rows);
    Ok(())
}
