//! Forward, backward and updates against what PyTorch recorded, in `f32` and `f64`.
//! `tests/vectors/make_vectors.py` made the files.

use gradbook::activation::Activation;
use gradbook::init::Init;
use gradbook::layer::{
    Activate, AvgPool2d, BatchNorm, Conv2d, Dense, Embedding, GlobalAvgPool, Gru,
    ImageShape, Lstm, MaxPool2d, ResidualBlock, Rnn, Softmax, Window,
};
use gradbook::loss::{
    BinaryCrossEntropy, CategoricalHinge, Hinge, Huber, Loss, Mae, Mse,
    SoftmaxCrossEntropy,
};
use gradbook::optimizer::{
    AdaGrad, Adam, AdamW, Kind, Optimizer, RmsProp, Schedule, Sgd, clip_norm,
    clip_value,
};
use gradbook::train::{ReduceOnPlateau, SmoothLabels};
use gradbook::{
    Input, Layer, Matrix, Parameter, Parameters, Phase, Real, Recurrent,
    SequenceNetwork, Sequences, Sequential,
};
use serde_json::Value;

fn cases(file: &str) -> Value {
    let path = format!("{}/tests/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let text =
        std::fs::read_to_string(path).expect("the vectors are in the repository");
    let mut whole: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    whole["cases"].take()
}

fn numbers(list: &Value) -> Vec<f64> {
    let list = list.as_array().expect("a list of numbers");
    list.iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn size(value: &Value) -> usize {
    value.as_u64().expect("a size") as usize
}

/// A batch: numbers one example after another, as both sides store it.
fn batch<T: Real>(shape: &Value, list: &Value) -> Matrix<T> {
    let values = numbers(list).into_iter().map(T::of);
    Matrix::from_iterator(size(&shape[0]), size(&shape[1]), values)
}

/// A weight: PyTorch's rows, one after another.
fn weight<T: Real>(given: &Value) -> Matrix<T> {
    let values: Vec<T> = numbers(&given["values"]).into_iter().map(T::of).collect();
    let columns = given["shape"].get(1).map_or(1, size);
    Matrix::from_row_slice(size(&given["shape"][0]), columns, &values)
}

/// The book's measure: max|a - b| / max(1, max|b|), and a NaN is never near.
fn compare<T: Real>(what: &str, seen: &[T], expected: &Value) {
    let expected = numbers(expected);
    assert_eq!(seen.len(), expected.len(), "{what}: count");
    let pairs = || seen.iter().map(|a| a.to_f64()).zip(&expected);
    assert!(pairs().all(|(a, b)| a.is_finite() && b.is_finite()), "{what}: not finite");
    let distance = pairs().map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let scale = expected.iter().fold(1.0_f64, |m, b| m.max(b.abs()));
    let limit = if size_of::<T>() == 4 { 1e-5 } else { 1e-12 };
    assert!(distance / scale <= limit, "{what}: off by {:e}", distance / scale);
}

/// The rows of a matrix one after another, as PyTorch writes a weight.
fn by_rows<T: Real>(matrix: &Matrix<T>) -> Vec<T> {
    matrix.transpose().as_slice().to_vec()
}

fn precision<T: Real>() -> &'static str {
    if size_of::<T>() == 4 { "f32" } else { "f64" }
}

fn layer<T: Real>(case: &Value) -> Box<dyn Layer<T>> {
    let name = case["layer"].as_str().expect("a name");
    let activation = Activation::ALL.into_iter().find(|a| a.name() == name);
    match (name, activation) {
        ("dense", _) => {
            let parts = &case["weights"];
            let (w, b) = (weight(&parts["weight"]), weight(&parts["bias"]));
            Box::new(Dense::from_parts(w, b).expect("shapes fit"))
        }
        ("softmax", _) => Box::new(Softmax),
        (_, Some(activation)) => Box::new(Activate::new(activation)),
        _ => panic!("no layer is called {name}"),
    }
}

fn check_layer<T: Real>(case: &Value) {
    let what =
        format!("{} {} {}", case["layer"], case["input_shape"], precision::<T>());
    let x = batch::<T>(&case["input_shape"], &case["input"]);
    check_passes(&what, &mut *layer::<T>(case), &x, case);
}

fn check_passes<T: Real>(
    what: &str,
    layer: &mut dyn Layer<T>,
    x: &Matrix<T>,
    case: &Value,
) {
    let expected = &case[precision::<T>()];
    let mut output = Matrix::zeros(0, 0);
    layer.forward(x, &mut output, Phase::Train);
    compare(&format!("{what} output"), output.as_slice(), &expected["output"]);
    let values = numbers(&case["grad_output"]).into_iter().map(T::of);
    let grad_output = Matrix::from_iterator(output.nrows(), output.ncols(), values);
    let mut grad_input = Matrix::zeros(0, 0);
    layer.backward(x, &output, &grad_output, Some(&mut grad_input));
    compare(&format!("{what} dx"), grad_input.as_slice(), &expected["grad_input"]);
    let mut seen = 0;
    layer.parameters(&mut |name, p| {
        compare(
            &format!("{what} d{name}"),
            &by_rows(&p.grad),
            &expected["grads"][name],
        );
        seen += 1;
    });
    assert_eq!(Some(seen), expected["grads"].as_object().map(|grads| grads.len()));
}

#[test]
fn layers_equal_pytorch_forward_and_backward() {
    let cases = cases("layers");
    let cases = cases.as_array().expect("a list");
    for case in cases {
        check_layer::<f32>(case);
        check_layer::<f64>(case);
    }
    let tested = |name: &str| cases.iter().any(|case| case["layer"] == name);
    assert!(tested("dense") && tested("softmax"));
    assert!(Activation::ALL.iter().all(|a| tested(a.name())));
}

fn image_layer<T: Real>(case: &Value) -> (ImageShape, Box<dyn Layer<T>>) {
    let pair = |list: &Value| (size(&list[0]), size(&list[1]));
    let sides = &case["image"];
    let image = ImageShape::new(size(&sides[0]), size(&sides[1]), size(&sides[2]));
    let given = &case["window"];
    let window = || Window {
        kernel: pair(&given["kernel"]),
        stride: pair(&given["stride"]),
        padding: pair(&given["padding"]),
    };
    let (filters, rng) = (|| size(&case["filters"]), &mut gradbook::rng(0));
    let fits = "the window fits";
    let mut layer: Box<dyn Layer<T>> = match case["layer"].as_str() {
        Some("conv2d") => Box::new(
            Conv2d::new(image, filters(), window(), Init::Zeros, rng).expect(fits),
        ),
        Some("max_pool2d") => Box::new(MaxPool2d::new(image, window()).expect(fits)),
        Some("avg_pool2d") => Box::new(AvgPool2d::new(image, window()).expect(fits)),
        Some("global_avg_pool") => Box::new(GlobalAvgPool::new(image)),
        Some("residual_block") => {
            let stride = size(&case["stride"]);
            let block = ResidualBlock::new(image, filters(), stride, Init::Zeros, rng);
            Box::new(block.expect(fits))
        }
        _ => panic!("no layer is called {}", case["layer"]),
    };
    layer.parameters(&mut |name, p| {
        let given = weight(&case["weights"][name]);
        assert_eq!(p.value.shape(), given.shape(), "{name}");
        p.value = given;
    });
    (image, layer)
}

fn check_image_layer<T: Real>(case: &Value) {
    let (image, mut layer) = image_layer::<T>(case);
    let what =
        format!("{} {image} {} {}", case["layer"], case["window"], precision::<T>());
    let values = numbers(&case["input"]).into_iter().map(T::of);
    let x = Matrix::from_iterator(image.len(), size(&case["batch"]), values);
    check_passes(&what, &mut *layer, &x, case);
}

#[test]
fn layers_on_images_equal_pytorch_forward_and_backward() {
    let cases = cases("images");
    let cases = cases.as_array().expect("a list");
    for case in cases {
        check_image_layer::<f32>(case);
        check_image_layer::<f64>(case);
    }
    let count = |name: &str| cases.iter().filter(|c| c["layer"] == name).count();
    let names = ["conv2d", "max_pool2d", "avg_pool2d", "global_avg_pool"];
    assert_eq!(names.map(count), [7, 10, 5, 2]);
    assert_eq!(count("residual_block"), 3);
}

fn loss<T: Real>(name: &str) -> Box<dyn Loss<T>> {
    match name.split(' ').next() {
        Some("mse") => Box::new(Mse),
        Some("mae") => Box::new(Mae),
        Some("huber") => Box::new(Huber { delta: 0.7 }),
        Some("hinge") => Box::new(Hinge),
        Some("categorical_hinge") => Box::new(CategoricalHinge),
        Some("binary_cross_entropy") => Box::new(BinaryCrossEntropy),
        Some("softmax_cross_entropy") => Box::new(SoftmaxCrossEntropy),
        _ => panic!("no loss is called {name}"),
    }
}

fn check_loss<T: Real>(case: &Value) {
    let name = case["loss"].as_str().expect("a name");
    let what = format!("{name} {} {}", case["shape"], precision::<T>());
    let prediction = batch::<T>(&case["shape"], &case["prediction"]);
    let target = batch::<T>(&case["shape"], &case["target"]);
    let mut grad = Matrix::zeros(0, 0);
    let value = loss::<T>(name).gradient(&prediction, &target, &mut grad);
    let value = value.expect("shapes fit");
    let expected = &case[precision::<T>()];
    compare(&what, &[value], &Value::from(vec![expected["value"].clone()]));
    compare(&format!("{what} gradient"), grad.as_slice(), &expected["grad"]);
}

#[test]
fn losses_equal_pytorch_value_and_gradient() {
    let cases = cases("losses");
    for case in cases.as_array().expect("a list") {
        check_loss::<f32>(case);
        check_loss::<f64>(case);
    }
}

fn check_network<T: Real>(case: &Value) {
    let mut rng = gradbook::rng(0);
    let mut dense =
        |inputs, outputs| Dense::new(inputs, outputs, Init::Zeros, &mut rng);
    let mut net = Sequential::<T>::new(13)
        .then(dense(13, 11))
        .and_then(|net| net.then(Activate::new(Activation::Tanh)))
        .and_then(|net| net.then(dense(11, 7)))
        .and_then(|net| net.then(Activate::new(Activation::Gelu)))
        .and_then(|net| net.then(dense(7, 3)))
        .expect("shapes fit");
    net.parameters(&mut |name, p| p.value = weight(&case["weights"][name]));
    let x = batch::<T>(&case["input_shape"], &case["input"]);
    let expected = &case[precision::<T>()];
    let output = net.forward(&x, Phase::Train).expect("shapes fit").clone();
    compare("network output", output.as_slice(), &expected["output"]);
    let target = Matrix::from_iterator(
        3,
        x.ncols(),
        numbers(&case["target"]).into_iter().map(T::of),
    );
    let mut grad = Matrix::zeros(0, 0);
    let value = SoftmaxCrossEntropy.gradient(&output, &target, &mut grad);
    let value = value.expect("shapes fit");
    compare("network loss", &[value], &Value::from(vec![expected["value"].clone()]));
    net.backward(&x, &grad).expect("shapes fit");
    let mut seen = 0;
    net.parameters(&mut |name, p| {
        compare(&format!("d{name}"), &by_rows(&p.grad), &expected["grads"][name]);
        seen += 1;
    });
    assert_eq!(seen, 6);
}

#[test]
fn a_network_equals_pytorch_in_every_gradient() {
    let case = cases("network");
    check_network::<f32>(&case);
    check_network::<f64>(&case);
}

/// Six numbers, split over two parameters, so that the state of each is kept apart.
struct Six<T: Real>(Parameter<T>, Parameter<T>);

impl<T: Real> Parameters<T> for Six<T> {
    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<T>)) {
        visit("two", &mut self.0);
        visit("four", &mut self.1);
    }
}

