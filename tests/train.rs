//! Training: the loop, its callbacks, its checkpoints and what it says when it fails.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use gradbook::activation::Activation;
use gradbook::data::{Dataset, synthetic};
use gradbook::init::Init;
use gradbook::layer::{Activate, BatchNorm, Dense, Dropout, Rnn};
use gradbook::loss::{Loss, Mse, SoftmaxCrossEntropy};
use gradbook::optimizer::{Adam, Optimizer, Schedule, Sgd};
use gradbook::train::{
    Asked, Callback, Checkpoint, Config, EarlyStop, History, Pace, Progress, Task,
    TrainError, Training, Watch, confusion, evaluate, fit, go_on, load_weights,
    predict, resume, save_weights, stop,
};
use gradbook::{
    Input, Matrix, Parameters, Phase, Real, SequenceNetwork, Sequences, Sequential,
};

#[path = "train/rates.rs"]
mod rates;

fn network<T: Real>(hidden: usize) -> Sequential<T> {
    let mut rng = gradbook::rng(3);
    Sequential::new(2)
        .then(Dense::new(2, hidden, Init::HeNormal, &mut rng))
        .and_then(|net| net.then(Activate::new(Activation::Relu)))
        .and_then(|net| net.then(Dense::new(hidden, 2, Init::XavierNormal, &mut rng)))
        .expect("the shapes fit")
}

fn moons<T: Real>(count: usize, seed: u64) -> Dataset<T> {
    synthetic::moons(count, 0.1, &mut gradbook::rng(seed))
}

fn weights<T: Real>(model: &mut Sequential<T>) -> Vec<T> {
    let mut all = Vec::new();
    model.parameters(&mut |_, p| all.extend_from_slice(p.value.as_slice()));
    all
}

/// A folder of this test's own, empty at the start.
fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("train").join(test);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("the target folder can be written");
    path
}

/// Names of the files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it was made");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("readable").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// Ends training after this many steps in all, and asks for a checkpoint there.
struct Interrupt {
    after: usize,
    path: PathBuf,
    seen: usize,
}

impl Interrupt {
    fn new(after: usize, path: &Path) -> Self {
        Self { after, path: path.to_path_buf(), seen: 0 }
    }
}

impl<T: Real> Callback<T> for Interrupt {
    fn name(&self) -> &'static str {
        "interrupt"
    }

    fn after_step(&mut self, at: &mut Training<'_, T>) -> Asked {
        self.seen += 1;
        if self.seen != self.after {
            return go_on();
        }
        at.save(&self.path);
        stop()
    }
}

#[test]
fn a_network_learns_the_moons() {
    let (train, valid) = (moons::<f32>(200, 1), moons(100, 2));
    let mut net = network(16);
    let task = Task { train: &train, valid: Some(&valid), loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 40, batch: 20, ..Config::default() };
    let history = fit(&mut net, &mut Adam::new(0.01), &task, &config, &mut []).unwrap();
    assert_eq!(history.epochs.len(), 40);
    let (first, last) = (history.epochs[0], *history.last().unwrap());
    assert!(last.train.loss < 0.3 * first.train.loss, "{last:?}");
    assert!(last.valid.unwrap().accuracy.unwrap() >= 0.93, "{last:?}");
    let seen = evaluate(&mut net, &SoftmaxCrossEntropy, &valid).unwrap();
    assert_eq!(Some(seen), last.valid);
    let table = confusion(&mut net, &valid).unwrap();
    assert_eq!(Some(table.accuracy()), seen.accuracy);
    assert_eq!(table.total(), 100);
}

