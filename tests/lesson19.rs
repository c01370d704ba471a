//! Lesson 19: the laws of its exercises, the wrong answers we know, and the hints.
//!
//! `cargo test --test lesson19` judges `lessons/lesson19/exercises.rs`.

#[allow(unused_variables, reason = "a stub uses nothing yet")]
#[path = "../lessons/lesson19/exercises.rs"]
mod exercises;
#[path = "../lessons/lesson19/solutions.rs"]
mod solutions;

use std::collections::HashMap;
use std::pin::Pin;

use gradbook::Matrix;
use gradbook::gpu::simt::{Buffer, Simt, Thread};
use gradbook::gpu::{Access, Counters, Dim3, Fault, FaultKind, Space, Spot};
use harness::*;
use proptest::collection::vec;
use proptest::sample::select;

type Matrix64 = Matrix<f64>;
type Roofline = fn(f64, f64, [usize; 3], usize) -> [f64; 3];

/// A kernel under way: one thread of it.
type Running<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;
type Scale = for<'a> fn(Thread<'a>, Buffer, Buffer, usize, f32) -> Running<'a>;
type Transpose = for<'a> fn(Thread<'a>, Buffer, Buffer, usize, usize) -> Running<'a>;
type Product =
    for<'a> fn(Thread<'a>, Buffer, Buffer, Buffer, [usize; 3]) -> Running<'a>;
type Convolve =
    for<'a> fn(Thread<'a>, Buffer, [f32; 9], Buffer, [usize; 2]) -> Running<'a>;

/// Makes values of one type of the functions on the reader's page, each of which
/// returns a future of its own type. What stands behind them is handed on.
macro_rules! kernel {
    ($type:ty: $kernel:path $(, $more:expr)*) => {{
        let boxed: $type = |t, a, b, c, d| Box::pin($kernel(t, a, b, c, d $(, $more)*));
        boxed
    }};
}

fn main() -> std::process::ExitCode {
    let exercises = vec![roofline(), scale(), transpose(), product(), convolve()];
    harness::main(19, exercises)
}

// ---- 19.1: the roofline ------------------------------------------------------------

/// Numbers that are moved, tile by tile.
fn moved([m, k, n]: [usize; 3], tile: usize) -> f64 {
    let mut numbers = 0;
    for row in (0..m).step_by(tile) {
        for column in (0..n).step_by(tile) {
            let (height, width) = (tile.min(m - row), tile.min(n - column));
            numbers += height * k + k * width + height * width;
        }
    }
    numbers as f64
}

/// GFLOP/s that the memory allows.
fn slope(bandwidth: f64, size: [usize; 3], tile: usize) -> f64 {
    let operations = 2 * size.iter().product::<usize>();
    bandwidth * operations as f64 / (4.0 * moved(size, tile))
}

fn roofline() -> Box<dyn Check> {
    use wrong::{Roof, roof};
    let yours = exercises::roofline as Roofline;
    let ours = solutions::roofline as Roofline;
    const CASE: [&str; 4] = ["peak", "bandwidth", "[m, k, n]", "tile"];
    let speed = || positive_halves(9.0);
    let sizes = || [1..12_usize, 1..12, 1..12];
    let bytes = |f: Roofline, size: [usize; 3], tile: usize| {
        near(f(100.0, 20.0, size, tile)[1], 4.0 * moved(size, tile))
            .because("The second number, the bytes.")
    };
    Exercise::new("19.1", "roofline", yours, ours)
        .probe(|f| {
            let cases = [
                f(100.0, 20.0, [2, 3, 4], 2),
                f(5.0, 20.0, [2, 3, 4], 2),
                f(9.0, 20.0, [2, 3, 4], 2),
                f(1e6, 3.0, [7, 5, 11], 3),
                f(1.0, 3.0, [7, 5, 11], 20),
                f(20.0, 7.0, [8, 4, 12], 4),
                f(0.25, 0.5, [7, 5, 11], 4),
                f(1000.0, 3.0, [40, 41, 43], 20),
            ];
            cases.concat()
        })
        .law(
            "operations",
            "Each number of C takes k multiplications and k additions.",
            move |f| {
                given(&CASE[2..], (sizes(), 1..9_usize), |&(size, tile)| {
                    let operations = 2 * size.iter().product::<usize>();
                    near(f(100.0, 20.0, size, tile)[0], operations as f64)
                        .because("The first number, the operations.")
                })
            },
        )
        .law(
            "one_tile",
            "A tile as large as C: A and B are read once, and C is written once.",
            move |f| {
                let case = (sizes(), 0..5_usize)
                    .prop_map(|([m, k, n], more)| ([m, k, n], m.max(n) + more));
                given(&CASE[2..], case, |&(size, tile)| bytes(f, size, tile))
            },
        )
        .law(
            "full_tiles",
            "Two tiles in a row of tiles both read the same part of A.",
            move |f| {
                let case = ([1..4_usize, 1..8, 1..4], 1..5_usize)
                    .prop_map(|([m, k, n], tile)| ([m * tile, k, n * tile], tile));
                given(&CASE[2..], case, |&(size, tile)| bytes(f, size, tile))
            },
        )
        .law(
            "cut_tiles",
            "A tile at the edge is a tile too, but it reads only what is there.",
            move |f| {
                given(&CASE[2..], (sizes(), 1..9_usize), |&(size, tile)| {
                    bytes(f, size, tile)
                })
            },
        )
        .law(
            "memory_bound",
            "Far below the peak the memory decides: bandwidth times operations for \
             each byte.",
            move |f| {
                let case = (speed(), sizes(), 1..9_usize);
                given(&CASE[1..], case, |&(bandwidth, size, tile)| {
                    let expected = slope(bandwidth, size, tile);
                    near(f(8.0 * expected, bandwidth, size, tile)[2], expected)
                        .because("The third number, with a peak 8 times as high.")
                })
            },
        )
        .law(
            "compute_bound",
            "However fast the memory is, no product is faster than the peak.",
            move |f| {
                let case = (speed(), sizes(), 1..9_usize)
                    .prop_map(|(peak, size, tile)| (peak, 100.0 * peak, size, tile));
                given(&CASE, case, |&(peak, bandwidth, size, tile)| {
                    near(f(peak, bandwidth, size, tile)[2], peak)
                        .because("The third number.")
                })
            },
        )
        .law(
            "lower_of_two",
            "Of the peak and what the memory allows the lower is reached.",
            move |f| {
                let case = (speed(), speed(), sizes(), 1..9_usize);
                given(&CASE, case, |&(peak, bandwidth, size, tile)| {
                    let memory = slope(bandwidth, size, tile);
                    let expected = if memory < peak { memory } else { peak };
                    near(f(peak, bandwidth, size, tile)[2], expected)
                        .because("The third number.")
                })
            },
        )
        .wrong(
            "one_operation",
            |p, b, s, tile| roof(Roof { flops: 1, ..Roof::of(s, tile) }, p, b),
            "operations",
            "You count one operation for a multiplication and an addition. They are \
             two, even if one instruction does both.",
        )
        .wrong(
            "additions_between",
            |p, b, s, tile| {
                let [m, k, n] = s;
                let [_, bytes, _] = solutions::roofline(p, b, s, tile);
                let operations = (m * n * (2 * k - 1)) as f64;
                [operations, bytes, p.min(b * operations / bytes)]
            },
            "operations",
            "You count one addition fewer for each number of C. A sum begins at 0, \
             and the first product is added to it, too.",
        )
        .wrong(
            "numbers_not_bytes",
            |p, b, s, tile| roof(Roof { size: 1, ..Roof::of(s, tile) }, p, b),
            "one_tile",
            "You count numbers, and the bandwidth counts bytes: 4 for each.",
        )
        .wrong(
            "eight_bytes",
            |p, b, s, tile| roof(Roof { size: 8, ..Roof::of(s, tile) }, p, b),
            "one_tile",
            "You take 8 bytes for a number. These kernels work in `f32`: 4 bytes.",
        )
        .wrong(
            "c_forgotten",
            |p, b, s, tile| roof(Roof { c: 0, ..Roof::of(s, tile) }, p, b),
            "one_tile",
            "C is missing from your bytes: it has to be written, once.",
        )
        .wrong(
            "c_read_too",
            |p, b, s, tile| roof(Roof { c: 2, ..Roof::of(s, tile) }, p, b),
            "one_tile",
            "You count C twice. It is only written: the sums grow in registers.",
        )
        .wrong(
            "c_every_step",
            |p, b, s, tile| roof(Roof { c: s[1], ..Roof::of(s, tile) }, p, b),
            "one_tile",
            "You write C once for each step along k. The sums grow in registers, and \
             each is written once, at the end.",
        )
        .wrong(
            "no_reuse",
            |p, b, s, _| roof(Roof::of(s, 1), p, b),
            "one_tile",
            "You count as if each number of C read its row and its column alone. In \
             a tile, one number of A serves all columns of the tile.",
        )
        .wrong(
            "padded",
            |p, b, s, tile| {
                let [m, k, n] = s;
                let (down, along) = (m.div_ceil(tile), n.div_ceil(tile));
                let times = 2 * down * along * k * tile;
                roof(
                    Roof { of_a: 0, of_b: 0, more: times, ..Roof::of([m, k, n], tile) },
                    p,
                    b,
                )
            },
            "one_tile",
            "You let a tile at the edge read as much as a full one. It is smaller, \
             and reads only what is there.",
        )
        .wrong(
            "everything_once",
            |p, b, s, _| roof(Roof::of(s, 1 << 20), p, b),
            "full_tiles",
            "You count A and B once each. No block sees what another has read: each \
             column of tiles reads all of A again, each row of tiles all of B.",
        )
        .wrong(
            "all_for_each_tile",
            |p, b, s, tile| {
                let tiles = s[0].div_ceil(tile) * s[2].div_ceil(tile);
                roof(Roof { of_a: tiles, of_b: tiles, ..Roof::of(s, tile) }, p, b)
            },
            "full_tiles",
            "You read all of A and all of B for every tile of C. A tile needs only \
             its own rows of A and its own columns of B.",
        )
        .wrong(
            "wrong_matrix",
            |p, b, s, tile| {
                roof(
                    Roof {
                        of_a: s[0].div_ceil(tile),
                        of_b: s[2].div_ceil(tile),
                        ..Roof::of(s, tile)
                    },
                    p,
                    b,
                )
            },
            "full_tiles",
            "A is read again for each *column* of tiles, so `n` says how often. B is \
             read again for each row of tiles.",
        )
        .wrong(
            "rounded_down",
            |p, b, s, tile| {
                roof(
                    Roof {
                        of_a: (s[2] / tile).max(1),
                        of_b: (s[0] / tile).max(1),
                        ..Roof::of(s, tile)
                    },
                    p,
                    b,
                )
            },
            "cut_tiles",
            "Your division rounds down and loses the tiles at the edges. They read \
             too: round up, with `div_ceil`.",
        )
        .wrong(
            "nothing_for_small",
            |p, b, s, tile| {
                roof(
                    Roof { of_a: s[2] / tile, of_b: s[0] / tile, ..Roof::of(s, tile) },
                    p,
                    b,
                )
            },
            "one_tile",
            "Your division rounds down, so a tile larger than C reads nothing at \
             all, and tiles at the edges are lost. Round up, with `div_ceil`.",
        )
        .wrong(
            "parts_of_tiles",
            |p, b, s, tile| {
                let [m, k, n] = s.map(|side| side as f64);
                let times = |side: f64| (side / tile as f64).max(1.0);
                let bytes = 4.0 * (m * k * times(n) + k * n * times(m) + m * n);
                let operations = 2.0 * m * k * n;
                [operations, bytes, p.min(b * operations / bytes)]
            },
            "cut_tiles",
            "You count two and a half tiles in a row. The one at the edge is \
             narrower, but it reads its rows of A like any other: round up.",
        )
        .wrong(
            "peak_only",
            |p, b, s, tile| {
                let [operations, bytes, _] = solutions::roofline(p, b, s, tile);
                [operations, bytes, p]
            },
            "memory_bound",
            "You promise the peak to everybody. A kernel that does little with each \
             byte waits for the memory.",
        )
        .wrong(
            "slope_upside_down",
            |p, b, s, tile| {
                let [operations, bytes, _] = solutions::roofline(p, b, s, tile);
                [operations, bytes, p.min(b * bytes / operations)]
            },
            "memory_bound",
            "You multiply the bandwidth by bytes for each operation. What counts is \
             how many operations come with each byte: more of them, more speed.",
        )
        .wrong(
            "one_after_the_other",
            |p, b, s, tile| {
                let [operations, bytes, _] = solutions::roofline(p, b, s, tile);
                [operations, bytes, operations / (operations / p + bytes / b)]
            },
            "memory_bound",
            "You add the time of the memory to the time of the arithmetic. The \
             machine does both at once, so only the longer one counts.",
        )
        .wrong(
            "higher_of_two",
            |p, b, s, tile| {
                let [operations, bytes, _] = solutions::roofline(p, b, s, tile);
                [operations, bytes, p.max(b * operations / bytes)]
            },
            "memory_bound",
            "You take the higher of the two limits. Both hold, so the lower decides.",
        )
        .wrong(
            "no_bandwidth",
            |p, b, s, tile| {
                let [operations, bytes, _] = solutions::roofline(p, b, s, tile);
                [operations, bytes, p.min(operations / bytes)]
            },
            "memory_bound",
            "You compare the peak with operations for each byte. That is no speed \
             yet: so many bytes a second come, each with so many operations.",
        )
        .wrong(
            "time_not_speed",
            |p, b, s, tile| {
                let [operations, bytes, _] = solutions::roofline(p, b, s, tile);
                [operations, bytes, (operations / p).max(bytes / b)]
            },
            "memory_bound",
            "That is the time the product takes. The speed is the operations divided \
             by it.",
        )
        .wrong(
            "no_roof",
            |p, b, s, tile| {
                let [operations, bytes, _] = solutions::roofline(p, b, s, tile);
                [operations, bytes, b * operations / bytes]
            },
            "compute_bound",
            "Your line goes up without end. However little the memory has to do, no \
             kernel is faster than the peak.",
        )
        .wrong(
            "ridge_at_one",
            |p, b, s, tile| {
                let [operations, bytes, _] = solutions::roofline(p, b, s, tile);
                [
                    operations,
                    bytes,
                    if operations > bytes { p } else { p.min(b * operations / bytes) },
                ]
            },
            "memory_bound",
            "You give the peak to every kernel with more operations than bytes. The \
             two lines meet at `peak / bandwidth` operations for each byte.",
        )
        .wrong(
            "b_read_once",
            |p, b, s, tile| roof(Roof { of_b: 1, ..Roof::of(s, tile) }, p, b),
            "full_tiles",
            "You let A be read again and again, but B only once. Each row of tiles \
             reads all of B.",
        )
        .wrong(
            "one_tile_too_many",
            |p, b, s, tile| {
                let [of_b, _, of_a] = s.map(|side| side / tile + 1);
                roof(Roof { of_a, of_b, ..Roof::of(s, tile) }, p, b)
            },
            "one_tile",
            "`n / tile + 1` counts one tile too many where the tiles fit exactly: \
             round up with `div_ceil`.",
        )
        .wrong(
            "formula_for_full_tiles",
            |p, b, s, tile| {
                let [m, k, n] = s.map(|side| side as f64);
                let bytes = 4.0 * (2.0 * m * k * n / tile as f64 + m * n);
                let operations = 2.0 * m * k * n;
                [operations, bytes, p.min(b * operations / bytes)]
            },
            "one_tile",
            "`2 m k n / tile` is right where all tiles are full. A tile at the edge \
             is smaller, and gets less out of what it reads.",
        )
        .wrong(
            "padded_along_k",
            |p, b, s, tile| {
                let [down, steps, along] = s.map(|side| side.div_ceil(tile));
                let more = 2 * down * steps * along * tile * tile;
                roof(Roof { of_a: 0, of_b: 0, more, ..Roof::of(s, tile) }, p, b)
            },
            "one_tile",
            "You count full squares of tile by tile, also at the edges. There a \
             block reads only what is there.",
        )
        .wrong(
            "intensity",
            |p, b, s, tile| {
                let [operations, bytes, _] = solutions::roofline(p, b, s, tile);
                [operations, bytes, operations / bytes]
            },
            "memory_bound",
            "Your third number is the operations for each byte. Times the bandwidth \
             it is a speed; then compare it with the peak.",
        )
        .hint("Operations first: how many products are added up for one number of C?")
        .hint(
            "How many tiles of C lie side by side? Each of them reads its rows of A \
             anew, so all of A is read so many times. And B?",
        )
        .hint(
            "Numbers: `m * k * n.div_ceil(tile) + k * n * m.div_ceil(tile) + m * n`. \
             Each takes 4 bytes.",
        )
        .hint(
            "In one second the memory brings `bandwidth` bytes (times a billion), \
             and `operations / bytes` can be done with each. The lower of that speed \
             and the peak is the answer: `peak.min(...)`.",
        )
        .build()
}

