//! A real GPU: the same PTX that the simulated device runs, through NVIDIA's driver.
//!
//! The crate `cust` talks to the driver. Its own types do not check sizes, arguments or
//! lifetimes; [`Cuda`] does, and nothing of `cust` shows outside of this module.
//!
//! To build it takes no toolkit and no driver. `cust` looks for the driver's library in
//! the folder `$CUDA_LIBRARY_PATH/lib64`; in the book's repository `.cargo/config.toml`
//! names one with an empty archive in it, `src/gpu/link`. A program elsewhere that
//! turns the feature `cuda` on sets that variable itself, to this folder or to a
//! toolkit's. Either way the driver is looked for when the program runs.

mod about;
#[allow(unsafe_code)]
mod driver;
mod error;
mod timing;

pub use about::About;
pub use error::CudaError;
pub use timing::Timing;

use std::ffi::c_void;
use std::fmt;
use std::rc::Rc;

use cust::context::Context;
use cust::device::Device;
use cust::memory::{CopyDestination, DeviceBuffer, mem_get_info};
use cust::module::Module;
use cust::stream::{Stream, StreamFlags};

use self::driver::watch;

use super::kernels::{CONV2D, Conv2d, Launch, MATMUL, Matmul, PTX};
use crate::kernels::Convolution;

type Result<T> = std::result::Result<T, CudaError>;

/// The first GPU of this machine, with the book's kernels on it.
///
/// Work is done in the order in which it is asked for. [`matmul`](Self::matmul) and
/// [`conv2d`](Self::conv2d) do not wait for it; reading does. A kernel that fails
/// spoils the GPU for this process: every later request is an error.
pub struct Cuda {
    about: About,
    // The order counts: fields are dropped from the first to the last, and the context
    // has to go after all that lives in it.
    module: Module,
    stream: Stream,
    context: Rc<Context>,
}

/// Waits for the kernels that still run: their code goes next.
impl Drop for Cuda {
    fn drop(&mut self) {
        // a failure has no one left to be told
        drop(self.wait());
    }
}

/// Numbers in the memory of a GPU.
pub struct Buffer {
    numbers: DeviceBuffer<f32>,
    /// Dropped after the numbers, so that they never outlive it.
    _context: Rc<Context>,
}

impl Buffer {
    /// How many numbers it holds.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    fn address(&self) -> u64 {
        self.numbers.as_device_ptr().as_raw()
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Cuda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cuda").field("about", &self.about).finish_non_exhaustive()
    }
}

impl Cuda {
    // ANCHOR: open
    /// Finds the driver and the first GPU, and has the driver compile our PTX for it.
    ///
    /// # Errors
    ///
    /// One line that says which of these is not there, or does not work.
    pub fn open() -> Result<Self> {
        watch(|| cust::init(cust::CudaFlags::empty()))?;
        if watch(Device::num_devices)? == 0 {
            return Err(CudaError::NoDevice);
        }
        let device = watch(|| Device::get_device(0))?;
        let about = About::of(device)?;
        let context = Rc::new(watch(|| Context::new(device))?);
        let module = watch(|| Module::from_ptx(PTX, &[]))?;
        let stream = watch(|| Stream::new(StreamFlags::DEFAULT, None))?;
        Ok(Self { about, module, stream, context })
    }
    // ANCHOR_END: open

    /// What GPU it is.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Numbers copied to the GPU.
    ///
    /// # Errors
    ///
    /// When its memory is full, or the driver refuses.
    pub fn upload(&self, numbers: &[f32]) -> Result<Buffer> {
        let mut buffer = self.alloc(numbers.len())?;
        self.write(&mut buffer, numbers)?;
        Ok(buffer)
    }

    /// Room for `len` numbers, which have no particular values yet.
    ///
    /// # Errors
    ///
    /// As [`Self::upload`].
    #[allow(unsafe_code)]
    pub fn alloc(&self, len: usize) -> Result<Buffer> {
        // Sound: any bits that lie there are numbers of type f32, if read at all.
        let alloc = || unsafe { DeviceBuffer::uninitialized(len) };
        let numbers = watch(alloc).map_err(|error| match error {
            CudaError::OutOfMemory(_) => CudaError::OutOfMemory(self.wanted(len)),
            other => other,
        })?;
        Ok(Buffer { numbers, _context: Rc::clone(&self.context) })
    }

    fn wanted(&self, len: usize) -> String {
        let bytes = len.saturating_mul(size_of::<f32>());
        match watch(mem_get_info) {
            Ok((free, _)) => format!(": {bytes} bytes wanted, {free} free"),
            Err(_) => format!(": {bytes} bytes wanted"),
        }
    }

    /// Copies `numbers` to the beginning of a buffer.
    ///
    /// # Errors
    ///
    /// When the buffer holds fewer, or the driver refuses.
    pub fn write(&self, buffer: &mut Buffer, numbers: &[f32]) -> Result<()> {
        fits("write", numbers.len(), buffer)?;
        let mut part = buffer.numbers.index(..numbers.len());
        watch(|| part.copy_from(numbers))
    }

