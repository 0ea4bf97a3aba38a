//! Why a classifier cannot be audited.

use std::path::PathBuf;

use facs::{BundleError, FileError};
use runtime::LoadError;

/// Why a classifier cannot be audited.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The description is not what it should be.
    #[error("{}: {source}", path.display())]
    Description {
        /// Which file.
        path: PathBuf,
        /// Line, column and reason.
        source: Box<toml::de::Error>,
    },
    /// A field of the description, or of a manifest, cannot be true.
    #[error("{}: {field}: {problem}", path.display())]
    Field {
        /// Which file.
        path: PathBuf,
        /// Which field.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The bundle is refused.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// There is no ONNX Runtime.
    #[error(transparent)]
    Library(#[from] LoadError),
    /// The file is no model that this ONNX Runtime reads.
    #[error("{} is no usable ONNX model: {reason}", path.display())]
    Model {
        /// Which file.
        path: PathBuf,
        /// ONNX Runtime's reason.
        reason: String,
    },
    /// A call failed.
    #[error("{}: the model does not take what its description says: {reason}", path.display())]
    Run {
        /// Which file.
        path: PathBuf,
        /// ONNX Runtime's reason.
        reason: String,
    },
    /// The output has another shape than the classes.
    #[error("{}: output {name:?} has the shape {found:?}, expected [{images}, {classes}]", path.display())]
    Shape {
        /// Which file.
        path: PathBuf,
        /// Which output.
        name: String,
        /// What it was.
        found: Vec<i64>,
        /// Images of the call.
        images: usize,
        /// Classes of the description.
        classes: usize,
    },
    /// The output is no distribution over the classes.
    #[error("{}: {row:?} are no probabilities that sum to 1; does output.activation say \"logits\"?", path.display())]
    Probabilities {
        /// Which file.
        path: PathBuf,
        /// What came out for one image.
        row: Vec<f32>,
    },
}