// ---- Launches ----------------------------------------------------------------------

fn dim([x, y]: [usize; 2]) -> Dim3 {
    Dim3::from((x as u32, y as u32))
}

fn narrow(numbers: &[f64]) -> Vec<f32> {
    numbers.iter().map(|number| *number as f32).collect()
}

/// The mistake of a kernel, with the line in the reader's file.
fn faulted(fault: Fault) -> Mismatch {
    Mismatch::new(fault.to_string(), "a launch without a fault")
}

/// Tries a law on a few large cases, where a hundred would take too long.
fn each<V: Show>(names: &[&str], cases: &[V], law: impl Fn(&V) -> Outcome) -> Outcome {
    for case in cases {
        let named = |(name, part): (&&str, String)| (name.to_string(), part);
        let input = || names.iter().zip(case.parts()).map(named).collect();
        channel::trying(input);
        law(case).map_err(|mismatch| Mismatch { input: input(), ..mismatch })?;
    }
    Ok(())
}

/// Every number that the kernel was to write, row by row, `columns` in a row.
fn written(gpu: &Simt, buffer: Buffer, columns: usize) -> Result<Matrix64, Mismatch> {
    let numbers = gpu.read(buffer).map_err(|error| {
        Mismatch::new(error.to_string(), "every number of the output written")
    })?;
    let numbers = numbers.iter().map(|number| f64::from(*number));
    Ok(Matrix64::from_row_iterator(buffer.len() / columns, columns, numbers))
}

/// A budget: `3 loads of a thread`.
fn at_most(seen: u64, most: u64, what: &str) -> Outcome {
    if seen <= most {
        return Ok(());
    }
    Err(Mismatch::new(format!("{seen} {what}"), format!("at most {most}")))
}

/// The most numbers that any one thread read from global memory, or wrote, if that was
/// traced.
fn most_by_a_thread(gpu: &mut Simt) -> [u64; 2] {
    let mut counts: HashMap<(Dim3, Dim3), [u64; 2]> = HashMap::new();
    for event in gpu.take_events() {
        if !event.buffer.is_shared() {
            let count = counts.entry((event.block, event.thread)).or_default();
            count[usize::from(event.access == Access::Store)] += event.numbers as u64;
        }
    }
    [0, 1].map(|i: usize| counts.values().map(|count| count[i]).max().unwrap_or(0))
}

/// Each number read once and written once.
fn once(counters: &Counters, numbers: usize) -> Outcome {
    at_most(counters.global_loads, numbers as u64, "numbers read from global memory")?;
    at_most(counters.global_stores, numbers as u64, "numbers written to global memory")
}

/// The first `n` numbers as expected, and all behind them still as uploaded.
fn untouched(gpu: &Simt, buffer: Buffer, before: &[f32], n: usize) -> Outcome {
    let after = gpu.read(buffer).unwrap_or_default();
    let changed = (n..before.len()).find(|i| after.get(*i) != before.get(*i));
    let Some(i) = changed else { return Ok(()) };
    let seen = format!("number {i} of {} is now {}", before.len(), after[i]);
    Err(Mismatch::new(seen, format!("{} in it, as before", before[i])))
}

/// What a launch did, as numbers: its counts and its output, or its fault.
fn sample(
    gpu: &Simt,
    out: Buffer,
    launched: Result<Counters, Fault>,
    counts: impl Fn(Counters) -> Vec<u64>,
) -> Vec<f64> {
    match launched {
        Ok(counters) => {
            let counts = counts(counters).into_iter().map(|count| count as f64);
            let number = |number: Option<f32>| number.map_or(f64::NAN, f64::from);
            let numbers = gpu.peek(out).unwrap_or_default().into_iter().map(number);
            counts.chain(numbers).collect()
        }
        Err(Fault { kind, block, thread, .. }) => {
            // where in shared memory something lies is the reader's own choice
            let place_of = |space: Space, spot: Spot| match spot {
                Spot::Number { index, .. } if space == Space::Global => index as f64,
                _ => -1.0,
            };
            let kind = match kind {
                FaultKind::OutOfBounds { access, space, spot } => {
                    [1.0, f64::from(access as u8), place_of(space, spot)]
                }
                FaultKind::Race { access, space, spot, .. } => {
                    [2.0, f64::from(access as u8), place_of(space, spot)]
                }
                FaultKind::Unwritten { space, spot } => {
                    [3.0, 0.0, place_of(space, spot)]
                }
                FaultKind::DivergentBarrier { other_place, .. } => {
                    [4.0, f64::from(u8::from(other_place.is_some())), -1.0]
                }
                _ => [5.0, 0.0, -1.0],
            };
            let place = [block.x, block.y, thread.x, thread.y].map(f64::from);
            [&kind[..], &place].concat()
        }
    }
}

// ---- 19.2: the guarded map ---------------------------------------------------------

/// Numbers, a factor, the threads of a block, and blocks.
type Scaling = (Vec<f64>, f64, usize, usize);

const SCALING: [&str; 4] = ["x", "factor", "threads of a block", "blocks"];

/// As many blocks as it takes, and some to spare.
fn scaling(spare: std::ops::Range<usize>) -> impl Strategy<Value = Scaling> {
    let block = select(&[1, 2, 3, 5, 7, 8, 16, 32, 33][..]);
    let case = (vec(halves(), 1..40), halves_between(1.5, 9.0), block, spare);
    case.prop_map(|(x, factor, block, spare)| {
        let blocks = x.len().div_ceil(block) + spare;
        (x, factor, block, blocks)
    })
}

/// Runs the kernel, with this many numbers more in both buffers.
fn scaled(f: Scale, case: &Scaling, behind: usize) -> Result<Counters, Mismatch> {
    let (x, factor, block, blocks) = case;
    let mut gpu = Simt::new();
    let n = x.len();
    let expected: Vec<f64> = x.iter().map(|x| factor * x).collect();
    let inputs = [narrow(x), vec![77.0; behind]].concat();
    let x = gpu.upload(&inputs);
    let before = vec![-1000.0; n + behind];
    let y = if behind > 0 { gpu.upload(&before) } else { gpu.alloc(n) };
    let factor = *factor as f32;
    let launched = gpu.launch("scale", dim([*blocks, 1]), dim([*block, 1]), |t| {
        f(t, x, y, n, factor)
    });
    let counters = launched.map_err(faulted)?;
    near_slice(&written(&gpu, y, 1)?.as_slice()[..n], expected)?;
    untouched(&gpu, y, &before, n)?;
    untouched(&gpu, x, &inputs, 0).because("The input has changed.")?;
    Ok(counters)
}

/// The fewest requests and sectors in which the warps can read `n` numbers in a row.
fn fewest(n: usize, block: usize, blocks: usize) -> [u64; 2] {
    let mut fewest = [0, 0];
    for block_start in (0..blocks).map(|number| number * block) {
        for start in (block_start..block_start + block).step_by(32) {
            let end = (start + 32).min(block_start + block).min(n);
            if start < end {
                fewest[0] += 1;
                fewest[1] += ((end - 1) / 8 - start / 8 + 1) as u64;
            }
        }
    }
    fewest
}

