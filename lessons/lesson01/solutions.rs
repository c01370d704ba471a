//! Lesson 01: one answer to each exercise. There are others.

/// Exercise 1.1: decide.
pub fn decide(weights: &[f64], bias: f64, x: &[f64]) -> f64 {
    let products = weights.iter().zip(x).map(|(w, x)| w * x);
    let sum = products.sum::<f64>() + bias;
    if sum >= 0.0 { 1.0 } else { -1.0 }
}

/// Exercise 1.2: learn from one example.
pub fn learn(weights: &mut [f64], bias: &mut f64, x: &[f64], target: f64) -> bool {
    if decide(weights, *bias, x) == target {
        return false;
    }
    for (weight, x) in weights.iter_mut().zip(x) {
        *weight += target * x;
    }
    *bias += target;
    true
}

/// Exercise 1.3: train until an epoch has no mistake.
pub fn fit(
    weights: &mut [f64],
    bias: &mut f64,
    inputs: &[Vec<f64>],
    targets: &[f64],
    max_epochs: usize,
) -> Vec<usize> {
    let mut history = vec![];
    for _ in 0..max_epochs {
        let mut mistakes = 0;
        for (x, &target) in inputs.iter().zip(targets) {
            if learn(weights, bias, x, target) {
                mistakes += 1;
            }
        }
        history.push(mistakes);
        if mistakes == 0 {
            break;
        }
    }
    history
}

/// Exercise 1.4: how many mistakes can there be at most?
pub fn mistake_bound(
    weights: &[f64],
    bias: f64,
    inputs: &[Vec<f64>],
    targets: &[f64],
) -> Option<f64> {
    let square = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>();
    let mut longest: f64 = 0.0;
    let mut nearest = f64::INFINITY;
    for (x, target) in inputs.iter().zip(targets) {
        let products = weights.iter().zip(x).map(|(w, x)| w * x);
        let sum = products.sum::<f64>() + bias;
        longest = longest.max(square(x) + 1.0);
        nearest = nearest.min(target * sum);
    }
    let line = square(weights) + bias * bias;
    (nearest > 0.0).then(|| longest * line / (nearest * nearest))
}

/// Exercise 1.5: is it going round in circles?
pub fn cycle(states: &[Vec<f64>]) -> Option<usize> {
    for now in 0..states.len() {
        for earlier in (0..now).rev() {
            if states[earlier] == states[now] {
                return Some(now - earlier);
            }
        }
    }
    None
}
