//! Compares two traces of one module at two batch sizes.
//!
//! Takes both traces; gives the operations that outputs need, with symbolic shapes for every
//! tensor. Anything else that changes with the batch (control flow, constants, attributes) is an
//! error: such a model would be wrong at a third batch size.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use burn::backend::capture::TensorId;
use burn::backend::ir::{OperationIr, TensorIr};
use burn::tensor::TensorData;

use super::normal::Numbering;
use super::{Dim, list};
use crate::capture::{OutputSpec, Trace};
use crate::element::Element;
use crate::error::{ExportError, Location};
use crate::graph::Type;
use crate::operators::operator_name;

/// The operations that lead to the outputs, valid for any batch size.
#[derive(Debug)]
pub(crate) struct SymbolicTrace {
    /// Position in the original trace, and the operation as recorded at the first batch size.
    pub(crate) operations: Vec<(usize, OperationIr)>,
    pub(crate) shapes: HashMap<TensorId, Vec<Dim>>,
    pub(crate) values: BTreeMap<TensorId, TensorData>,
    pub(crate) inputs: Vec<TensorId>,
    pub(crate) outputs: Vec<OutputSpec>,
    pub(crate) labels: BTreeMap<TensorId, String>,
}

impl SymbolicTrace {
    /// The dimensions of a tensor.
    pub(crate) fn dims(&self, tensor: &TensorIr) -> Vec<Dim> {
        let fallback = || tensor.shape.as_slice().iter().copied().map(Dim::Fixed);
        let known = self.shapes.get(&tensor.id).cloned();
        known.unwrap_or_else(|| fallback().collect())
    }

    /// Describes an operation for an error message.
    pub(crate) fn locate(&self, index: usize, operation: &OperationIr) -> Location {
        let inputs = operation.inputs().map(|tensor| {
            let element = Element::of(tensor.dtype).map(|element| element.to_string());
            let element = element.unwrap_or_else(|_| format!("{:?}", tensor.dtype));
            format!("{element}{}", list(&self.dims(tensor)))
        });
        Location {
            index,
            operator: operator_name(operation),
            inputs: inputs.collect(),
            after: self.last_output_before(index),
        }
    }

    fn last_output_before(&self, index: usize) -> Option<String> {
        let before = self.operations.iter().filter(|(at, _)| *at < index);
        let made: Vec<TensorId> = before
            .flat_map(|(_, operation)| operation.outputs().map(|tensor| tensor.id))
            .collect();
        let place = |output: &OutputSpec| made.iter().position(|id| *id == output.tensor);
        let reached = self.outputs.iter().filter_map(|o| Some((place(o)?, o)));
        let last = reached.max_by_key(|(place, output)| (*place, output.order));
        last.map(|(_, output)| output.name.clone())
    }
}

/// Merges two traces of the same code into one with a symbolic batch.
pub(crate) fn compare(first: Trace, second: Trace) -> Result<SymbolicTrace, ExportError> {
    same_outputs(&first, &second)?;
    let needed = needed(&first);
    let other = needed_ids_match(&first, &second, &needed)?;
    let mut merged = SymbolicTrace {
        operations: Vec::new(),
        shapes: HashMap::new(),
        values: BTreeMap::new(),
        inputs: first.inputs.clone(),
        outputs: first.outputs.clone(),
        labels: first.labels.clone(),
    };
    let batches = [first.batch, second.batch];
    for (a, b) in first.inputs.iter().zip(&second.inputs) {
        let sizes = |trace: &Trace, id| trace.values[id].shape().to_vec();
        let (sizes_a, sizes_b) = (sizes(&first, a), sizes(&second, b));
        let dims = symbolic(batches, &sizes_a, &sizes_b).unwrap_or_default();
        merged.shapes.insert(*a, dims);
    }
    for (index, operation) in needed {
        let twin = &second.operations[other[&index]];
        shapes(&mut merged, batches, index, &operation, twin)?;
        constants(&mut merged, [&first, &second], index, &operation, twin)?;
        merged.operations.push((index, operation));
    }
    direct_outputs(&mut merged, &first, &second)?;
    Ok(merged)
}

fn same_outputs(first: &Trace, second: &Trace) -> Result<(), ExportError> {
    let names = |trace: &Trace| -> Vec<String> {
        let names = trace.outputs.iter().map(|output| output.name.clone());
        names.collect()
    };
    let (a, b) = (names(first), names(second));
    if a == b {
        return Ok(());
    }
    Err(ExportError::Diverged {
        index: first.operations.len(),
        first: format!("outputs {}", a.join(", ")),
        second: format!("outputs {}", b.join(", ")),
    })
}

/// The operations on which the outputs depend, in recorded order, without initialisations.
fn needed(trace: &Trace) -> Vec<(usize, OperationIr)> {
    let mut wanted: BTreeSet<TensorId> = trace.outputs.iter().map(|out| out.tensor).collect();
    let mut kept = Vec::new();
    for (index, operation) in trace.operations.iter().enumerate().rev() {
        let useful = operation
            .outputs()
            .any(|tensor| wanted.contains(&tensor.id));
        if useful && !matches!(operation, OperationIr::Init(_)) {
            wanted.extend(operation.inputs().map(|tensor| tensor.id));
            kept.push((index, operation.clone()));
        }
    }
    kept.reverse();
    kept
}

