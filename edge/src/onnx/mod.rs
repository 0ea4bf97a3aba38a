//! ONNX Runtime: the library, its execution providers and the sessions of a bundle.
//!
//! Takes settings and a bundle; gives [`Model`]s that run on borrowed pixels. The only place that
//! knows the `ort` crate.

mod bound;
mod model;
mod provider;

use std::path::PathBuf;

use facs::Role;

pub use model::{KeptInputs, Model, Outputs};
pub use runtime::{LoadError, Runtime};

use crate::config::Provider;

/// Why a model does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// The library cannot be loaded.
    #[error(transparent)]
    Library(#[from] LoadError),
    /// An execution provider cannot start.
    #[error(
        "the execution provider {} cannot start: {reason}\n  \
         remove it from runtime.providers, or set runtime.allow_fallback = true",
        provider.name()
    )]
    Provider {
        /// Which one.
        provider: Provider,
        /// ONNX Runtime's reason.
        reason: String,
    },
    /// The file is no model that this ONNX Runtime reads.
    #[error("{} is no usable ONNX model: {reason}", path.display())]
    Model {
        /// Which file.
        path: PathBuf,
        /// ONNX Runtime's reason.
        reason: String,
    },
    /// The file is a model, but not the one that the manifest promises.
    #[error("{}: not a {role:?} model: {problem}", path.display())]
    Contract {
        /// Which file.
        path: PathBuf,
        /// What it should be.
        role: Role,
        /// What differs.
        problem: String,
    },
    /// A call failed.
    #[error("the {role:?} model failed: {reason}")]
    Run {
        /// Which model.
        role: Role,
        /// ONNX Runtime's reason.
        reason: String,
    },
    /// An output has another shape than the contract says.
    #[error("the {role:?} model gave {name:?} the shape {found}, against its contract")]
    Shape {
        /// Which model.
        role: Role,
        /// Which output.
        name: String,
        /// What it was.
        found: String,
    },
}

impl RuntimeError {
    /// Whether the bundle is at fault and not the machine.
    #[must_use]
    pub const fn is_of_the_bundle(&self) -> bool {
        matches!(
            self,
            Self::Model { .. } | Self::Contract { .. } | Self::Shape { .. }
        )
    }
}
