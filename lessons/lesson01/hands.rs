//! Whose functions the lesson runs on: the book's or, with `--mine`, the reader's.

use gradbook::perceptron::{FitError, Perceptron, Training, mistake_bound, radius};

use crate::exercises;
use crate::sets::Set;

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
            return Ok(exercises::fit(
                weights,
                bias,
                &inputs,
                &set.targets,
                max_epochs,
            ));
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
            let numbers = |state: &Perceptron<f64>| {
                [state.weights.as_slice(), &[state.bias]].concat()
            };
            return exercises::cycle(&states.iter().map(numbers).collect::<Vec<_>>());
        }
        Training { mistakes: vec![], states: states.to_vec() }.cycle()
    }

    /// How many examples of the set the neuron decides wrongly, as it is.
    pub fn count_mistakes(self, neuron: &Perceptron<f64>, set: &Set) -> usize {
        let examples = set.inputs.column_iter().zip(&set.targets);
        examples.filter(|(x, y)| self.decide(neuron, x.as_slice()) != **y).count()
    }

    /// Learns epoch by epoch until one is clean. Returns the neuron at the end of each,
    /// with the number of examples that it decides wrongly as it stands there.
    pub fn epoch_by_epoch(
        self,
        set: &Set,
        max_epochs: usize,
    ) -> Result<Vec<(usize, Perceptron<f64>)>, FitError> {
        let mut neuron = set.new_neuron();
        let mut ends = vec![];
        for _ in 0..max_epochs {
            let clean = self.fit(&mut neuron, set, 1)? == [0];
            ends.push((self.count_mistakes(&neuron, set), neuron.clone()));
            if clean {
                break;
            }
        }
        Ok(ends)
    }

    /// Learns from zero for a number of epochs and writes down every mistake.
    pub fn watch(self, set: &Set, epochs: usize) -> Trace {
        let mut neuron = set.new_neuron();
        let mut trace = Trace { mistakes: vec![], ends: vec![neuron.clone()] };
        for epoch in 1..=epochs {
            for (x, &target) in set.inputs.column_iter().zip(&set.targets) {
                let sum = neuron.sum(x.as_slice());
                if self.learn(&mut neuron, x.as_slice(), target) {
                    let (x, after) = (x.as_slice().to_vec(), neuron.clone());
                    trace.mistakes.push(Mistake { epoch, x, sum, target, after });
                }
            }
            trace.ends.push(neuron.clone());
        }
        trace
    }
}

/// What happened while a neuron learned.
pub struct Trace {
    /// Every mistake, in order.
    pub mistakes: Vec<Mistake>,
    /// The neuron before the first epoch and after each.
    pub ends: Vec<Perceptron<f64>>,
}

/// One mistake.
pub struct Mistake {
    /// In which epoch, counted from 1.
    pub epoch: usize,
    /// The example.
    pub x: Vec<f64>,
    /// The sum that the neuron decided by.
    pub sum: f64,
    /// What it should have decided.
    pub target: f64,
    /// The neuron after learning from it.
    pub after: Perceptron<f64>,
}

impl Trace {
    /// The neuron before the first mistake and after each.
    pub fn states(&self) -> Vec<Perceptron<f64>> {
        let after = self.mistakes.iter().map(|mistake| mistake.after.clone());
        self.ends[..1].iter().cloned().chain(after).collect()
    }

    /// A row for each mistake, for two inputs.
    pub fn by_mistake(&self) -> Vec<Vec<String>> {
        let row = |mistake: &Mistake| {
            let (x, after) = (&mistake.x, &mistake.after);
            vec![
                mistake.epoch.to_string(),
                format!("({}, {})", x[0], x[1]),
                mistake.sum.to_string(),
                format!("{:+}", mistake.target),
                format!("({}, {})", after.weights[0], after.weights[1]),
                after.bias.to_string(),
            ]
        };
        self.mistakes.iter().map(row).collect()
    }

    /// A row for each epoch, for two inputs.
    pub fn by_epoch(&self) -> Vec<Vec<String>> {
        let row = |(epoch, end): (usize, &Perceptron<f64>)| {
            vec![
                epoch.to_string(),
                self.count(epoch).to_string(),
                format!("({}, {})", end.weights[0], end.weights[1]),
                end.bias.to_string(),
            ]
        };
        self.ends.iter().enumerate().skip(1).map(row).collect()
    }

    /// How many mistakes an epoch had, counted from 1.
    fn count(&self, epoch: usize) -> usize {
        self.mistakes.iter().filter(|mistake| mistake.epoch == epoch).count()
    }
}
