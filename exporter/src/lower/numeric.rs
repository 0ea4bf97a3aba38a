//! Arithmetic and comparisons of float and integer tensors.

use burn::backend::ir::{
    BinaryOpIr, ClampOpIr, NumericOperationIr, ScalarOpIr, TensorIr, UnaryOpIr,
};

use super::context::Context;
use super::{lowerings, movement, reduce};
use crate::error::ExportError;
use crate::graph::{Attribute, Type, ValueId};

lowerings!("Numeric", NumericOperationIr, |cx| {
    Add(op) => "Add", binary(cx, "Add", op);
    AddScalar(op) => "Add", scalar(cx, "Add", op);
    Sub(op) => "Sub", binary(cx, "Sub", op);
    SubScalar(op) => "Sub", scalar(cx, "Sub", op);
    Mul(op) => "Mul", binary(cx, "Mul", op);
    MulScalar(op) => "Mul", scalar(cx, "Mul", op);
    Div(op) => "Div", binary(cx, "Div", op);
    DivScalar(op) => "Div", scalar(cx, "Div", op);
    Rem(op) => "Mod; floats: Div, Floor, Mul, Sub", remainder(cx, op);
    RemScalar(op) => "Mod; floats: Div, Floor, Mul, Sub", remainder_scalar(cx, op);
    Powi(op) => "Pow", binary(cx, "Pow", op);
    PowiScalar(op) => "Pow", scalar(cx, "Pow", op);
    Neg(op) => "Neg", unary(cx, "Neg", op);
    Abs(op) => "Abs", unary(cx, "Abs", op);
    Sign(op) => "Sign", unary(cx, "Sign", op);
    Clamp(op) => "Clip", clamp(cx, op);
    ClampMin(op) => "Clip", clamp_min(cx, op);
    ClampMax(op) => "Clip", clamp_max(cx, op);
    Full(op) => "initialiser or Expand", movement::fill(cx, &op.out, op.value);
    Pad(op) => "Pad", movement::pad(cx, op);
    Greater(op) => "Greater", binary(cx, "Greater", op);
    GreaterElem(op) => "Greater", scalar(cx, "Greater", op);
    GreaterEqual(op) => "GreaterOrEqual", binary(cx, "GreaterOrEqual", op);
    GreaterEqualElem(op) => "GreaterOrEqual", scalar(cx, "GreaterOrEqual", op);
    Lower(op) => "Less", binary(cx, "Less", op);
    LowerElem(op) => "Less", scalar(cx, "Less", op);
    LowerEqual(op) => "LessOrEqual", binary(cx, "LessOrEqual", op);
    LowerEqualElem(op) => "LessOrEqual", scalar(cx, "LessOrEqual", op);
    Sum(op) => "ReduceSum", reduce::all(cx, "ReduceSum", op);
    SumDim(op) => "ReduceSum", reduce::dim(cx, "ReduceSum", op);
    SumDims(op) => "ReduceSum", reduce::dims(cx, "ReduceSum", op);
    Mean(op) => "ReduceMean", reduce::all(cx, "ReduceMean", op);
    MeanDim(op) => "ReduceMean", reduce::dim(cx, "ReduceMean", op);
    Prod(op) => "ReduceProd", reduce::all(cx, "ReduceProd", op);
    ProdDim(op) => "ReduceProd", reduce::dim(cx, "ReduceProd", op);
    Max(op) => "ReduceMax", reduce::all(cx, "ReduceMax", op);
    MaxDim(op) => "ReduceMax", reduce::dim(cx, "ReduceMax", op);
    MaxDimWithIndices(op) => "ReduceMax, ArgMax", reduce::with_indices(cx, ["ReduceMax", "ArgMax"], op);
    MaxAbs(op) => "Abs, ReduceMax", reduce::max_abs(cx, op);
    MaxAbsDim(op) => "Abs, ReduceMax", reduce::max_abs_dim(cx, op);
    Min(op) => "ReduceMin", reduce::all(cx, "ReduceMin", op);
    MinDim(op) => "ReduceMin", reduce::dim(cx, "ReduceMin", op);
    MinDimWithIndices(op) => "ReduceMin, ArgMin", reduce::with_indices(cx, ["ReduceMin", "ArgMin"], op);
    ArgMax(op) => "ArgMax", reduce::arg(cx, "ArgMax", op);
    ArgMin(op) => "ArgMin", reduce::arg(cx, "ArgMin", op);
    TopK(op) => "TopK", reduce::top_k(cx, op);
    ArgTopK(op) => "TopK", reduce::arg_top_k(cx, op);
    TopKWithIndices(op) => "TopK", reduce::top_k_with_indices(cx, op);
    Sort(op) => "TopK", reduce::sort(cx, op);
    ArgSort(op) => "TopK", reduce::arg_sort(cx, op);
    SortWithIndices(op) => "TopK", reduce::sort_with_indices(cx, op);
    CumSum(op) => "CumSum", reduce::cum_sum(cx, op);
});

