//! The matrix product: C = A . B + beta C, where A and B may stand transposed.

use std::any::TypeId;
use std::ops::Range;

use self::blocks::{View, Work};
pub use self::implicit::Patches;
use self::plan::{Plan, Sizes};
use self::rungs::{Rung, Rungs};
use super::{device, same_type, same_type_mut};
use crate::real::{Matrix, Real};

#[allow(unsafe_code)]
mod blocks;
#[allow(unsafe_code)]
mod buffer;
#[allow(unsafe_code)]
mod implicit;
#[allow(unsafe_code)]
mod lanes;
#[allow(unsafe_code)]
mod pack;
mod plan;
#[allow(unsafe_code)]
mod rungs;
#[allow(unsafe_code)]
mod tile;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86;

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
        Self::of(matrix.as_slice(), matrix.nrows(), matrix.ncols())
    }

    /// The matrix with rows and columns exchanged. No number moves.
    pub fn transposed(matrix: &'a Matrix<T>) -> Self {
        Self::plain(matrix).turned()
    }
}
// ANCHOR_END: operand

impl<'a, T: Real> Operand<'a, T> {
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

    /// The same operand with rows and columns exchanged. No number moves.
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

    /// The numbers, as they lie in memory.
    pub fn numbers(&self) -> &'a [T] {
        self.numbers
    }

    /// Rows as it enters the product.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns as it enters the product.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Do its numbers lie row after row, because it is transposed?
    pub fn is_turned(&self) -> bool {
        self.row_step != 1
    }

    /// The number in this row and column.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[inline(always)]
    pub fn at(&self, row: usize, column: usize) -> T {
        self.numbers[row * self.row_step + column * self.column_step]
    }

    /// A column, where its numbers lie one after the other.
    #[inline(always)]
    pub(super) fn column(&self, column: usize) -> Option<&'a [T]> {
        let from = column * self.column_step;
        (self.row_step == 1).then(|| &self.numbers[from..from + self.rows])
    }

    /// Some of the columns. What is between them in memory stays where it is.
    fn some_columns(self, columns: Range<usize>) -> Self {
        // an operand without rows has no numbers, and columns all the same
        let from = self.numbers.len().min(columns.start * self.column_step);
        let numbers = &self.numbers[from..];
        Self { numbers, columns: columns.len(), ..self }
    }

    fn same_type<U: Real>(self) -> Option<Operand<'a, U>> {
        let Self { numbers, rows, columns, row_step, column_step } = self;
        let numbers = same_type(numbers)?;
        Some(Operand { numbers, rows, columns, row_step, column_step })
    }

    fn view(self) -> View<*const T> {
        let Self { numbers, row_step, column_step, .. } = self;
        View { numbers: numbers.as_ptr(), row_step, column_step }
    }
}

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
pub fn product_into<T: Real>(
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    beta: T,
    c: &mut [T],
) {
    dispatch(None, a, b, beta, c);
}

// ANCHOR: threads
/// [`product_into`] on so many threads: each computes some of C's columns. The same
/// numbers, bit for bit, at any number of threads: every sum is one thread's, and its
/// terms are added in the same order.
///
/// The layers do not use this. To start threads takes a time that a large product wins
/// back and a dense layer's does not: `benches/ladder.rs` compares.
///
/// # Panics
///
/// As [`product`], and when the system refuses a thread.
pub fn product_threads(
    threads: usize,
    a: Operand<'_, f32>,
    b: Operand<'_, f32>,
    beta: f32,
    c: &mut [f32],
) {
    check(a, b, c);
    let share = b.columns.div_ceil(threads.max(1)).max(1);
    let columns = (0..b.columns).step_by(share);
    let parts = c.chunks_mut((share * a.rows).max(1));
    std::thread::scope(|scope| {
        for (first, part) in columns.zip(parts) {
            let last = b.columns.min(first + share);
            let some = b.some_columns(first..last);
            let mut work = move || on_rung(None, a, some, beta, part);
            if last == b.columns {
                work(); // the last part is this thread's own
            } else {
                scope.spawn(work);
            }
        }
    });
}
// ANCHOR_END: threads

/// The names of the rungs that this machine can climb, the fastest first: the same
/// product with different instructions. [`product`] takes the first.
pub fn product_rungs<T: Real>() -> Vec<&'static str> {
    fn names<T: Rungs>() -> Vec<&'static str> {
        let rungs = T::rungs().iter().filter(|rung| (rung.runs_here)());
        rungs.map(|rung| rung.name).collect()
    }
    if TypeId::of::<T>() == TypeId::of::<f32>() {
        names::<f32>()
    } else {
        names::<f64>()
    }
}

