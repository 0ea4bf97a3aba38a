//! How one record lies in a segment.
//!
//! Takes a number, a time, a [`Key`] and the record's JSON; gives bytes, and reads them back without
//! trusting any of them. Little endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `MREC` |
//! | 4 | length of the key |
//! | 4 | length of the body |
//! | 4 | CRC-32C of the body |
//! | 8 | number, which grows by one from record to record |
//! | 8 | when it was written, in Unix milliseconds |
//! | 4 | CRC-32C of all of the above and of the key |
//! | | key: kind (1), run (8), first frame (8), frames (8), name of the source |
//! | | body: the record's JSON |
//!
//! The key has a checksum of its own, so that a damaged body can still be named.

use super::super::key::{Key, Kind};

const MAGIC: [u8; 4] = *b"MREC";
/// Bytes before the key.
const PREFIX: usize = 36;
/// Bytes of the key before the source's name.
const KEY: usize = 25;
/// Longest name of a source; longer ones are cut.
const MOST_NAME: usize = 1 << 12;
/// Longest body.
pub(super) const MOST_BODY: usize = 1 << 26;

/// What lies at one place of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// A record.
    Whole(Frame),
    /// A record whose JSON is damaged.
    Body(Frame),
    /// Perhaps a record, if there were more bytes.
    Short,
    /// No record.
    Damaged,
}

/// A record in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) number: u64,
    /// Unix milliseconds.
    pub(super) written_at: u64,
    pub(super) key: Key,
    /// Bytes before the body.
    pub(super) head: usize,
    /// Bytes in all.
    pub(super) len: usize,
}

/// How many bytes a record takes.
pub(super) fn length(key: &Key, body: &[u8]) -> u64 {
    (PREFIX + KEY + name(key).len() + body.len()) as u64
}

/// The part of a source's name that is kept.
fn name(key: &Key) -> &str {
    &key.source[..key.source.floor_char_boundary(MOST_NAME)]
}

/// Appends a record to `out`.
pub(super) fn encode(out: &mut Vec<u8>, number: u64, written_at: u64, key: &Key, body: &[u8]) {
    let start = out.len();
    let name = name(key);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&((KEY + name.len()) as u32).to_le_bytes());
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(body).to_le_bytes());
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&written_at.to_le_bytes());
    let head_crc = out.len();
    out.extend_from_slice(&[0; 4]);
    out.push(key.kind as u8);
    out.extend_from_slice(&key.run.to_le_bytes());
    out.extend_from_slice(&key.first.to_le_bytes());
    out.extend_from_slice(&key.frames.to_le_bytes());
    out.extend_from_slice(name.as_bytes());
    let crc = head_checksum(&out[start..]);
    out[head_crc..head_crc + 4].copy_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(body);
}

/// Of a head, its own checksum left out.
fn head_checksum(head: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&head[..PREFIX - 4]), &head[PREFIX..])
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    bytes.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + 8)?;
    bytes.try_into().ok().map(u64::from_le_bytes)
}

