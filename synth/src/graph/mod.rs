//! Causal graphs on paper and for other programs: the true one of a causal model, or one that was
//! found.
//!
//! Takes a [`CausalModel`] or any [`Graphs`]; gives a [`Diagram`] that writes itself as text, as a
//! drawing (SVG), for Graphviz (DOT), for networkx (GML) and for causal-learn (its text form and its
//! matrix). [`HeatMap`] draws a whole matrix.

mod formats;
mod layers;
mod svg;

use std::fmt;

use facs::{ActionUnit, Expression, Weight};

use crate::causal::{CausalModel, Graphs, Link};

pub use svg::HeatMap;

/// What a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A movement.
    ActionUnit,
    /// What the face shows.
    Expression,
}

/// A node of a diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name: `AU12` or `happiness`.
    pub name: &'static str,
    /// What the name means.
    pub meaning: &'static str,
    /// What it stands for.
    pub kind: Kind,
}

/// An edge of a diagram.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// Position of the cause among the nodes.
    pub from: usize,
    /// Position of the effect.
    pub to: usize,
    /// Polarity and strength, never 0.
    pub weight: f32,
    /// Where it is known from; empty where nothing is to be said.
    pub source: String,
    /// What changes it from sample to sample, in words; empty where nothing does.
    pub conditions: String,
}

/// Which edges a diagram shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Between action units.
    Units,
    /// From action units to expressions.
    Expressions,
    /// Both.
    All,
}

/// A graph with names.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagram {
    /// Action units in axis order, then expressions.
    pub nodes: Vec<Node>,
    /// The edges, in the order of the model or graph, those between units first.
    pub arrows: Vec<Arrow>,
}

impl Diagram {
    /// The graph of a model. Where a circumstance is certain
    /// ([`CausalModel::in_context`]), edges have the weights they have there.
    #[must_use]
    pub fn of(model: &CausalModel, part: Part) -> Self {
        let expressions: &[Expression] = match part {
            Part::Units => &[],
            Part::Expressions | Part::All => &Expression::EIGHT,
        };
        let nodes = nodes(expressions);
        let mut arrows = Vec::new();
        if part != Part::Expressions {
            arrows.extend(arrows_of(model, model.au_links(), ActionUnit::index));
        }
        if part != Part::Units {
            let place = |expression: Expression| ActionUnit::COUNT + expression as usize;
            arrows.extend(arrows_of(model, model.expression_links(), place));
        }
        Self { nodes, arrows }
    }

    /// Any graphs, with the expressions that they may point at. Edges have no source; where they
    /// make a cycle, a drawing turns the last of them round.
    ///
    /// # Panics
    /// When an edge points at another expression.
    #[must_use]
    pub fn of_graphs(graphs: &Graphs, expressions: &[Expression]) -> Self {
        let arrow = |from: ActionUnit, to: usize, weight: Weight| Arrow {
            from: from.index(),
            to,
            weight: weight.get(),
            source: String::new(),
            conditions: String::new(),
        };
        let place = |expression: Expression| {
            let found = expressions.iter().position(|other| *other == expression);
            ActionUnit::COUNT + found.expect("an expression of the graph")
        };
        let between = graphs.au_au.edges.iter();
        let towards = graphs.au_expression.edges.iter();
        Self {
            nodes: nodes(expressions),
            arrows: between
                .map(|edge| arrow(edge.from, edge.to.index(), edge.weight))
                .chain(towards.map(|edge| arrow(edge.from, place(edge.to), edge.weight)))
                .filter(|arrow| arrow.weight != 0.0)
                .collect(),
        }
    }

    /// The name of a node.
    fn name(&self, node: usize) -> &'static str {
        self.nodes[node].name
    }
}

fn nodes(expressions: &[Expression]) -> Vec<Node> {
    let units = ActionUnit::ALL.map(|unit| Node {
        name: unit.code(),
        meaning: unit.name(),
        kind: Kind::ActionUnit,
    });
    let expressions = expressions.iter().map(|expression| Node {
        name: expression.name(),
        meaning: expression.name(),
        kind: Kind::Expression,
    });
    units.into_iter().chain(expressions).collect()
}

