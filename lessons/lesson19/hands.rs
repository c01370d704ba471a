//! Whose functions the lesson runs on: the book's or, with `--mine`, the reader's.

use std::future::Future;
use std::pin::Pin;

use gradbook::gpu::Counters;
use gradbook::gpu::simt::{Buffer, Simt, Thread};
use lessons::{Result, bail};

use crate::exercises;
use crate::solutions;

/// A kernel at work in one thread.
type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Whose kernels run.
#[derive(Clone, Copy)]
pub struct Hands {
    /// Whether they are the reader's.
    pub mine: bool,
}

/// One of two kernels, the reader's or the book's.
macro_rules! either {
    ($mine:expr, $kernel:ident($($argument:expr),*)) => {
        match $mine {
            true => Box::pin(exercises::$kernel($($argument),*)) as Task<'_>,
            false => Box::pin(solutions::$kernel($($argument),*)) as Task<'_>,
        }
    };
}

impl Hands {
    /// Exercise 19.1: operations, bytes, and operations a second under the roof.
    pub fn roofline(
        self,
        (peak, bandwidth): (f64, f64),
        sizes: [usize; 3],
        tile: usize,
    ) -> [f64; 3] {
        match self.mine {
            true => exercises::roofline(peak, bandwidth, sizes, tile),
            false => solutions::roofline(peak, bandwidth, sizes, tile),
        }
    }

    /// Exercise 19.2: `y = factor x`.
    pub fn scale(
        self,
        t: Thread<'_>,
        [x, y]: [Buffer; 2],
        n: usize,
        factor: f32,
    ) -> Task<'_> {
        either!(self.mine, scale(t, x, y, n, factor))
    }

    /// Exercise 19.3: a matrix turned over.
    pub fn transpose(
        self,
        t: Thread<'_>,
        [x, y]: [Buffer; 2],
        [rows, columns]: [usize; 2],
    ) -> Task<'_> {
        either!(self.mine, transpose(t, x, y, rows, columns))
    }

    /// Exercise 19.4: a product by tiles.
    pub fn product(
        self,
        t: Thread<'_>,
        [a, b, c]: [Buffer; 3],
        sizes: [usize; 3],
    ) -> Task<'_> {
        either!(self.mine, product(t, a, b, c, sizes))
    }

    /// Exercise 19.5: a convolution with a halo.
    pub fn convolve(
        self,
        t: Thread<'_>,
        [image, out]: [Buffer; 2],
        weights: [f32; 9],
        sizes: [usize; 2],
    ) -> Task<'_> {
        either!(self.mine, convolve(t, image, weights, out, sizes))
    }
}

/// What a launch cost, and what it left in `result`; another result than `expected` is
/// an error, and so is a number that was never written.
pub fn judged(
    gpu: &Simt,
    cost: Counters,
    (what, result): (&str, Buffer),
    expected: &[f32],
) -> Result<Counters> {
    let seen = gpu.read(result).map_err(|error| {
        lessons::Error::new(format!("{what}: {error}; cargo test --test lesson19"))
    })?;
    let wrong = seen.iter().zip(expected).position(|(x, y)| !near(*x, *y));
    match wrong {
        None => Ok(cost),
        Some(i) => bail!(
            "{what}: number {i} is {}, expected {}; cargo test --test lesson19",
            seen[i],
            expected[i]
        ),
    }
}

fn near(x: f32, y: f32) -> bool {
    (x - y).abs() <= 1e-4 * y.abs().max(1.0)
}
