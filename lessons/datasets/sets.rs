//! Which sets there are, and how each file is known to be the right one.

use flate2::read::MultiGzDecoder;
use lessons::shipped::{Shipped, hex};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{ErrorKind, Read, Result};
use std::path::{Path, PathBuf};

/// A set that is fetched on demand.
pub struct Set {
    /// What the reader types.
    pub name: &'static str,
    /// What it holds, and under which license.
    pub about: &'static str,
    /// Where its files lie, with a slash at the end.
    pub base: &'static str,
    /// Its files.
    pub files: &'static [Recorded],
}

/// A gzip file, known by what it unpacks to. Mirrors have packed the same bytes anew,
/// with another date in the header; it is the content that learning depends on.
pub struct Recorded {
    /// The file's name.
    pub name: &'static str,
    /// How many bytes it unpacks to.
    pub bytes: u64,
    /// The SHA-256 of those bytes.
    pub sha256: &'static str,
}

/// The sets that can be fetched.
///
/// The addresses are those that TensorFlow Datasets records. The checksums of the
/// content are recorded in many public projects; MNIST's `t10k` files were also
/// unpacked and hashed here.
pub const SETS: &[Set] = &[MNIST, FASHION_MNIST];

const MNIST: Set = Set {
    name: "mnist",
    about: "70,000 handwritten digits, 28 x 28 (LeCun, Cortes, Burges; CC BY-SA 3.0)",
    base: "https://storage.googleapis.com/cvdf-datasets/mnist/",
    files: &[
        Recorded {
            name: "train-images-idx3-ubyte.gz",
            bytes: 47_040_016,
            sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        },
        Recorded {
            name: "train-labels-idx1-ubyte.gz",
            bytes: 60_008,
            sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        },
        Recorded {
            name: "t10k-images-idx3-ubyte.gz",
            bytes: 7_840_016,
            sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        },
        Recorded {
            name: "t10k-labels-idx1-ubyte.gz",
            bytes: 10_008,
            sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
    ],
};

const FASHION_MNIST: Set = Set {
    name: "fashion-mnist",
    about: "70,000 pieces of clothing, 28 x 28 (Zalando Research; MIT)",
    base: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    files: &[
        Recorded {
            name: "train-images-idx3-ubyte.gz",
            bytes: 47_040_016,
            sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        },
        Recorded {
            name: "train-labels-idx1-ubyte.gz",
            bytes: 60_008,
            sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        },
        Recorded {
            name: "t10k-images-idx3-ubyte.gz",
            bytes: 7_840_016,
            sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        },
        Recorded {
            name: "t10k-labels-idx1-ubyte.gz",
            bytes: 10_008,
            sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
    ],
};

/// What a file on the disk turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum State {
    /// There is none.
    Absent,
    /// The one that was recorded.
    Right,
    /// It ends too early, as a download does that was interrupted.
    CutOff,
    /// Another one, or damaged; why.
    Wrong(String),
}

impl Recorded {
    /// Looks at a file. It is unpacked no further than one byte beyond what was
    /// recorded, so a file that lies about itself costs neither memory nor much time.
    pub fn examine(&self, path: &Path) -> Result<State> {
        match std::fs::metadata(path) {
            Ok(facts) if facts.is_file() => {}
            Ok(_) => return Ok(State::Wrong("it is not a file".into())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(State::Absent);
            }
            Err(error) => return Err(error),
        }
        let file = File::open(path)?;
        let buffered = std::io::BufReader::with_capacity(1 << 16, file);
        let mut unpacked = MultiGzDecoder::new(buffered).take(self.bytes + 1);
        let (mut hash, mut length) = (Sha256::new(), 0);
        let mut block = vec![0; 1 << 16];
        loop {
            match unpacked.read(&mut block) {
                Ok(0) => break,
                Ok(count) => {
                    hash.update(&block[..count]);
                    length += count as u64;
                }
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::UnexpectedEof => return Ok(State::CutOff),
                    ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                        return Ok(State::Wrong(format!("not sound gzip: {error}")));
                    }
                    _ => return Err(error),
                },
            }
        }
        Ok(self.judge(length, &hex(&hash.finalize())))
    }

    fn judge(&self, length: u64, sha256: &str) -> State {
        let bytes = self.bytes;
        if length > bytes {
            return State::Wrong(format!("it unpacks to more than {bytes} bytes"));
        }
        if length < bytes {
            return State::Wrong(format!("it unpacks to {length} bytes, not {bytes}"));
        }
        match sha256 == self.sha256 {
            true => State::Right,
            false => State::Wrong(format!(
                "its content has SHA-256 {sha256}, recorded is {}",
                self.sha256
            )),
        }
    }
}

/// The files that come with the book, as their README describes them.
pub fn shipped() -> Vec<Shipped> {
    Shipped::all(include_str!("../../datasets/README.md"))
}

/// Compares a file in the repository with its checksum.
pub fn examine(file: &Shipped) -> Result<State> {
    match std::fs::read(folder().join(&file.name)) {
        Ok(content) if file.is_right(&content) => Ok(State::Right),
        Ok(_) => Ok(State::Wrong("it is not the file that was recorded".into())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(State::Absent),
        Err(error) => Err(error),
    }
}

/// The repository's folder of data sets, wherever the program is started.
pub fn folder() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).join("datasets")
}
