//! `cargo workbook doctor`: is everything there, and if not, how to mend it.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use lessons::Result;
use lessons::shipped::Shipped;

use crate::paint::Paint;
use crate::place::{Place, exercises_name};
use crate::say;

/// What one examination found.
#[derive(Clone, Debug, PartialEq)]
enum Finding {
    /// All is well.
    Good(String),
    /// Something that is only needed for more than reading, running and solving.
    Optional { what: String, mend: String },
    /// Something that has to be mended.
    Bad { what: String, mend: String },
}

/// Examines everything. The exit code says whether something has to be mended.
pub fn run(place: &Place, paint: Paint) -> Result<ExitCode> {
    let mut findings = vec![rust(place), linker(place), target(place)];
    findings.extend(data_sets(place));
    findings.push(exercises(place));
    findings.push(book(place));
    findings.push(wasm());
    let bad = findings.iter().filter(|f| matches!(f, Finding::Bad { .. })).count();
    let lines: String = findings.iter().map(|finding| line(finding, paint)).collect();
    let end = match bad {
        0 => "\nAll is well. Start with: cargo run --bin lesson01\n".to_string(),
        1 => "\nOne thing has to be mended.\n".to_string(),
        bad => format!("\n{bad} things have to be mended.\n"),
    };
    say(&(lines + &end));
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn line(finding: &Finding, paint: Paint) -> String {
    match finding {
        Finding::Good(what) => format!("{}        {what}\n", paint.green("ok")),
        Finding::Optional { what, mend } => {
            format!("{}  {what}\n          {mend}\n", paint.yellow("optional"))
        }
        Finding::Bad { what, mend } => {
            format!("{}       {what}\n          mend: {mend}\n", paint.red("bad"))
        }
    }
}

fn good(what: impl Into<String>) -> Finding {
    Finding::Good(what.into())
}

fn bad(what: impl Into<String>, mend: impl Into<String>) -> Finding {
    Finding::Bad { what: what.into(), mend: mend.into() }
}

/// The compiler, against the version that the workspace asks for.
fn rust(place: &Place) -> Finding {
    let manifest = fs::read_to_string(place.root().join("Cargo.toml"));
    let needed = manifest.ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("rust-version"))?;
        Some(line.split('"').nth(1)?.to_string())
    });
    let needed = needed.unwrap_or_default();
    let output = Command::new(rustc()).arg("--version").output();
    let Ok(output) = output else {
        return bad("rustc was not found", "install Rust from https://rustup.rs");
    };
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = told.split_whitespace().nth(1).unwrap_or_default();
    if version(found) >= version(&needed) {
        good(format!("Rust {found} ({needed} or newer is needed)"))
    } else {
        bad(format!("Rust {found} is older than {needed}"), "rustup update")
    }
}

/// `1.95.0` as numbers, for comparing.
fn version(text: &str) -> Vec<u32> {
    let number = text.split('-').next().unwrap_or_default();
    number.split('.').map_while(|part| part.parse().ok()).collect()
}

fn rustc() -> std::ffi::OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// A small program is built and run.
fn linker(place: &Place) -> Finding {
    let folder = place.target().join("workbook");
    let source = folder.join("hello.rs");
    let program = folder.join(format!("hello{}", std::env::consts::EXE_SUFFIX));
    let written = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&source, "fn main() { print!(\"hello\") }\n"));
    if written.is_err() {
        return bad("a program could not be built to try the linker", MEND_TARGET);
    }
    let built = Command::new(rustc()).arg(&source).arg("-o").arg(&program).output();
    let ran = match built {
        Ok(built) if built.status.success() => Command::new(&program).output(),
        _ => return bad("no program can be linked", mend_linker()),
    };
    let said = ran.is_ok_and(|output| output.stdout == b"hello");
    if said {
        good("linker: a program was built and run")
    } else {
        bad("a program was built but does not run", mend_linker())
    }
}

fn mend_linker() -> &'static str {
    match std::env::consts::OS {
        "macos" => "xcode-select --install",
        "windows" => "install the Visual Studio Build Tools with C++",
        _ => "install a C linker: `apt install gcc`, `dnf install gcc`, or the like",
    }
}

const MEND_TARGET: &str =
    "make the folder writable, or set CARGO_TARGET_DIR to another";

/// Cargo can write what it builds.
fn target(place: &Place) -> Finding {
    let folder = place.target();
    let probe = folder.join("workbook.probe");
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&probe, "probe"));
    // A leftover probe does no harm.
    let _ = fs::remove_file(&probe);
    match written {
        Ok(()) => good(format!("target folder: {} can be written", folder.display())),
        Err(error) => bad(format!("{}: {error}", folder.display()), MEND_TARGET),
    }
}

