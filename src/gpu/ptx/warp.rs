//! A warp: 32 threads side by side, their registers, and the arithmetic on them.
//!
//! Each register is an array with one number for each thread, so that one instruction
//! is one loop over 32 numbers. A mask says which threads take part; the others compute
//! as well, and their results are dropped.

use multiversion::multiversion;

use super::code::{
    Base, Compare, Convert, Files, Kind, Logic, Long, Memory, Op, Round, Sign, Slot,
    Special, Test, Word,
};
use crate::gpu::{Dim3, WARP};

/// One number for each thread.
pub(super) type Words = [u32; WARP];
pub(super) type Longs = [u64; WARP];

/// All threads of a warp.
pub(super) const ALL: u32 = u32::MAX;

/// Threads that stand at the same instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub pc: u32,
    pub mask: u32,
}

/// The threads of a warp.
#[derive(Clone, Debug)]
pub(super) struct Warp {
    /// Index of its first thread in the block.
    pub first: u32,
    /// Threads that it began with, and those that have not left.
    pub threads: u32,
    pub live: u32,
    /// Threads that can go on, those furthest ahead first.
    pub ready: Vec<Group>,
    /// Threads that wait at a barrier.
    pub waiting: Vec<Group>,
    pub words: Vec<Words>,
    pub longs: Vec<Longs>,
    pub predicates: Vec<u32>,
    /// The threads' own memory, and which of them have written each word.
    pub local: Vec<Words>,
    pub local_written: Vec<u32>,
}

/// One value for each of the 32 threads.
macro_rules! lanes {
    (|$lane:ident| $value:expr) => {{
        let mut all = [Default::default(); WARP];
        for $lane in 0..WARP {
            all[$lane] = $value;
        }
        all
    }};
}

impl Warp {
    /// A warp with as many registers as a kernel needs.
    pub fn new(files: &Files, local: u32) -> Self {
        let local = local.div_ceil(4) as usize;
        Self {
            first: 0,
            threads: 0,
            live: 0,
            ready: Vec::new(),
            waiting: Vec::new(),
            words: vec![[0; WARP]; usize::from(files.words)],
            longs: vec![[0; WARP]; usize::from(files.longs)],
            predicates: vec![0; usize::from(files.predicates)],
            local: vec![[0; WARP]; local],
            local_written: vec![0; local],
        }
    }

    /// Makes it number `index` of a block, at the first instruction.
    pub fn begin(&mut self, index: u32, launch: &Launch, block: Dim3) {
        let files = launch.files;
        self.first = index * WARP as u32;
        let threads = launch.block.count() as u32 - self.first;
        self.threads = if threads >= 32 { ALL } else { (1 << threads) - 1 };
        self.live = self.threads;
        self.ready.clear();
        self.waiting.clear();
        self.add(0, self.threads);
        self.words.fill([0; WARP]);
        self.longs.fill([0; WARP]);
        self.predicates.fill(0);
        self.local_written.fill(0);
        for (slot, value) in &files.constants {
            self.words[usize::from(*slot)] = [*value; WARP];
        }
        for (slot, value) in &files.long_constants {
            self.longs[usize::from(*slot)] = [*value; WARP];
        }
        for (slot, at) in &files.arguments {
            self.words[usize::from(*slot)] = [launch.argument(*at, 4) as u32; WARP];
        }
        for (slot, at) in &files.long_arguments {
            self.longs[usize::from(*slot)] = [launch.argument(*at, 8); WARP];
        }
        for slot in &files.holds {
            self.predicates[usize::from(*slot)] = ALL;
        }
        for (slot, special) in &files.special {
            let first = self.first;
            let thread =
                |lane: usize| launch.block.position(u64::from(first) + lane as u64);
            self.words[usize::from(*slot)] = match special {
                Special::Thread(axis) => lanes!(|lane| axis.of(thread(lane))),
                Special::Block(axis) => [axis.of(block); WARP],
                Special::BlockSize(axis) => [axis.of(launch.block); WARP],
                Special::GridSize(axis) => [axis.of(launch.grid); WARP],
                Special::Lane => lanes!(|lane| lane as u32),
                Special::Warp => [index; WARP],
            };
        }
    }

    /// Threads that are to go on from here, with those that stand here already.
    pub fn add(&mut self, pc: u32, mask: u32) {
        if mask == 0 {
            return;
        }
        let at = self.ready.partition_point(|group| group.pc > pc);
        match self.ready.get_mut(at) {
            Some(group) if group.pc == pc => group.mask |= mask,
            _ => self.ready.insert(at, Group { pc, mask }),
        }
    }

