//! One rung for each instruction set: the same tile in its registers.

use super::lanes::Four;
use super::tile::{Strip, flat_strip, strip};
#[cfg(target_arch = "x86_64")]
use super::x86::{self, Avx2F32, Avx2F64, Avx512F32};
use crate::real::Real;

/// What a product needs from an instruction set.
pub(super) struct Rung<T: 'static> {
    /// How the benchmark calls it.
    pub name: &'static str,
    /// Can this machine run it?
    pub runs_here: fn() -> bool,
    /// Numbers in a register.
    pub lanes: usize,
    /// Strips one column wide, two, and so on.
    pub strips: &'static [unsafe fn(&Strip<T>)],
    /// The same for strips no taller than a register.
    pub flat_strips: &'static [unsafe fn(&Strip<T>)],
    /// Turns eight rows of eight numbers, faster than one by one.
    pub turn_eight: Option<TurnEight<T>>,
}

/// From where with which step between rows, to where with which step.
pub(super) type TurnEight<T> = unsafe fn(*const T, usize, *mut T, usize);

/// The rungs for a number type, the fastest first. The last runs everywhere.
pub(super) trait Rungs: Real {
    fn rungs() -> &'static [Rung<Self>];
}

/// A rung: its registers, the instruction sets it needs, the widths of its strips.
macro_rules! rung {
    ($name:literal, $lanes:ty, $number:ty, [$($feature:tt),*], $turn:expr,
     $($columns:literal)*; $($flat:literal)*) => {{
        $(#[target_feature(enable = $feature)])*
        unsafe fn loops<const COLUMNS: usize>(work: &Strip<$number>) {
            // Sound: passed on to the caller; the instruction set is enabled here.
            unsafe { strip::<$lanes, COLUMNS>(work) }
        }
        $(#[target_feature(enable = $feature)])*
        unsafe fn flat_loops<const COLUMNS: usize>(work: &Strip<$number>) {
            // Sound: as above.
            unsafe { flat_strip::<$lanes, COLUMNS>(work) }
        }
        Rung {
            name: $name,
            runs_here: || true $(&& is_x86_feature_detected!($feature))*,
            lanes: <$lanes as super::lanes::Lanes>::COUNT,
            strips: &[$(loops::<$columns>),*],
            flat_strips: &[$(flat_loops::<$flat>),*],
            turn_eight: $turn,
        }
    }};
}

impl Rungs for f32 {
    fn rungs() -> &'static [Rung<f32>] {
        static RUNGS: &[Rung<f32>] = &[
            #[cfg(target_arch = "x86_64")]
            rung!("avx512", Avx512F32, f32, ["avx512f"], Some(x86::turn_eight),
                1 2 3 4 5 6 7 8 9 10 11 12; 1 2 3 4 5 6 7 8 9 10 11 12),
            #[cfg(target_arch = "x86_64")]
            rung!("avx2", Avx2F32, f32, ["avx2", "fma"], Some(x86::turn_eight),
                1 2 3 4 5 6; 1 2 3 4 5 6 7 8 9 10 11 12),
            rung!("portable", Four<f32>, f32, [], None, 1 2 3 4; 1 2 3 4 5 6),
        ];
        RUNGS
    }
}

// Gradients are checked in f64 and no network of size is trained in it: AVX2 is fast
// enough there, and AVX-512 would take its time to compile.
impl Rungs for f64 {
    fn rungs() -> &'static [Rung<f64>] {
        static RUNGS: &[Rung<f64>] = &[
            #[cfg(target_arch = "x86_64")]
            rung!("avx2", Avx2F64, f64, ["avx2", "fma"], None,
                1 2 3 4 5 6; 1 2 3 4 5 6),
            rung!("portable", Four<f64>, f64, [], None, 1 2 3 4; 1 2 3 4 5 6),
        ];
        RUNGS
    }
}
