//! Signed, directed graphs between named nodes.
//!
//! Takes a matrix of a model (row = target, column = source, CausalAffect Eq. 3) or named edges;
//! gives [`Graph`]s whose edges always carry names and a [`Weight`] in (-1, 1).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ActionUnit, Expression};

/// Strength and polarity of an edge, strictly between -1 and 1: positive excites, negative inhibits.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("exclusiveMinimum" = -1, "exclusiveMaximum" = 1)))]
#[serde(try_from = "f32", into = "f32")]
pub struct Weight(f32);

/// A number that is no edge weight: outside (-1, 1) or not a number.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("edge weight {0} is not strictly between -1 and 1")]
pub struct WeightOutOfRange(pub f32);

impl Weight {
    /// Checks the range.
    ///
    /// # Errors
    /// [`WeightOutOfRange`] for anything not strictly between -1 and 1.
    pub fn new(value: f32) -> Result<Self, WeightOutOfRange> {
        if value > -1.0 && value < 1.0 {
            Ok(Self(value))
        } else {
            Err(WeightOutOfRange(value))
        }
    }

    /// A weight from an activation that may saturate to exactly ±1 in 32-bit arithmetic (`tanh`).
    ///
    /// # Errors
    /// [`WeightOutOfRange`] outside [-1, 1] or when not a number.
    pub fn from_tanh(value: f32) -> Result<Self, WeightOutOfRange> {
        const LARGEST: f32 = 1.0 - f32::EPSILON;
        if (-1.0..=1.0).contains(&value) {
            Ok(Self(value.clamp(-LARGEST, LARGEST)))
        } else {
            Err(WeightOutOfRange(value))
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f32 {
        self.0
    }
}

impl TryFrom<f32> for Weight {
    type Error = WeightOutOfRange;
    fn try_from(value: f32) -> Result<Self, Self::Error> {
        Self::new(value)
    }
}

impl From<Weight> for f32 {
    fn from(weight: Weight) -> Self {
        weight.0
    }
}

/// One directed edge: `from` acts on `to`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge<From, To> {
    /// The cause.
    pub from: From,
    /// The effect.
    pub to: To,
    /// Polarity and strength.
    pub weight: Weight,
}

impl<From: PartialEq, To: PartialEq> Edge<From, To> {
    /// The dense matrix that [`Graph::from_matrix`] names: row = target, column = source, 0 where
    /// there is no edge. Edges of nodes that the axes lack have no entry.
    #[must_use]
    pub fn to_matrix(edges: &[Self], targets: &[To], sources: &[From]) -> Vec<f32> {
        let mut matrix = vec![0.0; targets.len() * sources.len()];
        for edge in edges {
            let row = targets.iter().position(|target| *target == edge.to);
            let column = sources.iter().position(|source| *source == edge.from);
            if let (Some(row), Some(column)) = (row, column) {
                matrix[row * sources.len() + column] = edge.weight.get();
            }
        }
        matrix
    }
}

/// An edge between action units.
pub type AuEdge = Edge<ActionUnit, ActionUnit>;
/// An edge from an action unit to an expression.
pub type ExpressionEdge = Edge<ActionUnit, Expression>;

impl<From: fmt::Display, To: fmt::Display> fmt::Display for Edge<From, To> {
    /// `AU09 -> AU10 +0.62`, or `AU12 -| AU15 -0.40` for an inhibitory edge.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = if self.weight.0 < 0.0 { "-|" } else { "->" };
        write!(f, "{} {arrow} {} {:+.2}", self.from, self.to, self.weight.0)
    }
}

/// A sparse graph: its edges, strongest first. Serialised as a plain list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Graph<From, To> {
    /// The edges, strongest first.
    pub edges: Vec<Edge<From, To>>,
}

impl<From, To> Default for Graph<From, To> {
    fn default() -> Self {
        Self { edges: Vec::new() }
    }
}

impl<From: Copy + PartialEq<To>, To: Copy> Graph<From, To> {
    /// Names the entries of a dense matrix, row = target, column = source, keeping edges with
    /// `|weight| >= least` and dropping self-edges.
    ///
    /// # Errors
    /// [`WeightOutOfRange`] for an entry that is no weight.
    ///
    /// # Panics
    /// When `matrix` has not `targets.len() * sources.len()` entries.
    pub fn from_matrix(
        matrix: &[f32],
        targets: &[To],
        sources: &[From],
        least: f32,
    ) -> Result<Self, WeightOutOfRange> {
        assert_eq!(
            matrix.len(),
            targets.len() * sources.len(),
            "entries of a graph matrix"
        );
        let mut edges = Vec::new();
        for (row, &to) in matrix.chunks_exact(sources.len()).zip(targets) {
            for (&value, &from) in row.iter().zip(sources) {
                let weight = Weight::from_tanh(value)?;
                if weight.get().abs() >= least && weight.get() != 0.0 && from != to {
                    edges.push(Edge { from, to, weight });
                }
            }
        }
        edges.sort_by(|a, b| b.weight.get().abs().total_cmp(&a.weight.get().abs()));
        Ok(Self { edges })
    }
}

/// An action unit is never an expression: lets one `from_matrix` serve both kinds of graph.
impl PartialEq<Expression> for ActionUnit {
    fn eq(&self, _: &Expression) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_matrix_row_is_a_target() {
        let units = [ActionUnit::Au09, ActionUnit::Au10];
        let graph = Graph::from_matrix(&[0.9, -0.2, 0.6, 0.9], &units, &units, 0.1).unwrap();
        insta::assert_snapshot!(
            graph.edges.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            @r"
        AU09 -> AU10 +0.60
        AU10 -| AU09 -0.20
        "
        );
    }

    #[test]
    fn named_edges_go_back_to_their_entries() {
        let (targets, sources) = (
            [Expression::Neutral, Expression::Happiness],
            [ActionUnit::Au06, ActionUnit::Au12, ActionUnit::Au15],
        );
        let matrix = [0.0, -0.4, 0.0, 0.3, 0.8, -0.2];
        let graph = Graph::from_matrix(&matrix, &targets, &sources, 0.0).unwrap();
        let edges = &graph.edges;
        assert_eq!(Edge::to_matrix(edges, &targets, &sources), matrix);
        assert_eq!(
            Edge::to_matrix(edges, &targets[1..], &sources[..2]),
            [0.3, 0.8]
        );
    }

    #[test]
    fn the_wire_form_refuses_a_weight_of_one() {
        let edge = r#"{"from":"AU09","to":"AU10","weight":1.0}"#;
        let error = serde_json::from_str::<AuEdge>(edge)
            .unwrap_err()
            .to_string();
        assert!(error.contains("not strictly between"), "{error}");
    }

    proptest! {
        #[test]
        fn weights_survive_the_wire(value in -0.999_f32..0.999) {
            let edge = Edge { from: ActionUnit::Au12, to: Expression::Happiness, weight: Weight::new(value).unwrap() };
            let back: ExpressionEdge = serde_json::from_str(&serde_json::to_string(&edge).unwrap()).unwrap();
            prop_assert_eq!(back, edge);
        }

        #[test]
        fn only_numbers_inside_the_open_interval_are_weights(value in proptest::num::f32::ANY) {
            prop_assert_eq!(Weight::new(value).is_ok(), value.abs() < 1.0);
        }
    }
}
