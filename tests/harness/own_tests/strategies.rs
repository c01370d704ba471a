//! Each strategy gives what its name says, and enough variety.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use gradbook::Matrix;

use super::trials;
use harness::{
    affine_case, bit, distribution, ensure, equal, forall, grid, halves,
    halves_between, halves_matrix, halves_vec_pair, labels, list, logits_and_one_hot,
    matrix, near, one_hot, one_of, positive_halves, prime_size, product_pair,
    ragged_matrix, same_shape_pair, sign, whole,
};

trials! {
    numbers_keep_their_promises
    lists_have_their_lengths
    distributions_add_up
    matrices_have_ragged_shapes
    shapes_fit_together
    one_hot_columns_have_a_single_one
}

fn numbers_keep_their_promises() {
    let half = |x: f64| (2.0 * x).fract() == 0.0;
    let all =
        (halves(), halves_between(-1.0, 2.5), positive_halves(3.0), whole(-2..=2));
    let outcome = forall(all, |(h, between, positive, whole)| {
        ensure(half(*h) && h.abs() <= 8.0, "A half up to 8.")?;
        ensure(half(*between) && (-1.0..=2.5).contains(between), "A half between.")?;
        ensure(half(*positive) && (0.5..=3.0).contains(positive), "A positive half.")?;
        ensure(whole.fract() == 0.0 && whole.abs() <= 2.0, "A whole number.")
    });
    assert_eq!(outcome, Ok(()));
    let seen = RefCell::new(HashSet::new());
    let all = (grid(0.0, 1.0, 4), one_of(&[0.1, 0.01]), bit(), sign(), prime_size());
    let outcome = forall(all, |(g, rate, bit, sign, size)| {
        seen.borrow_mut().insert(format!("{g} {rate} {bit} {sign}"));
        ensure([0.0, 0.25, 0.5, 0.75, 1.0].contains(g), "A fourth.")?;
        ensure([0.1, 0.01].contains(rate), "One of the two.")?;
        ensure([0.0, 1.0].contains(bit), "A bit.")?;
        ensure([1.0, -1.0].contains(sign), "A sign.")?;
        ensure([1, 2, 3, 5, 7, 11].contains(size), "A prime size.")
    });
    assert_eq!(outcome, Ok(()));
    assert!(seen.borrow().len() > 25, "{}", seen.borrow().len());
}

fn lists_have_their_lengths() {
    let lengths = RefCell::new(HashSet::new());
    let all = (halves_vec_pair(2..=5), labels(3, 4), list(bit(), 1..4));
    let outcome = forall(all, |((a, b), labels, bits)| {
        lengths.borrow_mut().insert(a.len());
        equal(a.len(), b.len())?;
        ensure((2..=5).contains(&a.len()), "From 2 to 5.")?;
        equal(labels.len(), 4)?;
        ensure(labels.iter().all(|label| *label < 3), "Below 3.")?;
        ensure((1..4).contains(&bits.len()), "From 1 to 3.")
    });
    assert_eq!(outcome, Ok(()));
    assert_eq!(lengths.into_inner(), HashSet::from([2, 3, 4, 5]));
}

fn distributions_add_up() {
    let outcome = forall(distribution(1..8), |p| {
        ensure(p.iter().all(|p| *p > 0.0), "All are positive.")?;
        near(p.iter().sum(), 1.0)
    });
    assert_eq!(outcome, Ok(()));
}

fn matrices_have_ragged_shapes() {
    let (mut wide, mut tall) = (false, false);
    let shapes = RefCell::new(HashSet::new());
    let all = (halves_matrix(1..=5, 2..=7), ragged_matrix(), matrix(bit(), 3, 1..=5));
    let outcome = forall(all, |(a, b, c)| {
        shapes.borrow_mut().insert(b.shape());
        ensure((1..=5).contains(&a.nrows()) && (2..=7).contains(&a.ncols()), "Sides.")?;
        equal(c.nrows(), 3)?;
        ensure(c.iter().all(|x| [0.0, 1.0].contains(x)), "Bits.")
    });
    assert_eq!(outcome, Ok(()));
    for (rows, columns) in shapes.into_inner() {
        wide |= columns > rows;
        tall |= rows > columns;
    }
    assert!(wide && tall);
}

fn shapes_fit_together() {
    let all = (product_pair(1..=4), same_shape_pair(1..=4, 1..=5), affine_case(1..=4));
    let outcome = forall(all, |((a, b), (c, d), (weights, biases, batch))| {
        equal(a.ncols(), b.nrows())?;
        ensure(c.shape() == d.shape(), "The same shape.")?;
        equal(weights.nrows(), biases.len())?;
        equal(weights.ncols(), batch.nrows())
    });
    assert_eq!(outcome, Ok(()));
}

fn one_hot_columns_have_a_single_one() {
    let all = (one_hot(2..=5, 1..=4), logits_and_one_hot(2..=5, 1..=4));
    let rows = RefCell::new(HashSet::new());
    let mixed = Cell::new(false);
    let is_one_hot = |m: &Matrix<f64>| {
        let single = |column| {
            m.column(column).iter().filter(|x| **x == 1.0).count() == 1
                && m.column(column).sum() == 1.0
        };
        (0..m.ncols()).all(single)
    };
    let outcome = forall(all, |(a, (logits, targets))| {
        rows.borrow_mut().extend(targets.iter().position(|x| *x == 1.0));
        let differ =
            (1..targets.ncols()).any(|k| targets.column(k) != targets.column(0));
        mixed.set(mixed.get() || differ);
        ensure(is_one_hot(a) && is_one_hot(targets), "A single 1 in each column.")?;
        ensure(logits.shape() == targets.shape(), "The same shape.")
    });
    assert_eq!(outcome, Ok(()));
    assert!(rows.borrow().len() > 3, "every class is drawn");
    assert!(mixed.get(), "examples of one batch have different classes");
}