fn scale() -> Box<dyn Check> {
    use wrong::ScaleSlip as Slip;
    let yours = kernel!(Scale: exercises::scale);
    let ours = kernel!(Scale: solutions::scale);
    macro_rules! slip {
        ($slip:ident) => {
            kernel!(Scale: wrong::scale, Slip::$slip)
        };
    }
    Exercise::new("19.2", "scale", yours, ours)
        .probe(|f| {
            let cases = [
                (6, 3, 2, 6),
                (5, 2, 4, 5),
                (5, 4, 2, 16),
                (40, 32, 2, 70),
                // too few threads: how much does one do?
                (9, 1, 1, 9),
            ];
            let mut all = Vec::new();
            for (n, block, blocks, len) in cases {
                let mut gpu = Simt::new();
                let x: Vec<f32> = (0..len).map(|i| (3 * i + 1) as f32).collect();
                let (x, y) = (gpu.upload(&x), gpu.alloc(len));
                let launched =
                    gpu.launch("scale", blocks, block, |t| f(t, x, y, n, 7.0));
                all.extend(sample(&gpu, y, launched, |c| {
                    vec![
                        c.global_loads,
                        c.global_stores,
                        c.global_load_requests,
                        c.global_store_requests,
                        c.global_load_sectors,
                        c.global_store_sectors,
                    ]
                }));
            }
            all
        })
        .law(
            "whole_blocks",
            "With as many threads as numbers, each number is mapped.",
            |f| {
                let case = scaling(0..1).prop_map(|(x, factor, block, _)| {
                    let blocks = x.len().div_ceil(block).min(3);
                    let n = block * blocks;
                    let x = x.into_iter().cycle().take(n).collect();
                    (x, factor, block, blocks)
                });
                given(&SCALING, case, |case| scaled(f, case, 0).map(|_| ()))
            },
        )
        .law(
            "threads_to_spare",
            "A thread that has no number of its own does nothing.",
            |f| given(&SCALING, scaling(0..3), |case| scaled(f, case, 0).map(|_| ())),
        )
        .law(
            "longer_buffers",
            "The buffers may hold more than `n` numbers; the others stay as they were.",
            |f| {
                let case = (scaling(1..3), 0..3_usize, 1..9_usize).prop_map(
                    |((mut x, factor, block, blocks), none, behind)| {
                        // now and then there is nothing to do
                        x.truncate(if none == 1 { 0 } else { x.len() });
                        (x, factor, block, blocks, behind)
                    },
                );
                let names = [&SCALING[..], &["numbers behind"]].concat();
                given(&names, case, |(x, factor, block, blocks, behind)| {
                    let case = (x.clone(), *factor, *block, *blocks);
                    scaled(f, &case, *behind).map(|_| ())
                })
            },
        )
        .law("once", "Each number is read once and written once.", |f| {
            given(&SCALING, scaling(0..3), |case| {
                once(&scaled(f, case, 0)?, case.0.len())
            })
        })
        .law(
            "neighbors",
            "Neighboring threads take neighboring numbers, so that a warp needs few \
             sectors of memory at a time.",
            |f| {
                given(&SCALING, scaling(0..3), |case| {
                    let c = scaled(f, case, 0)?;
                    let (x, _, block, blocks) = case;
                    let [requests, sectors] = fewest(x.len(), *block, *blocks);
                    at_most(c.global_load_requests, requests, "reads of a warp")?;
                    at_most(c.global_store_requests, requests, "writes of a warp")?;
                    at_most(c.global_load_sectors, sectors, "sectors read")?;
                    at_most(c.global_store_sectors, sectors, "sectors written")
                })
            },
        )
        .wrong(
            "no_guard",
            slip!(NoGuard),
            "threads_to_spare",
            "The last block has threads to spare, and yours read and write past the \
             end. Only a thread with `i < n` may do something.",
        )
        .wrong(
            "guard_too_late",
            slip!(GuardLate),
            "threads_to_spare",
            "One thread too many: the numbers are 0 to n - 1, so `i <= n` lets \
             number n in. Take `i < n`.",
        )
        .wrong(
            "guard_too_early",
            slip!(GuardEarly),
            "whole_blocks",
            "The last number is left out: your guard stops one thread too early.",
        )
        .wrong(
            "read_before_guard",
            slip!(ReadFirst),
            "threads_to_spare",
            "You guard the write, but the read comes before the guard, and a spare \
             thread reads past the end.",
        )
        .wrong(
            "clamped",
            slip!(Clamped),
            "threads_to_spare",
            "You send every spare thread to the last number. They all write it, and \
             that is a race, even with equal values. A spare thread does nothing.",
        )
        .wrong(
            "by_length",
            slip!(ByLength),
            "longer_buffers",
            "You compare with the length of the buffer. Only the first `n` numbers \
             are yours: compare with `n`.",
        )
        .wrong(
            "full_blocks_only",
            slip!(FullBlocksOnly),
            "threads_to_spare",
            "You skip a block as soon as one of its threads has nothing to do. The \
             others in it still have: guard each thread, not the block.",
        )
        .wrong(
            "barrier_in_guard",
            slip!(BarrierInGuard),
            "threads_to_spare",
            "Your barrier stands behind the guard, so spare threads never come to \
             it. No thread needs another here: no barrier at all.",
        )
        .wrong(
            "block_forgotten",
            slip!(BlockForgotten),
            "whole_blocks",
            "Every block starts at number 0 again. Count the threads of the blocks \
             before: `block_x() * block_dim_x()`.",
        )
        .wrong(
            "grid_for_block",
            slip!(GridForBlock),
            "whole_blocks",
            "You multiply the block's number by the number of blocks. Before block b \
             come b blocks, each with `block_dim_x()` threads.",
        )
        .wrong(
            "everybody_does_all",
            slip!(Everybody),
            "whole_blocks",
            "Each thread writes all numbers, and all at once: a race. There is a \
             thread for each number, so the loop is already there: it is the grid.",
        )
        .wrong(
            "in_place",
            slip!(InPlace),
            "whole_blocks",
            "You write the result over x. It belongs into y.",
        )
        .wrong(
            "copied",
            slip!(Copied),
            "whole_blocks",
            "You copy the numbers: multiply each by `factor`.",
        )
        .wrong(
            "by_way_of_y",
            slip!(Twice),
            "once",
            "You copy to y first, and then read and write it again. The way to \
             memory and back is the slow part: read once, compute, write once.",
        )
        .wrong(
            "block_of_32",
            slip!(BlockOf32),
            "whole_blocks",
            "You count 32 threads for each block. A block may have another size: ask \
             `block_dim_x()`.",
        )
        .wrong(
            "others_set_to_zero",
            slip!(ZeroRest),
            "longer_buffers",
            "Your spare threads write a 0 behind the first `n` numbers. They have \
             nothing to do there: nothing else is to be written.",
        )
        .wrong(
            "several_each",
            slip!(Several),
            "neighbors",
            "A thread of yours takes several numbers in a row, so what a warp reads \
             at one time lies far apart. One number for each thread.",
        )
        .wrong(
            "strided",
            slip!(Strided),
            "neighbors",
            "Neighboring threads of yours take numbers far apart, so each needs a \
             sector of its own. Let i grow by 1 from thread to thread.",
        )
        .wrong(
            "one_thread",
            slip!(OneThread),
            "neighbors",
            "The first thread of a block does the work of all, while the others \
             wait. Give each thread its own number.",
        )
        .hint(
            "What number has the first thread of block b, if blocks 0 to b - 1 are \
             full?",
        )
        .hint(
            "`let i = t.block_x() * t.block_dim_x() + t.thread_x();`. And what does \
             a thread do whose i is n or more?",
        )
        .hint(
            "`if i < n { ... }` around everything: the read `t.load(x, i)` as well \
             as the write `t.store(y, i, ...)`.",
        )
        .build()
}

// ---- 19.3: the transpose -----------------------------------------------------------

/// Rows and columns of the matrix, rows of threads in a block, and blocks to spare in
/// each direction.
type Turning = (usize, usize, usize, usize);

const TURNING: [&str; 4] = ["rows", "columns", "rows of threads", "spare blocks"];
const SIDE: usize = 32;

/// The fewest sectors that hold all rows of a matrix, each cut into tiles.
fn fewest_by_rows(rows: usize, columns: usize) -> u64 {
    let rows = (0..rows).map(|row| row * columns);
    let parts = rows.flat_map(|row| {
        (0..columns).step_by(SIDE).map(move |left| {
            let (start, end) = (row + left, row + (left + SIDE).min(columns));
            (end - 1) / 8 - start / 8 + 1
        })
    });
    parts.sum::<usize>() as u64
}

/// A matrix with any sides, and any rows of threads.
fn any_sides(spare: std::ops::Range<usize>) -> impl Strategy<Value = Turning> {
    let side = || select(&[1, 2, 3, 5, 7, 13, 31, 32, 33, 37][..]);
    (side(), side(), select(&[1, 2, 3, 5, 8][..]), spare)
}

fn turned(f: Transpose, case: Turning, behind: usize) -> Result<Counters, Mismatch> {
    turned_on(&mut Simt::new(), f, case, behind)
}

/// Runs the kernel, with this many numbers more in both buffers.
fn turned_on(
    gpu: &mut Simt,
    f: Transpose,
    case: Turning,
    behind: usize,
) -> Result<Counters, Mismatch> {
    let (rows, columns, threads, spare) = case;
    let numbers = rows * columns;
    let entry = |row: usize, column: usize| (1 + row * columns + column) as f64;
    let mut inputs: Vec<f32> = (0..numbers).map(|i| (1 + i) as f32).collect();
    inputs.extend(vec![-7.0; behind]);
    let x = gpu.upload(&inputs);
    let before = vec![-1000.0; numbers + behind];
    let y = if behind > 0 { gpu.upload(&before) } else { gpu.alloc(numbers) };
    let grid = [columns.div_ceil(SIDE) + spare, rows.div_ceil(SIDE) + spare];
    let launched = gpu.launch("transpose", dim(grid), dim([SIDE, threads]), |t| {
        f(t, x, y, rows, columns)
    });
    let counters = launched.map_err(faulted)?;
    let seen = written(gpu, y, 1)?;
    let seen = Matrix64::from_row_slice(columns, rows, &seen.as_slice()[..numbers]);
    near_matrix(seen, Matrix64::from_fn(columns, rows, |c, r| entry(r, c)))?;
    untouched(gpu, y, &before, numbers)?;
    untouched(gpu, x, &inputs, 0).because("The input has changed.")?;
    Ok(counters)
}

