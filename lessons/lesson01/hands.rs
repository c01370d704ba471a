//! Whose functions the lesson runs on: the book's or, with `--mine`, the reader's.

use gradbook::Matrix;
use gradbook::perceptron::{FitError, Perceptron, Training, mistake_bound, radius};

use crate::exercises;

/// Examples of two classes: inputs `features x examples`, targets `+1` or `-1`.
#[derive(Clone)]
pub struct Set {
    /// What it is called in tables.
    pub name: &'static str,
    /// One column for each example.
    pub inputs: Matrix<f64>,
    /// One target for each column.
    pub targets: Vec<f64>,
}

impl Set {
    /// The examples one by one, as the exercises take them.
    fn columns(&self) -> Vec<Vec<f64>> {
        self.inputs.column_iter().map(|x| x.as_slice().to_vec()).collect()
    }

    /// A neuron that knows nothing, with as many weights as the set has features.
    pub fn new_neuron(&self) -> Perceptron<f64> {
        Perceptron::new(self.inputs.nrows())
    }
}

/// The five functions of this lesson.
#[derive(Clone, Copy)]
pub struct Hands {
    /// Whether they are the reader's.
    pub mine: bool,
}

impl Hands {
    /// Exercise 1.1: `+1` or `-1` for one example.
    pub fn decide(self, neuron: &Perceptron<f64>, x: &[f64]) -> f64 {
        if self.mine {
            return exercises::decide(neuron.weights.as_slice(), neuron.bias, x);
        }
        neuron.decide(x)
    }

    /// Exercise 1.2: one step, if the decision is wrong. Returns whether it was.
    pub fn learn(self, neuron: &mut Perceptron<f64>, x: &[f64], target: f64) -> bool {
        if self.mine {
            let weights = neuron.weights.as_mut_slice();
            return exercises::learn(weights, &mut neuron.bias, x, target);
        }
        neuron.learn(x, target)
    }

    /// Exercise 1.3: epochs until one is clean. Returns the mistakes in each.
    pub fn fit(
        self,
        neuron: &mut Perceptron<f64>,
        set: &Set,
        max_epochs: usize,
    ) -> Result<Vec<usize>, FitError> {
        if self.mine {
            let (weights, bias) = (neuron.weights.as_mut_slice(), &mut neuron.bias);
            let inputs = set.columns();
            return Ok(exercises::fit(weights, bias, &inputs, &set.targets, max_epochs));
        }
        Ok(neuron.fit(&set.inputs, &set.targets, max_epochs)?.mistakes)
    }

    /// Exercise 1.4: Novikoff's bound from a line, if the line separates the classes.
    pub fn bound(self, line: &Perceptron<f64>, set: &Set) -> Option<f64> {
        if self.mine {
            let weights = line.weights.as_slice();
            let inputs = set.columns();
            return exercises::mistake_bound(weights, line.bias, &inputs, &set.targets);
        }
        let margin = line.margin(&set.inputs, &set.targets);
        (margin > 0.0).then(|| mistake_bound(radius(&set.inputs), margin))
    }

    /// Exercise 1.5: how many epochs one round takes, if a state has come back.
    pub fn cycle(self, states: &[Perceptron<f64>]) -> Option<usize> {
        if self.mine {
            let flat = |state: &Perceptron<f64>| {
                let mut numbers = state.weights.as_slice().to_vec();
                numbers.push(state.bias);
                numbers
            };
            return exercises::cycle(&states.iter().map(flat).collect::<Vec<_>>());
        }
        Training { mistakes: vec![], states: states.to_vec() }.cycle()
    }

    /// How many examples of the set the neuron decides wrongly, as it is.
    pub fn count_mistakes(self, neuron: &Perceptron<f64>, set: &Set) -> usize {
        let examples = set.inputs.column_iter().zip(&set.targets);
        examples.filter(|(x, y)| self.decide(neuron, x.as_slice()) != **y).count()
    }
}
