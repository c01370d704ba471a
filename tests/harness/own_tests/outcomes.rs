//! What counts as near, as equal, and how a difference is put into words.

use gradbook::Matrix;

use super::trials;
use harness::exercise::alike;
use harness::panics::{Panic, catch};
use harness::{
    Because, Mismatch, Outcome, Show, TOLERANCE, ensure, equal, near, near_matrix,
    near_matrix_within, near_slice, near_within,
};

trials! {
    nan_is_never_near
    infinity_is_near_itself_only
    tolerance_is_relative_to_the_larger_of_one_and_the_expected
    one_measure_for_a_whole_list
    lengths_and_shapes_come_first
    first_wrong_entry_is_named
    digits_are_as_few_as_tell_apart
    no_message_shows_a_negative_zero
    equal_is_exact
    because_adds_a_sentence
    values_look_as_a_programmer_writes_them
    matrices_are_aligned_and_cut
    behavior_is_alike_up_to_rounding
    panics_are_caught_with_their_text
    panic_in_the_law_itself_speaks_of_the_shape
}

fn mismatch(outcome: Outcome) -> Mismatch {
    outcome.expect_err("there should be a mismatch")
}

fn no_message_shows_a_negative_zero() {
    let mismatch = near_slice([-0.0, 1.0], [-0.0, 2.0]).unwrap_err();
    assert_eq!(mismatch.seen, "[0.0, 1.0]");
    assert_eq!(mismatch.expected, "[0.0, 2.0]");
}

fn nan_is_never_near() {
    let nan = f64::NAN;
    assert!(near(nan, 1.0).is_err());
    assert!(near(1.0, nan).is_err());
    assert!(near(nan, nan).is_err());
    assert!(near_slice([0.0, nan], [0.0, 1.0]).is_err());
    assert!(near_slice([nan], [nan]).is_err());
    let m = |x: f64| Matrix::from_row_slice(1, 2, &[0.0, x]);
    assert!(near_matrix(m(nan), m(1.0)).is_err());
    assert!(near_matrix(m(1.0), m(nan)).is_err());
    assert!(equal(nan, nan).is_err());
}

fn infinity_is_near_itself_only() {
    let inf = f64::INFINITY;
    assert!(near(inf, inf).is_ok());
    assert!(near(inf, -inf).is_err());
    assert!(near(inf, 1e300).is_err());
    assert!(near(1e300, inf).is_err());
    // An infinite entry must not widen the tolerance of the others.
    assert!(near_slice([inf, 1.0], [inf, 2.0]).is_err());
}

fn tolerance_is_relative_to_the_larger_of_one_and_the_expected() {
    assert!(near(0.9 * TOLERANCE, 0.0).is_ok());
    assert!(near(1.1 * TOLERANCE, 0.0).is_err());
    assert!(near(1e6 + 0.9e6 * TOLERANCE, 1e6).is_ok());
    assert!(near(1e6 + 1.2e6 * TOLERANCE, 1e6).is_err());
    assert!(near_within(1.1, 1.0, 0.2).is_ok());
    assert!(near_within(1.3, 1.0, 0.2).is_err());
}

fn one_measure_for_a_whole_list() {
    let (large, off) = (1e6, 5e5 * TOLERANCE);
    assert!(near_slice([large, off], [large, 0.0]).is_ok());
    assert!(near_slice([1.0, off], [1.0, 0.0]).is_err());
    let m = |x: f64| Matrix::from_row_slice(2, 1, &[1.0, x]);
    assert!(near_matrix_within(m(0.1), m(0.0), 0.2).is_ok());
}

fn lengths_and_shapes_come_first() {
    let list = mismatch(near_slice([1.0], [1.0, 2.0]));
    assert_eq!(list.note, "The answer has 1 number, and 2 were expected.");
    let empty = mismatch(near_slice([0.0; 0], [1.0]));
    assert_eq!(empty.note, "The answer has 0 numbers, and 1 were expected.");
    let zeros = Matrix::<f64>::zeros;
    let matrix = mismatch(near_matrix(zeros(2, 3), zeros(3, 2)));
    let note = "The answer is a matrix of 2 x 3, and 3 x 2 was expected.";
    assert_eq!(matrix.note, note);
    assert!(near_matrix(zeros(0, 3), zeros(0, 3)).is_ok());
}

fn first_wrong_entry_is_named() {
    let list = mismatch(near_slice([1.0, 2.0, 9.0, 9.0], [1.0, 2.0, 3.0, 4.0]));
    assert!(list.note.starts_with("Number 2, counted from 0"), "{}", list.note);
    let seen = Matrix::from_row_slice(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 0.0]);
    let expected = Matrix::from_row_slice(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let matrix = mismatch(near_matrix(&seen, &expected));
    assert!(matrix.note.starts_with("Row 1, column 2, counted"), "{}", matrix.note);
}

