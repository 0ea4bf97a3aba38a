//! A model's graph: nodes in the order they run, constants by name.
//!
//! Takes the bytes of an ONNX file; gives look-ups and edits of its graph, and the bytes again.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use onnx_protobuf::{
    AttributeProto, GraphProto, Message, ModelProto, NodeProto, TensorProto, TypeProto,
    ValueInfoProto, attribute_proto::AttributeType, tensor_proto::DataType, type_proto,
};
use protobuf::Enum;

use super::QuantiseError;

/// From here on numbers are quantised per axis.
const LEAST_OPSET: i64 = 13;
/// What a model that is quantised already computes with.
const QUANTISED: [&str; 7] = [
    "QuantizeLinear",
    "DequantizeLinear",
    "DynamicQuantizeLinear",
    "QLinearConv",
    "QLinearMatMul",
    "ConvInteger",
    "MatMulInteger",
];

/// A constant of 32-bit floats.
#[derive(Clone, Debug, PartialEq)]
pub struct Floats {
    /// Its shape.
    pub dims: Vec<usize>,
    /// Row by row.
    pub values: Vec<f32>,
}

/// A model whose graph is edited.
#[derive(Clone, Debug)]
pub struct Graph {
    path: PathBuf,
    model: ModelProto,
    /// Every name that a tensor has, had, or was promised.
    names: BTreeSet<String>,
}

impl Graph {
    /// Reads a model; `path` is for messages.
    ///
    /// # Errors
    /// [`QuantiseError::Graph`] when it is none, is quantised already, or is of a kind that is not followed:
    /// an operator set before 13, control flow, constants in other files.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, QuantiseError> {
        let parsed = ModelProto::parse_from_bytes(bytes);
        let mut graph = Self {
            path: path.to_owned(),
            model: parsed.as_ref().cloned().unwrap_or_default(),
            names: BTreeSet::new(),
        };
        if let Err(error) = parsed {
            return Err(graph.refuse(format!("no ONNX model: {error}")));
        }
        if let Some(problem) = graph.problem() {
            return Err(graph.refuse(problem));
        }
        let nodes = graph.nodes().iter();
        let nodes = nodes.flat_map(|node| node.input.iter().chain(&node.output));
        let constants = graph.proto().initializer.iter().map(|it| &it.name);
        graph.names = nodes.chain(constants).cloned().collect();
        Ok(graph)
    }

    fn problem(&self) -> Option<String> {
        let ours = |domain: &str| domain.is_empty() || domain == "ai.onnx";
        let sets = self.model.opset_import.iter();
        let opset = sets.filter(|set| ours(&set.domain)).map(|set| set.version);
        let opset = opset.max().unwrap_or(0);
        if opset < LEAST_OPSET {
            return Some(format!(
                "its operator set is {opset}, quantising per channel needs {LEAST_OPSET} or later: export it again"
            ));
        }
        for node in self.nodes() {
            let (name, operator) = (&node.name, &*node.op_type);
            if QUANTISED.contains(&operator) {
                return Some(format!(
                    "it is quantised already ({operator} {name:?}): quantise the model of floats that it came from"
                ));
            }
            if node.attribute.iter().any(|it| it.g.is_some()) {
                return Some(format!(
                    "{operator} {name:?} has a graph of its own, and control flow is not followed"
                ));
            }
        }
        let outside = |tensor: &&TensorProto| !tensor.external_data.is_empty();
        let outside = self.proto().initializer.iter().find(outside)?;
        let name = &outside.name;
        Some(format!(
            "its constant {name:?} is in another file: save the model as one file"
        ))
    }

    /// The bytes of the model.
    ///
    /// # Errors
    /// [`QuantiseError::Graph`] when it is too large for protobuf (2 GiB).
    pub fn to_bytes(&self) -> Result<Vec<u8>, QuantiseError> {
        let bytes = self.model.write_to_bytes();
        bytes.map_err(|error| self.refuse(error.to_string()))
    }

    pub(super) fn refuse(&self, problem: String) -> QuantiseError {
        let path = self.path.clone();
        QuantiseError::Graph { path, problem }
    }

    pub(super) fn not_finite(&self, tensor: &str, value: f32) -> QuantiseError {
        QuantiseError::NotFinite {
            path: self.path.clone(),
            tensor: tensor.to_owned(),
            value,
        }
    }

    /// The model's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn proto(&self) -> &GraphProto {
        &self.model.graph
    }

    fn proto_mut(&mut self) -> &mut GraphProto {
        self.model.graph.mut_or_insert_default()
    }

    /// In the order they run.
    #[must_use]
    pub fn nodes(&self) -> &[NodeProto] {
        &self.proto().node
    }

    pub(super) fn nodes_mut(&mut self) -> &mut Vec<NodeProto> {
        &mut self.proto_mut().node
    }

    /// The node that makes a tensor, by its place.
    pub(super) fn maker(&self, tensor: &str) -> Option<usize> {
        let makes = |node: &NodeProto| node.output.iter().any(|output| output == tensor);
        self.nodes().iter().position(makes)
    }

    /// The one node that reads a tensor, where nothing else does and it is no output of the model.
    pub(super) fn sole_reader(&self, tensor: &str) -> Option<usize> {
        let nodes = self.nodes().iter().enumerate();
        let reads = nodes.flat_map(|(place, node)| node.input.iter().map(move |it| (place, it)));
        let mut readers = reads.filter(|(_, input)| *input == tensor);
        let (place, _) = readers.next()?;
        let alone = readers.next().is_none() && !self.is_output(tensor);
        alone.then_some(place)
    }

    fn is_output(&self, tensor: &str) -> bool {
        self.proto().output.iter().any(|it| it.name == tensor)
    }

    /// What the elements of an input of the model are; none for what is no input.
    pub(super) fn input(&self, tensor: &str) -> Option<DataType> {
        let input = self.proto().input.iter().find(|it| it.name == tensor)?;
        match &input.type_.value {
            Some(type_proto::Value::TensorType(of)) => DataType::from_i32(of.elem_type),
            _ => None,
        }
    }

    fn constant(&self, name: &str) -> Option<&TensorProto> {
        let constants = &self.proto().initializer;
        constants.iter().find(|it| it.name == name)
    }

    /// Whether a tensor is one of the model's constants.
    pub(super) fn is_constant(&self, name: &str) -> bool {
        self.constant(name).is_some()
    }

    /// A constant of floats; none for other tensors.
    #[must_use]
    pub fn floats(&self, name: &str) -> Option<Floats> {
        let proto = self.constant(name)?;
        if DataType::from_i32(proto.data_type) != Some(DataType::FLOAT) {
            return None;
        }
        let dims = proto.dims.iter().map(|size| usize::try_from(*size));
        let values = if proto.raw_data.is_empty() {
            proto.float_data.clone()
        } else {
            let (numbers, _) = proto.raw_data.as_chunks();
            numbers.iter().map(|it| f32::from_le_bytes(*it)).collect()
        };
        let dims: Vec<usize> = dims.collect::<Result<_, _>>().ok()?;
        (dims.iter().product::<usize>() == values.len()).then_some(Floats { dims, values })
    }

    /// Adds a constant, in place of the one of the same name.
    pub(super) fn put(&mut self, name: &str, of: DataType, dims: &[usize], bytes: Vec<u8>) {
        let mut proto = TensorProto::new();
        proto.name = name.to_owned();
        proto.data_type = of.value();
        proto.dims = dims.iter().map(|size| *size as i64).collect();
        proto.raw_data = bytes;
        let constants = &mut self.proto_mut().initializer;
        match constants.iter_mut().find(|it| it.name == name) {
            Some(there) => *there = proto,
            None => constants.push(proto),
        }
    }

    pub(super) fn put_floats(&mut self, name: &str, floats: &Floats) {
        let bytes = floats.values.iter().flat_map(|it| it.to_le_bytes());
        self.put(name, DataType::FLOAT, &floats.dims, bytes.collect());
    }

    /// `wanted`, or that with a number where there is such a tensor.
    pub(super) fn fresh(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 1;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{wanted}_{number}");
        }
        name
    }

    /// Removes constants that nothing reads, and the shapes of what was inside, which may not be true any
    /// more and which every reader infers.
    pub(super) fn prune(&mut self) {
        let graph = self.proto_mut();
        let read: BTreeSet<&String> = graph.node.iter().flat_map(|node| &node.input).collect();
        let outputs = graph.output.iter().map(|output| &output.name);
        let read: BTreeSet<String> = read.into_iter().chain(outputs).cloned().collect();
        let unread = |name: &String| !read.contains(name);
        let gone = graph.initializer.iter().map(|it| it.name.clone());
        let gone: BTreeSet<String> = gone.filter(unread).collect();
        graph.initializer.retain(|it| !gone.contains(&it.name));
        // Older models list constants among their inputs.
        graph.input.retain(|it| !gone.contains(&it.name));
        graph.value_info.clear();
    }

    /// A copy that gives `tensors` as well, and the names that they have as outputs.
    pub(super) fn showing(&self, tensors: &[String]) -> (Self, Vec<String>) {
        let mut graph = self.clone();
        let names: Vec<String> = tensors
            .iter()
            .map(|tensor| {
                if graph.is_output(tensor) {
                    return tensor.clone();
                }
                // What is fed cannot be an output. Anything else is shown itself: ONNX Runtime 1.31 breaks
                // some models when it removes copies.
                let fed = graph.input(tensor).is_some();
                let name = if fed {
                    let name = graph.fresh(&format!("{tensor}/seen"));
                    let seen = node("Identity", &[tensor], &name, &[]);
                    graph.nodes_mut().push(seen);
                    name
                } else {
                    tensor.clone()
                };
                graph.proto_mut().output.push(floats(&name));
                name
            })
            .collect();
        (graph, names)
    }
}