/// The optimizer whose path PyTorch recorded under this name.
fn optimizer<T: Real>(name: &str) -> Box<dyn Optimizer<T>> {
    let usual = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    let sgd = || Sgd::new(0.1).with_weight_decay(0.3);
    let rmsprop = || RmsProp::new(0.01).with_decay(0.9).with_weight_decay(0.3);
    match (name, usual) {
        ("rmsprop", _) => Box::new(RmsProp::new(0.01)),
        (_, Some(kind)) => kind.build(0.1),
        ("sgd decay", _) => Box::new(sgd()),
        ("momentum decay", _) => Box::new(sgd().with_momentum(0.7)),
        ("nesterov decay", _) => Box::new(sgd().with_momentum(0.7).with_nesterov()),
        ("adagrad decay", _) => {
            Box::new(AdaGrad::new(0.1).with_epsilon(0.01).with_weight_decay(0.3))
        }
        ("rmsprop decay", _) => Box::new(rmsprop().with_epsilon(0.01)),
        ("rmsprop momentum", _) => Box::new(rmsprop().with_momentum(0.7)),
        ("adam decay", _) => {
            let adam = Adam::new(0.1).with_betas(0.8, 0.95).with_epsilon(0.01);
            Box::new(adam.with_weight_decay(0.3))
        }
        ("adamw decay", _) => {
            let adam = AdamW::new(0.1).with_betas(0.8, 0.95).with_epsilon(0.01);
            Box::new(adam.with_weight_decay(0.3))
        }
        _ => panic!("no optimizer is called {name}"),
    }
}

