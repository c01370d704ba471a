//! The flags of a lesson: declared once, parsed, checked, and explained by `--help`.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::{Value, json};

use crate::narration::wrap;
use crate::{Error, Lesson, Result};

/// A flag that a lesson takes. `--seed`, `--out`, `--report` and `--help` need no
/// declaration.
///
/// ```
/// use lessons::Flag;
///
/// const FLAGS: &[Flag] = &[
///     Flag::epochs(60),
///     Flag::batch(32),
///     Flag::lr(0.01),
///     Flag::count("hidden", 64, 1, 4096, "units in the hidden layer"),
///     Flag::number("momentum", 0.9, 0.0, 0.999, "share of the last step to keep"),
///     Flag::choice("optimizer", &["adam", "sgd"], "how weights are updated"),
///     Flag::full("five folds and five seeds, about two minutes"),
///     Flag::mine(),
/// ];
/// # assert_eq!(FLAGS.len(), 8);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    name: &'static str,
    help: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Seed,
    Count { default: usize, least: usize, most: usize },
    Number { default: f64, least: f64, most: f64 },
    Positive { default: f64 },
    Choice { options: &'static [&'static str] },
    Switch,
    Text { operand: &'static str, default: &'static str },
    Data,
    Out,
    Report,
}

impl Flag {
    /// `--epochs N`, at least 1.
    pub const fn epochs(default: usize) -> Flag {
        Flag::count("epochs", default, 1, 1_000_000, "passes over the training data")
    }

    /// `--batch N`, at least 1.
    pub const fn batch(default: usize) -> Flag {
        Flag::count("batch", default, 1, 10_000_000, "examples in one step")
    }

    /// `--lr X`, a finite number above 0.
    pub const fn lr(default: f64) -> Flag {
        Flag::positive("lr", default, "learning rate")
    }

    /// `--data DIR`, a folder that exists; the help says what it must hold.
    pub const fn data(help: &'static str) -> Flag {
        Flag { name: "data", help, kind: Kind::Data }
    }

    /// `--full`: the long form of the lesson; the help says what it adds and what it
    /// costs.
    pub const fn full(help: &'static str) -> Flag {
        Flag { name: "full", help, kind: Kind::Switch }
    }

    /// `--mine`: runs on the reader's own functions.
    pub const fn mine() -> Flag {
        Flag { name: "mine", help: "run on your own exercises", kind: Kind::Switch }
    }

    /// A whole number from `least` to `most`.
    pub const fn count(
        name: &'static str,
        default: usize,
        least: usize,
        most: usize,
        help: &'static str,
    ) -> Flag {
        Flag { name, help, kind: Kind::Count { default, least, most } }
    }

    /// A number from `least` to `most`.
    pub const fn number(
        name: &'static str,
        default: f64,
        least: f64,
        most: f64,
        help: &'static str,
    ) -> Flag {
        Flag { name, help, kind: Kind::Number { default, least, most } }
    }

    /// A finite number above 0.
    pub const fn positive(
        name: &'static str,
        default: f64,
        help: &'static str,
    ) -> Flag {
        Flag { name, help, kind: Kind::Positive { default } }
    }

