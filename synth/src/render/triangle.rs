//! A triangle on the grid of samples: which it may cover and how its corners weigh there.
//!
//! Takes projected corners, four triangles at once where that pays; gives rectangles of samples
//! and linear functions over them for the z-buffer to walk.

use std::ops::Range;

use wide::{f32x4, i32x4};

use super::camera::Projected;

/// Samples, or triangles, that are computed at once.
pub(super) const LANES: usize = 4;

/// How far each lane is from the first.
pub(super) const STEPS: [f32; LANES] = [0.0, 1.0, 2.0, 3.0];

/// Where four triangles reach samples.
pub(super) struct Reach {
    /// Those that face the camera and may cover a sample, as bits.
    pub(super) triangles: u32,
    /// Per axis: the first sample and the one after the last.
    ends: [[i32x4; 2]; 2],
    /// Corners in samples, and one over the distance.
    x: [f32x4; 3],
    y: [f32x4; 3],
    depths: [f32x4; 3],
    area: f32x4,
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
        let depths = corners.map(|[a, b, c, d]| {
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
        let ahead = depths[0].fast_min(depths[1]).fast_min(depths[2]);
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
            ends: [columns, rows],
            x,
            y,
            depths,
            area,
        }
    }

    /// What the z-buffer needs to know of the four.
    #[inline(always)]
    pub(super) fn setups(&self) -> [Setup; LANES] {
        let Self { x, y, depths, .. } = self;
        let inverse = f32x4::ONE / self.area;
        let [columns, rows] = self.ends;
        let [left, top] = [columns, rows].map(|ends| f32x4::from_i32x4(ends[0]) + 0.5);
        let edge = |p: usize, q: usize| {
            let (right, down) = ((y[p] - y[q]) * inverse, (x[q] - x[p]) * inverse);
            [right * (left - x[p]) + down * (top - y[p]), right, down]
        };
        let edges = [edge(1, 2), edge(2, 0), edge(0, 1)];
        let depth: [f32x4; 3] = std::array::from_fn(|part| {
            edges[0][part] * depths[0] + edges[1][part] * depths[1] + edges[2][part] * depths[2]
        });
        let [one, two, three] = edges;
        let planes = [one, two, three, depth].map(|plane| plane.map(f32x4::to_array));
        let [columns, rows] = [columns, rows].map(|ends| ends.map(|end| end.to_array()));
        std::array::from_fn(|lane| {
            let plane = |index: usize| {
                let [start, right, down] = planes[index].map(|part| part[lane]);
                Plane { start, right, down }
            };
            let range = |ends: &[[i32; LANES]; 2]| ends[0][lane] as usize..ends[1][lane] as usize;
            Setup {
                edges: [plane(0), plane(1), plane(2)],
                depth: plane(3),
                columns: range(&columns),
                rows: range(&rows),
            }
        })
    }
}

/// Samples whose centres, at integers plus one half, lie between two coordinates.
pub(super) fn samples_between(low: f32, high: f32, size: usize) -> Range<usize> {
    let first = (low + 0.5).max(0.0) as usize;
    first..((high + 0.5).max(0.0) as usize).min(size)
}

/// A linear function over the samples of a triangle.
pub(super) struct Plane {
    /// At the first column and row.
    pub(super) start: f32,
    /// From one column to the next.
    right: f32,
    /// From one row to the next.
    pub(super) down: f32,
}

impl Plane {
    /// In the first column, rows below the first.
    #[inline(always)]
    pub(super) fn at(&self, rows: f32) -> f32 {
        self.start + self.down * rows
    }

    /// Some steps to the right of a column where it is `first`.
    #[inline(always)]
    pub(super) fn along(&self, first: f32, steps: f32x4) -> f32x4 {
        f32x4::splat(first) + f32x4::splat(self.right) * steps
    }
}

/// A triangle ready to be drawn.
pub(super) struct Setup {
    /// One per corner: its weight, 1 there and 0 at the other two.
    pub(super) edges: [Plane; 3],
    /// One over the distance.
    pub(super) depth: Plane,
    /// Columns of samples around it.
    pub(super) columns: Range<usize>,
    /// Rows of samples around it.
    pub(super) rows: Range<usize>,
}

/// From this many columns on the ends of a row are worth computing.
pub(super) const WIDE: usize = 12;

impl Setup {
    /// Columns of a row that may be inside, as the number to skip and the number to visit.
    #[inline(always)]
    pub(super) fn span(&self, first: &[f32; 3]) -> Option<(usize, usize)> {
        let width = self.columns.len();
        let (mut low, mut high) = (0.0_f32, width as f32);
        for (edge, first) in self.edges.iter().zip(first) {
            let crossing = -first / edge.right;
            if edge.right > 1e-12 {
                low = low.max(crossing);
            } else if edge.right < -1e-12 {
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
