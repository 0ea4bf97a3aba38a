//! What stands in the way of a light.
//!
//! Takes the triangles of one person and a direction; tells which share of the light reaches a
//! point: the light's own z-buffer, filtered over the width of the shadow's edge (percentage-closer
//! filtering; Reeves, Salesin and Cook, 1987).

use std::ops::Range;

use glam::{Vec2, Vec3};
use wide::f32x4;

use super::{camera::Projected, lanes::Vec3x4, raster::Samples, scene::Scene};

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

    /// Share of the light that reaches four points, 0 to 1.
    #[inline(always)]
    pub(super) fn lit(&self, position: Vec3x4, normal: Vec3x4) -> f32x4 {
        // A surface that faces the light is level in the map; one aslant rises within the filter.
        let towards = Vec3x4::splat(self.towards);
        let cosine = normal.dot(towards) * f32x4::splat(1.0 / DEPTH_SCALE);
        let slant = (f32x4::ONE - cosine * cosine).fast_max(f32x4::ZERO).sqrt();
        let lifted = position + normal * (slant * f32x4::splat(self.lift));
        let offset = lifted - Vec3x4::splat(self.centre);
        let depth = offset.dot(towards) + f32x4::splat(0.5);
        // Four by four texels around each point; the outer ones count by how far it reaches in.
        let last = f32x4::splat(self.side - 4.0);
        let [across, along] = [self.right, self.down].map(|axis| {
            let corner = offset.dot(Vec3x4::splat(axis)) + f32x4::splat(self.side / 2.0 - 1.5);
            let inside = corner.simd_ge(f32x4::ZERO) & corner.simd_lt(last);
            let cell = corner.fast_max(f32x4::ZERO).fast_min(last).fast_trunc_int();
            (inside, cell.to_array(), corner - f32x4::from_i32x4(cell))
        });
        let inside = across.0 & along.0;
        let [right, below] = [across.2, along.2].map(f32x4::to_array);
        let depths = depth.to_array();
        let cell =
            |lane: usize| along.1[lane] as usize * self.samples.width + across.1[lane] as usize;
        let dark = [
            self.dark(cell(0), [right[0], below[0]], depths[0]),
            self.dark(cell(1), [right[1], below[1]], depths[1]),
            self.dark(cell(2), [right[2], below[2]], depths[2]),
            self.dark(cell(3), [right[3], below[3]], depths[3]),
        ];
        let [a, b, c, d] = f32x4::transpose(dark);
        let lit = f32x4::ONE - ((a + b) + (c + d)) * f32x4::splat(1.0 / (EDGE * EDGE));
        inside.bitselect(lit, f32x4::ONE)
    }

    /// How dark it is around a texel, by columns; a point reaches into the next texel by shares.
    #[inline(always)]
    fn dark(&self, first: usize, [right, below]: [f32; 2], depth: f32) -> f32x4 {
        let columns = f32x4::new([1.0 - right, 1.0, 1.0, right]);
        let rows = [1.0 - below, 1.0, 1.0, below];
        let mut dark = f32x4::ZERO;
        for (line, weight) in rows.into_iter().enumerate() {
            let start = first + line * self.samples.width;
            if let Some(nearest) = self.samples.inverse_depth[start..].first_chunk::<4>() {
                let blocked = f32x4::new(*nearest).simd_gt(f32x4::splat(depth));
                dark += blocked & (columns * f32x4::splat(weight));
            }
        }
        dark
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

    fn lit_from_above(map: &ShadowMap, at: Vec3) -> f32 {
        map.lit(Vec3x4::splat(at), Vec3x4::splat(Vec3::Y))
            .to_array()[0]
    }

    #[test]
    fn edges_are_as_wide_as_asked_for_and_smooth() {
        for penumbra in [1.0, 2.0] {
            let map = sheet(penumbra);
            let lit = |x: f32| lit_from_above(&map, Vec3::new(x, 0.0, 0.0));
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
        assert_eq!(lit_from_above(&map, Vec3::new(0.0, 5.0, 0.0)), 1.0);
    }
}
