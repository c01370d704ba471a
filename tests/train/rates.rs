//! What sets the size of a step: schedules, callbacks that clip or lower the rate, the
//! finder. And training that is interrupted with all of it under way.

use gradbook::Rng;
use gradbook::data::augment::Augmentation;
use gradbook::layer::{BatchNorm, Dropout, ImageShape};
use gradbook::optimizer::{AdaGrad, AdamW, Kind, RmsProp};
use gradbook::train::{
    Augment, ClipNorm, ClipValue, Penalty, RateCurve, RateFinder, ReduceOnPlateau,
    SmoothLabels, find_rate,
};
use rand::RngExt;

use super::*;

const IMAGE: ImageShape = ImageShape { height: 3, width: 4, channels: 1 };

/// Batch norm and dropout between two dense layers.
fn noisy<T: Real>(seed: u64) -> Sequential<T> {
    let rng = &mut gradbook::rng(seed);
    let dropout = Dropout::new(0.3, rng).expect("a share");
    Sequential::new(IMAGE.len())
        .then(Dense::new(IMAGE.len(), 5, Init::HeNormal, rng))
        .and_then(|net| net.then(BatchNorm::new(5)))
        .and_then(|net| net.then(Activate::new(Activation::Relu)))
        .and_then(|net| net.then(dropout))
        .and_then(|net| net.then(Dense::new(5, 3, Init::XavierNormal, rng)))
        .expect("the shapes fit")
}

/// Random images of three classes: nothing to learn, so validation soon gets worse.
fn images<T: Real>(count: usize, seed: u64) -> Dataset<T> {
    let rng: &mut Rng = &mut gradbook::rng(seed);
    let inputs = Matrix::from_fn(IMAGE.len(), count, |_, _| T::of(rng.random()));
    let labels = (0..count).map(|_| rng.random_range(0..3)).collect();
    let names = ["a", "b", "c"].map(str::to_string).to_vec();
    Dataset::with_classes(inputs, labels, names).expect("it fits")
}

/// Where training is interrupted.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Step(usize),
    Epoch(usize),
}

/// Ends training there, and asks for a checkpoint.
struct Break<'a>(Cut, &'a Path, usize);

impl<T: Real> Callback<T> for Break<'_> {
    fn name(&self) -> &'static str {
        "break"
    }

    fn after_step(&mut self, at: &mut Training<'_, T>) -> Asked {
        self.2 += 1;
        match self.0 {
            Cut::Step(step) if step == self.2 => {
                at.save(self.1);
                stop()
            }
            _ => go_on(),
        }
    }

    fn after_epoch(&mut self, at: &mut Training<'_, T>) -> Asked {
        match self.0 {
            Cut::Epoch(epoch) if epoch == at.position.epochs => {
                at.save(self.1);
                stop()
            }
            _ => go_on(),
        }
    }
}

/// Weights, history and the last checkpoint's bytes of five epochs of 4 steps with
/// everything that has a memory. Cut, it is another network, another optimizer and
/// other callbacks that go on.
fn everything<T: Real>(
    at: &Path,
    optimizer: &dyn Fn() -> Box<dyn Optimizer<T>>,
    schedule: (Schedule, Pace),
    cut: Option<Cut>,
) -> Made<T> {
    let (train, valid) = (images::<T>(23, 1), images(17, 2));
    let task = Task { train: &train, valid: Some(&valid), loss: &SoftmaxCrossEntropy };
    let (schedule, pace) = schedule;
    let config = Config { epochs: 5, batch: 6, seed: 5, shuffle: true, schedule, pace };
    let (middle, end) = (at.join("middle.safetensors"), at.join("end.safetensors"));
    let mut made = None;
    let rounds = if cut.is_some() { 2 } else { 1 };
    for round in 0..rounds {
        let (mut net, mut optimizer) = (noisy::<T>(3 + round), optimizer());
        let whole = Augmentation { shift: 1, degrees: 10.0, noise: 0.1 };
        let mut augment = Augment::new(IMAGE, whole);
        let (mut smooth, mut penalty) = (SmoothLabels(0.1), Penalty::both(1e-3, 1e-2));
        let (mut clip, mut cap) = (ClipNorm(0.5), ClipValue(0.2));
        let mut plateau = ReduceOnPlateau::new(0.5, 0);
        let mut by_hits = ReduceOnPlateau::new(0.9, 0).watching(Watch::Accuracy);
        let mut early = EarlyStop::after(9).restoring_best();
        let mut best = Checkpoint::best(at.join("best.safetensors"));
        let mut last = Checkpoint::every_epochs(5, &end);
        let cut = cut.filter(|_| round == 0).unwrap_or(Cut::Epoch(99));
        let mut break_off = Break(cut, &middle, 0);
        let callbacks: &mut [&mut dyn Callback<T>] = &mut [
            &mut augment,
            &mut smooth,
            &mut penalty,
            &mut clip,
            &mut cap,
            &mut plateau,
            &mut by_hits,
            &mut early,
            &mut best,
            &mut last,
            &mut break_off,
        ];
        let (net_, opt) = (&mut net, &mut *optimizer);
        let history = match round {
            0 => fit(net_, opt, &task, &config, callbacks).unwrap(),
            _ => resume(&middle, net_, opt, &task, &config, callbacks).unwrap(),
        };
        if round + 1 < rounds {
            assert_eq!(history.stopped_by, Some("break"));
        } else {
            made = Some((weights(&mut net), history, std::fs::read(&end).unwrap()));
        }
    }
    made.expect("one round or two")
}

