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

mod bounds;
mod cursor;
mod frame;
mod reader;
mod scan;
mod segment;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    fs::{self, DirBuilder, File},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::{DirBuilderExt, FileExt},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use self::{
    reader::Reader,
    scan::{Found, Scan},
    segment::{HEADER, Segment},
};
use super::{key::Key, queue::Item};

/// Most bytes that are written at once.
const WRITE_BYTES: usize = 256 << 10;
/// The cursor is kept at least this often while acknowledgements come.
const CURSOR_EVERY: Duration = Duration::from_millis(200);

/// When what is written is made to survive a loss of power. What survives the end of the process needs
/// none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Before a record is sent, and when an acknowledgement came.
    Ack,
    /// Once per so long.
    Interval(Duration),
    /// When the system likes.
    Never,
}

/// Bounds of a spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolSettings {
    /// Most bytes on disk.
    pub max_bytes: u64,
    /// Longest time that a record waits; segments are dropped when their newest record is older.
    pub max_age: Option<Duration>,
    /// Bytes per segment: what is dropped at once.
    pub segment_bytes: u64,
    /// When it is made durable.
    pub sync: Sync,
}

/// Why a spool cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// Another daemon uses it.
    #[error("the spool {} is in use by another process; give each daemon a spool folder of its own", folder.display())]
    Locked {
        /// Which folder.
        folder: PathBuf,
    },
    /// The system refused.
    #[error("cannot {what} the spool {}: {source}", folder.display())]
    Io {
        /// Which folder.
        folder: PathBuf,
        /// What was tried.
        what: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// All of it is on its way to the peer, or the flow waits rather than lose records.
    #[error("the spool {} is full", folder.display())]
    Full {
        /// Which folder.
        folder: PathBuf,
    },
}

