//! Files of named tensors in the safetensors format, which PyTorch reads too.
//!
//! The format is 8 bytes of length, a JSON header with name, type, shape and place of
//! each tensor, then the numbers, row by row. A matrix here lies column by column, so
//! its numbers are put in row order on the way out and back again on the way in.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use crate::real::{Matrix, Real, shape_of};
use crate::train::FileError;

/// The key of the header under which the notes stand.
const NOTES: &str = "gradbook";

/// Tensors and notes on their way into a file.
#[derive(Default)]
pub(super) struct Writer {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
    notes: String,
}

impl Writer {
    // ANCHOR: add_matrix
    /// Adds a matrix, its numbers row by row. A single column that is not a weight
    /// becomes one-dimensional, as PyTorch has its biases.
    pub fn add<T: Real>(&mut self, name: &str, matrix: &Matrix<T>) {
        let (rows, columns) = matrix.shape();
        let flat = flat(name, columns);
        self.add_shaped(
            name,
            matrix,
            if flat { vec![rows] } else { vec![rows, columns] },
        );
    }

    /// Adds a matrix under another shape of as many numbers.
    pub fn add_shaped<T: Real>(
        &mut self,
        name: &str,
        matrix: &Matrix<T>,
        shape: Vec<usize>,
    ) {
        let (rows, columns) = matrix.shape();
        let mut bytes = Vec::with_capacity(matrix.len() * size_of::<T>());
        for row in 0..rows {
            for column in 0..columns {
                push(&mut bytes, matrix[(row, column)]);
            }
        }
        self.tensors.push((name.into(), dtype::<T>(), shape, bytes));
    }
    // ANCHOR_END: add_matrix

    /// Adds a whole number, as PyTorch keeps what it counts.
    pub fn add_count(&mut self, name: &str, count: i64) {
        let bytes = count.to_le_bytes().to_vec();
        self.tensors.push((name.into(), Dtype::I64, Vec::new(), bytes));
    }

    /// Adds numbers in a row.
    pub fn add_numbers(&mut self, name: &str, numbers: &[f64]) {
        let bytes = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.tensors.push((name.into(), Dtype::F64, vec![numbers.len()], bytes));
    }

    /// Adds a note. Neither key nor value may hold a line end, the key no space.
    pub fn note(&mut self, key: &str, value: impl ToString) {
        self.notes.push_str(&format!("{key} {}\n", value.to_string()));
    }

    /// Writes the file under a temporary name, then renames it: whoever looks finds the
    /// old file or the new one, never a half.
    pub fn write(self, path: &Path) -> Result<(), FileError> {
        let wrong = |why: &dyn std::fmt::Display| {
            FileError::new(path, format!("cannot be written: {why}"))
        };
        let views = self.tensors.iter().map(|(name, dtype, shape, bytes)| {
            TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name, view))
        });
        let views: Vec<_> = views.collect::<Result<_, _>>().map_err(|e| wrong(&e))?;
        let notes = (!self.notes.is_empty())
            .then(|| HashMap::from([(NOTES.to_string(), self.notes.clone())]));
        let bytes = serialize(views, notes).map_err(|e| wrong(&e))?;
        let part = temporary(path).ok_or_else(|| wrong(&"it has no file name"))?;
        let done = File::create(&part).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&part, path)
        });
        done.map_err(|error| {
            let _ = fs::remove_file(&part); // it may never have come to be
            wrong(&error)
        })
    }
}

/// A name beside `path` that no other write of this or another process uses.
fn temporary(path: &Path) -> Option<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name()?.to_os_string();
    name.push(format!(".{}-{count}.part", std::process::id()));
    Some(path.with_file_name(name))
}

/// A file that was read and whose header is sound.
pub(super) struct Reader<'a> {
    path: &'a Path,
    tensors: SafeTensors<'a>,
    notes: HashMap<String, String>,
}

/// The whole file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path)
        .map_err(|error| FileError::new(path, format!("cannot be read: {error}")))
}