fn transpose() -> Box<dyn Check> {
    use wrong::TransposeSlip as Slip;
    let yours = kernel!(Transpose: exercises::transpose);
    let ours = kernel!(Transpose: solutions::transpose);
    macro_rules! slip {
        ($slip:ident) => {
            kernel!(Transpose: wrong::transpose, Slip::$slip)
        };
    }
    Exercise::new("19.3", "transpose", yours, ours)
        .probe(|f| {
            // small ones: every wrong answer is asked many times
            let cases = [
                (3, 35, 8, [2, 1]),
                (35, 2, 1, [1, 2]),
                (31, 4, 3, [1, 1]),
                (32, 9, 4, [1, 1]),
            ];
            let mut all = Vec::new();
            for (rows, columns, threads, grid) in cases {
                let mut gpu = Simt::new();
                gpu.trace(true);
                let len = rows * columns;
                let x: Vec<f32> = (0..len).map(|i| i as f32).collect();
                let (x, y) = (gpu.upload(&x), gpu.alloc(len));
                let launched =
                    gpu.launch("transpose", dim(grid), dim([SIDE, threads]), |t| {
                        f(t, x, y, rows, columns)
                    });
                all.extend(sample(&gpu, y, launched, |c| {
                    vec![
                        c.global_loads,
                        c.global_stores,
                        c.global_load_sectors,
                        c.global_store_sectors,
                        c.bank_conflicts,
                    ]
                }));
                all.extend(most_by_a_thread(&mut gpu).map(|most| most as f64));
            }
            all
        })
        .law("one_tile", "A matrix of one full tile is turned over.", |f| {
            let cases = [1, 2, 4, 16, 32].map(|threads| (SIDE, SIDE, threads, 0));
            each(&TURNING, &cases, |case| turned(f, *case, 0).map(|_| ()))
        })
        .law(
            "many_tiles",
            "The tile in row r, column c of tiles goes to row c, column r.",
            |f| {
                let sides = [(1, 2), (2, 1), (2, 2), (3, 1)];
                let cases = sides.map(|(r, c)| (r * SIDE, c * SIDE, 8, 0));
                each(&TURNING, &cases, |case| turned(f, *case, 0).map(|_| ()))
            },
        )
        .law(
            "cut_tiles",
            "Tiles at the edges may be cut, and rows of threads may be any number.",
            |f| {
                given(&TURNING, any_sides(0..1), |case| turned(f, *case, 0).map(|_| ()))
            },
        )
        .law(
            "to_spare",
            "Blocks to spare do nothing, and what lies behind the matrix stays.",
            |f| {
                given(&TURNING, any_sides(0..2), |case| {
                    turned(f, *case, 40).map(|_| ())
                })
            },
        )
        .law("once", "Each number is read once and written once.", |f| {
            given(&TURNING, any_sides(0..1), |case| {
                once(&turned(f, *case, 0)?, case.0 * case.1)
            })
        })
        .law(
            "reads_neighbors",
            "A warp reads 32 neighbors: 4 sectors of memory, not 32.",
            |f| {
                given(&TURNING, any_sides(0..1), |case| {
                    let sectors = turned(f, *case, 0)?.global_load_sectors;
                    at_most(sectors, fewest_by_rows(case.0, case.1), "sectors read")
                })
            },
        )
        .law(
            "writes_neighbors",
            "A warp writes 32 neighbors: 4 sectors of memory, not 32.",
            |f| {
                given(&TURNING, any_sides(0..1), |case| {
                    let sectors = turned(f, *case, 0)?.global_store_sectors;
                    at_most(sectors, fewest_by_rows(case.1, case.0), "sectors written")
                })
            },
        )
        .law(
            "no_bank_conflict",
            "The threads of a warp never want two numbers of one bank.",
            |f| {
                given(&TURNING, any_sides(0..1), |case| {
                    let c = turned(f, *case, 0)?;
                    at_most(c.bank_conflicts, 0, "extra passes through the banks")
                })
            },
        )
        .law(
            "everybody_works",
            "All rows of threads share the work: of 32 rows, each takes its part.",
            |f| {
                given(&TURNING, any_sides(0..1), |case| {
                    let mut gpu = Simt::new();
                    gpu.trace(true);
                    turned_on(&mut gpu, f, *case, 0)?;
                    let most = SIDE.div_ceil(case.2) as u64;
                    let [loads, stores] = most_by_a_thread(&mut gpu);
                    at_most(loads, most, "numbers read by one thread")?;
                    at_most(stores, most, "numbers written by one thread")
                })
            },
        )
        .wrong(
            "no_barrier",
            slip!(NoBarrier),
            "one_tile",
            "Nothing makes a thread wait until the others have filled the tile. Put \
             a barrier between the last write to the tile and the first read.",
        )
        .wrong(
            "one_number_each",
            slip!(OneEach),
            "one_tile",
            "Each thread of yours moves one number. A block has fewer rows of \
             threads than the tile has rows: go on, `block_dim_y()` rows further each \
             time.",
        )
        .wrong(
            "everybody_does_all",
            slip!(Everybody),
            "one_tile",
            "Every row of threads moves all rows of the tile, so that several \
             threads write each number. Step by `block_dim_y()`, starting at \
             `thread_y()`.",
        )
        .wrong(
            "copied",
            slip!(Copied),
            "one_tile",
            "Your tile is not turned: it is read back as it was written. Read it \
             with row and column exchanged.",
        )
        .wrong(
            "tile_not_turned_to",
            slip!(PlaceKept),
            "many_tiles",
            "Each tile is turned over, but stays where it was. The tile in row r, \
             column c of tiles goes to row c, column r.",
        )
        .wrong(
            "rows_too_long",
            slip!(StrideKept),
            "many_tiles",
            "The output has `columns` rows of `rows` numbers each. You put row c at \
             `c * columns`; it begins at `c * rows`.",
        )
        .wrong(
            "tile_as_high_as_block",
            slip!(LowTile),
            "many_tiles",
            "You count `block_dim_y()` rows for a tile. A tile has 32, however many \
             rows of threads work on it.",
        )
        .wrong(
            "no_guard",
            slip!(NoGuard),
            "cut_tiles",
            "At the edges a tile reaches past the matrix. Read only where the row is \
             below `rows` and the column below `columns`.",
        )
        .wrong(
            "no_guard_for_writing",
            slip!(NoWriteGuard),
            "cut_tiles",
            "You guard the read, but not the write. Parts of the tile that were \
             never filled must not be used either.",
        )
        .wrong(
            "guard_of_the_other_half",
            slip!(SameGuard),
            "cut_tiles",
            "For the write you ask whether the number that this thread *read* is \
             inside. It now writes another one: ask for that one.",
        )
        .wrong(
            "not_all_at_the_barrier",
            slip!(EarlyReturn),
            "cut_tiles",
            "Threads outside the matrix never come to the barrier: they returned \
             before it, or it stands behind a guard. Guard the reads and the writes; \
             all threads pass the barrier.",
        )
        .wrong(
            "rows_of_threads_fixed",
            slip!(EightRows),
            "one_tile",
            "You step by a fixed number of rows. A block may have any number of rows \
             of threads: ask `block_dim_y()`.",
        )
        .wrong(
            "blocks_swapped",
            slip!(BlocksSwapped),
            "many_tiles",
            "You take the row of tiles from `block_x()`. x runs along the columns of \
             the input, so `block_y()` chooses the row.",
        )
        .wrong(
            "turns_rounded_down",
            slip!(RoundedDown),
            "cut_tiles",
            "You take `32 / block_dim_y()` turns, rounded down. With 5 rows of \
             threads there are 7 turns, the last one short.",
        )
        .wrong(
            "barrier_in_the_loop",
            slip!(BarrierInLoop),
            "cut_tiles",
            "Your barrier stands in the loop. With 5 rows of threads some take 7 \
             turns and some 6: they part. One barrier, after the loop.",
        )
        .wrong(
            "read_twice",
            slip!(Twice),
            "once",
            "You read numbers of x more than once. What is in the tile or in a \
             variable need not be fetched again.",
        )
        .wrong(
            "guard_by_index",
            slip!(IndexGuard),
            "once",
            "Your guard looks at the index alone. Past the end of a row it reads the \
             next row, which is another block's: ask for row and column.",
        )
        .wrong(
            "reads_a_column",
            slip!(ReadsColumn),
            "reads_neighbors",
            "Your warp reads down a column of x: 32 numbers in 32 sectors. Let \
             `thread_x()` choose the column, and turn inside the tile.",
        )
        .wrong(
            "writes_a_column",
            slip!(WritesColumn),
            "writes_neighbors",
            "Your warp writes down a column of y: 32 numbers in 32 sectors. For the \
             write let `thread_x()` choose the column of y, and take the number from \
             the tile, where another thread has put it.",
        )
        .wrong(
            "no_padding",
            slip!(NoPadding),
            "no_bank_conflict",
            "A column of your tile lies in one bank: 32 numbers, 32 passes. Make the \
             rows of the tile 33 long; then a column meets all banks.",
        )
        .wrong(
            "padding_of_two",
            slip!(PaddedByTwo),
            "no_bank_conflict",
            "A column of your tile meets only every second bank, twice each, as with \
             rows of 34 numbers. Make the rows 33 long: an odd step meets all banks.",
        )
        .wrong(
            "first_row_does_all",
            slip!(FirstRow),
            "everybody_works",
            "Your first row of threads does all the work, and the others watch. \
             Start at `thread_y()` and step by `block_dim_y()`.",
        )
        .hint(
            "A thread may read one number and write another. Which number should it \
             read so that its neighbors in the warp read neighbors? And write?",
        )
        .hint(
            "Two loops with a barrier between: the first fills the tile row by row, \
             the second reads it column by column and writes rows of y.",
        )
        .hint(
            "Both loops: `for line in (t.thread_y()..32).step_by(t.block_dim_y())`. \
             In the second, `thread_x()` is the row of x in its tile, and `line` the \
             column.",
        )
        .hint(
            "In a tile with rows of 32 a column lies in one bank. With \
             `t.shared(\"tile\", 32 * 33)` and entry (row, column) at `row * 33 + \
             column` it lies in 32.",
        )
        .build()
}

// ---- 19.4: the product -------------------------------------------------------------

/// A and B, the side of a block, and blocks to spare in each direction.
type Multiplying = (Matrix64, Matrix64, usize, usize);

const MULTIPLYING: [&str; 4] = ["A", "B", "T", "spare blocks"];

/// A matrix of these numbers, over and over: to draw each anew would take longer than
/// all kernels.
fn filled(rows: usize, columns: usize, numbers: &[f64]) -> Matrix64 {
    let numbers = numbers.iter().copied().cycle().take(rows * columns);
    Matrix64::from_row_iterator(rows, columns, numbers)
}

/// The sizes come from the side of a block and three more numbers.
fn multiplying(
    size: impl Fn(usize, [usize; 3]) -> [usize; 3],
    spare: std::ops::Range<usize>,
) -> impl Strategy<Value = Multiplying> {
    let drawn = (1..5_usize, [1..9_usize, 1..9, 1..9], spare);
    let numbers = || vec(whole(-4..=4), 31);
    (drawn, numbers(), numbers()).prop_map(move |((side, sizes, spare), a, b)| {
        let [m, k, n] = size(side, sizes);
        (filled(m, k, &a), filled(k, n, &b), side, spare)
    })
}

fn any_size() -> impl Strategy<Value = Multiplying> {
    multiplying(|_, sizes| sizes, 0..1)
}

/// Whole tiles, this many in each direction at most.
fn whole_tiles_of_c(most: [usize; 3]) -> impl Strategy<Value = Multiplying> {
    let fold = move |side: usize, sizes: [usize; 3]| {
        std::array::from_fn(|i| side * (1 + (sizes[i] - 1) % most[i]))
    };
    multiplying(fold, 0..1)
}

fn by_rows(matrix: &Matrix64) -> Vec<f32> {
    narrow(matrix.transpose().as_slice())
}

/// Runs the kernel, with this many numbers more in all buffers.
fn multiply(
    gpu: &mut Simt,
    f: Product,
    (a, b, side, spare): &Multiplying,
    behind: usize,
) -> Result<(Matrix64, Counters), Mismatch> {
    let size @ [m, _, n] = [a.nrows(), a.ncols(), b.ncols()];
    let inputs = [a, b].map(|m| [by_rows(m), vec![f32::NAN; behind]].concat());
    let [a, b] = [0, 1].map(|i: usize| gpu.upload(&inputs[i]));
    let before = vec![-1000.0; m * n + behind];
    let c = if behind > 0 { gpu.upload(&before) } else { gpu.alloc(m * n) };
    let grid = [n.div_ceil(*side) + spare, m.div_ceil(*side) + spare];
    let launched =
        gpu.launch("product", dim(grid), dim([*side, *side]), |t| f(t, a, b, c, size));
    let counters = launched.map_err(faulted)?;
    let seen = written(gpu, c, 1)?;
    untouched(gpu, c, &before, m * n)?;
    Ok((Matrix64::from_row_slice(m, n, &seen.as_slice()[..m * n]), counters))
}

/// The most numbers that one thread reads, and the most that one writes.
fn most_for_a_product(f: Product, case: &Multiplying) -> Result<[u64; 2], Mismatch> {
    let mut gpu = Simt::new();
    gpu.trace(true);
    let (seen, _) = multiply(&mut gpu, f, case, 0)?;
    near_matrix(seen, &case.0 * &case.1)?;
    Ok(most_by_a_thread(&mut gpu))
}

/// The same as `multiply`, and the product is right.
fn multiplied(
    f: Product,
    case: &Multiplying,
    behind: usize,
) -> Result<Counters, Mismatch> {
    let (seen, counters) = multiply(&mut Simt::new(), f, case, behind)?;
    near_matrix(seen, &case.0 * &case.1)?;
    Ok(counters)
}

