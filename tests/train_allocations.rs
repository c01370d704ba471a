//! A training step allocates nothing once the largest batch has been seen.
//!
//! Alone in its file: it replaces the program's allocator by one that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gradbook::activation::Activation;
use gradbook::data::{Augmentation, Dataset, synthetic};
use gradbook::init::Init;
use gradbook::layer::{
    Activate, AvgPool2d, BatchNorm, Conv2d, Dense, Dropout, Embedding, GlobalAvgPool,
    Gru, ImageShape, Lstm, MaxPool2d, ResidualBlock, Rnn, Window,
};
use gradbook::loss::{Loss, Mse, SoftmaxCrossEntropy};
use gradbook::optimizer::{Adam, Kind, Optimizer, RmsProp, Sgd, clip_norm};
use gradbook::train::{
    Asked, Augment, Callback, ClipNorm, ClipValue, Config, EarlyStop, Penalty,
    ReduceOnPlateau, SmoothLabels, Task, TextConfig, TextStep, Training, fit, fit_text,
    go_on,
};
use gradbook::{
    Input, Matrix, Parameters, Real, SequenceNetwork, Sequences, Sequential, ShapeError,
};

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// Sound: every call is passed on unchanged to the system's allocator.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Notes the counter after every step, in memory that was taken beforehand.
struct Count(Vec<usize>);

impl<T: Real> Callback<T> for Count {
    fn name(&self) -> &'static str {
        "count"
    }

    fn after_step(&mut self, _: &mut Training<'_, T>) -> Asked {
        self.0.push(ALLOCATIONS.load(Relaxed));
        go_on()
    }
}

/// What each step of three epochs of 4 steps (8, 8, 8 and 5 examples) allocated.
fn steps<T: Real>(
    mut network: Sequential<T>,
    optimizer: &mut dyn Optimizer<T>,
    data: &Dataset<T>,
    others: &mut [Box<dyn Callback<T>>],
) -> Vec<usize> {
    let task = Task { train: data, valid: None, loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 3, batch: 8, ..Config::default() };
    let mut count = Count(Vec::with_capacity(12));
    let mut callbacks: Vec<&mut dyn Callback<T>> = vec![&mut count];
    for other in others {
        callbacks.push(&mut **other);
    }
    fit(&mut network, optimizer, &task, &config, &mut callbacks).expect("it trains");
    count.0.windows(2).map(|two| two[1] - two[0]).collect()
}

/// Two inputs, 13 units, two classes.
fn moons<T: Real>() -> (Sequential<T>, Dataset<T>) {
    let data = synthetic::moons::<T>(29, 0.1, &mut gradbook::rng(1));
    let mut rng = gradbook::rng(2);
    let network = Sequential::new(2)
        .then(Dense::new(2, 13, Init::HeNormal, &mut rng))
        .and_then(|net| net.then(Activate::new(Activation::Tanh)))
        .and_then(|net| net.then(Dense::new(13, 2, Init::XavierNormal, &mut rng)))
        .expect("the shapes fit");
    (network, data)
}

/// Everything that keeps a network from learning by heart, on images of 3 x 3.
fn regularized<T: Real>() -> Result<(Sequential<T>, Dataset<T>), ShapeError> {
    let (rng, image) = (&mut gradbook::rng(3), ImageShape::new(3, 3, 2));
    let network = Sequential::new(image.len())
        .then(BatchNorm::of_image(image))?
        .then(Dropout::new(0.2, rng)?)?
        .then(Dense::new(image.len(), 7, Init::HeNormal, rng))?
        .then(BatchNorm::new(7))?
        .then(Activate::new(Activation::Relu))?
        .then(Dropout::new(0.5, rng)?)?
        .then(Dense::new(7, 2, Init::XavierNormal, rng))?;
    let moons = synthetic::moons::<T>(29, 0.1, rng);
    let pixel = |i: usize, n: usize| T::of((i * n) as f64).sin();
    Ok((network, Dataset { inputs: Matrix::from_fn(image.len(), 29, pixel), ..moons }))
}

/// Random images through every layer for images.
fn images<T: Real>() -> Result<(Sequential<T>, Dataset<T>), ShapeError> {
    let (rng, init) = (&mut gradbook::rng(3), Init::HeNormal);
    let image = ImageShape::new(9, 8, 1);
    let conv = Conv2d::new(image, 3, Window::square(5).padding(2), init, rng)?;
    let most = MaxPool2d::new(conv.output_shape(), Window::tiles(2))?;
    let block = ResidualBlock::new(most.output_shape(), 5, 2, init, rng)?;
    let mean = AvgPool2d::new(block.output_shape(), Window::tiles(2))?;
    let global = GlobalAvgPool::new(mean.output_shape());
    let network = Sequential::new(image.len())
        .then(conv)?
        .then(Activate::new(Activation::Relu))?
        .then(most)?
        .then(block)?
        .then(mean)?
        .then(global)?
        .then(Dense::new(5, 2, Init::XavierNormal, rng))?;
    let moons = synthetic::moons::<T>(29, 0.1, rng);
    let pixel = |i: usize, n: usize| T::of((i * n) as f64).sin();
    Ok((network, Dataset { inputs: Matrix::from_fn(image.len(), 29, pixel), ..moons }))
}

fn allocates_nothing<T: Real>(
    (network, data): (Sequential<T>, Dataset<T>),
    optimizer: &mut dyn Optimizer<T>,
) {
    allocates_nothing_with((network, data), optimizer, &mut []);
}

