//! Every rung in every plan against sums written out, with poison around the operands.

use rand::RngExt;

use super::*;

fn random<T: Real>(rows: usize, columns: usize, seed: u64) -> Matrix<T> {
    let mut rng = crate::rng(seed);
    Matrix::from_fn(rows, columns, |_, _| T::of(rng.random_range(-4..=4).into()))
}

/// Numbers with `guard` NaN before and behind, to see what reads or writes beside them.
/// With none, the allocation ends where they do: AddressSanitizer sees the rest.
struct Guarded<T: Real> {
    all: Vec<T>,
    guard: usize,
}

impl<T: Real> Guarded<T> {
    fn of(matrix: &Matrix<T>, guard: usize) -> Self {
        let poison = vec![T::of(f64::NAN); guard];
        Self { all: [&poison, matrix.as_slice(), &poison].concat(), guard }
    }

    fn numbers(&self) -> &[T] {
        &self.all[self.guard..self.all.len() - self.guard]
    }

    fn numbers_mut(&mut self) -> &mut [T] {
        let behind = self.all.len() - self.guard;
        &mut self.all[self.guard..behind]
    }

    fn is_whole(&self) -> bool {
        let behind = self.all.len() - self.guard;
        let mut guards = self.all[..self.guard].iter().chain(&self.all[behind..]);
        guards.all(|number| number.to_f64().is_nan())
    }
}

/// `a . b` by its definition, in `f64`.
fn written_out<T: Real>(a: &Matrix<T>, b: &Matrix<T>) -> Matrix<f64> {
    let term = |i, j, l| a[(i, l)].to_f64() * b[(l, j)].to_f64();
    Matrix::from_fn(a.nrows(), b.ncols(), |i, j| {
        (0..a.ncols()).map(|l| term(i, j, l)).sum()
    })
}

/// Every rung, plan, form and beta. Small whole numbers: every order of summation gives
/// the same result, so it has to be equal.
fn agrees<T: Rungs>(m: usize, k: usize, n: usize) {
    for guard in [0, 67] {
        agrees_within::<T>(guard, m, k, n);
    }
}

fn agrees_within<T: Rungs>(guard: usize, m: usize, k: usize, n: usize) {
    let (a, b) = (random::<T>(m, k, 1), random::<T>(k, n, 2));
    let (at, bt) = (a.transpose(), b.transpose());
    let start = random::<T>(m, n, 3);
    let sums = written_out(&a, &b);
    let [a, b, at, bt] = [a, b, at, bt].map(|matrix| Guarded::of(&matrix, guard));
    for beta in [0.0, 1.0, -0.5] {
        let expected =
            sums.zip_map(&start, |sum, old| T::of(sum + beta * old.to_f64()));
        let check = |left: &Guarded<T>, right: &Guarded<T>, turned: (bool, bool)| {
            let left = operand(left, (m, k), turned.0);
            let right = operand(right, (k, n), turned.1);
            for rung in T::rungs().iter().filter(|rung| (rung.runs_here)()) {
                for plan in plans(left, right, rung.lanes) {
                    let mut c = Guarded::of(&start, guard);
                    if beta == 0.0 {
                        c.numbers_mut().fill(T::of(f64::NAN));
                    }
                    match plan {
                        Some(plan) => {
                            let c = c.numbers_mut();
                            planned(rung, plan, left, right, T::of(beta), c);
                        }
                        None => {
                            let (rung, c) = (rung.name, c.numbers_mut());
                            product_on(rung, left, right, T::of(beta), c);
                        }
                    }
                    let name = rung.name;
                    assert_eq!(
                        c.numbers(),
                        expected.as_slice(),
                        "{name}, {m} x {k} x {n}, {turned:?}, beta {beta}, {plan:?}"
                    );
                    assert!(c.is_whole(), "{name}, {m} x {k} x {n}: wrote beside C");
                }
            }
        };
        check(&a, &b, (false, false));
        check(&at, &b, (true, false));
        check(&a, &bt, (false, true));
        check(&at, &bt, (true, true));
    }
}

