//! The checker: it says "right" to every layer, activation and loss of the library, and
//! names each fault that is planted.

use gradbook::activation::Activation;
use gradbook::gradcheck::{
    Checker, Culprit, Difference, Hint, Verdict, check_function, check_layer,
    check_loss, check_network, check_recurrent, step_curve,
};
use gradbook::init::Init;
use gradbook::layer::{
    Activate, AvgPool2d, BatchNorm, Conv2d, Dense, Dropout, GlobalAvgPool, Gru,
    ImageShape, Lstm, MaxPool2d, ResidualBlock, Softmax, Window,
};
use gradbook::loss::{
    BinaryCrossEntropy, CategoricalHinge, Hinge, Huber, Loss, Mae, Mse,
    SoftmaxCrossEntropy,
};
use gradbook::{
    Input, Layer, Parameter, Parameters, Phase, Recurrent, SequenceNetwork, Sequences,
    Sequential, ShapeError,
};
use rand::RngExt;

type Matrix = gradbook::Matrix<f64>;

/// Ragged and prime: features and batch, never equal.
const SIZES: [(usize, usize); 6] = [(1, 2), (2, 1), (3, 5), (7, 2), (5, 11), (13, 3)];

/// Numbers between -2 and 2, none closer than 0.01 to a multiple of one half.
fn numbers(rows: usize, columns: usize, seed: u64) -> Matrix {
    let mut rng = gradbook::rng(seed);
    Matrix::from_fn(rows, columns, |_, _| {
        let half = f64::from(rng.random_range(-4..4)) / 2.0;
        half + rng.random_range(0.01..0.49)
    })
}

fn one_hot(rows: usize, columns: usize) -> Matrix {
    Matrix::from_fn(rows, columns, |i, j| f64::from(u8::from((2 * i + j) % rows == 0)))
}

/// Numbers of which no two in a column are closer than 0.02, so that no two change
/// places in a maximum while one of them is moved.
fn spread_out(rows: usize, columns: usize, seed: u64) -> Matrix {
    let mut rng = gradbook::rng(seed);
    let mut all = Matrix::zeros(rows, columns);
    for mut column in all.column_iter_mut() {
        for (i, x) in column.iter_mut().enumerate() {
            *x = (i as f64 - rows as f64 / 2.0) * 0.02;
        }
        for i in 1..rows {
            column.swap_rows(i, rng.random_range(0..=i));
        }
    }
    all
}

/// Images and windows: every size ragged, kernels not square, strides and padding.
fn windows() -> [(ImageShape, Window); 6] {
    let image = ImageShape::new;
    let window = Window::new;
    [
        (image(1, 1, 1), window(1, 1)),
        (image(4, 5, 1), window(3, 3).padding(1)),
        (image(5, 3, 2), window(2, 3)),
        (image(5, 7, 3), Window { stride: (2, 1), padding: (1, 0), ..window(3, 2) }),
        (image(7, 4, 2), Window { stride: (1, 2), padding: (2, 1), ..window(5, 3) }),
        (image(3, 2, 4), Window { stride: (2, 3), padding: (1, 2), ..window(4, 5) }),
    ]
}

fn dense(inputs: usize, outputs: usize) -> Dense<f64> {
    let rng = &mut gradbook::rng(3);
    let mut dense = Dense::new(inputs, outputs, Init::XavierNormal, rng);
    dense.bias.value = numbers(outputs, 1, 4);
    dense
}

mod right {
    use super::*;

    #[test]
    fn every_dense_layer() {
        for (inputs, outputs) in SIZES {
            for batch in [1, 4, 7] {
                let x = numbers(inputs, batch, 5);
                let found = check_layer(&mut dense(inputs, outputs), &x, 6).unwrap();
                assert!(found.all_right(), "{inputs} {outputs} {batch}\n{found}");
                let names: Vec<_> = found.reports.iter().map(|r| &r.name).collect();
                assert_eq!(names, ["input", "weight", "bias"]);
            }
        }
    }

    #[test]
    fn every_activation() {
        for activation in Activation::ALL {
            for (rows, batch) in SIZES {
                let x = numbers(rows, batch, 7);
                let found = check_layer(&mut Activate::new(activation), &x, 8).unwrap();
                assert!(found.all_right(), "{} {found}", activation.name());
            }
        }
    }

    #[test]
    fn every_convolution() {
        for (image, window) in windows() {
            for (filters, batch) in [(1, 2), (4, 1), (3, 5)] {
                let rng = &mut gradbook::rng(3);
                let conv = Conv2d::new(image, filters, window, Init::HeNormal, rng);
                let mut conv = conv.unwrap();
                conv.bias.value = numbers(filters, 1, 4);
                let x = numbers(image.len(), batch, 5);
                let found = check_layer(&mut conv, &x, 6).unwrap();
                assert!(found.all_right(), "{image} {window:?} {filters}\n{found}");
                let names: Vec<_> = found.reports.iter().map(|r| &r.name).collect();
                assert_eq!(names, ["input", "weight", "bias"]);
            }
        }
    }

    #[test]
    fn every_pool() {
        for (image, window) in windows() {
            let (kernel, padding) = (window.kernel, window.padding);
            let padding = (padding.0.min(kernel.0 / 2), padding.1.min(kernel.1 / 2));
            let window = Window { padding, ..window };
            for batch in [1, 3] {
                let x = spread_out(image.len(), batch, 7);
                let mut layers: [Box<dyn Layer<f64>>; 3] = [
                    Box::new(MaxPool2d::new(image, window).unwrap()),
                    Box::new(AvgPool2d::new(image, window).unwrap()),
                    Box::new(GlobalAvgPool::new(image)),
                ];
                for layer in &mut layers {
                    let found = check_layer(&mut **layer, &x, 8).unwrap();
                    assert!(found.all_right(), "{image} {window:?}\n{found}");
                }
            }
        }
    }

    #[test]
    fn every_residual_block() {
        for (channels, filters, stride) in [(3, 3, 1), (2, 3, 1), (3, 3, 2), (2, 5, 3)]
        {
            let image = ImageShape::new(5, 4, channels);
            let rng = &mut gradbook::rng(9);
            let block = ResidualBlock::new(image, filters, stride, Init::HeNormal, rng);
            let mut block = block.unwrap();
            let mut seed = 10;
            block.parameters(&mut |name, p| {
                seed += 1;
                if name.ends_with("bias") {
                    p.value = numbers(p.value.nrows(), 1, seed);
                }
            });
            let x = numbers(image.len(), 3, 20);
            let found = check_layer(&mut block, &x, 21).unwrap();
            assert!(found.all_right(), "{channels} {filters} {stride}\n{found}");
            let straight = channels == filters && stride == 1;
            assert_eq!(found.reports.len(), if straight { 5 } else { 7 });
        }
    }

