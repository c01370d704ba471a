//! Lists, checks and fetches the data sets of the book.
//!
//! ```console
//! cargo run --bin datasets
//! cargo run --bin datasets -- verify
//! cargo run --features fetch --bin datasets -- fetch mnist
//! ```

#[cfg(feature = "fetch")]
mod fetch;
mod prose;
mod sets;

use lessons::shipped::Shipped;
use sets::{SETS, Set, State};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: datasets                  list the sets, and whether they are here
       datasets verify [NAME]    recompute the checksums of all sets, or of one
       datasets fetch NAME       fetch mnist or fashion-mnist
       datasets freeze-prose FILE
                                 write the book's prose of today to a new file
options for one set:
       --to DIR      its folder, instead of datasets/NAME
       --from URL    another server to fetch from
";

/// Why the program ends with an error: one line each.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}; see --help")]
    Usage(String),
    #[error("{0} of the files are missing or not right")]
    NotRight(usize),
    #[error("{}: {}", .0.display(), .1)]
    Disk(PathBuf, std::io::Error),
    #[cfg(feature = "fetch")]
    #[error(transparent)]
    Fetch(#[from] fetch::FetchError),
    #[cfg(not(feature = "fetch"))]
    #[error(
        "fetching is not built in; enable it: \
         cargo run --features fetch --bin datasets -- fetch {0}"
    )]
    NotBuiltIn(&'static str),
    #[error("cannot write: {0}")]
    Output(#[from] std::io::Error),
}

/// What the reader typed.
#[derive(Default)]
struct Arguments {
    words: Vec<String>,
    to: Option<PathBuf>,
    from: Option<String>,
    help: bool,
}

fn main() -> ExitCode {
    let out = &mut std::io::stdout();
    match parse(lexopt::Parser::from_env()).and_then(|arguments| run(&arguments, out)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has had enough, as `head` does.
        Err(Failure::Output(error))
            if error.kind() == std::io::ErrorKind::BrokenPipe =>
        {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("datasets: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut parser: lexopt::Parser) -> Result<Arguments, Failure> {
    use lexopt::{Arg, ValueExt};
    let usage = |error: lexopt::Error| Failure::Usage(error.to_string());
    let mut arguments = Arguments::default();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Value(word) => arguments.words.push(word.string().map_err(usage)?),
            Arg::Long("to") => {
                arguments.to = Some(parser.value().map_err(usage)?.into())
            }
            Arg::Long("from") => {
                let url = parser.value().and_then(|url| url.string()).map_err(usage)?;
                arguments.from = Some(url);
            }
            Arg::Long("help") | Arg::Short('h') => arguments.help = true,
            _ => return Err(usage(argument.unexpected())),
        }
    }
    Ok(arguments)
}

fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<(), Failure> {
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    if arguments.help {
        return Ok(out.write_all(USAGE.as_bytes())?);
    }
    match words[..] {
        [] | ["list"] => list(out),
        ["verify"] => verify_all(out),
        ["verify", name] => match verify(find(name)?, arguments, out)? {
            0 => Ok(()),
            wrong => Err(Failure::NotRight(wrong)),
        },
        ["fetch", name] => fetch(find(name)?, arguments, out),
        ["freeze-prose", file] => freeze_prose(file.as_ref(), out),
        ["fetch"] => Err(Failure::Usage("fetch what? mnist or fashion-mnist".into())),
        [word, ..] => Err(Failure::Usage(format!("cannot make sense of {word:?}"))),
    }
}

fn find(name: &str) -> Result<&'static Set, Failure> {
    let known = SETS.iter().find(|set| set.name == name);
    known.ok_or_else(|| {
        let names = "mnist and fashion-mnist";
        Failure::Usage(format!("no set is called {name:?}; there are {names}"))
    })
}

/// The folder of a set.
fn folder(set: &Set, arguments: &Arguments) -> PathBuf {
    arguments.to.clone().unwrap_or_else(|| sets::folder().join(set.name))
}

fn list(out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "Shipped with the book, in {}:", sets::folder().display())?;
    for file in sets::shipped() {
        let state = in_words(&shipped_state(&file)?);
        let (name, holds) = (file.name, file.holds);
        writeln!(out, "  {name:<14} {holds}; checksum: {state}")?;
    }
    writeln!(out, "\nFetched on demand:")?;
    for set in SETS {
        let folder = sets::folder().join(set.name);
        let here = set.files.iter().filter(|file| folder.join(file.name).exists());
        let (here, all) = (here.count(), set.files.len());
        writeln!(out, "  {:<14} {}", set.name, set.about)?;
        writeln!(out, "  {:<14} {here} of {all} files are here", "")?;
        writeln!(out, "  {:<14} from {}", "", set.base)?;
    }
    writeln!(out, "\ncargo run --features fetch --bin datasets -- fetch mnist")?;
    Ok(())
}

fn verify_all(out: &mut dyn Write) -> Result<(), Failure> {
    let mut wrong = 0;
    for file in sets::shipped() {
        let state = shipped_state(&file)?;
        writeln!(out, "{}: {}", file.name, in_words(&state))?;
        wrong += usize::from(state != State::Right);
    }
    for set in SETS {
        match sets::folder().join(set.name).is_dir() {
            true => wrong += verify(set, &Arguments::default(), out)?,
            false => writeln!(out, "{}: not fetched", set.name)?,
        }
    }
    if wrong > 0 { Err(Failure::NotRight(wrong)) } else { Ok(()) }
}

