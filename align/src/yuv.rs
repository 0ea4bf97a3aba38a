//! A borrowed YUV picture, as video decoders give it.
//!
//! Takes somebody else's planes with their row strides, 8 bits per sample, one chroma sample per
//! two by two pixels, planar (I420) or semi-planar (NV12); gives a view whose every sample is known
//! to exist.

use crate::YuvColor;

/// Rows of bytes, `stride` apart; rows may be padded.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The bytes, padding included.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// The colour of a picture: half as many columns and rows as luma, rounded up.
#[derive(Clone, Copy, Debug)]
pub enum Chroma<'a> {
    /// Cb and Cr apart: I420. For YV12 they change places in memory, not here.
    Planar {
        /// Blue minus luma.
        cb: Plane<'a>,
        /// Red minus luma.
        cr: Plane<'a>,
    },
    /// Cb and Cr by turns: NV12.
    SemiPlanar(Plane<'a>),
}

/// A picture of luma and chroma that somebody else owns.
#[derive(Clone, Copy, Debug)]
pub struct YuvView<'a> {
    width: usize,
    height: usize,
    luma: Plane<'a>,
    chroma: Chroma<'a>,
    color: YuvColor,
}

/// Planes that are no picture of the stated size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YuvViewError {
    /// A picture without pixels.
    #[error("a picture of {width}x{height} has no pixels")]
    Empty {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// Rows overlap.
    #[error("stride of {stride} bytes is shorter than a row of {row} bytes of the {plane} plane")]
    Stride {
        /// Which plane.
        plane: &'static str,
        /// Bytes from one row to the next.
        stride: usize,
        /// Bytes of a row.
        row: usize,
    },
    /// The last row is not all there.
    #[error(
        "{found} bytes, the {plane} plane of {rows} rows with stride {stride} needs {expected}"
    )]
    Length {
        /// Which plane.
        plane: &'static str,
        /// Rows of the plane.
        rows: usize,
        /// Bytes from one row to the next.
        stride: usize,
        /// Least number of bytes.
        expected: usize,
        /// Number of bytes given.
        found: usize,
    },
}

impl<'a> Plane<'a> {
    /// The first `length` bytes of a row.
    ///
    /// # Panics
    /// When they are not there.
    #[must_use]
    pub fn row(&self, y: usize, length: usize) -> &'a [u8] {
        &self.data[y * self.stride..][..length]
    }

    fn check(&self, plane: &'static str, row: usize, rows: usize) -> Result<(), YuvViewError> {
        let stride = self.stride;
        if stride < row {
            return Err(YuvViewError::Stride { plane, stride, row });
        }
        let expected = stride.saturating_mul(rows - 1).saturating_add(row);
        if self.data.len() < expected {
            return Err(YuvViewError::Length {
                plane,
                rows,
                stride,
                expected,
                found: self.data.len(),
            });
        }
        Ok(())
    }
}

impl<'a> YuvView<'a> {
    /// Checks that every plane holds its rows. Bytes after the last sample of a plane's last row
    /// may be missing.
    ///
    /// # Errors
    /// [`YuvViewError`] when one does not.
    pub fn new(
        width: usize,
        height: usize,
        luma: Plane<'a>,
        chroma: Chroma<'a>,
        color: YuvColor,
    ) -> Result<Self, YuvViewError> {
        if width == 0 || height == 0 {
            return Err(YuvViewError::Empty { width, height });
        }
        luma.check("luma", width, height)?;
        let (columns, rows) = (width.div_ceil(2), height.div_ceil(2));
        match chroma {
            Chroma::Planar { cb, cr } => {
                cb.check("Cb", columns, rows)?;
                cr.check("Cr", columns, rows)?;
            }
            Chroma::SemiPlanar(plane) => plane.check("chroma", columns.saturating_mul(2), rows)?,
        }
        Ok(Self {
            width,
            height,
            luma,
            chroma,
            color,
        })
    }

    /// Columns.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.height
    }

    /// Columns of chroma.
    #[must_use]
    pub const fn chroma_width(&self) -> usize {
        self.width.div_ceil(2)
    }

    /// Rows of chroma.
    #[must_use]
    pub const fn chroma_height(&self) -> usize {
        self.height.div_ceil(2)
    }

    /// One byte per pixel.
    #[must_use]
    pub const fn luma(&self) -> Plane<'a> {
        self.luma
    }

    /// Two bytes per two by two pixels.
    #[must_use]
    pub const fn chroma(&self) -> Chroma<'a> {
        self.chroma
    }

    /// What the numbers mean.
    #[must_use]
    pub const fn color(&self) -> YuvColor {
        self.color
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChromaSiting, YuvMatrix};

    const COLOR: YuvColor = YuvColor {
        matrix: YuvMatrix::Bt709,
        full_range: false,
        siting: ChromaSiting::Left,
    };

    fn view(width: usize, luma: usize, cb: usize, cr: usize) -> Result<(), YuvViewError> {
        let bytes = [0; 99];
        let plane = |length, stride| Plane {
            data: &bytes[..length],
            stride,
        };
        let chroma = Chroma::Planar {
            cb: plane(cb, 4),
            cr: plane(cr, 4),
        };
        YuvView::new(width, 3, plane(luma, 8), chroma, COLOR).map(|_| ())
    }

    #[test]
    fn odd_sizes_have_a_chroma_sample_more_and_last_rows_no_padding() {
        assert_eq!(view(5, 8 + 8 + 5, 4 + 3, 4 + 3), Ok(()));
        let short = |luma, cb, cr| view(5, luma, cb, cr).unwrap_err().to_string();
        assert_eq!(
            short(20, 7, 7),
            "20 bytes, the luma plane of 3 rows with stride 8 needs 21"
        );
        assert_eq!(
            short(21, 7, 6),
            "6 bytes, the Cr plane of 2 rows with stride 4 needs 7"
        );
        assert!(short(21, 6, 7).contains("Cb plane"));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(matches!(view(0, 9, 9, 9), Err(YuvViewError::Empty { .. })));
        assert!(matches!(
            view(9, 99, 99, 99),
            Err(YuvViewError::Stride { plane: "luma", .. })
        ));
        let plane = Plane {
            data: &[0; 99],
            stride: 5,
        };
        let chroma = Chroma::SemiPlanar(plane);
        let error = YuvView::new(5, 3, plane, chroma, COLOR).unwrap_err();
        assert_eq!(
            error.to_string(),
            "stride of 5 bytes is shorter than a row of 6 bytes of the chroma plane"
        );
        assert!(YuvView::new(usize::MAX, usize::MAX, plane, chroma, COLOR).is_err());
    }
}
