//! How fast the matrix product is, on the shapes that the lessons meet: each rung that
//! this machine can climb, beside the `matrixmultiply` crate and nalgebra, as GFLOP/s
//! and as a share of the machine's peak, measured in the same run. One JSON line each.
//!
//! ```console
//! $ cargo bench --bench product -- all 7
//! $ cargo bench --bench product -- 512x512
//! ```
//!
//! The first argument chooses the shapes whose name contains it (`all` for every one),
//! the second says how many rounds. In a round the contenders take turns; each one's
//! best round counts, since other programs can only make it slower.

use std::hint::black_box;

use gradbook::Matrix;
use gradbook::kernels::{Operand, machine, product_on, product_rungs};
use rand::RngExt;

#[path = "ladder/turns.rs"]
mod turns;

use turns::{Contender, turns};

/// `A . B` with the sizes `m x k` and `k x n`; A, B or both may be stored transposed.
struct Shape {
    sizes: (usize, usize, usize),
    stored: (bool, bool),
    what: &'static str,
}

const fn shape(
    sizes: (usize, usize, usize),
    stored: (bool, bool),
    what: &'static str,
) -> Shape {
    Shape { sizes, stored, what }
}

const PLAIN: (bool, bool) = (false, false);
const LEFT: (bool, bool) = (true, false);
const RIGHT: (bool, bool) = (false, true);
const BOTH: (bool, bool) = (true, true);

const SHAPES: &[Shape] = &[
    shape((6, 25, 784 * 4), PLAIN, "conv 1, four images"),
    shape((6, 784 * 4, 25), RIGHT, "conv 1, its weights' gradient"),
    shape((25, 6, 784 * 4), LEFT, "conv 1, its patches' gradient"),
    shape((6, 25, 784), PLAIN, "conv 1, one image"),
    shape((6, 784, 25), RIGHT, "conv 1, weights, one image"),
    shape((16, 150, 100 * 4), PLAIN, "conv 2, four images"),
    shape((16, 100 * 4, 150), RIGHT, "conv 2, its weights' gradient"),
    shape((150, 16, 100 * 4), LEFT, "conv 2, its patches' gradient"),
    shape((512, 128, 32), PLAIN, "LSTM, a step"),
    shape((128, 512, 32), LEFT, "LSTM, a step back"),
    shape((512, 32, 128), RIGHT, "LSTM, its weights' gradient, a step"),
    shape((512, 64, 2048), PLAIN, "LSTM, the inputs of all steps"),
    shape((512, 2048, 128), RIGHT, "LSTM, its weights' gradient, all steps"),
    shape((64, 512, 2048), LEFT, "LSTM, its inputs' gradient"),
    shape((65, 128, 2048), PLAIN, "characters from the state"),
    shape((128, 784, 64), PLAIN, "dense 784-128"),
    shape((128, 64, 784), RIGHT, "dense 784-128, its weights' gradient"),
    shape((10, 128, 64), PLAIN, "dense 128-10"),
    shape((128, 10, 64), LEFT, "dense 128-10, its inputs' gradient"),
    shape((64, 64, 32), PLAIN, "dense 64-64"),
    shape((64, 32, 64), RIGHT, "dense 64-64, its weights' gradient"),
    shape((64, 64, 32), LEFT, "dense 64-64, its inputs' gradient"),
    shape((10, 84, 64), PLAIN, "dense 84-10"),
    shape((120, 400, 64), PLAIN, "dense 400-120"),
    shape((400, 120, 64), LEFT, "dense 400-120, its inputs' gradient"),
    shape((120, 64, 400), RIGHT, "dense 400-120, its weights' gradient"),
    shape((8, 2, 20), PLAIN, "tiny"),
    shape((3, 8, 20), PLAIN, "tiny"),
    shape((128, 784, 1), PLAIN, "one example"),
    shape((256, 256, 256), PLAIN, "square"),
    shape((512, 512, 512), PLAIN, "square"),
    shape((512, 512, 512), LEFT, "square"),
    shape((512, 512, 512), RIGHT, "square"),
    shape((512, 512, 512), BOTH, "square"),
    shape((521, 523, 509), PLAIN, "primes"),
    shape((1024, 1024, 1024), PLAIN, "square"),
];

