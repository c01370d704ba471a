//! The matrix product: C = A . B + beta C, where A and B may stand transposed.

use std::any::TypeId;

use crate::real::{Matrix, Real};

/// A matrix as it enters a product: as it stands, or transposed without a copy.
///
/// A transposed matrix holds the same numbers; only the steps between them change.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a, T: Real> {
    numbers: &'a [T],
    rows: usize,
    columns: usize,
    row_step: usize,
    column_step: usize,
}

// ANCHOR: operand
impl<'a, T: Real> Operand<'a, T> {
    /// The matrix as it stands: down one row is one step, right one column is `rows`.
    pub fn plain(matrix: &'a Matrix<T>) -> Self {
        let (rows, columns) = matrix.shape();
        let numbers = matrix.as_slice();
        Self { numbers, rows, columns, row_step: 1, column_step: rows }
    }

    /// The matrix with rows and columns exchanged. No number moves.
    pub fn transposed(matrix: &'a Matrix<T>) -> Self {
        Self::plain(matrix).turned()
    }

    /// Numbers that lie as a matrix of this shape does, column after column: some
    /// columns of a larger matrix, for one.
    ///
    /// # Panics
    ///
    /// When there are not `rows * columns` numbers.
    pub fn of(numbers: &'a [T], rows: usize, columns: usize) -> Self {
        assert_eq!(Some(numbers.len()), rows.checked_mul(columns), "Operand: numbers");
        Self { numbers, rows, columns, row_step: 1, column_step: rows }
    }

    /// The same operand with rows and columns exchanged.
    pub fn turned(self) -> Self {
        let Self { numbers, rows, columns, row_step, column_step } = self;
        Self {
            numbers,
            rows: columns,
            columns: rows,
            row_step: column_step,
            column_step: row_step,
        }
    }
}
// ANCHOR_END: operand

/// Computes `c = a . b + beta c`. Shapes: `(m x k) . (k x n)` into `m x n`.
///
/// With `beta` 0 the old content of `c` is not read, not even a NaN.
///
/// # Panics
///
/// When the shapes do not fit. Layers check theirs when the network is built.
pub fn product<T: Real>(
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    beta: T,
    c: &mut Matrix<T>,
) {
    assert_eq!((a.rows, b.columns), c.shape(), "product: shape of c");
    product_into(a, b, beta, c.as_mut_slice());
}

/// [`product`] into numbers that lie as an `m x n` matrix does, column after column.
///
/// # Panics
///
/// As [`product`].
#[allow(unsafe_code)]
pub fn product_into<T: Real>(
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    beta: T,
    c: &mut [T],
) {
    assert_eq!(a.columns, b.rows, "product: columns of a and rows of b");
    assert_eq!(Some(c.len()), a.rows.checked_mul(b.columns), "product: numbers of c");
    let (m, k, n) = (a.rows, a.columns, b.columns);
    // Sound: each operand borrows all of its numbers and its steps address exactly
    // rows x columns of them (`of` compares the two, the other constructors start from
    // a matrix, where they agree); `c` is borrowed mutably, so it overlaps neither; the
    // three shapes were compared above; and the casts below are between identical
    // types, as TypeId shows.
    unsafe {
        let (pa, pb, pc) = (a.numbers.as_ptr(), b.numbers.as_ptr(), c.as_mut_ptr());
        let (ra, ca) = (a.row_step as isize, a.column_step as isize);
        let (rb, cb) = (b.row_step as isize, b.column_step as isize);
        if TypeId::of::<T>() == TypeId::of::<f32>() {
            let (pa, pb, pc) = (pa.cast(), pb.cast(), pc.cast());
            let beta = beta.to_f64() as f32;
            let step = m as isize;
            matrixmultiply::sgemm(
                m, k, n, 1.0, pa, ra, ca, pb, rb, cb, beta, pc, 1, step,
            );
        } else if TypeId::of::<T>() == TypeId::of::<f64>() {
            let (pa, pb, pc) = (pa.cast(), pb.cast(), pc.cast());
            let beta = beta.to_f64();
            let step = m as isize;
            matrixmultiply::dgemm(
                m, k, n, 1.0, pa, ra, ca, pb, rb, cb, beta, pc, 1, step,
            );
        } else {
            unreachable!("Real is implemented for f32 and f64 only");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    fn random<T: Real>(rows: usize, columns: usize, seed: u64) -> Matrix<T> {
        let mut rng = crate::rng(seed);
        Matrix::from_fn(rows, columns, |_, _| T::of(rng.random_range(-4..=4).into()))
    }

    /// Small whole numbers: every order of summation gives the same result.
    fn agrees<T: Real>(m: usize, k: usize, n: usize) {
        let (a, b) = (random::<T>(m, k, 1), random::<T>(k, n, 2));
        let (at, bt) = (a.transpose(), b.transpose());
        let start = random::<T>(m, n, 3);
        for beta in [0.0, 1.0, -0.5] {
            let expected = &a * &b + &start * T::of(beta);
            for (left, right) in [
                (Operand::plain(&a), Operand::plain(&b)),
                (Operand::transposed(&at), Operand::plain(&b)),
                (Operand::plain(&a), Operand::transposed(&bt)),
                (Operand::transposed(&at), Operand::transposed(&bt)),
            ] {
                let mut c = start.clone();
                product(left, right, T::of(beta), &mut c);
                assert_eq!(c, expected, "{m} x {k} x {n}, beta {beta}");
            }
        }
    }

    #[test]
    fn equals_nalgebra_on_ragged_and_prime_shapes() {
        let sizes =
            [(1, 1, 1), (2, 3, 5), (5, 7, 1), (1, 13, 4), (17, 31, 11), (64, 67, 65)];
        for (m, k, n) in sizes {
            agrees::<f32>(m, k, n);
            agrees::<f64>(m, k, n);
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
        let mut c = Matrix::from_element(3, 2, 9.0);
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
        let turned = Operand::of(&b.as_slice()[8..16], 4, 2).turned();
        let mut c = [0.0; 6];
        product_into(turned, Operand::transposed(&a), 0.0, &mut c);
        assert_eq!(c, (&a * b.columns(2, 2)).transpose().as_slice());
    }

    #[test]
    #[should_panic(expected = "Operand: numbers")]
    fn too_few_numbers_for_an_operand_are_refused() {
        Operand::of(&[1.0_f32; 5], 2, 3);
    }

    #[test]
    #[should_panic(expected = "columns of a and rows of b")]
    fn shapes_that_do_not_fit_are_refused() {
        let (a, b) = (Matrix::<f32>::zeros(3, 4), Matrix::<f32>::zeros(3, 2));
        let mut c = Matrix::zeros(3, 2);
        product(Operand::plain(&a), Operand::plain(&b), 0.0, &mut c);
    }
}