fn allocates_nothing_with<T: Real>(
    (network, data): (Sequential<T>, Dataset<T>),
    optimizer: &mut dyn Optimizer<T>,
    callbacks: &mut [Box<dyn Callback<T>>],
) {
    let name = format!("{:?}, {}", network.layer_names(), optimizer.name());
    let all = steps(network, optimizer, &data, callbacks);
    assert_eq!(all.len(), 11);
    for (index, seen) in all.into_iter().enumerate() {
        // A step that opens an epoch comes after the line in the history.
        let opens = (index + 1) % 4 == 0;
        let allowed = usize::from(opens);
        assert!(seen <= allowed, "{name}: step {} allocated {seen} times", index + 2);
    }
}

/// Embedding, all three kinds of recurrent layers, a head at each step; clipped.
fn characters<T: Real>() -> Result<SequenceNetwork<T>, ShapeError> {
    let rng = &mut gradbook::rng(4);
    let head = Dense::new(7, 5, Init::XavierNormal, rng);
    SequenceNetwork::of_tokens(Embedding::new(5, 3, rng))
        .then(Rnn::new(3, 6, rng))?
        .then(Lstm::new(6, 11, rng))?
        .then(Gru::new(11, 7, rng))?
        .head_each_step(Sequential::new(7).then(head)?)
}

/// What each update of a character model allocated. A pass through the text has three
/// chunks of 4, 4 and 3 steps of 3 examples.
fn updates<T: Real>(optimizer: &mut dyn Optimizer<T>) -> Vec<usize> {
    let text: Vec<usize> = (0..34).map(|k| k * k % 5).collect();
    let config = TextConfig { batch: 3, steps: 4, updates: 9, ..TextConfig::default() };
    let mut counts = Vec::with_capacity(config.updates);
    let mut watch = |_: &TextStep, _: &mut SequenceNetwork<T>| {
        counts.push(ALLOCATIONS.load(Relaxed));
        ControlFlow::Continue(())
    };
    let mut network = characters().expect("the shapes fit");
    fit_text(&mut network, optimizer, &text, &config, &mut watch).expect("it trains");
    counts.windows(2).map(|two| two[1] - two[0]).collect()
}

/// Examples of unequal length, read to their ends.
fn unequal<T: Real>() -> Vec<usize> {
    let rng = &mut gradbook::rng(5);
    let head = Sequential::new(5).then(Dense::new(5, 1, Init::XavierNormal, rng));
    let mut network = SequenceNetwork::<T>::of_numbers(2)
        .then(Lstm::new(2, 4, rng))
        .and_then(|network| network.then(Gru::new(4, 5, rng)))
        .and_then(|network| network.head_last_step(head?))
        .expect("the shapes fit");
    let batches =
        [Sequences::of_lengths(&[4, 2, 3]), Sequences::of_lengths(&[1, 2, 4])];
    let x = Matrix::from_fn(2, 12, |i, c| T::of((i + 2 * c) as f64).sin());
    let (y, mut grad) = (Matrix::zeros(1, 3), Matrix::zeros(0, 0));
    let (mut state, mut adam) = (network.state(3), Adam::new(0.01));
    let mut counts = Vec::with_capacity(6);
    for step in 0..6 {
        let (sequences, input) = (&batches[step % 2], Input::Numbers(&x));
        state.clear();
        network.zero_grad();
        let answer = network.forward(input, sequences, &mut state);
        let answer = answer.expect("the shapes fit");
        Mse.gradient(answer, &y, &mut grad).expect("the shapes fit");
        network.backward(input, sequences, &grad).expect("the shapes fit");
        clip_norm(&mut network, T::one()).expect("finite");
        adam.step(&mut network);
        counts.push(ALLOCATIONS.load(Relaxed));
    }
    // the second batch may have more live columns than the first
    counts.windows(2).skip(1).map(|two| two[1] - two[0]).collect()
}

fn sequences_allocate_nothing() {
    assert_eq!(updates::<f32>(&mut Adam::new(0.01)), [0; 8]);
    assert_eq!(updates::<f64>(&mut Sgd::new(0.1)), [0; 8]);
    assert_eq!(unequal::<f32>(), [0; 4]);
    assert_eq!(unequal::<f64>(), [0; 4]);
}

/// One test, so that nothing else allocates meanwhile.
#[test]
fn a_step_allocates_nothing() {
    sequences_allocate_nothing();
    allocates_nothing::<f64>(moons(), &mut Adam::new(0.01));
    for kind in Kind::ALL {
        let callbacks: &mut [Box<dyn Callback>] = &mut [
            Box::new(ClipNorm(0.01)),
            Box::new(ClipValue(0.001)),
            Box::new(ReduceOnPlateau::new(0.5, 0)),
            Box::new(EarlyStop::after(9)),
        ];
        allocates_nothing_with(moons(), &mut *kind.build(0.01), callbacks);
    }
    let momentum = &mut RmsProp::new(0.01).with_momentum(0.9);
    allocates_nothing::<f32>(moons(), momentum);
    let fit = "the shapes fit";
    allocates_nothing::<f32>(images().expect(fit), &mut Sgd::new(0.1));
    allocates_nothing::<f64>(images().expect(fit), &mut Adam::new(0.01));
    let by = Augmentation { shift: 1, degrees: 10.0, noise: 0.1 };
    let augment = Augment::<f32>::new(ImageShape::new(3, 3, 2), by);
    let penalty = Penalty::both(0.01, 0.1);
    allocates_nothing_with::<f32>(
        regularized().expect(fit),
        &mut Adam::new(0.01),
        &mut [Box::new(augment), Box::new(SmoothLabels(0.1)), Box::new(penalty)],
    );
}
