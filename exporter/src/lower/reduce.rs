//! Operators that fold or order an axis.

use burn::backend::ir::{
    DimOpIr, ReduceDimOpIr, ReduceDimWithIndicesOpIr, ReduceDimsOpIr, ReduceOpIr, SortOpIr,
    SortWithIndicesOpIr, TensorIr, TopKWithIndicesOpIr,
};

use super::context::Context;
use super::{cast, movement};
use crate::element::Element;
use crate::error::ExportError;
use crate::graph::{Attribute, Attributes, Constant, Type, ValueId};
use crate::shape::Dim;

pub(super) fn dim(
    cx: &mut Context<'_>,
    operator: &'static str,
    op: &ReduceDimOpIr,
) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    along(cx, operator, input, &[op.axis], &op.out)
}

pub(super) fn dims(
    cx: &mut Context<'_>,
    operator: &'static str,
    op: &ReduceDimsOpIr,
) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    along(cx, operator, input, &op.axes, &op.out)
}

fn along(
    cx: &mut Context<'_>,
    operator: &'static str,
    input: ValueId,
    axes: &[usize],
    out: &TensorIr,
) -> Result<(), ExportError> {
    let axes: Vec<i64> = axes.iter().map(|axis| *axis as i64).collect();
    let axes = cx.ints(&axes);
    cx.define(out, operator, &[input, axes], keep())
}

fn keep() -> Attributes {
    vec![("keepdims", Attribute::Int(1))]
}

/// Folds everything, the batch included, into one number of shape `[1]`.
pub(super) fn all(
    cx: &mut Context<'_>,
    operator: &'static str,
    op: &ReduceOpIr,
) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let value = fold(cx, operator, input)?;
    cx.bind(op.out.id, value);
    Ok(())
}

fn fold(
    cx: &mut Context<'_>,
    operator: &'static str,
    input: ValueId,
) -> Result<ValueId, ExportError> {
    let element = cx.of(input).element;
    let drop = vec![("keepdims", Attribute::Int(0))];
    let number = cx.emit(operator, &[input], drop, Type::fixed(element, &[]));
    movement::reshape_to(cx, number, &[Dim::Fixed(1)])
}

pub(super) fn max_abs(cx: &mut Context<'_>, op: &ReduceOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let of = cx.of(input);
    let size = cx.emit("Abs", &[input], Vec::new(), of);
    let value = fold(cx, "ReduceMax", size)?;
    cx.bind(op.out.id, value);
    Ok(())
}

pub(super) fn max_abs_dim(cx: &mut Context<'_>, op: &ReduceDimOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let of = cx.of(input);
    let size = cx.emit("Abs", &[input], Vec::new(), of);
    along(cx, "ReduceMax", size, &[op.axis], &op.out)
}

/// `all` and `any`: the least or greatest of zeros and ones.
pub(super) fn truth(
    cx: &mut Context<'_>,
    operator: &'static str,
    op: &ReduceOpIr,
) -> Result<(), ExportError> {
    let ones = zeros_and_ones(cx, &op.input)?;
    let folded = fold(cx, operator, ones)?;
    let value = cast::to(cx, folded, Element::Bool);
    cx.bind(op.out.id, value);
    Ok(())
}

pub(super) fn truth_dim(
    cx: &mut Context<'_>,
    operator: &'static str,
    op: &ReduceDimOpIr,
) -> Result<(), ExportError> {
    let ones = zeros_and_ones(cx, &op.input)?;
    let mut of = cx.type_of(&op.out)?;
    of.element = Element::I32;
    let axes = cx.ints(&[op.axis as i64]);
    let folded = cx.emit(operator, &[ones, axes], keep(), of);
    let value = cast::to(cx, folded, Element::Bool);
    cx.bind(op.out.id, value);
    Ok(())
}

fn zeros_and_ones(cx: &mut Context<'_>, input: &TensorIr) -> Result<ValueId, ExportError> {
    let input = cx.value(input)?;
    let truth = cast::to(cx, input, Element::Bool);
    Ok(cast::to(cx, truth, Element::I32))
}

pub(super) fn arg(
    cx: &mut Context<'_>,
    operator: &'static str,
    op: &ReduceDimOpIr,
) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    arg_along(cx, operator, input, op.axis, &op.out)
}

