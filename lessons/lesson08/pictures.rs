//! The pictures that several parts of the lesson share: the RNN is gray, the LSTM has a
//! solid line in the color of what is drawn, the GRU a dashed one.

use gradbook::plot::{Axis, Chart, Role};

use crate::adding::Learned;
use crate::cells::Cell;

/// The color of a cell where something of this kind is drawn.
pub fn role(cell: Cell, what: Role) -> Role {
    if cell == Cell::Rnn { Role::Neutral } else { what }
}

/// Lines of the cells, always in the order that keeps the LSTM's solid.
pub fn lines<'a>(
    mut chart: Chart,
    what: Role,
    lines: impl IntoIterator<Item = (Cell, &'a [(f64, f64)])>,
) -> Chart {
    for (cell, points) in lines {
        chart = chart.line(role(cell, what), cell.name(), points);
    }
    chart
}

/// The error on new sequences while training.
pub fn adding_curves(learned: &[Learned], guess: f64, cap: usize) -> Chart {
    let updates = Axis::new("updates", "").range(0.0, cap as f64);
    let error = Axis::new("mean squared error", "").log().range(1e-3, 1.0);
    let curves = learned.iter().map(|one| (one.cell, &one.curve[..]));
    lines(Chart::new(updates, error), Role::Loss, curves)
        .level("always 1", guess)
        .level("solved", 0.01)
}
