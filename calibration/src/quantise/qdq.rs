//! Codes written into a graph, as pairs of `QuantizeLinear` and `DequantizeLinear`.
//!
//! Takes a graph, what becomes codes and the grids of its tensors; gives the graph that ONNX Runtime and
//! TensorRT run on codes. Every coded tensor keeps its name for what is read from its codes; weights and
//! biases are codes in the file, beside their scales.

use std::collections::BTreeMap;

use onnx_protobuf::{NodeProto, tensor_proto::DataType};

use super::{
    QuantiseError,
    bytes::{self, Front},
    graph::{Graph, node},
    grid::{self, Activations, Grid},
    place::{Layer, Placement},
};

/// Writes the codes. `most`: the largest code of a weight. Gives the tensor that has other codes than
/// `grids` say: the bytes of the image.
///
/// # Errors
/// [`QuantiseError::NotFinite`] when a weight or bias is no number.
pub(super) fn write(
    graph: &mut Graph,
    placement: &Placement,
    mut grids: BTreeMap<String, Grid>,
    most: i8,
) -> Result<Option<Front>, QuantiseError> {
    let bytes = grids
        .values()
        .any(|it| it.activations == Activations::Uint8);
    let front = bytes.then(|| bytes::stay(graph, placement)).flatten();
    if let Some((front, _)) = &front {
        grids.remove(front);
    }
    let mut written = Vec::new();
    let mut nodes = std::mem::take(graph.nodes_mut());
    let fed: Vec<String> = grids
        .keys()
        .filter(|it| graph.input(it).is_some())
        .cloned()
        .collect();
    // What is fed keeps its name, and is read from its codes under another.
    for tensor in fed {
        let coded = graph.fresh(&format!("{tensor}/coded"));
        written.extend(pair(graph, &tensor, &coded, grids[&tensor]));
        let inputs = nodes.iter_mut().flat_map(|node| &mut node.input);
        inputs
            .filter(|it| **it == tensor)
            .for_each(|it| it.clone_from(&coded));
        grids.remove(&tensor).map(|grid| grids.insert(coded, grid));
    }
    for mut node in nodes {
        let layer = node.output.first().and_then(|it| placement.layers.get(it));
        if let Some(layer) = layer {
            // A bias may have been moved since.
            let bias = node.input.get(2).filter(|it| !it.is_empty()).cloned();
            let layer = Layer {
                bias,
                ..layer.clone()
            };
            let of_front = front.as_ref().filter(|(it, _)| *it == node.input[0]);
            let input = of_front.map_or_else(|| grids[&node.input[0]], |(_, grid)| *grid);
            written.extend(constants(graph, &mut node, &layer, input.scale, most)?);
        }
        let mut made = Vec::new();
        for output in &mut node.output {
            if let Some(grid) = grids.get(output) {
                let exact = graph.fresh(&format!("{output}/exact"));
                made.extend(pair(graph, &exact, output, *grid));
                *output = exact;
            }
        }
        written.push(node);
        written.extend(made);
    }
    *graph.nodes_mut() = written;
    graph.prune();
    Ok(front)
}

/// From a tensor to codes, and from them to `read`.
fn pair(graph: &mut Graph, tensor: &str, read: &str, grid: Grid) -> [NodeProto; 2] {
    let [scale, zero, codes] =
        ["scale", "zero", "codes"].map(|it| graph.fresh(&format!("{read}/{it}")));
    graph.put(
        &scale,
        DataType::FLOAT,
        &[],
        grid.scale.to_le_bytes().into(),
    );
    let (of, byte) = match grid.activations {
        Activations::Uint8 => (DataType::UINT8, grid.zero as u8),
        Activations::Int8 => (DataType::INT8, (grid.zero as i8).cast_unsigned()),
    };
    graph.put(&zero, of, &[], vec![byte]);
    [
        node("QuantizeLinear", &[tensor, &scale, &zero], &codes, &[]),
        node("DequantizeLinear", &[&codes, &scale, &zero], read, &[]),
    ]
}

/// Makes a layer read codes of its weights and bias.
fn constants(
    graph: &mut Graph,
    node: &mut NodeProto,
    layer: &Layer,
    input_scale: f32,
    most: i8,
) -> Result<Vec<NodeProto>, QuantiseError> {
    let finite = |name: &str| {
        let floats = graph
            .floats(name)
            .unwrap_or_else(|| unreachable!("placed layers have them"));
        match floats.values.iter().find(|it| !it.is_finite()) {
            Some(value) => Err(graph.not_finite(name, *value)),
            None => Ok(floats),
        }
    };
    let weight = finite(&layer.weight)?;
    let bias = layer.bias.as_ref().map(|it| finite(it)).transpose()?;
    let bias_values = bias.as_ref().map(|it| &*it.values);
    let shape = (&*weight.dims, layer.axis);
    let codes = grid::layer(&weight.values, shape, bias_values, input_scale, most);

    let bytes = codes.weights.iter().map(|it| it.cast_unsigned()).collect();
    let weights = Constant {
        name: &layer.weight,
        of: DataType::INT8,
        dims: &weight.dims,
        bytes,
        scales: &codes.scales,
        axis: layer.axis,
    };
    let (name, read) = weights.write(graph);
    node.input[1] = name;
    let mut reads = vec![read];
    if let (Some(name), Some(bias)) = (&layer.bias, &codes.bias) {
        let bias = Constant {
            name,
            of: DataType::INT32,
            dims: &[bias.len()],
            bytes: bias.iter().flat_map(|it| it.to_le_bytes()).collect(),
            scales: &codes.bias_scales,
            axis: 0,
        };
        let (name, read) = bias.write(graph);
        node.input[2] = name;
        reads.push(read);
    }
    Ok(reads)
}

/// A constant as codes, one scale for each place along an axis.
struct Constant<'a> {
    name: &'a str,
    of: DataType,
    dims: &'a [usize],
    bytes: Vec<u8>,
    scales: &'a [f32],
    axis: usize,
}

impl Constant<'_> {
    /// Into the graph; gives the tensor that is read from the codes, and the node that reads it.
    fn write(self, graph: &mut Graph) -> (String, NodeProto) {
        let named = |graph: &mut Graph, it: &str| graph.fresh(&format!("{}/{it}", self.name));
        let codes = named(graph, "codes");
        graph.put(&codes, self.of, self.dims, self.bytes);
        let channels = &[self.scales.len()];
        let scale = named(graph, "scale");
        let bytes = self.scales.iter().flat_map(|it| it.to_le_bytes());
        graph.put(&scale, DataType::FLOAT, channels, bytes.collect());
        let zero = named(graph, "zero");
        let width = if self.of == DataType::INT32 { 4 } else { 1 };
        graph.put(&zero, self.of, channels, vec![0; channels[0] * width]);
        let read = named(graph, "read");
        let inputs: [&str; 3] = [&codes, &scale, &zero];
        let axis = [("axis", self.axis as i64)];
        let node = node("DequantizeLinear", &inputs, &read, &axis);
        (read, node)
    }
}