fn cut_equals_straight<T: Real>(
    name: &str,
    schedule: (Schedule, Pace),
    optimizer: &dyn Fn() -> Box<dyn Optimizer<T>>,
) {
    let at = folder(name);
    let straight = everything(&at, optimizer, schedule, None);
    // the plateau has lowered the rate, and the best epoch was not the last
    let (first, epochs) = (optimizer().learning_rate(), &straight.1.epochs);
    assert!(epochs[4].rate < first * schedule.0.share(19) * 0.9, "{name}");
    assert!(straight.1.best().unwrap().number < 5, "{name}");
    for cut in [
        Cut::Step(1),
        Cut::Step(6),
        Cut::Step(8), // before the epoch's line is written
        Cut::Step(19),
        Cut::Epoch(1),
        Cut::Epoch(4),
    ] {
        let resumed = everything(&at, optimizer, schedule, Some(cut));
        assert_eq!(resumed.0, straight.0, "{name}, weights after {cut:?}");
        assert_eq!(resumed.1, straight.1, "{name}, history after {cut:?}");
        assert_eq!(resumed.2, straight.2, "{name}, file after {cut:?}");
    }
}

#[test]
fn resumed_equals_straight_with_every_optimizer_and_everything_that_remembers() {
    let by_step = (Schedule::WarmUpCosine { warm_up: 3, ticks: 30 }, Pace::Step);
    for kind in Kind::ALL {
        let name = format!("everything-{kind}");
        cut_equals_straight::<f32>(&name, by_step, &|| kind.build(0.02));
    }
    cut_equals_straight::<f64>("everything-rmsprop-momentum", by_step, &|| {
        Box::new(RmsProp::new(0.01).with_momentum(0.9).with_weight_decay(0.1))
    });
    let by_epoch = (Schedule::Step { every: 10, factor: 0.5 }, Pace::Epoch);
    cut_equals_straight::<f32>("everything-by-epoch", by_epoch, &|| {
        Box::new(AdaGrad::new(0.1).with_weight_decay(0.1))
    });
}

