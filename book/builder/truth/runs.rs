//! Recorded runs: what a lesson's program reported, and how far it may move.
//!
//! `book/src/runs/lesson05.toml` is written by `cargo book record 5` and never by hand:
//!
//! ```toml
//! [plain.mlp_test_accuracy]
//! value = 0.975
//! kind = "measured"      # or "count" (a whole number), "exact" (no seed in it)
//! tolerance = 0.009
//! spread = 0.003         # standard deviation over the seeds
//! seeds = 5
//! baseline = 0.1         # what doing nothing clever gets
//!
//! [full.mlp_test_accuracy]
//! mean = 0.978
//! spread = 0.004
//! seeds = 5
//! each = [0.972, 0.977, 0.979, 0.98, 0.982]
//!
//! [files]                # checksums, so that nobody retouches a result
//! "figures/lesson05/learning_curves.svg" = "91ad2c1f0a3b5c7d"
//! ```

use super::{Problem, Workspace};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A measured value may move by this many standard deviations, and no more.
pub const MOST_DEVIATIONS: f64 = 3.0;
/// Fewer seeds than this say nothing about a spread.
pub const LEAST_SEEDS: u32 = 3;
/// How far a value without randomness may move between machines, relative to its size.
pub const EXACT_TOLERANCE: f64 = 1e-6;

/// How a value of the plain run behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A whole number; it must come out the same.
    Count,
    /// A number that depends on no seed.
    Exact,
    /// A number that depends on the seed.
    Measured,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Count => "count",
            Kind::Exact => "exact",
            Kind::Measured => "measured",
        }
    }
}

/// One value of the recorded plain run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// What the run reported.
    pub value: f64,
    /// How it behaves.
    pub kind: Kind,
    /// How far a later run may be away from it.
    #[serde(default)]
    pub tolerance: f64,
    /// The standard deviation over the seeds.
    pub spread: Option<f64>,
    /// How many seeds.
    pub seeds: Option<u32>,
    /// What doing nothing clever gets.
    pub baseline: Option<f64>,
}

/// One value of the recorded `--full` run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The mean over the seeds.
    pub mean: f64,
    /// The standard deviation over the seeds.
    pub spread: f64,
    /// How many seeds.
    pub seeds: u32,
    /// The value of each seed; records made before these were kept have none.
    #[serde(default)]
    pub each: Vec<f64>,
}

impl Spread {
    /// The smallest value of a seed.
    pub fn lowest(&self) -> Option<f64> {
        self.each.iter().copied().reduce(f64::min)
    }

    /// The largest value of a seed.
    pub fn highest(&self) -> Option<f64> {
        self.each.iter().copied().reduce(f64::max)
    }
}

/// A recorded run.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The lesson, as in `lesson05`.
    pub lesson: String,
    /// The command of the plain run; also the first line of the transcript.
    pub command: String,
    /// The day of the plain run.
    #[serde(default)]
    pub recorded: String,
    /// The day of the `--full` run.
    #[serde(default)]
    pub full_recorded: String,
    /// The values of the plain run.
    #[serde(default)]
    pub plain: BTreeMap<String, Value>,
    /// The values of the `--full` run.
    #[serde(default)]
    pub full: BTreeMap<String, Spread>,
    /// Checksums of the transcript and the figures, by path from `book/src`.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

/// What a lesson writes with `--report`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Report {
    /// The seed of the run.
    #[serde(default)]
    pub seed: u64,
    /// The named values.
    #[serde(default)]
    pub values: BTreeMap<String, serde_json::Number>,
    /// What doing nothing clever gets, for some of the values.
    #[serde(default)]
    pub baselines: BTreeMap<String, f64>,
    /// Means and spreads over seeds, from `--full`.
    #[serde(default)]
    pub spreads: BTreeMap<String, Over>,
}

/// A mean and its spread in a report.
#[derive(Debug, Clone, Deserialize)]
pub struct Over {
    /// The mean over the seeds.
    pub mean: f64,
    /// The standard deviation over the seeds.
    pub spread: f64,
    /// How many seeds.
    #[serde(alias = "n")]
    pub seeds: u32,
    /// The value of each seed.
    #[serde(default)]
    pub each: Vec<f64>,
}

