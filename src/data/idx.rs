//! Images and labels in the IDX format of MNIST, plain or gzip.
//!
//! A file begins with two zero bytes, one that names the type of its numbers (8 for
//! bytes, the only type read here) and one that counts the dimensions; then each
//! dimension as a big-endian `u32`, then the numbers. Whether a file is gzip is told by
//! its content, not by its name.
//!
//! A header can claim anything. No memory is reserved on its word: the claim is checked
//! against the bytes that are there, and decompression stops one byte after the claim.

use super::file::{self, LIMIT};
use super::{DataError, Dataset, split};
use crate::{Matrix, Real, rng};
use flate2::read::MultiGzDecoder;
use std::io::Read;
use std::path::{Path, PathBuf};

/// gzip never packs more than this many bytes into one.
const BEST_RATIO: u64 = 1032;

/// What is wrong with a file, and what to do about it: one line each.
#[derive(Debug, thiserror::Error)]
pub enum IdxError {
    /// The file is not there, may not be read, or is broken gzip.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// The file's name.
        file: String,
        /// What the system or the unpacking says.
        source: std::io::Error,
    },

    /// The header is cut off or is none.
    #[error("{file}: {problem}")]
    Header {
        /// The file's name.
        file: String,
        /// What is wrong.
        problem: String,
    },

    /// The header claims more than can be read.
    #[error("{file}: the header claims {claim}, {limit}")]
    TooLarge {
        /// The file's name.
        file: String,
        /// The dimensions claimed, as `60000 x 28 x 28`.
        claim: String,
        /// What it runs into.
        limit: String,
    },

    /// The header's claim is not what follows it.
    #[error(
        "{file}: the header claims {claim} = {expected} bytes, but {found} follow; \
         the file is damaged or cut off"
    )]
    Count {
        /// The file's name.
        file: String,
        /// The dimensions claimed.
        claim: String,
        /// How many bytes they need.
        expected: usize,
        /// How many there are.
        found: Found,
    },

    /// A label without a class.
    #[error("{file}: {source}")]
    Labels {
        /// The file's name.
        file: String,
        /// Which label.
        source: DataError,
    },

    /// Two files that do not belong together.
    #[error("{first} holds {first_has}, but {second} holds {second_has}")]
    Pair {
        /// One file.
        first: String,
        /// How much it holds.
        first_has: String,
        /// The other file.
        second: String,
        /// How much that holds.
        second_has: String,
    },

    /// Not a folder.
    #[error("{folder}: no such folder")]
    NoFolder {
        /// What was given.
        folder: String,
    },

    /// A folder without the files.
    #[error("{folder}: no file {wanted}, {wanted}.gz, {dotted} or {dotted}.gz")]
    NoFile {
        /// The folder.
        folder: String,
        /// The name looked for.
        wanted: String,
        /// The other name that is in use.
        dotted: String,
    },
}

/// How many bytes follow a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// All were counted.
    Exactly(usize),
    /// Reading stopped as soon as there were too many.
    More,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(count) => write!(f, "{count}"),
            Self::More => write!(f, "more"),
        }
    }
}

/// An array of bytes with its dimensions, slowest first: `[60000, 28, 28]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// The file it came from, for messages.
    pub file: String,
    /// How long each dimension is; the first counts examples.
    pub dims: Vec<usize>,
    /// The numbers, the last dimension fastest.
    pub bytes: Vec<u8>,
}

/// Reads a file, plain or gzip.
pub fn read(path: impl AsRef<Path>) -> Result<Idx, IdxError> {
    let path = path.as_ref();
    let name = path.display().to_string();
    match file::read(path) {
        Ok(bytes) => parse(&name, &bytes),
        Err(source) => Err(IdxError::Unreadable { file: name, source }),
    }
}

/// Reads bytes, plain or gzip; `file` is the name that errors should mention.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Idx, IdxError> {
    match file::is_gzip(bytes) {
        true => {
            let most = (bytes.len() as u64).saturating_mul(BEST_RATIO);
            unpack(file, MultiGzDecoder::new(bytes), most)
        }
        false => unpack(file, bytes, bytes.len() as u64),
    }
}

/// Reads the header and then the bytes it claims; `most` is how many `source` can give.
fn unpack(file: &str, mut source: impl Read, most: u64) -> Result<Idx, IdxError> {
    let dims = header(file, &mut source)?;
    let claim = dims.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
    let product =
        dims.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim));
    let expected = match product {
        Some(expected) if expected as u64 <= LIMIT => expected,
        _ => {
            let limit = format!("more than {LIMIT} bytes, the most that is read");
            return Err(IdxError::TooLarge { file: file.into(), claim, limit });
        }
    };
    if expected as u64 > most {
        let limit = format!("but at most {most} bytes can follow it");
        return Err(IdxError::TooLarge { file: file.into(), claim, limit });
    }
    let mut bytes = Vec::new();
    let end = source.take(expected as u64 + 1).read_to_end(&mut bytes);
    end.map_err(|source| IdxError::Unreadable { file: file.into(), source })?;
    if bytes.len() != expected {
        let more = bytes.len() > expected;
        let found = if more { Found::More } else { Found::Exactly(bytes.len()) };
        return Err(IdxError::Count { file: file.into(), claim, expected, found });
    }
    Ok(Idx { file: file.into(), dims, bytes })
}

