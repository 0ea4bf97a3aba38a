//! Why a set of clips cannot be made.

use std::{
    path::{Path, PathBuf},
    process::ExitStatus,
};

/// Why a set of clips cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClipError {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A picture cannot be written.
    #[error("{}: {source}", path.display())]
    Picture {
        /// Which one.
        path: PathBuf,
        /// The reason.
        source: image::ImageError,
    },
    /// Labels cannot be read or written.
    #[error(transparent)]
    Labels(#[from] facs::ClipSetError),
    /// The folder holds another set.
    #[error("{} holds clips that were made with other settings: choose another folder or delete this one", path.display())]
    OtherSettings {
        /// Which folder.
        path: PathBuf,
    },
    /// No program that writes H.264 is there.
    #[error(
        "no H.264 encoder: neither ffmpeg with libx264 nor gst-launch-1.0 with x264enc (gstreamer1.0-plugins-ugly) runs here: install one of them, or write pictures with --frames"
    )]
    NoEncoder,
    /// The encoder that was asked for is not there.
    #[error(
        "{program} cannot write H.264 here: install {needs}, choose another --encoder, or write pictures with --frames"
    )]
    EncoderMissing {
        /// The program.
        program: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// The encoder gave up.
    #[error("{program} failed on {} ({status}): {message}", path.display())]
    EncoderFailed {
        /// The program.
        program: &'static str,
        /// The video it was to write.
        path: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it said.
        message: String,
    },
    /// A number that makes no set.
    #[error("{field} is {value}, expected {expected}")]
    Setting {
        /// Which one.
        field: &'static str,
        /// The number.
        value: String,
        /// What it can be.
        expected: &'static str,
    },
}

/// For `map_err`: names the file.
pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ClipError + '_ {
    move |source| ClipError::Io {
        path: path.to_owned(),
        source,
    }
}
