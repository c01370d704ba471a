//! Inside the network: its filters, its feature maps, and the pixels that decided.

use gradbook::activation::softmax_in_place;
use gradbook::data::Dataset;
use gradbook::plot::{Images, Panels, Role, Svg};
use gradbook::{Matrix, Parameters, Phase, Sequential, rng};
use lessons::{Result, Run};

use crate::canvas::CANVAS;
use crate::hands::{Hands, channel};
use crate::models::{CNN, Setup};

type Matrix64 = Matrix<f64>;

/// Pixels in the side of the first filters.
const KERNEL: usize = 5;

/// The first filters of a network: one row of weights each, and their biases.
fn filters(net: &mut Sequential) -> (Vec<Vec<f64>>, Vec<f64>) {
    let (mut weights, mut biases) = (Vec::new(), Vec::new());
    net.parameters(&mut |name, parameter| {
        let rows = || {
            parameter
                .value
                .row_iter()
                .map(|row| row.iter().map(|&w| w.into()).collect())
        };
        match name {
            "0.weight" => weights = rows().collect(),
            "0.bias" => biases = rows().map(|row: Vec<f64>| row[0]).collect(),
            _ => {}
        }
    });
    (weights, biases)
}

/// Filters, feature maps and occlusion of the network that learned from shifted digits.
pub fn show(
    run: &mut Run,
    hands: Hands,
    net: &mut Sequential,
    test: &Dataset,
    setup: Setup,
) -> Result {
    run.heading("Inside the network");
    let mut drawn = hands.build(CNN, CANVAS, test.classes(), &mut rng(setup.seed))?;
    let (before, after) = (filters(&mut drawn).0, filters(net).0);
    let picture = filter_rows(&before, &after);
    run.figure("filters", "The first filters, before and after.", &picture)?;
    let shown = examples(net, test)?;
    if let Some(&first) = shown.first() {
        let picture = feature_maps(hands, net, test, first)?;
        run.figure("feature_maps", "What each filter makes of a digit.", &picture)?;
    }
    let picture = who_decided(net, test, &shown)?;
    run.figure("occlusion", "Which pixels decided.", &picture)?;
    worst_place(run, net, test)
}

/// A test image of each of six digits that the network gets right.
fn examples(net: &mut Sequential, test: &Dataset) -> Result<Vec<usize>> {
    let answers = gradbook::train::answers(net.forward(&test.inputs, Phase::Infer)?);
    let of = |digit: usize| {
        let mut all = 0..test.len();
        all.find(|&n| test.labels[n] == digit && answers[n] == Some(digit))
    };
    Ok([3, 7, 8, 9, 4, 6].into_iter().filter_map(of).collect())
}

fn filter_rows(before: &[Vec<f64>], after: &[Vec<f64>]) -> Svg {
    let row = |title: &str, filters: &[Vec<f64>]| {
        let images = Images::new(8).side(64).diverging(Role::Weights).title(title);
        filters.iter().fold(images, |images, filter| images.add("", KERNEL, filter))
    };
    Panels::new(1).add(row("as drawn", before)).add(row("after training", after)).svg()
}

/// Row by row: the digit, the eight maps of the first convolution after ReLU, the same
/// halved, and the sixteen maps of the second one, halved.
fn feature_maps(
    hands: Hands,
    net: &mut Sequential,
    test: &Dataset,
    index: usize,
) -> Result<Svg> {
    let image = Matrix::from_column_slice(
        CANVAS.len(),
        1,
        test.inputs.column(index).as_slice(),
    );
    let (weights, biases) = filters(net);
    let pixels = channel(image.as_slice(), CANVAS, 0);
    let row = |title: &str, columns: usize| {
        Images::new(columns).side(64).title(title).diverging(Role::Activations)
    };
    let by_rows = |map: &Matrix64| map.transpose().as_slice().to_vec();
    let mut first = row("eight filters of 5 x 5, then ReLU", 8);
    for (weights, bias) in weights.iter().zip(&biases) {
        let kernel = Matrix64::from_row_slice(KERNEL, KERNEL, weights);
        let map = hands.convolve(&pixels, &kernel, 1, KERNEL / 2);
        first =
            first.add("", CANVAS.width, &by_rows(&map.map(|z| (z + bias).max(0.0))));
    }
    net.forward(&image, Phase::Infer)?;
    let maps = |layer: usize, side: usize, channels: usize, images: Images| {
        let Some(output) = net.output_of(layer) else { return images };
        (0..channels).fold(images, |images, c| {
            let of = output.iter().skip(c).step_by(channels);
            images.add("", side, &of.map(|&x| x.into()).collect::<Vec<f64>>())
        })
    };
    let half = maps(2, 6, 8, row("halved: the largest of every square", 8));
    let last =
        maps(5, 3, 16, row("sixteen filters of 3 x 3 x 8, then ReLU, halved", 8));
    let digit = Images::new(1).side(64).add("", CANVAS.width, image.as_slice());
    let picture = Panels::new(1).add(digit.title("the image"));
    Ok(picture.add(first).add(half).add(last).svg())
}

