//! Each instruction against the same in Rust, on numbers from the edges of their types.

use gradbook::gpu::ptx::{Argument, Gpu, Module};

/// 32 or 64 bits; as floats they are zeros, ones, infinities, no number and others.
const EDGES: [u64; 16] = [
    0,
    1,
    2,
    31,
    33,
    64,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x3f80_0000,
    0xbfc0_0000,
    0x4f00_0000,
    0x7f80_0000,
    0x7fc0_0000,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_fff7,
];

/// Runs one instruction on all pairs of edges, and a third operand. Registers: words
/// %wa %wb %wc to %wd, longs %la %lb %lc to %ld, predicate %p for `c is odd`, and %q.
fn run(instruction: &str, divides: bool) -> Vec<([u64; 3], u64)> {
    let text = format!(
        ".version 4.2 .target sm_50 .address_size 64
         .visible .entry one(.param .u64 x, .param .u64 y) {{
         .reg .pred %p, %q; .reg .b32 %w<9>, %wa, %wb, %wc, %wd, %i;
         .reg .b16 %h<4>; .reg .b64 %r<9>, %la, %lb, %lc, %ld;
         ld.param.u64 %r0, [x]; ld.param.u64 %r1, [y];
         mov.u32 %w0, %ctaid.x; mov.u32 %w1, %tid.x; mad.lo.s32 %w2, %w0, 256, %w1;
         mad.wide.u32 %r2, %w2, 24, %r0; mad.wide.u32 %r3, %w2, 8, %r1;
         ld.global.u64 %la, [%r2]; ld.global.u64 %lb, [%r2+8];
         ld.global.u64 %lc, [%r2+16]; ld.global.u32 %wa, [%r2];
         ld.global.u32 %wb, [%r2+8]; ld.global.u32 %wc, [%r2+16];
         and.b32 %w3, %wc, 1; setp.ne.s32 %p, %w3, 0; setp.eq.s32 %q, %w3, 7;
         mov.u64 %ld, 0; mov.u32 %wd, 0;
         {instruction}
         selp.u32 %w4, 1, 0, %q; or.b32 %wd, %wd, %w4; mov.b64 {{%w5, %w6}}, %ld;
         or.b32 %w5, %w5, %wd; st.global.v2.u32 [%r3], {{%w5, %w6}};
         ret; }}"
    );
    let module = Module::parse(&text).unwrap_or_else(|e| panic!("{instruction}: {e}"));
    let mut cases = Vec::new();
    for (i, a) in EDGES.into_iter().enumerate() {
        for (j, b) in EDGES.into_iter().enumerate() {
            let b = if divides { b | 1 } else { b };
            cases.push([a, b, EDGES[(i + 3 * j) % EDGES.len()]]);
        }
    }
    let bytes: Vec<u8> = cases.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
    let mut gpu = Gpu::new();
    let x = gpu.alloc_bytes(bytes.len() as u64).unwrap();
    gpu.write_bytes(x, &bytes).unwrap();
    let y = gpu.alloc_bytes(8 * cases.len() as u64).unwrap();
    let arguments = [Argument::Pointer(x), Argument::Pointer(y)];
    let (grid, block) = ((cases.len() as u32 / 256).into(), 256.into());
    if let Err(fault) = gpu.launch(&module, "one", grid, block, &arguments) {
        panic!("{instruction}: {fault}");
    }
    let mut bytes = vec![0; 8 * cases.len()];
    gpu.read_bytes(y, &mut bytes).unwrap();
    let seen = bytes.chunks_exact(8).map(|b| u64::from_le_bytes(b.try_into().unwrap()));
    cases.into_iter().zip(seen).collect()
}

#[track_caller]
fn check(instruction: &str, expected: impl Fn(u64, u64, u64) -> u64) {
    let divides = ["div.s", "div.u", "rem."].iter().any(|d| instruction.contains(d));
    for ([a, b, c], seen) in run(instruction, divides) {
        let expected = expected(a, b, c);
        assert_eq!(seen, expected, "{instruction} on {a:#x}, {b:#x}, {c:#x}");
    }
}

/// On words.
#[track_caller]
fn words(instruction: &str, expected: impl Fn(u32, u32, u32) -> u32) {
    check(instruction, |a, b, c| expected(a as u32, b as u32, c as u32).into());
}

