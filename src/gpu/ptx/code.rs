//! Kernels in the compact form that the machine runs: names are gone, and each
//! register, number and argument has a slot in the registers of a warp.

use crate::gpu::{Access, Dim3};

/// A place in one of the three register files of a warp.
pub(super) type Slot = u16;

/// A kernel, ready to run.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    pub name: String,
    pub parameters: Vec<super::Parameter>,
    /// The most threads of a block that it was compiled for.
    pub max_threads: Option<u64>,
    pub shared: Shared,
    /// Bytes of each thread's own memory.
    pub local: u32,
    pub code: Vec<Instruction>,
    /// For each instruction.
    pub lines: Vec<Line>,
    /// File names, as the PTX has them.
    pub files: Vec<String>,
    pub registers: Files,
}

/// The line in the PTX of an instruction, and the file and line it was compiled from.
pub(super) type Line = (u32, Option<(u16, u32)>);

/// How many registers of each kind a warp needs, and what stands in some of them before
/// the first instruction.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    pub words: u16,
    pub longs: u16,
    pub predicates: u16,
    pub constants: Vec<(Slot, u32)>,
    pub long_constants: Vec<(Slot, u64)>,
    pub special: Vec<(Slot, Special)>,
    /// Slot, and where the argument stands among the bytes of all arguments.
    pub arguments: Vec<(Slot, u32)>,
    pub long_arguments: Vec<(Slot, u32)>,
    /// Predicates that always hold.
    pub holds: Vec<Slot>,
}

/// Where a kernel's arrays in shared memory lie.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    /// First byte and length of each array. Between them are gaps, so that running off
    /// one array is not mistaken for reaching into the next.
    pub arrays: Vec<(u32, u32)>,
    /// First byte of the array whose size the launch decides, if there is one.
    pub dynamic: Option<u32>,
    /// Bytes of the arrays without gaps, as a real device lays them.
    pub bytes: u64,
}

/// Numbers that every thread finds in its registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    Thread(Axis),
    Block(Axis),
    BlockSize(Axis),
    GridSize(Axis),
    Lane,
    Warp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    X,
    Y,
    Z,
}

impl Axis {
    pub fn of(self, size: Dim3) -> u32 {
        match self {
            Self::X => size.x,
            Self::Y => size.y,
            Self::Z => size.z,
        }
    }
}

/// One instruction, and who of the warp carries it out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instruction {
    pub op: Op,
    /// Only threads for which this predicate holds (`true`) or does not (`false`).
    pub guard: Option<(Slot, bool)>,
}

/// What an instruction does. Slots stand in the order destination, operands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// On registers of 32 bits.
    Word(Word, [Slot; 4]),
    /// On registers of 64 bits.
    Long(Long, [Slot; 4]),
    /// The whole product of two words, and a sum with a third register of 64 bits.
    Wide(Sign, [Slot; 4]),
    /// `a * b + c` with one rounding.
    Fma([Slot; 4]),
    /// A number of another width: the lowest bits, extended by their sign or by zeros.
    Convert(Convert, [Slot; 2]),
    /// Two words are the halves of a long: low, high.
    Pack([Slot; 3]),
    Unpack([Slot; 3]),
    /// Sets a predicate.
    Compare(Compare),
    /// One of two registers, by a predicate.
    Select([Slot; 4]),
    SelectLong([Slot; 4]),
    Logic(Logic, [Slot; 3]),
    Not([Slot; 2]),
    Memory(Memory),
    /// Threads for which the guard holds go to the first, the others to the second.
    Branch(u32, u32),
    /// Goes on elsewhere; not an instruction of the PTX.
    Goto(u32),
    Barrier,
    Exit,
    Trap,
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Signed,
    Unsigned,
}

/// Arithmetic on 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Move,
    Add,
    Sub,
    Mul,
    Mad,
    MulHigh(Sign),
    MadHigh(Sign),
    Div(Sign),
    Rem(Sign),
    Min(Sign),
    Max(Sign),
    Shl,
    Shr(Sign),
    And,
    Or,
    Xor,
    Not,
    Neg,
    Abs,
    /// So many bits from a position on.
    Bits(Sign),
    /// How many bits are set, and how many zeros stand before the first.
    CountOnes,
    LeadingZeros,
    AddF,
    SubF,
    MulF,
    DivF,
    MinF,
    MaxF,
    NegF,
    AbsF,
    SqrtF,
    RecipF,
    RsqrtF,
    Exp2F,
    Log2F,
    /// The first's size, the second's sign.
    CopySignF,
    /// Between 0 and 1.
    SaturateF,
    /// `a * b + c`, rounded down.
    FmaDown,
    /// f32 from an integer.
    FromInt(Sign),
    /// An integer from f32, and a whole f32 from f32.
    ToInt(Sign, Round),
    Round(Round),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    Nearest,
    Zero,
    Down,
    Up,
}

/// Arithmetic on 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Long {
    Move,
    Add,
    Sub,
    Mul,
    Mad,
    MulHigh(Sign),
    Div(Sign),
    Rem(Sign),
    Min(Sign),
    Max(Sign),
    /// By as many bits as a word says.
    Shl,
    Shr(Sign),
    And,
    Or,
    Xor,
    Not,
    Neg,
    Abs,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Convert {
    /// Bits that are kept: the fewer of the two types.
    pub bits: u32,
    pub sign: Sign,
    /// Whether the source and the destination are registers of 64 bits.
    pub from_long: bool,
    pub to_long: bool,
    /// Bits of the destination's type.
    pub to_bits: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Compare {
    pub kind: Kind,
    pub test: Test,
    /// True as well where one of two floats is not a number.
    pub unordered: bool,
    pub slots: [Slot; 3],
    /// And, or, xor with a predicate, or with its opposite.
    pub then: Option<(Logic, Slot, bool)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Short(Sign),
    Word(Sign),
    Long(Sign),
    Float,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// Both are numbers, or one is not.
    Numbers,
    NotNumbers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logic {
    And,
    Or,
    Xor,
}

/// A read or a write of 1, 2 or 4 words in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub access: Access,
    pub space: Window,
    pub words: u8,
    /// Whether `data` are registers of 64 bits, each of two words.
    pub long: bool,
    pub base: Base,
    pub offset: i64,
    pub data: [Slot; 4],
}

/// The register that an address begins with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Base {
    Word(Slot),
    Long(Slot),
}

/// Which memory an instruction means; `Any` leaves it to the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    Global,
    Shared,
    Local,
    Any,
}

/// Where shared and local memory lie among the addresses that `Any` understands.
pub(super) const SHARED_WINDOW: u64 = 0x1000_0000;
pub(super) const LOCAL_WINDOW: u64 = 0x2000_0000;