/// How sure the network is of a class, for each image.
fn shares(net: &mut Sequential, images: &Matrix, class: usize) -> Result<Vec<f64>> {
    let logits = net.forward(images, Phase::Infer)?;
    let share = |logits: &[f32]| {
        let mut shares: Vec<f64> = logits.iter().map(|&z| z.into()).collect();
        softmax_in_place(&mut shares);
        shares[class]
    };
    Ok(logits.as_slice().chunks_exact(logits.nrows()).map(share).collect())
}

// ANCHOR: occlusion
/// What covering a square of 3 x 3 pixels costs: how much less sure of the class the
/// network is. A number for each pixel, at which the square is centered.
pub fn occlusion(
    net: &mut Sequential,
    image: &[f32],
    class: usize,
) -> Result<Vec<f64>> {
    let (side, pixels) = (CANVAS.width, CANVAS.len());
    let covered = Matrix::from_fn(pixels, pixels + 1, |pixel, center| {
        let [y, x] = [pixel / side, pixel % side];
        let near = y.abs_diff(center / side) <= 1 && x.abs_diff(center % side) <= 1;
        // the last column is the image as it is
        if near && center < pixels { 0.0 } else { image[pixel] }
    });
    let mut shares = shares(net, &covered, class)?;
    let whole = shares.pop().unwrap_or_default();
    Ok(shares.into_iter().map(|share| whole - share).collect())
}
// ANCHOR_END: occlusion

// ANCHOR: saliency
/// The slope of a class's logit for every pixel: what a little more ink there would do.
pub fn saliency(net: &mut Sequential, image: &[f32], class: usize) -> Result<Vec<f64>> {
    let image = Matrix::from_column_slice(image.len(), 1, image);
    net.forward(&image, Phase::Infer)?;
    let mut grad = Matrix::zeros(net.output_rows(), 1);
    grad[class] = 1.0;
    let mut slopes = Matrix::zeros(0, 0);
    net.backward_to_input(&image, &grad, &mut slopes)?;
    Ok(slopes.iter().map(|&slope| slope.into()).collect())
}
// ANCHOR_END: saliency

/// Digits, occlusion maps and slopes, a column for each digit.
fn who_decided(net: &mut Sequential, test: &Dataset, shown: &[usize]) -> Result<Svg> {
    let columns = shown.len().max(1);
    let row = |title: &str| Images::new(columns).side(92).title(title);
    let mut digits = row("the image");
    let mut hidden = row("what covering it costs").diverging(Role::Gradients);
    let mut slopes = row("slopes of the logit").diverging(Role::Gradients);
    for &index in shown {
        let (pixels, class) = (test.inputs.column(index), test.labels[index]);
        let pixels = pixels.as_slice();
        digits = digits.add("", CANVAS.width, pixels);
        hidden = hidden.add("", CANVAS.width, &occlusion(net, pixels, class)?);
        slopes = slopes.add("", CANVAS.width, &saliency(net, pixels, class)?);
    }
    Ok(Panels::new(1).add(digits).add(hidden).add(slopes).svg())
}

/// How much covering the worst place costs, on average.
fn worst_place(run: &mut Run, net: &mut Sequential, test: &Dataset) -> Result {
    const IMAGES: usize = 50;
    let images = IMAGES.min(test.len());
    let mut sum = 0.0;
    for index in 0..images {
        let pixels = test.inputs.column(index);
        let costs = occlusion(net, pixels.as_slice(), test.labels[index])?;
        sum += costs.into_iter().fold(0.0, f64::max);
    }
    let worst = sum / images.max(1) as f64;
    run.value("occlusion_worst_points", 100.0 * worst);
    run.say(&format!(
        "Covering 3 x 3 pixels at the worst place lowers the share of the right \
         digit by {:.1} percentage points on average, over {images} test images.",
        100.0 * worst
    ));
    Ok(())
}
