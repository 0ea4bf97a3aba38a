//! Scaled dot-product attention, written out.
//!
//! As burn computes it: `softmax(Q Kᵗ scale) V` with an optional soft cap, masks (true hides) and
//! an additive bias; a row that is wholly hidden attends to nothing and gives zeros.

use burn::backend::ir::{AttentionOpIr, ScalarIr};

use super::context::Context;
use crate::element::Element;
use crate::error::ExportError;
use crate::graph::{Attribute, Constant, Type, ValueId};
use crate::shape::Dim;

pub(super) fn attention(cx: &mut Context<'_>, op: &AttentionOpIr) -> Result<(), ExportError> {
    let (query, key) = (cx.value(&op.query)?, cx.value(&op.key)?);
    let (of_query, of_key) = (cx.of(query), cx.of(key));
    let element = of_query.element;
    let mut dims = of_query.dims.clone();
    dims[3] = of_key.dims[2];
    let of = Type::new(element, dims);

    let scale = scale(cx, op)?;
    let mut scores = products(cx, [query, key], &of_key, &of, scale)?;
    if let Some(cap) = op.options.softcap {
        let cap = cx.scalar(cap, element)?;
        let scaled = cx.emit("Div", &[scores, cap], Vec::new(), of.clone());
        let bent = cx.emit("Tanh", &[scaled], Vec::new(), of.clone());
        scores = cx.emit("Mul", &[bent, cap], Vec::new(), of.clone());
    }
    let mut hides = false;
    if let Some(mask) = &op.mask {
        let mask = cx.value(mask)?;
        scores = hide(cx, scores, mask, &of)?;
        hides = true;
    }
    if op.options.is_causal {
        let mask = causal_mask(cx, &of)?;
        scores = hide(cx, scores, mask, &of)?;
        hides = true;
    }
    if let Some(bias) = &op.attn_bias {
        let bias = cx.value(bias)?;
        scores = cx.emit("Add", &[scores, bias], Vec::new(), of.clone());
        hides = true;
    }
    let weights = if hides {
        guarded_softmax(cx, scores, &of)?
    } else {
        let axis = vec![("axis", Attribute::Int(-1))];
        cx.emit("Softmax", &[scores], axis, of)
    };
    let value = cx.value(&op.value)?;
    cx.define(&op.out, "MatMul", &[weights, value], Vec::new())
}

fn scale(cx: &mut Context<'_>, op: &AttentionOpIr) -> Result<ScalarIr, ExportError> {
    let width = *op.query.shape.as_slice().last().unwrap_or(&0);
    if width == 0 {
        return Err(cx.form("queries without width"));
    }
    let usual = ScalarIr::Float(1.0 / (width as f64).sqrt());
    Ok(op.options.scale.unwrap_or(usual))
}

fn products(
    cx: &mut Context<'_>,
    [query, key]: [ValueId; 2],
    of_key: &Type,
    of: &Type,
    scale: ScalarIr,
) -> Result<ValueId, ExportError> {
    let mut turned = of_key.clone();
    turned.dims.swap(2, 3);
    let order = vec![("perm", Attribute::ints([0, 1, 3, 2]))];
    let key = cx.emit("Transpose", &[key], order, turned);
    let raw = cx.emit("MatMul", &[query, key], Vec::new(), of.clone());
    let scale = cx.scalar(scale, of.element)?;
    Ok(cx.emit("Mul", &[raw, scale], Vec::new(), of.clone()))
}

fn hide(
    cx: &mut Context<'_>,
    scores: ValueId,
    mask: ValueId,
    of: &Type,
) -> Result<ValueId, ExportError> {
    let never = cx.float(f64::NEG_INFINITY, of.element)?;
    Ok(cx.emit("Where", &[mask, never, scores], Vec::new(), of.clone()))
}

/// True where a key lies in the future of a query, both ending at the same time.
fn causal_mask(cx: &mut Context<'_>, of: &Type) -> Result<ValueId, ExportError> {
    let [Dim::Fixed(queries), Dim::Fixed(keys)] = of.dims[2..] else {
        return Err(cx.form("a causal mask along the batch"));
    };
    let cells = (0..queries).flat_map(|row| (0..keys).map(move |column| (row, column)));
    let future = cells.map(|(row, column)| u8::from(column + queries > row + keys));
    let bytes = future.collect();
    Ok(cx.constant(Constant {
        element: Element::Bool,
        dims: vec![queries, keys],
        bytes,
    }))
}

/// A softmax whose result is zero, not NaN, where every score is minus infinity.
fn guarded_softmax(
    cx: &mut Context<'_>,
    scores: ValueId,
    of: &Type,
) -> Result<ValueId, ExportError> {
    let (least, tiny) = match of.element {
        Element::F64 => (f64::MIN, f64::MIN_POSITIVE),
        Element::F16 => (-65504.0, 6.103_515_625e-5),
        _ => (f64::from(f32::MIN), f64::from(f32::MIN_POSITIVE)),
    };
    let mut row = of.clone();
    row.dims[3] = Dim::Fixed(1);
    let (least, tiny) = (cx.float(least, of.element)?, cx.float(tiny, of.element)?);
    let (axes, keep) = (cx.ints(&[3]), vec![("keepdims", Attribute::Int(1))]);
    let peak = cx.emit("ReduceMax", &[scores, axes], keep.clone(), row.clone());
    let peak = cx.emit("Max", &[peak, least], Vec::new(), row.clone());
    let lowered = cx.emit("Sub", &[scores, peak], Vec::new(), of.clone());
    let powers = cx.emit("Exp", &[lowered], Vec::new(), of.clone());
    let sum = cx.emit("ReduceSum", &[powers, axes], keep, row.clone());
    let sum = cx.emit("Max", &[sum, tiny], Vec::new(), row);
    Ok(cx.emit("Div", &[powers, sum], Vec::new(), of.clone()))
}
