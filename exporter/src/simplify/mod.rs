//! Rewrites a lowered graph into a smaller one that computes the same.
//!
//! Folds what is constant, joins what belongs together, drops what no output needs, and gives each
//! output a value of its own.

mod fold;
mod fuse;
mod prune;

use crate::graph::Graph;

/// Simplifies until nothing changes any more.
pub(crate) fn simplify(graph: &mut Graph) {
    loop {
        let folded = fold::fold(graph);
        let fused = fuse::fuse(graph);
        prune::prune(graph);
        if !folded && !fused {
            break;
        }
    }
    prune::merge_constants(graph);
    prune::seal_outputs(graph);
    prune::prune(graph);
}
