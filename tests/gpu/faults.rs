//! What goes wrong in a kernel is found, and named with kernel, block, thread and line.

use gradbook::gpu::ptx::{Argument, Gpu, Module};
use gradbook::gpu::{Access, Dim3, Fault, FaultKind, Place, Space, Spot};

const PTX: &str = include_str!("faults.ptx");
const SOURCE: &str = include_str!("faults.cu");

/// The only line of the kernel that holds these words.
fn line(kernel: &str, words: &str) -> u32 {
    let start = format!("// ANCHOR: {kernel}\n");
    let end = format!("// ANCHOR_END: {kernel}\n");
    let from = SOURCE.find(&start).unwrap_or_else(|| panic!("no anchor {kernel}"));
    let to = SOURCE.find(&end).unwrap_or_else(|| panic!("no end of {kernel}"));
    let found = SOURCE[from..to].find(words);
    let at = from + found.unwrap_or_else(|| panic!("{kernel} has no `{words}`"));
    SOURCE[..at].lines().count() as u32 + u32::from(SOURCE[..at].ends_with('\n'))
}

/// Runs a planted kernel on buffers of ones, the last of them never written.
fn planted(name: &str, shape: (u32, Dim3), lens: &[usize], sizes: &[i32]) -> Fault {
    let module = Module::parse(PTX).unwrap();
    let mut gpu = Gpu::new();
    let mut arguments = Vec::new();
    for (at, len) in (1..).zip(lens) {
        let pointer = match at == lens.len() {
            true => gpu.alloc(*len),
            false => gpu.upload(&vec![1.0; *len]),
        };
        arguments.push(Argument::Pointer(pointer.unwrap()));
    }
    arguments.extend(sizes.iter().map(|size| Argument::I32(*size)));
    let grid = (shape.0, shape.0).into();
    let grid = if shape.1.y > 1 { grid } else { shape.0.into() };
    let fault = gpu.launch(&module, name, grid, shape.1, &arguments).unwrap_err();
    println!("{fault}");
    assert_eq!(fault.kernel, name);
    assert!(!fault.to_string().contains('\n'));
    fault
}

/// The line of the source that a place names, which has to be in `faults.cu`.
fn source(place: &Place) -> u32 {
    match place {
        Place::Ptx { source: Some(source), line } => {
            assert_eq!(source.0, "faults.cu");
            assert!(*line > 10);
            source.1
        }
        other => panic!("{other}"),
    }
}

fn who(fault: &Fault) -> (u32, u32) {
    assert_eq!((fault.block.z, fault.thread.z), (0, 0));
    (fault.block.x, fault.thread.x)
}

fn line_of_threads(threads: u32) -> Dim3 {
    threads.into()
}

#[test]
fn no_guard() {
    let fault = planted("no_guard", (2, line_of_threads(64)), &[100, 100], &[100]);
    assert_eq!(who(&fault), (1, 36));
    assert_eq!(source(&fault.place), line("no_guard", "y[i] ="));
    let spot = Spot::Number { index: 100, len: 100 };
    let (access, space) = (Access::Load, Space::Global);
    assert_eq!(fault.kind, FaultKind::OutOfBounds { access, space, spot });
}

#[test]
fn the_first_barrier_missing() {
    let shape = (2, (8, 8).into());
    let fault = planted("no_first_barrier", shape, &[256, 256, 256], &[16]);
    assert_eq!((who(&fault), fault.thread.y), ((0, 1), 0));
    assert_eq!(source(&fault.place), line("no_first_barrier", "sum = fmaf"));
    let FaultKind::Race { access, space, other, .. } = fault.kind else {
        panic!("{fault}");
    };
    assert_eq!((access, space), (Access::Load, Space::Shared));
    assert_eq!((other.access, other.thread.x), (Access::Store, 0));
    assert_eq!(source(&other.place), line("no_first_barrier", "a_tile[y][x] ="));
}

#[test]
fn the_second_barrier_missing() {
    let shape = (2, (8, 8).into());
    let fault = planted("no_second_barrier", shape, &[256, 256, 256], &[16]);
    assert_eq!((who(&fault), fault.thread.y), ((0, 0), 0));
    assert_eq!(source(&fault.place), line("no_second_barrier", "a_tile[y][x] ="));
    let FaultKind::Race { access, space, other, .. } = fault.kind else {
        panic!("{fault}");
    };
    assert_eq!((access, space), (Access::Store, Space::Shared));
    assert_eq!((other.access, other.thread.x), (Access::Load, 1));
    assert_eq!(source(&other.place), line("no_second_barrier", "sum = fmaf"));
}

