//! Every kernel that ships, run by the interpreter: on ragged and prime shapes against
//! the CPU, bit for bit, and its counts against what the rung claims to save.

use gradbook::gpu::Counters;
use gradbook::gpu::kernels::{CONV2D, Conv2d, MATMUL, Matmul};
use gradbook::gpu::ptx::{Gpu, Module};
use gradbook::kernels::{Convolution, ImageShape, Window, im2col};

use crate::shapes::{numbers, run, shipped};

/// The sum of `terms` in order, each added with one rounding.
fn sum(terms: impl Iterator<Item = (f32, f32)>) -> f32 {
    terms.fold(0.0, |sum, (x, y)| x.mul_add(y, sum))
}

pub fn product(a: &[f32], b: &[f32], [m, k, n]: [usize; 3]) -> Vec<f32> {
    let cell = |i: usize| {
        let (row, column) = (i / n, i % n);
        sum((0..k).map(|l| (a[row * k + l], b[l * n + column])))
    };
    (0..m * n).map(cell).collect()
}

/// Runs a rung on operands that begin `shift` numbers after an aligned address.
fn multiply(
    module: &Module,
    rung: &Matmul,
    (a, b): (&[f32], &[f32]),
    sizes: [usize; 3],
    shift: usize,
) -> (Vec<f32>, Counters) {
    let mut gpu = Gpu::new();
    let mut upload = |numbers: &[f32]| {
        let shifted = [&vec![0.0; shift], numbers].concat();
        gpu.upload(&shifted).expect("it is small") + 4 * shift as u64
    };
    let (a, b) = (upload(a), upload(b));
    let c = gpu.alloc(sizes[0] * sizes[2] + shift).expect("it is small");
    let c = c + 4 * shift as u64;
    let launch = rung.launch([a, b, c], sizes).expect("the sizes are right");
    let counters = run(&mut gpu, module, &launch);
    let counters = counters.unwrap_or_else(|fault| panic!("{sizes:?}: {fault}"));
    (gpu.read(c).expect("every number is written"), counters)
}

/// Equal bit for bit; NaN equals NaN, whatever its bits.
pub fn same(got: &[f32], expected: &[f32], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (i, (x, y)) in got.iter().zip(expected).enumerate() {
        let equal = x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan();
        assert!(equal, "{what}: number {i} is {x}, expected {y}");
    }
}

#[test]
fn every_rung_is_the_loop_on_the_cpu_bit_for_bit() {
    let module = shipped();
    let ragged = [[1, 1, 1], [2, 3, 1], [7, 13, 5], [1, 40, 67], [37, 41, 43]];
    // over the edge of one tile, with rows of 4 and without
    let tiles = [[131, 9, 137], [64, 16, 132], [129, 20, 64], [5, 8, 260]];
    for sizes @ [m, k, n] in ragged.into_iter().chain(tiles) {
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        let expected = product(&a, &b, sizes);
        for rung in MATMUL {
            let (got, _) = multiply(&module, rung, (&a, &b), sizes, 0);
            same(&got, &expected, &format!("{} {sizes:?}", rung.name));
        }
    }
}

/// Rows of 4, but the matrices begin in between: four at a time would be a fault.
#[test]
fn matrices_may_begin_anywhere() {
    let (module, sizes @ [m, k, n]) = (shipped(), [9, 12, 8]);
    let (a, b) = (numbers(m * k, 3), numbers(k * n, 4));
    for rung in MATMUL {
        for shift in [1, 2, 3] {
            let (got, _) = multiply(&module, rung, (&a, &b), sizes, shift);
            same(&got, &product(&a, &b, sizes), rung.name);
        }
    }
}

/// What tiles make up outside of a matrix changes no bit: not the sign of a sum that
/// came to -0 by underflow, and no Inf or NaN leaves its row or column.
#[test]
fn made_up_zeros_change_nothing() {
    let (module, sizes @ [m, k, n]) = (shipped(), [3, 5, 6]);
    let tiny = vec![1e-30; m * k];
    let negative = vec![-1e-30; k * n];
    let expected = product(&tiny, &negative, sizes);
    assert!(expected.iter().all(|x| x.to_bits() == (-0.0_f32).to_bits()));
    let mut wild = numbers(m * k, 5);
    (wild[1], wild[k + 2]) = (f32::INFINITY, f32::NAN);
    let plain = numbers(k * n, 6);
    for rung in MATMUL {
        let (got, _) = multiply(&module, rung, (&tiny, &negative), sizes, 0);
        same(&got, &expected, rung.name);
        let (got, _) = multiply(&module, rung, (&wild, &plain), sizes, 0);
        same(&got, &product(&wild, &plain, sizes), rung.name);
        assert!(got[2 * n..].iter().all(|x| x.is_finite()), "{}", rung.name);
    }
}

