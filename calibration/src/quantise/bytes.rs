//! Images that stay bytes until the first layer.
//!
//! Takes a graph in which the bytes of an image become floats, are moved, scaled and shifted, and enter a
//! convolution; gives one that moves the bytes themselves and reads them as the codes they are already, in
//! place of rounding the floats to codes again. Nothing is rounded then: grey levels about -0.5 and 0.5
//! would share a code of a grid that has one for 0.
//!
//! With `x = scale * byte + shift` and the zero `z` that is nearest to `-shift / scale`, a byte as a code is
//! `x - d`, `d = scale * z + shift`, at most half a grey level, and the convolution's bias takes `d` times
//! the sum of each filter. Where a filter reaches over the edge, its padding is `d` instead of 0.

use onnx_protobuf::{NodeProto, tensor_proto::DataType};

use super::{
    graph::{Floats, Graph, node},
    grid::{Activations, Grid},
    place::Placement,
};

/// What the convolution reads, and the codes that it has.
pub(super) type Front = (String, Grid);

/// Rewrites the way from the model's image to the first layer; none where it is another way.
pub(super) fn stay(graph: &mut Graph, placement: &Placement) -> Option<Front> {
    let (conv, way) = graph.nodes().iter().find_map(|node| {
        let quantised = placement.layers.contains_key(node.output.first()?);
        let conv = (quantised && node.op_type == "Conv").then_some(node)?;
        Some((conv.clone(), Way::to(graph, &conv.input[0])?))
    })?;
    let zero = (-way.shift / way.scale).round_ties_even();
    if !(way.scale > 0.0 && (0.0..=255.0).contains(&zero)) {
        return None;
    }
    let grid = Grid {
        scale: way.scale as f32,
        zero: zero as i32,
        activations: Activations::Uint8,
    };
    let apart = way.scale.mul_add(zero, way.shift);
    correct(graph, &conv, apart)?;
    let front = conv.input[0].clone();
    way.shorten(graph, &front, grid);
    Some((front, grid))
}

/// From the bytes of an image to a tensor, backwards: `tensor = scale * moved bytes + shift`.
struct Way {
    image: String,
    scale: f64,
    shift: f64,
    /// Outputs of nodes that move, first to last.
    moves: Vec<String>,
    /// Outputs of nodes that are superfluous for bytes.
    others: Vec<String>,
}

impl Way {
    fn to(graph: &Graph, tensor: &str) -> Option<Self> {
        graph.sole_reader(tensor)?;
        let node = &graph.nodes()[graph.maker(tensor)?];
        let from = node.input.first()?;
        if node.op_type == "Cast" && graph.input(from) == Some(DataType::UINT8) {
            return Some(Self {
                image: from.clone(),
                scale: 1.0,
                shift: 0.0,
                moves: Vec::new(),
                others: vec![tensor.to_owned()],
            });
        }
        let mut way = Self::to(graph, from)?;
        if matches!(&*node.op_type, "Reshape" | "Transpose") {
            way.moves.push(tensor.to_owned());
            return Some(way);
        }
        let number = scalar(graph, node)?;
        match &*node.op_type {
            "Add" => way.shift += number,
            "Sub" => way.shift -= number,
            "Mul" => (way.scale, way.shift) = (way.scale * number, way.shift * number),
            "Div" => (way.scale, way.shift) = (way.scale / number, way.shift / number),
            _ => return None,
        }
        way.others.push(tensor.to_owned());
        Some(way)
    }

    /// Leaves the moves, and reads what they end in as codes.
    fn shorten(self, graph: &mut Graph, tensor: &str, grid: Grid) {
        let mut last = self.image;
        for output in &self.moves {
            let name = graph.fresh(&format!("{output}/bytes"));
            let made = |node: &&mut NodeProto| node.output.first() == Some(output);
            if let Some(node) = graph.nodes_mut().iter_mut().find(made) {
                node.input[0] = last;
                node.output[0].clone_from(&name);
            }
            last = name;
        }
        let needed = |node: &NodeProto| !node.output.iter().any(|it| self.others.contains(it));
        graph.nodes_mut().retain(needed);
        let scale = graph.fresh(&format!("{tensor}/scale"));
        let bytes = grid.scale.to_le_bytes().into();
        graph.put(&scale, DataType::FLOAT, &[], bytes);
        let zero = graph.fresh(&format!("{tensor}/zero"));
        graph.put(&zero, DataType::UINT8, &[], vec![grid.zero as u8]);
        let read = node("DequantizeLinear", &[&last, &scale, &zero], tensor, &[]);
        let moved = graph.maker(&last).map_or(0, |place| place + 1);
        graph.nodes_mut().insert(moved, read);
    }
}

/// The constant of a node that scales or shifts by one number.
fn scalar(graph: &Graph, node: &NodeProto) -> Option<f64> {
    match graph.floats(node.input.get(1)?)?.values[..] {
        [number] => Some(number.into()),
        _ => None,
    }
}

/// The bias of a convolution whose input is less by `apart`.
fn correct(graph: &mut Graph, conv: &NodeProto, apart: f64) -> Option<()> {
    let weight = graph.floats(&conv.input[1])?;
    let channels = *weight.dims.first()?;
    let there = conv.input.get(2).filter(|name| !name.is_empty());
    let before = match there {
        Some(name) => graph.floats(name)?.values,
        None => vec![0.0; channels],
    };
    let filters = weight
        .values
        .chunks_exact((weight.values.len() / channels.max(1)).max(1));
    let values = before.iter().zip(filters).map(|(bias, filter)| {
        let sum: f64 = filter.iter().map(|it| f64::from(*it)).sum();
        apart.mul_add(sum, (*bias).into()) as f32
    });
    let bias = Floats {
        values: values.collect(),
        dims: vec![channels],
    };
    let name = graph.fresh(&format!("{}/bias", conv.output[0]));
    graph.put_floats(&name, &bias);
    let place = graph.maker(&conv.output[0])?;
    let conv = &mut graph.nodes_mut()[place];
    conv.input.truncate(2);
    conv.input.push(name);
    Some(())
}
