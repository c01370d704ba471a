//! A device to learn on: a kernel is an async function, and a fault has a line number.
//!
//! A kernel is written for one thread. It takes a [`Thread`], which tells where in the
//! grid it is, and its arguments; it loads and stores numbers of [`Buffer`]s; at a
//! barrier it awaits. [`Simt`] runs it for every thread of a launch and gives the
//! [`Counters`], or the first [`Fault`]:
//!
//! ```
//! use gradbook::gpu::simt::{Buffer, Simt, Thread};
//!
//! /// y = 2 x, one number for each thread.
//! async fn double(t: Thread<'_>, x: Buffer, y: Buffer) {
//!     let i = t.global_x();
//!     if i < x.len() {
//!         let v = t.load(x, i);
//!         t.store(y, i, 2.0 * v);
//!     }
//! }
//!
//! let mut gpu = Simt::new();
//! let x = gpu.upload(&[1.0; 100]);
//! let y = gpu.alloc(100);
//! // 2 blocks of 64 threads: 28 more than there are numbers
//! let cost = gpu.launch("double", 2, 64, |t| double(t, x, y))?;
//! assert_eq!(gpu.read(y)?, [2.0; 100]);
//! // three warps read full rows of 128 bytes, one only 16
//! assert_eq!((cost.global_loads, cost.global_load_requests), (100, 4));
//! assert_eq!(cost.global_load_sectors, 3 * 4 + 1);
//!
//! // without the guard
//! let fault = gpu.launch("double", 2, 64, |t| async move {
//!     let v = t.load(x, t.global_x());
//!     t.store(y, t.global_x(), 2.0 * v);
//! });
//! println!("{}", fault.unwrap_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Threads of a block share arrays of [`Thread::shared`] memory and wait for each other
//! at a [`Thread::barrier`]:
//!
//! ```
//! # use gradbook::gpu::simt::{Buffer, Simt, Thread};
//! /// Turns each stretch of 64 numbers round.
//! async fn turn(t: Thread<'_>, x: Buffer, y: Buffer) {
//!     let tile = t.shared("tile", 64);
//!     t.store(tile, t.thread_x(), t.load(x, t.global_x()));
//!     t.barrier().await;
//!     t.store(y, t.global_x(), t.load(tile, 63 - t.thread_x()));
//! }
//!
//! # let mut gpu = Simt::new();
//! # let (x, y) = (gpu.upload(&[1.0; 128]), gpu.alloc(128));
//! let cost = gpu.launch("turn", 2, 64, |t| turn(t, x, y))?;
//! assert_eq!((cost.shared_loads, cost.barriers), (128, 2));
//! # Ok::<(), gradbook::gpu::Fault>(())
//! ```
//!
//! # What it finds
//!
//! - an access outside its buffer, and four numbers at once from an index that is not a
//!   multiple of 4;
//! - a read of a number that nobody wrote, in global or in shared memory;
//! - a race: two threads touch one number, at least one of them writes, and no barrier
//!   stands between them (or they are in different blocks, which nothing can order);
//! - threads that part: some wait at a barrier while others wait at another or have
//!   left the kernel;
//! - a shared array asked for with two sizes, more than 48 KB of shared memory, more
//!   than 1024 threads in a block, a wait for anything that is not a barrier.
//!
//! A launch ends with its first fault. After an access out of bounds or out of
//! alignment loads give NaN and stores do nothing. A race or a read of nothing is
//! noted, and the threads go on to the next barrier: only there is it known whether the
//! number was written too late, or whether some threads never came. A loop that never
//! ends is found by its many loads, stores or barriers; but without any of them, or if
//! not even NaN ends it, it goes on for ever.
//!
//! [`faults::PLANTED`] holds a wrong kernel for each of the classic mistakes.
//!
//! # What it counts, and how
//!
//! The threads of a block run one after another, each up to the next barrier, and the
//! blocks one after another; so a run is the same each time. On hardware 32 threads, a
//! warp, run in step, and what one instruction of a warp asks of memory is one
//! *request*. The device puts the requests together afterwards: what the threads of a
//! warp did by the same call in the source, each coming by it for the same time since
//! the last barrier. Where threads of a warp skip turns of a loop, this is not quite
//! what hardware does, and the interpreter of [PTX](super::ptx) is the judge. A helper
//! function that loads should be `#[track_caller]`, so that the line (and the call) is
//! the one that called it.
//!
//! Fused multiply-adds count where they are written [`Thread::fma`]. Instructions are
//! not counted, for a Rust function has none.

mod executor;
pub mod faults;
pub mod kernels;
mod state;
mod thread;
mod warp;

#[cfg(test)]
mod counts;
#[cfg(test)]
mod tests;

pub use thread::{Barrier, Thread};

use super::{Access, Counters, Dim3, Fault, FaultKind, Place, Space, Spot};
use executor::Task;
use state::State;
use std::cell::RefCell;
use std::future::Future;
use std::panic::Location;

/// The device: its memory, and the launch that runs.
pub struct Simt {
    state: RefCell<State>,
}

/// An array of numbers in the device's global memory, or in a block's shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    space: Space,
    number: u32,
    len: usize,
}

