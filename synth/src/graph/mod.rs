//! The true graph of a causal model, on paper and for other programs.
//!
//! Takes a [`CausalModel`]; gives a [`Diagram`] that writes itself as text, as a drawing (SVG), for
//! Graphviz (DOT), for networkx (GML) and for causal-learn (its text form and its matrix).

mod formats;
mod layers;
mod svg;

use std::fmt;

use facs::{ActionUnit, Expression};

use crate::causal::{CausalModel, Link};

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
    /// Where it is known from.
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

/// The true graph with names.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagram {
    /// Action units in axis order, then expressions.
    pub nodes: Vec<Node>,
    /// The edges, in the order of the model.
    pub arrows: Vec<Arrow>,
}

impl Diagram {
    /// The graph of a model. Where a circumstance is certain
    /// ([`CausalModel::in_context`]), edges have the weights they have there.
    #[must_use]
    pub fn of(model: &CausalModel, part: Part) -> Self {
        let mut nodes = Vec::new();
        nodes.extend(ActionUnit::ALL.map(|unit| Node {
            name: unit.code(),
            meaning: unit.name(),
            kind: Kind::ActionUnit,
        }));
        if part != Part::Units {
            nodes.extend(Expression::EIGHT.map(|expression| Node {
                name: expression.name(),
                meaning: expression.name(),
                kind: Kind::Expression,
            }));
        }
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

    /// The name of a node.
    fn name(&self, node: usize) -> &'static str {
        self.nodes[node].name
    }
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
            writeln!(f, "  {}", arrow.source)?;
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
