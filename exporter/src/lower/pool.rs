//! Pooling over windows, and over windows chosen to reach an output size.

use burn::backend::ir::{
    AdaptiveAvgPool1dOpIr, AdaptiveAvgPool2dOpIr, AvgPool1dOpIr, AvgPool2dOpIr, MaxPool1dOpIr,
    MaxPool2dOpIr, TensorIr,
};

use super::context::Context;
use crate::element::Element;
use crate::error::ExportError;
use crate::graph::{Attribute, Attributes, Constant, Type};
use crate::shape::Dim;

/// Attributes that both kinds of pooling share.
fn window(kernel: &[usize], stride: &[usize], padding: &[usize], ceil: bool) -> Attributes {
    let pads = padding.iter().chain(padding).copied();
    vec![
        ("ceil_mode", Attribute::flag(ceil)),
        ("kernel_shape", Attribute::ints(kernel.iter().copied())),
        ("pads", Attribute::ints(pads)),
        ("strides", Attribute::ints(stride.iter().copied())),
    ]
}

fn max(
    cx: &mut Context<'_>,
    [input, out]: [&TensorIr; 2],
    mut attributes: Attributes,
    dilation: &[usize],
) -> Result<(), ExportError> {
    let input = cx.value(input)?;
    let dilations = Attribute::ints(dilation.iter().copied());
    attributes.push(("dilations", dilations));
    cx.define(out, "MaxPool", &[input], attributes)
}

pub(super) fn max1d(cx: &mut Context<'_>, op: &MaxPool1dOpIr) -> Result<(), ExportError> {
    let attributes = window(&[op.kernel_size], &[op.stride], &[op.padding], op.ceil_mode);
    max(cx, [&op.x, &op.out], attributes, &[op.dilation])
}

pub(super) fn max2d(cx: &mut Context<'_>, op: &MaxPool2dOpIr) -> Result<(), ExportError> {
    let attributes = window(&op.kernel_size, &op.stride, &op.padding, op.ceil_mode);
    max(cx, [&op.x, &op.out], attributes, &op.dilation)
}

fn avg(
    cx: &mut Context<'_>,
    [input, out]: [&TensorIr; 2],
    mut attributes: Attributes,
    count_pad: bool,
) -> Result<(), ExportError> {
    let input = cx.value(input)?;
    attributes.push(("count_include_pad", Attribute::flag(count_pad)));
    cx.define(out, "AveragePool", &[input], attributes)
}

pub(super) fn avg1d(cx: &mut Context<'_>, op: &AvgPool1dOpIr) -> Result<(), ExportError> {
    let attributes = window(&[op.kernel_size], &[op.stride], &[op.padding], op.ceil_mode);
    avg(cx, [&op.x, &op.out], attributes, op.count_include_pad)
}

pub(super) fn avg2d(cx: &mut Context<'_>, op: &AvgPool2dOpIr) -> Result<(), ExportError> {
    let attributes = window(&op.kernel_size, &op.stride, &op.padding, op.ceil_mode);
    avg(cx, [&op.x, &op.out], attributes, op.count_include_pad)
}

pub(super) fn adaptive1d(
    cx: &mut Context<'_>,
    op: &AdaptiveAvgPool1dOpIr,
) -> Result<(), ExportError> {
    adaptive(cx, &op.x, &op.out, &[op.output_size])
}

pub(super) fn adaptive2d(
    cx: &mut Context<'_>,
    op: &AdaptiveAvgPool2dOpIr,
) -> Result<(), ExportError> {
    adaptive(cx, &op.x, &op.out, &op.output_size)
}

fn adaptive(
    cx: &mut Context<'_>,
    input: &TensorIr,
    out: &TensorIr,
    target: &[usize],
) -> Result<(), ExportError> {
    let value = cx.value(input)?;
    let of = cx.of(value);
    let Some(sizes) = crate::shape::fixed(&of.dims[2..]) else {
        return Err(cx.form("pooling over the batch"));
    };
    if target.iter().all(|size| *size == 1) {
        return cx.define(out, "GlobalAveragePool", &[value], Vec::new());
    }
    if sizes
        .iter()
        .zip(target)
        .all(|(size, wanted)| size % wanted == 0)
    {
        let kernel: Vec<usize> = sizes.iter().zip(target).map(|(a, b)| a / b).collect();
        let attributes = window(&kernel, &kernel, &vec![0; kernel.len()], false);
        return cx.define(out, "AveragePool", &[value], attributes);
    }
    if of.element != Element::F32 {
        return Err(cx.form(format!("uneven windows over {}", of.element)));
    }
    uneven(cx, value, out, &sizes, target)
}

/// Windows of unequal size as products with averaging matrices, one per axis.
fn uneven(
    cx: &mut Context<'_>,
    value: crate::graph::ValueId,
    out: &TensorIr,
    sizes: &[usize],
    target: &[usize],
) -> Result<(), ExportError> {
    let mut of: Type = cx.of(value);
    let last = sizes.len() - 1;
    let columns = averaging(sizes[last], target[last]);
    let columns = cx.constant(Constant::floats(&[sizes[last], target[last]], &columns));
    of.dims[last + 2] = Dim::Fixed(target[last]);
    let [rows] = target[..last] else {
        return cx.define(out, "MatMul", &[value, columns], Vec::new());
    };
    let narrow = cx.emit("MatMul", &[value, columns], Vec::new(), of);
    let matrix = transposed(&averaging(sizes[0], rows), sizes[0], rows);
    let matrix = cx.constant(Constant::floats(&[rows, sizes[0]], &matrix));
    cx.define(out, "MatMul", &[matrix, narrow], Vec::new())
}

/// Row-major `[size, target]` weights that average window `floor(i s/t) .. ceil((i+1) s/t)`.
fn averaging(size: usize, target: usize) -> Vec<f32> {
    let mut weights = vec![0.0; size * target];
    for window in 0..target {
        let start = window * size / target;
        let end = ((window + 1) * size).div_ceil(target);
        for at in start..end {
            weights[at * target + window] = 1.0 / (end - start) as f32;
        }
    }
    weights
}

fn transposed(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let cells = (0..columns).flat_map(|column| (0..rows).map(move |row| (row, column)));
    cells
        .map(|(row, column)| matrix[row * columns + column])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_averaging_window_weighs_one() {
        for (size, target) in [(5, 3), (7, 2), (3, 5), (9, 4)] {
            let weights = averaging(size, target);
            for window in 0..target {
                let column = (0..size).map(|row| weights[row * target + window]);
                let sum: f32 = column.sum();
                assert!((sum - 1.0).abs() < 1e-6, "{size} to {target}: {sum}");
            }
        }
    }
}
