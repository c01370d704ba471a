//! Matrices and batches of more than 2^32 numbers. Only the last blocks of each kernel
//! run, on the last rows or the last image. Nothing lies in memory before these: a
//! kernel that counts its way there in 32 bits ends somewhere else, and is stopped.

use gradbook::gpu::kernels::{CONV2D, Launch, MATMUL, PTX};
use gradbook::gpu::ptx::{Gpu, Module};
use gradbook::kernels::{Convolution, ImageShape, Window};

use super::ladder::{on_the_cpu, product, same};
use super::shapes::{numbers, run};

/// The shipped kernels, and their blocks are numbered from this one on.
fn blocks_from(first: u32) -> Module {
    let mut text = String::new();
    for line in PTX.lines() {
        text += line;
        text += "\n";
        if let Some(words) = line.strip_suffix(", %ctaid.x;") {
            let register = words.split_whitespace().last().expect("mov.u32 %r, ...");
            text += &format!("add.s32 {register}, {register}, {first};\n");
        }
    }
    Module::parse(&text).expect("one line more for each kernel")
}

/// Runs the last blocks of a launch, as many as `few` has, with the pointers of `few`.
fn run_last(gpu: &mut Gpu, all: Launch, few: &Launch) {
    let module = blocks_from(all.grid.x - few.grid.x);
    let last = Launch { grid: few.grid, ..all };
    run(gpu, &module, &last).unwrap_or_else(|fault| panic!("{fault}"));
}

/// Where a matrix would begin if so many numbers came before what lies here.
fn before(pointer: u64, rows: usize, row: usize) -> u64 {
    pointer - 4 * (rows * row) as u64
}

#[test]
fn rows_begin_beyond_32_bits() {
    let (above, few) = (1 << 27, 5);
    // ragged rows, and rows that can be read by fours
    for (k, n) in [(37, 41), (36, 44)] {
        let (a, b) = (numbers(few * k, 1), numbers(k * n, 2));
        let expected = product(&a, &b, [few, k, n]);
        for rung in MATMUL {
            let mut gpu = Gpu::new();
            let [a, b] = [&a, &b].map(|x| gpu.upload(x).expect("it is small"));
            let c = gpu.alloc(few * n).expect("it is small");
            let pointers = [before(a, above, k), b, before(c, above, n)];
            let launch = |rows| rung.launch(pointers, [rows, k, n]).expect("they fit");
            run_last(&mut gpu, launch(above + few), &launch(few));
            let seen = gpu.read(c).expect("every number is written");
            same(&seen, &expected, rung.name);
        }
    }
}

#[test]
fn images_begin_beyond_32_bits() {
    // the second has few places and many pixels
    let cases = [
        (1 << 24, ImageShape::new(8, 8, 5), Window::square(3).padding(1)),
        (1 << 22, ImageShape::new(32, 32, 1), Window::square(4).stride(4)),
    ];
    for (above, image, window) in cases {
        let sizes = Convolution::new(image, 5, window).expect("the window fits");
        let lens = [image.len(), sizes.taps() * 5, 5];
        let [images, weight, bias] = lens.map(|len| numbers(len, 3));
        let expected = on_the_cpu(&sizes, [&images, &weight, &bias]);
        for kernel in CONV2D {
            let mut gpu = Gpu::new();
            let [images, weight, bias] =
                [&images, &weight, &bias].map(|x| gpu.upload(x).expect("it is small"));
            let outputs = gpu.alloc(expected.len()).expect("it is small");
            let images = before(images, above, image.len());
            let all = before(outputs, above, expected.len());
            let launch = |batch| {
                let launch = kernel.launch([images, weight, bias, all], &sizes, batch);
                launch.expect("the sizes are right")
            };
            run_last(&mut gpu, launch(above + 1), &launch(1));
            let seen = gpu.read(outputs).expect("every number is written");
            same(&seen, &expected, kernel.name);
        }
    }
}
