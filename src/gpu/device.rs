//! Networks on a device: their products and convolutions done by our kernels.
//!
//! [`Simulated`] runs the PTX in the interpreter, thread after thread: slow, and exact
//! about what is wrong. With the feature `cuda` there is `Hardware`, a real GPU. Both
//! stand behind [`Device`], so no layer knows which one works.

use std::cell::{Cell, RefCell};
use std::error::Error;

use super::kernels::{CONV2D, Conv2d, Launch, MATMUL, Matmul, PTX, WrongSize};
use super::{Counters, ptx};
use crate::kernels::{Convolution, Device, DeviceError, Operand};

#[cfg(all(feature = "cuda", target_os = "linux"))]
mod hardware;
#[cfg(all(feature = "cuda", target_os = "linux"))]
pub use hardware::Hardware;

// ANCHOR: rows
/// The numbers of a matrix column after column, which are those of its transpose row
/// after row. Only a transposed operand has to be copied.
fn by_columns<'s>(operand: &Operand<'s, f32>, spare: &'s mut Vec<f32>) -> &'s [f32] {
    if !operand.is_turned() {
        return operand.numbers();
    }
    let (rows, columns) = (operand.rows(), operand.columns());
    spare.clear();
    spare.reserve(rows * columns);
    for column in 0..columns {
        spare.extend((0..rows).map(|row| operand.at(row, column)));
    }
    spare
}

/// A product as the kernels compute it. They want matrices row after row, ours lie
/// column after column: read by rows, a matrix is its transpose. And c' = b' a', so
/// the operands change places, and nothing else is to be done.
struct ByRows<'s> {
    left: &'s [f32],
    right: &'s [f32],
    sizes: [usize; 3],
}

impl<'s> ByRows<'s> {
    fn of(
        a: &Operand<'s, f32>,
        b: &Operand<'s, f32>,
        [spare_a, spare_b]: &'s mut [Vec<f32>; 2],
    ) -> Self {
        Self {
            left: by_columns(b, spare_b),
            right: by_columns(a, spare_a),
            sizes: [b.columns(), a.columns(), a.rows()],
        }
    }
}
// ANCHOR_END: rows

/// `c = product + beta c`; with `beta` 0 the old `c` is not read.
fn put(product: &[f32], beta: f32, c: &mut [f32]) {
    if beta == 0.0 {
        c.copy_from_slice(product);
    } else {
        c.iter_mut().zip(product).for_each(|(c, new)| *c = new + beta * *c);
    }
}

/// The rung for a product of this many rows and columns: the fastest one works on tiles
/// of 128 x 128, and thin matrices would leave most of a tile empty.
fn rung(rows: usize, columns: usize) -> &'static Matmul {
    let small = rows.min(columns) < 64;
    let name = if small { "matmul_shared" } else { "matmul_double_buffered" };
    Matmul::named(name).unwrap_or(&MATMUL[0])
}

/// How a network's convolutions are done.
fn convolution() -> &'static Conv2d {
    Conv2d::named("conv2d_implicit").unwrap_or(&CONV2D[0])
}

/// The interpreter as a device for networks.
///
/// Each matrix gets memory of its own size, and each kernel is watched: reading one
/// number too far, or one that was never written, ends the work with that fault.
pub struct Simulated {
    module: ptx::Module,
    counters: Cell<Counters>,
    launches: Cell<usize>,
    spare: RefCell<[Vec<f32>; 2]>,
}

impl Simulated {
    /// A device with the kernels that ship.
    ///
    /// # Errors
    ///
    /// When the PTX cannot be read.
    pub fn new() -> Result<Self, ptx::Error> {
        Self::with(PTX)
    }

    /// The same with other kernels of the same names: to see what it says of a wrong
    /// one.
    ///
    /// # Errors
    ///
    /// When the PTX cannot be read.
    pub fn with(ptx: &str) -> Result<Self, ptx::Error> {
        Ok(Self {
            module: ptx::Module::parse(ptx)?,
            counters: Cell::default(),
            launches: Cell::default(),
            spare: RefCell::default(),
        })
    }

    /// What all launches so far have cost.
    pub fn counters(&self) -> Counters {
        self.counters.get()
    }

    /// How many kernels were launched.
    pub fn launches(&self) -> usize {
        self.launches.get()
    }

    /// A kernel of our list on these operands, whatever the sizes.
    ///
    /// # Errors
    ///
    /// As [`Device::product`].
    pub fn product_on(
        &self,
        rung: &Matmul,
        a: Operand<'_, f32>,
        b: Operand<'_, f32>,
        beta: f32,
        c: &mut [f32],
    ) -> Result<(), DeviceError> {
        let mut spare = self.spare.borrow_mut();
        let ByRows { left, right, sizes } = ByRows::of(&a, &b, &mut spare);
        let launch = |p: &[u64]| rung.launch([p[0], p[1], p[2]], sizes);
        let product = self
            .run(&[left, right], c.len(), &launch)
            .map_err(|why| DeviceError::new(self.name(), why))?;
        put(&product, beta, c);
        Ok(())
    }

    /// Uploads the inputs, launches a kernel on them, and gives what it wrote. Each
    /// time the memory is new.
    fn run(
        &self,
        inputs: &[&[f32]],
        outputs: usize,
        launch: &dyn Fn(&[u64]) -> Result<Launch, WrongSize>,
    ) -> Result<Vec<f32>, Failure> {
        let mut gpu = ptx::Gpu::new();
        let mut pointers = Vec::with_capacity(inputs.len() + 1);
        for input in inputs {
            pointers.push(gpu.upload(input)?);
        }
        let output = gpu.alloc(outputs)?;
        pointers.push(output);
        let launch = launch(&pointers)?;
        let Launch { kernel, grid, block, .. } = launch;
        let spent =
            gpu.launch(&self.module, kernel, grid, block, &launch.arguments())?;
        let mut counters = self.counters.get();
        counters += spent;
        self.counters.set(counters);
        self.launches.set(self.launches.get() + 1);
        Ok(gpu.read(output)?)
    }
}

type Failure = Box<dyn Error + Send + Sync>;

impl Device for Simulated {
    fn name(&self) -> &str {
        "simulated device"
    }

    fn product(
        &self,
        a: Operand<'_, f32>,
        b: Operand<'_, f32>,
        beta: f32,
        c: &mut [f32],
    ) -> Result<(), DeviceError> {
        let rung = rung(b.columns(), a.rows());
        self.product_on(rung, a, b, beta, c)
    }

    fn conv2d(
        &self,
        sizes: &Convolution,
        images: &[f32],
        weight: &[f32],
        bias: &[f32],
        outputs: &mut [f32],
    ) -> Result<(), DeviceError> {
        let batch = images.len() / sizes.input_shape().len();
        let launch =
            |p: &[u64]| convolution().launch([p[0], p[1], p[2], p[3]], sizes, batch);
        let results = self
            .run(&[images, weight, bias], outputs.len(), &launch)
            .map_err(|why| DeviceError::new(self.name(), why))?;
        outputs.copy_from_slice(&results);
        Ok(())
    }
}
