//! Makes the recorded runs that the chapters quote, and checks that they still hold.

use crate::truth::bench::{self, Bench};
use crate::truth::runs::{self, Kind, Record, Report, Row, Spread, Value};
use crate::truth::{Chapter, Workspace};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

/// The plain form runs with this many seeds, to know how far a value moves.
const SEEDS: u64 = 5;

/// Records a lesson: its plain form with several seeds and, unless `plain_only`, its
/// `--full` form. Nothing is written before every run has ended well.
pub fn record(root: &Path, lesson: u32, plain_only: bool) -> Result<()> {
    let workspace = Workspace::new(root);
    let old = Record::load(&workspace, lesson).unwrap_or_default();
    let program = Program::build(root, lesson)?;

    let plain = program.run(&[])?;
    let transcript = program.transcript(&plain)?;
    let figures = program.figures()?;
    let mut reports = vec![plain.report];
    for i in 1..SEEDS {
        let seed = (reports[0].seed + i).to_string();
        reports.push(program.run(&["--seed", &seed])?.report);
    }

    let mut record = Record {
        lesson: program.name.clone(),
        command: program.command(),
        recorded: today(),
        plain: values(&reports)?,
        full: old.full,
        full_recorded: old.full_recorded,
        files: BTreeMap::new(),
    };
    if !plain_only {
        record.full = spreads(&program.run(&["--full"])?.report)?;
        record.full_recorded = today();
    }
    let problems = runs::check_record(&runs::path(lesson), &record);
    if let Some(problem) = problems.first() {
        bail!("{problem}");
    }
    write(root, lesson, record, &transcript, &figures)
}

/// What is to be compared again.
pub struct Check {
    /// The lesson.
    pub lesson: u32,
    /// Its values, name by name.
    pub rows: Vec<Row>,
    /// Figures that its chapter shows and its program no longer draws.
    pub lost: Vec<String>,
    /// Where its benchmarks were measured: times are read, and not measured again.
    pub benches: Vec<String>,
    /// What is wrong with them.
    pub complaints: Vec<String>,
}

impl Check {
    /// Does everything still hold?
    pub fn holds(&self) -> bool {
        let sound = self.lost.is_empty() && self.complaints.is_empty();
        sound && self.rows.iter().all(Row::holds)
    }
}

/// Runs a lesson again and compares it with its record.
pub fn verify(root: &Path, lesson: u32, full: bool) -> Result<Check> {
    let workspace = Workspace::new(root);
    let record = Record::load(&workspace, lesson).map_err(anyhow::Error::msg)?;
    let program = Program::build(root, lesson)?;
    let rows = if full {
        runs::compare_full(&record, &program.run(&["--full"])?.report)
    } else {
        runs::compare(&record, &program.run(&[])?.report)
    };
    let drawn = program.figures()?;
    let chapter = workspace.chapter(&format!("lesson{lesson:02}.md"));
    let lost = match chapter {
        Ok(chapter) if !full => lost_figures(&chapter, &drawn),
        _ => Vec::new(),
    };
    let complaints = bench::check(&workspace, lesson);
    let complaints = complaints.iter().map(ToString::to_string).collect();
    let benches = bench::recorded(&workspace, lesson)
        .into_iter()
        .filter_map(|on| Bench::load(&workspace, lesson, on).ok())
        .map(|bench| bench.origin())
        .collect();
    Ok(Check { lesson, rows, lost, benches, complaints })
}

fn lost_figures(chapter: &Chapter, drawn: &BTreeMap<String, String>) -> Vec<String> {
    let stills = chapter.directives.iter().filter_map(|d| d.fields.get("still"));
    let named = chapter.directives.iter().filter_map(|d| match d.name.as_str() {
        "figure" | "frames" => d.words.first(),
        _ => None,
    });
    let all = named.chain(stills).map(|name| format!("{name}.svg"));
    all.filter(|name| !drawn.contains_key(name)).collect()
}

