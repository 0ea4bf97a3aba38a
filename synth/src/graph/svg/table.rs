//! Expressions as columns, units as rows, and a disc where one shows the other: the edges go from one
//! layer to the next, and fifty of them between two columns cross too often to be read as lines.

use super::{
    Arrow, Diagram, Page,
    page::{class, escaped},
};

/// Sizes in pixels.
const ROW: f32 = 27.0;
const COLUMN: f32 = 120.0;
const NAMES: f32 = 176.0;
const HEADER: f32 = 22.0;
/// Radius of the disc of weight 1.
const DISC: f32 = 13.0;

/// A table of some edges.
pub(super) struct Table<'a> {
    rows: Vec<usize>,
    columns: Vec<usize>,
    arrows: Vec<&'a Arrow>,
}

impl<'a> Table<'a> {
    /// None without edges.
    pub(super) fn of(arrows: Vec<&'a Arrow>) -> Option<Self> {
        let unique = |end: fn(&Arrow) -> usize| {
            let mut nodes: Vec<usize> = arrows.iter().map(|arrow| end(arrow)).collect();
            nodes.sort_unstable();
            nodes.dedup();
            nodes
        };
        let (rows, columns) = (unique(|arrow| arrow.from), unique(|arrow| arrow.to));
        (!arrows.is_empty()).then_some(Self {
            rows,
            columns,
            arrows,
        })
    }

    /// Width and height.
    pub(super) fn size(&self) -> [f32; 2] {
        [
            NAMES + COLUMN * self.columns.len() as f32,
            HEADER + ROW * self.rows.len() as f32,
        ]
    }

    /// Draws with the left upper corner given.
    pub(super) fn draw(&self, page: &mut Page, diagram: &Diagram, [left, top]: [f32; 2]) {
        let [width, _] = self.size();
        let x = |column: usize| left + NAMES + COLUMN * (column as f32 + 0.5);
        let y = |row: usize| top + HEADER + ROW * (row as f32 + 0.5);
        for (column, &node) in self.columns.iter().enumerate() {
            page.text("column", [x(column), top + 10.0], diagram.nodes[node].name);
        }
        for (row, &node) in self.rows.iter().enumerate() {
            let (line, end) = (y(row) - ROW / 2.0, left + width);
            page.put(format_args!(
                "<line class=\"rule\" x1=\"{left:.0}\" y1=\"{line:.1}\" x2=\"{end:.0}\" y2=\"{line:.1}\"/>"
            ));
            let node = &diagram.nodes[node];
            let name = format!("{} {}", node.name, node.meaning);
            page.text("row", [left, y(row) + 4.0], &name);
        }
        for arrow in &self.arrows {
            let place = |nodes: &[usize], node| nodes.binary_search(&node).unwrap_or(0);
            let [x, y] = [
                x(place(&self.columns, arrow.to)),
                y(place(&self.rows, arrow.from)),
            ];
            // The area, not the radius, is the weight.
            let radius = DISC * arrow.weight.abs().sqrt();
            let class = class(arrow.weight);
            let note = escaped(&diagram.note(arrow));
            page.put(format_args!(
                "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"><title>{note}</title></circle>"
            ));
            page.text("inside", [x, y + 3.0], &number(arrow.weight));
            if !arrow.conditions.is_empty() {
                let ring = radius + 2.5;
                page.put(format_args!(
                    "<circle class=\"ring\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{ring:.1}\"/>"
                ));
            }
        }
    }
}

/// A weight without its sign and its leading zero, where its disc has room for it.
fn number(weight: f32) -> String {
    if weight.abs() < 0.25 {
        return String::new();
    }
    let text = format!("{:.2}", weight.abs());
    text.trim_start_matches('0').to_owned()
}