    #[test]
    fn a_network_of_every_layer_on_images() {
        let (rng, init) = (&mut gradbook::rng(30), Init::HeNormal);
        let image = ImageShape::new(9, 7, 2);
        let window = Window::new(3, 2).padding(1);
        let conv = Conv2d::new(image, 3, window, init, rng).unwrap();
        let most = MaxPool2d::new(conv.output_shape(), Window::tiles(2)).unwrap();
        let block = ResidualBlock::new(most.output_shape(), 4, 1, init, rng).unwrap();
        let window = Window::square(3).stride(2).padding(1);
        let mean = AvgPool2d::new(block.output_shape(), window).unwrap();
        let global = GlobalAvgPool::new(mean.output_shape());
        let mut net = Sequential::new(image.len())
            .then(conv)
            .and_then(|net| net.then(Activate::new(Activation::Tanh)))
            .and_then(|net| net.then(most))
            .and_then(|net| net.then(block))
            .and_then(|net| net.then(mean))
            .and_then(|net| net.then(global))
            .and_then(|net| net.then(dense(4, 3)))
            .unwrap();
        let (x, y) = (numbers(image.len(), 5, 31), one_hot(3, 5));
        let found = check_network(&mut net, &SoftmaxCrossEntropy, &x, &y).unwrap();
        assert!(found.all_right(), "{found}");
        assert_eq!(found.reports.len(), 11);
    }

    #[test]
    fn softmax() {
        for (rows, batch) in SIZES {
            let x = numbers(rows, batch, 9);
            let found = check_layer(&mut Softmax, &x, 10).unwrap();
            assert!(found.all_right(), "{rows} x {batch}: {found}");
        }
    }

    #[test]
    fn every_loss() {
        for (rows, batch) in SIZES {
            let p = numbers(rows, batch, 11);
            let classes = one_hot(rows, batch);
            let signs = classes.map(|y| 2.0 * y - 1.0);
            let values = numbers(rows, batch, 12).map(|y| (2.0 * y).round() / 2.0);
            let shares = numbers(rows, batch, 13).map(|y| (y / 4.0).abs());
            let cases: [(&dyn Loss<f64>, &Matrix); 9] = [
                (&Mse, &values),
                (&Mae, &values),
                (&Huber { delta: 0.5 }, &values),
                (&Huber { delta: 1.5 }, &values),
                (&Hinge, &signs),
                (&CategoricalHinge, &classes),
                (&BinaryCrossEntropy, &classes),
                (&BinaryCrossEntropy, &shares),
                (&SoftmaxCrossEntropy, &classes),
            ];
            for (loss, y) in cases {
                let report = check_loss(loss, &p, y).unwrap();
                assert!(report.is_right(), "{} {report}", loss.name());
            }
            // targets that are no distribution: the gradient is not p - y there
            let report = check_loss(&SoftmaxCrossEntropy, &p, &shares).unwrap();
            assert!(report.is_right(), "{report}");
        }
    }

    #[test]
    fn a_deep_network_of_every_activation() {
        let mut rng = gradbook::rng(14);
        let mut net = Sequential::new(5);
        for (index, activation) in Activation::ALL.into_iter().enumerate() {
            let (inputs, outputs) = (net.output_rows(), 3 + index % 3);
            let dense = Dense::new(inputs, outputs, Init::HeNormal, &mut rng);
            net = net.then(dense).unwrap().then(Activate::new(activation)).unwrap();
        }
        let (x, y) = (numbers(5, 7, 15), one_hot(net.output_rows(), 7));
        let found = check_network(&mut net, &SoftmaxCrossEntropy, &x, &y).unwrap();
        assert!(found.all_right(), "{found}");
        assert_eq!(found.reports.len(), 15);
        assert!(found.first_on_the_way_back().is_none());
    }

    #[test]
    fn a_gradient_that_is_truly_zero() {
        // softmax does not see a number added to all logits of a column
        let (p, y) = (numbers(3, 1, 16), one_hot(3, 1));
        let shifted = |b: &Matrix| {
            let p = p.map(|p| p + b[0]);
            SoftmaxCrossEntropy.value(&p, &y).unwrap_or(f64::NAN)
        };
        let at = Matrix::zeros(1, 1);
        let rounding = Matrix::from_element(1, 1, 3e-17);
        assert!(check_function(shifted, &at, &rounding).is_right());
        let not_zero = Matrix::from_element(1, 1, 1e-6);
        assert!(!check_function(shifted, &at, &not_zero).is_right());
    }

    #[test]
    fn checking_changes_nothing() {
        let mut layer = dense(3, 2);
        layer.weight.grad.fill(0.25);
        let before = layer.clone();
        check_layer(&mut layer, &numbers(3, 5, 17), 18).unwrap();
        assert_eq!(layer.weight.value, before.weight.value);
        assert_eq!(layer.bias.value, before.bias.value);
        assert_eq!(layer.weight.grad, before.weight.grad);
        assert_eq!(layer.bias.grad, before.bias.grad);
    }

    #[test]
    fn two_evaluations_for_each_number_and_one_at_the_point() {
        let mut calls = 0;
        let f = |w: &Matrix| {
            calls += 1;
            w.sum()
        };
        let report = check_function(f, &numbers(5, 3, 1), &Matrix::repeat(5, 3, 1.0));
        assert_eq!((report.evaluations, calls), (31, 31));
    }

    #[test]
    fn shapes_that_do_not_fit_are_errors() {
        let x = numbers(4, 2, 1);
        assert!(check_layer(&mut dense(3, 2), &x, 1).is_err());
        assert!(check_loss(&Mse, &x, &numbers(4, 3, 1)).is_err());
        let mut net = Sequential::new(3).then(dense(3, 2)).unwrap();
        assert!(check_network(&mut net, &Mse, &x, &numbers(2, 2, 1)).is_err());
        let x = numbers(3, 2, 1);
        assert!(check_network(&mut net, &Mse, &x, &numbers(3, 2, 1)).is_err());
    }
}

/// A dense layer whose backward pass is right, and then spoiled.
struct Spoiled {
    inner: Dense<f64>,
    spoil: Spoil,
}

/// Changes the gradients of weights, biases and input.
type Spoil = fn(&mut Matrix, &mut Matrix, &mut Matrix);