#[test]
fn the_same_seed_gives_the_same_weights_and_another_seed_others() {
    let train = moons::<f32>(50, 1);
    let run = |seed| {
        let mut net = network(5);
        let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
        let config = Config { epochs: 2, batch: 7, seed, ..Config::default() };
        fit(&mut net, &mut Adam::new(0.01), &task, &config, &mut []).unwrap();
        weights(&mut net)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

/// The history's training loss is the mean over examples: with a rate of 0 the weights
/// stay, so it must equal the evaluation, whatever the last batch's size.
#[test]
fn the_loss_of_an_epoch_counts_every_example_once() {
    let train = moons::<f64>(23, 1);
    let mut net = network(5);
    let task = Task { train: &train, valid: Some(&train), loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 1, batch: 5, ..Config::default() };
    let history = fit(&mut net, &mut Sgd::new(0.0), &task, &config, &mut []).unwrap();
    let epoch = history.last().unwrap();
    assert!((epoch.train.loss - epoch.valid.unwrap().loss).abs() < 1e-12);
    assert_eq!(epoch.train.accuracy, epoch.valid.unwrap().accuracy);
}

#[test]
fn evaluation_and_prediction_in_pieces_equal_the_whole() {
    for count in [1, 255, 256, 257, 600] {
        let (data, mut net) = (moons::<f64>(count, 4), network(5));
        let whole = net.forward(&data.inputs, Phase::Infer).unwrap().clone();
        assert_eq!(predict(&mut net, &data.inputs).unwrap(), whole);
        let loss = SoftmaxCrossEntropy.value(&whole, &data.targets).unwrap();
        let seen = evaluate(&mut net, &SoftmaxCrossEntropy, &data).unwrap();
        assert!((seen.loss - loss).abs() < 1e-12, "{count}");
    }
    let none = predict(&mut network::<f64>(5), &Matrix::zeros(2, 0)).unwrap();
    assert_eq!(none.shape(), (2, 0));
}

#[test]
fn values_have_no_accuracy() {
    let line = synthetic::line::<f64>(40, 2.0, 0.5, 0.0, &mut gradbook::rng(1));
    let dense = Dense::new(1, 1, Init::Zeros, &mut gradbook::rng(1));
    let mut net = Sequential::new(1).then(dense).unwrap();
    let task = Task { train: &line, valid: None, loss: &Mse };
    let config = Config { epochs: 200, batch: 8, ..Config::default() };
    let history = fit(&mut net, &mut Sgd::new(0.1), &task, &config, &mut []).unwrap();
    let last = history.last().unwrap().train;
    assert_eq!(last.accuracy, None);
    assert!(last.loss < 1e-8);
    let fitted = weights(&mut net);
    assert!((fitted[0] - 2.0).abs() < 1e-3 && (fitted[1] - 0.5).abs() < 1e-3);
}

#[test]
fn the_schedule_sets_the_rate_of_each_epoch() {
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let schedule = Schedule::Step { every: 2, factor: 0.5 };
    let config = Config { epochs: 5, schedule, ..Config::default() };
    let history =
        fit(&mut network(3), &mut Sgd::new(0.8), &task, &config, &mut []).unwrap();
    let rates: Vec<f64> = history.epochs.iter().map(|epoch| epoch.rate).collect();
    assert_eq!(rates, [0.8, 0.8, 0.4, 0.4, 0.2]);
}

// ---- callbacks

#[test]
fn early_stop_ends_training_and_is_named() {
    // Validation on shuffled labels cannot become better for long.
    let (train, mut valid) = (moons::<f32>(60, 1), moons(60, 2));
    valid.labels.reverse();
    valid =
        Dataset::with_classes(valid.inputs, valid.labels, valid.class_names).unwrap();
    let task = Task { train: &train, valid: Some(&valid), loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 500, ..Config::default() };
    let mut early = EarlyStop::after(3);
    let history =
        fit(&mut network(8), &mut Adam::new(0.01), &task, &config, &mut [&mut early])
            .unwrap();
    assert_eq!(history.stopped_by, Some("early stop"));
    let best = history.best().unwrap().number;
    assert_eq!(history.epochs.len(), best + 3);
}

/// The callbacks that are still to come need no other loop: augmentation, clipping, a
/// learning-rate finder and a rate that falls on a plateau.
#[test]
fn callbacks_reach_all_that_later_ones_need() {
    struct Probe {
        seen: Vec<&'static str>,
    }
    impl Callback<f64> for Probe {
        fn name(&self) -> &'static str {
            "probe"
        }
        fn before_step(
            &mut self,
            at: &mut Training<'_, f64>,
        ) -> Result<(), TrainError> {
            self.seen.push("batch");
            at.batch.inputs.fill(0.0); // augmentation changes the examples
            at.optimizer.set_learning_rate(0.5); // a finder sets this step's rate
            Ok(())
        }
        fn before_update(
            &mut self,
            at: &mut Training<'_, f64>,
        ) -> Result<(), TrainError> {
            self.seen.push("gradients");
            at.model.parameters(&mut |name, p| {
                // The inputs are 0, so the first layer's weights have no gradient.
                assert_eq!(name == "0.weight", p.grad.amax() == 0.0, "{name}");
                p.grad.fill(0.0); // clipping changes gradients, here down to nothing
            });
            Ok(())
        }
        fn after_step(&mut self, at: &mut Training<'_, f64>) -> Asked {
            self.seen.push("step");
            assert!(at.loss.is_finite());
            go_on()
        }
        fn after_epoch(&mut self, at: &mut Training<'_, f64>) -> Asked {
            self.seen.push("epoch");
            at.position.first_rate *= 0.1; // a plateau lowers the schedule's start
            go_on()
        }
    }
    let mut train = moons::<f64>(4, 1);
    train.targets.fill(0.0);
    train.targets.row_mut(0).fill(1.0);
    let mut net = network(3);
    net.parameters(&mut |name, p| {
        if name == "0.bias" {
            p.value.fill(1.0); // every ReLU is on, also for inputs of 0
        }
    });
    let before = weights(&mut net);
    let mut probe = Probe { seen: Vec::new() };
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 1, batch: 2, ..Config::default() };
    let mut sgd = Sgd::new(0.1);
    let callbacks: &mut [&mut dyn Callback<f64>] = &mut [&mut probe];
    let history = fit(&mut net, &mut sgd, &task, &config, callbacks).unwrap();
    let one = ["batch", "gradients", "step"];
    assert_eq!(probe.seen, [&one[..], &one, &["epoch"]].concat());
    assert_eq!(weights(&mut net), before);
    assert_eq!(history.last().unwrap().rate, 0.5);
}

