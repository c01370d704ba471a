use cust::event::{Event, EventFlags};

use super::driver::watch;
use super::{Cuda, CudaError};

/// How long one launch took on the GPU, measured several times.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// Seconds of each measurement, the shortest first. Never empty.
    seconds: Vec<f64>,
}

impl Timing {
    /// The seconds in the middle: half of the measurements took no longer.
    pub fn median(&self) -> f64 {
        self.seconds[self.seconds.len() / 2]
    }

    /// The shortest and the longest, in seconds.
    pub fn range(&self) -> (f64, f64) {
        (self.seconds[0], self.seconds[self.seconds.len() - 1])
    }

    /// How many measurements.
    pub fn count(&self) -> usize {
        self.seconds.len()
    }

    /// Thousands of millions of `operations` a second, at the median.
    pub fn gflops(&self, operations: f64) -> f64 {
        operations / self.median() / 1e9
    }
}

/// How many measurements: odd, so that one is in the middle, and the fewer the longer
/// one launch takes.
fn measurements(launch: f64) -> usize {
    const SECONDS: f64 = 2.0;
    match (SECONDS / launch) as usize {
        15.. => 15,
        7.. => 7,
        _ => 3,
    }
}

/// A measurement should last at least so many seconds: an event is exact to about half
/// a millionth.
const LONG_ENOUGH: f64 = 1e-3;

/// The most launches of one measurement.
const MOST: f64 = 256.0;

impl Cuda {
    // ANCHOR: time
    /// Measures one launch, with events that the GPU itself records before and after
    /// it. The first launches do not count: they wake the GPU up. A short one is
    /// launched many times a measurement.
    ///
    /// # Errors
    ///
    /// What the launch says, or the driver.
    pub fn time(
        &self,
        launch: &mut dyn FnMut() -> Result<(), CudaError>,
    ) -> Result<Timing, CudaError> {
        self.measure(1, launch)?;
        let first = self.measure(1, launch)?;
        let launches = (LONG_ENOUGH / first).clamp(1.0, MOST).ceil() as usize;
        let mut seconds = (0..measurements(first))
            .map(|_| self.measure(launches, launch))
            .collect::<Result<Vec<_>, _>>()?;
        seconds.sort_by(f64::total_cmp);
        Ok(Timing { seconds })
    }

    /// Seconds that one of so many launches took.
    fn measure(
        &self,
        launches: usize,
        launch: &mut dyn FnMut() -> Result<(), CudaError>,
    ) -> Result<f64, CudaError> {
        let event = || watch(|| Event::new(EventFlags::DEFAULT));
        let (before, after) = (event()?, event()?);
        watch(|| before.record(&self.stream))?;
        for _ in 0..launches {
            launch()?;
        }
        watch(|| after.record(&self.stream))?;
        watch(|| after.synchronize())?;
        let milliseconds = watch(|| after.elapsed_time_f32(&before))?;
        Ok(f64::from(milliseconds).max(1e-6) / 1e3 / launches as f64)
    }
    // ANCHOR_END: time
}
