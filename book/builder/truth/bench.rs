//! Recorded benchmarks: the one place of the book where times may stand.
//!
//! `book/src/runs/lesson19.bench.toml` is written by the benchmark itself and never by
//! hand. `lesson19.gpu.toml` is the same for a GPU, where one was measured.
//!
//! ```toml
//! lesson = "lesson19"
//! machine = "AMD EPYC 9B45"       # the processor, not the name of the host
//! cores = 1                       # how many were used
//! commit = "67b3e73"
//! date = "2026-11-22"
//! command = "cargo bench --bench ladder -- --record FILE"
//!
//! [values]
//! packed_512 = 190.5              # GFLOP/s, or a share between 0 and 1
//! ```
//!
//! A time without its machine says nothing: a chapter that quotes such a value must
//! also hold `{{#machine}}`, which says where, when and by which command.

use super::runs::{self, Place};
use super::{Chapter, Problem, Workspace};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A recorded benchmark.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bench {
    /// The lesson, as in `lesson19`.
    pub lesson: String,
    /// The processor or the GPU.
    pub machine: String,
    /// How many cores were used; none on a GPU.
    #[serde(default)]
    pub cores: Option<u32>,
    /// The driver; on a GPU only.
    #[serde(default)]
    pub driver: Option<String>,
    /// The commit that was measured.
    pub commit: String,
    /// The day, as in 2026-11-22.
    pub date: String,
    /// What to type to measure it again.
    pub command: String,
    /// The numbers, by name.
    pub values: BTreeMap<String, f64>,
}

/// On what a benchmark ran: the second part of its file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// `lesson19.bench.toml`
    Cpu,
    /// `lesson19.gpu.toml`
    Gpu,
}

impl On {
    const ALL: [On; 2] = [On::Cpu, On::Gpu];

    /// Where the benchmark of a lesson lies.
    pub fn path(self, lesson: u32) -> String {
        let kind = match self {
            On::Cpu => "bench",
            On::Gpu => "gpu",
        };
        format!("book/src/runs/lesson{lesson:02}.{kind}.toml")
    }

    /// `{{#machine}}` or `{{#machine gpu}}`.
    fn directive(self) -> &'static str {
        match self {
            On::Cpu => "{{#machine}}",
            On::Gpu => "{{#machine gpu}}",
        }
    }
}

/// `packed_512`, `gpu.packed_512`, `lesson19.packed_512` or `lesson19.gpu.packed_512`:
/// the lesson if it is named, what it ran on, and the value's name.
pub fn target(name: &str) -> Result<(Option<u32>, On, &str), String> {
    let mut rest = name;
    let mut lesson = None;
    if let Some((first, after)) = rest.split_once('.')
        && let Some(number) = first.strip_prefix("lesson")
    {
        let number =
            number.parse().map_err(|_| format!("`{first}` is not a lesson"))?;
        (lesson, rest) = (Some(number), after);
    }
    match rest.split_once('.') {
        None => Ok((lesson, On::Cpu, rest)),
        Some(("gpu", name)) => Ok((lesson, On::Gpu, name)),
        Some((other, _)) => Err(format!("`{other}` is not `gpu`")),
    }
}

impl Bench {
    /// Reads a recorded benchmark.
    pub fn parse(text: &str) -> Result<Bench, String> {
        toml::from_str(text).map_err(|error| error.message().to_string())
    }

    /// The benchmark of a lesson.
    pub fn load(workspace: &Workspace, lesson: u32, on: On) -> Result<Bench, String> {
        let path = on.path(lesson);
        Bench::parse(&workspace.read(&path)?)
            .map_err(|error| format!("{path}: {error}"))
    }

    /// A value, written as the directive asks.
    pub fn number(
        &self,
        name: &str,
        how: &str,
        place: Place,
    ) -> Result<String, String> {
        let value = self.values.get(name).ok_or_else(|| {
            format!("the recorded benchmark of {} has no value `{name}`", self.lesson)
        })?;
        runs::format(*value, how, place)
    }

    /// Where, when and how: what stands in place of `{{#machine}}`.
    pub fn origin(&self) -> String {
        let cores = match self.cores {
            Some(1) => ", 1 core".to_string(),
            Some(n) => format!(", {n} cores"),
            None => String::new(),
        };
        let driver = self.driver.as_ref().map(|driver| format!(", driver {driver}"));
        format!(
            "{}{cores}{}; commit {}, {}",
            self.machine,
            driver.unwrap_or_default(),
            self.commit,
            self.date
        )
    }