fn digits_are_as_few_as_tell_apart() {
    let coarse = mismatch(near(1.0 / 3.0, 0.5));
    assert_eq!((coarse.seen.as_str(), coarse.expected.as_str()), ("0.3333", "0.5"));
    let fine = mismatch(near(1.0 + 1e-8, 1.0));
    assert_eq!((fine.seen.as_str(), fine.expected.as_str()), ("1.00000001", "1.0"));
}

fn equal_is_exact() {
    assert!(equal(0.1 + 0.2, 0.3).is_err());
    assert!(equal(vec![1_usize, 2], vec![1, 2]).is_ok());
    let m = mismatch(equal(Some(3_usize), None));
    assert_eq!((m.seen.as_str(), m.expected.as_str()), ("Some(3)", "None"));
}

fn because_adds_a_sentence() {
    assert_eq!(near(1.0, 1.0).because("never seen"), Ok(()));
    let one = mismatch(near(1.0, 2.0).because("Look at the sign."));
    assert_eq!(one.note, "Look at the sign.");
    let two = mismatch(ensure(false, "It is small.").because("After one step:"));
    assert_eq!(two.note, "After one step:\nIt is small.");
}

fn values_look_as_a_programmer_writes_them() {
    assert_eq!(vec![1.0, -0.5, 1e-9].show(), "[1.0, -0.5, 1e-9]");
    assert_eq!((vec![1.0], 2_usize).parts(), ["[1.0]", "2"]);
    assert_eq!((vec![1.0], true).show(), "([1.0], true)");
    assert_eq!("text".show(), "\"text\"");
    assert_eq!(Err::<f64, String>("bad".into()).show(), "Err(\"bad\")");
}

fn matrices_are_aligned_and_cut() {
    let m = Matrix::from_row_slice(2, 2, &[0.5, -10.0, 100.0, 1.0]);
    assert_eq!(m.show(), "[   0.5  -10.0 ]\n[ 100.0    1.0 ]");
    let wide = Matrix::<f64>::zeros(2, 30).show();
    assert!(wide.lines().all(|line| line.len() < 75), "{wide}");
    assert!(
        wide.ends_with("...  ]\n(in all 2 x 30)") || wide.ends_with("(in all 2 x 30)")
    );
    assert_eq!(Matrix::<f64>::zeros(0, 3).show(), "a matrix of 0 x 3");
}

fn behavior_is_alike_up_to_rounding() {
    let panic = |message: &str, place: &str| {
        Err(Panic { message: message.to_string(), place: Some(place.to_string()) })
    };
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    assert!(alike(&Ok(vec![1.0, nan, inf]), &Ok(vec![1.0 + 1e-12, nan, inf])));
    assert!(!alike(&Ok(vec![1.0]), &Ok(vec![1.0 + 1e-6])));
    assert!(!alike(&Ok(vec![1.0]), &Ok(vec![1.0, 2.0])));
    assert!(!alike(&Ok(vec![1.0, 2.0]), &Ok(vec![1.0])));
    assert!(!alike(&Ok(vec![nan]), &Ok(vec![1.0])));
    assert!(!alike(&Ok(vec![inf]), &Ok(vec![-inf])));
    assert!(alike(&panic("oh", "here"), &panic("oh", "there")));
    assert!(!alike(&panic("oh", "here"), &panic("ah", "here")));
    assert!(!alike(&panic("oh", "here"), &Ok(vec![])));
}

fn panics_are_caught_with_their_text() {
    assert_eq!(catch(|| 3), Ok(3));
    let panic = catch(|| panic!("with {}", 42)).expect_err("it panics");
    assert_eq!(panic.message, "with 42");
    let place = panic.place.unwrap_or_default();
    assert!(place.starts_with("tests/harness/own_tests/outcomes.rs:"), "{place}");
}

fn panic_in_the_law_itself_speaks_of_the_shape() {
    let panic = |place: &str| Panic {
        message: "index out of bounds".to_string(),
        place: Some(place.to_string()),
    };
    let law = Mismatch::panicked(panic("tests/lesson05.rs:12"));
    assert!(law.seen.starts_with("an answer of another shape"), "{}", law.seen);
    let answer = Mismatch::panicked(panic("lessons/lesson05/exercises.rs:12"));
    let seen = "a panic: index out of bounds\nat lessons/lesson05/exercises.rs:12";
    assert_eq!(answer.seen, seen);
}
