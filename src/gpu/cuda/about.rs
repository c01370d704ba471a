use cust::CudaApiVersion;
use cust::device::{Device, DeviceAttribute as Attribute};

use super::{CudaError, driver::watch};

/// What GPU it is, and how fast it can be at best.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    /// The name that the driver gives it.
    pub name: String,
    /// The newest CUDA that the driver knows: major, minor.
    pub driver: (u32, u32),
    /// The generation of the GPU: major, minor.
    pub capability: (u32, u32),
    /// How many processors it has, each of which runs blocks of its own.
    pub processors: u32,
    /// Steps a second of each processor, at most.
    pub clock: f64,
    /// Bytes of memory.
    pub memory: usize,
}

impl About {
    pub(super) fn of(device: Device) -> Result<Self, CudaError> {
        let ask = |attribute| -> Result<u32, CudaError> {
            let value = watch(|| device.get_attribute(attribute))?;
            Ok(u32::try_from(value).unwrap_or(0))
        };
        let driver = watch(CudaApiVersion::get)?;
        let part = |number: i32| u32::try_from(number).unwrap_or(0);
        Ok(Self {
            name: watch(|| device.name())?,
            driver: (part(driver.major()), part(driver.minor())),
            capability: (
                ask(Attribute::ComputeCapabilityMajor)?,
                ask(Attribute::ComputeCapabilityMinor)?,
            ),
            processors: ask(Attribute::MultiprocessorCount)?,
            clock: 1e3 * f64::from(ask(Attribute::ClockRate)?),
            memory: watch(|| device.total_memory())?,
        })
    }

    /// Fused multiply-adds in `f32` that one processor begins in one step. `None` for a
    /// generation that is not in the list.
    pub fn lanes(&self) -> Option<u32> {
        Some(match self.capability {
            (5, _) | (6, 1 | 2) => 128,
            (6, 0) | (7, _) | (8, 0) => 64,
            (8, _) | (9, _) | (10, _) | (12, _) => 128,
            _ => return None,
        })
    }

    // ANCHOR: peak
    /// The most that it can do in `f32` without its tensor cores, in operations a
    /// second: a fused multiply-add is two.
    pub fn peak(&self) -> Option<f64> {
        let lanes = f64::from(self.lanes()?) * f64::from(self.processors);
        Some(2.0 * lanes * self.clock)
    }
    // ANCHOR_END: peak
}

/// One line: name, generation, driver, size.
impl std::fmt::Display for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ((major, minor), (driver, part)) = (self.capability, self.driver);
        let gib = self.memory as f64 / f64::from(1 << 30);
        write!(
            f,
            "{}, compute capability {major}.{minor}, driver for CUDA {driver}.{part}, \
             {} processors at {:.2} GHz, {gib:.1} GiB",
            self.name,
            self.processors,
            self.clock / 1e9,
        )
    }
}
