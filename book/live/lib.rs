//! The library in the page: the functions that a page's script calls through wasm.
//!
//! There is one laboratory; the page makes it anew with [`reset`]. Results that are
//! more than one number lie in memory, where the page reads them: an address from one
//! function, a length from another, valid until the next call that trains or resets.

pub mod lab;

use std::cell::RefCell;

use lab::{Choice, Lab};

thread_local! {
    static LAB: RefCell<Option<Lab>> = const { RefCell::new(None) };
}

fn with<R>(otherwise: R, ask: impl FnOnce(&mut Lab) -> R) -> R {
    LAB.with_borrow_mut(|lab| lab.as_mut().map_or(otherwise, ask))
}

/// Makes a new laboratory and returns how many parameters its network has.
// Sound: the symbol's name is unique in this one library, here and below.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn reset(
    seed: u32,
    layers: usize,
    units: usize,
    activation: usize,
    cells: usize,
) -> usize {
    let choice = Choice { seed: seed.into(), layers, units, activation };
    LAB.set(Lab::new(choice, cells).ok());
    with(0, Lab::parameter_count)
}

/// Makes this many updates and returns the loss before the last of them.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn train(updates: usize, rate: f64) -> f32 {
    with(f32::NAN, |lab| lab.train(updates, rate).unwrap_or(f32::NAN))
}

/// The share of points classified right.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn accuracy() -> f32 {
    with(f32::NAN, |lab| lab.accuracy().unwrap_or(f32::NAN))
}

/// Where the points lie in memory: x, y, class as `f32`, one after another.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn points() -> *const f32 {
    with(std::ptr::null(), |lab| lab.points.as_ptr())
}

/// How many numbers lie there.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn points_len() -> usize {
    with(0, |lab| lab.points.len())
}

/// Where the cells' classes lie in memory, a byte each, row by row from the top.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn regions() -> *const u8 {
    with(std::ptr::null(), |lab| lab.regions.as_ptr())
}

/// Where the cells' certainties lie in memory, a byte each, as [`regions`].
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn certainty() -> *const u8 {
    with(std::ptr::null(), |lab| lab.certainty.as_ptr())
}

/// How many cells there are.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn regions_len() -> usize {
    with(0, |lab| lab.regions.len())
}
