//! A crop of a YUV frame is the crop of its RGB conversion.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::collections::BTreeSet;

use align::{
    Chroma, ChromaSiting, Plane, RgbView, Similarity, View, YuvColor, YuvMatrix, YuvView, warp,
};
use proptest::prelude::*;

const SITINGS: [ChromaSiting; 3] = [
    ChromaSiting::Left,
    ChromaSiting::Center,
    ChromaSiting::TopLeft,
];
const MATRICES: [YuvMatrix; 3] = [YuvMatrix::Bt601, YuvMatrix::Bt709, YuvMatrix::Bt2020];

fn color(siting: ChromaSiting) -> YuvColor {
    YuvColor {
        matrix: YuvMatrix::Bt601,
        full_range: false,
        siting,
    }
}

/// Three planes, rows `padding` bytes apart from each other.
struct Picture {
    width: usize,
    height: usize,
    padding: usize,
    planes: [Vec<u8>; 3],
    interleaved: Vec<u8>,
}

impl Picture {
    /// `value(plane, x, y)`, chroma at its own places; padding is white.
    fn new(
        [width, height]: [usize; 2],
        padding: usize,
        value: impl Fn(usize, usize, usize) -> u8,
    ) -> Self {
        let half = [width.div_ceil(2), height.div_ceil(2)];
        let sizes = [[width, height], half, half];
        let planes = [0, 1, 2].map(|plane| {
            let [columns, rows] = sizes[plane];
            let row = |y| {
                let samples = (0..columns).map(move |x| (x, y));
                let samples = samples.map(|(x, y)| value(plane, x, y));
                samples.chain(std::iter::repeat_n(255, padding))
            };
            (0..rows).flat_map(row).collect()
        });
        let rows = (0..half[1]).flat_map(|y| {
            let pairs = (0..half[0]).flat_map(move |x| [(1, x, y), (2, x, y)]);
            let samples = pairs.map(|(plane, x, y)| value(plane, x, y));
            samples.chain(std::iter::repeat_n(255, padding))
        });
        let interleaved = rows.collect();
        Self {
            width,
            height,
            padding,
            planes,
            interleaved,
        }
    }

    fn view(&self, color: YuvColor, semi_planar: bool) -> YuvView<'_> {
        let half = self.width.div_ceil(2);
        let plane = |data, row: usize| Plane {
            data,
            stride: row + self.padding,
        };
        let [luma, cb, cr] = &self.planes;
        let chroma = if semi_planar {
            Chroma::SemiPlanar(plane(&self.interleaved, 2 * half))
        } else {
            Chroma::Planar {
                cb: plane(cb, half),
                cr: plane(cr, half),
            }
        };
        YuvView::new(
            self.width,
            self.height,
            plane(luma, self.width),
            chroma,
            color,
        )
        .unwrap()
    }

    /// The RGB conversion by the book: chroma bilinear between its places, then the matrix, all in
    /// floating point.
    fn rgb(&self, color: YuvColor) -> Vec<u8> {
        let mut rgb = Vec::new();
        for y in 0..self.height {
            for x in 0..self.width {
                let luma = f64::from(self.planes[0][y * (self.width + self.padding) + x]);
                let [cb, cr] = [1, 2].map(|plane| self.chroma_at(plane, x, y, color.siting));
                rgb.extend(by_the_book(luma, cb, cr, color));
            }
        }
        rgb
    }

    fn chroma_at(&self, plane: usize, x: usize, y: usize, siting: ChromaSiting) -> f64 {
        let [dx, dy] = match siting {
            ChromaSiting::Left => [0.0, 0.25],
            ChromaSiting::Center => [0.25, 0.25],
            ChromaSiting::TopLeft => [0.0, 0.0],
        };
        let [columns, rows] = [self.width, self.height].map(|length| length.div_ceil(2));
        let clamp = |at: f64, length: usize| at.clamp(0.0, length as f64 - 1.0);
        let (x, y) = (
            clamp(x as f64 / 2.0 - dx, columns),
            clamp(y as f64 / 2.0 - dy, rows),
        );
        let at = |x: f64, y: f64| {
            let (x, y) = (clamp(x, columns) as usize, clamp(y, rows) as usize);
            f64::from(self.planes[plane][y * (columns + self.padding) + x])
        };
        let (x0, y0) = (x.floor(), y.floor());
        let (wx, wy) = (x - x0, y - y0);
        let row = |y: f64| at(x0, y) * (1.0 - wx) + at(x0 + 1.0, y) * wx;
        row(y0) * (1.0 - wy) + row(y0 + 1.0) * wy
    }
}

