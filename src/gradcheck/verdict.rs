//! The names of the ways in which a gradient can be wrong.

use std::fmt;

/// What the checker says about one tensor's gradient.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It agrees with the differences.
    Right,
    /// Every entry is this many times the right one.
    ScaledBy {
        /// The factor: neither 1 nor -1.
        factor: f64,
        /// Where such a factor usually comes from.
        hint: Option<Hint>,
    },
    /// Every entry has the right size and the wrong sign.
    SignFlipped,
    /// Rows and columns are exchanged.
    Transposed,
    /// The gradient replaces what was there, where it should be added to it.
    Overwrites,
    /// The gradient is added to what was there, where it should replace it.
    Accumulates,
    /// One entry is wrong, the others are right.
    Entry {
        /// Its row, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
        /// What the formula gave.
        analytic: f64,
        /// What the differences gave.
        numeric: f64,
    },
    /// All wrong entries lie in these rows and columns, which are not the whole tensor.
    Block {
        /// The rows that hold a wrong entry.
        rows: Vec<usize>,
        /// The columns that hold a wrong entry.
        columns: Vec<usize>,
        /// Whether every row of the tensor is among them.
        all_rows: bool,
        /// Whether every column of the tensor is among them.
        all_columns: bool,
    },
    /// The gradient has another shape than what it is the gradient of.
    WrongShape {
        /// Rows and columns of the gradient.
        found: (usize, usize),
        /// Rows and columns it should have.
        expected: (usize, usize),
    },
    /// The loss has a corner between the two points of the difference, so nothing can
    /// be said about this entry, the first of its kind. All others are right.
    KinkCrossed {
        /// Its row, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
    },
    /// The formula is right; rounding spoils the differences at this step.
    StepTooSmall {
        /// The step of the check.
        step: f64,
        /// One that works.
        better: f64,
    },
    /// The formula is right; at this step the loss bends too much.
    StepTooLarge {
        /// The step of the check.
        step: f64,
        /// One that works.
        better: f64,
    },
    /// A number that should be finite is NaN or infinite.
    NotFinite(Culprit),
    /// Wrong, and in none of the ways above.
    Wrong {
        /// How many entries are wrong.
        entries: usize,
        /// Of how many.
        of: usize,
    },
}

/// Where a factor usually comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The factor is the batch size.
    MeanMissing(usize),
    /// The factor is one over the batch size.
    MeanTwice(usize),
    /// The factor is the number of entries.
    EntryMeanMissing(usize),
    /// The factor is one over the number of entries.
    EntryMeanTwice(usize),
    /// The factor is 2.
    Double,
    /// The factor is one half.
    Half,
    /// The factor is 0.
    Zero,
}

/// What is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Culprit {
    /// The loss itself.
    Loss,
    /// The gradient, at this row and column.
    Gradient {
        /// From 0.
        row: usize,
        /// From 0.
        column: usize,
    },
    /// The loss is finite at the point, but not around it.
    Differences,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Right => write!(f, "right"),
            Self::ScaledBy { factor, hint } => scaled(f, *factor, *hint),
            Self::SignFlipped => write!(f, "the sign is flipped"),
            Self::Transposed => write!(f, "transposed: rows and columns are exchanged"),
            Self::Overwrites => {
                write!(f, "overwrites what was there: a gradient must be added (+=)")
            }
            Self::Accumulates => {
                write!(f, "added to what was there: this one must be written (=)")
            }
            Self::Entry { row, column, analytic, numeric } => write!(
                f,
                "the entry at row {row}, column {column} is {}, expected {}; \
                 the others are right",
                short(*analytic),
                short(*numeric)
            ),
            Self::Block { rows, columns, all_rows, all_columns } => {
                match (all_rows, all_columns) {
                    (true, _) => write!(f, "wrong in {}", list("column", columns))?,
                    (_, true) => write!(f, "wrong in {}", list("row", rows))?,
                    _ => {
                        let rows = list("row", rows);
                        write!(f, "wrong in {rows} of {}", list("column", columns))?;
                    }
                }
                write!(f, "; right elsewhere")
            }
            Self::WrongShape { found, expected } => write!(
                f,
                "its shape is {} x {}, expected {} x {}",
                found.0, found.1, expected.0, expected.1
            ),
            Self::KinkCrossed { row, column } => write!(
                f,
                "no verdict on the formula: the loss has a corner within one step of \
                 row {row}, column {column}; check at another point"
            ),
            Self::StepTooSmall { step, better } => write!(
                f,
                "the step {step:.0e} is too small, rounding hides the slope; \
                 with {better:.0e} the formula is right"
            ),
            Self::StepTooLarge { step, better } => write!(
                f,
                "the step {step:.0e} is too large, the loss bends within it; \
                 with {better:.0e} the formula is right"
            ),
            Self::NotFinite(Culprit::Loss) => write!(f, "the loss is not finite"),
            Self::NotFinite(Culprit::Gradient { row, column }) => {
                write!(f, "the entry at row {row}, column {column} is not finite")
            }
            Self::NotFinite(Culprit::Differences) => {
                write!(f, "the loss is finite at this point, but not around it")
            }
            Self::Wrong { entries, of } if entries == of => {
                write!(f, "wrong in all {of} entries, by no common factor")
            }
            Self::Wrong { entries, of } => {
                write!(f, "wrong in {entries} of {of} entries, spread all over")
            }
        }
    }
}

fn scaled(f: &mut fmt::Formatter<'_>, factor: f64, hint: Option<Hint>) -> fmt::Result {
    if hint == Some(Hint::Zero) {
        return write!(f, "zero everywhere: nothing was written or added");
    }
    if factor < 0.0 {
        write!(f, "the sign is flipped, and ")?;
    }
    let size = factor.abs();
    if size > 1.0 {
        write!(f, "{} times too large", short(size))?;
    } else {
        write!(f, "{} times too small", short(1.0 / size))?;
    }
    match hint {
        Some(Hint::MeanMissing(_)) => {
            write!(f, ", which is the batch size: the mean is missing")
        }
        Some(Hint::MeanTwice(_)) => {
            write!(f, ", which is the batch size: the mean is taken twice")
        }
        Some(Hint::EntryMeanMissing(_)) => {
            write!(f, ", which is the number of entries: the mean is missing")
        }
        Some(Hint::EntryMeanTwice(_)) => {
            write!(f, ", which is the number of entries: the mean is taken twice")
        }
        Some(Hint::Double) => write!(f, ": counted twice, or a factor 2 too many"),
        Some(Hint::Half) => write!(f, ": a factor 2 is missing, as from a square"),
        Some(Hint::Zero) | None => Ok(()),
    }
}

/// Six significant digits, without trailing zeros.
fn short(x: f64) -> String {
    let size = x.abs();
    if size != 0.0 && !(1e-4..1e6).contains(&size) {
        return format!("{x:.5e}");
    }
    let before = size.max(1.0).log10().floor() as usize;
    let text = format!("{x:.*}", 5 - before.min(5));
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text
    }
}

/// `row 3`, `rows 0, 2 and 5`, `rows 0 to 6`.
fn list(noun: &str, indices: &[usize]) -> String {
    let adjacent = indices.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    match indices {
        [one] => format!("{noun} {one}"),
        [first, .., last] if adjacent && indices.len() > 2 => {
            format!("{noun}s {first} to {last}")
        }
        [before @ .., last] => {
            let before: Vec<String> = before.iter().map(usize::to_string).collect();
            format!("{noun}s {} and {last}", before.join(", "))
        }
        [] => format!("no {noun}"),
    }
}
