//! What a reader may type by mistake, and what the lessons make of it: one clear line
//! on standard error, an exit code that is not 0, and nothing lost.
//!
//! A new lesson is added to [`LESSONS`], and what only it can be given to [`CASES`].

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The programs, by name.
const LESSONS: &[(&str, &str)] = &[
    ("lesson01", env!("CARGO_BIN_EXE_lesson01")),
    ("lesson02", env!("CARGO_BIN_EXE_lesson02")),
    ("lesson03", env!("CARGO_BIN_EXE_lesson03")),
    ("lesson04", env!("CARGO_BIN_EXE_lesson04")),
    ("lesson05", env!("CARGO_BIN_EXE_lesson05")),
    ("lesson06", env!("CARGO_BIN_EXE_lesson06")),
    ("lesson07", env!("CARGO_BIN_EXE_lesson07")),
    ("lesson08", env!("CARGO_BIN_EXE_lesson08")),
    ("lesson09", env!("CARGO_BIN_EXE_lesson09")),
    ("lesson10", env!("CARGO_BIN_EXE_lesson10")),
    ("lesson19", env!("CARGO_BIN_EXE_lesson19")),
];

/// What every lesson refuses: arguments, and words that its answer must hold.
const REFUSED_BY_ALL: &[(&str, &str)] = &[
    ("--sead 3", "unknown flag --sead: did you mean --seed?"),
    ("--xyzzy", "unknown flag --xyzzy: see --help"),
    ("-q", "unknown flag -q"),
    ("seven", "\"seven\" is not a flag"),
    ("--seed", "--seed needs a value: --seed N"),
    ("--seed --out x", "--seed needs a value"),
    ("--seed -1", "--seed wants a whole number, not \"-1\""),
    ("--seed 1e3", "--seed wants a whole number"),
    ("--epochs 0", "--epochs must be at least 1, not 0"),
    ("--epochs ten", "--epochs wants a whole number, not \"ten\""),
    ("--full=yes", "--full takes no value"),
    ("--report no/such/report.json", "--report: the folder no/such is not there"),
    ("--report shared", "--report: shared is a folder"),
    ("--out no/such/folder", "--out: the folder no/such is not there"),
    ("--out Cargo.toml", "--out: Cargo.toml is a file"),
];

