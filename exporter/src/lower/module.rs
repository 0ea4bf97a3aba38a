//! Operators of neural network layers; convolutions, pooling, resizing and attention have files
//! of their own. burn records a linear layer as a product and a sum, which simplification joins.

use burn::backend::ir::{BatchNormOpIr, EmbeddingOpIr, LayerNormOpIr, ModuleOperationIr};

use super::context::Context;
use super::{attention, conv, lowerings, pool, resize};
use crate::error::ExportError;
use crate::graph::Attribute;

lowerings!("Module", ModuleOperationIr, |cx| {
    Embedding(op) => "Gather", embedding(cx, op);
    BatchNorm(op) => "BatchNormalization", batch_norm(cx, op);
    LayerNorm(op) => "LayerNormalization", layer_norm(cx, op);
    Conv1d(op) => "Conv", conv::conv1d(cx, op);
    Conv2d(op) => "Conv", conv::conv2d(cx, op);
    Conv3d(op) => "Conv", conv::conv3d(cx, op);
    ConvTranspose1d(op) => "ConvTranspose", conv::transpose1d(cx, op);
    ConvTranspose2d(op) => "ConvTranspose", conv::transpose2d(cx, op);
    ConvTranspose3d(op) => "ConvTranspose", conv::transpose3d(cx, op);
    MaxPool1d(op) => "MaxPool", pool::max1d(cx, op);
    MaxPool2d(op) => "MaxPool", pool::max2d(cx, op);
    AvgPool1d(op) => "AveragePool", pool::avg1d(cx, op);
    AvgPool2d(op) => "AveragePool", pool::avg2d(cx, op);
    AdaptiveAvgPool1d(op) => "GlobalAveragePool, AveragePool or MatMul", pool::adaptive1d(cx, op);
    AdaptiveAvgPool2d(op) => "GlobalAveragePool, AveragePool or MatMul", pool::adaptive2d(cx, op);
    Interpolate(op) => "Resize; nearest, bilinear, bicubic", resize::interpolate(cx, op);
    Attention(op) => "MatMul, Softmax and arithmetic", attention::attention(cx, op);
});

fn embedding(cx: &mut Context<'_>, op: &EmbeddingOpIr) -> Result<(), ExportError> {
    let inputs = [cx.value(&op.weights)?, cx.value(&op.indices)?];
    let axis = vec![("axis", Attribute::Int(0))];
    cx.define(&op.out, "Gather", &inputs, axis)
}

fn batch_norm(cx: &mut Context<'_>, op: &BatchNormOpIr) -> Result<(), ExportError> {
    let inputs = [
        cx.value(&op.x)?,
        cx.value(&op.gamma)?,
        cx.value(&op.beta)?,
        cx.value(&op.mean)?,
        cx.value(&op.variance)?,
    ];
    let epsilon = vec![("epsilon", Attribute::Float(op.epsilon.elem()))];
    cx.define(&op.out, "BatchNormalization", &inputs, epsilon)
}

fn layer_norm(cx: &mut Context<'_>, op: &LayerNormOpIr) -> Result<(), ExportError> {
    let mut inputs = vec![cx.value(&op.input)?, cx.value(&op.gamma)?];
    if let Some(beta) = &op.beta {
        inputs.push(cx.value(beta)?);
    }
    let attributes = vec![
        ("axis", Attribute::Int(-1)),
        ("epsilon", Attribute::Float(op.epsilon.elem())),
    ];
    cx.define(&op.out, "LayerNormalization", &inputs, attributes)
}
