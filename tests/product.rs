//! The matrix product with its unit tests, compiled as it is shipped: optimized. The
//! library's other unit tests are compiled without the optimizer, by `tests/library`.
//! And every rung of the ladder against nalgebra's product.

use gradbook::kernels::ladder::Rung;
use gradbook::kernels::{Operand, product_into, product_threads};
use gradbook::{Matrix, real, rng};
use proptest::prelude::*;
use rand::RngExt;

#[path = "../src/kernels/product/mod.rs"]
#[allow(dead_code)]
mod product;
#[path = "../src/kernels/same_type.rs"]
mod same_type;

use same_type::{same_type, same_type_mut};

/// No device is in scope here.
mod device {
    pub fn product<A>(_: A, _: A, _: f32, _: &mut [f32]) -> bool {
        false
    }
}

/// Small whole numbers: every order of summation gives the same result.
fn whole(rows: usize, columns: usize, seed: u64) -> Matrix {
    let mut rng = rng(seed);
    Matrix::from_fn(rows, columns, |_, _| rng.random_range(-4_i8..=4).into())
}

fn uniform(rows: usize, columns: usize, seed: u64) -> Matrix {
    let mut rng = rng(seed);
    Matrix::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0))
}

/// `matrix` as an operand: as it stands, or made from its transpose.
fn operand<'a>(matrix: &'a Matrix, turned: &'a Matrix, turn: bool) -> Operand<'a, f32> {
    if turn { Operand::transposed(turned) } else { Operand::plain(matrix) }
}

/// Empty, single, ragged and prime sizes, some beyond a block of every rung.
fn sizes() -> impl Strategy<Value = [usize; 3]> {
    let small = [0..20_usize, 0..20_usize, 0..20_usize];
    const SIZES: &[usize] = &[1, 2, 7, 16, 31, 64, 67, 127, 131, 257];
    prop_oneof![4 => small, 1 => prop::array::uniform3(prop::sample::select(SIZES))]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(19),
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_rung_is_nalgebras_product(
        [m, k, n] in sizes(),
        turn in any::<(bool, bool)>(),
        beta in prop::sample::select(&[0.0_f32, 1.0, -0.5]),
        seed in any::<u64>(),
    ) {
        let (a, b) = (whole(m, k, seed), whole(k, n, seed ^ 1));
        let (at, bt) = (a.transpose(), b.transpose());
        let old = whole(m, n, seed ^ 2);
        let expected = &a * &b + &old * beta;
        for rung in Rung::ALL {
            // what beta 0 must not read
            let mut c = if beta == 0.0 { old.map(|_| f32::NAN) } else { old.clone() };
            let (a, b) = (operand(&a, &at, turn.0), operand(&b, &bt, turn.1));
            rung.product(a, b, beta, c.as_mut_slice());
            prop_assert_eq!(&c, &expected, "{}", rung.name());
        }
    }

    /// Any numbers, not only whole ones: the bits say that the sums are the same sums.
    #[test]
    fn threads_do_not_change_a_bit(
        [m, k, n] in sizes(),
        turn in any::<(bool, bool)>(),
        threads in 0..9_usize,
        seed in any::<u64>(),
    ) {
        let (a, b) = (uniform(m, k, seed), uniform(k, n, seed ^ 1));
        let (at, bt) = (a.transpose(), b.transpose());
        let (a, b) = (operand(&a, &at, turn.0), operand(&b, &bt, turn.1));
        let mut alone = uniform(m, n, seed ^ 2);
        let mut shared = alone.clone();
        product_into(a, b, 0.5, alone.as_mut_slice());
        product_threads(threads, a, b, 0.5, shared.as_mut_slice());
        prop_assert_eq!(alone.map(f32::to_bits), shared.map(f32::to_bits));
    }

    /// The first three rungs add the same terms in the same order.
    #[test]
    fn other_loops_do_not_change_a_bit([m, k, n] in sizes(), seed in any::<u64>()) {
        let (a, b) = (uniform(m, k, seed), uniform(k, n, seed ^ 1));
        let results = [Rung::Naive, Rung::Reordered, Rung::Blocked].map(|rung| {
            let mut c = Matrix::zeros(m, n);
            let (a, b) = (Operand::plain(&a), Operand::plain(&b));
            rung.product(a, b, 0.0, c.as_mut_slice());
            c.map(f32::to_bits)
        });
        prop_assert_eq!(&results[0], &results[1]);
        prop_assert_eq!(&results[0], &results[2]);
    }
}

#[test]
fn a_rung_refuses_sizes_that_do_not_fit() {
    let (a, b) = (whole(3, 4, 1), whole(5, 2, 2));
    for rung in Rung::ALL {
        let wrong = |a: &Matrix, b: &Matrix, len: usize| {
            let (a, b) = (Operand::plain(a), Operand::plain(b));
            let run = || rung.product(a, b, 0.0, &mut vec![0.0; len]);
            std::panic::catch_unwind(run).is_err()
        };
        assert!(wrong(&a, &b, 6), "{}: 3 x 4 times 5 x 2", rung.name());
        assert!(wrong(&b, &b.transpose(), 24), "{}: 24 numbers", rung.name());
        assert!(!wrong(&b, &b.transpose(), 25), "{}: 25 numbers", rung.name());
    }
}