/// On words, signed.
#[track_caller]
fn signed(instruction: &str, expected: impl Fn(i32, i32, i32) -> i32) {
    words(instruction, |a, b, c| expected(a as i32, b as i32, c as i32) as u32);
}

/// On longs, signed.
#[track_caller]
fn longs(instruction: &str, expected: impl Fn(i64, i64, i64) -> i64) {
    check(instruction, |a, b, c| expected(a as i64, b as i64, c as i64) as u64);
}

/// On floats: any result that is no number is as good as any other.
#[track_caller]
fn floats(instruction: &str, expected: impl Fn(f32, f32, f32) -> f32) {
    for ([a, b, c], seen) in run(instruction, false) {
        let [a, b, c] = [a, b, c].map(|x| f32::from_bits(x as u32));
        let (expected, seen) = (expected(a, b, c), f32::from_bits(seen as u32));
        let same = expected.to_bits() == seen.to_bits();
        let neither = expected.is_nan() && seen.is_nan();
        assert!(same || neither, "{instruction} on {a}, {b}, {c}: {seen}");
    }
}

/// A comparison of floats, which sets %q.
#[track_caller]
fn compares(instruction: &str, expected: impl Fn(f32, f32) -> bool) {
    let f = |x: u64| f32::from_bits(x as u32);
    check(instruction, |a, b, _| expected(f(a), f(b)).into());
}

#[test]
fn integers_of_32_bits() {
    words("mov.u32 %wd, %wa;", |a, _, _| a);
    words("mov.u32 %wd, -7;", |_, _, _| -7_i32 as u32);
    words("mov.b32 %wd, 0x1F;", |_, _, _| 31);
    words("add.s32 %wd, %wa, %wb;", |a, b, _| a.wrapping_add(b));
    words("add.u32 %wd, %wa, -1;", |a, _, _| a.wrapping_sub(1));
    words("sub.s32 %wd, %wa, %wb;", |a, b, _| a.wrapping_sub(b));
    words("mul.lo.s32 %wd, %wa, %wb;", |a, b, _| a.wrapping_mul(b));
    words("mad.lo.s32 %wd, %wa, %wb, %wc;", |a, b, c| {
        a.wrapping_mul(b).wrapping_add(c)
    });
    let high = |a: u32, b: u32| ((u64::from(a) * u64::from(b)) >> 32) as u32;
    words("mul.hi.u32 %wd, %wa, %wb;", |a, b, _| high(a, b));
    words("mad.hi.u32 %wd, %wa, %wb, %wc;", |a, b, c| high(a, b).wrapping_add(c));
    signed("mul.hi.s32 %wd, %wa, %wb;", |a, b, _| {
        ((i64::from(a) * i64::from(b)) >> 32) as i32
    });
    words("div.u32 %wd, %wa, %wb;", |a, b, _| a / b);
    words("rem.u32 %wd, %wa, %wb;", |a, b, _| a % b);
    signed("div.s32 %wd, %wa, %wb;", |a, b, _| a.wrapping_div(b));
    signed("rem.s32 %wd, %wa, %wb;", |a, b, _| a.wrapping_rem(b));
    words("min.u32 %wd, %wa, %wb;", |a, b, _| a.min(b));
    words("max.u32 %wd, %wa, %wb;", |a, b, _| a.max(b));
    signed("min.s32 %wd, %wa, %wb;", |a, b, _| a.min(b));
    signed("max.s32 %wd, %wa, %wb;", |a, b, _| a.max(b));
    words("shl.b32 %wd, %wa, %wb;", |a, b, _| a.checked_shl(b).unwrap_or(0));
    words("shr.u32 %wd, %wa, %wb;", |a, b, _| a.checked_shr(b).unwrap_or(0));
    signed("shr.s32 %wd, %wa, %wb;", |a, b, _| a >> (b as u32).min(31));
    words("and.b32 %wd, %wa, %wb;", |a, b, _| a & b);
    words("or.b32 %wd, %wa, %wb;", |a, b, _| a | b);
    words("xor.b32 %wd, %wa, %wb;", |a, b, _| a ^ b);
    words("not.b32 %wd, %wa;", |a, _, _| !a);
    signed("neg.s32 %wd, %wa;", |a, _, _| a.wrapping_neg());
    signed("abs.s32 %wd, %wa;", |a, _, _| a.wrapping_abs());
    words("popc.b32 %wd, %wa;", |a, _, _| a.count_ones());
    words("clz.b32 %wd, %wa;", |a, _, _| a.leading_zeros());
    let bits = |a: i64, from: u32, len: u32| match (from & 255, len & 255) {
        (_, 0) => 0,
        (from, len) => (a >> from.min(63)) << (64 - len.min(64)) >> (64 - len.min(64)),
    };
    signed("bfe.s32 %wd, %wa, %wb, %wc;", |a, b, c| {
        bits(a.into(), b as u32, c as u32) as i32
    });
    words("bfe.u32 %wd, %wa, 4, 3;", |a, _, _| a >> 4 & 7);
    words("selp.b32 %wd, %wa, %wb, %p;", |a, b, c| if c & 1 == 1 { a } else { b });
    words("@%p add.s32 %wd, %wa, 1;", |a, _, c| a.wrapping_add(1) * (c & 1));
    words("@!%p mov.u32 %wd, %wa;", |a, _, c| a * (1 - (c & 1)));
}