    /// The threads of `mask` for which the guard holds.
    pub fn guarded(&self, guard: Option<(Slot, bool)>, mask: u32) -> u32 {
        match guard {
            None => mask,
            Some((slot, true)) => mask & self.predicates[usize::from(slot)],
            Some((slot, false)) => mask & !self.predicates[usize::from(slot)],
        }
    }

    fn keep(&mut self, slot: Slot, values: &Words, mask: u32) {
        let register = &mut self.words[usize::from(slot)];
        if mask == ALL {
            *register = *values;
            return;
        }
        for lane in 0..WARP {
            let here = 0_u32.wrapping_sub(mask >> lane & 1);
            register[lane] = values[lane] & here | register[lane] & !here;
        }
    }

    fn keep_long(&mut self, slot: Slot, values: &Longs, mask: u32) {
        let register = &mut self.longs[usize::from(slot)];
        if mask == ALL {
            *register = *values;
            return;
        }
        for lane in 0..WARP {
            let here = 0_u64.wrapping_sub(u64::from(mask >> lane & 1));
            register[lane] = values[lane] & here | register[lane] & !here;
        }
    }

    fn set(&mut self, slot: Slot, values: u32, mask: u32) {
        let register = &mut self.predicates[usize::from(slot)];
        *register = *register & !mask | values & mask;
    }

    /// Carries out what needs nothing but registers.
    pub fn compute(&mut self, op: &Op, mask: u32) {
        match *op {
            Op::Word(op, slots) => self.word(op, slots, mask),
            Op::Long(op, slots) => self.long(op, slots, mask),
            // ANCHOR: fma
            Op::Fma([d, a, b, c]) => {
                let [a, b, c] = [a, b, c].map(|slot| &self.words[usize::from(slot)]);
                let sums = fma(a, b, c);
                self.keep(d, &sums, mask);
            }
            // ANCHOR_END: fma
            Op::Wide(sign, slots) => self.wide(sign, slots, mask),
            Op::Convert(convert, slots) => self.convert(convert, slots, mask),
            Op::Pack([d, low, high]) => {
                let [low, high] = [low, high].map(|slot| self.words[usize::from(slot)]);
                let long = lanes!(|i| u64::from(low[i]) | u64::from(high[i]) << 32);
                self.keep_long(d, &long, mask);
            }
            Op::Unpack([low, high, a]) => {
                let long = self.longs[usize::from(a)];
                self.keep(low, &lanes!(|i| long[i] as u32), mask);
                self.keep(high, &lanes!(|i| (long[i] >> 32) as u32), mask);
            }
            Op::Compare(compare) => self.compare(&compare, mask),
            Op::Select([d, a, b, p]) => {
                let (p, mut chosen) = (self.predicates[usize::from(p)], [0; WARP]);
                let [a, b] = [a, b].map(|slot| &self.words[usize::from(slot)]);
                for lane in 0..WARP {
                    chosen[lane] = if p >> lane & 1 == 1 { a[lane] } else { b[lane] };
                }
                self.keep(d, &chosen, mask);
            }
            Op::SelectLong([d, a, b, p]) => {
                let (p, mut chosen) = (self.predicates[usize::from(p)], [0; WARP]);
                let [a, b] = [a, b].map(|slot| &self.longs[usize::from(slot)]);
                for lane in 0..WARP {
                    chosen[lane] = if p >> lane & 1 == 1 { a[lane] } else { b[lane] };
                }
                self.keep_long(d, &chosen, mask);
            }
            Op::Logic(logic, [d, a, b]) => {
                let [a, b] = [a, b].map(|slot| self.predicates[usize::from(slot)]);
                self.set(d, combine(logic, a, b), mask);
            }
            Op::Not([d, a]) => {
                let value = !self.predicates[usize::from(a)];
                self.set(d, value, mask);
            }
            // the machine's own: memory, jumps, barriers, the end
            _ => {}
        }
    }

