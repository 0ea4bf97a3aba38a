//! The graph as a drawing: which units act on which, in layers from causes to effects, and beside it
//! a table of the expressions they show.
//!
//! Colours tell excitation from inhibition and so do the ends of edges; both are safe for readers
//! who do not tell red from green. Hovering shows an edge's weight and source.

mod layered;
mod table;

use std::fmt::{Arguments, Write};

use super::{Arrow, Diagram, Kind};
use layered::Layered;
use table::Table;

pub(super) const EXCITATORY: &str = "#2166ac";
pub(super) const INHIBITORY: &str = "#c2410c";

/// Sizes in pixels.
const MARGIN: f32 = 34.0;
const HEADING: f32 = 48.0;
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
        let mut page = Page(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             font-family=\"Helvetica, Arial, sans-serif\">\n{STYLE}<rect width=\"{width:.0}\" \
             height=\"{height:.0}\" fill=\"#ffffff\"/>\n"
        ));
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
        page.legend([MARGIN, top]);
        page.0 + "</svg>\n"
    }

    /// What hovering over an edge shows.
    fn note(&self, arrow: &Arrow) -> String {
        let sign = if arrow.weight < 0.0 { "-|" } else { "->" };
        let (from, to) = (self.name(arrow.from), self.name(arrow.to));
        let mut note = format!("{from} {sign} {to} {:+.2}: {}", arrow.weight, arrow.source);
        if !arrow.conditions.is_empty() {
            note += &format!(" ({})", arrow.conditions);
        }
        note
    }
}

/// The drawing so far.
struct Page(String);

impl Page {
    fn put(&mut self, line: Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }

    fn text(&mut self, class: &str, [x, y]: [f32; 2], text: &str) {
        let text = escaped(text);
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
        ));
    }

    fn heading(&mut self, top: f32, text: &str) {
        self.text("heading", [MARGIN, top + 28.0], text);
    }

    /// An edge along a path of SVG commands.
    fn edge(&mut self, arrow: &Arrow, path: &str, note: &str) {
        let width = stroke(arrow.weight);
        let class = class(arrow.weight);
        let dashes = dashes(arrow);
        let note = escaped(note);
        self.put(format_args!(
            "<path class=\"{class}\" stroke-width=\"{width:.1}\"{dashes} d=\"{path}\"><title>{note}</title></path>"
        ));
    }

    fn legend(&mut self, [left, top]: [f32; 2]) {
        let entries = [
            (0.5, "", "excites"),
            (-0.5, "", "inhibits"),
            (0.5, DASHES, "in some contexts"),
            (0.1, "", "weight 0.1"),
            (0.5, "", "weight 0.5"),
            (0.9, "", "weight 0.9"),
        ];
        for (index, (weight, dashes, text)) in entries.into_iter().enumerate() {
            let [x, y] = [left + ENTRY * index as f32, top + 14.0];
            let (class, width) = (class(weight), stroke(weight));
            self.put(format_args!(
                "<path class=\"{class}\" stroke-width=\"{width:.1}\"{dashes} d=\"M{x:.0} {y:.0} h40\"/>"
            ));
            self.text("note", [x + 56.0, y + 4.0], text);
        }
    }
}

/// Dashes of what acts in some contexts only.
const DASHES: &str = " stroke-dasharray=\"7 4\"";

fn dashes(arrow: &Arrow) -> &'static str {
    if arrow.conditions.is_empty() {
        ""
    } else {
        DASHES
    }
}

fn class(weight: f32) -> &'static str {
    if weight < 0.0 { "minus" } else { "plus" }
}

fn stroke(weight: f32) -> f32 {
    0.9 + 3.6 * weight.abs()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

const STYLE: &str = concat!(
    "<defs>",
    "<marker id=\"arrow\" markerUnits=\"userSpaceOnUse\" viewBox=\"0 0 10 10\" refX=\"1\" refY=\"5\" ",
    "markerWidth=\"9\" markerHeight=\"9\" orient=\"auto\"><path d=\"M0 0.6 L10 5 L0 9.4 z\" fill=\"#2166ac\"/></marker>",
    "<marker id=\"bar\" markerUnits=\"userSpaceOnUse\" viewBox=\"0 0 8 12\" refX=\"1\" refY=\"6\" ",
    "markerWidth=\"8\" markerHeight=\"12\" orient=\"auto\"><path d=\"M2 0 h4 v12 h-4 z\" fill=\"#c2410c\"/></marker>",
    "</defs>\n<style>",
    "path.plus{fill:none;stroke:#2166ac;stroke-opacity:.75;marker-end:url(#arrow)}",
    "path.minus{fill:none;stroke:#c2410c;stroke-opacity:.75;marker-end:url(#bar)}",
    "path:hover{stroke-opacity:1;stroke-width:6}",
    "circle.plus{fill:#2166ac}circle.minus{fill:#c2410c}circle.ring{fill:none;stroke:#5b6475;stroke-dasharray:4 3}",
    ".inside{font-size:8.5px;text-anchor:middle;fill:#ffffff;pointer-events:none}",
    ".unit{fill:#f4f6fa;stroke:#5b6475}",
    ".rule{stroke:#e3e7ee}",
    ".name{font-size:13px;font-weight:bold;text-anchor:middle;fill:#1d2330}",
    ".meaning{font-size:9.5px;text-anchor:middle;fill:#4a5262}",
    ".row{font-size:12px;fill:#1d2330}",
    ".column{font-size:12px;font-weight:bold;text-anchor:middle;fill:#1d2330}",
    ".heading{font-size:17px;font-weight:bold;fill:#1d2330}",
    ".note{font-size:12px;fill:#1d2330}",
    "</style>\n",
);

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
