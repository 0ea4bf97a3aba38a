//! Convolutions and transposed convolutions in one, two and three dimensions.

use burn::backend::ir::{
    Conv1dOpIr, Conv2dOpIr, Conv3dOpIr, ConvTranspose1dOpIr, ConvTranspose2dOpIr,
    ConvTranspose3dOpIr, TensorIr,
};

use super::context::Context;
use crate::error::ExportError;
use crate::graph::{Attribute, Attributes, ValueId};

/// The tensors of a convolution.
struct Tensors<'a> {
    input: &'a TensorIr,
    weight: &'a TensorIr,
    bias: Option<&'a TensorIr>,
    out: &'a TensorIr,
}

/// How the window moves.
struct Window<'a> {
    stride: &'a [usize],
    before: Vec<usize>,
    after: Vec<usize>,
    dilation: &'a [usize],
    groups: usize,
}

impl Window<'_> {
    fn attributes(&self, weight: &TensorIr) -> Attributes {
        let kernel = weight.shape.as_slice()[2..].iter().copied();
        let pads = self.before.iter().chain(&self.after).copied();
        vec![
            ("dilations", Attribute::ints(self.dilation.iter().copied())),
            ("group", Attribute::int(self.groups)),
            ("kernel_shape", Attribute::ints(kernel)),
            ("pads", Attribute::ints(pads)),
            ("strides", Attribute::ints(self.stride.iter().copied())),
        ]
    }
}

fn inputs(cx: &mut Context<'_>, tensors: &Tensors<'_>) -> Result<Vec<ValueId>, ExportError> {
    let mut inputs = vec![cx.value(tensors.input)?, cx.value(tensors.weight)?];
    if let Some(bias) = tensors.bias {
        inputs.push(cx.value(bias)?);
    }
    Ok(inputs)
}

macro_rules! tensors {
    ($op:expr) => {
        Tensors {
            input: &$op.x,
            weight: &$op.weight,
            bias: $op.bias.as_ref(),
            out: &$op.out,
        }
    };
}

fn conv(
    cx: &mut Context<'_>,
    tensors: &Tensors<'_>,
    window: &Window<'_>,
) -> Result<(), ExportError> {
    let inputs = inputs(cx, tensors)?;
    let attributes = window.attributes(tensors.weight);
    cx.define(tensors.out, "Conv", &inputs, attributes)
}

fn transpose(
    cx: &mut Context<'_>,
    tensors: &Tensors<'_>,
    window: &Window<'_>,
    padding_out: &[usize],
) -> Result<(), ExportError> {
    let inputs = inputs(cx, tensors)?;
    let mut attributes = window.attributes(tensors.weight);
    attributes.push((
        "output_padding",
        Attribute::ints(padding_out.iter().copied()),
    ));
    cx.define(tensors.out, "ConvTranspose", &inputs, attributes)
}

pub(super) fn conv1d(cx: &mut Context<'_>, op: &Conv1dOpIr) -> Result<(), ExportError> {
    let options = &op.options;
    let window = Window {
        stride: &options.stride,
        before: options.padding.iter().map(|(before, _)| *before).collect(),
        after: options.padding.iter().map(|(_, after)| *after).collect(),
        dilation: &options.dilation,
        groups: options.groups,
    };
    conv(cx, &tensors!(op), &window)
}

pub(super) fn conv2d(cx: &mut Context<'_>, op: &Conv2dOpIr) -> Result<(), ExportError> {
    let options = &op.options;
    let window = Window {
        stride: &options.stride,
        before: options.padding.iter().map(|(before, _)| *before).collect(),
        after: options.padding.iter().map(|(_, after)| *after).collect(),
        dilation: &options.dilation,
        groups: options.groups,
    };
    conv(cx, &tensors!(op), &window)
}

/// The window of operators that pad both sides alike.
macro_rules! symmetric {
    ($options:expr) => {
        Window {
            stride: &$options.stride,
            before: $options.padding.to_vec(),
            after: $options.padding.to_vec(),
            dilation: &$options.dilation,
            groups: $options.groups,
        }
    };
}

pub(super) fn conv3d(cx: &mut Context<'_>, op: &Conv3dOpIr) -> Result<(), ExportError> {
    conv(cx, &tensors!(op), &symmetric!(op.options))
}

pub(super) fn transpose1d(
    cx: &mut Context<'_>,
    op: &ConvTranspose1dOpIr,
) -> Result<(), ExportError> {
    let window = symmetric!(op.options);
    transpose(cx, &tensors!(op), &window, &op.options.padding_out)
}

pub(super) fn transpose2d(
    cx: &mut Context<'_>,
    op: &ConvTranspose2dOpIr,
) -> Result<(), ExportError> {
    let window = symmetric!(op.options);
    transpose(cx, &tensors!(op), &window, &op.options.padding_out)
}

pub(super) fn transpose3d(
    cx: &mut Context<'_>,
    op: &ConvTranspose3dOpIr,
) -> Result<(), ExportError> {
    let window = symmetric!(op.options);
    transpose(cx, &tensors!(op), &window, &op.options.padding_out)
}
