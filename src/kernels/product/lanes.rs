//! A few numbers that one instruction handles together.

use crate::real::Real;

// ANCHOR: lanes
/// A register of `COUNT` numbers. The tile is written once, in terms of these six
/// operations; each instruction set says how it does them.
///
/// # Safety
///
/// All of them: the machine has the instruction set. Those with a pointer: the numbers
/// it names may be read or written: `COUNT` of them, or `first` of them, where the rest
/// is not touched. `1 <= first <= COUNT`.
pub(super) trait Lanes: Copy {
    type Number: Real;
    const COUNT: usize;
    /// The same number in each lane.
    unsafe fn all(number: Self::Number) -> Self;
    unsafe fn load(from: *const Self::Number) -> Self;
    unsafe fn load_first(first: usize, from: *const Self::Number) -> Self;
    unsafe fn store(self, to: *mut Self::Number);
    unsafe fn store_first(self, first: usize, to: *mut Self::Number);
    /// `self + a b` in each lane.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
}
// ANCHOR_END: lanes

/// Four numbers in plain Rust. The compiler makes of them what the target has: SSE2,
/// NEON, wasm's 128 bits, or four scalars.
#[derive(Clone, Copy)]
pub(super) struct Four<T>([T; 4]);

impl<T: Real> Lanes for Four<T> {
    type Number = T;
    const COUNT: usize = 4;

    #[inline(always)]
    unsafe fn all(number: T) -> Self {
        Self([number; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // Sound: the caller vouches for four numbers; an unaligned read needs no more.
        unsafe { Self(from.cast::<[T; 4]>().read_unaligned()) }
    }

    #[inline(always)]
    unsafe fn load_first(first: usize, from: *const T) -> Self {
        // Sound: i < first, and the caller vouches for that many.
        let read = |i: usize| unsafe { from.add(i).read() };
        Self(std::array::from_fn(|i| if i < first { read(i) } else { T::zero() }))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // Sound: as in `load`.
        unsafe { to.cast::<[T; 4]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn store_first(self, first: usize, to: *mut T) {
        for (i, number) in self.0.into_iter().enumerate().take(first) {
            // Sound: as in `load_first`.
            unsafe { to.add(i).write(number) };
        }
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        // Without an instruction for it, a fused product is a slow call.
        let fused = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
        Self(std::array::from_fn(|i| {
            let (sum, a, b) = (self.0[i], a.0[i], b.0[i]);
            if fused { a.mul_add(b, sum) } else { sum + a * b }
        }))
    }
}
