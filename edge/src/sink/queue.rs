//! The bounded memory between the flow and a sink's thread.
//!
//! Takes records from the flow's thread, which it never keeps waiting unless told to; gives them to the
//! sink's thread in order, all at once. What did not fit is accounted for and comes after what did.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use super::{key::Key, losses::Losses};

/// How long the flow waits before it asks again whether it should.
const LOOK_UP: Duration = Duration::from_millis(50);
/// Buffers larger than this are not kept for the next record.
const KEEP_BYTES: usize = 1 << 20;

/// What happens to a record for which there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Live sources: it is lost, and a gap record tells so.
    Lose,
    /// Runs that only read files: the flow waits until there is room.
    Wait,
}

/// A record on its way to the spool.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) key: Key,
    pub(super) json: Vec<u8>,
}

/// What the sink's thread takes at once.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) items: VecDeque<Item>,
    /// What did not fit; later than all items.
    pub(super) losses: Losses,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    bytes: usize,
    losses: Losses,
    /// Used items, for their memory.
    free: Vec<Item>,
    closed: bool,
    /// Whether the thread that takes is there.
    abandoned: bool,
}

/// The queue, shared by the two threads.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    space: Condvar,
    filled: Notify,
    most_records: usize,
    most_bytes: usize,
    when_full: WhenFull,
}

impl Queue {
    pub(super) fn new(most_records: usize, most_bytes: usize, when_full: WhenFull) -> Self {
        Self {
            state: Mutex::default(),
            space: Condvar::new(),
            filled: Notify::new(),
            most_records,
            most_bytes,
            when_full,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change leaves the state whole, so a poisoned lock still holds a good one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies a record in; tells whether it fitted. Waits only with [`WhenFull::Wait`], and only while
    /// `go_on`.
    pub(super) fn push(&self, key: &Key, json: &[u8], go_on: impl Fn() -> bool) -> bool {
        let mut state = self.state();
        while self.when_full == WhenFull::Wait
            && !self.fits(&state, json.len())
            && !state.abandoned
            && go_on()
        {
            let waited = self.space.wait_timeout(state, LOOK_UP);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        // Once something is lost, all that comes before the next look of the sink's thread is lost with
        // it: so the gap comes after what was kept.
        if state.abandoned || !state.losses.is_empty() || !self.fits(&state, json.len()) {
            state.losses.add(key);
            drop(state);
            self.filled.notify_one();
            return false;
        }
        let mut item = state.free.pop().unwrap_or_default();
        item.key.clone_from(key);
        item.json.clear();
        item.json.extend_from_slice(json);
        state.bytes += json.len();
        state.items.push_back(item);
        drop(state);
        self.filled.notify_one();
        true
    }

    /// A record larger than all the memory is let through alone.
    fn fits(&self, state: &State, bytes: usize) -> bool {
        state.items.is_empty()
            || (state.items.len() < self.most_records && state.bytes + bytes <= self.most_bytes)
    }

    /// Waits until there is something to take, or never will be.
    pub(super) async fn filled(&self) {
        loop {
            {
                let state = self.state();
                if !state.items.is_empty() || !state.losses.is_empty() || state.closed {
                    return;
                }
            }
            self.filled.notified().await;
        }
    }

    /// Takes everything; `into` must be empty.
    pub(super) fn take(&self, into: &mut Batch) {
        let mut state = self.state();
        std::mem::swap(&mut state.items, &mut into.items);
        into.losses = std::mem::take(&mut state.losses);
        state.bytes = 0;
        drop(state);
        self.space.notify_all();
    }

    /// Gives the memory of an item back.
    pub(super) fn recycle(&self, item: Item) {
        let mut state = self.state();
        if state.free.len() < self.most_records && item.json.capacity() <= KEEP_BYTES {
            state.free.push(item);
        }
    }

    /// Records and bytes that wait.
    pub(super) fn waiting(&self) -> (u64, u64) {
        let state = self.state();
        (state.items.len() as u64, state.bytes as u64)
    }

    /// No more records come.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Nobody takes any more: what is offered from now on is lost.
    pub(super) fn abandon(&self) {
        self.state().abandoned = true;
        self.space.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::key::Kind;
    use facs::GapReason;

    fn key(first: u64) -> Key {
        let source = "door".into();
        Key {
            kind: Kind::Frame,
            source,
            run: 1,
            first,
            frames: 1,
        }
    }

    #[test]
    fn what_does_not_fit_is_accounted_for_after_what_does() {
        let queue = Queue::new(2, 100, WhenFull::Lose);
        let fitted: Vec<bool> = (0..5)
            .map(|n| queue.push(&key(n), b"{}", || true))
            .collect();
        assert_eq!(fitted, [true, true, false, false, false]);
        let mut batch = Batch::default();
        queue.take(&mut batch);
        assert_eq!(batch.items.len(), 2);
        let gaps = batch.losses.tell(GapReason::SpoolFull);
        assert_eq!((gaps[0].first_sequence, gaps[0].frames), (2, 3));
        batch.items.clear();
        assert!(queue.push(&key(5), b"{}", || true));
    }

    #[test]
    fn bytes_are_bounded_and_a_giant_passes_alone() {
        let queue = Queue::new(100, 10, WhenFull::Lose);
        assert!(queue.push(&key(0), &[b'x'; 50], || true));
        assert!(!queue.push(&key(1), b"x", || true));
    }

    #[test]
    fn a_flow_that_waits_goes_on_when_there_is_room_or_nobody_takes() {
        let queue = Queue::new(1, 100, WhenFull::Wait);
        assert!(queue.push(&key(0), b"{}", || true));
        std::thread::scope(|scope| {
            let pushing = scope.spawn(|| queue.push(&key(1), b"{}", || true));
            std::thread::sleep(Duration::from_millis(20));
            assert!(!pushing.is_finished());
            queue.take(&mut Batch::default());
            assert!(pushing.join().unwrap());
            let stopped = scope.spawn(|| queue.push(&key(2), b"{}", || false));
            assert!(!stopped.join().unwrap());
        });
        queue.abandon();
        assert!(!queue.push(&key(3), b"{}", || true));
    }
}
