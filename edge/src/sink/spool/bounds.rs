//! What is given up when a peer is away for too long.
//!
//! Takes a segment; gives the gap records that stay in its place.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use facs::GapReason;

use super::{
    frame,
    reader::gaps,
    scan::{Found, Scan},
    segment::{self, HEADER, Segment},
};
use crate::sink::losses::Losses;

/// More spans than this are told as one per source and run.
const MOST_SPANS: usize = 1024;

/// Replaces `segment`, and `before` where that is what an earlier drop left, by their gap records.
/// Records below `acked` were delivered. Gives what is left, and how many records were given up.
pub(super) fn drop_segment(
    folder: &Path,
    before: Option<&Segment>,
    segment: &Segment,
    acked: u64,
    durable: bool,
) -> io::Result<(Segment, u64)> {
    let mut losses = Losses::default();
    if let Some(before) = before {
        account(folder, before, acked, &mut losses)?;
    }
    let told = losses.records();
    account(folder, segment, acked, &mut losses)?;
    let records = losses.records() - told;
    if losses.spans() > MOST_SPANS {
        losses.widen();
    }
    let base = before.map_or(segment.base, |before| before.base);
    let left = gaps(losses, GapReason::SpoolFull, base.max(acked), segment.end)?;
    let mut bytes = Vec::new();
    for gap in left {
        frame::encode(&mut bytes, gap.number, gap.written_at, &gap.key, &gap.body);
    }
    let len = segment::replace(folder, base, segment.end, &bytes, durable)?;
    if before.is_some() {
        fs::remove_file(segment.path(folder))?;
    }
    let left = Segment {
        base,
        len,
        dropped: true,
        ..segment.clone()
    };
    Ok((left, records))
}

/// Adds all that a segment holds and is not delivered.
fn account(folder: &Path, segment: &Segment, acked: u64, losses: &mut Losses) -> io::Result<()> {
    let mut file = File::open(segment.path(folder))?;
    file.seek(SeekFrom::Start(HEADER as u64))?;
    let mut scan = Scan::default();
    scan.enter(segment.base, segment.dropped);
    let rest = segment.len.saturating_sub(HEADER as u64);
    file.take(rest).read_to_end(scan.bytes())?;
    while let Some(found) = scan.next(true) {
        match found {
            Found::Record(frame, _) if frame.number >= acked => losses.add(&frame.key),
            Found::Lost {
                to,
                losses: damaged,
                ..
            } if to > acked => losses.join(damaged),
            Found::Record(..) | Found::Lost { .. } => {}
        }
    }
    if !segment.dropped
        && let Some(damaged) = scan
            .missing_until(segment.end)
            .filter(|_| segment.end > acked)
    {
        losses.join(damaged);
    }
    Ok(())
}