fn operand<T: Real>(
    numbers: &Guarded<T>,
    (rows, columns): (usize, usize),
    turned: bool,
) -> Operand<'_, T> {
    match turned {
        true => Operand::of(numbers.numbers(), columns, rows).turned(),
        false => Operand::of(numbers.numbers(), rows, columns),
    }
}

/// The plan that is made (`None`), and where there is something to do the other ones.
fn plans<T: Real>(
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    lanes: usize,
) -> Vec<Option<Plan>> {
    let sizes = Sizes { rows: a.rows, inner: a.columns, columns: b.columns };
    if [sizes.rows, sizes.inner, sizes.columns].contains(&0) {
        return vec![None];
    }
    let made = Plan::of(sizes, lanes, a.row_step, b.column_step);
    let others = [(false, false), (false, true), (true, false), (true, true)]
        .map(|(turned, packs)| Plan { turned, packs });
    let others = others.into_iter().filter(|other| *other != made).map(Some);
    std::iter::once(None).chain(others).collect()
}

#[test]
fn all_small_sizes_agree_with_sums_written_out() {
    let mut rng = crate::rng(7);
    for _ in 0..300 {
        let [m, k, n] = std::array::from_fn(|_| rng.random_range(0..=40));
        agrees::<f32>(m, k, n);
    }
    for _ in 0..100 {
        let [m, k, n] = std::array::from_fn(|_| rng.random_range(0..=40));
        agrees::<f64>(m, k, n);
    }
}

#[test]
fn each_height_and_width_of_a_tile_agrees() {
    for size in 1..=40 {
        agrees::<f32>(size, 3, 41 - size);
        agrees::<f64>(size, 3, 41 - size);
    }
}

#[test]
fn ragged_and_prime_sizes_agree() {
    for (m, k, n) in [(1, 1, 1), (1, 601, 1), (6, 25, 100), (67, 131, 37), (127, 2, 13)]
    {
        agrees::<f32>(m, k, n);
        agrees::<f64>(m, k, n);
    }
}

#[test]
fn sizes_of_several_blocks_agree() {
    // more than one part of the sums, and more than one block of packed rows
    agrees::<f32>(149, 1031, 7);
    agrees::<f64>(7, 520, 149);
}

#[test]
fn equals_nalgebra_within_rounding() {
    let mut rng = crate::rng(5);
    for (m, k, n) in [(37, 101, 53), (150, 16, 100), (6, 784, 25)] {
        let mut draw = |rows, columns| {
            Matrix::<f32>::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0))
        };
        let (a, b) = (draw(m, k), draw(k, n));
        let expected = a.map(f64::from) * b.map(f64::from);
        let mut c = Matrix::zeros(m, n);
        product(Operand::plain(&a), Operand::plain(&b), 0.0, &mut c);
        let worst = (c.map(f64::from) - expected).amax();
        assert!(worst <= 1e-6 * k as f64, "{m} x {k} x {n}: {worst:e}");
    }
}

/// The same numbers whichever way the work is cut, bit for bit, on one rung.
#[test]
fn plans_differ_in_time_only() {
    let mut rng = crate::rng(9);
    let mut draw = |rows, columns| {
        Matrix::<f32>::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0))
    };
    let (a, b) = (draw(33, 700), draw(700, 29));
    let (left, right) = (Operand::plain(&a), Operand::plain(&b));
    for rung in f32::rungs().iter().filter(|rung| (rung.runs_here)()) {
        let results =
            plans(left, right, rung.lanes).into_iter().flatten().map(|plan| {
                let mut c = Matrix::<f32>::zeros(33, 29);
                planned(rung, plan, left, right, 0.0, c.as_mut_slice());
                c
            });
        let results: Vec<_> = results.collect();
        assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{}", rung.name);
    }
}

