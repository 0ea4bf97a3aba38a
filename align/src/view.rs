//! A borrowed picture of either kind.
//!
//! Takes RGB or YUV rows that somebody else owns; gives one type for whoever reads pixels through
//! [`warp`](crate::warp()), and packed RGB for whoever wants to see all of them.

use crate::{Chroma, RgbFromYuv, RgbView, YuvView};

/// Pixels as the decoder or the program left them.
#[derive(Clone, Copy, Debug)]
pub enum View<'a> {
    /// Three bytes per pixel.
    Rgb(RgbView<'a>),
    /// Luma per pixel, chroma per two by two.
    Yuv(YuvView<'a>),
}

impl View<'_> {
    /// Columns.
    #[must_use]
    pub const fn width(&self) -> usize {
        match self {
            Self::Rgb(view) => view.width(),
            Self::Yuv(view) => view.width(),
        }
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        match self {
            Self::Rgb(view) => view.height(),
            Self::Yuv(view) => view.height(),
        }
    }

    /// Fills `out` with the whole picture, `[height, width, 3]`, RGB. It is for pictures that are
    /// shown: chroma is repeated over its two by two pixels. A buffer that is kept is reused.
    pub fn copy_rgb(&self, out: &mut Vec<u8>) {
        let row = self.width() * 3;
        out.resize(row * self.height(), 0);
        let rows = out.chunks_exact_mut(row).enumerate();
        match self {
            Self::Rgb(view) => rows.for_each(|(y, out)| out.copy_from_slice(view.row(y))),
            Self::Yuv(view) => {
                let rgb_from_yuv = view.color().rgb_from_yuv();
                let columns = view.chroma_width();
                for (y, out) in rows {
                    let luma = view.luma().row(y, view.width());
                    match view.chroma() {
                        Chroma::Planar { cb, cr } => {
                            let [cb, cr] = [cb, cr].map(|plane| plane.row(y / 2, columns));
                            let chroma = cb.iter().zip(cr).map(|(cb, cr)| [*cb, *cr]);
                            convert_row(&rgb_from_yuv, luma, chroma, out);
                        }
                        Chroma::SemiPlanar(plane) => {
                            let (chroma, _) = plane.row(y / 2, columns * 2).as_chunks();
                            convert_row(&rgb_from_yuv, luma, chroma.iter().copied(), out);
                        }
                    }
                }
            }
        }
    }
}

/// One row, two pixels per chroma sample; the last may have one.
fn convert_row(
    rgb_from_yuv: &RgbFromYuv,
    luma: &[u8],
    chroma: impl Iterator<Item = [u8; 2]>,
    out: &mut [u8],
) {
    for ((luma, [cb, cr]), out) in luma.chunks(2).zip(chroma).zip(out.chunks_mut(6)) {
        for (luma, out) in luma.iter().zip(out.as_chunks_mut::<3>().0) {
            *out = rgb_from_yuv.convert([*luma, cb, cr]);
        }
    }
}

impl<'a> From<RgbView<'a>> for View<'a> {
    fn from(view: RgbView<'a>) -> Self {
        Self::Rgb(view)
    }
}

impl<'a> From<&RgbView<'a>> for View<'a> {
    fn from(view: &RgbView<'a>) -> Self {
        Self::Rgb(*view)
    }
}

impl<'a> From<YuvView<'a>> for View<'a> {
    fn from(view: YuvView<'a>) -> Self {
        Self::Yuv(view)
    }
}

impl<'a> From<&YuvView<'a>> for View<'a> {
    fn from(view: &YuvView<'a>) -> Self {
        Self::Yuv(*view)
    }
}

impl<'a> From<&Self> for View<'a> {
    fn from(view: &Self) -> Self {
        *view
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChromaSiting, Plane, YuvColor, YuvMatrix};

    #[test]
    fn rgb_is_copied_without_padding_and_chroma_is_repeated() {
        let bytes: Vec<u8> = (0..20).collect();
        let mut out = vec![9; 99];
        View::from(RgbView::new(&bytes, 2, 2, 8).unwrap()).copy_rgb(&mut out);
        assert_eq!(out, [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13]);

        // Three columns: white, black and white in grey, and a red column at the end.
        let luma = [235, 16, 81, 255, 235, 16, 81];
        let color = YuvColor {
            matrix: YuvMatrix::Bt601,
            full_range: false,
            siting: ChromaSiting::Left,
        };
        let view = |chroma| {
            let luma = Plane {
                data: &luma,
                stride: 4,
            };
            View::from(YuvView::new(3, 2, luma, chroma, color).unwrap())
        };
        let plane = |data| Plane { data, stride: 4 };
        let planar = Chroma::Planar {
            cb: plane(&[128, 90]),
            cr: plane(&[128, 240]),
        };
        let expected = [255, 255, 255, 0, 0, 0, 254, 0, 0];
        for chroma in [planar, Chroma::SemiPlanar(plane(&[128, 128, 90, 240]))] {
            view(chroma).copy_rgb(&mut out);
            assert_eq!((&out[..9], &out[9..]), (&expected[..], &expected[..]));
        }
    }
}
