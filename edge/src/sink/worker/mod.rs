//! The life of one sink on its own thread.
//!
//! Takes records from the memory queue into the spool, and from the spool to the peer; both go on at the
//! same time, so a peer that stalls or is away never keeps records out of the spool. Ends when there is
//! nothing left to deliver after the flow has ended, or when patience does.

mod pump;

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use facs::GapReason;
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    events::{self, Loss},
    format::Format,
    link::{Link, LinkError, Peer},
    losses,
    queue::{Batch, Item, Queue, WhenFull},
    spool::{Spool, SpoolLevel},
};
use crate::backoff::{self, Backoff};

/// How often clocks are looked at.
const TEND_EVERY: Duration = Duration::from_millis(100);
/// Until a spool that refused is tried again.
const SPOOL_RETRY: Duration = Duration::from_millis(500);

/// What a sink does, for those who ask.
#[derive(Clone, Debug, Default)]
pub(super) struct Live {
    pub(super) connected: bool,
    pub(super) last_error: Option<String>,
    pub(super) delivered: u64,
    pub(super) lost: u64,
    pub(super) connects: u64,
    pub(super) level: SpoolLevel,
}

/// When to end, set once.
#[derive(Debug, Default)]
pub(super) struct Finish {
    deadline: Mutex<Option<Instant>>,
    asked: Notify,
}

impl Finish {
    pub(super) fn ask(&self, patience: Duration) {
        let now = Instant::now();
        let deadline = now.checked_add(patience).unwrap_or(now);
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = Some(deadline);
        self.asked.notify_one();
    }

    async fn expired(&self) {
        loop {
            let deadline = *self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(deadline) = deadline {
                return sleep_until(deadline).await;
            }
            self.asked.notified().await;
        }
    }
}

/// What the thread of a sink works with.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) name: String,
    /// For messages.
    pub(super) peer: String,
    pub(super) queue: Arc<Queue>,
    pub(super) live: Arc<Mutex<Live>>,
    pub(super) finish: Arc<Finish>,
    pub(super) format: Format,
    pub(super) when_full: WhenFull,
    /// How long a peer may be silent.
    pub(super) patience: Duration,
    /// Most bytes on their way at once.
    pub(super) window_bytes: usize,
    pub(super) spool: RefCell<Spool>,
    /// Taken from the queue and not yet in the spool.
    pub(super) held: RefCell<VecDeque<Item>>,
    /// Whether all that will ever come is in the spool.
    pub(super) stored: Cell<bool>,
    /// The spool has more to send.
    pub(super) grew: Notify,
    /// The spool has more room.
    pub(super) room: Notify,
    /// Refusals of records below this number are counted.
    pub(super) refused: Cell<u64>,
    /// Attempts to connect since the last acknowledgement.
    pub(super) attempts: Cell<u32>,
}