fn product() -> Box<dyn Check> {
    use wrong::ProductSlip as Slip;
    let yours = kernel!(Product: exercises::product);
    let ours = kernel!(Product: solutions::product);
    macro_rules! slip {
        ($slip:ident) => {
            kernel!(Product: wrong::product, Slip::$slip)
        };
    }
    Exercise::new("19.4", "product", yours, ours)
        .probe(|f| {
            // small ones: every wrong answer is asked many times
            let cases = [
                (2, [2, 2, 2]),
                (2, [2, 6, 4]),
                (3, [5, 4, 2]),
                (2, [4, 1, 3]),
                (6, [6, 6, 6]),
            ];
            let mut all = Vec::new();
            for (side, size @ [m, k, n]) in cases {
                let mut gpu = Simt::new();
                gpu.trace(true);
                let numbers = |len: usize, step: usize| {
                    (0..len).map(|i| (i * step % 11) as f32 - 4.0).collect::<Vec<f32>>()
                };
                let (a, b) =
                    (gpu.upload(&numbers(m * k, 3)), gpu.upload(&numbers(k * n, 5)));
                let c = gpu.alloc(m * n);
                let grid = [n.div_ceil(side), m.div_ceil(side)];
                let launched =
                    gpu.launch("product", dim(grid), dim([side, side]), |t| {
                        f(t, a, b, c, size)
                    });
                all.extend(sample(&gpu, c, launched, |c| {
                    let sectors = c.global_load_sectors + c.global_store_sectors;
                    vec![c.global_loads, c.global_stores, c.barriers, sectors]
                }));
                all.extend(most_by_a_thread(&mut gpu).map(|most| most as f64));
            }
            all
        })
        .law(
            "one_tile",
            "Two matrices of one full tile are multiplied, in one step.",
            |f| {
                given(&MULTIPLYING, whole_tiles_of_c([1, 1, 1]), |case| {
                    multiplied(f, case, 0).map(|_| ())
                })
            },
        )
        .law(
            "step_by_step",
            "A long A and a high B take several steps, and all of them add up.",
            |f| {
                given(&MULTIPLYING, whole_tiles_of_c([1, 3, 1]), |case| {
                    multiplied(f, case, 0).map(|_| ())
                })
            },
        )
        .law("many_tiles", "Each block computes a tile of C of its own.", |f| {
            given(&MULTIPLYING, whole_tiles_of_c([2, 2, 3]), |case| {
                multiplied(f, case, 0).map(|_| ())
            })
        })
        .law(
            "any_size",
            "Sizes need not be multiples of T, in none of the three directions.",
            |f| {
                given(&MULTIPLYING, any_size(), |case| {
                    multiplied(f, case, 0).map(|_| ())
                })
            },
        )
        .law(
            "long_sums",
            "However large k is: a block needs shared memory for two tiles only.",
            |f| {
                let (a, b) = (Matrix64::from_element(1, 5000, 1.0), [2.0; 5000]);
                let case = (a, Matrix64::from_column_slice(5000, 1, &b), 2, 0);
                multiplied(f, &case, 0)
                    .map(|_| ())
                    .because("A and B hold 5000 numbers each, and T is 2.")
            },
        )
        .law(
            "to_spare",
            "Blocks to spare write nothing, and what lies behind C stays.",
            |f| {
                let case = multiplying(|_, sizes| sizes, 0..3);
                given(&MULTIPLYING, case, |case| multiplied(f, case, 30).map(|_| ()))
            },
        )
        .law(
            "own_rows_and_columns",
            "An infinite number in A spoils one row of C, and one in B one column.",
            |f| {
                let names = [&MULTIPLYING[..3], &["infinite"]].concat();
                let case = (any_size(), 0..2_usize, 0..64_usize);
                let case = case.prop_map(|((mut a, mut b, side, _), which, at)| {
                    let matrix = [&mut a, &mut b].into_iter().nth(which);
                    let at = matrix.map(|m| {
                        let at = (at % m.nrows(), at / m.nrows() % m.ncols());
                        m[at] = f64::INFINITY;
                        at
                    });
                    (a, b, side, (["A", "B"][which], at.unwrap_or_default()))
                });
                given(&names, case, |(a, b, side, (which, (row, column)))| {
                    let mut seen = multiply(
                        &mut Simt::new(),
                        f,
                        &(a.clone(), b.clone(), *side, 0),
                        0,
                    )?
                    .0;
                    let mut expected = a * b;
                    for matrix in [&mut seen, &mut expected] {
                        match *which {
                            "A" => matrix.row_mut(*row).fill(0.0),
                            _ => matrix.column_mut(*column).fill(0.0),
                        }
                    }
                    near_matrix(seen, expected)
                        .because("What may be spoiled is shown as 0.")
                })
            },
        )
        .law(
            "written_once",
            "Each number of C is written once, by a thread of its own.",
            |f| {
                given(&MULTIPLYING, any_size(), |case| {
                    let numbers = (case.0.nrows() * case.1.ncols()) as u64;
                    let stores = multiplied(f, case, 0)?.global_stores;
                    at_most(stores, numbers, "numbers written to global memory")?;
                    let [_, most] = most_for_a_product(f, case)?;
                    at_most(most, 1, "numbers written by one thread")
                })
            },
        )
        .law(
            "few_loads",
            "In each step a thread reads at most two numbers from global memory.",
            |f| {
                given(&MULTIPLYING, any_size(), |case| {
                    let steps = case.0.ncols().div_ceil(case.2) as u64;
                    let [most, _] = most_for_a_product(f, case)?;
                    let what = format!("numbers read by one thread in {steps} steps");
                    at_most(most, 2 * steps, &what)
                })
            },
        )
        .law("two_barriers", "A step has at most two barriers.", |f| {
            given(&MULTIPLYING, any_size(), |case| {
                let barriers = multiplied(f, case, 0)?.barriers;
                let (a, b, side, _) = case;
                let tiles = |length: usize| length.div_ceil(*side) as u64;
                let blocks = tiles(a.nrows()) * tiles(b.ncols());
                let steps = tiles(a.ncols());
                let what =
                    format!("barriers for {blocks} blocks with {steps} steps each");
                at_most(barriers, 2 * blocks * steps, &what)
            })
        })
        .law(
            "neighbors",
            "Neighboring threads read and write neighbors: with T = 8 a sector holds \
             a row of a tile.",
            |f| {
                let cases = [[8, 8, 8], [8, 16, 16], [16, 8, 16], [16, 16, 8]];
                each(&["[m, k, n]"], &cases, |&[m, k, n]| {
                    let filled =
                        |rows, columns| Matrix64::from_element(rows, columns, 1.0);
                    let c = multiplied(f, &(filled(m, k), filled(k, n), 8, 0), 0)?;
                    let rows =
                        |rows: usize, columns: usize| (rows * columns / 8) as u64;
                    let reads =
                        rows(m, k) * (n / 8) as u64 + rows(k, n) * (m / 8) as u64;
                    at_most(c.global_load_sectors, reads, "sectors read")?;
                    at_most(c.global_store_sectors, rows(m, n), "sectors written")
                })
            },
        )
        .wrong(
            "first_barrier_missing",
            slip!(NoFirstBarrier),
            "one_tile",
            "A thread multiplies before the others have filled the tiles. Put a \
             barrier between the writes to the tiles and the loop that reads them.",
        )
        .wrong(
            "second_barrier_missing",
            slip!(NoSecondBarrier),
            "step_by_step",
            "A fast thread fills the tiles for the next step while a slow one still \
             reads the last. Put a second barrier at the end of each step.",
        )
        .wrong(
            "no_barriers",
            slip!(NoBarriers),
            "one_tile",
            "Nobody waits for anybody. All have to wait twice in each step: until \
             the tiles are filled, and until everybody has read them.",
        )
        .wrong(
            "b_turned_over",
            slip!(BTurned),
            "one_tile",
            "You multiply rows of A by *rows* of B. Entry i of the sum is (row, i) \
             of A times (i, column) of B.",
        )
        .wrong(
            "factors_swapped",
            slip!(Swapped),
            "one_tile",
            "That is B times A. The row comes from A, the column from B.",
        )
        .wrong(
            "one_array_for_two",
            slip!(OneArray),
            "one_tile",
            "Both tiles have one name, and so they are one array: B overwrites A. \
             Give each a name of its own.",
        )
        .wrong(
            "tile_of_16",
            slip!(FixedTile),
            "one_tile",
            "Your tile has a fixed side. A block has T by T threads, any T: ask \
             `block_dim_x()`.",
        )
        .wrong(
            "columns_of_a_by_y",
            slip!(ATurned),
            "one_tile",
            "Every thread in a row of the block brings the same number of A. \
             `thread_y()` chooses the row, so `thread_x()` has to choose the column.",
        )
        .wrong(
            "rows_of_b_by_x",
            slip!(BByX),
            "one_tile",
            "You bring B's number (start + thread_x(), column): only a diagonal of \
             the tile. `thread_x()` has chosen the column already; take the row from \
             `thread_y()`.",
        )
        .wrong(
            "c_by_columns",
            slip!(CByColumns),
            "one_tile",
            "You write C column by column. It goes row by row: entry (row, column) \
             at `row * n + column`.",
        )
        .wrong(
            "sum_in_c",
            slip!(SumInC),
            "one_tile",
            "You add to C, but nobody has written anything there: there is no 0 to \
             start from. Keep the sum in a variable and write it at the end.",
        )
        .wrong(
            "first_step_only",
            slip!(FirstStep),
            "step_by_step",
            "You take only the first T columns of A and rows of B. Walk on along k, \
             step by step.",
        )
        .wrong(
            "sum_begins_anew",
            slip!(SumReset),
            "step_by_step",
            "Your sum begins at 0 in every step, so only the last step counts. Set \
             it to 0 once, before the steps.",
        )
        .wrong(
            "steps_along_n",
            slip!(StepsAlongN),
            "step_by_step",
            "You walk along n. The sum runs over the columns of A, and there are k \
             of them.",
        )
        .wrong(
            "rows_of_a",
            slip!(WrongStride),
            "step_by_step",
            "A row of A has k numbers, so row r begins at `r * k`. You put it at `r \
             * n`.",
        )
        .wrong(
            "same_tile",
            slip!(BlockForgotten),
            "many_tiles",
            "All blocks compute the same tile of C. Row and column begin where the \
             block begins.",
        )
        .wrong(
            "block_turned",
            slip!(BlockTurned),
            "many_tiles",
            "You take the row of tiles from `block_x()`. x runs along the columns of \
             C, so it chooses the column, and `block_y()` the row.",
        )
        .wrong(
            "no_guard",
            slip!(NoLoadGuard),
            "any_size",
            "At the edges your threads read past the matrices, or into the next row. \
             Ask for row and column, and put a 0 into the tile where they are \
             outside.",
        )
        .wrong(
            "guard_forgets_k",
            slip!(NoKGuard),
            "any_size",
            "You ask whether the number of C is inside. The last step also reaches \
             past the end of k: ask whether the numbers of A and B are inside.",
        )
        .wrong(
            "clamped",
            slip!(Clamped),
            "any_size",
            "Outside the matrices you take the number at the edge once more, and it \
             is added to the sum. Take a 0.",
        )
        .wrong(
            "edge_not_zeroed",
            slip!(NoZero),
            "any_size",
            "Outside the matrices you leave the tile as it is, and it is read all \
             the same. Write a 0 there: it adds nothing to the sum.",
        )
        .wrong(
            "rest_forgotten",
            slip!(RoundedDown),
            "any_size",
            "You take `k / T` steps, rounded down, and lose the rest of k. The last \
             step may be a short one.",
        )
        .wrong(
            "no_guard_for_writing",
            slip!(NoStoreGuard),
            "any_size",
            "Threads outside C write, too: past its end, or into the next row.",
        )
        .wrong(
            "early_return",
            slip!(EarlyReturn),
            "any_size",
            "Threads outside C leave early, and the others wait for them at the \
             barrier. They have work to do, too: they fill their place in the tiles.",
        )
        .wrong(
            "barrier_in_guard",
            slip!(BarrierInGuard),
            "any_size",
            "Only threads inside C come to your barrier. All threads of the block \
             have to: only the reads and the write are guarded.",
        )
        .wrong(
            "guard_by_index",
            slip!(IndexGuard),
            "own_rows_and_columns",
            "Your guard looks at the index alone: past the end of a row of A it \
             reads the next row. The zeros of B hide that, but 0 times infinity is \
             not 0. Ask for row and column.",
        )
        .wrong(
            "whole_strips",
            slip!(WholeStrips),
            "long_sums",
            "You keep all T rows of A and T columns of B in shared memory. It has 48 \
             KB: a large k does not fit. Only two tiles of T by T at a time.",
        )
        .wrong(
            "written_every_step",
            slip!(StoreEveryStep),
            "written_once",
            "You write C after every step. Only the last sum is right: write after \
             the steps, once.",
        )
        .wrong(
            "one_thread_sums",
            slip!(OneSums),
            "written_once",
            "The first thread of the block does all its sums, and the others only \
             bring numbers. Each thread has a number of C of its own.",
        )
        .wrong(
            "no_tiles",
            slip!(Naive),
            "few_loads",
            "Each thread reads its whole row of A and column of B from global \
             memory. The block shares them: each thread brings one number of each per \
             step.",
        )
        .wrong(
            "only_b_shared",
            slip!(OnlyB),
            "few_loads",
            "One of the two matrices goes through shared memory, the other does not: \
             its numbers are read T times each.",
        )
        .wrong(
            "tile_read_by_everybody",
            slip!(LoadsRow),
            "few_loads",
            "Each thread fills a whole row of the tile, so that every number is read \
             T times. One number of A and one of B for each thread is enough.",
        )
        .wrong(
            "barrier_between_tiles",
            slip!(ThirdBarrier),
            "two_barriers",
            "You wait between the two tiles as well. They are two arrays: fill both, \
             then wait once.",
        )
        .wrong(
            "one_thread_brings",
            slip!(OneBrings),
            "few_loads",
            "The first thread fills the tiles for all, while the others wait. There \
             are as many threads as places in a tile: each brings one number of each.",
        )
        .wrong(
            "barrier_in_the_sum",
            slip!(BarrierInSum),
            "two_barriers",
            "A barrier for each product: the block stands still most of the time. \
             While the tiles are only read, nobody has to wait.",
        )
        .wrong(
            "uncoalesced",
            slip!(Uncoalesced),
            "neighbors",
            "Neighboring threads of yours walk down a column, through as many \
             sectors. Let `thread_x()` choose the column, of A as of B.",
        )
        .hint(
            "The block needs T rows of A and T columns of B. Cut them along k into \
             pieces of T by T: one of each is in shared memory at a time.",
        )
        .hint(
            "A step: every thread brings one number of A and one of B into the two \
             tiles. Then T products for each thread, from the tiles. Who must wait \
             for whom, and when?",
        )
        .hint(
            "In the step that begins at `start`, thread (across, down) brings A's \
             number (row, start + across) and B's number (start + down, column). What \
             is not there is 0, and a 0 is written to the tile, too.",
        )
        .hint(
            "Barriers: one before the products (all have written), one after them \
             (all have read). Every thread passes both, even one outside of C; only \
             its reads and its write of C are guarded.",
        )
        .build()
}

