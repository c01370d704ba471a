//! The files that come with the book, as the table in `datasets/README.md` lists them.

use sha2::{Digest, Sha256};

/// A line of the table: a file and what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// The file's name.
    pub name: String,
    /// What it holds: how many examples, lines or characters.
    pub holds: String,
    /// How long it is.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Shipped {
    /// Every file in the table of this README.
    pub fn all(readme: &str) -> Vec<Shipped> {
        readme.lines().filter_map(Shipped::read).collect()
    }

    fn read(line: &str) -> Option<Shipped> {
        let cells: Vec<&str> = line.trim().split('|').map(str::trim).collect();
        let ["", name, holds, bytes, sha256, ""] = cells[..] else {
            return None;
        };
        let quoted = |cell: &str| {
            let text = cell.strip_prefix('`')?.strip_suffix('`')?;
            Some(text.to_string())
        };
        Some(Shipped {
            name: quoted(name)?,
            holds: holds.to_string(),
            bytes: bytes.parse().ok()?,
            sha256: quoted(sha256)?,
        })
    }

    /// Is this the content that was recorded?
    pub fn is_right(&self, content: &[u8]) -> bool {
        hex(&Sha256::digest(content)) == self.sha256
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_table_are_read() {
        let row = Shipped::read("| `iris.csv` | 150 examples | 3858 | `9cc1` |");
        let expected = Shipped {
            name: "iris.csv".to_string(),
            holds: "150 examples".to_string(),
            bytes: 3858,
            sha256: "9cc1".to_string(),
        };
        assert_eq!(row, Some(expected));
        assert_eq!(Shipped::read("| --- | --- | ---: | --- |"), None);
        assert_eq!(Shipped::read("| file | what it holds | bytes | SHA-256 |"), None);
        assert_eq!(Shipped::read("plain text"), None);
    }
}
