//! Which triangle is in front: the z-buffer.
//!
//! Takes projected vertices and triangles; gives, per sample, the nearest triangle and its inverse
//! depth. Samples lie on a regular grid, two per pixel and axis.

use std::ops::Range;

use glam::Vec2;
use wide::{f32x4, u32x4};

use super::{
    camera::Projected,
    fastest::{Work, fastest},
    holes::{self, Holed, Holes},
    scene::{Scene, Surface, Triangle},
    triangle::{LANES, Reach, STEPS, Setup, WIDE, samples_between},
};

/// Samples per pixel along each axis.
pub const SAMPLES_PER_AXIS: usize = 2;

/// The index that stands for 'no triangle'.
pub const NOTHING: u32 = u32::MAX;

/// The nearest triangle per sample.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// Samples per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// One over the distance; 0 is infinitely far. A few more than there are samples, as
    /// [`Self::triangle`]: the last samples are drawn like all others.
    pub inverse_depth: Vec<f32>,
    /// Index into [`Scene::triangles`], or [`NOTHING`].
    pub triangle: Vec<u32>,
}

impl Samples {
    /// Empties the buffer for a picture of `width` by `height` samples.
    pub fn reset(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.inverse_depth.clear();
        self.inverse_depth.resize(width * height + LANES, 0.0);
        self.triangle.clear();
        self.triangle.resize(width * height + LANES, NOTHING);
    }

    /// Whether any sample of the pixel in a column and row shows what is behind everything.
    #[must_use]
    pub fn sees_through(&self, [column, row]: [usize; 2]) -> bool {
        let first = (row * self.width + column) * SAMPLES_PER_AXIS;
        let [upper, lower] = [first, first + self.width].map(|at| &self.triangle[at..at + 2]);
        upper.contains(&NOTHING) || lower.contains(&NOTHING)
    }

    /// How many samples show a triangle of `range`.
    #[must_use]
    pub fn count(&self, range: &Range<u32>) -> usize {
        let length = range.end - range.start;
        let shown = self.triangle.iter();
        // Adding up numbers instead of branching: eight samples at once.
        let shown = shown.map(|triangle| u32::from(triangle.wrapping_sub(range.start) < length));
        shown.sum::<u32>() as usize
    }

    /// Draws triangles `range` as if they had no holes, those that block light.
    pub fn draw_solid(
        &mut self,
        scene: &Scene,
        projected: &[Projected],
        range: Range<usize>,
        scale: f32,
    ) {
        fastest(Drawing {
            samples: self,
            scene,
            projected,
            range,
            scale,
            for_light: true,
        });
    }

    /// Draws triangles `range` of the scene; `projected` is in pixels, `scale` samples each.
    pub fn draw(
        &mut self,
        scene: &Scene,
        projected: &[Projected],
        range: Range<usize>,
        scale: f32,
    ) {
        fastest(Drawing {
            samples: self,
            scene,
            projected,
            range,
            scale,
            for_light: false,
        });
    }

    /// Draws one triangle over what is further away, where `covers` says that it is solid: of four
    /// samples in a row, given their weights and which of them would be seen, those that are.
    #[inline(always)]
    fn fill(
        &mut self,
        setup: &Setup,
        index: u32,
        covers: impl Fn([usize; 2], &[f32x4; 3], f32x4) -> f32x4,
    ) {
        if setup.columns.len() < WIDE {
            self.fill_narrow(setup, index, covers);
        } else {
            self.fill_wide(setup, index, covers);
        }
    }

    /// Down the rows of four columns after the other.
    #[inline(always)]
    fn fill_narrow(
        &mut self,
        setup: &Setup,
        index: u32,
        covers: impl Fn([usize; 2], &[f32x4; 3], f32x4) -> f32x4,
    ) {
        let edges = &setup.edges;
        let downs = edges.each_ref().map(|edge| f32x4::splat(edge.down));
        let deeper = f32x4::splat(setup.depth.down);
        let width = f32x4::splat(setup.columns.len() as u32 as f32);
        for column in setup.columns.clone().step_by(LANES) {
            let steps =
                f32x4::new(STEPS) + f32x4::splat((column - setup.columns.start) as u32 as f32);
            let within = width.simd_gt(steps);
            let mut weights = edges.each_ref().map(|edge| edge.along(edge.start, steps));
            let mut depth = setup.depth.along(setup.depth.start, steps);
            for y in setup.rows.clone() {
                let at = y * self.width + column;
                let four = Four {
                    index,
                    depth,
                    within,
                };
                self.put(at, &four, &weights, |seen| {
                    covers([column, y], &weights, seen)
                });
                weights = std::array::from_fn(|edge| weights[edge] + downs[edge]);
                depth += deeper;
            }
        }
    }

