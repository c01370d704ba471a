//! Character models: trained on a text by truncated backpropagation through time,
//! judged in bits per character, and asked to go on writing.

use std::ops::ControlFlow;

use rand::RngExt;

use crate::data::text::{Chunk, Chunks};
use crate::loss::SoftmaxCrossEntropy;
use crate::network::Parameters;
use crate::optimizer::{Optimizer, Schedule, clip_norm};
use crate::real::{Matrix, Real, Rng, ShapeError, real};
use crate::sequence::Sequences;
use crate::sequence_network::{Input, SequenceNetwork, State};
use crate::train::TrainError;
use crate::train::fit::check_rates;

/// How a text is learned.
#[derive(Clone, Debug, PartialEq)]
pub struct TextConfig {
    /// Places of the text read side by side.
    pub batch: usize,
    /// Characters of a chunk: how far gradients go back. The last chunk of a text may
    /// have fewer ([`Chunks`]).
    pub steps: usize,
    /// Updates to make, however often the text is gone through.
    pub updates: usize,
    /// The length at which gradients are clipped.
    pub clip: Option<f64>,
    /// How the learning rate changes; a tick is an update.
    pub schedule: Schedule,
    /// Whether the state is carried from chunk to chunk. Without, each chunk begins
    /// with an empty memory.
    pub carry: bool,
}

impl Default for TextConfig {
    fn default() -> Self {
        let schedule = Schedule::Constant;
        let (batch, steps, updates) = (32, 64, 500);
        Self { batch, steps, updates, clip: Some(1.0), schedule, carry: true }
    }
}

/// What one update saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextStep {
    /// The update, counted from 1.
    pub update: usize,
    /// Bits per character of the chunk before the update.
    pub bits: f64,
    /// The gradient's length before clipping; 0 where it is not clipped.
    pub gradient_norm: f64,
}

/// Trains a network of tokens with a head at each step to say what comes next.
///
/// After each update `watch` sees what it saw, and the network; it may break off.
///
/// # Errors
///
/// When a number of optimizer or schedule cannot be meant, the text cannot be dealt to
/// so many places, holds a token that the network does not know, or when training
/// leaves the finite numbers: the weights are then those before the step.
// ANCHOR: fit_text
pub fn fit_text<T: Real>(
    network: &mut SequenceNetwork<T>,
    optimizer: &mut dyn Optimizer<T>,
    tokens: &[usize],
    config: &TextConfig,
    watch: &mut dyn FnMut(&TextStep, &mut SequenceNetwork<T>) -> ControlFlow<()>,
) -> Result<(), TrainError> {
    check_rates(optimizer, config.schedule)?;
    let chunks = Chunks::new(tokens, config.batch, config.steps)?;
    let (mut chunk, mut sequences) = (Chunk::default(), Sequences::equal(0, 0));
    let mut state = network.state(config.batch);
    let (mut grad, first_rate) = (Matrix::zeros(0, 0), optimizer.learning_rate());
    for update in 1..=config.updates {
        let index = (update - 1) % chunks.len();
        chunks.read(index, &mut chunk);
        sequences.set_equal(chunk.steps, chunk.batch);
        if index == 0 || !config.carry {
            state.clear();
        }
        network.zero_grad();
        let input = Input::Tokens(&chunk.tokens);
        // the state goes on to the next chunk; its gradient does not come back
        let logits = network.forward(input, &sequences, &mut state)?;
        let targets = &chunk.targets;
        let loss =
            SoftmaxCrossEntropy.gradient_of_labels(logits, targets, &mut grad)?;
        network.backward(input, &sequences, &grad)?;
        let bits = loss.to_f64() / std::f64::consts::LN_2;
        let clipped = clip(network, config.clip);
        let gradient_norm = finite(bits, clipped, update, chunks.len())?;
        optimizer.set_learning_rate(config.schedule.rate(first_rate, update - 1));
        optimizer.step(network);
        let seen = TextStep { update, bits, gradient_norm };
        if watch(&seen, network).is_break() {
            break;
        }
    }
    optimizer.set_learning_rate(first_rate);
    Ok(())
}
// ANCHOR_END: fit_text

