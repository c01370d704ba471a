//! Surfaces: functions of two weights, to see how an optimizer walks.
//!
//! A real loss has thousands of weights and cannot be drawn. These have two, and each
//! shows one difficulty alone.
//!
//! ```
//! use gradbook::optimizer::Sgd;
//! use gradbook::surface::{Surface, walk};
//!
//! let ravine = Surface::Ravine { steepness: 20.0 };
//! // across the ravine a step multiplies by 1 - rate * steepness: 1.1 is too large
//! let wild = walk(ravine, &mut Sgd::new(0.11), ravine.start(), 40);
//! let calm = walk(ravine, &mut Sgd::new(0.09), ravine.start(), 40);
//! assert!(ravine.value(wild[40]) > ravine.value(wild[0]));
//! assert!(ravine.value(calm[40]) < 0.01 * ravine.value(calm[0]));
//! ```

use std::fmt;

use crate::layer::Parameter;
use crate::network::Parameters;
use crate::optimizer::{Kind, Optimizer};
use crate::real::Matrix;

// ANCHOR: surface
/// A loss of two weights x and y.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Surface {
    /// (x^2 + steepness y^2) / 2: a valley whose walls are steeper than its floor.
    Ravine {
        /// How many times steeper the walls are, above 0.
        steepness: f64,
    },
    /// (x^2 - y^2) / 2 + y^4 / 4: level at the origin, which is no minimum.
    Saddle,
    /// (1 - x)^2 + 100 (y - x^2)^2: a narrow valley with a bend (Rosenbrock, 1960).
    Rosenbrock,
    /// x^4 / 4 - 0.42 x^2 + 0.16 x + y^2 / 2: a deep valley at -1, a shallow one at
    /// 0.8, a low pass at 0.2 between them.
    TwoValleys,
    /// 1 - exp(-(x^2 + y^2) / 2): a hole in a plain that is almost level.
    Plateau,
}
// ANCHOR_END: surface

impl Surface {
    /// All of them, the ravine 20 times steeper across than along.
    pub const ALL: [Self; 5] = [
        Self::Ravine { steepness: 20.0 },
        Self::Saddle,
        Self::Rosenbrock,
        Self::TwoValleys,
        Self::Plateau,
    ];

