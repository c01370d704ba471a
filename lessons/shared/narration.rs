//! What a lesson prints: text wrapped to the page, tables in columns.

use std::io::Write as _;

/// The width of the page.
const WIDTH: usize = 88;

/// A share as tables and sentences write it: `97.5%`.
pub fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// What a run says, and where it goes.
pub(crate) struct Narration {
    out: Out,
    /// The last line was empty.
    blank: bool,
}

enum Out {
    /// To standard output, until it is closed.
    Stdout { open: bool, trouble: Option<String> },
    /// Into memory, for tests.
    Kept(String),
}

impl Narration {
    pub(crate) fn stdout() -> Self {
        Narration { out: Out::Stdout { open: true, trouble: None }, blank: false }
    }

    pub(crate) fn kept() -> Self {
        Narration { out: Out::Kept(String::new()), blank: false }
    }

    /// What was said into memory; `None` if it was said aloud.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.out {
            Out::Kept(text) => Some(text),
            Out::Stdout { .. } => None,
        }
    }

    /// Prints a line; of several empty ones only the first. When the reader has closed
    /// the pipe (`| head`) the run goes on in silence: its pictures and its report are
    /// still wanted.
    pub(crate) fn line(&mut self, line: &str) {
        if line.is_empty() && self.blank {
            return;
        }
        self.blank = line.is_empty();
        match &mut self.out {
            Out::Kept(text) => {
                text.push_str(line);
                text.push('\n');
            }
            Out::Stdout { open, trouble } if *open => {
                let Err(error) = writeln!(std::io::stdout(), "{line}") else { return };
                *open = false;
                if error.kind() != std::io::ErrorKind::BrokenPipe {
                    *trouble = Some(error.to_string());
                }
            }
            Out::Stdout { .. } => {}
        }
    }

    /// Why standard output could not be written, other than being closed.
    pub(crate) fn trouble(&self) -> Option<&str> {
        match &self.out {
            Out::Stdout { trouble, .. } => trouble.as_deref(),
            Out::Kept(_) => None,
        }
    }

    /// Paragraphs, wrapped.
    pub(crate) fn say(&mut self, text: &str) {
        for paragraph in text.split('\n') {
            let lines = wrap(paragraph, WIDTH);
            if lines.is_empty() {
                self.line("");
            }
            for line in lines {
                self.line(&line);
            }
        }
    }

    /// A heading with room above it.
    pub(crate) fn heading(&mut self, text: &str) {
        self.line("");
        self.line(text);
        self.line(&"-".repeat(text.chars().count().min(WIDTH)));
    }
}

/// Breaks a paragraph into lines of at most `width` letters; indented text stays so.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let indent = text.len() - text.trim_start_matches(' ').len();
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(" ".repeat(indent) + word),
        }
    }
    lines
}

/// The lines of a table: columns of numbers to the right, of words to the left; a
/// table too wide for the page has its widest column of words wrapped.
pub(crate) fn table(header: &[String], rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).chain([header.len()]).max().unwrap_or(0);
    let cell = |row: &[String], c: usize| row.get(c).cloned().unwrap_or_default();
    let wide = |text: &str| text.chars().count();
    let mut widths: Vec<usize> = (0..columns)
        .map(|c| rows.iter().map(|row| wide(&cell(row, c))).max().unwrap_or(0))
        .zip((0..columns).map(|c| wide(&cell(header, c))))
        .map(|(body, head)| body.max(head))
        .collect();
    while widths.iter().sum::<usize>() + 2 * columns > WIDTH {
        match widths.iter_mut().max().filter(|widest| **widest > 8) {
            Some(widest) => *widest -= 1,
            None => break,
        }
    }
    let right: Vec<bool> = (0..columns)
        .map(|c| rows.iter().all(|row| numeric(&cell(row, c))) && !rows.is_empty())
        .collect();
    let print = |row: &[String]| -> Vec<String> {
        let cells: Vec<Vec<String>> =
            (0..columns).map(|c| wrap(&cell(row, c), widths[c])).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        (0..height)
            .map(|i| {
                let mut line = String::new();
                for c in 0..columns {
                    let text = cells[c].get(i).map_or("", String::as_str);
                    let pad = " ".repeat(widths[c].saturating_sub(wide(text)));
                    line += if right[c] { "  " } else { "" };
                    line += &if right[c] {
                        pad + text
                    } else {
                        "  ".to_string() + text + &pad
                    };
                }
                line.trim_end().to_string()
            })
            .collect()
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut lines = print(header);
    lines.extend(print(&rule));
    lines.extend(rows.iter().flat_map(|row| print(row)));
    lines
}

/// Whether a cell belongs in a column of numbers.
fn numeric(cell: &str) -> bool {
    let cell = cell.trim();
    cell.is_empty()
        || matches!(cell, "-" | "." | "–")
        || (cell.chars().any(|c| c.is_ascii_digit())
            && cell.chars().all(|c| c.is_ascii_digit() || "+-−.,%e±× ".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| cell.to_string()).collect()
    }

    #[test]
    fn text_is_wrapped_and_keeps_its_indent() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("  one two", 6), ["  one", "  two"]);
        assert_eq!(wrap("incomprehensibilities", 5), ["incomprehensibilities"]);
        assert!(wrap("", 5).is_empty());
        let mut kept = Narration::kept();
        kept.say("a\n\nb");
        kept.say("");
        kept.heading("c");
        assert_eq!(kept.text(), Some("a\n\nb\n\nc\n-\n"));
    }

    #[test]
    fn numbers_stand_right_and_words_left() {
        let rows = [row(&["mlp", "98.1%", "7"]), row(&["logistic", "9.5%", "12"])];
        let lines = table(&row(&["model", "accuracy", "n"]), &rows);
        assert_eq!(
            lines,
            [
                "  model     accuracy   n",
                "  --------  --------  --",
                "  mlp          98.1%   7",
                "  logistic      9.5%  12",
            ]
        );
    }

    #[test]
    fn a_wide_table_is_wrapped_to_the_page() {
        let long = "a sentence that goes on and on ".repeat(6);
        let lines = table(&row(&["name", "what it means"]), &[row(&["x", &long])]);
        assert!(lines.len() > 3 && lines.iter().all(|line| line.chars().count() <= 88));
        assert!(
            lines.join(" ").split_whitespace().filter(|w| *w == "sentence").count()
                == 6
        );
    }

    #[test]
    fn odd_tables_do_not_panic() {
        assert_eq!(table(&[], &[]).len(), 2);
        assert_eq!(table(&row(&["a"]), &[row(&["1", "2"]), vec![]]).len(), 4);
    }
}
