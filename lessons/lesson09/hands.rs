//! Whose functions the lesson runs on: the book's or, with `--mine`, the reader's.

use std::ops::ControlFlow;

use gradbook::data::{Split, folds};
use gradbook::layer::{BatchNorm, Dropout, Layer, Parameter, Phase};
use gradbook::real::resize;
use gradbook::train::{
    Asked, Callback, EarlyStop, Penalty, TrainError, Training, go_on,
};
use gradbook::{Matrix, Parameters, Rng, Sequential, ShapeError};
use lessons::{Result, bail};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::exercises::{self, Matrix64};

/// Who regularizes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hands {
    /// Whether the functions are the reader's.
    pub mine: bool,
}

impl Hands {
    /// What large weights cost: exercise 9.1.
    pub fn penalty(self, l1: f64, l2: f64) -> Box<dyn Callback> {
        match self.mine {
            true => Box::new(YourPenalty { l1, l2 }),
            false => Box::new(Penalty::both(l1, l2)),
        }
    }

    /// The network with one more layer: exercise 9.2.
    pub fn dropout(
        self,
        net: Sequential,
        rate: f64,
        rng: &mut Rng,
    ) -> Result<Sequential> {
        let draws = vec![];
        Ok(match self.mine {
            true => net.then(YourDropout { rate, rng: Rng::from_rng(rng), draws })?,
            false => net.then(Dropout::new(rate, rng)?)?,
        })
    }

    /// Stratified folds: exercise 9.3, on labels in a random order.
    pub fn folds(
        self,
        labels: &[usize],
        k: usize,
        rng: &mut Rng,
    ) -> Result<Vec<Split>> {
        if !self.mine {
            return Ok(folds::stratified(labels, k, rng)?);
        }
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.shuffle(rng);
        let mixed: Vec<usize> = order.iter().map(|&example| labels[example]).collect();
        let back = |places: Vec<usize>| -> Result<Vec<usize>> {
            if places.is_empty() || places.iter().any(|&place| place >= order.len()) {
                bail!("your folds are empty or hold an example that does not exist");
            }
            Ok(places.into_iter().map(|place| order[place]).collect())
        };
        let dealt = exercises::stratified_folds(&mixed, k).into_iter();
        dealt
            .map(|(train, test)| Ok(Split { train: back(train)?, test: back(test)? }))
            .collect()
    }

    /// The network with one more layer: exercise 9.4.
    pub fn batch_norm(self, net: Sequential, features: usize) -> Result<Sequential> {
        let book = BatchNorm::new(features);
        Ok(match self.mine {
            true => net.then(YourBatchNorm { book })?,
            false => net.then(book)?,
        })
    }

    /// When to stop, and what to keep: exercise 9.5.
    pub fn stop(self, patience: usize) -> Box<dyn Callback> {
        match self.mine {
            true => Box::new(YourStop { patience, losses: vec![], kept: vec![] }),
            false => Box::new(EarlyStop::after(patience).restoring_best()),
        }
    }
}

/// Asks each of the reader's functions for the example of its exercise, so that one
/// that is not done or wrong ends the run at its start.
pub fn compare() -> Result {
    let (penalty, _) = exercises::penalty(
        &[3.0, -2.0, 0.0, 10.0],
        &[true, true, true, false],
        0.5,
        0.1,
    );
    let dropped = exercises::dropout(&[4.0, 8.0, 2.0], &[0.2, 0.1, 0.9], 0.2, true);
    let folds = exercises::stratified_folds(&[1, 0, 0, 1, 0], 2);
    let batch = Matrix64::from_row_slice(1, 2, &[1.0, 3.0]);
    let (mut mean, mut variance) = ([0.0], [1.0]);
    let normed =
        exercises::batch_norm(&batch, &[3.0], &[10.0], &mut mean, &mut variance, true);
    let stopped = exercises::early_stopping(&[0.9, 0.5, 0.6, 0.5, 0.1], 2);
    let near = |seen: &[f64], expected: &[f64]| {
        let mut pairs = seen.iter().zip(expected);
        seen.len() == expected.len() && pairs.all(|(a, b)| (a - b).abs() < 1e-3)
    };
    let right = [
        ("9.1", near(&[penalty], &[3.15])),
        ("9.2", near(&dropped, &[5.0, 0.0, 2.5])),
        ("9.3", folds == [(vec![0, 2], vec![1, 3, 4]), (vec![1, 3, 4], vec![0, 2])]),
        ("9.4", near(normed.as_slice(), &[7.0, 13.0])),
        ("9.4", near(&[mean[0], variance[0]], &[0.2, 1.1])),
        ("9.5", stopped == (4, 2)),
    ];
    match right.iter().find(|(_, right)| !right) {
        Some((exercise, _)) => bail!(
            "your answer to exercise {exercise} does not give what its example says; \
             check it with `cargo test --test lesson09`"
        ),
        None => Ok(()),
    }
}

/// Ends training when the reader says so, and keeps what the reader says.
struct YourStop {
    patience: usize,
    losses: Vec<f64>,
    kept: Vec<Matrix>,
}

impl Callback for YourStop {
    fn name(&self) -> &'static str {
        "your early stop"
    }

    fn after_epoch(&mut self, at: &mut Training<'_, f32>) -> Asked {
        let Some(epoch) = at.position.history.last() else { return go_on() };
        self.losses.push(epoch.judge().loss);
        let now = epoch.number;
        let (end, keep) = yours(&self.losses, self.patience);
        if keep == now {
            self.kept.clear();
            each_number(at.model, &mut |matrix| self.kept.push(matrix.clone()));
        }
        Ok(end)
    }

    fn after_training(
        &mut self,
        at: &mut Training<'_, f32>,
    ) -> std::result::Result<(), TrainError> {
        let mut kept = self.kept.drain(..);
        each_number(at.model, &mut |matrix| {
            if let Some(best) = kept.next() {
                *matrix = best;
            }
        });
        Ok(())
    }
}