#[test]
fn a_barrier_that_some_threads_never_reach() {
    let fault = planted("divergent_barrier", (1, line_of_threads(64)), &[64, 1], &[]);
    assert_eq!(who(&fault), (0, 0));
    let barrier = line("divergent_barrier", "__syncthreads(); // it should");
    assert_eq!(source(&fault.place), barrier);
    let (other, other_place) = (Dim3::new(32, 0, 0), None);
    assert_eq!(fault.kind, FaultKind::DivergentBarrier { other, other_place });
}

#[test]
fn two_writers_of_one_number() {
    let fault = planted("write_write", (2, line_of_threads(64)), &[100, 50], &[100]);
    assert_eq!(who(&fault), (0, 1));
    assert_eq!(source(&fault.place), line("write_write", "y[i / 2] ="));
    let FaultKind::Race { access, space, spot, other } = fault.kind else {
        panic!("{fault}");
    };
    assert_eq!((access, space), (Access::Store, Space::Global));
    assert_eq!(spot, Spot::Number { index: 0, len: 50 });
    assert_eq!((other.access, other.thread.x), (Access::Store, 0));
}

#[test]
fn shared_memory_never_written() {
    let fault = planted("never_written", (1, line_of_threads(64)), &[64, 64], &[]);
    assert_eq!(who(&fault), (0, 0));
    assert_eq!(source(&fault.place), line("never_written", "y[t] ="));
    let (space, spot) = (Space::Shared, Spot::Number { index: 0, len: 66 });
    assert_eq!(fault.kind, FaultKind::Unwritten { space, spot });
}

#[test]
fn a_vector_at_an_odd_place() {
    let fault = planted("misaligned", (1, line_of_threads(5)), &[30, 5], &[6]);
    assert_eq!(who(&fault), (0, 1));
    assert_eq!(source(&fault.place), line("misaligned", "y[row] ="));
    let (access, space, address, bytes) = (Access::Load, Space::Global, 24, 16);
    assert_eq!(fault.kind, FaultKind::Misaligned { access, space, address, bytes });
}

/// A kernel of one pointer %rd1 and a number %n, with thread %t; `body` follows.
fn kernel(body: &str) -> Module {
    let text = format!(
        ".version 4.2\n.target sm_50\n.address_size 64\n.extern .shared .b8 more[];\n\
         .visible .entry k(.param .u64 x, .param .u32 n) {{\n\
         .reg .pred %p<4>; .reg .b32 %r<9>, %n, %t; .reg .f32 %f<9>;\
         .reg .b64 %rd<9>;\n\
         .shared .align 4 .b8 one[8]; .shared .align 4 .b8 two[8];\n\
         .local .align 4 .b8 own[8];\n\
         ld.param.u64 %rd1, [x]; ld.param.u32 %n, [n]; mov.u32 %t, %tid.x;\n\
         {body}\nret;\n}}\n"
    );
    Module::parse(&text).unwrap_or_else(|e| panic!("{body}: {e}"))
}

/// What the first line of `body` (PTX line 10) does wrong, with `blocks` blocks of
/// `threads`, %rd1 the address of 8 ones, and %n.
fn fault(body: &str, blocks: u32, threads: u32, n: u32) -> FaultKind {
    let mut gpu = Gpu::new();
    gpu.set_budget(10_000);
    let x = gpu.upload(&[1.0; 8]).unwrap();
    let arguments = [Argument::Pointer(x), Argument::U32(n)];
    let module = kernel(body);
    let seen = gpu.launch(&module, "k", blocks.into(), threads.into(), &arguments);
    let fault = seen.expect_err(body);
    println!("{fault}");
    assert!(!fault.to_string().contains('\n'));
    fault.kind
}

fn outside(access: Access, space: Space, spot: Spot) -> FaultKind {
    FaultKind::OutOfBounds { access, space, spot }
}

