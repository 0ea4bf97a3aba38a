//! What is computed with codes, and which tensors become codes.
//!
//! Takes a graph and what is to stay; gives the layers that are quantised and the tensors about them.
//!
//! Convolutions are, and products with a constant matrix that is large enough to pay for the codes of its
//! input. What such a layer reads is coded; what a convolution makes is, after its Relu where it has one; so
//! is the sum of coded tensors, the way of residual blocks. ONNX Runtime and TensorRT run a layer on codes
//! where they find its input and its output coded; a product may end in floats.

use std::collections::{BTreeMap, BTreeSet};

use onnx_protobuf::NodeProto;

use super::{
    QuantiseError,
    graph::{Graph, attribute},
};

/// Products with smaller matrices stay: coding their input costs more than it saves.
pub const LEAST_MATRIX: usize = 32_768;
/// What moves numbers and changes none.
const MOVES: [&str; 6] = [
    "Reshape",
    "Transpose",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "MaxPool",
];

/// A layer that computes with codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Name of its node.
    pub name: String,
    /// Name of its weights.
    pub weight: String,
    /// Name of its bias, where it has one.
    pub bias: Option<String>,
    /// Axis of the weights along which output channels lie.
    pub axis: usize,
}

/// What becomes codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// By the tensor that they make.
    pub layers: BTreeMap<String, Layer>,
    /// Tensors that are coded, in the order they are made.
    pub tensors: Vec<String>,
    /// Tensors whose codes are those of another, since they have the same numbers.
    pub same: BTreeMap<String, String>,
}

/// Chooses. `keep`: names of nodes that stay as they are, or what the names of their weights begin with.
///
/// # Errors
/// [`QuantiseError::Graph`] when a name to keep is not there, and when nothing is left to quantise.
pub fn placement(graph: &Graph, keep: &[String]) -> Result<Placement, QuantiseError> {
    let mut kept = BTreeSet::new();
    let mut placement = Placement::default();
    for node in graph.nodes() {
        let named = keep.iter().filter(|name| {
            let weight = node.input.get(1);
            let weight = weight.filter(|weight| graph.is_constant(weight));
            node.name == **name || weight.is_some_and(|it| it.starts_with(&***name))
        });
        let stays = named.map(|name| kept.insert(name)).count() > 0;
        if let Some(layer) = (!stays).then(|| layer(graph, node)).flatten() {
            placement.layers.insert(node.output[0].clone(), layer);
        }
    }
    if let Some(unknown) = keep.iter().find(|name| !kept.contains(name)) {
        return Err(graph.refuse(format!(
            "no node is called {unknown:?}, and no weight's name begins so: see the names in the report of a run without it"
        )));
    }
    if placement.layers.is_empty() {
        return Err(graph.refuse(format!(
            "nothing to quantise: it has no convolution, and no product with a constant matrix of {LEAST_MATRIX} numbers or more{}",
            if keep.is_empty() { "" } else { ", beside what is to stay" }
        )));
    }
    place_tensors(graph, &mut placement);
    Ok(placement)
}

/// The layer of a node that can be quantised and is worth it.
fn layer(graph: &Graph, node: &NodeProto) -> Option<Layer> {
    let weight = node.input.get(1)?;
    let dims = graph.floats(weight)?.dims;
    let whole = |name, or| attribute(node, name).map_or(or, |it| it.i);
    let one = |name| attribute(node, name).is_none_or(|it| it.f == 1.0);
    let large = dims.len() == 2 && dims.iter().product::<usize>() >= LEAST_MATRIX;
    let axis = match &*node.op_type {
        "Conv" => 0,
        "MatMul" if large => 1,
        "Gemm" if large && whole("transA", 0) == 0 && one("alpha") && one("beta") => {
            usize::from(whole("transB", 0) == 0)
        }
        _ => return None,
    };
    let bias = node.input.get(2).filter(|name| !name.is_empty());
    if let Some(bias) = bias
        && graph.floats(bias)?.values.len() != dims[axis]
    {
        return None;
    }
    Some(Layer {
        name: node.name.clone(),
        weight: weight.clone(),
        bias: bias.cloned(),
        axis,
    })
}

fn place_tensors(graph: &Graph, placement: &mut Placement) {
    let mut coded = BTreeSet::new();
    for node in graph.nodes() {
        let Some(output) = node.output.first() else {
            continue;
        };
        let all_coded = || node.input.iter().all(|input| coded.contains(input));
        let sums = node.op_type == "Add" && all_coded();
        let mut tensors = Vec::new();
        if placement.layers.contains_key(output) {
            tensors.push(node.input[0].clone());
        }
        if sums || (placement.layers.contains_key(output) && node.op_type == "Conv") {
            tensors.push(settled(graph, output));
        }
        for tensor in tensors {
            if coded.insert(tensor.clone()) {
                placement.tensors.push(tensor);
            }
        }
    }
    for tensor in &placement.tensors {
        if let Some(source) = source(graph, tensor, &coded) {
            placement.same.insert(tensor.clone(), source);
        }
    }
}

/// A tensor after the Relu that alone reads it, where there is one.
fn settled(graph: &Graph, tensor: &str) -> String {
    let reader = graph.sole_reader(tensor).map(|place| &graph.nodes()[place]);
    let relu = reader.filter(|node| node.op_type == "Relu");
    relu.map_or(tensor, |node| &node.output[0]).to_owned()
}

/// The coded tensor of whose numbers this one is made by moves alone.
fn source(graph: &Graph, tensor: &str, coded: &BTreeSet<String>) -> Option<String> {
    let node = &graph.nodes()[graph.maker(tensor)?];
    let from = node.input.first()?;
    if !MOVES.contains(&&*node.op_type) {
        return None;
    }
    let further = source(graph, from, coded);
    further.or_else(|| coded.contains(from).then(|| from.clone()))
}
