//! Which triangle is in front: the z-buffer.
//!
//! Takes projected vertices and triangles; gives, per sample, the nearest triangle and its inverse
//! depth. Samples lie on a regular grid, two per pixel and axis.

use std::ops::Range;

use glam::Vec2;

use super::{
    camera::Projected,
    noise,
    scene::{Scene, Surface, Triangle},
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
    /// One over the distance; 0 is infinitely far.
    pub inverse_depth: Vec<f32>,
    /// Index into [`Scene::triangles`], or [`NOTHING`].
    pub triangle: Vec<u32>,
}

impl Samples {
    /// Empties the buffer for a picture of `width` by `height` samples.
    pub fn reset(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.inverse_depth.clear();
        self.inverse_depth.resize(width * height, 0.0);
        self.triangle.clear();
        self.triangle.resize(width * height, NOTHING);
    }

    /// Whether any sample of a pixel, counted by rows, shows what is behind everything.
    #[must_use]
    pub fn sees_through(&self, pixel: usize) -> bool {
        let columns = self.width / SAMPLES_PER_AXIS;
        let (x, y) = (
            pixel % columns * SAMPLES_PER_AXIS,
            pixel / columns * SAMPLES_PER_AXIS,
        );
        let rows = self.triangle[y * self.width..]
            .chunks(self.width)
            .take(SAMPLES_PER_AXIS);
        rows.flat_map(|row| &row[x..x + SAMPLES_PER_AXIS])
            .any(|triangle| *triangle == NOTHING)
    }

