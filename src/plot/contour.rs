//! A grid of places in the plane, and the lines of equal height over it.

/// A square grid of places in the plane, `n` by `n`, from edge to edge: where a
/// decision, a probability or a loss is sampled so that it can be drawn.
///
/// ```
/// use gradbook::plot::Grid;
///
/// let grid = Grid::new((0.0, 2.0), (-1.0, 1.0), 3);
/// assert_eq!(grid.points()[..4], [(0.0, -1.0), (1.0, -1.0), (2.0, -1.0), (0.0, 0.0)]);
/// assert_eq!(grid.map(|x, y| x * y).len(), 9);
/// ```
#[derive(Clone, Debug)]
pub struct Grid {
    pub(super) x: (f64, f64),
    pub(super) y: (f64, f64),
    pub(super) n: usize,
}

impl Grid {
    /// A grid over `x` from low to high and `y` from low to high, at least 2 by 2.
    pub fn new(x: (f64, f64), y: (f64, f64), n: usize) -> Self {
        Grid { x, y, n: n.max(2) }
    }

    /// The places, row by row: `x` runs fastest.
    pub fn points(&self) -> Vec<(f64, f64)> {
        self.map(|x, y| (x, y))
    }

    /// A value for each place, in the same order.
    pub fn map<R>(&self, mut f: impl FnMut(f64, f64) -> R) -> Vec<R> {
        (0..self.n * self.n)
            .map(|i| f(self.at_x((i % self.n) as f64), self.at_y((i / self.n) as f64)))
            .collect()
    }

    /// The x of a column; fractions lie between columns.
    pub(super) fn at_x(&self, column: f64) -> f64 {
        let t = (column / (self.n - 1) as f64).clamp(0.0, 1.0);
        self.x.0 + t * (self.x.1 - self.x.0)
    }

    /// The y of a row.
    pub(super) fn at_y(&self, row: f64) -> f64 {
        let t = (row / (self.n - 1) as f64).clamp(0.0, 1.0);
        self.y.0 + t * (self.y.1 - self.y.0)
    }
}

/// The lines along which the values over the grid equal `level`, as polylines.
pub(super) fn contour(grid: &Grid, values: &[f64], level: f64) -> Vec<Vec<(f64, f64)>> {
    let mut pieces = Vec::new();
    for row in 0..grid.n - 1 {
        for column in 0..grid.n - 1 {
            cell(grid.n, values, level, (row, column), &mut pieces);
        }
    }
    joined(pieces)
        .into_iter()
        .map(|line| {
            line.into_iter().map(|edge| place(grid, values, level, edge)).collect()
        })
        .collect()
}

/// An edge of the grid: the places at its two ends.
type Edge = (usize, usize);

/// The pieces of line in one cell: each runs from one crossed edge to another.
fn cell(
    n: usize,
    values: &[f64],
    level: f64,
    (row, column): (usize, usize),
    pieces: &mut Vec<(Edge, Edge)>,
) {
    let a = row * n + column;
    let corners = [a, a + 1, a + n + 1, a + n];
    let Some(heights) = corners
        .iter()
        .map(|&corner| values.get(corner).copied().filter(|v| v.is_finite()))
        .collect::<Option<Vec<f64>>>()
    else {
        return;
    };
    let crossed: Vec<Edge> = (0..4)
        .filter(|&k| (heights[k] > level) != (heights[(k + 1) % 4] > level))
        .map(|k| (corners[k], corners[(k + 1) % 4]))
        .map(|(p, q)| (p.min(q), p.max(q)))
        .collect();
    match crossed[..] {
        [p, q] => pieces.push((p, q)),
        [p, q, r, s] => {
            // A saddle: the height in the middle says which corners belong together.
            let middle = heights.iter().sum::<f64>() / 4.0;
            if (middle > level) == (heights[0] > level) {
                pieces.extend([(p, q), (r, s)]);
            } else {
                pieces.extend([(s, p), (q, r)]);
            }
        }
        _ => {}
    }
}

/// Where on an edge the level lies.
fn place(grid: &Grid, values: &[f64], level: f64, (p, q): Edge) -> (f64, f64) {
    let t = (level - values[p]) / (values[q] - values[p]);
    let at = |i: usize| ((i % grid.n) as f64, (i / grid.n) as f64);
    let ((px, py), (qx, qy)) = (at(p), at(q));
    (grid.at_x(px + t * (qx - px)), grid.at_y(py + t * (qy - py)))
}

/// Joins pieces that share an edge into long lines.
fn joined(pieces: Vec<(Edge, Edge)>) -> Vec<Vec<Edge>> {
    use std::collections::HashMap;
    let mut at: HashMap<Edge, Vec<usize>> = HashMap::new();
    for (i, (p, q)) in pieces.iter().enumerate() {
        at.entry(*p).or_default().push(i);
        at.entry(*q).or_default().push(i);
    }
    let mut used = vec![false; pieces.len()];
    let follow = |line: &mut Vec<Edge>, used: &mut Vec<bool>| {
        while let Some(&end) = line.last() {
            let next = at[&end].iter().copied().find(|&i| !used[i]);
            let Some(i) = next else { break };
            used[i] = true;
            let (p, q) = pieces[i];
            line.push(if p == end { q } else { p });
        }
    };
    let mut lines = Vec::new();
    for i in 0..pieces.len() {
        if used[i] {
            continue;
        }
        used[i] = true;
        let mut line = vec![pieces[i].0, pieces[i].1];
        follow(&mut line, &mut used);
        line.reverse();
        follow(&mut line, &mut used);
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contour_of_a_bowl_is_one_closed_circle() {
        let grid = Grid::new((-2.0, 2.0), (-2.0, 2.0), 41);
        let values = grid.map(|x, y| x * x + y * y);
        let lines = contour(&grid, &values, 1.0);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        for (x, y) in &lines[0] {
            assert!(((x * x + y * y).sqrt() - 1.0).abs() < 0.01, "({x}, {y})");
        }
    }

    #[test]
    fn a_saddle_has_two_lines_and_holes_have_none() {
        let grid = Grid::new((-1.0, 1.0), (-1.0, 1.0), 2);
        let saddle = [1.0, -1.0, -1.0, 1.0];
        // Above the pass each line keeps to a high corner, below it to a low one.
        for (level, corner) in [(0.1, (1.0, 1.0)), (-0.1, (1.0, -1.0))] {
            let lines = contour(&grid, &saddle, level);
            assert_eq!(lines.len(), 2);
            for line in lines {
                let side = |(x, y): &(f64, f64)| (x * corner.0 + y * corner.1).signum();
                assert!(line.iter().all(|p| side(p) == side(&line[0])), "{line:?}");
            }
        }
        assert!(contour(&grid, &[1.0, f64::NAN, -1.0, 1.0], 0.1).is_empty());
        assert!(contour(&grid, &[1.0, -1.0], 0.1).is_empty());
    }
}
