//! The operators of burn that this crate can export, as a table for people.
//!
//! The rows come from the lowerings themselves, so the page cannot claim more than the code does.

use std::fmt::{Debug, Write as _};

use burn::backend::ir::OperationIr;

/// One burn operator and what it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// burn's family of operators.
    pub family: &'static str,
    /// burn's name of the operator.
    pub burn: &'static str,
    /// The ONNX operators that it becomes, and limits where there are any.
    pub onnx: &'static str,
}

impl Operator {
    /// Family and name, such as `Module::Conv2d`, as errors give them.
    pub fn path(&self) -> String {
        format!("{}::{}", self.family, self.burn)
    }
}

/// All operators that can be exported, by family.
pub fn operators() -> Vec<Operator> {
    crate::lower::operators().copied().collect()
}

/// The page `OPERATORS.md`.
pub fn operators_page() -> String {
    let mut page = String::from(
        "# Operators\n\n\
         What `exporter` can lower, written by `exporter operators`. An operator that is not in \
         this list is\nan error that names it and where it was recorded.\n",
    );
    let mut family = "";
    for operator in crate::lower::operators() {
        if operator.family != family {
            family = operator.family;
            let _ = write!(page, "\n## {family}\n\n| burn | ONNX |\n|---|---|\n");
        }
        let _ = writeln!(page, "| {} | {} |", operator.burn, operator.onnx);
    }
    page
}

/// burn's name of an operation, such as `Module::Conv2d`.
pub(crate) fn operator_name(operation: &OperationIr) -> String {
    match operation {
        OperationIr::BaseFloat(op) => variant("Base", op),
        OperationIr::BaseInt(op) => variant("Base", op),
        OperationIr::BaseBool(op) => variant("Base", op),
        OperationIr::NumericFloat(_, op) => variant("Numeric", op),
        OperationIr::NumericInt(_, op) => variant("Numeric", op),
        OperationIr::Bool(op) => variant("Bool", op),
        OperationIr::Int(op) => variant("Int", op),
        OperationIr::Float(_, op) => variant("Float", op),
        OperationIr::Module(op) => variant("Module", op),
        OperationIr::Activation(op) => variant("Activation", op),
        OperationIr::Distributed(op) => variant("Distributed", op),
        OperationIr::Custom(op) => format!("Custom::{}", op.id),
        OperationIr::Init(_) => "Init".to_owned(),
        OperationIr::Drop(_) => "Drop".to_owned(),
    }
}

/// The family and the variant of an operator enum, read off its debug form.
fn variant(family: &str, operator: &impl Debug) -> String {
    let text = format!("{operator:?}");
    let name = text.split(|c: char| !c.is_alphanumeric()).next();
    format!("{family}::{}", name.unwrap_or_default())
}
