//! One instruction of PTX, from text to the compact form.

use std::collections::HashMap;

use super::Parameter;
use super::code::{
    Axis, Base, Compare, Convert, Files, Instruction, Kind, LOCAL_WINDOW, Logic, Long,
    Memory, Op, Round, SHARED_WINDOW, Sign, Slot, Special, Test, Window, Word,
};
use crate::gpu::Access;

/// An instruction as it stands in the text.
pub(super) struct Statement<'a, 'b> {
    pub opcode: &'a str,
    pub guard: Option<(&'a str, bool)>,
    pub operands: &'b [Operand<'a>],
}

/// What can stand behind an instruction.
pub(super) enum Operand<'a> {
    /// A register, a number or the name of an array.
    Plain(&'a str),
    Minus(&'a str),
    /// The name of an array and a distance in bytes.
    Sum(&'a str, u64),
    /// `!%p1`
    Opposite(&'a str),
    /// `[%rd1+4]`
    Address(&'a str, i64),
    /// `{%f1, %f2}`
    Several(Vec<&'a str>),
}

impl<'a> Operand<'a> {
    /// What may be the name of an array.
    pub fn name(&self) -> Option<&'a str> {
        match self {
            Self::Plain(name) | Self::Sum(name, _) | Self::Address(name, _) => {
                Some(name)
            }
            _ => None,
        }
    }
}

/// A kind of register: 16 bits (kept in a word), 32, 64, or a predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Short,
    Word,
    Long,
    Predicate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Type {
    bits: u32,
    float: bool,
    sign: Sign,
}

impl Type {
    fn class(self) -> Class {
        match self.bits {
            64 => Class::Long,
            32 => Class::Word,
            _ => Class::Short,
        }
    }

    fn kind(self) -> Kind {
        match (self.float, self.bits) {
            (true, _) => Kind::Float,
            (_, 64) => Kind::Long(self.sign),
            (_, 32) => Kind::Word(self.sign),
            _ => Kind::Short(self.sign),
        }
    }
}

/// The types that registers hold; f64 and f16 are not among them.
fn type_of(word: &str) -> Option<Type> {
    let (letter, bits) = word.split_at_checked(1)?;
    let bits = match bits {
        "8" => 8,
        "16" => 16,
        "32" => 32,
        "64" => 64,
        _ => return None,
    };
    let sign = match letter {
        "s" => Sign::Signed,
        _ => Sign::Unsigned,
    };
    let float = letter == "f";
    let known = matches!(letter, "s" | "u" | "b") || (float && bits == 32);
    known.then_some(Type { bits, float, sign })
}

/// A whole number as PTX writes it.
pub(super) fn integer(word: &str) -> Option<u64> {
    let word = word.strip_suffix('U').unwrap_or(word);
    if let Some(hex) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return u64::from_str_radix(hex, 16).ok();
    }
    if let Some(binary) = word.strip_prefix("0b") {
        return u64::from_str_radix(binary, 2).ok();
    }
    if word.len() > 1 && word.starts_with('0') {
        return u64::from_str_radix(word, 8).ok();
    }
    word.parse().ok()
}

/// The bits of a float: `0f3F800000`, or a decimal number.
fn float(word: &str) -> Option<u32> {
    if let Some(bits) = word.strip_prefix("0f").or_else(|| word.strip_prefix("0F")) {
        return u32::from_str_radix(bits, 16).ok();
    }
    let decimal = word.starts_with(|c: char| c.is_ascii_digit());
    let value = decimal.then(|| word.parse::<f32>().ok()).flatten();
    value.map(f32::to_bits)
}

type Decoded<T> = Result<T, String>;

/// Knows a kernel's names, and gives each a slot when it is first used.
pub(super) struct Decoder<'a> {
    declared: HashMap<&'a str, (Class, Option<u32>)>,
    slots: HashMap<&'a str, (Class, Slot)>,
    symbols: HashMap<&'a str, u64>,
    dynamic: Vec<&'a str>,
    /// Slots that hold an address in the array whose place is not known yet.
    unplaced: Vec<(Class, Slot, u64)>,
    parameters: HashMap<String, (u32, u32)>,
    words: HashMap<u32, Slot>,
    longs: HashMap<u64, Slot>,
    files: Files,
    /// The labels that the code jumps to, in order.
    pub jumps: Vec<&'a str>,
}

impl<'a> Decoder<'a> {
    pub fn new(parameters: &[Parameter]) -> Self {
        let place = |p: &Parameter| (p.name.clone(), (p.offset, p.bytes));
        Self {
            declared: HashMap::new(),
            slots: HashMap::new(),
            symbols: HashMap::new(),
            dynamic: Vec::new(),
            unplaced: Vec::new(),
            parameters: parameters.iter().map(place).collect(),
            words: HashMap::new(),
            longs: HashMap::new(),
            files: Files::default(),
            jumps: Vec::new(),
        }
    }

    /// A register, or so many whose names begin like this; false for an unknown type.
    pub fn declare(&mut self, name: &'a str, many: Option<u32>, kind: &str) -> bool {
        let class = match kind {
            ".pred" => Class::Predicate,
            ".b16" | ".u16" | ".s16" => Class::Short,
            ".b32" | ".u32" | ".s32" | ".f32" => Class::Word,
            // f64 can be declared; no instruction here takes one
            ".b64" | ".u64" | ".s64" | ".f64" => Class::Long,
            _ => return false,
        };
        self.declared.insert(name, (class, many));
        true
    }

    pub fn add_symbol(&mut self, name: &'a str, address: u64) {
        self.symbols.insert(name, address);
    }

    pub fn add_dynamic(&mut self, name: &'a str) {
        self.dynamic.push(name);
    }

    /// Whether an array of this name has its place.
    pub fn is_known(&self, name: &str) -> bool {
        self.symbols.contains_key(name) || self.dynamic.contains(&name)
    }

    /// The registers, once it is known where the last shared array begins.
    pub fn finish(mut self, dynamic: u32) -> Files {
        for (class, slot, more) in self.unplaced {
            let address = u64::from(dynamic).wrapping_add(more);
            if class == Class::Long {
                self.files.long_constants.push((slot, address));
            } else {
                self.files.constants.push((slot, address as u32));
            }
        }
        self.files
    }

    pub fn decode(&mut self, statement: &Statement<'a, '_>) -> Decoded<Instruction> {
        let guard = match statement.guard {
            Some((name, holds)) => {
                Some((self.register(name, Class::Predicate)?, holds))
            }
            None => None,
        };
        let parts: Vec<&str> = statement.opcode.split('.').collect();
        let op = self.op(&parts, statement.operands);
        let op = op.map_err(|message| format!("`{}`: {message}", statement.opcode))?;
        let op = op.ok_or_else(|| {
            format!(
                "the instruction `{}` is not known; this interpreter knows what \
                 kernels of f32 and integers are made of",
                statement.opcode
            )
        })?;
        Ok(Instruction { op, guard })
    }

    /// None for an instruction that is not known.
    fn op(&mut self, parts: &[&str], operands: &[Operand<'a>]) -> Decoded<Option<Op>> {
        use Operand::Plain;
        let op = match (parts, operands) {
            (["bra"] | ["bra", "uni"], [Plain(label)]) => {
                self.jumps.push(label);
                Op::Branch(self.jumps.len() as u32 - 1, 0)
            }
            (["ret" | "exit"] | ["ret", "uni"], []) => Op::Exit,
            (["trap"], []) => Op::Trap,
            (
                ["bar" | "barrier", "sync"] | ["barrier", "sync", "aligned"],
                operands,
            ) => {
                if !matches!(operands, [Plain("0")]) {
                    return Err("only barrier 0 of the whole block is known".into());
                }
                Op::Barrier
            }
            (["membar" | "fence", ..] | ["bar", "warp", "sync"], _) => Op::Nothing,
            (["setp", ..], _) => return self.compare(parts, operands),
            (["ld" | "st", ..], _) => return self.memory(parts, operands),
            (["cvt", "sat", "f32", "f32"], _) => {
                return self.arithmetic(parts, operands);
            }
            (["cvt", ..], _) => return self.convert(parts, operands),
            (["cvta", ..], _) => return self.cvta(parts, operands),
            (
                ["mov", ..],
                [Plain(_), Operand::Several(_)] | [Operand::Several(_), _],
            ) => {
                return self.halves(parts, operands);
            }
            ([name @ ("and" | "or" | "xor" | "not" | "mov"), "pred"], _) => {
                return self.logic(name, operands);
            }
            (["selp", kind], [d, a, b, Plain(p)]) => {
                let Some(kind) = type_of(kind) else {
                    return Ok(None);
                };
                let [d, a, b, _] = self.slots_of(kind, &[d, a, b])?;
                let slots = [d, a, b, self.register(p, Class::Predicate)?];
                match kind.class() {
                    Class::Long => Op::SelectLong(slots),
                    _ => Op::Select(slots),
                }
            }
            (["fma", "rn", "f32"], [d, a, b, c]) => {
                let float = Type { bits: 32, float: true, sign: Sign::Signed };
                Op::Fma(self.slots_of(float, &[d, a, b, c])?)
            }
            (["mul" | "mad", "wide", kind], [d, a, b, rest @ ..]) => {
                return self.wide(kind, [d, a, b], rest);
            }
            _ => return self.arithmetic(parts, operands),
        };
        Ok(Some(op))
    }

    fn arithmetic(
        &mut self,
        parts: &[&str],
        operands: &[Operand<'a>],
    ) -> Decoded<Option<Op>> {
        let Some(kind) = parts.last().and_then(|word| type_of(word)) else {
            return Ok(None);
        };
        let stem = &parts[..parts.len() - 1];
        let all: Vec<&Operand> = operands.iter().collect();
        if kind.float {
            return self.float_arithmetic(stem, kind, &all);
        }
        let Some((word, long, count)) = integer_arithmetic(stem, kind.sign) else {
            return Ok(None);
        };
        // of 16 bits only what needs no care about the bits above
        let short = matches!(stem, ["mov" | "and" | "or" | "xor"]);
        let known = match kind.bits {
            64 => long.is_some(),
            32 => true,
            bits => bits == 16 && short,
        };
        if !known {
            return Ok(None);
        }
        if all.len() != count {
            return Err(format!("{count} operands were expected, not {}", all.len()));
        }
        let shift = matches!(stem, ["shl" | "shr"]);
        let slots = if shift && kind.bits == 64 {
            let [d, a, ..] = self.slots_of(kind, &all[..2])?;
            [d, a, self.word(all[2], false)?, 0]
        } else {
            self.slots_of(kind, &all)?
        };
        Ok(Some(match long {
            Some(long) if kind.bits == 64 => Op::Long(long, slots),
            _ => Op::Word(word, slots),
        }))
    }

    fn float_arithmetic(
        &mut self,
        stem: &[&str],
        kind: Type,
        all: &[&Operand<'a>],
    ) -> Decoded<Option<Op>> {
        let (op, count) = match stem {
            ["mov"] => (Word::Move, 2),
            ["add"] | ["add", "rn"] => (Word::AddF, 3),
            ["sub"] | ["sub", "rn"] => (Word::SubF, 3),
            ["mul"] | ["mul", "rn"] => (Word::MulF, 3),
            ["div", "rn" | "full" | "approx"] => (Word::DivF, 3),
            ["min"] => (Word::MinF, 3),
            ["max"] => (Word::MaxF, 3),
            ["neg"] => (Word::NegF, 2),
            ["abs"] => (Word::AbsF, 2),
            ["copysign"] => (Word::CopySignF, 3),
            ["fma", "rm"] => (Word::FmaDown, 4),
            ["cvt", "sat", "f32"] => (Word::SaturateF, 2),
            // a device is less exact here, and takes what is almost zero for zero
            [name, "rn" | "approx"] | [name, "approx", "ftz"] => match *name {
                "sqrt" => (Word::SqrtF, 2),
                "rcp" => (Word::RecipF, 2),
                "rsqrt" => (Word::RsqrtF, 2),
                "ex2" => (Word::Exp2F, 2),
                "lg2" => (Word::Log2F, 2),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        if all.len() != count {
            return Err(format!("{count} operands were expected, not {}", all.len()));
        }
        Ok(Some(Op::Word(op, self.slots_of(kind, all)?)))
    }

    /// Destination and operands of one type.
    fn slots_of(
        &mut self,
        kind: Type,
        operands: &[&Operand<'a>],
    ) -> Decoded<[Slot; 4]> {
        let mut slots = [0; 4];
        for (at, (slot, operand)) in slots.iter_mut().zip(operands).enumerate() {
            *slot = match operand {
                Operand::Plain(name) if at == 0 => self.register(name, kind.class())?,
                _ if at == 0 => return Err("the destination is no register".into()),
                operand => match kind.class() {
                    Class::Long => self.long(operand)?,
                    Class::Short => self.short(operand)?,
                    _ => self.word(operand, kind.float)?,
                },
            };
        }
        Ok(slots)
    }

    /// The slot of a register of this class.
    fn register(&mut self, name: &'a str, class: Class) -> Decoded<Slot> {
        let (seen, slot) = self.any_register(name)?;
        if seen != class {
            let class = format!("{class:?}").to_lowercase();
            return Err(format!("the register `{name}` is no {class}"));
        }
        Ok(slot)
    }

    fn any_register(&mut self, name: &'a str) -> Decoded<(Class, Slot)> {
        if let Some(found) = self.slots.get(name) {
            return Ok(*found);
        }
        let class = self.class_of(name);
        let class = class.ok_or_else(|| format!("there is no register `{name}`"))?;
        let slot = self.new_slot(class)?;
        self.slots.insert(name, (class, slot));
        Ok((class, slot))
    }

    fn class_of(&self, name: &str) -> Option<Class> {
        if let Some((class, None)) = self.declared.get(name) {
            return Some(*class);
        }
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let number: u32 = name[stem.len()..].parse().ok()?;
        match self.declared.get(stem) {
            Some((class, Some(many))) if number < *many => Some(*class),
            _ => None,
        }
    }

    fn new_slot(&mut self, class: Class) -> Decoded<Slot> {
        let count = match class {
            Class::Short | Class::Word => &mut self.files.words,
            Class::Long => &mut self.files.longs,
            Class::Predicate => &mut self.files.predicates,
        };
        let slot = *count;
        *count = slot.checked_add(1).ok_or("too many registers")?;
        Ok(slot)
    }

    fn constant(&mut self, value: u32) -> Decoded<Slot> {
        if let Some(slot) = self.words.get(&value) {
            return Ok(*slot);
        }
        let slot = self.new_slot(Class::Word)?;
        self.words.insert(value, slot);
        self.files.constants.push((slot, value));
        Ok(slot)
    }

    fn long_constant(&mut self, value: u64) -> Decoded<Slot> {
        if let Some(slot) = self.longs.get(&value) {
            return Ok(*slot);
        }
        let slot = self.new_slot(Class::Long)?;
        self.longs.insert(value, slot);
        self.files.long_constants.push((slot, value));
        Ok(slot)
    }

    /// The address of an array, and more bytes.
    fn symbol(&mut self, name: &str, more: u64, class: Class) -> Decoded<Option<Slot>> {
        if self.dynamic.contains(&name) {
            let slot = self.new_slot(class)?;
            self.unplaced.push((class, slot, more));
            return Ok(Some(slot));
        }
        let Some(address) = self.symbols.get(name) else {
            return Ok(None);
        };
        let address = address.wrapping_add(more);
        match class {
            Class::Long => self.long_constant(address).map(Some),
            _ => self.constant(address as u32).map(Some),
        }
    }

    /// An operand of 32 bits: a register, a number, an address, or a number that every
    /// thread finds in its registers.
    fn word(&mut self, operand: &Operand<'a>, is_float: bool) -> Decoded<Slot> {
        let (name, more, minus) = match operand {
            Operand::Plain(name) => (*name, 0, false),
            Operand::Sum(name, more) => (*name, *more, false),
            Operand::Minus(name) => (*name, 0, true),
            _ => return Err("an operand of this form does not fit here".into()),
        };
        if let Some(special) = special(name) {
            return self.special(special);
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            let value = match integer(name) {
                Some(value) if !is_float => Some(signed(value, minus) as u32),
                _ => float(name)
                    .filter(|_| is_float || name.starts_with("0f"))
                    .map(|bits| bits ^ (u32::from(minus) << 31)),
            };
            let value = value.ok_or_else(|| format!("`{name}` is no number"))?;
            return self.constant(value);
        }
        if let Some(slot) = self.symbol(name, more, Class::Word)? {
            return Ok(slot);
        }
        self.register(name, Class::Word)
    }

    fn short(&mut self, operand: &Operand<'a>) -> Decoded<Slot> {
        match operand {
            Operand::Plain(name) | Operand::Minus(name)
                if name.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                let minus = matches!(operand, Operand::Minus(_));
                let value =
                    integer(name).ok_or_else(|| format!("`{name}` is no number"))?;
                self.constant(signed(value, minus) as u32 & 0xffff)
            }
            Operand::Plain(name) => self.register(name, Class::Short),
            _ => Err("an operand of this form does not fit here".into()),
        }
    }

    fn long(&mut self, operand: &Operand<'a>) -> Decoded<Slot> {
        let (name, more, minus) = match operand {
            Operand::Plain(name) => (*name, 0, false),
            Operand::Sum(name, more) => (*name, *more, false),
            Operand::Minus(name) => (*name, 0, true),
            _ => return Err("an operand of this form does not fit here".into()),
        };
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            let value =
                integer(name).ok_or_else(|| format!("`{name}` is no number"))?;
            return self.long_constant(signed(value, minus));
        }
        if let Some(slot) = self.symbol(name, more, Class::Long)? {
            return Ok(slot);
        }
        self.register(name, Class::Long)
    }

    fn special(&mut self, special: Special) -> Decoded<Slot> {
        let known = self.files.special.iter().find(|known| known.1 == special);
        if let Some((slot, _)) = known {
            return Ok(*slot);
        }
        let slot = self.new_slot(Class::Word)?;
        self.files.special.push((slot, special));
        Ok(slot)
    }

    /// A predicate, or one that always or never holds.
    fn predicate(&mut self, operand: &Operand<'a>) -> Decoded<Slot> {
        match operand {
            Operand::Plain("0") => self.new_slot(Class::Predicate),
            Operand::Plain("1") | Operand::Minus("1") => {
                let slot = self.new_slot(Class::Predicate)?;
                self.files.holds.push(slot);
                Ok(slot)
            }
            Operand::Plain(name) => self.register(name, Class::Predicate),
            _ => Err("a predicate was expected".into()),
        }
    }

    fn logic(&mut self, name: &str, operands: &[Operand<'a>]) -> Decoded<Option<Op>> {
        let Some((Operand::Plain(d), rest)) = operands.split_first() else {
            return Err("the destination is no register".into());
        };
        let d = self.register(d, Class::Predicate)?;
        let mut slots = Vec::new();
        for operand in rest {
            slots.push(self.predicate(operand)?);
        }
        Ok(Some(match (name, &slots[..]) {
            ("and", [a, b]) => Op::Logic(Logic::And, [d, *a, *b]),
            ("or", [a, b]) => Op::Logic(Logic::Or, [d, *a, *b]),
            ("xor", [a, b]) => Op::Logic(Logic::Xor, [d, *a, *b]),
            ("mov", [a]) => Op::Logic(Logic::And, [d, *a, *a]),
            ("not", [a]) => Op::Not([d, *a]),
            _ => return Err("a wrong number of operands".into()),
        }))
    }

    /// `setp.lt.s32 %p1, %r1, %r2`, `setp.ge.and.u32 %p1, %r1, 7, %p2`.
    fn compare(
        &mut self,
        parts: &[&str],
        operands: &[Operand<'a>],
    ) -> Decoded<Option<Op>> {
        let (test, logic, kind, then) = match (parts, operands) {
            ([_, test, kind], [_, _, _]) => (*test, None, *kind, None),
            ([_, test, logic, kind], [_, _, _, then]) => {
                (*test, Some(*logic), *kind, Some(then))
            }
            _ => return Ok(None),
        };
        let Some(kind) = type_of(kind).filter(|kind| kind.bits > 8) else {
            return Ok(None);
        };
        let (test, unordered, sign) = match test {
            "lo" | "ls" | "hi" | "hs" => (test_of(test), false, Some(Sign::Unsigned)),
            "equ" | "neu" | "ltu" | "leu" | "gtu" | "geu" if kind.float => {
                (test_of(&test[..2]), true, None)
            }
            "num" | "nan" if kind.float => (test_of(test), test == "nan", None),
            "eq" | "ne" | "lt" | "le" | "gt" | "ge" => (test_of(test), false, None),
            _ => return Ok(None),
        };
        let Some(test) = test else {
            return Ok(None);
        };
        let sign = sign.unwrap_or(kind.sign);
        let kind = Type { sign, ..kind };
        let Operand::Plain(d) = &operands[0] else {
            return Err("the destination is no register".into());
        };
        let d = self.register(d, Class::Predicate)?;
        let mut sides = [0; 2];
        for (side, operand) in sides.iter_mut().zip(&operands[1..]) {
            *side = match kind.class() {
                Class::Long => self.long(operand)?,
                Class::Short => self.short(operand)?,
                _ => self.word(operand, kind.float)?,
            };
        }
        let then = match (logic, then) {
            (Some(logic), Some(operand)) => {
                let logic = match logic {
                    "and" => Logic::And,
                    "or" => Logic::Or,
                    "xor" => Logic::Xor,
                    _ => return Ok(None),
                };
                Some(match operand {
                    Operand::Opposite(name) => {
                        (logic, self.register(name, Class::Predicate)?, true)
                    }
                    operand => (logic, self.predicate(operand)?, false),
                })
            }
            _ => None,
        };
        Ok(Some(Op::Compare(Compare {
            kind: kind.kind(),
            test,
            unordered,
            slots: [d, sides[0], sides[1]],
            then,
        })))
    }

    fn wide(
        &mut self,
        kind: &str,
        [d, a, b]: [&Operand<'a>; 3],
        rest: &[Operand<'a>],
    ) -> Decoded<Option<Op>> {
        let Some(kind) = type_of(kind).filter(|kind| kind.bits == 32 && !kind.float)
        else {
            return Ok(None);
        };
        let Operand::Plain(d) = d else {
            return Err("the destination is no register".into());
        };
        let d = self.register(d, Class::Long)?;
        let (a, b) = (self.word(a, false)?, self.word(b, false)?);
        let c = match rest {
            [] => self.long_constant(0)?,
            [c] => self.long(c)?,
            _ => return Err("too many operands".into()),
        };
        Ok(Some(Op::Wide(kind.sign, [d, a, b, c])))
    }

    /// `mov.b64 %rd1, {%r1, %r2}` and the way back.
    fn halves(
        &mut self,
        parts: &[&str],
        operands: &[Operand<'a>],
    ) -> Decoded<Option<Op>> {
        let ["mov", "b64"] = parts else {
            return Ok(None);
        };
        Ok(match operands {
            [Operand::Plain(d), Operand::Several(halves)] => match halves[..] {
                [low, high] => Some(Op::Pack([
                    self.register(d, Class::Long)?,
                    self.register(low, Class::Word)?,
                    self.register(high, Class::Word)?,
                ])),
                _ => None,
            },
            [Operand::Several(halves), Operand::Plain(a)] => match halves[..] {
                [low, high] => Some(Op::Unpack([
                    self.sink(low, Class::Word)?,
                    self.sink(high, Class::Word)?,
                    self.register(a, Class::Long)?,
                ])),
                _ => None,
            },
            _ => None,
        })
    }

    /// A destination, which `_` says is not wanted.
    fn sink(&mut self, name: &'a str, class: Class) -> Decoded<Slot> {
        match name {
            "_" => self.new_slot(class),
            name => self.register(name, class),
        }
    }

    fn convert(
        &mut self,
        parts: &[&str],
        operands: &[Operand<'a>],
    ) -> Decoded<Option<Op>> {
        let [Operand::Plain(d), Operand::Plain(a)] = operands else {
            return Err("two registers were expected".into());
        };
        let (round, to, from) = match parts {
            [_, to, from] => (None, *to, *from),
            [_, round, to, from] => (Some(*round), *to, *from),
            _ => return Ok(None),
        };
        let (Some(to), Some(from)) = (type_of(to), type_of(from)) else {
            return Ok(None);
        };
        let whole = match round {
            Some("rni") => Some(Round::Nearest),
            Some("rzi") => Some(Round::Zero),
            Some("rmi") => Some(Round::Down),
            Some("rpi") => Some(Round::Up),
            _ => None,
        };
        let word = match (from.float, to.float, round, whole) {
            (false, false, None, _) => return self.convert_integer(to, from, d, a),
            (false, true, Some("rn"), _) if from.bits == 32 => Word::FromInt(from.sign),
            (true, false, _, Some(round)) if to.bits == 32 => {
                Word::ToInt(to.sign, round)
            }
            (true, true, _, Some(round)) => Word::Round(round),
            _ => return Ok(None),
        };
        let d = self.register(d, Class::Word)?;
        let a = self.register(a, Class::Word)?;
        Ok(Some(Op::Word(word, [d, a, 0, 0])))
    }

    fn convert_integer(
        &mut self,
        to: Type,
        from: Type,
        d: &'a str,
        a: &'a str,
    ) -> Decoded<Option<Op>> {
        let (to_class, d) = self.any_register(d)?;
        let (from_class, a) = match special(a) {
            Some(special) => (Class::Word, self.special(special)?),
            None => self.any_register(a)?,
        };
        let bits = |class| match class {
            Class::Short => 16,
            Class::Word => 32,
            Class::Long => 64,
            Class::Predicate => 0,
        };
        if bits(to_class) < to.bits || bits(from_class) < from.bits {
            return Err("a register is too narrow for its type".into());
        }
        let widens = to.bits > from.bits;
        let convert = Convert {
            bits: to.bits.min(from.bits),
            sign: if widens { from.sign } else { to.sign },
            from_long: from_class == Class::Long,
            to_long: to_class == Class::Long,
            to_bits: bits(to_class),
        };
        Ok(Some(Op::Convert(convert, [d, a])))
    }

    /// Between addresses of one memory and addresses of any.
    fn cvta(
        &mut self,
        parts: &[&str],
        operands: &[Operand<'a>],
    ) -> Decoded<Option<Op>> {
        let (op, space) = match parts {
            [_, "to", space, "u64"] => (Long::Sub, *space),
            [_, space, "u64"] => (Long::Add, *space),
            _ => return Ok(None),
        };
        let window = match space {
            "global" => 0,
            "shared" => SHARED_WINDOW,
            "local" => LOCAL_WINDOW,
            _ => return Ok(None),
        };
        let [Operand::Plain(d), a] = operands else {
            return Err("two operands were expected".into());
        };
        let d = self.register(d, Class::Long)?;
        let (a, window) = (self.long(a)?, self.long_constant(window)?);
        Ok(Some(Op::Long(op, [d, a, window, 0])))
    }

    fn memory(
        &mut self,
        parts: &[&str],
        operands: &[Operand<'a>],
    ) -> Decoded<Option<Op>> {
        let access = match parts[0] {
            "ld" => Access::Load,
            _ => Access::Store,
        };
        let (mut space, mut wide, mut kind) = (Window::Any, 1, None);
        for part in &parts[1..] {
            match *part {
                "param" if access == Access::Load => {
                    return self.argument(parts, operands);
                }
                "global" => space = Window::Global,
                "shared" => space = Window::Shared,
                "local" => space = Window::Local,
                "v2" => wide = 2,
                "v4" => wide = 4,
                "nc" | "volatile" | "weak" | "relaxed" | "gpu" | "cta" => {}
                "ca" | "cg" | "cs" | "lu" | "cv" | "wb" | "wt" => {}
                // float or not, it is moved bit by bit
                "f64" => kind = type_of("b64"),
                word => match type_of(word) {
                    Some(known) if kind.is_none() => kind = Some(known),
                    _ => return Ok(None),
                },
            }
        }
        let Some(kind) = kind.filter(|kind| kind.bits >= 32) else {
            return Ok(None);
        };
        let long = kind.bits == 64;
        let words = wide * kind.bits / 32;
        let (data, address) = match (access, operands) {
            (Access::Load, [data, address]) => (data, address),
            (Access::Store, [address, data]) => (data, address),
            _ => return Err("two operands were expected".into()),
        };
        if words > 4 {
            return Ok(None);
        }
        let &Operand::Address(base, offset) = address else {
            return Err("an address in brackets was expected".into());
        };
        let base = self.base(base)?;
        if matches!((base, space), (Base::Word(_), Window::Global | Window::Any)) {
            return Err("an address here needs a register of 64 bits".into());
        }
        Ok(Some(Op::Memory(Memory {
            access,
            space,
            words: words as u8,
            long,
            base,
            offset,
            data: self.data(access, kind, wide as usize, data)?,
        })))
    }

    fn base(&mut self, name: &'a str) -> Decoded<Base> {
        if name.starts_with(|c: char| c.is_ascii_digit()) || self.is_known(name) {
            return self.long(&Operand::Plain(name)).map(Base::Long);
        }
        match self.any_register(name)? {
            (Class::Word, slot) => Ok(Base::Word(slot)),
            (Class::Long, slot) => Ok(Base::Long(slot)),
            _ => Err(format!("`{name}` can hold no address")),
        }
    }

    /// The registers that are filled or whose numbers are written.
    fn data(
        &mut self,
        access: Access,
        kind: Type,
        wide: usize,
        operand: &Operand<'a>,
    ) -> Decoded<[Slot; 4]> {
        let mut slots = [0; 4];
        let one;
        let names = match operand {
            Operand::Several(names) if wide > 1 => &names[..],
            Operand::Plain(name) if wide == 1 => {
                one = [*name];
                &one[..]
            }
            // a number, with its sign
            operand if access == Access::Store && wide == 1 => {
                slots[0] = match kind.class() {
                    Class::Long => self.long(operand)?,
                    _ => self.word(operand, kind.float)?,
                };
                return Ok(slots);
            }
            _ => return Err("the registers do not fit the instruction".into()),
        };
        if names.len() != wide {
            return Err(format!("{wide} registers were expected, not {}", names.len()));
        }
        for (slot, name) in slots.iter_mut().zip(names) {
            let operand = Operand::Plain(name);
            *slot = match (access, kind.class()) {
                (Access::Load, class) => self.sink(name, class)?,
                (Access::Store, Class::Long) => self.long(&operand)?,
                (Access::Store, _) => self.word(&operand, kind.float)?,
            };
        }
        Ok(slots)
    }

    /// `ld.param.u64 %rd1, [name+8]`: the argument stands in a register from the start.
    fn argument(
        &mut self,
        parts: &[&str],
        operands: &[Operand<'a>],
    ) -> Decoded<Option<Op>> {
        let [_, "param", kind] = parts else {
            return Ok(None);
        };
        let Some(kind) = type_of(kind).filter(|kind| kind.bits >= 32) else {
            return Ok(None);
        };
        let [Operand::Plain(d), Operand::Address(name, more)] = operands else {
            return Err("a register and a parameter were expected".into());
        };
        let parameter = self.parameters.get(*name).copied();
        let (offset, bytes) =
            parameter.ok_or_else(|| format!("there is no parameter `{name}`"))?;
        let inside = u32::try_from(*more).ok();
        let inside = inside.filter(|more| {
            u64::from(*more) + u64::from(kind.bits / 8) <= u64::from(bytes)
        });
        let more = inside.ok_or_else(|| format!("`{name}` has {bytes} bytes only"))?;
        let d = self.register(d, kind.class())?;
        let a = self.new_slot(kind.class())?;
        Ok(Some(if kind.bits == 64 {
            self.files.long_arguments.push((a, offset + more));
            Op::Long(Long::Move, [d, a, 0, 0])
        } else {
            self.files.arguments.push((a, offset + more));
            Op::Word(Word::Move, [d, a, 0, 0])
        }))
    }
}

/// The operation on 32 bits, that on 64 bits, and how many operands they have.
fn integer_arithmetic(stem: &[&str], s: Sign) -> Option<(Word, Option<Long>, usize)> {
    let (word, long, count) = match stem {
        ["mov"] => (Word::Move, Long::Move, 2),
        ["add"] => (Word::Add, Long::Add, 3),
        ["sub"] => (Word::Sub, Long::Sub, 3),
        ["mul", "lo"] => (Word::Mul, Long::Mul, 3),
        ["mul", "hi"] => (Word::MulHigh(s), Long::MulHigh(s), 3),
        ["mad", "lo"] => (Word::Mad, Long::Mad, 4),
        ["mad", "hi"] => return Some((Word::MadHigh(s), None, 4)),
        ["bfe"] => return Some((Word::Bits(s), None, 4)),
        ["popc"] => return Some((Word::CountOnes, None, 2)),
        ["clz"] => return Some((Word::LeadingZeros, None, 2)),
        ["div"] => (Word::Div(s), Long::Div(s), 3),
        ["rem"] => (Word::Rem(s), Long::Rem(s), 3),
        ["min"] => (Word::Min(s), Long::Min(s), 3),
        ["max"] => (Word::Max(s), Long::Max(s), 3),
        ["shl"] => (Word::Shl, Long::Shl, 3),
        ["shr"] => (Word::Shr(s), Long::Shr(s), 3),
        ["and"] => (Word::And, Long::And, 3),
        ["or"] => (Word::Or, Long::Or, 3),
        ["xor"] => (Word::Xor, Long::Xor, 3),
        ["not"] => (Word::Not, Long::Not, 2),
        ["neg"] => (Word::Neg, Long::Neg, 2),
        ["abs"] => (Word::Abs, Long::Abs, 2),
        _ => return None,
    };
    Some((word, Some(long), count))
}

fn signed(value: u64, minus: bool) -> u64 {
    if minus { value.wrapping_neg() } else { value }
}

fn test_of(word: &str) -> Option<Test> {
    Some(match word {
        "eq" => Test::Equal,
        "ne" => Test::NotEqual,
        "lt" | "lo" => Test::Less,
        "le" | "ls" => Test::LessEqual,
        "gt" | "hi" => Test::Greater,
        "ge" | "hs" => Test::GreaterEqual,
        "num" => Test::Numbers,
        "nan" => Test::NotNumbers,
        _ => return None,
    })
}

fn special(name: &str) -> Option<Special> {
    let axis = match name.rsplit('.').next()? {
        "x" => Axis::X,
        "y" => Axis::Y,
        "z" => Axis::Z,
        "%laneid" => return Some(Special::Lane),
        "%warpid" => return Some(Special::Warp),
        _ => return None,
    };
    Some(match name.split('.').next()? {
        "%tid" => Special::Thread(axis),
        "%ctaid" => Special::Block(axis),
        "%ntid" => Special::BlockSize(axis),
        "%nctaid" => Special::GridSize(axis),
        _ => return None,
    })
}
