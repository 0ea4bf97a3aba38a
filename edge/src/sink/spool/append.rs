//! How records get into a spool, and what goes to make room for them.
//!
//! Takes records; writes them to the growing segment, begins a new one where that is full, and gives up the
//! oldest where all are.

use std::{collections::VecDeque, io, os::unix::fs::FileExt, time::Instant};

use super::{
    Spool, SpoolError, Sync, bounds, frame,
    segment::{self, HEADER, Segment},
    unix_millis,
};
use crate::sink::queue::Item;

/// Most bytes that are written at once.
const WRITE_BYTES: usize = 256 << 10;

impl Spool {
    /// Takes records from the front of `items`, whose memory goes to `done`. What was not taken when an
    /// error comes is left in `items`. `lose`: make room by dropping the oldest records.
    ///
    /// # Errors
    /// [`SpoolError::Io`]; [`SpoolError::Full`].
    pub(crate) fn append(
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
    pub(super) fn seal(&mut self) -> io::Result<()> {
        if self.settings.sync != Sync::Never {
            self.sync()?;
        }
        self.active = None;
        Ok(())
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        if let Some(file) = self.active.as_ref().filter(|_| self.unsynced) {
            file.sync_data()?;
        }
        self.unsynced = false;
        self.synced_at = Instant::now();
        Ok(())
    }

    /// Gives up the oldest segment that is not on its way to the peer, if its newest record was written
    /// before `older_than`.
    pub(super) fn drop_oldest(&mut self, older_than: u64) -> io::Result<bool> {
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
}
