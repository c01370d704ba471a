//! SequenceNetwork: tokens or numbers, through recurrent layers, to a head.

use crate::layer::recurrent::norms_by_step;
use crate::layer::{Embedding, Parameter, Phase, Recurrent};
use crate::network::{Parameters, Sequential};
use crate::real::{Matrix, Real, Rng, ShapeError, resize, shape_of};
use crate::sequence::Sequences;

/// What a network over sequences reads: step t of example n stands at
/// [`Sequences::column`] of t and n.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a, T: Real = f32> {
    /// A token for each column.
    Tokens(&'a [usize]),
    /// Numbers, features x (steps * batch).
    Numbers(&'a Matrix<T>),
}

/// What a network remembers between chunks: the state of each recurrent layer, state
/// rows x batch.
#[derive(Clone, Debug, PartialEq)]
pub struct State<T: Real = f32> {
    /// From the first recurrent layer to the last.
    pub layers: Vec<Matrix<T>>,
}

impl<T: Real> State<T> {
    /// Forgets: every number becomes 0.
    pub fn clear(&mut self) {
        let layers = self.layers.iter_mut();
        layers.for_each(|state| state.as_mut_slice().fill(T::zero()));
    }
}

enum Source<T: Real> {
    Tokens(Embedding<T>),
    Numbers(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    EachStep,
    LastStep,
}

// ANCHOR: network
/// A network over sequences: an embedding or plain numbers, recurrent layers, and a
/// head that answers at each step or at each example's last one.
///
/// ```
/// use gradbook::init::Init;
/// use gradbook::layer::{Dense, Embedding, Lstm};
/// use gradbook::{Input, Sequences, SequenceNetwork, Sequential};
///
/// let mut rng = gradbook::rng(7);
/// let head = Sequential::new(8).then(Dense::new(8, 5, Init::XavierNormal, &mut rng))?;
/// let mut network: SequenceNetwork =
///     SequenceNetwork::of_tokens(Embedding::new(5, 3, &mut rng))
///         .then(Lstm::new(3, 8, &mut rng))?
///         .head_each_step(head)?;
/// // two examples, three steps
/// let (sequences, tokens) = Sequences::pack_tokens(&[vec![0, 4, 2], vec![1, 1, 3]]);
/// let mut state = network.state(2);
/// let answer = network.forward(Input::Tokens(&tokens), &sequences, &mut state)?;
/// assert_eq!(answer.shape(), (5, 6));
/// # Ok::<(), gradbook::ShapeError>(())
/// ```
pub struct SequenceNetwork<T: Real = f32> {
    source: Source<T>,
    layers: Vec<Box<dyn Recurrent<T>>>,
    head: Sequential<T>,
    headed: bool,
    reading: Reading,
    names: Vec<String>,
    /// The embedded tokens, width x (steps * batch).
    embedded: Matrix<T>,
    /// What each recurrent layer put out in the last forward pass.
    outputs: Vec<Matrix<T>>,
    /// The sequences of the last forward pass.
    went_forward: Sequences,
    /// The columns that the head reads, where it does not read all of them.
    read: Matrix<T>,
    grad_read: Matrix<T>,
    /// dL/d(embedded), then dL/d(output) of each recurrent layer.
    grads: Vec<Matrix<T>>,
    /// dL/d(initial state) of each recurrent layer.
    grad_states: Vec<Matrix<T>>,
}
// ANCHOR_END: network

impl<T: Real> SequenceNetwork<T> {
    /// A network that reads tokens.
    pub fn of_tokens(embedding: Embedding<T>) -> Self {
        Self::of(Source::Tokens(embedding))
    }

    /// A network that reads this many numbers a step.
    pub fn of_numbers(features: usize) -> Self {
        Self::of(Source::Numbers(features))
    }

    fn of(source: Source<T>) -> Self {
        let none = || Matrix::zeros(0, 0);
        let width = match &source {
            Source::Tokens(embedding) => embedding.width(),
            Source::Numbers(features) => *features,
        };
        let mut network = Self {
            source,
            layers: Vec::new(),
            head: Sequential::new(width),
            headed: false,
            reading: Reading::EachStep,
            names: Vec::new(),
            embedded: none(),
            outputs: Vec::new(),
            went_forward: Sequences::equal(0, 0),
            read: none(),
            grad_read: none(),
            grads: vec![none()],
            grad_states: Vec::new(),
        };
        network.name_parameters();
        network
    }

    /// Adds a recurrent layer at the end. Without a head the network puts out what its
    /// last layer does.
    ///
    /// # Errors
    ///
    /// When the layer does not take what the network puts out so far, or the head is
    /// there already.
    pub fn then(
        mut self,
        layer: impl Recurrent<T> + 'static,
    ) -> Result<Self, ShapeError> {
        let what = format!("layer {}: {}", self.layers.len(), layer.name());
        if self.headed {
            return Err(ShapeError::new(what, "after the head", "before it"));
        }
        if layer.inputs() != self.head.input_rows() {
            let (found, expected) = (self.head.input_rows(), layer.inputs());
            let what = format!("{what}: rows of the input");
            return Err(ShapeError::new(what, found, expected));
        }
        self.head = Sequential::new(layer.hidden());
        self.layers.push(Box::new(layer));
        for buffers in [&mut self.outputs, &mut self.grads, &mut self.grad_states] {
            buffers.push(Matrix::zeros(0, 0));
        }
        self.name_parameters();
        Ok(self)
    }

    /// Puts this head on every step: many to many.
    ///
    /// Its output has a column for each step of each example, ordered as the input's.
    /// Where examples are of unequal length, only their own steps have one:
    /// [`Sequences::live_columns`]. So a loss is a mean over the steps there are.
    ///
    /// # Errors
    ///
    /// When the head does not take what the last layer puts out, or there is one.
    pub fn head_each_step(self, head: Sequential<T>) -> Result<Self, ShapeError> {
        self.head(head, Reading::EachStep)
    }

    /// Puts this head on each example's last step: many to one. Its output has a column
    /// for each example.
    ///
    /// # Errors
    ///
    /// As [`Self::head_each_step`].
    pub fn head_last_step(self, head: Sequential<T>) -> Result<Self, ShapeError> {
        self.head(head, Reading::LastStep)
    }

    fn head(
        mut self,
        head: Sequential<T>,
        reading: Reading,
    ) -> Result<Self, ShapeError> {
        if self.headed {
            return Err(ShapeError::new("head", "a second one", "one head"));
        }
        let (found, expected) = (self.head.input_rows(), head.input_rows());
        if found != expected {
            return Err(ShapeError::new("head: rows of the input", found, expected));
        }
        (self.head, self.headed, self.reading) = (head, true, reading);
        self.name_parameters();
        Ok(self)
    }

    fn name_parameters(&mut self) {
        let mut names = Vec::new();
        if let Source::Tokens(embedding) = &mut self.source {
            embedding
                .parameters(&mut |name, _| names.push(format!("embedding.{name}")));
        }
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let prefix = format!("recurrent.{index}");
            layer.parameters(&mut |name, _| names.push(format!("{prefix}.{name}")));
        }
        self.head.parameters(&mut |name, _| names.push(format!("head.{name}")));
        self.names = names;
    }

    /// Rows of the output.
    pub fn output_rows(&self) -> usize {
        self.head.output_rows()
    }

    /// The recurrent layers' names, first to last.
    pub fn layer_names(&self) -> Vec<&'static str> {
        self.layers.iter().map(|layer| layer.name()).collect()
    }

    /// The recurrent layer `index`.
    pub fn layer(&self, index: usize) -> Option<&dyn Recurrent<T>> {
        self.layers.get(index).map(|layer| &**layer)
    }

    /// What recurrent layer `index` put out in the last forward pass, hidden x (steps *
    /// batch).
    pub fn output_of(&self, index: usize) -> Option<&Matrix<T>> {
        self.outputs.get(index)
    }

    /// The state before anything was read: zeros, for `batch` examples.
    pub fn state(&self, batch: usize) -> State<T> {
        let rows = self.layers.iter().map(|layer| layer.state_rows());
        State { layers: rows.map(|rows| Matrix::zeros(rows, batch)).collect() }
    }

    /// Reads a batch of sequences, for training. `state` comes in as the state before
    /// the first step and goes out as the one after the last: hand it on, and the next
    /// chunk goes on where this one ended.
    ///
    /// # Errors
    ///
    /// When input, sequences and state do not fit together or to the network, when a
    /// token is unknown, or when an example without steps is asked for its last one.
    pub fn forward(
        &mut self,
        input: Input<'_, T>,
        sequences: &Sequences,
        state: &mut State<T>,
    ) -> Result<&Matrix<T>, ShapeError> {
        self.pass(input, sequences, state, Phase::Train)
    }

    /// The same, to answer a question: some layers of a head differ.
    ///
    /// # Errors
    ///
    /// As [`Self::forward`].
    pub fn infer(
        &mut self,
        input: Input<'_, T>,
        sequences: &Sequences,
        state: &mut State<T>,
    ) -> Result<&Matrix<T>, ShapeError> {
        self.pass(input, sequences, state, Phase::Infer)
    }

    // ANCHOR: forward
    fn pass(
        &mut self,
        input: Input<'_, T>,
        sequences: &Sequences,
        state: &mut State<T>,
        phase: Phase,
    ) -> Result<&Matrix<T>, ShapeError> {
        self.check_input(input, sequences)?;
        self.check_state(sequences, state)?;
        self.went_forward.set(sequences);
        match (&self.source, input) {
            (Source::Tokens(embedding), Input::Tokens(tokens)) => {
                embedding.forward(tokens, &mut self.embedded)?;
            }
            // with no layer between, the head reads a copy
            (_, Input::Numbers(numbers)) if self.layers.is_empty() => {
                self.embedded.clone_from(numbers);
            }
            _ => {}
        }
        let first = match input {
            Input::Tokens(_) => &self.embedded,
            Input::Numbers(numbers) => numbers,
        };
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let (before, after) = self.outputs.split_at_mut(index);
            let input = before.last().unwrap_or(first);
            layer.forward(input, sequences, &mut state.layers[index], &mut after[0]);
        }
        let last = self.outputs.last().unwrap_or(&self.embedded);
        let read = match self.reading {
            Reading::EachStep if sequences.all_live() => last,
            Reading::EachStep => {
                sequences.gather_live(last, &mut self.read);
                &self.read
            }
            Reading::LastStep => {
                gather_last(last, sequences, &mut self.read);
                &self.read
            }
        };
        self.head.forward(read, phase)
    }
    // ANCHOR_END: forward

    /// Backpropagation through the steps of the last forward pass, and no further: what
    /// the state before the first step owes to earlier chunks is left out (truncation).
    /// Adds to every gradient. `input` and `sequences` are those that went forward.
    ///
    /// # Errors
    ///
    /// When the gradient's shape is not the output's, or `input` is not of the shape
    /// that went forward.
    pub fn backward(
        &mut self,
        input: Input<'_, T>,
        sequences: &Sequences,
        grad_output: &Matrix<T>,
    ) -> Result<(), ShapeError> {
        self.send_back(input, sequences, grad_output, None)
    }

    /// Like [`Self::backward`], and writes the slopes of what the first layer reads:
    /// the numbers, or the embedded tokens.
    ///
    /// # Errors
    ///
    /// As [`Self::backward`].
    pub fn backward_to_input(
        &mut self,
        input: Input<'_, T>,
        sequences: &Sequences,
        grad_output: &Matrix<T>,
        grad_input: &mut Matrix<T>,
    ) -> Result<(), ShapeError> {
        self.send_back(input, sequences, grad_output, Some(grad_input))
    }

    // ANCHOR: backward
    fn send_back(
        &mut self,
        input: Input<'_, T>,
        sequences: &Sequences,
        grad_output: &Matrix<T>,
        grad_input: Option<&mut Matrix<T>>,
    ) -> Result<(), ShapeError> {
        self.check_input(input, sequences)?;
        if *sequences != self.went_forward {
            let what = "SequenceNetwork: sequences of the backward pass";
            return Err(ShapeError::new(what, "others", "those that went forward"));
        }
        let first = match input {
            Input::Tokens(_) => &self.embedded,
            Input::Numbers(numbers) => numbers,
        };
        let (head, last) = (&mut self.head, &mut self.grads[self.layers.len()]);
        if self.reading == Reading::EachStep && sequences.all_live() {
            let read = self.outputs.last().unwrap_or(first);
            head.backward_to_input(read, grad_output, last)?;
        } else {
            head.backward_to_input(&self.read, grad_output, &mut self.grad_read)?;
            match self.reading {
                Reading::EachStep => sequences.scatter_live(&self.grad_read, last),
                Reading::LastStep => scatter_last(&self.grad_read, sequences, last),
            }
        }
        let wanted = matches!(input, Input::Tokens(_)) || grad_input.is_some();
        for (index, layer) in self.layers.iter_mut().enumerate().rev() {
            let (before, after) = self.grads.split_at_mut(index + 1);
            let layer_input = if index == 0 { first } else { &self.outputs[index - 1] };
            let grad_state = &mut self.grad_states[index];
            // nothing comes back from the chunks after this one
            resize(grad_state, layer.state_rows(), sequences.batch());
            grad_state.as_mut_slice().fill(T::zero());
            let asked = (index > 0 || wanted).then(|| &mut before[index]);
            let (output, grad) = (&self.outputs[index], &after[0]);
            layer.backward(layer_input, sequences, output, grad, grad_state, asked);
        }
        if let (Source::Tokens(embedding), Input::Tokens(tokens)) =
            (&mut self.source, input)
        {
            embedding.backward(tokens, &self.grads[0])?;
        }
        if let Some(grad_input) = grad_input {
            grad_input.clone_from(&self.grads[0]);
        }
        Ok(())
    }
    // ANCHOR_END: backward

    // ANCHOR: norms
    /// The microscope: for each step the length of dL/dh of the last recurrent layer,
    /// over all its units and examples, in the last backward pass. It holds everything
    /// that reaches h at that step: through the head there and through all later steps.
    pub fn gradient_norms(&self) -> Vec<f64> {
        self.norms(|layer| layer.hidden_gradients())
    }

    /// The same for what carries the memory: in an LSTM the cell.
    pub fn memory_gradient_norms(&self) -> Vec<f64> {
        self.norms(|layer| layer.memory_gradients())
    }
    // ANCHOR_END: norms

    fn norms(&self, of: impl Fn(&dyn Recurrent<T>) -> &Matrix<T>) -> Vec<f64> {
        let (Some(layer), Some(state)) = (self.layers.last(), self.grad_states.last())
        else {
            return Vec::new();
        };
        norms_by_step(of(&**layer), state.ncols())
    }

    /// dL/d(initial state) of each recurrent layer in the last backward pass: what
    /// truncation leaves out.
    pub fn state_gradients(&self) -> &[Matrix<T>] {
        &self.grad_states
    }

    fn check_input(
        &self,
        input: Input<'_, T>,
        sequences: &Sequences,
    ) -> Result<(), ShapeError> {
        let columns = sequences.columns();
        match (&self.source, input) {
            (Source::Tokens(_), Input::Tokens(tokens)) => {
                if tokens.len() == columns {
                    return Ok(());
                }
                let what = "SequenceNetwork: number of tokens";
                Err(ShapeError::new(what, tokens.len(), columns))
            }
            (Source::Numbers(features), Input::Numbers(numbers)) => {
                if numbers.shape() == (*features, columns) {
                    return Ok(());
                }
                let expected = format!("{features} x {columns}");
                let what = "SequenceNetwork: input";
                Err(ShapeError::new(what, shape_of(numbers), expected))
            }
            (Source::Tokens(_), Input::Numbers(_)) => {
                Err(ShapeError::new("SequenceNetwork: input", "numbers", "tokens"))
            }
            (Source::Numbers(_), Input::Tokens(_)) => {
                Err(ShapeError::new("SequenceNetwork: input", "tokens", "numbers"))
            }
        }
    }

    fn check_state(
        &self,
        sequences: &Sequences,
        state: &State<T>,
    ) -> Result<(), ShapeError> {
        let (found, expected) = (state.layers.len(), self.layers.len());
        if found != expected {
            let what = "SequenceNetwork: layers of the state";
            return Err(ShapeError::new(what, found, expected));
        }
        for (index, (layer, state)) in self.layers.iter().zip(&state.layers).enumerate()
        {
            let shape = (layer.state_rows(), sequences.batch());
            if state.shape() != shape {
                let what = format!("SequenceNetwork: state of layer {index}");
                let expected = format!("{} x {}", shape.0, shape.1);
                return Err(ShapeError::new(what, shape_of(state), expected));
            }
        }
        let mut lengths = sequences.lengths().iter();
        match lengths.position(|&length| length == 0) {
            Some(n) if self.reading == Reading::LastStep => {
                let what = format!("SequenceNetwork: length of example {n}");
                Err(ShapeError::new(what, 0, "1 or more, to have a last step"))
            }
            _ => Ok(()),
        }
    }
}