#[test]
fn addresses_outside_of_all_buffers() {
    use Access::{Load, Store};
    use Space::{Global, Local, Shared};
    let number = |index, len| Spot::Number { index, len };
    let at = |body| fault(body, 1, 1, 0);
    let seen = at("ld.global.f32 %f1, [%rd1+32];");
    assert_eq!(seen, outside(Load, Global, number(8, 8)));
    let seen = at("st.global.f32 [%rd1+-4], 0f00000000;");
    assert_eq!(seen, outside(Store, Global, number(-1, 8)));
    let seen = at("ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1+32];");
    assert_eq!(seen, outside(Load, Global, number(8, 8)));
    let seen = at("mov.u64 %rd2, 0; ld.global.f32 %f1, [%rd2];");
    assert_eq!(seen, outside(Load, Global, Spot::Nowhere { address: 0 }));
    // four thousand million numbers further on there is still nothing
    let seen = at("mov.u32 %r1, -1; mad.wide.u32 %rd2, %r1, 4, %rd1; \
                   ld.global.f32 %f1, [%rd2];");
    assert_eq!(seen, outside(Load, Global, number(0xffff_ffff, 8)));
    let seen = at("mov.u64 %rd2, one; st.shared.u32 [%rd2+8], %t;");
    assert_eq!(seen, outside(Store, Shared, number(2, 2)));
    let seen = at("mov.u32 %r1, two; st.shared.u32 [%r1+-4], %t;");
    assert!(matches!(seen, FaultKind::OutOfBounds { space: Shared, .. }));
    // the first two of four are inside
    let seen = at("st.shared.v4.u32 [one], {%r1, %r1, %r1, %r1};");
    assert_eq!(seen, outside(Store, Shared, number(0, 2)));
    let mut gpu = Gpu::new();
    let six = gpu.upload(&[1.0; 6]).unwrap();
    let module = kernel("ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1+16];");
    let arguments = [Argument::Pointer(six), Argument::I32(0)];
    let seen = gpu.launch(&module, "k", 1.into(), 1.into(), &arguments);
    assert_eq!(seen.unwrap_err().kind, outside(Load, Global, number(4, 6)));
    let seen = at("st.shared.u32 [more], %t;");
    assert_eq!(seen, outside(Store, Shared, number(0, 0)));
    let seen = at("mov.u64 %rd2, own; ld.local.f32 %f1, [%rd2+8];");
    assert_eq!(seen, outside(Load, Local, number(2, 2)));
}

#[test]
fn freed_memory() {
    let mut gpu = Gpu::new();
    let (x, y) = (gpu.upload(&[1.0; 8]).unwrap(), gpu.upload(&[1.0; 8]).unwrap());
    gpu.free(x).unwrap();
    let module = kernel("ld.global.f32 %f1, [%rd1];");
    let mut at = |x| {
        let arguments = [Argument::Pointer(x), Argument::I32(0)];
        gpu.launch(&module, "k", 1.into(), 1.into(), &arguments)
    };
    let seen = at(x).unwrap_err().kind;
    assert_eq!(seen, outside(Access::Load, Space::Global, Spot::Freed));
    assert!(at(y).is_ok());
}

#[test]
fn memory_that_nobody_has_written() {
    let unwritten = |space, index, len| {
        let spot = Spot::Number { index, len };
        FaultKind::Unwritten { space, spot }
    };
    let seen = fault("ld.shared.f32 %f1, [two+4];", 1, 1, 0);
    assert_eq!(seen, unwritten(Space::Shared, 1, 2));
    let seen = fault("ld.local.f32 %f1, [own+4];", 1, 1, 0);
    assert_eq!(seen, unwritten(Space::Local, 1, 2));
    // whatever comes of that number, up to a loop without an end
    for then in ["bar.sync 0;", "st.global.f32 [%rd1+32], %f1;", "a: bra a;"] {
        let seen = fault(&format!("ld.shared.f32 %f1, [two+4]; {then}"), 1, 40, 0);
        assert_eq!(seen, unwritten(Space::Shared, 1, 2), "{then}");
    }
    // what one block leaves in its memories, the next does not find
    for (space, name) in [(Space::Shared, "shared"), (Space::Local, "local")] {
        let body = format!(
            "mov.u32 %r1, %ctaid.x; setp.eq.u32 %p1, %r1, 0; mov.u64 %rd2, 0;\n\
             @%p1 st.{name}.u32 [%rd2], %t; ld.{name}.u32 %r2, [%rd2];"
        );
        assert_eq!(fault(&body, 2, 1, 0), unwritten(space, 0, 2));
    }
    let mut gpu = Gpu::new();
    let x = gpu.alloc(3).unwrap();
    gpu.write(x, &[1.0, 2.0]).unwrap();
    let arguments = [Argument::Pointer(x), Argument::I32(0)];
    let module = kernel("ld.global.f32 %f1, [%rd1+4]; ld.global.f32 %f1, [%rd1+8];");
    let seen = gpu.launch(&module, "k", 1.into(), 1.into(), &arguments);
    assert_eq!(seen.unwrap_err().kind, unwritten(Space::Global, 2, 3));
}

