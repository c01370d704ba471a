//! The kernels that ship: their PTX, run by the interpreter.

use gradbook::gpu::Counters;
use gradbook::gpu::kernels::{CONV2D, Conv2d, Launch, MATMUL, Matmul, PTX};
use gradbook::gpu::ptx::{Gpu, Module};
use gradbook::kernels::{Convolution, ImageShape, Window, im2col};
use lessons::{Result, Run, bail};

use crate::pictures;

/// Shapes of the products that every rung has to get right: m, k, n.
pub const SHAPES: [[usize; 3]; 7] = [
    [1, 1, 1],
    [5, 7, 3],
    [17, 1, 31],
    [37, 41, 29],
    [64, 64, 64],
    [1, 100, 130],
    [131, 9, 67],
];
/// Images, filters, windows and a batch: what every convolution has to get right.
pub const IMAGES: [(ImageShape, usize, Window, usize); 4] = [
    (ImageShape::new(5, 7, 3), 2, Window::square(3).padding(1), 2),
    (ImageShape::new(9, 6, 1), 17, Window::square(2).stride(3), 1),
    (ImageShape::new(11, 13, 5), 3, Window::square(5).padding(2).stride(2), 3),
    (ImageShape::new(12, 12, 8), 16, Window::square(3).padding(1), 2),
];

/// The size of the matrices that are counted.
const SIDE: usize = 256;

/// Everything of this section.
pub fn show(run: &mut Run) -> Result {
    run.heading("The kernels that ship, in the interpreter");
    let module = Module::parse(PTX)?;
    every_bit(run, &module)?;
    products(run, &module, SIDE)?;
    convolutions(run, &module)
}

/// Numbers that are not round, of both signs, some of them zero.
pub fn numbers(len: usize, step: usize) -> Vec<f32> {
    let number = |i: usize| ((i * step + i / 7) % 23) as f32 - 11.0;
    (0..len).map(|i| number(i) * 0.37).collect()
}

// ANCHOR: reference
/// The product from the definition, each sum in ascending order, one rounding a step.
pub fn reference(a: &[f32], b: &[f32], [m, k, n]: [usize; 3]) -> Vec<f32> {
    let entry = |i: usize, j: usize| {
        (0..k).fold(0.0f32, |sum, l| a[i * k + l].mul_add(b[l * n + j], sum))
    };
    (0..m * n).map(|at| entry(at / n, at % n)).collect()
}
// ANCHOR_END: reference

/// All rungs and all convolutions on ragged sizes, compared bit by bit.
fn every_bit(run: &mut Run, module: &Module) -> Result {
    let mut outputs = 0;
    for sizes @ [m, k, n] in SHAPES {
        let (a, b) = (numbers(m * k, 3), numbers(k * n, 5));
        let expected = reference(&a, &b, sizes);
        for rung in MATMUL {
            let (seen, _) = product(module, rung, &a, &b, sizes)?;
            same(rung.name, &seen, &expected)?;
            outputs += seen.len();
        }
    }
    for (image, filters, window, batch) in IMAGES {
        let sizes = Convolution::new(image, filters, window)?;
        let expected = definition(&sizes, &operands(&sizes, batch));
        for kernel in CONV2D {
            let (seen, _) = convolution(module, kernel, &sizes, batch)?;
            same(kernel.name, &seen, &expected)?;
            outputs += seen.len();
        }
    }
    run.count("ptx_products", SHAPES.len() * MATMUL.len());
    run.count("ptx_convolutions", IMAGES.len() * CONV2D.len());
    run.count("ptx_outputs", outputs);
    run.say(&format!(
        "{} products and {} convolutions of ragged sizes, {outputs} numbers: no fault, \
         and every bit is that of the CPU's loop.",
        SHAPES.len() * MATMUL.len(),
        IMAGES.len() * CONV2D.len(),
    ));
    Ok(())
}

/// Both have the same bits.
pub fn same(name: &str, seen: &[f32], expected: &[f32]) -> Result {
    let differs = |(x, y): (&f32, &f32)| x.to_bits() != y.to_bits();
    match seen.iter().zip(expected).position(differs) {
        None if seen.len() == expected.len() => Ok(()),
        None => bail!("{name} gives {} numbers, not {}", seen.len(), expected.len()),
        Some(i) => bail!("{name}: number {i} is {}, expected {}", seen[i], expected[i]),
    }
}

/// The counts of all rungs at one size.
fn products(run: &mut Run, module: &Module, side: usize) -> Result {
    let (a, b) = (numbers(side * side, 3), numbers(side * side, 5));
    let expected = reference(&a, &b, [side; 3]);
    let bar = run.progress("eight rungs", MATMUL.len());
    let mut costs = Vec::new();
    for rung in MATMUL {
        bar.note(rung.title);
        let (seen, cost) = product(module, rung, &a, &b, [side; 3])?;
        same(rung.name, &seen, &expected)?;
        costs.push(cost);
        bar.inc(1);
    }
    drop(bar);
    run.count("counted_side", side);
    let mut rows = Vec::new();
    for (rung, cost) in MATMUL.iter().zip(&costs) {
        rows.push(counted(run, (rung.name, rung.title), cost, side * side * side));
    }
    run.say(&format!("A product of {side} by {side}, for each multiplication:"));
    run.table(&HEADER, &rows);
    run.say(
        "Loads: numbers from global memory. Sectors: those that one read of a warp \
         touches. Bytes moved: all sectors together. Instructions: PTX, of a thread.",
    );
    let names: Vec<&str> = MATMUL.iter().map(|rung| rung.title).collect();
    let loads: Vec<f64> = costs.iter().map(Counters::global_loads_per_fma).collect();
    run.figure(
        "loads",
        "Global loads for each multiplication, rung by rung.",
        &pictures::loads(&names, &loads),
    )
}

