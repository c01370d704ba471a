//! Checkpoints: weights for others to use, and all it takes to go on training.
//!
//! A file of weights holds the parameters and what else inference needs (the running
//! means of a batch norm), under the names that PyTorch's `nn.Sequential` gives them
//! (`0.weight`, `1.running_mean`, ...), so that `load_state_dict` takes it. A
//! checkpoint holds more: `optimizer.*` (velocities, running means), `callback.*`,
//! `history`, and notes with the place in the shuffle and of the generators.

use std::path::Path;

use rand::SeedableRng;

use crate::data::Batches;
use crate::data::batches::BatchState;
use crate::network::{Parameters, Sequential};
use crate::optimizer::{Optimizer, Setting};
use crate::real::{Matrix, Real, Rng};
use crate::train::evaluate::Sums;
use crate::train::file::{Reader, Writer, read};
use crate::train::{
    Callback, Config, Epoch, Evaluation, FileError, History, Position, TrainError,
};

/// What stands before the names of everything in a checkpoint that is not a weight.
const OTHERS: [&str; 3] = ["optimizer.", "callback.", "history"];

/// Writes the network's weights, row by row, for PyTorch or for [`load_weights`].
///
/// # Errors
///
/// When the file cannot be written. A file of that name is then as it was.
pub fn save_weights<T: Real>(
    model: &mut dyn Parameters<T>,
    path: &Path,
) -> Result<(), FileError> {
    let mut file = Writer::default();
    add_weights(&mut file, model);
    file.write(path)
}

/// What PyTorch's batch norm calls the number of batches it has seen.
const COUNT: &str = "num_batches_tracked";

/// Parameters and buffers, in PyTorch's shapes: the weights of a batch norm, which has
/// running means, are a vector.
fn add_weights<T: Real>(file: &mut Writer, model: &mut dyn Parameters<T>) {
    let mut vectors = Vec::new();
    model.buffers(&mut |name, buffer| {
        if name.ends_with(COUNT) {
            file.add_count(name, buffer[0].to_f64() as i64);
            return;
        }
        file.add(name, buffer);
        if let Some(layer) = name.strip_suffix("running_mean") {
            vectors.push(format!("{layer}weight"));
        }
    });
    model.parameters(&mut |name, parameter| match vectors.iter().any(|v| v == name) {
        true => file.add_shaped(name, &parameter.value, vec![parameter.value.len()]),
        false => file.add(name, &parameter.value),
    });
}

/// Reads the weights of a network of the same shape, from a file of weights or from a
/// checkpoint.
///
/// # Errors
///
/// When the file cannot be read, or a tensor is missing, left over, or of another shape
/// or type than the network's. The network is then as it was.
pub fn load_weights<T: Real>(
    model: &mut dyn Parameters<T>,
    path: &Path,
) -> Result<(), FileError> {
    let bytes = read(path)?;
    let values = weights(model, &Reader::new(path, &bytes)?)?;
    put(model, values);
    Ok(())
}

/// Reads every parameter's value, then every buffer, and refuses what the network has
/// no place for.
fn weights<T: Real>(
    model: &mut dyn Parameters<T>,
    file: &Reader<'_>,
) -> Result<Vec<Matrix<T>>, FileError> {
    let mut shapes = shapes(model);
    model.buffers(&mut |name, buffer| shapes.push((name.to_string(), buffer.shape())));
    let load = |(name, shape): &(String, (usize, usize))| match name.ends_with(COUNT) {
        true => Ok(Matrix::from_element(1, 1, T::of(file.count(name)? as f64))),
        false => file.matrix(name, *shape),
    };
    let values = shapes.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    let known = |name: &str| {
        OTHERS.iter().any(|other| name.starts_with(other))
            || shapes.iter().any(|(ours, _)| ours == name)
    };
    match file.names().into_iter().find(|name| !known(name)) {
        Some(name) => {
            Err(file.error(format!("holds {name}, which this network does not have")))
        }
        None => Ok(values),
    }
}

fn shapes<T: Real>(model: &mut dyn Parameters<T>) -> Vec<(String, (usize, usize))> {
    let mut shapes = Vec::new();
    model.parameters(&mut |name, p| shapes.push((name.to_string(), p.value.shape())));
    shapes
}

fn put<T: Real>(model: &mut dyn Parameters<T>, values: Vec<Matrix<T>>) {
    let mut values = values.into_iter();
    model.parameters(&mut |_, parameter| {
        if let Some(value) = values.next() {
            parameter.value = value;
        }
    });
    model.buffers(&mut |_, buffer| {
        if let Some(value) = values.next() {
            *buffer = value;
        }
    });
}