#[test]
fn progress_sees_every_epoch_and_all_callbacks_are_told_before_a_stop() {
    let train = moons::<f32>(20, 1);
    let mut seen = Vec::new();
    let mut progress = Progress(|at: &mut Training<'_, f32>| {
        seen.push(at.position.history.last().map(|epoch| epoch.number));
    });
    struct StopAtTwo;
    impl<T: Real> Callback<T> for StopAtTwo {
        fn name(&self) -> &'static str {
            "stop at two"
        }
        fn after_epoch(&mut self, at: &mut Training<'_, T>) -> Asked {
            match at.position.epochs {
                2 => Ok(ControlFlow::Break(())),
                _ => Ok(ControlFlow::Continue(())),
            }
        }
    }
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut StopAtTwo, &mut progress];
    let history =
        fit(&mut network(3), &mut Sgd::new(0.1), &task, &Config::default(), callbacks)
            .unwrap();
    assert_eq!(history.stopped_by, Some("stop at two"));
    assert_eq!(seen, [Some(1), Some(2)]);
}

#[test]
fn a_failing_callback_ends_training_with_its_reason() {
    struct Fails;
    impl<T: Real> Callback<T> for Fails {
        fn name(&self) -> &'static str {
            "fails"
        }
        fn after_step(&mut self, _: &mut Training<'_, T>) -> Asked {
            Err(TrainError::Callback { name: "fails", source: "no paper".into() })
        }
    }
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let (mut sgd, config) = (Sgd::new(0.1), Config::default());
    let error =
        fit(&mut network(3), &mut sgd, &task, &config, &mut [&mut Fails]).unwrap_err();
    assert_eq!(error.to_string(), "fails: no paper");
}

// ---- checkpoints

type Made<T> = (Vec<T>, History, Vec<u8>);

/// Trains 3 epochs of 4 steps (the last ragged), stopping after `cut` steps to go on
/// with a fresh network and optimizer, and returns all there is to compare.
fn train_cut<T: Real>(
    at: &Path,
    optimizer: &dyn Fn() -> Box<dyn Optimizer<T>>,
    shuffle: bool,
    cut: Option<usize>,
) -> Made<T> {
    let (train, valid) = (moons::<T>(23, 1), moons(11, 2));
    let task = Task { train: &train, valid: Some(&valid), loss: &SoftmaxCrossEntropy };
    let schedule = Schedule::Cosine { ticks: 4 };
    let config =
        Config { epochs: 3, batch: 6, seed: 5, shuffle, schedule, pace: Pace::Epoch };
    let (middle, end) = (at.join("middle.safetensors"), at.join("end.safetensors"));
    if let Some(cut) = cut {
        let (mut net, mut optimizer) = (network(5), optimizer());
        let mut early = EarlyStop::after(9);
        let mut interrupt = Interrupt::new(cut, &middle);
        let callbacks: &mut [&mut dyn Callback<T>] = &mut [&mut early, &mut interrupt];
        let history =
            fit(&mut net, &mut *optimizer, &task, &config, callbacks).unwrap();
        assert_eq!(history.stopped_by, Some("interrupt"));
    }
    let (mut net, mut optimizer) = (network(5), optimizer());
    let mut early = EarlyStop::after(9);
    let mut last = Checkpoint::every_epochs(3, &end);
    // another order than before: a callback's memory is found by its name
    let callbacks: &mut [&mut dyn Callback<T>] = &mut [&mut last, &mut early];
    let (net_, opt) = (&mut net, &mut *optimizer);
    let history = match cut {
        Some(_) => {
            weights(net_).iter_mut().for_each(|w| *w = T::zero());
            resume(&middle, net_, opt, &task, &config, callbacks).unwrap()
        }
        None => fit(net_, opt, &task, &config, callbacks).unwrap(),
    };
    (weights(&mut net), history, std::fs::read(end).unwrap())
}

