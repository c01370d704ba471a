//! Computation graphs: boxes and arrows, values forward and gradients backward.

use std::collections::HashMap;

use plotters_backend::text_anchor::HPos;

use super::Svg;
use super::canvas::{Canvas, Picture, SMALL, TEXT, render};
use super::legend::{self, Entry, Legend, Sample};
use super::marks::arrow_head;
use super::pen::{Letters, Paint, SCALE, Stroke, text_width};
use super::style::{INK, Role};

/// A computation graph. The caller says where each node stands, in columns and rows
/// (fractions are fine).
///
/// ```
/// use gradbook::plot::{Graph, Node, Role};
///
/// let weight = Node::new("w", 0.0, 0.0).role(Role::Weights);
/// let svg = Graph::new()
///     .node("w", weight.value(2.0).gradient(3.0))
///     .node("x", Node::new("x", 0.0, 1.0).role(Role::Data).value(3.0))
///     .node("wx", Node::new("w × x", 1.0, 0.5).value(6.0).gradient(1.0))
///     .edge("w", "wx", "× 3")
///     .edge("x", "wx", "")
///     .svg();
/// assert!(svg.as_str().contains("w × x"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Graph {
    ids: HashMap<String, usize>,
    nodes: Vec<Node>,
    edges: Vec<(String, String, String)>,
    title: String,
}

/// A box in a computation graph.
#[derive(Clone, Debug)]
pub struct Node {
    label: String,
    column: f64,
    row: f64,
    role: Role,
    value: Option<String>,
    gradient: Option<String>,
    room: bool,
}

impl Node {
    /// A box with a label at a column and a row.
    pub fn new(label: &str, column: f64, row: f64) -> Self {
        let label = label.to_string();
        let (role, value, gradient, room) = (Role::Neutral, None, None, false);
        Node { label, column, row, role, value, gradient, room }
    }

    /// What the node is: its outline takes the color.
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// The value that was computed forward.
    pub fn value(mut self, value: f64) -> Self {
        self.value = Some(plain(value));
        self
    }

    /// The slope of the loss by this value, which was computed backward.
    pub fn gradient(mut self, gradient: f64) -> Self {
        self.gradient = Some(plain(gradient));
        self
    }

    /// Keeps room for a value and a gradient that are not known yet, so that the frames
    /// of a graph that fills up have one size.
    pub fn room(mut self) -> Self {
        self.room = true;
        self
    }

    fn lines(&self) -> i32 {
        let line = |known: bool| i32::from(known || self.room);
        1 + line(self.value.is_some()) + line(self.gradient.is_some())
    }

    /// Width and height of the box in device units.
    fn extent(&self) -> (i32, i32) {
        let numbers = [&self.value, &self.gradient].into_iter().flatten();
        let widest =
            numbers.map(|text| text_width(text, SMALL) + 30).max().unwrap_or(0);
        let width = widest.max(text_width(&self.label, TEXT)) + 36;
        (width.max(80), 24 + self.lines() * (TEXT + 8) - 8)
    }
}

