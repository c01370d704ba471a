//! The numbers that an optimizer, a schedule or a callback is built with, and what they
//! may be.

/// What a number may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// From 0 to below 1: a share that is kept.
    Share,
    /// 0 or more.
    Size,
    /// Above 0.
    Positive,
    /// Above 0 and below 1: what makes a number smaller.
    Shrinking,
    /// At least 2.
    AtLeastTwo,
}

impl Range {
    fn holds(self, value: f64) -> bool {
        value.is_finite()
            && match self {
                Self::Share => (0.0..1.0).contains(&value),
                Self::Size => value >= 0.0,
                Self::Positive => value > 0.0,
                Self::Shrinking => value > 0.0 && value < 1.0,
                Self::AtLeastTwo => value >= 2.0,
            }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Share => "0 or more and below 1",
            Self::Size => "a finite number, 0 or more",
            Self::Positive => "a finite number above 0",
            Self::Shrinking => "above 0 and below 1",
            Self::AtLeastTwo => "at least 2",
        }
    }
}

/// A number that something was built with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// Its name, one word: `weight_decay`.
    pub name: &'static str,
    /// The number.
    pub value: f64,
    /// What it may be.
    pub range: Range,
}

impl Setting {
    /// A number with its name and what it may be.
    pub fn new(name: &'static str, value: f64, range: Range) -> Self {
        Self { name, value, range }
    }

    /// Is the number what it may be?
    ///
    /// # Errors
    ///
    /// When it is not, with `of` as the thing that was built with it.
    pub fn check(self, of: &str) -> Result<(), SettingError> {
        if self.range.holds(self.value) {
            return Ok(());
        }
        Err(SettingError { of: of.to_string(), setting: self })
    }
}

/// A number that cannot be meant.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{of}: {} is {}; it must be {}",
    setting.name.replace('_', " "), setting.value, setting.range.words()
)]
pub struct SettingError {
    /// What was built with it: `adam`.
    pub of: String,
    /// The number.
    pub setting: Setting,
}