/// An output of floats, of whatever shape.
fn floats(name: &str) -> ValueInfoProto {
    let mut of = type_proto::Tensor::new();
    of.elem_type = DataType::FLOAT.value();
    let mut kind = TypeProto::new();
    kind.value = Some(type_proto::Value::TensorType(of));
    let mut output = ValueInfoProto::new();
    output.name = name.to_owned();
    output.type_ = Some(kind).into();
    output
}

/// A node that makes `output`, with attributes that are whole numbers.
pub(super) fn node(
    operator: &str,
    inputs: &[&str],
    output: &str,
    attributes: &[(&str, i64)],
) -> NodeProto {
    let mut node = NodeProto::new();
    node.name = format!("{output}/{operator}");
    node.op_type = operator.to_owned();
    node.input = inputs.iter().map(|input| (*input).to_owned()).collect();
    node.output = vec![output.to_owned()];
    let attribute = |(name, value): &(&str, i64)| {
        let mut attribute = AttributeProto::new();
        attribute.name = (*name).to_owned();
        attribute.i = *value;
        attribute.type_ = AttributeType::INT.into();
        attribute
    };
    node.attribute = attributes.iter().map(attribute).collect();
    node
}

/// An attribute of a node, if it has it.
pub(super) fn attribute<'n>(node: &'n NodeProto, name: &str) -> Option<&'n AttributeProto> {
    node.attribute.iter().find(|it| it.name == name)
}
