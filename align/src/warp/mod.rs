//! Frame to crop: the one resampling loop.
//!
//! Takes a frame and `crop_from_frame`; gives a square RGB crop. Every output pixel is the mean of
//! `k * k` samples, `k` from the minification: bilinear (16-bit fixed point, 8-bit weights), or of
//! blocks of two by two where the minification is strong. Pixels outside the frame repeat its edge.
//!
//! Of a YUV frame each plane is sampled at its own resolution, and the pixels of the crop alone
//! become RGB: within two levels of what the RGB frame gives where colour is smooth. At an edge of
//! colour the two differ by how they fill in the chroma between its samples.

mod planes;

use crate::{Chroma, Similarity, View, YuvView};
use planes::{Both, Grid, Samples};

/// Most sub-samples per pixel and axis.
pub const MAX_SUBSAMPLES: usize = 4;

/// Most pixels of the frame from one sub-sample to the next. A bilinear sample sees a tent two
/// pixels wide, so that nothing falls between samples this close.
const SPACING: f32 = 1.5;
/// The same of chroma, which has no fine detail.
const CHROMA_SPACING: f32 = 2.0;
/// Most bilinear sub-samples per pixel and axis. Above, blocks do as well at twice the spacing: where four
/// and more are averaged, each may be off by half a pixel.
const MAX_BILINEAR: f32 = 2.0;

/// Fractional bits of a position.
const BITS: u32 = 16;
const ONE: f64 = (1_u32 << BITS) as f64;

/// Fills `out` with the aligned crop of `size` by `size` RGB pixels. Allocates nothing.
///
/// # Panics
/// When `out` has not `size * size * 3` bytes.
pub fn warp<'a>(
    frame: impl Into<View<'a>>,
    crop_from_frame: &Similarity,
    size: usize,
    out: &mut [u8],
) {
    assert_eq!(out.len(), size * size * 3, "bytes of a crop of side {size}");
    if size == 0 {
        return;
    }
    let frame_from_crop = crop_from_frame.inverse();
    let out = Crop {
        pixels: out.as_chunks_mut().0,
        size,
    };
    match frame.into() {
        View::Rgb(frame) => {
            let put = |pixel: &mut [u8; 3], rgb| *pixel = rgb;
            fill(&frame, &frame_from_crop, SPACING, out, put);
        }
        View::Yuv(frame) => warp_yuv(&frame, &frame_from_crop, out),
    }
}

/// Luma first, left in the first channel; then chroma, which makes RGB of both.
fn warp_yuv(frame: &YuvView<'_>, frame_from_crop: &Similarity, mut out: Crop<'_>) {
    let luma = Samples::luma(frame);
    let put = |pixel: &mut [u8; 3], [luma]: [u8; 1]| pixel[0] = luma;
    fill(&luma, frame_from_crop, SPACING, out.again(), put);
    let color = frame.color();
    let chroma_from_crop = frame_from_crop.then(&Similarity::scaled(0.5, color.siting.shift()));
    let rgb_from_yuv = color.rgb_from_yuv();
    let finish = |pixel: &mut [u8; 3], [cb, cr]: [u8; 2]| {
        *pixel = rgb_from_yuv.convert([pixel[0], cb, cr]);
    };
    match frame.chroma() {
        Chroma::Planar { cb, cr } => {
            let planes = Both([cb, cr].map(|plane| Samples::chroma(frame, plane)));
            fill(&planes, &chroma_from_crop, CHROMA_SPACING, out, finish);
        }
        Chroma::SemiPlanar(plane) => {
            let plane = Samples::<2>::chroma(frame, plane);
            fill(&plane, &chroma_from_crop, CHROMA_SPACING, out, finish);
        }
    }
}

/// The pixels to fill, row by row.
struct Crop<'a> {
    pixels: &'a mut [[u8; 3]],
    size: usize,
}

impl Crop<'_> {
    fn again(&mut self) -> Crop<'_> {
        Crop {
            pixels: self.pixels,
            size: self.size,
        }
    }
}

/// Gives every pixel of a crop the mean of a grid's samples there, which are `spacing` apart at most.
fn fill<const N: usize>(
    grid: &impl Grid<N>,
    grid_from_crop: &Similarity,
    spacing: f32,
    out: Crop<'_>,
    put: impl Fn(&mut [u8; 3], [u8; N]),
) {
    let bilinear = (grid_from_crop.scale() / spacing).ceil();
    if bilinear <= 1.0 {
        fill_with::<N, 1, false>(grid, grid_from_crop, out, put);
    } else if bilinear <= MAX_BILINEAR {
        fill_with::<N, 2, false>(grid, grid_from_crop, out, put);
    } else {
        let blocks = (grid_from_crop.scale() / (2.0 * spacing)).ceil();
        match blocks.min(MAX_SUBSAMPLES as f32) as usize {
            ..=2 => fill_with::<N, 2, true>(grid, grid_from_crop, out, put),
            3 => fill_with::<N, 3, true>(grid, grid_from_crop, out, put),
            _ => fill_with::<N, MAX_SUBSAMPLES, true>(grid, grid_from_crop, out, put),
        }
    }
}

