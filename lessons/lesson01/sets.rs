//! The sets of this lesson: examples of two classes.

use gradbook::perceptron::Perceptron;
use gradbook::{Matrix, Rng, data};
use rand::seq::SliceRandom;

/// The four lengths of an iris: sepal length and width, petal length and width.
pub const ALL: [usize; 4] = [0, 1, 2, 3];
/// Petal length and petal width: two numbers, so they can be drawn.
pub const PETALS: [usize; 2] = [2, 3];

/// Examples of two classes: inputs `features x examples`, targets `+1` or `-1`.
#[derive(Clone)]
pub struct Set {
    /// What it is called in tables.
    pub name: &'static str,
    /// What its values are called in the report.
    pub key: &'static str,
    /// One column for each example.
    pub inputs: Matrix<f64>,
    /// One target for each column.
    pub targets: Vec<f64>,
}

impl Set {
    /// Fires when both inputs are on.
    pub fn and() -> Self {
        Self::corners("AND", "and", [-1.0, -1.0, -1.0, 1.0])
    }

    /// Fires when at least one input is on.
    pub fn or() -> Self {
        Self::corners("OR", "or", [-1.0, 1.0, 1.0, 1.0])
    }

    /// Fires when exactly one input is on.
    pub fn xor() -> Self {
        Self::corners("XOR", "xor", [-1.0, 1.0, 1.0, -1.0])
    }

    fn corners(name: &'static str, key: &'static str, targets: [f64; 4]) -> Self {
        let corners = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
        let inputs = Matrix::from_column_slice(2, 4, &corners);
        Self { name, key, inputs, targets: targets.to_vec() }
    }

    /// Setosa (fire) against the two other irises (stay silent).
    pub fn setosa(
        (name, key): (&'static str, &'static str),
        features: &[usize],
    ) -> Self {
        Self::iris(name, key, features, &[(0, 1.0), (1, -1.0), (2, -1.0)])
    }

    /// Versicolor (fire) against virginica (stay silent).
    pub fn versicolor(
        (name, key): (&'static str, &'static str),
        features: &[usize],
    ) -> Self {
        Self::iris(name, key, features, &[(1, 1.0), (2, -1.0)])
    }

    /// The irises of some species, each with the target given for it.
    fn iris(
        name: &'static str,
        key: &'static str,
        features: &[usize],
        species: &[(usize, f64)],
    ) -> Self {
        let iris = data::iris::<f64>();
        let target = |label| species.iter().find(|s| s.0 == label).map(|s| s.1);
        let flowers = iris.labels.iter().enumerate();
        let chosen = flowers.filter_map(|(i, &label)| Some((i, target(label)?)));
        let (columns, targets): (Vec<usize>, Vec<f64>) = chosen.unzip();
        let inputs = iris.inputs.select_columns(&columns).select_rows(features);
        Self { name, key, inputs, targets }
    }

    /// Some of the examples, in the order given.
    pub fn select(&self, columns: &[usize]) -> Self {
        let targets = columns.iter().map(|&i| self.targets[i]).collect();
        Self { inputs: self.inputs.select_columns(columns), targets, ..self.clone() }
    }

    /// The same examples in another order.
    pub fn shuffled(&self, rng: &mut Rng) -> Self {
        let mut columns: Vec<usize> = (0..self.targets.len()).collect();
        columns.shuffle(rng);
        self.select(&columns)
    }

    /// The same inputs, but each target given to an example drawn by lot.
    pub fn with_shuffled_targets(&self, rng: &mut Rng) -> Self {
        let mut set = self.clone();
        set.targets.shuffle(rng);
        set
    }

    /// A neuron that knows nothing, with one weight for each feature.
    pub fn new_neuron(&self) -> Perceptron<f64> {
        Perceptron::new(self.inputs.nrows())
    }

    /// The examples that always giving the commoner answer gets wrong.
    pub fn majority_mistakes(&self) -> usize {
        let fire = self.targets.iter().filter(|&&target| target > 0.0).count();
        fire.min(self.targets.len() - fire)
    }

    /// The examples one by one, as the exercises take them.
    pub fn columns(&self) -> Vec<Vec<f64>> {
        self.inputs.column_iter().map(|x| x.as_slice().to_vec()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a versicolor and a virginica have the same lengths.
    fn twins(features: &[usize]) -> Vec<Vec<f64>> {
        let set = Set::versicolor(("", ""), features);
        let of = |target| -> Vec<Vec<f64>> {
            let flowers = set.columns().into_iter().zip(&set.targets);
            flowers.filter(|(_, y)| **y == target).map(|(x, _)| x).collect()
        };
        let virginicas = of(-1.0);
        of(1.0).into_iter().filter(|flower| virginicas.contains(flower)).collect()
    }

    /// The chapter and a figure say so.
    #[test]
    fn one_versicolor_has_the_petals_of_a_virginica() {
        assert_eq!(twins(&PETALS), [[4.8, 1.8]]);
        assert!(twins(&ALL).is_empty());
    }

    #[test]
    fn setosas_fire_and_the_others_stay_silent() {
        let set = Set::setosa(("", ""), &ALL);
        assert_eq!(set.inputs.shape(), (4, 150));
        assert!(set.targets[..50].iter().all(|&y| y == 1.0));
        assert!(set.targets[50..].iter().all(|&y| y == -1.0));
        assert_eq!(set.majority_mistakes(), 50);
        let shuffled = set.shuffled(&mut gradbook::rng(1));
        let place =
            shuffled.inputs.column_iter().position(|x| x == set.inputs.column(0));
        assert_eq!(place.map(|place| shuffled.targets[place]), Some(1.0));
    }
}