fn resumed_equals_straight<T: Real>(
    name: &str,
    optimizer: &dyn Fn() -> Box<dyn Optimizer<T>>,
) {
    let at = folder(name);
    for shuffle in [true, false] {
        let straight = train_cut(&at, optimizer, shuffle, None);
        assert_eq!(straight.1.epochs.len(), 3);
        for cut in 1..12 {
            let resumed = train_cut(&at, optimizer, shuffle, Some(cut));
            assert_eq!(resumed.0, straight.0, "{name}, weights after a cut at {cut}");
            assert_eq!(resumed.1, straight.1, "{name}, history after a cut at {cut}");
            // The last file holds optimizer, generator and callbacks too, byte by byte.
            assert_eq!(resumed.2, straight.2, "{name}, file after a cut at {cut}");
        }
    }
}

#[test]
fn resumed_training_equals_straight_training_bit_for_bit() {
    resumed_equals_straight::<f32>("adam32", &|| Box::new(Adam::new(0.01)));
    resumed_equals_straight::<f64>("adam64", &|| Box::new(Adam::new(0.01)));
    resumed_equals_straight::<f32>("momentum", &|| {
        Box::new(Sgd::new(0.1).with_momentum(0.9))
    });
    resumed_equals_straight::<f32>("plain", &|| Box::new(Sgd::new(0.1)));
}

#[test]
fn early_stop_remembers_across_an_interruption() {
    let (train, mut valid) = (moons::<f32>(60, 1), moons(60, 2));
    valid.labels.reverse();
    valid =
        Dataset::with_classes(valid.inputs, valid.labels, valid.class_names).unwrap();
    let task = Task { train: &train, valid: Some(&valid), loss: &SoftmaxCrossEntropy };
    let path = folder("early").join("last.safetensors");
    let run = |epochs, again: bool| {
        let config = Config { epochs, ..Config::default() };
        let (mut net, mut adam) = (network(8), Adam::new(0.01));
        let (mut early, mut best) =
            (EarlyStop::after(4), Checkpoint::every_epochs(1, &path));
        let callbacks: &mut [&mut dyn Callback] = &mut [&mut early, &mut best];
        match again {
            true => resume(&path, &mut net, &mut adam, &task, &config, callbacks),
            false => fit(&mut net, &mut adam, &task, &config, callbacks),
        }
        .unwrap()
    };
    let straight = run(500, false);
    let half = straight.epochs.len() - 2; // two of the four epochs have been waited
    run(half, false);
    assert_eq!(run(500, true), straight);
}

#[test]
fn the_best_checkpoint_is_the_best_epoch() {
    let path = folder("best").join("best.safetensors");
    let (train, valid) = (moons::<f32>(60, 1), moons(60, 2));
    let task = Task { train: &train, valid: Some(&valid), loss: &SoftmaxCrossEntropy };
    // A rate so large that the loss jumps about.
    let (mut sgd, config) = (Sgd::new(3.0), Config { epochs: 15, ..Config::default() });
    let mut net = network(8);
    let mut best = Checkpoint::best(&path);
    let history = fit(&mut net, &mut sgd, &task, &config, &mut [&mut best]).unwrap();
    let epoch = *history.best().unwrap();
    assert_ne!(epoch.number, 15, "the last epoch must not be the best for this test");
    load_weights(&mut net, &path).unwrap();
    let seen = evaluate(&mut net, &SoftmaxCrossEntropy, &valid).unwrap();
    assert_eq!(Some(seen), epoch.valid);

    let mut best = Checkpoint::best_by(Watch::Accuracy, &path);
    let history =
        fit(&mut network(8), &mut Sgd::new(3.0), &task, &config, &mut [&mut best])
            .unwrap();
    load_weights(&mut net, &path).unwrap();
    let seen = evaluate(&mut net, &SoftmaxCrossEntropy, &valid).unwrap();
    let accuracies = history.epochs.iter().map(|e| e.judge().accuracy.unwrap());
    assert_eq!(seen.accuracy, accuracies.reduce(f64::max));
}

