//! The PTX that ships is that of the sources beside it, and what the typed list says of
//! its kernels is true.

use std::fs;

use gradbook::gpu::kernels::{CONV2D, MATMUL, PTX};
use sha2::{Digest, Sha256};

const FAULTS: &str = include_str!("faults.ptx");

fn sum(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    let source = fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    Sha256::digest(source).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The names of the kernels, with how many addresses and then how many sizes each
/// takes.
fn kernels(ptx: &str) -> Vec<(&str, usize, usize)> {
    let entries = ptx.split(".visible .entry ").skip(1);
    let heads = entries.filter_map(|entry| entry.split_once(')'));
    heads
        .filter_map(|(head, _)| head.split_once('('))
        .map(|(name, parameters)| {
            let kinds: Vec<&str> = parameters
                .split(',')
                .filter_map(|p| p.split_whitespace().nth(1))
                .collect();
            let pointers = kinds.iter().take_while(|kind| **kind == ".u64").count();
            let sizes =
                kinds[pointers..].iter().filter(|kind| **kind == ".u32").count();
            assert_eq!(pointers + sizes, kinds.len(), "{name}: addresses, then sizes");
            (name, pointers, sizes)
        })
        .collect()
}

#[test]
fn the_ptx_is_of_these_sources() {
    for (ptx, source) in [(PTX, "src/gpu/kernels.cu"), (FAULTS, "tests/gpu/faults.cu")]
    {
        for source in [source, "src/gpu/cuda.h"] {
            let name = source.rsplit('/').next().unwrap_or(source);
            let line = format!("// sha256 of {name}: {}", sum(source));
            assert!(
                ptx.lines().take(4).any(|l| l == line),
                "{source} has changed: run src/gpu/build-ptx"
            );
        }
    }
}

#[test]
fn the_ptx_holds_the_kernels_of_the_list_and_no_other() {
    let mut listed: Vec<_> = MATMUL.iter().map(|rung| (rung.name, 3, 3)).collect();
    listed.extend(CONV2D.iter().map(|kernel| (kernel.name, 4, 11)));
    assert_eq!(kernels(PTX), listed);
}

/// What a driver of 2014 knows; and no folder of the machine that compiled it.
#[test]
fn the_ptx_runs_on_old_cards_and_names_no_folder() {
    for ptx in [PTX, FAULTS] {
        assert!(ptx.contains("\n.version 4.2\n") && ptx.contains("\n.target sm_50\n"));
        for line in ptx.lines() {
            assert!(!line.contains(".local"), "numbers spilled to memory: {line}");
            if let Some(file) = line.trim().strip_prefix(".file") {
                assert!(!file.contains('/'), "{line}");
            }
        }
    }
}
