//! The laboratory behind the page: data, a network, and training step by step.

use gradbook::activation::Activation;
use gradbook::data::synthetic;
use gradbook::init::Init;
use gradbook::layer::{Activate, Dense};
use gradbook::loss::{Loss, SoftmaxCrossEntropy};
use gradbook::optimizer::{Adam, Optimizer};
use gradbook::{Matrix, Parameters, Phase, Sequential, ShapeError, rng};

const POINTS: usize = 240;
const CLASSES: usize = 3;

/// Everything that the page shows and changes.
pub struct Lab {
    network: Sequential<f32>,
    optimizer: Adam<f32>,
    inputs: Matrix<f32>,  // 2 x points
    targets: Matrix<f32>, // classes x points
    labels: Vec<usize>,
    grad: Matrix<f32>,
    grid: Matrix<f32>, // 2 x cells, the points at which the picture is drawn
    /// x, y and class of each point, for the page to read.
    pub points: Vec<f32>,
    /// The class of each cell, for the page to read.
    pub regions: Vec<u8>,
    /// How sure the network is in each cell, 0 to 255.
    pub certainty: Vec<u8>,
}

/// What the reader can choose.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Seeds the points and the first weights.
    pub seed: u64,
    /// Hidden layers, 0 to 3. None leaves a linear classifier.
    pub layers: usize,
    /// Units in each hidden layer, 1 to 32.
    pub units: usize,
    /// 0 linear, 1 sigmoid, 2 tanh, 3 ReLU.
    pub activation: usize,
}

impl Lab {
    /// Three spiral arms and an untrained network.
    ///
    /// # Errors
    ///
    /// Never with a [`Choice`] in its ranges; others are brought into them.
    pub fn new(choice: Choice, cells: usize) -> Result<Self, ShapeError> {
        let mut random = rng(choice.seed);
        let data = synthetic::spirals::<f32>(POINTS, CLASSES, 0.04, &mut random);
        let kinds = [
            Activation::Linear,
            Activation::Sigmoid,
            Activation::Tanh,
            Activation::Relu,
        ];
        let activation = kinds[choice.activation.min(3)];
        let init = match activation {
            Activation::Relu => Init::HeNormal,
            _ => Init::XavierNormal,
        };
        let units = choice.units.clamp(1, 32);
        let (mut network, mut width) = (Sequential::new(2), 2);
        for _ in 0..choice.layers.min(3) {
            let dense = Dense::new(width, units, init, &mut random);
            network = network.then(dense)?.then(Activate::new(activation))?;
            width = units;
        }
        let output = Dense::new(width, CLASSES, Init::XavierNormal, &mut random);
        let mut lab = Self {
            network: network.then(output)?,
            optimizer: Adam::new(0.01),
            points: points(&data.inputs, &data.labels),
            inputs: data.inputs,
            targets: data.targets,
            labels: data.labels,
            grad: Matrix::zeros(0, 0),
            grid: grid(cells.clamp(2, 128)),
            regions: Vec::new(),
            certainty: Vec::new(),
        };
        lab.draw()?;
        Ok(lab)
    }

    /// This many updates on all points at once; returns the loss before the last one.
    ///
    /// # Errors
    ///
    /// Never: the shapes were checked when the network was built.
    pub fn train(&mut self, updates: usize, rate: f64) -> Result<f32, ShapeError> {
        self.optimizer_rate(rate);
        let mut loss = f32::NAN;
        for _ in 0..updates {
            self.network.zero_grad();
            let scores = self.network.forward(&self.inputs, Phase::Train)?;
            loss =
                SoftmaxCrossEntropy.gradient(scores, &self.targets, &mut self.grad)?;
            self.network.backward(&self.inputs, &self.grad)?;
            self.optimizer.step(&mut self.network);
        }
        self.draw()?;
        Ok(loss)
    }

    fn optimizer_rate(&mut self, rate: f64) {
        Optimizer::<f32>::set_learning_rate(&mut self.optimizer, rate);
    }

    /// The share of points classified right.
    ///
    /// # Errors
    ///
    /// Never: the shapes were checked when the network was built.
    pub fn accuracy(&mut self) -> Result<f32, ShapeError> {
        let scores = self.network.forward(&self.inputs, Phase::Infer)?;
        let winners = scores.column_iter().map(|column| column.imax());
        let right = winners.zip(&self.labels).filter(|(a, b)| a == *b).count();
        Ok(right as f32 / self.labels.len() as f32)
    }

    /// How many numbers the network learns.
    pub fn parameter_count(&mut self) -> usize {
        self.network.parameter_count()
    }

    /// Asks the network about every cell of the picture.
    fn draw(&mut self) -> Result<(), ShapeError> {
        let scores = self.network.forward(&self.grid, Phase::Infer)?;
        self.regions.clear();
        self.certainty.clear();
        for column in scores.column_iter() {
            let winner = column.imax();
            let sum: f32 = column.iter().map(|z| (z - column[winner]).exp()).sum();
            self.regions.push(winner as u8);
            self.certainty.push((255.0 / sum) as u8);
        }
        Ok(())
    }
}

/// x, y, class, one point after another.
fn points(inputs: &Matrix<f32>, labels: &[usize]) -> Vec<f32> {
    let columns = inputs.column_iter().zip(labels);
    columns.flat_map(|(point, &label)| [point[0], point[1], label as f32]).collect()
}

/// The middles of cells x cells squares over -1.2 to 1.2, row by row from the top.
fn grid(cells: usize) -> Matrix<f32> {
    let place = |i: usize| -1.2 + 2.4 * (i as f32 + 0.5) / cells as f32;
    Matrix::from_fn(2, cells * cells, |row, n| match row {
        0 => place(n % cells),
        _ => -place(n / cells),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab(layers: usize, activation: usize) -> Lab {
        let choice = Choice { seed: 7, layers, units: 16, activation };
        Lab::new(choice, 24).expect("shapes fit")
    }

    #[test]
    fn two_hidden_layers_untangle_the_spirals_and_a_line_cannot() {
        let mut deep = lab(2, 2);
        let first = deep.train(1, 0.03).unwrap();
        let last = deep.train(600, 0.03).unwrap();
        assert!(last < 0.2 * first, "{first} {last}");
        assert!(deep.accuracy().unwrap() > 0.97, "{}", deep.accuracy().unwrap());
        let mut flat = lab(0, 2);
        flat.train(600, 0.03).unwrap();
        assert!(flat.accuracy().unwrap() < 0.7, "{}", flat.accuracy().unwrap());
    }

    #[test]
    fn stacked_linear_layers_are_no_better_than_one() {
        let mut stacked = lab(2, 0);
        stacked.train(600, 0.03).unwrap();
        assert!(stacked.accuracy().unwrap() < 0.7);
    }

    #[test]
    fn choices_out_of_range_are_brought_into_it() {
        let choice = Choice { seed: 1, layers: 99, units: 0, activation: 99 };
        let mut lab = Lab::new(choice, 0).unwrap();
        assert_eq!(lab.parameter_count(), 3 + 2 + 2 + 6);
        assert_eq!(lab.regions.len(), 4);
    }

    #[test]
    fn the_page_gets_every_point_and_every_cell() {
        let lab = lab(1, 3);
        assert_eq!(lab.points.len(), 3 * POINTS);
        assert_eq!((lab.regions.len(), lab.certainty.len()), (576, 576));
        assert!(lab.regions.iter().all(|&class| class < 3));
    }
}
