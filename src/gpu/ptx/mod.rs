//! An interpreter of PTX: the very kernels that a graphics card runs, run here.
//!
//! PTX is the text that compilers for NVIDIA's cards write. [`Module::parse`] reads it
//! into a compact form, and a [`Gpu`] runs its kernels on memory of its own, one warp
//! after the other. It is slow, but it misses nothing: each launch ends either with the
//! [`Counters`](super::Counters) of what it cost, or with the first
//! [`Fault`](super::Fault) of a kernel.
//!
//! ```
//! use gradbook::gpu::ptx::{Argument, Gpu, Module};
//!
//! let module = Module::parse(
//!     ".version 4.2 .target sm_50 .address_size 64
//!      .visible .entry double(.param .u64 x) {
//!          .reg .f32 %f<3>; .reg .b32 %r<2>; .reg .b64 %rd<5>;
//!          ld.param.u64 %rd1, [x];
//!          cvta.to.global.u64 %rd2, %rd1;
//!          mov.u32 %r1, %tid.x;
//!          mul.wide.u32 %rd3, %r1, 4;
//!          add.s64 %rd4, %rd2, %rd3;
//!          ld.global.f32 %f1, [%rd4];
//!          add.f32 %f2, %f1, %f1;
//!          st.global.f32 [%rd4], %f2;
//!          ret;
//!      }",
//! )?;
//! let mut gpu = Gpu::new();
//! let x = gpu.upload(&[1.0, 2.0, 3.0])?;
//! let arguments = [Argument::Pointer(x)];
//! let spent = gpu.launch(&module, "double", 1.into(), 3.into(), &arguments)?;
//! assert_eq!(gpu.read(x)?, [2.0, 4.0, 6.0]);
//! assert_eq!(spent.global_loads, 3);
//!
//! // a fourth thread has no number, and this kernel does not look
//! let fault = gpu.launch(&module, "double", 1.into(), 4.into(), &arguments);
//! let fault = fault.unwrap_err().to_string();
//! assert!(fault.contains("thread (3, 0, 0), PTX line 9"), "{fault}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it knows is what kernels of f32 and integers are made of. There are no atomics,
//! no functions, no f64, no 8-bit memory, no exchange inside a warp, and one barrier
//! for the whole block; a module that needs more is refused with the line that does.

mod code;
mod decode;
mod layout;
mod machine;
mod memory;
mod parse;
mod token;
mod warp;

pub use machine::Gpu;
pub use memory::MemoryError;

/// Kernels, read from PTX.
#[derive(Clone, Debug)]
pub struct Module {
    kernels: Vec<code::Kernel>,
}

/// Why a text is not PTX that can be run here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PTX line {line}: {message}")]
pub struct Error {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub message: String,
}

/// What a kernel takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the PTX.
    pub name: String,
    /// Its type, as far as PTX says.
    pub kind: Kind,
    /// How many bytes it has.
    pub bytes: u32,
    /// Where it begins among the bytes of all arguments.
    pub offset: u32,
}

/// Types of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// f32.
    Float,
    /// An integer of 32 bits.
    Word,
    /// An integer of 64 bits, or a pointer.
    Long,
    /// Anything else: a struct, byte by byte.
    Bytes,
}

/// What a launch gives to a kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Argument {
    /// A buffer's address, or one inside a buffer.
    Pointer(u64),
    /// A signed integer of 32 bits.
    I32(i32),
    /// An unsigned integer of 32 bits.
    U32(u32),
    /// A signed integer of 64 bits.
    I64(i64),
    /// An unsigned integer of 64 bits.
    U64(u64),
    /// A float of 32 bits.
    F32(f32),
}

impl Argument {
    fn kind(self) -> Kind {
        match self {
            Self::Pointer(_) | Self::I64(_) | Self::U64(_) => Kind::Long,
            Self::I32(_) | Self::U32(_) => Kind::Word,
            Self::F32(_) => Kind::Float,
        }
    }

    fn bits(self) -> u64 {
        match self {
            Self::Pointer(x) | Self::U64(x) => x,
            Self::I64(x) => x as u64,
            Self::I32(x) => u64::from(x as u32),
            Self::U32(x) => u64::from(x),
            Self::F32(x) => u64::from(x.to_bits()),
        }
    }
}

/// A kernel of a module, as a caller sees it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    kernel: &'a code::Kernel,
}

impl Module {
    /// Reads PTX.
    ///
    /// # Errors
    /// An [`Error`] with the line, if it is no PTX or needs what is not known here.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let kernels = parse::module(text)?;
        Ok(Self { kernels })
    }

    /// The kernels, in the order of the text.
    pub fn kernels(&self) -> impl Iterator<Item = Entry<'_>> {
        self.kernels.iter().map(|kernel| Entry { kernel })
    }

    /// The kernel of this name.
    pub fn kernel(&self, name: &str) -> Option<Entry<'_>> {
        self.kernels().find(|entry| entry.name() == name)
    }
}

impl<'a> Entry<'a> {
    /// Its name.
    pub fn name(self) -> &'a str {
        &self.kernel.name
    }

    /// What it takes, in order.
    pub fn parameters(self) -> &'a [Parameter] {
        &self.kernel.parameters
    }

    /// Bytes of shared memory that each block of it needs, without those that the
    /// launch may add.
    pub fn shared_bytes(self) -> u64 {
        self.kernel.shared.bytes
    }

    /// The most threads of a block that it was compiled for, if it says so.
    pub fn max_threads(self) -> Option<u64> {
        self.kernel.max_threads
    }

    /// How many instructions it has.
    pub fn instructions(self) -> usize {
        let counted = |i: &&code::Instruction| !matches!(i.op, code::Op::Goto(_));
        self.kernel.code.iter().filter(counted).count()
    }
}
