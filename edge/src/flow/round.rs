//! What goes from one half of the flow to the other.
//!
//! A [`Round`] holds, in order, what came of each source, and the crops of all faces in it. It is used
//! again and again.

use std::{ops::Range, sync::Arc};

use facs::StageLatency;

use crate::{
    config::SourceSpec,
    crops::Crops,
    models::ReadModels,
    source::{Frame, SourceId, Word},
};

/// Frames of several sources and the crops of their faces.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) entries: Vec<Entry>,
    /// Of all frames, in their order.
    pub(super) crops: Crops,
}

/// One thing that came.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are frames, and their place in the round is used again"
)]
pub(super) enum Entry {
    /// A frame and its faces.
    Frame(Found),
    /// A source to read from this round on, and the number of its first frame.
    Opened(SourceId, Arc<SourceSpec>, u64),
    /// Any other word of a source.
    Word(SourceId, Word),
    /// From here on faces are read by these.
    Models(Box<ReadModels>),
}

/// A frame and which of the round's crops are its faces.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) source: SourceId,
    pub(super) frame: Frame,
    /// Number within the source, from 0, lost frames counted.
    pub(super) sequence: u64,
    /// Frames that the newest one pushed out.
    pub(super) overtaken: u64,
    /// Its number among the frames of the round in which faces were searched for, if it is one.
    pub(super) search: Option<usize>,
    /// Its rows in the batch.
    pub(super) faces: Range<usize>,
    /// The rows that show halves of its faces.
    pub(super) halves: Range<usize>,
    pub(super) latency: StageLatency,
}

impl Round {
    pub(super) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The frames, in order.
    pub(super) fn frames(&mut self) -> impl Iterator<Item = &mut Found> {
        self.entries.iter_mut().filter_map(|entry| match entry {
            Entry::Frame(found) => Some(found),
            Entry::Opened(..) | Entry::Word(..) | Entry::Models(_) => None,
        })
    }

    /// Lets the frames go, keeps the room.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.crops.faces.clear();
        self.crops.pixels.clear();
    }
}
