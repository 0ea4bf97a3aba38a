//! Records on disk until a peer has acknowledged them.
//!
//! Takes records; gives them back in order, each until its number is acknowledged, over restarts and
//! after `kill -9` at any byte. A spool is a folder of [segments](segment), a [cursor] and a lock. It is
//! bounded: when the peer is away for too long the oldest whole segment is dropped, and gap records stay in
//! its place. Damage is found by checksums and told as gap records, too.
//!
//! What is promised: a record that [`Spool::append`] took is delivered at least once, or a gap record
//! accounts for it. Only a status record that is dropped has no gap record: it is counted and logged. A
//! record that a dying process had half written was not taken yet, and is cut away. What survives a loss
//! of power depends on [`Sync`].

mod append;
mod bounds;
mod cursor;
mod frame;
mod mend;
mod reader;
mod scan;
mod segment;
mod settings;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

pub use self::settings::{SpoolError, SpoolSettings, Sync};
use self::{mend::mend, reader::Reader, segment::Segment};
use super::key::Key;

/// The cursor is kept at least this often while acknowledgements come.
const CURSOR_EVERY: Duration = Duration::from_millis(200);

/// A record on its way to a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Grows from record to record, over all runs.
    pub number: u64,
    /// When it was spooled, in Unix milliseconds.
    pub written_at: u64,
    /// Which record it is.
    pub key: Key,
    /// Its JSON, without the end of the line.
    pub body: Vec<u8>,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SpoolLevel {
    /// Records that are not acknowledged.
    pub records: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// When the first of them was written, in Unix milliseconds.
    pub oldest: Option<u64>,
}

/// A record that is sent and not acknowledged.
#[derive(Debug)]
struct Sent {
    number: u64,
    written_at: u64,
    bytes: usize,
}

/// The spool of one sink.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    settings: SpoolSettings,
    /// Held until the end.
    _lock: File,
    segments: VecDeque<Segment>,
    /// The last segment, while it grows.
    active: Option<File>,
    /// Number of the next record.
    next: u64,
    /// Number of the first record that is not acknowledged.
    acked: u64,
    /// What the cursor file says.
    kept: Option<u64>,
    kept_at: Instant,
    synced_at: Instant,
    unsynced: bool,
    reader: Reader,
    sent: VecDeque<Sent>,
    oldest: Option<u64>,
    given_up: u64,
    staged: Vec<u8>,
}

impl Spool {
    /// Opens or creates the spool in `folder`, and mends what a crash left.
    ///
    /// # Errors
    /// [`SpoolError::Locked`], [`SpoolError::Io`].
    pub(crate) fn open(folder: &Path, settings: SpoolSettings) -> Result<Self, SpoolError> {
        let failed = |what| {
            move |source| {
                let folder = folder.to_owned();
                SpoolError::Io {
                    folder,
                    what,
                    source,
                }
            }
        };
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(folder).map_err(failed("create"))?;
        let lock = segment::lock(folder).map_err(failed("lock"))?;
        let Some(lock) = lock else {
            let folder = folder.to_owned();
            return Err(SpoolError::Locked { folder });
        };
        let kept = cursor::read(folder).map_err(failed("read the cursor of"))?;
        let mut segments = segment::list(folder).map_err(failed("list"))?;
        let next = mend(folder, &mut segments).map_err(failed("mend"))?;
        let first = segments.first().map_or(next, |segment| segment.base);
        let acked = kept.unwrap_or(first);
        let mut spool = Self {
            folder: folder.to_owned(),
            settings,
            _lock: lock,
            segments: segments.into(),
            active: None,
            next: next.max(acked),
            acked,
            kept,
            kept_at: Instant::now(),
            synced_at: Instant::now(),
            unsynced: false,
            reader: Reader::default(),
            sent: VecDeque::new(),
            oldest: None,
            given_up: 0,
            staged: Vec::new(),
        };
        spool.clear().map_err(failed("clear"))?;
        spool.oldest = spool.segments.front().map(|segment| segment.newest);
        Ok(spool)
    }

    fn failed(&self, what: &'static str) -> impl FnOnce(io::Error) -> SpoolError + use<> {
        let folder = self.folder.clone();
        move |source| SpoolError::Io {
            folder,
            what,
            source,
        }
    }

    fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.len).sum()
    }

    /// The next record for the peer, after those that were given since [`Self::rewind`].
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub(crate) fn next(&mut self) -> Result<Option<Delivery>, SpoolError> {
        let growing = self.active.is_some();
        let next = self
            .reader
            .next(&self.folder, &self.segments, growing, self.acked);
        let next = next.map_err(self.failed("read"))?;
        if next.is_none() && !growing && self.sent.is_empty() {
            // What is not acknowledged yet is not there any more, and is accounted for.
            self.acked = self.next;
            self.clear().map_err(self.failed("clear"))?;
        }
        if let Some(delivery) = &next {
            if self.sent.is_empty() {
                self.oldest = Some(delivery.written_at);
            }
            let Delivery {
                number,
                written_at,
                ref body,
                ..
            } = *delivery;
            let bytes = body.len();
            self.sent.push_back(Sent {
                number,
                written_at,
                bytes,
            });
        }
        Ok(next)
    }

    /// Begins again with the first record that is not acknowledged.
    pub(crate) fn rewind(&mut self) {
        self.reader.rewind();
        self.sent.clear();
    }

    /// Records and bytes that were given and are not acknowledged.
    #[must_use]
    pub(crate) fn in_flight(&self) -> (usize, usize) {
        (
            self.sent.len(),
            self.sent.iter().map(|sent| sent.bytes).sum(),
        )
    }

    /// The first record that was given and is not acknowledged.
    #[must_use]
    pub(crate) fn first_in_flight(&self) -> Option<u64> {
        self.sent.front().map(|sent| sent.number)
    }

    /// The peer has all records up to and including `number`. Gives how many of those were sent.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub(crate) fn acknowledge(&mut self, number: u64) -> Result<u64, SpoolError> {
        let mut count = 0;
        while let Some(sent) = self.sent.pop_front_if(|sent| sent.number <= number) {
            self.acked = self.acked.max(sent.number + 1);
            count += 1;
        }
        match self.sent.front() {
            Some(sent) => self.oldest = Some(sent.written_at),
            None if self.acked >= self.next => self.oldest = None,
            None => {}
        }
        if self.settings.sync == Sync::Ack {
            self.keep_cursor()
                .map_err(self.failed("keep the cursor of"))?;
        }
        self.clear().map_err(self.failed("clear"))?;
        Ok(count)
    }

    /// Removes what is acknowledged, once the cursor says so.
    fn clear(&mut self) -> io::Result<()> {
        let is_done = |spool: &Self| {
            let growing = spool.segments.len() == 1 && spool.active.is_some();
            let first = spool.segments.front();
            first.is_some_and(|first| first.end <= spool.acked && !growing)
        };
        while is_done(self) {
            self.keep_cursor()?;
            if let Some(done) = self.segments.pop_front() {
                fs::remove_file(done.path(&self.folder))?;
            }
        }
        Ok(())
    }

    fn keep_cursor(&mut self) -> io::Result<()> {
        if self.kept != Some(self.acked) {
            cursor::write(&self.folder, self.acked, self.settings.sync != Sync::Never)?;
            self.kept = Some(self.acked);
        }
        self.kept_at = Instant::now();
        Ok(())
    }

    /// What is due by the clock: the cursor, what must be durable, what is too old.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub(crate) fn tend(&mut self) -> Result<(), SpoolError> {
        if self.kept_at.elapsed() >= CURSOR_EVERY {
            self.keep_cursor()
                .map_err(self.failed("keep the cursor of"))?;
        }
        if let Sync::Interval(every) = self.settings.sync
            && self.synced_at.elapsed() >= every
        {
            self.sync().map_err(self.failed("sync"))?;
        }
        if let Some(age) = self.settings.max_age {
            let limit = unix_millis().saturating_sub(age.as_millis() as u64);
            while self
                .drop_oldest(limit)
                .map_err(self.failed("drop what is too old in"))?
            {}
        }
        Ok(())
    }

    /// Makes all of it durable.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub(crate) fn close(mut self) -> Result<(), SpoolError> {
        self.seal().map_err(self.failed("sync"))?;
        self.keep_cursor()
            .map_err(self.failed("keep the cursor of"))?;
        self.clear().map_err(self.failed("clear"))
    }

    /// How much there is.
    #[must_use]
    pub(crate) fn level(&self) -> SpoolLevel {
        let records = self.next - self.acked;
        let oldest = self.oldest.filter(|_| records > 0);
        SpoolLevel {
            records,
            bytes: self.bytes(),
            oldest,
        }
    }

    /// Whether nothing waits.
    #[must_use]
    pub(crate) const fn is_drained(&self) -> bool {
        self.acked >= self.next
    }

    /// Records given up for want of room or for their age, and records found damaged, since the last call.
    pub(crate) fn take_losses(&mut self) -> (u64, u64) {
        (
            std::mem::take(&mut self.given_up),
            self.reader.take_damaged(),
        )
    }
}

fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
