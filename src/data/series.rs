//! A quantity as time goes by, what comes next, and two ways to guess it without a
//! network: as today ([`persistence`](Series::persistence)), and by a weighted sum of
//! the last few values ([`Autoregression`]).

use super::{DataError, Dataset};
use crate::{Matrix, Real};
use std::ops::Range;

/// Values at equal distances in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What is measured.
    pub name: String,
    /// The year of the first value.
    pub first_year: i32,
    /// The values, oldest first.
    pub values: Vec<f64>,
}

/// Three stretches of a series, one after the other, as places in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// To learn from: the past.
    pub train: Range<usize>,
    /// To choose by.
    pub validation: Range<usize>,
    /// To be judged on: the end.
    pub held_out: Range<usize>,
}

impl Series {
    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The year of the value at a place.
    pub fn year(&self, place: usize) -> i32 {
        self.first_year + place as i32
    }

    /// Cuts the series in time: the last `held_out` values are to be judged on, the
    /// `validation` values before them to choose by, the others to learn from. Each
    /// part has at least one.
    pub fn cut(&self, validation: usize, held_out: usize) -> Result<Parts, DataError> {
        let examples = self.len();
        let second = examples.checked_sub(held_out).filter(|_| held_out > 0);
        let first = second.and_then(|second| second.checked_sub(validation));
        match (first, second) {
            (Some(first), Some(second)) if first > 0 && first < second => Ok(Parts {
                train: 0..first,
                validation: first..second,
                held_out: second..examples,
            }),
            _ => Err(DataError::TooFew { examples, parts: 3 }),
        }
    }

    // ANCHOR: windows
    /// One example for each place: the `order` values before it, oldest first, and the
    /// value there to be predicted.
    ///
    /// A window may reach back over the border of a part, for when a value is to be
    /// predicted, all before it are known. Places with fewer than `order` values before
    /// them are left out, and so are places that the series does not have.
    pub fn windows<T: Real>(&self, places: Range<usize>, order: usize) -> Dataset<T> {
        let places = places.start.max(order)..places.end.min(self.len());
        let value = |place: usize| T::of(self.values[place]);
        let inputs = Matrix::from_fn(order, places.len(), |row, n| {
            value(places.start + n - order + row)
        });
        let targets = Matrix::from_fn(1, places.len(), |_, n| value(places.start + n));
        Dataset { inputs, targets, labels: Vec::new(), class_names: Vec::new() }
    }
    // ANCHOR_END: windows

    /// The root of the mean squared error, at some places, of always predicting the
    /// value before. A forecast that is not better has learned nothing.
    pub fn persistence(&self, places: Range<usize>) -> f64 {
        let known = self.windows::<f64>(places, 1);
        root_mean_square((known.inputs - known.targets).as_slice())
    }
}

// ANCHOR: autoregression
/// Predicts the next value as a weighted sum of the last few, plus a constant. Yule
/// invented it in 1927, for the sunspots.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoregression {
    /// One weight for each of the last values, oldest first.
    pub weights: Vec<f64>,
    /// The constant.
    pub bias: f64,
}

impl Autoregression {
    /// The weights with the smallest squared error at the given places, by linear
    /// least squares. There must be more places to learn from than numbers to find.
    pub fn fit(
        series: &Series,
        places: Range<usize>,
        order: usize,
    ) -> Result<Self, DataError> {
        let known = series.windows::<f64>(places, order);
        let (examples, parts) = (known.len(), order + 1);
        if examples <= parts {
            return Err(DataError::TooFew { examples, parts });
        }
        let (mean, target_mean) = (known.inputs.column_mean(), known.targets.mean());
        let (mut inputs, targets) =
            (known.inputs, known.targets.add_scalar(-target_mean));
        inputs.column_iter_mut().for_each(|mut window| window -= &mean);
        // So that a constant series has an answer too, a hair is added to the diagonal.
        let hair = 1e-10 * inputs.norm_squared() + f64::MIN_POSITIVE.sqrt();
        let products = &inputs * inputs.transpose();
        let products = products + Matrix::from_diagonal_element(order, order, hair);
        let solved = products
            .cholesky()
            .map(|root| root.solve(&(&inputs * targets.transpose())));
        let weights = solved.ok_or(DataError::Unsolvable)?;
        let bias = target_mean - weights.column(0).dot(&mean);
        Ok(Self { weights: weights.as_slice().to_vec(), bias })
    }

    /// How many values it looks back.
    pub fn order(&self) -> usize {
        self.weights.len()
    }

    /// The value to come after `past`, of which the last [`order`](Self::order) values
    /// count.
    ///
    /// # Panics
    /// If `past` is shorter than that.
    pub fn predict(&self, past: &[f64]) -> f64 {
        let last = &past[past.len() - self.order()..];
        let sum: f64 = self.weights.iter().zip(last).map(|(w, x)| w * x).sum();
        sum + self.bias
    }

    /// The root of the mean squared error at some places, each predicted from the true
    /// values before it.
    pub fn error(&self, series: &Series, places: Range<usize>) -> f64 {
        let places = places.start.max(self.order())..places.end.min(series.len());
        let miss = |place| self.predict(&series.values[..place]) - series.values[place];
        root_mean_square(&places.map(miss).collect::<Vec<f64>>())
    }
}
// ANCHOR_END: autoregression