/// Writes all that decides how training goes on.
pub(super) fn save<T: Real>(
    path: &Path,
    model: &mut Sequential<T>,
    optimizer: &mut dyn Optimizer<T>,
    position: &Position,
    config: &Config,
    callbacks: &mut [&mut dyn Callback<T>],
) -> Result<(), FileError> {
    let mut file = Writer::default();
    add_weights(&mut file, model);
    save_optimizer(&mut file, &shapes(model), optimizer);
    for (name, callback) in callback_names(callbacks).iter().zip(callbacks.iter()) {
        let memory = callback.memory();
        if !memory.is_empty() {
            file.add_numbers(name, &memory);
        }
    }
    file.add_numbers("history", &history_numbers(&position.history));
    file.note("epochs", position.epochs);
    file.note("steps", position.steps);
    file.note("first_rate", position.first_rate);
    file.note("loss_sum", position.sums.loss);
    file.note("hits", position.sums.hits);
    file.note("examples_seen", position.sums.examples);
    file.note("batch", config.batch);
    file.note("schedule", schedule_text(config));
    file.note("rng", rng_text(&position.rng));
    save_batches(&mut file, &position.batches.state());
    save_generators(&mut file, model);
    file.write(path)
}

/// The place of every generator in the network.
fn save_generators<T: Real>(file: &mut Writer, model: &mut Sequential<T>) {
    let mut count = 0;
    model.generators(&mut |rng| {
        file.note(&format!("generator.{count}"), rng_text(rng));
        count += 1;
    });
    file.note("generators", count);
}

fn load_generators<T: Real>(
    file: &Reader<'_>,
    model: &mut Sequential<T>,
) -> Result<Vec<Rng>, FileError> {
    let mut count = 0;
    model.generators(&mut |_| count += 1);
    same(file, "generators", count)?;
    (0..count).map(|index| load_rng(file, &format!("generator.{index}"))).collect()
}

fn save_optimizer<T: Real>(
    file: &mut Writer,
    shapes: &[(String, (usize, usize))],
    optimizer: &mut dyn Optimizer<T>,
) {
    file.note("optimizer", optimizer.name());
    file.note("rate", optimizer.learning_rate());
    for Setting { name, value, .. } in optimizer.settings() {
        file.note(name, value);
    }
    let state = optimizer.state();
    file.note("updates", *state.updates);
    for (kind, slots) in state.memory {
        for ((name, _), slot) in shapes.iter().zip(slots.iter()) {
            file.add(&format!("optimizer.{kind}.{name}"), slot);
        }
    }
}

/// The schedule as it is written in code, and what its ticks are.
fn schedule_text(config: &Config) -> String {
    format!("{:?}, a tick each {:?}", config.schedule, config.pace)
}

fn save_batches(file: &mut Writer, state: &BatchState) {
    file.note("shuffle", state.seed.map_or("no".into(), |seed| hex(&seed)));
    file.note("shuffle_word", state.word);
    file.note("shuffle_position", state.position);
}

/// Reads a checkpoint. Nothing is changed before everything has been read and fits.
pub(super) fn load<T: Real>(
    path: &Path,
    model: &mut Sequential<T>,
    optimizer: &mut dyn Optimizer<T>,
    examples: usize,
    config: &Config,
    callbacks: &mut [&mut dyn Callback<T>],
) -> Result<Position, TrainError> {
    let bytes = read(path)?;
    let file = Reader::new(path, &bytes)?;
    let values = weights(model, &file)?;
    same(&file, "optimizer", optimizer.name().to_string())?;
    for Setting { name, value, .. } in optimizer.settings() {
        same(&file, name, value)?;
    }
    same(&file, "batch", config.batch)?;
    same(&file, "schedule", schedule_text(config))?;
    let rate = file.note("rate")?;
    let updates = file.note("updates")?;
    let memory = optimizer_memory(&file, &shapes(model), optimizer)?;
    let memories = callback_memories(&file, callbacks)?;
    let position = load_position(&file, examples, config)?;
    let mut generators = load_generators(&file, model)?.into_iter();

    put(model, values);
    model.generators(&mut |rng| {
        if let Some(saved) = generators.next() {
            *rng = saved;
        }
    });
    optimizer.set_learning_rate(rate);
    let state = optimizer.state();
    *state.updates = updates;
    for ((_, slots), saved) in state.memory.into_iter().zip(memory) {
        *slots = saved;
    }
    for (callback, memory) in callbacks.iter_mut().zip(memories) {
        if let Some(memory) = memory {
            callback.restore(&memory);
        }
    }
    Ok(position)
}

fn load_position(
    file: &Reader<'_>,
    examples: usize,
    config: &Config,
) -> Result<Position, TrainError> {
    let shuffle: String = file.note("shuffle")?;
    let seed = if shuffle == "no" { None } else { Some(seed(file, &shuffle)?) };
    if seed.is_some() != config.shuffle {
        let (was, is) = if seed.is_some() { ("", "not ") } else { ("not ", "") };
        let problem = format!("the examples were {was}shuffled, now they are {is}so");
        return Err(file.error(problem).into());
    }
    let word = file.note("shuffle_word")?;
    let state = BatchState { seed, word, position: file.note("shuffle_position")? };
    let sums = Sums {
        loss: file.note("loss_sum")?,
        hits: file.note("hits")?,
        examples: file.note("examples_seen")?,
    };
    Ok(Position {
        epochs: file.note("epochs")?,
        steps: file.note("steps")?,
        first_rate: file.note("first_rate")?,
        rng: load_rng(file, "rng")?,
        history: load_history(file)?,
        batches: Batches::resume(examples, config.batch, &state)?,
        sums,
    })
}