impl Layer<f64> for Spoiled {
    fn name(&self) -> &'static str {
        "spoiled"
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        self.inner.output_rows(input_rows)
    }

    fn forward(&mut self, input: &Matrix, output: &mut Matrix, phase: Phase) {
        self.inner.forward(input, output, phase);
    }

    fn backward(
        &mut self,
        input: &Matrix,
        output: &Matrix,
        grad_output: &Matrix,
        grad_input: Option<&mut Matrix>,
    ) {
        let inner = &mut self.inner;
        let kept = (inner.weight.grad.clone(), inner.bias.grad.clone());
        inner.weight.grad.fill(0.0);
        inner.bias.grad.fill(0.0);
        let mut slope = Matrix::zeros(0, 0);
        inner.backward(input, output, grad_output, Some(&mut slope));
        (self.spoil)(&mut inner.weight.grad, &mut inner.bias.grad, &mut slope);
        inner.weight.grad += kept.0;
        inner.bias.grad += kept.1;
        if let Some(grad_input) = grad_input {
            *grad_input = slope;
        }
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<f64>)) {
        self.inner.parameters(visit);
    }
}

/// Layers that differ in training and inference, and those that draw by chance.
mod regularized {
    use super::*;

    /// A layer whose gamma, beta and running statistics are all different.
    fn settled(mut layer: BatchNorm<f64>) -> BatchNorm<f64> {
        let features = layer.weight.value.nrows();
        layer.weight.value = numbers(features, 1, 21);
        layer.bias.value = numbers(features, 1, 22);
        layer.running_mean = numbers(features, 1, 23);
        layer.running_var = numbers(features, 1, 24).map(|x| x * x);
        layer
    }

    fn right(layer: &mut dyn Layer<f64>, x: &Matrix, phase: Phase, what: &str) {
        let found = Checker::new().with_phase(phase).layer(layer, x, 6).unwrap();
        assert!(found.all_right(), "{what} {phase:?}\n{found}");
    }

    #[test]
    fn every_batch_norm_in_training_and_in_inference() {
        for (features, _) in SIZES {
            // one example: nothing moves, and two would leave slopes of rounding's size
            for batch in [1, 3, 4, 7] {
                let x = numbers(features, batch, 25) * 1.5;
                let what = format!("{features} x {batch}");
                for phase in [Phase::Train, Phase::Infer] {
                    right(&mut settled(BatchNorm::new(features)), &x, phase, &what);
                }
            }
        }
        for image in [(1, 3, 1), (2, 3, 4), (3, 2, 5)] {
            let image = ImageShape::new(image.0, image.1, image.2);
            for batch in [1, 3] {
                let x = numbers(image.len(), batch, 26);
                for phase in [Phase::Train, Phase::Infer] {
                    let layer = &mut settled(BatchNorm::of_image(image));
                    right(layer, &x, phase, &format!("{image}"));
                }
            }
        }
    }

    #[test]
    fn every_dropout_with_its_mask_held() {
        for (rows, batch) in SIZES {
            let x = numbers(rows, batch, 27);
            for rate in [0.0, 0.3, 0.8] {
                let mut layer = Dropout::new(rate, &mut gradbook::rng(28)).unwrap();
                for phase in [Phase::Train, Phase::Infer] {
                    right(&mut layer, &x, phase, &format!("rate {rate}"));
                }
            }
        }
    }

    /// Dense, batch norm, tanh, dropout, dense.
    fn network() -> Sequential<f64> {
        let rng = &mut gradbook::rng(29);
        Sequential::new(3)
            .then(dense(3, 7))
            .and_then(|net| net.then(settled(BatchNorm::new(7))))
            .and_then(|net| net.then(Activate::new(Activation::Tanh)))
            .and_then(|net| net.then(Dropout::new(0.4, rng)?))
            .and_then(|net| net.then(Dense::new(7, 4, Init::XavierNormal, rng)))
            .unwrap()
    }

    /// Every buffer, and the next number of every generator.
    fn memory(network: &mut dyn Parameters<f64>) -> Vec<f64> {
        let mut all = Vec::new();
        network.buffers(&mut |_, buffer| all.extend_from_slice(buffer.as_slice()));
        network.generators(&mut |rng| all.push(rng.clone().random()));
        all
    }

    #[test]
    fn a_network_is_right_and_afterwards_as_it_was() {
        let (x, y) = (numbers(3, 9, 30), one_hot(4, 9));
        let slopes = [Phase::Train, Phase::Infer].map(|phase| {
            let mut net = network();
            net.forward(&x, Phase::Train).unwrap();
            let before = memory(&mut net);
            assert_eq!(before.len(), 7 + 7 + 1 + 1);
            let checker = Checker::new().with_phase(phase);
            let found = checker.network(&mut net, &SoftmaxCrossEntropy, &x, &y);
            let found = found.unwrap();
            assert!(found.all_right(), "{phase:?}\n{found}");
            assert_eq!(memory(&mut net), before);
            found.of("input").unwrap().numeric.clone()
        });
        assert!((&slopes[0] - &slopes[1]).norm() > 0.01); // two networks, not one
    }

    #[test]
    fn a_head_with_dropout_and_batch_norm_on_a_sequence() {
        let (sequences, x) = (Sequences::equal(2, 4), numbers(2, 8, 31));
        let slopes = [Phase::Train, Phase::Infer].map(|phase| {
            let rng = &mut gradbook::rng(32);
            let head = Sequential::new(5)
                .then(Dropout::new(0.5, rng).unwrap())
                .and_then(|head| head.then(settled(BatchNorm::new(5))))
                .and_then(|head| head.then(dense(5, 3)))
                .unwrap();
            let mut net = SequenceNetwork::of_numbers(2)
                .then(Gru::new(2, 5, rng))
                .and_then(|net| net.head_each_step(head))
                .unwrap();
            let before = memory(&mut net);
            assert_eq!(before.len(), 5 + 5 + 1 + 1);
            let found = Checker::new().with_phase(phase).sequence_network(
                &mut net,
                &Mse,
                Input::Numbers(&x),
                &sequences,
                &numbers(3, 8, 33),
            );
            let found = found.unwrap();
            assert!(found.all_right(), "{phase:?}\n{found}");
            assert_eq!(memory(&mut net), before);
            found.of("input").unwrap().numeric.clone()
        });
        assert!((&slopes[0] - &slopes[1]).norm() > 0.01); // two networks, not one
    }

    /// A layer that goes forward in one phase and back as if it had been the other.
    struct Confused<L>(L, Phase);

    impl<L: Layer<f64>> Layer<f64> for Confused<L> {
        fn name(&self) -> &'static str {
            "Confused"
        }

        fn output_rows(&self, rows: usize) -> Result<usize, ShapeError> {
            self.0.output_rows(rows)
        }

        fn forward(&mut self, x: &Matrix, y: &mut Matrix, phase: Phase) {
            self.0.forward(x, y, phase);
        }

        fn backward(
            &mut self,
            x: &Matrix,
            y: &Matrix,
            d: &Matrix,
            g: Option<&mut Matrix>,
        ) {
            self.0.forward(x, &mut Matrix::zeros(0, 0), self.1);
            self.0.backward(x, y, d, g);
        }