#[test]
fn going_on_with_another_optimizer_setting_or_schedule_is_refused_in_one_line() {
    let path = folder("other").join("last.safetensors");
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let schedule = Schedule::Step { every: 2, factor: 0.5 };
    let config = Config { epochs: 1, batch: 6, schedule, ..Config::default() };
    let sgd = || Sgd::new(0.1).with_momentum(0.9);
    let mut last = Checkpoint::every_epochs(1, &path);
    fit(&mut network(3), &mut sgd(), &task, &config, &mut [&mut last]).unwrap();

    let refused = |optimizer: &mut dyn Optimizer, config: &Config, expected: &str| {
        let (mut net, rate) = (network(3), optimizer.learning_rate());
        let error = resume(&path, &mut net, optimizer, &task, config, &mut []);
        let error = error.unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
        assert!(!error.contains('\n'));
        assert_eq!(weights(&mut net), weights(&mut network::<f32>(3)));
        assert_eq!(optimizer.learning_rate(), rate);
    };
    let with = |what| format!("was written with {what}");
    let seen = with("optimizer momentum, now it is nesterov");
    refused(&mut sgd().with_nesterov(), &config, &seen);
    refused(&mut Adam::new(0.1), &config, &with("optimizer momentum, now it is adam"));
    let seen = with("momentum 0.9, now it is 0.8");
    refused(&mut Sgd::new(0.1).with_momentum(0.8), &config, &seen);
    let seen = with("weight_decay 0, now it is 0.01");
    refused(&mut sgd().with_weight_decay(0.01), &config, &seen);
    let other = Config { schedule: Schedule::Constant, ..config };
    let seen = "schedule Step { every: 2, factor: 0.5 }, a tick each Epoch, \
                now it is Constant, a tick each Epoch";
    refused(&mut sgd(), &other, &with(seen));
    let other = Config { pace: Pace::Step, ..config };
    let seen = "a tick each Epoch, now it is Step { every: 2, factor: 0.5 }, \
                a tick each Step";
    refused(&mut sgd(), &other, seen);
    resume(&path, &mut network(3), &mut sgd(), &task, &config, &mut []).unwrap();
}

/// Notes the rate of each step.
struct Rates(Vec<f64>);

impl<T: Real> Callback<T> for Rates {
    fn name(&self) -> &'static str {
        "rates"
    }

    fn after_step(&mut self, at: &mut Training<'_, T>) -> Asked {
        self.0.push(at.optimizer.learning_rate());
        go_on()
    }
}

#[test]
fn by_step_the_schedule_ticks_on_from_epoch_to_epoch() {
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let schedule = Schedule::OneCycle { ticks: 12 };
    let seen = |pace| {
        let config =
            Config { epochs: 3, batch: 6, schedule, pace, ..Config::default() };
        let mut rates = Rates(Vec::new());
        fit(&mut network(3), &mut Sgd::new(0.8), &task, &config, &mut [&mut rates])
            .unwrap();
        rates.0
    };
    let expected: Vec<f64> = (0..12).map(|tick| schedule.rate(0.8, tick)).collect();
    assert_eq!(seen(Pace::Step), expected);
    let expected: Vec<f64> = (0..12).map(|t| schedule.rate(0.8, t / 4)).collect();
    assert_eq!(seen(Pace::Epoch), expected);
}

/// Takes every slope away, so that the loss stays as it is.
struct Still;

impl<T: Real> Callback<T> for Still {
    fn name(&self) -> &'static str {
        "still"
    }

    fn before_update(&mut self, at: &mut Training<'_, T>) -> Result<(), TrainError> {
        at.model.parameters(&mut |_, p| p.grad.fill(T::zero()));
        Ok(())
    }
}

#[test]
fn on_a_plateau_the_rate_falls_and_goes_together_with_a_schedule() {
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let run = |schedule| {
        // in order: each epoch adds up the same losses in the same order
        let config =
            Config { epochs: 7, shuffle: false, schedule, ..Config::default() };
        let mut plateau = ReduceOnPlateau::new(0.5, 1).with_floor(0.15);
        let callbacks: &mut [&mut dyn Callback] = &mut [&mut Still, &mut plateau];
        let mut sgd = Sgd::new(0.8);
        let history = fit(&mut network(3), &mut sgd, &task, &config, callbacks);
        history.unwrap().epochs.iter().map(|epoch| epoch.rate).collect::<Vec<_>>()
    };
    assert_eq!(run(Schedule::Constant), [0.8, 0.8, 0.8, 0.4, 0.4, 0.2, 0.2]);
    let both = run(Schedule::Exponential { factor: 0.5 });
    assert_eq!(both, [0.8, 0.4, 0.2, 0.05, 0.025, 0.00625, 0.003125]);
}

