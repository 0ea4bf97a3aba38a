//! How far a peer has acknowledged, kept across runs.
//!
//! Takes the number of the next record to deliver; gives it back after a restart. The file is replaced
//! as a whole; a damaged one counts as none, and what is left in the spool is delivered again.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

const MAGIC: [u8; 8] = *b"MIENCUR1";
const FILE: &str = "cursor";
const FRESH: &str = "cursor.tmp";

/// The number in the folder's cursor, where there is a whole one.
pub(super) fn read(folder: &Path) -> io::Result<Option<u64>> {
    match fs::read(folder.join(FILE)) {
        Ok(bytes) => Ok(parse(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn parse(bytes: &[u8]) -> Option<u64> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    let number = body.strip_prefix(&MAGIC)?;
    let number = u64::from_le_bytes(number.try_into().ok()?);
    (u32::from_le_bytes(*crc) == crc32c::crc32c(body)).then_some(number)
}

/// Replaces the folder's cursor; `durable`: also after a loss of power.
pub(super) fn write(folder: &Path, number: u64, durable: bool) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(20);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&number.to_le_bytes());
    let crc = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    let fresh = folder.join(FRESH);
    let mut file = File::create(&fresh)?;
    file.write_all(&bytes)?;
    if durable {
        file.sync_data()?;
    }
    fs::rename(fresh, folder.join(FILE))?;
    if durable {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_a_damaged_one_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
        write(folder.path(), 7, true).unwrap();
        write(folder.path(), 8, false).unwrap();
        assert_eq!(read(folder.path()).unwrap(), Some(8));
        let good = fs::read(folder.path().join(FILE)).unwrap();
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(&bytes), None, "bit {bit}");
        }
        for cut in 0..good.len() {
            assert_eq!(parse(&good[..cut]), None);
        }
    }
}