        fn generators(&mut self, visit: &mut dyn FnMut(&mut gradbook::Rng)) {
            self.0.generators(visit);
        }
    }

    #[test]
    fn phases_and_masks_that_do_not_agree_are_caught() {
        let x = numbers(5, 7, 34);
        let wrong = |layer: &mut dyn Layer<f64>, phase| {
            let found = Checker::new().with_phase(phase).layer(layer, &x, 6).unwrap();
            assert!(!found.of("input").unwrap().is_right(), "{phase:?}\n{found}");
        };
        let (train, infer) = (Phase::Train, Phase::Infer);
        let norm = settled(BatchNorm::new(5));
        wrong(&mut Confused(norm.clone(), infer), train);
        wrong(&mut Confused(norm, train), infer);
        let dropout = Dropout::new(0.4, &mut gradbook::rng(35)).unwrap();
        wrong(&mut Confused(dropout.clone(), infer), train);
        wrong(&mut Confused(dropout.clone(), train), infer);
        wrong(&mut Confused(dropout, train), train); // a second mask
    }
}

/// The verdicts on input, weight and bias of a spoiled layer, 5 inputs, 3 outputs, a
/// batch of 7.
fn verdicts(spoil: Spoil) -> [Verdict; 3] {
    let mut layer = Spoiled { inner: dense(5, 3), spoil };
    let found = check_layer(&mut layer, &numbers(5, 7, 20), 21).unwrap();
    ["input", "weight", "bias"].map(|name| found.of(name).unwrap().verdict.clone())
}

/// The one fault of a layer where only the weights' gradient is spoiled.
fn of_weight(spoil: Spoil) -> Verdict {
    let [input, weight, bias] = verdicts(spoil);
    assert_eq!((input, bias), (Verdict::Right, Verdict::Right));
    weight
}

mod planted {
    use super::*;
    use Verdict::{Block, Entry, ScaledBy, Transposed, Wrong, WrongShape};

