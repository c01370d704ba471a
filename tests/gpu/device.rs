//! Networks on the simulated device: the products and convolutions of training are done
//! by the PTX that ships, and nothing else changes.

use gradbook::activation::Activation;
use gradbook::gpu::device::Simulated;
use gradbook::gpu::kernels::PTX;
use gradbook::init::Init;
use gradbook::kernels::{Convolution, Device, Operand, on_device, product_into};
use gradbook::layer::{Activate, Conv2d, Dense, ImageShape, MaxPool2d, Window};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::Adam;
use gradbook::train::{Batch, step};
use gradbook::{Matrix, Sequential, ShapeError, rng};

/// Images of lesson 6, made small.
const IMAGE: ImageShape = ImageShape::new(12, 12, 1);
const BATCH: usize = 3;
const CLASSES: usize = 10;

/// LeNet, as lesson 6 builds it.
fn lenet() -> Result<Sequential, ShapeError> {
    let rng = &mut rng(6);
    let relu = || Activate::new(Activation::Relu);
    let (he, halve) = (Init::HeNormal, Window::tiles(2));
    let first = Conv2d::new(IMAGE, 6, Window::square(5).padding(2), he, rng)?;
    let half = MaxPool2d::new(first.output_shape(), halve)?;
    let second = Conv2d::new(half.output_shape(), 16, Window::square(5), he, rng)?;
    let quarter = MaxPool2d::new(second.output_shape(), halve)?;
    let features = quarter.output_shape().len();
    Sequential::new(IMAGE.len())
        .then(first)?
        .then(relu())?
        .then(half)?
        .then(second)?
        .then(relu())?
        .then(quarter)?
        .then(Dense::new(features, 120, he, rng))?
        .then(relu())?
        .then(Dense::new(120, 84, he, rng))?
        .then(relu())?
        .then(Dense::new(84, CLASSES, Init::XavierNormal, rng))
}

/// The losses of some steps on made-up digits; NaN from where a device gave up.
fn losses(steps: usize) -> Vec<f32> {
    let mut network = lenet().expect("the layers fit");
    let ink = |i: usize, n: usize| ((i * (n + 3)) as f32 * 0.11).sin().max(0.0);
    let one_hot = |i, n| f32::from(u8::from(i == 3 * n % CLASSES));
    let mut batch = Batch {
        inputs: Matrix::from_fn(IMAGE.len(), BATCH, ink),
        targets: Matrix::from_fn(CLASSES, BATCH, one_hot),
        ..Batch::default()
    };
    let optimizer = &mut Adam::new(0.003);
    (0..steps)
        .map(|_| step(&mut network, optimizer, &SoftmaxCrossEntropy, &mut batch))
        .map(|loss| loss.expect("the shapes fit"))
        .collect()
}

#[test]
fn lenet_trains_on_the_device_as_on_the_cpu() {
    const STEPS: usize = 3;
    let device = Simulated::new().expect("the PTX that ships can be read");
    let there = on_device(&device, || losses(STEPS)).expect("no kernel has a fault");
    let here = losses(STEPS);
    for (there, here) in there.iter().zip(&here) {
        assert!((there - here).abs() <= 1e-4, "{there} on the device, {here} here");
    }
    assert!(here[STEPS - 1] < 0.9 * here[0], "it does learn: {here:?}");
    // a step: 2 convolutions; the weights' gradients of both, the images' of one (a
    // group holds all three images); 3 products of each dense layer
    assert_eq!(device.launches(), STEPS * (2 + 2 + 1 + 3 * 3));
    let counters = device.counters();
    assert!(counters.fma > 0 && counters.barriers > 0);
}

#[test]
fn a_fault_midway_ends_the_work_with_its_line() {
    // without its barriers a product by tiles is a race
    let broken = PTX.replace("bar.sync", "// bar.sync");
    assert_ne!(broken, PTX);
    let device = Simulated::with(&broken).expect("it can be read");
    let mut seen = Vec::new();
    let error = on_device(&device, || seen = losses(2)).expect_err("it has a fault");
    let said = error.to_string();
    assert!(said.starts_with("simulated device: "), "{said}");
    assert!(said.contains("race") && said.contains("kernels.cu line"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(seen.iter().all(|loss| loss.is_nan()), "{seen:?}");
    // nothing is left of it: the next work is done on the CPU
    assert!(losses(1).iter().all(|loss| loss.is_finite()));
}

#[test]
fn what_fails_writes_no_result() {
    let broken =
        PTX.replace("conv2d_implicit", "other_a").replace("matmul_shared", "other_b");
    let device = Simulated::with(&broken).expect("it can be read");
    let mut c = [1.0, 2.0, 3.0, 4.0];
    let a = [0.5; 4];
    let operand = Operand::of(&a, 2, 2);
    let error = device.product(operand, operand, 1.0, &mut c).expect_err("it is gone");
    assert!(error.to_string().contains("there is no such kernel"), "{error}");
    assert_eq!(c, [1.0, 2.0, 3.0, 4.0]);
    let sizes = Convolution::new(ImageShape::new(2, 2, 1), 1, Window::square(1));
    let sizes = sizes.expect("the window fits");
    let error = device.conv2d(&sizes, &a, &[2.0], &[1.0], &mut c).expect_err("gone");
    assert!(error.to_string().contains("there is no such kernel"), "{error}");
    assert_eq!(c, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(device.launches(), 0);
}

#[test]
fn what_all_launches_cost_adds_up() {
    let device = Simulated::new().expect("the PTX that ships can be read");
    let (a, mut c) = ([0.5; 4], [0.0; 4]);
    for launches in 1..=3 {
        let operand = Operand::of(&a, 2, 2);
        device.product(operand, operand, 0.0, &mut c).expect("the sizes fit");
        let counters = device.counters();
        assert_eq!(device.launches(), launches);
        assert_eq!(counters.global_stores, 4 * launches as u64);
    }
}

#[test]
fn operands_may_lie_either_way() {
    let device = Simulated::new().expect("the PTX that ships can be read");
    for [m, k, n] in [[2, 3, 5], [19, 7, 18], [1, 4, 1], [66, 2, 65]] {
        let number = |i: usize| (i as f32 * 0.37).sin();
        let (a, b): (Vec<_>, Vec<_>) =
            ((0..m * k).map(number).collect(), (7..7 + k * n).map(number).collect());
        for (turn_a, turn_b, beta) in [
            (false, false, 0.0),
            (true, false, 0.5),
            (false, true, 1.0),
            (true, true, 0.0),
        ] {
            let operand = |numbers, turn, rows, columns| match turn {
                false => Operand::of(numbers, rows, columns),
                true => Operand::of(numbers, columns, rows).turned(),
            };
            let (a, b) = (operand(&a, turn_a, m, k), operand(&b, turn_b, k, n));
            let start = if beta == 0.0 { f32::NAN } else { 3.0 };
            let (mut seen, mut expected) = (vec![start; m * n], vec![start; m * n]);
            device.product(a, b, beta, &mut seen).expect("the sizes fit");
            product_into(a, b, beta, &mut expected);
            for (seen, expected) in seen.iter().zip(&expected) {
                assert!(
                    (seen - expected).abs() <= 1e-5,
                    "{m} x {k} x {n}, beta {beta}"
                );
            }
        }
    }
}
