//! Source: an input to frames.
//!
//! Takes an [`Input`] and the `[source]` settings; gives [`Frame`]s in order: of a file every one,
//! decoded ahead on GStreamer's own threads, of a live source the newest.

mod color;
mod container;
mod frame;
mod input;
mod launch;
mod pipeline;
mod queue;

pub use frame::Frame;
pub use input::Input;
pub use launch::launch_line;
pub use pipeline::{Next, Source};
pub use queue::{Popped, Queue, WhenFull};

/// Why there are no frames, or no more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// There is no such file or device.
    #[error("{input}: {source}")]
    Missing {
        /// What was asked for.
        input: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The launch line is wrong or needs an element that is not installed.
    #[error("cannot build the pipeline: {reason}\n  {line}")]
    Pipeline {
        /// GStreamer's reason.
        reason: String,
        /// The launch line.
        line: String,
    },
    /// Not one frame could be decoded.
    #[error("{input}: no video could be read: {reason}")]
    NotVideo {
        /// What was asked for.
        input: String,
        /// GStreamer's reason.
        reason: String,
    },
    /// The stream failed after some frames.
    #[error("the source broke: {reason}")]
    Broken {
        /// Where and why.
        reason: String,
    },
    /// The file ends before its container does.
    #[error(
        "{input} is cut short: {bytes} bytes are missing at its end; {frames} frames could be read"
    )]
    CutShort {
        /// Which file.
        input: String,
        /// How many bytes.
        bytes: u64,
        /// How many frames came before.
        frames: u64,
    },
}

impl SourceError {
    /// Whether frames were read before: then the records so far are good.
    #[must_use]
    pub const fn is_midway(&self) -> bool {
        matches!(self, Self::Broken { .. } | Self::CutShort { .. })
    }
}