/// 0 where there are none.
fn root_mean_square(errors: &[f64]) -> f64 {
    let sum: f64 = errors.iter().map(|error| error * error).sum();
    (sum / errors.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;
    use proptest::prelude::*;

    fn series(values: Vec<f64>) -> Series {
        Series { name: "s".into(), first_year: 1900, values }
    }

    #[test]
    fn windows_hold_what_came_before() {
        let known = series((0..7).map(f64::from).collect()).windows::<f64>(4..6, 3);
        assert_eq!(known.inputs.as_slice(), &[1.0, 2.0, 3.0, 2.0, 3.0, 4.0]);
        assert_eq!(known.targets.as_slice(), &[4.0, 5.0]);
        known.check().unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn parts_cover_the_series_once(
            length in 0..40usize, validation in 0..20usize, held_out in 0..20usize,
            order in 0..8usize,
        ) {
            let series = series((0..length).map(|i| i as f64).collect());
            let Ok(parts) = series.cut(validation, held_out) else {
                prop_assert!(
                    validation == 0 || held_out == 0 || validation + held_out >= length
                );
                return Ok(());
            };
            let Parts { train, validation: middle, held_out: end } = parts;
            prop_assert!(train.start == 0 && !train.is_empty());
            prop_assert_eq!((train.end, middle.end), (middle.start, end.start));
            prop_assert_eq!((middle.len(), end.len()), (validation, held_out));
            prop_assert_eq!(end.end, length);
            // No value is predicted from itself or from what came later.
            let mut predicted = Vec::new();
            for part in [train, middle, end] {
                let known = series.windows::<f64>(part, order);
                for n in 0..known.len() {
                    predicted.push(known.targets[n]);
                    for row in 0..order {
                        let ahead = known.targets[n] - known.inputs[(row, n)];
                        prop_assert_eq!(ahead, (order - row) as f64);
                    }
                }
            }
            let all: Vec<f64> = (order..length).map(|i| i as f64).collect();
            prop_assert_eq!(predicted, all);
        }
    }

    #[test]
    fn an_autoregression_finds_the_rule_that_made_the_series() {
        let mut values = vec![3.0, -1.0];
        for t in 2..60 {
            values.push(1.6 * values[t - 1] - 0.9 * values[t - 2] + 2.0);
        }
        let series = series(values);
        let model = Autoregression::fit(&series, 0..40, 2).unwrap();
        for (found, expected) in model.weights.iter().zip([-0.9, 1.6]) {
            assert!((found - expected).abs() < 1e-5, "{:?}", model.weights);
        }
        assert!((model.bias - 2.0).abs() < 1e-5);
        assert!(model.error(&series, 40..60) < 1e-5);
        assert!(series.persistence(40..60) > 0.1);
    }

    #[test]
    fn baselines_of_a_worked_example() {
        let series = series(vec![1.0, 3.0, 2.0, 6.0]);
        assert_eq!(series.persistence(0..4), (21f64 / 3.0).sqrt());
        assert_eq!(series.persistence(3..4), 4.0);
        assert_eq!(series.persistence(9..12), 0.0);
        // Order 0 predicts the mean.
        let mean = Autoregression::fit(&series, 0..4, 0).unwrap();
        assert!((mean.predict(&[]) - 3.0).abs() < 1e-12);
        assert!((mean.error(&series, 0..4) - 3.5f64.sqrt()).abs() < 1e-12);
        let error = Autoregression::fit(&series, 0..4, 2).unwrap_err().to_string();
        assert_eq!(error, "too few examples for 3 parts: 2");
        let endless = Series { values: vec![f64::NAN; 9], ..series.clone() };
        let error = Autoregression::fit(&endless, 0..9, 2).unwrap_err();
        assert_eq!(error, DataError::Unsolvable);
    }

    #[test]
    fn a_constant_series_is_no_trouble() {
        let series = series(vec![5.0; 30]);
        let model = Autoregression::fit(&series, 0..20, 3).unwrap();
        assert!(model.error(&series, 20..30) < 1e-9, "{model:?}");
    }

    /// The same computed with numpy: train to 1900, choose by 1901 to 1946, judge on
    /// 1947 to 2008.
    #[test]
    fn sunspots_can_be_forecast() {
        let spots = data::sunspots();
        let parts = spots.cut(46, 62).unwrap();
        assert_eq!(spots.year(parts.held_out.start), 1947);
        let persistence = spots.persistence(parts.held_out.clone());
        assert!((persistence - 33.275_955_186).abs() < 1e-6, "{persistence}");
        let error = |order, part: &Range<usize>| {
            let model =
                Autoregression::fit(&spots, parts.train.clone(), order).unwrap();
            model.error(&spots, part.clone())
        };
        let chosen = (1..=20).min_by(|&a, &b| {
            error(a, &parts.validation).total_cmp(&error(b, &parts.validation))
        });
        assert_eq!(chosen, Some(10));
        let best = error(10, &parts.held_out);
        assert!((best - 19.914_964_253).abs() < 1e-6, "{best}");
    }
}
