//! Why a folder cannot be read as a data set.

use std::path::PathBuf;

use super::{Report, Set};

/// Why a folder cannot be read as a data set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// The folder does not hold the set that was asked for.
    #[error(
        "{} does not hold {}: {missing} is not there\n\nexpected in this folder:\n{}\n\n{} is to be asked for at {}",
        root.display(), set.about().title, set.about().layout, set.about().title, set.about().ask
    )]
    NotThisSet {
        /// Which set.
        set: Set,
        /// The folder.
        root: PathBuf,
        /// What of the layout is missing.
        missing: &'static str,
    },
    /// The folder holds no set that is known.
    #[error(
        "{} holds no data set that is known by its layout; name one to learn what is missing: {}",
        root.display(), Set::names()
    )]
    Unknown {
        /// The folder.
        root: PathBuf,
    },
    /// The folder fits several sets.
    #[error("{} can be read as {}: name one", root.display(), sets.iter().map(|set| set.name()).collect::<Vec<_>>().join(" and as "))]
    Several {
        /// The folder.
        root: PathBuf,
        /// What it can be read as.
        sets: Vec<Set>,
    },
    /// The folder is not there.
    #[error("{} is no folder", root.display())]
    NoFolder {
        /// The path.
        root: PathBuf,
    },
    /// There is no such fold.
    #[error("{} has {}, there is no fold {fold}", set.about().title, folds(*set))]
    NoFold {
        /// Which set.
        set: Set,
        /// The fold asked for.
        fold: u8,
    },
    /// A folder cannot be listed.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// No row can be used.
    #[error(
        "nothing of {} in {} can be used:\n{report}", set.about().title, root.display()
    )]
    Nothing {
        /// Which set.
        set: Set,
        /// The folder.
        root: PathBuf,
        /// Everything that is wrong.
        report: Box<Report>,
    },
}

impl SetError {
    /// Whether the arguments are at fault and not the data.
    #[must_use]
    pub const fn is_of_arguments(&self) -> bool {
        !matches!(self, Self::Nothing { .. } | Self::Io { .. })
    }
}

fn folds(set: Set) -> String {
    match set.about().folds {
        0 => "one official division and no folds".to_owned(),
        folds => format!("folds 1 to {folds}"),
    }
}
