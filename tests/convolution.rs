//! Convolution and pooling against their definitions, written as plainly as they can
//! be, on drawn shapes; and what networks of them can do.

use gradbook::activation::Activation;
use gradbook::data::Dataset;
use gradbook::init::Init;
use gradbook::kernels::{Convolution, col2im, im2col};
use gradbook::layer::{
    Activate, AvgPool2d, Conv2d, Dense, GlobalAvgPool, ImageShape, MaxPool2d,
    ResidualBlock, Window,
};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::{Adam, Optimizer, Sgd};
use gradbook::train::{Batch, load_weights, save_weights, step};
use gradbook::{Layer, Matrix, Parameters, Phase, Real, Sequential, ShapeError, rng};
use proptest::prelude::*;
use rand::RngExt;

/// A window on an image that it fits on.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    image: ImageShape,
    window: Window,
    filters: usize,
    batch: usize,
    seed: u64,
}

impl Sizes {
    fn places(&self) -> (usize, usize) {
        self.window.places(self.image).expect("the window fits")
    }

    fn patches(&self) -> (usize, usize) {
        let (down, across) = self.places();
        (self.window.taps(self.image.channels), down * across)
    }

    /// Whole numbers from -4 to 4: every order of summation gives the same result.
    fn whole<T: Real>(&self, rows: usize, columns: usize, salt: u64) -> Matrix<T> {
        let mut rng = rng(self.seed.wrapping_add(salt));
        Matrix::from_fn(rows, columns, |_, _| T::of(rng.random_range(-4..=4).into()))
    }
}

/// Every combination of small sizes, ragged ones included, in which the window fits.
fn sizes() -> impl Strategy<Value = Sizes> {
    let image = (1..10_usize, 1..10_usize, 1..5_usize);
    let kernel = (1..6_usize, 1..6_usize);
    let step = (1..4_usize, 1..4_usize);
    let padding = (0..4_usize, 0..4_usize);
    let rest = (1..6_usize, 1..8_usize, any::<u64>());
    (image, kernel, step, padding, rest).prop_filter_map(
        "the window fits",
        |((height, width, channels), kernel, stride, padding, rest)| {
            let image = ImageShape::new(height, width, channels);
            let window = Window { kernel, stride, padding };
            let (filters, batch, seed) = rest;
            window.places(image).is_ok().then_some(Sizes {
                image,
                window,
                filters,
                batch,
                seed,
            })
        },
    )
}

/// Where pixel (dy, dx) under the window lies at place (row, column), if on the image.
fn pixel(
    s: &Sizes,
    (row, column): (usize, usize),
    (dy, dx): (usize, usize),
) -> Option<(usize, usize)> {
    let y = (row * s.window.stride.0 + dy).checked_sub(s.window.padding.0)?;
    let x = (column * s.window.stride.1 + dx).checked_sub(s.window.padding.1)?;
    (y < s.image.height && x < s.image.width).then_some((y, x))
}

/// Calls `visit` with (place, pixel under the window, pixel on the image).
fn each_pixel(
    s: &Sizes,
    mut visit: impl FnMut((usize, usize), (usize, usize), (usize, usize)),
) {
    let (down, across) = s.places();
    for row in 0..down {
        for column in 0..across {
            for dy in 0..s.window.kernel.0 {
                for dx in 0..s.window.kernel.1 {
                    if let Some(at) = pixel(s, (row, column), (dy, dx)) {
                        visit((row, column), (dy, dx), at);
                    }
                }
            }
        }
    }
}

fn conv<T: Real>(s: &Sizes) -> Conv2d<T> {
    let rng = &mut rng(0);
    let mut conv = Conv2d::new(s.image, s.filters, s.window, Init::Zeros, rng)
        .expect("the window fits");
    conv.weight.value = s.whole(s.filters, s.window.taps(s.image.channels), 1);
    conv.bias.value = s.whole(s.filters, 1, 2);
    conv
}

/// The definition, five loops deep: forward, and every gradient.
struct Definition<T: Real> {
    output: Matrix<T>,
    grad_input: Matrix<T>,
    grad_weight: Matrix<T>,
    grad_bias: Matrix<T>,
}

