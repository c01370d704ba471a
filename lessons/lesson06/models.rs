//! The networks, and how they are trained.

use gradbook::activation::Activation;
use gradbook::data::Dataset;
use gradbook::init::Init;
use gradbook::layer::{Activate, Conv2d, Dense, ImageShape, MaxPool2d, Window};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Adam, Schedule};
use gradbook::train::{Callback, Config, History, Task, evaluate, fit};
use gradbook::{Rng, Sequential, ShapeError, rng};
use lessons::Result;

/// Which network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// One layer: softmax regression.
    Logistic,
    /// One hidden layer of so many units.
    Mlp(usize),
    /// Two convolutions, their filters drawn by this.
    Cnn(Init),
    /// The same, its filters left as they were drawn: only the last layer learns.
    Frozen,
    /// LeNet-5 with today's parts.
    LeNet,
    /// LeNet with its filters left as they were drawn.
    FrozenLeNet,
}

/// The usual network of this lesson.
pub const CNN: Kind = Kind::Cnn(Init::HeNormal);

type Built = std::result::Result<Sequential, ShapeError>;

/// What halves height and width: squares of two by two, side by side.
const HALVE: Window = Window::square(2).stride(2);

/// ReLU as a layer.
pub fn relu() -> Activate {
    Activate::new(Activation::Relu)
}

fn conv(
    frozen: bool,
    input: ImageShape,
    (filters, window): (usize, Window),
    init: Init,
    rng: &mut Rng,
) -> std::result::Result<Conv2d, ShapeError> {
    let layer = Conv2d::new(input, filters, window, init, rng)?;
    Ok(if frozen { layer.frozen() } else { layer })
}

impl Kind {
    /// The network, with weights drawn anew. It puts out logits.
    pub fn build(self, image: ImageShape, classes: usize, rng: &mut Rng) -> Built {
        let pixels = image.len();
        match self {
            Kind::Logistic => {
                let dense = Dense::new(pixels, classes, Init::XavierNormal, rng);
                Sequential::new(pixels).then(dense)
            }
            Kind::Mlp(hidden) => Sequential::new(pixels)
                .then(Dense::new(pixels, hidden, Init::HeNormal, rng))?
                .then(relu())?
                .then(Dense::new(hidden, classes, Init::XavierNormal, rng)),
            Kind::Cnn(init) => cnn(image, classes, init, false, rng),
            Kind::Frozen => cnn(image, classes, Init::HeNormal, true, rng),
            Kind::LeNet => lenet(image, classes, false, rng),
            Kind::FrozenLeNet => lenet(image, classes, true, rng),
        }
    }
}

// ANCHOR: cnn
/// 8 filters of 5 x 5, halved, 16 filters of 3 x 3, halved, then one dense layer.
fn cnn(
    image: ImageShape,
    classes: usize,
    init: Init,
    frozen: bool,
    rng: &mut Rng,
) -> Built {
    let first = conv(frozen, image, (8, Window::square(5).padding(2)), init, rng)?;
    let half = MaxPool2d::new(first.output_shape(), HALVE)?;
    let window = Window::square(3).padding(1);
    let second = conv(frozen, half.output_shape(), (16, window), init, rng)?;
    let quarter = MaxPool2d::new(second.output_shape(), HALVE)?;
    let features = quarter.output_shape().len();
    Sequential::new(image.len())
        .then(first)?
        .then(relu())?
        .then(half)?
        .then(second)?
        .then(relu())?
        .then(quarter)?
        .then(Dense::new(features, classes, Init::XavierNormal, rng))
}
// ANCHOR_END: cnn

// ANCHOR: lenet
/// LeNet-5 (1998), with ReLU and max pooling where it had tanh and averages.
fn lenet(image: ImageShape, classes: usize, frozen: bool, rng: &mut Rng) -> Built {
    let init = Init::HeNormal;
    let first = conv(frozen, image, (6, Window::square(5).padding(2)), init, rng)?;
    let half = MaxPool2d::new(first.output_shape(), HALVE)?;
    let second = conv(frozen, half.output_shape(), (16, Window::square(5)), init, rng)?;
    let quarter = MaxPool2d::new(second.output_shape(), HALVE)?;
    let features = quarter.output_shape().len();
    Sequential::new(image.len())
        .then(first)?
        .then(relu())?
        .then(half)?
        .then(second)?
        .then(relu())?
        .then(quarter)?
        .then(Dense::new(features, 120, init, rng))?
        .then(relu())?
        .then(Dense::new(120, 84, init, rng))?
        .then(relu())?
        .then(Dense::new(84, classes, Init::XavierNormal, rng))
}
// ANCHOR_END: lenet

/// How to train, as the command line says it.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Passes over the training part.
    pub epochs: usize,
    /// Examples in a step.
    pub batch: usize,
    /// The learning rate at the start.
    pub rate: f64,
    /// Units in the hidden layer of the MLP.
    pub hidden: usize,
    /// Where everything random starts.
    pub seed: u64,
}

impl Setup {
    /// The same with another seed.
    pub fn with_seed(self, seed: u64) -> Setup {
        Setup { seed, ..self }
    }

    /// Trains a network of this kind on images of this shape.
    pub fn train(
        self,
        kind: Kind,
        image: ImageShape,
        train: &Dataset,
    ) -> Result<Sequential> {
        let mut net = kind.build(image, train.classes(), &mut rng(self.seed))?;
        self.fit(&mut net, train, &mut [])?;
        Ok(net)
    }

    // ANCHOR: fit
    /// All epochs with Adam, the learning rate falling along half a cosine.
    pub fn fit(
        self,
        net: &mut Sequential,
        train: &Dataset,
        callbacks: &mut [&mut dyn Callback],
    ) -> Result<History> {
        let config = Config {
            epochs: self.epochs,
            batch: self.batch,
            seed: self.seed,
            schedule: Schedule::Cosine { ticks: self.epochs },
            ..Config::default()
        };
        let task = Task { train, valid: None, loss: &SoftmaxCrossEntropy };
        Ok(fit(net, &mut Adam::new(self.rate), &task, &config, callbacks)?)
    }
    // ANCHOR_END: fit
}

/// The share of right answers.
pub fn accuracy(net: &mut Sequential, data: &Dataset) -> Result<f64> {
    let seen = evaluate(net, &SoftmaxCrossEntropy, data)?;
    seen.accuracy.ok_or_else(|| lessons::Error::new("the data has no classes"))
}