#[test]
fn weights_come_back_as_they_were_and_no_other_file_stays() {
    let at = folder("weights");
    let path = at.join("model.safetensors");
    let mut net = network::<f32>(7);
    std::fs::write(&path, "an older file").unwrap();
    save_weights(&mut net, &path).unwrap();
    assert_eq!(files(&at), ["model.safetensors"]);
    let mut other = network::<f32>(7);
    other.parameters(&mut |_, p| p.value.fill(9.0));
    load_weights(&mut other, &path).unwrap();
    assert_eq!(weights(&mut other), weights(&mut net));
}

#[test]
fn a_file_that_cannot_be_written_leaves_the_old_one() {
    let at = folder("unwritable");
    let path = at.join("no such folder").join("model.safetensors");
    let error = save_weights(&mut network::<f32>(7), &path).unwrap_err().to_string();
    assert!(error.contains("model.safetensors: cannot be written: "), "{error}");
    assert!(save_weights(&mut network::<f32>(7), Path::new("/")).is_err());
    // A folder of the file's name cannot be replaced; nothing half-written stays.
    std::fs::create_dir(at.join("taken")).unwrap();
    assert!(save_weights(&mut network::<f32>(7), &at.join("taken")).is_err());
    assert_eq!(files(&at), ["taken"]);
}

/// Three hidden units, written by PyTorch: `tests/train/pytorch.py` made the file.
#[test]
fn a_file_from_pytorch_gives_its_predictions() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/train/pytorch.safetensors");
    let mut net = network::<f32>(3);
    load_weights(&mut net, &path).unwrap();
    let inputs = Matrix::from_column_slice(2, 3, &[0.5, -1.0, 2.0, 0.25, -0.75, 1.5]);
    let seen = predict(&mut net, &inputs).unwrap();
    let expected: [f32; 6] =
        serde_json::from_str(include_str!("train/pytorch_outputs.json")).unwrap();
    for (seen, expected) in seen.iter().zip(expected) {
        assert!((seen - expected).abs() <= 1e-6, "{seen} {expected}");
    }
}

/// 2-3-2 with batch norm: PyTorch's `Sequential(Linear, BatchNorm1d, ReLU, Linear)`.
fn normalized<T: Real>() -> Sequential<T> {
    let mut rng = gradbook::rng(3);
    Sequential::new(2)
        .then(Dense::new(2, 3, Init::HeNormal, &mut rng))
        .and_then(|net| net.then(BatchNorm::new(3)))
        .and_then(|net| net.then(Activate::new(Activation::Relu)))
        .and_then(|net| net.then(Dense::new(3, 2, Init::XavierNormal, &mut rng)))
        .expect("the shapes fit")
}

/// What a file of weights holds: parameters and buffers.
fn all_weights<T: Real>(model: &mut dyn Parameters<T>) -> Vec<T> {
    let mut all = Vec::new();
    model.parameters(&mut |_, p| all.extend_from_slice(p.value.as_slice()));
    model.buffers(&mut |_, buffer| all.extend_from_slice(buffer.as_slice()));
    all
}

/// Running statistics of three batches, written by PyTorch.
#[test]
fn a_file_from_pytorch_with_batch_norm_gives_its_predictions() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/train/pytorch_batch_norm.safetensors");
    let mut net = normalized::<f32>();
    load_weights(&mut net, &path).unwrap();
    let inputs = Matrix::from_column_slice(2, 3, &[0.5, -1.0, 2.0, 0.25, -0.75, 1.5]);
    let seen = predict(&mut net, &inputs).unwrap();
    let expected: [f32; 6] =
        serde_json::from_str(include_str!("train/pytorch_batch_norm_outputs.json"))
            .unwrap();
    for (seen, expected) in seen.iter().zip(expected) {
        assert!((seen - expected).abs() <= 1e-6, "{seen} {expected}");
    }
    let mut counted = 0.0;
    net.buffers(&mut |name, buffer| {
        if name == "1.num_batches_tracked" {
            counted = buffer[0];
        }
    });
    assert_eq!(counted, 3.0);
}

/// `load_state_dict` of PyTorch compares names and shapes one by one.
#[test]
fn a_file_with_batch_norm_has_the_names_shapes_and_types_of_pytorch() {
    let at = folder("batch norm");
    let ours = at.join("model.safetensors");
    let theirs = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/train/pytorch_batch_norm.safetensors");
    let mut net = normalized::<f32>();
    net.forward(&moons(23, 1).inputs, Phase::Train).unwrap();
    save_weights(&mut net, &ours).unwrap();
    let header = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let mut all: Vec<_> = file
            .iter()
            .map(|(name, view)| (name.to_string(), view.dtype(), view.shape().to_vec()))
            .collect();
        all.sort();
        all
    };
    assert_eq!(header(&ours), header(&theirs));
    let mut other = normalized::<f32>();
    load_weights(&mut other, &ours).unwrap();
    assert_eq!(all_weights(&mut other), all_weights(&mut net));
    assert_ne!(all_weights(&mut other), all_weights(&mut normalized::<f32>()));
}