/// A lesson's program.
struct Program {
    root: PathBuf,
    name: String,
    reports: PathBuf,
}

/// What one run left behind.
struct Output {
    stdout: String,
    report: Report,
}

impl Program {
    fn build(root: &Path, lesson: u32) -> Result<Self> {
        let name = format!("lesson{lesson:02}");
        static PROGRAMS: AtomicU32 = AtomicU32::new(0);
        let id = (std::process::id(), PROGRAMS.fetch_add(1, Ordering::Relaxed));
        let folder = format!("gradbook-{name}-{}-{}", id.0, id.1);
        let reports = std::env::temp_dir().join(folder);
        fs::create_dir_all(&reports)?;
        let program = Program { root: root.to_path_buf(), name, reports };
        let build = program.cargo("build").status().context("cannot run cargo")?;
        ensure!(build.success(), "{} does not build", program.name);
        Ok(program)
    }

    fn cargo(&self, verb: &str) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(&self.root).args([verb, "--quiet", "--bin", &self.name]);
        command
    }

    /// What the reader types.
    fn command(&self) -> String {
        format!("cargo run --bin {}", self.name)
    }

    fn pictures(&self) -> PathBuf {
        self.root.join("target/lessons").join(&self.name)
    }

    fn run(&self, flags: &[&str]) -> Result<Output> {
        let what = format!("{} {}", self.name, flags.join(" "));
        eprintln!("running {}", what.trim());
        let _ = fs::remove_dir_all(self.pictures());
        let report = self.reports.join("report.json");
        let _ = fs::remove_file(&report);
        let mut command = self.cargo("run");
        command.arg("--").args(flags).arg("--report").arg(&report);
        let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        ensure!(
            output.status.success(),
            "{} ended with {}",
            what.trim(),
            output.status
        );
        let text = fs::read_to_string(&report)
            .with_context(|| format!("{} wrote no report", what.trim()))?;
        let report = Report::parse(&text).map_err(anyhow::Error::msg)?;
        let stdout = String::from_utf8(output.stdout).with_context(|| {
            format!("{} printed something that is not text", what.trim())
        })?;
        Ok(Output { stdout: stdout.replace("\r\n", "\n"), report })
    }

    fn transcript(&self, run: &Output) -> Result<String> {
        let root = self.root.display().to_string();
        if let Some(complaint) = runs::transcript_complaint(&run.stdout, &root) {
            bail!("{} cannot be a transcript: {complaint}", self.name);
        }
        Ok(format!("$ {}\n{}\n", self.command(), run.stdout.trim_end()))
    }

    /// The drawings that the last run left, by file name.
    fn figures(&self) -> Result<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        let Ok(entries) = fs::read_dir(self.pictures()) else { return Ok(found) };
        for entry in entries {
            let path = entry?.path();
            let name =
                path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".svg") {
                let text = fs::read_to_string(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                found.insert(name, text);
            }
        }
        Ok(found)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.reports);
    }
}

/// The values of the first report, with their spread over all of them.
fn values(reports: &[Report]) -> Result<BTreeMap<String, Value>> {
    let first = &reports[0];
    let mut values = BTreeMap::new();
    for name in first.values.keys() {
        let value = first.value(name);
        ensure!(value.is_finite(), "`{name}` is not a finite number");
        let baseline = first.baselines.get(name).copied();
        let over: Vec<f64> = reports.iter().map(|report| report.value(name)).collect();
        ensure!(
            over.iter().all(|v| v.is_finite()),
            "`{name}` is missing for some seeds"
        );
        let spread = deviation(&over);
        let kind = if first.is_count(name) {
            Kind::Count
        } else if spread <= 1e-12 * value.abs() {
            Kind::Exact
        } else {
            Kind::Measured
        };
        let measured = kind == Kind::Measured;
        let value = Value {
            value,
            kind,
            tolerance: runs::tolerance(value, kind, spread, baseline),
            spread: measured.then_some(spread),
            seeds: measured.then_some(over.len() as u32),
            baseline,
        };
        values.insert(name.clone(), value);
    }
    Ok(values)
}

