//! Operators of float tensors: functions, powers, matrix products, sampling.

use burn::backend::ir::{
    BinaryOpIr, FloatOperationIr, GridSample2dOpIr, GridSamplePaddingModeIr, InterpolateModeIr,
    UnaryOpIr,
};

use super::cast::{cast, matmul};
use super::context::Context;
use super::lowerings;
use super::numeric::{binary, scalar, unary};
use crate::error::ExportError;
use crate::graph::Attribute;

lowerings!("Float", FloatOperationIr, |cx| {
    Exp(op) => "Exp", unary(cx, "Exp", op);
    Log(op) => "Log", unary(cx, "Log", op);
    Log1p(op) => "Add, Log", log1p(cx, op);
    Erf(op) => "Erf", unary(cx, "Erf", op);
    Sqrt(op) => "Sqrt", unary(cx, "Sqrt", op);
    Recip(op) => "Reciprocal", unary(cx, "Reciprocal", op);
    Powf(op) => "Pow", binary(cx, "Pow", op);
    PowfScalar(op) => "Pow", scalar(cx, "Pow", op);
    Hypot(op) => "Mul, Add, Sqrt", hypot(cx, op);
    Sin(op) => "Sin", unary(cx, "Sin", op);
    Cos(op) => "Cos", unary(cx, "Cos", op);
    Tan(op) => "Tan", unary(cx, "Tan", op);
    Sinh(op) => "Sinh", unary(cx, "Sinh", op);
    Cosh(op) => "Cosh", unary(cx, "Cosh", op);
    Tanh(op) => "Tanh", unary(cx, "Tanh", op);
    ArcSin(op) => "Asin", unary(cx, "Asin", op);
    ArcCos(op) => "Acos", unary(cx, "Acos", op);
    ArcTan(op) => "Atan", unary(cx, "Atan", op);
    ArcSinh(op) => "Asinh", unary(cx, "Asinh", op);
    ArcCosh(op) => "Acosh", unary(cx, "Acosh", op);
    ArcTanh(op) => "Atanh", unary(cx, "Atanh", op);
    Round(op) => "Round", unary(cx, "Round", op);
    Floor(op) => "Floor", unary(cx, "Floor", op);
    Ceil(op) => "Ceil", unary(cx, "Ceil", op);
    Trunc(op) => "Abs, Floor, Sign, Mul", trunc(cx, op);
    IntoInt(op) => "Cast", cast(cx, op);
    Matmul(op) => "MatMul", matmul(cx, op);
    GridSample2d(op) => "GridSample; nearest, bilinear", grid_sample(cx, op);
});

fn log1p(cx: &mut Context<'_>, op: &UnaryOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let of = cx.of(input);
    let one = cx.float(1.0, of.element)?;
    let sum = cx.emit("Add", &[input, one], Vec::new(), of);
    cx.define(&op.out, "Log", &[sum], Vec::new())
}

fn hypot(cx: &mut Context<'_>, op: &BinaryOpIr) -> Result<(), ExportError> {
    let (a, b) = (cx.value(&op.lhs)?, cx.value(&op.rhs)?);
    let (of_a, of_b) = (cx.of(a), cx.of(b));
    let a = cx.emit("Mul", &[a, a], Vec::new(), of_a);
    let b = cx.emit("Mul", &[b, b], Vec::new(), of_b);
    let of = cx.type_of(&op.out)?;
    let sum = cx.emit("Add", &[a, b], Vec::new(), of);
    cx.define(&op.out, "Sqrt", &[sum], Vec::new())
}

fn trunc(cx: &mut Context<'_>, op: &UnaryOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let of = cx.of(input);
    let size = cx.emit("Abs", &[input], Vec::new(), of.clone());
    let whole = cx.emit("Floor", &[size], Vec::new(), of.clone());
    let sign = cx.emit("Sign", &[input], Vec::new(), of);
    cx.define(&op.out, "Mul", &[whole, sign], Vec::new())
}

fn grid_sample(cx: &mut Context<'_>, op: &GridSample2dOpIr) -> Result<(), ExportError> {
    let mode = match op.options.mode {
        InterpolateModeIr::Nearest => "nearest",
        InterpolateModeIr::Bilinear => "bilinear",
        ref other => return Err(cx.form(format!("sampling with mode {other:?}"))),
    };
    let padding = match op.options.padding_mode {
        GridSamplePaddingModeIr::Zeros => "zeros",
        GridSamplePaddingModeIr::Border => "border",
        GridSamplePaddingModeIr::Reflection => "reflection",
    };
    let inputs = [cx.value(&op.tensor)?, cx.value(&op.grid)?];
    let attributes = vec![
        ("align_corners", Attribute::flag(op.options.align_corners)),
        ("mode", Attribute::Text(mode)),
        ("padding_mode", Attribute::Text(padding)),
    ];
    cx.define(&op.out, "GridSample", &inputs, attributes)
}