impl Report {
    /// Reads a report.
    pub fn parse(text: &str) -> Result<Report, String> {
        serde_json::from_str(text).map_err(|error| format!("not a report: {error}"))
    }

    /// A value as a number; a missing one is NaN.
    pub fn value(&self, name: &str) -> f64 {
        self.values.get(name).and_then(serde_json::Number::as_f64).unwrap_or(f64::NAN)
    }

    /// Was this value reported as a whole number?
    pub fn is_count(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|number| !number.is_f64())
    }
}

impl Record {
    /// Reads a recorded run.
    pub fn parse(text: &str) -> Result<Record, String> {
        toml::from_str(text).map_err(|error| error.message().to_string())
    }

    /// The recorded run of a lesson.
    pub fn load(workspace: &Workspace, lesson: u32) -> Result<Record, String> {
        let path = path(lesson);
        Record::parse(&workspace.read(&path)?)
            .map_err(|error| format!("{path}: {error}"))
    }

    /// The record as the text of its file.
    pub fn to_toml(&self) -> String {
        let lesson = self.lesson.trim_start_matches("lesson").trim_start_matches('0');
        let mut out =
            format!("# Written by `cargo book record {lesson}`; never by hand.\n");
        let mut line = |text: String| out.push_str(&text);
        line(format!("lesson = {:?}\ncommand = {:?}\n", self.lesson, self.command));
        line(format!("recorded = {:?}\n", self.recorded));
        line(format!("full_recorded = {:?}\n", self.full_recorded));
        for (name, v) in &self.plain {
            line(format!("\n[plain.{name}]\nvalue = {}\n", number(v.value, v.kind)));
            line(format!("kind = {:?}\n", v.kind.word()));
            if v.kind != Kind::Count {
                line(format!("tolerance = {:?}\n", v.tolerance));
            }
            if let (Some(spread), Some(seeds)) = (v.spread, v.seeds) {
                line(format!("spread = {spread:?}\nseeds = {seeds}\n"));
            }
            if let Some(baseline) = v.baseline {
                line(format!("baseline = {baseline:?}\n"));
            }
        }
        for (name, v) in &self.full {
            line(format!("\n[full.{name}]\nmean = {:?}\n", v.mean));
            line(format!("spread = {:?}\nseeds = {}\n", v.spread, v.seeds));
            if !v.each.is_empty() {
                line(format!("each = {:?}\n", v.each));
            }
        }
        if !self.files.is_empty() {
            line("\n[files]\n".to_string());
        }
        for (path, sum) in &self.files {
            line(format!("{path:?} = {sum:?}\n"));
        }
        out
    }
}

fn number(value: f64, kind: Kind) -> String {
    match kind {
        Kind::Count => format!("{value:.0}"),
        _ => format!("{value:?}"),
    }
}

/// Where a lesson's recorded run lies.
pub fn path(lesson: u32) -> String {
    format!("book/src/runs/lesson{lesson:02}.toml")
}

/// Where a lesson's transcript lies.
pub fn transcript_path(lesson: u32) -> String {
    format!("book/src/runs/lesson{lesson:02}.transcript.txt")
}

/// The tolerance that a value deserves: three standard deviations, but never half way
/// to the baseline.
pub fn tolerance(value: f64, kind: Kind, spread: f64, baseline: Option<f64>) -> f64 {
    let wide = match kind {
        Kind::Count => return 0.0,
        Kind::Exact => EXACT_TOLERANCE * value.abs(),
        Kind::Measured => MOST_DEVIATIONS * spread,
    };
    baseline.map_or(wide, |baseline| wide.min((value - baseline).abs() / 2.0))
}

