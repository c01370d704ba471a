//! The lesson's own parts: the reader's LSTM beside the library's, equal parameters.

use gradbook::layer::Recurrent;
use gradbook::{Matrix, Sequences, rng};
use lessons::Run;

use super::*;
use crate::cells::Cell;
use crate::hands::YourLstm;

/// A matrix with entries between -1 and 1 that have no pattern.
fn some(rows: usize, columns: usize) -> Matrix {
    Matrix::from_fn(rows, columns, |i, j| ((7 * i + 13 * j) as f32 * 0.7).sin())
}

#[test]
fn right_answers_make_the_librarys_lstm() {
    let sequences = Sequences::of_lengths(&[5, 2, 4]);
    let mut ours = cells::lstm(3, 4, Start::USUAL, &mut rng(5));
    let answers = (solutions::lstm_step as _, solutions::lstm_step_backward as _);
    let mut yours = YourLstm::new(ours.clone(), answers);
    let (input, grad) = (some(3, 15), some(4, 15));
    let run = |layer: &mut dyn Recurrent| {
        let (mut state, mut output) = (some(8, 3), Matrix::zeros(0, 0));
        layer.forward(&input, &sequences, &mut state, &mut output);
        let (mut grad_state, mut grad_input) = (some(8, 3), Matrix::zeros(0, 0));
        let back = Some(&mut grad_input);
        layer.backward(&input, &sequences, &output, &grad, &mut grad_state, back);
        let mut all = vec![state, output, grad_state, grad_input];
        all.extend([layer.hidden_gradients(), layer.memory_gradients()].map(|g| {
            // A step past an example's end has no slope that means anything.
            let live = |column: usize| {
                let step = column / 3;
                step > 0 && sequences.live(step - 1, column % 3)
            };
            let entry = |row, n| if live(n) { g[(row, n)] } else { 0.0 };
            Matrix::from_fn(g.nrows(), g.ncols(), entry)
        }));
        layer.parameters(&mut |_, parameter| all.push(parameter.grad.clone()));
        all
    };
    for (seen, expected) in run(&mut yours).iter().zip(run(&mut ours)) {
        assert_eq!(seen.shape(), expected.shape());
        assert!((seen - &expected).amax() < 1e-5, "{seen}{expected}");
    }
}

#[test]
fn the_character_models_have_equal_parameters() {
    let wanted = 32_844;
    for cell in Cell::ALL {
        let corpus = characters::corpus().unwrap();
        let recipe = characters::recipe(cell, corpus.vocabulary.len(), 1);
        let mut net = characters::network(cell, &recipe, &corpus, 1).unwrap();
        let count = gradbook::Parameters::parameter_count(&mut net);
        assert!(count.abs_diff(wanted) < wanted / 100, "{cell:?}: {count}");
    }
}

#[test]
fn ten_steps_are_soon_added_and_the_result_does_not_depend_on_threads() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().display().to_string();
    let words = ["--steps", "10", "--hidden", "12", "--updates", "600", "--out", &out];
    let mut quiet = Run::quiet(LESSON, words).unwrap();
    let start = Start::USUAL;
    let (rate, clip, cap) = (0.02, 1.0, 600);
    let recipe =
        Recipe { steps: 10, hidden: 12, batch: 16, rate, clip, cap, start, seed: 3 };
    let learned = adding::show(&mut quiet, Hands::default(), recipe).unwrap();
    let [_, lstm, gru] = &learned[..] else { panic!("three cells") };
    assert!(lstm.mse < 0.02 && gru.mse < 0.02, "{} {}", lstm.mse, gru.mse);
    let bar = quiet.progress("again", 12);
    let again = adding::learn(Cell::Lstm, Hands::default(), recipe, &bar).unwrap();
    assert_eq!((again.mse, again.updates), (lstm.mse, lstm.updates));
}
