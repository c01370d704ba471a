//! Schedules: how the learning rate changes while training goes on.

use std::f64::consts::PI;

use crate::optimizer::{Range, Setting, SettingError};

/// The learning rate at each tick, from the rate that it is given. A tick is an epoch
/// or a step, as [`Pace`](crate::train::Pace) says.
///
/// Each is PyTorch's schedule that is named last, except where its ticks are over:
/// cosine and one-cycle then stay where they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Schedule {
    /// The same rate throughout.
    #[default]
    Constant,
    /// Multiplied by `factor` after every `every` ticks (`StepLR`).
    Step {
        /// Ticks between two drops; 0 counts as 1.
        every: usize,
        /// What a drop multiplies by, above 0.
        factor: f64,
    },
    /// Multiplied by `factor` after every tick (`ExponentialLR`).
    Exponential {
        /// What each tick multiplies by, above 0.
        factor: f64,
    },
    /// Falls along half a cosine from the full rate to 0 at `ticks`
    /// (Loshchilov and Hutter, 2017, without restarts) (`CosineAnnealingLR`).
    Cosine {
        /// Where it reaches 0; 0 counts as 1.
        ticks: usize,
    },
    /// Climbs a straight stair from a small first step to the full rate at `ticks`, and
    /// stays there (Goyal and others, 2017) (`LinearLR`).
    WarmUp {
        /// Where it reaches the full rate.
        ticks: usize,
    },
    /// Climbs to the full rate at `warm_up`, then falls along half a cosine to 0 at
    /// `ticks` (`LinearLR`, then `CosineAnnealingLR`).
    WarmUpCosine {
        /// Where it reaches the full rate.
        warm_up: usize,
        /// Where it reaches 0.
        ticks: usize,
    },
    /// One cycle: up from 1/25 of the full rate in the first 30% of the ticks, then
    /// down to 1/250,000 of it at the last, both along half a cosine (Smith and Topin,
    /// 2019) (`OneCycleLR`, without its cycle of the momentum).
    OneCycle {
        /// How many ticks there are in all.
        ticks: usize,
    },
}

impl Schedule {
    /// The rate at tick `tick`, counted from 0, when the full rate is `first`.
    pub fn rate(self, first: f64, tick: usize) -> f64 {
        first * self.share(tick)
    }

    // ANCHOR: share
    /// The share of the full rate at tick `tick`, counted from 0.
    pub fn share(self, tick: usize) -> f64 {
        let t = tick as f64;
        match self {
            Self::Constant => 1.0,
            Self::Step { every, factor } => factor.powf((tick / every.max(1)) as f64),
            Self::Exponential { factor } => factor.powf(t),
            Self::Cosine { ticks } => ease(1.0, 0.0, t / ticks.max(1) as f64),
            Self::WarmUp { ticks } => ((t + 1.0) / (ticks as f64 + 1.0)).min(1.0),
            Self::WarmUpCosine { warm_up, .. } if tick < warm_up => {
                (t + 1.0) / (warm_up as f64 + 1.0)
            }
            Self::WarmUpCosine { warm_up, ticks } => {
                let fall = ticks.saturating_sub(warm_up).max(1);
                ease(1.0, 0.0, (tick - warm_up) as f64 / fall as f64)
            }
            Self::OneCycle { ticks } => {
                let (low, end) = (1.0 / 25.0, 1.0 / 25.0 / 1e4);
                let (top, last) = (0.3 * ticks as f64 - 1.0, ticks as f64 - 1.0);
                match t <= top {
                    true => ease(low, 1.0, t / top),
                    false => ease(1.0, end, (t - top) / (last - top)),
                }
            }
        }
    }
    // ANCHOR_END: share

    /// Can the schedule's factor be meant? [`fit`](crate::train::fit) asks before the
    /// first step.
    ///
    /// # Errors
    ///
    /// When the factor is not a finite number above 0.
    pub fn check(self) -> Result<(), SettingError> {
        let factor = match self {
            Self::Step { factor, .. } | Self::Exponential { factor } => factor,
            _ => return Ok(()),
        };
        Setting::new("factor", factor, Range::Positive).check("schedule")
    }
}

