//! Why a model cannot be quantised.

use std::path::PathBuf;

use facs::{BundleError, FileError};

use crate::{data::DataError, numbers::flow::NumbersError, subject::SubjectError};

/// Why a model cannot be quantised.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuantiseError {
    /// The bundle is refused.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A data set is refused.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A model cannot be run.
    #[error(transparent)]
    Model(#[from] SubjectError),
    /// The figures of a bundle cannot be made.
    #[error(transparent)]
    Numbers(#[from] NumbersError),
    /// The data has no face to measure ranges, or figures, on.
    #[error(
        "the data has no face of its {0} part: ranges are measured on the training part and figures on the test part, make a larger data set"
    )]
    NoFaces(&'static str),
    /// The model is none that can be quantised.
    #[error("{}: {problem}", path.display())]
    Graph {
        /// The model's file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A constant, or what the model computes of a face, is no number.
    #[error("{}: {tensor} has {value}, and only finite numbers have a range: the model is broken, quantise one that is not", path.display())]
    NotFinite {
        /// The model's file.
        path: PathBuf,
        /// Which tensor.
        tensor: String,
        /// What it has.
        value: f32,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}
