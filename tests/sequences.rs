//! Laws of recurrent layers and of networks over sequences: what a batch, a length and
//! a chunk may not change.

use gradbook::gradcheck::{check_recurrent, check_sequence_network};
use gradbook::init::Init;
use gradbook::layer::{Dense, Embedding, Gru, Lstm, Rnn};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::train::{load_weights, save_weights};
use gradbook::{
    Input, Parameters, Recurrent, SequenceNetwork, Sequences, Sequential, State,
};
use rand::RngExt;

type Matrix = gradbook::Matrix<f64>;
type Network = SequenceNetwork<f64>;

fn numbers(rows: usize, columns: usize, seed: u64) -> Matrix {
    let mut rng = gradbook::rng(seed);
    Matrix::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0))
}

/// Every kind of layer, its biases drawn as well, so that none is zero.
fn layers(inputs: usize, hidden: usize) -> Vec<Box<dyn Recurrent<f64>>> {
    let rng = &mut gradbook::rng(31);
    let mut layers: Vec<Box<dyn Recurrent<f64>>> = vec![
        Box::new(Rnn::new(inputs, hidden, rng)),
        Box::new(Rnn::new(inputs, hidden, rng).relu()),
        Box::new(Lstm::new(inputs, hidden, rng)),
        Box::new(Gru::new(inputs, hidden, rng)),
    ];
    for layer in &mut layers {
        layer.parameters(&mut |name, parameter| {
            if name.starts_with("bias") {
                parameter.value = numbers(parameter.value.nrows(), 1, 32);
            }
        });
    }
    layers
}

/// The measure of the book in f64, entry by entry of one tensor.
fn near(what: &str, seen: &Matrix, expected: &Matrix) {
    assert_eq!(seen.shape(), expected.shape(), "{what}");
    let apart = (seen - expected)
        .iter()
        .fold(0.0_f64, |m, d| if d.is_nan() { f64::NAN } else { m.max(d.abs()) });
    let limit = 1e-12 * expected.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
    assert!(apart <= limit, "{what}: off by {apart:e}");
}

/// What one forward and backward pass gives.
struct Pass {
    output: Matrix,
    state: Matrix,
    grad_input: Matrix,
    grad_state: Matrix,
    grads: Vec<Matrix>,
}

fn pass(
    layer: &mut dyn Recurrent<f64>,
    input: &Matrix,
    sequences: &Sequences,
    first: &Matrix,
    grad_output: &Matrix,
    grad_state: &Matrix,
) -> Pass {
    layer.parameters(&mut |_, parameter| parameter.zero_grad());
    let (mut state, mut output) = (first.clone(), Matrix::zeros(0, 0));
    let (mut grad_state, mut grad_input) = (grad_state.clone(), Matrix::zeros(0, 0));
    layer.forward(input, sequences, &mut state, &mut output);
    layer.backward(
        input,
        sequences,
        &output,
        grad_output,
        &mut grad_state,
        Some(&mut grad_input),
    );
    let mut grads = Vec::new();
    layer.parameters(&mut |_, parameter| grads.push(parameter.grad.clone()));
    Pass { output, state, grad_input, grad_state, grads }
}

/// The columns of example `n`, one after another, as long as it is.
fn of_example(matrix: &Matrix, sequences: &Sequences, n: usize) -> Matrix {
    let steps = 0..sequences.lengths()[n];
    let columns: Vec<_> =
        steps.map(|t| matrix.column(sequences.column(t, n)).into_owned()).collect();
    if columns.is_empty() {
        return Matrix::zeros(matrix.nrows(), 0);
    }
    Matrix::from_columns(&columns)
}

