//! The workbook's commands, run as a reader runs them: in a small workspace made for
//! the test, with two lessons that say what they are told to say.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const MANIFEST: &str = r#"
[workspace]

[package]
name = "small"
edition = "2024"
rust-version = "1.91"

[[test]]
name = "lesson01"
path = "tests/lesson01.rs"
harness = false

[[test]]
name = "lesson02"
path = "tests/lesson02.rs"
harness = false
"#;

/// A lesson's test program in little: it understands what the workbook asks.
const LAWS: &str = r##"
#[path = "../lessons/lessonNN/exercises.rs"]
mod exercises;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["--status-json"] | ["--status-json", "N.1"] => println!(
            r#"{{"exercises": [{{"number": "N.1", "name": "add", "state": "{}",
            "summary": "fails", "message": "It should add.\n"}}]}}"#,
            exercises::STATE,
        ),
        ["--hint", "N.1", "--level", level] => println!("hint {level} of N.1"),
        ["--kill-table"] => println!("table N"),
        ["--kill-table", "--format", "json"] => println!(
            r#"{{"kills": [{{"exercise": "N.1 add", "meant": "a", "caught_by": "a",
            "named": true}}]}}"#,
        ),
        _ => {
            eprintln!("there is no such exercise");
            std::process::exit(2);
        }
    }
}
"##;

/// The small workspace.
struct Small {
    folder: TempDir,
}