/// ITU-R BT.601, 709 and 2020 from their weights of red and blue.
fn by_the_book(luma: f64, cb: f64, cr: f64, color: YuvColor) -> [u8; 3] {
    let (red, blue) = match color.matrix {
        YuvMatrix::Bt601 => (0.299, 0.114),
        YuvMatrix::Bt709 => (0.2126, 0.0722),
        YuvMatrix::Bt2020 => (0.2627, 0.0593),
    };
    let (y, cb, cr) = if color.full_range {
        (luma, cb - 128.0, cr - 128.0)
    } else {
        let chroma = 255.0 / 224.0;
        (
            (luma - 16.0) * 255.0 / 219.0,
            (cb - 128.0) * chroma,
            (cr - 128.0) * chroma,
        )
    };
    let r = y + 2.0 * (1.0 - red) * cr;
    let b = y + 2.0 * (1.0 - blue) * cb;
    let g = (y - red * r - blue * b) / (1.0 - red - blue);
    [r, g, b].map(|value| value.round().clamp(0.0, 255.0) as u8)
}

fn crop<'a>(frame: impl Into<View<'a>>, crop_from_frame: &Similarity, size: usize) -> Vec<u8> {
    let mut crop = vec![7; size * size * 3];
    warp(frame, crop_from_frame, size, &mut crop);
    crop
}

fn crop_of_rgb(picture: &Picture, color: YuvColor, place: &Similarity, size: usize) -> Vec<u8> {
    let rgb = picture.rgb(color);
    let view = RgbView::new(&rgb, picture.width, picture.height, picture.width * 3).unwrap();
    crop(view, place, size)
}

fn most_apart(a: &[u8], b: &[u8]) -> u8 {
    let apart = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    apart.max().unwrap()
}

/// Levels that follow no rule, within the colours that RGB has.
fn noise(plane: usize, x: usize, y: usize) -> u8 {
    let mixed = (x * 7919 + y * 104_729 + plane * 1_299_709) * 2_654_435_761 % 4_294_967_296;
    let level = (mixed >> 24) as u8;
    if plane == 0 {
        90 + level % 70
    } else {
        108 + level % 40
    }
}

/// Levels that change by a few from sample to sample.
fn smooth(plane: usize, x: usize, y: usize) -> u8 {
    let (x, y) = (x as f32, y as f32);
    let level = match plane {
        0 => 128.0 + 40.0 * (x * 0.09).sin() * (y * 0.07).cos(),
        1 => 128.0 + 22.0 * (x * 0.11 + y * 0.08).sin(),
        _ => 128.0 + 22.0 * (x * 0.07 - y * 0.12).cos(),
    };
    level.round() as u8
}

#[test]
fn the_identity_is_the_conversion_whatever_is_shown() {
    for siting in SITINGS {
        for matrix in MATRICES {
            for full_range in [false, true] {
                let color = YuvColor {
                    matrix,
                    full_range,
                    siting,
                };
                // Odd on both sides.
                let picture = Picture::new([41, 43], 3, noise);
                let view = picture.view(color, false);
                let found = crop(view, &Similarity::IDENTITY, 41);
                let wanted = &picture.rgb(color)[..41 * 41 * 3];
                let apart = most_apart(&found, wanted);
                assert!(apart <= 2, "{color:?}: {apart}");
            }
        }
    }
}

