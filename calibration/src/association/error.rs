//! Why associations cannot be told.

use std::path::PathBuf;

use facs::FileError;

use crate::{data::DataError, statistics::StatisticsError, subject::SubjectError};

/// Why a table cannot be made or tested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssociationError {
    /// A data set is refused.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The classifier cannot be asked.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The classifier's crop says nothing of where a face lies.
    #[error(
        "the landmarks of the classifier's crop coincide; give crop.landmarks of its description"
    )]
    Crop,
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is no table.
    #[error("{}: {source}", path.display())]
    Csv {
        /// Which file.
        path: PathBuf,
        /// Where, and why.
        source: csv::Error,
    },
    /// A column is not there.
    #[error("{}: no column {column:?}; it has: {there}", path.display())]
    Column {
        /// Which file.
        path: PathBuf,
        /// Which column.
        column: String,
        /// Those that are there.
        there: String,
    },
    /// A cell is no number.
    #[error("{}: line {line}, column {column:?}: {cell:?} is no number", path.display())]
    Cell {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1, the header's.
        line: u64,
        /// Which column.
        column: String,
        /// What is there.
        cell: String,
    },
    /// Every row lacks something.
    #[error(
        "{}: none of {rows} rows has all columns that are asked for; {column:?} is empty in most ({empty}), \
         leave it out", path.display()
    )]
    Empty {
        /// Which file.
        path: PathBuf,
        /// Rows of the file.
        rows: usize,
        /// The column that is empty most often.
        column: String,
        /// In how many of them.
        empty: usize,
    },
    /// A feature cannot be tested.
    #[error("feature {feature:?}: {source}")]
    Feature {
        /// Which one.
        feature: String,
        /// Why.
        source: StatisticsError,
    },
}