// ANCHOR: ease
/// From one number to another along half a cosine: slow, fast, slow. `part` runs from 0
/// to 1; beyond 1 it has arrived.
fn ease(from: f64, to: f64, part: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (PI * part.min(1.0)).cos())
}
// ANCHOR_END: ease

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: Schedule, ticks: usize) -> Vec<f64> {
        (0..ticks).map(|tick| schedule.rate(0.8, tick)).collect()
    }

    fn near(seen: &[f64], expected: &[f64]) {
        assert_eq!(seen.len(), expected.len());
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
        assert!(seen.iter().zip(expected).all(close), "{seen:?} {expected:?}");
    }

    #[test]
    fn constant_stays_and_step_drops_after_its_ticks() {
        assert_eq!(rates(Schedule::Constant, 3), [0.8; 3]);
        let step = Schedule::Step { every: 2, factor: 0.5 };
        assert_eq!(rates(step, 5), [0.8, 0.8, 0.4, 0.4, 0.2]);
        let each = Schedule::Exponential { factor: 0.5 };
        assert_eq!(rates(each, 3), [0.8, 0.4, 0.2]);
        assert_eq!(rates(Schedule::Step { every: 0, factor: 0.5 }, 3), rates(each, 3));
    }

    #[test]
    fn cosine_starts_full_is_half_in_the_middle_and_ends_at_zero() {
        let seen = rates(Schedule::Cosine { ticks: 10 }, 12);
        assert_eq!(seen[0], 0.8);
        assert!((seen[5] - 0.4).abs() < 1e-12);
        assert!(seen[10].abs() < 1e-12 && seen[11].abs() < 1e-12);
        assert!(seen.windows(2).all(|pair| pair[1] <= pair[0]));
    }

    #[test]
    fn warm_up_climbs_a_straight_stair_whose_next_step_would_be_the_fall() {
        near(&rates(Schedule::WarmUp { ticks: 3 }, 6), &[0.2, 0.4, 0.6, 0.8, 0.8, 0.8]);
        let then = rates(Schedule::WarmUpCosine { warm_up: 3, ticks: 7 }, 9);
        near(&then[..4], &[0.2, 0.4, 0.6, 0.8]);
        near(&then[3..], &rates(Schedule::Cosine { ticks: 4 }, 6));
        let none = Schedule::WarmUpCosine { warm_up: 0, ticks: 7 };
        near(&rates(none, 9), &rates(Schedule::Cosine { ticks: 7 }, 9));
        near(&rates(Schedule::WarmUp { ticks: 0 }, 2), &[0.8; 2]);
    }

    #[test]
    fn one_cycle_rises_and_falls_and_stays_at_its_end() {
        let seen = rates(Schedule::OneCycle { ticks: 20 }, 25);
        near(&[seen[0], seen[5], seen[19]], &[0.032, 0.8, 0.032e-4]);
        assert!(seen[..6].windows(2).all(|pair| pair[1] > pair[0]));
        assert!(seen[5..20].windows(2).all(|pair| pair[1] < pair[0]));
        near(&seen[19..], &[seen[19]; 6]);
    }

    /// Whatever the numbers, a rate from 0 to the full one: no panic, no NaN.
    #[test]
    fn the_shortest_schedules_are_finite() {
        for ticks in 0..5 {
            for schedule in [
                Schedule::Cosine { ticks },
                Schedule::WarmUp { ticks },
                Schedule::WarmUpCosine { warm_up: 3, ticks },
                Schedule::OneCycle { ticks },
            ] {
                let fine = |rate: &f64| (0.0..=0.8).contains(rate);
                let seen = rates(schedule, 9);
                assert!(seen.iter().all(fine), "{schedule:?}: {seen:?}");
            }
        }
    }

    #[test]
    fn a_factor_that_cannot_be_meant_is_named() {
        for factor in [0.0, -0.5, f64::NAN, f64::INFINITY] {
            for schedule in
                [Schedule::Step { every: 1, factor }, Schedule::Exponential { factor }]
            {
                let error = schedule.check().unwrap_err().to_string();
                let expected = "it must be a finite number above 0";
                assert_eq!(error, format!("schedule: factor is {factor}; {expected}"));
            }
        }
        assert_eq!(Schedule::Exponential { factor: 1.1 }.check(), Ok(()));
    }
}