/// One access of one thread, for pictures; see [`Simt::trace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The block.
    pub block: Dim3,
    /// The thread in it.
    pub thread: Dim3,
    /// Barriers that the block had passed before.
    pub step: u32,
    /// Accesses with the same number are one request of a warp.
    pub request: u64,
    /// Read or written.
    pub access: Access,
    /// What was touched.
    pub buffer: Buffer,
    /// From which number on.
    pub index: usize,
    /// How many numbers: 1 or 4.
    pub numbers: usize,
    /// The line of the source.
    pub line: u32,
}

/// A buffer cannot be read: not all of it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Some numbers were never written.
    #[error("{missing} of {len} numbers were never written, the first at {first}")]
    Unwritten {
        /// How many.
        missing: usize,
        /// The first of them.
        first: usize,
        /// How many numbers the buffer holds.
        len: usize,
    },
    /// The buffer is of another device.
    #[error("the buffer is not in the global memory of this device")]
    Elsewhere,
}

impl Simt {
    /// A device with nothing in its memory.
    pub fn new() -> Self {
        Self { state: RefCell::new(State::new()) }
    }

    /// Copies numbers to the device.
    pub fn upload(&mut self, numbers: &[f32]) -> Buffer {
        let buffer = self.alloc(numbers.len());
        if let Some(array) = self.state.get_mut().buffers.last_mut() {
            array.numbers.copy_from_slice(numbers);
            array.shadow.write_by_host(0..numbers.len());
        }
        buffer
    }

    /// Memory for `len` numbers, none of them written.
    pub fn alloc(&mut self, len: usize) -> Buffer {
        self.state.get_mut().allocate(vec![f32::NAN; len])
    }

    /// Copies a buffer back.
    ///
    /// # Errors
    ///
    /// When not every number of it was written, or when it is of another device.
    pub fn read(&self, buffer: Buffer) -> Result<Vec<f32>, ReadError> {
        let numbers = self.peek(buffer)?;
        let len = numbers.len();
        let missing = numbers.iter().filter(|number| number.is_none()).count();
        match numbers.iter().position(Option::is_none) {
            Some(first) => Err(ReadError::Unwritten { missing, first, len }),
            None => Ok(numbers.into_iter().flatten().collect()),
        }
    }

    /// Copies a buffer back, `None` for each number that was never written.
    ///
    /// # Errors
    ///
    /// When the buffer is of another device.
    pub fn peek(&self, buffer: Buffer) -> Result<Vec<Option<f32>>, ReadError> {
        let state = self.state.borrow();
        let array = state.buffers.get(buffer.number as usize);
        let mine = |array: &&state::Array| array.numbers.len() == buffer.len;
        let array = array.filter(mine).filter(|_| buffer.space == Space::Global);
        let array = array.ok_or(ReadError::Elsewhere)?;
        let number = |(index, number): (usize, &f32)| {
            array.shadow.is_written(index).then_some(*number)
        };
        Ok(array.numbers.iter().enumerate().map(number).collect())
    }

    /// Runs `kernel` for each thread of a grid of blocks. `name` is for the report of a
    /// fault.
    ///
    /// # Errors
    ///
    /// The first fault. What was stored before it stays.
    #[track_caller]
    pub fn launch<'a, F>(
        &'a mut self,
        name: &str,
        grid: impl Into<Dim3>,
        block: impl Into<Dim3>,
        kernel: impl Fn(Thread<'a>) -> F,
    ) -> Result<Counters, Fault>
    where
        F: Future<Output = ()> + 'a,
    {
        let task = |thread: Thread<'a>| Box::pin(kernel(thread)) as Task<'a>;
        self.launch_boxed(name, grid.into(), block.into(), &task)
    }

    /// The part of a launch that is the same for all kernels, compiled once.
    #[track_caller]
    fn launch_boxed<'a>(
        &'a mut self,
        name: &str,
        grid: Dim3,
        block: Dim3,
        kernel: &dyn Fn(Thread<'a>) -> Task<'a>,
    ) -> Result<Counters, Fault> {
        let spent = self.state.get_mut().launch.clock.exhausted().then(|| {
            "this device has counted all the barriers it can; begin a new one"
                .to_string()
        });
        if let Some(reason) = super::refused(grid, block, 0).or(spent) {
            let nowhere = Dim3::new(0, 0, 0);
            return Err(Fault {
                kernel: name.to_string(),
                block: nowhere,
                thread: nowhere,
                place: Place::Launch,
                kind: FaultKind::Launch { reason },
            });
        }
        let gpu: &'a Self = self;
        gpu.state.borrow_mut().begin(name, grid, block, Location::caller());
        executor::run(gpu, grid, block, kernel)?;
        Ok(gpu.state.borrow().counters)
    }

    /// Keeps (or no longer keeps) each access of the launches from now on.
    pub fn trace(&mut self, on: bool) {
        self.state.get_mut().events = on.then(Vec::new);
    }

    /// The accesses since tracing began or since they were last taken. Up to a barrier
    /// each warp's stand together, and among them each thread's, in its own order.
    pub fn take_events(&mut self) -> Vec<Event> {
        let events = &mut self.state.get_mut().events;
        events.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl Default for Simt {
    fn default() -> Self {
        Self::new()
    }
}

impl Buffer {
    /// How many numbers it holds.
    pub fn len(self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Whether it lies in a block's shared memory.
    pub fn is_shared(self) -> bool {
        self.space == Space::Shared
    }

    fn spot(self, index: usize) -> Spot {
        // an index below zero has wrapped round
        Spot::Number { index: index as i64, len: self.len as u64 }
    }
}