    fn factor(verdict: &Verdict) -> (f64, Option<Hint>) {
        match verdict {
            ScaledBy { factor, hint } => ((factor * 1e5).round() / 1e5, *hint),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_spoiled_nothing_said() {
        assert_eq!(verdicts(|_, _, _| ()), [const { Verdict::Right }; 3]);
    }

    #[test]
    fn a_factor_with_where_it_comes_from() {
        let cases: [(Spoil, f64, Option<Hint>); 8] = [
            (|w, _, _| *w *= 7.0, 7.0, Some(Hint::MeanMissing(7))),
            (|w, _, _| *w /= 7.0, 0.14286, Some(Hint::MeanTwice(7))),
            (|w, _, _| *w *= 2.0, 2.0, Some(Hint::Double)),
            (|w, _, _| *w *= 0.5, 0.5, Some(Hint::Half)),
            (|w, _, _| *w *= 0.0, 0.0, Some(Hint::Zero)),
            (|w, _, _| *w *= 3.75, 3.75, None),
            (|w, _, _| *w *= -7.0, -7.0, Some(Hint::MeanMissing(7))),
            (|w, _, _| *w *= 1.00002, 1.00002, None),
        ];
        for (spoil, expected, hint) in cases {
            assert_eq!(factor(&of_weight(spoil)), (expected, hint));
        }
        let [input, weight, bias] = verdicts(|_, b, x| {
            *b *= 7.0;
            *x *= 7.0;
        });
        assert_eq!(weight, Verdict::Right);
        assert_eq!(factor(&input), (7.0, Some(Hint::MeanMissing(7))));
        assert_eq!(factor(&bias), (7.0, Some(Hint::MeanMissing(7))));
    }

    #[test]
    fn a_flipped_sign() {
        assert_eq!(of_weight(|w, _, _| w.neg_mut()), Verdict::SignFlipped);
        assert_eq!(verdicts(|_, b, _| b.neg_mut())[2], Verdict::SignFlipped);
        assert_eq!(verdicts(|_, _, x| x.neg_mut())[0], Verdict::SignFlipped);
    }

    #[test]
    fn rows_and_columns_exchanged() {
        // in the same memory, as when a product was filled in the wrong order
        let shuffled = of_weight(|w, _, _| {
            let turned = w.transpose();
            w.copy_from_slice(turned.as_slice());
        });
        assert_eq!(shuffled, Transposed);
        // in a square tensor, and in a tensor of the transposed shape
        let weights = numbers(3, 3, 22);
        let f = |w: &Matrix| w.dot(&weights);
        let verdict =
            check_function(f, &numbers(3, 3, 23), &weights.transpose()).verdict;
        assert_eq!(verdict, Transposed);
        let turned = verdicts(|_, _, x| *x = x.transpose());
        assert_eq!(turned, [Transposed, Verdict::Right, Verdict::Right]);
    }

    #[test]
    fn another_shape() {
        let [input, ..] = verdicts(|_, _, x| *x = Matrix::zeros(4, 7));
        assert_eq!(input, WrongShape { found: (4, 7), expected: (5, 7) });
        let [input, ..] = verdicts(|_, _, x| *x = x.transpose() * 2.0);
        assert_eq!(input, WrongShape { found: (7, 5), expected: (5, 7) });
    }

    #[test]
    fn one_entry_however_large_the_tensor() {
        let weights = numbers(61, 53, 24);
        let f = |w: &Matrix| w.dot(&weights);
        let at = numbers(61, 53, 25);
        let largest = weights.amax();
        let with = |off: f64| {
            let mut analytic = weights.clone();
            analytic[(17, 44)] += off * largest;
            check_function(f, &at, &analytic)
        };
        let report = with(3e-6);
        assert!(report.distance < 1e-7, "hidden in the length: {}", report.distance);
        let Entry { row: 17, column: 44, analytic, numeric } = report.verdict else {
            panic!("{report}")
        };
        assert!((analytic - numeric - 3e-6 * largest).abs() < 1e-8);
        assert!(with(3e-7).is_right());
    }

    #[test]
    fn many_small_errors_add_up() {
        let weights = numbers(5, 7, 24);
        let f = |w: &Matrix| w.dot(&weights);
        let with = |off: f64| {
            let sign = |i: usize| [1.0, -1.0, -1.0][i % 3];
            let wrong = |i: usize, j: usize| weights[(i, j)] + off * sign(5 * j + i);
            check_function(f, &numbers(5, 7, 25), &Matrix::from_fn(5, 7, wrong))
        };
        let report = with(6e-7 * weights.amax());
        assert!(report.worst < 1e-6, "no single entry is far off: {}", report.worst);
        assert_eq!(report.verdict, Wrong { entries: 35, of: 35 });
        assert!(with(6e-8 * weights.amax()).is_right());
    }

    #[test]
    fn one_entry_of_a_layer() {
        let verdict = of_weight(|w, _, _| w[(2, 1)] += 0.5);
        assert!(matches!(verdict, Entry { row: 2, column: 1, .. }), "{verdict}");
        let [_, _, bias] = verdicts(|_, b, _| b[1] = 0.0);
        assert!(matches!(bias, Entry { row: 1, column: 0, .. }), "{bias}");
    }

    #[test]
    fn a_block() {
        let column = of_weight(|w, _, _| w.column_mut(4).fill(0.0));
        assert_eq!(column.to_string(), "wrong in column 4; right elsewhere");
        let row = of_weight(|w, _, _| w.row_mut(1).neg_mut());
        assert_eq!(row.to_string(), "wrong in row 1; right elsewhere");
        let [input, ..] = verdicts(|_, _, x| x.columns_mut(1, 6).fill(0.0));
        assert_eq!(input.to_string(), "wrong in columns 1 to 6; right elsewhere");
        let corner = of_weight(|w, _, _| w.view_mut((0, 1), (2, 3)).scale_mut(2.0));
        let expected = Block {
            rows: vec![0, 1],
            columns: vec![1, 2, 3],
            all_rows: false,
            all_columns: false,
        };
        assert_eq!(corner, expected);
        let words = "wrong in rows 0 and 1 of columns 1 to 3; right elsewhere";
        assert_eq!(corner.to_string(), words);
    }

    #[test]
    fn none_of_these() {
        let verdict = of_weight(|w, _, _| w.apply(|g| *g = *g * *g + 0.1));
        assert_eq!(verdict, Wrong { entries: 15, of: 15 });
        assert_eq!(verdict.to_string(), "wrong in all 15 entries, by no common factor");
        let verdict = of_weight(|w, _, _| {
            for i in 0..5 {
                w[(i % 3, i)] += 1.0;
            }
        });
        assert_eq!(verdict, Wrong { entries: 5, of: 15 });
        assert_eq!(verdict.to_string(), "wrong in 5 of 15 entries, spread all over");
    }

    #[test]
    fn not_finite() {
        let verdict = of_weight(|w, _, _| w[(2, 3)] = f64::NAN);
        let gradient = |row, column| Culprit::Gradient { row, column };
        assert_eq!(verdict, Verdict::NotFinite(gradient(2, 3)));
        let [input, ..] = verdicts(|_, _, x| x[(0, 1)] = f64::INFINITY);
        assert_eq!(input, Verdict::NotFinite(gradient(0, 1)));
        let one = Matrix::from_element(1, 1, 1.0);
        let nan = check_function(|_| f64::NAN, &one, &one);
        assert_eq!(nan.verdict, Verdict::NotFinite(Culprit::Loss));
        let hole = |w: &Matrix| if w[0] == 1.0 { 0.0 } else { f64::INFINITY };
        let around = check_function(hole, &one, &one);
        assert_eq!(around.verdict, Verdict::NotFinite(Culprit::Differences));
    }

    #[test]
    fn a_nan_is_never_near() {
        let nans = Matrix::from_element(2, 2, f64::NAN);
        let report = check_function(Matrix::sum, &numbers(2, 2, 1), &nans);
        assert!(!report.is_right());
        assert!(report.distance.is_nan() && report.worst.is_nan());
    }

    #[test]
    fn a_single_number_is_scaled_only_by_a_telling_factor() {
        let at = Matrix::from_element(1, 1, 3.0);
        let square = |w: &Matrix| w[0] * w[0];
        let verdict = |g: f64| {
            let grad = Matrix::from_element(1, 1, g);
            Checker::new().with_batch(5).function(square, &at, &grad).verdict
        };
        assert_eq!(factor(&verdict(30.0)), (5.0, Some(Hint::MeanMissing(5))));
        assert_eq!(factor(&verdict(3.0)), (0.5, Some(Hint::Half)));
        assert_eq!(verdict(-6.0), Verdict::SignFlipped);
        assert!(matches!(verdict(4.1), Entry { row: 0, column: 0, .. }));
    }
}

mod of_losses {
    use super::*;

    /// A loss whose gradient is right, and then multiplied.
    struct Times<L>(L, f64);

    impl<L: Loss<f64>> Loss<f64> for Times<L> {
        fn name(&self) -> &'static str {
            self.0.name()
        }

        fn value(&self, p: &Matrix, y: &Matrix) -> Result<f64, ShapeError> {
            self.0.value(p, y)
        }

        fn gradient(
            &self,
            p: &Matrix,
            y: &Matrix,
            grad: &mut Matrix,
        ) -> Result<f64, ShapeError> {
            let value = self.0.gradient(p, y, grad);
            *grad *= self.1;
            value
        }
    }

    fn words(loss: &dyn Loss<f64>) -> String {
        let (p, y) = (numbers(3, 7, 30), one_hot(3, 7));
        check_loss(loss, &p, &y).unwrap().to_string()
    }

    #[test]
    fn a_missing_mean_is_recognized_whatever_it_is_over() {
        let batch = "prediction (3 x 7): 7 times too large, which is the batch size: \
                     the mean is missing";
        assert_eq!(words(&Times(SoftmaxCrossEntropy, 7.0)), batch);
        let entries = "prediction (3 x 7): 21 times too large, which is the number of \
                       entries: the mean is missing";
        assert_eq!(words(&Times(Mse, 21.0)), entries);
        let twice = "prediction (3 x 7): 21 times too small, which is the number of \
                     entries: the mean is taken twice";
        assert_eq!(words(&Times(Mse, 1.0 / 21.0)), twice);
        let half = "prediction (3 x 7): 2 times too small: a factor 2 is missing, as \
                    from a square";
        assert_eq!(words(&Times(Mse, 0.5)), half);
        let sign = "prediction (3 x 7): the sign is flipped";
        assert_eq!(words(&Times(BinaryCrossEntropy, -1.0)), sign);
        let zero = "prediction (3 x 7): zero everywhere: nothing was written or added";
        assert_eq!(words(&Times(Mse, 0.0)), zero);
    }
}

/// A layer that forgets that gradients are added, or adds where it must write.
struct Careless {
    inner: Dense<f64>,
    overwrites: bool,
    accumulates: bool,
}

impl Layer<f64> for Careless {
    fn name(&self) -> &'static str {
        "careless"
    }

    fn output_rows(&self, input_rows: usize) -> Result<usize, ShapeError> {
        self.inner.output_rows(input_rows)
    }

    fn forward(&mut self, input: &Matrix, output: &mut Matrix, phase: Phase) {
        self.inner.forward(input, output, phase);
    }

