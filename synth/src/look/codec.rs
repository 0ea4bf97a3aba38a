//! What a starved video codec leaves of a picture: blocks, lost texture, thin colour.
//!
//! Takes sRGB bytes; gives them back through the steps of an H.264 intra picture: prediction of
//! each block from its decoded neighbours, transform, quantisation with the steps of the standard
//! (0.625 * 2^(QP / 6), ITU-T H.264 8.5), colour at half resolution, and a filter over the edges of
//! blocks.

use std::f32::consts::PI;

use crate::render::{Work, fastest};

/// Side of a block in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Of every profile.
    Four = 4,
    /// Of the high profile.
    Eight = 8,
}

/// Compresses harshly and decompresses; `parameter` is the QP, 20 good to 40 poor.
pub(super) fn starve(bytes: &mut [u8], size: [usize; 2], parameter: f32, block: Block) {
    fastest(Starving {
        bytes,
        size,
        parameter,
        block,
    });
}

struct Starving<'a> {
    bytes: &'a mut [u8],
    size: [usize; 2],
    parameter: f32,
    block: Block,
}

impl Work for Starving<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            bytes,
            size: [width, height],
            parameter,
            block,
        } = self;
        let step = 0.625 * (parameter / 6.0).exp2();
        let mut planes = split(bytes, width, height);
        for (index, plane) in planes.iter_mut().enumerate() {
            // Colour is quantised finer than brightness at the same parameter.
            let step = if index == 0 { step } else { 0.6 * step };
            match block {
                Block::Four => plane.code::<4>(step),
                Block::Eight => plane.code::<8>(step),
            }
            plane.soften_edges(block as usize, 1.2 * step);
        }
        join(&planes, bytes, width);
    }
}

