//! Joins neighbouring nodes: chains of reshapes, transposes and reductions, a product and its bias.

use std::collections::HashMap;

use crate::graph::{Attribute, Constant, Graph, Node, ValueId};
use crate::lower::reshape_target;
use crate::shape::Dim;

/// Joins what can be joined; tells whether anything was.
pub(super) fn fuse(graph: &mut Graph) -> bool {
    let mut changed = false;
    for index in 0..graph.nodes.len() {
        let makers = makers(graph);
        changed |= match graph.nodes[index].operator {
            "Reshape" => join_reshape(graph, &makers, index),
            "Transpose" => join_transpose(graph, &makers, index),
            "Add" => join_bias(graph, &makers, index),
            "ReduceMax" | "ReduceMean" | "ReduceMin" | "ReduceProd" | "ReduceSum" => {
                join_reduce(graph, &makers, index)
            }
            _ => false,
        };
    }
    changed
}

/// The node that makes each value.
fn makers(graph: &Graph) -> HashMap<ValueId, usize> {
    let nodes = graph.nodes.iter().enumerate();
    nodes
        .flat_map(|(index, node)| node.outputs.iter().map(move |id| (*id, index)))
        .collect()
}

/// The node before, if it is of the given kind.
fn before<'a>(
    graph: &'a Graph,
    makers: &HashMap<ValueId, usize>,
    id: ValueId,
    operator: &str,
) -> Option<&'a Node> {
    let node = &graph.nodes[*makers.get(&id)?];
    (node.operator == operator).then_some(node)
}

fn input(node: &Node, position: usize) -> Option<ValueId> {
    node.inputs.get(position).copied().flatten()
}

/// Reshape of a reshape: the first is superfluous, and both are if the shape is the old one.
fn join_reshape(graph: &mut Graph, makers: &HashMap<ValueId, usize>, index: usize) -> bool {
    let node = &graph.nodes[index];
    let out = node.outputs[0];
    let inner = input(node, 0).and_then(|id| before(graph, makers, id, "Reshape"));
    let source = inner.and_then(|inner| input(inner, 0));
    let Some(source) = source else { return false };
    let (dims, target) = (&graph.value(source).of.dims, &graph.value(out).of.dims);
    if dims == target {
        let used = graph
            .nodes
            .iter()
            .any(|node| node.reads().any(|id| id == out));
        let output = graph.outputs.iter().any(|(_, id)| *id == out);
        graph.replace(out, source);
        return used || output;
    }
    let Some(target) = reshape_target(dims, target) else {
        return false;
    };
    let target = graph.add_constant(Constant::ints(&target));
    graph.nodes[index].inputs = vec![Some(source), Some(target)];
    true
}

/// Transpose of a transpose: one with both orders, or none if they cancel.
fn join_transpose(graph: &mut Graph, makers: &HashMap<ValueId, usize>, index: usize) -> bool {
    let order = |node: &Node| match node.attribute("perm") {
        Some(Attribute::Ints(order)) => Some(order.clone()),
        _ => None,
    };
    let node = &graph.nodes[index];
    let inner = input(node, 0).and_then(|id| before(graph, makers, id, "Transpose"));
    let joined = inner.and_then(|inner| {
        let (first, second) = (order(inner)?, order(node)?);
        let both: Vec<i64> = second.iter().map(|axis| first[*axis as usize]).collect();
        Some((input(inner, 0)?, both))
    });
    let Some((source, both)) = joined else {
        return false;
    };
    let node = &mut graph.nodes[index];
    node.inputs = vec![Some(source)];
    if both.is_sorted() {
        node.operator = "Identity";
        node.attributes.clear();
        let out = node.outputs[0];
        graph.replace(out, source);
    } else {
        node.attributes = vec![("perm", Attribute::Ints(both))];
    }
    true
}

/// A product of matrices and a bias row: one Gemm, if nothing else reads the product.
fn join_bias(graph: &mut Graph, makers: &HashMap<ValueId, usize>, index: usize) -> bool {
    let node = &graph.nodes[index];
    let sides = [
        (input(node, 0), input(node, 1)),
        (input(node, 1), input(node, 0)),
    ];
    let found = sides.into_iter().find_map(|(product, bias)| {
        let (product, bias) = (product?, bias?);
        let maker = before(graph, makers, product, "MatMul")?;
        let weight = input(maker, 1)?;
        let width = graph.value(product).of.dims.get(1).copied()?;
        let row = graph.value(bias).of.dims.as_slice();
        let is_row = row == [width] || row == [Dim::Fixed(1), width];
        let flat = [input(maker, 0)?, weight]
            .iter()
            .all(|id| graph.value(*id).of.rank() == 2);
        let alone = readers(graph, product) == 1;
        (is_row && flat && alone && graph.constant(bias).is_some()).then_some(vec![
            input(maker, 0),
            Some(weight),
            Some(bias),
        ])
    });
    let Some(inputs) = found else { return false };
    let node = &mut graph.nodes[index];
    node.operator = "Gemm";
    node.inputs = inputs;
    true
}

/// A reduction of a reduction over other axes: one over both.
fn join_reduce(graph: &mut Graph, makers: &HashMap<ValueId, usize>, index: usize) -> bool {
    let axes = |node: &Node| {
        let keeps = node.attribute("keepdims") == Some(&Attribute::Int(1));
        let axes = graph.constant(input(node, 1)?)?.to_ints()?;
        keeps.then_some(axes)
    };
    let node = &graph.nodes[index];
    let joined = input(node, 0).and_then(|from| {
        let inner = before(graph, makers, from, node.operator)?;
        let mut both = axes(inner)?;
        both.extend(axes(node)?);
        both.sort_unstable();
        let apart = both.windows(2).all(|pair| pair[0] != pair[1]);
        (apart && readers(graph, from) == 1).then_some((input(inner, 0), both))
    });
    let Some((source, both)) = joined else {
        return false;
    };
    let both = graph.add_constant(Constant::ints(&both));
    graph.nodes[index].inputs = vec![source, Some(both)];
    true
}

fn readers(graph: &Graph, id: ValueId) -> usize {
    let nodes = graph
        .nodes
        .iter()
        .flat_map(Node::reads)
        .filter(|read| *read == id)
        .count();
    nodes
        + graph
            .outputs
            .iter()
            .filter(|(_, output)| *output == id)
            .count()
}
