//! A triangle on the grid of samples: which it may cover and how its corners weigh there.
//!
//! Takes projected corners, four triangles at once where that pays; gives rectangles of samples
//! and linear functions over them for the z-buffer to walk.

use std::ops::Range;

use glam::Vec2;
use wide::f32x4;

use super::camera::Projected;

/// Samples, or triangles, that are computed at once.
pub(super) const LANES: usize = 4;

/// Where four triangles reach samples.
pub(super) struct Reach {
    /// Those that face the camera and may cover a sample, as bits.
    pub(super) triangles: u32,
    /// Per axis: the first sample and the one after the last.
    ends: [[[i32; LANES]; 2]; 2],
}

impl Reach {
    #[inline(always)]
    pub(super) fn new(
        corners: [&[Projected; LANES]; 3],
        scale: f32,
        one_sided: bool,
        size: [usize; 2],
    ) -> Self {
        let scale = f32x4::splat(scale);
        let x = corners.map(|[a, b, c, d]| f32x4::new([a.at.x, b.at.x, c.at.x, d.at.x]) * scale);
        let y = corners.map(|[a, b, c, d]| f32x4::new([a.at.y, b.at.y, c.at.y, d.at.y]) * scale);
        let depth = corners.map(|[a, b, c, d]| {
            f32x4::new([
                a.inverse_depth,
                b.inverse_depth,
                c.inverse_depth,
                d.inverse_depth,
            ])
        });
        // y runs down: what is counter-clockwise from outside runs the other way in the picture.
        let area = (x[1] - x[0]) * (y[2] - y[0]) - (y[1] - y[0]) * (x[2] - x[0]);
        let least = f32x4::splat(1e-6);
        let front = area.simd_lt(-least);
        let facing = if one_sided {
            front
        } else {
            front | area.simd_gt(least)
        };
        let ahead = depth[0].fast_min(depth[1]).fast_min(depth[2]);
        let seen = facing & ahead.simd_gt(f32x4::ZERO);
        // Sample centres are at integers plus one half.
        let sample = |value: f32x4, size: usize| {
            let within = (value + f32x4::splat(0.5)).fast_max(f32x4::ZERO);
            within.fast_min(f32x4::splat(size as f32)).fast_trunc_int()
        };
        let ends = |at: &[f32x4; 3], size: usize| {
            let low = at[0].fast_min(at[1]).fast_min(at[2]);
            let high = at[0].fast_max(at[1]).fast_max(at[2]);
            [sample(low, size), sample(high, size)]
        };
        let [columns, rows] = [ends(&x, size[0]), ends(&y, size[1])];
        let some = columns[0].simd_lt(columns[1]) & rows[0].simd_lt(rows[1]);
        Self {
            triangles: seen.to_bitmask() & some.to_bitmask(),
            ends: [columns, rows].map(|ends| ends.map(|end| end.to_array())),
        }
    }

    /// Columns and rows around one of the triangles.
    pub(super) fn around(&self, lane: usize) -> [Range<usize>; 2] {
        let [columns, rows] = &self.ends;
        [columns, rows].map(|[first, end]| first[lane] as usize..end[lane] as usize)
    }
}

/// Samples whose centres, at integers plus one half, lie between two coordinates.
pub(super) fn samples_between(low: f32, high: f32, size: usize) -> Range<usize> {
    let first = (low + 0.5).max(0.0) as usize;
    first..((high + 0.5).max(0.0) as usize).min(size)
}

/// A linear function of the plane that is 1 at one corner and 0 at the other two.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) slope: Vec2,
    offset: f32,
}

impl Edge {
    pub(super) fn at(&self, point: Vec2) -> f32 {
        self.slope.dot(point) + self.offset
    }
}

/// A triangle ready to be drawn.
pub(super) struct Setup {
    /// One per corner: its weight at every place.
    pub(super) edges: [Edge; 3],
    /// Inverse depths of the corners.
    pub(super) depths: [f32; 3],
    /// Columns of samples around it.
    pub(super) columns: Range<usize>,
    /// Rows of samples around it.
    pub(super) rows: Range<usize>,
}

/// From this many columns on the ends of a row are worth computing.
const WIDE: usize = 12;

impl Setup {
    #[inline(always)]
    pub(super) fn new(
        corners: &[Projected; 3],
        scale: f32,
        columns: Range<usize>,
        rows: Range<usize>,
    ) -> Self {
        let [a, b, c] = [
            corners[0].at * scale,
            corners[1].at * scale,
            corners[2].at * scale,
        ];
        let area = (b - a).perp_dot(c - a);
        let inverse = 1.0 / area;
        let edge = |p: Vec2, q: Vec2| {
            let slope = Vec2::new(p.y - q.y, q.x - p.x) * inverse;
            Edge {
                slope,
                offset: -slope.dot(p),
            }
        };
        Self {
            edges: [edge(b, c), edge(c, a), edge(a, b)],
            depths: [
                corners[0].inverse_depth,
                corners[1].inverse_depth,
                corners[2].inverse_depth,
            ],
            columns,
            rows,
        }
    }

    /// Columns of a row that may be inside, as the number to skip and the number to visit.
    #[inline(always)]
    pub(super) fn span(&self, first: &[f32; 3]) -> Option<(usize, usize)> {
        let width = self.columns.len();
        if width < WIDE {
            return Some((0, width));
        }
        let (mut low, mut high) = (0.0_f32, width as f32);
        for (edge, first) in self.edges.iter().zip(first) {
            let crossing = -first / edge.slope.x;
            if edge.slope.x > 1e-12 {
                low = low.max(crossing);
            } else if edge.slope.x < -1e-12 {
                high = high.min(crossing + 1.0);
            } else if *first < 0.0 {
                return None;
            }
        }
        // One more on the left: the crossing is rounded down.
        let skip = low as usize;
        let end = (high.max(0.0) as usize + 1).min(width);
        (skip < end).then(|| (skip, end - skip))
    }
}