#[test]
fn misaligned_accesses() {
    for (body, bytes) in [
        ("ld.global.f32 %f1, [%rd1+2];", 4),
        ("ld.global.u64 %rd2, [%rd1+4];", 8),
        ("ld.global.v2.f32 {%f1, %f2}, [%rd1+4];", 8),
        ("st.shared.f32 [one+1], 0f00000000;", 4),
        ("st.local.f32 [own+3], 0f00000000;", 4),
    ] {
        let seen = fault(body, 1, 1, 0);
        let right =
            matches!(seen, FaultKind::Misaligned { bytes: b, .. } if b == bytes);
        assert!(right, "{body}: {seen}");
    }
}

#[test]
fn races() {
    // reader and writer of one block (the writer earlier, or later), of two blocks, and
    // the same value written twice
    for (body, blocks, threads, reads) in [
        ("st.shared.u32 [one], 7;", 1, 2, (Access::Store, Access::Store)),
        (
            "setp.eq.u32 %p1, %t, 0; @%p1 st.global.u32 [%rd1], %t;\n\
             @!%p1 ld.global.u32 %r1, [%rd1];",
            1,
            33,
            (Access::Load, Access::Store),
        ),
        (
            "setp.eq.u32 %p1, %t, 40; @!%p1 ld.shared.u32 %r1, [one];\n\
             @%p1 st.shared.u32 [one], %t;",
            1,
            41,
            (Access::Store, Access::Load),
        ),
        ("st.global.u32 [%rd1], 7;", 2, 1, (Access::Store, Access::Store)),
        (
            "ld.global.u32 %r1, [%rd1]; mov.u32 %r2, %ctaid.x;\n\
             setp.eq.u32 %p1, %r2, 2; @%p1 st.global.u32 [%rd1], %r1;",
            3,
            1,
            (Access::Store, Access::Load),
        ),
    ] {
        let seen = fault(body, blocks, threads, 0);
        let FaultKind::Race { access, other, .. } = &seen else {
            panic!("{body}: {seen}");
        };
        assert_eq!((*access, other.access), reads, "{body}");
    }
}

#[test]
fn barriers() {
    let divergent = |body: &str, threads| match fault(body, 1, threads, 0) {
        FaultKind::DivergentBarrier { other, other_place } => {
            (other.x, other_place.is_some())
        }
        kind => panic!("{kind}"),
    };
    // inside one warp, and between two; at two barriers, and one left
    for threads in [32, 64] {
        let at = format!(
            "setp.lt.u32 %p1, %t, {}; @%p1 bra a; bar.sync 0; bra b;\n\
             a: bar.sync 0; b: mov.u32 %r1, 0;",
            threads / 2
        );
        assert!(divergent(&at, threads).1);
        let left =
            format!("setp.lt.u32 %p1, %t, {}; @%p1 ret; bar.sync 0;", threads / 2);
        assert_eq!(divergent(&left, threads), (0, false));
    }
    // a warp that comes to the one barrier in parts is no fault
    let module = kernel(
        "setp.lt.u32 %p1, %t, 7; @%p1 bra a; mov.u32 %r1, 1; bra b;\n\
         a: mov.u32 %r1, 2; bra b; c: bar.sync 0; ret; b: @%p1 bra c; bra c;",
    );
    let mut gpu = Gpu::new();
    let arguments = [Argument::Pointer(0), Argument::I32(0)];
    let seen = gpu.launch(&module, "k", 1.into(), 40.into(), &arguments);
    assert_eq!(seen.unwrap().barriers, 1);
}

