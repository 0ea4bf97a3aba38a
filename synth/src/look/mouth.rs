//! What opens behind the lips: teeth, gums and a wet tongue, each of its own colour.
//!
//! Takes chance, a [`Nature`] and a skin; gives a [`Mouth`]. [`tongue`] finds the tongue of a head.

use glam::Vec3;
use rand::Rng;

use super::{
    dice::{between, normal},
    nature::Nature,
};
use crate::head::{Actions, Head, Material, Shape};

/// The inside of one person's mouth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mouth {
    pub(super) teeth: Vec3,
    pub(super) gums: Vec3,
    pub(super) tongue: Vec3,
    /// How wet the tongue is, 0 to 1.
    pub(super) wet: f32,
    /// Where the tongue goes when the jaw drops fully, in centimetres.
    pub(super) lift: Vec3,
}

impl Mouth {
    pub(super) fn draw(rng: &mut impl Rng, nature: &Nature, skin: Vec3) -> Self {
        let teeth = Vec3::new(0.80, 0.75, 0.66) * between(rng, 0.75, 1.1);
        let teeth = teeth * Vec3::new(1.0, between(rng, 0.94, 1.02), between(rng, 0.8, 1.05));
        // Teeth yellow with the years.
        let stained = between(rng, 0.2, 1.0) * nature.wear;
        let gums = Vec3::new(0.31, 0.085, 0.08) * between(rng, 0.75, 1.25);
        let tongue = Vec3::new(0.44, 0.16, 0.15) * between(rng, 0.75, 1.2);
        let coat = between(rng, -0.5, 0.6).max(0.0);
        Self {
            teeth: teeth * (Vec3::ONE - Vec3::new(0.12, 0.2, 0.4) * stained),
            // Dark skin goes with dark gums, in some.
            gums: gums.lerp(skin * Vec3::new(0.8, 0.5, 0.5), between(rng, 0.0, 0.45)),
            tongue: tongue.lerp(Vec3::new(0.52, 0.38, 0.33), coat),
            wet: between(rng, 0.3, 1.0),
            lift: Vec3::new(
                normal(rng, 0.06),
                between(rng, -0.15, 0.75),
                between(rng, -0.5, 0.35),
            ),
        }
    }

    pub(super) const fn plain() -> Self {
        Self {
            teeth: Vec3::new(0.78, 0.73, 0.65),
            gums: Vec3::new(0.31, 0.085, 0.08),
            tongue: Vec3::new(0.44, 0.16, 0.15),
            wet: 0.6,
            lift: Vec3::new(0.0, 0.25, 0.0),
        }
    }
}

/// Per part, how far in front every vertex of the tongue is (1 the tip) and 0 for what is no
/// tongue; empty for parts without one.
///
/// A part named `tongue` is nothing else. In a mesh of gums and tongue the tongue is what looks up
/// inside the arch of the teeth.
pub(super) fn tongue(head: &Head) -> Vec<Vec<f32>> {
    let mut rest = Shape::default();
    head.shape(&[], &Actions::default(), &mut rest);
    let parts = head.parts.iter().zip(&rest.parts);
    parts
        .map(|(part, shaped)| {
            if part.material != Material::Mouth || !part.name.contains("tongue") {
                return Vec::new();
            }
            let whole = part.name == "tongue";
            let front = part.positions.iter().map(|p| p.z).fold(f32::MIN, f32::max);
            let lips = if whole { front } else { front - 1.1 };
            let places = part.positions.iter().zip(&shaped.normals);
            places
                .map(|(p, normal)| {
                    let inside = p.x.abs() < 1.9 && p.z < lips && normal.y > 0.15;
                    if whole || inside {
                        (1.0 - (lips - p.z) / 4.0).clamp(0.1, 1.0)
                    } else {
                        0.0
                    }
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn the_built_in_head_has_one_tongue_in_the_middle() {
        let head = Head::built_in();
        let found = tongue(&head);
        let parts: Vec<usize> = (0..found.len())
            .filter(|part| !found[*part].is_empty())
            .collect();
        assert_eq!(parts.len(), 1);
        let positions = &head.parts[parts[0]].positions;
        let middle: Vec3 = positions.iter().sum::<Vec3>() / positions.len() as f32;
        assert!(middle.x.abs() < 1e-3 && found[parts[0]].contains(&1.0));
    }

    #[test]
    fn teeth_tongues_and_gums_differ() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let skin = Vec3::new(0.5, 0.3, 0.2);
        let mouths: Vec<Mouth> = (0..100)
            .map(|_| {
                let nature = Nature::draw(&mut rng);
                Mouth::draw(&mut rng, &nature, skin)
            })
            .collect();
        for mouth in &mouths {
            assert!(mouth.teeth.y > mouth.tongue.y && mouth.tongue.x > mouth.tongue.y);
        }
        let spread = |of: &dyn Fn(&Mouth) -> f32| {
            let values = mouths.iter().map(of);
            values.clone().fold(f32::MIN, f32::max) / values.fold(f32::MAX, f32::min)
        };
        assert!(spread(&|mouth| mouth.teeth.z) > 1.6 && spread(&|mouth| mouth.tongue.x) > 1.4);
    }
}
