//! What a lens, a moving camera and a screen do to a picture: blur, smear, another size.
//!
//! Takes pictures; gives them spread over their neighbourhood, as sums of shifted rows: neighbours
//! are added without a thought for channels.

use glam::Vec2;

use crate::render::{Picture, Work, fastest};

/// Gaussian blur, along rows and then along columns; edges are repeated.
pub(super) fn soften(picture: &mut Picture, deviation: f32) {
    if deviation >= 0.15 {
        fastest(Softening { picture, deviation });
    }
}

struct Softening<'a> {
    picture: &'a mut Picture,
    /// In pixels.
    deviation: f32,
}

impl Work for Softening<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { picture, deviation } = self;
        let reach = (deviation * 2.5).ceil() as usize;
        let bell = |step: usize| (-0.5 * (step as f32 / deviation).powi(2)).exp();
        let total = 1.0 + 2.0 * (1..=reach).map(bell).sum::<f32>();
        let mut weights: Vec<f32> = (0..=reach).map(|step| bell(step) / total).collect();
        // Steps come in pairs, before and after; the middle is its own partner.
        weights[0] *= 0.5;
        let (width, height) = (picture.width, picture.height);
        let row = width * 3;
        let mut rows = vec![0.0; row * height];
        let mut line = Vec::with_capacity((width + 2 * reach) * 3);
        let pixels = picture.pixels.chunks_exact(width);
        for (pixels, blurred) in pixels.zip(rows.chunks_exact_mut(row)) {
            line.clear();
            pad(
                &mut line,
                pixels.iter().map(|pixel| pixel.to_array()),
                reach,
            );
            weigh(blurred, &weights, |step| {
                [reach - step, reach + step].map(|start| &line[start * 3..][..row])
            });
        }
        let mut blurred = vec![0.0; row];
        for (y, pixels) in picture.pixels.chunks_exact_mut(width).enumerate() {
            let other = |y: usize| &rows[y.min(height - 1) * row..][..row];
            blurred.fill(0.0);
            weigh(&mut blurred, &weights, |step| {
                [other(y.saturating_sub(step)), other(y + step)]
            });
            for (pixel, blurred) in pixels.iter_mut().zip(blurred.as_chunks::<3>().0) {
                *pixel = (*blurred).into();
            }
        }
    }
}

/// A row with its ends repeated.
#[inline(always)]
fn pad(line: &mut Vec<f32>, pixels: impl ExactSizeIterator<Item = [f32; 3]>, reach: usize) {
    let last = pixels.len() - 1;
    for (column, pixel) in pixels.enumerate() {
        let times = match () {
            () if last == 0 => 1 + 2 * reach,
            () if column == 0 || column == last => 1 + reach,
            () => 1,
        };
        for _ in 0..times {
            line.extend_from_slice(&pixel);
        }
    }
}

/// Adds up the pairs of every step by its weight.
#[inline(always)]
fn weigh<'a>(sums: &mut [f32], weights: &[f32], pair: impl Fn(usize) -> [&'a [f32]; 2]) {
    for (step, weight) in weights.iter().enumerate() {
        let [before, after] = pair(step);
        for ((sum, before), after) in sums.iter_mut().zip(before).zip(after) {
            *sum += (before + after) * weight;
        }
    }
}

/// The mean of a picture on its way by `motion`, its middle where it is; edges are repeated.
pub(super) fn smear(picture: &mut Picture, motion: Vec2) {
    fastest(Smearing { picture, motion });
}

struct Smearing<'a> {
    picture: &'a mut Picture,
    /// In pixels.
    motion: Vec2,
}

