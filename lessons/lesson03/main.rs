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

use gradbook::init::Init;
use gradbook::train::{Progress, Training};
use gradbook::{Parameters, Rng, rng};
use hands::{Hands, Matrix};
use lessons::{Flag, Lesson, Result, Run, percent};
use search::{accuracy, random_search, small_network, xor_data};

const LESSON: Lesson = Lesson {
    number: 3,
    title: "Multilayer perceptron",
    question: "What do layers buy?",
    flags: &[
        Flag::epochs(300),
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
    untangle(run, args.epochs(300), &mut random)?;
    break_it(run, args.epochs(300), &mut random)?;
    if args.full {
        full::seeds(run, args.epochs(300), args.count("tries"))?;
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
        "Three affine layers with {} numbers, and one with {}: on 50 inputs their \
         outputs {}.",
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
    run.figure("activations", "Six activations.", &figures::activations())?;
    run.figure("thirty_layers", "The signal, layer by layer.", &figures::thirty(&lines))
}

/// Learning without slopes: 9 weights are found by chance. Are 921?
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
    let ways = search::three_ways(&train_on, tries, random)?;
    run.count("search_large_parameters", ways.parameters);
    run.say(&format!("Spiral, {} weights, points right at the end:", ways.parameters));
    let mut rows = vec![];
    for way in &ways.all {
        run.baseline(&format!("{}_accuracy", way.key), 1.0 / spiral::ARMS as f64);
        run.value(&format!("{}_accuracy", way.key), way.last());
        run.count(&format!("{}_passes", way.key), way.passes);
        let cells = [way.name.to_string(), way.passes.to_string()];
        rows.push([cells.to_vec(), vec![percent(way.last())]].concat());
    }
    run.table(&["way", "points sent through", "right"], &rows);
    let picture = figures::search(&ways.all);
    run.figure("search", "Three ways to find the spiral's weights.", &picture)
}

/// The spiral, layer by layer, with weights that slopes found.
fn untangle(run: &mut Run, epochs: usize, random: &mut Rng) -> Result {
    run.heading("A spiral, untangled");
    let (train_on, judge_on) = spiral::data(random);
    let mut network = spiral::network(&[16, 16, 2], random)?;
    let by_chance = spiral::probes(&mut network, &train_on, &judge_on)?;
    let bar = run.progress("training", epochs);
    let mut tick = Progress(|_: &mut Training<'_, f32>| bar.inc(1));
    let seed = run.arguments().seed;
    spiral::train(&mut network, &train_on, epochs, seed, &mut [&mut tick])?;
    drop(bar);
    let probes = spiral::probes(&mut network, &train_on, &judge_on)?;
    let mut rows = vec![];
    for (stage, (&before, &after)) in by_chance.iter().zip(&probes).enumerate() {
        let name = match stage {
            0 => "the points themselves".to_string(),
            layer => format!("what layer {layer} makes of them"),
        };
        rows.push([name, percent(before), percent(after)]);
        run.value(&format!("layer_{stage}_untrained_accuracy"), before);
        run.value(&format!("layer_{stage}_accuracy"), after);
    }
    run.table(&["a linear classifier on", "untrained", "trained"], &rows);
    let trained = accuracy(&mut network, &judge_on)?;
    run.baseline("trained_accuracy", probes[0]);
    run.value("trained_accuracy", trained);
    run.say(&format!(
        "The whole network on the held-out points: {}.",
        percent(trained)
    ));
    let stages = figures::stages(&search::outputs(&mut network, &judge_on)?, &judge_on);
    run.frames("untangled", "The held-out points after each layer.", &stages)?;
    let regions = figures::regions(&mut network, &judge_on)?;
    run.figure("spiral", "The regions that the trained network assigns.", &regions)?;
    let mut line = spiral::network(&[], random)?;
    spiral::train(&mut line, &train_on, 100, seed, &mut [])?;
    let regions = figures::regions(&mut line, &judge_on)?;
    run.figure(
        "by_lines",
        "The same without hidden layers: straight borders.",
        &regions,
    )
}

/// The classic mistakes, made on purpose.
fn break_it(run: &mut Run, epochs: usize, random: &mut Rng) -> Result {
    run.heading("Broken on purpose");
    let seed = run.arguments().seed;
    let (train_on, judge_on) = spiral::data(random);
    let mut rows = vec![];
    for (key, what, activation, init) in spiral::BROKEN {
        let mut network = spiral::network_of(&[16, 16], activation, init, random)?;
        spiral::train(&mut network, &train_on, epochs, seed, &mut [])?;
        let right = accuracy(&mut network, &judge_on)?;
        run.value(&format!("broken_{key}_accuracy"), right);
        rows.push([what.to_string(), percent(right)]);
    }
    run.table(&["broken", "held-out accuracy"], &rows);
    Ok(())
}