/// What one lesson refuses: its name, arguments, words, exit code.
const CASES: &[(&str, &str, &str, i32)] = &[
    ("lesson01", "--lr 0.1", "unknown flag --lr", 2),
    ("lesson01", "--batch 4", "unknown flag --batch", 2),
    ("lesson02", "--batch 0", "--batch must be at least 1, not 0", 2),
    ("lesson02", "--lr NaN", "--lr must be a number above 0, not NaN", 2),
    ("lesson02", "--lr 0", "--lr must be a number above 0, not 0", 2),
    ("lesson02", "--lr", "--lr needs a value: --lr X", 2),
    ("lesson03", "--tries 1", "--tries must be at least 10, not 1", 2),
    ("lesson04", "--suspect 9", "--suspect must be at most 3, not 9", 2),
    ("lesson04", "--lr -0.1", "--lr must be a number above 0, not -0.1", 2),
    ("lesson04", "--examples many", "--examples wants a whole number", 2),
    ("lesson05", "--batch -1", "--batch must be at least 1, not -1", 2),
    ("lesson05", "--lr inf", "--lr must be a number above 0, not inf", 2),
    ("lesson05", "--hidden 0", "--hidden must be at least 1, not 0", 2),
    ("lesson05", "--optimizer best", "--optimizer is one of adam, sgd; not", 2),
    ("lesson05", "--data", "--data needs a value: --data DIR", 2),
    ("lesson05", "--data no/such", "--data: no/such is not there", 2),
    ("lesson05", "--data Cargo.toml", "--data: Cargo.toml is not a folder", 2),
    ("lesson06", "--hidden 1e9", "--hidden wants a whole number, not \"1e9\"", 2),
    ("lesson06", "--batch 0", "--batch must be at least 1, not 0", 2),
    ("lesson06", "--lr -1", "--lr must be a number above 0, not -1", 2),
    ("lesson06", "--data", "--data needs a value: --data DIR", 2),
    ("lesson06", "--data no/such", "--data: no/such is not there", 2),
    ("lesson06", "--optimizer sgd", "unknown flag --optimizer", 2),
    ("lesson07", "--clip 0", "--clip must be a number above 0, not 0", 2),
    ("lesson07", "--temperature -1", "--temperature must be a number between 0", 2),
    ("lesson07", "--corpus", "--corpus needs a value: --corpus FILE", 2),
    ("lesson07", "--corpus no/such.txt", "no/such.txt: cannot be read", 1),
    ("lesson07", "--corpus shared", "shared: cannot be read: not a file", 1),
    ("lesson08", "--steps 1", "--steps must be at least 2, not 1", 2),
    ("lesson08", "--updates 10", "--updates must be at least 50, not 10", 2),
    ("lesson08", "--clip 0", "--clip must be a number above 0, not 0", 2),
    ("lesson08", "--hidden 0", "--hidden must be at least 1, not 0", 2),
    ("lesson09", "--hidden 0", "--hidden must be at least 1, not 0", 2),
    ("lesson09", "--batch 0", "--batch must be at least 1, not 0", 2),
    ("lesson09", "--data x", "unknown flag --data", 2),
    ("lesson10", "--trials 0", "--trials must be at least 1, not 0", 2),
    ("lesson10", "--seeds 2", "--seeds must be at least 3, not 2", 2),
    ("lesson10", "--lr 0.1", "unknown flag --lr", 2),
    ("lesson19", "--steps 0", "--steps must be at least 1, not 0", 2),
    ("lesson19", "--ptx", "--ptx needs a value: --ptx FILE", 2),
    ("lesson19", "--ptx no/such.ptx", "no/such.ptx: cannot be read", 1),
    ("lesson19", "--ptx shared", "shared: cannot be read: not a file", 1),
    ("lesson19", "--ptx Cargo.toml", "Cargo.toml: PTX line 1: ", 1),
    ("lesson19", "--ptx ../book/live/gradbook_live.wasm", "not text, as PTX is", 1),
    ("lesson19", "--sizes 1,2,3", "--sizes goes with --ptx FILE", 2),
    ("lesson19", "--kernel matmul_naive", "--kernel goes with --ptx FILE", 2),
    ("lesson19", "--grid 1 --block 2", "--grid goes with --ptx FILE", 2),
    ("lesson19", "--time --ptx lesson19/product.ptx", "are two runs", 2),
    ("lesson19", "--ptx lesson19/product.ptx --kernel p", "it has product", 2),
    ("lesson19", "--ptx lesson19/product.ptx --sizes 0,1,1", "at least 1, not", 2),
    ("lesson19", "--ptx lesson19/product.ptx --sizes 2,2", "three sizes M,K,N", 2),
    ("lesson19", "--ptx lesson19/product.ptx --sizes a,b,c", "whole numbers", 2),
    ("lesson19", "--ptx lesson19/product.ptx --sizes 9999,9999,9999", "too many", 2),
    ("lesson19", "--ptx lesson19/product.ptx --block 64,64", "4096 threads", 1),
    ("lesson19", "--ptx lesson19/product.ptx --block 0", "is empty", 1),
    ("lesson19", "--ptx lesson19/product.ptx --grid 1,2,3,4", "X or X,Y", 2),
    ("lesson19", "--ptx lesson19/product.ptx --grid 1", "never written", 1),
    ("lesson19", "--ptx ../tests/gpu/faults.ptx", "does not take (a, b, c", 1),
];

fn program(lesson: &str) -> &'static str {
    let found = LESSONS.iter().find(|(name, _)| *name == lesson);
    found.unwrap_or_else(|| panic!("{lesson} is not among LESSONS")).1
}

fn run(lesson: &str, arguments: &[&str]) -> Output {
    Command::new(program(lesson))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{lesson} does not start: {error}"))
}

/// The run ended with this code and one line that holds these words.
fn refused(lesson: &str, arguments: &[&str], words: &str, code: i32) {
    let output = run(lesson, arguments);
    let error = String::from_utf8_lossy(&output.stderr).replace('\\', "/");
    let what = format!("{lesson} {}: {error}", arguments.join(" "));
    assert_eq!(output.status.code(), Some(code), "{what}");
    assert!(error.starts_with(&format!("{lesson}: ")), "{what}");
    assert!(error.contains(words), "{what} does not say {words:?}");
    assert_eq!(error.lines().count(), 1, "{what}");
    assert!(!error.contains("panicked"), "{what}");
}

fn split(arguments: &str) -> Vec<&str> {
    arguments.split_whitespace().collect()
}

/// The names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder to list");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().to_string())
        .collect();
    names.sort();
    names
}

#[test]
fn every_lesson_refuses_what_it_cannot_run() {
    for (lesson, _) in LESSONS {
        for (arguments, words) in REFUSED_BY_ALL {
            refused(lesson, &split(arguments), words, 2);
        }
    }
}

#[test]
fn each_lesson_refuses_what_only_it_cannot_run() {
    for (lesson, arguments, words, code) in CASES {
        refused(lesson, &split(arguments), words, *code);
    }
}

/// The product by hand that lesson 19 shows.
#[test]
fn a_product_in_ptx_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_string_lossy().to_string();
    let words = ["--ptx", "lesson19/product.ptx", "--sizes", "7,5,33", "--out", &out];
    let output = run("lesson19", &words);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("No fault. The product is right; every bit is"), "{said}");
    let loads = said.lines().find(|line| line.contains("global loads"));
    let loads = loads.and_then(|line| line.split_whitespace().last());
    assert_eq!(loads, Some((2 * 7 * 5 * 33).to_string().as_str()), "{said}");
}