pub(super) fn unary(
    cx: &mut Context<'_>,
    operator: &'static str,
    op: &UnaryOpIr,
) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    cx.define(&op.out, operator, &[input], Vec::new())
}

pub(super) fn binary(
    cx: &mut Context<'_>,
    operator: &'static str,
    op: &BinaryOpIr,
) -> Result<(), ExportError> {
    let inputs = [cx.value(&op.lhs)?, cx.value(&op.rhs)?];
    cx.define(&op.out, operator, &inputs, Vec::new())
}

/// An operator whose right side is a number: a constant of the left side's element type.
pub(super) fn scalar(
    cx: &mut Context<'_>,
    operator: &'static str,
    op: &ScalarOpIr,
) -> Result<(), ExportError> {
    let inputs = operands(cx, op)?;
    cx.define(&op.out, operator, &inputs, Vec::new())
}

fn operands(cx: &mut Context<'_>, op: &ScalarOpIr) -> Result<[ValueId; 2], ExportError> {
    let lhs = cx.value(&op.lhs)?;
    let element = cx.of(lhs).element;
    Ok([lhs, cx.scalar(op.rhs, element)?])
}

pub(super) fn not_equal(cx: &mut Context<'_>, op: &BinaryOpIr) -> Result<(), ExportError> {
    let inputs = [cx.value(&op.lhs)?, cx.value(&op.rhs)?];
    differ(cx, inputs, &op.out)
}

pub(super) fn not_equal_elem(cx: &mut Context<'_>, op: &ScalarOpIr) -> Result<(), ExportError> {
    let inputs = operands(cx, op)?;
    differ(cx, inputs, &op.out)
}

fn differ(cx: &mut Context<'_>, inputs: [ValueId; 2], out: &TensorIr) -> Result<(), ExportError> {
    let of = cx.type_of(out)?;
    let equal = cx.emit("Equal", &inputs, Vec::new(), of);
    cx.define(out, "Not", &[equal], Vec::new())
}

fn remainder(cx: &mut Context<'_>, op: &BinaryOpIr) -> Result<(), ExportError> {
    let inputs = [cx.value(&op.lhs)?, cx.value(&op.rhs)?];
    modulo(cx, inputs, &op.out)
}

fn remainder_scalar(cx: &mut Context<'_>, op: &ScalarOpIr) -> Result<(), ExportError> {
    let inputs = operands(cx, op)?;
    modulo(cx, inputs, &op.out)
}

/// The remainder with the sign of the divisor; ONNX Mod has that for integers only.
fn modulo(cx: &mut Context<'_>, [a, b]: [ValueId; 2], out: &TensorIr) -> Result<(), ExportError> {
    let of = cx.type_of(out)?;
    if !of.element.is_float() {
        let fmod = vec![("fmod", Attribute::Int(0))];
        return cx.define(out, "Mod", &[a, b], fmod);
    }
    let quotient = cx.emit("Div", &[a, b], Vec::new(), of.clone());
    let whole = cx.emit("Floor", &[quotient], Vec::new(), of.clone());
    let taken = cx.emit("Mul", &[whole, b], Vec::new(), of);
    cx.define(out, "Sub", &[a, taken], Vec::new())
}

fn clamp(cx: &mut Context<'_>, op: &ClampOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.tensor)?;
    let element = cx.of(input).element;
    let (min, max) = (cx.scalar(op.min, element)?, cx.scalar(op.max, element)?);
    cx.define(&op.out, "Clip", &[input, min, max], Vec::new())
}

fn clamp_min(cx: &mut Context<'_>, op: &ScalarOpIr) -> Result<(), ExportError> {
    let inputs = operands(cx, op)?;
    cx.define(&op.out, "Clip", &inputs, Vec::new())
}

fn clamp_max(cx: &mut Context<'_>, op: &ScalarOpIr) -> Result<(), ExportError> {
    let [input, max] = operands(cx, op)?;
    let of: Type = cx.type_of(&op.out)?;
    let inputs = vec![Some(input), None, Some(max)];
    let value = cx.emit_all("Clip", inputs, Vec::new(), vec![of])[0];
    cx.bind(op.out.id, value);
    Ok(())
}
