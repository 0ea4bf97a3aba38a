//! What the resampling loop reads.
//!
//! Takes positions in 16-bit fixed point, whose integers are the centres of samples; gives the
//! values there, times 65536.

use super::BITS;
use crate::{Plane, RgbView, YuvView};

/// A grid of samples of `N` channels.
pub(super) trait Grid<const N: usize> {
    /// Columns and rows.
    fn size(&self) -> [usize; 2];

    /// The sample at a place that exists.
    fn at(&self, x: usize, y: usize) -> [u32; N];

    /// Bilinear sample where all four neighbours exist and one column more to the right.
    fn interior(&self, at: [i64; 2]) -> [u32; N];

    /// The sample nearest to a position inside the grid.
    #[inline(always)]
    fn nearest(&self, at: [i64; 2]) -> [u32; N] {
        let [x, y] = at.map(|value| ((value + (1 << (BITS - 1))) >> BITS) as usize);
        self.at(x, y).map(|value| value << 16)
    }

    /// Bilinear sample of the grid with its edges repeated for ever.
    fn clamped(&self, [x, y]: [i64; 2]) -> [u32; N] {
        let [width, height] = self.size();
        let [x0, x1, wx] = neighbours(x, width);
        let [y0, y1, wy] = neighbours(y, height);
        let (wx, wy) = (wx as u32, wy as u32);
        let rows = [y0, y1].map(|y| [self.at(x0, y), self.at(x1, y)]);
        std::array::from_fn(|channel| {
            let [p, q] = rows.map(|[p, q]| p[channel] * (256 - wx) + q[channel] * wx);
            p * (256 - wy) + q * wy
        })
    }
}

/// The two samples around a position, and the 8-bit weight of the second.
fn neighbours(position: i64, length: usize) -> [usize; 3] {
    let last = length as i64 - 1;
    let position = position.clamp(0, last << BITS);
    let first = position >> BITS;
    let weight = (position >> (BITS - 8)) & 0xff;
    [
        first as usize,
        (first + 1).min(last) as usize,
        weight as usize,
    ]
}

impl Grid<3> for RgbView<'_> {
    fn size(&self) -> [usize; 2] {
        [self.width(), self.height()]
    }

    #[inline(always)]
    fn at(&self, x: usize, y: usize) -> [u32; 3] {
        let start = y * self.stride() + x * 3;
        let pixel = &self.data()[start..start + 3];
        std::array::from_fn(|channel| u32::from(pixel[channel]))
    }

    /// The two pixels of a row come in one load of eight bytes; their bytes at even and at odd
    /// places are each weighted by one multiplication, in lanes of 16 bits.
    #[inline(always)]
    fn interior(&self, [x, y]: [i64; 2]) -> [u32; 3] {
        const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
        let stride = self.stride();
        let start = (y >> BITS) as usize * stride + (x >> BITS) as usize * 3;
        let [upper, lower] = [start, start + stride].map(|start| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&self.data()[start..start + 8]);
            u64::from_le_bytes(bytes)
        });
        let [wx, wy] = [x, y].map(|value| (value >> (BITS - 8)) as u64 & 0xff);
        let even = (upper & EVEN) * (256 - wy) + (lower & EVEN) * wy;
        let odd = (upper >> 8 & EVEN) * (256 - wy) + (lower >> 8 & EVEN) * wy;
        let lane = |lanes: u64, number: u32| (lanes >> (16 * number)) as u32 & 0xffff;
        let mix = |p: u32, q: u32| p * (256 - wx as u32) + q * wx as u32;
        [
            mix(lane(even, 0), lane(odd, 1)),
            mix(lane(odd, 0), lane(even, 2)),
            mix(lane(even, 1), lane(odd, 2)),
        ]
    }
}

/// A plane whose samples are `N` bytes, one per channel.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a, const N: usize> {
    plane: Plane<'a>,
    size: [usize; 2],
}

impl<'a> Samples<'a, 1> {
    pub(super) const fn luma(view: &YuvView<'a>) -> Self {
        Self {
            plane: view.luma(),
            size: [view.width(), view.height()],
        }
    }
}

impl<'a, const N: usize> Samples<'a, N> {
    /// A plane of a view's chroma.
    pub(super) const fn chroma(view: &YuvView<'a>, plane: Plane<'a>) -> Self {
        Self {
            plane,
            size: [view.chroma_width(), view.chroma_height()],
        }
    }

    /// Two samples side by side: per channel the left one in the lower 16 bits, the right one above.
    #[inline(always)]
    fn pair(&self, start: usize) -> [u32; N] {
        let bytes = &self.plane.data[start..start + 2 * N];
        std::array::from_fn(|n| u32::from(bytes[n]) | u32::from(bytes[N + n]) << 16)
    }
}

impl<const N: usize> Grid<N> for Samples<'_, N> {
    fn size(&self) -> [usize; 2] {
        self.size
    }

    #[inline(always)]
    fn at(&self, x: usize, y: usize) -> [u32; N] {
        let start = y * self.plane.stride + x * N;
        let bytes = &self.plane.data[start..start + N];
        std::array::from_fn(|n| u32::from(bytes[n]))
    }

    /// The channels of the two samples of a row are weighted together, in lanes of 16 bits.
    #[inline(always)]
    fn interior(&self, [x, y]: [i64; 2]) -> [u32; N] {
        let stride = self.plane.stride;
        let start = (y >> BITS) as usize * stride + (x >> BITS) as usize * N;
        let [wx, wy] = [x, y].map(|value| (value >> (BITS - 8)) as u32 & 0xff);
        let [upper, lower] = [start, start + stride].map(|start| self.pair(start));
        std::array::from_fn(|n| {
            let both = upper[n] * (256 - wy) + lower[n] * wy;
            (both & 0xffff) * (256 - wx) + (both >> 16) * wx
        })
    }
}

/// Two planes of one size, each one channel.
#[derive(Clone, Copy)]
pub(super) struct Both<'a>(pub(super) [Samples<'a, 1>; 2]);

impl Grid<2> for Both<'_> {
    fn size(&self) -> [usize; 2] {
        self.0[0].size
    }

    #[inline(always)]
    fn at(&self, x: usize, y: usize) -> [u32; 2] {
        self.0.map(|plane| plane.at(x, y)[0])
    }

    #[inline(always)]
    fn interior(&self, at: [i64; 2]) -> [u32; 2] {
        self.0.map(|plane| plane.interior(at)[0])
    }
}
