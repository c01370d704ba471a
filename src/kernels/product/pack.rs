//! Panels: a block of an operand, copied so that a tile reads it in a row.

use super::rungs::Rung;
use crate::real::Real;

/// How a block of A lies in memory before it is packed. All steps count numbers.
#[derive(Clone, Copy)]
pub(super) struct Block<T> {
    pub from: *const T,
    pub rows: usize,
    pub row_step: usize,
    pub inner: usize,
    pub inner_step: usize,
}

/// Copies a block of A into panels of `tall` rows, each with its `tall` numbers of a
/// term side by side, term after term. The last panel is as large as the others; what
/// is below its last row is left as it was.
///
/// # Safety
///
/// The block names only numbers that may be read; to `panels` as many may be written as
/// whole panels have; the two do not overlap; the machine can run the rung.
pub(super) unsafe fn pack<T: Real>(
    rung: &Rung<T>,
    block: Block<T>,
    tall: usize,
    panels: *mut T,
) {
    let Block { from, rows, row_step, inner, inner_step } = block;
    for (panel, first) in (0..rows).step_by(tall).enumerate() {
        let rows = tall.min(rows - first);
        // Sound: the rows from `first` on are the block's, and `panel` counts whole
        // panels of `tall * inner` numbers.
        unsafe {
            let from = from.add(first * row_step);
            let to = panels.add(panel * tall * inner);
            if row_step == 1 {
                for term in 0..inner {
                    let from = from.add(term * inner_step);
                    from.copy_to_nonoverlapping(to.add(term * tall), rows);
                }
            } else {
                let rows = Block { from, rows, ..block };
                turn(rung, rows, tall, to);
            }
        }
    }
}

/// One panel from rows that each lie in a row: eight by eight where the rung can, the
/// rest one by one.
///
/// # Safety
///
/// As [`pack`], for the one panel.
unsafe fn turn<T: Real>(rung: &Rung<T>, block: Block<T>, tall: usize, to: *mut T) {
    let Block { from, rows, row_step, inner, inner_step } = block;
    let eight = if inner_step == 1 { rung.turn_eight } else { None };
    // Sound: `row` and `term` stay below the block's; `turn_eight` gets eight of both.
    unsafe {
        for row in (0..rows).step_by(8) {
            let eight = if row + 8 <= rows { eight } else { None };
            for term in (0..inner).step_by(8) {
                let from = from.add(row * row_step + term * inner_step);
                let to = to.add(term * tall + row);
                match eight {
                    Some(turn_eight) if term + 8 <= inner => {
                        turn_eight(from, row_step, to, tall);
                    }
                    _ => {
                        for i in 0..8.min(rows - row) {
                            for l in 0..8.min(inner - term) {
                                let number = *from.add(i * row_step + l * inner_step);
                                *to.add(l * tall + i) = number;
                            }
                        }
                    }
                }
            }
        }
    }
}