/// Reads the magic number and the dimensions.
fn header(file: &str, source: &mut impl Read) -> Result<Vec<usize>, IdxError> {
    let bad = |problem: String| IdxError::Header { file: file.into(), problem };
    let mut word = || {
        let mut bytes = [0; 4];
        source.read_exact(&mut bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => bad("the header is cut off".into()),
            _ => IdxError::Unreadable { file: file.into(), source: error },
        })?;
        Ok(bytes)
    };
    let magic = word()?;
    let [0, 0, kind, rank] = magic else {
        return Err(bad(format!(
            "the magic number is 0x{:08x}; IDX files begin with 0x0000",
            u32::from_be_bytes(magic)
        )));
    };
    if kind != 8 {
        return Err(bad(format!(
            "numbers of type 0x{kind:02x}; only bytes, type 0x08, are read"
        )));
    }
    let dims = (0..rank).map(|_| Ok(u32::from_be_bytes(word()?) as usize));
    let dims = dims.collect::<Result<Vec<usize>, _>>()?;
    match dims.is_empty() || dims.contains(&0) {
        true => Err(bad("the header claims no numbers at all".into())),
        false => Ok(dims),
    }
}

impl Idx {
    /// The first dimension.
    pub fn examples(&self) -> usize {
        self.dims[0]
    }

    /// Images as columns, row by row, channels fastest, with 0 to 255 scaled to 0 to 1.
    pub fn images<T: Real>(&self) -> Result<Matrix<T>, IdxError> {
        self.expect_rank(2..=4, "images have rank 3; is this the labels' file?")?;
        let examples = self.examples();
        let scaled: [T; 256] = std::array::from_fn(|byte| T::of(byte as f64 / 255.0));
        let mut pixels = Vec::new();
        pixels.try_reserve_exact(self.bytes.len()).map_err(|_| IdxError::TooLarge {
            file: self.file.clone(),
            claim: format!("{} pixels", self.bytes.len()),
            limit: "more than fit into memory".into(),
        })?;
        pixels.extend(self.bytes.iter().map(|&byte| scaled[byte as usize]));
        Ok(Matrix::from_vec(self.bytes.len() / examples, examples, pixels))
    }

    /// Labels below `classes`.
    pub fn labels(&self, classes: usize) -> Result<Vec<usize>, IdxError> {
        self.expect_rank(1..=1, "labels have rank 1; is this the images' file?")?;
        let labels: Vec<usize> = self.bytes.iter().map(|&byte| byte.into()).collect();
        match labels.iter().position(|&label| label >= classes) {
            None => Ok(labels),
            Some(example) => {
                let label = labels[example];
                let source = DataError::Label { example, label, classes };
                Err(IdxError::Labels { file: self.file.clone(), source })
            }
        }
    }

    fn expect_rank(
        &self,
        ranks: std::ops::RangeInclusive<usize>,
        hint: &str,
    ) -> Result<(), IdxError> {
        let rank = self.dims.len();
        if ranks.contains(&rank) {
            return Ok(());
        }
        let problem = format!("this is an array of rank {rank}, {hint}");
        Err(IdxError::Header { file: self.file.clone(), problem })
    }
}

/// Reads images and the labels that belong to them.
pub fn dataset<T: Real>(
    images: impl AsRef<Path>,
    labels: impl AsRef<Path>,
    class_names: Vec<String>,
) -> Result<Dataset<T>, IdxError> {
    let (images, labels) = (read(images)?, read(labels)?);
    let inputs = images.images()?;
    let classes = labels.labels(class_names.len())?;
    if images.examples() != labels.examples() {
        return Err(IdxError::Pair {
            first_has: format!("{} images", images.examples()),
            first: images.file,
            second_has: format!("{} labels", labels.examples()),
            second: labels.file,
        });
    }
    let file = labels.file;
    Dataset::with_classes(inputs, classes, class_names)
        .map_err(|source| IdxError::Labels { file, source })
}

/// What a folder of MNIST files holds.
#[derive(Clone, Debug)]
pub struct MnistFolder<T: Real = f32> {
    /// The `train-` files, if they are there.
    pub train: Option<Dataset<T>>,
    /// The `t10k-` files.
    pub test: Dataset<T>,
}

