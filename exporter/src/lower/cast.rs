//! Changes of element type, and the operators of integer and truth tensors.

use burn::backend::ir::{CastOpIr, MatmulOpIr};

use super::context::Context;
use crate::element::Element;
use crate::error::ExportError;
use crate::graph::{Attribute, Type, ValueId};

/// Lowers a change of element type.
pub(super) fn cast(cx: &mut Context<'_>, op: &CastOpIr) -> Result<(), ExportError> {
    let input = cx.value(&op.input)?;
    let element = cx.type_of(&op.out)?.element;
    let value = to(cx, input, element);
    cx.bind(op.out.id, value);
    Ok(())
}

/// Gives a value another element type.
pub(super) fn to(cx: &mut Context<'_>, input: ValueId, element: Element) -> ValueId {
    let from = cx.of(input);
    if from.element == element {
        return input;
    }
    let target = vec![("to", Attribute::Int(element.data_type() as i64))];
    cx.emit("Cast", &[input], target, Type::new(element, from.dims))
}

pub(super) fn matmul(cx: &mut Context<'_>, op: &MatmulOpIr) -> Result<(), ExportError> {
    let inputs = [cx.value(&op.lhs)?, cx.value(&op.rhs)?];
    cx.define(&op.out, "MatMul", &inputs, Vec::new())
}

/// Operators of integer tensors.
pub(super) mod int {
    use burn::backend::ir::IntOperationIr;

    use crate::lower::cast::{cast, matmul};
    use crate::lower::lowerings;

    lowerings!("Int", IntOperationIr, |cx| {
        IntoFloat(op) => "Cast", cast(cx, op);
        Matmul(op) => "MatMul", matmul(cx, op);
    });
}

/// Operators of truth tensors.
pub(super) mod bool {
    use burn::backend::ir::BoolOperationIr;

    use crate::lower::cast::cast;
    use crate::lower::lowerings;
    use crate::lower::numeric::{binary, unary};

    lowerings!("Bool", BoolOperationIr, |cx| {
        IntoFloat(op) => "Cast", cast(cx, op);
        IntoInt(op) => "Cast", cast(cx, op);
        Not(op) => "Not", unary(cx, "Not", op);
        And(op) => "And", binary(cx, "And", op);
        Or(op) => "Or", binary(cx, "Or", op);
        Xor(op) => "Xor", binary(cx, "Xor", op);
    });
}
