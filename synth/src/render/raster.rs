//! Which triangle is in front: the z-buffer.
//!
//! Takes projected vertices and triangles; gives, per sample, the nearest triangle and its inverse
//! depth. Samples lie on a regular grid, two per pixel and axis.

use std::ops::Range;

use glam::Vec2;
use wide::{f32x4, u32x4};

use super::{
    camera::Projected,
    holes::Holes,
    scene::{Scene, Surface},
    triangle::{LANES, Reach, Setup, samples_between},
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
        for (surface, run) in runs(scene, range) {
            if surface.blocks_light() && !self.hides(scene, surface, projected, &run, scale) {
                self.draw_run(
                    scene,
                    projected,
                    run,
                    (scale, surface),
                    |samples, setup, index, _| {
                        samples.fill::<true>(setup, index, |_, _, _| true);
                    },
                );
            }
        }
    }

    /// Draws triangles `range` of the scene; `projected` is in pixels, `scale` samples each.
    pub fn draw(
        &mut self,
        scene: &Scene,
        projected: &[Projected],
        range: Range<usize>,
        scale: f32,
    ) {
        for (surface, run) in runs(scene, range) {
            if self.hides(scene, surface, projected, &run, scale) {
                continue;
            }
            let how = (scale, surface);
            match surface {
                Surface::Lashes { .. } | Surface::Hair { .. } => self.draw_run(
                    scene,
                    projected,
                    run,
                    how,
                    |samples, setup, index, corners| {
                        let triangle = &scene.triangles[index as usize];
                        let hole = Holes::new(scene, triangle, surface, corners);
                        if hole.is_none() {
                            return samples.fill::<true>(setup, index, |_, _, _| true);
                        }
                        samples.fill::<false>(setup, index, |x, y, weights| {
                            hole.covers(x, y, weights)
                        });
                    },
                ),
                Surface::Tinted { coverage, .. } if *coverage != 0b1111 => {
                    self.draw_run(scene, projected, run, how, |samples, setup, index, _| {
                        samples.fill::<false>(setup, index, |x, y, _| {
                            coverage >> (x % 2 + 2 * (y % 2)) & 1 == 1
                        });
                    });
                }
                _ => self.draw_run(scene, projected, run, how, |samples, setup, index, _| {
                    samples.fill::<true>(setup, index, |_, _, _| true);
                }),
            }
        }
    }

    /// Draws triangles of one surface: all that face the camera and reach a sample.
    #[inline(always)]
    fn draw_run(
        &mut self,
        scene: &Scene,
        projected: &[Projected],
        run: Range<usize>,
        (scale, surface): (f32, &Surface),
        mut draw: impl FnMut(&mut Self, &Setup, u32, &[Projected; 3]),
    ) {
        let size = [self.width, self.height];
        let one_sided = surface.one_sided();
        let groups = scene.triangles[run.clone()].chunks(LANES);
        for (first, group) in run.step_by(LANES).zip(groups) {
            let last = group.len() - 1;
            let corner = |lane: usize, corner: usize| {
                projected[group[lane.min(last)].vertices[corner] as usize]
            };
            let all = |at: usize| [corner(0, at), corner(1, at), corner(2, at), corner(3, at)];
            let [a, b, c] = [all(0), all(1), all(2)];
            let reach = Reach::new([&a, &b, &c], scale, one_sided, size);
            let mut left = reach.triangles & ((2 << last) - 1);
            if left == 0 {
                continue;
            }
            let setups = reach.setups();
            while left != 0 {
                let lane = left.trailing_zeros() as usize;
                left &= left - 1;
                let corners = [a[lane], b[lane], c[lane]];
                draw(self, &setups[lane], (first + lane) as u32, &corners);
            }
        }
    }

    /// Whether triangles of one surface are certainly not seen: the rectangle around them lies
    /// outside the picture, or everything in it is nearer. What lies within a closed mouth is
    /// found here, many triangles at once.
    fn hides(
        &self,
        scene: &Scene,
        surface: &Surface,
        projected: &[Projected],
        run: &Range<usize>,
        scale: f32,
    ) -> bool {
        // Skin is what hides others.
        if run.len() < WORTH_ASKING || matches!(surface, Surface::Skin { .. }) {
            return false;
        }
        let (mut low, mut high, mut nearest) = (Vec2::MAX, Vec2::MIN, 0.0_f32);
        for triangle in &scene.triangles[run.clone()] {
            for vertex in triangle.vertices {
                let corner = &projected[vertex as usize];
                if corner.inverse_depth <= 0.0 {
                    return false;
                }
                (low, high) = (low.min(corner.at), high.max(corner.at));
                nearest = nearest.max(corner.inverse_depth);
            }
        }
        let columns = samples_between(low.x * scale, high.x * scale, self.width);
        let rows = samples_between(low.y * scale, high.y * scale, self.height);
        columns.is_empty()
            || rows.into_iter().all(|y| {
                let row = y * self.width;
                let depths = &self.inverse_depth[row + columns.start..row + columns.end];
                depths.iter().all(|depth| *depth > nearest)
            })
    }

    /// Draws one triangle over what is further away, where `covers` says that it is solid.
    #[inline(always)]
    fn fill<const SOLID: bool>(
        &mut self,
        setup: &Setup,
        index: u32,
        covers: impl Fn(usize, usize, [f32; 3]) -> bool,
    ) {
        let lanes = f32x4::new([0.0, 1.0, 2.0, 3.0]);
        let slopes = setup.edges.each_ref().map(|edge| f32x4::splat(edge.right));
        let deeper = f32x4::splat(setup.depth.right);
        for (y, down) in setup.rows.clone().zip(0_u32..) {
            let down = down as f32;
            let first = setup.edges.each_ref().map(|edge| edge.at(down));
            let depth = f32x4::splat(setup.depth.at(down));
            let Some((skip, count)) = setup.span(&first) else {
                continue;
            };
            let row = y * self.width + setup.columns.start;
            for start in (skip..skip + count).step_by(LANES) {
                let steps = lanes + f32x4::splat(start as u32 as f32);
                let weights: [f32x4; 3] =
                    std::array::from_fn(|edge| f32x4::splat(first[edge]) + slopes[edge] * steps);
                let depth = depth + deeper * steps;
                let at = row + start;
                let (Some(nearest), Some(triangle)) = (
                    self.inverse_depth[at..].first_chunk_mut::<LANES>(),
                    self.triangle[at..].first_chunk_mut::<LANES>(),
                ) else {
                    break;
                };
                let before = f32x4::new(*nearest);
                let within = f32x4::splat((skip + count) as f32).simd_gt(steps);
                let least = weights[0].fast_min(weights[1]).fast_min(weights[2]);
                let seen = least.simd_ge(f32x4::ZERO) & within & depth.simd_gt(before);
                if SOLID {
                    *nearest = seen.bitselect(depth, before).to_array();
                    let seen: u32x4 = bytemuck::cast(seen);
                    let behind = u32x4::new(*triangle);
                    *triangle = seen.bitselect(u32x4::splat(index), behind).to_array();
                    continue;
                }
                let (bits, depth) = (seen.to_bitmask(), depth.to_array());
                if bits == 0 {
                    continue;
                }
                let weights = weights.map(f32x4::to_array);
                for lane in (0..LANES).filter(|lane| bits >> lane & 1 == 1) {
                    let column = setup.columns.start + start + lane;
                    if covers(column, y, weights.map(|weights| weights[lane])) {
                        nearest[lane] = depth[lane];
                        triangle[lane] = index;
                    }
                }
            }
        }
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