// ---- 19.5: the convolution ---------------------------------------------------------

/// An image, the weights, the threads of a block (x, y), and blocks to spare.
type Convolving = (Matrix64, Matrix64, (usize, usize), usize);

const CONVOLVING: [&str; 4] = ["image", "weights", "block (x, y)", "spare blocks"];

/// The size comes from the block and two more numbers.
fn convolving(
    size: impl Fn([usize; 2], [usize; 2]) -> [usize; 2],
    spare: std::ops::Range<usize>,
) -> impl Strategy<Value = Convolving> {
    let drawn = ([1..6_usize, 1..5], [1..9_usize, 1..9], spare);
    let numbers = (vec(whole(-4..=4), 31), vec(whole(-3..=3), 9));
    (drawn, numbers).prop_map(move |((block, sizes, spare), (image, weights))| {
        let [height, width] = size(block, sizes);
        let image = filled(height, width, &image);
        let weights = Matrix64::from_row_slice(3, 3, &weights);
        (image, weights, (block[0], block[1]), spare)
    })
}

fn any_image() -> impl Strategy<Value = Convolving> {
    convolving(|_, sizes| sizes, 0..1)
}

/// As large as one block.
fn one_block() -> impl Strategy<Value = Convolving> {
    convolving(|[x, y], _| [y, x], 0..1)
}

/// The sum of the nine pixels around, those outside being 0.
fn convolution(image: &Matrix64, weights: &Matrix64) -> Matrix64 {
    let (height, width) = image.shape();
    let mut wide = Matrix64::zeros(height + 2, width + 2);
    wide.view_mut((1, 1), (height, width)).copy_from(image);
    Matrix64::from_fn(height, width, |y, x| {
        wide.view((y, x), (3, 3)).component_mul(weights).sum()
    })
}

fn convolved(
    f: Convolve,
    case: &Convolving,
    behind: usize,
) -> Result<Counters, Mismatch> {
    convolved_on(&mut Simt::new(), f, case, behind)
}

/// Runs the kernel, with this many numbers more in both buffers.
fn convolved_on(
    gpu: &mut Simt,
    f: Convolve,
    (image, weights, block, spare): &Convolving,
    behind: usize,
) -> Result<Counters, Mismatch> {
    let (height, width) = image.shape();
    let numbers = height * width;
    let expected = convolution(image, weights);
    let taps: [f32; 9] = std::array::from_fn(|i| weights[(i / 3, i % 3)] as f32);
    let inputs = [by_rows(image), vec![f32::NAN; behind]].concat();
    let x = gpu.upload(&inputs);
    let before = vec![-1000.0; numbers + behind];
    let y = if behind > 0 { gpu.upload(&before) } else { gpu.alloc(numbers) };
    let grid = [width.div_ceil(block.0) + spare, height.div_ceil(block.1) + spare];
    let launched = gpu.launch("convolve", dim(grid), dim([block.0, block.1]), |t| {
        f(t, x, taps, y, [height, width])
    });
    let counters = launched.map_err(faulted)?;
    let seen = written(gpu, y, 1)?;
    let seen = Matrix64::from_row_slice(height, width, &seen.as_slice()[..numbers]);
    near_matrix(seen, expected)?;
    untouched(gpu, y, &before, numbers)?;
    Ok(counters)
}

fn convolve() -> Box<dyn Check> {
    use wrong::ConvolveSlip as Slip;
    let yours = kernel!(Convolve: exercises::convolve);
    let ours = kernel!(Convolve: solutions::convolve);
    macro_rules! slip {
        ($slip:ident) => {
            kernel!(Convolve: wrong::convolve, Slip::$slip)
        };
    }
    Exercise::new("19.5", "convolve", yours, ours)
        .probe(|f| {
            let cases = [
                ([4, 3], [3, 4]),
                ([3, 2], [4, 6]),
                ([3, 3], [5, 7]),
                ([8, 8], [8, 8]),
                ([32, 2], [2, 32]),
                ([2, 2], [2, 3]),
            ];
            let weights = [1., -2., 3., 5., -7., 11., 13., 17., -19.];
            let mut all = Vec::new();
            for (block, size @ [height, width]) in cases {
                let mut gpu = Simt::new();
                gpu.trace(true);
                let image: Vec<f32> =
                    (0..height * width).map(|i| (i * i % 23 + 1) as f32).collect();
                let (x, y) = (gpu.upload(&image), gpu.alloc(height * width));
                let grid = [width.div_ceil(block[0]), height.div_ceil(block[1])];
                let launched = gpu.launch("convolve", dim(grid), dim(block), |t| {
                    f(t, x, weights, y, size)
                });
                all.extend(sample(&gpu, y, launched, |c| {
                    vec![c.global_loads, c.global_stores, c.global_load_requests]
                }));
                all.extend(most_by_a_thread(&mut gpu).map(|most| most as f64));
            }
            all
        })
        .law(
            "weight_in_the_middle",
            "With a 1 in the middle and zeros around it the image stays as it is.",
            |f| {
                let case =
                    one_block().prop_map(|(image, mut weights, block, spare)| {
                        weights.fill(0.0);
                        weights[(1, 1)] = 1.0;
                        (image, weights, block, spare)
                    });
                given(&CONVOLVING, case, |case| convolved(f, case, 0).map(|_| ()))
            },
        )
        .law(
            "one_block",
            "In an image of one block, each number is the sum of nine pixels, and \
             those outside are 0.",
            |f| {
                given(&CONVOLVING, one_block(), |case| {
                    convolved(f, case, 0).map(|_| ())
                })
            },
        )
        .law(
            "seams",
            "Where two blocks meet, each sees the pixels of the other.",
            |f| {
                let tiled = |[x, y]: [usize; 2], sizes: [usize; 2]| {
                    [y * (1 + sizes[0] % 2), x * (1 + sizes[1] % 3)]
                };
                given(&CONVOLVING, convolving(tiled, 0..1), |case| {
                    convolved(f, case, 0).map(|_| ())
                })
            },
        )
        .law(
            "any_size",
            "Height and width may be any number, as may the block's.",
            |f| {
                given(&CONVOLVING, any_image(), |case| {
                    convolved(f, case, 0).map(|_| ())
                })
            },
        )
        .law(
            "to_spare",
            "Blocks to spare write nothing, and what lies behind the image stays.",
            |f| {
                let case = convolving(|_, sizes| sizes, 0..3);
                given(&CONVOLVING, case, |case| convolved(f, case, 20).map(|_| ()))
            },
        )
        .law(
            "written_once",
            "Each number of the output is written once, by a thread of its own.",
            |f| {
                given(&CONVOLVING, any_image(), |case| {
                    let mut gpu = Simt::new();
                    gpu.trace(true);
                    let stores = convolved_on(&mut gpu, f, case, 0)?.global_stores;
                    let numbers = case.0.len() as u64;
                    at_most(stores, numbers, "numbers written to global memory")?;
                    let [_, most] = most_by_a_thread(&mut gpu);
                    at_most(most, 1, "numbers written by one thread")
                })
            },
        )
        .law(
            "tile_and_halo",
            "A block reads each pixel of its tile and its halo at most once.",
            |f| {
                given(&CONVOLVING, any_image(), |case| {
                    let loads = convolved(f, case, 0)?.global_loads;
                    let (image, _, (x, y), _) = case;
                    // along one side: the pixels that all blocks need, one by one
                    let needed = |length: usize, block: usize| -> usize {
                        let starts = (0..length).step_by(block);
                        let end = |start: usize| (start + block + 1).min(length);
                        starts.map(|start| end(start) - start.saturating_sub(1)).sum()
                    };
                    let most = needed(image.nrows(), *y) * needed(image.ncols(), *x);
                    let what =
                        "numbers read by all blocks, with what they need of the halo";
                    at_most(loads, most as u64, what)
                })
            },
        )
        .law(
            "together",
            "In a block of 32 by 4 threads no thread reads more than 4 pixels, and \
             neighbors read neighbors.",
            |f| {
                let cases = [(1, 1), (4, 32), (5, 33), (13, 40)];
                each(&["height", "width"], &cases, |&(height, width)| {
                    let image = Matrix64::from_fn(height, width, |y, x| (y + x) as f64);
                    let weights = Matrix64::from_element(3, 3, 1.0);
                    let mut gpu = Simt::new();
                    gpu.trace(true);
                    let c =
                        convolved_on(&mut gpu, f, &(image, weights, (32, 4), 0), 0)?;
                    let what = "pixels read by one thread";
                    at_most(most_by_a_thread(&mut gpu)[0], 4, what)?;
                    let requests = c.global_load_requests;
                    let what = format!("sectors for {requests} reads of a warp");
                    at_most(c.global_load_sectors, 8 * requests, &what)
                })
            },
        )
        .wrong(
            "no_barrier",
            slip!(NoBarrier),
            "weight_in_the_middle",
            "A thread sums before the others have filled the tile. Put a barrier \
             between.",
        )
        .wrong(
            "one_number_each",
            slip!(OneEach),
            "weight_in_the_middle",
            "Each thread brings one pixel, but tile and halo have more pixels than \
             the block has threads. Go on, as many places further as there are \
             threads.",
        )
        .wrong(
            "below_zero",
            slip!(BelowZero),
            "weight_in_the_middle",
            "The halo begins one pixel before the image, and a `usize` cannot be -1. \
             Use `wrapping_sub`: the number it gives is far above any width, so the \
             guard finds it. Or use `checked_sub`.",
        )
        .wrong(
            "tile_begins_late",
            slip!(NoShift),
            "weight_in_the_middle",
            "Your tile begins at the block's first pixel. The halo comes before it: \
             begin one row above and one column to the left.",
        )
        .wrong(
            "tile_too_narrow",
            slip!(NarrowTile),
            "weight_in_the_middle",
            "Tile and halo are `block_dim_x() + 2` wide, and your index counts rows \
             of `block_dim_x()`: they run into each other.",
        )
        .wrong(
            "tile_not_full",
            slip!(NoZero),
            "weight_in_the_middle",
            "Some places of the tile are read, but nobody fills them: those outside \
             the image, or the corners of the halo. Write every place, a 0 where \
             there is no pixel.",
        )
        .wrong(
            "step_by_the_width",
            slip!(StepWidth),
            "weight_in_the_middle",
            "Your steps are as long as the block is wide, so rows of threads fill \
             the same places. Step by all threads of the block.",
        )
        .wrong(
            "border_left_out",
            slip!(BorderOut),
            "weight_in_the_middle",
            "You leave out the pixels at the edge. They have a sum like any other, \
             with zeros from outside.",
        )
        .wrong(
            "sides_swapped",
            slip!(SidesSwapped),
            "weight_in_the_middle",
            "You take the height for the width: the sizes are `[height, width]`.",
        )
        .wrong(
            "turned_round",
            slip!(TurnedRound),
            "one_block",
            "Your kernel is turned round, as mathematicians do it. Here the first \
             weight belongs to the pixel above and to the left.",
        )
        .wrong(
            "weights_by_columns",
            slip!(ByColumns),
            "one_block",
            "You take the weights column by column. They go row by row: weight 1 \
             belongs to the pixel straight above.",
        )
        .wrong(
            "below_zero_is_zero",
            slip!(Saturating),
            "one_block",
            "`saturating_sub(1)` makes 0 of -1: above and to the left of the image \
             you read its first row and column. There it is 0.",
        )
        .wrong(
            "edge_repeated",
            slip!(Clamped),
            "one_block",
            "Outside the image you repeat the pixel at the edge. It is 0 there.",
        )
        .wrong(
            "round_the_corner",
            slip!(Wraps),
            "one_block",
            "Your guard looks at the index alone. To the left of column 0 that is \
             the last pixel of the row before: ask for row and column.",
        )
        .wrong(
            "no_halo",
            slip!(NoHalo),
            "seams",
            "Pixels of other blocks count as 0 with you, which makes seams in the \
             picture. Read a border of one pixel around the tile.",
        )
        .wrong(
            "no_guard_for_writing",
            slip!(NoStoreGuard),
            "any_size",
            "Threads outside the image write, too: past its end, or into the next row.",
        )
        .wrong(
            "spare_threads_bring_nothing",
            slip!(OnlyMine),
            "any_size",
            "Threads outside the image bring nothing into the tile, but their places \
             in it are needed. All threads fill the tile; only the write is guarded.",
        )
        .wrong(
            "not_all_at_the_barrier",
            slip!(EarlyReturn),
            "any_size",
            "Threads outside the image never come to the barrier: they returned \
             before it, or it stands behind a guard. They have work to do, too: they \
             help to fill the tile.",
        )
        .wrong(
            "written_nine_times",
            slip!(StoreEachTap),
            "written_once",
            "You write the sum after every weight. Keep it in a variable, and write \
             it once.",
        )
        .wrong(
            "one_thread_sums",
            slip!(OneSums),
            "written_once",
            "The first thread of the block does all its sums. Each thread has a \
             number of the output of its own.",
        )
        .wrong(
            "no_tile",
            slip!(Naive),
            "tile_and_halo",
            "Each thread reads its nine pixels from global memory, so each pixel is \
             read nine times. Let the block read them once, into shared memory.",
        )
        .wrong(
            "read_twice",
            slip!(Twice),
            "tile_and_halo",
            "Some pixels are read more than once by one block. What is in the tile \
             need not be fetched again.",
        )
        .wrong(
            "halo_too_wide",
            slip!(WideHalo),
            "tile_and_halo",
            "Your halo is two pixels wide. A kernel of 3 by 3 sees one pixel further.",
        )
        .wrong(
            "halo_from_global",
            slip!(HaloFromGlobal),
            "tile_and_halo",
            "Your tile is shared, but the halo is read from global memory, by every \
             thread that needs it. Bring it into the tile, too.",
        )
        .wrong(
            "one_thread_reads",
            slip!(OneThread),
            "together",
            "One thread fills the tile while the others wait. Give each thread its \
             share of the places.",
        )
        .wrong(
            "first_row_reads",
            slip!(FirstRow),
            "together",
            "Only your first row of threads fills the tile. Number the threads of \
             the whole block: `thread_y() * block_dim_x() + thread_x()`.",
        )
        .wrong(
            "down_the_columns",
            slip!(DownColumns),
            "together",
            "Your threads fill the tile column by column, so neighbors read pixels \
             of different rows: many sectors at a time. Go row by row.",
        )
        .hint(
            "How many numbers does a block of 4 by 3 threads need, with a border of \
             one pixel? The tile in shared memory has a place for each.",
        )
        .hint(
            "More places than threads: thread number `me` fills the places me, me + \
             threads, me + 2 * threads... Which pixel belongs to a place of the tile?",
        )
        .hint(
            "Place p of the tile is row `p / (block_dim_x() + 2)` and column `p % \
             (block_dim_x() + 2)` of it, and the tile begins one pixel above and to \
             the left of the block. `wrapping_sub(1)` of 0 is so large that `row < \
             height` is false.",
        )
        .hint(
            "Fill each place, with 0 if the pixel is outside. A barrier for all. \
             Then each thread inside the image adds up weight `3 * dy + dx` times the \
             place (thread_y() + dy, thread_x() + dx).",
        )
        .build()
}

