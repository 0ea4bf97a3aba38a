//! What the numbers of a YUV picture mean.
//!
//! Takes matrix, range and where the chroma samples lie; gives the conversion to RGB, in integers.

/// How YUV was made from RGB. Transfer function and primaries are left as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YuvColor {
    /// The weights of red, green and blue in luma.
    pub matrix: YuvMatrix,
    /// Luma and chroma use all of 0-255 (JPEG); else luma 16-235 and chroma 16-240 (video).
    pub full_range: bool,
    /// Where chroma samples lie.
    pub siting: ChromaSiting,
}

/// The weights of red, green and blue in luma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YuvMatrix {
    /// ITU-R BT.601: standard definition, JPEG.
    Bt601,
    /// ITU-R BT.709: high definition.
    Bt709,
    /// ITU-R BT.2020 with non-constant luminance: ultra-high definition.
    Bt2020,
}

/// Where one chroma sample lies among its two by two pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChromaSiting {
    /// In the left column, between the rows: MPEG-2, H.264 and H.265 unless they say otherwise.
    Left,
    /// In the middle of the four: JPEG, MPEG-1.
    Center,
    /// On the upper left pixel: BT.2020.
    TopLeft,
}

impl ChromaSiting {
    /// How far right of and below the middle of its pixels the grid of chroma is taken to begin, in
    /// pixels of chroma: a position in luma, halved, plus this is one in chroma.
    pub(crate) const fn shift(self) -> [f64; 2] {
        match self {
            Self::Left => [0.25, 0.0],
            Self::Center => [0.0, 0.0],
            Self::TopLeft => [0.25, 0.25],
        }
    }
}

impl YuvMatrix {
    /// Weights of red and blue (ITU-R BT.601-7, 2.5.1; BT.709-6, 3.2; BT.2020-2, table 4).
    const fn red_and_blue(self) -> [f64; 2] {
        match self {
            Self::Bt601 => [0.299, 0.114],
            Self::Bt709 => [0.2126, 0.0722],
            Self::Bt2020 => [0.2627, 0.0593],
        }
    }
}

/// YUV to RGB, within one level of the exact result.
#[derive(Clone, Copy, Debug)]
pub struct RgbFromYuv {
    black: i32,
    luma: i32,
    red_cr: i32,
    green_cb: i32,
    green_cr: i32,
    blue_cb: i32,
}

/// Fractional bits of the factors.
const BITS: u32 = 16;

impl YuvColor {
    /// The conversion.
    #[must_use]
    pub fn rgb_from_yuv(&self) -> RgbFromYuv {
        let [red, blue] = self.matrix.red_and_blue();
        let green = 1.0 - red - blue;
        let (black, luma, chroma) = if self.full_range {
            (0, 1.0, 1.0)
        } else {
            (16, 255.0 / 219.0, 255.0 / 224.0)
        };
        let fixed = |factor: f64| (factor * f64::from(1 << BITS)).round() as i32;
        RgbFromYuv {
            black,
            luma: fixed(luma),
            red_cr: fixed(chroma * 2.0 * (1.0 - red)),
            green_cb: fixed(-chroma * 2.0 * (1.0 - blue) * blue / green),
            green_cr: fixed(-chroma * 2.0 * (1.0 - red) * red / green),
            blue_cb: fixed(chroma * 2.0 * (1.0 - blue)),
        }
    }
}

impl RgbFromYuv {
    /// `[Y, Cb, Cr]` to `[R, G, B]`; what no screen can show ends at 0 and 255.
    #[inline]
    #[must_use]
    pub fn convert(&self, [y, cb, cr]: [u8; 3]) -> [u8; 3] {
        let grey = (i32::from(y) - self.black) * self.luma + (1 << (BITS - 1));
        let [cb, cr] = [cb, cr].map(|value| i32::from(value) - 128);
        let rgb = [
            grey + self.red_cr * cr,
            grey + self.green_cb * cb + self.green_cr * cr,
            grey + self.blue_cb * cb,
        ]
        .map(|value| value >> BITS);
        // Nearly always nothing is to be cut off, and one test tells.
        if (rgb[0] | rgb[1] | rgb[2]) & !0xff == 0 {
            return rgb.map(|value| value as u8);
        }
        rgb.map(|value| value.clamp(0, 255) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converter(matrix: YuvMatrix, full_range: bool) -> RgbFromYuv {
        let siting = ChromaSiting::Left;
        YuvColor {
            matrix,
            full_range,
            siting,
        }
        .rgb_from_yuv()
    }

    #[test]
    fn the_colour_bars_of_the_standards_come_out() {
        // 100 % bars as 8-bit codes: BT.601 and BT.709 in video range, JPEG.
        let bars = [
            (YuvMatrix::Bt601, false, [81, 90, 240], [255, 0, 0]),
            (YuvMatrix::Bt601, false, [145, 54, 34], [0, 255, 0]),
            (YuvMatrix::Bt601, false, [41, 240, 110], [0, 0, 255]),
            (YuvMatrix::Bt709, false, [63, 102, 240], [255, 0, 0]),
            (YuvMatrix::Bt709, false, [173, 42, 26], [0, 255, 0]),
            (YuvMatrix::Bt709, false, [32, 240, 118], [0, 0, 255]),
            (YuvMatrix::Bt2020, false, [74, 97, 240], [255, 0, 0]),
            (YuvMatrix::Bt601, true, [76, 85, 255], [255, 0, 0]),
            (YuvMatrix::Bt601, true, [150, 44, 21], [0, 255, 0]),
        ];
        for (matrix, full_range, yuv, rgb) in bars {
            let found = converter(matrix, full_range).convert(yuv);
            let off = found.iter().zip(rgb).map(|(a, b): (&u8, u8)| a.abs_diff(b));
            assert!(
                off.max() <= Some(2),
                "{matrix:?} {yuv:?}: {found:?} for {rgb:?}"
            );
        }
    }

    #[test]
    fn grey_is_grey_and_both_ends_are_reached() {
        for matrix in [YuvMatrix::Bt601, YuvMatrix::Bt709, YuvMatrix::Bt2020] {
            let (video, full) = (converter(matrix, false), converter(matrix, true));
            for level in 0..=255 {
                assert_eq!(full.convert([level, 128, 128]), [level; 3]);
            }
            assert_eq!(video.convert([16, 128, 128]), [0; 3]);
            assert_eq!(video.convert([235, 128, 128]), [255; 3]);
            assert_eq!(video.convert([0, 128, 128]), [0; 3]);
            assert_eq!(video.convert([255, 128, 128]), [255; 3]);
        }
    }
}
