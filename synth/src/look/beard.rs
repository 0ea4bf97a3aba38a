//! Beards and moustaches: where they grow, and the body of those that are not shaved close.
//!
//! Takes chance; gives the share of hair at any place of a face, which is painted on the skin, and a
//! shell over the morphed skin that follows everything the face does.

use glam::{Vec2, Vec3};
use rand::Rng;

use super::{
    dice::{between, chance},
    skin::smooth,
    solid::Solid,
};
use crate::{head::ShapedPart, render::Vertex};

/// What grows on a face.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beard {
    /// 0 shaved to 1 full.
    moustache: f32,
    chin: f32,
    /// Centimetres that a full beard stands off the skin; 0 for stubble.
    body: f32,
}

/// Below this share there is no body of hair.
const BARE: f32 = 0.06;

impl Beard {
    pub(super) const SHAVED: Self = Self {
        moustache: 0.0,
        chin: 0.0,
        body: 0.0,
    };

    /// Stubble or a beard.
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let stubble = chance(rng, 0.5);
        let most = if stubble {
            between(rng, 0.1, 0.45)
        } else {
            between(rng, 0.5, 1.0)
        };
        let body = between(rng, -0.3, 1.0).max(0.0).powi(2) * 2.2;
        Self {
            moustache: most * between(rng, 0.4, 1.0),
            chin: most * between(rng, 0.2, 1.0),
            body: if stubble { 0.0 } else { body },
        }
    }

    /// How dense it is at a place of the face, 0 to 1.
    pub(super) fn share(&self, at: Vec3) -> f32 {
        if at.y > 0.8 || self.chin.max(self.moustache) == 0.0 {
            return 0.0;
        }
        let x = at.x.abs();
        // The moustache thins out to the sides.
        let top = 0.34 - 0.2 * x * x;
        let upper = smooth(top, top - 0.12, at.y) * smooth(1.2, 0.8, x) * smooth(-0.02, 0.08, at.y);
        let cheek = 0.12 - 0.28 * x + 0.42 * x * x;
        let lower = smooth(cheek + 0.14, cheek - 0.14, at.y)
            * smooth(0.04, -0.06, at.y + 0.3 * (0.9 - x).max(0.0));
        (self.moustache * upper).max(self.chin * lower.max(0.0) * smooth(-1.25, -0.85, at.y))
    }

    /// The hair over a skin; `faces` are the places of its vertices at rest. None when it lies flat.
    pub(super) fn grow(
        &self,
        skin: &ShapedPart,
        triangles: &[[u32; 3]],
        faces: &[Vec3],
    ) -> Option<Solid> {
        if self.body < 0.1 {
            return None;
        }
        let mut solid = Solid::default();
        let mut copies = vec![None; faces.len()];
        let share: Vec<f32> = faces.iter().map(|face| self.share(*face)).collect();
        for corners in triangles {
            if corners.iter().all(|corner| share[*corner as usize] < BARE) {
                continue;
            }
            let copied = corners.map(|corner| {
                let index = corner as usize;
                *copies[index].get_or_insert_with(|| {
                    let (share, face) = (share[index], faces[index]);
                    // Hair of the chin stands off and hangs, that of the lip lies.
                    let thick = 0.15 + 0.85 * smooth(0.05, -0.35, face.y);
                    let lift = self.body * thick * (share - BARE);
                    let hang = lift * smooth(0.0, -0.6, face.y);
                    solid.vertices.push(Vertex {
                        position: skin.positions[index] + skin.normals[index] * lift
                            - Vec3::Y * hang,
                        uv: Vec2::new(face.x * 70.0 + 16.0 * face.y, 1.04 - share),
                        occlusion: 0.8,
                        ..Vertex::default()
                    });
                    (solid.vertices.len() - 1) as u32
                })
            });
            solid.triangles.push(copied);
        }
        solid.smooth();
        Some(solid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lips_and_cheekbones_stay_bare() {
        let full = Beard {
            moustache: 1.0,
            chin: 1.0,
            body: 1.0,
        };
        let share = |x: f32, y: f32| full.share(Vec3::new(x, y, 0.0));
        assert!(share(0.2, 0.2) > 0.9 && share(0.0, -0.55) > 0.9 && share(1.3, -0.2) > 0.9);
        assert!(share(0.0, -0.06) < 0.01 && share(1.2, 0.6) < 0.01 && share(0.0, 1.0) == 0.0);
        let skin = ShapedPart {
            positions: vec![Vec3::ZERO; 3],
            normals: vec![Vec3::Z; 3],
        };
        let chin = [
            Vec3::new(0.0, -0.6, 0.0),
            Vec3::new(0.2, -0.6, 0.0),
            Vec3::Y,
        ];
        let grown = full.grow(&skin, &[[0, 1, 2]], &chin).unwrap();
        assert!(grown.vertices[0].position.z > 0.8 && grown.vertices[2].position.z < 0.0);
        assert!(Beard::SHAVED.grow(&skin, &[[0, 1, 2]], &chin).is_none());
    }
}
