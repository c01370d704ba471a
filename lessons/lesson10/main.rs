//! Lesson 10: the same gradient, better steps.
//!
//! Two updates on paper, walks on surfaces, a comparison in which every optimizer gets
//! the same search, schedules, a rate finder, two ways to search, decay, a training
//! that is interrupted and resumed; then the classic mistakes.

mod breaks;
mod contest;
mod decay;
#[allow(unused_variables, reason = "a stub uses nothing yet")]
mod exercises;
mod finder;
mod full;
mod hands;
mod hunt;
#[allow(dead_code, reason = "lesson 6 has more networks than this lesson trains")]
#[path = "../lesson06/models.rs"]
mod models;
mod paper;
mod paths;
mod pictures;
mod resume;
mod schedules;
#[cfg(test)]
mod solutions;
mod surfaces;
mod tasks;
#[cfg(test)]
mod tests;

use contest::Budget;
use gradbook::optimizer::Kind;
use lessons::{Flag, Lesson, Result, Run};
use tasks::Task;

const LESSON: Lesson = Lesson {
    number: 10,
    title: "Optimizers",
    question: "The same gradient: who takes better steps?",
    flags: &[
        Flag::epochs(20),
        Flag::count("trials", 3, 1, 100, "seeds for each rate of a search"),
        Flag::count("seeds", 5, 3, 100, "new seeds for each optimizer"),
        Flag::full("LeNet and LSTM too, more seeds, about 5 minutes"),
        Flag::mine(),
    ],
};

fn main() -> std::process::ExitCode {
    lessons::main(LESSON, run)
}

fn run(run: &mut Run) -> Result {
    let args = run.arguments();
    let (seed, epochs) = (args.seed, args.epochs(20));
    let (search, fresh) = (args.count("trials") as u64, args.count("seeds") as u64);
    let budget = Budget { search, fresh, seed };
    if args.mine {
        return hands::show(run, seed);
    }
    paper::show(run)?;
    surfaces::show(run)?;
    let mlp = Task::mlp(seed, epochs)?;
    let entries = compare(run, &mlp, budget)?;
    finder::show(run, &mlp, &entries, seed)?;
    schedules::show(run, &mlp, budget, false)?;
    hunt::show(run, &Task::mlp(seed, 3)?, seed)?;
    decay::show(run, &mlp, budget, 0.003)?;
    resume::show(run, &mlp, seed)?;
    breaks::show(run, &mlp, &entries, budget)?;
    if args.full {
        full::all(run, seed, epochs)?;
    }
    Ok(())
}

/// The MLP of lesson 5 with all optimizers.
fn compare(run: &mut Run, task: &Task, budget: Budget) -> Result<Vec<contest::Entry>> {
    run.heading("The fair comparison: lesson 5's MLP");
    run.count("rates_tried", contest::RATES.len());
    run.count("optimizers", Kind::ALL.len());
    run.count("epoch_updates", task.updates);
    run.count("validation_images", task.parts()?[1].len());
    run.say(&format!(
        "{} rates from {} to {}, {} seeds each, for each of {} optimizers. The rate \
         that gets to 95% of the validation part first, or a smaller one that takes \
         up to a tenth longer, is run again from {} new seeds, for {} epochs of {} \
         updates.",
        contest::RATES.len(),
        contest::RATES[0],
        contest::RATES[contest::RATES.len() - 1],
        budget.search,
        Kind::ALL.len(),
        budget.fresh,
        task.cap / task.updates,
        task.updates
    ));
    let entries = contest::compare(run, task, budget)?;
    contest::report(run, task, &entries, false);
    let caption = "Training loss, each optimizer with its own best rate.";
    run.figure("curves", caption, &pictures::curves(task, &entries))?;
    let caption = "Epochs to 95%, for every rate of the search.";
    run.figure("rates", caption, &pictures::rates(task, &entries))?;
    Ok(entries)
}
