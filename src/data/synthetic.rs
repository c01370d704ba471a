//! Small worlds made by a formula, so that the right answer is known.
//!
//! Each is a function of how many examples, how much noise and a generator: the same
//! seed gives the same set. Examples of the classes take turns, so that any stretch of
//! them is balanced. Noise is normal, its standard deviation given in the units of the
//! points.

use super::Dataset;
use crate::{Matrix, Real, Rng};
use rand::RngExt;
use rand_distr::StandardNormal;
use std::f64::consts::{PI, TAU};

// ANCHOR: spirals
/// Interleaved spiral arms, one class each. An arm makes one turn from the center out
/// to radius 1.
///
/// Inputs are 2 x `count`. No straight line separates the arms.
pub fn spirals<T: Real>(
    count: usize,
    arms: usize,
    noise: f64,
    rng: &mut Rng,
) -> Dataset<T> {
    classes(count, arms, noise, rng, |class, arms, rng| {
        let radius = rng.random_range(0.05..1.0);
        let angle = TAU * (radius + class as f64 / arms as f64);
        [radius * angle.cos(), radius * angle.sin()]
    })
}
// ANCHOR_END: spirals

/// Two half circles of radius 1, each with its end in the other's hollow.
pub fn moons<T: Real>(count: usize, noise: f64, rng: &mut Rng) -> Dataset<T> {
    classes(count, 2, noise, rng, |class, _, rng| {
        let angle = rng.random_range(0.0..PI);
        match class {
            0 => [angle.cos(), angle.sin()],
            _ => [1.0 - angle.cos(), 0.5 - angle.sin()],
        }
    })
}

/// Round clouds, one for each class, with centers evenly spaced on the unit circle.
/// The first center is at (1, 0).
pub fn blobs<T: Real>(
    count: usize,
    groups: usize,
    noise: f64,
    rng: &mut Rng,
) -> Dataset<T> {
    classes(count, groups, noise, rng, |class, groups, _| {
        let angle = TAU * class as f64 / groups as f64;
        [angle.cos(), angle.sin()]
    })
}

/// The corners of the unit square in the order (0, 0), (0, 1), (1, 0), (1, 1), again
/// and again; class 1 where exactly one coordinate is 1. Four examples without noise
/// are the truth table.
pub fn xor<T: Real>(count: usize, noise: f64, rng: &mut Rng) -> Dataset<T> {
    let corner = |i: usize| [(i / 2 % 2) as f64, (i % 2) as f64];
    let inputs = points(count, noise, rng, |i, _| corner(i));
    let labels = (0..count).map(|i| (i / 2 + i) % 2).collect();
    labeled(inputs, labels, 2)
}

/// Points on the line `y = slope x + intercept` for x from -1 to 1, with noise on y.
pub fn line<T: Real>(
    count: usize,
    slope: f64,
    intercept: f64,
    noise: f64,
    rng: &mut Rng,
) -> Dataset<T> {
    values::<T, 1>(count, noise, rng, |[x]| slope * x + intercept)
}

/// One period of a sine, `y = sin(pi x)` for x between -1 and 1, with noise on y.
pub fn sine<T: Real>(count: usize, noise: f64, rng: &mut Rng) -> Dataset<T> {
    values::<T, 1>(count, noise, rng, |[x]| (PI * x).sin())
}

/// Points on the plane `y = slopes . x + intercept` over the square from -1 to 1, with
/// noise on y.
pub fn plane<T: Real>(
    count: usize,
    slopes: [f64; 2],
    intercept: f64,
    noise: f64,
    rng: &mut Rng,
) -> Dataset<T> {
    values::<T, 2>(count, noise, rng, |[a, b]| {
        slopes[0] * a + slopes[1] * b + intercept
    })
}

/// Points of classes that take turns; `at(class, classes, rng)` is a point without
/// noise. There is always at least one class.
fn classes<T: Real>(
    count: usize,
    classes: usize,
    noise: f64,
    rng: &mut Rng,
    at: impl Fn(usize, usize, &mut Rng) -> [f64; 2],
) -> Dataset<T> {
    let classes = classes.max(1);
    let inputs = points(count, noise, rng, |i, rng| at(i % classes, classes, rng));
    labeled(inputs, (0..count).map(|i| i % classes).collect(), classes)
}

fn points<T: Real>(
    count: usize,
    noise: f64,
    rng: &mut Rng,
    at: impl Fn(usize, &mut Rng) -> [f64; 2],
) -> Matrix<T> {
    let mut inputs = Matrix::zeros(2, count);
    for (i, mut column) in inputs.column_iter_mut().enumerate() {
        let [x, y] = at(i, rng);
        column[0] = T::of(x + noise * normal(rng));
        column[1] = T::of(y + noise * normal(rng));
    }
    inputs
}

