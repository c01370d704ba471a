//! The product and the convolution, rung by rung, beside nalgebra and the `gemm` crate,
//! and beside what this machine can do at best: all in one run.
//!
//! ```console
//! $ cargo bench --features peers --bench ladder
//! $ cargo bench --features peers --bench ladder -- --rounds 5 --only square
//! $ cargo bench --features peers --bench ladder -- --record FILE
//! ```
//!
//! In a round the contenders take turns, so that all meet the same weather; the median
//! over the rounds counts. Without the feature the `gemm` crate is left out. `--record`
//! writes the medians for the book; it wants a tree without changes, and a machine that
//! does nothing else.
//!
//! One thread on one core, but for the rung of that name. Names: `packed_square` are
//! the GFLOP/s of a contender on a shape, `packed_square_of_peak` their share of one
//! core's peak, `packed_square_of_nalgebra` their share of nalgebra's,
//! `square_intensity` the operations for each byte that a product must move at least.

use std::error::Error;
use std::hint::black_box;

use gradbook::Matrix;
use gradbook::kernels::ladder::Rung;
use gradbook::kernels::{
    Convolution, ImageShape, Operand, Window, machine, product_on, product_rungs,
};
use rand::RngExt;

#[path = "ladder/pin.rs"]
mod pin;
#[path = "ladder/record.rs"]
mod record;
#[path = "ladder/turns.rs"]
mod turns;

use turns::{Contender, turns};

/// `A . B` with the sizes `m x k` and `k x n`; A may be stored transposed.
struct Shape {
    name: &'static str,
    sizes: (usize, usize, usize),
    turned: bool,
    what: &'static str,
}

const SHAPES: &[Shape] = &[
    shape("square", (512, 512, 512), false, "square"),
    shape("square_turned", (512, 512, 512), true, "square, A transposed"),
    shape("prime", (521, 523, 509), false, "primes"),
    shape("dense", (128, 784, 64), false, "a dense layer, 64 digits"),
    shape("thin_1", (6, 25, 784 * 64), false, "LeNet's first convolution, 64 images"),
    shape("thin_2", (16, 150, 100 * 64), false, "its second, 64 images"),
    shape("thin_2_turned", (150, 16, 100 * 64), true, "its second, backward"),
];

const fn shape(
    name: &'static str,
    sizes: (usize, usize, usize),
    turned: bool,
    what: &'static str,
) -> Shape {
    Shape { name, sizes, turned, what }
}

impl Shape {
    fn flops(&self) -> f64 {
        let (m, k, n) = self.sizes;
        2.0 * (m * k * n) as f64
    }

    /// Bytes that are read or written at least once.
    fn bytes(&self) -> f64 {
        let (m, k, n) = self.sizes;
        (size_of::<f32>() * (m * k + k * n + m * n)) as f64
    }
}

/// A convolution of 64 images.
struct Images {
    name: &'static str,
    image: ImageShape,
    window: Window,
    filters: usize,
    what: &'static str,
}

const CONVOLUTIONS: &[Images] = &[
    Images {
        name: "conv_1",
        image: ImageShape::new(28, 28, 1),
        window: Window::square(5).padding(2),
        filters: 6,
        what: "LeNet's first convolution, 64 images",
    },
    Images {
        name: "conv_2",
        image: ImageShape::new(14, 14, 6),
        window: Window::square(5),
        filters: 16,
        what: "its second, 64 images",
    },
    Images {
        name: "conv_deep",
        image: ImageShape::new(14, 14, 32),
        window: Window::square(3).padding(1),
        filters: 64,
        what: "one of a deeper network, 64 images",
    },
];

/// What a run was asked for.
struct Options {
    rounds: usize,
    only: Option<String>,
    record: Option<String>,
}

