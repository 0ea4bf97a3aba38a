//! Drops unused nodes, merges equal constants, separates outputs.

use std::collections::{HashMap, HashSet};

use crate::graph::{Constant, Graph, Node, ValueId};

/// Drops the nodes that no output needs.
pub(super) fn prune(graph: &mut Graph) {
    let mut wanted: HashSet<ValueId> = graph.outputs.iter().map(|(_, id)| *id).collect();
    let mut kept = Vec::new();
    for node in std::mem::take(&mut graph.nodes).into_iter().rev() {
        if node.outputs.iter().any(|id| wanted.contains(id)) {
            wanted.extend(node.reads());
            kept.push(node);
        }
    }
    kept.reverse();
    graph.nodes = kept;
}

/// Makes equal constants one value, the first that is read; named parameters stay apart.
pub(super) fn merge_constants(graph: &mut Graph) {
    let mut first: HashMap<(Option<String>, Constant), ValueId> = HashMap::new();
    let reads: Vec<ValueId> = graph.nodes.iter().flat_map(Node::reads).collect();
    for id in reads {
        let Some(constant) = graph.constant(id).cloned() else {
            continue;
        };
        let label = graph.value(id).label.clone();
        let keeper = *first.entry((label, constant)).or_insert(id);
        if keeper != id {
            graph.replace(id, keeper);
        }
    }
}

/// Gives each output a node of its own, so that its name is free to be the caller's.
pub(super) fn seal_outputs(graph: &mut Graph) {
    let made: HashSet<ValueId> = graph
        .nodes
        .iter()
        .flat_map(|node| node.outputs.clone())
        .collect();
    let mut named = HashSet::new();
    for position in 0..graph.outputs.len() {
        let id = graph.outputs[position].1;
        if made.contains(&id) && named.insert(id) {
            continue;
        }
        let of = graph.value(id).of.clone();
        let copy = graph.add(of);
        graph.nodes.push(Node {
            operator: "Identity",
            inputs: vec![Some(id)],
            outputs: vec![copy],
            attributes: Vec::new(),
        });
        graph.outputs[position].1 = copy;
    }
}
