//! Faces in a scene: an anchor-free, single-shot detector with five landmarks.
//!
//! The flow of [`FaceFinder`]: scene -> patches -> features at strides 4, 8, 16, 32 -> context back
//! down to stride 8 -> per cell a score, a box and landmarks. [`View`] moves a labelled scene about,
//! [`Targets`] say what every cell should answer, [`loss`] compares, [`metric`] counts.

mod detection;
mod evaluate;
mod grid;
pub mod loss;
pub mod metric;
mod network;
mod settings;
mod targets;
mod task;
#[cfg(test)]
pub(crate) mod tests;
mod view;

pub use detection::{Detection, suppress};
pub use grid::Grid;
pub use network::{FaceFinder, FaceFinderConfig, FaceFinderOutput, FaceFinderRaw};
pub use settings::{FaceFinderLossWeights, FaceFinderSettings};
pub use targets::{CellTarget, Targets};
pub use task::{FaceFinderBatch, FaceFinderTask};
pub use view::View;
#[cfg(test)]
pub(crate) use view::tests::face;