/// Every data set in the table of `datasets/README.md` is there and as the table says.
fn data_sets(place: &Place) -> Vec<Finding> {
    let folder = place.root().join("datasets");
    let Ok(table) = fs::read_to_string(folder.join("README.md")) else {
        return vec![bad("datasets/README.md is missing", MEND_DATA)];
    };
    let rows = Shipped::all(&table);
    if rows.is_empty() {
        return vec![bad("datasets/README.md lists no data set", MEND_DATA)];
    }
    rows.iter().map(|row| examine(row, &folder)).collect()
}

const MEND_DATA: &str = "git checkout -- datasets";

fn examine(shipped: &Shipped, folder: &Path) -> Finding {
    let Shipped { name, holds, bytes, .. } = shipped;
    let content = match fs::read(folder.join(name)) {
        Ok(content) => content,
        Err(_) => return bad(format!("datasets/{name} is missing"), MEND_DATA),
    };
    let length = content.len() as u64;
    if length != *bytes {
        let what =
            format!("datasets/{name} has {length} bytes and should have {bytes}");
        return bad(what, MEND_DATA);
    }
    if !shipped.is_right(&content) {
        return bad(format!("datasets/{name} has been changed"), MEND_DATA);
    }
    good(format!("data set {name}: {holds}"))
}

/// The reader's files are where they belong.
fn exercises(place: &Place) -> Finding {
    let written = place.written();
    let gone = written.iter().find(|lesson| !place.exercises(**lesson).is_file());
    match gone {
        None => good(format!("exercises of {} lessons", written.len())),
        Some(lesson) => {
            let name = exercises_name(*lesson);
            bad(format!("{name} is missing"), format!("git checkout -- {name}"))
        }
    }
}

/// The tool that builds the book: a package of its own, built when it is first used.
fn book(place: &Place) -> Finding {
    if !place.root().join("book/book.toml").is_file() {
        return bad("book/book.toml is missing", "git checkout -- book");
    }
    let name = format!("debug/gradbook-book{}", std::env::consts::EXE_SUFFIX);
    if place.target().join(name).is_file() {
        good("book: `cargo book` is built")
    } else {
        good("book: `cargo book` builds its tool first, which takes about a minute")
    }
}

/// Only who changes the program in the book's pages needs this.
fn wasm() -> Finding {
    const TARGET: &str = "wasm32-unknown-unknown";
    let output = Command::new(rustc())
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let there = output.is_ok_and(|output| {
        Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    });
    if there {
        good(format!("{TARGET}: installed"))
    } else {
        Finding::Optional {
            what: format!("{TARGET} is not installed"),
            mend: format!(
                "only to rebuild the program in the book's pages: \
                 rustup target add {TARGET}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version("1.100.0") > version("1.91"));
        assert!(version("1.91.0") >= version("1.91"));
        assert!(version("1.91.0-nightly") >= version("1.91"));
        assert!(version("1.90.9") < version("1.91"));
        assert!(version("") < version("1.91"));
    }

    #[test]
    fn a_cut_changed_or_missing_data_set_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let row = Shipped {
            name: "x.txt".to_string(),
            holds: "2 names".to_string(),
            bytes: 3,
            // of the three bytes "abc" (FIPS 180-4, its first example)
            sha256: "ba7816bf8f01cfea414140de5dae2223\
                     b00361a396177a9cb410ff61f20015ad"
                .to_string(),
        };
        let verdict = || examine(&row, folder.path());
        let write = |text| fs::write(folder.path().join("x.txt"), text);
        assert_eq!(verdict(), bad("datasets/x.txt is missing", MEND_DATA));
        write("ab").expect("written");
        let what = "datasets/x.txt has 2 bytes and should have 3";
        assert_eq!(verdict(), bad(what, MEND_DATA));
        write("abd").expect("written");
        assert_eq!(verdict(), bad("datasets/x.txt has been changed", MEND_DATA));
        write("abc").expect("written");
        assert_eq!(verdict(), good("data set x.txt: 2 names"));
    }

    #[test]
    fn a_finding_says_its_mend() {
        let plain = Paint::plain();
        assert_eq!(line(&good("linker"), plain), "ok        linker\n");
        let text = line(&bad("no linker", "install gcc"), plain);
        assert_eq!(text, "bad       no linker\n          mend: install gcc\n");
    }
}
