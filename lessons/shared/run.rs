//! One run of a lesson: what it is asked, what it says, what it leaves behind.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use gradbook::plot::{self, Svg};
use serde_json::{Value, json};

use crate::flags::{Request, parse};
use crate::gallery::{self, Figure};
use crate::narration::{Narration, table};
use crate::progress::{Bar, Inner};
use crate::report::{Values, write_whole};
use crate::{Arguments, Error, Lesson, Result, paths};

/// A run of a lesson.
///
/// ```
/// use gradbook::plot::{Axis, Chart, Role, steps};
/// use lessons::{Flag, Lesson, Run};
///
/// const LESSON: Lesson = Lesson {
///     number: 2,
///     title: "Gradient descent",
///     question: "Which way is downhill?",
///     flags: &[Flag::epochs(3), Flag::lr(0.1)],
/// };
///
/// fn lesson(run: &mut Run) -> lessons::Result {
///     let args = run.arguments();
///     let (mut w, mut losses) = (1.0, Vec::new());
///     for _ in 0..args.epochs(3) {
///         losses.push(w * w);
///         w -= args.lr(0.1) * 2.0 * w;
///     }
///     run.say(&format!("After {} steps w is {w:.3}.", losses.len()));
///     run.value("weight", w);
///     let axes = (Axis::new("step", ""), Axis::new("loss", ""));
///     let chart = Chart::new(axes.0, axes.1).line(Role::Loss, "loss", steps(&losses));
///     run.figure("loss", "The loss falls.", &chart.svg())
/// }
///
/// let mut run = Run::quiet(LESSON, ["--lr", "0.25"])?;
/// lesson(&mut run)?;
/// assert!(run.narration().contains("After 3 steps w is 0.125."));
/// assert_eq!(run.report()["values"]["weight"], 0.125);
/// # Ok::<(), lessons::Error>(())
/// ```
pub struct Run {
    lesson: Lesson,
    arguments: Arguments,
    /// The folder for files; none in a quiet run without `--out`.
    out: Option<PathBuf>,
    narration: Narration,
    values: Values,
    figures: Vec<Figure>,
    bar: Weak<Inner>,
}

impl Run {
    /// A run for tests: it prints nothing, and writes files only where `--out` and
    /// `--report` say.
    ///
    /// # Errors
    /// As a lesson's command line: an unknown flag, a value that is none.
    pub fn quiet<S: Into<OsString>>(
        lesson: Lesson,
        words: impl IntoIterator<Item = S>,
    ) -> Result<Run> {
        match parse(&lesson, words.into_iter().map(Into::into))? {
            Request::Help(text) => Err(Error::usage(text)),
            Request::Run(arguments) => {
                let out = arguments.out().map(Path::to_path_buf);
                Run::start(lesson, arguments, out, Narration::kept())
            }
        }
    }

    /// A run as the reader sees it.
    pub(crate) fn loud(lesson: Lesson, arguments: Arguments) -> Result<Run> {
        let usual = || paths::workspace().join("target/lessons").join(lesson.name());
        let out = arguments.out().map_or_else(usual, Path::to_path_buf);
        let mut run = Run::start(lesson, arguments, Some(out), Narration::stdout())?;
        let title = format!("Lesson {}: {}", run.lesson.number, run.lesson.title);
        run.say(&title);
        let question = run.lesson.question;
        run.say(question);
        Ok(run)
    }

    fn start(
        lesson: Lesson,
        arguments: Arguments,
        out: Option<PathBuf>,
        narration: Narration,
    ) -> Result<Run> {
        if let Some(out) = &out {
            ready(out)?;
        }
        if let Some(report) = arguments.report() {
            writable(report)?;
        }
        let values = Values::default();
        let (figures, bar) = (Vec::new(), Weak::new());
        Ok(Run { lesson, arguments, out, narration, values, figures, bar })
    }

    /// What was typed, with the defaults filled in.
    pub fn arguments(&self) -> Arguments {
        self.arguments.clone()
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        self.arguments.seed
    }

    /// Whether the long form was asked for.
    pub fn full(&self) -> bool {
        self.arguments.full
    }

    /// Whether the run is to use the reader's own functions.
    pub fn mine(&self) -> bool {
        self.arguments.mine
    }

    /// Prints text, wrapped to the page; an empty text is an empty line.
    pub fn say(&mut self, text: &str) {
        self.print(|narration| narration.say(text));
    }

    /// Prints a heading.
    pub fn heading(&mut self, text: &str) {
        self.print(|narration| narration.heading(text));
    }

