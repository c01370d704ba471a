//! The matrix product five times, from three plain loops to all cores.
//!
//! Each rung gives the same matrix, and each is faster than the one before for a reason
//! of its own. The first two compute the very same sums in another order of the loops;
//! the third reuses what it has loaded; the fourth is the product behind every layer.
//! Any shape, and transposed operands as they lie: no rung copies a matrix first.

use std::num::NonZero;
use std::ops::Range;
use std::sync::OnceLock;

use multiversion::multiversion;

use super::{Operand, product_into, product_threads};

/// One way to compute `c = a . b + beta c`, in `f32`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rung {
    /// Row times column, for each entry of C.
    Naive,
    /// The same loops in another order: down the columns.
    Reordered,
    /// Blocks that stay in the cache, four terms at a time.
    Blocked,
    /// Packed panels and register tiles, with the widest registers of the machine.
    Packed,
    /// The columns of C shared out among the machine's cores.
    Threads,
}

impl Rung {
    /// All rungs, from the bottom.
    pub const ALL: [Self; 5] =
        [Self::Naive, Self::Reordered, Self::Blocked, Self::Packed, Self::Threads];

    /// How tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Reordered => "reordered",
            Self::Blocked => "blocked",
            Self::Packed => "packed",
            Self::Threads => "threads",
        }
    }

    /// Computes `c = a . b + beta c`; `c` lies column after column. With `beta` 0 the
    /// old content of `c` is not read.
    ///
    /// # Panics
    ///
    /// When the sizes do not fit together.
    pub fn product(
        self,
        a: Operand<'_, f32>,
        b: Operand<'_, f32>,
        beta: f32,
        c: &mut [f32],
    ) {
        assert_eq!(a.columns(), b.rows(), "product: columns of a and rows of b");
        assert_eq!(
            Some(c.len()),
            a.rows().checked_mul(b.columns()),
            "product: numbers of c"
        );
        match self {
            Self::Naive => naive(a, b, beta, c),
            Self::Reordered => reordered(a, b, beta, c),
            Self::Blocked => blocked(a, b, beta, c),
            Self::Packed => product_into(a, b, beta, c),
            Self::Threads => product_threads(cores(), a, b, beta, c),
        }
    }
}

/// The cores that this program may use; one where nobody knows. Asked once: the system
/// takes longer to tell than a thread to start.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    let ask = || std::thread::available_parallelism().map_or(1, NonZero::get);
    *CORES.get_or_init(ask)
}

// ANCHOR: naive
/// C(i, j) is row i of A times column j of B.
fn naive(a: Operand<'_, f32>, b: Operand<'_, f32>, beta: f32, c: &mut [f32]) {
    scale(beta, c);
    let rows = a.rows().max(1);
    for (j, column) in c.chunks_exact_mut(rows).enumerate() {
        for (i, number) in column.iter_mut().enumerate() {
            let mut sum = 0.0;
            for l in 0..a.columns() {
                sum += a.at(i, l) * b.at(l, j);
            }
            *number += sum;
        }
    }
}
// ANCHOR_END: naive

/// `c = beta c`, not reading it where beta is 0.
fn scale(beta: f32, c: &mut [f32]) {
    if beta == 0.0 {
        c.fill(0.0);
    } else if beta != 1.0 {
        c.iter_mut().for_each(|number| *number *= beta);
    }
}

// ANCHOR: reordered
/// The loop over rows comes last: it runs down a column of C and one of A, whose
/// numbers are neighbors in memory, and the compiler makes vectors of them.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn reordered(a: Operand<'_, f32>, b: Operand<'_, f32>, beta: f32, c: &mut [f32]) {
    scale(beta, c);
    let rows = a.rows().max(1);
    for (j, column) in c.chunks_exact_mut(rows).enumerate() {
        for l in 0..a.columns() {
            let factor = b.at(l, j);
            if let Some(of_a) = a.column(l) {
                for (sum, x) in column.iter_mut().zip(of_a) {
                    *sum += x * factor;
                }
            } else {
                for (i, sum) in column.iter_mut().enumerate() {
                    *sum += a.at(i, l) * factor;
                }
            }
        }
    }
}
// ANCHOR_END: reordered

// ANCHOR: blocked
/// Rows of a block of A: so many sums stay in registers.
const ROWS: usize = 64;
/// Terms of a block: 32 KB with its rows, which stay in the first cache.
const TERMS: usize = 128;

/// C block by block. A block of A is copied, so that it lies together, and used for
/// every column of C before the next one is touched.
fn blocked(a: Operand<'_, f32>, b: Operand<'_, f32>, beta: f32, c: &mut [f32]) {
    scale(beta, c);
    let mut block = [[0.0; ROWS]; TERMS];
    for top in (0..a.rows()).step_by(ROWS) {
        let rows = top..a.rows().min(top + ROWS);
        for first in (0..a.columns()).step_by(TERMS) {
            let terms = first..a.columns().min(first + TERMS);
            for (column, l) in block.iter_mut().zip(terms.clone()) {
                copy_column(a, rows.clone(), l, column);
            }
            for (j, column) in c.chunks_exact_mut(a.rows()).enumerate() {
                let factors = terms.clone().map(|l| b.at(l, j));
                add_columns(&block, factors, &mut column[rows.clone()]);
            }
        }
    }
}

/// Adds a block's columns to these numbers of C, each times its factor. The sums leave
/// the registers once for all terms and not after each of them.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_columns(
    block: &[[f32; ROWS]; TERMS],
    factors: impl Iterator<Item = f32>,
    numbers: &mut [f32],
) {
    let mut sums = [0.0; ROWS];
    sums[..numbers.len()].copy_from_slice(numbers);
    for (column, factor) in block.iter().zip(factors) {
        for (sum, x) in sums.iter_mut().zip(column) {
            *sum += x * factor;
        }
    }
    numbers.copy_from_slice(&sums[..numbers.len()]);
}
// ANCHOR_END: blocked

/// These rows of a column of A.
fn copy_column(
    a: Operand<'_, f32>,
    rows: Range<usize>,
    l: usize,
    to: &mut [f32; ROWS],
) {
    match a.column(l) {
        Some(column) => to[..rows.len()].copy_from_slice(&column[rows]),
        None => to.iter_mut().zip(rows).for_each(|(x, i)| *x = a.at(i, l)),
    }
}