fn spreads(report: &Report) -> Result<BTreeMap<String, Spread>> {
    let mut full = BTreeMap::new();
    for (name, over) in &report.spreads {
        ensure!(over.mean.is_finite(), "`{name}` is not a finite number");
        let (mean, spread, seeds) = (over.mean, over.spread, over.seeds);
        let spread = Spread { mean, spread, seeds, each: over.each.clone() };
        full.insert(name.clone(), spread);
    }
    Ok(full)
}

/// The sample standard deviation.
fn deviation(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt()
}

/// Writes figures, transcript and record: each first beside its place, then into it.
fn write(
    root: &Path,
    lesson: u32,
    mut record: Record,
    transcript: &str,
    figures: &BTreeMap<String, String>,
) -> Result<()> {
    let book = root.join("book/src");
    let name = format!("lesson{lesson:02}");
    let transcript_name = format!("runs/{name}.transcript.txt");
    record.files.insert(transcript_name.clone(), runs::checksum(transcript));
    for (figure, svg) in figures {
        let path = format!("figures/{name}/{figure}");
        record.files.insert(path, runs::checksum(svg));
    }
    fs::create_dir_all(book.join("runs"))?;
    fs::create_dir_all(book.join("figures"))?;

    let folder = book.join("figures").join(&name);
    let fresh = book.join("figures").join(format!(".{name}.new"));
    let _ = fs::remove_dir_all(&fresh);
    fs::create_dir_all(&fresh)?;
    for (figure, svg) in figures {
        fs::write(fresh.join(figure), svg)?;
    }
    let _ = fs::remove_dir_all(&folder);
    fs::rename(&fresh, &folder)?;
    replace(&book.join(transcript_name), transcript)?;
    replace(&root.join(runs::path(lesson)), &record.to_toml())?;
    println!(
        "{name}: {} values, {} of the full run, {} figures",
        record.plain.len(),
        record.full.len(),
        figures.len()
    );
    Ok(())
}

fn replace(path: &Path, text: &str) -> Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Today's date (UTC), as in 2026-11-22.
fn today() -> String {
    let now =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    date((now.as_secs() / 86_400) as i64)
}

/// The date a number of days after 1970-01-01, by the rules of the Gregorian calendar:
/// years are counted from March, so that the leap day is the last of its year.
fn date(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524
        - day_of_era / 146_096)
        / 365;
    let day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (days, text) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_779, "2026-11-22"),
        ] {
            assert_eq!(date(days), text);
        }
    }

    #[test]
    fn values_get_their_kind_from_the_runs() {
        let report = |acc: f64| {
            let text = format!(
                r#"{{"seed":1,"values":{{"acc":{acc},"closed":2.5,"n":3}},
                    "baselines":{{"acc":0.1}}}}"#
            );
            Report::parse(&text).unwrap()
        };
        let values = values(&[report(0.9), report(0.92), report(0.88)]).unwrap();
        assert_eq!(values["n"].kind, Kind::Count);
        assert_eq!(values["closed"].kind, Kind::Exact);
        let acc = &values["acc"];
        assert_eq!(
            (acc.kind, acc.seeds, acc.baseline),
            (Kind::Measured, Some(3), Some(0.1))
        );
        assert!((acc.tolerance - 0.06).abs() < 1e-12, "{}", acc.tolerance);
    }

    #[test]
    fn a_value_that_some_seeds_lack_is_refused() {
        let one = Report::parse(r#"{"values":{"a":0.5}}"#).unwrap();
        let other = Report::parse(r#"{"values":{}}"#).unwrap();
        let error = values(&[one, other]).unwrap_err().to_string();
        assert_eq!(error, "`a` is missing for some seeds");
    }
}