    /// Row after row, from edge to edge.
    #[inline(always)]
    fn fill_wide(
        &mut self,
        setup: &Setup,
        index: u32,
        covers: impl Fn([usize; 2], &[f32x4; 3], f32x4) -> f32x4,
    ) {
        for (y, down) in setup.rows.clone().zip(0_u32..) {
            let down = down as f32;
            let first = setup.edges.each_ref().map(|edge| edge.at(down));
            let depth = setup.depth.at(down);
            let Some((skip, count)) = setup.span(&first) else {
                continue;
            };
            let row = y * self.width + setup.columns.start;
            let end = f32x4::splat((skip + count) as u32 as f32);
            for start in (skip..skip + count).step_by(LANES) {
                let steps = f32x4::new(STEPS) + f32x4::splat(start as u32 as f32);
                let weights =
                    std::array::from_fn(|edge| setup.edges[edge].along(first[edge], steps));
                let four = Four {
                    index,
                    depth: setup.depth.along(depth, steps),
                    within: end.simd_gt(steps),
                };
                self.put(row + start, &four, &weights, |seen| {
                    covers([setup.columns.start + start, y], &weights, seen)
                });
            }
        }
    }

    /// Shows four samples of a triangle where they are nearer than what is there.
    #[inline(always)]
    fn put(
        &mut self,
        at: usize,
        four: &Four,
        weights: &[f32x4; 3],
        covers: impl Fn(f32x4) -> f32x4,
    ) {
        let (Some(nearest), Some(triangle)) = (
            self.inverse_depth[at..].first_chunk_mut::<LANES>(),
            self.triangle[at..].first_chunk_mut::<LANES>(),
        ) else {
            return;
        };
        let before = f32x4::new(*nearest);
        let least = weights[0].fast_min(weights[1]).fast_min(weights[2]);
        let seen = covers(least.simd_ge(f32x4::ZERO) & four.within & four.depth.simd_gt(before));
        *nearest = seen.bitselect(four.depth, before).to_array();
        let seen: u32x4 = bytemuck::cast(seen);
        let behind = u32x4::new(*triangle);
        *triangle = seen.bitselect(u32x4::splat(four.index), behind).to_array();
    }
}

/// Four samples in a row.
struct Four {
    index: u32,
    depth: f32x4,
    /// Those that belong to the triangle's rectangle.
    within: f32x4,
}

/// Triangles on their way into the z-buffer.
struct Drawing<'a> {
    samples: &'a mut Samples,
    scene: &'a Scene,
    projected: &'a [Projected],
    range: Range<usize>,
    scale: f32,
    /// Whether they are drawn for the shadow that they cast.
    for_light: bool,
}

impl Work for Drawing<'_> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        for (surface, run) in runs(self.scene, self.range.clone()) {
            let casts = !self.for_light || surface.blocks_light();
            if casts && !self.hides(surface, &run) {
                self.draw_run(surface, run);
            }
        }
    }
}

