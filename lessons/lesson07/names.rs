//! A list of names: sequences of unequal length, and new names drawn one by one.

use std::collections::HashSet;

use gradbook::data;
use gradbook::data::text::{Bigram, Unigram, Vocabulary};
use gradbook::layer::Rnn;
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::network::Parameters;
use gradbook::optimizer::{Adam, Optimizer, clip_norm};
use gradbook::{Input, Matrix, Rng, SequenceNetwork, Sequences, rng};
use lessons::characters::Recipe;
use lessons::{Result, Run};
use rand::RngExt;
use rand::seq::SliceRandom;

use crate::hands::Hands;

/// How the names are learned: their batches are of names, not of streams.
const RECIPE: Recipe = Recipe {
    width: 16,
    hidden: 96,
    steps: 0, // as many as the longest name of a batch has
    batch: 32,
    rate: 0.005,
    limit: 1.0,
    epochs: 12,
};

/// How many names are drawn at each temperature, and how long one may get.
const DRAWN: usize = 1000;
const LONGEST: usize = 20;

/// The list in two parts, each name as tokens between two line ends.
struct List {
    vocabulary: Vocabulary,
    train: Vec<Vec<usize>>,
    held_out: Vec<Vec<usize>>,
}

impl List {
    fn new(random: &mut Rng) -> Result<List> {
        let mut names = data::names();
        names.shuffle(random);
        let vocabulary = Vocabulary::of(&format!("\n{}", names.join("\n")))?;
        let tokens = |name: &&str| vocabulary.encode(&format!("\n{name}\n"));
        let mut train = vec![];
        for name in &names {
            train.push(tokens(name)?);
        }
        let held_out = train.split_off(names.len() - names.len() / 5);
        Ok(List { vocabulary, train, held_out })
    }
}

/// Names as one text: the line end after a name stands before the next.
fn joined(names: &[Vec<usize>]) -> Vec<usize> {
    let end = names.first().map_or(0, |name| name[0]);
    let letters = names.iter().flat_map(|name| &name[1..]);
    [end].iter().chain(letters).copied().collect()
}

// ANCHOR: batch
/// Names of unequal length side by side: what is read, and what comes next at each step
/// that a name has.
fn batch(names: &[Vec<usize>]) -> (Sequences, Vec<usize>, Vec<usize>) {
    let but_last = |name: &Vec<usize>| name[..name.len() - 1].to_vec();
    let but_first = |name: &Vec<usize>| name[1..].to_vec();
    let inputs: Vec<_> = names.iter().map(but_last).collect();
    let targets: Vec<_> = names.iter().map(but_first).collect();
    let (sequences, inputs) = Sequences::pack_tokens(&inputs);
    let (_, targets) = Sequences::pack_tokens(&targets);
    let live = sequences.live_columns().iter().map(|&column| targets[column]);
    let live = live.collect();
    (sequences, inputs, live)
}
// ANCHOR_END: batch

// ANCHOR: train
/// One epoch: names in small batches, each from an empty memory on.
fn epoch(
    network: &mut SequenceNetwork,
    adam: &mut Adam,
    names: &[Vec<usize>],
) -> Result {
    let mut grad = Matrix::zeros(0, 0);
    for names in names.chunks(RECIPE.batch) {
        let (sequences, inputs, targets) = batch(names);
        let mut state = network.state(names.len());
        network.zero_grad();
        let input = Input::Tokens(&inputs);
        let logits = network.forward(input, &sequences, &mut state)?;
        SoftmaxCrossEntropy.gradient_of_labels(logits, &targets, &mut grad)?;
        network.backward(input, &sequences, &grad)?;
        clip_norm(network, RECIPE.limit as f32)?;
        adam.step(network);
    }
    Ok(())
}
// ANCHOR_END: train

/// Bits for each character of these names, the line end included.
fn bits(network: &mut SequenceNetwork, names: &[Vec<usize>]) -> Result<f64> {
    let (mut sum, mut count) = (0.0, 0);
    for names in names.chunks(128) {
        let (sequences, inputs, targets) = batch(names);
        let mut state = network.state(names.len());
        let logits = network.infer(Input::Tokens(&inputs), &sequences, &mut state)?;
        let loss = SoftmaxCrossEntropy.value_of_labels(logits, &targets)?;
        sum += f64::from(loss) * targets.len() as f64;
        count += targets.len();
    }
    Ok(sum / count as f64 / std::f64::consts::LN_2)
}

/// Draws one name: from a line end to the next.
fn draw(
    network: &mut SequenceNetwork,
    hands: Hands,
    end: usize,
    temperature: f64,
    random: &mut Rng,
) -> Result<Vec<usize>> {
    let (mut state, mut name) = (network.state(1), vec![end]);
    let one = Sequences::equal(1, 1);
    while name.len() <= LONGEST {
        let read = [name[name.len() - 1]];
        let logits = network.infer(Input::Tokens(&read), &one, &mut state)?;
        let logits: Vec<f64> = logits.iter().map(|&z| z.into()).collect();
        name.push((hands.sample)(&logits, temperature, random.random()));
        if name.ends_with(&[end]) {
            break;
        }
    }
    Ok(name)
}