const HEADER: [&str; 7] =
    ["", "loads", "sectors", "bytes moved", "shared loads", "barriers", "instructions"];

/// Reports the counts of a kernel, for each of `work` multiplications, and makes a row
/// of the table.
fn counted(
    run: &mut Run,
    (name, title): (&str, &str),
    cost: &Counters,
    work: usize,
) -> [String; 7] {
    let per = |count: u64| count as f64 / work as f64;
    let [loads, sectors, bytes, shared, instructions] = [
        ("loads_per_fma", per(cost.global_loads)),
        ("sectors", cost.sectors_per_load_request()),
        ("bytes_per_fma", per(32 * cost.global_load_sectors)),
        ("shared_per_fma", per(cost.shared_loads)),
        ("instructions_per_fma", per(cost.instructions)),
    ]
    .map(|(what, value)| {
        run.value(&format!("{name}_{what}"), value);
        value
    });
    run.value(&format!("{name}_fma_done"), per(cost.fma));
    run.count(&format!("{name}_loads"), cost.global_loads as usize);
    run.count(&format!("{name}_barriers"), cost.barriers as usize);
    run.count(&format!("{name}_conflicts"), cost.bank_conflicts as usize);
    [
        title.to_string(),
        format!("{loads:.4}"),
        format!("{sectors:.2}"),
        format!("{bytes:.3}"),
        format!("{shared:.3}"),
        cost.barriers.to_string(),
        format!("{instructions:.2}"),
    ]
}

/// The three convolutions on the second layer of lesson 6's network.
fn convolutions(run: &mut Run, module: &Module) -> Result {
    let (image, window) = (ImageShape::new(12, 12, 8), Window::square(3).padding(1));
    let (sizes, batch) = (Convolution::new(image, 16, window)?, 8);
    let work = batch * sizes.output_shape().len() * sizes.taps();
    let mut rows = Vec::new();
    for kernel in CONV2D {
        let (_, cost) = convolution(module, kernel, &sizes, batch)?;
        rows.push(counted(run, (kernel.name, kernel.title), &cost, work));
    }
    run.say("A convolution of 3 by 3, 8 images of 12 by 12 by 8, 16 filters:");
    run.table(&HEADER, &rows);
    Ok(())
}

// ANCHOR: product
/// `a b` by one rung, in the interpreter: what came out, and what it cost.
pub fn product(
    module: &Module,
    rung: &Matmul,
    a: &[f32],
    b: &[f32],
    sizes @ [m, _, n]: [usize; 3],
) -> Result<(Vec<f32>, Counters)> {
    let mut gpu = Gpu::new();
    let (a, b, c) = (gpu.upload(a)?, gpu.upload(b)?, gpu.alloc(m * n)?);
    let launch = rung.launch([a, b, c], sizes)?;
    let cost = start(&mut gpu, module, &launch)?;
    Ok((gpu.read(c)?, cost))
}
// ANCHOR_END: product

fn convolution(
    module: &Module,
    kernel: &Conv2d,
    sizes: &Convolution,
    batch: usize,
) -> Result<(Vec<f32>, Counters)> {
    let [images, weight, bias] = operands(sizes, batch);
    let mut gpu = Gpu::new();
    let inputs = [gpu.upload(&images)?, gpu.upload(&weight)?, gpu.upload(&bias)?];
    let outputs = gpu.alloc(batch * sizes.output_shape().len())?;
    let [images, weight, bias] = inputs;
    let launch = kernel.launch([images, weight, bias, outputs], sizes, batch)?;
    let cost = start(&mut gpu, module, &launch)?;
    Ok((gpu.read(outputs)?, cost))
}

/// Images, weights and biases.
pub fn operands(sizes: &Convolution, batch: usize) -> [Vec<f32>; 3] {
    let filters = sizes.output_shape().channels;
    [
        numbers(batch * sizes.input_shape().len(), 3),
        numbers(sizes.taps() * filters, 5),
        numbers(filters, 7),
    ]
}

/// The convolution from the definition: as [`reference`], and then the bias.
pub fn definition(
    sizes: &Convolution,
    [images, weight, bias]: &[Vec<f32>; 3],
) -> Vec<f32> {
    let (input, output, taps) =
        (sizes.input_shape(), sizes.output_shape(), sizes.taps());
    let places = output.height * output.width;
    let mut patches = vec![0.0; taps * places];
    let mut all = Vec::new();
    for image in images.chunks(input.len()) {
        im2col(image, input, &sizes.window(), &mut patches);
        let sums = reference(&patches, weight, [places, taps, output.channels]);
        all.extend(sums.iter().zip(bias.iter().cycle()).map(|(sum, bias)| sum + bias));
    }
    all
}

/// Starts a kernel with its pointers and sizes.
fn start(gpu: &mut Gpu, module: &Module, launch: &Launch) -> Result<Counters> {
    let Launch { kernel, grid, block, .. } = *launch;
    Ok(gpu.launch(module, kernel, grid, block, &launch.arguments())?)
}