impl Worker {
    /// Works until the end.
    pub(super) async fn run<P: Peer>(self, mut peer: P) {
        tokio::select! {
            biased;
            ((), ()) = async { tokio::join!(self.take_in(), self.deliver(&mut peer)) } => {}
            () = self.tend() => {}
            () = self.finish.expired() => {}
        }
        // What is still in memory goes to the disk, if that takes it.
        self.take();
        self.store();
        self.report();
        self.live().connected = false;
        let left = self.held.borrow_mut().drain(..).count() as u64;
        self.lost(left, Loss::Memory);
        if let Err(error) = self.spool.into_inner().close() {
            let error = &error.to_string();
            events::SpoolFailed {
                sink: &self.name,
                error,
            }
            .emit();
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(&self, records: u64, loss: Loss) {
        if records > 0 {
            self.live().lost += records;
            events::Lost {
                sink: &self.name,
                records,
                loss,
            }
            .emit();
        }
    }

    /// From memory to disk, until the flow has ended.
    async fn take_in(&self) {
        loop {
            self.queue.filled().await;
            let closed = self.queue.is_closed();
            self.take();
            while !self.store() {
                tokio::select! {
                    () = sleep(SPOOL_RETRY) => {}
                    () = self.room.notified() => {}
                }
            }
            self.stored.set(closed);
            self.grew.notify_one();
            if closed {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Takes what waits in memory; what did not fit there becomes gap records behind it.
    fn take(&self) {
        let mut held = self.held.borrow_mut();
        let mut batch = Batch {
            items: std::mem::take(&mut *held),
            ..Batch::default()
        };
        if batch.items.is_empty() {
            self.queue.take(&mut batch);
        }
        *held = batch.items;
        self.lost(batch.losses.records(), Loss::Memory);
        for gap in batch.losses.tell(GapReason::SpoolFull) {
            // A gap record is plain data: it can always be written.
            if let Ok((key, json)) = losses::written(gap) {
                held.push_back(Item { key, json });
            }
        }
    }

    /// Whether all that was taken is in the spool.
    fn store(&self) -> bool {
        let lose = self.when_full == WhenFull::Lose;
        let mut held = self.held.borrow_mut();
        let mut spool = self.spool.borrow_mut();
        match spool.append(&mut held, lose, |item| self.queue.recycle(item)) {
            Ok(()) => {
                self.live().level = spool.level();
                true
            }
            Err(error) => {
                drop(spool);
                self.spool_failed(&error.to_string());
                false
            }
        }
    }

    /// Told once, until another error takes its place.
    fn spool_failed(&self, error: &str) {
        let mut live = self.live();
        if live.last_error.as_deref() != Some(error) {
            events::SpoolFailed {
                sink: &self.name,
                error,
            }
            .emit();
            live.last_error = Some(error.to_owned());
        }
    }

    /// What is due by the clock.
    async fn tend(&self) {
        loop {
            sleep(TEND_EVERY).await;
            let tended = self.spool.borrow_mut().tend();
            if let Err(error) = tended {
                self.spool_failed(&error.to_string());
            }
            self.report();
        }
    }

    fn report(&self) {
        let mut spool = self.spool.borrow_mut();
        let (given_up, damaged) = spool.take_losses();
        let level = spool.level();
        drop(spool);
        self.lost(given_up, Loss::Spool);
        self.lost(damaged, Loss::Damaged);
        let (records, _) = self.queue.waiting();
        let held = self.held.borrow().len() as u64;
        self.live().level = level;
        events::Level {
            sink: &self.name,
            records: level.records + records + held,
            spool_bytes: level.bytes,
            oldest: age(level.oldest),
        }
        .emit();
    }

    /// From disk to the peer, until nothing is left.
    async fn deliver<P: Peer>(&self, peer: &mut P) {
        let backoff = Backoff::default();
        let seed = backoff::seed(&self.name);
        let mut last = String::new();
        while !self.is_done() {
            let error = match timeout(self.patience, peer.connect()).await {
                Ok(Ok(mut link)) => {
                    self.connected();
                    match self.pump(&mut link).await {
                        Ok(()) => return link.close().await,
                        Err(error) => error,
                    }
                }
                Ok(Err(error)) => error,
                Err(_) => LinkError::Silent {
                    after: self.patience,
                },
            };
            let error = error.to_string();
            let attempt = self.attempts.get();
            let delay = backoff.delay(attempt, seed);
            self.attempts.set(attempt + 1);
            let again = error == last;
            events::Failed {
                sink: &self.name,
                error: &error,
                delay,
                again,
            }
            .emit();
            {
                let mut live = self.live();
                live.connected = false;
                live.last_error = Some(error.clone());
            }
            last = error;
            self.spool.borrow_mut().rewind();
            sleep(delay).await;
        }
    }

    /// Whether nothing is left, and nothing will come.
    fn is_done(&self) -> bool {
        self.stored.get() && self.spool.borrow().is_drained()
    }

    fn connected(&self) {
        let waiting = self.spool.borrow().level().records;
        events::Connected {
            sink: &self.name,
            peer: &self.peer,
            waiting,
        }
        .emit();
        let mut live = self.live();
        live.connected = true;
        live.connects += 1;
    }
}

/// How long ago that was, in Unix milliseconds.
pub(super) fn age(since: Option<u64>) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_millis() as u64);
    Duration::from_millis(since.map_or(0, |since| now.saturating_sub(since)))
}
