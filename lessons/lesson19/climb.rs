//! The ladder on the CPU: every rung against nalgebra, and what limits a product.

use gradbook::kernels::Operand;
use gradbook::kernels::ladder::Rung;
use gradbook::{Matrix, rng};
use lessons::{Result, Run, bail};
use rand::RngExt;

use crate::hands::Hands;

/// m, k, n: single, prime, ragged, and beyond a block.
const SHAPES: [[usize; 3]; 6] =
    [[1, 1, 1], [7, 5, 3], [17, 31, 13], [1, 131, 67], [65, 127, 33], [131, 257, 61]];

/// Everything of this section.
pub fn show(run: &mut Run, hands: Hands) -> Result {
    run.heading("The ladder on the CPU");
    against_nalgebra(run)?;
    run.heading("What limits a product: intensity");
    intensity(run, hands);
    Ok(())
}

/// Every rung on every shape, both operands plain and transposed.
fn against_nalgebra(run: &mut Run) -> Result {
    let rng = &mut rng(run.seed());
    let mut products = 0;
    for [m, k, n] in SHAPES {
        let mut drawn = |rows, columns| -> Matrix {
            Matrix::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0))
        };
        let (a, b) = (drawn(m, k), drawn(k, n));
        let (a_turned, b_turned) = (a.transpose(), b.transpose());
        let expected = &a * &b;
        for rung in Rung::ALL {
            for (a, b) in [
                (Operand::plain(&a), Operand::plain(&b)),
                (Operand::transposed(&a_turned), Operand::plain(&b)),
                (Operand::plain(&a), Operand::transposed(&b_turned)),
                (Operand::transposed(&a_turned), Operand::transposed(&b_turned)),
            ] {
                let mut c = Matrix::zeros(m, n);
                rung.product(a, b, 0.0, c.as_mut_slice());
                let far = (&c - &expected).amax() / expected.amax().max(1.0);
                let near = far <= 1e-5;
                if !near {
                    bail!("{} of {m} x {k} by {k} x {n} is off by {far}", rung.name());
                }
                products += 1;
            }
        }
    }
    let names: Vec<&str> = Rung::ALL.iter().map(|rung| rung.name()).collect();
    run.count("cpu_products", products);
    run.say(&format!(
        "{}: {products} products of ragged sizes, plain and transposed, agree with \
         nalgebra's to 0.00001.",
        names.join(", ")
    ));
    Ok(())
}

/// The machine of the example on paper: GFLOP/s and GB/s.
const PAPER: (f64, f64) = (100.0, 20.0);

/// Operations for each byte, and what the machine on paper makes of them.
fn intensity(run: &mut Run, hands: Hands) {
    let mut rows = Vec::new();
    for tile in [1, 4, 16, 64] {
        let [flop, bytes, reached] = hands.roofline(PAPER, [512; 3], tile);
        run.value(&format!("paper_tile_{tile}_intensity"), flop / bytes);
        run.value(&format!("paper_tile_{tile}_reached"), reached);
        rows.push([
            format!("{tile} x {tile}"),
            format!("{:.2}", flop / bytes),
            format!("{reached:.1}"),
        ]);
    }
    run.say(
        "A product of 512 cubed on a machine with a peak of 100 GFLOP/s and a memory \
         of 20 GB/s reaches at most:",
    );
    run.table(&["tile", "operations a byte", "GFLOP/s"], &rows);
}
