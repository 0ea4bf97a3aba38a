//! The files of a spool.
//!
//! Takes a folder; gives its segments in order. A segment's name is the number of its first record. Its
//! header tells the same, and where the segment is all that is left of dropped records (gap records
//! only), the number after the last of those.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

const MAGIC: [u8; 8] = *b"MIENSPL1";
const EXTENSION: &str = "seg";
/// Bytes of a segment's header: magic, first number, end (0: it holds records), CRC-32C.
pub(super) const HEADER: usize = 28;

/// A file of records whose numbers grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Number of its first record.
    pub(super) base: u64,
    /// Number after its last record.
    pub(super) end: u64,
    /// Bytes that are whole.
    pub(super) len: u64,
    /// When its newest record was written, Unix milliseconds.
    pub(super) newest: u64,
    /// Whether it holds nothing but the gap records of what was dropped.
    pub(super) dropped: bool,
}

impl Segment {
    pub(super) fn path(&self, folder: &Path) -> PathBuf {
        path(folder, self.base)
    }
}

pub(super) fn path(folder: &Path, base: u64) -> PathBuf {
    folder.join(format!("{base:020}.{EXTENSION}"))
}

/// The header; `end` is 0 for a segment of records.
pub(super) fn header(base: u64, end: u64) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..16].copy_from_slice(&base.to_le_bytes());
    bytes[16..24].copy_from_slice(&end.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..24]);
    bytes[24..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The end that a whole header states.
fn stated_end(header: &[u8; HEADER]) -> Option<u64> {
    let (body, crc) = header.split_last_chunk::<4>()?;
    let (_, end) = body.split_last_chunk::<8>()?;
    let whole = body.starts_with(&MAGIC) && u32::from_le_bytes(*crc) == crc32c::crc32c(body);
    whole.then_some(u64::from_le_bytes(*end))
}

/// A file with nothing but a header, ready for records.
pub(super) fn create(folder: &Path, base: u64) -> io::Result<File> {
    let path = path(folder, base);
    let mut file = File::create(&path)?;
    if let Err(error) = file.write_all(&header(base, 0)) {
        // A segment without its header helps nobody.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    Ok(file)
}

/// The segments of a folder in order. What a crash left half done is removed: fresh files that were not
/// put in place, and segments that another one stands for. `end` of the last one of records is its base
/// yet: it must be read.
pub(super) fn list(folder: &Path) -> io::Result<Vec<Segment>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if extension == Some("tmp") {
            fs::remove_file(&path)?;
        }
        if extension != Some(EXTENSION) {
            continue;
        }
        let base = path
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse().ok());
        if let Some(base) = base {
            found.push(open(&path, base)?);
        }
    }
    found.sort_by_key(|segment| segment.base);
    let mut segments: Vec<Segment> = Vec::with_capacity(found.len());
    for segment in found {
        match segments.last_mut() {
            Some(before) if before.dropped && segment.base < before.end => {
                fs::remove_file(segment.path(folder))?;
                continue;
            }
            Some(before) if !before.dropped => before.end = segment.base,
            _ => {}
        }
        segments.push(segment);
    }
    Ok(segments)
}

fn open(path: &Path, base: u64) -> io::Result<Segment> {
    let mut file = File::open(path)?;
    let meta = file.metadata()?;
    let mut bytes = [0; HEADER];
    let whole = file.read_exact(&mut bytes).is_ok();
    let end = stated_end(&bytes).filter(|end| whole && *end > base);
    let changed = meta.modified()?.duration_since(UNIX_EPOCH);
    Ok(Segment {
        base,
        end: end.unwrap_or(base),
        len: meta.len(),
        newest: changed.map_or(0, |since| since.as_millis() as u64),
        dropped: end.is_some(),
    })
}

/// Puts a segment of gap records in place of all between `base` and `end`: in one step, so that a crash
/// leaves either the records or the gaps. Files of later segments that it stands for remain.
pub(super) fn replace(
    folder: &Path,
    base: u64,
    end: u64,
    frames: &[u8],
    durable: bool,
) -> io::Result<u64> {
    let fresh = folder.join("dropped.tmp");
    let mut file = File::create(&fresh)?;
    file.write_all(&header(base, end))?;
    file.write_all(frames)?;
    if durable {
        file.sync_data()?;
    }
    fs::rename(fresh, path(folder, base))?;
    Ok((HEADER + frames.len()) as u64)
}

/// Opens the folder for one daemon alone; the lock lasts as long as the file is open.
pub(super) fn lock(folder: &Path) -> io::Result<Option<File>> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}