    /// The name, as pictures show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ravine { .. } => "ravine",
            Self::Saddle => "saddle",
            Self::Rosenbrock => "rosenbrock",
            Self::TwoValleys => "two valleys",
            Self::Plateau => "plateau",
        }
    }

    // ANCHOR: value
    /// The height at a place.
    pub fn value(self, [x, y]: [f64; 2]) -> f64 {
        match self {
            Self::Ravine { steepness } => 0.5 * (x * x + steepness * y * y),
            Self::Saddle => 0.5 * (x * x - y * y) + 0.25 * y.powi(4),
            Self::Rosenbrock => (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2),
            Self::TwoValleys => {
                0.25 * x.powi(4) - 0.42 * x * x + 0.16 * x + 0.5 * y * y
            }
            Self::Plateau => 1.0 - (-0.5 * (x * x + y * y)).exp(),
        }
    }

    /// The slope at a place: the partial derivatives by x and by y.
    pub fn slope(self, [x, y]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Ravine { steepness } => [x, steepness * y],
            Self::Saddle => [x, y.powi(3) - y],
            Self::Rosenbrock => {
                let off = y - x * x;
                [-2.0 * (1.0 - x) - 400.0 * x * off, 200.0 * off]
            }
            Self::TwoValleys => [(x + 1.0) * (x - 0.2) * (x - 0.8), y],
            Self::Plateau => {
                let bell = (-0.5 * (x * x + y * y)).exp();
                [x * bell, y * bell]
            }
        }
    }
    // ANCHOR_END: value

    /// Where walks begin.
    pub fn start(self) -> [f64; 2] {
        match self {
            Self::Ravine { .. } => [-2.5, 1.0],
            Self::Saddle => [-1.8, 0.01],
            Self::Rosenbrock => [-1.2, 1.0],
            Self::TwoValleys => [1.5, 0.9],
            Self::Plateau => [-2.5, 1.5],
        }
    }

    /// Every lowest place: the saddle has two.
    pub fn lowest(self) -> Vec<[f64; 2]> {
        let first = self.minimum();
        let other = (self == Self::Saddle).then_some([0.0, -1.0]);
        first.into_iter().chain(other).collect()
    }

    /// How far a place is from the nearest lowest one; infinite where there is none.
    pub fn distance(self, [x, y]: [f64; 2]) -> f64 {
        let to = |[a, b]: [f64; 2]| (x - a).hypot(y - b);
        self.lowest().into_iter().map(to).fold(f64::INFINITY, f64::min)
    }

    /// The lowest place; of the saddle's two, at y = 1 and -1, that on the side where
    /// walks begin. `None` where nothing is lowest, in a ravine that is no valley.
    pub fn minimum(self) -> Option<[f64; 2]> {
        match self {
            Self::Ravine { steepness } => (steepness > 0.0).then_some([0.0, 0.0]),
            Self::Saddle => Some([0.0, 1.0]),
            Self::Rosenbrock => Some([1.0, 1.0]),
            Self::TwoValleys => Some([-1.0, 0.0]),
            Self::Plateau => Some([0.0, 0.0]),
        }
    }

    /// What a picture shows: x from and to, then y from and to.
    pub fn window(self) -> [[f64; 2]; 2] {
        match self {
            Self::Ravine { .. } => [[-3.0, 3.0], [-1.5, 1.5]],
            Self::Saddle => [[-2.0, 2.0], [-1.5, 1.5]],
            Self::Rosenbrock => [[-2.0, 2.0], [-1.0, 3.0]],
            Self::TwoValleys => [[-1.8, 1.8], [-1.2, 1.2]],
            Self::Plateau => [[-3.0, 3.0], [-2.0, 2.0]],
        }
    }

    /// Heights whose contours show the shape, lowest first. They lie close together
    /// near the lowest place, where slopes are small, and far apart above.
    pub fn levels(self) -> &'static [f64] {
        match self {
            Self::Ravine { .. } => &[0.03, 0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0],
            Self::Saddle => {
                &[-0.24, -0.2, -0.1, 0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
            }
            Self::Rosenbrock => &[0.6, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3],
            // the third lies between the shallow valley and the pass
            Self::TwoValleys => {
                &[-0.31, -0.25, -0.03, 0.015, 0.06, 0.15, 0.3, 0.6, 1.2, 2.4]
            }
            Self::Plateau => &[0.03, 0.1, 0.3, 0.6, 0.85, 0.95, 0.99, 0.999],
        }
    }

    /// A rate at which an optimizer does well here, found by trying rates between 3e-4
    /// and 3.
    pub fn rate(self, kind: Kind) -> f64 {
        // sgd, momentum, nesterov, adagrad, rmsprop, adam
        let rates = match self {
            Self::Ravine { .. } => [0.08, 0.02, 0.02, 0.3, 0.03, 0.1],
            Self::Saddle => [0.1, 0.02, 0.02, 0.2, 0.02, 0.05],
            Self::Rosenbrock => [0.002, 1e-3, 1e-3, 0.5, 0.1, 0.3],
            Self::TwoValleys => [0.1, 0.05, 0.05, 0.3, 0.03, 0.2],
            Self::Plateau => [0.2, 0.05, 0.05, 0.2, 0.02, 0.05],
        };
        rates[(kind as usize).min(5)]
    }
}

impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A place as an optimizer sees it: one parameter `weight` of two rows.
#[derive(Clone, Debug)]
pub struct Point(Parameter<f64>);

impl Point {
    /// At this place, with slope 0.
    pub fn at(place: [f64; 2]) -> Self {
        Self(Parameter::new(Matrix::from_column_slice(2, 1, &place)))
    }

    /// Where it is.
    pub fn place(&self) -> [f64; 2] {
        [self.0.value[0], self.0.value[1]]
    }

    /// Sets the gradient that the next update uses.
    pub fn set_slope(&mut self, slope: [f64; 2]) {
        self.0.grad.as_mut_slice().copy_from_slice(&slope);
    }
}

impl Parameters<f64> for Point {
    fn parameters(&mut self, visit: &mut dyn FnMut(&str, &mut Parameter<f64>)) {
        visit("weight", &mut self.0);
    }
}

