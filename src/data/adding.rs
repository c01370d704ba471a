//! The adding problem: nothing to see but two numbers, far apart.

use super::DataError;
use crate::{Matrix, Real, Rng};
use rand::RngExt;

/// The mean squared error of always answering 1, which is the mean of the targets: a
/// model must get far below it to have remembered anything.
pub const ADDING_VARIANCE: f64 = 1.0 / 6.0;

/// The most steps of all sequences together: 1 GiB of numbers in double precision.
const MOST: usize = 1 << 26;

// ANCHOR: adding
/// `count` sequences of the adding problem: to say the sum of two marked numbers.
///
/// The inputs are 2 x (steps * count), column `t * count + n` being step `t` of
/// sequence `n`. The first row holds numbers between 0 and 1. The second holds 0, but 1
/// at two steps, one somewhere in the first half and one somewhere in the second; with
/// an odd number of steps the first half is the shorter. The targets are 1 x `count`,
/// the sum of the two numbers marked.
///
/// The numbers are independent and uniform, each with a variance of 1/12, so the sum
/// has mean 1 and variance 1/6, [`ADDING_VARIANCE`].
///
/// The problem is that of Hochreiter and Schmidhuber (1997), whose numbers lay between
/// -1 and 1 and whose sequences differed in length; this is its common later form.
pub fn adding<T: Real>(
    count: usize,
    steps: usize,
    rng: &mut Rng,
) -> Result<(Matrix<T>, Matrix<T>), DataError> {
    let columns = steps.checked_mul(count).filter(|&all| steps >= 2 && all <= MOST);
    let columns = columns.ok_or(DataError::Steps { steps, count })?;
    let (mut inputs, mut targets) =
        (Matrix::zeros(2, columns), Matrix::zeros(1, count));
    for n in 0..count {
        let marked =
            [rng.random_range(0..steps / 2), rng.random_range(steps / 2..steps)];
        for t in 0..steps {
            inputs[(0, t * count + n)] = T::of(rng.random());
        }
        for t in marked {
            inputs[(1, t * count + n)] = T::one();
            targets[n] += inputs[(0, t * count + n)];
        }
    }
    Ok((inputs, targets))
}
// ANCHOR_END: adding

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn two_steps_are_marked_one_in_each_half(
            count in 0..6usize, steps in 2..30usize, seed in 0..99u64,
        ) {
            let set = adding::<f64>(count, steps, &mut rng(seed));
            let (inputs, targets) = set.unwrap();
            prop_assert_eq!(inputs.shape(), (2, steps * count));
            prop_assert_eq!(targets.shape(), (1, count));
            for n in 0..count {
                let column = |t: usize| inputs.column(t * count + n);
                let marked: Vec<usize> =
                    (0..steps).filter(|&t| column(t)[1] == 1.0).collect();
                prop_assert_eq!(marked.len(), 2);
                prop_assert!(marked[0] < steps / 2 && marked[1] >= steps / 2);
                let sum: f64 = marked.iter().map(|&t| column(t)[0]).sum();
                prop_assert_eq!(sum, targets[n]);
                for t in 0..steps {
                    prop_assert!((0.0..1.0).contains(&column(t)[0]));
                    prop_assert!([0.0, 1.0].contains(&column(t)[1]));
                }
            }
        }
    }

    #[test]
    fn guessing_costs_a_sixth() {
        let (inputs, targets) = adding::<f64>(20_000, 10, &mut rng(1)).unwrap();
        let error: f64 = targets.iter().map(|y| (y - 1.0).powi(2)).sum();
        let error = error / targets.len() as f64;
        assert!((error - ADDING_VARIANCE).abs() < 0.005, "{error}");
        assert!((targets.mean() - 1.0).abs() < 0.01);
        // Every step of a half is marked as often as any other.
        for t in 0..10 {
            let marks = inputs.columns(t * 20_000, 20_000).row(1).sum();
            assert!((marks / 4000.0 - 1.0).abs() < 0.1, "step {t}: {marks}");
        }
    }

    #[test]
    fn the_seed_decides_and_both_precisions_agree() {
        let draw = |seed| adding::<f64>(5, 8, &mut rng(seed)).unwrap();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let (narrow, _) = adding::<f32>(5, 8, &mut rng(1)).unwrap();
        assert_eq!(draw(1).0.map(|x| x as f32), narrow);
    }

    #[test]
    fn too_few_steps_are_refused() {
        let error = adding::<f32>(5, 1, &mut rng(1)).unwrap_err().to_string();
        assert_eq!(
            error,
            "5 sequences of 1 steps: the adding problem needs at least 2, one in each \
             half, and at most 67108864 in all sequences together"
        );
        for count in [MOST, usize::MAX / 2, usize::MAX] {
            assert!(adding::<f32>(count, 2, &mut rng(1)).is_err());
        }
    }
}
