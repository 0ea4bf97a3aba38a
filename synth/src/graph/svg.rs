//! The graph as a drawing: which units act on which, in layers from causes to effects, and beside it
//! a table of the expressions they show. [`HeatMap`] draws a whole matrix.
//!
//! Colours tell excitation from inhibition and so do the ends of edges; both are safe for readers
//! who do not tell red from green. Hovering shows an edge's weight and source.

mod heat_map;
mod layered;
mod page;
mod table;

use super::{Arrow, Diagram, Kind};
pub use heat_map::HeatMap;
use layered::Layered;
use page::{DASHES, HEADING, MARGIN, Page};
pub(super) use page::{EXCITATORY, INHIBITORY};
use table::Table;

/// Sizes in pixels.
const LEGEND: [f32; 2] = [1080.0, 44.0];
/// Between two entries of the legend.
const ENTRY: f32 = 180.0;

impl Diagram {
    /// A drawing of the graph: SVG that needs nothing else.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let of = |kind: Kind| -> Vec<&Arrow> {
            let towards = |arrow: &&Arrow| self.nodes[arrow.to].kind == kind;
            self.arrows.iter().filter(towards).collect()
        };
        let layered = Layered::of(of(Kind::ActionUnit));
        let table = Table::of(of(Kind::Expression));
        let sizes = [
            layered.as_ref().map(Layered::size),
            table.as_ref().map(Table::size),
        ];
        let sections = sizes.iter().flatten();
        let (mut width, mut height) = (LEGEND[0], LEGEND[1]);
        for [wide, high] in sections {
            width = width.max(*wide);
            height += HEADING + high + MARGIN;
        }
        width += 2.0 * MARGIN;
        let mut page = Page::new([width, height]);
        let mut top = 0.0;
        if let (Some(layered), Some([_, high])) = (&layered, sizes[0]) {
            page.heading(top, "Action units act on action units");
            layered.draw(&mut page, self, [MARGIN, top + HEADING]);
            top += HEADING + high + MARGIN;
        }
        if let (Some(table), Some([_, high])) = (&table, sizes[1]) {
            page.heading(top, "Action units show expressions");
            table.draw(&mut page, self, [MARGIN, top + HEADING]);
            top += HEADING + high + MARGIN;
        }
        let conditional = self.arrows.iter().any(|arrow| !arrow.conditions.is_empty());
        legend(&mut page, [MARGIN, top], conditional);
        page.end()
    }

    /// What hovering over an edge shows.
    fn note(&self, arrow: &Arrow) -> String {
        let sign = if arrow.weight < 0.0 { "-|" } else { "->" };
        let (from, to) = (self.name(arrow.from), self.name(arrow.to));
        let mut note = format!("{from} {sign} {to} {:+.2}", arrow.weight);
        if !arrow.source.is_empty() {
            note += &format!(": {}", arrow.source);
        }
        if !arrow.conditions.is_empty() {
            note += &format!(" ({})", arrow.conditions);
        }
        note
    }
}

/// What the marks of edges mean.
fn legend(page: &mut Page, [left, top]: [f32; 2], conditional: bool) {
    let mut entries = vec![
        (0.5, "", "excites"),
        (-0.5, "", "inhibits"),
        (0.1, "", "weight 0.1"),
        (0.5, "", "weight 0.5"),
        (0.9, "", "weight 0.9"),
    ];
    if conditional {
        entries.insert(2, (0.5, DASHES, "in some contexts"));
    }
    for (index, (weight, dashes, text)) in entries.into_iter().enumerate() {
        let [x, y] = [left + ENTRY * index as f32, top + 14.0];
        let (class, width) = (page::class(weight), page::stroke(weight));
        page.put(format_args!(
            "<path class=\"{class}\" stroke-width=\"{width:.1}\"{dashes} d=\"M{x:.0} {y:.0} h40\"/>"
        ));
        page.text("note", [x + 56.0, y + 4.0], text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Part, tests::small};
    use super::*;
    use crate::causal::CausalModel;

    #[test]
    fn a_drawing_has_every_edge_once_and_its_mark_tells_its_sign() {
        let diagram = Diagram::of(CausalModel::built_in(), Part::All);
        let svg = diagram.to_svg();
        assert_eq!(svg.matches("<title>").count(), diagram.arrows.len());
        let marked = |class: &str| {
            let class = format!("class=\"{class}\"");
            let drawn = svg
                .lines()
                .filter(|line| line.contains(&class) && line.contains("<title>"));
            drawn.count()
        };
        let inhibitory = diagram
            .arrows
            .iter()
            .filter(|arrow| arrow.weight < 0.0)
            .count();
        assert_eq!(marked("minus"), inhibitory);
        assert_eq!(marked("plus"), diagram.arrows.len() - inhibitory);
        assert!(svg.contains(EXCITATORY) && svg.contains(INHIBITORY));
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    }

    #[test]
    fn a_part_is_drawn_alone() {
        let mut diagram = small();
        let svg = diagram.to_svg();
        assert_eq!(svg.matches("class=\"heading\"").count(), 2);
        assert_eq!(svg.matches("class=\"unit\"").count(), 4);
        diagram.arrows.clear();
        assert_eq!(diagram.to_svg().matches("class=\"heading\"").count(), 0);
    }
}