// ---- The wrong answers -------------------------------------------------------------

/// What readers write before they get it right. Each kernel is the solution with one
/// slip.
mod wrong {
    use super::{Buffer, Thread};

    /// How a reader counts.
    pub struct Roof {
        /// Sides of the product.
        pub sides: [usize; 3],
        /// Operations for a product and its sum.
        pub flops: usize,
        /// Bytes of a number.
        pub size: usize,
        /// How often A, B and C are moved.
        pub of_a: usize,
        pub of_b: usize,
        pub c: usize,
        /// Numbers that are moved besides.
        pub more: usize,
    }

    impl Roof {
        /// As it is right.
        pub fn of(sides: [usize; 3], tile: usize) -> Roof {
            let [of_b, _, of_a] = sides.map(|side| side.div_ceil(tile));
            Roof { sides, flops: 2, size: 4, of_a, of_b, c: 1, more: 0 }
        }
    }

    pub fn roof(count: Roof, peak: f64, bandwidth: f64) -> [f64; 3] {
        let Roof { sides: [m, k, n], flops, size, of_a, of_b, c, more } = count;
        let operations = (flops * m * k * n) as f64;
        let numbers = m * k * of_a + k * n * of_b + m * n * c + more;
        let bytes = (size * numbers) as f64;
        [operations, bytes, peak.min(bandwidth * operations / bytes)]
    }

    #[derive(Clone, Copy, PartialEq)]
    pub enum ScaleSlip {
        NoGuard,
        GuardLate,
        GuardEarly,
        ReadFirst,
        Clamped,
        ByLength,
        FullBlocksOnly,
        BarrierInGuard,
        BlockForgotten,
        GridForBlock,
        Everybody,
        InPlace,
        Copied,
        Twice,
        Strided,
        OneThread,
        BlockOf32,
        ZeroRest,
        Several,
    }

    pub async fn scale(
        t: Thread<'_>,
        x: Buffer,
        y: Buffer,
        n: usize,
        factor: f32,
        slip: ScaleSlip,
    ) {
        use ScaleSlip as Slip;
        let before = match slip {
            Slip::BlockForgotten => 0,
            Slip::GridForBlock => t.block_x() * t.grid_dim_x(),
            Slip::BlockOf32 => t.block_x() * 32,
            _ => t.block_x() * t.block_dim_x(),
        };
        let mut i = before + t.thread_x();
        if slip == Slip::Strided {
            i = t.thread_x() * t.grid_dim_x() + t.block_x();
        }
        if slip == Slip::Clamped {
            i = i.min(n.saturating_sub(1));
        }
        let end = match slip {
            Slip::NoGuard => usize::MAX,
            Slip::GuardLate => n + 1,
            Slip::GuardEarly => n.saturating_sub(1),
            Slip::ByLength => x.len(),
            _ => n,
        };
        let all = match slip {
            Slip::Everybody => 0..n,
            Slip::OneThread if t.thread_x() == 0 => i..(i + t.block_dim_x()).min(n),
            Slip::OneThread => 0..0,
            Slip::Several => (4 * i).min(n)..(4 * i + 4).min(n),
            Slip::FullBlocksOnly if before + t.block_dim_x() > n => 0..0,
            _ if i < end => i..i + 1,
            _ => 0..0,
        };
        if slip == Slip::ReadFirst {
            t.load(x, i);
        }
        if slip == Slip::BarrierInGuard && i < n {
            t.barrier().await;
        }
        if slip == Slip::ZeroRest && (n..y.len()).contains(&i) {
            t.store(y, i, 0.0);
        }
        for i in all {
            match slip {
                Slip::InPlace => t.store(x, i, factor * t.load(x, i)),
                Slip::Copied => t.store(y, i, t.load(x, i)),
                Slip::Twice => {
                    t.store(y, i, t.load(x, i));
                    t.store(y, i, factor * t.load(y, i));
                }
                _ => t.store(y, i, factor * t.load(x, i)),
            }
        }
    }

    #[derive(Clone, Copy, PartialEq)]
    pub enum TransposeSlip {
        NoBarrier,
        OneEach,
        Everybody,
        Copied,
        PlaceKept,
        StrideKept,
        LowTile,
        NoGuard,
        NoWriteGuard,
        SameGuard,
        EarlyReturn,
        Twice,
        ReadsColumn,
        WritesColumn,
        NoPadding,
        PaddedByTwo,
        EightRows,
        BlocksSwapped,
        RoundedDown,
        BarrierInLoop,
        IndexGuard,
        FirstRow,
    }

    pub async fn transpose(
        t: Thread<'_>,
        x: Buffer,
        y: Buffer,
        rows: usize,
        columns: usize,
        slip: TransposeSlip,
    ) {
        use TransposeSlip as Slip;
        const TILE: usize = 32;
        let stride = match slip {
            Slip::NoPadding => TILE,
            Slip::PaddedByTwo => TILE + 2,
            _ => TILE + 1,
        };
        let tile = t.shared("tile", TILE * stride);
        let height = if slip == Slip::LowTile { t.block_dim_y() } else { TILE };
        let (mut top, mut left) = (t.block_y() * height, t.block_x() * TILE);
        if slip == Slip::BlocksSwapped {
            (top, left) = (left, top);
        }
        let (across, down) = (t.thread_x(), t.thread_y());
        let end = match slip {
            Slip::RoundedDown => TILE / t.block_dim_y() * t.block_dim_y(),
            Slip::FirstRow if down > 0 => 0,
            _ => TILE,
        };
        let (start, step) = match slip {
            Slip::Everybody | Slip::FirstRow => (0, 1),
            Slip::OneEach => (down, TILE),
            Slip::EightRows => (down, 8),
            _ => (down, t.block_dim_y()),
        };
        let inside = |row: usize, column: usize| row < rows && column < columns;
        if slip == Slip::EarlyReturn && !inside(top + down, left + across) {
            return;
        }
        for line in (start..end).step_by(step) {
            let (row, column) = match slip {
                Slip::ReadsColumn => (top + across, left + line),
                _ => (top + line, left + across),
            };
            let guard = match slip {
                Slip::NoGuard => true,
                Slip::IndexGuard => row * columns + column < rows * columns,
                _ => inside(row, column),
            };
            if guard {
                if slip == Slip::Twice {
                    t.load(x, row * columns + column);
                }
                let place = (row - top) * stride + column - left;
                t.store(tile, place, t.load(x, row * columns + column));
            }
            if slip == Slip::BarrierInLoop {
                t.barrier().await;
            }
        }
        if !matches!(slip, Slip::NoBarrier | Slip::BarrierInLoop) {
            t.barrier().await;
        }
        for line in (start..end).step_by(step) {
            let (row, column) = match slip {
                Slip::WritesColumn => (top + line, left + across),
                _ => (top + across, left + line),
            };
            let guard = match slip {
                Slip::NoWriteGuard => true,
                Slip::SameGuard => inside(top + line, left + across),
                _ => inside(row, column),
            };
            if !guard {
                continue;
            }
            let place = (row - top) * stride + column - left;
            let turned = (column - left) * stride + row - top;
            let number =
                t.load(tile, if slip == Slip::Copied { turned } else { place });
            let index = match slip {
                Slip::PlaceKept => (top + line) * rows + left + across,
                Slip::StrideKept => column * columns + row,
                _ => column * rows + row,
            };
            t.store(y, index, number);
        }
    }