/// A network that has learned the training part.
fn learn(run: &mut Run, list: &List, seed: u64) -> Result<SequenceNetwork> {
    let mut random = rng(seed);
    let layer = Rnn::new(RECIPE.width, RECIPE.hidden, &mut random);
    let mut network = RECIPE.network(list.vocabulary.len(), layer, &mut random)?;
    let mut adam = Adam::new(RECIPE.rate);
    let mut names = list.train.clone();
    let falling = gradbook::optimizer::Schedule::Cosine { ticks: RECIPE.epochs };
    let bar = run.progress("names", RECIPE.epochs);
    for number in 0..RECIPE.epochs {
        names.shuffle(&mut random);
        Optimizer::<f32>::set_learning_rate(
            &mut adam,
            falling.rate(RECIPE.rate, number),
        );
        epoch(&mut network, &mut adam, &names)?;
        bar.inc(1);
    }
    Ok(network)
}

/// What counting gets on the held-out names, and the network.
struct Bits {
    unigram: f64,
    bigram: f64,
    rnn: f64,
}

fn judge(list: &List, network: &mut SequenceNetwork) -> Result<Bits> {
    let (train, held_out) = (joined(&list.train), joined(&list.held_out));
    let characters = list.vocabulary.len();
    Ok(Bits {
        unigram: Unigram::fit(&train, characters).bits_per_character(&held_out),
        bigram: Bigram::fit(&train, characters).bits_per_character(&held_out),
        rnn: bits(network, &list.held_out)?,
    })
}

/// Bits on held-out names with another seed, for the long form: unigram, bigram, RNN.
pub fn once(run: &mut Run, seed: u64) -> Result<[f64; 3]> {
    let list = List::new(&mut rng(seed))?;
    let Bits { unigram, bigram, rnn } = judge(&list, &mut learn(run, &list, seed)?)?;
    Ok([unigram, bigram, rnn])
}

/// Learns the names, judges, and draws new ones.
pub fn show(run: &mut Run, hands: Hands, seed: u64) -> Result {
    let list = List::new(&mut rng(seed))?;
    run.heading("Names");
    run.count("names_train", list.train.len());
    run.count("names_held_out", list.held_out.len());
    run.say(&format!(
        "{} names to learn from, {} held out; each from an empty memory on, side by \
         side, short ones end early.",
        list.train.len(),
        list.held_out.len()
    ));
    let mut network = learn(run, &list, seed)?;
    let Bits { unigram, bigram, rnn } = judge(&list, &mut network)?;
    run.baseline("names_rnn_bits", bigram);
    let mut rows = vec![];
    for (name, bits) in [("unigram", unigram), ("bigram", bigram), ("rnn", rnn)] {
        run.value(&format!("names_{name}_bits"), bits);
        rows.push([name.to_string(), format!("{bits:.3}")]);
    }
    run.table(&["held-out names", "bits per character"], &rows);
    invent(run, hands, &list, &mut network, seed)
}

/// Draws a thousand names at each temperature and counts the new ones.
fn invent(
    run: &mut Run,
    hands: Hands,
    list: &List,
    network: &mut SequenceNetwork,
    seed: u64,
) -> Result {
    let end = list.train[0][0];
    let known: HashSet<&Vec<usize>> = list.train.iter().collect();
    let real: HashSet<&Vec<usize>> = list.held_out.iter().collect();
    let (mut rows, mut shown) = (vec![], vec![]);
    for (word, temperature) in [("cold", 0.5), ("warm", 1.0), ("hot", 1.5)] {
        let mut random = rng(seed);
        let mut drawn = vec![];
        for _ in 0..DRAWN {
            drawn.push(draw(network, hands, end, temperature, &mut random)?);
        }
        let count =
            |f: &dyn Fn(&Vec<usize>) -> bool| drawn.iter().filter(|n| f(n)).count();
        let copied = count(&|name| known.contains(name));
        let unseen = count(&|name| real.contains(name));
        let distinct = drawn.iter().collect::<HashSet<_>>().len();
        let new = DRAWN - copied - unseen;
        for (what, number) in [("copied", copied), ("unseen", unseen), ("new", new)] {
            let share = number as f64 / DRAWN as f64;
            run.value(&format!("names_{word}_{what}"), share);
        }
        let numbers = [copied, unseen, new, distinct].map(|n| n.to_string());
        rows.push([&[temperature.to_string()], &numbers[..]].concat());
        let invented =
            |name: &&Vec<usize>| !known.contains(name) && !real.contains(name);
        let some = drawn.iter().filter(invented).take(8);
        let some = some.map(|name| list.vocabulary.decode(name).trim().to_string());
        shown.push(format!("{temperature}: {}", some.collect::<Vec<_>>().join(", ")));
    }
    run.say(&format!("{DRAWN} names drawn at each temperature:"));
    let names = ["temperature", "from the list", "held out", "really new", "distinct"];
    run.table(&names, &rows);
    run.say("The first new ones at each temperature:");
    shown.iter().for_each(|line| run.say(line));
    Ok(())
}
