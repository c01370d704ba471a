//! Broken on purpose: pixels without neighbors, a sum that is not one, filters that
//! start at zero, a window too large.

use gradbook::gradcheck::Checker;
use gradbook::init::Init;
use gradbook::kernels;
use gradbook::layer::{Conv2d, ImageShape, Window};
use gradbook::{Layer, Matrix, Parameter, Phase, rng};
use lessons::{Result, Run, bail, percent};
use rand::seq::SliceRandom;

use crate::canvas::{CANVAS, Canvases, permuted};
use crate::models::{CNN, Kind, Setup, accuracy};

/// Everything of this section.
pub fn show(run: &mut Run, digits: &Canvases, setup: Setup) -> Result {
    run.heading("Broken on purpose: pixels in another order");
    let [mlp, cnn] = without_neighbors(digits, setup)?;
    run.value("permuted_mlp", mlp);
    run.value("permuted_cnn", cnn);
    run.say(&format!(
        "Shifted digits, the pixels of all images in one other order: MLP {}, CNN {}.",
        percent(mlp),
        percent(cnn)
    ));
    run.heading("Broken on purpose: a sum that is not one");
    set_not_added(run, setup.seed)?;
    run.heading("Broken on purpose: filters that start at zero");
    let (seen, moved) = from_zero(digits, setup)?;
    run.value("zero_filters_accuracy", seen);
    run.count("zero_filters_moved", moved);
    run.say(&format!(
        "After 3 epochs: {} right, and {moved} filter weights have moved.",
        percent(seen)
    ));
    run.heading("Broken on purpose: a window larger than its image");
    too_large(run, setup.seed)
}

// ANCHOR: without_neighbors
/// MLP and CNN on shifted digits whose pixels were put in another order.
pub fn without_neighbors(digits: &Canvases, setup: Setup) -> Result<[f64; 2]> {
    let mut order: Vec<usize> = (0..CANVAS.len()).collect();
    order.shuffle(&mut rng(setup.seed));
    let train = permuted(&digits.train[1], &order);
    let test = permuted(&digits.test[1], &order);
    let seen = |kind| accuracy(&mut setup.train(kind, CANVAS, &train)?, &test);
    Ok([seen(Kind::Mlp(setup.hidden))?, seen(CNN)?])
}
// ANCHOR_END: without_neighbors

/// A convolution whose way back sets where it should add.
struct LastWindow(Conv2d<f64>);

impl Layer<f64> for LastWindow {
    fn name(&self) -> &'static str {
        "a convolution that sets"
    }

    fn output_rows(
        &self,
        rows: usize,
    ) -> std::result::Result<usize, gradbook::ShapeError> {
        self.0.output_rows(rows)
    }

    fn forward(&mut self, input: &Matrix<f64>, output: &mut Matrix<f64>, phase: Phase) {
        self.0.forward(input, output, phase);
    }

    // ANCHOR: set_not_added
    fn backward(
        &mut self,
        input: &Matrix<f64>,
        output: &Matrix<f64>,
        grad_output: &Matrix<f64>,
        grad_input: Option<&mut Matrix<f64>>,
    ) {
        self.0.backward(input, output, grad_output, None);
        let Some(grad_input) = grad_input else { return };
        *grad_input = Matrix::zeros(input.nrows(), input.ncols());
        let (shape, window) = (self.0.input_shape(), self.0.window());
        let taps = window.taps(shape.channels);
        // where each entry of the patches came from, counted from 1; 0 is the padding
        let numbered: Vec<f64> = (1..=shape.len()).map(|i| i as f64).collect();
        let filters = self.0.output_shape().channels;
        for n in 0..input.ncols() {
            let slopes = grad_output.column(n);
            let places = slopes.len() / filters;
            let slopes = Matrix::from_column_slice(filters, places, slopes.as_slice());
            let patches = self.0.weight.value.transpose() * slopes;
            let mut from = Matrix::zeros(taps, patches.ncols());
            kernels::im2col(&numbered, shape, &window, from.as_mut_slice());
            for (place, slope) in from.iter().zip(patches.iter()) {
                if *place > 0.0 {
                    grad_input[(*place as usize - 1, n)] = *slope; // += is right
                }
            }
        }
    }
    // ANCHOR_END: set_not_added

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<f64>)) {
        self.0.parameters(visit);
    }
}

/// What the checker says about it, with windows that overlap and with windows that do
/// not.
fn set_not_added(run: &mut Run, seed: u64) -> Result {
    let shape = ImageShape::new(4, 6, 1);
    let mut rows = Vec::new();
    for (words, name, stride) in
        [("they overlap", "overlapping", 1), ("side by side", "side_by_side", 2)]
    {
        let rng = &mut rng(seed);
        let window = Window::square(2).stride(stride);
        let layer = Conv2d::new(shape, 3, window, Init::HeNormal, rng)?;
        let input = Init::Normal(1.0).weights(3, shape.len(), rng);
        let found = Checker::new().layer(&mut LastWindow(layer), &input, seed)?;
        let wrong: Vec<String> =
            found.faults().map(|fault| fault.name.clone()).collect();
        run.count(&format!("set_not_added_{name}_wrong"), wrong.len());
        let fault = found.faults().next().map(ToString::to_string);
        rows.push([words.to_string(), fault.unwrap_or("right".into())]);
    }
    run.table(&["windows", "the checker's verdict"], &rows);
    Ok(())
}

/// The network of the lesson, its filters drawn as zeros: accuracy after three epochs,
/// and how many weights of filters are no longer zero.
pub fn from_zero(digits: &Canvases, setup: Setup) -> Result<(f64, usize)> {
    use gradbook::Parameters;
    let setup = Setup { epochs: 3.min(setup.epochs), ..setup };
    let mut net = setup.train(Kind::Cnn(Init::Zeros), CANVAS, &digits.train[1])?;
    let mut moved = 0;
    net.parameters(&mut |name, parameter| {
        if name == "0.weight" || name == "3.weight" {
            moved += parameter.value.iter().filter(|w| **w != 0.0).count();
        }
    });
    Ok((accuracy(&mut net, &digits.test[1])?, moved))
}

/// Three halvings of the canvas leave one pixel: a window of 3 no longer fits.
fn too_large(run: &mut Run, seed: u64) -> Result {
    let small = ImageShape::new(1, 1, 16);
    let window = Window::square(3);
    match Conv2d::<f32>::new(small, 8, window, Init::HeNormal, &mut rng(seed)) {
        Ok(_) => bail!("a window of 3 x 3 fitted on one pixel: the lesson expects not"),
        Err(error) => run.say(&error.to_string()),
    }
    Ok(())
}