/// Recomputes the checksums of a set; returns how many files are not right.
fn verify(
    set: &Set,
    arguments: &Arguments,
    out: &mut dyn Write,
) -> Result<usize, Failure> {
    let mut wrong = 0;
    for file in set.files {
        let path = folder(set, arguments).join(file.name);
        let state = file.examine(&path);
        let state = state.map_err(|error| Failure::Disk(path, error))?;
        writeln!(out, "{}/{}: {}", set.name, file.name, in_words(&state))?;
        wrong += usize::from(state != State::Right);
    }
    Ok(wrong)
}

fn shipped_state(file: &Shipped) -> Result<State, Failure> {
    let path = || sets::folder().join(&file.name);
    sets::examine(file).map_err(|error| Failure::Disk(path(), error))
}

fn in_words(state: &State) -> String {
    match state {
        State::Right => "right".into(),
        State::Absent => "missing".into(),
        State::CutOff => "not right: it ends too early".into(),
        State::Wrong(why) => format!("not right: {why}"),
    }
}

/// Writes the chapters of today as plain text, but over nothing.
fn freeze_prose(path: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let book = sets::folder().with_file_name("book").join("src");
    let prose = prose::freeze(&book).map_err(|error| Failure::Disk(book, error))?;
    let failure = |error| Failure::Disk(path.into(), error);
    let mut file = std::fs::File::create_new(path).map_err(failure)?;
    file.write_all(prose.as_bytes()).map_err(failure)?;
    writeln!(out, "{}: {} characters", path.display(), prose.len())?;
    Ok(())
}

#[cfg(feature = "fetch")]
fn fetch(
    set: &'static Set,
    arguments: &Arguments,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let folder = folder(set, arguments);
    let base = arguments.from.as_deref().unwrap_or(set.base);
    writeln!(out, "{} from {base}", set.name)?;
    let mut written = Ok(());
    fetch::fetch(set, base, &folder, &mut |line| {
        let line = writeln!(out, "{line}").and_then(|()| out.flush());
        written = std::mem::replace(&mut written, Ok(())).and(line);
    })?;
    written?;
    let folder = folder.display();
    writeln!(out, "try it: cargo run --bin lesson05 -- --data {folder}")?;
    Ok(())
}

#[cfg(not(feature = "fetch"))]
fn fetch(set: &'static Set, _: &Arguments, _: &mut dyn Write) -> Result<(), Failure> {
    Err(Failure::NotBuiltIn(set.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> (Result<(), Failure>, String) {
        let mut out = Vec::new();
        let result = parse(lexopt::Parser::from_args(words))
            .and_then(|arguments| run(&arguments, &mut out));
        (result, String::from_utf8(out).unwrap())
    }

    fn error(words: &[&str]) -> String {
        typed(words).0.unwrap_err().to_string()
    }

    #[test]
    fn the_list_says_that_the_shipped_sets_are_right() {
        let (result, text) = typed(&[]);
        assert!(result.is_ok());
        let shipped: Vec<&str> =
            text.lines().filter(|line| line.contains("checksum: ")).collect();
        assert_eq!(shipped.len(), sets::shipped().len(), "{text}");
        assert!(shipped.len() >= 4, "{text}");
        assert!(shipped.iter().all(|line| line.ends_with("checksum: right")), "{text}");
        assert!(
            text.contains("  iris.csv       150 examples, 4 features, 3 classes; ")
        );
        assert!(text.contains("of 4 files are here"));
    }

    #[test]
    fn verify_reports_every_missing_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let (result, text) = typed(&["verify", "mnist", "--to", path]);
        assert_eq!(
            result.unwrap_err().to_string(),
            "4 of the files are missing or not right"
        );
        assert_eq!(text.matches("ubyte.gz: missing").count(), 4, "{text}");
        let labels = folder.path().join("t10k-labels-idx1-ubyte.gz");
        std::fs::write(labels, [7; 99]).unwrap();
        let (_, text) = typed(&["verify", "mnist", "--to", path]);
        assert!(text.contains("t10k-labels-idx1-ubyte.gz: not right: not sound gzip"));
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        assert_eq!(error(&["mnist"]), "cannot make sense of \"mnist\"; see --help");
        assert_eq!(error(&["fetch"]), "fetch what? mnist or fashion-mnist; see --help");
        assert_eq!(
            error(&["fetch", "cifar"]),
            "no set is called \"cifar\"; there are mnist and fashion-mnist; see --help"
        );
        assert_eq!(error(&["--speed"]), "invalid option '--speed'; see --help");
        assert!(typed(&["--help"]).1.starts_with("usage: datasets "));
    }

    #[cfg(not(feature = "fetch"))]
    #[test]
    fn without_the_feature_one_line_says_how_to_enable_it() {
        assert_eq!(
            error(&["fetch", "mnist"]),
            "fetching is not built in; enable it: \
             cargo run --features fetch --bin datasets -- fetch mnist"
        );
    }
}
