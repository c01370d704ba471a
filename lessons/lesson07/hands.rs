//! Whose functions the lesson runs on: the book's or, with `--mine`, the reader's.

use crate::{exercises, solutions};

/// A matrix of `f64`, as in the exercises.
pub type Matrix = gradbook::Matrix<f64>;

/// Input weights, state weights and biases of a recurrent layer.
pub type Weights<'a> = (&'a Matrix, &'a Matrix, &'a [f64]);

/// dL/d(input weights), dL/d(state weights), dL/d(biases) and dL/d(start).
pub type Gradients = (Matrix, Matrix, Vec<f64>, Vec<f64>);

/// One list for each tensor of a network.
pub type Tensors = Vec<Vec<f64>>;

/// The five functions of the exercises.
#[derive(Clone, Copy)]
pub struct Hands {
    /// Exercise 7.1: weights, inputs and start to states.
    pub unroll: fn(Weights, &Matrix, &[f64]) -> Matrix,
    /// Exercise 7.2: gradients and the limit of their length.
    pub clip: fn(&[Vec<f64>], f64) -> Tensors,
    /// Exercise 7.3: what a character costs if pairs are counted.
    pub bigram_bits: fn(&[usize], &[usize], usize) -> f64,
    /// Exercise 7.4: logits, temperature and a random number to a character.
    pub sample: fn(&[f64], f64, f64) -> usize,
    /// Exercise 7.5: the way back through a sequence.
    pub through_time: fn(Weights, &Matrix, &[f64], &Matrix, &Matrix) -> Gradients,
}

impl Hands {
    /// The book's functions, or the reader's.
    pub fn new(mine: bool) -> Self {
        if mine {
            return Self {
                unroll: exercises::unroll,
                clip: exercises::clip,
                bigram_bits: exercises::bigram_bits,
                sample: exercises::sample,
                through_time: exercises::through_time,
            };
        }
        Self {
            unroll: solutions::unroll,
            clip: solutions::clip,
            bigram_bits: solutions::bigram_bits,
            sample: solutions::sample,
            through_time: solutions::through_time,
        }
    }
}
