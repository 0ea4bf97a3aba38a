//! Removes the time of day from an MP4 file, so that the same clip has the same bytes.
//!
//! Takes the bytes of a file; clears creation and modification time of the movie and its tracks
//! (boxes `mvhd`, `tkhd` and `mdhd`, ISO/IEC 14496-12 8.2.2, 8.3.2 and 8.4.2) and touches nothing
//! else.

/// Clears the times in a file, or in what lies inside a box.
pub(super) fn clear_times(mut boxes: &mut [u8]) {
    while let Some((head, rest)) = boxes.split_first_chunk_mut::<8>() {
        let [size, kind] = [&head[..4], &head[4..]].map(|word| {
            word.iter()
                .fold(0_u32, |number, byte| number << 8 | u32::from(*byte))
        });
        // A size of 1 stands for 64 bits that follow, 0 for the rest of the file.
        let (size, rest) = match size {
            0 => (rest.len() as u64, rest),
            1 => match rest.split_first_chunk_mut::<8>() {
                Some((long, rest)) => (u64::from_be_bytes(*long).saturating_sub(16), rest),
                None => return,
            },
            size => (u64::from(size).saturating_sub(8), rest),
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
        let (inside, after) = rest.split_at_mut(size);
        match &kind.to_be_bytes() {
            b"moov" | b"trak" | b"mdia" => clear_times(inside),
            b"mvhd" | b"tkhd" | b"mdhd" => {
                let wide = inside.first() == Some(&1);
                let times = inside.iter_mut().skip(4).take(if wide { 16 } else { 8 });
                times.for_each(|byte| *byte = 0);
            }
            _ => {}
        }
        boxes = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], inside: &[u8]) -> Vec<u8> {
        let size = (inside.len() as u32 + 8).to_be_bytes();
        [&size[..], kind, inside].concat()
    }

    #[test]
    fn times_go_and_all_else_stays() {
        let file = |times: &[u8]| {
            let header = |kind| boxed(kind, &[&[0, 0, 0, 7], times, &[9; 12]].concat());
            let track = [header(b"tkhd"), boxed(b"mdia", &header(b"mdhd"))].concat();
            let movie = [header(b"mvhd"), boxed(b"trak", &track)].concat();
            [boxed(b"mdat", &[5; 30]), boxed(b"moov", &movie)].concat()
        };
        let mut stamped = file(&[1, 2, 3, 4, 5, 6, 7, 8]);
        clear_times(&mut stamped);
        assert_eq!(stamped, file(&[0; 8]));
    }

    #[test]
    fn broken_files_do_no_harm() {
        for mut bytes in [
            vec![],
            vec![0, 0, 0, 1, 2],
            boxed(b"moov", &[0, 0, 1, 0, 9, 9, 9, 9]),
        ] {
            let before = bytes.clone();
            clear_times(&mut bytes);
            assert_eq!(bytes, before);
        }
    }
}
