//! Numbers from comma-separated text, and a clear word on what is wrong with it.
//!
//! The first line names the columns, every other line is one example. Cells are divided
//! at every comma: quoted cells are refused rather than misread. Blank lines are
//! skipped, spaces around a cell are ignored, both kinds of line ending are read.
//! A gzip file is known by its content, not by its name.

use super::{Dataset, file};
use crate::{Matrix, Real};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// What is wrong with a file, where, and what to do about it: one line each.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The file is not there or may not be read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// The file's name.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },

    /// Bytes that are not text.
    #[error("{file}, line {line}: not UTF-8 text; save the file as UTF-8")]
    NotText {
        /// The file's name.
        file: String,
        /// The line, counted from 1.
        line: usize,
    },

    /// Nothing to read.
    #[error("{file}: {problem}")]
    Empty {
        /// The file's name.
        file: String,
        /// What is missing.
        problem: &'static str,
    },

    /// A row with more or fewer cells than the header.
    #[error(
        "{file}, line {line}: {found} cells, but the header names {expected} columns; \
         give every column one cell, and write decimals with a point"
    )]
    Ragged {
        /// The file's name.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// How many cells this row has.
        found: usize,
        /// How many columns the header names.
        expected: usize,
    },

    /// A cell that cannot be used.
    #[error("{file}, line {line}, column {column} ({name}): {text} {problem}")]
    Cell {
        /// The file's name.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// The column's name, in quotes.
        name: String,
        /// The cell, in quotes, shortened if long.
        text: String,
        /// What is wrong with it and how to mend it.
        problem: &'static str,
    },

    /// A column with more names than there can be classes.
    #[error(
        "{file}: column {column:?} holds {found} different names, too many for classes"
    )]
    NotClasses {
        /// The file's name.
        file: String,
        /// The column's name.
        column: String,
        /// How many different names it holds.
        found: usize,
    },

    /// A column that was asked for by a name that the header does not have.
    #[error("{file}: no column {wanted}; the header names {known}")]
    NoColumn {
        /// The file's name.
        file: String,
        /// The name asked for, in quotes.
        wanted: String,
        /// The names there are.
        known: String,
    },
}

/// A file of comma-separated values: every row has as many cells as the header.
#[derive(Clone, Debug)]
pub struct Table {
    file: String,
    text: String,
    header: Vec<String>,
    rows: Vec<Row>,
}

/// A row is a stretch of the text; its cells are found again when they are asked for.
#[derive(Clone, Copy, Debug)]
struct Row {
    line: usize,
    start: usize,
    end: usize,
}

/// Reads a file, plain or gzip.
pub fn read(path: impl AsRef<Path>) -> Result<Table, CsvError> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let bytes = match file::read(path).and_then(file::unpack_text) {
        Ok(bytes) => bytes,
        Err(source) => return Err(CsvError::Unreadable { file: name, source }),
    };
    match String::from_utf8(bytes) {
        Ok(text) => parse(&name, text),
        Err(error) => {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
            Err(CsvError::NotText { file: name, line })
        }
    }
}

/// Reads text; `file` is the name that errors should mention.
pub fn parse(file: &str, text: impl Into<String>) -> Result<Table, CsvError> {
    let text: String = text.into();
    let mut rows = filled_lines(&text);
    let file = file.to_string();
    if rows.is_empty() {
        let problem = "the file is empty; the first line must name the columns";
        return Err(CsvError::Empty { file, problem });
    }
    let first = rows.remove(0);
    let header = cells(&text, first).map(String::from).collect();
    let table = Table { file, text, header, rows };
    table.check_header(first)?;
    table.check_rows()?;
    Ok(table)
}

/// The stretches of text between line ends that hold more than spaces.
fn filled_lines(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut start = text.len() - text.trim_start_matches('\u{feff}').len();
    for (number, piece) in text[start..].split('\n').enumerate() {
        let end = start + piece.len();
        if !piece.trim().is_empty() {
            rows.push(Row { line: number + 1, start, end });
        }
        start = end + 1;
    }
    rows
}

fn cells(text: &str, row: Row) -> impl Iterator<Item = &str> {
    text[row.start..row.end].split(',').map(str::trim)
}

impl Table {
    /// The names of the columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// How many rows there are below the header.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row. `parse` refuses such a file, so never.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The numbers of some columns, one example for each row of the file: the matrix
    /// has `columns` as its rows, in the order asked for.
    pub fn numbers<T: Real>(&self, columns: &[&str]) -> Result<Matrix<T>, CsvError> {
        let wanted: Result<Vec<usize>, _> =
            columns.iter().map(|name| self.position(name)).collect();
        self.numbers_at(&wanted?)
    }