/// A head's batch norm stands in the file too, under the head's name.
#[test]
fn a_sequence_network_keeps_the_buffers_of_its_head() {
    let path = folder("head").join("model.safetensors");
    let make = || {
        let mut rng = gradbook::rng(3);
        SequenceNetwork::<f64>::of_numbers(2)
            .then(Rnn::new(2, 2, &mut rng))
            .and_then(|net| net.head_each_step(normalized()))
            .expect("the shapes fit")
    };
    let (mut net, sequences) = (make(), Sequences::equal(3, 2));
    let x = Matrix::from_fn(2, 6, |i, j| (i + 3 * j) as f64 / 7.0);
    let mut state = net.state(2);
    net.forward(Input::Numbers(&x), &sequences, &mut state).unwrap();
    save_weights(&mut net, &path).unwrap();
    let mut other = make();
    assert_ne!(all_weights(&mut other), all_weights(&mut net));
    load_weights(&mut other, &path).unwrap();
    assert_eq!(all_weights(&mut other), all_weights(&mut net));
    let mut names = Vec::new();
    net.buffers(&mut |name, _| names.push(name.to_string()));
    assert_eq!(names[0], "head.1.running_mean");
    // a network without batch norm has no place for them, and nothing changes
    let mut plain = network::<f64>(3);
    let before = weights(&mut plain);
    let error = load_weights(&mut plain, &path).unwrap_err().to_string();
    assert!(error.contains("no tensor 0.weight"), "{error}");
    assert_eq!(weights(&mut plain), before);
}

/// Two dropouts: each finds its own place again, and a network with another number of
/// them is another network.
#[test]
fn a_checkpoint_keeps_every_generator() {
    let at = folder("generators");
    let (middle, end) = (at.join("middle.safetensors"), at.join("end.safetensors"));
    let train = moons::<f64>(23, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 3, batch: 6, ..Config::default() };
    let make = |rates: &[f64]| {
        let rng = &mut gradbook::rng(9);
        let mut net = normalized::<f64>();
        for &rate in rates {
            net = net.then(Dropout::new(rate, rng).unwrap()).unwrap();
        }
        net
    };
    let run = |cut: Option<usize>| {
        if let Some(cut) = cut {
            let mut interrupt = Interrupt::new(cut, &middle);
            let (mut net, mut adam) = (make(&[0.2, 0.5]), Adam::new(0.01));
            fit(&mut net, &mut adam, &task, &config, &mut [&mut interrupt]).unwrap();
        }
        let (mut net, mut adam) = (make(&[0.2, 0.5]), Adam::new(0.01));
        let mut last = Checkpoint::every_epochs(3, &end);
        let callbacks: &mut [&mut dyn Callback<f64>] = &mut [&mut last];
        match cut {
            Some(_) => resume(&middle, &mut net, &mut adam, &task, &config, callbacks),
            None => fit(&mut net, &mut adam, &task, &config, callbacks),
        }
        .unwrap();
        (all_weights(&mut net), std::fs::read(&end).unwrap())
    };
    let straight = run(None);
    for cut in [1, 6] {
        assert!(run(Some(cut)) == straight, "a cut at {cut}");
    }
    for (rates, count) in [(&[0.2][..], 1), (&[0.2, 0.5, 0.1], 3)] {
        let mut net = make(rates);
        let before = all_weights(&mut net);
        let adam = &mut Adam::new(0.01);
        let error = resume(&end, &mut net, adam, &task, &config, &mut []).unwrap_err();
        let expected = format!("was written with generators 2, now it is {count}");
        assert!(error.to_string().ends_with(&expected), "{error}");
        assert_eq!(all_weights(&mut net), before);
    }
}

/// The old weights must survive every refusal.
fn refused(file: &Path, hidden: usize, expected: &str) {
    let mut net = network::<f32>(hidden);
    let before = weights(&mut net);
    let error = load_weights(&mut net, file).unwrap_err().to_string();
    assert!(error.starts_with(&file.display().to_string()), "{error}");
    assert!(error.contains(expected), "{error}");
    assert!(!error.contains('\n'), "{error}");
    assert_eq!(weights(&mut net), before);
}

