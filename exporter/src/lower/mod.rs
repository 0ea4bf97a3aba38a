//! From recorded burn operations to ONNX nodes, one file per family of operators.
//!
//! Each family declares its lowerings in one table ([`lowerings!`]), which makes both the dispatch
//! and the list of operators in `OPERATORS.md`.

mod activation;
mod attention;
mod base;
mod cast;
mod context;
mod conv;
mod float;
mod index;
mod module;
mod movement;
mod numeric;
mod pool;
mod reduce;
mod resize;

use burn::backend::ir::OperationIr;

use self::context::Context;
pub(crate) use self::movement::reshape_target;
use crate::capture::{InputSpec, OutputSpec};
use crate::error::ExportError;
use crate::graph::{Graph, Type, ValueId};
use crate::operators::Operator;
use crate::shape::{Dim, SymbolicTrace};

/// Declares the lowerings of one family: burn operator, the ONNX operators it becomes, and how.
macro_rules! lowerings {
    ($family:literal, $ir:ident, |$cx:ident| {
        $($variant:ident($op:pat) => $onnx:literal, $body:expr;)*
    }) => {
        /// The operators of this family that have a lowering.
        pub(in crate::lower) const OPERATORS: &[crate::operators::Operator] = &[$(
            crate::operators::Operator {
                family: $family,
                burn: stringify!($variant),
                onnx: $onnx,
            },
        )*];

        /// Lowers one operator of this family.
        pub(in crate::lower) fn lower(
            $cx: &mut crate::lower::context::Context<'_>,
            operation: &$ir,
        ) -> Result<(), crate::error::ExportError> {
            match operation {
                $($ir::$variant($op) => $body,)*
                #[allow(unreachable_patterns, reason = "a family may be lowered completely")]
                _ => Err($cx.unsupported()),
            }
        }
    };
}
use lowerings;

/// Every operator that has a lowering, by family.
pub(crate) fn operators() -> impl Iterator<Item = &'static Operator> {
    let families = [
        base::OPERATORS,
        numeric::OPERATORS,
        float::OPERATORS,
        cast::int::OPERATORS,
        cast::bool::OPERATORS,
        activation::OPERATORS,
        module::OPERATORS,
    ];
    families.into_iter().flatten()
}

/// Lowers a whole trace.
pub(crate) fn lower(trace: &SymbolicTrace, inputs: &[InputSpec]) -> Result<Graph, ExportError> {
    let mut cx = Context::new(trace);
    for (spec, tensor) in inputs.iter().zip(&trace.inputs) {
        let mut dims = vec![Dim::Batch(1)];
        dims.extend(spec.shape.iter().copied().map(Dim::Fixed));
        let value = cx.graph.add(Type::new(spec.element, dims));
        cx.graph.values[value.0].label = Some(spec.name.clone());
        cx.graph.inputs.push(value);
        cx.bind(*tensor, value);
    }
    for (index, operation) in &trace.operations {
        cx.enter(*index, operation);
        lower_operation(&mut cx, operation)?;
    }
    for output in &trace.outputs {
        let value = output_value(&mut cx, output)?;
        cx.graph.outputs.push((output.name.clone(), value));
    }
    Ok(cx.graph)
}

fn lower_operation(cx: &mut Context<'_>, operation: &OperationIr) -> Result<(), ExportError> {
    match operation {
        OperationIr::BaseFloat(op) | OperationIr::BaseInt(op) | OperationIr::BaseBool(op) => {
            base::lower(cx, op)
        }
        OperationIr::NumericFloat(_, op) | OperationIr::NumericInt(_, op) => numeric::lower(cx, op),
        OperationIr::Float(_, op) => float::lower(cx, op),
        OperationIr::Int(op) => cast::int::lower(cx, op),
        OperationIr::Bool(op) => cast::bool::lower(cx, op),
        OperationIr::Activation(op) => activation::lower(cx, op),
        OperationIr::Module(op) => module::lower(cx, op),
        OperationIr::Init(_) | OperationIr::Drop(_) => Ok(()),
        OperationIr::Custom(_) | OperationIr::Distributed(_) => Err(cx.unsupported()),
    }
}

/// The value of an output, repeated for each sample where that was asked for.
fn output_value(cx: &mut Context<'_>, output: &OutputSpec) -> Result<ValueId, ExportError> {
    let value = cx.value_of(output.tensor)?;
    if !output.per_sample {
        return Ok(value);
    }
    let of = cx.of(value);
    if of.dims.iter().any(|dim| dim.fixed().is_none()) {
        return Err(ExportError::Name {
            name: output.name.clone(),
            role: "a per-sample output",
            reason: "its tensor depends on the batch already",
        });
    }
    let mut dims = vec![Dim::Batch(1)];
    dims.extend(of.dims);
    let shape = cx.shape_vector(&dims)?;
    let of = Type::new(of.element, dims);
    Ok(cx.emit("Expand", &[value, shape], Vec::new(), of))
}
