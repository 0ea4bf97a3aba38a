//! What a JPEG file leaves of a picture.
//!
//! Takes sRGB bytes; gives them back through those steps of a baseline JPEG that lose something:
//! the cosine transform of blocks of eight by eight and quantisation with the tables of the
//! standard (ITU-T T.81, K.1), scaled by the quality as libjpeg does; colour keeps its resolution.
//! What a file holds without loss is not written.

use super::codec::{Square, product, transposed, waves};
use crate::render::{Work, fastest};

const SIDE: usize = 8;

/// Steps of brightness at a quality of 50; rows are frequencies down the picture.
const BRIGHTNESS: [[u8; SIDE]; SIDE] = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
];

/// Steps of colour.
const COLOUR: [[u8; SIDE]; SIDE] = [
    [17, 18, 24, 47, 99, 99, 99, 99],
    [18, 21, 26, 66, 99, 99, 99, 99],
    [24, 26, 56, 99, 99, 99, 99, 99],
    [47, 66, 99, 99, 99, 99, 99, 99],
    [99; SIDE],
    [99; SIDE],
    [99; SIDE],
    [99; SIDE],
];

/// Compresses and decompresses with a quality of 1 to 100.
pub(super) fn compress(bytes: &mut [u8], size: [usize; 2], quality: u8) {
    fastest(Compression {
        bytes,
        size,
        quality,
    });
}

struct Compression<'a> {
    bytes: &'a mut [u8],
    size: [usize; 2],
    quality: u8,
}

impl Work for Compression<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let [width, height] = self.size;
        let steps = [BRIGHTNESS, COLOUR].map(|table| steps(&table, self.quality));
        let waves = waves();
        let places = transposed(&waves);
        for top in (0..height).step_by(SIDE) {
            for left in (0..width).step_by(SIDE) {
                // Blocks reach beyond edges: what is there is repeated.
                let place = |row: usize, column: usize| {
                    let (y, x) = ((top + row).min(height - 1), (left + column).min(width - 1));
                    (y * width + x) * 3
                };
                let mut block = [[[0.0; SIDE]; SIDE]; 3];
                for row in 0..SIDE {
                    for column in 0..SIDE {
                        let start = place(row, column);
                        let pixel: [u8; 3] = std::array::from_fn(|part| self.bytes[start + part]);
                        let parts = split(pixel.map(f32::from));
                        for (plane, value) in block.iter_mut().zip(parts) {
                            plane[row][column] = value;
                        }
                    }
                }
                for (index, plane) in block.iter_mut().enumerate() {
                    *plane = quantised(plane, &steps[index.min(1)], &waves, &places);
                }
                for index in 0..SIDE * SIDE {
                    let (row, column) = (index / SIDE, index % SIDE);
                    if top + row < height && left + column < width {
                        let pixel = join([0, 1, 2].map(|part: usize| block[part][row][column]));
                        let start = place(row, column);
                        self.bytes[start..start + 3].copy_from_slice(&pixel);
                    }
                }
            }
        }
    }
}

/// The steps of a quality.
fn steps(table: &[[u8; SIDE]; SIDE], quality: u8) -> Square<SIDE> {
    let quality = u32::from(quality.clamp(1, 100));
    let scale = if quality < 50 {
        5000 / quality
    } else {
        200 - quality * 2
    };
    table.map(|row| row.map(|step| ((u32::from(step) * scale + 50) / 100).clamp(1, 255) as f32))
}

/// A block whose frequencies are rounded to steps.
#[inline(always)]
fn quantised(
    block: &Square<SIDE>,
    steps: &Square<SIDE>,
    waves: &Square<SIDE>,
    places: &Square<SIDE>,
) -> Square<SIDE> {
    /// Adding it leaves no bits for a fraction.
    const WHOLE: f32 = 12_582_912.0;
    let mut levels = product(&product(waves, block), places);
    for (levels, steps) in levels.iter_mut().zip(steps) {
        for (level, step) in levels.iter_mut().zip(steps) {
            *level = (*level / step + WHOLE - WHOLE) * step;
        }
    }
    product(&product(places, &levels), waves)
}

/// Brightness and two differences of colour, all around 0 (BT.601, full range).
#[inline(always)]
fn split([red, green, blue]: [f32; 3]) -> [f32; 3] {
    let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    [
        luma - 128.0,
        (blue - luma) * (1.0 / 1.772),
        (red - luma) * (1.0 / 1.402),
    ]
}

#[inline(always)]
fn join([luma, blue, red]: [f32; 3]) -> [u8; 3] {
    let luma = luma + 128.5;
    let rgb = [
        luma + 1.402 * red,
        luma - 0.344_136 * blue - 0.714_136 * red,
        luma + 1.772 * blue,
    ];
    rgb.map(|value| value.clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageFormat, codecs::jpeg::JpegEncoder};

    use super::*;

    const SIZE: [usize; 2] = [45, 30];

    /// A ramp with a fine pattern and an edge of colour.
    fn picture() -> Vec<u8> {
        let pixel = |index: usize| {
            let (x, y) = (index % SIZE[0], index / SIZE[0]);
            let fine = if (x * y) % 3 == 0 { 21 } else { 0 };
            let blue = if x > 20 { 190 } else { 60 };
            [(40 + x * 3 + fine) as u8, (200 - y * 5 + fine) as u8, blue]
        };
        (0..SIZE[0] * SIZE[1]).flat_map(pixel).collect()
    }

    fn apart(one: &[u8], other: &[u8]) -> f32 {
        let square = |(a, b): (&u8, &u8)| (f32::from(*a) - f32::from(*b)).powi(2);
        let sum: f32 = one.iter().zip(other).map(square).sum();
        (sum / one.len() as f32).sqrt()
    }

    #[test]
    fn pictures_lose_what_they_lose_in_a_file() {
        let before = picture();
        for quality in [20, 50, 75, 95] {
            let mut file = Vec::new();
            let [width, height] = SIZE.map(|side| side as u32);
            JpegEncoder::new_with_quality(&mut file, quality)
                .encode(&before, width, height, ExtendedColorType::Rgb8)
                .unwrap();
            let filed = image::load_from_memory_with_format(&file, ImageFormat::Jpeg)
                .unwrap()
                .into_rgb8()
                .into_raw();
            let mut after = before.clone();
            compress(&mut after, SIZE, quality);
            let (same, lost) = (apart(&after, &filed), apart(&before, &filed));
            assert!(same < 1.0 + 0.25 * lost, "{quality}: {same} of {lost}");
        }
    }
}