    /// What is wrong with it.
    fn complaints(&self, lesson: u32, root: &str) -> Vec<String> {
        let mut found = Vec::new();
        if self.lesson != format!("lesson{lesson:02}") {
            found.push(format!("it says that it is `{}`", self.lesson));
        }
        if self.machine.trim().is_empty() {
            found.push("it does not name its machine".into());
        }
        let hex = self.commit.chars().all(|c| c.is_ascii_hexdigit());
        if !hex || !(7..=40).contains(&self.commit.len()) {
            found.push(format!("`{}` is not a commit", self.commit));
        }
        if !is_date(&self.date) {
            found.push(format!("`{}` is not a date like 2026-11-22", self.date));
        }
        if !self.command.starts_with("cargo ") {
            found.push("its command is not one of cargo's".into());
        }
        for text in [&self.machine, &self.command] {
            if text.contains(root) || text.contains("/home/") || text.contains("/tmp/")
            {
                found.push(format!("it names a folder of one machine: `{text}`"));
            }
        }
        if self.values.is_empty() {
            found.push("it holds no values".into());
        }
        for (name, value) in &self.values {
            if !(value.is_finite() && *value > 0.0) {
                found.push(format!("`{name}` is {value}, and no measurement is"));
            }
        }
        found
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &str, n: usize| {
        part.len() == n && part.bytes().all(|b| b.is_ascii_digit())
    };
    matches!(parts[..], [y, m, d] if digits(y, 4) && digits(m, 2) && digits(d, 2))
}

/// The benchmarks that are recorded for a lesson.
pub fn recorded(workspace: &Workspace, lesson: u32) -> Vec<On> {
    On::ALL.into_iter().filter(|on| workspace.exists(&on.path(lesson))).collect()
}

/// Everything that is wrong with the recorded benchmarks of a lesson.
pub fn check(workspace: &Workspace, lesson: u32) -> Vec<Problem> {
    let root = workspace.root().display().to_string();
    let mut problems = Vec::new();
    for on in recorded(workspace, lesson) {
        let file = on.path(lesson);
        let complaints = match workspace.read(&file).and_then(|t| Bench::parse(&t)) {
            Ok(bench) => bench.complaints(lesson, &root),
            Err(error) => vec![error],
        };
        problems.extend(complaints.into_iter().map(|c| Problem::new(&file, 0, c)));
    }
    problems
}

/// A page that quotes a benchmark says on which machine it ran.
pub fn check_page(chapter: &Chapter) -> Vec<Problem> {
    let mut problems = Vec::new();
    for on in On::ALL {
        let quotes = chapter.directives.iter().find(|d| {
            let on_this = |name: &String| target(name).is_ok_and(|t| t.1 == on);
            d.name == "bench" && d.words.first().is_some_and(on_this)
        });
        let says = chapter.directives.iter().any(|d| {
            let word = d.words.first().map(String::as_str);
            d.name == "machine" && (word == Some("gpu")) == (on == On::Gpu)
        });
        if let Some(quote) = quotes.filter(|_| !says) {
            let text = format!(
                "this page quotes a benchmark and does not say where it ran: add {}",
                on.directive()
            );
            let line = chapter.line(quote.range.start);
            problems.push(Problem::new(&chapter.file, line, text));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bench() -> Bench {
        Bench {
            lesson: "lesson19".into(),
            machine: "A processor".into(),
            cores: Some(2),
            commit: "67b3e73".into(),
            date: "2026-11-22".into(),
            command: "cargo bench --bench ladder".into(),
            values: BTreeMap::from([("packed".to_string(), 190.5)]),
            ..Bench::default()
        }
    }

    #[test]
    fn names_say_which_benchmark_is_meant() {
        assert_eq!(target("a"), Ok((None, On::Cpu, "a")));
        assert_eq!(target("gpu.a"), Ok((None, On::Gpu, "a")));
        assert_eq!(target("lesson19.a"), Ok((Some(19), On::Cpu, "a")));
        assert_eq!(target("lesson19.gpu.a"), Ok((Some(19), On::Gpu, "a")));
        assert_eq!(target("tpu.a"), Err("`tpu` is not `gpu`".into()));
        assert_eq!(target("lessonx.a"), Err("`lessonx` is not a lesson".into()));
    }

    #[test]
    fn an_origin_says_where_and_when() {
        let origin = "A processor, 2 cores; commit 67b3e73, 2026-11-22";
        assert_eq!(bench().origin(), origin);
        let one = Bench { cores: Some(1), ..bench() };
        assert!(one.origin().contains("A processor, 1 core;"));
        let gpu = Bench { cores: None, driver: Some("580".into()), ..bench() };
        assert!(gpu.origin().starts_with("A processor, driver 580; commit"));
    }

    #[test]
    fn what_is_wrong_with_a_benchmark_is_said() {
        assert!(bench().complaints(19, "/repo").is_empty());
        let says = |bench: Bench, words: &str| {
            let found = bench.complaints(19, "/repo");
            assert!(found.len() == 1 && found[0].contains(words), "{words}: {found:?}");
        };
        says(Bench { lesson: "lesson18".into(), ..bench() }, "it is `lesson18`");
        says(Bench { machine: " ".into(), ..bench() }, "does not name its machine");
        says(Bench { machine: "/repo/x".into(), ..bench() }, "one machine");
        for commit in ["unknown", "67b3", ""] {
            says(Bench { commit: commit.into(), ..bench() }, "is not a commit");
        }
        for date in ["today", "2026-11", "22-11-2026", "2026-11-2x"] {
            says(Bench { date: date.into(), ..bench() }, "is not a date");
        }
        says(Bench { command: "make".into(), ..bench() }, "cargo's");
        says(Bench { values: BTreeMap::new(), ..bench() }, "holds no values");
        for value in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            let values = BTreeMap::from([("x".to_string(), value)]);
            says(Bench { values, ..bench() }, "`x` is");
        }
    }

    #[test]
    fn a_benchmark_is_read_from_its_file() {
        let text = "lesson = \"lesson19\"\nmachine = \"M\"\ncores = 1\n\
                    commit = \"67b3e73\"\ndate = \"2026-11-22\"\n\
                    command = \"cargo bench\"\n[values]\na = 2.5\n";
        let bench = Bench::parse(text).unwrap();
        assert_eq!(bench.number("a", "fixed:1", Place::Prose).unwrap(), "2.5");
        let error = bench.number("b", "fixed:1", Place::Prose).unwrap_err();
        assert_eq!(error, "the recorded benchmark of lesson19 has no value `b`");
        assert!(Bench::parse(&format!("host = \"x\"\n{text}")).is_err());
        assert!(Bench::parse("lesson = 3").is_err());
    }
}