/// What is wrong with one recorded value.
fn complaint(v: &Value) -> Option<String> {
    let finite = v.value.is_finite() && v.tolerance.is_finite() && v.tolerance >= 0.0;
    if !finite {
        return Some("its value and tolerance must be finite".into());
    }
    match v.kind {
        Kind::Count if v.value.fract() != 0.0 => {
            return Some(format!("a count must be a whole number, not {}", v.value));
        }
        Kind::Count if v.tolerance != 0.0 => {
            return Some("a count is exact: it has no tolerance".into());
        }
        Kind::Exact if v.tolerance > EXACT_TOLERANCE * v.value.abs() * 1.0001 => {
            return Some(format!(
                "its tolerance {} is too wide: an exact value may move by one part in \
                 a million",
                v.tolerance
            ));
        }
        Kind::Measured => {
            let (Some(spread), Some(seeds)) = (v.spread, v.seeds) else {
                return Some("a measured value needs its spread and seeds".into());
            };
            if seeds < LEAST_SEEDS || !(spread.is_finite() && spread > 0.0) {
                return Some(format!(
                    "a measured value needs a spread over at least {LEAST_SEEDS} seeds"
                ));
            }
            if v.tolerance > MOST_DEVIATIONS * spread * 1.0001 {
                return Some(format!(
                    "its tolerance {} is too wide: at most {MOST_DEVIATIONS} standard \
                     deviations, that is {}",
                    v.tolerance,
                    MOST_DEVIATIONS * spread
                ));
            }
        }
        _ => {}
    }
    let baseline = v.baseline?;
    let reached = (v.value - baseline).abs() <= v.tolerance;
    reached.then(|| {
        format!("its tolerance {} reaches the baseline {baseline}", v.tolerance)
    })
}

/// Everything that is wrong with the recorded run of a lesson.
pub fn check(workspace: &Workspace, lesson: u32) -> Vec<Problem> {
    let file = path(lesson);
    let record = match workspace.read(&file).and_then(|text| Record::parse(&text)) {
        Ok(record) => record,
        Err(text) => return vec![Problem::new(&file, 0, text)],
    };
    let mut problems = check_record(&file, &record);
    let mut report = |text: String| problems.push(Problem::new(&file, 0, text));
    if record.lesson != format!("lesson{lesson:02}") {
        report(format!("it says that it is `{}`", record.lesson));
    }
    for (path, sum) in &record.files {
        match workspace.read(&format!("book/src/{path}")) {
            Err(error) => report(error),
            Ok(text) if checksum(&text) != *sum => report(format!(
                "`{path}` is not what the run wrote: record lesson {lesson} again"
            )),
            Ok(_) => {}
        }
    }
    let folder = format!("figures/lesson{lesson:02}");
    for name in workspace.list(&format!("book/src/{folder}")) {
        if !record.files.contains_key(&format!("{folder}/{name}")) {
            report(format!("`{folder}/{name}` was not drawn by the recorded run"));
        }
    }
    problems
}

/// Everything that is wrong with the values of a record.
pub fn check_record(file: &str, record: &Record) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, value) in &record.plain {
        if let Some(text) = complaint(value) {
            problems.push(Problem::new(file, 0, format!("`{name}`: {text}")));
        }
    }
    for (name, v) in &record.full {
        if v.seeds < LEAST_SEEDS || !v.mean.is_finite() || !v.spread.is_finite() {
            let text = format!(
                "`{name}`: a mean needs a spread over at least {LEAST_SEEDS} seeds"
            );
            problems.push(Problem::new(file, 0, text));
        }
        let mean = v.each.iter().sum::<f64>() / v.each.len() as f64;
        let same = (mean - v.mean).abs() <= 1e-9 * v.mean.abs();
        let whole = v.each.is_empty() || (v.each.len() == v.seeds as usize && same);
        if !whole {
            let text = format!("`{name}`: its mean is not that of its seeds");
            problems.push(Problem::new(file, 0, text));
        }
    }
    problems
}

/// Where a number is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a sentence.
    Prose,
    /// Between dollar signs.
    Maths,
}

