//! The shipped data sets against their description, and the readers against noise.

use flate2::{Compression, write::GzEncoder};
use gradbook::data::{self, csv, idx};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("datasets")
}

/// A row of the table in `datasets/README.md`.
#[derive(Debug, PartialEq)]
struct Described {
    file: String,
    examples: usize,
    features: usize,
    classes: usize,
    bytes: usize,
    sha256: String,
}

fn table() -> Vec<Described> {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let rows = readme.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line
            .trim_matches('|')
            .split('|')
            .map(|c| c.trim().trim_matches('`'))
            .collect();
        let number = |i: usize| cells[i].parse().unwrap();
        Described {
            file: cells[0].into(),
            examples: number(1),
            features: number(2),
            classes: number(3),
            bytes: number(4),
            sha256: cells[5].into(),
        }
    })
    .collect()
}

fn describe(file: &str, data: &data::Dataset) -> Described {
    let bytes = std::fs::read(folder().join(file)).unwrap();
    Described {
        file: file.into(),
        examples: data.len(),
        features: data.features(),
        classes: data.classes(),
        bytes: bytes.len(),
        sha256: Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect(),
    }
}

#[test]
fn the_readme_describes_what_is_shipped() {
    let shipped =
        [describe("iris.csv", &data::iris()), describe("digits.csv", &data::digits())];
    assert_eq!(table(), shipped);
}

#[test]
fn every_file_of_the_folder_is_described() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = files
        .filter(|file| file.path().is_file())
        .map(|file| file.file_name().into_string().unwrap())
        .filter(|name| name != "README.md" && !name.starts_with('.'))
        .collect();
    names.sort();
    let mut described: Vec<String> = table().into_iter().map(|row| row.file).collect();
    described.sort();
    assert_eq!(names, described);
}

/// Bytes that get far: text that looks like a table, or any bytes.
fn almost_csv() -> impl Strategy<Value = Vec<u8>> {
    let cell =
        prop_oneof!["[a-z]{0,3}", "-?[0-9]{0,4}\\.?[0-9e]{0,3}", "[ \"\r\u{e9}]"];
    let row = prop::collection::vec(cell, 0..4).prop_map(|cells| cells.join(","));
    let text = prop::collection::vec(row, 0..8).prop_map(|rows| rows.join("\n"));
    let header = prop_oneof![Just(""), Just("a,b,kind\n"), Just("\u{feff}kind\r\n")];
    prop_oneof![
        (header, text).prop_map(|(header, text)| (header.to_string() + &text).into()),
        prop::collection::vec(any::<u8>(), 0..200),
    ]
}

/// Bytes that get far: a header with any claim before any bytes, packed or not.
fn almost_idx() -> impl Strategy<Value = Vec<u8>> {
    let small = prop::collection::vec(0..5u32, 0..4);
    let dims = prop_oneof![small, prop::collection::vec(any::<u32>(), 0..5)];
    let body = prop::collection::vec(any::<u8>(), 0..80);
    let bytes = (dims, body, any::<bool>(), 0..99usize).prop_map(
        |(dims, mut body, exact, cut)| {
            let product = dims.iter().fold(1u32, |p, &dim| p.saturating_mul(dim));
            if exact && product < 500 {
                body.resize(product as usize, 7);
            }
            let mut bytes = vec![0, 0, 8, dims.len() as u8];
            dims.iter().for_each(|dim| bytes.extend(dim.to_be_bytes()));
            bytes.extend(body);
            if cut < bytes.len() && cut % 7 == 0 {
                bytes.truncate(cut);
            }
            bytes
        },
    );
    let bytes = prop_oneof![4 => bytes, 1 => prop::collection::vec(any::<u8>(), 0..90)];
    (bytes, any::<bool>(), any::<prop::sample::Index>(), 0..4u8).prop_map(
        |(bytes, packed, at, damage)| {
            let mut bytes = if packed { gzip(&bytes) } else { bytes };
            if damage == 0 && !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << (at % 8);
            }
            bytes
        },
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A message must be one line of a length that can be read.
fn is_one_line(message: &str) -> bool {
    message.len() < 4000 && !message.contains(['\n', '\r'])
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_bytes_make_the_csv_reader_panic(bytes in almost_csv()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.csv");
        std::fs::write(&path, &bytes).unwrap();
        match csv::read(&path).and_then(|table| table.dataset::<f32>("kind")) {
            Ok(data) => prop_assert!(data.check().is_ok() && !data.is_empty()),
            Err(error) => prop_assert!(is_one_line(&error.to_string()), "{}", error),
        }
    }

    #[test]
    fn no_bytes_make_the_idx_reader_panic(bytes in almost_idx()) {
        match idx::parse("f", &bytes) {
            Ok(file) => {
                prop_assert_eq!(file.dims.iter().product::<usize>(), file.bytes.len());
                match file.images::<f32>() {
                    Ok(images) => prop_assert_eq!(images.len(), file.bytes.len()),
                    Err(error) => prop_assert!(is_one_line(&error.to_string())),
                }
                match file.labels(10) {
                    Ok(labels) => prop_assert!(labels.iter().all(|&label| label < 10)),
                    Err(error) => prop_assert!(is_one_line(&error.to_string())),
                }
            }
            Err(error) => prop_assert!(is_one_line(&error.to_string()), "{}", error),
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        dims in prop::collection::vec(1..6usize, 1..5), packed: bool, seed: u8,
    ) {
        let count = dims.iter().product();
        let byte = |i: usize| (i as u8).wrapping_mul(seed);
        let body: Vec<u8> = (0..count).map(byte).collect();
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        dims.iter().for_each(|&dim| bytes.extend((dim as u32).to_be_bytes()));
        bytes.extend(&body);
        let bytes = if packed { gzip(&bytes) } else { bytes };
        let file = idx::parse("f", &bytes).unwrap();
        prop_assert_eq!((file.dims, file.bytes), (dims, body));
    }
}
