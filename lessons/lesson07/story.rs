//! A character model: it reads a text and says what comes next.

use gradbook::data::text::Corpus;
use gradbook::layer::Rnn;
use gradbook::network::Parameters;
use gradbook::plot::{Axis, Bars, Chart, Role, Svg};
use gradbook::train::bits_per_character;
use gradbook::{Input, Real, Rng, SequenceNetwork, Sequences, rng};
use lessons::characters::{Counted, Curve, Recipe};
use lessons::{Result, Run, bail};
use rand::RngExt;

use crate::hands::Hands;
use crate::mine;

/// A trained model, what it was trained on, and what counting gets there.
pub struct Story<T: Real = f32> {
    pub corpus: Corpus,
    pub network: SequenceNetwork<T>,
    pub counted: Counted,
}

// ANCHOR: build
/// A vanilla RNN for this text, its weights drawn anew.
pub fn network(recipe: &Recipe, corpus: &Corpus, seed: u64) -> Result<SequenceNetwork> {
    let mut random = rng(seed);
    let layer = Rnn::new(recipe.width, recipe.hidden, &mut random);
    Ok(recipe.network(corpus.vocabulary.len(), layer, &mut random)?)
}
// ANCHOR_END: build

/// Tells of the text and of what counting gets.
pub fn count(run: &mut Run, hands: Hands, corpus: &Corpus, mine: bool) -> Counted {
    let [train, valid, held_out] =
        [&corpus.train, &corpus.validation, &corpus.held_out].map(Vec::len);
    let characters = corpus.vocabulary.len();
    run.heading(&format!("A text of {} characters", corpus.len()));
    run.count("text_characters", corpus.len());
    run.count("text_different", characters);
    run.say(&format!(
        "{characters} different ones. To learn from: {train}; to choose by: {valid}; \
         held out to the end: {held_out}."
    ));
    for lost in &corpus.replaced {
        run.say(&format!("{lost}"));
    }
    let mut counted = Counted::on(corpus, &corpus.held_out);
    if mine {
        counted.bigram =
            (hands.bigram_bits)(&corpus.train, &corpus.held_out, characters);
    }
    counted
}

/// Whether the training part fills one chunk.
fn long_enough(corpus: &Corpus, recipe: &Recipe) -> Result {
    let (seen, needed) = (corpus.train.len(), recipe.batch * recipe.steps + 1);
    if seen < needed {
        bail!(
            "{}: {seen} characters to learn from, and {} streams of {} take {needed}: \
             lower --batch and --steps",
            corpus.name,
            recipe.batch,
            recipe.steps
        );
    }
    Ok(())
}

/// Trains the model on a text and judges it on the held-out part.
pub fn learn(
    run: &mut Run,
    hands: Hands,
    corpus: Corpus,
    recipe: &Recipe,
    seed: u64,
) -> Result<Story> {
    long_enough(&corpus, recipe)?;
    let counted = count(run, hands, &corpus, false);
    let mut network = network(recipe, &corpus, seed)?;
    run.count("text_parameters", network.parameter_count());
    let bar = run.progress("reading", recipe.updates(&corpus));
    let curve = recipe.learn(&mut network, &corpus, &bar)?;
    drop(bar);
    let bits = bits_per_character(&mut network, &corpus.held_out)?;
    told(run, &counted, &curve, bits)?;
    Ok(Story { corpus, network, counted })
}

/// The same with the reader's functions, in `f64` and on a smaller scale.
pub fn learn_mine(
    run: &mut Run,
    hands: Hands,
    corpus: Corpus,
    recipe: &Recipe,
    seed: u64,
) -> Result<Story<f64>> {
    long_enough(&corpus, recipe)?;
    let counted = count(run, hands, &corpus, true);
    let bar = run.progress("reading with your functions", recipe.updates(&corpus));
    let (mut network, curve) = mine::learn(hands, recipe, &corpus, &bar, seed)?;
    drop(bar);
    let bits = bits_per_character(&mut network, &corpus.held_out)?;
    told(run, &counted, &curve, bits)?;
    Ok(Story { corpus, network, counted })
}

/// The table and the curve.
fn told(run: &mut Run, counted: &Counted, curve: &Curve, bits: f64) -> Result {
    let Counted { uniform, unigram, bigram } = *counted;
    let rows = [
        ("every character equally likely", uniform, "uniform_bits"),
        ("counting characters (unigram)", unigram, "unigram_bits"),
        ("counting pairs (bigram)", bigram, "bigram_bits"),
        ("vanilla RNN", bits, "rnn_bits"),
    ];
    run.baseline("rnn_bits", bigram);
    let mut table = vec![];
    for (words, bits, name) in rows {
        run.value(name, bits);
        table.push([words.to_string(), format!("{bits:.3}")]);
    }
    run.table(&["held-out text", "bits per character"], &table);
    run.figure("bits", "Bits per character while it learns.", &picture(counted, curve))
}

