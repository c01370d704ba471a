//! `cargo workbook check 5`: the exercises of a lesson, and what is wrong with the
//! first that fails.

use std::process::ExitCode;

use lessons::Result;

use crate::build::{Built, CompileError, build_one};
use crate::command::Target;
use crate::paint::Paint;
use crate::place::{Place, exercises_name};
use crate::say;
use crate::status::{Exercise, State, ask, lines, solved};

/// The most lines of a compiler's message that are shown.
const MOST_LINES: usize = 30;

/// Checks once. The exit code says whether anything is wrong.
pub fn run(place: &Place, paint: Paint, target: &Target) -> Result<ExitCode> {
    let checked = check(place, target)?;
    say(&checked.page(paint, target));
    Ok(if checked.is_wrong() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub enum Checked {
    /// The lesson does not compile.
    Broken(CompileError),
    /// The states of its exercises.
    Exercises(Vec<Exercise>),
}

/// Builds a lesson's tests and asks them.
pub fn check(place: &Place, target: &Target) -> Result<Checked> {
    match build_one(place, target.lesson)? {
        Built::Broken(error) => Ok(Checked::Broken(error)),
        Built::Program(program) => {
            let exercises = ask(place, &program, target.exercise.as_deref())?;
            Ok(Checked::Exercises(exercises))
        }
    }
}

impl Checked {
    /// Whether something fails or does not compile.
    pub fn is_wrong(&self) -> bool {
        match self {
            Checked::Broken(_) => true,
            Checked::Exercises(all) => all.iter().any(|e| e.state == State::Failed),
        }
    }

    /// What the reader reads.
    pub fn page(&self, paint: Paint, target: &Target) -> String {
        match self {
            Checked::Broken(error) => broken(error, paint, target),
            Checked::Exercises(exercises) => stated(exercises, paint, target),
        }
    }
}

fn broken(error: &CompileError, paint: Paint, target: &Target) -> String {
    let lines: Vec<&str> = error.full.lines().collect();
    let mut page = format!(
        "{}\n\n",
        paint.red(&format!("Lesson {:02} does not compile yet.", target.lesson))
    );
    for line in lines.iter().take(MOST_LINES) {
        page += &format!("{line}\n");
    }
    match error.count.saturating_sub(1) {
        0 => page,
        1 => page + "\nThere is one more error; the first often causes the others.\n",
        more => {
            page + &format!(
                "\nThere are {more} more; the first often causes the others.\n"
            )
        }
    }
}

fn stated(exercises: &[Exercise], paint: Paint, target: &Target) -> String {
    let failed: Vec<&Exercise> =
        exercises.iter().filter(|exercise| exercise.state == State::Failed).collect();
    if let ([first], Some(_)) = (&failed[..], &target.exercise) {
        return first.message.clone();
    }
    let mut page = lines(exercises, paint, 0);
    if let [first, others @ ..] = &failed[..] {
        page += &format!("\n{}", first.message);
        if let [second, ..] = others {
            let number = &second.number;
            page += &format!("\nAlso failing: {}", count(others));
            page += &format!(" (cargo workbook check {number})\n");
        }
        return page;
    }
    let lesson = target.lesson;
    if solved(exercises) == exercises.len() {
        let all = paint.green("Solved.");
        return match target.exercise {
            Some(_) => page + &format!("\n{all}\n"),
            None => {
                page + &format!(
                    "\n{all} Now run the lesson on your own code:\n  \
                     cargo run --bin lesson{lesson:02} -- --mine\n"
                )
            }
        };
    }
    let open = exercises.iter().find(|exercise| exercise.state == State::NotAttempted);
    let number = open.map(|exercise| exercise.number.as_str()).unwrap_or_default();
    page + &format!(
        "\nNext is {number}: replace its todo!() in {}.\nA hint: cargo workbook hint \
         {number}\n",
        exercises_name(lesson)
    )
}

fn count(others: &[&Exercise]) -> String {
    let numbers: Vec<&str> = others.iter().map(|e| e.number.as_str()).collect();
    numbers.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exercise(number: &str, state: State) -> Exercise {
        Exercise {
            number: number.to_string(),
            name: "add".to_string(),
            state,
            summary: "fails".to_string(),
            message: format!("{number} add fails.\n"),
        }
    }

    fn page(states: &[State]) -> String {
        let exercises = states.iter().enumerate();
        let exercises =
            exercises.map(|(k, state)| exercise(&format!("5.{}", k + 1), *state));
        let target = Target { lesson: 5, exercise: None };
        Checked::Exercises(exercises.collect()).page(Paint::plain(), &target)
    }

    #[test]
    fn the_first_failure_is_told_in_full() {
        let page = page(&[State::Passed, State::Failed, State::Failed]);
        let expected = "\
5.1 add  passed
5.2 add  fails
5.3 add  fails

5.2 add fails.

Also failing: 5.3 (cargo workbook check 5.3)
";
        assert_eq!(page, expected);
    }

    #[test]
    fn what_is_open_is_next() {
        let page = page(&[State::Passed, State::NotAttempted, State::NotAttempted]);
        let end = "\nNext is 5.2: replace its todo!() in \
            lessons/lesson05/exercises.rs.\nA hint: cargo workbook hint 5.2\n";
        assert!(page.ends_with(end), "{page}");
    }

    #[test]
    fn a_solved_lesson_leads_to_its_run() {
        let page = page(&[State::Passed, State::Passed]);
        assert!(page.ends_with("  cargo run --bin lesson05 -- --mine\n"), "{page}");
    }

    #[test]
    fn a_compile_error_is_shown_once() {
        let error = CompileError {
            line: "x".into(),
            full: "error: x\n --> y".into(),
            count: 3,
        };
        let target = Target { lesson: 5, exercise: None };
        let page = Checked::Broken(error).page(Paint::plain(), &target);
        let expected = "\
Lesson 05 does not compile yet.

error: x
 --> y

There are 2 more; the first often causes the others.
";
        assert_eq!(page, expected);
    }
}
