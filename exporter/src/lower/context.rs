//! What every lowering works with: the graph in the making and the tensors already lowered.

use std::collections::HashMap;

use burn::backend::capture::TensorId;
use burn::backend::ir::{OperationIr, ScalarIr, TensorIr};
use burn::tensor::{DType, TensorData};

use crate::element::Element;
use crate::error::{ExportError, Location};
use crate::graph::{Attributes, Constant, Graph, Node, Type, ValueId};
use crate::shape::{Dim, SymbolicTrace, type_of};

/// The state of one lowering.
pub(crate) struct Context<'a> {
    pub(super) trace: &'a SymbolicTrace,
    pub(super) graph: Graph,
    values: HashMap<TensorId, ValueId>,
    constants: HashMap<Constant, ValueId>,
    batch: Option<ValueId>,
    current: Option<(usize, &'a OperationIr)>,
}

impl<'a> Context<'a> {
    pub(super) fn new(trace: &'a SymbolicTrace) -> Self {
        Self {
            trace,
            graph: Graph::default(),
            values: HashMap::new(),
            constants: HashMap::new(),
            batch: None,
            current: None,
        }
    }

    /// Tells which operation is being lowered, for error messages.
    pub(super) fn enter(&mut self, index: usize, operation: &'a OperationIr) {
        self.current = Some((index, operation));
    }

    /// Makes `value` the lowered form of a recorded tensor.
    pub(super) fn bind(&mut self, tensor: TensorId, value: ValueId) {
        self.values.insert(tensor, value);
    }

    /// The lowered form of a recorded tensor: computed before, an input, or a constant.
    pub(super) fn value(&mut self, tensor: &TensorIr) -> Result<ValueId, ExportError> {
        self.value_of(tensor.id)
    }

    pub(super) fn value_of(&mut self, tensor: TensorId) -> Result<ValueId, ExportError> {
        if let Some(value) = self.values.get(&tensor) {
            return Ok(*value);
        }
        let trace = self.trace;
        let Some(data) = trace.values.get(&tensor) else {
            return Err(ExportError::Missing {
                location: Box::new(self.location()),
                tensor: tensor.value(),
            });
        };
        let constant = constant_of(data)?;
        let value = match trace.labels.get(&tensor) {
            Some(label) => {
                let value = self.graph.add_constant(constant);
                self.graph.values[value.0].label = Some(label.clone());
                value
            }
            None => self.constant(constant),
        };
        self.values.insert(tensor, value);
        Ok(value)
    }

    /// The type of a recorded tensor.
    pub(super) fn type_of(&self, tensor: &TensorIr) -> Result<Type, ExportError> {
        type_of(self.trace, tensor)
    }

    /// The type of a lowered value.
    pub(super) fn of(&self, value: ValueId) -> Type {
        self.graph.value(value).of.clone()
    }

    /// A constant; equal constants are one value.
    pub(super) fn constant(&mut self, constant: Constant) -> ValueId {
        if let Some(value) = self.constants.get(&constant) {
            return *value;
        }
        let value = self.graph.add_constant(constant.clone());
        self.constants.insert(constant, value);
        value
    }

    /// A vector of 64-bit integers, as ONNX wants axes, sizes and pads.
    pub(super) fn ints(&mut self, values: &[i64]) -> ValueId {
        self.constant(Constant::ints(values))
    }

    /// A scalar constant of rank zero.
    pub(super) fn scalar(
        &mut self,
        value: ScalarIr,
        element: Element,
    ) -> Result<ValueId, ExportError> {
        let constant = self.scalar_constant(value, element)?;
        Ok(self.constant(constant))
    }

    /// A floating-point scalar constant of rank zero.
    pub(super) fn float(&mut self, value: f64, element: Element) -> Result<ValueId, ExportError> {
        self.scalar(ScalarIr::Float(value), element)
    }

    /// The data of a scalar.
    pub(super) fn scalar_constant(
        &self,
        value: ScalarIr,
        element: Element,
    ) -> Result<Constant, ExportError> {
        let data = match value {
            ScalarIr::Float(value) => TensorData::from([value]),
            ScalarIr::Int(value) => TensorData::from([value]),
            ScalarIr::UInt(value) => TensorData::from([value]),
            ScalarIr::Bool(value) => TensorData::from([value]),
        };
        let data = data.try_cast(element.dtype());
        let data = data.map_err(|error| self.form(format!("{value:?} as {element}: {error}")))?;
        Ok(Constant {
            element,
            dims: Vec::new(),
            bytes: data.as_bytes().to_vec(),
        })
    }

