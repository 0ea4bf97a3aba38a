//! Activation functions.

use burn::backend::ir::{
    ActivationOperationIr, BinaryOpIr, DimOpIr, HardSigmoidOpIr, ScalarOpIr, UnaryOpIr,
};

use super::context::Context;
use super::numeric::unary;
use super::{lowerings, movement};
use crate::error::ExportError;
use crate::graph::Attribute;
use crate::shape::Dim;

lowerings!("Activation", ActivationOperationIr, |cx| {
    Relu(op) => "Relu", unary(cx, "Relu", op);
    LeakyRelu(op) => "LeakyRelu", leaky_relu(cx, op);
    PRelu(op) => "PRelu", prelu(cx, op);
    Gelu(op) => "Div, Erf, Add, Mul", gelu(cx, op);
    Sigmoid(op) => "Sigmoid", unary(cx, "Sigmoid", op);
    HardSigmoid(op) => "HardSigmoid", hard_sigmoid(cx, op);
    LogSigmoid(op) => "Neg, Softplus", log_sigmoid(cx, op);
    Softmax(op) => "Softmax", softmax(cx, "Softmax", op);
    LogSoftmax(op) => "LogSoftmax", softmax(cx, "LogSoftmax", op);
    Softmin(op) => "Neg, Softmax", softmin(cx, op);
});

fn leaky_relu(cx: &mut Context<'_>, op: &ScalarOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.lhs)?;
    let slope = vec![("alpha", Attribute::Float(op.rhs.elem()))];
    cx.define(&op.out, "LeakyRelu", &[input], slope)
}

/// burn's slopes are per channel, `[C]`; ONNX broadcasts from the last axis, so `[C, 1, ..]`.
fn prelu(cx: &mut Context<'_>, op: &BinaryOpIr) -> Result<(), ExportError> {
    let (input, slope) = (cx.value(&op.lhs)?, cx.value(&op.rhs)?);
    let mut dims = cx.of(slope).dims;
    if dims.len() == 1 && dims != [Dim::Fixed(1)] {
        dims.resize(cx.of(input).rank() - 1, Dim::Fixed(1));
    }
    let slope = movement::reshape_to(cx, slope, &dims)?;
    cx.define(&op.out, "PRelu", &[input, slope], Vec::new())
}

/// `x * (1 + erf(x / sqrt 2)) / 2`, in the order that runtimes recognise and fuse.
fn gelu(cx: &mut Context<'_>, op: &UnaryOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let of = cx.of(input);
    let root = cx.float(std::f64::consts::SQRT_2, of.element)?;
    let (one, half) = (cx.float(1.0, of.element)?, cx.float(0.5, of.element)?);
    let scaled = cx.emit("Div", &[input, root], Vec::new(), of.clone());
    let erf = cx.emit("Erf", &[scaled], Vec::new(), of.clone());
    let sum = cx.emit("Add", &[erf, one], Vec::new(), of.clone());
    let product = cx.emit("Mul", &[input, sum], Vec::new(), of);
    cx.define(&op.out, "Mul", &[product, half], Vec::new())
}

fn hard_sigmoid(cx: &mut Context<'_>, op: &HardSigmoidOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.tensor)?;
    let attributes = vec![
        ("alpha", Attribute::Float(op.alpha.elem())),
        ("beta", Attribute::Float(op.beta.elem())),
    ];
    cx.define(&op.out, "HardSigmoid", &[input], attributes)
}

/// `log sigmoid(x) = -softplus(-x)`, which does not overflow.
fn log_sigmoid(cx: &mut Context<'_>, op: &UnaryOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let of = cx.of(input);
    let negative = cx.emit("Neg", &[input], Vec::new(), of.clone());
    let soft = cx.emit("Softplus", &[negative], Vec::new(), of);
    cx.define(&op.out, "Neg", &[soft], Vec::new())
}

fn softmax(cx: &mut Context<'_>, operator: &'static str, op: &DimOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let axis = vec![("axis", Attribute::int(op.axis))];
    cx.define(&op.out, operator, &[input], axis)
}

fn softmin(cx: &mut Context<'_>, op: &DimOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let of = cx.of(input);
    let negative = cx.emit("Neg", &[input], Vec::new(), of);
    let axis = vec![("axis", Attribute::int(op.axis))];
    cx.define(&op.out, "Softmax", &[negative], axis)
}
