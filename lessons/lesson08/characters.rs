//! Lesson 7's character model beside two with gates, with as many parameters each.

use gradbook::data::text::{Corpus, Shares};
use gradbook::layer::{Gru, Rnn};
use gradbook::plot::{Axis, Chart, Role, Svg};
use gradbook::train::bits_per_character;
use gradbook::{Parameters, SequenceNetwork, data, rng};
use lessons::characters::{Counted, Curve, Recipe, VANILLA};
use lessons::{Bar, Result, Run};

use crate::cells::{self, Cell, Start};
use crate::pictures::lines;
use lessons::pool::{self, Job};

/// The learning rates that were tried for each cell.
pub const RATES: [f64; 5] = [0.005, 0.01, 0.02, 0.04, 0.08];

/// A model that was trained.
pub struct Model {
    /// Which cell.
    pub cell: Cell,
    /// Its parameters.
    pub parameters: usize,
    /// Its training.
    pub curve: Curve,
    /// Bits per character on the validation part and on the held-out part.
    pub bits: [f64; 2],
}

// ANCHOR: equal
/// The model of this cell with as many parameters as lesson 7's, or as near as a whole
/// number of units comes.
pub fn recipe(cell: Cell, characters: usize, epochs: usize) -> Recipe {
    let wanted = count(Cell::Rnn, VANILLA.hidden, characters);
    let far = |&hidden: &usize| count(cell, hidden, characters).abs_diff(wanted);
    let hidden = (1..=VANILLA.hidden).min_by_key(far).unwrap_or(1);
    Recipe { hidden, rate: rate(cell), epochs, ..VANILLA }
}

/// Embedding, recurrent layer and head. A block is what one gate has; a GRU's candidate
/// has a second bias.
fn count(cell: Cell, hidden: usize, characters: usize) -> usize {
    let (width, blocks) = match cell {
        Cell::Rnn => (VANILLA.width, 1),
        Cell::Gru => (VANILLA.width, 3),
        Cell::Lstm => (VANILLA.width, 4),
    };
    let second = if cell == Cell::Gru { hidden } else { 0 };
    let layer = blocks * hidden * (width + hidden + 1) + second;
    characters * width + layer + characters * (hidden + 1)
}
// ANCHOR_END: equal

/// The best of [`RATES`] on the validation part, found by `--full`.
fn rate(cell: Cell) -> f64 {
    match cell {
        Cell::Rnn | Cell::Gru => 0.01,
        Cell::Lstm => 0.04,
    }
}

/// The text.
pub fn corpus() -> Result<Corpus> {
    Ok(Corpus::of("the frozen text", data::prose(), Shares::default())?)
}

pub fn network(
    cell: Cell,
    recipe: &Recipe,
    corpus: &Corpus,
    seed: u64,
) -> Result<SequenceNetwork> {
    let (mut random, characters) = (rng(seed), corpus.vocabulary.len());
    let (inputs, hidden) = (recipe.width, recipe.hidden);
    Ok(match cell {
        Cell::Rnn => {
            let layer = Rnn::new(inputs, hidden, &mut random);
            recipe.network(characters, layer, &mut random)?
        }
        Cell::Gru => {
            let layer = Gru::new(inputs, hidden, &mut random);
            recipe.network(characters, layer, &mut random)?
        }
        Cell::Lstm => {
            let layer = cells::lstm(inputs, hidden, Start::USUAL, &mut random);
            recipe.network(characters, layer, &mut random)?
        }
    })
}

/// Trains one model and judges it.
pub fn learn(
    cell: Cell,
    recipe: &Recipe,
    corpus: &Corpus,
    seed: u64,
    bar: &Bar,
) -> Result<Model> {
    let mut net = network(cell, recipe, corpus, seed)?;
    let parameters = net.parameter_count();
    let curve = recipe.learn(&mut net, corpus, bar)?;
    let bits = [
        bits_per_character(&mut net, &corpus.validation)?,
        bits_per_character(&mut net, &corpus.held_out)?,
    ];
    Ok(Model { cell, parameters, curve, bits })
}

/// One training of each cell with its own rate.
pub fn jobs(corpus: &Corpus, epochs: usize, seed: u64) -> Vec<Job<'_, Model>> {
    let characters = corpus.vocabulary.len();
    let job = |cell| -> Job<'_, Model> {
        Box::new(move |bar| {
            learn(cell, &recipe(cell, characters, epochs), corpus, seed, bar)
        })
    };
    Cell::ALL.into_iter().map(job).collect()
}

/// All three models on lesson 7's text.
pub fn show(run: &mut Run, seed: u64, epochs: usize) -> Result {
    run.heading("Text, with equal parameters");
    let corpus = corpus()?;
    let counted = Counted::on(&corpus, &corpus.held_out);
    let updates = Recipe { epochs, ..VANILLA }.updates(&corpus);
    let models = pool::run(
        run,
        "reading",
        Cell::ALL.len() * updates,
        jobs(&corpus, epochs, seed),
    )?;
    run.value("bigram_bits", counted.bigram);
    let mut rows = vec![[
        "counting pairs".into(),
        String::new(),
        String::new(),
        bits(counted.bigram),
    ]];
    for model in &models {
        let recipe = recipe(model.cell, corpus.vocabulary.len(), epochs);
        let key = model.cell.key();
        run.count(&format!("characters_{key}_parameters"), model.parameters);
        run.count(&format!("characters_{key}_units"), recipe.hidden);
        run.value(&format!("characters_{key}_bits"), model.bits[1]);
        run.baseline(&format!("characters_{key}_bits"), counted.bigram);
        run.value(&format!("characters_{key}_valid_bits"), model.bits[0]);
        let (units, parameters) =
            (recipe.hidden.to_string(), model.parameters.to_string());
        rows.push([model.cell.name().into(), units, parameters, bits(model.bits[1])]);
    }
    run.table(&["model", "units", "parameters", "held-out bits per character"], &rows);
    run.figure(
        "characters",
        "Bits per character while learning.",
        &picture(&models, &counted, updates),
    )
}

fn bits(bits: f64) -> String {
    format!("{bits:.3}")
}

fn picture(models: &[Model], counted: &Counted, updates: usize) -> Svg {
    let points = |model: &Model| -> Vec<(f64, f64)> {
        model.curve.points.iter().map(|p| (p.update as f64, p.valid)).collect()
    };
    let curves: Vec<(Cell, Vec<(f64, f64)>)> =
        models.iter().map(|model| (model.cell, points(model))).collect();
    let curves = curves.iter().map(|(cell, points)| (*cell, &points[..]));
    let chart = Chart::new(
        Axis::new("updates", "").range(0.0, updates as f64),
        Axis::new("bits per character", "").range(2.0, 4.0),
    );
    lines(chart, Role::Loss, curves).level("counting pairs", counted.bigram).svg()
}
