//! With `--features cuda`: the same PTX on a real GPU, checked first and then timed.

use gradbook::gpu::cuda::{Cuda, CudaError, Timing};
use gradbook::gpu::device::Hardware;
use gradbook::gpu::kernels::{CONV2D, MATMUL};
use gradbook::kernels::{Convolution, ImageShape, Window};
use lessons::{Error, Result, Run};

use crate::{cnn, metal};

type Done = std::result::Result<(), Stop>;

/// What ends the GPU's part: it is not there or gives up, or its numbers are wrong.
enum Stop {
    Gpu(CudaError),
    Wrong(Error),
}

impl From<CudaError> for Stop {
    fn from(error: CudaError) -> Self {
        Self::Gpu(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Wrong(error)
    }
}

/// The GPU's part of the run; without one, a line that says why.
pub fn show(run: &mut Run) -> Result {
    let only = run.arguments().switch("gpu");
    run.heading("On a real GPU");
    match on_gpu(run) {
        Ok(()) => Ok(()),
        Err(Stop::Gpu(why)) if !only => {
            run.say(&format!("{why}. What follows is simulated."));
            Ok(())
        }
        Err(Stop::Gpu(why)) => Err(why.into()),
        Err(Stop::Wrong(error)) => Err(error),
    }
}

fn on_gpu(run: &mut Run) -> Done {
    let gpu = Hardware::open()?;
    run.say(&format!("{}.", gpu.cuda().about()));
    every_bit(run, gpu.cuda())?;
    let side = run.arguments().count("side");
    products(run, gpu.cuda(), side)?;
    convolutions(run, gpu.cuda(), side)?;
    let steps = run.arguments().count("steps");
    Ok(cnn::on_gpu(run, &gpu, steps)?)
}

/// All rungs on ragged sizes, compared bit by bit with the CPU's loop.
fn every_bit(run: &mut Run, gpu: &Cuda) -> Done {
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
        let sizes = Convolution::new(image, filters, window).map_err(Error::from)?;
        let inputs = metal::operands(&sizes, batch);
        let [images, weight, bias] = &inputs;
        let buffers = [gpu.upload(images)?, gpu.upload(weight)?, gpu.upload(bias)?];
        let [images, weight, bias] = &buffers;
        let len = batch * sizes.output_shape().len();
        let expected = metal::definition(&sizes, &inputs);
        for kernel in CONV2D {
            let mut outputs = gpu.alloc(len)?;
            gpu.conv2d(kernel, &sizes, [images, weight, bias], &mut outputs, batch)?;
            metal::same(kernel.name, &gpu.read(&outputs)?, &expected)?;
        }
    }
    run.say("Every rung is right on ragged sizes: each bit is that of the CPU's loop.");
    Ok(())
}

/// All rungs at one size: checked on some numbers, then timed.
fn products(run: &mut Run, gpu: &Cuda, side: usize) -> Done {
    let (a, b) = (metal::numbers(side * side, 3), metal::numbers(side * side, 5));
    let (on_a, on_b) = (gpu.upload(&a)?, gpu.upload(&b)?);
    let mut c = gpu.alloc(side * side)?;
    let mut rows = Vec::new();
    for rung in MATMUL {
        let mut launch = || gpu.matmul(rung, [&on_a, &on_b], &mut c, [side; 3]);
        let timing = gpu.time(&mut launch)?;
        let seen = gpu.read(&c)?;
        for at in (0..side * side).step_by((side * side / 97).max(1)) {
            let (row, column) = (at / side, at % side);
            let sum = (0..side).fold(0.0f32, |sum, l| {
                a[row * side + l].mul_add(b[l * side + column], sum)
            });
            if seen[at].to_bits() != sum.to_bits() {
                let (name, seen) = (rung.name, seen[at]);
                let wrong = format!("{name}: number {at} is {seen}, expected {sum}");
                return Err(Stop::Wrong(Error::new(wrong)));
            }
        }
        rows.push(row(gpu, rung.title, &timing, 2.0 * (side as f64).powi(3)));
    }
    run.say(&format!(
        "Products of {side} by {side}, timed by events after a warm-up, medians:"
    ));
    run.table(&["", "GFLOP/s", "of the peak"], &rows);
    Ok(())
}

/// The three convolutions, on a layer that grows with the matrices.
fn convolutions(run: &mut Run, gpu: &Cuda, side: usize) -> Done {
    let wide = (side / 16).clamp(4, 64);
    let (image, window) = (ImageShape::new(wide, wide, wide), Window::square(3));
    let sizes = Convolution::new(image, wide, window.padding(1));
    let (sizes, batch) = (sizes.map_err(Error::from)?, wide / 4);
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
    run.say(&format!(
        "A convolution of 3 by 3, {batch} images of {image}, {wide} filters:"
    ));
    run.table(&["", "GFLOP/s", "of the peak"], &rows);
    Ok(())
}

fn row(gpu: &Cuda, title: &str, timing: &Timing, operations: f64) -> [String; 3] {
    let speed = timing.gflops(operations);
    let share = gpu.about().peak().map(|peak| format!("{:.1}%", 1e11 * speed / peak));
    [title.to_string(), format!("{speed:.1}"), share.unwrap_or("unknown".into())]
}