/// [`product_into`] on the rung of that name, to compare rungs with one another.
///
/// # Panics
///
/// As [`product`], and when the machine has no such rung.
pub fn product_on<T: Real>(
    rung: &str,
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    beta: T,
    c: &mut [T],
) {
    dispatch(Some(rung), a, b, beta, c);
}

fn dispatch<T: Real>(
    rung: Option<&str>,
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    beta: T,
    c: &mut [T],
) {
    check(a, b, c);
    if let (Some(a), Some(b)) = (a.same_type::<f32>(), b.same_type::<f32>()) {
        let c = same_type_mut(c).expect("c has the type of a");
        let beta = beta.to_f64() as f32;
        if c.is_empty()
            || a.columns == 0
            || rung.is_some()
            || !device::product(a, b, beta, c)
        {
            on_rung(rung, a, b, beta, c);
        }
    } else if let (Some(a), Some(b)) = (a.same_type::<f64>(), b.same_type::<f64>()) {
        let c = same_type_mut(c).expect("c has the type of a");
        on_rung(rung, a, b, beta.to_f64(), c);
    } else {
        unreachable!("Real is implemented for f32 and f64 only");
    }
}

/// `outputs = weight . patches + bias` without a matrix of patches: they are read in
/// the image. `weight` and `outputs` have a row, `bias` a number for each filter. The
/// outputs are those of [`product_into`], bit for bit, if a patch has at most 512
/// numbers: longer sums are cut there, and not here.
///
/// # Panics
///
/// When a size is 0, or the slices are not of the sizes that the patches give.
pub fn product_of_patches<T: Real>(
    weight: &[T],
    bias: &[T],
    patches: Patches<'_, T>,
    outputs: &mut [T],
) {
    fn known<T: Real, U: Rungs>(
        [weight, bias, image]: [&[T]; 3],
        patches: Patches<'_, T>,
        outputs: &mut [T],
    ) -> Option<()> {
        let patches = patches.of(same_type(image)?);
        let (weight, bias) = (same_type(weight)?, same_type(bias)?);
        let outputs = same_type_mut::<T, U>(outputs)?;
        implicit::product(rung_of(None), weight, bias, patches, outputs);
        Some(())
    }
    let given = [weight, bias, patches.image];
    known::<T, f32>(given, patches, outputs)
        .or_else(|| known::<T, f64>(given, patches, outputs))
        .expect("Real is implemented for f32 and f64 only");
}

/// Do the sizes fit together?
fn check<T: Real>(a: Operand<'_, T>, b: Operand<'_, T>, c: &[T]) {
    assert_eq!(a.columns, b.rows, "product: columns of a and rows of b");
    assert_eq!(Some(c.len()), a.rows.checked_mul(b.columns), "product: numbers of c");
}

/// The rung of that name, or the fastest that runs here.
fn rung_of<T: Rungs>(name: Option<&str>) -> &'static Rung<T> {
    let fits = |there: &&Rung<T>| {
        name.is_none_or(|name| name == there.name) && (there.runs_here)()
    };
    T::rungs().iter().find(fits).expect("the machine has such a rung")
}

/// The product of operands whose sizes were compared.
fn on_rung<T: Rungs>(
    rung: Option<&str>,
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    beta: T,
    c: &mut [T],
) {
    let rung = rung_of(rung);
    let sizes = Sizes { rows: a.rows, inner: a.columns, columns: b.columns };
    if c.is_empty() {
        return;
    }
    if sizes.inner == 0 {
        let scaled = |old: T| if beta == T::zero() { beta } else { beta * old };
        return c.iter_mut().for_each(|number| *number = scaled(*number));
    }
    let plan = Plan::of(sizes, rung.lanes, a.row_step, b.column_step);
    planned(rung, plan, a, b, beta, c);
}

/// The product as planned. No size is 0.
#[allow(unsafe_code)]
fn planned<T: Rungs>(
    rung: &Rung<T>,
    plan: Plan,
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    beta: T,
    c: &mut [T],
) {
    let sizes = Sizes { rows: a.rows, inner: a.columns, columns: b.columns };
    let c = View { numbers: c.as_mut_ptr(), row_step: 1, column_step: sizes.rows };
    let work = Work { sizes, a: a.view(), b: b.view(), beta, c };
    // Sound: the rung was asked whether it runs here. Each operand borrows rows x
    // columns numbers and its steps address exactly those (`of` compares the two,
    // `turned` exchanges rows with columns, `some_columns` borrows from the first of
    // some to the end, and nothing else makes one); c is borrowed
    // mutably, so it overlaps neither, and its length is rows x columns too.
    unsafe { blocks::product(rung, plan, work) }
}

// Too slow without the optimizer, and it is what the optimizer makes that has to be
// right: `tests/product.rs` compiles these.
#[cfg(all(test, not(debug_assertions)))]
mod tests;