/// Parameters of 2 x 2, 1 x 1 and 3 x 1.
struct Ragged<T: Real>([Parameter<T>; 3]);

impl<T: Real> Ragged<T> {
    fn new(numbers: &[f64]) -> Self {
        let parameter = |rows, columns, from: usize| {
            let numbers = numbers[from..].iter().take(rows * columns);
            let numbers = numbers.map(|&x| T::of(x));
            Parameter::new(Matrix::from_iterator(rows, columns, numbers))
        };
        Self([parameter(2, 2, 0), parameter(1, 1, 4), parameter(3, 1, 5)])
    }
}

impl<T: Real> Parameters<T> for Ragged<T> {
    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<T>)) {
        self.0.iter_mut().for_each(|parameter| visit("part", parameter));
    }
}

fn check_optimizer<T: Real>(name: &str, case: &Value) {
    let mut optimizer = optimizer::<T>(name);
    let mut model = Ragged::new(&numbers(&case["start"]));
    let mut paths = vec![Vec::new(); 8]; // one for each number
    for (update, grads) in numbers(&case["grads"]).chunks(8).enumerate() {
        if update == 30 {
            optimizer.set_learning_rate(0.3 * optimizer.learning_rate());
        }
        for (part, grads) in model.0.iter_mut().zip(Ragged::<T>::new(grads).0) {
            part.grad = grads.value;
        }
        optimizer.step(&mut model);
        let weights = model.0.iter().flat_map(|part| part.value.as_slice());
        paths.iter_mut().zip(weights).for_each(|(path, &weight)| path.push(weight));
    }
    let expected = numbers(&case["paths"][name][precision::<T>()]);
    for (number, path) in paths.iter().enumerate() {
        assert_eq!(path.len(), 60);
        let expected: Vec<f64> =
            expected[number..].iter().step_by(8).copied().collect();
        let what = format!("{name} {}, number {number}", precision::<T>());
        compare(&what, path, &expected.into());
    }
}

