//! The second laboratory: optimizers that walk on a surface of two weights.

use gradbook::optimizer::{Kind, Optimizer, Sgd};
use gradbook::surface::{Surface, walk};

/// The optimizers that can walk, in the order of the page. [`Kind::AdamW`] is not among
/// them: its decay pulls to the origin, which no surface asks for.
pub const KINDS: [Kind; 6] = [
    Kind::Sgd,
    Kind::Momentum,
    Kind::Nesterov,
    Kind::AdaGrad,
    Kind::RmsProp,
    Kind::Adam,
];

/// Updates that one walk has at most.
pub const MOST: usize = 2000;

/// A surface, a start, and who walks from there.
pub struct Walks {
    surface: Surface,
    momentum: f64,
    updates: usize,
    walkers: [Option<Walker>; KINDS.len()],
    /// What the picture shows: x from and to, then y from and to.
    pub view: [f64; 4],
    /// Where all walks begin.
    pub start: [f64; 2],
    /// The lowest places.
    pub lowest: Vec<[f64; 2]>,
    /// The heights asked for last, row by row from the least y.
    pub heights: Vec<f64>,
}

/// One optimizer and where it has been.
struct Walker {
    optimizer: Box<dyn Optimizer<f64>>,
    trace: Vec<[f64; 3]>, // x, y, height
    ended: bool,          // it left the finite numbers
}

/// What the reader can choose for all walks.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Which of [`Surface::ALL`].
    pub surface: usize,
    /// Where to begin; the surface's own start where a number is not finite.
    pub start: [f64; 2],
    /// For momentum and Nesterov's, 0 to 0.99.
    pub momentum: f64,
    /// The picture's width over its height.
    pub aspect: f64,
}

impl Walks {
    /// A surface on which nobody walks yet. Choices out of range are brought into it.
    pub fn new(choice: Choice) -> Self {
        let surface = Surface::ALL[choice.surface.min(Surface::ALL.len() - 1)];
        let view = view(surface, choice.aspect);
        let [x0, x1, y0, y1] = view;
        let start = match choice.start {
            [x, y] if x.is_finite() && y.is_finite() => {
                [x.clamp(x0, x1), y.clamp(y0, y1)]
            }
            _ => surface.start(),
        };
        let momentum = choice.momentum;
        let momentum = if momentum.is_nan() { 0.9 } else { momentum.clamp(0.0, 0.99) };
        Self {
            surface,
            momentum,
            updates: 0,
            walkers: Default::default(),
            view,
            start,
            lowest: surface.lowest(),
            heights: Vec::new(),
        }
    }

    /// Lets an optimizer walk with this rate, from the start and as many updates as the
    /// others have made; a rate that is not above 0 takes it out.
    pub fn choose(&mut self, kind: usize, rate: f64) {
        let Some(walker) = self.walkers.get_mut(kind) else { return };
        *walker = (rate > 0.0).then(|| {
            let optimizer = build(KINDS[kind], rate.clamp(1e-6, 100.0), self.momentum);
            let [x, y] = self.start;
            let trace = vec![[x, y, self.surface.value(self.start)]];
            let mut walker = Walker { optimizer, trace, ended: false };
            walker.step(self.surface, self.updates);
            walker
        });
    }

    /// So many more updates of everyone, up to [`MOST`]; returns how many there are.
    pub fn step(&mut self, count: usize) -> usize {
        let count = count.min(MOST - self.updates);
        for walker in self.walkers.iter_mut().flatten() {
            walker.step(self.surface, count);
        }
        self.updates += count;
        self.updates
    }

    /// Where an optimizer has been: x, y and height, the start first. It is shorter
    /// than the others' where it left the finite numbers, and empty if it does not
    /// walk.
    pub fn trace(&self, kind: usize) -> &[[f64; 3]] {
        self.walkers.get(kind).and_then(Option::as_ref).map_or(&[], |w| &w.trace)
    }

    /// How far it is from the nearest lowest place.
    pub fn distance(&self, kind: usize) -> f64 {
        let last = self.trace(kind).last();
        last.map_or(f64::NAN, |&[x, y, _]| self.surface.distance([x, y]))
    }

