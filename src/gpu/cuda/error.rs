use super::driver::{self, Failure};

/// What can go wrong with a GPU: one line each.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CudaError {
    /// The driver is not installed, or cannot be loaded.
    #[error("no CUDA driver: {0}")]
    NoDriver(String),
    /// The driver is there and sees no GPU.
    #[error("the CUDA driver sees no GPU (CUDA_VISIBLE_DEVICES can hide it)")]
    NoDevice,
    /// The driver is older than what is asked of it.
    #[error("the CUDA driver is too old: {0}; a newer one is needed")]
    OldDriver(String),
    /// The GPU has not as much memory left.
    #[error("out of memory on the GPU{0}")]
    OutOfMemory(String),
    /// The driver cannot compile PTX, or something else is wrong with how it stands on
    /// this machine.
    #[error("the CUDA driver does not work here: {0}")]
    Broken(&'static str),
    /// A kernel went wrong, or the driver refused a request.
    #[error("{call} failed with code {code}{meaning}")]
    Failed {
        /// The function of the driver that said so. A kernel's failure is told by
        /// whatever function is called after it.
        call: &'static str,
        /// The driver's code.
        code: u32,
        /// What the code means, where that is known.
        meaning: &'static str,
    },
    /// Sizes that do not fit together, or are too large for the kernels.
    #[error("{0}")]
    Sizes(String),
}

impl CudaError {
    /// What the driver answered first; `error` is what `cust` made of its last answer.
    pub(super) fn of(failure: Option<Failure>, error: cust::error::CudaError) -> Self {
        if let Some(why) = driver::absent() {
            return Self::NoDriver(why.to_owned());
        }
        match failure {
            Some(Failure::Missing(name)) => {
                Self::OldDriver(format!("it has no {name}"))
            }
            Some(Failure::Code(call, code)) => Self::from_code(call, code),
            // `cust` itself refused, and asked nothing of the driver: more bytes than
            // can be counted
            None if error == cust::error::CudaError::InvalidMemoryAllocation => {
                Self::OutOfMemory(String::new())
            }
            None => Self::from_code("cust", error as u32),
        }
    }

    fn from_code(call: &'static str, code: u32) -> Self {
        let meaning = match code {
            2 => return Self::OutOfMemory(String::new()),
            34 => return Self::Broken("this libcuda.so.1 is a toolkit's stub"),
            100 => return Self::NoDevice,
            221 => {
                return Self::Broken("libnvidia-ptxjitcompiler.so.1 is missing");
            }
            222 => {
                return Self::OldDriver("its compiler does not know our PTX".into());
            }
            803 => {
                return Self::Broken("library and kernel module differ; restart");
            }
            1 => " (an invalid value)",
            200 | 218 => " (it cannot read our PTX)",
            209 => " (our PTX needs a GPU of compute capability 5.0 or more)",
            201 | 709 => " (there is no context)",
            500 => " (no kernel of that name)",
            700 => " (a kernel reached outside its memory)",
            701 => " (the kernel wants more than a block may have)",
            702 => " (the kernel took too long)",
            716 => " (a kernel's access was not aligned)",
            719 => " (a kernel failed)",
            _ => "",
        };
        Self::Failed { call, code, meaning }
    }
}
