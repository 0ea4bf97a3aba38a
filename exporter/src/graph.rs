//! The graph between burn and ONNX: typed values, nodes, constants.
//!
//! Lowering fills it, simplification rewrites it, [`crate::model`] names and writes it. Values are
//! numbered in the order of their making, so the same trace always gives the same graph.

use crate::element::Element;
use crate::shape::{Dim, list};

/// Number of a value in its [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ValueId(pub(crate) usize);

/// Element type and shape of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) element: Element,
    pub(crate) dims: Vec<Dim>,
}

impl Type {
    pub(crate) fn new(element: Element, dims: impl Into<Vec<Dim>>) -> Self {
        Self {
            element,
            dims: dims.into(),
        }
    }

    /// A type whose shape does not depend on the batch.
    pub(crate) fn fixed(element: Element, dims: &[usize]) -> Self {
        Self::new(
            element,
            dims.iter().copied().map(Dim::Fixed).collect::<Vec<_>>(),
        )
    }

    pub(crate) fn rank(&self) -> usize {
        self.dims.len()
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.element, list(&self.dims))
    }
}

/// A tensor known at export time: row-major, little-endian bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Constant {
    pub(crate) element: Element,
    pub(crate) dims: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

impl Constant {
    pub(crate) fn ints(values: &[i64]) -> Self {
        Self {
            element: Element::I64,
            dims: vec![values.len()],
            bytes: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        }
    }

    pub(crate) fn floats(dims: &[usize], values: &[f32]) -> Self {
        Self {
            element: Element::F32,
            dims: dims.to_vec(),
            bytes: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        }
    }

    pub(crate) fn to_ints(&self) -> Option<Vec<i64>> {
        (self.element == Element::I64).then(|| {
            let words = self.bytes.as_chunks::<8>().0;
            words.iter().map(|word| i64::from_le_bytes(*word)).collect()
        })
    }

    pub(crate) fn to_floats(&self) -> Option<Vec<f32>> {
        (self.element == Element::F32).then(|| {
            let words = self.bytes.as_chunks::<4>().0;
            words.iter().map(|word| f32::from_le_bytes(*word)).collect()
        })
    }
}

/// One value: a graph input, the result of a node or a constant.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) of: Type,
    pub(crate) constant: Option<Constant>,
    /// The name that the caller gave (inputs, parameters).
    pub(crate) label: Option<String>,
}

/// An attribute of a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Attribute {
    Int(i64),
    Ints(Vec<i64>),
    Float(f32),
    Text(&'static str),
}

impl Attribute {
    pub(crate) fn ints(values: impl IntoIterator<Item = usize>) -> Self {
        Self::Ints(values.into_iter().map(|value| value as i64).collect())
    }

    pub(crate) fn int(value: usize) -> Self {
        Self::Int(value as i64)
    }

    pub(crate) fn flag(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

/// Attributes in the order in which they are written.
pub(crate) type Attributes = Vec<(&'static str, Attribute)>;

/// One ONNX operator.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) operator: &'static str,
    /// `None` is an optional input left out.
    pub(crate) inputs: Vec<Option<ValueId>>,
    pub(crate) outputs: Vec<ValueId>,
    pub(crate) attributes: Attributes,
}

impl Node {
    pub(crate) fn reads(&self) -> impl Iterator<Item = ValueId> + '_ {
        self.inputs.iter().flatten().copied()
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        let found = self.attributes.iter().find(|(key, _)| *key == name);
        found.map(|(_, attribute)| attribute)
    }
}

/// A whole model before it has names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub(crate) values: Vec<Value>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) inputs: Vec<ValueId>,
    /// Name and value, in the order of declaration.
    pub(crate) outputs: Vec<(String, ValueId)>,
}

impl Graph {
    pub(crate) fn value(&self, id: ValueId) -> &Value {
        &self.values[id.0]
    }

    pub(crate) fn constant(&self, id: ValueId) -> Option<&Constant> {
        self.value(id).constant.as_ref()
    }

    pub(crate) fn add(&mut self, of: Type) -> ValueId {
        self.values.push(Value {
            of,
            constant: None,
            label: None,
        });
        ValueId(self.values.len() - 1)
    }

    pub(crate) fn add_constant(&mut self, constant: Constant) -> ValueId {
        let id = self.add(Type::fixed(constant.element, &constant.dims));
        self.values[id.0].constant = Some(constant);
        id
    }

    /// Makes every reader of `from` read `to` instead.
    pub(crate) fn replace(&mut self, from: ValueId, to: ValueId) {
        let readers = self
            .nodes
            .iter_mut()
            .flat_map(|node| node.inputs.iter_mut());
        for input in readers.flatten().filter(|input| **input == from) {
            *input = to;
        }
        for (_, output) in self.outputs.iter_mut().filter(|(_, id)| *id == from) {
            *output = to;
        }
    }
}
