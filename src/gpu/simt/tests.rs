//! Each detector on a kernel made for it.

use super::faults::PLANTED;
use super::*;
use crate::gpu::Touch;
use std::pin::Pin;

/// The line of `faults.rs` in the kernel `name` that holds `words`.
fn line(name: &str, words: &str) -> Place {
    let source = include_str!("faults.rs");
    let lines = (1..).zip(source.lines());
    let mut kernel =
        lines.skip_while(|(_, text)| !text.ends_with(&format!("ANCHOR: {name}")));
    let (line, _) = kernel.find(|(_, text)| text.contains(words)).unwrap();
    Place::Source { file: "src/gpu/simt/faults.rs".to_string(), line }
}

fn global(index: i64, len: u64) -> (Space, Spot) {
    (Space::Global, Spot::Number { index, len })
}

fn shared(index: i64, len: u64) -> (Space, Spot) {
    (Space::Shared, Spot::Number { index, len })
}

/// A race of two threads of block 0.
fn race(
    access: Access,
    (space, spot): (Space, Spot),
    before: (Access, u32, Place),
) -> FaultKind {
    let (did, thread, place) = before;
    let (block, thread) = (Dim3::new(0, 0, 0), Dim3::new(thread, 0, 0));
    let other = Box::new(Touch { access: did, block, thread, place });
    FaultKind::Race { access, space, spot, other }
}

#[test]
fn the_seven_mistakes_are_found() {
    use Access::{Load, Store};
    let expected = [
        {
            let (space, spot) = global(100, 100);
            let kind = FaultKind::OutOfBounds { access: Load, space, spot };
            ("no_guard", 1, 36, "t.load(x, i)", kind)
        },
        {
            let reader = line("no_first_barrier", "t.load(a_tile");
            let kind = race(Store, shared(1, 64), (Load, 0, reader));
            ("no_first_barrier", 0, 1, "t.store(a_tile", kind)
        },
        {
            let writer = line("no_second_barrier", "t.store(a_tile");
            let kind = race(Load, shared(0, 64), (Store, 0, writer));
            ("no_second_barrier", 0, 1, "t.load(a_tile", kind)
        },
        {
            let (other, other_place) = (Dim3::new(32, 0, 0), None);
            let kind = FaultKind::DivergentBarrier { other, other_place };
            ("divergent_barrier", 0, 0, "one line lower", kind)
        },
        {
            let place = line("write_write", "t.store(y, i / 2");
            let kind = race(Store, global(0, 50), (Store, 0, place));
            ("write_write", 0, 1, "t.store(y, i / 2", kind)
        },
        {
            let (space, spot) = shared(0, 66);
            let kind = FaultKind::Unwritten { space, spot };
            ("never_written", 0, 0, "let left", kind)
        },
        {
            let (access, space, address, bytes) = (Load, Space::Global, 24, 16);
            let kind = FaultKind::Misaligned { access, space, address, bytes };
            ("misaligned", 0, 1, "t.load4", kind)
        },
    ];
    for (planted, (name, block, thread, words, kind)) in PLANTED.iter().zip(expected) {
        assert_eq!(planted.name, name);
        let fault = (planted.launch)().unwrap_err();
        println!("{fault}");
        let (block, thread) = (Dim3::new(block, 0, 0), Dim3::new(thread, 0, 0));
        let (kernel, place) = (name.to_string(), line(name, words));
        assert_eq!(fault, Fault { kernel, block, thread, place, kind });
        assert_eq!(fault.to_string().lines().count(), 1);
    }
}

