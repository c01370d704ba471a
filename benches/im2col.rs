//! im2col and col2im alone, beside a plain copy of as many bytes on the same core.
//!
//! ```console
//! $ cargo bench --bench im2col
//! ```
//!
//! For each shape a JSON line: bytes of patches written (im2col) or read (col2im) a
//! second, as a share of what `copy_from_slice` moves a second between two buffers of
//! the size of these patches. Turns are taken, and the best of many is reported, since
//! other programs can only slow them down.

use std::hint::black_box;
use std::time::Instant;

use gradbook::kernels::{ImageShape, Window, col2im, im2col};

fn main() {
    let window = Window::square;
    let shapes = [
        ("lenet_1", ImageShape::new(28, 28, 1), window(5).padding(2)),
        ("lenet_1x", ImageShape::new(32, 32, 1), window(5)),
        ("lenet_2", ImageShape::new(14, 14, 6), window(5)),
        ("3x3_16", ImageShape::new(14, 14, 16), window(3).padding(1)),
        (
            "3x3_16_stride_2",
            ImageShape::new(14, 14, 16),
            window(3).padding(1).stride(2),
        ),
        ("7x7_3_stride_2", ImageShape::new(64, 64, 3), window(7).padding(3).stride(2)),
        ("1x1_64", ImageShape::new(14, 14, 64), window(1)),
    ];
    for (name, shape, window) in shapes {
        compare(name, shape, &window);
    }
}

fn compare(name: &str, shape: ImageShape, window: &Window) {
    let (down, across) = window.places(shape).unwrap_or((0, 0));
    let len = window.taps(shape.channels) * down * across;
    let mut image: Vec<f32> = (0..shape.len()).map(|i| i as f32).collect();
    let (mut patches, source) = (vec![0.0; len], vec![1.0_f32; len]);
    let [mut copying, mut unfolding, mut folding] = [f64::INFINITY; 3];
    for _ in 0..30 {
        copying = copying.min(seconds(|| {
            black_box(&mut patches[..]).copy_from_slice(black_box(&source));
        }));
        unfolding = unfolding.min(seconds(|| {
            im2col(black_box(&image), shape, window, black_box(&mut patches));
        }));
        folding = folding.min(seconds(|| {
            image.fill(0.0);
            col2im(black_box(&patches), shape, window, black_box(&mut image));
        }));
    }
    let speed = |seconds: f64| (len * size_of::<f32>()) as f64 / seconds / 1e9;
    println!(
        "{{\"kernel\": \"im2col\", \"shape\": \"{name}\", \"patches\": {len}, \
         \"copy_gb_s\": {:.1}, \"im2col_gb_s\": {:.1}, \"im2col_share\": {:.2}, \
         \"col2im_gb_s\": {:.1}, \"col2im_share\": {:.2}}}",
        speed(copying),
        speed(unfolding),
        copying / unfolding,
        speed(folding),
        copying / folding
    );
}

/// Seconds of one run, from enough of them to time.
fn seconds(mut run: impl FnMut()) -> f64 {
    const RUNS: u32 = 100;
    let start = Instant::now();
    (0..RUNS).for_each(|_| run());
    start.elapsed().as_secs_f64() / f64::from(RUNS)
}
