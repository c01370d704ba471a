//! The exam: the test part, opened once, and everything that comes of it.

use gradbook::data::Dataset;
use gradbook::train::{
    Confusion, answer, answers, load_weights, predict, save_weights,
};
use gradbook::{Parameters, Sequential};
use lessons::{Result, Run, bail, percent};

use crate::hands::Hands;
use crate::learning::{Learned, place};
use crate::parts::Parts;
use crate::pictures::{self, Mistake};

/// Both networks on the test part, beside answering always the same.
pub fn sit(
    run: &mut Run,
    hands: Hands,
    networks: [&mut Learned; 2],
    parts: &Parts,
) -> Result {
    run.heading(&format!("The exam: {} images never seen", parts.test.len()));
    let [logistic, mlp] = networks;
    let always = commonest(run, &parts.train, &parts.test);
    let first = row(run, hands, logistic, parts)?;
    let second = row(run, hands, mlp, parts)?;
    let columns =
        ["model", "numbers", "accuracy", "precision", "recall", "F1", "mistakes"];
    run.table(&columns, &[always, first, second]);
    let table = hands.confusion(&mut mlp.net, &parts.test)?;
    class_by_class(run, &table, &parts.test);
    let names = &parts.test.class_names;
    let figure = pictures::confusion(&table, names);
    run.figure("confusion", "MLP, test part: rows are truths.", &figure)
}

/// What answering always the commonest digit gets: the least a classifier must beat.
fn commonest(run: &mut Run, train: &Dataset, test: &Dataset) -> Vec<String> {
    let counts = train.class_counts();
    let largest = (0..counts.len()).max_by_key(|&class| counts[class]).unwrap_or(0);
    let right = test.class_counts().get(largest).copied().unwrap_or(0);
    let accuracy = right as f64 / test.len() as f64;
    run.value("commonest_test_accuracy", accuracy);
    let name = format!("always {}", test.class_names[largest]);
    let mut row = vec![name, "0".into(), percent(accuracy)];
    row.extend(["", "", ""].map(String::from));
    row.push((test.len() - right).to_string());
    row
}

/// One network's row, and its values.
fn row(
    run: &mut Run,
    hands: Hands,
    learned: &mut Learned,
    parts: &Parts,
) -> Result<Vec<String>> {
    let (name, net) = (learned.kind.name(), &mut learned.net);
    let table = hands.confusion(net, &parts.test)?;
    let [precision, recall, f1] = hands.scores(&table);
    let accuracy = table.accuracy();
    let right: usize = (0..table.classes()).map(|class| table.at(class, class)).sum();
    let mistakes = table.total() - right;
    for (what, value) in [
        ("accuracy", accuracy),
        ("precision", precision),
        ("recall", recall),
        ("f1", f1),
    ] {
        run.value(&format!("{name}_test_{what}"), value);
        run.baseline(&format!("{name}_test_{what}"), 0.1);
    }
    run.value(&format!("{name}_test_mistakes"), mistakes as f64);
    let mut row = vec![name.to_string(), net.parameter_count().to_string()];
    row.push(percent(accuracy));
    row.extend([precision, recall, f1].map(|score| format!("{score:.3}")));
    row.push(mistakes.to_string());
    Ok(row)
}

/// The MLP's scores for each digit, with its row of the confusion matrix.
fn class_by_class(run: &mut Run, table: &Confusion, test: &Dataset) {
    run.say(
        "The MLP, digit by digit. On the right its confusion matrix: each row is a \
             true digit, each column an answer.",
    );
    let names = &test.class_names;
    let mut columns = vec!["digit", "precision", "recall", "F1"];
    columns.extend(names.iter().map(String::as_str));
    let mut rows = Vec::new();
    for (class, name) in names.iter().enumerate() {
        let scores = [table.precision(class), table.recall(class), table.f1(class)];
        let mut row = vec![name.clone()];
        row.extend(scores.map(|score| format!("{score:.3}")));
        let count = |answer| match table.at(class, answer) {
            0 => ".".to_string(),
            count => count.to_string(),
        };
        row.extend((0..names.len()).map(count));
        rows.push(row);
    }
    run.table(&columns, &rows);
}

/// Every mistake on the test part, the surest first.
fn find(hands: Hands, net: &mut Sequential, test: &Dataset) -> Result<Vec<Mistake>> {
    let outputs = predict(net, &test.inputs)?;
    let mut mistakes = Vec::new();
    for (index, logits) in outputs.column_iter().enumerate() {
        let truth = test.labels[index];
        let Some(answer) = answer(logits.as_slice()).filter(|&a| a != truth) else {
            continue;
        };
        let share = hands.shares(logits.as_slice())[answer];
        mistakes.push(Mistake { index, truth, answer, share });
    }
    mistakes.sort_by(|a, b| b.share.total_cmp(&a.share));
    Ok(mistakes)
}

/// The mistakes as pictures.
pub fn mistakes(
    run: &mut Run,
    hands: Hands,
    learned: &mut Learned,
    parts: &Parts,
) -> Result {
    let names = &parts.test.class_names;
    let all = find(hands, &mut learned.net, &parts.test)?;
    if let Some(worst) = all.first() {
        let (truth, answer) = (&names[worst.truth], &names[worst.answer]);
        let sure = percent(worst.share);
        run.say(&format!(
            "Its surest mistake: {truth} read as {answer}, and {sure} sure of it."
        ));
    }
    let figure = pictures::mistakes(&all, &parts.pixels, names);
    run.figure("mistakes", "The MLP's mistakes on the test part.", &figure)
}

// ANCHOR: keep
/// Saves the weights, reads them into a new network and asks both the same questions.
pub fn keep(run: &mut Run, learned: &mut Learned, parts: &Parts) -> Result {
    run.heading("Saved, and read again");
    let path = place(run, "model.safetensors");
    save_weights(&mut learned.net, &path)?;
    let (pixels, classes) = (parts.test.features(), parts.test.classes());
    let mut again = learned.kind.build(pixels, classes, &mut gradbook::rng(0))?;
    load_weights(&mut again, &path)?;
    let before = answers(&predict(&mut learned.net, &parts.test.inputs)?);
    let after = answers(&predict(&mut again, &parts.test.inputs)?);
    if before != after {
        bail!("{}: the network read from it answers otherwise", run.shown(&path));
    }
    run.say(&format!(
        "{}: the network read from it gives the same {} answers.",
        run.shown(&path),
        after.len()
    ));
    Ok(())
}
// ANCHOR_END: keep