#[test]
fn integers_of_64_bits() {
    longs("mov.u64 %ld, %la;", |a, _, _| a);
    longs("mov.b64 %ld, {%wb, %wa};", |a, b, _| a << 32 | (b & 0xffff_ffff));
    longs("add.s64 %ld, %la, %lb;", |a, b, _| a.wrapping_add(b));
    longs("sub.s64 %ld, %la, %lb;", |a, b, _| a.wrapping_sub(b));
    longs("mul.lo.s64 %ld, %la, %lb;", |a, b, _| a.wrapping_mul(b));
    longs("mad.lo.s64 %ld, %la, %lb, %lc;", |a, b, c| {
        a.wrapping_mul(b).wrapping_add(c)
    });
    longs("mul.hi.s64 %ld, %la, %lb;", |a, b, _| {
        ((i128::from(a) * i128::from(b)) >> 64) as i64
    });
    check("mul.hi.u64 %ld, %la, %lb;", |a, b, _| {
        ((u128::from(a) * u128::from(b)) >> 64) as u64
    });
    longs("div.s64 %ld, %la, %lb;", |a, b, _| a.wrapping_div(b));
    longs("rem.s64 %ld, %la, %lb;", |a, b, _| a.wrapping_rem(b));
    check("div.u64 %ld, %la, %lb;", |a, b, _| a / b);
    check("rem.u64 %ld, %la, %lb;", |a, b, _| a % b);
    longs("min.s64 %ld, %la, %lb;", |a, b, _| a.min(b));
    longs("max.s64 %ld, %la, %lb;", |a, b, _| a.max(b));
    check("min.u64 %ld, %la, %lb;", |a, b, _| a.min(b));
    check("max.u64 %ld, %la, %lb;", |a, b, _| a.max(b));
    check("shl.b64 %ld, %la, %wb;", |a, b, _| a.checked_shl(b as u32).unwrap_or(0));
    check("shr.u64 %ld, %la, %wb;", |a, b, _| a.checked_shr(b as u32).unwrap_or(0));
    longs("shr.s64 %ld, %la, %wb;", |a, b, _| a >> (b as u32).min(63));
    check("and.b64 %ld, %la, %lb;", |a, b, _| a & b);
    check("or.b64 %ld, %la, %lb;", |a, b, _| a | b);
    check("xor.b64 %ld, %la, %lb;", |a, b, _| a ^ b);
    check("not.b64 %ld, %la;", |a, _, _| !a);
    longs("neg.s64 %ld, %la;", |a, _, _| a.wrapping_neg());
    longs("abs.s64 %ld, %la;", |a, _, _| a.wrapping_abs());
    check("selp.b64 %ld, %la, %lb, %p;", |a, b, c| if c & 1 == 1 { a } else { b });
    check("mul.wide.u32 %ld, %wa, %wb;", |a, b, _| {
        u64::from(a as u32) * u64::from(b as u32)
    });
    longs("mul.wide.s32 %ld, %wa, %wb;", |a, b, _| {
        i64::from(a as i32) * i64::from(b as i32)
    });
    longs("mad.wide.s32 %ld, %wa, %wb, %lc;", |a, b, c| {
        (i64::from(a as i32) * i64::from(b as i32)).wrapping_add(c)
    });
}

