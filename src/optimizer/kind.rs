//! The optimizers by name, for tables, flags and searches.

use std::fmt;
use std::str::FromStr;

use crate::optimizer::{AdaGrad, Adam, AdamW, Optimizer, RmsProp, Sgd};
use crate::real::Real;

/// An optimizer with its usual constants; only the rate is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Plain [`Sgd`].
    Sgd,
    /// [`Sgd`] with momentum 0.9.
    Momentum,
    /// [`Sgd`] with momentum 0.9 and Nesterov's look-ahead.
    Nesterov,
    /// [`AdaGrad`].
    AdaGrad,
    /// [`RmsProp`].
    RmsProp,
    /// [`Adam`].
    Adam,
    /// [`AdamW`].
    AdamW,
}

impl Kind {
    /// All of them, in the order of the book.
    pub const ALL: [Self; 7] = [
        Self::Sgd,
        Self::Momentum,
        Self::Nesterov,
        Self::AdaGrad,
        Self::RmsProp,
        Self::Adam,
        Self::AdamW,
    ];

    /// The name, as [`Optimizer::name`] has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Momentum => "momentum",
            Self::Nesterov => "nesterov",
            Self::AdaGrad => "adagrad",
            Self::RmsProp => "rmsprop",
            Self::Adam => "adam",
            Self::AdamW => "adamw",
        }
    }

    // ANCHOR: build
    /// A new optimizer of this kind.
    pub fn build<T: Real>(self, rate: f64) -> Box<dyn Optimizer<T>> {
        match self {
            Self::Sgd => Box::new(Sgd::new(rate)),
            Self::Momentum => Box::new(Sgd::new(rate).with_momentum(0.9)),
            Self::Nesterov => {
                Box::new(Sgd::new(rate).with_momentum(0.9).with_nesterov())
            }
            Self::AdaGrad => Box::new(AdaGrad::new(rate)),
            Self::RmsProp => Box::new(RmsProp::new(rate)),
            Self::Adam => Box::new(Adam::new(rate)),
            Self::AdamW => Box::new(AdamW::new(rate)),
        }
    }
    // ANCHOR_END: build
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no optimizer has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no optimizer is called {0}; there is: {names}", names = names())]
pub struct UnknownKind(pub String);

fn names() -> String {
    Kind::ALL.map(Kind::name).join(", ")
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| UnknownKind(text.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizer::check;

    #[test]
    fn every_kind_is_built_under_its_name_and_found_by_it() {
        for kind in Kind::ALL {
            let built = kind.build::<f32>(0.25);
            assert_eq!((built.name(), built.learning_rate()), (kind.name(), 0.25));
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(check(&*built), Ok(()));
        }
        let error = "adamm".parse::<Kind>().unwrap_err().to_string();
        let expected = "no optimizer is called adamm; there is: sgd, momentum, \
             nesterov, adagrad, rmsprop, adam, adamw";
        assert_eq!(error, expected);
    }
}
