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

    /// The mean of the four samples around a position, under the conditions of [`Self::interior`].
    fn block(&self, at: [i64; 2]) -> [u32; N];

    /// [`Self::interior`] of the grid with its edges repeated for ever.
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

    /// [`Self::block`] of the grid with its edges repeated for ever.
    fn clamped_block(&self, [x, y]: [i64; 2]) -> [u32; N] {
        let [width, height] = self.size();
        let [x0, x1, _] = neighbours(x, width);
        let [y0, y1, _] = neighbours(y, height);
        let corners = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)];
        let samples = corners.map(|(x, y)| self.at(x, y));
        std::array::from_fn(|channel| {
            samples.map(|sample| sample[channel]).iter().sum::<u32>() << 14
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

    #[inline(always)]
    fn interior(&self, at: [i64; 2]) -> [u32; 3] {
        let [wx, wy] = at.map(|value| (value >> (BITS - 8)) as u32 & 0xff);
        let wy = u64::from(wy);
        let pairs = self.pairs(at, |upper, lower| upper * (256 - wy) + lower * wy);
        pairs.map(|[p, q]| p * (256 - wx) + q * wx)
    }

    #[inline(always)]
    fn block(&self, at: [i64; 2]) -> [u32; 3] {
        let pairs = self.pairs(at, |upper, lower| upper + lower);
        pairs.map(|[p, q]| (p + q) << 14)
    }
}

impl RgbView<'_> {
    /// Per channel, the two columns about a position, each `mix`ed of two rows. The two pixels of a row come in
    /// one load of eight bytes; their bytes at even and at odd places are mixed together, in lanes of 16 bits.
    #[inline(always)]
    fn pairs(&self, [x, y]: [i64; 2], mix: impl Fn(u64, u64) -> u64) -> [[u32; 2]; 3] {
        const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
        let stride = self.stride();
        let start = (y >> BITS) as usize * stride + (x >> BITS) as usize * 3;
        let [upper, lower] = [start, start + stride].map(|start| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&self.data()[start..start + 8]);
            u64::from_le_bytes(bytes)
        });
        let even = mix(upper & EVEN, lower & EVEN);
        let odd = mix(upper >> 8 & EVEN, lower >> 8 & EVEN);
        let lane = |lanes: u64, number: u32| (lanes >> (16 * number)) as u32 & 0xffff;
        [
            [lane(even, 0), lane(odd, 1)],
            [lane(odd, 0), lane(even, 2)],
            [lane(even, 1), lane(odd, 2)],
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

    /// The upper and the lower two samples around a position: per channel the left one in the lower 16
    /// bits, the right one above, so that both are weighted together.
    #[inline(always)]
    fn rows(&self, [x, y]: [i64; 2]) -> [[u32; N]; 2] {
        let stride = self.plane.stride;
        let start = (y >> BITS) as usize * stride + (x >> BITS) as usize * N;
        [start, start + stride].map(|start| {
            let bytes = &self.plane.data[start..start + 2 * N];
            std::array::from_fn(|n| u32::from(bytes[n]) | u32::from(bytes[N + n]) << 16)
        })
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

    #[inline(always)]
    fn interior(&self, at: [i64; 2]) -> [u32; N] {
        let [wx, wy] = at.map(|value| (value >> (BITS - 8)) as u32 & 0xff);
        let [upper, lower] = self.rows(at);
        std::array::from_fn(|n| {
            let both = upper[n] * (256 - wy) + lower[n] * wy;
            (both & 0xffff) * (256 - wx) + (both >> 16) * wx
        })
    }

    #[inline(always)]
    fn block(&self, at: [i64; 2]) -> [u32; N] {
        let [upper, lower] = self.rows(at);
        std::array::from_fn(|n| {
            let both = upper[n] + lower[n];
            ((both & 0xffff) + (both >> 16)) << 14
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

    #[inline(always)]
    fn block(&self, at: [i64; 2]) -> [u32; 2] {
        self.0.map(|plane| plane.block(at)[0])
    }
}