impl Drawing<'_> {
    /// Draws triangles of one surface: all that face the camera and reach a sample.
    #[inline(always)]
    fn draw_run(&mut self, surface: &Surface, run: Range<usize>) {
        let size = [self.samples.width, self.samples.height];
        let one_sided = surface.one_sided();
        let holes = if self.for_light {
            Holed::Nowhere
        } else {
            Holed::of(surface)
        };
        let groups = self.scene.triangles[run.clone()].chunks(LANES);
        for (first, group) in run.step_by(LANES).zip(groups) {
            let last = group.len() - 1;
            let [a, b, c] = [
                self.corners(group, 0),
                self.corners(group, 1),
                self.corners(group, 2),
            ];
            let reach = Reach::new([&a, &b, &c], self.scale, one_sided, size);
            let mut left = reach.triangles & ((2 << last) - 1);
            if left == 0 {
                continue;
            }
            let setups = reach.setups();
            while left != 0 {
                let lane = left.trailing_zeros() as usize;
                left &= left - 1;
                let corners = [a[lane], b[lane], c[lane]];
                self.draw_one(holes, &setups[lane], first + lane, &corners);
            }
        }
    }

    /// One corner of up to four triangles; the last is repeated.
    #[inline(always)]
    fn corners(&self, group: &[Triangle], corner: usize) -> [Projected; LANES] {
        let last = group.len() - 1;
        [
            self.projected[group[0].vertices[corner] as usize],
            self.projected[group[last.min(1)].vertices[corner] as usize],
            self.projected[group[last.min(2)].vertices[corner] as usize],
            self.projected[group[last.min(3)].vertices[corner] as usize],
        ]
    }

    #[inline(always)]
    fn draw_one(
        &mut self,
        holes: Holed<'_>,
        setup: &Setup,
        index: usize,
        corners: &[Projected; 3],
    ) {
        let number = index as u32;
        let strands = match holes {
            Holed::Strands(surface) => {
                let triangle = &self.scene.triangles[index];
                Some(Holes::new(self.scene, triangle, surface, corners))
            }
            _ => None,
        };
        match (holes, strands.filter(|strands| !strands.is_none())) {
            (Holed::Grid(coverage), _) => self.samples.fill(
                setup,
                number,
                #[inline(always)]
                |at, _, seen| seen & holes::grid(coverage, at),
            ),
            (_, Some(strands)) => self.samples.fill(
                setup,
                number,
                #[inline(always)]
                |at, weights, seen| strands.covers(at, weights, seen),
            ),
            (_, None) => self.samples.fill(setup, number, |_, _, seen| seen),
        }
    }

    /// Whether triangles of one surface are certainly not seen: the rectangle around them lies
    /// outside the picture, or everything in it is nearer. What lies within a closed mouth is
    /// found here, many triangles at once.
    fn hides(&self, surface: &Surface, run: &Range<usize>) -> bool {
        // Skin is what hides others.
        if run.len() < WORTH_ASKING || matches!(surface, Surface::Skin { .. }) {
            return false;
        }
        let samples = &*self.samples;
        let (mut low, mut high, mut nearest) = (Vec2::MAX, Vec2::MIN, 0.0_f32);
        for triangle in &self.scene.triangles[run.clone()] {
            for vertex in triangle.vertices {
                let corner = &self.projected[vertex as usize];
                if corner.inverse_depth <= 0.0 {
                    return false;
                }
                (low, high) = (low.min(corner.at), high.max(corner.at));
                nearest = nearest.max(corner.inverse_depth);
            }
        }
        let columns = samples_between(low.x * self.scale, high.x * self.scale, samples.width);
        let rows = samples_between(low.y * self.scale, high.y * self.scale, samples.height);
        columns.is_empty()
            || rows.into_iter().all(|y| {
                let row = y * samples.width;
                let depths = &samples.inverse_depth[row + columns.start..row + columns.end];
                depths.iter().all(|depth| *depth > nearest)
            })
    }
}

/// Fewer triangles than this are drawn without asking whether they are hidden.
const WORTH_ASKING: usize = 64;

/// Consecutive triangles of one surface.
fn runs(scene: &Scene, range: Range<usize>) -> impl Iterator<Item = (&Surface, Range<usize>)> {
    let mut start = range.start;
    scene.triangles[range]
        .chunk_by(|one, next| one.surface == next.surface)
        .map(move |run| {
            let first = start;
            start += run.len();
            (&scene.surfaces[run[0].surface as usize], first..start)
        })
}

#[cfg(test)]
mod tests {
    use glam::Vec3;

    use super::*;
    use crate::render::Vertex;

    fn square(scene: &mut Scene, surface: u16, side: f32) -> Vec<Projected> {
        let corners = [[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]].map(Vec2::from);
        scene.add_mesh(surface, 0, [Vertex::default(); 4], [[0, 2, 1], [0, 3, 2]]);
        corners
            .map(|at| Projected {
                at,
                inverse_depth: 1.0,
            })
            .to_vec()
    }

    #[test]
    fn a_square_fills_its_samples_once() {
        let mut scene = Scene::default();
        let surface = scene.add_surface(Surface::Eye {
            sclera: Vec3::ONE,
            iris: Vec3::ONE,
            centre: Vec2::ZERO,
            radius: 1.0,
            pupil: 0.1,
        });
        let projected = square(&mut scene, surface, 5.0);
        let mut samples = Samples::default();
        samples.reset(20, 20);
        samples.draw(&scene, &projected, 0..2, 2.0);
        let covered = samples
            .triangle
            .iter()
            .filter(|&&triangle| triangle != NOTHING)
            .count();
        assert_eq!(covered, 100, "5 pixels are 10 samples");
        // Turned round, a one-sided surface vanishes.
        for triangle in &mut scene.triangles {
            triangle.vertices.swap(0, 1);
        }
        samples.reset(20, 20);
        samples.draw(&scene, &projected, 0..2, 2.0);
        assert!(samples.triangle.iter().all(|&triangle| triangle == NOTHING));
    }
}