#[test]
fn a_folder_without_the_files_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_string_lossy().to_string();
    let arguments = ["--data", &path, "--out", &path];
    refused("lesson05", &arguments, "no file t10k-images-idx3-ubyte", 1);
}

#[test]
fn every_lesson_explains_itself() {
    for (lesson, _) in LESSONS {
        let output = run(lesson, &["--help"]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{lesson}: {text}"
        );
        for flag in ["--seed", "--out", "--report", "--help", "default 7"] {
            assert!(text.contains(flag), "{lesson} --help: no {flag} in {text}");
        }
        assert!(text.contains(&format!("--bin {lesson}")), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 88), "{text}");
    }
}

#[test]
fn arguments_that_are_not_text_are_refused() {
    #[cfg(unix)]
    {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let output = Command::new(program("lesson01"))
            .arg("--seed")
            .arg(OsStr::from_bytes(b"\xff\xfe"))
            .output()
            .expect("a run");
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_cannot_be_made_is_named() {
    refused("lesson01", &["--out", "/proc/nowhere"], "cannot write to", 1);
    refused("lesson01", &["--report", "/proc/report.json"], "/proc/report.json", 1);
}

#[test]
fn runs_at_once_into_one_folder_are_in_nobodys_way() {
    let folder = tempfile::tempdir().expect("a folder");
    for _ in 0..5 {
        let runs = [(); 6].map(|()| {
            Command::new(program("lesson01"))
                .args([Path::new("--out"), folder.path()])
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("a run")
        });
        for run in runs {
            let output = run.wait_with_output().expect("an end");
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && error.is_empty(), "{error}");
        }
    }
    let mut names = fs::read_dir(folder.path()).expect("the folder");
    assert!(names.all(|entry| {
        let name = entry.expect("an entry").file_name();
        !name.to_string_lossy().starts_with('.')
    }));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_behind_standard_output_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let output = Command::new(program("lesson01"))
        .arg("--out")
        .arg(folder.path())
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .expect("a run");
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.starts_with("lesson01: cannot write to standard output"), "{error}");
}

#[test]
fn a_closed_pipe_stops_the_words_and_not_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report.json");
    let mut child = Command::new(program("lesson01"))
        .args([Path::new("--out"), folder.path(), Path::new("--report"), &report])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{error}");
    let text = fs::read_to_string(&report).expect("a report");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&json["lesson"], &json["seed"]), (&"lesson01".into(), &7.into()));
    assert!(json["values"].as_object().is_some_and(|values| !values.is_empty()));
    assert_eq!(json["arguments"]["full"], false);
    assert!(folder.path().join("index.html").is_file());
}

#[test]
fn a_run_leaves_only_what_it_says_and_says_the_same_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let runs: Vec<(PathBuf, Output)> = ["a", "b"]
        .map(|name| {
            // From a folder of its own, so that paths are told from there.
            let place = folder.path().join(name);
            fs::create_dir(&place).expect("a folder");
            let output = Command::new(program("lesson01"))
                .args(["--out", "pictures", "--report", "report.json"])
                .current_dir(&place)
                .output()
                .expect("a run");
            (place, output)
        })
        .into();
    let (place, first) = &runs[0];
    let said = String::from_utf8_lossy(&first.stdout);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(first.stdout, runs[1].1.stdout, "the same seed, another story");
    assert!(said.contains("Pictures: pictures/index.html"), "{said}");
    assert!(!said.contains(&*folder.path().to_string_lossy()), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 88), "{said}");
    assert!(!said.contains("\n\n\n"), "{said}");
    assert_eq!(names(place), ["pictures", "report.json"]);
    let left = names(&place.join("pictures"));
    assert!(left.contains(&"index.html".to_string()) && left.len() > 2, "{left:?}");
    assert!(left.iter().all(|name| !name.starts_with('.')), "{left:?}");
    for name in &left {
        let read =
            |run: &(PathBuf, Output)| fs::read(run.0.join("pictures").join(name));
        assert!(read(&runs[0]).ok() == read(&runs[1]).ok(), "{name} differs");
    }
}

#[test]
fn an_unwritten_exercise_is_one_line() {
    // The reader may have done exercises; those that are not done are stubs.
    let folder = tempfile::tempdir().expect("a folder");
    let output =
        run("lesson01", &["--mine", "--out", &folder.path().to_string_lossy()]);
    let error = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => {}
        Some(2) => {
            assert!(error.contains("exercise 1."), "{error}");
            assert!(error.contains("lessons/lesson01/exercises.rs"), "{error}");
            assert!(error.contains("cargo test --test lesson01"), "{error}");
        }
        Some(1) => assert!(error.contains("cargo test --test lesson01"), "{error}"),
        other => panic!("{other:?}: {error}"),
    }
    assert!(error.lines().count() <= 1 && !error.contains("RUST_BACKTRACE"), "{error}");
}