#[test]
fn beta_zero_does_not_read_what_was_there() {
    let (a, b) = (random::<f32>(3, 4, 1), random::<f32>(4, 2, 2));
    let mut c = Matrix::from_element(3, 2, f32::NAN);
    product(Operand::plain(&a), Operand::plain(&b), 0.0, &mut c);
    assert_eq!(c, &a * &b);
}

#[test]
fn an_empty_inner_dimension_gives_zeros() {
    let (a, b) = (Matrix::<f32>::zeros(3, 0), Matrix::<f32>::zeros(0, 2));
    let mut c = Matrix::from_element(3, 2, f32::NAN);
    product(Operand::plain(&a), Operand::plain(&b), 0.0, &mut c);
    assert_eq!(c, Matrix::zeros(3, 2));
}

#[test]
fn some_columns_of_a_matrix_are_an_operand_and_a_result() {
    let (a, b) = (random::<f32>(3, 4, 1), random::<f32>(4, 6, 2));
    let mut c = Matrix::zeros(3, 6);
    let middle = Operand::of(&b.as_slice()[8..16], 4, 2);
    product_into(Operand::plain(&a), middle, 0.0, &mut c.as_mut_slice()[6..12]);
    let mut expected = Matrix::zeros(3, 6);
    expected.columns_mut(2, 2).copy_from(&(&a * b.columns(2, 2)));
    assert_eq!(c, expected);
}

#[test]
fn the_plan_stands_the_cheaper_way() {
    let plan = |rows, inner, columns, a_row_step, b_column_step| {
        Plan::of(Sizes { rows, inner, columns }, 16, a_row_step, b_column_step)
    };
    // six filters: along them the registers would be more than half empty
    assert_eq!(plan(6, 784, 25, 1, 1), Plan { turned: true, packs: false });
    // nothing to gain from turning what lies well
    assert_eq!(plan(512, 128, 32, 1, 128), Plan { turned: false, packs: false });
    // packing the smaller of two operands that both lie across
    assert_eq!(plan(128, 512, 32, 512, 512), Plan { turned: true, packs: true });
    // a copy of A pays when many columns use it
    assert_eq!(plan(512, 64, 2048, 1, 64), Plan { turned: false, packs: true });
}

#[test]
fn the_last_rung_runs_everywhere() {
    let last = |rungs: &[&'static str]| rungs.last().copied();
    assert_eq!(last(&product_rungs::<f32>()), Some("portable"));
    assert_eq!(last(&product_rungs::<f64>()), Some("portable"));
}

#[test]
#[should_panic(expected = "the machine has such a rung")]
fn an_unknown_rung_is_refused() {
    let a = random::<f32>(2, 2, 1);
    let operand = Operand::plain(&a);
    product_on("abacus", operand, operand, 0.0, &mut [0.0; 4]);
}

#[test]
#[should_panic(expected = "Operand: numbers")]
fn too_few_numbers_for_an_operand_are_refused() {
    Operand::of(&[1.0_f32; 5], 2, 3);
}

#[test]
#[should_panic(expected = "patches: numbers of the image")]
fn patches_that_leave_the_image_are_refused() {
    let (places, steps) = ((2, 2), (3, 1));
    let image = &[1.0_f32; 8]; // the last window ends on the ninth
    let patches = Patches { image, places, steps, lines: 2, run: 2, line_step: 3 };
    product_of_patches(&[1.0; 4], &[0.0], patches, &mut [0.0; 4]);
}

#[test]
#[should_panic(expected = "product: numbers of c")]
fn too_few_numbers_for_the_result_are_refused() {
    let a = random::<f32>(2, 2, 1);
    product_into(Operand::plain(&a), Operand::plain(&a), 0.0, &mut [0.0; 3]);
}

#[test]
#[should_panic(expected = "columns of a and rows of b")]
fn shapes_that_do_not_fit_are_refused() {
    let (a, b) = (Matrix::<f32>::zeros(3, 4), Matrix::<f32>::zeros(3, 2));
    let mut c = Matrix::zeros(3, 2);
    product(Operand::plain(&a), Operand::plain(&b), 0.0, &mut c);
}