impl<T: Real> Definition<T> {
    fn of(s: &Sizes, conv: &Conv2d<T>, x: &Matrix<T>, delta: &Matrix<T>) -> Self {
        let (w, b) = (&conv.weight.value, &conv.bias.value);
        let shape = conv.output_shape();
        let mut it = Self {
            output: Matrix::zeros(shape.len(), x.ncols()),
            grad_input: Matrix::zeros(x.nrows(), x.ncols()),
            grad_weight: Matrix::zeros(w.nrows(), w.ncols()),
            grad_bias: Matrix::zeros(s.filters, 1),
        };
        let (channels, across) = (s.image.channels, s.window.kernel.1);
        for (n, f) in (0..x.ncols()).flat_map(|n| (0..s.filters).map(move |f| (n, f))) {
            each_pixel(s, |place, (dy, dx), (y, x_at)| {
                let to = (shape.index(place.0, place.1, f), n);
                for c in 0..channels {
                    let tap = (f, (dy * across + dx) * channels + c);
                    let from = (s.image.index(y, x_at, c), n);
                    it.output[to] += w[tap] * x[from];
                    it.grad_weight[tap] += delta[to] * x[from];
                    it.grad_input[from] += delta[to] * w[tap];
                }
            });
            for place in 0..shape.height * shape.width {
                it.output[(place * s.filters + f, n)] += b[f];
                it.grad_bias[f] += delta[(place * s.filters + f, n)];
            }
        }
        it
    }
}

