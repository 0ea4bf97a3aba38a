//! What a starved video codec leaves of a picture: blocks, lost texture, thin colour.
//!
//! Takes sRGB bytes; gives them back through the steps of an H.264 intra picture: prediction of
//! each block from its decoded neighbours, transform, quantisation with the steps of the standard
//! (0.625 * 2^(QP / 6), ITU-T H.264 8.5), colour at half resolution, and a filter over the edges of
//! blocks.

use std::f32::consts::PI;

/// Compresses harshly and decompresses; `parameter` is the QP, 20 good to 40 poor, `block` the side
/// of a block, 4 or 8.
pub(super) fn starve(bytes: &mut [u8], [width, height]: [usize; 2], parameter: f32, block: usize) {
    let step = 0.625 * (parameter / 6.0).exp2();
    let mut planes = split(bytes, width, height);
    for (index, plane) in planes.iter_mut().enumerate() {
        // Colour is quantised finer than brightness at the same parameter.
        let step = if index == 0 { step } else { 0.6 * step };
        plane.code(block, step);
        plane.soften_edges(block, 1.2 * step);
    }
    join(&planes, bytes, width);
}

/// One component of a picture.
struct Plane {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Plane {
    /// Codes block after block, each predicted by the mean of decoded pixels above and to the left.
    fn code(&mut self, block: usize, step: f32) {
        let basis = Basis::new(block);
        let mut square = vec![0.0; block * block];
        for top in (0..self.height).step_by(block) {
            for left in (0..self.width).step_by(block) {
                let expected = self.expected(left, top, block);
                for (index, value) in square.iter_mut().enumerate() {
                    let x = (left + index % block).min(self.width - 1);
                    let y = (top + index / block).min(self.height - 1);
                    *value = self.values[y * self.width + x] - expected;
                }
                basis.transform(&mut square, false);
                for value in &mut square {
                    // Intra rounding: a third of a step counts.
                    let level = (value.abs() / step + 1.0 / 3.0).floor();
                    *value = value.signum() * level * step;
                }
                basis.transform(&mut square, true);
                for (index, value) in square.iter().enumerate() {
                    let (x, y) = (left + index % block, top + index / block);
                    if x < self.width && y < self.height {
                        self.values[y * self.width + x] = value + expected;
                    }
                }
            }
        }
    }

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

/// The orthonormal cosine transform of one block size.
struct Basis {
    side: usize,
    /// Rows are frequencies.
    waves: Vec<f32>,
}

impl Basis {
    fn new(side: usize) -> Self {
        let wave = |index: usize| {
            let (frequency, place) = ((index / side) as f32, (index % side) as f32);
            let scale = if index < side { 1.0 } else { 2.0_f32 };
            (scale / side as f32).sqrt() * (PI * (place + 0.5) * frequency / side as f32).cos()
        };
        Self {
            side,
            waves: (0..side * side).map(wave).collect(),
        }
    }

    fn transform(&self, square: &mut [f32], back: bool) {
        let side = self.side;
        let mut line = vec![0.0; side];
        for (start, stride) in (0..side)
            .map(|row| (row * side, 1))
            .chain((0..side).map(|column| (column, side)))
        {
            for (index, out) in line.iter_mut().enumerate() {
                *out = (0..side)
                    .map(|other| {
                        let wave = if back {
                            other * side + index
                        } else {
                            index * side + other
                        };
                        self.waves[wave] * square[start + other * stride]
                    })
                    .sum();
            }
            for (index, value) in line.iter().enumerate() {
                square[start + index * stride] = *value;
            }
        }
    }
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

    fn loss(parameter: f32, block: usize) -> f32 {
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
        for block in [4, 8] {
            let losses = [8.0, 28.0, 44.0].map(|parameter| loss(parameter, block));
            assert!(losses[0] < 3.0 && losses.is_sorted(), "{losses:?}");
            assert!(losses[2] < 40.0, "{losses:?}");
        }
    }

    #[test]
    fn the_transform_goes_there_and_back() {
        let mut square: Vec<f32> = (0..64).map(|index| (index * 37 % 64) as f32).collect();
        let before = square.clone();
        let basis = Basis::new(8);
        basis.transform(&mut square, false);
        basis.transform(&mut square, true);
        let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-3;
        assert!(before.iter().zip(&square).all(near));
    }
}