#[test]
fn a_clipped_update_is_no_longer_and_a_wild_gradient_ends_training() {
    let train = moons::<f64>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 1, batch: 20, ..Config::default() };
    let run = |callbacks: &mut [&mut dyn Callback<f64>]| {
        let mut net = network(3);
        let done = fit(&mut net, &mut Sgd::new(1.0), &task, &config, callbacks);
        let before = weights(&mut network::<f64>(3));
        let moved: Vec<f64> =
            weights(&mut net).iter().zip(&before).map(|(a, b)| (a - b).abs()).collect();
        done.map(|_| moved)
    };
    let length = |moved: &[f64]| moved.iter().map(|m| m * m).sum::<f64>().sqrt();
    let largest = |moved: &[f64]| moved.iter().copied().fold(0.0, f64::max);
    let free = run(&mut []).unwrap();
    assert!(length(&free) > 0.3);
    let clipped = run(&mut [&mut ClipNorm(0.1)]).unwrap();
    assert!((length(&clipped) - 0.1).abs() < 1e-6);
    assert!((clipped[0] / free[0] - 0.1 / length(&free)).abs() < 1e-6);
    let capped = run(&mut [&mut ClipValue(0.01)]).unwrap();
    assert!((largest(&capped) - 0.01).abs() < 1e-12 && length(&capped) > 0.02);

    struct Wild;
    impl Callback<f64> for Wild {
        fn name(&self) -> &'static str {
            "wild"
        }
        fn before_update(&mut self, at: &mut Training<f64>) -> Result<(), TrainError> {
            at.model.parameters(&mut |_, p| p.grad[0] = f64::NAN);
            Ok(())
        }
    }
    let mend = "it cannot be clipped; lower the learning rate (now 1) or scale";
    let error = run(&mut [&mut Wild, &mut ClipNorm(0.1)]).unwrap_err().to_string();
    let place = "epoch 1, step 1: the gradient of 0.weight has an entry that is NaN; ";
    assert!(error.starts_with(&format!("{place}{mend}")), "{error}");
    for limit in [0.0, -1.0, f64::NAN] {
        let callbacks: [&mut dyn Callback<f64>; 2] =
            [&mut ClipNorm(limit), &mut ClipValue(limit)];
        for callback in callbacks {
            let error = run(&mut [callback]).unwrap_err().to_string();
            let expected = "it must be a finite number above 0";
            let start = format!("the gradient is to be clipped at {limit}; ");
            assert_eq!(error, start + expected);
        }
    }
}

#[test]
fn early_stop_can_leave_the_network_of_the_best_epoch() {
    let (train, valid) = (images::<f32>(40, 1), images(40, 2));
    let task = Task { train: &train, valid: Some(&valid), loss: &SoftmaxCrossEntropy };
    let run = |epochs, early: &mut EarlyStop| {
        let config = Config { epochs, batch: 8, ..Config::default() };
        let (mut net, mut adam) = (noisy(3), Adam::new(0.03));
        let history = fit(&mut net, &mut adam, &task, &config, &mut [early]).unwrap();
        (evaluate(&mut net, &SoftmaxCrossEntropy, &valid).unwrap(), history)
    };
    let (seen, history) = run(99, &mut EarlyStop::after(3).restoring_best());
    assert_eq!(history.stopped_by, Some("early stop"));
    assert_eq!(Some(seen), history.best().unwrap().valid);
    // also where patience has not run out
    let epochs = history.epochs.len() - 1;
    let (seen, history) = run(epochs, &mut EarlyStop::after(3).restoring_best());
    assert_eq!(history.stopped_by, None);
    assert_eq!(Some(seen), history.best().unwrap().valid);
    assert_ne!(history.best(), history.last());
    let (seen, history) = run(epochs, &mut EarlyStop::after(3));
    assert_eq!(Some(seen), history.last().unwrap().valid);
}

// ---- the finder

#[test]
fn the_finder_leaves_everything_as_it_was() {
    let train = images::<f32>(40, 1);
    let task = Task { train: &train, valid: Some(&train), loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 2, batch: 8, ..Config::default() };
    let run = |kind: Kind, find: bool| {
        let (mut net, mut optimizer) = (noisy(3), kind.build(0.01));
        for round in 0..2 {
            fit(&mut net, &mut optimizer, &task, &config, &mut []).unwrap();
            if find && round == 0 {
                let finder = RateFinder { batch: 8, ..RateFinder::default() };
                let curve = find_rate(&mut net, &mut optimizer, &task, &finder);
                assert!(curve.unwrap().rates.len() > 50);
                assert_eq!(optimizer.learning_rate(), 0.01);
            }
        }
        let judged = evaluate(&mut net, &SoftmaxCrossEntropy, &train).unwrap();
        (weights(&mut net), judged) // the judgement sees the running means too
    };
    for kind in [Kind::Momentum, Kind::AdamW] {
        assert_eq!(run(kind, true), run(kind, false), "{kind}");
    }
}