#[test]
fn floats_of_32_bits() {
    floats("mov.f32 %wd, 0fBF800000;", |_, _, _| -1.0);
    floats("mov.f32 %wd, 2.5;", |_, _, _| 2.5);
    floats("add.f32 %wd, %wa, %wb;", |a, b, _| a + b);
    floats("add.rn.f32 %wd, %wa, 0f3F800000;", |a, _, _| a + 1.0);
    floats("sub.f32 %wd, %wa, %wb;", |a, b, _| a - b);
    floats("mul.rn.f32 %wd, %wa, %wb;", |a, b, _| a * b);
    floats("div.rn.f32 %wd, %wa, %wb;", |a, b, _| a / b);
    floats("fma.rn.f32 %wd, %wa, %wb, %wc;", |a, b, c| a.mul_add(b, c));
    floats("neg.f32 %wd, %wa;", |a, _, _| -a);
    floats("abs.f32 %wd, %wa;", |a, _, _| a.abs());
    floats("sqrt.rn.f32 %wd, %wa;", |a, _, _| a.sqrt());
    floats("rcp.rn.f32 %wd, %wa;", |a, _, _| 1.0 / a);
    floats("rsqrt.approx.f32 %wd, %wa;", |a, _, _| 1.0 / a.sqrt());
    floats("ex2.approx.ftz.f32 %wd, %wa;", |a, _, _| a.exp2());
    floats("lg2.approx.f32 %wd, %wa;", |a, _, _| a.log2());
    floats("copysign.f32 %wd, %wa, %wb;", |a, b, _| b.copysign(a));
    floats("cvt.sat.f32.f32 %wd, %wa;", |a, _, _| match a {
        _ if a.is_nan() => 0.0,
        a => a.clamp(0.0, 1.0) + 0.0,
    });
    // 1 / 3 is rounded up, and 2 / 3 down
    let third = 1.0_f32 / 3.0;
    floats("fma.rm.f32 %wd, 0f3EAAAAAB, 0f3F800000, %wa;", |a, _, _| match a {
        0.0 => third,
        1.0 => 1.333_333_3,
        -1.5 => -1.166_666_7,
        a => third + a,
    });
    floats("fma.rm.f32 %wd, 0f33800000, 0fBF800000, 0f3F800000;", |_, _, _| {
        1.0 - f32::EPSILON / 2.0
    });
    floats("fma.rm.f32 %wd, 0f80000001, 0f00000001, 0f3F800000;", |_, _, _| {
        1.0_f32.next_down()
    });
    let zero = |a: f32, b: f32| a == 0.0 && b == 0.0;
    floats("min.f32 %wd, %wa, %wb;", |a, b, _| match zero(a, b) {
        true if a.is_sign_negative() || b.is_sign_negative() => -0.0,
        _ => a.min(b),
    });
    floats("max.f32 %wd, %wa, %wb;", |a, b, _| match zero(a, b) {
        true if a.is_sign_positive() || b.is_sign_positive() => 0.0,
        _ => a.max(b),
    });
    floats(
        "selp.f32 %wd, %wa, %wb, %p;",
        |a, b, c| {
            if c.to_bits() & 1 == 1 { a } else { b }
        },
    );
    floats("cvt.rzi.f32.f32 %wd, %wa;", |a, _, _| a.trunc());
    floats("cvt.rmi.f32.f32 %wd, %wa;", |a, _, _| a.floor());
    floats("cvt.rpi.f32.f32 %wd, %wa;", |a, _, _| a.ceil());
    floats("cvt.rni.f32.f32 %wd, %wa;", |a, _, _| a.round_ties_even());
    floats("cvt.rn.f32.s32 %wd, %wa;", |a, _, _| a.to_bits() as i32 as f32);
    floats("cvt.rn.f32.u32 %wd, %wa;", |a, _, _| a.to_bits() as f32);
    words("cvt.rzi.s32.f32 %wd, %wa;", |a, _, _| f32::from_bits(a) as i32 as u32);
    words("cvt.rzi.u32.f32 %wd, %wa;", |a, _, _| f32::from_bits(a) as u32);
    words("cvt.rni.s32.f32 %wd, %wa;", |a, _, _| {
        f32::from_bits(a).round_ties_even() as i32 as u32
    });
}

