//! The lesson's own parts: who gets which digits, and what a remedy does to a network.

use std::collections::HashSet;

use gradbook::train::{Config, Task, fit};
use gradbook::{Matrix, Parameters, loss::SoftmaxCrossEntropy, optimizer::Sgd};

use super::*;
use sets::Labels;

/// An image as bits, to be found again.
fn images(data: &gradbook::data::Dataset) -> Vec<Vec<u32>> {
    let bits = |n: usize| data.inputs.column(n).iter().map(|x| x.to_bits()).collect();
    (0..data.len()).map(bits).collect()
}

#[test]
fn nobody_shares_an_image_with_the_exam() {
    let (open, exam) = sets::seal(3).unwrap();
    assert_eq!(open.rest.len(), 1000);
    let exam: HashSet<_> = images(&exam.open()).into_iter().collect();
    let rest = images(&open.rest);
    // the file itself holds no image twice, so this is all of it
    assert_eq!(rest.iter().filter(|image| exam.contains(*image)).count(), 0);
    let parts = open.deal(Labels::Careless, 5).unwrap();
    let all = [&parts.more, &parts.watch, &parts.judge].map(images).concat();
    assert_eq!(all.len(), 1000);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 1000);
    let more = images(&parts.more);
    assert_eq!(images(&parts.homework), more[..sets::HOMEWORK]);
}

#[test]
fn careless_labels_are_wrong_and_careful_ones_are_not() {
    let (open, _) = sets::seal(3).unwrap();
    let careless = open.deal(Labels::Careless, 5).unwrap();
    let careful = open.deal(Labels::Careful, 5).unwrap();
    assert_eq!(careless.homework.inputs, careful.homework.inputs);
    let pairs = careless.homework.labels.iter().zip(&careful.homework.labels);
    assert_eq!(pairs.filter(|(a, b)| a != b).count(), 30);
    assert_eq!((careless.wrong, careful.wrong), (30, 0));
    assert_eq!(careless.judge.labels, careful.judge.labels);
}

#[test]
fn early_stopping_puts_the_best_epoch_back() {
    let (open, _) = sets::seal(3).unwrap();
    let mut parts = open.deal(Labels::Careless, 5).unwrap();
    parts.judge = parts.watch.clone();
    for batch_norm in [false, true] {
        let recipe = Recipe {
            epochs: 100,
            hidden: 64,
            patience: 3,
            batch_norm,
            ..Default::default()
        };
        let learned = recipe.learn(Hands::default(), &parts, None, 5).unwrap();
        let best = learned.history.best().unwrap();
        assert_eq!(best.number + 3, learned.epochs);
        assert!((best.judge().loss - learned.judge.loss).abs() < 1e-6);
    }
}

#[test]
fn shrinking_stops_at_zero() {
    let (open, _) = sets::seal(3).unwrap();
    let parts = open.deal(Labels::Careful, 5).unwrap();
    let mut net = Recipe::default().build(Hands::default(), 5).unwrap();
    let task = Task { train: &parts.homework, valid: None, loss: &SoftmaxCrossEntropy };
    let config = Config { epochs: 1, ..Config::default() };
    let callbacks = &mut [&mut zeros::Shrink(1e6) as _];
    fit(&mut net, &mut Sgd::new(0.01), &task, &config, callbacks).unwrap();
    net.parameters(&mut |name, parameter| {
        if name.ends_with("weight") {
            assert_eq!(
                parameter.value,
                Matrix::zeros(parameter.value.nrows(), parameter.value.ncols())
            );
        }
    });
}