#[test]
fn files_that_do_not_fit_are_refused_with_one_line() {
    let at = folder("refused");
    let path = at.join("model.safetensors");
    save_weights(&mut network::<f32>(7), &path).unwrap();
    refused(&path, 8, "0.weight is 7 x 2, expected 8 x 2");

    save_weights(&mut network::<f64>(7), &path).unwrap();
    refused(&path, 7, "0.weight is F64, expected F32");

    let dense = Dense::<f32>::new(2, 7, Init::HeNormal, &mut gradbook::rng(1));
    let mut small = Sequential::new(2).then(dense).unwrap();
    save_weights(&mut small, &path).unwrap();
    refused(&path, 7, "no tensor 2.weight; there is: 0.bias, 0.weight");

    let dense = Dense::<f32>::new(2, 2, Init::HeNormal, &mut gradbook::rng(1));
    let mut large = network::<f32>(7).then(dense).unwrap();
    save_weights(&mut large, &path).unwrap();
    refused(&path, 7, "holds 3.bias, which this network does not have");

    refused(&at.join("nothing"), 7, "cannot be read");
    let whole = std::fs::read(&path).unwrap();
    for length in [0, 7, 8, 40, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        refused(&path, 7, "not a whole safetensors file");
    }
    let mut longer = whole.clone();
    longer.push(0);
    std::fs::write(&path, &longer).unwrap();
    refused(&path, 7, "not a whole safetensors file");
    let mut huge = whole;
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    std::fs::write(&path, &huge).unwrap();
    refused(&path, 7, "not a whole safetensors file");
}

#[test]
fn a_checkpoint_that_does_not_fit_is_refused() {
    let at = folder("misfit");
    let (path, bare) = (at.join("last.safetensors"), at.join("bare.safetensors"));
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 1, batch: 6, ..Config::default() };
    let mut last = Checkpoint::every_epochs(1, &path);
    let mut net = network(3);
    fit(&mut net, &mut Adam::new(0.01), &task, &config, &mut [&mut last]).unwrap();
    save_weights(&mut net, &bare).unwrap();

    let fails = |path: &Path, optimizer: &mut dyn Optimizer, config: &Config| {
        let mut net = network(3);
        let before = weights(&mut net);
        let error = resume(path, &mut net, optimizer, &task, config, &mut []);
        assert_eq!(weights(&mut net), before);
        error.unwrap_err().to_string()
    };
    let adam = &mut Adam::new(0.01);
    let seen = fails(&path, &mut Sgd::new(0.1), &config);
    assert!(seen.ends_with("was written with optimizer adam, now it is sgd"), "{seen}");
    let seen = fails(&path, adam, &Config { batch: 5, ..config });
    assert!(seen.ends_with("was written with batch 6, now it is 5"), "{seen}");
    let seen = fails(&path, adam, &Config { shuffle: false, ..config });
    assert!(
        seen.ends_with("the examples were shuffled, now they are not so"),
        "{seen}"
    );
    let seen = fails(&bare, adam, &config);
    assert!(seen.contains("holds weights, but no state to resume from"), "{seen}");
}

/// One byte of a checkpoint changed, every third one in turn: an error or a training,
/// never a panic.
#[test]
fn a_damaged_checkpoint_never_panics() {
    let path = folder("damaged").join("last.safetensors");
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 1, batch: 6, ..Config::default() };
    let mut last = Checkpoint::every_steps(3, &path);
    fit(&mut network(3), &mut Adam::new(0.01), &task, &config, &mut [&mut last])
        .unwrap();
    let whole = std::fs::read(&path).unwrap();
    let config = Config { epochs: 2, ..config };
    let (mut fine, mut tried) = (0, 0);
    for at in (0..whole.len()).step_by(3) {
        for change in [1, 128] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            std::fs::write(&path, &bytes).unwrap();
            let (mut net, mut adam) = (network(3), Adam::new(0.01));
            let done = resume(&path, &mut net, &mut adam, &task, &config, &mut []);
            fine += usize::from(done.is_ok());
            tried += 1;
        }
    }
    assert!(fine > 0 && fine < tried, "{fine} of {tried}");
}

// ---- what goes wrong

