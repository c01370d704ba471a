//! What is no PTX, or more than the interpreter knows, is refused with its line; and no
//! text whatever makes it panic.

use gradbook::gpu::ptx::{Argument, Gpu, Kind, Module};

const HEAD: &str = ".version 4.2\n.target sm_50\n.address_size 64\n";

/// The line and the message of a kernel with this body, whose first line is line 6.
fn refused(body: &str) -> (u32, String) {
    let text = format!(
        "{HEAD}.visible .entry k(.param .u64 x, .param .u32 n) {{\n\
         .reg .pred %p<3>; .reg .b32 %r<9>; .reg .f32 %f<3>; .reg .b64 %rd<9>;\n\
         {body}\n}}\n"
    );
    let error = Module::parse(&text).expect_err(body);
    assert!(!error.to_string().contains('\n'));
    (error.line, error.message)
}

#[test]
fn an_instruction_that_is_not_known_is_named_with_its_line() {
    let unknown = [
        "shfl.sync.bfly.b32 %r1, %r2, 1, 31, -1;",
        "atom.global.add.u32 %r1, [%rd1], %r2;",
        "add.f64 %rd1, %rd2, %rd3;",
        "add.ftz.f32 %f1, %f2, %f1;",
        "ld.global.u8 %r1, [%rd1];",
        "ld.global.v4.u64 {%rd1, %rd2, %rd3, %rd4}, [%rd1];",
        "setp.lt.f64 %p1, %rd1, %rd2;",
        "cvt.rn.f16.f32 %r1, %f1;",
        "add.s16 %r1, %r2, %r3;",
        "frobnicate;",
        "ld.const.f32 %f1, [%rd1];",
        "call foo;",
    ];
    for instruction in unknown {
        let (line, message) = refused(&format!("mov.u32 %r1, 1;\n{instruction}"));
        assert_eq!(line, 7, "{instruction}");
        let name = instruction.split([' ', ';']).next().unwrap();
        assert!(message.contains(&format!("`{name}` is not known")), "{message}");
    }
}

#[test]
fn mistakes_are_told_with_their_line() {
    for (body, words) in [
        ("add.s32 %r1, %r2, %q7;", "no register `%q7`"),
        ("add.s32 %r1, %r2, %r999;", "no register `%r999`"),
        ("add.s32 %r1, %r2, %f1x;", "no register `%f1x`"),
        ("add.s64 %rd1, %rd2, %r3;", "`%r3` is no long"),
        ("add.s32 %r1, %r2;", "3 operands were expected, not 2"),
        ("add.s32 7, %r2, %r3;", "no register `7`"),
        ("@%r1 bra a; a:", "`%r1` is no predicate"),
        ("bra nowhere;", "no label `nowhere`"),
        ("a: a:", "the label `a` stands here again"),
        ("ld.param.u64 %rd1, [y];", "no parameter `y`"),
        ("ld.param.u64 %rd1, [n];", "`n` has 4 bytes only"),
        ("ld.global.f32 %f1, [%r1];", "register of 64 bits"),
        ("ld.global.f32 %f1, %rd1;", "address in brackets"),
        ("ld.global.v2.f32 %f1, [%rd1];", "do not fit"),
        ("st.global.v2.f32 [%rd1], {%f1};", "2 registers were expected, not 1"),
        ("bar.sync 1;", "only barrier 0"),
        ("bar.sync 0, 64;", "only barrier 0"),
        ("mov.u32 %r1, 12x;", "`12x` is no number"),
        ("mov.f32 %f1, 0fXYZ;", "`0fXYZ` is no number"),
        ("mov.u32 %r1, 99999999999999999999;", "is no number"),
        (".shared .align 3 .b8 a[4];", "3 is no alignment"),
        (".shared .align 4 .b8 a[99999999];", "too large"),
        (".local .align 4 .b8 a[70000];", "local memory"),
        (".reg .f128 %x;", "`.f128` is not known"),
        ("{ mov.u32 %r1, 2; }", "`{` is not known"),
        ("mov.u32 %r1, \"x\";", "an operand or `;`"),
        (".loc 1;", "a word was expected"),
        ("ret", "an operand or `;` was expected"),
        ("/* no end", "a comment without an end"),
        ("\"no end", "closing quotation mark"),
    ] {
        let (line, message) = refused(body);
        assert!(message.contains(words), "{body}: {message}");
        assert!((6..=7).contains(&line), "{body}: line {line}");
    }
    let at_top = |text: &str| Module::parse(text).unwrap_err().to_string();
    assert!(at_top(".address_size 32").contains("PTX line 1: only .address_size 64"));
    assert!(at_top(".visible .entry k() {").contains("the kernel has no end"));
    assert!(at_top(".func f() { }").contains("functions are not known"));
    assert!(at_top("__global__ void f() {}").contains("`__global__` is not known"));
    let twice = ".entry k() { ret; } .entry k() { ret; }";
    assert!(at_top(twice).contains("a second kernel `k`"));
    assert!(at_top(".entry k(.param .u64 x").contains("the text ends too early"));
    assert!(at_top(".entry k(.param .f64 x) { }").contains("parameter `x`"));
}

