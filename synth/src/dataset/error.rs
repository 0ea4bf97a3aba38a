//! Why a data set cannot be made.

use std::path::{Path, PathBuf};

/// Why a data set cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The folder holds another data set.
    #[error("{} holds a data set that was made with other settings: choose another folder or delete this one", path.display())]
    OtherSettings {
        /// Which folder.
        path: PathBuf,
    },
    /// The folder holds a data set that cannot be read.
    #[error("{} holds a data set that cannot be read: {source}: choose another folder or delete this one", path.display())]
    Unreadable {
        /// Which folder.
        path: PathBuf,
        /// The reason.
        source: facs::DatasetError,
    },
    /// Shards are not there, are harmed or were made with other settings.
    #[error("{}: shards {} of {of} are missing, harmed or made with other settings: run their parts again", path.display(), list(missing))]
    Missing {
        /// Which folder.
        path: PathBuf,
        /// Their numbers.
        missing: Vec<usize>,
        /// How many shards there should be.
        of: usize,
    },
    /// Header or samples cannot be written.
    #[error(transparent)]
    Dataset(#[from] facs::DatasetError),
    /// A file of the data set cannot be written.
    #[error(transparent)]
    File(#[from] facs::FileError),
    /// Two heads have one name, which is the name of their domain.
    #[error("two heads are called {name:?}: give each head once")]
    SameHead {
        /// The name.
        name: String,
    },
    /// A head cannot be used.
    #[error(transparent)]
    Head(#[from] crate::head::HeadError),
    /// An expression whose units are not described.
    #[error(
        "Du et al. 2014 do not describe {expression}: choose among happiness sadness anger surprise disgust fear"
    )]
    NoPrototype {
        /// Which one.
        expression: facs::Expression,
    },
    /// A number that makes no data set.
    #[error("{field} is {value}, expected {expected}")]
    Setting {
        /// Which one.
        field: &'static str,
        /// The number.
        value: usize,
        /// What it can be.
        expected: String,
    },
}

/// The first few of some numbers.
fn list(numbers: &[usize]) -> String {
    const SHOWN: usize = 12;
    let shown = numbers.iter().take(SHOWN).map(ToString::to_string);
    let text = shown.collect::<Vec<_>>().join(", ");
    match numbers.len().saturating_sub(SHOWN) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// For `map_err`: names the file.
pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> GenerateError + '_ {
    move |source| GenerateError::Io {
        path: path.to_owned(),
        source,
    }
}
