//! The host code of the GPU, as it stands, on a driver that is the interpreter; and on
//! a real one, if there is one.
//!
//! A test that needs a driver of its own runs itself again in a child process, which
//! finds that driver's `libcuda.so.1`.

#![cfg(target_os = "linux")]

#[path = "simulated_driver/folder.rs"]
mod drivers;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use gradbook::gpu::cuda::{Cuda, CudaError};
use gradbook::gpu::device::{Hardware, Simulated};
use gradbook::gpu::kernels::{CONV2D, MATMUL, Matmul};
use gradbook::kernels::{Convolution, Device, ImageShape, Operand, Window, on_device};

/// Sizes that fit no tile, and one that fits all.
const SHAPES: [[usize; 3]; 6] =
    [[1, 1, 1], [2, 3, 5], [17, 19, 23], [5, 130, 3], [131, 7, 37], [128, 16, 128]];

/// Numbers that tell each place from every other.
fn numbers(seed: usize, len: usize) -> Vec<f32> {
    let wave = |i: usize| ((7 * i + 31 * seed) as f64 * 0.37).sin() as f32;
    (0..len).map(wave).collect()
}

/// Row by row, k ascending, one rounding a term: what every kernel has to give.
fn product(a: &[f32], b: &[f32], [m, k, n]: [usize; 3]) -> Vec<f32> {
    let sum = |row: usize, column: usize| {
        (0..k).fold(0.0_f32, |sum, i| a[row * k + i].mul_add(b[i * n + column], sum))
    };
    (0..m * n).map(|at| sum(at / n, at % n)).collect()
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// The farthest that two numbers lie apart, measured against the largest.
fn apart(seen: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(seen.len(), expected.len());
    let largest = expected.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
    let differences = seen.iter().zip(expected).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |most, d| if d <= most { most } else { d }) / largest
}

// --- a child process for each driver

const CHILD: &str = "GRADBOOK_TEST_CHILD";

/// Runs `work` in a child process that finds the driver of this folder. Gives what the
/// child wrote; `None` in the child itself.
fn with_driver(
    folder: &dyn Fn() -> PathBuf,
    behaves: &str,
    test: &str,
    work: &dyn Fn(),
) -> Option<String> {
    if std::env::var_os(CHILD).is_some() {
        work();
        return None;
    }
    let itself = std::env::current_exe().expect("the test knows its own file");
    let mut child = Command::new(itself);
    child.args([test, "--exact", "--nocapture"]).env(CHILD, "1");
    let output = drivers::give(&mut child, &folder(), behaves).output();
    let output = output.expect("a child can be started");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{test}, {behaves:?}: {said}");
    assert!(said.contains("1 passed"), "{test} is the name of a test: {said}");
    Some(said)
}

/// The same on the simulated driver; everything has to be given back to it.
fn simulated(test: &str, work: &dyn Fn()) {
    let folder = || drivers::simulated().to_path_buf();
    if let Some(said) = with_driver(&folder, "", test, work) {
        assert!(!said.contains("simulated driver:"), "{said}");
    }
}

fn open() -> Cuda {
    Cuda::open().expect("the simulated driver works")
}

// --- what has to hold on any device

fn every_matmul_is_right(cuda: &Cuda, shapes: &[[usize; 3]]) {
    for (rung, &[m, k, n]) in
        MATMUL.iter().flat_map(|rung| shapes.iter().map(move |sizes| (rung, sizes)))
    {
        let (a, b) = (numbers(1, m * k), numbers(2, k * n));
        let go = || -> Result<Vec<f32>, CudaError> {
            let (x, y) = (cuda.upload(&a)?, cuda.upload(&b)?);
            let mut z = cuda.alloc(m * n)?;
            cuda.matmul(rung, [&x, &y], &mut z, [m, k, n])?;
            cuda.read(&z)
        };
        let seen = go().unwrap_or_else(|error| panic!("{}: {error}", rung.name));
        let expected = product(&a, &b, [m, k, n]);
        assert!(bits(&seen) == bits(&expected), "{} at {m} x {k} x {n}", rung.name);
    }
}

/// Image, filters, window, batch.
fn convolutions() -> Vec<(Convolution, usize)> {
    let odd = Window { kernel: (3, 2), stride: (2, 1), padding: (1, 0) };
    [
        (ImageShape::new(1, 1, 1), 1, Window::square(1), 1),
        (ImageShape::new(7, 5, 3), 17, odd, 3),
        (ImageShape::new(12, 11, 2), 5, Window::square(5).padding(2), 2),
    ]
    .into_iter()
    .map(|(image, filters, window, batch)| {
        let sizes = Convolution::new(image, filters, window);
        (sizes.expect("the window fits"), batch)
    })
    .collect()
}