    /// A column of names as classes, numbered in the order in which they first appear.
    pub fn classes(&self, column: &str) -> Result<(Vec<usize>, Vec<String>), CsvError> {
        let position = self.position(column)?;
        let mut seen = HashMap::new();
        let (mut labels, mut names) = (Vec::with_capacity(self.len()), Vec::new());
        for &row in &self.rows {
            let name = cells(&self.text, row).nth(position).unwrap_or_default();
            if name.is_empty() {
                return Err(self.bad(row, position, name, "is empty; name the class"));
            }
            let label = *seen.entry(name).or_insert_with(|| {
                names.push(name.to_string());
                names.len() - 1
            });
            labels.push(label);
        }
        Ok((labels, names))
    }

    /// A data set for classification: one column names the class, all others are
    /// features.
    pub fn dataset<T: Real>(&self, class_column: &str) -> Result<Dataset<T>, CsvError> {
        let class = self.position(class_column)?;
        let (labels, names) = self.classes(class_column)?;
        let features: Vec<usize> =
            (0..self.header.len()).filter(|&column| column != class).collect();
        if names.len() > MAX_CLASSES {
            let (file, column) = (self.file.clone(), class_column.to_string());
            return Err(CsvError::NotClasses { file, column, found: names.len() });
        }
        let inputs = self.numbers_at(&features)?;
        Ok(Dataset::with_classes(inputs, labels, names)
            .expect("one label for each row"))
    }

    fn numbers_at<T: Real>(&self, wanted: &[usize]) -> Result<Matrix<T>, CsvError> {
        let mut numbers = Matrix::zeros(wanted.len(), self.len());
        let mut row_cells = Vec::with_capacity(self.header.len());
        for (&row, mut example) in self.rows.iter().zip(numbers.column_iter_mut()) {
            row_cells.clear();
            row_cells.extend(cells(&self.text, row));
            for (slot, &column) in example.iter_mut().zip(wanted) {
                let text = row_cells[column];
                *slot = number(text).map_err(|why| self.bad(row, column, text, why))?;
            }
        }
        Ok(numbers)
    }

    fn position(&self, name: &str) -> Result<usize, CsvError> {
        self.header.iter().position(|known| known == name).ok_or_else(|| {
            let (file, wanted) = (self.file.clone(), shorten(name));
            let known: Vec<_> =
                self.header.iter().take(8).map(|name| shorten(name)).collect();
            CsvError::NoColumn { file, wanted, known: known.join(", ") }
        })
    }

    fn check_header(&self, row: Row) -> Result<(), CsvError> {
        if self.rows.is_empty() {
            let problem = "there is no row below the header; add at least one";
            return Err(CsvError::Empty { file: self.file.clone(), problem });
        }
        let mut seen = HashSet::new();
        for (column, name) in self.header.iter().enumerate() {
            let problem = if name.is_empty() {
                "is empty; every column needs a name"
            } else if name.contains('"') {
                QUOTED
            } else if name.parse::<f64>().is_ok() {
                "is a number; the first line must name the columns"
            } else if !seen.insert(name) {
                "names two columns; rename one of them"
            } else {
                continue;
            };
            return Err(self.bad(row, column, name, problem));
        }
        Ok(())
    }

    fn check_rows(&self) -> Result<(), CsvError> {
        for &row in &self.rows {
            let expected = self.header.len();
            for (column, text) in cells(&self.text, row).enumerate().take(expected) {
                if text.contains('"') {
                    return Err(self.bad(row, column, text, QUOTED));
                }
            }
            let found = cells(&self.text, row).count();
            if found != expected {
                let (file, line) = (self.file.clone(), row.line);
                return Err(CsvError::Ragged { file, line, found, expected });
            }
        }
        Ok(())
    }

    fn bad(
        &self,
        row: Row,
        column: usize,
        text: &str,
        problem: &'static str,
    ) -> CsvError {
        CsvError::Cell {
            file: self.file.clone(),
            line: row.line,
            column: column + 1,
            name: shorten(&self.header[column]),
            text: shorten(text),
            problem,
        }
    }
}

const QUOTED: &str = "holds a quotation mark; remove the quotes, and any comma inside";

/// One-hot targets take rows x classes numbers. A file whose every row is a class of
/// its own must not be able to ask for rows x rows.
const MAX_CLASSES: usize = 256;

/// Reads one number, or says why it is none.
fn number<T: Real>(text: &str) -> Result<T, &'static str> {
    if text.is_empty() {
        return Err("is empty; write a number or remove the row");
    }
    let number: f64 =
        text.parse().map_err(|_| "is not a number; write it like -3.5")?;
    let rounded = T::of(number);
    match rounded.to_f64().is_finite() {
        true => Ok(rounded),
        false => Err("is not finite; replace it or remove the row"),
    }
}

