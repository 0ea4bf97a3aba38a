//! The graph as a drawing: units from causes to effects, beside them which expressions they show.
//!
//! Colours tell excitation from inhibition and so do the ends of edges; both are safe for readers
//! who do not tell red from green. Hovering over an edge shows its weight and its source.

use std::fmt::Write;

use super::{Arrow, Diagram, Kind, layers::Layout};

pub(super) const EXCITATORY: &str = "#2166ac";
pub(super) const INHIBITORY: &str = "#c2410c";

/// Sizes in pixels.
const NODE: [f32; 2] = [104.0, 34.0];
const LAYER: f32 = 172.0;
const ROW: f32 = 46.0;
const MARGIN: f32 = 34.0;
const HEADING: f32 = 46.0;
const LEGEND: f32 = 64.0;
/// Between an edge's end and the node it points at.
const HEAD: f32 = 7.0;

/// Nodes of one kind of edges with their places.
struct Panel<'a> {
    heading: &'static str,
    nodes: Vec<usize>,
    arrows: Vec<&'a Arrow>,
    layout: Layout,
}

impl Diagram {
    /// A drawing of the graph: SVG that needs nothing else.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let kind = |arrow: &&Arrow| self.nodes[arrow.to].kind;
        let of = |wanted: Kind| -> Vec<&Arrow> {
            self.arrows
                .iter()
                .filter(|arrow| kind(arrow) == wanted)
                .collect()
        };
        let panels = [
            Panel::of("Action units act on action units", of(Kind::ActionUnit)),
            Panel::of("Action units show expressions", of(Kind::Expression)),
        ];
        let panels: Vec<Panel<'_>> = panels.into_iter().flatten().collect();
        let inner = panels.iter().map(Panel::height).fold(0.0, f32::max);
        let width: f32 = panels.iter().map(Panel::width).sum::<f32>().max(420.0);
        let height = HEADING + inner + LEGEND;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             font-family=\"Helvetica, Arial, sans-serif\">\n{STYLE}<rect width=\"{width:.0}\" \
             height=\"{height:.0}\" fill=\"#ffffff\"/>\n"
        );
        let mut left = 0.0;
        for panel in &panels {
            panel.draw(&mut svg, self, [left, HEADING + inner / 2.0]);
            left += panel.width();
        }
        legend(&mut svg, [MARGIN, height - LEGEND + 18.0]);
        svg + "</svg>\n"
    }
}

impl<'a> Panel<'a> {
    /// None without edges.
    fn of(heading: &'static str, arrows: Vec<&'a Arrow>) -> Option<Self> {
        let mut nodes: Vec<usize> = arrows
            .iter()
            .flat_map(|arrow| [arrow.from, arrow.to])
            .collect();
        nodes.sort_unstable();
        nodes.dedup();
        let place = |node: usize| nodes.binary_search(&node).unwrap_or(0);
        let edges: Vec<(usize, usize)> = arrows
            .iter()
            .map(|arrow| (place(arrow.from), place(arrow.to)))
            .collect();
        let layout = Layout::of(nodes.len(), &edges);
        (!arrows.is_empty()).then_some(Self {
            heading,
            nodes,
            arrows,
            layout,
        })
    }

    fn width(&self) -> f32 {
        let layers = self.layout.layers.iter().copied().max().unwrap_or(0);
        layers as f32 * LAYER + NODE[0] + 2.0 * MARGIN
    }

    fn height(&self) -> f32 {
        let [low, high] = self.layout.extent();
        (high - low) * ROW + NODE[1] + MARGIN
    }

