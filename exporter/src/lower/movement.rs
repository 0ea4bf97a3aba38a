//! Operators that move numbers without changing them.

use burn::backend::ir::{
    CatOpIr, FlipOpIr, PadModeIr, PadOpIr, PermuteOpIr, RepeatDimOpIr, ScalarIr, ShapeOpIr,
    SliceOpIr, SwapDimsOpIr, TensorIr,
};
use burn::tensor::Slice;

use super::context::Context;
use crate::error::ExportError;
use crate::graph::{Attribute, Constant, Type, ValueId};
use crate::shape::{Dim, fixed};

pub(super) fn reshape(cx: &mut Context<'_>, op: &ShapeOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let dims = cx.type_of(&op.out)?.dims;
    let value = reshape_to(cx, input, &dims)?;
    cx.bind(op.out.id, value);
    Ok(())
}

/// Gives a value another shape with as many elements.
pub(super) fn reshape_to(
    cx: &mut Context<'_>,
    input: ValueId,
    dims: &[Dim],
) -> Result<ValueId, ExportError> {
    let from = cx.of(input);
    if from.dims == dims {
        return Ok(input);
    }
    let target = match reshape_target(&from.dims, dims) {
        Some(target) => cx.ints(&target),
        None => cx.shape_vector(dims)?,
    };
    let of = Type::new(from.element, dims);
    Ok(cx.emit("Reshape", &[input, target], Vec::new(), of))
}

/// A constant target for Reshape: 0 keeps a batch dimension in place, -1 infers one elsewhere.
pub(crate) fn reshape_target(from: &[Dim], to: &[Dim]) -> Option<Vec<i64>> {
    let mut inferred = false;
    let target = to.iter().enumerate().map(|(axis, dim)| match dim {
        Dim::Fixed(0) => None,
        Dim::Fixed(size) => Some(*size as i64),
        Dim::Batch(_) if from.get(axis) == Some(dim) => Some(0),
        Dim::Batch(_) if !inferred => {
            inferred = true;
            Some(-1)
        }
        Dim::Batch(_) => None,
    });
    target.collect()
}

pub(super) fn swap_dims(cx: &mut Context<'_>, op: &SwapDimsOpIr) -> Result<(), ExportError> {
    let mut order: Vec<usize> = (0..op.input.shape.as_slice().len()).collect();
    order.swap(op.dim1, op.dim2);
    transpose(cx, &op.input, &op.out, order)
}

pub(super) fn permute(cx: &mut Context<'_>, op: &PermuteOpIr) -> Result<(), ExportError> {
    transpose(cx, &op.input, &op.out, op.axes.clone())
}

fn transpose(
    cx: &mut Context<'_>,
    input: &TensorIr,
    out: &TensorIr,
    order: Vec<usize>,
) -> Result<(), ExportError> {
    let value = cx.value(input)?;
    if order.is_sorted() {
        cx.bind(out.id, value);
        return Ok(());
    }
    let order = vec![("perm", Attribute::ints(order))];
    cx.define(out, "Transpose", &[value], order)
}

pub(super) fn expand(cx: &mut Context<'_>, op: &ShapeOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let to = cx.type_of(&op.out)?;
    let value = expand_to(cx, input, &to.dims)?;
    cx.bind(op.out.id, value);
    Ok(())
}

/// Repeats dimensions of size one (and missing leading ones) up to the given shape.
pub(super) fn expand_to(
    cx: &mut Context<'_>,
    input: ValueId,
    dims: &[Dim],
) -> Result<ValueId, ExportError> {
    let from = cx.of(input);
    if from.dims == dims {
        return Ok(input);
    }
    // ONNX lets either side have size one, so dimensions that stay need not be known.
    let missing = dims.len() - from.rank();
    let target: Vec<Dim> = dims
        .iter()
        .enumerate()
        .map(|(axis, dim)| {
            let stays = axis >= missing && from.dims[axis - missing] == *dim;
            if stays { Dim::Fixed(1) } else { *dim }
        })
        .collect();
    let shape = cx.shape_vector(&target)?;
    let of = Type::new(from.element, dims);
    Ok(cx.emit("Expand", &[input, shape], Vec::new(), of))
}

pub(super) fn repeat_dim(cx: &mut Context<'_>, op: &RepeatDimOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.tensor)?;
    let (from, to) = (cx.of(input), cx.type_of(&op.out)?);
    let times = match (from.dims[op.dim], to.dims[op.dim]) {
        (Dim::Fixed(1), _) => {
            let value = expand_to(cx, input, &to.dims)?;
            cx.bind(op.out.id, value);
            return Ok(());
        }
        (Dim::Fixed(a), Dim::Fixed(b)) if a > 0 => Dim::Fixed(b / a),
        (Dim::Batch(a), Dim::Batch(b)) => Dim::Fixed(b / a),
        (Dim::Fixed(a), Dim::Batch(b)) if a > 0 && b % a == 0 => Dim::Batch(b / a),
        (a, b) => return Err(cx.form(format!("repeating {a} to {b}"))),
    };
    let mut repeats = vec![Dim::Fixed(1); from.rank()];
    repeats[op.dim] = times;
    let repeats = cx.shape_vector(&repeats)?;
    cx.define(&op.out, "Tile", &[input, repeats], Vec::new())
}

pub(super) fn cat(cx: &mut Context<'_>, op: &CatOpIr) -> Result<(), ExportError> {
    let parts = op.tensors.iter().map(|tensor| cx.value(tensor));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    if let [only] = parts.as_slice() {
        cx.bind(op.out.id, *only);
        return Ok(());
    }
    let axis = vec![("axis", Attribute::int(op.dim))];
    cx.define(&op.out, "Concat", &parts, axis)
}