    /// One of a few words; the first is the default.
    pub const fn choice(
        name: &'static str,
        options: &'static [&'static str],
        help: &'static str,
    ) -> Flag {
        Flag { name, help, kind: Kind::Choice { options } }
    }

    /// Off unless given.
    pub const fn switch(name: &'static str, help: &'static str) -> Flag {
        Flag { name, help, kind: Kind::Switch }
    }

    /// Any words: `Flag::text("prompt", "TEXT", "The ", "...")`. They are on record.
    pub const fn text(
        name: &'static str,
        operand: &'static str,
        default: &'static str,
        help: &'static str,
    ) -> Flag {
        Flag { name, help, kind: Kind::Text { operand, default } }
    }

    /// The name of a file to read. It is not on record: it differs between machines.
    pub const fn file(name: &'static str, help: &'static str) -> Flag {
        Flag::text(name, "FILE", "", help)
    }

    const SEED: Flag =
        Flag { name: "seed", help: "where everything random starts", kind: Kind::Seed };
    const OUT: Flag =
        Flag { name: "out", help: "where pictures and files go", kind: Kind::Out };
    const REPORT: Flag = Flag {
        name: "report",
        help: "write the named values as JSON",
        kind: Kind::Report,
    };

    /// What follows the flag: `N`, `X`, `DIR`.
    fn operand(&self) -> String {
        match self.kind {
            Kind::Seed | Kind::Count { .. } => " N".to_string(),
            Kind::Number { .. } | Kind::Positive { .. } => " X".to_string(),
            Kind::Choice { options } => format!(" {}", options.join("|")),
            Kind::Switch => String::new(),
            Kind::Text { operand, .. } => format!(" {operand}"),
            Kind::Data | Kind::Out => " DIR".to_string(),
            Kind::Report => " FILE".to_string(),
        }
    }

    fn default(&self, number: u32) -> Option<String> {
        match self.kind {
            Kind::Seed => Some(SEED.to_string()),
            Kind::Count { default, .. } => Some(default.to_string()),
            Kind::Number { default, .. } | Kind::Positive { default } => {
                Some(default.to_string())
            }
            Kind::Choice { options } => options.first().map(|first| first.to_string()),
            Kind::Text { default: "", .. } => None,
            Kind::Text { default, .. } => Some(format!("{default:?}")),
            Kind::Out => Some(format!("target/lessons/lesson{number:02}")),
            Kind::Switch | Kind::Data | Kind::Report => None,
        }
    }

    /// The value of a flag that was not given.
    fn unset(&self) -> Value {
        match self.kind {
            Kind::Seed => json!(SEED),
            Kind::Count { default, .. } => json!(default),
            Kind::Number { default, .. } | Kind::Positive { default } => json!(default),
            Kind::Choice { options } => json!(options.first()),
            Kind::Switch => json!(false),
            Kind::Text { default, .. } => json!(default),
            Kind::Data | Kind::Out | Kind::Report => Value::Null,
        }
    }

    /// Checks what was typed after the flag.
    fn read(&self, typed: &str) -> Result<Value> {
        let (flag, shown) = (self.name, typed.escape_debug());
        match self.kind {
            Kind::Seed => typed.parse::<u64>().map(|n| json!(n)).map_err(|_| {
                Error::usage(format!("--{flag} wants a whole number, not \"{shown}\""))
            }),
            Kind::Count { least, most, .. } => self.whole(typed, least, most),
            Kind::Number { least, most, .. } => {
                let range = format!("between {least} and {most}");
                self.decimal(typed, &range, |x| (least..=most).contains(&x))
            }
            Kind::Positive { .. } => {
                self.decimal(typed, "above 0", |x| x > 0.0 && x.is_finite())
            }
            Kind::Choice { options } if options.contains(&typed) => Ok(json!(typed)),
            Kind::Choice { options } => {
                let options = options.join(", ");
                let message = format!("--{flag} is one of {options}; not \"{shown}\"");
                Err(Error::usage(message))
            }
            Kind::Switch => Ok(json!(true)),
            Kind::Text { .. } | Kind::Data | Kind::Out | Kind::Report => {
                Ok(json!(typed))
            }
        }
    }

    fn whole(&self, typed: &str, least: usize, most: usize) -> Result<Value> {
        let flag = self.name;
        match typed.parse::<i128>() {
            Ok(n) if n < least as i128 => {
                Err(Error::usage(format!("--{flag} must be at least {least}, not {n}")))
            }
            Ok(n) if n > most as i128 => {
                Err(Error::usage(format!("--{flag} must be at most {most}, not {n}")))
            }
            Ok(n) => Ok(json!(n as usize)),
            Err(_) => {
                let shown = typed.escape_debug();
                let message = format!("--{flag} wants a whole number, not \"{shown}\"");
                Err(Error::usage(message))
            }
        }
    }

    fn decimal(
        &self,
        typed: &str,
        range: &str,
        good: impl Fn(f64) -> bool,
    ) -> Result<Value> {
        let flag = self.name;
        match typed.parse::<f64>() {
            Ok(x) if good(x) => Ok(json!(x)),
            Ok(x) => {
                Err(Error::usage(format!("--{flag} must be a number {range}, not {x}")))
            }
            Err(_) => {
                let shown = typed.escape_debug();
                Err(Error::usage(format!("--{flag} wants a number, not \"{shown}\"")))
            }
        }
    }
}

