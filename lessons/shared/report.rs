//! The named values of a run, and the JSON that `--report` writes.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::{Error, Result};

/// Named numbers in the order in which they were reported.
#[derive(Default)]
pub(crate) struct Values {
    pub(crate) values: Map<String, Value>,
    pub(crate) baselines: Map<String, Value>,
    pub(crate) spreads: Map<String, Value>,
    fault: Option<Error>,
}

impl Values {
    pub(crate) fn measured(&mut self, name: &str, value: f64) {
        if self.sound(name, "value", value) && self.fresh(name) {
            self.values.insert(name.to_string(), json!(value));
        }
    }

    pub(crate) fn count(&mut self, name: &str, count: usize) {
        if self.sound(name, "count", 0.0) && self.fresh(name) {
            self.values.insert(name.to_string(), json!(count));
        }
    }

    pub(crate) fn baseline(&mut self, name: &str, value: f64) {
        if self.sound(name, "baseline", value) {
            self.baselines.insert(name.to_string(), json!(value));
        }
    }

    pub(crate) fn spread(&mut self, name: &str, values: &[f64]) {
        if values.len() < 3 {
            self.fail(format!(
                "{name}: a spread needs at least 3 seeds, not {}",
                values.len()
            ));
            return;
        }
        if !values.iter().all(|value| self.sound(name, "spread", *value)) {
            return;
        }
        let (mean, spread) = mean_and_spread(values);
        self.spreads.insert(
            name.to_string(),
            json!({
                "mean": mean, "spread": spread, "seeds": values.len(), "each": values,
            }),
        );
    }

    /// The first thing that was wrong with what was reported.
    pub(crate) fn check(&mut self) -> Result {
        let known = |name: &String| {
            self.values.contains_key(name) || self.spreads.contains_key(name)
        };
        if let Some(name) = self.baselines.keys().find(|name| !known(name)) {
            let message = format!("a baseline is given for {name}, which has no value");
            self.fail(message);
        }
        self.fault.take().map_or(Ok(()), Err)
    }

    fn sound(&mut self, name: &str, what: &str, value: f64) -> bool {
        let letters =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(letters) {
            self.fail(format!("{name:?} is no name: use a-z, 0-9 and _"));
            return false;
        }
        if !value.is_finite() {
            self.fail(format!("the {what} {name} is {value}: the run has diverged"));
            return false;
        }
        true
    }

    fn fresh(&mut self, name: &str) -> bool {
        let fresh = !self.values.contains_key(name);
        if !fresh {
            self.fail(format!("the value {name} is reported twice"));
        }
        fresh
    }

    fn fail(&mut self, message: String) {
        self.fault.get_or_insert(Error::new(message));
    }
}

/// The mean and the standard deviation (with n - 1) of some values.
///
/// ```
/// assert_eq!(lessons::mean_and_spread(&[1.0, 2.0, 3.0]), (2.0, 1.0));
/// ```
pub fn mean_and_spread(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, if values.len() < 2 { 0.0 } else { (squares / (n - 1.0)).sqrt() })
}

/// Writes a file whole or not at all: to a temporary name, then renamed.
pub(crate) fn write_whole(path: &Path, text: &str, shown: &str) -> Result {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written =
        fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        Error::new(format!("cannot write {shown}: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(report: impl FnOnce(&mut Values)) -> String {
        let mut values = Values::default();
        report(&mut values);
        values.check().expect_err("a fault").to_string()
    }

    #[test]
    fn values_keep_their_order_and_kind() {
        let mut values = Values::default();
        values.measured("zeta", 1.0);
        values.count("alpha", 3);
        values.baseline("zeta", 0.5);
        values.spread("zeta", &[1.0, 2.0, 3.0]);
        assert!(values.check().is_ok());
        let text = Value::Object(values.values).to_string();
        assert_eq!(text, r#"{"zeta":1.0,"alpha":3}"#);
        let text = Value::Object(values.spreads).to_string();
        assert_eq!(
            text,
            r#"{"zeta":{"mean":2.0,"spread":1.0,"seeds":3,"each":[1.0,2.0,3.0]}}"#
        );
    }

    #[test]
    fn what_cannot_be_recorded_is_named() {
        let nan = fault(|v| v.measured("loss", f64::NAN));
        assert_eq!(nan, "the value loss is NaN: the run has diverged");
        assert!(fault(|v| v.measured("loss", f64::INFINITY)).contains("loss is inf"));
        assert!(
            fault(|v| v.baseline("loss", f64::NAN)).contains("baseline loss is NaN")
        );
        assert!(
            fault(|v| v.spread("acc", &[1.0, f64::NAN, 2.0])).contains("spread acc")
        );
        assert!(fault(|v| v.spread("acc", &[1.0, 2.0])).contains("at least 3 seeds"));
        assert!(fault(|v| v.measured("Bad name", 1.0)).contains("is no name"));
        let twice = fault(|v| {
            v.count("n", 1);
            v.count("n", 2);
        });
        assert_eq!(twice, "the value n is reported twice");
        assert!(
            fault(|v| v.baseline("ghost", 0.1)).contains("ghost, which has no value")
        );
    }

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("r.json");
        write_whole(&path, "old", "r.json").expect("written");
        write_whole(&path, "new", "r.json").expect("written over");
        assert_eq!(fs::read_to_string(&path).expect("read"), "new");
        assert_eq!(fs::read_dir(folder.path()).expect("list").count(), 1);
        let nowhere = folder.path().join("no/r.json");
        let error = write_whole(&nowhere, "x", "no/r.json").expect_err("no folder");
        assert!(error.to_string().starts_with("cannot write no/r.json: "));
    }
}