/// Copies each example's last column.
fn gather_last<T: Real>(from: &Matrix<T>, sequences: &Sequences, into: &mut Matrix<T>) {
    let rows = from.nrows();
    resize(into, rows, sequences.batch());
    let columns = into.as_mut_slice().chunks_exact_mut(rows.max(1));
    for (to, column) in columns.zip(sequences.last_columns().flatten()) {
        to.copy_from_slice(&from.as_slice()[column * rows..(column + 1) * rows]);
    }
}

/// The reverse of [`gather_last`]: zeros elsewhere.
fn scatter_last<T: Real>(
    from: &Matrix<T>,
    sequences: &Sequences,
    into: &mut Matrix<T>,
) {
    let rows = from.nrows();
    resize(into, rows, sequences.columns());
    into.as_mut_slice().fill(T::zero());
    let columns = from.as_slice().chunks_exact(rows.max(1));
    for (given, column) in columns.zip(sequences.last_columns().flatten()) {
        let to = &mut into.as_mut_slice()[column * rows..(column + 1) * rows];
        to.copy_from_slice(given);
    }
}

impl<T: Real> Parameters<T> for SequenceNetwork<T> {
    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<T>)) {
        let mut names = self.names.iter();
        let mut named = |plain: &str, parameter: &mut Parameter<T>| {
            visit(names.next().map_or(plain, String::as_str), parameter);
        };
        if let Source::Tokens(embedding) = &mut self.source {
            embedding.parameters(&mut |name, parameter| named(name, parameter));
        }
        for layer in &mut self.layers {
            layer.parameters(&mut |name, parameter| named(name, parameter));
        }
        self.head.parameters(&mut named);
    }

    fn buffers(&mut self, visit: &mut dyn FnMut(&str, &mut Matrix<T>)) {
        self.head.buffers(&mut |name, buffer| visit(&format!("head.{name}"), buffer));
    }

    fn generators(&mut self, visit: &mut dyn FnMut(&mut Rng)) {
        self.head.generators(visit);
    }
}
