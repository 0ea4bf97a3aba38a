//! Where the frames of all sources wait for the models.
//!
//! Takes items per source with [`Inbox::push`] and [`Inbox::post`]; gives them in rounds with
//! [`Inbox::take`]: of each source what came in order, up to one frame. A full slot either holds the
//! pusher back (files: every frame) or forgets its oldest frame and counts it (live: newest wins).

use std::{
    collections::{BTreeMap, VecDeque},
    num::NonZeroUsize,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Number of a source within a run; never used twice.
pub type SourceId = u64;

/// What a full slot does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The pusher waits.
    Wait,
    /// The oldest frame is dropped and counted.
    DropOldest,
}

/// What waits: frames, and word of the source that must not be lost.
#[derive(Debug, PartialEq, Eq)]
pub enum Item<F, W> {
    /// A frame, and how many were dropped just before it.
    Frame(F, u64),
    /// Word of the source.
    Word(W),
}

/// Slots of all sources.
#[derive(Debug)]
pub struct Inbox<F, W> {
    state: Mutex<State<F, W>>,
    changed: Condvar,
    rounds: AtomicU64,
}

#[derive(Debug)]
struct State<F, W> {
    slots: BTreeMap<SourceId, Slot<F, W>>,
    /// Whose turn it was last.
    last: SourceId,
    closed: bool,
}

#[derive(Debug)]
struct Slot<F, W> {
    items: VecDeque<Item<F, W>>,
    frames: usize,
    capacity: NonZeroUsize,
    when_full: WhenFull,
    /// Dropped since the last frame that was taken.
    dropped: u64,
    /// Nothing more comes: it goes when it is empty.
    last_word: bool,
}

impl<F, W> Default for Inbox<F, W> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                slots: BTreeMap::new(),
                last: 0,
                closed: false,
            }),
            changed: Condvar::new(),
            rounds: AtomicU64::new(0),
        }
    }
}

impl<F, W> Inbox<F, W> {
    fn lock(&self) -> MutexGuard<'_, State<F, W>> {
        // A panic elsewhere leaves the slots whole: every change is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a slot.
    pub fn open(&self, source: SourceId, capacity: NonZeroUsize, when_full: WhenFull) {
        let slot = Slot {
            items: VecDeque::with_capacity(capacity.get() + 1),
            frames: 0,
            capacity,
            when_full,
            dropped: 0,
            last_word: false,
        };
        self.lock().slots.insert(source, slot);
    }