    fn word(&mut self, op: Word, [d, a, b, c]: [Slot; 4], mask: u32) {
        use Sign::{Signed, Unsigned};
        let [a, b, c] = [a, b, c].map(|slot| &self.words[usize::from(slot)]);
        let f = f32::from_bits;
        let each = |op: &dyn Fn(u32, u32, u32) -> u32| each(a, b, c, op);
        let values: Words = match op {
            // what loops are made of is worth a loop of vectors
            Word::Move => *a,
            Word::Add => lanes!(|i| a[i].wrapping_add(b[i])),
            Word::Sub => lanes!(|i| a[i].wrapping_sub(b[i])),
            Word::Mul => lanes!(|i| a[i].wrapping_mul(b[i])),
            Word::Mad => lanes!(|i| a[i].wrapping_mul(b[i]).wrapping_add(c[i])),
            Word::And => lanes!(|i| a[i] & b[i]),
            Word::AddF => lanes!(|i| (f(a[i]) + f(b[i])).to_bits()),
            Word::MulF => lanes!(|i| (f(a[i]) * f(b[i])).to_bits()),
            Word::MulHigh(sign) => each(&|a, b, _| high(sign, a, b)),
            Word::MadHigh(sign) => each(&|a, b, c| high(sign, a, b).wrapping_add(c)),
            // the machine has looked for zeros
            Word::Div(Unsigned) => each(&|a, b, _| a.checked_div(b).unwrap_or(0)),
            Word::Rem(Unsigned) => each(&|a, b, _| a.checked_rem(b).unwrap_or(0)),
            Word::Div(Signed) => each(&|a, b, _| match b as i32 {
                0 => 0,
                b => (a as i32).wrapping_div(b) as u32,
            }),
            Word::Rem(Signed) => each(&|a, b, _| match b as i32 {
                0 => 0,
                b => (a as i32).wrapping_rem(b) as u32,
            }),
            Word::Min(Unsigned) => each(&|a, b, _| a.min(b)),
            Word::Max(Unsigned) => each(&|a, b, _| a.max(b)),
            Word::Min(Signed) => each(&|a, b, _| (a as i32).min(b as i32) as u32),
            Word::Max(Signed) => each(&|a, b, _| (a as i32).max(b as i32) as u32),
            Word::Shl => each(&|a, b, _| a.checked_shl(b).unwrap_or(0)),
            Word::Shr(Unsigned) => each(&|a, b, _| a.checked_shr(b).unwrap_or(0)),
            Word::Shr(Signed) => each(&|a, b, _| (a as i32 >> b.min(31)) as u32),
            Word::Or => each(&|a, b, _| a | b),
            Word::Xor => each(&|a, b, _| a ^ b),
            Word::Not => each(&|a, _, _| !a),
            Word::Neg => each(&|a, _, _| a.wrapping_neg()),
            Word::Abs => each(&|a, _, _| (a as i32).wrapping_abs() as u32),
            Word::Bits(sign) => each(&|a, b, c| bits(sign, a, b, c)),
            Word::CountOnes => each(&|a, _, _| a.count_ones()),
            Word::LeadingZeros => each(&|a, _, _| a.leading_zeros()),
            Word::SubF => each(&|a, b, _| (f(a) - f(b)).to_bits()),
            Word::DivF => each(&|a, b, _| (f(a) / f(b)).to_bits()),
            Word::MinF => each(&|a, b, _| least(a, b)),
            Word::MaxF => each(&|a, b, _| flip(least(flip(a), flip(b)))),
            Word::NegF => each(&|a, _, _| flip(a)),
            Word::AbsF => each(&|a, _, _| a & 0x7fff_ffff),
            Word::SqrtF => each(&|a, _, _| f(a).sqrt().to_bits()),
            Word::RecipF => each(&|a, _, _| (1.0 / f(a)).to_bits()),
            Word::RsqrtF => each(&|a, _, _| (1.0 / f(a).sqrt()).to_bits()),
            Word::Exp2F => each(&|a, _, _| f(a).exp2().to_bits()),
            Word::Log2F => each(&|a, _, _| f(a).log2().to_bits()),
            Word::CopySignF => each(&|a, b, _| b & 0x7fff_ffff | a & 0x8000_0000),
            Word::SaturateF => each(&|a, _, _| saturated(f(a)).to_bits()),
            Word::FmaDown => each(&|a, b, c| fma_down(f(a), f(b), f(c)).to_bits()),
            Word::FromInt(Signed) => each(&|a, _, _| (a as i32 as f32).to_bits()),
            Word::FromInt(Unsigned) => each(&|a, _, _| (a as f32).to_bits()),
            Word::ToInt(Signed, to) => each(&|a, _, _| rounded(f(a), to) as i32 as u32),
            Word::ToInt(Unsigned, to) => each(&|a, _, _| rounded(f(a), to) as u32),
            Word::Round(to) => each(&|a, _, _| rounded(f(a), to).to_bits()),
        };
        self.keep(d, &values, mask);
    }