    /// Adds a node with one result of the given type.
    pub(super) fn emit(
        &mut self,
        operator: &'static str,
        inputs: &[ValueId],
        attributes: Attributes,
        of: Type,
    ) -> ValueId {
        let inputs = inputs.iter().copied().map(Some).collect();
        self.emit_all(operator, inputs, attributes, vec![of])[0]
    }

    /// Adds a node with optional inputs and any number of results.
    pub(super) fn emit_all(
        &mut self,
        operator: &'static str,
        inputs: Vec<Option<ValueId>>,
        attributes: Attributes,
        of: Vec<Type>,
    ) -> Vec<ValueId> {
        let outputs: Vec<ValueId> = of.into_iter().map(|of| self.graph.add(of)).collect();
        self.graph.nodes.push(Node {
            operator,
            inputs,
            outputs: outputs.clone(),
            attributes,
        });
        outputs
    }

    /// Adds the node whose result is the recorded tensor `out`.
    pub(super) fn define(
        &mut self,
        out: &TensorIr,
        operator: &'static str,
        inputs: &[ValueId],
        attributes: Attributes,
    ) -> Result<(), ExportError> {
        let of = self.type_of(out)?;
        let value = self.emit(operator, inputs, attributes, of);
        self.bind(out.id, value);
        Ok(())
    }

    /// The batch size as a vector of one element, read from the first input.
    pub(super) fn batch(&mut self, dims: &[Dim]) -> Result<ValueId, ExportError> {
        if let Some(batch) = self.batch {
            return Ok(batch);
        }
        let Some(input) = self.graph.inputs.first().copied() else {
            return Err(ExportError::NoBatch {
                dims: dims.to_vec(),
            });
        };
        let first = vec![
            ("start", crate::graph::Attribute::Int(0)),
            ("end", crate::graph::Attribute::Int(1)),
        ];
        let batch = self.emit("Shape", &[input], first, Type::fixed(Element::I64, &[1]));
        self.batch = Some(batch);
        Ok(batch)
    }

    /// A shape as a vector, computed from the batch size where it must be.
    pub(super) fn shape_vector(&mut self, dims: &[Dim]) -> Result<ValueId, ExportError> {
        let mut parts = Vec::new();
        let mut run: Vec<i64> = Vec::new();
        for dim in dims {
            match dim {
                Dim::Fixed(size) => run.push(*size as i64),
                Dim::Batch(times) => {
                    if !run.is_empty() {
                        parts.push(self.ints(&run));
                        run.clear();
                    }
                    parts.push(self.multiple_of_batch(*times, dims)?);
                }
            }
        }
        if !run.is_empty() || parts.is_empty() {
            parts.push(self.ints(&run));
        }
        if let [whole] = parts.as_slice() {
            return Ok(*whole);
        }
        let axis = vec![("axis", crate::graph::Attribute::Int(0))];
        let of = Type::fixed(Element::I64, &[dims.len()]);
        Ok(self.emit("Concat", &parts, axis, of))
    }

    fn multiple_of_batch(&mut self, times: usize, dims: &[Dim]) -> Result<ValueId, ExportError> {
        let batch = self.batch(dims)?;
        if times == 1 {
            return Ok(batch);
        }
        let times = self.ints(&[times as i64]);
        let of = Type::fixed(Element::I64, &[1]);
        Ok(self.emit("Mul", &[batch, times], Vec::new(), of))
    }

    /// Where the current operation stands in the trace.
    pub(super) fn location(&self) -> Location {
        match self.current {
            Some((index, operation)) => self.trace.locate(index, operation),
            None => Location {
                index: 0,
                operator: "graph boundary".to_owned(),
                inputs: Vec::new(),
                after: None,
            },
        }
    }

    /// The error for an operator without lowering.
    pub(super) fn unsupported(&self) -> ExportError {
        ExportError::Unsupported(Box::new(self.location()))
    }

    /// The error for a form of an operator that has no lowering.
    pub(super) fn form(&self, reason: impl Into<String>) -> ExportError {
        ExportError::Form {
            location: Box::new(self.location()),
            reason: reason.into(),
        }
    }
}

/// Copies recorded data into a constant.
fn constant_of(data: &TensorData) -> Result<Constant, ExportError> {
    let element = Element::of(data.dtype())?;
    let bytes = match data.dtype() {
        DType::Bool(_) => data.iter::<bool>().map(u8::from).collect(),
        _ => data.as_bytes().to_vec(),
    };
    Ok(Constant {
        element,
        dims: data.shape().to_vec(),
        bytes,
    })
}

// Constants are stored as burn holds them in memory, and ONNX wants little-endian bytes.
#[cfg(target_endian = "big")]
compile_error!("initialisers are written as they lie in memory, which must be little-endian");
