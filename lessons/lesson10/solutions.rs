//! Lesson 10: one answer to each exercise. Yours may look different and be as right.

/// Exercise 10.1: one update with momentum.
pub fn momentum_step(
    weights: &mut [f64],
    velocity: &mut [f64],
    grads: &[f64],
    rate: f64,
    momentum: f64,
    nesterov: bool,
) {
    for ((weight, velocity), grad) in weights.iter_mut().zip(velocity).zip(grads) {
        *velocity = momentum * *velocity + grad;
        let way = if nesterov { grad + momentum * *velocity } else { *velocity };
        *weight -= rate * way;
    }
}

/// Exercise 10.2: one update of Adam.
pub fn adam_step(
    weights: &mut [f64],
    mean: &mut [f64],
    square: &mut [f64],
    grads: &[f64],
    step: i32,
    rate: f64,
    (beta_1, beta_2): (f64, f64),
) {
    for (k, grad) in grads.iter().enumerate() {
        mean[k] = beta_1 * mean[k] + (1.0 - beta_1) * grad;
        square[k] = beta_2 * square[k] + (1.0 - beta_2) * grad * grad;
        let corrected_mean = mean[k] / (1.0 - beta_1.powi(step));
        let corrected_square = square[k] / (1.0 - beta_2.powi(step));
        weights[k] -= rate * corrected_mean / (corrected_square.sqrt() + 1e-8);
    }
}

/// Exercise 10.3: weight decay, in the slope or beside it.
pub fn decay_step(
    weights: &mut [f64],
    grads: &[f64],
    rate: f64,
    decay: f64,
    decoupled: bool,
    update: &mut dyn FnMut(&mut [f64], &[f64]),
) {
    if decoupled {
        weights.iter_mut().for_each(|weight| *weight *= 1.0 - rate * decay);
        update(weights, grads);
    } else {
        let pulled = weights.iter().zip(grads).map(|(w, g)| g + decay * w);
        let pulled: Vec<f64> = pulled.collect();
        update(weights, &pulled);
    }
}

/// Exercise 10.4: warm up, then fall along a cosine.
pub fn scheduled_rate(
    tick: usize,
    warm_up: usize,
    ticks: usize,
    peak: f64,
    end: f64,
) -> f64 {
    if tick < warm_up {
        return peak * (tick + 1) as f64 / (warm_up + 1) as f64;
    }
    let part = (tick - warm_up) as f64 / (ticks - warm_up) as f64;
    let angle = std::f64::consts::PI * part.min(1.0);
    end + (peak - end) * (1.0 + angle.cos()) / 2.0
}

/// Exercise 10.5: random search for a learning rate.
pub fn random_search(
    low: f64,
    high: f64,
    draws: &[f64],
    trial: &mut dyn FnMut(f64) -> f64,
) -> Option<(f64, f64)> {
    let mut best: Option<(f64, f64)> = None;
    for &draw in draws {
        let rate = low * (high / low).powf(draw);
        let loss = trial(rate);
        if loss.is_finite() && best.is_none_or(|(_, least)| loss < least) {
            best = Some((rate, loss));
        }
    }
    best
}
