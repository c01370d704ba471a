//! No test file is forgotten: cargo is told of each by name.

use std::fs;
use std::path::Path;

use super::trials;

trials! {
    every_test_file_is_in_a_manifest
}

fn every_test_file_is_in_a_manifest() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(tests.join(path)).expect(path);
    let manifests =
        ["Cargo.toml", "../Cargo.toml", "library/Cargo.toml"].map(read).concat();
    let files = fs::read_dir(tests).expect("the folder of the tests");
    let mut found = 0;
    for file in files {
        let name = file.expect("a file").file_name().to_string_lossy().into_owned();
        if !name.ends_with(".rs") {
            continue;
        }
        found += 1;
        let named = ["", "tests/", "../"]
            .iter()
            .any(|folder| manifests.contains(&format!("path = \"{folder}{name}\"")));
        assert!(named, "tests/{name} never runs: give it a [[test]] in Cargo.toml");
    }
    assert!(found > 6, "there are more tests than {found}");
}
