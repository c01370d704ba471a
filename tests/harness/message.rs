//! What the reader sees when an answer fails.

use super::exercise::About;
use super::judge::{Crash, Failure};
use super::memory;
use super::outcome::count;

/// No line of ours is longer.
const WIDTH: usize = 88;

/// Where the second column starts.
const COLUMN: usize = 13;

/// The whole message: the law in words, the smallest counterexample, what was expected
/// and seen, the diagnosis if there is one, and what to type next.
pub fn failure(about: &About, failure: &Failure) -> String {
    let mut page = Page::default();
    page.paragraph(&headline(about, failure));
    page.gap();
    if let Some(law) = failure.law {
        page.entry("law", about.laws[law].words);
    }
    for (index, (name, value)) in failure.mismatch.input.iter().enumerate() {
        let label = if index == 0 { "input" } else { "" };
        page.entry(label, &named(name, value));
    }
    match &failure.crash {
        Some(crash) => {
            page.entry("expected", "an answer");
            page.entry("seen", &describe(crash));
        }
        None => {
            page.entry("expected", &failure.mismatch.expected);
            page.entry("seen", &failure.mismatch.seen);
        }
    }
    page.entry("", &failure.mismatch.note);
    for (index, line) in failure.printed.iter().enumerate() {
        let line = line.replace("tests/../", "");
        page.verbatim(if index == 0 { "printed" } else { "" }, &line);
    }
    if let Some(wrong) = failure.diagnosis {
        page.gap();
        page.entry("diagnosis", about.wrongs[wrong].diagnosis);
    }
    page.gap();
    next_steps(&mut page, about);
    page.text
}

/// One line that says what happened.
pub fn headline(about: &About, failure: &Failure) -> String {
    format!("{} {}.", about.title(), summary(about, failure))
}

/// The headline without the exercise's name, for lists.
pub fn summary(about: &About, failure: &Failure) -> String {
    let law = failure.law.map(|law| about.laws[law].name);
    match (&failure.crash, law) {
        (Some(crash), Some(law)) => {
            format!("{} (while trying the law {law})", gist(crash))
        }
        (Some(crash), None) => gist(crash).to_string(),
        (None, Some(law)) => {
            let verb =
                if failure.mismatch.panic.is_some() { "panics" } else { "fails" };
            let kept = match failure.law.unwrap_or_default() {
                0 => String::new(),
                kept => format!("; {} held", count(kept, "law")),
            };
            format!("{verb} on the law {law}{kept}")
        }
        (None, None) => "keeps every law, but panics on a fixed sample".to_string(),
    }
}

fn gist(crash: &Crash) -> &'static str {
    match crash {
        Crash::Silent(_) => "does not come to an end",
        Crash::Slow(_) => "takes too long",
        Crash::StackOverflow => "overflows the stack",
        Crash::OutOfMemory => "runs out of memory",
        Crash::Exited(_) => "ends the program",
        Crash::Aborted(_) => "aborts the program",
        Crash::Unheard(_) => "could not be run",
    }
}

fn describe(crash: &Crash) -> String {
    match crash {
        Crash::Silent(limit) => format!(
            "nothing for {limit:?}. Look for a loop that never ends: does its \
             condition turn false, does its counter move?"
        ),
        Crash::Slow(limit) => format!(
            "still going after {limit:?}. Each input comes to an end, but slowly: is \
             work repeated that could be done once?"
        ),
        Crash::StackOverflow => "a stack overflow. The function calls itself without \
             end: is there an input for which it stops?"
            .to_string(),
        Crash::OutOfMemory => format!(
            "a request for more than {} MiB of memory. Look for a loop that grows a \
             vector without end, or a size that wrapped around below zero.",
            memory::LIMIT >> 20
        ),
        Crash::Exited(code) => format!(
            "the end of the program, with exit code {code}. An answer returns its \
             value and leaves the program running."
        ),
        Crash::Aborted(status) => format!("the end of the program ({status})."),
        Crash::Unheard(error) => format!("no word from its process: {error}"),
    }
}

/// `z = [0.0]`; a matrix stands beside its name if there is room.
fn named(name: &str, value: &str) -> String {
    if name.is_empty() {
        return value.to_string();
    }
    let start = format!("{name} = ");
    let widest = value.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    if !value.contains('\n') {
        format!("{start}{value}")
    } else if start.len() + widest <= WIDTH - COLUMN {
        start.clone() + &value.replace('\n', &format!("\n{:1$}", "", start.len()))
    } else {
        format!("{}\n{value}", start.trim_end())
    }
}

fn next_steps(page: &mut Page, about: &About) {
    let number = about.number;
    let lesson = number.split('.').next().unwrap_or(number);
    page.entry("next", &format!("cargo workbook hint {number}   shows a first hint"));
    page.entry(
        "",
        &format!("cargo workbook watch {lesson}    checks again at each save"),
    );
}

/// Wraps text to the width of a page, for hints and diagnoses outside a table.
pub fn wrapped(text: &str) -> String {
    let mut page = Page::default();
    page.paragraph(text);
    page.text
}

/// Text in two columns.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        for line in text.lines().flat_map(|line| wrap(line, WIDTH)) {
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    /// A label and its text, wrapped. Nothing when the text is empty.
    fn entry(&mut self, label: &str, text: &str) {
        let lines = text.lines().flat_map(|line| wrap(line, WIDTH - COLUMN));
        self.lines(label, lines);
    }

    /// A label and a line that is not ours to break at spaces.
    fn verbatim(&mut self, label: &str, line: &str) {
        let characters: Vec<char> = line.chars().collect();
        let pieces = characters.chunks(WIDTH - COLUMN);
        self.lines(label, pieces.map(|piece| piece.iter().collect()));
    }

    fn lines(&mut self, label: &str, lines: impl Iterator<Item = String>) {
        let mut label = label;
        for line in lines {
            let row = format!("  {label:<width$}{line}", width = COLUMN - 2);
            self.text.push_str(row.trim_end());
            self.text.push('\n');
            label = "";
        }
    }
}

/// Breaks a line at spaces. A line that fits keeps its spacing, as a matrix needs.
fn wrap(line: &str, width: usize) -> Vec<String> {
    if line.chars().count() <= width {
        return vec![line.to_string()];
    }
    let mut lines = vec![String::new()];
    for word in line.split_whitespace() {
        let mut word = word.to_string();
        loop {
            let last = lines.last_mut().expect("there is always a line");
            let gap = usize::from(!last.is_empty());
            let room = width.saturating_sub(last.chars().count() + gap);
            if word.chars().count() <= room {
                last.push_str(&" "[..gap]);
                last.push_str(&word);
                break;
            }
            if last.is_empty() {
                // A word wider than the page is cut.
                let rest = word.chars().skip(width).collect();
                *last = word.chars().take(width).collect();
                word = rest;
            }
            lines.push(String::new());
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}