/// At most four decimals, and none that are zero.
fn plain(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let text = if text == "-0" { "0" } else { text };
    text.replace('-', "−")
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Graph::default()
    }

    /// Adds a node under a name for [`Graph::edge`]; the same name again replaces it.
    pub fn node(mut self, id: &str, node: Node) -> Self {
        match self.ids.get(id) {
            Some(&i) => self.nodes[i] = node,
            None => {
                self.ids.insert(id.to_string(), self.nodes.len());
                self.nodes.push(node);
            }
        }
        self
    }

    /// An arrow from one node to another, with a word on it (or `""`), such as the
    /// local slope. An edge to a name that no node has is not drawn.
    pub fn edge(mut self, from: &str, to: &str, note: &str) -> Self {
        self.edges.push((from.to_string(), to.to_string(), note.to_string()));
        self
    }

    /// A line of bold text above.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The picture.
    pub fn svg(&self) -> Svg {
        render(self)
    }

    fn legend(&self) -> Vec<Entry> {
        let entry = |name: &str, forward| Entry {
            name: name.to_string(),
            sample: Sample::Flow { forward },
        };
        let mut entries = Vec::new();
        if self.nodes.iter().any(|node| node.room || node.value.is_some()) {
            entries.push(entry("value, computed forward", true));
        }
        if self.nodes.iter().any(|node| node.room || node.gradient.is_some()) {
            entries.push(entry("slope of the loss, computed backward", false));
        }
        entries
    }

    /// The distance from column to column and from row to row, in device units.
    fn pitch(&self) -> (i32, i32) {
        let extents = self.nodes.iter().map(Node::extent);
        let (w, h) = extents.fold((80, 60), |(w, h), (x, y)| (w.max(x), h.max(y)));
        let notes = self.edges.iter().map(|(_, _, note)| text_width(note, SMALL)).max();
        (w + notes.unwrap_or(0).max(40) + 50, h + 40)
    }

    fn reach(&self) -> ((f64, f64), (f64, f64)) {
        let span = |values: Vec<f64>| super::cells::extremes(values);
        let columns = span(self.nodes.iter().map(|node| node.column).collect());
        let rows = span(self.nodes.iter().map(|node| node.row).collect());
        if self.nodes.is_empty() { ((0.0, 0.0), (0.0, 0.0)) } else { (columns, rows) }
    }

    fn middle(&self, canvas: &Canvas, node: &Node) -> (i32, i32) {
        let ((left, right), (top, bottom)) = self.reach();
        let (across, down) = self.pitch();
        let used_x = ((right - left) * f64::from(across)).round() as i32;
        let used_y = ((bottom - top) * f64::from(down)).round() as i32;
        let x = (canvas.width - used_x) / 2
            + ((node.column - left) * f64::from(across)).round() as i32;
        let y = (canvas.height - used_y) / 2
            + ((node.row - top) * f64::from(down)).round() as i32;
        (canvas.x + x, canvas.y + y)
    }

    fn draw_edge(&self, canvas: &Canvas, (from, to, note): &(String, String, String)) {
        let find = |id: &String| self.ids.get(id).map(|&i| &self.nodes[i]);
        let (Some(from), Some(to)) = (find(from), find(to)) else { return };
        let (a, b) = (self.middle(canvas, from), self.middle(canvas, to));
        let (from, to) = (rim(a, b, from.extent()), rim(b, a, to.extent()));
        let stroke = Stroke::new(Paint::faint(INK, 0.7), 3);
        canvas.ink(|pen| pen.lines(&[vec![from, to]], stroke));
        arrow_head(canvas, from, to, 18.0, Paint::faint(INK, 0.7));
        if !note.is_empty() {
            let rising = (to.1 - from.1).signum() * (to.0 - from.0).signum() < 0;
            let (align, dx) = match (from.1 == to.1, rising) {
                (true, _) => (HPos::Center, 0),
                (false, true) => (HPos::Right, -8),
                (false, false) => (HPos::Left, 8),
            };
            let at = ((from.0 + to.0) / 2 + dx, (from.1 + to.1) / 2 - 10);
            canvas.ink(|pen| pen.text(note, at, Letters::new(SMALL, align)));
        }
    }

    fn draw_node(&self, canvas: &Canvas, node: &Node) {
        let ((x, y), (w, h)) = (self.middle(canvas, node), node.extent());
        let stroke = Stroke::new(node.role.color(), 4);
        let fill = Paint::faint(node.role.color(), 0.1);
        let card = (x - w / 2, y - h / 2, w, h);
        canvas.ink(|pen| pen.card(card, 12, Some(fill), Some(stroke)));
        let mut line = y - h / 2 + 12 + TEXT * 4 / 5;
        let bold = Letters::new(TEXT, HPos::Center).bold();
        canvas.ink(|pen| pen.text(&node.label, (x, line), bold));
        for (text, forward) in [(&node.value, true), (&node.gradient, false)] {
            let Some(text) = text else { continue };
            line += TEXT + 8;
            let wide = text_width(text, SMALL);
            let at = (x - wide / 2 + 14, line);
            canvas.ink(|pen| pen.text(text, at, Letters::new(SMALL, HPos::Left)));
            flow(canvas, (x - wide / 2 - 4, line - SMALL * 35 / 100), forward);
        }
    }
}

