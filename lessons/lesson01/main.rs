//! Lesson 01: can a machine learn a rule from its mistakes?
//!
//! Gates that somebody wires, a neuron that wires itself, flowers it can tell apart,
//! flowers it cannot, and XOR, where it goes round in circles for ever.

mod broken;
#[allow(unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod figures;
mod hands;
mod sets;
mod trials;

use gradbook::perceptron::{
    FitError, Gate, Widest, radius, widest_margin, xor_from_gates,
};
use hands::Hands;
use lessons::{Flag, Lesson, Result, Run};
use sets::{ALL, PETALS, Set};

const LESSON: Lesson = Lesson {
    number: 1,
    title: "Perceptron",
    question: "Can a machine learn a rule from its mistakes?",
    flags: &[
        Flag::epochs(1_000),
        Flag::full("adds flowers it has never seen: 75 trainings, a second"),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let hands = Hands { mine: run.arguments().mine };
    let epochs = run.arguments().epochs(1_000);
    let mut rng = gradbook::rng(run.arguments().seed);

    let (and, or, xor) = (Set::and(), Set::or(), Set::xor());
    let petals = Set::setosa(("setosa, petals only", "petals"), &PETALS);
    let setosa = Set::setosa(("setosa", "setosa"), &ALL).shuffled(&mut rng);
    let sisters = Set::versicolor(("versicolor", "versicolor"), &ALL);
    let (petals, sisters) = (petals.shuffled(&mut rng), sisters.shuffled(&mut rng));

    run.figure("history", "Weights in one network, by year.", &figures::history())?;
    gates(run)?;
    or_by_steps(run, hands, &or)?;
    train(run, hands, &[&and, &or, &petals, &setosa, &sisters, &xor], epochs)?;
    let frames = figures::line_moving(&petals, &hands.watch(&petals, epochs).states());
    run.frames("line_moving", "Setosa by its petals, mistake by mistake.", &frames)?;
    let bounds = bounds(run, hands, &[&and, &or, &petals, &setosa])?;
    trials::orders(run, hands, &bounds)?;
    no_line(run, hands, &sisters, epochs)?;
    in_circles(run, hands, &xor)?;
    break_it(run, broken::all(&and, &setosa, &mut rng));
    if run.arguments().full {
        trials::held_out(run, hands, &setosa, &sisters)?;
    }
    Ok(())
}

/// 1943: somebody chooses the wiring.
fn gates(run: &mut Run) -> Result {
    run.heading("Gates that somebody wires (1943)");
    let digit = |on: bool| if on { "1" } else { "0" }.to_string();
    let mut rows = vec![];
    for inputs in [[false, false], [false, true], [true, false], [true, true]] {
        let [x1, x2] = inputs.map(digit);
        let (and, or) = (Gate::and().fires(&inputs), Gate::or().fires(&inputs));
        rows.push(vec![x1, x2, digit(and), digit(or), digit(xor_from_gates(&inputs))]);
    }
    run.table(&["x1", "x2", "AND", "OR", "XOR (three gates)"], &rows);
    run.figure("gates", "A line for AND, one for OR, none for XOR.", &figures::gates())
}

/// 1957: the neuron finds its weights itself. Every mistake on OR, and what it changes.
fn or_by_steps(run: &mut Run, hands: Hands, or: &Set) -> Result {
    run.heading("A neuron that wires itself (1957): OR, mistake by mistake");
    let trace = hands.watch(or, 4);
    let columns = ["epoch", "input", "sum", "target", "new weights", "new bias"];
    run.table(&columns, &trace.by_mistake());
    let frames = figures::or_steps(or, &trace.states());
    run.frames("or_steps", "OR: the line after each of the five mistakes.", &frames)
}

/// The same rule on six sets.
fn train(run: &mut Run, hands: Hands, sets: &[&Set], epochs: usize) -> Result {
    run.heading("Six things to learn");
    let mut rows = vec![];
    let mut histories = vec![];
    for &set in sets {
        let mut neuron = set.new_neuron();
        let mistakes = hands.fit(&mut neuron, set, epochs)?;
        let counts = [
            ("examples", set.targets.len()),
            ("epochs", mistakes.len()),
            ("mistakes", mistakes.iter().sum()),
            ("left", hands.count_mistakes(&neuron, set)),
            ("majority", set.majority_mistakes()),
        ];
        let mut row = vec![set.name.to_string()];
        for (what, count) in counts {
            run.count(&format!("{}_{what}", set.key), count);
            row.push(count.to_string());
        }
        rows.push(row);
        histories.push((set, mistakes));
    }
    let columns = ["set", "examples", "epochs", "mistakes", "left", "majority"];
    run.table(&columns, &rows);
    run.say("left: examples that the last weights decide wrongly.");
    run.say("majority: the same for always giving the commoner of the two answers.");
    let picture = figures::mistakes(&histories[3..]);
    run.figure("mistakes", "Mistakes in each epoch: one ends, two do not.", &picture)
}

/// How many mistakes there can be, beside how many there were.
fn bounds<'a>(run: &mut Run, hands: Hands, sets: &[&'a Set]) -> Result<Vec<Bound<'a>>> {
    run.heading("How many mistakes can there be? At most (R / gamma)^2");
    let mut bounds = vec![];
    let mut rows = vec![];
    for &set in sets {
        let widest = widest(set)?;
        let bound = hands.bound(&widest.line, set).unwrap_or(f64::NAN);
        let made: usize = hands.fit(&mut set.new_neuron(), set, 1_000)?.iter().sum();
        let longest = radius(&set.inputs);
        run.value(&format!("{}_radius", set.key), longest);
        run.value(&format!("{}_gamma", set.key), widest.margin);
        run.value(&format!("{}_bound", set.key), bound);
        let numbers = [longest, widest.margin, widest.ceiling, bound, made as f64];
        let places = [3, 6, 6, 1, 0].into_iter().zip(numbers);
        let cells = places.map(|(places, number)| format!("{number:.places$}"));
        rows.push([set.name.to_string()].into_iter().chain(cells).collect::<Vec<_>>());
        bounds.push((set, bound));
    }
    let columns = ["set", "R", "gamma", "gamma at most", "bound", "mistakes"];
    run.table(&columns, &rows);
    let (trace, line) = (hands.watch(sets[0], 6), widest(sets[0])?.line);
    let picture = figures::squeeze(sets[0], &trace.states(), &line);
    run.figure("squeeze", "AND: the weights between Novikoff's two bounds.", &picture)?;
    Ok(bounds)
}

