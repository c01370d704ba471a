//! What the reader typed.

use std::ffi::OsString;

use lessons::{Error, Result};
use lexopt::{Arg, Parser, ValueExt};

use crate::curriculum;

/// What `cargo workbook --help` says.
pub const HELP: &str = "\
The exercises of Gradbook: what is solved, what is wrong, and a hint.

  cargo workbook                      every lesson and exercise with its state
  cargo workbook check 5              checks the exercises of lesson 5
  cargo workbook check 5.2            checks one exercise
  cargo workbook watch 5              checks again at each save, until Ctrl-C
  cargo workbook hint 5.2             the first hint; --level 2 gives the next
  cargo workbook doctor               checks the set-up and says how to mend it
  cargo workbook kill-table [5]       each wrong answer and the law that caught it
                                      (--format json for programs)

The reader's file of lesson 5 is lessons/lesson05/exercises.rs.
";

/// A lesson, or one exercise of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// From 1 to 19.
    pub lesson: u32,
    /// Such as `5.2`; none for the whole lesson.
    pub exercise: Option<String>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// `--help`.
    Help,
    /// No command: lists everything.
    List,
    /// `check`.
    Check(Target),
    /// `watch`. `checks` ends it after so many, for scripts.
    Watch { target: Target, checks: Option<usize> },
    /// `hint`, with the exercise's number as text.
    Hint { exercise: Target, level: usize },
    /// `doctor`.
    Doctor,
    /// `kill-table`.
    KillTable { lesson: Option<u32>, json: bool },
}

/// Reads the command line; what cannot be read is one clear line with the mend.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Command> {
    let mut parser = Parser::from_args(words);
    let (mut positional, mut options) = (Vec::new(), Options::default());
    while let Some(argument) = parser.next().map_err(Error::usage)? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            Arg::Long("level") => options.level = Some(number(&mut parser, "--level")?),
            Arg::Long("checks") => {
                options.checks = Some(number(&mut parser, "--checks")?)
            }
            Arg::Long("format") => options.json = Some(format(&mut parser)?),
            Arg::Value(word) => positional.push(word.to_string_lossy().into_owned()),
            other => {
                return Err(Error::usage(format!(
                    "{}; {SEE_HELP}",
                    other.unexpected()
                )));
            }
        }
    }
    let words: Vec<&str> = positional.iter().map(String::as_str).collect();
    let command = match words[..] {
        [] | ["list"] => Command::List,
        ["help"] => Command::Help,
        ["doctor"] => Command::Doctor,
        ["check", what] => Command::Check(target(what)?),
        ["watch", what] => {
            Command::Watch { target: target(what)?, checks: options.checks.take() }
        }
        ["hint", what] => {
            let level = options.level.take().unwrap_or(1);
            Command::Hint { exercise: exercise(what)?, level }
        }
        ["kill-table"] => Command::KillTable {
            lesson: None,
            json: options.json.take().is_some_and(|j| j),
        },
        ["kill-table", what] => Command::KillTable {
            lesson: Some(lesson(what)?),
            json: options.json.take().is_some_and(|j| j),
        },
        [command] if NEED_A_NUMBER.contains(&command) => {
            let example = if command == "hint" { "5.2" } else { "5" };
            return Err(Error::usage(format!(
                "{command} needs a number, as in `cargo workbook {command} {example}`"
            )));
        }
        [command, ..] if KNOWN.contains(&command) => {
            return Err(Error::usage(format!(
                "{command} got one word too many; {SEE_HELP}"
            )));
        }
        [word, ..] => return Err(Error::usage(unknown(word))),
    };
    options.none_left(&command)?;
    Ok(command)
}

const SEE_HELP: &str = "see `cargo workbook --help`";
const NEED_A_NUMBER: &[&str] = &["check", "watch", "hint"];
const KNOWN: &[&str] =
    &["list", "check", "watch", "hint", "doctor", "kill-table", "help"];

/// Options, each of which belongs to one command.
#[derive(Default)]
struct Options {
    level: Option<usize>,
    checks: Option<usize>,
    json: Option<bool>,
}

impl Options {
    fn none_left(&self, command: &Command) -> Result {
        let stray = match self {
            Options { level: Some(_), .. } => Some(("--level", "hint")),
            Options { checks: Some(_), .. } => Some(("--checks", "watch")),
            Options { json: Some(_), .. } => Some(("--format", "kill-table")),
            _ => None,
        };
        match stray {
            Some((option, owner)) if *command != Command::Help => Err(Error::usage(
                format!("{option} belongs to `cargo workbook {owner}`"),
            )),
            _ => Ok(()),
        }
    }
}

/// A command that nobody knows, and what may have been meant.
fn unknown(word: &str) -> String {
    if let Ok(target) = target(word) {
        let what = target.exercise.unwrap_or_else(|| target.lesson.to_string());
        return format!(
            "{word} is no command; did you mean `cargo workbook check {what}`?"
        );
    }
    let near = KNOWN.iter().find(|known| {
        known.starts_with(word)
            || word.starts_with(*known)
            || distance(known, word) <= 2
    });
    match near {
        Some(known) => format!("{word} is no command; did you mean {known}?"),
        None => format!("{word} is no command; {SEE_HELP}"),
    }
}

