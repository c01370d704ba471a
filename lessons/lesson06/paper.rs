//! A convolution small enough for paper, forward and backward, and its moving picture.

use gradbook::Matrix;
use gradbook::kernels::{self, Convolution};
use gradbook::layer::{ImageShape, Window};
use gradbook::plot::{Axis, Heatmap, Panels, Role, Svg};
use lessons::{Result, Run};

use crate::hands::Hands;

type Matrix64 = Matrix<f64>;

/// The image and the kernel of the chapter's worked example.
const IMAGE: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
const KERNEL: [f64; 4] = [1.0, 0.0, 0.0, -1.0];
/// The slopes of the loss for the two numbers that come out.
const SLOPES: [f64; 2] = [1.0, 10.0];

/// Prints the worked example, from the functions that every network here uses.
pub fn show(run: &mut Run, hands: Hands) -> Result {
    run.heading("On paper");
    let (shape, window) = (ImageShape::new(2, 3, 1), Window::square(2));
    let sizes = Convolution::new(shape, 1, window)?;
    let mut patches = vec![0.0; 8];
    kernels::im2col(&IMAGE, shape, &window, &mut patches);
    let mut buffer = vec![0.0; sizes.patches_len::<f64>()];
    let (mut outputs, mut grad_weight) = ([0.0; 2], [0.0; 4]);
    sizes.forward(&IMAGE, &KERNEL, &[0.0], &mut buffer, &mut outputs);
    sizes.backward_weight(&IMAGE, &SLOPES, &mut buffer, &mut grad_weight);
    let mut grad_image = [0.0; 6];
    sizes.backward_input(&SLOPES, &KERNEL, &mut buffer, &mut grad_image);
    let list = |numbers: &[f64]| {
        numbers.iter().map(|x| format!("{x:.0}")).collect::<Vec<_>>().join(" ")
    };
    let rows = [
        ["the image, 2 x 3", &list(&IMAGE)],
        ["the kernel, 2 x 2", &list(&KERNEL)],
        ["its first window", &list(&patches[..4])],
        ["its second window", &list(&patches[4..])],
        ["what comes out, 1 x 2", &list(&outputs)],
        ["slopes that come back", &list(&SLOPES)],
        ["slopes of the kernel", &list(&grad_weight)],
        ["slopes of the image", &list(&grad_image)],
    ];
    run.table(&["what", "numbers, row by row"], &rows);
    for (name, value) in [("paper_first", outputs[0]), ("paper_second", outputs[1])] {
        run.value(name, value);
    }
    let caption = "The kernel slides over the image; each place gives one number.";
    run.frames("sliding", caption, &sliding(hands))
}

/// The image of the moving picture: a bright corner on a dark ground.
const PICTURE: [[f64; 6]; 5] = [
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 2.0, 2.0, 2.0, 2.0],
    [0.0, 0.0, 2.0, 2.0, 2.0, 2.0],
    [0.0, 0.0, 2.0, 2.0, 0.0, 0.0],
    [0.0, 0.0, 2.0, 2.0, 0.0, 0.0],
];
/// It answers to what is dark on the left and bright on the right.
const EDGE: [[f64; 3]; 3] = [[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]];

/// A frame for each place of the kernel.
fn sliding(hands: Hands) -> Vec<(String, Svg)> {
    let image = Matrix64::from_fn(5, 6, |y, x| PICTURE[y][x]);
    let kernel = Matrix64::from_fn(3, 3, |y, x| EDGE[y][x]);
    let map = hands.convolve(&image, &kernel, 1, 0);
    let places = (0..map.nrows()).flat_map(|y| (0..map.ncols()).map(move |x| (y, x)));
    let label = |(y, x): (usize, usize)| format!("row {y}, column {x}");
    places.map(|at| (label(at), frame([&image, &kernel, &map], at))).collect()
}

/// Image, kernel and what has come out so far, the kernel lying at one place.
fn frame([image, kernel, map]: [&Matrix64; 3], (y, x): (usize, usize)) -> Svg {
    let (height, width) = kernel.shape();
    let picture = |title: &str, matrix: &Matrix64, size: (u32, u32)| {
        let axis = Axis::new("", "");
        let numbers = |r, c| matrix[(r, c)];
        Heatmap::new("", "", axis, matrix.shape(), numbers)
            .decimals(0)
            .title(title)
            .size(size.0, size.1)
    };
    let done = Matrix64::from_fn(map.nrows(), map.ncols(), |r, c| {
        if (r, c) <= (y, x) { map[(r, c)] } else { f64::NAN }
    });
    Panels::new(3)
        .add(picture("image", image, (290, 270)).range(0.0, 4.0).framed(
            (y, x),
            (height, width),
            Role::Weights,
        ))
        .add(
            picture("kernel", kernel, (170, 190))
                .diverging(Role::Weights)
                .range(-2.0, 2.0),
        )
        .add(
            picture("what comes out", &done, (220, 190))
                .diverging(Role::Activations)
                .range(-6.0, 6.0)
                .framed((y, x), (1, 1), Role::Activations),
        )
        .svg()
}