/// Images, weights and bias of a convolution, and what the CPU makes of them.
fn convolution(sizes: &Convolution, batch: usize) -> ([Vec<f32>; 3], Vec<f32>) {
    let filters = sizes.output_shape().channels;
    let inputs = [
        numbers(3, batch * sizes.input_shape().len()),
        numbers(4, filters * sizes.taps()),
        numbers(5, filters),
    ];
    let mut patches = vec![0.0; sizes.patches_len::<f32>()];
    let mut outputs = vec![0.0; batch * sizes.output_shape().len()];
    let [images, weight, bias] = &inputs;
    sizes.forward(images, weight, bias, &mut patches, &mut outputs);
    (inputs, outputs)
}

fn every_convolution_is_right(cuda: &Cuda) {
    for (kernel, (sizes, batch)) in
        CONV2D.iter().flat_map(|k| convolutions().into_iter().map(move |c| (k, c)))
    {
        let ([images, weight, bias], expected) = convolution(&sizes, batch);
        let go = || -> Result<Vec<f32>, CudaError> {
            let inputs =
                [cuda.upload(&images)?, cuda.upload(&weight)?, cuda.upload(&bias)?];
            let mut outputs = cuda.alloc(expected.len())?;
            cuda.conv2d(kernel, &sizes, inputs.each_ref(), &mut outputs, batch)?;
            cuda.read(&outputs)
        };
        let seen = go().unwrap_or_else(|error| panic!("{}: {error}", kernel.name));
        let apart = apart(&seen, &expected);
        assert!(apart <= 1e-5, "{}, {sizes:?}: {apart}", kernel.name);
    }
}

/// Each way to hand a product to a device, against the CPU.
fn the_device_is_right(device: &dyn Device) {
    for [m, k, n] in [[2, 3, 5], [19, 7, 18], [70, 9, 66], [1, 4, 1], [6, 1, 1]] {
        let (a, b) = (numbers(1, m * k), numbers(2, k * n));
        for (turn_a, turn_b, beta) in
            (0..8).map(|i| (i & 1 > 0, i & 2 > 0, if i & 4 > 0 { 0.5 } else { 0.0 }))
        {
            let operand = |numbers, turn, rows, columns| match turn {
                false => Operand::of(numbers, rows, columns),
                true => Operand::of(numbers, columns, rows).turned(),
            };
            let (x, y) = (operand(&a, turn_a, m, k), operand(&b, turn_b, k, n));
            // with beta 0 the old numbers are not read, not even a NaN
            let start =
                if beta == 0.0 { vec![f32::NAN; m * n] } else { numbers(6, m * n) };
            let (mut seen, mut expected) = (start.clone(), start);
            device.product(x, y, beta, &mut seen).expect("the sizes fit");
            gradbook::kernels::product_into(x, y, beta, &mut expected);
            let apart = apart(&seen, &expected);
            let case = (m, k, n, turn_a, turn_b, beta);
            assert!(apart <= 1e-5, "{case:?}: {apart}");
        }
    }
    for (sizes, batch) in convolutions() {
        let ([images, weight, bias], expected) = convolution(&sizes, batch);
        let mut seen = vec![f32::NAN; expected.len()];
        device.conv2d(&sizes, &images, &weight, &bias, &mut seen).expect("it fits");
        assert!(apart(&seen, &expected) <= 1e-5, "{sizes:?}");
    }
}

// --- on the simulated driver

#[test]
fn every_kernel_gives_the_numbers_of_the_cpu() {
    simulated("every_kernel_gives_the_numbers_of_the_cpu", &|| {
        let cuda = open();
        every_matmul_is_right(&cuda, &SHAPES);
        every_convolution_is_right(&cuda);
    });
}

#[test]
fn the_device_multiplies_whatever_way_operands_lie() {
    simulated("the_device_multiplies_whatever_way_operands_lie", &|| {
        let device = Hardware::on(open());
        assert_eq!(device.name(), "Gradbook's simulated device");
        the_device_is_right(&device);
        // kept buffers are larger than what follows, and it is right again
        the_device_is_right(&device);
    });
}