/// Reads a folder with the files of MNIST, or of a set in its form such as
/// Fashion-MNIST: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same
/// with `t10k`; each plain or gzip, with or without `.gz`, also with a dot for the last
/// dash. The two `t10k` files are enough.
pub fn mnist_folder<T: Real>(
    folder: impl AsRef<Path>,
) -> Result<MnistFolder<T>, IdxError> {
    let folder = folder.as_ref();
    if !folder.is_dir() {
        return Err(IdxError::NoFolder { folder: folder.display().to_string() });
    }
    let test = part(folder, "t10k")?;
    let names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"];
    let train = match names.iter().any(|name| find(folder, name).is_ok()) {
        true => Some(part(folder, "train")?),
        false => None,
    };
    if let Some(train) = &train
        && train.features() != test.features()
    {
        return Err(IdxError::Pair {
            first: format!("{}: train", folder.display()),
            first_has: format!("images of {} pixels", train.features()),
            second: "t10k".into(),
            second_has: format!("images of {}", test.features()),
        });
    }
    Ok(MnistFolder { train, test })
}

impl<T: Real> MnistFolder<T> {
    /// (train, test): the files as they are, or, where there are only the `t10k` files,
    /// four fifths and one fifth of them, drawn with `seed`, every class in its share.
    pub fn train_and_test(
        self,
        seed: u64,
    ) -> Result<(Dataset<T>, Dataset<T>), DataError> {
        match self.train {
            Some(train) => Ok((train, self.test)),
            None => {
                let split = split::stratified(&self.test.labels, 0.2, &mut rng(seed))?;
                Ok(split.of(&self.test))
            }
        }
    }
}

/// Reads the images and labels of one part, `train` or `t10k`.
fn part<T: Real>(folder: &Path, part: &str) -> Result<Dataset<T>, IdxError> {
    let images = find(folder, &format!("{part}-images-idx3-ubyte"))?;
    let labels = find(folder, &format!("{part}-labels-idx1-ubyte"))?;
    dataset(images, labels, (0..10).map(|digit| digit.to_string()).collect())
}