fn labeled<T: Real>(
    inputs: Matrix<T>,
    labels: Vec<usize>,
    classes: usize,
) -> Dataset<T> {
    let names = (0..classes).map(|class| class.to_string()).collect();
    Dataset::with_classes(inputs, labels, names)
        .expect("one label below for each point")
}

/// Random points of the cube from -1 to 1 with `y = at(point)` and noise on y.
fn values<T: Real, const N: usize>(
    count: usize,
    noise: f64,
    rng: &mut Rng,
    at: impl Fn([f64; N]) -> f64,
) -> Dataset<T> {
    let (mut inputs, mut targets) = (Matrix::zeros(N, count), Matrix::zeros(1, count));
    for i in 0..count {
        let point = [(); N].map(|()| rng.random_range(-1.0..1.0));
        inputs.column_mut(i).iter_mut().zip(point).for_each(|(x, p)| *x = T::of(p));
        targets[i] = T::of(at(point) + noise * normal(rng));
    }
    Dataset::with_values(inputs, targets).expect("one target for each point")
}

fn normal(rng: &mut Rng) -> f64 {
    rng.sample(StandardNormal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    fn all(count: usize, noise: f64, seed: u64) -> Vec<Dataset<f64>> {
        let rng = &mut rng(seed);
        vec![
            spirals(count, 3, noise, rng),
            moons(count, noise, rng),
            blobs(count, 5, noise, rng),
            xor(count, noise, rng),
            line(count, 2.0, -0.5, noise, rng),
            sine(count, noise, rng),
            plane(count, [1.0, -3.0], 0.25, noise, rng),
        ]
    }

    #[test]
    fn every_set_is_whole_and_finite() {
        for count in [0, 1, 2, 37] {
            for set in all(count, 0.3, 1) {
                set.check().unwrap();
                assert_eq!(set.len(), count);
                assert!(set.inputs.iter().all(|x| x.is_finite()));
                assert!(set.targets.iter().all(|x| x.is_finite()));
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(all(20, 0.3, 1), all(20, 0.3, 1));
        for (one, other) in all(20, 0.3, 1).into_iter().zip(all(20, 0.3, 2)) {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn both_precisions_make_the_same_set() {
        let wide = spirals::<f64>(30, 3, 0.1, &mut rng(4));
        let narrow = spirals::<f32>(30, 3, 0.1, &mut rng(4));
        assert_eq!(wide.inputs.map(|x| x as f32), narrow.inputs);
    }

    #[test]
    fn classes_take_turns() {
        let set = spirals::<f32>(300, 3, 0.2, &mut rng(1));
        assert_eq!(set.class_counts(), [100, 100, 100]);
        assert_eq!(set.labels[..4], [0, 1, 2, 0]);
    }

    #[test]
    fn without_noise_points_lie_on_their_curves() {
        for i in 0..40 {
            let set = spirals::<f64>(40, 2, 0.0, &mut rng(3));
            let (x, y) = (set.inputs[(0, i)], set.inputs[(1, i)]);
            let turn = y.atan2(x) / TAU - x.hypot(y) - 0.5 * set.labels[i] as f64;
            assert!((turn - turn.round()).abs() < 1e-9);

            let set = moons::<f64>(40, 0.0, &mut rng(3));
            let (x, y) = (set.inputs[(0, i)], set.inputs[(1, i)]);
            let center = [(0.0, 0.0), (1.0, 0.5)][set.labels[i]];
            assert!(((x - center.0).hypot(y - center.1) - 1.0).abs() < 1e-9);
            assert_eq!(y > center.1, set.labels[i] == 0);

            let set = plane::<f64>(40, [1.0, -3.0], 0.25, 0.0, &mut rng(3));
            let (x, y) = (set.inputs[(0, i)], set.inputs[(1, i)]);
            assert!((set.targets[i] - (x - 3.0 * y + 0.25)).abs() < 1e-12);
        }
    }

    #[test]
    fn four_corners_are_the_truth_table() {
        let set = xor::<f32>(4, 0.0, &mut rng(1));
        assert_eq!(set.inputs.as_slice(), &[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
        assert_eq!(set.labels, [0, 1, 1, 0]);
    }

    #[test]
    fn noise_has_the_standard_deviation_asked_for() {
        let set = blobs::<f64>(4000, 1, 0.25, &mut rng(8));
        let deviation = set.inputs.row(1).variance().sqrt();
        assert!((deviation - 0.25).abs() < 0.01, "{deviation}");
        let set = line::<f64>(4000, 3.0, 1.0, 0.25, &mut rng(8));
        let rest = set.targets - (set.inputs * 3.0).add_scalar(1.0);
        assert!((rest.variance().sqrt() - 0.25).abs() < 0.01);
    }
}