/// At 128 cubed, where all tiles fit. A block that computes R x C numbers reads each of
/// its numbers of `a` and `b` once.
#[test]
fn each_rung_saves_what_it_claims() {
    let (module, side) = (shipped(), 128);
    let (a, b) = (numbers(side * side, 7), numbers(side * side, 8));
    let fma = side.pow(3) as u64;
    // Numbers read from global memory, sectors that a warp's read and its write touch,
    // numbers read from shared memory for 64 fma, numbers in a read.
    let claims = [
        ("matmul_naive", 2 * fma, (16.5, 32.0), 0, 1),
        ("matmul_coalesced", 2 * fma, (2.5, 4.0), 0, 1),
        ("matmul_shared", 2 * fma / 16, (4.0, 4.0), 128, 1),
        ("matmul_register_1d", 2 * fma / 64, (4.0, 4.0), 72, 1),
        ("matmul_register_2d", 2 * fma / 128, (4.0, 4.0), 16, 1),
        ("matmul_vectorized", 2 * fma / 128, (16.0, 16.0), 16, 4),
        ("matmul_warp_tiles", 2 * fma / 128, (16.0, 16.0), 16, 4),
        ("matmul_double_buffered", 2 * fma / 128, (16.0, 16.0), 16, 4),
    ];
    let mut barriers = Vec::new();
    for (rung, (name, loads, (read, written), shared, wide)) in
        MATMUL.iter().zip(claims)
    {
        let (_, seen) = multiply(&module, rung, (&a, &b), [side; 3], 0);
        barriers.push(seen.barriers);
        assert_eq!((rung.name, seen.fma), (name, fma));
        assert_eq!(seen.global_loads, loads, "{name}");
        assert_eq!(seen.global_load_requests, loads / 32 / wide, "{name}");
        assert_eq!(seen.global_stores, (side * side) as u64, "{name}");
        assert_eq!(seen.sectors_per_load_request(), read, "{name}");
        assert_eq!(seen.sectors_per_store_request(), written, "{name}");
        assert_eq!(seen.shared_loads, shared * fma / 64, "{name}");
        assert_eq!((seen.bank_conflicts, seen.local_loads), (0, 0), "{name}");
    }
    // one barrier a tile instead of two, and one before the first
    assert_eq!(barriers[6..], [32, 17]);
}

fn convolve(
    module: &Module,
    kernel: &Conv2d,
    sizes: &Convolution,
    [images, weight, bias]: [&[f32]; 3],
    batch: usize,
) -> (Vec<f32>, Counters) {
    let mut gpu = Gpu::new();
    let outputs = gpu.alloc(batch * sizes.output_shape().len()).expect("it is small");
    let mut upload = |numbers| gpu.upload(numbers).expect("it is small");
    let pointers = [upload(images), upload(weight), upload(bias), outputs];
    let launch = kernel.launch(pointers, sizes, batch).expect("the sizes are right");
    let counters = run(&mut gpu, module, &launch);
    let counters = counters.unwrap_or_else(|fault| panic!("{sizes:?}: {fault}"));
    (gpu.read(outputs).expect("every number is written"), counters)
}

/// As lesson 6 does it: patches, product, bias.
pub fn on_the_cpu(
    sizes: &Convolution,
    [images, weight, bias]: [&[f32]; 3],
) -> Vec<f32> {
    let (input, output) = (sizes.input_shape(), sizes.output_shape());
    let (taps, filters) = (sizes.taps(), output.channels);
    let mut patches = vec![0.0; taps * output.height * output.width];
    let mut outputs = Vec::new();
    for image in images.chunks(input.len()) {
        im2col(image, input, &sizes.window(), &mut patches);
        for patch in patches.chunks(taps) {
            outputs.extend((0..filters).map(|filter| {
                let weights = weight.iter().skip(filter).step_by(filters);
                sum(patch.iter().copied().zip(weights.copied())) + bias[filter]
            }));
        }
    }
    outputs
}

fn convolution(
    (height, width, channels): (usize, usize, usize),
    filters: usize,
    kernel: (usize, usize),
    stride: (usize, usize),
    padding: (usize, usize),
) -> Convolution {
    let image = ImageShape::new(height, width, channels);
    Convolution::new(image, filters, Window { kernel, stride, padding })
        .expect("it fits")
}

