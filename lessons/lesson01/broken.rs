//! The rule of learning with one thing wrong at a time.

use gradbook::Rng;
use gradbook::perceptron::Perceptron;

use crate::sets::Set;

/// A rule of learning: it gets the neuron, an example and its target, and says whether
/// it was a mistake.
type Rule = fn(&mut Perceptron<f64>, &[f64], f64) -> bool;

/// What is broken, the set it was tried on, the mistakes in the last of 100 epochs, and
/// the name of that number in the report.
pub type Row = (&'static str, &'static str, usize, &'static str);

/// Runs every broken rule, and the right one beside them.
pub fn all(and: &Set, setosa: &Set, rng: &mut Rng) -> Vec<Row> {
    let shuffled = setosa.with_shuffled_targets(rng);
    let rules: [(_, &Set, Rule, _); 6] = [
        ("nothing", setosa, Perceptron::learn, "broken_nothing"),
        ("no bias", and, no_bias, "broken_no_bias"),
        ("a step away from the target", setosa, away, "broken_away"),
        ("targets 0 and 1", setosa, zero_one, "broken_zero_one"),
        ("learning without a mistake", setosa, always, "broken_always"),
        ("the labels, shuffled", &shuffled, Perceptron::learn, "broken_shuffled"),
    ];
    let row = |(what, set, rule, name): (_, &Set, Rule, _)| {
        (what, set.name, last_epoch(set, rule), name)
    };
    rules.map(row).to_vec()
}

fn last_epoch(set: &Set, rule: Rule) -> usize {
    train(set, rule).0
}

/// The mistakes in the last of 100 epochs, and the neuron that is left.
fn train(set: &Set, rule: Rule) -> (usize, Perceptron<f64>) {
    let mut neuron = set.new_neuron();
    let mut mistakes = 0;
    for _ in 0..100 {
        mistakes = 0;
        for (x, &target) in set.inputs.column_iter().zip(&set.targets) {
            mistakes += usize::from(rule(&mut neuron, x.as_slice(), target));
        }
    }
    (mistakes, neuron)
}

// ANCHOR: no_bias
fn no_bias(neuron: &mut Perceptron<f64>, x: &[f64], target: f64) -> bool {
    let wrong = neuron.learn(x, target);
    neuron.bias = 0.0;
    wrong
}
// ANCHOR_END: no_bias

// ANCHOR: away
fn away(neuron: &mut Perceptron<f64>, x: &[f64], target: f64) -> bool {
    let wrong = neuron.decide(x) != target;
    if wrong {
        step(neuron, x, -target);
    }
    wrong
}
// ANCHOR_END: away

// ANCHOR: zero_one
fn zero_one(neuron: &mut Perceptron<f64>, x: &[f64], target: f64) -> bool {
    let wrong = neuron.decide(x) != target;
    let target = if target > 0.0 { 1.0 } else { 0.0 };
    if wrong {
        step(neuron, x, target);
    }
    wrong
}
// ANCHOR_END: zero_one

// ANCHOR: always
fn always(neuron: &mut Perceptron<f64>, x: &[f64], target: f64) -> bool {
    let wrong = neuron.decide(x) != target;
    step(neuron, x, target);
    wrong
}
// ANCHOR_END: always

fn step(neuron: &mut Perceptron<f64>, x: &[f64], by: f64) {
    neuron.weights.iter_mut().zip(x).for_each(|(weight, x)| *weight += by * x);
    neuron.bias += by;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sets::ALL;

    /// The chapter says how each broken rule ends. This is where it is so.
    #[test]
    fn broken_rules_end_as_the_chapter_says() {
        let setosa = Set::setosa(("setosa", "setosa"), &ALL);
        for seed in 0..5 {
            let setosa = setosa.shuffled(&mut gradbook::rng(seed));
            for (rule, always) in [(away as Rule, 1.0), (zero_one, 1.0), (always, -1.0)]
            {
                let neuron = train(&setosa, rule).1;
                let mut flowers = setosa.inputs.column_iter();
                assert!(flowers.all(|x| neuron.decide(x.as_slice()) == always));
            }
        }
        let and = Set::and();
        assert_eq!(train(&and, no_bias).1.decide(&[0.0, 0.0]), 1.0);
        assert_eq!(train(&and, Perceptron::learn).0, 0);
    }
}
