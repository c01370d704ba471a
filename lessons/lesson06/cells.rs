//! The four cells: networks trained on plain and on shifted digits, tested on both.

use gradbook::data::Dataset;
use gradbook::{Parameters, Sequential, rng};
use lessons::{Result, Run, percent};

use crate::canvas::{CANVAS, Canvases};
use crate::hands::Hands;
use crate::models::{CNN, Kind, Setup, accuracy};
use crate::pictures;

/// Where the digits lie, in the order of [`Canvases`].
pub const PLACES: [&str; 2] = ["plain", "shifted"];

/// What a network gets on the test images: `[trained on][tested on]`.
pub type Cells = [[f64; 2]; 2];

// ANCHOR: cells
/// Trains one network on plain and one on shifted digits, and tests both on both.
pub fn cells(
    hands: Hands,
    kind: Kind,
    digits: &Canvases,
    setup: Setup,
) -> Result<(Cells, [Sequential; 2])> {
    let mut seen = Cells::default();
    let mut learn = |trained: usize| -> Result<Sequential> {
        let train = &digits.train[trained];
        let mut net =
            hands.build(kind, CANVAS, train.classes(), &mut rng(setup.seed))?;
        setup.fit(&mut net, train, &mut [])?;
        for (tested, test) in digits.test.iter().enumerate() {
            seen[trained][tested] = accuracy(&mut net, test)?;
        }
        Ok(net)
    };
    let networks = [learn(0)?, learn(1)?];
    Ok((seen, networks))
}
// ANCHOR_END: cells

/// The four cells of both networks, and the CNN that learned from shifted digits.
pub fn show(
    run: &mut Run,
    hands: Hands,
    digits: &Canvases,
    setup: Setup,
) -> Result<Sequential> {
    run.heading("Digits, plain and shifted");
    let examples = pictures::examples(&digits.train);
    run.figure("digits", "The same digits, in the middle and shifted.", &examples)?;
    run.count("train_examples", digits.train[0].len());
    run.count("test_examples", digits.test[0].len());
    let bar = run.progress("four cells", 3);
    let (logistic, mut simple) = cells(hands, Kind::Logistic, digits, setup)?;
    bar.inc(1);
    let (mlp, mut dense) = cells(hands, Kind::Mlp(setup.hidden), digits, setup)?;
    bar.inc(1);
    let (cnn, [mut plain, mut shifted]) = cells(hands, CNN, digits, setup)?;
    drop(bar);
    let all = [
        ("logistic", logistic, simple[0].parameter_count()),
        ("mlp", mlp, dense[0].parameter_count()),
        ("cnn", cnn, plain.parameter_count()),
    ];
    let mut rows = Vec::new();
    for (name, cells, count) in all {
        run.count(&format!("{name}_parameters"), count);
        for (trained, row) in cells.iter().enumerate() {
            for (tested, &seen) in row.iter().enumerate() {
                let name = format!("{name}_{}_{}", PLACES[trained], PLACES[tested]);
                run.value(&name, seen);
                run.baseline(&name, 0.1);
            }
        }
        let mut row = vec![name.to_string(), count.to_string()];
        row.extend(cells.as_flattened().iter().map(|&seen| percent(seen)));
        rows.push(row);
    }
    let columns = ["network", "numbers", "P to P", "P to S", "S to P", "S to S"];
    run.table(&columns, &rows);
    run.say("P to S: trained on plain digits, tested on shifted ones.");
    let picture = pictures::cells(&mlp, &cnn);
    run.figure("cells", "Two networks, two trainings, two exams.", &picture)?;
    whose(run, "mlp_test_accuracy", mlp[1][1]);
    whose(run, "cnn_test_accuracy", cnn[1][1]);
    frozen(run, hands, digits, setup)?;
    layers(run, &mut shifted, &digits.test[1])?;
    Ok(shifted)
}

/// The number that stands for a network: learned from shifted digits, tested on them.
fn whose(run: &mut Run, name: &str, seen: f64) {
    run.value(name, seen);
    run.baseline(name, 0.1);
}

/// The ablation: the same network, its filters left as they were drawn.
fn frozen(run: &mut Run, hands: Hands, digits: &Canvases, setup: Setup) -> Result {
    let (seen, [_, mut net]) = cells(hands, Kind::Frozen, digits, setup)?;
    let count = net.parameter_count();
    run.count("frozen_parameters", count);
    run.value("frozen_plain_plain", seen[0][0]);
    run.baseline("frozen_plain_plain", 0.1);
    whose(run, "frozen_filters_test_accuracy", seen[1][1]);
    run.say(&format!(
        "The CNN with filters left as they were drawn, so that only the last layer \
         learns ({count} numbers): P to P {}, S to S {}.",
        percent(seen[0][0]),
        percent(seen[1][1])
    ));
    Ok(())
}

/// The numbers that flow and the numbers that are learned, layer by layer.
fn layers(run: &mut Run, net: &mut Sequential, data: &Dataset) -> Result {
    run.say("The CNN, layer by layer:");
    let (names, widths) = (net.layer_names(), net.widths());
    let mut counts = vec![0; names.len()];
    net.parameters(&mut |name, parameter| {
        let layer = name.split('.').next().and_then(|index| index.parse().ok());
        if let Some(count) = layer.and_then(|layer: usize| counts.get_mut(layer)) {
            *count += parameter.value.len();
        }
    });
    let mut rows = vec![["image".to_string(), data.features().to_string(), "0".into()]];
    for (index, name) in names.iter().enumerate() {
        let width = widths[index + 1].to_string();
        rows.push([name.to_string(), width, counts[index].to_string()]);
    }
    run.table(&["layer", "numbers that come out", "numbers to learn"], &rows);
    Ok(())
}