#[test]
fn a_batch_of_unequal_lengths_is_each_example_alone() {
    let (inputs, hidden) = (3, 5);
    let sequences = Sequences::of_lengths(&[4, 7, 1, 0, 5]);
    let mut input = numbers(inputs, sequences.columns(), 1);
    let mut grad_output = numbers(hidden, sequences.columns(), 2);
    // what stands past an example's end is never used
    for t in 0..7 {
        for n in (0..5).filter(|&n| !sequences.live(t, n)) {
            input.column_mut(sequences.column(t, n)).fill(f64::NAN);
            grad_output.column_mut(sequences.column(t, n)).fill(f64::INFINITY);
        }
    }
    for mut layer in layers(inputs, hidden) {
        let (name, rows) = (layer.name(), layer.state_rows());
        let (first, grad_state) = (numbers(rows, 5, 3), numbers(rows, 5, 4));
        let whole =
            pass(&mut *layer, &input, &sequences, &first, &grad_output, &grad_state);
        let mut sums: Vec<Matrix> = whole.grads.iter().map(|g| g * 0.0).collect();
        for n in 0..5 {
            let alone = pass(
                &mut *layer,
                &of_example(&input, &sequences, n),
                &Sequences::of_lengths(&sequences.lengths()[n..=n]),
                &first.columns(n, 1).into_owned(),
                &of_example(&grad_output, &sequences, n),
                &grad_state.columns(n, 1).into_owned(),
            );
            let same = |what: &str, seen: &Matrix, expected: &Matrix| {
                near(&format!("{name}, example {n}, {what}"), seen, expected);
            };
            let part = |matrix: &Matrix| of_example(matrix, &sequences, n);
            same("output", &part(&whole.output), &alone.output);
            same("dx", &part(&whole.grad_input), &alone.grad_input);
            let column = |matrix: &Matrix| matrix.columns(n, 1).into_owned();
            same("state", &column(&whole.state), &alone.state);
            same("dstate", &column(&whole.grad_state), &alone.grad_state);
            sums.iter_mut().zip(&alone.grads).for_each(|(sum, g)| *sum += g);
        }
        for (sum, grad) in sums.iter().zip(&whole.grads) {
            near(&format!("{name}, parameters"), grad, sum);
        }
        for t in 0..7 {
            for n in (0..5).filter(|&n| !sequences.live(t, n)) {
                let column = sequences.column(t, n);
                assert!(whole.output.column(column).iter().all(|&h| h == 0.0));
                assert!(whole.grad_input.column(column).iter().all(|&g| g == 0.0));
            }
        }
    }
}

#[test]
fn two_chunks_with_carried_state_are_one_long_pass() {
    let (inputs, hidden, batch) = (3, 4, 2);
    let (early, late) = (Sequences::equal(3, batch), Sequences::equal(4, batch));
    let all = Sequences::equal(7, batch);
    let input = numbers(inputs, 14, 1);
    let (input_1, input_2) =
        (input.columns(0, 6).into_owned(), input.columns(6, 8).into_owned());
    let grad = numbers(hidden, 14, 2);
    let (grad_1, grad_2) =
        (grad.columns(0, 6).into_owned(), grad.columns(6, 8).into_owned());
    for mut layer in layers(inputs, hidden) {
        let name = layer.name();
        let first = numbers(layer.state_rows(), batch, 3);
        let none = Matrix::zeros(layer.state_rows(), batch);
        let long = pass(&mut *layer, &input, &all, &first, &grad, &none);
        let head = pass(&mut *layer, &input_1, &early, &first, &grad_1, &none);
        let tail = pass(&mut *layer, &input_2, &late, &head.state, &grad_2, &none);
        near(name, &head.output, &long.output.columns(0, 6).into_owned());
        near(name, &tail.output, &long.output.columns(6, 8).into_owned());
        near(name, &tail.state, &long.state);
        // the slope of the state at the border is what truncation leaves out ...
        let joined =
            pass(&mut *layer, &input_1, &early, &first, &grad_1, &tail.grad_state);
        near(name, &joined.grad_state, &long.grad_state);
        for ((long, tail), (joined, head)) in
            long.grads.iter().zip(&tail.grads).zip(joined.grads.iter().zip(&head.grads))
        {
            near(name, &(tail + joined), long);
            // ... and it is not nothing
            let share = (tail + head - long).norm() / long.norm();
            assert!(share > 1e-3, "{name}: {share}");
        }
        near(name, &tail.grad_input, &long.grad_input.columns(6, 8).into_owned());
    }
}

#[test]
fn every_layer_backpropagates_through_time() {
    let shapes: [(usize, usize, &[usize]); 4] =
        [(1, 1, &[1]), (3, 5, &[4, 4]), (5, 3, &[2, 7, 0, 4]), (2, 7, &[1, 3, 2])];
    for (inputs, hidden, lengths) in shapes {
        let sequences = Sequences::of_lengths(lengths);
        let input = numbers(inputs, sequences.columns(), 5);
        for mut layer in layers(inputs, hidden) {
            let first = numbers(layer.state_rows(), lengths.len(), 6);
            let found =
                check_recurrent(&mut *layer, &input, &sequences, &first, 7).unwrap();
            assert!(found.all_right(), "{} {lengths:?}\n{found}", layer.name());
        }
    }
}

fn head(inputs: usize, outputs: usize) -> Sequential<f64> {
    let dense = Dense::new(inputs, outputs, Init::XavierNormal, &mut gradbook::rng(8));
    Sequential::new(inputs).then(dense).unwrap()
}

