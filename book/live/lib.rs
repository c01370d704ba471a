//! The library in the page: the functions that a page's script calls through wasm.
//!
//! There are four laboratories: a network that learns spirals, made anew with
//! [`reset`]; optimizers that walk on a surface, made anew with [`walk_reset`]; what a
//! warp reads, asked by [`warp_run`]; and a product by tiles, computed by
//! [`tiles_run`]. Results that are more than one number lie in memory, where the page
//! reads them: an address from one function, a length from another, valid until the
//! next call that changes them.

pub mod lab;
#[cfg(test)]
mod rungs;
pub mod tiles;
pub mod walk;
pub mod warp;

use std::cell::RefCell;

use gradbook::gpu::Fault;
use lab::{Choice, Lab};
use tiles::Film;
use walk::Walks;
use warp::Request;

thread_local! {
    static LAB: RefCell<Option<Lab>> = const { RefCell::new(None) };
    static WALKS: RefCell<Option<Walks>> = const { RefCell::new(None) };
    static REQUEST: RefCell<Option<Request>> = const { RefCell::new(None) };
    static FILM: RefCell<Option<Film>> = const { RefCell::new(None) };
    static REPORT: RefCell<String> = const { RefCell::new(String::new()) };
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

fn walks<R>(otherwise: R, ask: impl FnOnce(&mut Walks) -> R) -> R {
    WALKS.with_borrow_mut(|walks| walks.as_mut().map_or(otherwise, ask))
}

/// Makes a surface anew on which nobody walks; see [`walk::Choice`]. Where x or y is
/// NaN the walks begin where the surface says.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_reset(
    surface: usize,
    x: f64,
    y: f64,
    momentum: f64,
    aspect: f64,
) {
    let choice = walk::Choice { surface, start: [x, y], momentum, aspect };
    WALKS.set(Some(Walks::new(choice)));
}

/// Lets an optimizer of [`walk::KINDS`] walk with this rate; 0 takes it out.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_choose(kind: usize, rate: f64) {
    walks((), |walks| walks.choose(kind, rate));
}

/// Makes so many more updates and returns how many there are now.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_step(count: usize) -> usize {
    walks(0, |walks| walks.step(count))
}

/// Where an optimizer's walk lies in memory: x, y, height as `f64`, the start first.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_trace(kind: usize) -> *const [f64; 3] {
    walks(std::ptr::null(), |walks| walks.trace(kind).as_ptr())
}

/// How many places its walk has; none if it does not walk.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_trace_len(kind: usize) -> usize {
    walks(0, |walks| walks.trace(kind).len())
}

/// How far it is from the nearest lowest place.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_distance(kind: usize) -> f64 {
    walks(f64::NAN, |walks| walks.distance(kind))
}

/// A rate at which the optimizer does well on this surface.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_rate(kind: usize) -> f64 {
    walks(0.0, |walks| walks.rate(kind))
}

/// Where the view lies in memory: x from and to, then y from and to.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_view() -> *const f64 {
    walks(std::ptr::null(), |walks| walks.view.as_ptr())
}

/// Where the start lies in memory: x, y.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_start() -> *const f64 {
    walks(std::ptr::null(), |walks| walks.start.as_ptr())
}

/// Where the lowest places lie in memory: x, y, one after another.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_lowest() -> *const [f64; 2] {
    walks(std::ptr::null(), |walks| walks.lowest.as_ptr())
}

/// How many lowest places there are.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_lowest_len() -> usize {
    walks(0, |walks| walks.lowest.len())
}

/// The height of the lowest places.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_least() -> f64 {
    walks(f64::NAN, |walks| walks.least())
}

/// Where the contours' heights lie in memory, lowest first.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_levels() -> *const f64 {
    walks(std::ptr::null(), |walks| walks.levels().as_ptr())
}

/// How many contours there are.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_levels_len() -> usize {
    walks(0, |walks| walks.levels().len())
}

