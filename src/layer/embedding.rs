//! The embedding: a column of numbers for each token, looked up.

use crate::init::Init;
use crate::layer::Parameter;
use crate::real::{Matrix, Real, Rng, ShapeError, resize};

/// Column k of the weight is what token k is to the network. The same as a dense layer
/// without bias on one-hot columns, at none of the cost.
///
/// Shapes: weight width x vocabulary, tokens a list, output width x tokens.
#[derive(Clone, Debug)]
pub struct Embedding<T: Real = f32> {
    /// width x vocabulary.
    pub weight: Parameter<T>,
}

impl<T: Real> Embedding<T> {
    /// An embedding drawn as PyTorch does, from the standard normal distribution.
    pub fn new(vocabulary: usize, width: usize, rng: &mut Rng) -> Self {
        let weight = Init::Normal(1.0).weights(vocabulary, width, rng);
        Self { weight: Parameter::new(weight) }
    }

    /// An embedding with these columns.
    pub fn from_parts(weight: Matrix<T>) -> Self {
        Self { weight: Parameter::new(weight) }
    }

    /// The number of tokens that it knows.
    pub fn vocabulary(&self) -> usize {
        self.weight.value.ncols()
    }

    /// Rows of the output.
    pub fn width(&self) -> usize {
        self.weight.value.nrows()
    }

    /// Looks each token up: column n of the output is that of token n. `output` is
    /// resized here and fully overwritten.
    ///
    /// # Errors
    ///
    /// When a token is not below the size of the vocabulary. Nothing is written then.
    // ANCHOR: forward
    pub fn forward(
        &self,
        tokens: &[usize],
        output: &mut Matrix<T>,
    ) -> Result<(), ShapeError> {
        self.check(tokens)?;
        let (width, table) = (self.width(), self.weight.value.as_slice());
        resize(output, width, tokens.len());
        let columns = output.as_mut_slice().chunks_exact_mut(width.max(1));
        for (column, &token) in columns.zip(tokens) {
            column.copy_from_slice(&table[token * width..(token + 1) * width]);
        }
        Ok(())
    }
    // ANCHOR_END: forward

    /// Adds each column of dL/d(output) to the gradient of the column it was copied
    /// from. A token that occurs twice is added to twice.
    ///
    /// # Errors
    ///
    /// When a token is not below the size of the vocabulary, or `grad_output` is not
    /// width x tokens.
    // ANCHOR: backward
    pub fn backward(
        &mut self,
        tokens: &[usize],
        grad_output: &Matrix<T>,
    ) -> Result<(), ShapeError> {
        self.check(tokens)?;
        let width = self.width();
        if grad_output.shape() != (width, tokens.len()) {
            let found = crate::real::shape_of(grad_output);
            let expected = format!("{width} x {}", tokens.len());
            let what = "Embedding: gradient of the output";
            return Err(ShapeError::new(what, found, expected));
        }
        let table = self.weight.grad.as_mut_slice();
        let columns = grad_output.as_slice().chunks_exact(width.max(1));
        for (column, &token) in columns.zip(tokens) {
            let grad = &mut table[token * width..(token + 1) * width];
            grad.iter_mut().zip(column).for_each(|(g, &d)| *g += d);
        }
        Ok(())
    }
    // ANCHOR_END: backward

    fn check(&self, tokens: &[usize]) -> Result<(), ShapeError> {
        let known = self.vocabulary();
        match tokens.iter().find(|&&token| token >= known) {
            None => Ok(()),
            Some(token) => {
                let expected = format!("below {known}, the size of the vocabulary");
                Err(ShapeError::new("Embedding: a token", token, expected))
            }
        }
    }

    /// Shows the weight.
    pub fn parameters(
        &mut self,
        visit: &mut dyn FnMut(&'static str, &mut Parameter<T>),
    ) {
        visit("weight", &mut self.weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_its_column_and_its_gradient_adds_up() {
        let table = Matrix::from_row_slice(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let mut embedding = Embedding::from_parts(table);
        let mut output = Matrix::zeros(0, 0);
        embedding.forward(&[2, 0, 2], &mut output).unwrap();
        assert_eq!(output.as_slice(), [3.0, 6.0, 1.0, 4.0, 3.0, 6.0]);
        let grad = Matrix::from_column_slice(2, 3, &[1.0, 2.0, 10.0, 20.0, 0.5, 0.25]);
        embedding.backward(&[2, 0, 2], &grad).unwrap();
        let expected = [10.0, 20.0, 0.0, 0.0, 1.5, 2.25];
        assert_eq!(embedding.weight.grad.as_slice(), expected);
        embedding.backward(&[2, 0, 2], &grad).unwrap();
        assert_eq!(embedding.weight.grad.as_slice(), expected.map(|g| 2.0 * g));
    }

    #[test]
    fn tokens_and_shapes_that_do_not_fit_are_errors() {
        let mut embedding = Embedding::<f64>::new(3, 2, &mut crate::rng(1));
        let error = embedding.forward(&[0, 3], &mut Matrix::zeros(0, 0)).unwrap_err();
        let expected = "Embedding: a token is 3, expected below 3, the size of the \
                        vocabulary";
        assert_eq!(error.to_string(), expected);
        assert!(embedding.backward(&[3], &Matrix::zeros(2, 1)).is_err());
        assert!(embedding.backward(&[1], &Matrix::zeros(2, 2)).is_err());
    }
}