/// The reader's answer. One more epoch that would beat everything tells an end through
/// lost patience from the end of the list.
fn yours(losses: &[f64], patience: usize) -> (ControlFlow<()>, usize) {
    let mut longer = losses.to_vec();
    longer.push(f64::NEG_INFINITY);
    match exercises::early_stopping(&longer, patience) {
        (end, keep) if end <= losses.len() => (ControlFlow::Break(()), keep),
        _ => (ControlFlow::Continue(()), exercises::early_stopping(losses, patience).1),
    }
}

/// Everything that decides what the network answers.
fn each_number(net: &mut Sequential, visit: &mut dyn FnMut(&mut Matrix)) {
    net.parameters(&mut |_, parameter| visit(&mut parameter.value));
    net.buffers(&mut |_, buffer| visit(buffer));
}

/// The reader's slopes, added to the gradients.
struct YourPenalty {
    l1: f64,
    l2: f64,
}

impl Callback for YourPenalty {
    fn name(&self) -> &'static str {
        "your penalty"
    }

    fn before_update(
        &mut self,
        at: &mut Training<'_, f32>,
    ) -> std::result::Result<(), TrainError> {
        let (mut numbers, mut is_weight) = (vec![], vec![]);
        at.model.parameters(&mut |name, parameter| {
            let weight = name.ends_with("weight") && parameter.value.ncols() > 1;
            numbers.extend(parameter.value.iter().map(|&w| f64::from(w)));
            is_weight.resize(numbers.len(), weight);
        });
        let (_, slopes) = exercises::penalty(&numbers, &is_weight, self.l1, self.l2);
        let mut slopes = slopes.into_iter();
        at.model.parameters(&mut |_, parameter| {
            let grads = parameter.grad.as_mut_slice().iter_mut();
            grads.zip(&mut slopes).for_each(|(g, slope)| *g += slope as f32);
        });
        Ok(())
    }
}

/// A layer that drops with the reader's function, on the way back too.
struct YourDropout {
    rate: f64,
    rng: Rng,
    draws: Vec<f64>,
}

impl YourDropout {
    fn apply(&self, from: &Matrix, to: &mut Matrix, training: bool) {
        let values: Vec<f64> = from.iter().map(|&x| x.into()).collect();
        let seen = exercises::dropout(&values, &self.draws, self.rate, training);
        resize(to, from.nrows(), from.ncols());
        let pairs = to.as_mut_slice().iter_mut().zip(seen);
        pairs.for_each(|(y, seen)| *y = seen as f32);
    }
}

impl Layer for YourDropout {
    fn name(&self) -> &'static str {
        "your dropout"
    }

    fn output_rows(&self, input_rows: usize) -> std::result::Result<usize, ShapeError> {
        Ok(input_rows)
    }

    fn forward(&mut self, input: &Matrix, output: &mut Matrix, phase: Phase) {
        let training = phase == Phase::Train;
        let count = if training { input.len() } else { 0 };
        self.draws = (0..count).map(|_| self.rng.random()).collect();
        self.apply(input, output, training);
    }

    fn backward(
        &mut self,
        _: &Matrix,
        _: &Matrix,
        grad_output: &Matrix,
        grad_input: Option<&mut Matrix>,
    ) {
        if let Some(grad_input) = grad_input {
            self.apply(grad_output, grad_input, !self.draws.is_empty());
        }
    }
}

/// The reader's way forward and the book's way back.
struct YourBatchNorm {
    book: BatchNorm,
}

impl Layer for YourBatchNorm {
    fn name(&self) -> &'static str {
        "your batch norm"
    }

    fn output_rows(&self, input_rows: usize) -> std::result::Result<usize, ShapeError> {
        Layer::<f32>::output_rows(&self.book, input_rows)
    }

    fn forward(&mut self, input: &Matrix, output: &mut Matrix, phase: Phase) {
        let list = |m: &Matrix| -> Vec<f64> { m.iter().map(|&x| x.into()).collect() };
        let (scale, shift) =
            (list(&self.book.weight.value), list(&self.book.bias.value));
        let mut mean = list(&self.book.running_mean);
        let mut variance = list(&self.book.running_var);
        self.book.forward(input, output, phase); // for what the way back needs
        if input.ncols() < 2 {
            return; // the exercise is about two examples and more
        }
        let batch: Matrix64 = input.map(f64::from);
        let training = phase == Phase::Train;
        let seen = exercises::batch_norm(
            &batch,
            &scale,
            &shift,
            &mut mean,
            &mut variance,
            training,
        );
        assert!(seen.shape() == input.shape(), "your batch norm changes the shape");
        *output = seen.map(|y| y as f32);
        self.book.running_mean.iter_mut().zip(mean).for_each(|(m, x)| *m = x as f32);
        self.book.running_var.iter_mut().zip(variance).for_each(|(v, x)| *v = x as f32);
    }

    fn backward(
        &mut self,
        input: &Matrix,
        output: &Matrix,
        grad_output: &Matrix,
        grad_input: Option<&mut Matrix>,
    ) {
        self.book.backward(input, output, grad_output, grad_input);
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter)) {
        self.book.parameters(visit);
    }

    fn buffers(&mut self, visit: &mut dyn FnMut(&'static str, &mut Matrix)) {
        self.book.buffers(visit);
    }
}
