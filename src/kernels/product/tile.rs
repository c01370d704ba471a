//! The register tile: a small piece of C that never leaves the registers while the
//! inner dimension runs past it.

use std::hint::black_box;

use super::lanes::Lanes;

/// A column of tiles, from the top of a block to its bottom: what to multiply, where to
/// put it. All steps count numbers, not bytes.
#[derive(Clone, Copy)]
pub(super) struct Strip<T> {
    /// The length of the sums: so many lines of so many terms.
    pub lines: usize,
    pub inner: usize,
    /// Rows of A and of C.
    pub rows: usize,
    /// A: rows lie one after the other; from one term of a sum to the next.
    pub a: *const T,
    pub a_inner: usize,
    /// A and B: from behind the last term of a line to the first of the next.
    pub a_line: usize,
    pub b_line: usize,
    /// A: from the rows of one tile to those of the next.
    pub a_tile: usize,
    /// B: from one term to the next, and from one column to the next.
    pub b: *const T,
    pub b_inner: usize,
    pub b_column: usize,
    /// C: rows lie one after the other; from one column to the next.
    pub c: *mut T,
    pub c_column: usize,
    /// What is added to C, times beta; not read where beta is 0. Steps as in C: the old
    /// C itself, or one column for all.
    pub old: *const T,
    pub old_column: usize,
    pub beta: T,
}

/// Computes a strip `COLUMNS` wide, in tiles two registers tall.
///
/// # Safety
///
/// The machine has the instructions of `L`. The strip's `rows`, `lines`, `inner` and
/// `COLUMNS` and its steps name only numbers that may be read (A, B, the old C) or
/// written (C, which overlaps neither A nor B).
#[inline(always)]
pub(super) unsafe fn strip<L: Lanes, const COLUMNS: usize>(strip: &Strip<L::Number>) {
    let tall = 2 * L::COUNT;
    let (mut a, mut c, mut old) = (strip.a, strip.c, strip.old);
    let mut rows = strip.rows;
    // Sound: each tile takes the next rows of the strip and no more than are left;
    // `wrapping_add` because behind the last tile there is nothing to point at.
    unsafe {
        while rows >= tall {
            tile::<L, 2, COLUMNS, false>(strip, a, (c, old), tall);
            a = a.wrapping_add(strip.a_tile);
            c = c.wrapping_add(tall);
            old = old.wrapping_add(tall);
            rows -= tall;
        }
        if rows > L::COUNT {
            tile::<L, 2, COLUMNS, true>(strip, a, (c, old), rows);
        } else if rows > 0 {
            tile::<L, 1, COLUMNS, true>(strip, a, (c, old), rows);
        }
    }
}

/// The same for a strip no taller than one register, which may be wider.
///
/// # Safety
///
/// As [`strip`], and `rows` is at least 1 and at most `L::COUNT`.
#[inline(always)]
pub(super) unsafe fn flat_strip<L: Lanes, const COLUMNS: usize>(
    strip: &Strip<L::Number>,
) {
    // Sound: one tile of the strip's own rows.
    unsafe {
        tile::<L, 1, COLUMNS, true>(strip, strip.a, (strip.c, strip.old), strip.rows)
    }
}

// ANCHOR: tile
/// `TALL` registers by `COLUMNS` sums, `C = A . B + beta C`. When `RAGGED`, the last
/// register of a column is used in part.
#[inline(always)]
unsafe fn tile<
    L: Lanes,
    const TALL: usize,
    const COLUMNS: usize,
    const RAGGED: bool,
>(
    strip: &Strip<L::Number>,
    mut a: *const L::Number,
    (c, old): (*mut L::Number, *const L::Number),
    rows: usize,
) {
    // Sound: offsets into A and C stay below `rows`, those into B and C below `COLUMNS`
    // columns, those into A and B below `inner` terms of `lines` lines: what `strip`
    // vouches for.
    unsafe {
        let whole = |v: usize| !RAGGED || v + 1 < TALL;
        let last = rows - (TALL - 1) * L::COUNT;
        let mut sums = [[L::all(nalgebra::zero()); TALL]; COLUMNS];
        // Where columns 0, 4 and 8 of B begin. Opaque, or the compiler walks from each
        // column to the next, one addition after another, and the products wait for it.
        let quarter = |j: usize| match j < COLUMNS {
            true => strip.b.wrapping_add(black_box(j * strip.b_column)),
            false => strip.b,
        };
        let (mut b0, mut b4, mut b8) = (strip.b, quarter(4), quarter(8));
        for _ in 0..strip.lines {
            for _ in 0..strip.inner {
                let mut column = [L::all(nalgebra::zero()); TALL];
                for (v, part) in column.iter_mut().enumerate() {
                    let from = a.add(v * L::COUNT);
                    *part = if whole(v) {
                        L::load(from)
                    } else {
                        L::load_first(last, from)
                    };
                }
                for (j, sums) in sums.iter_mut().enumerate() {
                    let b = if j < 4 {
                        b0
                    } else if j < 8 {
                        b4
                    } else {
                        b8
                    };
                    let number = L::all(*b.add(j % 4 * strip.b_column));
                    for (sum, part) in sums.iter_mut().zip(column) {
                        *sum = sum.add_product(part, number);
                    }
                }
                a = a.wrapping_add(strip.a_inner);
                b0 = b0.wrapping_add(strip.b_inner);
                b4 = b4.wrapping_add(strip.b_inner);
                b8 = b8.wrapping_add(strip.b_inner);
            }
            a = a.wrapping_add(strip.a_line);
            b0 = b0.wrapping_add(strip.b_line);
            b4 = b4.wrapping_add(strip.b_line);
            b8 = b8.wrapping_add(strip.b_line);
        }
        let beta = L::all(strip.beta);
        for (j, sums) in sums.into_iter().enumerate() {
            for (v, mut sum) in sums.into_iter().enumerate() {
                if strip.beta != nalgebra::zero() {
                    let from = old.add(j * strip.old_column + v * L::COUNT);
                    let old = if whole(v) {
                        L::load(from)
                    } else {
                        L::load_first(last, from)
                    };
                    sum = sum.add_product(beta, old);
                }
                let to = c.add(j * strip.c_column + v * L::COUNT);
                if whole(v) { sum.store(to) } else { sum.store_first(last, to) }
            }
        }
    }
}
// ANCHOR_END: tile
