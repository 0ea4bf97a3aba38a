//! What stands in the way of a light.
//!
//! Takes the triangles of one person and a direction; tells which share of the light reaches a
//! point: the light's own z-buffer, filtered over the width of the shadow's edge (percentage-closer
//! filtering; Reeves, Salesin and Cook, 1987).

use std::ops::Range;

use glam::{Vec2, Vec3};
use wide::f32x4;

use super::{camera::Projected, raster::Samples, scene::Scene};

/// Centimetres that a shadow map covers.
const REACH: f32 = 44.0;
/// Texels that an edge is wide.
const EDGE: f32 = 3.0;
/// How far behind the nearest surface counts as lit, in centimetres: at least, and per centimetre
/// of a texel.
const BIAS: [f32; 2] = [0.2, 0.3];
/// How far a point in grazing light is lifted off its own surface, likewise.
const LIFT: [f32; 2] = [0.1, 1.7];
/// Depths are kept as `1 / DEPTH_SCALE`ths so that nearer to the light is larger, and positive.
const DEPTH_SCALE: f32 = 1.0 / 256.0;

/// What a light sees of one person.
#[derive(Clone, Debug, Default)]
pub struct ShadowMap {
    samples: Samples,
    projected: Vec<Projected>,
    /// Rows of the turn into the light's view, in texels; depth in its own unit.
    right: Vec3,
    down: Vec3,
    towards: Vec3,
    centre: Vec3,
    side: f32,
    lift: f32,
}

impl ShadowMap {
    /// Looks at the triangles `range` around `centre` from the light, which counts as far away.
    pub fn cast(
        &mut self,
        scene: &Scene,
        range: Range<usize>,
        direction: Vec3,
        centre: Vec3,
        penumbra: f32,
    ) {
        let side = (REACH * EDGE / penumbra).clamp(56.0, 176.0) as usize;
        let scale = side as f32 / REACH;
        let right = direction.any_orthonormal_vector();
        // Right, up, direction is right-handed: outsides keep their turn.
        let up = direction.cross(right);
        (self.right, self.down) = (right * scale, up * -scale);
        self.towards = direction * DEPTH_SCALE;
        self.centre = centre;
        self.side = side as f32;
        self.lift = LIFT[0] + LIFT[1] / scale;
        let mut projected = std::mem::take(&mut self.projected);
        // Only vertices of the range are placed; its first one tells from where on.
        let corners = scene.triangles[range.clone()].iter();
        let first = corners.flat_map(|triangle| triangle.vertices).min();
        let first = first.map_or(0, |vertex| vertex as usize);
        projected.clear();
        projected.resize(first, Projected::default());
        projected.extend(scene.vertices[first..].iter().map(|vertex| {
            let (at, inverse_depth) = self.place(vertex.position);
            Projected { at, inverse_depth }
        }));
        self.samples.reset(side, side);
        self.samples.draw_solid(scene, &projected, range, 1.0);
        self.projected = projected;
        let bias = (BIAS[0] + BIAS[1] / scale) * DEPTH_SCALE;
        for depth in &mut self.samples.inverse_depth {
            *depth -= bias;
        }
    }

    fn place(&self, position: Vec3) -> (Vec2, f32) {
        let offset = position - self.centre;
        let plane = Vec2::new(offset.dot(self.right), offset.dot(self.down));
        (plane + self.side / 2.0, 0.5 + offset.dot(self.towards))
    }

    /// Share of the light that reaches a point, 0 to 1.
    #[must_use]
    pub fn lit(&self, position: Vec3, normal: Vec3) -> f32 {
        // A surface that faces the light is level in the map; one aslant rises within the filter.
        let cosine = normal.dot(self.towards) / DEPTH_SCALE;
        let slant = (1.0 - cosine * cosine).max(0.0).sqrt();
        let (at, depth) = self.place(position + normal * (self.lift * slant));
        // Four by four texels around the point; the outer ones count by how far it reaches in.
        let corner = at - 1.5;
        let inside = corner.min_element() >= 0.0 && corner.max_element() < self.side - 4.0;
        if !inside {
            return 1.0;
        }
        let [column, row] = [corner.x as usize, corner.y as usize];
        let [across, along] = [corner.x.fract(), corner.y.fract()];
        let columns = f32x4::new([1.0 - across, 1.0, 1.0, across]);
        let depth = f32x4::splat(depth);
        let mut dark = f32x4::ZERO;
        for (line, weight) in [1.0 - along, 1.0, 1.0, along].into_iter().enumerate() {
            let start = (row + line) * self.samples.width + column;
            let Some(nearest) = self.samples.inverse_depth[start..].first_chunk::<4>() else {
                continue;
            };
            let blocked = f32x4::new(*nearest).simd_gt(depth);
            dark += blocked & (columns * f32x4::splat(weight));
        }
        1.0 - dark.reduce_add() / (EDGE * EDGE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Surface, Vertex};

    /// A sheet 8 by 8 cm, 5 cm above the middle, under a light from above.
    fn sheet(penumbra: f32) -> ShadowMap {
        let mut scene = Scene::default();
        let surface = scene.add_surface(Surface::Skin {
            texture: 0,
            base: Vec3::ONE,
            scalp: Vec3::ONE,
            gloss: 0.0,
        });
        let corners = [[-4.0, -4.0], [-4.0, 4.0], [4.0, 4.0], [4.0, -4.0]];
        let corners = corners.map(|[x, z]| Vertex {
            position: Vec3::new(x, 5.0, z),
            normal: Vec3::Y,
            ..Vertex::default()
        });
        scene.add_mesh(surface, 0, corners, [[0, 1, 2], [0, 2, 3]]);
        let mut map = ShadowMap::default();
        map.cast(&scene, 0..2, Vec3::Y, Vec3::ZERO, penumbra);
        map
    }

    #[test]
    fn edges_are_as_wide_as_asked_for_and_smooth() {
        for penumbra in [1.0, 2.0] {
            let map = sheet(penumbra);
            let lit = |x: f32| map.lit(Vec3::new(x, 0.0, 0.0), Vec3::Y);
            assert_eq!((lit(0.0), lit(8.0), lit(30.0)), (0.0, 1.0, 1.0));
            let across: Vec<f32> = (0..400).map(|step| lit(2.0 + step as f32 * 0.01)).collect();
            assert!(across.is_sorted());
            let steepest = across
                .windows(2)
                .map(|pair| pair[1] - pair[0])
                .fold(0.0, f32::max);
            assert!(steepest < 0.015 / penumbra, "{steepest}");
            let soft = across
                .iter()
                .filter(|lit| **lit > 0.02 && **lit < 0.98)
                .count();
            assert!(
                (soft as f32 * 0.01 - penumbra).abs() < 0.4 * penumbra,
                "{soft}"
            );
        }
    }

    #[test]
    fn a_surface_does_not_shade_itself() {
        let map = sheet(1.0);
        assert_eq!(map.lit(Vec3::new(0.0, 5.0, 0.0), Vec3::Y), 1.0);
    }
}