#[test]
fn optimizers_equal_pytorch_update_by_update() {
    let case = cases("optimizers");
    let names: Vec<_> = case["paths"].as_object().expect("paths").keys().collect();
    assert!(Kind::ALL.iter().all(|kind| names.iter().any(|name| *name == kind.name())));
    assert_eq!(names.len(), 15);
    for name in names {
        check_optimizer::<f32>(name, &case);
        check_optimizer::<f64>(name, &case);
    }
}

#[test]
fn schedules_equal_pytorch_tick_by_tick() {
    let case = cases("schedules");
    let rates = case["rates"].as_object().expect("rates");
    assert_eq!(rates.len(), 8);
    for (name, expected) in rates {
        let schedule = match name.as_str() {
            "step" => Schedule::Step { every: 7, factor: 0.6 },
            "exponential" => Schedule::Exponential { factor: 0.93 },
            "cosine" => Schedule::Cosine { ticks: 60 },
            "warm-up" => Schedule::WarmUp { ticks: 13 },
            "one-cycle" => Schedule::OneCycle { ticks: 60 },
            "one-cycle of 7" => Schedule::OneCycle { ticks: 7 },
            _ if name.starts_with("warm-up cosine") => {
                Schedule::WarmUpCosine { warm_up: 13, ticks: 60 }
            }
            _ => panic!("no schedule is called {name}"),
        };
        let count = expected.as_array().map_or(0, Vec::len);
        let seen: Vec<f64> = (0..count).map(|tick| schedule.rate(0.8, tick)).collect();
        compare(name, &seen, expected);
    }
}

