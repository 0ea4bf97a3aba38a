//! What a sink must know of a record without reading its JSON: whose it is and which frames it
//! accounts for.
//!
//! Takes a [`RecordRef`]; gives a [`Key`], which the spool keeps beside the JSON, so that what is lost can
//! be named.

use facs::RecordRef;

/// The kinds of records, as in their field `kind`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A frame was read.
    #[default]
    Frame,
    /// Frames are missing.
    Gap,
    /// A source came or went.
    Status,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Frame, Self::Gap, Self::Status];

    /// The name in records, configuration and topics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Gap => "gap",
            Self::Status => "status",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Which record this is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// What it tells.
    pub kind: Kind,
    /// Name of the source.
    pub source: String,
    /// Run of the daemon: its start in Unix milliseconds.
    pub run: u64,
    /// Number of the first frame that it accounts for; for a status, of the next frame.
    pub first: u64,
    /// How many frames it accounts for: 1 for a frame, 0 for a status.
    pub frames: u64,
}

impl Key {
    /// Becomes the key of another record; keeps its memory.
    pub fn set(&mut self, record: RecordRef<'_>) {
        let (kind, source, run, first, frames) = match record {
            RecordRef::Frame(frame) => (Kind::Frame, &frame.source, frame.run, frame.sequence, 1),
            RecordRef::Gap(gap) => (
                Kind::Gap,
                &gap.source,
                gap.run,
                gap.first_sequence,
                gap.frames,
            ),
            RecordRef::Status(status) => {
                let next = status.next_sequence;
                (Kind::Status, &status.source, status.run, next, 0)
            }
        };
        self.kind = kind;
        self.source.clone_from(source);
        self.run = run;
        self.first = first;
        self.frames = frames;
    }

    /// The frame after the last that it accounts for.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.first.saturating_add(self.frames)
    }
}

impl From<RecordRef<'_>> for Key {
    fn from(record: RecordRef<'_>) -> Self {
        let mut key = Self::default();
        key.set(record);
        key
    }
}
