//! Marks on a skin: moles, spots of age, pimples, scars.
//!
//! Takes chance and an age; gives a few [`Mark`]s, each of which knows how much of it is at a place.

use glam::{Vec2, Vec3};
use rand::{Rng, RngExt};

use super::{
    dice::{between, chance},
    skin::smooth,
};

/// A mole, a spot of age, a pimple or a scar.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// In face coordinates, as seen from the front.
    place: Vec2,
    /// Half its size, across and down.
    radii: Vec2,
    /// How much light it takes, per channel; less than nothing for pale scars.
    pub(super) tone: Vec3,
    /// Width of its rim as a share of its size.
    rim: f32,
}

impl Mark {
    /// Somewhere on the face, more or less as strong as `tone`.
    fn draw(rng: &mut impl Rng, radii: Vec2, tone: Vec3, rim: f32) -> Self {
        Self {
            place: Vec2::new(between(rng, -1.9, 1.9), between(rng, -0.6, 1.95)),
            radii,
            tone: tone * between(rng, 0.45, 1.1),
            rim,
        }
    }

    /// How much of it is at a place of the face, 0 to 1.
    pub(super) fn at(&self, face: Vec3) -> f32 {
        let offset = (Vec2::new(face.x, face.y) - self.place) / self.radii;
        smooth(1.0, 1.0 - self.rim, offset.length())
    }
}

/// Few on most faces, more with age.
pub(super) fn marks(rng: &mut impl Rng, age: f32) -> Vec<Mark> {
    // Half the distance between the eyes is about 3.1 cm, from mouth to eyes 6.8 cm.
    let round = |size: f32| Vec2::new(size / 3.1, size / 6.8);
    let mut marks = Vec::new();
    for _ in 0..[0, 0, 1, 2, 3, 5][rng.random_range(0..6)] {
        let radii = round(between(rng, 0.1, 0.28));
        marks.push(Mark::draw(rng, radii, Vec3::new(0.55, 0.68, 0.72), 0.5));
    }
    for _ in 0..(age * between(rng, -4.0, 16.0)).max(0.0) as usize {
        let radii = round(between(rng, 0.2, 0.6)) * Vec2::new(1.0, between(rng, 0.6, 1.2));
        marks.push(Mark::draw(rng, radii, Vec3::new(0.16, 0.25, 0.3), 0.8));
    }
    if age < 0.5 && chance(rng, 0.25) {
        for _ in 0..rng.random_range(2..14) {
            let radii = round(between(rng, 0.12, 0.3));
            marks.push(Mark::draw(rng, radii, Vec3::new(0.02, 0.3, 0.28), 0.9));
        }
    }
    if chance(rng, 0.04) {
        let radii = Vec2::new(between(rng, 0.02, 0.3), between(rng, 0.01, 0.15));
        marks.push(Mark::draw(rng, radii, Vec3::splat(-0.18), 0.7));
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_whole_in_its_middle_and_gone_at_its_rim() {
        let mark = Mark {
            place: Vec2::new(0.5, 1.0),
            radii: Vec2::new(0.1, 0.05),
            tone: Vec3::ONE,
            rim: 0.5,
        };
        let at = |x: f32, y: f32| mark.at(Vec3::new(x, y, 0.0));
        assert_eq!(
            [at(0.5, 1.0), at(0.61, 1.0), at(0.5, 1.06)],
            [1.0, 0.0, 0.0]
        );
        assert!((0.2..0.8).contains(&at(0.575, 1.0)));
    }
}
