//! What is wrong with a data set on disk: every fault with its file and line.
//!
//! A fault never stops a reader: the row is left out (or the value is not labelled), the fault is
//! kept, and the first [`Report::MOST_FAULTS`] of them are told.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

/// Something wrong at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which file or folder.
    pub file: PathBuf,
    /// Which line, from 1, where it is one line's fault.
    pub line: Option<u64>,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.problem)
    }
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A value is none that the set uses.
    #[error("{column} is {found:?}, expected {expected}")]
    Value {
        /// Which column.
        column: String,
        /// The value.
        found: String,
        /// What the set uses.
        expected: String,
    },
    /// A line has too few fields.
    #[error("the number of fields is {found}, expected {expected}")]
    Fields {
        /// How many there are.
        found: usize,
        /// How many there should be, and which.
        expected: String,
    },
    /// The first line does not name the columns that the set has.
    #[error("the first line is {found:?}, expected {expected}: the file is left out")]
    Header {
        /// The line, shortened.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// A file or folder is not there.
    #[error("is not there: {way_out}")]
    Absent {
        /// What it is for, and what to do.
        way_out: String,
    },
    /// A name does not follow the set's rule.
    #[error("the name is not {expected}: the file is left out")]
    Name {
        /// The rule.
        expected: &'static str,
    },
    /// Files that belong together disagree.
    #[error("{found} frames, {other} has {expected}: frames beyond the shorter are not labelled")]
    Length {
        /// Frames here.
        found: usize,
        /// The other file.
        other: String,
        /// Frames there.
        expected: usize,
    },
    /// A subject that the published protocol does not know.
    #[error(
        "subject {subject} is in no fold of the published protocol: it is used for training only"
    )]
    Subject {
        /// Who.
        subject: String,
    },
    /// The same picture or frame is labelled twice.
    #[error("{what} was labelled before: the later label is left out")]
    Twice {
        /// What.
        what: String,
    },
    /// The file cannot be read as what it should be.
    #[error("{0}")]
    Unreadable(String),
}

/// What a reader found besides rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The first faults, in the order of reading.
    pub faults: Vec<Fault>,
    /// How many faults there are.
    pub fault_count: usize,
    /// Labels whose picture or clip is not on disk.
    pub missing: usize,
    /// Some of the pictures and clips that are not on disk.
    pub missing_examples: Vec<PathBuf>,
    /// Labels that were left out on purpose, by reason.
    pub left_out: BTreeMap<&'static str, usize>,
}

impl Report {
    /// More faults than this are counted, not kept.
    pub const MOST_FAULTS: usize = 100;
    /// More missing pictures than this are counted, not kept.
    const MOST_EXAMPLES: usize = 3;

    /// Notes a fault.
    pub(super) fn fault(&mut self, file: &Path, line: impl Into<Option<u64>>, problem: Problem) {
        self.fault_count += 1;
        if self.faults.len() < Self::MOST_FAULTS {
            self.faults.push(Fault {
                file: file.to_owned(),
                line: line.into(),
                problem,
            });
        }
    }

    /// Notes a label whose picture is not on disk.
    pub(super) fn missing(&mut self, path: impl FnOnce() -> PathBuf) {
        self.missing += 1;
        if self.missing_examples.len() < Self::MOST_EXAMPLES {
            self.missing_examples.push(path());
        }
    }

    /// Notes a label that is not used.
    pub(super) fn leave_out(&mut self, reason: &'static str) {
        *self.left_out.entry(reason).or_default() += 1;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        let more = self.fault_count - self.faults.len();
        if more > 0 {
            writeln!(f, "and {more} more")?;
        }
        for path in &self.missing_examples {
            writeln!(f, "{}: is not there", path.display())?;
        }
        let more = self.missing - self.missing_examples.len();
        if more > 0 {
            writeln!(f, "and {more} more that are not there")?;
        }
        Ok(())
    }
}
