//! The trials of a lesson: the reader's answers first, then the proofs that the checks
//! are sound.

use std::collections::HashSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use super::exercise::{Check, Who};
use super::judge::{Court, Verdict, judge, twins};
use super::message;
use super::outcome::{Mismatch, count};

/// The fewest wrong answers, hints and laws that an exercise may have.
const LEAST_WRONGS: usize = 4;
const LEAST_HINTS: usize = 3;

type Result = std::result::Result<(), Failed>;

/// An exercise and the verdict on the reader's answer, reached once.
struct Case {
    check: Box<dyn Check>,
    court: Court,
    verdict: OnceLock<Verdict>,
}

impl Case {
    fn verdict(&self) -> &Verdict {
        let check = self.check.as_ref();
        self.verdict.get_or_init(|| judge(check, Who::Yours, &self.court))
    }

    fn title(&self) -> String {
        self.check.about().title()
    }
}

/// Runs the trials that the command line asks for.
pub fn run(
    checks: Vec<Box<dyn Check>>,
    arguments: &Arguments,
    court: Court,
) -> ExitCode {
    let cases: Vec<Arc<Case>> = checks
        .into_iter()
        .map(|check| {
            Arc::new(Case { check, court: court.clone(), verdict: OnceLock::new() })
        })
        .collect();
    let answers: Vec<Trial> = cases.iter().map(answer).collect();
    let wanted = answers.iter().zip(&cases).filter(|(trial, _)| {
        !arguments.list && !arguments.bench && !arguments.is_filtered_out(trial)
    });
    judge_ahead(wanted.map(|(_, case)| Arc::clone(case)).collect());
    let proofs = cases.iter().flat_map(proofs);
    libtest_mimic::run(arguments, answers.into_iter().chain(proofs).collect())
        .exit_code()
}

/// Starts on the verdicts in the background, a few at a time, in order.
fn judge_ahead(cases: Vec<Arc<Case>>) {
    let threads = thread::available_parallelism().map_or(2, |n| n.get());
    let cases = Arc::new(cases);
    let next = Arc::new(AtomicUsize::new(0));
    for _ in 0..threads.min(cases.len()) {
        let (cases, next) = (Arc::clone(&cases), Arc::clone(&next));
        thread::spawn(move || {
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                case.verdict();
            }
        });
    }
}

/// The reader's answer: passed, failed with the message, or not attempted.
fn answer(case: &Arc<Case>) -> Trial {
    let case = Arc::clone(case);
    Trial::ignorable_test(case.title(), move || match case.verdict() {
        Verdict::Passed => Ok(Completion::Completed),
        Verdict::NotAttempted { .. } => Ok(Completion::ignored_with("not attempted")),
        Verdict::Failed(failure) => {
            Err(message::failure(case.check.about(), failure).into())
        }
    })
}

/// What shows that the checks can be trusted.
fn proofs(case: &Arc<Case>) -> Vec<Trial> {
    let title = case.title();
    let trial = |name: &str, proof: fn(&Case) -> Result| {
        let case = Arc::clone(case);
        Trial::test(format!("{title}: {name}"), move || proof(&case))
    };
    let mut trials = vec![
        trial("the exercise is complete", is_complete),
        trial("the solution keeps every law", solution_keeps_every_law),
    ];
    for (index, wrong) in case.check.about().wrongs.iter().enumerate() {
        let name = format!("{title}: {} is caught by {}", wrong.name, wrong.law);
        let case = Arc::clone(case);
        trials.push(Trial::test(name, move || wrong_is_caught(&case, index)));
    }
    trials.push(stub_is_rejected(case));
    trials.push(trial("your code is judged, a poisoned one fails", poison_fails));
    trials
}

