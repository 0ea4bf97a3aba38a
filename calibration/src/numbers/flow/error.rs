//! Why numbers cannot be calibrated.

use std::path::PathBuf;

use facs::{BundleError, FileError, Split};

use crate::{data::DataError, statistics::StatisticsError, subject::SubjectError};

/// Why numbers cannot be calibrated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NumbersError {
    /// The bundle is refused.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A data set is refused.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A part of all data sets together is empty.
    #[error(
        "the data has no face of its {0:?} part: calibrations are fitted to the validation part and measured on the test part, make a larger data set"
    )]
    NoFaces(Split),
    /// The model cannot be run.
    #[error(transparent)]
    Model(#[from] SubjectError),
    /// What the model says of a face is no probability.
    #[error("{}: {value} is no probability, in what it says of image {image} of {}", path.display(), data.display())]
    Probability {
        /// The model's file.
        path: PathBuf,
        /// The data set's folder.
        data: PathBuf,
        /// Number of the image.
        image: usize,
        /// What it said.
        value: f32,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A diagram cannot be drawn.
    #[error("{}: {problem}", path.display())]
    Drawing {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// An interval cannot be computed.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
}
