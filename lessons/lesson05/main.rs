//! Lesson 05: from a pile of digits to a classifier you can trust.
//!
//! Split, scale, train with something looking on, keep the best, sit the exam once,
//! look at the mistakes, save; then break the workflow on purpose, one step at a time.

mod breaks;
mod exam;
#[allow(unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod full;
mod hands;
mod learning;
mod mnist;
mod models;
mod parts;
mod pictures;
#[cfg(test)]
mod tests;

use gradbook::data::{self, Dataset};
use gradbook::rng;
use hands::Hands;
use learning::learn;
use lessons::{Flag, Lesson, Result, Run};
use models::{Kind, Setup};
use parts::Parts;

const LESSON: Lesson = Lesson {
    number: 5,
    title: "Training",
    question: "How does a pile of digits become a classifier you can trust?",
    flags: &[
        Flag::epochs(60),
        Flag::batch(32),
        Flag::lr(0.003),
        Flag::count("hidden", 128, 1, 65_536, "units in the hidden layer"),
        Flag::choice("optimizer", &["adam", "sgd"], "how weights move; sgd for MNIST"),
        Flag::count("patience", 10, 1, 1_000_000, "epochs without a better one"),
        Flag::data("a folder with the files of MNIST: 10 epochs, batch 64, lr 0.05"),
        Flag::full("three times five folds and five seeds, about half a minute"),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    let hands = Hands { mine: args.mine };
    if let Some(folder) = args.data() {
        return mnist::run(run, hands, folder);
    }
    let setup = Setup {
        epochs: args.epochs(60),
        batch: args.batch(32),
        rate: args.lr(0.003),
        hidden: args.count("hidden"),
        optimizer: args.choice("optimizer"),
        patience: args.count("patience"),
        seed: args.seed,
    };
    let digits = data::digits();
    let parts = three_parts(run, &digits, &setup)?;
    let mut logistic = learn(run, hands, Kind::Logistic, &parts, &setup)?;
    let mut mlp = learn(run, hands, Kind::Mlp(setup.hidden), &parts, &setup)?;
    learning::show(run, &mut logistic, &mut mlp, &digits.class_names)?;
    exam::sit(run, hands, [&mut logistic, &mut mlp], &parts)?;
    exam::mistakes(run, hands, &mut mlp, &parts)?;
    exam::keep(run, &mut mlp, &parts)?;
    breaks::shuffled_labels(run, &digits, &setup)?;
    breaks::unshuffled_split(run, &digits, &setup)?;
    breaks::leak(run, &digits, &setup)?;
    breaks::rate_too_large(run, &parts, &setup)?;
    if args.full {
        full::folds(run, &digits, &setup)?;
        full::seeds(run, &digits, &setup)?;
    }
    Ok(())
}

/// Cuts the digits into three parts and puts them on one scale.
fn three_parts(run: &mut Run, digits: &Dataset, setup: &Setup) -> Result<Parts> {
    run.heading("1,797 digits, in three parts");
    run.figure(
        "digits",
        "Three images of each digit.",
        &pictures::examples(digits, 3),
    )?;
    let parts = Parts::cut(digits, &mut rng(setup.seed))?;
    let mut rows = Vec::new();
    for (name, part, purpose) in [
        ("train", &parts.train, "to learn from"),
        ("valid", &parts.valid, "to choose by"),
        ("test", &parts.test, "for the exam"),
    ] {
        run.count(&format!("{name}_examples"), part.len());
        let counts = part.class_counts();
        let counts = (counts.iter().min().copied(), counts.iter().max().copied());
        let of_each = format!("{} to {}", counts.0.unwrap_or(0), counts.1.unwrap_or(0));
        rows.push([name.into(), part.len().to_string(), of_each, purpose.to_string()]);
    }
    run.table(&["part", "images", "of each digit", "purpose"], &rows);
    let constant = parts.constant_pixels();
    run.value("constant_pixels", constant as f64);
    run.say(&format!(
        "Scaled with the means and deviations of the training part. {constant} of 64 \
         pixels are the same in all its images: they become 0."
    ));
    parts.standardize()
}
