//! What a kernel sees: its own place in the grid, memory, and the barrier.

use super::state::{At, Line};
use super::{Buffer, Simt};
use crate::gpu::{Access, Dim3, WARP};
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

/// One thread of a launch: a kernel's first argument.
///
/// Positions and sizes are `usize`, ready to be an index.
#[derive(Clone, Copy)]
pub struct Thread<'a> {
    pub(super) gpu: &'a Simt,
    pub(super) grid_dim: Dim3,
    pub(super) block_dim: Dim3,
    pub(super) block: Dim3,
    pub(super) thread: Dim3,
    /// Inside the block, x running fastest.
    pub(super) number: u16,
}

/// Makes a method for each of x, y and z.
macro_rules! directions {
    ($($what:literal, $cuda:literal, $x:ident $y:ident $z:ident, $value:expr;)*) => { $(
        #[doc = concat!($what, " along x: `", $cuda, ".x` of CUDA.")]
        pub fn $x(&self) -> usize {
            $value(self, |d: Dim3| d.x as usize)
        }

        #[doc = concat!($what, " along y: `", $cuda, ".y` of CUDA.")]
        pub fn $y(&self) -> usize {
            $value(self, |d: Dim3| d.y as usize)
        }

        #[doc = concat!($what, " along z: `", $cuda, ".z` of CUDA.")]
        pub fn $z(&self) -> usize {
            $value(self, |d: Dim3| d.z as usize)
        }
    )* };
}

type Along = fn(Dim3) -> usize;

impl<'a> Thread<'a> {
    directions! {
        "The thread's place in its block", "threadIdx", thread_x thread_y thread_z,
            |t: &Self, along: Along| along(t.thread);
        "The block's place in the grid", "blockIdx", block_x block_y block_z,
            |t: &Self, along: Along| along(t.block);
        "Threads of a block", "blockDim", block_dim_x block_dim_y block_dim_z,
            |t: &Self, along: Along| along(t.block_dim);
        "Blocks of the grid", "gridDim", grid_dim_x grid_dim_y grid_dim_z,
            |t: &Self, along: Along| along(t.grid_dim);
        "The thread's place in the whole grid", "blockIdx * blockDim + threadIdx",
            global_x global_y global_z,
            |t: &Self, along: Along| {
                along(t.block) * along(t.block_dim) + along(t.thread)
            };
    }

    /// The thread's place in its block.
    pub fn thread_index(&self) -> Dim3 {
        self.thread
    }

    /// The block's place in the grid.
    pub fn block_index(&self) -> Dim3 {
        self.block
    }

    /// Threads of a block.
    pub fn block_dim(&self) -> Dim3 {
        self.block_dim
    }

    /// Blocks of the grid.
    pub fn grid_dim(&self) -> Dim3 {
        self.grid_dim
    }

    /// The thread's number in its block, x running fastest, then y.
    pub fn number(&self) -> usize {
        usize::from(self.number)
    }

    /// The thread's number in its warp, from 0 to 31.
    pub fn lane(&self) -> usize {
        self.number() % WARP
    }

    /// The number `i` of `array`.
    #[track_caller]
    pub fn load(&self, array: Buffer, i: usize) -> f32 {
        let mut number = [f32::NAN];
        self.touch(Access::Load, array, i, &mut number);
        number[0]
    }

    /// Writes `value` to number `i` of `array`.
    #[track_caller]
    pub fn store(&self, array: Buffer, i: usize, value: f32) {
        self.touch(Access::Store, array, i, &mut [value]);
    }

    /// The numbers `i` to `i + 3` of `array` in one access. `i` must be a multiple of
    /// 4.
    #[track_caller]
    pub fn load4(&self, array: Buffer, i: usize) -> [f32; 4] {
        let mut numbers = [f32::NAN; 4];
        self.touch(Access::Load, array, i, &mut numbers);
        numbers
    }

    /// Writes four numbers from `i` on in one access. `i` must be a multiple of 4.
    #[track_caller]
    pub fn store4(&self, array: Buffer, i: usize, mut values: [f32; 4]) {
        self.touch(Access::Store, array, i, &mut values);
    }

    /// The block's array of this name, `len` numbers in shared memory: one array, for
    /// all threads of the block that ask for it. At first nothing is written in it.
    #[track_caller]
    pub fn shared(&self, name: &str, len: usize) -> Buffer {
        let at = self.at(Location::caller());
        self.gpu.state.borrow_mut().shared(at, name, len)
    }

    /// `a * b + c`, rounded once; counted.
    pub fn fma(&self, a: f32, b: f32, c: f32) -> f32 {
        self.gpu.state.borrow_mut().counters.fma += 1;
        a.mul_add(b, c)
    }

    /// Waits for all threads of the block: `t.barrier().await`. What they wrote before
    /// it, all may read after it.
    #[track_caller]
    pub fn barrier(&self) -> Barrier<'a> {
        Barrier { gpu: self.gpu, line: Location::caller(), reached: None }
    }

    #[track_caller]
    fn touch(&self, access: Access, array: Buffer, i: usize, numbers: &mut [f32]) {
        let at = self.at(Location::caller());
        self.gpu.state.borrow_mut().touch(at, access, array, i, numbers);
    }

    fn at(&self, line: Line) -> At {
        At { thread: self.number, line }
    }
}

/// A barrier, to be awaited.
#[must_use = "a barrier waits only when awaited: t.barrier().await"]
pub struct Barrier<'a> {
    gpu: &'a Simt,
    line: Line,
    /// At which moment.
    reached: Option<u32>,
}

impl Future for Barrier<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let mut state = self.gpu.state.borrow_mut();
        let now = state.launch.clock.now;
        if self.reached.is_some_and(|moment| moment != now) {
            return Poll::Ready(());
        }
        state.waiting = Some(self.line);
        drop(state);
        self.reached = Some(now);
        Poll::Pending
    }
}
