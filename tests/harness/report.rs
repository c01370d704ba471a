//! What the test program says about a whole lesson, to people and to the workbook:
//! the kill table, the state of every exercise, and the hints.

use std::fmt::Write;
use std::thread;

use serde_json::{Value, json};

use super::exercise::{Check, Who};
use super::judge::{Court, Verdict, judge, twins};
use super::message;

/// One wrong answer, and what became of it.
pub struct Kill {
    /// `5.1 softmax`.
    pub exercise: String,
    /// The wrong answer's name.
    pub wrong: &'static str,
    /// The law meant for it.
    pub meant: &'static str,
    /// The first law that it broke.
    pub caught_by: Option<&'static str>,
    /// Whether the sample tells it apart from everything else, so that a reader who
    /// makes this very mistake reads this very diagnosis.
    pub named: bool,
}

impl Kill {
    /// Caught by the law meant for it, and named.
    pub fn is_clean(&self) -> bool {
        self.caught_by == Some(self.meant) && self.named
    }
}

/// Tries every wrong answer of every exercise.
pub fn kill_table(checks: &[Box<dyn Check>]) -> Vec<Kill> {
    let mut kills = Vec::new();
    for check in checks {
        let about = check.about();
        for (index, wrong) in about.wrongs.iter().enumerate() {
            let law = check.first_broken_law(Who::Wrong(index));
            kills.push(Kill {
                exercise: about.title(),
                wrong: wrong.name,
                meant: wrong.law,
                caught_by: law.map(|law| about.laws[law].name),
                named: twins(check.as_ref(), index).is_empty(),
            });
        }
    }
    kills
}

/// The kill table for people.
pub fn kill_table_text(lesson: u32, kills: &[Kill]) -> String {
    let clean = kills.iter().filter(|kill| kill.is_clean()).count();
    let mut text = format!(
        "Lesson {lesson:02}: {} wrong answers, {clean} caught by the law meant for \
         them and named\n\n",
        kills.len()
    );
    let width = |length: &dyn Fn(&Kill) -> usize, head: &str| {
        kills.iter().map(length).max().unwrap_or(0).max(head.len())
    };
    let exercise = width(&|kill| kill.exercise.len(), "exercise");
    let wrong = width(&|kill| kill.wrong.len(), "wrong answer");
    let law = width(&|kill| kill.caught_by.unwrap_or("NOT CAUGHT").len(), "caught by");
    let mut row = |a: &str, b: &str, c: &str, d: &str| {
        let line = format!("{a:<exercise$}  {b:<wrong$}  {c:<law$}  {d}");
        let _ = writeln!(text, "{}", line.trim_end());
    };
    row("exercise", "wrong answer", "caught by", "named");
    for kill in kills {
        let caught_by = kill.caught_by.unwrap_or("NOT CAUGHT");
        let named = if kill.named { "yes" } else { "NO" };
        let meant = match kill.caught_by {
            Some(law) if law != kill.meant => {
                format!("{named}, MEANT FOR {}", kill.meant)
            }
            _ => named.to_string(),
        };
        row(&kill.exercise, kill.wrong, caught_by, &meant);
    }
    text
}

/// The kill table for programs.
pub fn kill_table_json(lesson: u32, kills: &[Kill]) -> Value {
    let rows = kills.iter().map(|kill| {
        json!({
            "exercise": kill.exercise,
            "wrong": kill.wrong,
            "meant": kill.meant,
            "caught_by": kill.caught_by,
            "named": kill.named,
        })
    });
    json!({ "lesson": lesson, "kills": rows.collect::<Vec<Value>>() })
}

/// The state of all exercises, or of the one asked for, for programs.
pub fn status(
    lesson: u32,
    checks: &[Box<dyn Check>],
    only: Option<&str>,
    court: &Court,
) -> Result<Value, String> {
    let chosen: Vec<&Box<dyn Check>> = checks
        .iter()
        .filter(|check| only.is_none_or(|number| check.about().number == number))
        .collect();
    if let (Some(number), []) = (only, &chosen[..]) {
        return Err(unknown(checks, number));
    }
    let judged: Vec<Value> = thread::scope(|scope| {
        let running: Vec<_> = chosen
            .iter()
            .map(|check| {
                let check = check.as_ref();
                scope.spawn(move || state(check, &judge(check, Who::Yours, court)))
            })
            .collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    Ok(json!({ "lesson": lesson, "exercises": judged }))
}

fn unknown(checks: &[Box<dyn Check>], number: &str) -> String {
    let numbers: Vec<&str> = checks.iter().map(|check| check.about().number).collect();
    format!("there is no exercise {number}; there are {}", numbers.join(", "))
}

fn state(check: &dyn Check, verdict: &Verdict) -> Value {
    let about = check.about();
    let (state, summary, message) = match verdict {
        Verdict::Passed => ("passed", String::new(), String::new()),
        Verdict::NotAttempted { .. } => ("not attempted", String::new(), String::new()),
        Verdict::Failed(failure) => (
            "failed",
            message::summary(about, failure),
            message::failure(about, failure),
        ),
    };
    json!({
        "number": about.number,
        "name": about.name,
        "state": state,
        "summary": summary,
        "message": message,
        "laws": about.laws.len(),
        "hints": about.hints.len(),
    })
}

/// One hint, or a line that says why there is none.
pub fn hint(
    checks: &[Box<dyn Check>],
    number: &str,
    level: usize,
) -> Result<String, String> {
    let about = checks
        .iter()
        .map(|check| check.about())
        .find(|about| about.number == number)
        .ok_or_else(|| unknown(checks, number))?;
    let last = about.hints.len();
    let index =
        level.checked_sub(1).filter(|index| *index < last).ok_or_else(|| {
            format!("exercise {number} has hints at levels 1 to {last}, not at {level}")
        })?;
    let more = if level < last {
        format!("next: cargo workbook hint {number} --level {}", level + 1)
    } else {
        "That was the last hint.".to_string()
    };
    let head = format!("{}, hint {level} of {last}", about.title());
    Ok(format!("{head}\n\n{}\n{more}", message::wrapped(about.hints[index])))
}