/// Computes the heights of this many columns and rows over the view, and says where
/// they lie in memory, row by row from the least y.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn walk_heights(columns: usize, rows: usize) -> *const f64 {
    walks(std::ptr::null(), |walks| {
        walks.survey(columns, rows);
        walks.heights.as_ptr()
    })
}

/// Where the words that a function left for the page lie in memory, in UTF-8.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn report() -> *const u8 {
    REPORT.with_borrow(|words| words.as_ptr())
}

/// How many bytes they have.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn report_len() -> usize {
    REPORT.with_borrow(String::len)
}

/// Leaves these words for the page.
fn say(words: impl ToString) {
    REPORT.set(words.to_string());
}

/// Leaves the fault's words for the page, if there is one; 1 if there is none.
fn fine(fault: Option<&Fault>) -> usize {
    fault.inspect(|fault| say(fault)).is_none().into()
}

/// Lets a warp read; see [`warp::Choice`]. 0 if the device stopped: [`report`] says
/// why.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn warp_run(
    shared: usize,
    width: usize,
    stride: usize,
    offset: usize,
    padded: usize,
) -> usize {
    let (shared, padded) = (shared != 0, padded != 0);
    let request = warp::Choice { shared, width, stride, offset, padded }.run();
    let fine = fine(request.fault.as_ref());
    REQUEST.set(Some(request));
    fine
}

fn request<R>(otherwise: R, ask: impl FnOnce(&Request) -> R) -> R {
    REQUEST.with_borrow(|request| request.as_ref().map_or(otherwise, ask))
}

/// Where the first number that each of the 32 threads reads lies in memory.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn warp_places() -> *const u32 {
    request(std::ptr::null(), |request| request.places.as_ptr())
}

/// Where the five numbers of [`Request::counts`] lie in memory.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn warp_counts() -> *const u32 {
    request(std::ptr::null(), |request| request.counts.as_ptr())
}

/// The thread that stopped the device, or -1.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn warp_guilty() -> i32 {
    request(-1, |request| request.fault.as_ref().map_or(-1, |f| f.thread.x as i32))
}

/// Computes a product by tiles and the naive one; see [`tiles::Choice`]. 0 if the
/// device stopped: [`report`] says why.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn tiles_run(
    m: usize,
    k: usize,
    n: usize,
    tile: usize,
    missing: usize,
) -> usize {
    let film = Film::new(tiles::Choice { sizes: [m, k, n], tile, missing });
    let fine = fine(film.fault.as_ref());
    FILM.set(Some(film));
    fine
}

fn film<R>(otherwise: R, ask: impl FnOnce(&Film) -> R) -> R {
    FILM.with_borrow(|film| film.as_ref().map_or(otherwise, ask))
}

/// Where A lies in memory, row by row.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn tiles_a() -> *const f32 {
    film(std::ptr::null(), |film| film.a.as_ptr())
}

/// Where B lies in memory, row by row.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn tiles_b() -> *const f32 {
    film(std::ptr::null(), |film| film.b.as_ptr())
}

/// Where the records of the product by tiles lie in memory; see [`tiles::Record`].
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn tiles_records() -> *const tiles::Record {
    film(std::ptr::null(), |film| film.records.as_ptr())
}

/// How many records there are.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn tiles_records_len() -> usize {
    film(0, |film| film.records.len())
}

/// Where the loads of the naive product lie in memory.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn tiles_naive() -> *const tiles::Record {
    film(std::ptr::null(), |film| film.naive.as_ptr())
}

/// How many of them there are.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn tiles_naive_len() -> usize {
    film(0, |film| film.naive.len())
}

/// Where the device's two counts of global loads lie in memory: by tiles, and naive.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn tiles_loads() -> *const u32 {
    film(std::ptr::null(), |film| film.loads.as_ptr())
}

/// Where the block and the thread that stopped the device lie in memory; the first ones
/// if it was not stopped.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn tiles_guilty() -> *const u32 {
    film(std::ptr::null(), |film| film.guilty.as_ptr())
}