    fn long(&mut self, op: Long, [d, a, b, c]: [Slot; 4], mask: u32) {
        use Sign::{Signed, Unsigned};
        let a = &self.longs[usize::from(a)];
        if let Long::Shl | Long::Shr(_) = op {
            let b = &self.words[usize::from(b)];
            let values: Longs = match op {
                Long::Shr(Unsigned) => lanes!(|i| a[i].checked_shr(b[i]).unwrap_or(0)),
                Long::Shr(Signed) => lanes!(|i| (a[i] as i64 >> b[i].min(63)) as u64),
                _ => lanes!(|i| a[i].checked_shl(b[i]).unwrap_or(0)),
            };
            return self.keep_long(d, &values, mask);
        }
        let [b, c] = [b, c].map(|slot| &self.longs[usize::from(slot)]);
        let each = |op: &dyn Fn(u64, u64, u64) -> u64| each_long(a, b, c, op);
        let values: Longs = match op {
            Long::Move | Long::Shl | Long::Shr(_) => *a,
            Long::Add => lanes!(|i| a[i].wrapping_add(b[i])),
            Long::Sub => each(&|a, b, _| a.wrapping_sub(b)),
            Long::Mul => each(&|a, b, _| a.wrapping_mul(b)),
            Long::Mad => each(&|a, b, c| a.wrapping_mul(b).wrapping_add(c)),
            Long::MulHigh(Unsigned) => {
                each(&|a, b, _| ((u128::from(a) * u128::from(b)) >> 64) as u64)
            }
            Long::MulHigh(Signed) => each(&|a, b, _| {
                ((i128::from(a as i64) * i128::from(b as i64)) >> 64) as u64
            }),
            Long::Div(Unsigned) => each(&|a, b, _| a.checked_div(b).unwrap_or(0)),
            Long::Rem(Unsigned) => each(&|a, b, _| a.checked_rem(b).unwrap_or(0)),
            Long::Div(Signed) => each(&|a, b, _| match b as i64 {
                0 => 0,
                b => (a as i64).wrapping_div(b) as u64,
            }),
            Long::Rem(Signed) => each(&|a, b, _| match b as i64 {
                0 => 0,
                b => (a as i64).wrapping_rem(b) as u64,
            }),
            Long::Min(Unsigned) => each(&|a, b, _| a.min(b)),
            Long::Max(Unsigned) => each(&|a, b, _| a.max(b)),
            Long::Min(Signed) => each(&|a, b, _| (a as i64).min(b as i64) as u64),
            Long::Max(Signed) => each(&|a, b, _| (a as i64).max(b as i64) as u64),
            Long::And => each(&|a, b, _| a & b),
            Long::Or => each(&|a, b, _| a | b),
            Long::Xor => each(&|a, b, _| a ^ b),
            Long::Not => each(&|a, _, _| !a),
            Long::Neg => each(&|a, _, _| a.wrapping_neg()),
            Long::Abs => each(&|a, _, _| (a as i64).wrapping_abs() as u64),
        };
        self.keep_long(d, &values, mask);
    }

    fn wide(&mut self, sign: Sign, [d, a, b, c]: [Slot; 4], mask: u32) {
        let [a, b] = [a, b].map(|slot| &self.words[usize::from(slot)]);
        let c = &self.longs[usize::from(c)];
        let values: Longs = match sign {
            Sign::Unsigned => {
                lanes!(|i| (u64::from(a[i]) * u64::from(b[i])).wrapping_add(c[i]))
            }
            Sign::Signed => lanes!(|i| {
                let product = i64::from(a[i] as i32) * i64::from(b[i] as i32);
                (product as u64).wrapping_add(c[i])
            }),
        };
        self.keep_long(d, &values, mask);
    }

    fn convert(&mut self, convert: Convert, [d, a]: [Slot; 2], mask: u32) {
        let from: Longs = if convert.from_long {
            self.longs[usize::from(a)]
        } else {
            let words = &self.words[usize::from(a)];
            lanes!(|i| u64::from(words[i]))
        };
        let unused = 64 - convert.bits;
        let values: Longs = match convert.sign {
            Sign::Signed => lanes!(|i| ((from[i] << unused) as i64 >> unused) as u64),
            Sign::Unsigned => lanes!(|i| from[i] << unused >> unused),
        };
        if convert.to_long {
            return self.keep_long(d, &values, mask);
        }
        let bits = u32::MAX >> (32 - convert.to_bits.min(32));
        self.keep(d, &lanes!(|i| values[i] as u32 & bits), mask);
    }

