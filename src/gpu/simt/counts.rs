//! Each count against one made by hand.

use super::kernels::*;
use super::tests::run;
use super::*;

/// Runs a kernel on a, b and c.
type Launch = dyn Fn(&mut Simt, [Buffer; 3]) -> Result<Counters, Fault>;

/// The numbers 0 to 10 in some order, from -5 to 5.
fn numbers(count: usize, start: usize) -> Vec<f32> {
    (start..start + count).map(|i| (i * 7 % 11) as f32 - 5.0).collect()
}

/// The counts of a product, whose result must be that of the definition.
fn product([m, k, n]: [usize; 3], launch: &Launch) -> Counters {
    let (a, b) = (numbers(m * k, 0), numbers(k * n, 3));
    let mut gpu = Simt::new();
    let abc = [gpu.upload(&a), gpu.upload(&b), gpu.alloc(m * n)];
    let cost = launch(&mut gpu, abc).unwrap();
    let entry = |at: usize| {
        let terms = (0..k).map(|i| (a[at / n * k + i], b[i * n + at % n]));
        terms.fold(0.0, |sum: f32, (left, right)| left.mul_add(right, sum)).to_bits()
    };
    let seen: Vec<u32> =
        gpu.read(abc[2]).unwrap().into_iter().map(f32::to_bits).collect();
    assert_eq!(seen, (0..m * n).map(entry).collect::<Vec<_>>());
    cost
}

fn naive(sizes: [usize; 3]) -> Counters {
    let [m, _, n] = sizes;
    let grid = (m.div_ceil(32) as u32, n.div_ceil(8) as u32);
    product(sizes, &move |gpu, abc| {
        gpu.launch("naive", grid, (32, 8), |t| naive_product(t, abc, sizes))
    })
}

fn coalesced(sizes: [usize; 3]) -> Counters {
    let [m, _, n] = sizes;
    let grid = (n.div_ceil(32) as u32, m.div_ceil(8) as u32);
    product(sizes, &move |gpu, abc| {
        gpu.launch("coalesced", grid, (32, 8), |t| coalesced_product(t, abc, sizes))
    })
}

fn tiled(sizes: [usize; 3]) -> Counters {
    let [m, _, n] = sizes;
    let grid = (n.div_ceil(TILE) as u32, m.div_ceil(TILE) as u32);
    product(sizes, &move |gpu, abc| {
        gpu.launch("tiled", grid, (16, 16), |t| tiled_product(t, abc, sizes))
    })
}

#[test]
fn products_cost_what_paper_says() {
    let [m, k, n] = [64, 32, 96];
    let (work, results) = ((m * k * n) as u64, (m * n) as u64);
    let same = Counters {
        threads: results,
        warps: results / 32,
        fma: work,
        global_stores: results,
        ..Counters::default()
    };
    // a warp reads 32 rows of a, one sector each, and one number of b
    let requests = results / 32 * k as u64;
    let expected = Counters {
        global_loads: 2 * work,
        global_load_requests: 2 * requests,
        global_load_sectors: (32 + 1) * requests,
        global_store_requests: results / 32,
        global_store_sectors: results,
        ..same
    };
    assert_eq!(naive([m, k, n]), expected);
    // one number of a, and 32 of b in a row
    let expected = Counters {
        global_load_sectors: (1 + 4) * requests,
        global_store_sectors: results / 8,
        ..expected
    };
    assert_eq!(coalesced([m, k, n]), expected);
    // each thread reads two numbers for 16; a warp is two rows of 16 numbers
    let steps = (k / TILE) as u64;
    let expected = Counters {
        global_loads: 2 * work / 16,
        global_load_requests: 2 * results / 32 * steps,
        global_load_sectors: 2 * results / 8 * steps,
        shared_stores: 2 * results * steps,
        shared_loads: 2 * work,
        shared_requests: (2 * results * steps + 2 * work) / 32,
        barriers: 2 * steps * results / 256,
        ..expected
    };
    assert_eq!(tiled([m, k, n]), expected);
}

#[test]
fn products_of_ragged_sizes_are_right() {
    for sizes in [[1, 1, 1], [17, 19, 23], [3, 33, 5], [31, 1, 2], [1, 40, 37]] {
        let [m, k, n] = sizes;
        for cost in [naive(sizes), coalesced(sizes)] {
            assert_eq!(cost.global_loads, 2 * (m * k * n) as u64);
            assert_eq!(cost.global_stores, (m * n) as u64);
        }
        let loads = m * k * n.div_ceil(TILE) + k * n * m.div_ceil(TILE);
        assert_eq!(tiled(sizes).global_loads, loads as u64);
    }
}

/// One warp copies numbers that lie `stride` apart.
fn copy(stride: usize, n: usize) -> Counters {
    let mut gpu = Simt::new();
    let (x, y) = (gpu.upload(&vec![1.0; n]), gpu.alloc(n));
    gpu.launch("copy", 1, 32, |t| strided_copy(t, x, y, stride)).unwrap()
}

