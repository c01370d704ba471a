//! The pictures of the lesson.

use gradbook::Matrix;
use gradbook::data::Dataset;
use gradbook::plot::{Axis, Bars, Chart, Images, Panels, Role, Svg, steps};

use crate::canvas::CANVAS;
use crate::cells::Cells;
use crate::hands::{Hands, channel};
use crate::residual::Trained;
use crate::shapes;

/// One digit of each kind: in the middle, and where chance put it.
pub fn examples([plain, shifted]: &[Dataset; 2]) -> Svg {
    let row = |title: &str, data: &Dataset| {
        let images = Images::new(10).side(56).title(title);
        (0..data.classes()).fold(images, |images, class| {
            let found = data.labels.iter().position(|&label| label == class);
            match found {
                Some(n) => {
                    images.add("", CANVAS.width, data.inputs.column(n).as_slice())
                }
                None => images,
            }
        })
    };
    Panels::new(1)
        .add(row("plain", plain))
        .add(row("shifted by up to 2 pixels", shifted))
        .svg()
}

/// The four cells of both networks.
pub fn cells(mlp: &Cells, cnn: &Cells) -> Svg {
    let names =
        ["plain, plain", "plain, shifted", "shifted, plain", "shifted, shifted"];
    let percents =
        |cells: &Cells| cells.as_flattened().iter().map(|x| 100.0 * x).collect();
    let (mlp, cnn): (Vec<f64>, Vec<f64>) = (percents(mlp), percents(cnn));
    let right = Axis::new("right answers", "%").range(0.0, 100.0);
    Bars::new(Axis::new("trained on, tested on", ""), right, &names)
        .group(Role::Neutral, "MLP", &mlp)
        .group(Role::Activations, "CNN", &cnn)
        .level("guessing", 10.0)
        .decimals(1)
        .svg()
}

/// Shapes, with their edges and their corners.
pub fn shapes(hands: Hands, data: &Dataset) -> Svg {
    let side = shapes::IMAGE.width;
    let row = |title: &str| Images::new(data.len()).side(92).title(title);
    let mut images = row("the image");
    let mut edges = row("edges").diverging(Role::Activations);
    let mut corners = row("corners").diverging(Role::Activations);
    // each map in its own strongest shade
    let shades = |map: Matrix<f64>| {
        let most = map.max().max(f64::MIN_POSITIVE);
        (map / most).transpose().as_slice().to_vec()
    };
    for n in 0..data.len() {
        let pixels = data.inputs.column(n);
        let image = channel(pixels.as_slice(), shapes::IMAGE, 0);
        let seen = shapes::seen(hands, &image);
        let name = &data.class_names[data.labels[n]];
        images = images.add(name, side, pixels.as_slice());
        edges = edges.add("", side, &shades(seen.edges));
        corners = corners.add("", side, &shades(seen.corners.map(|c| c.max(0.0))));
    }
    Panels::new(1).add(images).add(edges).add(corners).svg()
}

/// Accuracy on shapes against how many there were to learn from.
pub fn more_images(seen: &[[f64; 4]]) -> Svg {
    let ticks = shapes::COUNTS.map(|count| (count as f64, count.to_string()));
    let across = Axis::new("images to learn from", "").log().ticks(ticks);
    let up = Axis::new("right answers", "%").range(30.0, 100.0);
    let line = |way: usize| -> Vec<(f64, f64)> {
        let points = shapes::COUNTS.iter().zip(seen);
        points.map(|(&count, seen)| (count as f64, 100.0 * seen[way])).collect()
    };
    let roles = [Role::Neutral, Role::Neutral, Role::Weights, Role::Activations];
    let chart = Chart::new(across, up).level("guessing", 100.0 / 3.0);
    let lines = shapes::WAYS.iter().zip(roles).enumerate();
    lines
        .fold(chart, |chart, (way, ((_, words), role))| {
            chart.line(role, words, line(way))
        })
        .svg()
}

/// Deep networks: how the gradient starts out, and how the loss goes.
pub fn depth(all: &[Trained; 3]) -> Svg {
    let [shallow, plain, residual] = all;
    let loss = Axis::new("training loss", "");
    let losses = Chart::new(Axis::new("epoch", ""), loss)
        .line(Role::Neutral, "3 convolutions", steps(&shallow.losses))
        .line(Role::Loss, "21, plain", steps(&plain.losses))
        .line(Role::Activations, "21, residual", steps(&residual.losses))
        .title("training")
        .size(360, 330);
    let length = Axis::new("length of the gradient", "").log();
    let norms = Chart::new(Axis::new("convolution", ""), length)
        .line(Role::Loss, "21, plain", steps(&plain.norms))
        .line(Role::Activations, "21, residual", steps(&residual.norms))
        .title("before training")
        .size(360, 330);
    Panels::new(2).add(losses).add(norms).svg()
}
