//! What happens to a source as a whole: frames that are missing, and its coming and going.
//!
//! Lines of their own between the frame records, so that silence always means that the daemon is
//! not running.

use serde::{Deserialize, Serialize};

/// Frames that were not read, or whose records were not delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GapRecord {
    /// Always [`SCHEMA_ID`](crate::SCHEMA_ID).
    #[cfg_attr(feature = "schema", schemars(extend("const" = crate::SCHEMA_ID)))]
    pub schema: String,
    /// Which source lost frames.
    pub source: String,
    /// Which run of the daemon: see [`FrameRecord::run`](crate::FrameRecord::run).
    #[serde(default)]
    pub run: u64,
    /// Sequence number of the first frame lost.
    pub first_sequence: u64,
    /// How many frames were lost.
    pub frames: u64,
    /// Wall clock when this record was written, RFC 3339.
    pub emitted_at: String,
    /// Why.
    pub reason: GapReason,
}

/// Why there are no records of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// A live source was faster than the models: the newest frame won.
    Overload,
    /// The stream was corrupt or cut short.
    SourceError,
    /// The models failed on them.
    ModelError,
    /// The frames were read, but an output was away for longer than its spool holds.
    SpoolFull,
    /// The frames were read, but their records were damaged in an output's spool.
    SpoolDamaged,
    /// The frames were read, but an output's peer would not take their record.
    Refused,
}

impl GapReason {
    /// The name in records and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overload => "overload",
            Self::SourceError => "source_error",
            Self::ModelError => "model_error",
            Self::SpoolFull => "spool_full",
            Self::SpoolDamaged => "spool_damaged",
            Self::Refused => "refused",
        }
    }
}

/// A source came or went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusRecord {
    /// Always [`SCHEMA_ID`](crate::SCHEMA_ID).
    #[cfg_attr(feature = "schema", schemars(extend("const" = crate::SCHEMA_ID)))]
    pub schema: String,
    /// Which source.
    pub source: String,
    /// Which run of the daemon: see [`FrameRecord::run`](crate::FrameRecord::run).
    #[serde(default)]
    pub run: u64,
    /// Wall clock when this record was written, RFC 3339.
    pub emitted_at: String,
    /// What it is now.
    pub state: SourceState,
    /// Why, where there is a reason to tell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Number of the next frame, if one comes.
    pub next_sequence: u64,
}

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// Being opened for the first time.
    Connecting,
    /// It delivers frames.
    Online,
    /// It does not, and is tried again and again.
    Offline,
    /// It was read to its end, and will not come back.
    Ended,
    /// It cannot be read, and will not be tried again.
    Failed,
    /// Somebody took it away.
    Removed,
}

impl SourceState {
    /// The name in records and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Ended => "ended",
            Self::Failed => "failed",
            Self::Removed => "removed",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_last(self) -> bool {
        matches!(self, Self::Ended | Self::Failed | Self::Removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Record;

    #[test]
    fn names_are_those_of_the_records() {
        for reason in [
            GapReason::Overload,
            GapReason::SourceError,
            GapReason::ModelError,
            GapReason::SpoolFull,
            GapReason::SpoolDamaged,
            GapReason::Refused,
        ] {
            assert_eq!(
                serde_json::to_string(&reason).unwrap(),
                format!("{:?}", reason.name())
            );
        }
        for state in [
            SourceState::Connecting,
            SourceState::Online,
            SourceState::Offline,
            SourceState::Ended,
            SourceState::Failed,
            SourceState::Removed,
        ] {
            assert_eq!(
                serde_json::to_string(&state).unwrap(),
                format!("{:?}", state.name())
            );
        }
    }

    #[test]
    fn a_gap_of_an_older_daemon_is_read() {
        let old = r#"{"kind":"gap","schema":"mien.record/1","source":"door","first_sequence":7,"frames":2,"emitted_at":"2026-01-01T00:00:00Z","reason":"overload"}"#;
        let Ok(Record::Gap(gap)) = serde_json::from_str(old) else {
            panic!("a gap")
        };
        assert_eq!((gap.run, gap.frames), (0, 2));
    }
}