/// One component of a picture.
struct Plane {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Plane {
    /// Codes block after block, each predicted by the mean of decoded pixels above and to the left.
    #[inline(always)]
    fn code<const N: usize>(&mut self, step: f32) {
        let waves = waves::<N>();
        let places = transposed(&waves);
        for top in (0..self.height).step_by(N) {
            for left in (0..self.width).step_by(N) {
                let expected = self.expected(left, top, N);
                let square: Square<N> = std::array::from_fn(|row| {
                    let line = (top + row).min(self.height - 1) * self.width;
                    std::array::from_fn(|column| {
                        self.values[line + (left + column).min(self.width - 1)] - expected
                    })
                });
                let mut levels = product(&product(&waves, &square), &places);
                for level in levels.as_flattened_mut() {
                    // Intra rounding: a third of a step counts.
                    *level = level.signum() * (level.abs() / step + 1.0 / 3.0).floor() * step;
                }
                let decoded = product(&product(&places, &levels), &waves);
                for (y, line) in (top..self.height).zip(&decoded) {
                    for (x, value) in (left..self.width).zip(line) {
                        self.values[y * self.width + x] = value + expected;
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn expected(&self, left: usize, top: usize, block: usize) -> f32 {
        let right = (left + block).min(self.width);
        let bottom = (top + block).min(self.height);
        let (mut sum, mut count) = (0.0, 0.0_f32);
        if top > 0 {
            let row = &self.values[(top - 1) * self.width..][left..right];
            sum += row.iter().sum::<f32>();
            count += row.len() as f32;
        }
        if left > 0 {
            let column = (top..bottom).map(|y| self.values[y * self.width + left - 1]);
            sum += column.sum::<f32>();
            count += (bottom - top) as f32;
        }
        if count == 0.0 { 128.0 } else { sum / count }
    }

    /// Small steps between blocks are faults of the codec, large ones are in the picture.
    #[inline(always)]
    fn soften_edges(&mut self, block: usize, limit: f32) {
        let (width, height) = (self.width, self.height);
        let mut soften = |before: usize, after: usize| {
            let gap = self.values[after] - self.values[before];
            if gap.abs() < limit {
                self.values[before] += 0.25 * gap;
                self.values[after] -= 0.25 * gap;
            }
        };
        for y in 0..height {
            for x in (block..width).step_by(block) {
                soften(y * width + x - 1, y * width + x);
            }
        }
        for y in (block..height).step_by(block) {
            for x in 0..width {
                soften((y - 1) * width + x, y * width + x);
            }
        }
    }
}

/// A block.
pub(super) type Square<const N: usize> = [[f32; N]; N];

/// The orthonormal cosine transform; rows are frequencies.
pub(super) fn waves<const N: usize>() -> Square<N> {
    std::array::from_fn(|frequency| {
        let scale = if frequency == 0 { 1.0 } else { 2.0_f32 };
        std::array::from_fn(|place| {
            let angle = PI * (place as f32 + 0.5) * frequency as f32 / N as f32;
            (scale / N as f32).sqrt() * angle.cos()
        })
    })
}

pub(super) fn transposed<const N: usize>(square: &Square<N>) -> Square<N> {
    std::array::from_fn(|row| std::array::from_fn(|column| square[column][row]))
}

#[inline(always)]
pub(super) fn product<const N: usize>(a: &Square<N>, b: &Square<N>) -> Square<N> {
    let mut product = [[0.0; N]; N];
    for (out, row) in product.iter_mut().zip(a) {
        for (weight, line) in row.iter().zip(b) {
            for (sum, value) in out.iter_mut().zip(line) {
                *sum += weight * value;
            }
        }
    }
    product
}

/// Brightness, and two colour differences at half the resolution (BT.601, full range).
fn split(bytes: &[u8], width: usize, height: usize) -> [Plane; 3] {
    let pixel = |x: usize, y: usize| {
        let start = (y.min(height - 1) * width + x.min(width - 1)) * 3;
        [bytes[start], bytes[start + 1], bytes[start + 2]].map(f32::from)
    };
    let luma = |[red, green, blue]: [f32; 3]| 0.299 * red + 0.587 * green + 0.114 * blue;
    let values = (0..width * height).map(|index| luma(pixel(index % width, index / width)));
    let bright = Plane {
        width,
        height,
        values: values.collect(),
    };
    let (columns, rows) = (width.div_ceil(2), height.div_ceil(2));
    let colour = |channel: usize, scale: f32| Plane {
        width: columns,
        height: rows,
        values: (0..columns * rows)
            .map(|index| {
                let (x, y) = (index % columns * 2, index / columns * 2);
                let four = [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)];
                let sum: f32 = four
                    .into_iter()
                    .map(|(x, y)| pixel(x, y))
                    .map(|pixel| pixel[channel] - luma(pixel))
                    .sum();
                128.0 + sum / 4.0 / scale
            })
            .collect(),
    };
    [bright, colour(2, 1.772), colour(0, 1.402)]
}

#[inline(always)]
fn join([bright, blue, red]: &[Plane; 3], bytes: &mut [u8], width: usize) {
    for (index, pixel) in bytes.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let (x, y) = (index % width, index / width);
        let at = |plane: &Plane| plane.values[y / 2 * plane.width + x / 2] - 128.0;
        let (luma, blue, red) = (bright.values[index], at(blue), at(red));
        let rgb = [
            luma + 1.402 * red,
            luma - 0.344_136 * blue - 0.714_136 * red,
            luma + 1.772 * blue,
        ];
        *pixel = rgb.map(|value| (value + 0.5).clamp(0.0, 255.0) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A smooth ramp with a fine pattern on it.
    fn picture(width: usize, height: usize) -> Vec<u8> {
        let pixel = |index: usize| {
            let (x, y) = (index % width, index / width);
            let fine = if (x + y) % 2 == 0 { 6 } else { 0 };
            [(40 + x * 2 + fine) as u8, (60 + y + fine) as u8, 90]
        };
        (0..width * height).flat_map(pixel).collect()
    }

    fn loss(parameter: f32, block: Block) -> f32 {
        let (width, height) = (37, 22);
        let before = picture(width, height);
        let mut after = before.clone();
        starve(&mut after, [width, height], parameter, block);
        let squares = before
            .iter()
            .zip(&after)
            .map(|(a, b)| (f32::from(*a) - f32::from(*b)).powi(2));
        (squares.sum::<f32>() / before.len() as f32).sqrt()
    }

    #[test]
    fn a_higher_parameter_loses_more_and_a_low_one_little() {
        for block in [Block::Four, Block::Eight] {
            let losses = [8.0, 28.0, 44.0].map(|parameter| loss(parameter, block));
            assert!(losses[0] < 3.0 && losses.is_sorted(), "{losses:?}");
            assert!(losses[2] < 40.0, "{losses:?}");
        }
    }

    #[test]
    fn the_transform_goes_there_and_back() {
        let waves = waves::<8>();
        let identity = product(&waves, &transposed(&waves));
        for (row, line) in identity.iter().enumerate() {
            for (column, value) in line.iter().enumerate() {
                assert!((value - f32::from(row == column)).abs() < 1e-5);
            }
        }
    }
}