fn picture(counted: &Counted, curve: &Curve) -> Svg {
    let train: Vec<_> =
        curve.points.iter().map(|p| (p.update as f64, p.train)).collect();
    let valid: Vec<_> =
        curve.points.iter().map(|p| (p.update as f64, p.valid)).collect();
    let top = counted.uniform.ceil();
    Chart::new(
        Axis::new("update", ""),
        Axis::new("bits per character", "").range(1.0, top),
    )
    .level("equally likely", counted.uniform)
    .level("unigram", counted.unigram)
    .level("bigram", counted.bigram)
    .line(Role::Loss, "training part", &train)
    .line(Role::Loss, "validation part", &valid)
    .svg()
}

/// What a character model needs to go on writing.
pub struct Writer {
    pub hands: Hands,
    pub temperature: f64,
    pub count: usize,
}

impl Writer {
    // ANCHOR: write
    /// Reads `start`, then draws `count` characters, each from what the network says
    /// comes next; what was drawn is what it reads next. Its state goes along.
    pub fn write<T: Real>(
        &self,
        network: &mut SequenceNetwork<T>,
        start: &[usize],
        random: &mut Rng,
    ) -> Result<Vec<usize>> {
        let (mut state, mut written) = (network.state(1), vec![]);
        let mut read = start.to_vec();
        while written.len() < self.count {
            let steps = Sequences::equal(read.len(), 1);
            let logits = network.infer(Input::Tokens(&read), &steps, &mut state)?;
            let last = logits.column(logits.ncols() - 1);
            let last: Vec<f64> = last.iter().map(|z| z.to_f64()).collect();
            let token = (self.hands.sample)(&last, self.temperature, random.random());
            written.push(token);
            read = vec![token];
        }
        Ok(written)
    }
    // ANCHOR_END: write
}

impl<T: Real> Story<T> {
    /// Texts at several temperatures, all from the same random numbers.
    pub fn write(
        &mut self,
        run: &mut Run,
        hands: Hands,
        prompt: &str,
        temperatures: &[f64],
    ) -> Result {
        let seed = run.arguments().seed;
        let vocabulary = &self.corpus.vocabulary;
        let (start, replaced) = vocabulary.encode_lossy(prompt);
        if start.is_empty() {
            bail!("--prompt needs a character to go on from");
        }
        run.heading("It goes on writing");
        replaced.iter().for_each(|lost| run.say(&format!("In the prompt: {lost}")));
        let start_words = vocabulary.decode(&start);
        run.say(&format!("After \"{}\":", start_words.escape_debug()));
        for &temperature in temperatures {
            let writer = Writer { hands, temperature, count: 160 };
            let written = writer.write(&mut self.network, &start, &mut rng(seed))?;
            run.say("");
            run.say(&format!("temperature {temperature}:"));
            run.say(&shown(&vocabulary.decode(&written)));
        }
        Ok(())
    }
}

/// A text for the terminal: line ends as strokes, and characters that would steer the
/// terminal spelled out.
fn shown(text: &str) -> String {
    let shown = |character: char| match character {
        '\n' => " / ".to_string(),
        _ if character.is_control() => character.escape_default().to_string(),
        _ => character.to_string(),
    };
    text.chars().map(shown).collect()
}

/// Temperatures of the picture.
const TEMPERATURES: [f64; 7] = [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0];

/// The ten likeliest characters after a prompt, and their shares at each temperature.
pub fn draw_shares(run: &mut Run, story: &mut Story, prompt: &str) -> Result {
    let Story { corpus, network, .. } = story;
    let (start, _) = corpus.vocabulary.encode_lossy(prompt);
    let steps = Sequences::equal(start.len(), 1);
    let mut state = network.state(1);
    let logits = network.infer(Input::Tokens(&start), &steps, &mut state)?;
    let logits = logits.column(logits.ncols() - 1).map(f64::from);
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    order.truncate(10);
    let names =
        order.iter().map(|&token| match corpus.vocabulary.characters()[token] {
            ' ' => "space".to_string(),
            '\n' => "line end".to_string(),
            character => character.to_string(),
        });
    let names: Vec<String> = names.collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let frame = |&temperature: &f64| {
        let mut shares: Vec<f64> = logits.iter().map(|z| z / temperature).collect();
        gradbook::activation::softmax_in_place(&mut shares);
        let tallest: Vec<f64> = order.iter().map(|&token| shares[token]).collect();
        let share = Axis::new("share", "").range(0.0, 1.0);
        let bars = Bars::new(Axis::new("next character", ""), share, &names)
            .group(Role::Activations, "share", &tallest)
            .decimals(2);
        (format!("temperature {temperature}"), bars.svg())
    };
    let frames: Vec<(String, Svg)> = TEMPERATURES.iter().map(frame).collect();
    run.frames("temperature", "What comes next, colder and hotter.", &frames)
}