// ANCHOR: walk
/// The places where an optimizer has been: the start, then one for each step. The walk
/// ends early where it leaves the finite numbers.
pub fn walk(
    surface: Surface,
    optimizer: &mut dyn Optimizer<f64>,
    start: [f64; 2],
    steps: usize,
) -> Vec<[f64; 2]> {
    let (mut point, mut places) = (Point::at(start), vec![start]);
    for _ in 0..steps {
        point.set_slope(surface.slope(point.place()));
        optimizer.step(&mut point);
        let place = point.place();
        if !place.iter().all(|x| x.is_finite()) {
            break;
        }
        places.push(place);
    }
    places
}
// ANCHOR_END: walk

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizer::Sgd;

    /// Places all over the window.
    fn places(surface: Surface) -> impl Iterator<Item = [f64; 2]> {
        let [x, y] = surface.window();
        let at = |[from, to]: [f64; 2], k: i32| from + (to - from) * f64::from(k) / 6.0;
        (0..=6).flat_map(move |i| (0..=6).map(move |k| [at(x, i), at(y, k)]))
    }

    #[test]
    fn the_slope_is_that_of_the_value() {
        for surface in Surface::ALL {
            for [x, y] in places(surface) {
                let h = 1e-5;
                let of = |x, y| surface.value([x, y]);
                let numeric = [
                    (of(x + h, y) - of(x - h, y)) / (2.0 * h),
                    (of(x, y + h) - of(x, y - h)) / (2.0 * h),
                ];
                for (slope, numeric) in surface.slope([x, y]).into_iter().zip(numeric) {
                    let near = (slope - numeric).abs() <= 1e-6 * numeric.abs().max(1.0);
                    assert!(near, "{surface} at {x}, {y}: {slope} {numeric}");
                }
            }
        }
    }

    #[test]
    fn the_minimum_is_lowest_and_level_and_start_and_minimum_are_in_the_window() {
        for surface in Surface::ALL {
            let lowest = surface.minimum().unwrap();
            assert!(surface.slope(lowest).iter().all(|s| s.abs() < 1e-12));
            let least = surface.value(lowest);
            assert!(places(surface).all(|at| surface.value(at) >= least), "{surface}");
            let [x, y] = surface.window();
            for place in [surface.start(), lowest] {
                let inside = |[from, to]: [f64; 2], at| from < at && at < to;
                assert!(inside(x, place[0]) && inside(y, place[1]), "{surface}");
            }
            assert!(surface.value(surface.start()) > least + 0.1);
        }
        assert_eq!(Surface::Ravine { steepness: -1.0 }.minimum(), None);
    }

    #[test]
    fn every_lowest_place_is_lowest_and_no_distance_from_itself() {
        for surface in Surface::ALL {
            let least = surface.value(surface.minimum().unwrap());
            for place in surface.lowest() {
                assert_eq!(
                    (surface.value(place), surface.distance(place)),
                    (least, 0.0)
                );
            }
        }
        assert_eq!(Surface::Saddle.lowest().len(), 2);
        assert_eq!(Surface::Saddle.distance([3.0, -5.0]), 5.0);
        assert_eq!(
            Surface::Ravine { steepness: 0.0 }.distance([1.0, 1.0]),
            f64::INFINITY
        );
    }

    #[test]
    fn levels_rise_and_every_one_is_crossed_in_the_window() {
        for surface in Surface::ALL {
            let levels = surface.levels();
            assert!(levels.windows(2).all(|pair| pair[0] < pair[1]), "{surface}");
            let least = surface.value(surface.minimum().unwrap());
            assert!(least < levels[0], "{surface}");
        }
        let levels = Surface::TwoValleys.levels();
        let of = |x| Surface::TwoValleys.value([x, 0.0]);
        let (shallow, pass) = (of(0.8), of(0.2));
        assert!(levels.iter().any(|level| (shallow..pass).contains(level)));
    }

    #[test]
    fn at_its_rate_every_optimizer_gets_somewhere() {
        for surface in Surface::ALL {
            for kind in Kind::ALL {
                let (rate, start) = (surface.rate(kind), surface.start());
                let path = walk(surface, &mut *kind.build(rate), start, 200);
                let above = |at: [f64; 2]| {
                    surface.value(at) - surface.value(surface.minimum().unwrap())
                };
                let share = above(path[200]) / above(start);
                assert!(share < 0.8, "{kind} on the {surface}: {share}");
            }
        }
    }

    #[test]
    fn the_saddle_is_level_at_the_origin_and_two_valleys_has_a_shallow_one() {
        assert_eq!(Surface::Saddle.slope([0.0, 0.0]), [0.0, 0.0]);
        assert!(Surface::Saddle.value([0.0, 0.1]) < 0.0);
        assert!(Surface::Saddle.value([0.1, 0.0]) > 0.0);
        let two = Surface::TwoValleys;
        let shallow = two.value([0.8, 0.0]);
        assert!(two.value([0.75, 0.0]) > shallow && two.value([0.85, 0.0]) > shallow);
        assert!(two.value([-1.0, 0.0]) < shallow - 0.2);
    }

    #[test]
    fn every_optimizer_walks_downhill_on_every_surface() {
        for surface in Surface::ALL {
            for kind in Kind::ALL {
                let start = surface.start();
                let path = walk(surface, &mut *kind.build(5e-4), start, 30);
                assert_eq!((path.len(), path[0]), (31, start));
                let (first, last) = (surface.value(start), surface.value(path[30]));
                assert!(last < first, "{kind} on the {surface}: {first} {last}");
            }
        }
    }

    #[test]
    fn a_walk_that_leaves_the_finite_numbers_ends() {
        let mut wild = Sgd::new(1.0);
        let path = walk(Surface::Rosenbrock, &mut wild, [-1.2, 1.0], 99);
        assert!(path.len() < 99 && path.iter().flatten().all(|x| x.is_finite()));
    }
}