    fn backward(
        &mut self,
        input: &Matrix,
        output: &Matrix,
        grad_output: &Matrix,
        grad_input: Option<&mut Matrix>,
    ) {
        if self.overwrites {
            self.inner.weight.grad.fill(0.0);
        }
        let mut slope = Matrix::zeros(0, 0);
        self.inner.backward(input, output, grad_output, Some(&mut slope));
        match grad_input {
            Some(grad_input) if self.accumulates => *grad_input += slope,
            Some(grad_input) => *grad_input = slope,
            None => {}
        }
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<f64>)) {
        self.inner.parameters(visit);
    }
}

mod added_or_written {
    use super::*;

    fn verdicts(overwrites: bool, accumulates: bool) -> [Verdict; 3] {
        let mut layer = Careless { inner: dense(5, 3), overwrites, accumulates };
        let found = check_layer(&mut layer, &numbers(5, 7, 40), 41).unwrap();
        ["input", "weight", "bias"].map(|name| found.of(name).unwrap().verdict.clone())
    }

    #[test]
    fn a_parameter_gradient_must_be_added() {
        let right = Verdict::Right;
        assert_eq!(verdicts(true, false), [right.clone(), Verdict::Overwrites, right]);
    }

    #[test]
    fn an_input_gradient_must_be_written() {
        let right = Verdict::Right;
        assert_eq!(verdicts(false, true), [Verdict::Accumulates, right.clone(), right]);
    }

    #[test]
    fn in_a_network_too() {
        let inner = dense(3, 5);
        let careless = Careless { inner, overwrites: true, accumulates: false };
        let net = Sequential::new(4).then(dense(4, 3)).unwrap();
        let net = net.then(Activate::new(Activation::Tanh)).unwrap();
        let mut net = net.then(careless).unwrap();
        let (x, y) = (numbers(4, 7, 42), one_hot(5, 7));
        let found = check_network(&mut net, &SoftmaxCrossEntropy, &x, &y).unwrap();
        let faults: Vec<String> =
            found.faults().map(|fault| fault.to_string()).collect();
        let words = "2.weight (5 x 3): overwrites what was there: a gradient must be \
                     added (+=)";
        assert_eq!(faults, [words]);
    }
}

mod in_a_network {
    use super::*;

    fn network(spoil: Spoil) -> Sequential<f64> {
        let tanh = || Activate::new(Activation::Tanh);
        let net = Sequential::new(4).then(dense(4, 5)).unwrap().then(tanh()).unwrap();
        let net = net.then(Spoiled { inner: dense(5, 3), spoil }).unwrap();
        net.then(tanh()).unwrap().then(dense(3, 2)).unwrap()
    }

    #[test]
    fn a_wrong_input_gradient_spoils_all_layers_before_it_and_none_after() {
        let mut net = network(|_, _, x| x.neg_mut());
        let (x, y) = (numbers(4, 7, 50), one_hot(2, 7));
        let found = check_network(&mut net, &SoftmaxCrossEntropy, &x, &y).unwrap();
        let faults: Vec<_> = found.faults().map(|fault| fault.name.as_str()).collect();
        assert_eq!(faults, ["input", "0.weight", "0.bias"]);
        assert!(found.faults().all(|fault| fault.verdict == Verdict::SignFlipped));
        assert_eq!(found.first_on_the_way_back().unwrap().name, "0.bias");
    }

    #[test]
    fn a_wrong_weight_gradient_spoils_itself_alone() {
        let mut net = network(|w, _, _| *w *= 7.0);
        let (x, y) = (numbers(4, 7, 51), one_hot(2, 7));
        let found = check_network(&mut net, &SoftmaxCrossEntropy, &x, &y).unwrap();
        let faults: Vec<String> =
            found.faults().map(|fault| fault.to_string()).collect();
        let words = "2.weight (3 x 5): 7 times too large, which is the batch size: the \
                     mean is missing";
        assert_eq!(faults, [words]);
    }
}

mod corners {
    use super::*;

    /// The verdict on ReLU's gradient when one input lies at `z`.
    fn relu_at(z: f64) -> Verdict {
        let mut x = numbers(3, 5, 60);
        x[(1, 4)] = z;
        let mut relu = Activate::new(Activation::Relu);
        check_layer(&mut relu, &x, 61).unwrap().reports[0].verdict.clone()
    }

    #[test]
    fn a_corner_within_one_step_is_named() {
        let distances = [
            0.0, 1e-12, 1e-9, 3e-8, 6e-8, 1e-7, 4e-7, 6e-7, 1e-6, 2e-6, 3e-6, 5e-6,
            8e-6, 9.9e-6,
        ];
        for distance in distances {
            for z in [distance, -distance] {
                let expected = Verdict::KinkCrossed { row: 1, column: 4 };
                assert_eq!(relu_at(z), expected, "{z}");
            }
        }
    }

    #[test]
    fn a_corner_further_away_does_not_matter() {
        // nor does one that is crossed by another entry's step: this one is right
        let f = |w: &Matrix| (w[0] - 1.0).abs() + 4.0 * w[1].powi(3);
        let at = Matrix::from_column_slice(2, 1, &[1.0 + 1e-3, 0.5]);
        let slopes = Matrix::from_column_slice(2, 1, &[1.0, 3.0]);
        let verdict = Checker::new().with_step(9e-4).function(f, &at, &slopes).verdict;
        assert!(matches!(verdict, Verdict::StepTooLarge { .. }), "{verdict}");
        // nor one at which formula and differences happen to agree
        let at = Matrix::from_column_slice(2, 1, &[1.0, 0.5]);
        let slopes = Matrix::from_column_slice(2, 1, &[0.0, 3.0]);
        let verdict = Checker::new().with_step(9e-4).function(f, &at, &slopes).verdict;
        assert!(matches!(verdict, Verdict::StepTooLarge { .. }), "{verdict}");
        for z in [1.1e-5, -1.1e-5, 2e-5, -1e-4, 1e-3] {
            assert_eq!(relu_at(z), Verdict::Right, "{z}");
        }
    }

    #[test]
    fn a_corner_of_a_bent_function_is_named_too() {
        // slope -3 left of 0.2 and cos(w) right of it
        let f = |w: &Matrix| {
            let w = w[0];
            if w < 0.2 { 0.2_f64.sin() - 3.0 * (w - 0.2) } else { w.sin() }
        };
        for distance in [1e-9, 1e-7, 1e-6, 7e-6] {
            let at = Matrix::from_element(1, 1, 0.2 + distance);
            let slope = at.map(f64::cos);
            let verdict = check_function(f, &at, &slope).verdict;
            let expected = Verdict::KinkCrossed { row: 0, column: 0 };
            assert_eq!(verdict, expected, "{distance}");
        }
    }

