//! The finished model: names for every value, and its protobuf form.
//!
//! Takes a validated graph; gives an [`OnnxModel`]. Names follow from the order of the graph, and
//! nothing else (no clock, no hash order) enters, so equal graphs give equal bytes.

use std::collections::{HashMap, HashSet};

use onnx_protobuf::attribute_proto::AttributeType;
use onnx_protobuf::{
    AttributeProto, GraphProto, Message, ModelProto, NodeProto, OperatorSetIdProto,
    StringStringEntryProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
    tensor_shape_proto, type_proto,
};

use crate::error::ExportError;
use crate::graph::{Attribute, Graph, Node, Type, ValueId};
use crate::listing;
use crate::shape::{BATCH, Dim};

/// The ONNX operator set of exported models.
pub const OPSET: i64 = 18;
/// The ONNX format version of exported models.
pub const IR_VERSION: i64 = 8;

/// An ONNX model.
#[derive(Clone, Debug, PartialEq)]
pub struct OnnxModel {
    proto: ModelProto,
}

impl OnnxModel {
    /// The protobuf bytes: equal for equal modules, weights and settings.
    ///
    /// # Errors
    /// [`ExportError::Protobuf`] if the model is too large for protobuf (2 GiB).
    pub fn to_bytes(&self) -> Result<Vec<u8>, ExportError> {
        Ok(self.proto.write_to_bytes()?)
    }

    /// Reads a model, this crate's or another's.
    ///
    /// # Errors
    /// [`ExportError::Protobuf`] if the bytes are no ONNX model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ExportError> {
        let proto = ModelProto::parse_from_bytes(bytes)?;
        Ok(Self { proto })
    }

    /// A listing for people: inputs, outputs, nodes and initialisers.
    pub fn listing(&self) -> String {
        listing::listing(&self.proto)
    }

    /// Names of the inputs, in order.
    pub fn inputs(&self) -> Vec<&str> {
        self.proto
            .graph
            .input
            .iter()
            .map(|value| value.name.as_str())
            .collect()
    }

    /// Names of the outputs, in order.
    pub fn outputs(&self) -> Vec<&str> {
        self.proto
            .graph
            .output
            .iter()
            .map(|value| value.name.as_str())
            .collect()
    }

    pub(crate) fn proto(&self) -> &ModelProto {
        &self.proto
    }

    /// Names the values of a graph and writes it down.
    pub(crate) fn build(name: &str, graph: &Graph, metadata: &[(String, String)]) -> Self {
        let names = Names::of(graph);
        let mut proto = ModelProto::new();
        proto.ir_version = IR_VERSION;
        proto.producer_name = env!("CARGO_PKG_NAME").to_owned();
        proto.producer_version = env!("CARGO_PKG_VERSION").to_owned();
        let mut opset = OperatorSetIdProto::new();
        opset.version = OPSET;
        proto.opset_import.push(opset);
        proto.metadata_props = metadata.iter().map(entry).collect();
        proto.graph = Some(graph_proto(name, graph, &names)).into();
        Self { proto }
    }
}

fn entry((key, value): &(String, String)) -> StringStringEntryProto {
    let mut entry = StringStringEntryProto::new();
    entry.key.clone_from(key);
    entry.value.clone_from(value);
    entry
}

/// The names of all values that are read or written.
struct Names {
    names: HashMap<ValueId, String>,
    /// Constants in the order of their first use.
    constants: Vec<ValueId>,
}

impl Names {
    fn of(graph: &Graph) -> Self {
        let mut names: HashMap<ValueId, String> = HashMap::new();
        for id in &graph.inputs {
            let label = graph.value(*id).label.clone();
            names.insert(*id, label.unwrap_or_default());
        }
        for (name, id) in &graph.outputs {
            names.insert(*id, name.clone());
        }
        let mut taken: HashSet<String> = names.values().cloned().collect();
        let mut constants = Vec::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            for id in node.reads().filter(|id| graph.constant(*id).is_some()) {
                if names.contains_key(&id) {
                    continue;
                }
                let label = graph
                    .value(id)
                    .label
                    .clone()
                    .filter(|label| !label.is_empty());
                let label = label.filter(|label| taken.insert(label.clone()));
                let numbered = || format!("/constant_{}", constants.len());
                names.insert(id, label.unwrap_or_else(numbered));
                constants.push(id);
            }
            for (place, id) in node.outputs.iter().enumerate() {
                let base = node_name(index, node);
                let name = if place == 0 {
                    base
                } else {
                    format!("{base}_{place}")
                };
                names.entry(*id).or_insert(name);
            }
        }
        Self { names, constants }
    }

    fn get(&self, id: ValueId) -> String {
        self.names.get(&id).cloned().unwrap_or_default()
    }
}

