//! What a device finds wrong with a kernel: which thread, where, what, and the mend.

use super::Dim3;
use std::fmt;

/// The first thing that went wrong in a launch. Its `Display` is one line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub struct Fault {
    /// Name of the kernel.
    pub kernel: String,
    /// The block whose thread it was.
    pub block: Dim3,
    /// The thread inside the block.
    pub thread: Dim3,
    /// The line that did it.
    pub place: Place,
    /// What it did.
    pub kind: FaultKind,
}

/// A line of a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a source file.
    Source {
        /// The file as its compiler names it.
        file: String,
        /// The line, from 1.
        line: u32,
    },
    /// A line of PTX.
    Ptx {
        /// The line, from 1.
        line: u32,
        /// The file and line it was compiled from, where the PTX says so (`.loc`).
        source: Option<Box<(String, u32)>>,
    },
    /// The launch itself: no line of the kernel was run.
    Launch,
}

/// Reading or writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It reads.
    Load,
    /// It writes.
    Store,
}

/// The kinds of memory that a thread sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// The device's large memory, seen by all threads.
    Global,
    /// A block's small fast memory, seen by the threads of that block.
    Shared,
    /// A thread's own.
    Local,
}

/// What an access was aimed at. A *number* is a word of 4 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Number `index` of a buffer of `len` numbers; outside of it, perhaps.
    Number {
        /// From 0; negative before the buffer.
        index: i64,
        /// How many numbers the buffer holds.
        len: u64,
    },
    /// Memory that was handed back.
    Freed,
    /// An address that belongs to no buffer, nor is it near one; 0 is the null pointer.
    Nowhere {
        /// The address.
        address: u64,
    },
}

/// The other half of a race.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Whether the other thread read or wrote.
    pub access: Access,
    /// The other thread's block.
    pub block: Dim3,
    /// The other thread.
    pub thread: Dim3,
    /// The line that touched the same number.
    pub place: Place,
}

/// What can go wrong in a kernel.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// An access outside every buffer.
    OutOfBounds {
        /// Read or written.
        access: Access,
        /// In which memory.
        space: Space,
        /// What was aimed at.
        spot: Spot,
    },
    /// A read of a number that nobody has written.
    Unwritten {
        /// In which memory.
        space: Space,
        /// What was read.
        spot: Spot,
    },
    /// An access of several bytes at an address that is not a multiple of them.
    Misaligned {
        /// Read or written.
        access: Access,
        /// In which memory.
        space: Space,
        /// Where it begins, in bytes from the start of the buffer or shared memory.
        address: u64,
        /// What the address has to be a multiple of.
        bytes: u32,
    },
    /// Two threads touch one number, at least one of them writing (whatever the
    /// value), and no barrier stands between them; or they are of different blocks,
    /// which no barrier can order.
    Race {
        /// What this thread did.
        access: Access,
        /// In which memory.
        space: Space,
        /// The number.
        spot: Spot,
        /// What the other thread did before.
        other: Box<Touch>,
    },
    /// A thread waits at a barrier that another thread of its block does not reach.
    DivergentBarrier {
        /// The other thread.
        other: Dim3,
        /// The other barrier at which it waits; `None` if it has left the kernel.
        other_place: Option<Box<Place>>,
    },
    /// The launch ran more instructions than its budget: most likely a loop that never
    /// ends.
    Endless {
        /// Instructions that were allowed, counted once for a whole warp.
        budget: u64,
    },
    /// An integer divided by zero: the hardware gives a number without meaning.
    DivisionByZero,
    /// The launch was refused.
    Launch {
        /// Why, in words.
        reason: String,
    },
    /// Anything else that a device does not allow.
    Misuse {
        /// What, and the mend, in words.
        reason: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.kernel)?;
        if self.place != Place::Launch {
            write!(f, "block {}, thread {}, ", self.block, self.thread)?;
        }
        write!(f, "{}: ", self.place)?;
        self.kind.write(f, Some(self.block))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source { file, line } => write!(f, "{file} line {line}"),
            Self::Ptx { line, source: None } => write!(f, "PTX line {line}"),
            Self::Ptx { line, source: Some(source) } => {
                let (file, source) = &**source;
                write!(f, "{file} line {source} (PTX line {line})")
            }
            Self::Launch => f.write_str("launch"),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Load => "reads",
            Self::Store => "writes",
        })
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Global => "global memory",
            Self::Shared => "shared memory",
            Self::Local => "local memory",
        })
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { index, len } => write!(f, "number {index} of {len}"),
            Self::Freed => f.write_str("a buffer already freed"),
            Self::Nowhere { address: 0 } => f.write_str("the null pointer"),
            Self::Nowhere { address } => write!(f, "address {address:#x}, no buffer"),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, None)
    }
}

