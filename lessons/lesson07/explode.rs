//! Exploding gradients in a real training: shown, clipped, cured.

use gradbook::data::text::Corpus;
use gradbook::layer::Rnn;
use gradbook::optimizer::Sgd;
use gradbook::plot::{Axis, Chart, Panels, Role, steps};
use gradbook::rng;
use gradbook::train::{TextConfig, TrainError, bits_per_character, fit_text};
use lessons::characters::{Recipe, VANILLA};
use lessons::{Bar, Result, Run};

use crate::microscope::spectral_radius;

/// Plain descent with a large rate, once through the text.
const RATE: f64 = 2.0;
const RECIPE: Recipe = Recipe { hidden: 64, epochs: 1, rate: RATE, ..VANILLA };

/// The spectral radius of the state weights at the start.
const RADIUS: f64 = 1.5;

/// One training: with ReLU or tanh, clipped or not.
#[derive(Clone, Copy)]
struct Trial {
    relu: bool,
    clipped: bool,
}

/// How it went: the gradient's length at each update, and the bits it ended with, or
/// why it broke off.
struct Outcome {
    norms: Vec<f64>,
    end: std::result::Result<f64, String>,
}

impl Trial {
    /// A layer whose state weights have a spectral radius of [`RADIUS`].
    fn layer(self, seed: u64) -> Rnn {
        let mut layer: Rnn = Rnn::new(RECIPE.width, RECIPE.hidden, &mut rng(seed));
        let weight = layer.weight_hh.value.map(f64::from);
        layer.weight_hh.value *= (RADIUS / spectral_radius(&weight)) as f32;
        if self.relu { layer.relu() } else { layer }
    }

    // ANCHOR: trial
    /// Trains once through the text with plain descent.
    fn train(self, corpus: &Corpus, seed: u64, bar: &Bar) -> Result<Outcome> {
        let characters = corpus.vocabulary.len();
        let mut network =
            RECIPE.network(characters, self.layer(seed), &mut rng(seed + 1))?;
        // a limit that nothing reaches, so that lengths are measured all the same
        let limit = if self.clipped { RECIPE.limit } else { 1e30 };
        let config = TextConfig { clip: Some(limit), ..RECIPE.config(corpus) };
        let mut norms = vec![];
        let mut watch = |step: &gradbook::train::TextStep, _: &mut _| {
            bar.inc(1);
            norms.push(step.gradient_norm);
            std::ops::ControlFlow::Continue(())
        };
        let mut descent = Sgd::new(RATE);
        let ended =
            fit_text(&mut network, &mut descent, &corpus.train, &config, &mut watch);
        let end = match ended {
            Ok(()) => Ok(bits_per_character(&mut network, &corpus.held_out)?),
            Err(error @ TrainError::Diverged { .. }) => Err(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        Ok(Outcome { norms, end })
    }
    // ANCHOR_END: trial

    fn name(self) -> &'static str {
        match (self.relu, self.clipped) {
            (false, false) => "tanh_free",
            (false, true) => "tanh_clipped",
            (true, false) => "relu_free",
            (true, true) => "relu_clipped",
        }
    }
}

const TRIALS: [Trial; 4] = [
    Trial { relu: false, clipped: false },
    Trial { relu: false, clipped: true },
    Trial { relu: true, clipped: false },
    Trial { relu: true, clipped: true },
];

/// The four trainings, told and drawn.
pub fn show(run: &mut Run, corpus: &Corpus, seed: u64) -> Result {
    run.heading("Exploding, in earnest");
    let bar = run.progress("descent", TRIALS.len() * RECIPE.updates(corpus));
    let (mut outcomes, mut rows) = (vec![], vec![]);
    for trial in TRIALS {
        let outcome = trial.train(corpus, seed, &bar)?;
        let longest = outcome.norms.iter().fold(0.0_f64, |a, b| a.max(*b));
        let name = trial.name();
        let bits = match &outcome.end {
            Ok(bits) => {
                if trial.clipped || !trial.relu {
                    run.value(&format!("explode_{name}_bits"), *bits);
                }
                format!("{bits:.3}")
            }
            Err(_) => format!("broke off at update {}", outcome.norms.len() + 1),
        };
        if trial.clipped {
            run.value(&format!("explode_{name}_norm"), longest.log10());
        }
        if trial.relu && !trial.clipped {
            // the last update that was made, if it did not break off
            let broke = (outcome.norms.len() + 1).min(RECIPE.updates(corpus));
            run.value("explode_relu_free_update", broke as f64);
        }
        let gradient = if trial.clipped { "clipped to 1" } else { "free" };
        let unit = if trial.relu { "ReLU" } else { "tanh" };
        rows.push([unit.to_string(), gradient.into(), format!("{longest:.1e}"), bits]);
        outcomes.push(outcome);
    }
    drop(bar);
    run.say(&format!(
        "Plain descent with a rate of {RATE}, once through the text, state weights of \
         spectral radius {RADIUS}:"
    ));
    let names = ["layer", "gradient", "longest seen", "held-out bits per character"];
    run.table(&names, &rows);
    for outcome in &outcomes {
        if let Err(words) = &outcome.end {
            run.say(&format!("The library's last words: {words}."));
        }
    }
    let picture = picture(&outcomes);
    run.figure("explode", "The gradient's length at each update.", &picture)
}

/// So many updates are drawn; what comes later is quiet.
const SHOWN: usize = 60;

/// Lengths at each update, free and clipped, with tanh and with ReLU.
fn picture(outcomes: &[Outcome]) -> gradbook::plot::Svg {
    let panel = |title: &str, free: &Outcome, clipped: &Outcome| {
        let norm = Axis::new("length of the gradient", "").log().range(0.01, 1e6);
        let first = |norms: &[f64]| steps(&norms[..norms.len().min(SHOWN)]);
        Chart::new(Axis::new("update", "").range(0.0, SHOWN as f64), norm)
            .line(Role::Neutral, "free", first(&free.norms))
            .line(Role::Gradients, "clipped, before it was", first(&clipped.norms))
            .level("limit", RECIPE.limit)
            .title(title)
            .size(400, 340)
    };
    Panels::new(2)
        .add(panel("tanh", &outcomes[0], &outcomes[1]))
        .add(panel("ReLU", &outcomes[2], &outcomes[3]))
        .svg()
}

/// Bits of the two clipped and the free tanh trainings with another seed.
pub fn once(run: &mut Run, corpus: &Corpus, seed: u64) -> Result<[f64; 3]> {
    let bar = run.progress("descent", 3 * RECIPE.updates(corpus));
    let mut all = [0.0; 3];
    for (bits, index) in all.iter_mut().zip([0, 1, 3]) {
        let outcome = TRIALS[index].train(corpus, seed, &bar)?;
        *bits = outcome.end.unwrap_or(f64::INFINITY);
    }
    Ok(all)
}