impl Work for Smearing<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { picture, motion } = self;
        let steps = motion.length().ceil().max(2.0) as usize;
        let reach = (motion.length() * 0.5).ceil() as usize + 1;
        let (width, height) = (picture.width, picture.height);
        let row = width * 3;
        let wide = (width + 2 * reach) * 3;
        let mut lines = Vec::with_capacity(wide * height);
        for pixels in picture.pixels.chunks_exact(width) {
            pad(
                &mut lines,
                pixels.iter().map(|pixel| pixel.to_array()),
                reach,
            );
        }
        let mut sums = vec![0.0; row];
        let mut between = vec![0.0; wide];
        let weight = 1.0 / (steps + 1) as f32;
        for (y, pixels) in picture.pixels.chunks_exact_mut(width).enumerate() {
            sums.fill(0.0);
            for step in 0..=steps {
                let by = motion * (step as f32 / steps as f32 - 0.5);
                let (whole, part) = (by.floor(), by - by.floor());
                let line = |below: isize| {
                    let y = (y as isize + whole.y as isize + below).clamp(0, height as isize - 1);
                    &lines[y as usize * wide..][..wide]
                };
                mix(&mut between, [line(0), line(1)], part.y);
                let start = (reach as isize + whole.x as isize) as usize * 3;
                let [here, next] = [start, start + 3].map(|start| &between[start..][..row]);
                for ((sum, here), next) in sums.iter_mut().zip(here).zip(next) {
                    *sum += here + (next - here) * part.x;
                }
            }
            for (pixel, sum) in pixels.iter_mut().zip(sums.as_chunks::<3>().0) {
                *pixel = sum.map(|sum| sum * weight).into();
            }
        }
    }
}

#[inline(always)]
fn mix(mixed: &mut [f32], [one, other]: [&[f32]; 2], share: f32) {
    for ((mixed, one), other) in mixed.iter_mut().zip(one).zip(other) {
        *mixed = one + (other - one) * share;
    }
}

/// Bytes of a picture from one size to another, bilinear.
pub(super) fn enlarge(bytes: &[u8], from: [usize; 2], to: [usize; 2]) -> Vec<u8> {
    let [columns, rows] = [0, 1].map(|axis| {
        let (step, last) = (from[axis] as f32 / to[axis] as f32, from[axis] - 1);
        (0..to[axis]).map(move |index| {
            let at = ((index as f32 + 0.5) * step - 0.5).clamp(0.0, last as f32);
            let first = at as usize;
            ([first, (first + 1).min(last)], at - first as f32)
        })
    });
    let columns: Vec<_> = columns.collect();
    let row = from[0] * 3;
    let mut line = vec![0.0; row];
    let mut enlarged = Vec::with_capacity(to[0] * to[1] * 3);
    for (pair, share) in rows {
        let [upper, lower] = pair.map(|y| &bytes[y * row..][..row]);
        for ((mixed, upper), lower) in line.iter_mut().zip(upper).zip(lower) {
            let (upper, lower) = (f32::from(*upper), f32::from(*lower));
            *mixed = upper + (lower - upper) * share;
        }
        let pixels = line.as_chunks::<3>().0;
        for ([here, next], share) in &columns {
            let (here, next) = (pixels[*here], pixels[*next]);
            let pixel: [u8; 3] = std::array::from_fn(|part| {
                (here[part] + (next[part] - here[part]) * share + 0.5) as u8
            });
            enlarged.extend_from_slice(&pixel);
        }
    }
    enlarged
}

#[cfg(test)]
mod tests {
    use glam::Vec3;

    use super::*;

    #[test]
    fn motion_draws_points_out_to_lines_and_keeps_the_mean() {
        let mut dot = Picture::from_fn(24, 16, |at| {
            Vec3::splat(f32::from(at == Vec2::new(12.5, 8.5)))
        });
        smear(&mut dot, Vec2::new(4.0, 0.0));
        let shown = |picture: &Picture, x: usize, y: usize| picture.pixels[y * 24 + x].x;
        let sum: f32 = dot.pixels.iter().map(|pixel| pixel.x).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
        assert!((10..=14).all(|x| (shown(&dot, x, 8) - 0.2).abs() < 1e-5));
        // Where everything is alike, motion is not seen, and edges are repeated.
        let mut grey = Picture::filled(24, 16, Vec3::splat(0.3));
        smear(&mut grey, Vec2::new(-2.7, 3.4));
        let even = |pixel: &Vec3| (pixel - Vec3::splat(0.3)).abs().max_element() < 1e-6;
        assert!(grey.pixels.iter().all(even));
    }

    #[test]
    fn enlarging_keeps_ramps() {
        let ramp: Vec<u8> = (0..4 * 2)
            .flat_map(|index| [(index % 4) as u8 * 40; 3])
            .collect();
        let large = enlarge(&ramp, [4, 2], [8, 4]);
        let row: Vec<u8> = large[8 * 3..16 * 3].iter().step_by(3).copied().collect();
        assert_eq!(row, [0, 10, 30, 50, 70, 90, 110, 120]);
    }
}