#[test]
fn events_measure_what_the_launches_cost() {
    simulated("events_measure_what_the_launches_cost", &|| {
        let cuda = open();
        let (m, k, n) = (9, 8, 7);
        let (a, b) = (cuda.upload(&numbers(1, m * k)), cuda.upload(&numbers(2, k * n)));
        let (a, b) = (a.expect("there is room"), b.expect("there is room"));
        let mut c = cuda.alloc(m * n).expect("there is room");
        let mut launches = 0;
        let timing = cuda
            .time(&mut || {
                launches += 1;
                cuda.matmul(&MATMUL[0], [&a, &b], &mut c, [m, k, n])
            })
            .expect("it can be launched");
        // this driver's clock counts instructions, a millionth of a millisecond each
        let device = Simulated::new().expect("our PTX can be read");
        let (a, b) = (numbers(1, n * k), numbers(2, k * m));
        let mut c = vec![0.0; m * n];
        let (a, b) = (Operand::of(&a, n, k), Operand::of(&b, k, m));
        device.product_on(&MATMUL[0], a, b, 0.0, &mut c).expect("the sizes fit");
        let seconds = device.counters().instructions as f64 / 1e9;
        let near = |seen: f64| (seen / seconds - 1.0).abs() < 1e-3;
        assert!(near(timing.median()), "{timing:?}, {seconds}");
        assert!(near(timing.range().0) && near(timing.range().1), "{timing:?}");
        assert!(launches > timing.count() && timing.count() > 2);
        let operations = (2 * m * k * n) as f64;
        let gflops = timing.gflops(operations);
        assert!((gflops - operations / timing.median() / 1e9).abs() < 1e-9);
    });
}

#[test]
fn the_device_says_what_it_is() {
    simulated("the_device_says_what_it_is", &|| {
        let cuda = open();
        let about = cuda.about();
        assert_eq!(
            about.to_string(),
            "Gradbook's simulated device, compute capability 5.0, driver for CUDA \
             12.4, 1 processors at 1.00 GHz, 0.2 GiB"
        );
        assert_eq!((about.lanes(), about.peak()), (Some(128), Some(256e9)));
        let unheard =
            gradbook::gpu::cuda::About { capability: (99, 0), ..about.clone() };
        assert_eq!(unheard.peak(), None);
    });
}

#[test]
fn what_does_not_fit_is_an_error_and_not_a_launch() {
    simulated("what_does_not_fit_is_an_error_and_not_a_launch", &|| {
        let cuda = open();
        let (a, b) = (cuda.upload(&[1.0; 6]), cuda.upload(&[1.0; 5]));
        let (a, b) = (a.expect("there is room"), b.expect("there is room"));
        let mut c = cuda.alloc(4).expect("there is room");
        let mut said = |rung: &'static Matmul, sizes| {
            let error = cuda.matmul(rung, [&a, &b], &mut c, sizes).expect_err("wrong");
            error.to_string()
        };
        let naive = &MATMUL[0];
        assert_eq!(said(naive, [2, 4, 1]), "a: 8 numbers, the buffer has 6");
        assert_eq!(said(naive, [2, 3, 2]), "b: 6 numbers, the buffer has 5");
        assert_eq!(said(naive, [5, 1, 5]), "c: 25 numbers, the buffer has 4");
        assert_eq!(
            said(naive, [2, 0, 2]),
            "matmul_naive: k is 0, expected 1 to 2147483392"
        );
        let stranger = Matmul { name: "conv2d_direct", ..*naive };
        let stranger: &'static Matmul = Box::leak(Box::new(stranger));
        assert_eq!(
            said(stranger, [1, 1, 1]),
            "conv2d_direct is not one of our kernels"
        );
        let (sizes, batch) = convolutions()[1];
        let mut d = cuda.alloc(1).expect("there is room");
        let said = cuda.conv2d(&CONV2D[0], &sizes, [&a, &a, &a], &mut d, batch);
        let said = said.expect_err("wrong").to_string();
        assert_eq!(said, "images: 315 numbers, the buffer has 6");
        let said = cuda.read_into(&a, &mut [0.0; 7]).expect_err("wrong").to_string();
        assert_eq!(said, "read: 7 numbers, the buffer has 6");
        assert_eq!(cuda.read(&a).expect("it is there"), [1.0; 6]);
        // a buffer may stay after the rest has gone
        drop(cuda);
    });
}

// --- what a driver can lack

/// What opening the GPU says with this driver.
fn opening(test: &str, folder: &dyn Fn() -> PathBuf, behaves: &str) -> Option<String> {
    let said = with_driver(folder, behaves, test, &|| match Cuda::open() {
        Ok(cuda) => println!("said: opened {}", cuda.about().name),
        Err(error) => println!("said: {error}"),
    })?;
    let line = said.lines().find_map(|line| line.strip_prefix("said: "));
    Some(line.unwrap_or_else(|| panic!("{behaves}: {said}")).to_owned())
}

fn the_simulated() -> PathBuf {
    drivers::simulated().to_path_buf()
}

/// A library that is no driver: a driver of long ago lacks functions, too.
fn another_library() -> PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux has it");
    let mut files = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    let library = files.find(|file| file.contains("libc.so") || file.contains("libc-"));
    drivers::folder("other", Path::new(library.expect("this program has a C library")))
}

