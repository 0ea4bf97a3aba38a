//! Operators that read or write by position or by mask.

use burn::backend::ir::{
    GatherNdOpIr, GatherOpIr, MaskFillOpIr, MaskWhereOpIr, ScatterOpIr, SelectAssignOpIr,
    SelectOpIr, SliceAssignOpIr,
};
use burn::tensor::IndexingUpdateOp;

use super::context::Context;
use super::movement::{Cut, cut, cut_of, expand_to, reshape_to};
use crate::error::ExportError;
use crate::graph::{Attribute, Type, ValueId};
use crate::shape::{Dim, is_full};

pub(super) fn select(cx: &mut Context<'_>, op: &SelectOpIr) -> Result<(), ExportError> {
    let inputs = [cx.value(&op.tensor)?, cx.value(&op.indices)?];
    let axis = vec![("axis", Attribute::int(op.dim))];
    cx.define(&op.out, "Gather", &inputs, axis)
}

pub(super) fn gather(cx: &mut Context<'_>, op: &GatherOpIr) -> Result<(), ExportError> {
    let inputs = [cx.value(&op.tensor)?, cx.value(&op.indices)?];
    let axis = vec![("axis", Attribute::int(op.dim))];
    cx.define(&op.out, "GatherElements", &inputs, axis)
}

pub(super) fn gather_nd(cx: &mut Context<'_>, op: &GatherNdOpIr) -> Result<(), ExportError> {
    let data = cx.value(&op.data)?;
    let indices = cx.value(&op.indices)?;
    let indices = super::cast::to(cx, indices, crate::Element::I64);
    cx.define(&op.out, "GatherND", &[data, indices], Vec::new())
}

pub(super) fn scatter(cx: &mut Context<'_>, op: &ScatterOpIr) -> Result<(), ExportError> {
    adding_only(cx, &op.update)?;
    let inputs = [
        cx.value(&op.tensor)?,
        cx.value(&op.indices)?,
        cx.value(&op.value)?,
    ];
    cx.define(&op.out, "ScatterElements", &inputs, adding_along(op.dim))
}

pub(super) fn select_assign(
    cx: &mut Context<'_>,
    op: &SelectAssignOpIr,
) -> Result<(), ExportError> {
    adding_only(cx, &op.update)?;
    let (tensor, value) = (cx.value(&op.tensor)?, cx.value(&op.value)?);
    let target = cx.of(value).dims;
    let indices = cx.value(&op.indices)?;
    let mut column = vec![Dim::Fixed(1); target.len()];
    column[op.dim] = target[op.dim];
    let indices = reshape_to(cx, indices, &column)?;
    let indices = expand_to(cx, indices, &target)?;
    let inputs = [tensor, indices, value];
    cx.define(&op.out, "ScatterElements", &inputs, adding_along(op.dim))
}

fn adding_only(cx: &Context<'_>, update: &IndexingUpdateOp) -> Result<(), ExportError> {
    match update {
        IndexingUpdateOp::Add => Ok(()),
        other => Err(cx.form(format!("the update {other:?}"))),
    }
}

fn adding_along(dim: usize) -> Vec<(&'static str, Attribute)> {
    vec![
        ("axis", Attribute::int(dim)),
        ("reduction", Attribute::Text("add")),
    ]
}

pub(super) fn mask_where(cx: &mut Context<'_>, op: &MaskWhereOpIr) -> Result<(), ExportError> {
    let inputs = [
        cx.value(&op.mask)?,
        cx.value(&op.value)?,
        cx.value(&op.tensor)?,
    ];
    cx.define(&op.out, "Where", &inputs, Vec::new())
}

pub(super) fn mask_fill(cx: &mut Context<'_>, op: &MaskFillOpIr) -> Result<(), ExportError> {
    let (mask, tensor) = (cx.value(&op.mask)?, cx.value(&op.tensor)?);
    let element = cx.of(tensor).element;
    let value = cx.scalar(op.value, element)?;
    cx.define(&op.out, "Where", &[mask, value, tensor], Vec::new())
}

/// Puts `value` in place of a block: what lies before, the block, what lies after, axis by axis.
pub(super) fn slice_assign(cx: &mut Context<'_>, op: &SliceAssignOpIr) -> Result<(), ExportError> {
    let (tensor, value) = (cx.value(&op.tensor)?, cx.value(&op.value)?);
    let from = cx.of(tensor);
    let mut cuts = Vec::new();
    for (axis, range) in op.ranges.iter().enumerate() {
        if is_full(range, op.tensor.shape.as_slice()[axis]) {
            continue;
        }
        let fixed = from.dims[axis].fixed().filter(|_| range.step == 1);
        let Some((size, cut)) = fixed.zip(cut_of(axis, range, from.dims[axis])) else {
            return Err(cx.form("only contiguous ranges of fixed dimensions can be assigned"));
        };
        cuts.push((size, cut));
    }
    let assigned = assign(cx, tensor, value, &cuts);
    cx.bind(op.out.id, assigned);
    Ok(())
}

fn assign(cx: &mut Context<'_>, tensor: ValueId, value: ValueId, cuts: &[(usize, Cut)]) -> ValueId {
    let Some(((size, inner), rest)) = cuts.split_first() else {
        return value;
    };
    let whole = cx.of(tensor);
    let part = |cx: &mut Context<'_>, start: i64, end: i64| {
        let mut of = whole.clone();
        of.dims[inner.axis] = Dim::Fixed((end - start) as usize);
        let cuts = [Cut {
            start,
            end,
            ..*inner
        }];
        cut(cx, tensor, &cuts, of)
    };
    let mut parts = Vec::new();
    if inner.start > 0 {
        parts.push(part(cx, 0, inner.start));
    }
    let block = if rest.is_empty() {
        value
    } else {
        let block = part(cx, inner.start, inner.end);
        assign(cx, block, value, rest)
    };
    parts.push(block);
    if inner.end < *size as i64 {
        parts.push(part(cx, inner.end, *size as i64));
    }
    let axis = vec![("axis", Attribute::int(inner.axis))];
    cx.emit("Concat", &parts, axis, Type::new(whole.element, whole.dims))
}
