//! What is going on right now, for whoever watches.
//!
//! Takes every record as JSON; gives it to all who have subscribed. Whoever is too slow misses records
//! and is told how many; nobody who watches slows the flow.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::broadcast;

/// Records that wait for the slowest watcher.
const BACKLOG: usize = 256;

/// One record on its way to watchers.
#[derive(Clone, Debug)]
pub struct LiveRecord {
    /// Its source.
    pub source: Arc<str>,
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
    /// Gives a record to all watchers; without any it costs nothing.
    pub fn publish(&self, source: &str, json: &[u8]) {
        if self.0.receiver_count() == 0 {
            return;
        }
        // The last watcher may just have gone.
        let _ = self.0.send(LiveRecord {
            source: source.into(),
            json: Bytes::copy_from_slice(json),
        });
    }

    /// Records from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<LiveRecord> {
        self.0.subscribe()
    }
}
