//! From two tensors, the gradient of a formula and the slopes of differences, to a
//! verdict.

use crate::gradcheck::slope::{Around, Corner, Probe};
use crate::gradcheck::{Checker, Culprit, Hint, Report, Verdict};
use crate::real::Matrix;

/// |a - n| / (|a| + |n|) of right gradients, at most.
const DISTANCE: f64 = 1e-7;
/// max|a - n| / max|n| of right gradients, at most.
const WORST: f64 = 1e-6;
/// Slopes up to this, times the size of the loss, are zero but for rounding.
const FLOOR: f64 = 1e-9;

pub(super) fn check<F: FnMut(&Matrix<f64>) -> f64>(
    checker: Checker,
    f: F,
    at: &Matrix<f64>,
    analytic: &Matrix<f64>,
) -> Report {
    let mut around = Around::new(f, at);
    let numeric = around.slopes(checker.step);
    let floor = FLOOR * around.value.abs().max(1.0);
    let (distance, worst) = measure(analytic, &numeric);
    let mut report = Report {
        name: "gradient".to_string(),
        shape: at.shape(),
        verdict: Verdict::Right,
        distance,
        worst,
        numeric,
        evaluations: around.evaluations,
    };
    if let Some(verdict) = not_comparable(around.value, at, analytic) {
        report.verdict = verdict;
        if matches!(report.verdict, Verdict::WrongShape { .. }) {
            let same = is_near(&analytic.transpose(), &report.numeric, floor);
            report.verdict = if same { Verdict::Transposed } else { report.verdict };
        }
    } else if !is_near(analytic, &report.numeric, floor) {
        let probes: Vec<Probe> = (0..at.len()).map(|i| around.probe(i)).collect();
        let closer = Closer::new(analytic, &report.numeric, &probes, floor);
        report.verdict = closer.verdict(checker);
        report.numeric = closer.slopes;
        report.evaluations = around.evaluations;
    }
    report
}

fn not_comparable(
    value: f64,
    at: &Matrix<f64>,
    analytic: &Matrix<f64>,
) -> Option<Verdict> {
    if !value.is_finite() {
        return Some(Verdict::NotFinite(Culprit::Loss));
    }
    if let Some(index) = analytic.iter().position(|a| !a.is_finite()) {
        let (row, column) = place(index, analytic);
        return Some(Verdict::NotFinite(Culprit::Gradient { row, column }));
    }
    let (found, expected) = (analytic.shape(), at.shape());
    (found != expected).then_some(Verdict::WrongShape { found, expected })
}

// ANCHOR: measure
/// How far two gradients of a tensor are apart: as a whole, and in the worst entry.
fn measure(a: &Matrix<f64>, n: &Matrix<f64>) -> (f64, f64) {
    if a.shape() != n.shape() {
        return (f64::NAN, f64::NAN);
    }
    let apart = a - n;
    let share = |part: f64, whole: f64| if part == 0.0 { 0.0 } else { part / whole };
    let distance = share(apart.norm(), a.norm() + n.norm());
    (distance, share(largest(&apart), largest(n)))
}

/// Whether they are near, or both zero but for rounding. NaN is never near.
fn is_near(a: &Matrix<f64>, n: &Matrix<f64>, floor: f64) -> bool {
    let (distance, worst) = measure(a, n);
    let both_zero = largest(a) <= floor && largest(n) <= floor;
    (distance <= DISTANCE && worst <= WORST) || (a.shape() == n.shape() && both_zero)
}
// ANCHOR_END: measure

/// The largest size of an entry, NaN if one is NaN.
fn largest(matrix: &Matrix<f64>) -> f64 {
    let keep = |most: f64, &x: &f64| if x.abs() <= most { most } else { x.abs() };
    matrix.iter().fold(0.0, keep)
}

fn place(index: usize, matrix: &Matrix<f64>) -> (usize, usize) {
    (index % matrix.nrows(), index / matrix.nrows())
}

/// The comparison after a closer look at each slope.
struct Closer<'a> {
    analytic: &'a Matrix<f64>,
    /// The differences at the step that was asked for.
    asked: &'a Matrix<f64>,
    probes: &'a [Probe],
    /// The best slopes. At a corner, where there is none, what the formula says.
    slopes: Matrix<f64>,
    /// How far apart two equal entries may be.
    slack: Vec<f64>,
    /// What the best slopes may be off by, all entries together.
    errors: f64,
}

/// Whether it is larger. NaN is.
fn exceeds(x: f64, limit: f64) -> bool {
    x.is_nan() || x > limit
}

impl<'a> Closer<'a> {
    fn new(
        analytic: &'a Matrix<f64>,
        asked: &'a Matrix<f64>,
        probes: &'a [Probe],
        floor: f64,
    ) -> Self {
        let mut slopes = Matrix::zeros(asked.nrows(), asked.ncols());
        for ((slope, probe), &a) in slopes.iter_mut().zip(probes).zip(analytic.iter()) {
            *slope = match probe.corner {
                Some(Corner::Here) => a,
                _ => probe.slope,
            };
        }
        let scale = largest(&slopes);
        let error = |probe: &Probe| (4.0 * probe.error).min(1e-4 * scale).max(floor);
        let slack = probes.iter().map(|p| WORST * scale + error(p)).collect();
        let errors = probes.iter().map(|p| error(p).powi(2)).sum::<f64>().sqrt();
        Self { analytic, asked, probes, slopes, slack, errors }
    }

