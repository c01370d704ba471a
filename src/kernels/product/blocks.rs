//! The order of the work: block after block, strip after strip.

use super::buffer;
use super::pack::{self, Block};
use super::plan::{self, Plan, Sizes};
use super::rungs::{Rung, Rungs};
use super::tile::Strip;

/// An operand or the result: where its numbers begin and the steps between them.
#[derive(Clone, Copy)]
pub(super) struct View<P> {
    pub numbers: P,
    pub row_step: usize,
    pub column_step: usize,
}

impl<P> View<P> {
    fn turned(self) -> Self {
        let Self { numbers, row_step, column_step } = self;
        Self { numbers, row_step: column_step, column_step: row_step }
    }

    /// How far a place is from the first number.
    fn offset(&self, row: usize, column: usize) -> usize {
        row * self.row_step + column * self.column_step
    }
}

/// `C = A . B + beta C`.
#[derive(Clone, Copy)]
pub(super) struct Work<T> {
    pub sizes: Sizes,
    pub a: View<*const T>,
    pub b: View<*const T>,
    pub beta: T,
    pub c: View<*mut T>,
}

// ANCHOR: blocks
/// Computes a product.
///
/// # Safety
///
/// The machine can run the rung. No size is 0. The views with the work's sizes name
/// only numbers that may be read (A, B) or written (C, which overlaps neither). C's
/// rows have step 1.
pub(super) unsafe fn product<T: Rungs>(rung: &Rung<T>, plan: Plan, work: Work<T>) {
    let Work { sizes, a, b, c, .. } = work;
    let work = match plan.turned {
        true => Work {
            sizes: sizes.turned(),
            a: b.turned(),
            b: a.turned(),
            c: c.turned(),
            ..work
        },
        false => work,
    };
    let Work { sizes, a, .. } = work;
    let plan = Plan { packs: plan.packs || a.row_step != 1, ..plan };
    let tall = 2 * rung.lanes;
    let strips = if sizes.rows <= rung.lanes { rung.flat_strips } else { rung.strips };
    let part = plan::block(sizes, plan, tall, strips.len());
    let panels = match plan.packs {
        true => part.rows.next_multiple_of(tall) * part.inner,
        false => 0,
    };
    let aside = if plan.turned { part.rows * part.columns } else { 0 };
    buffer::lend(panels + aside, |room: *mut T| {
        for term in (0..sizes.inner).step_by(part.inner) {
            let inner = part.inner.min(sizes.inner - term);
            for row in (0..sizes.rows).step_by(part.rows) {
                let rows = part.rows.min(sizes.rows - row);
                // Sound: the block begins in A, and its rows and terms end there; the
                // room holds its panels and, after them, a strip of `rows` rows.
                unsafe {
                    let from = a.numbers.add(a.offset(row, term));
                    let mut strip = Strip {
                        lines: 1,
                        inner,
                        rows,
                        a: from,
                        a_inner: a.column_step,
                        a_line: 0,
                        b_line: 0,
                        a_tile: tall,
                        b: work.b.numbers.add(work.b.offset(term, 0)),
                        b_inner: work.b.row_step,
                        b_column: work.b.column_step,
                        c: work.c.numbers.add(work.c.offset(row, 0)),
                        c_column: work.c.column_step,
                        old: work.c.numbers.add(work.c.offset(row, 0)),
                        old_column: work.c.column_step,
                        beta: if term == 0 { work.beta } else { nalgebra::one() },
                    };
                    if plan.packs {
                        let (row_step, inner_step) = (a.row_step, a.column_step);
                        let block = Block { from, rows, row_step, inner, inner_step };
                        pack::pack(rung, block, tall, room);
                        let a_tile = tall * inner;
                        strip = Strip { a: room, a_inner: tall, a_tile, ..strip };
                    }
                    let aside =
                        plan.turned.then_some((room.add(panels), work.c.row_step));
                    each_strip(strips, sizes.columns, part.columns, strip, aside);
                }
            }
        }
    });
}
// ANCHOR_END: blocks

/// Computes a block of C, strip after strip. A turned one is computed aside, and then
/// put in its place: `aside` says where there is room, and the step between C's rows.
///
/// # Safety
///
/// `strip` stands on the first of `columns` columns that may be read in B and written
/// in C, whose rows lie one after the other, or `aside`, which has room for `part`
/// columns of `strip.rows` numbers. The machine can run the strips.
unsafe fn each_strip<T: Rungs>(
    strips: &[unsafe fn(&Strip<T>)],
    columns: usize,
    part: usize,
    mut strip: Strip<T>,
    aside: Option<(*mut T, usize)>,
) {
    let (b, c, beta) = (strip.b, strip.c, strip.beta);
    for column in (0..columns).step_by(part) {
        let wide = part.min(columns - column);
        // Sound: columns `column` to `column + wide` are among those vouched for; the
        // room aside holds `rows` times `part` numbers, and `wide <= part`.
        unsafe {
            strip.b = b.add(column * strip.b_column);
            if let Some((room, row_step)) = aside {
                let rows = strip.rows;
                let put =
                    Strip { c: room, c_column: rows, beta: nalgebra::zero(), ..strip };
                strips[wide - 1](&put);
                let to = c.add(column * strip.c_column);
                put_turned(room, (rows, wide), beta, (to, row_step), (to, row_step));
            } else {
                strip.c = c.add(column * strip.c_column);
                strip.old = strip.c;
                strips[wide - 1](&strip);
            }
        }
    }
}

/// `C = strip + beta old`, where the strip's rows are C's columns. `to` and `old` each
/// say where they begin, and the step from row to row.
///
/// # Safety
///
/// `from` holds `rows * columns` numbers. As many may be written at `to`, and where
/// `beta` is not 0 read at `old`: `columns` in a row, at each of `rows` multiples of
/// the step.
pub(super) unsafe fn put_turned<T: Rungs>(
    from: *const T,
    (rows, columns): (usize, usize),
    beta: T,
    (old, old_step): (*const T, usize),
    (to, step): (*mut T, usize),
) {
    for row in 0..rows {
        for column in 0..columns {
            // Sound: row and column stay below what the caller vouches for.
            unsafe {
                let sum = *from.add(column * rows + row);
                let old = old.add(row * old_step + column);
                let number =
                    if beta == nalgebra::zero() { sum } else { sum + beta * *old };
                *to.add(row * step + column) = number;
            }
        }
    }
}
