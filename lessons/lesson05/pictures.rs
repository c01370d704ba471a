//! The pictures of the lesson.

use gradbook::data::Dataset;
use gradbook::plot::{Axis, Chart, Heatmap, Images, Panels, Role, Svg, steps};
use gradbook::train::{Confusion, History};
use gradbook::{Matrix, Parameters, Sequential};

/// The first images of every class, a row of classes at a time.
pub fn examples(digits: &Dataset, rows: usize) -> Svg {
    let width = digits.features().isqrt();
    let mut images = Images::new(digits.classes()).side(44);
    for row in 0..rows {
        for class in 0..digits.classes() {
            let mut of = (0..digits.len()).filter(|&i| digits.labels[i] == class);
            if let Some(index) = of.nth(row) {
                let caption = if row == 0 { &digits.class_names[class] } else { "" };
                let pixels = digits.inputs.column(index);
                images = images.add(caption, width, pixels.as_slice());
            }
        }
    }
    images.svg()
}

/// Loss and validation accuracy, epoch by epoch, of two networks.
pub fn learning_curves(mlp: &History, logistic: &History) -> Svg {
    let train = |history: &History| -> Vec<f64> {
        history.epochs.iter().map(|epoch| epoch.train.loss).collect()
    };
    let valid = |history: &History| -> Vec<f64> {
        history.epochs.iter().map(|epoch| epoch.judge().loss).collect()
    };
    let right = |history: &History| -> Vec<f64> {
        let of = |epoch: &gradbook::train::Epoch| epoch.judge().accuracy;
        history.epochs.iter().filter_map(of).collect()
    };
    let best = mlp.best().map_or(1.0, |epoch| epoch.number as f64);
    let losses = Chart::new(Axis::new("epoch", ""), Axis::new("loss", "").log())
        .line(Role::Loss, "mlp, training", steps(&train(mlp)))
        .line(Role::Loss, "mlp, validation", steps(&valid(mlp)))
        .line(Role::Neutral, "logistic, training", steps(&train(logistic)))
        .line(Role::Neutral, "logistic, validation", steps(&valid(logistic)))
        .moment("kept", best)
        .title("loss")
        .size(400, 360);
    let range = Axis::new("accuracy", "").range(0.6, 1.0);
    let rights = Chart::new(Axis::new("epoch", ""), range)
        .line(Role::Activations, "mlp", steps(&right(mlp)))
        .line(Role::Neutral, "logistic", steps(&right(logistic)))
        .title("validation accuracy")
        .size(400, 360);
    Panels::new(2).add(losses).add(rights).svg()
}

/// Who was taken for whom.
pub fn confusion(table: &Confusion, names: &[String]) -> Svg {
    Heatmap::confusion(names, |truth, answer| table.at(truth, answer)).svg()
}

/// One wrong answer.
pub struct Mistake {
    /// Which test image.
    pub index: usize,
    /// What it is.
    pub truth: usize,
    /// What it was taken for.
    pub answer: usize,
    /// How sure the network was.
    pub share: f64,
}

/// The mistakes as images, the surest first.
pub fn mistakes(all: &[Mistake], pixels: &Matrix, names: &[String]) -> Svg {
    let width = pixels.nrows().isqrt();
    let mut images = Images::new(6).side(72);
    for mistake in all.iter().take(12) {
        let caption = format!(
            "is {}, read as {}\n{:.0}% sure",
            names[mistake.truth],
            names[mistake.answer],
            100.0 * mistake.share
        );
        images = images.add(&caption, width, pixels.column(mistake.index).as_slice());
    }
    images.svg()
}

/// The weights that lead to each unit of the first layer.
fn units(net: &mut Sequential) -> Vec<Vec<f64>> {
    let mut units = Vec::new();
    net.parameters(&mut |name, parameter| {
        if name == "0.weight" {
            let rows = parameter.value.row_iter();
            units = rows.map(|row| row.iter().map(|&w| w.into()).collect()).collect();
        }
    });
    units
}

/// The weights of each class of a network with one layer, as images.
pub fn templates(net: &mut Sequential, names: &[String]) -> Svg {
    let mut images = Images::new(names.len()).side(56).diverging(Role::Weights);
    for (weights, name) in units(net).iter().zip(names) {
        images = images.add(name, weights.len().isqrt(), weights);
    }
    images.svg()
}

/// The units of the first layer that training changed most: as they were drawn, as they
/// are now, and the difference.
pub fn first_layer(before: &mut Sequential, after: &mut Sequential) -> Svg {
    const SHOWN: usize = 12;
    let (before, after) = (units(before), units(after));
    let changes: Vec<Vec<f64>> = before
        .iter()
        .zip(&after)
        .map(|(old, new)| new.iter().zip(old).map(|(new, old)| new - old).collect())
        .collect();
    let size = |unit: &usize| changes[*unit].iter().map(|w| w * w).sum::<f64>();
    let mut order: Vec<usize> = (0..changes.len()).collect();
    order.sort_by(|a, b| size(b).total_cmp(&size(a)));
    order.truncate(SHOWN);
    let largest = |weights: &[Vec<f64>]| {
        let all = order.iter().flat_map(|&unit| &weights[unit]);
        all.fold(0.0_f64, |largest, w| largest.max(w.abs()))
    };
    let (most, added) = (largest(&before).max(largest(&after)), largest(&changes));
    let row = |title: &str, weights: &[Vec<f64>], most: f64| {
        let images = Images::new(SHOWN).side(44).diverging(Role::Weights);
        let images = images.range(-most, most).title(title);
        order.iter().fold(images, |images, &unit| {
            images.add("", weights[unit].len().isqrt(), &weights[unit])
        })
    };
    Panels::new(1)
        .add(row("as drawn", &before, most))
        .add(row("after training", &after, most))
        .add(row("what training added, in stronger shades", &changes, added))
        .svg()
}