fn of_tokens() -> Network {
    let rng = &mut gradbook::rng(9);
    SequenceNetwork::of_tokens(Embedding::new(5, 3, rng))
        .then(Gru::new(3, 4, rng))
        .and_then(|network| network.then(Lstm::new(4, 3, rng)))
        .unwrap()
}

fn of_numbers() -> Network {
    let rng = &mut gradbook::rng(10);
    SequenceNetwork::of_numbers(2)
        .then(Rnn::new(2, 4, rng))
        .and_then(|network| network.then(Lstm::new(4, 3, rng)))
        .unwrap()
}

fn one_hot(rows: usize, columns: usize) -> Matrix {
    Matrix::from_fn(rows, columns, |i, j| f64::from(u8::from((2 * i + j) % rows == 0)))
}

#[test]
fn every_network_sends_its_gradient_back() {
    for lengths in [&[3, 3][..], &[4, 1, 2]] {
        let sequences = Sequences::of_lengths(lengths);
        let (columns, live) = (sequences.columns(), sequences.live_columns().len());
        let tokens: Vec<usize> = (0..columns).map(|c| (3 * c + 1) % 5).collect();
        let numbers = numbers(2, columns, 11);
        let cases = [
            (of_tokens().head_each_step(head(3, 5)), Input::Tokens(&tokens), live),
            (
                of_tokens().head_last_step(head(3, 5)),
                Input::Tokens(&tokens),
                lengths.len(),
            ),
            (of_numbers().head_each_step(head(3, 5)), Input::Numbers(&numbers), live),
            (
                of_numbers().head_last_step(head(3, 5)),
                Input::Numbers(&numbers),
                lengths.len(),
            ),
        ];
        for (network, input, answers) in cases {
            let mut network = network.unwrap();
            let (loss, target) = (&SoftmaxCrossEntropy, one_hot(5, answers));
            let found =
                check_sequence_network(&mut network, loss, input, &sequences, &target)
                    .unwrap();
            assert!(found.all_right(), "{lengths:?}\n{found}");
            let first = if matches!(input, Input::Numbers(_)) {
                "input"
            } else {
                "embedding.weight"
            };
            assert_eq!(found.reports[0].name, first);
        }
    }
}

fn every_weight(network: &mut Network) -> Vec<f64> {
    let mut all = Vec::new();
    network.parameters(&mut |_, p| all.extend_from_slice(p.value.as_slice()));
    all
}

#[test]
fn weights_are_saved_and_read_again() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = path.join("sequence_network.safetensors");
    let mut network = of_tokens().head_each_step(head(3, 5)).unwrap();
    save_weights(&mut network, &path).unwrap();
    let saved = every_weight(&mut network);
    network.parameters(&mut |_, p| p.value *= 0.5);
    load_weights(&mut network, &path).unwrap();
    assert_eq!(every_weight(&mut network), saved);
    let mut names = Vec::new();
    network.parameters(&mut |name, _| names.push(name.to_string()));
    assert_eq!(names[..2], ["embedding.weight", "recurrent.0.weight_ih"]);
    assert_eq!(names[names.len() - 2..], ["head.0.weight", "head.0.bias"]);
    let mut other = of_numbers().head_each_step(head(3, 5)).unwrap();
    let before = every_weight(&mut other);
    let error = load_weights(&mut other, &path).unwrap_err().to_string();
    assert!(error.contains("recurrent.0.weight_ih"), "{error}");
    assert_eq!(every_weight(&mut other), before);
}

#[test]
fn the_microscope_shows_how_the_gradient_fades() {
    let steps = 6;
    // h_t = 0.5 h_(t-1) + x_t while it is positive: each step back halves the slope
    let half = Matrix::from_element(1, 1, 0.5);
    let one = Matrix::from_element(1, 1, 1.0);
    let layer = Rnn::from_parts(one.clone(), half, Matrix::zeros(1, 1)).unwrap().relu();
    let mut network = SequenceNetwork::of_numbers(1).then(layer).unwrap();
    network = network.head_last_step(Sequential::new(1)).unwrap();
    let (x, sequences) =
        (Matrix::from_element(1, steps, 1.0), Sequences::equal(steps, 1));
    let mut state = network.state(1);
    network.forward(Input::Numbers(&x), &sequences, &mut state).unwrap();
    network.backward(Input::Numbers(&x), &sequences, &one).unwrap();
    let expected: Vec<f64> =
        (0..steps).rev().map(|back| 0.5_f64.powi(back as i32)).collect();
    assert_eq!(network.gradient_norms(), expected);
    assert_eq!(network.memory_gradient_norms(), expected);
    assert_eq!(network.state_gradients()[0][0], 0.5_f64.powi(6));
    // two examples side by side: lengths of vectors, not sums
    let x = Matrix::from_element(1, 2 * steps, 1.0);
    let (sequences, grad) =
        (Sequences::equal(steps, 2), Matrix::from_element(1, 2, 1.0));
    let mut state = network.state(2);
    network.forward(Input::Numbers(&x), &sequences, &mut state).unwrap();
    network.backward(Input::Numbers(&x), &sequences, &grad).unwrap();
    for (seen, expected) in network.gradient_norms().iter().zip(&expected) {
        assert!((seen - expected * 2.0_f64.sqrt()).abs() < 1e-15);
    }
}