/// The seed of a run that names none.
const SEED: u64 = 7;

/// What was typed, checked, with the defaults filled in.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// Where everything random starts (`--seed`).
    pub seed: u64,
    /// The long form was asked for (`--full`).
    pub full: bool,
    /// The reader's own exercises are to be used (`--mine`).
    pub mine: bool,
    data: Option<PathBuf>,
    out: Option<PathBuf>,
    report: Option<PathBuf>,
    settings: Rc<RefCell<Vec<Setting>>>,
}

#[derive(Clone, Debug)]
struct Setting {
    flag: Flag,
    value: Value,
    typed: bool,
}

impl Arguments {
    /// Passes over the data. `default` is for runs that name none, and equals what
    /// the lesson's [`Flag::epochs`] says, unless `--full` or `--data` has its own.
    pub fn epochs(&self, default: usize) -> usize {
        self.setting("epochs", json!(default)).as_u64().unwrap_or_default() as usize
    }

    /// Examples in one step; see [`Arguments::epochs`] about the default.
    pub fn batch(&self, default: usize) -> usize {
        self.setting("batch", json!(default)).as_u64().unwrap_or_default() as usize
    }

    /// The learning rate; see [`Arguments::epochs`] about the default.
    pub fn lr(&self, default: f64) -> f64 {
        self.setting("lr", json!(default)).as_f64().unwrap_or_default()
    }

    /// The folder given by `--data`; it exists.
    pub fn data(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// The value of the lesson's own [`Flag::count`].
    pub fn count(&self, name: &str) -> usize {
        self.own(name).as_u64().unwrap_or_default() as usize
    }

    /// The value of the lesson's own [`Flag::number`] or [`Flag::positive`].
    pub fn number(&self, name: &str) -> f64 {
        self.own(name).as_f64().unwrap_or_default()
    }

    /// The words after a text flag, empty where none were typed and none are usual.
    pub fn text(&self, name: &str) -> String {
        self.own(name).as_str().unwrap_or_default().to_string()
    }

    /// The file that was named.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        Some(self.text(name)).filter(|file| !file.is_empty()).map(PathBuf::from)
    }

    /// The word chosen for the lesson's own [`Flag::choice`].
    pub fn choice(&self, name: &str) -> String {
        self.own(name).as_str().unwrap_or_default().to_string()
    }

    /// As [`Arguments::choice`], where `--full` or `--data` has a default of its own.
    pub fn choice_or(&self, name: &str, default: &str) -> String {
        self.setting(name, json!(default)).as_str().unwrap_or_default().to_string()
    }

    /// Whether the lesson's own [`Flag::switch`] was given.
    pub fn switch(&self, name: &str) -> bool {
        self.own(name).as_bool().unwrap_or_default()
    }

    /// Whether a flag was typed, so that a default may depend on other things.
    pub fn typed(&self, name: &str) -> bool {
        self.settings.borrow().iter().any(|s| s.flag.name == name && s.typed)
    }

    pub(crate) fn out(&self) -> Option<&Path> {
        self.out.as_deref()
    }

    pub(crate) fn report(&self) -> Option<&Path> {
        self.report.as_deref()
    }

    /// What the run went by, for its report: no paths, which differ between machines.
    pub(crate) fn to_json(&self) -> Value {
        let settings = self.settings.borrow();
        let pairs = settings
            .iter()
            .filter(|s| !matches!(s.flag.kind, Kind::Out | Kind::Report | Kind::Seed))
            .filter(|s| !matches!(s.flag.kind, Kind::Text { operand: "FILE", .. }))
            .map(|s| (s.flag.name.to_string(), s.value.clone()));
        Value::Object(pairs.collect())
    }

    fn own(&self, name: &str) -> Value {
        let settings = self.settings.borrow();
        let found = settings.iter().find(|setting| setting.flag.name == name);
        found.unwrap_or_else(|| panic!("the lesson declares no --{name}")).value.clone()
    }