fn equals_the_definition<T: Real>(s: &Sizes) -> Result<(), TestCaseError> {
    let mut conv = conv::<T>(s);
    let x = s.whole(s.image.len(), s.batch, 3);
    let delta = s.whole(conv.output_shape().len(), s.batch, 4);
    let expected = Definition::of(s, &conv, &x, &delta);
    // NaN before: everything must be overwritten
    let mut output = Matrix::from_element(3, 2, T::of(f64::NAN));
    let mut grad_input = output.clone();
    conv.forward(&x, &mut output, Phase::Train);
    prop_assert_eq!(&output, &expected.output);
    for times in [1.0, 2.0] {
        conv.backward(&x, &output, &delta, Some(&mut grad_input));
        prop_assert_eq!(&grad_input, &expected.grad_input);
        prop_assert_eq!(&conv.weight.grad, &(&expected.grad_weight * T::of(times)));
        prop_assert_eq!(&conv.bias.grad, &(&expected.grad_bias * T::of(times)));
    }
    conv.backward(&x, &output, &delta, None);
    prop_assert_eq!(&conv.weight.grad, &(&expected.grad_weight * T::of(3.0)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(6),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_convolution_is_its_definition_forward_and_backward(s in sizes()) {
        equals_the_definition::<f32>(&s)?;
        equals_the_definition::<f64>(&s)?;
    }

    /// <im2col x, g> = <x, col2im g> for every x and g: what makes col2im the way back.
    #[test]
    fn col2im_is_the_adjoint_of_im2col(s in sizes()) {
        let (rows, columns) = s.patches();
        let (x, g) = (s.whole::<f64>(s.image.len(), 1, 5), s.whole(rows, columns, 6));
        let mut patches = Matrix::from_element(rows, columns, f64::NAN);
        im2col(x.as_slice(), s.image, &s.window, patches.as_mut_slice());
        let mut back = Matrix::zeros(s.image.len(), 1);
        col2im(g.as_slice(), s.image, &s.window, back.as_mut_slice());
        prop_assert_eq!(patches.dot(&g), x.dot(&back));
        // and it adds
        col2im(g.as_slice(), s.image, &s.window, back.as_mut_slice());
        prop_assert_eq!(2.0 * patches.dot(&g), x.dot(&back));
    }

    #[test]
    fn three_ways_to_convolve_are_the_definition(s in sizes()) {
        three_ways_agree::<f32>(&s)?;
        three_ways_agree::<f64>(&s)?;
    }

    #[test]
    fn im2col_shows_what_the_window_sees(s in sizes()) {
        let (rows, columns) = s.patches();
        let x: Matrix<f32> = s.whole(s.image.len(), 1, 7);
        let mut patches = Matrix::from_element(rows, columns, f32::NAN);
        im2col(x.as_slice(), s.image, &s.window, patches.as_mut_slice());
        let mut expected = Matrix::zeros(rows, columns);
        let (across, channels) = (s.places().1, s.image.channels);
        each_pixel(&s, |place, (dy, dx), (y, x_at)| {
            for c in 0..channels {
                let row = (dy * s.window.kernel.1 + dx) * channels + c;
                let column = place.0 * across + place.1;
                expected[(row, column)] = x[s.image.index(y, x_at, c)];
            }
        });
        prop_assert_eq!(patches, expected);
    }

    #[test]
    fn pools_are_their_definitions(s in sizes()) {
        let (kernel, padding) = (s.window.kernel, s.window.padding);
        prop_assume!(2 * padding.0 <= kernel.0 && 2 * padding.1 <= kernel.1);
        max_pool(&s)?;
        avg_pool(&s)?;
    }
}

/// Many ties, since the numbers are few: the first in reading order must win.
fn max_pool(s: &Sizes) -> Result<(), TestCaseError> {
    let mut pool = MaxPool2d::new(s.image, s.window).expect("the window fits");
    let (shape, channels) = (pool.output_shape(), s.image.channels);
    let x: Matrix<f64> = s.whole(s.image.len(), s.batch, 8);
    let delta = s.whole(shape.len(), s.batch, 9);
    let mut output = Matrix::from_element(shape.len(), s.batch, f64::NEG_INFINITY);
    let mut winner = Matrix::from_element(shape.len(), s.batch, 0);
    each_pixel(s, |place, _, (y, x_at)| {
        for (n, c) in (0..s.batch).flat_map(|n| (0..channels).map(move |c| (n, c))) {
            let to = (shape.index(place.0, place.1, c), n);
            let from = s.image.index(y, x_at, c);
            if x[(from, n)] > output[to] {
                (output[to], winner[to]) = (x[(from, n)], from);
            }
        }
    });
    let mut grad_input = Matrix::zeros(s.image.len(), s.batch);
    for n in 0..s.batch {
        for to in 0..shape.len() {
            grad_input[(winner[(to, n)], n)] += delta[(to, n)];
        }
    }
    check_pool(&mut pool, &x, &delta, &output, &grad_input)
}

/// Padding counts: the sum is divided by the whole window.
fn avg_pool(s: &Sizes) -> Result<(), TestCaseError> {
    let mut pool = AvgPool2d::new(s.image, s.window).expect("the window fits");
    let (shape, channels) = (pool.output_shape(), s.image.channels);
    // multiples of the window's size, so that the means are whole
    let area = s.window.taps(1) as f64;
    let x: Matrix<f64> = s.whole(s.image.len(), s.batch, 8) * area;
    let delta = s.whole(shape.len(), s.batch, 9) * area;
    let mut output = Matrix::zeros(shape.len(), s.batch);
    let mut grad_input = Matrix::zeros(s.image.len(), s.batch);
    each_pixel(s, |place, _, (y, x_at)| {
        for (n, c) in (0..s.batch).flat_map(|n| (0..channels).map(move |c| (n, c))) {
            let to = (shape.index(place.0, place.1, c), n);
            let from = (s.image.index(y, x_at, c), n);
            output[to] += x[from] / area;
            grad_input[from] += delta[to] / area;
        }
    });
    check_pool(&mut pool, &x, &delta, &output, &grad_input)
}

fn check_pool(
    pool: &mut dyn Layer<f64>,
    x: &Matrix<f64>,
    delta: &Matrix<f64>,
    output: &Matrix<f64>,
    grad_input: &Matrix<f64>,
) -> Result<(), TestCaseError> {
    let near = |a: &Matrix<f64>, b: &Matrix<f64>| {
        a.shape() == b.shape() && (a - b).iter().all(|d| d.abs() < 1e-12)
    };
    let mut seen = Matrix::from_element(3, 2, f64::NAN);
    let mut slope = seen.clone();
    for _ in 0..2 {
        pool.forward(x, &mut seen, Phase::Train);
        prop_assert!(near(&seen, output), "{} expected {}", seen, output);
        pool.backward(x, &seen, delta, Some(&mut slope));
        prop_assert!(near(&slope, grad_input), "{} expected {}", slope, grad_input);
        pool.backward(x, &seen, delta, None);
    }
    Ok(())
}

/// A layer's output for one image.
fn seen<T: Real>(layer: &mut dyn Layer<T>, image: &[T]) -> Vec<T> {
    let mut output = Matrix::zeros(0, 0);
    let x = Matrix::from_column_slice(image.len(), 1, image);
    layer.forward(&x, &mut output, Phase::Infer);
    output.as_slice().to_vec()
}

/// dL/d(input) for one image, dL/d(output) all ones.
fn slopes<T: Real>(layer: &mut dyn Layer<T>, image: &[T]) -> Vec<T> {
    let (mut output, mut grad) = (Matrix::zeros(0, 0), Matrix::zeros(0, 0));
    let x = Matrix::from_column_slice(image.len(), 1, image);
    layer.forward(&x, &mut output, Phase::Train);
    let ones = Matrix::from_element(output.nrows(), 1, T::one());
    layer.backward(&x, &output, &ones, Some(&mut grad));
    grad.as_slice().to_vec()
}

#[test]
fn of_equal_numbers_the_first_is_chosen_even_where_all_are_the_smallest() {
    let image = ImageShape::new(2, 3, 1);
    let mut pool = MaxPool2d::new(image, Window::new(2, 3)).unwrap();
    assert_eq!(
        slopes(&mut pool, &[1.0, 5.0, 5.0, 5.0, 5.0, 2.0]),
        [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    );
    for x in [f32::NEG_INFINITY, f32::MIN, 0.0, f32::INFINITY] {
        assert_eq!(seen(&mut pool, &[x; 6]), [x]);
        assert_eq!(slopes(&mut pool, &[x; 6]), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}

#[test]
fn padding_is_never_chosen_and_a_nan_is_never_hidden() {
    let image = ImageShape::new(2, 2, 1);
    let window = Window::square(3).padding(1);
    let mut pool = MaxPool2d::new(image, window).unwrap();
    assert_eq!(seen(&mut pool, &[-5.0_f32, -3.0, -4.0, -2.0]), [-2.0; 4]);
    for at in 0..4 {
        let mut x = [1.0_f32; 4];
        x[at] = f32::NAN;
        assert!(seen(&mut pool, &x).iter().all(|y| y.is_nan()), "{at}");
    }
    let mut mean = AvgPool2d::new(image, window).unwrap();
    assert_eq!(seen(&mut mean, &[9.0_f32, 18.0, 27.0, 36.0]), [10.0; 4]);
}

#[test]
fn a_global_pool_is_the_mean_of_each_channel() {
    let mut pool = GlobalAvgPool::new(ImageShape::new(1, 3, 2));
    let image = [1.0_f64, 10.0, 2.0, 20.0, 6.0, 60.0];
    assert_eq!(seen(&mut pool, &image), [3.0, 30.0]);
    assert!(slopes(&mut pool, &image).iter().all(|g| (g - 1.0 / 3.0).abs() < 1e-15));
}

#[test]
fn a_frozen_convolution_hides_its_parameters_and_computes_the_same() {
    let image = ImageShape::new(5, 4, 2);
    let mut rng = rng(1);
    let window = Window::square(3);
    let mut conv = Conv2d::<f64>::new(image, 3, window, Init::HeNormal, &mut rng)
        .expect("the window fits");
    conv.bias.value = Matrix::from_column_slice(3, 1, &[0.5, -1.0, 2.0]);
    let mut frozen = conv.clone().frozen();
    let pixels: Vec<f64> = (0..image.len()).map(|i| (i as f64).sin()).collect();
    assert_eq!(seen(&mut conv, &pixels), seen(&mut frozen, &pixels));
    assert_eq!(slopes(&mut conv, &pixels), slopes(&mut frozen, &pixels));
    let mut count = 0;
    frozen.parameters(&mut |_, _| count += 1);
    assert_eq!(count, 0);
    assert!(conv.weight.grad.amax() > 0.0);
    assert_eq!(frozen.weight.grad.amax(), 0.0);
}

fn refusal<L>(made: Result<L, ShapeError>) -> String {
    made.err().expect("it is refused").to_string()
}

#[test]
fn shapes_that_do_not_fit_are_errors_that_name_both() {
    let image = ImageShape::new(4, 6, 3);
    let rng = &mut rng(1);
    let mut conv = |filters, window| {
        refusal(Conv2d::<f32>::new(image, filters, window, Init::HeNormal, rng))
    };
    assert_eq!(
        conv(2, Window::square(7).padding(1)),
        "Conv2d: kernel is 7 x 7, expected at most 6 x 8 \
         (image 4 x 6 x 3, padding 1 x 1)"
    );
    assert_eq!(
        conv(2, Window::square(0)),
        "Conv2d: kernel is 0 x 0, expected at least 1 x 1"
    );
    assert_eq!(
        conv(2, Window::square(2).stride(0)),
        "Conv2d: stride is 0 x 0, expected at least 1 x 1"
    );
    assert_eq!(
        conv(0, Window::square(2)),
        "Conv2d: output is 3 x 5 x 0, expected at least 1 x 1 x 1"
    );
    assert_eq!(
        refusal(MaxPool2d::new(image, Window::square(2).padding(2))),
        "MaxPool2d: padding is 2 x 2, expected at most 1 x 1, half the kernel 2 x 2"
    );
    assert_eq!(
        refusal(AvgPool2d::new(image, Window::new(5, 1))),
        "AvgPool2d: kernel is 5 x 1, expected at most 4 x 6 \
         (image 4 x 6 x 3, padding 0 x 0)"
    );
    let block = ResidualBlock::<f32>::new(image, 2, 0, Init::HeNormal, rng);
    assert_eq!(
        refusal(block),
        "ResidualBlock: stride is 0 x 0, expected at least 1 x 1"
    );
}

#[test]
fn a_batch_of_other_images_is_refused_when_the_layer_is_added() {
    let image = ImageShape::new(4, 6, 3);
    let rng = &mut rng(1);
    fn added(layer: impl Layer<f32> + 'static) -> String {
        refusal(Sequential::new(71).then(layer))
    }
    let conv = Conv2d::new(image, 2, Window::square(2), Init::HeNormal, rng).unwrap();
    let expected = |name: &str| {
        format!("layer 0: {name}: rows of the input is 71, expected 72 (4 x 6 x 3)")
    };
    assert_eq!(added(conv), expected("Conv2d"));
    let max = MaxPool2d::new(image, Window::tiles(2)).unwrap();
    assert_eq!(added(max), expected("MaxPool2d"));
    let mean = AvgPool2d::new(image, Window::tiles(2)).unwrap();
    assert_eq!(added(mean), expected("AvgPool2d"));
    assert_eq!(added(GlobalAvgPool::new(image)), expected("GlobalAvgPool"));
    let block = ResidualBlock::new(image, 2, 1, Init::HeNormal, rng).unwrap();
    assert_eq!(added(block), expected("ResidualBlock"));
    assert_eq!(
        added(GlobalAvgPool::new(ImageShape::new(0, 6, 3))),
        "layer 0: GlobalAvgPool: image is 0 x 6 x 3, expected at least 1 x 1 x 1"
    );
}

/// A small LeNet for 12 x 12 images and 3 classes.
fn lenet<T: Real>(seed: u64) -> Result<Sequential<T>, ShapeError> {
    let rng = &mut rng(seed);
    let image = ImageShape::new(12, 12, 1);
    let first =
        Conv2d::new(image, 4, Window::square(5).padding(2), Init::HeNormal, rng)?;
    let pool = MaxPool2d::new(first.output_shape(), Window::tiles(2))?;
    let second =
        Conv2d::new(pool.output_shape(), 6, Window::square(3), Init::HeNormal, rng)?;
    let pool2 = MaxPool2d::new(second.output_shape(), Window::tiles(2))?;
    let rows = pool2.output_shape().len();
    Sequential::new(image.len())
        .then(first)?
        .then(Activate::new(Activation::Relu))?
        .then(pool)?
        .then(second)?
        .then(Activate::new(Activation::Relu))?
        .then(pool2)?
        .then(Dense::new(rows, 10, Init::HeNormal, rng))?
        .then(Activate::new(Activation::Relu))?
        .then(Dense::new(10, 3, Init::XavierNormal, rng))
}

/// A bright bar across, down or aslant, somewhere in the image.
fn bars<T: Real>(count: usize, seed: u64) -> Dataset<T> {
    let mut rng = rng(seed);
    let (mut inputs, mut targets) =
        (Matrix::zeros(144, count), Matrix::zeros(3, count));
    let mut labels = Vec::new();
    for n in 0..count {
        let (class, at, start) =
            (n % 3, rng.random_range(1..11_usize), rng.random_range(0..6_usize));
        for i in start..start + 6 {
            let (y, x) = [(at, i), (i, at), (i, (i + at) % 12)][class];
            inputs[(y * 12 + x, n)] = T::one();
        }
        targets[(class, n)] = T::one();
        labels.push(class);
    }
    let class_names = ["across", "down", "aslant"].map(String::from).to_vec();
    Dataset { inputs, targets, labels, class_names }
}

fn train<T: Real>(
    net: &mut Sequential<T>,
    optimizer: &mut dyn Optimizer<T>,
    data: &Dataset<T>,
    steps: usize,
) -> f64 {
    let mut batch = Batch::default();
    let order: Vec<usize> = (0..data.len()).collect();
    let mut last = f64::NAN;
    for indices in order.chunks(15).cycle().take(steps) {
        batch.gather(data, indices);
        let loss = step(net, optimizer, &SoftmaxCrossEntropy, &mut batch);
        last = loss.expect("the shapes fit").to_f64();
    }
    last
}

#[test]
fn a_small_lenet_learns_bars_wherever_they_are() {
    let data = bars::<f32>(90, 1);
    let mut net = lenet(2).expect("the shapes fit");
    let loss = train(&mut net, &mut Adam::new(0.01), &data, 60);
    assert!(loss < 0.05, "{loss}");
    let fresh = bars::<f32>(60, 3);
    let output = net.forward(&fresh.inputs, Phase::Infer).expect("the shapes fit");
    let right = output.column_iter().zip(&fresh.labels);
    let right = right.filter(|(z, class)| z.imax() == **class).count();
    assert!(right >= 54, "{right} of 60");
}

#[test]
fn a_saved_lenet_comes_back_whole_and_a_frozen_one_keeps_its_filters() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lenet.safetensors");
    let data = bars::<f64>(45, 1);
    let mut net = lenet(2).expect("the shapes fit");
    train(&mut net, &mut Sgd::new(0.05).with_momentum(0.9), &data, 5);
    save_weights(&mut net, &path).expect("it is written");
    let mut other = lenet(3).expect("the shapes fit");
    load_weights(&mut other, &path).expect("it is read");
    let out = |net: &mut Sequential<f64>| {
        net.forward(&data.inputs, Phase::Infer).expect("the shapes fit").clone()
    };
    assert_eq!(out(&mut net), out(&mut other));
    let mut names = Vec::new();
    net.parameters(&mut |name, p| names.push((name.to_string(), p.value.shape())));
    assert_eq!(
        names[..4],
        [
            ("0.weight".to_string(), (4, 25)),
            ("0.bias".to_string(), (4, 1)),
            ("3.weight".to_string(), (6, 36)),
            ("3.bias".to_string(), (6, 1)),
        ]
    );
    // a network of other filters is refused and stays as it was
    let mut narrow = Sequential::<f64>::new(144)
        .then(
            Conv2d::new(
                ImageShape::new(12, 12, 1),
                4,
                Window::square(3),
                Init::HeNormal,
                &mut rng(1),
            )
            .expect("the window fits"),
        )
        .expect("the shapes fit");
    let before = out(&mut narrow);
    assert!(load_weights(&mut narrow, &path).is_err());
    assert_eq!(out(&mut narrow), before);
}

/// relu(F(x) + x) put together by hand from the layers it is made of.
#[test]
fn a_residual_block_is_the_sum_of_its_two_ways() {
    for (channels, filters, stride) in [(3, 3, 1), (3, 4, 1), (3, 3, 2), (2, 5, 3)] {
        let image = ImageShape::new(7, 5, channels);
        let new = || {
            ResidualBlock::<f64>::new(
                image,
                filters,
                stride,
                Init::HeNormal,
                &mut rng(4),
            )
        };
        let mut block = new().expect("it fits");
        let mut parts = Vec::new();
        block.parameters(&mut |name, p| parts.push((name, p.value.clone())));
        let straight = channels == filters && stride == 1;
        assert_eq!(parts.len(), if straight { 4 } else { 6 });
        let window = Window::square(3).padding(1);
        let conv = |name: &str, image, window| {
            let mut conv =
                Conv2d::new(image, filters, window, Init::Zeros, &mut rng(0)).unwrap();
            for (part, value) in &parts {
                match part.strip_prefix(name) {
                    Some(".weight") => conv.weight.value = value.clone(),
                    Some(".bias") => conv.bias.value = value.clone(),
                    _ => {}
                }
            }
            conv
        };
        let pixels: Vec<f64> = (0..image.len()).map(|i| (i as f64).sin()).collect();
        let mut first = conv("conv1", image, window.stride(stride));
        let mut bent = seen(&mut first, &pixels);
        bent.iter_mut().for_each(|a| *a = a.max(0.0));
        let mut sum = seen(&mut conv("conv2", first.output_shape(), window), &bent);
        let around = if straight {
            pixels.clone()
        } else {
            let window = Window::square(1).stride(stride);
            seen(&mut conv("shortcut", image, window), &pixels)
        };
        sum.iter_mut().zip(&around).for_each(|(z, x)| *z = (*z + x).max(0.0));
        let output = seen(&mut block, &pixels);
        assert!(output.iter().zip(&sum).all(|(a, b)| (a - b).abs() < 1e-12));
        assert_eq!(output.len(), block.output_shape().len());
    }
}

/// The outputs of a batch, computed directly, through a matrix of patches, and without.
fn three_ways<T: Real>(s: &Sizes, conv: &Conv2d<T>, x: &Matrix<T>) -> [Matrix<T>; 3] {
    let sizes = Convolution::new(s.image, s.filters, s.window).expect("it fits");
    let (weight, bias) = (conv.weight.value.as_slice(), conv.bias.value.as_slice());
    let images = x.as_slice();
    // poison: what is read must have been written
    let nan = T::of(f64::NAN);
    let mut room = vec![nan; sizes.patches_len::<T>()];
    let mut outputs = [(); 3]
        .map(|()| Matrix::from_element(sizes.output_shape().len(), x.ncols(), nan));
    let [direct, im2col, implicit] = &mut outputs;
    sizes.forward_direct(images, weight, bias, direct.as_mut_slice());
    sizes.forward_im2col(images, weight, bias, &mut room, im2col.as_mut_slice());
    room.fill(nan);
    sizes.forward_implicit(images, weight, bias, &mut room, implicit.as_mut_slice());
    outputs
}

fn three_ways_agree<T: Real>(s: &Sizes) -> Result<(), TestCaseError> {
    let conv = conv::<T>(s);
    let x = s.whole(s.image.len(), s.batch, 3);
    let delta = Matrix::zeros(conv.output_shape().len(), s.batch);
    let expected = Definition::of(s, &conv, &x, &delta).output;
    for (way, output) in
        ["direct", "im2col", "implicit"].iter().zip(three_ways(s, &conv, &x))
    {
        prop_assert_eq!(&output, &expected, "{}", way);
    }
    Ok(())
}

/// Wide images and many filters: whole tiles, several of them, and what is left over.
#[test]
fn the_three_ways_agree_where_tiles_are_full() {
    for (image, kernel, stride, padding, filters) in [
        ((7, 70, 1), (3, 5), (1, 1), (1, 2), 13),
        ((5, 37, 1), (2, 3), (2, 1), (0, 0), 40),
        ((9, 31, 3), (3, 3), (1, 1), (1, 1), 50),
        ((11, 29, 2), (5, 4), (2, 3), (2, 3), 17),
        ((6, 8, 7), (1, 1), (1, 1), (0, 0), 33),
        ((28, 28, 1), (5, 5), (1, 1), (2, 2), 6),
        // a line of places along the registers, for more filters than a strip is wide
        ((17, 78, 1), (15, 15), (1, 1), (0, 0), 17),
        ((14, 14, 6), (5, 5), (1, 1), (0, 0), 16),
    ] {
        let image = ImageShape::new(image.0, image.1, image.2);
        let window = Window { kernel, stride, padding };
        let sizes = Sizes { image, window, filters, batch: 3, seed: 19 };
        three_ways_agree::<f32>(&sizes).expect("they agree");
        three_ways_agree::<f64>(&sizes).expect("they agree");
    }
}

/// Any numbers, not only whole ones. The records of the lessons rest on this.
#[test]
fn no_bit_tells_whether_there_was_a_matrix_of_patches() {
    for (image, window, filters) in [
        (ImageShape::new(28, 28, 1), Window::square(5).padding(2), 6),
        (ImageShape::new(14, 14, 6), Window::square(5), 16),
        (ImageShape::new(9, 11, 5), Window::square(3).padding(1).stride(2), 37),
    ] {
        let s = Sizes { image, window, filters, batch: 5, seed: 1 };
        let (init, rng) = (Init::HeNormal, &mut rng(2));
        let conv = Conv2d::<f32>::new(image, filters, window, init, rng)
            .expect("the window fits");
        let x = Matrix::from_fn(image.len(), 5, |_, _| rng.random_range(-1.0..1.0));
        let [_, im2col, implicit] = three_ways(&s, &conv, &x);
        assert_eq!(im2col.map(f32::to_bits), implicit.map(f32::to_bits));
    }
}
