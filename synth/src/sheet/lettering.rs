//! Small capital letters for captions.
//!
//! Takes text; draws it with a bitmap font of five by seven pixels.

use image::{Rgb, RgbImage};

/// Rows of seven glyphs' pixels, five bits each, the leftmost highest.
const GLYPHS: [(char, [u8; 7]); 39] = [
    ('A', [14, 17, 17, 31, 17, 17, 17]),
    ('B', [30, 17, 17, 30, 17, 17, 30]),
    ('C', [14, 17, 16, 16, 16, 17, 14]),
    ('D', [30, 17, 17, 17, 17, 17, 30]),
    ('E', [31, 16, 16, 30, 16, 16, 31]),
    ('F', [31, 16, 16, 30, 16, 16, 16]),
    ('G', [14, 17, 16, 23, 17, 17, 15]),
    ('H', [17, 17, 17, 31, 17, 17, 17]),
    ('I', [14, 4, 4, 4, 4, 4, 14]),
    ('J', [7, 2, 2, 2, 2, 18, 12]),
    ('K', [17, 18, 20, 24, 20, 18, 17]),
    ('L', [16, 16, 16, 16, 16, 16, 31]),
    ('M', [17, 27, 21, 21, 17, 17, 17]),
    ('N', [17, 25, 21, 19, 17, 17, 17]),
    ('O', [14, 17, 17, 17, 17, 17, 14]),
    ('P', [30, 17, 17, 30, 16, 16, 16]),
    ('Q', [14, 17, 17, 17, 21, 18, 13]),
    ('R', [30, 17, 17, 30, 20, 18, 17]),
    ('S', [15, 16, 16, 14, 1, 1, 30]),
    ('T', [31, 4, 4, 4, 4, 4, 4]),
    ('U', [17, 17, 17, 17, 17, 17, 14]),
    ('V', [17, 17, 17, 17, 17, 10, 4]),
    ('W', [17, 17, 17, 21, 21, 27, 17]),
    ('X', [17, 17, 10, 4, 10, 17, 17]),
    ('Y', [17, 17, 10, 4, 4, 4, 4]),
    ('Z', [31, 1, 2, 4, 8, 16, 31]),
    ('0', [14, 17, 19, 21, 25, 17, 14]),
    ('1', [4, 12, 4, 4, 4, 4, 14]),
    ('2', [14, 17, 1, 6, 8, 16, 31]),
    ('3', [30, 1, 1, 14, 1, 1, 30]),
    ('4', [2, 6, 10, 18, 31, 2, 2]),
    ('5', [31, 16, 30, 1, 1, 17, 14]),
    ('6', [6, 8, 16, 30, 17, 17, 14]),
    ('7', [31, 1, 2, 4, 8, 8, 8]),
    ('8', [14, 17, 17, 14, 17, 17, 14]),
    ('9', [14, 17, 17, 15, 1, 2, 12]),
    ('-', [0, 0, 0, 14, 0, 0, 0]),
    (':', [0, 4, 0, 0, 0, 4, 0]),
    ('_', [0, 0, 0, 0, 0, 0, 31]),
];

/// Columns from one letter to the next.
const ADVANCE: u32 = 6;

/// Writes `text` with its upper left corner at `at`; characters without a glyph leave a blank,
/// pixels beyond the picture are left out.
pub(super) fn write(picture: &mut RgbImage, at: [u32; 2], text: &str, ink: Rgb<u8>) {
    for (place, letter) in (0_u32..).zip(text.to_uppercase().chars()) {
        let Some((_, rows)) = GLYPHS.iter().find(|(glyph, _)| *glyph == letter) else {
            continue;
        };
        for (y, row) in (0_u32..).zip(rows) {
            for x in (0..5).filter(|x| row >> (4 - x) & 1 == 1) {
                let (x, y) = (at[0] + place * ADVANCE + x, at[1] + y);
                if x < picture.width() && y < picture.height() {
                    picture.put_pixel(x, y, ink);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_drawn_where_asked() {
        let mut picture = RgbImage::new(14, 8);
        write(&mut picture, [1, 0], "t1", Rgb([1, 0, 0]));
        let rows: Vec<String> = (0..8)
            .map(|y| {
                (0..14)
                    .map(|x| {
                        if picture.get_pixel(x, y).0[0] == 1 {
                            '#'
                        } else {
                            '.'
                        }
                    })
                    .collect()
            })
            .collect();
        insta::assert_snapshot!(rows.join("\n"), @"
        .#####...#....
        ...#....##....
        ...#.....#....
        ...#.....#....
        ...#.....#....
        ...#.....#....
        ...#....###...
        ..............
        ");
    }
}