#[test]
fn the_rate_on_a_plateau_equals_pytorch() {
    let case = &cases("schedules")["plateau"];
    for given in case["cases"].as_array().expect("cases") {
        let number = |key: &str| given[key].as_f64().expect("a number");
        let mut reduce =
            ReduceOnPlateau::new(number("factor"), size(&given["patience"]))
                .with_floor(number("floor"));
        let (name, mut rate) = (given["watch"].as_str().expect("a name"), 0.8);
        let sign = if name == "accuracy" { -1.0 } else { 1.0 };
        let mut seen = Vec::new();
        for value in numbers(&case[name]) {
            seen.push(rate);
            rate = reduce.see(sign * value, rate);
        }
        assert_eq!(seen.len(), 60);
        compare(&given.to_string(), &seen, &given["rates"]);
    }
}

fn recurrent<T: Real>(case: &Value) -> Box<dyn Recurrent<T>> {
    let part = |name: &str| weight::<T>(&case["weights"][name]);
    let (ih, hh, bias) = (part("weight_ih"), part("weight_hh"), part("bias"));
    match case["layer"].as_str() {
        Some("rnn") => Box::new(Rnn::from_parts(ih, hh, bias).expect("shapes fit")),
        Some("rnn relu") => {
            Box::new(Rnn::from_parts(ih, hh, bias).expect("shapes fit").relu())
        }
        Some("lstm") => Box::new(Lstm::from_parts(ih, hh, bias).expect("shapes fit")),
        Some("gru") => {
            let layer = Gru::from_parts(ih, hh, bias, part("bias_hn"));
            Box::new(layer.expect("shapes fit"))
        }
        other => panic!("no recurrent layer is called {other:?}"),
    }
}

fn matrix<T: Real>(rows: usize, columns: usize, list: &Value) -> Matrix<T> {
    Matrix::from_iterator(rows, columns, numbers(list).into_iter().map(T::of))
}

fn check_recurrent<T: Real>(case: &Value) {
    let what = format!("{} {} {}", case["layer"], case["lengths"], precision::<T>());
    let expected = &case[precision::<T>()];
    let mut layer = recurrent::<T>(case);
    let lengths: Vec<usize> =
        numbers(&case["lengths"]).iter().map(|&x| x as usize).collect();
    let chunks = numbers(&case["chunks"]);
    let (batch, rows) = (lengths.len(), layer.state_rows());
    let whole = Sequences::of_lengths(&lengths);
    let input = matrix::<T>(layer.inputs(), whole.columns(), &case["input"]);
    let grad_output =
        matrix::<T>(layer.hidden(), whole.columns(), &case["grad_output"]);
    let mut state = matrix(rows, batch, &case["first"]);
    let none = || Matrix::zeros(0, 0);
    let (mut outputs, mut grad_inputs, mut grad_first) = (vec![], vec![], none());
    let mut begin = 0;
    for (index, &steps) in chunks.iter().enumerate() {
        let steps = steps as usize;
        let sequences = match chunks.len() {
            1 => whole.clone(),
            _ => Sequences::equal(steps, batch),
        };
        let part = |matrix: &Matrix<T>| {
            matrix.columns(begin * batch, steps * batch).into_owned()
        };
        let (input, grad_output) = (part(&input), part(&grad_output));
        let (mut output, mut grad_input) = (none(), none());
        layer.forward(&input, &sequences, &mut state, &mut output);
        let mut grad_state = match index + 1 == chunks.len() {
            true => matrix(rows, batch, &case["grad_state"]),
            false => Matrix::zeros(rows, batch),
        };
        let (slope, asked) = (&mut grad_state, Some(&mut grad_input));
        layer.backward(&input, &sequences, &output, &grad_output, slope, asked);
        outputs.extend_from_slice(output.as_slice());
        grad_inputs.extend_from_slice(grad_input.as_slice());
        if index == 0 {
            grad_first = grad_state;
        }
        begin += steps;
    }
    compare(&format!("{what} output"), &outputs, &expected["output"]);
    compare(&format!("{what} state"), state.as_slice(), &expected["state"]);
    compare(&format!("{what} dx"), &grad_inputs, &expected["grad_input"]);
    compare(&format!("{what} dfirst"), grad_first.as_slice(), &expected["grad_first"]);
    let mut seen = 0;
    layer.parameters(&mut |name, p| {
        let what = format!("{what} d{name}");
        compare(&what, &by_rows(&p.grad), &expected["grads"][name]);
        seen += 1;
    });
    assert_eq!(Some(seen), expected["grads"].as_object().map(|grads| grads.len()));
}