/// The named numbers of a run.
type Values = Vec<(String, f64)>;

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    if options.record.is_some() {
        record::check()?;
    }
    let cores = pin::Cores::pin_to_last();
    let mut values = machine_values();
    for shape in SHAPES.iter().filter(|shape| options.wants(shape.name)) {
        compare_products(shape, options.rounds, cores, &mut values);
    }
    for convolution in CONVOLUTIONS.iter().filter(|c| options.wants(c.name)) {
        compare_convolutions(convolution, options.rounds, &mut values)?;
    }
    println!();
    for (name, value) in &values {
        println!("{{\"name\": \"{name}\", \"value\": {value:.4}}}");
    }
    match &options.record {
        Some(path) => record::write(path, cores.count(), &values),
        None => Ok(()),
    }
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options { rounds: 15, only: None, record: None };
    // cargo adds `--bench`
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let value =
            words.next().ok_or_else(|| format!("{word}: a value is missing"))?;
        match word.as_str() {
            "--rounds" => options.rounds = value.parse::<usize>()?.max(1),
            "--only" => options.only = Some(value),
            "--record" => options.record = Some(value),
            _ => return Err(format!("{word}: not an option").into()),
        }
    }
    if options.record.is_some() && options.only.is_some() {
        return Err("--record wants all shapes, not --only some".into());
    }
    Ok(options)
}

impl Options {
    fn wants(&self, shape: &str) -> bool {
        self.only.as_deref().is_none_or(|only| shape.contains(only))
    }
}

/// The two limits: what can be computed and what can be moved in a second.
fn machine_values() -> Values {
    let peak = machine::peak_gflops();
    let memory = machine::copy_gb_s(machine::MEMORY);
    let cache = machine::copy_gb_s(machine::CACHE);
    println!("{}", machine::cpu());
    println!(
        "{peak:.0} GFLOP/s at best, {memory:.1} GB/s from memory, {cache:.0} GB/s"
    );
    println!("in the second cache, on one core");
    let values = [("peak", peak), ("memory", memory), ("cache", cache)];
    values.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn compare_products(
    shape: &Shape,
    rounds: usize,
    cores: pin::Cores,
    values: &mut Values,
) {
    let ((m, k, n), turned) = (shape.sizes, shape.turned);
    let mut rng = gradbook::rng(1);
    let mut random = |rows: usize, columns: usize| {
        Matrix::<f32>::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0))
    };
    let a = if turned { random(k, m) } else { random(m, k) };
    let b = random(k, n);
    let left = if turned { Operand::transposed(&a) } else { Operand::plain(&a) };
    let right = Operand::plain(&b);
    let room = || vec![0.0_f32; m * n];
    let mut contenders: Vec<Contender> = Vec::new();
    for rung in Rung::ALL {
        let mut c = room();
        let mut run = move || rung.product(left, right, 0.0, black_box(&mut c));
        let run: Box<dyn FnMut()> = match rung {
            Rung::Threads => Box::new(move || cores.with_all(&mut run)),
            _ => Box::new(run),
        };
        contenders.push((rung.name().to_owned(), run));
    }
    // the fastest is the rung `packed` itself
    for rung in product_rungs::<f32>().into_iter().skip(1) {
        let mut c = room();
        let run = move || product_on(rung, left, right, 0.0, black_box(&mut c));
        contenders.push((format!("packed_{rung}"), Box::new(run)));
    }
    let (mut c, a, b) = (Matrix::zeros(m, n), &a, &b);
    contenders.push((
        "nalgebra".to_owned(),
        Box::new(move || match turned {
            true => black_box(&mut c).gemm_tr(1.0, a, b, 0.0),
            false => black_box(&mut c).gemm(1.0, a, b, 0.0),
        }),
    ));
    #[cfg(feature = "peers")]
    contenders.push(("gemm".to_owned(), gemm_crate((m, k, n), turned, a, b)));
    println!("\n{m} x {k} . {k} x {n}: {}", shape.what);
    values.push((format!("{}_intensity", shape.name), shape.flops() / shape.bytes()));
    report(shape.name, shape.flops(), contenders, rounds, values);
}