    /// Copies the first numbers of a buffer from the GPU, when all work asked for
    /// before is done.
    ///
    /// # Errors
    ///
    /// When the buffer holds fewer, a kernel failed, or the driver refuses.
    pub fn read_into(&self, buffer: &Buffer, numbers: &mut [f32]) -> Result<()> {
        fits("read", numbers.len(), buffer)?;
        self.wait()?;
        let part = buffer.numbers.index(..numbers.len());
        watch(|| part.copy_to(numbers))
    }

    /// All numbers of a buffer, as [`Self::read_into`].
    ///
    /// # Errors
    ///
    /// As [`Self::read_into`].
    pub fn read(&self, buffer: &Buffer) -> Result<Vec<f32>> {
        let mut numbers = vec![0.0; buffer.len()];
        self.read_into(buffer, &mut numbers)?;
        Ok(numbers)
    }

    /// Waits until all work asked for is done.
    ///
    /// # Errors
    ///
    /// When a kernel failed.
    pub fn wait(&self) -> Result<()> {
        watch(|| self.stream.synchronize())
    }
}

// ANCHOR: matmul
impl Cuda {
    /// `c = a . b`, where `a` is m x k, `b` k x n and `c` m x n, each row by row.
    ///
    /// # Errors
    ///
    /// When a size is 0 or too large, or a buffer too small; or the driver refuses.
    pub fn matmul(
        &self,
        kernel: &'static Matmul,
        [a, b]: [&Buffer; 2],
        c: &mut Buffer,
        [m, k, n]: [usize; 3],
    ) -> Result<()> {
        ours(MATMUL.contains(kernel), kernel.name)?;
        let addresses = [a.address(), b.address(), c.address()];
        let launch = kernel.launch(addresses, [m, k, n]).map_err(sizes)?;
        for (what, len, buffer) in [("a", m * k, a), ("b", k * n, b), ("c", m * n, &*c)]
        {
            fits(what, len, buffer)?;
        }
        self.start(&launch)
    }
    // ANCHOR_END: matmul

    /// Writes `weight . patches + bias` for each image, all as in [`Convolution`].
    ///
    /// # Errors
    ///
    /// As [`Self::matmul`].
    pub fn conv2d(
        &self,
        kernel: &'static Conv2d,
        sizes_of: &Convolution,
        [images, weight, bias]: [&Buffer; 3],
        outputs: &mut Buffer,
        batch: usize,
    ) -> Result<()> {
        ours(CONV2D.contains(kernel), kernel.name)?;
        let buffers = [images, weight, bias, &*outputs];
        let addresses = buffers.map(Buffer::address);
        let launch = kernel.launch(addresses, sizes_of, batch).map_err(sizes)?;
        let (input, output) = (sizes_of.input_shape(), sizes_of.output_shape());
        let lens = [
            batch * input.len(),
            output.channels * sizes_of.taps(),
            output.channels,
            batch * output.len(),
        ];
        let names = ["images", "weight", "bias", "outputs"];
        for ((what, len), buffer) in names.into_iter().zip(lens).zip(buffers) {
            fits(what, len, buffer)?;
        }
        self.start(&launch)
    }

    // ANCHOR: start
    /// Hands a kernel to the GPU, and does not wait for it.
    #[allow(unsafe_code)]
    fn start(&self, launch: &Launch) -> Result<()> {
        let Launch { kernel, grid, block, pointers, sizes } = launch;
        let address = |pointer: &u64| std::ptr::from_ref(pointer).cast_mut().cast();
        let size = |size: &i32| std::ptr::from_ref(size).cast_mut().cast();
        let arguments: Vec<*mut c_void> =
            pointers.iter().map(address).chain(sizes.iter().map(size)).collect();
        let function = watch(|| self.module.get_function(kernel))?;
        let (grid, block) = ((grid.x, grid.y, grid.z), (block.x, block.y, block.z));
        // Sound: the driver reads a value behind each pointer, as many and as wide as
        // the kernel has parameters, before it returns. `kernels.rs` makes launches of
        // our own kernels only, with the parameters that they have, which its tests
        // compare with the PTX. What the kernel reads and writes was compared with the
        // buffers, and those live until the GPU has freed them, after the kernel.
        watch(|| unsafe { self.stream.launch(&function, grid, block, 0, &arguments) })
    }
    // ANCHOR_END: start
}

fn sizes(error: super::kernels::WrongSize) -> CudaError {
    CudaError::Sizes(error.to_string())
}

fn ours(known: bool, name: &str) -> Result<()> {
    let unknown = || CudaError::Sizes(format!("{name} is not one of our kernels"));
    if known { Ok(()) } else { Err(unknown()) }
}

fn fits(what: &str, len: usize, buffer: &Buffer) -> Result<()> {
    if len <= buffer.len() {
        return Ok(());
    }
    let has = buffer.len();
    Err(CudaError::Sizes(format!("{what}: {len} numbers, the buffer has {has}")))
}
