//! Slopes from differences: at one step, and at many steps to learn what to trust.

use crate::real::Matrix;

/// The steps that a closer look tries: 2^-2 down to 2^-32, each half the one before.
const HALVINGS: std::ops::RangeInclusive<i32> = 2..=32;

/// A function of one matrix, looked at around one point.
pub(super) struct Around<F> {
    f: F,
    point: Matrix<f64>,
    /// The function's value at the point.
    pub(super) value: f64,
    /// How often the function was called.
    pub(super) evaluations: usize,
}

/// What a closer look at one entry says about its slope.
pub(super) struct Probe {
    /// The slope at the most trustworthy step.
    pub(super) slope: f64,
    /// How far off it may be.
    pub(super) error: f64,
    /// That step.
    pub(super) step: f64,
    /// Whether a corner nearby spoils larger steps.
    pub(super) corner: Option<Corner>,
}

/// Where the loss has a corner.
#[derive(Clone, Copy)]
pub(super) enum Corner {
    /// At the point, which then has no slope.
    Here,
    /// About this far away.
    Nearby { distance: f64 },
}

/// The differences of one entry at one step.
#[derive(Clone, Copy)]
struct Sample {
    step: f64,
    forward: f64,
    backward: f64,
    central: f64,
    /// What rounding can do to the central difference.
    noise: f64,
}

impl<F: FnMut(&Matrix<f64>) -> f64> Around<F> {
    pub(super) fn new(mut f: F, at: &Matrix<f64>) -> Self {
        let value = f(at);
        Self { f, point: at.clone(), value, evaluations: 1 }
    }

    fn moved(&mut self, index: usize, x: f64) -> f64 {
        let before = std::mem::replace(&mut self.point[index], x);
        let value = (self.f)(&self.point);
        self.point[index] = before;
        self.evaluations += 1;
        value
    }

    // ANCHOR: central
    /// The central difference of entry `index`: up by the step, down by the step.
    pub(super) fn central(&mut self, index: usize, step: f64) -> f64 {
        let x = self.point[index];
        let (up, down) = (x + step, x - step);
        let rise = self.moved(index, up) - self.moved(index, down);
        rise / (up - down) // as far as we really went, after rounding
    }
    // ANCHOR_END: central

    /// The central differences of all entries.
    pub(super) fn slopes(&mut self, step: f64) -> Matrix<f64> {
        let (rows, columns) = self.point.shape();
        let each = (0..rows * columns).map(|index| self.central(index, step));
        let slopes: Vec<f64> = each.collect();
        Matrix::from_vec(rows, columns, slopes)
    }

    /// Looks at one entry at every step of the ladder.
    pub(super) fn probe(&mut self, index: usize) -> Probe {
        let ladder: Vec<Sample> = HALVINGS
            .map(|halvings| self.sample(index, 0.5_f64.powi(halvings)))
            .filter(|sample| sample.central.is_finite())
            .collect();
        let (best, error) = most_trustworthy(&ladder);
        let Some(best) = best else {
            let (slope, error) = (f64::NAN, f64::INFINITY);
            return Probe { slope, error, step: 0.0, corner: None };
        };
        let corner =
            corner_here(&ladder).or_else(|| corner_nearby(&ladder, best, error));
        Probe { slope: best.central, error, step: best.step, corner }
    }

    fn sample(&mut self, index: usize, step: f64) -> Sample {
        let (x, middle) = (self.point[index], self.value);
        let (up, down) = (x + step, x - step);
        let (above, below) = (self.moved(index, up), self.moved(index, down));
        let size = middle.abs().max(above.abs()).max(below.abs()).max(1.0);
        Sample {
            step,
            forward: (above - middle) / (up - x),
            backward: (middle - below) / (x - down),
            central: (above - below) / (up - down),
            noise: 8.0 * f64::EPSILON * size / step,
        }
    }
}

/// The step at which shrinking it twice more changes least, rounding counted as change.
/// The formula under test has no say in this.
fn most_trustworthy(ladder: &[Sample]) -> (Option<Sample>, f64) {
    let mut best = (None, f64::INFINITY);
    for three in ladder.windows(3) {
        let first = (three[0].central - three[1].central).abs();
        let second = (three[1].central - three[2].central).abs();
        let error = first.max(second) + three[2].noise;
        if error < best.1 {
            best = (Some(three[2]), error);
        }
    }
    best
}

/// A corner at the point itself: the slopes to the left and to the right differ, and
/// the gap does not shrink with the step. Where the loss is smooth it shrinks in
/// proportion.
fn corner_here(ladder: &[Sample]) -> Option<Corner> {
    let at = |halvings: i32| {
        let step = 0.5_f64.powi(halvings);
        ladder.iter().find(|sample| sample.step == step)
    };
    let gap = |sample: &Sample| (sample.forward - sample.backward).abs();
    let (coarse, middle, fine) = (at(12)?, at(16)?, at(20)?);
    let stays = gap(middle) > 0.5 * gap(coarse) && gap(fine) > 0.5 * gap(middle);
    if !stays || gap(fine) < 100.0 * fine.noise {
        return None;
    }
    Some(Corner::Here)
}

/// A corner some way off: differences across it are wrong by about the same amount at
/// every step, while the error of a smooth loss grows fourfold as the step doubles.
fn corner_nearby(ladder: &[Sample], best: Sample, error: f64) -> Option<Corner> {
    let off = |sample: &Sample| (sample.central - best.central).abs();
    let largest = ladder.iter().map(off).fold(0.0, f64::max);
    let visible = 10.0 * error + 1e-7 * largest;
    let fits = |sample: &&Sample| sample.step > best.step && off(sample) > visible;
    let onset = ladder.iter().rfind(fits)?; // steps fall: the last is smallest
    let times = |factor: f64| {
        let step = onset.step * factor;
        ladder.iter().find(|sample| sample.step == step).map(off)
    };
    let growth = times(4.0)? / times(2.0)?;
    (growth < 2.8).then_some(Corner::Nearby { distance: onset.step })
}
