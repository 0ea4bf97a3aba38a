//! Why a causal model is refused, always with file and line.

use std::{fmt, path::PathBuf};

/// A line of a model file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, or `<built-in>` or `<text>`.
    pub origin: String,
    /// Line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.origin, self.line)
    }
}

/// Why a causal model is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CausalError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Not TOML, a field that does not exist, or a value of another kind.
    #[error("{place}: {message}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser expected.
        message: String,
    },
    /// The file has another version.
    #[error("{place}: schema is {found:?}, this program reads \"mien.causal/1\"")]
    Schema {
        /// Where.
        place: Place,
        /// The version found.
        found: String,
    },
    /// A name that is no action unit.
    #[error("{place}: {source}")]
    Unit {
        /// Where.
        place: Place,
        /// The name.
        source: facs::UnknownActionUnit,
    },
    /// A name that is no expression, or none that a model emits.
    #[error(
        "{place}: {name:?} is not one of neutral happiness sadness anger surprise disgust fear contempt"
    )]
    Expression {
        /// Where.
        place: Place,
        /// The name.
        name: String,
    },
    /// A unit that `[units]` leaves out.
    #[error("{place}: [units] has no {unit}: every action unit needs a rate and a noise")]
    MissingUnit {
        /// Where `[units]` begins.
        place: Place,
        /// Which unit.
        unit: facs::ActionUnit,
    },
    /// An edge weight outside (-1, 1).
    #[error("{place}: edge {edge}: {source}")]
    Weight {
        /// Where.
        place: Place,
        /// `AU01 -> AU02`.
        edge: String,
        /// The weight.
        source: facs::WeightOutOfRange,
    },
    /// A context, or a value of one, that `[contexts]` does not declare.
    #[error("{place}: [contexts] does not declare {name:?}: expected one of {known}")]
    Context {
        /// Where.
        place: Place,
        /// The name.
        name: String,
        /// What is declared.
        known: String,
    },
    /// A number outside its range.
    #[error("{place}: {field} is {value}, expected {expected}")]
    Range {
        /// Where.
        place: Place,
        /// Which field.
        field: String,
        /// The number.
        value: f32,
        /// The range.
        expected: &'static str,
    },
    /// Two edges between the same nodes.
    #[error("{place}: edge {edge} is there twice, first in line {first}")]
    Duplicate {
        /// Where the second one is.
        place: Place,
        /// `AU01 -> AU02`.
        edge: String,
        /// Line of the first one.
        first: usize,
    },
    /// Edges that lead back to where they began.
    #[error("{place}: cycle {path}: a cause cannot be its own effect, remove one of these edges")]
    Cycle {
        /// Where the edge is that closes the cycle.
        place: Place,
        /// `AU01 -> AU02 -> AU01`.
        path: String,
    },
}

/// A name that a model or a table does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {name:?}: expected one of {known}")]
pub struct Unknown {
    /// What was asked for.
    pub what: &'static str,
    /// By which name.
    pub name: String,
    /// The names there are.
    pub known: String,
}

/// Why units cannot be tied to what a network must not use.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfoundError {
    /// Not of the form `FACTOR:UNIT=STRENGTH`.
    #[error(
        "{text:?} is no confounder: write identity:AU12=0.8, light:AU04=0.5 or camera:AU25=0.3, with a strength from 0 to 1"
    )]
    Malformed {
        /// The text.
        text: String,
    },
    /// A name that is no action unit.
    #[error(transparent)]
    Unit(#[from] facs::UnknownActionUnit),
    /// Two strengths for one pair.
    #[error("{factor}:{unit} is given twice")]
    Twice {
        /// The factor.
        factor: super::Factor,
        /// The unit.
        unit: facs::ActionUnit,
    },
    /// Strengths that no rate allows together.
    #[error("the confounders of {unit} have a total strength of {total}, at most 1 is possible")]
    TooMuch {
        /// The unit.
        unit: facs::ActionUnit,
        /// The sum of the strengths.
        total: f32,
    },
}