/// Reads what lies at the beginning of `bytes`.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let known = bytes.len().min(MAGIC.len());
    if bytes[..known] != MAGIC[..known] {
        return Parsed::Damaged;
    }
    let lengths = (u32_at(bytes, 4), u32_at(bytes, 8), u32_at(bytes, 12));
    let (Some(key_len), Some(body_len), Some(body_crc)) = lengths else {
        return Parsed::Short;
    };
    let (key_len, body_len) = (key_len as usize, body_len as usize);
    if !(KEY..=KEY + MOST_NAME).contains(&key_len) || body_len > MOST_BODY {
        return Parsed::Damaged;
    }
    let head = PREFIX + key_len;
    let Some(head_bytes) = bytes.get(..head) else {
        return Parsed::Short;
    };
    if u32_at(bytes, PREFIX - 4) != Some(head_checksum(head_bytes)) {
        return Parsed::Damaged;
    }
    let numbers = (
        u64_at(bytes, 16),
        u64_at(bytes, 24),
        u64_at(bytes, PREFIX + 1),
        u64_at(bytes, PREFIX + 9),
        u64_at(bytes, PREFIX + 17),
    );
    let (Some(number), Some(written_at), Some(run), Some(first), Some(frames)) = numbers else {
        return Parsed::Short;
    };
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| *kind as u8 == bytes[PREFIX]);
    let source = str::from_utf8(&head_bytes[PREFIX + KEY..]);
    let (Some(kind), Ok(source)) = (kind, source) else {
        return Parsed::Damaged;
    };
    let source = source.to_owned();
    let frame = Frame {
        number,
        written_at,
        key: Key {
            kind,
            source,
            run,
            first,
            frames,
        },
        head,
        len: head + body_len,
    };
    match bytes.get(head..head + body_len) {
        None => Parsed::Short,
        Some(body) if crc32c::crc32c(body) == body_crc => Parsed::Whole(frame),
        Some(_) => Parsed::Body(frame),
    }
}

/// The next place after the first byte where a record's head is whole, and its body within `bytes`.
pub(super) fn resync(bytes: &[u8]) -> Option<usize> {
    (1..bytes.len()).find(|&at| {
        bytes[at] == MAGIC[0] && matches!(parse(&bytes[at..]), Parsed::Whole(_) | Parsed::Body(_))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> Key {
        let source = "door".into();
        Key {
            kind: Kind::Gap,
            source,
            run: 1_795_250_000_000,
            first: 7,
            frames: 3,
        }
    }

    fn encoded(body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(&mut bytes, 42, 99, &key(), body);
        assert_eq!(bytes.len() as u64, length(&key(), body));
        bytes
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let bytes = encoded(b"{}");
        let Parsed::Whole(frame) = parse(&bytes) else {
            panic!("whole")
        };
        assert_eq!(
            (frame.number, frame.written_at, &frame.key),
            (42, 99, &key())
        );
        assert_eq!(&bytes[frame.head..frame.len], b"{}");
        for cut in 0..bytes.len() {
            assert_eq!(parse(&bytes[..cut]), Parsed::Short, "{cut}");
        }
    }

    #[test]
    fn every_flipped_bit_is_seen_and_a_damaged_body_is_still_named() {
        let good = encoded(b"{\"a\":1}");
        let head = good.len() - 7;
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            match parse(&bytes) {
                Parsed::Whole(_) => panic!("bit {bit} is not seen"),
                Parsed::Body(frame) => {
                    assert!(bit / 8 >= head);
                    assert_eq!(frame.key, key());
                }
                Parsed::Short | Parsed::Damaged => assert!(bit / 8 < head),
            }
        }
    }

    #[test]
    fn a_long_name_is_cut_at_a_letter() {
        let source = "ü".repeat(5000);
        let key = Key { source, ..key() };
        let mut bytes = Vec::new();
        encode(&mut bytes, 0, 0, &key, b"");
        let Parsed::Whole(frame) = parse(&bytes) else {
            panic!("whole")
        };
        assert_eq!(frame.key.source.len(), MOST_NAME);
    }

    proptest! {
        #[test]
        fn random_bytes_are_no_record(bytes in proptest::collection::vec(any::<u8>(), 0..300), magic: bool) {
            let mut bytes = bytes;
            if magic && bytes.len() > 4 {
                bytes[..4].copy_from_slice(&MAGIC);
            }
            prop_assert!(!matches!(parse(&bytes), Parsed::Whole(_) | Parsed::Body(_)));
            prop_assert_eq!(resync(&bytes), None);
        }

        #[test]
        fn the_next_record_is_found_after_rubbish(rubbish in proptest::collection::vec(any::<u8>(), 1..200)) {
            let mut bytes = rubbish.clone();
            bytes.extend(encoded(b"{}"));
            prop_assert_eq!(resync(&bytes), Some(rubbish.len()));
        }
    }
}
