//! How far back it looks: the trained model with its memory taken away, and models that
//! were trained with gradients cut off earlier or later.

use std::ops::ControlFlow;

use gradbook::data::text::Corpus;
use gradbook::layer::Rnn;
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Adam, Schedule};
use gradbook::plot::{Axis, Chart, Role};
use gradbook::train::{TextConfig, TextStep, bits_per_character, fit_text};
use gradbook::{Input, Matrix, Rng, SequenceNetwork, Sequences, rng};
use lessons::characters::{Recipe, VANILLA};
use lessons::{Bar, Result, Run};
use rand::RngExt;

use crate::full;
use crate::story::{self, Story};

/// How many characters the model may look back.
const CONTEXTS: [usize; 9] = [1, 2, 3, 5, 8, 13, 21, 34, 55];

/// How many characters of the held-out text are predicted for that.
const PLACES: usize = 2000;

// ANCHOR: context
/// Bits per character when the model sees only the last `context` characters before
/// each one, from an empty memory on.
fn with_context(
    network: &mut SequenceNetwork,
    tokens: &[usize],
    context: usize,
) -> Result<f64> {
    let longest = CONTEXTS[CONTEXTS.len() - 1];
    let places: Vec<usize> = (longest..tokens.len()).take(PLACES).collect();
    let windows: Vec<Vec<usize>> =
        places.iter().map(|&place| tokens[place - context..place].to_vec()).collect();
    let (sequences, inputs) = Sequences::pack_tokens(&windows);
    let mut state = network.state(windows.len());
    let logits = network.infer(Input::Tokens(&inputs), &sequences, &mut state)?;
    let last = (context - 1) * windows.len();
    let last: Matrix = logits.columns(last, windows.len()).into_owned();
    let targets: Vec<usize> = places.iter().map(|&place| tokens[place]).collect();
    let nats = SoftmaxCrossEntropy.value_of_labels(&last, &targets)?;
    Ok(f64::from(nats) / std::f64::consts::LN_2)
}
// ANCHOR_END: context

/// The model with a window on the text that grows.
pub fn contexts(run: &mut Run, story: &mut Story) -> Result {
    let Story { corpus, network, counted } = story;
    run.heading("How far back does it look?");
    let mut points = vec![];
    for context in CONTEXTS {
        let bits = with_context(network, &corpus.held_out, context)?;
        points.push((context as f64, bits));
        if [1, 2, 5, 13, 55].contains(&context) {
            run.value(&format!("context_{context}_bits"), bits);
        }
    }
    let rows: Vec<_> =
        points.iter().map(|(k, bits)| [k.to_string(), format!("{bits:.3}")]).collect();
    run.say("The trained model, shown only so many characters before each one:");
    run.table(&["characters seen", "bits per character"], &rows);
    let picture = Chart::new(
        Axis::new("characters seen before each one", "").log().range(1.0, 60.0),
        Axis::new("bits per character", "").range(2.0, 5.0),
    )
    .level("unigram", counted.unigram)
    .level("bigram", counted.bigram)
    .line(Role::Loss, "the trained model", &points)
    .dots(Role::Loss, "", &points)
    .svg();
    run.figure("context", "Bits against what the model may see.", &picture)
}

/// Characters in an update, whatever the length of the chunks.
const CHARACTERS: usize = 512;

/// One way to cut the gradient off.
#[derive(Clone, Copy)]
struct Cut {
    steps: usize,
    carry: bool,
}

impl Cut {
    /// A smaller model than the story's, three times through the text.
    fn recipe(self) -> Recipe {
        let (steps, batch) = (self.steps, CHARACTERS / self.steps);
        Recipe { hidden: 64, steps, batch, epochs: 3, ..VANILLA }
    }
}

/// A model trained with chunks of this length: bits on the held-out part.
fn train(corpus: &Corpus, cut: Cut, seed: u64, bar: &Bar) -> Result<f64> {
    let recipe = cut.recipe();
    let mut network = story::network(&recipe, corpus, seed)?;
    let config = TextConfig { carry: cut.carry, ..recipe.config(corpus) };
    let mut adam = Adam::new(recipe.rate);
    recipe.learn_quietly(&mut adam, &config, &mut network, corpus, bar)?;
    Ok(bits_per_character(&mut network, &corpus.held_out)?)
}

/// The lengths that are tried, with the state carried on and without.
const CUTS: [Cut; 6] = [
    Cut { steps: 1, carry: true },
    Cut { steps: 4, carry: true },
    Cut { steps: 16, carry: true },
    Cut { steps: 64, carry: true },
    Cut { steps: 4, carry: false },
    Cut { steps: 16, carry: false },
];

/// All of [`CUTS`], two at a time.
fn all(run: &mut Run, corpus: &Corpus, seed: u64) -> Result<Vec<f64>> {
    let updates = CUTS.iter().map(|cut| cut.recipe().updates(corpus)).sum();
    let bar = run.progress("chunks of several lengths", updates);
    let mut all = vec![];
    for pair in CUTS.chunks(2) {
        let both = std::thread::scope(|scope| {
            let train = |cut: &Cut| {
                let (cut, bar) = (*cut, &bar);
                scope.spawn(move || train(corpus, cut, seed, bar))
            };
            let threads: Vec<_> = pair.iter().map(train).collect();
            let ended = threads.into_iter().map(|thread| thread.join());
            ended.collect::<Vec<_>>()
        });
        for ended in both {
            let panicked = |_| lessons::Error::new("a training did not end");
            all.push(ended.map_err(panicked)??);
        }
    }
    Ok(all)
}

