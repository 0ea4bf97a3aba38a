//! The hand-over between the decoder's thread and the reader of frames.
//!
//! Takes items with `push`; gives them in order with `pop`. A full queue either holds the pusher
//! back (files: every frame) or forgets its oldest item and counts it (live: newest wins).

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What a full queue does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The pusher waits.
    Wait,
    /// The oldest item is dropped and counted.
    DropOldest,
}

/// A bounded queue that ends with an outcome.
#[derive(Debug)]
pub struct Queue<T, E> {
    state: Mutex<State<T, E>>,
    changed: Condvar,
    capacity: NonZeroUsize,
    when_full: WhenFull,
}

#[derive(Debug)]
struct State<T, E> {
    items: VecDeque<T>,
    dropped: u64,
    end: Option<Result<(), E>>,
    abandoned: bool,
}

/// What [`Queue::pop`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Popped<T, E> {
    /// The next item, and how many were dropped just before it.
    Item(T, u64),
    /// Nothing came in time.
    Nothing,
    /// No more items will come; the reason is told once, later it is `Ok`.
    End(Result<(), E>),
}

impl<T, E> Queue<T, E> {
    /// An empty queue.
    #[must_use]
    pub fn new(capacity: NonZeroUsize, when_full: WhenFull) -> Self {
        Self {
            state: Mutex::new(State {
                items: VecDeque::new(),
                dropped: 0,
                end: None,
                abandoned: false,
            }),
            changed: Condvar::new(),
            capacity,
            when_full,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T, E>> {
        // A panic elsewhere leaves the queue whole: every change is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an item in. False when the queue has ended or its reader has gone.
    pub fn push(&self, item: T) -> bool {
        let mut state = self.lock();
        while state.items.len() >= self.capacity.get() && !state.abandoned && state.end.is_none() {
            match self.when_full {
                WhenFull::Wait => {
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                WhenFull::DropOldest => {
                    state.items.pop_front();
                    state.dropped += 1;
                }
            }
        }
        if state.abandoned || state.end.is_some() {
            return false;
        }
        state.items.push_back(item);
        self.changed.notify_all();
        true
    }

    /// Says that no more items come, and why. The first word counts.
    pub fn end(&self, outcome: Result<(), E>) {
        self.lock().end.get_or_insert(outcome);
        self.changed.notify_all();
    }

    /// Says that nobody reads any more: waiting pushers return.
    pub fn abandon(&self) {
        let mut state = self.lock();
        state.abandoned = true;
        state.items.clear();
        self.changed.notify_all();
    }

    /// The next item, waiting for at most `patience`.
    pub fn pop(&self, patience: Duration) -> Popped<T, E> {
        let waiting = |state: &mut State<T, E>| state.items.is_empty() && state.end.is_none();
        let (mut state, _) = self
            .changed
            .wait_timeout_while(self.lock(), patience, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(item) = state.items.pop_front() {
            self.changed.notify_all();
            return Popped::Item(item, std::mem::take(&mut state.dropped));
        }
        match &mut state.end {
            Some(end) => Popped::End(std::mem::replace(end, Ok(()))),
            None => Popped::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(10);

    fn queue(capacity: usize, when_full: WhenFull) -> Queue<u32, &'static str> {
        Queue::new(NonZeroUsize::new(capacity).unwrap(), when_full)
    }

    #[test]
    fn the_newest_wins_and_losses_are_counted() {
        let queue = queue(1, WhenFull::DropOldest);
        for item in 0..4 {
            assert!(queue.push(item));
        }
        assert_eq!(queue.pop(SOON), Popped::Item(3, 3));
        assert_eq!(queue.pop(SOON), Popped::Nothing);
        assert!(queue.push(4));
        assert_eq!(queue.pop(SOON), Popped::Item(4, 0));
    }

    #[test]
    fn a_full_queue_holds_the_pusher_back_and_loses_nothing() {
        let queue = queue(2, WhenFull::Wait);
        let seen = std::thread::scope(|scope| {
            scope.spawn(|| {
                for item in 0..100 {
                    assert!(queue.push(item));
                }
                queue.end(Ok(()));
            });
            let mut seen = Vec::new();
            while let Popped::Item(item, 0) = queue.pop(Duration::from_secs(5)) {
                seen.push(item);
            }
            seen
        });
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn items_before_a_failure_are_kept_and_the_failure_is_told_once() {
        let queue = queue(4, WhenFull::Wait);
        queue.push(1);
        queue.end(Err("torn"));
        queue.end(Ok(()));
        assert!(!queue.push(2));
        assert_eq!(queue.pop(SOON), Popped::Item(1, 0));
        assert_eq!(queue.pop(SOON), Popped::End(Err("torn")));
        assert_eq!(queue.pop(SOON), Popped::End(Ok(())));
    }

    #[test]
    fn an_abandoned_queue_frees_its_pusher() {
        let queue = queue(1, WhenFull::Wait);
        queue.push(1);
        std::thread::scope(|scope| {
            let pusher = scope.spawn(|| queue.push(2));
            std::thread::sleep(SOON);
            queue.abandon();
            assert!(!pusher.join().unwrap());
        });
    }
}
