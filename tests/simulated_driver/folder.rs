//! A folder with a `libcuda.so.1` in it, and programs that are run with it: a process
//! looks for its driver once, so each driver needs a process of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The driver over the interpreter, built when the first test asks for it.
pub fn simulated() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--package", "simulated-driver"])
            .args(["--message-format", "json-render-diagnostics", "--target-dir"])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo starts");
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "the simulated driver does not build: {said}");
        let messages = String::from_utf8(built.stdout).expect("cargo writes UTF-8");
        let library = messages.lines().find_map(library).expect("cargo names the file");
        folder("simulated", &library)
    })
}

/// The file that a message of cargo's is about, if it is our library.
fn library(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let ours = message["target"]["name"] == "simulated_driver";
    let file = ours.then(|| message["filenames"][0].as_str()).flatten()?;
    Some(file.into())
}

/// A new folder in which `libcuda.so.1` is this file.
pub fn folder(name: &str, library: &Path) -> PathBuf {
    let name = format!("{}-{name}-driver", env!("CARGO_CRATE_NAME"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder for temporary files is ours");
    std::os::unix::fs::symlink(library, folder.join("libcuda.so.1"))
        .expect("the folder is new");
    folder
}

/// The driver of this program is the one in this folder, if there is one in it.
pub fn give<'a>(
    program: &'a mut Command,
    folder: &Path,
    behaves: &str,
) -> &'a mut Command {
    let mut path = OsString::from(folder);
    if let Some(more) = std::env::var_os("LD_LIBRARY_PATH") {
        path.push(":");
        path.push(more);
    }
    program.env("LD_LIBRARY_PATH", path).env("SIMULATED_DRIVER", behaves)
}

/// A folder whose driver is a file that is no library: as if there were none, also
/// where there is one.
pub fn none() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    FOLDER.get_or_init(|| folder("none", Path::new(file))).clone()
}