/// Pairs each needed operation with its twin in the other trace.
fn needed_ids_match(
    first: &Trace,
    second: &Trace,
    ours: &[(usize, OperationIr)],
) -> Result<HashMap<usize, usize>, ExportError> {
    let theirs = needed(second);
    let (mut numbers_a, mut numbers_b) = (Numbering::default(), Numbering::default());
    // Inputs come first, so that a swap of two inputs cannot pass for the same graph.
    for (a, b) in first.inputs.iter().zip(&second.inputs) {
        numbers_a.number(*a);
        numbers_b.number(*b);
    }
    let mut pairs = HashMap::new();
    for position in 0..ours.len().max(theirs.len()) {
        let (a, b) = (ours.get(position), theirs.get(position));
        let normal_a = a.map(|(_, operation)| numbers_a.normalise(operation));
        let normal_b = b.map(|(_, operation)| numbers_b.normalise(operation));
        if normal_a != normal_b {
            let name = |operation: Option<&(usize, OperationIr)>| {
                operation.map_or("nothing".to_owned(), |(_, op)| describe(op))
            };
            return Err(ExportError::Diverged {
                index: a.or(b).map_or(position, |(index, _)| *index),
                first: name(a),
                second: name(b),
            });
        }
        if let (Some((index_a, _)), Some((index_b, _))) = (a, b) {
            pairs.insert(*index_a, *index_b);
        }
    }
    for (a, b) in first.outputs.iter().zip(&second.outputs) {
        if numbers_a.number(a.tensor) != numbers_b.number(b.tensor) {
            return Err(ExportError::Diverged {
                index: first.operations.len(),
                first: format!("output {} in one place", a.name),
                second: "another place".to_owned(),
            });
        }
    }
    Ok(pairs)
}

fn describe(operation: &OperationIr) -> String {
    let shapes = operation
        .inputs()
        .map(|tensor| format!("{:?}", tensor.shape.as_slice()));
    let shapes: Vec<String> = shapes.collect();
    format!("{}({})", operator_name(operation), shapes.join(", "))
}

fn symbolic(batches: [usize; 2], a: &[usize], b: &[usize]) -> Option<Vec<Dim>> {
    let same_rank = a.len() == b.len();
    let pairs = a
        .iter()
        .zip(b)
        .map(|(a, b)| Dim::between(batches, [*a, *b]));
    pairs.collect::<Option<Vec<Dim>>>().filter(|_| same_rank)
}

/// Finds the symbolic shapes of everything that one operation reads and writes.
fn shapes(
    merged: &mut SymbolicTrace,
    batches: [usize; 2],
    index: usize,
    operation: &OperationIr,
    twin: &OperationIr,
) -> Result<(), ExportError> {
    let pairs = operation.nodes().into_iter().zip(twin.nodes());
    for (a, b) in pairs {
        let (sizes_a, sizes_b) = (a.shape.as_slice(), b.shape.as_slice());
        let Some(dims) = symbolic(batches, sizes_a, sizes_b) else {
            return Err(ExportError::BatchShape {
                location: Box::new(merged.locate(index, operation)),
                first: sizes_a.to_vec(),
                second: sizes_b.to_vec(),
            });
        };
        merged.shapes.insert(a.id, dims);
    }
    Ok(())
}

/// Keeps the data of the constants that one operation reads.
fn constants(
    merged: &mut SymbolicTrace,
    traces: [&Trace; 2],
    index: usize,
    operation: &OperationIr,
    twin: &OperationIr,
) -> Result<(), ExportError> {
    for (a, b) in operation.inputs().zip(twin.inputs()) {
        constant(merged, traces, index, a.id, b.id)?;
    }
    Ok(())
}

fn constant(
    merged: &mut SymbolicTrace,
    traces: [&Trace; 2],
    index: usize,
    a: TensorId,
    b: TensorId,
) -> Result<(), ExportError> {
    let (Some(data_a), Some(data_b)) = (traces[0].values.get(&a), traces[1].values.get(&b)) else {
        return Ok(());
    };
    if merged.inputs.contains(&a) || merged.values.contains_key(&a) {
        return Ok(());
    }
    if data_a.shape() != data_b.shape() || data_a.as_bytes() != data_b.as_bytes() {
        return Err(ExportError::BatchConstant {
            index,
            first: data_a.shape().to_vec(),
            second: data_b.shape().to_vec(),
        });
    }
    merged.values.insert(a, data_a.clone());
    Ok(())
}

/// Outputs that no operation computes: constants and inputs handed through.
fn direct_outputs(
    merged: &mut SymbolicTrace,
    first: &Trace,
    second: &Trace,
) -> Result<(), ExportError> {
    let end = first.operations.len();
    for (a, b) in first.outputs.iter().zip(&second.outputs) {
        constant(merged, [first, second], end, a.tensor, b.tensor)?;
    }
    Ok(())
}

/// The type of a recorded tensor.
pub(crate) fn type_of(trace: &SymbolicTrace, tensor: &TensorIr) -> Result<Type, ExportError> {
    Ok(Type::new(Element::of(tensor.dtype)?, trace.dims(tensor)))
}