#[test]
fn recurrent_layers_equal_pytorch_forward_and_backward() {
    let cases = cases("recurrent");
    let cases = cases.as_array().expect("a list");
    assert_eq!(cases.len(), 16);
    for case in cases {
        check_recurrent::<f32>(case);
        check_recurrent::<f64>(case);
    }
}

fn check_embedding<T: Real>(case: &Value) {
    let expected = &case[precision::<T>()];
    let mut embedding = Embedding::<T>::from_parts(weight(&case["weight"]));
    let tokens: Vec<usize> = tokens(&case["tokens"]);
    let mut output = Matrix::zeros(0, 0);
    embedding.forward(&tokens, &mut output).expect("tokens are known");
    compare("embedding output", output.as_slice(), &expected["output"]);
    let grad_output = matrix(3, tokens.len(), &case["grad_output"]);
    embedding.backward(&tokens, &grad_output).expect("shapes fit");
    compare("embedding grad", &by_rows(&embedding.weight.grad), &expected["grad"]);
}

fn tokens(list: &Value) -> Vec<usize> {
    numbers(list).iter().map(|&x| x as usize).collect()
}

#[test]
fn an_embedding_equals_pytorch_forward_and_backward() {
    let case = cases("embedding");
    check_embedding::<f32>(&case);
    check_embedding::<f64>(&case);
}

fn check_character_model<T: Real>(case: &Value) {
    let rng = &mut gradbook::rng(0);
    let head = Sequential::new(4).then(Dense::new(4, 7, Init::Zeros, rng));
    let mut network = SequenceNetwork::<T>::of_tokens(Embedding::new(7, 3, rng))
        .then(Lstm::new(3, 5, rng))
        .and_then(|network| network.then(Gru::new(5, 4, rng)))
        .and_then(|network| network.head_each_step(head?))
        .expect("shapes fit");
    network.parameters(&mut |name, p| p.value = weight(&case["weights"][name]));
    let expected = &case[precision::<T>()];
    let (tokens, batch, mut begin) = (tokens(&case["tokens"]), 2, 0);
    let mut state = network.state(batch);
    let (mut logits, mut losses, mut grad) = (vec![], vec![], Matrix::zeros(0, 0));
    for steps in numbers(&case["chunks"]) {
        let count = steps as usize * batch;
        let input = Input::Tokens(&tokens[begin..begin + count]);
        let targets = &tokens[begin + batch..begin + batch + count];
        let sequences = Sequences::equal(steps as usize, batch);
        let z = network.forward(input, &sequences, &mut state).expect("shapes fit");
        logits.extend_from_slice(z.as_slice());
        let loss = SoftmaxCrossEntropy.gradient_of_labels(z, targets, &mut grad);
        losses.push(loss.expect("shapes fit"));
        network.backward(input, &sequences, &grad).expect("shapes fit");
        begin += count;
    }
    compare("character model logits", &logits, &expected["logits"]);
    compare("character model losses", &losses, &expected["losses"]);
    for (state, name) in state.layers.iter().zip(["lstm_state", "gru_state"]) {
        compare(name, state.as_slice(), &expected[name]);
    }
    let mut seen = 0;
    network.parameters(&mut |name, p| {
        compare(&format!("d{name}"), &by_rows(&p.grad), &expected["grads"][name]);
        seen += 1;
    });
    assert_eq!(seen, 10);
}

#[test]
fn a_character_model_equals_pytorch_over_two_chunks() {
    let case = cases("character_model");
    check_character_model::<f32>(&case);
    check_character_model::<f64>(&case);
}

