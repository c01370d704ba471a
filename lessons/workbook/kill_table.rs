//! `cargo workbook kill-table`: each wrong answer, the law that caught it, and whether
//! its diagnosis named it.

use std::process::{Command, ExitCode};

use lessons::{Error, Result};
use serde_json::{Value, json};

use crate::build::{Built, build};
use crate::place::Place;
use crate::say;

/// Prints the table of one lesson or of all. Fails if it has a hole.
pub fn run(place: &Place, lesson: Option<u32>, json: bool) -> Result<ExitCode> {
    let lessons = match lesson {
        Some(lesson) => {
            place.expect_written(lesson)?;
            vec![lesson]
        }
        None => place.written(),
    };
    let (mut whole, mut tables, mut text) = (true, Vec::new(), String::new());
    for (lesson, built) in build(place, &lessons)? {
        let Built::Program(program) = built else {
            return Err(Error::new(format!("lesson {lesson} does not compile")));
        };
        let ask = |format: &[&str]| {
            let mut command = Command::new(&program);
            command.current_dir(place.root()).arg("--kill-table").args(format).output()
        };
        let table = ask(&["--format", "json"])?;
        whole &= table.status.success();
        tables.push(serde_json::from_slice::<Value>(&table.stdout)?);
        if !json {
            text += &format!("{}\n", String::from_utf8_lossy(&ask(&[])?.stdout));
        }
    }
    if json {
        text = format!("{}\n", json!(tables));
    } else {
        text += &total(&tables);
    }
    say(&text);
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The last line: what all the tables come to.
fn total(tables: &[Value]) -> String {
    let kills =
        || tables.iter().filter_map(|table| table["kills"].as_array()).flatten();
    let caught = kills().filter(|kill| kill["caught_by"] == kill["meant"]).count();
    let named = kills().filter(|kill| kill["named"] == true).count();
    let mut exercises: Vec<_> = kills().map(|kill| kill["exercise"].as_str()).collect();
    exercises.dedup();
    format!(
        "In all: {} exercises, {} wrong answers, {caught} caught by the law meant for \
         them, {named} named.\n",
        exercises.len(),
        kills().count()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_counts_across_lessons() {
        let kill = |exercise: &str, caught: &str, named: bool| {
            json!({
                "exercise": exercise,
                "meant": "law",
                "caught_by": caught,
                "named": named,
            })
        };
        let tables = [
            json!({
                "kills": [kill("1.1 a", "law", true), kill("1.1 a", "law", false)],
            }),
            json!({ "kills": [kill("2.1 b", "other", true)] }),
        ];
        let says = "In all: 2 exercises, 3 wrong answers, 2 caught by the law meant \
            for them, 2 named.\n";
        assert_eq!(total(&tables), says);
    }
}