fn arg_along(
    cx: &mut Context<'_>,
    operator: &'static str,
    input: ValueId,
    axis: usize,
    out: &TensorIr,
) -> Result<(), ExportError> {
    let of = cx.type_of(out)?;
    let mut attributes = vec![("axis", Attribute::int(axis))];
    attributes.extend(keep());
    let index = Type::new(Element::I64, of.dims);
    let found = cx.emit(operator, &[input], attributes, index);
    let value = cast::to(cx, found, of.element);
    cx.bind(out.id, value);
    Ok(())
}

pub(super) fn with_indices(
    cx: &mut Context<'_>,
    [value, index]: [&'static str; 2],
    op: &ReduceDimWithIndicesOpIr,
) -> Result<(), ExportError> {
    let input = cx.value(&op.tensor)?;
    along(cx, value, input, &[op.dim], &op.out)?;
    arg_along(cx, index, input, op.dim, &op.out_indices)
}

/// The order in which TopK is asked to give its results.
struct Order {
    axis: usize,
    descending: bool,
}

impl Order {
    fn greatest(axis: usize) -> Self {
        Self {
            axis,
            descending: true,
        }
    }
}

pub(super) fn top_k(cx: &mut Context<'_>, op: &ReduceDimOpIr) -> Result<(), ExportError> {
    ordered(
        cx,
        &op.input,
        &Order::greatest(op.axis),
        Some(&op.out),
        None,
    )
}

pub(super) fn arg_top_k(cx: &mut Context<'_>, op: &ReduceDimOpIr) -> Result<(), ExportError> {
    ordered(
        cx,
        &op.input,
        &Order::greatest(op.axis),
        None,
        Some(&op.out),
    )
}

pub(super) fn top_k_with_indices(
    cx: &mut Context<'_>,
    op: &TopKWithIndicesOpIr,
) -> Result<(), ExportError> {
    let order = Order::greatest(op.dim);
    ordered(cx, &op.tensor, &order, Some(&op.out), Some(&op.out_indices))
}

pub(super) fn sort(cx: &mut Context<'_>, op: &SortOpIr) -> Result<(), ExportError> {
    ordered(cx, &op.input, &order_of(op), Some(&op.out), None)
}

pub(super) fn arg_sort(cx: &mut Context<'_>, op: &SortOpIr) -> Result<(), ExportError> {
    ordered(cx, &op.input, &order_of(op), None, Some(&op.out))
}

fn order_of(op: &SortOpIr) -> Order {
    Order {
        axis: op.dim,
        descending: op.descending,
    }
}

pub(super) fn sort_with_indices(
    cx: &mut Context<'_>,
    op: &SortWithIndicesOpIr,
) -> Result<(), ExportError> {
    let order = Order {
        axis: op.dim,
        descending: op.descending,
    };
    ordered(cx, &op.input, &order, Some(&op.out), Some(&op.out_indices))
}

/// The first values of an axis in order, their positions, or both.
fn ordered(
    cx: &mut Context<'_>,
    input: &TensorIr,
    order: &Order,
    values: Option<&TensorIr>,
    indices: Option<&TensorIr>,
) -> Result<(), ExportError> {
    let Some(shape) = values.or(indices) else {
        return Ok(());
    };
    let source = cx.value(input)?;
    let element = cx.of(source).element;
    let dims = cx.type_of(shape)?.dims;
    let k = cx.shape_vector(&dims[order.axis..=order.axis])?;
    let attributes = vec![
        ("axis", Attribute::int(order.axis)),
        ("largest", Attribute::flag(order.descending)),
        ("sorted", Attribute::Int(1)),
    ];
    let of = vec![
        Type::new(element, dims.as_slice()),
        Type::new(Element::I64, dims),
    ];
    let found = cx.emit_all("TopK", vec![Some(source), Some(k)], attributes, of);
    if let Some(values) = values {
        cx.bind(values.id, found[0]);
    }
    if let Some(indices) = indices {
        let element = cx.type_of(indices)?.element;
        let positions = cast::to(cx, found[1], element);
        cx.bind(indices.id, positions);
    }
    Ok(())
}

pub(super) fn cum_sum(cx: &mut Context<'_>, op: &DimOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let axis = cx.constant(Constant {
        dims: Vec::new(),
        ..Constant::ints(&[op.axis as i64])
    });
    cx.define(&op.out, "CumSum", &[input, axis], Vec::new())
}