#[test]
fn what_a_module_holds() {
    assert_eq!(Module::parse("").unwrap().kernels().count(), 0);
    let module = Module::parse(
        ".version 8.0 .target sm_90, debug .address_size 64
         .weak .entry a(.param .u64 .ptr .global .align 4 x, .param .f32 y,
                        .param .align 8 .b8 z[12], .param .s32 n)
         .maxntid 64, 2, 1 .minnctapersm 2 { ret; }
         .section .debug_str { $L: .b8 1 { } } .visible .entry b() { }",
    );
    let module = module.unwrap();
    let names: Vec<&str> = module.kernels().map(|kernel| kernel.name()).collect();
    assert_eq!(names, ["a", "b"]);
    let kernel = module.kernel("a").unwrap();
    let seen: Vec<_> =
        kernel.parameters().iter().map(|p| (p.kind, p.bytes, p.offset)).collect();
    assert_eq!(
        seen,
        [
            (Kind::Long, 8, 0),
            (Kind::Float, 4, 8),
            (Kind::Bytes, 12, 16),
            (Kind::Word, 4, 28)
        ]
    );
    assert_eq!((kernel.max_threads(), kernel.shared_bytes()), (Some(128), 0));
    let mut gpu = Gpu::new();
    let seen = gpu.launch_raw(&module, "a", 1.into(), 129.into(), 0, &[0; 32]);
    assert!(seen.unwrap_err().to_string().contains("compiled for 128"));
    assert!(gpu.launch(&module, "b", 1.into(), 129.into(), &[]).is_ok());
}

/// A generator of numbers below `end`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// The text with a few lines or pieces changed.
fn mutated(lines: &[&str], dice: &mut Dice) -> String {
    let mut lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    for _ in 0..=dice.roll(3) {
        let (at, other) = (dice.roll(lines.len()), dice.roll(lines.len()));
        let mut words: Vec<String> = lines[at]
            .split_inclusive([' ', '\t', '.', ','])
            .map(String::from)
            .collect();
        let word = dice.roll(words.len());
        match dice.roll(7) {
            0 => lines[at].clear(),
            1 => lines.swap(at, other),
            2 => lines[at] = lines[other].clone(),
            3 if !words.is_empty() => drop(words.remove(word)),
            4 if !words.is_empty() => words.swap(word, 0),
            5 if !words.is_empty() => {
                let wild =
                    ["-1", "4294967295", "[", "}", ";", "%r99999", "é", "0f", "<"];
                words[word] = wild[dice.roll(wild.len())].into();
            }
            _ => {
                let digit = |c: char| if c.is_ascii_digit() { '7' } else { c };
                lines[at] = lines[at].chars().map(digit).collect();
            }
        }
        if dice.roll(2) == 0 && !words.is_empty() {
            lines[at] = words.concat();
        }
    }
    lines.join("\n")
}

#[test]
fn no_text_makes_it_panic() {
    let text = include_str!("faults.ptx");
    let kernels: Vec<&str> = text.split("// .globl").skip(1).collect();
    let (mut dice, mut ran, mut faults) = (Dice(1), 0, 0);
    for round in 0..600 {
        let kernel = format!("{HEAD}//{}", kernels[round % kernels.len()]);
        let lines: Vec<&str> = kernel.lines().filter(|l| !l.contains(".loc")).collect();
        let Ok(module) = Module::parse(&mutated(&lines, &mut dice)) else {
            continue;
        };
        for kernel in module.kernels() {
            let mut gpu = Gpu::new();
            gpu.set_budget(2000);
            let argument = |kind: Kind| match kind {
                Kind::Long => Argument::Pointer(gpu.upload(&[1.0; 64]).unwrap()),
                Kind::Float => Argument::F32(1.0),
                _ => Argument::I32(16),
            };
            let kinds = kernel.parameters().iter().map(|p| p.kind);
            let arguments: Vec<_> = kinds.map(argument).collect();
            let grid = (2, 2).into();
            let seen =
                gpu.launch(&module, kernel.name(), grid, (8, 8).into(), &arguments);
            ran += 1;
            faults +=
                usize::from(seen.is_err_and(|fault| !fault.to_string().is_empty()));
        }
    }
    // enough of them are still PTX, and most of these still have their fault
    assert!(ran > 150 && faults > 100, "{ran} ran, {faults} faults");
    // the text cut off anywhere
    for end in (0..text.len()).step_by(97).filter(|end| text.is_char_boundary(*end)) {
        let _ = Module::parse(&text[..end]);
    }
}