/// Clips where asked and returns the gradient's length before; 0 where not asked.
fn clip<T: Real>(
    network: &mut SequenceNetwork<T>,
    limit: Option<f64>,
) -> Result<f64, crate::optimizer::ClipError> {
    let Some(limit) = limit else { return Ok(0.0) };
    Ok(clip_norm(network, real(limit))?.to_f64())
}

fn finite(
    bits: f64,
    clipped: Result<f64, crate::optimizer::ClipError>,
    update: usize,
    chunks: usize,
) -> Result<f64, TrainError> {
    let what = match clipped {
        Ok(norm) if bits.is_finite() => return Ok(norm),
        Err(error @ crate::optimizer::ClipError::Limit(_)) => return Err(error.into()),
        Ok(_) => format!("the loss is {bits}"),
        Err(error) => error.to_string(),
    };
    Err(TrainError::Diverged {
        epoch: (update - 1) / chunks + 1,
        step: (update - 1) % chunks + 1,
        what,
        mend: "a smaller learning rate, or clipping at a smaller length, may help"
            .to_string(),
    })
}

/// Bits per character of a text: the mean of -log2 of the probability that the network
/// gave to each character but the first, reading from an empty memory on.
///
/// # Errors
///
/// When the text has fewer than two characters, or one that the network does not know.
// ANCHOR: bits
pub fn bits_per_character<T: Real>(
    network: &mut SequenceNetwork<T>,
    tokens: &[usize],
) -> Result<f64, TrainError> {
    const CHUNK: usize = 256;
    if tokens.len() < 2 {
        return Err(
            ShapeError::new("text", tokens.len(), "at least 2 characters").into()
        );
    }
    let (mut state, mut nats) = (network.state(1), 0.0);
    for start in (0..tokens.len() - 1).step_by(CHUNK) {
        let steps = CHUNK.min(tokens.len() - 1 - start);
        let input = Input::Tokens(&tokens[start..start + steps]);
        let sequences = Sequences::equal(steps, 1);
        let logits = network.infer(input, &sequences, &mut state)?;
        let targets = &tokens[start + 1..start + 1 + steps];
        let loss = SoftmaxCrossEntropy.value_of_labels(logits, targets)?;
        nats += loss.to_f64() * steps as f64;
    }
    Ok(nats / (tokens.len() - 1) as f64 / std::f64::consts::LN_2)
}
// ANCHOR_END: bits

/// Goes on after `start`: `count` tokens, each drawn from what the network says comes
/// next, its logits divided by `temperature`. Below 1 the likely becomes likelier; at 0
/// the likeliest is always taken.
///
/// # Errors
///
/// When `start` is empty or holds a token that the network does not know, when the
/// temperature is no number from 0 on, or when the network answers with a NaN.
// ANCHOR: sample
pub fn sample<T: Real>(
    network: &mut SequenceNetwork<T>,
    start: &[usize],
    count: usize,
    temperature: f64,
    rng: &mut Rng,
) -> Result<Vec<usize>, TrainError> {
    if start.is_empty() {
        return Err(
            ShapeError::new("start of the sample", 0, "a character or more").into()
        );
    }
    if !temperature.is_finite() || temperature < 0.0 {
        let expected = "a finite number from 0 on";
        return Err(ShapeError::new("temperature", temperature, expected).into());
    }
    let (mut state, mut written) = (network.state(1), Vec::with_capacity(count));
    let mut read = start.to_vec();
    for _ in 0..count {
        let sequences = Sequences::equal(read.len(), 1);
        let logits = network.infer(Input::Tokens(&read), &sequences, &mut state)?;
        let last = logits.column(logits.ncols() - 1);
        let token = draw(last.as_slice(), temperature, rng)?;
        written.push(token);
        read.clear();
        read.push(token);
    }
    Ok(written)
}
// ANCHOR_END: sample