/// What the checkpoint says must be what the caller has.
fn same<U>(file: &Reader<'_>, key: &str, ours: U) -> Result<(), FileError>
where
    U: std::str::FromStr + PartialEq + std::fmt::Display,
{
    let saved: U = file.note(key)?;
    if saved == ours {
        return Ok(());
    }
    Err(file.error(format!("was written with {key} {saved}, now it is {ours}")))
}

fn optimizer_memory<T: Real>(
    file: &Reader<'_>,
    shapes: &[(String, (usize, usize))],
    optimizer: &mut dyn Optimizer<T>,
) -> Result<Vec<Vec<Matrix<T>>>, FileError> {
    let kinds = optimizer.state().memory.into_iter().map(|(kind, _)| kind);
    let load = |kind: &str| {
        let name = |parameter: &str| format!("optimizer.{kind}.{parameter}");
        let any = shapes.iter().any(|(parameter, _)| file.has(&name(parameter)));
        let shapes = if any { shapes } else { &[] }; // none before the first update
        shapes.iter().map(|(p, shape)| file.matrix(&name(p), *shape)).collect()
    };
    kinds.map(load).collect()
}

/// A name for each callback's memory. Of two with one name the second is called `2`.
fn callback_names<T: Real>(callbacks: &[&mut dyn Callback<T>]) -> Vec<String> {
    let mut names = Vec::new();
    for callback in callbacks {
        let plain = format!("callback.{}", callback.name());
        let alike = |name: &&String| name.starts_with(&plain);
        let count = names.iter().filter(alike).count();
        let number = if count == 0 { String::new() } else { format!(".{}", count + 1) };
        names.push(plain + &number);
    }
    names
}

/// What each callback remembered; nothing for one that the checkpoint does not know.
fn callback_memories<T: Real>(
    file: &Reader<'_>,
    callbacks: &[&mut dyn Callback<T>],
) -> Result<Vec<Option<Vec<f64>>>, FileError> {
    let load = |name: &String| match file.has(name) {
        true => file.numbers(name).map(Some),
        false => Ok(None),
    };
    callback_names(callbacks).iter().map(load).collect()
}

/// Five numbers an epoch; NaN where there is none.
fn history_numbers(history: &History) -> Vec<f64> {
    let both = |e: Evaluation| [e.loss, e.accuracy.unwrap_or(f64::NAN)];
    let numbers = history.epochs.iter().flat_map(|epoch| {
        let valid = epoch.valid.map_or([f64::NAN; 2], both);
        [&[epoch.rate][..], &both(epoch.train), &valid].concat()
    });
    numbers.collect()
}

fn load_history(file: &Reader<'_>) -> Result<History, FileError> {
    let known = |x: f64| (!x.is_nan()).then_some(x);
    let both = |loss, accuracy| Evaluation { loss, accuracy: known(accuracy) };
    let numbers = file.numbers("history")?;
    let epoch = |(index, row): (usize, &[f64])| Epoch {
        number: index + 1,
        rate: row[0],
        train: both(row[1], row[2]),
        valid: known(row[3]).map(|loss| both(loss, row[4])),
    };
    let epochs = numbers.chunks_exact(5).enumerate().map(epoch).collect();
    Ok(History { epochs, stopped_by: None })
}

/// Seed, stream and place of a generator.
fn rng_text(rng: &Rng) -> String {
    format!("{} {} {}", hex(&rng.get_seed()), rng.get_stream(), rng.get_word_pos())
}

fn load_rng(file: &Reader<'_>, key: &str) -> Result<Rng, FileError> {
    let text: String = file.note(key)?;
    let wrong = || file.error(format!("the note {key} cannot be read: {text}"));
    let parts: Vec<&str> = text.split(' ').collect();
    let [bytes, stream, word] = parts[..] else { return Err(wrong()) };
    let mut rng = Rng::from_seed(seed(file, bytes)?);
    rng.set_stream(stream.parse().map_err(|_| wrong())?);
    rng.set_word_pos(word.parse().map_err(|_| wrong())?);
    Ok(rng)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn seed(file: &Reader<'_>, text: &str) -> Result<[u8; 32], FileError> {
    let wrong = || file.error(format!("not the seed of a generator: {text}"));
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return Err(wrong());
    }
    let mut seed = [0; 32];
    for (byte, pair) in seed.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(seed)
}
