//! The two networks, and how they are trained.

use gradbook::activation::Activation;
use gradbook::data::Dataset;
use gradbook::init::Init;
use gradbook::layer::{Activate, Dense};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Adam, Optimizer, Schedule, Sgd};
use gradbook::train::{Config, History, Task, evaluate, fit};
use gradbook::{Rng, Sequential, ShapeError, rng};
use lessons::Result;

/// Which network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One layer: softmax regression, the baseline.
    Logistic,
    /// One hidden layer of so many units.
    Mlp(usize),
}

impl Kind {
    /// Its name in tables and values.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Logistic => "logistic",
            Kind::Mlp(_) => "mlp",
        }
    }

    // ANCHOR: build
    /// The network, with weights drawn anew. It puts out logits.
    pub fn build(
        self,
        pixels: usize,
        classes: usize,
        rng: &mut Rng,
    ) -> std::result::Result<Sequential, ShapeError> {
        match self {
            Kind::Logistic => Sequential::new(pixels).then(Dense::new(
                pixels,
                classes,
                Init::XavierNormal,
                rng,
            )),
            Kind::Mlp(hidden) => Sequential::new(pixels)
                .then(Dense::new(pixels, hidden, Init::HeNormal, rng))?
                .then(Activate::new(Activation::Relu))?
                .then(Dense::new(hidden, classes, Init::XavierNormal, rng)),
        }
    }
    // ANCHOR_END: build
}

/// How to train, as the command line says it.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Passes over the training part, at most.
    pub epochs: usize,
    /// Examples in a step.
    pub batch: usize,
    /// The learning rate.
    pub rate: f64,
    /// Units in the hidden layer.
    pub hidden: usize,
    /// `adam` or `sgd`.
    pub optimizer: String,
    /// Epochs without a better one before training stops.
    pub patience: usize,
    /// Where everything random starts.
    pub seed: u64,
}

impl Setup {
    /// The optimizer that was asked for.
    pub fn optimizer(&self) -> Box<dyn Optimizer> {
        match self.optimizer.as_str() {
            "sgd" => Box::new(Sgd::new(self.rate).with_momentum(0.9)),
            _ => Box::new(Adam::new(self.rate)),
        }
    }

    /// A new network of this kind for these examples.
    pub fn build(&self, kind: Kind, data: &Dataset) -> Result<Sequential> {
        Ok(kind.build(data.features(), data.classes(), &mut rng(self.seed))?)
    }

    /// The same with another seed.
    pub fn with_seed(&self, seed: u64) -> Setup {
        Setup { seed, ..self.clone() }
    }

    // ANCHOR: plain_training
    /// Trains for all epochs, the rate falling along a cosine, and nobody looking on.
    pub fn train(&self, kind: Kind, train: &Dataset) -> Result<(Sequential, History)> {
        let mut net = self.build(kind, train)?;
        let config = Config {
            epochs: self.epochs,
            batch: self.batch,
            seed: self.seed,
            schedule: Schedule::Cosine { ticks: self.epochs },
            ..Config::default()
        };
        let task = Task { train, valid: None, loss: &SoftmaxCrossEntropy };
        let history = fit(&mut net, &mut *self.optimizer(), &task, &config, &mut [])?;
        Ok((net, history))
    }
    // ANCHOR_END: plain_training

    /// The accuracy on `test` after training on `train`.
    pub fn accuracy(&self, kind: Kind, train: &Dataset, test: &Dataset) -> Result<f64> {
        let (mut net, _) = self.train(kind, train)?;
        accuracy(&mut net, test)
    }
}

/// The share of right answers.
pub fn accuracy(net: &mut Sequential, data: &Dataset) -> Result<f64> {
    let seen = evaluate(net, &SoftmaxCrossEntropy, data)?;
    seen.accuracy.ok_or_else(|| lessons::Error::new("the data has no classes"))
}