    /// The typed value, or the default given here, which is then on record.
    fn setting(&self, name: &str, default: Value) -> Value {
        let mut settings = self.settings.borrow_mut();
        let found = settings.iter_mut().find(|setting| setting.flag.name == name);
        let Some(setting) = found else { return default };
        if !setting.typed {
            let declared = setting.flag.unset();
            assert!(
                self.full || self.data.is_some() || declared == default,
                "--help says that --{name} is {declared}, the lesson uses {default}"
            );
            setting.value = default;
        }
        setting.value.clone()
    }
}

/// What a command line asks for.
#[derive(Debug)]
pub(crate) enum Request {
    Help(String),
    Run(Arguments),
}

/// All flags of a lesson in the order of its help.
fn all(lesson: &Lesson) -> Vec<Flag> {
    let (last, first): (Vec<Flag>, Vec<Flag>) = lesson
        .flags
        .iter()
        .partition(|flag| matches!(flag.name, "data" | "full" | "mine"));
    let mut flags = vec![Flag::SEED];
    flags.extend(first);
    flags.extend([Flag::OUT, Flag::REPORT]);
    flags.extend(last);
    flags
}

/// Reads a command line, without the program's name.
pub(crate) fn parse(
    lesson: &Lesson,
    words: impl IntoIterator<Item = OsString>,
) -> Result<Request> {
    let flags = all(lesson);
    let unset =
        |flag: &Flag| Setting { flag: *flag, value: flag.unset(), typed: false };
    let mut settings: Vec<Setting> = flags.iter().map(unset).collect();
    let mut paths: [Option<PathBuf>; 3] = Default::default();
    let mut parser = lexopt::Parser::from_args(words);
    while let Some(word) = parser.next().map_err(stray_value)? {
        let name = match word {
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => {
                return Ok(Request::Help(help(lesson, &flags)));
            }
            lexopt::Arg::Long(name) => name.to_string(),
            lexopt::Arg::Short(letter) => {
                return Err(unknown(&format!("-{letter}"), &flags));
            }
            lexopt::Arg::Value(value) => {
                return Err(stray_word(&value.to_string_lossy()));
            }
        };
        let known = settings.iter_mut().find(|setting| setting.flag.name == name);
        let Some(setting) = known else {
            return Err(unknown(&format!("--{name}"), &flags));
        };
        let typed = match setting.flag.kind {
            Kind::Switch => OsString::new(),
            _ => operand(&mut parser, &setting.flag)?,
        };
        match setting.flag.kind {
            Kind::Data => paths[0] = Some(typed.clone().into()),
            Kind::Out => paths[1] = Some(typed.clone().into()),
            Kind::Report => paths[2] = Some(typed.clone().into()),
            _ => {}
        }
        setting.value = setting.flag.read(&typed.to_string_lossy())?;
        setting.typed = true;
    }
    let [data, out, report] = paths;
    check_paths(data.as_deref(), out.as_deref(), report.as_deref())?;
    let get =
        |name: &str| settings.iter().find(|s| s.flag.name == name).map(|s| &s.value);
    let on = |name: &str| get(name).and_then(Value::as_bool).unwrap_or_default();
    let seed = get("seed").and_then(Value::as_u64).unwrap_or(SEED);
    let (full, mine) = (on("full"), on("mine"));
    let settings = Rc::new(RefCell::new(settings));
    Ok(Request::Run(Arguments { seed, full, mine, data, out, report, settings }))
}

/// The word after a flag.
fn operand(parser: &mut lexopt::Parser, flag: &Flag) -> Result<OsString> {
    let name = flag.name;
    let missing =
        || Error::usage(format!("--{name} needs a value: --{name}{}", flag.operand()));
    let value = parser.value().map_err(|_| missing())?;
    let shown = value.to_string_lossy();
    if shown.is_empty() || shown.starts_with("--") {
        return Err(missing());
    }
    Ok(value)
}

fn stray_word(word: &str) -> Error {
    let word = word.escape_debug();
    Error::usage(format!("\"{word}\" is not a flag; flags start with -- (see --help)"))
}

/// What lexopt says when a switch is given a value (`--full=yes`).
fn stray_value(error: lexopt::Error) -> Error {
    match error {
        lexopt::Error::UnexpectedValue { option, .. } => {
            Error::usage(format!("{option} takes no value"))
        }
        other => Error::usage(other),
    }
}

