//! What a spool may hold, and why one cannot be used.

use std::{io, path::PathBuf, time::Duration};

/// When what is written is made to survive a loss of power. What survives the end of the process needs
/// none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Before a record is sent, and when an acknowledgement came.
    Ack,
    /// Once per so long.
    Interval(Duration),
    /// When the system likes.
    Never,
}

/// Bounds of a spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolSettings {
    /// Most bytes on disk.
    pub max_bytes: u64,
    /// Longest time that a record waits; segments are dropped when their newest record is older.
    pub max_age: Option<Duration>,
    /// Bytes per segment: what is dropped at once.
    pub segment_bytes: u64,
    /// When it is made durable.
    pub sync: Sync,
}

/// Why a spool cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// Another daemon uses it.
    #[error("the spool {} is in use by another process; give each daemon a spool folder of its own", folder.display())]
    Locked {
        /// Which folder.
        folder: PathBuf,
    },
    /// The system refused.
    #[error("cannot {what} the spool {}: {source}", folder.display())]
    Io {
        /// Which folder.
        folder: PathBuf,
        /// What was tried.
        what: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// All of it is on its way to the peer, or the flow waits rather than lose records.
    #[error("the spool {} is full", folder.display())]
    Full {
        /// Which folder.
        folder: PathBuf,
    },
}