/// The crate's product on one thread; it takes a transposed operand by its steps.
#[cfg(feature = "peers")]
#[allow(unsafe_code)]
fn gemm_crate<'a>(
    (m, k, n): (usize, usize, usize),
    turned: bool,
    a: &'a Matrix<f32>,
    b: &'a Matrix<f32>,
) -> Box<dyn FnMut() + 'a> {
    let mut c = vec![0.0_f32; m * n];
    let (down, right) = if turned { (k as isize, 1) } else { (1, m as isize) };
    Box::new(move || {
        let (to, from) = (black_box(&mut c).as_mut_ptr(), a.as_ptr());
        let (rows, terms) = (m as isize, k as isize);
        // Sound: sizes and steps are those of whole matrices, and c overlaps neither.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                to,
                rows,
                1,
                false,
                from,
                right,
                down,
                b.as_ptr(),
                terms,
                1,
                0.0,
                1.0,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    })
}

/// The three ways to convolve. The work is the same; what differs is what is written
/// in between.
fn compare_convolutions(
    convolution: &Images,
    rounds: usize,
    values: &mut Values,
) -> Result<(), Box<dyn Error>> {
    const BATCH: usize = 64;
    let Images { name, image, window, filters, what } = *convolution;
    let sizes = Convolution::new(image, filters, window)?;
    let mut rng = gradbook::rng(1);
    let mut random =
        |count: usize| (0..count).map(|_| rng.random_range(-1.0..1.0)).collect();
    let images: Vec<f32> = random(BATCH * image.len());
    let (weight, bias) = (random(filters * sizes.taps()), random(filters));
    let (images, weight, bias) = (&images[..], &weight[..], &bias[..]);
    let buffers = || {
        let outputs = vec![0.0_f32; BATCH * sizes.output_shape().len()];
        (vec![0.0_f32; sizes.patches_len::<f32>()], outputs)
    };
    let (_, mut outputs) = buffers();
    let direct = move || {
        sizes.forward_direct(images, weight, bias, black_box(&mut outputs));
    };
    let (mut patches, mut outputs) = buffers();
    let im2col = move || {
        let outputs = black_box(&mut outputs);
        sizes.forward_im2col(images, weight, bias, &mut patches, outputs);
    };
    let (mut room, mut outputs) = buffers();
    let implicit = move || {
        let outputs = black_box(&mut outputs);
        sizes.forward_implicit(images, weight, bias, &mut room, outputs);
    };
    let contenders: Vec<Contender> = vec![
        ("direct".to_owned(), Box::new(direct)),
        ("im2col".to_owned(), Box::new(im2col)),
        ("implicit".to_owned(), Box::new(implicit)),
    ];
    let kernel = window.kernel;
    println!("\n{filters} filters of {} x {} on {image}: {what}", kernel.0, kernel.1);
    let flops = (2 * BATCH * sizes.taps() * sizes.output_shape().len()) as f64;
    report(name, flops, contenders, rounds, values);
    Ok(())
}

/// Lets the contenders take turns, prints a line for each, and notes its values.
fn report(
    shape: &str,
    flops: f64,
    mut contenders: Vec<Contender>,
    rounds: usize,
    values: &mut Values,
) {
    let seconds = turns(&mut contenders, rounds);
    let gflops = |seconds: f64| 1e-9 * flops / seconds;
    let peak = values.iter().find(|(name, _)| name == "peak").map_or(1.0, |v| v.1);
    let nalgebra = contenders.iter().position(|(name, _)| name == "nalgebra");
    let nalgebra = nalgebra.map(|i| gflops(seconds[i].0));
    println!("{:>16} {:>8} {:>8} {:>8} {:>12}", "", "GFLOP/s", "best", "of peak", {
        if nalgebra.is_some() { "of nalgebra" } else { "" }
    });
    for ((name, _), (median, best)) in contenders.iter().zip(seconds) {
        let (median, best) = (gflops(median), gflops(best));
        let mut note = |suffix: &str, value: f64| {
            values.push((format!("{name}_{shape}{suffix}"), value));
        };
        note("", median);
        note("_of_peak", median / peak);
        let mut line = format!("{name:>16} {median:8.1} {best:8.1}");
        line += &format!(" {:7.1}%", 100.0 * median / peak);
        if let Some(nalgebra) = nalgebra {
            note("_of_nalgebra", median / nalgebra);
            line += &format!(" {:11.2}x", median / nalgebra);
        }
        println!("{line}");
    }
}
