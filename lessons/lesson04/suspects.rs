//! Three backward passes for exercise 4.5, each broken in one of its eight lines.
//!
//! To read this file is the other way to find the faults. The exercise is to find them
//! without.

use gradbook::activation::softmax_in_place;
use gradbook::gradcheck::{Checker, Findings, Report};
use gradbook::init::Init;
use gradbook::loss::{Loss, SoftmaxCrossEntropy};

type Matrix = gradbook::Matrix<f64>;

/// Every tensor of a network of two layers: its parameters, its batch, and what it
/// computes on the way. For the slopes, one matrix for each of the same names.
#[derive(Clone, Default)]
pub struct Tensors {
    input: Matrix,
    weight_1: Matrix,
    bias_1: Matrix,
    sums: Matrix,
    hidden: Matrix,
    weight_2: Matrix,
    bias_2: Matrix,
    logits: Matrix,
    targets: Matrix,
}

/// One line of a backward pass: from the tensors and the slopes so far to one more.
type Line = fn(&Tensors, &Tensors) -> Matrix;

/// A backward pass of eight lines.
#[derive(Clone, Copy)]
pub struct Pass([Line; 8]);

/// What the eight lines compute the slopes of, in their order.
pub const NAMES: [&str; 8] =
    ["logits", "weight_2", "bias_2", "hidden", "sums", "weight_1", "bias_1", "input"];

impl Tensors {
    /// 3 inputs, 5 hidden units, 4 classes. Weights and biases have standard deviation
    /// 1, those of layer 1 this one.
    pub fn draw(layer_1: f64, examples: usize, seed: u64) -> Self {
        let mut rng = gradbook::rng(seed);
        let mut normal = |rows, columns, size| {
            Init::Normal(size).weights::<f64>(columns, rows, &mut rng)
        };
        let (weight_1, bias_1) = (normal(5, 3, layer_1), normal(5, 1, layer_1));
        let (weight_2, bias_2) = (normal(4, 5, 1.0), normal(4, 1, 1.0));
        let input = normal(3, examples, 1.0);
        let targets = Matrix::from_fn(4, examples, |class, n| {
            if class == (3 * n + 1) % 4 { 1.0 } else { 0.0 }
        });
        let none = Matrix::default();
        let (sums, hidden, logits) = (none.clone(), none.clone(), none);
        Self {
            input,
            weight_1,
            bias_1,
            sums,
            hidden,
            weight_2,
            bias_2,
            logits,
            targets,
        }
    }

    /// Fills in what is computed on the way, and returns the loss.
    fn forward(&mut self) -> f64 {
        self.sums = affine(&self.weight_1, &self.bias_1, &self.input);
        self.hidden = self.sums.map(f64::tanh);
        self.logits = affine(&self.weight_2, &self.bias_2, &self.hidden);
        SoftmaxCrossEntropy.value(&self.logits, &self.targets).unwrap_or(f64::NAN)
    }

    fn part(&mut self, name: &str) -> &mut Matrix {
        match name {
            "logits" => &mut self.logits,
            "weight_2" => &mut self.weight_2,
            "bias_2" => &mut self.bias_2,
            "hidden" => &mut self.hidden,
            "sums" => &mut self.sums,
            "weight_1" => &mut self.weight_1,
            "bias_1" => &mut self.bias_1,
            _ => &mut self.input,
        }
    }
}

fn affine(weight: &Matrix, bias: &Matrix, input: &Matrix) -> Matrix {
    let mut output = weight * input;
    output.column_iter_mut().for_each(|mut column| column += bias);
    output
}

impl Pass {
    /// The pass as it should be.
    pub fn right() -> Self {
        Self([
            |t, _| (probabilities(&t.logits) - &t.targets) / t.input.ncols() as f64,
            |t, grad| &grad.logits * t.hidden.transpose(),
            |_, grad| over_examples(&grad.logits),
            |t, grad| t.weight_2.transpose() * &grad.logits,
            |t, grad| grad.hidden.zip_map(&t.hidden, |g, a| g * (1.0 - a * a)),
            |t, grad| &grad.sums * t.input.transpose(),
            |_, grad| over_examples(&grad.sums),
            |t, grad| t.weight_1.transpose() * &grad.sums,
        ])
    }

    /// Suspect 1, 2 or 3.
    pub fn suspect(number: usize) -> Self {
        let mut pass = Self::right();
        match number {
            1 => pass.0[0] = |t, _| probabilities(&t.logits) - &t.targets,
            2 => {
                pass.0[4] =
                    |t, grad| grad.hidden.zip_map(&t.sums, |g, z| g * (1.0 - z * z));
            }
            _ => {
                pass.0[3] = |t, grad| {
                    let classes = t.weight_2.nrows() - 1;
                    t.weight_2.rows(0, classes).transpose()
                        * grad.logits.rows(0, classes)
                };
            }
        }
        pass
    }

    /// The pass with one line, counted from 1, as it should be.
    pub fn repaired(mut self, line: usize) -> Self {
        if let (1..=8, right) = (line, Self::right()) {
            self.0[line - 1] = right.0[line - 1];
        }
        self
    }

    /// What the checker says about the pass.
    pub fn check(self, tensors: &Tensors) -> Findings {
        let mut at = tensors.clone();
        at.forward();
        let mut grad = Tensors::default();
        for (line, name) in self.0.iter().zip(NAMES) {
            let slope = line(&at, &grad);
            *grad.part(name) = slope;
        }
        let checker = Checker::new().with_batch(at.input.ncols());
        let names = ["input", "weight_1", "bias_1", "weight_2", "bias_2"];
        let check = |name: &&str| {
            let (point, slope) = (at.part(name).clone(), grad.part(name).clone());
            let loss = |value: &Matrix| {
                let mut moved = tensors.clone();
                moved.part(name).copy_from(value);
                moved.forward()
            };
            let report = checker.function(loss, &point, &slope);
            Report { name: name.to_string(), ..report }
        };
        Findings { reports: names.iter().map(check).collect() }
    }
}

fn probabilities(logits: &Matrix) -> Matrix {
    let mut p = logits.clone();
    p.column_iter_mut().for_each(|mut column| softmax_in_place(column.as_mut_slice()));
    p
}

fn over_examples(slopes: &Matrix) -> Matrix {
    Matrix::from_fn(slopes.nrows(), 1, |row, _| slopes.row(row).sum())
}