    fn compare(&mut self, compare: &Compare, mask: u32) {
        let [d, a, b] = compare.slots;
        // which threads have a < b, a == b, and two numbers that can be compared
        let (less, equal, known) = if let Kind::Long(sign) = compare.kind {
            let [a, b] = [a, b].map(|slot| &self.longs[usize::from(slot)]);
            let (mut less, mut equal) = (0_u32, 0_u32);
            // signed numbers compare like unsigned ones with the highest bit turned
            let turn = u64::from(sign == Sign::Signed) << 63;
            for lane in 0..WARP {
                less |= u32::from(a[lane] ^ turn < b[lane] ^ turn) << lane;
                equal |= u32::from(a[lane] == b[lane]) << lane;
            }
            (less, equal, ALL)
        } else {
            let [a, b] = [a, b].map(|slot| &self.words[usize::from(slot)]);
            compare_words(compare.kind, a, b)
        };
        let passed = match compare.test {
            Test::Less => less,
            Test::LessEqual => less | equal,
            Test::Greater => known & !(less | equal),
            Test::GreaterEqual => known & !less,
            Test::Equal => equal,
            Test::NotEqual => known & !equal,
            Test::Numbers => known,
            Test::NotNumbers => !known,
        };
        let mut passed = if compare.unordered { passed | !known } else { passed };
        if let Some((logic, slot, opposite)) = compare.then {
            let other = self.predicates[usize::from(slot)];
            passed = combine(logic, passed, if opposite { !other } else { other });
        }
        self.set(d, passed, mask);
    }

    /// Whether a divisor is zero in a thread that takes part; the first such thread.
    pub fn zero_divisor(&self, op: &Op, mask: u32) -> Option<u32> {
        let zeros = match op {
            Op::Word(Word::Div(_) | Word::Rem(_), [_, _, b, _]) => {
                let b = &self.words[usize::from(*b)];
                (0..WARP).filter(|lane| b[*lane] == 0).fold(0, |m, l| m | 1 << l)
            }
            Op::Long(Long::Div(_) | Long::Rem(_), [_, _, b, _]) => {
                let b = &self.longs[usize::from(*b)];
                (0..WARP).filter(|lane| b[*lane] == 0).fold(0, |m, l| m | 1 << l)
            }
            _ => 0_u32,
        };
        let found = zeros & mask;
        (found != 0).then(|| found.trailing_zeros())
    }

    /// The address that each thread means.
    pub fn addresses(&self, memory: &Memory) -> Longs {
        let offset = memory.offset as u64;
        match memory.base {
            Base::Long(slot) => {
                let base = &self.longs[usize::from(slot)];
                lanes!(|lane| base[lane].wrapping_add(offset))
            }
            Base::Word(slot) => {
                let base = &self.words[usize::from(slot)];
                lanes!(|lane| u64::from(base[lane].wrapping_add(offset as u32)))
            }
        }
    }

    /// Word number `word` of what a thread writes.
    #[inline(always)]
    pub fn data(&self, memory: &Memory, word: usize, lane: usize) -> u32 {
        if memory.long {
            let long = self.longs[usize::from(memory.data[word / 2])][lane];
            return (long >> (32 * (word % 2))) as u32;
        }
        self.words[usize::from(memory.data[word])][lane]
    }

    /// Takes word number `word` of what a thread reads.
    #[inline(always)]
    pub fn fill(&mut self, memory: &Memory, word: usize, lane: usize, value: u32) {
        if memory.long {
            let long = &mut self.longs[usize::from(memory.data[word / 2])][lane];
            let shift = 32 * (word % 2);
            *long = *long & !(0xffff_ffff << shift) | u64::from(value) << shift;
            return;
        }
        self.words[usize::from(memory.data[word])][lane] = value;
    }
}

/// What all warps of a launch have in common.
pub(super) struct Launch<'a> {
    pub files: &'a Files,
    pub grid: Dim3,
    pub block: Dim3,
    /// The bytes of all arguments.
    pub arguments: &'a [u8],
}

impl Launch<'_> {
    /// Some bytes of the arguments as a number.
    fn argument(&self, at: u32, bytes: usize) -> u64 {
        let bytes = self.arguments.iter().skip(at as usize).take(bytes);
        bytes.rev().fold(0, |all, byte| all << 8 | u64::from(*byte))
    }
}

#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn fma(a: &Words, b: &Words, c: &Words) -> Words {
    let f = f32::from_bits;
    lanes!(|i| f(a[i]).mul_add(f(b[i]), f(c[i])).to_bits())
}

