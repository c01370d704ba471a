//! Praise or complaint: sentences of unequal length, one answer at the end.

use gradbook::activation::Activation;
use gradbook::data::{Dataset, Sentences, sentiment};
use gradbook::init::Init;
use gradbook::layer::{Activate, Dense, Embedding, Rnn};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::network::Parameters;
use gradbook::optimizer::{Adam, Optimizer, Schedule, clip_norm};
use gradbook::plot::{Axis, Bars, Role};
use gradbook::train::{Config, Task, answers, evaluate, fit};
use gradbook::{Input, Matrix, Rng, SequenceNetwork, Sequences, Sequential, rng};
use lessons::{Bar, Result, Run, percent};
use rand::seq::SliceRandom;

/// Sentences to learn from, and to be judged on.
const SENTENCES: [usize; 2] = [3000, 1000];

/// Units, examples in a batch, passes, rate, limit.
const HIDDEN: usize = 64;
const BATCH: usize = 32;
const EPOCHS: usize = 15;
const RATE: f64 = 0.003;
const LIMIT: f32 = 1.0;

fn vocabulary() -> usize {
    sentiment::words().len()
}

// ANCHOR: network
/// Reads words, answers once, after the last word: complaint or praise.
fn network(random: &mut Rng) -> Result<SequenceNetwork> {
    let head = Dense::new(HIDDEN, 2, Init::XavierNormal, random);
    Ok(SequenceNetwork::of_tokens(Embedding::new(vocabulary(), 16, random))
        .then(Rnn::new(16, HIDDEN, random))?
        .head_last_step(Sequential::new(HIDDEN).then(head)?)?)
}
// ANCHOR_END: network

// ANCHOR: learn
/// Trains on sentences in small batches; a short one ends early and waits.
fn learn(train: &Sentences, seed: u64, bar: &Bar) -> Result<SequenceNetwork> {
    let mut random = rng(seed);
    let (mut network, mut adam) = (network(&mut random)?, Adam::new(RATE));
    let (mut grad, falling) = (Matrix::zeros(0, 0), Schedule::Cosine { ticks: EPOCHS });
    let mut order: Vec<usize> = (0..train.sentences.len()).collect();
    for epoch in 0..EPOCHS {
        order.shuffle(&mut random);
        Optimizer::<f32>::set_learning_rate(&mut adam, falling.rate(RATE, epoch));
        for picked in order.chunks(BATCH) {
            let words: Vec<Vec<usize>> =
                picked.iter().map(|&n| train.sentences[n].clone()).collect();
            let labels: Vec<usize> = picked.iter().map(|&n| train.labels[n]).collect();
            let (sequences, words) = Sequences::pack_tokens(&words);
            let mut state = network.state(picked.len());
            network.zero_grad();
            let input = Input::Tokens(&words);
            let logits = network.forward(input, &sequences, &mut state)?;
            SoftmaxCrossEntropy.gradient_of_labels(logits, &labels, &mut grad)?;
            network.backward(input, &sequences, &grad)?;
            clip_norm(&mut network, LIMIT)?;
            adam.step(&mut network);
        }
        bar.inc(1);
    }
    Ok(network)
}
// ANCHOR_END: learn

/// The answers to sentences.
fn answer(network: &mut SequenceNetwork, test: &Sentences) -> Result<Vec<usize>> {
    let (sequences, words) = Sequences::pack_tokens(&test.sentences);
    let mut state = network.state(test.sentences.len());
    let logits = network.infer(Input::Tokens(&words), &sequences, &mut state)?;
    Ok(answers(logits).into_iter().map(|answer| answer.unwrap_or(0)).collect())
}

fn share_right(answers: &[usize], labels: &[usize]) -> f64 {
    let right = answers.iter().zip(labels).filter(|(a, b)| a == b).count();
    right as f64 / labels.len() as f64
}

// ANCHOR: shuffled
/// The same sentences with their words in any order.
fn shuffled(sentences: &Sentences, random: &mut Rng) -> Sentences {
    let mut shuffled = sentences.clone();
    shuffled.sentences.iter_mut().for_each(|words| words.shuffle(random));
    shuffled
}
// ANCHOR_END: shuffled

/// How often each word occurs in each sentence: a column a sentence, order forgotten.
fn bags(sentences: &Sentences) -> Result<Dataset> {
    let mut counts = Matrix::zeros(vocabulary(), sentences.sentences.len());
    for (n, words) in sentences.sentences.iter().enumerate() {
        words.iter().for_each(|&word| counts[(word, n)] += 1.0);
    }
    let names = vec!["complaint".to_string(), "praise".to_string()];
    Ok(Dataset::with_classes(counts, sentences.labels.clone(), names)?)
}