/// Text for a message: in quotes, on one line, and never longer than a line.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOWERS: &str = "length,width,kind\n1.5,2,rose\n-3e1,0.25,oak\n4,5,rose\n";

    fn error(text: &str) -> String {
        let read = parse("f.csv", text).and_then(|table| table.dataset::<f32>("kind"));
        read.unwrap_err().to_string()
    }

    #[test]
    fn rows_become_columns() {
        let table = parse("f.csv", FLOWERS).unwrap();
        assert_eq!(table.header(), ["length", "width", "kind"]);
        let data = table.dataset::<f64>("kind").unwrap();
        assert_eq!(data.inputs.as_slice(), &[1.5, 2.0, -30.0, 0.25, 4.0, 5.0]);
        assert_eq!(
            (data.labels, data.class_names),
            (vec![0, 1, 0], vec!["rose".into(), "oak".into()])
        );
        let swapped = table.numbers::<f64>(&["width", "length"]).unwrap();
        assert_eq!(swapped.column(0).as_slice(), &[2.0, 1.5]);
    }

    #[test]
    fn line_ends_blank_lines_spaces_and_a_byte_order_mark_do_not_matter() {
        let plain = parse("f.csv", FLOWERS).unwrap().dataset::<f32>("kind").unwrap();
        let messy = FLOWERS.replace('\n', "\r\n \r\n").replace(',', " , ");
        let messy = format!("\u{feff}\n{}", messy.trim_end());
        let messy = parse("f.csv", messy).unwrap().dataset("kind").unwrap();
        assert_eq!(plain, messy);
    }

    #[test]
    fn a_message_says_where_what_and_how_to_mend_it() {
        let broken = |from, to| error(&FLOWERS.replacen(from, to, 1));
        for (message, place, problem) in [
            (
                broken("0.25", "0.2s"),
                r#", line 3, column 2 ("width"): "0.2s""#,
                "is not a number; write it like -3.5",
            ),
            (
                broken("-3e1", ""),
                r#", line 3, column 1 ("length"): """#,
                "is empty; write a number or remove the row",
            ),
            (
                broken("0.25", "nan"),
                r#", line 3, column 2 ("width"): "nan""#,
                "is not finite; replace it or remove the row",
            ),
            (
                broken("4,5", "4,5,6"),
                ", line 4: 4 cells, but the header names 3 columns;",
                "give every column one cell, and write decimals with a point",
            ),
            (
                broken("2,rose", "2,\"rose\""),
                r#", line 2, column 3 ("kind"): "\"rose\"""#,
                "holds a quotation mark; remove the quotes, and any comma inside",
            ),
            (
                broken("4,5,rose", "4,5,"),
                r#", line 4, column 3 ("kind"): """#,
                "is empty; name the class",
            ),
            (
                broken("width", "length"),
                r#", line 1, column 2 ("length"): "length""#,
                "names two columns; rename one of them",
            ),
            (
                broken("length,width,kind\n", ""),
                r#", line 1, column 1 ("1.5"): "1.5""#,
                "is a number; the first line must name the columns",
            ),
            (
                broken("length,", ","),
                r#", line 1, column 1 (""): """#,
                "is empty; every column needs a name",
            ),
            (
                broken("kind", "sort"),
                r#": no column "kind"; the header names"#,
                r#""length", "width", "sort""#,
            ),
            (
                error(" \n\n"),
                ": the file is empty;",
                "the first line must name the columns",
            ),
            (
                error("length,kind\n"),
                ": there is no row below the header;",
                "add at least one",
            ),
        ] {
            assert_eq!(message, format!("f.csv{place} {problem}"));
        }
    }

    #[test]
    fn inf_and_numbers_too_large_for_the_type_are_refused() {
        for text in ["inf", "-infinity", "1e999", "1e39"] {
            let table = parse("f.csv", format!("x\n{text}\n")).unwrap();
            let error = table.numbers::<f32>(&["x"]).unwrap_err().to_string();
            assert!(error.contains("is not finite"), "{error}");
        }
        let table = parse("f.csv", "x\n1e39\n").unwrap();
        assert_eq!(table.numbers::<f64>(&["x"]).unwrap()[0], 1e39);
    }

    #[test]
    fn a_message_stays_on_one_short_line() {
        let long = format!("kind,x\na,{}\u{7}\n", "y\t".repeat(9000));
        let error = error(&long);
        assert!(error.len() < 300 && !error.contains('\t'), "{error}");
    }

    #[test]
    fn a_file_that_is_missing_or_not_text_is_named() {
        let error = read("no/such.csv").unwrap_err().to_string();
        assert!(error.starts_with("no/such.csv: cannot be read: "), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.csv");
        std::fs::write(&path, b"x\n1\n\xff\n").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.ends_with("line 3: not UTF-8 text; save the file as UTF-8"));
        std::fs::write(&path, FLOWERS).unwrap();
        assert_eq!(read(&path).unwrap().len(), 3);
    }

    #[test]
    fn a_column_of_numbers_is_no_column_of_classes() {
        let rows: String = (0..400).map(|i| format!("{i},n{i}\n")).collect();
        assert_eq!(
            error(&format!("x,kind\n{rows}")),
            "f.csv: column \"kind\" holds 400 different names, too many for classes"
        );
    }
}