    /// Prints a table: columns of numbers to the right, columns of words to the left.
    pub fn table<H, R, C>(&mut self, header: &[H], rows: &[R])
    where
        H: AsRef<str>,
        R: AsRef<[C]>,
        C: AsRef<str>,
    {
        let header: Vec<String> =
            header.iter().map(|h| h.as_ref().to_string()).collect();
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.as_ref().iter().map(|c| c.as_ref().to_string()).collect())
            .collect();
        self.print(|narration| {
            narration.line("");
            for line in table(&header, &rows) {
                narration.line(&line);
            }
            narration.line("");
        });
    }

    /// Reports a measured value by name: it goes into the report and into the book's
    /// record. NaN and infinity end the run with an error that names the value.
    pub fn value(&mut self, name: &str, value: impl Into<f64>) {
        self.values.measured(name, value.into());
    }

    /// Reports an exact whole number by name.
    pub fn count(&mut self, name: &str, count: usize) {
        self.values.count(name, count);
    }

    /// Reports what doing nothing clever gets for a value.
    pub fn baseline(&mut self, name: &str, value: impl Into<f64>) {
        self.values.baseline(name, value.into());
    }

    /// Reports a value over at least three seeds: mean and standard deviation.
    pub fn spread(&mut self, name: &str, values: &[f64]) {
        self.values.spread(name, values);
    }

    /// Saves a picture as `NAME.svg` and shows it in `index.html`. The caption says
    /// what to see.
    ///
    /// # Errors
    /// If the file cannot be written, or the name is used twice.
    pub fn figure(&mut self, name: &str, caption: &str, svg: &Svg) -> Result {
        self.add_figure(name, caption, svg.clone(), Vec::new())
    }

    /// Saves pictures of one size as one that a slider moves through.
    ///
    /// # Errors
    /// As [`Run::figure`].
    pub fn frames<L: AsRef<str>>(
        &mut self,
        name: &str,
        caption: &str,
        frames: &[(L, Svg)],
    ) -> Result {
        let labels =
            frames.iter().map(|(label, _)| label.as_ref().to_string()).collect();
        self.add_figure(name, caption, plot::frames(frames), labels)
    }

    fn add_figure(
        &mut self,
        name: &str,
        caption: &str,
        svg: Svg,
        labels: Vec<String>,
    ) -> Result {
        if self.figures.iter().any(|figure| figure.name == name) {
            return Err(Error::new(format!("there are two figures called {name}")));
        }
        if let Some(out) = &self.out {
            let path = out.join(format!("{name}.svg"));
            svg.save(&path).map_err(|error| cannot_write(&path, &error))?;
        }
        let (name, caption) = (name.to_string(), caption.to_string());
        self.figures.push(Figure { name, caption, svg, labels });
        Ok(())
    }

    /// A progress bar over so many steps, shown on a terminal once the work has taken
    /// more than a second.
    pub fn progress(&mut self, label: &str, steps: usize) -> Bar {
        let quiet = self.narration.text().is_some();
        let (bar, inner) = Bar::new(label, steps as u64, quiet);
        self.bar = Arc::downgrade(&inner);
        bar
    }

    /// The path of a file in the run's folder, for what is not a picture; `None` in a
    /// quiet run without `--out`.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        self.out.as_ref().map(|out| out.join(name))
    }

    /// A path as the reader would type it from here, for narration.
    pub fn shown(&self, path: &Path) -> String {
        paths::shown(path)
    }

    /// What a quiet run has said so far; empty for others.
    pub fn narration(&self) -> &str {
        self.narration.text().unwrap_or_default()
    }

    /// The report as it stands: lesson, seed, arguments, values, baselines, spreads.
    pub fn report(&self) -> Value {
        json!({
            "lesson": self.lesson.name(),
            "seed": self.arguments.seed,
            "arguments": self.arguments.to_json(),
            "values": self.values.values,
            "baselines": self.values.baselines,
            "spreads": self.values.spreads,
        })
    }

    /// Ends the run: checks what was reported, writes the page and the report.
    ///
    /// # Errors
    /// If a value was NaN or infinite, or a file cannot be written.
    pub fn finish(mut self) -> Result {
        self.values.check()?;
        if let Some(out) = self.out.clone() {
            let path = out.join("index.html");
            let links = self.links(&out);
            let page = gallery::page(&self.lesson, &self.figures, &self.values, &links);
            write_whole(&path, &page, &paths::shown(&path))?;
            if !self.figures.is_empty() {
                self.say("");
                self.say(&format!("Pictures: {}", paths::shown(&path)));
            }
        }
        if let Some(report) = self.arguments.report() {
            let text = serde_json::to_string_pretty(&self.report())? + "\n";
            write_whole(report, &text, &paths::shown(report))?;
        }
        match self.narration.trouble() {
            Some(trouble) => {
                Err(Error::new(format!("cannot write to standard output: {trouble}")))
            }
            None => Ok(()),
        }
    }

    /// Ways from the run's folder to the chapter, built and as text, where they exist.
    fn links(&self, out: &Path) -> Vec<gallery::Link> {
        let root = paths::workspace();
        let name = self.lesson.name();
        let pages = [
            ("The chapter", root.join(format!("target/book/{name}.html"))),
            ("The chapter as text", root.join(format!("book/src/{name}.md"))),
            ("The program", root.join(format!("lessons/{name}/main.rs"))),
            ("The exercises", root.join(format!("lessons/{name}/exercises.rs"))),
        ];
        pages
            .into_iter()
            .filter(|(_, path)| path.is_file())
            .map(|(what, path)| (what.to_string(), paths::between(out, &path)))
            .collect()
    }

    fn print(&mut self, print: impl FnOnce(&mut Narration)) {
        match self.bar.upgrade() {
            Some(bar) => bar.aside(|| print(&mut self.narration)),
            None => print(&mut self.narration),
        }
    }
}

/// Makes the folder for files and sees that it can be written to.
fn ready(out: &Path) -> Result {
    std::fs::create_dir_all(out)
        .and_then(|()| touch(out))
        .map_err(|error| cannot_write(out, &error))
}

/// Sees that the report can be written before the run, not after.
fn writable(report: &Path) -> Result {
    let folder = report.parent().unwrap_or(Path::new(""));
    touch(folder).map_err(|error| cannot_write(report, &error))
}

/// Writes an empty file and takes it away. Its name is this process's own: two runs
/// may use one folder at once, and neither takes away the other's file.
fn touch(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".writable.{}", std::process::id()));
    std::fs::write(&path, "").and_then(|()| std::fs::remove_file(path))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    let shown = paths::shown(path);
    let error = error.to_string();
    let line = if error.contains("cannot write") {
        error
    } else {
        format!("cannot write to {shown}: {error}")
    };
    Error::new(format!("{line}; choose another place with --out or --report"))
}
