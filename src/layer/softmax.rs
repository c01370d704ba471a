//! Softmax: each column becomes positive numbers that add up to 1.

use crate::activation::softmax_in_place;
use crate::layer::{Layer, Phase};
use crate::real::{Matrix, Real, ShapeError, resize};

/// p_i = e^(z_i) / sum_j e^(z_j), column by column (Bridle, 1990).
///
/// For training, leave it out and use [`crate::loss::SoftmaxCrossEntropy`] on the
/// logits: the two together are simpler and lose no digits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Softmax;

impl<T: Real> Layer<T> for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        Ok(input_rows)
    }

    fn forward(&mut self, input: &Matrix<T>, output: &mut Matrix<T>, _: Phase) {
        resize(output, input.nrows(), input.ncols());
        output.copy_from(input);
        for mut column in output.column_iter_mut() {
            softmax_in_place(column.as_mut_slice());
        }
    }

    // ANCHOR: backward
    /// dL/dz_i = p_i (g_i - sum_j g_j p_j): every output depends on every input.
    fn backward(
        &mut self,
        _input: &Matrix<T>,
        output: &Matrix<T>,
        grad_output: &Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    ) {
        let Some(grad_input) = grad_input else { return };
        resize(grad_input, output.nrows(), output.ncols());
        for (n, p) in output.column_iter().enumerate() {
            let g = grad_output.column(n);
            let mean = g.dot(&p);
            let mut column = grad_input.column_mut(n);
            column.zip_zip_apply(&p, &g, |slope, p, g| *slope = p * (g - mean));
        }
    }
    // ANCHOR_END: backward
}
