//! Why pictures cannot be imported.

use std::path::{Path, PathBuf};

use super::FinderError;

/// Why pictures cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Frames lie in video files still.
    #[error(
        "{rows} rows are frames of video files, {videos} of them: extract the frames first, with ffmpeg:\n{command}"
    )]
    Videos {
        /// How many videos.
        videos: usize,
        /// How many rows.
        rows: usize,
        /// The commands that do it.
        command: String,
    },
    /// The folder holds another data set.
    #[error("{} holds a data set that was made with other settings: choose another folder or delete this one", path.display())]
    OtherSettings {
        /// Which folder.
        path: PathBuf,
    },
    /// A line of the landmark file is not what it should be.
    #[error("{}:{line}: {source}", path.display())]
    Landmarks {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// The reason.
        source: serde_json::Error,
    },
    /// Some pictures have no landmarks and there is no face finder.
    #[error("{}: no landmarks are known; give a face finder with --bundle, or a file with --landmarks", path.display())]
    NoFinder {
        /// The first such picture.
        path: PathBuf,
    },
    /// The face finder fails.
    #[error(transparent)]
    Finder(#[from] FinderError),
    /// No picture gave a crop.
    #[error("no picture gave a crop:\n{examples}")]
    NoCrops {
        /// Some of them, and why.
        examples: String,
    },
    /// Shards, header or samples cannot be written.
    #[error(transparent)]
    Dataset(#[from] facs::DatasetError),
    /// A file of the data set cannot be written.
    #[error(transparent)]
    File(#[from] facs::FileError),
}

/// For `map_err`: names the file.
pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ImportError + '_ {
    move |source| ImportError::Io {
        path: path.to_owned(),
        source,
    }
}