#[test]
fn every_convolution_is_the_one_on_the_cpu_bit_for_bit() {
    let module = shipped();
    let cases = [
        (convolution((1, 1, 1), 1, (1, 1), (1, 1), (0, 0)), 1),
        (convolution((7, 5, 1), 3, (3, 3), (1, 1), (1, 1)), 3),
        (convolution((11, 17, 3), 17, (5, 4), (2, 3), (2, 0)), 2),
        // more than one tile of places and of filters, rows of 4
        (convolution((12, 13, 4), 68, (3, 3), (1, 1), (1, 2)), 1),
        // steps over pixels, padding wider than the window
        (convolution((9, 23, 2), 5, (2, 1), (7, 4), (3, 0)), 2),
        // steps larger than the image
        (convolution((3, 4, 2), 2, (3, 2), (1000, 900), (0, 1)), 2),
        // windows that fill shared memory: by rows, by pixels, by channels
        (convolution((3, 3, 102), 2, (2, 2), (1, 1), (0, 0)), 1),
        (convolution((2, 4, 103), 3, (2, 3), (1, 1), (0, 0)), 1),
        (convolution((2, 3, 130), 1, (2, 2), (2, 1), (0, 0)), 1),
        (convolution((5, 6, 110), 2, (3, 3), (2, 3), (1, 1)), 1),
    ];
    for (sizes, batch) in cases {
        let filters = sizes.output_shape().channels;
        let images = numbers(batch * sizes.input_shape().len(), 9);
        let (weight, bias) =
            (numbers(sizes.taps() * filters, 10), numbers(filters, 11));
        let operands: [&[f32]; 3] = [&images, &weight, &bias];
        let expected = on_the_cpu(&sizes, operands);
        for kernel in CONV2D {
            let (got, _) = convolve(&module, kernel, &sizes, operands, batch);
            same(&got, &expected, &format!("{} {sizes:?}", kernel.name));
        }
    }
}

/// The zeros around an image are numbers like others: Inf times 0 is NaN in all three.
#[test]
fn a_weight_of_infinity_meets_the_padding_in_all_three() {
    let (module, sizes) =
        (shipped(), convolution((3, 3, 1), 2, (3, 3), (1, 1), (1, 1)));
    let (images, mut weight) = (numbers(9, 12), numbers(18, 13));
    weight[0] = f32::INFINITY; // of the first filter, above to the left
    let operands: [&[f32]; 3] = [&images, &weight, &[0.5, -0.25]];
    let expected = on_the_cpu(&sizes, operands);
    assert_eq!(expected.iter().filter(|x| x.is_nan()).count(), 5);
    for kernel in CONV2D {
        let (got, _) = convolve(&module, kernel, &sizes, operands, 1);
        same(&got, &expected, kernel.name);
    }
}

/// A layer of 16 x 16 places, 16 channels and 64 filters.
#[test]
fn each_convolution_saves_what_it_claims() {
    let sizes = convolution((16, 16, 16), 64, (3, 3), (1, 1), (1, 1));
    let (images, weight) = (numbers(16 * 16 * 16, 14), numbers(144 * 64, 15));
    let operands: [&[f32]; 3] = [&images, &weight, &[0.0; 64]];
    let (outputs, taps) = (16 * 16 * 64, 144);
    // Of 3 x 16 pixels under the windows of a row, the first and the last are outside.
    let inside = 46 * 46 * 16;
    // The last term is the bias.
    let claims = [
        // each thread reads all its taps, twice
        ("conv2d_direct", outputs * taps + inside * 64 + outputs, 0),
        // a weight for 4 places, and for each 8 x 8 places and 16 filters the image
        (
            "conv2d_tiled",
            outputs * taps / 4 + 16 * 9 * 9 * 16 + outputs,
            outputs * taps,
        ),
        // a weight for 128 places, a number of a patch for 64 filters
        ("conv2d_implicit", 2 * taps * 64 + inside + outputs / 8, outputs * taps / 4),
    ];
    for (kernel, (name, loads, shared)) in CONV2D.iter().zip(claims) {
        let (_, seen) = convolve(&shipped(), kernel, &sizes, operands, 1);
        assert_eq!((kernel.name, seen.fma), (name, (outputs * taps) as u64));
        assert_eq!(seen.global_loads, loads as u64, "{name}");
        assert_eq!(seen.global_stores, outputs as u64, "{name}");
        assert_eq!(seen.shared_loads, shared as u64, "{name}");
        assert_eq!((seen.bank_conflicts, seen.local_loads), (0, 0), "{name}");
    }
}
