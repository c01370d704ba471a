//! With `--features cuda`: the same PTX on a real GPU, checked first and then timed.

use gradbook::gpu::cuda::{Cuda, Timing};
use gradbook::gpu::device::Hardware;
use gradbook::gpu::kernels::{CONV2D, MATMUL};
use gradbook::kernels::{Convolution, ImageShape, Window};
use lessons::{Result, Run, bail};

use crate::{cnn, metal};

/// The GPU's part of the run; without one, a line that says why.
pub fn show(run: &mut Run) -> Result {
    run.heading("On a real GPU");
    let done = match Hardware::open() {
        Ok(gpu) => on_gpu(run, &gpu),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = done {
        run.say(&format!("{error}. What follows is simulated."));
    }
    Ok(())
}

fn on_gpu(run: &mut Run, gpu: &Hardware) -> Result {
    run.say(&format!("{}.", gpu.cuda().about()));
    every_bit(run, gpu.cuda())?;
    let side = if run.full() { 4096 } else { 1024 };
    products(run, gpu.cuda(), side)?;
    convolutions(run, gpu.cuda())?;
    cnn::on_gpu(run, gpu)
}

/// All rungs on ragged sizes, compared bit by bit with the CPU's loop.
fn every_bit(run: &mut Run, gpu: &Cuda) -> Result {
    for sizes @ [m, k, n] in metal::SHAPES {
        let (a, b) = (metal::numbers(m * k, 3), metal::numbers(k * n, 5));
        let expected = metal::reference(&a, &b, sizes);
        let (a, b) = (gpu.upload(&a)?, gpu.upload(&b)?);
        for rung in MATMUL {
            let mut c = gpu.alloc(m * n)?;
            gpu.matmul(rung, [&a, &b], &mut c, sizes)?;
            metal::same(rung.name, &gpu.read(&c)?, &expected)?;
        }
    }
    for (image, filters, window, batch) in metal::IMAGES {
        let sizes = Convolution::new(image, filters, window)?;
        let inputs = metal::operands(&sizes, batch);
        let [images, weight, bias] = &inputs;
        let buffers = [gpu.upload(images)?, gpu.upload(weight)?, gpu.upload(bias)?];
        let [images, weight, bias] = &buffers;
        let len = batch * sizes.output_shape().len();
        let mut first: Option<Vec<f32>> = None;
        for kernel in CONV2D {
            let mut outputs = gpu.alloc(len)?;
            gpu.conv2d(kernel, &sizes, [images, weight, bias], &mut outputs, batch)?;
            let seen = gpu.read(&outputs)?;
            match &first {
                Some(expected) => metal::same(kernel.name, &seen, expected)?,
                None => {
                    first =
                        Some(metal::near_definition(kernel.name, seen, &sizes, batch)?);
                }
            }
        }
    }
    run.say("Every rung is right on ragged sizes: each bit is that of the CPU's loop.");
    Ok(())
}

/// All rungs at one size: checked on some numbers, then timed.
fn products(run: &mut Run, gpu: &Cuda, side: usize) -> Result {
    let (a, b) = (metal::numbers(side * side, 3), metal::numbers(side * side, 5));
    let (on_a, on_b) = (gpu.upload(&a)?, gpu.upload(&b)?);
    let mut c = gpu.alloc(side * side)?;
    let mut rows = Vec::new();
    for rung in MATMUL {
        let mut launch = || gpu.matmul(rung, [&on_a, &on_b], &mut c, [side; 3]);
        let timing = gpu.time(&mut launch)?;
        let seen = gpu.read(&c)?;
        for at in (0..side * side).step_by(side * side / 97) {
            let (row, column) = (at / side, at % side);
            let sum = (0..side).fold(0.0f32, |sum, l| {
                a[row * side + l].mul_add(b[l * side + column], sum)
            });
            if seen[at].to_bits() != sum.to_bits() {
                bail!("{}: number {at} is {}, expected {sum}", rung.name, seen[at]);
            }
        }
        rows.push(row(gpu, rung.title, &timing, 2.0 * (side as f64).powi(3)));
    }
    run.say(&format!("Products of {side} by {side}, medians of {MEASURED}:"));
    run.table(&["", "GFLOP/s", "of the peak"], &rows);
    Ok(())
}

/// In words: how many times [`Cuda::time`] measures.
const MEASURED: &str = "fifteen";

/// The three convolutions on a layer of some size.
fn convolutions(run: &mut Run, gpu: &Cuda) -> Result {
    let (image, window) = (ImageShape::new(56, 56, 64), Window::square(3).padding(1));
    let (sizes, batch) = (Convolution::new(image, 64, window)?, 16);
    let [images, weight, bias] = metal::operands(&sizes, batch);
    let buffers = [gpu.upload(&images)?, gpu.upload(&weight)?, gpu.upload(&bias)?];
    let [images, weight, bias] = &buffers;
    let mut outputs = gpu.alloc(batch * sizes.output_shape().len())?;
    let operations = 2.0 * (batch * sizes.output_shape().len() * sizes.taps()) as f64;
    let mut rows = Vec::new();
    for kernel in CONV2D {
        let mut launch =
            || gpu.conv2d(kernel, &sizes, [images, weight, bias], &mut outputs, batch);
        let timing = gpu.time(&mut launch)?;
        rows.push(row(gpu, kernel.title, &timing, operations));
    }
    run.say("A convolution of 3 by 3, 16 images of 56 by 56 by 64, 64 filters:");
    run.table(&["", "GFLOP/s", "of the peak"], &rows);
    Ok(())
}

fn row(gpu: &Cuda, title: &str, timing: &Timing, operations: f64) -> [String; 3] {
    let speed = timing.gflops(operations);
    let share = gpu.about().peak().map(|peak| format!("{:.1}%", 1e11 * speed / peak));
    [title.to_string(), format!("{speed:.0}"), share.unwrap_or("unknown".into())]
}