    #[test]
    fn a_corner_is_no_excuse_for_other_entries() {
        let f = |w: &Matrix| w.iter().map(|w| w.abs()).sum::<f64>();
        let at = Matrix::from_column_slice(3, 1, &[1.5, 0.0, -2.5]);
        let check = |g: [f64; 3]| {
            check_function(f, &at, &Matrix::from_column_slice(3, 1, &g)).verdict
        };
        let kink = Verdict::KinkCrossed { row: 1, column: 0 };
        assert_eq!(check([1.0, 0.0, -1.0]), Verdict::Right, "the mean of both slopes");
        assert_eq!(check([1.0, 1.0, -1.0]), kink);
        assert_eq!(check([1.0, -1.0, -1.0]), kink);
        let elsewhere = check([1.0, 1.0, 1.0]);
        assert!(matches!(elsewhere, Verdict::Entry { row: 2, .. }), "{elsewhere}");
    }

    #[test]
    fn the_losses_with_corners() {
        let y = Matrix::from_column_slice(2, 1, &[1.0, -1.0]);
        // exactly on target: the slope 0 that Mae takes is the mean of both
        let p = Matrix::from_column_slice(2, 1, &[1.0, 0.5]);
        assert_eq!(check_loss(&Mae, &p, &y).unwrap().verdict, Verdict::Right);
        let p = Matrix::from_column_slice(2, 1, &[1.0 + 2e-6, 0.5]);
        let kink = Verdict::KinkCrossed { row: 0, column: 0 };
        assert_eq!(check_loss(&Mae, &p, &y).unwrap().verdict, kink);
        let p = Matrix::from_column_slice(2, 1, &[1.0, 0.5]);
        assert_eq!(check_loss(&Hinge, &p, &y).unwrap().verdict, kink);
        // Huber has no corner in its value, only in its slope
        let p = Matrix::from_column_slice(2, 1, &[1.7, 0.5]);
        assert_eq!(check_loss(&Huber { delta: 0.7 }, &p, &y).unwrap().verdict, kink);
    }

    #[test]
    fn a_network_on_a_corner() {
        // a bias of zero and an input of zero: every ReLU stands on its corner
        let mut rng = gradbook::rng(62);
        let net = Sequential::new(3);
        let net = net.then(Dense::new(3, 4, Init::HeNormal, &mut rng)).unwrap();
        let net = net.then(Activate::new(Activation::Relu)).unwrap();
        let mut net = net.then(dense(4, 2)).unwrap();
        let mut x = numbers(3, 5, 63);
        x.column_mut(2).fill(0.0);
        let y = one_hot(2, 5);
        let found = check_network(&mut net, &SoftmaxCrossEntropy, &x, &y).unwrap();
        let kinked = |name: &str| match found.of(name).unwrap().verdict {
            Verdict::KinkCrossed { row, column } => Some((row, column)),
            Verdict::Right => None,
            ref other => panic!("{name}: {other}"),
        };
        assert_eq!(kinked("input"), Some((0, 2)));
        assert_eq!(kinked("0.weight"), None);
        assert_eq!(kinked("0.bias"), Some((0, 0)));
        assert_eq!(kinked("2.weight"), None);
        assert_eq!(kinked("2.bias"), None);
    }
}

mod steps {
    use super::*;

    fn with(step: f64) -> Verdict {
        let checker = Checker::new().with_step(step);
        let (p, y) = (numbers(3, 5, 70), one_hot(3, 5));
        checker.loss(&SoftmaxCrossEntropy, &p, &y).unwrap().verdict
    }

    #[test]
    fn a_step_in_the_middle_is_fine() {
        for step in [1e-4, 1e-5, 1e-6] {
            assert_eq!(with(step), Verdict::Right, "{step}");
        }
    }

    #[test]
    fn rounding_hides_the_slope_at_small_steps() {
        for step in [1e-9, 1e-11, 1e-13, 1e-16, 1e-20] {
            let Verdict::StepTooSmall { better, .. } = with(step) else {
                panic!("{step}: {}", with(step))
            };
            assert!((1e-6..1e-2).contains(&better), "{better}");
        }
    }

    #[test]
    fn the_loss_bends_within_large_steps() {
        for step in [1e-2, 0.1, 1.0] {
            let Verdict::StepTooLarge { better, .. } = with(step) else {
                panic!("{step}: {}", with(step))
            };
            assert!((1e-6..1e-2).contains(&better), "{better}");
        }
        // a fast wave needs a small step
        let at = Matrix::from_column_slice(2, 1, &[0.3, -0.2]);
        let wave = |w: &Matrix| w.map(|w| (1000.0 * w).sin()).sum();
        let slope = at.map(|w| 1000.0 * (1000.0 * w).cos());
        let checker = Checker::new().with_step(1e-3);
        let verdict = checker.function(wave, &at, &slope).verdict;
        assert!(matches!(verdict, Verdict::StepTooLarge { .. }), "{verdict}");
    }

    #[test]
    fn the_step_is_the_one_really_taken() {
        // next to 1e6 a step of 1e-5 is rounded by up to one part in 170,000
        let at = Matrix::from_element(1, 1, 1e6 + 0.1);
        let line = |w: &Matrix| 3.0 * (w[0] - 1e6);
        let report = check_function(line, &at, &Matrix::from_element(1, 1, 3.0));
        assert!(report.is_right(), "{report}");
    }

    #[test]
    fn a_bad_step_is_no_excuse_for_a_wrong_formula() {
        for step in [1e-13, 1e-5, 0.3] {
            let checker = Checker::new().with_step(step);
            let at = numbers(2, 3, 71);
            let f = |w: &Matrix| w.map(f64::exp).sum();
            let verdict = checker.function(f, &at, &-at.map(f64::exp)).verdict;
            assert_eq!(verdict, Verdict::SignFlipped, "{step}");
        }
    }

    #[test]
    fn the_words() {
        let small = Verdict::StepTooSmall { step: 1e-12, better: 6e-5 };
        let words = "the step 1e-12 is too small, rounding hides the slope; with 6e-5 \
                     the formula is right";
        assert_eq!(small.to_string(), words);
        let large = Verdict::StepTooLarge { step: 0.1, better: 6e-5 };
        assert!(large.to_string().starts_with("the step 1e-1 is too large"));
        let kink = Verdict::KinkCrossed { row: 3, column: 0 };
        assert!(kink.to_string().contains("corner within one step of row 3, column 0"));
        let nan = Verdict::NotFinite(Culprit::Loss);
        assert_eq!(nan.to_string(), "the loss is not finite");
        let entry = Verdict::Entry { row: 1, column: 2, analytic: 0.5, numeric: -1e-9 };
        let words = "the entry at row 1, column 2 is 0.5, expected -1.00000e-9; the \
                     others are right";
        assert_eq!(entry.to_string(), words);
    }
}

mod the_v {
    use super::*;

    fn powers() -> Vec<f64> {
        (2..=60).map(|k| 10_f64.powf(-f64::from(k) / 4.0)).collect()
    }

