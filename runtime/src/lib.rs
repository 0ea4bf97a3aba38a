//! ONNX Runtime for every program of the workspace: found, loaded once per process, and without its
//! telemetry.
//!
//! [`without_telemetry`] first, then [`Runtime::load`].

mod library;
mod telemetry;

pub use library::{LoadError, Runtime};
pub use telemetry::{TelemetryError, without_telemetry};
