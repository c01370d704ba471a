//! Threads that part and meet, and what small kernels cost, counted by hand.

use gradbook::gpu::ptx::{Argument, Gpu, Module};
use gradbook::gpu::{Counters, Dim3, FaultKind};

/// Runs a kernel with thread %t and block %b, a buffer %rd1 of 4096 numbers (0, 1, 2
/// ...) and a written buffer %rd2 of 4096, of which each thread owns number %i, at
/// %rd3.
fn run(body: &str, grid: u32, block: Dim3) -> (Counters, Vec<f32>) {
    let text = format!(
        ".version 4.2 .target sm_50 .address_size 64
         .visible .entry k(.param .u64 x, .param .u64 y) {{
         .reg .pred %p<4>; .reg .b32 %r<9>, %t, %b, %i; .reg .f32 %f<9>;
         .reg .b64 %rd<9>; .shared .align 16 .b8 tile[8192]; .local .b32 own[2];
         ld.param.u64 %rd1, [x]; ld.param.u64 %rd2, [y];
         mov.u32 %t, %tid.x; mov.u32 %b, %ctaid.x; mov.u32 %r1, %ntid.x;
         mad.lo.s32 %i, %b, %r1, %t; mad.wide.u32 %rd3, %i, 4, %rd2;
         {body}
         ret; }}"
    );
    let module = Module::parse(&text).unwrap_or_else(|e| panic!("{body}: {e}"));
    let numbers: Vec<f32> = (0..4096).map(|i| i as f32).collect();
    let mut gpu = Gpu::new();
    let (x, y) = (gpu.upload(&numbers).unwrap(), gpu.upload(&[-1.0; 4096]).unwrap());
    let arguments = [Argument::Pointer(x), Argument::Pointer(y)];
    let go = |gpu: &mut Gpu| {
        let seen = gpu.launch(&module, "k", grid.into(), block, &arguments);
        seen.unwrap_or_else(|fault| panic!("{body}: {fault}"))
    };
    let counters = go(&mut gpu);
    let seen = gpu.read(y).unwrap();
    // the same once more
    gpu.write(y, &[-1.0; 4096]).unwrap();
    assert_eq!(go(&mut gpu), counters);
    assert_eq!(gpu.read(y).unwrap(), seen);
    (counters, seen)
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// Instructions of each thread before and after the body.
const AROUND: u64 = 8;

#[test]
fn threads_that_part_meet_again() {
    // the join stands first in the text, as compilers like to put it
    let (counters, seen) = run(
        "setp.lt.u32 %p1, %t, 5; @%p1 bra few; bra many;
         join: st.global.u32 [%rd3], %r2; ret;
         few: mov.u32 %r2, 10; mov.u32 %r3, 1; bra join;
         many: mov.u32 %r2, 20; bra join;",
        1,
        32.into(),
    );
    assert_eq!(counters.global_store_requests, 1);
    assert_eq!(counters.instructions, (AROUND + 2 + 1) * 32 + 5 * 3 + 27 * 3);
    assert_eq!(bits(&seen[..32])[3..7], [10, 10, 20, 20]);
}

#[test]
fn a_loop_waits_for_its_last_thread() {
    // thread t goes round t + 1 times, and sums up 0 to t
    let (counters, seen) = run(
        "mov.u32 %r2, 0; mov.u32 %r3, 0; bra test;
         done: st.global.u32 [%rd3], %r2; ret;
         test: setp.gt.u32 %p1, %r3, %t; @%p1 bra done;
         add.u32 %r2, %r2, %r3; add.u32 %r3, %r3, 1; bra test;",
        2,
        40.into(),
    );
    // 40 threads are a warp and a part of one
    assert_eq!((counters.threads, counters.warps), (80, 4));
    assert_eq!(counters.global_store_requests, 4);
    let rounds: u64 = (1..=40).sum();
    assert_eq!(counters.instructions, 2 * (40 * (AROUND + 3 + 2 + 1) + 5 * rounds));
    let expected: Vec<u32> = (0..80).map(|i| (i % 40) * (i % 40 + 1) / 2).collect();
    assert_eq!(bits(&seen[..80]), expected);
}

#[test]
fn loops_inside_loops_stay_together() {
    // the inner loop runs t % 4 times, the outer one 3 times
    let (counters, seen) = run(
        "and.b32 %r4, %t, 3; mov.u32 %r2, 0; mov.u32 %r5, 0;
         outer: mov.u32 %r3, 0;
         inner: setp.ge.u32 %p1, %r3, %r4; @%p1 bra next;
         ld.global.f32 %f1, [%rd1]; add.u32 %r3, %r3, 1; add.u32 %r2, %r2, 1; bra inner;
         next: ld.global.f32 %f2, [%rd1]; add.u32 %r5, %r5, 1; setp.lt.u32 %p2, %r5, 3;
         @%p2 bra outer;
         st.global.u32 [%rd3], %r2;",
        1,
        32.into(),
    );
    // three requests of the inner loop and one behind it, in each of three rounds
    assert_eq!(counters.global_load_requests, 3 * (3 + 1));
    assert_eq!(counters.global_loads, 3 * (8 * (1 + 2 + 3) + 32));
    assert_eq!(bits(&seen[..4]), [0, 3, 6, 9]);
}

#[test]
fn a_barrier_brings_a_block_together() {
    // numbers go round a ring of 96 threads, written and read in the same two places
    let (counters, seen) = run(
        "shl.b32 %r2, %t, 2; mov.u32 %r3, tile; add.u32 %r2, %r3, %r2;
         add.u32 %r4, %t, 1; rem.u32 %r4, %r4, 96; shl.b32 %r4, %r4, 2;
         add.u32 %r4, %r3, %r4; mov.u32 %r5, %i; mov.u32 %r6, 0;
         again: st.shared.u32 [%r2], %r5; bar.sync 0; ld.shared.u32 %r5, [%r4];
         bar.sync 0; add.u32 %r6, %r6, 1; setp.lt.u32 %p1, %r6, 10; @%p1 bra again;
         st.global.u32 [%rd3], %r5;",
        2,
        96.into(),
    );
    assert_eq!(counters.barriers, 2 * 10 * 2);
    assert_eq!(counters.shared_loads, 10 * 192);
    assert_eq!((counters.shared_requests, counters.bank_conflicts), (120, 0));
    let expected: Vec<u32> = (0..192).map(|i| i / 96 * 96 + (i + 10) % 96).collect();
    assert_eq!(bits(&seen[..192]), expected);
}

#[test]
fn sectors_of_a_warp() {
    let read = |stride: u32, width: u32| {
        let registers = match width {
            1 => "%f1",
            2 => "{%f1, %f2}",
            _ => "{%f1, _, %f3, %f4}",
        };
        let kind = ["", "f32", "v2.f32", "", "v4.f32"][width as usize];
        let body = format!(
            "mad.wide.u32 %rd4, %t, {}, %rd1; ld.global.nc.{kind} {registers}, [%rd4];",
            4 * stride
        );
        let (seen, _) = run(&body, 1, 32.into());
        assert_eq!(seen.global_load_requests, 1);
        assert_eq!(seen.global_loads, u64::from(32 * width));
        seen.global_load_sectors
    };
    assert_eq!(read(0, 1), 1);
    assert_eq!(
        [read(1, 1), read(2, 1), read(4, 1), read(8, 1), read(32, 1)],
        [4, 8, 16, 32, 32]
    );
    assert_eq!([read(2, 2), read(4, 4), read(0, 4)], [8, 16, 1]);
    // one number further: a fifth sector
    let (seen, _) = run(
        "mad.wide.u32 %rd4, %t, 4, %rd1; ld.global.f32 %f1, [%rd4+4];",
        1,
        32.into(),
    );
    assert_eq!(seen.global_load_sectors, 5);
    assert_eq!(seen.global_bytes(), 5 * 32);
    // a store of half a warp
    let (seen, _) = run(
        "setp.lt.u32 %p1, %t, 16; @%p1 st.global.f32 [%rd3], 0f00000000;",
        1,
        32.into(),
    );
    assert_eq!((seen.global_stores, seen.global_store_sectors), (16, 2));
}

#[test]
fn conflicts_of_banks() {
    // each of 32 threads writes and reads at its own place, so many bytes from the next
    let passes = |bytes: u32, kind: &str, number: &str| {
        let body = format!(
            "mad.lo.u32 %r2, %t, {bytes}, tile; st.shared.{kind} [%r2], {number};
             ld.shared.{kind} {number}, [%r2];"
        );
        let (seen, _) = run(&body, 1, 32.into());
        assert_eq!(seen.shared_requests, 2);
        assert_eq!(seen.shared_loads, seen.shared_stores);
        seen.bank_conflicts
    };
    assert_eq!(passes(4, "f32", "%f1"), 0);
    assert_eq!(passes(8, "f32", "%f1"), 2);
    // a column of a tile 32 wide, and of one 33 wide
    assert_eq!(passes(128, "f32", "%f1"), 2 * 31);
    assert_eq!(passes(132, "f32", "%f1"), 0);
    assert_eq!(passes(8, "u64", "%rd5"), 0);
    assert_eq!(passes(16, "v4.f32", "{%f1, %f2, %f3, %f4}"), 0);
    assert_eq!(passes(32, "v4.f32", "{%f1, %f2, %f3, %f4}"), 2 * 4);
    assert_eq!(passes(16, "v2.f32", "{%f1, %f2}"), 2 * 2);
}

#[test]
fn memory_of_every_kind_and_width() {
    let (seen, numbers) = run(
        "mad.wide.u32 %rd4, %t, 16, %rd1; cvta.to.global.u64 %rd4, %rd4;
         ld.global.v2.u64 {%rd5, %rd6}, [%rd4];
         mad.lo.u32 %r2, %t, 16, tile; st.shared.v2.b64 [%r2], {%rd5, %rd6};
         ld.shared.v4.f32 {%f1, %f2, %f3, %f4}, [%r2];
         mov.u64 %rd7, own; cvta.local.u64 %rd8, %rd7; st.local.f32 [%rd7+4], %f4;
         st.f32 [%rd8], %f1; ld.f32 %f5, [%rd8+4]; ld.local.f32 %f1, [own];
         cvt.u64.u32 %rd7, %r2; cvta.shared.u64 %rd7, %rd7; ld.f32 %f6, [%rd7+8];
         fma.rn.f32 %f1, %f5, 0f42C80000, %f1; add.f32 %f1, %f1, %f6;
         st.f32 [%rd3], %f1;",
        1,
        32.into(),
    );
    // 4t of the first, 100 times the fourth, and the third
    let expected: Vec<f32> =
        (0..32).map(|t| (4 * t + 100 * (4 * t + 3) + 4 * t + 2) as f32).collect();
    assert_eq!(numbers[..32], expected);
    assert_eq!((seen.local_loads, seen.local_stores), (64, 64));
    assert_eq!((seen.shared_loads, seen.shared_stores), (160, 128));
    assert_eq!((seen.global_loads, seen.global_stores), (128, 32));
    assert_eq!(seen.fma, 32);
}

#[test]
fn one_pointer_may_lead_each_thread_elsewhere() {
    // thread t reads number 2t of x, of the tile or of its own memory, by t mod 3
    let (seen, numbers) = run(
        "mad.wide.u32 %rd4, %t, 8, %rd1; mul.lo.u32 %r2, %t, 8; add.u32 %r2, %r2, tile;
         cvt.rn.f32.u32 %f1, %t; add.f32 %f1, %f1, 0f44000000;
         st.shared.f32 [%r2], %f1; neg.f32 %f2, %f1; st.local.f32 [own], %f2;
         rem.u32 %r3, %t, 3; setp.eq.u32 %p1, %r3, 1; setp.eq.u32 %p2, %r3, 2;
         cvt.u64.u32 %rd5, %r2; cvta.shared.u64 %rd5, %rd5;
         mov.u64 %rd6, own; cvta.local.u64 %rd6, %rd6;
         @%p1 mov.u64 %rd4, %rd5; @%p2 mov.u64 %rd4, %rd6;
         ld.f32 %f3, [%rd4]; st.f32 [%rd3], %f3;",
        1,
        32.into(),
    );
    let expected = (0..32).map(|t| match t % 3 {
        0 => 2.0 * t as f32,
        1 => 512.0 + t as f32,
        _ => -512.0 - t as f32,
    });
    assert_eq!(numbers[..32], expected.collect::<Vec<f32>>());
    assert_eq!((seen.global_loads, seen.shared_loads, seen.local_loads), (11, 11, 10));
    // numbers 0, 6, 12 ... 60: none of the eight sectors is left out
    assert_eq!((seen.global_load_requests, seen.global_load_sectors), (1, 8));
    assert_eq!(seen.shared_requests, 2);
}

#[test]
fn positions_and_sizes() {
    // a block of 3 x 4 x 5 threads writes a number made of its position
    let (seen, numbers) = run(
        "mov.u32 %r2, %tid.y; mov.u32 %r3, %tid.z; mov.u32 %r4, %ntid.y;
         mad.lo.u32 %r5, %r3, %r4, %r2; mad.lo.u32 %r5, %r5, %r1, %t;
         mad.wide.u32 %rd3, %r5, 4, %rd2; mul.lo.u32 %r6, %t, 100;
         mad.lo.u32 %r6, %r2, 10, %r6; add.u32 %r6, %r6, %r3;
         mov.u32 %r7, %nctaid.x; mad.lo.u32 %r6, %r7, 1000, %r6;
         st.global.u32 [%rd3], %r6;",
        1,
        (3, 4, 5).into(),
    );
    assert_eq!((seen.threads, seen.warps), (60, 2));
    let at = |i: u32| 1000 + i % 3 * 100 + i / 3 % 4 * 10 + i / 12;
    assert_eq!(bits(&numbers[..60]), (0..60).map(at).collect::<Vec<_>>());
}

#[test]
fn shared_memory_that_the_launch_adds() {
    let module = Module::parse(
        ".version 4.2 .target sm_50 .address_size 64
         .extern .shared .align 16 .b8 more[];
         .visible .entry k(.param .align 4 .b8 pair[8]) {
         .reg .b32 %r<5>; .shared .align 4 .b8 one[4];
         st.shared.u32 [one], 1; ld.param.u32 %r1, [pair+4]; mov.u32 %r2, more;
         shl.b32 %r3, %r1, 2; add.u32 %r2, %r2, %r3; st.shared.u32 [%r2], 3; ret; }",
    );
    let module = module.unwrap();
    let kernel = module.kernel("k").unwrap();
    // four bytes of `one`, and room up to the next multiple of 16
    assert_eq!((kernel.shared_bytes(), kernel.instructions()), (16, 7));
    let mut gpu = Gpu::new();
    let mut at = |index: u8, bytes: u64| {
        let arguments = [0, 0, 0, 0, index, 0, 0, 0];
        gpu.launch_raw(&module, "k", 1.into(), 1.into(), bytes, &arguments)
    };
    assert!(at(24, 100).is_ok());
    let kind = at(25, 100).unwrap_err().kind;
    assert!(matches!(kind, FaultKind::OutOfBounds { .. }), "{kind}");
}
