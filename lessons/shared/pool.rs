//! Several trainings at a time, each from its own seed: the results do not depend on
//! how many threads share the work.

use std::num::NonZero;
use std::sync::Mutex;
use std::thread::{self, available_parallelism};

use crate::{Bar, Result, Run};

/// Something to do, with a bar to show how far it is.
pub type Job<'a, T> = Box<dyn FnOnce(&Bar) -> Result<T> + Send + 'a>;

/// Does all jobs, on as many threads as there are processors, and returns their results
/// in the order of the jobs. `units` are the steps of the bar.
///
/// # Errors
///
/// The first that failed, in that order, is the failure.
pub fn run<T: Send>(
    run: &mut Run,
    label: &str,
    units: usize,
    jobs: Vec<Job<'_, T>>,
) -> Result<Vec<T>> {
    let threads = available_parallelism().map_or(1, NonZero::get).min(jobs.len());
    let results = Mutex::new(jobs.iter().map(|_| None).collect::<Vec<_>>());
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let bar = run.progress(label, units);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().ok().and_then(|mut queue| queue.next());
                    let Some((index, job)) = next else { break };
                    let result = job(&bar);
                    if let Ok(mut results) = results.lock() {
                        results[index] = Some(result);
                    }
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(|broken| broken.into_inner());
    results.into_iter().flatten().collect()
}
