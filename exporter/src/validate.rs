//! The rules that a finished graph must keep, checked before it is written.
//!
//! Takes the simplified graph; gives nothing, or the first rule that is broken. A broken rule is a
//! fault of this crate, never of the caller's module.

use std::collections::HashSet;

use crate::error::ExportError;
use crate::graph::{Graph, ValueId};
use crate::shape::list;

/// Checks a graph.
pub(crate) fn validate(graph: &Graph) -> Result<(), ExportError> {
    let mut known: HashSet<ValueId> = graph.inputs.iter().copied().collect();
    for (index, value) in graph.values.iter().enumerate() {
        let Some(constant) = &value.constant else {
            continue;
        };
        let bytes = constant.dims.iter().product::<usize>() * constant.element.size();
        if bytes != constant.bytes.len() || constant.element != value.of.element {
            let of = &value.of;
            return invalid(format!("constant {index} of type {of} has {bytes} bytes"));
        }
        known.insert(ValueId(index));
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        if let Some(unknown) = node.reads().find(|id| !known.contains(id)) {
            let (name, of) = (node.operator, &graph.value(unknown).of);
            return invalid(format!(
                "node {index} ({name}) reads {of} before it is made"
            ));
        }
        if !node.outputs.iter().all(|id| known.insert(*id)) {
            return invalid(format!(
                "node {index} ({}) makes a value again",
                node.operator
            ));
        }
    }
    let made: HashSet<ValueId> = graph
        .nodes
        .iter()
        .flat_map(|node| node.outputs.clone())
        .collect();
    let mut named = HashSet::new();
    for (name, id) in &graph.outputs {
        if !made.contains(id) || !named.insert(*id) {
            let dims = list(&graph.value(*id).of.dims);
            return invalid(format!("output `{name}` {dims} has no node of its own"));
        }
    }
    Ok(())
}

fn invalid(reason: String) -> Result<(), ExportError> {
    Err(ExportError::Invalid(reason))
}
