//! The example on paper, counted: a product of 4 by 4, and a warp that reads a column.

use gradbook::gpu::Counters;
use gradbook::gpu::simt::Simt;
use gradbook::gpu::simt::kernels::naive_product;
use lessons::{Result, Run};

use crate::hands::{Hands, judged};

/// The example's matrices, row by row.
const A: [f32; 16] = [1., 2., 0., 1., 0., 1., 2., 0., 3., 0., 1., 1., 1., 1., 0., 2.];
const B: [f32; 16] = [1., 0., 2., 1., 2., 1., 0., 1., 0., 3., 1., 0., 1., 1., 1., 2.];
/// What both products need. The device counts only those of `t.fma`, and a kernel of
/// the reader's may multiply with a plain `*`.
const MULTIPLICATIONS: usize = 4 * 4 * 4;

/// Both products of the example, and what they fetch.
pub fn show(run: &mut Run, hands: Hands) -> Result {
    run.heading("On paper: a product of 4 by 4");
    let expected = multiplied();
    let mut rows = Vec::new();
    for (words, name, cost) in [
        ("each thread for itself", "naive", naively(&expected)?),
        ("squares of 2 by 2", "tiled", in_squares(hands, &expected)?),
    ] {
        run.count(&format!("paper_{name}_loads"), cost.global_loads as usize);
        run.count(&format!("paper_{name}_fma"), MULTIPLICATIONS);
        rows.push([
            words.to_string(),
            cost.global_loads.to_string(),
            MULTIPLICATIONS.to_string(),
            format!("{}", cost.global_loads as f64 / MULTIPLICATIONS as f64),
        ]);
    }
    run.table(&["16 threads", "fetches", "multiplications", "for each"], &rows);
    let corner: Vec<String> = [0, 1, 4, 5].map(|i| format!("{}", expected[i])).into();
    run.say(&format!("The upper left corner of C, row by row: {}.", corner.join(" ")));
    Ok(())
}

/// One thread, one number.
fn naively(expected: &[f32]) -> Result<Counters> {
    // ANCHOR: launch
    let mut gpu = Simt::new();
    let (a, b) = (gpu.upload(&A), gpu.upload(&B));
    let c = gpu.alloc(16); // nothing is written in it yet
    let kernel = |t| naive_product(t, [a, b, c], [4, 4, 4]);
    // 2 by 2 blocks of 2 by 2 threads
    let cost = gpu.launch("naive", (2, 2), (2, 2), kernel)?;
    // ANCHOR_END: launch
    judged(&gpu, cost, ("the naive product", c), expected)
}

/// Four threads at a table.
fn in_squares(hands: Hands, expected: &[f32]) -> Result<Counters> {
    let mut gpu = Simt::new();
    let (a, b) = (gpu.upload(&A), gpu.upload(&B));
    let c = gpu.alloc(16);
    let kernel = |t| hands.product(t, [a, b, c], [4, 4, 4]);
    let cost = gpu.launch("product", (2, 2), (2, 2), kernel)?;
    judged(&gpu, cost, ("the product by tiles", c), expected)
}

/// `A B`, from the definition.
fn multiplied() -> Vec<f32> {
    let entry = |i: usize, j: usize| (0..4).map(|l| A[4 * i + l] * B[4 * l + j]).sum();
    (0..16).map(|at| entry(at / 4, at % 4)).collect()
}