#[test]
fn loops_that_never_end_and_other_mistakes() {
    let seen = fault("a: bra a;", 1, 1, 0);
    assert_eq!(seen, FaultKind::Endless { budget: 10_000 });
    let seen = fault("a: setp.eq.u32 %p1, %t, 3; @%p1 bra a;", 1, 4, 0);
    assert_eq!(seen, FaultKind::Endless { budget: 10_000 });
    // it is thread 3 that goes round; the others have long left the loop
    let module = kernel("a: setp.eq.u32 %p1, %t, 3; @%p1 bra a;");
    let mut gpu = Gpu::new();
    gpu.set_budget(10_000);
    let arguments = [Argument::Pointer(0), Argument::I32(0)];
    let seen = gpu.launch(&module, "k", 1.into(), 40.into(), &arguments);
    assert_eq!(who(&seen.unwrap_err()), (0, 3));
    let seen = fault("div.s32 %r1, 7, %n;", 1, 1, 0);
    assert_eq!(seen, FaultKind::DivisionByZero);
    // a thread that does not take part divides nothing
    let module = kernel("setp.ne.u32 %p1, %t, 0; @%p1 div.u32 %r1, 7, %t;");
    let arguments = [Argument::Pointer(0), Argument::I32(0)];
    let seen = Gpu::new().launch(&module, "k", 1.into(), 4.into(), &arguments);
    assert!(seen.is_ok(), "{seen:?}");
    assert!(matches!(fault("trap;", 1, 1, 0), FaultKind::Misuse { .. }));
}

#[test]
fn launches_that_are_refused() {
    use Argument::{F32, I32, Pointer, U32};
    let module = kernel("");
    let mut gpu = Gpu::new();
    let right = [Pointer(0), I32(1)];
    let mut say = |name, grid: Dim3, block: Dim3, arguments: &[Argument]| {
        let seen = gpu.launch(&module, name, grid, block, arguments);
        let fault = seen.unwrap_err();
        println!("{fault}");
        assert_eq!(fault.place, Place::Launch);
        fault.to_string()
    };
    let one = Dim3::from(1);
    for (seen, words) in [
        (say("j", one, one, &right), "there are: k"),
        (say("k", 0.into(), one, &right), "grid (0, 1, 1) is empty"),
        (say("k", one, (4, 0).into(), &right), "block (4, 0, 1) is empty"),
        (say("k", one, 1025.into(), &right), "at most 1024"),
        (say("k", one, (1, 1, 65).into(), &right), "64 along z"),
        (say("k", (1, 70_000).into(), one, &right), "too large"),
        (say("k", one, one, &right[..1]), "1 arguments, but it takes 2"),
        (say("k", one, one, &[Pointer(0), F32(1.0)]), "integer of 32 bits"),
        (say("k", one, one, &[U32(0), U32(1)]), "argument 1 has to be a pointer"),
    ] {
        assert!(seen.contains(words), "{seen}");
    }
    let raw = [0; 12];
    let seen = gpu.launch_raw(&module, "k", one, one, 50_000, &raw).unwrap_err();
    assert!(seen.to_string().contains("shared memory a block"), "{seen}");
    let seen = gpu.launch_raw(&module, "k", one, one, 0, &raw[..8]).unwrap_err();
    assert!(seen.to_string().contains("8 bytes of arguments"), "{seen}");
    assert!(gpu.launch_raw(&module, "k", one, one, 0, &raw).is_ok());
}

#[test]
fn the_host_at_the_memory() {
    let mut gpu = Gpu::with_capacity(64);
    assert!(gpu.alloc(17).is_err());
    assert!(gpu.alloc(usize::MAX).is_err());
    let x = gpu.alloc(16).unwrap();
    assert!(gpu.upload(&[1.0]).is_err());
    assert!(gpu.read(x).is_err());
    assert!(gpu.write(x + 4, &[1.0; 16]).is_err());
    assert!(gpu.read(12).is_err());
    assert!(gpu.free(x + 4).is_err());
    gpu.write_bytes(x, &[1; 64]).unwrap();
    gpu.write(x + 4, &[2.0]).unwrap();
    gpu.write(x + 63 - 8, &[f32::from_bits(0x0101_0101)]).unwrap();
    let seen = gpu.read(x).unwrap();
    assert_eq!(seen[..3], [f32::from_bits(0x0101_0101), 2.0, seen[0]]);
    gpu.free(x).unwrap();
    assert!(gpu.free(x).is_err());
    assert_eq!(gpu.memory_left(), 64);
    let again = gpu.alloc(16).unwrap();
    assert_ne!(again, x);
    assert!(gpu.read(again).is_err());
    assert_eq!(gpu.alloc(0).map(|_| ()), Ok(()));
}
