//! Files that a reader gives: opened with care.

use std::fs;
use std::io::{Error, Read, Result};
use std::path::Path;

/// The most bytes that are read from one file, and the most that one may hold when
/// unpacked: 1 GiB.
pub const LIMIT: u64 = 1 << 30;

/// Reads a whole file. A folder, a device or a pipe is refused before it is opened, for
/// reading it might never end; so is a file larger than [`LIMIT`].
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let facts = fs::metadata(path)?;
    if !facts.is_file() {
        return Err(Error::other("not a file"));
    }
    if facts.len() > LIMIT {
        return Err(Error::other(format!("larger than {LIMIT} bytes")));
    }
    let mut bytes = Vec::with_capacity(facts.len() as usize);
    fs::File::open(path)?.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_bounded_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, b"text").unwrap();
        assert_eq!(read(&path).unwrap(), b"text");
        assert_eq!(read(folder.path()).unwrap_err().to_string(), "not a file");
        fs::File::create(&path).unwrap().set_len(LIMIT + 1).unwrap();
        let error = read(&path).unwrap_err();
        assert_eq!(error.to_string(), "larger than 1073741824 bytes");
    }
}
