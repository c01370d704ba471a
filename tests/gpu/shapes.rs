//! The PTX that ships, run on ragged and prime shapes: bit for bit what a loop with
//! `mul_add` computes in the same order.

use gradbook::gpu::kernels::{Launch, MATMUL, PTX};
use gradbook::gpu::ptx::{Argument, Gpu, Module};
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
    let pointers = launch.pointers.iter().map(|p| Argument::Pointer(*p));
    let arguments: Vec<Argument> =
        pointers.chain(launch.sizes.iter().map(|s| Argument::I32(*s))).collect();
    gpu.launch(module, launch.kernel, launch.grid, launch.block, &arguments)
}

fn product(a: &[f32], b: &[f32], [m, k, n]: [usize; 3]) -> Vec<u32> {
    let at = |i: usize| {
        let (row, column) = (i / n, i % n);
        let term = |sum: f32, l: usize| a[row * k + l].mul_add(b[l * n + column], sum);
        (0..k).fold(0.0_f32, term).to_bits()
    };
    (0..m * n).map(at).collect()
}

#[test]
fn every_rung_of_the_product_agrees_bit_for_bit_on_ragged_shapes() {
    let module = shipped();
    let shapes = [[1, 1, 1], [2, 3, 5], [37, 41, 43], [130, 17, 67], [5, 8, 129]];
    for sizes in shapes {
        let [m, k, n] = sizes;
        let (a, b) = (numbers(m * k, 7), numbers(k * n, 11));
        let expected = product(&a, &b, sizes);
        for rung in MATMUL {
            let mut gpu = Gpu::new();
            let (x, y) = (gpu.upload(&a).unwrap(), gpu.upload(&b).unwrap());
            let z = gpu.alloc(m * n).unwrap();
            let launch = rung.launch([x, y, z], sizes).unwrap();
            let seen = run(&mut gpu, &module, &launch);
            let counters = seen.unwrap_or_else(|fault| panic!("{sizes:?}: {fault}"));
            let seen: Vec<u32> =
                gpu.read(z).unwrap().into_iter().map(f32::to_bits).collect();
            assert!(seen == expected, "{} is wrong on {sizes:?}", rung.name);
            assert_eq!(counters.global_stores, (m * n) as u64, "{}", rung.name);
        }
    }
}