/// Finds a file under one of its four usual names.
fn find(folder: &Path, name: &str) -> Result<PathBuf, IdxError> {
    let dotted = name.replacen("-idx", ".idx", 1);
    let names = [name, &dotted].map(|name| [name.to_string(), format!("{name}.gz")]);
    let mut paths = names.iter().flatten().map(|name| folder.join(name));
    paths.find(|path| path.exists()).ok_or_else(|| {
        let folder = folder.display().to_string();
        IdxError::NoFile { folder, wanted: name.into(), dotted: dotted.clone() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    /// A file with these dimensions and bytes.
    fn idx(dims: &[u32], bytes: &[u8]) -> Vec<u8> {
        let mut all = vec![0, 0, 8, dims.len() as u8];
        dims.iter().for_each(|dim| all.extend(dim.to_be_bytes()));
        all.extend(bytes);
        all
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Two images of 2 x 3, with the labels 4 and 9.
    fn images() -> Vec<u8> {
        idx(&[2, 2, 3], &[0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6])
    }

    fn labels() -> Vec<u8> {
        idx(&[2], &[4, 9])
    }

    fn error(bytes: &[u8]) -> String {
        parse("f", bytes).unwrap_err().to_string()
    }

    #[test]
    fn images_become_columns_from_0_to_1() {
        for bytes in [images(), gzip(&images())] {
            let file = parse("f", &bytes).unwrap();
            assert_eq!(file.dims, [2, 2, 3]);
            let pixels = file.images::<f64>().unwrap();
            assert_eq!(pixels.shape(), (6, 2));
            assert_eq!(pixels.column(0).as_slice(), &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
            assert_eq!(pixels[(5, 1)], 6.0 / 255.0);
        }
    }

    #[test]
    fn colors_stay_fastest() {
        let file = parse("f", &idx(&[1, 2, 1, 2], &[255, 0, 0, 255])).unwrap();
        assert_eq!(file.images::<f32>().unwrap().as_slice(), &[1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn a_bad_header_is_described() {
        for (bytes, message) in [
            (vec![], "f: the header is cut off"),
            (vec![0, 0, 8], "f: the header is cut off"),
            (images()[..15].to_vec(), "f: the header is cut off"),
            (
                b"GIF89a".to_vec(),
                "f: the magic number is 0x47494638; IDX files begin with 0x0000",
            ),
            (
                vec![0, 0, 13, 1, 0, 0, 0, 1],
                "f: numbers of type 0x0d; only bytes, type 0x08, are read",
            ),
            (vec![0, 0, 8, 0], "f: the header claims no numbers at all"),
            (idx(&[2, 0, 3], &[]), "f: the header claims no numbers at all"),
        ] {
            assert_eq!(error(&bytes), message);
            if !bytes.is_empty() {
                assert_eq!(error(&gzip(&bytes)), message);
            }
        }
    }

    #[test]
    fn a_count_that_does_not_match_is_described() {
        let short = &images()[..27];
        let long = [images(), vec![7]].concat();
        let claim = "f: the header claims 2 x 2 x 3 = 12 bytes, but";
        let end = "follow; the file is damaged or cut off";
        assert_eq!(error(&gzip(short)), format!("{claim} 11 {end}"));
        for long in [long.clone(), gzip(&long)] {
            assert_eq!(error(&long), format!("{claim} more {end}"));
        }
        assert_eq!(error(short), format!("{claim} 11 {end}"));
    }

    #[test]
    fn claims_beyond_all_memory_are_refused() {
        for dims in [vec![u32::MAX; 255], vec![u32::MAX, 28, 28]] {
            let error = error(&idx(&dims, &[]));
            assert!(
                error.ends_with("more than 1073741824 bytes, the most that is read")
            );
        }
        let bytes = idx(&[60000, 28, 28], &[]);
        assert_eq!(
            error(&bytes),
            "f: the header claims 60000 x 28 x 28, but at most 16 bytes can follow it"
        );
        assert!(error(&gzip(&bytes)).contains("but at most"));
    }

    #[test]
    fn damaged_gzip_is_refused() {
        let whole = gzip(&images());
        for at in [2, whole.len() / 2, whole.len() - 6] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            assert!(parse("f", &damaged).is_err(), "byte {at}");
        }
        assert!(error(&whole[..whole.len() - 9]).starts_with("f: cannot be read: "));
    }

    #[test]
    fn images_are_not_labels() {
        let hint = "f: this is an array of rank 1, images have rank 3; \
                    is this the labels' file?";
        let file = parse("f", &labels()).unwrap();
        assert_eq!(file.images::<f32>().unwrap_err().to_string(), hint);
        assert!(parse("f", &images()).unwrap().labels(10).is_err());
        assert_eq!(
            file.labels(9).unwrap_err().to_string(),
            "f: example 1 has label 9, but there are 9 classes, counted from 0"
        );
    }

    /// A folder holding these files.
    fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_is_read_under_every_usual_name() {
        for (images_name, labels_name) in [
            ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
            ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
            ("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte.gz"),
        ] {
            for images in [images(), gzip(&images())] {
                let folder = folder(&[(images_name, images), (labels_name, labels())]);
                let read = mnist_folder::<f32>(folder.path()).unwrap();
                assert!(read.train.is_none());
                assert_eq!(read.test.labels, [4, 9]);
                assert_eq!(read.test.inputs.shape(), (6, 2));
                let (train, test) = read.train_and_test(1).unwrap();
                assert_eq!((train.len(), test.len()), (1, 1));
            }
        }
    }

    #[test]
    fn train_files_are_used_where_they_are() {
        let train = idx(&[3, 6], &[9; 18]);
        let files = [
            ("t10k-images-idx3-ubyte", images()),
            ("t10k-labels-idx1-ubyte", labels()),
            ("train-images-idx3-ubyte", train),
            ("train-labels-idx1-ubyte", idx(&[3], &[1, 2, 3])),
        ];
        let read = mnist_folder::<f32>(folder(&files).path()).unwrap();
        let (train, test) = read.train_and_test(1).unwrap();
        assert_eq!((train.len(), test.labels), (3, vec![4, 9]));
    }

    #[test]
    fn a_folder_that_does_not_fit_is_described() {
        let message = |files: &[(&str, Vec<u8>)]| {
            let folder = folder(files);
            let error = mnist_folder::<f32>(folder.path()).unwrap_err().to_string();
            error.replace(&format!("{}", folder.path().display()), "DIR")
        };
        let mut files = vec![("t10k-images-idx3-ubyte", images())];
        assert_eq!(
            message(&files),
            "DIR: no file t10k-labels-idx1-ubyte, t10k-labels-idx1-ubyte.gz, \
             t10k-labels.idx1-ubyte or t10k-labels.idx1-ubyte.gz"
        );
        files.push(("t10k-labels-idx1-ubyte", idx(&[3], &[1, 2, 3])));
        assert!(message(&files).contains("holds 2 images, but DIR"));
        assert!(message(&files).ends_with("holds 3 labels"));
        files[1].1 = labels();
        files.push(("train-labels-idx1-ubyte", labels()));
        assert!(message(&files).starts_with("DIR: no file train-images-idx3-ubyte,"));
        files.push(("train-images-idx3-ubyte", idx(&[2, 2, 2], &[0; 8])));
        let expected =
            "DIR: train holds images of 4 pixels, but t10k holds images of 6";
        assert_eq!(message(&files), expected);
        let error = mnist_folder::<f32>("no/such").unwrap_err().to_string();
        assert_eq!(error, "no/such: no such folder");
    }
}
