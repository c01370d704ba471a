//! One error for everything that can go wrong in a lesson: one line and an exit code.

use std::fmt;

/// What a lesson's functions give back.
pub type Result<T = ()> = std::result::Result<T, Error>;

/// One clear line, and the exit code that goes with it. Any error of the standard
/// library or of a crate becomes one by `?`.
///
/// ```
/// fn parse(text: &str) -> lessons::Result<f64> {
///     Ok(text.parse::<f64>()?)
/// }
/// let error = parse("ten").unwrap_err();
/// assert_eq!(error.to_string(), "invalid float literal");
/// assert_eq!(error.exit_code(), 1);
/// ```
pub struct Error {
    line: String,
    code: u8,
}

impl Error {
    /// A run that failed: exit code 1.
    pub fn new(message: impl fmt::Display) -> Self {
        Error { line: one_line(&message.to_string()), code: 1 }
    }

    /// A command line that cannot be run as it stands: exit code 2.
    pub fn usage(message: impl fmt::Display) -> Self {
        Error { line: one_line(&message.to_string()), code: 2 }
    }

    /// The exit code of a program that ends with this error.
    pub fn exit_code(&self) -> u8 {
        self.code
    }
}

/// Ends the function with an error, written as `format!` is.
///
/// ```
/// fn check(accuracy: f64) -> lessons::Result {
///     if accuracy < 0.5 {
///         lessons::bail!("accuracy {accuracy} is no better than a coin");
///     }
///     Ok(())
/// }
/// assert!(check(0.4).is_err());
/// ```
#[macro_export]
macro_rules! bail {
    ($($message:tt)*) => {
        return Err($crate::Error::new(format!($($message)*)))
    };
}

impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        let mut line = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !line.contains(&text) {
                line = format!("{line}: {text}");
            }
            source = cause.source();
        }
        Error::new(line)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (exit code {})", self.line, self.code)
    }
}

/// The text on one line.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot load the model")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn causes_are_told_and_lines_stay_one() {
        let cause = "x".parse::<i32>().expect_err("no number");
        let error = Error::from(Outer(cause));
        assert_eq!(
            error.to_string(),
            "cannot load the model: invalid digit found in string"
        );
        assert_eq!(Error::usage("a\n  b").to_string(), "a b");
        assert_eq!(Error::usage("").exit_code(), 2);
    }
}
