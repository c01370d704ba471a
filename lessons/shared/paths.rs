//! Where things are, said in a way that does not depend on the machine.

use std::path::{Component, Path, PathBuf, absolute};

/// The folder that holds the workspace: the nearest one, from the current folder
/// upward, whose `Cargo.toml` has a `[workspace]`; else the current folder.
pub(crate) fn workspace() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let root = here.ancestors().find(|folder| {
        std::fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
    });
    root.map(Path::to_path_buf).unwrap_or(here)
}

/// A path as a reader in the current folder would type it, with forward slashes.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    between(&here, path)
}

/// The way from a folder to a path, with forward slashes.
pub(crate) fn between(folder: &Path, path: &Path) -> String {
    let (Ok(folder), Ok(path)) = (absolute(folder), absolute(path)) else {
        return path.display().to_string();
    };
    let (from, to) = (plain(&folder), plain(&path));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if common == 0 {
        return path.to_string_lossy().replace('\\', "/");
    }
    let up = std::iter::repeat_n("..".to_string(), from.len() - common);
    let parts: Vec<String> = up.chain(to[common..].iter().cloned()).collect();
    if parts.is_empty() { ".".to_string() } else { parts.join("/") }
}

/// The parts of an absolute path, without `.` and `..`.
fn plain(path: &Path) -> Vec<String> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop();
            }
            other => parts.push(other.as_os_str().to_string_lossy().to_string()),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_short_and_has_forward_slashes() {
        let way = |a: &str, b: &str| between(Path::new(a), Path::new(b));
        assert_eq!(way("/a/b", "/a/b/c/d"), "c/d");
        assert_eq!(way("/a/b/c", "/a/x"), "../../x");
        assert_eq!(way("/a/./b/../b", "/a/b"), ".");
        assert_eq!(shown(Path::new("target/x")), "target/x");
    }

    #[test]
    fn the_workspace_is_found_from_within() {
        // Tests run in the folder of their package, one below the workspace.
        assert!(workspace().join("lessons").is_dir());
    }
}