/// Positions are fixed-point, and their integers are the centres of samples. `BLOCKS`: of two by two, in
/// place of bilinear samples.
fn fill_with<const N: usize, const K: usize, const BLOCKS: bool>(
    grid: &impl Grid<N>,
    grid_from_crop: &Similarity,
    out: Crop<'_>,
    put: impl Fn(&mut [u8; 3], [u8; N]),
) {
    // One step along the crop's x axis, in the grid.
    let [a, b] = grid_from_crop.step().map(fixed);
    // Sub-samples sit in the middle of the K * K cells of a pixel.
    let mut offsets = [[[0_i64; 2]; K]; K];
    for (row, offsets) in offsets.iter_mut().enumerate() {
        let v = 2 * row as i64 + 1 - K as i64;
        for (column, offset) in offsets.iter_mut().enumerate() {
            let u = 2 * column as i64 + 1 - K as i64;
            *offset = [a * u - b * v, b * u + a * v].map(|value| value / (2 * K as i64));
        }
    }
    let reach = (a.abs() + b.abs()) / 2 + 1;
    let [width, height] = grid.size().map(|length| length as i64);
    let inside = [width - 2, height - 1].map(|length| (length << BITS) - 2 * reach);
    for (y, row) in out.pixels.chunks_exact_mut(out.size).enumerate() {
        // Each row starts afresh: rounding errors do not add up over rows.
        let start = grid_from_crop.apply_f64([0.5, y as f64 + 0.5]);
        let [mut x, mut y] = start.map(|value| fixed(value - 0.5));
        let free = |x: i64, y: i64| {
            (0..inside[0]).contains(&(x - reach)) && (0..inside[1]).contains(&(y - reach))
        };
        let sample = |at| match BLOCKS {
            false => grid.interior(at),
            true => grid.block(at),
        };
        let at_edge = |at| match BLOCKS {
            false => grid.clamped(at),
            true => grid.clamped_block(at),
        };
        // A row whose ends are both far from the frame's edges is so all along.
        let steps = out.size as i64 - 1;
        let all_free = free(x, y) && free(x + a * steps, y + b * steps);
        let mut step = || {
            let at = [x, y];
            (x, y) = (x + a, y + b);
            at
        };
        if all_free {
            for pixel in row {
                put(pixel, mean(&offsets, step(), sample));
            }
        } else {
            for pixel in row {
                let at = step();
                put(
                    pixel,
                    if free(at[0], at[1]) {
                        mean(&offsets, at, sample)
                    } else {
                        mean(&offsets, at, at_edge)
                    },
                );
            }
        }
    }
}

/// The mean of the samples about a position, rounded to bytes.
#[inline(always)]
fn mean<const N: usize, const K: usize>(
    offsets: &[[[i64; 2]; K]; K],
    [x, y]: [i64; 2],
    sample: impl Fn([i64; 2]) -> [u32; N],
) -> [u8; N] {
    let mut sum = [0_u32; N];
    for [dx, dy] in offsets.as_flattened() {
        for (sum, sample) in sum.iter_mut().zip(sample([x + dx, y + dy])) {
            *sum += sample;
        }
    }
    let weight = (1_u64 << 32) / (K * K) as u64;
    sum.map(|sum| ((u64::from(sum) * weight + (1 << 47)) >> 48) as u8)
}

