//! The graph for other programs: Graphviz, networkx, causal-learn.

use std::fmt::Write;

use super::{Diagram, Kind};

impl Diagram {
    /// Graphviz DOT: inhibition ends in a bar.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut text = String::from(
            "digraph affect {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n",
        );
        for node in self.connected() {
            let (name, meaning) = (node.name, node.meaning);
            let label = match node.kind {
                Kind::ActionUnit => format!("{name}\\n{meaning}"),
                Kind::Expression => name.to_owned(),
            };
            line(&mut text, format_args!("  {name} [label=\"{label}\"];"));
        }
        for arrow in &self.arrows {
            let (from, to) = (self.name(arrow.from), self.name(arrow.to));
            let (head, colour) = if arrow.weight < 0.0 {
                ("tee", super::svg::INHIBITORY)
            } else {
                ("normal", super::svg::EXCITATORY)
            };
            let style = if arrow.conditions.is_empty() {
                "solid"
            } else {
                "dashed"
            };
            let (width, weight) = (1.0 + 4.0 * arrow.weight.abs(), arrow.weight);
            line(
                &mut text,
                format_args!(
                    "  {from} -> {to} [label=\"{weight:+.2}\", arrowhead={head}, color=\"{colour}\", \
                     penwidth={width:.1}, style={style}, tooltip=\"{}\"];",
                    quoted(&arrow.source, "\\\"")
                ),
            );
        }
        text + "}\n"
    }

    /// GML as networkx reads it (`networkx.read_gml`): `weight`, `polarity`, `reference` and
    /// `conditions` are attributes of edges.
    #[must_use]
    pub fn to_gml(&self) -> String {
        let mut text = String::from("graph [\n  directed 1\n");
        for (id, node) in self.nodes.iter().enumerate() {
            let kind = match node.kind {
                Kind::ActionUnit => "action unit",
                Kind::Expression => "expression",
            };
            line(
                &mut text,
                format_args!(
                    "  node [\n    id {id}\n    label \"{}\"\n    meaning \"{}\"\n    kind \"{kind}\"\n  ]",
                    node.name, node.meaning
                ),
            );
        }
        for arrow in &self.arrows {
            let polarity = if arrow.weight < 0.0 {
                "inhibitory"
            } else {
                "excitatory"
            };
            line(
                &mut text,
                format_args!(
                    "  edge [\n    source {}\n    target {}\n    weight {:.4}\n    polarity \"{polarity}\"\n    \
                     reference \"{}\"\n    conditions \"{}\"\n  ]",
                    arrow.from,
                    arrow.to,
                    arrow.weight,
                    entities(&arrow.source),
                    entities(&arrow.conditions)
                ),
            );
        }
        text + "]\n"
    }

    /// The text form of causal-learn (`causallearn.utils.TXT2GeneralGraph.txt2generalgraph`),
    /// which has directions but no weights.
    #[must_use]
    pub fn to_causal_learn(&self) -> String {
        let names: Vec<&str> = self.nodes.iter().map(|node| node.name).collect();
        let mut text = format!("Graph Nodes:\n{}\n\nGraph Edges:\n", names.join(";"));
        for (index, arrow) in self.arrows.iter().enumerate() {
            let (from, to) = (self.name(arrow.from), self.name(arrow.to));
            line(&mut text, format_args!("{}. {from} --> {to}", index + 1));
        }
        text
    }

    /// The matrix of causal-learn's `GeneralGraph.graph`, comma separated, with the names in a
    /// comment: `graph[j, i] = 1` and `graph[i, j] = -1` for an edge from `i` to `j`.
    #[must_use]
    pub fn to_matrix(&self) -> String {
        let count = self.nodes.len();
        let mut matrix = vec![vec![0_i8; count]; count];
        for arrow in &self.arrows {
            matrix[arrow.to][arrow.from] = 1;
            matrix[arrow.from][arrow.to] = -1;
        }
        let names: Vec<&str> = self.nodes.iter().map(|node| node.name).collect();
        let mut text = format!("# {}\n", names.join(","));
        for row in matrix {
            let row: Vec<String> = row.iter().map(ToString::to_string).collect();
            line(&mut text, format_args!("{}", row.join(",")));
        }
        text
    }

    /// The nodes that an edge touches.
    fn connected(&self) -> impl Iterator<Item = &super::Node> {
        let touched = |node: usize| {
            let mut arrows = self.arrows.iter();
            arrows.any(|arrow| arrow.from == node || arrow.to == node)
        };
        let nodes = self.nodes.iter().enumerate();
        nodes
            .filter(move |(index, _)| touched(*index))
            .map(|(_, node)| node)
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn quoted(text: &str, quote: &str) -> String {
    text.replace('"', quote)
}

/// What GML asks for: ASCII, with entities for the rest.
fn entities(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '"' => escaped += "&quot;",
            other if other.is_ascii() => escaped.push(other),
            other => escaped += &format!("&#{};", u32::from(other)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::{Part, tests::small};
    use super::*;
    use crate::causal::CausalModel;

    #[test]
    fn dot_shows_what_is_connected() {
        insta::assert_snapshot!(small().to_dot(), @r##"
        digraph affect {
          rankdir=LR;
          node [shape=box, style=rounded, fontname="sans-serif"];
          AU09 [label="AU09\nnose wrinkler"];
          AU10 [label="AU10\nupper lip raiser"];
          AU12 [label="AU12\nlip corner puller"];
          AU15 [label="AU15\nlip corner depressor"];
          disgust [label="disgust"];
          AU09 -> AU10 [label="+0.60", arrowhead=normal, color="#2166ac", penwidth=3.4, style=solid, tooltip="the nose wrinkler pulls the upper lip up, not the other way: CausalAffect 1"];
          AU12 -> AU15 [label="-0.60", arrowhead=tee, color="#c2410c", penwidth=3.4, style=solid, tooltip="antagonists at the corner of the mouth: Cattaneo et al. 2007"];
          AU09 -> disgust [label="+0.90", arrowhead=normal, color="#2166ac", penwidth=4.6, style=solid, tooltip="all six sources of table 2"];
          AU10 -> disgust [label="+0.50", arrowhead=normal, color="#2166ac", penwidth=3.0, style=solid, tooltip="Lucey et al. 2010, Du et al. 2014, Clark et al. 2020"];
          AU12 -> disgust [label="-0.40", arrowhead=tee, color="#c2410c", penwidth=2.6, style=solid, tooltip="CausalAffect 1: AU12 diminishes disgust"];
        }
        "##);
    }

    #[test]
    fn gml_has_every_node_and_plain_ascii() {
        let diagram = Diagram::of(CausalModel::built_in(), Part::All);
        let gml = diagram.to_gml();
        assert!(gml.is_ascii() && gml.matches("node [").count() == 28);
        assert_eq!(gml.matches("edge [").count(), diagram.arrows.len());
        let edges = small().to_gml();
        let first = edges.split("  edge [").nth(1).unwrap().trim().lines();
        let first: Vec<&str> = first.map(str::trim).collect();
        insta::assert_snapshot!(first.join("\n"), @r#"
        source 6
        target 7
        weight 0.6000
        polarity "excitatory"
        reference "the nose wrinkler pulls the upper lip up, not the other way: CausalAffect 1"
        conditions ""
        ]
        "#);
        assert_eq!(entities("a \"b\" & é"), "a &quot;b&quot; &amp; &#233;");
    }

    #[test]
    fn causal_learn_reads_names_and_directions() {
        let mut diagram = small();
        diagram.nodes.truncate(12);
        diagram.arrows.truncate(2);
        insta::assert_snapshot!(diagram.to_causal_learn(), @"
        Graph Nodes:
        AU01;AU02;AU04;AU05;AU06;AU07;AU09;AU10;AU11;AU12;AU14;AU15

        Graph Edges:
        1. AU09 --> AU10
        2. AU12 --> AU15
        ");
        insta::assert_snapshot!(diagram.to_matrix(), @"
        # AU01,AU02,AU04,AU05,AU06,AU07,AU09,AU10,AU11,AU12,AU14,AU15
        0,0,0,0,0,0,0,0,0,0,0,0
        0,0,0,0,0,0,0,0,0,0,0,0
        0,0,0,0,0,0,0,0,0,0,0,0
        0,0,0,0,0,0,0,0,0,0,0,0
        0,0,0,0,0,0,0,0,0,0,0,0
        0,0,0,0,0,0,0,0,0,0,0,0
        0,0,0,0,0,0,0,-1,0,0,0,0
        0,0,0,0,0,0,1,0,0,0,0,0
        0,0,0,0,0,0,0,0,0,0,0,0
        0,0,0,0,0,0,0,0,0,0,0,-1
        0,0,0,0,0,0,0,0,0,0,0,0
        0,0,0,0,0,0,0,0,0,1,0,0
        ");
    }
}
