//! Light: where it comes from.
//!
//! Takes lamps and what surrounds a scene; gives what arrives at a point.

use glam::Vec3;
use wide::f32x4;

use super::{harmonics::Harmonics, lanes::Vec3x4};

/// A light that is a point, near or far.
#[derive(Clone, Copy, Debug)]
pub struct Light {
    /// Unit vector from the middle of the scene to the light.
    pub direction: Vec3,
    /// One over the distance from the middle of the scene in centimetres; 0 for the sun.
    pub nearness: f32,
    /// Linear RGB that arrives at the middle of the scene.
    pub colour: Vec3,
}

impl Light {
    /// A light far away.
    #[must_use]
    pub const fn far(direction: Vec3, colour: Vec3) -> Self {
        Self {
            direction,
            nearness: 0.0,
            colour,
        }
    }

    /// The unit vectors from points to the light, and its colour there.
    #[inline(always)]
    pub(super) fn at(&self, points: Vec3x4) -> (Vec3x4, Vec3x4) {
        let (direction, colour) = (Vec3x4::splat(self.direction), Vec3x4::splat(self.colour));
        if self.nearness == 0.0 {
            return (direction, colour);
        }
        let way = direction - points * f32x4::splat(self.nearness);
        let square = way.dot(way).fast_max(f32x4::splat(0.05));
        let inverse = f32x4::ONE / square;
        (way * inverse.sqrt(), colour * inverse)
    }
}

/// All light of a scene.
#[derive(Clone, Debug)]
pub struct Lighting {
    /// Light from all around.
    pub surroundings: Harmonics,
    /// Lamps; only the first casts shadows.
    pub lights: Vec<Light>,
    /// How dark the shadows are, 0 to 1.
    pub shadow: f32,
    /// How wide the edges of shadows are, in centimetres.
    pub penumbra: f32,
}

impl Lighting {
    /// Whether shadows of the first light would be noticed.
    #[must_use]
    pub fn has_shadows(&self) -> bool {
        let direct = self
            .lights
            .first()
            .map_or(0.0, |light| light.colour.max_element());
        direct * self.shadow > 0.2 * self.surroundings.mean().max_element()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_lights_fall_off_and_far_ones_do_not() {
        let mut light = Light::far(Vec3::Z, Vec3::ONE);
        let point = Vec3x4::splat(Vec3::new(0.0, 30.0, 10.0));
        let at = |light: &Light| {
            let (direction, colour) = light.at(point);
            (direction.to_array()[0], colour.to_array()[0])
        };
        assert_eq!(at(&light), (Vec3::Z, Vec3::ONE));
        light.nearness = 1.0 / 50.0;
        let (direction, colour) = at(&light);
        let expected = Vec3::new(0.0, -0.6, 0.8);
        assert!(direction.abs_diff_eq(expected, 1e-6), "{direction}");
        // As far away as the middle of the scene.
        assert!((colour.x - 1.0).abs() < 1e-5, "{colour}");
    }
}