    /// Draws at the left edge and the middle height given.
    fn draw(&self, svg: &mut String, diagram: &Diagram, [left, middle]: [f32; 2]) {
        let [low, high] = self.layout.extent();
        let y = |height: f32| middle + (height - f32::midpoint(low, high)) * ROW;
        let x = |layer: usize| left + MARGIN + NODE[0] / 2.0 + layer as f32 * LAYER;
        put(
            svg,
            format_args!(
                "<text class=\"heading\" x=\"{:.0}\" y=\"28\">{}</text>",
                left + MARGIN,
                self.heading
            ),
        );
        let place = |node: usize| self.nodes.binary_search(&node).unwrap_or(0);
        // Weak edges first, so that strong ones lie on top.
        let mut order: Vec<usize> = (0..self.arrows.len()).collect();
        let strength = |index: &usize| self.arrows[*index].weight.abs();
        order.sort_by(|a, b| strength(a).total_cmp(&strength(b)));
        for index in order {
            let arrow = self.arrows[index];
            let (from, to) = (place(arrow.from), place(arrow.to));
            let layer = self.layout.layers[from];
            let mut points = vec![[x(layer) + NODE[0] / 2.0, y(self.layout.heights[from])]];
            for (step, &height) in self.layout.paths[index].iter().enumerate() {
                points.push([x(layer + 1 + step), y(height)]);
            }
            let end = x(self.layout.layers[to]) - NODE[0] / 2.0 - HEAD;
            points.push([end, y(self.layout.heights[to])]);
            edge(svg, diagram, arrow, &points);
        }
        for (index, &node) in self.nodes.iter().enumerate() {
            let at = [x(self.layout.layers[index]), y(self.layout.heights[index])];
            self::node(svg, diagram, node, at);
        }
    }
}

/// One edge, level where it leaves, passes and arrives.
fn edge(svg: &mut String, diagram: &Diagram, arrow: &Arrow, points: &[[f32; 2]]) {
    let mut path = format!("M{:.1} {:.1}", points[0][0], points[0][1]);
    for pair in points.windows(2) {
        let [[x0, y0], [x1, y1]] = [pair[0], pair[1]];
        let bend = f32::midpoint(x0, x1);
        path += &format!(" C{bend:.1} {y0:.1} {bend:.1} {y1:.1} {x1:.1} {y1:.1}");
    }
    let class = if arrow.weight < 0.0 { "minus" } else { "plus" };
    let dashes = if arrow.conditions.is_empty() {
        ""
    } else {
        " stroke-dasharray=\"7 4\""
    };
    let sign = if arrow.weight < 0.0 { "-|" } else { "->" };
    let (from, to) = (diagram.name(arrow.from), diagram.name(arrow.to));
    let mut note = format!("{from} {sign} {to} {:+.2}: {}", arrow.weight, arrow.source);
    if !arrow.conditions.is_empty() {
        note += &format!(" ({})", arrow.conditions);
    }
    let width = stroke(arrow.weight);
    let note = escaped(&note);
    put(
        svg,
        format_args!(
            "<path class=\"{class}\" stroke-width=\"{width:.1}\"{dashes} d=\"{path}\"><title>{note}</title></path>"
        ),
    );
}

fn node(svg: &mut String, diagram: &Diagram, node: usize, [x, y]: [f32; 2]) {
    let node = &diagram.nodes[node];
    let [width, height] = NODE;
    let (left, top) = (x - width / 2.0, y - height / 2.0);
    let class = match node.kind {
        Kind::ActionUnit => "unit",
        Kind::Expression => "shown",
    };
    put(
        svg,
        format_args!(
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>"
        ),
    );
    let baseline = match node.kind {
        Kind::ActionUnit => y - 2.0,
        Kind::Expression => y + 4.5,
    };
    let name = node.name;
    put(
        svg,
        format_args!("<text class=\"name\" x=\"{x:.1}\" y=\"{baseline:.1}\">{name}</text>"),
    );
    if node.kind == Kind::ActionUnit {
        let (below, meaning) = (y + 11.0, node.meaning);
        put(
            svg,
            format_args!("<text class=\"meaning\" x=\"{x:.1}\" y=\"{below:.1}\">{meaning}</text>"),
        );
    }
}