/// Writes a number as a directive asks: `percent:1`, `fixed:2`, `int` or `sci:1`.
pub fn format(value: f64, how: &str, place: Place) -> Result<String, String> {
    let unknown = || format!("`{how}` is not percent:D, fixed:D, sci:D or int");
    let (name, digits) = match how.split_once(':') {
        Some((name, digits)) => {
            let digits: usize = digits.parse().map_err(|_| unknown())?;
            (name, Some(digits).filter(|d| *d <= 12).ok_or_else(unknown)?)
        }
        None => (how, 0),
    };
    let maths = place == Place::Maths;
    let text = match (name, how.contains(':')) {
        ("percent", true) => {
            let sign = if maths { r"\%" } else { "%" };
            format!("{:.digits$}{sign}", value * 100.0)
        }
        ("fixed", true) => thousands(&format!("{value:.digits$}"), maths),
        ("int", false) if value.fract() == 0.0 => {
            thousands(&format!("{value:.0}"), maths)
        }
        ("int", false) => {
            return Err(format!("{value} is not a whole number: use fixed:D"));
        }
        ("sci", true) => scientific(value, digits, maths),
        _ => return Err(unknown()),
    };
    Ok(if maths { text } else { text.replace('-', "\u{2212}") })
}

/// 60000 -> 60,000
fn thousands(text: &str, maths: bool) -> String {
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, whole) =
        whole.split_at(whole.len() - whole.trim_start_matches('-').len());
    let mut out = sign.to_string();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push_str(if maths { "{,}" } else { "," });
        }
        out.push(digit);
    }
    out + rest
}

fn scientific(value: f64, digits: usize, maths: bool) -> String {
    let text = format!("{value:.digits$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    if maths {
        return format!(r"{mantissa} \times 10^{{{exponent}}}");
    }
    format!("{mantissa}\u{a0}×\u{a0}10<sup>{exponent}</sup>")
}

/// How one value of a new run stands to the recorded one.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The name of the value.
    pub name: String,
    /// What was recorded; none for a new name.
    pub recorded: Option<f64>,
    /// What the new run reported; none when it reported nothing.
    pub seen: Option<f64>,
    /// How far they may be apart.
    pub tolerance: f64,
}

impl Row {
    /// Is the new value there, expected, and within its tolerance?
    pub fn holds(&self) -> bool {
        match (self.recorded, self.seen) {
            (Some(recorded), Some(seen)) => (recorded - seen).abs() <= self.tolerance,
            _ => false,
        }
    }

    /// What is wrong, in words.
    pub fn verdict(&self) -> &'static str {
        match (self.recorded, self.seen) {
            _ if self.holds() => "ok",
            (None, _) => "not recorded",
            (_, None) => "no longer reported",
            _ => "DRIFTED",
        }
    }
}

/// Compares a new plain run with the recorded one, name by name, in both directions.
pub fn compare(record: &Record, report: &Report) -> Vec<Row> {
    let mut rows: Vec<Row> = record
        .plain
        .iter()
        .map(|(name, v)| Row {
            name: name.clone(),
            recorded: Some(v.value),
            seen: report.values.contains_key(name).then(|| report.value(name)),
            tolerance: v.tolerance,
        })
        .collect();
    let new = report.values.keys().filter(|name| !record.plain.contains_key(*name));
    rows.extend(new.map(|name| Row {
        name: name.clone(),
        recorded: None,
        seen: Some(report.value(name)),
        tolerance: 0.0,
    }));
    rows
}

/// Compares a new `--full` run with the recorded one: the means may be three standard
/// deviations apart.
pub fn compare_full(record: &Record, report: &Report) -> Vec<Row> {
    let mut rows: Vec<Row> = record
        .full
        .iter()
        .map(|(name, v)| Row {
            name: name.clone(),
            recorded: Some(v.mean),
            seen: report.spreads.get(name).map(|over| over.mean),
            tolerance: (MOST_DEVIATIONS * v.spread).max(EXACT_TOLERANCE * v.mean.abs()),
        })
        .collect();
    let new =
        report.spreads.iter().filter(|(name, _)| !record.full.contains_key(*name));
    rows.extend(new.map(|(name, over)| Row {
        name: name.clone(),
        recorded: None,
        seen: Some(over.mean),
        tolerance: 0.0,
    }));
    rows
}

/// A comparison as a table for the terminal.
pub fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(4).max(4);
    let mut out = format!(
        "{:width$}  {:>14}  {:>14}  {:>10}  verdict\n",
        "name", "recorded", "seen", "tolerance"
    );
    for row in rows {
        let _ = writeln!(
            out,
            "{:width$}  {:>14}  {:>14}  {:>10}  {}",
            row.name,
            row.recorded.map_or("-".into(), short),
            row.seen.map_or("-".into(), short),
            if row.tolerance == 0.0 {
                "none".into()
            } else {
                format!("{:.1e}", row.tolerance)
            },
            row.verdict()
        );
    }
    out
}