impl Small {
    fn new(first: &str, second: &str) -> Small {
        let small = Small { folder: tempfile::tempdir().expect("a folder") };
        small.write("Cargo.toml", MANIFEST);
        small.write("src/lib.rs", "");
        for (lesson, exercises) in [(1, first), (2, second)] {
            let laws = LAWS.replace("NN", &format!("{lesson:02}"));
            let laws = laws.replace("N.1", &format!("{lesson}.1"));
            small.write(&format!("tests/lesson{lesson:02}.rs"), &laws);
            small.solve(lesson, exercises);
        }
        small
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    /// Writes the reader's file of a lesson.
    fn solve(&self, lesson: u32, text: &str) {
        self.write(&format!("lessons/lesson{lesson:02}/exercises.rs"), text);
    }

    fn command(&self, words: &str) -> Command {
        let mut command = workbook(self.folder.path(), words);
        command.env("CARGO_TARGET_DIR", self.folder.path().join("target"));
        command
    }

    fn run(&self, words: &str) -> Ran {
        ran(self.command(words).output())
    }
}

fn workbook(folder: &Path, words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workbook"));
    command.current_dir(folder).args(words.split_whitespace());
    command
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn ran(output: std::io::Result<Output>) -> Ran {
    let output = output.expect("the workbook starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

fn state(state: &str) -> String {
    format!("pub const STATE: &str = {state:?};\n")
}

const SYNTAX_ERROR: &str = "pub const STATE: &str = ;\n";

#[test]
fn list_shows_every_lesson_and_one_that_does_not_compile() {
    let small = Small::new(SYNTAX_ERROR, &state("not attempted"));
    let list = small.run("");
    assert_eq!(list.code, Some(0), "{}", list.err);
    let broken = "  01 Perceptron                  does not compile\n     \
        lessons/lesson01/exercises.rs:1: expected expression, found `;`\n";
    assert!(list.out.contains(broken), "{}", list.out);
    let whole = "  02 Gradient descent            0 of 1 solved\n     \
        2.1 add  not attempted\n";
    assert!(list.out.contains(whole), "{}", list.out);
    assert!(list.out.contains("  03 Multilayer perceptron       unwritten\n"));
    assert!(list.out.contains("next: cargo workbook watch 1 "), "{}", list.out);
    assert!(!list.out.contains('\x1b'), "colors belong on a terminal");
}

#[test]
fn check_says_what_is_wrong_by_its_exit_code_too() {
    let small = Small::new(&state("failed"), &state("passed"));
    let failed = small.run("check 1");
    assert_eq!(failed.code, Some(1), "{}", failed.err);
    assert_eq!(failed.out, "1.1 add  fails\n\nIt should add.\n");
    let one = small.run("check 1.1");
    assert_eq!((one.code, one.out.as_str()), (Some(1), "It should add.\n"));
    let passed = small.run("check 2.1");
    assert_eq!(
        (passed.code, passed.out.as_str()),
        (Some(0), "2.1 add  passed\n\nSolved.\n")
    );
    let unknown = small.run("check 2.7");
    assert_eq!(unknown.code, Some(2));
    assert_eq!(unknown.err, "workbook: there is no such exercise\n");
    small.solve(1, SYNTAX_ERROR);
    let broken = small.run("check 1");
    assert_eq!(broken.code, Some(1));
    assert!(
        broken.out.starts_with("Lesson 01 does not compile yet.\n"),
        "{}",
        broken.out
    );
    assert!(
        broken.out.contains("--> lessons/lesson01/exercises.rs:1:"),
        "{}",
        broken.out
    );
}

#[test]
fn watch_checks_again_at_each_save() {
    let small = Small::new(&state("failed"), &state("passed"));
    let mut child = small
        .command("watch 1 --checks 3")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the workbook starts");
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    let (mut text, mut saves) = (String::new(), 0);
    for line in out.lines().map_while(Result::ok) {
        if line.starts_with("watching lessons/lesson01/exercises.rs") {
            saves += 1;
            // As long as the file's length changes, its clock need not be fine.
            let solved = state("passed");
            small.solve(1, if saves == 1 { SYNTAX_ERROR } else { &solved });
        }
        text += &(line + "\n");
    }
    assert!(child.wait().expect("it ends").success());
    let at =
        |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part}:\n{text}"));
    assert_eq!(saves, 2, "{text}");
    assert!(at("1.1 add  fails") < at("Lesson 01 does not compile yet."));
    assert!(at("Lesson 01 does not compile yet.") < at("1.1 add  passed"));
}

#[test]
fn hints_come_even_while_the_lesson_does_not_compile() {
    let small = Small::new(SYNTAX_ERROR, &state("passed"));
    let never_built = small.run("hint 1.1");
    assert_eq!(never_built.code, Some(1));
    let says = "workbook: hints come once the lesson compiles; first: \
        lessons/lesson01/exercises.rs:1:";
    assert!(never_built.err.starts_with(says), "{}", never_built.err);
    small.solve(1, &state("not attempted"));
    let first = small.run("hint 1.1");
    assert_eq!((first.code, first.out.as_str()), (Some(0), "hint 1 of 1.1\n"));
    small.solve(1, SYNTAX_ERROR);
    let second = small.run("hint 1.1 --level 2");
    assert_eq!((second.code, second.out.as_str()), (Some(0), "hint 2 of 1.1\n"));
    let unknown = small.run("hint 1.9");
    assert_eq!(unknown.code, Some(2));
    assert_eq!(unknown.err, "workbook: there is no such exercise\n");
}

#[test]
fn kill_table_adds_up_the_lessons() {
    let small = Small::new(&state("passed"), &state("passed"));
    let table = small.run("kill-table");
    let expected = "table N\n\ntable N\n\nIn all: 2 exercises, 2 wrong answers, \
        2 caught by the law meant for them, 2 named.\n";
    assert_eq!((table.code, table.out.as_str()), (Some(0), expected));
    let json = small.run("kill-table 2 --format json");
    let expected = concat!(
        r#"[{"kills":[{"exercise":"2.1 add","meant":"a","#,
        r#""caught_by":"a","named":true}]}]"#,
        "\n"
    );
    assert_eq!((json.code, json.out.as_str()), (Some(0), expected));
}

#[test]
fn what_cannot_be_done_is_one_line() {
    let small = Small::new(&state("passed"), &state("passed"));
    for (words, says) in [
        ("check 3", "lesson 3 is not written yet; written so far: 1, 2"),
        ("watch 3", "lesson 3 is not written yet; written so far: 1, 2"),
        ("hint 3.1", "lesson 3 is not written yet; written so far: 1, 2"),
        ("kill-table 3", "lesson 3 is not written yet; written so far: 1, 2"),
        ("wach 1", "wach is no command; did you mean watch?"),
    ] {
        let refused = small.run(words);
        let expected = format!("workbook: {says}\n");
        assert_eq!((refused.code, refused.err), (Some(2), expected), "{words}");
    }
    let elsewhere = tempfile::tempdir().expect("a folder");
    let lost = ran(workbook(elsewhere.path(), "").output());
    assert_eq!(lost.code, Some(2));
    assert!(lost.err.contains("is not within Gradbook"), "{}", lost.err);
    let help = ran(workbook(elsewhere.path(), "--help").output());
    assert_eq!(help.code, Some(0));
    assert!(help.out.contains("cargo workbook hint 5.2"), "{}", help.out);
}

#[test]
fn trouble_with_cargo_itself_is_one_line() {
    let small = Small::new(&state("passed"), &state("passed"));
    small.write("Cargo.toml", &format!("{MANIFEST}\n[["));
    let list = small.run("check 2");
    assert_eq!(list.code, Some(1));
    assert!(
        list.err.starts_with("workbook: lesson 2 cannot be checked: "),
        "{}",
        list.err
    );
    assert_eq!(list.err.lines().count(), 1, "{}", list.err);
}

#[test]
fn doctor_finds_what_is_missing() {
    let small = Small::new(&state("passed"), &state("passed"));
    fs::remove_file(small.folder.path().join("lessons/lesson02/exercises.rs"))
        .expect("removed");
    let told = small.run("doctor");
    assert_eq!(told.code, Some(1), "{}", told.out);
    for line in [
        "ok        linker: a program was built and run\n",
        "bad       datasets/README.md is missing\n          mend: git checkout",
        "bad       lessons/lesson02/exercises.rs is missing\n",
        "bad       book/book.toml is missing\n",
        "\n3 things have to be mended.\n",
    ] {
        assert!(told.out.contains(line), "{line}:\n{}", told.out);
    }
    small.write("Cargo.toml", &MANIFEST.replace("1.91", "1.9999"));
    let old = small.run("doctor");
    assert!(old.out.contains(" is older than 1.9999\n          mend: rustup update"));
}

#[test]
fn this_very_workspace_is_checked_and_in_health() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let checked = ran(workbook(&root, "check 1").output());
    assert!(checked.out.starts_with("1.1 decide"), "{}{}", checked.out, checked.err);
    let hint = ran(workbook(&root, "hint 1.1").output());
    assert!(hint.out.starts_with("1.1 decide, hint 1 of "), "{}{}", hint.out, hint.err);
    // From a folder within, as well.
    let told = ran(workbook(&root.join("lessons"), "doctor").output());
    assert!(told.out.contains("ok        data set digits.csv: 1797 examples"));
}
