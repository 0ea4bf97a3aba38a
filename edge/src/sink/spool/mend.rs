//! What a crash left of a spool.
//!
//! Takes the segments of a folder; gives the number of the next record, with the last segment whole again.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use super::{
    scan::{Found, Scan},
    segment::{HEADER, Segment},
};

/// Cuts the torn end of the last segment, and removes it where nothing whole is in it. Gives the number
/// of the next record.
pub(super) fn mend(folder: &Path, segments: &mut Vec<Segment>) -> io::Result<u64> {
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
