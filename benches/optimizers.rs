//! How long each optimizer's update of 100,000 weights takes, beside copying as many.
//! An update cannot be faster than its memory: SGD reads weights and gradients and
//! writes weights, half as much again as a copy moves; Adam moves three and a half
//! times as much.
//!
//! ```console
//! $ cargo bench --bench optimizers
//! ```

use std::hint::black_box;
use std::time::Instant;

use gradbook::optimizer::{Kind, Optimizer, clip_norm, clip_value};
use gradbook::{Matrix, Parameter, Parameters, Real};

const WEIGHTS: usize = 100_000;
const REPEATS: usize = 200;

/// One layer's worth of weights.
struct Layer<T: Real>(Parameter<T>);

impl<T: Real> Parameters<T> for Layer<T> {
    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<T>)) {
        visit("weight", &mut self.0);
    }
}

fn main() {
    measure::<f32>("f32");
    measure::<f64>("f64");
}

fn measure<T: Real>(name: &str) {
    let wave = |i: usize, j: usize| T::of(((i * 7 + j) as f64).sin());
    let mut layer = Layer(Parameter::new(Matrix::from_fn(WEIGHTS / 100, 100, wave)));
    layer.0.grad = Matrix::from_fn(WEIGHTS / 100, 100, wave) * T::of(1e-3);
    let from = layer.0.value.as_slice().to_vec();
    let mut to = from.clone();
    let copy = fastest(|| black_box(&mut to).copy_from_slice(black_box(&from)));
    println!("{name}: copying takes {:.1} us", copy * 1e6);
    for kind in Kind::ALL {
        let mut optimizer: Box<dyn Optimizer<T>> = kind.build(1e-6);
        let time = fastest(|| optimizer.step(black_box(&mut layer)));
        let times = time / copy;
        println!("{name} {kind:<10} {:7.1} us, {times:5.1} copies", time * 1e6);
    }
    let limit = T::of(1e3);
    let norm = fastest(|| drop(black_box(clip_norm(&mut layer, limit))));
    let value = fastest(|| drop(black_box(clip_value(&mut layer, limit))));
    for (clip, time) in [("clip_norm", norm), ("clip_value", value)] {
        let times = time / copy;
        println!("{name} {clip:<10} {:7.1} us, {times:5.1} copies", time * 1e6);
    }
}

/// The shortest of many runs: what the machine can do when nothing disturbs it.
fn fastest(mut run: impl FnMut()) -> f64 {
    run();
    let once = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    };
    (0..REPEATS).map(once).fold(f64::INFINITY, f64::min)
}
