use std::cell::RefCell;

use super::{ByRows, convolution, put, rung};
use crate::gpu::cuda::{Buffer, Cuda, CudaError};
use crate::kernels::{Convolution, Device, DeviceError, Operand};

/// A real GPU as a device for networks.
///
/// Its buffers are kept, and grow where a matrix needs more: after the first step of a
/// training nothing is allocated.
pub struct Hardware {
    cuda: Cuda,
    kept: RefCell<Kept>,
}

/// Room on the GPU and on the host, from one piece of work to the next.
#[derive(Default)]
struct Kept {
    buffers: [Option<Buffer>; 4],
    spare: [Vec<f32>; 2],
    results: Vec<f32>,
}

impl Hardware {
    /// The first GPU of this machine.
    ///
    /// # Errors
    ///
    /// As [`Cuda::open`].
    pub fn open() -> Result<Self, CudaError> {
        Ok(Self::on(Cuda::open()?))
    }

    /// A GPU that is open.
    pub fn on(cuda: Cuda) -> Self {
        Self { cuda, kept: RefCell::default() }
    }

    /// The GPU itself.
    pub fn cuda(&self) -> &Cuda {
        &self.cuda
    }

    fn error(&self, why: CudaError) -> DeviceError {
        DeviceError::new(self.name(), why)
    }

    /// The room of a slot, for so many numbers at least.
    fn room<'a>(
        &self,
        slot: &'a mut Option<Buffer>,
        len: usize,
    ) -> Result<&'a mut Buffer, CudaError> {
        if slot.as_ref().is_none_or(|buffer| buffer.len() < len) {
            // the old one goes first: there may not be room for both
            *slot = None;
        }
        match slot {
            Some(buffer) => Ok(buffer),
            None => Ok(slot.insert(self.cuda.alloc(len)?)),
        }
    }

    fn upload<'a>(
        &self,
        slot: &'a mut Option<Buffer>,
        numbers: &[f32],
    ) -> Result<&'a Buffer, CudaError> {
        let buffer = self.room(slot, numbers.len())?;
        self.cuda.write(buffer, numbers)?;
        Ok(buffer)
    }

    fn multiply(
        &self,
        a: &Operand<'_, f32>,
        b: &Operand<'_, f32>,
        beta: f32,
        c: &mut [f32],
    ) -> Result<(), CudaError> {
        let Kept { buffers: [x, y, z, _], spare, results } =
            &mut *self.kept.borrow_mut();
        let ByRows { left, right, sizes } = ByRows::of(a, b, spare);
        let operands = [self.upload(x, left)?, self.upload(y, right)?];
        let product = self.room(z, c.len())?;
        let rung = rung(sizes[0], sizes[2]);
        self.cuda.matmul(rung, operands, product, sizes)?;
        results.resize(c.len(), 0.0);
        self.cuda.read_into(product, results)?;
        put(results, beta, c);
        Ok(())
    }

    fn convolve(
        &self,
        sizes: &Convolution,
        [images, weight, bias]: [&[f32]; 3],
        outputs: &mut [f32],
    ) -> Result<(), CudaError> {
        let Kept { buffers: [x, y, z, out], results, .. } =
            &mut *self.kept.borrow_mut();
        let batch = images.len() / sizes.input_shape().len();
        let inputs =
            [self.upload(x, images)?, self.upload(y, weight)?, self.upload(z, bias)?];
        let written = self.room(out, outputs.len())?;
        self.cuda.conv2d(convolution(), sizes, inputs, written, batch)?;
        results.resize(outputs.len(), 0.0);
        self.cuda.read_into(written, results)?;
        outputs.copy_from_slice(results);
        Ok(())
    }
}

impl Device for Hardware {
    fn name(&self) -> &str {
        &self.cuda.about().name
    }

    fn product(
        &self,
        a: Operand<'_, f32>,
        b: Operand<'_, f32>,
        beta: f32,
        c: &mut [f32],
    ) -> Result<(), DeviceError> {
        self.multiply(&a, &b, beta, c).map_err(|why| self.error(why))
    }

    fn conv2d(
        &self,
        sizes: &Convolution,
        images: &[f32],
        weight: &[f32],
        bias: &[f32],
        outputs: &mut [f32],
    ) -> Result<(), DeviceError> {
        self.convolve(sizes, [images, weight, bias], outputs)
            .map_err(|why| self.error(why))
    }
}