fn arrows_of<To: Copy>(
    model: &CausalModel,
    links: &[Link<To>],
    place: impl Fn(To) -> usize,
) -> Vec<Arrow> {
    let certain: Vec<Option<usize>> = model.contexts().iter().map(|c| c.certain()).collect();
    let arrow = |link: &Link<To>| Arrow {
        from: link.edge.from.index(),
        to: place(link.edge.to),
        weight: link.weight_where(&certain),
        source: link.source.clone(),
        conditions: link.conditions(model),
    };
    let acting = |arrow: &Arrow| arrow.weight != 0.0;
    links.iter().map(arrow).filter(acting).collect()
}

impl fmt::Display for Diagram {
    /// One line per edge: `AU09 -> AU10 +0.60  why`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for arrow in &self.arrows {
            let (from, to) = (self.name(arrow.from), self.name(arrow.to));
            let sign = if arrow.weight < 0.0 { "-|" } else { "->" };
            write!(f, "{from} {sign} {to} {:+.2}", arrow.weight)?;
            if !arrow.conditions.is_empty() {
                write!(f, " ({})", arrow.conditions)?;
            }
            if !arrow.source.is_empty() {
                write!(f, "  {}", arrow.source)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn small() -> Diagram {
        let keep = ["AU09", "AU10", "AU12", "AU15"];
        let mut diagram = Diagram::of(CausalModel::built_in(), Part::All);
        let names: Vec<&str> = diagram.nodes.iter().map(|node| node.name).collect();
        diagram.arrows.retain(|arrow| {
            keep.contains(&names[arrow.from])
                && (keep.contains(&names[arrow.to]) || names[arrow.to] == "disgust")
        });
        diagram
    }

    #[test]
    fn edges_read_as_lines_with_their_sources() {
        insta::assert_snapshot!(small(), @"
        AU09 -> AU10 +0.60  the nose wrinkler pulls the upper lip up, not the other way: CausalAffect 1
        AU12 -| AU15 -0.60  antagonists at the corner of the mouth: Cattaneo et al. 2007
        AU09 -> disgust +0.90  all six sources of table 2
        AU10 -> disgust +0.50  Lucey et al. 2010, Du et al. 2014, Clark et al. 2020
        AU12 -| disgust -0.40  CausalAffect 1: AU12 diminishes disgust
        ");
    }

    #[test]
    fn a_found_graph_reads_and_draws_as_a_true_one_does() {
        let edge = |from, to, weight| facs::Edge {
            from,
            to,
            weight: Weight::new(weight).unwrap(),
        };
        let (nose, lip) = (ActionUnit::Au09, ActionUnit::Au10);
        let mut graphs = Graphs::default();
        graphs.au_au.edges = vec![edge(nose, lip, 0.6), edge(lip, nose, -0.2)];
        graphs.au_expression.edges = vec![facs::Edge {
            from: nose,
            to: Expression::Anxiety,
            weight: Weight::new(0.3).unwrap(),
        }];
        let diagram = Diagram::of_graphs(&graphs, &[Expression::Neutral, Expression::Anxiety]);
        insta::assert_snapshot!(diagram, @"
        AU09 -> AU10 +0.60
        AU10 -| AU09 -0.20
        AU09 -> anxiety +0.30
        ");
        let svg = diagram.to_svg();
        assert_eq!(svg.matches("<title>").count(), 3);
        assert!(svg.contains("<title>AU10 -| AU09 -0.20</title>"), "{svg}");
        assert_eq!(diagram.to_gml().matches("node [").count(), 22);
    }

    #[test]
    fn a_certain_context_decides_which_edges_are_there() {
        let smile = |diagram: &Diagram| {
            let unit = |unit: ActionUnit| unit.index();
            let found = diagram.arrows.iter().find(|arrow| {
                (arrow.from, arrow.to) == (unit(ActionUnit::Au12), unit(ActionUnit::Au06))
            });
            found.map(|arrow| (arrow.weight, arrow.conditions.clone()))
        };
        let model = CausalModel::built_in();
        let open = smile(&Diagram::of(model, Part::Units)).unwrap();
        assert_eq!(open, (0.55, "x 0 where smile is social".to_owned()));
        let felt = model.in_context("smile", "duchenne").unwrap();
        assert_eq!(
            smile(&Diagram::of(&felt, Part::Units)),
            Some((0.55, String::new()))
        );
        let social = model.in_context("smile", "social").unwrap();
        assert_eq!(smile(&Diagram::of(&social, Part::Units)), None);
    }
}
