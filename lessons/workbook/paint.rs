//! Colors: on a terminal, and where nobody asked for none (`NO_COLOR`).

use std::io::{IsTerminal, stdout};

/// Paints words, or leaves them as they are.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Colors if standard output is a terminal that shows them.
    pub fn for_stdout() -> Paint {
        let unwanted = |name, is: &dyn Fn(&str) -> bool| {
            std::env::var_os(name).is_some_and(|value| is(&value.to_string_lossy()))
        };
        let no_color = unwanted("NO_COLOR", &|value| !value.is_empty());
        let dumb = unwanted("TERM", &|value| value == "dumb");
        Paint { on: stdout().is_terminal() && !no_color && !dumb }
    }

    /// No colors.
    #[cfg(test)]
    pub fn plain() -> Paint {
        Paint { on: false }
    }

    /// Whether colors are shown, which also means that the screen can be cleared.
    pub fn is_on(self) -> bool {
        self.on
    }

    /// For what is right.
    pub fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// For what is wrong.
    pub fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// For what is open.
    pub fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// For what is beside the point.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// For headings.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}
