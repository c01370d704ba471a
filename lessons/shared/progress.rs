//! A progress bar for work of more than a second, on a terminal only.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How long work must take before a bar is worth showing.
const PATIENCE: Duration = Duration::from_secs(1);

/// A progress bar; it goes away when it is dropped.
///
/// ```no_run
/// # fn train() {}
/// # fn run(run: &mut lessons::Run) {
/// let bar = run.progress("training", 60);
/// for epoch in 0..60 {
///     train();
///     bar.note(&format!("epoch {epoch}"));
///     bar.inc(1);
/// }
/// # }
/// ```
pub struct Bar {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    label: String,
    steps: u64,
    done: AtomicU64,
    started: Instant,
    visible: bool,
    bar: OnceLock<ProgressBar>,
}

impl Bar {
    pub(crate) fn new(label: &str, steps: u64, quiet: bool) -> (Bar, Arc<Inner>) {
        let inner = Arc::new(Inner {
            label: label.to_string(),
            steps,
            done: AtomicU64::new(0),
            started: Instant::now(),
            visible: !quiet && std::io::stderr().is_terminal(),
            bar: OnceLock::new(),
        });
        (Bar { inner: Arc::clone(&inner) }, inner)
    }

    /// So many more steps are done.
    pub fn inc(&self, steps: u64) {
        self.inner.done.fetch_add(steps, Ordering::Relaxed);
        if let Some(bar) = self.inner.shown() {
            bar.set_position(self.inner.done.load(Ordering::Relaxed));
        }
    }

    /// A word on how it goes, beside the bar: the epoch, the loss.
    pub fn note(&self, text: &str) {
        if let Some(bar) = self.inner.shown() {
            bar.set_message(text.to_string());
        }
    }

    /// How many steps are done.
    pub fn done(&self) -> u64 {
        self.inner.done.load(Ordering::Relaxed)
    }
}

impl Inner {
    /// The bar, once the work has taken long enough.
    fn shown(&self) -> Option<&ProgressBar> {
        if !self.visible || self.started.elapsed() < PATIENCE {
            return None;
        }
        Some(self.bar.get_or_init(|| {
            let style = ProgressStyle::with_template(
                "{prefix} [{bar:30}] {pos}/{len} ({eta} left) {wide_msg}",
            )
            .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(self.steps)
                .with_style(style.progress_chars("#> "))
                .with_prefix(self.label.clone())
        }))
    }

    /// Takes the bar off the screen while something is printed.
    pub(crate) fn aside(&self, print: impl FnOnce()) {
        match self.bar.get() {
            Some(bar) if !bar.is_finished() => bar.suspend(print),
            _ => print(),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.inner.bar.get() {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_bar_counts_and_shows_nothing() {
        let (bar, inner) = Bar::new("work", 10, true);
        bar.inc(3);
        bar.note("x");
        bar.inc(4);
        assert_eq!(bar.done(), 7);
        assert!(inner.shown().is_none());
        let mut printed = false;
        inner.aside(|| printed = true);
        assert!(printed);
    }
}