fn unknown(typed: &str, flags: &[Flag]) -> Error {
    let letters = typed.trim_start_matches('-');
    let near = flags
        .iter()
        .map(|flag| flag.name)
        .chain(["help"])
        .map(|name| (distance(letters, name), name))
        .min()
        .filter(|(distance, name)| *distance <= 2 && *distance < name.len());
    let hint = match near {
        Some((_, name)) => format!("did you mean --{name}?"),
        None => "see --help for those it takes".to_string(),
    };
    Error::usage(format!("unknown flag {}: {hint}", typed.escape_debug()))
}

/// How many letters must be changed, added or left out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = change.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Folders that must be there before a run starts, so that nothing is lost after it.
fn check_paths(
    data: Option<&Path>,
    out: Option<&Path>,
    report: Option<&Path>,
) -> Result {
    if let Some(data) = data.filter(|data| !data.is_dir()) {
        let what = if data.exists() { "is not a folder" } else { "is not there" };
        return Err(Error::usage(format!(
            "--data: {} {what}; give a folder that exists",
            data.display()
        )));
    }
    if let Some(out) = out {
        if out.exists() && !out.is_dir() {
            let message = format!("--out: {} is a file, not a folder", out.display());
            return Err(Error::usage(message));
        }
        parent_exists("out", out)?;
    }
    if let Some(report) = report {
        if report.is_dir() {
            let message =
                format!("--report: {} is a folder, not a file", report.display());
            return Err(Error::usage(message));
        }
        parent_exists("report", report)?;
    }
    Ok(())
}

fn parent_exists(flag: &str, path: &Path) -> Result {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    match parent {
        Some(parent) if !parent.is_dir() => Err(Error::usage(format!(
            "--{flag}: the folder {} is not there; make it first",
            parent.display()
        ))),
        _ => Ok(()),
    }
}

