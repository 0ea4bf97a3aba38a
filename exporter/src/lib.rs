//! Any burn module to ONNX.
//!
//! [`Export`] records a module's real `forward` on burn's capture device, finds which dimensions
//! grow with the batch, lowers the recorded operations to ONNX nodes, simplifies and validates the
//! graph, and gives an [`OnnxModel`] whose bytes depend on nothing but the module and its weights.
//! [`OnnxModel::restore`] is the way back. The crate knows nothing about what a module is for.

mod capture;
mod element;
mod error;
mod export;
mod graph;
mod listing;
mod lower;
mod model;
mod operators;
mod restore;
mod shape;
mod simplify;
mod validate;

pub use capture::Recorder;
pub use element::Element;
pub use error::{ExportError, Location};
pub use export::Export;
pub use model::{IR_VERSION, OPSET, OnnxModel};
pub use operators::{Operator, operators, operators_page};
pub use restore::Restored;
pub use shape::{BATCH, Dim};
