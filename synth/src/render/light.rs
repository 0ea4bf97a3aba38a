//! Light: where it comes from and what stands in its way.

use glam::{Vec2, Vec3};

use super::{camera::Projected, raster::Samples, scene::Scene};

/// A distant light.
#[derive(Clone, Copy, Debug)]
pub struct Light {
    /// Unit vector from the scene to the light.
    pub direction: Vec3,
    /// Linear RGB.
    pub colour: Vec3,
}

/// All light of a scene.
#[derive(Clone, Debug)]
pub struct Lighting {
    /// Ambient light from above.
    pub sky: Vec3,
    /// Ambient light from below.
    pub ground: Vec3,
    /// Distant lights; only the first casts shadows.
    pub lights: Vec<Light>,
    /// How dark the shadows are, 0 to 1.
    pub shadow: f32,
}

impl Lighting {
    /// Whether shadows of the first light would be noticed.
    #[must_use]
    pub fn has_shadows(&self) -> bool {
        let direct = self
            .lights
            .first()
            .map_or(0.0, |light| light.colour.max_element());
        direct * self.shadow > 0.25 * self.sky.max_element()
    }

    /// Ambient light that a surface facing `normal` receives.
    #[must_use]
    pub fn ambient(&self, normal: Vec3) -> Vec3 {
        self.ground.lerp(self.sky, 0.5 + 0.5 * normal.y)
    }
}

/// Texels along each side of a shadow map.
const SIDE: usize = 96;
/// Centimetres that a shadow map covers.
const REACH: f32 = 44.0;
/// How far behind the nearest surface counts as lit, in centimetres.
const BIAS: f32 = 0.9;

/// What a light sees of one person.
#[derive(Clone, Debug, Default)]
pub struct ShadowMap {
    samples: Samples,
    projected: Vec<Projected>,
    right: Vec3,
    up: Vec3,
    direction: Vec3,
    centre: Vec3,
}

/// Depths are kept as `1 / DEPTH_SCALE`ths so that nearer to the light is larger, and positive.
const DEPTH_SCALE: f32 = 1.0 / 256.0;

impl ShadowMap {
    /// Looks at the triangles `range` around `centre` from the light.
    pub fn cast(
        &mut self,
        scene: &Scene,
        range: std::ops::Range<usize>,
        direction: Vec3,
        centre: Vec3,
    ) {
        self.direction = direction;
        self.centre = centre;
        self.right = direction.any_orthonormal_vector();
        // Right, up, direction is right-handed: outsides keep their turn.
        self.up = direction.cross(self.right);
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
        self.samples.reset(SIDE, SIDE);
        self.samples.draw_solid(scene, &projected, range, 1.0);
        self.projected = projected;
    }

    fn place(&self, position: Vec3) -> (Vec2, f32) {
        let offset = position - self.centre;
        let plane = Vec2::new(offset.dot(self.right), -offset.dot(self.up));
        (
            plane * (SIDE as f32 / REACH) + SIDE as f32 / 2.0,
            0.5 + offset.dot(self.direction) * DEPTH_SCALE,
        )
    }

    /// Share of the light that reaches a point, 0 to 1.
    #[must_use]
    pub fn lit(&self, position: Vec3, normal: Vec3) -> f32 {
        let (at, depth) = self.place(position + normal * 0.3);
        let free = depth + BIAS * DEPTH_SCALE;
        let mut lit = 0.0;
        for offset in [
            Vec2::new(-0.9, -0.4),
            Vec2::new(0.4, -0.9),
            Vec2::new(0.9, 0.4),
            Vec2::new(-0.4, 0.9),
        ] {
            let texel = at + offset;
            let inside =
                texel.cmpge(Vec2::ZERO).all() && texel.cmplt(Vec2::splat(SIDE as f32)).all();
            let blocker = if inside {
                self.samples.inverse_depth[texel.y as usize * SIDE + texel.x as usize]
            } else {
                0.0
            };
            lit += if blocker > free { 0.0 } else { 0.25 };
        }
        lit
    }
}
