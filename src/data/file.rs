//! Files that a reader gives: opened with care.

use flate2::read::MultiGzDecoder;
use std::fs;
use std::io::{Error, Read, Result};
use std::path::Path;

/// The most bytes that are read from one file, and the most that one may hold when
/// unpacked: 1 GiB.
pub const LIMIT: u64 = 1 << 30;

/// Reads a whole file. A folder, a device or a pipe is refused before it is opened, for
/// reading it might never end; so is a file larger than [`LIMIT`].
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    read_up_to(path, LIMIT)
}

/// The same with another limit.
pub(super) fn read_up_to(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let facts = fs::metadata(path)?;
    if !facts.is_file() {
        return Err(Error::other("not a file"));
    }
    if facts.len() > limit {
        return Err(Error::other(format!("larger than {limit} bytes")));
    }
    let mut bytes = Vec::with_capacity(facts.len() as usize);
    fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How many times longer than its gzip file a text may be. Tables of numbers come to
/// 10 or 20; far more is a file made to fill the memory.
const TEXT_RATIO: u64 = 256;

/// Whether these are the first bytes of a gzip file.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// The text in a gzip file, or the bytes as they are where they are none.
pub(super) fn unpack_text(bytes: Vec<u8>) -> Result<Vec<u8>> {
    unpack_text_up_to(bytes, LIMIT)
}

/// The same with a limit on what is unpacked.
pub(super) fn unpack_text_up_to(bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>> {
    if !is_gzip(&bytes) {
        return Ok(bytes);
    }
    let most = limit.min(bytes.len() as u64 * TEXT_RATIO);
    let mut text = Vec::new();
    MultiGzDecoder::new(&bytes[..]).take(most + 1).read_to_end(&mut text)?;
    match text.len() as u64 > most {
        true => Err(Error::other(format!("unpacks to more than {most} bytes"))),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn text_is_unpacked_but_no_bomb() {
        assert_eq!(unpack_text(b"plain".to_vec()).unwrap(), b"plain");
        assert_eq!(unpack_text(gzip(b"packed")).unwrap(), b"packed");
        let bomb = gzip(&vec![b'0'; 1 << 20]);
        let most = 256 * bomb.len();
        let error = unpack_text(bomb).unwrap_err().to_string();
        assert_eq!(error, format!("unpacks to more than {most} bytes"));
        assert!(unpack_text(gzip(b"packed")[..20].to_vec()).is_err());
    }

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