#[test]
fn a_loss_that_is_no_longer_finite_names_epoch_step_and_mend() {
    let path = folder("diverged").join("last.safetensors");
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &Mse };
    let config = Config { epochs: 50, batch: 6, ..Config::default() };
    let mut last = Checkpoint::every_epochs(1, &path);
    let mut net = network(3);
    let mut sgd = Sgd::new(9.0);
    let error = fit(&mut net, &mut sgd, &task, &config, &mut [&mut last]).unwrap_err();
    let TrainError::Diverged { epoch, step, .. } = &error else { panic!("{error}") };
    let place = format!("epoch {epoch}, step {step}: the loss is ");
    let seen = error.to_string();
    assert!(seen.starts_with(&place), "{seen}");
    let mend = "lower the learning rate (now 9) or scale the inputs";
    assert!(seen.ends_with(mend), "{seen}");
    if path.exists() {
        load_weights(&mut net, &path).unwrap();
        assert!(weights(&mut net).iter().all(|w| w.is_finite()));
    }
}

#[test]
fn the_last_good_checkpoint_survives_a_divergence() {
    let path = folder("survives").join("last.safetensors");
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 9, batch: 6, ..Config::default() };
    /// Puts a NaN into the weights in the epoch it is told.
    struct Poison(usize);
    impl<T: Real> Callback<T> for Poison {
        fn name(&self) -> &'static str {
            "poison"
        }
        fn after_step(&mut self, at: &mut Training<'_, T>) -> Asked {
            // the last of four steps: no loss is computed after it in this epoch
            if at.position.epochs + 1 == self.0 && at.position.steps == 4 {
                at.model.parameters(&mut |_, p| p.value[0] = gradbook::real(f64::NAN));
            }
            go_on()
        }
    }
    let mut last = Checkpoint::every_epochs(1, &path);
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut Poison(4), &mut last];
    let mut net = network(3);
    let error =
        fit(&mut net, &mut Sgd::new(0.1), &task, &config, callbacks).unwrap_err();
    let seen = error.to_string();
    assert!(
        seen.starts_with("epoch 4, step 4: a weight is no longer finite"),
        "{seen}"
    );
    let mut sgd = Sgd::new(0.1);
    let history = resume(&path, &mut net, &mut sgd, &task, &config, &mut []).unwrap();
    assert_eq!(history.epochs.len(), 9);
}

#[test]
fn a_nan_in_the_data_is_named_as_such() {
    let mut train = moons::<f32>(20, 1);
    train.inputs[5] = f32::NAN;
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let (mut sgd, config) = (Sgd::new(0.1), Config::default());
    let error = fit(&mut network(3), &mut sgd, &task, &config, &mut []).unwrap_err();
    let seen = error.to_string();
    assert!(seen.ends_with("hold a number that is not finite: clean them"), "{seen}");
}

#[test]
fn what_does_not_fit_is_refused_before_the_first_step() {
    let (train, config) = (moons::<f32>(20, 1), Config::default());
    let wrong =
        |train: &Dataset, valid: Option<&Dataset>, config: &Config, rate: f64| {
            let task = Task { train, valid, loss: &SoftmaxCrossEntropy };
            let mut net = network(3);
            let error = fit(&mut net, &mut Sgd::new(rate), &task, config, &mut []);
            assert_eq!(weights(&mut net), weights(&mut network::<f32>(3)));
            error.unwrap_err().to_string()
        };
    let config_0 = Config { batch: 0, ..config };
    let seen = wrong(&train, None, &config_0, 0.1);
    assert_eq!(seen, "the batch size is 0, it must be at least 1");
    let none = train.select(&[]);
    assert_eq!(wrong(&none, None, &config, 0.1), "the training data has no example");
    let seen = wrong(&train, Some(&none), &config, 0.1);
    assert_eq!(seen, "the validation data has no example");
    let names = vec!["a".to_string(), "b".to_string()];
    let wide = Dataset::with_classes(Matrix::zeros(3, 2), vec![0, 1], names).unwrap();
    let seen = wrong(&wide, None, &config, 0.1);
    assert_eq!(seen, "training inputs: rows is 3, expected 2");
    let seen = wrong(&train, Some(&wide), &config, 0.1);
    assert_eq!(seen, "validation inputs: rows is 3, expected 2");
    let values =
        Dataset::with_values(Matrix::zeros(2, 4), Matrix::zeros(1, 4)).unwrap();
    let seen = wrong(&values, None, &config, 0.1);
    assert_eq!(seen, "training targets: rows is 1, expected 2");
    for rate in [f64::NAN, f64::INFINITY, -0.1] {
        assert!(wrong(&train, None, &config, rate).contains("it must be a finite"));
    }
    let mut net = network::<f32>(3);
    let error = evaluate(&mut net, &SoftmaxCrossEntropy, &none).unwrap_err();
    assert_eq!(error.to_string(), "the evaluation data has no example");
    assert!(confusion(&mut net, &none).is_err());
    assert!(predict(&mut net, &Matrix::zeros(3, 1)).is_err());
}
