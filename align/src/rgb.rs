//! A borrowed RGB picture.
//!
//! Takes somebody else's bytes (a mapped video buffer, a shard, a vector) with their row stride;
//! gives a view whose every pixel is known to exist.

/// Rows of uint8 RGB pixels that somebody else owns; rows may be padded.
#[derive(Clone, Copy, Debug)]
pub struct RgbView<'a> {
    data: &'a [u8],
    width: usize,
    height: usize,
    stride: usize,
}

/// Bytes that are no picture of the stated size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RgbViewError {
    /// A picture without pixels.
    #[error("a picture of {width}x{height} has no pixels")]
    Empty {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// Rows overlap.
    #[error("stride of {stride} bytes is shorter than a row of {width} RGB pixels")]
    Stride {
        /// Bytes from one row to the next.
        stride: usize,
        /// Columns.
        width: usize,
    },
    /// The last row is not all there.
    #[error("{found} bytes, a picture of {width}x{height} with stride {stride} needs {expected}")]
    Length {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// Bytes from one row to the next.
        stride: usize,
        /// Least number of bytes.
        expected: usize,
        /// Number of bytes given.
        found: usize,
    },
}

impl<'a> RgbView<'a> {
    /// Checks that `data` holds `height` rows of `width` pixels, `stride` bytes apart. Bytes after
    /// the last pixel of the last row may be missing.
    ///
    /// # Errors
    /// [`RgbViewError`] when it does not.
    pub fn new(
        data: &'a [u8],
        width: usize,
        height: usize,
        stride: usize,
    ) -> Result<Self, RgbViewError> {
        if width == 0 || height == 0 {
            return Err(RgbViewError::Empty { width, height });
        }
        let row = width.saturating_mul(3);
        if stride < row {
            return Err(RgbViewError::Stride { stride, width });
        }
        let expected = stride.saturating_mul(height - 1).saturating_add(row);
        if data.len() < expected {
            return Err(RgbViewError::Length {
                width,
                height,
                stride,
                expected,
                found: data.len(),
            });
        }
        Ok(Self {
            data,
            width,
            height,
            stride,
        })
    }

    /// The bytes, padding included.
    #[must_use]
    pub const fn data(&self) -> &'a [u8] {
        self.data
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

    /// Bytes from one row to the next.
    #[must_use]
    pub const fn stride(&self) -> usize {
        self.stride
    }

    /// The pixels of one row, without padding.
    ///
    /// # Panics
    /// When there is no row `y`.
    #[must_use]
    pub fn row(&self, y: usize) -> &'a [u8] {
        assert!(y < self.height, "row {y} of {}", self.height);
        &self.data[y * self.stride..][..self.width * 3]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_may_lack_its_padding() {
        let bytes = [0; 8 + 6];
        assert_eq!(RgbView::new(&bytes, 2, 2, 8).unwrap().row(1).len(), 6);
        assert_eq!(
            RgbView::new(&bytes[1..], 2, 2, 8).unwrap_err().to_string(),
            "13 bytes, a picture of 2x2 with stride 8 needs 14"
        );
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(matches!(
            RgbView::new(&[], 0, 2, 8),
            Err(RgbViewError::Empty { .. })
        ));
        assert!(matches!(
            RgbView::new(&[0; 99], 3, 2, 8),
            Err(RgbViewError::Stride { .. })
        ));
        assert!(matches!(
            RgbView::new(&[0; 99], usize::MAX, usize::MAX, usize::MAX),
            Err(RgbViewError::Length { .. })
        ));
    }
}
