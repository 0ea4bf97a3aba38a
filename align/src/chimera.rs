//! One half of a face and its mirror image.
//!
//! Takes an aligned crop, whose middle column is the mid-line of the face ([`crate::template`] is
//! its own mirror image); gives a face both of whose sides show what one side does. What a model
//! says about that face it says about that side.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A side of a face, as the subject calls it: the subject's right is on the left of a picture that
/// is not mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The subject's left.
    Left,
    /// The subject's right.
    Right,
}

/// A text that names no side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no side, expected \"left\" or \"right\"")]
pub struct UnknownSide(String);

impl FromStr for Side {
    type Err = UnknownSide;

    fn from_str(text: &str) -> Result<Self, UnknownSide> {
        match text {
            "left" => Ok(Self::Left),
            "right" => Ok(Self::Right),
            _ => Err(UnknownSide(text.to_owned())),
        }
    }
}

/// Fills `out` with the `side` half of a `size` by `size` RGB crop and its mirror image about the
/// vertical line at `size / 2`. Of an odd crop the middle column stays.
///
/// There is no seam to blend: the pixels that meet at the line are copies of one another.
///
/// # Panics
/// When `crop` or `out` has not `size * size * 3` bytes.
pub fn chimera(crop: &[u8], size: usize, side: Side, out: &mut [u8]) {
    let bytes = size * size * 3;
    assert_eq!(crop.len(), bytes, "bytes of a crop of side {size}");
    assert_eq!(out.len(), bytes, "bytes of a chimera of side {size}");
    if size == 0 {
        return;
    }
    out.copy_from_slice(crop);
    for row in out.chunks_exact_mut(size * 3) {
        let (pixels, _) = row.as_chunks_mut::<3>();
        for x in 0..size / 2 {
            let mirrored = size - 1 - x;
            match side {
                Side::Left => pixels[x] = pixels[mirrored],
                Side::Right => pixels[mirrored] = pixels[x],
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mirror(crop: &[u8], size: usize) -> Vec<u8> {
        let rows = crop.chunks_exact(size * 3);
        rows.flat_map(|row| row.chunks_exact(3).rev().flatten().copied())
            .collect()
    }

    fn of(crop: &[u8], size: usize, side: Side) -> Vec<u8> {
        let mut out = vec![0; crop.len()];
        chimera(crop, size, side, &mut out);
        out
    }

    #[test]
    fn the_subject_s_left_is_the_right_of_the_picture() {
        let crop: Vec<u8> = (0..4 * 4).flat_map(|at| [at % 4, at / 4, 7]).collect();
        let columns =
            |chimera: Vec<u8>| -> Vec<u8> { chimera.iter().step_by(3).copied().collect() };
        let left = of(&crop, 4, Side::Left);
        assert_eq!(&left[12..18], [3, 1, 7, 2, 1, 7], "rows and colours stay");
        assert_eq!(columns(left), [3, 2, 2, 3].repeat(4));
        assert_eq!(columns(of(&crop, 4, Side::Right)), [0, 1, 1, 0].repeat(4));
    }

    #[test]
    fn the_middle_column_of_an_odd_crop_stays() {
        let crop: Vec<u8> = (0..9).flat_map(|at| [at; 3]).collect();
        let left: Vec<u8> = of(&crop, 3, Side::Left)
            .iter()
            .step_by(3)
            .copied()
            .collect();
        assert_eq!(left, [2, 1, 2, 5, 4, 5, 8, 7, 8]);
    }

    proptest! {
        #[test]
        fn a_chimera_is_its_own_mirror_image_and_chimera(
            (size, crop) in (1_usize..12).prop_flat_map(|size| {
                (Just(size), prop::collection::vec(any::<u8>(), size * size * 3))
            }),
        ) {
            for side in [Side::Left, Side::Right] {
                let chimera = of(&crop, size, side);
                prop_assert_eq!(&mirror(&chimera, size), &chimera);
                prop_assert_eq!(&of(&chimera, size, Side::Left), &chimera);
                prop_assert_eq!(&of(&chimera, size, Side::Right), &chimera);
            }
        }

        #[test]
        fn the_left_of_the_mirror_image_is_the_mirror_image_of_the_right(
            (size, crop) in (1_usize..12).prop_flat_map(|size| {
                (Just(size), prop::collection::vec(any::<u8>(), size * size * 3))
            }),
        ) {
            let left_of_mirror = of(&mirror(&crop, size), size, Side::Left);
            prop_assert_eq!(&mirror(&left_of_mirror, size), &of(&crop, size, Side::Right));
        }
    }
}
