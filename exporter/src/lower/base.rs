//! Operators on tensors of any element type: dispatch to movement, indexing and comparison.

use burn::backend::ir::{BaseOperationIr, CreationOpIr, ScalarIr};

use super::context::Context;
use super::{cast, index, lowerings, movement, numeric, reduce};
use crate::error::ExportError;

lowerings!("Base", BaseOperationIr, |cx| {
    Reshape(op) => "Reshape", movement::reshape(cx, op);
    SwapDims(op) => "Transpose", movement::swap_dims(cx, op);
    Permute(op) => "Transpose", movement::permute(cx, op);
    Flip(op) => "Slice", movement::flip(cx, op);
    Expand(op) => "Expand", movement::expand(cx, op);
    Slice(op) => "Slice", movement::slice(cx, op);
    SliceAssign(op) => "Slice, Concat; contiguous ranges of fixed dimensions", index::slice_assign(cx, op);
    Cat(op) => "Concat", movement::cat(cx, op);
    RepeatDim(op) => "Expand or Tile", movement::repeat_dim(cx, op);
    Select(op) => "Gather", index::select(cx, op);
    SelectAssign(op) => "ScatterElements; adding only", index::select_assign(cx, op);
    Gather(op) => "GatherElements", index::gather(cx, op);
    GatherNd(op) => "GatherND", index::gather_nd(cx, op);
    Scatter(op) => "ScatterElements; adding only", index::scatter(cx, op);
    MaskWhere(op) => "Where", index::mask_where(cx, op);
    MaskFill(op) => "Where", index::mask_fill(cx, op);
    Equal(op) => "Equal", numeric::binary(cx, "Equal", op);
    EqualElem(op) => "Equal", numeric::scalar(cx, "Equal", op);
    NotEqual(op) => "Equal, Not", numeric::not_equal(cx, op);
    NotEqualElem(op) => "Equal, Not", numeric::not_equal_elem(cx, op);
    Cast(op) => "Cast", cast::cast(cx, op);
    Empty(op) => "initialiser or Expand", filled(cx, op, 0.0);
    Zeros(op) => "initialiser or Expand", filled(cx, op, 0.0);
    Ones(op) => "initialiser or Expand", filled(cx, op, 1.0);
    All(op) => "Cast, ReduceMin", reduce::truth(cx, "ReduceMin", op);
    Any(op) => "Cast, ReduceMax", reduce::truth(cx, "ReduceMax", op);
    AllDim(op) => "Cast, ReduceMin", reduce::truth_dim(cx, "ReduceMin", op);
    AnyDim(op) => "Cast, ReduceMax", reduce::truth_dim(cx, "ReduceMax", op);
});

fn filled(cx: &mut Context<'_>, op: &CreationOpIr, value: f64) -> Result<(), ExportError> {
    movement::fill(cx, &op.out, ScalarIr::Float(value))
}
