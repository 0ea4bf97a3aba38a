//! What ends a run early, and the exit code that says so.

use std::{io, net::SocketAddr};

use facs::BundleError;

use crate::{
    baseline::StoreError, config::ConfigError, onnx::RuntimeError, publish::OutputError,
    sink::SinkError, source::SourceError,
};

/// Exit codes of `edge-daemon`. Scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The source was read to its end, or a signal asked to stop.
    Done = 0,
    /// The program itself failed.
    Internal = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The source is missing or is no video.
    Source = 3,
    /// The source broke after some frames; the records so far are complete.
    SourceBroke = 4,
    /// The bundle is refused.
    Bundle = 5,
    /// ONNX Runtime, or the execution provider, cannot start.
    Runtime = 6,
    /// Results cannot be written.
    Output = 7,
    /// The health and metrics server cannot listen.
    Http = 8,
    /// A second signal came before the first was done.
    Interrupted = 130,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The source is missing, no video, or broke.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The bundle is refused.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A model cannot start or failed.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// Results cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A sink cannot start.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Baselines cannot be kept.
    #[error("cannot keep baselines: {0}; name another baseline.folder, or none")]
    Baseline(#[from] StoreError),
    /// The health and metrics server cannot listen.
    #[error("cannot listen on {address}: {source}; choose another http.listen, or \"off\"")]
    Http {
        /// Where.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// A record could not be written as JSON.
    #[error("cannot write a record: {0}")]
    Record(serde_json::Error),
    /// A thread could not start.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

impl Fault {
    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Config(_) => Exit::Usage,
            Self::Source(error) if error.is_midway() => Exit::SourceBroke,
            Self::Source(_) => Exit::Source,
            Self::Bundle(_) => Exit::Bundle,
            Self::Runtime(error) if error.is_of_the_bundle() => Exit::Bundle,
            Self::Runtime(_) => Exit::Runtime,
            Self::Output(_) | Self::Sink(_) | Self::Baseline(_) => Exit::Output,
            Self::Http { .. } => Exit::Http,
            Self::Record(_) | Self::Thread(_) => Exit::Internal,
        }
    }
}
