//! Why an audit cannot go on.

use std::path::PathBuf;

use facs::{Expression, FileError};
use synth::dataset::GenerateError;

use crate::{statistics::StatisticsError, subject::SubjectError};

/// Why an audit cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// A field of the design cannot be.
    #[error("{field} is {value}, expected {expected}")]
    Design {
        /// Which field.
        field: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        expected: String,
    },
    /// The classifier has no class for an expression.
    #[error(
        "the classifier has no class for {expression}; \
         audit others with --expression, it has: {classes}"
    )]
    NoClass {
        /// Which expression.
        expression: Expression,
        /// What it has.
        classes: String,
    },
    /// The classifier cannot be audited.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The people cannot be drawn.
    #[error(transparent)]
    People(#[from] GenerateError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is not what it should be.
    #[error("{}: {problem}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The folder holds another audit.
    #[error(
        "{} holds the audit of another classifier or design; name another folder, or remove it",
        path.display()
    )]
    OtherAudit {
        /// Which folder.
        path: PathBuf,
    },
    /// A statistic cannot be computed.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
}
