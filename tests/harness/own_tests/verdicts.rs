//! Each way to answer, and the verdict it gets.

use std::time::Duration;

use super::trials;
use crate::court;
use crate::fixtures::{answers, exercise};
use harness::exercise::Who;
use harness::judge::{Crash, Failure, Verdict, judge};

trials! {
    right_passes
    stub_is_not_attempted
    other_todos_are_failures
    stub_in_one_branch_is_judged_where_the_sample_goes
    blank_answer_fails
    nan_fails
    wrong_shape_fails
    panic_is_shown_with_place_and_input
    panic_on_the_sample_alone_fails
    panic_without_text_fails
    panic_elsewhere_is_placed_where_the_answer_called
    arithmetic_is_checked
    loop_is_ended
    loop_on_one_input_shows_it
    loop_that_prints_is_ended
    slow_answer_is_ended
    stack_overflow_is_named
    endless_growth_is_named
    abort_is_a_failure
    exit_is_a_failure_whatever_its_code
    exit_on_the_sample_alone_is_a_failure
    forged_verdict_convinces_nobody
    printing_of_the_smallest_input_is_kept
    answer_that_changes_its_mind_fails
    crash_after_a_broken_law_keeps_the_law
    known_mistakes_are_named
    every_answer_is_tested_here
}

fn verdict(name: &str) -> Verdict {
    let (_, answer) = answers::ALL
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap_or_else(|| panic!("no answer {name}"));
    judge(exercise(*answer).as_ref(), Who::Yours, &court(name))
}

fn failure(name: &str) -> Failure {
    match verdict(name) {
        Verdict::Failed(failure) => failure,
        other => panic!("{name} should fail, but: {other:?}"),
    }
}

fn law(failure: &Failure) -> &'static str {
    let check = exercise(|_| Vec::new());
    failure.law.map_or("none", |law| check.about().laws[law].name)
}

