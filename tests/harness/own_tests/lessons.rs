//! Whole lessons, run as `cargo test --test lessonNN` runs them.

use std::process::Command;

use serde_json::Value;

use super::trials;

trials! {
    fresh_lesson_is_green_and_not_attempted
    mixed_lesson_shows_each_state
    filter_and_list_work_as_in_libtest
    wrong_answer_that_no_law_catches_fails_the_run
    wrong_answer_caught_by_another_law_fails_the_run
    wrong_answers_that_probe_alike_fail_the_run
    wrong_answer_that_probes_like_the_solution_fails_the_run
    law_that_never_calls_the_function_fails_the_run
    solution_that_breaks_a_law_fails_the_run
    exercise_that_lacks_parts_fails_the_run
    exercise_without_laws_fails_the_run
    kill_table_for_people
    kill_table_for_programs
    kill_table_with_a_hole_fails
    status_for_programs
    status_of_one_exercise
    hints_come_in_stages
    hints_that_do_not_exist_are_refused
    child_started_by_hand_explains_itself
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs a fixture lesson with these arguments.
fn lesson(name: &str, arguments: &[&str]) -> Ran {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program)
        .args(["fixture", name])
        .args(arguments)
        .output()
        .expect("this program can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// The line of one trial, without the dots.
fn line(ran: &Ran, trial: &str) -> String {
    let start = format!("test {trial}");
    let mut lines = ran.out.lines().filter_map(|line| line.split_once(" ... "));
    let found = lines.find(|(name, _)| name.trim_end() == start);
    found.map_or_else(|| panic!("no {trial} in:\n{}", ran.out), |(_, s)| s.to_string())
}

/// Exactly these trials fail, and the run with them.
fn fails_only(name: &str, trials: &[&str], because: &str) {
    let ran = lesson(name, &[]);
    assert_eq!(ran.code, Some(101), "{}", ran.out);
    let failed: Vec<&str> = ran
        .out
        .lines()
        .filter_map(|line| line.strip_suffix(" ... FAILED"))
        .map(|line| line.trim_start_matches("test 0.1 softmax: ").trim_end())
        .collect();
    assert_eq!(failed, trials, "{}", ran.out);
    assert!(ran.out.contains(because), "{because}:\n{}", ran.out);
}

const COMPLETE: &str = "the exercise is complete";
const POISON: &str = "your code is judged, a poisoned one fails";

fn fresh_lesson_is_green_and_not_attempted() {
    let ran = lesson("fresh", &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert_eq!(line(&ran, "0.1 softmax"), "ignored (not attempted)");
    assert_eq!(line(&ran, "0.2 add"), "ignored (not attempted)");
    assert!(ran.out.contains("test result: ok. 16 passed; 0 failed; 2 ignored"));
    assert_eq!(ran.err, "");
}

fn mixed_lesson_shows_each_state() {
    let ran = lesson("mixed", &[]);
    assert_eq!(ran.code, Some(101), "{}", ran.out);
    assert_eq!(line(&ran, "0.1 softmax"), "ok");
    assert_eq!(line(&ran, "0.2 add"), "ok");
    assert_eq!(line(&ran, "0.3 sum"), "FAILED");
    assert_eq!(line(&ran, "0.4 plus"), "ignored (not attempted)");
    assert_eq!(line(&ran, "0.4 plus: the stub would not pass"), "ok");
    let gone = line(&ran, "0.1 softmax: the stub would not pass");
    assert_eq!(gone, "ignored (the stub is gone)");
    assert!(ran.out.contains("  diagnosis  That is the difference.\n"), "{}", ran.out);
    assert!(ran.out.contains(" passed; 1 failed; 4 ignored;"), "{}", ran.out);
}

fn filter_and_list_work_as_in_libtest() {
    let list = lesson("mixed", &["--list"]);
    assert_eq!(list.code, Some(0));
    assert!(list.out.starts_with("0.1 softmax: test\n0.2 add: test\n"), "{}", list.out);
    let add = lesson("mixed", &["0.2", "--skip", "caught", "--test-threads", "2"]);
    assert_eq!(add.code, Some(0), "{}", add.out);
    assert!(add.out.contains("running 5 tests"), "{}", add.out);
    let exact = lesson("mixed", &["--exact", "0.3 sum"]);
    assert_eq!(exact.code, Some(101));
    assert!(exact.out.contains("running 1 test\n"), "{}", exact.out);
    let unknown = lesson("mixed", &["--no-such-flag"]);
    assert_eq!(unknown.code, Some(2));
}

fn wrong_answer_that_no_law_catches_fails_the_run() {
    let wrong = "no_max_shift is caught by sums_to_one";
    let because = "No law catches it: it would pass.";
    fails_only("loose", &[COMPLETE, wrong, POISON], because);
}

fn wrong_answer_caught_by_another_law_fails_the_run() {
    let wrong = "no_division is caught by keeps_order";
    let because = "It is caught by sums_to_one first, not by keeps_order.";
    fails_only("misnamed", &[COMPLETE, wrong], because);
}

fn wrong_answers_that_probe_alike_fail_the_run() {
    let one = "no_division is caught by sums_to_one";
    let two = "no_exponential is caught by sums_to_one";
    let because = "The probe does not tell it apart from the solution, no_exponential.";
    fails_only("twins", &[COMPLETE, one, two], because);
}

fn wrong_answer_that_probes_like_the_solution_fails_the_run() {
    let wrong = "sign_flipped is caught by keeps_order";
    let because = "The probe does not tell it apart from the solution.";
    fails_only("like_the_solution", &[COMPLETE, wrong], because);
}

fn law_that_never_calls_the_function_fails_the_run() {
    let because = "1 law never called it: deaf.";
    fails_only("deaf_law", &[COMPLETE, "the stub would not pass"], because);
}

fn solution_that_breaks_a_law_fails_the_run() {
    let because = "It breaks keeps_order:\n";
    let trials = [COMPLETE, "the solution keeps every law", POISON];
    fails_only("bad_solution", &trials, because);
}

fn exercise_that_lacks_parts_fails_the_run() {
    let because = "It has fewer than 4 wrong answers.\nIt has fewer than 3 hints.";
    fails_only("bare", &[COMPLETE, POISON], because);
}

fn exercise_without_laws_fails_the_run() {
    let ran = lesson("lawless", &[]);
    assert_eq!(ran.code, Some(101), "{}", ran.out);
    assert!(ran.out.contains("It has no law."), "{}", ran.out);
    assert!(ran.out.contains("The probe returns nothing."), "{}", ran.out);
}

fn kill_table_for_people() {
    let ran = lesson("right", &["--kill-table"]);
    let expected = "\
Lesson 00: 4 wrong answers, 4 caught by the law meant for them and named

exercise     wrong answer    caught by        named
0.1 softmax  no_division     sums_to_one      yes
0.1 softmax  no_exponential  sums_to_one      yes
0.1 softmax  no_max_shift    shift_invariant  yes
0.1 softmax  sign_flipped    keeps_order      yes
";
    assert_eq!(ran.out, expected);
    assert_eq!(ran.code, Some(0));
}

fn kill_table_for_programs() {
    let ran = lesson("mixed", &["--kill-table", "--format", "json"]);
    let table: Value = serde_json::from_str(&ran.out).expect("JSON");
    let kills = table["kills"].as_array().expect("a list");
    assert_eq!(kills.len(), 16);
    assert_eq!(kills[2]["exercise"], "0.1 softmax");
    assert_eq!(kills[2]["wrong"], "no_max_shift");
    assert_eq!(kills[2]["caught_by"], "shift_invariant");
    assert_eq!(kills[2]["named"], true);
}

fn kill_table_with_a_hole_fails() {
    let loose = lesson("loose", &["--kill-table"]);
    assert_eq!(loose.code, Some(1));
    assert!(loose.out.contains("no_max_shift  NOT CAUGHT  yes\n"), "{}", loose.out);
    let misnamed = lesson("misnamed", &["--kill-table"]);
    assert_eq!(misnamed.code, Some(1));
    let row = "no_division   sums_to_one  yes, MEANT FOR keeps_order\n";
    assert!(misnamed.out.contains(row), "{}", misnamed.out);
    let twins = lesson("twins", &["--kill-table"]);
    assert_eq!(twins.code, Some(1));
    assert!(twins.out.contains("sums_to_one  NO\n"), "{}", twins.out);
}

fn status_for_programs() {
    let ran = lesson("mixed", &["--status-json"]);
    assert_eq!(ran.code, Some(0));
    let status: Value = serde_json::from_str(&ran.out).expect("JSON");
    let exercises = status["exercises"].as_array().expect("a list");
    let states: Vec<_> = exercises.iter().map(|e| e["state"].as_str()).collect();
    let passed = Some("passed");
    assert_eq!(states, [passed, passed, Some("failed"), Some("not attempted")]);
    assert_eq!(exercises[2]["number"], "0.3");
    assert_eq!(exercises[2]["summary"], "fails on the law adds");
    let message = exercises[2]["message"].as_str().unwrap_or_default();
    assert!(message.contains("The result is the sum of both."), "{message}");
}

fn status_of_one_exercise() {
    let ran = lesson("mixed", &["--status-json", "0.2"]);
    let status: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(status["exercises"].as_array().map(Vec::len), Some(1));
    assert_eq!(status["exercises"][0]["name"], "add");
    let unknown = lesson("mixed", &["--status-json", "0.9"]);
    let error = "there is no exercise 0.9; there are 0.1, 0.2, 0.3, 0.4\n";
    assert_eq!((unknown.code, unknown.err.as_str()), (Some(2), error));
}

fn hints_come_in_stages() {
    let first = lesson("right", &["--hint", "0.1"]);
    let expected = "\
0.1 softmax, hint 1 of 3

What does exp do to a negative number?

next: cargo workbook hint 0.1 --level 2
";
    assert_eq!(first.out, expected);
    let last = lesson("right", &["--hint", "0.1", "--level", "3"]);
    assert!(last.out.contains("Subtract the largest logit"), "{}", last.out);
    assert!(last.out.ends_with("That was the last hint.\n"), "{}", last.out);
}

fn hints_that_do_not_exist_are_refused() {
    for (arguments, error) in [
        (&["--hint", "0.9"][..], "there is no exercise 0.9; there are 0.1\n"),
        (
            &["--hint", "0.1", "--level", "4"],
            "exercise 0.1 has hints at levels 1 to 3, not at 4\n",
        ),
        (
            &["--hint", "0.1", "--level", "0"],
            "exercise 0.1 has hints at levels 1 to 3, not at 0\n",
        ),
        (&["--hint", "0.1", "--level", "x"], "a level is a number such as 2, not x\n"),
    ] {
        let ran = lesson("right", arguments);
        assert_eq!((ran.code, ran.err.as_str()), (Some(2), error));
    }
}

fn child_started_by_hand_explains_itself() {
    let ran = lesson("right", &["--judge", "0.1", "yours"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("run `cargo test`"), "{}", ran.err);
    let unknown = lesson("right", &["--judge", "0.7", "yours"]);
    assert_eq!(unknown.code, Some(2));
}
