//! What is going on right now, for whoever watches.
//!
//! Takes every record as JSON; gives it to all who have subscribed. Whoever is too slow misses records
//! and is told how many; nobody who watches slows the flow.

use std::sync::Arc;

use bytes::Bytes;
use facs::RecordRef;
use tokio::sync::broadcast;

/// Records that wait for the slowest watcher.
const BACKLOG: usize = 256;

/// One record on its way to watchers.
#[derive(Clone, Debug)]
pub struct LiveRecord {
    /// Its source.
    pub source: Arc<str>,
    /// Its kind: `frame`, `gap` or `status`.
    pub kind: &'static str,
    /// The run that it is of.
    pub run: u64,
    /// Number of its frame, of the first lost one, or of the next one.
    pub sequence: u64,
    /// The record, one JSON object without a line end.
    pub json: Bytes,
}

/// Where watchers subscribe.
#[derive(Clone, Debug)]
pub struct Live(broadcast::Sender<LiveRecord>);

impl Default for Live {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Live {
    /// Gives a record, and what it is as JSON, to all watchers; without any it costs nothing.
    pub fn publish(&self, record: RecordRef<'_>, json: &[u8]) {
        if self.0.receiver_count() == 0 {
            return;
        }
        let (kind, run, sequence) = match record {
            RecordRef::Frame(frame) => ("frame", frame.run, frame.sequence),
            RecordRef::Gap(gap) => ("gap", gap.run, gap.first_sequence),
            RecordRef::Status(status) => ("status", status.run, status.next_sequence),
        };
        // The last watcher may just have gone.
        let _ = self.0.send(LiveRecord {
            source: record.source().into(),
            kind,
            run,
            sequence,
            json: Bytes::copy_from_slice(json),
        });
    }

    /// Records from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<LiveRecord> {
        self.0.subscribe()
    }
}