fn node_name(index: usize, node: &Node) -> String {
    format!("/{}_{index}", node.operator)
}

fn graph_proto(name: &str, graph: &Graph, names: &Names) -> GraphProto {
    let info = |id: &ValueId| value_info(names.get(*id), &graph.value(*id).of);
    let outer: HashSet<ValueId> = graph.outputs.iter().map(|(_, id)| *id).collect();
    let inner = graph.nodes.iter().flat_map(|node| &node.outputs);
    let mut proto = GraphProto::new();
    proto.name = name.to_owned();
    proto.input = graph.inputs.iter().map(info).collect();
    proto.output = graph.outputs.iter().map(|(_, id)| info(id)).collect();
    proto.value_info = inner.filter(|id| !outer.contains(id)).map(info).collect();
    let nodes = graph.nodes.iter().enumerate();
    proto.node = nodes
        .map(|(index, node)| node_proto(index, node, names))
        .collect();
    let constants = names.constants.iter();
    proto.initializer = constants
        .filter_map(|id| initializer(graph, *id, names))
        .collect();
    proto
}

fn initializer(graph: &Graph, id: ValueId, names: &Names) -> Option<TensorProto> {
    let constant = graph.constant(id)?;
    let mut proto = TensorProto::new();
    proto.name = names.get(id);
    proto.data_type = constant.element.data_type() as i32;
    proto.dims = constant.dims.iter().map(|size| *size as i64).collect();
    proto.raw_data = constant.bytes.clone();
    Some(proto)
}

fn node_proto(index: usize, node: &Node, names: &Names) -> NodeProto {
    let mut proto = NodeProto::new();
    proto.name = node_name(index, node);
    proto.op_type = node.operator.to_owned();
    let read = |input: &Option<ValueId>| input.map(|id| names.get(id)).unwrap_or_default();
    proto.input = node.inputs.iter().map(read).collect();
    proto.output = node.outputs.iter().map(|id| names.get(*id)).collect();
    let attributes = node.attributes.iter();
    proto.attribute = attributes
        .map(|(name, value)| attribute_proto(name, value))
        .collect();
    proto
}

fn attribute_proto(name: &str, attribute: &Attribute) -> AttributeProto {
    let mut proto = AttributeProto::new();
    proto.name = name.to_owned();
    let kind = match attribute {
        Attribute::Int(value) => {
            proto.i = *value;
            AttributeType::INT
        }
        Attribute::Ints(values) => {
            proto.ints.clone_from(values);
            AttributeType::INTS
        }
        Attribute::Float(value) => {
            proto.f = *value;
            AttributeType::FLOAT
        }
        Attribute::Text(value) => {
            proto.s = value.as_bytes().to_vec();
            AttributeType::STRING
        }
    };
    proto.type_ = kind.into();
    proto
}

fn value_info(name: String, of: &Type) -> ValueInfoProto {
    let mut shape = TensorShapeProto::new();
    shape.dim = of.dims.iter().map(dimension).collect();
    let mut tensor = type_proto::Tensor::new();
    tensor.elem_type = of.element.data_type() as i32;
    tensor.shape = Some(shape).into();
    let mut kind = TypeProto::new();
    kind.value = Some(type_proto::Value::TensorType(tensor));
    let mut proto = ValueInfoProto::new();
    proto.name = name;
    proto.type_ = Some(kind).into();
    proto
}

/// A size, the batch by its name, or nothing for a multiple of the batch.
fn dimension(dim: &Dim) -> tensor_shape_proto::Dimension {
    let mut proto = tensor_shape_proto::Dimension::new();
    proto.value = match dim {
        Dim::Fixed(size) => Some(tensor_shape_proto::dimension::Value::DimValue(*size as i64)),
        Dim::Batch(1) => Some(tensor_shape_proto::dimension::Value::DimParam(
            BATCH.to_owned(),
        )),
        Dim::Batch(_) => None,
    };
    proto
}
