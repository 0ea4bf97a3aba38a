//! Whether a file is as long as its container says.
//!
//! Demultiplexers take the end of a cut-off file for the end of the stream. This reads the sizes
//! that ISO base media (MP4, MOV), Matroska (MKV, WebM) and RIFF (AVI) files state about themselves.
//! Takes a path; gives the number of bytes that are missing.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// How many bytes a file lacks; 0 for whole files and for containers that do not tell.
///
/// # Errors
/// The system's reason, when the file cannot be read.
pub fn missing_bytes(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut head = [0; 12];
    let read = read_up_to(&mut file, &mut head)?;
    let stated = match &head[..read] {
        head if head.len() >= 8 && &head[4..8] == b"ftyp" => iso_media(&mut file, length)?,
        [0x1a, 0x45, 0xdf, 0xa3, ..] => matroska(&mut file, length)?,
        [b'R', b'I', b'F', b'F', a, b, c, d, ..] => {
            Some(u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + 8)
        }
        _ => None,
    };
    Ok(stated.map_or(0, |stated| stated.saturating_sub(length)))
}

/// Fills as much of `buffer` as the file has.
fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read(&mut buffer[read..])? {
            0 => break,
            count => read += count,
        }
    }
    Ok(read)
}

/// Where the last box of an ISO base media file ends.
fn iso_media(file: &mut File, length: u64) -> io::Result<Option<u64>> {
    let mut at = 0_u64;
    while at < length {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        let read = read_up_to(file, &mut head)?;
        if read < 8 {
            // A header that is itself cut off.
            return Ok(Some(at + 8));
        }
        let size = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
            0 => return Ok(None), // To the end of the file.
            1 if read == 16 => u64::from_be_bytes([
                head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15],
            ]),
            1 => return Ok(Some(at + 16)),
            size => u64::from(size),
        };
        if size < 8 {
            return Ok(None); // Not a box: nothing can be said.
        }
        at = at.saturating_add(size);
    }
    Ok(Some(at))
}

/// Where the segment of a Matroska file ends, where its size was known when it was written.
fn matroska(file: &mut File, length: u64) -> io::Result<Option<u64>> {
    file.seek(SeekFrom::Start(4))?;
    let Some(header) = element_size(file)? else {
        return Ok(None);
    };
    let at = file.stream_position()?.saturating_add(header);
    if at > length {
        return Ok(None); // Not a header: nothing can be said.
    }
    file.seek(SeekFrom::Start(at))?;
    let mut id = [0; 4];
    if read_up_to(file, &mut id)? < 4 || id != [0x18, 0x53, 0x80, 0x67] {
        return Ok(None);
    }
    let size = element_size(file)?;
    let start = file.stream_position()?;
    Ok(size.map(|size| start.saturating_add(size)))
}

/// A variable-length size of EBML; none when it is unknown (all ones) or cut off.
fn element_size(file: &mut File) -> io::Result<Option<u64>> {
    let mut first = [0; 1];
    if read_up_to(file, &mut first)? == 0 || first[0] == 0 {
        return Ok(None);
    }
    let more = first[0].leading_zeros() as usize;
    let mut rest = [0; 7];
    if read_up_to(file, &mut rest[..more])? < more {
        return Ok(None);
    }
    let mask = 0x7f_u8 >> more;
    let known = first[0] & mask != mask || rest[..more].iter().any(|byte| *byte != 0xff);
    let size = rest[..more]
        .iter()
        .fold(u64::from(first[0] & mask), |size, byte| {
            size << 8 | u64::from(*byte)
        });
    Ok(known.then_some(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(bytes: &[u8]) -> u64 {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        missing_bytes(file.path()).unwrap()
    }

    #[test]
    fn a_cut_box_is_found() {
        let mut mp4 = b"\0\0\0\x0cftypmp42\0\0\0\x10mdat12345678".to_vec();
        assert_eq!(missing(&mp4), 0);
        mp4.truncate(mp4.len() - 3);
        assert_eq!(missing(&mp4), 3);
        mp4.truncate(15);
        assert_eq!(missing(&mp4), 5, "the header itself is cut");
        assert_eq!(missing(b"\0\0\0\x0cftypmp42\0\0\0\0mdat123"), 0, "open end");
    }

    #[test]
    fn a_cut_segment_is_found() {
        let mkv = b"\x1a\x45\xdf\xa3\x82ab\x18\x53\x80\x67\x84wxyz";
        assert_eq!(missing(mkv), 0);
        assert_eq!(missing(&mkv[..mkv.len() - 1]), 1);
        assert_eq!(
            missing(b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xfe"),
            0
        );
        assert_eq!(
            missing(b"\x1a\x45\xdf\xa3\x82ab\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xffw"),
            0
        );
    }

    #[test]
    fn a_cut_avi_is_found_and_other_files_are_left_alone() {
        assert_eq!(missing(b"RIFF\x08\0\0\0AVI abcd"), 0);
        assert_eq!(missing(b"RIFF\x09\0\0\0AVI abcd"), 1);
        assert_eq!(missing(b"hello"), 0);
        assert_eq!(missing(b""), 0);
    }
}
