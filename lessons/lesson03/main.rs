//! Lesson 03: what do layers buy?
//!
//! Affine layers alone buy nothing. With a bend between them they compute XOR, draw any
//! broken line and untangle a spiral; but who finds the weights?

#[allow(unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod figures;
mod full;
mod hands;
mod search;
mod signal;
mod solutions;
mod spiral;

use gradbook::activation::Activation;
use gradbook::data::{Dataset, synthetic};
use gradbook::init::Init;
use gradbook::layer::{Activate, Dense};
use gradbook::train::Progress;
use gradbook::{Parameters, Rng, Sequential, rng};
use hands::{Hands, Matrix};
use lessons::{Flag, Lesson, Result, Run};
use search::{accuracy, random_search, small_changes};
use spiral::Frozen;

const LESSON: Lesson = Lesson {
    number: 3,
    title: "Multilayer perceptron",
    question: "What do layers buy?",
    flags: &[
        Flag::epochs(150),
        Flag::count("tries", 20_000, 10, 1_000_000, "weights that random search draws"),
        Flag::full("five seeds of every experiment, about a minute"),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    let hands = Hands::new(args.mine);
    let mut random = rng(args.seed);
    stacked(run, hands, &mut random);
    xor(run, hands)?;
    any_curve(run, hands)?;
    thirty_layers(run, hands, &mut random)?;
    searching(run, args.count("tries"), &mut random)?;
    untangle(run, args.epochs(150), &mut random)?;
    if args.full {
        full::seeds(run, args.epochs(150), args.count("tries"))?;
    }
    Ok(())
}

/// Three affine layers with nothing between them are one.
fn stacked(run: &mut Run, hands: Hands, random: &mut Rng) {
    run.heading("Affine on affine is affine");
    let mut draw = |rows, columns| Init::Normal(1.0).weights(columns, rows, random);
    let weights: [Matrix; 3] = [draw(5, 2), draw(4, 5), draw(3, 4)];
    let biases: [Matrix; 3] = [draw(5, 1), draw(4, 1), draw(3, 1)];
    let batch = draw(2, 50);
    let mut output = batch.clone();
    for (weight, bias) in weights.iter().zip(&biases) {
        output = (hands.affine)(weight, bias.as_slice(), &output);
    }
    let [w1, w2, w3] = &weights;
    let [b1, b2, b3] = biases.each_ref().map(|bias| bias.as_slice());
    let (weight, bias) = (hands.collapse)(w1, b1, w2, b2);
    let (weight, bias) = (hands.collapse)(&weight, &bias, w3, b3);
    let difference = (output - (hands.affine)(&weight, &bias, &batch)).amax();
    let count = |parts: &[Matrix]| parts.iter().map(|part| part.len()).sum::<usize>();
    run.count("stacked_parameters", count(&weights) + count(&biases));
    run.count("collapsed_parameters", weight.len() + bias.len());
    run.count("collapse_equal", usize::from(difference < 1e-12));
    run.say(&format!(
        "Three affine layers with {} numbers, and one with {}: on 50 inputs their outputs \
         {}.",
        count(&weights) + count(&biases),
        weight.len() + bias.len(),
        if difference < 1e-12 { "agree to 12 digits" } else { "differ" },
    ));
}

/// XOR with two hidden units, their weights found on paper.
fn xor(run: &mut Run, hands: Hands) -> Result {
    run.heading("XOR by hand");
    let network = (hands.xor_network)();
    let corners = Matrix::from_row_slice(2, 4, &[0., 0., 1., 1., 0., 1., 0., 1.]);
    let (hidden, output) = hands.two_layers(&network, &corners);
    let mut rows = vec![];
    for n in 0..4 {
        let numbers = [corners.column(n), hidden.column(n)].map(|c| [c[0], c[1]]);
        let cells = numbers.into_iter().flatten().chain([output[n]]);
        rows.push(cells.map(|x| x.to_string()).collect::<Vec<_>>());
    }
    run.table(&["x1", "x2", "unit 1", "unit 2", "output"], &rows);
    let picture = figures::xor(&corners, &hidden, &output);
    run.frames("xor_folded", "What the hidden layer does to the corners.", &picture)
}

/// More units, a closer fit: any curve is nearly a broken line.
fn any_curve(run: &mut Run, hands: Hands) -> Result {
    run.heading("Any curve, from corners");
    let curve = |t: f64| (6.0 * t).sin() * (1.0 - t) + 0.5 * t;
    let (mut rows, mut frames) = (vec![], vec![]);
    for units in [1, 2, 4, 8, 16, 32, 64] {
        let x: Vec<f64> = (0..=units).map(|k| k as f64 / units as f64).collect();
        let y: Vec<f64> = x.iter().map(|&t| curve(t)).collect();
        let line = (hands.broken_line)(&x, &y);
        let miss = |k: usize| {
            let t = k as f64 / 1000.0;
            (Hands::height(&line, t) - curve(t)).abs()
        };
        let worst = (0..=1000).map(miss).fold(0.0, f64::max);
        run.value(&format!("curve_error_{units}"), worst);
        rows.push([units.to_string(), format!("{worst:.4}")]);
        frames.push(figures::curve(units, curve, &line, &x, worst));
    }
    run.table(&["hidden units", "largest error"], &rows);
    run.frames("any_curve", "One corner for each hidden unit.", &frames)
}

/// How the signal fares on its way through thirty layers.
fn thirty_layers(run: &mut Run, hands: Hands, random: &mut Rng) -> Result {
    run.heading("Through thirty layers");
    let (mut rows, mut lines) = (vec![], vec![]);
    for kind in signal::KINDS {
        let spreads = signal::spreads(hands, kind, random);
        let numbers = [spreads[0], spreads[9], spreads[29]];
        run.value(&format!("{}_layer_30", kind.key), numbers[2]);
        let cells = numbers.map(|x| format!("{x:.2e}"));
        rows.push([vec![kind.name.to_string()], cells.to_vec()].concat());
        lines.push((kind, spreads));
    }
    run.table(&["weights and activation", "layer 1", "layer 10", "layer 30"], &rows);
    run.say("The numbers are standard deviations of what a layer puts out.");
    run.figure("thirty_layers", "The signal, layer by layer.", &figures::thirty(&lines))
}

/// A network with one output for yes and no.
fn small_network(random: &mut Rng) -> Result<Sequential<f32>> {
    let mut dense = |i, o| Dense::new(i, o, Init::XavierNormal, random);
    let (hidden, output) = (dense(2, 2), dense(2, 1));
    let network = Sequential::new(2).then(hidden)?;
    Ok(network.then(Activate::new(Activation::Tanh))?.then(output)?)
}

/// The four corners of XOR, with one target for each.
fn xor_data() -> Dataset<f32> {
    let corners = synthetic::xor(4, 0.0, &mut rng(0));
    Dataset { targets: corners.targets.rows(1, 1).into_owned(), ..corners }
}

/// Learning without slopes: 9 weights are found, 921 are not.
fn searching(run: &mut Run, tries: usize, random: &mut Rng) -> Result {
    run.heading("Weights by trying");
    let mut small = small_network(random)?;
    let found = random_search(&mut small, &xor_data(), tries, random)?;
    run.count("search_small_parameters", small.parameter_count());
    run.count("search_small_tries", found.len());
    run.say(&format!(
        "XOR, {} weights: all four right after {} tries.",
        small.parameter_count(),
        found.len(),
    ));
    let (train_on, _) = spiral::data(random);
    let mut large = spiral::network(&[27, 27], random)?;
    let drawn = random_search(&mut large, &train_on, tries, random)?;
    let nudged = small_changes(&mut large, &train_on, tries, random)?;
    run.count("search_large_parameters", large.parameter_count());
    run.baseline("search_large_accuracy", 1.0 / spiral::ARMS as f64);
    run.value("search_large_accuracy", drawn[drawn.len() - 1]);
    run.baseline("changes_large_accuracy", 1.0 / spiral::ARMS as f64);
    run.value("changes_large_accuracy", nudged[nudged.len() - 1]);
    let percent =
        |history: &[f64]| format!("{:.1}%", 100.0 * history[history.len() - 1]);
    run.say(&format!(
        "Spiral, {} weights: after {tries} tries the best gets {} of the points right. \
         Small changes from there, keeping what helps: {} after {tries} more.",
        large.parameter_count(),
        percent(&drawn),
        percent(&nudged),
    ));
    let picture = figures::search(&drawn, &nudged);
    run.figure("search", "Trying weights for the spiral.", &picture)
}

/// The spiral, layer by layer, with weights that slopes found.
fn untangle(run: &mut Run, epochs: usize, random: &mut Rng) -> Result {
    run.heading("A spiral, untangled");
    let seed = run.arguments().seed;
    let (train_on, judge_on) = spiral::data(random);
    let mut network = spiral::network(&[16, 16, 2], random)?;
    let mut frozen = spiral::network(&[16, 16, 2], random)?;
    let bar = run.progress("training", epochs);
    let mut tick = Progress(|_: &mut gradbook::train::Training<'_, f32>| bar.inc(1));
    spiral::train(&mut network, &train_on, epochs, seed, &mut [&mut tick])?;
    spiral::train(&mut frozen, &train_on, epochs, seed, &mut [&mut Frozen])?;
    drop(bar);
    let frozen = accuracy(&mut frozen, &judge_on)?;
    let probes = spiral::probes(&mut network, &train_on, &judge_on, 100)?;
    let trained = accuracy(&mut network, &judge_on)?;
    let names = ["the points themselves", "after layer 1", "after layer 2", "layer 3"];
    let rows = names.iter().zip(&probes);
    let rows: Vec<_> =
        rows.map(|(n, p)| vec![n.to_string(), format!("{:.1}%", 100.0 * p)]).collect();
    run.table(&["a linear classifier on", "held-out accuracy"], &rows);
    for (name, &probe) in
        ["linear", "layer_1", "layer_2", "layer_3"].iter().zip(&probes)
    {
        run.value(&format!("{name}_accuracy"), probe);
    }
    run.value("frozen_accuracy", frozen);
    run.baseline("trained_accuracy", probes[0]);
    run.value("trained_accuracy", trained);
    run.say(&format!(
        "The whole network: {:.1}%. With its hidden layers left as chance made them: \
         {:.1}%.",
        100.0 * trained,
        100.0 * frozen,
    ));
    let stages = figures::stages(&search::outputs(&mut network, &judge_on)?, &judge_on);
    run.frames("untangled", "The held-out points after each layer.", &stages)?;
    let regions = figures::regions(&mut network, &judge_on)?;
    run.figure("spiral", "The regions that the trained network assigns.", &regions)
}