/// A record on its way to a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
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
pub struct SpoolLevel {
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
pub struct Spool {
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
    pub fn open(folder: &Path, settings: SpoolSettings) -> Result<Self, SpoolError> {
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

    /// Takes records from the front of `items`, whose memory goes to `done`. What was not taken when an
    /// error comes is left in `items`. `lose`: make room by dropping the oldest records.
    ///
    /// # Errors
    /// [`SpoolError::Io`]; [`SpoolError::Full`].
    pub fn append(
        &mut self,
        items: &mut VecDeque<Item>,
        lose: bool,
        mut done: impl FnMut(Item),
    ) -> Result<(), SpoolError> {
        let now = unix_millis();
        while let Some(item) = items.front() {
            let first = frame::length(&item.key, &item.json);
            self.make_room(first, lose)?;
            let room = self.segment_with_room(first)?;
            self.staged.clear();
            let mut count = 0;
            for (item, number) in items.iter().zip(self.next..) {
                let length = frame::length(&item.key, &item.json) as usize;
                if count > 0 && self.staged.len() + length > room.min(WRITE_BYTES) {
                    break;
                }
                frame::encode(&mut self.staged, number, now, &item.key, &item.json);
                count += 1;
            }
            self.write(count as u64, now)
                .map_err(self.failed("write to"))?;
            items.drain(..count).for_each(&mut done);
        }
        if self.settings.sync == Sync::Ack {
            self.sync().map_err(self.failed("sync"))?;
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.len).sum()
    }

    fn make_room(&mut self, length: u64, lose: bool) -> Result<(), SpoolError> {
        while self.bytes() + length + HEADER as u64 > self.settings.max_bytes {
            let dropped = lose
                && self
                    .drop_oldest(u64::MAX)
                    .map_err(self.failed("make room in"))?;
            if !dropped {
                let folder = self.folder.clone();
                return Err(SpoolError::Full { folder });
            }
        }
        Ok(())
    }

    /// Makes sure that there is a growing segment for a record; gives the bytes that fit.
    fn segment_with_room(&mut self, length: u64) -> Result<usize, SpoolError> {
        if let (Some(_), Some(last)) = (&self.active, self.segments.back()) {
            let left = self.settings.segment_bytes.saturating_sub(last.len);
            let left = left.min(self.settings.max_bytes.saturating_sub(self.bytes()));
            if left >= length || last.len == HEADER as u64 {
                return Ok(left as usize);
            }
            self.seal().map_err(self.failed("sync"))?;
        }
        let file = segment::create(&self.folder, self.next).map_err(self.failed("write to"))?;
        let (base, end) = (self.next, self.next);
        let len = HEADER as u64;
        self.segments.push_back(Segment {
            base,
            end,
            len,
            newest: 0,
            dropped: false,
        });
        self.active = Some(file);
        let left = self.settings.max_bytes.saturating_sub(self.bytes());
        Ok(left.min(self.settings.segment_bytes.saturating_sub(len)) as usize)
    }

    /// Writes the staged records, all or none.
    fn write(&mut self, count: u64, now: u64) -> io::Result<()> {
        let (Some(file), Some(last)) = (&self.active, self.segments.back_mut()) else {
            return Err(io::Error::other("no segment is open"));
        };
        if let Err(error) = file.write_all_at(&self.staged, last.len) {
            // The next write begins at the same place, so what stays behind does no harm.
            let _ = file.set_len(last.len);
            return Err(error);
        }
        last.len += self.staged.len() as u64;
        last.newest = now;
        last.end += count;
        self.next += count;
        self.unsynced = true;
        if self.oldest.is_none() {
            self.oldest = Some(now);
        }
        Ok(())
    }

    /// The last segment grows no more.
    fn seal(&mut self) -> io::Result<()> {
        if self.settings.sync != Sync::Never {
            self.sync()?;
        }
        self.active = None;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if let Some(file) = self.active.as_ref().filter(|_| self.unsynced) {
            file.sync_data()?;
        }
        self.unsynced = false;
        self.synced_at = Instant::now();
        Ok(())
    }

    /// Gives up the oldest segment that is not on its way to the peer, if its newest record was written
    /// before `older_than`.
    fn drop_oldest(&mut self, older_than: u64) -> io::Result<bool> {
        let free = |segment: &Segment| self.reader.base().is_none_or(|base| segment.base > base);
        let chosen = self
            .segments
            .iter()
            .position(|segment| !segment.dropped && free(segment) && segment.len > HEADER as u64);
        let Some(at) = chosen.filter(|at| self.segments[*at].newest < older_than) else {
            return Ok(false);
        };
        let before = at.checked_sub(1).filter(|before| {
            let before = &self.segments[*before];
            before.dropped && free(before)
        });
        if at + 1 == self.segments.len() {
            self.seal()?;
        }
        let merged = before.map(|before| &self.segments[before]);
        let durable = self.settings.sync != Sync::Never;
        let segment = &self.segments[at];
        let (left, records) =
            bounds::drop_segment(&self.folder, merged, segment, self.acked, durable)?;
        self.given_up += records;
        self.segments[at] = left;
        if let Some(before) = before {
            self.segments.remove(before);
        }
        Ok(true)
    }

    /// The next record for the peer, after those that were given since [`Self::rewind`].
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub fn next(&mut self) -> Result<Option<Delivery>, SpoolError> {
        let growing = self.active.is_some();
        let next = self
            .reader
            .next(&self.folder, &self.segments, growing, self.acked);
        let next = next.map_err(self.failed("read"))?;
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
    pub fn rewind(&mut self) {
        self.reader.rewind();
        self.sent.clear();
    }

    /// Records and bytes that were given and are not acknowledged.
    #[must_use]
    pub fn in_flight(&self) -> (usize, usize) {
        (
            self.sent.len(),
            self.sent.iter().map(|sent| sent.bytes).sum(),
        )
    }

    /// The first record that was given and is not acknowledged.
    #[must_use]
    pub fn first_in_flight(&self) -> Option<u64> {
        self.sent.front().map(|sent| sent.number)
    }

    /// The peer has all records up to and including `number`. Gives how many of those were sent.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub fn acknowledge(&mut self, number: u64) -> Result<u64, SpoolError> {
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
    pub fn tend(&mut self) -> Result<(), SpoolError> {
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
    pub fn close(mut self) -> Result<(), SpoolError> {
        self.seal().map_err(self.failed("sync"))?;
        self.keep_cursor()
            .map_err(self.failed("keep the cursor of"))?;
        self.clear().map_err(self.failed("clear"))
    }

    /// How much there is.
    #[must_use]
    pub fn level(&self) -> SpoolLevel {
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
    pub const fn is_drained(&self) -> bool {
        self.acked >= self.next
    }

    /// Records given up for want of room or for their age, and records found damaged, since the last call.
    pub fn take_losses(&mut self) -> (u64, u64) {
        (
            std::mem::take(&mut self.given_up),
            self.reader.take_damaged(),
        )
    }
}

/// Cuts the torn end of the last segment, and removes it where nothing whole is in it. Gives the number
/// of the next record.
fn mend(folder: &Path, segments: &mut Vec<Segment>) -> io::Result<u64> {
    let Some(last) = segments.last_mut() else {
        return Ok(0);
    };
    if last.dropped {
        return Ok(last.end);
    }
    let path = last.path(folder);
    let mut file = File::options().read(true).write(true).open(&path)?;
    file.seek(SeekFrom::Start(HEADER as u64))?;
    let mut scan = Scan::default();
    scan.enter(last.base, false);
    file.read_to_end(scan.bytes())?;
    let mut records = 0_u64;
    while let Some(found) = scan.next(true) {
        records += 1;
        if let Found::Record(frame, _) = found {
            last.newest = frame.written_at;
        }
    }
    let base = last.base;
    if records == 0 {
        fs::remove_file(&path)?;
        segments.pop();
        return Ok(base);
    }
    let whole = HEADER as u64 + scan.read() as u64;
    if whole < last.len {
        file.set_len(whole)?;
        last.len = whole;
    }
    last.end = scan.expected().unwrap_or(base);
    Ok(last.end)
}

fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