/// Every part that an exercise needs is there, and the names fit together.
fn is_complete(case: &Case) -> Result {
    let about = case.check.about();
    let laws: HashSet<&str> = about.laws.iter().map(|law| law.name).collect();
    let wrongs: HashSet<&str> = about.wrongs.iter().map(|wrong| wrong.name).collect();
    let mut faults = Vec::new();
    let mut need = |holds: bool, fault: String| {
        if !holds {
            faults.push(fault);
        }
    };
    need(!about.laws.is_empty(), "It has no law.".into());
    need(laws.len() == about.laws.len(), "Two laws have one name.".into());
    need(wrongs.len() == about.wrongs.len(), "Two wrong answers have one name.".into());
    need(
        about.wrongs.len() >= LEAST_WRONGS,
        format!("It has fewer than {LEAST_WRONGS} wrong answers."),
    );
    need(
        about.hints.len() >= LEAST_HINTS,
        format!("It has fewer than {LEAST_HINTS} hints."),
    );
    for law in &about.laws {
        need(is_sentence(law.words), format!("Law {} is no sentence.", law.name));
    }
    for wrong in &about.wrongs {
        let (name, law) = (wrong.name, wrong.law);
        need(
            laws.contains(law),
            format!("{name} names a law that is not there: {law}."),
        );
        need(
            is_sentence(wrong.diagnosis),
            format!("{name}'s diagnosis is no sentence."),
        );
    }
    for (index, hint) in about.hints.iter().enumerate() {
        need(is_sentence(hint), format!("Hint {} is no sentence.", index + 1));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

fn is_sentence(text: &str) -> bool {
    text.len() > 10 && text.ends_with(['.', '?', '!', ':', ')', '`'])
}

fn solution_keeps_every_law(case: &Case) -> Result {
    let check = case.check.as_ref();
    if let Some((law, mismatch)) = check.first_broken(Who::Solution) {
        let law = check.about().laws[law].name;
        return Err(format!("It breaks {law}:\n{}", in_short(&mismatch)).into());
    }
    match check.probe(Who::Solution) {
        Ok(sample) if sample.is_empty() => Err("The probe returns nothing.".into()),
        Ok(_) => Ok(()),
        Err(panic) => Err(format!("It panics on the probe: {}", panic.message).into()),
    }
}

/// Caught by the law meant for it, and told apart by the probe.
fn wrong_is_caught(case: &Case, index: usize) -> Result {
    let check = case.check.as_ref();
    let about = check.about();
    let meant = about.wrongs[index].law;
    match check.first_broken_law(Who::Wrong(index)).map(|law| about.laws[law].name) {
        None => return Err("No law catches it: it would pass.".into()),
        Some(law) if law != meant => {
            return Err(format!("It is caught by {law} first, not by {meant}.").into());
        }
        Some(_) => {}
    }
    let twins = twins(check, index);
    if twins.is_empty() {
        return Ok(());
    }
    let names = twins.iter().map(|twin| match twin {
        Who::Wrong(other) => about.wrongs[*other].name,
        _ => "the solution",
    });
    let names: Vec<&str> = names.collect();
    Err(format!("The probe does not tell it apart from {}.", names.join(", ")).into())
}

/// If the stub counted as an answer, every law would reject it.
fn stub_is_rejected(case: &Arc<Case>) -> Trial {
    let name = format!("{}: the stub would not pass", case.title());
    let case = Arc::clone(case);
    Trial::ignorable_test(name, move || {
        let Verdict::NotAttempted { lenient } = case.verdict() else {
            return Ok(Completion::ignored_with("the stub is gone"));
        };
        let laws = &case.check.about().laws;
        let names: Vec<&str> = lenient.iter().map(|law| laws[*law].name).collect();
        if names.is_empty() {
            return Ok(Completion::Completed);
        }
        let laws = count(names.len(), "law");
        Err(format!("{laws} never called it: {}.", names.join(", ")).into())
    })
}

/// The court passes the solution and fails a wrong answer, each handed to it in place
/// of the reader's function.
fn poison_fails(case: &Case) -> Result {
    let check = case.check.as_ref();
    let about = check.about();
    if judge(check, Who::Solution, &case.court) != Verdict::Passed {
        return Err("The solution, handed over as an answer, does not pass.".into());
    }
    let Some(wrong) = about.wrongs.first() else {
        return Err("There is no wrong answer to hand over.".into());
    };
    match judge(check, Who::Wrong(0), &case.court) {
        Verdict::Failed(failure) if failure.diagnosis == Some(0) => Ok(()),
        Verdict::Failed(_) => {
            Err(format!("{} fails, but is not named by its diagnosis.", wrong.name)
                .into())
        }
        _ => Err(format!("{}, handed over as an answer, passes.", wrong.name).into()),
    }
}

fn in_short(mismatch: &Mismatch) -> String {
    let input = mismatch.input.iter().map(|(name, value)| format!("{name} {value}\n"));
    format!(
        "input {}expected {}\nseen {}\n{}",
        input.collect::<String>(),
        mismatch.expected,
        mismatch.seen,
        mismatch.note
    )
}
