//! The registers of AVX2 and AVX-512.

use std::arch::x86_64::*;

use super::lanes::Lanes;

#[derive(Clone, Copy)]
pub(super) struct Avx512F32(__m512);

impl Lanes for Avx512F32 {
    type Number = f32;
    const COUNT: usize = 16;

    #[inline(always)]
    unsafe fn all(number: f32) -> Self {
        // Sound here and below: the caller vouches for the instruction set and for the
        // numbers behind the pointer; these loads and stores need no alignment, and the
        // lanes outside a mask are not touched in memory.
        unsafe { Self(_mm512_set1_ps(number)) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Self(_mm512_loadu_ps(from)) }
    }

    #[inline(always)]
    unsafe fn load_first(first: usize, from: *const f32) -> Self {
        unsafe { Self(_mm512_maskz_loadu_ps(0xffff >> (16 - first), from)) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm512_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_first(self, first: usize, to: *mut f32) {
        unsafe { _mm512_mask_storeu_ps(to, 0xffff >> (16 - first), self.0) }
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        unsafe { Self(_mm512_fmadd_ps(a.0, b.0, self.0)) }
    }
}

/// AVX2 has no mask registers: a mask is a vector whose lanes are all ones or all
/// zeros. Eight ones and eight zeros in a row hold every mask.
const ONES_THEN_ZEROS: [i32; 16] =
    [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

#[derive(Clone, Copy)]
pub(super) struct Avx2F32(__m256);

impl Lanes for Avx2F32 {
    type Number = f32;
    const COUNT: usize = 8;

    #[inline(always)]
    unsafe fn all(number: f32) -> Self {
        // Sound here and below: as for `Avx512F32`.
        unsafe { Self(_mm256_set1_ps(number)) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Self(_mm256_loadu_ps(from)) }
    }

    #[inline(always)]
    unsafe fn load_first(first: usize, from: *const f32) -> Self {
        // Sound: 8 - first is at most 7, so eight of the sixteen follow it.
        unsafe {
            let mask = ONES_THEN_ZEROS.as_ptr().add(8 - first);
            Self(_mm256_maskload_ps(from, _mm256_loadu_si256(mask.cast())))
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm256_storeu_ps(to, self.0) }
    }

    /// Four, two and one at a time: the masked store of AVX2 is slow on many machines.
    #[inline(always)]
    unsafe fn store_first(self, first: usize, to: *mut f32) {
        if first == 8 {
            return unsafe { self.store(to) };
        }
        // Sound: the sizes written add up to `first`, each after the ones before.
        unsafe {
            let (mut to, mut rest) = (to, _mm256_castps256_ps128(self.0));
            if first & 4 != 0 {
                _mm_storeu_ps(to, rest);
                to = to.add(4);
                rest = _mm256_extractf128_ps::<1>(self.0);
            }
            if first & 2 != 0 {
                _mm_storel_pd(to.cast(), _mm_castps_pd(rest));
                to = to.add(2);
                rest = _mm_movehl_ps(rest, rest);
            }
            if first & 1 != 0 {
                _mm_store_ss(to, rest);
            }
        }
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        unsafe { Self(_mm256_fmadd_ps(a.0, b.0, self.0)) }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Avx2F64(__m256d);

impl Lanes for Avx2F64 {
    type Number = f64;
    const COUNT: usize = 4;

    #[inline(always)]
    unsafe fn all(number: f64) -> Self {
        // Sound here and below: as for `Avx512F32`.
        unsafe { Self(_mm256_set1_pd(number)) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        unsafe { Self(_mm256_loadu_pd(from)) }
    }

    #[inline(always)]
    unsafe fn load_first(first: usize, from: *const f64) -> Self {
        // Sound: as for `Avx2F32`, in pairs of 32 bits.
        unsafe {
            let mask = ONES_THEN_ZEROS.as_ptr().add(8 - 2 * first);
            Self(_mm256_maskload_pd(from, _mm256_loadu_si256(mask.cast())))
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        unsafe { _mm256_storeu_pd(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_first(self, first: usize, to: *mut f64) {
        if first == 4 {
            return unsafe { self.store(to) };
        }
        // Sound: as for `Avx2F32`.
        unsafe {
            let (mut to, mut rest) = (to, _mm256_castpd256_pd128(self.0));
            if first & 2 != 0 {
                _mm_storeu_pd(to, rest);
                to = to.add(2);
                rest = _mm256_extractf128_pd::<1>(self.0);
            }
            if first & 1 != 0 {
                _mm_store_sd(to, rest);
            }
        }
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        unsafe { Self(_mm256_fmadd_pd(a.0, b.0, self.0)) }
    }
}

/// Eight rows of eight numbers, turned: what was a row becomes a column.
///
/// # Safety
///
/// The machine has AVX. From `from`, eight numbers may be read at each of eight
/// multiples of `from_step`; to `to`, as many may be written at multiples of `to_step`.
#[target_feature(enable = "avx")]
pub(super) unsafe fn turn_eight(
    from: *const f32,
    from_step: usize,
    to: *mut f32,
    to_step: usize,
) {
    // Sound: exactly the numbers that the caller vouches for, without alignment.
    unsafe {
        let row = |i: usize| _mm256_loadu_ps(from.add(i * from_step));
        let pair = |i: usize| {
            let (a, b) = (row(i), row(i + 1));
            (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b))
        };
        let four = |i: usize| {
            let ((a, b), (c, d)) = (pair(i), pair(i + 2));
            [
                _mm256_shuffle_ps::<0x44>(a, c),
                _mm256_shuffle_ps::<0xee>(a, c),
                _mm256_shuffle_ps::<0x44>(b, d),
                _mm256_shuffle_ps::<0xee>(b, d),
            ]
        };
        let (upper, lower) = (four(0), four(4));
        for i in 0..4 {
            let near = _mm256_permute2f128_ps::<0x20>(upper[i], lower[i]);
            let far = _mm256_permute2f128_ps::<0x31>(upper[i], lower[i]);
            _mm256_storeu_ps(to.add(i * to_step), near);
            _mm256_storeu_ps(to.add((i + 4) * to_step), far);
        }
    }
}
