//! Memory for panels, kept by each thread from one product to the next.

use std::cell::RefCell;

use super::rungs::Rungs;

/// A line of the cache: memory made of them is aligned for every register.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[allow(dead_code)] [u8; 64]);

thread_local! {
    static LINES: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// Lends room for `count` numbers, zeros or whatever an earlier product left there. A
/// thread's first products allocate it, later ones find it large enough.
///
/// # Panics
///
/// When it is lent already: `with` must not ask for more.
pub(super) fn lend<T: Rungs, R>(count: usize, with: impl FnOnce(*mut T) -> R) -> R {
    let lines = (count * size_of::<T>()).div_ceil(size_of::<Line>());
    LINES.with_borrow_mut(|kept| {
        if kept.len() < lines {
            kept.resize(lines, Line([0; 64]));
        }
        with(kept.as_mut_ptr().cast())
    })
}