    fn verdict(&self, checker: Checker) -> Verdict {
        if self.slopes.iter().any(|slope| !slope.is_finite()) {
            return Verdict::NotFinite(Culprit::Differences);
        }
        if self.agrees(&self.slopes) {
            return self.what_the_step_did(checker.step);
        }
        self.whole(checker).unwrap_or_else(|| self.part())
    }

    /// Whether the formula's gradient is `expected`: every entry within its slack, and
    /// the whole within the slack of all.
    fn agrees(&self, expected: &Matrix<f64>) -> bool {
        let apart = self.analytic - expected;
        let slack =
            Matrix::from_column_slice(apart.nrows(), apart.ncols(), &self.slack);
        let lengths = self.analytic.norm() + expected.norm();
        let whole = DISTANCE * lengths + self.errors;
        apart.zip_fold(&slack, true, |near, off, slack| near && off.abs() <= slack)
            && apart.norm() <= whole
    }

    /// The formula is right: why did the differences disagree?
    fn what_the_step_did(&self, step: f64) -> Verdict {
        let off = |index: usize| (self.slopes[index] - self.asked[index]).abs();
        let scale = largest(&self.slopes);
        let hit = |&index: &usize| {
            let spoiled = exceeds(off(index), DISTANCE * scale);
            match self.probes[index].corner {
                Some(Corner::Here) => spoiled,
                Some(Corner::Nearby { distance }) => spoiled && distance <= 4.0 * step,
                None => false,
            }
        };
        if let Some(index) = (0..self.slopes.len()).find(hit) {
            let (row, column) = place(index, &self.slopes);
            return Verdict::KinkCrossed { row, column };
        }
        let worse = |a: usize, b: usize| if off(b) <= off(a) { a } else { b };
        let worst = (0..self.slopes.len()).reduce(worse);
        let better = worst.map_or(step, |index| self.probes[index].step);
        if better > step {
            Verdict::StepTooSmall { step, better }
        } else {
            Verdict::StepTooLarge { step, better }
        }
    }

    /// One fault of the whole tensor.
    fn whole(&self, checker: Checker) -> Option<Verdict> {
        let n = &self.slopes;
        let scale = largest(n);
        if scale > 0.0 && self.agrees(&Matrix::zeros(n.nrows(), n.ncols())) {
            return Some(Verdict::ScaledBy { factor: 0.0, hint: Some(Hint::Zero) });
        }
        if self.agrees(&-n) {
            return Some(Verdict::SignFlipped);
        }
        let factor = self.analytic.dot(n) / n.norm_squared();
        if self.agrees(&(n * factor)) {
            let hint = hint(factor.abs(), checker, n.len());
            // one number is always some multiple of another: only a telling one counts
            let several = n.iter().filter(|x| x.abs() > WORST * scale).count() > 1;
            if several || hint.is_some() {
                return Some(Verdict::ScaledBy { factor, hint });
            }
        }
        let matrix = n.nrows() > 1 && n.ncols() > 1;
        let exchanged = n.transpose();
        let same_memory =
            Matrix::from_column_slice(n.nrows(), n.ncols(), exchanged.as_slice());
        (matrix && self.agrees(&same_memory)).then_some(Verdict::Transposed)
    }

    /// A fault of a part of the tensor.
    fn part(&self) -> Verdict {
        let (a, n) = (self.analytic, &self.slopes);
        let beyond = |share: f64| -> Vec<usize> {
            let off = |i: usize| exceeds((a[i] - n[i]).abs(), share * self.slack[i]);
            (0..n.len()).filter(|&i| off(i)).collect()
        };
        let mut wrong = beyond(1.0);
        if wrong.is_empty() {
            wrong = beyond(DISTANCE / WORST); // each a little, together too much
        }
        if let [index] = wrong[..] {
            let (row, column) = place(index, n);
            let (analytic, numeric) = (a[index], n[index]);
            return Verdict::Entry { row, column, analytic, numeric };
        }
        let among = |count: usize, of: &dyn Fn(usize) -> usize| -> Vec<usize> {
            (0..count).filter(|k| wrong.iter().any(|&i| of(i) == *k)).collect()
        };
        let rows = among(n.nrows(), &|i| place(i, n).0);
        let columns = among(n.ncols(), &|i| place(i, n).1);
        let (all_rows, all_columns) =
            (rows.len() == n.nrows(), columns.len() == n.ncols());
        if all_rows && all_columns {
            return Verdict::Wrong { entries: wrong.len(), of: n.len() };
        }
        Verdict::Block { rows, columns, all_rows, all_columns }
    }
}

/// Whether a factor is one that classic mistakes leave behind.
fn hint(size: f64, checker: Checker, entries: usize) -> Option<Hint> {
    let is = |other: f64| (size - other).abs() <= 1e-5 * other;
    let batch = checker.batch;
    let (examples, numbers) = (batch as f64, entries as f64);
    let over_entries = checker.over_entries && entries > 1;
    match () {
        () if batch > 1 && is(examples) => Some(Hint::MeanMissing(batch)),
        () if batch > 1 && is(1.0 / examples) => Some(Hint::MeanTwice(batch)),
        () if over_entries && is(numbers) => Some(Hint::EntryMeanMissing(entries)),
        () if over_entries && is(1.0 / numbers) => Some(Hint::EntryMeanTwice(entries)),
        () if is(2.0) => Some(Hint::Double),
        () if is(0.5) => Some(Hint::Half),
        () => None,
    }
}