/// A small arrow: forward and green, or backward and vermillion.
pub(super) fn flow(canvas: &Canvas, (x, y): (i32, i32), forward: bool) {
    let (role, sign) =
        if forward { (Role::Activations, 1) } else { (Role::Gradients, -1) };
    let shape = vec![(x + sign * 9, y), (x - sign * 9, y - 9), (x - sign * 9, y + 9)];
    canvas.ink(|pen| pen.shapes(&[shape], Some(role.color().into()), None));
}

/// Where the way from the middle of a box to another place leaves the box.
fn rim(
    middle: (i32, i32),
    toward: (i32, i32),
    (width, height): (i32, i32),
) -> (i32, i32) {
    let (dx, dy) = (f64::from(toward.0 - middle.0), f64::from(toward.1 - middle.1));
    let out = |half: i32, d: f64| {
        if d == 0.0 { f64::INFINITY } else { f64::from(half) / d.abs() }
    };
    let t = out(width / 2 + 4, dx).min(out(height / 2 + 4, dy)).min(1.0);
    (middle.0 + (t * dx).round() as i32, middle.1 + (t * dy).round() as i32)
}

impl Picture for Graph {
    fn size(&self) -> (u32, u32) {
        let ((left, right), (top, bottom)) = self.reach();
        let (across, down) = self.pitch();
        let extents = self.nodes.iter().map(Node::extent);
        let (w, h) = extents.fold((80, 60), |(w, h), (x, y)| (w.max(x), h.max(y)));
        let title = if self.title.is_empty() { 0 } else { TEXT * 3 / 2 };
        let legend = if self.legend().is_empty() { 0 } else { 2 * SMALL };
        let width = ((right - left) * f64::from(across)).round() as i32 + w + 16;
        let height = ((bottom - top) * f64::from(down)).round() as i32 + h + 24;
        let width = width.max(legend::width(&self.legend()) + 16);
        let height = height + title + legend;
        ((width / SCALE) as u32 + 1, (height / SCALE) as u32 + 1)
    }

    fn draw(&self, canvas: &Canvas) {
        let legend = Legend::on(&canvas.titled(&self.title), self.legend());
        let canvas = legend.below();
        for edge in &self.edges {
            self.draw_edge(&canvas, edge);
        }
        for node in &self.nodes {
            self.draw_node(&canvas, node);
        }
        legend.draw();
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, count};
    use super::*;

    #[test]
    fn values_flow_forward_and_gradients_backward() {
        let svg = Graph::new()
            .title("one <neuron>")
            .node("x", Node::new("x", 0.0, 0.0).role(Role::Data).value(3.0))
            .node(
                "w",
                Node::new("w", 0.0, 1.0).role(Role::Weights).value(-2.0).gradient(1.5),
            )
            .node("p", Node::new("×", 1.0, 0.5).value(-6.0).gradient(0.5))
            .edge("x", "p", "")
            .edge("w", "p", "∂ = 3")
            .edge("w", "nobody", "lost")
            .svg();
        let words = ["one &lt;neuron&gt;", ">−2<", ">1.5<", ">−6<", ">0.5<", "∂ = 3"];
        check(&svg, &words, 8_000);
        assert_eq!((count(&svg, "<rect"), count(&svg, "lost")), (3, 0));
        // Three values and two gradients, and one of each in the legend.
        let small = |role: Role| count(&svg, &format!("z\" fill=\"{}\"/>", role.css()));
        assert_eq!((small(Role::Activations), small(Role::Gradients)), (4, 3));
    }

    #[test]
    fn a_box_with_room_has_the_size_of_a_full_one() {
        let size = |node: Node| Graph::new().node("z", node).size();
        let new = || Node::new("z = w x", 0.0, 0.0);
        let full = size(new().value(2.0).gradient(1.0));
        assert_eq!(size(new().room()), full);
        assert_eq!(size(new().room().value(2.0)), full);
        assert_ne!(size(new()), full);
    }

    #[test]
    fn numbers_are_plain() {
        let cases = [(2.0, "2"), (-0.5, "−0.5"), (1.0 / 3.0, "0.3333"), (-1e-9, "0")];
        for (value, text) in cases {
            assert_eq!(plain(value), text);
        }
        check(&Graph::new().svg(), &[], 1_000);
    }

    #[test]
    fn edges_end_at_the_rim() {
        assert_eq!(rim((0, 0), (100, 0), (40, 20)), (24, 0));
        assert_eq!(rim((0, 0), (0, 0), (40, 20)), (0, 0));
    }
}
