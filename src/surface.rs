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
use crate::optimizer::Optimizer;
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
    use crate::optimizer::{Kind, Sgd};

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