    /// The height of the lowest places.
    pub fn least(&self) -> f64 {
        let lowest = self.lowest.first();
        lowest.map_or(f64::NEG_INFINITY, |&place| self.surface.value(place))
    }

    /// A rate at which an optimizer does well on this surface; 0 if there is none.
    pub fn rate(&self, kind: usize) -> f64 {
        KINDS.get(kind).map_or(0.0, |&kind| self.surface.rate(kind))
    }

    /// Heights at which to draw contours.
    pub fn levels(&self) -> &'static [f64] {
        self.surface.levels()
    }

    /// Fills [`Self::heights`] over the view, from edge to edge.
    pub fn survey(&mut self, columns: usize, rows: usize) {
        let (columns, rows) = (columns.clamp(2, 400), rows.clamp(2, 400));
        let [x0, x1, y0, y1] = self.view;
        let at = |from: f64, to: f64, i: usize, n: usize| {
            from + (to - from) * i as f64 / (n - 1) as f64
        };
        let place = |i: usize| {
            [at(x0, x1, i % columns, columns), at(y0, y1, i / columns, rows)]
        };
        self.heights.clear();
        self.heights.extend((0..columns * rows).map(|i| self.surface.value(place(i))));
    }
}

impl Walker {
    fn step(&mut self, surface: Surface, count: usize) {
        let Some(&[x, y, _]) = self.trace.last().filter(|_| !self.ended) else {
            return;
        };
        // The optimizer remembers, so that a walk from the last place goes on.
        let places = walk(surface, &mut *self.optimizer, [x, y], count);
        self.ended = places.len() <= count;
        let more = places[1..].iter().map(|&[x, y]| [x, y, surface.value([x, y])]);
        self.trace.extend(more);
    }
}

fn build(kind: Kind, rate: f64, momentum: f64) -> Box<dyn Optimizer<f64>> {
    let sgd = || Sgd::new(rate).with_momentum(momentum);
    match kind {
        Kind::Momentum => Box::new(sgd()),
        Kind::Nesterov => Box::new(sgd().with_nesterov()),
        _ => kind.build(rate),
    }
}

