//! The teaching device and the interpreter, on the same kernels: the Rust of one and
//! the PTX of the other must cost the same and give the same numbers.

use gradbook::gpu::kernels::{Launch, MATMUL, Matmul, PTX};
use gradbook::gpu::ptx::{Argument, Gpu, Module};
use gradbook::gpu::simt::kernels::{
    TILE, coalesced_product, naive_product, tiled_product,
};
use gradbook::gpu::simt::{Simt, faults};
use gradbook::gpu::{Counters, Fault};

/// Sizes, and numbers that are not whole so that every rounding shows.
struct Case {
    sizes: [usize; 3],
    a: Vec<f32>,
    b: Vec<f32>,
}

impl Case {
    fn new(sizes: [usize; 3]) -> Self {
        let number = |i: usize| (i * 37 % 101) as f32 / 7.0 - 7.0;
        let [m, k, n] = sizes;
        let a = (0..m * k).map(number).collect();
        Self { sizes, a, b: (0..k * n).map(|i| number(i + 50)).collect() }
    }

    /// What the teaching device makes of the rung.
    fn in_rust(&self, rung: usize) -> Result<(Vec<f32>, Counters), Fault> {
        let (mut gpu, sizes) = (Simt::new(), self.sizes);
        let [m, _, n] = sizes;
        let tiles = |length: usize, side: usize| length.div_ceil(side) as u32;
        let abc = [gpu.upload(&self.a), gpu.upload(&self.b), gpu.alloc(m * n)];
        let cost = match rung {
            0 => {
                let grid = (tiles(m, 32), tiles(n, 8));
                gpu.launch("naive", grid, (32, 8), |t| naive_product(t, abc, sizes))?
            }
            1 => {
                let grid = (tiles(n, 32), tiles(m, 8));
                let kernel = |t| coalesced_product(t, abc, sizes);
                gpu.launch("coalesced", grid, (32, 8), kernel)?
            }
            _ => {
                let (grid, block) = ((tiles(n, TILE), tiles(m, TILE)), TILE as u32);
                let kernel = |t| tiled_product(t, abc, sizes);
                gpu.launch("tiled", grid, (block, block), kernel)?
            }
        };
        Ok((gpu.read(abc[2]).unwrap_or_default(), cost))
    }

    /// What the interpreter makes of it.
    fn in_ptx(&self, module: &Module, rung: usize) -> (Vec<f32>, Counters) {
        let mut gpu = Gpu::new();
        let [m, _, n] = self.sizes;
        let abc = [
            gpu.upload(&self.a).unwrap(),
            gpu.upload(&self.b).unwrap(),
            gpu.alloc(m * n).unwrap(),
        ];
        let launch = MATMUL[rung].launch(abc, self.sizes).unwrap();
        let Launch { kernel, grid, block, .. } = launch;
        let cost =
            gpu.launch(module, kernel, grid, block, &launch.arguments()).unwrap();
        // what a Rust function has none of
        (gpu.read(abc[2]).unwrap(), Counters { instructions: 0, ..cost })
    }
}

#[test]
fn rust_and_ptx_of_one_kernel_cost_the_same() {
    let module = Module::parse(PTX).unwrap();
    for sizes in [[64, 32, 96], [17, 19, 23], [1, 1, 1], [33, 50, 41], [5, 70, 3]] {
        let case = Case::new(sizes);
        for (rung, Matmul { name, .. }) in MATMUL.iter().enumerate().take(3) {
            let (seen, cost) = case.in_rust(rung).unwrap();
            let (expected, expected_cost) = case.in_ptx(&module, rung);
            assert_eq!(cost, expected_cost, "{sizes:?}, {name}");
            let bits = |numbers: Vec<f32>| numbers.into_iter().map(f32::to_bits);
            assert!(bits(seen).eq(bits(expected)), "{sizes:?}, {name}");
        }
    }
}

/// Two of the wrong kernels, on sizes for which they are right.
#[test]
fn rust_and_ptx_agree_where_a_mistake_does_not_matter() {
    let module = Module::parse(include_str!("faults.ptx")).unwrap();
    let numbers: Vec<f32> = (0..64 * 8).map(|i| i as f32).collect();
    let mut interpreter = Gpu::new();
    let pointers = [interpreter.upload(&numbers), interpreter.alloc(64)];
    let pointers = pointers.map(|pointer| Argument::Pointer(pointer.unwrap()));
    let mut in_ptx = |name: &str, n: i32| {
        let arguments = [pointers[0], pointers[1], Argument::I32(n)];
        let cost = interpreter.launch(&module, name, 1.into(), 64.into(), &arguments);
        Counters { instructions: 0, ..cost.unwrap() }
    };
    let mut gpu = Simt::new();
    let (x, y) = (gpu.upload(&numbers), gpu.alloc(64));
    let cost = gpu.launch("no_guard", 1, 64, |t| faults::no_guard(t, x, y));
    assert_eq!(cost, Ok(in_ptx("no_guard", 64)));
    // four numbers at once, from a row of 32 bytes: a sector each
    let cost = gpu.launch("aligned", 1, 64, |t| faults::misaligned(t, x, y, 8));
    assert_eq!(cost, Ok(in_ptx("misaligned", 8)));
    assert_eq!(cost.map(|cost| cost.global_load_sectors), Ok(64));
}
