//! What is to be delivered next.
//!
//! Takes the segments of a spool; gives their records in order from a number on, gap records in place of
//! damaged ones.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use facs::GapReason;

use super::{
    Delivery,
    scan::{Found, Scan},
    segment::{HEADER, Segment},
};
use crate::sink::losses::{self, Losses};

/// Reads ahead of a peer.
#[derive(Debug, Default)]
pub(super) struct Reader {
    scan: Scan,
    /// Base of the segment that is read.
    base: Option<u64>,
    file: Option<File>,
    /// Bytes of that file that are read.
    read: u64,
    ready: VecDeque<Delivery>,
    /// Records found damaged, told to [`Reader::take_damaged`].
    damaged: u64,
    /// Damage below this number is counted.
    counted: u64,
}

impl Reader {
    /// Begins anew at the next call.
    pub(super) fn rewind(&mut self) {
        let (damaged, counted) = (self.damaged, self.counted);
        *self = Self {
            damaged,
            counted,
            ..Self::default()
        };
    }

    /// The segment that is read.
    pub(super) const fn base(&self) -> Option<u64> {
        self.base
    }

    /// How many records were found damaged since the last call.
    pub(super) fn take_damaged(&mut self) -> u64 {
        std::mem::take(&mut self.damaged)
    }

    /// The next record whose number is at least `from`. The last segment grows where `growing`.
    pub(super) fn next(
        &mut self,
        folder: &Path,
        segments: &VecDeque<Segment>,
        growing: bool,
        from: u64,
    ) -> io::Result<Option<Delivery>> {
        loop {
            if let Some(delivery) = self.ready.pop_front() {
                if delivery.number >= from {
                    return Ok(Some(delivery));
                }
                continue;
            }
            let last = segments.back().map(|segment| segment.base);
            let sealed = !growing || self.base != last;
            if self.base.is_some() {
                self.fill(segments)?;
                if let Some(found) = self.scan.next(sealed) {
                    self.prepare(found, from)?;
                    continue;
                }
            }
            if self.base.is_some() && !sealed {
                return Ok(None);
            }
            if self.base.is_some() && self.base == last {
                // What is damaged there has nothing behind it by which it would be missed.
                let whole = segments.back().filter(|segment| !segment.dropped);
                match whole.and_then(|segment| self.scan.end(segment.end)) {
                    Some(found) => self.prepare(found, from)?,
                    None => return Ok(None),
                }
                continue;
            }
            if !self.open_next(folder, segments, from)? {
                return Ok(None);
            }
        }
    }

    /// Reads what the segment has grown by.
    fn fill(&mut self, segments: &VecDeque<Segment>) -> io::Result<()> {
        let (Some(base), Some(file)) = (self.base, &mut self.file) else {
            return Ok(());
        };
        // A segment that is no longer listed was read to its end before.
        let Some(segment) = segments.iter().find(|segment| segment.base == base) else {
            return Ok(());
        };
        if let Some(more) = segment.len.checked_sub(self.read).filter(|more| *more > 0) {
            let bytes = self.scan.bytes();
            self.read += file.take(more).read_to_end(bytes)? as u64;
        }
        Ok(())
    }

    /// Opens the segment after the one that is read, or the one that holds `from`.
    fn open_next(
        &mut self,
        folder: &Path,
        segments: &VecDeque<Segment>,
        from: u64,
    ) -> io::Result<bool> {
        let next = match self.base {
            Some(base) => segments.iter().find(|segment| segment.base > base),
            None => {
                let holds = segments.iter().rfind(|segment| segment.base <= from);
                holds.or(segments.front())
            }
        };
        let Some(next) = next else {
            return Ok(false);
        };
        if let Some(before) = self.base.and_then(|base| {
            let mut dropped = segments.iter().filter(|segment| segment.dropped);
            dropped.find(|segment| segment.base == base)
        }) {
            self.scan.leave_dropped(before.end);
        }
        let mut file = File::open(next.path(folder))?;
        file.seek(SeekFrom::Start(HEADER as u64))?;
        self.scan.enter(next.base.min(from), next.dropped);
        self.base = Some(next.base);
        self.file = Some(file);
        self.read = HEADER as u64;
        Ok(true)
    }

    fn prepare(&mut self, found: Found, from: u64) -> io::Result<()> {
        match found {
            Found::Record(frame, body) => {
                let (number, written_at, key) = (frame.number, frame.written_at, frame.key);
                self.ready.push_back(Delivery {
                    number,
                    written_at,
                    key,
                    body,
                });
            }
            Found::Lost {
                from: first,
                to,
                losses,
            } if to > from => {
                if to > self.counted {
                    self.damaged += to - first.max(self.counted).max(from);
                    self.counted = to;
                }
                self.ready
                    .extend(gaps(losses, GapReason::SpoolDamaged, first.max(from), to)?);
            }
            Found::Lost { .. } => {}
        }
        Ok(())
    }
}

/// Gap records in place of the records `from..to`, with the last of their numbers.
pub(super) fn gaps(
    mut losses: Losses,
    reason: GapReason,
    from: u64,
    to: u64,
) -> io::Result<Vec<Delivery>> {
    let mut told = losses.tell(reason);
    // Each stands for at least one record, so there are numbers for all.
    told.truncate(usize::try_from(to - from).unwrap_or(usize::MAX));
    let first = to - told.len() as u64;
    let numbered = (first..).zip(told).map(|(number, gap)| {
        let (key, body) = losses::written(gap)?;
        Ok(Delivery {
            number,
            written_at: super::unix_millis(),
            key,
            body,
        })
    });
    numbered.collect()
}