#[test]
fn numbers_of_other_widths() {
    check("cvt.u64.u32 %ld, %wa;", |a, _, _| u64::from(a as u32));
    check("cvt.s64.s32 %ld, %wa;", |a, _, _| i64::from(a as i32) as u64);
    check("cvt.u32.u64 %wd, %la;", |a, _, _| u64::from(a as u32));
    check("cvt.s32.s8 %wd, %wa;", |a, _, _| u64::from(a as i8 as i32 as u32));
    check("cvt.u32.u16 %wd, %wa;", |a, _, _| u64::from(a as u16));
    check("cvt.u16.u32 %h1, %wa; cvt.s32.s16 %wd, %h1;", |a, _, _| {
        u64::from(a as i16 as i32 as u32)
    });
    check(
        "cvt.u16.u32 %h1, %wa; cvt.u16.u32 %h2, %wb; and.b16 %h3, %h1, %h2; \
           cvt.u32.u16 %wd, %h3;",
        |a, b, _| a & b & 0xffff,
    );
    check("cvt.u16.u32 %h1, %wa; setp.lt.s16 %q, %h1, -3;", |a, _, _| {
        u64::from((a as i16) < -3)
    });
    check("cvt.s16.s8 %h1, %wa; setp.lt.s16 %q, %h1, -3;", |a, _, _| {
        u64::from((a as i8) < -3)
    });
}

#[test]
fn comparisons() {
    let yes = u64::from;
    let unknown = |a: f32, b: f32| a.is_nan() || b.is_nan();
    check("setp.eq.s32 %q, %wa, %wb;", |a, b, _| yes(a as u32 == b as u32));
    check("setp.ne.b32 %q, %wa, %wb;", |a, b, _| yes(a as u32 != b as u32));
    check("setp.lt.s32 %q, %wa, %wb;", |a, b, _| yes((a as i32) < b as i32));
    check("setp.le.s32 %q, %wa, %wb;", |a, b, _| yes(a as i32 <= b as i32));
    check("setp.gt.s32 %q, %wa, %wb;", |a, b, _| yes(a as i32 > b as i32));
    check("setp.ge.s32 %q, %wa, %wb;", |a, b, _| yes(a as i32 >= b as i32));
    check("setp.lt.u32 %q, %wa, %wb;", |a, b, _| yes((a as u32) < b as u32));
    check("setp.hs.u32 %q, %wa, %wb;", |a, b, _| yes(a as u32 >= b as u32));
    check("setp.gt.u64 %q, %la, %lb;", |a, b, _| yes(a > b));
    check("setp.le.s64 %q, %la, %lb;", |a, b, _| yes(a as i64 <= b as i64));
    check("setp.lt.and.s32 %q, %wa, %wb, %p;", |a, b, c| {
        yes((a as i32) < b as i32 && c & 1 == 1)
    });
    check("setp.eq.or.s32 %q, %wa, %wb, !%p;", |a, b, c| {
        yes(a as u32 == b as u32 || c & 1 == 0)
    });
    compares("setp.eq.f32 %q, %wa, %wb;", |a, b| a == b);
    compares("setp.ne.f32 %q, %wa, %wb;", |a, b| a != b && !unknown(a, b));
    compares("setp.neu.f32 %q, %wa, %wb;", |a, b| a != b);
    compares("setp.lt.f32 %q, %wa, %wb;", |a, b| a < b);
    compares("setp.ge.f32 %q, %wa, %wb;", |a, b| a >= b);
    compares("setp.gt.f32 %q, %wa, 0f00000000;", |a, _| a > 0.0);
    compares("setp.leu.f32 %q, %wa, %wb;", |a, b| a <= b || unknown(a, b));
    compares("setp.nan.f32 %q, %wa, %wb;", unknown);
    compares("setp.num.f32 %q, %wa, %wb;", |a, b| !unknown(a, b));
    check("setp.lt.s32 %q, %wa, 2; and.pred %q, %q, %p;", |a, _, c| {
        yes((a as i32) < 2 && c & 1 == 1)
    });
    check("setp.lt.s32 %q, %wa, 2; or.pred %q, %p, %q;", |a, _, c| {
        yes((a as i32) < 2 || c & 1 == 1)
    });
    check("setp.lt.s32 %q, %wa, 2; xor.pred %q, %p, %q;", |a, _, c| {
        yes(((a as i32) < 2) != (c & 1 == 1))
    });
    check("not.pred %q, %p;", |_, _, c| yes(c & 1 == 0));
    check("mov.pred %q, %p;", |_, _, c| c & 1);
}
