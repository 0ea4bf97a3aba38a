//! A listing of an ONNX model for people and for tests.

use std::fmt::Write as _;

use onnx_protobuf::tensor_proto::DataType;
use onnx_protobuf::{
    AttributeProto, AttributeValue, ModelProto, NodeProto, TensorProto, TypeProto, ValueInfoProto,
    tensor_shape_proto, type_proto,
};

/// Vectors of integers with at most this many elements are shown with their values, and all scalars.
const SHOWN: usize = 8;

/// Writes a model down, one line for each input, output, node and initialiser.
pub(crate) fn listing(model: &ModelProto) -> String {
    let graph = &model.graph;
    let opset = model
        .opset_import
        .iter()
        .map(|opset| opset.version.to_string());
    let opset = opset.collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} (opset {opset}, IR {})",
        graph.name, model.ir_version
    );
    for entry in &model.metadata_props {
        let _ = writeln!(text, "  {} = {}", entry.key, entry.value);
    }
    section(&mut text, "inputs", graph.input.iter().map(value));
    section(&mut text, "outputs", graph.output.iter().map(value));
    section(&mut text, "nodes", graph.node.iter().map(node));
    section(
        &mut text,
        "initialisers",
        graph.initializer.iter().map(tensor),
    );
    text
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let _ = writeln!(text, "{title}:");
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}

fn value(info: &ValueInfoProto) -> String {
    format!("{}: {}", info.name, kind(&info.type_))
}

fn kind(of: &TypeProto) -> String {
    let Some(type_proto::Value::TensorType(tensor)) = &of.value else {
        return "not a tensor".to_owned();
    };
    let dims = tensor.shape.dim.iter().map(|dim| match &dim.value {
        Some(tensor_shape_proto::dimension::Value::DimValue(size)) => size.to_string(),
        Some(tensor_shape_proto::dimension::Value::DimParam(name)) => name.clone(),
        _ => "?".to_owned(),
    });
    let dims: Vec<String> = dims.collect();
    format!("{}[{}]", element(tensor.elem_type), dims.join(", "))
}

fn element(data_type: i32) -> String {
    let known = <DataType as protobuf::Enum>::from_i32(data_type);
    match known {
        Some(known) => format!("{known:?}").to_lowercase(),
        None => format!("type {data_type}"),
    }
}

fn node(node: &NodeProto) -> String {
    let inputs: Vec<&str> = node
        .input
        .iter()
        .map(|name| if name.is_empty() { "-" } else { name })
        .collect();
    let mut line = format!(
        "{} = {}({})",
        node.output.join(", "),
        node.op_type,
        inputs.join(", ")
    );
    for attribute in &node.attribute {
        let _ = write!(line, " {}={}", attribute.name, attribute_value(attribute));
    }
    line
}

fn attribute_value(attribute: &AttributeProto) -> String {
    match attribute.as_value() {
        AttributeValue::Float32(value) => value.to_string(),
        AttributeValue::Float32s(values) => format!("{values:?}"),
        AttributeValue::Integer64(value) => value.to_string(),
        AttributeValue::Integer64s(values) => format!("{values:?}"),
        AttributeValue::String(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => format!("{:?}", attribute.type_),
    }
}

fn tensor(tensor: &TensorProto) -> String {
    let of = element(tensor.data_type);
    let mut line = format!("{}: {of}{:?}", tensor.name, tensor.dims);
    let (longs, words) = (
        tensor.raw_data.as_chunks::<8>().0,
        tensor.raw_data.as_chunks::<4>().0,
    );
    if tensor.data_type == DataType::INT64 as i32 && tensor.dims.len() <= 1 && longs.len() <= SHOWN
    {
        let values: Vec<i64> = longs
            .iter()
            .map(|bytes| i64::from_le_bytes(*bytes))
            .collect();
        let _ = write!(line, " = {values:?}");
    } else if tensor.data_type == DataType::FLOAT as i32 && tensor.dims.is_empty() {
        let values: Vec<f32> = words
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        let _ = write!(line, " = {values:?}");
    }
    line
}
