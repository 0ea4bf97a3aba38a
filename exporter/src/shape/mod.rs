//! Shapes with a symbolic batch, found by comparing two recorded forward passes.

mod compare;
mod dim;
mod normal;

pub(crate) use compare::{SymbolicTrace, compare, type_of};
pub use dim::{BATCH, Dim};
pub(crate) use dim::{fixed, list};
pub(crate) use normal::is_full;
