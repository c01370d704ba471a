//! The character model on the reader's own functions: their unrolling and their way
//! back as a layer, their clipping before Adam's step.

use gradbook::data::text::Corpus;
use gradbook::init::Init;
use gradbook::layer::{Dense, Embedding, Parameter, Rnn};
use gradbook::network::Parameters;
use gradbook::optimizer::{Adam, Optimizer, OptimizerState};
use gradbook::train::TextConfig;
use gradbook::{Recurrent, SequenceNetwork, Sequences, Sequential, rng};
use lessons::characters::{Curve, Recipe};
use lessons::{Bar, Result};

use crate::hands::{Hands, Matrix};

/// A recurrent layer that calls the exercises.
struct Layer {
    hands: Hands,
    weights: [Parameter<f64>; 3],
    starts: Matrix,
    nothing: Matrix,
}

/// Example `n` of a batch of sequences: its columns, one for each step.
fn example(all: &Matrix, sequences: &Sequences, n: usize) -> Matrix {
    let column = |i: usize, t: usize| all[(i, sequences.column(t, n))];
    Matrix::from_fn(all.nrows(), sequences.lengths()[n], column)
}

/// Stops with words when a function gave back another shape than it should.
fn expect(what: &str, seen: (usize, usize), expected: (usize, usize)) {
    let ((r, c), (rows, columns)) = (seen, expected);
    assert!(seen == expected, "{what} is {r} x {c}, expected {rows} x {columns}");
}

impl Recurrent<f64> for Layer {
    fn name(&self) -> &'static str {
        "your layer"
    }

    fn inputs(&self) -> usize {
        self.weights[0].value.ncols()
    }

    fn hidden(&self) -> usize {
        self.weights[0].value.nrows()
    }

    fn forward(
        &mut self,
        input: &Matrix,
        sequences: &Sequences,
        state: &mut Matrix,
        output: &mut Matrix,
    ) {
        let [w, u, b] = &self.weights;
        let weights = (&w.value, &u.value, b.value.as_slice());
        self.starts = state.clone();
        *output = Matrix::zeros(b.value.nrows(), sequences.columns());
        for n in 0..sequences.batch() {
            let inputs = example(input, sequences, n);
            let start: Vec<f64> = self.starts.column(n).iter().copied().collect();
            let states = (self.hands.unroll)(weights, &inputs, &start);
            expect(
                "unroll: what it returns",
                states.shape(),
                (start.len(), inputs.ncols()),
            );
            for (t, now) in states.column_iter().enumerate() {
                output.set_column(sequences.column(t, n), &now);
                state.set_column(n, &now);
            }
        }
    }

    fn backward(
        &mut self,
        input: &Matrix,
        sequences: &Sequences,
        output: &Matrix,
        grad_output: &Matrix,
        grad_state: &mut Matrix,
        grad_input: Option<&mut Matrix>,
    ) {
        let [w, u, b] = &mut self.weights;
        for n in 0..sequences.batch() {
            let weights = (&w.value, &u.value, b.value.as_slice());
            let inputs = example(input, sequences, n);
            let states = example(output, sequences, n);
            let mut grads = example(grad_output, sequences, n);
            if let Some(last) = grads.ncols().checked_sub(1) {
                let mut last = grads.column_mut(last);
                last += grad_state.column(n);
            }
            let start: Vec<f64> = self.starts.column(n).iter().copied().collect();
            let (by_w, by_u, by_b, by_start) =
                (self.hands.through_time)(weights, &inputs, &start, &states, &grads);
            expect("through_time: dL/d(input_weight)", by_w.shape(), w.value.shape());
            expect("through_time: dL/d(state_weight)", by_u.shape(), u.value.shape());
            expect("through_time: dL/d(biases)", (by_b.len(), 1), b.value.shape());
            expect("through_time: dL/d(start)", (by_start.len(), 1), (start.len(), 1));
            w.grad += by_w;
            u.grad += by_u;
            b.grad += Matrix::from_vec(by_b.len(), 1, by_b);
            grad_state.set_column(n, &gradbook::Vector::from_vec(by_start));
        }
        if let Some(grad_input) = grad_input {
            // one-hot characters are not learned
            *grad_input = Matrix::zeros(input.nrows(), input.ncols());
        }
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<f64>)) {
        let names = ["weight_ih", "weight_hh", "bias"];
        names.iter().zip(&mut self.weights).for_each(|(name, p)| visit(name, p));
    }

    fn hidden_gradients(&self) -> &Matrix {
        &self.nothing
    }
}

/// Adam, with the reader's clipping before each step.
struct Clipped {
    adam: Adam<f64>,
    hands: Hands,
    limit: f64,
}

impl Optimizer<f64> for Clipped {
    fn name(&self) -> &'static str {
        "Adam after your clipping"
    }

    fn step(&mut self, model: &mut dyn Parameters<f64>) {
        let mut gradients = vec![];
        model.parameters(&mut |_, p| gradients.push(p.grad.as_slice().to_vec()));
        let clipped = (self.hands.clip)(&gradients, self.limit);
        let lengths = |all: &[Vec<f64>]| all.iter().map(Vec::len).collect::<Vec<_>>();
        let (seen, expected) = (lengths(&clipped), lengths(&gradients));
        assert!(seen == expected, "clip: lists of {seen:?} entries, not {expected:?}");
        let mut next = clipped.iter();
        model.parameters(&mut |_, p| {
            if let Some(clipped) = next.next() {
                p.grad.as_mut_slice().copy_from_slice(clipped);
            }
        });
        self.adam.step(model);
    }

    fn learning_rate(&self) -> f64 {
        Optimizer::<f64>::learning_rate(&self.adam)
    }

    fn set_learning_rate(&mut self, rate: f64) {
        Optimizer::<f64>::set_learning_rate(&mut self.adam, rate);
    }

    fn state(&mut self) -> OptimizerState<'_, f64> {
        self.adam.state()
    }
}

/// A model of one-hot characters and the reader's layer, trained.
pub fn learn(
    hands: Hands,
    recipe: &Recipe,
    corpus: &Corpus,
    bar: &Bar,
    seed: u64,
) -> Result<(SequenceNetwork<f64>, Curve)> {
    let (mut random, characters) = (rng(seed), corpus.vocabulary.len());
    let drawn = Rnn::<f64>::new(characters, recipe.hidden, &mut random);
    let weights = [drawn.weight_ih, drawn.weight_hh, drawn.bias];
    let nothing = || Matrix::zeros(0, 0);
    let layer = Layer { hands, weights, starts: nothing(), nothing: nothing() };
    let head = Dense::new(recipe.hidden, characters, Init::XavierNormal, &mut random);
    let one_hot = Embedding::from_parts(Matrix::identity(characters, characters));
    let mut network = SequenceNetwork::of_tokens(one_hot)
        .then(layer)?
        .head_each_step(Sequential::new(recipe.hidden).then(head)?)?;
    let config = TextConfig { clip: None, ..recipe.config(corpus) };
    let mut optimizer =
        Clipped { adam: Adam::new(recipe.rate), hands, limit: recipe.limit };
    let curve =
        recipe.learn_with(&mut optimizer, &config, &mut network, corpus, bar)?;
    Ok((network, curve))
}