/// Draws an index by the softmax of logits / temperature.
fn draw<T: Real>(
    logits: &[T],
    temperature: f64,
    rng: &mut Rng,
) -> Result<usize, TrainError> {
    let logits: Vec<f64> = logits.iter().map(|z| z.to_f64()).collect();
    let larger =
        |best: usize, k: usize| if logits[k] > logits[best] { k } else { best };
    let likeliest = (0..logits.len()).reduce(larger).unwrap_or(0);
    if logits.iter().any(|z| z.is_nan()) || !logits[likeliest].is_finite() {
        let what = "the network's answer";
        return Err(ShapeError::new(what, "not finite", "finite numbers").into());
    }
    if temperature == 0.0 {
        return Ok(likeliest);
    }
    let share = |z: &f64| ((z - logits[likeliest]) / temperature).exp();
    let shares: Vec<f64> = logits.iter().map(share).collect();
    let mut left = rng.random::<f64>() * shares.iter().sum::<f64>();
    for (token, share) in shares.iter().enumerate() {
        left -= share;
        if left < 0.0 {
            return Ok(token);
        }
    }
    Ok(likeliest)
}

/// The state of a network after it has read a text from an empty memory on.
///
/// # Errors
///
/// When the text holds a token that the network does not know.
pub fn read<T: Real>(
    network: &mut SequenceNetwork<T>,
    tokens: &[usize],
) -> Result<State<T>, TrainError> {
    let mut state = network.state(1);
    let sequences = Sequences::equal(tokens.len(), 1);
    network.infer(Input::Tokens(tokens), &sequences, &mut state)?;
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::Init;
    use crate::layer::{Dense, Embedding, Gru};
    use crate::network::Sequential;
    use crate::optimizer::Adam;

    fn network(vocabulary: usize) -> SequenceNetwork {
        let mut rng = crate::rng(1);
        let dense = Dense::new(8, vocabulary, Init::XavierNormal, &mut rng);
        let head = Sequential::new(8).then(dense).unwrap();
        SequenceNetwork::of_tokens(Embedding::new(vocabulary, 4, &mut rng))
            .then(Gru::new(4, 8, &mut rng))
            .and_then(|network| network.head_each_step(head))
            .unwrap()
    }

    /// 0 1 2 1 0 1 2 1 ...: what follows a 1 depends on the token before it.
    fn text(count: usize) -> Vec<usize> {
        (0..count).map(|k| [0, 1, 2, 1][k % 4]).collect()
    }

    #[test]
    fn a_rule_that_needs_memory_is_learned_and_written() {
        let (mut network, mut adam) = (network(3), Adam::new(0.02));
        let before = bits_per_character(&mut network, &text(101)).unwrap();
        let config =
            TextConfig { batch: 4, steps: 5, updates: 150, ..TextConfig::default() };
        let mut seen = Vec::new();
        fit_text(&mut network, &mut adam, &text(161), &config, &mut |step, _| {
            seen.push(*step);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!((seen.len(), seen[149].update), (150, 150));
        assert!(seen.iter().all(|step| step.gradient_norm > 0.0));
        let after = bits_per_character(&mut network, &text(101)).unwrap();
        // counting pairs of letters cannot get below half a bit
        assert!(before > 1.0 && after < 0.1, "{before} {after}");
        let rng = &mut crate::rng(3);
        let written = sample(&mut network, &[0, 1, 2], 9, 0.5, rng).unwrap();
        assert_eq!(written, [1, 0, 1, 2, 1, 0, 1, 2, 1]);
    }

    #[test]
    fn watching_may_break_off_and_carrying_matters() {
        let run = |carry| {
            let (mut network, mut adam) = (network(3), Adam::new(0.02));
            let config = TextConfig {
                batch: 2,
                steps: 3,
                updates: 9,
                carry,
                ..TextConfig::default()
            };
            let mut bits = Vec::new();
            fit_text(&mut network, &mut adam, &text(100), &config, &mut |step, _| {
                bits.push(step.bits);
                match step.update {
                    4 => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            })
            .unwrap();
            bits
        };
        let (with, without) = (run(true), run(false));
        assert_eq!((with.len(), without.len()), (4, 4));
        assert_eq!(with[0], without[0]);
        assert_ne!(with[1], without[1]);
    }

    #[test]
    fn bits_are_those_of_one_long_pass_and_of_a_guess() {
        let mut guess = network(3);
        guess.parameters(&mut |_, parameter| parameter.value.fill(0.0));
        let bits = bits_per_character(&mut guess, &text(11)).unwrap();
        assert!((bits - 3.0_f64.log2()).abs() < 1e-6, "{bits}");
        // longer than what is read at once
        let (mut net, tokens) = (network(3), text(600));
        let (mut state, whole) = (net.state(1), Sequences::equal(599, 1));
        let input = Input::Tokens(&tokens[..599]);
        let logits = net.infer(input, &whole, &mut state).unwrap();
        let nats = SoftmaxCrossEntropy.value_of_labels(logits, &tokens[1..]).unwrap();
        let bits = bits_per_character(&mut net, &tokens).unwrap();
        let expected = f64::from(nats) / std::f64::consts::LN_2;
        assert!((bits - expected).abs() < 1e-5, "{bits} {expected}");
        assert_eq!(read(&mut net, &tokens[..599]).unwrap(), state);
    }

    #[test]
    fn an_update_is_clipped_and_the_rate_follows_its_schedule() {
        let run = |clip, schedule| {
            let (mut net, mut sgd) = (network(3), crate::optimizer::Sgd::new(1.0));
            let before: Vec<f32> = numbers(&mut net);
            let config = TextConfig {
                batch: 2,
                steps: 3,
                updates: 1,
                clip,
                schedule,
                ..TextConfig::default()
            };
            let mut norm = 0.0;
            fit_text(&mut net, &mut sgd, &text(60), &config, &mut |step, _| {
                norm = step.gradient_norm;
                ControlFlow::Continue(())
            })
            .unwrap();
            assert_eq!(Optimizer::<f32>::learning_rate(&sgd), 1.0);
            let moved =
                before.iter().zip(numbers(&mut net)).map(|(a, b)| (a - b).powi(2));
            (norm, f64::from(moved.sum::<f32>().sqrt()))
        };
        let (norm, moved) = run(Some(1e-3), Schedule::Constant);
        assert!(norm > 0.1 && (moved / 1e-3 - 1.0).abs() < 0.02, "{norm} {moved}");
        let (free, moved) = run(Some(1e3), Schedule::Constant);
        assert!((moved / free - 1.0).abs() < 1e-3 && free == norm, "{free} {moved}");
        let none = Schedule::Step { every: 1, factor: 0.5 };
        assert!((run(None, none).1 / free - 1.0).abs() < 1e-3);
        assert_eq!(run(None, none).0, 0.0);
    }

    fn numbers(net: &mut SequenceNetwork) -> Vec<f32> {
        let mut all = Vec::new();
        net.parameters(&mut |_, p| all.extend_from_slice(p.value.as_slice()));
        all
    }

    #[test]
    fn a_rate_or_schedule_that_cannot_be_meant_is_refused() {
        let run = |rate, factor| {
            let schedule = Schedule::Exponential { factor };
            let config = TextConfig { schedule, ..TextConfig::default() };
            let mut sgd = crate::optimizer::Sgd::new(rate);
            let mut quiet =
                |_: &TextStep, _: &mut SequenceNetwork| ControlFlow::Continue(());
            let (net, text) = (&mut network(3), text(60));
            let done = fit_text(net, &mut sgd, &text, &config, &mut quiet);
            done.unwrap_err().to_string()
        };
        assert!(run(-1.0, 0.5).starts_with("the learning rate is -1; it must be"));
        assert!(run(0.1, f64::NAN).starts_with("schedule: factor is NaN; it must be"));
    }

    #[test]
    fn the_text_begins_with_an_empty_memory_each_time() {
        // a rate of 0 changes nothing, so each pass must see what the first saw
        let (mut net, mut sgd) = (network(3), crate::optimizer::Sgd::new(0.0));
        let config =
            TextConfig { batch: 2, steps: 4, updates: 4, ..TextConfig::default() };
        let mut bits = Vec::new();
        fit_text(&mut net, &mut sgd, &text(15), &config, &mut |step, _| {
            bits.push(step.bits);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(bits[..2], bits[2..]);
        assert_ne!(bits[0], bits[1]);
    }

    #[test]
    fn temperature_sharpens_and_the_same_seed_draws_the_same() {
        let logits = [1.0_f32, 2.0, 0.0];
        let draws = |temperature: f64, seed| -> Vec<usize> {
            let mut rng = crate::rng(seed);
            (0..2_000).map(|_| draw(&logits, temperature, &mut rng).unwrap()).collect()
        };
        let share = |temperature| {
            let all = draws(temperature, 5);
            all.iter().filter(|&&token| token == 1).count() as f64 / 2_000.0
        };
        // e^2 / (e^0 + e^1 + e^2), standard error 0.011
        assert!((share(1.0) - 0.665).abs() < 0.044, "{}", share(1.0));
        // e^4 / (e^0 + e^2 + e^4)
        assert!((share(0.5) - 0.867).abs() < 0.031, "{}", share(0.5));
        assert_eq!(share(0.0), 1.0);
        assert_eq!(draws(1.0, 7), draws(1.0, 7));
        assert_ne!(draws(1.0, 7), draws(1.0, 8));
    }

    #[test]
    fn what_cannot_be_done_is_one_clear_line() {
        let mut net = network(3);
        let line = |error: TrainError| error.to_string();
        let mut quiet =
            |_: &TextStep, _: &mut SequenceNetwork| ControlFlow::Continue(());
        let config = TextConfig { batch: 4, steps: 5, ..TextConfig::default() };
        let mut adam = Adam::new(0.01);
        let error = fit_text(&mut net, &mut adam, &text(4), &config, &mut quiet);
        let expected = "a text of 4 characters cannot be dealt to 4 streams; 4 streams \
                        need at least 5, and chunks of at least one step";
        assert_eq!(line(error.unwrap_err()), expected);
        let unknown: Vec<usize> = vec![3; 30];
        assert!(fit_text(&mut net, &mut adam, &unknown, &config, &mut quiet).is_err());
        assert!(bits_per_character(&mut net, &[1]).is_err());
        let rng = &mut crate::rng(1);
        assert!(sample(&mut net, &[], 3, 1.0, rng).is_err());
        assert!(sample(&mut net, &[9], 3, 1.0, rng).is_err());
        assert!(sample(&mut net, &[1], 3, -0.5, rng).is_err());
        assert!(sample(&mut net, &[1], 3, f64::NAN, rng).is_err());
    }

    #[test]
    fn training_that_leaves_the_finite_numbers_stops_before_the_update() {
        let (mut net, mut adam) = (network(3), Adam::new(0.01));
        net.parameters(&mut |name, parameter| {
            if name == "head.0.bias" {
                parameter.value[0] = f32::NAN;
            }
        });
        let config =
            TextConfig { batch: 2, steps: 3, updates: 2, ..TextConfig::default() };
        let bits =
            |net: &mut _| numbers(net).iter().map(|w| w.to_bits()).collect::<Vec<_>>();
        let before = bits(&mut net);
        let mut quiet =
            |_: &TextStep, _: &mut SequenceNetwork| ControlFlow::Continue(());
        let error = fit_text(&mut net, &mut adam, &text(60), &config, &mut quiet);
        let error = error.unwrap_err();
        assert!(matches!(error, TrainError::Diverged { epoch: 1, step: 1, .. }));
        assert!(error.to_string().contains("NaN"), "{error}");
        assert_eq!(bits(&mut net), before);
    }
}