#[test]
fn an_edge_of_colour_lies_where_the_siting_says() {
    // Columns of chroma from the tenth on, which are pixels from the twentieth on, are red.
    let picture = Picture::new([40, 40], 0, |plane, x, _| match plane {
        0 => 110,
        1 => 128,
        _ if x < 10 => 118,
        _ => 158,
    });
    // Eight crop pixels per pixel, from pixel 16 on.
    let place = Similarity::new(8.0, 0.0, [-8.0 * 16.0, -8.0 * 16.0]).unwrap();
    for (siting, edge) in [(ChromaSiting::Left, 19.5), (ChromaSiting::Center, 20.0)] {
        let found = crop(picture.view(color(siting), false), &place, 64);
        let reds: Vec<_> = found[..64 * 3].chunks(3).map(|pixel| pixel[0]).collect();
        let middle = (reds[0] + reds[63]) / 2;
        let crossing = reds.iter().position(|red| *red > middle).unwrap();
        let at = 16.0 + crossing as f32 / 8.0;
        assert!((at - edge).abs() <= 0.125, "{siting:?}: {at}");
        // Far from the edge the colour is that of the book, on it the ramp of one chroma sample.
        assert_eq!(found[..3], by_the_book(110.0, 128.0, 118.0, color(siting)));
        assert_eq!(reds[63], by_the_book(110.0, 128.0, 158.0, color(siting))[0]);
        let wanted = crop_of_rgb(&picture, color(siting), &place, 64);
        // An eighth of the step of 40 at most: 5 levels of chroma.
        let apart = most_apart(&found, &wanted);
        assert!(apart <= 8, "{siting:?}: {apart}");
    }
}

#[test]
fn frames_of_a_few_pixels_repeat_their_edges() {
    for (width, height) in [(1, 1), (2, 1), (1, 3), (3, 3)] {
        let picture = Picture::new([width, height], 0, |plane, _, _| [120, 100, 140][plane]);
        for scale in [0.05, 0.5, 3.0] {
            for shift in [0.0, 1e7, -1e7] {
                let place = Similarity::new(scale, 0.4, [shift; 2]).unwrap();
                for semi_planar in [false, true] {
                    let color = color(ChromaSiting::Left);
                    let found = crop(picture.view(color, semi_planar), &place, 9);
                    let wanted = by_the_book(120.0, 100.0, 140.0, color);
                    assert!(found.chunks(3).all(|pixel| pixel == wanted));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_smooth_field_is_that_of_the_conversion(
        scale in 0.12_f32..4.0,
        angle in -3.0_f32..3.0,
        x in -10.0_f32..70.0,
        y in -10.0_f32..70.0,
        siting in 0_usize..3,
        matrix in 0_usize..3,
        full_range: bool,
    ) {
        let color = YuvColor { matrix: MATRICES[matrix], full_range, siting: SITINGS[siting] };
        let picture = Picture::new([61, 58], 2, smooth);
        let to_centre = Similarity::new(1.0, 0.0, [-x, -y]).unwrap();
        let place = to_centre.then(&Similarity::new(scale, angle, [12.0, 12.0]).unwrap());
        let found = crop(picture.view(color, false), &place, 24);
        let wanted = crop_of_rgb(&picture, color, &place, 24);
        let apart = most_apart(&found, &wanted);
        // Above a minification of three both read the nearest samples.
        let tolerance = if scale < 1.0 / 3.0 { 5 } else { 3 };
        prop_assert!(apart <= tolerance, "{} levels apart", apart);
        let sum = |crop: &[u8]| crop.iter().map(|value| f64::from(*value)).sum::<f64>();
        let bias = (sum(&found) - sum(&wanted)) / found.len() as f64;
        // Of a crop that shows but a few colours it is their rounding.
        let colours = wanted.chunks(3).collect::<BTreeSet<_>>().len();
        prop_assert!(colours < 64 || bias.abs() < 0.6, "{} levels of bias", bias);
    }

    #[test]
    fn planar_and_semi_planar_agree_and_padding_is_never_read(
        padding in 0_usize..20,
        scale in 0.15_f32..3.0,
        angle in -3.0_f32..3.0,
        x in -60.0_f32..60.0,
        y in -60.0_f32..60.0,
    ) {
        let color = color(ChromaSiting::Left);
        let (tight, padded) = (Picture::new([51, 44], 0, noise), Picture::new([51, 44], padding, noise));
        let place = Similarity::new(scale, angle, [x, y]).unwrap();
        let expected = crop(tight.view(color, false), &place, 24);
        for semi_planar in [false, true] {
            prop_assert_eq!(&crop(padded.view(color, semi_planar), &place, 24), &expected);
        }
    }
}
