//! The smallest counterexample is found, and it is the same in every run.

use super::trials;
use crate::fixtures::{no_max_shift, softmax};
use harness::forall::CASES;
use harness::{
    Outcome, affine_case, ensure, forall, given, halves, halves_matrix, halves_vec,
    halves_vec_pair, labels, near, near_slice, product_pair, ragged_matrix,
};
use std::cell::{Cell, RefCell};

trials! {
    number_shrinks_to_the_threshold
    list_shrinks_in_length_and_entries
    softmax_shrinks_to_one_zero
    matrix_shrinks_in_shape_and_entries
    product_shrinks_each_side_alone
    affine_case_shrinks_to_the_fault
    pair_of_lists_shrinks_together
    labels_shrink_to_the_first_bad_one
    panic_shrinks_like_a_wrong_value
    simplest_input_comes_first
    every_run_tries_the_same_inputs
    law_that_holds_is_tried_on_every_case
}

/// The input that a law was broken by, part by part.
fn broken_by(outcome: Outcome) -> Vec<String> {
    let input = outcome.expect_err("the law should be broken").input;
    input.into_iter().map(|(_, value)| value).collect()
}

fn number_shrinks_to_the_threshold() {
    let outcome = forall(halves(), |x| ensure(*x < 2.5, "It is below 2.5."));
    assert_eq!(broken_by(outcome), ["2.5"]);
    let outcome = forall(halves(), |x| ensure(*x > -3.0, "It is above -3."));
    assert_eq!(broken_by(outcome), ["-3.0"]);
}

fn list_shrinks_in_length_and_entries() {
    let outcome = forall(halves_vec(0..9), |z| ensure(z.len() < 4, "It is short."));
    assert_eq!(broken_by(outcome), ["[0.0, 0.0, 0.0, 0.0]"]);
    let small = |z: &Vec<f64>| z.iter().all(|x| x.abs() < 3.0);
    let outcome = forall(halves_vec(0..9), |z| ensure(small(z), "All are small."));
    let found = broken_by(outcome);
    assert!(["[3.0]", "[-3.0]"].contains(&found[0].as_str()), "{found:?}");
}

fn softmax_shrinks_to_one_zero() {
    let inputs = (halves_vec(1..7), halves());
    let outcome = given(&["z", "shift"], inputs, |(z, shift)| {
        let shifted: Vec<f64> = z.iter().map(|z| z + 200.0 * shift).collect();
        near_slice(no_max_shift(&shifted), softmax(z))
    });
    let mismatch = outcome.expect_err("exp overflows");
    let names: Vec<&str> =
        mismatch.input.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["z", "shift"]);
    assert_eq!(mismatch.input[0].1, "[0.0]");
    // exp(709.8) is the first to overflow, exp(-745.2) the first to vanish.
    assert!(["4.0", "-4.0"].contains(&mismatch.input[1].1.as_str()), "{mismatch:?}");
}

fn matrix_shrinks_in_shape_and_entries() {
    let outcome = forall(halves_matrix(1..=6, 1..=6), |m| {
        ensure(m.nrows() < 3 || m.ncols() < 2, "It is small.")
    });
    let zeros = "[ 0.0  0.0 ]\n[ 0.0  0.0 ]\n[ 0.0  0.0 ]";
    assert_eq!(broken_by(outcome), [zeros]);
    let outcome = forall(ragged_matrix(), |m| near(m.sum(), 0.0));
    let found = broken_by(outcome);
    assert!(["[ 0.5 ]", "[ -0.5 ]"].contains(&found[0].as_str()), "{found:?}");
}

fn product_shrinks_each_side_alone() {
    let outcome = forall(product_pair(1..=5), |(a, b)| {
        ensure(a.ncols() < 4, "The inner side is below 4.")?;
        ensure(a.ncols() == b.nrows(), "They can be multiplied.")
    });
    let found = broken_by(outcome);
    assert_eq!(found[0], "[ 0.0  0.0  0.0  0.0 ]");
    assert_eq!(found[1], "[ 0.0 ]\n[ 0.0 ]\n[ 0.0 ]\n[ 0.0 ]");
}

fn affine_case_shrinks_to_the_fault() {
    let outcome = forall(affine_case(1..=5), |(weights, biases, batch)| {
        let no_bias = weights * batch;
        let with = |row: usize, column: usize| no_bias[(row, column)] + biases[row];
        near(no_bias[(0, 0)], with(0, 0))
    });
    let found = broken_by(outcome);
    assert_eq!((found[0].as_str(), found[2].as_str()), ("[ 0.0 ]", "[ 0.0 ]"));
    assert!(["[0.5]", "[-0.5]"].contains(&found[1].as_str()), "{found:?}");
}

fn pair_of_lists_shrinks_together() {
    let outcome = forall(halves_vec_pair(1..=6), |(a, b)| {
        ensure(a.len() == b.len() && a.len() < 3, "They are short.")
    });
    assert_eq!(broken_by(outcome), ["[0.0, 0.0, 0.0]", "[0.0, 0.0, 0.0]"]);
}

fn labels_shrink_to_the_first_bad_one() {
    let outcome = forall(labels(5, 1..8), |labels| {
        ensure(labels.iter().all(|label| *label < 3), "All are below 3.")
    });
    assert_eq!(broken_by(outcome), ["[3]"]);
}

fn panic_shrinks_like_a_wrong_value() {
    let outcome = forall(halves_vec(0..9), |z| {
        assert!(z.len() < 2, "too long");
        Ok(())
    });
    let mismatch = outcome.expect_err("it panics");
    assert_eq!(mismatch.panic.as_deref(), Some("too long"));
    assert_eq!(mismatch.input[0].1, "[0.0, 0.0]");
}

fn simplest_input_comes_first() {
    let first = RefCell::new(None);
    let outcome = forall(halves_matrix(2..=6, 3..=6), |m| {
        first.borrow_mut().get_or_insert_with(|| m.clone());
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
    let first = first.into_inner().expect("a first input");
    assert_eq!((first.shape(), first.sum()), ((2, 3), 0.0));
}

fn every_run_tries_the_same_inputs() {
    let inputs = || {
        let seen = RefCell::new(Vec::new());
        let _ = forall(halves_vec(0..9), |z| {
            seen.borrow_mut().push(z.clone());
            Ok(())
        });
        seen.into_inner()
    };
    assert_eq!(inputs(), inputs());
}

fn law_that_holds_is_tried_on_every_case() {
    let tried = Cell::new(0);
    let outcome = forall(halves(), |_| {
        tried.set(tried.get() + 1);
        Ok(())
    });
    assert_eq!((outcome, tried.get()), (Ok(()), CASES));
}