/// A network on bags of words, with a hidden layer or without: its accuracy on the
/// test part.
fn bag_of_words(
    train: &Sentences,
    test: &Sentences,
    hidden: Option<usize>,
    seed: u64,
) -> Result<(Sequential, f64)> {
    let (words, mut random) = (vocabulary(), rng(seed));
    let mut network = Sequential::new(words);
    if let Some(units) = hidden {
        let layer = Dense::new(words, units, Init::HeNormal, &mut random);
        network = network.then(layer)?.then(Activate::new(Activation::Relu))?;
    }
    let last = hidden.unwrap_or(words);
    let layer = Dense::new(last, 2, Init::XavierNormal, &mut random);
    network = network.then(layer)?;
    let (train, test) = (bags(train)?, bags(test)?);
    let schedule = Schedule::Cosine { ticks: EPOCHS };
    let config =
        Config { epochs: EPOCHS, batch: BATCH, seed, schedule, ..Config::default() };
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    fit(&mut network, &mut Adam::new(RATE), &task, &config, &mut [])?;
    let seen = evaluate(&mut network, &SoftmaxCrossEntropy, &test)?;
    Ok((network, seen.accuracy.unwrap_or(0.0)))
}

/// Accuracies on new sentences: bags of words without a hidden layer and with one, RNN,
/// RNN on shuffled words.
struct Accuracies {
    linear: f64,
    bag: f64,
    rnn: f64,
    shuffled: f64,
}

/// All three, and what is needed to look at single sentences.
struct Learned {
    test: Sentences,
    rnn: SequenceNetwork,
    bag: Sequential,
    accuracies: Accuracies,
}

fn all(run: &mut Run, seed: u64) -> Result<Learned> {
    let mut random = rng(seed);
    let [train, test] = SENTENCES.map(|count| sentiment(count, &mut random));
    let bar = run.progress("sentences", 2 * EPOCHS);
    let (_, linear) = bag_of_words(&train, &test, None, seed)?;
    let (bag, bag_right) = bag_of_words(&train, &test, Some(HIDDEN), seed)?;
    let mut rnn = learn(&train, seed, &bar)?;
    let rnn_right = share_right(&answer(&mut rnn, &test)?, &test.labels);
    let (mixed_train, mixed_test) =
        (shuffled(&train, &mut random), shuffled(&test, &mut random));
    let mut mixed = learn(&mixed_train, seed, &bar)?;
    let shuffled = share_right(&answer(&mut mixed, &mixed_test)?, &test.labels);
    let accuracies = Accuracies { linear, bag: bag_right, rnn: rnn_right, shuffled };
    Ok(Learned { test, rnn, bag, accuracies })
}

/// The four accuracies with another seed, for the long form.
pub fn once(run: &mut Run, seed: u64) -> Result<[f64; 4]> {
    let Accuracies { linear, bag, rnn, shuffled } = all(run, seed)?.accuracies;
    Ok([linear, bag, rnn, shuffled])
}

/// Learns, judges, and shows sentences that only the order decides.
pub fn show(run: &mut Run, seed: u64) -> Result {
    run.heading("Praise or complaint?");
    let mut learned = all(run, seed)?;
    let Accuracies { linear, bag, rnn, shuffled } = learned.accuracies;
    let lengths = learned.test.sentences.iter().map(Vec::len);
    let (shortest, longest) = (lengths.clone().min(), lengths.max());
    run.count("mood_shortest", shortest.unwrap_or(0));
    run.count("mood_longest", longest.unwrap_or(0));
    run.say(&format!(
        "{} sentences to learn from, {} new ones, {} to {} words long:",
        SENTENCES[0],
        SENTENCES[1],
        shortest.unwrap_or(0),
        longest.unwrap_or(0)
    ));
    run.baseline("mood_rnn_accuracy", bag);
    let mut rows = vec![];
    for (words, name, right) in [
        ("bag of words, no hidden layer", "linear", linear),
        ("bag of words, 64 hidden units", "bag", bag),
        ("RNN", "rnn", rnn),
        ("RNN, words shuffled", "shuffled", shuffled),
    ] {
        run.value(&format!("mood_{name}_accuracy"), right);
        rows.push([words.to_string(), percent(right)]);
    }
    run.table(&["model", "right about new sentences"], &rows);
    examples(run, &mut learned)?;
    let bars = [linear, bag, rnn, shuffled].map(|right| 100.0 * right);
    let names = ["bag, linear", "bag, hidden", "RNN", "RNN, shuffled"];
    let picture = Bars::new(Axis::new("", ""), Axis::new("right", "%"), &names)
        .group(Role::Activations, "new sentences", &bars)
        .level("guessing", 50.0)
        .decimals(1)
        .svg();
    run.figure("mood", "How often each is right.", &picture)
}

/// The first sentences that the RNN gets right and the bag of words does not.
fn examples(run: &mut Run, learned: &mut Learned) -> Result {
    let Learned { test, rnn, bag, .. } = learned;
    let by_order = answer(rnn, test)?;
    let counts = bags(test)?.inputs;
    let by_count = answers(&gradbook::train::predict(bag, &counts)?);
    run.say("Right by order, wrong by count:");
    let only_order = |&n: &usize| {
        by_order[n] == test.labels[n] && by_count[n] != Some(test.labels[n])
    };
    for n in (0..test.labels.len()).filter(only_order).take(3) {
        let name = if test.labels[n] == 1 { "praise" } else { "complaint" };
        let words = sentiment::decode(&test.sentences[n]).replace(" ,", ",");
        run.say(&format!("{name}: {words}"));
    }
    Ok(())
}
