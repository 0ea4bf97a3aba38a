//! Trains Mien's models: data, networks, losses, recipes and run folders.
//!
//! The flow is [`train`]: recipe -> data sets -> batches -> network -> losses -> checkpoint ->
//! figures; then [`export`]: captured graph -> ONNX -> parity with ONNX Runtime's contract -> bundle.
//! [`discover`] looks at the causal graphs of a trained network.

pub mod ablation;
pub mod affect;
mod chart;
pub mod cli;
pub mod curve;
pub mod data;
pub mod discover;
pub mod export;
pub mod face_finder;
pub mod face_refiner;
pub mod layer;
pub mod metric;
pub mod recipe;
pub mod run_dir;
pub mod structure;
pub mod task;
pub mod train;
