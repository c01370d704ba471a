//! The compiler's own word on deliberately broken code.
//!
//! A chapter may show code that must not compile. The file lies in
//! `lessons/lessonNN/broken/`, stands alone, and uses nothing but `std`. The chapter
//! names the error code, and the compiler is asked.

use super::{Chapter, Workspace};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Does this look like `E0502`?
pub fn is_code(text: &str) -> bool {
    text.len() == 5
        && text.starts_with('E')
        && text[1..].bytes().all(|b| b.is_ascii_digit())
}

/// The files of broken code that a chapter shows, each with its error code and line.
pub fn files(chapter: &Chapter) -> Vec<(String, String, usize)> {
    let broken = chapter.directives.iter().filter(|d| d.name == "broken");
    broken
        .filter_map(|d| {
            let [target, code] = d.words("").ok()?;
            let path = target.split(':').next()?.to_string();
            Some((path, code.to_string(), chapter.line(d.range.start)))
        })
        .collect()
}

/// Asks the compiler: `Ok` when the file fails with exactly this error code.
pub fn check(workspace: &Workspace, path: &str, code: &str) -> Result<(), String> {
    let found = error_codes(&workspace.root().join(path))?;
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    match found[..] {
        [] => Err(format!("`{path}` compiles, but the chapter says {code}")),
        [only] if only == code => Ok(()),
        _ => Err(format!(
            "`{path}` fails with {}, but the chapter says {code}",
            found.join(", ")
        )),
    }
}

/// The codes of all errors that the compiler reports for a file.
fn error_codes(file: &Path) -> Result<BTreeSet<String>, String> {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let name = format!("gradbook-broken-{}-{call}", std::process::id());
    let out = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&out).map_err(|error| error.to_string())?;
    let result = Command::new(rustc())
        .args(["--edition", "2024", "--crate-type", "lib", "--crate-name", "broken"])
        .args(["--emit", "metadata", "--error-format", "json", "--cap-lints", "allow"])
        .arg("--out-dir")
        .arg(&out)
        .arg(file)
        .output();
    let _ = std::fs::remove_dir_all(&out);
    let output = result.map_err(|error| format!("cannot run rustc: {error}"))?;
    let mut codes = BTreeSet::new();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        if message["level"] != "error" {
            continue;
        }
        match message["code"]["code"].as_str() {
            Some(code) => {
                codes.insert(code.to_string());
            }
            // "aborting due to 1 previous error" closes every failed run.
            None if message["message"]
                .as_str()
                .is_some_and(|m| m.starts_with("aborting")) => {}
            None => {
                codes.insert(format!(
                    "`{}`",
                    message["message"].as_str().unwrap_or("?")
                ));
            }
        }
    }
    Ok(codes)
}

/// The compiler beside the cargo that runs us, else the one on the path.
fn rustc() -> PathBuf {
    if let Some(rustc) = std::env::var_os("RUSTC") {
        return rustc.into();
    }
    let beside = std::env::var_os("CARGO").map(|cargo| {
        PathBuf::from(cargo)
            .with_file_name(format!("rustc{}", std::env::consts::EXE_SUFFIX))
    });
    beside.filter(|path| path.is_file()).unwrap_or_else(|| "rustc".into())
}