fn input(failure: &Failure) -> Vec<(&str, &str)> {
    let input = failure.mismatch.input.iter();
    input.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn right_passes() {
    assert_eq!(verdict("right"), Verdict::Passed);
}

fn stub_is_not_attempted() {
    assert_eq!(verdict("stub"), Verdict::NotAttempted { lenient: vec![] });
}

fn other_todos_are_failures() {
    for (name, says) in [
        ("stub_of_another", "not yet implemented: exercise 0.2"),
        ("stub_reworded", "not yet implemented: exercise 0.1, later"),
        ("stub_without_text", "not yet implemented"),
    ] {
        assert_eq!(failure(name).mismatch.panic.as_deref(), Some(says), "{name}");
    }
}

fn stub_in_one_branch_is_judged_where_the_sample_goes() {
    let failure = failure("stub_for_long_lists");
    let says = Some("not yet implemented: exercise 0.1");
    assert_eq!(failure.mismatch.panic.as_deref(), says);
    let sample_meets_it = verdict("stub_for_short_lists");
    assert!(matches!(sample_meets_it, Verdict::NotAttempted { .. }));
}

fn blank_answer_fails() {
    for name in ["blank", "zeros"] {
        let failure = failure(name);
        assert_eq!(law(&failure), "sums_to_one", "{name}");
        assert_eq!(input(&failure), [("z", "[0.0]")], "{name}");
        assert_eq!(failure.mismatch.expected, "1.0", "{name}");
        assert!(["0.0", "-0.0"].contains(&failure.mismatch.seen.as_str()), "{name}");
    }
}

fn nan_fails() {
    let always = failure("nan");
    assert_eq!(always.mismatch.seen, "NaN");
    assert_eq!(input(&always), [("z", "[0.0]")]);
    let sometimes = failure("nan_for_three");
    assert_eq!(sometimes.mismatch.seen, "NaN");
    assert_eq!(input(&sometimes), [("z", "[0.0, 0.0, 0.0]")]);
}

fn wrong_shape_fails() {
    let failure = failure("one_too_many");
    assert_eq!(law(&failure), "one_for_each");
    let seen = (failure.mismatch.seen.as_str(), failure.mismatch.expected.as_str());
    assert_eq!((seen, input(&failure)), (("2", "1"), vec![("z", "[0.0]")]));
}

fn panic_is_shown_with_place_and_input() {
    assert_eq!(failure("panics").mismatch.panic.as_deref(), Some("I give up"));
    let failure = failure("panics_for_three");
    assert_eq!(failure.mismatch.panic.as_deref(), Some("three is a crowd"));
    assert_eq!(input(&failure), [("z", "[0.0, 0.0, 0.0]")]);
    assert_eq!(failure.mismatch.expected, "a value");
    let place = "\nat tests/harness/fixtures/answers.rs:";
    assert!(failure.mismatch.seen.contains(place), "{}", failure.mismatch.seen);
}

fn panic_on_the_sample_alone_fails() {
    let failure = failure("panics_on_sample");
    assert_eq!(law(&failure), "none");
    assert_eq!(failure.mismatch.panic.as_deref(), Some("a thousand is too much"));
}

fn panic_without_text_fails() {
    let seen = failure("panics_without_text").mismatch.seen;
    assert!(seen.starts_with("a panic: a value that is no text"), "{seen}");
}

fn panic_elsewhere_is_placed_where_the_answer_called() {
    let failure = failure("panics_in_a_product");
    let place = "fixtures/exercises.rs:9";
    // What a trace holds is the platform's affair.
    if cfg!(target_os = "linux") {
        assert!(failure.mismatch.seen.ends_with(place), "{}", failure.mismatch.seen);
    }
    assert_eq!(input(&failure), [("z", "[0.0]")]);
}

/// The reader's code is compiled with every check, unlike the library.
fn arithmetic_is_checked() {
    let panic = failure("underflows").mismatch.panic;
    assert_eq!(panic.as_deref(), Some("attempt to subtract with overflow"));
}

fn loop_is_ended() {
    let failure = failure("loops");
    assert_eq!(failure.crash, Some(Crash::Silent(Duration::from_secs(2))));
    assert_eq!(law(&failure), "sums_to_one");
    assert_eq!(input(&failure), [("z", "[0.0]")]);
}

fn loop_on_one_input_shows_it() {
    let failure = failure("loops_for_five");
    assert!(matches!(failure.crash, Some(Crash::Silent(_))));
    let [("z", value)] = input(&failure)[..] else { panic!("{failure:?}") };
    assert_eq!(value.split(',').count(), 5, "{value}");
}

fn loop_that_prints_is_ended() {
    let failure = failure("loops_printing");
    assert!(matches!(failure.crash, Some(Crash::Silent(_))), "{failure:?}");
    assert_eq!(failure.printed[0], "still here");
}

fn slow_answer_is_ended() {
    let failure = failure("slow");
    assert_eq!(failure.crash, Some(Crash::Slow(Duration::from_secs(3))));
}

fn stack_overflow_is_named() {
    let failure = failure("overflows_stack");
    assert_eq!(failure.crash, Some(Crash::StackOverflow));
    assert_eq!(input(&failure), [("z", "[0.0]")]);
    assert_eq!(failure.printed, [""; 0]);
}

fn endless_growth_is_named() {
    let failure = failure("grows");
    assert_eq!(failure.crash, Some(Crash::OutOfMemory));
    assert_eq!(input(&failure), [("z", "[0.0]")]);
    assert_eq!(failure.printed, [""; 0]);
}

fn abort_is_a_failure() {
    let crash = failure("aborts").crash;
    if cfg!(unix) {
        assert!(matches!(crash, Some(Crash::Aborted(_))), "{crash:?}");
    } else {
        assert!(crash.is_some());
    }
}

fn exit_is_a_failure_whatever_its_code() {
    assert_eq!(failure("exits_0").crash, Some(Crash::Exited(0)));
    assert_eq!(failure("exits_3").crash, Some(Crash::Exited(3)));
}

fn exit_on_the_sample_alone_is_a_failure() {
    let failure = failure("exits_on_sample");
    assert_eq!(failure.crash, Some(Crash::Exited(0)));
    assert_eq!(law(&failure), "none");
}

fn forged_verdict_convinces_nobody() {
    let failure = failure("forges");
    assert_eq!(failure.crash, Some(Crash::Exited(0)));
    assert_eq!(failure.printed[0], r#"{"passed":true}"#);
}

fn printing_of_the_smallest_input_is_kept() {
    let failure = failure("prints");
    assert_eq!(input(&failure), [("z", "[0.0, 0.0, 0.0]")]);
    assert_eq!(failure.printed, ["out: 3 numbers", "err: 3 numbers"]);
}

fn answer_that_changes_its_mind_fails() {
    assert_eq!(law(&failure("changes_its_mind")), "sums_to_one");
}

fn crash_after_a_broken_law_keeps_the_law() {
    let failure = failure("wrong_then_loops");
    assert_eq!(law(&failure), "sums_to_one");
    assert_eq!(failure.crash, None);
    assert_eq!(failure.diagnosis, None);
}

fn known_mistakes_are_named() {
    let check = exercise(|_| Vec::new());
    for (index, wrong) in check.about().wrongs.iter().enumerate() {
        let failure = failure(wrong.name);
        assert_eq!(failure.diagnosis, Some(index), "{}", wrong.name);
        assert_eq!(law(&failure), wrong.law, "{}", wrong.name);
    }
}

/// A new fixture that nobody asks about would test nothing.
fn every_answer_is_tested_here() {
    let source = include_str!("verdicts.rs");
    let check = exercise(|_| Vec::new());
    for (name, _) in answers::ALL {
        let known = check.about().wrongs.iter().any(|wrong| wrong.name == *name);
        assert!(known || source.contains(&format!("\"{name}\"")), "{name}");
    }
}
