//! Whose functions the lesson runs on: the book's answers or, with `--mine`, the
//! reader's.

use crate::{exercises, solutions};

/// A matrix of `f64`, as in the exercises.
pub type Matrix = gradbook::Matrix<f64>;

/// Hidden weight and bias, output weight and bias.
pub type TwoLayers = (Matrix, Vec<f64>, Matrix, Vec<f64>);

/// One layer from two: weights and biases of both in, one weight and one bias out.
pub type Collapse = fn(&Matrix, &[f64], &Matrix, &[f64]) -> (Matrix, Vec<f64>);

/// Corners, weights and bias of the hidden layer that draws a broken line.
pub type Line = (Vec<f64>, Vec<f64>, f64);

/// The five functions of this lesson.
#[derive(Clone, Copy)]
pub struct Hands {
    /// Exercise 3.1: one affine layer.
    pub affine: fn(&Matrix, &[f64], &Matrix) -> Matrix,
    /// Exercise 3.2: sigmoid, tanh, leaky ReLU and swish, each with its slope.
    pub activations: fn(f64) -> [(f64, f64); 4],
    /// Exercise 3.3: two affine layers as one.
    pub collapse: Collapse,
    /// Exercise 3.4: XOR by hand.
    pub xor_network: fn() -> TwoLayers,
    /// Exercise 3.5: corners, weights and bias of a broken line.
    pub broken_line: fn(&[f64], &[f64]) -> Line,
}

impl Hands {
    /// The book's answers, or the reader's.
    pub fn new(mine: bool) -> Self {
        if mine {
            return Self {
                affine: exercises::affine,
                activations: exercises::activations,
                collapse: exercises::collapse,
                xor_network: exercises::xor_network,
                broken_line: exercises::broken_line,
            };
        }
        Self {
            affine: solutions::affine,
            activations: solutions::activations,
            collapse: solutions::collapse,
            xor_network: solutions::xor_network,
            broken_line: solutions::broken_line,
        }
    }

    // ANCHOR: two_layers
    /// Affine, ReLU, affine, for a batch (inputs x examples). Returns what the hidden
    /// units say and the output.
    pub fn two_layers(self, network: &TwoLayers, batch: &Matrix) -> (Matrix, Matrix) {
        let (hidden_weight, hidden_bias, weight, bias) = network;
        let sums = (self.affine)(hidden_weight, hidden_bias, batch);
        let hidden = sums.map(|z| z.max(0.0));
        let output = (self.affine)(weight, bias, &hidden);
        (hidden, output)
    }
    // ANCHOR_END: two_layers

    // ANCHOR: height
    /// The broken line's height at t: one hidden unit for each corner.
    pub fn height(line: &Line, t: f64) -> f64 {
        let (corners, weights, bias) = line;
        let units = corners.iter().zip(weights);
        bias + units.map(|(corner, w)| w * (t - corner).max(0.0)).sum::<f64>()
    }
    // ANCHOR_END: height
}
