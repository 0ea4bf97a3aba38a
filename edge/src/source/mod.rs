//! Source: inputs to frames.
//!
//! A [`Keeper`] takes a source as configured and keeps it alive; [`Frames`] of all sources wait in one
//! inbox: of a file every one, decoded ahead on GStreamer's own threads, of a live source the newest.

mod color;
mod container;
mod frame;
mod inbox;
mod input;
mod keeper;
mod launch;
mod pipeline;
mod stamp;

pub use container::missing_bytes;
pub use frame::Frame;
pub use inbox::{Inbox, Item, SourceId, WhenFull};
pub use input::Input;
pub use keeper::{Frames, Keeper, Word};
pub use launch::launch_line;
pub use pipeline::{Pipeline, Progress};
pub use stamp::Stamp;

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

    /// Whether trying again cannot help.
    #[must_use]
    pub const fn is_for_good(&self) -> bool {
        matches!(self, Self::Pipeline { .. })
    }
}

/// A text without the user names and passwords of the addresses in it.
fn redacted(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let ends = |c: char| c == '/' || c == '"' || c.is_whitespace();
        let place = &after[..after.find(ends).unwrap_or(after.len())];
        rest = place
            .rfind('@')
            .map_or(after, |secret| &after[secret + 1..]);
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn passwords_are_cut_out_of_addresses() {
        let text = r#"no rtsp://u:p@ss@cam:554/1?a=b@c, "rtsps://x@y" and file:///a@b"#;
        let clean = r#"no rtsp://cam:554/1?a=b@c, "rtsps://y" and file:///a@b"#;
        assert_eq!(redacted(text), clean);
    }
}