/// Runs a kernel on one block with a buffer of 64 ones and one of 64 numbers never
/// written.
pub(super) fn run<F>(
    threads: u32,
    kernel: impl Fn(Thread<'static>, Buffer, Buffer) -> F,
) -> Result<Counters, Fault>
where
    F: Future<Output = ()> + 'static,
{
    let gpu = Box::leak(Box::new(Simt::new()));
    let (x, y) = (gpu.upload(&[1.0; 64]), gpu.alloc(64));
    gpu.launch("kernel", 1, threads, |t| kernel(t, x, y))
}

/// The kind of a fault, its thread, and whether its line is the one with these words.
fn kind(result: Result<Counters, Fault>) -> (FaultKind, u32) {
    let fault = result.unwrap_err();
    let Place::Source { file, .. } = &fault.place else { panic!("{fault}") };
    assert_eq!(file, "src/gpu/simt/tests.rs");
    (fault.kind, fault.thread.x)
}

fn misuse(result: Result<Counters, Fault>) -> String {
    match kind(result).0 {
        FaultKind::Misuse { reason } => reason,
        other => panic!("{other}"),
    }
}

#[test]
#[expect(clippy::if_same_then_else, reason = "the lines differ, and that matters")]
fn barriers_at_two_lines_do_not_meet() {
    let (kind, thread) = kind(run(8, |t, _, _| async move {
        if t.thread_x() < 5 {
            t.barrier().await;
        } else {
            t.barrier().await;
        }
    }));
    let FaultKind::DivergentBarrier { other, other_place } = kind else {
        panic!("{kind}")
    };
    assert_eq!((thread, other.x), (0, 5));
    assert!(other_place.is_some_and(|place| matches!(*place, Place::Source { .. })));
}

#[test]
fn a_barrier_that_some_pass_once_more_is_found() {
    let kind = kind(run(8, |t, _, _| async move {
        for _ in 0..2 + t.thread_x() / 7 {
            t.barrier().await;
        }
    }));
    let (other, other_place) = (Dim3::new(0, 0, 0), None);
    assert_eq!(kind, (FaultKind::DivergentBarrier { other, other_place }, 7));
}

#[test]
fn threads_that_part_are_named_before_the_race_that_follows() {
    let (kind, _) = kind(run(8, |t, _, _| async move {
        let tile = t.shared("tile", 8);
        t.store(tile, t.thread_x(), 1.0);
        if t.thread_x() < 4 {
            t.barrier().await;
        }
        t.load(tile, 7 - t.thread_x());
    }));
    assert!(matches!(kind, FaultKind::DivergentBarrier { .. }), "{kind}");
}

#[test]
fn a_read_of_global_memory_that_nobody_wrote_is_found() {
    let kind = kind(run(8, |t, x, y| async move {
        t.store(y, t.thread_x(), t.load(x, t.thread_x()));
        t.barrier().await;
        t.load(y, t.thread_x() + 1);
    }));
    let (space, spot) = global(8, 64);
    assert_eq!(kind, (FaultKind::Unwritten { space, spot }, 7));
}

#[test]
fn blocks_race_whatever_barriers_they_pass() {
    for did in [Access::Store, Access::Load] {
        let mut gpu = Simt::new();
        let x = gpu.upload(&[1.0; 4]);
        let result = gpu.launch("kernel", 3, 4, |t| async move {
            t.barrier().await;
            if t.block_x() == 0 && t.thread_x() == 2 {
                match did {
                    Access::Store => t.store(x, 3, 1.0),
                    Access::Load => drop(t.load(x, 3)),
                }
            }
            t.barrier().await;
            if t.block_x() == 2 && t.thread_x() == 1 {
                t.store(x, 3, 2.0);
            }
        });
        let fault = result.unwrap_err();
        assert_eq!((fault.block.x, fault.thread.x), (2, 1));
        let FaultKind::Race { access: Access::Store, other, .. } = fault.kind else {
            panic!("{fault}")
        };
        assert_eq!((other.access, other.block.x, other.thread.x), (did, 0, 2));
        // nothing orders blocks, but launches are ordered
        let alone = |t: Thread<'_>| (t.block_x(), t.thread_x()) == (2, 1);
        let again = gpu.launch("kernel", 3, 4, |t| async move {
            if alone(t) {
                t.store(x, 3, 2.0);
            }
        });
        assert!(again.is_ok());
    }
}

#[test]
fn a_barrier_orders_and_its_absence_does_not() {
    let reads_after = |waits: bool| {
        run(4, move |t, _, _| async move {
            let tile = t.shared("tile", 4);
            t.store(tile, t.thread_x(), 1.0);
            if waits {
                t.barrier().await;
            }
            t.load(tile, 3 - t.thread_x());
        })
    };
    assert!(reads_after(true).is_ok());
    let (kind, thread) = kind(reads_after(false));
    // thread 1 read what thread 2 then wrote
    let FaultKind::Race { access: Access::Store, other, .. } = kind else {
        panic!("{kind}")
    };
    assert_eq!((other.access, other.thread.x, thread), (Access::Load, 1, 2));
}

#[test]
fn a_barrier_asked_twice_is_no_sooner_open() {
    let cost = run(4, |t, _, _| async move {
        let tile = t.shared("tile", 4);
        t.store(tile, t.thread_x(), 1.0);
        let mut barrier = t.barrier();
        std::future::poll_fn(|context| {
            let _ = Pin::new(&mut barrier).poll(context);
            Pin::new(&mut barrier).poll(context)
        })
        .await;
        t.load(tile, 3 - t.thread_x());
    });
    assert_eq!(cost.unwrap().barriers, 1);
}

#[test]
fn threads_that_use_the_handle_of_another_do_no_harm() {
    let first = std::cell::Cell::new(None);
    let mut gpu = Simt::new();
    let x = gpu.upload(&[1.0; 32 * 3 * 8]);
    let cost = gpu.launch("kernel", 1, 32, |t| {
        let other = first.get().unwrap_or(t);
        first.set(Some(other));
        async move {
            for turn in 0..3 {
                other.load(x, 8 * (3 * t.thread_x() + turn));
                t.load(x, t.thread_x());
            }
        }
    });
    assert_eq!(cost.unwrap().global_loads, 32 * 6);
}

#[test]
fn shared_memory_is_new_in_each_block() {
    let mut gpu = Simt::new();
    let result = gpu.launch("kernel", 2, 1, |t| async move {
        let tile = t.shared("tile", 1);
        if t.block_x() == 0 {
            t.store(tile, 0, 1.0);
        }
        t.load(tile, 0);
    });
    let fault = result.unwrap_err();
    assert_eq!(fault.block.x, 1);
    assert!(matches!(fault.kind, FaultKind::Unwritten { space: Space::Shared, .. }));
    // another launch may give an array another size, another block may not
    let mut sizes = |first: usize, second: usize| {
        gpu.launch("kernel", 2, 1, |t| async move {
            t.shared("tile", if t.block_x() == 0 { first } else { second });
        })
    };
    assert!(sizes(2, 2).is_ok());
    assert!(matches!(sizes(2, 3).unwrap_err().kind, FaultKind::Misuse { .. }));
}

#[test]
fn four_numbers_are_bound_and_aligned_as_four() {
    let (load, store) = (Access::Load, Access::Store);
    let space = Space::Shared;
    let try_at = |access: Access, i: usize| {
        let result = run(1, move |t, _, _| async move {
            // 7 numbers, then 4 bytes are left free
            let (_, tile) = (t.shared("first", 7), t.shared("tile", 10));
            match access {
                Access::Load => drop(t.load4(tile, i)),
                Access::Store => t.store4(tile, i, [1.0; 4]),
            }
        });
        kind(result).0
    };
    for access in [load, store] {
        let spot = Spot::Number { index: 8, len: 10 };
        assert_eq!(try_at(access, 8), FaultKind::OutOfBounds { access, space, spot });
        let (address, bytes) = (32 + 4 * 5, 16);
        let misaligned = FaultKind::Misaligned { access, space, address, bytes };
        assert_eq!(try_at(access, 5), misaligned);
    }
    assert_eq!(
        try_at(load, 4),
        FaultKind::Unwritten { space, spot: Spot::Number { index: 4, len: 10 } }
    );
}

#[test]
fn an_index_below_zero_is_out_of_bounds() {
    let (kind, _) = kind(run(1, |t, x, _| async move {
        t.load(x, 3_usize.wrapping_sub(5));
    }));
    let FaultKind::OutOfBounds { spot, .. } = kind else { panic!("{kind}") };
    assert_eq!(spot, Spot::Number { index: -2, len: 64 });
}

#[test]
fn after_a_fault_loads_give_nan_and_stores_nothing() {
    let mut gpu = Simt::new();
    let x = gpu.upload(&[1.0, 2.0]);
    let seen = std::cell::Cell::new(0.0);
    let result = gpu.launch("kernel", 1, 1, |t| {
        let seen = &seen;
        async move {
            t.store(x, 2, 1.0);
            seen.set(t.load(x, 0));
            t.store(x, 0, 5.0);
        }
    });
    assert!(matches!(result.unwrap_err().kind, FaultKind::OutOfBounds { .. }));
    assert!(seen.get().is_nan());
    assert_eq!(gpu.read(x), Ok(vec![1.0, 2.0]));
}

#[test]
fn what_only_a_wrong_program_asks_for_is_refused() {
    let sizes = misuse(run(2, |t, _, _| async move {
        t.shared("tile", 8 + t.thread_x());
    }));
    assert!(sizes.contains("\"tile\" with 9 numbers, but src/gpu/"), "{sizes}");
    let large = misuse(run(2, |t, _, _| async move {
        let _ = (t.shared("a", 12_000), t.shared("b", 289));
    }));
    assert!(large.contains("49156 bytes of shared memory"), "{large}");
    let fits = run(2, |t, _, _| async move {
        let _ = (t.shared("a", 12_000), t.shared("b", 288));
    });
    assert!(fits.is_ok());
    let forever = misuse(run(2, |t, x, _| async move {
        t.load(x, 0);
        std::future::pending().await
    }));
    assert!(forever.contains("not a barrier"), "{forever}");
    let endless = misuse(run(1, |t, _, _| async move {
        loop {
            t.barrier().await;
        }
    }));
    assert!(endless.contains("65536 barriers; does it end"), "{endless}");
    let endless = misuse(run(1, |t, x, _| async move { while t.load(x, 0) == 1.0 {} }));
    assert!(endless.contains("16384 loads and stores"), "{endless}");
}

#[test]
fn a_buffer_of_another_device_is_refused() {
    let mut other = Simt::new();
    other.upload(&[1.0; 8]);
    let foreign = other.upload(&[1.0; 5]);
    let reason = misuse(run(1, move |t, _, _| async move {
        t.load(foreign, 0);
    }));
    assert!(reason.contains("not of this device"), "{reason}");
    assert_eq!(Simt::new().read(foreign), Err(ReadError::Elsewhere));
}

#[test]
fn a_launch_has_the_limits_of_hardware() {
    let mut gpu = Simt::new();
    for (grid, block) in [(0, 32), (1, 0), (1, 1025)] {
        let fault = gpu.launch("kernel", grid, block, |_| async {}).unwrap_err();
        assert!(matches!(fault.kind, FaultKind::Launch { .. }));
        assert_eq!(fault.place, Place::Launch);
    }
    assert_eq!(gpu.launch("kernel", 1, 1024, |_| async {}).unwrap().threads, 1024);
}

#[test]
fn what_was_not_written_cannot_be_read_back() {
    let mut gpu = Simt::new();
    let y = gpu.alloc(5);
    let every_second =
        |t: Thread<'_>| t.thread_x().is_multiple_of(2).then_some(t.thread_x());
    let cost = gpu.launch("kernel", 1, 5, |t| async move {
        if let Some(i) = every_second(t) {
            t.store(y, i, i as f32);
        }
    });
    assert_eq!(cost.unwrap().global_stores, 3);
    let error = ReadError::Unwritten { missing: 2, first: 1, len: 5 };
    assert_eq!(gpu.read(y), Err(error));
    let seen = [Some(0.0), None, Some(2.0), None, Some(4.0)];
    assert_eq!(gpu.peek(y).as_deref(), Ok(&seen[..]));
}

#[test]
fn threads_know_where_they_are() {
    let mut gpu = Simt::new();
    let y = gpu.alloc(2 * 3 * 4 * 5 * 2 * 2);
    let cost = gpu.launch("kernel", (2, 3, 2), (4, 5, 2), |t| async move {
        let (width, height) = (t.grid_dim_x() * t.block_dim_x(), 3 * t.block_dim_y());
        let i = (t.global_z() * height + t.global_y()) * width + t.global_x();
        assert_eq!((t.number() / 20, t.lane()), (t.thread_z(), t.number() % 32));
        assert_eq!(t.thread_index().y as usize, t.thread_y());
        assert_eq!(t.block_index().z as usize, t.block_z());
        t.store(y, i, (100 * t.block_y() + 10 * t.block_x() + t.thread_x()) as f32);
    });
    // 40 threads are two warps, the second with 8
    assert_eq!(cost.unwrap().warps, 12 * 2);
    let y = gpu.read(y).unwrap();
    assert_eq!(y[..8], [0., 1., 2., 3., 10., 11., 12., 13.]);
    assert_eq!(y[5 * 8 + 7], 113.0);
}

#[test]
fn the_trace_tells_who_touched_what() {
    let mut gpu = Simt::new();
    let (x, y) = (gpu.upload(&[1.0; 64]), gpu.alloc(64));
    assert!(gpu.take_events().is_empty());
    for on in [true, false] {
        gpu.trace(on);
        let cost = gpu.launch("turn", 2, 32, |t| async move {
            let tile = t.shared("tile", 32);
            t.store(tile, t.thread_x(), t.load(x, t.global_x()));
            t.barrier().await;
            t.store(y, t.global_x(), t.load(tile, 31 - t.thread_x()));
        });
        let (cost, events) = (cost.unwrap(), gpu.take_events());
        assert_eq!((cost.global_loads, cost.shared_loads), (64, 64));
        if !on {
            assert!(events.is_empty());
            continue;
        }
        assert_eq!(events.len(), 4 * 64);
        // in order: x, tile by each thread of block 0; then tile, y; then block 1
        let event = events[2 * 5];
        assert_eq!((event.buffer, event.index, event.numbers), (x, 5, 1));
        assert_eq!((event.access, event.step, event.request), (Access::Load, 0, 0));
        let event = events[2 * 32 + 2 * 5];
        assert!(event.buffer.is_shared());
        assert_eq!((event.index, event.step, event.request), (26, 1, 2));
        let event = events[6 * 32 + 2 * 5 + 1];
        assert_eq!((event.buffer, event.index, event.access), (y, 37, Access::Store));
        assert_eq!((event.block.x, event.thread.x, event.request), (1, 5, 7));
        assert!((line!() - 40..line!()).contains(&event.line));
    }
}
