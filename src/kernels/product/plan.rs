//! What is decided before a product starts: which operand stands along the registers,
//! what is copied first, how large the blocks are.

/// The sizes of a product: `rows x inner` times `inner x columns`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sizes {
    pub rows: usize,
    pub inner: usize,
    pub columns: usize,
}

impl Sizes {
    /// Of the product turned: `C' = B' . A'`.
    pub fn turned(self) -> Self {
        Self { rows: self.columns, columns: self.rows, ..self }
    }
}

// ANCHOR: plan
/// How a product is computed. Any plan gives the same numbers; they differ in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Plan {
    /// Compute `C' = B' . A'`: the columns of C run along the registers.
    pub turned: bool,
    /// Copy A (turned: B') into panels first. Always, when its rows are not neighbors.
    pub packs: bool,
}

impl Plan {
    /// Estimates the cycles of both ways to stand. A machine that multiplies two
    /// registers a cycle copies a number in a third of a cycle, eight by eight, and
    /// puts one number of a turned result in its place in a cycle.
    pub fn of(
        sizes: Sizes,
        lanes: usize,
        a_row_step: usize,
        b_column_step: usize,
    ) -> Self {
        let cycles = |sizes: Sizes, step: usize| {
            let products = sizes.rows.div_ceil(lanes) * sizes.columns * sizes.inner / 2;
            let copies = if step == 1 { 0 } else { sizes.rows * sizes.inner / 3 };
            products + copies
        };
        let plain = cycles(sizes, a_row_step);
        let turned = cycles(sizes.turned(), b_column_step) + sizes.rows * sizes.columns;
        let turned = turned < plain;
        let step = if turned { b_column_step } else { a_row_step };
        let sizes = if turned { sizes.turned() } else { sizes };
        // A matrix that already is one panel gains nothing from a copy.
        let reused = sizes.columns >= 128 && sizes.rows > 2 * lanes;
        Self { turned, packs: step != 1 || reused }
    }
}
// ANCHOR_END: plan

/// The longest sums kept in registers: a strip of B that long fits the first cache.
const LONGEST: usize = 512;
/// Numbers in a packed block of A: half of a second cache of 512 KB in `f32`.
const PACKED: usize = 64 * 1024;

/// The sizes of a block. How sums are cut depends on their length alone, and their
/// terms are added in order: the same result however rows and columns are shared out.
pub(super) fn block(sizes: Sizes, plan: Plan, tall: usize, widest: usize) -> Sizes {
    let inner = part(sizes.inner, LONGEST, 1);
    let rows = if plan.packs || plan.turned {
        part(sizes.rows, PACKED / inner, tall)
    } else {
        sizes.rows
    };
    Sizes { rows, inner, columns: part(sizes.columns, widest, 1) }
}

/// Splits `whole` into equal parts no longer than `most`, but for rounding up to a
/// multiple of `grain`. Gives the length of a part.
pub(super) fn part(whole: usize, most: usize, grain: usize) -> usize {
    let parts = whole.div_ceil(most.max(grain));
    whole.div_ceil(parts).next_multiple_of(grain)
}
