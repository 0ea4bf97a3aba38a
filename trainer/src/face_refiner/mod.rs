//! A second look at a found face: five landmarks and whether it is one.
//!
//! The flow of [`FaceRefiner`]: window about a box -> backbone -> score and landmarks. The finder
//! sees whole frames in few pixels; a window is cut from the frame's own. [`Window`]s come from
//! labelled scenes: faces as a finder would box them, what looks like a face, and anything else.

mod evaluate;
mod network;
mod settings;
mod task;
#[cfg(test)]
mod tests;
mod window;

pub use network::{FaceRefiner, FaceRefinerConfig, FaceRefinerOutput, FaceRefinerRaw};
pub use settings::{FaceRefinerSettings, Jitter};
pub use task::{FaceRefinerBatch, FaceRefinerTask};
pub use window::{Window, windows};
