//! The entry-by-entry part of the LSTM and the GRU, one step of a batch at a time.
//!
//! Blocks lie as in the layers: one column an example, the gates of an example one
//! above the other.

use multiversion::multiversion;

use super::{sigmoid, tanh};
use crate::real::Real;

/// Adds the bias to each column.
pub(crate) fn add_bias<T: Real>(bias: &[T], columns: &mut [T]) {
    columns.chunks_exact_mut(bias.len().max(1)).for_each(|column| add(column, bias));
}

// ANCHOR: lstm_forward
/// One step of the LSTM from the sums of its gates, without the bias. `gates` holds i,
/// f, g and o of each example, a quarter each, and keeps them bent; the others hold as
/// many numbers as a quarter: c before the step, c after it, tanh(c), and h.
pub(crate) fn lstm_forward<T: Real>(
    bias: &[T],
    gates: &mut [T],
    before: &[T],
    cell: &mut [T],
    bent: &mut [T],
    output: &mut [T],
) {
    let hidden = bias.len() / 4;
    for gates in gates.chunks_exact_mut(bias.len()) {
        add(gates, bias);
        sigmoid(&mut gates[..2 * hidden]);
        tanh(&mut gates[2 * hidden..3 * hidden]);
        sigmoid(&mut gates[3 * hidden..]);
    }
    lstm_cell(hidden, gates, before, cell);
    bent.copy_from_slice(cell);
    tanh(bent);
    lstm_output(hidden, gates, bent, output);
}

/// c = f c_before + i g.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn lstm_cell<T: Real>(hidden: usize, gates: &[T], before: &[T], cell: &mut [T]) {
    let examples = before.chunks_exact(hidden).zip(cell.chunks_exact_mut(hidden));
    for (gates, (before, cell)) in gates.chunks_exact(4 * hidden).zip(examples) {
        let (i, rest) = gates.split_at(hidden);
        let (f, rest) = rest.split_at(hidden);
        let gated = i.iter().zip(&rest[..hidden]).zip(f.iter().zip(before));
        for (c, ((&i, &g), (&f, &before))) in cell.iter_mut().zip(gated) {
            *c = f * before + i * g;
        }
    }
}

/// h = o tanh(c).
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn lstm_output<T: Real>(hidden: usize, gates: &[T], bent: &[T], output: &mut [T]) {
    let examples = bent.chunks_exact(hidden).zip(output.chunks_exact_mut(hidden));
    for (gates, (bent, output)) in gates.chunks_exact(4 * hidden).zip(examples) {
        let o = &gates[3 * hidden..];
        for (h, (&o, &bent)) in output.iter_mut().zip(o.iter().zip(bent)) {
            *h = o * bent;
        }
    }
}
// ANCHOR_END: lstm_forward

/// What one step of the LSTM left behind, and the slope of its output.
pub(crate) struct LstmStep<'a, T> {
    /// i, f, g and o of each example.
    pub gates: &'a [T],
    /// c before the step.
    pub cell_before: &'a [T],
    /// tanh(c) after it.
    pub bent: &'a [T],
    /// dL/dh after it.
    pub grad_hidden: &'a [T],
}

// ANCHOR: lstm_backward
/// One step of the LSTM backward, for the examples that are `live`. `grad_cell` comes
/// in as dL/dc from the later steps and goes out with h's share added; `earlier`
/// becomes dL/dc before the step, `delta` the slope of the sums that the gates are made
/// of. Where an example has ended, `delta` becomes 0 and the rest stays.
pub(crate) fn lstm_backward<T: Real>(
    hidden: usize,
    step: LstmStep<'_, T>,
    live: impl Fn(usize) -> bool,
    grad_cell: &mut [T],
    earlier: &mut [T],
    delta: &mut [T],
) {
    for (n, delta) in delta.chunks_exact_mut(4 * hidden).enumerate() {
        if !live(n) {
            delta.fill(T::zero());
            continue;
        }
        let (one, four) = (n * hidden..(n + 1) * hidden, 4 * hidden);
        let example = LstmStep {
            gates: &step.gates[n * four..(n + 1) * four],
            cell_before: &step.cell_before[one.clone()],
            bent: &step.bent[one.clone()],
            grad_hidden: &step.grad_hidden[one.clone()],
        };
        let grad_cell = &mut grad_cell[one.clone()];
        lstm_example(hidden, example, grad_cell, &mut earlier[one], delta);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn lstm_example<T: Real>(
    hidden: usize,
    step: LstmStep<'_, T>,
    grad_cell: &mut [T],
    earlier: &mut [T],
    delta: &mut [T],
) {
    let one = T::one();
    // slices of one length: the compiler then drops the checks inside the loop
    let (gates, before) = (&step.gates[..4 * hidden], &step.cell_before[..hidden]);
    let (bent, grad_hidden) = (&step.bent[..hidden], &step.grad_hidden[..hidden]);
    let (i, rest) = gates.split_at(hidden);
    let (f, rest) = rest.split_at(hidden);
    let (g, o) = rest.split_at(hidden);
    let (delta_i, rest) = delta[..4 * hidden].split_at_mut(hidden);
    let (delta_f, rest) = rest.split_at_mut(hidden);
    let (delta_g, delta_o) = rest.split_at_mut(hidden);
    let (grad_cell, earlier) = (&mut grad_cell[..hidden], &mut earlier[..hidden]);
    for k in 0..hidden {
        let (i, f, g, o) = (i[k], f[k], g[k], o[k]);
        let dc = grad_cell[k] + grad_hidden[k] * o * (one - bent[k] * bent[k]);
        grad_cell[k] = dc;
        earlier[k] += dc * f;
        delta_i[k] = dc * g * i * (one - i);
        delta_f[k] = dc * before[k] * f * (one - f);
        delta_g[k] = dc * i * (one - g * g);
        delta_o[k] = grad_hidden[k] * bent[k] * o * (one - o);
    }
}
// ANCHOR_END: lstm_backward

// ANCHOR: gru_forward
/// One step of the GRU. `gates` holds each example's input part of r, z and n without
/// the bias, a third each, and keeps the gates themselves; `through` holds W_hh
/// h_before, three parts as well, and keeps in the third W_hn h_before + b_hn; `output`
/// becomes h.
pub(crate) fn gru_forward<T: Real>(
    [bias, bias_hn]: [&[T]; 2],
    gates: &mut [T],
    through: &mut [T],
    before: &[T],
    output: &mut [T],
) {
    let hidden = bias_hn.len();
    let examples = gates.chunks_exact_mut(3 * hidden);
    let examples = examples.zip(through.chunks_exact_mut(3 * hidden));
    let states = before.chunks_exact(hidden).zip(output.chunks_exact_mut(hidden));
    for ((gates, through), (before, output)) in examples.zip(states) {
        add(gates, bias);
        let (rz, n) = gates.split_at_mut(2 * hidden);
        let (through_rz, through_n) = through.split_at_mut(2 * hidden);
        add(rz, through_rz);
        sigmoid(rz);
        add(through_n, bias_hn);
        let (r, z) = rz.split_at(hidden);
        add_product(n, r, through_n);
        tanh(n);
        mix(z, n, before, output);
    }
}

/// a += b.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn add<T: Real>(a: &mut [T], b: &[T]) {
    a.iter_mut().zip(b).for_each(|(a, &b)| *a += b);
}

/// a += b c.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_product<T: Real>(a: &mut [T], b: &[T], c: &[T]) {
    a.iter_mut().zip(b.iter().zip(c)).for_each(|(a, (&b, &c))| *a += b * c);
}