#[test]
fn sectors_grow_with_the_stride() {
    for (stride, sectors) in [(1, 4), (2, 8), (3, 12), (7, 28), (8, 32), (32, 32)] {
        let cost = copy(stride, 32 * stride);
        assert_eq!(cost.global_load_sectors, sectors, "stride {stride}");
        assert_eq!(cost.global_store_sectors, sectors, "stride {stride}");
        assert_eq!((cost.global_load_requests, cost.global_loads), (1, 32));
    }
    // seven threads take part
    let cost = copy(3, 20);
    assert_eq!((cost.global_load_requests, cost.global_loads), (1, 7));
    assert_eq!(cost.global_load_sectors, 3);
    // a row that begins in the middle of a sector touches one more
    let shifted = run(32, |t, x, _| async move {
        t.load(x, t.thread_x() + 4);
    });
    assert_eq!(shifted.unwrap().global_load_sectors, 5);
}

#[test]
fn four_numbers_are_one_request() {
    let cost = run(16, |t, x, y| async move {
        t.store4(y, 4 * t.thread_x(), t.load4(x, 4 * t.thread_x()));
    });
    let expected = Counters {
        threads: 16,
        warps: 1,
        global_loads: 64,
        global_stores: 64,
        global_load_requests: 1,
        global_store_requests: 1,
        global_load_sectors: 8,
        global_store_sectors: 8,
        ..Counters::default()
    };
    assert_eq!(cost, Ok(expected));
}

#[test]
fn banks_serve_a_column_one_by_one() {
    // a column of 32 rows: of 32 numbers all in one bank, of 33 each in another
    for (width, conflicts) in [(32, 31), (33, 0), (34, 1), (40, 7), (1, 0)] {
        let cost = run(32, move |t, _, _| async move {
            let tile = t.shared("tile", 32 * 40);
            t.store(tile, t.thread_x() * width, 1.0);
        });
        let cost = cost.unwrap();
        assert_eq!((cost.shared_requests, cost.shared_stores), (1, 32));
        assert_eq!(cost.bank_conflicts, conflicts, "rows of {width}");
    }
    // four numbers at once are served a quarter of a warp at a time: in a row without
    // conflict, and all from one bank in as many passes as the quarter has threads
    let fours = |first: usize, end: usize, apart: usize| {
        let cost = run(32, move |t, _, _| async move {
            let tile = t.shared("tile", 32 * 32);
            if (first..end).contains(&t.thread_x()) {
                t.store4(tile, t.thread_x() * apart, [1.0; 4]);
            }
        });
        cost.unwrap().bank_conflicts
    };
    assert_eq!((fours(0, 32, 4), fours(0, 32, 32)), (0, 4 * 7));
    // threads 4 to 7 are of another quarter than 8 to 11
    assert_eq!(fours(4, 12, 32), 2 * 3);
    // all threads want one number: one pass
    let cost = run(32, |t, _, _| async move {
        let tile = t.shared("tile", 64);
        if t.thread_x() == 0 {
            t.store(tile, 5, 1.0);
        }
        t.barrier().await;
        t.load(tile, 5);
    });
    let cost = cost.unwrap();
    assert_eq!((cost.bank_conflicts, cost.shared_requests), (0, 2));
}

#[test]
fn a_warp_asks_at_once_where_its_threads_come_by_for_the_same_time() {
    // turns of a loop are requests, and who takes more turns goes on alone
    let cost = run(64, |t, x, _| async move {
        for turn in 0..2 + t.thread_x() / 63 {
            t.load(x, turn);
        }
    });
    let cost = cost.unwrap();
    assert_eq!((cost.global_loads, cost.global_load_requests), (129, 2 + 3));
    // two calls are two requests, whoever makes them
    let cost = run(32, |t, x, _| async move {
        let i = t.thread_x();
        match i < 10 {
            true => t.load(x, i),
            false => t.load(x, i),
        };
    });
    assert_eq!(cost.unwrap().global_load_requests, 2);
    // a helper stands for the line that calls it, whichever way it reads
    #[track_caller]
    fn read(t: Thread<'_>, x: Buffer, wide: bool) {
        match wide {
            true => drop(t.load4(x, 4 * t.thread_x())),
            false => drop(t.load(x, t.thread_x())),
        }
    }
    for first in [true, false] {
        let cost = run(2, move |t, x, _| async move {
            read(t, x, (t.thread_x() == 0) == first);
        });
        let cost = cost.unwrap();
        assert_eq!((cost.global_loads, cost.global_load_requests), (4 + 1, 2));
    }
    // at a barrier the counting begins anew: threads that were ahead are so no longer
    let cost = run(32, |t, x, _| async move {
        for step in 0..2 {
            if step == 1 || t.thread_x() < 16 {
                t.load(x, t.thread_x());
            }
            t.barrier().await;
        }
    });
    assert_eq!(cost.unwrap().global_load_requests, 2);
}