impl<'a> Reader<'a> {
    pub fn new(path: &'a Path, bytes: &'a [u8]) -> Result<Self, FileError> {
        let wrong = |error: safetensors::SafeTensorError| {
            FileError::new(path, format!("not a whole safetensors file: {error}"))
        };
        let tensors = SafeTensors::deserialize(bytes).map_err(wrong)?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(wrong)?;
        let text = header.metadata().as_ref().and_then(|map| map.get(NOTES));
        let lines = text.map_or("", String::as_str).lines();
        let pair = |line: &str| {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            (key.to_string(), value.to_string())
        };
        Ok(Self { path, tensors, notes: lines.map(pair).collect() })
    }

    pub fn error(&self, problem: impl Into<String>) -> FileError {
        FileError::new(self.path, problem)
    }

    /// The names of all tensors, in alphabetical order.
    pub fn names(&self) -> Vec<&str> {
        let mut names = self.tensors.names();
        names.sort_unstable();
        names
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors.tensor(name).is_ok()
    }

    /// A tensor as a matrix of this shape. Name, type and shape must be right.
    pub fn matrix<T: Real>(
        &self,
        name: &str,
        (rows, columns): (usize, usize),
    ) -> Result<Matrix<T>, FileError> {
        let view = self.find::<T>(name)?;
        let column = columns == 1 && view.shape() == [rows];
        if view.shape() != [rows, columns] && !column {
            let found = view.shape().iter().map(usize::to_string);
            let found = found.collect::<Vec<_>>().join(" x ");
            let expected = shape_of(&Matrix::<T>::zeros(rows, columns));
            let problem = format!("{name} is {found}, expected {expected}");
            return Err(self.error(problem));
        }
        let numbers = view.data().chunks_exact(size_of::<T>()).map(number::<T>);
        Ok(Matrix::from_row_iterator(rows, columns, numbers))
    }

    /// A whole number that [`Writer::add_count`] wrote, or PyTorch.
    pub fn count(&self, name: &str) -> Result<i64, FileError> {
        let view = self.find_typed(name, Dtype::I64)?;
        let wrong = |_| self.error(format!("{name} is not a single number"));
        view.data().try_into().map(i64::from_le_bytes).map_err(wrong)
    }

    /// A one-dimensional tensor of `f64`.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, FileError> {
        let view = self.find::<f64>(name)?;
        Ok(view.data().chunks_exact(size_of::<f64>()).map(number::<f64>).collect())
    }

    fn find<T: Real>(&self, name: &str) -> Result<TensorView<'_>, FileError> {
        self.find_typed(name, dtype::<T>())
    }

    fn find_typed(
        &self,
        name: &str,
        expected: Dtype,
    ) -> Result<TensorView<'_>, FileError> {
        let Ok(view) = self.tensors.tensor(name) else {
            let known = self.names().join(", ");
            return Err(self.error(format!("no tensor {name}; there is: {known}")));
        };
        if view.dtype() != expected {
            let found = view.dtype();
            let problem = format!("{name} is {found}, expected {expected}");
            return Err(self.error(problem));
        }
        Ok(view)
    }

    /// A note, read as what the caller expects.
    pub fn note<U: FromStr>(&self, key: &str) -> Result<U, FileError> {
        let Some(text) = self.notes.get(key) else {
            let problem = format!("holds weights, but no state to resume from ({key})");
            return Err(self.error(problem));
        };
        let wrong = |_| self.error(format!("the note {key} cannot be read: {text}"));
        text.parse().map_err(wrong)
    }
}

/// Whether PyTorch keeps such a parameter in one dimension.
fn flat(name: &str, columns: usize) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    columns == 1 && !last.starts_with("weight")
}

fn dtype<T: Real>() -> Dtype {
    if size_of::<T>() == size_of::<f32>() { Dtype::F32 } else { Dtype::F64 }
}

fn push<T: Real>(bytes: &mut Vec<u8>, x: T) {
    match dtype::<T>() {
        Dtype::F32 => bytes.extend((x.to_f64() as f32).to_le_bytes()),
        _ => bytes.extend(x.to_f64().to_le_bytes()),
    }
}

/// The number whose bytes these are, lowest first. There must be as many as T has.
fn number<T: Real>(bytes: &[u8]) -> T {
    if let Ok(four) = bytes.try_into() {
        return T::of(f32::from_le_bytes(four).into());
    }
    T::of(bytes.try_into().map_or(f64::NAN, f64::from_le_bytes))
}
