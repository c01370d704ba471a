//! The microscope: how much of the gradient is left at each past step, and how that
//! depends on the spectral radius of the state weights.

use gradbook::init::Init;
use gradbook::plot::{Axis, Chart, Role, Svg};
use gradbook::{Rng, Vector, rng};
use lessons::{Result, Run};

use crate::hands::Matrix;

/// Units of the layer, steps that the gradient goes back, layers that are drawn.
const UNITS: usize = 64;
const STEPS: usize = 50;
const DRAWS: usize = 7;

/// The spectral radii of the slider, in tenths.
const TENTHS: std::ops::RangeInclusive<usize> = 5..=15;

/// State weights drawn by chance, scaled to a spectral radius of 1.
fn state_weight(random: &mut Rng) -> Matrix {
    let std = 1.0 / (UNITS as f64).sqrt();
    let weight: Matrix = Init::Normal(std).weights(UNITS, UNITS, random);
    let radius = spectral_radius(&weight);
    weight / radius
}

// ANCHOR: radius
/// The size of the largest eigenvalue: by how much the matrix stretches in the long
/// run.
pub fn spectral_radius(weight: &Matrix) -> f64 {
    let sizes = weight.complex_eigenvalues().map(|eigenvalue| eigenvalue.norm());
    sizes.max()
}
// ANCHOR_END: radius

// ANCHOR: norms
/// The length of dL/dh at each step, from the last step back to the first, when the
/// loss speaks to the last state only. With `bend` the layer has its tanh.
fn norms(
    weight: &Matrix,
    inputs: &Matrix,
    at_last: &Vector<f64>,
    bend: bool,
) -> Vec<f64> {
    let mut states = vec![Vector::zeros(UNITS)];
    for input in inputs.column_iter() {
        let sum = weight * &states[states.len() - 1] + input;
        states.push(if bend { sum.map(f64::tanh) } else { sum });
    }
    let mut grad = at_last.clone();
    let mut norms = vec![grad.norm()];
    for state in states[2..].iter().rev() {
        if bend {
            grad.zip_apply(state, |g, h| *g *= 1.0 - h * h);
        }
        grad = weight.tr_mul(&grad); // one step back
        norms.push(grad.norm());
    }
    norms
}
// ANCHOR_END: norms

/// The middle of some layers' norms at each step (the geometric mean).
fn typical(seed: u64, radius: f64, bend: bool) -> Vec<f64> {
    let mut random = rng(seed);
    let mut logs = vec![0.0; STEPS];
    for _ in 0..DRAWS {
        let weight = radius * state_weight(&mut random);
        let inputs: Matrix = Init::Normal(0.05).weights(STEPS, UNITS, &mut random);
        let at_last: Matrix = Init::Normal(1.0).weights(1, UNITS, &mut random);
        let at_last = at_last.column(0).normalize();
        let seen = norms(&weight, &inputs, &at_last, bend);
        logs.iter_mut().zip(seen).for_each(|(sum, norm)| *sum += norm.log10());
    }
    logs.iter().map(|sum| 10_f64.powf(sum / DRAWS as f64)).collect()
}

/// One spectral radius: the norms with tanh and without.
struct View {
    radius: f64,
    bent: Vec<f64>,
    straight: Vec<f64>,
}

/// The table and the two pictures.
pub fn show(run: &mut Run, seed: u64) -> Result {
    run.heading("The microscope: the gradient at each past step");
    let view = |tenth: usize| {
        let radius = tenth as f64 / 10.0;
        let [bent, straight] = [true, false].map(|bend| typical(seed, radius, bend));
        View { radius, bent, straight }
    };
    let views: Vec<View> = TENTHS.map(view).collect();
    let mut rows = vec![];
    for View { radius, bent, straight } in &views {
        let tenth = (10.0 * radius).round() as usize;
        if ![5, 8, 9, 10, 11, 12, 15].contains(&tenth) {
            continue;
        }
        let last = STEPS - 1;
        let numbers = [bent[10], bent[last], straight[last]];
        for (name, number) in ["10", "49", "49_linear"].iter().zip(numbers) {
            run.value(&format!("norm_{tenth}_{name}"), number.log10());
        }
        let numbers = numbers.map(|x| format!("{x:.1e}"));
        rows.push([&[format!("{radius:.1}")], &numbers[..]].concat());
    }
    run.say(
        "A gradient of length 1 at the last step; its length at earlier ones (the \
         geometric mean of 7 layers of 64 units):",
    );
    let names = ["spectral radius", "10 steps back", "49 steps back", "without tanh"];
    run.table(&names, &rows);
    let frames: Vec<(String, Svg)> = views
        .iter()
        .map(|view| (format!("spectral radius {:.1}", view.radius), picture(view)))
        .collect();
    run.frames("microscope", "The gradient at each past step.", &frames)
}

/// Norms against steps back, for one spectral radius.
fn picture(view: &View) -> Svg {
    let back = |norms: &[f64]| -> Vec<(f64, f64)> {
        norms.iter().enumerate().map(|(k, &norm)| (k as f64, norm)).collect()
    };
    let power = |k: usize| view.radius.powi(k as i32);
    let powers: Vec<f64> = (0..STEPS).map(power).collect();
    let norm = Axis::new("length of the gradient", "").log().range(1e-18, 1e12);
    Chart::new(Axis::new("steps back in time", "").range(0.0, 50.0), norm)
        .level("", 1.0)
        .line(Role::Neutral, "radius to the power of the steps", back(&powers))
        .line(Role::Gradients, "with tanh", back(&view.bent))
        .line(Role::Gradients, "without tanh", back(&view.straight))
        .svg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_radius_is_that_of_the_largest_eigenvalue() {
        let turn = Matrix::from_row_slice(2, 2, &[0.0, -2.0, 2.0, 0.0]);
        assert!((spectral_radius(&turn) - 2.0).abs() < 1e-12);
        let weight = state_weight(&mut rng(3));
        assert!((spectral_radius(&weight) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_straight_layer_shrinks_or_grows_with_its_radius() {
        let small = typical(7, 0.5, false)[STEPS - 1];
        let large = typical(7, 1.5, false)[STEPS - 1];
        assert!(small < 1e-12 && large > 1e6, "{small} {large}");
    }
}
