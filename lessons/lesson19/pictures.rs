//! The pictures of the lesson.

use gradbook::plot::{Axis, Bars, Chart, Heatmap, Images, Panels, Role, Svg, steps};

/// What two warps fetch from a matrix of 32 by 32 numbers: full ink for what is used,
/// pale for what comes along.
pub fn sectors() -> Svg {
    let fetched = |used: &dyn Fn(usize, usize) -> bool| -> Vec<f64> {
        let number = |at: usize| {
            let (row, column) = (at / 32, at % 32);
            let sector = column / 8 * 8..column / 8 * 8 + 8;
            let touched = sector.clone().any(|column| used(row, column));
            if used(row, column) { 1.0 } else { f64::from(u8::from(touched)) * 0.35 }
        };
        (0..32 * 32).map(number).collect()
    };
    Images::new(2)
        .side(300)
        .diverging(Role::Data)
        .range(-1.0, 1.0)
        .add("32 neighbors: 4 sectors", 32, &fetched(&|row, _| row == 0))
        .add("a column: 32 sectors", 32, &fetched(&|_, column| column == 0))
        .svg()
}

/// Where a column of a tile lies in shared memory, drawn with one bank above the other.
pub fn banks() -> Svg {
    let column = |width: usize| -> Vec<f64> {
        let mut words = vec![0.0; 32 * 33];
        (0..32).for_each(|row| words[row * width] = 1.0);
        words
    };
    Images::new(2)
        .side(300)
        .diverging(Role::Data)
        .range(-1.0, 1.0)
        .add("rows of 32: one bank serves all 32", 32, &column(32))
        .add("rows of 33: each bank serves one", 32, &column(33))
        .svg()
}

/// Global loads for each multiplication, against the side of the tile.
pub fn tile_sizes(points: &[(f64, f64)]) -> Svg {
    let ticks = points.iter().map(|&(side, _)| (side, side.to_string()));
    let across = Axis::new("side of the tile", "").log().ticks(ticks);
    let up = Axis::new("global loads for each multiplication", "").log();
    let law = points.iter().map(|&(side, _)| (side, 2.0 / side));
    Chart::new(across, up)
        .line(Role::Neutral, "2 / side", law)
        .dots(Role::Data, "counted", points)
        .svg()
}

/// One moment of a product of 8 by 8 with tiles of 4 by 4: the second step of the block
/// at the right of the upper row.
pub fn tile_walk() -> Svg {
    let a = |row: usize, column: usize| ((3 * row + 5 * column) % 4) as f64;
    let b = |row: usize, column: usize| ((5 * row + 3 * column) % 4) as f64;
    let size = 300;
    let matrix = |title: &str, n: (usize, usize), f: &dyn Fn(usize, usize) -> f64| {
        Heatmap::new("", "", Axis::new("", ""), n, f)
            .decimals(0)
            .range(0.0, 4.0)
            .title(title)
    };
    let empty = f64::NAN;
    let sum = |row: usize, column: usize, terms: usize| -> f64 {
        (0..terms).map(|l| a(row, l) * b(l, column)).sum()
    };
    let tiles = move |row: usize, column: usize| match column {
        0..4 => a(row, column + 4),
        4 => empty,
        _ => b(row + 4, column - 1),
    };
    let so_far = move |row: usize, column: usize| match (row / 4, column / 4) {
        (0, 0) => sum(row, column, 8),
        (0, 1) => sum(row, column, 6),
        _ => empty,
    };
    Panels::new(2)
        .add(
            matrix("shared memory: both tiles", (4, 9), &tiles)
                .column_labels(&["0", "1", "2", "3", "", "0", "1", "2", "3"])
                .size(size + 40, size)
                .framed((0, 1), (4, 1), Role::Data)
                .framed((1, 5), (1, 4), Role::Weights),
        )
        .add(matrix("B", (8, 8), &b).role(Role::Weights).size(size, size).framed(
            (4, 4),
            (4, 4),
            Role::Weights,
        ))
        .add(matrix("A", (8, 8), &a).size(size + 40, size).framed(
            (0, 4),
            (4, 4),
            Role::Data,
        ))
        .add(
            matrix("C so far", (8, 8), &so_far)
                .role(Role::Activations)
                .range(0.0, 24.0)
                .size(size, size)
                .framed((0, 4), (4, 4), Role::Activations),
        )
        .svg()
}

/// Global loads for each multiplication, rung by rung.
pub fn loads(names: &[&str], loads: &[f64]) -> Svg {
    let up = Axis::new("global loads for each multiplication", "").range(0.0, 2.2);
    Bars::new(Axis::new("rung", ""), up, names)
        .group(Role::Data, "", loads)
        .decimals(3)
        .size(740, 380)
        .svg()
}

/// The loss of the network, step by step, on both.
pub fn losses(cpu: &[f64], device: &[f64]) -> Svg {
    Chart::new(Axis::new("step", ""), Axis::new("loss", ""))
        .line(Role::Loss, "CPU", steps(cpu))
        .dots(Role::Activations, "simulated device", steps(device))
        .svg()
}
