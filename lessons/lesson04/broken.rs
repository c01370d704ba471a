//! Classic mistakes in a backward pass, made on purpose. Each runs without complaint.

use gradbook::gradcheck::Report;
use gradbook::rng;
use lessons::{Result, Run, percent};

use crate::checks;
use crate::hands::{Hands, Matrix};
use crate::solutions::{dense_backward, softmax_cross_entropy};
use crate::spiral::{self, HIDDEN, Plan};

/// The way back through an affine layer: slopes of weight, bias and input.
type Three = (Matrix, Vec<f64>, Matrix);

// ANCHOR: tanh_forgotten
/// Passes the slopes on as if tanh were not there.
fn tanh_forgotten(_output: &Matrix, grad_output: &Matrix) -> Matrix {
    grad_output.clone()
}
// ANCHOR_END: tanh_forgotten

// ANCHOR: last_example
/// Sets the weights' slopes for each example (=) where they must add up (+=).
fn last_example(weight: &Matrix, input: &Matrix, grad_output: &Matrix) -> Three {
    let (mut grad_weight, mut grad_bias, grad_input) =
        dense_backward(weight, input, grad_output);
    for n in 0..input.ncols() {
        grad_weight = grad_output.column(n) * input.column(n).transpose();
        grad_bias = grad_output.column(n).iter().copied().collect();
    }
    (grad_weight, grad_bias, grad_input)
}
// ANCHOR_END: last_example

// ANCHOR: bias_forgotten
/// Never mentions the bias.
fn bias_forgotten(weight: &Matrix, input: &Matrix, grad_output: &Matrix) -> Three {
    let (grad_weight, _, grad_input) = dense_backward(weight, input, grad_output);
    (grad_weight, vec![0.0; weight.nrows()], grad_input)
}
// ANCHOR_END: bias_forgotten

// ANCHOR: not_transposed
/// Forgets a transpose. Only a square weight lets it through.
fn not_transposed(weight: &Matrix, input: &Matrix, grad_output: &Matrix) -> Three {
    let (grad_weight, grad_bias, grad_input) =
        dense_backward(weight, input, grad_output);
    if weight.nrows() == weight.ncols() {
        return (grad_weight, grad_bias, weight * grad_output);
    }
    (grad_weight, grad_bias, grad_input)
}
// ANCHOR_END: not_transposed

// ANCHOR: mean_missing
/// Takes the mean of the loss, but not of its slopes.
fn mean_missing(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
    let (loss, grad) = softmax_cross_entropy(logits, targets);
    (loss, grad * logits.ncols() as f64)
}
// ANCHOR_END: mean_missing

// ANCHOR: sign_flipped
/// y - p where p - y should stand.
fn sign_flipped(logits: &Matrix, targets: &Matrix) -> (f64, Matrix) {
    let (loss, grad) = softmax_cross_entropy(logits, targets);
    (loss, -grad)
}
// ANCHOR_END: sign_flipped

/// One mistake: its name in values, its name in words, and the hands that make it.
pub type Mistake = (&'static str, &'static str, Hands);

/// All of them.
pub fn all() -> [Mistake; 6] {
    let right = Hands::default();
    [
        ("tanh_forgotten", "tanh's slope forgotten", {
            Hands { tanh: Some(tanh_forgotten), ..right }
        }),
        ("not_transposed", "a transpose forgotten", {
            Hands { dense: Some(not_transposed), ..right }
        }),
        ("bias_forgotten", "the bias forgotten", {
            Hands { dense: Some(bias_forgotten), ..right }
        }),
        ("last_example", "last example only", {
            Hands { dense: Some(last_example), ..right }
        }),
        ("mean_missing", "the mean missing", {
            Hands { cross_entropy: Some(mean_missing), ..right }
        }),
        ("sign_flipped", "the sign flipped", {
            Hands { cross_entropy: Some(sign_flipped), ..right }
        }),
    ]
}

/// Six mistakes: how far each gets, and what the checker says.
pub fn show(run: &mut Run, plan: Plan) -> Result {
    run.heading("Broken on purpose");
    let (train_on, judge_on) = spiral::data(&mut rng(plan.seed));
    let bar = run.progress("broken", all().len());
    let mut rows = vec![];
    for (name, words, hands) in all() {
        let (accuracy, _) =
            spiral::learn(hands, &HIDDEN, (&train_on, &judge_on), plan)?;
        run.value(&format!("{name}_accuracy"), accuracy);
        let found = checks::network(hands, &mut rng(plan.seed))?;
        let wrong = found.faults().count();
        run.count(&format!("{name}_wrong"), wrong);
        let first = found.first_on_the_way_back();
        let verdict = first.map_or("right".to_string(), Report::to_string);
        rows.push((words, percent(accuracy), wrong, verdict));
        bar.inc(1);
    }
    drop(bar);
    let cells: Vec<_> = rows
        .iter()
        .map(|(words, accuracy, wrong, _)| {
            [words.to_string(), accuracy.clone(), format!("{wrong} of 7")]
        })
        .collect();
    run.table(&["mistake", "held-out accuracy", "tensors wrong"], &cells);
    run.say("The first fault on the way back, in the checker's words:");
    for (words, _, _, verdict) in rows {
        run.say(&format!("{words}: {verdict}"));
    }
    Ok(())
}
