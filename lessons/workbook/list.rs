//! `cargo workbook`: every lesson and exercise with its state.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::thread;

use lessons::Result;

use crate::build::{Built, build};
use crate::curriculum;
use crate::paint::Paint;
use crate::place::{Place, exercises_name};
use crate::say;
use crate::status::{Exercise, State, ask, lines, solved};

/// What is known of a written lesson.
#[derive(Clone, Debug, PartialEq)]
enum Standing {
    Exercises(Vec<Exercise>),
    /// It does not compile, or its program fails: why, in a line.
    Broken(String),
}

/// Lists all lessons.
pub fn run(place: &Place, paint: Paint) -> Result<ExitCode> {
    let standings = standings(place)?;
    say(&page(&standings, paint));
    Ok(ExitCode::SUCCESS)
}

/// Builds and asks every written lesson, the programs side by side.
fn standings(place: &Place) -> Result<BTreeMap<u32, Standing>> {
    let built = build(place, &place.written())?;
    let standings = thread::scope(|scope| {
        let running: Vec<_> = built
            .into_iter()
            .map(|(lesson, built)| {
                (lesson, scope.spawn(move || standing(place, built)))
            })
            .collect();
        let joined = running.into_iter().map(|(lesson, thread)| {
            let gone = || Standing::Broken("its check broke off".to_string());
            (lesson, thread.join().unwrap_or_else(|_| gone()))
        });
        joined.collect()
    });
    Ok(standings)
}

fn standing(place: &Place, built: Built) -> Standing {
    match built {
        Built::Broken(error) => Standing::Broken(error.line),
        Built::Program(program) => match ask(place, &program, None) {
            Ok(exercises) => Standing::Exercises(exercises),
            Err(error) => Standing::Broken(error.to_string()),
        },
    }
}

fn page(standings: &BTreeMap<u32, Standing>, paint: Paint) -> String {
    let mut page = String::new();
    for (part, (title, lessons)) in curriculum::parts().into_iter().enumerate() {
        let numeral = ["I", "II", "III", "IV"][part];
        page += &paint.bold(&format!("Part {numeral}. {title}"));
        page += "\n";
        for (number, title) in lessons {
            page += &lesson(number, title, standings.get(&number), paint);
        }
        page += "\n";
    }
    page + &next_step(standings)
}

fn lesson(
    number: u32,
    title: &str,
    standing: Option<&Standing>,
    paint: Paint,
) -> String {
    let line = |state: &str| format!("  {number:02} {title:<26}  {state}\n");
    match standing {
        None => line(&paint.dim("unwritten")),
        Some(Standing::Broken(why)) => {
            line(&paint.red("does not compile")) + &format!("     {why}\n")
        }
        Some(Standing::Exercises(exercises)) => {
            let (done, all) = (solved(exercises), exercises.len());
            let count = format!("{done} of {all} solved");
            let count = if done == all { paint.green(&count) } else { count };
            line(&count) + &lines(exercises, paint, 5)
        }
    }
}

/// The one thing to type next.
fn next_step(standings: &BTreeMap<u32, Standing>) -> String {
    let open = standings.iter().find(|(_, standing)| match standing {
        Standing::Broken(_) => true,
        Standing::Exercises(all) => all.iter().any(|e| e.state != State::Passed),
    });
    match open {
        Some((lesson, _)) => format!(
            "next: cargo workbook watch {lesson}   (you write in {})\n",
            exercises_name(*lesson)
        ),
        None => "Every exercise written so far is solved.\n".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exercise(number: &str, name: &str, state: State) -> Exercise {
        let summary = match state {
            State::Failed => "fails on the law adds".to_string(),
            _ => String::new(),
        };
        let (number, name) = (number.to_string(), name.to_string());
        Exercise { number, name, state, summary, message: String::new() }
    }

    #[test]
    fn each_lesson_is_shown_with_its_state() {
        let first = vec![
            exercise("1.1", "decide", State::Passed),
            exercise("1.2", "learn", State::Failed),
            exercise("1.3", "fit", State::NotAttempted),
        ];
        let solved = vec![exercise("3.1", "dense", State::Passed)];
        let standings = BTreeMap::from([
            (1, Standing::Exercises(first)),
            (2, Standing::Broken("lessons/lesson02/exercises.rs:3: oh".to_string())),
            (3, Standing::Exercises(solved)),
        ]);
        let page = page(&standings, Paint::plain());
        let start = "\
Part I. One neuron
  01 Perceptron                  1 of 3 solved
     1.1 decide  passed
     1.2 learn   fails on the law adds
     1.3 fit     not attempted
  02 Gradient descent            does not compile
     lessons/lesson02/exercises.rs:3: oh

Part II. Networks
  03 Multilayer perceptron       1 of 1 solved
     3.1 dense  passed
  04 Backpropagation             unwritten
";
        assert!(page.starts_with(start), "{page}");
        assert!(
            page.contains("  19 CUDA                        unwritten\n"),
            "{page}"
        );
        let end = "next: cargo workbook watch 1   (you write in \
            lessons/lesson01/exercises.rs)\n";
        assert!(page.ends_with(end), "{page}");
    }

    #[test]
    fn the_next_step_is_the_first_open_lesson() {
        let done = Standing::Exercises(vec![exercise("1.1", "decide", State::Passed)]);
        let all = BTreeMap::from([(1, done.clone())]);
        assert_eq!(next_step(&all), "Every exercise written so far is solved.\n");
        let open = Standing::Exercises(vec![exercise("4.1", "x", State::NotAttempted)]);
        let two = BTreeMap::from([(1, done), (4, open)]);
        assert!(next_step(&two).starts_with("next: cargo workbook watch 4 "));
    }
}