/// How many letters have to be changed, added or left out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn number(parser: &mut Parser, option: &str) -> Result<usize> {
    let value = parser.value().map_err(Error::usage)?;
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.filter(|number| *number > 0).ok_or_else(|| {
        let value = value.to_string_lossy();
        Error::usage(format!("{option} takes a number from 1 on, not {value}"))
    })
}

fn format(parser: &mut Parser) -> Result<bool> {
    let value =
        parser.value().and_then(|value| value.string()).map_err(Error::usage)?;
    match value.as_str() {
        "json" => Ok(true),
        "text" => Ok(false),
        other => Err(Error::usage(format!("--format takes text or json, not {other}"))),
    }
}

/// `5`, `05`, `lesson05`, or an exercise of it, `5.2`.
fn target(word: &str) -> Result<Target> {
    let Some((whole, part)) = word.split_once('.') else {
        return Ok(Target { lesson: lesson(word)?, exercise: None });
    };
    let lesson = lesson(whole)?;
    match part.parse::<u32>() {
        Ok(part @ 1..) => {
            Ok(Target { lesson, exercise: Some(format!("{lesson}.{part}")) })
        }
        _ => Err(Error::usage(format!(
            "{word} is no exercise; the first of lesson {lesson} is {lesson}.1"
        ))),
    }
}

fn exercise(word: &str) -> Result<Target> {
    let target = target(word)?;
    if target.exercise.is_none() {
        return Err(Error::usage(format!(
            "hint needs an exercise, as in `cargo workbook hint {}.1`",
            target.lesson
        )));
    }
    Ok(target)
}

fn lesson(word: &str) -> Result<u32> {
    let digits = word.strip_prefix("lesson").unwrap_or(word);
    let last = curriculum::LAST;
    match digits.parse() {
        Ok(number) if (1..=last).contains(&number) => Ok(number),
        Ok(number) => Err(Error::usage(format!(
            "there is no lesson {number}; they go from 1 to {last}"
        ))),
        Err(_) => Err(Error::usage(format!(
            "{word} is no lesson; write its number, from 1 to {last}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn complaint(line: &str) -> String {
        let error = read(line).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
        error.to_string()
    }

    #[test]
    fn commands_are_understood() {
        let lesson = |lesson| Target { lesson, exercise: None };
        let one = Target { lesson: 5, exercise: Some("5.2".into()) };
        let understood =
            |line: &str| read(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert_eq!(understood(""), Command::List);
        assert_eq!(understood("--help"), Command::Help);
        assert_eq!(understood("check 5"), Command::Check(lesson(5)));
        assert_eq!(understood("check lesson05"), Command::Check(lesson(5)));
        assert_eq!(understood("check 05.2"), Command::Check(one.clone()));
        let hint = |level| Command::Hint { exercise: one.clone(), level };
        assert_eq!(understood("hint 5.2"), hint(1));
        assert_eq!(understood("hint 5.2 --level 3"), hint(3));
        assert_eq!(understood("hint --level=3 5.2"), hint(3));
        let watch = |checks| Command::Watch { target: lesson(12), checks };
        assert_eq!(understood("watch 12"), watch(None));
        assert_eq!(understood("watch 12 --checks 2"), watch(Some(2)));
        let table = |lesson, json| Command::KillTable { lesson, json };
        assert_eq!(understood("kill-table"), table(None, false));
        assert_eq!(understood("kill-table 4 --format json"), table(Some(4), true));
    }

    #[test]
    fn mistakes_get_one_line_with_the_mend() {
        for (line, says) in [
            ("chek 5", "chek is no command; did you mean check?"),
            ("frobnicate", "frobnicate is no command; see `cargo workbook --help`"),
            ("5.2", "5.2 is no command; did you mean `cargo workbook check 5.2`?"),
            ("check", "check needs a number, as in `cargo workbook check 5`"),
            ("hint", "hint needs a number, as in `cargo workbook hint 5.2`"),
            ("hint 5", "hint needs an exercise, as in `cargo workbook hint 5.1`"),
            ("check 20", "there is no lesson 20; they go from 1 to 19"),
            ("check 0", "there is no lesson 0; they go from 1 to 19"),
            ("check five", "five is no lesson; write its number, from 1 to 19"),
            ("check 5.x", "5.x is no exercise; the first of lesson 5 is 5.1"),
            ("check 5.0", "5.0 is no exercise; the first of lesson 5 is 5.1"),
            ("check 5 6", "check got one word too many; see `cargo workbook --help`"),
            ("hint 5.2 --level 0", "--level takes a number from 1 on, not 0"),
            ("hint 5.2 --level two", "--level takes a number from 1 on, not two"),
            ("check 5 --level 2", "--level belongs to `cargo workbook hint`"),
            ("kill-table --format xml", "--format takes text or json, not xml"),
        ] {
            assert_eq!(complaint(line), says);
        }
        assert!(complaint("--verbose").contains("invalid option '--verbose'"));
        assert!(complaint("hint 5.2 --level").contains("missing argument"));
    }

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("watch", "watch"), 0);
        assert_eq!(distance("watch", "wath"), 1);
        assert_eq!(distance("hint", "hitn"), 2);
        assert_eq!(distance("", "abc"), 3);
    }
}
