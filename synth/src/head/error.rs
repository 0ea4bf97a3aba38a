//! Why a head file is refused.

use std::path::PathBuf;

/// A head that cannot be used, with the file and what it lacks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Not glTF, or cut short.
    #[error("{}: not a whole glTF 2.0 file: {reason}", path.display())]
    Gltf {
        /// Which file.
        path: PathBuf,
        /// What the reader found.
        reason: String,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The head has targets that a file cannot carry.
    #[error("{name} cannot be written: its target {target:?} has no ARKit name")]
    NotArkit {
        /// Which head.
        name: String,
        /// Which target.
        target: String,
    },
    /// A mesh lacks data that a head needs.
    #[error("{}: mesh {mesh:?} has no {what}", path.display())]
    Mesh {
        /// Which file.
        path: PathBuf,
        /// Which mesh.
        mesh: String,
        /// What is missing.
        what: &'static str,
    },
    /// There is no mesh of skin.
    #[error("{}: no mesh that could be the skin of a face", path.display())]
    NoSkin {
        /// Which file.
        path: PathBuf,
    },
    /// None of the targets has an ARKit name.
    #[error("{}: none of the {found} morph targets has an ARKit name such as jawOpen or mouthSmileLeft", path.display())]
    NoTargets {
        /// Which file.
        path: PathBuf,
        /// How many targets there are.
        found: usize,
    },
    /// A feature cannot be located: neither a sidecar nor the targets tell.
    #[error("{}: cannot locate the {feature}: {need}", path.display())]
    NoFeature {
        /// Which file.
        path: PathBuf,
        /// Which feature.
        feature: &'static str,
        /// What would tell.
        need: &'static str,
    },
    /// A sidecar is not what it should be.
    #[error("{}: {reason}", path.display())]
    Sidecar {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