    #[derive(Clone, Copy, PartialEq)]
    pub enum ProductSlip {
        NoFirstBarrier,
        NoSecondBarrier,
        BTurned,
        Swapped,
        SumInC,
        FirstStep,
        SumReset,
        WrongStride,
        BlockForgotten,
        BlockTurned,
        NoLoadGuard,
        NoKGuard,
        NoZero,
        RoundedDown,
        NoStoreGuard,
        EarlyReturn,
        BarrierInGuard,
        StoreEveryStep,
        Naive,
        LoadsRow,
        BarrierInSum,
        Uncoalesced,
        OneArray,
        FixedTile,
        ATurned,
        BByX,
        CByColumns,
        StepsAlongN,
        Clamped,
        IndexGuard,
        WholeStrips,
        OnlyB,
        ThirdBarrier,
        OneSums,
        OneBrings,
        NoBarriers,
    }

    pub async fn product(
        t: Thread<'_>,
        a: Buffer,
        b: Buffer,
        c: Buffer,
        [m, k, n]: [usize; 3],
        slip: ProductSlip,
    ) {
        use ProductSlip as Slip;
        let side = if slip == Slip::FixedTile { 16 } else { t.block_dim_x() };
        let names = if slip == Slip::OneArray { ["a", "a"] } else { ["a", "b"] };
        let width = if slip == Slip::WholeStrips { k } else { side };
        let [a_tile, b_tile] = names.map(|name| t.shared(name, side * width));
        let (mut across, mut down) = (t.thread_x(), t.thread_y());
        if slip == Slip::Uncoalesced {
            (across, down) = (down, across);
        }
        let (top, left) = match slip {
            Slip::BlockForgotten => (0, 0),
            Slip::BlockTurned => (t.block_x() * side, t.block_y() * side),
            _ => (t.block_y() * side, t.block_x() * side),
        };
        let (row, column) = (top + down, left + across);
        let mine = row < m && column < n;
        if slip == Slip::EarlyReturn && !mine {
            return;
        }
        let (a, b) = if slip == Slip::Swapped { (b, a) } else { (a, b) };
        let a_stride = if slip == Slip::WrongStride { n } else { k };
        let from_a = |row: usize, column: usize| {
            let inside = match slip {
                Slip::NoLoadGuard => true,
                Slip::NoKGuard => row < m,
                Slip::IndexGuard => row * k + column < m * k,
                _ => row < m && column < k,
            };
            if slip == Slip::Clamped {
                return Some(t.load(a, row.min(m - 1) * k + column.min(k - 1)));
            }
            inside.then(|| t.load(a, row * a_stride + column))
        };
        let from_b = |row: usize, column: usize| {
            let inside = match slip {
                Slip::NoLoadGuard => true,
                Slip::NoKGuard => column < n,
                Slip::IndexGuard => row * n + column < k * n,
                _ => row < k && column < n,
            };
            if slip == Slip::Clamped {
                return Some(t.load(b, row.min(k - 1) * n + column.min(n - 1)));
            }
            inside.then(|| t.load(b, row * n + column))
        };
        let end = match slip {
            Slip::FirstStep => 1,
            Slip::RoundedDown => k / side * side,
            Slip::StepsAlongN => n,
            Slip::Naive => 0,
            _ => k,
        };
        let fills = !matches!(slip, Slip::NoZero | Slip::OneBrings);
        let mut sums = vec![0.0; side * side];
        let mut sum = 0.0;
        if slip == Slip::Naive && mine {
            for i in 0..k {
                sum = t.fma(t.load(a, row * k + i), t.load(b, i * n + column), sum);
            }
        }
        for start in (0..end).step_by(side) {
            // whole strips: all steps bring their numbers first
            let behind = if slip == Slip::WholeStrips { start } else { 0 };
            if slip == Slip::LoadsRow {
                for i in 0..side {
                    from_a(row, start + i);
                }
            }
            if slip == Slip::OneBrings && across + down == 0 {
                for place in 0..side * side {
                    let (y, x) = (place / side, place % side);
                    let number = from_a(row + y, start + x).unwrap_or(0.0);
                    t.store(a_tile, place, number);
                    let number = from_b(start + y, column + x).unwrap_or(0.0);
                    t.store(b_tile, place, number);
                }
            }
            let brought = match slip {
                Slip::OnlyB | Slip::OneBrings => None,
                Slip::ATurned => from_a(row, start + down),
                _ => from_a(row, start + across),
            };
            if let Some(number) = brought.or(fills.then_some(0.0))
                && behind + across < width
            {
                t.store(a_tile, down * width + behind + across, number);
            }
            if slip == Slip::ThirdBarrier {
                t.barrier().await;
            }
            let brought = match slip {
                Slip::OneBrings => None,
                Slip::BByX => from_b(start + across, column),
                _ => from_b(start + down, column),
            };
            if let Some(number) = brought.or(fills.then_some(0.0))
                && behind + down < width
            {
                t.store(b_tile, (behind + down) * side + across, number);
            }
            if slip == Slip::WholeStrips && start + side < k {
                continue;
            }
            let waits = !matches!(slip, Slip::NoFirstBarrier | Slip::NoBarriers);
            if waits && (slip != Slip::BarrierInGuard || mine) {
                t.barrier().await;
            }
            if slip == Slip::SumReset {
                sum = 0.0;
            }
            for i in 0..width {
                let place = match slip {
                    Slip::BTurned => across * side + i,
                    _ => i * side + across,
                };
                let left = match slip {
                    Slip::OnlyB => from_a(row, start + i).unwrap_or(0.0),
                    _ => t.load(a_tile, down * width + i),
                };
                sum = t.fma(left, t.load(b_tile, place), sum);
                if slip == Slip::BarrierInSum {
                    t.barrier().await;
                }
            }
            if slip == Slip::OneSums && across + down == 0 {
                for (place, sum) in sums.iter_mut().enumerate() {
                    for i in 0..side {
                        let left = t.load(a_tile, place / side * side + i);
                        *sum += left * t.load(b_tile, i * side + place % side);
                    }
                }
            }
            if slip == Slip::StoreEveryStep && mine {
                t.store(c, row * n + column, sum);
            }
            if slip == Slip::SumInC && mine {
                t.store(c, row * n + column, t.load(c, row * n + column) + sum);
            }
            if !matches!(
                slip,
                Slip::NoSecondBarrier | Slip::NoBarriers | Slip::WholeStrips
            ) {
                t.barrier().await;
            }
        }
        if slip == Slip::OneSums && across + down == 0 {
            for (place, sum) in sums.iter().enumerate() {
                let (row, column) = (row + place / side, column + place % side);
                if row < m && column < n {
                    t.store(c, row * n + column, *sum);
                }
            }
        }
        let stores =
            !matches!(slip, Slip::SumInC | Slip::StoreEveryStep | Slip::OneSums);
        if stores && (mine || slip == Slip::NoStoreGuard) {
            let turned = slip == Slip::CByColumns;
            let index = if turned { column * m + row } else { row * n + column };
            t.store(c, index, sum);
        }
    }

    #[derive(Clone, Copy, PartialEq)]
    pub enum ConvolveSlip {
        NoBarrier,
        OneEach,
        BelowZero,
        NoShift,
        NarrowTile,
        NoZero,
        TurnedRound,
        ByColumns,
        Clamped,
        Wraps,
        NoHalo,
        NoStoreGuard,
        EarlyReturn,
        StoreEachTap,
        Naive,
        HaloFromGlobal,
        OneThread,
        DownColumns,
        StepWidth,
        BorderOut,
        SidesSwapped,
        Saturating,
        OnlyMine,
        Twice,
        WideHalo,
        FirstRow,
        OneSums,
    }

    pub async fn convolve(
        t: Thread<'_>,
        image: Buffer,
        weights: [f32; 9],
        out: Buffer,
        size: [usize; 2],
        slip: ConvolveSlip,
    ) {
        use ConvolveSlip as Slip;
        let [mut height, mut width] = size;
        if slip == Slip::SidesSwapped {
            (height, width) = (width, height);
        }
        let (across, down) = (t.thread_x(), t.thread_y());
        let (block_width, block_height) = (t.block_dim_x(), t.block_dim_y());
        let (top, left) = (t.block_y() * block_height, t.block_x() * block_width);
        let (row, column) = (top + down, left + across);
        let mine = row < height && column < width;
        if slip == Slip::EarlyReturn && !mine {
            return;
        }
        let halo = if slip == Slip::WideHalo { 2 } else { 1 };
        let (tile_width, tile_height) =
            (block_width + 2 * halo, block_height + 2 * halo);
        let places = tile_width * tile_height;
        let stride = if slip == Slip::NarrowTile { block_width } else { tile_width };
        let tile = t.shared("tile", places);
        let me = down * block_width + across;
        let (start, step) = match slip {
            Slip::Naive => (places, 1),
            Slip::OneEach => (me, places),
            Slip::OneThread if me == 0 => (0, 1),
            Slip::OneThread => (places, 1),
            Slip::FirstRow if down == 0 => (across, block_width),
            Slip::FirstRow => (places, 1),
            Slip::OnlyMine if !mine => (places, 1),
            Slip::StepWidth => (me, block_width),
            _ => (me, block_width * block_height),
        };
        let pixel = |row: usize, column: usize| {
            let inside = row < height && column < width;
            if inside { t.load(image, row * width + column) } else { 0.0 }
        };
        let on_the_rim = |y: usize, x: usize| {
            y == 0 || x == 0 || y + 1 == tile_height || x + 1 == tile_width
        };
        for place in (start..places).step_by(step) {
            let (y, x) = match slip {
                Slip::DownColumns => (place % tile_height, place / tile_height),
                _ => (place / tile_width, place % tile_width),
            };
            let at = [top + y, left + x];
            let [row, column] = match slip {
                Slip::BelowZero => at.map(|at| at - 1),
                Slip::NoShift => at,
                Slip::Saturating => at.map(|at| at.saturating_sub(1)),
                Slip::Clamped => {
                    let [row, column] = at.map(|at| at.saturating_sub(1));
                    [row.min(height - 1), column.min(width - 1)]
                }
                _ => at.map(|at| at.wrapping_sub(halo)),
            };
            let number = match slip {
                Slip::Wraps => {
                    let index = row.wrapping_mul(width).wrapping_add(column);
                    if index < height * width { t.load(image, index) } else { 0.0 }
                }
                Slip::NoHalo | Slip::HaloFromGlobal if on_the_rim(y, x) => 0.0,
                Slip::NoZero if row >= height || column >= width => continue,
                _ => pixel(row, column),
            };
            t.store(tile, y * stride + x, number);
        }
        if slip != Slip::NoBarrier {
            t.barrier().await;
        }
        if !mine && slip != Slip::NoStoreGuard {
            return;
        }
        if slip == Slip::OneSums {
            for place in 0..block_width * block_height {
                let (y, x) = (place / block_width, place % block_width);
                if me == 0 && top + y < height && left + x < width {
                    let mut sum = 0.0;
                    for (tap, weight) in weights.into_iter().enumerate() {
                        let place = (y + tap / 3) * stride + x + tap % 3;
                        sum = t.fma(weight, t.load(tile, place), sum);
                    }
                    t.store(out, (top + y) * width + left + x, sum);
                }
            }
            return;
        }
        let inner = 0 < row && row + 1 < height && 0 < column && column + 1 < width;
        if slip == Slip::BorderOut && !inner {
            t.store(out, row * width + column, 0.0);
            return;
        }
        if slip == Slip::Twice {
            pixel(row, column);
        }
        let mut sum = 0.0;
        for tap in 0..9 {
            let (dy, dx) = (tap / 3, tap % 3);
            let (y, x) = (down + dy, across + dx);
            let of_halo = slip == Slip::HaloFromGlobal && on_the_rim(y, x);
            let number = if slip == Slip::Naive || of_halo {
                pixel((top + y).wrapping_sub(1), (left + x).wrapping_sub(1))
            } else {
                t.load(tile, (y + halo - 1) * stride + x + halo - 1)
            };
            let weight = match slip {
                Slip::TurnedRound => weights[8 - tap],
                Slip::ByColumns => weights[3 * dx + dy],
                _ => weights[tap],
            };
            sum = t.fma(weight, number, sum);
            if slip == Slip::StoreEachTap {
                t.store(out, row * width + column, sum);
            }
        }
        if slip != Slip::StoreEachTap {
            t.store(out, row * width + column, sum);
        }
    }
}