/// What the length of the chunks costs.
pub fn truncation(run: &mut Run, corpus: &Corpus, seed: u64) -> Result {
    run.heading("Where to cut the gradient off");
    let bits = all(run, corpus, seed)?;
    let mut rows = vec![];
    for (Cut { steps, carry }, bits) in CUTS.iter().zip(&bits) {
        run.value(&name(*steps, *carry), *bits);
        let states = if *carry { "carried on" } else { "forgotten" };
        let [length, streams] = [*steps, CHARACTERS / steps].map(|n| n.to_string());
        rows.push([length, streams, states.to_string(), format!("{bits:.3}")]);
    }
    run.say("The same 512 characters in each update, as chunks of several lengths:");
    let names = ["steps back", "streams", "state between chunks", "bits per character"];
    run.table(&names, &rows);
    Ok(())
}

fn name(steps: usize, carry: bool) -> String {
    let carry = if carry { "carried" } else { "forgotten" };
    format!("steps_{steps}_{carry}_bits")
}

/// The same and the echo for several seeds, for the long form.
pub fn seeds(
    run: &mut Run,
    rows: &mut Vec<[String; 3]>,
    corpus: &Corpus,
    seeds: &[u64],
) -> Result {
    let (mut cuts, mut echoes) = (vec![], vec![]);
    for &seed in seeds {
        cuts.push(all(run, corpus, seed)?);
        echoes.push(all_echoes(run, seed)?);
    }
    for (index, Cut { steps, carry }) in CUTS.iter().enumerate() {
        let bits: Vec<f64> = cuts.iter().map(|bits| bits[index]).collect();
        full::record(run, rows, &name(*steps, *carry), &bits);
    }
    for (index, steps) in ECHO_STEPS.iter().enumerate() {
        let bits: Vec<f64> = echoes.iter().map(|bits| bits[index]).collect();
        full::record(run, rows, &format!("echo_{steps}_bits"), &bits);
    }
    Ok(())
}

/// The echo: a capital letter comes again, small, after this many steps.
const DELAY: usize = 5;
const LETTERS: usize = 4;

/// The chunks that are tried on it, and characters to learn from and to judge on.
const ECHO_STEPS: [usize; 5] = [1, 2, 4, 8, 16];
const ECHO: [usize; 2] = [30_000, 5_000];

// ANCHOR: echo
/// A text without sense, like DaBcAd...: capital letters drawn by chance (tokens 0 to
/// 3) take turns with small ones (4 to 7), each the echo of the capital DELAY steps
/// before.
fn echo(count: usize, random: &mut Rng) -> Vec<usize> {
    let mut text: Vec<usize> = vec![];
    for t in 0..count {
        let drawn = random.random_range(0..LETTERS);
        let capital = if t < DELAY { drawn } else { text[t - DELAY] };
        text.push(if t % 2 == 0 { drawn } else { capital % LETTERS + LETTERS });
    }
    text
}
// ANCHOR_END: echo

/// Bits per character of an echo after training with chunks of this length.
fn learn_echo(steps: usize, seed: u64, bar: &Bar) -> Result<f64> {
    let mut random = rng(seed);
    let [train, held_out] = ECHO.map(|count| echo(count, &mut random));
    let recipe = Recipe { width: 8, hidden: 48, ..VANILLA };
    let layer = Rnn::new(recipe.width, recipe.hidden, &mut random);
    let mut network = recipe.network(2 * LETTERS, layer, &mut random)?;
    let config = TextConfig {
        steps,
        batch: CHARACTERS / steps,
        updates: 600,
        clip: Some(1.0),
        schedule: Schedule::Cosine { ticks: 600 },
        carry: true,
    };
    let mut watch = |_: &TextStep, _: &mut SequenceNetwork| {
        bar.inc(1);
        ControlFlow::Continue(())
    };
    let mut adam = Adam::new(recipe.rate);
    fit_text(&mut network, &mut adam, &train, &config, &mut watch)?;
    Ok(bits_per_character(&mut network, &held_out)?)
}

/// The echo learned with each length of chunk.
fn all_echoes(run: &mut Run, seed: u64) -> Result<Vec<f64>> {
    let bar = run.progress("an echo", 600 * ECHO_STEPS.len());
    ECHO_STEPS.iter().map(|&steps| learn_echo(steps, seed, &bar)).collect()
}

/// What cannot be learned when the gradient is cut off too early.
pub fn echoes(run: &mut Run, seed: u64) -> Result {
    let mut rows = vec![];
    for (steps, bits) in ECHO_STEPS.iter().zip(all_echoes(run, seed)?) {
        run.value(&format!("echo_{steps}_bits"), bits);
        rows.push([steps.to_string(), format!("{bits:.3}")]);
    }
    run.say(&format!(
        "An echo {DELAY} steps late. Whoever knows nothing of the echo pays 2 bits a \
         character, whoever knows all of it 1 bit:"
    ));
    run.table(&["steps back", "bits per character"], &rows);
    Ok(())
}
