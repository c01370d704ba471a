//! Schedules: how the learning rate changes while training goes on.

/// The learning rate at each epoch, from the rate at the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// The same rate throughout.
    Constant,
    /// Multiplied by `factor` after every `every` epochs.
    Step {
        /// Epochs between two drops, at least 1.
        every: usize,
        /// What a drop multiplies by, above 0 and at most 1.
        factor: f64,
    },
    /// Falls along half a cosine from the full rate to 0 at `epochs`
    /// (Loshchilov and Hutter, 2017, without restarts).
    Cosine {
        /// Where it reaches 0.
        epochs: usize,
    },
}

impl Schedule {
    // ANCHOR: rate
    /// The rate of epoch `epoch`, counted from 0, when it starts at `first`.
    pub fn rate(self, first: f64, epoch: usize) -> f64 {
        match self {
            Self::Constant => first,
            Self::Step { every, factor } => {
                first * factor.powf((epoch / every.max(1)) as f64)
            }
            Self::Cosine { epochs } => {
                let part = (epoch as f64 / epochs.max(1) as f64).min(1.0);
                first * 0.5 * (1.0 + (std::f64::consts::PI * part).cos())
            }
        }
    }
    // ANCHOR_END: rate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: Schedule, epochs: usize) -> Vec<f64> {
        (0..epochs).map(|epoch| schedule.rate(0.8, epoch)).collect()
    }

    #[test]
    fn constant_stays_and_step_drops_after_its_epochs() {
        assert_eq!(rates(Schedule::Constant, 3), [0.8; 3]);
        let step = Schedule::Step { every: 2, factor: 0.5 };
        assert_eq!(rates(step, 5), [0.8, 0.8, 0.4, 0.4, 0.2]);
    }

    #[test]
    fn cosine_starts_full_is_half_in_the_middle_and_ends_at_zero() {
        let seen = rates(Schedule::Cosine { epochs: 10 }, 12);
        assert_eq!(seen[0], 0.8);
        assert!((seen[5] - 0.4).abs() < 1e-12);
        assert!(seen[10].abs() < 1e-12 && seen[11].abs() < 1e-12);
        assert!(seen.windows(2).all(|pair| pair[1] <= pair[0]));
    }
}
