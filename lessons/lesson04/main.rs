//! Lesson 04: how does every weight learn its share of the blame?
//!
//! A graph for paper, the checker and its verdicts, the V of error against step, what
//! slopes cost, and a spiral learned by gradient descent.

mod broken;
mod checks;
mod cost;
#[allow(dead_code, unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod figures;
mod full;
mod hands;
mod paper;
#[allow(dead_code, reason = "the lesson runs on some of the answers only")]
mod solutions;
mod spiral;
mod steps;
#[allow(dead_code, reason = "the test of exercise 4.5 repairs the suspects")]
mod suspects;

use gradbook::network::Parameters;
use gradbook::{Sequential, rng};
use hands::Hands;
use lessons::{Flag, Lesson, Result, Run, percent};
use spiral::{ARMS, HIDDEN, Plan};

const LESSON: Lesson = Lesson {
    number: 4,
    title: "Backpropagation",
    question: "How does every weight learn its share of the blame?",
    flags: &[
        Flag::epochs(300),
        Flag::batch(30),
        Flag::lr(0.3),
        Flag::count(
            "suspect",
            0,
            0,
            3,
            "check a broken pass of exercise 4.5, nothing else",
        ),
        Flag::number("layer-1", 1.0, 1e-6, 10.0, "size of the suspect's first weights"),
        Flag::count("examples", 7, 1, 1000, "examples in its batch"),
        Flag::full("five seeds of every training, about 15 seconds"),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    if args.count("suspect") > 0 {
        return interrogate(run);
    }
    let (hands, mut random) = (Hands::new(args.mine), rng(args.seed));
    let (epochs, batch, rate) = (args.epochs(300), args.batch(30), args.lr(0.3));
    let plan = Plan { epochs, batch, rate, seed: args.seed, frozen: false };

    paper::show(run)?;
    checks::show(run, hands, &mut random)?;
    steps::show(run)?;
    cost::show(run, &mut random)?;
    learn_the_spiral(run, hands, plan)?;
    broken::show(run, plan)?;
    if args.full {
        full::seeds(run, hands, plan)?;
    }
    Ok(())
}

/// Exercise 4.5: what the checker says about one of the suspects.
fn interrogate(run: &mut Run) -> Result {
    let args = run.arguments();
    let (number, size) = (args.count("suspect"), args.number("layer-1"));
    let tensors = suspects::Tensors::draw(size, args.count("examples"), args.seed);
    run.heading(&format!("Suspect {number}"));
    let found = suspects::Pass::suspect(number).check(&tensors);
    found.reports.iter().for_each(|report| run.say(&report.to_string()));
    Ok(())
}

/// The spiral: two hidden layers, beside none, and beside hidden layers that stay.
fn learn_the_spiral(run: &mut Run, hands: Hands, plan: Plan) -> Result {
    run.heading("A spiral, learned by gradient descent");
    let (train_on, judge_on) = spiral::data(&mut rng(plan.seed));
    let sets = (&train_on, &judge_on);
    let mut network = hands.network(&HIDDEN, ARMS, &mut rng(plan.seed))?;
    run.count("spiral_weights", network.parameter_count());
    run.count("spiral_updates", plan.epochs * train_on.len().div_ceil(plan.batch));
    let mut frames =
        vec![("before".to_string(), figures::regions(&mut network, &judge_on)?)];
    let bar = run.progress("training", plan.epochs);
    let look = |epoch: usize, network: &mut Sequential<f64>| {
        bar.inc(1);
        if [1, 3, 10, 15, 20, 25, 30, 40, 70, 150, 300].contains(&epoch) {
            let picture = figures::regions(network, &judge_on)?;
            frames.push((format!("after epoch {epoch}"), picture));
        }
        Ok(())
    };
    let history = spiral::train(&mut network, &hands.loss(), &train_on, plan, look)?;
    drop(bar);
    let accuracy = spiral::accuracy(&mut network, &judge_on)?;
    let (linear, flat) = spiral::learn(hands, &[], sets, plan)?;
    let held = Plan { frozen: true, ..plan };
    let (frozen, held) = spiral::learn(hands, &HIDDEN, sets, held)?;
    run.baseline("spiral_accuracy", linear);
    for (name, seen) in [("spiral", accuracy), ("linear", linear), ("frozen", frozen)] {
        run.value(&format!("{name}_accuracy"), seen);
    }
    run.table(
        &["network", "held-out accuracy", "last loss"],
        &[
            ["two hidden layers", &percent(accuracy), &last(&history)],
            ["no hidden layer", &percent(linear), &last(&flat)],
            ["hidden layers left as they were", &percent(frozen), &last(&held)],
        ],
    );
    run.frames("spiral", "What the network says while it learns.", &frames)?;
    let picture = figures::losses([
        ("two hidden layers", &history),
        ("no hidden layer", &flat),
        ("hidden layers left as they were", &held),
    ]);
    run.figure("losses", "The loss of three trainings.", &picture)
}

fn last(history: &[f64]) -> String {
    history.last().map_or(String::new(), |loss| format!("{loss:.4}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use suspects::{Pass, Tensors};

    /// What exercise 4.5 rests on, for any seed and batch.
    #[test]
    fn small_first_weights_mend_suspect_2_and_not_suspect_3() {
        for (seed, examples) in [(7, 7), (1, 7), (2, 1), (3, 4), (4, 30)] {
            let faults = |suspect: usize, size: f64| {
                let found =
                    Pass::suspect(suspect).check(&Tensors::draw(size, examples, seed));
                found.faults().map(|fault| fault.name.clone()).collect::<Vec<_>>()
            };
            let before_tanh = ["input", "weight_1", "bias_1"];
            assert!(Pass::right().check(&Tensors::draw(1.0, 7, seed)).all_right());
            assert_eq!(faults(1, 1.0).len(), if examples == 1 { 0 } else { 5 });
            assert_eq!(faults(2, 1.0), before_tanh);
            assert_eq!(faults(3, 1.0), before_tanh);
            assert_eq!(faults(2, 0.001), Vec::<String>::new());
            assert_eq!(faults(3, 0.001), before_tanh);
        }
    }
}
