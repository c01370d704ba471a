//! The V: at a large step the function bends, at a small one rounding takes over.

use gradbook::Real;
use gradbook::gradcheck::{Difference, step_curve};
use lessons::{Result, Run};

use crate::figures;

// ANCHOR: neuron
/// The loss of one neuron as its weight changes: z, then a bend, then a square.
fn neuron<T: Real>(w: T) -> T {
    let z = T::of(2.0) * w - T::one();
    let a = z / (T::one() + z * z).sqrt();
    (a - T::of(0.25)) * (a - T::of(0.25))
}

/// Its slope, by the chain rule.
fn neuron_slope(w: f64) -> f64 {
    let z = 2.0 * w - 1.0;
    let root = (1.0 + z * z).sqrt();
    2.0 * (z / root - 0.25) * (1.0 / (root * root * root)) * 2.0
}
// ANCHOR_END: neuron

/// The V: steps, and the error at each, a typical one (geometric mean) of 40 weights.
pub fn v_curve<T: Real>(difference: Difference) -> Vec<(f64, f64)> {
    let steps: Vec<f64> = (1..=50).map(|k| 0.5_f64.powi(k)).collect();
    let mut logs = vec![0.0; steps.len()];
    for k in 0..40 {
        let w = T::of(-1.0 + f64::from(k) / 16.0);
        let slope = neuron_slope(w.to_f64());
        let errors = step_curve(difference, neuron::<T>, w, slope, &steps);
        let each = logs.iter_mut().zip(errors);
        each.for_each(|(sum, (_, error))| *sum += error.max(1e-18).ln());
    }
    let mean = |sum: f64| (sum / 40.0).exp();
    steps.into_iter().zip(logs).map(|(step, sum)| (step, mean(sum))).collect()
}

/// The step with the smallest error.
pub fn bottom(curve: &[(f64, f64)]) -> (f64, f64) {
    let lower = |a: (f64, f64), b: &(f64, f64)| if b.1 < a.1 { *b } else { a };
    curve.iter().fold((0.0, f64::INFINITY), lower)
}

/// The four curves, and the best step of each.
pub fn show(run: &mut Run) -> Result {
    run.heading("Error against step");
    let narrow = [Difference::Central, Difference::Forward].map(v_curve::<f32>);
    let wide = [Difference::Central, Difference::Forward].map(v_curve::<f64>);
    let mut rows = vec![];
    for (name, words, curve) in [
        ("f32_both", "f32, both sides", &narrow[0]),
        ("f32_one", "f32, one side", &narrow[1]),
        ("f64_both", "f64, both sides", &wide[0]),
        ("f64_one", "f64, one side", &wide[1]),
    ] {
        let (step, error) = bottom(curve);
        run.value(&format!("best_step_{name}"), step);
        run.value(&format!("best_error_{name}"), error);
        rows.push([words.to_string(), format!("{step:.0e}"), format!("{error:.0e}")]);
    }
    run.table(&["difference", "best step", "its error"], &rows);
    let [narrow, wide] = [&narrow, &wide].map(|two| two.each_ref().map(Vec::as_slice));
    let picture = figures::v_curve(narrow, wide);
    run.figure("v_curve", "The error of a difference against its step.", &picture)
}
