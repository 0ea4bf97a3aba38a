//! Everything about the colour of one face: skin, lips, brows, beard, make-up, marks, lines.
//!
//! Takes chance and a [`Nature`]; gives a [`Complexion`], which `skin` paints.

use glam::Vec3;
use rand::{Rng, RngExt};

use super::{
    beard::Beard,
    colour,
    crease::{FAMILIES, Lines},
    dice::{between, chance, normal},
    marks::{Mark, marks},
    nature::Nature,
};

/// Everything about the colour of one face.
#[derive(Clone, Debug)]
pub(super) struct Complexion {
    pub(super) skin: Vec3,
    pub(super) lips: Vec3,
    pub(super) hair: Vec3,
    pub(super) brow: Vec3,
    /// 0 young to 1 old.
    pub(super) wear: f32,
    pub(super) gloss: f32,
    pub(super) blotches: f32,
    pub(super) pores: f32,
    pub(super) freckles: f32,
    pub(super) marks: Vec<Mark>,
    pub(super) blush: f32,
    pub(super) dark_circles: f32,
    /// Centimetres that brows are thicker than the outline.
    pub(super) brow_thickness: f32,
    pub(super) brow_density: f32,
    pub(super) beard: Beard,
    pub(super) eye_shadow: Vec3,
    pub(super) eye_shadow_strength: f32,
    pub(super) liner: f32,
    /// Height of the hairline in face coordinates, and how much hair the scalp shows.
    pub(super) hairline: f32,
    pub(super) scalp: f32,
    /// What lines there are at rest, and how deep the face folds.
    pub(super) lines: Lines,
    pub(super) seed: u32,
}

impl Complexion {
    pub(super) fn draw(rng: &mut impl Rng, nature: &Nature) -> Self {
        let skin = colour::skin(rng);
        let wear = nature.wear;
        let made_up = nature.chance(rng, 0.5, 0.02);
        let hair = colour::hair(rng, skin, nature);
        let bearded = nature.chance(rng, 0.004, 0.55);
        let beard = if bearded {
            Beard::draw(rng)
        } else {
            Beard::SHAVED
        };
        let painted = made_up && chance(rng, 0.7);
        let dye = if chance(rng, 0.15) {
            colour::any(rng, 0.5, 0.2)
        } else {
            skin * 0.3
        };
        let brow_hair = colour::greyed(hair.young, 0.6 * nature.grey);
        Self {
            lips: colour::lips(rng, skin, painted),
            brow: brow_hair.lerp(Vec3::new(0.03, 0.02, 0.015), between(rng, 0.3, 0.9)),
            hair: hair.now,
            wear,
            gloss: between(rng, 0.05, 0.4) * (1.1 - 0.4 * wear),
            blotches: between(rng, 0.03, 0.12) + between(rng, 0.0, 0.12) * wear,
            pores: between(rng, 0.3, 1.0) * (0.7 + 0.5 * wear),
            freckles: if chance(rng, 0.2) {
                between(rng, 0.2, 1.0)
            } else {
                0.0
            },
            marks: marks(rng, wear),
            blush: between(rng, 0.0, if made_up { 0.6 } else { 0.35 }),
            dark_circles: between(rng, 0.0, 0.35) + between(rng, 0.0, 0.35) * wear,
            brow_thickness: normal(rng, 0.08)
                + nature.about(rng, -0.01, 0.07, 0.03)
                + if made_up { -0.03 } else { 0.0 },
            brow_density: between(rng, 0.5, 1.0) * (1.0 - 0.3 * (wear - 0.4).max(0.0)),
            beard,
            eye_shadow: dye,
            eye_shadow_strength: if made_up {
                between(rng, 0.1, 0.7)
            } else {
                between(rng, 0.0, 0.15)
            },
            liner: if made_up {
                between(rng, 0.6, 1.0)
            } else {
                nature.about(rng, 0.5, 0.35, 0.15).clamp(0.15, 0.7)
            },
            hairline: between(rng, 1.95, 2.2) + 0.32 * nature.loss,
            scalp: 1.0,
            lines: Lines::draw(rng, wear),
            seed: rng.random(),
            skin,
        }
    }

    /// Skin of the mean colour and age, without make-up: for sheets that show what muscles do.
    pub(super) fn plain() -> Self {
        let skin = colour::srgb(214, 170, 146);
        Self {
            skin,
            lips: skin * Vec3::new(0.85, 0.5, 0.55),
            hair: colour::srgb(54, 37, 27),
            brow: colour::srgb(48, 33, 25),
            wear: 0.3,
            gloss: 0.15,
            blotches: 0.05,
            pores: 0.4,
            freckles: 0.0,
            marks: Vec::new(),
            blush: 0.2,
            dark_circles: 0.15,
            brow_thickness: 0.02,
            brow_density: 0.9,
            beard: Beard::SHAVED,
            eye_shadow: skin * 0.3,
            eye_shadow_strength: 0.1,
            liner: 0.4,
            hairline: 2.1,
            scalp: 1.0,
            lines: Lines {
                resting: [0.03; FAMILIES],
                folding: [0.9; FAMILIES],
            },
            seed: 7,
        }
    }
}