/// A number for a column of the terminal.
fn short(x: f64) -> String {
    match x.abs() {
        size if x.fract() == 0.0 && size < 1e9 => format!("{x:.0}"),
        size if (1e-3..1e6).contains(&size) => format!("{x:.6}"),
        _ => format!("{x:.4e}"),
    }
}

/// FNV-1a over the text, with `\n` for every line end: a guard against retouching by
/// accident, not against a forger.
pub fn checksum(text: &str) -> String {
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.replace("\r\n", "\n").bytes() {
        sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{sum:016x}")
}

/// What a transcript may not hold: a time, or a path of one machine.
pub fn transcript_complaint(transcript: &str, root: &str) -> Option<String> {
    for (i, line) in transcript.lines().enumerate() {
        let at = |text: &str| Some(format!("line {} {text}: `{}`", i + 1, line.trim()));
        if line.contains(root) || line.contains("/home/") || line.contains("/tmp/") {
            return at("names a folder of this machine");
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        for (j, word) in words.iter().enumerate() {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            let unit = |w: &str| {
                matches!(
                    w,
                    "s" | "ms" | "us" | "ns" | "sec" | "secs" | "seconds" | "minutes"
                )
            };
            let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
            let glued = !digits.is_empty()
                && digits.parse::<f64>().is_ok()
                && unit(&word[digits.len()..]);
            let apart = word.parse::<f64>().is_ok()
                && words.get(j + 1).is_some_and(|next| {
                    unit(next.trim_matches(|c: char| !c.is_alphanumeric()))
                });
            if glued || apart {
                return at("states a time");
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(tolerance: f64, baseline: Option<f64>) -> Value {
        Value {
            value: 0.9,
            kind: Kind::Measured,
            tolerance,
            spread: Some(0.01),
            seeds: Some(5),
            baseline,
        }
    }

    #[test]
    fn formats() {
        let prose = |v, how| format(v, how, Place::Prose).unwrap();
        assert_eq!(prose(0.9754, "percent:1"), "97.5%");
        assert_eq!(prose(-0.25, "fixed:2"), "\u{2212}0.25");
        assert_eq!(prose(60000.0, "int"), "60,000");
        assert_eq!(prose(-1234567.0, "int"), "\u{2212}1,234,567");
        assert_eq!(prose(999.0, "int"), "999");
        assert_eq!(prose(1.25e-7, "sci:1"), "1.2\u{a0}×\u{a0}10<sup>\u{2212}7</sup>");
        let maths = |v, how| format(v, how, Place::Maths).unwrap();
        assert_eq!(maths(1.25e-7, "sci:1"), r"1.2 \times 10^{-7}");
        assert_eq!(maths(0.5, "percent:0"), r"50\%");
        assert_eq!(maths(1797.0, "int"), "1{,}797");
        let error = format(2.5, "int", Place::Prose).unwrap_err();
        assert_eq!(error, "2.5 is not a whole number: use fixed:D");
        for how in ["percent", "fixed", "int:2", "sci", "hex:2", "fixed:x", "fixed:99"]
        {
            let error = format(1.0, how, Place::Prose).unwrap_err();
            assert!(error.contains("is not percent:D"), "{error}");
        }
    }

    #[test]
    fn tolerances_are_bounded() {
        assert_eq!(complaint(&measured(0.03, None)), None);
        let error = complaint(&measured(0.031, None)).unwrap();
        assert!(error.contains("0.031 is too wide"), "{error}");
        assert_eq!(complaint(&measured(0.03, Some(0.86))), None);
        let error = complaint(&measured(0.03, Some(0.88))).unwrap();
        assert_eq!(error, "its tolerance 0.03 reaches the baseline 0.88");
        let bare = Value { spread: None, ..measured(0.01, None) };
        assert_eq!(
            complaint(&bare).unwrap(),
            "a measured value needs its spread and seeds"
        );
        let few = Value { seeds: Some(2), ..measured(0.01, None) };
        assert!(complaint(&few).unwrap().contains("at least 3 seeds"));
        let count = Value { kind: Kind::Count, ..measured(0.0, None) };
        assert!(complaint(&count).unwrap().contains("whole number"));
        let count = Value { value: 3.0, tolerance: 1.0, ..count };
        assert!(complaint(&count).unwrap().contains("no tolerance"));
        let exact = Value { kind: Kind::Exact, ..measured(1e-3, None) };
        assert!(complaint(&exact).unwrap().contains("one part in a million"));
        let nan = Value { value: f64::NAN, ..measured(0.0, None) };
        assert!(complaint(&nan).is_some());
    }

    #[test]
    fn recording_keeps_its_own_bounds() {
        for (spread, baseline) in [(0.01, None), (0.01, Some(0.88)), (0.5, Some(0.1))] {
            let tolerance = tolerance(0.9, Kind::Measured, spread, baseline);
            let v = Value { spread: Some(spread), ..measured(tolerance, baseline) };
            assert_eq!(complaint(&v), None);
        }
        let exact = tolerance(0.25, Kind::Exact, 0.0, None);
        let v = Value { value: 0.25, kind: Kind::Exact, ..measured(exact, None) };
        assert_eq!(complaint(&v), None);
    }

    #[test]
    fn a_record_survives_its_file() {
        let mut record = Record { lesson: "lesson05".into(), ..Record::default() };
        record.command = "cargo run --bin lesson05".into();
        record.plain.insert("a".into(), measured(0.03, Some(0.1)));
        let count = Value {
            value: 1797.0,
            kind: Kind::Count,
            tolerance: 0.0,
            spread: None,
            seeds: None,
            baseline: None,
        };
        record.plain.insert("b".into(), count);
        let small = Value { value: 1.5e-9, ..measured(1e-10, None) };
        record.plain.insert("c".into(), small);
        let each = vec![0.96, 0.97, 0.98];
        let three = Spread { mean: 0.97, spread: 0.01, seeds: 3, each };
        assert_eq!((three.lowest(), three.highest()), (Some(0.96), Some(0.98)));
        record.full.insert("a".into(), three.clone());
        record.full.insert("old".into(), Spread { each: vec![], ..three.clone() });
        record.files.insert("runs/x.txt".into(), checksum("x"));
        assert_eq!(Record::parse(&record.to_toml()).unwrap(), record);
        assert!(check_record("r", &record).is_empty());
        let retouched = Spread { each: vec![0.96, 0.97, 0.99], ..three };
        record.full.insert("a".into(), retouched);
        let problems = check_record("r", &record);
        assert!(problems[0].to_string().contains("not that of its seeds"));
    }

    #[test]
    fn drift_is_seen_in_both_directions() {
        let mut record = Record::default();
        record.plain.insert("steady".into(), measured(0.01, None));
        record.plain.insert("moved".into(), measured(0.01, None));
        record.plain.insert("gone".into(), measured(0.01, None));
        let report = r#"{"seed":1,"values":{"steady":0.905,"moved":0.92,"new":3}}"#;
        let rows = compare(&record, &Report::parse(report).unwrap());
        let verdict =
            |name: &str| rows.iter().find(|row| row.name == name).unwrap().verdict();
        assert_eq!(verdict("steady"), "ok");
        assert_eq!(verdict("moved"), "DRIFTED");
        assert_eq!(verdict("gone"), "no longer reported");
        assert_eq!(verdict("new"), "not recorded");
        assert!(table(&rows).contains("DRIFTED"));
    }

    #[test]
    fn nan_is_never_near() {
        let row = Row {
            name: "x".into(),
            recorded: Some(1.0),
            seen: Some(f64::NAN),
            tolerance: 1.0,
        };
        assert!(!row.holds());
    }

    #[test]
    fn transcripts_hold_no_times_and_no_paths() {
        let bad = |text| transcript_complaint(text, "/repo").is_some();
        assert!(bad("done in 1.5 s"));
        assert!(bad("epoch 3 (250ms)"));
        assert!(bad("took 12 seconds."));
        assert!(bad("saved /repo/target/x.svg"));
        assert!(!bad("epoch 3: loss 0.25\n5 samples\nsee target/lessons/lesson05"));
    }
}