fn check_normalization<T: Real>(case: &Value) {
    let mut layer = match case.get("image") {
        None => BatchNorm::new(size(&case["features"])),
        Some(image) => {
            let [height, width, channels] = [0, 1, 2].map(|axis| size(&image[axis]));
            BatchNorm::of_image(ImageShape::new(height, width, channels))
        }
    };
    for (name, parameter) in [("weight", &mut layer.weight), ("bias", &mut layer.bias)]
    {
        parameter.value = matrix(parameter.value.nrows(), 1, &case[name]);
    }
    let batch = size(&case["batch"]);
    let rows = numbers(&case["input"]).len() / batch;
    let what = format!("batch norm {rows} x {batch} {}", precision::<T>());
    let delta = matrix::<T>(rows, batch, &case["grad_output"]);
    let [x, other] = ["input", "other"].map(|name| matrix(rows, batch, &case[name]));
    let expected = &case[precision::<T>()];
    let (mut output, mut grad) = (Matrix::zeros(0, 0), Matrix::zeros(0, 0));
    for (name, phase) in [("train", Phase::Train), ("infer", Phase::Infer)] {
        let (what, expected) = (format!("{what} {name}"), &expected[name]);
        layer.forward(&x, &mut output, phase);
        compare(&format!("{what} output"), output.as_slice(), &expected["output"]);
        layer.backward(&x, &output, &delta, Some(&mut grad));
        compare(&format!("{what} dx"), grad.as_slice(), &expected["grad_input"]);
        layer.parameters(&mut |name, p| {
            let grads = &expected["grads"][name];
            compare(&format!("{what} d{name}"), p.grad.as_slice(), grads);
            p.zero_grad();
        });
        if phase == Phase::Train {
            layer.forward(&other, &mut output, phase);
        }
    }
    let mut seen = Vec::new();
    layer.buffers(&mut |name, buffer| {
        let expected = &expected["buffers"][name];
        compare(&format!("{what} {name}"), buffer.as_slice(), expected);
        seen.push(name);
    });
    assert_eq!(seen, ["running_mean", "running_var", "num_batches_tracked"]);
}

#[test]
fn batch_norm_equals_pytorch_in_training_and_in_inference() {
    for case in cases("normalization").as_array().expect("cases") {
        check_normalization::<f32>(case);
        check_normalization::<f64>(case);
    }
}

fn check_smoothing<T: Real>(case: &Value) {
    let prediction = batch::<T>(&case["shape"], &case["prediction"]);
    let mut target = batch(&case["shape"], &case["target"]);
    let share = case["share"].as_f64().expect("a share");
    SmoothLabels(share).smooth(&mut target);
    let mut grad = Matrix::zeros(0, 0);
    let value = SoftmaxCrossEntropy.gradient(&prediction, &target, &mut grad);
    let (expected, value) = (&case[precision::<T>()], value.expect("shapes fit"));
    let what = format!("smoothing {share} {}", precision::<T>());
    compare(
        &format!("{what} value"),
        &[value],
        &vec![expected["value"].clone()].into(),
    );
    compare(&format!("{what} grad"), grad.as_slice(), &expected["grad"]);
}

#[test]
fn smoothed_labels_equal_pytorch() {
    for case in cases("smoothing").as_array().expect("cases") {
        check_smoothing::<f32>(case);
        check_smoothing::<f64>(case);
    }
}

fn check_clipping<T: Real>(case: &Value) {
    let expected = &case[precision::<T>()];
    let given = numbers(&case["grads"]);
    let column = |from: usize, to: usize| {
        let numbers = given[from..to].iter().map(|&x| T::of(x));
        let grad = Matrix::from_iterator(to - from, 1, numbers);
        Parameter { value: Matrix::zeros(to - from, 1), grad }
    };
    let (mut lengths, mut by_norm, mut by_value) = (vec![], vec![], vec![]);
    for limit in numbers(&case["limits"]) {
        let all = |model: &Six<T>| {
            [model.0.grad.as_slice(), model.1.grad.as_slice()].concat()
        };
        let mut model = Six(column(0, 2), column(2, 6));
        lengths.push(clip_norm(&mut model, T::of(limit)).expect("finite"));
        by_norm.extend(all(&model));
        let mut model = Six(column(0, 2), column(2, 6));
        clip_value(&mut model, T::of(limit)).expect("finite");
        by_value.extend(all(&model));
    }
    compare("length", &lengths, &expected["length"]);
    compare("clipped by length", &by_norm, &expected["norm"]);
    compare("clipped by value", &by_value, &expected["value"]);
}

#[test]
fn clipping_equals_pytorch() {
    let case = cases("clipping");
    check_clipping::<f32>(&case);
    check_clipping::<f64>(&case);
}