    /// Draws triangles `range` as if they had no holes, those that block light.
    pub fn draw_solid(
        &mut self,
        scene: &Scene,
        projected: &[Projected],
        range: Range<usize>,
        scale: f32,
    ) {
        for index in range {
            let triangle = &scene.triangles[index];
            let surface = &scene.surfaces[triangle.surface as usize];
            if !surface.blocks_light() {
                continue;
            }
            let corners = triangle.vertices.map(|vertex| projected[vertex as usize]);
            let size = [self.width, self.height];
            if let Some(setup) = Setup::new(&corners, scale, surface.one_sided(), size) {
                self.fill(&setup, index as u32, |_, _, _| true);
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
        for index in range {
            let triangle = &scene.triangles[index];
            let corners = triangle.vertices.map(|vertex| projected[vertex as usize]);
            if corners.iter().any(|corner| corner.inverse_depth <= 0.0) {
                continue;
            }
            let surface = &scene.surfaces[triangle.surface as usize];
            let Some(setup) = Setup::new(
                &corners,
                scale,
                surface.one_sided(),
                [self.width, self.height],
            ) else {
                continue;
            };
            match surface {
                Surface::Lashes { .. } | Surface::Hair { .. } => {
                    let hole = Holes::new(scene, triangle, surface, &corners);
                    self.fill(&setup, index as u32, |x, y, weights| {
                        hole.covers(x, y, weights)
                    });
                }
                Surface::Tinted { coverage, .. } if *coverage != 0b1111 => {
                    self.fill(&setup, index as u32, |x, y, _| {
                        coverage >> (x % 2 + 2 * (y % 2)) & 1 == 1
                    });
                }
                _ => self.fill(&setup, index as u32, |_, _, _| true),
            }
        }
    }

    #[inline(always)]
    fn fill(&mut self, setup: &Setup, index: u32, covers: impl Fn(usize, usize, [f32; 3]) -> bool) {
        for y in setup.rows.clone() {
            let start = Vec2::new(setup.columns.start as f32 + 0.5, y as f32 + 0.5);
            let first: [f32; 3] = std::array::from_fn(|edge| setup.edges[edge].at(start));
            let Some((skip, count)) = setup.span(&first) else {
                continue;
            };
            let mut weights: [f32; 3] =
                std::array::from_fn(|edge| first[edge] + setup.edges[edge].slope.x * skip as f32);
            let column = setup.columns.start + skip;
            let row = y * self.width + column;
            let depths = &mut self.inverse_depth[row..row + count];
            let triangles = &mut self.triangle[row..row + count];
            for (step, (nearest, triangle)) in depths.iter_mut().zip(triangles).enumerate() {
                let depth = weights[0] * setup.depths[0]
                    + weights[1] * setup.depths[1]
                    + weights[2] * setup.depths[2];
                // Edges of small triangles are not predictable: one branch instead of four.
                let seen = (weights[0] >= 0.0)
                    & (weights[1] >= 0.0)
                    & (weights[2] >= 0.0)
                    & (depth > *nearest);
                if seen && covers(column + step, y, weights) {
                    *nearest = depth;
                    *triangle = index;
                }
                for (weight, edge) in weights.iter_mut().zip(&setup.edges) {
                    *weight += edge.slope.x;
                }
            }
        }
    }
}

/// A linear function of the plane that is 1 at one corner and 0 at the other two.
#[derive(Clone, Copy)]
struct Edge {
    slope: Vec2,
    offset: f32,
}

impl Edge {
    fn at(&self, point: Vec2) -> f32 {
        self.slope.dot(point) + self.offset
    }
}

struct Setup {
    edges: [Edge; 3],
    depths: [f32; 3],
    columns: Range<usize>,
    rows: Range<usize>,
}

/// From this many columns on the ends of a row are worth computing.
const WIDE: usize = 8;

impl Setup {
    /// None where the triangle covers no sample of a buffer of `size`.
    #[inline(always)]
    fn new(
        corners: &[Projected; 3],
        scale: f32,
        one_sided: bool,
        size: [usize; 2],
    ) -> Option<Self> {
        let [a, b, c] = corners.map(|corner| corner.at * scale);
        let area = (b - a).perp_dot(c - a);
        // y runs down: what is counter-clockwise from outside runs the other way in the picture.
        if (one_sided && area >= 0.0) || area.abs() < 1e-6 || !area.is_finite() {
            return None;
        }
        // Sample centres are at integers plus one half.
        let range = |low: f32, high: f32, size: usize| {
            let first = (low + 0.5).max(0.0) as usize;
            first..((high + 0.5).max(0.0) as usize).min(size)
        };
        let (low, high) = (a.min(b).min(c), a.max(b).max(c));
        let columns = range(low.x, high.x, size[0]);
        let rows = range(low.y, high.y, size[1]);
        if columns.is_empty() || rows.is_empty() {
            return None;
        }
        let inverse = 1.0 / area;
        let edge = |p: Vec2, q: Vec2| {
            let slope = Vec2::new(p.y - q.y, q.x - p.x) * inverse;
            Edge {
                slope,
                offset: -slope.dot(p),
            }
        };
        let depths = corners.map(|corner| corner.inverse_depth);
        Some(Self {
            edges: [edge(b, c), edge(c, a), edge(a, b)],
            depths,
            columns,
            rows,
        })
    }

    /// Columns of a row that may be inside, as the number to skip and the number to visit.
    #[inline(always)]
    fn span(&self, first: &[f32; 3]) -> Option<(usize, usize)> {
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

/// Sheets of hair whose u lies below this are loose strands with gaps between them.
pub const LOOSE: f32 = -500.0;

/// Which points of a sheet of hair are hair.
struct Holes<'a> {
    surface: &'a Surface,
    uvs: [Vec2; 3],
    depths: [f32; 3],
}

impl<'a> Holes<'a> {
    fn new(
        scene: &Scene,
        triangle: &Triangle,
        surface: &'a Surface,
        corners: &[Projected; 3],
    ) -> Self {
        let uvs = triangle
            .vertices
            .map(|vertex| scene.vertices[vertex as usize].uv);
        Self {
            surface,
            uvs,
            depths: corners.map(|corner| corner.inverse_depth),
        }
    }

    fn covers(&self, x: usize, y: usize, weights: [f32; 3]) -> bool {
        let shares: [f32; 3] = std::array::from_fn(|corner| weights[corner] * self.depths[corner]);
        let uv = (self.uvs[0] * shares[0] + self.uvs[1] * shares[1] + self.uvs[2] * shares[2])
            / (shares[0] + shares[1] + shares[2]);
        match self.surface {
            Surface::Lashes { density, .. } => {
                let left = density * (1.0 - uv.y) * (1.0 - uv.y);
                noise::unit(x as u32, y as u32, 11) < left
            }
            Surface::Hair { ragged, seed, .. } => {
                // v beyond 1 is air; each strand ends somewhere between 1 - ragged and 1.
                let reaches = uv.y < 1.0 - ragged || {
                    let strand = noise::plane(Vec2::new(uv.x * 2.3, uv.y * 0.7), *seed);
                    uv.y < 1.0 - ragged * (1.0 - strand)
                };
                reaches
                    && (uv.x > LOOSE
                        || noise::plane(Vec2::new(uv.x * 5.0, uv.y * 0.8), *seed) > 0.42)
            }
            _ => true,
        }
    }
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