/// On a parabola it is known where descent explodes: at 2 over the largest curvature.
#[test]
fn the_finder_stops_at_the_explosion_and_suggests_less() {
    let line = synthetic::line::<f64>(64, 2.0, 0.5, 0.0, &mut gradbook::rng(1));
    let task = Task { train: &line, valid: None, loss: &Mse };
    let dense = Dense::new(1, 1, Init::Zeros, &mut gradbook::rng(1));
    let mut net = Sequential::new(1).then(dense).unwrap();
    let finder = RateFinder {
        first: 1e-4,
        last: 100.0,
        steps: 121,
        batch: 64,
        ..RateFinder::default()
    };
    let curve = find_rate(&mut net, &mut Sgd::new(0.1), &task, &finder).unwrap();
    let count = curve.rates.len();
    assert_eq!((curve.losses.len(), curve.smoothed.len()), (count, count));
    for (step, rate) in curve.rates.iter().enumerate() {
        let expected = 1e-4 * 10f64.powf(step as f64 / 20.0);
        assert!((rate / expected - 1.0).abs() < 1e-12, "{step}: {rate} {expected}");
    }
    assert_eq!(curve.smoothed[0], curve.losses[0]);
    let (a, b) = (curve.losses[0], curve.losses[1]);
    assert!((curve.smoothed[1] - (0.9 * a + b) / 1.9).abs() < 1e-12);
    // mean((w x + b - y)^2): curvature 2 for the bias, since the mean of 1 is 1
    let (top, good) = (curve.rates[count - 1], curve.suggestion().unwrap());
    assert!(top > 1.0 && top < 20.0, "exploded at {top}");
    assert!(good > 1e-2 && good < 1.0, "suggests {good}");
    let explodes = curve.smoothed[count - 1];
    let least = curve.smoothed.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(explodes > 4.0 * least && curve.smoothed[count - 2] <= 4.0 * least);
}

#[test]
fn a_finder_of_few_steps_goes_through_its_rates_and_suggests_nothing() {
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let finder =
        RateFinder { first: 1e-4, last: 1e-2, steps: 3, ..RateFinder::default() };
    let mut sgd = Sgd::new(0.1);
    let curve = find_rate(&mut network(3), &mut sgd, &task, &finder).unwrap();
    let rates = curve.rates.iter().zip([1e-4, 1e-3, 1e-2]);
    assert!(rates.into_iter().all(|(a, b): (&f64, f64)| (a / b - 1.0).abs() < 1e-12));
    let finder = RateFinder { steps: 2, ..finder };
    let curve = find_rate(&mut network(3), &mut sgd, &task, &finder).unwrap();
    assert_eq!((curve.rates.len(), curve.suggestion()), (2, None));
    // after the first ten steps, whose mean jumps and does not count
    let of = |settled: &[f64]| {
        let smoothed = [&[9.0, 1.0, 9.0, 1.0, 9.0, 1.0, 9.0, 1.0, 9.0, 5.0], settled];
        let smoothed = smoothed.concat();
        let rates = (1..=smoothed.len()).map(|step| step as f64).collect();
        RateCurve { rates, losses: smoothed.clone(), smoothed }.suggestion()
    };
    assert_eq!(of(&[5.0, 5.0, 4.0, 1.0, 0.9, 2.0]), Some(13.0)); // amid 5, 4, 1
    assert_eq!(of(&[1.0, 1.0, 1.0]), None); // never falls
    assert_eq!(of(&[2.0, 1.0]), None); // too few
}

