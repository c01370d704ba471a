//! What the tests of the shipped PTX share: the kernels, numbers to run them on, and a
//! launch in the interpreter.

use gradbook::gpu::kernels::{Launch, PTX};
use gradbook::gpu::ptx::{Gpu, Module};
use gradbook::gpu::{Counters, Fault};

pub fn shipped() -> Module {
    Module::parse(PTX).unwrap()
}

/// Small numbers whose products and sums have to be rounded.
pub fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..len).map(|_| next()).collect()
}

pub fn run(gpu: &mut Gpu, module: &Module, launch: &Launch) -> Result<Counters, Fault> {
    gpu.launch(module, launch.kernel, launch.grid, launch.block, &launch.arguments())
}
