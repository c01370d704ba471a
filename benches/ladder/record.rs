//! Writes what was measured where the book reads it.

use std::error::Error;
use std::fmt::Write;
use std::process::Command;
use std::time::SystemTime;

use gradbook::kernels::machine;

/// The command that the record names.
const COMMAND: &str = "cargo bench --features peers --bench ladder -- \
                       --record book/src/runs/lesson19.bench.toml";

/// Refuses to measure what nobody could measure again.
pub fn check() -> Result<(), Box<dyn Error>> {
    if !cfg!(feature = "peers") {
        return Err(
            "a record holds the peers too: run it with `--features peers`".into()
        );
    }
    let changes = git(&["status", "--porcelain", "--untracked-files=no"])?;
    let others = |line: &&str| !line.ends_with(".bench.toml");
    match changes.lines().find(others) {
        Some(line) => Err(format!("commit your changes first: {line}").into()),
        None => Ok(()),
    }
}

/// Writes the record.
pub fn write(
    path: &str,
    cores: usize,
    values: &[(String, f64)],
) -> Result<(), Box<dyn Error>> {
    let commit = git(&["rev-parse", "--short=7", "HEAD"])?;
    let mut text = format!("# Written by `{COMMAND}`;\n# never by hand.");
    if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
        let load = load.split(' ').next().unwrap_or_default();
        write!(text, " Programs running at the end, this one counted: {load}.")?;
    }
    write!(
        text,
        "\nlesson = \"lesson19\"\nmachine = \"{}\"\ncores = {cores}\n\
         commit = \"{commit}\"\ndate = \"{}\"\ncommand = \"{COMMAND}\"\n\n[values]\n",
        machine::cpu(),
        today()?
    )?;
    for (name, value) in values {
        writeln!(text, "{name} = {value:.4}")?;
    }
    std::fs::write(path, text)?;
    println!("written: {path}");
    Ok(())
}

fn git(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new("git").args(arguments).output()?;
    if !output.status.success() {
        return Err(format!("git {}: failed", arguments.join(" ")).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

/// The day of today in UTC, as in 2026-11-22.
fn today() -> Result<String, Box<dyn Error>> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let mut day = since.as_secs() / 86_400;
    let leap =
        |y: u64| y.is_multiple_of(4) && !y.is_multiple_of(100) || y.is_multiple_of(400);
    let mut year = 1970;
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 0;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        month += 1;
        if day < length {
            break;
        }
        day -= length;
    }
    Ok(format!("{year}-{month:02}-{:02}", day + 1))
}