/// A set, and the number of mistakes that cannot be exceeded on it.
type Bound<'a> = (&'a Set, f64);

/// The line with the widest margin. A million steps take less than a second.
fn widest(set: &Set) -> std::result::Result<Widest, FitError> {
    widest_margin(&set.inputs, &set.targets, 1e-12, 1_000_000)
}

/// Versicolor or virginica: with no line to find, nothing can settle.
fn no_line(run: &mut Run, hands: Hands, sisters: &Set, epochs: usize) -> Result {
    run.heading("Versicolor or virginica: no line exists");
    let wrong = |set| -> Result<Vec<_>> { Ok(hands.epoch_by_epoch(set, epochs)?) };
    let ends: Vec<usize> = wrong(sisters)?.iter().map(|end| end.0).collect();
    let late = &ends[ends.len().saturating_sub(100)..];
    let fewest = late.iter().copied().min().unwrap_or(0);
    let most = late.iter().copied().max().unwrap_or(0);
    run.count("versicolor_late_fewest", fewest);
    run.count("versicolor_late_most", most);
    let count = late.len();
    run.say(&format!(
        "Wrong after each of the last {count} epochs: {fewest} to {most}."
    ));
    let ceiling = widest(sisters)?.ceiling.max(1e-6);
    run.say(&format!("No line separates them by a margin above {ceiling:e}."));
    let petals = Set::versicolor(("versicolor, petals only", "sisters"), &PETALS);
    let best = wrong(&petals)?.into_iter().min_by_key(|end| end.0);
    let picture = figures::no_line(&petals, best.map(|end| end.1).as_ref());
    run.figure("no_line", "Versicolor and virginica by their petals.", &picture)
}

/// XOR: the weights come back to where they were.
fn in_circles(run: &mut Run, hands: Hands, xor: &Set) -> Result {
    run.heading("XOR: round and round");
    let trace = hands.watch(xor, 6);
    run.table(&["epoch", "mistakes", "weights then", "bias then"], &trace.by_epoch());
    let round = hands.cycle(&trace.ends).unwrap_or(0);
    run.count("xor_cycle", round);
    run.say(&format!(
        "The state after an epoch comes back {round} epoch later: for ever."
    ));
    let picture = figures::xor_cycle(&trace.states());
    run.figure("xor_cycle", "XOR: the same four steps, again and again.", &picture)
}

/// The classic mistakes, made on purpose.
fn break_it(run: &mut Run, rows: Vec<broken::Row>) {
    run.heading("Broken on purpose: mistakes in the last of 100 epochs");
    rows.iter().for_each(|(_, _, mistakes, name)| run.count(name, *mistakes));
    let row = |(what, set, mistakes, _): &broken::Row| {
        vec![what.to_string(), set.to_string(), mistakes.to_string()]
    };
    run.table(
        &["broken", "set", "mistakes"],
        &rows.iter().map(row).collect::<Vec<_>>(),
    );
}
