//! Brings operations of two traces into a form in which equal means equal for any batch.
//!
//! Tensor numbers become ranks of first appearance, shapes are left out (they are compared
//! separately), and attributes that merely restate a shape (full slices, repeat counts) go.

use std::collections::HashMap;

use burn::backend::capture::TensorId;
use burn::backend::ir::{BaseOperationIr, IrVisitorMut, OperationIr, TensorIr, TensorStatus};
use burn::tensor::{Shape, Slice};

/// Renumbers tensors in the order of their appearance.
#[derive(Default)]
pub(super) struct Numbering {
    ranks: HashMap<TensorId, u64>,
}

impl Numbering {
    /// The rank of a tensor; a new one is next in line.
    pub(super) fn number(&mut self, id: TensorId) -> u64 {
        let next = self.ranks.len() as u64;
        *self.ranks.entry(id).or_insert(next)
    }

    /// Gives `operation` without anything that may differ between two batch sizes.
    pub(super) fn normalise(&mut self, operation: &OperationIr) -> OperationIr {
        let mut operation = operation.clone();
        strip_shape_attributes(&mut operation);
        operation.visit_mut(self);
        operation
    }
}

impl IrVisitorMut for Numbering {
    fn visit_tensor_mut(&mut self, tensor: &mut TensorIr) {
        tensor.id = TensorId::new(self.number(tensor.id));
        tensor.shape = Shape::from(Vec::<usize>::new());
        tensor.status = TensorStatus::ReadOnly;
    }
}

fn strip_shape_attributes(operation: &mut OperationIr) {
    let (OperationIr::BaseFloat(base) | OperationIr::BaseInt(base) | OperationIr::BaseBool(base)) =
        operation
    else {
        return;
    };
    match base {
        BaseOperationIr::Slice(slice) => strip_full_ranges(&mut slice.ranges, &slice.tensor),
        BaseOperationIr::SliceAssign(assign) => {
            strip_full_ranges(&mut assign.ranges, &assign.tensor);
        }
        BaseOperationIr::RepeatDim(repeat) => repeat.times = 0,
        _ => {}
    }
}

fn strip_full_ranges(ranges: &mut [Slice], tensor: &TensorIr) {
    for (range, size) in ranges.iter_mut().zip(tensor.shape.as_slice()) {
        if is_full(range, *size) {
            *range = Slice::full();
        }
    }
}

/// Whether a range takes all of a dimension, in order.
pub(crate) fn is_full(range: &Slice, size: usize) -> bool {
    let ends = range.end.is_none_or(|end| end >= size as isize);
    range.start == 0 && range.step == 1 && ends
}