/// The surface's window, made wider or higher until it fills a picture of this aspect
/// with one scale for both axes.
fn view(surface: Surface, aspect: f64) -> [f64; 4] {
    let aspect = if aspect.is_nan() { 1.0 } else { aspect.clamp(0.25, 4.0) };
    let [[x0, x1], [y0, y1]] = surface.window();
    let (width, height) = (x1 - x0, y1 - y0);
    let wider = 0.5 * (height * aspect - width).max(0.0);
    let higher = 0.5 * (width / aspect - height).max(0.0);
    [x0 - wider, x1 + wider, y0 - higher, y1 + higher]
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOICE: Choice =
        Choice { surface: 0, start: [f64::NAN; 2], momentum: 0.9, aspect: 1.5 };

    fn everyone(choice: Choice) -> Walks {
        let mut walks = Walks::new(choice);
        for kind in 0..KINDS.len() {
            walks.choose(kind, walks.rate(kind));
        }
        walks
    }

    fn places(walks: &Walks, kind: usize) -> Vec<[f64; 2]> {
        walks.trace(kind).iter().map(|&[x, y, _]| [x, y]).collect()
    }

    #[test]
    fn the_page_walks_as_the_library_does_however_the_updates_are_dealt_out() {
        for (surface, &named) in Surface::ALL.iter().enumerate() {
            let mut walks = everyone(Choice { surface, ..CHOICE });
            for count in [1, 0, 7, 52] {
                walks.step(count);
            }
            for (kind, &name) in KINDS.iter().enumerate() {
                let rate = named.rate(name);
                let straight = walk(named, &mut *name.build(rate), named.start(), 60);
                assert_eq!(places(&walks, kind), straight, "{name} on the {named}");
                let [x, y, height] = walks.trace(kind)[60];
                assert_eq!(height, named.value([x, y]));
                assert_eq!(walks.distance(kind), named.distance([x, y]));
            }
        }
    }

    #[test]
    fn who_comes_late_or_changes_the_rate_walks_as_far_as_the_others() {
        let mut early = everyone(CHOICE);
        early.step(40);
        let mut late = Walks::new(CHOICE);
        assert_eq!(late.step(40), 40);
        late.choose(5, 7.0);
        late.choose(5, late.rate(5));
        assert_eq!(places(&late, 5), places(&early, 5));
        assert_eq!(late.trace(5).len(), 41);
        for none in [0.0, -1.0, f64::NAN] {
            late.choose(5, none);
            assert!(late.trace(5).is_empty() && late.distance(5).is_nan());
        }
    }

    #[test]
    fn momentum_is_the_readers() {
        let mut walks = everyone(Choice { momentum: 0.5, ..CHOICE });
        walks.step(30);
        let surface = Surface::ALL[0];
        let mut sgd = Sgd::new(surface.rate(Kind::Nesterov)).with_momentum(0.5);
        let plain = walk(surface, &mut sgd.clone(), surface.start(), 30);
        sgd = sgd.with_nesterov();
        let ahead = walk(surface, &mut sgd, surface.start(), 30);
        assert_eq!((places(&walks, 1), places(&walks, 2)), (plain, ahead));
    }

    #[test]
    fn choices_out_of_range_are_brought_into_it() {
        let wild =
            Choice { surface: 99, start: [1e9, -1e9], momentum: 7.0, aspect: 0.0 };
        let walks = Walks::new(wild);
        assert_eq!(walks.surface, Surface::ALL[4]);
        let [x0, x1, y0, y1] = walks.view;
        assert!((walks.start, walks.momentum) == ([x1, y0], 0.99));
        assert!(x0 < x1 && y0 < y1 && y1 - y0 <= 4.0 * (x1 - x0) + 1e-12);
        for start in [[f64::NAN, 0.0], [0.0, f64::INFINITY]] {
            let walks = Walks::new(Choice { start, momentum: f64::NAN, ..CHOICE });
            assert!((walks.start, walks.momentum) == (Surface::ALL[0].start(), 0.9));
        }
        let mut walks = everyone(Choice { momentum: -1.0, ..CHOICE });
        walks.choose(99, 0.1);
        walks.choose(0, f64::INFINITY);
        assert_eq!(walks.step(usize::MAX), MOST);
        assert_eq!((walks.step(5), walks.trace(3).len()), (MOST, MOST + 1));
        assert!(walks.trace(99).is_empty() && walks.rate(99) == 0.0);
        walks.survey(0, 9999);
        assert_eq!(walks.heights.len(), 800);
    }

    #[test]
    fn who_leaves_the_finite_numbers_stops_there_and_the_others_go_on() {
        let mut walks = Walks::new(Choice { surface: 2, ..CHOICE });
        walks.choose(0, 1.0);
        walks.choose(5, walks.rate(5));
        walks.step(100);
        walks.step(100);
        let gone = walks.trace(0);
        assert!((2..100).contains(&gone.len()), "{}", gone.len());
        assert!(gone.iter().all(|place| place[..2].iter().all(|x| x.is_finite())));
        assert!(walks.distance(0) > 1e6);
        assert_eq!(walks.trace(5).len(), 201);
    }

    #[test]
    fn the_view_holds_the_window_and_has_one_scale() {
        for surface in Surface::ALL {
            for aspect in [0.5, 1.0, 1.5, 3.0] {
                let [x0, x1, y0, y1] = view(surface, aspect);
                let [[a0, a1], [b0, b1]] = surface.window();
                assert!(x0 <= a0 && a1 <= x1 && y0 <= b0 && b1 <= y1);
                assert!(((x1 - x0) / (y1 - y0) - aspect).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_survey_runs_from_corner_to_corner() {
        let mut walks = Walks::new(CHOICE);
        walks.survey(5, 3);
        let [x0, x1, y0, y1] = walks.view;
        let of = |x, y| Surface::ALL[0].value([x, y]);
        assert_eq!(walks.heights.len(), 15);
        let corners = [walks.heights[0], walks.heights[4], walks.heights[14]];
        assert_eq!(corners, [of(x0, y0), of(x1, y0), of(x1, y1)]);
    }
}