/// h = (1 - z) n + z h_before.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn mix<T: Real>(z: &[T], n: &[T], before: &[T], output: &mut [T]) {
    let given = z.iter().zip(n).zip(before);
    for (h, ((&z, &n), &before)) in output.iter_mut().zip(given) {
        *h = (T::one() - z) * n + z * before;
    }
}
// ANCHOR_END: gru_forward

/// What one step of the GRU left behind, and the slope of its output.
pub(crate) struct GruStep<'a, T> {
    /// r, z and n of each example.
    pub gates: &'a [T],
    /// W_hh h_before, in its third part W_hn h_before + b_hn.
    pub through: &'a [T],
    /// h before the step.
    pub before: &'a [T],
    /// dL/dh after it.
    pub grad_hidden: &'a [T],
}

// ANCHOR: gru_backward
/// One step of the GRU backward, for the examples that are `live`. `delta` becomes the
/// slope of the gates' sums as the input part sees them, `delta_hidden` as W_hh sees
/// them: the third parts differ, since r stands between them. The direct share of
/// dL/dh_before is added to `earlier`. Where an example has ended, both become 0.
pub(crate) fn gru_backward<T: Real>(
    hidden: usize,
    step: GruStep<'_, T>,
    live: impl Fn(usize) -> bool,
    earlier: &mut [T],
    delta: &mut [T],
    delta_hidden: &mut [T],
) {
    let three = 3 * hidden;
    let deltas = delta.chunks_exact_mut(three);
    let deltas = deltas.zip(delta_hidden.chunks_exact_mut(three));
    for (n, (delta, delta_hidden)) in deltas.enumerate() {
        if !live(n) {
            delta.fill(T::zero());
            delta_hidden.fill(T::zero());
            continue;
        }
        let (one, all) = (n * hidden..(n + 1) * hidden, n * three..(n + 1) * three);
        let example = GruStep {
            gates: &step.gates[all.clone()],
            through: &step.through[all],
            before: &step.before[one.clone()],
            grad_hidden: &step.grad_hidden[one.clone()],
        };
        gru_example(hidden, example, &mut earlier[one], delta, delta_hidden);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn gru_example<T: Real>(
    hidden: usize,
    step: GruStep<'_, T>,
    earlier: &mut [T],
    delta: &mut [T],
    delta_hidden: &mut [T],
) {
    let one = T::one();
    let (r, rest) = step.gates[..3 * hidden].split_at(hidden);
    let (z, n) = rest.split_at(hidden);
    let through_n = &step.through[2 * hidden..3 * hidden];
    let (before, grad_hidden) = (&step.before[..hidden], &step.grad_hidden[..hidden]);
    let earlier = &mut earlier[..hidden];
    let (delta_r, rest) = delta[..3 * hidden].split_at_mut(hidden);
    let (delta_z, delta_n) = rest.split_at_mut(hidden);
    let (hidden_r, rest) = delta_hidden[..3 * hidden].split_at_mut(hidden);
    let (hidden_z, hidden_n) = rest.split_at_mut(hidden);
    for k in 0..hidden {
        let (r, z, n, dh) = (r[k], z[k], n[k], grad_hidden[k]);
        let dn = dh * (one - z) * (one - n * n);
        let dz = dh * (before[k] - n) * z * (one - z);
        let dr = dn * through_n[k] * r * (one - r);
        (delta_r[k], delta_z[k], delta_n[k]) = (dr, dz, dn);
        (hidden_r[k], hidden_z[k], hidden_n[k]) = (dr, dz, dn * r);
        earlier[k] += dh * z;
    }
}
// ANCHOR_END: gru_backward
