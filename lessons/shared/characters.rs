//! How the character models of lessons 7 and 8 are built and trained: the same for all,
//! so that they can be compared.

use std::ops::ControlFlow;

use gradbook::data::text::{Bigram, Chunks, Corpus, Unigram};
use gradbook::init::Init;
use gradbook::layer::{Dense, Embedding};
use gradbook::optimizer::{Adam, Optimizer, Schedule};
use gradbook::train::{TextConfig, TextStep, bits_per_character, fit_text};
use gradbook::{Real, Recurrent, Rng, SequenceNetwork, Sequential, ShapeError};

use crate::{Bar, Result};

// ANCHOR: recipe
/// The numbers of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// Numbers for each character that goes in.
    pub width: usize,
    /// Units of the recurrent layer.
    pub hidden: usize,
    /// Steps that gradients go back; the state is carried further.
    pub steps: usize,
    /// Places of the text that are read side by side.
    pub batch: usize,
    /// Adam's learning rate at the start; it falls along half a cosine.
    pub rate: f64,
    /// The length at which the gradient is clipped.
    pub limit: f64,
    /// How often the training part is read.
    pub epochs: usize,
}

/// The character model of lesson 7, a vanilla RNN.
pub const VANILLA: Recipe = Recipe {
    width: 32,
    hidden: 128,
    steps: 32,
    batch: 16,
    rate: 0.005,
    limit: 1.0,
    epochs: 8,
};
// ANCHOR_END: recipe

impl Recipe {
    // ANCHOR: network
    /// A network that reads characters through this layer and answers at each step with
    /// a logit for each character that may come next.
    pub fn network<T: Real>(
        &self,
        characters: usize,
        layer: impl Recurrent<T> + 'static,
        rng: &mut Rng,
    ) -> std::result::Result<SequenceNetwork<T>, ShapeError> {
        let (width, hidden) = (layer.inputs(), layer.hidden());
        let head = Dense::new(hidden, characters, Init::XavierNormal, rng);
        SequenceNetwork::of_tokens(Embedding::new(characters, width, rng))
            .then(layer)?
            .head_each_step(Sequential::new(hidden).then(head)?)
    }
    // ANCHOR_END: network

    /// How many updates all epochs of a text take: one for each chunk, the last and
    /// shorter one of each epoch included.
    pub fn updates(&self, corpus: &Corpus) -> usize {
        // a text that is too short for a chunk is refused by the training itself
        let chunks = Chunks::new(&corpus.train, self.batch, self.steps);
        self.epochs * chunks.map_or(1, |chunks| chunks.len())
    }

    /// How a text is read and for how long.
    pub fn config(&self, corpus: &Corpus) -> TextConfig {
        let updates = self.updates(corpus);
        TextConfig {
            batch: self.batch,
            steps: self.steps,
            updates,
            clip: Some(self.limit),
            schedule: Schedule::Cosine { ticks: updates },
            carry: true,
        }
    }

    /// Trains with Adam, looking at the validation part from time to time.
    ///
    /// # Errors
    ///
    /// When the text is too short for the recipe, or training leaves the finite
    /// numbers.
    pub fn learn<T: Real>(
        &self,
        network: &mut SequenceNetwork<T>,
        corpus: &Corpus,
        bar: &Bar,
    ) -> Result<Curve> {
        let config = self.config(corpus);
        self.learn_with(&mut Adam::new(self.rate), &config, network, corpus, bar)
    }

    /// Trains with another optimizer, or another way to read, and looks at nothing.
    ///
    /// # Errors
    ///
    /// As [`Self::learn`].
    pub fn learn_quietly<T: Real>(
        &self,
        optimizer: &mut dyn Optimizer<T>,
        config: &TextConfig,
        network: &mut SequenceNetwork<T>,
        corpus: &Corpus,
        bar: &Bar,
    ) -> Result {
        let mut watch = |_: &TextStep, _: &mut SequenceNetwork<T>| {
            bar.inc(1);
            ControlFlow::Continue(())
        };
        Ok(fit_text(network, optimizer, &corpus.train, config, &mut watch)?)
    }

    /// The same as [`Self::learn`] with another optimizer, or another way to read.
    ///
    /// # Errors
    ///
    /// As [`Self::learn`].
    pub fn learn_with<T: Real>(
        &self,
        optimizer: &mut dyn Optimizer<T>,
        config: &TextConfig,
        network: &mut SequenceNetwork<T>,
        corpus: &Corpus,
        bar: &Bar,
    ) -> Result<Curve> {
        let mut curve = Curve::default();
        let (mut trouble, mut since) = (None, vec![]);
        let every = config.updates.div_ceil(CHECKS).max(1);
        let mut watch = |step: &TextStep, network: &mut SequenceNetwork<T>| {
            bar.inc(1);
            curve.norms.push(step.gradient_norm);
            since.push(step.bits);
            let due =
                step.update.is_multiple_of(every) || step.update == config.updates;
            if !due {
                return ControlFlow::Continue(());
            }
            let train = since.iter().sum::<f64>() / since.len() as f64;
            since.clear();
            match bits_per_character(network, &corpus.validation) {
                Ok(valid) => {
                    bar.note(&format!("{valid:.3} bits per character"));
                    curve.points.push(Point { update: step.update, train, valid });
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    trouble = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        fit_text(network, optimizer, &corpus.train, config, &mut watch)?;
        match trouble {
            Some(error) => Err(error.into()),
            None => Ok(curve),
        }
    }
}

/// How often the validation part is looked at.
const CHECKS: usize = 20;

/// What a training went through.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    /// From time to time.
    pub points: Vec<Point>,
    /// The gradient's length before clipping, at every update.
    pub norms: Vec<f64>,
}

/// One look at a training.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// After how many updates.
    pub update: usize,
    /// Bits per character of what was read since the last look.
    pub train: f64,
    /// Bits per character on the validation part.
    pub valid: f64,
}

/// What counting alone gets on the held-out part.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Every character equally likely.
    pub uniform: f64,
    /// By how common each character is.
    pub unigram: f64,
    /// By how common each is after the one before it.
    pub bigram: f64,
}

impl Counted {
    /// Counts in the training part, judges on `tokens`.
    pub fn on(corpus: &Corpus, tokens: &[usize]) -> Counted {
        let characters = corpus.vocabulary.len();
        Counted {
            uniform: (characters as f64).log2(),
            unigram: Unigram::fit(&corpus.train, characters).bits_per_character(tokens),
            bigram: Bigram::fit(&corpus.train, characters).bits_per_character(tokens),
        }
    }
}