/// The text of `--help`.
fn help(lesson: &Lesson, flags: &[Flag]) -> String {
    let name = lesson.name();
    let mut text = format!("Lesson {}: {}\n", lesson.number, lesson.title);
    text +=
        &format!("{}\n\nUsage: cargo run --bin {name} -- [flags]\n\n", lesson.question);
    let mut rows: Vec<(String, String)> = flags
        .iter()
        .map(|flag| {
            let default = flag.default(lesson.number);
            let default = default.map(|value| format!(" (default {value})"));
            let left = format!("--{}{}", flag.name, flag.operand());
            (left, format!("{}{}", flag.help, default.unwrap_or_default()))
        })
        .collect();
    rows.push(("--help".to_string(), "show this".to_string()));
    let left = rows.iter().map(|(flag, _)| flag.len()).max().unwrap_or(0).min(30);
    for (flag, what) in rows {
        let indent = left + 4;
        let lines = wrap(&what, 88 - indent);
        let (first, rest) = lines.split_first().map_or(("", &[][..]), |(f, r)| (f, r));
        text += &format!("  {flag:<left$}  {first}\n");
        for line in rest {
            text += &format!("{:indent$}{line}\n", "");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSON: Lesson = Lesson {
        number: 5,
        title: "Training",
        question: "From a pile of digits to a classifier you can trust.",
        flags: &[
            Flag::epochs(60),
            Flag::batch(32),
            Flag::lr(0.01),
            Flag::data("a folder with MNIST files"),
            Flag::full("five seeds, a minute"),
            Flag::mine(),
            Flag::count("hidden", 64, 1, 512, "units in the hidden layer"),
            Flag::number("momentum", 0.9, 0.0, 1.0, "share of the last step to keep"),
            Flag::choice("optimizer", &["adam", "sgd"], "how weights are updated"),
            Flag::switch("no-scaling", "leave the inputs as they are"),
        ],
    };

    fn read(line: &str) -> Result<Request> {
        parse(&LESSON, line.split_whitespace().map(OsString::from))
    }

    fn arguments(line: &str) -> Arguments {
        match read(line) {
            Ok(Request::Run(arguments)) => arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_typed_wins_over_defaults() {
        let args = arguments("");
        assert_eq!((args.seed, args.full, args.mine), (7, false, false));
        assert_eq!((args.epochs(60), args.batch(32), args.lr(0.01)), (60, 32, 0.01));
        assert_eq!((args.count("hidden"), args.number("momentum")), (64, 0.9));
        assert_eq!((args.choice("optimizer").as_str(), args.data()), ("adam", None));
        let args = arguments(
            "--seed 3 --epochs=2 --batch 5 --lr 1e-3 --hidden 7 --momentum 0.5 \
             --optimizer sgd --no-scaling --full --mine --data .",
        );
        assert_eq!((args.seed, args.full, args.mine), (3, true, true));
        assert_eq!((args.epochs(60), args.batch(32), args.lr(0.01)), (2, 5, 1e-3));
        assert_eq!((args.count("hidden"), args.number("momentum")), (7, 0.5));
        assert_eq!(args.choice("optimizer"), "sgd");
        assert!(args.switch("no-scaling") && args.typed("lr") && args.data().is_some());
    }

    #[test]
    fn the_report_holds_what_the_run_went_by() {
        let args = arguments("--full --batch 8");
        assert_eq!(args.epochs(100), 100);
        let json = args.to_json();
        assert_eq!((&json["epochs"], &json["batch"]), (&json!(100), &json!(8)));
        assert_eq!((&json["full"], &json["optimizer"]), (&json!(true), &json!("adam")));
        assert!(json.get("out").is_none());
    }

    #[test]
    #[should_panic(expected = "--help says that --epochs is 60, the lesson uses 50")]
    fn a_default_that_differs_from_the_help_is_a_bug() {
        arguments("").epochs(50);
    }

    #[test]
    fn what_cannot_be_run_is_refused_in_one_line() {
        let cases = [
            ("--fool", "unknown flag --fool: did you mean --full?"),
            ("--xyzzy", "unknown flag --xyzzy: see --help"),
            ("-x", "unknown flag -x"),
            ("five", "\"five\" is not a flag"),
            ("--epochs", "--epochs needs a value: --epochs N"),
            ("--epochs --full", "--epochs needs a value"),
            ("--epochs ten", "--epochs wants a whole number, not \"ten\""),
            ("--epochs 0", "--epochs must be at least 1, not 0"),
            ("--epochs 2.5", "--epochs wants a whole number, not \"2.5\""),
            ("--epochs 99999999999999999999", "--epochs must be at most"),
            ("--batch 0", "--batch must be at least 1, not 0"),
            ("--batch -3", "--batch must be at least 1, not -3"),
            ("--hidden 513", "--hidden must be at most 512, not 513"),
            ("--lr NaN", "--lr must be a number above 0, not NaN"),
            ("--lr 0", "--lr must be a number above 0, not 0"),
            ("--lr -1", "--lr must be a number above 0, not -1"),
            ("--lr inf", "--lr must be a number above 0, not inf"),
            ("--lr fast", "--lr wants a number, not \"fast\""),
            ("--momentum 2", "--momentum must be a number between 0 and 1, not 2"),
            ("--momentum NaN", "--momentum must be a number between 0 and 1, not NaN"),
            ("--optimizer magic", "--optimizer is one of adam, sgd; not \"magic\""),
            ("--seed -1", "--seed wants a whole number, not \"-1\""),
            ("--full=yes", "--full takes no value"),
            ("--data no/such", "--data: no/such is not there"),
            ("--data Cargo.toml", "--data: Cargo.toml is not a folder"),
            ("--report no/such/r.json", "--report: the folder no/such is not there"),
            ("--report shared", "--report: shared is a folder"),
            ("--out no/such/dir", "--out: the folder no/such is not there"),
            ("--out Cargo.toml", "--out: Cargo.toml is a file"),
        ];
        for (line, words) in cases {
            let error = read(line).expect_err(line);
            let message = error.to_string();
            assert!(message.contains(words), "{line}: {message}");
            assert!(!message.contains('\n') && error.exit_code() == 2, "{line}");
        }
    }

    #[test]
    fn help_names_every_flag_and_fits_the_page() {
        let Ok(Request::Help(text)) = read("--epochs 3 --help") else { panic!("help") };
        for flag in all(&LESSON) {
            assert!(text.contains(&format!("--{}", flag.name)), "{text}");
        }
        let words =
            ["(default 60)", "cargo run --bin lesson05", "adam|sgd", "--report FILE"];
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 88), "{text}");
    }
}
