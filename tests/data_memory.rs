//! What a file claims must not cost memory: the readers ask for no block that the bytes
//! of the file do not warrant. A counting allocator watches.

use flate2::{Compression, write::GzEncoder};
use gradbook::data::{Batches, csv, digits, idx};
use gradbook::{Matrix, rng};
use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Write;

/// The system's allocator, with the largest request and the number of requests of each
/// thread noted down.
struct Counting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
    static REQUESTS: Cell<usize> = const { Cell::new(0) };
}

fn note(size: usize) {
    // A thread that is just ending has no counters any more, and needs none.
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
    let _ = REQUESTS.try_with(|requests| requests.set(requests.get() + 1));
}

// SAFETY: every call goes unchanged to the system's allocator. The counters are plain
// cells made at compile time, so that noting a request allocates nothing itself.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The largest block that `work` asks for, in bytes.
fn largest(work: impl FnOnce()) -> usize {
    LARGEST.set(0);
    work();
    LARGEST.get()
}

/// Unpacking needs this much whatever the file: tables and a window.
const UNPACKER: usize = 64 << 10;

fn idx_header(dims: &[u32]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    dims.iter().for_each(|dim| bytes.extend(dim.to_be_bytes()));
    bytes
}

fn gzip(pieces: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    pieces.into_iter().for_each(|piece| encoder.write_all(&piece).unwrap());
    encoder.finish().unwrap()
}

#[test]
fn the_counter_counts() {
    assert!(largest(|| drop(vec![0u8; 1 << 20])) >= 1 << 20);
    assert_eq!(largest(|| {}), 0);
}

#[test]
fn a_header_that_claims_four_billion_images_costs_nothing() {
    let header = idx_header(&[u32::MAX, 28, 28]);
    assert_eq!(header.len(), 16);
    assert!(largest(|| assert!(idx::parse("f", &header).is_err())) < 1 << 10);
    // Just below the limit on any file, and with every size that fits 16 bytes.
    for images in [1 << 10, 1 << 20, (1 << 30) / 784] {
        let header = idx_header(&[images, 28, 28]);
        assert!(largest(|| assert!(idx::parse("f", &header).is_err())) < 1 << 10);
        let packed = gzip([header]);
        assert!(largest(|| assert!(idx::parse("f", &packed).is_err())) < UNPACKER);
    }
}

#[test]
fn a_gzip_bomb_is_stopped_at_its_own_claim() {
    // Under 100 kB packed, 64 MiB unpacked, behind a header for 100 bytes.
    let zeros = (0..64).map(|_| vec![0; 1 << 20]);
    let bomb = gzip(std::iter::once(idx_header(&[100])).chain(zeros));
    assert!(bomb.len() < 100_000);
    let used = largest(|| {
        let error = idx::parse("f", &bomb).unwrap_err().to_string();
        assert!(error.contains("= 100 bytes, but more follow"), "{error}");
    });
    assert!(used < UNPACKER, "{used}");
}

#[test]
fn a_gzip_bomb_of_text_is_stopped_by_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.csv");
    let bomb = gzip((0..64).map(|_| vec![b'0'; 1 << 20]));
    std::fs::write(&path, &bomb).unwrap();
    let used = largest(|| assert!(csv::read(&path).is_err()));
    assert!(used < 2 * 256 * bomb.len() + UNPACKER, "{used}");
}

#[test]
fn a_true_claim_is_met_with_its_own_size() {
    let bytes = [idx_header(&[1000, 28, 28]), vec![9; 784_000]].concat();
    let used = largest(|| drop(idx::parse("f", &bytes).unwrap()));
    assert!((784_000..=2 * 784_000).contains(&used), "{used}");
}

#[test]
fn a_batch_is_copied_without_asking_for_memory() {
    let data = digits::<f32>();
    let (mut x, mut y) = (Matrix::zeros(0, 0), Matrix::zeros(0, 0));
    let mut batches = Batches::shuffled(data.len(), 32, &mut rng(7)).unwrap();
    let mut epoch = || {
        while let Some(batch) = batches.next_batch() {
            data.gather(batch, &mut x, &mut y);
        }
    };
    epoch();
    let before = REQUESTS.get();
    epoch();
    epoch();
    assert_eq!(REQUESTS.get(), before);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_claim_costs_more_than_the_bytes_behind_it(
        dims in prop_oneof![
            prop::collection::vec(any::<u32>(), 0..6),
            prop::collection::vec(1..2000u32, 1..3),
            prop::collection::vec(1..15u32, 1..4),
        ],
        body in prop::collection::vec(any::<u8>(), 0..3000),
        packed: bool,
    ) {
        let mut bytes = [idx_header(&dims), body].concat();
        let mut most = 1024 + 2 * bytes.len();
        if packed {
            bytes = gzip([bytes]);
            most += UNPACKER;
        }
        let used = largest(|| drop(idx::parse("f", &bytes)));
        prop_assert!(used <= most, "{} bytes file, {} asked for", bytes.len(), used);
    }

    #[test]
    fn a_table_costs_a_small_multiple_of_its_text(
        columns in 1..40usize,
        rows in 0..200usize,
        cell in "[0-9ab]{0,2}",
        headed: bool,
    ) {
        let names: Vec<String> = (0..columns).map(|c| format!("c{c}")).collect();
        let row = vec![cell.as_str(); columns].join(",") + "\n";
        let header = if headed { names.join(",") + "\n" } else { String::new() };
        let text = header + &row.repeat(rows);
        let used = largest(|| {
            if let Ok(table) = csv::parse("f", text.as_str()) {
                let _ = table.numbers::<f64>(&["c0", "c1"]);
                let _ = table.classes("c0");
            }
        });
        prop_assert!(used <= 1024 + 32 * text.len(), "{} bytes, {}", text.len(), used);
    }
}
