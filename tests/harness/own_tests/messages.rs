//! The messages that a reader reads.

use super::trials;
use crate::court;
use crate::fixtures::{answers, exercise};
use harness::Mismatch;
use harness::exercise::Who;
use harness::judge::{Failure, Verdict, judge};
use harness::message;

trials! {
    wrong_value_with_diagnosis
    panic_with_place
    loop_without_end
    matrix_stands_beside_its_name
    printed_lines_are_shown
    no_message_is_wider_than_the_page
}

fn text(name: &str) -> String {
    let (_, answer) = answers::ALL.iter().find(|(n, _)| *n == name).expect("an answer");
    let check = exercise(*answer);
    match judge(check.as_ref(), Who::Yours, &court(name)) {
        Verdict::Failed(failure) => message::failure(check.about(), &failure),
        other => panic!("{name} should fail, but: {other:?}"),
    }
}

fn wrong_value_with_diagnosis() {
    let expected = "\
0.1 softmax fails on the law shift_invariant; 2 laws held.

  law        Adding one number to all logits changes nothing.
  input      z = [0.0]
             shift = 4.0
  expected   [1.0]
  seen       [NaN]

  diagnosis  Large logits overflow: exp(1000) is infinite, and infinity divided by
             infinity is NaN. Subtract the largest logit from all of them first.

  next       cargo workbook hint 0.1   shows a first hint
             cargo workbook watch 0    checks again at each save
";
    assert_eq!(text("no_max_shift"), expected);
}

fn panic_with_place() {
    let text = text("panics_for_three");
    let start = "\
0.1 softmax panics on the law sums_to_one.

  law        The outputs add up to 1.
  input      z = [0.0, 0.0, 0.0]
  expected   a value
  seen       a panic: three is a crowd
             at tests/harness/fixtures/answers.rs:";
    assert!(text.starts_with(start), "{text}");
    assert!(!text.contains("diagnosis"), "{text}");
}

fn loop_without_end() {
    let expected = "\
0.1 softmax does not come to an end (while trying the law sums_to_one).

  law        The outputs add up to 1.
  input      z = [0.0]
  expected   an answer
  seen       nothing for 2s. Look for a loop that never ends: does its condition turn
             false, does its counter move?

  next       cargo workbook hint 0.1   shows a first hint
             cargo workbook watch 0    checks again at each save
";
    assert_eq!(text("loops"), expected);
}

fn matrix_stands_beside_its_name() {
    let check = exercise(|_| Vec::new());
    let narrow = "[ 1.0  2.0 ]\n[ 3.0  4.0 ]".to_string();
    let wide = format!("[ {} ]\n[ 1.0 ]", "1.0  ".repeat(14).trim_end());
    let input = vec![("w".to_string(), narrow), ("batch".to_string(), wide.clone())];
    let mismatch = Mismatch { input, ..Mismatch::new("0.0", "1.0") };
    let printed = Vec::new();
    let failure =
        Failure { law: Some(0), mismatch, crash: None, diagnosis: None, printed };
    let text = message::failure(check.about(), &failure);
    let rows = wide.replace('\n', "\n             ");
    let expected = format!(
        "  input      w = [ 1.0  2.0 ]\n                 [ 3.0  4.0 ]\n             \
         batch =\n             {rows}\n  expected   1.0\n"
    );
    assert!(text.contains(&expected), "{text}");
}

fn printed_lines_are_shown() {
    let text = text("prints");
    let lines = "  printed    out: 3 numbers\n             err: 3 numbers\n";
    assert!(text.contains(lines), "{text}");
}

fn no_message_is_wider_than_the_page() {
    let slow_ones = ["loops", "slow", "wrong_then_loops"];
    for (name, _) in answers::ALL {
        let fails = !["right", "stub", "stub_for_short_lists"].contains(name);
        if !fails || slow_ones.iter().any(|slow| name.contains(slow)) {
            continue;
        }
        let text = text(name);
        for line in text.lines() {
            assert!(line.chars().count() <= 88, "{name}: {line}");
            assert_eq!(line, line.trim_end(), "{name}");
        }
    }
}