impl FaultKind {
    /// In words, with the mend, which for a race depends on whose block it was.
    fn write(&self, f: &mut fmt::Formatter<'_>, block: Option<Dim3>) -> fmt::Result {
        match self {
            Self::OutOfBounds { access, space, spot } => {
                let mend = match (spot, space) {
                    (Spot::Number { .. }, Space::Global) => {
                        "check the index and its guard: a grid is larger than its data"
                    }
                    (Spot::Number { .. }, _) => "check the index and the array's size",
                    (Spot::Freed, _) => "free it after the last launch that uses it",
                    (Spot::Nowhere { .. }, _) => "check the pointers and their order",
                };
                write!(f, "out of bounds, {access} {spot} in {space}; {mend}")
            }
            Self::Unwritten { space, spot } => {
                let mend = match space {
                    Space::Global => "upload it or let a kernel write it first",
                    Space::Shared => "fill the whole tile first, zeros past the edge",
                    Space::Local => "give it a value first",
                };
                write!(f, "reads {spot} in {space}, never written; {mend}")
            }
            Self::Misaligned { access, space, address, bytes } => write!(
                f,
                "misaligned, {access} {bytes} bytes from byte {address} on in {space}, \
                 not a multiple of {bytes}; take single numbers where rows do not fit"
            ),
            Self::Race { access, space, spot, other } => {
                let apart = block.is_some_and(|block| block != other.block);
                write_race(f, (*access, *space, *spot), (other, apart))
            }
            Self::DivergentBarrier { other, other_place } => {
                write!(f, "waits at a barrier, but thread {other} ")?;
                match other_place {
                    Some(place) => write!(f, "waits at another, {place}")?,
                    None => f.write_str("has left the kernel")?,
                }
                f.write_str("; let all threads of the block reach the same barrier")
            }
            Self::Endless { budget } => write!(
                f,
                "still running after {budget} instructions of warps; does this loop \
                 end?"
            ),
            Self::DivisionByZero => {
                f.write_str("divides an integer by zero; check the divisor first")
            }
            Self::Launch { reason } | Self::Misuse { reason } => f.write_str(reason),
        }
    }
}

fn write_race(
    f: &mut fmt::Formatter<'_>,
    (access, space, spot): (Access, Space, Spot),
    (other, apart): (&Touch, bool),
) -> fmt::Result {
    let mend = match (apart, access, other.access) {
        (true, ..) => {
            "give each number one writer; no barrier orders threads of two blocks"
        }
        (_, Access::Store, Access::Store) => {
            "give each number one writer, or put a barrier between them"
        }
        _ => "put a barrier between them, or give each number one writer",
    };
    let verb = match other.access {
        Access::Load => "read",
        Access::Store => "wrote",
    };
    let Touch { block, thread, place, .. } = other;
    write!(f, "race, {access} {spot} in {space}, which thread {thread} ")?;
    if space == Space::Global {
        write!(f, "of block {block} ")?;
    }
    write!(f, "{verb} at {place} with no barrier between; {mend}")
}
