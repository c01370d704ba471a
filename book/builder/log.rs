//! mdBook's complaints, kept instead of lost.
//!
//! mdBook reports an unclosed tag or an unreadable file through `tracing` and goes on.
//! Here every warning is kept, so that a build can fail on it.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Runs `work` and returns what it gives, with every warning and error on the way.
pub fn listen<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let result = tracing::subscriber::with_default(Listener(heard.clone()), work);
    let heard =
        heard.lock().map(|mut list| std::mem::take(&mut *list)).unwrap_or_default();
    (result, heard)
}

struct Listener(Arc<Mutex<Vec<String>>>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        if let Ok(mut list) = self.0.lock() {
            list.push(message.0.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn warnings_are_kept_and_the_rest_is_not() {
        let (sum, heard) = super::listen(|| {
            tracing::warn!("unclosed\n  tag {}", 7);
            tracing::info!("building");
            1 + 1
        });
        assert_eq!((sum, heard), (2, vec!["unclosed tag 7".to_string()]));
    }
}