pub(super) fn flip(cx: &mut Context<'_>, op: &FlipOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let of = cx.type_of(&op.out)?;
    let cuts: Vec<Cut> = op
        .axes
        .iter()
        .map(|axis| Cut {
            axis: *axis,
            start: -1,
            end: i64::MIN,
            step: -1,
        })
        .collect();
    let value = cut(cx, input, &cuts, of);
    cx.bind(op.out.id, value);
    Ok(())
}

pub(super) fn slice(cx: &mut Context<'_>, op: &SliceOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.tensor)?;
    let from = cx.of(input);
    let cuts = op.ranges.iter().enumerate().filter_map(|(axis, range)| {
        let taken = op.tensor.shape.as_slice()[axis];
        if crate::shape::is_full(range, taken) {
            return None;
        }
        Some(cut_of(axis, range, from.dims[axis]))
    });
    let cuts: Option<Vec<Cut>> = cuts.collect();
    let Some(cuts) = cuts else {
        return Err(cx.form("a backward or end-relative range along the batch"));
    };
    let of = cx.type_of(&op.out)?;
    let value = cut(cx, input, &cuts, of);
    cx.bind(op.out.id, value);
    Ok(())
}

/// A part of one axis, in the terms of ONNX Slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) axis: usize,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) step: i64,
}

/// Takes parts of axes.
pub(super) fn cut(cx: &mut Context<'_>, input: ValueId, cuts: &[Cut], of: Type) -> ValueId {
    if cuts.is_empty() {
        return input;
    }
    let mut column = |field: fn(&Cut) -> i64| {
        let values: Vec<i64> = cuts.iter().map(field).collect();
        cx.ints(&values)
    };
    let starts = column(|cut| cut.start);
    let ends = column(|cut| cut.end);
    let axes = column(|cut| cut.axis as i64);
    let steps = column(|cut| cut.step);
    cx.emit("Slice", &[input, starts, ends, axes, steps], Vec::new(), of)
}

/// burn takes the range first and walks it backwards for a negative step; ONNX names the first
/// element and the one before the last.
pub(super) fn cut_of(axis: usize, range: &Slice, dim: Dim) -> Option<Cut> {
    let (start, end) = match dim {
        Dim::Fixed(size) => {
            let size = size as isize;
            let absolute = |at: isize| if at < 0 { at + size } else { at }.clamp(0, size);
            (absolute(range.start), absolute(range.end.unwrap_or(size)))
        }
        Dim::Batch(_) if range.start < 0 || range.step < 0 => return None,
        Dim::Batch(_) => (range.start, range.end.unwrap_or(isize::MAX)),
    };
    let (start, end) = if range.step > 0 {
        (start as i64, end as i64)
    } else if start == 0 {
        (end as i64 - 1, i64::MIN)
    } else {
        (end as i64 - 1, start as i64 - 1)
    };
    Some(Cut {
        axis,
        start,
        end,
        step: range.step as i64,
    })
}

pub(super) fn pad(cx: &mut Context<'_>, op: &PadOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let element = cx.of(input).element;
    let before = op.padding.iter().map(|(before, _)| *before as i64);
    let after = op.padding.iter().map(|(_, after)| *after as i64);
    let pads = cx.ints(&before.chain(after).collect::<Vec<_>>());
    let mut inputs = vec![input, pads];
    let mode = match op.mode {
        PadModeIr::Constant(value) => {
            inputs.push(cx.scalar(value, element)?);
            "constant"
        }
        PadModeIr::Reflect => "reflect",
        PadModeIr::Edge => "edge",
    };
    let mode = vec![("mode", Attribute::Text(mode))];
    cx.define(&op.out, "Pad", &inputs, mode)
}

/// A tensor with the same value everywhere.
pub(super) fn fill(
    cx: &mut Context<'_>,
    out: &TensorIr,
    value: ScalarIr,
) -> Result<(), ExportError> {
    let of = cx.type_of(out)?;
    let scalar = cx.scalar_constant(value, of.element)?;
    let filled = match fixed(&of.dims) {
        Some(dims) => {
            let bytes = scalar.bytes.repeat(dims.iter().product());
            cx.constant(Constant {
                element: of.element,
                dims,
                bytes,
            })
        }
        None => {
            let scalar = cx.constant(scalar);
            expand_to(cx, scalar, &of.dims)?
        }
    };
    cx.bind(out.id, filled);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_stays_in_place_is_kept_and_one_that_moves_is_inferred() {
        let (n, c) = (Dim::Batch(1), Dim::Fixed);
        assert_eq!(
            reshape_target(&[n, c(6)], &[n, c(2), c(3)]),
            Some(vec![0, 2, 3])
        );
        assert_eq!(reshape_target(&[n, c(6)], &[c(6), n]), Some(vec![6, -1]));
        assert_eq!(reshape_target(&[n, c(6)], &[Dim::Batch(6)]), Some(vec![-1]));
        assert_eq!(
            reshape_target(&[Dim::Batch(4), n], &[n, Dim::Batch(4)]),
            None
        );
    }

    #[test]
    fn backward_ranges_start_at_their_last_element() {
        let range = Slice {
            start: 1,
            end: Some(4),
            step: -1,
        };
        let cut = cut_of(0, &range, Dim::Fixed(6));
        assert_eq!(
            cut,
            Some(Cut {
                axis: 0,
                start: 3,
                end: 0,
                step: -1
            })
        );
        let all = Slice {
            start: 0,
            end: None,
            step: -2,
        };
        let cut = cut_of(2, &all, Dim::Fixed(6));
        assert_eq!(
            cut,
            Some(Cut {
                axis: 2,
                start: 5,
                end: i64::MIN,
                step: -2
            })
        );
        assert_eq!(cut_of(0, &all, Dim::Batch(1)), None);
    }
}