#[test]
fn what_does_not_fit_is_an_error_that_says_so() {
    let line = |error: gradbook::ShapeError| error.to_string();
    let rng = &mut gradbook::rng(9);
    let error = of_numbers().then(Gru::new(2, 4, rng)).err().map(line);
    let expected = "layer 2: Gru: rows of the input is 3, expected 2";
    assert_eq!(error.as_deref(), Some(expected));
    let error = of_numbers().head_last_step(head(4, 1)).err().map(line);
    assert_eq!(error.as_deref(), Some("head: rows of the input is 3, expected 4"));
    let headed = || of_tokens().head_last_step(head(3, 5)).unwrap();
    assert!(headed().head_each_step(head(3, 5)).is_err());
    assert!(headed().then(Gru::new(3, 4, rng)).is_err());

    let mut network = headed();
    let two = Sequences::equal(3, 2);
    let tokens = [0, 1, 2, 3, 4, 0];
    let fails = |network: &mut Network, input, sequences, mut state: State<f64>| {
        network.forward(input, sequences, &mut state).err().map(line).unwrap()
    };
    let state = network.state(2);
    let error = fails(&mut network, Input::Tokens(&tokens[1..]), &two, state.clone());
    assert_eq!(error, "SequenceNetwork: number of tokens is 5, expected 6");
    let numbers = Matrix::zeros(3, 6);
    let error = fails(&mut network, Input::Numbers(&numbers), &two, state.clone());
    assert_eq!(error, "SequenceNetwork: input is numbers, expected tokens");
    let (wrong, none) = (network.state(3), State { layers: vec![] });
    let error = fails(&mut network, Input::Tokens(&tokens), &two, wrong);
    assert_eq!(error, "SequenceNetwork: state of layer 0 is 4 x 3, expected 4 x 2");
    let error = fails(&mut network, Input::Tokens(&tokens), &two, none);
    assert_eq!(error, "SequenceNetwork: layers of the state is 0, expected 2");
    let empty = Sequences::of_lengths(&[3, 0]);
    let error = fails(&mut network, Input::Tokens(&tokens), &empty, state.clone());
    assert!(error.contains("length of example 1 is 0"), "{error}");
    let error = fails(&mut network, Input::Tokens(&[5; 6]), &two, state.clone());
    assert!(error.contains("a token is 5"), "{error}");

    let mut state = state;
    network.forward(Input::Tokens(&tokens), &two, &mut state).unwrap();
    let right = Matrix::zeros(5, 2);
    let input = Input::Tokens(&tokens);
    let other = Sequences::of_lengths(&[3, 2]);
    assert!(network.backward(input, &other, &right).is_err());
    assert!(network.backward(input, &two, &Matrix::zeros(5, 6)).is_err());
    assert!(network.backward(input, &two, &right).is_ok());
    let mut numbers_network = of_numbers();
    let mut state = numbers_network.state(2);
    let x = Matrix::zeros(3, 6);
    let error = numbers_network.forward(Input::Numbers(&x), &two, &mut state);
    let expected = "SequenceNetwork: input is 3 x 6, expected 2 x 6";
    assert_eq!(line(error.unwrap_err()), expected);
}

#[test]
fn without_a_recurrent_layer_the_head_reads_the_input() {
    let sequences = Sequences::of_lengths(&[3, 1]);
    let x = numbers(3, 6, 12);
    let mut network =
        SequenceNetwork::of_numbers(3).head_each_step(head(3, 2)).unwrap();
    let mut state = network.state(2);
    let seen = network.forward(Input::Numbers(&x), &sequences, &mut state).unwrap();
    assert_eq!(seen.shape(), (2, 4));
    let target = one_hot(2, 4);
    let (loss, input) = (&SoftmaxCrossEntropy, Input::Numbers(&x));
    let found = check_sequence_network(&mut network, loss, input, &sequences, &target);
    assert!(found.unwrap().all_right());
}