#[test]
fn a_finder_that_cannot_be_meant_is_refused() {
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let refused = |finder: RateFinder, expected: &str| {
        let (mut net, mut sgd) = (network(3), Sgd::new(0.1));
        let error = find_rate(&mut net, &mut sgd, &task, &finder).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(weights(&mut net), weights(&mut network::<f32>(3)));
        assert_eq!(Optimizer::<f32>::learning_rate(&sgd), 0.1);
    };
    let fine = RateFinder::default();
    for first in [0.0, -1.0, f64::NAN] {
        let expected = format!("rate finder: first is {first}; it must be");
        refused(RateFinder { first, ..fine }, &expected);
    }
    for last in [fine.first, fine.first / 2.0] {
        refused(RateFinder { last, ..fine }, "rate finder: last minus first is ");
    }
    refused(RateFinder { last: f64::INFINITY, ..fine }, "rate finder: last is inf");
    for steps in [0, 1] {
        refused(RateFinder { steps, ..fine }, "rate finder: steps is ");
    }
    refused(RateFinder { batch: 0, ..fine }, "the batch size is 0");
    let mut wild = train.clone();
    wild.inputs[3] = f32::NAN;
    let task = Task { train: &wild, ..task };
    let finder = RateFinder { batch: 20, ..fine };
    let error = find_rate(&mut network(3), &mut Sgd::new(0.1), &task, &finder);
    let error = error.unwrap_err().to_string();
    assert!(error.ends_with("not finite: clean them"), "{error}");
}

// ---- what cannot be meant

#[test]
fn numbers_that_cannot_be_meant_are_refused_before_the_first_step() {
    let train = moons::<f32>(20, 1);
    let task = Task { train: &train, valid: None, loss: &SoftmaxCrossEntropy };
    let run = |optimizer: &mut dyn Optimizer, schedule, callback: &mut dyn Callback| {
        let (mut net, config) = (network(3), Config { schedule, ..Config::default() });
        let error = fit(&mut net, optimizer, &task, &config, &mut [callback]);
        assert_eq!(weights(&mut net), weights(&mut network::<f32>(3)));
        let error = error.unwrap_err().to_string();
        assert!(!error.contains('\n'), "{error}");
        error
    };
    let share = "it must be 0 or more and below 1";
    let size = "it must be a finite number, 0 or more";
    let positive = "it must be a finite number above 0";
    let (none, still) = (Schedule::Constant, &mut Still);
    let sgd = |momentum| Sgd::new(0.1).with_momentum(momentum);
    for (mut optimizer, expected) in [
        (Box::new(sgd(1.0)) as Box<dyn Optimizer>, format!("momentum is 1; {share}")),
        (Box::new(sgd(-0.5)), format!("momentum is -0.5; {share}")),
        (Box::new(sgd(f64::NAN).with_nesterov()), format!("momentum is NaN; {share}")),
        (
            Box::new(Sgd::new(0.1).with_weight_decay(-1.0)),
            format!("weight decay is -1; {size}"),
        ),
        (
            Box::new(AdaGrad::new(0.1).with_epsilon(0.0)),
            format!("epsilon is 0; {positive}"),
        ),
        (Box::new(RmsProp::new(0.1).with_decay(1.0)), format!("decay is 1; {share}")),
        (
            Box::new(Adam::new(0.1).with_betas(0.9, 1.0)),
            format!("beta 2 is 1; {share}"),
        ),
        (
            Box::new(AdamW::new(0.1).with_weight_decay(f64::INFINITY)),
            format!("weight decay is inf; {size}"),
        ),
    ] {
        let seen = run(&mut *optimizer, none, still);
        assert_eq!(seen, format!("{}: {expected}", optimizer.name()));
    }
    let sgd = &mut Sgd::new(0.1);
    let seen = run(sgd, Schedule::Exponential { factor: 0.0 }, still);
    assert_eq!(seen, format!("schedule: factor is 0; {positive}"));
    for factor in [0.0, 1.0, -0.5, f64::NAN] {
        let seen = run(sgd, none, &mut ReduceOnPlateau::new(factor, 0));
        let expected = "it must be above 0 and below 1";
        assert_eq!(seen, format!("reduce on plateau: factor is {factor}; {expected}"));
    }
    let mut plateau = ReduceOnPlateau::new(0.5, 0).with_floor(f64::NAN);
    let seen = run(sgd, none, &mut plateau);
    assert_eq!(seen, format!("reduce on plateau: floor is NaN; {size}"));
}