fn main() {
    // cargo adds `--bench`; it is no shape
    let arguments = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let arguments: Vec<String> = arguments.collect();
    let chosen = arguments.first().map_or("all", String::as_str);
    let rounds = arguments.get(1).and_then(|word| word.parse().ok()).unwrap_or(7);
    let peak = machine::peak_gflops();
    println!("{{\"peak_gflops\": {peak:.1}}}");
    for shape in SHAPES {
        let ((m, k, n), (a_turned, b_turned)) = (shape.sizes, shape.stored);
        let mark = |turned| if turned { "'" } else { "" };
        let (a, b) = (mark(a_turned), mark(b_turned));
        let name = format!("{m}x{k}{a} . {k}x{n}{b}");
        if chosen == "all" || name.contains(chosen) {
            compare(shape, &name, rounds, peak);
        }
    }
}

fn compare(shape: &Shape, name: &str, rounds: usize, peak: f64) {
    let ((m, k, n), (a_turned, b_turned)) = (shape.sizes, shape.stored);
    let mut rng = gradbook::rng(1);
    let mut stored = |rows: usize, columns: usize, turned: bool| {
        let (rows, columns) = if turned { (columns, rows) } else { (rows, columns) };
        Matrix::<f32>::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0))
    };
    let (a, b) = (stored(m, k, a_turned), stored(k, n, b_turned));
    let operand = |matrix, turned| match turned {
        true => Operand::transposed(matrix),
        false => Operand::plain(matrix),
    };
    let (left, right) = (operand(&a, a_turned), operand(&b, b_turned));
    let (mut c, mut d) = (Matrix::<f32>::zeros(m, n), Matrix::<f32>::zeros(m, n));
    let mut contenders: Vec<Contender> = Vec::new();
    for rung in product_rungs::<f32>() {
        let mut c = vec![0.0_f32; m * n];
        let run = move || product_on(rung, left, right, 0.0, black_box(&mut c));
        contenders.push((rung.to_string(), Box::new(run)));
    }
    contenders.push((
        "matrixmultiply".to_string(),
        Box::new(|| strided(&a, a_turned, &b, b_turned, &mut c)),
    ));
    match shape.stored {
        PLAIN => contenders.push((
            "nalgebra".to_string(),
            Box::new(|| black_box(&mut d).gemm(1.0, &a, &b, 0.0)),
        )),
        LEFT => contenders.push((
            "nalgebra".to_string(),
            Box::new(|| black_box(&mut d).gemm_tr(1.0, &a, &b, 0.0)),
        )),
        _ => {}
    }
    let seconds = turns(&mut contenders, rounds);
    for ((contender, _), (_, best)) in contenders.iter().zip(seconds) {
        let gflops = 2e-9 * (m * k * n) as f64 / best;
        println!(
            "{{\"shape\": \"{name}\", \"what\": \"{}\", \
             \"contender\": \"{contender}\", \
             \"gflops\": {gflops:.1}, \"peak_share\": {:.3}}}",
            shape.what,
            gflops / peak
        );
    }
}

/// The crate's product, which takes the steps of a transposed operand as they are.
#[allow(unsafe_code)]
fn strided(
    a: &Matrix<f32>,
    a_turned: bool,
    b: &Matrix<f32>,
    b_turned: bool,
    c: &mut Matrix<f32>,
) {
    let steps = |matrix: &Matrix<f32>, turned: bool| {
        let down = matrix.nrows() as isize;
        if turned { (down, 1) } else { (1, down) }
    };
    let ((ra, ca), (rb, cb)) = (steps(a, a_turned), steps(b, b_turned));
    let (m, n) = c.shape();
    let k = a.len() / m;
    // Sound: the steps and sizes are those of whole matrices, and c overlaps neither.
    unsafe {
        let (pa, pb, pc) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
        let cc = m as isize;
        matrixmultiply::sgemm(m, k, n, 1.0, pa, ra, ca, pb, rb, cb, 0.0, pc, 1, cc);
    }
    black_box(c);
}