/// One operation for each thread: for all that is rare, one loop in the program.
#[inline(never)]
fn each(a: &Words, b: &Words, c: &Words, op: &dyn Fn(u32, u32, u32) -> u32) -> Words {
    let mut values = [0; WARP];
    for lane in 0..WARP {
        values[lane] = op(a[lane], b[lane], c[lane]);
    }
    values
}

/// The same for 64 bits.
#[inline(never)]
fn each_long(
    a: &Longs,
    b: &Longs,
    c: &Longs,
    op: &dyn Fn(u64, u64, u64) -> u64,
) -> Longs {
    let mut values = [0; WARP];
    for lane in 0..WARP {
        values[lane] = op(a[lane], b[lane], c[lane]);
    }
    values
}

fn compare_words(kind: Kind, a: &Words, b: &Words) -> (u32, u32, u32) {
    let (mut less, mut equal, mut known) = (0_u32, 0_u32, ALL);
    if kind == Kind::Float {
        known = 0;
        for lane in 0..WARP {
            let (a, b) = (f32::from_bits(a[lane]), f32::from_bits(b[lane]));
            less |= u32::from(a < b) << lane;
            equal |= u32::from(a == b) << lane;
            known |= u32::from(!a.is_nan() && !b.is_nan()) << lane;
        }
        return (less, equal, known);
    }
    // signed numbers compare like unsigned ones with the highest bit turned
    let turn = match kind {
        Kind::Short(Sign::Signed) => 0x8000,
        Kind::Word(Sign::Signed) => 0x8000_0000,
        _ => 0,
    };
    for lane in 0..WARP {
        less |= u32::from(a[lane] ^ turn < b[lane] ^ turn) << lane;
        equal |= u32::from(a[lane] == b[lane]) << lane;
    }
    (less, equal, known)
}

fn combine(logic: Logic, a: u32, b: u32) -> u32 {
    match logic {
        Logic::And => a & b,
        Logic::Or => a | b,
        Logic::Xor => a ^ b,
    }
}

/// `a * b + c` rounded down. The product is exact in f64, and what the sum loses there
/// is found by Knuth's two-sum.
fn fma_down(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    let of_c = sum - product;
    let lost = (product - (sum - of_c)) + (c - of_c);
    let near = sum as f32;
    let above = f64::from(near) - sum;
    if above > 0.0 || (above == 0.0 && lost < 0.0) { near.next_down() } else { near }
}

/// The nearest number from 0 to 1; 0 of what is no number.
fn saturated(x: f32) -> f32 {
    if x > 0.0 { x.min(1.0) } else { 0.0 }
}

/// The upper half of a product.
fn high(sign: Sign, a: u32, b: u32) -> u32 {
    match sign {
        Sign::Unsigned => ((u64::from(a) * u64::from(b)) >> 32) as u32,
        Sign::Signed => ((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32,
    }
}

/// `len` bits of a number from `from` on; past its end come zeros, or copies of the
/// highest bit taken.
fn bits(sign: Sign, x: u32, from: u32, len: u32) -> u32 {
    let (from, len) = (from & 255, len & 255);
    let x = match sign {
        Sign::Unsigned => i64::from(x),
        Sign::Signed => i64::from(x as i32),
    } >> from.min(63);
    let unused = 64 - len.min(64);
    match (len, sign) {
        (0, _) => 0,
        (_, Sign::Unsigned) => (((x as u64) << unused) >> unused) as u32,
        (_, Sign::Signed) => ((x << unused) >> unused) as u32,
    }
}

/// The bits of the smaller float: of a number and not-a-number the number, of two zeros
/// the negative one.
fn least(a: u32, b: u32) -> u32 {
    let (x, y) = (f32::from_bits(a), f32::from_bits(b));
    if x.is_nan() || y.is_nan() {
        return if x.is_nan() { b } else { a };
    }
    match x.partial_cmp(&y) {
        Some(std::cmp::Ordering::Less) => a,
        Some(std::cmp::Ordering::Greater) => b,
        _ => a | b & 0x8000_0000,
    }
}

/// A float with the other sign.
fn flip(bits: u32) -> u32 {
    bits ^ 0x8000_0000
}

fn rounded(x: f32, round: Round) -> f32 {
    match round {
        Round::Nearest => x.round_ties_even(),
        Round::Zero => x.trunc(),
        Round::Down => x.floor(),
        Round::Up => x.ceil(),
    }
}