#[test]
fn what_a_driver_lacks_is_said_in_one_line() {
    let test = "what_a_driver_lacks_is_said_in_one_line";
    let lines = [
        ("", "opened Gradbook's simulated device"),
        ("no-device", "the CUDA driver sees no GPU (CUDA_VISIBLE_DEVICES can hide it)"),
        (
            "zero-devices",
            "the CUDA driver sees no GPU (CUDA_VISIBLE_DEVICES can hide it)",
        ),
        (
            "old-ptx",
            "the CUDA driver is too old: its compiler does not know our PTX; \
             a newer one is needed",
        ),
        (
            "no-compiler",
            "the CUDA driver does not work here: \
             libnvidia-ptxjitcompiler.so.1 is missing",
        ),
        ("unknown-code", "cuModuleLoadDataEx failed with code 4242"),
    ];
    for (behaves, line) in lines {
        let Some(said) = opening(test, &the_simulated, behaves) else { return };
        assert_eq!(said, line, "{behaves}");
    }
    let Some(said) = opening(test, &another_library, "") else { return };
    assert_eq!(
        said,
        "the CUDA driver is too old: it has no cuInit; a newer one is needed"
    );
    let Some(said) = opening(test, &drivers::none, "") else { return };
    assert!(
        said.starts_with("no CUDA driver: ") && said.contains("libcuda.so.1"),
        "{said}"
    );
}

#[test]
fn memory_that_runs_out_is_an_error_that_says_how_much_was_wanted() {
    let test = "memory_that_runs_out_is_an_error_that_says_how_much_was_wanted";
    with_driver(&the_simulated, "memory=4000", test, &|| {
        let cuda = open();
        let first = cuda.upload(&[1.0; 700]).expect("there is room");
        let said = cuda.alloc(400).expect_err("there is none").to_string();
        assert_eq!(said, "out of memory on the GPU: 1600 bytes wanted, 1200 free");
        let said = cuda.alloc(usize::MAX).expect_err("there is none").to_string();
        assert!(said.starts_with("out of memory on the GPU: "), "{said}");
        // it goes on with what there is, and what is dropped can be had again
        assert_eq!(cuda.read(&first).expect("it is there"), [1.0; 700]);
        drop(first);
        cuda.alloc(1000).expect("there is room again");
        // on the device a network's work ends with that line
        let device = Hardware::on(cuda);
        let big = vec![1.0; 1024];
        let operand = Operand::of(&big, 32, 32);
        let mut c = vec![0.0_f32; 1024];
        let work = || gradbook::kernels::product_into(operand, operand, 0.0, &mut c);
        let said = on_device(&device, work).expect_err("no room").to_string();
        assert_eq!(
            said,
            "Gradbook's simulated device: out of memory on the GPU: 4096 bytes wanted, \
             4000 free"
        );
        assert!(c.iter().all(|x: &f32| x.is_nan()));
    });
}

#[test]
fn a_kernel_that_fails_is_told_by_whoever_waits_and_from_then_on() {
    let test = "a_kernel_that_fails_is_told_by_whoever_waits_and_from_then_on";
    with_driver(&the_simulated, "bad-kernel", test, &|| {
        let cuda = open();
        let a = cuda.upload(&[1.0]).expect("there is room");
        let mut c = cuda.alloc(1).expect("there is room");
        cuda.matmul(&MATMUL[0], [&a, &a], &mut c, [1, 1, 1]).expect("it is launched");
        let said = cuda.read(&c).expect_err("it failed").to_string();
        assert_eq!(
            said,
            "cuStreamSynchronize failed with code 700 \
             (a kernel reached outside its memory)"
        );
        let said = cuda.upload(&[1.0]).expect_err("all is lost").to_string();
        assert!(said.starts_with("cuMemAlloc_v2 failed with code 700"), "{said}");
    });
}

// --- on the real one

fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Skipped, aloud, where there is none. (What is written to the standard error itself
/// is shown, whether the test passes or not.)
#[test]
fn a_real_gpu_gives_the_numbers_of_the_cpu() {
    let cuda = match Cuda::open() {
        Ok(cuda) => cuda,
        Err(why) => return say(&format!("skipped, no test on a real GPU: {why}")),
    };
    say(&format!("on a real GPU: {}", cuda.about()));
    every_matmul_is_right(&cuda, &SHAPES);
    every_matmul_is_right(&cuda, &[[517, 259, 1031], [1024, 1024, 1024]]);
    every_convolution_is_right(&cuda);
    the_device_is_right(&Hardware::on(cuda));
}
