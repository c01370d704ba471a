//! What this machine can do at best, measured: multiplications and additions a second
//! in registers, and bytes a second between memory and registers. No product can be
//! faster than the first, nor than the second feeds it.
//!
//! One thread. Other programs can only make a measurement slower, so the best of
//! several counts. These functions watch the clock: the wasm pages cannot call them.

use std::hint::black_box;
use std::time::Instant;

/// The model of the CPU as the system tells it, else only its kind.
pub fn cpu() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.and_then(|rest| rest.split_once(':'));
    model.map_or(std::env::consts::ARCH, |(_, name)| name.trim()).to_owned()
}

/// GFLOP/s of nothing but fused multiply-adds in the widest registers that the product
/// uses: each counts as two operations.
pub fn peak_gflops() -> f64 {
    (0..20).map(|_| fused_gflops()).fold(0.0, f64::max)
}

/// GB/s of copying so many bytes to another place, counted once read and once written.
/// Many bytes measure the memory, few the caches.
pub fn copy_gb_s(bytes: usize) -> f64 {
    const TURN: usize = 16 << 20;
    let (from, mut to) = (vec![1_u8; bytes], vec![0_u8; bytes]);
    let copies = (TURN / bytes.max(1)).max(1);
    let once = || {
        let start = Instant::now();
        for _ in 0..copies {
            black_box(&mut to[..]).copy_from_slice(black_box(&from));
        }
        2e-9 * (bytes * copies) as f64 / start.elapsed().as_secs_f64()
    };
    std::iter::repeat_with(once).take(10).fold(0.0, f64::max)
}

/// Bytes that no cache of today's machines holds, to measure the memory with.
pub const MEMORY: usize = 128 << 20;

/// Bytes that the second cache holds twice, to measure it with.
pub const CACHE: usize = 128 << 10;

/// Sums side by side, so many that none waits for the one before.
const SUMS: usize = 12;

#[allow(unsafe_code)]
fn fused_gflops() -> f64 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::*;
        if is_x86_feature_detected!("avx512f") {
            // Sound: the machine was asked. The same below.
            return rate(16, |repeats| unsafe { avx512(repeats) });
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return rate(8, |repeats| unsafe { avx2(repeats) });
        }
        #[target_feature(enable = "avx512f")]
        fn avx512(repeats: u32) {
            let factor = _mm512_set1_ps(black_box(0.5));
            let mut sums = [factor; SUMS];
            for _ in 0..repeats {
                for sum in &mut sums {
                    *sum = _mm512_fmadd_ps(*sum, factor, factor);
                }
            }
            black_box(sums);
        }
        #[target_feature(enable = "avx2,fma")]
        fn avx2(repeats: u32) {
            let factor = _mm256_set1_ps(black_box(0.5));
            let mut sums = [factor; SUMS];
            for _ in 0..repeats {
                for sum in &mut sums {
                    *sum = _mm256_fmadd_ps(*sum, factor, factor);
                }
            }
            black_box(sums);
        }
    }
    // Without an instruction for it, a fused product is a slow call.
    let fused = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
    rate(4, |repeats| {
        let factor = black_box([0.5_f32; 4]);
        let mut sums = [factor; SUMS];
        let step = |sum: f32| match fused {
            true => sum.mul_add(factor[0], factor[0]),
            false => sum * factor[0] + factor[0],
        };
        for _ in 0..repeats {
            sums = sums.map(|sum| sum.map(step));
        }
        black_box(sums);
    })
}

fn rate(lanes: usize, run: impl Fn(u32)) -> f64 {
    const REPEATS: u32 = 100_000;
    let start = Instant::now();
    run(REPEATS);
    let products = (lanes * SUMS) as f64 * f64::from(REPEATS);
    2e-9 * products / start.elapsed().as_secs_f64()
}
