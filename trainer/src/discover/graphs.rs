//! The graphs of a trained network, by name.
//!
//! Takes an [`AffectNetwork`]; gives its global [`Graphs`], whole or cut to the edges that count as
//! found. What counts is decided without any truth: by strength, or by number.

use anyhow::{Context, Result};
use burn::tensor::Tensor;
use facs::{ActionUnit, Expression, Graph};
use synth::causal::Graphs;

use crate::affect::AffectNetwork;

/// Which edges count as found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// Those of at least this `|weight|`.
    Least(f32),
    /// This many of each graph, the strongest.
    Strongest(usize),
}

/// All edges of the network's global graphs, strongest first.
///
/// # Errors
/// When the network has no global graphs, or a weight is outside [-1, 1] or not a number: then the
/// training has failed.
pub fn global(network: &AffectNetwork, expressions: &[Expression]) -> Result<Graphs> {
    let (au, expression) = edges(network)?;
    let units = &ActionUnit::ALL;
    let broken = "the run has a broken graph";
    Ok(Graphs {
        au_au: Graph::from_matrix(&host(au), units, units, 0.0).context(broken)?,
        au_expression: Graph::from_matrix(&host(expression), expressions, units, 0.0)
            .context(broken)?,
    })
}

/// The tensors of the global graphs.
pub(super) fn edges(network: &AffectNetwork) -> Result<(Tensor<2>, Tensor<2>)> {
    network
        .global_edges()
        .context("the run has no global graphs: affect.parts.global_graph of its recipe is off")
}

/// The numbers of a tensor, rows first.
pub(super) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

impl Cut {
    /// The edges that count, of both graphs.
    #[must_use]
    pub fn apply(self, graphs: &Graphs) -> Graphs {
        Graphs {
            au_au: self.one(&graphs.au_au),
            au_expression: self.one(&graphs.au_expression),
        }
    }

    /// Of a graph whose edges are in order, strongest first.
    fn one<T: Copy>(self, graph: &Graph<ActionUnit, T>) -> Graph<ActionUnit, T> {
        let edges = graph.edges.iter().copied();
        let edges = match self {
            Self::Least(least) => edges
                .filter(|edge| edge.weight.get().abs() >= least)
                .collect(),
            Self::Strongest(count) => edges.take(count).collect(),
        };
        Graph { edges }
    }
}
