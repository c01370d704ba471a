//! The counts in `rungs.html`: that they are those of the kernels that ship. The page
//! holds them as numbers, for the interpreter is larger than all the rest of the page.

use std::error::Error;
use std::fmt::Write;

use gradbook::gpu::Counters;
use gradbook::gpu::kernels::{CONV2D, Launch, MATMUL, PTX};
use gradbook::gpu::ptx::{Gpu, Module};
use gradbook::kernels::{Convolution, ImageShape, Window};

const PAGE: &str = include_str!("rungs.html");

/// Rows of A, columns of A, columns of B.
const PRODUCTS: [(&str, [usize; 3]); 3] = [
    ("product, 128 × 128 by 128 × 128", [128, 128, 128]),
    ("product, 61 × 37 by 37 × 103", [61, 37, 103]),
    ("product, 32 × 128 by 128 × 10", [32, 128, 10]),
];

/// Images, their shape, filters, window.
const CONVOLUTIONS: [(&str, usize, ImageShape, usize, Window); 2] = [
    (
        "convolution, 6 filters of 5 × 5 on 28 × 28",
        4,
        ImageShape { height: 28, width: 28, channels: 1 },
        6,
        Window::square(5).padding(2),
    ),
    (
        "convolution, 16 filters of 5 × 5 on 14 × 14 × 6",
        4,
        ImageShape { height: 14, width: 14, channels: 6 },
        16,
        Window::square(5),
    ),
];

type Counted = Result<Counters, Box<dyn Error>>;

/// Runs a kernel in the interpreter. What lies in memory does not matter for counts.
fn run(module: &Module, gpu: &mut Gpu, launch: Launch) -> Counted {
    let Launch { kernel, grid, block, .. } = launch;
    Ok(gpu.launch(module, kernel, grid, block, &launch.arguments())?)
}

/// One rung, as the page holds it.
fn row(title: &str, counters: &Counters) -> String {
    let counts = [
        counters.fma,
        counters.global_loads,
        counters.global_load_requests,
        counters.global_load_sectors,
        counters.global_store_sectors,
        counters.shared_loads,
        counters.shared_requests,
        counters.bank_conflicts,
    ];
    format!(
        "    [\"{title}\", {}],\n",
        counts.map(|count| count.to_string()).join(", ")
    )
}

/// All counts, as they stand in the page.
fn table() -> Result<String, Box<dyn Error>> {
    let module = Module::parse(PTX)?;
    let mut out = String::new();
    let head = |name: &str, needed: usize| {
        format!("  {{ name: \"{name}\", needed: {needed}, rungs: [\n")
    };
    for (name, sizes @ [m, k, n]) in PRODUCTS {
        out += &head(name, m * k * n);
        for rung in MATMUL {
            let mut gpu = Gpu::new();
            let a = gpu.upload(&vec![1.0; m * k])?;
            let b = gpu.upload(&vec![1.0; k * n])?;
            let c = gpu.alloc(m * n)?;
            let counters = run(&module, &mut gpu, rung.launch([a, b, c], sizes)?)?;
            assert!(gpu.read(c)?.iter().all(|sum| *sum == k as f32), "{}", rung.name);
            out += &row(rung.title, &counters);
        }
        writeln!(out, "  ] }},")?;
    }
    for (name, batch, image, filters, window) in CONVOLUTIONS {
        let sizes = Convolution::new(image, filters, window)?;
        let (taps, len) = (sizes.taps(), batch * sizes.output_shape().len());
        out += &head(name, len * taps);
        for kernel in CONV2D {
            let mut gpu = Gpu::new();
            let images = gpu.upload(&vec![1.0; batch * image.len()])?;
            let weight = gpu.upload(&vec![1.0; taps * filters])?;
            let bias = gpu.upload(&vec![0.0; filters])?;
            let outputs = gpu.alloc(len)?;
            let launch =
                kernel.launch([images, weight, bias, outputs], &sizes, batch)?;
            let counters = run(&module, &mut gpu, launch)?;
            assert_eq!(gpu.read(outputs)?.len(), len, "{}", kernel.name);
            out += &row(kernel.title, &counters);
        }
        writeln!(out, "  ] }},")?;
    }
    Ok(out)
}

#[test]
fn the_page_shows_what_the_shipped_kernels_count() {
    let (before, rest) = PAGE.split_once("const WORK = [\n").expect("the counts");
    let (counts, _) = rest.split_once("  ];\n").expect("their end");
    let indent = |line: &str| format!("  {line}\n");
    let table: String = table().expect("all run").lines().map(indent).collect();
    let line = before.lines().count() + 2;
    assert!(counts == table, "rungs.html, from line {line} on, must be:\n{table}");
}

/// Four of the counts, by hand.
#[test]
fn the_counts_of_the_naive_product_are_as_counted_by_hand() {
    // Each of 2 097 152 multiply-adds loads two numbers. A warp goes down 32 rows of A:
    // 32 sectors, and all its threads read the same number of B: one.
    let fma = 128_u64.pow(3);
    let requests = 2 * fma / 32;
    let sectors = (32 + 1) * fma / 32;
    let line = format!("[\"naive\", {fma}, {}, {requests}, {sectors}, ", 2 * fma);
    assert!(PAGE.contains(&line), "{line}");
    // By tiles of 16: each thread loads two numbers for every 16 multiply-adds, and a
    // warp's 32 numbers lie in two rows of 16: four sectors.
    let (loads, requests) = (2 * fma / 16, 2 * fma / 16 / 32);
    let line =
        format!("[\"shared tiles\", {fma}, {loads}, {requests}, {}, ", 4 * requests);
    assert!(PAGE.contains(&line), "{line}");
}