/// Far-away positions stop at ±2^30 pixels, where every frame has ended.
fn fixed(value: f64) -> i64 {
    (value.clamp(-1e9, 1e9) * ONE).round() as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{RgbView, template};

    /// A smooth colour field of any size: neighbouring pixels differ by a few levels.
    fn field(width: usize, height: usize, stride: usize) -> Vec<u8> {
        let mut data = vec![255; stride * height];
        for y in 0..height {
            for x in 0..width {
                data[y * stride + x * 3..][..3].copy_from_slice(&field_at([x as f32, y as f32]));
            }
        }
        data
    }

    fn field_at([x, y]: [f32; 2]) -> [u8; 3] {
        [x + 0.5 * y, 200.0 - x, 30.0 + y].map(|value| value.round().clamp(0.0, 255.0) as u8)
    }

    /// A white disc on black.
    fn disc(width: usize, height: usize, centre: [f32; 2], radius: f32) -> Vec<u8> {
        let mut data = vec![0; width * height * 3];
        for (index, pixel) in data.chunks_exact_mut(3).enumerate() {
            let at = [(index % width) as f32 + 0.5, (index / width) as f32 + 0.5];
            let inside = radius + 0.5 - (at[0] - centre[0]).hypot(at[1] - centre[1]);
            pixel.fill((255.0 * inside.clamp(0.0, 1.0)).round() as u8);
        }
        data
    }

    /// Centre of mass of the light.
    fn centre_of(crop: &[u8], size: usize) -> [f32; 2] {
        let (mut sum, mut mass) = ([0.0; 2], 0.0);
        for (index, pixel) in crop.chunks_exact(3).enumerate() {
            let light = f32::from(pixel[1]);
            sum[0] += light * ((index % size) as f32 + 0.5);
            sum[1] += light * ((index / size) as f32 + 0.5);
            mass += light;
        }
        sum.map(|sum| sum / mass)
    }

    #[test]
    fn the_identity_copies() {
        let data = field(40, 40, 120);
        let mut crop = vec![0; data.len()];
        warp(
            RgbView::new(&data, 40, 40, 120).unwrap(),
            &Similarity::IDENTITY,
            40,
            &mut crop,
        );
        assert_eq!(crop, data);
    }

    #[test]
    fn a_crop_far_outside_is_the_corner_pixel() {
        let data = field(40, 40, 120);
        let frame = RgbView::new(&data, 40, 40, 120).unwrap();
        for (shift, corner) in [(1e7, 0), (-1e7, data.len() - 3)] {
            let mut crop = vec![0; 8 * 8 * 3];
            warp(
                frame,
                &Similarity::new(0.5, 0.0, [shift; 2]).unwrap(),
                8,
                &mut crop,
            );
            assert!(
                crop.chunks_exact(3)
                    .all(|pixel| pixel == &data[corner..][..3])
            );
        }
    }

    #[test]
    fn minifying_leaves_the_mean_of_a_checkerboard() {
        let mut data = vec![0; 32 * 32 * 3];
        for (index, pixel) in data.chunks_exact_mut(3).enumerate() {
            pixel.fill(if (index % 32 + index / 32) % 2 == 0 {
                200
            } else {
                100
            });
        }
        let frame = RgbView::new(&data, 32, 32, 96).unwrap();
        for k in [2, 4, 8] {
            let size = 32 / k;
            let mut crop = vec![0; size * size * 3];
            warp(
                frame,
                &Similarity::new(1.0 / k as f32, 0.0, [0.0; 2]).unwrap(),
                size,
                &mut crop,
            );
            assert!(
                crop.iter().all(|&value| value.abs_diff(150) <= 8),
                "{k}: {crop:?}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_face_lands_on_the_template(
            size in 90_usize..160,
            scale in 0.5_f32..2.5,
            angle in -0.7_f32..0.7,
            x in 150.0_f32..170.0,
            y in 150.0_f32..170.0,
        ) {
            let template = template(size);
            let middle = Similarity::new(1.0, 0.0, [-0.5 * size as f32, -0.5 * size as f32]).unwrap();
            let place = middle.then(&Similarity::new(scale * 60.0 / size as f32, angle, [x, y]).unwrap());
            let landmarks = template.landmarks.map(|point| place.apply(point));
            let crop_from_frame = Similarity::estimate(&landmarks, &template.landmarks).unwrap();
            for (drawn, wanted) in landmarks.to_array().into_iter().zip(template.landmarks.to_array()) {
                let data = disc(320, 320, drawn, 4.0 * scale);
                let mut crop = vec![0; size * size * 3];
                warp(RgbView::new(&data, 320, 320, 960).unwrap(), &crop_from_frame, size, &mut crop);
                let found = centre_of(&crop, size);
                let distance = (found[0] - wanted[0]).hypot(found[1] - wanted[1]);
                prop_assert!(distance < 0.5, "{found:?} for {wanted:?}");
            }
        }

        #[test]
        fn padding_is_never_read(
            padding in 0_usize..40,
            scale in 0.2_f32..3.0,
            angle in -3.0_f32..3.0,
            x in -60.0_f32..60.0,
            y in -60.0_f32..60.0,
        ) {
            let (tight, padded) = (field(50, 44, 150), field(50, 44, 150 + padding));
            let crop_from_frame = Similarity::new(scale, angle, [x, y]).unwrap();
            let mut crops = [vec![0; 24 * 24 * 3], vec![0; 24 * 24 * 3]];
            warp(RgbView::new(&tight, 50, 44, 150).unwrap(), &crop_from_frame, 24, &mut crops[0]);
            warp(RgbView::new(&padded, 50, 44, 150 + padding).unwrap(), &crop_from_frame, 24, &mut crops[1]);
            prop_assert_eq!(&crops[0], &crops[1]);
        }

        #[test]
        fn a_smooth_field_is_read_where_the_transform_says(
            scale in 0.3_f32..4.0,
            angle in -3.0_f32..3.0,
            x in 20.0_f32..40.0,
            y in 20.0_f32..40.0,
        ) {
            // The crop's centre shows (x, y) of the frame.
            let data = field(60, 60, 180);
            let to_centre = Similarity::new(1.0, 0.0, [-x, -y]).unwrap();
            let crop_from_frame = to_centre.then(&Similarity::new(scale, angle, [8.5, 8.5]).unwrap());
            let mut crop = vec![0; 17 * 17 * 3];
            warp(RgbView::new(&data, 60, 60, 180).unwrap(), &crop_from_frame, 17, &mut crop);
            let expected = field_at([x - 0.5, y - 0.5]);
            for (found, expected) in crop[(8 * 17 + 8) * 3..][..3].iter().zip(expected) {
                prop_assert!(found.abs_diff(expected) <= 2, "{} for {}", found, expected);
            }
        }
    }
}
