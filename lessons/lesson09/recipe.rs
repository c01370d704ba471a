//! The network that overfits, and what may be done about it.

use gradbook::activation::Activation;
use gradbook::data::Dataset;
use gradbook::data::augment::Augmentation;
use gradbook::init::Init;
use gradbook::layer::{Activate, Dense, ImageShape};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Adam, Schedule};
use gradbook::train::{
    Augment, Callback, Config, Evaluation, History, SmoothLabels, Task, evaluate, fit,
};
use gradbook::{Sequential, rng};
use lessons::Result;

use crate::hands::Hands;
use crate::sets::{HOMEWORK, Parts};

/// The digits' images.
pub const IMAGE: ImageShape = ImageShape::new(8, 8, 1);

// ANCHOR: recipe
/// A training, with its remedies. The default has none.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// Passes over the homework.
    pub epochs: usize,
    /// Examples a step.
    pub batch: usize,
    /// The learning rate at the start; it falls along half a cosine.
    pub rate: f64,
    /// Units in each of the two hidden layers.
    pub hidden: usize,
    /// More images, as many steps.
    pub more: bool,
    /// How strongly weights are pulled to zero, by as much for each.
    pub l1: f64,
    /// How strongly weights are pulled to zero, in proportion to their size.
    pub l2: f64,
    /// The share of the hidden units that each step does without.
    pub dropout: f64,
    /// Whether every hidden layer is normalized.
    pub batch_norm: bool,
    /// The share of every target that goes to all classes alike.
    pub smooth: f64,
    /// How far each image is moved, turned and blurred by chance, anew each time.
    pub augment: Augmentation,
    /// Epochs without a better one before training stops; 0: it does not.
    pub patience: usize,
}
// ANCHOR_END: recipe

impl Default for Recipe {
    fn default() -> Self {
        Self {
            epochs: 100,
            batch: 20,
            rate: 0.003,
            hidden: 128,
            more: false,
            l1: 0.0,
            l2: 0.0,
            dropout: 0.0,
            batch_norm: false,
            smooth: 0.0,
            augment: STILL,
            patience: 0,
        }
    }
}

/// Images as they are.
pub const STILL: Augmentation = Augmentation { shift: 0, degrees: 0.0, noise: 0.0 };

/// A network and what became of it.
pub struct Learned {
    /// The trained network.
    pub net: Sequential,
    /// Every epoch.
    pub history: History,
    /// On what it learned from, labels as given.
    pub homework: Evaluation,
    /// On the images to choose by.
    pub judge: Evaluation,
    /// Epochs of training.
    pub epochs: usize,
}

impl Recipe {
    // ANCHOR: build
    /// Two hidden layers, each affine and bent; normalized and thinned if asked for.
    pub fn build(&self, hands: Hands, seed: u64) -> Result<Sequential> {
        let (mut rng, mut chance) = (rng(seed), rng(seed));
        chance.set_stream(3);
        let mut net = Sequential::new(IMAGE.len());
        for inputs in [IMAGE.len(), self.hidden] {
            net =
                net.then(Dense::new(inputs, self.hidden, Init::HeNormal, &mut rng))?;
            if self.batch_norm {
                net = hands.batch_norm(net, self.hidden)?;
            }
            net = net.then(Activate::new(Activation::Relu))?;
            if self.dropout > 0.0 {
                net = hands.dropout(net, self.dropout, &mut chance)?;
            }
        }
        Ok(net.then(Dense::new(self.hidden, 10, Init::XavierNormal, &mut rng))?)
    }
    // ANCHOR_END: build

    /// Trains on the homework. `shown` is judged after each epoch, for a picture.
    pub fn learn(
        &self,
        hands: Hands,
        parts: &Parts,
        shown: Option<&Dataset>,
        seed: u64,
    ) -> Result<Learned> {
        let train = if self.more { &parts.more } else { &parts.homework };
        let epochs = (self.epochs * HOMEWORK / train.len()).max(1);
        let valid = if self.patience > 0 { Some(&parts.watch) } else { shown };
        let mut net = self.build(hands, seed)?;
        let config = Config {
            epochs,
            batch: self.batch,
            seed,
            schedule: Schedule::Cosine { ticks: epochs },
            ..Config::default()
        };
        let task = Task { train, valid, loss: &SoftmaxCrossEntropy };
        // ANCHOR: callbacks
        let mut penalty = hands.penalty(self.l1, self.l2);
        let mut smooth = SmoothLabels(self.smooth);
        let mut augment = Augment::new(IMAGE, self.augment);
        let mut stop = hands.stop(self.patience);
        let mut callbacks: Vec<&mut dyn Callback> = vec![];
        if self.l1 + self.l2 > 0.0 {
            callbacks.push(&mut *penalty);
        }
        if self.smooth > 0.0 {
            callbacks.push(&mut smooth);
        }
        if self.augment != STILL {
            callbacks.push(&mut augment);
        }
        if self.patience > 0 {
            callbacks.push(&mut *stop);
        }
        // ANCHOR_END: callbacks
        let optimizer = &mut Adam::new(self.rate);
        let history = fit(&mut net, optimizer, &task, &config, &mut callbacks)?;
        let homework = evaluate(&mut net, &SoftmaxCrossEntropy, train)?;
        let judge = evaluate(&mut net, &SoftmaxCrossEntropy, &parts.judge)?;
        let epochs = history.epochs.len();
        Ok(Learned { net, history, homework, judge, epochs })
    }
}

/// The share of right answers.
pub fn right(seen: Evaluation) -> f64 {
    seen.accuracy.unwrap_or(f64::NAN)
}