    /// Puts a frame in. False when nobody takes frames of this source any more.
    pub fn push(&self, source: SourceId, frame: F) -> bool {
        let mut state = self.lock();
        loop {
            let closed = state.closed;
            let Some(slot) = state.slots.get_mut(&source) else {
                return false;
            };
            if closed || slot.last_word {
                return false;
            }
            if slot.frames < slot.capacity.get() {
                slot.frames += 1;
                slot.items.push_back(Item::Frame(frame, 0));
                self.changed.notify_all();
                return true;
            }
            match slot.when_full {
                WhenFull::DropOldest => slot.drop_oldest(),
                WhenFull::Wait => {
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Puts word of a source in; it waits behind the frames before it and is never dropped.
    pub fn post(&self, source: SourceId, word: W) {
        if let Some(slot) = self.lock().slots.get_mut(&source) {
            slot.items.push_back(Item::Word(word));
            self.changed.notify_all();
        }
    }

    /// Puts the last word of a source in: its slot goes once that is taken, and pushers give up.
    pub fn end(&self, source: SourceId, word: W) {
        if let Some(slot) = self.lock().slots.get_mut(&source) {
            slot.items.push_back(Item::Word(word));
            slot.last_word = true;
            self.changed.notify_all();
        }
    }

    /// Waits until all that came of a source is taken, its last word included.
    pub fn wait_until_taken(&self, source: SourceId) {
        let waits = |state: &mut State<F, W>| !state.closed && state.slots.contains_key(&source);
        let taken = self.changed.wait_while(self.lock(), waits);
        drop(taken.unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes no more frames: what waits is still given, and waiting pushers return.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// How often somebody asked for a round: it grows as long as the flow goes on, frames or not.
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }

    /// Adds one round to `round`: of each source whose turn it is what came in order, up to one
    /// frame, and up to `most` frames in all. Waits for at most `patience` for a first item, then for
    /// at most `gather` for other sources. False when the inbox is closed and empty.
    pub fn take(
        &self,
        round: &mut Vec<(SourceId, Item<F, W>)>,
        most: usize,
        patience: Duration,
        gather: Duration,
    ) -> bool {
        self.rounds.fetch_add(1, Ordering::Relaxed);
        let nothing = |state: &mut State<F, W>| !state.closed && state.ready() == 0;
        let (mut state, _) = self
            .changed
            .wait_timeout_while(self.lock(), patience, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + gather;
        let few = |state: &mut State<F, W>| {
            let wanted = most.min(state.slots.len());
            !state.closed && (1..wanted).contains(&state.ready())
        };
        if !gather.is_zero() && few(&mut state) {
            let left = until.saturating_duration_since(Instant::now());
            (state, _) = self
                .changed
                .wait_timeout_while(state, left, few)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed && state.ready() == 0 {
            return false;
        }
        state.take(round, most);
        self.changed.notify_all();
        true
    }
}

impl<F, W> State<F, W> {
    /// Sources with something to take.
    fn ready(&self) -> usize {
        self.slots
            .values()
            .filter(|slot| !slot.items.is_empty())
            .count()
    }

    fn take(&mut self, round: &mut Vec<(SourceId, Item<F, W>)>, most: usize) {
        let mut frames = 0;
        let after = self.last;
        // Everybody once, beginning after the one whose turn it was last.
        let turns = [(after + 1, SourceId::MAX), (0, after)];
        for (first, end) in turns {
            for (&source, slot) in self.slots.range_mut(first..=end) {
                if frames == most {
                    return;
                }
                if slot.take(source, round) {
                    frames += 1;
                    self.last = source;
                }
            }
        }
        self.slots
            .retain(|_, slot| !(slot.last_word && slot.items.is_empty()));
    }
}

impl<F, W> Slot<F, W> {
    /// Takes what came in order, up to one frame. Whether there was one.
    fn take(&mut self, source: SourceId, round: &mut Vec<(SourceId, Item<F, W>)>) -> bool {
        while let Some(item) = self.items.pop_front() {
            match item {
                Item::Word(word) => round.push((source, Item::Word(word))),
                Item::Frame(frame, _) => {
                    self.frames -= 1;
                    let dropped = std::mem::take(&mut self.dropped);
                    round.push((source, Item::Frame(frame, dropped)));
                    return true;
                }
            }
        }
        false
    }

    fn drop_oldest(&mut self) {
        let is_frame = |item: &Item<F, W>| matches!(item, Item::Frame(..));
        if let Some(oldest) = self.items.iter().position(is_frame) {
            self.items.remove(oldest);
            self.frames -= 1;
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(10);
    const LONG: Duration = Duration::from_secs(5);

    fn inbox(slots: &[(SourceId, usize, WhenFull)]) -> Inbox<u32, &'static str> {
        let inbox = Inbox::default();
        for &(source, capacity, when_full) in slots {
            inbox.open(source, NonZeroUsize::new(capacity).unwrap(), when_full);
        }
        inbox
    }

    fn take(
        inbox: &Inbox<u32, &'static str>,
        most: usize,
    ) -> Vec<(SourceId, Item<u32, &'static str>)> {
        let mut round = Vec::new();
        inbox.take(&mut round, most, SOON, Duration::ZERO);
        round
    }

    #[test]
    fn the_newest_wins_losses_are_counted_and_word_is_kept() {
        let inbox = inbox(&[(1, 1, WhenFull::DropOldest)]);
        inbox.post(1, "online");
        for frame in 0..4 {
            assert!(inbox.push(1, frame));
        }
        let expected = [(1, Item::Word("online")), (1, Item::Frame(3, 3))];
        assert_eq!(take(&inbox, 8), expected);
        assert!(take(&inbox, 8).is_empty());
        inbox.push(1, 4);
        assert_eq!(take(&inbox, 8), [(1, Item::Frame(4, 0))]);
    }

    #[test]
    fn a_full_slot_holds_the_pusher_back_and_loses_nothing() {
        let inbox = inbox(&[(7, 2, WhenFull::Wait)]);
        let seen = std::thread::scope(|scope| {
            scope.spawn(|| {
                for frame in 0..100 {
                    assert!(inbox.push(7, frame));
                }
                inbox.end(7, "ended");
                inbox.close();
            });
            let mut round = Vec::new();
            while inbox.take(&mut round, 8, LONG, Duration::ZERO) {}
            round
        });
        let frames = (0..100).map(|frame| (7, Item::Frame(frame, 0)));
        let expected: Vec<_> = frames.chain([(7, Item::Word("ended"))]).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_round_takes_one_frame_of_each_and_turns_are_fair() {
        let inbox = inbox(&[
            (1, 9, WhenFull::Wait),
            (2, 9, WhenFull::Wait),
            (3, 9, WhenFull::Wait),
        ]);
        for frame in 0..4 {
            for source in 1..=3 {
                inbox.push(source, frame);
            }
        }
        let sources = |round: Vec<(SourceId, Item<u32, &str>)>| {
            round
                .into_iter()
                .map(|(source, _)| source)
                .collect::<Vec<_>>()
        };
        assert_eq!(sources(take(&inbox, 2)), [1, 2]);
        assert_eq!(sources(take(&inbox, 2)), [3, 1]);
        assert_eq!(sources(take(&inbox, 8)), [2, 3, 1]);
    }

    #[test]
    fn others_are_waited_for_as_long_as_is_allowed() {
        let inbox = inbox(&[(1, 1, WhenFull::Wait), (2, 1, WhenFull::Wait)]);
        inbox.push(1, 10);
        let mut round = Vec::new();
        inbox.take(&mut round, 8, LONG, SOON);
        assert_eq!(round, [(1, Item::Frame(10, 0))]);
        inbox.push(1, 11);
        let round = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(SOON);
                inbox.push(2, 20);
            });
            let mut round = Vec::new();
            inbox.take(&mut round, 8, LONG, LONG);
            round
        });
        assert_eq!(round, [(2, Item::Frame(20, 0)), (1, Item::Frame(11, 0))]);
    }

    #[test]
    fn the_last_word_is_waited_for() {
        let inbox = inbox(&[(1, 1, WhenFull::Wait)]);
        inbox.push(1, 0);
        inbox.end(1, "removed");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| inbox.wait_until_taken(1));
            assert_eq!(take(&inbox, 8), [(1, Item::Frame(0, 0))]);
            std::thread::sleep(SOON);
            assert!(!waiting.is_finished());
            assert_eq!(take(&inbox, 8), [(1, Item::Word("removed"))]);
        });
        inbox.open(2, NonZeroUsize::MIN, WhenFull::Wait);
        inbox.close();
        inbox.wait_until_taken(2);
    }

    #[test]
    fn after_the_end_pushers_give_up_and_the_slot_goes() {
        let inbox = inbox(&[(1, 1, WhenFull::Wait)]);
        inbox.push(1, 0);
        std::thread::scope(|scope| {
            let pusher = scope.spawn(|| inbox.push(1, 1));
            std::thread::sleep(SOON);
            inbox.end(1, "removed");
            assert!(!pusher.join().unwrap());
        });
        assert_eq!(take(&inbox, 8), [(1, Item::Frame(0, 0))]);
        assert_eq!(take(&inbox, 8), [(1, Item::Word("removed"))]);
        inbox.wait_until_taken(1);
        assert!(!inbox.push(1, 2) && inbox.lock().slots.is_empty());
        inbox.close();
        assert!(!inbox.take(&mut Vec::new(), 8, LONG, LONG));
    }
}