    fn curve<T: gradbook::Real>(difference: Difference) -> Vec<(f64, f64)> {
        let (x, slope) = (T::of(0.75), 0.75_f64.cos());
        step_curve(difference, |x: T| x.sin(), x, slope, &powers())
    }

    fn bottom(curve: &[(f64, f64)]) -> (f64, f64) {
        *curve.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
    }

    #[test]
    fn it_falls_and_rises_and_its_bottom_depends_on_the_precision() {
        let narrow = curve::<f32>(Difference::Central);
        let wide = curve::<f64>(Difference::Central);
        let (step_32, error_32) = bottom(&narrow);
        let (step_64, error_64) = bottom(&wide);
        assert!((1e-4..1e-1).contains(&step_32), "{step_32}");
        assert!((1e-7..1e-4).contains(&step_64), "{step_64}");
        assert!((1e-9..1e-4).contains(&error_32), "{error_32}");
        assert!(error_64 < 1e-9, "{error_64}");
        for (curve, error) in [(narrow, error_32), (wide, error_64)] {
            assert!(curve[0].1 > 100.0 * error, "the left arm");
            assert!(curve[curve.len() - 1].1 > 100.0 * error, "the right arm");
        }
    }

    #[test]
    fn forward_errors_fall_with_the_step_and_central_ones_with_its_square() {
        let error = |difference, step: f64| {
            step_curve(difference, |x: f64| x.sin(), 0.75, 0.75_f64.cos(), &[step])[0].1
        };
        let ratio = |difference| error(difference, 1e-2) / error(difference, 1e-3);
        assert!((ratio(Difference::Forward) - 10.0).abs() < 0.2);
        assert!((ratio(Difference::Central) - 100.0).abs() < 1.0);
    }
}

/// An LSTM whose backward pass is right, and then spoiled.
struct SpoiledMemory {
    inner: Lstm<f64>,
    spoil: fn(&mut Lstm<f64>, &mut Matrix, &mut Matrix),
}

impl Recurrent<f64> for SpoiledMemory {
    fn name(&self) -> &'static str {
        "spoiled"
    }

    fn inputs(&self) -> usize {
        self.inner.inputs()
    }

    fn hidden(&self) -> usize {
        self.inner.hidden()
    }

    fn state_rows(&self) -> usize {
        self.inner.state_rows()
    }

    fn forward(
        &mut self,
        input: &Matrix,
        sequences: &Sequences,
        state: &mut Matrix,
        output: &mut Matrix,
    ) {
        self.inner.forward(input, sequences, state, output);
    }

    fn backward(
        &mut self,
        input: &Matrix,
        sequences: &Sequences,
        output: &Matrix,
        grad_output: &Matrix,
        grad_state: &mut Matrix,
        grad_input: Option<&mut Matrix>,
    ) {
        let mut kept = Vec::new();
        self.inner.parameters(&mut |_, p| {
            kept.push(std::mem::replace(&mut p.grad, p.value.map(|_| 0.0)));
        });
        let (inner, mut slope) = (&mut self.inner, Matrix::zeros(0, 0));
        let asked = Some(&mut slope);
        inner.backward(input, sequences, output, grad_output, grad_state, asked);
        (self.spoil)(inner, grad_state, &mut slope);
        let mut kept = kept.into_iter();
        self.inner.parameters(&mut |_, p| p.grad += kept.next().expect("as many"));
        if let Some(grad_input) = grad_input {
            *grad_input = slope;
        }
    }

    fn parameters(&mut self, visit: &mut dyn FnMut(&'static str, &mut Parameter<f64>)) {
        self.inner.parameters(visit);
    }

    fn hidden_gradients(&self) -> &Matrix {
        self.inner.hidden_gradients()
    }
}

/// The verdicts on an LSTM, 3 inputs, 2 units, examples of 4 and 2 steps.
fn of_memory(
    spoil: fn(&mut Lstm<f64>, &mut Matrix, &mut Matrix),
) -> Vec<(String, Verdict)> {
    let inner = Lstm::new(3, 2, &mut gradbook::rng(40)).with_forget_bias(1.0);
    let sequences = Sequences::of_lengths(&[4, 2]);
    let (x, first) = (numbers(3, 8, 41), numbers(4, 2, 42));
    let mut layer = SpoiledMemory { inner, spoil };
    let found = check_recurrent(&mut layer, &x, &sequences, &first, 43).unwrap();
    found.reports.into_iter().map(|report| (report.name, report.verdict)).collect()
}

#[test]
fn faults_of_recurrent_layers_are_named() {
    let right = of_memory(|_, _, _| ());
    let names = ["input", "initial_state", "weight_ih", "weight_hh", "bias"];
    assert_eq!(right, names.map(|name| (name.to_string(), Verdict::Right)));
    let only = |spoil, name: &str| {
        let mut found = of_memory(spoil);
        found.retain(|(_, verdict)| *verdict != Verdict::Right);
        assert_eq!((found.len(), found[0].0.as_str()), (1, name), "{found:?}");
        found.remove(0).1
    };
    let flipped = only(|lstm, _, _| lstm.weight_hh.grad *= -1.0, "weight_hh");
    assert_eq!(flipped, Verdict::SignFlipped);
    let forgotten = only(|_, state, _| state.rows_mut(2, 2).fill(0.0), "initial_state");
    let Verdict::Block { rows, all_columns, .. } = &forgotten else {
        panic!("{forgotten:?}")
    };
    assert_eq!((&rows[..], *all_columns), (&[2, 3][..], true));
    // the last step of the longer example never reached the input
    let cut = only(|_, _, slope| slope.column_mut(6).fill(0.0), "input");
    let Verdict::Block { columns, all_rows, .. } = &cut else { panic!("{cut:?}") };
    assert_eq!((&columns[..], *all_rows), (&[6][..], true));
    let gates = only(|lstm, _, _| lstm.bias.grad.rows_mut(2, 2).fill(0.5), "bias");
    assert!(matches!(gates, Verdict::Block { .. }), "{gates:?}");
}

#[test]
fn sequences_that_do_not_fit_a_layer_are_errors() {
    let mut layer = Lstm::new(3, 2, &mut gradbook::rng(40));
    let sequences = Sequences::equal(4, 2);
    let (x, first) = (numbers(3, 8, 41), numbers(4, 2, 42));
    let mut check = |x: &Matrix, first: &Matrix| {
        check_recurrent(&mut layer, x, &sequences, first, 1).map(|_| ())
    };
    assert!(check(&x, &first).is_ok());
    let error = check(&numbers(3, 7, 41), &first).unwrap_err().to_string();
    assert_eq!(error, "Lstm: input is 3 x 7, expected 3 x 8");
    let error = check(&x, &numbers(2, 2, 1)).unwrap_err().to_string();
    assert_eq!(error, "Lstm: initial state is 2 x 2, expected 4 x 2");
}