fn legend(svg: &mut String, [left, top]: [f32; 2]) {
    let entries = [
        ("plus", 0.6, "", "excites"),
        ("minus", -0.6, "", "inhibits"),
        ("plus", 0.6, " stroke-dasharray=\"7 4\"", "in some contexts"),
    ];
    let line = |svg: &mut String,
                [x, y]: [f32; 2],
                class: &str,
                weight: f32,
                dashes: &str,
                text: &str| {
        let width = stroke(weight);
        put(
            svg,
            format_args!(
                "<path class=\"{class}\" stroke-width=\"{width:.1}\"{dashes} d=\"M{x:.0} {y:.0} h44\"/>\
                 <text class=\"note\" x=\"{:.0}\" y=\"{:.0}\">{text}</text>",
                x + 58.0,
                y + 4.0
            ),
        );
    };
    for (index, (class, weight, dashes, text)) in entries.into_iter().enumerate() {
        line(
            svg,
            [left + 132.0 * index as f32, top],
            class,
            weight,
            dashes,
            text,
        );
    }
    for (index, weight) in [0.1, 0.5, 0.9].into_iter().enumerate() {
        let at = [left + 132.0 * index as f32, top + 26.0];
        line(svg, at, "plus", weight, "", &format!("weight {weight}"));
    }
}

fn stroke(weight: f32) -> f32 {
    0.8 + 3.6 * weight.abs()
}

fn put(svg: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(svg, "{line}");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

const STYLE: &str = concat!(
    "<defs>",
    "<marker id=\"arrow\" markerUnits=\"userSpaceOnUse\" viewBox=\"0 0 10 10\" refX=\"2\" refY=\"5\" ",
    "markerWidth=\"10\" markerHeight=\"10\" orient=\"auto\"><path d=\"M0 0.6 L10 5 L0 9.4 z\" fill=\"#2166ac\"/></marker>",
    "<marker id=\"bar\" markerUnits=\"userSpaceOnUse\" viewBox=\"0 0 10 14\" refX=\"2\" refY=\"7\" ",
    "markerWidth=\"10\" markerHeight=\"14\" orient=\"auto\"><path d=\"M1 0 h4 v14 h-4 z\" fill=\"#c2410c\"/></marker>",
    "</defs>\n<style>",
    "path.plus{fill:none;stroke:#2166ac;stroke-opacity:.72;marker-end:url(#arrow)}",
    "path.minus{fill:none;stroke:#c2410c;stroke-opacity:.72;marker-end:url(#bar)}",
    "path:hover{stroke-opacity:1;stroke-width:6}",
    ".unit{fill:#f4f6fa;stroke:#5b6475}",
    ".shown{fill:#fdf6e3;stroke:#8a6d1f}",
    ".name{font-size:13px;font-weight:bold;text-anchor:middle;fill:#1d2330}",
    ".meaning{font-size:9.5px;text-anchor:middle;fill:#4a5262}",
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
    fn a_drawing_has_every_edge_once_and_its_ends_tell_its_sign() {
        let diagram = Diagram::of(CausalModel::built_in(), Part::All);
        let svg = diagram.to_svg();
        assert_eq!(svg.matches("<title>").count(), diagram.arrows.len());
        let inhibitory = diagram
            .arrows
            .iter()
            .filter(|arrow| arrow.weight < 0.0)
            .count();
        let drawn = svg
            .lines()
            .filter(|line| line.contains("\"minus\"") && line.contains("<title>"));
        assert_eq!(drawn.count(), inhibitory);
        assert!(svg.contains(EXCITATORY) && svg.contains(INHIBITORY));
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    }

    #[test]
    fn units_alone_are_one_panel() {
        let mut diagram = small();
        diagram
            .arrows
            .retain(|arrow| diagram.nodes[arrow.to].kind == Kind::ActionUnit);
        let svg = diagram.to_svg();
        assert_eq!(svg.matches("class=\"heading\"").count(), 1);
        assert_eq!(svg.matches("class=\"unit\"").count(), 4);
    }
}
